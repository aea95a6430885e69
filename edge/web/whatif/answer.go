package whatif

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/chart"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

// answered is a what-if with what it comes to.
type answered struct {
	*one
	*whatif.Answer
	// by is how the money is cut: month, customer, product, invoice or bound.
	by string
	// all shows also what makes no difference.
	all    bool
	page   int
	opened *whatif.Invoice
	at     int
	next   part.Next
}

// Answer runs both sides ahead and shows them beside each other.
func Answer(v *visit.Visit) error {
	o, err := read(v)
	if err != nil {
		return err
	}
	if err := o.pick(); err != nil {
		return err
	}
	answer, err := v.Desk.WhatIfRun(v.R.Context(), &o.kept.Question)
	if err != nil {
		sentence, told := o.refused(err)
		if !told {
			return err
		}
		o.form.Sentence = sentence
		return v.PageAs(http.StatusUnprocessableEntity, o.page(), body(o))
	}
	query := v.R.URL.Query()
	a := &answered{one: o, Answer: answer, by: query.Get("by"), all: query.Get("all") != "", at: -1}
	if a.by == "" {
		a.by = "month"
	}
	a.page, _ = strconv.Atoi(query.Get("page"))
	a.page = max(a.page, 0)
	if n, err := strconv.Atoi(query.Get("open")); err == nil && n >= 0 && n < len(answer.Invoices) {
		a.opened, a.at = &answer.Invoices[n], n
	}
	page := o.page()
	page.Crumbs = append(page.Crumbs, part.Link{Text: o.title(), Path: o.path()})
	page.Title = "What it comes to"
	return v.Page(page, both(a))
}

// refused is why it cannot be answered, with the change that is at fault.
func (o *one) refused(err error) (sentence string, told bool) {
	fault := office.FaultOf(err)
	switch fault.Kind {
	case office.FaultInput, office.FaultRefused, office.FaultBusy, office.FaultUnknown:
	case office.FaultOurs, office.FaultDenied, office.FaultMoved, office.FaultGone, office.FaultUnsigned, office.FaultThrottled:
		return "", false
	}
	var refused *whatif.Refused
	if errors.As(err, &refused) {
		return "Change " + strconv.Itoa(refused.Change+1) + ", on " + part.Day(refused.On) + ": " + refused.Err.Error() + ".", true
	}
	return fault.Sentence, true
}

// nothing stands where an amount is none at all.
const nothing = "–"

// signed is an amount with a real sign, as a difference has it.
func (a *answered) signed(m money.Amount) string {
	switch m.Sign() {
	case 0:
		return nothing
	case 1:
		return "+" + a.visit.Locale.Amount(m)
	}
	return a.visit.Locale.Amount(m)
}

// amount is an amount, or a sign that there is none.
func (a *answered) amount(m money.Amount) string {
	if m.IsZero() {
		return nothing
	}
	return a.visit.Locale.Amount(m)
}

// figures are what matters of each currency: what is invoiced, what is left of it, and
// what we are bound to.
func (a *answered) figures() (figures []part.Figure) {
	for i := range a.Totals {
		r := &a.Totals[i]
		d := r.Difference()
		code := r.Currency.String()
		figures = append(figures, part.Figure{Name: "Invoiced before tax", Value: a.signed(d.Net), Unit: code, Beside: a.visit.Locale.Amount(r.Baseline.Net) + " → " + a.visit.Locale.Amount(r.Changed.Net)},
			part.Figure{Name: "Margin", Value: a.signed(d.Margin()), Unit: code, Beside: a.visit.Locale.Amount(r.Baseline.Margin()) + " → " + a.visit.Locale.Amount(r.Changed.Margin())})
	}
	if len(figures) > 4 {
		// More than one or two currencies: those that differ, and no margins.
		figures = nil
		for i := range a.Totals {
			if r := &a.Totals[i]; !r.Same() && len(figures) < 5 {
				d := r.Difference()
				figures = append(figures, part.Figure{Name: "Invoiced before tax", Value: a.signed(d.Net), Unit: r.Currency.String(),
					Beside: a.visit.Locale.Amount(r.Baseline.Net) + " → " + a.visit.Locale.Amount(r.Changed.Net)})
			}
		}
	}
	return figures
}

// currencies are those of the answer, in order.
func (a *answered) currencies() (currencies []money.Currency) {
	for i := range a.Totals {
		currencies = append(currencies, a.Totals[i].Currency)
	}
	return currencies
}

// rows are the rows of a cut in one currency; those that differ, or all.
func (a *answered) rows(of []whatif.Row, currency money.Currency) (rows []*whatif.Row) {
	for i := range of {
		if r := &of[i]; r.Currency == currency && (a.all || a.by == "month" || !r.Same()) {
			rows = append(rows, r)
		}
	}
	return rows
}

// left is how many rows of a cut make no difference.
func (a *answered) left() (n int) {
	for _, r := range a.cut() {
		if r.Same() {
			n++
		}
	}
	return n
}

