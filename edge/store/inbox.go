package store

import (
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

const waitingColumns = `e.id, e.kind, e.subject, e.connection, e.account, e.subscription, e.sentence, e.todo, e.worth, e.currency,
	e.opened_at, e.seen_at, e.closed_at, e.closed_by, COALESCE(a.name, ''), COALESCE(c.assignee, ''), COALESCE(c.snoozed_until, ''), COALESCE(c.note, '')`

const waitingFrom = ` FROM exception e LEFT JOIN exception_care c ON c.exception = e.id LEFT JOIN account a ON a.id = e.account`

// waiting reads waitingColumns.
func (r *rows) waiting() office.Waiting {
	w := office.Waiting{Exception: flow.Exception{ID: r.number(), Kind: r.text(), Subject: r.text(), Connection: flow.ConnectionID(r.text()),
		Account: billing.AccountID(r.text()), Subscription: billing.SubscriptionID(r.text()), Sentence: r.text(), Todo: r.text()}}
	w.Amount, w.HasAmount = r.given()
	w.Currency, w.OpenedAt, w.SeenAt, w.ClosedAt, w.ClosedBy = r.currency(), r.instant(), r.instant(), r.instant(), r.text()
	w.AccountName, w.Assignee, w.SnoozedUntil, w.Note = r.text(), r.text(), r.day(), r.text()
	return w
}

// WaitingList is newest first.
func (t *tx) WaitingList(f office.WaitingFilter) (list []office.Waiting, err error) {
	state := `e.closed_at = 0 AND COALESCE(c.snoozed_until, '') <= $7`
	switch f.State {
	case office.WaitingSnoozed:
		state = `e.closed_at = 0 AND c.snoozed_until > $7`
	case office.WaitingSettled:
		state = `e.closed_at <> 0 AND $7 <> ''`
	case office.WaitingOpen:
	}
	before, most := f.Before, f.Most
	if before == 0 {
		before = seqBeyond
	}
	if most == 0 {
		most = pageMost
	}
	err = t.each(func(r *rows) { list = append(list, r.waiting()) }, `SELECT `+waitingColumns+waitingFrom+`
		WHERE e.id < $1 AND (e.kind = $2 OR $2 = '') AND (e.connection = $3 OR $3 = '') AND (e.account = $4 OR $4 = '')
		AND ($5 = '' OR COALESCE(c.assignee, '') = CASE WHEN $5 = '-' THEN '' ELSE $5 END)
		AND ($6 = '' OR LOWER(e.subject) LIKE $6 ESCAPE '\' OR LOWER(e.sentence) LIKE $6 ESCAPE '\' OR LOWER(COALESCE(a.name, '')) LIKE $6 ESCAPE '\')
		AND `+state+` ORDER BY e.id DESC LIMIT $8`, before, f.Kind, string(f.Connection), string(f.Account), f.Assignee, sought(f.Text), f.On.String(), int64(most))
	return list, wrap("exceptions", err)
}

// WaitingGet is one of them, whatever its state.
func (t *tx) WaitingGet(id int64) (w office.Waiting, err error) {
	found, err := t.one(func(r *rows) { w = r.waiting() }, `SELECT `+waitingColumns+waitingFrom+` WHERE e.id = $1`, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return w, wrap(fmt.Sprintf("exception %d", id), err)
}

// WaitingWorths calls for each that is open and not put off.
func (t *tx) WaitingWorths(on calendar.Date, call func(string, money.Decimal, money.Currency, bool)) error {
	err := t.each(func(r *rows) {
		kind := r.word()
		amount, has := r.given()
		call(kind, amount, r.currency(), has)
	}, `SELECT e.kind, e.worth, e.currency FROM exception e LEFT JOIN exception_care c ON c.exception = e.id
		WHERE e.closed_at = 0 AND COALESCE(c.snoozed_until, '') <= $1`, on.String())
	return wrap("exceptions", err)
}

// CarePut keeps what people made of one.
func (t *tx) CarePut(id int64, assignee string, snoozedUntil calendar.Date, note string) error {
	_, err := t.exec(`INSERT INTO exception_care (exception, assignee, snoozed_until, note) VALUES ($1, $2, $3, $4)
		ON CONFLICT (exception) DO UPDATE SET assignee = excluded.assignee, snoozed_until = excluded.snoozed_until, note = excluded.note`,
		id, assignee, snoozedUntil.String(), note)
	return wrap(fmt.Sprintf("exception %d", id), err)
}
