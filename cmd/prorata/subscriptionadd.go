package main

import (
	"context"
	"fmt"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
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
func (c *subscriptionAddCommand) Run(ctx context.Context, w *counter) error {
	sale := office.Sale{Contract: billing.ContractID(c.Contract), ID: c.ID, SKU: c.SKU, TermMonths: c.Term, Billing: c.Billing, Unit: c.Unit, NoRenew: c.NoRenew,
		Connection: flow.ConnectionID(c.At), AddOnTo: billing.SubscriptionID(c.AddOnTo), Promotion: c.Promotion, Name: c.Name}
	if c.At == "" && (c.AddOnTo != "" || c.Promotion != "" || c.Name != "") {
		return fmt.Errorf("%w: --add-on-to, --promotion and --name are for an order: say with --at where it is bought", flow.ErrInput)
	}
	var err error
	if sale.Quantity, err = money.ParseDecimal(c.Quantity); err != nil {
		return fmt.Errorf("%w: quantity: %w", flow.ErrInput, err)
	}
	if c.Price != "" {
		if sale.Price, err = money.ParseDecimal(c.Price); err != nil {
			return fmt.Errorf("%w: --price: %w", flow.ErrInput, err)
		}
		sale.HasPrice = true
	}
	if sale.Effective, err = day(c.Effective, w.Today()); err != nil {
		return err
	}
	return w.recorded(ctx, sale.Effective, []string{"subscribe"}, func() (billing.SubscriptionID, error) { return w.SubscriptionAdd(ctx, sale) })
}
