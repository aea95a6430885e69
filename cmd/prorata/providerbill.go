package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/csvfile"
	"prorata/flow"
	"prorata/flow/office"
)

type providerCommand struct {
	Invoices     providerInvoicesCommand     `cmd:"" help:"List the provider's invoices that were imported."`
	Import       providerImportCommand       `cmd:"" help:"Import the provider's invoice from its reconciliation file."`
	Fetch        providerFetchCommand        `cmd:"" help:"Import the provider's invoices from the provider itself."`
	CheckMapping providerCheckMappingCommand `cmd:"" help:"Try a distributor's mapping on a file, and show what is understood."`
	Expect       providerExpectCommand       `cmd:"" help:"Work out what a provider should charge for a story, and compare it with what is expected."`
	Dispute      providerDisputeCommand      `cmd:"" help:"Write down what is to be said about one charge: our facts, their rows, the rule."`
	Customers    providerCustomersCommand    `cmd:"" help:"List the provider's customers and which account each is."`
	Invite       providerInviteCommand       `cmd:"" help:"Print the links by which a customer lets you in."`
	Agree        providerAgreeCommand        `cmd:"" help:"Record that a customer accepted the Microsoft Customer Agreement."`
	Readiness    providerReadinessCommand    `cmd:"" help:"Say how far a month is from being closed towards the provider."`
}

type providerInvoicesCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	JSON       bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *providerInvoicesCommand) Help() string {
	return `  prorata provider invoices microsoft --json`
}

// Run prints a line for each.
func (c *providerInvoicesCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.connection(ctx, c.Connection)
	if err != nil {
		return err
	}
	list, err := w.providerInvoices(ctx, connection.ID)
	if err != nil {
		return err
	}
	rows := [][]string{{"invoice", "date", "rows", "total", "tax", "", "reconciled"}}
	wires := []map[string]any{}
	for i := range list {
		v := &list[i]
		id, reconciled := v.ID, "no"
		if id == "" {
			id = "(not billed)"
		}
		if !v.ReconciledAt.IsZero() {
			reconciled = v.ReconciledAt.In(w.zone).Format("2006-01-02 15:04")
		}
		rows = append(rows, []string{id, v.On.String(), strconv.FormatInt(v.Lines, 10), v.LinesTotal.String(), v.TaxTotal.String(), v.Currency.String(), reconciled})
		wires = append(wires, map[string]any{"invoice": v.ID, "date": v.On.String(), "lines": v.Lines, "total": v.Total.String(), "lines_total": v.LinesTotal.String(),
			"tax": v.TaxTotal.String(), "currency": v.Currency.String(), "reconciled": !v.ReconciledAt.IsZero()})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"invoices": wires})
	}
	w.table(rows, map[int]bool{2: true, 3: true, 4: true})
	return nil
}

// providerInvoices are all of a connection's, newest first, what is not billed yet before all.
func (w *counter) providerInvoices(ctx context.Context, id flow.ConnectionID) (list []office.ProviderInvoiceRow, err error) {
	filter := office.ProviderInvoiceFilter{Connection: id, Most: pageAtOnce}
	for {
		page, err := w.ProviderInvoiceList(ctx, filter)
		if list = append(list, page...); err != nil || len(page) < pageAtOnce {
			return list, err
		}
		last := &page[len(page)-1]
		filter.Before, filter.BeforeID = last.On, last.ID
	}
}

type providerImportCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	File       string `arg:"" help:"The file: CSV or lines of JSON, of a file connection what its mappings say; also as .gz."`
	On         string `placeholder:"DATE" help:"The invoice's date; as the provider said, else the day after the month of most transactions, if not given."`
	Total      string `placeholder:"AMOUNT" help:"What the provider's invoice says it comes to, tax included; as the provider said, else the rows' sum, if not given."`
	Currency   string `placeholder:"CUR" help:"The invoice's currency; the connection's if not given."`

	UnpackedMiB int64 `name:"unpacked-mib" default:"16384" placeholder:"MIB" help:"The most that a .gz file may unpack to."`
}

// Help shows how it is used.
func (c *providerImportCommand) Help() string {
	return `The rows of each invoice in the file replace those imported before; a file with a row that cannot be read, is in another currency, or is
another partner's, changes nothing. Where the rows do not come to the invoice's total it says so, and an exception stays until they do.

  prorata provider import microsoft G012345678.csv.gz --total 18204.55`
}

// Run imports each invoice of the file.
func (c *providerImportCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.connection(ctx, c.Connection)
	if err != nil {
		return err
	}
	bills, err := c.invoices(ctx, w, connection)
	if err != nil {
		return err
	}
	for i := range bills {
		kept, err := w.ProviderBillTake(ctx, connection.ID, bills[i].ProviderInvoice, office.LinesOf(c.rows(connection), bills[i].ID))
		if err != nil {
			return err
		}
		w.printf("%s: %d rows, %s %s with tax\n", nameOfInvoice(kept.ID), kept.Lines, kept.LinesTotal, kept.Currency)
		if kept.ID != "" && kept.Total.Ratio().Cmp(kept.LinesTotal.Ratio()) != 0 {
			w.printf("%s: the invoice says %s %s: the file is not whole, or has rows too many (see `prorata exception`)\n", kept.ID, kept.Total, kept.Currency)
		}
	}
	return nil
}

