package api

import (
	"context"
	"net/url"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Product is what can be sold.
type Product struct {
	SKU string `json:"sku" doc:"Its SKU." example:"BP"`
	ProductDraft
}

// ProductDraft is what people write of a product.
type ProductDraft struct {
	Name  string `json:"name" minLength:"1" maxLength:"300" doc:"Its name, as it stands on invoices." example:"Business Premium"`
	Class string `json:"class" enum:"resale,ip,service" doc:"Whether it is resold, the seller's own, or work."`
	Kind  string `json:"kind" enum:"license,service,usage,one_time" doc:"How it is billed: by quantity and time, by what was measured, or once."`
	Tax   string `json:"tax,omitempty" maxLength:"100" doc:"The name of its tax; none where it is not given."`
}

var productKindWords = []string{"license", "service", "usage", "one_time"}

func productOf(p *billing.Product) Product {
	return Product{p.SKU, ProductDraft{p.Name, p.Class, productKindWords[p.Kind], p.Tax}}
}

func (d *ProductDraft) product(sku string) billing.Product {
	return billing.Product{SKU: sku, Name: d.Name, Class: d.Class, Kind: valueOf[billing.ProductKind](productKindWords, d.Kind), Tax: d.Tax}
}

// ProductRow is a product as it stands in a list.
type ProductRow struct {
	Product
	Subscriptions int64 `json:"subscriptions" doc:"How many subscriptions of it were ever sold."`
	Prices        int64 `json:"prices" doc:"How many price rows it has."`
}

type productsAsked struct {
	Paging
	Text     string `query:"text" maxLength:"200" doc:"A part of the SKU or the name."`
	Unpriced bool   `query:"unpriced" doc:"Only those that have no price."`
}

func productList(ctx context.Context, desk *office.Desk, in *productsAsked) (*listed[ProductRow], error) {
	after, err := begin[string]("products", in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.ProductList(ctx, office.OfferFilter{Text: in.Text, Unpriced: in.Unpriced, After: after, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf("products", in.Limit, list, func(o *office.Offer) ProductRow {
		return ProductRow{productOf(&o.Product), o.Subscriptions, o.Prices}
	}, func(o *office.Offer) string { return o.SKU }), nil
}

// ProductNamed is asked of one product.
type ProductNamed struct {
	SKU string `path:"sku" maxLength:"200" doc:"The product's SKU." example:"BP"`
}

func productGet(ctx context.Context, desk *office.Desk, in *ProductNamed) (*tagged[Product], error) {
	p, _, err := desk.ProductGet(ctx, in.SKU)
	if err != nil {
		return nil, err
	}
	return &tagged[Product]{versionTag(flow.ProductVersion(&p)), productOf(&p)}, nil
}

func productAdd(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		SKU string `json:"sku" minLength:"1" maxLength:"200" doc:"Its SKU, which stays; the provider's, where it is resold." example:"CFQ7TTC0LCHC:0002"`
		ProductDraft
	}
}) (*created[Product], error) {
	p := in.Body.product(in.Body.SKU)
	if err := desk.ProductPut(ctx, p, flow.New); err != nil {
		return nil, err
	}
	return &created[Product]{"/v1/products/" + url.PathEscape(p.SKU), productOf(&p)}, nil
}

func productChange(ctx context.Context, desk *office.Desk, in *struct {
	ProductNamed
	Matching
	Body ProductDraft
}) (*tagged[Product], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	if err := desk.ProductPut(ctx, in.Body.product(in.SKU), version); err != nil {
		return nil, err
	}
	return productGet(ctx, desk, &in.ProductNamed)
}

// PriceListRow is a price list and how much is in it.
type PriceListRow struct {
	Name   string `json:"name" doc:"Its name." example:"default"`
	Prices int64  `json:"prices" doc:"How many price rows it has."`
	SKUs   int64  `json:"skus" doc:"For how many products."`
	Newest Day    `json:"newest,omitempty" doc:"The latest day from which a row of it holds."`
}

func priceListList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[PriceListRow], error) {
	lists, err := desk.PriceListList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.PriceListCount, PriceListRow, string]("price-lists", lists, nil, func(l *office.PriceListCount) PriceListRow {
		return PriceListRow{l.List, l.Rows, l.SKUs, dayOf(l.Newest)}
	}), nil
}

type pricesAsked struct {
	Paging
	Name     string `path:"name" maxLength:"100" doc:"The price list's name." example:"default"`
	Text     string `query:"text" maxLength:"200" doc:"A part of the SKU."`
	Currency string `query:"currency" pattern:"^[A-Z]{3}$" doc:"Only in this currency."`
}

func priceList(ctx context.Context, desk *office.Desk, in *pricesAsked) (*listed[Price], error) {
	list := "prices/" + in.Name
	after, err := begin[int64](list, in.After)
	if err != nil {
		return nil, err
	}
	filter := office.PriceFilter{List: in.Name, Text: in.Text, After: after, Most: in.Limit + 1}
	if in.Currency != "" {
		if filter.Currency, err = money.ParseCurrency(in.Currency); err != nil {
			return nil, &office.FieldError{Field: "currency", Err: err}
		}
	}
	rows, err := desk.PriceList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageOf(list, in.Limit, rows, priceOf, func(r *billing.PriceRow) int64 { return r.Seq }), nil
}
