package main

import (
	"encoding/csv"
	"errors"
	"fmt"

	"prorata/core/reconcile"
	"prorata/edge/bookfile"
	"prorata/flow"
)

type providerExpectCommand struct {
	Files []string `arg:"" name:"FILE" help:"Files with stories (scenarios/charges/FORMAT.md); - for standard input."`
	CSV   bool     `name:"csv" help:"Print rows under the provider's own column names."`
	JSON  bool     `help:"Print one JSON object per file."`
	Check bool     `help:"Compare with what each file expects; a line per difference, exit 1 where there is one."`
}

// Help shows how it is used.
func (c *providerExpectCommand) Help() string {
	return `What reconciling holds a provider's rows against, worked out for a story that somebody tells: what was bought, which seats came and went, at
which prices, promotions and rates. No book is read.

  prorata provider expect story.yaml
  prorata provider expect --csv story.yaml
  prorata provider expect --check scenarios/charges/*.yaml`
}

// Run works each file out. Nothing is printed on standard output where a file is wrong.
func (c *providerExpectCommand) Run(w *world) error {
	stories := make([]bookfile.ChargeStory, len(c.Files))
	for i, name := range c.Files {
		data, err := readInput(name)
		if err != nil {
			return err
		}
		if stories[i], err = bookfile.ReadChargeStory(name, data); err != nil {
			return fmt.Errorf("%w:\n%w", flow.ErrInput, err)
		}
	}
	failed := 0
	for i := range stories {
		well, err := c.one(w, &stories[i], c.Files[i])
		if err != nil {
			return err
		}
		if !well {
			failed++
		}
	}
	if c.Check {
		w.printf("%d passed, %d failed\n", len(stories)-failed, failed)
	}
	if failed > 0 {
		return errQuiet
	}
	return nil
}

// one works a story out, and shows or compares.
func (c *providerExpectCommand) one(w *world, s *bookfile.ChargeStory, file string) (well bool, err error) {
	charges, err := s.Charges()
	var impossible *reconcile.StoryError
	if errors.As(err, &impossible) {
		return false, fmt.Errorf("%w: %s: %w", flow.ErrInput, file, err)
	}
	switch {
	case err != nil:
		return false, err
	case c.Check && !s.HasExpect:
		w.printf("%s: expects nothing: there is no `expect`\n", file)
		return false, nil
	case c.Check:
		found := s.Compare(charges)
		for _, difference := range found {
			w.printf("%s\n", difference)
		}
		return len(found) == 0, nil
	case c.JSON:
		return true, w.printJSON(map[string]any{"story": s.Name, "charges": chargeWires(charges)})
	case c.CSV:
		return true, chargesCSV(w, charges)
	}
	w.printf("%s\n", s.Name)
	rows := [][]string{{"ordered", "subscription", "charge", "from", "last day", "seats", "unit price", "effective", "amount", ""}}
	for i := range charges {
		rows = append(rows, append(chargeCells(&charges[i]), charges[i].Subtotal.Currency().String()))
	}
	w.table(rows, map[int]bool{5: true, 6: true, 7: true, 8: true})
	return true, nil
}

// chargeColumns are the provider's names of the cells of a charge.
var chargeColumns = []string{"OrderDate", "SubscriptionId", "ChargeType", "ChargeStartDate", "ChargeEndDate", "BillableQuantity", "UnitPrice", "EffectiveUnitPrice", "Subtotal"}

func chargeCells(c *reconcile.Charge) []string {
	return []string{
		c.On.String(), c.Holding, c.Type.String(), c.Period.From.String(), c.Period.To.AddDays(-1).String(), c.Quantity.String(), c.UnitPrice.String(), c.Shown.String(), c.Subtotal.String(),
	}
}

func chargesCSV(w *world, charges []reconcile.Charge) error {
	to := csv.NewWriter(w.out)
	rows := [][]string{append(append([]string{}, chargeColumns...), "Currency")}
	for i := range charges {
		rows = append(rows, append(chargeCells(&charges[i]), charges[i].Subtotal.Currency().String()))
	}
	return to.WriteAll(rows)
}

func chargeWires(charges []reconcile.Charge) []map[string]string {
	wires := []map[string]string{}
	for i := range charges {
		c := &charges[i]
		wires = append(wires, map[string]string{
			"on": c.On.String(), "subscription": c.Holding, "type": c.Type.String(), "from": c.Period.From.String(), "last": c.Period.To.AddDays(-1).String(), "quantity": c.Quantity.String(),
			"unit_price": c.UnitPrice.String(), "effective_price": c.Shown.String(), "amount": c.Subtotal.String(), "currency": c.Subtotal.Currency().String(), "event": c.Event,
		})
	}
	return wires
}
