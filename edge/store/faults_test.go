package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	neturl "net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"prorata/core/billing"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// driverOf is how database/sql reaches what a URL names.
func driverOf(url string) (driver, name string) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return "sqlite", path
	}
	return "pgx", url
}

// raw runs statements beside the store.
func raw(t testing.TB, url string, statements ...string) {
	t.Helper()
	driver, name := driverOf(url)
	db, err := sql.Open(driver, name)
	must(t, err)
	defer db.Close()
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}
}

// onBoth runs a test on a new database of each engine.
func onBoth(t *testing.T, run func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { run(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db")) })
	t.Run("postgres", func(t *testing.T) { run(t, pgtest.NewDatabase(t)) })
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	must(t, os.WriteFile(text, []byte("no database\n"), 0o600))
	there, err := neturl.Parse(pgtest.NewDatabase(t))
	must(t, err)
	there.Path = "/elsewhere"
	for url, want := range map[string]string{
		"":                                      "expected sqlite:PATH or postgres://",
		"book.db":                               "expected sqlite:PATH or postgres://",
		"sqlite:":                               "expected sqlite:PATH or postgres://",
		"mysql://here":                          "expected sqlite:PATH or postgres://",
		"sqlite:" + folder + "/no/book.db":      "there is no folder " + folder + "/no",
		"sqlite:" + folder:                      "it must be a file and no folder",
		"sqlite:" + text:                        "the file is no SQLite database: name the file of a book",
		"postgres://127.0.0.1:1/book?user=x":    "no database server answers at 127.0.0.1:1 (connect: connection refused): is it running",
		"postgres://127.0.0.1/book?sslmode=odd": "sslmode is invalid",
		there.String():                          "has no database elsewhere: make it first (createdb)",
	} {
		s, err := store.Open(t.Context(), url)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", url, err, want)
		}
	}
}

func TestASpaceInAPathIsAPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c=d#e%20.db")
	b := openBook(t, "sqlite:"+path)
	b.contract("c")
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestAThrowAwayBookLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := store.Open(t.Context(), "sqlite::memory:")
	must(t, err)
	must(t, s.Write(t.Context(), func(tx flow.Tx) error { _, err := tx.UnitPut(monthly); return err }))
	must(t, s.Read(t.Context(), func(tx flow.Tx) error {
		same(t, "units", len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Units), 1)
		return nil
	}))
	must(t, s.Close())
	left, err := os.ReadDir(os.TempDir())
	must(t, err)
	same(t, "left", len(left), 0)
}

func TestAnOldSchemaIsToBeMigrated(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		must(t, store.MigrateUntil(t.Context(), url, 1))
		raw(t, url, `UPDATE counter SET value = 1 WHERE name = 'stamp'`)
		_, err := store.Open(t.Context(), url)
		wantError(t, err, store.ErrOldSchema)
		if !strings.Contains(err.Error(), "prorata migrate") {
			t.Errorf("%v does not say what to do", err)
		}
		from, to, err := store.Migrate(t.Context(), url)
		must(t, err)
		same(t, "from and to", []int64{from, to}, []int64{1, newestSchema(t)})
		openBook(t, url).contract("c")
	})
}

// A program that was stopped while it made a new database is taken up where it was:
// nothing was written that a backup could save.
func TestASchemaThatWasCutOffIsFinished(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		must(t, store.MigrateUntil(t.Context(), url, 1))
		b := openBook(t, url)
		b.contract("c")
		version, err := b.SchemaVersion(t.Context())
		must(t, err)
		same(t, "version", version, newestSchema(t))
	})
}

func TestANewerSchemaIsNotTouched(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		openBook(t, url).contract("c")
		raw(t, url, `INSERT INTO schema_version (version_id, is_applied) SELECT 9999, is_applied FROM schema_version LIMIT 1`)
		_, err := store.Open(t.Context(), url)
		wantError(t, err, store.ErrNewSchema)
		_, _, err = store.Migrate(t.Context(), url)
		wantError(t, err, store.ErrNewSchema)
	})
}

func TestMigrateSaysFromWhereToWhere(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		newest := newestSchema(t)
		for _, from := range []int64{0, newest} {
			was, is, err := store.Migrate(t.Context(), url)
			must(t, err)
			same(t, "from and to", []int64{was, is}, []int64{from, newest})
		}
		b := openBook(t, url)
		version, err := b.SchemaVersion(t.Context())
		must(t, err)
		same(t, "version", version, newest)
	})
}

