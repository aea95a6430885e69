package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// fixture is a file of testdata/book.
func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "book", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func utf16Of(text string, order binary.AppendByteOrder, mark bool) string {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func latin1Of(text string) string {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

func zipped(text string) string {
	var out bytes.Buffer
	to, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	_, _ = to.Write([]byte(text))
	_ = to.Close()
	return out.String()
}

// brokenFile is a file as it should not be. Of a damaged one nothing is taken, or
// just what the report counts; said is a pattern of what is said, place included.
type brokenFile struct {
	name, text string
	args       []string
	said       string
	// some says that lines before the damage are taken, and reported.
	some bool
}

func brokenFiles(t testing.TB) []brokenFile {
	book, accounts := strings.ReplaceAll(fixture(t, "book.yaml"), "Contoso", "Köln"), strings.ReplaceAll(fixture(t, "accounts.csv"), "Fabrikam", "Köln")
	usage, sheet, list := fixture(t, "DailyRatedUsage.csv"), fixture(t, "pricesheet.csv"), fixture(t, "subscriptions.json")
	long := func(n int) string { return strings.Repeat("a", n) }
	return []brokenFile{
		{name: "empty.yaml", text: "", said: `empty\.yaml:?\d*: the file is empty`},
		{name: "accounts.csv", text: "", said: `accounts\.csv:1: the file is empty`},
		{name: "book.yaml", text: utf16Of(book, binary.LittleEndian, true), said: `book\.yaml:1: .*UTF-16`},
		{name: "book.yaml", text: utf16Of(book, binary.BigEndian, true), said: `book\.yaml:1: .*UTF-16`},
		{name: "book.yaml", text: utf16Of(book, binary.LittleEndian, false), said: `book\.yaml:1: `},
		{name: "book.yaml", text: latin1Of(book), said: `book\.yaml:1: .*UTF-8`},
		{name: "accounts.csv", text: utf16Of(accounts, binary.LittleEndian, true), said: `accounts\.csv:1: is UTF-16 \(expected UTF-8\)`},
		{name: "accounts.csv", text: latin1Of(accounts), said: `accounts\.csv:2: is not UTF-8`},
		{name: "usage.csv", text: utf16Of(usage, binary.LittleEndian, true), said: `usage\.csv:1: is UTF-16`},
		{name: "pricesheet.csv", text: "PK\x03\x04" + sheet, said: `pricesheet\.csv:1: is a ZIP archive`},
		{name: "pricesheet.csv", text: sheet[:len(sheet)-80], said: `pricesheet\.csv:4: is cut off`, some: true},
		{name: "usage.csv", text: usage[:strings.LastIndex(usage, ",12,")], said: `usage\.csv:3: is cut off`, some: true},
		{name: "list.json", text: list[:len(list)/2], args: []string{"--contract", "c1"}, said: `list\.json:\d+: is cut off`},
		{name: "list.json", text: `{"code": 401, "description": "Unauthorized"}`, said: `list\.json:1: is an error of the provider`},
		{name: "list.json", text: `<html>Sign in</html>`, said: `list\.json:1: is not JSON`},
		{name: "book.yaml", text: "accounts:\n  - {id: x, name: \"open\n", said: `book\.yaml: is not YAML: line 3: `},
		{name: "book.yaml", text: "\x00\x01\x02" + book, said: `book\.yaml:1: `},
		{name: "book.yaml", text: strings.Repeat("[", 100_000), said: `book\.yaml:1: `},
		{name: "book.yaml", text: "accounts: " + strings.Repeat("[", 100_000), said: `book\.yaml: is not YAML: exceeded max depth`},
		{name: "book.yaml", text: "accounts:\n  - &a [x, x, x]\n  - &b [*a, *a, *a]\n  - &c [*b, *b, *b]\n", said: `book\.yaml:\d+: .*(anchor|alias)`},
		{name: "book.yaml", text: "accounts:\n  - {id: " + long(17<<20) + "}\n", said: `book\.yaml:2: a line is longer than 16 MiB`},
		{name: "accounts.csv", text: "id,name\nx,\"" + long(2<<20), said: `accounts\.csv:2: a row is longer than 1 MiB`},
		{name: "accounts.csv", text: "id,name\nx,\"open\ny,z\n", said: `accounts\.csv:2: is not CSV`},
		{name: "accounts.csv", text: "id,name,colour\nx,y,red\n", said: `accounts\.csv:1: unknown column "colour"`},
		{name: "list.json", text: `[{"id": "` + long(2<<20) + `"}]`, said: `list\.json:1: a subscription is longer than 1 MiB`},
		{name: "accounts.csv.gz", text: "not gzip", said: `accounts\.csv\.gz: `},
		{name: "book.yaml.gz", text: zipped(book)[:300], said: `book\.yaml(\.gz)?:\d+: cannot be read further: .*EOF`},
		{name: "book.yaml", text: "accounts:\n  - {id: '\"\\n'}\n  - {id: \"a\\nb\", name: x}\n", said: `book\.yaml:\d: .*accounts\[\d\]\.`},
		{name: "book.yaml", text: "events:\n  - {on: 2025-02-01, do: quantity, subscription: s1, to: 1e400}\n", said: `book\.yaml:2: .*events\[0\]\.to`},
		{name: "book.yaml", text: "events:\n  - {on: 2025-02-01, do: quantity, subscription: s1, to: 99999999999999999999999999}\n", said: `book\.yaml:2: .*events\[0\]\.to`},
		{name: "book.yaml", text: "events:\n  - {on: 99999-02-01, do: cancel, subscription: s1}\n", said: `book\.yaml:2: .*events\[0\]\.on`},
		{name: "book.yaml", text: "events:\n  - {on: 2999-02-01, do: cancel, subscription: s1}\n", said: `book\.yaml:2: .*has not come yet`},
		{name: "book.yaml", text: "contracts:\n  - {id: x, account: contoso, start: 2025-01-01, frequency: minutely}\n", said: `book\.yaml:2: .*frequency: minutely`},
		{name: "book.yaml", text: "accounts:\n  - {id: contoso, name: Contoso, country: DE, parent: \"'; DROP TABLE account; --\"}\n", said: `book\.yaml`, some: true},
	}
}

// A file that is not as it should be is told with its place and exit 2, and leaves
// the book as it was, but for the lines that are counted as taken.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	address := newLocal(t)
	must(t, address, "import", filepath.Join("testdata", "book", "book.yaml"))
	for _, c := range brokenFiles(t) {
		t.Run(c.name+" "+c.said, func(t *testing.T) {
			copied := copyLocal(t, address)
			before := dump(t.Fatalf, copied)
			file := filepath.Join(t.TempDir(), c.name)
			writeText(t, file, c.text)
			out := prorata(t, copied, append([]string{"import", file}, c.args...)...)
			if c.some && out.code == 0 {
				return
			}
			if out.code != 2 || !regexp.MustCompile(c.said).MatchString(out.stdout+out.stderr) {
				t.Errorf("want exit 2 and %s: %s", c.said, out)
			}
			if len(out.stderr) > 4000 {
				t.Errorf("an error of %d bytes", len(out.stderr))
			}
			if !c.some && dump(t.Fatalf, copied) != before {
				t.Errorf("the book is another: %s", out)
			}
			if c.some && strings.Contains(out.stdout, "taken") == (dump(t.Fatalf, copied) == before) {
				t.Errorf("the report is not what was done: %s", out)
			}
		})
	}
}

// bigBook is a whole book as YAML.
func bigBook(contracts int) string {
	var prices strings.Builder
	for sku := range 20 {
		prices.WriteString("  - {sku: SKU-" + string(rune('0'+sku/10)) + string(rune('0'+sku%10)) + ", price: 9.99}\n")
	}
	kinds := strings.Replace(kindsOfBook(contracts), "prices:\n", "prices:\n"+prices.String(), 1)
	products := strings.ReplaceAll(prices.String(), "price: 9.99", "name: Licence, tax: vat19")
	kinds = strings.Replace(kinds, "products:\n", "products:\n"+products, 1)
	return "seller: {name: Alpine Cloud, country: DE, currency: EUR, timezone: UTC}\ntaxes:\n  - {name: vat19, percent: 19}\n" + kinds
}

// An import that was cut off, or killed at any moment, is completed by the whole
// file: the same book, and the same invoices.
func TestImportsThatWereCutOff(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		text, file := bigBook(600), filepath.Join(t.TempDir(), "book.yaml")
		writeText(t, file, text)
		straight := e.empty(t)
		took := must(t, straight, "import", file).took
		book := must(t, straight, "export", "book").stdout
		must(t, straight, "bill", "--as-of", catchUp[2])

		killed, kills := e.empty(t), 0
		for i := range 8 {
			most := took
			if i < 3 {
				most = 100 * time.Millisecond // while the schema is made
			}
			out := killedAfter(t, killed, time.Duration(random.Int64N(int64(most))), "import", file)
			if out.killed {
				kills++
			} else if out.code != 0 {
				t.Fatal(out)
			}
		}
		cut := e.empty(t)
		for range 6 {
			part := filepath.Join(t.TempDir(), "part.yaml")
			writeText(t, part, text[:random.IntN(len(text))])
			if out := prorata(t, cut, "import", part); out.code != 0 && out.code != 2 {
				t.Error(out)
			}
		}
		for what, address := range map[string]string{"killed": killed, "cut off": cut} {
			must(t, address, "import", file)
			same(t, what, must(t, address, "export", "book").stdout, book)
			must(t, address, "bill", "--as-of", catchUp[2])
			same(t, what, issued(t, address, true), issued(t, straight, true))
			must(t, address, "verify")
		}
		t.Logf("%d imports were killed", kills)
	})
}

