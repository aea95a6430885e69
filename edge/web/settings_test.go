package web_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/document"
	"prorata/edge/identity"
	"prorata/edge/secret"
	"prorata/flow"
	"prorata/flow/office"
)

// A time zone that does not exist would move the days of every invoice: it is refused
// beside its field, with what was typed kept, and the right one is saved.
func TestASellerIsEditedWithAMistakeFirst(t *testing.T) {
	c := newCounter(t)
	c.site.Parts.ZoneKnown = func(name string) bool { return name == "Europe/Berlin" }
	c.reads("/settings/sellers", []string{"Seller", "EUR", "UTC"})
	fields := []string{"version", "1", "name", "Fabrikam GmbH", "country", "de", "address", "Kai 7\nHamburg", "iban", "DE02 1203 0000 0000 2020 51"}
	_, words := c.post("/settings/sellers/seller/edit", append(fields, "time_zone", "Europe/Berlni")...)
	if !strings.Contains(words, "There is no time zone Europe/Berlni. Write it as Europe/Berlin or America/New_York.") {
		t.Errorf("the mistake: %s", words)
	}
	c.reads("/settings/sellers/seller", []string{"UTC"}, "Fabrikam")
	if status, to := c.post("/settings/sellers/seller/edit", append(fields, "time_zone", "Europe/Berlin")...); status != http.StatusSeeOther || to != "/settings/sellers/seller" {
		t.Fatalf("saved: %d %s", status, to)
	}
	c.reads("/settings/sellers/seller", []string{"Fabrikam GmbH", "Kai 7, Hamburg", "DE02", "EUR", "Europe/Berlin"})
	// Who still has the form of before does not write over it.
	if _, words := c.post("/settings/sellers/seller/edit", append(fields, "time_zone", "Europe/Berlin", "email", "old@fabrikam.example")...); !strings.Contains(words, "Somebody changed this in the meantime") {
		t.Errorf("an old form: %s", words)
	}
	c.reads("/settings/sellers/seller", nil, "old@fabrikam.example")
	if _, words := c.post("/settings/sellers", "id", "seller", "name", "Another", "country", "DE", "currency", "USD", "time_zone", "Europe/Berlin"); !strings.Contains(words, "is the id of Fabrikam GmbH already") {
		t.Errorf("twice: %s", words)
	}
}

func TestTaxesAndRatesAreAdded(t *testing.T) {
	c := newCounter(t)
	if _, words := c.post("/settings/taxes", "name", "EXPORT", "percent", "19", "category", "exempt"); !strings.Contains(words, "Only the standard category has a rate") {
		t.Errorf("an exempt tax with a rate: %s", words)
	}
	if status, to := c.post("/settings/taxes", "name", "DE19", "percent", "19", "category", "standard"); status != http.StatusSeeOther || to != "/settings/taxes" {
		t.Errorf("tax: %d %s", status, to)
	}
	nineteen := billing.Tax{Name: "DE19", Percent: money.DecimalOf(19)}
	// The book was billed before.
	if _, words := c.post("/settings/taxes/DE19/edit", "version", strconv.FormatInt(flow.TaxVersion(&nineteen), 10), "percent", "16", "category", "standard"); !strings.Contains(words, "give another rate another name") {
		t.Errorf("a tax of a billed book: %s", words)
	}
	c.reads("/settings/taxes", []string{"DE19 19 Standard"}, "EXPORT")

	if _, words := c.post("/settings/rates", "from", "USD", "to", "USD", "rate", "1", "on", "2026-03-01"); !strings.Contains(words, "between two currencies") {
		t.Errorf("one currency: %s", words)
	}
	for _, r := range [][2]string{{"2026-02-01", "0.91"}, {"2026-03-01", "0.92"}, {"2026-04-01", "0.93"}} {
		if status, to := c.post("/settings/rates", "from", "usd", "to", "eur", "rate", r[1], "on", r[0]); status != http.StatusSeeOther || to != "/settings/rates?pair=USD-EUR" {
			t.Errorf("rate: %d %s", status, to)
		}
	}
	c.reads("/settings/rates", []string{"USD 0.92 EUR 1 Mar 2026 in force 3"}, "0.93")
	c.reads("/settings/rates?pair=USD-EUR", []string{"1 Apr 2026 0.93 to come 1 Mar 2026 0.92 in force 1 Feb 2026 0.91"})
	c.reads("/settings/series", []string{"seller INV 6 6 no gaps"})
	c.reads("/settings/units", []string{"monthly 1"})
}

// Everybody finds what they may see, and nothing that they may not.
func TestSettingsShowWhatThePersonMaySee(t *testing.T) {
	c := newCounter(t)
	c.reads("/settings", []string{"Sellers", "Number series", "Users", "Second factor", "API tokens", "Webhooks", "Providers"})
	c.as(office.Sales)
	c.reads("/settings", []string{"Taxes", "API tokens"}, "Second factor", "Webhooks")
	c.reads("/settings/taxes", nil, "Add a tax")
	c.as(office.Customer, "nord")
	c.reads("/settings", []string{"API tokens"}, "Sellers", "Users", "Webhooks", "Exchange rates")
}

