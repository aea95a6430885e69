package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/worker"
	"prorata/flow"
	"prorata/flow/office"
)

// atMicrosoft is a book with two customers at a provider, one of whom is an account.
func atMicrosoft(t *testing.T, url string) *book {
	b := openBook(t, url)
	b.contract("c")
	b.connect()
	b.subscribe("c", "seats", "2026-01-01")
	h1, h2 := wholeHolding("h1"), wholeHolding("h2")
	h2.Customer, h2.Status, h2.SKU, h2.OfferName, h2.Name = "stranger", flow.HoldingDeleted, "E5_100%", "Enterprise", "theirs"
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.CustomerLinkPut(flow.CustomerLink{Connection: "ms", Customer: "tenant", Account: "of-c", Contract: "c"}))
		got[bool](t)(tx.HoldingLinkPut(flow.HoldingLink{Connection: "ms", Holding: "h1", Subscription: "seats"}))
		must(t, tx.HoldingPut(h1))
		must(t, tx.HoldingPut(h2))
		got[bool](t)(tx.ExceptionOpen(flow.Exception{Kind: flow.UnknownCustomer, Subject: "visitor", Connection: "ms", OpenedAt: at(1), SeenAt: at(1)}))
		for i, state := range []flow.ProvisionState{flow.ProvisionAwaiting, flow.ProvisionSent, flow.Provisioned, flow.ProvisionFailed, flow.ProvisionFailed, flow.ProvisionDropped} {
			p := flow.Provision{Connection: "ms", Contract: "c", Subscription: "seats", State: state, Change: &flow.ProviderChange{Reference: fmt.Sprint("r", i), Holding: "h1", Quantity: decimalOf("7"), HasQuantity: true}}
			got[int64](t)(tx.ProvisionAdd(p))
		}
	})
	return b
}

func TestWhatIsAtAProviderIsLookedAt(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := atMicrosoft(t, url)
		desk := b.deskOf("ann", office.Sales)
		list, err := desk.ConnectionList(t.Context())
		must(t, err)
		one := list[0]
		same(t, "counts", []int64{one.Customers, one.Holdings, one.OnTheWay, one.Failed, one.Exceptions}, "[2 2 2 2 1]")

		customers := func(f office.ProviderCustomerFilter) (told []string) {
			t.Helper()
			f.Connection = "ms"
			found, err := desk.ProviderCustomerList(t.Context(), f)
			must(t, err)
			for _, c := range found {
				told = append(told, fmt.Sprintf("%s=%s/%s:%d", c.ID, c.Account, c.Contract, c.Holdings))
			}
			return told
		}
		same(t, "who holds something, is linked, or waits to be", customers(office.ProviderCustomerFilter{}), "[stranger=/:1 tenant=of-c/c:1 visitor=/:0]")
		same(t, "nobody's account", customers(office.ProviderCustomerFilter{Unlinked: true}), "[stranger=/:1 visitor=/:0]")
		same(t, "a page", customers(office.ProviderCustomerFilter{After: "stranger", Most: 1}), "[tenant=of-c/c:1]")
		same(t, "by the beginning of the id", customers(office.ProviderCustomerFilter{Search: "VIS"}), "[visitor=/:0]")
		same(t, "one alone", customers(office.ProviderCustomerFilter{Customer: "tenant"}), "[tenant=of-c/c:1]")

		holdings := func(f office.HoldingFilter) (told []string) {
			t.Helper()
			f.Connection = "ms"
			found, err := desk.HoldingList(t.Context(), f)
			must(t, err)
			for i := range found {
				told = append(told, fmt.Sprintf("%s of %s, %d linked", found[i].ID, found[i].Customer, len(found[i].Links)))
			}
			return told
		}
		same(t, "holdings", holdings(office.HoldingFilter{}), "[h2 of stranger, 0 linked h1 of tenant, 1 linked]")
		same(t, "after one", holdings(office.HoldingFilter{AfterCustomer: "stranger", After: "h2"}), "[h1 of tenant, 1 linked]")
		same(t, "what runs", holdings(office.HoldingFilter{Running: true}), "[h1 of tenant, 1 linked]")
		same(t, "a sku that is a pattern elsewhere", holdings(office.HoldingFilter{Search: "e5_100%"}), "[h2 of stranger, 0 linked]")
		same(t, "a customer's", holdings(office.HoldingFilter{Customer: "tenant"}), "[h1 of tenant, 1 linked]")

		provisions := func(f office.ProvisionFilter) (told []string) {
			t.Helper()
			found, err := desk.ProvisionList(t.Context(), f)
			must(t, err)
			for i := range found {
				told = append(told, fmt.Sprint(found[i].State, " ", found[i].Account))
			}
			return told
		}
		same(t, "what is not done, the newest first", provisions(office.ProvisionFilter{}), "[failed of-c failed of-c sent of-c awaiting of-c]")
		same(t, "done", provisions(office.ProvisionFilter{State: "provisioned", Connection: "ms"}), "[provisioned of-c]")
		same(t, "elsewhere", len(provisions(office.ProvisionFilter{Connection: "px"})), 0)
		_, err = desk.ProvisionList(t.Context(), office.ProvisionFilter{State: "odd"})
		wantError(t, err, flow.ErrInput)
		_, err = desk.ConnectionGet(t.Context(), "px")
		wantError(t, err, flow.ErrUnknown)
	})
}

