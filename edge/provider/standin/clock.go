package standin

import (
	"container/heap"
	"fmt"
	"time"

	"prorata/core/calendar"
)

// task is something that happens by itself at an instant.
type task struct {
	at time.Time
	// turn is the order in which tasks were set down, which decides between those of
	// the same instant.
	turn int
	do   func()
}

// agenda is what waits for the clock, soonest first.
type agenda struct {
	tasks []task
	turns int
}

func (a *agenda) Len() int { return len(a.tasks) }
func (a *agenda) Less(i, j int) bool {
	x, y := a.tasks[i], a.tasks[j]
	return x.at.Before(y.at) || x.at.Equal(y.at) && x.turn < y.turn
}
func (a *agenda) Swap(i, j int) { a.tasks[i], a.tasks[j] = a.tasks[j], a.tasks[i] }
func (a *agenda) Push(x any)    { a.tasks = append(a.tasks, x.(task)) }
func (a *agenda) Pop() any {
	last := a.tasks[len(a.tasks)-1]
	a.tasks = a.tasks[:len(a.tasks)-1]
	return last
}

// at sets something down for an instant; one that has passed is done when the
// clock moves next. The world is locked, then and now.
func (w *World) at(instant time.Time, do func()) {
	w.due.turns++
	heap.Push(&w.due, task{at: instant, turn: w.due.turns, do: do})
}

// Advance moves the clock to an instant and lets happen, in its order, what falls
// due until then, with the clock at each one's instant. The clock never goes back.
func (w *World) Advance(to time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if to.Before(w.now) {
		return fmt.Errorf("the clock shows %s already and cannot go back to %s", stamp(w.now), stamp(to))
	}
	w.advance(to)
	return nil
}

// GoOn moves the clock by a span from wherever it stands: so it ticks on after
// somebody has moved it.
func (w *World) GoOn(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(w.now.Add(max(0, by)))
}

func (w *World) advance(to time.Time) {
	for len(w.due.tasks) > 0 && !w.due.tasks[0].at.After(to) {
		next := heap.Pop(&w.due).(task)
		if next.at.After(w.now) {
			w.now = next.at
		}
		next.do()
	}
	w.now = to.UTC()
}

// stamp is an instant as the Partner Center writes it, with seven digits of a second.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// daystamp is a day as the Partner Center writes it where it means one.
func daystamp(day calendar.Date) string { return day.String() + "T00:00:00Z" }

// civil is the day of an instant in UTC, the Partner Center's time zone.
func civil(at time.Time) calendar.Date {
	year, month, day := at.UTC().Date()
	d, err := calendar.NewDate(year, int(month), day)
	if err != nil {
		panic(err) // an instant has a day
	}
	return d
}

// midnight is the first instant of a day.
func midnight(day calendar.Date) time.Time {
	year, month, d := day.Civil()
	return time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
}
