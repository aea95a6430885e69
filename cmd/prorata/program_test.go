// The program from outside: what is built is run, as a reader would type it.
//
//	program_test.go   building it once, and the scripts of testdata/script on both databases
//	serve_test.go     the server, which goes on until it is told to stop
//	faults_test.go    kill -9, many at once, a database that goes away, a full disk
//	intake_test.go    import files as they should not be
package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	_ "modernc.org/sqlite"

	"prorata/internal/pgtest"
)

// program is the path of the program under test.
var program string

func TestMain(m *testing.M) {
	if cramped := os.Getenv(crampedBy); cramped != "" {
		os.Exit(runCramped(cramped))
	}
	flag.Parse()
	folder, err := os.MkdirTemp("", "prorata-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(folder, "prorata")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	code := 1
	if err = build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

// Every script is run on SQLite and on PostgreSQL. $DB is an empty database, $DB2
// another, and $OTHER one of the other engine. What scripts have beside the usual
// commands:
//
//	prorata CODE ARGUMENT...   runs the program, which must end with the code
//	[!] json PATH [VALUE]      the last output is JSON that has the path (a.0.b), with the value
//	accept ARGUMENT...         previews, and puts the preview's stamp into $STAMP
//	sql DATABASE STATEMENT     does it behind the program's back
//	dump DATABASE FILE         writes every row of every table to the file
//	xlsx FILE WORD             the workbook has the word in a cell, and no formula
//	token FILE                 puts the token in the file into the environment
//	audit PATTERN              a record is like the pattern: verb, outcome, who, and from where
func TestScripts(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := ""
			if engine == "postgres" {
				database = pgtest.NewDatabase(t)
			}
			testscript.Run(t, testscript.Params{
				Dir:                filepath.Join("testdata", "script"),
				Setup:              func(env *testscript.Env) error { return setUp(env, database) },
				RequireUniqueNames: true,
				Condition:          func(name string) (bool, error) { return condition(name, engine) },
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"prorata": runScripted, "json": checkJSON, "accept": previewStamp, "sql": runSQL, "dump": dumpAll, "xlsx": checkWorkbook,
					"token": useToken, "audit": checkAudit,
				},
			})
		})
	}
}

func condition(name, engine string) (bool, error) {
	if name == "sqlite" || name == "postgres" {
		return name == engine, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// setUp gives a script its databases and a copy of the book of testdata/book.
func setUp(env *testscript.Env, database string) error {
	local := func(name string) string { return "sqlite:" + filepath.Join(env.WorkDir, name) }
	env.Setenv("DB", local("book.db"))
	env.Setenv("DB2", local("second.db"))
	env.Setenv("OTHER", local("other.db"))
	if tb, ok := env.T().(testing.TB); ok && database != "" {
		env.Setenv("DB", pgtest.NewSchema(tb, database))
		env.Setenv("DB2", pgtest.NewSchema(tb, database))
	}
	today := time.Now().UTC()
	env.Setenv("TODAY", today.Format(time.DateOnly))
	env.Setenv("IN_TWO_MONTHS", today.AddDate(0, 0, 62).Format(time.DateOnly))
	env.Setenv("PRORATA_DATABASE", env.Getenv("DB"))
	return os.CopyFS(env.WorkDir, os.DirFS(filepath.Join("testdata", "book")))
}

func runScripted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: prorata CODE ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(program, args[1:]...)
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	for _, stream := range []string{ts.ReadFile("stdout"), ts.ReadFile("stderr")} {
		if strings.Contains(stream, "goroutine ") || strings.Contains(stream, "panic:") {
			ts.Fatalf("it panicked")
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, expected %d", got, want)
	}
}

func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: [!] json PATH [VALUE]")
	}
	value, err := lookUp(ts.ReadFile("stdout"), args[0])
	switch {
	case neg && err == nil:
		ts.Fatalf("%s is %v", args[0], value)
	case neg:
	case err != nil:
		ts.Fatalf("%v", err)
	case len(args) == 2 && fmt.Sprint(value) != args[1]:
		ts.Fatalf("%s is %v, expected %s", args[0], value, args[1])
	}
}

