package subscription

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/flow"
)

// The drawing's rows, from the top: terms, seats, price, invoices, windows, days.
const (
	termTop, termHeight = 4, 20
	seatsTop, seatsBase = 52, 148
	priceTop            = 166
	invoiceTop          = 190
	axisTop             = 222
	drawnHeight         = 246
	wideWidth           = 1080
	narrowWidth         = 328
	edgeLeft, edgeRight = 8, 8
	letterWidth         = 7
)

// timeline draws one subscription over time.
type timeline struct {
	strings.Builder
	*shown
	width    int
	from, to calendar.Date
	today    calendar.Date
	most     money.Ratio
}

// drawing is the timeline at both widths: a page shows the one that fits.
func (s *shown) drawing() string {
	if len(s.s.Moments) == 0 {
		return ""
	}
	return s.drawn(wideWidth, "timeline-wide") + s.drawn(narrowWidth, "timeline-narrow")
}

func (s *shown) drawn(width int, class string) string {
	t := &timeline{shown: s, width: width, today: s.visit.Desk.Today()}
	t.span()
	fmt.Fprintf(t, `<svg class="%s" viewBox="0 0 %d %d" role="group" aria-label="%s">`, class, width, drawnHeight, html.EscapeString(t.about()))
	t.days()
	t.terms()
	t.seats()
	t.prices()
	t.invoices()
	t.windows()
	t.now()
	t.WriteString(`</svg>`)
	return t.String()
}

// span is from the start to a while after what is known of the future.
func (t *timeline) span() {
	moments := t.s.Moments
	t.from, t.to = moments[0].On, t.today.AddDays(30)
	if last := moments[len(moments)-1].On; last.After(t.to) {
		t.to = last
	}
	t.to = calendar.Latest(t.to, t.s.State.Term.To)
	if !t.s.Ends.IsZero() {
		t.to = calendar.Latest(calendar.Earliest(t.to, t.s.Ends), t.from.AddDays(30))
	}
	// A little room behind the last moment, so that it can be seen.
	t.to = t.to.AddDays(max(3, t.from.DaysUntil(t.to)/30))
	for i := range moments {
		t.most = money.Max(t.most, moments[i].Quantity.Ratio())
	}
	if t.most.IsZero() {
		t.most = money.One()
	}
}

// about says in words what is drawn.
func (t *timeline) about() string {
	text := "Seats over time:"
	for i := range t.s.Moments {
		m := &t.s.Moments[i]
		text += " " + t.visit.Locale.Quantity(m.Quantity) + " from " + part.Day(m.On)
		if m.Cancelled {
			text += " (cancelled)"
		}
		text += ","
	}
	return strings.TrimSuffix(text, ",") + "."
}

// x is where a day stands.
func (t *timeline) x(d calendar.Date) int {
	room := t.width - edgeLeft - edgeRight
	days := max(1, t.from.DaysUntil(t.to))
	return edgeLeft + min(room, max(0, room*t.from.DaysUntil(d)/days))
}

// y is the height of a number of seats.
func (t *timeline) y(seats money.Decimal) int {
	room := int64(seatsBase - seatsTop)
	n, err := seats.Ratio().Mul(money.Whole(room)).Div(t.most).Round(0)
	if err != nil {
		return seatsTop
	}
	return seatsBase - int(n)
}

func (t *timeline) text(x, y int, class, text string) {
	fmt.Fprintf(t, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, html.EscapeString(text))
}

// beside is where a text begins that the line of today does not run through.
func (t *timeline) beside(x int, text string) int {
	if now := t.x(t.today); now >= x-2 && now <= x+len(text)*letterWidth {
		return now + 4
	}
	return x
}

// days marks months, as many as have room.
func (t *timeline) days() {
	year, month, _ := t.from.Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return
	}
	months := 1
	for t.from.DaysUntil(t.to)/(30*months)*64 > t.width {
		months = map[int]int{1: 2, 2: 3, 3: 6, 6: 12}[months]
		if months == 0 {
			months = 24
			break
		}
	}
	for k := 0; ; k++ {
		on := first.AddMonths(k * months)
		if !on.Before(t.to) {
			break
		}
		if on.Before(t.from) {
			continue
		}
		x := t.x(on)
		fmt.Fprintf(t, `<line class="timeline-grid" x1="%d" y1="%d" x2="%d" y2="%d"/>`, x, seatsTop-8, x, axisTop)
		year, month, _ := on.Civil()
		label := time.Month(month).String()[:3]
		if month == 1 || k == 0 || months >= 12 {
			label += " " + fmt.Sprint(year)
		}
		if x+len(label)*letterWidth < t.width {
			t.text(x, axisTop+16, "timeline-day", label)
		}
	}
	fmt.Fprintf(t, `<line class="timeline-axis" x1="0" y1="%d" x2="%d" y2="%d"/>`, seatsBase, t.width, seatsBase)
}

