// Package providertest is the contract of flow.Provider, as tests: what every
// adapter keeps, whichever provider stands behind it. An adapter's tests open a
// small world, say in a Fixture what is in it, and run it:
//
//	func TestTheContract(t *testing.T) {
//		providertest.Run(t, func(t *testing.T) providertest.Fixture { … })
//	}
//
// It owns what is common to all providers: streams, ids, once-only orders,
// honest abilities, lines that add up. What a single provider means by its words
// is for that adapter's own tests.
//
// A clause that a fixture gives no means to check is skipped and says so; one
// about something that the provider does not offer checks that it says that.
package providertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Stream names one of a provider's streams.
type Stream uint8

// The streams of flow.Provider.
const (
	Customers Stream = iota
	Holdings
	Events
	Prices
	Rates
	Promotions
	Invoices
	Lines
	Unbilled
	Usage
)

// String is the name used in what the tests say.
func (s Stream) String() string {
	return [...]string{"customers", "holdings", "events", "price sheet", "rates", "promotions", "invoices", "invoice lines", "unbilled lines", "usage"}[s]
}

// Fixture is a provider with a world behind it that nobody else touches.
type Fixture struct {
	Provider flow.Provider
	// Holdings are all customers of the world, each with the ids of all that it holds.
	Holdings map[string][]string

	// Since reaches back before the first invoice, SinceAt before the first event.
	Since   calendar.Date
	SinceAt time.Time
	// Prices, Month, Country, Segment and Usage ask for what the world has.
	Prices           flow.PriceSheetAsk
	Month            calendar.Date
	Country, Segment string
	Usage            []flow.UsageAsk

	// Order would be accepted, RefusedOrder not. Their References are the contract's.
	Order, RefusedOrder *flow.ProviderOrder
	// Change names a holding that is active and renews, and a quantity that it may
	// be given; RefusedChange would be refused.
	Change, RefusedChange *flow.ProviderChange
	// RenewalIsFixed says that the provider has no way to switch renewal off.
	RenewalIsFixed bool
	// Next is what may be scheduled for the renewal of Change's holding.
	Next *flow.HoldingNextTerm

	// Spoil makes one more row of a stream unreadable; all are done to one world, in
	// the order of the streams.
	Spoil map[Stream]func()
	// LoseAnswer lets the next request that changes something be done and its answer
	// be lost; LoseRequest lets it be lost before it is done.
	LoseAnswer, LoseRequest func()
	// Settle lets everything come to pass that the provider has accepted.
	Settle func()
}

// Run holds a provider to the contract; open is called anew for every clause.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range contract {
		t.Run(c.name, func(t *testing.T) {
			v := &verdict{ctx: t.Context()}
			c.check(v, open(t))
			for _, wrong := range v.wrong {
				t.Error(wrong)
			}
			if v.passedOver != "" && len(v.wrong) == 0 {
				t.Skip(v.passedOver)
			}
		})
	}
}

// contract is its clauses.
var contract = []struct {
	name  string
	check func(*verdict, Fixture)
}{
	{"what is not offered says so", honest},
	{"streams may be stopped and read again", stoppable},
	{"a cancelled context ends everything", cancellable},
	{"an unreadable row is named and the next follows", forgiving},
	{"customers and holdings keep their ids", identified},
	{"a holding is the same alone and in its list", agreeing},
	{"events name what changed", hinting},
	{"price rows can be used", pricing},
	{"rates are positive and promotions end after they begin", rating},
	{"invoices are those since a day", dated},
	{"lines add up to their invoice", adding},
	{"lines are not billed twice", unbilled},
	{"usage has keys of its own", metered},
	{"an order under one reference is placed once", orderedOnce},
	{"an order whose answer was lost is found", orderFound},
	{"an order that was lost is placed again", orderLost},
	{"changes can be seen", changed},
	{"renewal is switched off", unrenewed},
	{"a next term is scheduled and taken back", scheduled},
	{"suspended and resumed", suspended},
	{"cancelled", cancelled},
	{"a change whose answer was lost may be sent again", changeLost},
	{"a no says why and what to do", refused},
}

// verdict is what a clause found.
type verdict struct {
	ctx        context.Context
	wrong      []string
	passedOver string
}

func (v *verdict) say(format string, args ...any) {
	const most = 20
	if len(v.wrong) < most {
		v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
	}
}

func (v *verdict) skip(why string) { v.passedOver = why }

// must says that something failed that should not have.
func (v *verdict) must(what string, err error) bool {
	if err != nil {
		v.say("%s: %v", what, err)
	}
	return err == nil
}

func (f *Fixture) settle() {
	if f.Settle != nil {
		f.Settle()
	}
}

// reference is a UUID of the contract's own.
func reference(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

func same(a, b money.Decimal) bool { return a.Cmp(b) == 0 }
