package office

import (
	"context"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// Ports: what the desk asks of the world beyond what the flow does.

// Store is the book's memory as the desk needs it: what the flow asks for, and who
// works with it.
type Store interface {
	Read(ctx context.Context, fn func(Tx) error) error
	// Write does what fn does whole or not at all.
	Write(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction, by noun.
type Tx interface {
	flow.Tx
	Audits
	InvoiceSearches
	SavedViews
	Reaches
	Users
	Passwords
	Subjects
	Factors
	Recoveries
	Sessions
	Tokens
	OneTime
	Tries
	Choices
	Inboxes
	ProviderLooks
	Reckonings
	Figures
	Catalogs
	Settings
	Requests
	AccountLooks
	SubscriptionLooks
	Searches
	WhatIfs
	Webhooks
	Deliveries
	Mails
	Outbox
	Jobs
	Sealeds
}

// Reaches tell how far somebody sees.
type Reaches interface {
	// AccountsUnder are accounts and all that have them as parent or reseller, at any
	// depth, in order of their ids.
	AccountsUnder(roots []billing.AccountID) ([]billing.AccountID, error)
}

// Audits are who did what. A record is written once and never touched.
type Audits interface {
	// AuditAppend writes a record as the next of the chain: link computes its hash from
	// its number and the hash before it, and no other record comes between.
	AuditAppend(record AuditRecord, link func(seq int64, previous string) (hash string)) error
	// AuditList is newest first.
	AuditList(AuditFilter) ([]AuditRecord, error)
	// AuditAll calls for every record from the first, until it returns false.
	AuditAll(call func(AuditRecord) bool) error
	// AuditHead is the number and the hash of the newest record as the chain remembers
	// them, so that records cut off its end are missed.
	AuditHead() (seq int64, hash string, err error)
}

// AuditFilter narrows a list; zero values do not.
type AuditFilter struct {
	Who, Verb, Subject string
	Outcome            Outcome
	From, To           time.Time
	// Before is the number after which a page goes on, towards older records.
	Before int64
	// Most is at most so many; 0 for all.
	Most int
}
