package api_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// quiet is a provider who has nobody; it can be made to refuse.
type quiet struct {
	flow.Provider
	err error
	// customers are those that it tells of.
	customers []flow.ProviderCustomer
}

func (q quiet) Abilities() flow.Abilities { return flow.Abilities{Holdings: true, Events: true} }

func (q quiet) Customers(context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return func(yield func(flow.ProviderCustomer, error) bool) {
		if q.err != nil {
			yield(flow.ProviderCustomer{}, q.err)
			return
		}
		for _, customer := range q.customers {
			if !yield(customer, nil) {
				return
			}
		}
	}
}

// HoldingGet knows one holding, which it spells in small letters.
func (q quiet) HoldingGet(_ context.Context, customer, id string) (flow.Holding, error) {
	if customer == "tenant" && strings.EqualFold(id, "h1") {
		return flow.Holding{ID: "h1", Customer: customer}, nil
	}
	return flow.Holding{}, flow.ErrUnknown
}

// PriceSheet is the announced one: from April on what s1 is sold of costs 20.00 in Germany.
func (q quiet) PriceSheet(_ context.Context, ask flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	return func(yield func(flow.PriceSheetRow, error) bool) {
		if ask.Market != "DE" || !ask.Future {
			return
		}
		eur, _ := money.ParseCurrency("EUR")
		cost, _ := money.ParseDecimal("20.00")
		from, _ := calendar.ParseDate("2025-04-01")
		yield(flow.PriceSheetRow{SKU: "BP", Title: "Business Premium", Market: "DE", Segment: "Commercial", Currency: eur, Billing: billing.Unit{Name: "monthly", Months: 1}, Cost: cost, From: from}, nil)
	}
}

func (q quiet) Events(context.Context, time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return func(func(flow.ProviderEvent, error) bool) {}
}

func (q quiet) Change(context.Context, flow.ProviderChange) (flow.ProviderReceipt, error) {
	return flow.ProviderReceipt{State: flow.ReceiptPending}, nil
}

// ways lead to the one provider; its login knows one code.
type ways struct {
	err       error
	codes     []string
	customers []flow.ProviderCustomer
	// accepted are the acceptances that it was told of.
	accepted []office.Acceptance
}

func (w *ways) Provider(flow.Connection) (flow.Provider, error) {
	return quiet{err: w.err, customers: w.customers}, nil
}

func (w *ways) Notify(_ context.Context, _ flow.Connection, address string) (office.Notices, error) {
	return office.Notices{Address: address, Kinds: 3}, w.err
}

func (w *ways) Invite(_ context.Context, _ flow.Connection, i office.Invitation) (links office.InvitationLinks, err error) {
	links.Relationship = "https://admin.example/accept"
	if i.Access != "" {
		links.Access = office.AccessInvitation{ID: "r1", Name: i.Access, Status: "approvalPending", Link: "https://admin.example/access", Days: i.Days, Roles: i.Roles}
	}
	return links, w.err
}

func (w *ways) Agreed(_ context.Context, _ flow.Connection, customer string) (bool, error) {
	return slices.ContainsFunc(w.accepted, func(a office.Acceptance) bool { return a.Customer == customer }), w.err
}

func (w *ways) Accept(ctx context.Context, c flow.Connection, a office.Acceptance) (office.AcceptanceReport, error) {
	already, err := w.Agreed(ctx, c, a.Customer)
	w.accepted = append(w.accepted, a)
	return office.AcceptanceReport{Name: "Contoso", Already: already, Agreed: !already}, err
}

func (w *ways) ConsentLink(c flow.Connection, state string) (string, error) {
	if c.Kind != "partnercenter" {
		return "", fmt.Errorf("%s is a %s connection: %w", c.ID, c.Kind, flow.ErrNotOffered)
	}
	return "https://login.example/?state=" + state, nil
}

func (w *ways) Consent(_ context.Context, _ flow.Connection, code string) error {
	if code != "good" {
		return flow.ErrConsent
	}
	w.codes = append(w.codes, code)
	return nil
}

func (w *ways) Bills(context.Context, *flow.Flow, flow.Connection) (flow.ProviderBillReport, error) {
	return flow.ProviderBillReport{}, w.err
}

func (f *firm) ways() *ways { return f.Providers.(*ways) }

