package office_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

func ids(rows []office.SubscriptionRow) string {
	var all []string
	for i := range rows {
		all = append(all, string(rows[i].ID))
	}
	return strings.Join(all, " ")
}

func subscriptionsAreFound(t *testing.T, f *dealer) {
	f.tell(flow.Event{Do: flow.DoSuspend, Subscription: "t-bonn"}, flow.Event{Do: flow.DoCancel, Subscription: "s-bakery"})
	for _, c := range []struct {
		who      office.Person
		filter   office.SubscriptionFilter
		standing office.Standing
		want     string
	}{
		{owner, office.SubscriptionFilter{}, "", "s-bakery s-bonn t-bonn s-kiel"},
		{owner, office.SubscriptionFilter{Search: "nordlicht"}, "", "s-bonn t-bonn s-kiel"},
		{owner, office.SubscriptionFilter{Search: "teams"}, "", "t-bonn"},
		{owner, office.SubscriptionFilter{Search: "S-B"}, "", "s-bakery s-bonn"},
		{owner, office.SubscriptionFilter{Search: "nothing like it"}, "", ""},
		{owner, office.SubscriptionFilter{SKU: "TEAMS"}, "", "t-bonn"},
		{owner, office.SubscriptionFilter{Account: "nord-kiel"}, "", "s-kiel"},
		{owner, office.SubscriptionFilter{Contract: "c-nord-bonn"}, "", "s-bonn t-bonn"},
		{owner, office.SubscriptionFilter{}, office.IsRunning, "s-bonn s-kiel"},
		{owner, office.SubscriptionFilter{}, office.IsSuspended, "t-bonn"},
		{owner, office.SubscriptionFilter{}, office.IsEnded, "s-bakery"},
		{person(office.Reseller, "via"), office.SubscriptionFilter{}, "", "s-bakery"},
		{person(office.Customer, "nord"), office.SubscriptionFilter{Search: "s-"}, "", "s-bonn s-kiel"},
		{person(office.Customer), office.SubscriptionFilter{}, "", ""},
	} {
		page, err := f.Desk(c.who).SubscriptionList(f.ctx(), c.filter, c.standing)
		must(t, err)
		f.is(fmt.Sprintf("%s: %+v %s", c.who.Who, c.filter, c.standing), ids(page.Rows), c.want)
		if c.standing == "" && page.Count != len(page.Rows) {
			t.Errorf("counted %d of %s", page.Count, ids(page.Rows))
		}
	}
	var paged []string
	filter := office.SubscriptionFilter{Most: 1}
	for range 10 {
		page, err := f.Desk(owner).SubscriptionList(f.ctx(), filter, office.IsRunning)
		must(t, err)
		paged = append(paged, ids(page.Rows))
		if page.Next == nil {
			break
		}
		filter.After = *page.Next
	}
	f.is("page by page", strings.Join(paged, " "), "s-bonn s-kiel")
}

func aSubscriptionIsSeenWhole(t *testing.T, f *dealer) {
	f.tell(flow.Event{Do: flow.DoQuantity, Subscription: "s-kiel", Quantity: decimal("25"), HasQuantity: true, Effective: day("2026-03-12")},
		flow.Event{Do: flow.DoSchedule, Subscription: "s-kiel", Quantity: decimal("18"), HasQuantity: true})
	desk := f.Desk(owner)
	s, err := desk.SubscriptionGet(f.ctx(), "s-kiel")
	must(t, err)
	f.is("state", fmt.Sprint(s.State.Quantity, s.State.Term.To, s.State.HasNext, s.State.Next), "20 2027-01-10 true 18")
	f.is("price", fmt.Sprint(s.Offer.Price, " ", s.Offer.List, " ", s.Months), "22.00 default 1")
	f.is("next invoice", s.NextOn.String(), "2026-04-01")
	var moments []string
	for _, m := range s.Moments {
		moments = append(moments, m.On.String()+" "+m.Quantity.String())
	}
	f.is("moments", strings.Join(moments, ", "), "2026-01-10 20, 2026-03-12 25, 2027-01-10 18")
	f.is("log", fmt.Sprint(len(s.Log), " ", s.Log[0].Who), "3 clerk@example.com")
	f.is("lines", fmt.Sprint(len(s.Lines), " ", s.Lines[0].Number, " ", s.Lines[0].Amount), "3 INV-000006 440.00")
	s, err = f.Desk(person(office.Customer, "nord")).SubscriptionGet(f.ctx(), "s-kiel")
	must(t, err)
	f.is("for the customer", s.Offer.List+s.Log[0].Who+s.Log[0].Source+s.Contract.PriceList, "")
}

