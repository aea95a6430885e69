package store

import (
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

const planColumns = `id, through_on, state, stamp, asked_at, ended_at, who, due, contracts, group_count, invoices, lines, missing, exceptions, run, told_at, owner`

func planArgs(p *flow.BillingPlan) []any {
	return []any{p.ID, p.Through.String(), p.State, p.Stamp, microsOf(p.AskedAt), microsOf(p.EndedAt), p.Who, p.Due, p.Contracts, p.Groups, p.Invoices, p.Lines,
		p.Missing, p.Exceptions, p.Run, microsOf(p.ToldAt), p.Owner}
}

// plan reads planColumns.
func (r *rows) plan() flow.BillingPlan {
	return flow.BillingPlan{ID: r.number(), Through: r.day(), State: r.text(), Stamp: r.number(), AskedAt: r.instant(), EndedAt: r.instant(), Who: r.text(),
		Due: r.number(), Contracts: r.number(), Groups: r.number(), Invoices: r.number(), Lines: r.number(), Missing: r.number(), Exceptions: r.number(),
		Run: r.number(), ToldAt: r.instant(), Owner: r.text()}
}

// BillingPlanStart numbers a plan and keeps it.
func (t *tx) BillingPlanStart(p flow.BillingPlan) (int64, error) {
	if _, err := t.one(func(r *rows) { p.ID = r.number() }, `SELECT COALESCE(MAX(id), 0) + 1 FROM billing_plan`); err != nil {
		return 0, wrap("billing plan", err)
	}
	_, err := t.exec(`INSERT INTO billing_plan (`+planColumns+`) VALUES (`+binds(1, 17)+`)`, planArgs(&p)...)
	return p.ID, wrap("billing plan", err)
}

// BillingPlanUpdate writes how far a plan is.
func (t *tx) BillingPlanUpdate(p flow.BillingPlan) error {
	n, err := t.exec(`UPDATE billing_plan SET through_on = $2, state = $3, stamp = $4, asked_at = $5, ended_at = $6, who = $7, due = $8, contracts = $9,
		group_count = $10, invoices = $11, lines = $12, missing = $13, exceptions = $14, run = $15, told_at = $16, owner = $17 WHERE id = $1`, planArgs(&p)...)
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap(fmt.Sprintf("billing plan %d", p.ID), err)
}

// BillingPlanGet reads a plan, the latest for 0; ErrUnknown where there is none.
func (t *tx) BillingPlanGet(id int64) (p flow.BillingPlan, err error) {
	found, err := t.one(func(r *rows) { p = r.plan() }, `SELECT `+planColumns+` FROM billing_plan WHERE id = $1 OR $1 = 0 ORDER BY id DESC LIMIT 1`, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return p, wrap(fmt.Sprintf("billing plan %d", id), err)
}

// BillingPlanList is newest first.
func (t *tx) BillingPlanList(before int64, most int) (list []flow.BillingPlan, err error) {
	if before == 0 {
		before = seqBeyond
	}
	err = t.each(func(r *rows) { list = append(list, r.plan()) }, `SELECT `+planColumns+` FROM billing_plan WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, int64(most))
	return list, wrap("billing plans", err)
}

// BillingPlansForget takes out the rows of all but the newest plans; that there were such plans stays known.
func (t *tx) BillingPlansForget(keep int) error {
	t.tallied[tallyPlanned] = true
	_, err := t.exec(`DELETE FROM planned_invoice WHERE plan NOT IN (SELECT p.id FROM billing_plan p ORDER BY p.id DESC LIMIT $1)`, int64(keep))
	return wrap("billing plans", err)
}

// DueCount is how many contracts are due by a day.
func (t *tx) DueCount(through calendar.Date) (n int64, err error) {
	_, err = t.one(func(r *rows) { n = r.number() }, `SELECT CAST(COALESCE(SUM(contracts), 0) AS BIGINT) FROM due_day WHERE due_on <= $1`, through.String())
	return n, wrap("due contracts", err)
}

// ApprovedGroups are what is approved of a plan and not issued yet.
func (t *tx) ApprovedGroups(plan int64, after string, limit int) (groups []flow.ApprovedGroup, err error) {
	err = t.each(func(r *rows) { groups = append(groups, flow.ApprovedGroup{Group: r.text(), Digest: r.text()}) },
		`SELECT DISTINCT group_key, digest FROM planned_invoice WHERE plan = $1 AND group_key > $2 AND approved AND run = 0 ORDER BY group_key LIMIT $3`,
		plan, after, int64(limit))
	return groups, wrap("approved groups", err)
}

// DueGroups reads groups, each with its open lines, as far as they are due.
func (t *tx) DueGroups(through calendar.Date, groups []string) (books []*flow.OpenBook, err error) {
	if err := t.hint(); err != nil {
		return nil, err
	}
	err = inIDs(t, groups, []any{through.String()}, func(in string, args []any) error {
		part, err := t.books(scope{where: `k.due_on <= $1 AND k.group_key` + in, args: args}, open)
		books = append(books, part...)
		return err
	})
	return books, wrap("due groups", err)
}

// regularKinds are the lines that come every period: an invoice without any carries changes alone.
const regularKinds = ` AND EXISTS (SELECT 1 FROM invoice_line l WHERE l.invoice = i.id AND l.kind IN ('base', 'usage', 'minimum'))`

// BilledBefore are the standing regular invoices of a range of groups.
func (t *tx) BilledBefore(after, last string, from calendar.Date) (list []flow.Issued, err error) {
	if err := t.hint(); err != nil {
		return nil, err
	}
	err = t.each(func(r *rows) {
		list = append(list, flow.Issued{})
		r.invoice(&list[len(list)-1])
	}, `SELECT `+invoiceColumns+` FROM invoice i WHERE i.group_key > $1 AND i.group_key <= $2 AND i.invoice_on >= $3 AND i.voided_by = '' AND i.corrects = ''`+
		regularKinds+` ORDER BY i.group_key, i.invoice_on, i.id`, after, last, from.String())
	return list, wrap("invoices before", err)
}

// EverBilled are those of some groups that have an invoice.
func (t *tx) EverBilled(groups []string) (map[string]bool, error) {
	ever := map[string]bool{}
	err := t.hint()
	if err == nil {
		err = inIDs(t, groups, nil, func(in string, args []any) error {
			return t.each(func(r *rows) { ever[r.text()] = true }, `SELECT DISTINCT i.group_key FROM invoice i WHERE i.group_key`+in, args...)
		})
	}
	return ever, wrap("groups that were billed", err)
}

// NotPlanned asks for the latest invoice group by group, each by index.
func (t *tx) NotPlanned(plan int64, after, last string, from calendar.Date) (list []flow.UnplannedGroup, err error) {
	if err := t.hint(); err != nil {
		return nil, err
	}
	err = t.each(func(r *rows) {
		u := flow.UnplannedGroup{Months: r.count(), DueOn: r.day()}
		ended, end := r.flag(), r.day()
		if ended {
			u.EndOn = end
		}
		r.invoice(&u.Last)
		list = append(list, u)
	}, `SELECT g.months, g.due_on, g.ended, g.end_on, `+invoiceColumns+` FROM (
			SELECT k.group_key, MIN(c.frequency_months) AS months, MIN(k.due_on) AS due_on, MIN(c.end_on) <> '' AS ended, MAX(c.end_on) AS end_on
			FROM contract_cursor k CROSS JOIN contract c WHERE k.group_key > $1 AND k.group_key <= $2 AND c.id = k.contract
				AND NOT EXISTS (SELECT 1 FROM planned_invoice p WHERE p.plan = $3 AND p.group_key = k.group_key)
			GROUP BY k.group_key) g
		CROSS JOIN invoice i WHERE i.id = (SELECT i.id FROM invoice i WHERE i.group_key = g.group_key AND i.invoice_on >= $4 AND i.voided_by = '' AND i.corrects = ''`+
		regularKinds+` ORDER BY i.invoice_on DESC, i.id DESC LIMIT 1)
		ORDER BY g.group_key`, after, last, plan, from.String())
	return list, wrap("groups not planned", err)
}

// PlannedIssued notes the run that issued groups of a plan.
func (t *tx) PlannedIssued(plan, run int64, groups []string) error {
	t.tallied[tallyPlanned] = true
	err := inIDs(t, groups, []any{plan, run}, func(in string, args []any) error {
		_, err := t.exec(`UPDATE planned_invoice SET run = $2 WHERE plan = $1 AND group_key`+in+` AND approved`, args...)
		return err
	})
	return wrap("planned invoices", err)
}

var plannedTable = tableOf("planned_invoice", `plan row_no group_key payer contract seller invoice_on currency contracts lines net tax total compared last last_on last_net
	last_total flags code sentence digest approved run`)

// PlannedAdd writes rows of a plan.
func (t *tx) PlannedAdd(list []flow.PlannedInvoice) error {
	if len(list) == 0 {
		return nil
	}
	t.tallied[tallyPlanned] = true
	b := t.bulk(plannedTable)
	for i := range list {
		b.planned(&list[i])
	}
	return t.flush(b)
}

func (b *bulk) planned(p *flow.PlannedInvoice) {
	b.row()
	b.number(p.Plan)
	b.number(p.No)
	b.text(p.Group)
	b.text(string(p.Payer))
	b.text(string(p.Contract))
	b.text(string(p.Seller))
	b.day(p.Date)
	b.text(p.Currency.String())
	for _, n := range [...]int64{p.Contracts, p.Lines, p.Net.Minor(), p.Tax.Minor(), p.Total.Minor()} {
		b.number(n)
	}
	b.flag(p.Compared)
	b.text(p.Last)
	b.day(p.LastOn)
	for _, n := range [...]int64{p.LastNet.Minor(), p.LastTotal.Minor(), int64(p.Flags)} {
		b.number(n)
	}
	b.text(p.Code)
	b.text(p.Sentence)
	b.text(p.Digest)
	b.flag(p.Approved)
	b.number(p.Run)
}

const plannedColumns = `d.plan, d.row_no, d.group_key, d.payer, COALESCE(a.name, ''), d.contract, d.seller, d.invoice_on, d.currency, d.contracts, d.lines, d.net, d.tax, d.total,
	d.compared, d.last, d.last_on, d.last_net, d.last_total, d.flags, d.code, d.sentence, d.digest, d.approved, d.run,
	COALESCE(w.code, ''), COALESCE(w.sentence, ''), COALESCE(h.at, 0), COALESCE(h.who, ''), COALESCE(h.reason, '')`

// planned reads plannedColumns.
func (r *rows) planned() (p flow.PlannedInvoice) {
	p.Plan, p.No, p.Group, p.Payer, p.PayerName = r.number(), r.number(), r.text(), billing.AccountID(r.text()), r.text()
	p.Contract, p.Seller, p.Date, p.Currency = billing.ContractID(r.text()), flow.SellerID(r.word()), r.day(), r.currency()
	p.Contracts, p.Lines, p.Net, p.Tax, p.Total = r.number(), r.number(), r.amount(p.Currency), r.amount(p.Currency), r.amount(p.Currency)
	p.Compared, p.Last, p.LastOn, p.LastNet, p.LastTotal = r.flag(), r.text(), r.day(), r.amount(p.Currency), r.amount(p.Currency)
	p.Flags, p.Code, p.Sentence, p.Digest = flow.PlanFlag(r.number()), r.text(), r.text(), r.text()
	p.Approved, p.Run = r.flag(), r.number()
	p.Left = flow.RunLeft{Group: p.Group, Code: r.text(), Sentence: r.text()}
	p.Hold = flow.BillingHold{Group: p.Group, At: r.instant(), Who: r.text(), Reason: r.text()}
	return p
}