func TestAReconciledInvoiceIsLookedAt(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := atMicrosoft(t, url)
		usd, eur := currencyOf("USD"), currencyOf("EUR")
		invoice := func(id string, on calendar.Date) flow.KeptInvoice {
			return flow.KeptInvoice{ProviderInvoice: flow.ProviderInvoice{ID: id, On: on, Currency: usd, Total: decimalOf("30")}, Connection: "ms", LinesTotal: decimalOf("30"), ImportedAt: at(1)}
		}
		whole := flow.KeptSum{By: flow.SumWhole, Place: 1, Currency: usd, Cost: decimalOf("20.5"), Ahead: decimalOf("9.5"), Revenue: money.NewAmount(4000, usd)}
		foreign := flow.KeptSum{By: flow.SumWhole, Place: 2, Currency: usd, Cost: decimalOf("1"), Revenue: money.NewAmount(100, eur)}
		cause := flow.KeptSum{By: flow.SumCause, Place: 1, Of: "price change", Name: "price change", Count: 2, Currency: usd, Cost: decimalOf("0.75")}
		kept := flow.Reckoning{Currency: usd, Rows: 3, Exact: 1, Findings: 2, Charged: decimalOf("30"), Expected: decimalOf("29.20"), Unexplained: decimalOf("0.05"), Unbilled: decimalOf("1.5")}
		b.write(func(tx flow.Tx) {
			for _, v := range []flow.KeptInvoice{invoice("G1", day("2026-02-06")), invoice("G2", day("2026-03-06")), invoice("", calendar.Date{})} {
				must(t, tx.ProviderInvoicePut(v))
			}
			findings := []flow.Finding{
				{No: 1, Line: "l1", Holding: "h1", Customer: "tenant", Account: "of-c", Subscription: "seats", SKU: "E3", Cause: "price change", Amount: decimalOf("0.75"), Currency: usd, Sentence: "dearer"},
				{No: 2, Customer: "stranger", SKU: "E5", Cause: "timing", Amount: decimalOf("0.05"), Currency: usd, MeetsOn: day("2026-04-06")},
			}
			matches := []flow.Match{
				{No: 1, Line: "l1", Holding: "h1", Customer: "tenant", Account: "of-c", SKU: "E3", Cost: decimalOf("20.5"), Expected: decimalOf("19.75"), HasExpected: true, Currency: usd, Revenue: money.NewAmount(4000, usd)},
				{No: 2, Line: "l2", Holding: "h2", Customer: "stranger", SKU: "E5", Cost: decimalOf("9.5"), Currency: usd, Revenue: money.NewAmount(0, usd)},
			}
			must(t, tx.FindingsAdd("ms", "G2", matches, findings))
			must(t, tx.InvoiceReconciled("ms", "G2", at(2)))
			for range 2 {
				must(t, tx.ReckoningPut("ms", "G2", kept, slices.Values([]flow.KeptSum{whole, foreign, cause})))
			}
		})
		desk := b.deskOf("sue", office.Auditor)
		var told []string
		list, err := desk.ProviderInvoiceList(t.Context(), office.ProviderInvoiceFilter{Connection: "ms"})
		must(t, err)
		for i := range list {
			told = append(told, fmt.Sprintf("%q %s", list[i].ID, list[i].State()))
		}
		same(t, "what is not billed first, then the newest", told, `["" not reconciled "G2" unexplained "G1" not reconciled]`)
		older, err := desk.ProviderInvoiceList(t.Context(), office.ProviderInvoiceFilter{Connection: "ms", Before: day("2026-03-06"), BeforeID: "G2"})
		must(t, err)
		same(t, "older ones", len(older), 1)
		detail, err := desk.ProviderInvoiceGet(t.Context(), "ms", "G2")
		must(t, err)
		same(t, "what it came to", detail.Reckoning, kept)
		explained := detail.Reckoning.Explained()
		same(t, "the part with a cause", explained.String(), "0.75")
		same(t, "causes", detail.Causes, []flow.KeptSum{cause})
		same(t, "one for each currency", detail.Margins, []flow.KeptSum{whole, foreign})
		_, mixed := detail.Margins[1].Margin()
		same(t, "never across currencies", mixed, false)
		_, err = desk.ProviderInvoiceGet(t.Context(), "ms", "G9")
		wantError(t, err, flow.ErrUnknown)

		findings := func(f office.FindingFilter) int {
			t.Helper()
			f.Connection, f.Invoice = "ms", "G2"
			found, err := desk.FindingList(t.Context(), f)
			must(t, err)
			return len(found)
		}
		for _, c := range []struct {
			f    office.FindingFilter
			want int
		}{{office.FindingFilter{}, 2}, {office.FindingFilter{Cause: "timing"}, 1}, {office.FindingFilter{Customer: "tenant", SKU: "E3"}, 1}, {office.FindingFilter{After: 1}, 1}, {office.FindingFilter{SKU: "E1"}, 0}} {
			same(t, fmt.Sprintf("%+v", c.f), findings(c.f), c.want)
		}
		finding, err := desk.FindingGet(t.Context(), "ms", "G2", 1)
		must(t, err)
		same(t, "whose", finding.AccountName != "", true)
		_, err = desk.FindingGet(t.Context(), "ms", "G2", 0)
		wantError(t, err, flow.ErrUnknown)
		rows, err := desk.MatchList(t.Context(), office.MatchFilter{Connection: "ms", Invoice: "G2", After: 1})
		must(t, err)
		same(t, "rows after the first", []string{rows[0].Line, rows[0].Cost.String()}, "[l2 9.5]")
		_, err = desk.ProviderSumList(t.Context(), "ms", "G2", "colour", 0, 0)
		wantError(t, err, flow.ErrInput)

		// Compared anew, nothing is left of the time before but what reports go by until there are other sums.
		before := margins(b)
		b.write(func(tx flow.Tx) { must(t, tx.FindingsClear("ms", "G2")) })
		detail, err = desk.ProviderInvoiceGet(t.Context(), "ms", "G2")
		must(t, err)
		same(t, "cleared", []bool{detail.Reckoned, len(detail.Causes) == 0}, "[false true]")
		same(t, "margins meanwhile", margins(b), before)
		if before == "" {
			t.Error("there was no margin before")
		}
	})
}

