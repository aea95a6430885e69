package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// Every story is told to both engines.
var stories = map[string]func(*testing.T, *book){
	"sellers keep their versions":                        sellersKeepTheirVersions,
	"a catalog is read as it was put":                    aCatalogIsReadAsItWasPut,
	"the same price twice is one":                        theSamePriceTwiceIsOne,
	"of the prices only what is sold":                    ofThePricesOnlyWhatIsSold,
	"accounts keep their versions":                       accountsKeepTheirVersions,
	"an account is billed through its children":          anAccountIsBilledThroughItsChildren,
	"credit hold is the last hold or release":            creditHoldIsTheLastHoldOrRelease,
	"a contract is read as it was put":                   aContractIsReadAsItWasPut,
	"a billed contract stays as it is":                   aBilledContractStaysAsItIs,
	"a subscription is read as it was recorded":          aSubscriptionIsReadAsItWasRecorded,
	"a row is read as it was told":                       aRowIsReadAsItWasTold,
	"only open rows are read":                            onlyOpenRowsAreRead,
	"a holding finds its contracts":                      aHoldingFindsItsContracts,
	"a row's price is sold":                              aRowsPriceIsSold,
	"a void marks what it takes back":                    aVoidMarksWhatItTakesBack,
	"a release frees what waits":                         aReleaseFreesWhatWaits,
	"an event is recorded once":                          anEventIsRecordedOnce,
	"the log is read in order":                           theLogIsReadInOrder,
	"lists and payers follow the tree":                   listsAndPayersFollowTheTree,
	"a bill that goes in a circle ends":                  aBillThatGoesInACircleEnds,
	"due books come in whole groups":                     dueBooksComeInWholeGroups,
	"only open lines, items and usage are read":          onlyOpenLinesItemsAndUsageAreRead,
	"a cursor's marks are read as they were written":     aCursorsMarksAreReadAsTheyWereWritten,
	"a voided invoice opens its contracts":               aVoidedInvoiceOpensItsContracts,
	"an invoice is read as it was written":               anInvoiceIsReadAsItWasWritten,
	"invoices are listed by what is asked":               invoicesAreListedByWhatIsAsked,
	"of two writers one has moved":                       ofTwoWritersOneHasMoved,
	"a fact recorded meanwhile moves the book":           aFactRecordedMeanwhileMovesTheBook,
	"an invoice is issued once":                          anInvoiceIsIssuedOnce,
	"a failure is not committed, whatever is made of it": aFailureIsNotCommitted,
	"numbers have no gaps under parallel writers":        numbersHaveNoGapsUnderParallelWriters,
	"runs are watched":                                   runsAreWatched,
	"invoices are searched":                              invoicesAreSearched,
	"views are one's own":                                viewsAreOnesOwn,
	"lists of runs and plans are newest first":           listsOfRunsAndPlansAreNewestFirst,
	"a hold follows its group":                           aHoldFollowsItsGroup,
	"the stamp changes with every change":                theStampChangesWithEveryChange,
	"sums by day follow what they are of":                sumsByDayFollowWhatTheyAreOf,
	"nothing is written while reading":                   nothingIsWrittenWhileReading,
	"a seeded book is like a recorded one":               aSeededBookIsLikeARecordedOne,
	"the floor writes what a chunk writes":               theFloorWritesWhatAChunkWrites,
	"connections and secrets are kept":                   connectionsAndSecretsAreKept,
	"links join both worlds":                             linksJoinBothWorlds,
	"holdings are kept as seen":                          holdingsAreKeptAsSeen,
	"a story is told of the log and the days asked for":  aStoryIsToldOfTheLogAndTheDaysAskedFor,
	"usage is recorded together":                         usageIsRecordedTogether,
	"holdings of mirror contracts are known":             holdingsOfMirrorContractsAreKnown,
	"links of many holdings are those of each":           linksOfManyHoldingsAreThoseOfEach,
	"provisions go their way":                            provisionsGoTheirWay,
	"an exception is open once":                          anExceptionIsOpenOnce,
	"a provider's invoice is replaced whole":             aProvidersInvoiceIsReplacedWhole,
	"findings are replaced whole":                        findingsAreReplacedWhole,
	"price sheets and promotions are kept":               priceSheetsAndPromotionsAreKept,
}

