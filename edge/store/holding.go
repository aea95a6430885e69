package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

var holdingWords = []string{flow.HoldingUnknown: "unknown", flow.HoldingNone: "none", flow.HoldingActive: "active", flow.HoldingPending: "pending",
	flow.HoldingSuspended: "suspended", flow.HoldingExpired: "expired", flow.HoldingDisabled: "disabled", flow.HoldingDeleted: "deleted"}

var holdingTable = tableOf("holding", `connection id customer entitlement sku offer offer_name name product_type publisher quantity unit_type status status_text
	term_months renewal_term_months billing billing_months billing_text billing_type auto_renew trial parent order_id reseller promotion migrated_from
	created_at starts_at ends_at billing_ends_at cancellable_until refunds refundable
	has_next next_sku next_quantity next_term_months next_billing next_billing_months next_promotion next_ends_on suspension_reasons seen_at`)

// HoldingPut keeps a holding as it was seen, in place of what was seen before.
func (t *tx) HoldingPut(h flow.KeptHolding) error {
	args := []any{string(h.Connection), h.ID, h.Customer, h.Entitlement, h.SKU, h.Offer, h.OfferName, h.Name, h.ProductType, h.Publisher, h.Quantity.String(), h.UnitType,
		holdingWords[h.Status], h.StatusText, int64(h.TermMonths), int64(h.RenewalTermMonths), h.Billing.Name, int64(h.Billing.Months), h.BillingText, h.BillingType,
		h.AutoRenew, h.Trial, h.Parent, h.Order, h.Reseller, h.Promotion, h.MigratedFrom, microsOf(h.CreatedAt), microsOf(h.StartsAt), microsOf(h.EndsAt),
		microsOf(h.BillingEndsAt), microsOf(h.CancellableUntil), refundsText(h.Refunds), refundableText(h.Refundable), h.Next != nil}
	args = append(args, nextArgs(h.Next)...)
	args = append(args, strings.Join(h.SuspensionReasons, "\n"), microsOf(h.SeenAt))
	_, err := t.exec(holdingTable.replaceText(), args...)
	return wrap("holding "+h.ID, err)
}

// nextArgs are the columns of what is scheduled for renewal.
func nextArgs(next *flow.HoldingNextTerm) []any {
	if next == nil {
		next = &flow.HoldingNextTerm{}
	}
	return []any{next.SKU, givenText(next.Quantity, next.HasQuantity), int64(next.TermMonths), next.Billing.Name, int64(next.Billing.Months), next.Promotion, next.EndsOn.String()}
}

func (r *rows) nextTerm() *flow.HoldingNextTerm {
	next := &flow.HoldingNextTerm{SKU: r.text()}
	next.Quantity, next.HasQuantity = r.given()
	next.TermMonths = r.count()
	next.Billing.Name, next.Billing.Months = r.word(), r.count()
	next.Promotion, next.EndsOn = r.text(), r.day()
	return next
}

func refundsText(refunds []flow.RefundOption) string {
	var parts []string
	for _, one := range refunds {
		parts = append(parts, one.Type+"@"+strconv.FormatInt(microsOf(one.ExpiresAt), 10))
	}
	return strings.Join(parts, ",")
}

func refundableText(refundable []flow.RefundableQuantity) string {
	var parts []string
	for _, one := range refundable {
		parts = append(parts, one.Quantity.String()+"@"+strconv.FormatInt(microsOf(one.AllowedUntil), 10))
	}
	return strings.Join(parts, ",")
}

// timed reads WHAT@MICROSECONDS with commas between.
func (r *rows) timed(call func(what string, at time.Time)) {
	for part := range strings.SplitSeq(r.text(), ",") {
		if part == "" {
			continue
		}
		what, text, _ := strings.Cut(part, "@")
		micros, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			r.bad(fmt.Errorf("%q has no instant", part))
		}
		at := time.Time{}
		if micros != 0 {
			at = time.UnixMicro(micros).UTC()
		}
		call(what, at)
	}
}

