package reconciliation

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// invoice is one invoice of a provider, and the part of it that is shown.
type invoice struct {
	visit *visit.Visit
	office.ProviderInvoiceDetail
	// tab is findings, lines, customer, product or entity.
	tab      string
	findings []office.FindingRow
	lines    []office.MatchRow
	sums     []flow.KeptSum
	next     part.Next
	// opened is the difference that is shown beside; dispute what is to be said about it.
	opened  *office.FindingRow
	dispute *flow.Dispute
	// cause, customer and sku narrow what is shown.
	cause, customer, sku string
}

// tabs are the parts of an invoice's page.
var tabs = []part.Choice{{Value: "", Text: "Differences"}, {Value: "lines", Text: "Lines"}, {Value: "customer", Text: "Customers"}, {Value: "product", Text: "Products"}, {Value: "entity", Text: "Entities"}}

// Show is the page of one invoice.
func Show(v *visit.Visit) (err error) {
	query := v.R.URL.Query()
	i := &invoice{visit: v, tab: query.Get("show"), cause: query.Get("cause"), customer: query.Get("customer"), sku: query.Get("sku")}
	id := flow.ConnectionID(v.R.PathValue("connection"))
	if i.ProviderInvoiceDetail, err = v.Desk.ProviderInvoiceGet(v.R.Context(), id, invoiceOf(v)); err != nil {
		return err
	}
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	switch i.tab {
	case "":
		err = i.readFindings(after)
	case "lines":
		err = i.readLines(after)
	default:
		err = i.readSums(flow.SumBy(i.tab), after)
	}
	if err != nil {
		return err
	}
	if after != 0 {
		i.next.Newer = v.Here("after", "", "open", "")
	}
	return v.Page(i.page(), invoicePage(i))
}

func (i *invoice) page() part.Page {
	return part.Page{Title: invoiceName(i.ID), Section: Path, State: statePill(i.State()), Wide: true,
		Crumbs: []part.Link{{Text: "Reconciliation", Path: Path + "?connection=" + url.QueryEscape(string(i.Connection))}}}
}

func (i *invoice) path() string { return invoicePath(i.Connection, i.ID) }

func (i *invoice) readFindings(after int64) (err error) {
	desk, ctx := i.visit.Desk, i.visit.R.Context()
	i.findings, err = desk.FindingList(ctx, office.FindingFilter{Connection: i.Connection, Invoice: i.ID, Cause: i.cause, Customer: i.customer, SKU: i.sku, After: after, Most: pageRows + 1})
	if err != nil {
		return err
	}
	if len(i.findings) > pageRows {
		i.findings = i.findings[:pageRows]
		i.next.Older = i.visit.Here("after", strconv.FormatInt(i.findings[pageRows-1].No, 10), "open", "")
	}
	i.next.Shown = part.Plural(int64(len(i.findings)), "difference")
	no, err := strconv.ParseInt(i.visit.R.URL.Query().Get("open"), 10, 64)
	if err != nil {
		return nil //nolint:nilerr // nothing is opened
	}
	opened, err := desk.FindingGet(ctx, i.Connection, i.ID, no)
	if err != nil {
		return err
	}
	i.opened = &opened
	if opened.Line == "" {
		return nil
	}
	dispute, err := desk.DisputeGet(ctx, i.Connection, i.ID, opened.Line)
	if err == nil {
		i.dispute = &dispute
	} else if office.FaultOf(err).Kind == office.FaultOurs {
		return err
	}
	return nil
}

func (i *invoice) readLines(after int64) (err error) {
	i.lines, err = i.visit.Desk.MatchList(i.visit.R.Context(), office.MatchFilter{Connection: i.Connection, Invoice: i.ID, Customer: i.customer, SKU: i.sku, After: after, Most: pageRows + 1})
	if len(i.lines) > pageRows {
		i.lines = i.lines[:pageRows]
		i.next.Older = i.visit.Here("after", strconv.FormatInt(i.lines[pageRows-1].No, 10))
	}
	i.next.Shown = part.Plural(int64(len(i.lines)), "line")
	return err
}

