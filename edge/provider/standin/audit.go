package standin

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const (
	// auditDaysMax is how far back the log can be read, auditDaysUsual how far it is
	// where nobody says.
	auditDaysMax   = 90
	auditDaysUsual = 30
	auditUsual     = 500
)

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
func (w *World) note(operation, resource string, c *customer, value string, more ...[2]string) {
	r := &auditRecord{operation: operation, resource: resource, customer: c, at: w.now, value: value, more: more}
	who := w.set.Partner.Tenant
	if c != nil {
		who += "_" + c.ID
	}
	r.id = who + "_" + strings.ReplaceAll(operation, "_", "") + "_" + w.newHex(16)
	w.records = append(w.records, r)
}

// auditList is what happened on some days, a page at a time, the latest first.
func (w *World) auditList(c *call) *answer {
	today := civil(w.now)
	from, to, err := bounds(c.query("startDate"), c.query("endDate"), w.now.AddDate(0, 0, -auditDaysUsual), midnight(today.AddDays(1)))
	if err != nil {
		return refuseInput("startDate and endDate must be dates")
	}
	if from.Before(midnight(today.AddDays(-auditDaysMax))) {
		return refuseInput("startDate is more than %d days ago", auditDaysMax)
	}
	var filter struct{ Field, Value, Operator string }
	if text := c.query("filter"); text != "" {
		if err := json.Unmarshal([]byte(text), &filter); err != nil {
			return refuseInput("the filter is not JSON: %v", err)
		}
	}
	found := []*auditRecord{}
	for i := len(w.records) - 1; i >= 0; i-- {
		if r := w.records[i]; !r.at.Before(from) && r.at.Before(to) && r.matches(filter.Field, filter.Value) {
			found = append(found, r)
		}
	}
	size, _ := strconv.Atoi(c.query("size"))
	if size <= 0 {
		size = auditUsual
	}
	return paged(c, found, size, func(r *auditRecord) object { return r.body(w) })
}

func (r *auditRecord) matches(field, value string) bool {
	switch strings.ToLower(field) {
	case "companyname":
		return r.customer != nil && strings.Contains(strings.ToLower(r.customer.Name), strings.ToLower(value))
	case "customerid":
		return r.customer != nil && strings.EqualFold(r.customer.ID, value)
	case "resourcetype":
		return strings.EqualFold(r.resource, value)
	}
	return true
}

func (r *auditRecord) body(w *World) object {
	o := object{
		"id": r.id, "partnerId": w.set.Partner.Tenant, "participants": []string{w.set.Partner.Tenant}, "userPrincipalName": "integration@" + w.set.Partner.Domain,
		"applicationId": w.set.ClientID, "resourceType": r.resource, "operationType": r.operation, "operationDate": stamp(r.at),
		"operationStatus": "succeeded", "attributes": kindOf("AuditRecord"),
	}
	if r.customer != nil {
		o["customerId"], o["customerName"] = r.customer.ID, r.customer.Name
	}
	if r.value != "" {
		o["resourceNewValue"] = r.value
	}
	more := []object{}
	for _, m := range r.more {
		more = append(more, object{"key": m[0], "value": m[1]})
	}
	if len(more) > 0 {
		o["customizedData"] = more
	}
	return o
}
