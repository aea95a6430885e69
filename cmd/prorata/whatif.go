package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/bookfile"
	"prorata/flow"
	"prorata/flow/whatif"
)

type whatIfCommand struct {
	File     string   `arg:"" optional:"" help:"A YAML file of changes; - for standard input. Without one, --change says them."`
	Account  []string `placeholder:"ID" help:"Of this account, all below it and all invoiced together with it; may be given more than once. Of the whole book if none is given."`
	Months   int      `default:"0" placeholder:"N" help:"How many whole months to look ahead, 1 to 36; what the file says, else 12."`
	Change   []string `sep:"none" placeholder:"FIELDS" help:"A change as field=value pairs with spaces between; may be given more than once."`
	Invoices bool     `help:"Also each invoice of both sides."`
	JSON     bool     `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *whatIfCommand) Help() string {
	return `Try changes on a copy of the book, bill it ahead, and see the difference. Nothing real is touched.

  prorata whatif --account acme --months 12 --change 'on=2027-01-01 do=quantity subscription=s1 to=40'
  prorata whatif --change 'on=2027-01-01 do=percent sku=CFQ7TTC0LF8R:0001 percent=5'
  prorata whatif changes.yaml

A file:

  name: Quarterly from April
  accounts: [acme]
  months: 18
  changes:
    - {on: 2027-04-01, do: terms, contract: acme-1, frequency: quarterly, discount: 3}
    - {on: 2027-04-01, do: subscribe, contract: acme-1, sku: "CFQ7TTC0LF8R:0001", quantity: 10, term: P1Y}

do: is one of quantity, price, subscribe, cancel, schedule, suspend, resume, one_time, list_price, percent, terms, renewal, start.`
}

// Run prints both sides and the difference.
func (c *whatIfCommand) Run(ctx context.Context, w *counter) error {
	asked, err := c.asked()
	if err != nil {
		return err
	}
	answer, err := w.WhatIfRun(ctx, &asked)
	if err != nil {
		var refused *whatif.Refused
		var refusal *billing.Refusal
		if errors.As(err, &refused) && errors.As(err, &refusal) {
			return fmt.Errorf("%w: %w", flow.ErrInput, err)
		}
		return err
	}
	if c.JSON {
		return w.printJSON(whatIfWire(&asked, answer, c.Invoices))
	}
	w.showWhatIf(&asked, answer, c.Invoices)
	return nil
}

// asked is the what-if of the file and the flags.
func (c *whatIfCommand) asked() (asked whatif.Question, err error) {
	asked.Months = whatif.MonthsUsual
	if c.File != "" {
		data, err := readInput(c.File)
		if err != nil {
			return asked, err
		}
		if asked, err = bookfile.ReadWhatIf(c.File, data); err != nil {
			return asked, fmt.Errorf("%w:\n%w", flow.ErrInput, err)
		}
	}
	if c.Months != 0 {
		asked.Months = c.Months
	}
	for _, id := range c.Account {
		asked.Accounts = append(asked.Accounts, billing.AccountID(id))
	}
	for _, text := range c.Change {
		fields := map[string]string{}
		for _, pair := range strings.Fields(text) {
			name, said, found := strings.Cut(pair, "=")
			if !found || !isWhatIfField(name) {
				return asked, fmt.Errorf("%w: --change: %q (expected pairs like do=quantity; the fields are %s)", flow.ErrInput, pair, strings.Join(whatif.FieldNames(), ", "))
			}
			fields[name] = said
		}
		change, err := whatif.ReadChange(flow.Source{File: "--change"}, func(name string) string { return fields[name] })
		if err != nil {
			return asked, err
		}
		asked.Changes = append(asked.Changes, change)
	}
	return asked, nil
}

func isWhatIfField(name string) bool {
	for _, known := range whatif.FieldNames() {
		if name == known {
			return true
		}
	}
	return false
}

func (t *terminal) showWhatIf(asked *whatif.Question, a *whatif.Answer, invoices bool) {
	title := asked.Name
	if title == "" {
		title = "What if"
	}
	t.printf("%s: %s to %s\n\n", title, a.From, a.Until.AddDays(-1))
	if a.Same() && len(a.Totals) > 0 {
		t.printf("It makes no difference.\n\n")
	}
	rows := func(first string, of []whatif.Row, name func(*whatif.Row) string, totals bool) {
		table := [][]string{{first, "net today", "net then", "difference", "margin today", "margin then", "difference", ""}}
		add := func(name string, r *whatif.Row) {
			d := r.Difference()
			note := r.Currency.String()
			if r.Changed.Unknown+r.Baseline.Unknown > 0 {
				note += " (cost of some lines is not known)"
			}
			table = append(table, []string{name, r.Baseline.Net.String(), r.Changed.Net.String(), signed(d.Net), r.Baseline.Margin().String(), r.Changed.Margin().String(), signed(d.Margin()), note})
		}
		same := 0
		for i := range of {
			if of[i].Month.IsZero() && of[i].Same() {
				same++
				continue
			}
			add(name(&of[i]), &of[i])
		}
		if totals {
			for i := range a.Totals {
				add("together", &a.Totals[i])
			}
		}
		if len(table) > 1 {
			t.table(table, map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true})
		}
		if same > 0 {
			t.printf("No difference: %d of %d by %s.\n", same, len(of), first)
		}
		t.printf("\n")
	}
	if len(a.Totals) == 0 {
		t.printf("Nothing is invoiced in that time.\n\n")
	} else {
		rows("month", a.ByMonth, func(r *whatif.Row) string { return r.Month.String()[:7] }, true)
		rows("customer", a.ByCustomer, func(r *whatif.Row) string { return string(r.Account) + "  " + r.Name }, false)
		rows("product", a.ByProduct, func(r *whatif.Row) string { return r.SKU + "  " + r.Name }, false)
	}
	t.showWhatIfBound(a)
	if invoices {
		t.showWhatIfInvoices(a)
	}
	for i := range a.NotBilled {
		one := &a.NotBilled[i]
		t.printf("Contract %s cannot be billed %s: %s\n", one.Contract, map[bool]string{false: "today", true: "then"}[one.Changed], one.Sentence)
	}
	for _, note := range a.Notes {
		t.printf("%s\n", note)
	}
}

// signed is an amount with its sign, as differences have it.
func signed(a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + a.String()
	}
	return a.String()
}

func (t *terminal) showWhatIfBound(a *whatif.Answer) {
	if len(a.Commitments) == 0 {
		return
	}
	t.printf("Bound to pay on %s\n", a.CommittedOn)
	table := [][]string{{"customer", "us today", "us then", "we today", "we then", "uncovered today", "uncovered then", ""}}
	for i := range a.Commitments {
		c := &a.Commitments[i]
		if c.Baseline == c.Changed && len(a.Commitments) > 1 {
			continue
		}
		if c.Currency.IsZero() {
			table = append(table, []string{string(c.Account), "", "", "", "", "", "", fmt.Sprintf("the cost of %d holdings is not known", max(c.Baseline.Unknown, c.Changed.Unknown))})
			continue
		}
		table = append(table, []string{string(c.Account), c.Baseline.Customer.String(), c.Changed.Customer.String(), c.Baseline.Provider.String(), c.Changed.Provider.String(),
			c.Baseline.Uncovered.String(), c.Changed.Uncovered.String(), c.Currency.String()})
	}
	t.table(table, map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true})
	t.printf("\n")
}

func (t *terminal) showWhatIfInvoices(a *whatif.Answer) {
	table := [][]string{{"invoice of", "to", "contract", "net today", "net then", "difference", ""}}
	for i := range a.Invoices {
		one := &a.Invoices[i]
		baseline, changed, difference := one.Net()
		table = append(table, []string{one.Date.String(), string(one.Payer), string(one.Contract), baseline.String(), changed.String(), signed(difference), one.Currency.String()})
	}
	t.table(table, map[int]bool{3: true, 4: true, 5: true})
	if a.Cut {
		t.printf("There are more invoices than are listed; the sums have all of them.\n")
	}
	t.printf("\n")
}

func whatIfWire(asked *whatif.Question, a *whatif.Answer, invoices bool) map[string]any {
	notBilled := []map[string]any{}
	for i := range a.NotBilled {
		notBilled = append(notBilled, map[string]any{"changed": a.NotBilled[i].Changed, "contract": string(a.NotBilled[i].Contract), "why": a.NotBilled[i].Sentence})
	}
	bound := []map[string]any{}
	for i := range a.Commitments {
		c := &a.Commitments[i]
		bound = append(bound, map[string]any{"account": string(c.Account), "name": c.Name, "currency": c.Currency.String(), "baseline": whatIfBoundWire(&c.Baseline), "changed": whatIfBoundWire(&c.Changed)})
	}
	wire := map[string]any{
		"name": asked.Name, "from": a.From.String(), "until": a.Until.String(), "same": a.Same(), "totals": whatIfRowsWire(a.Totals), "by_month": whatIfRowsWire(a.ByMonth),
		"by_customer": whatIfRowsWire(a.ByCustomer), "by_product": whatIfRowsWire(a.ByProduct), "committed_on": a.CommittedOn.String(), "commitments": bound,
		"not_billed": notBilled, "notes": append([]string{}, a.Notes...),
	}
	if invoices {
		wire["invoices"], wire["cut"] = whatIfInvoicesWire(a), a.Cut
	}
	return wire
}

func whatIfRowsWire(rows []whatif.Row) []map[string]any {
	wires := []map[string]any{}
	for i := range rows {
		r := &rows[i]
		d := r.Difference()
		wire := map[string]any{"currency": r.Currency.String(), "baseline": whatIfSumWire(&r.Baseline), "changed": whatIfSumWire(&r.Changed), "difference": whatIfSumWire(&d)}
		for name, value := range map[string]string{"month": r.Month.String(), "account": string(r.Account), "sku": r.SKU, "name": r.Name} {
			if value != "" {
				wire[name] = value
			}
		}
		wires = append(wires, wire)
	}
	return wires
}

func whatIfSumWire(s *whatif.Sum) map[string]any {
	return map[string]any{"net": s.Net.String(), "tax": s.Tax.String(), "total": s.Total.String(), "cost": s.Cost.String(), "margin": s.Margin().String(),
		"lines": strconv.Itoa(s.Lines), "cost_not_known": strconv.Itoa(s.Unknown)}
}

func whatIfBoundWire(b *whatif.Bound) map[string]any {
	return map[string]any{"customer": b.Customer.String(), "customer_until": b.CustomerUntil.String(), "provider": b.Provider.String(), "provider_until": b.ProviderUntil.String(),
		"uncovered": b.Uncovered.String(), "cost_not_known": b.Unknown}
}

func whatIfInvoicesWire(a *whatif.Answer) []map[string]any {
	wires := []map[string]any{}
	for i := range a.Invoices {
		one := &a.Invoices[i]
		baseline, changed, difference := one.Net()
		wires = append(wires, map[string]any{"date": one.Date.String(), "payer": string(one.Payer), "contract": string(one.Contract), "currency": one.Currency.String(),
			"baseline": baseline.String(), "changed": changed.String(), "difference": difference.String()})
	}
	return wires
}
