// Command prorata bills what Microsoft Cloud Solution Providers resell. This is
// the only place that sees every edge: commands, configuration, wiring.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	// The binary knows the time zones itself, wherever it runs.
	_ "time/tzdata"

	"github.com/alecthomas/kong"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// The codes that the program ends with.
const (
	exitFine   = 0
	exitFailed = 1
	exitWrong  = 2
	exitDenied = 3
)

// errCheck is wrapped by what ends a command with exitFailed: it did its work
// and found something that is not as it should be.
var errCheck = errors.New("check failed")

// program is all commands, and the settings that they share.
type program struct {
	Database string `default:"sqlite:data/prorata.db" placeholder:"URL" help:"The database: sqlite:PATH or postgres://user@host/name."`
	Config   string `placeholder:"FILE" help:"A file of settings, a line 'name = value' each; names are those of the flags."`
	Workers  int    `default:"0" placeholder:"N" help:"How many contracts are planned at once; 0 for one on each core."`
	LogLevel string `default:"warn" enum:"debug,info,warn,error" help:"What is logged on standard error: debug, info, warn or error."`
	KeyFile  string `default:"data/prorata.key" placeholder:"FILE" help:"The file of the key that secrets are sealed under, where the environment's PRORATA_KEY does not have it."`
	Who      string `default:"" placeholder:"NAME" help:"What the operator is called in the change log and the audit; the name on this machine if not given."`
	As       string `default:"" placeholder:"EMAIL" help:"Run it as this user of the book, with their roles and no more; without one it is the operator of the machine, who may do all. An API token in PRORATA_TOKEN does the same."`
	Address  string `default:"" placeholder:"URL" help:"Where browsers open the pages, such as https://billing.example.com; where it listens if not given."`

	Simulate     simulateCommand      `cmd:"" help:"Play scenario files on a throw-away database and show the invoices they give."`
	Import       importCommand        `cmd:"" help:"Take a book, price sheet, usage file or subscription list in; a second time changes nothing."`
	Bill         billCommand          `cmd:"" help:"Cut every invoice that is due, or preview what would be cut."`
	Invoice      invoiceCommand       `cmd:"" help:"List, show, print, void and credit invoices."`
	Explain      explainCommand       `cmd:"" help:"Say why each amount of an invoice is what it is."`
	Verify       verifyCommand        `cmd:"" help:"Derive every issued invoice and the ledger again and compare them byte for byte."`
	Subscription subscriptionCommand  `cmd:"" help:"List subscriptions, add, change or cancel one, show its log."`
	Export       exportCommand        `cmd:"" help:"Write the book, invoices or lines as YAML, CSV, XLSX or JSON."`
	Demo         demoCommand          `cmd:"" help:"Make a believable book with 14 months of business, billed up to today."`
	Serve        serveCommand         `cmd:"" help:"Serve the console, the API, health and metrics, and do in the background what is due."`
	Connection   connectionCommand    `cmd:"" help:"Add, list and consent to connections to providers, and link what they have to what we have."`
	Sync         syncCommand          `cmd:"" help:"Record what the provider's holdings say and the log does not."`
	Provision    provisionCommand     `cmd:"" help:"Carry out at the provider what was changed here; list, retry and drop what is on its way."`
	Windows      windowsCommand       `cmd:"" help:"What can still be cancelled or given back, until when, and what it costs if missed."`
	WhatIf       whatIfCommand        `cmd:"" name:"whatif" help:"Try changes on a copy of the book, bill it ahead, and see the difference; nothing real is touched."`
	Exposure     exposureCommand      `cmd:"" help:"What we owe the provider for terms that no customer has agreed to."`
	Prices       pricesCommand        `cmd:"" help:"The provider's price sheets: import, preview what changes for whom, list versions."`
	Reconcile    reconcileCommand     `cmd:"" help:"Compare the provider's invoice with the log and with what was billed, row for row, a cause for each difference."`
	Provider     providerCommand      `cmd:"" help:"The provider's side: its invoices, disputes, customers, invitations."`
	Exception    exceptionCommand     `cmd:"" help:"What a person has to decide: list it, settle it."`
	Standin      partnerCenterCommand `cmd:"" name:"partnercenter" help:"Serve a local Partner Center to try things on."`
	User         userCommand          `cmd:"" help:"Who can sign in, and what they are here to do."`
	Token        tokenCommand         `cmd:"" help:"API tokens: make, list, revoke."`
	Key          keyCommand           `cmd:"" help:"The key that secrets are sealed under: print a new one, or replace it."`
	Backup       backupCommand        `cmd:"" help:"Write the whole database to one file, for either engine."`
	Restore      restoreCommand       `cmd:"" help:"Fill an empty database from a backup."`
	Migrate      migrateCommand       `cmd:"" help:"Bring the database's schema to this version of the program."`
	Bench        benchCommand         `cmd:"" help:"Measure the program against the floor of its database."`
	Settings     configCommand        `cmd:"" name:"config" help:"Print every setting and where it came from."`
	Completion   completionCommand    `cmd:"" help:"Print a completion script for bash, zsh or fish."`
	Version      versionCommand       `cmd:"" help:"Print the version."`
}

