package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/bookfile"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
	"prorata/flow/office"
)

type importCommand struct {
	Files    []string `arg:"" name:"FILE" help:"Files to take in, in this order."`
	Kind     string   `default:"auto" enum:"auto,book,price-sheet,usage,subscriptions,sellers,units,rates,taxes,products,prices,accounts,contracts,events" help:"What the files are: book (YAML), price-sheet, usage or subscriptions of the provider, or a noun as CSV; auto goes by the name."`
	List     string   `placeholder:"NAME" help:"The price list that a price sheet fills; the default one if not given."`
	Rule     string   `placeholder:"RULE" help:"How a price sheet's rows are sold: retail-8, cost+20; retail as it is if not given."`
	Market   string   `placeholder:"CC" help:"Only the rows of this market of a price sheet."`
	Currency string   `placeholder:"CUR" help:"Only the rows of this currency of a price sheet."`
	Contract string   `placeholder:"ID" help:"The contract that listed subscriptions go under."`
	Each     bool     `help:"Report every line, not only those that were not taken."`
	JSON     bool     `help:"Print one JSON object."`

	UnpackedMiB int64 `name:"unpacked-mib" default:"16384" placeholder:"MIB" help:"The most that a .gz file may unpack to."`
}

// Help shows how it is used.
func (c *importCommand) Help() string {
	return `What is there already stays as it is; a line that is wrong or refused is reported, and the others are taken.

  prorata import book.yaml
  prorata import accounts.csv contracts.csv events.csv
  prorata import --kind price-sheet --market DE --currency EUR --rule retail-5 sheet.csv
  prorata import --kind usage DailyRatedUsage.csv.gz
  prorata import --kind subscriptions --contract c1 subscriptions.json`
}

// Run takes the files in and reports; exit 2 where a line was wrong or refused.
func (c *importCommand) Run(ctx context.Context, w *counter) error {
	lines := []map[string]any{}
	bad := false
	var failed error
	for _, name := range c.Files {
		report, err := c.file(ctx, w, name, func(line flow.TakeLine) {
			if c.Each || line.Outcome == flow.Refused || line.Outcome == flow.Wrong {
				if c.JSON {
					lines = append(lines, map[string]any{"at": line.At.String(), "noun": line.Noun, "outcome": line.Outcome.String(), "why": line.Why})
				} else {
					w.printf("%s: %s %s%s\n", line.At, line.Noun, line.Outcome, because(line.Why))
				}
			}
		})
		bad = bad || report.Bad()
		if !c.JSON {
			w.showReport(name, report)
		} else {
			lines = append(lines, map[string]any{"file": name, "counts": countsOf(report)})
		}
		if err != nil {
			failed = err
			break
		}
	}
	if c.JSON {
		failed = errors.Join(failed, w.printJSON(map[string]any{"lines": lines}))
	}
	if failed != nil {
		return failed
	}
	if bad {
		return fmt.Errorf("%w: some lines were not taken; the others were", flow.ErrInput)
	}
	return nil
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func countsOf(report flow.TakeReport) map[string]map[string]int {
	counts := map[string]map[string]int{}
	for noun, outcomes := range report.Counts {
		counts[noun] = map[string]int{}
		for outcome, n := range outcomes {
			counts[noun][outcome.String()] = n
		}
	}
	return counts
}

func (t *terminal) showReport(file string, report flow.TakeReport) {
	t.printf("%s: %s\n", file, countsSaid(report))
}

// countsSaid is what was taken and what was not, by noun.
func countsSaid(report flow.TakeReport) string {
	var said []string
	for _, noun := range slices.Sorted(maps.Keys(report.Counts)) {
		words := noun
		for outcome := flow.Taken; outcome <= flow.Wrong; outcome++ {
			if n := report.Counts[noun][outcome]; n > 0 {
				words += fmt.Sprintf(" %d %s", n, outcome)
			}
		}
		said = append(said, words)
	}
	if len(said) == 0 {
		return "nothing in it"
	}
	return strings.Join(said, "; ")
}

func (c *importCommand) file(ctx context.Context, w *counter, name string, each func(flow.TakeLine)) (report flow.TakeReport, err error) {
	file, err := openInput(name)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var reader io.Reader = file
	plain := strings.TrimSuffix(name, ".gz")
	if plain != name {
		if reader, err = unpacked(name, file, c.UnpackedMiB); err != nil {
			return report, err
		}
	}
	intakes, err := c.intakes(ctx, w.files, name, plain, reader)
	if err != nil {
		return report, err
	}
	return w.Import(ctx, filepath.Base(name), mistakes(intakes), each)
}

// mistakes marks what is wrong with a file as wrong input, and what is wrong with
// one line of it as that line's, behind which the import goes on.
func mistakes[T any](values iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for value, err := range values {
			if err != nil {
				err = mistake(err)
			}
			if !yield(value, err) {
				return
			}
		}
	}
}

