package setting

import (
	"net/url"
	"strings"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// SellersPath is the list of sellers.
const SellersPath = "/settings/sellers"

func sellerPath(id flow.SellerID) string { return SellersPath + "/" + url.PathEscape(string(id)) }

func sellersCrumb() part.Link { return part.Link{Text: "Sellers", Path: SellersPath} }

// Sellers are the pages of who invoices.
type Sellers struct {
	// ZoneKnown says whether a time zone of that name exists, in the time zone database of
	// whoever runs the program; nil where there is none to ask, and no name is refused.
	ZoneKnown func(name string) bool
}

// SellerList lists who invoices.
func SellerList(v *visit.Visit) error {
	list, err := v.Desk.SellerList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(below("Sellers"), sellersPage(v, list))
}

// SellerShow shows a seller as its documents have it.
func SellerShow(v *visit.Visit) error {
	seller, version, err := v.Desk.SellerGet(v.R.Context(), flow.SellerID(v.R.PathValue("id")))
	if err != nil {
		return err
	}
	return v.Page(below(seller.Party.Name, sellersCrumb()), sellerPage(v, &seller, version))
}

// sellerForm is the form of a seller.
type sellerForm struct {
	visit  *visit.Visit
	form   *visit.Form
	seller flow.Seller
	// version is the one that the form was made of; flow.New for one that is not there yet.
	version int
	fresh   bool
}

// New is the form of a seller that is not there yet.
func (s Sellers) New(v *visit.Visit) error {
	return (&sellerForm{visit: v, form: v.Form(), fresh: true}).show()
}

// Edit is the form of one that is.
func (s Sellers) Edit(v *visit.Visit) error {
	e, err := sellerFormOf(v)
	if err != nil {
		return err
	}
	return e.show()
}

func sellerFormOf(v *visit.Visit) (*sellerForm, error) {
	seller, version, err := v.Desk.SellerGet(v.R.Context(), flow.SellerID(v.R.PathValue("id")))
	return &sellerForm{visit: v, form: v.Form(), seller: seller, version: version}, err
}

// Add adds a seller.
func (s Sellers) Add(v *visit.Visit) error {
	e := &sellerForm{visit: v, form: v.Form(), fresh: true}
	e.seller.ID = flow.SellerID(e.form.Needed("id", "The id"))
	e.seller.Currency = currencyOf(e.form, "currency", "The currency")
	return s.save(e, "added")
}

// Change makes a new version of a seller.
func (s Sellers) Change(v *visit.Visit) error {
	e, err := sellerFormOf(v)
	if err != nil {
		return err
	}
	if e.version, err = visit.Made(e.form, e.version); err != nil {
		return err
	}
	return s.save(e, "changed")
}

func (s Sellers) save(e *sellerForm, done string) error {
	e.read()
	if zone := e.seller.TimeZone; zone != "" && s.ZoneKnown != nil && !s.ZoneKnown(zone) {
		e.form.Wrong("time_zone", "There is no time zone "+zone+". Write it as Europe/Berlin or America/New_York.")
	}
	if !e.form.OK() {
		return e.show()
	}
	if err := e.visit.Desk.SellerPut(e.visit.R.Context(), e.seller, e.version); err != nil {
		if !e.form.Take(err) {
			return err
		}
		return e.show()
	}
	return e.visit.Done(sellerPath(e.seller.ID), e.seller.Party.Name+" is "+done+".")
}

func (e *sellerForm) read() {
	f, party, pay := e.form, &e.seller.Party, &e.seller.Remittance
	party.Name = f.Needed("name", "The name")
	party.Country = strings.ToUpper(f.Needed("country", "The country"))
	party.Email, party.Phone, party.TaxID, party.RegistrationID = f.Text("email"), f.Text("phone"), f.Text("tax_id"), f.Text("registration_id")
	party.Address = nil
	if lines := f.Lines("address"); lines != "" {
		party.Address = strings.Split(lines, "\n")
	}
	e.seller.TimeZone = f.Needed("time_zone", "The time zone")
	pay.Bank, pay.AccountHolder, pay.IBAN, pay.BIC = f.Text("bank"), f.Text("account_holder"), f.Text("iban"), f.Text("bic")
	pay.AccountNumber, pay.RoutingNumber, pay.Note = f.Text("account_number"), f.Text("routing_number"), f.Text("note")
}

func (e *sellerForm) show() error {
	if e.fresh {
		return e.visit.Page(below("New seller", sellersCrumb()), sellerEdit(e, "New seller"))
	}
	title := "Edit " + string(e.seller.ID)
	return e.visit.Page(below(title, sellersCrumb(), part.Link{Text: string(e.seller.ID), Path: sellerPath(e.seller.ID)}), sellerEdit(e, title))
}

func (e *sellerForm) action() string {
	if e.fresh {
		return SellersPath
	}
	return sellerPath(e.seller.ID) + "/edit"
}

func (e *sellerForm) back() string {
	if e.fresh {
		return SellersPath
	}
	return sellerPath(e.seller.ID)
}

func (e *sellerForm) save() string {
	if e.fresh {
		return "Add the seller"
	}
	return "Save the seller"
}

func (e *sellerForm) field(name, label, hint, shown string) part.Field {
	return e.form.Field(part.Field{Name: name, Label: label, Hint: hint}, shown)
}

func partyFacts(s *flow.Seller) []part.Fact {
	p := &s.Party
	return []part.Fact{
		{Name: "Name", Value: p.Name},
		{Name: "Address", Value: strings.Join(p.Address, ", ")},
		{Name: "Country", Value: p.Country},
		{Name: "Tax id", Value: p.TaxID},
		{Name: "Registration", Value: p.RegistrationID},
		{Name: "Email", Value: p.Email},
		{Name: "Phone", Value: p.Phone},
	}
}

func remittanceFacts(s *flow.Seller) []part.Fact {
	r := &s.Remittance
	return []part.Fact{
		{Name: "Bank", Value: r.Bank},
		{Name: "Account holder", Value: r.AccountHolder},
		{Name: "IBAN", Value: r.IBAN},
		{Name: "BIC", Value: r.BIC},
		{Name: "Account number", Value: r.AccountNumber},
		{Name: "Routing number", Value: r.RoutingNumber},
		{Name: "Note", Value: r.Note},
	}
}

func payable(s *flow.Seller) bool { return s.Remittance != flow.Remittance{} }
