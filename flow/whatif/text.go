package whatif

import (
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// A change as text: the same names and words in files, in forms, and where it is kept.

// Field is one field of a change and what it says.
type Field struct{ Name, Said string }

// FieldNames are the names of all fields that a change can have, in order.
func FieldNames() []string {
	return []string{"do", "on", "contract", "subscription", "sku", "list", "currency", "quantity", "price", "percent", "term", "billing", "unit", "auto_renew", "to",
		"frequency", "schedule", "timing", "collect", "proration", "changes", "changes_day", "refunds", "refunds_days", "reductions", "discount", "price_list"}
}

// ReadChange reads a change from its fields; an empty one is not given. The
// error begins with the name of the field that is wrong.
func ReadChange(at flow.Source, said func(name string) string) (c Change, err error) {
	c.At = at
	for _, name := range FieldNames() {
		text := strings.TrimSpace(said(name))
		if text == "" {
			if name == "do" {
				return c, wrong(at, "do: is needed (one of %s)", strings.Join(verbWords(), ", "))
			}
			continue
		}
		if err := c.set(name, text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// set reads one field; `do` is read before all others.
func (c *Change) set(name, text string) (err error) {
	switch name {
	case "do":
		at := slices.Index(verbWords(), text)
		if at < 0 {
			return wrong(c.At, "do: %q (expected one of %s)", text, strings.Join(verbWords(), ", "))
		}
		c.Do = Verb(at)
	case "on":
		c.On, err = c.day(name, text)
	case "contract":
		c.Contract = billing.ContractID(text)
	case "subscription":
		c.Subscription = billing.SubscriptionID(text)
	case "sku":
		c.SKU = text
	case "list":
		c.List = text
	case "currency":
		if c.Currency, err = money.ParseCurrency(text); err != nil {
			err = wrong(c.At, "currency: %q (expected a code of three letters)", text)
		}
	case "quantity":
		c.Quantity, err = c.number(name, text)
		c.HasQuantity = true
	case "price":
		c.Price, err = c.number(name, text)
		c.HasPrice = true
	case "percent":
		c.Percent, err = c.number(name, text)
	case "term":
		c.TermMonths, err = c.months(text)
	case "billing":
		c.Billing = text
	case "unit":
		c.Unit = text
	case "auto_renew":
		c.AutoRenew, err = c.flag(name, text)
		c.HasAutoRenew = true
	case "to":
		return c.setTo(text)
	default:
		*c.Terms.Named(name) = text
		if name == "frequency" || name == "price_list" {
			return nil
		}
		_, err = c.Terms.On(c.At, &flow.Contract{}, nil)
	}
	return err
}

// setTo is the new value, whatever the verb changes.
func (c *Change) setTo(text string) (err error) {
	switch c.Do {
	case DoQuantity:
		c.Quantity, err = c.number("to", text)
		c.HasQuantity = true
	case DoPrice:
		c.Price, err = c.number("to", text)
		c.HasPrice = true
	case DoSubscribe, DoRenewal, DoStart:
		c.To, err = c.day("to", text)
	case DoCancel, DoSchedule, DoSuspend, DoResume, DoOneTime, DoListPrice, DoPercent, DoTerms:
		err = wrong(c.At, "to: %s has none", c.Do)
	}
	return err
}

func (c *Change) day(name, text string) (calendar.Date, error) {
	day, err := calendar.ParseDate(text)
	if err != nil {
		return day, wrong(c.At, "%s: %q (expected a day like 2026-01-31)", name, text)
	}
	return day, nil
}

func (c *Change) number(name, text string) (money.Decimal, error) {
	number, err := money.ParseDecimal(text)
	if err != nil {
		return number, wrong(c.At, "%s: %q (expected a number like 12.50)", name, text)
	}
	return number, nil
}

func (c *Change) flag(name, text string) (bool, error) {
	switch text {
	case "true", "yes":
		return true, nil
	case "false", "no":
		return false, nil
	}
	return false, wrong(c.At, "%s: %q (expected yes or no)", name, text)
}

// months reads P1M, P1Y or P3Y.
func (c *Change) months(text string) (int, error) {
	var n int
	unit := ""
	for _, r := range strings.TrimPrefix(text, "P") {
		switch {
		case r >= '0' && r <= '9' && unit == "" && n < 1000:
			n = n*10 + int(r-'0')
		default:
			unit += string(r)
		}
	}
	switch {
	case strings.HasPrefix(text, "P") && unit == "M" && n > 0:
		return n, nil
	case strings.HasPrefix(text, "P") && unit == "Y" && n > 0:
		return n * 12, nil
	}
	return 0, wrong(c.At, "term: %q (expected P1M, P1Y, P3Y, …)", text)
}

// Fields are what a change says, in order, as ReadChange reads it.
func (c *Change) Fields() (fields []Field) {
	number := func(d money.Decimal, given bool) string {
		if !given {
			return ""
		}
		return d.String()
	}
	texts := map[string]string{
		"do": c.Do.String(), "on": c.On.String(), "contract": string(c.Contract), "subscription": string(c.Subscription), "sku": c.SKU, "list": c.List,
		"currency": c.Currency.String(), "percent": number(c.Percent, !c.Percent.IsZero()), "term": flow.TermText(c.TermMonths), "billing": c.Billing, "unit": c.Unit, "to": c.To.String(),
	}
	switch {
	case c.Do == DoQuantity:
		texts["to"] = number(c.Quantity, c.HasQuantity)
	case c.Do == DoPrice:
		texts["to"] = number(c.Price, c.HasPrice)
	default:
		texts["quantity"], texts["price"] = number(c.Quantity, c.HasQuantity), number(c.Price, c.HasPrice)
	}
	if c.HasAutoRenew {
		texts["auto_renew"] = map[bool]string{true: "yes", false: "no"}[c.AutoRenew]
	}
	for _, name := range FieldNames() {
		text, known := texts[name]
		if field := c.Terms.Named(name); !known && field != nil {
			text = *field
		}
		if text != "" {
			fields = append(fields, Field{name, text})
		}
	}
	return fields
}
