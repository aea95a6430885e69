package partnercenter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
)

// Codes that say: not now.
const (
	codeOperationPending = "900278"
	codeNotReady         = "800082"
)

// pollsMax is how often a change or an order is looked at before it is called pending.
const pollsMax = 5

// roundsMax is how often a subscription is patched for one change: at once, what
// must come after it, and what another change undid.
const roundsMax = 4

const (
	fieldQuantity  = "quantity"
	fieldStatus    = "status"
	fieldAutoRenew = "autoRenewEnabled"
	fieldNext      = "scheduledNextTermInstructions"
)

// Change makes a subscription what was asked: it reads it whole, changes the
// fields asked for and sends it back whole, since Microsoft drops what is left
// out. Asked for again, it finds nothing left to do. What takes longer than a
// few looks is pending: ask again.
//
// A change of seats makes Microsoft forget what is scheduled for renewal. It is
// scheduled again afterwards, unless the change says otherwise.
func (c *Client) Change(ctx context.Context, change flow.ProviderChange) (flow.ProviderReceipt, error) {
	receipt := flow.ProviderReceipt{State: flow.ReceiptPending, Holding: change.Holding}
	now, err := c.subscription(ctx, change.Customer, change.Holding)
	if err != nil {
		return receipt, err
	}
	w := wish{ProviderChange: change}
	if now.has(fieldNext) && change.Next == nil && !change.NextNone && !change.Suspend && !change.Cancel && (!change.HasAutoRenew || change.AutoRenew) {
		w.keep = now.fields[now.key(fieldNext)]
	}
	for round := range roundsMax {
		fields, err := c.lacking(ctx, &w, now)
		if err != nil {
			return receipt, begun(round, err)
		}
		if len(fields) == 0 {
			receipt.State = flow.ReceiptDone
			return receipt, nil
		}
		after, err := c.patch(ctx, &w, now, fields)
		switch {
		case refusedFor(err, codeOperationPending, codeNotReady):
			// Not done, and to be asked for again: a pending receipt would be waited for.
			return receipt, fmt.Errorf("%w: %w", flow.ErrUnanswered, err)
		case refusedFor(err, codeEtagOld), refusedWith(err, http.StatusPreconditionFailed):
			if w.stale {
				// Somebody is always quicker; later they may not be.
				return receipt, fmt.Errorf("%w: %w", flow.ErrUnanswered, err)
			}
			w.stale = true
			after, err = c.subscription(ctx, change.Customer, change.Holding)
		}
		if err != nil {
			return receipt, begun(round, err)
		}
		if after == nil {
			receipt.Why = "Microsoft has taken the change and not made it yet"
			return receipt, nil
		}
		now = after
	}
	receipt.Why = "the subscription is not yet as asked"
	return receipt, nil
}

// begun is the error of a change of which earlier rounds were done already.
func begun(rounds int, err error) error {
	if rounds == 0 || errors.Is(err, flow.ErrUnanswered) {
		return err
	}
	if errors.Is(err, flow.ErrConsent) || errors.Is(err, flow.ErrThrottled) {
		return fmt.Errorf("%w: %w", flow.ErrUnanswered, err)
	}
	return err
}

// wish is a change with what must be kept.
type wish struct {
	flow.ProviderChange
	// keep is what was scheduled before, to be scheduled again where it is lost.
	keep json.RawMessage
	// stale says that the subscription has been read anew once.
	stale bool
}

// patchField is one field and what it becomes; nil takes it away.
type patchField struct {
	name  string
	value any
}

// lacking are the fields that are not yet as wished. What is scheduled comes in a
// round of its own, since a change at once would undo it.
func (c *Client) lacking(ctx context.Context, w *wish, now *whole) ([]patchField, error) {
	h, err := now.holding(w.Customer)
	if err != nil {
		return nil, err
	}
	var fields []patchField
	if w.HasQuantity && h.Quantity.Cmp(w.Quantity) != 0 {
		fields = append(fields, patchField{fieldQuantity, json.RawMessage(w.Quantity.String())})
	}
	if status := w.status(); status != "" && !strings.EqualFold(h.StatusText, status) {
		fields = append(fields, patchField{fieldStatus, status})
	}
	if w.HasAutoRenew && h.AutoRenew != w.AutoRenew {
		fields = append(fields, patchField{fieldAutoRenew, w.AutoRenew})
	}
	if len(fields) > 0 {
		return fields, nil
	}
	switch {
	case w.NextNone && h.Next != nil:
		fields = append(fields, patchField{fieldNext, nil})
	case w.Next != nil && !scheduledAs(h.Next, w.Next):
		next, err := c.nextTerm(ctx, w, &h)
		if err != nil {
			return nil, err
		}
		fields = append(fields, patchField{fieldNext, next})
	case w.keep != nil && h.Next == nil && h.Status == flow.HoldingActive && h.AutoRenew:
		fields = append(fields, patchField{fieldNext, w.keep})
	}
	return fields, nil
}

// status is the one wished; empty where it stays.
func (w *wish) status() string {
	switch {
	case w.Cancel:
		return "deleted"
	case w.Suspend:
		return "suspended"
	case w.Resume:
		return "active"
	}
	return ""
}

