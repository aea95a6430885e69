// Package prorata_test keeps the house in order: what may import what, what
// may not be said, and how long a function may grow. To change a rule, change
// its line here, and write why.
//
// It reads the source itself rather than asking "go list", because go test
// caches results and sees the files a test opens, but not those a child
// process does: a rule broken after the last green run would stay green.
//
// This file is the rules; house_check_test.go applies them, and
// house_rules_test.go shows each of them broken.
package prorata_test

import "regexp"

const module = "prorata"

// pure is the part of the standard library that cannot touch the world.
const pure = "cmp errors fmt iter maps math/big math/bits slices sort strconv strings unicode/utf8 "

// house says what each package may import; the first matching line counts, and
// a package that matches none has no place here. "std" is the standard
// library, "x/..." is x and all below it, any other word is one import path.
// Tests may import what they like.
var house = []struct{ packages, may string }{
	// Core: pure, in the order the money takes. Arrows point only up.
	{"core/money", pure},
	{"core/calendar", pure + "time"},
	{"core/billing", pure + "time core/money core/calendar"},
	{"core/ledger", pure + "time core/money core/calendar core/billing"},
	{"core/reconcile", pure + "time core/money core/calendar core/billing"},
	{"core/report", pure + "time core/money core/calendar core/billing core/ledger"},

	// Flow: the sequence of work, and the ports it needs.
	{"flow", pure + "bytes time context crypto/sha256 encoding/hex log/slog sync core/..."},
	{"flow/office", pure + "bytes time context crypto/hmac crypto/sha256 crypto/subtle encoding/base64 encoding/hex log/slog net/url sync core/... flow flow/whatif"},
	{"flow/whatif", pure + "time context core/... flow"},

	// Edge: each touches the world in one way, and none knows another.
	{"edge/store", "std core/... flow/... modernc.org/sqlite/... github.com/jackc/pgx/v5/... github.com/pressly/goose/v3/... github.com/georgysavva/scany/v2/..."},
	{"edge/document", "std core/... flow/... codeberg.org/go-pdf/fpdf/... github.com/pdfcpu/pdfcpu/... github.com/xuri/excelize/v2 golang.org/x/image/... golang.org/x/text/..."},
	{"edge/bookfile", "std core/... flow/... go.yaml.in/yaml/..."},
	{"edge/provider/csvfile", "std core/... flow/... go.yaml.in/yaml/... github.com/xuri/excelize/v2 golang.org/x/text/..."},
	{"edge/api", "std core/... flow/... github.com/danielgtaylor/huma/v2/... github.com/swaggest/swgui/..."},
	{"edge/web", "std core/... flow/... edge/web/... github.com/a-h/templ/... golang.org/x/text/..."},
	{"edge/web/...", "std core/... flow/... edge/web/... github.com/a-h/templ/... golang.org/x/text/..."},
	{"edge/identity", "std core/... flow/... github.com/coreos/go-oidc/v3/... golang.org/x/oauth2/... github.com/pquerna/otp/... github.com/boombuler/barcode/... github.com/go-webauthn/webauthn/... golang.org/x/crypto/..."},
	{"edge/mail", "std core/... flow/... github.com/wneessen/go-mail/..."},
	{"edge/worker", "std core/... flow/... github.com/riverqueue/river/..."},
	{"edge/...", "std core/... flow/..."},

	// The conformance suite, as files that the program can carry.
	{"scenarios", "embed"},

	// Help for tests; nothing but a test may import it.
	{"internal/pgtest", "std"},
	{"internal/providertest", "std core/... flow"},

	// Only main sees everything.
	{"cmd/prorata", "std core/... flow/... edge/... cmd/... scenarios github.com/alecthomas/kong github.com/schollz/progressbar/v3 github.com/prometheus/client_golang/... golang.org/x/sync/..."},
	{"cmd/...", "std core/... flow/... edge/... scenarios"},
}

// ours are the top folders of this module; every other import path without a
// dot is the standard library.
const ours = "cmd core edge flow internal scenarios"

