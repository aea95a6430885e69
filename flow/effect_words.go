package flow

import (
	"fmt"
	"strings"
)

// Sentence says it as a salesperson would: +5 from 12 Mar 2026: 56.77 EUR now, 110.00
// EUR more each month.
func (e *Effect) Sentence() string {
	text := e.what() + " from " + day(e.On) + ": "
	if e.Waits {
		return text + "waits until the account is released from credit hold."
	}
	var parts []string
	switch {
	case e.Now.Sign() > 0:
		parts = append(parts, e.Now.String()+" "+e.Currency.String()+" now")
	case e.Now.Sign() < 0:
		parts = append(parts, e.Now.Neg().String()+" "+e.Currency.String()+" credited now")
	}
	for i := range e.Later {
		step := &e.Later[i]
		each := step.Each()
		if each.IsZero() {
			continue
		}
		word := " more "
		if each.Sign() < 0 {
			each, word = each.Neg(), " less "
		}
		part := each.String() + " " + e.Currency.String() + word + every(step.Months)
		if i > 0 && step.Days.From == e.RenewsOn || len(parts) == 0 {
			part += " from " + day(step.Days.From)
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return text + "no amount changes."
	}
	return text + strings.Join(parts, ", ") + "."
}

// what is the change in seats.
func (e *Effect) what() string {
	switch difference := e.Becomes.Sub(e.Quantity); {
	case !e.RunsBefore && e.RunsAfter:
		return e.Becomes.String() + " new"
	case e.RunsBefore && !e.RunsAfter:
		return "Cancelled"
	case difference.Sign() > 0:
		return "+" + difference.String()
	case difference.Sign() < 0:
		return "−" + difference.Neg().String()
	case e.Renewal.Cmp(e.RenewalBecomes) != 0:
		return e.Renewal.String() + " → " + e.RenewalBecomes.String() + " at renewal"
	}
	return "Changed"
}

func every(months int) string {
	switch months {
	case 1:
		return "each month"
	case 3:
		return "each quarter"
	case 12:
		return "each year"
	}
	return fmt.Sprintf("every %d months", months)
}
