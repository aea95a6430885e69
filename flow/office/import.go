package office

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"prorata/core/calendar"
	"prorata/flow"
)

const (
	// ImportMost is how many bytes a file may have that is sent to be imported; what it unpacks to is bounded by who keeps it.
	ImportMost = 64 << 20
	// ImportPriceSheet is the kind of file whose effect is shown before it is taken.
	ImportPriceSheet = "price-sheet"
	// importMistakes is how many mistakes of a file are told of one by one.
	importMistakes = 200
)

// ImportFile is a file that somebody sent to be imported, and how it is to be read.
type ImportFile struct {
	Name string
	Size int64
	// Kind is what it is: book, price-sheet, usage, subscriptions, bill, or a noun as CSV; empty
	// or auto where its name says so.
	Kind string
	// List, Rule, Market and Currency are a price sheet's: the list that it fills, how its rows
	// are sold (retail-8, cost+20), and which rows are taken.
	List, Rule, Market, Currency string
	// Contract is where listed subscriptions go.
	Contract string
	// Connection is the provider whose bill it is. On is the day of the invoice in it, and Total
	// what it comes to with tax, a decimal; neither is needed.
	Connection flow.ConnectionID
	On         calendar.Date
	Total      string
	// Report is set once it was taken; there is nothing to read then.
	Report *ImportReport
}

// ImportFiles keeps what was sent until it is taken, for whoever sent it and for no one else, and
// reads it. What is not there, or not any more, is flow.ErrUnknown.
type ImportFiles interface {
	Find(who, id string) (ImportFile, error)
	// Intakes are what a file holds; a wrong line of it is a flow.InputError, after which the next
	// one follows.
	Intakes(ctx context.Context, who, id string) iter.Seq2[flow.Intake, error]
	// Rows are those of a price sheet, and how they are sold.
	Rows(ctx context.Context, who, id string) (iter.Seq2[flow.PriceSheetRow, error], flow.PriceSheetOptions, error)
	// Bill are the rows of a provider's bill, read as the files of that connection are written.
	// A wrong one is a flow.InputError, or several joined, after which the next one follows.
	Bill(ctx context.Context, who, id string, c flow.Connection) iter.Seq2[BillRow, error]
	// Took keeps the report in place of the file.
	Took(who, id string, report *ImportReport) error
}

// ImportMistake is a line of a file that is wrong, or that a rule refused.
type ImportMistake struct {
	At   flow.Source
	Noun string
	// Field is the column or key at fault; empty where it is the whole line.
	Field string
	// Why is what is wrong, and what was expected.
	Why string
}

// importMistakeOf splits the field from what is wrong with it.
func importMistakeOf(at flow.Source, noun, why string) ImportMistake {
	m := ImportMistake{At: at, Noun: noun, Why: why}
	if field, rest, found := strings.Cut(why, ": "); found && field != "" && !strings.ContainsAny(field, " \"'(") {
		m.Field, m.Why = field, rest
	}
	return m
}

// ImportMistakes are the first mistakes of a file; Wrong is how many there are.
type ImportMistakes struct {
	Mistakes []ImportMistake
	Wrong    int64
	// Stopped says why the file could not be read to its end; empty where it was.
	Stopped string
}

func (m *ImportMistakes) add(at flow.Source, noun, why string) {
	m.Wrong++
	if len(m.Mistakes) < importMistakes {
		m.Mistakes = append(m.Mistakes, importMistakeOf(at, noun, why))
	}
}

// notes keeps what is wrong with one line; false is any other error.
func (m *ImportMistakes) notes(err error) bool {
	before := m.Wrong
	for _, one := range eachOf(err) {
		var line *flow.InputError
		if !errors.As(one, &line) {
			continue
		}
		m.add(line.At, "line", line.Err.Error())
		m.Wrong = before + 1
	}
	return m.Wrong > before
}

// eachOf are the mistakes that an error joins; the causes of one mistake are none themselves.
func eachOf(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var line *flow.InputError
		if list := joined.Unwrap(); slices.ContainsFunc(list, func(one error) bool { return errors.As(one, &line) }) {
			return list
		}
	}
	return []error{err}
}

// ends keeps why a file cannot be read on; false for what is no fault of the file.
func (m *ImportMistakes) ends(err error) bool {
	fault := FaultOf(err)
	if fault.Kind != FaultInput {
		return false
	}
	m.Stopped = fault.Sentence
	return true
}

// ImportReport is what became of a file that was taken.
type ImportReport struct {
	flow.TakeReport
	// ImportMistakes are what was not taken.
	ImportMistakes
	// Bills are the invoices of a provider's bill that were taken.
	Bills []BillInvoice
}

