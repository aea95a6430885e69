package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"prorata/core/billing"
	"prorata/edge/bookfile"
	"prorata/edge/document"
	"prorata/flow"
	"prorata/flow/office"
)

type invoiceCommand struct {
	List   invoiceListCommand   `cmd:"" help:"List invoices and credit notes."`
	Show   invoiceShowCommand   `cmd:"" help:"Show one with its lines."`
	PDF    invoicePDFCommand    `cmd:"" name:"pdf" help:"Print one, or the latest, as PDF."`
	Void   invoiceVoidCommand   `cmd:"" help:"Take one back with a credit note; what it billed is owed again."`
	Credit invoiceCreditCommand `cmd:"" help:"Credit some lines of one, whole or in part, for good."`
}

type invoiceListCommand struct {
	Account  string `placeholder:"ID" help:"Of this payer."`
	Contract string `placeholder:"ID" help:"Of this contract."`
	From     string `placeholder:"DATE" help:"Dated on or after."`
	To       string `placeholder:"DATE" help:"Dated before."`
	Latest   int    `placeholder:"N" help:"The newest N."`
	JSON     bool   `help:"Print one JSON object."`
}

func (c *invoiceListCommand) query() (q office.InvoiceQuery, err error) {
	q = office.InvoiceQuery{Account: billing.AccountID(c.Account), Contract: billing.ContractID(c.Contract)}
	if c.From != "" {
		if q.From, err = day(c.From, q.From); err != nil {
			return q, err
		}
	}
	if c.To == "" {
		return q, nil
	}
	if q.To, err = day(c.To, q.To); err != nil {
		return q, err
	}
	// The day given is the first that is left out, as with every end.
	q.To = q.To.AddDays(-1)
	return q, nil
}

// Run prints a line for each.
func (c *invoiceListCommand) Run(ctx context.Context, w *counter) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	list, err := w.invoices(ctx, query, c.Latest)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printJSON(map[string]any{"invoices": issuedWires(list, false)})
	}
	rows := [][]string{{"number", "date", "due", "payer", "contract", "net", "tax", "total", "", "state"}}
	for i := range list {
		issued := &list[i]
		rows = append(rows, []string{flow.PrintedNumber(issued), issued.Date.String(), issued.DueOn.String(), string(issued.Payer), contractOf(issued),
			issued.Net.String(), issued.Tax.String(), issued.Total.String(), issued.Currency.String(), stateOf(issued)})
	}
	if len(list) == 0 {
		w.printf("No invoices yet: `prorata bill` cuts what is due.\n")
		return nil
	}
	w.table(rows, map[int]bool{5: true, 6: true, 7: true})
	return nil
}

func stateOf(issued *flow.Issued) string {
	switch {
	case issued.VoidedBy != "":
		return "void"
	case issued.Credits():
		return "credits a part of an invoice"
	case issued.Corrects != "":
		return "takes back an invoice"
	case issued.CreditNote:
		return "credit note"
	}
	return "issued"
}

// issuedWires are invoices as machines read them: decimal texts, no floats.
func issuedWires(list []flow.Issued, lines bool) []map[string]any {
	wires := make([]map[string]any, 0, len(list))
	for i := range list {
		issued := &list[i]
		wire := map[string]any{
			"id": issued.ID, "number": nil, "date": issued.Date.String(), "due": issued.DueOn.String(), "payer": string(issued.Payer), "contract": nil,
			"kind": "invoice", "state": stateOf(issued), "currency": issued.Currency.String(), "net": issued.Net.String(), "tax": issued.Tax.String(), "total": issued.Total.String(),
		}
		if issued.Number > 0 {
			wire["number"] = flow.PrintedNumber(issued)
		}
		if issued.Contract != "" {
			wire["contract"] = string(issued.Contract)
		}
		if issued.CreditNote {
			wire["kind"] = "credit_note"
		}
		if lines {
			wire["lines"] = lineWires(issued)
		}
		wires = append(wires, wire)
	}
	return wires
}

