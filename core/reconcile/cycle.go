package reconcile

import "prorata/core/calendar"

// chargeCycles are the charge cycles of one term: anniversaries of its first
// day; of its end where the term was shortened, so that the first cycle is the
// short one.
//
// Bought on a month's last day, cycles begin on last days; bought on the day
// before, on the days before last days; any other day is clamped to the month.
// Years are counted plainly, and so is a term that is one cycle long: bought on
// 30 January for a month, it ends with 27 February and the next begins, and is
// anchored anew, on the 28th.
type chargeCycles struct {
	term   calendar.Period
	cycle  calendar.Cycle
	months int
	// shift is −1 for the days before last days.
	shift int
	// count is the number of cycles in the term; 0 for one that was shortened.
	count int
}

const yearMonths = 12

func cyclesOf(term calendar.Period, termMonths, billingMonths int, shortened bool) chargeCycles {
	c := chargeCycles{term: term, months: billingMonths}
	anchor := term.From
	if shortened {
		anchor = term.To
	} else {
		c.count = max(1, termMonths/billingMonths)
	}
	c.cycle = calendar.Cycle{Anchor: anchor, Months: billingMonths}
	if billingMonths%yearMonths == 0 || c.count == 1 {
		return c
	}
	if next := anchor.AddDays(1); !anchor.IsLastOfMonth() && next.IsLastOfMonth() {
		c.cycle.Anchor, c.shift = next, -1
	}
	c.cycle.Stick = true
	return c
}

func (c *chargeCycles) boundary(k int) calendar.Date { return c.cycle.Boundary(k).AddDays(c.shift) }

// whole is the cycle that holds a day of the term, not cut by the term's start.
func (c *chargeCycles) whole(day calendar.Date) calendar.Period {
	k := c.cycle.Index(day.AddDays(-c.shift))
	if c.count == 0 {
		return calendar.Period{From: c.boundary(k), To: c.boundary(k + 1)}
	}
	k = min(k, c.count-1)
	whole := calendar.Period{From: c.boundary(k), To: c.boundary(k + 1)}
	if k == c.count-1 {
		whole.To = c.term.To
	}
	return whole
}

// covered is what the term has of the cycle that holds a day.
func (c *chargeCycles) covered(day calendar.Date) calendar.Period {
	whole := c.whole(day)
	return calendar.Period{From: calendar.Latest(whole.From, c.term.From), To: calendar.Earliest(whole.To, c.term.To)}
}
