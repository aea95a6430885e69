package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
)

// A credit note over a part of an invoice: some of its lines, each whole or in part. What
// was credited is an entry of the log for each line, and is not billed anew
// (core/billing/credit.go).

// CreditAsk is what somebody wants to credit of an issued invoice, by its printed number or
// its ID, and why.
type CreditAsk struct {
	Invoice string
	Lines   []billing.CreditAsk
	// Reason is printed on the note.
	Reason string
}

// CreditEffect is what a credit note would come to.
type CreditEffect struct {
	// Note has no number yet.
	Note Issued
	// Left is the invoice's total less all credit notes for it, this one too.
	Left money.Amount
	// SetOff is what of the note is set against what is open on the invoice, Open what stays open on
	// the note for the payer; both positive.
	SetOff, Open money.Amount
}

// reasonMost is how long a reason may be, in characters: it stands on every line.
const reasonMost = 300

// Credits says whether it is a credit note for a part of an invoice.
func (i *Issued) Credits() bool { return i.Corrects != "" && !i.Voids() }

// Voids says whether it is a credit note that takes an invoice back.
func (i *Issued) Voids() bool { return i.Corrects != "" && i.ID == i.Corrects+voidedSuffix }

const (
	voidedSuffix   = "/void"
	creditedSuffix = "/credit/"
)

// Credit issues a credit note over lines of an issued invoice, dated today, sets it off against
// what is open on the invoice, and gives it.
func (f *Flow) Credit(ctx context.Context, ask CreditAsk, actor Actor) (note Issued, err error) {
	err = Again(func() error {
		return f.recordOnce(ctx, nil, actor, func(r *recorder) error {
			note, err = r.creditNote(&Event{Do: DoCredit, On: r.today, Effective: r.today, Invoice: ask.Invoice, Credits: ask.Lines, Reason: ask.Reason})
			return err
		})
	})
	if err != nil {
		return Issued{}, err
	}
	f.Log.InfoContext(ctx, "invoice credited", "number", ask.Invoice, "credit_note", PrintedNumber(&note), "who", actor.Who)
	return note, nil
}

// CreditPreview says what a credit note would come to, and issues nothing.
func (f *Flow) CreditPreview(ctx context.Context, ask CreditAsk) (effect CreditEffect, err error) {
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return effect, err
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		issued, err := creditable(tx, ask.Invoice)
		if err != nil {
			return err
		}
		c := crediting{tx: tx, catalog: catalog, issued: &issued, today: f.Today()}
		if err := c.choose(ask.Lines, ask.Reason); err != nil {
			return err
		}
		open, err := tx.InvoiceOpen(issued.ID)
		effect = CreditEffect{Note: c.note, Left: c.left.Total.Add(c.note.Total), SetOff: lesser(open, c.note.Total.Neg())}
		effect.Open = c.note.Total.Neg().Sub(effect.SetOff)
		return err
	})
	return effect, err
}

// Creditable reads an issued invoice, by its printed number or its ID, and what can still be
// credited of each of its lines.
func (f *Flow) Creditable(ctx context.Context, number string) (issued Issued, left []money.Amount, err error) {
	err = f.Store.Read(ctx, func(tx Tx) error {
		if issued, err = creditable(tx, number); err != nil {
			return err
		}
		rest, _, err := remainderOf(tx, &issued)
		if err != nil {
			return err
		}
		room, err := roomOf(tx, &issued)
		if err != nil {
			return err
		}
		for i := range issued.Lines {
			nothing := money.NewAmount(0, issued.Currency)
			// Each line is looked at as if it were the only one.
			chosen, err := rest.Choose(&issued.Invoice, maps.Clone(room), []billing.CreditAsk{{Line: i + 1}})
			var refusal *billing.Refusal
			switch {
			case errors.As(err, &refusal):
				left = append(left, nothing)
			case err != nil:
				return err
			default:
				left = append(left, chosen[0].Invoiced)
			}
		}
		return nil
	})
	return issued, left, err
}

