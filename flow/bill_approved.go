package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
)

// What a run reads of the book: all that is due, or what was approved of a plan; never
// what somebody holds.

// approvedAtOnce is about how many approved groups are billed in one chunk.
const approvedAtOnce = 500

// beginApproved makes the run of a plan, unless one is at work on it already.
func (f *Flow) beginApproved(tx Tx, run *Run) error {
	plan, err := tx.BillingPlanGet(run.Plan)
	if err != nil {
		return err
	}
	if plan.State != PlanReady {
		return &billing.Refusal{Code: "plan_not_ready", Sentence: fmt.Sprintf("plan %d is %s; only a plan that is ready can be billed", plan.ID, plan.State)}
	}
	if plan.Through != run.Through {
		return wrong(Source{}, "through: plan %d goes through %s, not %s", plan.ID, plan.Through, run.Through)
	}
	if plan.Run != 0 {
		last, err := tx.RunGet(plan.Run)
		if err != nil {
			return err
		}
		if last.State == AtWork {
			return &billing.Refusal{Code: "plan_at_work", Sentence: fmt.Sprintf("run %d is billing this plan already", last.ID)}
		}
	}
	totals, err := tx.PlannedTotals(PlannedFilter{Plan: plan.ID})
	if err != nil {
		return err
	}
	for _, total := range totals {
		run.Expected += total.Approved
	}
	if run.Expected == 0 {
		return &billing.Refusal{Code: "nothing_approved", Sentence: "nothing of the plan is approved that was not billed already; approve invoices first"}
	}
	if run.ID, err = tx.RunStart(*run); err != nil {
		return err
	}
	plan.Run = run.ID
	return tx.BillingPlanUpdate(plan)
}

// read reads the next groups after c.after.
func (c *chunkWork) read(tx Tx, o BillOptions) error {
	if o.Plan == 0 {
		books, err := tx.DueBooks(o.Through, c.after, chunkContracts)
		if err != nil || len(books) == 0 {
			return err
		}
		c.last = books[len(books)-1].Group
		return c.take(tx, books)
	}
	var err error
	if c.approved, err = tx.ApprovedGroups(o.Plan, c.after, approvedAtOnce); err != nil || len(c.approved) == 0 {
		return err
	}
	c.last = c.approved[len(c.approved)-1].Group
	return c.readAgain(tx, o)
}

// readAgain reads what is still due of a chunk's groups.
func (c *chunkWork) readAgain(tx Tx, o BillOptions) error {
	if o.Plan != 0 {
		groups := make([]string, len(c.approved))
		for i := range c.approved {
			groups[i] = c.approved[i].Group
		}
		books, err := tx.DueGroups(o.Through, groups)
		if err != nil {
			return err
		}
		return c.take(tx, books)
	}
	var all []*OpenBook
	for after, limit := c.after, max(1, len(c.books)); strings.Compare(after, c.last) < 0; {
		books, err := tx.DueBooks(o.Through, after, limit)
		if err != nil {
			return err
		}
		if len(books) == 0 {
			break
		}
		after = books[len(books)-1].Group
		all = append(all, slices.DeleteFunc(books, func(b *OpenBook) bool { return strings.Compare(b.Group, c.last) > 0 })...)
	}
	return c.take(tx, all)
}

// take takes books into the chunk, but for those that are held; of what was approved
// and is not among them it notes that there is nothing.
func (c *chunkWork) take(tx Tx, books []*OpenBook) error {
	holds, err := tx.BillingHoldsBetween(c.after, c.last)
	if err != nil {
		return err
	}
	c.left, c.changed, c.books = nil, nil, books
	if len(holds) == 0 && len(c.approved) == 0 {
		return nil
	}
	for _, group := range groupKeys(books, c.approved) {
		hold, held := holds[group]
		switch {
		case held:
			c.left = append(c.left, RunLeft{group, LeftHeld, fmt.Sprintf("%s holds it since %s: %s", hold.Who, hold.At.UTC().Format("2006-01-02"), hold.Reason)})
		case len(c.approved) > 0 && !slices.ContainsFunc(books, func(b *OpenBook) bool { return b.Group == group }):
			c.left = append(c.left, RunLeft{group, LeftGone, "nothing of it is due any more: it was billed meanwhile, or what it was for was taken back"})
		}
	}
	c.books = slices.DeleteFunc(books, func(b *OpenBook) bool { _, held := holds[b.Group]; return held })
	return nil
}

