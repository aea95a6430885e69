package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"prorata/core/billing"
	"prorata/edge/bookfile"
	"prorata/edge/store"
	"prorata/flow"
)

type simulateCommand struct {
	Files []string `arg:"" name:"FILE" help:"Scenario files (scenarios/FORMAT.md); - for standard input."`
	JSON  bool     `help:"Print what a machine reads: one JSON object per file."`
	Check bool     `help:"Compare with what each file expects; a line per difference."`
}

// Help shows how it is used.
func (c *simulateCommand) Help() string {
	return `Try a contract before it goes live: "what would this customer be billed?"

  prorata simulate contract.yaml
  prorata simulate --json contract.yaml
  prorata simulate --check scenarios/*.yaml`
}

// Run plays each file. Nothing is printed on standard output where a file is wrong.
func (c *simulateCommand) Run(ctx context.Context, w *world) error {
	scenarios := make([]bookfile.Scenario, len(c.Files))
	for i, name := range c.Files {
		data, err := readInput(name)
		if err != nil {
			return err
		}
		if scenarios[i], err = bookfile.ReadScenario(name, data); err != nil {
			return fmt.Errorf("%w:\n%w", flow.ErrInput, err)
		}
	}
	failed := 0
	for i := range scenarios {
		differences, err := c.one(ctx, w, &scenarios[i], c.Files[i])
		if err != nil {
			return err
		}
		if differences > 0 {
			failed++
		}
	}
	if c.Check {
		w.printf("%d passed, %d failed\n", len(scenarios)-failed, failed)
	}
	if failed > 0 {
		return errQuiet
	}
	return nil
}

func readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	return data, nil
}

// one plays a scenario on a database of its own, and shows or compares.
func (c *simulateCommand) one(ctx context.Context, w *world, s *bookfile.Scenario, file string) (differences int, err error) {
	invoices, err := w.play(ctx, s)
	var stopped *flow.StoryStopped
	if errors.As(err, &stopped) && c.Check {
		w.printf("%s: %s\n", file, stopped)
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.Name, err)
	}
	switch {
	case c.Check:
		if s.Expect == nil {
			w.printf("%s: expects nothing: there is no `expect`\n", file)
			return 1, nil
		}
		found := bookfile.Compare(*s.Expect, invoices)
		for _, difference := range found {
			w.printf("%s\n", difference)
		}
		return len(found), nil
	case c.JSON:
		return 0, bookfile.WriteSimulation(w.out, s.Name, invoices)
	}
	w.showSimulated(s.Name, invoices)
	return 0, nil
}

// play tells a scenario to the real flow over a throw-away store.
func (w *world) play(ctx context.Context, s *bookfile.Scenario) (invoices []flow.SimulatedInvoice, err error) {
	throwAway, err := store.Open(ctx, "sqlite::memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, throwAway.Close()) }()
	return w.flowOver(throwAway).Simulate(ctx, storyOf(s))
}

// storyOf splits a scenario into what is there and what happens.
func storyOf(s *bookfile.Scenario) flow.Story {
	story := flow.Story{Until: s.Until, Events: s.Events}
	for intake, err := range s.Intakes() {
		if err == nil && intake.Event == nil {
			story.Nouns = append(story.Nouns, intake)
		}
	}
	return story
}

func (t *terminal) showSimulated(name string, invoices []flow.SimulatedInvoice) {
	t.printf("%s\n\n", name)
	for i := range invoices {
		invoice := &invoices[i]
		title := "Invoice"
		if invoice.CreditNote {
			title = "Credit note"
		}
		of := "consolidated for " + string(invoice.Account)
		if invoice.Contract != "" {
			of = "contract " + string(invoice.Contract) + ", " + string(invoice.Account)
		}
		t.printf("%s of %s, %s\n", title, invoice.Date, of)
		rows := [][]string{{"", "for", "kind", "from", "to", "quantity", "price", "amount", "why"}}
		for j := range invoice.Lines {
			line := &invoice.Lines[j]
			price := ""
			if line.Priced {
				price = line.UnitPrice.String()
			}
			rows = append(rows, []string{"", string(line.Subscription), bookfile.LineKindWord(line.Kind), line.From.String(), lastDay(line), line.Quantity.String(), price, line.Amount.String(), line.Explanation})
		}
		rows = append(rows, []string{"", "", "", "", "", "", "net", invoice.Net.String(), ""}, []string{"", "", "", "", "", "", "tax", invoice.Tax.String(), ""},
			[]string{"", "", "", "", "", "", "total", invoice.Total.String(), invoice.Currency.String()})
		t.table(rows, map[int]bool{5: true, 6: true, 7: true})
		t.printf("\n")
	}
	if len(invoices) == 0 {
		t.printf("No invoices until the last day.\n")
	}
}

// lastDay is a line's last day, as people read periods.
func lastDay(line *flow.SimulatedLine) string {
	if line.To.IsZero() || line.Kind == billing.LineOneTime {
		return ""
	}
	return line.To.AddDays(-1).String()
}

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script: source it, or put it where the shell looks.
func (c *completionCommand) Run(w *world) error {
	var words []string
	for _, node := range w.parser.Model.Children {
		if !node.Hidden {
			words = append(words, node.Name)
		}
	}
	all := strings.Join(words, " ")
	switch c.Shell {
	case "fish":
		for _, node := range w.parser.Model.Children {
			w.printf("complete -c prorata -n __fish_use_subcommand -a %s -d %q\n", node.Name, node.Help)
			for _, child := range node.Children {
				w.printf("complete -c prorata -n '__fish_seen_subcommand_from %s' -a %s -d %q\n", node.Name, child.Name, child.Help)
			}
		}
	case "zsh":
		w.printf("autoload -U +X bashcompinit && bashcompinit\n")
		fallthrough
	case "bash":
		w.printf("_prorata() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n  local words=\"%s\"\n  case \"${COMP_WORDS[1]}\" in\n", all)
		for _, node := range w.parser.Model.Children {
			w.printf("    %s) words=\"%s\" ;;\n", node.Name, strings.Join(wordsUnder(node), " "))
		}
		w.printf("  esac\n  [ \"$COMP_CWORD\" -eq 1 ] && words=\"%s\"\n", all)
		w.printf("  COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\"))\n}\ncomplete -F _prorata prorata\n")
	}
	return nil
}
