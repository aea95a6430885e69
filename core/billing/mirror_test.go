package billing_test

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// charge is a row of the provider: a cycle's, or from a day inside it to its end,
// charged or given back. Its id may be that of a row told before.
func (g gen) charge(start fact, on calendar.Date) fact {
	began, months := start.sub.Entries[0].EffectiveOn, pick(g, 1, 1, 1, 12, 3)
	k := g.n(0, 14/months)
	if g.one(5) {
		k = -g.n(1, 3) / months
	}
	r := billing.ProviderCharge{
		ID: "row" + strconv.Itoa(g.n(0, 24)), Subscription: start.id, KnownOn: on, Quantity: g.seats(0),
		Period: calendar.Period{From: began.AddMonths(k * months), To: began.AddMonths((k + 1) * months)},
		Type:   pick(g, billing.ChargeCycle, billing.ChargeCycle, billing.ChargeNew, billing.ChargeRenew, billing.ChargeOther),
		Cost:   g.price(), UnitPrice: g.price(), EffectivePrice: g.price(),
	}
	if on.Before(r.Period.From) && !g.one(6) {
		on = r.Period.From.AddDays(g.n(0, 45))
	}
	if g.one(2) {
		r.Type = pick(g, billing.ChargeAddQuantity, billing.ChargeRemoveQuantity, billing.ChargeCancel, billing.ChargeConvert, billing.ChargeCredit)
		r.Period.From = r.Period.From.AddDays(g.n(0, r.Period.Days()-1))
	}
	if g.one(3) {
		r.EffectivePrice, r.Cost = r.EffectivePrice.Neg(), r.Cost.Neg()
	}
	if g.one(4) {
		r.Currency = currency(pick(g, "USD", "EUR", "JPY"))
	}
	if g.one(6) {
		r.SKU = pick(g, "licence", "suite", "telephony")
	}
	return fact{on: on, do: doCharge, id: start.id, charge: r}.knownOn(on)
}

func (f fact) knownOn(on calendar.Date) fact {
	f.record(on)
	return f
}

// mirror records a provider's row: told again as it was last it changes nothing,
// told otherwise it takes the place of what was told before.
func (s *story) mirror(f *fact) error {
	sub := s.find(f.id)
	if sub == nil {
		return errUnknown
	}
	if err := billing.JudgeCharge(&s.contract, sub, &f.charge); err != nil {
		return err
	}
	for i := len(s.log.Charges) - 1; i >= 0; i-- {
		if r := &s.log.Charges[i]; r.ID == f.charge.ID {
			if r.SameAs(&f.charge) {
				return errUnknown
			}
			if r.VoidedOn.IsZero() {
				r.VoidedOn = f.on
			}
			break
		}
	}
	s.log.Charges = append(s.log.Charges, f.charge)
	return nil
}

// mirroring makes a story one of a contract that bills like the provider.
func mirroring(g gen) {
	c := &g.s.contract
	c.Schedule, c.Collect = billing.Mirror, billing.Due
	start := g.start("m", c.Start, billing.License)
	g.s.facts = append(g.s.facts, start)
	for range g.n(1, 12) {
		g.s.facts = append(g.s.facts, g.charge(start, start.on.AddDays(g.n(0, 480))))
	}
	g.s.facts = sortFacts(g.s.facts, make([]int, len(g.s.facts)))
}

// recurring makes a story that bills like the provider one that counts its own
// periods; the rows are refused then.
func recurring(g gen) {
	if g.s.contract.Schedule == billing.Mirror {
		g.s.contract.Schedule = billing.Flexi
	}
}

