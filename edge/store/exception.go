package store

import (
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

const exceptionColumns = `id, kind, subject, connection, account, subscription, sentence, todo, worth, currency, opened_at, seen_at, closed_at, closed_by`

// ExceptionOpen opens one, or takes the new sentence for the one that is open.
func (t *tx) ExceptionOpen(e flow.Exception) (opened bool, err error) {
	doing := "exception " + e.Kind + " " + e.Subject
	// Who opens several, opens and closes: the counter first, so that none waits for
	// another in a circle, and of two who find the same one opens it.
	if err := t.hold(); err != nil {
		return false, wrap(doing, err)
	}
	n, err := t.exec(`UPDATE exception SET connection = $3, account = $4, subscription = $5, sentence = $6, todo = $7, worth = $8, currency = $9, seen_at = $10
		WHERE kind = $1 AND subject = $2 AND closed_at = 0`, e.Kind, e.Subject, string(e.Connection), string(e.Account), string(e.Subscription),
		e.Sentence, e.Todo, givenText(e.Amount, e.HasAmount), e.Currency.String(), microsOf(e.SeenAt))
	if err != nil || n > 0 {
		return false, wrap(doing, err)
	}
	id, err := t.fact()
	if err != nil {
		return false, wrap(doing, err)
	}
	_, err = t.exec(`INSERT INTO exception (`+exceptionColumns+`) VALUES (`+binds(1, 14)+`)`, id, e.Kind, e.Subject, string(e.Connection), string(e.Account),
		string(e.Subscription), e.Sentence, e.Todo, givenText(e.Amount, e.HasAmount), e.Currency.String(), microsOf(e.OpenedAt), microsOf(e.SeenAt), int64(0), "")
	return err == nil, wrap(doing, err)
}

// ExceptionClose settles the one that is open.
func (t *tx) ExceptionClose(kind, subject, by string, at time.Time) (bool, error) {
	if err := t.hold(); err != nil {
		return false, wrap("exception "+kind+" "+subject, err)
	}
	n, err := t.exec(`UPDATE exception SET closed_at = $3, closed_by = $4 WHERE kind = $1 AND subject = $2 AND closed_at = 0`, kind, subject, microsOf(at), by)
	return n > 0, wrap("exception "+kind+" "+subject, err)
}

// ExceptionList is newest first.
func (t *tx) ExceptionList(f flow.ExceptionFilter) (list []flow.Exception, err error) {
	if f.Most == 0 {
		f.Most = pageMost
	}
	err = t.each(func(r *rows) {
		e := flow.Exception{ID: r.number(), Kind: r.text(), Subject: r.text(), Connection: flow.ConnectionID(r.text()), Account: billing.AccountID(r.text()),
			Subscription: billing.SubscriptionID(r.text()), Sentence: r.text(), Todo: r.text()}
		e.Amount, e.HasAmount = r.given()
		e.Currency, e.OpenedAt, e.SeenAt, e.ClosedAt, e.ClosedBy = r.currency(), r.instant(), r.instant(), r.instant(), r.text()
		list = append(list, e)
	}, `SELECT `+exceptionColumns+` FROM exception WHERE (kind = $1 OR $1 = '') AND (connection = $2 OR $2 = '') AND (closed_at <> 0) = $3
		ORDER BY id DESC LIMIT $4`, f.Kind, string(f.Connection), f.Closed, int64(f.Most))
	return list, wrap(fmt.Sprintf("exceptions %s", f.Kind), err)
}