func lineWires(issued *flow.Issued) []map[string]any {
	wires := make([]map[string]any, 0, len(issued.Lines))
	for i := range issued.Lines {
		line := &issued.Lines[i]
		wire := map[string]any{
			"subscription": string(line.Subscription), "sku": line.SKU, "account": string(line.Account), "contract": string(line.Contract), "kind": bookfile.LineKindWord(line.Kind),
			"from": line.From.String(), "to": nil, "quantity": line.Quantity.String(), "unit_price": nil, "gross": line.InvoicedGross.String(), "discount": line.InvoicedDisc.String(),
			"amount": line.InvoicedAt.String(), "explanation": flow.Explain(line),
		}
		if !line.To.IsZero() {
			wire["to"] = line.To.String()
		}
		if line.Priced {
			wire["unit_price"] = line.UnitPrice.String()
		}
		wires = append(wires, wire)
	}
	return wires
}

type invoiceShowCommand struct {
	Number string `arg:"" help:"The invoice's number."`
	JSON   bool   `help:"Print one JSON object."`
}

// Run prints the lines and the totals.
func (c *invoiceShowCommand) Run(ctx context.Context, w *counter) error {
	issued, err := w.InvoiceGet(ctx, c.Number)
	if err != nil {
		return noSuch("invoice", c.Number, err)
	}
	if c.JSON {
		return w.printJSON(issuedWires([]flow.Issued{issued}, true)[0])
	}
	shown := flow.Simulated(&issued.Invoice)
	w.showSimulated(fmt.Sprintf("%s, %s, due %s", flow.PrintedNumber(&issued), stateOf(&issued), issued.DueOn), []flow.SimulatedInvoice{shown})
	return nil
}

// invoices are all that a query covers, by date; or the latest so many, newest first.
func (w *counter) invoices(ctx context.Context, query office.InvoiceQuery, latest int) (list []flow.Issued, err error) {
	if query.Sort = "oldest"; latest > 0 {
		query.Sort = "newest"
	}
	for {
		query.Most = pageAtOnce
		if latest > 0 {
			query.Most = min(pageAtOnce, latest-len(list))
		}
		page, err := w.InvoiceList(ctx, query)
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			list = append(list, page.Rows[i].Issued)
		}
		if !page.More || len(list) == latest {
			return list, nil
		}
		query.After = list[len(list)-1].ID
	}
}

// noSuch says of what there is none, where the desk found none in reach.
func noSuch(noun, id string, err error) error {
	if errors.Is(err, flow.ErrUnknown) {
		return fmt.Errorf("%s %s: %w", noun, id, flow.ErrUnknown)
	}
	return err
}

type invoicePDFCommand struct {
	Number string `arg:"" optional:"" help:"The invoice's number."`
	Latest int    `placeholder:"N" help:"The newest N instead."`
	To     string `default:"." placeholder:"PATH" help:"A folder, or a file for one invoice; - for standard output."`
}

// Run writes the files and says where they lie.
func (c *invoicePDFCommand) Run(ctx context.Context, w *counter) error {
	var numbers []string
	switch {
	case c.Number != "":
		numbers = []string{c.Number}
	case c.Latest > 0:
		list, err := w.invoices(ctx, office.InvoiceQuery{}, c.Latest)
		if err != nil {
			return err
		}
		for i := range list {
			numbers = append(numbers, flow.PrintedNumber(&list[i]))
		}
	default:
		return fmt.Errorf("%w: give a number, or --latest", flow.ErrInput)
	}
	for _, number := range numbers {
		if err := c.one(ctx, w, number); err != nil {
			return err
		}
	}
	return nil
}

