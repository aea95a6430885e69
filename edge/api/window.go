package api

import (
	"cmp"
	"context"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Window is what can be given back to a provider until an instant.
type Window struct {
	Kind          string     `json:"kind" enum:"cancel,reduce" doc:"All of it, or some seats."`
	Connection    string     `json:"connection" doc:"Where."`
	Customer      string     `json:"customer" doc:"The provider's id of the customer."`
	Account       string     `json:"account,omitempty" doc:"The account that it is."`
	Subscriptions []string   `json:"subscriptions" nullable:"false" doc:"The subscriptions that are billed for it here."`
	Holding       string     `json:"holding" doc:"The provider's id of the subscription."`
	SKU           string     `json:"sku" doc:"The product."`
	Quantity      Decimal    `json:"quantity" doc:"How many seats."`
	AddedOn       Day        `json:"added_on,omitempty" doc:"When these seats were added; absent for all of it."`
	Until         time.Time  `json:"until" doc:"The last instant."`
	FullUntil     *time.Time `json:"full_until,omitempty" doc:"The last instant at which all of it is refunded, where the provider says so."`
	CommitsUntil  Day        `json:"commits_until,omitempty" doc:"The first day after what is to be paid for if it is missed."`
	Missed        *Money     `json:"missed,omitempty" doc:"What it costs to miss it; absent where that is not known."`
}

func windowOf(w *flow.Window) Window {
	shown := Window{Kind: w.Kind.String(), Connection: string(w.Connection), Customer: w.Customer, Account: string(w.Account), Subscriptions: words(w.Subscriptions), Holding: w.Holding,
		SKU: w.SKU, Quantity: decimalOf(w.Quantity), AddedOn: dayOf(w.AddedOn), Until: w.Until.UTC(), FullUntil: instantOf(w.FullUntil), CommitsUntil: dayOf(w.CommitsUntil)}
	if w.CostKnown {
		shown.Missed = someMoney(w.Missed)
	}
	return shown
}

// OfConnection narrows what is at all providers to one.
type OfConnection struct {
	Connection string `query:"connection" maxLength:"100" doc:"Only of this connection."`
}

func (in *OfConnection) id() flow.ConnectionID { return flow.ConnectionID(in.Connection) }

// windowKey is where a window stands: the soonest comes first.
type windowKey struct {
	Until   int64  `json:"u"`
	Holding string `json:"h"`
	Kind    string `json:"k"`
	AddedOn string `json:"a"`
}

func windowKeyOf(w *flow.Window) windowKey {
	return windowKey{w.Until.UnixMicro(), w.Holding, w.Kind.String(), w.AddedOn.String()}
}

func (k windowKey) compare(o windowKey) int {
	return cmp.Or(cmp.Compare(k.Until, o.Until), cmp.Compare(k.Holding, o.Holding), cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.AddedOn, o.AddedOn))
}

func windowList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	OfConnection
}) (*listed[Window], error) {
	list, _, err := desk.WindowList(ctx, in.id())
	if err != nil {
		return nil, err
	}
	return pageWithin("windows", in.Paging, list, windowKeyOf, windowKey.compare, windowOf)
}

// Exposure is what a holding still costs until its term ends, and what of it no customer
// is committed to.
type Exposure struct {
	Connection     string  `json:"connection" doc:"Where."`
	Customer       string  `json:"customer" doc:"The provider's id of the customer."`
	Account        string  `json:"account" doc:"The account that it is; the provider's id where it is none."`
	AccountName    string  `json:"account_name,omitempty" doc:"Its name."`
	Holding        string  `json:"holding" doc:"The provider's id of the subscription."`
	SKU            string  `json:"sku" doc:"The product."`
	Seats          Decimal `json:"seats" doc:"How many are held."`
	Billed         Decimal `json:"billed" doc:"How many customers are billed for."`
	Until          Day     `json:"until,omitempty" doc:"The first day after the provider's term."`
	CommittedUntil Day     `json:"committed_until,omitempty" doc:"The first day on which the customer may leave."`
	Why            string  `json:"why" doc:"Why then."`
	Cost           *Money  `json:"cost,omitempty" doc:"What is left to pay; absent where that is not known."`
	Uncovered      *Money  `json:"uncovered,omitempty" doc:"What of it no customer is committed to."`
}

func exposureOf(e *flow.Exposure) Exposure {
	shown := Exposure{Connection: string(e.Connection), Customer: e.Customer, Account: string(e.Account), AccountName: e.Name, Holding: e.Holding, SKU: e.SKU, Seats: decimalOf(e.Seats),
		Billed: decimalOf(e.Billed), Until: dayOf(e.Until), CommittedUntil: dayOf(e.CommittedUntil), Why: e.Why.String()}
	if e.CostKnown {
		shown.Cost, shown.Uncovered = someMoney(e.Cost), someMoney(e.Uncovered)
	}
	return shown
}

// exposureKey is where an exposure stands.
type exposureKey struct {
	Account    string `json:"a"`
	Connection string `json:"c"`
	Holding    string `json:"h"`
}

func (k exposureKey) compare(o exposureKey) int {
	return cmp.Or(cmp.Compare(k.Account, o.Account), cmp.Compare(k.Connection, o.Connection), cmp.Compare(k.Holding, o.Holding))
}

func exposureList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	OfConnection
	Account string `query:"account" maxLength:"100" doc:"Only of this account."`
}) (*listed[Exposure], error) {
	all, _, err := desk.ExposureList(ctx, in.id())
	if err != nil {
		return nil, err
	}
	var list []flow.Exposure
	for i := range all {
		if in.Account == "" || string(all[i].Account) == in.Account {
			list = append(list, all[i])
		}
	}
	return pageWithin("exposures", in.Paging, list, func(e *flow.Exposure) exposureKey {
		return exposureKey{string(e.Account), string(e.Connection), e.Holding}
	}, exposureKey.compare, exposureOf)
}

// ExposureSum adds up exposures of one account in one currency.
type ExposureSum struct {
	Account     string `json:"account" doc:"Whose."`
	AccountName string `json:"account_name,omitempty" doc:"Their name."`
	Holdings    int    `json:"holdings" doc:"How many holdings there are."`
	Unknown     int    `json:"unknown" doc:"Of how many the cost is not known; they are in no sum."`
	Cost        *Money `json:"cost,omitempty" doc:"What is left to pay; absent where it is known of none."`
	Uncovered   *Money `json:"uncovered,omitempty" doc:"What of it no customer is committed to."`
}

func exposureTotals(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	OfConnection
}) (*listed[ExposureSum], error) {
	all, _, err := desk.ExposureList(ctx, in.id())
	if err != nil {
		return nil, err
	}
	return pageWithin("exposure totals", in.Paging, flow.ExposureSums(all), func(s *flow.ExposureSum) exposureKey {
		return exposureKey{Account: string(s.Account), Holding: s.Currency.String()}
	}, exposureKey.compare, func(s *flow.ExposureSum) ExposureSum {
		return ExposureSum{string(s.Account), s.Name, s.Holdings, s.Unknown, someMoney(s.Cost), someMoney(s.Uncovered)}
	})
}