func TestOnSQLite(t *testing.T) {
	tell(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "book.db") })
}

func TestOnPostgres(t *testing.T) {
	tell(t, postgresURLs(t))
}

// postgresURLs gives databases with a schema, each a copy of the first.
func postgresURLs(t *testing.T) func(*testing.T) string {
	template := pgtest.NewDatabase(t)
	first, err := store.Open(t.Context(), template)
	must(t, err)
	must(t, first.Close())
	return func(t *testing.T) string { return pgtest.CopyDatabase(t, template) }
}

func tell(t *testing.T, url func(*testing.T) string) {
	for name, story := range stories {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			b := openBook(t, url(t))
			story(t, b)
			same(t, "sums by day that are wrong", b.wrongSums(), "")
		})
	}
}

// book is a store with what the stories need at hand.
type book struct {
	t *testing.T
	*store.Store
	url string
}

func openBook(t *testing.T, url string) *book {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &book{t, s, url}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares as text, which is also how a difference is shown.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func (b *book) write(fn func(flow.Tx)) {
	b.t.Helper()
	must(b.t, b.Write(b.t.Context(), func(tx flow.Tx) error { fn(tx); return nil }))
}

func (b *book) read(fn func(flow.Tx)) {
	b.t.Helper()
	must(b.t, b.Read(b.t.Context(), func(tx flow.Tx) error { fn(tx); return nil }))
}

// got takes what a call gave, and ends the test on an error.
func got[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		must(t, err)
		return value
	}
}

var monthly = billing.Unit{Name: "monthly", Months: 1}

func eur(minor int64) money.Amount { return money.NewAmount(minor, currencyOf("EUR")) }

func plainAccount(id billing.AccountID) flow.Account {
	return flow.Account{Account: billing.Account{ID: id, Name: string(id), Country: "DE", Currency: currencyOf("EUR")}, Party: flow.Party{Name: string(id), Country: "DE"}}
}

func plainContract(id billing.ContractID, account billing.AccountID) flow.Contract {
	return flow.Contract{Seller: flow.DefaultSeller, Contract: billing.Contract{
		ID: id, Account: account, Currency: currencyOf("EUR"), Frequency: monthly, Start: dateOf("2026-01-01"),
	}}
}

// contract puts a contract with an account of its own.
func (b *book) contract(id billing.ContractID) {
	b.t.Helper()
	b.write(func(tx flow.Tx) {
		got[bool](b.t)(tx.SellerPut(flow.Seller{ID: flow.DefaultSeller, Currency: currencyOf("EUR"), TimeZone: "UTC"}))
		got[bool](b.t)(tx.AccountPut(plainAccount("of-" + billing.AccountID(id))))
		got[bool](b.t)(tx.ContractPut(plainContract(id, "of-"+billing.AccountID(id)), "contract:"+string(id)))
	})
}

func plainSubscription(id billing.SubscriptionID, contract billing.ContractID) *billing.Subscription {
	return &billing.Subscription{ID: id, Contract: contract, SKU: "E3", Tax: "vat", TermMonths: 12, Billing: monthly, PriceUnit: monthly, PerParent: money.DecimalOf(1)}
}

// entry is a row of the log for a contract, recorded, known and effective on a day.
func entry(do flow.EventVerb, contract billing.ContractID, sub billing.SubscriptionID, on string) flow.LogEntry {
	day := dateOf(on)
	return flow.LogEntry{Who: "clerk", Source: "test", RecordedOn: day, KnownOn: day, EffectiveOn: day, Do: do, Contract: contract, Subscription: sub}
}

func quantity(e flow.LogEntry, n string) flow.LogEntry {
	e.Entry.Quantity, e.Entry.HasQuantity = decimalOf(n), true
	return e
}

func (b *book) append(e flow.LogEntry) int64 {
	b.t.Helper()
	var seq int64
	b.write(func(tx flow.Tx) { seq = got[int64](b.t)(tx.LogAppend(e, nil, nil, nil)) })
	return seq
}

func (b *book) subscribe(contract billing.ContractID, id billing.SubscriptionID, on string) int64 {
	b.t.Helper()
	var seq int64
	e := quantity(entry(flow.DoSubscribe, contract, id, on), "10")
	e.ID = string(id)
	b.write(func(tx flow.Tx) {
		seq = got[int64](b.t)(tx.LogAppend(e, plainSubscription(id, contract), nil, nil))
	})
	return seq
}

