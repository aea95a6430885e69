package store_test

import (
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

// wrongSums are the sums by day that are not what they are of comes to, a line each.
func (b *book) wrongSums() string {
	b.t.Helper()
	var lines []string
	b.read(func(tx flow.Tx) {
		for _, s := range got[[]flow.DaySum](b.t)(tx.DaySumsWrong()) {
			lines = append(lines, fmt.Sprint(s.Of, ": ", s.Kept, " ", s.Counted))
		}
	})
	return strings.Join(lines, "\n")
}

// sums are what is kept by day: contracts that are due, and what is open.
func (b *book) sums() string {
	b.t.Helper()
	var text strings.Builder
	must(b.t, b.Office().Read(b.t.Context(), func(tx office.Tx) error {
		must(b.t, tx.NextRuns(func(on calendar.Date, contracts int64) { fmt.Fprintf(&text, "%s %d; ", on, contracts) }))
		open, err := tx.ReceivableDays()
		for _, o := range open {
			fmt.Fprintf(&text, "%s %s of %d; ", o.DueOn, o.Open, o.Invoices)
		}
		return err
	}))
	return strings.TrimSuffix(text.String(), "; ")
}

func sumsByDayFollowWhatTheyAreOf(t *testing.T, b *book) {
	b.contract("c")
	b.contract("d")
	same(t, "two contracts that were never billed", b.sums(), " 2")
	invoice := plainInvoice("c", "s", "2026-01-01")
	b.issue(invoice, plainInvoice("d", "t", "2026-01-01"))
	for _, id := range []billing.ContractID{"c", "d"} {
		b.move(id, billing.Cursor{Next: 1, Through: day("2026-01-01"), DueOn: day("2026-02-01"), OpenAfter: day("2026-02-01")})
	}
	same(t, "both billed", b.sums(), "2026-02-01 2; 2026-01-31 238.00 of 2")
	settle := func(id string, minor int64) {
		b.write(func(tx flow.Tx) { must(t, tx.InvoiceSettle(id, eur(minor))) })
	}
	settle("c/2026-01-01", 1900)
	same(t, "a part is paid", b.sums(), "2026-02-01 2; 2026-01-31 219.00 of 2")
	settle("d/2026-01-01", 11900)
	same(t, "one is paid", b.sums(), "2026-02-01 2; 2026-01-31 100.00 of 1")
	settle("d/2026-01-01", -900)
	same(t, "some of it went back", b.sums(), "2026-02-01 2; 2026-01-31 109.00 of 2")
	note := wholeReversal(invoice, day("2026-01-20"))
	b.issue(note)
	b.write(func(tx flow.Tx) { must(t, tx.InvoiceVoid(invoice.ID, note.ID, day("2026-01-21"))) })
	same(t, "one is taken back, and due anew", b.sums(), " 1; 2026-02-01 1; 2026-01-20 -119.00 of 1; 2026-01-31 109.00 of 2")
	settle(note.ID, -11900)
	settle(invoice.ID, 10000)
	settle("d/2026-01-01", 900)
	same(t, "all is settled", b.sums(), " 1; 2026-02-01 1")
	err := b.Write(t.Context(), func(tx flow.Tx) error {
		must(t, tx.InvoiceSettle("d/2026-01-01", eur(-100)))
		return flow.ErrInput
	})
	wantError(t, err, flow.ErrInput)
	same(t, "what was not done is not counted", b.sums(), " 1; 2026-02-01 1")
}

// Sums that are not what they are of comes to are told, each with its day.
func TestAWrongSumIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := filled(t, url)
		same(t, "right", b.wrongSums(), "")
		raw(t, url, `UPDATE due_day SET contracts = contracts + 1 WHERE due_on = ''`, `UPDATE open_day SET owed = owed - 5, credits = credits + 2 WHERE due_on = '2026-01-31'`,
			`INSERT INTO open_day (due_on, currency, owed, invoices, credit, credits) VALUES ('2026-09-01', 'USD', 7, 0, 0, 0)`)
		same(t, "wrong", b.wrongSums(), "contracts due at once: 3 2\nopen on invoices due on 2026-01-31 in EUR: 12435 12440\n"+
			"credit notes that are open, due on 2026-01-31 in EUR: 2 0\nopen on invoices due on 2026-09-01 in USD: 7 0")
	})
}

// A book that is older than the sums gets them with its migration.
func TestSumsByDayAreCountedOfWhatIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		must(t, store.MigrateUntil(t.Context(), url, 25))
		raw(t, url, `UPDATE counter SET value = 1 WHERE name = 'stamp'`,
			`INSERT INTO account VALUES ('a', 1, 'A', '', '', '', 'DE', 'EUR', '', false, '', '', 0, 'A', '', 'DE', '', '', '', '')`,
			`INSERT INTO contract VALUES ('c', 'a', '', 'EUR', 'aligned', 'monthly', 1, '2026-01-01', '', 'advance', '', 0, 'due', '', '', 0, '', 0, '', '0', false, '', '', '', '', false, false, '')`,
			`INSERT INTO contract_cursor VALUES ('c', 'contract:c', 1, 1, '2026-01-01', '2026-02-01', '', '')`)
		for i, total := range []int64{11900, 100, -700, 50} {
			raw(t, url, fmt.Sprintf(`INSERT INTO invoice VALUES ('%[1]d', '', 'INV', %[1]d, 'invoice', 'a', 'c', 'contract:c', '2026-01-01', '2026-01-31', 'EUR', 0, 0, %[2]d, 1, 1, 1, 0, '', '', '', 50)`, i, total))
		}
		_, _, err := store.Migrate(t.Context(), url)
		must(t, err)
		b := openBook(t, url)
		same(t, "counted", b.sums(), "2026-02-01 1; 2026-01-31 119.00 of 2; 2026-01-31 -7.50 of 1")
		same(t, "right", b.wrongSums(), "")
	})
}
