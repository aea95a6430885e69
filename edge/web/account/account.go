// Package account shows accounts: the tree of groups, entities and resellers, one
// account with all that belongs to it, and the forms that add, change and hold one.
//
//	account.go   one account, a tab at a time;   list.go   the tree, and the list
//	edit.go      adding and changing;            hold.go   credit hold and its end
package account

import (
	"net/url"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/subscription"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the tree.
const Path = "/accounts"

// PathOf is the page of one account.
func PathOf(id billing.AccountID) string { return Path + "/" + url.PathEscape(string(id)) }

// shown is one account on its page.
type shown struct {
	visit *visit.Visit
	a     office.AccountDetail
	tab   string
	// What the tab shows.
	subscriptions office.SubscriptionPage
	below         office.AccountPage
	prices        []office.PriceInForce
	happened      []office.Happening
	next          part.Next
}

// Show is the page of one account.
func Show(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	if err := s.fill(); err != nil {
		return err
	}
	return v.Page(s.page(s.a.Account.Name), document(s))
}

func read(v *visit.Visit) (*shown, error) {
	detail, err := v.Desk.AccountGet(v.R.Context(), billing.AccountID(v.R.PathValue("id")))
	return &shown{visit: v, a: detail, tab: v.R.URL.Query().Get("tab")}, err
}

// fill reads what the tab shows.
func (s *shown) fill() (err error) {
	v, ctx, id := s.visit, s.visit.R.Context(), s.a.Account.ID
	switch s.tab {
	case "":
		if s.a.Below > 0 {
			s.below, err = v.Desk.AccountTree(ctx, id, office.AccountCursor{}, branchRows)
		}
	case "subscriptions":
		s.subscriptions, err = v.Desk.SubscriptionList(ctx, office.SubscriptionFilter{Account: id, Most: 200}, "")
	case "prices":
		s.prices, err = v.Desk.AccountPrices(ctx, id)
	case "timeline":
		err = s.timeline()
	default:
		return visit.ErrNoPage
	}
	return err
}

// timeline reads a page of what happened.
func (s *shown) timeline() error {
	v := s.visit
	before, err := happenedAt(v.R.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	list, next, err := v.Desk.AccountTimeline(v.R.Context(), s.a.Account.ID, before, 50)
	if err != nil {
		return err
	}
	s.happened = list
	s.next.Shown = part.Plural(int64(len(list)), "entry")
	if !before.At.IsZero() {
		s.next.Newer = v.Here("before", "")
	}
	if next != nil {
		s.next.Older = v.Here("before", visit.Cursor(strconv.FormatInt(next.At.UnixMicro(), 10), strconv.FormatInt(next.Seq, 10), next.Invoice))
	}
	return nil
}

func (s *shown) page(title string) part.Page {
	page := part.Page{Title: title, Section: Path, Crumbs: []part.Link{{Text: "Accounts", Path: Path}}}
	for _, above := range s.a.Above {
		page.Crumbs = append(page.Crumbs, part.Link{Text: above.Name, Path: PathOf(above.ID)})
	}
	if s.a.Held {
		page.State = part.Pill{Text: "credit hold", Tone: part.Warn}
	}
	return page
}

func (s *shown) path() string { return PathOf(s.a.Account.ID) }

// tabs are the parts of the page, each with a URL.
func (s *shown) tabs() []part.Choice {
	return []part.Choice{{Value: "", Text: "Overview"}, {Value: "subscriptions", Text: "Contracts and subscriptions"}, {Value: "prices", Text: "Prices"}, {Value: "timeline", Text: "Timeline"}}
}

func (s *shown) tabPath(tab string) string {
	if tab == "" {
		return s.path()
	}
	return s.path() + "?tab=" + tab
}

func (s *shown) figures() (figures []part.Figure) {
	l := s.visit.Locale
	for i := range s.a.Balances {
		b := &s.a.Balances[i]
		currency := b.Invoiced.Currency().String()
		beside := "of " + l.Amount(b.Invoiced) + " invoiced"
		if !b.Credited.IsZero() {
			beside += ", " + l.Amount(b.Credited) + " credited"
		}
		if !b.Overdue.IsZero() {
			beside = l.Amount(b.Overdue) + " overdue, " + beside
		}
		figures = append(figures, part.Figure{Name: "Open", Value: l.Amount(b.Open), Unit: currency, Beside: beside, Path: "/invoices?state=open&account=" + url.QueryEscape(string(s.a.Account.ID))})
	}
	if len(figures) == 0 {
		figures = append(figures, part.Figure{Name: "Open", Value: "nothing", Beside: s.payerWords()})
	}
	figures = append(figures,
		part.Figure{Name: "Contracts", Value: l.Count(int64(len(s.a.Contracts))), Path: s.tabPath("subscriptions")},
		part.Figure{Name: "Subscriptions", Value: l.Count(int64(s.a.Subscriptions)), Path: s.tabPath("subscriptions")})
	if s.a.Below > 0 {
		figures = append(figures, part.Figure{Name: "Accounts below", Value: l.Count(int64(s.a.Below))})
	}
	return figures[:min(5, len(figures))]
}

// payerWords says who is invoiced instead.
func (s *shown) payerWords() string {
	if s.a.Payer.ID == "" || s.a.Payer.ID == s.a.Account.ID {
		return ""
	}
	return "its bills go to " + s.a.Payer.Name
}

// primary and more are what can be done.
func (s *shown) primary() *part.Action {
	if !s.visit.May("AccountPut") {
		return nil
	}
	return &part.Action{Text: "Edit", Path: s.path() + "/edit"}
}

func (s *shown) more() (more []part.Action) {
	if s.visit.May("ContractPut") {
		more = append(more, part.Action{Text: "Add a contract", Path: "/contracts/new?account=" + url.QueryEscape(string(s.a.Account.ID))})
	}
	if s.visit.May("AccountPut") {
		more = append(more, part.Action{Text: "Add an account below", Path: Path + "/new?parent=" + url.QueryEscape(string(s.a.Account.ID))})
	}
	if s.a.Held && s.visit.May("AccountRelease") {
		more = append(more, part.Action{Text: "Release from credit hold", Path: s.path() + "/release"})
	}
	if !s.a.Held && s.visit.May("AccountHold") {
		more = append(more, part.Action{Text: "Put on credit hold", Path: s.path() + "/hold", Costly: true})
	}
	return more
}

func (s *shown) contacts() []part.Fact {
	p := &s.a.Account.Party
	return []part.Fact{
		{Name: "Address", Value: strings.Join(p.Address, ", ")}, {Name: "Country", Value: p.Country}, {Name: "Email", Value: p.Email, Path: mailTo(p.Email)}, {Name: "Phone", Value: p.Phone},
		{Name: "Tax id", Value: p.TaxID}, {Name: "Registration", Value: p.RegistrationID},
	}
}

func mailTo(address string) string {
	if address == "" {
		return ""
	}
	return "mailto:" + address
}

func (s *shown) billing() []part.Fact {
	a := &s.a.Account
	terms := "the seller's"
	if a.HasPaymentTerms {
		terms = part.Plural(int64(a.PaymentTermsDays), "day") + " net"
	}
	facts := []part.Fact{
		{Name: "Account", Value: string(a.ID)},
		{Name: "Bills go to", Value: payer(s), Path: payerPath(s)},
		{Name: "Currency", Value: a.Currency.String()},
		{Name: "Payment terms", Value: terms},
		{Name: "One invoice for all", Value: map[bool]string{true: "yes"}[a.Consolidated]},
		{Name: "Documents in", Value: languageName(a.Language)},
		{Name: "Purchase order", Value: a.PurchaseOrder},
		{Name: "Price list", Value: a.PriceList},
	}
	if s.a.Reseller.ID != "" {
		facts = append(facts, part.Fact{Name: "Reseller", Value: s.a.Reseller.Name, Path: PathOf(s.a.Reseller.ID)})
	}
	return facts
}

func payer(s *shown) string {
	if s.payerWords() == "" {
		return "itself"
	}
	return s.a.Payer.Name
}

func payerPath(s *shown) string {
	if s.payerWords() == "" {
		return ""
	}
	return PathOf(s.a.Payer.ID)
}

func languageName(tag string) string {
	for _, c := range languages() {
		if c.Value == tag && tag != "" {
			return c.Text
		}
	}
	return ""
}

func languages() []part.Choice {
	return []part.Choice{{Value: "", Text: "The seller's"}, {Value: "en", Text: "English"}, {Value: "de", Text: "German"}, {Value: "fr", Text: "French"}, {Value: "es", Text: "Spanish"}, {Value: "nl", Text: "Dutch"}}
}

// happening is one line of the timeline: what, more, and where it leads.
type happening struct{ what, more, path string }

func (s *shown) told(h *office.Happening) happening {
	l := s.visit.Locale
	if i := h.Invoice; i != nil {
		word := "Invoice "
		if i.CreditNote {
			word = "Credit note "
		}
		number := flow.PrintedNumber(i)
		more := l.Amount(i.Total) + " " + i.Currency.String() + ", due " + part.Day(i.DueOn)
		if i.VoidedBy != "" {
			more += ", taken back"
		}
		return happening{word + number, more, "/invoices/" + url.PathEscape(number)}
	}
	e := h.Entry
	told := happening{what: subscription.Told(l, e)}
	if e.Subscription != "" {
		told.more, told.path = string(e.Subscription), subscription.PathOf(e.Subscription)
	}
	if e.Do == flow.DoOneTime {
		told.more, told.path = "", ""
	}
	if e.EffectiveOn != e.RecordedOn {
		told.more = strings.TrimPrefix(told.more+", effective "+part.Day(e.EffectiveOn), ", ")
	}
	return told
}

// who is by whom, where that may be seen.
func who(h *office.Happening) string {
	if h.Entry == nil {
		return ""
	}
	return h.Entry.Who
}

func (s *shown) addContract() *part.Action {
	if !s.visit.May("ContractPut") {
		return nil
	}
	return &part.Action{Text: "Add a contract", Path: "/contracts/new?account=" + url.QueryEscape(string(s.a.Account.ID))}
}

func priceFrom(list string) string {
	switch list {
	case "own":
		return "its own"
	case "":
		return ""
	}
	return "list " + list
}

func lines(address []string) string { return strings.Join(address, "\n") }

func saveWords(e *editing) string {
	if e.fresh {
		return "Add the account"
	}
	return "Save the account"
}

func holdPath(hold bool) string {
	if hold {
		return "/hold"
	}
	return "/release"
}
