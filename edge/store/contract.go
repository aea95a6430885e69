package store

import (
	"errors"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

const contractColumns = `c.id, c.account, c.seller, c.currency, c.schedule, c.frequency, c.frequency_months, c.start_on, c.end_on, c.timing, c.next_invoice_on,
	c.offset_days, c.collect, c.proration, c.changes, c.changes_day, c.refunds, c.refunds_days, c.reductions,
	c.discount_percent, c.discount_initial, c.discount_from_on, c.discount_to_on, c.price_list, c.rate_policy, c.suspended_free, c.stick, c.purchase_order`

var contractTable = tableOf("contract", `id account seller currency schedule frequency frequency_months start_on end_on timing next_invoice_on
	offset_days collect proration changes changes_day refunds refunds_days reductions
	discount_percent discount_initial discount_from_on discount_to_on price_list rate_policy suspended_free stick purchase_order`)

var cursorTable = tableOf("contract_cursor", `contract group_key version next_index through_on due_on open_after marks`)

func (b *bulk) cursor(m *flow.CursorMove, group string) {
	b.row()
	b.text(string(m.Contract))
	b.text(group)
	b.number(m.Version)
	b.number(int64(m.Cursor.Next))
	b.day(m.Cursor.Through)
	b.day(m.Cursor.DueOn)
	b.day(m.Cursor.OpenAfter)
	b.text(marksText(m.Cursor.Marks))
}

func (b *bulk) contract(c *flow.Contract) {
	b.row()
	b.text(string(c.ID))
	b.text(string(c.Account))
	b.text(string(c.Seller))
	b.text(c.Currency.String())
	b.text(scheduleWords[c.Schedule])
	b.text(c.Frequency.Name)
	b.number(int64(c.Frequency.Months))
	b.day(c.Start)
	b.day(c.End)
	b.text(timingWords[c.Timing])
	b.day(c.NextInvoice)
	b.number(int64(c.OffsetDays))
	b.text(collectWords[c.Collect])
	b.text(prorationWords[c.Proration])
	b.text(changesWords[c.Changes.Policy])
	b.number(int64(c.Changes.Day))
	b.text(refundsWords[c.Refunds.Policy])
	b.number(int64(c.Refunds.Days))
	b.text(reductionsWords[c.Reductions])
	b.discount(&c.Discount)
	b.text(c.PriceList)
	b.text(rateWords[c.RatePolicy])
	b.flag(c.SuspendedFree)
	b.flag(c.Stick)
	b.text(c.PurchaseOrder)
}

func (b *bulk) discount(d *billing.Discount) {
	b.decimal(d.Percent)
	b.flag(d.Initial)
	b.day(d.From)
	b.day(d.To)
}

func (r *rows) discount() (d billing.Discount) {
	d.Percent, d.Initial, d.From, d.To = r.decimal(), r.flag(), r.day(), r.day()
	return d
}

// contract reads contractColumns.
func (r *rows) contract() (c flow.Contract) {
	c.ID, c.Account, c.Seller = billing.ContractID(r.text()), billing.AccountID(r.text()), flow.SellerID(r.word())
	c.Currency, c.Schedule = r.currency(), billing.Schedule(r.enum(scheduleWords))
	c.Frequency.Name, c.Frequency.Months = r.word(), r.count()
	c.Start, c.End = r.day(), r.day()
	c.Timing, c.NextInvoice, c.OffsetDays = billing.Timing(r.enum(timingWords)), r.day(), r.count()
	c.Collect, c.Proration = billing.Collect(r.enum(collectWords)), billing.Proration(r.enum(prorationWords))
	c.Changes.Policy, c.Changes.Day = billing.ChangesPolicy(r.enum(changesWords)), r.count()
	c.Refunds.Policy, c.Refunds.Days = billing.RefundsPolicy(r.enum(refundsWords)), r.count()
	c.Reductions = billing.ReductionsPolicy(r.enum(reductionsWords))
	c.Discount = r.discount()
	c.PriceList, c.RatePolicy = r.word(), billing.RatePolicy(r.enum(rateWords))
	c.SuspendedFree, c.Stick, c.PurchaseOrder = r.flag(), r.flag(), r.text()
	return c
}

// errBilled refuses to replace what invoices were made from.
var errBilled = errors.New("it was billed, and stays as it is")

// ContractPut adds a contract under its group, or replaces one that was never billed.
func (t *tx) ContractPut(c flow.Contract, group string) (changed bool, err error) {
	defer func() { err = wrap("contract "+string(c.ID), err) }()
	old, err := t.contractGet(c.ID)
	switch {
	case errors.Is(err, flow.ErrUnknown):
		return true, t.contractAdd(&c, group)
	case err != nil:
		return false, err
	case old == c:
		return false, nil
	}
	billed, err := t.one(func(*rows) {}, `SELECT 1 FROM invoice_line WHERE contract = $1 LIMIT 1`, string(c.ID))
	if err == nil && billed {
		err = errBilled
	}
	if err != nil {
		return false, err
	}
	return true, t.contractReplace(&c, group)
}

func (t *tx) contractAdd(c *flow.Contract, group string) error {
	if err := t.insert(contractTable, func(b *bulk) { b.contract(c) }); err != nil {
		return err
	}
	t.sums.dueMove(calendar.Date{}, 1)
	return t.insert(cursorTable, func(b *bulk) { b.cursor(&flow.CursorMove{Contract: c.ID, Version: 1}, group) })
}

func (t *tx) contractReplace(c *flow.Contract, group string) error {
	if _, err := t.exec(`UPDATE contract SET account = $2, seller = $3, currency = $4, schedule = $5, frequency = $6, frequency_months = $7, start_on = $8,
		end_on = $9, timing = $10, next_invoice_on = $11, offset_days = $12, collect = $13, proration = $14, changes = $15, changes_day = $16,
		refunds = $17, refunds_days = $18, reductions = $19, discount_percent = $20, discount_initial = $21, discount_from_on = $22,
		discount_to_on = $23, price_list = $24, rate_policy = $25, suspended_free = $26, stick = $27, purchase_order = $28 WHERE id = $1`,
		string(c.ID), string(c.Account), string(c.Seller), c.Currency.String(), scheduleWords[c.Schedule], c.Frequency.Name, int64(c.Frequency.Months), c.Start.String(),
		c.End.String(), timingWords[c.Timing], c.NextInvoice.String(), int64(c.OffsetDays), collectWords[c.Collect], prorationWords[c.Proration],
		changesWords[c.Changes.Policy], int64(c.Changes.Day), refundsWords[c.Refunds.Policy], int64(c.Refunds.Days), reductionsWords[c.Reductions],
		c.Discount.Percent.String(), c.Discount.Initial, c.Discount.From.String(), c.Discount.To.String(), c.PriceList, rateWords[c.RatePolicy],
		c.SuspendedFree, c.Stick, c.PurchaseOrder); err != nil {
		return err
	}
	if err := t.dueAtOnce(`contract = $1`, string(c.ID)); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE contract_cursor SET group_key = $2, next_index = 0, through_on = '', open_after = '', marks = '' WHERE contract = $1`, string(c.ID), group)
	return err
}

func (t *tx) contractGet(id billing.ContractID) (c flow.Contract, err error) {
	found, err := t.one(func(r *rows) { c = r.contract() }, `SELECT `+contractColumns+` FROM contract c WHERE c.id = $1`, string(id))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return c, err
}

// ContractGet is ErrUnknown where there is none.
func (t *tx) ContractGet(id billing.ContractID) (flow.Contract, error) {
	c, err := t.contractGet(id)
	return c, wrap("contract "+string(id), err)
}

// ContractList is all contracts, by id.
func (t *tx) ContractList() (contracts []flow.Contract, err error) {
	err = t.each(func(r *rows) { contracts = append(contracts, r.contract()) }, `SELECT `+contractColumns+` FROM contract c ORDER BY c.id`)
	return contracts, wrap("contracts", err)
}

// ContractsOf are the ids of an account's contracts, in order.
func (t *tx) ContractsOf(id billing.AccountID) (contracts []billing.ContractID, err error) {
	err = t.each(func(r *rows) { contracts = append(contracts, billing.ContractID(r.text())) },
		`SELECT id FROM contract WHERE account = $1 ORDER BY id`, string(id))
	return contracts, wrap("contracts of "+string(id), err)
}

// ContractRegroup moves a contract to a new group; where it is in that group
// already nothing happens.
func (t *tx) ContractRegroup(id billing.ContractID, group string) error {
	// What somebody held stays held under its new key.
	_, err := t.exec(`INSERT INTO billing_hold (group_key, at, who, reason)
		SELECT $2, h.at, h.who, h.reason FROM contract_cursor k JOIN billing_hold h ON h.group_key = k.group_key WHERE k.contract = $1
		ON CONFLICT (group_key) DO NOTHING`, string(id), group)
	if err != nil {
		return wrap("group of "+string(id), err)
	}
	n, err := t.exec(`UPDATE contract_cursor SET group_key = $2, version = version + 1 WHERE contract = $1 AND group_key <> $2`, string(id), group)
	if n > 0 {
		t.dirty, t.tallied[tallyPlanned] = true, true
	}
	return wrap("group of "+string(id), err)
}

// BookOpen reads a contract with its subscriptions, log, items and usage, without
// billed lines, and takes it for writing: its version is raised, and until the
// transaction ends nobody else moves its cursor.
func (t *tx) BookOpen(id billing.ContractID) (*flow.OpenBook, error) {
	if err := t.hold(); err != nil {
		return nil, err
	}
	books, err := t.bookTake(id)
	if err != nil {
		return nil, fmt.Errorf("book of %s: %w", id, err)
	}
	return books[0], nil
}

func (t *tx) bookTake(id billing.ContractID) ([]*flow.OpenBook, error) {
	n, err := t.exec(`UPDATE contract_cursor SET version = version + 1 WHERE contract = $1`, string(id))
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(t.opened, id) {
		t.opened = append(t.opened, id)
	}
	return t.books(scope{where: `k.contract = $1`, args: []any{string(id)}}, everything)
}

// BooksOpen takes contracts for writing, and reads their subscriptions and their
// log alone.
func (t *tx) BooksOpen(contracts []billing.ContractID) ([]*flow.OpenBook, error) {
	if err := t.hold(); err != nil {
		return nil, err
	}
	if err := t.hint(); err != nil {
		return nil, err
	}
	var taken int64
	err := inIDs(t, contracts, nil, func(in string, args []any) error {
		n, err := t.exec(`UPDATE contract_cursor SET version = version + 1 WHERE contract`+in, args...)
		taken += n
		return err
	})
	if err == nil && taken != int64(len(contracts)) {
		err = flow.ErrUnknown
	}
	if err != nil {
		return nil, wrap("books", err)
	}
	t.opened = append(t.opened, contracts...)
	return t.booksOf(contracts, stories, calendar.Period{})
}

// BookRead is the same for looking only.
func (t *tx) BookRead(id billing.ContractID) (*flow.OpenBook, error) {
	books, err := t.books(scope{where: `k.contract = $1`, args: []any{string(id)}}, everything)
	if err == nil && len(books) == 0 {
		err = flow.ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("book of %s: %w", id, err)
	}
	return books[0], nil
}

// BookPlan reads a contract as a run reads it: what its cursor leaves open or, where
// whole, all of it, with the billed lines.
func (t *tx) BookPlan(id billing.ContractID, all bool) (*flow.OpenBook, error) {
	much := open
	if all {
		much = whole
	}
	books, err := t.books(scope{where: `k.contract = $1`, args: []any{string(id)}}, much)
	if err == nil && len(books) == 0 {
		err = flow.ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("book of %s: %w", id, err)
	}
	return books[0], nil
}

// raise raises the version of a contract that a fact concerns, unless this
// transaction has it open.
func (t *tx) raise(id billing.ContractID) error {
	if id == "" || slices.Contains(t.opened, id) {
		return nil
	}
	t.opened = append(t.opened, id)
	_, err := t.exec(`UPDATE contract_cursor SET version = version + 1 WHERE contract = $1`, string(id))
	return err
}
