package web_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/store"
	"prorata/edge/web"
	"prorata/flow"
	"prorata/flow/office"
)

// counter is a seller's console over a small book, billed through 1 March 2026: a group
// with an entity, and a customer of nobody.
type counter struct {
	t    *testing.T
	at   time.Time
	site *web.Site
	who  office.Person
}

func (c *counter) Now() time.Time { return c.at }

func dayOf(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &counter{t: t, at: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	c.as(office.Owner)
	log := slog.New(slog.DiscardHandler)
	f := &flow.Flow{Store: s, Clock: c, Log: log, Workers: 1, Zone: time.UTC}
	c.site = &web.Site{Office: &office.Office{Flow: f, Store: s.Office()}, Log: log, Clock: c, Zone: time.UTC,
		Who: func(*http.Request) (web.Known, error) { return web.Known{Person: c.who, Name: "Ana"}, nil }}
	eur, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) money.Decimal {
		d, err := money.ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	monthly := billing.Unit{Name: "monthly", Months: 1}
	intakes := []flow.Intake{
		{Seller: &flow.Seller{ID: flow.DefaultSeller, Currency: eur, TimeZone: "UTC", Party: flow.Party{Name: "Seller", Country: "DE"}}},
		{Product: &billing.Product{SKU: "E3", Name: "Office 365 E3", Class: "resale"}},
		{Price: &billing.PriceRow{SKU: "E3", List: flow.DefaultList, Currency: eur, Unit: monthly, Price: number("22.00"), Cost: number("18.40"), HasCost: true}},
	}
	for _, a := range []billing.Account{{ID: "nord", Name: "Nordlicht <Group>"}, {ID: "kiel", Name: "Nordlicht Kiel", Parent: "nord"}, {ID: "other", Name: "Somebody Else"}} {
		a.Country, a.Currency = "DE", eur
		intakes = append(intakes, flow.Intake{Account: &flow.Account{Account: a}},
			flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: "c-" + billing.ContractID(a.ID), Account: a.ID, Currency: eur, Frequency: monthly, Start: dayOf("2026-01-01")}}},
			flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: "s-" + string(a.ID), Contract: "c-" + billing.ContractID(a.ID), SKU: "E3", Quantity: number("20"), HasQuantity: true,
				TermMonths: 12, On: dayOf("2026-01-05"), Effective: dayOf("2026-01-10")}})
	}
	if _, err := f.Take(t.Context(), func(yield func(flow.Intake, error) bool) {
		for _, in := range intakes {
			if !yield(in, nil) {
				return
			}
		}
	}, flow.Actor{Who: "importer@example.com", Source: "test"}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken {
			t.Fatalf("%s: %s", line.Noun, line.Why)
		}
	}); err != nil {
		t.Fatal(err)
	}
	c.at = time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	if _, err := f.Bill(t.Context(), flow.BillOptions{Through: dayOf("2026-03-05"), Actor: flow.Actor{Who: "clerk"}}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *counter) as(role office.Role, accounts ...billing.AccountID) {
	c.who = office.Person{User: "u", Who: "ana@example.com", Roles: []office.Role{role}, Accounts: accounts, Door: office.ByPage}
}

// get gives the page as it is read: its words, without markup.
func (c *counter) get(path string) (status int, words string) {
	c.t.Helper()
	return c.ask(httptest.NewRequestWithContext(c.t.Context(), http.MethodGet, path, nil))
}

// post sends a form, and follows where it leads.
func (c *counter) post(path string, fields ...string) (status int, words string) {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	req := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.ask(req)
}

