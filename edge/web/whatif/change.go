package whatif

import (
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

// adding is a change that is being put together: its verb and the fields that it has.
type adding struct {
	do     whatif.Verb
	fields []field
}

// field is one field of a change.
type field struct {
	name, label, hint string
	kind              fieldKind
	needed            bool
}

type fieldKind uint8

const (
	aText fieldKind = iota
	aDay
	aNumber
	aSubscription
	aContract
	aSKU
	aTerm
	aUnit
	aChoice
	aYesNo
	aList
)

// verbText is what a verb is called where it is offered.
func verbText(do whatif.Verb) string {
	return [...]string{"Change seats", "Change a subscription's price", "Sell a subscription", "Cancel", "Change at renewal", "Suspend", "Resume", "Sell once",
		"New list price", "Raise or lower a product", "Other contract terms", "Move a renewal", "Move a start"}[do]
}

// offered are the verbs in the order of how often they are wanted.
func offered() []whatif.Verb {
	return []whatif.Verb{whatif.DoQuantity, whatif.DoSubscribe, whatif.DoCancel, whatif.DoPrice, whatif.DoPercent, whatif.DoListPrice, whatif.DoTerms,
		whatif.DoRenewal, whatif.DoStart, whatif.DoSchedule, whatif.DoSuspend, whatif.DoResume, whatif.DoOneTime}
}

// addingOf is the form of a verb's word; nil for none.
func addingOf(word string) *adding {
	for _, do := range whatif.Verbs() {
		if do.String() == word {
			return &adding{do, fieldsOf(do)}
		}
	}
	return nil
}

func fieldsOf(do whatif.Verb) []field {
	on := field{name: "on", label: "From", kind: aDay, needed: true}
	subscription := field{name: "subscription", label: "Subscription", kind: aSubscription, needed: true}
	contract := field{name: "contract", label: "Contract", kind: aContract, needed: true}
	sku := field{name: "sku", label: "Product", hint: "Its SKU, or a part of its name", kind: aSKU, needed: true}
	quantity := field{name: "quantity", label: "Seats", kind: aNumber, needed: true}
	list := field{name: "list", label: "Price list", hint: "Empty for the default one", kind: aList}
	term := field{name: "term", label: "Term", kind: aTerm}
	renews := field{name: "auto_renew", label: "Renews by itself", kind: aYesNo}
	switch do {
	case whatif.DoQuantity:
		return []field{subscription, {name: "to", label: "Seats from then", kind: aNumber, needed: true}, on}
	case whatif.DoPrice:
		return []field{subscription, {name: "to", label: "Price from then", hint: "Of one seat, as the subscription quotes it", kind: aNumber, needed: true}, on}
	case whatif.DoCancel, whatif.DoSuspend, whatif.DoResume:
		return []field{subscription, on}
	case whatif.DoSchedule:
		return []field{subscription, {name: "quantity", label: "Seats of the next term", kind: aNumber}, {name: "price", label: "Its price", kind: aNumber}, renews,
			{name: "on", label: "Scheduled on", kind: aDay, needed: true}}
	case whatif.DoSubscribe:
		return []field{contract, sku, quantity, {name: "price", label: "Price of a seat", hint: "Empty for that of the lists", kind: aNumber}, term,
			{name: "billing", label: "Billed", hint: "On a flexi contract; else as the contract is", kind: aUnit}, renews, on}
	case whatif.DoOneTime:
		return []field{contract, sku, {name: "quantity", label: "Quantity", kind: aNumber}, {name: "price", label: "Price of one", hint: "Empty for that of the lists", kind: aNumber}, on}
	case whatif.DoListPrice:
		return []field{sku, list, {name: "price", label: "Price of a seat", kind: aNumber, needed: true}, {name: "unit", label: "For a", kind: aUnit}, term,
			{name: "currency", label: "Currency", hint: "Empty for the seller's"}, on}
	case whatif.DoPercent:
		return []field{sku, {name: "list", label: "Price list", hint: "Empty for every list", kind: aList}, {name: "percent", label: "Percent", hint: "5 makes 10.00 10.50; −5 makes it 9.50", kind: aNumber, needed: true}, on}
	case whatif.DoTerms:
		return append([]field{contract, on}, termFields()...)
	case whatif.DoRenewal:
		return []field{subscription, {name: "to", label: "The term ends on", hint: "The first day of the next one", kind: aDay, needed: true}, {name: "on", label: "Changed on", kind: aDay, needed: true}}
	case whatif.DoStart:
		return []field{subscription, {name: "to", label: "Starts on", kind: aDay, needed: true}, {name: "on", label: "Changed on", kind: aDay, needed: true}}
	}
	return nil
}

func termFields() []field {
	return []field{
		{name: "frequency", label: "Invoiced", kind: aUnit}, {name: "schedule", label: "Schedule", kind: aChoice}, {name: "timing", label: "Timing", kind: aChoice},
		{name: "proration", label: "Proration", kind: aChoice}, {name: "changes", label: "Changes are billed", kind: aChoice},
		{name: "changes_day", label: "Day for changes", hint: "Of the week (0 is Sunday) or the month, where they wait for one"},
		{name: "refunds", label: "Refunds", kind: aChoice}, {name: "refunds_days", label: "Days for refunds", hint: "Where they are within days"},
		{name: "reductions", label: "Fewer seats in a term", kind: aChoice}, {name: "discount", label: "Discount", hint: "Percent off everything", kind: aNumber},
		{name: "price_list", label: "Price list", kind: aList},
	}
}

// number says whether a field is a number, which readers write in their own way.
func (a *adding) number(name string) bool {
	return slices.ContainsFunc(a.fields, func(f field) bool { return f.name == name && f.kind == aNumber })
}

// noun is what a field is chosen from; none for what is typed.
func (a *adding) noun(name string) pick.Noun {
	at := slices.IndexFunc(a.fields, func(f field) bool { return f.name == name })
	if at < 0 {
		return ""
	}
	return map[fieldKind]pick.Noun{aSubscription: pick.Subscription, aContract: pick.Contract, aSKU: pick.Product, aList: pick.PriceList}[a.fields[at].kind]
}

// picks are what can be chosen from: what the accounts have, as far as they are few.
type picks struct {
	subscriptions []office.SubscriptionRow
	contracts     []office.ContractRow
}

// picksMost is how many can be chosen from; beyond it an id is typed.
const picksMost = 200

func (o *one) pick() error {
	ctx := o.visit.R.Context()
	for _, account := range o.kept.Accounts {
		if o.visit.May("SubscriptionList") {
			page, err := o.visit.Desk.SubscriptionList(ctx, office.SubscriptionFilter{Account: account, Most: picksMost}, "")
			if err != nil {
				return err
			}
			o.picks.subscriptions = append(o.picks.subscriptions, page.Rows...)
		}
		if o.visit.May("ContractList") {
			page, err := o.visit.Desk.ContractList(ctx, office.ContractFilter{Account: account, Most: picksMost})
			if err != nil {
				return err
			}
			o.picks.contracts = append(o.picks.contracts, page.Rows...)
		}
	}
	return nil
}

// choices are what a field can be chosen from; none where it is typed.
func (o *one) choices(f field) (choices []part.Choice) {
	stays := part.Choice{Text: o.adding.stays(f)}
	switch f.kind {
	case aSubscription:
		for i := range o.picks.subscriptions {
			s := &o.picks.subscriptions[i]
			text := product(s) + ", " + part.Plural(quantityOf(s), "seat")
			if len(o.kept.Accounts) > 1 {
				text = s.AccountName + ": " + text
			}
			choices = append(choices, part.Choice{Value: string(s.ID), Text: text + " (" + string(s.ID) + ")"})
		}
	case aContract:
		for i := range o.picks.contracts {
			c := &o.picks.contracts[i]
			choices = append(choices, part.Choice{Value: string(c.Contract.ID), Text: string(c.Contract.ID) + ", " + c.Contract.Frequency.Name})
		}
	case aTerm:
		return []part.Choice{{Text: "None"}, {Value: "P1M", Text: "A month"}, {Value: "P1Y", Text: "A year"}, {Value: "P3Y", Text: "Three years"}}
	case aUnit:
		return []part.Choice{stays, {Value: "monthly", Text: "Monthly"}, {Value: "quarterly", Text: "Quarterly"}, {Value: "annual", Text: "Yearly"}, {Value: "triennial", Text: "Every three years"}}
	case aChoice:
		choices = append(choices, stays)
		for _, word := range flow.TermWords(f.name) {
			choices = append(choices, part.Choice{Value: word, Text: termWord(word)})
		}
	case aYesNo:
		yesNo := []part.Choice{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}}
		if o.adding.do == whatif.DoSubscribe {
			return yesNo
		}
		return append([]part.Choice{stays}, yesNo...)
	case aText, aDay, aNumber, aSKU, aList:
	}
	return choices
}

