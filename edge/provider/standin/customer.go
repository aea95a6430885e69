package standin

import (
	"strconv"
	"time"
)

// Customer is a customer of the partner as it is put into a world.
type Customer struct {
	// ID is the tenant, a UUID; made from the seed where empty.
	ID, Name, Domain string
	// Email is of the billing contact; made from the domain where empty.
	Email string
	// Country is of two letters; US where empty.
	Country string
	Address Address
	// Reseller is the indirect reseller's MPN id.
	Reseller string
	// Agreed says that the Microsoft Customer Agreement is accepted.
	Agreed bool
}

// Address is where a customer is.
type Address struct {
	Line1, Line2, City, State, PostalCode string
	FirstName, LastName, Phone            string
}

// customer is one of the world's customers.
type customer struct {
	Customer
	commerceID, profileID string
	// etag is the billing profile's.
	etag             int
	culture          string
	language         string
	createdAt        time.Time
	gdapByDefault    bool
	relationship     string
	account          string
	qualifications   []qualification
	registration     string
	directlyAgreedAt time.Time
}

type qualification struct{ name, status string }

// The account states of a customer, as validationStatus tells.
const (
	accountAllowed     = "Allowed"
	accountUnderReview = "UnderReview"
	accountNotAllowed  = "NotAllowed"
)

// agreement is an acceptance of the Microsoft Customer Agreement that the
// partner confirmed.
type agreement struct {
	first, last, email, phone, template string
	agreedAt                            time.Time
}

// AddCustomer puts a customer of the partner into the world and returns its id.
func (w *World) AddCustomer(c Customer) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	made := w.newCustomer(c)
	if c.Agreed {
		w.agreements[made.ID] = append(w.agreements[made.ID], agreement{
			first: made.Address.FirstName, last: made.Address.LastName, email: made.Email, template: agreementTemplate, agreedAt: w.now,
		})
	}
	return made.ID
}

func (w *World) newCustomer(c Customer) *customer {
	fill(&c.ID, w.newID())
	fill(&c.Country, "US")
	fill(&c.Address.FirstName, "Kim")
	fill(&c.Address.LastName, "Abercrombie")
	fill(&c.Domain, "customer"+strconv.Itoa(len(w.customers)+1)+".onmicrosoft.com")
	fill(&c.Email, "billing@"+c.Domain)
	made := &customer{
		Customer: c, commerceID: w.newID(), profileID: w.newID(), etag: 1, culture: "en-US", language: "en", createdAt: w.now,
		relationship: "reseller", account: accountAllowed,
	}
	w.customers = append(w.customers, made)
	return made
}

// customer is one that has a relationship with the partner, or nil.
func (w *World) customer(id string) *customer {
	for _, c := range w.customers {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// agreed says that the customer accepted what must be accepted before a purchase.
func (w *World) agreed(c *customer) bool {
	return len(w.agreements[c.ID]) > 0 || !c.directlyAgreedAt.IsZero()
}

// SetAccount puts a customer's account under review or refuses it; the words are
// those of the validation status.
func (w *World) SetAccount(id, status string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.customer(id); c != nil {
		c.account = status
	}
}
