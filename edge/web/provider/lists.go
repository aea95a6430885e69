package provider

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// provisioning is the changes on their way.
type provisioning struct {
	*connected
	state string
	list  []office.ProvisionRow
	next  part.Next
}

// Provisioning shows what is on its way to the provider, and what failed.
func Provisioning(v *visit.Visit) error {
	c, err := read(v, "provisioning")
	if err != nil {
		return err
	}
	p := &provisioning{connected: c, state: v.R.URL.Query().Get("state")}
	before, _ := strconv.ParseInt(v.R.URL.Query().Get("before"), 10, 64)
	p.list, err = v.Desk.ProvisionList(v.R.Context(), office.ProvisionFilter{Connection: c.ID, State: p.state, Before: before, Most: pageRows + 1})
	if err != nil {
		return err
	}
	if len(p.list) > pageRows {
		p.list = p.list[:pageRows]
		p.next.Older = v.Here("before", strconv.FormatInt(p.list[pageRows-1].ID, 10))
	}
	if before != 0 {
		p.next.Newer = v.Here("before", "")
	}
	p.next.Shown = part.Plural(int64(len(p.list)), "change")
	return v.Page(c.page(), provisioningPage(p))
}

func (p *provisioning) states() []part.Choice {
	return []part.Choice{{Value: "", Text: "Not done"}, {Value: "awaiting", Text: "Awaiting"}, {Value: "sent", Text: "Sent"}, {Value: "failed", Text: "Failed"}, {Value: "provisioned", Text: "Provisioned"}, {Value: "dropped", Text: "Given up"}}
}

func statePill(state flow.ProvisionState) part.Pill {
	switch state {
	case flow.ProvisionFailed:
		return part.Pill{Text: "failed", Tone: part.Bad}
	case flow.Provisioned:
		return part.Pill{Text: "provisioned", Tone: part.Good}
	case flow.ProvisionSent:
		return part.Pill{Text: "sent", Tone: part.Warn}
	case flow.ProvisionDropped:
		return part.Pill{Text: "given up", Tone: part.Plain}
	case flow.ProvisionAwaiting:
	}
	return part.Pill{Text: "awaiting", Tone: part.Plain}
}

// whatOf says what is asked of the provider.
func (p *provisioning) whatOf(row *office.ProvisionRow) string {
	l := p.visit.Locale
	if o := row.Order; o != nil {
		return "Order " + l.Quantity(o.Quantity) + " of " + cmp.Or(row.ProductName, o.SKU)
	}
	of := " of " + cmp.Or(row.ProductName, row.Change.Holding)
	switch c := row.Change; {
	case c.Cancel:
		return "Cancellation" + of
	case c.Suspend:
		return "Suspension" + of
	case c.Resume:
		return "Resumption" + of
	case c.Next != nil || c.NextNone:
		return "Schedule for the renewal" + of
	case c.HasQuantity:
		return l.Quantity(c.Quantity) + " seats" + of
	case c.HasAutoRenew && !c.AutoRenew:
		return "End of the renewal" + of
	case c.HasAutoRenew:
		return "Renewal" + of
	}
	return "Change" + of
}

// Retry has a change that failed tried again; Drop gives it up.
func Retry(v *visit.Visit) error {
	return settle(v, "It is on its way again.", func(id int64) error { return v.Desk.ProvisionRetry(v.R.Context(), id) })
}

// Drop gives a change up that did not reach the provider.
func Drop(v *visit.Visit) error {
	return settle(v, "It is given up. The next sync finds where the log and the provider then differ.", func(id int64) error { return v.Desk.ProvisionDrop(v.R.Context(), id, "given up on the page") })
}

func settle(v *visit.Visit, said string, do func(int64) error) error {
	f := v.Form()
	id, err := strconv.ParseInt(v.R.PathValue("id"), 10, 64)
	if err != nil {
		return visit.ErrNoPage
	}
	return answer(v, f, pathOf(flow.ConnectionID(v.R.PathValue("connection")))+"/provisioning", said, do(id))
}

// windows is what can still be given back.
type windows struct {
	*connected
	list []flow.Window
	all  int
	asOf time.Time
	next part.Next
}

