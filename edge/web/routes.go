package web

import (
	"slices"
	"strings"

	"prorata/edge/web/account"
	"prorata/edge/web/audit"
	"prorata/edge/web/billing"
	"prorata/edge/web/catalog"
	"prorata/edge/web/contract"
	"prorata/edge/web/exception"
	"prorata/edge/web/home"
	"prorata/edge/web/imports"
	"prorata/edge/web/invoice"
	"prorata/edge/web/part"
	"prorata/edge/web/payment"
	"prorata/edge/web/pick"
	"prorata/edge/web/profile"
	"prorata/edge/web/provider"
	"prorata/edge/web/reconciliation"
	"prorata/edge/web/report"
	"prorata/edge/web/search"
	"prorata/edge/web/setting"
	"prorata/edge/web/sign"
	"prorata/edge/web/subscription"
	"prorata/edge/web/token"
	"prorata/edge/web/user"
	"prorata/edge/web/visit"
	"prorata/edge/web/whatif"
	"prorata/flow/office"
)

// route is one URL: the verb that its reader must have the right to, and who answers.
type route struct {
	pattern string
	// verb is of the desk; empty where everybody who is signed in may come, or on an open route.
	verb string
	do   visit.Handler
	// open lets in who is not signed in.
	open bool
	// upload is how many bytes a file sent here may have; 0 for a form alone.
	upload int64
}

// formMost is how long a form may be.
const formMost = 1 << 20

// enrolling says whether the page is open to who must set up a second factor first.
func (r *route) enrolling() bool { return r.open || office.Enrolling(r.verb) }

func (r *route) most() int64 { return max(r.upload, formMost) }

// routes are every page, in the order of the work.
func (s *Site) routes() []route {
	return slices.Concat(s.ways(), s.people(), s.told(), s.work(), s.sales(), s.goods(), s.providers(), s.trying(), s.settings())
}

// Pages are the patterns of every URL that is opened rather than sent to, as http.ServeMux
// reads them, without the method: whoever walks the console can tell whether they were everywhere.
func Pages() (patterns []string) {
	for _, r := range new(Site).routes() {
		if path, opened := strings.CutPrefix(r.pattern, "GET "); opened {
			patterns = append(patterns, path)
		}
	}
	return patterns
}

// ways are the ways in and out.
func (s *Site) ways() []route {
	door := &sign.Door{Office: s.Office, Secure: s.secure()}
	return []route{
		{pattern: "GET /signin", do: door.Show, open: true},
		{pattern: "POST /signin", do: door.SignIn, open: true},
		{pattern: "GET /signin/factor", do: door.ShowFactor, open: true},
		{pattern: "POST /signin/factor", do: door.Factor, open: true},
		{pattern: "POST /signin/passkey/ask", do: door.PasskeyAsk, open: true},
		{pattern: "POST /signin/passkey", do: door.Passkey, open: true},
		{pattern: "GET /signin/elsewhere", do: door.Elsewhere, open: true},
		{pattern: "GET " + sign.ElsewherePath, do: door.Back, open: true},
		{pattern: "GET /welcome", do: door.ShowWelcome, open: true},
		{pattern: "POST /welcome", do: door.Welcome, open: true},
		{pattern: "POST /signout", do: door.Out, open: true},
	}
}

