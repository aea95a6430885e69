package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"prorata/core/billing"
)

// take plans one customer and does what was planned, in one transaction. A
// customer of whom there is nothing to write is only read.
func (s *syncer) take(ctx context.Context, c syncCase) error {
	c.connection, c.products, c.planner, c.catalog = &s.connection, s.catalog.Products, s.planner, &s.catalog.Catalog
	c.zone, c.today = s.f.Zone, s.f.Today()
	for i := range c.holdings {
		if c.holdings[i].Customer == "" {
			c.holdings[i].Customer = c.customer
		}
		s.looked[c.holdings[i].ID] = true
	}
	quiet := false
	err := s.f.Store.Read(ctx, func(tx Tx) error {
		if err := s.load(tx, &c); err != nil {
			return err
		}
		plan := planSync(&c)
		quiet = len(plan.groups)+len(plan.exceptions)+len(plan.differs)+len(s.toKeep(&c, &plan)) == 0 && !plan.fresh
		return nil
	})
	if err != nil {
		return fmt.Errorf("customer %s: %w", c.customer, err)
	}
	if quiet {
		s.report.Holdings += len(c.holdings)
		return nil
	}
	before := s.report
	err = Again(func() error {
		s.report = before
		return s.f.Store.Write(ctx, func(tx Tx) error { return s.takeIn(tx, &c) })
	})
	if err != nil {
		s.report = before
		return fmt.Errorf("customer %s: %w", c.customer, err)
	}
	s.report.Holdings += len(c.holdings)
	return nil
}

// takeIn plans on what is read at first, and again with the contracts taken for
// writing where the plan writes to them: nobody changes them meanwhile.
func (s *syncer) takeIn(tx Tx, c *syncCase) error {
	c.ordered = nil
	if err := s.load(tx, c); err != nil {
		return err
	}
	r := s.f.newRecorder(tx, s.catalog, Actor{Who: "sync", Source: providerDoor(s.connection.ID)}, map[string]int{})
	plan := planSync(c)
	if plan.fresh {
		// Orders first, then links: what is no longer under way is linked by then.
		if err := s.loadOrdered(tx, c); err != nil {
			return err
		}
		if err := s.load(tx, c); err != nil {
			return err
		}
		plan = planSync(c)
	}
	if len(plan.differs) > 0 || plan.fresh {
		if err := s.loadToWrite(r, c, &plan); err != nil {
			return err
		}
		plan = planSync(c)
	}
	for i := range plan.groups {
		if err := s.record(r, &plan.groups[i], &plan, c); err != nil {
			return err
		}
	}
	if err := r.close(); err != nil {
		return err
	}
	for i := range plan.exceptions {
		if err := s.open(tx, plan.exceptions[i]); err != nil {
			return err
		}
	}
	return s.keep(tx, c, &plan)
}

func (s *syncer) load(tx Tx, c *syncCase) (err error) {
	c.underWay = map[billing.SubscriptionID]bool{}
	if c.contracts, err = tx.ContractsOf(c.account); err != nil {
		return err
	}
	kept, err := tx.HoldingList(s.connection.ID, c.customer)
	if err != nil {
		return err
	}
	c.kept = map[string]*KeptHolding{}
	var ids []string
	for i := range kept {
		c.kept[kept[i].ID] = &kept[i]
		ids = append(ids, kept[i].ID)
	}
	for i := range c.holdings {
		ids = append(ids, c.holdings[i].ID)
		if parent := c.holdings[i].Parent; parent != "" {
			ids = append(ids, parent)
		}
	}
	slices.Sort(ids)
	if c.links, err = tx.HoldingLinks(s.connection.ID, slices.Compact(ids)); err != nil {
		return err
	}
	contracts := slices.Clone(c.contracts)
	if c.link.Contract != "" {
		contracts = append(contracts, c.link.Contract)
	}
	for _, links := range c.links {
		for _, link := range links {
			contracts = append(contracts, link.Contract)
		}
	}
	slices.Sort(contracts)
	books, err := tx.BooksRead(slices.Compact(contracts))
	if err != nil {
		return err
	}
	c.books = map[billing.ContractID]*OpenBook{}
	for _, book := range books {
		c.books[book.Contract.ID] = book
	}
	return nil
}

