package standin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"prorata/core/calendar"
	"prorata/core/money"
)

// store sells two products by the seat, the first of which can become the
// second, to a customer who orders for real.
type store struct {
	*visitor
	customer string
}

func openStore(t testing.TB, currency, start string) *store {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", start)
	if err != nil {
		t.Fatal(err)
	}
	w := New(Settings{Seed: "store", Start: at, Partner: Partner{Currency: currency}})
	offers := func(month, year, months string) []Offer {
		from := day(t, "2020-01-01")
		return []Offer{
			{TermMonths: 1, Billing: Monthly, Prices: []Price{{From: from, List: figure(month), Retail: figure(month)}}},
			{TermMonths: 12, Billing: Monthly, Prices: []Price{{From: from, List: figure(months), Retail: figure(months)}, {From: day(t, "2027-01-15"), List: figure(months).Add(figure("1")), Retail: figure(months)}}},
			{TermMonths: 12, Billing: Annual, Prices: []Price{{From: from, List: figure(year), Retail: figure(year)}}},
		}
	}
	w.AddProduct(&Product{ID: "CFQ7TTC0BSIC", Title: "Basic", Publisher: "Microsoft Corporation", SKUs: []*SKU{{
		ID: "0001", Title: "Basic", Offers: offers("7.20", "64.80", "6"), Upgrades: []string{"CFQ7TTC0STND:0001"},
	}}})
	w.AddProduct(&Product{ID: "CFQ7TTC0STND", Title: "Standard", Publisher: "Microsoft Corporation", SKUs: []*SKU{{ID: "0001", Title: "Standard", Offers: offers("15", "136.80", "12.50")}}})
	w.AddPromotion(&Promotion{ID: "39NFTEST:0001:39NF", Name: "A tenth off", SKU: "CFQ7TTC0STND:0001", TermMonths: 12, Billing: Annual, Percent: figure("10"), From: day(t, "2020-01-01"), Until: day(t, "2030-12-31")})
	id := w.AddCustomer(Customer{Name: "Adatum", Domain: "adatum.onmicrosoft.com", Agreed: true})
	return &store{inside(t, w), id}
}

// buy orders seats through a cart and returns the subscription.
func (s *store) buy(product, term, billing string, seats int, more map[string]any) string {
	s.t.Helper()
	s.w.mu.Lock()
	item := s.w.catalogItem(s.w.catalog.sku(product+":0001"), civil(s.w.now))
	s.w.mu.Unlock()
	line := map[string]any{"id": 0, "catalogItemId": item, "quantity": seats, "termDuration": term, "billingCycle": billing}
	for k, v := range more {
		line[k] = v
	}
	base := "/v1/customers/" + s.customer
	cart := s.send(http.MethodPost, base+"/carts", map[string]any{"lineItems": []any{line}})
	if cart.status != http.StatusCreated {
		s.t.Fatalf("cart: %d %s", cart.status, cart.data)
	}
	checkout := s.send(http.MethodPost, base+"/carts/"+fmt.Sprint(cart.object(s.t)["id"])+"/checkout", nil)
	var got struct {
		Orders []struct {
			LineItems []struct{ SubscriptionID string }
		}
	}
	if checkout.json(s.t, &got); checkout.status != http.StatusCreated || len(got.Orders) != 1 {
		s.t.Fatalf("checkout: %d %s\n%s", checkout.status, checkout.data, cart.data)
	}
	return got.Orders[0].LineItems[0].SubscriptionID
}

// change reads a subscription whole and sends it back changed.
func (s *store) change(subscription string, fields map[string]any) reply {
	s.t.Helper()
	path := "/v1/customers/" + s.customer + "/subscriptions/" + subscription
	whole := s.get(path).object(s.t)
	for k, v := range fields {
		whole[k] = v
	}
	return s.send(http.MethodPatch, path, whole)
}

func (s *store) must(r reply) {
	s.t.Helper()
	if r.status != http.StatusOK {
		s.t.Fatalf("%d %s", r.status, r.data)
	}
}

