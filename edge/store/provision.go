package store

import (
	"fmt"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

var provisionWords = []string{flow.ProvisionAwaiting: "awaiting", flow.ProvisionSent: "sent", flow.Provisioned: "provisioned",
	flow.ProvisionFailed: "failed", flow.ProvisionDropped: "dropped"}

// What becomes of what is scheduled for renewal.
const (
	nextStays = ""
	nextSet   = "set"
	nextNone  = "none"
)

var provisionTable = tableOf("provision", `id connection contract subscription log_seq reference customer holding is_order sku quantity term_months billing billing_months
	ends_on promotion parent name cart number auto_renew action next next_sku next_quantity next_term_months next_billing next_billing_months next_promotion next_ends_on
	state attempts next_at code why todo who source created_at changed_at`)

// ProvisionAdd puts a change on its way.
func (t *tx) ProvisionAdd(p flow.Provision) (id int64, err error) {
	if (p.Order == nil) == (p.Change == nil) {
		return 0, t.fail(fmt.Errorf("provision of %s: it must be an order or a change", p.Subscription))
	}
	if id, err = t.fact(); err != nil {
		return 0, wrap("provision", err)
	}
	args := []any{id, string(p.Connection), string(p.Contract), string(p.Subscription), p.LogSeq}
	if p.Order != nil {
		args = append(args, orderArgs(p.Order)...)
	} else {
		args = append(args, changeArgs(p.Change)...)
	}
	args = append(args, provisionWords[p.State], int64(p.Attempts), microsOf(p.NextAt), p.Code, p.Why, p.Todo, p.Who, p.Source, microsOf(p.CreatedAt), microsOf(p.ChangedAt))
	_, err = t.exec(provisionTable.insertText(), args...)
	return id, wrap(fmt.Sprintf("provision %d", id), err)
}

func orderArgs(o *flow.ProviderOrder) []any {
	return append([]any{o.Reference, o.Customer, "", true, o.SKU, o.Quantity.String(), int64(o.TermMonths), o.Billing.Name, int64(o.Billing.Months),
		o.EndsOn.String(), o.Promotion, o.Parent, o.Name, o.Cart, o.Number, nil, "", nextStays}, nextArgs(nil)...)
}

func changeArgs(c *flow.ProviderChange) []any {
	var renew any
	if c.HasAutoRenew {
		renew = c.AutoRenew
	}
	action, next := "", nextStays
	switch {
	case c.Suspend:
		action = "suspend"
	case c.Resume:
		action = "resume"
	case c.Cancel:
		action = "cancel"
	}
	switch {
	case c.Next != nil:
		next = nextSet
	case c.NextNone:
		next = nextNone
	}
	return append([]any{c.Reference, c.Customer, c.Holding, false, "", givenText(c.Quantity, c.HasQuantity), int64(0), "", int64(0),
		"", "", "", "", "", "", renew, action, next}, nextArgs(c.Next)...)
}

func (r *rows) provision() (p flow.Provision) {
	p.ID, p.Connection, p.Contract, p.Subscription = r.number(), flow.ConnectionID(r.word()), billing.ContractID(r.text()), billing.SubscriptionID(r.text())
	p.LogSeq = r.number()
	reference, customer, holding, isOrder := r.text(), r.text(), r.text(), r.flag()
	order := flow.ProviderOrder{Reference: reference, Customer: customer, SKU: r.text()}
	change := flow.ProviderChange{Reference: reference, Customer: customer, Holding: holding}
	order.Quantity, change.HasQuantity = r.given()
	change.Quantity = order.Quantity
	order.TermMonths = r.count()
	order.Billing.Name, order.Billing.Months = r.word(), r.count()
	order.EndsOn, order.Promotion, order.Parent, order.Name = r.day(), r.text(), r.text(), r.text()
	order.Cart, order.Number = r.text(), r.text()
	if change.HasAutoRenew = !r.isNull(); change.HasAutoRenew {
		change.AutoRenew = r.flag()
	} else {
		r.skip(1)
	}
	action := r.text()
	change.Suspend, change.Resume, change.Cancel = action == "suspend", action == "resume", action == "cancel"
	what, next := r.text(), r.nextTerm()
	if change.NextNone = what == nextNone; what == nextSet {
		change.Next = next
	}
	p.State, p.Attempts, p.NextAt = flow.ProvisionState(r.enum(provisionWords)), r.count(), r.instant()
	p.Code, p.Why, p.Todo, p.Who, p.Source = r.text(), r.text(), r.text(), r.text(), r.text()
	p.CreatedAt, p.ChangedAt = r.instant(), r.instant()
	if isOrder {
		p.Order = &order
	} else {
		p.Change = &change
	}
	return p
}

// ProvisionUpdate writes how far it is; ErrMoved where another was quicker.
func (t *tx) ProvisionUpdate(p flow.Provision, was flow.ProvisionState, attempts int) error {
	cart, number, holding := "", "", ""
	if p.Order != nil {
		cart, number = p.Order.Cart, p.Order.Number
	} else {
		holding = p.Change.Holding
	}
	n, err := t.exec(`UPDATE provision SET state = $4, attempts = $5, next_at = $6, code = $7, why = $8, todo = $9, changed_at = $10, cart = $11, number = $12, holding = $13
		WHERE id = $1 AND state = $2 AND attempts = $3`, p.ID, provisionWords[was], int64(attempts), provisionWords[p.State], int64(p.Attempts), microsOf(p.NextAt),
		p.Code, p.Why, p.Todo, microsOf(p.ChangedAt), cart, number, holding)
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap(fmt.Sprintf("provision %d", p.ID), err)
}

func (t *tx) provisions(where string, args ...any) (list []flow.Provision, err error) {
	err = t.each(func(r *rows) { list = append(list, r.provision()) }, `SELECT `+strings.Join(provisionTable.columns, ", ")+` FROM provision WHERE `+where, args...)
	return list, wrap("provisions", err)
}

// ProvisionsDue are those whose time has come, oldest first.
func (t *tx) ProvisionsDue(connection flow.ConnectionID, now time.Time, limit int) ([]flow.Provision, error) {
	return t.provisions(`connection = $1 AND (state = 'awaiting' OR state = 'sent') AND next_at <= $2 ORDER BY id LIMIT $3`, string(connection), microsOf(now), int64(limit))
}

// ProvisionsOf are a subscription's, oldest first.
func (t *tx) ProvisionsOf(id billing.SubscriptionID) ([]flow.Provision, error) {
	return t.provisions(`subscription = $1 ORDER BY id`, string(id))
}

// ProvisionList is all in a state, newest first.
func (t *tx) ProvisionList(connection flow.ConnectionID, state flow.ProvisionState, most int) ([]flow.Provision, error) {
	return t.provisions(`(connection = $1 OR $1 = '') AND state = $2 ORDER BY id DESC LIMIT $3`, string(connection), provisionWords[state], int64(most))
}
