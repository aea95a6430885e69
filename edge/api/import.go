package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// ImportFiles keeps files, and takes new ones.
type ImportFiles interface {
	office.ImportFiles
	// Keep decides what the file is; a wrong option is an office.FieldError, of as for its kind.
	Keep(who string, file office.ImportFile, content io.Reader) (id string, err error)
}

// Import is a file that was sent: what is in it until it is taken, and then what became of it.
type Import struct {
	ID       string            `json:"id" doc:"Names it. It waits an hour to be taken, for who sent it alone."`
	Name     string            `json:"name" doc:"What it is called in the audit." example:"book.yaml"`
	Kind     string            `json:"kind" doc:"What it is, as it was said or as its name says." example:"book"`
	Size     int64             `json:"size" doc:"Its bytes."`
	State    string            `json:"state" enum:"waiting,taken" doc:"Whether it was taken."`
	Holds    []ImportCount     `json:"holds" nullable:"false" doc:"How many of each thing can be read in it; none once it was taken."`
	Changes  []PriceChange     `json:"changes" nullable:"false" doc:"Who would pay another price by a price sheet, in the thirteen months to come; none once it was taken."`
	Counts   []PriceSheetCount `json:"counts" nullable:"false" doc:"What became of it, by what things are; none until it is taken."`
	Invoices []ImportInvoice   `json:"invoices" nullable:"false" doc:"The invoices of a provider's bill: what it holds or, once it was taken, what was taken."`
	Findings []ImportFinding   `json:"findings" nullable:"false" doc:"What cannot be read or, once it was taken, what was not taken; the first two hundred."`
	Wrong    int64             `json:"wrong" doc:"How many findings there are."`
	Stopped  string            `json:"stopped,omitempty" doc:"Why it cannot be read to its end; what comes before that can be, or was, taken."`
}

// ImportCount is how many of something a file holds.
type ImportCount struct {
	Noun  string `json:"noun" doc:"What they are." example:"account"`
	Count int64  `json:"count" doc:"How many."`
}

// ImportInvoice is an invoice of a provider's bill.
type ImportInvoice struct {
	Invoice   string         `json:"invoice" doc:"The provider's number; unbilled for what it has not billed yet." example:"G012345678"`
	On        Day            `json:"on,omitempty" doc:"Its day: as it was said, as the provider or its rows say, or the one after the month in which most of them were transacted."`
	Rows      int64          `json:"rows" doc:"How many rows it has."`
	Total     ProviderAmount `json:"total" doc:"What it comes to with tax: as it was said, else what its rows come to."`
	RowsTotal ProviderAmount `json:"rows_total" doc:"What its rows come to with tax."`
	Tax       ProviderAmount `json:"tax" doc:"The tax in it."`
	Replaces  bool           `json:"replaces" doc:"Whether the book had rows of this invoice, which these replace."`
}

func importInvoices(bills []office.BillInvoice) []ImportInvoice {
	shown := make([]ImportInvoice, len(bills))
	for i := range bills {
		b := &bills[i]
		amount := func(d money.Decimal) ProviderAmount { return providerAmountOf(d, b.Currency) }
		shown[i] = ImportInvoice{invoiceWord(b.ID), dayOf(b.On), b.Rows, amount(b.Total), amount(b.RowsTotal), amount(b.Tax), b.Kept != nil}
	}
	return shown
}

// ImportFinding is a line of a file that is wrong, or that a rule refused.
type ImportFinding struct {
	File   string `json:"file" doc:"The file's name." example:"book.yaml"`
	Line   int    `json:"line,omitempty" doc:"The line, from 1; absent where the file has no lines."`
	Noun   string `json:"noun" doc:"What stands there; line where that cannot be said." example:"line"`
	Field  string `json:"field,omitempty" doc:"The column or key at fault; absent where it is the whole line." example:"sku"`
	Detail string `json:"detail" doc:"What is wrong, and what was expected."`
}

func importOf(id string, look *office.ImportLook) *Import {
	file, told := &look.File, &look.ImportMistakes
	shown := &Import{ID: id, Name: file.Name, Kind: file.Kind, Size: file.Size, State: "waiting",
		Holds: []ImportCount{}, Changes: []PriceChange{}, Counts: []PriceSheetCount{}, Invoices: importInvoices(look.Bills), Findings: []ImportFinding{}}
	for _, noun := range slices.Sorted(maps.Keys(look.Counts)) {
		shown.Holds = append(shown.Holds, ImportCount{noun, look.Counts[noun]})
	}
	if look.Rows > 0 {
		shown.Holds = append(shown.Holds, ImportCount{"row", look.Rows})
	}
	for i := range look.Changes {
		shown.Changes = append(shown.Changes, priceChangeOf(&look.Changes[i]))
	}
	if file.Report != nil {
		shown.State, told = "taken", &file.Report.ImportMistakes
		shown.Counts, shown.Invoices = countsOf(file.Report.TakeReport), importInvoices(file.Report.Bills)
	}
	for _, m := range told.Mistakes {
		shown.Findings = append(shown.Findings, ImportFinding{m.At.File, m.At.Line, m.Noun, m.Field, m.Why})
	}
	shown.Wrong, shown.Stopped = told.Wrong, told.Stopped
	return shown
}

