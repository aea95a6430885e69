package billing_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// story is a random contract and all that becomes known of it, day by day.
type story struct {
	contract billing.Contract
	lists    []string
	catalog  billing.Catalog
	facts    []fact
	// log is the book as it is known at the end; what was refused is not in it.
	log          billing.Book
	first, until calendar.Date
}

// fact is one thing that becomes known.
type fact struct {
	on     calendar.Date
	do     deed
	sub    billing.Subscription
	id     billing.SubscriptionID
	entry  billing.Entry
	item   billing.OneTimeItem
	usage  billing.UsageRecord
	charge billing.ProviderCharge
	// target is the number of the fact that a void takes back; date that of the
	// invoice.
	target int
	date   calendar.Date
	// refused facts change nothing; those that are sure are not judged.
	refused, sure bool
}
type deed uint8

const (
	doStart deed = iota
	doEntry
	doItem
	doUsage
	doVoid
	doHold
	doRelease
	doVoidInvoice
	doCharge
)

// begin finds the first day.
func (s *story) begin() {
	s.first = s.contract.Start
	for i := range s.facts {
		s.first = calendar.Earliest(s.first, s.facts[i].on)
	}
}

// settle judges the facts in their order and writes the log.
func (s *story) settle() {
	s.log = billing.Book{Contract: s.contract, Lists: s.lists}
	held := false
	for i := range s.facts {
		f := &s.facts[i]
		seq := int64(i + 1)
		var err error
		switch f.do {
		case doStart:
			f.sub.Entries[0].Seq = seq
			sub := f.sub
			sub.Entries = slices.Clone(sub.Entries)
			if err = billing.JudgeStart(&s.contract, &sub, held); err == nil {
				s.log.Subscriptions = append(s.log.Subscriptions, sub)
			}
		case doEntry:
			err = s.record(f, seq, held)
		case doItem:
			f.item.Seq = seq
			if err = billing.JudgeItem(&s.contract, &f.item); err == nil {
				s.log.Items = append(s.log.Items, f.item)
			}
		case doUsage:
			f.usage.Seq, f.usage.ID = seq, "r"+strconv.Itoa(i)
			if err = errUnknown; s.find(f.id) != nil {
				if err = billing.JudgeUsage(s.find(f.id), &f.usage); err == nil {
					s.log.Usage = append(s.log.Usage, f.usage)
				}
			}
		case doCharge:
			f.charge.Seq = seq
			err = s.mirror(f)
		case doVoid:
			err = s.takeBack(f)
		case doHold:
			held = true
		case doRelease:
			held = false
			s.release(f.on)
		case doVoidInvoice:
			err = s.voidInvoice(f)
		}
		f.refused = err != nil
	}
}

var errUnknown = errors.New("it was refused before")

func (s *story) find(id billing.SubscriptionID) *billing.Subscription {
	for i := range s.log.Subscriptions {
		if s.log.Subscriptions[i].ID == id {
			return &s.log.Subscriptions[i]
		}
	}
	return nil
}

func (s *story) record(f *fact, seq int64, held bool) error {
	sub := s.find(f.id)
	if sub == nil {
		return errUnknown
	}
	e := f.entry
	e.Seq = seq
	if err := billing.Judge(&s.contract, sub, &e, held); err != nil && !f.sure {
		return err
	}
	sub.Entries = append(sub.Entries, e)
	return nil
}

func (s *story) release(on calendar.Date) {
	for i := range s.log.Subscriptions {
		for j := range s.log.Subscriptions[i].Entries {
			if e := &s.log.Subscriptions[i].Entries[j]; e.Waiting && e.ReleasedOn.IsZero() {
				e.ReleasedOn = on
			}
		}
	}
}

// takeBack voids an entry, an item, a record of usage or a provider's row.
func (s *story) takeBack(f *fact) error {
	f.target %= len(s.facts)
	seq := int64(f.target + 1)
	for i := range s.log.Subscriptions {
		for j := range s.log.Subscriptions[i].Entries {
			if e := &s.log.Subscriptions[i].Entries[j]; e.Seq == seq && e.VoidedOn.IsZero() {
				e.VoidedOn = f.on
				return nil
			}
		}
	}
	for i := range s.log.Items {
		if item := &s.log.Items[i]; item.Seq == seq && item.VoidedOn.IsZero() {
			item.VoidedOn = f.on
			return nil
		}
	}
	for i := range s.log.Usage {
		if r := &s.log.Usage[i]; r.Seq == seq && r.VoidedOn.IsZero() {
			r.VoidedOn = f.on
			return nil
		}
	}
	for i := range s.log.Charges {
		if r := &s.log.Charges[i]; r.Seq == seq && r.VoidedOn.IsZero() {
			r.VoidedOn = f.on
			return nil
		}
	}
	return errUnknown
}

// voidInvoice takes back the invoice of one of the contract's dates: known on the
// day after it at the earliest, as billing of its own day is done by then.
func (s *story) voidInvoice(f *fact) error {
	if f.date.IsZero() {
		f.date, _ = billing.InvoiceDate(&s.contract, f.target)
	}
	if !f.date.Before(f.on) {
		return errUnknown
	}
	for _, v := range s.log.Voided {
		if v.Date == f.date {
			return errUnknown
		}
	}
	s.log.Voided = append(s.log.Voided, billing.VoidedInvoice{Date: f.date, KnownOn: f.on})
	return nil
}

// String tells the story to whom it failed.
func (s *story) String() string {
	text := fmt.Sprintf("contract %+v\nlists %v until %s\n", s.contract, s.lists, s.until)
	sold := ""
	for i := range s.facts {
		sold += s.facts[i].sub.SKU + s.facts[i].item.SKU + " "
	}
	for _, sku := range skus {
		if !strings.Contains(sold, sku) {
			continue
		}
		for _, row := range s.catalog.Prices[sku] {
			text += fmt.Sprintf("price %+v\n", row)
		}
	}
	for _, rate := range s.catalog.Rates {
		text += fmt.Sprintf("rate %+v\n", rate)
	}
	for i := range s.facts {
		f := &s.facts[i]
		if f.refused {
			continue
		}
		text += fmt.Sprintf("%d on %s: ", i, f.on)
		switch f.do {
		case doStart:
			text += fmt.Sprintf("start %+v\n", f.sub)
		case doEntry:
			text += fmt.Sprintf("%s %+v\n", f.id, f.entry)
		case doItem:
			text += fmt.Sprintf("item %+v\n", f.item)
		case doUsage:
			text += fmt.Sprintf("usage %+v\n", f.usage)
		case doCharge:
			text += fmt.Sprintf("charge %+v\n", f.charge)
		case doVoid:
			text += fmt.Sprintf("void %d\n", f.target)
		case doHold:
			text += "hold\n"
		case doRelease:
			text += "release\n"
		case doVoidInvoice:
			text += fmt.Sprintf("void invoice of %s\n", f.date)
		}
	}
	for _, nothing := range unset {
		text = nothing.ReplaceAllString(text, "$1")
	}
	return text
}

// unset are the fields of a value that say nothing.
var unset = []*regexp.Regexp{regexp.MustCompile(`\b[A-Z]\w*:(?:0|false|\[\]|) `), regexp.MustCompile(` ?\b[A-Z]\w*:(?:0|false|\[\]|)(})`), regexp.MustCompile(`\b[A-Z]\w*:{} ?`)}
