package partnercenter

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// Product is one of Microsoft's catalogue.
type Product struct {
	ID, Title, Publisher string
	// Type is such as OnlineServicesNCE or Azure.
	Type string
}

// Products are those that a customer can buy; view is such as OnlineServices,
// Azure or Software.
func (c *Client) Products(ctx context.Context, customer, view string) iter.Seq2[Product, error] {
	return stream(func(take taken) error {
		return c.items(ctx, get(withQuery(pathOf("/v1/customers/%s/products", customer), "targetView", url.QueryEscape(view))), pagingToken, 0, take)
	}, func(r reading) Product {
		p := Product{ID: r.text("id"), Title: r.text("title"), Publisher: r.text("publisherName")}
		if kind, ok := r.sub("productType"); ok {
			p.Type = kind.text("id")
		}
		return p
	})
}

// CatalogSKU is one way in which a product is sold.
type CatalogSKU struct {
	// SKU is product and sku joined by a colon.
	SKU, Title string
	// Minimum and Maximum bound the quantity, where HasMaximum.
	Minimum, Maximum  money.Decimal
	HasMaximum        bool
	Trial, AddOn      bool
	Cycles            []string
	Prerequisites     []string
	AddOnOf, Upgrades []string
}

// SKUs are a product's that a customer can buy.
func (c *Client) SKUs(ctx context.Context, customer, product string) iter.Seq2[CatalogSKU, error] {
	return stream(func(take taken) error {
		return c.items(ctx, get(pathOf("/v1/customers/%s/products/%s/skus", customer, product)), pagingToken, 0, take)
	}, catalogSKU)
}

func catalogSKU(r reading) CatalogSKU {
	s := CatalogSKU{
		SKU: r.text("productId") + ":" + r.text("id"), Title: r.text("title"), Trial: r.flag("isTrial"),
		Cycles: r.texts("supportedBillingCycles"), Prerequisites: r.texts("purchasePrerequisites"),
	}
	s.Minimum, _ = r.number("minimumQuantity")
	s.Maximum, s.HasMaximum = r.number("maximumQuantity")
	if more, ok := r.sub("dynamicAttributes"); ok {
		s.AddOn, s.AddOnOf, s.Upgrades = more.flag("isAddon"), more.texts("prerequisiteSkus"), more.texts("upgradeTargetOffers")
	}
	return s
}

// texts is a list of texts.
func (r reading) texts(field string) []string {
	var all []string
	for i, raw := range r.list(field) {
		one := reading{wrong: r.wrong, path: r.path + indexed(field, i), of: object{"": raw}}
		all = append(all, one.text(""))
	}
	return all
}

// availability is what a cart line names: it changes every few days, so that it
// is fetched just before it is used.
type availability struct {
	product, sku, id string
	// billing is the cycle as the cart spells it.
	billing string
}

// item is the catalog item's id.
func (a availability) item() string { return a.product + ":" + a.sku + ":" + a.id }

// availability finds how a sku can be bought today at a term and a cycle.
func (c *Client) availability(ctx context.Context, customer, sku string, months int, unit billing.Unit) (availability, error) {
	product, rest, ok := strings.Cut(sku, ":")
	rest, _, _ = strings.Cut(rest, ":")
	if !ok || product == "" || rest == "" {
		return availability{}, &flow.ProviderRefusal{
			Code: "sku", Sentence: fmt.Sprintf("%s is no product and sku", quote(sku)), Todo: "Give the SKU as product:sku, such as CFQ7TTC0LH18:0001.",
		}
	}
	k := get(pathOf("/v1/customers/%s/products/%s/skus/%s/availabilities", customer, product, rest))
	offered, sold := availability{product: product, sku: rest}, []string{}
	err := c.items(ctx, k, pagingToken, 0, func(at flow.Source, item object) error {
		r := reading{wrong: &mistakes{at: at}, of: item}
		if given := r.text("isPurchasable"); given != "" && !r.flag("isPurchasable") {
			return nil
		}
		cycle, found := r.sells(months, unit, &sold)
		if !found {
			return rowError(at, r.wrong.err())
		}
		offered.id, offered.billing = r.text("id"), cycle
		if err := r.wrong.err(); err != nil {
			return rowError(at, err)
		}
		return errEnough
	})
	if err != nil {
		return availability{}, err
	}
	if offered.id == "" {
		return availability{}, &flow.ProviderRefusal{
			Code:     "availability",
			Sentence: fmt.Sprintf("%s is not sold to this customer at term %s, billed %s; sold are: %s", sku, first(termText(months), "none"), first(unit.Name, "once"), first(strings.Join(sold, ", "), "none")),
			Todo:     "Choose a term and a billing cycle at which it is sold.",
		}
	}
	return offered, nil
}

