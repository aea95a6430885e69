package providertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// memory is a provider that is nothing but its state: the least that keeps the
// contract. It is not safe for two at once.
type memory struct {
	can       flow.Abilities
	customers []flow.ProviderCustomer
	holdings  map[string][]flow.Holding
	orders    map[string]flow.ProviderReceipt
	events    []flow.ProviderEvent
	prices    []flow.PriceSheetRow
	invoices  []flow.ProviderInvoice
	lines     map[string][]flow.ProviderLine
	usage     []flow.RatedUsage
	spoilt    map[Stream]bool
	answer    bool
	request   bool
}

func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func currency(code string) money.Currency {
	c, err := money.ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

func newMemory() *memory {
	eur, start := currency("EUR"), time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	m := &memory{
		can: flow.Abilities{
			Holdings: true, Order: true, Change: true, Suspend: true, Schedule: true, Cancel: true, Events: true, Usage: true,
			PriceSheets: true, Rates: true, Promotions: true, Invoices: true, UnbilledLines: true,
		},
		customers: []flow.ProviderCustomer{{ID: "acme", Name: "Acme"}, {ID: "birk", Name: "Birk"}},
		holdings:  map[string][]flow.Holding{"birk": nil},
		orders:    map[string]flow.ProviderReceipt{},
		lines:     map[string][]flow.ProviderLine{},
		spoilt:    map[Stream]bool{},
	}
	for i := range 3 {
		m.holdings["acme"] = append(m.holdings["acme"], flow.Holding{
			ID: fmt.Sprintf("h%d", i), Customer: "acme", SKU: "P:0001", Quantity: decimal("5"), Status: flow.HoldingActive, AutoRenew: true, StartsAt: start,
		})
		m.events = append(m.events, flow.ProviderEvent{ID: fmt.Sprintf("e%d", i), Kind: "changed", Holding: fmt.Sprintf("h%d", i), At: start})
		m.prices = append(m.prices, flow.PriceSheetRow{SKU: fmt.Sprintf("P:%d", i), Currency: eur, Cost: decimal("8"), From: day("2026-01-01")})
		m.usage = append(m.usage, flow.RatedUsage{
			Key: fmt.Sprintf("u%d", i), Customer: "acme", Subscription: "h0", Currency: eur, Cost: decimal("1"),
			Period: calendar.Period{From: day("2026-01-10"), To: day("2026-01-11")},
		})
	}
	for i, on := range []string{"2026-01-31", "2026-02-28"} {
		id := fmt.Sprintf("G%d", i)
		m.invoices = append(m.invoices, flow.ProviderInvoice{ID: id, On: day(on), Currency: eur, Total: decimal("20")})
		for j := range 2 {
			m.lines[id] = append(m.lines[id], memoryLine(id, fmt.Sprintf("%s-%d", id, j), eur))
		}
	}
	m.lines[""] = []flow.ProviderLine{memoryLine("", "next-0", eur), memoryLine("", "next-1", eur)}
	return m
}

func memoryLine(invoice, id string, in money.Currency) flow.ProviderLine {
	return flow.ProviderLine{Invoice: invoice, Customer: "acme", Holding: "h0", Total: decimal("10"), Charge: billing.ProviderCharge{
		ID: id, Type: billing.ChargeCycle, Quantity: decimal("5"), Cost: decimal("10"), Currency: in,
		Period: calendar.Period{From: day("2026-01-10"), To: day("2026-02-10")},
	}}
}

func rowsOf[T any](ctx context.Context, offered, spoilt bool, rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if !offered {
			yield(none, flow.ErrNotOffered)
			return
		}
		for i, row := range rows {
			if ctx.Err() != nil {
				yield(none, ctx.Err())
				return
			}
			if spoilt && i == 0 {
				if !yield(none, &flow.InputError{At: flow.Source{File: "memory", Line: 1}, Err: errors.New("unreadable")}) {
					return
				}
				continue
			}
			if !yield(row, nil) {
				return
			}
		}
		if len(rows) == 0 && ctx.Err() != nil {
			yield(none, ctx.Err())
		}
	}
}

func (m *memory) Abilities() flow.Abilities { return m.can }

func (m *memory) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return rowsOf(ctx, true, m.spoilt[Customers], m.customers)
}

func (m *memory) Holdings(ctx context.Context, customer string) iter.Seq2[flow.Holding, error] {
	return rowsOf(ctx, true, m.spoilt[Holdings] && customer == "acme", slices.Clone(m.holdings[customer]))
}

func (m *memory) HoldingGet(ctx context.Context, customer, id string) (flow.Holding, error) {
	h, err := m.holding(customer, id)
	if ctx.Err() != nil {
		return flow.Holding{}, ctx.Err()
	}
	if err != nil {
		return flow.Holding{}, err
	}
	return *h, nil
}

func (m *memory) holding(customer, id string) (*flow.Holding, error) {
	of := m.holdings[customer]
	for i := range of {
		if of[i].ID == id {
			return &of[i], nil
		}
	}
	return nil, flow.ErrUnknown
}

func (m *memory) Events(ctx context.Context, since time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return rowsOf(ctx, m.can.Events, m.spoilt[Events], slices.DeleteFunc(slices.Clone(m.events), func(e flow.ProviderEvent) bool { return e.At.Before(since) }))
}

func (m *memory) PriceSheet(ctx context.Context, _ flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	return rowsOf(ctx, m.can.PriceSheets, m.spoilt[Prices], m.prices)
}

func (m *memory) Rates(ctx context.Context, month calendar.Date) iter.Seq2[billing.Rate, error] {
	return rowsOf(ctx, m.can.Rates, m.spoilt[Rates], []billing.Rate{{On: month, From: currency("USD"), To: currency("EUR"), Rate: decimal("0.9")}})
}