// loadToWrite takes the contracts that a plan would write to, and reads which of
// the differences are changes of ours that are still on their way.
func (s *syncer) loadToWrite(r *recorder, c *syncCase, plan *syncPlan) error {
	for i := range plan.groups {
		for j := range plan.groups[i].events {
			e := &plan.groups[i].events[j]
			contract := e.Contract
			if contract == "" {
				var err error
				if contract, err = r.tx.SubscriptionContract(e.Subscription); errors.Is(err, ErrUnknown) {
					continue // It is of a subscription that the group makes.
				} else if err != nil {
					return err
				}
			}
			book, err := r.open(contract)
			if err != nil {
				return err
			}
			c.books[contract] = book
		}
	}
	for _, id := range plan.differs {
		provisions, err := r.tx.ProvisionsOf(id)
		if err != nil {
			return err
		}
		c.underWay[id] = c.underWay[id] || slices.ContainsFunc(provisions, func(p Provision) bool { return onItsWay(&p, c.now) })
	}
	return nil
}

// loadOrdered reads of which skus an order of the customer may have been placed
// that is not known to be.
func (s *syncer) loadOrdered(tx Tx, c *syncCase) error {
	c.ordered = map[string]bool{}
	for _, state := range []ProvisionState{ProvisionSent, ProvisionFailed} {
		provisions, err := tx.ProvisionList(s.connection.ID, state, provisionsMost)
		if err != nil {
			return err
		}
		for i := range provisions {
			p := &provisions[i]
			if p.Order != nil && p.Order.Customer == c.customer && (state == ProvisionSent || p.Code == codeUnanswered) {
				c.ordered[p.Order.SKU] = true
			}
		}
	}
	return nil
}

// soon is how long before its time a change that waits for its day keeps the
// sync from taking the provider's word.
const soon = 24 * time.Hour

// onItsWay says whether a provision explains why a holding, read at an instant,
// is not as the log has it: it is not done yet, a person has to act on it, or it
// was done after the reading.
func onItsWay(p *Provision, read time.Time) bool {
	switch p.State {
	case ProvisionSent, ProvisionFailed:
		return true
	case ProvisionAwaiting:
		return p.Attempts > 0 || (p.Code != codeHeld && p.NextAt.Before(read.Add(soon)))
	case Provisioned:
		return !p.ChangedAt.Before(read)
	case ProvisionDropped:
	}
	return false
}

// record puts a group on the log. What a contract refuses is an exception, and
// leaves the rest of its group undone.
func (s *syncer) record(r *recorder, group *syncGroup, plan *syncPlan, c *syncCase) error {
	for i := range group.events {
		e := &group.events[i]
		err := r.record(e)
		var refusal *billing.Refusal
		var input *InputError
		switch {
		case err == nil:
			s.report.Recorded++
		case errors.Is(err, errKnown):
		case errors.As(err, &refusal), errors.As(err, &input):
			plan.unkept[group.holding] = true
			plan.exceptions = append(plan.exceptions, Exception{Kind: RefusedHere, Subject: group.holding, Account: c.account, Subscription: e.Subscription,
				Sentence: fmt.Sprintf("%s of %s on %s happened at the provider and is refused here: %s", e.Do, group.holding, e.Effective, err),
				Todo:     "settle it with the customer: change the contract, or change it at the provider"})
			return nil
		default:
			return err
		}
	}
	if group.link == nil {
		return nil
	}
	_, err := r.tx.HoldingLinkPut(*group.link)
	return err
}

// toKeep are the holdings that are not kept yet as they are, or not as seen today.
func (s *syncer) toKeep(c *syncCase, plan *syncPlan) (list []*Holding) {
	for i := range c.holdings {
		h := &c.holdings[i]
		kept := c.kept[h.ID]
		if kept == nil || (!plan.unkept[h.ID] && !(sameHolding(&kept.Holding, h) && dayOf(kept.SeenAt, s.f.Zone) == c.today)) {
			list = append(list, h)
		}
	}
	return list
}

// keep notes what was seen, and links what has the holding's own id.
func (s *syncer) keep(tx Tx, c *syncCase, plan *syncPlan) error {
	for _, h := range s.toKeep(c, plan) {
		if c.kept[h.ID] == nil {
			for _, link := range c.links[h.ID] {
				if _, err := tx.HoldingLinkPut(link); err != nil {
					return err
				}
			}
		}
		if err := tx.HoldingPut(KeptHolding{Holding: *h, Connection: s.connection.ID, SeenAt: c.now}); err != nil {
			return err
		}
	}
	return nil
}

// sameHolding says whether two readings of a holding say the same.
func sameHolding(a, b *Holding) bool { return holdingText(a) == holdingText(b) }

func holdingText(h *Holding) string {
	plain := *h
	plain.At, plain.Next = Source{}, nil
	next := HoldingNextTerm{}
	if h.Next != nil {
		next = *h.Next
	}
	return fmt.Sprintf("%v %t %v", plain, h.Next != nil, next)
}
