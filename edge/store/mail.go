package store

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

var mailWords = []string{office.MailWaiting: "waiting", office.MailSent: "sent", office.MailGivenUp: "failed"}

const (
	mailColumns = `seq, message_id, kind, seller, invoice, user_id, sent_to, note, sealed, made_at, made_by, state, attempts, next_at, status, why, lease_until`
	// mailRead adds the number of the invoice.
	mailRead = `SELECT m.seq, m.message_id, m.kind, m.seller, m.invoice, m.user_id, m.sent_to, m.note, m.sealed, m.made_at, m.made_by, m.state, m.attempts, m.next_at, m.status, m.why, m.lease_until,
		COALESCE(i.series, ''), COALESCE(i.number, 0) FROM mail m LEFT JOIN invoice i ON i.id = m.invoice `
	// mailsAtOnce is how many go into one statement.
	mailsAtOnce = 100
)

func (r *rows) mail() (m office.Mail) {
	m = office.Mail{Seq: r.number(), MessageID: r.text(), Kind: office.MailKind(r.word()), Seller: flow.SellerID(r.word()), Invoice: r.text(), User: office.UserID(r.text()),
		To: strings.Split(r.text(), "\n"), Note: r.text()}
	if sealed := r.text(); sealed != "" {
		var err error
		if m.Sealed, err = base64.StdEncoding.DecodeString(sealed); err != nil {
			r.bad(err)
		}
	}
	m.MadeAt, m.MadeBy, m.State = r.instant(), r.word(), office.MailState(r.enum(mailWords))
	m.Attempts, m.NextAt, m.Status, m.Why, m.LeaseUntil = r.count(), r.instant(), r.count(), r.text(), r.instant()
	if series, number := r.word(), r.number(); series != "" {
		m.Number = flow.PrintedNumber(&flow.Issued{Seller: m.Seller, Series: series, Number: number})
	}
	return m
}

// MailsAdd numbers mails and keeps them.
func (t *tx) MailsAdd(mails []office.Mail) error {
	if len(mails) == 0 {
		return nil
	}
	var last int64
	if _, err := t.one(func(r *rows) { last = r.number() },
		`INSERT INTO counter (name, value) VALUES ('mail', $1) ON CONFLICT (name) DO UPDATE SET value = counter.value + $1 RETURNING value`, int64(len(mails))); err != nil {
		return wrap("mails", err)
	}
	for i := range mails {
		mails[i].Seq = last - int64(len(mails)) + int64(i) + 1
	}
	for some := range slices.Chunk(mails, mailsAtOnce) {
		var places []string
		var args []any
		for i := range some {
			m := &some[i]
			places = append(places, "("+binds(len(args)+1, 17)+")")
			args = append(args, m.Seq, m.MessageID, string(m.Kind), string(m.Seller), m.Invoice, string(m.User), strings.Join(m.To, "\n"), m.Note,
				base64.StdEncoding.EncodeToString(m.Sealed), microsOf(m.MadeAt), m.MadeBy, m.State.String(), int64(m.Attempts), microsOf(m.NextAt), int64(m.Status), m.Why, microsOf(m.LeaseUntil))
		}
		if _, err := t.exec(`INSERT INTO mail (`+mailColumns+`) VALUES `+strings.Join(places, ", "), args...); err != nil {
			return wrap("mails", err)
		}
	}
	return nil
}

func mailNamed(seq int64) string { return fmt.Sprintf("mail %d", seq) }

// MailGet is one with its tries.
func (t *tx) MailGet(seq int64) (m office.Mail, tries []office.MailAttempt, err error) {
	found, err := t.one(func(r *rows) { m = r.mail() }, mailRead+`WHERE m.seq = $1`, seq)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	if err != nil {
		return m, nil, wrap(mailNamed(seq), err)
	}
	err = t.each(func(r *rows) {
		tries = append(tries, office.MailAttempt{No: r.count(), At: r.instant(), Took: time.Duration(r.number()) * time.Microsecond, Status: r.count(), Why: r.text()})
	}, `SELECT attempt_no, at, took_micros, status, why FROM mail_attempt WHERE mail = $1 ORDER BY attempt_no`, seq)
	return m, tries, wrap(mailNamed(seq), err)
}

// MailList is newest first.
func (t *tx) MailList(f office.MailFilter) (list []office.Mail, err error) {
	if f.Before == 0 {
		f.Before = seqBeyond
	}
	if f.Most == 0 {
		f.Most = pageMost
	}
	c := condition{texts: []string{`m.seq < $1`}, args: []any{f.Before}}
	switch {
	case f.HasState && f.Is == office.MailSent:
		c.texts = append(c.texts, `m.state = 'sent'`)
	case f.HasState && f.Is == office.MailWaiting:
		// Said in full, so that the indexes of the few are seen to serve.
		c.texts = append(c.texts, `m.state = 'waiting'`)
	case f.HasState:
		c.texts = append(c.texts, `m.state = 'failed'`)
	}
	if f.Kind != "" {
		c.add(`m.kind = ?`, string(f.Kind))
	}
	if f.Not != "" {
		c.add(`m.kind <> ?`, string(f.Not))
	}
	if f.Invoice != "" {
		c.add(`m.invoice <> '' AND m.invoice = ?`, f.Invoice)
	}
	err = t.each(func(r *rows) { list = append(list, r.mail()) }, mailRead+c.where()+` ORDER BY m.seq DESC LIMIT `+fmt.Sprint(f.Most), c.args...)
	return list, wrap("mails", err)
}

