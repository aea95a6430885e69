package flow_test

import (
	"errors"
	"fmt"
	"testing"

	"prorata/flow"
)

// counted are so many numbers, each third with an error, and how far they were read.
func counted(n int, read *int) func(func(int, error) bool) {
	return func(yield func(int, error) bool) {
		for i := range n {
			*read = i + 1
			var err error
			if i%3 == 2 {
				err = fmt.Errorf("number %d", i)
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// What is read ahead comes in its order, errors too; and who stops, wherever that
// is, finds the reading stopped.
func TestReadingAheadChangesNothingButTheTime(t *testing.T) {
	for _, n := range []int{0, 1, 499, 500, 501, 1000, 7003} {
		for _, stop := range []int{0, 1, 500, 2600, n} {
			var read, got int
			for value, err := range flow.ReadAhead(counted(n, &read), 2000) {
				if got == stop {
					break
				}
				if value != got || (err != nil) != (got%3 == 2) || (err != nil && err.Error() != fmt.Sprintf("number %d", got)) {
					t.Fatalf("value %d of %d: %d, %v", got, n, value, err)
				}
				got++
			}
			if got != min(n, stop) {
				t.Errorf("%d of %d values, expected %d", got, n, min(n, stop))
			}
			if stop < n && read > stop+2000+1000 {
				t.Errorf("%d of %d values were read to give %d", read, n, stop)
			}
		}
	}
}

// An error at the end of a stream is told, and told once.
func TestReadingAheadEndsWithItsSource(t *testing.T) {
	ended := errors.New("the connection was reset")
	var got []error
	for _, err := range flow.ReadAhead(func(yield func(int, error) bool) { yield(0, ended) }, 10) {
		got = append(got, err)
	}
	if len(got) != 1 || !errors.Is(got[0], ended) {
		t.Errorf("%v", got)
	}
}