// lookUp follows a path like invoices.0.total into a JSON text.
func lookUp(text, path string) (value any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	for _, step := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			inner, there := v[step]
			if !there {
				return nil, fmt.Errorf("%s: no %q", path, step)
			}
			value = inner
		case []any:
			at, err := strconv.Atoi(step)
			if err != nil || at < 0 || at >= len(v) {
				return nil, fmt.Errorf("%s: a list of %d has no %q", path, len(v), step)
			}
			value = v[at]
		default:
			return nil, fmt.Errorf("%s: nothing inside %v", path, v)
		}
	}
	return value, nil
}

func previewStamp(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: accept ARGUMENT...")
	}
	runScripted(ts, false, append([]string{"0", "bill", "--preview", "--json"}, args...))
	stamp, err := lookUp(ts.ReadFile("stdout"), "stamp")
	ts.Check(err)
	ts.Setenv("STAMP", fmt.Sprint(stamp))
}

func checkWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: xlsx FILE WORD")
	}
	book, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer book.Close()
	found := false
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		ts.Check(err)
		for r, row := range rows {
			for c, cell := range row {
				found = found || strings.Contains(cell, args[1])
				name, err := excelize.CoordinatesToCellName(c+1, r+1)
				ts.Check(err)
				if formula, err := book.GetCellFormula(sheet, name); err != nil || formula != "" {
					ts.Fatalf("%s!%s is the formula %q (%v)", sheet, name, formula, err)
				}
			}
		}
	}
	if !found {
		ts.Fatalf("no cell has %q", args[1])
	}
}

func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql DATABASE STATEMENT")
	}
	db := openSQL(ts.Fatalf, args[0])
	defer db.Close()
	result, err := db.Exec(args[1])
	ts.Check(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("no row was touched (%v)", err)
	}
}

func dumpAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: dump DATABASE FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(dump(ts.Fatalf, args[0])), 0o644))
}

func useToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: token FILE")
	}
	ts.Setenv("PRORATA_TOKEN", strings.TrimSpace(ts.ReadFile(args[0])))
}

func checkAudit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: audit PATTERN")
	}
	db := openSQL(ts.Fatalf, ts.Getenv("DB"))
	defer db.Close()
	records := column(ts.Fatalf, db, `SELECT verb || ' ' || outcome || ' ' || who || ' ' || came_from FROM audit ORDER BY seq`)
	if like := regexp.MustCompile(args[0]); !slices.ContainsFunc(records, like.MatchString) {
		ts.Fatalf("no record is like %s, among\n%s", args[0], strings.Join(records, "\n"))
	}
}

// openSQL opens the database of one of the program's addresses.
func openSQL(fatalf func(string, ...any), address string) *sql.DB {
	driver, name := "pgx", address
	if path, local := strings.CutPrefix(address, "sqlite:"); local {
		driver, name = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		fatalf("%s: %v", address, err)
	}
	return db
}

// dump is every row of every table, a line each, in an order that the contents
// alone decide: two books that are the same have the same dump.
func dump(fatalf func(string, ...any), address string) string {
	db := openSQL(fatalf, address)
	defer db.Close()
	names := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if !strings.HasPrefix(address, "sqlite:") {
		names = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	var lines []string
	for _, table := range column(fatalf, db, names) {
		// The audit says who asked for what, also where it changed nothing.
		if table == "schema_version" || strings.HasPrefix(table, "audit") {
			continue
		}
		for _, row := range column(fatalf, db, `SELECT * FROM `+table) {
			lines = append(lines, table+": "+row)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// plainly is a cell as both databases give it.
func plainly(cell any) any {
	switch v := cell.(type) {
	case []byte:
		return string(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return cell
}

// column reads the rows of a query, each as one text.
func column(fatalf func(string, ...any), db *sql.DB, query string) (texts []string) {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	cells, into := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	for err == nil && rows.Next() {
		var row bytes.Buffer
		err = rows.Scan(into...)
		for i, cell := range cells {
			if i > 0 {
				row.WriteByte('|')
			}
			fmt.Fprint(&row, plainly(cell))
		}
		texts = append(texts, row.String())
	}
	if err := errors.Join(err, rows.Err()); err != nil {
		fatalf("%s: %v", query, err)
	}
	return texts
}
