package store

import (
	"slices"

	"prorata/flow"
)

// plannedFrom joins what is known of a row beside the plan: who pays, who holds it, why the latest run left it.
const plannedFrom = ` FROM planned_invoice d LEFT JOIN account a ON a.id = d.payer LEFT JOIN billing_hold h ON h.group_key = d.group_key
	LEFT JOIN billing_plan p ON p.id = d.plan LEFT JOIN run_left w ON w.run = p.run AND w.group_key = d.group_key AND d.run = 0`

// Conditions that mean what flow.PlannedFilter says.
func plannedStates() map[string]string {
	return map[string]string{
		"approved": `d.approved AND d.run = 0`,
		"open":     `NOT d.approved AND d.run = 0 AND h.group_key IS NULL AND d.flags & 3 = 0`,
		"held":     `h.group_key IS NOT NULL AND d.run = 0`,
		"issued":   `d.run <> 0`,
		"left":     `w.code <> ''`,
	}
}

func plannedCondition(f *flow.PlannedFilter) (c condition) {
	c.add(`d.plan = ?`, f.Plan)
	if f.Flags != 0 {
		c.add(`d.flags <> 0 AND d.flags & ? <> 0`, int64(f.Flags))
	}
	if f.Without != 0 {
		c.add(`d.flags & ? = 0`, int64(f.Without))
	}
	if f.Currency != "" {
		c.add(`d.currency = ?`, f.Currency)
	}
	if state := plannedStates()[f.State]; state != "" {
		c.texts = append(c.texts, state)
	}
	if f.Text != "" {
		c.add(`(LOWER(d.payer) LIKE ? ESCAPE '\' OR LOWER(COALESCE(a.name, '')) LIKE ? ESCAPE '\' OR LOWER(d.contract) LIKE ? ESCAPE '\')`, pattern(f.Text, true))
	}
	if len(f.Nos) > 0 {
		n := len(c.args)
		for _, no := range f.Nos {
			c.args = append(c.args, no)
		}
		c.texts = append(c.texts, `d.row_no IN (`+binds(n+1, len(f.Nos))+`)`)
	}
	return c
}

// PlannedList is in the order of the plan, or the largest first.
func (t *tx) PlannedList(f flow.PlannedFilter) (list []flow.PlannedInvoice, err error) {
	c := plannedCondition(&f)
	order, back := `d.row_no`, `d.row_no DESC`
	beyond, until := `d.row_no > ?`, `d.row_no < ?`
	if f.BySize {
		const than = ` (SELECT b.net, b.row_no FROM planned_invoice b WHERE b.plan = $1 AND b.row_no = ?)`
		order, back = `d.net DESC, d.row_no DESC`, `d.net, d.row_no`
		beyond, until = `(d.net, d.row_no) <`+than, `(d.net, d.row_no) >`+than
	}
	if f.After != 0 {
		c.add(beyond, f.After)
	}
	if f.Before != 0 {
		c.add(until, f.Before)
		order = back
	}
	if f.Most == 0 {
		f.Most = pageMost
	}
	c.args = append(c.args, int64(f.Most))
	err = t.each(func(r *rows) { list = append(list, r.planned()) },
		`SELECT `+plannedColumns+plannedFrom+c.where()+` ORDER BY `+order+` LIMIT `+binds(len(c.args), 1), c.args...)
	if f.Before != 0 {
		slices.Reverse(list)
	}
	return list, wrap("planned invoices", err)
}

// PlannedTotals adds up by currency; without any narrowing it reads one index alone.
func (t *tx) PlannedTotals(f flow.PlannedFilter) (totals []flow.PlannedTotal, err error) {
	from := plannedFrom
	if f.State == "" && f.Text == "" {
		from = ` FROM planned_invoice d`
	}
	c := plannedCondition(&f)
	err = t.each(func(r *rows) {
		total := flow.PlannedTotal{Currency: r.currency(), Count: r.number()}
		total.Net, total.Tax, total.Total, total.LastNet = r.amount(total.Currency), r.amount(total.Currency), r.amount(total.Currency), r.amount(total.Currency)
		total.Approved, total.ApprovedTotal = r.number(), r.amount(total.Currency)
		totals = append(totals, total)
	}, `SELECT d.currency, SUM(CASE WHEN d.flags & 3 = 0 THEN 1 ELSE 0 END), CAST(SUM(d.net) AS BIGINT), CAST(SUM(d.tax) AS BIGINT), CAST(SUM(d.total) AS BIGINT), CAST(SUM(d.last_net) AS BIGINT),
		SUM(CASE WHEN d.approved AND d.run = 0 THEN 1 ELSE 0 END), CAST(SUM(CASE WHEN d.approved AND d.run = 0 THEN d.total ELSE 0 END) AS BIGINT)`+
		from+c.where()+` GROUP BY d.currency ORDER BY d.currency`, c.args...)
	return totals, wrap("totals of a plan", err)
}

// PlannedFlags counts the rows of each flag.
func (t *tx) PlannedFlags(plan int64) (map[flow.PlanFlag]int64, error) {
	counts := map[flow.PlanFlag]int64{}
	err := t.each(func(r *rows) {
		flags, n := flow.PlanFlag(r.number()), r.number()
		for _, flag := range flow.PlanFlags() {
			if flags&flag != 0 {
				counts[flag] += n
			}
		}
	}, `SELECT flags, COUNT(*) FROM planned_invoice WHERE plan = $1 AND flags <> 0 GROUP BY flags`, plan)
	return counts, wrap("flags of a plan", err)
}

// PlannedApprove approves whole groups: a group is billed together or not at all.
func (t *tx) PlannedApprove(f flow.PlannedFilter, approved bool) (int64, error) {
	t.tallied[tallyPlanned] = true
	c := plannedCondition(&f)
	is := binds(len(c.args)+1, 1)
	count, err := t.exec(`UPDATE planned_invoice SET approved = `+is+` WHERE plan = $1 AND approved <> `+is+` AND run = 0 AND flags & 3 = 0
		AND group_key NOT IN (SELECT b.group_key FROM billing_hold b)
		AND group_key IN (SELECT d.group_key`+plannedFrom+c.where()+`)`, append(c.args, approved)...)
	return count, wrap("approve", err)
}
