package flow

import (
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// Explain is a line's "why this amount": a sentence that a customer would
// accept, and the arithmetic.
func Explain(line *billing.InvoiceLine) string {
	return Sentence(line) + " " + Arithmetic(line)
}

// PlainSentence says what a line is for without a word on how its price was made: for
// whoever is not to know what the provider asks.
func PlainSentence(line *billing.InvoiceLine) string {
	if line.Kind == billing.LineCredit {
		return Sentence(line)
	}
	return line.Quantity.String() + " × " + line.SKU + ", " + days(line.From, line.To) + "."
}

// Sentence says in words what a line is for.
func Sentence(line *billing.InvoiceLine) string {
	e := billing.ParseExplanation(line.Explanation)
	if e.Charge != "" && line.Kind != billing.LineAdjustment {
		return mirrorSentence(line, &e)
	}
	switch line.Kind {
	case billing.LineBase:
		return e.After + " × " + line.SKU + ", " + days(line.From, line.To) + partOf(&e) + "."
	case billing.LineChange:
		return changeSentence(line, &e)
	case billing.LineAdjustment:
		return "Corrects " + days(line.From, line.To) + ": owed " + e.Owed + ", billed " + e.Billed + "."
	case billing.LineUsage:
		return usageSentence(line, &e)
	case billing.LineOneTime:
		return e.After + " × " + line.SKU + ", once, on " + day(line.From) + "."
	case billing.LineMinimum:
		return "Minimum of " + e.After + " for " + days(line.From, line.To) + ", less what was used, " + e.Billed + "."
	case billing.LineSmoothing:
		if e.Cause == "instalment" {
			return "Instalment " + e.Part + " of " + e.Billed + " that was over the threshold in " + whole(e.Whole) + "."
		}
		return "What exceeds the threshold of " + e.After + " is billed in " + e.Note + " instalments on the next invoices."
	case billing.LineCredit:
		return creditSentence(line, &e)
	}
	return ""
}

// creditSentence says which line of which invoice is credited, and why.
func creditSentence(line *billing.InvoiceLine, e *billing.Explanation) string {
	of := "line " + e.Line + " of " + e.Invoice
	if e.Cause == "rest" {
		return "What was left of " + of + "."
	}
	text := "Credit of " + line.InvoicedAt.Neg().String() + " of " + of + ": " + e.Note
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func changeSentence(line *billing.InvoiceLine, e *billing.Explanation) string {
	var what string
	switch {
	case strings.Contains(e.Cause, "start"):
		what = e.After + " × " + line.SKU + " added"
	case strings.Contains(e.Cause, "cancellation"):
		what = line.SKU + " cancelled, " + e.Before + " given back"
	case strings.Contains(e.Cause, "suspension"):
		what = line.SKU + " suspended or resumed, " + e.Before + " → " + e.After
	case strings.Contains(e.Cause, "seats") && line.Quantity.Sign() != 0:
		what = line.SKU + " changed, " + e.Before + " → " + e.After
	default:
		what = "New price of " + line.SKU + " for " + e.After
	}
	return what + ", from " + day(line.From) + " for the rest of the period" + partOf(e) + "."
}

func usageSentence(line *billing.InvoiceLine, e *billing.Explanation) string {
	text := "Used " + e.After + " of " + line.SKU + ", " + days(line.From, line.To)
	switch {
	case e.Basis == "cost" && e.Markup != "":
		text += ", at cost and " + e.Markup + " %"
	case e.Basis == "cost":
		text += ", at cost"
	case e.Basis == "retail":
		text += ", at the retail price"
	}
	return text + "."
}

// Arithmetic is the sum of a line as it can be redone by hand.
func Arithmetic(line *billing.InvoiceLine) string {
	e := billing.ParseExplanation(line.Explanation)
	result := line.Amount.String()
	if line.Amount != line.InvoicedAt {
		result += " " + line.Amount.Currency().String() + " = " + line.InvoicedAt.String() + " " + line.InvoicedAt.Currency().String()
	}
	switch line.Kind {
	case billing.LineAdjustment:
		owed := product(line, &e)
		if owed != "" {
			owed += " → "
		}
		return owed + e.Owed + " − " + e.Billed + heldText(&e) + " = " + result
	case billing.LineMinimum:
		return e.After + " − " + e.Billed + " = " + result
	case billing.LineSmoothing:
		if e.Cause == "instalment" {
			_, of, _ := strings.Cut(e.Part, "/")
			return e.Billed + " ÷ " + of + " = " + result
		}
		return "−(" + e.Billed + " − " + e.After + ") = " + result
	case billing.LineCredit:
		text := e.Billed
		if e.Credited != "" {
			text += " − " + e.Credited + " credited before"
		}
		return text + ", of which " + line.InvoicedAt.Neg().String() + " is credited → " + result
	case billing.LineBase, billing.LineChange, billing.LineUsage, billing.LineOneTime:
	}
	text := product(line, &e)
	if e.Exact != "" && e.Exact != line.Amount.String() {
		text += " = " + e.Exact
	}
	return text + heldText(&e) + " → " + result
}

// heldText says at what a credit was held.
func heldText(e *billing.Explanation) string {
	switch e.Held {
	case "":
		return ""
	case "credited":
		return ", held at what credit notes have left"
	}
	return ", held at what was billed"
}

// product writes quantity × price × months × part × discounts.
func product(line *billing.InvoiceLine, e *billing.Explanation) string {
	if e.Charge != "" {
		return mirrorProduct(e)
	}
	var factors []string
	switch {
	case e.Charged != "":
		factors = append(factors, charged(e))
	case e.Price != "" && line.Kind == billing.LineUsage && e.Basis != "":
		factors = append(factors, e.Price)
	case e.Price != "":
		factors = append(factors, seats(line, e)+" × "+e.Price)
	case e.After != "":
		factors = append(factors, "price of "+e.After)
	default:
		return ""
	}
	if e.Charged == "" && e.Months != "" {
		if months, of, _ := strings.Cut(e.Months, "/"); months != of {
			factors = append(factors, e.Months)
		}
	}
	if part, of, _ := strings.Cut(e.Part, "/"); part != of {
		factors = append(factors, e.Part)
	}
	if e.Markup != "" {
		factors = append(factors, "(1 + "+e.Markup+" %)")
	}
	factors = append(factors, discounts(e)...)
	text := strings.Join(factors, " × ")
	if e.Initial != "" && (e.Own != "" || e.Contract != "") {
		text += " (initial discount on " + e.Initial + ")"
	}
	return text
}

// discounts are the factors that discounts leave.
func discounts(e *billing.Explanation) (factors []string) {
	for _, percent := range []string{e.Own, e.Contract} {
		if percent != "" {
			factors = append(factors, "(1 − "+percent+" %)")
		}
	}
	return factors
}

// mirrorSentence says which of the provider's rows a line is, and by which price it
// is sold: for staff, since it tells what the provider charges.
func mirrorSentence(line *billing.InvoiceLine, e *billing.Explanation) string {
	text := "As the provider bills it (" + e.Charge + ", row " + e.Row + "): " + e.After + " × " + line.SKU + ", " + days(line.From, line.To)
	switch {
	case e.Basis == "" && e.From == "own":
		text += ", at the subscription's own price"
	case e.Basis == "":
		text += ", at the price of list " + e.From
	case e.Markup != "":
		text += ", at cost and " + e.Markup + " %"
	default:
		text += ", at cost"
	}
	if e.Basis == "" {
		text += ", in the proportion of what the provider took of its unit price"
	}
	return text + "."
}

// mirrorProduct writes quantity × our price × months × effective ÷ unit price, or
// cost × rate × markup.
func mirrorProduct(e *billing.Explanation) string {
	var factors []string
	switch {
	case e.Basis == "cost":
		factors = append(factors, e.Price)
		if _, rate, ok := strings.Cut(e.Rate, " "); ok {
			rate, _, _ = strings.Cut(rate, " ")
			factors = append(factors, rate)
		}
		if e.Markup != "" {
			factors = append(factors, "(1 + "+e.Markup+" %)")
		}
	case e.FullAfter != "":
		factors = append(factors, e.FullAfter+" [whole price of "+e.After+"]")
	default:
		factors = append(factors, e.After, e.Price)
		if months, of, _ := strings.Cut(e.Months, "/"); months != of {
			factors = append(factors, e.Months)
		}
	}
	if effective, unit, ok := strings.Cut(e.Proportion, "/"); ok {
		factors = append(factors, "("+effective+" ÷ "+unit+")")
	}
	text := strings.Join(append(factors, discounts(e)...), " × ")
	if e.Initial != "" && (e.Own != "" || e.Contract != "") {
		text += " (initial discount on " + e.Initial + ")"
	}
	return text
}

func seats(line *billing.InvoiceLine, e *billing.Explanation) string {
	if line.Kind == billing.LineBase || e.Before == "" || e.Before == "0" {
		return e.After
	}
	return "(" + e.After + " − " + e.Before + ")"
}

// charged writes a difference of whole prices, over what is paid where that counts.
func charged(e *billing.Explanation) string {
	switch {
	case e.Paid != "" && e.Paid != e.FullBefore:
		return e.Charged + " [whole price " + e.FullBefore + " → " + e.FullAfter + ", paid " + e.Paid + "]"
	case e.FullBefore == "0":
		return e.Charged
	}
	return e.Charged + " [whole price " + e.FullBefore + " → " + e.FullAfter + "]"
}

func partOf(e *billing.Explanation) string {
	part, of, _ := strings.Cut(e.Part, "/")
	if part == of || of == "" || e.Rule == "none" {
		return ""
	}
	unit := " days"
	if e.Rule == "months" {
		unit = " months"
	}
	return ", " + part + " of " + of + unit
}

var monthNames = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

func day(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	text := d.String()
	_, month, _ := d.Civil()
	return strings.TrimPrefix(text[8:], "0") + " " + monthNames[month-1] + " " + text[:4]
}

// days is a period as people read it, its last day included, with what its ends share
// said once: 1–31 Mar 2026.
func days(from, to calendar.Date) string {
	last := to.AddDays(-1)
	if to.IsZero() || !from.Before(last) {
		return day(from)
	}
	begin, end := day(from), day(last)
	switch {
	case from.String()[:7] == last.String()[:7]:
		number, _, _ := strings.Cut(begin, " ")
		return number + "–" + end
	case from.String()[:4] == last.String()[:4]:
		return begin[:len(begin)-len(" 2006")] + " – " + end
	}
	return begin + " – " + end
}

func whole(text string) string {
	from, to, _ := strings.Cut(text, "/")
	first, err := calendar.ParseDate(from)
	if err != nil {
		return text
	}
	last, err := calendar.ParseDate(to)
	if err != nil {
		return text
	}
	return days(first, last)
}