// people are what is somebody's own, and who may do what.
func (s *Site) people() []route {
	return []route{
		{pattern: "GET /profile", verb: "ProfileGet", do: profile.Show},
		{pattern: "POST /profile", verb: "ProfileChange", do: profile.Change},
		{pattern: "POST /profile/password", verb: "PasswordChange", do: profile.Password},
		{pattern: "GET " + profile.FactorPath, verb: "FactorList", do: profile.Factors},
		{pattern: "POST /profile/authenticator", verb: "FactorDraftCode", do: profile.Authenticator},
		{pattern: "POST /profile/authenticator/{id}", verb: "FactorConfirm", do: profile.Confirm},
		{pattern: "POST /profile/passkey/ask", verb: "PasskeyAsk", do: profile.PasskeyAsk},
		{pattern: "POST /profile/passkey", verb: "PasskeyAdd", do: profile.PasskeyAdd},
		{pattern: "POST /profile/factors/{id}/remove", verb: "FactorRemove", do: profile.Remove},
		{pattern: "POST /profile/recovery", verb: "RecoveryRenew", do: profile.Recovery},
		{pattern: "POST /profile/sessions", verb: "SessionRevoke", do: profile.Revoke},

		{pattern: "GET /settings/users", verb: "UserList", do: user.List},
		{pattern: "GET /settings/users/new", verb: "UserInvite", do: user.New},
		{pattern: "POST /settings/users", verb: "UserInvite", do: user.Invite},
		{pattern: "POST /settings/users/{id}", verb: "UserChange", do: user.Change},
		{pattern: "POST /settings/users/{id}/disable", verb: "UserDisable", do: user.Disable},
		{pattern: "POST /settings/users/{id}/enable", verb: "UserEnable", do: user.Enable},
		{pattern: "POST /settings/users/{id}/link", verb: "UserLink", do: user.Link},
		{pattern: "POST /settings/users/{id}/sessions", verb: "UserChange", do: user.SignOut},
		{pattern: "POST /settings/factors", verb: "FactorPolicyChange", do: user.Policy},

		{pattern: "GET /settings/tokens", verb: "TokenList", do: token.List},
		{pattern: "GET /settings/tokens/new", verb: "TokenMake", do: token.New},
		{pattern: "POST /settings/tokens", verb: "TokenMake", do: token.Make},
		{pattern: "POST /settings/tokens/{id}/revoke", verb: "TokenRevoke", do: token.Revoke},
	}
}

// told are the first page, what forms choose from, what was paid, and the reports.
func (s *Site) told() []route {
	return []route{
		{pattern: "GET /{$}", do: home.Show},

		{pattern: "GET " + pick.Account.Path(), verb: "AccountList", do: pick.Offer(pick.Account)},
		{pattern: "GET " + pick.Contract.Path(), verb: "ContractList", do: pick.Offer(pick.Contract)},
		{pattern: "GET " + pick.Product.Path(), verb: "ProductList", do: pick.Offer(pick.Product)},
		{pattern: "GET " + pick.Subscription.Path(), verb: "SubscriptionList", do: pick.Offer(pick.Subscription)},
		{pattern: "GET " + pick.PriceList.Path(), verb: "PriceListList", do: pick.Offer(pick.PriceList)},

		{pattern: "GET /invoices/{number}/payments", verb: "PaymentList", do: payment.List},
		{pattern: "POST /invoices/{number}/payments", verb: "PaymentRecord", do: payment.Record},

		{pattern: "GET /reports", verb: "ReceivablesByAge", do: report.First},
		{pattern: "GET /reports/recurring", verb: "RecurringRevenue", do: report.Revenue},
		{pattern: "GET /reports/recurring.csv", verb: "RecurringRevenue", do: report.RevenueCSV},
		{pattern: "GET /reports/receivables", verb: "ReceivablesByAge", do: report.Receivables},
		{pattern: "GET /reports/receivables.csv", verb: "ReceivablesByAge", do: report.ReceivablesCSV},
		{pattern: "GET /reports/margin", verb: "Margin", do: report.Margin},
		{pattern: "GET /reports/margin.csv", verb: "Margin", do: report.MarginCSV},
	}
}

