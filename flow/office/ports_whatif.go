package office

import "time"

// WhatIfs are saved what-ifs.
type WhatIfs interface {
	// WhatIfAdd keeps a new one and gives its number.
	WhatIfAdd(WhatIfKept) (id int64, err error)
	// WhatIfPut keeps what became of one, and its version goes up; flow.ErrMoved where it
	// is not the version that was read, flow.ErrUnknown where there is none.
	WhatIfPut(WhatIfKept) error
	WhatIfGet(id int64) (WhatIfKept, error)
	// WhatIfList is that changed last first, without changes.
	WhatIfList(WhatIfFilter) ([]WhatIfKept, error)
	WhatIfDelete(id int64) error
}

// WhatIfFilter narrows a list; zero values do not.
type WhatIfFilter struct {
	// Name is a part of the name, in whatever case.
	Name string
	// Before is where a page goes on: those changed before an instant, and of those changed
	// at it the ones with a lower number.
	Before   time.Time
	BeforeID int64
	// Most is at most so many; 0 for all.
	Most int
}