func (a *answered) cut() []whatif.Row {
	switch a.by {
	case "customer":
		return a.ByCustomer
	case "product":
		return a.ByProduct
	}
	return a.ByMonth
}

func (a *answered) nameOf(r *whatif.Row) (name, second string) {
	switch {
	case !r.Month.IsZero():
		return monthName(r.Month), ""
	case r.Account != "":
		return named(r.Name, string(r.Account)), string(r.Account)
	}
	return named(r.Name, r.SKU), r.SKU
}

func named(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

// monthName is a month as people say it.
func monthName(month calendar.Date) string {
	_, after, _ := strings.Cut(part.Day(month), " ")
	return after
}

// chartOf draws what is invoiced month by month on both sides, in one currency.
func (a *answered) chartOf(currency money.Currency) string {
	c := chart.Chart{
		ID: "months-" + currency.String(), Title: "Invoiced before tax", Unit: currency.String(), Corner: "Month", Digits: currency.Digits(),
		About:  "What is invoiced in each month before tax, as things stand and with the changes, in " + currency.String() + ".",
		Series: []chart.Series{{Name: "With the changes", Tone: chart.Strong}, {Name: "As it stands", Tone: chart.Grey}},
	}
	rows := a.monthsOf(currency)
	for i, month := range a.Months {
		name := monthName(month)
		c.Labels, c.Long = append(c.Labels, name[:3]), append(c.Long, name)
		for n, sum := range []whatif.Sum{rows[i].Changed, rows[i].Baseline} {
			c.Series[n].Values = append(c.Series[n].Values, sum.Net.Minor())
			c.Series[n].Texts = append(c.Series[n].Texts, a.visit.Locale.Amount(sum.Net))
		}
	}
	return c.Lines()
}

// monthsOf are the rows of all months, also of those in which nothing is invoiced.
func (a *answered) monthsOf(currency money.Currency) []whatif.Row {
	none := money.NewAmount(0, currency)
	zero := whatif.Sum{Net: none, Tax: none, Total: none, Cost: none}
	rows := make([]whatif.Row, len(a.Months))
	for i, month := range a.Months {
		rows[i] = whatif.Row{Month: month, Currency: currency, Baseline: zero, Changed: zero}
		for j := range a.ByMonth {
			if r := &a.ByMonth[j]; r.Month == month && r.Currency == currency {
				rows[i] = *r
			}
		}
	}
	return rows
}

func (a *answered) total(currency money.Currency) *whatif.Row {
	for i := range a.Totals {
		if a.Totals[i].Currency == currency {
			return &a.Totals[i]
		}
	}
	return nil
}

// invoiceRow is an invoice with its place in the answer, which its URL names.
type invoiceRow struct {
	*whatif.Invoice
	at int
}

// invoices are the page of invoices that is shown: those that differ, or all.
func (a *answered) invoices() (rows []invoiceRow) {
	for i := range a.Invoices {
		one := &a.Invoices[i]
		if a.all || differs(one) {
			rows = append(rows, invoiceRow{one, i})
		}
	}
	from := min(a.page*pageRows, len(rows))
	to := min(from+pageRows, len(rows))
	a.next = part.Next{Shown: part.Plural(int64(len(rows)), "invoice")}
	if from > 0 {
		a.next.Newer = a.visit.Here("page", strconv.Itoa(a.page-1), "open", "")
	}
	if to < len(rows) {
		a.next.Older = a.visit.Here("page", strconv.Itoa(a.page+1), "open", "")
	}
	return rows[from:to]
}

func differs(i *whatif.Invoice) bool {
	return i.Baseline == nil || i.Changed == nil || i.Baseline.Total != i.Changed.Total || i.Baseline.Net != i.Changed.Net
}

// side is an invoice of one side, or what is said where it has none.
type side struct {
	name   string
	issued *flow.Issued
}

func (a *answered) sides() []side {
	return []side{{"As it stands", a.opened.Baseline}, {"With the changes", a.opened.Changed}}
}

// bound are the commitments that are shown: those that differ, or all.
func (a *answered) bound() (rows []*whatif.Commitment) {
	for i := range a.Commitments {
		if c := &a.Commitments[i]; a.all || len(a.Commitments) <= 3 || c.Baseline != c.Changed {
			rows = append(rows, c)
		}
	}
	return rows
}

// change is before → after; one word where nothing changes.
func (a *answered) change(before, after money.Amount) string {
	if before == after {
		return a.amount(after)
	}
	return a.amount(before) + " → " + a.amount(after)
}

func untilText(before, after calendar.Date) string {
	if before == after {
		return part.Day(after)
	}
	text := part.Day(before)
	if text == "" {
		text = nothing
	}
	if after.IsZero() {
		return text + " → " + nothing
	}
	return text + " → " + part.Day(after)
}

// unknownCosts is how many lines of the changed side have no known cost.
func (a *answered) unknownCosts() (n int64) {
	for i := range a.Totals {
		n += int64(max(a.Totals[i].Changed.Unknown, a.Totals[i].Baseline.Unknown))
	}
	return n
}