// terms are bands, each as long as it commits.
func (t *timeline) terms() {
	var starts []calendar.Date
	for i := range t.s.Moments {
		m := &t.s.Moments[i]
		if !m.Term.IsZero() && !m.Cancelled && (len(starts) == 0 || starts[len(starts)-1] != m.Term) {
			starts = append(starts, m.Term)
		}
	}
	for i, from := range starts {
		to := t.to
		if i+1 < len(starts) {
			to = starts[i+1]
		} else if end := t.s.State.Term.To; !end.IsZero() && end.After(from) {
			to = end
		}
		to = calendar.Earliest(to, t.s.Ends)
		x, end := t.x(from), t.x(to)
		label := "Term " + part.Period(from, to)
		fmt.Fprintf(t, `<g><title>%s</title><rect class="timeline-term" x="%d" y="%d" width="%d" height="%d" rx="3"/>`, html.EscapeString(label), x, termTop, max(2, end-x-2), termHeight)
		if end-x > len(label)*letterWidth {
			t.text(x+8, termTop+14, "timeline-termtext", label)
		} else if end-x > 40 {
			t.text(x+8, termTop+14, "timeline-termtext", "Term")
		}
		t.WriteString(`</g>`)
	}
}

// seats are steps: full where they were, pale where they are to come.
func (t *timeline) seats() {
	moments := t.s.Moments
	labelled := -100
	for i := range moments {
		m := &moments[i]
		end := t.to
		if i+1 < len(moments) {
			end = moments[i+1].On
		} else {
			end = calendar.Earliest(end, t.s.Ends)
		}
		if m.Cancelled || !end.After(m.On) {
			continue
		}
		title := t.visit.Locale.Quantity(m.Quantity) + " seats, " + part.Period(m.On, end)
		if m.Suspended {
			title += ", suspended"
		}
		for _, piece := range []struct {
			from, to calendar.Date
			class    string
		}{{m.On, calendar.Earliest(end, t.today), "timeline-seats"}, {calendar.Latest(m.On, t.today), end, "timeline-seats timeline-coming"}} {
			if !piece.from.Before(piece.to) {
				continue
			}
			class := piece.class
			if m.Suspended {
				class += " timeline-suspended"
			}
			x, y := t.x(piece.from), t.y(m.Quantity)
			fmt.Fprintf(t, `<g><title>%s</title><rect class="%s" x="%d" y="%d" width="%d" height="%d"/><line class="timeline-top" x1="%d" y1="%d" x2="%d" y2="%d"/></g>`,
				html.EscapeString(title), class, x, y, max(1, t.x(piece.to)-x), seatsBase-y, x, y, t.x(piece.to), y)
		}
		if x := t.x(m.On); x-labelled > 28 && (i == 0 || moments[i-1].Quantity.Cmp(m.Quantity) != 0) {
			text := t.visit.Locale.Quantity(m.Quantity)
			t.text(min(t.beside(x+3, text), t.width-28), t.y(m.Quantity)-5, "timeline-label", text)
			labelled = x
		}
	}
}

