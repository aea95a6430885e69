package standin

import (
	"time"

	"prorata/core/calendar"
)

// What the last weeks of a demonstration bring, counted back from its last day: so
// that whoever looks at it on any day finds something that waits for a person.

// demoComing is a customer who comes late, and what it buys from that day on.
type demoComing struct {
	ago int
	demoStory
}

var demoComings = []demoComing{
	// Came over from another partner, and nobody here has said who it is.
	{45, demoStory{name: "Adatum Corporation", domain: "adatum", country: "US", city: "Phoenix", state: "AZ", street: "1200 Central Avenue", postal: "85004", buys: []demoBuy{
		{product: businessPremium, seats: 18, termMonths: 12, billing: Monthly}, {day: 1, product: azure, seats: 1, billing: Monthly},
	}}},
	// Two contracts could take what it buys.
	{12, demoStory{name: "Adventure Works Cycles", domain: "adventureworks", country: "US", city: "Bothell", state: "WA", street: "8157 Ridge Road", postal: "98011", buys: []demoBuy{
		{day: 1, product: exchangeOne, seats: 20, termMonths: 1, billing: Monthly},
	}}},
	// Was sold to before it had accepted the agreement.
	{9, demoStory{name: "Relecloud", unsigned: true, domain: "relecloud", country: "US", city: "Raleigh", state: "NC", street: "31 Hargett Street", postal: "27601"}},
	// Is billed in a currency that there is no rate for.
	{8, demoStory{name: "Tailwind Traders Monterrey", domain: "tailwindmonterrey", country: "MX", city: "Monterrey", state: "NL", street: "Avenida Constitución 444", postal: "64000", buys: []demoBuy{
		{day: 1, product: businessStandard, seats: 12, termMonths: 12, billing: Monthly},
	}}},
}

// demoLater are purchases of customers who have been there all the time.
var demoLater = []struct {
	ago      int
	customer string
	buy      demoBuy
}{
	// Can be taken back for two more days.
	{5, "Graphic Design Institute", demoBuy{product: project, seats: 4, termMonths: 12, billing: Monthly}},
	{5, "Proseware Legal", demoBuy{product: powerBI, seats: 6, termMonths: 12, billing: Monthly}},
}

// demoMistakesAgo is when the invoice after it is going to be wrong; it is read on the
// eighth of a month, a month's rows at a time.
const demoMistakesAgo = 38

// demoMistakes are what is wrong about the invoice: whose line, of which product.
var demoMistakes = []struct {
	customer, product string
	Mistake
}{
	{"Litware Logistics", frontline, Mistake{Kind: WrongPrice, Value: "7.15"}},
	{"Tailspin Toys", businessStandard, Mistake{Kind: WrongQuantity, Value: "35"}},
	{"Lucerne Publishing", project, Mistake{Kind: DuplicatedLine}},
	{"Alpine Ski House", defender, Mistake{Kind: MissingLine}},
	{"Contoso Pharmaceuticals", azure, Mistake{Kind: LateUsage, Value: "2"}},
}

// demoLately puts all of it into the diary.
func (w *World) demoLately(end calendar.Date) {
	ago := func(days int) time.Time { return midnight(end.AddDays(-days)) }
	for _, coming := range demoComings {
		w.at(ago(coming.ago), func() { w.demoCustomer(coming.demoStory) })
	}
	for i, later := range demoLater {
		w.at(ago(later.ago).Add(9*time.Hour+time.Duration(i*13)*time.Minute), func() {
			if c := w.demoNamed(later.customer); c != nil {
				w.demoPurchase(c, c.Reseller, later.buy)
			}
		})
	}
	w.at(ago(demoMistakesAgo), func() {
		for _, m := range demoMistakes {
			if s := w.demoHeld(m.customer, m.product); s != nil {
				m.Subscription = s.id
				// What the invoice does not have any more is not wrong on it.
				_ = w.billing.mistake(m.Mistake)
			}
		}
	})
}

func (w *World) demoNamed(name string) *customer {
	for _, c := range w.customers {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// demoHeld is what a customer holds of a product, or nil.
func (w *World) demoHeld(name, product string) *subscription {
	for _, s := range w.held {
		if s.customer.Name == name && s.sku.product.ID == product && s.live() {
			return s
		}
	}
	return nil
}