// never refuses imports that "std" would allow.
var never = []struct{ imported, unless, why string }{
	{"database/sql/...", "edge/store", "SQL lives in one place"},
	{"html/template", "edge/web/... edge/mail edge/document edge/provider/standin", "only these speak HTML"},
	{"text/template", "edge/mail", "HTML must be escaped; use html/template"},
	{"net/http/...", "edge/provider/... edge/payment/... edge/accounting/... edge/mail edge/identity edge/api edge/web/... edge/webhook cmd/...", "only these speak HTTP"},
	{"os/exec", "internal/... cmd/...", "the program is one process"},
	{"flag", "cmd/...", "settings are read once, in main"},
	{"log", "", "use the *slog.Logger you were given"},
	{"reflect", "", "say it plainly"},
	{"unsafe", "", "say it plainly"},
	{"C", "", "the program is built without cgo"},
}

// unsaid refuses names that would let the world in by a side door. The part
// before the point is an import path, whatever the file calls it.
var unsaid = []struct{ names, unless, why string }{
	{"time.Now time.Since time.Until", "cmd/... internal/...", "the clock is a port; one reading per transaction"},
	{"time.Local time.LoadLocation", "cmd/...", "it reads the machine; pass a *time.Location"},
	{"time.Sleep", "", "wait for what you wait for, or for a timer beside the context"},
	{"os.Getenv os.LookupEnv os.Environ os.ExpandEnv os.Setenv", "cmd/... internal/...", "settings are read once, in main"},
	{"os.Args os.Stdin os.Stdout os.Stderr fmt.Print fmt.Printf fmt.Println", "cmd/...", "use the reader or writer you were given"},
	{"os.Exit", "cmd/...", "return the error"},
	{"log/slog.Default log/slog.SetDefault log/slog.Debug log/slog.Info log/slog.Warn log/slog.Error", "cmd/...", "use the *slog.Logger you were given"},
	{"context.Background context.TODO", "cmd/... internal/...", "use the context you were given"},
}

// inTests refuses names in tests.
var inTests = []struct{ names, why string }{
	{"time.Sleep", "a test waits for what it waits for, never for a time"},
}

// exact is where no number is binary floating point.
const exact = "core/... edge/store"

// floating is what brings such a number in, as a name and as an SQL type.
var (
	floating    = regexp.MustCompile(`^(float(32|64)|(New|Parse|Format|Append|Set)?Float(32|64)?)$`)
	floatingSQL = regexp.MustCompile(`\b(REAL|FLOAT|FLOAT4|FLOAT8|DOUBLE PRECISION)\b`)
)

// sql is a text that begins like a statement. A sentence may begin with
// "Select" or "Delete" and a route with "DELETE /", so the case counts.
var sql = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|CREATE|WITH|ALTER|DROP|TRUNCATE)\s` +
	`|^\s*DELETE\s+FROM\b` +
	`|^\s*(select\s[^.]*\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(table|index|view|trigger|schema))\s`)

// sqlIn is where statements stand; the tests of sqlTestsIn may look into a
// database too, and the house's own tests show some.
const (
	// The test server makes its databases and schemas with a statement of its own.
	sqlIn      = "edge/store internal/pgtest"
	sqlTestsIn = "edge/store cmd/... internal/... ."
)

// html is a text with a tag of a page in it.
var html = regexp.MustCompile(`(?i)<(!doctype html|html|head|body|div|span|table|tr|td|th|form|script|style|button|input|br|h[1-6]|a\s+href)(\s[^>]*)?/?>`)

// htmlIn is where pages are made; the stand-in has the login of a provider.
const htmlIn = "edge/web/... edge/mail edge/document edge/provider/standin"

// nameless are the package names that say nothing.
const nameless = "util utils common helper helpers model models type types base service services manager managers misc shared"

// constantIn is where a package-level variable is an error or a literal whose
// address nobody takes, and struct tags are not known. Nowhere is one assigned to.
const constantIn = "core/..."

const functionLinesMax = 70

// decisions is the folder that gives a reason for each module in go.mod.
const decisions = "docs/decisions"