func (i *invoice) readSums(by flow.SumBy, after int64) (err error) {
	i.sums, err = i.visit.Desk.ProviderSumList(i.visit.R.Context(), i.Connection, i.ID, by, after, pageRows+1)
	if len(i.sums) > pageRows {
		i.sums = i.sums[:pageRows]
		i.next.Older = i.visit.Here("after", strconv.FormatInt(i.sums[pageRows-1].Place, 10))
	}
	nouns := map[flow.SumBy]string{flow.SumCustomer: "customer", flow.SumProduct: "product", flow.SumEntity: "entity"}
	i.next.Shown = part.Plural(int64(len(i.sums)), cmp.Or(nouns[by], "sum"))
	return err
}

func (i *invoice) cents(d money.Decimal) string { return cents(i.visit.Locale, d, i.Currency) }

func (i *invoice) figures() []part.Figure {
	l, unit := i.visit.Locale, i.Currency.String()
	if !i.Reckoned {
		return []part.Figure{{Name: "Total", Value: i.cents(total(&i.ProviderInvoiceRow)), Unit: unit}, {Name: "Rows", Value: l.Count(i.Lines)}}
	}
	k := &i.Reckoning
	figures := []part.Figure{
		{Name: "Charged before tax", Value: i.cents(k.Charged), Unit: unit, Beside: "with tax " + i.cents(total(&i.ProviderInvoiceRow))},
		{Name: "Explained", Value: i.cents(k.Explained()), Unit: unit, Beside: l.Count(k.Exact) + " of " + part.Plural(k.Rows, "row") + " exact"},
		i.unexplained(k),
	}
	for n := range i.Margins {
		m := &i.Margins[n]
		margin, ok := m.Margin()
		if m.Revenue.Currency().IsZero() {
			continue
		}
		if !ok {
			figures = append(figures, part.Figure{Name: "Revenue", Value: l.Amount(m.Revenue), Unit: m.Revenue.Currency().String(), Beside: "cost " + i.cents(m.Cost) + " " + unit})
			continue
		}
		figures = append(figures, part.Figure{Name: "Margin", Value: i.cents(margin), Unit: unit, Beside: i.share(m, margin)})
	}
	return figures[:min(5, len(figures))]
}

// unexplained is what no rule explains, and what nobody was billed for.
func (i *invoice) unexplained(k *flow.Reckoning) part.Figure {
	f := part.Figure{Name: "Unexplained", Value: "none"}
	if !k.Unexplained.IsZero() {
		f.Value, f.Unit = i.cents(k.Unexplained), i.Currency.String()
	}
	if !k.Unbilled.IsZero() {
		f.Beside = "nobody was billed for " + i.cents(k.Unbilled)
	}
	return f
}

// share is the margin as a part of the revenue, with its base.
func (i *invoice) share(m *flow.KeptSum, margin money.Decimal) string {
	if m.Revenue.IsZero() {
		return ""
	}
	percent := money.DecimalFrom(margin.Ratio().Mul(money.Fraction(100, 1)).Div(m.Revenue.Ratio()), 0, 1)
	return i.visit.Locale.Number(percent.String()) + " % of " + i.visit.Locale.Amount(m.Revenue)
}

func (i *invoice) facts() []part.Fact {
	l := i.visit.Locale
	facts := []part.Fact{
		{Name: "Provider", Value: cmp.Or(i.ConnectionName, string(i.Connection)), Path: "/provider/" + url.PathEscape(string(i.Connection))},
		{Name: "Date", Value: part.Day(i.On)},
		{Name: "Rows come to", Value: i.cents(i.LinesTotal) + " " + i.Currency.String() + ", tax " + i.cents(i.TaxTotal)},
		{Name: "Imported", Value: l.Instant(i.ImportedAt)},
		{Name: "Reconciled", Value: cmp.Or(l.Instant(i.ReconciledAt), "not yet")},
		{Name: "Stamp", Value: i.Stamp},
	}
	if i.ID != "" && !i.On.IsZero() {
		month := i.Period.From
		if month.IsZero() {
			month = i.On.AddMonths(-1)
		}
		facts = append(facts, part.Fact{Name: "Before billing", Value: "Is the month ready to be closed?", Path: connectionPath(i.Connection) + "?month=" + month.String()[:7]})
	}
	return facts
}

// barWidth is half the width of the picture of a cause.
const barWidth = 60

