package api

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// PriceSheetVersion is a version of a provider's price sheet that was taken in.
type PriceSheetVersion struct {
	Market     string    `json:"market" doc:"Of which market."`
	View       string    `json:"view" doc:"Which of the provider's sheets."`
	Month      Day       `json:"month,omitempty" doc:"The first day of its month."`
	Digest     string    `json:"digest" doc:"The same for the same rows."`
	Rows       int64     `json:"rows" doc:"How many rows it has."`
	ImportedAt time.Time `json:"imported_at" doc:"When it was taken in."`
}

func priceSheetList(ctx context.Context, desk *office.Desk, in *ConnectionNamed) (*listed[PriceSheetVersion], error) {
	list, err := desk.PriceSheetList(ctx, in.id())
	if err != nil {
		return nil, err
	}
	return pageBefore[flow.KeptPriceSheet, PriceSheetVersion, string]("price sheets", list, nil, func(s *flow.KeptPriceSheet) PriceSheetVersion {
		return PriceSheetVersion{s.Market, s.View, dayOf(s.Month), s.Digest, s.Rows, s.ImportedAt.UTC()}
	}), nil
}

// PriceSheet is what a provider asks, and how it is sold.
type PriceSheet struct {
	Name     string          `json:"name,omitempty" maxLength:"200" doc:"What it is called in the audit." example:"Microsoft, March"`
	List     string          `json:"list,omitempty" maxLength:"100" doc:"The price list that it fills; the default one where it is not given."`
	Rule     *PriceSheetRule `json:"rule,omitempty" doc:"How its rows are sold; at the provider's suggestion, and at cost where there is none, where it is not given."`
	Market   string          `json:"market,omitempty" maxLength:"10" doc:"Take only the rows of this market."`
	Currency string          `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"Take only the rows in this currency."`
	Segment  string          `json:"segment,omitempty" maxLength:"100" doc:"Take only the rows of this segment."`
	Rows     []PriceSheetRow `json:"rows" nullable:"false" minItems:"1" maxItems:"5000" doc:"What the provider asks. A longer sheet is sent in parts, or taken in on the machine."`
}

// PriceSheetRule sells by what the provider asks or suggests.
type PriceSheetRule struct {
	Of      string  `json:"of" enum:"cost,retail" doc:"What the provider asks, or what it suggests to ask."`
	Percent Decimal `json:"percent,omitempty" doc:"What is added to it, in percent; negative to take off." example:"20"`
}

// PriceSheetRow is what a provider asks for one product.
type PriceSheetRow struct {
	SKU        string  `json:"sku" minLength:"1" maxLength:"200" doc:"The provider's product and sku, joined by a colon." example:"CFQ7TTC0LH18:0001"`
	Title      string  `json:"title,omitempty" maxLength:"300" doc:"Its name; that of a product that is new."`
	Market     string  `json:"market,omitempty" maxLength:"10" doc:"Of which market."`
	Segment    string  `json:"segment,omitempty" maxLength:"100" doc:"For whom, as the provider spells it."`
	Currency   string  `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217." example:"EUR"`
	TermMonths int     `json:"term_months,omitempty" minimum:"0" maximum:"120" doc:"The term; 0 for none."`
	Billing    string  `json:"billing,omitempty" enum:"monthly,quarterly,annual,triennial" doc:"The period that the prices are for; where it is not given the term, or a month without one."`
	Cost       Decimal `json:"cost" doc:"What is paid for one and one period." example:"18.60"`
	Retail     Decimal `json:"retail,omitempty" doc:"What the provider suggests to ask."`
	TierFrom   Decimal `json:"tier_from,omitempty" doc:"The smallest quantity that it is for."`
	TierTo     Decimal `json:"tier_to,omitempty" doc:"The largest; absent for no bound."`
	From       Day     `json:"from" doc:"The first day on which it is in force."`
	To         Day     `json:"to,omitempty" doc:"The first day on which it is not any more; absent where it is open."`
}