// roomOf is what the subscriptions and periods on an invoice have left.
func roomOf(tx Tx, issued *Issued) (billing.Room, error) {
	room := billing.Room{}
	for _, id := range contractsOn(issued) {
		book, err := tx.BookPlan(id, true)
		if err != nil {
			return nil, err
		}
		room.Add(&book.Book)
	}
	return room, nil
}

func lesser(a, b money.Amount) money.Amount {
	if a.Sub(b).Sign() > 0 {
		return b
	}
	return a
}

// creditable reads an invoice of which something can be credited.
func creditable(tx Tx, number string) (Issued, error) {
	issued, err := tx.InvoiceGet(number)
	if err != nil {
		return issued, err
	}
	number = PrintedNumber(&issued)
	switch {
	case issued.VoidedBy != "":
		return issued, &billing.Refusal{Code: "credit_of_void", Sentence: number + " was taken back: nothing is left of it to credit"}
	case issued.CreditNote || issued.Corrects != "":
		return issued, &billing.Refusal{Code: "credit_of_credit_note", Sentence: number + " is a credit note itself; credit the invoice that charged"}
	}
	return issued, nil
}

// crediting is one credit note while it is made.
type crediting struct {
	tx       Tx
	catalog  *Catalog
	issued   *Issued
	today    calendar.Date
	left     billing.Remainder
	earlier  int
	credited []billing.CreditedLine
	note     Issued
}

// choose decides what is credited, against all that is left, and writes the note.
func (c *crediting) choose(asks []billing.CreditAsk, reason string) (err error) {
	reason = PlainText(reason)
	switch {
	case reason == "":
		return wrong(Source{}, "reason: it is missing; say why it is credited: the note prints it")
	case len([]rune(reason)) > reasonMost:
		return wrong(Source{}, "reason: it has more than %d characters; the note prints it on every line", reasonMost)
	}
	if c.left, c.earlier, err = remainderOf(c.tx, c.issued); err != nil {
		return err
	}
	room, err := roomOf(c.tx, c.issued)
	if err != nil {
		return err
	}
	if c.credited, err = c.left.Choose(&c.issued.Invoice, room, asks); err != nil {
		return err
	}
	invoice, err := c.catalog.CreditNote(&c.issued.Invoice, &c.left, c.credited, c.today, PrintedNumber(c.issued), reason)
	if err != nil {
		return err
	}
	c.note = noteFor(c.issued, invoice)
	c.note.ID = fmt.Sprintf("%s%s%d", c.issued.ID, creditedSuffix, c.earlier+1)
	return nil
}

// noteFor is a credit note for an invoice: addressed and printed as that was, due at once.
func noteFor(issued *Issued, invoice billing.Invoice) Issued {
	note := *issued
	note.Invoice = invoice
	note.Corrects, note.Series, note.Number, note.Run = issued.ID, SeriesCreditNote, 0, 0
	note.DueOn = invoice.Date
	return note
}

// remainderOf is what credit notes have left of an invoice, and how many there were.
func remainderOf(tx Tx, issued *Issued) (left billing.Remainder, notes int, err error) {
	left = billing.NewRemainder(&issued.Invoice)
	rows, err := tx.CreditRows(issued.ID)
	if err != nil || len(rows) == 0 {
		return left, 0, err
	}
	before, err := tx.InvoiceNotes(issued.ID)
	if err != nil {
		return left, 0, err
	}
	for _, part := range noteParts(rows) {
		at := slices.IndexFunc(before, func(n Issued) bool { return n.ID == part[0].Note })
		if at < 0 || !left.Less(linesOf(part), &before[at].Invoice) {
			return left, notes, fmt.Errorf("credit note %s of invoice %s is not what the log says of it: verify the book", part[0].Note, issued.ID)
		}
		notes++
	}
	return left, notes, nil
}

