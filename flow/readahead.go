package flow

import "iter"

// handful is how many values readAhead hands over together.
const handful = 500

// readAhead reads a sequence in a line of its own, up to so many values before
// they are asked for: a file is parsed while what was parsed before is written.
// Who stops early waits for the reading to stop.
func readAhead[V any](values iter.Seq2[V, error], most int) iter.Seq2[V, error] {
	type read struct {
		value V
		err   error
	}
	parts := max(2, most/handful)
	return func(yield func(V, error) bool) {
		full, empty, done := make(chan []read, parts), make(chan []read, parts), make(chan struct{})
		defer func() {
			close(done)
			for range full { // Until the reading has stopped.
			}
		}()
		for range parts {
			empty <- nil
		}
		go func() {
			defer close(full)
			part := <-empty
			for value, err := range values {
				if part = append(part, read{value, err}); len(part) < handful {
					select {
					case <-done:
						return
					default:
					}
					continue
				}
				full <- part
				select {
				case part = <-empty:
				case <-done:
					return
				}
			}
			full <- part
		}()
		for part := range full {
			for i := range part {
				if !yield(part[i].value, part[i].err) {
					return
				}
			}
			clear(part)
			empty <- part[:0]
		}
	}
}

// ahead is readAhead of what cannot fail, a handful or two before it is asked for.
func ahead[V any](values iter.Seq[V]) iter.Seq[V] {
	read := readAhead(func(yield func(V, error) bool) {
		for value := range values {
			if !yield(value, nil) {
				return
			}
		}
	}, handful)
	return func(yield func(V) bool) {
		for value, err := range read {
			if err != nil || !yield(value) {
				return
			}
		}
	}
}