func nameOfInvoice(id string) string {
	if id == "" {
		return "not billed yet"
	}
	return id
}

// invoices reads the file once for the invoices in it; the first wrong row ends it.
func (c *providerImportCommand) invoices(ctx context.Context, w *counter, connection flow.Connection) (bills []office.BillInvoice, err error) {
	known, err := w.providerInvoices(ctx, connection.ID)
	if err != nil {
		return nil, err
	}
	told := office.BillTold{Connection: connection.ID, Currency: connection.Currency, HasTotal: c.Total != "", Kept: func(invoice string) (*flow.KeptInvoice, error) {
		for i := range known {
			if known[i].ID == invoice {
				return &known[i].KeptInvoice, nil
			}
		}
		return nil, nil
	}}
	if told.On, err = day(c.On, calendar.Date{}); err != nil {
		return nil, err
	}
	if c.Currency != "" {
		if told.Currency, err = money.ParseCurrency(c.Currency); err != nil {
			return nil, fmt.Errorf("%w: --currency: %w", flow.ErrInput, err)
		}
	}
	if told.HasTotal {
		if told.Total, err = money.ParseDecimal(c.Total); err != nil {
			return nil, fmt.Errorf("%w: --total: %w", flow.ErrInput, err)
		}
	}
	bills, err = office.BillInvoices(c.rows(connection), told, func(error) bool { return false })
	if err == nil && len(bills) == 0 {
		err = fmt.Errorf("%w: %s has no rows", flow.ErrInput, c.File)
	}
	return bills, err
}

// rows reads the file from its start.
func (c *providerImportCommand) rows(connection flow.Connection) iter.Seq2[office.BillRow, error] {
	return func(yield func(office.BillRow, error) bool) {
		if err := c.read(connection, yield); err != nil {
			yield(office.BillRow{}, err)
		}
	}
}

func (c *providerImportCommand) read(connection flow.Connection, yield func(office.BillRow, error) bool) (err error) {
	file, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var reader io.Reader = file
	if strings.HasSuffix(c.File, ".gz") {
		if reader, err = unpacked(c.File, file, c.UnpackedMiB); err != nil {
			return err
		}
	}
	rows, err := billRows(connection, c.File, reader)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if !yield(row, err) {
			break
		}
	}
	return nil
}

type providerFetchCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Since      string `placeholder:"DATE" help:"Invoices from this day on; those of the last 90 days if not given."`
}

// fetchedDays is how far back invoices are looked for: a provider restates those of the last months.
const fetchedDays = 90

// Help shows how it is used.
func (c *providerFetchCommand) Help() string {
	return `Imports each invoice that is new or was restated, what is not billed yet, and the rated usage on what is not reconciled. An invoice is
replaced whole or not at all. Exit 1 where one could not be read.

  prorata provider fetch microsoft
  prorata reconcile microsoft`
}

// Run imports what is new or changed.
func (c *providerFetchCommand) Run(ctx context.Context, w *counter) error {
	since, err := day(c.Since, w.Today().AddDays(-fetchedDays))
	if err != nil {
		return err
	}
	var usages []func()
	report, err := w.ProviderBillFetch(ctx, flow.ConnectionID(c.Connection), since, func(invoice string, usage flow.TakeReport) {
		if len(usage.Counts) > 0 {
			usages = append(usages, func() { w.showReport("rated usage of "+invoice, usage) })
		}
	})
	if report.Invoices+report.Lines+report.Unchanged+report.Unreadable > 0 || err == nil {
		w.printf("%d invoices with %d rows imported, %d unchanged, %d not readable\n", report.Invoices, report.Lines, report.Unchanged, report.Unreadable)
	}
	for _, show := range usages {
		show()
	}
	if err != nil {
		return err
	}
	if report.Unreadable > 0 {
		return fmt.Errorf("%w: see `prorata exception`", errCheck)
	}
	return nil
}

type providerCheckMappingCommand struct {
	Mapping string `arg:"" help:"The mapping's file, or the name of one that comes with the program."`
	File    string `arg:"" help:"A file of the distributor: CSV or XLSX."`
}

// Help names the mappings that come with the program.
func (c *providerCheckMappingCommand) Help() string {
	return "Nothing is taken in. Mappings that come with the program, to begin from: " + strings.Join(csvfile.Layouts(), ", ") + ".\ndocs/distributor-files.md says what a mapping can say."
}

// Run prints what the mapping makes of the file; exit 1 where it has errors.
func (c *providerCheckMappingCommand) Run(w *world) (err error) {
	mapping, err := readMapping(c.Mapping)
	if err != nil {
		return err
	}
	file, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	report := csvfile.Check(mapping, c.File, file)
	w.printf("%s", report.String())
	if report.Damaged || report.Wrong > 0 || len(report.Problems) > 0 {
		return errQuiet
	}
	return nil
}