// margins are those of whole invoices, as reports ask for them.
func margins(b *book) (text string) {
	b.t.Helper()
	must(b.t, b.Office().Read(b.t.Context(), func(tx office.Tx) error {
		text = ""
		return tx.Margins(flow.SumWhole, day("2020-01-01"), func(m flow.MarginOf) { text += fmt.Sprintln(m.Invoice, m.Currency, m.Cost, m.Revenue) })
	}))
	return text
}

// empty is a provider who has nobody; it can be made to refuse.
type empty struct {
	flow.Provider
	err error
}

func (e *empty) Abilities() flow.Abilities { return flow.Abilities{Holdings: true} }
func (e *empty) Customers(context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return func(yield func(flow.ProviderCustomer, error) bool) {
		if e.err != nil {
			yield(flow.ProviderCustomer{}, e.err)
		}
	}
}

// ways leads to the one provider.
type ways struct {
	provider *empty
	codes    []string
}

func (w *ways) Provider(flow.Connection) (flow.Provider, error) { return w.provider, nil }
func (w *ways) ConsentLink(_ flow.Connection, state string) (string, error) {
	return "https://login.example/?state=" + state, nil
}
func (w *ways) Consent(_ context.Context, _ flow.Connection, code string) error {
	w.codes = append(w.codes, code)
	return nil
}
func (w *ways) Bills(context.Context, *flow.Flow, flow.Connection) (flow.ProviderBillReport, error) {
	return flow.ProviderBillReport{}, w.provider.err
}

