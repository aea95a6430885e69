package providertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"prorata/flow"
)

// tap is one stream of a provider, its rows as texts that can be compared.
type tap struct {
	of      Stream
	offered bool
	open    func(context.Context) iter.Seq2[string, error]
}

// taps are the streams of a fixture, each asked for what the world has.
func taps(f Fixture) []tap {
	p, can := f.Provider, f.Provider.Abilities()
	all := []tap{
		{Customers, true, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.Customers(ctx)) }},
		{Events, can.Events, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.Events(ctx, f.SinceAt)) }},
		{Prices, can.PriceSheets, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.PriceSheet(ctx, f.Prices)) }},
		{Rates, can.Rates, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.Rates(ctx, f.Month)) }},
		{Promotions, can.Promotions, func(ctx context.Context) iter.Seq2[string, error] {
			return texts(p.Promotions(ctx, f.Country, f.Segment))
		}},
		{Invoices, can.Invoices, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.Invoices(ctx, f.Since)) }},
		{Lines, can.Invoices, func(ctx context.Context) iter.Seq2[string, error] { return texts(allLines(ctx, f)) }},
		{Unbilled, can.UnbilledLines, func(ctx context.Context) iter.Seq2[string, error] {
			return texts(p.InvoiceLines(ctx, flow.ProviderInvoice{}))
		}},
	}
	for _, customer := range slices.Sorted(maps.Keys(f.Holdings)) {
		all = append(all, tap{Holdings, true, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.Holdings(ctx, customer)) }})
	}
	asks := f.Usage
	if len(asks) == 0 {
		asks = []flow.UsageAsk{{}}
	}
	for _, ask := range asks {
		all = append(all, tap{Usage, can.Usage, func(ctx context.Context) iter.Seq2[string, error] { return texts(p.Usage(ctx, ask)) }})
	}
	return all
}

