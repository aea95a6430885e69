package catalog

import (
	"net/url"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

func queryEscape(text string) string { return url.QueryEscape(text) }

// edited is the form of a product.
type edited struct {
	visit *visit.Visit
	form  *visit.Form
	// old is what stands in the book; without a sku for a new product.
	old billing.Product
	// version is of the product as the form was made of it; flow.New for a new one.
	version int64
	taxes   []part.Choice
}

// AskNew asks for a new product.
func AskNew(v *visit.Visit) error {
	return (&edited{visit: v, form: v.Form(), old: billing.Product{Class: "resale"}}).show()
}

// AskEdit asks what of a product is to be changed.
func AskEdit(v *visit.Visit) error {
	e := &edited{visit: v, form: v.Form()}
	var err error
	if e.old, _, err = v.Desk.ProductGet(v.R.Context(), v.R.PathValue("sku")); err != nil {
		return err
	}
	e.version = flow.ProductVersion(&e.old)
	return e.show()
}

func (e *edited) show() error {
	taxes, err := e.visit.Desk.TaxList(e.visit.R.Context())
	if err != nil {
		return err
	}
	e.taxes = []part.Choice{{Text: "None"}}
	for _, tax := range taxes {
		e.taxes = append(e.taxes, part.Choice{Value: tax.Name, Text: tax.Name + ", " + e.visit.Locale.Quantity(tax.Percent) + " %"})
	}
	page := part.Page{Title: "Add a product", Section: Path, Crumbs: crumbs()}
	if e.old.SKU != "" {
		page.Title, page.Crumbs = "Change", append(page.Crumbs, part.Link{Text: e.old.SKU, Path: ProductPath(e.old.SKU)})
	}
	return e.visit.Page(page, editPage(e, page.Title))
}

// Add adds a product.
func Add(v *visit.Visit) error {
	f := v.Form()
	e := &edited{visit: v, form: f, old: billing.Product{Class: "resale"}}
	return e.save(f.Needed("sku", "The SKU"))
}

// Edit changes a product.
func Edit(v *visit.Visit) error {
	e := &edited{visit: v, form: v.Form()}
	var err error
	if e.old, _, err = v.Desk.ProductGet(v.R.Context(), v.R.PathValue("sku")); err != nil {
		return err
	}
	if e.version, err = visit.Made(e.form, flow.ProductVersion(&e.old)); err != nil {
		return err
	}
	return e.save(e.old.SKU)
}

func (e *edited) save(sku string) error {
	f := e.form
	p := billing.Product{SKU: sku, Name: f.Needed("name", "The name"), Class: f.Text("class"), Tax: f.Text("tax")}
	switch f.Text("kind") {
	case "usage":
		p.Kind = billing.Usage
	case "service":
		p.Kind = billing.Service
	case "one_time":
		p.Kind = billing.OneTime
	case "license":
		p.Kind = billing.License
	default:
		f.Wrong("kind", "How is it sold? Choose one.")
	}
	if !f.OK() {
		return e.show()
	}
	if err := e.visit.Desk.ProductPut(e.visit.R.Context(), p, e.version); err != nil {
		if f.Take(err) {
			return e.show()
		}
		return err
	}
	if e.old.SKU == "" && e.visit.May("PriceAdd") {
		return e.visit.Done(ProductPath(sku), sku+" is in the catalog. It needs a price before it can be billed.")
	}
	return e.visit.Done(ProductPath(sku), sku+" is saved.")
}

func kindValue(k billing.ProductKind) string {
	switch k {
	case billing.Usage:
		return "usage"
	case billing.OneTime:
		return "one_time"
	case billing.Service:
		return "service"
	case billing.License:
	}
	return "license"
}
