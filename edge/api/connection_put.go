package api

import (
	"context"
	"strings"

	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// clientSecret is the name under which the secret of our application at a provider is sealed.
const clientSecret = "client_secret"

// ConnectionDraft is what is to be of a connection; what is not given stays as it is.
type ConnectionDraft struct {
	Kind      string              `json:"kind,omitempty" enum:"partnercenter,pax8,file" doc:"What it speaks with; partnercenter for a new one where it is not given."`
	Name      string              `json:"name,omitempty" maxLength:"200" doc:"What people call it." example:"Microsoft"`
	Currency  string              `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"That of the provider's invoices, ISO 4217; the first seller's for a new one where it is not given." example:"EUR"`
	Country   string              `json:"country,omitempty" pattern:"^[A-Z]{2}$" doc:"The market of its price sheets; the first seller's for a new one where it is not given." example:"DE"`
	PriceList string              `json:"price_list,omitempty" maxLength:"100" doc:"The price list that its price sheets fill; the default one where none was ever given."`
	Settings  *ConnectionSettings `json:"settings,omitempty" doc:"How our application at the provider is known there."`
	Secret    string              `json:"client_secret,omitempty" maxLength:"10000" writeOnly:"true" doc:"The secret of our application at the provider. It is sealed, and in no answer."`
}

// ConnectionSettings are those that programs may set. Whatever leads a connection to another
// address or to files is set on the machine: else the secrets could be had sent elsewhere.
type ConnectionSettings struct {
	Tenant      string `json:"tenant,omitempty" pattern:"^[A-Za-z0-9.-]{1,253}$" doc:"Our tenant at Microsoft, by id or domain."`
	ClientID    string `json:"client_id,omitempty" maxLength:"200" doc:"The id of our application there."`
	RedirectURI string `json:"redirect_uri,omitempty" maxLength:"1000" doc:"Where the browser ends after a consent, as it is registered there."`
	Cloud       string `json:"cloud,omitempty" enum:"commercial,government,china" doc:"Which of Microsoft's clouds."`
	Bills       string `json:"bills,omitempty" enum:"exports,pages" doc:"How the rows of invoices are had: as exports, or page by page where there are none."`
	Segment     string `json:"segment,omitempty" maxLength:"100" doc:"The segment of the price sheets that is taken."`
	Vendor      string `json:"vendor,omitempty" maxLength:"200" doc:"The vendor whose products are followed at Pax8."`
	OrderedBy   string `json:"ordered_by,omitempty" maxLength:"200" doc:"Who orders at Pax8, by mail address."`
}

// given are the settings that have a value, by the names that a connection has.
func (s *ConnectionSettings) given() map[string]string {
	settings := map[string]string{}
	if s == nil {
		return settings
	}
	for name, value := range map[string]string{"tenant": s.Tenant, "client_id": s.ClientID, "redirect_uri": s.RedirectURI, "cloud": s.Cloud, "bills": s.Bills, "segment": s.Segment,
		"vendor": s.Vendor, "ordered_by": s.OrderedBy} {
		if value != "" {
			settings[name] = value
		}
	}
	return settings
}

type connectionPutting struct {
	Connection string `path:"connection" pattern:"^[A-Za-z0-9._-]{1,100}$" doc:"The connection's id." example:"microsoft"`
	Matching
	Body ConnectionDraft
}

func (a *API) connectionPut(ctx context.Context, desk *office.Desk, in *connectionPutting) (*tagged[Connection], error) {
	body := &in.Body
	version, err := in.madeOrKnown()
	if err != nil {
		return nil, err
	}
	draft := office.ConnectionDraft{ID: flow.ConnectionID(in.Connection), Kind: body.Kind, Name: body.Name, Country: body.Country, List: body.PriceList, Settings: body.Settings.given(),
		Usual: a.settings.KindUsual, Consents: a.settings.Consents, Version: &version}
	if body.Currency != "" {
		if draft.Currency, err = money.ParseCurrency(body.Currency); err != nil {
			return nil, &office.FieldError{Field: "currency", Err: err}
		}
	}
	if secret := strings.TrimSpace(body.Secret); secret != "" {
		draft.Secrets = map[string]string{clientSecret: secret}
	}
	if err := desk.ConnectionPut(ctx, draft); err != nil {
		return nil, in.needed(err)
	}
	return connectionGet(ctx, desk, &ConnectionNamed{in.Connection})
}

// Notices are what a provider tells this program of.
type Notices struct {
	Address string `json:"address" doc:"Where it tells."`
	Kinds   int    `json:"kinds" doc:"Of how many kinds of events."`
}

func connectionNotify(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Body struct {
		Address string `json:"address" pattern:"^https://[^\\s?#]+$" maxLength:"1000" doc:"Where the provider reaches this program; the rest is put behind it." example:"https://billing.example"`
	}
}) (*struct{ Body Notices }, error) {
	notices, err := desk.ConnectionNotify(ctx, in.id(), strings.TrimRight(in.Body.Address, "/")+"/webhooks/"+pathSegment(in.Connection))
	if err != nil {
		return nil, err
	}
	return &struct{ Body Notices }{Notices{notices.Address, notices.Kinds}}, nil
}
