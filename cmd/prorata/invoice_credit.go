package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

type invoiceCreditCommand struct {
	Number  string   `arg:"" help:"The invoice's number."`
	Line    []string `required:"" sep:"none" placeholder:"N[:AMOUNT]" help:"A line, counted from 1, and what is credited of it: 1:50.00 an amount as the line shows it, 2:25% a share, 3 all that is left. As often as there are lines."`
	Reason  string   `required:"" help:"Why; the credit note prints it."`
	Preview bool     `help:"Show what it would come to, and issue nothing."`
}

// Help shows how it is used.
func (c *invoiceCreditCommand) Help() string {
	return `  prorata invoice credit INV-000042 --line 1:50.00 --line 3:25% --reason "two days without service"`
}

// Run credits it and names the credit note.
func (c *invoiceCreditCommand) Run(ctx context.Context, w *counter) error {
	ask := flow.CreditAsk{Invoice: c.Number, Reason: c.Reason}
	for _, text := range c.Line {
		line, err := creditAsk(text)
		if err != nil {
			return err
		}
		ask.Lines = append(ask.Lines, line)
	}
	if c.Preview {
		effect, err := w.InvoiceCreditPreview(ctx, ask)
		if err != nil {
			return err
		}
		w.showCredited(&effect.Note)
		w.printf("A credit note would be of %s %s, tax %s; %s would be left of %s.\n", effect.Note.Total, effect.Note.Currency, effect.Note.Tax, effect.Left, c.Number)
		return nil
	}
	note, err := w.InvoiceCredit(ctx, ask)
	if err != nil {
		return err
	}
	w.showCredited(&note)
	w.printf("Credit note %s of %s %s, tax %s. What it credits of %s is not billed anew.\n", flow.PrintedNumber(&note), note.Total, note.Currency, note.Tax, c.Number)
	return nil
}

// showCredited says what a credit note credits, and why.
func (t *terminal) showCredited(note *flow.Issued) {
	for i := range note.Lines {
		t.printf("%s\n   %s\n", flow.Sentence(&note.Lines[i]), flow.Arithmetic(&note.Lines[i]))
	}
}

// creditAsk reads 1:50.00, 2:25% or 3.
func creditAsk(text string) (ask billing.CreditAsk, err error) {
	number, amount, given := strings.Cut(text, ":")
	if ask.Line, err = strconv.Atoi(strings.TrimSpace(number)); err != nil {
		return ask, fmt.Errorf("%w: line: %q is not the number of a line (expected for example 1:50.00, 2:25%% or 3)", flow.ErrInput, text)
	}
	if !given {
		return ask, nil
	}
	share, percent := strings.CutSuffix(strings.TrimSpace(amount), "%")
	value, err := money.ParseDecimal(strings.TrimSpace(share))
	if err != nil {
		return ask, fmt.Errorf("%w: line %d: %q is neither an amount nor a share (expected for example 1:50.00, 2:25%% or 3)", flow.ErrInput, ask.Line, amount)
	}
	if percent {
		ask.Percent, ask.HasPercent = value, true
	} else {
		ask.Amount, ask.HasAmount = value, true
	}
	return ask, nil
}