// Windows shows what the provider still takes back, soonest first.
func Windows(v *visit.Visit) error {
	c, err := read(v, "windows")
	if err != nil {
		return err
	}
	w := &windows{connected: c}
	if w.list, w.asOf, err = v.Desk.WindowList(v.R.Context(), c.ID); err != nil {
		return err
	}
	w.all = len(w.list)
	w.list, w.next = pageOf(v, w.list, "window")
	return v.Page(c.page(), windowsPage(w))
}

// pageOf is the part of a list that is shown: from the query's "from" on.
func pageOf[T any](v *visit.Visit, list []T, noun string) ([]T, part.Next) {
	from, _ := strconv.Atoi(v.R.URL.Query().Get("from"))
	from = min(max(0, from), len(list))
	to := min(from+pageRows, len(list))
	next := part.Next{Shown: part.Plural(int64(len(list)), noun)}
	if len(list) > pageRows {
		next.Shown = fmt.Sprintf("%d–%d of %s", from+1, to, next.Shown)
	}
	if from > 0 {
		next.Newer = v.Here("from", zeroless(max(0, from-pageRows)))
	}
	if to < len(list) {
		next.Older = v.Here("from", strconv.Itoa(to))
	}
	return list[from:to], next
}

func zeroless(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func windowWords(l part.Locale, w *flow.Window) string {
	if w.Kind == flow.WindowReduce {
		return "Give back " + l.Quantity(w.Quantity) + " seats"
	}
	return "Cancel " + l.Quantity(w.Quantity) + " seats"
}

// left says how long a window stays open.
func left(until, now time.Time) part.Pill {
	span := until.Sub(now)
	switch {
	case span < 24*time.Hour:
		return part.Pill{Text: part.Plural(max(1, int64(span/time.Hour)), "hour") + " left", Tone: part.Bad}
	case span < 3*24*time.Hour:
		return part.Pill{Text: part.Plural(int64(span/(24*time.Hour)), "day") + " left", Tone: part.Warn}
	}
	return part.Pill{Text: part.Plural(int64(span/(24*time.Hour)), "day") + " left", Tone: part.Plain}
}

// missedTotals are what the windows of a page are worth, by currency. Seats that can be
// given back are among those of a holding that can be cancelled whole, and count once.
func (w *windows) missedTotals(list []flow.Window) (figures []part.Figure) {
	whole := map[string]bool{}
	for i := range list {
		if list[i].Kind == flow.WindowCancel {
			whole[list[i].Holding] = true
		}
	}
	var totals []money.Amount
	for i := range list {
		if !list[i].CostKnown || list[i].Kind == flow.WindowReduce && whole[list[i].Holding] {
			continue
		}
		m := list[i].Missed
		at := slices.IndexFunc(totals, func(t money.Amount) bool { return t.Currency() == m.Currency() })
		if at < 0 {
			totals = append(totals, m)
		} else {
			totals[at] = totals[at].Add(m)
		}
	}
	for _, t := range totals {
		figures = append(figures, w.visit.Locale.Amounts("At stake on this page", t))
	}
	return figures
}

// exposures is what we are bound to and no customer is.
type exposures struct {
	*connected
	sums []flow.ExposureSum
	// of is the customer whose holdings are shown beside.
	of   billing.AccountID
	list []flow.Exposure
	asOf time.Time
	next part.Next
	// totals are of all customers, by currency.
	totals []flow.ExposureSum
}

// Exposures shows by customer what is left to pay and what of it is not covered.
func Exposures(v *visit.Visit) error {
	c, err := read(v, "exposure")
	if err != nil {
		return err
	}
	e := &exposures{connected: c, of: billing.AccountID(v.R.URL.Query().Get("open"))}
	all, asOf, err := v.Desk.ExposureList(v.R.Context(), c.ID)
	if err != nil {
		return err
	}
	e.asOf = asOf
	sums := flow.ExposureSums(all)
	for _, s := range sums {
		at := slices.IndexFunc(e.totals, func(t flow.ExposureSum) bool { return t.Currency == s.Currency })
		if at < 0 {
			e.totals = append(e.totals, s)
			continue
		}
		t := &e.totals[at]
		t.Holdings, t.Unknown, t.Cost, t.Uncovered = t.Holdings+s.Holdings, t.Unknown+s.Unknown, t.Cost.Add(s.Cost), t.Uncovered.Add(s.Uncovered)
	}
	slices.SortStableFunc(sums, func(a, b flow.ExposureSum) int {
		return cmp.Or(cmp.Compare(a.Currency.String(), b.Currency.String()), cmp.Compare(b.Uncovered.Minor(), a.Uncovered.Minor()))
	})
	for i := range all {
		if e.of != "" && all[i].Account == e.of {
			e.list = append(e.list, all[i])
		}
	}
	e.sums, e.next = pageOf(v, sums, "customer")
	return v.Page(c.page(), exposurePage(e))
}

func (e *exposures) figures() (figures []part.Figure) {
	for _, t := range e.totals {
		if t.Currency.IsZero() {
			figures = append(figures, part.Figure{Name: "Cost not known", Value: part.Plural(int64(t.Unknown), "holding")})
			continue
		}
		figures = append(figures, e.visit.Locale.Amounts("Left to pay", t.Cost), e.visit.Locale.Amounts("Not covered", t.Uncovered))
	}
	return figures[:min(len(figures), 5)]
}

// customers is who buys at the provider.
type customers struct {
	*connected
	filter office.ProviderCustomerFilter
	list   []office.ProviderCustomerRow
	next   part.Next
	opened *office.ProviderCustomerRow
}

// Customers shows who buys at the provider and which account each is.
func Customers(v *visit.Visit) error {
	c, err := read(v, "customers")
	if err != nil {
		return err
	}
	return c.showCustomers()
}

func (c *connected) showCustomers() error {
	v, query := c.visit, c.visit.R.URL.Query()
	p := &customers{connected: c, filter: office.ProviderCustomerFilter{Connection: c.ID, Search: flow.PlainText(query.Get("text")), Unlinked: query.Get("unlinked") != "", After: query.Get("after"), Most: pageRows + 1}}
	var err error
	if p.list, err = v.Desk.ProviderCustomerList(v.R.Context(), p.filter); err != nil {
		return err
	}
	if len(p.list) > pageRows {
		p.list = p.list[:pageRows]
		p.next.Older = v.Here("after", p.list[pageRows-1].ID, "open", "")
	}
	if p.filter.After != "" {
		p.next.Newer = v.Here("after", "", "open", "")
	}
	p.next.Shown = part.Plural(int64(len(p.list)), "customer")
	open := query.Get("open")
	if at := slices.IndexFunc(p.list, func(r office.ProviderCustomerRow) bool { return r.ID == open }); at >= 0 {
		p.opened = &p.list[at]
	}
	return v.Page(c.page(), customersPage(p))
}

// Link says which account a customer is.
func Link(v *visit.Visit) error {
	c, err := read(v, "customers")
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.form.Text("version"), 10, 64)
	if err != nil {
		return visit.ErrNoPage
	}
	link := flow.CustomerLink{Connection: c.ID, Customer: v.R.URL.Query().Get("open"),
		Account: billing.AccountID(pick.Needed(v, c.form, pick.Account, "account", "The account")), Contract: billing.ContractID(pick.One(v, c.form, pick.Contract, "contract"))}
	if c.form.OK() {
		if err = v.Desk.CustomerLink(v.R.Context(), link, &version); err == nil {
			return v.Done(v.Here("open", ""), "The customer is linked. The next sync takes in what it holds.")
		}
		if !c.form.Take(err) {
			return err
		}
	}
	return c.showCustomers()
}

