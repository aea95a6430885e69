package setting

import (
	"net/url"
	"slices"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// TaxesPath is the list of taxes.
const TaxesPath = "/settings/taxes"

// taxForm is the form of a tax.
type taxForm struct {
	visit *visit.Visit
	form  *visit.Form
	tax   billing.Tax
	// version is of the tax as the form was made of it; flow.New for one that is not there yet.
	version int64
	fresh   bool
}

func categories() []part.Choice {
	return []part.Choice{{Value: "standard", Text: "Standard"}, {Value: "reverse_charge", Text: "Reverse charge"}, {Value: "exempt", Text: "Exempt"}, {Value: "zero_rated", Text: "Zero-rated"}}
}

// category is the choice of a category; its place is that of the category.
func category(c billing.TaxCategory) part.Choice { return categories()[c] }

// Taxes lists the taxes.
func Taxes(v *visit.Visit) error {
	list, err := v.Desk.TaxList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(below("Taxes"), taxesPage(v, list))
}

// TaxNew is the form of a tax that is not there yet.
func TaxNew(v *visit.Visit) error {
	return (&taxForm{visit: v, form: v.Form(), fresh: true}).show()
}

// TaxEdit is the form of one that is.
func TaxEdit(v *visit.Visit) error {
	e, err := taxFormOf(v)
	if err != nil {
		return err
	}
	return e.show()
}

func taxFormOf(v *visit.Visit) (*taxForm, error) {
	list, err := v.Desk.TaxList(v.R.Context())
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(t billing.Tax) bool { return t.Name == v.R.PathValue("name") })
	if at < 0 {
		return nil, flow.ErrUnknown
	}
	return &taxForm{visit: v, form: v.Form(), tax: list[at], version: flow.TaxVersion(&list[at])}, nil
}

// TaxAdd adds a tax.
func TaxAdd(v *visit.Visit) error {
	e := &taxForm{visit: v, form: v.Form(), fresh: true}
	e.tax.Name = e.form.Needed("name", "The name")
	return e.save("added")
}

// TaxChange changes one, as long as nothing was billed.
func TaxChange(v *visit.Visit) error {
	e, err := taxFormOf(v)
	if err != nil {
		return err
	}
	if e.version, err = visit.Made(e.form, e.version); err != nil {
		return err
	}
	return e.save("changed")
}

func (e *taxForm) save(done string) error {
	percent, given := e.form.Decimal("percent")
	if !given {
		e.form.Wrong("percent", "The rate is missing: 0 where nothing is owed.")
	}
	e.tax.Percent = percent
	at := slices.IndexFunc(categories(), func(c part.Choice) bool { return c.Value == e.form.Text("category") })
	if at < 0 {
		e.form.Wrong("category", "Choose a category.")
	}
	e.tax.Category = billing.TaxCategory(max(at, 0))
	if !e.form.OK() {
		return e.show()
	}
	if err := e.visit.Desk.TaxPut(e.visit.R.Context(), e.tax, e.version); err != nil {
		if !e.form.Take(err) {
			return err
		}
		return e.show()
	}
	return e.visit.Done(TaxesPath, "The tax "+e.tax.Name+" is "+done+".")
}

func (e *taxForm) show() error {
	title := "New tax"
	if !e.fresh {
		title = "Change " + e.tax.Name
	}
	return e.visit.Page(below(title, part.Link{Text: "Taxes", Path: TaxesPath}), taxEdit(e, title))
}

func taxPath(name string) string { return TaxesPath + "/" + url.PathEscape(name) + "/edit" }

func (e *taxForm) action() string {
	if e.fresh {
		return TaxesPath
	}
	return taxPath(e.tax.Name)
}

// percent is what stands in the field before anything was typed.
func (e *taxForm) percent() string {
	if e.fresh {
		return ""
	}
	return e.visit.Locale.Quantity(e.tax.Percent)
}

func (e *taxForm) button() string {
	if e.fresh {
		return "Add the tax"
	}
	return "Save the tax"
}
