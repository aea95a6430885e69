package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Connection is one account of ours at a provider.
type Connection struct {
	ID         string            `json:"id" doc:"Its id." example:"microsoft"`
	Name       string            `json:"name" doc:"What people call it."`
	Kind       string            `json:"kind" doc:"What it speaks with: partnercenter, pax8 or file." example:"partnercenter"`
	Settings   map[string]string `json:"settings" nullable:"false" doc:"Addresses, tenant, client id; never a secret."`
	Currency   string            `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"That of the provider's invoices, ISO 4217." example:"EUR"`
	Country    string            `json:"country,omitempty" doc:"The market of its price sheets."`
	PriceList  string            `json:"price_list" doc:"The price list that its price sheets fill."`
	State      string            `json:"state" enum:"ready,consent needed,off" doc:"Whether the provider lets us in."`
	Why        string            `json:"why,omitempty" doc:"Why it does not."`
	SyncedAt   *time.Time        `json:"synced_at,omitempty" doc:"When the last whole sync began; absent where there was none."`
	EventsAt   *time.Time        `json:"events_at,omitempty" doc:"When events were last read; absent where they never were."`
	Customers  int64             `json:"customers" doc:"How many customers were seen there."`
	Holdings   int64             `json:"holdings" doc:"How many subscriptions they hold there."`
	OnTheWay   int64             `json:"on_the_way" doc:"How many changes are on their way there."`
	Failed     int64             `json:"failed" doc:"How many changes wait for a person."`
	Exceptions int64             `json:"exceptions" doc:"How many exceptions of it are open."`
}

func connectionOf(view *office.ConnectionView) Connection {
	c := Connection{ID: string(view.ID), Name: view.Name, Kind: view.Kind, Settings: view.Settings, Currency: view.Currency.String(), Country: view.Country, PriceList: view.List,
		State: view.State.String(), Why: view.StateWhy, SyncedAt: instantOf(view.SyncedAt), EventsAt: instantOf(view.EventsAt),
		Customers: view.Customers, Holdings: view.Holdings, OnTheWay: view.OnTheWay, Failed: view.Failed, Exceptions: view.Exceptions}
	if c.Settings == nil {
		c.Settings = map[string]string{}
	}
	if c.PriceList == "" {
		c.PriceList = flow.DefaultList
	}
	return c
}

func connectionList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Connection], error) {
	list, err := desk.ConnectionList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.ConnectionView, Connection, string]("connections", list, nil, connectionOf), nil
}

// ConnectionNamed is asked of one connection.
type ConnectionNamed struct {
	Connection string `path:"connection" maxLength:"100" doc:"The connection's id." example:"microsoft"`
}

func (in *ConnectionNamed) id() flow.ConnectionID { return flow.ConnectionID(in.Connection) }

func connectionGet(ctx context.Context, desk *office.Desk, in *ConnectionNamed) (*tagged[Connection], error) {
	view, err := desk.ConnectionGet(ctx, in.id())
	if err != nil {
		return nil, err
	}
	return &tagged[Connection]{versionTag(flow.ConnectionVersion(&view.Connection)), connectionOf(&view)}, nil
}

// Errand is something that was asked for at a provider and goes on in the background.
type Errand struct {
	Connection string     `json:"connection" doc:"Where."`
	Kind       string     `json:"kind" doc:"What: sync, events, provision, import or reconcile." example:"sync"`
	Invoice    string     `json:"invoice,omitempty" doc:"The provider's invoice that is compared; absent for all else."`
	Who        string     `json:"who" doc:"Who asked for it."`
	BegunAt    time.Time  `json:"begun_at" doc:"When it began."`
	EndedAt    *time.Time `json:"ended_at,omitempty" doc:"When it ended; absent while it goes on."`
	State      string     `json:"state" enum:"running,done,failed" doc:"How far it is."`
	Said       string     `json:"said,omitempty" doc:"What came of it, as a sentence."`
}

func errandOf(e *office.Errand) Errand {
	shown := Errand{Connection: string(e.Connection), Kind: string(e.Kind), Invoice: e.Subject, Who: e.Who, BegunAt: e.BegunAt.UTC(), EndedAt: instantOf(e.EndedAt), State: "done", Said: e.Said}
	switch {
	case e.EndedAt.IsZero():
		shown.State = "running"
	case e.Failed:
		shown.State = "failed"
	}
	return shown
}

func errandList(ctx context.Context, desk *office.Desk, in *ConnectionNamed) (*listed[Errand], error) {
	list, err := desk.ErrandList(ctx, in.id())
	if err != nil {
		return nil, err
	}
	return pageBefore[office.Errand, Errand, string]("errands", list, nil, errandOf), nil
}

// begun answers that something goes on in the background, and where its report will be.
type begun struct {
	Location string `header:"Location" doc:"Where its report is read."`
}

// errandBegun leads to the reports of a connection.
func errandBegun(in *ConnectionNamed, err error) (*begun, error) {
	if err != nil {
		return nil, err
	}
	return &begun{"/v1/connections/" + pathSegment(in.Connection) + "/errands"}, nil
}

func connectionSync(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Body struct {
		EventsOnly bool `json:"events_only,omitempty" doc:"Read only what the provider's events name; else all customers and holdings."`
	}
}) (*begun, error) {
	return errandBegun(&in.ConnectionNamed, desk.ConnectionSync(ctx, in.id(), in.Body.EventsOnly))
}

func provisionRun(ctx context.Context, desk *office.Desk, in *ConnectionNamed) (*begun, error) {
	return errandBegun(in, desk.ProvisionRun(ctx, in.id()))
}

func billImport(ctx context.Context, desk *office.Desk, in *ConnectionNamed) (*begun, error) {
	return errandBegun(in, desk.ProviderBillImport(ctx, in.id()))
}

// Consent is where a person lets this program in.
type Consent struct {
	Link string `json:"link" doc:"Where the integration user signs in, with a second factor. It is good once, for a quarter of an hour, for whoever asked for it."`
}

func consentLink(ctx context.Context, desk *office.Desk, in *ConnectionNamed) (*struct{ Body Consent }, error) {
	link, err := desk.ConsentLink(ctx, in.id())
	if err != nil {
		return nil, err
	}
	return &struct{ Body Consent }{Consent{link}}, nil
}

func connectionConsent(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Body struct {
		Answer string `json:"answer" minLength:"1" maxLength:"10000" doc:"The address at which the browser ended after signing in, or the code in it."`
	}
}) (*struct{}, error) {
	return nil, desk.ConnectionConsent(ctx, in.id(), in.Body.Answer)
}

// statusBegun says that it goes on in the background.
const statusBegun = http.StatusAccepted

// pathSegment is an id as one part of an address.
func pathSegment(id string) string { return url.PathEscape(id) }
