package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// SyncReport counts what a sync came to.
type SyncReport struct {
	Customers, Holdings int
	// Recorded are entries of the change log, Opened and Closed exceptions.
	Recorded, Opened, Closed int
	// Unreadable are rows that could not be read.
	Unreadable int
}

// Sync reads all customers and holdings of a connection and records what the log
// does not say yet. What it cannot record by itself becomes an exception, and
// exceptions that are gone are closed. It may be stopped and repeated at any time:
// a second sync of the same world records nothing.
func (f *Flow) Sync(ctx context.Context, id ConnectionID, provider ProviderReads) (SyncReport, error) {
	s, err := f.newSyncer(ctx, id)
	if err != nil {
		return SyncReport{}, err
	}
	err = s.customers(ctx, provider)
	if err != nil {
		return s.report, s.failed(ctx, err)
	}
	return s.report, s.done(ctx, true)
}

// eventsOverlap is by how much the reading of events goes back behind the last
// one, since a provider's events may come late: an event read twice does no harm.
const eventsOverlap = time.Hour

// eventsFirst is how far the first reading of events goes back.
const eventsFirst = 24 * time.Hour

// SyncEvents reads anew only what the provider's events name since they were last
// read. It misses what no event tells of: a whole Sync has to follow once a day.
func (f *Flow) SyncEvents(ctx context.Context, id ConnectionID, provider ProviderReads) (SyncReport, error) {
	s, err := f.newSyncer(ctx, id)
	if err != nil {
		return SyncReport{}, err
	}
	since := s.connection.EventsAt.Add(-eventsOverlap)
	if s.connection.EventsAt.IsZero() {
		since = s.started.Add(-eventsFirst)
	}
	hints, order := map[string]*syncHint{}, []string{}
	for event, err := range provider.Events(ctx, since) {
		if err = s.unreadable(ctx, err); err != nil {
			return s.report, s.failed(ctx, err)
		}
		if event.Customer == "" {
			continue
		}
		hint := hints[event.Customer]
		if hint == nil {
			hint = &syncHint{happened: map[string]calendar.Date{}}
			hints[event.Customer] = hint
			order = append(order, event.Customer)
		}
		hint.add(event, f.Zone)
	}
	for _, customer := range order {
		if err := s.hinted(ctx, provider, customer, hints[customer]); err != nil {
			return s.report, s.failed(ctx, err)
		}
	}
	return s.report, s.done(ctx, false)
}

// syncHint is what events say of one customer: which holdings changed, and when.
type syncHint struct {
	happened map[string]calendar.Date
	whole    bool
}

func (h *syncHint) add(event ProviderEvent, zone *time.Location) {
	if event.Holding == "" {
		h.whole = true
		return
	}
	h.happened[event.Holding] = calendar.Latest(h.happened[event.Holding], dayOf(event.At, zone))
}

// syncer is one sync of one connection.
type syncer struct {
	f          *Flow
	connection Connection
	started    time.Time
	catalog    *Catalog
	planner    *billing.Planner
	accounts   []Account
	known      map[billing.AccountID]bool
	links      map[string]CustomerLink
	// raised are the exceptions that were found, looked the subjects that were looked at.
	raised, looked map[string]bool
	report         SyncReport
}

func (f *Flow) newSyncer(ctx context.Context, id ConnectionID) (*syncer, error) {
	s := &syncer{f: f, started: f.Clock.Now(), known: map[billing.AccountID]bool{}, raised: map[string]bool{}, looked: map[string]bool{}}
	var err error
	if s.catalog, err = CatalogOf(ctx, f.Store, false); err != nil {
		return nil, err
	}
	s.planner = billing.NewPlanner(&s.catalog.Catalog)
	err = f.Store.Read(ctx, func(tx Tx) error {
		if s.connection, err = tx.ConnectionGet(id); err != nil {
			return fmt.Errorf("sync %s: %w", id, err)
		}
		if s.links, err = tx.CustomerLinks(id); err != nil {
			return err
		}
		s.accounts, err = tx.AccountList()
		return err
	})
	if err == nil && s.connection.State == ConnectionOff {
		err = &billing.Refusal{Code: "connection_off", Sentence: fmt.Sprintf("connection %s is switched off", id)}
	}
	for i := range s.accounts {
		s.known[s.accounts[i].ID] = true
	}
	return s, err
}

