package bookfile_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"prorata/edge/bookfile"
)

func TestTiersInOneCell(t *testing.T) {
	for _, c := range []struct{ cell, want string }{
		{"1-5:7.00;6-10:6.50;*:6.00", "5 7.00 0;10 6.50 0;* 6.00 0;"},
		{"5:7.00; 10:6.50 ;*:6.00", "5 7.00 0;10 6.50 0;* 6.00 0;"},
		{"1-5:7.00+2.00;6-*:6.00", "5 7.00 2.00;* 6.00 0;"},
		{"*:1", "* 1 0;"},
	} {
		file := "sku,model,tiers\nE3,volume," + c.cell + "\n"
		for v, err := range bookfile.ReadCSV(bookfile.Prices, "prices.csv", strings.NewReader(file)) {
			if err != nil {
				t.Errorf("%s: %v", c.cell, err)
				continue
			}
			got := ""
			for _, tier := range v.Price.Tiers {
				bound := tier.UpTo.String()
				if tier.Open {
					bound = "*"
				}
				got += fmt.Sprintf("%s %s %s;", bound, tier.Price, tier.Flat)
			}
			if got != c.want {
				t.Errorf("%s: got %s, want %s", c.cell, got, c.want)
			}
		}
	}
	for _, cell := range []string{"1-5", "2-5:7;*:6", "1-5:7;7-10:6;*:5", "1-5:7", "*:6;*:5", "1-5:7;6-4:6;*:1", "1-5:7+;*:1", "x:1;*:2", "5:;*:1"} {
		for _, err := range bookfile.ReadCSV(bookfile.Prices, "prices.csv", strings.NewReader("sku,model,tiers\nE3,volume,"+cell+"\n")) {
			if err == nil {
				t.Errorf("%s was read", cell)
			}
		}
	}
}

func TestAWrongRowIsReportedAndTheNextOneRead(t *testing.T) {
	const file = "\ufeffid, Account ,start,changes,changes.weekly,discount.percent\r\n" +
		"c1,contoso,2026-01-01,,monday,10\r\n" +
		"c2,contoso,2026-13-01,,,\r\n" +
		",,,,,\r\n" +
		"c3,contoso\r\n" +
		"c4,contoso,2026-01-01,immediate,monday,\r\n" +
		"c5,\"con\r\ntoso\",2026-01-01,immediate,,x\r\n" +
		"c6,contoso,2026-01-01,immediate,,\r\n"
	var read, wrong []string
	for v, err := range bookfile.ReadCSV(bookfile.Contracts, "contracts.csv", strings.NewReader(file)) {
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		read = append(read, string(v.Contract.ID)+" "+v.At.String())
	}
	if got, want := strings.Join(read, ", "), "c1 contracts.csv:2, c6 contracts.csv:9"; got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	want := []string{
		`contracts.csv:3: start: "2026-13-01" is not a date (expected YYYY-MM-DD)`,
		"contracts.csv:5: has 2 cells, and the header 6",
		"contracts.csv:6: changes: is given twice (as changes and as changes.…)",
		"contracts.csv:7: account: holds a line break or another control character\ncontracts.csv:7: discount.percent: \"x\" is not a percentage (expected for example 12.5)",
	}
	if strings.Join(wrong, "|") != strings.Join(want, "|") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(wrong, "\n"), strings.Join(want, "\n"))
	}
}

func TestADamagedCSVEndsWithAClearError(t *testing.T) {
	for _, c := range []struct{ what, noun, text, want string }{
		{"nothing", bookfile.Units, "", "units.csv:1: the file is empty"},
		{"a mark and nothing", bookfile.Units, "\ufeff", "the file is empty"},
		{"blank lines", bookfile.Units, "\n\n\n\n", "the file is empty"},
		{"unknown noun", "unit", "name,months\n", `unknown noun "unit"`},
		{"unknown column", bookfile.Units, "name,months,moons\n", `units.csv:1: unknown column "moons" (expected some of name, months)`},
		{"column twice", bookfile.Units, "name,months,Name\n", "column name is given twice"},
		{"column missing", bookfile.Units, "name\n", "column months is missing, and required"},
		{"UTF-16", bookfile.Units, "\xff\xfen\x00a\x00", "is UTF-16"},
		{"UTF-16 without a mark", bookfile.Units, "n\x00a\x00m\x00e\x00,\x00", "holds a NUL byte"},
		{"Latin-1", bookfile.Units, "name,months\na,1\nb\xe9,2\nc,3\n", "units.csv:3: is not UTF-8"},
		{"a ZIP file", bookfile.Units, "PK\x03\x04xxxx", "is compressed"},
		{"an open quote", bookfile.Units, "name,months\na,1\n\"b,2\nc,3\n", "units.csv:3: is not CSV"},
		{"an open quote in a long file", bookfile.Units, "name,months\na,1\n\"b,2\n" + strings.Repeat("c,3\n", 1<<19), "units.csv:3: a row is longer than 1 MiB (is a quote not closed?)"},
		{"a long cell", bookfile.Units, "name,months\n" + strings.Repeat("x", 10<<20) + ",1\n", "units.csv:2: a row is longer than 1 MiB"},
		{"a quote inside", bookfile.Units, "name,months\na\"b,1\n", "units.csv:2: is not CSV"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var last error
			n := 0
			for _, err := range bookfile.ReadCSV(c.noun, "units.csv", strings.NewReader(c.text)) {
				n++
				last = err
			}
			if last == nil || !errors.Is(last, bookfile.ErrDamaged) || !strings.Contains(last.Error(), c.want) {
				t.Errorf("got %v, want %s", last, c.want)
			}
		})
	}
}

