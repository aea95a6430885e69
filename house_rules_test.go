package prorata_test

import (
	"strings"
	"testing"
)

// Each snippet breaks one rule, and only that one.
func TestTheHouseSpeaksUp(t *testing.T) {
	long := strings.Repeat("\n", functionLinesMax)
	for _, c := range []struct{ file, source, complaint string }{
		// 1. Core is pure, and its arrows point one way.
		{"core/money/a.go", `package money; import _ "os"`, "must not import os"},
		{"core/money/a.go", `package money; import _ "time"`, "must not import time"},
		{"core/billing/a.go", `package billing; import _ "context"`, "must not import context"},
		{"core/billing/a.go", `package billing; import _ "prorata/core/ledger"`, "must not import core/ledger"},
		{"core/report/a.go", `package report; import _ "example.org/decimal"`, "must not import example.org/decimal"},
		{"core/report/a.go", `package report; import "fmt"; func f() { fmt.Println() }`, "writer you were given"},

		// 2. Flow does not see the edges, nor one edge another.
		{"flow/a.go", `package flow; import _ "prorata/edge/store"`, "must not import edge/store"},
		{"flow/a.go", `package flow; import _ "database/sql"`, "must not import database/sql"},
		{"flow/a.go", `package flow; import _ "net/http"`, "must not import net/http"},
		{"flow/a.go", `package flow; import _ "os"`, "must not import os"},
		{"edge/web/a.go", `package web; import _ "prorata/edge/store"`, "must not import edge/store"},
		{"edge/web/a.go", `package web; import _ "prorata/cmd/prorata"`, "must not import cmd/prorata"},
		{"cmd/prorata/a.go", `package main; import _ "prorata/internal/pgtest"`, "must not import internal/pgtest"},
		{"edge/web/a.go", `package web; import . "strings"`, "dot import"},
		{"elsewhere/a.go", `package elsewhere`, "no place in the house"},

		// 3. SQL, HTML, the clock, the environment and the exit have one home each.
		{"edge/api/a.go", `package api; import _ "database/sql"`, "SQL lives in one place"},
		{"edge/api/a.go", "package api; const q = `\n\tSELECT id FROM invoices`", "SQL outside"},
		{"edge/api/a.go", `package api; const q = "delete from invoices where id = $1"`, "SQL outside"},
		{"edge/api/a.go", `package api; var q = "UPDATE " + "invoices"`, "SQL outside"},
		{"edge/api/a_test.go", `package api; var q = "INSERT INTO invoices VALUES (1)"`, "SQL outside"},
		{"flow/schema.sql", `CREATE TABLE invoices (id TEXT);`, "SQL outside"},
		{"edge/api/a.go", `package api; import _ "html/template"`, "only these speak HTML"},
		{"edge/api/a.go", `package api; const page = "<div class=a>"`, "HTML outside"},
		{"edge/document/a.go", `package document; import _ "net/http"`, "only these speak HTTP"},
		{"flow/a.go", `package flow; import "time"; var now = time.Now`, "the clock is a port"},
		{"flow/a.go", `package flow; import clock "time"; var now = clock.Now`, "the clock is a port"},
		{"edge/store/a.go", `package store; import "os"; var home = os.Getenv("HOME")`, "settings are read once"},
		{"edge/store/a.go", `package store; import "os"; func f() { os.Exit(1) }`, "return the error"},
		{"edge/store/a.go", `package store; import "log/slog"; func f() { slog.Info("a") }`, "Logger you were given"},

		// 4. No floating point; nothing in core that hides or changes.
		{"core/money/a.go", `package money; type Amount float64`, "exact"},
		{"core/money/a.go", `package money; const half = 0.5`, "exact"},
		{"core/money/a.go", `package money; func f() { n := 1e3; _ = n }`, "exact"},
		{"core/money/a.go", `package money; import "strconv"; var f = []any{strconv.ParseFloat}`, "exact"},
		{"core/money/a.go", `package money; import "math/big"; func f(r *big.Rat) { r.Float64() }`, "exact"},
		{"edge/store/a.go", `package store; type row struct { amount float32 }`, "exact"},
		{"edge/store/a.go", `package store; const q = "CREATE TABLE a (amount DOUBLE PRECISION)"`, "exact"},
		{"edge/store/migrations/1.sql", "CREATE TABLE a (\n  amount real NOT NULL);", "1.sql:2: a floating-point column"},
		{"core/money/a.go", "package money; type A struct { B int `json:\"b\"` }", "struct tag"},
		{"edge/web/a.go", `package web; func init() {}`, "wire it in main"},
		{"core/money/a.go", `package money; var cache map[string]int`, "is an error or a literal"},
		{"core/money/a.go", `package money; import "math/big"; var one = big.NewInt(1)`, "is an error or a literal"},
		{"core/money/a.go", `package money; var one = &struct{}{}`, "is an error or a literal"},
		{"core/money/a.go", `package money; var n = 1; func f() { n = 2 }`, "does not change"},
		{"core/money/a.go", `package money; var n = 1; func f() { n++ }`, "does not change"},
		{"core/money/a.go", `package money; var n = 1; func f() *int { return &n }`, "does not change"},
		{"core/money/a.go", `package money; var list = []int{2, 1}; func f() { list[0] = 1 }`, "does not change"},
		{"core/money/a.go", `package money; import "slices"; var list = []int{2, 1}; func f() { slices.Sort(list) }`, "does not change"},
		{"core/money/a.go", `package money; var m = map[int]int{}; func f() { delete(m, 1) }`, "does not change"},
		{"core/money/a.go", `package money; import "math/big"; var p = struct{ x any }{}; func f() { p.x = big.NewInt(1) }`, "does not change"},
		{"edge/web/a.go", `package web; var n int; func f() { for n = range 3 {} }`, "does not change"},

		// 5. Names that say something, functions that fit on a screen, tests that do not sleep.
		{"edge/provider/common/a.go", `package common`, "says nothing"},
		{"edge/provider/a.go", `package helpers`, "says nothing"},
		{"edge/provider/a_test.go", `package util_test`, "says nothing"},
		{"edge/web/a.go", "package web; func f() {" + long + "}", "71 lines; at most 70"},
		{"edge/web/a_test.go", `package web; import "time"; func f() { time.Sleep(1) }`, "a test waits"},
		{"edge/web/a.go", `package web; import "time"; func f() { time.Sleep(1) }`, "wait for what you wait for"},
	} {
		complaints := inspect(map[string]string{c.file: c.source})
		if len(complaints) != 1 || !strings.Contains(complaints[0], c.complaint) {
			t.Errorf("%s: %s\n\tgot  %q\n\twant one that says %q", c.file, c.source, complaints, c.complaint)
		}
	}
}