// Bytes that went wrong on their way never end the program otherwise than it says.
func TestBytesThatWentWrong(t *testing.T) {
	t.Parallel()
	random := chance(t)
	text := []byte(bigBook(30))
	address := newLocal(t)
	for range 25 {
		file := filepath.Join(t.TempDir(), "book.yaml")
		broken := bytes.Clone(text)
		for range 1 + random.IntN(4) {
			broken[random.IntN(len(broken))] = byte(random.IntN(256))
		}
		writeText(t, file, string(broken))
		if out := prorata(t, address, "import", file); out.code != 0 && out.code != 2 {
			t.Error(out)
		}
	}
	if out := prorata(t, address, "bill", "--as-of", catchUp[2]); out.code != 0 && out.code != 1 {
		t.Error(out)
	}
	must(t, address, "verify")
}

// facts are where explanations name an entry of the log, which has another number
// in another book.
var facts = regexp.MustCompile(`;e:\d+`)

// The made-up book goes out and comes in again on the other engine, and gives what
// it gave: the same invoices with the same numbers.
func TestTheBookGoesOutAndComesIn(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		other := onSQLite
		if e == onSQLite {
			other = onPostgres
		}
		address, file := e.empty(t), filepath.Join(t.TempDir(), "book.yaml")
		must(t, other.book(t), "export", "book", "--to", file)
		must(t, address, "import", file)
		for i, day := range catchUp {
			must(t, address, "bill", "--as-of", day)
			same(t, "after "+day, facts.ReplaceAllString(issued(t, address, true), ""), facts.ReplaceAllString(other.issued[i], ""))
		}
		must(t, address, "verify")
	})
}

// A small file that unpacks to more than is allowed is taken as far as that goes, and
// says why no further.
func TestAPackedFileThatUnpacksToTooMuch(t *testing.T) {
	t.Parallel()
	address := onSQLite.empty(t)
	file := filepath.Join(t.TempDir(), "DailyRatedUsage.csv.gz")
	row := "c,Contoso,plan,2026-02-01,m," + strings.Repeat("x", 1000) + ",1,2,EUR\n"
	writeText(t, file, zipped("CustomerId,CustomerName,SubscriptionId,UsageDate,MeterId,ResourceURI,Quantity,BillingPreTaxTotal,BillingCurrency\n"+strings.Repeat(row, 2000)))
	out := prorata(t, address, "import", "--kind", "usage", "--unpacked-mib", "1", file)
	if out.code != 2 || !strings.Contains(out.stdout+out.stderr, "it unpacks to more than 1 MiB, the most that is allowed") {
		t.Errorf("exit %d: %.300s %.300s", out.code, out.stdout, out.stderr)
	}
	if out := prorata(t, address, "import", "--kind", "usage", file); strings.Contains(out.stdout+out.stderr, "unpacks") {
		t.Errorf("the usual limit is not reached: %.300s", out.stderr)
	}
}
