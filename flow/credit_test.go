package flow_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/ledger"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// credit credits lines of an invoice: "1:50.00" an amount, "2:25%" a share, "3" all that is left.
func (o *office) credit(number string, lines ...string) (flow.Issued, error) {
	return o.Credit(o.ctx, flow.CreditAsk{Invoice: number, Lines: asks(lines...), Reason: "goodwill"}, byHand)
}

// codeOf is the code of a refusal alone.
func (o *office) codeOf(err error) string { return strings.TrimSpace(refusalCode(err)) }

func asks(lines ...string) (list []billing.CreditAsk) {
	for _, text := range lines {
		var ask billing.CreditAsk
		number, amount, given := strings.Cut(text, ":")
		_, _ = fmt.Sscan(number, &ask.Line)
		if share, percent := strings.CutSuffix(amount, "%"); percent {
			ask.Percent, ask.HasPercent = decimal(share), true
		} else if given {
			ask.Amount, ask.HasAmount = decimal(amount), true
		}
		list = append(list, ask)
	}
	return list
}

func (o *office) credited(number string, lines ...string) string {
	o.t.Helper()
	note, err := o.credit(number, lines...)
	must(o.t, err)
	return flow.PrintedNumber(&note) + " " + note.Total.String()
}

// Credit notes are set against what is open; what was paid already is owed to the payer.
// A void takes back what they have left, and what it billed is billed anew, whole.
func TestCreditNotesAreSetOffAndAVoidTakesTheRest(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		o.clock.on("2026-02-03")
		o.is("a part", o.credited("INV-000001", "1:50.00"), "CN-000001 -50.00")
		o.is("is owed no more", o.owed(), "acme 70.00 [0.00 70.00 0.00 0.00 0.00 0.00]")
		o.verified(0)
		must(o.t, o.pay("INV-000001", "2026-02-03", "60.00"))
		o.is("a quarter", o.credited("INV-000001", "1:25%"), "CN-000002 -30.00")
		o.is("of which 10.00 was open", o.owed(), "acme -20.00 [0.00 0.00 0.00 0.00 0.00 -20.00]")
		o.verified(1)
		o.refused(o.pay("INV-000001", "2026-02-03", "1"), "nothing is open")
		must(o.t, o.pay("CN-000002", "2026-02-03", "-20.00"))
		o.is("paid back", o.owed(), "")
		note, err := o.Void(o.ctx, "INV-000001", byHand)
		must(o.t, err)
		o.is("the void", note.Total.String()+" "+flow.Explain(&note.Lines[0]),
			"-40.00 What was left of line 1 of INV-000001. 120.00 − 80.00 credited before, of which 40.00 is credited → -40.00")
		o.is("what was paid and not paid back", o.owed(), "acme -40.00 [0.00 0.00 0.00 0.00 0.00 -40.00]")
		o.verified(2)
		_, err = o.credit("INV-000001", "1:1")
		o.is("nothing is left of it", o.codeOf(err), "credit_of_void")
		_, err = o.credit("CN-000003", "1:1")
		o.is("a note charges nothing", o.codeOf(err), "credit_of_credit_note")
		o.bill("2026-03-01")
		o.is("billed anew, whole", o.owed(), "acme 200.00 [240.00 0.00 0.00 0.00 0.00 -40.00]")
		o.verified(2)
	})
}

// A credit between an invoice date that was missed and the run that catches up on it: the
// invoice of that date gives back only what the credit has left.
func TestACreditBeforeBillingCatchesUp(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		o.clock.on("2026-02-10")
		must(o.t, o.tell(flow.Event{Do: flow.DoPrice, ID: "less", Subscription: "s", Effective: day("2026-01-05"), Price: decimal("2"), HasPrice: true}))
		o.clock.on("2026-03-15")
		o.is("all but 5.00", o.credited("INV-000001", "1:115.00"), "CN-000001 -115.00")
		o.clock.on("2026-03-20")
		o.bill("2026-03-20")
		o.is("5.00 are given back of January, February is 20.00", o.owed(), "acme 20.00 [0.00 15.00 5.00 0.00 0.00 0.00]")
		o.verified(0)
	})
}

