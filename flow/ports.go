package flow

import (
	"context"
	"errors"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
)

// Ports: all that the flow asks of the world.

// ErrMoved is returned where what was read has changed before it was written:
// the transaction is undone and the work may be tried again.
var ErrMoved = errors.New("the book moved underneath")

// ErrUnknown is returned for an id that the book does not have.
var ErrUnknown = errors.New("unknown")

// ErrBusy is returned where the store is taken by another for longer than is waited.
var ErrBusy = errors.New("the database is busy")

// Clock tells what time it is; one reading for each transaction.
type Clock interface {
	Now() time.Time
}

// Store is the book's memory. What fn does in Write is done whole or not at all.
type Store interface {
	Read(ctx context.Context, fn func(Tx) error) error
	Write(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction, by noun.
type Tx interface {
	Sellers
	Catalogs
	Accounts
	Contracts
	Budgets
	Log
	Charges
	Credits
	Billing
	Invoices
	Payments
	Reports
	Runs
	RunWatch
	BillingPlans
	PlannedInvoices
	PlanSources
	BillingHolds
	Connections
	Links
	Holdings
	Provisions
	Exceptions
	ProviderInvoices
	Findings
	PriceSheets
	Messages
}

// Sellers are who invoices.
type Sellers interface {
	// SellerPut adds a seller, or a new version of it where it changed.
	SellerPut(Seller) (changed bool, err error)
	SellerList() ([]Seller, error)
	// SellerVersion is a seller as it was frozen into an invoice; version 0 is the newest.
	SellerVersion(id SellerID, version int) (Seller, int, error)
	// LetterheadOf is the letterhead in force with a version of a seller, the newest for 0; without anything where there was none.
	LetterheadOf(id SellerID, version int) (Letterhead, error)
}

// Catalog is the shared nouns, in memory.
type Catalog struct {
	billing.Catalog
	Units    map[string]billing.Unit
	Products map[string]billing.Product
}

// Catalogs are units, taxes, products, prices and rates. A put reports whether
// it changed anything; prices and rates are only ever added to, and the same row
// twice is one.
type Catalogs interface {
	UnitPut(billing.Unit) (changed bool, err error)
	TaxPut(billing.Tax) (changed bool, err error)
	ProductPut(billing.Product) (changed bool, err error)
	PricePut(billing.PriceRow) (changed bool, err error)
	RatePut(billing.Rate) (changed bool, err error)
	// CatalogGet reads it all, but of the prices only those of skus that are sold in
	// the book, where soldOnly.
	CatalogGet(soldOnly bool) (*Catalog, error)
	// CatalogOf is the same with the products and prices of some skus alone.
	CatalogOf(skus []string) (*Catalog, error)
}

// Accounts are customers, groups, entities and resellers.
type Accounts interface {
	// AccountPut adds an account or a new version of it.
	AccountPut(Account) (changed bool, err error)
	// AccountGet is ErrUnknown where there is none.
	AccountGet(billing.AccountID) (Account, error)
	// AccountNewest is the account with its version, which is 0 where there is none.
	AccountNewest(billing.AccountID) (Account, int, error)
	AccountList() ([]Account, error)
	// AccountsNamed calls for every account with its name, in no order.
	AccountsNamed(call func(id billing.AccountID, name string)) error
	// AccountVersion is an account as it was frozen into an invoice.
	AccountVersion(id billing.AccountID, version int) (Account, error)
	// AccountHeld says whether the account is on credit hold, by the log.
	AccountHeld(billing.AccountID) (bool, error)
	// AccountBilled says whether any contract of the account, or of one that its
	// bill passes through, has an issued invoice.
	AccountBilled(billing.AccountID) (bool, error)
}

// OpenBook is one contract with its log, as recording and billing need it.
type OpenBook struct {
	billing.Book
	Seller SellerID
	// Group is what is invoiced together: the payer where it consolidates, else the contract.
	Group string
	Payer billing.Payer
	// PayerVersion and SellerVersion are the newest, for freezing.
	PayerVersion, SellerVersion int
	// PaymentTermsDays is the payer's.
	PaymentTermsDays int
	// Version changes with every write that concerns the contract's billing.
	Version int64
	// WasDueOn is when the contract was due as it was read; Cursor may be changed before it is written.
	WasDueOn calendar.Date
}

// Contracts are the roots of invoicing.
type Contracts interface {
	// ContractPut adds a contract under its group, or replaces one that was never billed.
	ContractPut(c Contract, group string) (changed bool, err error)
	ContractGet(billing.ContractID) (Contract, error)
	ContractList() ([]Contract, error)
	// ContractsOf are the ids of an account's contracts.
	ContractsOf(billing.AccountID) ([]billing.ContractID, error)
	// ContractRegroup moves contracts to a new group.
	ContractRegroup(billing.ContractID, string) error
	// BookOpen reads a contract with its subscriptions, log, items and usage, without
	// billed lines, and takes it for writing: until the transaction ends no run
	// writes it. Its version is raised.
	BookOpen(billing.ContractID) (*OpenBook, error)
	// BooksOpen takes contracts for writing, each once and in order of their ids, and reads their
	// subscriptions, their log and the provider's rows alone.
	BooksOpen([]billing.ContractID) ([]*OpenBook, error)
	// BookRead is BookOpen for looking only.
	BookRead(billing.ContractID) (*OpenBook, error)
	// BookPlan reads a contract as a run reads it, with its billed lines, for looking
	// only: those that its cursor leaves open or, where whole, all of them.
	BookPlan(id billing.ContractID, whole bool) (*OpenBook, error)
}

// LogEntry is one row of the append-only change log.
type LogEntry struct {
	// Seq is given by the store: entries written in one transaction follow each
	// other, and every entry comes after all that were committed before it began.
	Seq int64
	// At is the instant of recording, Who and Source who said so and through which door.
	At          time.Time
	Who, Source string
	// RecordedOn, KnownOn and EffectiveOn are as in billing.Entry.
	RecordedOn, KnownOn, EffectiveOn calendar.Date
	Do                               EventVerb
	// ID is the event's own id, unique in the book; empty for none.
	ID           string
	Account      billing.AccountID
	Contract     billing.ContractID
	Subscription billing.SubscriptionID
	// Voids is the Seq of the entry that a void takes back.
	Voids int64
	// Entry is what a subscription's log keeps of it.
	Entry billing.Entry
	// Waiting is set on what credit hold keeps.
	Waiting bool
}

// Budgets are what usage subscriptions are meant to cost.
type Budgets interface {
	BudgetPut(billing.SubscriptionID, billing.Budget) error
	// BudgetList is all budgets by subscription.
	BudgetList() (map[billing.SubscriptionID]billing.Budget, error)
}

// Log is the append-only change log. Append writes the row and, for a verb that
// makes a noun, the noun: a subscription, an item or a usage record.
type Log interface {
	LogAppend(entry LogEntry, subscription *billing.Subscription, item *billing.OneTimeItem, usage *billing.UsageRecord) (seq int64, err error)
	// LogFind is the entry with an event's id; ErrUnknown where there is none.
	LogFind(id string) (LogEntry, error)
	// LogFindAll are the entries with some events' ids, by id.
	LogFindAll(ids []string) (map[string]LogEntry, error)
	// UsageAppend writes many usage records, each with its entry, in their order and with
	// one Seq after another.
	UsageAppend(entries []LogEntry, records []billing.UsageRecord) error
	// SubscriptionContract is the contract of a subscription or item; ErrUnknown.
	SubscriptionContract(billing.SubscriptionID) (billing.ContractID, error)
	// SubscriptionContracts is the same for many, as far as the book has them.
	SubscriptionContracts([]billing.SubscriptionID) (map[billing.SubscriptionID]billing.ContractID, error)
	// LogOf are the entries that concern a subscription, in order.
	LogOf(billing.SubscriptionID) ([]LogEntry, error)
	// LogAll calls for every entry of the book in order, until it returns false.
	LogAll(call func(LogEntry) bool) error
}

// Issued is an invoice with its number, as it is kept.
type Issued struct {
	billing.Invoice
	// ID is made from who and when: the contract or payer and the date; the store
	// refuses a second one.
	ID     string
	Seller SellerID
	// Series and Number: the nth of the seller's series.
	Series string
	Number int64
	Group  string
	DueOn  calendar.Date
	// PayerVersion and SellerVersion are what is printed on it.
	PayerVersion, SellerVersion int
	IssuedAt                    time.Time
	// Run is the billing run that issued it; 0 for none.
	Run int64
	// Corrects is the ID of the invoice that this credit note takes back, or a part of it.
	Corrects string
	// VoidedBy is the ID of the credit note that took it back, VoidKnownOn the first
	// day on which billing counts it as never billed.
	VoidedBy    string
	VoidKnownOn calendar.Date
}

// CursorMove takes a contract's cursor on, if its version is still the one that was read.
type CursorMove struct {
	Contract billing.ContractID
	Version  int64
	// WasDueOn is when the contract was due at that version.
	WasDueOn calendar.Date
	Cursor   billing.Cursor
}

// Chunk is what a billing run writes in one transaction.
type Chunk struct {
	Moves    []CursorMove
	Invoices []Issued
	// Entries are the ledger's, one for each invoice and in the same order.
	Entries []ledger.Entry
}

// Billing is what runs read and write in bulk.
type Billing interface {
	// DueBooks reads whole groups in which a contract is due by the day: in the order
	// of their keys, after one, about limit contracts. Each has its open lines.
	DueBooks(through calendar.Date, after string, limit int) ([]*OpenBook, error)
	// GroupBounds cuts the book into parts of about size contracts: the last group
	// of each, in order.
	GroupBounds(size int) ([]string, error)
	// AllBooks reads the groups after one up to and with another, due or not, with
	// the whole log, and without billed lines: InvoicesOf has them.
	AllBooks(after, last string) ([]*OpenBook, error)
	// NumbersTake takes n numbers of a seller's series and gives the first; until the
	// transaction ends no other takes from it.
	NumbersTake(seller SellerID, series string, n int) (first int64, err error)
	// ChunkWrite writes in bulk; ErrMoved where a cursor moved, an invoice exists, or a
	// contract's log grew since it was read.
	ChunkWrite(Chunk) error
	// FactsHold lets nobody record a fact until the transaction ends: what is read from
	// then on is moved by another run at most.
	FactsHold() error
	// BookStamp is a number that changes with every fact, price and invoice.
	BookStamp() (int64, error)
}

// InvoiceFilter narrows a list; zero values do not.
type InvoiceFilter struct {
	Account  billing.AccountID
	Contract billing.ContractID
	From, To calendar.Date
	Number   string
	// Latest asks for the newest first and at most so many; 0 for all, oldest first.
	Latest int
	// WithLines reads lines and taxes too.
	WithLines bool
}

// Invoices are issued invoices and credit notes, and what they posted.
type Invoices interface {
	// InvoiceList streams in order of date and contract, until call returns false.
	InvoiceList(filter InvoiceFilter, call func(Issued) bool) error
	// InvoiceGet reads one by its printed number or its ID, lines included; ErrUnknown.
	InvoiceGet(number string) (Issued, error)
	// InvoiceVoid marks an invoice as taken back, and opens its contracts for billing anew.
	InvoiceVoid(id, by string, knownOn calendar.Date) error
	// PostingsOf are the ledger's postings for the invoices of groups, by invoice ID,
	// in their order.
	PostingsOf(firstGroup, lastGroup string) (map[string][]ledger.Posting, error)
	// InvoicesOf reads the invoices of groups with lines and taxes, void ones too, in
	// order of group, date and number: those of the groups that AllBooks gave.
	InvoicesOf(firstGroup, lastGroup string) ([]Issued, error)
	// NumberGaps tells each series: how many were given, the highest, and how many exist.
	NumberGaps() ([]SeriesCount, error)
	// DaySumsWrong are the sums kept beside what they are of that it does not come to.
	DaySumsWrong() ([]DaySum, error)
}

// DaySum is a sum that is kept by day so that nobody has to read the whole book for it, and what it comes to.
type DaySum struct {
	// Of is what it is of and of which day, in words; the numbers are of contracts, of invoices or in minor units.
	Of            string
	Kept, Counted int64
}

// SeriesCount says whether a series of numbers is without gaps and repeats:
// Given = Highest = Count = Distinct.
type SeriesCount struct {
	Seller                   SellerID
	Series                   string
	Given                    int64
	Highest, Count, Distinct int64
}

// Run is a billing run as people watch it.
type Run struct {
	ID      int64
	Through calendar.Date
	// State is running, done, failed or lost.
	State              string
	StartedAt, EndedAt time.Time
	Who                string
	// Contracts, Invoices and Lines count what was done so far.
	Contracts, Invoices, Lines int64
	// Exceptions are contracts that could not be billed, and why.
	Exceptions int64
	Last       string
	// Plan is the billing plan of which the run bills what was approved; 0 for all that is due.
	Plan int64
	// Expected is how many invoices were approved; 0 where that was not counted.
	Expected int64
	// Left counts the groups that it left due: see RunLeft.
	Left int64
	// ToldAt is when it was last heard of, Owner the process that does it: host/pid.
	ToldAt time.Time
	Owner  string
}

// RunException is a contract that a run could not bill, and why.
type RunException struct {
	Run      int64
	Contract billing.ContractID
	Code     string
	Sentence string
}

// Runs are billing runs, their progress and their exceptions.
type Runs interface {
	// RunStart makes a run and raises the day through which the book was billed.
	RunStart(Run) (id int64, err error)
	RunUpdate(Run) error
	// RunGet reads a run; 0 asks for the latest.
	RunGet(id int64) (Run, error)
	RunExceptionAdd(RunException) error
	RunExceptions(id int64) ([]RunException, error)
	// BilledThrough is the latest day that any run went through; it takes the row, so
	// that no run starts before the transaction ends.
	BilledThrough() (calendar.Date, error)
}

// RunWatch is what is told of runs beyond their counts.
type RunWatch interface {
	// RunList is newest first: those before one, at most so many.
	RunList(before int64, most int) ([]Run, error)
	RunLeftAdd(run int64, left []RunLeft) error
	// RunLeft is in order of the groups.
	RunLeft(run int64) ([]RunLeft, error)
	// WorkLose marks runs and plans as lost that say they are at work and were not heard of since an
	// instant, or belong to a process that is gone, and counts them.
	WorkLose(heardBefore, now time.Time, gone []string) (int64, error)
	// WorkOwners are the processes that say they are at work.
	WorkOwners() ([]string, error)
}
