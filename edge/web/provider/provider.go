// Package provider shows connections to providers: whether they let us in, what was read
// there, what is on its way, what can still be given back, and what we are bound to.
package provider

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the list of connections.
const Path = "/provider"

// pageRows is how many are shown at once.
const pageRows = 50

// connected is a connection, and the page of it that is shown.
type connected struct {
	visit *visit.Visit
	form  *visit.Form
	office.ConnectionView
	// tab is the last part of the page's path; empty for the first one.
	tab string
	// back is where the provider could send a browser back to, once somebody consented.
	back string
}

// List shows the connections; where there is only one, it is the page itself.
func List(v *visit.Visit) error {
	list, err := v.Desk.ConnectionList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Provider", Section: Path}, listPage(v, list))
}

func read(v *visit.Visit, tab string) (*connected, error) {
	view, err := v.Desk.ConnectionGet(v.R.Context(), flow.ConnectionID(v.R.PathValue("connection")))
	return &connected{visit: v, form: v.Form(), ConnectionView: view, tab: tab}, err
}

func (c *connected) page() part.Page {
	return part.Page{Title: called(&c.Connection), Section: Path, Crumbs: []part.Link{{Text: "Provider", Path: Path}}, State: pill(&c.Connection), Wide: true}
}

func called(c *flow.Connection) string { return cmp.Or(c.Name, string(c.ID)) }

func pathOf(id flow.ConnectionID) string { return Path + "/" + url.PathEscape(string(id)) }

func (c *connected) path() string { return pathOf(c.ID) }

func pill(c *flow.Connection) part.Pill {
	switch c.State {
	case flow.ConnectionConsent:
		return part.Pill{Text: "consent needed", Tone: part.Bad}
	case flow.ConnectionOff:
		return part.Pill{Text: "off", Tone: part.Plain}
	case flow.ConnectionReady:
	}
	return part.Pill{Text: "ready", Tone: part.Good}
}

// Show is the first page of a connection.
func Show(v *visit.Visit) error {
	c, err := read(v, "")
	if err != nil {
		return err
	}
	return v.Page(c.page(), shownPage(c))
}

func (c *connected) figures() []part.Figure {
	l := c.visit.Locale
	figures := []part.Figure{
		{Name: "Customers", Value: l.Count(c.Customers), Path: c.path() + "/customers"},
		{Name: "Holdings", Value: l.Count(c.Holdings), Path: c.path() + "/holdings"},
		{Name: "On their way", Value: l.Count(c.OnTheWay), Path: c.path() + "/provisioning"},
		{Name: "Failed", Value: l.Count(c.Failed), Path: c.path() + "/provisioning?state=failed"},
		{Name: "Exceptions", Value: l.Count(c.Exceptions), Path: "/exceptions?connection=" + url.QueryEscape(string(c.ID))},
	}
	return figures
}

func (c *connected) facts() []part.Fact {
	l, now := c.visit.Locale, c.visit.Now
	ago := func(at time.Time) string {
		if at.IsZero() {
			return "never"
		}
		return l.Instant(at) + ", " + part.Ago(at, now)
	}
	facts := []part.Fact{
		{Name: "Last sync", Value: ago(c.SyncedAt)},
		{Name: "Events read", Value: ago(c.EventsAt)},
		{Name: "Kind", Value: kindWords(c.Kind)},
		{Name: "Invoices in", Value: c.Currency.String()},
		{Name: "Market", Value: c.Country},
		{Name: "Price list", Value: cmp.Or(c.List, flow.DefaultList)},
		{Name: "Its id here", Value: string(c.ID)},
	}
	names := make([]string, 0, len(c.Settings))
	for name := range c.Settings {
		// Certificates and keys are long and say nothing to a reader.
		if name != "authority" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		facts = append(facts, part.Fact{Name: settingWords(name), Value: c.Settings[name]})
	}
	return facts
}

// settingWords are what a setting of an adapter is, for who reads no manual.
func settingWords(name string) string {
	switch name {
	case "address":
		return "Address"
	case "bills":
		return "Bills are read"
	case "client_id":
		return "Application (client) id"
	case "cloud":
		return "Cloud"
	case "folder":
		return "Folder"
	case "mapping":
		return "Mapping"
	case "redirect_uri":
		return "Redirect address"
	case "tenant":
		return "Tenant id"
	}
	return name
}

