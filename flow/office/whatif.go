package office

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
	"prorata/flow/whatif"
)

// WhatIfKept is a what-if under its number: a small document that can be asked again,
// each time of the book as it is then.
type WhatIfKept struct {
	ID int64
	whatif.Question
	// Version goes up with every change of it; who changes it says which one they saw.
	Version int64
	// Who made it, and when it was made and changed.
	Who               string
	MadeAt, ChangedAt time.Time
	// HowMany is how many changes it has, also in a list.
	HowMany int
}

const whatIfNameMost = 200

// WhatIfList is the saved ones, that changed last first, without their changes.
func (d *Desk) WhatIfList(ctx context.Context, filter WhatIfFilter) (list []WhatIfKept, err error) {
	err = d.read(ctx, "WhatIfList", func(tx Tx) error {
		list, err = tx.WhatIfList(filter)
		return err
	})
	return list, err
}

// WhatIfGet is a saved one; flow.ErrUnknown where there is none.
func (d *Desk) WhatIfGet(ctx context.Context, id int64) (kept WhatIfKept, err error) {
	err = d.read(ctx, "WhatIfGet", func(tx Tx) error {
		kept, err = tx.WhatIfGet(id)
		return err
	})
	return kept, err
}

// WhatIfSave keeps a what-if: a new one where it has no number, else what became of the
// one with that number. It may be unfinished: what it lacks is said when it is asked.
func (d *Desk) WhatIfSave(ctx context.Context, kept WhatIfKept) (WhatIfKept, error) {
	kept.Name = strings.TrimSpace(flow.PlainText(kept.Name))
	subject := "new"
	if kept.ID > 0 {
		subject = fmt.Sprint(kept.ID)
	}
	now := d.office.Flow.Clock.Now()
	err := d.write(ctx, deed{"WhatIfSave", subject, kept.Name}, func(tx Tx) (err error) {
		if err := checkWhatIf(tx, &kept); err != nil {
			return err
		}
		if kept.ChangedAt = now; kept.ID > 0 {
			return tx.WhatIfPut(kept)
		}
		kept.Who, kept.MadeAt = d.person.Who, now
		kept.ID, err = tx.WhatIfAdd(kept)
		return err
	})
	kept.Version++
	return kept, err
}

func checkWhatIf(tx Tx, kept *WhatIfKept) error {
	switch {
	case len(kept.Name) > whatIfNameMost:
		return &FieldError{"name", fmt.Errorf("it has %d bytes (expected at most %d)", len(kept.Name), whatIfNameMost)}
	case kept.Months < 1 || kept.Months > whatif.MonthsMost:
		return &FieldError{"months", fmt.Errorf("%d (expected 1 to %d)", kept.Months, whatif.MonthsMost)}
	case len(kept.Changes) > whatif.ChangesMost:
		return &FieldError{"changes", fmt.Errorf("there are %d (expected at most %d)", len(kept.Changes), whatif.ChangesMost)}
	}
	for _, id := range kept.Accounts {
		if _, err := tx.AccountGet(id); err != nil {
			return &FieldError{"accounts", err}
		}
	}
	return nil
}

// WhatIfDelete forgets a saved one.
func (d *Desk) WhatIfDelete(ctx context.Context, id int64) error {
	return d.write(ctx, deed{"WhatIfDelete", fmt.Sprint(id), ""}, func(tx Tx) error { return tx.WhatIfDelete(id) })
}

// WhatIfRun answers a what-if, saved or not, of the book as it is now. Nothing real is
// touched. What was answered a moment ago, of the same book, is answered the same at once.
func (d *Desk) WhatIfRun(ctx context.Context, w *whatif.Question) (*whatif.Answer, error) {
	f, err := d.reading("WhatIfRun")
	if err != nil {
		return nil, err
	}
	if d.office.Forks == nil {
		return nil, fmt.Errorf("%w: this program was started without a place for forks", flow.ErrBusy)
	}
	var stamp int64
	if err := f.Store.Read(ctx, func(tx flow.Tx) (err error) {
		if stamp, err = tx.BookStamp(); err != nil || len(w.Accounts) > 0 || d.person.Door == ByCommand {
			return err
		}
		return whatIfFits(tx, w)
	}); err != nil {
		return nil, err
	}
	key := whatIfKey(w, f.Today(), stamp)
	now := f.Clock.Now()
	if answer := d.office.whatIfs.find(key, now); answer != nil {
		return answer, nil
	}
	answer, err := whatif.Ask(ctx, f, d.office.Forks, w, nil)
	if err == nil {
		d.office.whatIfs.keep(key, now, answer)
	}
	return answer, err
}

// whatIfMost is how many contracts times months are run ahead while somebody waits; the
// command on the machine has no such bound.
const whatIfMost = 40_000

// whatIfFits refuses the whole book where nobody would wait for it.
func whatIfFits(tx flow.Tx, w *whatif.Question) error {
	contracts, err := tx.ContractList()
	if err != nil || len(contracts)*(w.Months+1) <= whatIfMost {
		return err
	}
	return &FieldError{"accounts", fmt.Errorf("the book has %d contracts, and %d months of all of them take minutes: choose accounts, or fewer months; the command whatif runs them all", len(contracts), w.Months)}
}

// whatIfKey is all that an answer depends on.
func whatIfKey(w *whatif.Question, today calendar.Date, stamp int64) string {
	var key strings.Builder
	fmt.Fprintf(&key, "%s %d %d %q", today, stamp, w.Months, w.Accounts)
	for i := range w.Changes {
		fmt.Fprintf(&key, " %q", w.Changes[i].Fields())
	}
	return key.String()
}

// whatIfAnswers are the last answers, for whoever looks into them page by page. What a
// provider holds is not in the book's stamp: none is kept for long.
type whatIfAnswers struct {
	mutex sync.Mutex
	list  []whatIfAnswer
}

type whatIfAnswer struct {
	key    string
	at     time.Time
	answer *whatif.Answer
}

const (
	whatIfAnswersMost = 8
	whatIfAnswerLasts = 10 * time.Minute
)

func (a *whatIfAnswers) find(key string, now time.Time) *whatif.Answer {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for i := range a.list {
		if a.list[i].key == key && now.Sub(a.list[i].at) < whatIfAnswerLasts {
			return a.list[i].answer
		}
	}
	return nil
}

func (a *whatIfAnswers) keep(key string, now time.Time, answer *whatif.Answer) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.list = slices.DeleteFunc(a.list, func(one whatIfAnswer) bool { return one.key == key || now.Sub(one.at) >= whatIfAnswerLasts })
	if len(a.list) == whatIfAnswersMost {
		a.list = slices.Delete(a.list, 0, 1)
	}
	a.list = append(a.list, whatIfAnswer{key, now, answer})
}
