package flow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/store"
	"prorata/flow"
)

// billClock stands still.
type billClock struct{ now time.Time }

func (c *billClock) Now() time.Time { return c.now }

// billingProvider bills what it is told to; all else it does not have.
type billingProvider struct {
	flow.Provider
	heads []flow.ProviderInvoice
	lines map[string][]flow.ProviderLine
	// broken gives an error in place of a row.
	broken map[string]error
	// before happens before the first row, between before each.
	before, between func()
}

func (p *billingProvider) Abilities() flow.Abilities { return flow.Abilities{Invoices: true} }

func (p *billingProvider) Invoices(context.Context, calendar.Date) iter.Seq2[flow.ProviderInvoice, error] {
	return func(yield func(flow.ProviderInvoice, error) bool) {
		for _, head := range p.heads {
			if !yield(head, nil) {
				return
			}
		}
	}
}

func (p *billingProvider) InvoiceLines(_ context.Context, head flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		if p.before != nil {
			p.before()
		}
		for _, line := range p.lines[head.ID] {
			if p.between != nil {
				p.between()
			}
			if !yield(line, nil) {
				return
			}
		}
		if err := p.broken[head.ID]; err != nil {
			yield(flow.ProviderLine{}, err)
		}
	}
}

type billStory struct {
	*testing.T
	flow     *flow.Flow
	provider *billingProvider
	clock    *billClock
}

