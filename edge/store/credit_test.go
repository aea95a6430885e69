package store_test

import (
	"slices"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// wholeReversal takes an invoice back of which nothing was credited before.
func wholeReversal(invoice flow.Issued, on calendar.Date) flow.Issued {
	left := billing.NewRemainder(&invoice.Invoice)
	return flow.Reversal(&invoice, &left, on)
}

// partOf is a credit note over 40.00 of the first line of an invoice, and its row of the log.
func partOf(invoice flow.Issued, on string) (flow.Issued, flow.CreditRow) {
	row := flow.CreditRow{Contract: invoice.Lines[0].Contract, Invoice: invoice.ID, Note: invoice.ID + "/credit/1", Reason: "goodwill", RecordedOn: day(on), KnownOn: day(on).AddDays(1),
		CreditedLine: billing.CreditedLine{Line: 1, Invoiced: eur(4000), Amount: eur(4000)}}
	note := wholeReversal(invoice, day(on))
	note.ID, note.Number, note.Lines = row.Note, 1, note.Lines[:1]
	note.Lines[0].Kind, note.Lines[0].Quantity = billing.LineCredit, decimalOf("0")
	note.Lines[0].Gross, note.Lines[0].Discount, note.Lines[0].Amount = eur(-4000), eur(0), eur(-4000)
	note.Lines[0].InvoicedGross, note.Lines[0].InvoicedDisc, note.Lines[0].InvoicedAt = eur(-4000), eur(0), eur(-4000)
	return note, row
}

func TestCreditsAreReadWithTheirContract(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		b.contract("c")
		b.contract("d")
		b.subscribe("c", "s", "2026-01-01")
		b.subscribe("d", "t", "2026-01-01")
		invoice, other := plainInvoice("c", "s", "2026-01-01"), plainInvoice("d", "t", "2026-01-01")
		b.issue(invoice)
		b.issue(other)
		note, row := partOf(invoice, "2026-01-10")
		b.issue(note)
		b.write(func(tx flow.Tx) {
			must(t, tx.CreditsAppend([]flow.LogEntry{{Do: flow.DoCredit, ID: note.ID, Contract: "c", Subscription: "s", RecordedOn: row.RecordedOn, KnownOn: row.KnownOn,
				EffectiveOn: row.RecordedOn}}, []flow.CreditRow{row}))
		})
		credits := b.bookOf("c").Credits
		same(t, "its contract's", len(credits), 1)
		row.Seq = credits[0].Seq
		line := &invoice.Lines[0]
		want := billing.Credit{Seq: row.Seq, Key: line.Key, PeriodTo: line.PeriodTo, Amount: eur(4000), KnownOn: day("2026-01-11")}
		same(t, "as billing reads it", credits[0], want)
		same(t, "no other's", len(b.bookOf("d").Credits), 0)
		billed := func() (amounts []string) {
			b.read(func(tx flow.Tx) {
				must(t, tx.LinesBilled([]billing.ContractID{"c"}, calendar.Period{From: day("2026-01-01"), To: day("2026-02-01")}, func(l flow.LineBilled) bool {
					amounts = append(amounts, l.Amount.String())
					return true
				}))
			})
			slices.Sort(amounts)
			return amounts
		}
		same(t, "revenue knows it", billed(), []string{"-40.00", line.Amount.String()})
		b.read(func(tx flow.Tx) {
			same(t, "by invoice", got[[]flow.CreditRow](t)(tx.CreditRows(invoice.ID)), []flow.CreditRow{row})
			same(t, "none", len(got[[]flow.CreditRow](t)(tx.CreditRows(other.ID))), 0)
			same(t, "by group", got[[]flow.CreditRow](t)(tx.CreditRowsOf("contract:a", "contract:c")), []flow.CreditRow{row})
			same(t, "beyond the group", len(got[[]flow.CreditRow](t)(tx.CreditRowsOf("contract:d", "contract:z"))), 0)
			notes := got[[]flow.Issued](t)(tx.InvoiceNotes(invoice.ID))
			same(t, "its notes", []int{len(notes), len(notes[0].Lines)}, []int{1, 1})
			same(t, "and of a note none", len(got[[]flow.Issued](t)(tx.InvoiceNotes(note.ID))), 0)
		})
		void := wholeReversal(invoice, day("2026-01-20"))
		void.Number = 2
		b.issue(void)
		b.write(func(tx flow.Tx) { must(t, tx.InvoiceVoid(invoice.ID, void.ID, day("2026-01-21"))) })
		want.VoidedOn = day("2026-01-21")
		same(t, "void with its invoice", b.bookOf("c").Credits, []billing.Credit{want})
		same(t, "and no revenue any more", len(billed()), 0)
		same(t, "nor billed", len(b.bookOf("c").Billed), 0)
	})
}
