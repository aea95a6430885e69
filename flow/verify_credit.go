package flow

import (
	"strings"

	"prorata/core/billing"
)

// checkCredits derives the credit notes of a part of the book again, from the log and the
// invoices that they are for, and what they have left of each.
func (c *verifyChunk) checkCredits(catalog *billing.Catalog, report *VerifyReport) {
	of := map[string][]CreditRow{}
	var order []string
	for _, row := range c.credits {
		if of[row.Invoice] == nil {
			order = append(order, row.Invoice)
		}
		of[row.Invoice] = append(of[row.Invoice], row)
	}
	c.left, c.credited = map[string]billing.Remainder{}, map[string]bool{}
	for _, id := range order {
		issued, ok := c.issued[id]
		if !ok {
			report.differ("credit %s: the invoice %s that it is of is not there", of[id][0].Note, id)
			continue
		}
		left := billing.NewRemainder(&issued.Invoice)
		for _, part := range noteParts(of[id]) {
			if why := c.checkCredit(catalog, issued, &left, part); why != "" {
				report.differ("credit %s of invoice %s: %s", part[0].Note, PrintedNumber(issued), why)
				break
			}
		}
		c.left[id] = left
	}
}

// checkCredit holds one note against the log, takes it off what is left, and says in what
// they differ.
func (c *verifyChunk) checkCredit(catalog *billing.Catalog, issued *Issued, left *billing.Remainder, rows []CreditRow) string {
	note, ok := c.issued[rows[0].Note]
	if !ok {
		return "the log has it, and no credit note was issued"
	}
	c.credited[note.ID] = true
	lines := linesOf(rows)
	derived, err := catalog.CreditNote(&issued.Invoice, left, lines, rows[0].RecordedOn, PrintedNumber(issued), rows[0].Reason)
	if err != nil {
		return err.Error()
	}
	if want, got := canonical(&note.Invoice), canonical(&derived); string(want) != string(got) {
		return "derived again it differs: " + firstDifference(want, got)
	}
	if note.Corrects != issued.ID || !strings.HasPrefix(note.ID, issued.ID+creditedSuffix) {
		return "its credit note says that it is of " + note.Corrects
	}
	if !left.Less(lines, &derived) {
		return "it took more than was left"
	}
	return ""
}