// allLines are the lines of all invoices; where there are no invoices, those of
// one that nobody knows.
func allLines(ctx context.Context, f Fixture) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		if !f.Provider.Abilities().Invoices {
			f.Provider.InvoiceLines(ctx, flow.ProviderInvoice{ID: "none"})(yield)
			return
		}
		for invoice, err := range f.Provider.Invoices(ctx, f.Since) {
			if err != nil && !isRow(err) {
				yield(flow.ProviderLine{}, err)
				return
			}
			if err != nil {
				continue // said by the invoices' own stream
			}
			for line, err := range f.Provider.InvoiceLines(ctx, invoice) {
				if !yield(line, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

func isRow(err error) bool {
	var row *flow.InputError
	return errors.As(err, &row)
}

// texts are rows written out, without the place that they were read from.
func texts[T any](rows iter.Seq2[T, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for row, err := range rows {
			if !yield(written(row), err) {
				return
			}
		}
	}
}

func written(row any) string {
	switch row := row.(type) {
	case flow.Holding:
		row.At = flow.Source{}
		next := "nothing"
		if row.Next != nil {
			next = fmt.Sprintf("%+v", *row.Next)
		}
		row.Next = nil
		return fmt.Sprintf("%+v next %s", row, next)
	case flow.ProviderLine:
		row.At = flow.Source{}
		return fmt.Sprintf("%+v", row)
	case flow.RatedUsage:
		row.At = flow.Source{}
		return fmt.Sprintf("%+v", row)
	case flow.PriceSheetRow:
		row.At = flow.Source{}
		return fmt.Sprintf("%+v", row)
	}
	return fmt.Sprintf("%+v", row)
}

// reading is a stream read to its end.
type reading[T any] struct {
	rows []T
	// spoilt are the errors of single rows; end is what ended the stream early.
	spoilt []error
	end    error
	// after counts what came behind the end.
	after int
}

func readAll[T any](rows iter.Seq2[T, error]) reading[T] {
	var r reading[T]
	for row, err := range rows {
		switch {
		case r.end != nil:
			r.after++
		case err == nil:
			r.rows = append(r.rows, row)
		case isRow(err):
			r.spoilt = append(r.spoilt, err)
		default:
			r.end = err
		}
	}
	return r
}

// whole is the rows of a stream in which nothing is wrong.
func whole[T any](v *verdict, what string, rows iter.Seq2[T, error]) []T {
	r := readAll(rows)
	for _, err := range r.spoilt {
		v.say("%s: a row: %v", what, err)
	}
	if r.end != nil {
		v.say("%s: %v", what, r.end)
	}
	if r.after > 0 {
		v.say("%s: %d rows after the error that ends it", what, r.after)
	}
	return r.rows
}

func stoppable(v *verdict, f Fixture) {
	for _, tap := range taps(f) {
		if !tap.offered {
			continue
		}
		tap.open(v.ctx)(func(string, error) bool { return false })
		first, second := whole(v, tap.of.String(), tap.open(v.ctx)), whole(v, tap.of.String(), tap.open(v.ctx))
		if len(first) == 0 && tap.of != Holdings {
			v.say("%s: no row at all; the fixture says nothing about it", tap.of)
		}
		slices.Sort(first)
		slices.Sort(second)
		if !slices.Equal(first, second) {
			v.say("%s: read twice, it is not the same:\n%q\n%q", tap.of, first, second)
		}
	}
}

func cancellable(v *verdict, f Fixture) {
	gone, cancel := context.WithCancel(v.ctx)
	cancel()
	for _, tap := range taps(f) {
		if !tap.offered {
			continue
		}
		if r := readAll(tap.open(gone)); !errors.Is(r.end, context.Canceled) || len(r.rows) > 0 || r.after > 0 {
			v.say("%s: the context was cancelled before: got %d rows and %v (expected context.Canceled alone)", tap.of, len(r.rows), r.end)
		}
		midway(v, tap)
	}
	for customer, ids := range f.Holdings {
		for _, id := range ids {
			if _, err := f.Provider.HoldingGet(gone, customer, id); !errors.Is(err, context.Canceled) {
				v.say("HoldingGet: the context was cancelled: got %v", err)
			}
		}
	}
}

// midway cancels behind the first row: what is in hand may still come.
func midway(v *verdict, tap tap) {
	const inHand = 1000
	ctx, cancel := context.WithCancel(v.ctx)
	defer cancel()
	rows := 0
	for _, err := range tap.open(ctx) {
		cancel()
		if err != nil && !isRow(err) && !errors.Is(err, context.Canceled) {
			v.say("%s: the context was cancelled behind the first row: got %v", tap.of, err)
		}
		if rows++; rows > inHand {
			v.say("%s: goes on for %d rows after its context was cancelled", tap.of, inHand)
			return
		}
	}
}

func forgiving(v *verdict, f Fixture) {
	if len(f.Spoil) == 0 {
		v.skip("the fixture spoils no row")
		return
	}
	for _, of := range slices.Sorted(maps.Keys(f.Spoil)) {
		readings := 0
		count := func() (rows int, spoilt []error) {
			readings = 0
			for _, tap := range taps(f) {
				if tap.of != of {
					continue
				}
				readings++
				r := readAll(tap.open(v.ctx))
				rows, spoilt = rows+len(r.rows), append(spoilt, r.spoilt...)
				if r.end != nil {
					v.say("%s: a spoilt row ends the stream: %v", of, r.end)
				}
			}
			return rows, spoilt
		}
		before, _ := count()
		if before < 2 {
			v.say("%s: %d rows; it takes two to see that one follows", of, before)
			continue
		}
		f.Spoil[of]()
		after, spoilt := count()
		// Of a row that cannot be read it may not be known whose it is.
		if after != before-1 || len(spoilt) < 1 || len(spoilt) > readings {
			v.say("%s: of %d rows one was spoilt: %d rows and %d errors came", of, before, after, len(spoilt))
		}
		for _, err := range spoilt {
			var row *flow.InputError
			if errors.As(err, &row) && row.At.File == "" {
				v.say("%s: an error that names no place: %v", of, err)
			}
		}
	}
}