func (r *PriceSheetRow) row(n int) (row flow.PriceSheetRow, err error) {
	row = flow.PriceSheetRow{At: flow.Source{File: "rows", Line: n + 1}, SKU: r.SKU, Title: r.Title, Market: r.Market, Segment: r.Segment, TermMonths: r.TermMonths,
		HasRetail: r.Retail != "", HasTierFrom: r.TierFrom != "", HasTierTo: r.TierTo != ""}
	field := func(name string) string { return fmt.Sprintf("rows[%d].%s", n, name) }
	if row.Currency, err = money.ParseCurrency(r.Currency); err != nil {
		return row, &office.FieldError{Field: field("currency"), Err: err}
	}
	if r.Billing != "" {
		row.Billing = billing.Unit{Name: r.Billing, Months: map[string]int{"monthly": 1, "quarterly": 3, "annual": 12, "triennial": 36}[r.Billing]}
	}
	for _, one := range []struct {
		name string
		from Decimal
		to   *money.Decimal
	}{{"cost", r.Cost, &row.Cost}, {"retail", r.Retail, &row.Retail}, {"tier_from", r.TierFrom, &row.TierFrom}, {"tier_to", r.TierTo, &row.TierTo}} {
		if one.from == "" {
			continue
		}
		if *one.to, err = one.from.decimal(field(one.name)); err != nil {
			return row, err
		}
		if one.to.Sign() < 0 {
			return row, &office.FieldError{Field: field(one.name), Err: errors.New("it is below nothing")}
		}
	}
	if row.From, err = r.From.date(field("from")); err != nil {
		return row, err
	}
	row.To, err = r.To.date(field("to"))
	return row, err
}

