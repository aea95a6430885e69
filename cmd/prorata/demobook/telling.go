package demobook

import (
	"fmt"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// teller tells plans in the order of recording and keeps the state that they
// are judged by, as whoever takes them in will.
type teller struct {
	*book
	subscriptions map[billing.SubscriptionID]*billing.Subscription
	// started are the same, in the order of their telling.
	started []*billing.Subscription
	held    map[billing.AccountID]bool
	// named are the events that a later one may take back, by their ids.
	named  map[string]place
	seq    int64
	events []flow.Event
	// left are written plans that could not be told, and why: none, in sound tables.
	left []string
}

// place is where an event's entry is: in the log of a subscription, or nowhere.
type place struct {
	of  *billing.Subscription
	seq int64
}

// told are the events until the last day, and the written plans that were left out.
func (b *book) told() (events []flow.Event, left []string) {
	t := &teller{book: b, subscriptions: map[billing.SubscriptionID]*billing.Subscription{}, held: map[billing.AccountID]bool{}, named: map[string]place{}}
	for _, p := range b.plans() {
		if p.On.After(b.until) {
			break
		}
		if err := t.tell(&p); err != nil {
			if p.written {
				t.left = append(t.left, fmt.Sprintf("%s %s %s%s%s%s: %v", p.On, p.Do, p.Subscription, p.ID, p.Account, p.Voids, err))
			}
			continue
		}
		t.events = append(t.events, p.Event)
	}
	return t.events, t.left
}

func (t *teller) tell(p *plan) error {
	t.seq++
	switch p.Do {
	case flow.DoSubscribe:
		return t.subscribe(&p.Event)
	case flow.DoOneTime:
		item := flow.ItemOf(&p.Event, t.product(p.SKU))
		t.named[p.ID] = place{}
		return billing.JudgeItem(&t.contract(p.Contract).Contract, &item)
	case flow.DoUsage:
		return t.usage(&p.Event)
	case flow.DoHold:
		t.held[p.Account] = true
	case flow.DoRelease:
		t.release(&p.Event)
	case flow.DoVoid:
		return t.void(&p.Event)
	case flow.DoListPrice, flow.DoCharge, flow.DoCredit:
	case flow.DoQuantity, flow.DoPrice, flow.DoCancel, flow.DoSuspend, flow.DoResume, flow.DoSchedule:
		return t.change(p)
	}
	return nil
}

func (t *teller) subscribe(e *flow.Event) error {
	c := t.contract(e.Contract)
	s := flow.SubscriptionOf(e, &c.Contract, t.product(e.SKU))
	s.Entries[0].Seq = t.seq
	if err := billing.JudgeStart(&c.Contract, &s, t.held[c.Account]); err != nil {
		return err
	}
	t.subscriptions[s.ID] = &s
	t.started = append(t.started, &s)
	t.named[e.ID] = place{&s, t.seq}
	return nil
}

func (t *teller) running(id billing.SubscriptionID) (*billing.Subscription, *flow.Contract, error) {
	s := t.subscriptions[id]
	if s == nil {
		return nil, nil, fmt.Errorf("%s is not told of", id)
	}
	return s, t.contract(s.Contract), nil
}

// change fills in the new quantity and asks whether the contract allows it.
func (t *teller) change(p *plan) error {
	s, c, err := t.running(p.Subscription)
	if err != nil {
		return err
	}
	if p.delta != 0 {
		seats, runs := billing.QuantityOn(&c.Contract, s, p.Effective)
		if !runs {
			return fmt.Errorf("%s does not run", s.ID)
		}
		if p.Quantity, p.HasQuantity = seats.Add(whole(p.delta)), true; p.Quantity.Cmp(money.DecimalOf(1)) < 0 {
			return fmt.Errorf("%s has %s seats", s.ID, seats)
		}
	}
	entry, _ := flow.EntryOf(&p.Event)
	entry.Seq = t.seq
	if err := billing.Judge(&c.Contract, s, &entry, t.held[c.Account]); err != nil {
		return err
	}
	s.Entries = append(s.Entries, entry)
	if p.ID != "" {
		t.named[p.ID] = place{s, t.seq}
	}
	return nil
}

// usage is told of what ran on the first day of the record.
func (t *teller) usage(e *flow.Event) error {
	s, c, err := t.running(e.Subscription)
	if err != nil {
		return err
	}
	if _, runs := billing.QuantityOn(&c.Contract, s, e.Period.From); !runs {
		return fmt.Errorf("%s does not run", s.ID)
	}
	if e.ID != "" {
		t.named[e.ID] = place{}
	}
	record := flow.UsageOf(e, t.seq)
	return billing.JudgeUsage(s, &record)
}

func (t *teller) release(e *flow.Event) {
	t.held[e.Account] = false
	for _, s := range t.started {
		if t.contract(s.Contract).Account != e.Account {
			continue
		}
		for i := range s.Entries {
			if entry := &s.Entries[i]; entry.Waiting && entry.ReleasedOn.IsZero() {
				entry.ReleasedOn = e.Effective
			}
		}
	}
}

func (t *teller) void(e *flow.Event) error {
	at, ok := t.named[e.Voids]
	if !ok {
		return fmt.Errorf("%s is not told of", e.Voids)
	}
	delete(t.named, e.Voids)
	if at.of == nil {
		return nil
	}
	for i := range at.of.Entries {
		if entry := &at.of.Entries[i]; entry.Seq == at.seq {
			entry.VoidedOn = e.On
		}
	}
	return nil
}
