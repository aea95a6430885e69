package main_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/internal/pgtest"
)

// killsWanted is how often a billing run is killed, half on each database:
//
//	go test ./cmd/prorata -run Kill -kills 1000
//	PRORATA_KILLS=1000 make test
var killsWanted = flag.Int("kills", number("PRORATA_KILLS", 50), "how many billing runs are killed")

// seedWanted repeats a run of the tests; they print theirs when they fail.
var seedWanted = flag.Int64("seed", int64(number("PRORATA_SEED", 0)), "the seed of what is random; 0 for a new one")

func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// chance is what is random in a test; its seed is shown where the test fails.
func chance(t *testing.T) *rand.Rand {
	seed := *seedWanted
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with -seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(uint64(seed), 0))
}

// engineUnderTest makes databases of one kind. The made-up book is seeded once,
// billed once without any disturbance, and copied for every test.
type engineUnderTest struct {
	name  string
	empty func(t testing.TB) string
	copy  func(t testing.TB, of string) string
	once  sync.Once
	// seeded is the book before anything was billed, issued what an undisturbed run
	// came to after each day, unnumbered the same without numbers, took how long it was.
	seeded             string
	issued, unnumbered []string
	took               []time.Duration
}

var (
	onSQLite   = &engineUnderTest{name: "SQLite", empty: newLocal, copy: copyLocal}
	onPostgres = &engineUnderTest{name: "PostgreSQL", empty: pgtest.NewDatabase, copy: pgtest.CopyDatabase}
)

func newLocal(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "book.db")
}

// copyLocal copies a database that nobody has open: its file is all of it.
func copyLocal(t testing.TB, of string) string {
	t.Helper()
	to := newLocal(t)
	text, err := os.ReadFile(strings.TrimPrefix(of, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, strings.TrimPrefix(to, "sqlite:"), string(text))
	return to
}

// both runs a test on each database.
func both(t *testing.T, test func(t *testing.T, e *engineUnderTest)) {
	t.Parallel()
	for _, e := range []*engineUnderTest{onSQLite, onPostgres} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// book is a copy of the made-up book, not billed yet.
func (e *engineUnderTest) book(t *testing.T) string {
	t.Helper()
	// Where there is no such database, every test that asks for it is skipped.
	e.empty(t)
	e.once.Do(func() { e.prepare(t) })
	if len(e.issued) != len(catchUp) {
		t.Fatal("there is no book: see the first test that asked for it")
	}
	return e.copy(t, e.seeded)
}

func (e *engineUnderTest) prepare(t *testing.T) {
	t.Helper()
	e.seeded = e.empty(keepFor{t})
	makeBook(t, e.seeded, plainContracts)
	undisturbed := e.copy(t, e.seeded)
	for _, day := range catchUp {
		out := must(t, undisturbed, "bill", "--as-of", day)
		e.took = append(e.took, out.took)
		e.issued = append(e.issued, issued(t, undisturbed, true))
		e.unnumbered = append(e.unnumbered, issued(t, undisturbed, false))
	}
	must(t, undisturbed, "verify")
}

// keepFor lets a database live as long as the test binary.
type keepFor struct{ testing.TB }

func (keepFor) Cleanup(func()) {}

func (keepFor) TempDir() string { return filepath.Dir(program) }

// issued is all that was issued, as text: every invoice with its lines, taxes and
// postings, and where each contract stands; but not when and by which run.
// Without numbers, what several runs gave at once can be compared.
func issued(t testing.TB, address string, numbers bool) string {
	t.Helper()
	db := openSQL(t.Fatalf, address)
	defer db.Close()
	number := `0`
	if numbers {
		number = `number`
	}
	var text strings.Builder
	for _, query := range []string{
		`SELECT id, seller, series, ` + number + `, kind, payer, contract, group_key, invoice_on, due_on, currency, net, tax, total, payer_version, seller_version, corrects, voided_by FROM invoice ORDER BY id`,
		`SELECT * FROM invoice_line ORDER BY invoice, line_no`,
		`SELECT * FROM invoice_tax ORDER BY invoice, tax_no`,
		`SELECT * FROM ledger_posting ORDER BY invoice, posting_no`,
		`SELECT * FROM number_series ORDER BY seller, series`,
		`SELECT contract, group_key, next_index, through_on, due_on, open_after, marks FROM contract_cursor ORDER BY contract`,
	} {
		for _, row := range column(t.Fatalf, db, query) {
			text.WriteString(row)
			text.WriteByte('\n')
		}
	}
	return text.String()
}

// same fails the test with the first line in which two texts differ.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range gots {
		if i == len(wants) || gots[i] != wants[i] {
			t.Fatalf("%s: %d lines, want %d; line %d is\n%s\nand should be\n%s", what, len(gots), len(wants), i+1, gots[i], strings.Join(wants[min(i, len(wants)-1):min(i+1, len(wants))], ""))
		}
	}
	t.Fatalf("%s: %d lines, want %d", what, len(gots), len(wants))
}