func TestAProviderIsAskedInTheBackground(t *testing.T) {
	b := atMicrosoft(t, "sqlite:"+t.TempDir()+"/book.db")
	f := &flow.Flow{Store: b.Store, Clock: stopped{time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	w := &ways{provider: &empty{}}
	o := &office.Office{Flow: f, Store: b.Office(), Providers: w, Identity: office.Identity{Random: func(n int) []byte { return make([]byte, n) }}}
	// carry does what somebody asked for.
	works := worker.Works{office.JobSync: o.ErrandRun, office.JobImport: o.ErrandRun}
	clockwork := &worker.Worker{Office: o, Timetable: worker.Timetable(0, works), Clock: f.Clock, Zone: time.UTC, After: time.After,
		Jitter: func(time.Duration) time.Duration { return 0 }, Log: f.Log}
	carry := func() { must(t, clockwork.Round(t.Context(), func(work func()) { work() })) }
	desk := o.Desk(office.Person{User: "ann", Who: "ann", Roles: []office.Role{office.Clerk}, Door: office.ByPage})
	must(t, desk.ConnectionSync(t.Context(), "ms", false))
	errands := func() []office.Errand {
		t.Helper()
		list, err := desk.ErrandList(t.Context(), "ms")
		must(t, err)
		return list
	}
	same(t, "under way", errands()[0].EndedAt.IsZero(), true)
	var refusal *billing.Refusal
	if err := desk.ConnectionSync(t.Context(), "ms", false); !errors.As(err, &refusal) || refusal.Code != "job_under_way" {
		t.Errorf("asked for twice: %v", err)
	}
	must(t, desk.ProviderBillImport(t.Context(), "ms"))
	w.provider.err = flow.ErrConsent
	carry()
	for _, e := range errands() {
		same(t, string(e.Kind), []any{e.Failed, e.Said, e.Who}, "[true The provider does not let us in any more: renew the consent. ann]")
	}
	w.provider.err = nil
	must(t, desk.ConnectionSync(t.Context(), "ms", false))
	carry()
	for _, e := range errands() {
		same(t, "the last of "+string(e.Kind), e.Failed, e.Kind != office.ErrandSync)
	}

	// Only the answer to the link that was shown is taken, and by whom it is given to.
	_, err := desk.ConsentLink(t.Context(), "ms")
	wantError(t, err, office.ErrDenied)
	owner := o.Desk(office.Person{User: "olga", Who: "olga", Roles: []office.Role{office.Owner}, Door: office.ByPage})
	link, err := owner.ConsentLink(t.Context(), "ms")
	must(t, err)
	state := link[len("https://login.example/?state="):]
	var field *office.FieldError
	for _, wrong := range []string{"", "https://localhost/consent?state=" + state, "https://localhost/consent?code=1&state=guessed"} {
		if err := owner.ConnectionConsent(t.Context(), "ms", wrong); !errors.As(err, &field) || field.Field != "answer" {
			t.Errorf("%q was taken: %v", wrong, err)
		}
	}
	must(t, owner.ConnectionConsent(t.Context(), "ms", "https://localhost/consent?code=4711&state="+state))
	same(t, "given on", w.codes, "[4711]")
	if err := owner.ConnectionConsent(t.Context(), "ms", "https://localhost/consent?code=4711&state="+state); err == nil {
		t.Error("the same answer was taken twice")
	}
	windows, asOf, err := desk.WindowList(t.Context(), "ms")
	must(t, err)
	same(t, "as of", []any{len(windows), asOf.Equal(f.Clock.Now())}, "[0 true]")
	exposures, _, err := desk.ExposureList(t.Context(), "")
	must(t, err)
	same(t, "exposures", len(exposures), 0)
	checks, err := desk.ReadinessGet(t.Context(), "ms", day("2026-02-14"))
	must(t, err)
	same(t, "there is no invoice", checks[1].State, flow.ReadinessBlocked)
}
