package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// syncCase is all that decides what the holdings of one customer mean for the book.
type syncCase struct {
	connection *Connection
	customer   string
	// account is the customer here, link the row that says so, or its zero; contracts
	// are the account's.
	account   billing.AccountID
	link      CustomerLink
	contracts []billing.ContractID
	// holdings are what the provider says now: all of the customer's, if whole.
	holdings []Holding
	whole    bool
	// happened is the day of the last event of a holding, where one told it.
	happened map[string]calendar.Date
	kept     map[string]*KeptHolding
	links    map[string][]HoldingLink
	books    map[billing.ContractID]*OpenBook
	products map[string]billing.Product
	planner  *billing.Planner
	catalog  *billing.Catalog
	// underWay are subscriptions with a change on its way to the provider or stuck
	// there, ordered the skus of such orders.
	underWay map[billing.SubscriptionID]bool
	ordered  map[string]bool
	now      time.Time
	today    calendar.Date
	zone     *time.Location
}

// syncGroup is what one holding comes to: events that are recorded in their
// order up to the first that is refused, and the link that a new subscription gets.
type syncGroup struct {
	holding string
	events  []Event
	link    *HoldingLink
}

// syncPlan is what should happen.
type syncPlan struct {
	groups     []syncGroup
	exceptions []Exception
	// differs are the subscriptions that are not as their holdings are, fresh says
	// that there are holdings without a subscription.
	differs []billing.SubscriptionID
	fresh   bool
	// unkept are holdings that stay as they were kept, so that the difference is
	// found again until it is settled.
	unkept map[string]bool
}

// planSync decides what the holdings of a customer mean. It is pure but for the
// planner's memory of prices.
func planSync(c *syncCase) syncPlan {
	p := &syncPlanning{syncCase: c, plan: syncPlan{unkept: map[string]bool{}}, found: map[billing.SubscriptionID]FoundSubscription{}}
	for _, id := range c.bookIDs() {
		book := c.books[id]
		for i := range book.Subscriptions {
			s := &book.Subscriptions[i]
			p.found[s.ID] = FoundSubscription{book, s}
		}
	}
	p.inOrder()
	for i := range c.holdings {
		p.holding(&c.holdings[i])
	}
	if c.whole {
		p.missing()
	}
	return p.plan
}

