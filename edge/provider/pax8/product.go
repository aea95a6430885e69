package pax8

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// product is what is known of one, for as long as it is likely to be true.
type product struct {
	id, name, vendor   string
	ownSKU, vendorSKU  string
	requiresCommitment bool
	until              time.Time
	// commitments are nil until they were asked for.
	commitments map[string]commitment
}

type commitment struct {
	id         string
	termMonths int
	autoRenew  bool
}

const productGood = 12 * time.Hour

// sku is the vendor's product and sku, as Microsoft's are written; Pax8's own id
// where there is no such pair.
func (p *product) sku() string {
	if strings.Contains(p.vendorSKU, ":") {
		return p.vendorSKU
	}
	return p.id
}

func productOf(r reading) *product {
	return &product{
		id: r.need("id"), name: r.text("name"), vendor: r.text("vendorName"), ownSKU: r.text("sku"), vendorSKU: r.text("vendorSku"),
		requiresCommitment: r.text("requiresCommitment") == "true",
	}
}

func productPath(id string) string { return "/v1/products/" + url.PathEscape(id) }

// product is asked for once; one that Pax8 has no more is known by its id alone.
func (c *Client) product(ctx context.Context, id string) (*product, error) {
	c.mu.Lock()
	p, ok := c.known[id]
	c.mu.Unlock()
	if ok && c.Clock().Before(p.until) {
		return p, nil
	}
	r, err := c.single(ctx, request{method: http.MethodGet, path: productPath(id)})
	switch {
	case errors.Is(err, flow.ErrUnknown):
		return c.learn(&product{id: id}), nil
	case err != nil:
		return nil, err
	}
	p = productOf(r)
	if err := r.wrong.err(); err != nil {
		return nil, fmt.Errorf("pax8: product %s: %w", id, err)
	}
	return c.learn(p), nil
}

func (c *Client) learn(p *product) *product {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.until = c.Clock().Add(productGood)
	if old := c.known[p.id]; old != nil {
		p.commitments = old.commitments
	}
	c.known[p.id] = p
	return p
}

// committed are the commitments that a product is sold with, by their ids.
func (c *Client) committed(ctx context.Context, p *product) (map[string]commitment, error) {
	c.mu.Lock()
	known := p.commitments
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	all := map[string]commitment{}
	r, err := c.single(ctx, request{method: http.MethodGet, path: productPath(p.id) + "/dependencies"})
	if err != nil && !errors.Is(err, flow.ErrUnknown) {
		return nil, err
	}
	if err == nil {
		for _, raw := range r.list("commitmentDependencies") {
			of, err := objectOf(raw)
			if err != nil {
				return nil, fmt.Errorf("pax8: dependencies of %s: %w", p.id, err)
			}
			in := reading{of, r.wrong}
			one := commitment{id: in.need("id"), termMonths: monthsOf(in.text("term")), autoRenew: in.text("autoRenew") == "true"}
			all[one.id] = one
		}
		if err := r.wrong.err(); err != nil {
			return nil, fmt.Errorf("pax8: dependencies of %s: %w", p.id, err)
		}
	}
	c.mu.Lock()
	p.commitments = all
	c.mu.Unlock()
	return all, nil
}

// renews says whether a commitment renews by itself; one that the product is no
// longer sold with does, as Microsoft's do.
func (c *Client) renews(ctx context.Context, p *product, id string) (bool, error) {
	all, err := c.committed(ctx, p)
	if err != nil {
		return false, err
	}
	one, known := all[id]
	return !known || one.autoRenew, nil
}

// PriceSheet is what Pax8 asks the partner today, product by product. It has no
// sheets of other months, and no markets: the rows are in the one asked for.
func (c *Client) PriceSheet(ctx context.Context, ask flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	today := dayOf(c.Clock().UTC())
	_, _, n := today.Civil()
	month := today.AddDays(1 - n)
	if ask.Future || (!ask.Month.IsZero() && ask.Month != month) {
		return refuses[flow.PriceSheetRow](fmt.Errorf("pax8: prices of another month than %s: %w", month, flow.ErrNotOffered))
	}
	return func(yield func(flow.PriceSheetRow, error) bool) {
		query := url.Values{}
		if c.Vendor != "" {
			query.Set("vendorName", c.Vendor)
		}
		for p, err := range each(c.pages(ctx, "/v1/products", query), func(r reading) (*product, bool, error) { return productOf(r), true, nil }) {
			if err != nil {
				if !yield(flow.PriceSheetRow{}, err) || !isRow(err) {
					return
				}
				continue
			}
			for row, err := range c.pricing(ctx, c.learn(p), month) {
				row.Market = ask.Market
				if !yield(row, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

// pricing are the prices of a product: a row for each billing term, commitment
// and step of the quantity.
func (c *Client) pricing(ctx context.Context, p *product, month calendar.Date) iter.Seq2[flow.PriceSheetRow, error] {
	return func(yield func(flow.PriceSheetRow, error) bool) {
		for r, err := range c.pages(ctx, productPath(p.id)+"/pricing", nil) {
			if err != nil {
				if !yield(flow.PriceSheetRow{}, err) || !isRow(err) {
					return
				}
				continue
			}
			rows := c.rates(p, r, month)
			if err := r.wrong.err(); err != nil {
				if !yield(flow.PriceSheetRow{}, err) {
					return
				}
				continue
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (c *Client) rates(p *product, r reading, month calendar.Date) []flow.PriceSheetRow {
	base := flow.PriceSheetRow{
		At: r.wrong.at, SKU: p.sku(), Title: p.name, Product: p.name, Publisher: p.vendor, Currency: c.Currency, Term: r.text("commitmentTerm"),
		TermMonths: monthsOf(r.text("commitmentTerm")), Billing: cycleOf(r.text("billingTerm")), From: month,
	}
	if months, given := r.number("commitmentTermInMonths"); given {
		if whole, err := months.Ratio().Round(0); err == nil && whole >= 0 {
			base.TermMonths = int(whole)
		}
	}
	kind := r.text("type")
	if kind != "Flat" && kind != "Volume" && kind != "Tiered" {
		r.wrong.add("type", "product %s is priced as %q (expected Flat, Volume or Tiered)", p.id, kind)
		return nil
	}
	var rows []flow.PriceSheetRow
	for _, raw := range r.list("rates") {
		of, err := objectOf(raw)
		if err != nil {
			r.wrong.add("rates", "%v", err)
			return nil
		}
		in, row := reading{of, r.wrong}, base
		row.Cost = in.needNumber("partnerBuyRate")
		row.Retail, row.HasRetail = in.number("suggestedRetailPrice")
		row.TierFrom, row.HasTierFrom = in.number("startQuantityRange")
		row.TierTo, row.HasTierTo = in.number("endQuantityRange")
		if row.HasTierFrom && row.TierFrom.IsZero() {
			row.TierFrom, row.HasTierFrom = money.Decimal{}, false
		}
		if how := in.text("chargeType"); how != "" && how != "Per Unit" {
			r.wrong.add("rates.chargeType", "product %s costs a %q (expected a price per unit)", p.id, how)
		}
		if row.Cost.Sign() < 0 || row.Retail.Sign() < 0 {
			r.wrong.add("rates", "product %s has a negative price", p.id)
		}
		rows = append(rows, row)
	}
	return rows
}