// newestSchema is the number of the last migration: there is a file for each.
func newestSchema(t *testing.T) int64 {
	files, err := filepath.Glob("migrations/*.sql")
	must(t, err)
	return int64(len(files))
}

// filled is a book with something of everything.
func filled(t *testing.T, url string) *book {
	b := openBook(t, url)
	for _, id := range []billing.ContractID{"c", "d"} {
		b.contract(id)
	}
	a := plainAccount("of-c")
	a.Name, a.Party.Address = "Ä \"quoted\" <b> & \\ \u2028 日本", []string{"one", "two\tthree"}
	sub := plainSubscription("s", "c")
	sub.Minimum, sub.HasMinimum = decimalOf("1.50"), true
	item := billing.OneTimeItem{ID: "i", Contract: "c", SKU: "setup", On: day("2026-01-04"), Quantity: decimalOf("2"), KnownOn: day("2026-01-05")}
	usage := fullUsage("u", "s")
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.AccountPut(a))
		got[bool](t)(tx.UnitPut(monthly))
		got[bool](t)(tx.TaxPut(billing.Tax{Name: "vat", Percent: decimalOf("19")}))
		got[bool](t)(tx.ProductPut(billing.Product{SKU: "E3", Name: "E3"}))
		got[bool](t)(tx.PricePut(fullPrice()))
		got[bool](t)(tx.RatePut(billing.Rate{On: day("2026-01-01"), From: currencyOf("USD"), To: currencyOf("EUR"), Rate: decimalOf("0.9")}))
		got[int64](t)(tx.LogAppend(quantity(entry(flow.DoSubscribe, "c", "s", "2026-01-01"), "1"), sub, nil, nil))
		got[int64](t)(tx.LogAppend(entry(flow.DoOneTime, "c", "i", "2026-01-05"), nil, &item, nil))
		got[int64](t)(tx.LogAppend(entry(flow.DoUsage, "c", "s", "2026-01-03"), nil, nil, &usage))
		run := got[int64](t)(tx.RunStart(flow.Run{Through: day("2026-02-01"), Who: "clerk"}))
		must(t, tx.RunExceptionAdd(flow.RunException{Run: run, Contract: "d", Code: "missing_price", Sentence: "no price"}))
	})
	invoice := fullInvoice()
	b.issue(invoice)
	note := wholeReversal(invoice, day("2026-01-20"))
	b.issue(note)
	b.write(func(tx flow.Tx) { must(t, tx.InvoiceVoid(invoice.ID, note.ID, day("2026-01-21"))) })
	b.move("c", billing.Cursor{Next: 1, Through: day("2026-01-01"), Marks: []billing.Mark{{Subscription: "s", FirstBilledOn: day("2026-01-01")}}})
	return b
}

func (b *book) backup() []byte {
	b.t.Helper()
	var to bytes.Buffer
	must(b.t, b.Backup(b.t.Context(), &to))
	return to.Bytes()
}