func TestWhatCannotBeCredited(t *testing.T) {
	o := openOffice(t)
	o.subscribe("acme-1", "s", "10", "2026-01-05")
	o.bill("2026-02-01")
	for lines, code := range map[string]string{"": "credit_nothing", "2": "credit_line_unknown", "0": "credit_line_unknown", "1:0": "credit_nothing", "1:120.01": "credit_exceeds",
		"1:0.001": "credit_digits", "1 1": "credit_line_twice", "1:-5": "credit_nothing"} {
		_, err := o.credit("INV-000001", strings.Fields(lines)...)
		o.is(lines, o.codeOf(err), code)
	}
	_, err := o.Credit(o.ctx, flow.CreditAsk{Invoice: "INV-000001", Lines: asks("1"), Reason: " \n"}, byHand)
	o.refused(err, "reason: it is missing")
	_, err = o.Credit(o.ctx, flow.CreditAsk{Invoice: "INV-000001", Lines: asks("1"), Reason: strings.Repeat("x", 301)}, byHand)
	o.refused(err, "300 characters")
	if _, err = o.credit("INV-000009", "1"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("an invoice that is not there: %v", err)
	}
	must(t, o.tell(flow.Event{Do: flow.DoCredit, ID: "sorry", Invoice: "INV-000001", Credits: asks("1"), Reason: "sorry"}))
	o.is("whole", o.owed(), "")
	_, err = o.Void(o.ctx, "INV-000001", byHand)
	o.is("nothing to take back", o.codeOf(err), "void_nothing_left")
	err = o.tell(flow.Event{Do: flow.DoVoid, Voids: "sorry"})
	o.is("for good", o.codeOf(err), "not_voidable")
	err = o.tell(flow.Event{Do: flow.DoCredit, On: day("2026-01-31"), Effective: day("2026-01-31"), Invoice: "INV-000001", Credits: asks("1"), Reason: "late"})
	o.refused(err, "issued at once")
	o.verified(0)
}

// What the preview says comes true, and the preview alone changes nothing.
func TestACreditIsPreviewed(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		must(o.t, o.pay("INV-000001", "2026-02-01", "100.00"))
		ask := flow.CreditAsk{Invoice: "INV-000001", Lines: asks("1:33%"), Reason: "an outage; two days"}
		effect, err := o.CreditPreview(o.ctx, ask)
		must(o.t, err)
		o.is("the effect", fmt.Sprint(effect.Note.Total, effect.Left, effect.SetOff, effect.Open), "-39.60 80.40 20.00 19.60")
		o.is("nothing changed", o.owed(), "acme 20.00 [20.00 0.00 0.00 0.00 0.00 0.00]")
		note, err := o.Credit(o.ctx, ask, byHand)
		must(o.t, err)
		effect.Note.Number, effect.Note.IssuedAt = note.Number, note.IssuedAt
		o.is("it came true", fmt.Sprintf("%+v", note), fmt.Sprintf("%+v", effect.Note))
		o.is("and is explained", flow.Explain(&note.Lines[0]), "Credit of 39.60 of line 1 of INV-000001: an outage, two days. 120.00, of which 39.60 is credited → -39.60")
		o.verified(1)
	})
}

// Several who credit the same line at once: what is left is credited once.
func TestALineIsNotCreditedTwiceAtOnce(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		var all sync.WaitGroup
		errs := make([]error, 5)
		for i := range errs {
			all.Go(func() {
				if i == 4 {
					_, errs[i] = o.Void(o.ctx, "INV-000001", byHand)
					return
				}
				_, errs[i] = o.credit("INV-000001", "1:100.00")
			})
		}
		all.Wait()
		credits := 0
		for i, err := range errs {
			switch {
			case err == nil && i < 4:
				credits++
			case err != nil && refusalCode(err) == "" && !errors.Is(err, flow.ErrMoved) && !errors.Is(err, flow.ErrBusy):
				o.t.Error(err)
			}
		}
		if credits > 1 {
			o.t.Errorf("credited %d times: %v", credits, errs)
		}
		o.verified(0)
	})
}

