package office

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Waiting is an exception as the inbox has it: what waits for a person, and what people
// made of it so far.
type Waiting struct {
	flow.Exception
	// AccountName is the name of its account, where it has one.
	AccountName string
	// Assignee looks after it; empty for nobody yet.
	Assignee string
	// SnoozedUntil is the day on which it comes back into sight, or no day.
	SnoozedUntil calendar.Date
	// Note is why it was put off, or what was found out.
	Note string
}

// WaitingState is which exceptions a list has.
type WaitingState string

// The states: those to be looked at now; those put off; those settled.
const (
	WaitingOpen    WaitingState = "open"
	WaitingSnoozed WaitingState = "snoozed"
	WaitingSettled WaitingState = "settled"
)

// WaitingFilter narrows a list; zero values do not, and no state is open.
type WaitingFilter struct {
	State      WaitingState
	Kind       string
	Connection flow.ConnectionID
	Account    billing.AccountID
	// Assignee is a person's name, or "-" for what nobody looks after.
	Assignee string
	// Text is looked for in the subject and the sentence.
	Text string
	// On is today: what was put off until then is back. The desk sets it.
	On calendar.Date
	// Before is the id after which a page goes on, towards older ones.
	Before int64
	Most   int
}

// WaitingCount is how many exceptions of a kind wait, and the money in question in one currency.
type WaitingCount struct {
	Kind  string
	Count int64
	// Worth is the sum of what is known, by currency.
	Worth []Worth
}

// Worth is an amount that is in question.
type Worth struct {
	Amount   money.Decimal
	Currency money.Currency
}

// Inboxes are exceptions with what people made of them.
type Inboxes interface {
	// WaitingList is newest first.
	WaitingList(WaitingFilter) ([]Waiting, error)
	// WaitingGet is ErrUnknown where there is none.
	WaitingGet(id int64) (Waiting, error)
	// WaitingWorths is every open exception's kind and money, those put off beyond a day left out.
	WaitingWorths(on calendar.Date, call func(kind string, amount money.Decimal, currency money.Currency, has bool)) error
	// CarePut keeps what people made of one.
	CarePut(id int64, assignee string, snoozedUntil calendar.Date, note string) error
}

// ExceptionList is what waits for a person, newest first.
func (d *Desk) ExceptionList(ctx context.Context, filter WaitingFilter) (list []Waiting, err error) {
	filter.On = d.Today()
	if filter.State == "" {
		filter.State = WaitingOpen
	}
	if !slices.Contains([]WaitingState{WaitingOpen, WaitingSnoozed, WaitingSettled}, filter.State) {
		return nil, &FieldError{"state", fmt.Errorf("%q (expected open, snoozed or settled)", filter.State)}
	}
	err = d.read(ctx, "ExceptionList", func(tx Tx) error {
		list, err = tx.WaitingList(filter)
		return err
	})
	return list, err
}

// ExceptionGet is one exception.
func (d *Desk) ExceptionGet(ctx context.Context, id int64) (w Waiting, err error) {
	err = d.read(ctx, "ExceptionGet", func(tx Tx) error {
		w, err = tx.WaitingGet(id)
		return err
	})
	return w, err
}

// ExceptionCounts is how many wait of each kind and what is at stake, most first.
func (d *Desk) ExceptionCounts(ctx context.Context) (counts []WaitingCount, err error) {
	err = d.read(ctx, "ExceptionCounts", func(tx Tx) error {
		counts, err = countsOf(tx, d.Today())
		return err
	})
	return counts, err
}