func (c *syncCase) bookIDs() []billing.ContractID {
	var ids []billing.ContractID
	for id := range c.books {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// FoundSubscription is a subscription with the contract that it is billed under.
type FoundSubscription struct {
	Book         *OpenBook
	Subscription *billing.Subscription
}

// syncPlanning is a plan in the making.
type syncPlanning struct {
	*syncCase
	plan  syncPlan
	found map[billing.SubscriptionID]FoundSubscription
	// taken are the contracts of new subscriptions of this plan, by holding.
	taken map[string]billing.ContractID
}

// inOrder puts what an add-on is for before it.
func (p *syncPlanning) inOrder() {
	p.taken = map[string]billing.ContractID{}
	slices.SortStableFunc(p.holdings, func(a, b Holding) int {
		switch {
		case a.Parent == "" && b.Parent != "":
			return -1
		case a.Parent != "" && b.Parent == "":
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
}

func (p *syncPlanning) holding(h *Holding) {
	switch h.Status {
	case HoldingPending:
		return
	case HoldingUnknown, HoldingNone:
		p.except(h, UnknownStatus, "", fmt.Sprintf("%s has the status %q, which says nothing", h.ID, h.StatusText), "look at it at the provider")
		return
	case HoldingActive, HoldingSuspended, HoldingExpired, HoldingDisabled, HoldingDeleted:
	}
	live := p.live(h)
	switch {
	case len(live) == 1:
		p.compare(h, live[0])
	case len(live) > 1:
		p.compareLinked(h, live)
	case len(p.links[h.ID]) == 0:
		p.fresh(h)
	case !gone(h):
		p.differ(p.links[h.ID][0].Subscription)
		p.exceptWorth(h, NotHere, p.links[h.ID][0].Subscription, h.Quantity,
			fmt.Sprintf("%s of %s runs at the provider with %s seats; its start was taken back or waits here", h.ID, h.SKU, h.Quantity),
			"cancel it at the provider, or subscribe it here again")
	}
}

// live are the subscriptions that a holding is billed by: those that run or will;
// of those that have ended the last.
func (p *syncPlanning) live(h *Holding) []FoundSubscription {
	var live []FoundSubscription
	var last *FoundSubscription
	for _, link := range p.links[h.ID] {
		found, ok := p.found[link.Subscription]
		if !ok {
			continue
		}
		state := billing.StateOn(&found.Book.Contract, found.Subscription, p.today)
		switch {
		case !state.Exists:
		case state.Runs || p.today.Before(state.Start):
			live = append(live, found)
		default:
			last = &found
		}
	}
	if len(live) == 0 && last != nil {
		live = append(live, *last)
	}
	return live
}

// gone says whether the provider has ended it.
func gone(h *Holding) bool {
	return h.Status == HoldingExpired || h.Status == HoldingDisabled || h.Status == HoldingDeleted
}

// missing finds what was seen before, runs here, and is not in the provider's list.
func (p *syncPlanning) missing() {
	listed := map[string]bool{}
	for i := range p.holdings {
		listed[p.holdings[i].ID] = true
	}
	for _, kept := range p.keptInOrder() {
		if listed[kept.ID] || gone(&kept.Holding) {
			continue
		}
		for _, live := range p.live(&kept.Holding) {
			if state := billing.StateOn(&live.Book.Contract, live.Subscription, p.today); state.Runs && !p.underWay[live.Subscription.ID] {
				p.differ(live.Subscription.ID)
				p.exceptWorth(&kept.Holding, NotAtProvider, live.Subscription.ID, kept.Quantity,
					fmt.Sprintf("%s of %s was last seen on %s and is no longer listed at the provider; %s runs on here", kept.ID, kept.SKU, p.dayOf(kept.SeenAt), live.Subscription.ID),
					"cancel it here, or link it to another")
			}
		}
	}
}

func (p *syncPlanning) keptInOrder() []*KeptHolding {
	var list []*KeptHolding
	for _, kept := range p.kept {
		list = append(list, kept)
	}
	slices.SortFunc(list, func(a, b *KeptHolding) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (p *syncPlanning) dayOf(at time.Time) calendar.Date {
	if at.IsZero() {
		return calendar.Date{}
	}
	return dayOf(at, p.zone)
}

func (p *syncPlanning) differ(id billing.SubscriptionID) { p.plan.differs = append(p.plan.differs, id) }

// event is a fact of the provider's about a subscription.
func (p *syncPlanning) event(do EventVerb, id billing.SubscriptionID, effective calendar.Date) Event {
	return Event{At: p.at(), Do: do, On: p.today, Effective: effective, Subscription: id, FromProvider: true}
}

func (p *syncPlanning) at() Source { return Source{File: providerDoor(p.connection.ID)} }

// providerDoor is the source of what a connection tells.
func providerDoor(id ConnectionID) string { return "provider:" + string(id) }

// group plans events on a subscription with so many entries. Their ids count on
// from those, so that the same change is told twice and recorded once.
func (p *syncPlanning) group(h *Holding, entries int, link *HoldingLink, events []Event) {
	if len(events) == 0 {
		return
	}
	for i := range events {
		e := &events[i]
		if e.ID == "" {
			e.ID = fmt.Sprintf("%s:%s#%d", p.connection.ID, e.Subscription, entries+i)
		}
	}
	p.plan.groups = append(p.plan.groups, syncGroup{holding: h.ID, events: events, link: link})
}

func (p *syncPlanning) except(h *Holding, kind string, id billing.SubscriptionID, sentence, todo string) {
	p.plan.exceptions = append(p.plan.exceptions, Exception{
		Kind: kind, Subject: h.ID, Connection: p.connection.ID, Account: p.account, Subscription: id, Sentence: sentence, Todo: todo,
	})
}

// exceptWorth is an exception with what so many seats cost for a billing period,
// where the price list knows.
func (p *syncPlanning) exceptWorth(h *Holding, kind string, id billing.SubscriptionID, seats money.Decimal, sentence, todo string) {
	p.except(h, kind, id, sentence, todo)
	cost, known := costOf(p.catalog, p.connection, h, p.today)
	if !known {
		return
	}
	e := &p.plan.exceptions[len(p.plan.exceptions)-1]
	worth := cost.perPeriod(seats.Ratio().Abs())
	e.Amount, e.HasAmount, e.Currency = money.DecimalFrom(worth, cost.row.Currency.Digits(), CostDigits), true, cost.row.Currency
}

// suggestions are the accounts that an unknown customer may be, by name and by
// the domain of their e-mail: offered, never taken.
func suggestions(customer *ProviderCustomer, accounts []Account) []string {
	const most = 3
	var same, near []string
	name := plainName(customer.Name)
	for i := range accounts {
		a := &accounts[i]
		_, domain, _ := strings.Cut(a.Party.Email, "@")
		switch {
		case name != "" && (plainName(a.Name) == name || plainName(a.Party.Name) == name),
			customer.Domain != "" && strings.EqualFold(domain, customer.Domain):
			same = append(same, string(a.ID))
		case firstWord(name) != "" && firstWord(name) == firstWord(plainName(a.Name)):
			near = append(near, string(a.ID))
		}
	}
	same = append(same, near...)
	return same[:min(most, len(same))]
}

// plainName is a company's name without case, marks and legal form.
func plainName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return strings.ContainsRune(" \t.,;:&+-_/()'\"", r)
	})
	for len(words) > 1 && slices.Contains(legalForms[:], words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// legalForms are what companies write after their names.
var legalForms = [...]string{"gmbh", "ag", "kg", "ltd", "limited", "llc", "inc", "corp", "corporation", "co", "company", "plc", "bv", "nv", "sa", "sarl", "srl", "spa",
	"oy", "ab", "as", "aps", "se"}

// firstWord is a name's first word, where it is long enough to mean something.
func firstWord(name string) string {
	word, _, _ := strings.Cut(name, " ")
	if len(word) < 4 {
		return ""
	}
	return word
}
