package flow

import "errors"

// writeTries is how often a chunk is planned anew, or a fact recorded anew, because
// somebody else was faster.
const writeTries = 8

// Again does something once more where somebody else was quicker (ErrMoved), eight
// times at most. What is done has to begin from nothing each time.
func Again(do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if !errors.Is(err, ErrMoved) || try == writeTries {
			return err
		}
	}
}
