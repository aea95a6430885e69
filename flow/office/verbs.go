package office

// rights is who may do what: every verb of the desk, once. A test holds it to the
// methods of Desk, and walks it with every role.
//
// Where resellers and customers may, they may on accounts of their own alone: the
// verb asks within.
var rights = []right{
	// verb, area, changes, who
	{"InvoiceGet", "invoices", reads, everybody},
	{"InvoiceVoid", "invoices", writes, "OF"},
	{"AuditList", "audit", reads, "OA"},
}
