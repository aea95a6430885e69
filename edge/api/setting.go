package api

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Seller is who invoices.
type Seller struct {
	ID       string `json:"id" doc:"Its id." example:"main"`
	Currency string `json:"currency" doc:"ISO 4217: what it and its contracts count in."`
	SellerDraft
}

// SellerDraft is what people write of a seller.
type SellerDraft struct {
	Name           string      `json:"name" minLength:"1" maxLength:"200" doc:"Its name, as documents print it." example:"Nordlicht IT"`
	Country        string      `json:"country" pattern:"^[A-Z]{2}$" doc:"ISO 3166-1, two letters." example:"DE"`
	TimeZone       string      `json:"time_zone" minLength:"1" maxLength:"64" doc:"The time zone in which its days begin." example:"Europe/Berlin"`
	Address        []string    `json:"address,omitempty" nullable:"false" maxItems:"10" doc:"The postal address, a line each."`
	TaxID          string      `json:"tax_id,omitempty" maxLength:"50" doc:"A VAT or sales tax registration."`
	RegistrationID string      `json:"registration_id,omitempty" maxLength:"100" doc:"The entry in a company register."`
	Email          string      `json:"email,omitempty" maxLength:"254" doc:"Its address for mail."`
	Phone          string      `json:"phone,omitempty" maxLength:"50" doc:"A telephone number."`
	Remittance     *Remittance `json:"remittance,omitempty" doc:"Where to pay."`
}

// Remittance is where to pay.
type Remittance struct {
	Bank          string `json:"bank,omitempty" maxLength:"200" doc:"The bank's name."`
	AccountHolder string `json:"account_holder,omitempty" maxLength:"200" doc:"Whose account it is."`
	IBAN          string `json:"iban,omitempty" maxLength:"50" doc:"The account."`
	BIC           string `json:"bic,omitempty" maxLength:"20" doc:"The bank's code."`
	AccountNumber string `json:"account_number,omitempty" maxLength:"50" doc:"The account, where there is no IBAN."`
	RoutingNumber string `json:"routing_number,omitempty" maxLength:"50" doc:"The bank, where there is no IBAN."`
	Note          string `json:"note,omitempty" maxLength:"500" doc:"What the payer should know, such as the reference to give."`
}

func sellerOf(s *flow.Seller) Seller {
	p, r := &s.Party, &s.Remittance
	shown := Seller{ID: string(s.ID), Currency: s.Currency.String(), SellerDraft: SellerDraft{Name: p.Name, Country: p.Country, TimeZone: s.TimeZone, Address: p.Address,
		TaxID: p.TaxID, RegistrationID: p.RegistrationID, Email: p.Email, Phone: p.Phone}}
	if *r != (flow.Remittance{}) {
		shown.Remittance = &Remittance{r.Bank, r.AccountHolder, r.IBAN, r.BIC, r.AccountNumber, r.RoutingNumber, r.Note}
	}
	return shown
}

// seller reads what was written.
func (d *SellerDraft) seller(a *API, id string, currency money.Currency) (flow.Seller, error) {
	s := flow.Seller{ID: flow.SellerID(id), Currency: currency, TimeZone: d.TimeZone, Party: flow.Party{Name: d.Name, Address: d.Address, Country: d.Country, TaxID: d.TaxID,
		RegistrationID: d.RegistrationID, Email: d.Email, Phone: d.Phone}}
	if r := d.Remittance; r != nil {
		s.Remittance = flow.Remittance{Bank: r.Bank, AccountHolder: r.AccountHolder, IBAN: r.IBAN, BIC: r.BIC, AccountNumber: r.AccountNumber, RoutingNumber: r.RoutingNumber, Note: r.Note}
	}
	if a.settings.ZoneKnown != nil && !a.settings.ZoneKnown(d.TimeZone) {
		return s, &office.FieldError{Field: "time_zone", Err: fmt.Errorf("there is no time zone %s; write it as Europe/Berlin", d.TimeZone)}
	}
	return s, nil
}

