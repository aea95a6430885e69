package contract

import (
	"strconv"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/account"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// editing is the form of a contract.
type editing struct {
	visit    *visit.Visit
	form     *visit.Form
	contract flow.Contract
	version  int64
	fresh    bool
}

// New is the form of a new contract.
func New(v *visit.Visit) error {
	e := &editing{visit: v, form: v.Form(), fresh: true}
	e.contract.Account = billing.AccountID(v.R.URL.Query().Get("account"))
	e.contract.Start = v.Desk.Today()
	return e.show()
}

// Edit is the form of one that was never billed.
func Edit(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	return (&editing{visit: v, form: v.Form(), contract: s.c.Contract, version: s.c.Version}).show()
}

// Add makes a new contract.
func Add(v *visit.Visit) error {
	e := &editing{visit: v, form: v.Form(), fresh: true}
	e.contract.ID = billing.ContractID(e.form.Needed("id", "The id"))
	e.contract.Account = billing.AccountID(pick.Needed(v, e.form, pick.Account, "account", "The account"))
	return e.save("added")
}

// Change changes one that was never billed.
func Change(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	e := &editing{visit: v, form: v.Form(), contract: s.c.Contract}
	if e.version, err = visit.Made(e.form, s.c.Version); err != nil {
		return err
	}
	return e.save("changed")
}

func (e *editing) save(done string) error {
	e.read()
	if !e.form.OK() {
		return e.show()
	}
	if err := e.visit.Desk.ContractPut(e.visit.R.Context(), e.contract, e.version); err != nil {
		if !e.form.Take(err) {
			return err
		}
		return e.show()
	}
	return e.visit.Done(PathOf(e.contract.ID), "Contract "+string(e.contract.ID)+" is "+done+".")
}

// read takes what was typed.
func (e *editing) read() {
	f, c := e.form, &e.contract
	c.Start, c.End = f.Day("start"), f.Day("end")
	c.Frequency = billing.Unit{Name: f.Text("frequency")}
	c.Schedule = billing.Schedule(e.choice("schedule", 3))
	c.Timing = billing.Timing(e.choice("timing", 2))
	c.Proration = billing.Proration(e.choice("proration", 4))
	c.Changes = billing.Changes{Policy: billing.ChangesPolicy(e.choice("changes", 5)), Day: e.number("changes_day")}
	c.Refunds = billing.Refunds{Policy: billing.RefundsPolicy(e.choice("refunds", 3)), Days: e.number("refunds_days")}
	c.Reductions = billing.ReductionsPolicy(e.choice("reductions", 3))
	c.SuspendedFree, c.PriceList, c.PurchaseOrder = f.Ticked("suspended_free"), f.Text("price_list"), f.Text("purchase_order")
	c.Discount.Percent, _ = f.Decimal("discount")
	c.Currency = money.Currency{}
	if code := f.Text("currency"); code != "" {
		currency, err := money.ParseCurrency(code)
		if err != nil {
			f.Wrong("currency", code+" is no currency. Give its three letters, such as EUR.")
		}
		c.Currency = currency
	}
}

// choice is the number of one of n choices.
func (e *editing) choice(name string, n int) int {
	value, err := strconv.Atoi(e.form.Text(name))
	if err != nil || value < 0 || value >= n {
		e.form.Wrong(name, "Choose one of them.")
		return 0
	}
	return value
}

func (e *editing) number(name string) int {
	text := e.form.Text(name)
	if text == "" {
		return 0
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		e.form.Wrong(name, text+" is no whole number.")
	}
	return value
}

func (e *editing) show() error {
	page := part.Page{Title: "New contract", Section: account.Path, Crumbs: []part.Link{{Text: "Contracts", Path: Path}}}
	if !e.fresh {
		page.Title = "Edit the terms"
		page.Crumbs = append(page.Crumbs, part.Link{Text: string(e.contract.ID), Path: PathOf(e.contract.ID)})
	}
	return e.visit.Page(page, editForm(e, page.Title))
}

func (e *editing) action() string {
	if e.fresh {
		return Path
	}
	return PathOf(e.contract.ID) + "/edit"
}

func (e *editing) back() string {
	if e.fresh && e.contract.Account != "" {
		return account.PathOf(e.contract.Account)
	}
	if e.fresh {
		return Path
	}
	return PathOf(e.contract.ID)
}

func (e *editing) selected(name, label string, value int) part.Field {
	return e.form.Field(part.Field{Name: name, Label: label}, strconv.Itoa(value))
}

func (e *editing) saveWords() string {
	if e.fresh {
		return "Add the contract"
	}
	return "Save the terms"
}

// choices are numbered in the order of their words.
func choices(words ...string) (all []part.Choice) {
	for i, word := range words {
		all = append(all, part.Choice{Value: strconv.Itoa(i), Text: word})
	}
	return all
}

func frequencies() []part.Choice {
	return []part.Choice{{Value: "monthly", Text: "Each month"}, {Value: "quarterly", Text: "Each quarter"}, {Value: "annual", Text: "Each year"}, {Value: "triennial", Text: "Every 3 years"}}
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func discountText(e *editing) string {
	if e.contract.Discount.Percent.IsZero() {
		return ""
	}
	return e.visit.Locale.Quantity(e.contract.Discount.Percent)
}
