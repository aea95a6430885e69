package flow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// ProviderBillReport counts what came of reading a provider's invoices.
type ProviderBillReport struct {
	// Invoices were read, Unchanged were there already, Unreadable were left as they were.
	Invoices, Unchanged, Unreadable int64
	Lines                           int64
	// Read are the ids of the invoices that were read now, or earlier and not reconciled
	// since: what follows from them, such as their usage, may not have been done.
	Read []string
}

// FollowBill imports the provider's invoices dated on or after a day, and what is
// not billed yet where the provider tells. An invoice is replaced whole where its
// rows changed, and left alone where a row of it cannot be read: nothing is
// half-written, and an exception says what is wrong.
func (f *Flow) FollowBill(ctx context.Context, id ConnectionID, p Provider, since calendar.Date) (report ProviderBillReport, err error) {
	if !p.Abilities().Invoices {
		return report, fmt.Errorf("invoices of %s: %w", id, ErrNotOffered)
	}
	var heads []ProviderInvoice
	for head, err := range p.Invoices(ctx, since) {
		if err != nil {
			return report, fmt.Errorf("invoices of %s: %w", id, err)
		}
		heads = append(heads, head)
	}
	if p.Abilities().UnbilledLines {
		connection, err := f.connection(ctx, id)
		if err != nil {
			return report, err
		}
		if connection.Currency.IsZero() {
			return report, fmt.Errorf("%w: connection %s has no currency, in which what is not billed yet is asked for", ErrInput, id)
		}
		heads = append(heads, ProviderInvoice{Currency: connection.Currency})
	}
	for _, head := range heads {
		if err := f.followInvoice(ctx, id, p, head, &report); err != nil {
			return report, fmt.Errorf("invoice %s of %s: %w", head.ID, id, err)
		}
	}
	return report, nil
}

func (f *Flow) connection(ctx context.Context, id ConnectionID) (c Connection, err error) {
	err = f.Store.Read(ctx, func(tx Tx) error { c, err = tx.ConnectionGet(id); return err })
	return c, err
}

func (f *Flow) followInvoice(ctx context.Context, id ConnectionID, p Provider, head ProviderInvoice, report *ProviderBillReport) error {
	same, open := false, false
	err := f.Store.Read(ctx, func(tx Tx) error {
		kept, err := tx.ProviderInvoiceGet(id, head.ID)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		same, open = err == nil && head.Stamp != "" && kept.Stamp == head.Stamp, kept.ReconciledAt.IsZero()
		return err
	})
	if err != nil {
		return err
	}
	if same && open {
		report.Read = append(report.Read, head.ID)
	}
	if same {
		report.Unchanged++
		return nil
	}
	lines, stop := begun(p.InvoiceLines(ctx, head))
	defer stop()
	kept, err := f.replaceInvoice(ctx, id, head, lines)
	var bad *unreadable
	if errors.As(err, &bad) {
		report.Unreadable++
		return f.open(ctx, Exception{Kind: ExceptionUnreadable, Subject: invoiceSubject(id, head.ID), Connection: id,
			Sentence: fmt.Sprintf("Invoice %s was not imported: %s", invoiceName(head.ID), bad), Todo: "Ask the provider for the file again, or tell us of the new form."})
	}
	if err != nil {
		return err
	}
	report.Invoices++
	report.Lines += kept.Lines
	report.Read = append(report.Read, head.ID)
	return f.closeInvoice(ctx, kept)
}

// closeInvoice hands an imported invoice's rows on and checks it; only then it
// bears its stamp, so that an import that was cut off is done again.
func (f *Flow) closeInvoice(ctx context.Context, kept KeptInvoice) error {
	if kept.ID != "" {
		err := f.followCharges(ctx, kept)
		if errors.Is(err, errReplaced) {
			return nil // Who replaced it hands on what it has now.
		}
		if err != nil {
			return err
		}
	}
	replaced := false
	err := f.write(ctx, func(tx Tx) error {
		now, err := tx.ProviderInvoiceGet(kept.Connection, kept.ID)
		if err != nil {
			return err
		}
		if replaced = !now.ImportedAt.Equal(kept.ImportedAt); replaced {
			return nil
		}
		return tx.ProviderInvoicePut(kept)
	})
	if err != nil || replaced {
		return err // Of what was imported meanwhile, who did it bears the stamp.
	}
	return f.checkInvoice(ctx, kept)
}

