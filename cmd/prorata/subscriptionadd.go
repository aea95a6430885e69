package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

type subscriptionAddCommand struct {
	Contract string `arg:"" help:"The contract's id."`
	SKU      string `arg:"" help:"The product."`
	Quantity string `arg:"" help:"How many seats."`
	ID       string `placeholder:"ID" help:"The new subscription's id; the contract's and a number if not given."`
	Term     int    `placeholder:"MONTHS" help:"The term; none if not given."`
	Billing  string `placeholder:"UNIT" help:"How often it is billed: monthly, quarterly, annual…; as often as the contract if not given."`
	Price    string `placeholder:"AMOUNT" help:"A price of its own; that of the price list if not given."`
	Unit     string `default:"monthly" placeholder:"UNIT" help:"What its price is quoted for."`
	NoRenew  bool   `help:"Let it end with its term."`

	Effective string `placeholder:"DATE" help:"From this day; today if not given."`
	At        string `placeholder:"CONNECTION" help:"Buy it at this connection's provider; nothing is bought if not given."`
	AddOnTo   string `placeholder:"ID" help:"The subscription that it is an add-on to, which is bought first."`
	Promotion string `placeholder:"ID" help:"The provider's promotion to buy it with."`
	Name      string `help:"What the provider's pages call it."`
}

// Help shows how it is used.
func (c *subscriptionAddCommand) Help() string {
	return `Records that it is sold, and with --at has it bought at the provider: the order is on its way at once, and
` + "`prorata provision run`" + ` (or the server) places it. What the provider refuses waits in ` + "`prorata provision list`" + ` with what to do.

  prorata subscription add contoso-2026 CFQ7TTC0LH18:0001 25 --term 12 --billing monthly --at microsoft`
}

// Run records the sale, and says what becomes of it at the provider.
func (c *subscriptionAddCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	event, err := c.event(ctx, f)
	if err != nil {
		return err
	}
	return w.record(ctx, []flow.Event{event}, c.Effective)
}

// event is the sale as the change log takes it.
func (c *subscriptionAddCommand) event(ctx context.Context, f *flow.Flow) (e flow.Event, err error) {
	if c.At == "" && (c.AddOnTo != "" || c.Promotion != "" || c.Name != "") {
		return e, fmt.Errorf("%w: --add-on-to, --promotion and --name are for an order: say with --at where it is bought", flow.ErrInput)
	}
	if c.Term < 0 {
		return e, fmt.Errorf("%w: --term: expected a number of months, not %d", flow.ErrInput, c.Term)
	}
	e = flow.Event{Do: flow.DoSubscribe, ID: c.ID, Contract: billing.ContractID(c.Contract), SKU: c.SKU, HasQuantity: true, TermMonths: c.Term,
		AutoRenew: !c.NoRenew, HasAutoRenew: true,
		Order: flow.OrderAsk{Connection: flow.ConnectionID(c.At), AddOnTo: billing.SubscriptionID(c.AddOnTo), Promotion: c.Promotion, Name: c.Name}}
	if e.Quantity, err = money.ParseDecimal(c.Quantity); err != nil {
		return e, fmt.Errorf("%w: quantity: %w", flow.ErrInput, err)
	}
	if c.Price != "" {
		if e.Price, err = money.ParseDecimal(c.Price); err != nil {
			return e, fmt.Errorf("%w: --price: %w", flow.ErrInput, err)
		}
		e.HasPrice = true
	}
	units, err := f.Units(ctx)
	if err != nil {
		return e, err
	}
	if e.Unit, err = unitNamed(units, "--unit", c.Unit); err != nil {
		return e, err
	}
	if c.Billing != "" {
		if e.Billing, err = unitNamed(units, "--billing", c.Billing); err != nil {
			return e, err
		}
	}
	err = f.Store.Read(ctx, func(tx flow.Tx) (err error) {
		if c.AddOnTo != "" {
			if _, err := tx.SubscriptionContract(e.Order.AddOnTo); err != nil {
				return fmt.Errorf("--add-on-to: subscription %s: %w", c.AddOnTo, err)
			}
		}
		if e.ID == "" {
			e.ID, err = flow.FreeSubscriptionID(tx, e.Contract)
		}
		return err
	})
	return e, err
}

func unitNamed(units map[string]billing.Unit, flag, name string) (billing.Unit, error) {
	unit, known := units[name]
	if !known {
		names := make([]string, 0, len(units))
		for one := range units {
			names = append(names, one)
		}
		slices.Sort(names)
		return unit, fmt.Errorf("%w: %s: unknown unit %q (expected %s)", flow.ErrInput, flag, name, strings.Join(names, ", "))
	}
	return unit, nil
}