var secretText = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`)

// A webhook's secret is shown when it is made and when it is renewed, and never again.
func TestAWebhookIsMadeTriedAndSwitchedOff(t *testing.T) {
	c := newCounter(t)
	key, err := secret.ParseKey(secret.NewKeyText())
	if err != nil {
		t.Fatal(err)
	}
	c.site.Office.Identity = office.Identity{Random: identity.Random, Sealer: key}
	if _, words := c.post("/settings/webhooks", "name", "Books", "address", "ftp://books.example", "types", "invoice.issued"); !strings.Contains(words, "Expected an address such as https://billing.example/prorata") {
		t.Errorf("no address: %s", words)
	}
	_, made := c.post("/settings/webhooks", "name", "Books", "address", "https://books.example/in", "types", "invoice.issued")
	first := secretText.FindString(made)
	list, err := c.site.Office.Desk(c.who).WebhookList(t.Context())
	if err != nil || len(list) != 1 || first == "" {
		t.Fatalf("made: %v %v %s", list, err, made)
	}
	path := "/settings/webhooks/" + string(list[0].ID)
	c.reads("/settings/webhooks", []string{"Books https://books.example/in invoice.issued on"}, "whsec_")
	c.reads(path, []string{"No messages"}, "whsec_")
	if _, words := c.post(path + "/secret"); secretText.FindString(words) == "" || strings.Contains(words, first) {
		t.Errorf("renewed: %s", words)
	}
	status, tried := c.post(path + "/try")
	if status != http.StatusSeeOther {
		t.Fatalf("tried: %d %s", status, tried)
	}
	c.reads(tried, []string{"webhook.tried", "waiting", "Send it again", "None yet"})
	if status, to := c.post(path+"/deliveries/"+strings.TrimPrefix(tried, path+"?open="), ""); status != http.StatusSeeOther || to != tried {
		t.Errorf("sent again: %d %s", status, to)
	}
	off := []string{"name", "Books", "address", "https://books.example/in", "types", "run.finished", "version", "1"}
	if status, to := c.post(path+"/edit", off...); status != http.StatusSeeOther || to != path {
		t.Errorf("switched off: %d %s", status, to)
	}
	c.reads(path, []string{"Books off", "run.finished"})
	if _, words := c.post(path+"/edit", off...); !strings.Contains(words, "Somebody changed this in the meantime") {
		t.Errorf("from an old page: %s", words)
	}
	c.as(office.Auditor)
	c.reads(tried, []string{"Books"}, "Send it again", "Edit the webhook", "Remove it")
	c.as(office.Owner)
	if status, to := c.post(path + "/remove"); status != http.StatusSeeOther || to != "/settings/webhooks" {
		t.Errorf("removed: %d %s", status, to)
	}
	c.reads("/settings/webhooks", []string{"No webhooks yet"})
}

// A letterhead is looked at as a sample before it is saved; a colour that nobody can read stands beside its field with what was typed.
func TestALetterheadIsSampledAndSaved(t *testing.T) {
	c := newCounter(t)
	c.site.Parts.Documents.PDF = document.PDF
	c.site.Office.Logo = document.CleanLogo
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewNRGBA(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	send := func(path, accent string, picture []byte) (int, string) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for name, value := range map[string]string{"version": "1", "accent": accent, "footer": "HRB 1 <Kiel>", "conditions": "Soon"} {
			_ = form.WriteField(name, value)
		}
		file, _ := form.CreateFormFile("logo", "logo.png")
		_, _ = file.Write(picture)
		_ = form.Close()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, &body)
		req.Header.Set("Content-Type", form.FormDataContentType())
		return c.ask(req)
	}
	const path = "/settings/sellers/seller/letterhead"
	if status, words := send(path, "#ffd700", logo.Bytes()); status != http.StatusUnprocessableEntity || !strings.Contains(words, "#ffd700 is too light") || !strings.Contains(words, "HRB 1 <Kiel>") {
		t.Errorf("a light colour: %d %s", status, words)
	}
	if status, words := send(path, "", []byte("GIF89a")); status != http.StatusUnprocessableEntity || !strings.Contains(words, "no PNG and no JPEG") {
		t.Errorf("no picture: %d %s", status, words)
	}
	if status, _ := send(path, "", make([]byte, 3<<20)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("three megabytes: %d", status)
	}
	if status, words := send(path+"/sample", "#0b5394", logo.Bytes()); status != http.StatusOK || !strings.HasPrefix(words, "%PDF-") {
		t.Errorf("the sample: %d %.60s", status, words)
	}
	if status, to := send(path, "#0b5394", logo.Bytes()); status != http.StatusSeeOther || to != path {
		t.Errorf("saved: %d %s", status, to)
	}
	if status, words := send(path, "#000000", nil); status != http.StatusUnprocessableEntity || !strings.Contains(words, "Somebody changed this in the meantime") {
		t.Errorf("at an old version: %d %s", status, words)
	}
	c.reads(path, []string{"HRB 1 <Kiel>", "Soon", "Take the logo away"})
	c.as(office.Sales)
	c.reads(path, []string{"HRB 1 <Kiel>"}, "Save the letterhead", "Show a sample invoice")
}