func seatsAreChangedWithTheirEffectSeenBefore(t *testing.T, f *dealer) {
	desk := f.Desk(person(office.Sales))
	act := office.SubscriptionAct{Act: office.ActChange, Subscription: "s-kiel", Quantity: decimal("25"), HasQuantity: true, Effective: day("2026-03-12"), Reason: "ticket 4711"}
	effect, err := desk.SubscriptionPreview(f.ctx(), act)
	must(t, err)
	f.is("before", effect.Sentence(), "+5 from 12 Mar 2026: 70.97 EUR now, 110.00 EUR more each month.")
	f.is("cost", effect.Cost.Each.String(), "92.00")
	s, err := desk.SubscriptionGet(f.ctx(), "s-kiel")
	must(t, err)
	act.Version = s.Version
	must(t, desk.SubscriptionChange(f.ctx(), act))
	f.is("who looked before is told", office.FaultOf(desk.SubscriptionChange(f.ctx(), act)).Code, "moved")
	s, err = desk.SubscriptionGet(f.ctx(), "s-kiel")
	must(t, err)
	f.is("log", fmt.Sprint(s.Log[1].Who, " ", s.Log[1].Source, " ", s.Log[1].Entry.Quantity), "sales@example.com page 25")
	list, err := f.Desk(owner).AuditList(f.ctx(), office.AuditFilter{Verb: "SubscriptionChange"})
	must(t, err)
	f.is("audit", fmt.Sprint(len(list), " ", list[0].Subject, " ", list[0].Said), "1 s-kiel ticket 4711")
	f.bill("2026-04-01")
	s, err = desk.SubscriptionGet(f.ctx(), "s-kiel")
	must(t, err)
	sum := money.NewAmount(0, eur())
	for _, line := range s.Lines[:2] {
		sum = sum.Add(line.Amount)
	}
	f.is("billed: April and the rest of March", sum.String(), "620.97")
}

