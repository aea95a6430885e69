package invoice

import (
	"fmt"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// unsaid stands for the reason until it is given.
const unsaid = "…"

// credited says what a line of the note to come takes off.
func (c *crediting) credited(line *billing.InvoiceLine) string {
	return strings.Replace(c.sentence(line), ": "+unsaid+".", ".", 1)
}

// crediting is the form of a credit note over lines of an invoice.
type crediting struct {
	*shown
	form *visit.Form
	// left is what can still be credited of each line, in their order.
	left []money.Amount
	// effect is what it would come to, where it was asked; nil where it was not or is refused.
	effect *flow.CreditEffect
}

// AskCredit lets choose the lines and the amounts.
func AskCredit(v *visit.Visit) error {
	c, err := readCrediting(v)
	if err != nil {
		return err
	}
	return c.show()
}

// Credit shows the effect of what was chosen where that is asked for, and else credits it.
func Credit(v *visit.Visit) error {
	c, err := readCrediting(v)
	if err != nil {
		return err
	}
	asks := c.read()
	reason := c.form.Text("reason")
	if c.form.Ticked("preview") {
		return c.preview(asks, reason)
	}
	c.form.Needed("reason", "The reason")
	if len(asks) == 0 && c.form.OK() {
		c.form.Sentence = "No amount is given. Write what is credited beside the lines that it is of."
	}
	if !c.form.OK() {
		return c.preview(asks, reason)
	}
	note, err := v.Desk.InvoiceCredit(v.R.Context(), flow.CreditAsk{Invoice: c.number, Lines: asks, Reason: reason})
	if err != nil {
		if c.form.Take(err) {
			return c.show()
		}
		return err
	}
	return v.Done(numberPath(flow.PrintedNumber(&note)), "This credit note is issued. It credits a part of "+c.number+", which is not billed anew.")
}

func readCrediting(v *visit.Visit) (*crediting, error) {
	issued, left, err := v.Desk.InvoiceCreditable(v.R.Context(), v.R.PathValue("number"))
	if err != nil {
		return nil, err
	}
	s := &shown{visit: v, issued: issued, number: flow.PrintedNumber(&issued)}
	s.from, _ = strconv.Atoi(v.R.URL.Query().Get("lines"))
	s.from = max(0, min(s.from, len(issued.Lines)-1))
	return &crediting{shown: s, form: v.Form(), left: left}, nil
}

// read takes what was typed beside each line: an amount, a share such as 25 %, or all.
func (c *crediting) read() (asks []billing.CreditAsk) {
	for i := range c.issued.Lines {
		name := lineField(i + 1)
		text := c.form.Text(name)
		if text == "" {
			continue
		}
		ask := billing.CreditAsk{Line: i + 1}
		share, percent := strings.CutSuffix(text, "%")
		number, err := money.ParseDecimal(c.visit.Locale.Plain(strings.TrimSpace(share)))
		switch {
		case strings.EqualFold(text, "all"):
		case err != nil:
			c.form.Wrong(name, fmt.Sprintf("%q is no amount. Write an amount, a share such as 25 %%, or all.", text))
		case percent:
			ask.Percent, ask.HasPercent = number, true
		default:
			ask.Amount, ask.HasAmount = number, true
		}
		asks = append(asks, ask)
	}
	return asks
}

func lineField(no int) string { return "line-" + strconv.Itoa(no) }

// preview shows the form with the effect. Nothing typed yet is no mistake, and neither is a
// reason that is still to come.
func (c *crediting) preview(asks []billing.CreditAsk, reason string) error {
	if len(asks) > 0 && c.form.OK() {
		if reason == "" {
			reason = unsaid
		}
		effect, err := c.visit.Desk.InvoiceCreditPreview(c.visit.R.Context(), flow.CreditAsk{Invoice: c.number, Lines: asks, Reason: reason})
		if err == nil {
			c.effect = &effect
		} else if !c.form.Take(err) {
			return err
		}
	}
	return c.show()
}

func (c *crediting) show() error {
	page := c.page("Credit")
	page.Crumbs = append(page.Crumbs, part.Link{Text: c.number, Path: c.path()})
	return c.visit.Page(page, creditForm(c))
}

// shownLines are the lines of the part that is shown.
func (c *crediting) shownLines() (lines []numbered) {
	for i := c.from; i < min(len(c.issued.Lines), c.from+linesAtOnce); i++ {
		lines = append(lines, numbered{i + 1, &c.issued.Lines[i]})
	}
	return lines
}

// leftOf is what can be credited of a line; empty where nothing can.
func (c *crediting) leftOf(no int) string {
	if left := c.left[no-1]; left.Sign() > 0 {
		return c.visit.Locale.Amount(left)
	}
	return ""
}

// wrong is what is wrong, beside what stands with a line.
func (c *crediting) wrong() string {
	if c.form.Sentence != "" {
		return c.form.Sentence
	}
	return c.form.First()
}

func (c *crediting) sum(a money.Amount) string {
	return c.visit.Locale.Amount(a) + " " + a.Currency().String()
}

// sentences say what the credit note does with what is open.
func (c *crediting) sentences() (said []string) {
	e := c.effect
	if e.SetOff.Sign() > 0 {
		said = append(said, c.sum(e.SetOff)+" of it is set against what is open on "+c.number+".")
	}
	if e.Open.Sign() > 0 {
		said = append(said, c.sum(e.Open)+" of it stays open for the payer: the invoice is paid so far.")
	}
	return append(said, "After it "+c.sum(e.Left)+" are left of "+c.number+". What is credited is not billed anew, and a credit note cannot be undone.")
}

func (s *shown) creditable() bool {
	return s.visit.May("InvoiceCredit") && s.issued.VoidedBy == "" && s.issued.Corrects == "" && !s.issued.CreditNote
}
