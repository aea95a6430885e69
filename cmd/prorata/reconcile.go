package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"prorata/core/money"
	"prorata/core/reconcile"
	"prorata/edge/document"
	"prorata/flow"
	"prorata/flow/office"
)

type reconcileCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Invoice    string `arg:"" optional:"" help:"The provider's invoice; the newest if not given, unbilled for what is not billed yet."`
	Cause      string `placeholder:"CAUSE" help:"Show only findings with this cause."`
	Findings   int    `default:"50" placeholder:"N" help:"Show at most so many findings."`
	Margin     bool   `help:"Show cost, revenue and margin by customer, product and entity."`
	JSON       bool   `help:"Print one JSON object."`
}

// unbilledWord stands for what the provider has not billed yet.
const unbilledWord = "unbilled"

// Help shows how it is used.
func (c *reconcileCommand) Help() string {
	return `Compares each row of the provider's invoice with what the change log says should have been charged and with what customers were
billed. Every difference has one cause, and the amounts by cause add up to the whole difference. A second time replaces what was found.
Exit 1 where something stays unexplained.

  prorata reconcile microsoft G012345678
  prorata reconcile microsoft --cause "price change"
  prorata provider dispute microsoft G012345678 ROW`
}

// Run reconciles and prints the sums and the findings.
func (c *reconcileCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.connection(ctx, c.Connection)
	if err != nil {
		return err
	}
	invoice, err := c.invoice(ctx, w, connection.ID)
	if err != nil {
		return err
	}
	report, err := w.ProviderInvoiceReconcileWait(ctx, connection.ID, invoice)
	if err != nil {
		return err
	}
	findings, err := c.findings(ctx, w, connection.ID, invoice)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := w.printJSON(reconcileWire(&report, findings)); err != nil {
			return err
		}
	} else {
		c.show(w, &report, findings)
	}
	for _, sum := range report.Sums.ByCause() {
		if sum.Cause == reconcile.Unexplained && !sum.Amount.IsZero() {
			return errQuiet
		}
	}
	return nil
}

// invoice is the one that is named, or the newest.
func (c *reconcileCommand) invoice(ctx context.Context, w *counter, id flow.ConnectionID) (invoice string, err error) {
	if c.Invoice == unbilledWord {
		return "", nil
	}
	if c.Invoice != "" {
		return c.Invoice, nil
	}
	// Before all is what is not billed yet.
	list, err := w.ProviderInvoiceList(ctx, office.ProviderInvoiceFilter{Connection: id, Most: 2})
	if err != nil {
		return "", err
	}
	for i := range list {
		if list[i].ID != "" {
			return list[i].ID, nil
		}
	}
	return "", fmt.Errorf("%w: no invoice of %s was imported: see `prorata provider fetch --help`", flow.ErrInput, id)
}

// findings are the first so many.
func (c *reconcileCommand) findings(ctx context.Context, w *counter, id flow.ConnectionID, invoice string) (list []office.FindingRow, err error) {
	filter := office.FindingFilter{Connection: id, Invoice: invoice, Cause: c.Cause}
	for len(list) < c.Findings {
		filter.Most = min(pageAtOnce, c.Findings-len(list))
		page, err := w.FindingList(ctx, filter)
		if list = append(list, page...); err != nil || len(page) < filter.Most {
			return list, err
		}
		filter.After = page[len(page)-1].No
	}
	return list, nil
}

func (c *reconcileCommand) show(w *counter, report *flow.ReconcileReport, findings []office.FindingRow) {
	sums := report.Sums
	w.printf("%s: %d rows, %d as expected to the cent; charged %s, expected %s %s before tax\n\n", nameOfInvoice(report.Invoice.ID), sums.Rows, sums.Exact, sums.Provider, sums.Expected, sums.Currency)
	rows := [][]string{{"cause", "count", "charged less expected", ""}}
	for _, sum := range sums.ByCause() {
		rows = append(rows, []string{sum.Cause.String(), strconv.Itoa(sum.Count), sum.Amount.String(), sums.Currency.String()})
	}
	rows = append(rows, []string{"the whole difference", "", sums.Provider.Sub(sums.Expected).String(), sums.Currency.String()})
	w.table(rows, map[int]bool{1: true, 2: true})
	if len(findings) > 0 {
		w.printf("\n")
	}
	for i := range findings {
		one := &findings[i]
		w.printf("%s  %s %s  %s\n    %s\n", one.Cause, one.Amount, one.Currency, one.SKU, one.Sentence)
		if one.Line != "" {
			w.printf("    prorata provider dispute %s %s %s\n", report.Invoice.Connection, report.Invoice.ID, one.Line)
		}
	}
	if !c.Margin {
		return
	}
	for _, by := range []struct {
		of    string
		named func(id string) string
		sums  []reconcile.MarginSum
	}{{"customer", report.Names.Customer, sums.ByCustomer()}, {"product", report.Names.Product, sums.ByProduct()}, {"entity", report.Names.Entity, sums.ByEntity()}} {
		w.printf("\n")
		rows := [][]string{{by.of, "", "cost", "revenue", "margin", "", "cost of days not billed yet", ""}}
		var costs, aheads money.Decimal
		for _, one := range by.sums {
			cost, ahead := one.Cost, one.Ahead
			costs, aheads = costs.Add(cost), aheads.Add(ahead)
			rows = append(rows, []string{one.Of, by.named(one.Of), cost.String(), one.Revenue.String(), marginText(&one), one.Revenue.Currency().String(), ahead.String(), one.Currency.String()})
		}
		rows = append(rows, []string{"all", "", costs.String(), "", "", "", aheads.String(), sums.Currency.String()})
		w.table(rows, map[int]bool{2: true, 3: true, 4: true, 6: true})
	}
}

