package office

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// ContractPage is a page of contracts, and where the next begins; nil where there is none.
type ContractPage struct {
	Rows []ContractRow
	Next *ContractCursor
}

// ContractList is a page of the contracts in reach, in order of their customers' names.
func (d *Desk) ContractList(ctx context.Context, filter ContractFilter) (page ContractPage, err error) {
	err = d.read(ctx, "ContractList", func(tx Tx) error {
		filter.Under = d.under()
		most := pageOf(filter.Most)
		filter.Most = most + 1
		if page.Rows, err = tx.ContractsFind(filter); err != nil {
			return err
		}
		if len(page.Rows) > most {
			page.Rows = page.Rows[:most]
			next := page.Rows[most-1].Cursor()
			page.Next = &next
		}
		if filter.Under != nil {
			for i := range page.Rows {
				outsideContract(&page.Rows[i].Contract)
			}
		}
		return nil
	})
	return page, err
}

// ContractDetail is one contract with where billing stands with it.
type ContractDetail struct {
	Contract flow.Contract
	Account  AccountName
	Payer    AccountName
	Version  int64
	// Lists are the price lists that its prices are searched in, in order; for staff.
	Lists []string
	// ThroughOn is the last invoice date that was worked through, NextOn the date of the
	// next regular invoice, DueOn the next day on which there can be something to bill.
	ThroughOn, NextOn, DueOn calendar.Date
	Subscriptions            []SubscriptionRow
	// Items are what was sold once and stands.
	Items []billing.OneTimeItem
	// Billed says that its terms stay as they are.
	Billed bool
	Held   bool
}

// ContractGet reads a contract with its subscriptions as they are today;
// flow.ErrUnknown where there is none in reach.
func (d *Desk) ContractGet(ctx context.Context, id billing.ContractID) (detail ContractDetail, err error) {
	err = d.read(ctx, "ContractGet", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		if detail.Contract, err = tx.ContractGet(id); err != nil {
			return err
		}
		if !reach.has(detail.Contract.Account) {
			detail = ContractDetail{}
			return unseen("contract", string(id))
		}
		return d.contractDetail(tx, &reach, &detail)
	})
	return detail, err
}

func (d *Desk) contractDetail(tx Tx, reach *reach, detail *ContractDetail) error {
	id := detail.Contract.ID
	book, err := tx.BookPlan(id, false)
	if err != nil {
		return err
	}
	detail.Version, detail.Lists = book.Version, book.Lists
	detail.ThroughOn, detail.DueOn = book.Cursor.Through, book.Cursor.DueOn
	detail.NextOn, _ = billing.InvoiceDate(&book.Contract, book.Cursor.Next)
	account, err := tx.AccountGet(detail.Contract.Account)
	if err != nil {
		return err
	}
	detail.Account = AccountName{account.ID, account.Name}
	if payer, err := tx.AccountGet(book.Payer.Account); err == nil && reach.has(payer.ID) {
		detail.Payer = AccountName{payer.ID, payer.Name}
	}
	if detail.Held, err = tx.AccountHeld(account.ID); err != nil {
		return err
	}
	if detail.Subscriptions, err = tx.SubscriptionsFind(SubscriptionFilter{Contract: id, Most: 500}); err != nil {
		return err
	}
	statesOf(book, detail.Subscriptions, d.Today())
	for i := range book.Items {
		if book.Items[i].VoidedOn.IsZero() {
			detail.Items = append(detail.Items, book.Items[i])
		}
	}
	err = tx.InvoiceList(flow.InvoiceFilter{Contract: id, Latest: 1}, func(flow.Issued) bool { detail.Billed = true; return false })
	if !reach.all {
		detail.Lists = nil
		outsideContract(&detail.Contract)
	}
	return err
}

// statesOf fills in what the subscriptions of a book are on a day.
func statesOf(book *flow.OpenBook, rows []SubscriptionRow, on calendar.Date) {
	for i := range rows {
		for j := range book.Subscriptions {
			if s := &book.Subscriptions[j]; s.ID == rows[i].ID {
				rows[i].State = billing.StateOn(&book.Contract, s, on)
			}
		}
	}
}

