package partnercenter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"prorata/flow"
)

// customersPage is how many customers one call gives.
const customersPage = 500

// Customers are all that have a reseller relationship with the partner, page by
// page. The list says no country; CustomerGet does.
func (c *Client) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return stream(func(take taken) error {
		return c.items(ctx, get("/v1/customers"), pagingToken, customersPage, take)
	}, customerOf)
}

// CustomersNamed are those whose company name begins with a text.
func (c *Client) CustomersNamed(ctx context.Context, start string) iter.Seq2[flow.ProviderCustomer, error] {
	filter, _ := json.Marshal(map[string]string{"Field": "CompanyName", "Value": start, "Operator": "starts_with"})
	path := withQuery("/v1/customers?size=0", "filter", url.QueryEscape(string(filter)))
	return stream(func(take taken) error { return c.items(ctx, get(path), pagingToken, 0, take) }, customerOf)
}

// CustomerGet is one customer; ErrUnknown where there is none of that tenant, or
// none of ours. Without an admin relationship Microsoft leaves the address out.
func (c *Client) CustomerGet(ctx context.Context, id string) (flow.ProviderCustomer, error) {
	r, err := c.askObject(ctx, get(pathOf("/v1/customers/%s", id)).byPerson())
	if refusedWith(err, http.StatusNotFound) {
		return flow.ProviderCustomer{}, fmt.Errorf("%w: %w", flow.ErrUnknown, err)
	}
	if err != nil {
		return flow.ProviderCustomer{}, err
	}
	customer := customerOf(r)
	return customer, rowError(r.wrong.at, r.wrong.err())
}

// customerOf reads a customer, of a list or by itself.
func customerOf(r reading) flow.ProviderCustomer {
	c := flow.ProviderCustomer{ID: r.text("id"), Reseller: r.text("associatedPartnerId")}
	if p, ok := r.sub("companyProfile"); ok {
		c.Name, c.Domain = p.text("companyName"), p.text("domain")
		if a, ok := p.sub("address"); ok {
			c.Country = a.text("country")
		}
	}
	if b, ok := r.sub("billingProfile"); ok {
		c.Name = first(c.Name, b.text("companyName"))
		if a, ok := b.sub("defaultAddress"); ok {
			c.Country = first(c.Country, a.text("country"))
		}
	}
	if c.ID == "" {
		r.add("id", "is missing, and required")
	}
	return c
}