// marginText is revenue less cost, where both are in one currency.
func marginText(m *reconcile.MarginSum) string {
	margin, ok := m.Margin()
	if !ok {
		return ""
	}
	return margin.String()
}

func reconcileWire(report *flow.ReconcileReport, findings []office.FindingRow) map[string]any {
	sums := report.Sums
	causes, found := []map[string]any{}, []map[string]any{}
	for _, sum := range sums.ByCause() {
		causes = append(causes, map[string]any{"cause": sum.Cause.String(), "count": sum.Count, "amount": sum.Amount.String()})
	}
	for i := range findings {
		one := &findings[i]
		found = append(found, map[string]any{"no": one.No, "line": one.Line, "holding": one.Holding, "customer": one.Customer, "account": string(one.Account), "subscription": string(one.Subscription),
			"sku": one.SKU, "cause": one.Cause, "amount": one.Amount.String(), "sentence": one.Sentence, "meets_on": one.MeetsOn.String()})
	}
	wire := map[string]any{"invoice": report.Invoice.ID, "currency": sums.Currency.String(), "rows": sums.Rows, "exact": sums.Exact, "charged": sums.Provider.String(),
		"expected": sums.Expected.String(), "causes": causes, "findings": found, "findings_in_all": report.Findings}
	for _, by := range []struct {
		name  string
		named func(id string) string
		sums  []reconcile.MarginSum
	}{{"by_customer", report.Names.Customer, sums.ByCustomer()}, {"by_product", report.Names.Product, sums.ByProduct()}, {"by_entity", report.Names.Entity, sums.ByEntity()}} {
		list := []map[string]any{}
		for _, one := range by.sums {
			list = append(list, map[string]any{"of": one.Of, "name": by.named(one.Of), "cost": one.Cost.String(), "cost_ahead": one.Ahead.String(), "cost_currency": one.Currency.String(), "revenue": one.Revenue.String(),
				"revenue_currency": one.Revenue.Currency().String(), "margin": marginText(&one)})
		}
		wire[by.name] = list
	}
	return wire
}

type providerDisputeCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Invoice    string `arg:"" help:"The provider's invoice."`
	Line       string `arg:"" help:"The row's id, as reconcile shows it."`
	To         string `placeholder:"FILE" help:"Write it to this file: a letter (.pdf) or plain text (.txt); plain text to standard output if not given."`
}

// Help shows how it is used.
func (c *providerDisputeCommand) Help() string {
	return `The claim, our facts with who recorded them and when, the provider's rows, and what should have been charged with its arithmetic.

  prorata provider dispute microsoft G012345678 ROW --to dispute.pdf`
}

// Run writes what is to be said about one charge: our facts, their rows, the rule.
func (c *providerDisputeCommand) Run(ctx context.Context, w *counter) error {
	ending := strings.ToLower(filepath.Ext(c.To))
	if c.To != "" && ending != ".pdf" && ending != ".txt" {
		return fmt.Errorf("%w: --to: expected a file that ends in .pdf or .txt, not %q", flow.ErrInput, c.To)
	}
	if c.Invoice == unbilledWord {
		c.Invoice = ""
	}
	dispute, err := w.DisputeGet(ctx, flow.ConnectionID(c.Connection), c.Invoice, c.Line)
	if err != nil {
		return err
	}
	switch ending {
	case ".pdf":
		return writeFile(c.To, func(to io.Writer) error { return document.DisputePDF(to, &dispute) })
	case ".txt":
		return writeFile(c.To, func(to io.Writer) error { _, err := io.WriteString(to, dispute.Text()); return err })
	}
	w.printf("%s", dispute.Text())
	return nil
}

type providerReadinessCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Month      string `placeholder:"YYYY-MM" help:"The month that is to be closed; last month if not given."`
	JSON       bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *providerReadinessCommand) Help() string {
	return `  prorata provider readiness microsoft --month 2026-03`
}

// Run prints each check; exit 1 where one keeps the month from being closed.
func (c *providerReadinessCommand) Run(ctx context.Context, w *counter) error {
	month, err := monthOf(c.Month, w.Today().AddMonths(-1))
	if err != nil {
		return err
	}
	checks, err := w.ReadinessGet(ctx, flow.ConnectionID(c.Connection), month)
	if err != nil {
		return err
	}
	blocked := false
	wires := []map[string]any{}
	for _, check := range checks {
		blocked = blocked || check.State == flow.ReadinessBlocked
		wires = append(wires, map[string]any{"check": check.Code, "state": check.State.String(), "sentence": check.Sentence, "todo": check.Todo})
		if !c.JSON {
			w.printf("%-8s %s\n", check.State, check.Sentence)
			if check.Todo != "" {
				w.printf("%-8s   %s\n", "", check.Todo)
			}
		}
	}
	if c.JSON {
		if err := w.printJSON(map[string]any{"month": month.String()[:7], "checks": wires}); err != nil {
			return err
		}
	}
	if blocked {
		return errQuiet
	}
	return nil
}
