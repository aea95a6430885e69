package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
)

// PrintedNumber is an invoice's number as people know it: INV-000042; the
// series of any seller but the default one begin with its id.
func PrintedNumber(issued *Issued) string {
	number := fmt.Sprintf("%s-%06d", issued.Series, issued.Number)
	if issued.Seller != DefaultSeller {
		return string(issued.Seller) + "-" + number
	}
	return number
}

// Void takes an issued invoice back with a credit note of the same lines, as far as
// earlier credit notes have left them, and opens what it billed for billing again. It gives
// the credit note.
func (f *Flow) Void(ctx context.Context, number string, actor Actor) (note Issued, err error) {
	err = Again(func() error {
		note, err = f.voidOnce(ctx, number)
		return err
	})
	if errors.Is(err, ErrUnknown) {
		return note, fmt.Errorf("invoice %s is %w", number, ErrUnknown)
	}
	if err != nil {
		return note, fmt.Errorf("void %s: %w", number, err)
	}
	f.Log.InfoContext(ctx, "invoice voided", "number", number, "credit_note", PrintedNumber(&note), "who", actor.Who)
	return note, nil
}

func (f *Flow) voidOnce(ctx context.Context, number string) (note Issued, err error) {
	err = f.Store.Write(ctx, func(tx Tx) error {
		issued, err := tx.InvoiceGet(number)
		if err != nil {
			return err
		}
		if issued.VoidedBy != "" {
			return &billing.Refusal{Code: "void_already", Sentence: number + " is void already"}
		}
		if issued.Corrects != "" {
			return &billing.Refusal{Code: "void_credit_note", Sentence: number + " takes an invoice back itself, or a part of it, and is not voided"}
		}
		note, err = f.voidWith(tx, &issued)
		return err
	})
	return note, err
}

// voidWith writes the credit note; billing counts the invoice as never billed
// from the first day through which none of its contracts was billed.
func (f *Flow) voidWith(tx Tx, issued *Issued) (Issued, error) {
	known := f.Today()
	for _, id := range contractsOn(issued) {
		book, err := tx.BookOpen(id)
		if err != nil {
			return Issued{}, err
		}
		known = dayAfter(known, book.Cursor.Through)
	}
	left, _, err := remainderOf(tx, issued)
	if err != nil {
		return Issued{}, err
	}
	note := Reversal(issued, &left, known)
	if len(note.Lines) == 0 {
		return Issued{}, &billing.Refusal{Code: "void_nothing_left", Sentence: PrintedNumber(issued) + " was credited whole: nothing is left to take back"}
	}
	note.IssuedAt = f.Clock.Now().UTC().Truncate(time.Microsecond)
	first, err := tx.NumbersTake(note.Seller, note.Series, 1)
	if err != nil {
		return Issued{}, err
	}
	note.Number = first
	entry, err := ledger.OfInvoice(&note.Invoice)
	if err != nil {
		return Issued{}, err
	}
	if err := tx.ChunkWrite(Chunk{Invoices: []Issued{note}, Entries: []ledger.Entry{entry}}); err != nil {
		return Issued{}, err
	}
	if err := tx.InvoiceVoid(issued.ID, note.ID, known); err != nil {
		return Issued{}, err
	}
	return note, setOff(tx, issued.ID, note.ID)
}

func contractsOn(issued *Issued) (ids []billing.ContractID) {
	seen := map[billing.ContractID]bool{}
	for i := range issued.Lines {
		if id := issued.Lines[i].Contract; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// Reversal is the credit note that takes an invoice back, dated on a day: what earlier
// credit notes have left of its lines, taxes and totals with the other sign, yet without a
// number.
func Reversal(issued *Issued, left *billing.Remainder, on calendar.Date) Issued {
	note := noteFor(issued, left.Rest(&issued.Invoice, on, PrintedNumber(issued)))
	note.ID = issued.ID + voidedSuffix
	return note
}