// sells says whether an availability has the term and cycle, and how the cart
// spells the cycle. Terms without a cycle are paid once.
func (r reading) sells(months int, unit billing.Unit, sold *[]string) (cycle string, found bool) {
	terms := r.list("terms")
	if len(terms) == 0 && months == 0 {
		return cycleText(unit), true
	}
	for i, raw := range terms {
		o, _ := objectOf(raw)
		t := reading{wrong: r.wrong, path: indexed("terms", i) + ".", of: o}
		text := t.text("billingCycle")
		has, known := parseCycle(text)
		*sold = append(*sold, first(t.text("duration"), "no term")+" "+first(has.Name, text, "once"))
		if !known || parseTerm(t.text("duration")) != months {
			continue
		}
		// What has no term (a plan, software) is bought however it is sold.
		if has.Months == unit.Months || (months == 0 && unit.Months == 0) {
			if text == "" {
				return cycleText(unit), true
			}
			return cartCycle(text), true
		}
	}
	return "", false
}

// cartCycle is a cycle as carts spell it: in small letters, one_time with a line.
func cartCycle(text string) string {
	text = strings.ToLower(text)
	if strings.ReplaceAll(text, "_", "") == "onetime" {
		return "one_time"
	}
	return text
}

func cycleText(unit billing.Unit) string {
	switch unit.Months {
	case 1:
		return "monthly"
	case 3:
		return "quarterly"
	case 12:
		return "annual"
	case 36:
		return "triennial"
	}
	return "one_time"
}

// Promotions are those of a country and segment that can be had today. One that
// counts for several products is told for each.
func (c *Client) Promotions(ctx context.Context, country, segment string) iter.Seq2[flow.Promotion, error] {
	path := "/v1/productpromotions?country=" + url.QueryEscape(country) + "&segment=" + url.QueryEscape(first(segment, "commercial"))
	return func(yield func(flow.Promotion, error) bool) {
		for all, err := range stream(func(take taken) error { return c.items(ctx, get(path), pagingToken, 0, take) }, promotionsOf) {
			if err != nil {
				if !yield(flow.Promotion{}, err) {
					return
				}
				continue
			}
			for _, p := range all {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// PromotionGet is a promotion by its id, also one that is over, once for each
// product that it counts for.
func (c *Client) PromotionGet(ctx context.Context, country, id string) ([]flow.Promotion, error) {
	r, err := c.askObject(ctx, get(withQuery(pathOf("/v1/productpromotions/%s", id), "country", url.QueryEscape(country))))
	if err != nil {
		return nil, err
	}
	all := promotionsOf(r)
	return all, rowError(r.wrong.at, r.wrong.err())
}

// promotionsOf reads a promotion. Its last instant belongs to it; its share of
// the price, 0.05, is five percent.
func promotionsOf(r reading) []flow.Promotion {
	p := flow.Promotion{ID: r.text("id"), Name: r.text("name")}
	if p.ID == "" {
		r.add("id", "is missing, and required")
	}
	if at := r.instant("startDate"); !at.IsZero() {
		p.From = dayOf(at)
	}
	if at := midnightAfter(r.instant("endDate")); !at.IsZero() {
		p.To = dayOf(at)
	}
	var all []flow.Promotion
	for i, raw := range r.list("requiredProducts") {
		o, _ := objectOf(raw)
		one := reading{wrong: r.wrong, path: indexed("requiredProducts", i) + ".", of: o}
		p := p
		p.SKU = one.text("productId")
		if sku := one.text("skuId"); sku != "" {
			p.SKU += ":" + sku
		}
		if t, ok := one.sub("term"); ok {
			p.TermMonths = t.term("duration")
			p.Billing, _ = parseCycle(t.text("billingCycle"))
		}
		p.Percent = one.percent()
		all = append(all, p)
	}
	return all
}

// percent is the discount that the policies of a promotion give.
func (r reading) percent() money.Decimal {
	for i, raw := range r.list("pricingPolicies") {
		o, _ := objectOf(raw)
		policy := reading{wrong: r.wrong, path: r.path + indexed("pricingPolicies", i) + ".", of: o}
		if !strings.EqualFold(policy.text("policyType"), "PercentDiscount") {
			continue
		}
		share, _ := policy.number("value")
		return money.DecimalFrom(share.Ratio().Mul(money.Whole(100)), 0, share.Digits())
	}
	return money.Decimal{}
}
