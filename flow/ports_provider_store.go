package flow

import (
	"iter"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// What the book remembers of providers.

// ConnectionID names one account of ours at a provider.
type ConnectionID string

// ConnectionState says whether a provider lets us in.
type ConnectionState uint8

// The states: ready; a person must consent again; switched off here.
const (
	ConnectionReady ConnectionState = iota
	ConnectionConsent
	ConnectionOff
)

// String is the word used in files and commands.
func (s ConnectionState) String() string {
	return [...]string{"ready", "consent needed", "off"}[s]
}

// Connection is one account of ours at a provider. Its secrets are kept apart,
// sealed.
type Connection struct {
	ID   ConnectionID
	Name string
	// Kind names the adapter: partnercenter, pax8 or file.
	Kind string
	// Settings are the adapter's: addresses, tenant, client id, mapping; never a secret.
	Settings map[string]string
	// Currency is that of the provider's invoices, Country the market of its price sheets.
	Currency money.Currency
	Country  string
	// List is the price list that its price sheets fill; empty for the default one.
	List     string
	State    ConnectionState
	StateWhy string
	// SyncedAt is the start of the last whole sync, EventsAt that of the last reading of events.
	SyncedAt, EventsAt time.Time
}

// Connections are our accounts at providers.
type Connections interface {
	ConnectionPut(Connection) (changed bool, err error)
	// ConnectionGet is ErrUnknown where there is none.
	ConnectionGet(ConnectionID) (Connection, error)
	ConnectionList() ([]Connection, error)
	// SecretPut keeps what was sealed before it came here; SecretGet is ErrUnknown where there is none.
	SecretPut(id ConnectionID, name string, sealed []byte, at time.Time) error
	SecretGet(id ConnectionID, name string) (sealed []byte, err error)
}

// CustomerLink says which account a provider's customer is.
type CustomerLink struct {
	Connection ConnectionID
	Customer   string
	Account    billing.AccountID
	// Contract takes new holdings of the customer; empty for the account's only one.
	Contract billing.ContractID
}

// HoldingLink says which billed subscription a holding is, or is a part of:
// several of one holding are linked subscriptions (BILLING §9).
type HoldingLink struct {
	Connection   ConnectionID
	Holding      string
	Subscription billing.SubscriptionID
	// Contract is the subscription's, as it is read.
	Contract billing.ContractID
}

// Links join the provider's ids and ours. An account or a subscription that has
// the provider's own id, or that was recorded with a holding, is linked without a row.
type Links interface {
	CustomerLinkPut(CustomerLink) (changed bool, err error)
	// CustomerLinks are a connection's, by customer.
	CustomerLinks(ConnectionID) (map[string]CustomerLink, error)
	// HoldingLinkPut links a subscription to a holding; it has no other then.
	HoldingLinkPut(HoldingLink) (changed bool, err error)
	// HoldingLinks are the links of holdings, by holding and in order of subscription.
	HoldingLinks(connection ConnectionID, holdings []string) (map[string][]HoldingLink, error)
	// MirrorHoldings are the holdings that a mirror contract bills, in order.
	MirrorHoldings(ConnectionID) ([]string, error)
	// HoldingOf is the link of a subscription; ErrUnknown where there is none.
	HoldingOf(billing.SubscriptionID) (HoldingLink, error)
	// BooksRead reads contracts for looking only, in order of their ids, without billed lines.
	BooksRead([]billing.ContractID) ([]*OpenBook, error)
	// StoriesRead is the same of subscriptions and their log alone, in any order, with the provider's rows and
	// the usage whose days meet a period: no items, no payer, no price lists.
	StoriesRead(contracts []billing.ContractID, usage calendar.Period) ([]*OpenBook, error)
	// LinesBilled calls for the lines of invoices that stand, of contracts, whose days
	// meet a period, in order of contract.
	LinesBilled(contracts []billing.ContractID, days calendar.Period, call func(LineBilled) bool) error
}

// LineBilled is a line of an issued invoice as margin needs it.
type LineBilled struct {
	Contract     billing.ContractID
	Account      billing.AccountID
	Subscription billing.SubscriptionID
	// Row is the provider's row that a mirror contract's line bills; empty for any other.
	Row string
	// From and To are half-open; no To for a one-time item.
	From, To calendar.Date
	Quantity money.Decimal
	// Amount is net, in the contract's currency.
	Amount money.Amount
}

// KeptHolding is a holding as it was last seen.
type KeptHolding struct {
	Holding
	Connection ConnectionID
	SeenAt     time.Time
}

// Holdings are what providers said last, for showing windows and exposure.
type Holdings interface {
	HoldingPut(KeptHolding) error
	// HoldingList is a connection's holdings in order of customer and id, or one
	// customer's; an empty connection asks for all.
	HoldingList(connection ConnectionID, customer string) ([]KeptHolding, error)
	// HoldingsGet are those of the ids that were seen, by id.
	HoldingsGet(connection ConnectionID, ids []string) (map[string]KeptHolding, error)
	// HoldingBound is the holding up to which, after another, no more than so many were
	// seen, no more are linked, and no more rows stand on an invoice, but for those of the
	// holding itself; empty where there is nothing to be cut.
	HoldingBound(connection ConnectionID, invoice, after string, most int) (string, error)
	// HoldingsWithin are the ids of holdings after one up to and with another that were
	// seen or are linked, in order; no end where the last is empty.
	HoldingsWithin(connection ConnectionID, after, last string) ([]string, error)
}

// ProvisionState says how far a change is on its way to the provider.
type ProvisionState uint8

// The states of a provision: awaiting its turn, sent and not yet confirmed,
// provisioned, failed until a person acts, or dropped by one.
const (
	ProvisionAwaiting ProvisionState = iota
	ProvisionSent
	Provisioned
	ProvisionFailed
	ProvisionDropped
)

// String is the word used in files and commands.
func (s ProvisionState) String() string {
	return [...]string{"awaiting", "sent", "provisioned", "failed", "dropped"}[s]
}

// Provision is one change on its way from the log to a provider. Exactly one of
// Order and Change is set.
type Provision struct {
	ID           int64
	Connection   ConnectionID
	Contract     billing.ContractID
	Subscription billing.SubscriptionID
	// LogSeq is the entry of the log that it carries out.
	LogSeq int64
	Order  *ProviderOrder
	Change *ProviderChange
	State  ProvisionState
	// Attempts counts tries; NextAt is the instant before which none is made.
	Attempts int
	NextAt   time.Time
	// Code, Why and Todo say what is wrong, and what a person can do.
	Code, Why, Todo      string
	Who, Source          string
	CreatedAt, ChangedAt time.Time
}

// Provisions are the changes on their way to providers.
type Provisions interface {
	ProvisionAdd(Provision) (id int64, err error)
	// ProvisionUpdate writes all but what it is for; ErrMoved where its state is no
	// longer the one given.
	ProvisionUpdate(p Provision, was ProvisionState, attempts int) error
	// ProvisionsDue are those of a connection that are awaiting or sent and whose time has come, oldest first.
	ProvisionsDue(connection ConnectionID, now time.Time, limit int) ([]Provision, error)
	// ProvisionsOf are a subscription's, oldest first.
	ProvisionsOf(billing.SubscriptionID) ([]Provision, error)
	// ProvisionList is all in a state, newest first, at most so many; an empty connection asks for all.
	ProvisionList(connection ConnectionID, state ProvisionState, most int) ([]Provision, error)
}

// Exception is something that a person has to decide.
type Exception struct {
	ID int64
	// Kind is a code, Subject what it is about: the same pair is open once.
	Kind, Subject string
	Connection    ConnectionID
	Account       billing.AccountID
	Subscription  billing.SubscriptionID
	// Sentence says what is the matter, Todo what would settle it.
	Sentence, Todo string
	// Amount is the money in question, where HasAmount.
	Amount    money.Decimal
	HasAmount bool
	Currency  money.Currency
	// OpenedAt and SeenAt are when it was first and last found; ClosedAt is zero while it is open.
	OpenedAt, SeenAt, ClosedAt time.Time
	// ClosedBy says who settled it, or that it went away by itself.
	ClosedBy string
}

// ExceptionFilter narrows a list; zero values do not.
type ExceptionFilter struct {
	Kind       string
	Connection ConnectionID
	// Closed asks for those that were settled.
	Closed bool
	Most   int
}

// Exceptions are what waits for a person.
type Exceptions interface {
	// ExceptionOpen opens one, or takes the new sentence and SeenAt for the one that is open.
	ExceptionOpen(Exception) (opened bool, err error)
	ExceptionClose(kind, subject, by string, at time.Time) (closed bool, err error)
	// ExceptionList is newest first.
	ExceptionList(ExceptionFilter) ([]Exception, error)
}

// KeptInvoice is a provider's invoice as it was imported.
type KeptInvoice struct {
	ProviderInvoice
	Connection ConnectionID
	// Lines and LinesTotal are what its rows come to, tax included; TaxTotal is the tax in it.
	Lines                int64
	LinesTotal, TaxTotal money.Decimal
	ImportedAt           time.Time
	// ReconciledAt is zero where it was not reconciled since its rows were imported.
	ReconciledAt time.Time
}

// ProviderInvoices are what providers charged. The rows not billed yet are kept
// under an invoice without an ID.
type ProviderInvoices interface {
	// ProviderInvoiceHold lets nobody else import the invoice, or bill its rows, until the
	// transaction ends, and says when it was imported last; the zero time where it never was.
	ProviderInvoiceHold(ConnectionID, string) (importedAt time.Time, err error)
	// ProviderInvoicePut writes the head; its rows are replaced apart, in the same transaction.
	ProviderInvoicePut(KeptInvoice) error
	ProviderInvoiceGet(ConnectionID, string) (KeptInvoice, error)
	// ProviderInvoiceList is newest first.
	ProviderInvoiceList(ConnectionID) ([]KeptInvoice, error)
	// ProviderLinesReplace takes the rows of an invoice away and writes those given;
	// an error of the stream ends it.
	ProviderLinesReplace(connection ConnectionID, invoice string, lines iter.Seq2[ProviderLine, error]) (count int64, err error)
	// ProviderLines calls for each row after a holding up to and with another, in order of holding and ID, until it
	// returns false; without the first from the beginning, with those that name no holding, and without the other to the end.
	ProviderLines(connection ConnectionID, invoice, afterHolding, lastHolding string, call func(ProviderLine) bool) error
	// ComparedRows is ProviderLines with no more of each row than what it is compared by; the row
	// is the callee's only until it returns.
	ComparedRows(connection ConnectionID, invoice, afterHolding, lastHolding string, call func(*ProviderLine) bool) error
	// ComparedRowsOf is the same for some holdings; an empty id asks for the rows that name none.
	ComparedRowsOf(connection ConnectionID, invoice string, holdings []string, call func(*ProviderLine) bool) error
	// ProviderLineGet is one row; ErrUnknown.
	ProviderLineGet(connection ConnectionID, invoice, line string) (ProviderLine, error)
}

// Match is what became of one row of a provider's invoice.
type Match struct {
	// No counts from 1 within the invoice, in order of holding and row; rows that no
	// subscription explains come last.
	No                      int64
	Line, Holding, Customer string
	Account                 billing.AccountID
	Subscription            billing.SubscriptionID
	SKU                     string
	// Cost is the row's amount before tax, Expected what it should have been where
	// HasExpected, both in Currency.
	Cost, Expected money.Decimal
	HasExpected    bool
	Currency       money.Currency
	// Ahead is the part of Cost for days that customers are not billed for yet.
	Ahead money.Decimal
	// Revenue is what was billed for the same days, in its own currency.
	Revenue money.Amount
}

// Finding is one difference with its one cause.
type Finding struct {
	// No counts from 1 within the invoice.
	No int64
	// Line is empty for what the provider did not charge.
	Line, Holding, Customer string
	Account                 billing.AccountID
	Subscription            billing.SubscriptionID
	SKU                     string
	// Cause is a word of core/reconcile.
	Cause string
	// Amount is charged less expected, in Currency: all of an invoice's sum to the whole difference.
	Amount   money.Decimal
	Currency money.Currency
	Sentence string
	// MeetsOn is the day of the invoice on which a matter of timing evens out, or no day.
	MeetsOn calendar.Date
}

// Findings are what reconciling an invoice came to.
type Findings interface {
	// FindingsClear takes the matches, findings and reckoning of an invoice away. Margins are
	// those of before until the next reckoning is put.
	FindingsClear(connection ConnectionID, invoice string) error
	// ReckoningPut keeps what reconciling came to, in place of what was kept before.
	ReckoningPut(connection ConnectionID, invoice string, reckoning Reckoning, sums iter.Seq[KeptSum]) error
	FindingsAdd(connection ConnectionID, invoice string, matches []Match, findings []Finding) error
	// InvoiceReconciled notes when it was done.
	InvoiceReconciled(connection ConnectionID, invoice string, at time.Time) error
	// MatchList and FindingList call in order of number, until false.
	MatchList(connection ConnectionID, invoice string, call func(Match) bool) error
	FindingList(connection ConnectionID, invoice, cause string, call func(Finding) bool) error
}

// KeptPriceSheet is a version of a provider's price sheet that was imported.
type KeptPriceSheet struct {
	Connection   ConnectionID
	Market, View string
	Month        calendar.Date
	// Digest is the same for the same rows.
	Digest     string
	Rows       int64
	ImportedAt time.Time
}

// PriceSheets are which versions of price sheets came when, and promotions.
type PriceSheets interface {
	PriceSheetPut(KeptPriceSheet) (changed bool, err error)
	// PriceSheetList is newest first.
	PriceSheetList(ConnectionID) ([]KeptPriceSheet, error)
	PromotionPut(ConnectionID, Promotion) (changed bool, err error)
	PromotionList(ConnectionID) ([]Promotion, error)
}