// work are the pages of the work itself.
func (s *Site) work() []route {
	return []route{
		{pattern: "GET /billing", verb: "BillingPlanList", do: billing.Overview},
		{pattern: "POST /billing", verb: "BillingPlanMake", do: billing.Make},
		{pattern: "GET /billing/plans/{plan}", verb: "BillingPlanGet", do: billing.ShowPlan},
		{pattern: "POST /billing/plans/{plan}", verb: "PlannedInvoiceApprove", do: billing.Decide},
		{pattern: "GET /billing/plans/{plan}/progress", verb: "BillingPlanWatch", do: billing.PlanProgress(s.Parts.Ends)},
		{pattern: "GET /billing/plans/{plan}/run", verb: "BillingRunStart", do: billing.AskRun},
		{pattern: "POST /billing/plans/{plan}/run", verb: "BillingRunStart", do: billing.StartRun},
		{pattern: "GET /billing/runs/{run}", verb: "BillingRunGet", do: billing.ShowRun},
		{pattern: "GET /billing/runs/{run}/progress", verb: "BillingRunWatch", do: billing.RunProgress(s.Parts.Ends)},
		{pattern: "GET /billing/runs/{run}/mail", verb: "BillingRunSend", do: billing.AskMail},
		{pattern: "POST /billing/runs/{run}/mail", verb: "BillingRunSend", do: billing.Mail},
		{pattern: "GET /billing/holds", verb: "BillingHoldList", do: billing.Holds},
		{pattern: "POST /billing/holds", verb: "BillingHoldPut", do: billing.Hold},
		{pattern: "POST /billing/holds/release", verb: "BillingHoldEnd", do: billing.Release},

		{pattern: "GET /invoices", verb: "InvoiceList", do: invoice.List},
		{pattern: "GET /invoices/export", verb: "InvoiceDocuments", do: s.Parts.Documents.Export},
		{pattern: "POST /invoices/views", verb: "ViewPut", do: invoice.SaveView},
		{pattern: "POST /invoices/views/drop", verb: "ViewDrop", do: invoice.DropView},
		{pattern: "GET /invoices/{number}", verb: "InvoiceGet", do: invoice.Show},
		{pattern: "GET /invoices/{number}/pdf", verb: "InvoiceDocument", do: s.Parts.Documents.PDFOf},
		{pattern: "GET /invoices/{number}/mail", verb: "InvoiceSend", do: s.Parts.Mails.AskMail},
		{pattern: "POST /invoices/{number}/mail", verb: "InvoiceSend", do: s.Parts.Mails.Mail},
		{pattern: "GET /invoices/{number}/mail/page", verb: "InvoiceLetter", do: s.Parts.Mails.MailPage},
		{pattern: "GET /invoices/{number}/sent", verb: "InvoiceNoteSent", do: invoice.AskSent},
		{pattern: "POST /invoices/{number}/sent", verb: "InvoiceNoteSent", do: invoice.Sent},
		{pattern: "GET /invoices/{number}/void", verb: "InvoiceVoid", do: invoice.AskVoid},
		{pattern: "GET /invoices/{number}/credit", verb: "InvoiceCredit", do: invoice.AskCredit},
		{pattern: "POST /invoices/{number}/credit", verb: "InvoiceCredit", do: invoice.Credit},
		{pattern: "POST /invoices/{number}/void", verb: "InvoiceVoid", do: invoice.Void},

		{pattern: "GET /exceptions", verb: "ExceptionList", do: exception.List},
		{pattern: "POST /exceptions", verb: "ExceptionAssign", do: exception.Care},
		{pattern: "POST /exceptions/{id}/link", verb: "CustomerLink", do: exception.Link},
		{pattern: "POST /exceptions/{id}/retry", verb: "ProvisionRetry", do: exception.Retry},
		{pattern: "POST /exceptions/{id}/drop", verb: "ProvisionDrop", do: exception.Drop},

		{pattern: "GET /search", verb: "Search", do: search.Find},
		{pattern: "GET /audit", verb: "AuditList", do: audit.List},
	}
}

// sales are who is sold to, and what they have.
func (s *Site) sales() []route {
	return []route{
		{pattern: "GET /accounts", verb: "AccountTree", do: account.List},
		{pattern: "POST /accounts", verb: "AccountPut", do: account.Add},
		{pattern: "GET /accounts/new", verb: "AccountPut", do: account.New},
		{pattern: "GET /accounts/{id}", verb: "AccountGet", do: account.Show},
		{pattern: "GET /accounts/{id}/edit", verb: "AccountPut", do: account.Edit},
		{pattern: "POST /accounts/{id}/edit", verb: "AccountPut", do: account.Change},
		{pattern: "GET /accounts/{id}/hold", verb: "AccountHold", do: account.AskHold},
		{pattern: "POST /accounts/{id}/hold", verb: "AccountHold", do: account.Hold},
		{pattern: "GET /accounts/{id}/release", verb: "AccountRelease", do: account.AskRelease},
		{pattern: "POST /accounts/{id}/release", verb: "AccountRelease", do: account.Release},

		{pattern: "GET /contracts", verb: "ContractList", do: contract.List},
		{pattern: "POST /contracts", verb: "ContractPut", do: contract.Add},
		{pattern: "GET /contracts/new", verb: "ContractPut", do: contract.New},
		{pattern: "GET /contracts/{id}", verb: "ContractGet", do: contract.Show},
		{pattern: "GET /contracts/{id}/edit", verb: "ContractPut", do: contract.Edit},
		{pattern: "POST /contracts/{id}/edit", verb: "ContractPut", do: contract.Change},
		{pattern: "GET /contracts/{id}/sale", verb: "SubscriptionAdd", do: contract.AskSale},
		{pattern: "POST /contracts/{id}/sale", verb: "SubscriptionAdd", do: contract.Sell},

		{pattern: "GET /subscriptions", verb: "SubscriptionList", do: subscription.List},
		{pattern: "GET /subscriptions/{id}", verb: "SubscriptionGet", do: subscription.Show},
		{pattern: "GET /subscriptions/{id}/change", verb: "SubscriptionChange", do: subscription.Ask(office.ActChange)},
		{pattern: "POST /subscriptions/{id}/change", verb: "SubscriptionChange", do: subscription.Do(office.ActChange)},
		{pattern: "GET /subscriptions/{id}/renewal", verb: "SubscriptionSchedule", do: subscription.Ask(office.ActSchedule)},
		{pattern: "POST /subscriptions/{id}/renewal", verb: "SubscriptionSchedule", do: subscription.Do(office.ActSchedule)},
		{pattern: "GET /subscriptions/{id}/cancellation", verb: "SubscriptionCancel", do: subscription.Ask(office.ActCancel)},
		{pattern: "POST /subscriptions/{id}/cancellation", verb: "SubscriptionCancel", do: subscription.Do(office.ActCancel)},
		{pattern: "GET /subscriptions/{id}/suspension", verb: "SubscriptionSuspend", do: subscription.Ask(office.ActSuspend)},
		{pattern: "POST /subscriptions/{id}/suspension", verb: "SubscriptionSuspend", do: subscription.Do(office.ActSuspend)},
		{pattern: "GET /subscriptions/{id}/resumption", verb: "SubscriptionResume", do: subscription.Ask(office.ActResume)},
		{pattern: "POST /subscriptions/{id}/resumption", verb: "SubscriptionResume", do: subscription.Do(office.ActResume)},
	}
}

