package pax8

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Invoices are those dated on or after a day; void ones charge nothing and are
// left out.
func (c *Client) Invoices(ctx context.Context, since calendar.Date) iter.Seq2[flow.ProviderInvoice, error] {
	query := url.Values{"sort": {"invoiceDate"}}
	if !since.IsZero() {
		query.Set("invoiceDateRangeStart", since.String())
	}
	return each(c.pages(ctx, "/v1/invoices", query), func(r reading) (flow.ProviderInvoice, bool, error) {
		in := flow.ProviderInvoice{ID: r.need("id"), On: r.day("invoiceDate"), Currency: r.currency("currencyCode")}
		if in.On.IsZero() {
			r.wrong.add("invoiceDate", "is missing, and required")
		}
		carried, _ := r.number("carriedBalance")
		in.Total = r.needNumber("total").Sub(carried)
		in.Credit = in.Total.Sign() < 0
		in.Stamp = r.text("total") + "/" + r.text("carriedBalance")
		return in, r.text("status") != "Void" && !in.On.Before(since), nil
	})
}

// InvoiceLines are an invoice's items; without an invoice, the drafts of this
// month and the next. All are at hand, and nothing is asked of Pax8 any more, before
// the first is handed on: who takes them may be keeping them. A partner's invoice has
// some thousand items, which fit in memory.
func (c *Client) InvoiceLines(ctx context.Context, invoice flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		type one struct {
			line flow.ProviderLine
			err  error
		}
		var all []one
		for l, err := range c.invoiceItems(ctx, invoice) {
			all = append(all, one{l, err})
		}
		for i := range all {
			if !yield(all[i].line, all[i].err) {
				return
			}
		}
	}
}