// A backup of one engine is restored into the other and back, and is the same to
// the byte each time.
func TestABackupGoesFromEngineToEngine(t *testing.T) {
	urls := []string{pgtest.NewDatabase(t), "sqlite:" + filepath.Join(t.TempDir(), "b.db"), "sqlite::memory:", pgtest.NewDatabase(t)}
	first := filled(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	dump := first.backup()
	last := first
	for _, url := range urls {
		last = openBook(t, url)
		must(t, last.Restore(t.Context(), bytes.NewReader(dump)))
		if again := last.backup(); !bytes.Equal(unpacked(t, again), unpacked(t, dump)) {
			t.Fatalf("%s: the backup of what was restored differs:\n%s\n%s", url, unpacked(t, again), unpacked(t, dump))
		}
	}
	for _, table := range []string{"seller_version", "contract_void", "run_exception", "usage_record", "ledger_posting", "rate"} {
		if !bytes.Contains(unpacked(t, dump), []byte(`{"table":"`+table+`"`)) || bytes.Contains(unpacked(t, dump), []byte("]}\n{\"table\":\"x")) {
			t.Errorf("no %s", table)
		}
	}
	same(t, "works on", last.bookOf("c").Subscriptions, first.bookOf("c").Subscriptions)
	last.append(entry(flow.DoCancel, "c", "s", "2026-03-01"))
}

func unpacked(t testing.TB, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	text, err := io.ReadAll(r)
	must(t, err)
	return text
}

func packed(text []byte) []byte {
	var to bytes.Buffer
	w := gzip.NewWriter(&to)
	_, _ = w.Write(text)
	_ = w.Close()
	return to.Bytes()
}

func TestADamagedBackupRestoresNothing(t *testing.T) {
	dump := filled(t, "sqlite::memory:").backup()
	text := unpacked(t, dump)
	lines := bytes.SplitAfter(text, []byte("\n"))
	cut := func(from, to int) []byte {
		return packed(bytes.Join(append(slices.Clone(lines[:from]), lines[to:]...), nil))
	}
	damages := map[string][]byte{
		"nothing":              nil,
		"no backup":            []byte("something else entirely"),
		"packed nothing":       packed(nil),
		"another program's":    packed([]byte("{\"backup\":\"other\",\"schema\":1}\n")),
		"cut in half":          dump[:len(dump)/2],
		"cut at the end":       dump[:len(dump)-1],
		"last line missing":    cut(len(lines)-2, len(lines)),
		"a row missing":        cut(6, 7),
		"an amount changed":    packed(bytes.Replace(text, []byte("12440"), []byte("12441"), 1)),
		"a null where none is": packed(bytes.Replace(text, []byte("12440"), []byte("null"), 1)),
		"a column missing":     packed(bytes.Replace(text, []byte(`"due_on",`), nil, 1)),
		"half a row":           packed(bytes.Replace(text, []byte("12440"), []byte("12440]\n[1"), 1)),
		"something after it":   packed(append(bytes.Clone(text), "more"...)),
	}
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		empty := b.backup()
		for name, damage := range damages {
			if err := b.Restore(t.Context(), bytes.NewReader(damage)); err == nil {
				t.Errorf("%s: restored", name)
			} else if name != "a null where none is" {
				if !errors.Is(err, store.ErrDamaged) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if !bytes.Equal(b.backup(), empty) {
				t.Fatalf("%s: something was left", name)
			}
		}
		newest := newestSchema(t)
		other := packed(bytes.Replace(text, fmt.Appendf(nil, `"schema":%d`, newest), fmt.Appendf(nil, `"schema":%d`, newest+1), 1))
		wantError(t, b.Restore(t.Context(), bytes.NewReader(other)), flow.ErrInput)
		must(t, b.Restore(t.Context(), bytes.NewReader(dump)))
		wantError(t, b.Restore(t.Context(), bytes.NewReader(dump)), store.ErrNotEmpty)
		same(t, "still there", len(b.bookOf("c").Subscriptions), 1)
	})
}

// A disk that runs full in the middle of a chunk leaves nothing of it.
func TestAFullDiskLeavesNothingHalfWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book.db")
	b := openBook(t, "sqlite:"+path)
	got[int64](t)(b.Seed(t.Context(), madeUpBook(500)))
	must(t, b.Close())
	info, err := os.Stat(path)
	must(t, err)
	pages := info.Size() / 8192
	b = openBook(t, "sqlite:"+path)
	must(t, b.LimitPages(t.Context(), pages+20))
	before := b.backup()
	write := func(n int) error {
		return b.Write(t.Context(), func(tx flow.Tx) error {
			if _, err := tx.NumbersTake(flow.DefaultSeller, "INV", n); err != nil {
				return err
			}
			return tx.ChunkWrite(madeUpChunk(0, n, day("2026-01-01"), 1))
		})
	}
	err = write(500)
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("on a full disk: %v", err)
	}
	if errors.Is(err, flow.ErrMoved) || errors.Is(err, flow.ErrBusy) {
		t.Errorf("%v would be tried again", err)
	}
	if !bytes.Equal(b.backup(), before) {
		t.Error("something was left of the chunk")
	}
	must(t, write(2))
	same(t, "and goes on", len(b.due("2026-01-31", 1000)), 498)
}

// A server that goes away and comes back is found again.
func TestAServerComesBack(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{Durable: true})
	b := openBook(t, server.NewDatabase(t))
	b.contract("c")
	var wait []chan error
	for range 3 {
		// Several connections, all of which will be dead.
		done := make(chan error)
		wait = append(wait, done)
		go func() {
			done <- b.Read(t.Context(), func(tx flow.Tx) error { _, err := tx.ContractList(); return err })
		}()
	}
	for _, done := range wait {
		must(t, <-done)
	}
	err := b.Write(t.Context(), func(tx flow.Tx) error {
		if _, err := tx.UnitPut(monthly); err != nil {
			return err
		}
		server.Crash(t)
		_, err := tx.UnitPut(billing.Unit{Name: "week"})
		return err
	})
	wantError(t, err, flow.ErrBusy)
	wantError(t, b.Read(t.Context(), func(tx flow.Tx) error { _, err := tx.ContractList(); return err }), flow.ErrBusy)
	server.Restart(t)
	b.read(func(tx flow.Tx) {
		same(t, "what was committed", len(got[[]flow.Contract](t)(tx.ContractList())), 1)
		same(t, "what was not", len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Units), 0)
	})
	b.write(func(tx flow.Tx) { got[bool](t)(tx.UnitPut(monthly)) })
}

