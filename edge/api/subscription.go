package api

import (
	"context"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// Subscription is one product sold under a contract, as it is today.
type Subscription struct {
	ID          string  `json:"id" doc:"Its id." example:"s1"`
	Contract    string  `json:"contract" doc:"The contract that it is under."`
	Account     string  `json:"account" doc:"The customer's id."`
	AccountName string  `json:"account_name" doc:"The customer's name."`
	SKU         string  `json:"sku" doc:"The product."`
	Product     string  `json:"product" doc:"The product's name."`
	TermMonths  int     `json:"term_months,omitempty" doc:"How long a term is; absent for none."`
	Billing     string  `json:"billing" doc:"The unit that it is billed in." example:"monthly"`
	Standing    string  `json:"standing" enum:"coming,waiting,running,suspended,ended" doc:"What it is today."`
	Quantity    Decimal `json:"quantity" doc:"The seats today."`
	TermFrom    Day     `json:"term_from,omitempty" doc:"The first day of the term of today."`
	TermTo      Day     `json:"term_to,omitempty" doc:"The first day after it."`
	Renews      bool    `json:"renews" doc:"Whether another term follows."`
}

// SubscriptionDetail is one subscription with its log.
type SubscriptionDetail struct {
	Subscription
	Held  bool       `json:"held" doc:"Whether its account is on credit hold."`
	Price *Decimal   `json:"price,omitempty" doc:"What one seat costs today, for price_months; absent where there is no price."`
	For   int        `json:"price_months,omitempty" doc:"For how many months the price is."`
	Log   []LogEntry `json:"log" nullable:"false" doc:"All that happened to it, in order."`
}

// LogEntry is one entry of the change log.
type LogEntry struct {
	Seq         int64     `json:"seq" doc:"Its number in the log."`
	At          time.Time `json:"at" doc:"When it was written down."`
	Who         string    `json:"who,omitempty" doc:"Who said so."`
	Source      string    `json:"source,omitempty" doc:"Through which door."`
	Did         string    `json:"did" doc:"What it does." example:"quantity"`
	Quantity    *Decimal  `json:"quantity,omitempty" doc:"The seats that it gives, where it does."`
	Price       *Decimal  `json:"price,omitempty" doc:"The price of its own that it gives, where it does."`
	Renews      *bool     `json:"renews,omitempty" doc:"Whether another term follows, where it says so."`
	Voids       int64     `json:"voids,omitempty" doc:"The number of the entry that it takes back."`
	RecordedOn  Day       `json:"recorded_on" doc:"The day on which it was written down."`
	KnownOn     Day       `json:"known_on,omitempty" doc:"The day from which invoices go by it, where that is another."`
	EffectiveOn Day       `json:"effective_on" doc:"The first day of the state that it makes."`
	Waiting     bool      `json:"waiting,omitempty" doc:"Whether credit hold keeps it."`
}

func logEntryOf(e *flow.LogEntry) LogEntry {
	shown := LogEntry{Seq: e.Seq, At: e.At.UTC(), Who: e.Who, Source: e.Source, Did: e.Do.String(), RecordedOn: dayOf(e.RecordedOn), EffectiveOn: dayOf(e.EffectiveOn), Waiting: e.Waiting,
		Quantity: someDecimal(e.Entry.Quantity, e.Entry.HasQuantity), Price: someDecimal(e.Entry.Price, e.Entry.HasPrice), Voids: e.Voids}
	if e.KnownOn != e.RecordedOn {
		shown.KnownOn = dayOf(e.KnownOn)
	}
	if e.Entry.HasAutoRenew {
		shown.Renews = &e.Entry.AutoRenew
	}
	return shown
}

func subscriptionOf(desk *office.Desk, row *office.SubscriptionRow) Subscription {
	state := &row.State
	return Subscription{ID: string(row.ID), Contract: string(row.Contract), Account: string(row.Account), AccountName: row.AccountName, SKU: row.SKU, Product: row.ProductName,
		TermMonths: row.TermMonths, Billing: row.Billing.Name, Standing: string(office.StandingOf(state, desk.Today())), Quantity: decimalOf(state.Quantity),
		TermFrom: dayOf(state.Term.From), TermTo: dayOf(state.Term.To), Renews: state.Renews}
}

type subscriptionsAsked struct {
	Paging
	Search   string `query:"search" maxLength:"200" doc:"A part of the customer's or the product's name, or the beginning of the id or the SKU."`
	Account  string `query:"account" maxLength:"100" doc:"Only of this account."`
	Contract string `query:"contract" maxLength:"100" doc:"Only under this contract."`
	SKU      string `query:"sku" maxLength:"200" doc:"Only of this product."`
	Standing string `query:"standing" enum:"coming,waiting,running,suspended,ended" doc:"Only what is this today."`
}

func subscriptionList(ctx context.Context, desk *office.Desk, in *subscriptionsAsked) (*listed[Subscription], error) {
	after, err := begin[office.SubscriptionCursor]("subscriptions", in.After)
	if err != nil {
		return nil, err
	}
	page, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{Search: in.Search, Account: billing.AccountID(in.Account), Contract: billing.ContractID(in.Contract), SKU: in.SKU,
		After: after, Most: in.Limit}, office.Standing(in.Standing))
	if err != nil {
		return nil, err
	}
	return pageBefore("subscriptions", page.Rows, page.Next, func(row *office.SubscriptionRow) Subscription { return subscriptionOf(desk, row) }), nil
}