// goods are what is sold, at which prices, and what the whole book goes by.
func (s *Site) goods() []route {
	return []route{
		{pattern: "GET /catalog", verb: "ProductList", do: catalog.List},
		{pattern: "GET /catalog/products/new", verb: "ProductPut", do: catalog.AskNew},
		{pattern: "POST /catalog/products/new", verb: "ProductPut", do: catalog.Add},
		{pattern: "GET /catalog/products/{sku}", verb: "ProductGet", do: catalog.Show},
		{pattern: "GET /catalog/products/{sku}/edit", verb: "ProductPut", do: catalog.AskEdit},
		{pattern: "POST /catalog/products/{sku}/edit", verb: "ProductPut", do: catalog.Edit},
		{pattern: "GET /catalog/prices/new", verb: "PriceAdd", do: catalog.AskPrice},
		{pattern: "POST /catalog/prices/new", verb: "PriceAdd", do: catalog.AddPrice},
		{pattern: "GET /catalog/lists", verb: "PriceListList", do: catalog.Lists},
		{pattern: "GET /catalog/lists/{name}", verb: "PriceList", do: catalog.ShowList},

		// What a file of another kind needs more than a bill does, the desk asks for.
		{pattern: "GET /import", verb: "ImportPreview", do: s.Parts.Imports.Ask},
		{pattern: "POST /import", verb: "ProviderBillTake", do: s.Parts.Imports.Keep, upload: office.ImportMost},
		{pattern: "GET /import/{id}", verb: "ImportPreview", do: s.Parts.Imports.Show},
		{pattern: "POST /import/{id}", verb: "ProviderBillTake", do: s.Parts.Imports.Take},
	}
}

// trying are the pages on which nothing real is touched.
func (s *Site) trying() []route {
	return []route{
		{pattern: "GET /what-ifs", verb: "WhatIfList", do: whatif.List},
		{pattern: "POST /what-ifs", verb: "WhatIfSave", do: whatif.Make},
		{pattern: "GET /what-ifs/new", verb: "WhatIfSave", do: whatif.New},
		{pattern: "GET /what-ifs/{whatif}", verb: "WhatIfGet", do: whatif.Show},
		{pattern: "POST /what-ifs/{whatif}", verb: "WhatIfSave", do: whatif.Change},
		{pattern: "POST /what-ifs/{whatif}/changes", verb: "WhatIfSave", do: whatif.Add},
		{pattern: "POST /what-ifs/{whatif}/changes/{change}/removal", verb: "WhatIfSave", do: whatif.Remove},
		{pattern: "POST /what-ifs/{whatif}/deletion", verb: "WhatIfDelete", do: whatif.Delete},
		{pattern: "GET /what-ifs/{whatif}/answer", verb: "WhatIfRun", do: whatif.Answer},
	}
}