// wallClock is the one real clock.
type wallClock struct{}

// Now is the instant, to the microsecond that databases keep.
func (wallClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	tidy := settle()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	tidy()
	os.Exit(code)
}

// run does one command and gives the code to end with.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var p program
	sources := newSettings(os.Getenv)
	parser, err := newParser(&p, sources, out, errOut)
	if err != nil {
		fmt.Fprintln(errOut, "prorata:", err)
		return exitWrong
	}
	ended := -1
	parser.Exit = func(code int) { ended = code }
	known := map[string]bool{}
	collectFlags(parser.Model.Node, known)
	err = sources.readFile(args)
	if err == nil {
		err = sources.unknown(known)
	}
	if err != nil {
		fmt.Fprintln(errOut, "prorata:", err)
		return exitWrong
	}
	parsed, err := parser.Parse(args)
	if ended == exitFine {
		return exitFine
	}
	if err != nil {
		fmt.Fprintf(errOut, "prorata: %v (see %s --help)\n", sources.place(err), helpOf(err))
		return exitWrong
	}
	w := &world{program: &p, terminal: terminal{out: out, errOut: errOut, log: logger(p.LogLevel, errOut)}, sources: sources, parser: parser, command: commandOf(parsed.Selected())}
	defer w.close()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.BindToProvider(func() (*counter, error) { return w.counter(ctx) }); err != nil {
		return report(errOut, err)
	}
	if err = w.onlyTheOperator(); err == nil {
		err = parsed.Run(w)
	}
	if err != nil {
		return report(errOut, err)
	}
	return exitFine
}

// helpOf is the command whose help says how it is used, as far as the arguments named one.
func helpOf(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) {
		if node := wrong.Context.Selected(); node != nil {
			return "prorata " + commandOf(node)
		}
		if node := wrong.Context.Path; len(node) > 0 {
			if last := node[len(node)-1].Node(); last != nil && last.Type == kong.CommandNode {
				return "prorata " + commandOf(last)
			}
		}
	}
	return "prorata"
}

// newParser reads arguments into a program.
func newParser(p *program, sources *settings, out, errOut io.Writer) (*kong.Kong, error) {
	return kong.New(p,
		kong.Name("prorata"),
		kong.Description("Subscription billing for Microsoft Cloud Solution Providers: exact, explained, one binary."),
		kong.UsageOnError(),
		kong.Writers(out, errOut),
		kong.Resolvers(sources),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ValueFormatter(helpWithVariable),
	)
}

func logger(level string, to io.Writer) *slog.Logger {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		least = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: least}))
}

// report says an error on standard error and chooses the code: 3 where whoever runs it
// may not, 2 where the input is at fault, 1 for everything else.
func report(errOut io.Writer, err error) int {
	if errors.Is(err, errQuiet) {
		return exitFailed
	}
	fmt.Fprintln(errOut, "prorata:", err)
	if errors.Is(err, office.ErrDenied) {
		return exitDenied
	}
	var refusal *billing.Refusal
	if errors.Is(err, flow.ErrInput) || errors.Is(err, flow.ErrUnknown) || errors.As(err, &refusal) {
		return exitWrong
	}
	return exitFailed
}

// errQuiet ends a command whose output said already what is wrong.
var errQuiet = fmt.Errorf("%w, as shown", errCheck)