func (f *firm) day(text string) calendar.Date {
	f.t.Helper()
	day, err := calendar.ParseDate(text)
	must(f.t, err)
	return day
}

func (f *firm) number(text string) money.Decimal {
	f.t.Helper()
	number, err := money.ParseDecimal(text)
	must(f.t, err)
	return number
}

// follow has the firm buy at Microsoft: Contoso holds what it is billed for as s1, a stranger
// holds something, one change failed on its way, and January was charged.
func (f *firm) follow() *firm {
	f.t.Helper()
	eur, err := money.ParseCurrency("EUR")
	must(f.t, err)
	now := f.clock.Now()
	held := flow.KeptHolding{Connection: "ms", SeenAt: now, Holding: flow.Holding{ID: "h1", Customer: "tenant", SKU: "BP", OfferName: "Business Premium", Quantity: f.number("15"),
		Status: flow.HoldingActive, StatusText: "active", TermMonths: 12, Billing: billing.Unit{Name: "monthly", Months: 1}, AutoRenew: true,
		StartsAt: now.AddDate(0, -1, 0), EndsAt: now.AddDate(0, 11, 0), CancellableUntil: now.Add(48 * time.Hour),
		Refundable: []flow.RefundableQuantity{{Quantity: f.number("5"), AllowedUntil: now.Add(24 * time.Hour)}}, Next: &flow.HoldingNextTerm{Quantity: f.number("10"), HasQuantity: true}}}
	theirs := flow.KeptHolding{Connection: "ms", SeenAt: now, Holding: flow.Holding{ID: "h2", Customer: "stranger", SKU: "XX", Quantity: f.number("1"), Status: flow.HoldingExpired, StatusText: "expired"}}
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		for _, c := range []flow.Connection{{ID: "ms", Name: "Microsoft", Kind: "partnercenter", Currency: eur, Country: "DE", Settings: map[string]string{"tenant": "alpine"}}, {ID: "box", Kind: "file"}} {
			if _, err := tx.ConnectionPut(c); err != nil {
				return err
			}
		}
		if _, err := tx.CustomerLinkPut(flow.CustomerLink{Connection: "ms", Customer: "tenant", Account: "contoso", Contract: "c1"}); err != nil {
			return err
		}
		if _, err := tx.HoldingLinkPut(flow.HoldingLink{Connection: "ms", Holding: "h1", Subscription: "s1"}); err != nil {
			return err
		}
		for i := range 3 {
			change := &flow.ProviderChange{Reference: fmt.Sprint("r", i), Customer: "tenant", Holding: "h1", Quantity: f.number("16"), HasQuantity: true}
			p := flow.Provision{Connection: "ms", Contract: "c1", Subscription: "s1", State: flow.ProvisionFailed, Change: change, Code: "800002", Why: "no", Todo: "call", Who: "ann", CreatedAt: now, ChangedAt: now}
			if _, err := tx.ProvisionAdd(p); err != nil {
				return err
			}
		}
		if _, err := tx.PriceSheetPut(flow.KeptPriceSheet{Connection: "ms", Market: "DE", View: "updatedlicensebased", Month: f.day("2025-03-01"), Digest: "d", Rows: 2, ImportedAt: now}); err != nil {
			return err
		}
		if err := tx.HoldingPut(held); err != nil {
			return err
		}
		return tx.HoldingPut(theirs)
	}))
	row := func(id, customer, holding, sku, cost string) flow.ProviderLine {
		return flow.ProviderLine{Invoice: "G1", Customer: customer, Holding: holding, Total: f.number(cost), Charge: billing.ProviderCharge{ID: id, Type: billing.ChargeOther, SKU: sku,
			Period: calendar.Period{From: f.day("2025-01-01"), To: f.day("2025-02-01")}, Quantity: f.number("10"), UnitPrice: f.number("18.60"), EffectivePrice: f.number("18.60"), Cost: f.number(cost), Currency: eur}}
	}
	lines := []flow.ProviderLine{row("l1", "tenant", "h1", "BP", "186.00"), row("l2", "stranger", "h2", "XX", "9.99")}
	head := flow.ProviderInvoice{ID: "G1", On: f.day("2025-02-06"), Period: lines[0].Charge.Period, Currency: eur, Total: f.number("195.99")}
	_, err = f.Flow.ImportBill(f.t.Context(), "ms", head, func(yield func(flow.ProviderLine, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	})
	must(f.t, err)
	return f
}