// Verify sees a credit note that nobody decided, and a decision without its note.
func TestVerifySeesWrongCredits(t *testing.T) {
	o := openOffice(t)
	o.subscribe("acme-1", "s", "10", "2026-01-05")
	o.bill("2026-02-01")
	_, err := o.credit("INV-000001", "1:20.00")
	must(t, err)
	effect, err := o.CreditPreview(o.ctx, flow.CreditAsk{Invoice: "INV-000001", Lines: asks("1:30.00"), Reason: "mine"})
	must(t, err)
	forged := effect.Note
	o.write(func(tx flow.Tx) error {
		first, err := tx.NumbersTake(forged.Seller, forged.Series, 1)
		forged.Number = first
		entry, err2 := ledger.OfInvoice(&forged.Invoice)
		return errors.Join(err, err2, tx.ChunkWrite(flow.Chunk{Invoices: []flow.Issued{forged}, Entries: []ledger.Entry{entry}}))
	})
	found, err := o.Verify(o.ctx, nil)
	must(t, err)
	o.is("a note that nobody decided", strings.Join(found.First, "; "), "credit note CN-000002: nothing in the log gives it")
	o.write(func(tx flow.Tx) error {
		rows, err := tx.CreditRows("acme-1/2026-02-01")
		row := rows[0]
		row.Note = "acme-1/2026-02-01/credit/3"
		return errors.Join(err, tx.CreditsAppend([]flow.LogEntry{{Do: flow.DoCredit, ID: "forged", Contract: "acme-1", Subscription: "s", RecordedOn: o.Today(), KnownOn: o.Today(), EffectiveOn: o.Today()}}, []flow.CreditRow{row}))
	})
	found, err = o.Verify(o.ctx, nil)
	must(t, err)
	o.is("a decision without a note", found.First[0], "credit acme-1/2026-02-01/credit/3 of invoice INV-000001: the log has it, and no credit note was issued")
}

// anyCredits credits, pays and takes back some of what was issued, at random.
func anyCredits(t *rapid.T, o *office) (credits int) {
	var issued []flow.Issued
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{WithLines: true}, func(i flow.Issued) bool { issued = append(issued, i); return true })
	}))
	for i := range issued {
		number := flow.PrintedNumber(&issued[i])
		line := fmt.Sprint(rapid.IntRange(1, len(issued[i].Lines)).Draw(t, "line"))
		share := fmt.Sprintf(":%d%%", rapid.IntRange(1, 100).Draw(t, "percent"))
		var err error
		switch rapid.IntRange(0, 6).Draw(t, "what") {
		case 0, 1:
			_, err = o.credit(number, line+share)
		case 2:
			_, err = o.credit(number, line)
		case 3:
			if err = o.pay(number, o.Today().String(), issued[i].Total.String()); errors.Is(err, flow.ErrInput) {
				err = nil
			}
			if err == nil {
				_, err = o.credit(number, line+share)
			}
		case 4:
			if _, err = o.credit(number, line+share); err == nil {
				credits++
				_, err = o.Void(o.ctx, number, byHand)
			}
		default:
			continue
		}
		if err == nil {
			credits++
		} else if refusalCode(err) == "" {
			t.Fatal(err)
		}
	}
	return credits
}

