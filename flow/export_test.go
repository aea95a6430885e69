package flow

import (
	"context"
	"iter"
)

// TakeOneByOne takes a batch as any intakes are taken, usage too.
func (f *Flow) TakeOneByOne(ctx context.Context, batch []Intake, actor Actor) ([]TakeLine, error) {
	return f.takeOnce(ctx, func(Tx) error { return nil }, batch, actor, map[string]int{})
}

// IntakesOf is a stream of what is at hand.
func IntakesOf(batch []Intake) iter.Seq2[Intake, error] {
	return func(yield func(Intake, error) bool) {
		for _, in := range batch {
			if !yield(in, nil) {
				return
			}
		}
	}
}

// ReadAhead is readAhead for numbers.
func ReadAhead(values iter.Seq2[int, error], most int) iter.Seq2[int, error] {
	return readAhead(values, most)
}
