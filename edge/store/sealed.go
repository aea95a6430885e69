package store

import (
	"encoding/base64"
	"fmt"

	"prorata/flow"
	"prorata/flow/office"
)

// sealedColumn is where values of a kind stand: whose, which of theirs, and the value in base64.
type sealedColumn struct{ table, of, name, value, where string }

var sealedColumns = map[office.SealedKind]sealedColumn{
	office.SealedConnection: {"connection_secret", "connection", "name", "sealed", ""},
	office.SealedFactor:     {"user_factor", "user_id", "id", "kept", " AND kind = '" + string(office.FactorCode) + "'"},
	office.SealedWebhook:    {"webhook_secret", "webhook", "CAST(secret_no AS TEXT)", "sealed", ""},
	office.SealedMail:       {"mail", "message_id", "kind", "sealed", ""},
	office.SealedAnswer:     {"api_request", "owner", "request_key", "body", ""},
}

// SealedList is in the order of whose and which.
func (t *tx) SealedList(behind office.SealedValue, most int) (list []office.SealedValue, err error) {
	c := sealedColumns[behind.Kind]
	err = t.each(func(r *rows) {
		v := office.SealedValue{Kind: behind.Kind, Of: r.text(), Name: r.text()}
		sealed, bad := base64.StdEncoding.DecodeString(r.text())
		if bad != nil {
			r.bad(bad)
		}
		v.Sealed = sealed
		list = append(list, v)
	}, fmt.Sprintf(`SELECT %[2]s, %[3]s, %[4]s FROM %[1]s WHERE %[4]s <> '' AND (%[2]s > $1 OR %[2]s = $1 AND %[3]s > $2)%[5]s ORDER BY %[2]s, %[3]s LIMIT $3`,
		c.table, c.of, c.name, c.value, c.where), behind.Of, behind.Name, int64(most))
	return list, wrap("sealed values", err)
}

// SealedReplace changes a value that nobody changed meanwhile.
func (t *tx) SealedReplace(was office.SealedValue, sealed []byte) error {
	c := sealedColumns[was.Kind]
	n, err := t.exec(fmt.Sprintf(`UPDATE %[1]s SET %[4]s = $4 WHERE %[2]s = $1 AND %[3]s = $2 AND %[4]s = $3`, c.table, c.of, c.name, c.value),
		was.Of, was.Name, base64.StdEncoding.EncodeToString(was.Sealed), base64.StdEncoding.EncodeToString(sealed))
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap("sealed values", err)
}