// rowsAhead is how many rows are waited for before any is written.
const rowsAhead = 10_000

// begun asks for the first rows at once, of most invoices for all. Until a provider
// gives them minutes may pass, and new keys of the connection be written down: that
// must not happen inside the transaction that takes the rows. Who gives more has to
// have them at hand by then.
func begun(lines iter.Seq2[ProviderLine, error]) (all iter.Seq2[ProviderLine, error], stop func()) {
	type read struct {
		line ProviderLine
		err  error
	}
	next, stop := iter.Pull2(lines)
	var ahead []read
	more := true
	for more && len(ahead) < rowsAhead {
		var one read
		if one.line, one.err, more = next(); more {
			ahead = append(ahead, one)
		}
	}
	return func(yield func(ProviderLine, error) bool) {
		for i := range ahead {
			if !yield(ahead[i].line, ahead[i].err) {
				return
			}
		}
		for more {
			var one read
			if one.line, one.err, more = next(); more && !yield(one.line, one.err) {
				return
			}
		}
	}, stop
}

// ImportBill imports one invoice from rows that somebody has, such as a file: the
// same as FollowBill for that invoice.
func (f *Flow) ImportBill(ctx context.Context, id ConnectionID, head ProviderInvoice, lines iter.Seq2[ProviderLine, error]) (KeptInvoice, error) {
	kept, err := f.replaceInvoice(ctx, id, head, lines)
	if err != nil {
		return kept, err
	}
	return kept, f.closeInvoice(ctx, kept)
}

// unreadable is rows that could not be read; the first few are named.
type unreadable struct {
	rows  []string
	count int
}

const rowsNamed = 5

func (u *unreadable) Error() string {
	text := fmt.Sprintf("%d rows cannot be read: %s", u.count, strings.Join(u.rows, "; "))
	if u.count > len(u.rows) {
		text += "; …"
	}
	return text
}

func (u *unreadable) Unwrap() error { return ErrInput }

// linesAhead is how many rows are parsed while others are written.
const linesAhead = 5000