// SubscriptionNamed is asked of one subscription.
type SubscriptionNamed struct {
	ID string `path:"id" maxLength:"200" doc:"The subscription's id." example:"s1"`
}

func subscriptionGet(ctx context.Context, desk *office.Desk, in *SubscriptionNamed) (*tagged[SubscriptionDetail], error) {
	d, err := desk.SubscriptionGet(ctx, billing.SubscriptionID(in.ID))
	if err != nil {
		return nil, err
	}
	s := &d.Subscription
	row := office.SubscriptionRow{ID: s.ID, Contract: s.Contract, Account: d.Account.ID, AccountName: d.Account.Name, SKU: s.SKU, ProductName: d.Product.Name, TermMonths: s.TermMonths,
		Billing: s.Billing, State: d.State}
	shown := SubscriptionDetail{Subscription: subscriptionOf(desk, &row), Held: d.Held, Log: make([]LogEntry, len(d.Log))}
	if d.PriceMissing == "" && d.State.Runs {
		price := decimalOf(d.Offer.Price)
		shown.Price, shown.For = &price, d.Offer.UnitMonths
	}
	for i := range d.Log {
		shown.Log[i] = logEntryOf(&d.Log[i])
	}
	return &tagged[SubscriptionDetail]{versionTag(d.Version), shown}, nil
}

// SubscriptionChange is what is to be done to a subscription. Which of its fields an act
// takes stands with each operation.
type SubscriptionChange struct {
	Effective Day      `json:"effective,omitempty" doc:"The first day of the new state; today where it is not given."`
	Quantity  *Decimal `json:"quantity,omitempty" doc:"The new seats."`
	Price     *Decimal `json:"price,omitempty" doc:"The new price of one, of the subscription's own."`
	AutoRenew *bool    `json:"auto_renew,omitempty" doc:"Whether another term follows."`
	Reason    string   `json:"reason,omitempty" maxLength:"500" doc:"Why, for the audit."`
}

func (c *SubscriptionChange) act(id string, version int64) (a office.SubscriptionAct, err error) {
	a = office.SubscriptionAct{Subscription: billing.SubscriptionID(id), Reason: c.Reason, Version: version}
	if a.Effective, err = c.Effective.date("effective"); err != nil {
		return a, err
	}
	if c.Quantity != nil {
		a.HasQuantity = true
		if a.Quantity, err = c.Quantity.decimal("quantity"); err != nil {
			return a, err
		}
	}
	if c.Price != nil {
		a.HasPrice = true
		if a.Price, err = c.Price.decimal("price"); err != nil {
			return a, err
		}
	}
	if c.AutoRenew != nil {
		a.AutoRenew, a.HasAutoRenew = *c.AutoRenew, true
	}
	return a, nil
}

type subscriptionActing struct {
	SubscriptionNamed
	Matching
	Body SubscriptionChange
}

// subscriptionAct does one of the acts on a subscription that is still as it was read, and
// gives it as it is then.
func subscriptionAct(do func(*office.Desk, context.Context, office.SubscriptionAct) error) func(context.Context, *office.Desk, *subscriptionActing) (*tagged[SubscriptionDetail], error) {
	return func(ctx context.Context, desk *office.Desk, in *subscriptionActing) (*tagged[SubscriptionDetail], error) {
		version, err := in.known()
		if err != nil {
			return nil, err
		}
		act, err := in.Body.act(in.ID, version)
		if err != nil {
			return nil, err
		}
		if err := do(desk, ctx, act); err != nil {
			return nil, err
		}
		return subscriptionGet(ctx, desk, &in.SubscriptionNamed)
	}
}

// Effect is what a change would come to.
type Effect struct {
	On       Day             `json:"on" doc:"The first day of the new state."`
	Quantity Decimal         `json:"quantity" doc:"The seats of that day as they are."`
	Becomes  Decimal         `json:"becomes" doc:"The seats of that day as they would be."`
	Waits    bool            `json:"waits" doc:"Whether credit hold would keep it."`
	Now      Money           `json:"now" doc:"What is owed or given back at once for the period that holds the day."`
	NowOn    Day             `json:"now_on,omitempty" doc:"The date of the first invoice that has of it."`
	Invoices []EffectInvoice `json:"invoices" nullable:"false" doc:"The invoices that would differ."`
}