// unreadable takes a row that could not be read as an exception; any other error
// is handed back.
func (s *syncer) unreadable(ctx context.Context, err error) error {
	var input *InputError
	if err == nil || !errors.As(err, &input) {
		return err
	}
	s.report.Unreadable++
	return s.raise(ctx, Exception{Kind: Unreadable, Subject: string(s.connection.ID) + " " + input.At.String(), Sentence: input.Error(), Todo: "tell the provider; the row was passed over"})
}

func (s *syncer) raise(ctx context.Context, e Exception) error {
	report := s.report
	return s.f.write(ctx, func(tx Tx) error { s.report = report; return s.open(tx, e) })
}

// open opens an exception in a transaction, and notes that it was found.
func (s *syncer) open(tx Tx, e Exception) error {
	now := s.f.Clock.Now()
	e.Connection, e.OpenedAt, e.SeenAt = s.connection.ID, now, now
	s.raised[e.Kind+" "+e.Subject] = true
	opened, err := tx.ExceptionOpen(e)
	if opened {
		s.report.Opened++
	}
	return err
}

func (s *syncer) customers(ctx context.Context, provider ProviderReads) error {
	for customer, err := range provider.Customers(ctx) {
		if err != nil {
			if err = s.unreadable(ctx, err); err != nil {
				return err
			}
			continue
		}
		s.report.Customers++
		account, link := s.accountOf(customer.ID)
		if account == "" {
			if err := s.raise(ctx, unknownCustomer(&customer, s.accounts)); err != nil {
				return err
			}
			continue
		}
		if err := s.whole(ctx, provider, customer.ID, account, link, nil); err != nil {
			return err
		}
	}
	return nil
}

// accountOf is the account that a customer is: the linked one, or the one with
// the customer's own id.
func (s *syncer) accountOf(customer string) (billing.AccountID, CustomerLink) {
	s.looked[customer] = true
	if link, ok := s.links[customer]; ok && s.known[link.Account] {
		return link.Account, link
	}
	if s.known[billing.AccountID(customer)] {
		return billing.AccountID(customer), CustomerLink{}
	}
	return "", CustomerLink{}
}

func unknownCustomer(customer *ProviderCustomer, accounts []Account) Exception {
	e := Exception{Kind: UnknownCustomer, Subject: customer.ID, Sentence: fmt.Sprintf("customer %s (%s) is no account", customer.ID, customer.Name),
		Todo: "make an account for it, or link it to one"}
	if customer.Domain != "" {
		e.Sentence = fmt.Sprintf("customer %s (%s, %s) is no account", customer.ID, customer.Name, customer.Domain)
	}
	if near := suggestions(customer, accounts); len(near) > 0 {
		e.Todo = "link it to an account; by its name or domain it may be " + strings.Join(near, " or ")
	}
	return e
}

// whole takes all holdings of a customer.
func (s *syncer) whole(ctx context.Context, provider ProviderReads, customer string, account billing.AccountID, link CustomerLink, happened map[string]calendar.Date) error {
	c := syncCase{customer: customer, account: account, link: link, whole: true, happened: happened, now: s.f.Clock.Now()}
	for holding, err := range provider.Holdings(ctx, customer) {
		if err != nil {
			c.whole = false // A row that cannot be read may be one that is then not missing.
			if err = s.unreadable(ctx, err); err != nil {
				return err
			}
			continue
		}
		c.holdings = append(c.holdings, holding)
	}
	return s.take(ctx, c)
}