func (b *book) bookOf(contract billing.ContractID) (open *flow.OpenBook) {
	b.t.Helper()
	b.read(func(tx flow.Tx) { open = got[*flow.OpenBook](b.t)(tx.BookRead(contract)) })
	return open
}

// due reads all that is due by a day, in chunks of a size.
func (b *book) due(through string, limit int) (all []*flow.OpenBook) {
	b.t.Helper()
	for after := ""; ; after = all[len(all)-1].Group {
		var books []*flow.OpenBook
		b.read(func(tx flow.Tx) { books = got[[]*flow.OpenBook](b.t)(tx.DueBooks(dateOf(through), after, limit)) })
		if len(books) == 0 {
			return all
		}
		all = append(all, books...)
	}
}

// plainInvoice is an invoice of one line on a contract's own account.
func plainInvoice(contract billing.ContractID, sub billing.SubscriptionID, on string) flow.Issued {
	day := dateOf(on)
	line := billing.InvoiceLine{Contract: contract, Account: "of-" + billing.AccountID(contract), Line: billing.Line{
		Key: billing.LineKey{Subscription: sub, Period: day, Day: day}, Subscription: sub, SKU: "E3", From: day, To: day.AddMonths(1), PeriodTo: day.AddMonths(1),
		Quantity: decimalOf("10"), UnitPrice: decimalOf("10.00"), Priced: true, Gross: eur(10000), Discount: eur(0), Amount: eur(10000), Tax: "vat", Explanation: "c:start",
	}}
	line.InvoicedGross, line.InvoicedDisc, line.InvoicedAt = line.Gross, line.Discount, line.Amount
	return flow.Issued{
		ID: string(contract) + "/" + on, Seller: flow.DefaultSeller, Series: "INV", Group: "contract:" + string(contract), DueOn: day.AddDays(30), PayerVersion: 1, SellerVersion: 1,
		Invoice: billing.Invoice{
			Payer: line.Account, Contract: contract, Date: day, Currency: currencyOf("EUR"), Lines: []billing.InvoiceLine{line},
			Taxes: []billing.TaxSum{{Account: line.Account, Name: "vat", Percent: decimalOf("19"), Lines: eur(10000), Net: eur(10000), Tax: eur(1900)}},
			Net:   eur(10000), Tax: eur(1900), Total: eur(11900),
		},
	}
}

func chunkOf(t testing.TB, moves []flow.CursorMove, invoices ...flow.Issued) flow.Chunk {
	chunk := flow.Chunk{Moves: moves, Invoices: invoices}
	for i := range invoices {
		chunk.Entries = append(chunk.Entries, got[ledger.Entry](t)(ledger.OfInvoice(&invoices[i].Invoice)))
	}
	return chunk
}

// issue numbers and writes invoices, and leaves the cursors alone.
func (b *book) issue(invoices ...flow.Issued) {
	b.t.Helper()
	b.write(func(tx flow.Tx) {
		for i := range invoices {
			invoices[i].Number = got[int64](b.t)(tx.NumbersTake(invoices[i].Seller, invoices[i].Series, 1))
		}
		must(b.t, tx.ChunkWrite(chunkOf(b.t, nil, invoices...)))
	})
}

func moveOf(open *flow.OpenBook, through string) flow.CursorMove {
	day := dateOf(through)
	return flow.CursorMove{Contract: open.Contract.ID, Version: open.Version, WasDueOn: open.WasDueOn, Cursor: billing.Cursor{Next: 1, Through: day, DueOn: day.AddMonths(1), OpenAfter: day}}
}

// move takes a contract's cursor on.
func (b *book) move(contract billing.ContractID, cursor billing.Cursor) {
	b.t.Helper()
	open := b.bookOf(contract)
	b.write(func(tx flow.Tx) {
		must(b.t, tx.ChunkWrite(flow.Chunk{Moves: []flow.CursorMove{{Contract: contract, Version: open.Version, WasDueOn: open.WasDueOn, Cursor: cursor}}}))
	})
}

func day(text string) calendar.Date { return dateOf(text) }