// EffectInvoice is one invoice date on which a contract would be billed otherwise.
type EffectInvoice struct {
	On      Day   `json:"on" doc:"The date of the invoice."`
	Was     Money `json:"was" doc:"Net, as it is."`
	Becomes Money `json:"becomes" doc:"Net, as it would be."`
}

func effectOf(e *flow.Effect) *struct{ Body Effect } {
	shown := Effect{On: dayOf(e.On), Quantity: decimalOf(e.Quantity), Becomes: decimalOf(e.Becomes), Waits: e.Waits, Now: moneyOf(e.Now), NowOn: dayOf(e.NowOn), Invoices: []EffectInvoice{}}
	for i := range e.Invoices {
		shown.Invoices = append(shown.Invoices, EffectInvoice{dayOf(e.Invoices[i].On), moneyOf(e.Invoices[i].Was), moneyOf(e.Invoices[i].Becomes)})
	}
	return &struct{ Body Effect }{shown}
}

func subscriptionPreview(ctx context.Context, desk *office.Desk, in *struct {
	SubscriptionNamed
	Body struct {
		Act string `json:"act" enum:"change,schedule,cancel,suspend,resume" doc:"What would be done."`
		SubscriptionChange
	}
}) (*struct{ Body Effect }, error) {
	act, err := in.Body.act(in.ID, 0)
	if err != nil {
		return nil, err
	}
	act.Act = office.Act(in.Body.Act)
	effect, err := desk.SubscriptionPreview(ctx, act)
	if err != nil {
		return nil, err
	}
	return effectOf(&effect), nil
}

// Sale is a new subscription.
type Sale struct {
	Contract   string   `json:"contract" minLength:"1" maxLength:"100" doc:"The contract that it goes under." example:"c1"`
	ID         string   `json:"id,omitempty" pattern:"^[A-Za-z0-9._:/-]{1,100}$" doc:"Its id; made from the contract's where it is not given."`
	SKU        string   `json:"sku" minLength:"1" maxLength:"200" doc:"The product." example:"BP"`
	Quantity   Decimal  `json:"quantity" doc:"The seats." example:"5"`
	TermMonths int      `json:"term_months,omitempty" minimum:"0" maximum:"120" doc:"How long a term is; none where it is not given."`
	Billing    string   `json:"billing,omitempty" maxLength:"50" doc:"The unit that it is billed in; the contract's frequency where it is not given." example:"monthly"`
	Price      *Decimal `json:"price,omitempty" doc:"A price of its own, for unit; the price lists' where it is not given."`
	Unit       string   `json:"unit,omitempty" maxLength:"50" doc:"What the price is for." example:"monthly"`
	NoRenew    bool     `json:"no_renew,omitempty" doc:"No other term follows."`
	Effective  Day      `json:"effective,omitempty" doc:"Its first day; today where it is not given."`
	Connection string   `json:"connection,omitempty" maxLength:"100" doc:"The provider's connection at which it is ordered; none where it is not given."`
}

func (s *Sale) sale() (sale office.Sale, err error) {
	sale = office.Sale{Contract: billing.ContractID(s.Contract), ID: s.ID, SKU: s.SKU, TermMonths: s.TermMonths, Billing: s.Billing, Unit: s.Unit, NoRenew: s.NoRenew,
		Connection: flow.ConnectionID(s.Connection)}
	if sale.Quantity, err = s.Quantity.decimal("quantity"); err != nil {
		return sale, err
	}
	if s.Price != nil {
		sale.HasPrice = true
		if sale.Price, err = s.Price.decimal("price"); err != nil {
			return sale, err
		}
	}
	sale.Effective, err = s.Effective.date("effective")
	return sale, err
}

func subscriptionAdd(ctx context.Context, desk *office.Desk, in *struct{ Body Sale }) (*created[SubscriptionDetail], error) {
	sale, err := in.Body.sale()
	if err != nil {
		return nil, err
	}
	id, err := desk.SubscriptionAdd(ctx, sale)
	if err != nil {
		return nil, err
	}
	added, err := subscriptionGet(ctx, desk, &SubscriptionNamed{string(id)})
	if err != nil {
		return nil, err
	}
	return &created[SubscriptionDetail]{"/v1/subscriptions/" + string(id), added.Body}, nil
}

func subscriptionAddPreview(ctx context.Context, desk *office.Desk, in *struct{ Body Sale }) (*struct{ Body Effect }, error) {
	sale, err := in.Body.sale()
	if err != nil {
		return nil, err
	}
	effect, err := desk.SubscriptionAddPreview(ctx, sale)
	if err != nil {
		return nil, err
	}
	return effectOf(&effect), nil
}
