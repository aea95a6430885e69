package api

// areaSaid is what an area of the work is, for the document. A test holds it to the
// areas that operations are in.
func areaSaid(area string) string {
	return map[string]string{
		"invoices": "Issued invoices and credit notes. They never change; one is taken back by a credit note.",
		"audit":    "Who did what, each record chained to the one before it.",
	}[area]
}
