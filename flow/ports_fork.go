package flow

import (
	"context"

	"prorata/core/billing"
)

// Forks make throw-away copies of the book.
type Forks interface {
	// Fork copies what concerns some accounts, or the whole book, as it stands at one
	// moment. What is done to the copy is done to nothing else, and whoever asked for it
	// closes it. ErrBusy where too many are there already, ErrInput where it would be too
	// large, ErrUnknown for an account that the book does not have.
	Fork(ctx context.Context, scope ForkScope) (Forked, error)
}

// ForkScope says what a fork is to have.
type ForkScope struct {
	// Accounts are taken with all below them, all that is invoiced together with one of
	// them, and all above that pay or whose prices count; none for the whole book.
	Accounts []billing.AccountID
	// SKUs are those whose prices are taken beside those of what is sold.
	SKUs []string
}

// Forked is a copy of the book that can be billed, changed and forked like the book.
type Forked interface {
	Store
	Forks
	// Close throws it away.
	Close() error
}