// stays is what it means to choose nothing.
func (a *adding) stays(f field) string {
	switch {
	case a.do == whatif.DoSubscribe && f.kind == aUnit:
		return "As the contract"
	case a.do == whatif.DoListPrice && f.kind == aUnit:
		return "Month"
	}
	return "As it is"
}

func product(s *office.SubscriptionRow) string {
	if s.ProductName == "" {
		return s.SKU
	}
	return s.ProductName
}

func quantityOf(s *office.SubscriptionRow) int64 {
	n, err := s.State.Quantity.Ratio().Round(0)
	if err != nil {
		return 0
	}
	return n
}

// termWord is a word of a contract's terms as people say it.
func termWord(word string) string {
	text := map[string]string{"next_invoice": "with the next invoice", "immediate": "at once", "renewal": "at renewal", "within_days": "within days", "within_window": "within the refund window",
		"days30": "30 days a month", "aligned": "aligned", "flexi": "flexi", "none": "none"}[word]
	if text == "" {
		text = word
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// input is a field with what was typed.
func (o *one) input(f field) part.Field {
	in := part.Field{Name: f.name, Label: f.label, Hint: f.hint, Required: f.needed, Short: f.kind != aSubscription && f.kind != aContract && f.kind != aSKU}
	shown := ""
	switch f.kind {
	case aDay:
		in.Kind = "date"
		if f.name == "on" {
			shown = nextMonth(o.visit).String()
		}
	case aNumber:
		in.Mode = "decimal"
	case aText, aSubscription, aContract, aSKU, aTerm, aUnit, aChoice, aYesNo, aList:
	}
	return o.form.Field(in, shown)
}

// told is a change in a sentence.
func (o *one) told(c *whatif.Change) string {
	l := o.visit.Locale
	of := o.nameOf(c.Subscription)
	switch c.Do {
	case whatif.DoQuantity:
		return of + ": " + l.Quantity(c.Quantity) + " seats"
	case whatif.DoPrice:
		return of + ": " + l.Number(c.Price.String()) + " a seat"
	case whatif.DoSubscribe:
		return string(c.Contract) + ": " + l.Quantity(c.Quantity) + " seats of " + o.productOf(c.SKU) + rest(c)
	case whatif.DoOneTime:
		return string(c.Contract) + ": " + o.productOf(c.SKU) + " once"
	case whatif.DoListPrice:
		return o.productOf(c.SKU) + ": " + l.Number(c.Price.String()) + " in the list " + listName(c)
	case whatif.DoPercent:
		return o.productOf(c.SKU) + ": " + signedNumber(l, c.Percent.String()) + " %"
	case whatif.DoTerms:
		return string(c.Contract) + ": " + rest(c)
	case whatif.DoRenewal:
		return of + ": the term ends on " + part.Day(c.To)
	case whatif.DoStart:
		return of + ": starts on " + part.Day(c.To)
	case whatif.DoSchedule:
		return of + ": at renewal " + rest(c)
	case whatif.DoCancel, whatif.DoSuspend, whatif.DoResume:
	}
	return of
}

func listName(c *whatif.Change) string {
	if c.List == "" {
		return flow.DefaultList
	}
	return c.List
}

func signedNumber(l part.Locale, plain string) string {
	if strings.HasPrefix(plain, "-") {
		return l.Number(plain)
	}
	return "+" + l.Number(plain)
}

// rest is what a change says beside what it names, word by word.
func rest(c *whatif.Change) string {
	var words []string
	for _, f := range c.Fields() {
		if slices.Contains([]string{"do", "on", "contract", "subscription", "sku"}, f.Name) || (c.Do == whatif.DoSubscribe && f.Name == "quantity") {
			continue
		}
		said := f.Said
		if flow.TermWords(f.Name) != nil {
			said = strings.ToLower(termWord(said))
		}
		words = append(words, strings.ReplaceAll(f.Name, "_", " ")+" "+said)
	}
	text := strings.Join(words, ", ")
	if text != "" && c.Do == whatif.DoSubscribe {
		text = ", " + text
	}
	return text
}

// nameOf is a subscription's product, with its id where that tells it from another.
func (o *one) nameOf(id billing.SubscriptionID) string {
	name, same := string(id), 0
	for i := range o.picks.subscriptions {
		if s := &o.picks.subscriptions[i]; s.ID == id {
			name = product(s)
		}
	}
	for i := range o.picks.subscriptions {
		if product(&o.picks.subscriptions[i]) == name {
			same++
		}
	}
	if same > 1 {
		return name + " (" + string(id) + ")"
	}
	return name
}

// productOf is a product's name, where it is sold to the accounts.
func (o *one) productOf(sku string) string {
	for i := range o.picks.subscriptions {
		if s := &o.picks.subscriptions[i]; s.SKU == sku {
			return product(s)
		}
	}
	return sku
}

// nextMonth is the first day of the next month, from which most changes are tried.
func nextMonth(v *visit.Visit) calendar.Date {
	today := v.Desk.Today()
	_, _, day := today.Civil()
	return today.AddDays(1 - day).AddMonths(1)
}
