package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// firm is a book that follows a stand-in.
type firm struct {
	t       testing.TB
	center  *center
	address string
	key     string
	// customer is the stand-in's id of the account adatum, where it is linked.
	customer string
}

// redirect is where a consent's answer would go, were there a browser.
const redirect = "http://localhost:8400/consent"

// openFirm makes a book with the accounts adatum and contoso on a database, and
// connects it to a stand-in.
func openFirm(t testing.TB, c *center, address string) *firm {
	t.Helper()
	f := &firm{t: t, center: c, address: address}
	f.key = strings.TrimSpace(must(t, address, "key").stdout)
	book := filepath.Join(t.TempDir(), "book.yaml")
	writeText(t, book, fmt.Sprintf(`seller: {name: Alpine Cloud, country: US, currency: USD, timezone: UTC}
accounts: [{id: adatum, name: Adatum, country: US}, {id: contoso, name: Contoso, country: US}]
contracts:
  - {id: a1, account: adatum, start: %[1]s}
  - {id: c1, account: contoso, start: %[1]s}
`, time.Now().UTC().AddDate(0, -6, 0).Format("2006-01")+"-01"))
	f.must("import", book)
	f.must("connection", "add", "ms", "--set", "address="+c.address, "--set", "tenant="+c.tenant, "--set", "client_id="+c.client,
		"--set", "redirect_uri="+redirect, "--secret-file", f.file(c.secret))
	return f
}

// file is a new file with a text.
func (f *firm) file(text string) string {
	f.t.Helper()
	name := filepath.Join(f.t.TempDir(), "file")
	writeText(f.t, name, text)
	return name
}

// consent lets the firm in at the stand-in.
func (f *firm) consent() {
	f.t.Helper()
	f.must("connection", "consent", "ms", "--code", f.center.code(redirect))
}

func (f *firm) prepare(args ...string) *process {
	p := prepare(f.address, args...)
	p.cmd.Env = append(p.cmd.Env, "PRORATA_KEY="+f.key)
	return p
}

func (f *firm) launch(args ...string) *process {
	f.t.Helper()
	p := f.prepare(args...)
	p.start(f.t)
	return p
}

func (f *firm) run(args ...string) outcome {
	f.t.Helper()
	return f.launch(args...).wait(f.t)
}

func (f *firm) must(args ...string) outcome {
	f.t.Helper()
	out := f.run(args...)
	if out.code != 0 {
		f.t.Fatal(out)
	}
	return out
}

// json is a value of the JSON that a command prints; the command has to end with the code.
func (f *firm) json(path string, code int, args ...string) string {
	f.t.Helper()
	out := f.run(append(args, "--json")...)
	value, err := lookUp(out.stdout, path)
	if out.code != code || err != nil {
		f.t.Fatal(err, out)
	}
	return fmt.Sprint(value)
}

// take imports events.
func (f *firm) take(events ...string) outcome {
	f.t.Helper()
	file := filepath.Join(f.t.TempDir(), "events.yaml")
	writeText(f.t, file, "events:\n  - {"+strings.Join(events, "}\n  - {")+"}\n")
	return f.run("import", file)
}

// log is what a subscription's log says, an entry a line: the day, the verb and the quantity.
func (f *firm) log(subscription string) string {
	f.t.Helper()
	var got struct {
		Entries []struct {
			Effective    string `json:"effective_on"`
			Do, Quantity string
		}
	}
	out := f.must("subscription", "log", subscription, "--json")
	if err := json.Unmarshal([]byte(out.stdout), &got); err != nil {
		f.t.Fatal(err, out)
	}
	var lines []string
	for _, e := range got.Entries {
		lines = append(lines, strings.TrimSpace(e.Effective+" "+e.Do+" "+e.Quantity))
	}
	return strings.Join(lines, "\n")
}

// today is the day, in the firm's zone.
func today() string { return time.Now().UTC().Format(time.DateOnly) }

// beginFirm is a firm that follows a stand-in of its own, with prices and with one
// customer, who is the account adatum.
func beginFirm(t testing.TB, address string, args ...string) *firm {
	t.Helper()
	c := openCenter(t, args...)
	f := openFirm(t, c, address)
	f.customer = c.customer("adatum")
	f.consent()
	f.must("prices", "import", "ms")
	f.must("connection", "link", "ms", "--customer", f.customer, "--account", "adatum")
	return f
}

// order is the event of a subscription that is ordered today for a year, paid by the month.
func (f *firm) order(id, sku string, seats int, more ...string) string {
	return fmt.Sprintf("on: %s, do: subscribe, contract: a1, id: %s, sku: %q, quantity: %d, term: P1Y, order: {%s}", today(), id, sku, seats, strings.Join(append([]string{"connection: ms"}, more...), ", "))
}

// settle provisions again and again, with the times of waiting passed over, until
// nothing is on its way but what a person or credit hold keeps.
func (f *firm) settle() {
	f.t.Helper()
	for round := range 12 {
		f.timePasses()
		f.run("provision", "run")
		if round > 0 && f.count(`provision WHERE state IN ('awaiting', 'sent') AND code <> 'held'`) == 0 {
			return
		}
	}
}

// timePasses has everything that waits for its time be due.
func (f *firm) timePasses() {
	f.t.Helper()
	db := openSQL(f.t.Fatalf, f.address)
	defer db.Close()
	if _, err := db.Exec(`UPDATE provision SET next_at = 0 WHERE state IN ('awaiting', 'sent')`); err != nil {
		f.t.Fatal(err)
	}
}

func (f *firm) count(rows string) int {
	f.t.Helper()
	return count(f.t, f.address, rows)
}

// exceptions are those that wait for a person, their kinds and subjects in order.
func (f *firm) exceptions() string {
	f.t.Helper()
	var got struct {
		Exceptions []struct{ Kind, Subject string }
	}
	out := f.must("exception", "list", "--json")
	if err := json.Unmarshal([]byte(out.stdout), &got); err != nil {
		f.t.Fatal(err, out)
	}
	var lines []string
	for _, e := range got.Exceptions {
		lines = append(lines, e.Kind+" "+e.Subject)
	}
	return sorted(lines...)
}

// facts are the log, the links and the exceptions, as text.
func (f *firm) facts() string {
	f.t.Helper()
	db := openSQL(f.t.Fatalf, f.address)
	defer db.Close()
	var text strings.Builder
	for _, query := range []string{`SELECT * FROM change_log ORDER BY seq`, `SELECT * FROM customer_link`, `SELECT * FROM holding_link`} {
		text.WriteString(strings.Join(column(f.t.Fatalf, db, query), "\n") + "\n")
	}
	return text.String() + f.exceptions()
}

// sorted puts lines in order.
func sorted(lines ...string) string {
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// is fails the test where something is not as told.
func (f *firm) is(what, want, got string) {
	f.t.Helper()
	if got != want {
		f.t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

// consentLink starts a consent and gives the link that it shows.
func (f *firm) consentLink(args ...string) (link string, p *process) {
	f.t.Helper()
	reader, writer := io.Pipe()
	p = f.prepare(append([]string{"connection", "consent", "ms"}, args...)...)
	p.cmd.Stdout = io.MultiWriter(writer, &p.stdout)
	p.start(f.t)
	go func() { <-p.ended; _ = writer.Close() }()
	lines := bufio.NewScanner(reader)
	for link == "" && lines.Scan() {
		link = strings.TrimSpace(lines.Text())
		if !strings.HasPrefix(link, "http") {
			link = ""
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return link, p
}

// freePort is a port that nobody listens on just now.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
