package calendar

// Period is the days from From up to, but not including, To.
type Period struct {
	From, To Date
}

// Days counts the days of the period; zero for an empty one.
func (p Period) Days() int { return max(0, p.From.DaysUntil(p.To)) }

// Contains says whether the day lies in the period.
func (p Period) Contains(day Date) bool { return !day.Before(p.From) && day.Before(p.To) }

// Empty says whether the period holds no day.
func (p Period) Empty() bool { return !p.From.Before(p.To) }

// Cycle is an endless row of periods of a whole number of months, each end
// counted from the anchor itself (BILLING §2). With Stick, a cycle anchored on
// the last day of a month stays on last days; otherwise the anchor's day is
// clamped to the month.
type Cycle struct {
	Anchor Date
	Months int
	Stick  bool
}

// Boundary is the first day of period k; negative k lie before the anchor.
func (c Cycle) Boundary(k int) Date {
	year, month, day := c.Anchor.Civil()
	if c.Stick && day == daysIn(year, month) {
		day = 31
	}
	return clamped(year, month, day, k*c.Months)
}

// Period is period k of the cycle.
func (c Cycle) Period(k int) Period { return Period{c.Boundary(k), c.Boundary(k + 1)} }

// Index is the k of the period that contains the day.
func (c Cycle) Index(day Date) int {
	ay, am, _ := c.Anchor.Civil()
	dy, dm, _ := day.Civil()
	months := (dy-ay)*12 + dm - am
	k := months / c.Months
	if months%c.Months < 0 {
		k--
	}
	if day.Before(c.Boundary(k)) {
		k--
	}
	return k
}

// IndexFrom is the k of the first boundary on or after the day.
func (c Cycle) IndexFrom(day Date) int {
	k := c.Index(day)
	if c.Boundary(k) == day {
		return k
	}
	return k + 1
}