// holdings is what customers hold.
type holdings struct {
	*connected
	filter office.HoldingFilter
	list   []office.HoldingRow
	next   part.Next
	opened *office.HoldingRow
}

// Holdings shows what customers hold at the provider, as it was last seen.
func Holdings(v *visit.Visit) error {
	c, err := read(v, "holdings")
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	h := &holdings{connected: c, filter: office.HoldingFilter{Connection: c.ID, Customer: query.Get("customer"), Search: flow.PlainText(query.Get("text")), Running: query.Get("state") != "all",
		AfterCustomer: query.Get("after_customer"), After: query.Get("after"), Most: pageRows + 1}}
	if h.list, err = v.Desk.HoldingList(v.R.Context(), h.filter); err != nil {
		return err
	}
	if len(h.list) > pageRows {
		h.list = h.list[:pageRows]
		last := &h.list[pageRows-1]
		h.next.Older = v.Here("after_customer", last.Customer, "after", last.ID, "open", "")
	}
	if h.filter.After != "" {
		h.next.Newer = v.Here("after_customer", "", "after", "", "open", "")
	}
	h.next.Shown = part.Plural(int64(len(h.list)), "holding")
	open := query.Get("open")
	if at := slices.IndexFunc(h.list, func(r office.HoldingRow) bool { return r.ID == open }); at >= 0 {
		h.opened = &h.list[at]
	}
	return v.Page(c.page(), holdingsPage(h))
}

