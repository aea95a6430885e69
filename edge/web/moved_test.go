package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"prorata/edge/identity"
	"prorata/edge/secret"
	"prorata/flow"
	"prorata/flow/office"
)

var (
	presentLink   = regexp.MustCompile(`<a href="([^"]+)" target="_blank" rel="noopener">See how it is now</a>`)
	hiddenVersion = regexp.MustCompile(`name="version" value="([^"]+)"`)
)

// page gives a page with its markup.
func (c *counter) page(path string, form url.Values) (status int, text string) {
	c.t.Helper()
	req := httptest.NewRequestWithContext(c.t.Context(), http.MethodGet, path, nil)
	if form != nil {
		req = httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	c.site.Handler().ServeHTTP(answer, req)
	return answer.Code, answer.Body.String()
}

// Who saves a form of something that somebody else changed meanwhile finds what they typed, a way to see
// how it is now, and can save after that.
func TestWhoComesTooLateSeesHowItIsAndKeepsWhatTheyTyped(t *testing.T) {
	c := newCounter(t)
	c.site.Parts.ZoneKnown = func(string) bool { return true }
	key, err := secret.ParseKey(secret.NewKeyText())
	if err != nil {
		t.Fatal(err)
	}
	c.site.Office.Identity = office.Identity{Random: identity.Random, Sealer: key}
	made, _, err := c.site.Office.Desk(c.who).WebhookMake(t.Context(), office.WebhookDraft{Name: "Books", Address: "https://books.example/in", Types: []flow.MessageType{flow.InvoiceIssued}})
	if err != nil {
		t.Fatal(err)
	}
	hook := "/settings/webhooks/" + string(made.ID)
	usual := []string{"start", "2026-04-01", "currency", "EUR", "frequency", "monthly", "schedule", "0", "timing", "0", "proration", "0", "changes", "0", "refunds", "0", "reductions", "0"}
	contract := url.Values{}
	for i := 0; i < len(usual); i += 2 {
		contract.Set(usual[i], usual[i+1])
	}
	contract.Set("purchase_order", "")
	if status, words := c.post("/contracts", append(usual, "id", "fresh", "account", "other")...); status != http.StatusSeeOther {
		t.Fatalf("a contract: %d %s", status, words)
	}
	for path, form := range map[string]url.Values{
		"/settings/sellers/seller/edit": {"name": {""}, "country": {"DE"}, "time_zone": {"UTC"}},
		"/accounts/nord/edit":           {"name": {""}, "country": {"DE"}},
		"/catalog/products/E3/edit":     {"name": {""}, "class": {"resale"}, "kind": {"license"}},
		"/contracts/fresh/edit":         contract,
		hook + "/edit":                  {"name": {""}, "address": {"https://books.example/in"}, "types": {"invoice.issued"}},
		"/subscriptions/s-other/change": {"reason": {""}, "quantity": {""}},
	} {
		t.Run(path, func(t *testing.T) {
			c.t = t
			field, ours, theirs := "name", "What we typed at "+path, "What they typed at "+path
			switch {
			case form.Has("purchase_order"):
				field = "purchase_order"
			case form.Has("quantity"):
				field, ours, theirs = "quantity", "31", "30"
			}
			_, before := c.page(path, nil)
			form.Set("version", hiddenVersion.FindStringSubmatch(before)[1])
			form.Set(field, theirs)
			if status, text := c.page(path, form); status != http.StatusSeeOther {
				t.Fatalf("theirs: %d %s", status, text)
			}
			form.Set(field, ours)
			status, late := c.page(path, form)
			link := presentLink.FindStringSubmatch(late)
			if status >= http.StatusInternalServerError || !strings.Contains(late, "Somebody changed this in the meantime") || !strings.Contains(late, ours) || link == nil {
				t.Fatalf("ours: %d %s", status, late)
			}
			if status, now := c.page(html.UnescapeString(link[1]), nil); status != http.StatusOK || !strings.Contains(now, theirs) || field != "quantity" && strings.Contains(now, ours) {
				t.Errorf("%s does not show what they typed: %d %s", link[1], status, now)
			}
			form.Set("version", hiddenVersion.FindStringSubmatch(late)[1])
			if status, text := c.page(path, form); status != http.StatusSeeOther {
				t.Errorf("ours, after a look: %d %s", status, text)
			}
		})
	}
	c.t = t
}