// No row of the provider is billed twice and none is lost; nothing else is billed
// beside it; what is void is taken back to nothing.
func TestRowsAreBilledOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending, mirroring)
		p := played(t, s)
		if p.stuck != nil {
			t.Skip(p.stuck)
		}
		firsts, amounts := map[billing.LineKey]int{}, map[string]int64{}
		standing := p.standing()
		for i := range standing {
			l := &standing[i]
			sub := s.find(l.Key.Subscription)
			if sub == nil || sub.Kind == billing.Usage {
				continue
			}
			if !strings.HasPrefix(l.Key.Part, "charge:") {
				t.Fatalf("%s\na mirror contract bills %s %s of %s itself", s, l.Key.Subscription, l.Amount, l.From)
			}
			if l.Kind != billing.LineAdjustment {
				firsts[l.Key]++
			}
			amounts[string(l.Key.Subscription)+l.Key.Part] += l.Amount.Minor()
		}
		for key, n := range firsts {
			if n > 1 && len(s.log.Voided) == 0 {
				t.Fatalf("%s\n%v is billed %d times\n%s", s, key, n, draftsText(p.drafts))
			}
		}
		wants := map[string]bool{}
		for i := range s.log.Charges {
			r := &s.log.Charges[i]
			if start := s.find(r.Subscription).Entries[0]; r.VoidedOn.IsZero() && start.VoidedOn.IsZero() && (!start.Waiting || !start.ReleasedOn.IsZero()) {
				key := string(r.Subscription) + "charge:" + r.Period.To.String() + "/" + r.ID
				wants[key] = true
				if _, billed := amounts[key]; !billed {
					t.Fatalf("%s\n%s is lost\n%s", s, key, draftsText(p.drafts))
				}
			}
		}
		for key, amount := range amounts {
			if !wants[key] && amount != 0 {
				t.Fatalf("%s\n%s does not stand, and %d is billed\n%s", s, key, amount, draftsText(p.drafts))
			}
		}
	})
}

// With a price for every sku, a row comes to that price for the row's quantity and
// the plan's months, in the row's own proportion; what has none to its cost.
func TestRowsArePricedByHand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending, mirroring, func(g gen) {
			plain(g)
			g.s.contract.Schedule = billing.Mirror
			for i := range g.s.facts {
				g.s.facts[i].sub.Entries = append([]billing.Entry(nil), g.s.facts[i].sub.Entries...)
				if f := &g.s.facts[i]; f.do == doStart {
					f.sub.Entries[0].HasPrice = false
				}
				g.s.facts[i].charge.Currency = g.s.contract.Currency
				if e := &g.s.facts[i].entry; e.HasPrice || e.Verb == billing.SetPrice {
					*e = billing.Entry{Verb: billing.Resume, RecordedOn: e.RecordedOn, KnownOn: e.KnownOn, EffectiveOn: e.EffectiveOn}
				}
			}
		})
		p := played(t, s)
		amounts := map[billing.LineKey]int64{}
		for _, l := range p.standing() {
			l.Key.Period, l.Key.Day = calendar.Date{}, calendar.Date{}
			amounts[l.Key] += l.Amount.Minor()
		}
		for i := range s.log.Charges {
			r := &s.log.Charges[i]
			sub := s.find(r.Subscription)
			start := &sub.Entries[0]
			if !r.VoidedOn.IsZero() || !start.VoidedOn.IsZero() || start.Waiting && start.ReleasedOn.IsZero() {
				continue
			}
			exact := r.Cost.Ratio().Mul(money.One().Add(sub.Markup.Ratio().Div(money.Whole(100))))
			if r.SKU != "telephony" && r.Type != billing.ChargeCredit && !r.UnitPrice.IsZero() {
				exact = money.Whole(36500 * int64(sub.Billing.Months)).Mul(r.Quantity.Ratio()).Mul(r.EffectivePrice.Ratio()).Div(r.UnitPrice.Ratio())
			}
			want, err := money.RoundTo(exact, s.contract.Currency)
			got := amounts[billing.LineKey{Subscription: r.Subscription, Part: "charge:" + r.Period.To.String() + "/" + r.ID}]
			if err != nil || got != want.Minor() {
				t.Fatalf("%s\n%+v is billed %d, not %s (%v)\n%s", s, *r, got, want, err, draftsText(p.drafts))
			}
		}
	})
}

// However often billing runs and whichever way it computes, a mirror contract is
// billed the same, to the byte.
func TestRunsDoNotMatterToRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, mirroring)
		every := rapid.SampledFrom([]int{7, 30, 3, 91}).Draw(t, "every")
		now := func(day calendar.Date) bool { return s.first.DaysUntil(day)%every == 0 }
		daily := drafts(t, s, "daily", false, always)
		same(t, s, "daily", daily, "once at the end", drafts(t, s, "once", false, never))
		same(t, s, "daily", daily, "now and then", drafts(t, s, "now and then", false, now))
		same(t, s, "daily", daily, "whole, now and then", drafts(t, s, "whole", true, now))
	})
}