// everyLine is all that was ever charged: on invoices and on none yet.
func (s *store) everyLine() []map[string]any {
	s.t.Helper()
	var all []map[string]any
	for _, invoice := range s.w.Invoices() {
		all = append(all, s.pages("/v1/invoices/"+invoice+"/lineitems/OneTime/BillingLineItems")...)
	}
	for _, period := range []string{"previous", "current"} {
		all = append(all, s.pages("/v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode="+s.w.set.Partner.Currency+"&period="+period)...)
	}
	return all
}

// told is a line in a few words.
func told(lines []map[string]any) string {
	var rows []string
	for _, l := range lines {
		rows = append(rows, fmt.Sprint(l["chargeType"], " ", l["productName"], " ", fmt.Sprint(l["chargeStartDate"])[:10], " ", fmt.Sprint(l["chargeEndDate"])[:10], " ", l["billableQuantity"], " ", l["subtotal"]))
	}
	return strings.Join(rows, "\n")
}

func TestAStoryFromThePurchaseToTheBill(t *testing.T) {
	s := openStore(t, "USD", "2026-01-31 09:00")
	sub := s.buy("CFQ7TTC0BSIC", "P1Y", "monthly", 10, nil)
	s.advance("2026-02-03", "09:00")
	s.must(s.change(sub, map[string]any{"quantity": 12}))
	s.advance("2026-03-02", "09:00")
	s.must(s.change(sub, map[string]any{"status": "suspended"}))
	s.advance("2026-05-02", "00:00")
	want := `new Basic 2026-01-31 2026-02-27 10 60.00
addQuantity Basic 2026-02-03 2026-02-27 10 -53.50
addQuantity Basic 2026-02-03 2026-02-27 12 64.20
cycleCharge Basic 2026-02-28 2026-03-30 12 72.00
cycleCharge Basic 2026-03-31 2026-04-29 12 72.00
cycleCharge Basic 2026-04-30 2026-05-30 12 72.00`
	if got := told(s.everyLine()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAYearPaidAtOnceWithAPromotionAndRenewedAtTheNewPrice(t *testing.T) {
	s := openStore(t, "USD", "2026-01-10 09:00")
	year := s.buy("CFQ7TTC0STND", "P1Y", "annual", 10, map[string]any{"promotionId": "39NFTEST:0001:39NF"})
	s.buy("CFQ7TTC0STND", "P1Y", "monthly", 1, nil)
	s.advance("2026-04-10", "09:00")
	s.must(s.change(year, map[string]any{"quantity": 11}))
	s.advance("2027-02-11", "00:00")
	var got []string
	for _, row := range strings.Split(told(s.everyLine()), "\n") {
		if !strings.HasPrefix(row, "cycleCharge") || strings.Contains(row, "2027") {
			got = append(got, row)
		}
	}
	slices.Sort(got)
	// 136.80 less a tenth is 123.12; 275 of 365 days of it 92.76 a seat. The monthly
	// one renews five days before the new price, and is charged the old one for the term.
	want := `addQuantity Standard 2026-04-10 2027-01-09 10 -927.60
addQuantity Standard 2026-04-10 2027-01-09 11 1020.36
cycleCharge Standard 2026-12-10 2027-01-09 1 12.50
cycleCharge Standard 2027-02-10 2027-03-09 1 12.50
new Standard 2026-01-10 2026-02-09 1 12.50
new Standard 2026-01-10 2027-01-09 10 1231.20
renew Standard 2027-01-10 2027-02-09 1 12.50
renew Standard 2027-01-10 2028-01-09 11 1504.80`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestAFirstTermThatEndsWithTheMonthIsChargedByTheDay(t *testing.T) {
	s := openStore(t, "USD", "2026-03-10 09:00")
	s.buy("CFQ7TTC0BSIC", "P1Y", "monthly", 10, map[string]any{"customTermEndDate": "2026-04-30T00:00:00Z"})
	s.advance("2026-05-02", "00:00")
	want := `new Basic 2026-03-10 2026-03-31 10 42.50
cycleCharge Basic 2026-04-01 2026-04-30 10 60.00
renew Basic 2026-05-01 2026-05-31 10 60.00`
	if got := told(s.everyLine()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestABillingPlanChangesWithTheNextChargeCycle(t *testing.T) {
	for _, c := range []struct{ from, to, until, want string }{
		{"annual", "monthly", "2027-02-20 00:00", "new Standard 2026-01-20 2027-01-19 10 1368.00\nchangeBillingPlan Standard 2027-01-20 2027-02-19 10 135.00\ncycleCharge Standard 2027-02-20 2027-03-19 10 135.00"},
		{"monthly", "annual", "2026-03-20 00:00", "new Standard 2026-01-20 2026-02-19 10 125.00\nchangeBillingPlan Standard 2026-02-20 2027-01-19 10 1254.00"},
	} {
		s := openStore(t, "USD", "2026-01-20 09:00")
		sub := s.buy("CFQ7TTC0STND", "P1Y", c.from, 10, nil)
		s.advance("2026-01-30", "09:00")
		s.must(s.change(sub, map[string]any{"billingCycle": c.to}))
		s.advance(strings.Fields(c.until)[0], strings.Fields(c.until)[1])
		if got := told(s.everyLine()); got != c.want {
			t.Errorf("%s to %s: got\n%s\nwant\n%s", c.from, c.to, got, c.want)
		}
	}
}

func TestAnUpgradeTakesTheOldSeatsBackAndChargesTheNew(t *testing.T) {
	for _, c := range []struct {
		seats int
		want  string
	}{
		{10, "new Basic 2026-03-10 2026-04-09 10 60.00\nconvert Basic 2026-03-15 2026-04-09 10 -50.30\nconvert Standard 2026-03-15 2026-04-09 10 104.80"},
		{4, "new Basic 2026-03-10 2026-04-09 10 60.00\nconvert Basic 2026-03-15 2026-04-09 10 -50.30\nconvert Basic 2026-03-15 2026-04-09 6 30.18\nconvert Standard 2026-03-15 2026-04-14 4 50.00"},
	} {
		s := openStore(t, "USD", "2026-03-10 09:00")
		sub := s.buy("CFQ7TTC0BSIC", "P1Y", "monthly", 10, nil)
		s.advance("2026-03-15", "09:00")
		s.must(s.upgrade(sub, c.seats))
		lines := s.everyLine()
		if got := told(lines); got != c.want {
			t.Errorf("%d seats: got\n%s\nwant\n%s", c.seats, got, c.want)
		}
		for _, l := range lines[1:] {
			if l["referenceId"] != lines[1]["referenceId"] {
				t.Errorf("%d seats: the lines of an upgrade have several references", c.seats)
			}
		}
	}
}

func (s *store) upgrade(subscription string, seats int) reply {
	s.t.Helper()
	s.w.mu.Lock()
	to := s.w.catalogItem(s.w.catalog.sku("CFQ7TTC0STND:0001"), civil(s.w.now))
	s.w.mu.Unlock()
	whole := s.get("/v1/customers/" + s.customer + "/subscriptions/" + subscription).object(s.t)
	return s.send(http.MethodPost, "/v1/customers/"+s.customer+"/subscriptions/"+subscription+"/transitions", map[string]any{
		"fromCatalogItemId": whole["offerId"], "fromSubscriptionId": subscription, "toCatalogItemId": to, "quantity": seats,
		"termDuration": whole["termDuration"], "billingCycle": whole["billingCycle"], "transitionType": "transition_with_license_transfer",
	})
}

func TestWhatMicrosoftPromisedAndDidNotKeepIsCredited(t *testing.T) {
	s := openStore(t, "USD", "2026-03-10 09:00")
	sub := s.buy("CFQ7TTC0BSIC", "P1Y", "monthly", 10, nil)
	if err := s.w.CustomerCredit(sub, figure("7.35"), "Service level"); err != nil {
		t.Fatal(err)
	}
	line := s.everyLine()[1]
	if got := told([]map[string]any{line}); got != "customerCredit Basic 2026-02-01 2026-02-28 1 -7.35" || line["creditReasonCode"] != "Service level" {
		t.Errorf("got %s for %v", got, line["creditReasonCode"])
	}
	if err := s.w.CustomerCredit("sub", figure("1"), ""); err == nil || err.Error() != `there is no subscription "sub"` {
		t.Errorf("an unknown subscription: %v", err)
	}
}

// seatDay is a product's seats of one subscription on one day.
type seatDay struct {
	subscription, product string
	on                    calendar.Date
}

// theater plays a random story and keeps the seats of each day as the
// subscriptions themselves tell them.
type theater struct {
	*store
	held map[seatDay]int64
	subs []string
}

// look takes down what is held today.
func (p *theater) look() {
	p.t.Helper()
	today := civil(p.w.Now())
	for key := range p.held {
		if key.on == today {
			delete(p.held, key)
		}
	}
	var got struct {
		Items []struct {
			ID, OfferID, Status string
			Quantity            int64
		}
	}
	p.get("/v1/customers/"+p.customer+"/subscriptions").json(p.t, &got)
	p.subs = p.subs[:0]
	for _, one := range got.Items {
		if one.Status == "active" || one.Status == "suspended" {
			product, _, _ := strings.Cut(one.OfferID, ":")
			p.held[seatDay{one.ID, product, today}] = one.Quantity
			p.subs = append(p.subs, one.ID)
		}
	}
}

// play does one random thing; what Microsoft refuses is none the worse.
func (p *theater) play(t *rapid.T) {
	sub := ""
	if len(p.subs) > 0 {
		sub = rapid.SampledFrom(p.subs).Draw(t, "subscription")
	}
	what := rapid.SampledFrom([]string{"buy", "seats", "seats", "seats", "suspend", "resume", "no renewal", "cancel", "upgrade"}).Draw(t, "what")
	switch {
	case what == "buy" || sub == "":
		plan := rapid.SampledFrom([][2]string{{"P1M", "monthly"}, {"P1Y", "monthly"}, {"P1Y", "annual"}}).Draw(t, "plan")
		p.buy(rapid.SampledFrom([]string{"CFQ7TTC0BSIC", "CFQ7TTC0STND"}).Draw(t, "product"), plan[0], plan[1], rapid.IntRange(1, 20).Draw(t, "seats"), nil)
	case what == "seats":
		p.change(sub, map[string]any{"quantity": rapid.IntRange(1, 30).Draw(t, "seats")})
	case what == "suspend":
		p.change(sub, map[string]any{"status": "suspended"})
	case what == "resume":
		p.change(sub, map[string]any{"status": "active"})
	case what == "no renewal":
		p.change(sub, map[string]any{"autoRenewEnabled": false})
	case what == "cancel":
		p.cancel(sub)
	case what == "upgrade":
		p.upgrade(sub, rapid.IntRange(1, 10).Draw(t, "seats"))
	}
	p.look()
}

// cancel takes a subscription back: inside a day everything of its cycle.
func (p *theater) cancel(sub string) {
	p.w.mu.Lock()
	s := p.w.subscription(p.w.customer(p.customer), sub)
	full, from := p.w.now.Before(s.openedAt.Add(24*time.Hour)), civil(s.openedAt)
	p.w.mu.Unlock()
	if r := p.change(sub, map[string]any{"status": "deleted"}); r.status != http.StatusOK || !full {
		return
	}
	for key := range p.held {
		if key.subscription == sub && !key.on.Before(from) {
			delete(p.held, key)
		}
	}
}

func TestEverySeatIsChargedForEveryDayOnce(t *testing.T) {
	real := t
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency")
		s := openStore(real, currency, rapid.SampledFrom([]string{"2026-01-28 09:00", "2026-01-30 09:00", "2026-01-31 09:00", "2028-02-27 09:00"}).Draw(t, "start"))
		p := &theater{store: s, held: map[seatDay]int64{}}
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			for range rapid.IntRange(0, 2).Draw(t, "things") {
				p.play(t)
			}
			for range rapid.IntRange(1, 40).Draw(t, "days") {
				if err := s.w.Advance(s.w.Now().Add(24 * time.Hour)); err != nil {
					t.Fatal(err)
				}
				p.look()
			}
		}
		lines := s.everyLine()
		p.agree(t, lines)
		p.sums(t, lines)
	})
}

// agree compares the days that lines charge with the seats of those days.
func (p *theater) agree(t *rapid.T, lines []map[string]any) {
	today := civil(p.w.Now())
	charged := map[seatDay]int64{}
	for _, l := range lines {
		seats, err := decimalOf(p.t, l["billableQuantity"]).Ratio().Round(0)
		if err != nil {
			t.Fatal(err)
		}
		if decimalOf(p.t, l["effectiveUnitPrice"]).Sign() < 0 {
			seats = -seats
		}
		last := day(p.t, fmt.Sprint(l["chargeEndDate"])[:10])
		for d := day(p.t, fmt.Sprint(l["chargeStartDate"])[:10]); !d.After(last) && !d.After(today); d = d.AddDays(1) {
			charged[seatDay{fmt.Sprint(l["subscriptionId"]), fmt.Sprint(l["productId"]), d}] += seats
		}
	}
	for key, seats := range charged {
		if p.held[key] != seats {
			t.Fatalf("%s of %s on %s: charged for %d seats, held %d\n%s", key.product, key.subscription, key.on, seats, p.held[key], told(lines))
		}
	}
	for key, seats := range p.held {
		if charged[key] != seats {
			t.Fatalf("%s of %s on %s: held %d seats, charged for %d\n%s", key.product, key.subscription, key.on, seats, charged[key], told(lines))
		}
	}
}

// sums checks that invoices are the sums of their lines, that each line follows
// from its own columns, and that seats are changed in pairs.
func (p *theater) sums(t *rapid.T, lines []map[string]any) {
	for _, invoice := range p.w.Invoices() {
		of := slices.DeleteFunc(slices.Clone(lines), func(l map[string]any) bool { return l["invoiceNumber"] != invoice })
		total := decimalOf(p.t, p.get("/v1/invoices/" + invoice).object(p.t)["totalCharges"])
		if sum := sumOf(p.t, of, "totalForCustomer"); sum.Cmp(total) != 0 {
			t.Fatalf("invoice %s is %s, its lines come to %s", invoice, total, sum)
		}
	}
	pairs := map[string][]map[string]any{}
	for _, l := range lines {
		effective, rate, seats := decimalOf(p.t, l["effectiveUnitPrice"]).Ratio(), decimalOf(p.t, l["pcToBCExchangeRate"]).Ratio(), decimalOf(p.t, l["billableQuantity"]).Ratio()
		off := effective.Mul(rate).Mul(seats).Sub(decimalOf(p.t, l["subtotal"]).Ratio()).Abs()
		if off.Cmp(money.Fraction(1, 100).Mul(seats).Add(money.Fraction(1, 100))) > 0 {
			t.Fatalf("a line is not what its columns say: %v", l)
		}
		if kind := l["chargeType"]; kind == "addQuantity" || kind == "removeQuantity" {
			pairs[fmt.Sprint(l["referenceId"])] = append(pairs[fmt.Sprint(l["referenceId"])], l)
		}
	}
	for reference, pair := range pairs {
		if len(pair) != 2 || decimalOf(p.t, pair[0]["subtotal"]).Sign() > 0 || decimalOf(p.t, pair[1]["subtotal"]).Sign() < 0 || pair[0]["chargeStartDate"] != pair[1]["chargeStartDate"] {
			t.Fatalf("reference %s:\n%s", reference, told(pair))
		}
	}
}