// bar is where the bar of a cause begins and how wide it is: to the right of the middle
// for what was charged too much, to the left for too little.
func (i *invoice) bar(sum *flow.KeptSum) (x, width string) {
	most := money.Decimal{}
	for n := range i.Causes {
		if c := abs(i.Causes[n].Cost); c.Cmp(most) > 0 {
			most = c
		}
	}
	if most.IsZero() {
		return strconv.Itoa(barWidth), "0"
	}
	share := abs(sum.Cost).Ratio().Mul(money.Fraction(barWidth, 1)).Div(most.Ratio())
	wide := money.DecimalFrom(share, 0, 1)
	if wide.IsZero() && !sum.Cost.IsZero() {
		wide = money.DecimalFrom(money.Fraction(1, 2), 1, 1)
	}
	from := money.DecimalFrom(money.Fraction(barWidth, 1), 0, 1)
	if sum.Cost.Sign() < 0 {
		from = from.Sub(wide)
	}
	return from.String(), wide.String()
}

func abs(d money.Decimal) money.Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

func (i *invoice) causes() []part.Choice {
	choices := []part.Choice{{Value: "", Text: "Any"}}
	for n := range i.Causes {
		choices = append(choices, part.Choice{Value: i.Causes[n].Of, Text: sentenceCase(i.Causes[n].Of)})
	}
	return choices
}

func sentenceCase(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func (i *invoice) filtered() bool { return i.cause != "" || i.customer != "" || i.sku != "" }

func (i *invoice) drawer() templ.Component {
	if i.opened == nil {
		return nil
	}
	return finding(i, i.opened)
}

func (i *invoice) drawerTitle() string {
	if i.opened == nil {
		return ""
	}
	return sentenceCase(i.opened.Cause)
}

func (i *invoice) findingFacts(f *office.FindingRow) []part.Fact {
	facts := []part.Fact{
		{Name: "Difference", Value: i.cents(f.Amount) + " " + f.Currency.String()},
		{Name: "Customer", Value: cmp.Or(f.AccountName, f.Customer), Path: accountPath(f.Account)},
		{Name: "Product", Value: cmp.Or(f.ProductName, f.SKU)},
		{Name: "Subscription", Value: string(f.Subscription), Path: "/subscriptions/" + url.PathEscape(string(f.Subscription))},
		{Name: "Holding", Value: f.Holding, Path: "/provider/" + url.PathEscape(string(i.Connection)) + "/holdings?state=all&text=" + url.QueryEscape(f.Holding)},
		{Name: "Evens out on", Value: part.Day(f.MeetsOn)},
	}
	return facts
}

func accountPath(id billing.AccountID) string {
	if id == "" {
		return ""
	}
	return "/accounts/" + url.PathEscape(string(id))
}

func (i *invoice) letterPath(f *office.FindingRow) string {
	return i.path() + "/dispute?line=" + url.QueryEscape(f.Line)
}

// sumPath leads from a total to what it is made of.
func (i *invoice) sumPath(s *flow.KeptSum) string {
	switch s.By {
	case flow.SumCustomer:
		return i.path() + "?show=lines&customer=" + url.QueryEscape(s.Of)
	case flow.SumProduct:
		return i.path() + "?show=lines&sku=" + url.QueryEscape(s.Of)
	case flow.SumEntity:
		return accountPath(billing.AccountID(s.Of))
	case flow.SumWhole, flow.SumCause:
	}
	return ""
}

func sumName(s *flow.KeptSum) string {
	return cmp.Or(s.Name, s.Of, "What nobody was billed for")
}

func marginText(l part.Locale, s *flow.KeptSum) string {
	margin, ok := s.Margin()
	if !ok {
		return "two currencies"
	}
	return cents(l, margin, s.Currency)
}

// lineMargin is what a row brought less what it cost for what was billed.
func lineMargin(l part.Locale, m *office.MatchRow) string {
	if m.Revenue.Currency().IsZero() {
		return ""
	}
	sum := flow.KeptSum{Currency: m.Currency, Cost: m.Cost.Sub(m.Ahead), Revenue: m.Revenue}
	return marginText(l, &sum)
}

func factText(f *flow.DisputeFact) string {
	return fmt.Sprintf("%s: %s", part.Day(f.ActsOn), f.Sentence)
}

// chargeText is what kind of charge it is, and for which days.
func chargeText(kind string, days calendar.Period) string {
	return sentenceCase(kind) + ", " + part.Period(days.From, days.To)
}