func sellerList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Seller], error) {
	list, err := desk.SellerList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[flow.Seller, Seller, string]("sellers", list, nil, sellerOf), nil
}

func sellerGet(ctx context.Context, desk *office.Desk, in *SellerNamed) (*tagged[Seller], error) {
	seller, version, err := desk.SellerGet(ctx, flow.SellerID(in.ID))
	if err != nil {
		return nil, err
	}
	return &tagged[Seller]{versionTag(int64(version)), sellerOf(&seller)}, nil
}

type sellerAdding struct {
	Body struct {
		ID       string `json:"id" pattern:"^[A-Za-z0-9._-]{1,100}$" doc:"Its id, which stays." example:"main"`
		Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"What it counts in, which stays." example:"EUR"`
		SellerDraft
	}
}

func (a *API) sellerAdd(ctx context.Context, desk *office.Desk, in *sellerAdding) (*created[Seller], error) {
	currency, err := money.ParseCurrency(in.Body.Currency)
	if err != nil {
		return nil, &office.FieldError{Field: "currency", Err: err}
	}
	seller, err := in.Body.seller(a, in.Body.ID, currency)
	if err != nil {
		return nil, err
	}
	if err := desk.SellerPut(ctx, seller, flow.New); err != nil {
		return nil, err
	}
	return &created[Seller]{"/v1/sellers/" + in.Body.ID, sellerOf(&seller)}, nil
}

type sellerChanging struct {
	SellerNamed
	Matching
	Body SellerDraft
}

func (a *API) sellerChange(ctx context.Context, desk *office.Desk, in *sellerChanging) (*tagged[Seller], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	known, _, err := desk.SellerGet(ctx, flow.SellerID(in.ID))
	if err != nil {
		return nil, err
	}
	seller, err := in.Body.seller(a, in.ID, known.Currency)
	if err != nil {
		return nil, err
	}
	if err := desk.SellerPut(ctx, seller, int(version)); err != nil {
		return nil, err
	}
	return sellerGet(ctx, desk, &in.SellerNamed)
}

// Tax is a rate of tax and its category.
type Tax struct {
	Name string `json:"name" doc:"Its name." example:"DE19"`
	TaxDraft
}

// TaxDraft is what people write of a tax.
type TaxDraft struct {
	Percent  Decimal `json:"percent" doc:"The rate in percent; 0 but for the standard category." example:"19"`
	Category string  `json:"category" enum:"standard,reverse_charge,exempt,zero" doc:"Why the rate is what it is."`
}

var taxCategoryWords = []string{"standard", "reverse_charge", "exempt", "zero"}

func taxOf(t *billing.Tax) Tax {
	return Tax{t.Name, TaxDraft{decimalOf(t.Percent), taxCategoryWords[t.Category]}}
}

func (d *TaxDraft) tax(name string) (billing.Tax, error) {
	percent, err := d.Percent.decimal("percent")
	return billing.Tax{Name: name, Percent: percent, Category: valueOf[billing.TaxCategory](taxCategoryWords, d.Category)}, err
}

func taxList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Tax], error) {
	list, err := desk.TaxList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[billing.Tax, Tax, string]("taxes", list, nil, taxOf), nil
}

// TaxNamed is asked of one tax.
type TaxNamed struct {
	Name string `path:"name" maxLength:"100" doc:"The tax's name." example:"DE19"`
}

func taxGet(ctx context.Context, desk *office.Desk, in *TaxNamed) (*tagged[Tax], error) {
	list, err := desk.TaxList(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(t billing.Tax) bool { return t.Name == in.Name })
	if at < 0 {
		return nil, fmt.Errorf("tax %s: %w", in.Name, flow.ErrUnknown)
	}
	return &tagged[Tax]{versionTag(flow.TaxVersion(&list[at])), taxOf(&list[at])}, nil
}

func taxAdd(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Name string `json:"name" pattern:"^[A-Za-z0-9._-]{1,100}$" doc:"Its name, which stays: another rate is another tax." example:"DE19"`
		TaxDraft
	}
}) (*created[Tax], error) {
	tax, err := in.Body.tax(in.Body.Name)
	if err != nil {
		return nil, err
	}
	if err := desk.TaxPut(ctx, tax, flow.New); err != nil {
		return nil, err
	}
	return &created[Tax]{"/v1/taxes/" + url.PathEscape(tax.Name), taxOf(&tax)}, nil
}

func taxChange(ctx context.Context, desk *office.Desk, in *struct {
	TaxNamed
	Matching
	Body TaxDraft
}) (*tagged[Tax], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	tax, err := in.Body.tax(in.Name)
	if err != nil {
		return nil, err
	}
	if err := desk.TaxPut(ctx, tax, version); err != nil {
		return nil, err
	}
	return taxGet(ctx, desk, &in.TaxNamed)
}

// Unit is what prices are quoted and contracts billed in.
type Unit struct {
	Name   string `json:"name" doc:"Its name." example:"quarterly"`
	Months int    `json:"months" doc:"How many months it has." example:"3"`
}

func unitList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Unit], error) {
	list, err := desk.UnitList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[billing.Unit, Unit, string]("units", list, nil, func(u *billing.Unit) Unit { return Unit{u.Name, u.Months} }), nil
}

// Rate is an exchange rate: 1 of from is so many of to, from a day until the next rate of the pair.
type Rate struct {
	From string  `json:"from" pattern:"^[A-Z]{3}$" doc:"ISO 4217." example:"USD"`
	To   string  `json:"to" pattern:"^[A-Z]{3}$" doc:"ISO 4217." example:"EUR"`
	Rate Decimal `json:"rate" doc:"What 1 of from is in to." example:"0.92"`
	On   Day     `json:"on" doc:"The day from which it holds."`
}

func rateOf(r *billing.Rate) Rate {
	return Rate{r.From.String(), r.To.String(), decimalOf(r.Rate), dayOf(r.On)}
}

func rateList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Rate], error) {
	list, err := desk.RateList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[billing.Rate, Rate, string]("rates", list, nil, rateOf), nil
}

func rateAdd(ctx context.Context, desk *office.Desk, in *struct{ Body Rate }) (*created[Rate], error) {
	rate := billing.Rate{}
	var err error
	for _, code := range []struct {
		field, text string
		to          *money.Currency
	}{{"from", in.Body.From, &rate.From}, {"to", in.Body.To, &rate.To}} {
		if *code.to, err = money.ParseCurrency(code.text); err != nil {
			return nil, &office.FieldError{Field: code.field, Err: err}
		}
	}
	if rate.Rate, err = in.Body.Rate.decimal("rate"); err != nil {
		return nil, err
	}
	if rate.On, err = in.Body.On.date("on"); err != nil {
		return nil, err
	}
	if err := desk.RateAdd(ctx, rate); err != nil {
		return nil, err
	}
	return &created[Rate]{"/v1/rates", rateOf(&rate)}, nil
}

// NumberSeries is how far a seller's invoice numbers have come.
type NumberSeries struct {
	Seller  string `json:"seller" doc:"The seller."`
	Series  string `json:"series" doc:"The series, with which the numbers begin." example:"INV"`
	Given   int64  `json:"given" doc:"How many numbers were given, from 1."`
	Written int64  `json:"written" doc:"How many invoices have a number of the series: as many, or some are missing."`
}

func seriesList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[NumberSeries], error) {
	list, err := desk.NumberSeriesList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.NumberSeries, NumberSeries, string]("series", list, nil, func(s *office.NumberSeries) NumberSeries {
		return NumberSeries{string(s.Seller), s.Series, s.Given, s.Written}
	}), nil
}