// scheduledAs says that what is scheduled is what was asked, as far as it was.
func scheduledAs(is, asked *flow.HoldingNextTerm) bool {
	return is != nil &&
		(asked.SKU == "" || asked.SKU == is.SKU) &&
		(!asked.HasQuantity || (is.HasQuantity && asked.Quantity.Cmp(is.Quantity) == 0)) &&
		(asked.TermMonths == 0 || asked.TermMonths == is.TermMonths) &&
		(asked.Billing.Months == 0 || asked.Billing.Months == is.Billing.Months) &&
		asked.Promotion == is.Promotion && asked.EndsOn == is.EndsOn
}

// nextTermBody is what is scheduled, as it is sent.
type nextTermBody struct {
	Product           nextTermProduct `json:"product"`
	Quantity          json.RawMessage `json:"quantity"`
	CustomTermEndDate string          `json:"customTermEndDate,omitempty"`
}

type nextTermProduct struct {
	ProductID      string `json:"productId"`
	SKUID          string `json:"skuId"`
	AvailabilityID string `json:"availabilityId"`
	BillingCycle   string `json:"billingCycle"`
	TermDuration   string `json:"termDuration"`
	PromotionID    string `json:"promotionId,omitempty"`
}

// nextTerm is the wished next term with what it leaves open taken from the
// subscription, and the availability that is good today.
func (c *Client) nextTerm(ctx context.Context, w *wish, h *flow.Holding) (nextTermBody, error) {
	next := *w.Next
	next.SKU = first(next.SKU, h.SKU)
	if !next.HasQuantity {
		next.Quantity = h.Quantity
	}
	if next.TermMonths == 0 {
		next.TermMonths = h.RenewalTermMonths
	}
	if next.TermMonths == 0 {
		next.TermMonths = h.TermMonths
	}
	if next.Billing.Months == 0 {
		next.Billing = h.Billing
	}
	a, err := c.availability(ctx, w.Customer, next.SKU, next.TermMonths, next.Billing)
	if err != nil {
		return nextTermBody{}, err
	}
	return nextTermBody{
		Product: nextTermProduct{
			ProductID: a.product, SKUID: a.sku, AvailabilityID: a.id,
			BillingCycle: a.billing, TermDuration: termText(next.TermMonths), PromotionID: next.Promotion,
		},
		Quantity:          json.RawMessage(next.Quantity.String()),
		CustomTermEndDate: lastDayText(next.EndsOn),
	}, nil
}

// lastDayText is the last day before an end, as Microsoft writes ends; empty for none.
func lastDayText(endsOn calendar.Date) string {
	if endsOn.IsZero() {
		return ""
	}
	return endsOn.AddDays(-1).String() + "T00:00:00Z"
}

// termText is a term as Microsoft writes it; empty for none.
func termText(months int) string {
	switch {
	case months == 0:
		return ""
	case months%12 == 0:
		return fmt.Sprintf("P%dY", months/12)
	default:
		return fmt.Sprintf("P%dM", months)
	}
}

// patch sends the subscription back with some fields changed, and gives it as it
// is then; nil where Microsoft has not done it within a few looks.
func (c *Client) patch(ctx context.Context, w *wish, now *whole, fields []patchField) (*whole, error) {
	for _, f := range fields {
		if err := now.set(f.name, f.value); err != nil {
			return nil, err
		}
	}
	k := call{
		method: http.MethodPatch, path: pathOf("/v1/customers/%s/subscriptions/%s", w.Customer, w.Holding),
		body: now.fields, etag: now.etag(), appToo: true,
	}
	a, err := c.ask(ctx, k)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusAccepted {
		if len(a.body) == 0 {
			return c.subscription(ctx, w.Customer, w.Holding)
		}
		return wholeOf(k, a.body)
	}
	return c.accepted(ctx, w, a, fields)
}

// accepted looks at where the answer says, until the fields are as sent.
func (c *Client) accepted(ctx context.Context, w *wish, a *answered, fields []patchField) (*whole, error) {
	k := get(pathOf("/v1/customers/%s/subscriptions/%s", w.Customer, w.Holding))
	if where := a.header.Get("Location"); where != "" {
		k.path = linked(where)
	}
	for n := 1; n <= pollsMax; n++ {
		if err := c.look(ctx, n, a.header); err != nil {
			return nil, err
		}
		seen, err := c.ask(ctx, k)
		if err != nil {
			return nil, err
		}
		a = seen
		if seen.status != http.StatusOK {
			continue
		}
		now, err := wholeOf(k, seen.body)
		if err != nil {
			return nil, err
		}
		if now.shows(fields) {
			return now, nil
		}
	}
	return nil, nil
}

// look waits before the nth look, as long as the provider says.
func (c *Client) look(ctx context.Context, n int, header http.Header) error {
	span := time.Duration((1<<n)-1) * time.Second / 2
	if asked, ok := retryAfter(header, c.set.Clock()); ok {
		span = min(asked, c.set.WaitMax)
	}
	return c.set.Wait(ctx, span+c.set.Jitter(span))
}

// shows says that the resource has the fields as they were sent, whatever else
// of them the provider fills in.
func (w *whole) shows(fields []patchField) bool {
	r := w.reading()
	for _, f := range fields {
		switch f.name {
		case fieldNext:
			if w.has(fieldNext) != (f.value != nil) {
				return false
			}
		case fieldQuantity:
			is, _ := r.number(fieldQuantity)
			sent, _ := f.value.(json.RawMessage)
			if want, _ := parseNumber(string(sent)); is.Cmp(want) != 0 {
				return false
			}
		default:
			if !strings.EqualFold(r.scalar(f.name), fmt.Sprint(f.value)) {
				return false
			}
		}
	}
	return true
}
