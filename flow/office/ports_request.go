package office

import "time"

// Requests are those that may arrive several times and are done once.
type Requests interface {
	// RequestTake takes a request up where nobody has, where who had it has not committed
	// anything since before expired and asked for the same, or where it is from before
	// forgotten; else it gives what is remembered.
	RequestTake(r Request, expired, forgotten time.Time) (known Request, mine bool, err error)
	// RequestDone marks it as carried out, and says whether the holder still has it.
	RequestDone(RequestClaim) (held bool, err error)
	// RequestAnswer keeps the answer where the holder still has it.
	RequestAnswer(Request) error
	// RequestDrop forgets it where the holder still has it and nothing was committed.
	RequestDrop(RequestClaim) error
	// RequestsSweep forgets those taken up before an instant.
	RequestsSweep(before time.Time) (int64, error)
}