func (c *invoicePDFCommand) one(ctx context.Context, w *counter, number string) error {
	doc, err := w.InvoiceDocument(ctx, number)
	if err != nil {
		return noSuch("invoice", number, err)
	}
	if c.To == "-" {
		return document.PDF(w.out, doc)
	}
	name := c.To
	if info, err := os.Stat(c.To); (err == nil && info.IsDir()) || !strings.HasSuffix(c.To, ".pdf") {
		if err := os.MkdirAll(c.To, 0o755); err != nil {
			return err
		}
		name = filepath.Join(c.To, fileName(number)+".pdf")
	}
	if err := writeFile(name, func(to io.Writer) error { return document.PDF(to, doc) }); err != nil {
		return err
	}
	w.printf("%s is in %s\n", number, name)
	return nil
}

// fileName makes a number or an id safe as a file's name.
func fileName(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, number)
}

type invoiceVoidCommand struct {
	Number string `arg:"" help:"The invoice's number."`
	Reason string `required:"" placeholder:"TEXT" help:"Why it is taken back: whoever looks at the credit note will want to know."`
}

// Help shows how it is used.
func (c *invoiceVoidCommand) Help() string {
	return `  prorata invoice void INV-000042 --reason "wrong cost centre"`
}

// Run voids it and names the credit note.
func (c *invoiceVoidCommand) Run(ctx context.Context, w *counter) error {
	note, err := w.InvoiceVoid(ctx, c.Number, c.Reason)
	if err != nil {
		return err
	}
	w.printf("%s is void: credit note %s of %s %s. What it billed is owed again from %s.\n", c.Number, flow.PrintedNumber(&note), note.Total, note.Currency, note.Date)
	return nil
}

type explainCommand struct {
	Number string `arg:"" help:"The invoice's number."`
	Line   int    `placeholder:"N" help:"Only this line, counted from 1."`
	JSON   bool   `help:"Print one JSON object."`
}

// Run prints a sentence and the arithmetic for each line, and what caused it.
func (c *explainCommand) Run(ctx context.Context, w *counter) error {
	lines, err := w.InvoiceExplain(ctx, c.Number)
	if err != nil {
		return noSuch("invoice", c.Number, err)
	}
	if c.Line < 0 || c.Line > len(lines) {
		return fmt.Errorf("%w: %s has lines 1 to %d", flow.ErrInput, c.Number, len(lines))
	}
	var told []map[string]any
	for i := range lines {
		line := &lines[i]
		if c.Line != 0 && c.Line != line.LineNo {
			continue
		}
		told = append(told, map[string]any{"line": line.LineNo, "subscription": string(line.Line.Subscription), "sentence": line.Sentence, "arithmetic": line.Arithmetic,
			"price_from": priceFrom(&line.Explanation), "cause": causeText(line.Cause)})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"number": c.Number, "lines": told})
	}
	for _, t := range told {
		w.printf("%v. %s\n   %s\n   %s\n", t["line"], t["subscription"], t["sentence"], t["arithmetic"])
		for _, more := range []string{"price_from", "cause"} {
			if t[more] != "" {
				w.printf("   %s\n", t[more])
			}
		}
		w.printf("\n")
	}
	return nil
}

// causeText tells who said what brought a line about, when, and through which door; without
// who, where that is the seller's affair.
func causeText(e *flow.LogEntry) string {
	if e == nil {
		return ""
	}
	by := ""
	if e.Who != "" {
		by = fmt.Sprintf(" by %s (%s)", e.Who, e.Source)
	}
	return fmt.Sprintf("Because of: %s, effective %s, recorded %s%s.", e.Do, e.EffectiveOn, e.RecordedOn, by)
}

func priceFrom(e *billing.Explanation) string {
	if e.From == "" {
		return ""
	}
	text := "Price " + e.Price + " a unit, " + e.Unit
	if e.Model != "" {
		text = "Price by " + e.Model + ", " + e.Unit
	}
	if e.From == "own" {
		text += ", agreed for this subscription"
	} else {
		text += ", from price list " + e.From
	}
	if e.Since != "" {
		text += " since " + e.Since
	}
	if e.Rate != "" {
		text += ", converted at " + e.Rate
	}
	return text + "."
}
