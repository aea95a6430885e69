package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

type connectionCommand struct {
	Add     connectionAddCommand     `cmd:"" help:"Add a connection to a provider, or change one."`
	List    connectionListCommand    `cmd:"" help:"List connections and whether they let us in."`
	Consent connectionConsentCommand `cmd:"" help:"Let this program in at the provider: shows the link, and takes the answer."`
	Notify  connectionNotifyCommand  `cmd:"" help:"Have the provider notify this program of changes."`
	Link    connectionLinkCommand    `cmd:"" help:"Say which account a provider's customer is, or which subscription a holding is."`
}

type connectionAddCommand struct {
	ID         string            `arg:"" help:"Its id, such as microsoft."`
	Kind       string            `default:"" enum:",partnercenter,pax8,file" placeholder:"KIND" help:"partnercenter (a new one's default), pax8 or file."`
	Name       string            `help:"What people call it."`
	Set        map[string]string `placeholder:"NAME=VALUE" help:"A setting of the adapter, such as tenant=… or client_id=…; may be given again and again."`
	SecretFile string            `placeholder:"FILE" help:"A file with the application's secret; - reads it from standard input. It is sealed and never shown."`
	Currency   string            `placeholder:"CUR" help:"The currency of the provider's invoices; the seller's if not given."`
	Country    string            `placeholder:"CC" help:"The market of its price sheets; the seller's country if not given."`
	PriceList  string            `placeholder:"NAME" help:"The price list that its price sheets fill; the default one if not given."`
}

// Help shows how it is used.
func (c *connectionAddCommand) Help() string {
	return `What is given is set, the rest of a connection stays as it is.

  prorata connection add microsoft --set tenant=… --set client_id=… --set redirect_uri=http://localhost:8400/consent --secret-file -
  prorata connection consent microsoft
  prorata connection add pax8 --kind pax8 --set client_id=… --secret-file pax8.secret
  prorata connection add ingram --kind file --set folder=inbox --set mapping=ingram.yaml

Settings of partnercenter: tenant, client_id, redirect_uri, cloud (commercial, government, china), address (a stand-in),
bills (pages: asks for invoice rows page by page, where there are no exports).
A password is never asked for and never kept: access is given by consent, and can be taken back at the provider.`
}

// Run keeps the connection, and its secret sealed.
func (c *connectionAddCommand) Run(ctx context.Context, w *counter) error {
	draft := office.ConnectionDraft{ID: flow.ConnectionID(c.ID), Kind: c.Kind, Name: c.Name, Country: c.Country, List: c.PriceList, Settings: c.Set,
		Usual: kindPartnerCenter, Consents: consents}
	if c.Currency != "" {
		currency, err := money.ParseCurrency(c.Currency)
		if err != nil {
			return fmt.Errorf("%w: --currency: %w", flow.ErrInput, err)
		}
		draft.Currency = currency
	}
	secret, err := c.secret()
	if err != nil {
		return err
	}
	if secret != "" {
		if err := w.seals(true); err != nil {
			return err
		}
		draft.Secrets = map[string]string{clientSecret: secret}
	}
	return w.ConnectionPut(ctx, draft)
}

// consents says of a kind that a person has to let this program in at the provider.
func consents(kind string) bool { return kind == kindPartnerCenter }