// providers are the pages of what is at providers, and of what they charge.
func (s *Site) providers() []route {
	return []route{
		{pattern: "GET /provider", verb: "ConnectionList", do: provider.List},
		{pattern: "GET /provider/{connection}", verb: "ConnectionGet", do: provider.Show},
		{pattern: "POST /provider/{connection}/sync", verb: "ConnectionSync", do: provider.Sync},
		{pattern: "GET /provider/{connection}/consent", verb: "ConsentLink", do: provider.AskConsent},
		{pattern: "POST /provider/{connection}/consent", verb: "ConnectionConsent", do: provider.Consent},
		{pattern: "GET /provider/{connection}/consent/back", verb: "ConnectionConsent", do: provider.Back},
		{pattern: "GET /provider/{connection}/provisioning", verb: "ProvisionList", do: provider.Provisioning},
		{pattern: "POST /provider/{connection}/provisioning", verb: "ProvisionRun", do: provider.Provision},
		{pattern: "POST /provider/{connection}/provisioning/{id}/retry", verb: "ProvisionRetry", do: provider.Retry},
		{pattern: "POST /provider/{connection}/provisioning/{id}/drop", verb: "ProvisionDrop", do: provider.Drop},
		{pattern: "GET /provider/{connection}/windows", verb: "WindowList", do: provider.Windows},
		{pattern: "GET /provider/{connection}/exposure", verb: "ExposureList", do: provider.Exposures},
		{pattern: "GET /provider/{connection}/customers", verb: "ProviderCustomerList", do: provider.Customers},
		{pattern: "POST /provider/{connection}/customers", verb: "CustomerLink", do: provider.Link},
		{pattern: "GET /provider/{connection}/holdings", verb: "HoldingList", do: provider.Holdings},
		{pattern: "GET /provider/{connection}/prices", verb: "PriceSheetList", do: provider.Prices},

		{pattern: "GET /reconciliation", verb: "ProviderInvoiceList", do: reconciliation.List},
		{pattern: "GET /reconciliation/{connection}", verb: "ReadinessGet", do: reconciliation.Readiness},
		{pattern: "POST /reconciliation/{connection}", verb: "ProviderBillImport", do: reconciliation.Import},
		{pattern: "GET /reconciliation/{connection}/{$}", verb: "ProviderInvoiceGet", do: reconciliation.Unbilled},
		{pattern: "GET /reconciliation/{connection}/{invoice}", verb: "ProviderInvoiceGet", do: reconciliation.Show},
		{pattern: "POST /reconciliation/{connection}/{invoice}", verb: "ProviderInvoiceReconcile", do: reconciliation.Again},
		{pattern: "GET /reconciliation/{connection}/{invoice}/dispute", verb: "DisputeGet", do: reconciliation.Letter(s.Parts.Letter)},
	}
}

// sections are the entries of the rail, in the order of the work: only what the person
// may see.
func (s *Site) sections(v *visit.Visit) (shown []part.Section) {
	for _, entry := range []struct{ name, path, verb string }{
		{"Home", "/", "Home"},
		{"Billing", billing.Path, "BillingPlanList"},
		{"Invoices", invoice.Path, "InvoiceList"},
		{"Accounts", account.Path, "AccountTree"},
		{"Subscriptions", subscription.Path, "SubscriptionList"},
		{"What if", whatif.Path, "WhatIfList"},
		{"Catalog", catalog.Path, "ProductList"},
		{"Provider", provider.Path, "ConnectionList"},
		{"Reconciliation", reconciliation.Path, "ProviderInvoiceList"},
		{"Import", imports.Path, "ImportPreview"},
		{"Exceptions", exception.Path, "ExceptionList"},
		{"Reports", report.Path, "ReceivablesByAge"},
		{"Audit", "/audit", "AuditList"},
		{"Settings", setting.Path, "TokenList"},
	} {
		if v.May(entry.verb) {
			shown = append(shown, part.Section{Name: entry.name, Path: entry.path, Waiting: waiting(v, entry.path)})
		}
	}
	return shown
}

// waiting is how many things wait behind an entry: a count only where somebody has to look.
func waiting(v *visit.Visit, path string) (n int64) {
	if path != exception.Path {
		return 0
	}
	counts, err := v.Desk.ExceptionCounts(v.R.Context())
	if err != nil {
		// The page itself will say what is wrong with the database.
		return 0
	}
	for _, c := range counts {
		n += c.Count
	}
	return n
}