// replaceInvoice writes an invoice and its rows in one transaction, with the sums of the rows.
func (f *Flow) replaceInvoice(ctx context.Context, id ConnectionID, head ProviderInvoice, lines iter.Seq2[ProviderLine, error]) (kept KeptInvoice, err error) {
	err = f.Store.Write(ctx, func(tx Tx) error {
		sums := lineSums{digits: head.Currency.Digits()}
		bad := &unreadable{}
		kept = KeptInvoice{ProviderInvoice: head, Connection: id, ImportedAt: f.Clock.Now().Truncate(time.Microsecond)}
		// The head comes first: who imports the same invoice, or bills its rows, waits for it.
		// The rows are read once, and could not be written a second time. Each import bears
		// another instant than the one before, whatever the clock says.
		before, err := tx.ProviderInvoiceHold(id, head.ID)
		if err != nil {
			return err
		}
		if !kept.ImportedAt.After(before) {
			kept.ImportedAt = before.Add(time.Microsecond)
		}
		gone, err := rowsBefore(tx, id, head.ID)
		if err != nil {
			return err
		}
		count, err := tx.ProviderLinesReplace(id, head.ID, func(yield func(ProviderLine, error) bool) {
			for line, err := range readAhead(lines, linesAhead) {
				if err == nil && !line.Charge.Currency.IsZero() && line.Charge.Currency != head.Currency && !head.Currency.IsZero() {
					err = wrong(line.At, "it is in %s (expected %s, as the invoice)", line.Charge.Currency, head.Currency)
				}
				var input *InputError
				if errors.As(err, &input) {
					if bad.count++; len(bad.rows) < rowsNamed {
						bad.rows = append(bad.rows, input.Error())
					}
					continue
				}
				if err == nil {
					sums.add(&line)
					delete(gone, line.Charge.ID)
				}
				if (err != nil || bad.count == 0) && !yield(line, err) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		if bad.count > 0 {
			return bad
		}
		kept.Lines, kept.LinesTotal, kept.TaxTotal = count, sums.decimal(sums.total), sums.decimal(sums.tax)
		unstamped := kept
		unstamped.Stamp = ""
		if err := tx.ProviderInvoicePut(unstamped); err != nil {
			return err
		}
		return f.takeBack(tx, id, head.ID, gone)
	})
	return kept, err
}

type lineSums struct {
	total, tax money.Ratio
	digits     int
}

func (s *lineSums) add(line *ProviderLine) {
	s.total = s.total.Add(line.Total.Ratio())
	s.tax = s.tax.Add(line.Tax.Ratio())
}

// sumDigitsMost is how many digits a sum of rows may need.
const sumDigitsMost = 12

func (s *lineSums) decimal(r money.Ratio) money.Decimal {
	return money.DecimalFrom(r, s.digits, sumDigitsMost)
}

// checkInvoice opens an exception where the rows do not come to the invoice's
// total, and settles what was open where they do.
func (f *Flow) checkInvoice(ctx context.Context, kept KeptInvoice) error {
	subject := invoiceSubject(kept.Connection, kept.ID)
	missing := kept.Total.Ratio().Sub(kept.LinesTotal.Ratio())
	return f.write(ctx, func(tx Tx) error {
		now := f.Clock.Now()
		if _, err := tx.ExceptionClose(ExceptionUnreadable, subject, "the next import", now); err != nil {
			return err
		}
		if kept.ID == "" || missing.Sign() == 0 {
			_, err := tx.ExceptionClose(ExceptionIncomplete, subject, "the next import", now)
			return err
		}
		amount := money.DecimalFrom(missing, kept.Currency.Digits(), sumDigitsMost)
		_, err := tx.ExceptionOpen(Exception{Kind: ExceptionIncomplete, Subject: subject, Connection: kept.Connection,
			Sentence: fmt.Sprintf("The %d rows of invoice %s come to %s %s, the invoice says %s.", kept.Lines, kept.ID, kept.LinesTotal, kept.Currency, kept.Total),
			Todo:     "Import the invoice again once the provider's file is complete.", Amount: amount, HasAmount: true, Currency: kept.Currency, OpenedAt: now, SeenAt: now})
		return err
	})
}

func invoiceSubject(id ConnectionID, invoice string) string { return string(id) + "/" + invoice }

// invoiceName is how an invoice is called in sentences.
func invoiceName(id string) string {
	if id == "" {
		return "(not billed yet)"
	}
	return id
}

// open opens an exception, seen now.
func (f *Flow) open(ctx context.Context, e Exception) error {
	e.OpenedAt = f.Clock.Now()
	e.SeenAt = e.OpenedAt
	return f.write(ctx, func(tx Tx) error { _, err := tx.ExceptionOpen(e); return err })
}

// FollowUsage takes rated usage into the book, as the provider billed it or, where
// ask names no invoice, as it stands. What cannot be taken, such as usage of a
// subscription that the book does not have, becomes an exception.
func (f *Flow) FollowUsage(ctx context.Context, id ConnectionID, p Provider, ask UsageAsk, each func(TakeLine)) (TakeReport, error) {
	failed := map[string]int{}
	report, err := f.Take(ctx, f.IntakesOfUsage(ctx, id, p.Usage(ctx, ask)), Actor{Who: "usage import", Source: providerDoor(id)}, func(line TakeLine) {
		if line.Outcome == Wrong || line.Outcome == Refused {
			failed[line.Why]++
		}
		each(line)
	})
	if err != nil {
		return report, err
	}
	for why, n := range failed {
		err := f.open(ctx, Exception{Kind: ExceptionUsage, Subject: string(id) + "/" + why, Connection: id,
			Sentence: fmt.Sprintf("%d usage records were not taken: %s", n, why), Todo: "Link or add the subscription, then import the usage again."})
		if err != nil {
			return report, err
		}
	}
	return report, nil
}