// MailCounts counts those that wait and those that failed.
func (t *tx) MailCounts() (waiting, failed int64, err error) {
	_, err = t.one(func(r *rows) { waiting, failed = r.number(), r.number() },
		`SELECT (SELECT COUNT(*) FROM mail WHERE state = 'waiting'), (SELECT COUNT(*) FROM mail WHERE state = 'failed')`)
	return waiting, failed, wrap("mails", err)
}

// InvoicesUnsent are those of a run that nobody was sent.
func (t *tx) InvoicesUnsent(run int64, after string, most int) (list []office.UnsentInvoice, err error) {
	err = t.each(func(r *rows) {
		list = append(list, office.UnsentInvoice{ID: r.text(), Seller: flow.SellerID(r.word()), Address: r.text(), Held: r.number() > 0})
	}, `SELECT i.id, i.seller, a.email, (SELECT COUNT(*) FROM billing_hold h WHERE h.group_key = i.group_key)
		FROM invoice i JOIN account a ON a.id = i.payer
		WHERE i.run = $1 AND i.id > $2 AND i.voided_by = '' AND i.corrects = ''
		AND NOT EXISTS (SELECT 1 FROM invoice_sent s WHERE s.invoice = i.id)
		AND NOT EXISTS (SELECT 1 FROM mail m WHERE m.invoice = i.id AND m.invoice <> '' AND m.state = 'waiting')
		ORDER BY i.id LIMIT $3`, run, after, int64(most))
	return list, wrap(fmt.Sprintf("unsent invoices of run %d", run), err)
}

// MailsDue are those whose time has come and that nobody is sending.
func (t *tx) MailsDue(now time.Time, most int) (list []int64, err error) {
	err = t.each(func(r *rows) { list = append(list, r.number()) },
		`SELECT seq FROM mail WHERE state = 'waiting' AND next_at <= $1 AND lease_until <= $1 ORDER BY next_at, seq LIMIT $2`, microsOf(now), int64(most))
	return list, wrap("mails", err)
}

// MailTake is one statement on one row, so that of two who ask at once one is given it.
func (t *tx) MailTake(seq int64, now, until time.Time) (m office.Mail, taken bool, err error) {
	n, err := t.exec(`UPDATE mail SET lease_until = $3 WHERE seq = $1 AND state = 'waiting' AND next_at <= $2 AND lease_until <= $2`, seq, microsOf(now), microsOf(until))
	if err != nil || n == 0 {
		return m, false, wrap(mailNamed(seq), err)
	}
	m, _, err = t.MailGet(seq)
	return m, err == nil, err
}

// MailTried notes a try and what becomes of the mail.
func (t *tx) MailTried(m office.Mail, try office.MailAttempt) (bool, error) {
	args := []any{m.Seq, m.State.String(), int64(m.Attempts), microsOf(m.NextAt), int64(m.Status), m.Why, base64.StdEncoding.EncodeToString(m.Sealed)}
	held := ``
	// What was sent was sent, whoever has the mail by now.
	if m.State != office.MailSent {
		held, args = ` AND state = 'waiting' AND lease_until = $8`, append(args, microsOf(m.LeaseUntil))
	}
	n, err := t.exec(`UPDATE mail SET state = $2, attempts = $3, next_at = $4, status = $5, why = $6, sealed = $7, lease_until = 0 WHERE seq = $1`+held, args...)
	if err != nil || n == 0 {
		return false, wrap(mailNamed(m.Seq), err)
	}
	// Tries are numbered on where the mail is tried anew.
	_, err = t.exec(`INSERT INTO mail_attempt (mail, attempt_no, at, took_micros, status, why)
		SELECT $1, COALESCE(MAX(a.attempt_no), 0) + 1, $2, $3, $4, $5 FROM mail_attempt a WHERE a.mail = $1`,
		m.Seq, microsOf(try.At), try.Took.Microseconds(), int64(try.Status), try.Why)
	return true, wrap(mailNamed(m.Seq), err)
}

// MailAgain lets it be tried at once, counted anew.
func (t *tx) MailAgain(seq int64, now time.Time) error {
	n, err := t.exec(`UPDATE mail SET state = 'waiting', attempts = 0, next_at = $2 WHERE seq = $1`, seq, microsOf(now))
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap(mailNamed(seq), err)
}

// MailsSweep forgets what is old.
func (t *tx) MailsSweep(before time.Time, most int) (int64, error) {
	const old = `SELECT m.seq FROM mail m WHERE m.state <> 'waiting' AND m.next_at < $1
		AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.kind = '` + string(flow.MailFailed) + `' AND e.subject = CAST(m.seq AS TEXT) AND e.closed_at = 0)
		ORDER BY m.next_at, m.seq LIMIT $2`
	var forgotten []int64
	if err := t.each(func(r *rows) { forgotten = append(forgotten, r.number()) }, old, microsOf(before), int64(most)); err != nil {
		return 0, wrap("mails", err)
	}
	for _, seq := range forgotten {
		if _, err := t.exec(`DELETE FROM mail_attempt WHERE mail = $1`, seq); err != nil {
			return 0, wrap(mailNamed(seq), err)
		}
		if _, err := t.exec(`DELETE FROM mail WHERE seq = $1`, seq); err != nil {
			return 0, wrap(mailNamed(seq), err)
		}
	}
	return int64(len(forgotten)), nil
}