func newBillStory(t *testing.T) *billStory {
	s, err := store.Open(t.Context(), "sqlite::memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	clock := &billClock{time.Date(2026, 3, 7, 8, 0, 0, 0, time.UTC)}
	f := &flow.Flow{Store: s, Clock: clock, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	err = s.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.ConnectionPut(flow.Connection{ID: "ms", Kind: "partnercenter"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &billStory{t, f, &billingProvider{lines: map[string][]flow.ProviderLine{}, broken: map[string]error{}}, clock}
}

func number(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

// bill is an invoice of March 2026 with a row for each total.
func (s *billStory) bill(id, stamp, total string, totals ...string) {
	eur, err := money.ParseCurrency("EUR")
	if err != nil {
		s.Fatal(err)
	}
	s.provider.heads = []flow.ProviderInvoice{{ID: id, Stamp: stamp, Total: number(total), Currency: eur}}
	s.provider.lines[id] = nil
	for i, text := range totals {
		s.provider.lines[id] = append(s.provider.lines[id], flow.ProviderLine{Holding: "h", Total: number(text), Tax: number("1"),
			Charge: billing.ProviderCharge{ID: fmt.Sprint("row ", i), Cost: number(text), Currency: eur}})
	}
}

func (s *billStory) follow() flow.ProviderBillReport {
	report, err := s.flow.FollowBill(s.Context(), "ms", s.provider, calendar.Date{})
	if err != nil {
		s.Fatal(err)
	}
	return report
}

func (s *billStory) exceptions() (sentences []string) {
	err := s.flow.Store.Read(s.Context(), func(tx flow.Tx) error {
		list, err := tx.ExceptionList(flow.ExceptionFilter{})
		for _, e := range list {
			sentences = append(sentences, e.Kind+": "+e.Sentence)
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return sentences
}

func (s *billStory) kept(id string) (kept flow.KeptInvoice) {
	err := s.flow.Store.Read(s.Context(), func(tx flow.Tx) (err error) { kept, err = tx.ProviderInvoiceGet("ms", id); return err })
	if err != nil {
		s.Fatal(err)
	}
	return kept
}

func TestAnInvoiceIsImportedOnceAndAgainWhenItChanged(t *testing.T) {
	s := newBillStory(t)
	s.bill("G1", "one", "30.00", "10.00", "20.00")
	if report := s.follow(); report.Invoices != 1 || report.Lines != 2 {
		t.Errorf("first: %+v", report)
	}
	if report := s.follow(); report.Invoices != 0 || report.Unchanged != 1 {
		t.Errorf("unchanged: %+v", report)
	}
	s.bill("G1", "two", "30.00", "10.00", "15.00", "5.00")
	if report := s.follow(); report.Invoices != 1 || report.Lines != 3 {
		t.Errorf("changed: %+v", report)
	}
	if kept := s.kept("G1"); kept.LinesTotal.String() != "30.00" || kept.TaxTotal.String() != "3.00" || kept.Stamp != "two" {
		t.Errorf("kept %+v", kept)
	}
	if open := s.exceptions(); open != nil {
		t.Errorf("exceptions: %q", open)
	}
}

func TestRowsThatDoNotComeToTheTotalAreAnException(t *testing.T) {
	s := newBillStory(t)
	s.bill("G1", "one", "30.00", "10.00")
	s.follow()
	open := s.exceptions()
	if len(open) != 1 || open[0] != "provider_invoice_incomplete: The 1 rows of invoice G1 come to 10.00 EUR, the invoice says 30.00." {
		t.Errorf("exceptions: %q", open)
	}
	s.bill("G1", "two", "30.00", "10.00", "20.00")
	s.follow()
	if open := s.exceptions(); open != nil {
		t.Errorf("it is complete, and still: %q", open)
	}
}

func TestAnInvoiceWithARowThatCannotBeReadIsLeftAsItWas(t *testing.T) {
	s := newBillStory(t)
	s.bill("G1", "one", "30.00", "10.00", "20.00")
	s.follow()
	s.bill("G1", "two", "30.00", "10.00", "20.00")
	s.provider.broken["G1"] = &flow.InputError{At: flow.Source{File: "recon.csv", Line: 7}, Err: errors.New("Subtotal: expected a number, not \"?\"")}
	if report := s.follow(); report.Unreadable != 1 || report.Invoices != 0 {
		t.Errorf("%+v", report)
	}
	if kept := s.kept("G1"); kept.Stamp != "one" || kept.Lines != 2 {
		t.Errorf("it was touched: %+v", kept)
	}
	open := s.exceptions()
	if len(open) != 1 || open[0] != `provider_invoice_unreadable: Invoice G1 was not imported: 1 rows cannot be read: recon.csv:7: Subtotal: expected a number, not "?"` {
		t.Errorf("exceptions: %q", open)
	}
	delete(s.provider.broken, "G1")
	s.follow()
	if kept := s.kept("G1"); kept.Stamp != "two" {
		t.Errorf("kept %+v", kept)
	}
	if open := s.exceptions(); open != nil {
		t.Errorf("it was read, and still: %q", open)
	}
}

func TestALostAnswerLeavesTheInvoiceAsItWas(t *testing.T) {
	s := newBillStory(t)
	s.bill("G1", "one", "30.00", "10.00", "20.00")
	s.follow()
	s.bill("G1", "two", "30.00", "30.00")
	s.provider.broken["G1"] = flow.ErrUnanswered
	if _, err := s.flow.FollowBill(t.Context(), "ms", s.provider, calendar.Date{}); !errors.Is(err, flow.ErrUnanswered) {
		t.Errorf("error %v", err)
	}
	if kept := s.kept("G1"); kept.Stamp != "one" || kept.Lines != 2 {
		t.Errorf("it was touched: %+v", kept)
	}
}

func TestSecretsComeOutAsTheyWentIn(t *testing.T) {
	s := newBillStory(t)
	vault := &flow.Vault{Flow: s.flow, Connection: "ms", Sealer: reversed{}}
	if token, err := vault.TokenLoad(t.Context(), "refresh"); token != "" || err != nil {
		t.Errorf("before: %q, %v", token, err)
	}
	for _, token := range []string{"first", "second"} {
		if err := vault.TokenSave(t.Context(), "refresh", token); err != nil {
			t.Fatal(err)
		}
		if is, err := vault.TokenLoad(t.Context(), "refresh"); is != token || err != nil {
			t.Errorf("%q, %v", is, err)
		}
	}
	vault.Connection = "px"
	if token, err := vault.TokenLoad(t.Context(), "refresh"); token != "" || err != nil {
		t.Errorf("of another connection: %q, %v", token, err)
	}
}

// reversed hides nothing; what is tested is that its form goes through the store.
type reversed struct{}

func (reversed) Seal(plain []byte, place string) []byte {
	return append([]byte(place+"\x00"), plain...)
}

func (reversed) Open(sealed []byte, place string) ([]byte, error) {
	head := len(place) + 1
	if len(sealed) < head || string(sealed[:len(place)]) != place {
		return nil, errors.New("of another place")
	}
	return sealed[head:], nil
}

// A provider that gives a new key while its rows are awaited has it kept: nobody
// holds the book meanwhile.
func TestAProviderMayTakeItsTimeBeforeTheFirstRow(t *testing.T) {
	s := newBillStory(t)
	s.bill("G1", "a", "2", "1", "1")
	kept := false
	s.provider.before = func() {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := s.flow.Store.Write(ctx, func(tx flow.Tx) error {
			_, err := tx.ConnectionPut(flow.Connection{ID: "other", Kind: "partnercenter"})
			return err
		})
		if kept = err == nil; !kept {
			t.Errorf("the book is held: %v", err)
		}
	}
	if report := s.follow(); report.Lines != 2 || !kept {
		t.Errorf("%+v", report)
	}
}

func TestAnImportThatWasOvertakenLeavesTheStampToTheOther(t *testing.T) {
	o := mirrored(t)
	o.clock.on("2026-02-07")
	o.clock.at = o.clock.at.Add(123 * time.Nanosecond)
	head := flow.ProviderInvoice{ID: "G1", On: day("2026-02-06"), Currency: currency("EUR"), Total: decimal("50.00"), Stamp: "first"}
	// The first has its rows written; before it bears its stamp, the second is imported whole.
	between := &interrupted{Store: o.Store}
	first := *o.Flow
	first.Store = between
	between.after = 1
	between.do = func() {
		o.clock.at = o.clock.at.Add(time.Second)
		newer := head
		newer.Stamp, newer.Total = "second", decimal("75.00")
		_, err := o.ImportBill(o.ctx, connection, newer, linesOf(row("row-1", "10", "50.00"), row("row-2", "5", "25.00")))
		must(t, err)
	}
	_, err := first.ImportBill(o.ctx, connection, head, linesOf(row("row-1", "10", "50.00")))
	must(t, err)
	o.write(func(tx flow.Tx) error {
		kept, err := tx.ProviderInvoiceGet(connection, "G1")
		if kept.Stamp != "second" || kept.Lines != 2 {
			t.Errorf("the invoice has %d rows under the stamp %s", kept.Lines, kept.Stamp)
		}
		return err
	})
	o.is("exceptions", o.exceptions(), "")

	// Nobody in between: it bears its own.
	head.Stamp = "third"
	_, err = o.ImportBill(o.ctx, connection, head, linesOf(row("row-1", "10", "50.00")))
	must(t, err)
	o.write(func(tx flow.Tx) error {
		kept, err := tx.ProviderInvoiceGet(connection, "G1")
		if kept.Stamp != "third" {
			t.Errorf("the stamp is %q", kept.Stamp)
		}
		return err
	})
}

// interrupted does something after so many transactions that write.
type interrupted struct {
	flow.Store
	after int
	do    func()
}

func (i *interrupted) Write(ctx context.Context, fn func(flow.Tx) error) error {
	err := i.Store.Write(ctx, fn)
	if i.after--; i.after == 0 {
		i.do()
	}
	return err
}

func linesOf(rows ...flow.ProviderLine) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Between two pages a provider's token may end, and the next one has to be kept.
func TestAKeyIsKeptBetweenTwoRows(t *testing.T) {
	o := mirrored(t)
	o.clock.on("2026-02-07")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	kept := 0
	provider := &billingProvider{
		heads: []flow.ProviderInvoice{{ID: "G1", On: day("2026-02-06"), Currency: currency("EUR"), Total: decimal("75.00")}},
		lines: map[string][]flow.ProviderLine{"G1": {row("row-1", "10", "50.00"), row("row-2", "5", "25.00")}},
		between: func() {
			if err := o.Store.Write(ctx, func(tx flow.Tx) error {
				return tx.SecretPut(connection, "refresh_token", []byte("sealed"), o.clock.Now())
			}); err != nil {
				t.Errorf("key %d is lost: %v", kept, err)
			}
			kept++
		},
	}
	report, err := o.FollowBill(ctx, connection, provider, day("2026-02-01"))
	if err != nil || report.Lines != 2 || kept != 2 {
		t.Errorf("%+v, %d keys: %v", report, kept, err)
	}
}

// Before anything is charged there is nothing to compare, and that is said.
func TestNothingThatIsNotBilledYetIsNothingToCompare(t *testing.T) {
	s := newBillStory(t)
	s.bill("", "", "0")
	s.follow()
	if _, err := s.flow.Reconcile(t.Context(), "ms", ""); !errors.Is(err, flow.ErrInput) {
		t.Errorf("error %v", err)
	}
}