// Whatever is credited, and given back afterwards: the book can be derived again, billing
// twice adds nothing, no period with a credit comes below nothing, and the receivables are
// what the invoices come to less what was paid.
func TestCreditsLeaveTheBookWhole(t *testing.T) {
	credits := 0
	story := func(r *rapid.T, o *office) {
		anyBook(r, o)
		o.billUntil(o.Store, "2026-02-20")
		credits += anyCredits(r, o)
		o.clock.on(bookToday)
		anyReductions(r, o)
		until := bookToday
		if rapid.Bool().Draw(r, "credited before billing catches up") {
			until = "2026-04-20"
			o.clock.on(until)
			credits += anyCredits(r, o)
		}
		o.billUntil(o.Store, until)
		credits += anyCredits(r, o)
		o.billUntil(o.Store, "2026-07-20")
		before := invoicesText(o.t, o.Store, true)
		o.billUntil(o.Store, "2026-07-20")
		if after := invoicesText(o.t, o.Store, true); after != before {
			r.Fatalf("billed twice:\n%s\n%s", before, after)
		}
		found, err := o.Verify(o.ctx, nil)
		must(o.t, err)
		if found.Differences > 0 {
			r.Fatalf("%d differences: %v", found.Differences, found.First)
		}
		o.nothingBelow(r)
		o.nothingLost(r)
	}
	t.Run("sqlite", func(t *testing.T) {
		dir, n := t.TempDir(), 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			story(r, newOffice(t, filepath.Join(dir, fmt.Sprint(n))))
		})
		if credits == 0 {
			t.Error("nothing was credited in any book")
		}
	})
	t.Run("postgres", func(t *testing.T) {
		for seed := range 2 {
			rapid.Custom(func(r *rapid.T) bool { story(r, newOfficeAt(t, pgtest.NewDatabase(t))); return true }).Example(seed)
		}
	})
}

// anyReductions takes seats away from some subscriptions, now or back-dated, and takes some starts back.
func anyReductions(t *rapid.T, o *office) {
	subscriptions, _ := o.sold()
	for _, id := range subscriptions {
		e := flow.Event{Do: flow.DoQuantity, Subscription: id, ID: "less of " + string(id), HasQuantity: true, Quantity: decimal("1"), On: o.Today()}
		e.Effective = e.On.AddDays(-rapid.IntRange(0, 30).Draw(t, "back"))
		switch rapid.IntRange(0, 3).Draw(t, "reduction") {
		case 0:
		case 1:
			e.Do, e.HasQuantity = flow.DoCancel, false
		case 2:
			e = flow.Event{Do: flow.DoVoid, Voids: string(id), ID: "void of " + string(id)}
		default:
			continue
		}
		if err := o.tell(e); err != nil && refusalCode(err) == "" {
			o.t.Fatal(err)
		}
	}
}

// nothingBelow wants no recurring period that has a credit to be below nothing.
func (o *office) nothingBelow(t *rapid.T) {
	_, contracts := o.sold()
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		for _, id := range contracts {
			book, err := tx.BookPlan(id, true)
			if err != nil {
				return err
			}
			for i := range book.Credits {
				of, sum := book.Credits[i], int64(0)
				if of.Key.Part != "" || !of.VoidedOn.IsZero() || len(book.Voided) > 0 {
					continue
				}
				for _, c := range book.Credits {
					if c.Key.Subscription == of.Key.Subscription && c.Key.Period == of.Key.Period {
						sum -= c.Amount.Minor()
					}
				}
				for _, l := range book.Billed {
					if l.Key.Subscription == of.Key.Subscription && l.Key.Period == of.Key.Period {
						sum += l.Amount.Minor()
					}
				}
				if sum < 0 {
					t.Errorf("contract %s: the period of %s from %s has %d", id, of.Key.Subscription, of.Key.Period, sum)
				}
			}
		}
		return nil
	}))
}

// nothingLost wants the receivables to be what the invoices come to less what was paid.
func (o *office) nothingLost(t *rapid.T) {
	sums := map[string]int64{}
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		err := tx.InvoiceList(flow.InvoiceFilter{}, func(i flow.Issued) bool { sums[string(i.Payer)] += i.Total.Minor(); return true })
		list, err2 := tx.PaymentList(flow.PaymentFilter{})
		for _, p := range list {
			sums[string(p.Payer)] -= p.Amount.Minor()
		}
		open, err3 := tx.Receivables(nil)
		for _, r := range open {
			sums[string(r.Payer)] -= r.Open.Minor()
		}
		return errors.Join(err, err2, err3)
	}))
	for payer, left := range sums {
		if left != 0 {
			t.Errorf("%s: %d minor units are neither paid nor open", payer, left)
		}
	}
}
