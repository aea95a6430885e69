package flow

import (
	"prorata/core/billing"
	"prorata/core/calendar"
)

// CreditRow is what was credited of one line of an issued invoice, as the log has it: from
// it and the invoice its credit note can be derived again.
type CreditRow struct {
	// Seq is given by the store: the entry of the log.
	Seq      int64
	Contract billing.ContractID
	// Invoice and Note are the IDs of the invoice and of the credit note.
	Invoice, Note string
	billing.CreditedLine
	// Reason is printed on the note.
	Reason string
	// RecordedOn is the date of the note, KnownOn the first day whose invoice counts on it,
	// which is earlier where billing has missed a date.
	RecordedOn, KnownOn calendar.Date
}

// Credits are what credit notes take of lines of invoices.
type Credits interface {
	// CreditsAppend writes the lines of one credit note, each with its entry of the log.
	CreditsAppend(entries []LogEntry, rows []CreditRow) error
	// CreditRows are the lines that credit notes took of an invoice, by its ID, in the order of the log.
	CreditRows(invoice string) ([]CreditRow, error)
	// CreditRowsOf are those of the invoices of groups, in the order of the log.
	CreditRowsOf(firstGroup, lastGroup string) ([]CreditRow, error)
	// InvoiceNotes are the credit notes for an invoice, by its ID, oldest first, with lines and taxes.
	InvoiceNotes(invoice string) ([]Issued, error)
}