// lines gives n lines made one by one, so that only the reader can keep them.
type lines struct {
	head string
	line func(i int) string
	i, n int
	rest string
}

func (l *lines) Read(p []byte) (int, error) {
	if l.rest == "" {
		switch {
		case l.head != "":
			l.rest, l.head = l.head, ""
		case l.i == l.n:
			return 0, io.EOF
		default:
			l.rest = l.line(l.i)
			l.i++
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func heapMiB() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc >> 20
}

func TestLargeFilesStream(t *testing.T) {
	const n = 60000
	before := heapMiB()
	check := func(what string, i int, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if i == n-1 {
			if now := heapMiB(); now > before+16 {
				t.Errorf("%s: %d MiB are kept", what, now-before)
			}
		}
	}
	i := 0
	for v, err := range bookfile.ReadBook("book.yaml", &lines{head: "accounts:\n", n: n, line: func(i int) string { return fmt.Sprintf("  - {id: a%d, name: Account %d}\n", i, i) }}) {
		check("YAML", i, err)
		if want := fmt.Sprintf("a%d", i); string(v.Account.ID) != want || v.At.Line != i+2 {
			t.Fatalf("got %+v, want %s", v.Account, want)
		}
		i++
	}
	if i != n {
		t.Errorf("YAML: %d of %d read", i, n)
	}
	i = 0
	for _, err := range bookfile.ReadCSV(bookfile.Accounts, "accounts.csv", &lines{head: "id,name\n", n: n, line: func(i int) string { return fmt.Sprintf("a%d,Account %d\n", i, i) }}) {
		check("CSV", i, err)
		i++
	}
	if i != n {
		t.Errorf("CSV: %d of %d read", i, n)
	}
}

func TestABookIsReadPieceByPiece(t *testing.T) {
	const book = `---
# a book
name: passed over
seller:
  name: Partner   # in its own lines
  currency: EUR
units: [{name: half, months: 6},
        {name: two, months: 2}]
taxes:   # nothing follows
products:
- sku: E3
  name: Office

- {sku: E5, name: Office, nme: x}
- {sku: E1,
   name: "Office
     one"}
prices:
    # a comment
    - sku: E3
      unit: half
      model: volume
      tiers:
        - {up_to: 5, price: 1}
        - price: 2
accounts:
  [{id: a, name: A}]
expect:
  - whatever: [ it is
until: whenever
`
	var got []string
	for v, err := range bookfile.ReadBook("b.yaml", strings.NewReader(book)) {
		switch {
		case err != nil:
			got = append(got, err.Error())
		case v.Seller != nil:
			got = append(got, fmt.Sprintf("%s seller %s %s", v.At, v.Seller.Party.Name, v.Seller.Currency))
		case v.Unit != nil:
			got = append(got, fmt.Sprintf("%s unit %s", v.At, v.Unit.Name))
		case v.Product != nil:
			got = append(got, fmt.Sprintf("%s product %s %s", v.At, v.Product.SKU, v.Product.Name))
		case v.Price != nil:
			got = append(got, fmt.Sprintf("%s price %d months, %d tiers", v.At, v.Price.Unit.Months, len(v.Price.Tiers)))
		case v.Account != nil:
			got = append(got, fmt.Sprintf("%s account %s", v.At, v.Account.ID))
		}
	}
	want := `b.yaml:5 seller Partner EUR
b.yaml:7 unit half
b.yaml:8 unit two
b.yaml:11 product E3 Office
b.yaml:14: products[1].nme: unknown key (expected one of sku, name, tax, kind, class)
b.yaml:15 product E1 Office one
b.yaml:20 price 6 months, 2 tiers
b.yaml:27 account a`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestWhatABookReaderRefuses(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"a stray word", "accounts\n", "b.yaml:1: expected a key"},
		{"an unknown section", "acounts:\n  - {id: a, name: A}\n", "b.yaml:1: acounts: unknown key"},
		{"a section twice", "units: []\nunits: []\n", "b.yaml:2: units: is given twice (first on line 1)"},
		{"a second document", "units: []\n---\nunits: []\n", "b.yaml:2: a second document"},
		{"a mapping", "units:\n  a: {name: b}\n", "b.yaml:2: units: expected a list"},
		{"an alias", "units:\n  - &a {name: b, months: 2}\n  - *a\n", "b.yaml:2: units[0]: anchors and aliases"},
		{"an anchored list", "units: &a\n  - {name: b, months: 2}\n", "anchors and aliases"},
		{"broken YAML", "units:\n  - {name: b, months: 2}\n  - {name: c, months\n", "b.yaml: is not YAML: line"},
		{"cut off", "units:\n  - {name: b, months: 2}\n  - {name: \"c", "is not YAML"},
		{"Latin-1", "units:\n  - {name: \xe9, months: 2}\n", "b.yaml:2: is not UTF-8"},
		{"a line too long", "units:\n  - {name: " + strings.Repeat("x", 20<<20) + ", months: 2}\n", "b.yaml:2: a line is longer than 16 MiB"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var all error
			for _, err := range bookfile.ReadBook("b.yaml", strings.NewReader(c.text)) {
				all = errors.Join(all, err)
			}
			if all == nil || !strings.Contains(all.Error(), c.want) {
				t.Errorf("got %v, want %s", all, c.want)
			}
		})
	}
}
