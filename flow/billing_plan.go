package flow

import (
	"context"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// A billing plan is worked out through the whole book, chunk by chunk, and kept: each invoice to come beside
// what the same group was billed one period before; what was billed then and is missing now; and what cannot be
// billed. Of each group it keeps a fingerprint, by which the run sees whether it still is what was looked at.

// plansKept is how many plans keep their rows.
const plansKept = 6

// BillingPlanBegin makes the plan that BillingPlanOn then works out. The day may be one to come: such a plan
// can be looked at, and is billed on its day.
func (f *Flow) BillingPlanBegin(ctx context.Context, through calendar.Date, actor Actor) (BillingPlan, error) {
	now := f.Clock.Now()
	plan := BillingPlan{Through: through, State: PlanWorking, AskedAt: now, ToldAt: now, Who: actor.Who, Owner: f.Process}
	if through.IsZero() {
		return plan, wrong(Source{}, "through: a plan goes through a day; none was given")
	}
	err := f.Store.Write(ctx, func(tx Tx) (err error) {
		if _, err := tx.WorkLose(now.Add(-quietMost), now, nil); err != nil {
			return err
		}
		if plan.Stamp, err = tx.BookStamp(); err != nil {
			return err
		}
		if plan.Due, err = tx.DueCount(through); err != nil {
			return err
		}
		if err := tx.BillingPlansForget(plansKept - 1); err != nil {
			return err
		}
		plan.ID, err = tx.BillingPlanStart(plan)
		return err
	})
	if err != nil {
		return plan, fmt.Errorf("billing plan %s: %w", through, err)
	}
	return plan, nil
}

// BillingPlanOn works a plan out and writes down how that ended.
func (f *Flow) BillingPlanOn(ctx context.Context, plan BillingPlan) (BillingPlan, error) {
	m := planMaker{f: f, plan: &plan}
	err := m.invoices(ctx)
	if err == nil {
		err = m.missing(ctx)
	}
	plan.State = PlanReady
	if err != nil {
		plan.State = "failed"
	}
	plan.EndedAt = f.Clock.Now()
	plan.ToldAt = plan.EndedAt
	if ended := f.Store.Write(context.WithoutCancel(ctx), func(tx Tx) error { return tx.BillingPlanUpdate(plan) }); err == nil {
		err = ended
	}
	if err != nil {
		return plan, fmt.Errorf("billing plan %s: %w", plan.Through, err)
	}
	return plan, nil
}

// planMaker works out one plan.
type planMaker struct {
	f    *Flow
	plan *BillingPlan
	// no is that of the latest row.
	no int64
}

func (m *planMaker) invoices(ctx context.Context) error {
	catalog, err := CatalogOf(ctx, m.f.Store, true)
	if err != nil {
		return err
	}
	pool := m.f.newPool(catalog)
	for c, err := range m.f.previewChunks(ctx, pool, m.plan.Through) {
		if err != nil {
			return err
		}
		rows, err := m.rowsOf(ctx, c)
		if err != nil {
			return err
		}
		if err := m.write(ctx, rows, int64(c.contracts), int64(len(groupsOf(c.books)))); err != nil {
			return err
		}
	}
	return nil
}

// write numbers and keeps rows, with how far the plan is.
func (m *planMaker) write(ctx context.Context, rows []PlannedInvoice, contracts, groups int64) error {
	now := *m.plan
	no := m.no
	now.Contracts += contracts
	now.Groups += groups
	for i := range rows {
		no++
		rows[i].No, rows[i].Plan = no, now.ID
		switch {
		case rows[i].Has(FlagException):
			now.Exceptions++
		case rows[i].Has(FlagMissing):
			now.Missing++
		default:
			now.Invoices++
			now.Lines += rows[i].Lines
		}
	}
	now.ToldAt = m.f.Clock.Now()
	err := m.f.Store.Write(ctx, func(tx Tx) error {
		if err := tx.PlannedAdd(rows); err != nil {
			return err
		}
		return tx.BillingPlanUpdate(now)
	})
	if err == nil {
		*m.plan, m.no = now, no
	}
	return err
}

// rowsOf are the rows of a chunk, group by group.
func (m *planMaker) rowsOf(ctx context.Context, c *chunkWork) ([]PlannedInvoice, error) {
	invoices := map[string][]Issued{}
	for _, invoice := range c.chunk.Invoices {
		invoices[invoice.Group] = append(invoices[invoice.Group], invoice)
	}
	groups := groupsOf(c.books)
	before, ever, err := m.history(ctx, c, groups, invoices)
	if err != nil {
		return nil, err
	}
	failed := map[billing.ContractID]RunException{}
	for _, e := range c.exceptions {
		failed[e.Contract] = e
	}
	var rows []PlannedInvoice
	for i := range groups {
		g := &groups[i]
		key := g.books[0].Group
		for _, book := range g.books {
			if e, ok := failed[book.Contract.ID]; ok {
				rows = append(rows, exceptionRow(book, e))
			}
		}
		compared := groupCompare{months: shortest(g.books), flexi: g.books[0].Contract.Schedule == billing.Flexi, before: before[key], ever: ever[key]}
		digest := ""
		if len(invoices[key]) > 0 {
			digest = GroupDigest(invoices[key])
		}
		for j := range invoices[key] {
			row := compared.row(&invoices[key][j])
			row.Digest, row.Contracts = digest, contractCount(&invoices[key][j])
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// history reads what the groups of a chunk were billed before.
func (m *planMaker) history(ctx context.Context, c *chunkWork, groups []group, invoices map[string][]Issued) (before map[string][]Issued, ever map[string]bool, err error) {
	from := m.plan.Through
	for i := range groups {
		back := -shortest(groups[i].books) - 1
		for _, invoice := range invoices[groups[i].books[0].Group] {
			from = calendar.Earliest(from, invoice.Date.AddMonths(back))
		}
	}
	before = map[string][]Issued{}
	err = m.f.Store.Read(ctx, func(tx Tx) error {
		list, err := tx.BilledBefore(c.after, c.last, from)
		if err != nil {
			return err
		}
		for _, invoice := range list {
			before[invoice.Group] = append(before[invoice.Group], invoice)
		}
		var new []string
		for i := range groups {
			if key := groups[i].books[0].Group; len(before[key]) == 0 {
				new = append(new, key)
			}
		}
		ever, err = tx.EverBilled(new)
		return err
	})
	return before, ever, err
}

func exceptionRow(book *OpenBook, e RunException) PlannedInvoice {
	nothing := money.NewAmount(0, book.Contract.Currency)
	return PlannedInvoice{Group: book.Group, Payer: book.Payer.Account, Contract: book.Contract.ID, Seller: book.Seller, Currency: book.Contract.Currency, Contracts: 1,
		Net: nothing, Tax: nothing, Total: nothing, Flags: FlagException, Code: e.Code, Sentence: e.Sentence}
}

func shortest(books []*OpenBook) int {
	months := books[0].Contract.Frequency.Months
	for _, book := range books[1:] {
		months = min(months, book.Contract.Frequency.Months)
	}
	return max(1, months)
}

func contractCount(invoice *Issued) int64 { return int64(len(contractsOn(invoice))) }

// missing finds the groups that were billed one period ago and of which the plan has nothing.
func (m *planMaker) missing(ctx context.Context) error {
	var bounds []string
	err := m.f.Store.Read(ctx, func(tx Tx) (err error) {
		bounds, err = tx.GroupBounds(5 * chunkContracts)
		return err
	})
	after := ""
	for _, last := range bounds {
		if err != nil {
			return err
		}
		var unplanned []UnplannedGroup
		err = m.f.Store.Read(ctx, func(tx Tx) (err error) {
			unplanned, err = tx.NotPlanned(m.plan.ID, after, last, m.plan.Through.AddMonths(-longestMonths))
			return err
		})
		var rows []PlannedInvoice
		for i := range unplanned {
			if row, missing := missingRow(&unplanned[i], m.plan.Through); missing {
				rows = append(rows, row)
			}
		}
		if err == nil {
			err = m.write(ctx, rows, 0, 0)
		}
		after = last
	}
	return err
}

// longestMonths is how far back something may have been billed that is missing now: two billing periods of the longest.
const longestMonths = 72

// nearDays is how far clamped and moved dates may be from where they are expected.
const nearDays = 4

// missingRow says whether a group would have had its next invoice by the day, and not more than one period before it.
func missingRow(u *UnplannedGroup, through calendar.Date) (PlannedInvoice, bool) {
	expected := u.Last.Date.AddMonths(max(1, u.Months))
	if expected.After(through) || !expected.AddMonths(max(1, u.Months)).After(through) {
		return PlannedInvoice{}, false
	}
	if u.DueOn.After(through) && expected.DaysUntil(u.DueOn) <= nearDays {
		return PlannedInvoice{}, false
	}
	why := "nothing is owed for the period that followed"
	switch {
	case !u.EndOn.IsZero() && !u.EndOn.After(through):
		why = "the contract ended on " + day(u.EndOn)
	case u.DueOn.After(through):
		why = "the next invoice is due on " + day(u.DueOn)
	}
	nothing := money.NewAmount(0, u.Last.Currency)
	return PlannedInvoice{
		Group: u.Last.Group, Payer: u.Last.Payer, Contract: u.Last.Contract, Seller: u.Last.Seller, Date: expected, Currency: u.Last.Currency,
		Net: nothing, Tax: nothing, Total: nothing, Last: u.Last.ID, Compared: true, LastOn: u.Last.Date, LastNet: u.Last.Net, LastTotal: u.Last.Total,
		Flags: FlagMissing, Code: "missing", Sentence: "Billed last on " + day(u.Last.Date) + "; " + why + ".",
	}, true
}

// groupCompare holds the invoices to come of one group against those before.
type groupCompare struct {
	months int
	// flexi says that invoices of one period are of different subscriptions: only the same day of the period before compares.
	flexi  bool
	before []Issued
	ever   bool
}

// row compares an invoice, which those after it are then compared with too.
func (g *groupCompare) row(invoice *Issued) PlannedInvoice {
	row := PlannedInvoice{
		Group: invoice.Group, Payer: invoice.Payer, Contract: invoice.Contract, Seller: invoice.Seller, Date: invoice.Date, Currency: invoice.Currency,
		Lines: int64(len(invoice.Lines)), Net: invoice.Net, Tax: invoice.Tax, Total: invoice.Total,
	}
	row.Flags = g.flags(&row, invoice)
	if isRegular(invoice) {
		kept := *invoice
		kept.ID, kept.Lines, kept.Taxes = "", nil, nil
		g.before = append(g.before, kept)
	}
	return row
}

func (g *groupCompare) flags(row *PlannedInvoice, invoice *Issued) (flags PlanFlag) {
	switch row.Total.Sign() {
	case -1:
		flags |= FlagNegative
	case 0:
		flags |= FlagZero
	}
	if len(g.before) == 0 && !g.ever {
		flags |= FlagFirst
	}
	// An invoice of changes alone has none before it that it could be like.
	last := g.last(invoice)
	if last == nil || !isRegular(invoice) {
		return flags
	}
	row.Compared, row.Last, row.LastOn, row.LastNet, row.LastTotal = true, last.ID, last.Date, last.Net, last.Total
	if Unusual(row.Net, row.LastNet) {
		flags |= FlagUnusual
	}
	return flags
}

// last is the invoice one billing period before.
func (g *groupCompare) last(invoice *Issued) *Issued {
	expected := invoice.Date.AddMonths(-g.months)
	near := nearDays
	if !g.flexi {
		near = g.months * 20
	}
	var best *Issued
	for i := range g.before {
		b := &g.before[i]
		off := distance(b.Date, expected)
		if b.Seller != invoice.Seller || b.Currency != invoice.Currency || !b.Date.Before(invoice.Date) || off > near {
			continue
		}
		if best == nil || off <= distance(best.Date, expected) {
			best = b
		}
	}
	return best
}

func distance(a, b calendar.Date) int { return max(a.DaysUntil(b), b.DaysUntil(a)) }

// isRegular says whether an invoice has what comes every period, and not changes alone.
func isRegular(invoice *Issued) bool {
	return slices.ContainsFunc(invoice.Lines, func(l billing.InvoiceLine) bool {
		return l.Kind == billing.LineBase || l.Kind == billing.LineUsage || l.Kind == billing.LineMinimum
	})
}

// Unusual says whether an amount differs from that of last time by more than 30 % of it.
func Unusual(now, last money.Amount) bool {
	difference := now.Sub(last).Ratio().Abs()
	return difference.Mul(money.Whole(10)).Cmp(last.Ratio().Abs().Mul(money.Whole(3))) > 0
}

// PlannedDrafts works out again what one group would be billed through a day, with lines; or why it cannot be.
func (f *Flow) PlannedDrafts(ctx context.Context, group string, through calendar.Date) (invoices []Issued, failed []RunException, err error) {
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return nil, nil, err
	}
	c := &chunkWork{}
	err = f.Store.Read(ctx, func(tx Tx) (err error) {
		c.books, err = tx.DueGroups(through, []string{group})
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	one := *f
	one.Workers = 1
	if one.newPool(catalog).plan(c, through); c.err != nil {
		return nil, nil, c.err
	}
	return c.chunk.Invoices, c.exceptions, nil
}