// hinted takes the holdings of a customer that events named.
func (s *syncer) hinted(ctx context.Context, provider ProviderReads, customer string, hint *syncHint) error {
	s.report.Customers++
	account, link := s.accountOf(customer)
	if account == "" {
		return s.raise(ctx, unknownCustomer(&ProviderCustomer{ID: customer}, nil))
	}
	if hint.whole {
		return s.whole(ctx, provider, customer, account, link, hint.happened)
	}
	c := syncCase{customer: customer, account: account, link: link, happened: hint.happened, now: s.f.Clock.Now()}
	for _, id := range sortedKeys(hint.happened) {
		holding, err := provider.HoldingGet(ctx, customer, id)
		if errors.Is(err, ErrUnknown) {
			continue // The next whole sync says whether it is missing.
		}
		if err != nil {
			if err = s.unreadable(ctx, err); err != nil {
				return err
			}
			continue
		}
		c.holdings = append(c.holdings, holding)
	}
	return s.take(ctx, c)
}

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// failed notes that the provider does not let us in, where that is the reason.
func (s *syncer) failed(ctx context.Context, err error) error {
	if errors.Is(err, ErrConsent) {
		err = errors.Join(err, s.f.consentLost(ctx, s.connection.ID, err))
	}
	return fmt.Errorf("sync %s: %w", s.connection.ID, err)
}

// consentLost puts a connection into the state in which a person has to consent.
func (f *Flow) consentLost(ctx context.Context, id ConnectionID, why error) error {
	return f.write(ctx, func(tx Tx) error {
		// What people say of it meanwhile is not written over.
		if err := tx.FactsHold(); err != nil {
			return err
		}
		connection, err := tx.ConnectionGet(id)
		if err != nil {
			return err
		}
		said := why.Error()
		var lapsed *ConsentLapsed
		if errors.As(why, &lapsed) {
			said = lapsed.Why
		}
		connection.State, connection.StateWhy = ConnectionConsent, said
		if _, err := tx.ConnectionPut(connection); err != nil {
			return err
		}
		now, todo := f.Clock.Now(), "sign in at the provider and consent again"
		var refused *ProviderRefusal
		if errors.As(why, &refused) && refused.Todo != "" {
			todo = refused.Todo
		}
		_, err = tx.ExceptionOpen(Exception{Kind: ConsentNeeded, Subject: string(id), Connection: id, OpenedAt: now, SeenAt: now,
			Sentence: fmt.Sprintf("%s does not let us in: %s", id, said), Todo: todo})
		return err
	})
}

// Consented takes that state back after a person has consented.
func (f *Flow) Consented(ctx context.Context, id ConnectionID) error {
	return f.Store.Write(ctx, func(tx Tx) error {
		if err := tx.FactsHold(); err != nil {
			return err
		}
		connection, err := tx.ConnectionGet(id)
		if err != nil {
			return err
		}
		if err := f.letIn(tx, &connection); err != nil {
			return err
		}
		_, err = tx.ConnectionPut(connection)
		return err
	})
}

// letIn takes that state back after the provider has answered.
func (f *Flow) letIn(tx Tx, connection *Connection) error {
	if connection.State != ConnectionConsent {
		return nil
	}
	connection.State, connection.StateWhy = ConnectionReady, ""
	_, err := tx.ExceptionClose(ConsentNeeded, string(connection.ID), "the provider lets us in again", f.Clock.Now())
	return err
}

// done closes the exceptions that were looked for and not found, and notes when
// the sync began.
func (s *syncer) done(ctx context.Context, whole bool) error {
	clean := whole && s.report.Unreadable == 0
	report := s.report
	return s.f.write(ctx, func(tx Tx) error {
		s.report = report
		if err := tx.FactsHold(); err != nil {
			return err
		}
		open, err := tx.ExceptionList(ExceptionFilter{Connection: s.connection.ID})
		if err != nil {
			return err
		}
		for i := range open {
			e := &open[i]
			if !slices.Contains(syncKinds[:], e.Kind) || s.raised[e.Kind+" "+e.Subject] || !(clean || s.looked[e.Subject]) {
				continue
			}
			closed, err := tx.ExceptionClose(e.Kind, e.Subject, "sync: it is gone", s.f.Clock.Now())
			if err != nil {
				return err
			}
			if closed {
				s.report.Closed++
			}
		}
		connection, err := tx.ConnectionGet(s.connection.ID)
		if err != nil {
			return err
		}
		if whole {
			connection.SyncedAt = s.started
		}
		connection.EventsAt = s.started
		if err := s.f.letIn(tx, &connection); err != nil {
			return err
		}
		_, err = tx.ConnectionPut(connection)
		return err
	})
}
