package store

import "prorata/flow/office"

const auditColumns = `seq, at, user_id, who, door, came_from, verb, subject, said, outcome, previous, hash`

// AuditAppend takes the head of the chain, so that no other record comes between.
func (t *tx) AuditAppend(a office.AuditRecord, link func(int64, string) string) error {
	if _, err := t.one(func(r *rows) { a.Seq, a.Previous = r.number()+1, r.text() },
		`INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '') ON CONFLICT (id) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash`); err != nil {
		return wrap("audit", err)
	}
	a.Hash = link(a.Seq, a.Previous)
	if _, err := t.exec(`INSERT INTO audit (`+auditColumns+`) VALUES (`+binds(1, 12)+`)`, a.Seq, microsOf(a.At), string(a.User), a.Who, string(a.Door), a.From,
		a.Verb, a.Subject, a.Said, string(a.Outcome), a.Previous, a.Hash); err != nil {
		return wrap("audit", err)
	}
	_, err := t.exec(`UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1`, a.Seq, a.Hash)
	return wrap("audit", err)
}

// audit reads auditColumns.
func (r *rows) audit() office.AuditRecord {
	return office.AuditRecord{Seq: r.number(), At: r.instant(), User: office.UserID(r.text()), Who: r.text(), Door: office.Door(r.text()), From: r.text(),
		Verb: r.text(), Subject: r.text(), Said: r.text(), Outcome: office.Outcome(r.text()), Previous: r.text(), Hash: r.text()}
}

// AuditList is newest first.
func (t *tx) AuditList(f office.AuditFilter) (list []office.AuditRecord, err error) {
	most, before, to := f.Most, f.Before, microsOf(f.To)
	if most == 0 {
		most = pageMost
	}
	if before == 0 {
		before = seqBeyond
	}
	if f.To.IsZero() {
		to = 1 << 62
	}
	err = t.each(func(r *rows) { list = append(list, r.audit()) }, `SELECT `+auditColumns+` FROM audit
		WHERE seq < $1 AND (who = $2 OR $2 = '') AND (verb = $3 OR $3 = '') AND (subject = $4 OR $4 = '') AND (outcome = $5 OR $5 = '') AND at >= $6 AND at < $7
		ORDER BY seq DESC LIMIT $8`, before, f.Who, f.Verb, f.Subject, string(f.Outcome), microsOf(f.From), to, int64(most))
	return list, wrap("audit", err)
}

// auditPage is how many records are read at once.
const auditPage = 5000

// AuditAll reads from the first record, a page at a time: the callback may use the
// transaction.
func (t *tx) AuditAll(call func(office.AuditRecord) bool) error {
	for after := int64(0); ; {
		var page []office.AuditRecord
		err := t.each(func(r *rows) { page = append(page, r.audit()) },
			`SELECT `+auditColumns+` FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`, after, int64(auditPage))
		if err != nil {
			return wrap("audit", err)
		}
		for _, a := range page {
			if !call(a) {
				return nil
			}
			after = a.Seq
		}
		if len(page) < auditPage {
			return nil
		}
	}
}

// AuditHead is the newest record as the chain remembers it.
func (t *tx) AuditHead() (seq int64, hash string, err error) {
	_, err = t.one(func(r *rows) { seq, hash = r.number(), r.text() }, `SELECT seq, hash FROM audit_head WHERE id = 1`)
	return seq, hash, wrap("audit", err)
}