func (m *memory) Promotions(ctx context.Context, _, _ string) iter.Seq2[flow.Promotion, error] {
	return rowsOf(ctx, m.can.Promotions, false, []flow.Promotion{{ID: "promo", SKU: "P:0001", Percent: decimal("10"), From: day("2026-01-01"), To: day("2026-07-01")}})
}

func (m *memory) Invoices(ctx context.Context, since calendar.Date) iter.Seq2[flow.ProviderInvoice, error] {
	return rowsOf(ctx, m.can.Invoices, m.spoilt[Invoices], slices.DeleteFunc(slices.Clone(m.invoices), func(i flow.ProviderInvoice) bool { return i.On.Before(since) }))
}

func (m *memory) InvoiceLines(ctx context.Context, invoice flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	offered := m.can.Invoices
	if invoice.ID == "" {
		offered = m.can.UnbilledLines
	}
	return rowsOf(ctx, offered, m.spoilt[Lines] && invoice.ID == "G1", m.lines[invoice.ID])
}

func (m *memory) Usage(ctx context.Context, _ flow.UsageAsk) iter.Seq2[flow.RatedUsage, error] {
	return rowsOf(ctx, m.can.Usage, m.spoilt[Usage], m.usage)
}

func (m *memory) Order(_ context.Context, order flow.ProviderOrder) (flow.ProviderReceipt, error) {
	if !m.can.Order {
		return flow.ProviderReceipt{}, flow.ErrNotOffered
	}
	if m.request {
		m.request = false
		return flow.ProviderReceipt{}, flow.ErrUnanswered
	}
	if done, again := m.orders[order.Reference]; again {
		return done, nil
	}
	if order.Quantity.Sign() <= 0 {
		return flow.ProviderReceipt{}, &flow.ProviderRefusal{Code: "800002", Sentence: "The quantity is not allowed.", Todo: "Order at least one seat."}
	}
	id := fmt.Sprintf("ordered-%d", len(m.orders))
	m.holdings[order.Customer] = append(m.holdings[order.Customer], flow.Holding{ID: id, SKU: order.SKU, Quantity: order.Quantity, Status: flow.HoldingActive})
	m.orders[order.Reference] = flow.ProviderReceipt{State: flow.ReceiptDone, Number: "no-" + id, Holding: id}
	return m.orders[order.Reference], m.answered()
}

func (m *memory) answered() error {
	if m.answer {
		m.answer = false
		return flow.ErrUnanswered
	}
	return nil
}

func (m *memory) OrderFind(_ context.Context, order flow.ProviderOrder) (flow.ProviderReceipt, error) {
	if !m.can.Order {
		return flow.ProviderReceipt{}, flow.ErrNotOffered
	}
	if done, ok := m.orders[order.Reference]; ok {
		return done, nil
	}
	return flow.ProviderReceipt{}, flow.ErrUnknown
}

func (m *memory) Change(_ context.Context, c flow.ProviderChange) (flow.ProviderReceipt, error) {
	can := m.can
	if (c.HasQuantity || c.HasAutoRenew) && !can.Change || (c.Suspend || c.Resume) && !can.Suspend || c.Cancel && !can.Cancel || (c.NextNone || c.Next != nil) && !can.Schedule {
		return flow.ProviderReceipt{}, flow.ErrNotOffered
	}
	h, err := m.holding(c.Customer, c.Holding)
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	if c.HasQuantity && c.Quantity.Sign() <= 0 {
		return flow.ProviderReceipt{}, &flow.ProviderRefusal{Code: "800002", Sentence: "The quantity is not allowed.", Todo: "Keep at least one seat."}
	}
	if c.HasQuantity {
		h.Quantity = c.Quantity
	}
	if c.HasAutoRenew {
		h.AutoRenew = c.AutoRenew
	}
	switch {
	case c.Suspend:
		h.Status = flow.HoldingSuspended
	case c.Resume:
		h.Status = flow.HoldingActive
	case c.Cancel:
		h.Status = flow.HoldingDeleted
	}
	if c.NextNone || c.Next != nil {
		h.Next = c.Next
	}
	return flow.ProviderReceipt{State: flow.ReceiptDone, Holding: h.ID}, m.answered()
}

func (m *memory) fixture(p flow.Provider) Fixture {
	held := map[string][]string{}
	for _, c := range m.customers {
		held[c.ID] = nil
		for _, h := range m.holdings[c.ID] {
			held[c.ID] = append(held[c.ID], h.ID)
		}
	}
	f := Fixture{
		Provider: p, Holdings: held, Since: day("2026-01-01"), SinceAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Month: day("2026-01-01"), Usage: []flow.UsageAsk{{Currency: currency("EUR")}},
		Order:         &flow.ProviderOrder{Customer: "acme", SKU: "P:0001", Quantity: decimal("2")},
		RefusedOrder:  &flow.ProviderOrder{Customer: "acme", SKU: "P:0001"},
		Change:        &flow.ProviderChange{Customer: "acme", Holding: "h1", Quantity: decimal("7")},
		RefusedChange: &flow.ProviderChange{Customer: "acme", Holding: "h1", HasQuantity: true},
		Next:          &flow.HoldingNextTerm{Quantity: decimal("9"), HasQuantity: true},
		Spoil:         map[Stream]func(){},
		LoseAnswer:    func() { m.answer = true },
		LoseRequest:   func() { m.request = true },
	}
	for _, of := range []Stream{Customers, Holdings, Events, Prices, Invoices, Lines, Usage} {
		f.Spoil[of] = func() { maps.Copy(m.spoilt, map[Stream]bool{of: true}) }
	}
	return f
}
