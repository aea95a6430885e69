package store

import (
	"fmt"

	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/flow"
)

// DueBooks reads whole groups in which a contract is due by the day: in the order
// of their keys, after one, about limit contracts. Each has its open lines. Of a
// group, contracts that are not due themselves are left out.
func (t *tx) DueBooks(through calendar.Date, after string, limit int) ([]*flow.OpenBook, error) {
	books, err := t.groups(through.String(), after, limit, open)
	return books, wrap("due books", err)
}

// AllBooks reads the groups after one up to and with another, with the whole log
// and without billed lines.
func (t *tx) AllBooks(after, last string) ([]*flow.OpenBook, error) {
	err := t.hint()
	var books []*flow.OpenBook
	if err == nil {
		books, err = t.books(scope{where: `k.group_key > $1 AND k.group_key <= $2`, args: []any{after, last}}, everything)
	}
	return books, wrap("all books", err)
}

// GroupBounds cuts the book into parts of about size contracts: the last group of
// each, in order.
func (t *tx) GroupBounds(size int) (bounds []string, err error) {
	n, last := 0, ""
	err = t.each(func(r *rows) {
		last = r.text()
		if n += r.count(); n >= size {
			bounds = append(bounds, last)
			n = 0
		}
	}, `SELECT group_key, COUNT(*) FROM contract_cursor GROUP BY group_key ORDER BY group_key`)
	if n > 0 {
		bounds = append(bounds, last)
	}
	return bounds, wrap("group bounds", err)
}

// groups finds the key of the last group and then reads by range: the number of
// statements does not grow with that of contracts.
func (t *tx) groups(through, after string, limit int, much reach) ([]*flow.OpenBook, error) {
	if err := t.hint(); err != nil {
		return nil, err
	}
	last := ""
	if _, err := t.one(func(r *rows) { last = r.text() }, `SELECT MAX(group_key) FROM (SELECT k.group_key FROM contract_cursor k
		WHERE k.group_key > $1 AND k.due_on <= $2 ORDER BY k.group_key LIMIT $3) AS due`, after, through, int64(limit)); err != nil || last == "" {
		return nil, err
	}
	return t.books(scope{
		where: `k.group_key > $1 AND k.group_key <= $2 AND k.due_on <= $3`,
		args:  []any{after, last, through},
	}, much)
}

// hint asks, once in a transaction, for plans that go by index.
func (t *tx) hint() error { return t.hintAs(false) }

// hintLists is hint for reading what long lists of ids name: the plan is the same for
// each of them, and to make it for one the server would look at every id.
func (t *tx) hintLists() error { return t.hintAs(true) }

func (t *tx) hintAs(lists bool) error {
	if t.hinted {
		return nil
	}
	t.hinted = true
	return t.fail(t.session.hint(t.ctx, lists))
}

// NumbersTake takes n numbers of a seller's series and gives the first; until the
// transaction ends no other takes from it.
func (t *tx) NumbersTake(seller flow.SellerID, series string, n int) (first int64, err error) {
	_, err = t.one(func(r *rows) { first = r.number() - int64(n) + 1 }, `INSERT INTO number_series (seller, series, given) VALUES ($1, $2, $3)
		ON CONFLICT (seller, series) DO UPDATE SET given = number_series.given + excluded.given RETURNING given`, string(seller), series, int64(n))
	return first, wrap(fmt.Sprintf("numbers of %s %s", seller, series), err)
}

// ChunkWrite moves the cursors and writes the invoices with all that belongs to
// them. It is ErrMoved where a cursor is not at the version that was read, or
// where an invoice exists already.
func (t *tx) ChunkWrite(c flow.Chunk) error {
	if len(c.Entries) != len(c.Invoices) {
		return t.fail(fmt.Errorf("a chunk of %d invoices with %d ledger entries", len(c.Invoices), len(c.Entries)))
	}
	if err := t.cursorsMove(c.Moves); err != nil {
		return wrap("chunk", err)
	}
	for i := range c.Invoices {
		total := c.Invoices[i].Total
		t.sums.openMove(c.Invoices[i].DueOn, total, total, openCount(total))
	}
	_, err := t.invoicesAdd(c.Invoices, c.Entries, invoiceTables)
	return wrap("chunk", err)
}

func (t *tx) cursorsMove(moves []flow.CursorMove) error {
	if len(moves) == 0 || t.failed != nil {
		return t.failed
	}
	moved, err := t.session.moveCursors(t, moves)
	if err != nil {
		return wrap("cursors", t.fail(err))
	}
	if moved != int64(len(moves)) {
		return t.fail(fmt.Errorf("%w: %d of %d cursors", flow.ErrMoved, int64(len(moves))-moved, len(moves)))
	}
	for i := range moves {
		if m := &moves[i]; m.WasDueOn != m.Cursor.DueOn {
			t.sums.dueMove(m.WasDueOn, -1)
			t.sums.dueMove(m.Cursor.DueOn, 1)
		}
	}
	return nil
}

// tables of what is issued: the book's, or those that only measure.
type issuedTables struct{ invoice, line, tax, posting table }

var invoiceTables = issuedTables{
	invoice: tableOf("invoice", `id seller series number kind payer contract group_key invoice_on due_on currency net tax total
		payer_version seller_version run issued_at corrects voided_by void_known_on`),
	line: tableOf("invoice_line", `invoice line_no contract account subscription shown_under period_from_on line_on part kind sku from_on to_on period_to_on
		quantity unit_price currency gross discount amount invoiced_gross invoiced_discount invoiced_amount tax tax_included explanation invoice_on correcting`),
	tax:     tableOf("invoice_tax", `invoice tax_no account name category percent included currency lines_amount net tax`),
	posting: tableOf("ledger_posting", `invoice posting_no posted_on account currency amount`),
}

// invoicesAdd writes the four tables one after another, and counts the rows.
func (t *tx) invoicesAdd(invoices []flow.Issued, entries []ledger.Entry, to issuedTables) (count int64, err error) {
	if len(invoices) == 0 {
		return 0, nil
	}
	for _, part := range []struct {
		table table
		fill  func(b *bulk, at int)
	}{
		{to.invoice, func(b *bulk, at int) { b.invoice(&invoices[at]) }},
		{to.line, func(b *bulk, at int) { b.lines(&invoices[at]) }},
		{to.tax, func(b *bulk, at int) { b.taxes(&invoices[at]) }},
		{to.posting, func(b *bulk, at int) { b.postings(invoices[at].ID, &entries[at]) }},
	} {
		b := t.bulk(part.table)
		for i := range invoices {
			part.fill(b, i)
		}
		if err := t.flush(b); err != nil {
			return count, err
		}
		count += b.count
	}
	return count, nil
}