func countsOf(tx Inboxes, today calendar.Date) (counts []WaitingCount, err error) {
	at := map[string]int{}
	err = tx.WaitingWorths(today, func(kind string, amount money.Decimal, currency money.Currency, has bool) {
		n, known := at[kind]
		if !known {
			n = len(counts)
			at[kind] = n
			counts = append(counts, WaitingCount{Kind: kind})
		}
		counts[n].Count++
		if has {
			counts[n].add(amount, currency)
		}
	})
	slices.SortFunc(counts, func(a, b WaitingCount) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	return counts, err
}

// add sums what is in question without regard to its sign: a credit that is missing is
// as much to look at as a charge.
func (c *WaitingCount) add(amount money.Decimal, currency money.Currency) {
	if amount.Sign() < 0 {
		amount = amount.Neg()
	}
	for i := range c.Worth {
		if c.Worth[i].Currency == currency {
			c.Worth[i].Amount = c.Worth[i].Amount.Add(amount)
			return
		}
	}
	c.Worth = append(c.Worth, Worth{amount, currency})
}

// exceptionsMost is how many are taken at once.
const exceptionsMost = 1000

// ExceptionAssign says who looks after some exceptions; nobody for an empty name.
func (d *Desk) ExceptionAssign(ctx context.Context, ids []int64, assignee string) error {
	what := deed{"ExceptionAssign", list(ids), assignee}
	return d.care(ctx, what, ids, func(w *Waiting) error {
		w.Assignee = flow.PlainText(assignee)
		return nil
	})
}

// ExceptionSnooze puts exceptions out of sight until a day to come, with a reason. No
// day brings them back at once.
func (d *Desk) ExceptionSnooze(ctx context.Context, ids []int64, until calendar.Date, why string) error {
	what := deed{"ExceptionSnooze", list(ids), fmt.Sprintf("until %s: %s", until, why)}
	today := d.Today()
	return d.care(ctx, what, ids, func(w *Waiting) error {
		if !until.IsZero() && !until.After(today) {
			return &FieldError{"until", fmt.Errorf("%s is not to come (expected a day after %s)", until, today)}
		}
		w.SnoozedUntil, w.Note = until, flow.PlainText(why)
		return nil
	})
}

func (d *Desk) care(ctx context.Context, what deed, ids []int64, change func(*Waiting) error) error {
	return d.write(ctx, what, func(tx Tx) error {
		if err := checkMany(ids); err != nil {
			return err
		}
		for _, id := range ids {
			w, err := tx.WaitingGet(id)
			if err != nil {
				return err
			}
			if !w.ClosedAt.IsZero() {
				return fmt.Errorf("exception %d is settled already: %w", id, flow.ErrMoved)
			}
			if err := change(&w); err != nil {
				return err
			}
			if err := tx.CarePut(id, w.Assignee, w.SnoozedUntil, w.Note); err != nil {
				return err
			}
		}
		return nil
	})
}

// ExceptionSettle closes exceptions by hand, with a reason. One whose cause is still
// there opens again when it is found again.
func (d *Desk) ExceptionSettle(ctx context.Context, ids []int64, why string) error {
	return d.write(ctx, deed{"ExceptionSettle", list(ids), why}, func(tx Tx) error {
		if err := checkMany(ids); err != nil {
			return err
		}
		if strings.TrimSpace(why) == "" {
			return &FieldError{"reason", fmt.Errorf("it is missing (expected why nothing is left to do)")}
		}
		for _, id := range ids {
			w, err := tx.WaitingGet(id)
			if err != nil {
				return err
			}
			if !w.ClosedAt.IsZero() {
				continue
			}
			if err := tx.CarePut(id, w.Assignee, calendar.Date{}, flow.PlainText(why)); err != nil {
				return err
			}
			if _, err := tx.ExceptionClose(w.Kind, w.Subject, d.person.Who, d.office.Flow.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkMany(ids []int64) error {
	if len(ids) == 0 {
		return &FieldError{"ids", fmt.Errorf("none is named (expected at least one)")}
	}
	if len(ids) > exceptionsMost {
		return &FieldError{"ids", fmt.Errorf("%d are named (expected at most %d at once)", len(ids), exceptionsMost)}
	}
	return nil
}

// list is ids as the audit has them: all of a few, the count of many.
func list(ids []int64) string {
	if len(ids) > 20 {
		return fmt.Sprintf("%d exceptions", len(ids))
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = fmt.Sprintf("exception %d", id)
	}
	return strings.Join(words, ", ")
}

// CustomerLink says which account a provider's customer is, and which contract takes
// what it buys; the exception that asked for it is settled with it. Version is that of the link as it was
// looked at (ProviderCustomerRow.Version), flow.New where there was none: where it is another by now, it is
// flow.ErrMoved. Nil links whatever it was.
func (d *Desk) CustomerLink(ctx context.Context, link flow.CustomerLink, version *int64) error {
	what := deed{"CustomerLink", string(link.Connection) + "/" + link.Customer, fmt.Sprintf("account %s, contract %s", link.Account, link.Contract)}
	return d.write(ctx, what, func(tx Tx) error {
		if err := checkLink(tx, &link); err != nil {
			return err
		}
		// It comes first: from here on no other link is made until this one is.
		if _, err := tx.ExceptionClose(flow.UnknownCustomer, link.Customer, d.person.Who, d.office.Flow.Clock.Now()); err != nil {
			return err
		}
		if err := linkStands(tx, &link, version); err != nil {
			return err
		}
		_, err := tx.CustomerLinkPut(link)
		return err
	})
}

// linkStands is flow.ErrMoved where a link is no longer what was looked at.
func linkStands(tx Tx, link *flow.CustomerLink, version *int64) error {
	if version == nil {
		return nil
	}
	list, err := tx.ProviderCustomersFind(ProviderCustomerFilter{Connection: link.Connection, Customer: link.Customer, Most: 1})
	if err != nil {
		return err
	}
	is := int64(flow.New)
	if len(list) > 0 {
		is = list[0].Version()
	}
	if is != *version {
		return fmt.Errorf("customer %s: %w: it is at version %d", link.Customer, flow.ErrMoved, is)
	}
	return nil
}

func checkLink(tx Tx, link *flow.CustomerLink) error {
	if _, err := tx.ConnectionGet(link.Connection); err != nil {
		return err
	}
	if link.Customer == "" {
		return &FieldError{"customer", fmt.Errorf("it is missing (expected the provider's id of the customer)")}
	}
	if _, err := tx.AccountGet(link.Account); err != nil {
		return &FieldError{"account", fmt.Errorf("there is no account %q", link.Account)}
	}
	if link.Contract == "" {
		return nil
	}
	contract, err := tx.ContractGet(link.Contract)
	if err != nil {
		return &FieldError{"contract", fmt.Errorf("there is no contract %q", link.Contract)}
	}
	if contract.Account != link.Account {
		return &FieldError{"contract", fmt.Errorf("%s is a contract of %s (expected one of %s)", link.Contract, contract.Account, link.Account)}
	}
	return nil
}

// ProvisionRetry has a change that did not reach its provider tried again; ProvisionDrop
// gives it up.
func (d *Desk) ProvisionRetry(ctx context.Context, id int64) error {
	f, err := d.doing(ctx, deed{verb: "ProvisionRetry", subject: fmt.Sprintf("provision %d", id)})
	if err != nil {
		return err
	}
	return f.ProvisionRetry(ctx, id, d.actor())
}

// ProvisionDrop gives a change up that did not reach its provider.
func (d *Desk) ProvisionDrop(ctx context.Context, id int64, why string) error {
	f, err := d.doing(ctx, deed{"ProvisionDrop", fmt.Sprintf("provision %d", id), why})
	if err != nil {
		return err
	}
	return f.ProvisionDrop(ctx, id, d.actor())
}