// checkWhole checks what has to hold at any moment, whatever was killed: numbers
// without gap and repeat, whole invoices, and runs that counted what they wrote.
func checkWhole(t testing.TB, address string) {
	t.Helper()
	db := openSQL(t.Fatalf, address)
	defer db.Close()
	for what, query := range map[string]string{
		"numbers with a gap or a repeat": `SELECT s.seller, s.series, s.given, COUNT(i.number), COUNT(DISTINCT i.number), MIN(i.number), MAX(i.number) FROM number_series s
			LEFT JOIN invoice i ON i.seller = s.seller AND i.series = s.series GROUP BY s.seller, s.series, s.given
			HAVING s.given <> COUNT(i.number) OR s.given <> COUNT(DISTINCT i.number) OR MIN(i.number) <> 1 OR s.given <> MAX(i.number)`,
		"numbers of no series":          `SELECT i.id FROM invoice i WHERE NOT EXISTS (SELECT 1 FROM number_series s WHERE s.seller = i.seller AND s.series = i.series)`,
		"invoices without lines":        `SELECT id FROM invoice WHERE id NOT IN (SELECT invoice FROM invoice_line)`,
		"invoices without postings":     `SELECT id FROM invoice WHERE total <> 0 AND id NOT IN (SELECT invoice FROM ledger_posting)`,
		"lines without an invoice":      `SELECT invoice FROM invoice_line WHERE invoice NOT IN (SELECT id FROM invoice)`,
		"taxes without an invoice":      `SELECT invoice FROM invoice_tax WHERE invoice NOT IN (SELECT id FROM invoice)`,
		"postings without an invoice":   `SELECT invoice FROM ledger_posting WHERE invoice NOT IN (SELECT id FROM invoice)`,
		"entries that do not balance":   `SELECT invoice, SUM(amount) FROM ledger_posting GROUP BY invoice HAVING SUM(amount) <> 0`,
		"runs that count what is not":   `SELECT r.id, r.invoices, COUNT(i.id) FROM billing_run r LEFT JOIN invoice i ON i.run = r.id GROUP BY r.id, r.invoices HAVING r.invoices <> COUNT(i.id)`,
		"invoices of no run":            `SELECT id FROM invoice WHERE corrects = '' AND run NOT IN (SELECT id FROM billing_run)`,
		"contracts billed ahead of all": `SELECT contract FROM contract_cursor WHERE through_on > (SELECT billed_through FROM book)`,
	} {
		if rows := column(t.Fatalf, db, query); len(rows) > 0 {
			t.Errorf("%s: %d, the first %s", what, len(rows), rows[0])
		}
	}
	if strings.HasPrefix(address, "sqlite:") {
		if said := column(t.Fatalf, db, `PRAGMA integrity_check`); len(said) != 1 || said[0] != "ok" {
			t.Errorf("the file is damaged: %q", said)
		}
	}
}