func (r *rows) holding() (h flow.KeptHolding) {
	h.Connection, h.ID, h.Customer, h.Entitlement, h.SKU = flow.ConnectionID(r.word()), r.text(), r.word(), r.text(), r.word()
	h.Offer, h.OfferName, h.Name, h.ProductType, h.Publisher = r.text(), r.word(), r.word(), r.word(), r.word()
	h.Quantity, h.UnitType = r.decimal(), r.word()
	h.Status, h.StatusText = flow.HoldingStatus(r.enum(holdingWords)), r.word()
	h.TermMonths, h.RenewalTermMonths = r.count(), r.count()
	h.Billing.Name, h.Billing.Months = r.word(), r.count()
	h.BillingText, h.BillingType, h.AutoRenew, h.Trial = r.word(), r.word(), r.flag(), r.flag()
	h.Parent, h.Order, h.Reseller, h.Promotion, h.MigratedFrom = r.text(), r.text(), r.word(), r.word(), r.text()
	h.CreatedAt, h.StartsAt, h.EndsAt, h.BillingEndsAt, h.CancellableUntil = r.instant(), r.instant(), r.instant(), r.instant(), r.instant()
	r.timed(func(what string, at time.Time) {
		h.Refunds = append(h.Refunds, flow.RefundOption{Type: what, ExpiresAt: at})
	})
	r.timed(func(what string, at time.Time) {
		quantity, err := money.ParseDecimal(what)
		if err != nil {
			r.bad(err)
		}
		h.Refundable = append(h.Refundable, flow.RefundableQuantity{Quantity: quantity, AllowedUntil: at})
	})
	hasNext := r.flag()
	if next := r.nextTerm(); hasNext {
		h.Next = next
	}
	if reasons := r.text(); reasons != "" {
		h.SuspensionReasons = strings.Split(reasons, "\n")
	}
	h.SeenAt = r.instant()
	return h
}

// HoldingList is in order of customer and id. What is not asked for is not in the
// statement, so that a customer's are found by their index.
func (t *tx) HoldingList(connection flow.ConnectionID, customer string) (list []flow.KeptHolding, err error) {
	var where []string
	var args []any
	for _, asked := range []struct{ column, value string }{{"connection", string(connection)}, {"customer", customer}} {
		if asked.value != "" {
			args = append(args, asked.value)
			where = append(where, asked.column+" = $"+strconv.Itoa(len(args)))
		}
	}
	if len(where) == 0 {
		where = []string{"true"}
	}
	err = t.each(func(r *rows) { list = append(list, r.holding()) }, `SELECT `+strings.Join(holdingTable.columns, ", ")+` FROM holding
		WHERE `+strings.Join(where, " AND ")+` ORDER BY connection, customer, id`, args...)
	return list, wrap("holdings of "+string(connection), err)
}

// HoldingsGet are those of the ids that were seen, by id.
func (t *tx) HoldingsGet(connection flow.ConnectionID, ids []string) (map[string]flow.KeptHolding, error) {
	kept := map[string]flow.KeptHolding{}
	if err := t.hintLists(); err != nil {
		return nil, err
	}
	err := inIDs(t, ids, []any{string(connection)}, func(in string, args []any) error {
		return t.each(func(r *rows) { h := r.holding(); kept[h.ID] = h }, `SELECT `+strings.Join(holdingTable.columns, ", ")+` FROM holding
			WHERE connection = $1 AND id`+in, args...)
	})
	return kept, wrap("holdings of "+string(connection), err)
}

// HoldingBound counts in each of its three sources by the index, and no further than
// is asked.
func (t *tx) HoldingBound(connection flow.ConnectionID, invoice, after string, most int) (last string, err error) {
	if err := t.hintLists(); err != nil {
		return "", err
	}
	err = t.each(func(r *rows) {
		if one := r.text(); last == "" || one < last {
			last = one
		}
	}, `SELECT one FROM (SELECT id AS one FROM holding WHERE connection = $1 AND id > $3 ORDER BY id LIMIT 1 OFFSET $4) seen
		UNION ALL SELECT one FROM (SELECT holding AS one FROM holding_link WHERE connection = $1 AND holding > $3 ORDER BY holding LIMIT 1 OFFSET $4) linked
		UNION ALL SELECT one FROM (SELECT holding AS one FROM provider_line WHERE connection = $1 AND invoice = $2 AND holding > $3 ORDER BY holding LIMIT 1 OFFSET $4) charged`,
		string(connection), invoice, after, int64(most-1))
	return last, wrap("holdings of "+string(connection), err)
}

// HoldingsWithin puts its two sources together here, where it costs least.
func (t *tx) HoldingsWithin(connection flow.ConnectionID, after, last string) (ids []string, err error) {
	if err := t.hintLists(); err != nil {
		return nil, err
	}
	seen, linked, args := ``, ``, []any{string(connection), after}
	if last != "" {
		seen, linked, args = ` AND id <= $3`, ` AND holding <= $3`, append(args, last)
	}
	err = t.each(func(r *rows) { ids = append(ids, r.text()) }, `SELECT id FROM holding WHERE connection = $1 AND id > $2`+seen+`
		UNION ALL SELECT holding FROM holding_link WHERE connection = $1 AND holding > $2`+linked, args...)
	slices.Sort(ids)
	return slices.Compact(ids), wrap("holdings of "+string(connection), err)
}

// periodOf reads a period's two days.
func (r *rows) periodOf() calendar.Period { return calendar.Period{From: r.day(), To: r.day()} }
