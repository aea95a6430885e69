package account

import (
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// editing is the form of an account.
type editing struct {
	visit   *visit.Visit
	form    *visit.Form
	account flow.Account
	version int
	fresh   bool
}

// New is the form of a new account.
func New(v *visit.Visit) error {
	e := &editing{visit: v, form: v.Form(), fresh: true}
	e.account.Parent = billing.AccountID(v.R.URL.Query().Get("parent"))
	return e.show()
}

// Edit is the form of one that is there.
func Edit(v *visit.Visit) error {
	e, err := editOf(v)
	if err != nil {
		return err
	}
	return e.show()
}

func editOf(v *visit.Visit) (*editing, error) {
	s, err := read(v)
	return &editing{visit: v, form: v.Form(), account: s.a.Account, version: s.a.Version}, err
}

// Add makes a new account.
func Add(v *visit.Visit) error {
	e := &editing{visit: v, form: v.Form(), fresh: true}
	e.account.ID = billing.AccountID(e.form.Needed("id", "The id"))
	return e.save("added")
}

// Change changes one that is there.
func Change(v *visit.Visit) error {
	e, err := editOf(v)
	if err != nil {
		return err
	}
	if e.version, err = visit.Made(e.form, e.version); err != nil {
		return err
	}
	return e.save("changed")
}

func (e *editing) save(done string) error {
	e.read()
	if !e.form.OK() {
		return e.show()
	}
	row, err := e.visit.Desk.AccountPut(e.visit.R.Context(), e.account, e.version)
	if err != nil {
		if !e.form.Take(err) {
			return err
		}
		return e.show()
	}
	return e.visit.Done(PathOf(row.Account.ID), row.Account.Name+" is "+done+".")
}

// read takes what was typed.
func (e *editing) read() {
	f, a := e.form, &e.account
	a.Name = f.Needed("name", "The name")
	a.Country = strings.ToUpper(f.Needed("country", "The country"))
	a.Parent, a.Reseller = billing.AccountID(pick.One(e.visit, f, pick.Account, "parent")), billing.AccountID(pick.One(e.visit, f, pick.Account, "reseller"))
	a.Language, a.PurchaseOrder, a.PriceList = f.Text("language"), f.Text("purchase_order"), f.Text("price_list")
	a.Party.Email, a.Party.Phone, a.Party.TaxID, a.Party.RegistrationID = f.Text("email"), f.Text("phone"), f.Text("tax_id"), f.Text("registration_id")
	a.Party.Address = nil
	if lines := f.Lines("address"); lines != "" {
		a.Party.Address = strings.Split(lines, "\n")
	}
	a.Consolidated = f.Ticked("consolidated")
	switch f.Text("bill_to") {
	case "parent":
		a.BillTo = billing.ToParent
	case "reseller":
		a.BillTo = billing.ToReseller
	default:
		a.BillTo = billing.ToSelf
	}
	a.HasPaymentTerms, a.PaymentTermsDays = false, 0
	if text := f.Text("payment_terms_days"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil {
			f.Wrong("payment_terms_days", text+" is no number of days.")
		}
		a.HasPaymentTerms, a.PaymentTermsDays = true, days
	}
	a.Currency = money.Currency{}
	if code := f.Text("currency"); code != "" {
		currency, err := money.ParseCurrency(strings.ToUpper(code))
		if err != nil {
			f.Wrong("currency", code+" is no currency. Give its three letters, such as EUR.")
		}
		a.Currency = currency
	}
}

func (e *editing) show() error {
	title := "Edit " + e.account.Name
	page := part.Page{Section: Path, Crumbs: []part.Link{{Text: "Accounts", Path: Path}}}
	if e.fresh {
		title = "New account"
	} else {
		page.Crumbs = append(page.Crumbs, part.Link{Text: e.account.Name, Path: PathOf(e.account.ID)})
	}
	page.Title = title
	return e.visit.Page(page, editForm(e, title))
}

func (e *editing) action() string {
	if e.fresh {
		return Path
	}
	return PathOf(e.account.ID) + "/edit"
}

func (e *editing) back() string {
	if e.fresh {
		return Path
	}
	return PathOf(e.account.ID)
}

func (e *editing) field(name, label, hint, shown string) part.Field {
	return e.form.Field(part.Field{Name: name, Label: label, Hint: hint}, shown)
}

func (e *editing) terms() string {
	if !e.account.HasPaymentTerms {
		return ""
	}
	return strconv.Itoa(e.account.PaymentTermsDays)
}

func (e *editing) billTo() string {
	return [...]string{billing.ToSelf: "self", billing.ToParent: "parent", billing.ToReseller: "reseller"}[e.account.BillTo]
}

func billTos() []part.Choice {
	return []part.Choice{{Value: "self", Text: "Itself"}, {Value: "parent", Text: "Its parent"}, {Value: "reseller", Text: "Its reseller"}}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
