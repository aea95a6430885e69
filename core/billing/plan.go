package billing

import (
	"sort"
	"strings"

	"prorata/core/calendar"
)

// Planner plans contracts one after another. It holds what it can use again
// between them and is not for two at once: give each worker its own.
type Planner struct {
	catalog *Catalog
	// Whole makes it compute every period from the start instead of the open
	// ones alone: slower, and the same.
	Whole   bool
	quotes  map[quoteKey]*quote
	builder builder
	subs    []subscriptionWork
	lines   []owedLine
	draft   []Line
	text    []byte
	// kept holds the texts of many lines in one piece of memory.
	kept strings.Builder
}

// NewPlanner makes a planner over a catalog, which must not change while it is used.
func NewPlanner(catalog *Catalog) *Planner {
	return &Planner{catalog: catalog, quotes: map[quoteKey]*quote{}}
}

// Plan is what a run up to a day does to one contract: the invoices to cut, in
// order, and where billing then stands.
type Plan struct {
	Drafts []Draft
	Cursor Cursor
}

// work is the planning of one contract.
type work struct {
	*Planner
	book     *Book
	contract *Contract
	lists    string
	cursor   Cursor
	day      invoiceDay
	// before is the last day that was worked through before this one.
	before calendar.Date
	// open: periods that end after it are computed.
	open calendar.Date
	// loaded: the billed lines in hand are those of periods that end after it.
	loaded calendar.Date
	// pending is the first day of the earliest period with a line that waits.
	pending calendar.Date
	// recompute is the number of the first interval of usage to compute again.
	recompute int
	items     []billedSum
	// raw are all lines that count as billed, kept where invoices were voided.
	raw    []BilledLine
	voided int
	draft  Draft
	// found is the number of the subscription that was looked for last.
	found int
}

// subscriptionWork is one subscription while its contract is planned.
type subscriptionWork struct {
	s      *Subscription
	billed []billedSum
	mark   Mark
	// term is the one that was asked for last.
	term calendar.Period
	// points is kept between days, and between contracts, for its memory.
	points []point
	other  []point
	// unbilled are the periods whose base waits for a regular invoice, and with it
	// all else of them.
	unbilled []calendar.Date
	// late is the earliest day on which a newly known entry acts.
	late calendar.Date
}

// Plan computes the invoices of one contract for every invoice date up to and
// with the day through, in order (BILLING §3). A missing price or rate is an
// error, and then nothing of the contract is planned.
func (p *Planner) Plan(book *Book, through calendar.Date) (Plan, error) {
	w := &work{Planner: p, book: book, contract: &book.Contract, lists: listsKey(book.Lists), cursor: book.Cursor}
	w.before, w.loaded = w.cursor.Through, w.cursor.OpenAfter
	if !w.cursor.OpenAfter.IsZero() {
		w.recompute = w.cursor.Next
	}
	w.load()
	var plan Plan
	dates := w.changeDates(through)
	for {
		day, ok := w.nextDay(&dates, through)
		if !ok {
			break
		}
		if err := w.work(day); err != nil {
			return Plan{}, err
		}
		if len(w.draft.Lines) > 0 {
			plan.Drafts = append(plan.Drafts, w.taken())
		}
	}
	w.close(through)
	plan.Cursor = w.cursor
	return plan, nil
}

// taken is the draft in hand, with lines of its own.
func (w *work) taken() Draft {
	draft := w.draft
	draft.Lines = make([]Line, len(w.draft.Lines))
	copy(draft.Lines, w.draft.Lines)
	w.Planner.draft = w.draft.Lines[:0]
	return draft
}

// textBlock is how much memory for texts is asked for at a time.
const textBlock = 8192

// keep makes a string of a text that is written over with the next.
func (p *Planner) keep(text []byte) string {
	if p.kept.Cap()-p.kept.Len() < len(text) {
		p.kept = strings.Builder{}
		p.kept.Grow(max(textBlock, len(text)))
	}
	from := p.kept.Len()
	p.kept.Write(text)
	return p.kept.String()[from:]
}

// listsKey is one text for the lists that are searched, in order.
func listsKey(lists []string) string { return strings.Join(lists, "\x00") }