// No run starts while somebody records for the days before it.
func TestARunWaitsForThoseWhoRecord(t *testing.T) {
	url := pgtest.NewDatabase(t)
	b := openBook(t, url)
	hasty := openBook(t, url+joint(url)+"lock_timeout=50ms")
	start := func(s *book) error {
		return s.Write(t.Context(), func(tx flow.Tx) error { _, err := tx.RunStart(flow.Run{Through: day("2026-02-01")}); return err })
	}
	b.write(func(tx flow.Tx) {
		_, err := tx.BilledThrough()
		must(t, err)
		wantError(t, start(hasty), flow.ErrBusy)
		must(t, hasty.Write(t.Context(), func(tx flow.Tx) error { _, err := tx.BilledThrough(); return err }))
	})
	must(t, start(hasty))
}

func joint(url string) string {
	if strings.Contains(url, "?") {
		return "&"
	}
	return "?"
}

// Two who wait for each other: one of them has moved, the other goes on.
func TestADeadlockHasMoved(t *testing.T) {
	b := openBook(t, pgtest.NewDatabase(t))
	b.contract("c")
	bothHold := make(chan struct{}, 2)
	go2 := make(chan struct{})
	cross := func(first, second string) error {
		return b.Write(t.Context(), func(tx flow.Tx) error {
			if _, err := tx.NumbersTake("a", first, 1); err != nil {
				return err
			}
			bothHold <- struct{}{}
			<-go2
			_, err := tx.NumbersTake("a", second, 1)
			return err
		})
	}
	results := make(chan error, 2)
	go func() { results <- cross("x", "y") }()
	go func() { results <- cross("y", "x") }()
	<-bothHold
	<-bothHold
	close(go2)
	one, other := <-results, <-results
	if !errors.Is(errors.Join(one, other), flow.ErrMoved) || (one != nil && other != nil) {
		t.Errorf("%v and %v", one, other)
	}
}

func TestACancelledContextIsNotBusy(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		err := b.Write(ctx, func(tx flow.Tx) error {
			got[bool](t)(tx.UnitPut(monthly))
			cancel()
			_, err := tx.UnitPut(billing.Unit{Name: "week"})
			return err
		})
		wantError(t, err, context.Canceled)
		wantError(t, b.Read(ctx, func(flow.Tx) error { return nil }), context.Canceled)
		b.read(func(tx flow.Tx) { same(t, "units", len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Units), 0) })
	})
}

// Readers of a file see what was committed before they began, while it is written.
func TestAReaderSeesOneMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		units := func(tx flow.Tx) int { return len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Units) }
		b.read(func(tx flow.Tx) {
			same(t, "before", units(tx), 0)
			b.write(func(tx flow.Tx) {
				got[bool](t)(tx.UnitPut(monthly))
				b.read(func(tx flow.Tx) { same(t, "uncommitted", units(tx), 0) })
			})
			same(t, "still", units(tx), 0)
			b.read(func(tx flow.Tx) { same(t, "a new reader", units(tx), 1) })
		})
	})
}

// What one of the engines cannot keep, neither takes.
func TestATextThatCannotBeKeptIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		b.contract("c")
		for _, text := range []string{"a\x00b", "a\x1eb", "a\x1f", "\xff"} {
			c := plainContract("d", "of-c")
			c.PurchaseOrder = text
			for _, put := range []func(flow.Tx) error{
				func(tx flow.Tx) error { _, err := tx.ContractPut(c, "contract:d"); return err },
				func(tx flow.Tx) error { _, err := tx.UnitPut(billing.Unit{Name: text}); return err },
				func(tx flow.Tx) error {
					e := entry(flow.DoHold, "", "", "2026-01-01")
					e.Who = text
					_, err := tx.LogAppend(e, nil, nil, nil)
					return err
				},
			} {
				wantError(t, b.Write(t.Context(), put), flow.ErrInput)
			}
		}
	})
}