var (
	markup = regexp.MustCompile(`(?s)<svg.*?</svg>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

func (c *counter) ask(req *http.Request) (status int, words string) {
	c.t.Helper()
	answer := httptest.NewRecorder()
	c.site.Handler().ServeHTTP(answer, req)
	text, err := io.ReadAll(answer.Result().Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if answer.Code == http.StatusSeeOther {
		return answer.Code, answer.Header().Get("Location")
	}
	return answer.Code, spaces.ReplaceAllString(html.UnescapeString(markup.ReplaceAllString(string(text), " ")), " ")
}

// reads is a page with words in it, and without others.
func (c *counter) reads(path string, with []string, without ...string) {
	c.t.Helper()
	status, words := c.get(path)
	if status != http.StatusOK {
		c.t.Errorf("%s: %d: %s", path, status, words)
	}
	for _, want := range with {
		if !strings.Contains(words, want) {
			c.t.Errorf("%s says nothing of %q:\n%s", path, want, words)
		}
	}
	for _, never := range without {
		if strings.Contains(words, never) {
			c.t.Errorf("%s tells %q:\n%s", path, never, words)
		}
	}
}

func TestAccountsAndSubscriptionsAreRead(t *testing.T) {
	c := newCounter(t)
	c.reads("/accounts", []string{"Nordlicht <Group>", "Somebody Else", "2 accounts"}, "Nordlicht Kiel")
	c.reads("/accounts?at=nord", []string{"Nordlicht Kiel", "1,192.26 EUR"})
	c.reads("/accounts?find=kiel", []string{"Nordlicht Kiel", "Show the tree"}, "Somebody Else")
	c.reads("/accounts?find=nobody", []string{"Nobody like that"})
	c.reads("/accounts/kiel", []string{"Nordlicht <Group>", "1,192.26 EUR"})
	c.reads("/accounts/kiel?tab=subscriptions", []string{"c-kiel", "Office 365 E3", "9 Jan 2027"})
	c.reads("/accounts/kiel?tab=prices", []string{"22.00 EUR", "list default"})
	c.reads("/accounts/kiel?tab=timeline", []string{"Invoice INV-00000", "Sold 20", "importer@example.com"})
	c.reads("/contracts?find=kiel", []string{"c-kiel", "every month, in advance"})
	c.reads("/contracts/c-kiel", []string{"all on one cycle", "billed with the next invoice", "first that these lists have: default"})
	c.reads("/subscriptions?find=office", []string{"Nordlicht Kiel", "3 subscriptions"})
	c.reads("/subscriptions?open=s-kiel", []string{"Open page", "renews as it is"})
	c.reads("/subscriptions/s-kiel", []string{"22.00", "440.00", "20 × 22.00 × 22/31 = 312.25806452 → 312.26", "importer@example.com"})
	c.reads("/search?q=kiel", []string{"Nordlicht Kiel", "c-kiel", "s-kiel"})
	c.reads("/search?q=440", []string{"INV-000004"})
	for _, path := range []string{"/accounts/nobody", "/contracts/nobody", "/subscriptions/nobody", "/accounts/kiel?tab=nothing"} {
		if status, _ := c.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// Works without a script: the Preview button sends the same form.
func TestSeatsAreChangedWithTheirEffectShownBefore(t *testing.T) {
	c := newCounter(t)
	fields := []string{"quantity", "25", "effective", "2026-03-16", "reason", "ticket 7", "version", "0"}
	_, words := c.post("/subscriptions/s-kiel/change", append(fields, "preview", "yes")...)
	for _, want := range []string{"+5 from 16 Mar 2026: 56.77 EUR now, 110.00 EUR more each month.", "on the invoice of 1 Apr 2026", "5 × 18.40 a month = +92.00 EUR each month"} {
		if !strings.Contains(words, want) {
			t.Errorf("the preview says nothing of %q:\n%s", want, words)
		}
	}
	c.reads("/subscriptions/s-kiel", nil, "Seats set to 25")
	if status, to := c.post("/subscriptions/s-kiel/change", fields...); status != http.StatusSeeOther || to != "/subscriptions/s-kiel" {
		t.Errorf("saved: %d %s", status, to)
	}
	c.reads("/subscriptions/s-kiel", []string{"Seats set to 25", "ana@example.com"})
	for _, wrong := range []struct{ path, quantity, says string }{
		{"change", "many", `"many" is not a number.`}, {"change", "-1", "-1 is fewer seats than none."}, {"change", "20", "Give the new seats or the new price."},
		{"renewal", "", "Give the seats, the price or whether it renews."},
	} {
		status, words := c.post("/subscriptions/s-kiel/"+wrong.path, "quantity", wrong.quantity)
		if status != http.StatusOK || !strings.Contains(words, wrong.says) {
			t.Errorf("%+v: %d %s", wrong, status, words)
		}
	}
	if _, words := c.post("/subscriptions/s-kiel/change", "quantity", "30", "version", "1"); !strings.Contains(words, "Somebody changed this in the meantime") {
		t.Errorf("from an old page: %s", words)
	}
	c.reads("/subscriptions/s-kiel/cancellation", []string{"Cancelled from 5 Mar 2026", "440.00 EUR credited now"})
	if status, words := c.post("/subscriptions/s-kiel/cancellation", "effective", "2026-04-01"); status != http.StatusSeeOther {
		t.Errorf("cancelled: %d %s", status, words)
	}
	c.reads("/subscriptions/s-kiel", []string{"ends 31 Mar 2026", "Cancelled"})
}

func TestAccountsAndContractsAreAdded(t *testing.T) {
	c := newCounter(t)
	if status, to := c.post("/accounts", "id", "new", "name", "New & Co", "country", "de"); status != http.StatusSeeOther || to != "/accounts/new" {
		t.Errorf("added: %d %s", status, to)
	}
	if _, words := c.post("/accounts", "id", "new", "name", "Again", "country", "DE"); !strings.Contains(words, "is the account of New & Co already") {
		t.Errorf("twice: %s", words)
	}
	terms := []string{"frequency", "monthly", "timing", "0", "schedule", "0", "changes", "0", "refunds", "0", "reductions", "0", "proration", "0", "start", "2026-03-01"}
	if status, to := c.post("/contracts", append(terms, "id", "c-new", "account", "new")...); status != http.StatusSeeOther || to != "/contracts/c-new" {
		t.Errorf("contract: %d %s", status, to)
	}
	if status, to := c.post("/contracts/c-new/sale", "sku", "E3", "quantity", "3", "effective", "2026-03-05"); status != http.StatusSeeOther || to != "/subscriptions/c-new-1" {
		t.Errorf("sold: %d %s", status, to)
	}
	c.at = c.at.Add(time.Minute)
	if status, _ := c.post("/accounts/new/hold", "reason", "overdue"); status != http.StatusSeeOther {
		t.Errorf("hold: %d", status)
	}
	c.reads("/accounts?held=yes", []string{"New & Co", "credit hold"})
	c.at = c.at.Add(time.Minute)
	if _, words := c.post("/subscriptions/c-new-1/change", "quantity", "9", "preview", "yes"); !strings.Contains(words, "It waits until the account is released") {
		t.Errorf("held: %s", words)
	}
}

// Who does not know an id chooses by name: scripts ask while somebody types, and without them a
// name is understood when the form is sent.
func TestAFormIsFilledByName(t *testing.T) {
	c := newCounter(t)
	c.reads("/pick/accounts?q=kiel", []string{"Nordlicht Kiel"}, "Somebody Else")
	c.reads("/pick/contracts?q=c-k", []string{"Nordlicht Kiel"})
	c.reads("/pick/products?q=office", []string{"Office 365 E3"})
	c.reads("/pick/subscriptions?q=kiel", []string{"Nordlicht Kiel: Office 365 E3"})
	c.reads("/pick/price-lists", []string{"price"})
	terms := []string{"frequency", "monthly", "timing", "0", "schedule", "0", "changes", "0", "refunds", "0", "reductions", "0", "proration", "0", "start", "2026-03-01", "id", "c-two"}
	for account, says := range map[string]string{"nordlicht": "“nordlicht” fits 2 accounts. Choose one: ", "nobody": "nobody"} {
		if status, words := c.post("/contracts", append(terms, "account", account)...); status != http.StatusOK || !strings.Contains(words, says) {
			t.Errorf("%s: %d, and it says nothing of %q: %s", account, status, says, words)
		}
	}
	if status, words := c.post("/contracts", append(terms, "account", "Nordlicht KIEL")...); status != http.StatusSeeOther {
		t.Errorf("by name: %d %s", status, words)
	}
	if status, words := c.post("/contracts/c-two/sale", "sku", "office 365", "quantity", "3", "effective", "2026-03-05"); status != http.StatusSeeOther {
		t.Errorf("sold by a part of a name: %d %s", status, words)
	}
	c.reads("/subscriptions?find=c-two", []string{"Nordlicht Kiel", "Office 365 E3"})
	// Whoever does not see an account is not offered it.
	c.as(office.Customer, "nord")
	c.reads("/pick/accounts?q=", []string{"Nordlicht Kiel"}, "Somebody Else")
}

// A customer sees its own, and nothing of cost, of lists and of who works at the seller.
func TestACustomerSeesItsOwn(t *testing.T) {
	c := newCounter(t)
	c.as(office.Customer, "nord")
	secrets := []string{"importer@example.com", "18.40", "default", "Somebody Else", "Change seats", "Edit"}
	for _, path := range []string{"/accounts", "/accounts/kiel", "/accounts/kiel?tab=prices", "/accounts/kiel?tab=timeline", "/contracts", "/contracts/c-kiel", "/subscriptions", "/subscriptions/s-kiel", "/search?q=no"} {
		c.reads(path, []string{"Nordlicht"}, secrets...)
	}
	for _, path := range []string{"/accounts/other", "/contracts/c-other", "/subscriptions/s-other"} {
		if status, words := c.get(path); status != http.StatusNotFound || strings.Contains(words, "Somebody") {
			t.Errorf("%s: %d %s", path, status, words)
		}
	}
	for _, path := range []string{"/subscriptions/s-kiel/change", "/accounts/kiel/edit", "/accounts/kiel/hold", "/contracts/c-kiel/sale"} {
		if status, _ := c.post(path, "quantity", "1", "reason", "x"); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
	}
}
