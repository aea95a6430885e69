package web

import (
	"prorata/edge/web/job"
	"prorata/edge/web/mail"
	"prorata/edge/web/setting"
	"prorata/edge/web/webhook"
)

// settings are what the whole book goes by.
func (s *Site) settings() []route {
	letterheads := setting.Letterheads{PDF: s.Parts.Documents.PDF}
	sellers := setting.Sellers{ZoneKnown: s.Parts.ZoneKnown}
	return []route{
		// Everybody has API tokens, so there is something here for everybody.
		{pattern: "GET /settings", verb: "TokenList", do: setting.Show},
		{pattern: "GET /settings/sellers", verb: "SellerList", do: setting.SellerList},
		{pattern: "POST /settings/sellers", verb: "SellerPut", do: sellers.Add},
		{pattern: "GET /settings/sellers/new", verb: "SellerPut", do: sellers.New},
		{pattern: "GET /settings/sellers/{id}", verb: "SellerGet", do: setting.SellerShow},
		{pattern: "GET /settings/sellers/{id}/edit", verb: "SellerPut", do: sellers.Edit},
		{pattern: "POST /settings/sellers/{id}/edit", verb: "SellerPut", do: sellers.Change},
		{pattern: "GET /settings/sellers/{id}/letterhead", verb: "LetterheadGet", do: letterheads.Edit},
		{pattern: "POST /settings/sellers/{id}/letterhead", verb: "LetterheadPut", do: letterheads.Change, upload: setting.LetterheadMost},
		{pattern: "POST /settings/sellers/{id}/letterhead/sample", verb: "LetterheadPut", do: letterheads.Sample, upload: setting.LetterheadMost},
		{pattern: "GET /settings/taxes", verb: "TaxList", do: setting.Taxes},
		{pattern: "POST /settings/taxes", verb: "TaxPut", do: setting.TaxAdd},
		{pattern: "GET /settings/taxes/new", verb: "TaxPut", do: setting.TaxNew},
		{pattern: "GET /settings/taxes/{name}/edit", verb: "TaxPut", do: setting.TaxEdit},
		{pattern: "POST /settings/taxes/{name}/edit", verb: "TaxPut", do: setting.TaxChange},
		{pattern: "GET /settings/units", verb: "UnitList", do: setting.Units},
		{pattern: "GET /settings/rates", verb: "RateList", do: setting.Rates},
		{pattern: "POST /settings/rates", verb: "RateAdd", do: setting.RateAdd},
		{pattern: "GET /settings/rates/new", verb: "RateAdd", do: setting.RateNew},
		{pattern: "GET /settings/series", verb: "NumberSeriesList", do: setting.Series},

		{pattern: "GET /settings/mail", verb: "MailSetting", do: mail.Show},
		{pattern: "POST /settings/mail/try", verb: "MailTry", do: mail.Try},
		{pattern: "POST /settings/mail/{seq}", verb: "MailResend", do: mail.Resend},
		{pattern: "GET /settings/jobs", verb: "JobList", do: job.List},
		{pattern: "POST /settings/jobs/{id}/run", verb: "JobRunNow", do: job.Run},
		{pattern: "POST /settings/jobs/{id}/pause", verb: "JobPause", do: job.Pause},
		{pattern: "POST /settings/jobs/{id}/resume", verb: "JobResume", do: job.Resume},

		{pattern: "GET /settings/webhooks", verb: "WebhookList", do: webhook.List},
		{pattern: "POST /settings/webhooks", verb: "WebhookMake", do: webhook.Make},
		{pattern: "GET /settings/webhooks/new", verb: "WebhookMake", do: webhook.New},
		{pattern: "GET /settings/webhooks/{id}", verb: "WebhookGet", do: webhook.Show},
		{pattern: "GET /settings/webhooks/{id}/edit", verb: "WebhookChange", do: webhook.Edit},
		{pattern: "POST /settings/webhooks/{id}/edit", verb: "WebhookChange", do: webhook.Change},
		{pattern: "GET /settings/webhooks/{id}/secret", verb: "WebhookSecretRenew", do: webhook.AskSecret},
		{pattern: "POST /settings/webhooks/{id}/secret", verb: "WebhookSecretRenew", do: webhook.Secret},
		{pattern: "GET /settings/webhooks/{id}/remove", verb: "WebhookRemove", do: webhook.AskRemove},
		{pattern: "POST /settings/webhooks/{id}/remove", verb: "WebhookRemove", do: webhook.Remove},
		{pattern: "POST /settings/webhooks/{id}/try", verb: "WebhookTry", do: webhook.Try},
		{pattern: "POST /settings/webhooks/{id}/deliveries/{seq}", verb: "DeliveryResend", do: webhook.Resend},
	}
}
