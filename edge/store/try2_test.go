package store_test

import (
	"context"
	"testing"
	"time"

	"prorata/edge/store"
	"prorata/flow"
	"prorata/internal/pgtest"
)

func TestOpenTime(t *testing.T) {
	for range 3 {
		a := time.Now()
		url := pgtest.NewDatabase(t)
		b := time.Now()
		s, err := store.Open(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		c := time.Now()
		s.Close()
		d := time.Now()
		s, _ = store.Open(context.Background(), url)
		e := time.Now()
		for range 100 {
			s.Read(context.Background(), func(tx flow.Tx) error { _, err := tx.BookStamp(); return err })
		}
		f := time.Now()
		for range 100 {
			s.Write(context.Background(), func(tx flow.Tx) error { _, err := tx.NumbersTake("a", "b", 1); return err })
		}
		g := time.Now()
		t.Log(b.Sub(a), c.Sub(b), d.Sub(c), e.Sub(d), f.Sub(e)/100, g.Sub(f)/100)
	}
}
