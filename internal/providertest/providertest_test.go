package providertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

func TestTheLeastThatKeepsTheContract(t *testing.T) {
	Run(t, func(*testing.T) Fixture {
		m := newMemory()
		return m.fixture(m)
	})
}

func TestAProviderThatOffersNothingButReads(t *testing.T) {
	Run(t, func(*testing.T) Fixture {
		m := newMemory()
		m.can = flow.Abilities{Holdings: true}
		f := m.fixture(m)
		f.Order, f.RefusedOrder, f.Change, f.RefusedChange, f.Next, f.Usage, f.Spoil = nil, nil, nil, nil, nil, nil, nil
		return f
	})
}

// wrongly is a provider with one thing broken.
type wrongly struct {
	*memory
	customers func(iter.Seq2[flow.ProviderCustomer, error]) iter.Seq2[flow.ProviderCustomer, error]
	holdings  func(context.Context, iter.Seq2[flow.Holding, error]) iter.Seq2[flow.Holding, error]
	get       func(flow.Holding, error) (flow.Holding, error)
	events    func(flow.ProviderEvent) flow.ProviderEvent
	price     func(flow.PriceSheetRow) flow.PriceSheetRow
	rate      func(billing.Rate) billing.Rate
	invoices  func(calendar.Date) calendar.Date
	line      func(flow.ProviderLine) flow.ProviderLine
	usage     func(flow.RatedUsage) flow.RatedUsage
	order     func(*memory, flow.ProviderOrder) (flow.ProviderReceipt, error)
	find      func(flow.ProviderReceipt, error) (flow.ProviderReceipt, error)
	change    func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error)
}

