package main

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

// Every night the book is derived again. Whatever was changed behind the program's back is an exception in the morning,
// which closes by itself once the change is gone.
func TestANightFindsWhatWasChangedInTheDatabase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.night(": 0 differences.", "")
	s.behind(`UPDATE invoice_line SET amount = amount + 1 WHERE subscription = 's1' AND line_no = 1`)
	s.night("The first:", "Issued invoices stay as they are")
	s.night("The first:", "Issued invoices stay as they are")
	s.behind(`UPDATE invoice_line SET amount = amount - 1 WHERE subscription = 's1' AND line_no = 1`)
	s.night(": 0 differences.", "")
	s.behind(`UPDATE audit SET said = said || 'x' WHERE seq = 2`)
	s.night("The audit is broken at record 2", "find out what was changed in the database")
}

// behind changes something past the program.
func (s *shop) behind(statement string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(s.database, "sqlite:"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	result, err := db.ExecContext(s.t.Context(), statement)
	if err != nil {
		s.t.Fatal(err)
	}
	if rows, err := result.RowsAffected(); err != nil || rows == 0 {
		s.t.Fatalf("%s changed %d rows: %v", statement, rows, err)
	}
}

// night verifies the book as the timetable does, and looks what is said of it and what is left for the morning.
func (s *shop) night(said, todo string) {
	s.t.Helper()
	opened, err := store.Open(s.t.Context(), s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	defer opened.Close()
	o := &office.Office{Store: opened.Office(), Flow: &flow.Flow{Store: opened, Clock: wallClock{}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}}
	got, err := o.Verify(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(got, said) {
		s.t.Errorf("the night said\n%s\nexpected %q in it", got, said)
	}
	var open []flow.Exception
	s.read(func(tx flow.Tx) (err error) {
		open, err = tx.ExceptionList(flow.ExceptionFilter{Kind: flow.BookDiffers})
		return err
	})
	switch {
	case todo == "" && len(open) > 0:
		s.t.Errorf("in the morning there is %+v", open)
	case todo != "" && (len(open) != 1 || open[0].Sentence != got || !strings.Contains(open[0].Todo, todo)):
		s.t.Errorf("in the morning there is %+v, expected one with %q", open, todo)
	}
}
