// Package setting is what the whole book goes by: who sells, taxes, units, exchange rates
// and invoice numbers; and the page from which everything is reached that is set up once.
package setting

import (
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
	"strings"
)

// Path is the page of all settings; the rail has it for every page below it.
const Path = "/settings"

// Crumb leads back to all settings.
func Crumb() part.Link { return part.Link{Text: "Settings", Path: Path} }

// place is one thing that is set up: the verb says who sees it.
type place struct{ name, path, verb, what string }

// group is places that belong together.
type group struct {
	name   string
	places []place
}

func groups() []group {
	return []group{
		{"What the business is", []place{
			{"Sellers", SellersPath, "SellerList", "Who invoices: name, address, where to pay, currency and time zone"},
			{"Taxes", TaxesPath, "TaxList", "Rates by name, and why they are what they are"},
			{"Units", UnitsPath, "UnitList", "The frequencies that prices are quoted and contracts billed in"},
			{"Exchange rates", RatesPath, "RateList", "From which day one currency is worth how much of another"},
			{"Number series", SeriesPath, "NumberSeriesList", "How far invoice numbers have come, and whether any is missing"},
		}},
		{"Who works here", []place{
			{"Users", "/settings/users", "UserList", "Who can sign in, and what they may do"},
			{"Second factor", "/settings/users#policy", "FactorPolicyGet", "Which roles must have one"},
			{"API tokens", "/settings/tokens", "TokenList", "What lets programs in"},
			{"Audit", "/audit", "AuditList", "Who changed what, and who was not allowed to"},
		}},
		{"What it is connected to", []place{
			{"Providers", "/provider", "ConnectionList", "Connections to providers, and how they stand"},
			{"Mail", "/settings/mail", "MailSetting", "How invoices and links are sent, and what became of each mail"},
			{"Webhooks", "/settings/webhooks", "WebhookList", "Addresses that are told what happens"},
			{"Jobs", "/settings/jobs", "JobList", "What is done in the background, when, and how it went"},
		}},
	}
}

// Show shows what the person may see of the settings.
func Show(v *visit.Visit) error {
	var shown []group
	for _, g := range groups() {
		seen := group{name: g.name}
		for _, p := range g.places {
			if v.May(p.verb) {
				seen.places = append(seen.places, p)
			}
		}
		if len(seen.places) > 0 {
			shown = append(shown, seen)
		}
	}
	return v.Page(part.Page{Title: "Settings", Section: Path}, index(shown))
}

// below is a page one step below the settings, or below a list of them.
func below(title string, crumbs ...part.Link) part.Page {
	return part.Page{Title: title, Section: Path, Crumbs: append([]part.Link{Crumb()}, crumbs...)}
}

// primary is an action for who may do it.
func primary(v *visit.Visit, verb, text, path string) *part.Action {
	if !v.May(verb) {
		return nil
	}
	return &part.Action{Text: text, Path: path}
}

// currencyOf reads a currency that must be given.
func currencyOf(f *visit.Form, name, label string) money.Currency {
	code := f.Needed(name, label)
	if code == "" {
		return money.Currency{}
	}
	currency, err := money.ParseCurrency(strings.ToUpper(code))
	if err != nil {
		f.Wrong(name, code+" is no currency. Give its three letters, such as EUR.")
	}
	return currency
}

// UnitsPath and SeriesPath are the pages that are only read.
const (
	UnitsPath  = "/settings/units"
	SeriesPath = "/settings/series"
)

// Units lists the units.
func Units(v *visit.Visit) error {
	list, err := v.Desk.UnitList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(below("Units"), unitsPage(v, list))
}

// Series lists how far invoice numbers have come.
func Series(v *visit.Visit) error {
	list, err := v.Desk.NumberSeriesList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(below("Number series"), seriesPage(v, list))
}

// gaps says whether numbers are missing: an auditor asks for each of them.
func gaps(v *visit.Visit, s *office.NumberSeries) part.Pill {
	switch missing := s.Given - s.Written; {
	case missing > 0:
		return part.Pill{Text: v.Locale.Count(missing) + " missing", Tone: part.Bad}
	case missing < 0:
		return part.Pill{Text: v.Locale.Count(-missing) + " too many", Tone: part.Bad}
	}
	return part.Pill{Text: "no gaps", Tone: part.Good}
}