// rows reads all of them: a sheet with a wrong row changes nothing.
func (s *PriceSheet) rows() (iter.Seq2[flow.PriceSheetRow, error], error) {
	rows := make([]flow.PriceSheetRow, len(s.Rows))
	for i := range s.Rows {
		var err error
		if rows[i], err = s.Rows[i].row(i); err != nil {
			return nil, err
		}
	}
	return func(yield func(flow.PriceSheetRow, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, nil
}

func (s *PriceSheet) options() (o flow.PriceSheetOptions, err error) {
	o = flow.PriceSheetOptions{List: s.List, Market: s.Market, Segment: s.Segment}
	if s.Currency != "" {
		if o.Currency, err = money.ParseCurrency(s.Currency); err != nil {
			return o, &office.FieldError{Field: "currency", Err: err}
		}
	}
	if s.Rule == nil {
		return o, nil
	}
	if s.Rule.Of == "retail" {
		for i := range s.Rows {
			if s.Rows[i].Retail == "" {
				return o, &office.FieldError{Field: fmt.Sprintf("rows[%d].retail", i), Err: errors.New("the rule sells by it, and it is not given")}
			}
		}
	}
	o.Rule, err = s.Rule.rule()
	return o, err
}

func (r *PriceSheetRule) rule() (rule billing.Rule, err error) {
	rule.Of = billing.OfCost
	if r.Of == "retail" {
		rule.Of = billing.OfRetail
	}
	if r.Percent != "" {
		rule.Percent, err = r.Percent.decimal("rule.percent")
	}
	if err == nil && rule.Percent.Cmp(money.DecimalOf(-percentAll)) < 0 {
		err = &office.FieldError{Field: "rule.percent", Err: errors.New("the price would be below nothing: take off at most 100")}
	}
	return rule, err
}

// percentAll is all of it.
const percentAll = 100

// PriceChange is what a price sheet would change for one subscription.
type PriceChange struct {
	Account      string  `json:"account" doc:"Whose."`
	Contract     string  `json:"contract" doc:"The contract."`
	Subscription string  `json:"subscription" doc:"The subscription."`
	SKU          string  `json:"sku" doc:"The product."`
	Quantity     Decimal `json:"quantity" doc:"How many."`
	On           Day     `json:"on" doc:"The first day at the new price."`
	AtRenewal    bool    `json:"at_renewal" doc:"Whether that is a renewal, until which the price is locked."`
	Before       *Money  `json:"before,omitempty" doc:"What a period comes to before; absent where there was no price."`
	After        *Money  `json:"after,omitempty" doc:"What it comes to then; absent where there will be no price."`
	Missing      string  `json:"missing,omitempty" doc:"Why there will be no price."`
}

func priceChangeOf(c *flow.PriceChange) PriceChange {
	shown := PriceChange{Account: string(c.Account), Contract: string(c.Contract), Subscription: string(c.Subscription), SKU: c.SKU, Quantity: decimalOf(c.Quantity), On: dayOf(c.On),
		AtRenewal: c.AtRenewal, Missing: c.Missing}
	if !c.Unpriced {
		shown.Before = someMoney(c.Before)
	}
	if c.Missing == "" {
		shown.After = someMoney(c.After)
	}
	return shown
}

func priceSheetPreview(ctx context.Context, desk *office.Desk, in *struct{ Body PriceSheet }) (*listed[PriceChange], error) {
	rows, err := in.Body.rows()
	if err != nil {
		return nil, err
	}
	options, err := in.Body.options()
	if err != nil {
		return nil, err
	}
	changes, err := desk.PriceSheetPreview(ctx, rows, options)
	if err != nil {
		return nil, err
	}
	return pageBefore[flow.PriceChange, PriceChange, string]("price changes", changes, nil, priceChangeOf), nil
}

// PriceSheetReport counts what became of what was sent.
type PriceSheetReport struct {
	Counts []PriceSheetCount `json:"counts" nullable:"false" doc:"How many, by what they are and what became of them."`
	Wrong  []PriceSheetWrong `json:"wrong" nullable:"false" doc:"What was not taken, and why; the first hundred."`
}

// PriceSheetCount is one of the counts.
type PriceSheetCount struct {
	Noun    string `json:"noun" doc:"What they are." example:"price"`
	Outcome string `json:"outcome" enum:"taken,unchanged,refused,refused as told,wrong" doc:"What became of them."`
	Count   int    `json:"count" doc:"How many."`
}

// PriceSheetWrong is something that was not taken.
type PriceSheetWrong struct {
	Row  int    `json:"row" doc:"Its row, from 1."`
	Noun string `json:"noun" doc:"What it is."`
	Why  string `json:"why" doc:"Why it was not taken."`
}

// wrongMost is how many wrong rows are told of.
const wrongMost = 100

func priceSheetTake(ctx context.Context, desk *office.Desk, in *struct{ Body PriceSheet }) (*struct{ Body PriceSheetReport }, error) {
	rows, err := in.Body.rows()
	if err != nil {
		return nil, err
	}
	options, err := in.Body.options()
	if err != nil {
		return nil, err
	}
	taken := PriceSheetReport{Wrong: []PriceSheetWrong{}}
	report, err := desk.PriceSheetTake(ctx, in.Body.Name, rows, options, func(line flow.TakeLine) {
		if (line.Outcome == flow.Refused || line.Outcome == flow.Wrong) && len(taken.Wrong) < wrongMost {
			taken.Wrong = append(taken.Wrong, PriceSheetWrong{line.At.Line, line.Noun, line.Why})
		}
	})
	if err != nil {
		return nil, err
	}
	taken.Counts = countsOf(report)
	return &struct{ Body PriceSheetReport }{taken}, nil
}

func countsOf(report flow.TakeReport) []PriceSheetCount {
	counts := []PriceSheetCount{}
	for _, noun := range slices.Sorted(maps.Keys(report.Counts)) {
		for _, outcome := range slices.Sorted(maps.Keys(report.Counts[noun])) {
			counts = append(counts, PriceSheetCount{noun, outcome.String(), report.Counts[noun][outcome]})
		}
	}
	return counts
}
