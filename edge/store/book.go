package store

import (
	"cmp"
	"slices"
	"sort"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// scope says which contracts are read, as a condition on contract_cursor k.
type scope struct {
	where string
	args  []any
	// usage are the days of the usage that stories need.
	usage calendar.Period
	// in is the same condition on any contract; with it the tables are read without the
	// cursors, and in no order of groups.
	in string
}

// reach says how much is read of each contract.
type reach int

const (
	// open: what the cursor leaves open, with the billed lines of open periods.
	open reach = iota
	// everything: all items and usage, and no billed lines.
	everything
	// stories: subscriptions with their log, the provider's rows, the usage of some days, and nothing else.
	stories
	// whole: everything, and all billed lines.
	whole
	// standing: subscriptions with their log, the provider's rows, and the price lists; nothing that was sold or billed.
	standing
)

// The parts of books. CROSS JOIN keeps SQLite at the order in which they stand:
// first the contracts in question, then what they have.
const (
	cursorColumns = `k.group_key, k.version, k.next_index, k.through_on, k.due_on, k.open_after, k.marks`

	subscriptionColumns = `s.id, s.seq, s.sku, s.kind, s.tax, s.term_months, s.billing, s.billing_months, s.price_unit, s.price_unit_months, s.ends_on,
		s.discount_percent, s.discount_initial, s.discount_from_on, s.discount_to_on, s.parent, s.per_parent, s.markup, s.minimum, s.smooth_over, s.smooth_months, s.holding`

	// toldColumns are those that stories need.
	toldColumns = `s.id, s.seq, s.sku, s.kind, s.term_months, s.billing, s.billing_months, s.ends_on, s.parent, s.per_parent, s.holding`

	itemColumns  = `i.id, i.seq, i.sku, i.tax, i.item_on, i.quantity, i.price, i.known_on`
	usageColumns = `u.key, u.seq, u.subscription, u.from_on, u.to_on, u.quantity, u.currency, u.cost, u.retail, u.known_on`
	factColumns  = `l.seq, l.verb, l.recorded_on, l.known_on, l.effective_on, l.voids, l.quantity, l.price, l.auto_renew, l.waiting`

	billedColumns = `l.subscription, l.period_from_on, l.line_on, l.part, l.kind, l.shown_under, l.sku, l.from_on, l.to_on, l.period_to_on,
		l.quantity, l.unit_price, l.currency, l.gross, l.discount, l.amount, l.tax, l.tax_included`
)

// loader puts books together from the rows of each table.
type loader struct {
	t      *tx
	scope  scope
	books  []*flow.OpenBook
	byID   map[string]*flow.OpenBook
	family family
	// current is the book of the row before: rows come contract by contract.
	current *flow.OpenBook
	// What was read for the current book, to be copied to where it belongs.
	subscriptions []subscriptionRow
	facts         []fact
	billed        []billedRow
}

type billedRow struct {
	billing.BilledLine
	lineNo int64
}

type subscriptionRow struct {
	billing.Subscription
	seq int64
}

// fact is a row of the log as marking needs it.
type fact struct {
	billing.Entry
	do flow.EventVerb
	// at is the place of the subscription in its book, or -1.
	at    int
	voids int64
}

// books reads the contracts of a scope, in order of group and id; for stories in none.
func (t *tx) books(s scope, much reach) ([]*flow.OpenBook, error) {
	l := &loader{t: t, scope: s, byID: map[string]*flow.OpenBook{}, family: family{}}
	steps := []func(reach) error{l.readContracts, l.readSubscriptions, l.readItems, l.readUsage, l.readCharges, l.readFacts, l.readBilled, l.readVoided, l.readCredits, l.close}
	if much == stories {
		steps = []func(reach) error{l.readTold, l.readSubscriptions, l.readUsage, l.readCharges, l.readFacts}
	}
	if much == standing {
		steps = []func(reach) error{l.readContracts, l.readSubscriptions, l.readCharges, l.readFacts, l.close}
	}
	for _, step := range steps {
		if err := step(much); err != nil {
			return nil, err
		}
	}
	return l.books, nil
}

// having is the rest of a SELECT of what contracts have, a row of a table each.
func (l *loader) having(table, alias string) string {
	if l.scope.in != "" {
		return ` FROM ` + table + ` ` + alias + ` WHERE ` + alias + `.contract` + l.scope.in
	}
	return ` FROM contract_cursor k CROSS JOIN ` + table + ` ` + alias + ` WHERE ` + l.scope.where + ` AND ` + alias + `.contract = k.contract`
}

// order is that of having's rows: all of a contract after each other. It is asked for,
// since a plan by index gives it for nothing and any other plan does not.
func (l *loader) order(alias string) string {
	if l.scope.in != "" {
		return ` ORDER BY ` + alias + `.contract`
	}
	return ` ORDER BY k.group_key, k.contract`
}

// readTold reads of contracts what stories need: nobody's lists, and no order.
func (l *loader) readTold(reach) error {
	return l.t.each(func(r *rows) {
		book := &flow.OpenBook{}
		book.Cursor.Next, book.Cursor.Through, book.Cursor.DueOn, book.Cursor.OpenAfter = r.count(), r.day(), r.day(), r.day()
		c := r.contract()
		book.Contract, book.Seller = c.Contract, c.Seller
		l.books = append(l.books, book)
		l.byID[string(c.ID)] = book
	}, `SELECT `+l.t.columns(`k.next_index, k.through_on, k.due_on, k.open_after, `+contractColumns)+`
		FROM contract_cursor k CROSS JOIN contract c WHERE `+l.scope.where+` AND c.id = k.contract`, l.scope.args...)
}

func (l *loader) readContracts(reach) error {
	var book *flow.OpenBook
	return l.t.each(func(r *rows) {
		book = &flow.OpenBook{}
		book.Group, book.Version = r.text(), r.number()
		book.Cursor.Next, book.Cursor.Through, book.Cursor.DueOn, book.Cursor.OpenAfter = r.count(), r.day(), r.day(), r.day()
		book.WasDueOn, book.Cursor.Marks = book.Cursor.DueOn, r.marks()
		c := r.contract()
		book.Contract, book.Seller = c.Contract, c.Seller
		l.books = append(l.books, book)
		l.byID[string(c.ID)] = book
		if _, known := l.family[c.Account]; !known {
			a, version := r.accountNode()
			l.family[c.Account] = &member{a, version}
		}
	}, `SELECT `+l.t.columns(cursorColumns+`, `+contractColumns+`, `+accountTree)+`
		FROM contract_cursor k CROSS JOIN contract c CROSS JOIN account a
		WHERE `+l.scope.where+` AND c.id = k.contract AND a.id = c.account ORDER BY k.group_key, k.contract`, l.scope.args...)
}

// each reads rows of having whose first column is the contract, all of a contract
// after each other. One that is not among the books came after they were read, and is
// left out.
func (l *loader) each(read func(*rows, *flow.OpenBook), change func(), alias, sql string, more ...any) error {
	l.current = nil
	err := l.t.each(func(r *rows) {
		if l.current == nil || !r.is(string(l.current.Contract.ID)) {
			if l.current != nil {
				change()
			}
			if l.current = l.bookOf(r); l.current == nil {
				return
			}
		}
		r.skip(1)
		read(r, l.current)
	}, sql+l.order(alias), append(slices.Clip(l.scope.args), more...)...)
	if err == nil && l.current != nil {
		change()
	}
	return err
}

func (l *loader) bookOf(r *rows) *flow.OpenBook {
	if r.wire != nil {
		return l.byID[string(r.raw[r.at])]
	}
	if r.packed > 0 {
		return l.byID[r.parts[r.at]]
	}
	id, _ := r.cells[r.at].(string)
	return l.byID[id]
}

func (l *loader) readSubscriptions(much reach) error {
	columns, read := subscriptionColumns, (*rows).subscription
	if much == stories {
		columns, read = toldColumns, (*rows).told
	}
	return l.each(func(r *rows, _ *flow.OpenBook) {
		l.subscriptions = append(l.subscriptions, subscriptionRow{})
		read(r, &l.subscriptions[len(l.subscriptions)-1])
	}, l.putSubscriptions, "s", `SELECT `+l.t.columns(`s.contract, `+columns)+l.having("subscription", "s"))
}

// told reads toldColumns.
func (r *rows) told(s *subscriptionRow) {
	s.ID, s.seq = billing.SubscriptionID(r.text()), r.number()
	s.SKU, s.Kind, s.TermMonths = r.word(), billing.ProductKind(r.enum(kindWords)), r.count()
	s.Billing.Name, s.Billing.Months = r.word(), r.count()
	s.Ends, s.Parent, s.PerParent, s.Holding = r.day(), billing.SubscriptionID(r.text()), r.decimal(), r.text()
}

func (r *rows) subscription(s *subscriptionRow) {
	s.ID, s.seq = billing.SubscriptionID(r.text()), r.number()
	s.SKU, s.Kind, s.Tax = r.word(), billing.ProductKind(r.enum(kindWords)), r.word()
	s.TermMonths = r.count()
	s.Billing.Name, s.Billing.Months = r.word(), r.count()
	s.PriceUnit.Name, s.PriceUnit.Months = r.word(), r.count()
	s.Ends = r.day()
	s.Discount = r.discount()
	s.Parent, s.PerParent = billing.SubscriptionID(r.text()), r.decimal()
	s.Markup, s.HasMarkup = r.given()
	s.Minimum, s.HasMinimum = r.given()
	s.Smooth.Over, s.Smooth.Months = r.decimal(), r.count()
	s.Holding = r.text()
}

// putSubscriptions gives the current book what was read for it, in the order in
// which they were made.
func (l *loader) putSubscriptions() {
	if !slices.IsSortedFunc(l.subscriptions, bySeq) {
		slices.SortFunc(l.subscriptions, bySeq)
	}
	book := l.current
	book.Subscriptions = slices.Grow(book.Subscriptions, len(l.subscriptions))
	for i := range l.subscriptions {
		l.subscriptions[i].Contract = book.Contract.ID
		book.Subscriptions = append(book.Subscriptions, l.subscriptions[i].Subscription)
	}
	l.subscriptions = l.subscriptions[:0]
}

func bySeq(a, b subscriptionRow) int { return cmp.Compare(a.seq, b.seq) }

func (l *loader) readItems(much reach) error {
	sql := `SELECT ` + l.t.columns(`i.contract, `+itemColumns) + l.having("one_time_item", "i")
	if much == open {
		sql += ` AND (i.item_on >= k.open_after OR i.known_on > k.open_after)`
	}
	return l.each(func(r *rows, book *flow.OpenBook) {
		item := billing.OneTimeItem{ID: billing.SubscriptionID(r.text()), Contract: book.Contract.ID, Seq: r.number(), SKU: r.word(), Tax: r.word(), On: r.day(), Quantity: r.decimal()}
		item.Price, item.HasPrice = r.given()
		item.KnownOn = r.day()
		if much == open && item.On.Before(book.Cursor.OpenAfter) && !item.KnownOn.After(book.Cursor.BilledThrough(&book.Contract)) {
			return
		}
		book.Items = append(book.Items, item)
	}, func() {
		slices.SortFunc(l.current.Items, func(a, b billing.OneTimeItem) int { return cmp.Compare(a.Seq, b.Seq) })
	}, "i", sql)
}

// readUsage reads by two indexes, since a contract can have a million records
// that were settled long ago.
func (l *loader) readUsage(much reach) error {
	head := `SELECT ` + l.t.columns(`u.contract, `+usageColumns) + l.having("usage_record", "u")
	parts := []string{head}
	var days []any
	switch much {
	case everything, whole, standing:
	case stories:
		if !l.metered() || l.scope.usage.Empty() {
			return nil
		}
		n := len(l.scope.args)
		days = []any{l.scope.usage.From.String(), l.scope.usage.To.String()}
		parts = []string{head + ` AND u.to_on > ` + binds(n+1, 1) + ` AND u.from_on < ` + binds(n+2, 1)}
	case open:
		parts = []string{head + ` AND u.to_on > k.open_after`, head + ` AND u.known_on > k.open_after AND u.to_on <= k.open_after`}
	}
	for _, sql := range parts {
		if err := l.each(func(r *rows, book *flow.OpenBook) {
			u := billing.UsageRecord{ID: r.text(), Seq: r.number(), Subscription: billing.SubscriptionID(r.text())}
			u.Period = calendar.Period{From: r.day(), To: r.day()}
			u.Quantity, u.Currency = r.decimal(), r.currency()
			u.Cost, u.HasCost = r.given()
			u.Retail, u.HasRetail = r.given()
			u.KnownOn = r.day()
			if much == open && !u.Period.To.After(book.Cursor.OpenAfter) && !u.KnownOn.After(book.Cursor.BilledThrough(&book.Contract)) {
				return
			}
			book.Usage = append(book.Usage, u)
		}, func() {
			slices.SortFunc(l.current.Usage, func(a, b billing.UsageRecord) int { return cmp.Compare(a.Seq, b.Seq) })
		}, "u", sql, days...); err != nil {
			return err
		}
	}
	return nil
}

// metered says whether any contract that was read has usage.
func (l *loader) metered() bool {
	for _, book := range l.books {
		for i := range book.Subscriptions {
			if book.Subscriptions[i].Kind == billing.Usage {
				return true
			}
		}
	}
	return false
}

func (l *loader) readFacts(reach) error {
	return l.each(func(r *rows, book *flow.OpenBook) {
		f := fact{at: -1}
		for i := range book.Subscriptions {
			if r.is(string(book.Subscriptions[i].ID)) {
				f.at = i
				break
			}
		}
		r.skip(1)
		r.fact(&f)
		l.facts = append(l.facts, f)
	}, l.putFacts, "l", `SELECT `+l.t.columns(`l.contract, l.subscription, `+factColumns)+l.having("change_log", "l")+` AND l.contract <> '' AND l.verb <> 'usage' AND l.verb <> 'charge'`)
}

func (r *rows) fact(f *fact) {
	f.Seq, f.do = r.number(), flow.EventVerb(r.enum(verbWords))
	f.Verb, _ = entryVerb(f.do)
	f.RecordedOn, f.KnownOn, f.EffectiveOn, f.voids = r.day(), r.day(), r.day(), r.number()
	f.Quantity, f.HasQuantity = r.given()
	f.Price, f.HasPrice = r.given()
	if f.HasAutoRenew = !r.isNull(); f.HasAutoRenew {
		f.AutoRenew = r.flag()
	} else {
		r.skip(1)
	}
	f.Waiting = r.flag()
}

// putFacts gives each subscription of the current book its entries, marked by
// what came after them.
func (l *loader) putFacts() {
	book := l.current
	slices.SortFunc(l.facts, func(a, b fact) int { return cmp.Compare(a.Seq, b.Seq) })
	counts := make([]int, len(book.Subscriptions))
	total := 0
	for i := range l.facts {
		f := &l.facts[i]
		switch _, entry := entryVerb(f.do); {
		case f.do == flow.DoVoid:
			l.void(f.voids, f.KnownOn)
			f.at = -1
		case f.do == flow.DoRelease:
			release(l.facts[:i], calendar.Latest(f.EffectiveOn, f.KnownOn))
			f.at = -1
		case !entry:
			f.at = -1
		}
		if f.at >= 0 {
			counts[f.at]++
			total++
		}
	}
	entries := make([]billing.Entry, total)
	for i, n := range counts {
		book.Subscriptions[i].Entries, entries = entries[:0:n], entries[n:]
	}
	for i := range l.facts {
		if f := &l.facts[i]; f.at >= 0 {
			s := &book.Subscriptions[f.at]
			s.Entries = append(s.Entries, f.Entry)
		}
	}
	l.facts = l.facts[:0]
}

// void marks what has a seq, be it an entry, an item, a usage record or a provider's row, unless it
// was void already.
func (l *loader) void(seq int64, known calendar.Date) {
	mark := func(day *calendar.Date) {
		if day.IsZero() {
			*day = known
		}
	}
	if i, found := slices.BinarySearchFunc(l.facts, seq, func(f fact, seq int64) int { return cmp.Compare(f.Seq, seq) }); found && l.facts[i].at >= 0 {
		mark(&l.facts[i].VoidedOn)
		return
	}
	book := l.current
	for i := range book.Items {
		if book.Items[i].Seq == seq {
			mark(&book.Items[i].VoidedOn)
			return
		}
	}
	if i := sort.Search(len(book.Usage), func(i int) bool { return book.Usage[i].Seq >= seq }); i < len(book.Usage) && book.Usage[i].Seq == seq {
		mark(&book.Usage[i].VoidedOn)
		return
	}
	if i := sort.Search(len(book.Charges), func(i int) bool { return book.Charges[i].Seq >= seq }); i < len(book.Charges) && book.Charges[i].Seq == seq {
		mark(&book.Charges[i].VoidedOn)
	}
}

// release frees what waits.
func release(before []fact, day calendar.Date) {
	for i := range before {
		if f := &before[i]; f.Waiting && f.ReleasedOn.IsZero() {
			f.ReleasedOn = day
		}
	}
}

func (l *loader) readBilled(much reach) error {
	if much == everything {
		return nil
	}
	sql := `SELECT ` + l.t.columns(`l.contract, `+billedColumns+`, l.invoice_on, l.line_no`) + l.having("invoice_line", "l") + ` AND NOT l.correcting`
	if much == open {
		sql += ` AND l.period_to_on > k.open_after`
	}
	return l.each(func(r *rows, book *flow.OpenBook) {
		l.billed = append(l.billed, billedRow{})
		r.billed(&l.billed[len(l.billed)-1], book)
	}, func() {
		slices.SortFunc(l.billed, func(a, b billedRow) int {
			return cmp.Or(a.InvoicedOn.Compare(b.InvoicedOn), cmp.Compare(a.lineNo, b.lineNo))
		})
		book := l.current
		book.Billed = slices.Grow(book.Billed, len(l.billed))
		for i := range l.billed {
			book.Billed = append(book.Billed, l.billed[i].BilledLine)
		}
		l.billed = l.billed[:0]
	}, "l", sql)
}

func (r *rows) billed(b *billedRow, book *flow.OpenBook) {
	b.Key = billing.LineKey{Subscription: r.subscriptionOf(book), Period: r.day(), Day: r.day(), Part: r.text()}
	b.Kind, b.Subscription = billing.LineKind(r.enum(lineWords)), b.Key.Subscription
	if r.isNull() {
		r.skip(1)
	} else {
		b.Subscription = r.subscriptionOf(book)
	}
	b.SKU, b.From, b.To, b.PeriodTo = r.word(), r.day(), r.day(), r.day()
	b.Quantity = r.decimal()
	b.UnitPrice, b.Priced = r.given()
	currency := r.currency()
	b.Gross, b.Discount, b.Amount = r.amount(currency), r.amount(currency), r.amount(currency)
	b.Tax, b.TaxIncluded, b.InvoicedOn, b.lineNo = r.word(), r.flag(), r.day(), r.number()
}

// subscriptionOf is an id that the book most likely has already.
func (r *rows) subscriptionOf(book *flow.OpenBook) billing.SubscriptionID {
	for i := range book.Subscriptions {
		if id := book.Subscriptions[i].ID; r.is(string(id)) {
			r.skip(1)
			return id
		}
	}
	return billing.SubscriptionID(r.text())
}

func (l *loader) readVoided(reach) error {
	return l.each(func(r *rows, book *flow.OpenBook) {
		book.Voided = append(book.Voided, billing.VoidedInvoice{Date: r.day(), KnownOn: r.day()})
	}, func() {
		slices.SortFunc(l.current.Voided, func(a, b billing.VoidedInvoice) int {
			return cmp.Or(a.KnownOn.Compare(b.KnownOn), a.Date.Compare(b.Date))
		})
	}, "v", `SELECT v.contract, v.invoice_on, v.known_on`+l.having("contract_void", "v"))
}

// close finds out who pays, by which lists, and which versions are printed.
func (l *loader) close(reach) error {
	if len(l.books) == 0 {
		return nil
	}
	if err := l.t.familyClose(l.family); err != nil {
		return err
	}
	sellers := map[flow.SellerID]int{}
	if err := l.t.each(func(r *rows) { sellers[flow.SellerID(r.text())] = r.count() }, `SELECT id, version FROM seller`); err != nil {
		return err
	}
	for _, book := range l.books {
		own := l.family[book.Contract.Account]
		book.Lists = flow.Lists(&book.Contract, own.Account.Account, l.family.find)
		book.Payer = flow.PayerOf(own.Account.Account, l.family.find)
		payer := l.family[book.Payer.Account]
		book.PayerVersion, book.SellerVersion = payer.version, sellers[book.Seller]
		book.PaymentTermsDays = payer.PaymentTermsDays
	}
	return nil
}
