package flow

import (
	"fmt"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
)

// The words of a contract's terms, in the order of the values that they stand for
// (scenarios/FORMAT.md).
var (
	scheduleWords   = []string{"aligned", "flexi"}
	timingWords     = []string{"advance", "arrears"}
	collectWords    = []string{"due", "upcoming"}
	prorationWords  = []string{"days", "days30", "months", "none"}
	changesWords    = []string{"next_invoice", "immediate", "weekly", "monthly", "renewal"}
	refundsWords    = []string{"prorated", "none", "within_days"}
	reductionsWords = []string{"allowed", "within_window", "forbidden"}
)

// ContractTerms are terms of a contract as words (scenarios/FORMAT.md); an empty one
// stays as it is.
type ContractTerms struct {
	Frequency, Schedule, Timing, Collect, Proration string
	// Changes is next_invoice, immediate, renewal, weekly or monthly; ChangesDay the day of
	// the last two: 0 (Sunday) to 6, or 1 to 31.
	Changes, ChangesDay string
	// Refunds is prorated, none or within_days; RefundsDays the days of the last.
	Refunds, RefundsDays string
	Reductions           string
	// Discount is the percentage off everything.
	Discount  string
	PriceList string
}

// TermWords are the words that a term of a contract can have, by its name; none for one
// that is no word.
func TermWords(name string) []string {
	return map[string][]string{"schedule": scheduleWords, "timing": timingWords, "collect": collectWords, "proration": prorationWords, "changes": changesWords,
		"refunds": refundsWords, "reductions": reductionsWords}[name]
}

// TermText is a term of months as P1M or P1Y; empty for none.
func TermText(months int) string {
	switch {
	case months == 0:
		return ""
	case months%12 == 0:
		return fmt.Sprintf("P%dY", months/12)
	}
	return fmt.Sprintf("P%dM", months)
}

// choose is the value of a word.
func choose(at Source, name, text string, words []string) (uint8, error) {
	for i, word := range words {
		if word == text {
			return uint8(i), nil
		}
	}
	return 0, wrong(at, "%s: %q (expected one of %s)", name, text, strings.Join(words, ", "))
}

// On gives a contract these terms; those that are empty stay. Units are not looked at
// where there are none.
func (t *ContractTerms) On(at Source, c *Contract, units map[string]billing.Unit) (_ Contract, err error) {
	next := *c
	pick := func(name, text string, words []string, set func(uint8)) {
		if text == "" || err != nil {
			return
		}
		var value uint8
		if value, err = choose(at, name, text, words); err == nil {
			set(value)
		}
	}
	pick("schedule", t.Schedule, scheduleWords, func(v uint8) { next.Schedule = billing.Schedule(v) })
	pick("timing", t.Timing, timingWords, func(v uint8) { next.Timing = billing.Timing(v) })
	pick("collect", t.Collect, collectWords, func(v uint8) { next.Collect = billing.Collect(v) })
	pick("proration", t.Proration, prorationWords, func(v uint8) { next.Proration = billing.Proration(v) })
	pick("changes", t.Changes, changesWords, func(v uint8) { next.Changes = billing.Changes{Policy: billing.ChangesPolicy(v)} })
	pick("refunds", t.Refunds, refundsWords, func(v uint8) { next.Refunds = billing.Refunds{Policy: billing.RefundsPolicy(v)} })
	pick("reductions", t.Reductions, reductionsWords, func(v uint8) { next.Reductions = billing.ReductionsPolicy(v) })
	if err != nil {
		return next, err
	}
	if t.PriceList != "" {
		next.PriceList = t.PriceList
	}
	if t.Frequency != "" && units != nil {
		unit, known := units[t.Frequency]
		if !known {
			return next, wrong(at, "frequency: %s is not a unit of the book", t.Frequency)
		}
		next.Frequency = unit
	}
	return next, t.numbersOn(at, &next)
}

// numbersOn reads the terms that are numbers.
func (t *ContractTerms) numbersOn(at Source, c *Contract) error {
	whole := func(name, text string, least, most int, to *int) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return wrong(at, "%s: %q (expected a whole number from %d to %d)", name, text, least, most)
		}
		*to = n
		return nil
	}
	if t.ChangesDay != "" {
		least, most := 1, 31
		if t.Changes == "weekly" {
			least, most = 0, 6
		}
		if err := whole("changes_day", t.ChangesDay, least, most, &c.Changes.Day); err != nil {
			return err
		}
	}
	if t.RefundsDays != "" {
		if err := whole("refunds_days", t.RefundsDays, 0, 3660, &c.Refunds.Days); err != nil {
			return err
		}
	}
	if t.Discount == "" {
		return nil
	}
	percent, err := money.ParseDecimal(t.Discount)
	if err != nil || percent.Sign() < 0 || percent.Cmp(money.DecimalOf(100)) > 0 {
		return wrong(at, "discount: %q (expected a percentage from 0 to 100)", t.Discount)
	}
	c.Discount = billing.Discount{Percent: percent}
	return nil
}

// Named is the term of a name, or nil.
func (t *ContractTerms) Named(name string) *string {
	return map[string]*string{
		"frequency": &t.Frequency, "schedule": &t.Schedule, "timing": &t.Timing, "collect": &t.Collect, "proration": &t.Proration, "changes": &t.Changes,
		"changes_day": &t.ChangesDay, "refunds": &t.Refunds, "refunds_days": &t.RefundsDays, "reductions": &t.Reductions, "discount": &t.Discount, "price_list": &t.PriceList,
	}[name]
}