// groupKeys are the groups of books, or of what was approved where something was.
func groupKeys(books []*OpenBook, approved []ApprovedGroup) (keys []string) {
	for i := range approved {
		keys = append(keys, approved[i].Group)
	}
	if len(approved) > 0 {
		return keys
	}
	for i, book := range books {
		if i == 0 || book.Group != books[i-1].Group {
			keys = append(keys, book.Group)
		}
	}
	return keys
}

// empty says whether a chunk has nothing to write.
func (c *chunkWork) empty() bool { return len(c.books) == 0 && len(c.left) == 0 }

// halves cuts a chunk before a book that begins a group.
func (c *chunkWork) halves(middle int) (first, second *chunkWork) {
	cut := c.books[middle-1].Group
	first = &chunkWork{after: c.after, last: cut, books: c.books[:middle]}
	second = &chunkWork{after: cut, last: c.last, books: c.books[middle:]}
	for _, group := range c.approved {
		half := first
		if strings.Compare(group.Group, cut) > 0 {
			half = second
		}
		half.approved = append(half.approved, group)
	}
	for _, left := range c.left {
		half := first
		if strings.Compare(left.Group, cut) > 0 {
			half = second
		}
		half.left = append(half.left, left)
	}
	return first, second
}

// compare leaves out of a chunk each group that is not what was approved.
func (c *chunkWork) compare(groups []group) {
	c.changed = nil
	if len(c.approved) == 0 {
		return
	}
	looked := make(map[string]string, len(c.approved))
	for _, group := range c.approved {
		looked[group.Group] = group.Digest
	}
	for i := range groups {
		g := &groups[i]
		key := g.books[0].Group
		if len(g.failed) > 0 || GroupDigest(g.invoices) == looked[key] {
			continue
		}
		c.changed = append(c.changed, RunLeft{key, LeftChanged, "it changed since it was looked at: make a new plan and look at it again"})
		g.invoices, g.moves = nil, nil
	}
}

// writeLeft writes what a chunk left due, and what it issued of a plan.
func (c *chunkWork) writeLeft(tx Tx, run *Run) error {
	if left := append(slices.Clip(c.left), c.changed...); len(left) > 0 {
		if err := tx.RunLeftAdd(run.ID, left); err != nil {
			return err
		}
	}
	if run.Plan == 0 {
		return nil
	}
	var groups []string
	for i := range c.chunk.Invoices {
		groups = append(groups, c.chunk.Invoices[i].Group)
	}
	slices.Sort(groups)
	return tx.PlannedIssued(run.Plan, run.ID, slices.Compact(groups))
}

// GroupDigest is a fingerprint of what a group would be billed, by which a run sees whether it is what was looked at: who
// pays, when, and every line with its reason. What is printed on the invoice beside (an address) is not in it.
func GroupDigest(invoices []Issued) string {
	var text []byte
	for i := range invoices {
		invoice := &invoices[i]
		text = words(text, "invoice", invoice.ID, string(invoice.Payer), string(invoice.Seller), invoice.Date.String(), invoice.Currency.String(),
			invoice.Net.String(), invoice.Tax.String(), invoice.Total.String())
		for j := range invoice.Lines {
			line := &invoice.Lines[j]
			text = words(text, string(line.Contract), string(line.Account), string(line.Key.Subscription), line.Key.Period.String(), line.Key.Day.String(), line.Key.Part, line.SKU,
				line.From.String(), line.To.String(), line.Quantity.String(), line.Gross.String(), line.Amount.String(), line.InvoicedAt.String(), line.Tax, line.Explanation)
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// words adds words to a text so that no two lists of them read the same.
func words(text []byte, list ...string) []byte {
	for _, w := range list {
		text = fmt.Appendf(text, "%d:%s,", len(w), w)
	}
	return text
}