func holdingName(h *office.HoldingRow) string {
	return cmp.Or(h.ProductName, h.OfferName, h.Name, h.SKU)
}

func holdingPill(h *office.HoldingRow) part.Pill {
	switch h.Status {
	case flow.HoldingActive:
		return part.Pill{Text: "active", Tone: part.Good}
	case flow.HoldingSuspended, flow.HoldingPending:
		return part.Pill{Text: h.StatusText, Tone: part.Warn}
	case flow.HoldingUnknown, flow.HoldingNone, flow.HoldingExpired, flow.HoldingDisabled, flow.HoldingDeleted:
	}
	return part.Pill{Text: cmp.Or(h.StatusText, "ended"), Tone: part.Plain}
}

func (h *holdings) facts(row *office.HoldingRow) []part.Fact {
	l := h.visit.Locale
	facts := []part.Fact{
		{Name: "Customer", Value: cmp.Or(row.AccountName, row.Customer), Path: accountPath(row.Account, h.path()+"/customers?open="+url.QueryEscape(row.Customer))},
		{Name: "Product", Value: row.SKU},
		{Name: "Seats", Value: l.Quantity(row.Quantity)},
		{Name: "Term", Value: termWords(row.TermMonths)},
		{Name: "Billed", Value: row.BillingText},
		{Name: "Began", Value: l.Instant(row.StartsAt)},
		{Name: "Term ends", Value: l.Instant(row.EndsAt)},
		{Name: "Then", Value: renewalWords(row)},
		{Name: "Can be cancelled until", Value: l.Instant(row.CancellableUntil)},
		{Name: "Promotion", Value: row.Promotion},
		{Name: "Its id there", Value: row.ID},
		{Name: "Last seen", Value: l.Instant(row.SeenAt)},
	}
	for _, link := range row.Links {
		facts = append(facts, part.Fact{Name: "Billed here as", Value: string(link.Subscription), Path: "/subscriptions/" + url.PathEscape(string(link.Subscription))})
	}
	if len(row.Links) == 0 {
		facts = append(facts, part.Fact{Name: "Billed here as", Value: "nothing: no subscription is linked to it"})
	}
	return facts
}

func termWords(months int) string {
	switch {
	case months == 0:
		return "none"
	case months%12 == 0:
		return part.Plural(int64(months/12), "year")
	}
	return part.Plural(int64(months), "month")
}

func renewalWords(row *office.HoldingRow) string {
	switch {
	case row.TermMonths == 0:
		return ""
	case !row.AutoRenew:
		return "it ends"
	case row.Next != nil && row.Next.HasQuantity:
		return "it renews with " + row.Next.Quantity.Trim(0).String() + " seats"
	}
	return "it renews"
}

// accountPath leads to the account, or elsewhere where there is none.
func accountPath(id billing.AccountID, otherwise string) string {
	if id == "" {
		return otherwise
	}
	return "/accounts/" + url.PathEscape(string(id))
}

// sheets is the versions of price sheets.
type sheets struct {
	*connected
	list []flow.KeptPriceSheet
	next part.Next
}

// Prices shows which versions of price sheets were imported.
func Prices(v *visit.Visit) error {
	c, err := read(v, "prices")
	if err != nil {
		return err
	}
	s := &sheets{connected: c}
	list, err := v.Desk.PriceSheetList(v.R.Context(), c.ID)
	if err != nil {
		return err
	}
	s.list, s.next = pageOf(v, list, "version")
	return v.Page(c.page(), pricesPage(s))
}
