package store

import (
	"encoding/base64"
	"fmt"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

var requestWords = []string{office.RequestTaken: "taken", office.RequestDone: "done", office.RequestAnswered: "answered"}

// RequestTake is one statement, so that of two who ask at once one takes it up.
func (t *tx) RequestTake(q office.Request, expired, forgotten time.Time) (office.Request, bool, error) {
	doing := "request " + q.Key
	n, err := t.exec(`INSERT INTO api_request (owner, request_key, holder, digest, state, taken_at, status, header, body) VALUES ($1, $2, $3, $4, 'taken', $5, 0, '', '')
		ON CONFLICT (owner, request_key) DO UPDATE SET holder = excluded.holder, digest = excluded.digest, state = 'taken', taken_at = excluded.taken_at, status = 0, header = '', body = ''
		WHERE api_request.taken_at < $6 OR (api_request.state = 'taken' AND api_request.taken_at < $7 AND api_request.digest = excluded.digest)`,
		q.Owner, q.Key, q.Holder, q.Digest, microsOf(q.TakenAt), microsOf(forgotten), microsOf(expired))
	if err != nil || n > 0 {
		return q, n > 0, wrap(doing, err)
	}
	known, body := office.Request{}, ""
	found, err := t.one(func(r *rows) {
		known.Owner, known.Key, known.Holder, known.Digest = r.text(), r.text(), r.text(), r.text()
		known.State, known.TakenAt = office.RequestState(r.enum(requestWords)), r.instant()
		known.Status, known.Header, body = r.count(), r.text(), r.text()
	}, `SELECT owner, request_key, holder, digest, state, taken_at, status, header, body FROM api_request WHERE owner = $1 AND request_key = $2`, q.Owner, q.Key)
	if err == nil && !found {
		// Dropped between the two statements.
		err = flow.ErrMoved
	}
	if err == nil {
		known.Body, err = base64.StdEncoding.DecodeString(body)
	}
	return known, false, wrap(doing, err)
}

// RequestDone marks it as carried out.
func (t *tx) RequestDone(c office.RequestClaim) (bool, error) {
	n, err := t.exec(`UPDATE api_request SET state = 'done' WHERE owner = $1 AND request_key = $2 AND holder = $3`, c.Owner, c.Key, c.Holder)
	return n > 0, wrap("request "+c.Key, err)
}

// RequestAnswer keeps the answer.
func (t *tx) RequestAnswer(q office.Request) error {
	_, err := t.exec(`UPDATE api_request SET state = 'answered', status = $4, header = $5, body = $6 WHERE owner = $1 AND request_key = $2 AND holder = $3`,
		q.Owner, q.Key, q.Holder, int64(q.Status), q.Header, base64.StdEncoding.EncodeToString(q.Body))
	return wrap("request "+q.Key, err)
}

// RequestDrop forgets it.
func (t *tx) RequestDrop(c office.RequestClaim) error {
	_, err := t.exec(`DELETE FROM api_request WHERE owner = $1 AND request_key = $2 AND holder = $3 AND state = 'taken'`, c.Owner, c.Key, c.Holder)
	return wrap("request "+c.Key, err)
}

// RequestsSweep forgets what is old.
func (t *tx) RequestsSweep(before time.Time) (int64, error) {
	n, err := t.exec(`DELETE FROM api_request WHERE taken_at < $1`, microsOf(before))
	return n, wrap(fmt.Sprintf("requests before %s", before), err)
}
