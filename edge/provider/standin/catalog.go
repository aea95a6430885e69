package standin

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// ProductKind says how a product is sold.
type ProductKind uint8

const (
	// Licenses are online services by the seat.
	Licenses ProductKind = iota
	// AzurePlan is charged by its usage alone.
	AzurePlan
	// Perpetual is software that is bought once.
	Perpetual
)

// word is the product type's id.
func (k ProductKind) word() string {
	switch k {
	case AzurePlan:
		return "Azure"
	case Perpetual:
		return "Software"
	case Licenses:
	}
	return "OnlineServicesNCE"
}

// Billing is how often a term is charged, in the Partner Center's word.
type Billing string

// The billing cycles.
const (
	Monthly   Billing = "monthly"
	Annual    Billing = "annual"
	Triennial Billing = "triennial"
	OneTime   Billing = "one_time"
	None      Billing = "none"
)

// months is a charge cycle's length; 0 where there is none.
func (b Billing) months() int {
	switch b {
	case Monthly:
		return 1
	case Annual:
		return 12
	case Triennial:
		return 36
	case OneTime, None:
	}
	return 0
}

// Product is something in the catalogue.
type Product struct {
	ID, Title, Description, Publisher string
	Kind                              ProductKind
	SKUs                              []*SKU
}

// SKU is one edition of a product.
type SKU struct {
	ID, Title, Description string
	// Minimum and Maximum bound the seats of one subscription; 1 and 10,000 where 0.
	Minimum, Maximum int
	Trial, Addon     bool
	// Prerequisites are the skus (PRODUCT:SKU) of which an add-on needs one; Upgrades
	// those that it can be changed into.
	Prerequisites, Upgrades []string
	// Segments are those it is sold to, in Microsoft's words; commercial where none.
	Segments []string
	Offers   []Offer

	product *Product
}

// key is the product and sku joined by a colon.
func (s *SKU) key() string { return s.product.ID + ":" + s.ID }

// Offer is a term and billing plan that a sku can be had for.
type Offer struct {
	// TermMonths is 0 for none.
	TermMonths int
	Billing    Billing
	// Prices are in order of their days.
	Prices []Price
}

// Price is what one seat costs for one charge cycle from a day on, in US dollars.
type Price struct {
	From calendar.Date
	// List is the partner's price, Retail what Microsoft suggests for the customer.
	List, Retail money.Decimal
}

// Promotion is a percentage off for a time.
type Promotion struct {
	ID, Name string
	// SKU is the product and sku joined by a colon.
	SKU        string
	TermMonths int
	Billing    Billing
	Percent    money.Decimal
	// From is the first day on which it can be had, Until the last.
	From, Until calendar.Date
	// SeatsMin and SeatsMax bound the seats, where not 0.
	SeatsMin, SeatsMax int
	// FirstPurchase asks that the customer never had the sku.
	FirstPurchase bool
}

// catalog is what is sold.
type catalog struct {
	products   []*Product
	promotions []*Promotion
}

// AddProduct puts a product into the catalogue.
func (w *World) AddProduct(p *Product) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range p.SKUs {
		s.product = p
		if s.Minimum == 0 {
			s.Minimum = 1
		}
		if s.Maximum == 0 {
			s.Maximum = 10_000
		}
		if len(s.Segments) == 0 {
			s.Segments = []string{"commercial"}
		}
	}
	w.catalog.products = append(w.catalog.products, p)
}

// AddPromotion puts a promotion into the catalogue.
func (w *World) AddPromotion(p *Promotion) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.catalog.promotions = append(w.catalog.promotions, p)
}

func (c *catalog) product(id string) *Product {
	for _, p := range c.products {
		if strings.EqualFold(p.ID, id) {
			return p
		}
	}
	return nil
}

// sku finds one by product and sku joined by a colon.
func (c *catalog) sku(key string) *SKU {
	product, id, _ := strings.Cut(key, ":")
	if p := c.product(product); p != nil {
		return p.sku(id)
	}
	return nil
}

func (p *Product) sku(id string) *SKU {
	for _, s := range p.SKUs {
		if strings.EqualFold(s.ID, id) {
			return s
		}
	}
	return nil
}

func (c *catalog) promotion(id string) *Promotion {
	for _, p := range c.promotions {
		if strings.EqualFold(p.ID, id) {
			return p
		}
	}
	return nil
}

// offer is the sku's offer of a term and plan, or nil.
func (s *SKU) offer(termMonths int, billing Billing) *Offer {
	for i := range s.Offers {
		if o := &s.Offers[i]; o.TermMonths == termMonths && o.Billing == billing {
			return o
		}
	}
	return nil
}

// on is the price of a day; nothing before the first.
func (o *Offer) on(day calendar.Date) (Price, bool) {
	var found Price
	var has bool
	for _, p := range o.Prices {
		if !day.Before(p.From) {
			found, has = p, true
		}
	}
	return found, has
}

// availability is the id under which a sku is sold on a day. It changes with each
// month, as Microsoft's do now and then: who kept an old one asks anew.
func (w *World) availability(s *SKU, on calendar.Date) string {
	year, month, _ := on.Civil()
	sum := sha256.Sum256([]byte(w.set.Seed + s.key() + "/" + string(rune('0'+year%10)) + string(rune('a'+month))))
	return "CFQ7TTC0" + strings.ToUpper(hex.EncodeToString(sum[:2]))
}

// catalogItem is what is put into a cart: product, sku and availability.
func (w *World) catalogItem(s *SKU, on calendar.Date) string {
	return s.key() + ":" + w.availability(s, on)
}