// ContractPut adds a contract (version flow.New) or changes one that was never billed,
// if it is still at the version that was looked at: else flow.ErrMoved.
func (d *Desk) ContractPut(ctx context.Context, c flow.Contract, version int64) error {
	what := "changed"
	if version == flow.New {
		what = "added"
	}
	f, err := d.doing(ctx, deed{"ContractPut", string(c.ID), what})
	if err != nil {
		return err
	}
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		if _, err := tx.ContractGet(c.ID); version == flow.New && err == nil {
			return &FieldError{"id", fmt.Errorf("%s is a contract already", c.ID)}
		}
		return checkContract(tx, &c)
	})
	if err != nil {
		return err
	}
	_, err = f.ContractSet(ctx, c, version, d.actor())
	return err
}

// checkContract says which field cannot be as it is.
func checkContract(tx Tx, c *flow.Contract) error {
	switch {
	case c.ID == "" || len(c.ID) > 100 || strings.ContainsAny(string(c.ID), " /?#%\"'<>"):
		return &FieldError{"id", errors.New("expected letters, digits, and - . _ between them, such as contoso-2026")}
	case c.Start.IsZero():
		return &FieldError{"start", errors.New("a contract needs its first day")}
	case !c.End.IsZero() && !c.End.After(c.Start):
		return &FieldError{"end", fmt.Errorf("%s is not after the start on %s", c.End, c.Start)}
	case c.OffsetDays < -60 || c.OffsetDays > 60:
		return &FieldError{"offset_days", fmt.Errorf("%d days (expected -60 to 60)", c.OffsetDays)}
	case c.Discount.Percent.Sign() < 0 || c.Discount.Percent.Ratio().Cmp(hundred()) > 0:
		return &FieldError{"discount", fmt.Errorf("%s %% (expected 0 to 100)", c.Discount.Percent)}
	case c.Refunds.Policy == billing.RefundWithinDays && (c.Refunds.Days < 1 || c.Refunds.Days > 365):
		return &FieldError{"refunds_days", fmt.Errorf("%d days (expected 1 to 365)", c.Refunds.Days)}
	case c.Changes.Policy == billing.Weekly && (c.Changes.Day < 0 || c.Changes.Day > 6):
		return &FieldError{"changes_day", fmt.Errorf("%d is no day of the week (0 is Sunday, 6 Saturday)", c.Changes.Day)}
	case c.Changes.Policy == billing.Monthly && (c.Changes.Day < 1 || c.Changes.Day > 31):
		return &FieldError{"changes_day", fmt.Errorf("%d is no day of a month (expected 1 to 31)", c.Changes.Day)}
	}
	if err := checkTogether(c); err != nil {
		return err
	}
	if _, _, err := tx.SellerVersion(c.Seller, 0); c.Seller != "" && errors.Is(err, flow.ErrUnknown) {
		return &FieldError{"seller", fmt.Errorf("there is no seller %s", c.Seller)}
	}
	if _, err := tx.AccountGet(c.Account); errors.Is(err, flow.ErrUnknown) {
		return &FieldError{"account", fmt.Errorf("there is no account %s", c.Account)}
	} else if err != nil {
		return err
	}
	return nil
}

// checkTogether says which terms cannot stand beside each other.
func checkTogether(c *flow.Contract) error {
	off := &c.Discount
	switch {
	case c.Collect == billing.Upcoming && (c.Schedule != billing.Flexi || c.Timing != billing.Advance):
		return &FieldError{"collect", errors.New("upcoming goes with a flexi schedule, in advance: elsewhere what is due is billed")}
	case c.Reductions == billing.ReductionsWithinWindow && c.Refunds.Policy != billing.RefundWithinDays:
		return &FieldError{"reductions", errors.New("a window is that of the refunds: let seats be refunded within some days")}
	case !off.From.IsZero() && !off.To.IsZero() && !off.To.After(off.From):
		return &FieldError{"discount", fmt.Errorf("its end, %s, is not after its start, %s", off.To, off.From)}
	case !c.NextInvoice.IsZero() && c.NextInvoice.Before(c.Start):
		return &FieldError{"next_invoice", fmt.Errorf("%s is before the contract's first day, %s", c.NextInvoice, c.Start)}
	}
	return nil
}