// Of is how many of all nouns came out so.
func (r *ImportReport) Of(outcomes ...flow.Outcome) (n int64) {
	for _, counts := range r.Counts {
		for _, outcome := range outcomes {
			n += int64(counts[outcome])
		}
	}
	return n
}

func (r *ImportReport) note(line flow.TakeLine) {
	if line.Outcome == flow.Refused || line.Outcome == flow.Wrong {
		r.add(line.At, line.Noun, line.Why)
	}
}

// ImportLook is what a file holds, by reading it through. The rules of the book, and what it
// has already, are looked at when the file is taken.
type ImportLook struct {
	File ImportFile
	// Counts are how many of each noun can be read; Rows those of a price sheet.
	Counts map[string]int64
	Rows   int64
	// Changes are who would pay another price by a price sheet.
	Changes []flow.PriceChange
	// Bills are the invoices of a provider's bill.
	Bills []BillInvoice
	// ImportMistakes are what cannot be read.
	ImportMistakes
}

// Any says whether there is something that could be taken. A provider's bill is taken whole or
// not at all.
func (l *ImportLook) Any() bool {
	if l.File.Kind == ImportBill {
		return len(l.Bills) > 0 && l.Wrong == 0 && l.Stopped == ""
	}
	return l.Rows > 0 || len(l.Counts) > 0
}

// ImportPreview reads a file through that the person sent, and changes nothing; of one that was
// taken it gives the file with its report alone.
func (d *Desk) ImportPreview(ctx context.Context, files ImportFiles, id string) (look ImportLook, err error) {
	if _, err := d.reading("ImportPreview"); err != nil {
		return look, err
	}
	look = ImportLook{Counts: map[string]int64{}}
	if look.File, err = files.Find(d.person.Sender(), id); err != nil || look.File.Report != nil {
		return look, err
	}
	switch look.File.Kind {
	case ImportPriceSheet:
		err = look.sheet(ctx, d, files, id)
	case ImportBill:
		err = look.bill(ctx, d, files, id)
	default:
		err = look.count(files.Intakes(ctx, d.person.Sender(), id))
	}
	if err != nil && look.ends(err) {
		err = nil
	}
	return look, err
}

// sheet looks at what a price sheet changes, without the lines that are wrong.
func (l *ImportLook) sheet(ctx context.Context, d *Desk, files ImportFiles, id string) error {
	rows, options, err := files.Rows(ctx, d.person.Sender(), id)
	if err != nil {
		return err
	}
	skus := map[string]bool{}
	right := func(yield func(flow.PriceSheetRow, error) bool) {
		for row, err := range rows {
			if err != nil && l.notes(err) {
				continue
			}
			if err == nil {
				l.Rows++
				skus[row.SKU] = true
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	changes, err := d.PriceSheetPreview(ctx, right, options)
	// Other products change by what the book has already: that is none of this sheet's doing.
	l.Changes = slices.DeleteFunc(changes, func(c flow.PriceChange) bool { return !skus[c.SKU] })
	return err
}

// count reads a file to its end.
func (l *ImportLook) count(intakes iter.Seq2[flow.Intake, error]) error {
	for intake, err := range intakes {
		switch {
		case err == nil:
			l.Counts[intake.Noun()]++
		case !l.notes(err):
			return err
		}
	}
	return nil
}

// ImportVerb is the verb that takes a file in.
func ImportVerb(file *ImportFile) string {
	switch file.Kind {
	case ImportPriceSheet:
		return "PriceSheetTake"
	case ImportBill:
		return "ProviderBillTake"
	}
	return "Import"
}

// TakeImport takes in a file that was sent, by the verb of its kind, and keeps the report in
// its place. One that was taken before is left, and before is true.
func TakeImport(ctx context.Context, d *Desk, files ImportFiles, id string) (file ImportFile, before bool, err error) {
	who := d.person.Sender()
	if file, err = files.Find(who, id); err != nil || file.Report != nil {
		return file, err == nil, err
	}
	report := &ImportReport{}
	switch file.Kind {
	case ImportPriceSheet:
		rows, options, wrong := files.Rows(ctx, who, id)
		if wrong != nil {
			return file, false, wrong
		}
		report.TakeReport, err = d.PriceSheetTake(ctx, file.Name, rows, options, report.note)
	case ImportBill:
		if err = d.billTake(ctx, files, id, &file, report); err != nil && len(report.Bills) == 0 {
			return file, false, err
		}
	default:
		report.TakeReport, err = d.Import(ctx, file.Name, files.Intakes(ctx, who, id), report.note)
	}
	if err != nil && !report.ends(err) {
		return file, false, err
	}
	file.Report = report
	return file, false, files.Took(who, id, report)
}

// Sender is who files are kept for: a user, or the operator by name.
func (p *Person) Sender() string { return string(p.User) + " " + p.Who }
