package standin

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed pages/*.html
var pageFiles embed.FS

// consentPages are those of the login that a person sees in a browser.
var consentPages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// authorize is the page of consent. Where it is told "accept=1" the person has agreed, and
// the code goes to the redirect; where "accept=0", they have not, and that goes there.
func (w *World) authorize(c *call) *answer {
	q := c.r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || redirect.Host == "" {
		return refuseSignIn("AADSTS900971", "No reply address was given.")
	}
	if q.Get("client_id") != w.set.ClientID {
		return refuseSignIn("AADSTS700016", "The application is not known in this directory.")
	}
	reply := url.Values{"state": {q.Get("state")}}
	switch q.Get("accept") {
	case "1":
		made := w.newHex(40)
		w.keys.codes[made] = &code{expires: w.now.Add(codeLasts), redirect: q.Get("redirect_uri"), client: q.Get("client_id"), mfa: !w.keys.withoutMFA}
		reply.Set("code", made)
	case "0":
		reply.Set("error", "access_denied")
		reply.Set("error_description", "AADSTS65004: The person declined to consent to the application.")
	default:
		return consentPage("consent.html", map[string]any{"Partner": w.set.Partner.Name, "Client": q.Get("client_id"), "Redirect": redirect.String(),
			"Accept": "?" + with(q, "accept", "1"), "Refuse": "?" + with(q, "accept", "0")})
	}
	if q.Get("response_mode") == "form_post" {
		return consentPage("reply.html", map[string]any{"Redirect": redirect.String(), "Reply": reply})
	}
	to := redirect.Query()
	for name := range reply {
		to.Set(name, reply.Get(name))
	}
	redirect.RawQuery = to.Encode()
	return empty(http.StatusFound).with("Location", redirect.String())
}

// with is a query with one parameter more.
func with(q url.Values, name, value string) string {
	more := url.Values{}
	for n, values := range q {
		more[n] = values
	}
	more.Set(name, value)
	return more.Encode()
}

func consentPage(name string, data any) *answer {
	var page bytes.Buffer
	if err := consentPages.ExecuteTemplate(&page, name, data); err != nil {
		panic(err) // the pages and what they show are ours
	}
	return &answer{status: http.StatusOK, kind: "text/html; charset=utf-8", raw: page.Bytes()}
}
