package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// What a fact recorded here asks of a provider: it goes into the same transaction
// as the fact, so that neither is without the other.

// connected reads our accounts at providers, once.
func (r *recorder) connected() (map[ConnectionID]Connection, error) {
	if r.connections != nil {
		return r.connections, nil
	}
	list, err := r.tx.ConnectionList()
	if err != nil {
		return nil, err
	}
	r.connections = map[ConnectionID]Connection{}
	for _, connection := range list {
		r.connections[connection.ID] = connection
	}
	return r.connections, nil
}

// sendOn puts what a fact asks on its way.
func (r *recorder) sendOn(asked []Provision, seq int64) error {
	for _, p := range asked {
		p.LogSeq, p.Who, p.Source, p.State = seq, r.actor.Who, r.actor.Source, ProvisionAwaiting
		if err := r.f.addProvision(r.tx, p); err != nil {
			return err
		}
	}
	return nil
}

// addProvision gives a provision its reference and its instants, and adds it.
func (f *Flow) addProvision(tx Tx, p Provision) error {
	now := f.Clock.Now()
	p.CreatedAt, p.ChangedAt = now, now
	if p.NextAt.IsZero() {
		p.NextAt = now
	}
	if p.Order != nil {
		order := *p.Order
		order.Reference, order.Cart, order.Number = referenceOf(&p), "", ""
		p.Order = &order
	} else {
		change := *p.Change
		change.Reference = referenceOf(&p)
		p.Change = &change
	}
	_, err := tx.ProvisionAdd(p)
	return err
}