// renewal is what a connection waits for whose consent has ended; nil for others.
func (c *connected) renewal() *part.Action {
	if c.State != flow.ConnectionConsent || !c.visit.May("ConsentLink") {
		return nil
	}
	return &part.Action{Text: "Renew the consent", Path: c.path() + "/consent"}
}

func kindWords(kind string) string {
	switch kind {
	case "partnercenter":
		return "Microsoft Partner Center"
	case "pax8":
		return "Pax8"
	case "file":
		return "Files of a distributor"
	}
	return kind
}

func errandWords(e *office.Errand) string {
	switch e.Kind {
	case office.ErrandSync:
		return "Sync of all customers"
	case office.ErrandEvents:
		return "Reading of events"
	case office.ErrandProvision:
		return "Provisioning"
	case office.ErrandImport:
		return "Import of invoices"
	case office.ErrandReconcile:
		return "Reconciliation of " + cmp.Or(e.Subject, "what is not billed yet")
	}
	return string(e.Kind)
}

func errandPill(e *office.Errand) part.Pill {
	switch {
	case e.EndedAt.IsZero():
		return part.Pill{Text: "under way", Tone: part.Plain}
	case e.Failed:
		return part.Pill{Text: "failed", Tone: part.Bad}
	}
	return part.Pill{Text: "done", Tone: part.Good}
}

// Sync asks the provider in the background.
func Sync(v *visit.Visit) error {
	f, id := v.Form(), flow.ConnectionID(v.R.PathValue("connection"))
	var err error
	said := "The sync is under way. Its report will stand on this page."
	switch f.Text("what") {
	case "events":
		err, said = v.Desk.ConnectionSync(v.R.Context(), id, true), "The events are being read. The report will stand on this page."
	default:
		err = v.Desk.ConnectionSync(v.R.Context(), id, false)
	}
	return answer(v, f, pathOf(id), said, err)
}

// Provision carries out what waits, in the background.
func Provision(v *visit.Visit) error {
	f, id := v.Form(), flow.ConnectionID(v.R.PathValue("connection"))
	return answer(v, f, pathOf(id)+"/provisioning", "What is due is being sent. The report will stand on the connection's page.", v.Desk.ProvisionRun(v.R.Context(), id))
}

// answer leads back with what was done, or with why it was not.
func answer(v *visit.Visit, f *visit.Form, to, said string, err error) error {
	if err != nil {
		if !f.Take(err) {
			return err
		}
		said = cmp.Or(f.Sentence, f.First())
	}
	return v.Done(f.Back(to), said)
}

// AskConsent shows the link at which a person lets this program in.
func AskConsent(v *visit.Visit) error {
	c, err := read(v, "consent")
	if err != nil {
		return err
	}
	return c.showConsent()
}

func (c *connected) showConsent() error {
	link, err := c.visit.Desk.ConsentLink(c.visit.R.Context(), c.ID)
	if err != nil {
		link = ""
		if c.Kind == "partnercenter" {
			return err
		}
	}
	c.back = c.visit.Address + c.backPath()
	p := c.page()
	p.Title, p.Crumbs = "Renew the consent", append(p.Crumbs, part.Link{Text: called(&c.Connection), Path: c.path()})
	return c.visit.Page(p, consentPage(c, link))
}

// backPath is where a provider's login sends the browser back to, where it can.
func (c *connected) backPath() string { return c.path() + "/consent/back" }

// comesBack says whether the connection's redirect address leads here: then nothing is to be copied.
func (c *connected) comesBack() bool { return c.Settings["redirect_uri"] == c.back }

// Back takes the answer with which the provider's login sent the browser back.
func Back(v *visit.Visit) error {
	c, err := read(v, "consent")
	if err != nil {
		return err
	}
	return c.consented(v.R.URL.RequestURI())
}

// Consent takes the answer that somebody copied.
func Consent(v *visit.Visit) error {
	c, err := read(v, "consent")
	if err != nil {
		return err
	}
	answer := c.form.Needed("answer", "The address")
	if !c.form.OK() {
		return c.showConsent()
	}
	return c.consented(answer)
}

// consented gives an answer on, and leads to the connection or, where it was none, to another link.
func (c *connected) consented(answer string) error {
	err := c.visit.Desk.ConnectionConsent(c.visit.R.Context(), c.ID, answer)
	if err == nil {
		return c.visit.Done(c.path(), "The provider lets us in. The consent lasts while it is used at least once in 90 days.")
	}
	if !c.form.Take(err) {
		return err
	}
	return c.showConsent()
}
