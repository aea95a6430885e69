package store

import (
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// A cursor's marks are kept as one text, since they are written with every run
// and never searched: a line for each subscription, its id, the date of its
// first invoice, and for each lock its day and the date that billed it first,
// with a ~ behind it where no line tells of it; a tab between two. In an id a
// tab, a line's end and a backslash are written \t, \n and \\.

var (
	escape   = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`)
	unescape = strings.NewReplacer(`\\`, "\\", `\t`, "\t", `\n`, "\n")
)

func marksText(marks []billing.Mark) string {
	if len(marks) == 0 {
		return ""
	}
	return string(appendMarks(make([]byte, 0, len(marks)*80), marks))
}

func appendMarks(to []byte, marks []billing.Mark) []byte {
	for i := range marks {
		m := &marks[i]
		if i > 0 {
			to = append(to, '\n')
		}
		id := string(m.Subscription)
		if strings.ContainsAny(id, "\\\t\n") {
			id = escape.Replace(id)
		}
		to = append(append(to, id...), '\t')
		to = m.FirstBilledOn.AppendTo(to)
		for _, lock := range m.Locks {
			to = lock.On.AppendTo(append(to, '\t'))
			to = lock.BilledOn.AppendTo(append(to, '\t'))
			if lock.Silent {
				to = append(to, '~')
			}
		}
	}
	return to
}

// marks reads the text back.
func (r *rows) marks() []billing.Mark {
	text := r.text()
	if text == "" {
		return nil
	}
	marks := make([]billing.Mark, 0, strings.Count(text, "\n")+1)
	for line := range strings.SplitSeq(text, "\n") {
		var m billing.Mark
		id, rest, _ := strings.Cut(line, "\t")
		if strings.Contains(id, "\\") {
			id = unescape.Replace(id)
		}
		m.Subscription = billing.SubscriptionID(id)
		first, rest, more := strings.Cut(rest, "\t")
		m.FirstBilledOn = r.markDay(first)
		for more {
			var lock billing.Lock
			var on, billed string
			on, rest, _ = strings.Cut(rest, "\t")
			billed, rest, more = strings.Cut(rest, "\t")
			billed, lock.Silent = strings.CutSuffix(billed, "~")
			lock.On, lock.BilledOn = r.markDay(on), r.markDay(billed)
			m.Locks = append(m.Locks, lock)
		}
		marks = append(marks, m)
	}
	return marks
}

func (r *rows) markDay(text string) calendar.Date {
	if text == "" {
		return calendar.Date{}
	}
	if day, ok := r.tx.days[text]; ok {
		return day
	}
	day, err := calendar.ParseDate(text)
	if err != nil {
		r.bad(fmt.Errorf("mark: %w", err))
	}
	return remember(r.tx.days, strings.Clone(text), day)
}