// A billing run that is killed at any moment, again and again, comes in the end to
// what it would have come to undisturbed: the same invoices with the same ids,
// numbers, lines and totals.
func TestKilledRuns(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		wanted := (*killsWanted + 1) / 2
		kills, inTheMiddle, attempts := 0, 0, 0
		for kills < wanted && !t.Failed() {
			address := e.book(t)
			attempts++
			for i, day := range catchUp {
				k, m := e.killAndFinish(t, random, address, day, e.took[i], max(1, min(5, wanted-kills)))
				kills, inTheMiddle = kills+k, inTheMiddle+m
			}
			same(t, "in the end", issued(t, address, true), e.issued[len(catchUp)-1])
			must(t, address, "verify")
		}
		t.Logf("%d runs were killed, %d of them after they had issued something, in %d books", kills, inTheMiddle, attempts)
	})
}

// killAndFinish bills through a day, killing the run some times before it may end.
func (e *engineUnderTest) killAndFinish(t *testing.T, random *rand.Rand, address, day string, took time.Duration, most int) (kills, inTheMiddle int) {
	t.Helper()
	for range 1 + random.IntN(most) {
		before, delay := count(t, address, "invoice"), time.Duration(random.Int64N(int64(took)))
		p := launch(t, address, "bill", "--as-of", day)
		if random.IntN(2) == 0 {
			eventually(t, "it issues something, or ends", func() bool { return p.isOver() || count(t, address, "invoice") > before })
			delay /= 4
		}
		p.killAfter(t, delay)
		out := p.wait(t)
		checkWhole(t, address)
		if !out.killed {
			if out.code != 0 {
				t.Fatal(out)
			}
			break
		}
		kills++
		if count(t, address, "invoice") > before {
			inTheMiddle++
		}
	}
	must(t, address, "bill", "--as-of", day)
	checkWhole(t, address)
	return kills, inTheMiddle
}

func count(t testing.TB, address, table string) int {
	t.Helper()
	db := openSQL(t.Fatalf, address)
	defer db.Close()
	n := 0
	if err := db.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A restore that is killed leaves the database empty, or has filled it: once it is
// done the book is the one that was backed up, on either database.
func TestKilledRestores(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		address, restored, file := e.book(t), e.empty(t), filepath.Join(t.TempDir(), "book.backup")
		must(t, address, "bill", "--as-of", catchUp[0])
		for range 2 {
			killedAfter(t, address, time.Duration(random.Int64N(int64(e.took[0]))), "backup", file)
		}
		took := must(t, address, "backup", file).took
		kills, done := 0, false
		for range 4 {
			out := killedAfter(t, restored, time.Duration(random.Int64N(int64(took))), "restore", file)
			if !out.killed && out.code != 0 {
				t.Fatal(out)
			}
			// What is there now has to be all of it.
			if done = schemaIsThere(t, restored) && count(t, restored, "change_log") > 0; done {
				break
			}
			kills++
		}
		if !done {
			must(t, restored, "restore", file)
		}
		same(t, "restored", issued(t, restored, true), issued(t, address, true))
		must(t, restored, "verify")
		t.Logf("%d restores were killed", kills)
	})
}

// schemaIsThere says whether the program got as far as to make its tables.
func schemaIsThere(t testing.TB, address string) bool {
	t.Helper()
	db := openSQL(t.Fatalf, address)
	defer db.Close()
	_, err := db.Exec(`SELECT 1 FROM invoice LIMIT 1`)
	return err == nil
}

// What is exported after kills is what is exported without.
func TestKilledRunsExportTheSame(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		quiet, disturbed := e.book(t), e.book(t)
		must(t, quiet, "bill", "--as-of", catchUp[0])
		for range 3 {
			killedAfter(t, disturbed, time.Duration(random.Int64N(int64(e.took[0]))), "bill", "--as-of", catchUp[0])
		}
		must(t, disturbed, "bill", "--as-of", catchUp[0])
		for _, args := range [][]string{{"export", "lines"}, {"export", "invoices"}, {"export", "invoices", "--format", "json"}} {
			same(t, fmt.Sprint(args), must(t, disturbed, args...).stdout, must(t, quiet, args...).stdout)
		}
	})
}