// Address is where a company is. Country has two letters.
type Address struct {
	Line1      string `json:"addressLine1,omitempty"`
	Line2      string `json:"addressLine2,omitempty"`
	City       string `json:"city,omitempty"`
	State      string `json:"state,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Country    string `json:"country,omitempty"`
}

func addressOf(r reading) Address {
	return Address{
		Line1: r.text("addressLine1"), Line2: r.text("addressLine2"), City: r.text("city"),
		State: r.text("state"), PostalCode: r.text("postalCode"), Country: r.text("country"),
	}
}

// NewCustomer is a tenant to be made.
type NewCustomer struct {
	// Reference is ours, the same on every try: the customer is made once.
	Reference string
	Company   string
	// Domain is the whole first domain, such as contoso.onmicrosoft.com.
	Domain string
	// Culture is such as en-US, Language such as en.
	Culture, Language string
	// FirstName to Phone are the contact's.
	FirstName, LastName, Email, Phone string
	Address                           Address
	// Registration is the company's number, which some countries require.
	Registration string
	// Reseller is the location id of the indirect reseller.
	Reseller string
	// AdminByDefault asks for an admin relationship at once.
	AdminByDefault bool
}

// Credentials are those of a new customer's first administrator. They are given
// once and never again; what prints them prints nothing.
type Credentials struct {
	UserName string
	Password Hidden
}

// Hidden is a text that no log and no error says.
type Hidden string

// String is not the text.
func (Hidden) String() string { return "…" }

// GoString is not the text.
func (Hidden) GoString() string { return "…" }

// MarshalText is not the text.
func (Hidden) MarshalText() ([]byte, error) { return []byte("…"), nil }

// CustomerCreate makes a tenant. Its administrator's first password is in the
// answer alone. Before it can buy, the customer agreement must be accepted.
func (c *Client) CustomerCreate(ctx context.Context, n NewCustomer) (flow.ProviderCustomer, Credentials, error) {
	type contactAddress struct {
		Address
		FirstName string `json:"firstName,omitempty"`
		LastName  string `json:"lastName,omitempty"`
		Phone     string `json:"phoneNumber,omitempty"`
	}
	company := map[string]any{"domain": n.Domain}
	if n.Registration != "" {
		company["organizationRegistrationNumber"] = n.Registration
	}
	body := map[string]any{
		"companyProfile": company,
		"billingProfile": map[string]any{
			"culture": first(n.Culture, c.set.Locale), "language": first(n.Language, "en"), "companyName": n.Company, "email": n.Email,
			"firstName": n.FirstName, "lastName": n.LastName,
			"defaultAddress": contactAddress{n.Address, n.FirstName, n.LastName, n.Phone},
		},
		"enableGDAPByDefault": n.AdminByDefault,
	}
	if n.Reseller != "" {
		body["associatedPartnerId"] = n.Reseller
	}
	k := post("/v1/customers", body)
	ids, answered := c.sent.ids(n.Reference)
	k.ids = ids
	r, err := c.askObject(ctx, k)
	var no *refusal
	answered(errors.As(err, &no))
	if err != nil {
		return flow.ProviderCustomer{}, Credentials{}, err
	}
	var given Credentials
	if u, ok := r.object("userCredentials"); ok {
		given = Credentials{UserName: u.scalar("userName"), Password: Hidden(u.scalar("password"))}
	}
	customer := customerOf(r)
	return customer, given, rowError(r.wrong.at, r.wrong.err())
}

// CustomerLeave ends the reseller relationship. All of the customer's
// subscriptions must be suspended before.
func (c *Client) CustomerLeave(ctx context.Context, id string) error {
	k := post(pathOf("/v1/customers/%s", id), map[string]string{"relationshipToPartner": "none"}).byPerson()
	k.method = http.MethodPatch
	_, err := c.ask(ctx, k)
	return err
}

// DomainTaken says whether a domain such as contoso.onmicrosoft.com is somebody's.
func (c *Client) DomainTaken(ctx context.Context, domain string) (bool, error) {
	k := get(pathOf("/v1/domains/%s", domain))
	k.method = http.MethodHead
	_, err := c.ask(ctx, k)
	if refusedWith(err, http.StatusNotFound) {
		return false, nil
	}
	return err == nil, err
}

// AddressVerdict is what Microsoft says of an address.
type AddressVerdict struct {
	// Status is Microsoft's word; Safe says that it can be taken without asking anybody.
	Status, Message string
	Safe            bool
	Suggested       []Address
}

// AddressCheck asks whether an address exists.
func (c *Client) AddressCheck(ctx context.Context, a Address) (AddressVerdict, error) {
	r, err := c.askObject(ctx, post("/v1/validations/address", a))
	if err != nil {
		return AddressVerdict{}, err
	}
	v := AddressVerdict{Status: r.text("status"), Message: r.text("validationMessage")}
	v.Safe = strings.EqualFold(v.Status, "VerifiedShippable") || strings.EqualFold(v.Status, "Verified")
	for i, raw := range r.list("suggestedAddresses") {
		o, _ := objectOf(raw)
		v.Suggested = append(v.Suggested, addressOf(reading{wrong: r.wrong, path: indexed("suggestedAddresses", i) + ".", of: o}))
	}
	return v, rowError(r.wrong.at, r.wrong.err())
}

// AccountStatus is how far Microsoft's review of a customer is.
type AccountStatus uint8

// The statuses: a customer under review, or not allowed, cannot buy.
const (
	AccountUnknown AccountStatus = iota
	AccountAllowed
	AccountUnderReview
	AccountNotAllowed
)

// AccountStatusGet is the review's; unknown where there has been none yet.
func (c *Client) AccountStatusGet(ctx context.Context, customer string) (AccountStatus, error) {
	r, err := c.askObject(ctx, get(pathOf("/v1/customers/%s/validationStatus", customer)+"?type=account").byPerson())
	if refusedFor(err, codeStatusMissing) {
		return AccountUnknown, nil
	}
	if err != nil {
		return AccountUnknown, err
	}
	switch strings.ToLower(strings.ReplaceAll(r.scalar("status"), " ", "")) {
	case "allowed", "approved":
		return AccountAllowed, nil
	case "underreview":
		return AccountUnderReview, nil
	case "notallowed", "rejected":
		return AccountNotAllowed, nil
	}
	return AccountUnknown, nil
}

// Reseller is an indirect reseller of the partner.
type Reseller struct {
	// ID is its tenant, MPN its location id, which stands on subscriptions and bills.
	ID, Name, MPN string
}

// Resellers are the partner's indirect resellers.
func (c *Client) Resellers(ctx context.Context) iter.Seq2[Reseller, error] {
	return c.resellers(ctx, "/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf")
}

// ResellersOf are the indirect resellers of one customer.
func (c *Client) ResellersOf(ctx context.Context, customer string) iter.Seq2[Reseller, error] {
	return c.resellers(ctx, pathOf("/v1/customers/%s/relationships", customer))
}

func (c *Client) resellers(ctx context.Context, path string) iter.Seq2[Reseller, error] {
	return stream(func(take taken) error {
		return c.items(ctx, get(path).byPerson(), pagingToken, 0, take)
	}, func(r reading) Reseller {
		return Reseller{ID: r.text("id"), Name: r.text("name"), MPN: r.text("mpnId")}
	})
}