// importSent is a file as its body, and how it is to be read.
type importSent struct {
	Name     string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"The file's name; one that ends in .gz is unpacked." example:"book.yaml"`
	Kind     string `query:"kind" default:"auto" enum:"auto,book,price-sheet,usage,subscriptions,bill,sellers,units,rates,taxes,products,prices,accounts,contracts,events" doc:"What it is: a book (YAML), one of the provider's files, or a noun as CSV; auto goes by the name."`
	List     string `query:"list" maxLength:"100" doc:"The price list that a price sheet fills; the default one where it is not given."`
	Rule     string `query:"rule" maxLength:"50" doc:"How a price sheet's rows are sold: retail-8, cost+20; at the provider's retail price where it is not given."`
	Market   string `query:"market" maxLength:"10" doc:"Only the rows of this market of a price sheet."`
	Currency string `query:"currency" maxLength:"3" doc:"Only the rows in this currency of a price sheet; of a bill the one that it is in, where that is not the connection's."`
	Contract string `query:"contract" maxLength:"100" doc:"The contract that listed subscriptions go under."`

	Connection string  `query:"connection" maxLength:"100" doc:"The connection whose provider's bill it is."`
	On         Day     `query:"on" doc:"The day of the invoice in a bill; as its rows say where it is not given."`
	Total      Decimal `query:"total" doc:"What the invoice in a bill says it comes to with tax; what its rows come to where it is not given."`
}

// errNoFiles is answered where the program keeps none.
var errNoFiles = fmt.Errorf("files are not taken here: %w", flow.ErrUnknown)

func (a *API) importSend(ctx context.Context, desk *office.Desk, in *importSent) (*created[*Import], error) {
	if a.settings.Files == nil {
		return nil, errNoFiles
	}
	sent := callOf(ctx).sent
	if sent == nil || sent.size == 0 {
		return nil, &office.FieldError{Err: errors.New("the request has no body: expected the file as its body")}
	}
	file := office.ImportFile{Name: flow.PlainText(path.Base(strings.ReplaceAll(in.Name, `\`, "/"))), Size: sent.size, Kind: in.Kind, List: in.List, Rule: in.Rule,
		Market: strings.ToUpper(in.Market), Currency: strings.ToUpper(in.Currency), Contract: in.Contract}
	person := desk.Person()
	if file.Kind == office.ImportBill {
		on, err := in.On.date("on")
		if err != nil {
			return nil, err
		}
		file.Connection, file.On, file.Total = flow.ConnectionID(in.Connection), on, string(in.Total)
	}
	id, err := a.settings.Files.Keep(person.Sender(), file, sent)
	if err != nil {
		return nil, err
	}
	look, err := desk.ImportPreview(ctx, a.settings.Files, id)
	if err != nil {
		return nil, err
	}
	return &created[*Import]{"/v1/imports/" + pathSegment(id), importOf(id, &look)}, nil
}

// ImportNamed is asked of one file.
type ImportNamed struct {
	ID string `path:"id" maxLength:"100" doc:"The import's id."`
}

func (a *API) importGet(ctx context.Context, desk *office.Desk, in *ImportNamed) (*struct{ Body *Import }, error) {
	if a.settings.Files == nil {
		return nil, errNoFiles
	}
	look, err := desk.ImportPreview(ctx, a.settings.Files, in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body *Import }{importOf(in.ID, &look)}, nil
}

func (a *API) importTake(ctx context.Context, desk *office.Desk, in *ImportNamed) (*struct{ Body *Import }, error) {
	if a.settings.Files == nil {
		return nil, errNoFiles
	}
	file, _, err := office.TakeImport(ctx, desk, a.settings.Files, in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body *Import }{importOf(in.ID, &office.ImportLook{File: file})}, nil
}

func (a *API) routesOfImports() {
	route(a, operation{verb: "Import", id: "ImportSend", does: "POST /v1/imports", says: "Send a file", status: 201, takes: fileTypes, long: true,
		more: "Keeps it for an hour and says what is in it, line by line where it cannot be read. Nothing is changed until it is taken. 64 MiB at most."}, a.importSend)
	route(a, operation{verb: "ImportPreview", does: "GET /v1/imports/{id}", says: "Read what is in a file", long: true, more: "What it holds or, once it was taken, what became of it."}, a.importGet)
	route(a, operation{verb: "Import", does: "POST /v1/imports/{id}/take", says: "Take a file in", long: true,
		more: "What is there already stays; a line that is wrong or that a rule refuses is told of, and the others are taken. A provider's bill is taken whole or not at all, and then compared with the log. A price sheet or a bill needs the right to take one. Taken again it does nothing, and gives the same report."}, a.importTake)
}