// noteParts are the rows of one invoice by their notes, in the order of the log.
func noteParts(rows []CreditRow) (parts [][]CreditRow) {
	for i, row := range rows {
		if i == 0 || row.Note != rows[i-1].Note {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], row)
	}
	return parts
}

func linesOf(rows []CreditRow) []billing.CreditedLine {
	lines := make([]billing.CreditedLine, len(rows))
	for i := range rows {
		lines[i] = rows[i].CreditedLine
	}
	return lines
}

func (r *recorder) credit(e *Event) error {
	_, err := r.creditNote(e)
	return UnknownField(e.At, "invoice", e.Invoice, err)
}

// creditNote records a credit and issues its note.
func (r *recorder) creditNote(e *Event) (Issued, error) {
	if e.On != r.today || e.Effective != e.On {
		return Issued{}, wrong(e.At, "on: %s is not today, and a credit note is issued at once (expected %s, without effective)", e.On, r.today)
	}
	issued, err := creditable(r.tx, e.Invoice)
	if err != nil {
		return Issued{}, placed(e.At, err)
	}
	books, err := r.openAll(contractsOn(&issued))
	if err != nil {
		return Issued{}, err
	}
	// Nobody writes to its contracts from now on: what was read before may be out of date.
	if issued, err = creditable(r.tx, issued.ID); err != nil {
		return Issued{}, err
	}
	c := crediting{tx: r.tx, catalog: r.catalog, issued: &issued, today: r.today}
	if err := c.choose(e.Credits, e.Reason); err != nil {
		return Issued{}, placed(e.At, err)
	}
	notes := []Issued{c.note}
	if err := r.f.number(r.tx, 0, notes); err != nil {
		return Issued{}, err
	}
	entry, err := ledger.OfInvoice(&notes[0].Invoice)
	if err != nil {
		return Issued{}, err
	}
	if err := r.tx.ChunkWrite(Chunk{Invoices: notes, Entries: []ledger.Entry{entry}}); err != nil {
		return Issued{}, err
	}
	if err := r.creditLines(e, &c, books); err != nil {
		return Issued{}, err
	}
	return notes[0], setOff(r.tx, issued.ID, c.note.ID)
}

// creditLines puts the lines of a note on the log. Each contract knows them from the first
// day that it has not been billed through, also where that lies before today: a run that
// catches up on a missed invoice must not give back what is credited by then.
func (r *recorder) creditLines(e *Event, c *crediting, books map[billing.ContractID]*OpenBook) error {
	name := e.ID
	if name == "" {
		name = c.note.ID
	}
	entries, rows := make([]LogEntry, len(c.credited)), make([]CreditRow, len(c.credited))
	for i, credited := range c.credited {
		line := &c.issued.Lines[credited.Line-1]
		entries[i] = r.entryFor(e, books[line.Contract])
		entries[i].KnownOn = books[line.Contract].Cursor.Through.AddDays(1)
		entries[i].ID, entries[i].Subscription = chargeName(name, i+1), line.Key.Subscription
		rows[i] = CreditRow{Contract: line.Contract, Invoice: c.issued.ID, Note: c.note.ID, CreditedLine: credited, Reason: PlainText(e.Reason),
			RecordedOn: e.On, KnownOn: entries[i].KnownOn}
	}
	return r.tx.CreditsAppend(entries, rows)
}

// openAll takes contracts for writing, in the order of their ids.
func (r *recorder) openAll(ids []billing.ContractID) (map[billing.ContractID]*OpenBook, error) {
	slices.Sort(ids)
	books := make(map[billing.ContractID]*OpenBook, len(ids))
	for _, id := range ids {
		book, err := r.open(id)
		if err != nil {
			return nil, err
		}
		books[id] = book
	}
	return books, nil
}

// placed says where wrong input stands, if it was read from a file.
func placed(at Source, err error) error {
	var input *InputError
	if at.File == "" || !errors.As(err, &input) || input.At.File != "" {
		return err
	}
	return &InputError{At: at, Err: input.Err}
}