func TestTheHouseIsQuiet(t *testing.T) {
	for _, c := range []struct{ file, source string }{
		{"core/money/a.go", `package money; import "errors"; var ErrA = errors.New("a"); var powers = [2]int64{1, 1e1}; const million = 1e6`},
		{"core/money/a.go", `package money; import "math/big"; func f(r *big.Rat) string { return r.FloatString(2) }`},
		{"core/money/a.go", `package money; var n = 1; func f() { n := 2; n++; _ = n }`},
		{"core/ledger/a.go", `package ledger; import ("time"; "prorata/core/billing"); var _ time.Time; var _ billing.Line`},
		{"flow/a.go", `package flow; import ("context"; "log/slog"; "prorata/core/billing")`},
		{"edge/store/a.go", `package store; import "database/sql"; const q = "SELECT 1"; var _ = sql.ErrNoRows`},
		{"edge/store/migrations/1.sql", `CREATE TABLE a (amount BIGINT NOT NULL); -- never a real`},
		{"edge/web/a.go", `package web; import "net/http"; const page = "<div>"; func f(m *http.ServeMux) { m.Handle("DELETE /invoices/{id}", nil) }`},
		{"edge/api/a.go", `package api; const help = "Select an invoice from the list."; const verb = "DELETE"`},
		{"edge/web/page_templ.go", "// Code generated by templ - DO NOT EDIT.\n\npackage web; func f() {" + strings.Repeat("\n", 100) + "}"},
		{"edge/provider/csvfile/a.go", `package csvfile; import "encoding/csv"; var _ *csv.Reader`},
		{"edge/store/a_test.go", `package store_test; import "prorata/internal/pgtest"; var _ = "SELECT 1"`},
		{"cmd/prorata/main.go", `package main; import ("os"; "time"; "prorata/edge/store"); func main() { _ = time.Now(); os.Exit(0) }`},
	} {
		if complaints := inspect(map[string]string{c.file: c.source}); len(complaints) > 0 {
			t.Errorf("%s: %s\n\tgot %q", c.file, c.source, complaints)
		}
	}
}

// A variable of one file is known in the package's others.
func TestVariablesAreThePackages(t *testing.T) {
	complaints := inspect(map[string]string{
		"core/money/a.go": `package money; var n = 1`,
		"core/money/b.go": `package money; func f() { n = 2 }`,
	})
	if len(complaints) != 1 || !strings.Contains(complaints[0], "core/money/b.go:1:27: n is a package-level variable") {
		t.Errorf("got %q", complaints)
	}
}

// 6. A new module comes with its reason.
func TestReasonsAreAskedFor(t *testing.T) {
	mod := `module prorata

require example.org/single v1.0.0

require (
	example.org/known v1.0.0
	example.org/new v1.0.0
	example.org/far v1.0.0 // indirect
)
`
	got := strings.Join(checkReasons(mod, "we took example.org/known because"), "\n")
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "example.org/single is not in") || !strings.Contains(got, "example.org/new is not in") {
		t.Errorf("got %s", got)
	}
}