func each[T any](rows iter.Seq2[T, error], do func(T) T) iter.Seq2[T, error] {
	if do == nil {
		return rows
	}
	return func(yield func(T, error) bool) {
		for row, err := range rows {
			if err == nil {
				row = do(row)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func (w *wrongly) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	if w.customers != nil {
		return w.customers(w.memory.Customers(ctx))
	}
	return w.memory.Customers(ctx)
}

func (w *wrongly) Holdings(ctx context.Context, customer string) iter.Seq2[flow.Holding, error] {
	if w.holdings != nil {
		return w.holdings(ctx, w.memory.Holdings(ctx, customer))
	}
	return w.memory.Holdings(ctx, customer)
}

func (w *wrongly) HoldingGet(ctx context.Context, customer, id string) (flow.Holding, error) {
	h, err := w.memory.HoldingGet(ctx, customer, id)
	if w.get != nil {
		return w.get(h, err)
	}
	return h, err
}

func (w *wrongly) Events(ctx context.Context, since time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return each(w.memory.Events(ctx, since), w.events)
}

func (w *wrongly) PriceSheet(ctx context.Context, ask flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	return each(w.memory.PriceSheet(ctx, ask), w.price)
}

func (w *wrongly) Rates(ctx context.Context, month calendar.Date) iter.Seq2[billing.Rate, error] {
	return each(w.memory.Rates(ctx, month), w.rate)
}

func (w *wrongly) Invoices(ctx context.Context, since calendar.Date) iter.Seq2[flow.ProviderInvoice, error] {
	if w.invoices != nil {
		since = w.invoices(since)
	}
	return w.memory.Invoices(ctx, since)
}

func (w *wrongly) InvoiceLines(ctx context.Context, invoice flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	return each(w.memory.InvoiceLines(ctx, invoice), w.line)
}

func (w *wrongly) Usage(ctx context.Context, ask flow.UsageAsk) iter.Seq2[flow.RatedUsage, error] {
	return each(w.memory.Usage(ctx, ask), w.usage)
}

func (w *wrongly) Order(ctx context.Context, order flow.ProviderOrder) (flow.ProviderReceipt, error) {
	if w.order != nil {
		return w.order(w.memory, order)
	}
	return w.memory.Order(ctx, order)
}

func (w *wrongly) OrderFind(ctx context.Context, order flow.ProviderOrder) (flow.ProviderReceipt, error) {
	r, err := w.memory.OrderFind(ctx, order)
	if w.find != nil {
		return w.find(r, err)
	}
	return r, err
}

func (w *wrongly) Change(ctx context.Context, c flow.ProviderChange) (flow.ProviderReceipt, error) {
	if w.change != nil {
		return w.change(w.memory, c)
	}
	return w.memory.Change(ctx, c)
}

// Each of these breaks one promise, and the clause that holds it must notice.
func TestEveryClauseCanFail(t *testing.T) {
	anew := 0
	fresh := func() string { anew++; return fmt.Sprintf("anew-%d", anew) }
	for _, c := range []struct {
		what, clause, says string
		broken             wrongly
	}{
		{"it says that it has no rates, and has", "what is not offered", "rates: offered is false", wrongly{rate: func(r billing.Rate) billing.Rate { return r }}},
		{"a list changes from reading to reading", "streams may be stopped", "not the same", wrongly{usage: func(u flow.RatedUsage) flow.RatedUsage { u.Key = fresh(); return u }}},
		{"it goes on when it should stop", "a cancelled context", "holdings: the context was cancelled", wrongly{holdings: func(_ context.Context, rows iter.Seq2[flow.Holding, error]) iter.Seq2[flow.Holding, error] {
			all := readAll(rows).rows
			return rowsOf(context.Background(), true, false, all)
		}}},
		{"an unreadable row is left out silently", "an unreadable row", "0 errors came", wrongly{customers: func(rows iter.Seq2[flow.ProviderCustomer, error]) iter.Seq2[flow.ProviderCustomer, error] {
			return func(yield func(flow.ProviderCustomer, error) bool) {
				for row, err := range rows {
					if (err == nil || !isRow(err)) && !yield(row, err) {
						return
					}
				}
			}
		}}},
		{"an unreadable row ends the stream", "an unreadable row", "ends the stream", wrongly{customers: func(rows iter.Seq2[flow.ProviderCustomer, error]) iter.Seq2[flow.ProviderCustomer, error] {
			return func(yield func(flow.ProviderCustomer, error) bool) {
				for row, err := range rows {
					if err != nil {
						yield(row, errors.New("the end"))
						return
					}
					if !yield(row, nil) {
						return
					}
				}
			}
		}}},
		{"a holding is given twice", "customers and holdings", "given twice", wrongly{holdings: func(_ context.Context, rows iter.Seq2[flow.Holding, error]) iter.Seq2[flow.Holding, error] {
			return each(rows, func(h flow.Holding) flow.Holding { h.ID = "h0"; return h })
		}}},
		{"a customer is forgotten", "customers and holdings", "(expected [", wrongly{customers: func(rows iter.Seq2[flow.ProviderCustomer, error]) iter.Seq2[flow.ProviderCustomer, error] {
			return func(yield func(flow.ProviderCustomer, error) bool) {
				for row, err := range rows {
					yield(row, err)
					return
				}
			}
		}}},
		{"a holding alone is another", "a holding is the same", "is not the one of the list", wrongly{get: func(h flow.Holding, err error) (flow.Holding, error) { h.AutoRenew = false; return h, err }}},
		{"a missing holding is no error", "a holding is the same", "expected ErrUnknown", wrongly{get: func(h flow.Holding, _ error) (flow.Holding, error) { return h, nil }}},
		{"events say nothing", "events name", "what to read anew", wrongly{events: func(e flow.ProviderEvent) flow.ProviderEvent { e.Holding = ""; return e }}},
		{"a price ends before it begins", "price rows", "ends before", wrongly{price: func(p flow.PriceSheetRow) flow.PriceSheetRow { p.To = day("2025-01-01"); return p }}},
		{"a rate of nothing", "rates are positive", "cannot be one", wrongly{rate: func(r billing.Rate) billing.Rate { r.Rate = money.Decimal{}; return r }}},
		{"all invoices, whatever the day", "invoices are those since", "is there: true", wrongly{invoices: func(calendar.Date) calendar.Date { return day("2026-01-01") }}},
		{"a line is a cent off", "lines add up", "they add up to", wrongly{line: func(l flow.ProviderLine) flow.ProviderLine { l.Total = l.Total.Add(decimal("0.01")); return l }}},
		{"lines have new ids each time", "lines add up", "and read again", wrongly{line: func(l flow.ProviderLine) flow.ProviderLine { l.Charge.ID = fresh(); return l }}},
		{"an unbilled line has an invoice", "lines are not billed", "is of invoice", wrongly{line: func(l flow.ProviderLine) flow.ProviderLine { l.Invoice = "G0"; return l }}},
		{"usage has one key for all", "usage has keys", "was there", wrongly{usage: func(u flow.RatedUsage) flow.RatedUsage { u.Key = "u"; return u }}},
		{"every try orders", "an order under one reference", "holdings came of it", wrongly{order: func(m *memory, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
			o.Reference = fresh()
			return m.Order(context.Background(), o)
		}}},
		{"nothing is ever found", "an order whose answer", "OrderFind of an order", wrongly{find: func(flow.ProviderReceipt, error) (flow.ProviderReceipt, error) {
			return flow.ProviderReceipt{}, flow.ErrUnknown
		}}},
		{"a lost order is thought done", "an order that was lost", "0 holdings came", wrongly{order: func(m *memory, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
			if m.request {
				m.request = false
				m.orders[o.Reference] = flow.ProviderReceipt{Number: "never"}
			}
			return m.Order(context.Background(), o)
		}}},
		{"changes are promised only", "changes can be seen", "and is 5", wrongly{change: func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error) { return flow.ProviderReceipt{}, nil }}},
		{"renewal stays", "renewal is switched", "and is on", wrongly{change: func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error) { return flow.ProviderReceipt{}, nil }}},
		{"nothing is scheduled", "a next term", "was scheduled", wrongly{change: func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error) { return flow.ProviderReceipt{}, nil }}},
		{"nothing is suspended", "suspended", "its status is", wrongly{change: func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error) { return flow.ProviderReceipt{}, nil }}},
		{"nothing is cancelled", "cancelled", "its status is", wrongly{change: func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error) { return flow.ProviderReceipt{}, nil }}},
		{"a change adds", "a change whose answer", "and it is", wrongly{change: func(m *memory, c flow.ProviderChange) (flow.ProviderReceipt, error) {
			h, _ := m.holding(c.Customer, c.Holding)
			h.Quantity = h.Quantity.Add(c.Quantity)
			return flow.ProviderReceipt{}, m.answered()
		}}},
		{"a no without a word", "a no says why", "without code", wrongly{change: func(*memory, flow.ProviderChange) (flow.ProviderReceipt, error) {
			return flow.ProviderReceipt{}, &flow.ProviderRefusal{Code: "1"}
		}}},
		{"a no that changes", "a no says why", "a refused change changed", wrongly{change: func(m *memory, c flow.ProviderChange) (flow.ProviderReceipt, error) {
			h, _ := m.holding(c.Customer, c.Holding)
			h.Quantity = c.Quantity
			return flow.ProviderReceipt{}, &flow.ProviderRefusal{Code: "1", Sentence: "No.", Todo: "Nothing."}
		}}},
	} {
		t.Run(c.what, func(t *testing.T) {
			m := newMemory()
			w := c.broken
			w.memory = m
			if strings.HasPrefix(c.clause, "what is not offered") {
				m.can.Rates = false
				w.memory = newMemory()
				w.memory.can.Rates = true
			}
			f := m.fixture(&w)
			if w.memory != m {
				f.Provider = lying{&w, m.can}
			}
			at := slices.IndexFunc(contract, func(clause struct {
				name  string
				check func(*verdict, Fixture)
			}) bool {
				return strings.HasPrefix(clause.name, c.clause)
			})
			if at < 0 {
				t.Fatalf("there is no clause %q", c.clause)
			}
			v := &verdict{ctx: t.Context()}
			contract[at].check(v, f)
			if !strings.Contains(strings.Join(v.wrong, "\n"), c.says) {
				t.Errorf("%s: got %q (expected one that says %q)", contract[at].name, v.wrong, c.says)
			}
		})
	}
}

// lying says that it can what it says, and not what it can.
type lying struct {
	*wrongly
	says flow.Abilities
}

func (l lying) Abilities() flow.Abilities { return l.says }
