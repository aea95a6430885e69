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
)

type invoiceCommand struct {
	List invoiceListCommand `cmd:"" help:"List invoices and credit notes."`
	Show invoiceShowCommand `cmd:"" help:"Show one with its lines."`
	PDF  invoicePDFCommand  `cmd:"" name:"pdf" help:"Print one, or the latest, as PDF."`
	Void invoiceVoidCommand `cmd:"" help:"Take one back with a credit note; what it billed is owed again."`
}

type invoiceListCommand struct {
	Account  string `placeholder:"ID" help:"Of this payer."`
	Contract string `placeholder:"ID" help:"Of this contract."`
	From     string `placeholder:"DATE" help:"Dated on or after."`
	To       string `placeholder:"DATE" help:"Dated before."`
	Latest   int    `placeholder:"N" help:"The newest N."`
	JSON     bool   `help:"Print one JSON object."`
}

func (c *invoiceListCommand) filter() (flow.InvoiceFilter, error) {
	filter := flow.InvoiceFilter{Account: billing.AccountID(c.Account), Contract: billing.ContractID(c.Contract), Latest: c.Latest}
	var err error
	if c.From != "" {
		if filter.From, err = day(c.From, filter.From); err != nil {
			return filter, err
		}
	}
	if c.To == "" {
		return filter, nil
	}
	if filter.To, err = day(c.To, filter.To); err != nil {
		return filter, err
	}
	// The day given is the first that is left out, as with every end.
	filter.To = filter.To.AddDays(-1)
	return filter, nil
}

// Run prints a line for each.
func (c *invoiceListCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	filter, err := c.filter()
	if err != nil {
		return err
	}
	var list []flow.Issued
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		return tx.InvoiceList(filter, func(issued flow.Issued) bool { list = append(list, issued); return true })
	})
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
func (c *invoiceShowCommand) Run(ctx context.Context, w *world) error {
	_, issued, err := w.issued(ctx, c.Number)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printJSON(issuedWires([]flow.Issued{issued}, true)[0])
	}
	shown := flow.Simulated(&issued.Invoice)
	w.showSimulated(fmt.Sprintf("%s, %s, due %s", flow.PrintedNumber(&issued), stateOf(&issued), issued.DueOn), []flow.SimulatedInvoice{shown})
	return nil
}

func (w *world) issued(ctx context.Context, number string) (*flow.Flow, flow.Issued, error) {
	f, err := w.flow(ctx)
	if err != nil {
		return nil, flow.Issued{}, err
	}
	var issued flow.Issued
	err = f.Store.Read(ctx, func(tx flow.Tx) (err error) { issued, err = tx.InvoiceGet(number); return err })
	if errors.Is(err, flow.ErrUnknown) {
		err = fmt.Errorf("invoice %s: %w", number, flow.ErrUnknown)
	}
	return f, issued, err
}

type invoicePDFCommand struct {
	Number string `arg:"" optional:"" help:"The invoice's number."`
	Latest int    `placeholder:"N" help:"The newest N instead."`
	To     string `default:"." placeholder:"PATH" help:"A folder, or a file for one invoice; - for standard output."`
}

// Run writes the files and says where they lie.
func (c *invoicePDFCommand) Run(ctx context.Context, w *world) error {
	var numbers []string
	switch {
	case c.Number != "":
		numbers = []string{c.Number}
	case c.Latest > 0:
		f, err := w.flow(ctx)
		if err != nil {
			return err
		}
		err = f.Store.Read(ctx, func(tx flow.Tx) error {
			return tx.InvoiceList(flow.InvoiceFilter{Latest: c.Latest}, func(issued flow.Issued) bool {
				numbers = append(numbers, flow.PrintedNumber(&issued))
				return true
			})
		})
		if err != nil {
			return err
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

func (c *invoicePDFCommand) one(ctx context.Context, w *world, number string) error {
	f, issued, err := w.issued(ctx, number)
	if err != nil {
		return err
	}
	doc, err := f.Compose(ctx, &issued)
	if err != nil {
		return err
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
}

// Run voids it and names the credit note.
func (c *invoiceVoidCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	note, err := f.Void(ctx, c.Number, w.actor("invoice void"))
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
func (c *explainCommand) Run(ctx context.Context, w *world) error {
	f, issued, err := w.issued(ctx, c.Number)
	if err != nil {
		return err
	}
	if c.Line < 0 || c.Line > len(issued.Lines) {
		return fmt.Errorf("%w: %s has lines 1 to %d", flow.ErrInput, c.Number, len(issued.Lines))
	}
	var told []map[string]any
	for i := range issued.Lines {
		line := &issued.Lines[i]
		if c.Line != 0 && c.Line != i+1 {
			continue
		}
		cause, err := causeOf(ctx, f, line)
		if err != nil {
			return err
		}
		told = append(told, map[string]any{"line": i + 1, "subscription": string(line.Subscription), "sentence": flow.Sentence(line), "arithmetic": flow.Arithmetic(line), "price_from": priceFrom(line), "cause": cause})
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

// causeOf tells who said what brought the line about, when, and through which door.
func causeOf(ctx context.Context, f *flow.Flow, line *billing.InvoiceLine) (cause string, err error) {
	entry := billing.ParseExplanation(line.Explanation).Entry
	if entry == "" {
		return "", nil
	}
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		entries, err := tx.LogOf(line.Key.Subscription)
		for i := range entries {
			e := &entries[i]
			if fmt.Sprint(e.Seq) == entry {
				cause = fmt.Sprintf("Because of: %s, effective %s, recorded %s by %s (%s).", e.Do, e.EffectiveOn, e.RecordedOn, e.Who, e.Source)
			}
		}
		return err
	})
	return cause, err
}

func priceFrom(line *billing.InvoiceLine) string {
	e := billing.ParseExplanation(line.Explanation)
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