func (c *connectionAddCommand) secret() (string, error) {
	var raw []byte
	var err error
	switch c.SecretFile {
	case "":
		return "", nil
	case "-":
		raw, err = io.ReadAll(io.LimitReader(os.Stdin, 1<<16))
	default:
		raw, err = os.ReadFile(c.SecretFile)
	}
	if err != nil {
		return "", fmt.Errorf("%w: --secret-file: %w", flow.ErrInput, err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" {
		return "", fmt.Errorf("%w: --secret-file: %s is empty", flow.ErrInput, c.SecretFile)
	}
	return text, nil
}

type connectionListCommand struct {
	JSON bool `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *connectionListCommand) Help() string {
	return `The state says whether the provider lets us in: ready, consent needed, or off.

  prorata connection list --json`
}

// Run prints a line for each.
func (c *connectionListCommand) Run(ctx context.Context, w *counter) error {
	list, err := w.ConnectionList(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"connection", "kind", "name", "currency", "state", "last sync", ""}}
	wires := []map[string]any{}
	for i := range list {
		one := &list[i]
		synced := "never"
		if !one.SyncedAt.IsZero() {
			synced = one.SyncedAt.In(w.zone).Format("2006-01-02 15:04")
		}
		rows = append(rows, []string{string(one.ID), one.Kind, one.Name, one.Currency.String(), one.State.String(), synced, one.StateWhy})
		wires = append(wires, map[string]any{"connection": string(one.ID), "kind": one.Kind, "name": one.Name, "currency": one.Currency.String(),
			"state": one.State.String(), "why": one.StateWhy, "settings": one.Settings, "synced": synced})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"connections": wires})
	}
	w.table(rows, nil)
	return nil
}

type connectionConsentCommand struct {
	ID   string        `arg:"" help:"The connection's id."`
	Code string        `placeholder:"CODE" help:"The code that a consent gave, where the answer cannot reach this machine."`
	Wait time.Duration `default:"10m" help:"How long to wait for the answer."`
}

// Help says how consent is given.
func (c *connectionConsentCommand) Help() string {
	return `Shows the link at which the integration user signs in, and waits at the connection's redirect_uri for the answer. Where that cannot
reach this machine, take the code out of the address that the browser ends at, and give it. What is kept is a refresh token, sealed.

  prorata connection consent microsoft
  prorata connection consent microsoft --code 0.AXoA…`
}

// Run shows the link, waits for the provider's answer at the redirect address,
// and keeps the refresh token that its code gives.
func (c *connectionConsentCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.connection(ctx, c.ID)
	if err != nil {
		return err
	}
	if connection.Kind != kindPartnerCenter {
		return fmt.Errorf("%w: %s is a %s connection; only partnercenter asks for consent", flow.ErrInput, c.ID, connection.Kind)
	}
	answer := c.Code
	if answer == "" {
		if answer, err = c.ask(ctx, w, &connection); err != nil {
			return err
		}
	}
	if err := w.ConnectionConsent(ctx, connection.ID, answer); err != nil {
		return err
	}
	w.printf("%s lets us in. The consent lasts while it is used at least once in 90 days.\n", c.ID)
	return nil
}

// ask shows the link and waits for the answer to it.
func (c *connectionConsentCommand) ask(ctx context.Context, w *counter, connection *flow.Connection) (answer string, err error) {
	link, err := w.ConsentLink(ctx, connection.ID)
	if err != nil {
		return "", err
	}
	shown, err := url.Parse(link)
	if err != nil {
		return "", err
	}
	state := shown.Query().Get("state")
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	code, err := awaitCode(ctx, connection.Settings[settingRedirect], state, func() {
		w.printf("Sign in with the integration user, with its second factor, at\n\n  %s\n\n", link)
	})
	return "?" + url.Values{"code": {code}, "state": {state}}.Encode(), err
}

// awaitCode serves the redirect address until the consent's answer comes.
func awaitCode(ctx context.Context, redirect, state string, ready func()) (string, error) {
	address, err := url.Parse(redirect)
	if err != nil || (address.Hostname() != "localhost" && address.Hostname() != "127.0.0.1") || address.Port() == "" {
		return "", fmt.Errorf("%w: redirect_uri is %q: to take the answer here it must be http://localhost:PORT/…; else give --code", flow.ErrInput, redirect)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", address.Port()))
	if err != nil {
		return "", fmt.Errorf("%w: redirect_uri: %w", flow.ErrInput, err)
	}
	type said struct {
		code string
		err  error
	}
	answers := make(chan said, 1)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		if r.URL.Path != address.Path && r.URL.Path != address.Path+"/" {
			answer(w, http.StatusNotFound, "nothing is here\n")
			return
		}
		// What is not ours is not an answer: the state was given to nobody else.
		if subtle.ConstantTimeCompare([]byte(r.FormValue("state")), []byte(state)) != 1 {
			answer(w, http.StatusBadRequest, "This is no answer to the link that was shown.\n")
			return
		}
		one := said{code: r.FormValue("code")}
		if one.code == "" {
			one.err = fmt.Errorf("%w: %s %s", flow.ErrConsent, r.FormValue("error"), r.FormValue("error_description"))
		}
		answer(w, http.StatusOK, "Thank you. You can close this page and go back to the terminal.\n")
		select {
		case answers <- one:
		default:
		}
	})}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	ready()
	select {
	case one := <-answers:
		return one.code, one.err
	case <-ctx.Done():
		return "", fmt.Errorf("no answer came: %w", ctx.Err())
	}
}

type connectionLinkCommand struct {
	ID           string `arg:"" help:"The connection's id."`
	Customer     string `xor:"what" required:"" help:"The provider's customer id; with --account."`
	Account      string `help:"The account that the customer is."`
	Contract     string `help:"The contract that its new holdings go under; the account's only one if not given."`
	Holding      string `xor:"what" required:"" help:"The provider's subscription id; with --subscription."`
	Subscription string `help:"The billed subscription that the holding is, or is a part of."`
	Unchecked    bool   `help:"Do not ask the provider whether it has the customer or the subscription, such as while it cannot be reached."`
}

// Help shows how it is used.
func (c *connectionLinkCommand) Help() string {
	return `The provider is asked whether it has what is linked. A customer that is linked to an account is followed from the next sync on. Several holdings may be linked to one subscription each, and
several subscriptions to one holding: their seats are added up.

  prorata connection link microsoft --customer 8a2f3c1e-… --account contoso
  prorata connection link microsoft --holding 5f1b9d20-… --subscription contoso-e3`
}

// Run keeps the link, where both ends exist.
func (c *connectionLinkCommand) Run(ctx context.Context, w *counter) error {
	switch id := flow.ConnectionID(c.ID); {
	case c.Customer != "" && (c.Account == "" || c.Subscription != ""):
		return fmt.Errorf("%w: --customer goes with --account", flow.ErrInput)
	case c.Holding != "" && (c.Subscription == "" || c.Account != "" || c.Contract != ""):
		return fmt.Errorf("%w: --holding goes with --subscription", flow.ErrInput)
	case c.Holding != "":
		link := flow.HoldingLink{Connection: id, Holding: c.Holding, Subscription: billing.SubscriptionID(c.Subscription)}
		if err := checked(ctx, &link, c.Unchecked, w.HoldingLinkCheck); err != nil {
			return err
		}
		return w.HoldingLink(ctx, link, nil)
	default:
		link := flow.CustomerLink{Connection: id, Customer: c.Customer, Account: billing.AccountID(c.Account), Contract: billing.ContractID(c.Contract)}
		if err := checked(ctx, &link, c.Unchecked, w.CustomerLinkCheck); err != nil {
			return err
		}
		return w.CustomerLink(ctx, link, nil)
	}
}

// checked asks the provider whether it has what is to be linked, and takes its spelling.
func checked[L any](ctx context.Context, link *L, unchecked bool, check func(context.Context, L) (L, error)) (err error) {
	if unchecked {
		return nil
	}
	if *link, err = check(ctx, *link); err != nil {
		var field *office.FieldError
		if errors.As(err, &field) || errors.Is(err, flow.ErrUnknown) || errors.Is(err, office.ErrDenied) {
			return err
		}
		return fmt.Errorf("%w; with --unchecked it is linked all the same", err)
	}
	return nil
}