func TestAnActSaysWhichFieldIsWrong(t *testing.T) {
	f := newDealer(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	desk := f.Desk(owner)
	for _, c := range []struct {
		act         office.SubscriptionAct
		field, code string
	}{
		{office.SubscriptionAct{Act: office.ActChange, Subscription: "s-kiel"}, "quantity", "invalid"},
		{office.SubscriptionAct{Act: office.ActChange, Subscription: "s-kiel", Quantity: decimal("-1"), HasQuantity: true}, "quantity", "invalid"},
		{office.SubscriptionAct{Act: office.ActSchedule, Subscription: "s-kiel"}, "quantity", "invalid"},
		{office.SubscriptionAct{Act: "raise", Subscription: "s-kiel"}, "act", "invalid"},
		{office.SubscriptionAct{Act: office.ActCancel, Subscription: "nobody"}, "", "unknown"},
		{office.SubscriptionAct{Act: office.ActCancel, Subscription: "s-kiel", Effective: day("2026-01-01")}, "", "not_started"},
	} {
		_, err := desk.SubscriptionPreview(f.ctx(), c.act)
		fault := office.FaultOf(err)
		f.is(fmt.Sprint(c.act), fault.Code+" "+fault.Field, c.code+" "+c.field)
	}
}

func aSaleIsPreviewedAndRecorded(t *testing.T, f *dealer) {
	desk := f.Desk(owner)
	sale := office.Sale{Contract: "c-nord-kiel", SKU: "TEAMS", Quantity: decimal("4"), TermMonths: 12, Effective: day("2026-03-16")}
	effect, err := desk.SubscriptionAddPreview(f.ctx(), sale)
	must(t, err)
	f.is("before", effect.Sentence(), "4 new from 16 Mar 2026: 45.42 EUR now, 88.00 EUR more each month.")
	id, err := desk.SubscriptionAdd(f.ctx(), sale)
	must(t, err)
	f.is("its id", string(id), "c-nord-kiel-1")
	s, err := desk.SubscriptionGet(f.ctx(), id)
	must(t, err)
	f.is("it comes", fmt.Sprint(office.StandingOf(&s.State, desk.Today()), " ", s.Product.Name), "coming Teams Phone")
	sale.ID = string(id)
	_, err = desk.SubscriptionAdd(f.ctx(), sale)
	f.is("its id again", office.FaultOf(err).Code+" "+office.FaultOf(err).Field, "invalid id")
	_, err = desk.SubscriptionAddPreview(f.ctx(), sale)
	f.is("its id again, previewed", office.FaultOf(err).Code+" "+office.FaultOf(err).Field, "invalid id")
	sale.ID, sale.SKU = "", "NOTHING"
	_, err = desk.SubscriptionAdd(f.ctx(), sale)
	f.is("unknown", office.FaultOf(err).Field, "sku")
}

func contractsAreListedAndPut(t *testing.T, f *dealer) {
	desk := f.Desk(owner)
	page, err := desk.ContractList(f.ctx(), office.ContractFilter{Most: 2})
	must(t, err)
	f.is("first", fmt.Sprint(page.Rows[0].Contract.ID, " ", page.Rows[1].Contract.ID, " ", page.Rows[1].Subscriptions), "c-bakery c-nord-bonn 2")
	page, err = desk.ContractList(f.ctx(), office.ContractFilter{Most: 5, After: *page.Next})
	must(t, err)
	f.is("second", fmt.Sprint(page.Rows[0].Contract.ID, " ", len(page.Rows), " ", page.Next == nil), "c-nord 3 true")
	c, err := desk.ContractGet(f.ctx(), "c-nord-bonn")
	must(t, err)
	f.is("contract", fmt.Sprint(c.NextOn, c.Billed, len(c.Subscriptions), c.Subscriptions[0].State.Quantity), "2026-04-01 true 2 5")
	c.Contract.Timing = billing.Arrears
	f.is("billed terms stay", office.FaultOf(desk.ContractPut(f.ctx(), c.Contract, c.Version)).Code, "contract_billed")
	fresh := c.Contract
	fresh.ID = "c-new"
	must(t, desk.ContractPut(f.ctx(), fresh, flow.New))
	fresh.End = fresh.Start
	f.is("wrong", office.FaultOf(desk.ContractPut(f.ctx(), fresh, 1)).Field, "end")
}

func aLineIsExplained(t *testing.T, f *dealer) {
	s, err := f.Desk(owner).SubscriptionGet(f.ctx(), "s-kiel")
	must(t, err)
	line := s.Lines[1]
	why, err := f.Desk(owner).LineExplain(f.ctx(), line.Number, line.Line)
	must(t, err)
	f.is("arithmetic", why.Arithmetic, "20 × 22.00 × 22/31 = 312.25806452 → 312.26")
	f.is("cause", why.Cause.Do.String()+" "+why.Cause.Who, "subscribe clerk@example.com")
	f.is("price row", why.Price.Price.String()+" "+why.Price.List+" "+why.Price.Cost.String(), "22.00 default 18.40")
	why, err = f.Desk(person(office.Customer, "nord")).LineExplain(f.ctx(), line.Number, line.Line)
	must(t, err)
	f.is("for the customer", fmt.Sprint(why.Price == nil, why.Cause.Who, why.Explanation.From, why.Arithmetic), "true20 × 22.00 × 22/31 = 312.25806452 → 312.26")
}

func aSearchFindsWhateverHasIt(t *testing.T, f *dealer) {
	for text, want := range map[string]string{
		"kiel":       "Nordlicht Kiel; s-kiel; c-nord-kiel",
		"inv-000002": "INV-000002",
		"2":          "",
		"000002":     "INV-000002",
		"440":        "INV-000006",
		"€ 440,00":   "INV-000006",
		"teams":      "t-bonn",
		"c-bak":      "c-bakery",
	} {
		found, err := f.Desk(owner).Search(f.ctx(), text)
		must(t, err)
		f.is(text, told(&found), want)
	}
	found, err := f.Desk(person(office.Reseller, "via")).Search(f.ctx(), "kiel")
	must(t, err)
	f.is("out of reach", told(&found), "")
	found, err = f.Desk(person(office.Reseller, "via")).Search(f.ctx(), "INV-000002")
	must(t, err)
	f.is("an invoice out of reach", told(&found), "")
}

func told(found *office.Found) string {
	var all []string
	for i := range found.Accounts {
		all = append(all, found.Accounts[i].Account.Name)
	}
	for i := range found.Subscriptions {
		all = append(all, string(found.Subscriptions[i].ID))
	}
	for i := range found.Contracts {
		all = append(all, string(found.Contracts[i].Contract.ID))
	}
	for i := range found.Invoices {
		all = append(all, flow.PrintedNumber(&found.Invoices[i]))
	}
	return strings.Join(all, "; ")
}