// load hands the billed lines and marks to their subscriptions.
func (w *work) load() {
	for len(w.subs) < len(w.book.Subscriptions) {
		w.subs = append(w.subs, subscriptionWork{})
	}
	for i := range w.book.Subscriptions {
		sub := &w.subs[i]
		sub.s = &w.book.Subscriptions[i]
		sub.mark = Mark{Subscription: sub.s.ID}
		sub.billed = sub.billed[:0]
		sub.term = calendar.Period{}
	}
	w.loadMarks()
	voided := w.book.Voided
	sort.Slice(voided, func(i, j int) bool { return voided[i].KnownOn.Before(voided[j].KnownOn) })
	for w.voided < len(voided) && !voided[w.voided].KnownOn.After(w.before) {
		w.voided++
	}
	for i := range w.book.Billed {
		line := &w.book.Billed[i]
		if isVoid(voided[:w.voided], line.InvoicedOn) {
			continue
		}
		if w.voided < len(voided) {
			w.raw = append(w.raw, *line)
		}
		w.bill(line)
	}
}

// loadMarks gives each subscription its mark, with locks that may be changed and
// room for one more.
func (w *work) loadMarks() {
	total := len(w.cursor.Marks)
	for i := range w.cursor.Marks {
		total += len(w.cursor.Marks[i].Locks)
	}
	room := make([]Lock, total)
	for i := range w.cursor.Marks {
		mark := w.cursor.Marks[i]
		locks := room[: len(mark.Locks) : len(mark.Locks)+1]
		room = room[len(mark.Locks)+1:]
		copy(locks, mark.Locks)
		if sub := w.find(mark.Subscription); sub != nil {
			mark.Locks = locks
			sub.mark = mark
		}
	}
	w.cursor.Marks = nil
}

func isVoid(voided []VoidedInvoice, date calendar.Date) bool {
	for _, v := range voided {
		if v.Date == date {
			return true
		}
	}
	return false
}

func (p *Planner) subsOf(w *work) []subscriptionWork { return p.subs[:len(w.book.Subscriptions)] }

// find begins where it found the last: lines come in the order of subscriptions.
func (w *work) find(id SubscriptionID) *subscriptionWork {
	subs := w.subsOf(w)
	for range subs {
		if w.found >= len(subs) {
			w.found = 0
		}
		if subs[w.found].s.ID == id {
			return &subs[w.found]
		}
		w.found++
	}
	return nil
}

// work plans one invoice date.
func (w *work) work(day invoiceDay) error {
	w.day = day
	w.draft = Draft{Contract: w.contract.ID, Account: w.contract.Account, Date: day.date, Regular: day.regular, Lines: w.Planner.draft[:0]}
	w.pending = calendar.Date{}
	w.reopen()
	subs := w.subsOf(w)
	for i := range subs {
		if err := w.subscription(&subs[i]); err != nil {
			return err
		}
	}
	if err := w.oneTime(); err != nil {
		return err
	}
	if err := w.usage(); err != nil {
		return err
	}
	if len(w.book.Credits) > 0 {
		w.holdCredited()
	}
	w.settle()
	return nil
}

// reopen decides from which day periods are computed: where the last run left
// them open, or where something that became known since acts.
func (w *work) reopen() {
	w.open = w.cursor.OpenAfter
	subs := w.subsOf(w)
	for i := range subs {
		sub := &subs[i]
		sub.late = w.lateEntry(sub.s)
		if !sub.late.IsZero() && sub.late.Before(w.open) {
			w.open = sub.late
		}
	}
	for ; w.voided < len(w.book.Voided) && !w.book.Voided[w.voided].KnownOn.After(w.day.date); w.voided++ {
		w.open = calendar.Date{}
		w.recompute = 0
		w.unbill(w.book.Voided[w.voided].Date)
	}
	if w.Whole {
		w.open = calendar.Date{}
	}
	w.open = calendar.Latest(w.open, w.loaded)
	if !w.day.regular && w.open.Before(w.cursor.OpenAfter) {
		w.cursor.OpenAfter = w.open
	}
}

// lateEntry is the earliest day on which an entry acts that became known, void
// or free since the last day worked through.
func (w *work) lateEntry(s *Subscription) (late calendar.Date) {
	since := func(day calendar.Date) bool { return day.After(w.before) && !day.After(w.day.date) }
	for i := range s.Entries {
		e := &s.Entries[i]
		if since(e.KnownOn) || since(e.VoidedOn) || since(e.ReleasedOn) {
			late = calendar.Earliest(late, s.ActsOn(w.contract, e))
		}
	}
	return late
}

func (w *work) hasInitial(s *Subscription) bool {
	return (s.Discount.Initial && !s.Discount.Percent.IsZero()) || (w.contract.Discount.Initial && !w.contract.Discount.Percent.IsZero())
}