// invoiceItems asks page by page.
func (c *Client) invoiceItems(ctx context.Context, invoice flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	seen := map[[16]byte]uint32{}
	read := func(r reading) (flow.ProviderLine, bool, error) {
		l, err := c.line(ctx, r, invoice.ID, seen)
		return l, true, err
	}
	if invoice.ID != "" {
		return each(c.pages(ctx, "/v1/invoices/"+url.PathEscape(invoice.ID)+"/items", nil), read)
	}
	return func(yield func(flow.ProviderLine, error) bool) {
		for month := range 2 {
			for l, err := range each(c.pages(ctx, "/v1/invoices/draftItems", url.Values{"monthOffset": {strconv.Itoa(month)}}), read) {
				if !yield(l, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

func (c *Client) line(ctx context.Context, r reading, invoice string, seen map[[16]byte]uint32) (flow.ProviderLine, error) {
	const placesMost = 10
	l := flow.ProviderLine{
		At: r.wrong.at, Invoice: invoice, Customer: r.need("companyId"), CustomerName: r.text("companyName"), Holding: r.text("subscriptionId"),
		Reference: r.text("purchaseOrderNumber"), Product: r.text("productName"), SKUName: r.text("productName"), Publisher: r.text("vendorName"),
		Description: r.text("description"), TermText: r.text("term"), Billing: cycleOf(r.text("term")), Unit: r.text("unitOfMeasure"), Category: r.text("type"),
	}
	charge := &l.Charge
	charge.Currency, charge.Cost, charge.UnitPrice = r.currency("currencyCode"), r.needNumber("costTotal"), r.needNumber("cost")
	charge.Quantity = r.needNumber("quantity")
	if charge.Quantity.Sign() < 0 {
		charge.Quantity = charge.Quantity.Neg()
	}
	if charge.UnitPrice.Sign() < 0 {
		charge.UnitPrice = charge.UnitPrice.Neg()
	}
	charge.EffectivePrice = charge.UnitPrice
	if !charge.Quantity.IsZero() {
		charge.EffectivePrice = money.DecimalFrom(charge.Cost.Ratio().Div(charge.Quantity.Ratio()), charge.Cost.Digits(), placesMost)
	}
	charge.Type = typeOf(l.Category, charge.Cost)
	charge.Period = periodOf(r)
	l.PriceCurrency = charge.Currency
	tax, _ := r.number("salesTax")
	l.Tax = tax
	due, given := r.number("amountDue")
	if l.Total = due; !given {
		l.Total = charge.Cost.Add(tax)
	}
	productID := r.text("productId")
	if len(r.wrong.list) > 0 {
		return l, nil
	}
	if productID != "" {
		p, err := c.product(ctx, productID)
		if err != nil {
			return l, err
		}
		charge.SKU = p.sku()
	}
	charge.ID = r.text("id")
	if charge.ID == "" {
		charge.ID = lineID(r, invoice, seen)
	}
	return l, nil
}

// typeOf reads the type of an item: what is prorated adds seats, or takes them
// where it is a credit.
func typeOf(word string, cost money.Decimal) billing.ChargeType {
	switch word {
	case "subscription":
		return billing.ChargeCycle
	case "prorate":
		if cost.Sign() < 0 {
			return billing.ChargeRemoveQuantity
		}
		return billing.ChargeAddQuantity
	case "one-time":
		return billing.ChargeNew
	case "rebate", "payment-credit", "service-credit", "invoice-credit":
		return billing.ChargeCredit
	}
	return billing.ChargeOther
}

// periodOf is the days that an item pays for. Pax8 writes the end as the last day
// and as the first after it; that it falls on the day of the month on which the
// period began, or on a first, says that it is the latter.
func periodOf(r reading) calendar.Period {
	p := calendar.Period{From: r.day("startPeriod"), To: r.day("endPeriod")}
	switch {
	case p.From.IsZero() && p.To.IsZero():
		r.wrong.add("startPeriod", "is missing, and required")
		return p
	case p.From.IsZero():
		p.From = p.To
	case p.To.IsZero():
		p.To = p.From
	}
	_, _, first := p.From.Civil()
	_, _, last := p.To.Civil()
	if p.From == p.To || (first != last && last != 1) {
		p.To = p.To.AddDays(1)
	}
	if p.Empty() {
		r.wrong.add("endPeriod", "lies before the start, %s", p.From)
	}
	return p
}

// lineID names an item that has no id of its own by all that it says; items that
// are alike are told apart by their order.
func lineID(r reading, invoice string, seen map[[16]byte]uint32) string {
	hash := sha256.New()
	hash.Write([]byte(invoice))
	for _, field := range []string{
		"type", "companyId", "subscriptionId", "productId", "sku", "startPeriod", "endPeriod", "quantity", "term", "cost", "costTotal", "amountDue",
		"currencyCode", "description", "details",
	} {
		hash.Write([]byte("\x00" + r.text(field)))
	}
	return told(hash.Sum(nil), seen)
}

func told(sum []byte, seen map[[16]byte]uint32) string {
	key := [16]byte(sum[:16])
	text := hex.EncodeToString(key[:])
	if n := seen[key]; n > 0 {
		text += "-" + strconv.FormatUint(uint64(n), 10)
	}
	seen[key]++
	return text
}

// Usage is what was used in the current or the last month, subscription by
// subscription and day by day; Pax8 has no other way to ask. The usage of an
// invoice is not offered: its items say it.
func (c *Client) Usage(ctx context.Context, ask flow.UsageAsk) iter.Seq2[flow.RatedUsage, error] {
	if ask.Invoice != "" {
		return refuses[flow.RatedUsage](fmt.Errorf("pax8: the usage of an invoice: %w", flow.ErrNotOffered))
	}
	today := dayOf(c.Clock().UTC())
	_, _, n := today.Civil()
	days := calendar.Period{From: today.AddDays(1 - n), To: today.AddDays(1)}
	if ask.Last {
		days = calendar.Period{From: days.From.AddMonths(-1), To: days.From}
	}
	return func(yield func(flow.RatedUsage, error) bool) {
		for sub, err := range c.pages(ctx, "/v1/subscriptions", url.Values{"sort": {"createdDate,asc"}}) {
			if err != nil {
				if !yield(flow.RatedUsage{}, err) || !isRow(err) {
					return
				}
				continue
			}
			if !c.usageOf(ctx, sub, days, ask.Currency, yield) {
				return
			}
		}
	}
}

// usageOf hands on one subscription's usage; false where reading is to stop.
func (c *Client) usageOf(ctx context.Context, sub reading, days calendar.Period, in money.Currency, yield func(flow.RatedUsage, error) bool) bool {
	id, status := sub.need("id"), sub.text("status")
	if err := sub.wrong.err(); err != nil {
		return yield(flow.RatedUsage{}, err)
	}
	if statusOf(status) == flow.HoldingPending {
		return true
	}
	for summary, err := range c.pages(ctx, subscriptionPath(id)+"/usage-summaries", nil) {
		if err != nil {
			if !yield(flow.RatedUsage{}, err) || !isRow(err) {
				return false
			}
			continue
		}
		path := "/v1/usage-summaries/" + url.PathEscape(summary.need("id")) + "/usage-lines"
		if err := summary.wrong.err(); err != nil {
			if !yield(flow.RatedUsage{}, err) {
				return false
			}
			continue
		}
		seen := map[[16]byte]uint32{}
		for day := days.From; day.Before(days.To); day = day.AddDays(1) {
			lines := each(c.pages(ctx, path, url.Values{"usageDate": {day.String()}}), func(r reading) (flow.RatedUsage, bool, error) {
				u, err := c.used(ctx, r, id, summary, day, seen)
				return u, in.IsZero() || u.Currency == in, err
			})
			for u, err := range lines {
				if !yield(u, err) || (err != nil && !isRow(err)) {
					return false
				}
			}
		}
	}
	return true
}

func (c *Client) used(ctx context.Context, r reading, subscription string, summary reading, day calendar.Date, seen map[[16]byte]uint32) (flow.RatedUsage, error) {
	u := flow.RatedUsage{
		At: r.wrong.at, Customer: summary.need("companyId"), Subscription: subscription, ProductName: r.text("productName"), Meter: r.need("productId"),
		MeterName: r.text("productName"), Publisher: summary.text("vendorName"), ResourceGroup: summary.text("resourceGroup"), Unit: r.text("unitOfMeasure"),
		Quantity: r.needNumber("quantity"), Cost: r.needNumber("partnerTotal"), Currency: r.currency("currencyCode"),
		Period: calendar.Period{From: day, To: day.AddDays(1)},
	}
	if on := r.day("usageDate"); !on.IsZero() && on != day {
		r.wrong.add("usageDate", "is %s, and %s was asked for", on, day)
	}
	if r.text("isTrial") == "true" {
		u.ChargeType = "trial"
	}
	r.wrong.list = append(r.wrong.list, summary.wrong.list...)
	if len(r.wrong.list) > 0 {
		return u, nil
	}
	p, err := c.product(ctx, u.Meter)
	if err != nil {
		return u, err
	}
	u.SKU = p.sku()
	hash := sha256.Sum256([]byte(strings.Join([]string{summary.text("id"), subscription, day.String(), u.Meter, u.Unit, u.ChargeType}, "\x00")))
	u.Key = told(hash[:], seen)
	return u, nil
}
