package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"prorata/edge/bookfile"
	"prorata/edge/document"
	"prorata/flow"
	"prorata/flow/office"
)

type exportCommand struct {
	What   string `arg:"" enum:"book,invoices,lines,sellers,units,rates,taxes,products,prices,accounts,contracts,events" help:"book (YAML), invoices or lines (CSV, XLSX, JSON), or a noun (CSV)."`
	Format string `default:"" placeholder:"FORMAT" help:"csv, xlsx or json for invoices and lines; csv if not given."`
	To     string `default:"-" placeholder:"FILE" help:"Where to; - for standard output."`
	From   string `placeholder:"DATE" help:"Invoices dated on or after."`
	Until  string `placeholder:"DATE" help:"Invoices dated before."`
}

// Help shows how it is used.
func (c *exportCommand) Help() string {
	return `What is exported can be imported again; invoices and lines are for other programs and for people. A book is what was told
of customers and contracts, with the holdings that subscriptions are. Connections, their secrets and what was read from providers
or is on its way to them are in a backup alone.

  prorata export book --to book.yaml
  prorata export lines --format xlsx --from 2026-01-01 --to lines.xlsx
  prorata export accounts > accounts.csv`
}

// Run writes the file whole, or the standard output.
func (c *exportCommand) Run(ctx context.Context, w *counter) error {
	write := func(to io.Writer) error { return c.write(ctx, w, to) }
	if c.To == "-" {
		return write(w.out)
	}
	if err := writeFile(c.To, write); err != nil {
		return err
	}
	w.printf("%s is in %s\n", c.What, c.To)
	return nil
}

func (c *exportCommand) write(ctx context.Context, w *counter, to io.Writer) error {
	if c.What == "invoices" || c.What == "lines" {
		return c.documents(ctx, w, to)
	}
	book, err := w.BookExport(ctx)
	switch {
	case err != nil:
		return err
	case c.What == "book":
		return bookfile.WriteBook(to, book)
	}
	return bookfile.WriteCSV(c.What, to, book)
}

func (c *exportCommand) documents(ctx context.Context, w *counter, to io.Writer) error {
	list := invoiceListCommand{From: c.From, To: c.Until}
	query, err := list.query()
	if err != nil {
		return err
	}
	query.Sort = "oldest"
	documents := documentsOf(ctx, w, query)
	switch {
	case c.Format == "xlsx":
		return document.XLSX(to, documents)
	case c.Format == "json":
		for doc, err := range documents {
			if err := errors.Join(err, document.JSON(to, doc)); err != nil {
				return err
			}
		}
		return nil
	case c.Format != "" && c.Format != "csv":
		return fmt.Errorf("%w: --format: expected csv, xlsx or json, not %q", flow.ErrInput, c.Format)
	case c.What == "invoices":
		return document.CSVInvoices(to, documents)
	}
	return document.CSVLines(to, documents)
}

var errStop = errors.New("stopped")

func documentsOf(ctx context.Context, w *counter, query office.InvoiceQuery) iter.Seq2[flow.Document, error] {
	return func(yield func(flow.Document, error) bool) {
		err := w.InvoiceDocuments(ctx, query, func(doc flow.Document) error {
			if !yield(doc, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(flow.Document{}, err)
		}
	}
}
