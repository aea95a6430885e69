package standin

import "time"

// auditRecord is one line of what happened at the partner.
type auditRecord struct {
	id, operation, resource string
	customer                *customer
	at                      time.Time
	// value is the resource after it, as JSON in a text.
	value string
	// more are named details, in order.
	more [][2]string
}

// note writes an audit record.
func (w *World) note(operation, resource string, c *customer, value string, more ...[2]string) *auditRecord {
	r := &auditRecord{operation: operation, resource: resource, customer: c, at: w.now, value: value, more: more}
	tenant := w.set.Partner.Tenant
	r.id = tenant + "_" + operation + "_" + w.newHex(16)
	if c != nil {
		r.id = tenant + "_" + c.ID + "_" + operation + "_" + w.newHex(16)
	}
	w.records = append(w.records, r)
	return r
}