func mistake(err error) error {
	if errors.Is(err, bookfile.ErrDamaged) || errors.Is(err, partnercenter.ErrDamaged) {
		return fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	line := &flow.InputError{}
	var texts []string
	for _, one := range list {
		at, text, ok := problem(one)
		switch {
		case !ok:
			text = one.Error()
		case len(texts) == 0:
			line.At = at
		case at != line.At:
			text = at.String() + ": " + text
		}
		texts = append(texts, text)
	}
	if line.At == (flow.Source{}) {
		return err
	}
	line.Err = errors.New(strings.Join(texts, "; "))
	return line
}

// problem is what a reader of files found, without its place.
func problem(err error) (at flow.Source, text string, ok bool) {
	var book *bookfile.Problem
	var provider *partnercenter.Problem
	switch {
	case errors.As(err, &book):
		at, text = book.At, book.Text
		if book.Key != "" {
			text = book.Key + ": " + text
		}
	case errors.As(err, &provider):
		at, text = provider.At, provider.Text
		if provider.Field != "" {
			text = provider.Field + ": " + text
		}
	default:
		return at, "", false
	}
	return at, text, true
}

// intakeReader finds in the book what the rows of a provider's file are about, while they are taken in.
type intakeReader interface {
	IntakesOfUsage(ctx context.Context, connection flow.ConnectionID, rows iter.Seq2[flow.RatedUsage, error]) iter.Seq2[flow.Intake, error]
	IntakesOfHoldings(ctx context.Context, rows iter.Seq2[flow.Holding, error], contract billing.ContractID) iter.Seq2[flow.Intake, error]
}

func (c *importCommand) intakes(ctx context.Context, f intakeReader, name, plain string, r io.Reader) (iter.Seq2[flow.Intake, error], error) {
	switch kind := c.kindOf(plain); kind {
	case "book":
		return bookfile.ReadBook(name, r), nil
	case "price-sheet":
		o, err := c.priceSheet()
		return flow.IntakesOfPriceSheet(partnercenter.PriceSheet(name, r), o), err
	case "usage":
		return f.IntakesOfUsage(ctx, "", partnercenter.DailyUsage(name, r)), nil
	case "subscriptions":
		return f.IntakesOfHoldings(ctx, partnercenter.Subscriptions(name, r), billing.ContractID(c.Contract)), nil
	case "":
		return nil, fmt.Errorf("%w: %s: its name does not say what it is: use --kind", flow.ErrInput, name)
	default:
		return bookfile.ReadCSV(kind, name, r), nil
	}
}

// kindOf goes by the option, else by the file's name.
func (c *importCommand) kindOf(name string) string {
	if c.Kind != "auto" {
		return c.Kind
	}
	base := strings.ToLower(filepath.Base(name))
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	switch {
	case strings.HasSuffix(base, ".yaml"), strings.HasSuffix(base, ".yml"):
		return "book"
	case strings.HasSuffix(base, ".json"):
		return "subscriptions"
	case slices.Contains(bookfile.Nouns(), stem):
		return stem
	case strings.Contains(base, "pricesheet"), strings.Contains(base, "price-sheet"):
		return "price-sheet"
	case strings.Contains(base, "usage"):
		return "usage"
	}
	return ""
}

// priceSheet is how the options sell a price sheet.
func (c *importCommand) priceSheet() (flow.PriceSheetOptions, error) {
	o, err := readSheetOptions(c.List, c.Rule, c.Market, c.Currency)
	if err != nil {
		return o, fmt.Errorf("%w: --%w", flow.ErrInput, err)
	}
	return o, nil
}

// readSheetOptions reads how a price sheet is sold, as people write it; its errors name the field.
func readSheetOptions(list, rule, market, currency string) (o flow.PriceSheetOptions, err error) {
	o = flow.PriceSheetOptions{List: list, Market: market}
	if currency != "" {
		if o.Currency, err = money.ParseCurrency(currency); err != nil {
			return o, &office.FieldError{Field: "currency", Err: err}
		}
	}
	if rule == "" {
		return o, nil
	}
	percent, ok := strings.CutPrefix(rule, "retail")
	o.Rule.Of = billing.OfRetail
	if !ok {
		percent, ok = strings.CutPrefix(rule, "cost")
		o.Rule.Of = billing.OfCost
	}
	if !ok {
		return o, &office.FieldError{Field: "rule", Err: fmt.Errorf("expected retail-8 or cost+20, not %q", rule)}
	}
	if percent == "" {
		return o, nil
	}
	if o.Rule.Percent, err = money.ParseDecimal(strings.TrimPrefix(percent, "+")); err != nil {
		return o, &office.FieldError{Field: "rule", Err: err}
	}
	return o, nil
}