// prices are those that whole periods were invoiced at, and today's.
func (t *timeline) prices() {
	type stretch struct {
		from calendar.Date
		text string
	}
	var all []stretch
	add := func(from calendar.Date, price money.Decimal) {
		text := t.visit.Locale.Price(price, t.currency())
		if len(all) == 0 || all[len(all)-1].text != text {
			all = append(all, stretch{from, text})
		}
	}
	for i := len(t.s.Lines) - 1; i >= 0; i-- {
		line := &t.s.Lines[i]
		if line.Kind == billing.LineBase && line.Priced && !line.Void {
			add(calendar.Latest(line.From, t.from), line.UnitPrice)
		}
	}
	if t.s.Offer.UnitMonths > 0 && t.s.PriceMissing == "" {
		add(calendar.Latest(t.today, t.from), t.s.Offer.Price)
	}
	if len(all) > 0 {
		all[0].from = t.from
	}
	last := -100
	for i, s := range all {
		x, end := t.x(s.from), t.x(t.to)
		if i+1 < len(all) {
			end = t.x(all[i+1].from)
		}
		fmt.Fprintf(t, `<g><title>%s</title><line class="timeline-price" x1="%d" y1="%d" x2="%d" y2="%d"/><line class="timeline-price" x1="%d" y1="%d" x2="%d" y2="%d"/>`,
			html.EscapeString(s.text+" "+t.currency().String()+" from "+part.Day(s.from)), x, priceTop+4, end, priceTop+4, x, priceTop, x, priceTop+8)
		if x-last > len(s.text)*letterWidth {
			t.text(t.beside(x+4, s.text), priceTop+18, "timeline-label", s.text)
			last = x
		}
		t.WriteString(`</g>`)
	}
}

// invoices are the days on which it was billed, each a link.
func (t *timeline) invoices() {
	drawn := map[string]bool{}
	for i := range t.s.Lines {
		line := &t.s.Lines[i]
		if drawn[line.Number] || line.InvoicedOn.Before(t.from) {
			continue
		}
		drawn[line.Number] = true
		class := "timeline-invoice"
		if line.Void {
			class += " timeline-void"
		}
		title := line.Number + ", " + part.Day(line.InvoicedOn) + ": " + t.visit.Locale.Amount(t.billedOn(line.Number)) + " " + t.currency().String()
		fmt.Fprintf(t, `<a href="/invoices/%s" aria-label="%s"><title>%s</title><rect class="timeline-hit" x="%d" y="%d" width="12" height="24"/><circle class="%s" cx="%d" cy="%d" r="4"/></a>`,
			url.PathEscape(line.Number), html.EscapeString(title), html.EscapeString(title), t.x(line.InvoicedOn)-6, invoiceTop, class, t.x(line.InvoicedOn), invoiceTop+14)
	}
}

// billedOn is what it comes to on an invoice.
func (t *timeline) billedOn(number string) money.Amount {
	sum := money.NewAmount(0, t.currency())
	for i := range t.s.Lines {
		if t.s.Lines[i].Number == number && t.s.Lines[i].Amount.Currency() == t.currency() {
			sum = sum.Add(t.s.Lines[i].Amount)
		}
	}
	return sum
}

// windows are until when something can be given back.
func (t *timeline) windows() {
	if t.s.Provider != nil {
		for i := range t.s.Provider.Windows {
			w := &t.s.Provider.Windows[i]
			t.window(t.dayOf(w.Until), "The provider takes "+windowWord(w)+" back until "+t.visit.Locale.Instant(w.Until))
		}
	}
	for i := range t.s.Refunds {
		r := &t.s.Refunds[i]
		t.window(r.Until, t.visit.Locale.Quantity(r.Seats)+" seats are credited until "+part.Day(r.Until))
	}
}

func (t *timeline) dayOf(at time.Time) calendar.Date {
	year, month, day := at.In(t.visit.Locale.Zone).Date()
	d, err := calendar.NewDate(year, int(month), day)
	if err != nil {
		return t.today
	}
	return d
}

func windowWord(w *flow.Window) string {
	if w.Kind == flow.WindowReduce {
		return w.Quantity.String() + " seats"
	}
	return "all of it"
}

func (t *timeline) window(until calendar.Date, title string) {
	x, end := t.x(t.today), t.x(until.AddDays(1))
	fmt.Fprintf(t, `<g><title>%s</title><rect class="timeline-window" x="%d" y="%d" width="%d" height="6" rx="3"/></g>`, html.EscapeString(title), x, termTop+termHeight+6, max(6, end-x))
}

// now is today.
func (t *timeline) now() {
	if t.today.Before(t.from) || t.today.After(t.to) {
		return
	}
	x := t.x(t.today)
	fmt.Fprintf(t, `<line class="timeline-today" x1="%d" y1="%d" x2="%d" y2="%d"/>`, x, termTop+termHeight+2, x, axisTop)
	// Among the invoices, which are all on its left.
	at := x + 4
	if at+40 > t.width {
		at = x - 40
	}
	t.text(at, axisTop-4, "timeline-now", "Today")
}