// referenceOf makes a UUID (of the kind that anybody may fill) from what a
// provision is, so that no two have the same and every try of one does.
func referenceOf(p *Provision) string {
	holding := ""
	if p.Change != nil {
		holding = p.Change.Holding
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%d\x00%d", p.Connection, p.Contract, p.Subscription, holding, p.LogSeq, p.CreatedAt.UnixNano()))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	text := hex.EncodeToString(sum[:16])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// midnight is the first instant of a day in the seller's zone.
func (f *Flow) midnight(day calendar.Date) time.Time {
	year, month, date := day.Civil()
	return time.Date(year, time.Month(month), date, 0, 0, 0, 0, f.Zone)
}

// orderFor is the order that a subscribe asks for, if it names a connection.
func (r *recorder) orderFor(e *Event, book *OpenBook, s *billing.Subscription) ([]Provision, error) {
	if e.FromProvider || e.Order.Connection == "" {
		return nil, nil
	}
	connections, err := r.connected()
	if err != nil {
		return nil, err
	}
	if _, known := connections[e.Order.Connection]; !known {
		return nil, wrong(e.At, "order: connection %s is unknown", e.Order.Connection)
	}
	customer, err := r.customerOf(e.Order.Connection, book.Contract.Account)
	if err != nil {
		return nil, err
	}
	start := &s.Entries[0]
	order := ProviderOrder{
		Customer: customer, SKU: s.SKU, Quantity: start.Quantity, TermMonths: s.TermMonths, Billing: e.Billing, EndsOn: s.Ends,
		Promotion: e.Order.Promotion, Name: e.Order.Name,
	}
	if order.Billing.Months == 0 {
		order.Billing = s.Billing
	}
	if e.Order.AddOnTo != "" {
		order.Parent = addOnMark + string(e.Order.AddOnTo)
	}
	p := Provision{Connection: e.Order.Connection, Contract: s.Contract, Subscription: s.ID, Order: &order}
	if e.Effective.After(r.today) {
		p.NextAt = r.f.midnight(e.Effective)
	}
	return []Provision{p}, nil
}

// linkNamed links a subscription to the holding that it names, if a connection has
// seen that; else the sync does when it does.
func (r *recorder) linkNamed(s *billing.Subscription) error {
	if s.Holding == "" {
		return nil
	}
	connections, err := r.connected()
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(connections)) {
		seen, err := r.tx.HoldingsGet(id, []string{s.Holding})
		if err != nil {
			return err
		}
		if _, ok := seen[s.Holding]; ok {
			_, err := r.tx.HoldingLinkPut(HoldingLink{Connection: id, Holding: s.Holding, Subscription: s.ID, Contract: s.Contract})
			return err
		}
	}
	return nil
}

// addOnMark stands before the subscription that an add-on is for, until it is
// ordered and its holding known.
const addOnMark = "subscription:"

// customerOf is the provider's id of an account: the linked one, else its own.
func (r *recorder) customerOf(id ConnectionID, account billing.AccountID) (string, error) {
	links, err := r.tx.CustomerLinks(id)
	if err != nil {
		return "", err
	}
	for _, customer := range sortedKeys(links) {
		if links[customer].Account == account {
			return customer, nil
		}
	}
	return string(account), nil
}

// changesForVoid are the changes that taking back an entry asks for. What was not
// sent yet is not sent any more, and asks for nothing.
func (r *recorder) changesForVoid(e *Event, book *OpenBook, target *LogEntry, known calendar.Date) ([]Provision, error) {
	s := subscriptionIn(book, target.Subscription)
	if s == nil {
		return nil, nil
	}
	connections, err := r.connected()
	if err != nil || len(connections) == 0 {
		return nil, err
	}
	provisions, err := r.tx.ProvisionsOf(s.ID)
	if err != nil {
		return nil, err
	}
	unsent := false
	for i := range provisions {
		if p := provisions[i]; p.LogSeq == target.Seq && p.State == ProvisionAwaiting && p.Attempts == 0 {
			unsent = true
			p.State, p.Why, p.ChangedAt = ProvisionDropped, "taken back here before it was sent", r.f.Clock.Now()
			if err := r.tx.ProvisionUpdate(p, ProvisionAwaiting, 0); err != nil {
				return nil, err
			}
		}
	}
	if unsent {
		return nil, nil
	}
	return r.changesFor(e, book, s, func(after *billing.Subscription) {
		for i := range after.Entries {
			if after.Entries[i].Seq == target.Seq {
				after.Entries[i].VoidedOn = known
			}
		}
	})
}

// changesFor are the changes that a fact about a subscription asks of providers:
// of its own holding, and of those of a bundle's children. alter makes the fact.
func (r *recorder) changesFor(e *Event, book *OpenBook, s *billing.Subscription, alter func(after *billing.Subscription)) ([]Provision, error) {
	if e.FromProvider || e.Do == DoPrice {
		return nil, nil
	}
	connections, err := r.connected()
	if err != nil || len(connections) == 0 {
		return nil, err
	}
	before, _ := withOwn(book, s.ID)
	after, changed := withOwn(book, s.ID)
	alter(changed)
	day := calendar.Latest(e.Effective, r.today)
	var asked []Provision
	done := map[string]bool{}
	for _, id := range family(book, s.ID) {
		link, customer, err := r.linkOf(id, book)
		if errors.Is(err, ErrUnknown) || done[string(link.Connection)+" "+link.Holding] {
			continue
		}
		if err != nil {
			return nil, err
		}
		if link.Holding != "" {
			done[string(link.Connection)+" "+link.Holding] = true
		}
		c := changeCase{now: r.f.Clock.Now(), day: day, today: r.today, midnight: r.f.midnight(day), zone: r.f.Zone}
		if c.before, c.after, err = r.totals(link, before, after, day); err != nil {
			return nil, err
		}
		if c.holding, err = r.seen(link); err != nil {
			return nil, err
		}
		change, at, err := changeOf(&c)
		if err != nil {
			return nil, err
		}
		if change == nil {
			continue
		}
		change.Customer, change.Holding = customer, link.Holding
		asked = append(asked, Provision{Connection: link.Connection, Contract: book.Contract.ID, Subscription: id, Change: change, NextAt: at})
	}
	return asked, nil
}

// withOwn is a book with a subscription of its own in it, that can be altered. A
// start that credit hold keeps counts: what follows it waits at the provider too.
func withOwn(book *OpenBook, id billing.SubscriptionID) (*OpenBook, *billing.Subscription) {
	own := *book
	own.Subscriptions = slices.Clone(book.Subscriptions)
	s := subscriptionIn(&own, id)
	s.Entries = slices.Clone(s.Entries)
	s.Entries[0].Waiting = s.Entries[0].Waiting && !s.Entries[0].ReleasedOn.IsZero()
	return &own, s
}

// family is a subscription and, of a bundle, all that hangs on it.
func family(book *OpenBook, id billing.SubscriptionID) []billing.SubscriptionID {
	all := []billing.SubscriptionID{id}
	for i := 0; i < len(all); i++ {
		for j := range book.Subscriptions {
			if s := &book.Subscriptions[j]; s.Parent == all[i] && !slices.Contains(all, s.ID) {
				all = append(all, s.ID)
			}
		}
	}
	return all
}

// linkOf is where a subscription is held: its link, or the connection at which it
// is ordered, with no holding yet.
func (r *recorder) linkOf(id billing.SubscriptionID, book *OpenBook) (link HoldingLink, customer string, err error) {
	link, err = r.tx.HoldingOf(id)
	if errors.Is(err, ErrUnknown) {
		provisions, err := r.tx.ProvisionsOf(id)
		if err != nil {
			return link, "", err
		}
		for i := range provisions {
			if p := &provisions[i]; p.Order != nil && p.State != ProvisionDropped {
				return HoldingLink{Connection: p.Connection, Subscription: id, Contract: p.Contract}, p.Order.Customer, nil
			}
		}
		return link, "", ErrUnknown
	}
	if err != nil {
		return link, "", err
	}
	customer, err = r.customerOf(link.Connection, book.Contract.Account)
	return link, customer, err
}

// seen is a holding as it was last seen, or nil.
func (r *recorder) seen(link HoldingLink) (*Holding, error) {
	if link.Holding == "" {
		return nil, nil
	}
	kept, err := r.tx.HoldingsGet(link.Connection, []string{link.Holding})
	if h, ok := kept[link.Holding]; ok {
		return &h.Holding, err
	}
	return nil, err
}

// totals sums what is billed of a holding on a day, before a fact and after it.
func (r *recorder) totals(link HoldingLink, before, after *OpenBook, day calendar.Date) (was, is heldTotal, err error) {
	links := []HoldingLink{link}
	if link.Holding != "" {
		all, err := r.tx.HoldingLinks(link.Connection, []string{link.Holding})
		if err != nil {
			return was, is, err
		}
		links = all[link.Holding]
	}
	for _, one := range links {
		if one.Contract == before.Contract.ID {
			was.add(before, one.Subscription, day)
			is.add(after, one.Subscription, day)
			continue
		}
		books, err := r.tx.BooksRead([]billing.ContractID{one.Contract})
		if err != nil {
			return was, is, err
		}
		for _, book := range books {
			was.add(book, one.Subscription, day)
			is.add(book, one.Subscription, day)
		}
	}
	return was, is, nil
}

// heldTotal is what all billed subscriptions of one holding come to.
type heldTotal struct {
	// seats are those of a day, next those that the next term opens with.
	seats, next money.Ratio
	// scheduled says that next is not just the same again, renews that any of them renews.
	scheduled, renews bool
	runs, suspended   int
}

func (t *heldTotal) add(book *OpenBook, id billing.SubscriptionID, day calendar.Date) {
	s := subscriptionIn(book, id)
	if s == nil {
		return
	}
	share := money.One()
	top := s
	for depth := 0; top.Parent != "" && depth < treeDepthMax; depth++ {
		parent := subscriptionIn(book, top.Parent)
		if parent == nil {
			break
		}
		share, top = share.Mul(top.PerParent.Ratio()), parent
	}
	state := billing.StateOn(&book.Contract, top, day)
	if !state.Runs {
		return
	}
	t.runs++
	if state.Suspended {
		t.suspended++
	}
	t.seats = t.seats.Add(state.Quantity.Ratio().Mul(share))
	next := state.NextQuantity()
	t.next = t.next.Add(next.Ratio().Mul(share))
	t.renews = t.renews || (state.Renews && state.CancelledFrom.IsZero())
	t.scheduled = t.scheduled || (!state.Term.Empty() && next.Cmp(state.Quantity) != 0)
}
