package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// Payer is the last account up the tree that a contract's bill goes to.
type Payer struct {
	Account  AccountID
	Currency money.Currency
	// Consolidated asks for one invoice for all contracts invoiced on one day.
	Consolidated bool
}

// Invoice is what is sent to one payer: lines, taxes and totals, yet without a
// number. Net + Tax = Total, exactly.
type Invoice struct {
	Payer AccountID
	// Contract is empty where the invoice is consolidated.
	Contract ContractID
	Date     calendar.Date
	Currency money.Currency
	// CreditNote is an invoice whose total is negative.
	CreditNote      bool
	Lines           []InvoiceLine
	Taxes           []TaxSum
	Net, Tax, Total money.Amount
}

// InvoiceLine is a contract's line as it stands on an invoice: in the invoice's
// currency, which on a consolidated one can be another than the contract's.
type InvoiceLine struct {
	Line
	Contract ContractID
	// Account is the entity that the line is for.
	Account                                 AccountID
	InvoicedGross, InvoicedDisc, InvoicedAt money.Amount
}

// TaxSum is one row of the tax summary: the lines of one entity, category and
// rate, with the prices that include the tax apart.
type TaxSum struct {
	Account  AccountID
	Name     string
	Category TaxCategory
	Percent  money.Decimal
	Included bool
	// Lines is the sum of the lines as they stand; Net leaves out an included tax.
	Lines, Net, Tax money.Amount
}

// Assemble makes the invoices of one payer for one date from the drafts of its
// contracts: one each, or one for all where the payer consolidates (BILLING §9, §11).
func (c *Catalog) Assemble(payer Payer, drafts []Draft) ([]Invoice, error) {
	var invoices []Invoice
	for i := range drafts {
		draft := &drafts[i]
		if len(draft.Lines) == 0 {
			continue
		}
		if payer.Consolidated && len(invoices) == 1 {
			if err := c.addDraft(&invoices[0], draft); err != nil {
				return nil, err
			}
			continue
		}
		invoice := Invoice{Payer: payer.Account, Contract: draft.Contract, Date: draft.Date, Currency: draft.Lines[0].Amount.Currency()}
		if payer.Consolidated {
			invoice.Contract, invoice.Currency = "", payer.Currency
		}
		if err := c.addDraft(&invoice, draft); err != nil {
			return nil, err
		}
		invoices = append(invoices, invoice)
	}
	for i := range invoices {
		if err := c.total(&invoices[i]); err != nil {
			return nil, err
		}
	}
	return invoices, nil
}

func (c *Catalog) addDraft(invoice *Invoice, draft *Draft) error {
	if invoice.Lines == nil {
		invoice.Lines = make([]InvoiceLine, 0, len(draft.Lines))
	}
	for i := range draft.Lines {
		line := InvoiceLine{Line: draft.Lines[i], Contract: draft.Contract, Account: draft.Account}
		line.InvoicedGross, line.InvoicedDisc, line.InvoicedAt = line.Gross, line.Discount, line.Amount
		if line.Amount.Currency() != invoice.Currency {
			if err := c.convertLine(&line, invoice); err != nil {
				return err
			}
		}
		invoice.Lines = append(invoice.Lines, line)
	}
	return nil
}

// convertLine takes a rounded line into the payer's currency and rounds again.
func (c *Catalog) convertLine(line *InvoiceLine, invoice *Invoice) error {
	rate, err := c.settledRate(line.Amount.Currency(), invoice.Currency, invoice.Date)
	if err != nil {
		return err
	}
	by := rate.Rate.Ratio()
	if line.InvoicedGross, err = money.RoundTo(line.Gross.Ratio().Mul(by), invoice.Currency); err != nil {
		return err
	}
	if line.InvoicedAt, err = money.RoundTo(line.Amount.Ratio().Mul(by), invoice.Currency); err != nil {
		return err
	}
	line.InvoicedDisc = line.InvoicedGross.Sub(line.InvoicedAt)
	line.Explanation += ";v:" + line.Amount.Currency().String() + " " + line.Amount.String() + " " + rate.Rate.String() + " " + rate.On.String()
	return nil
}

// settledRate is the rate in force on a day as it was known then or, where none
// was, as it first became known.
func (c *Catalog) settledRate(from, to money.Currency, on calendar.Date) (*Rate, error) {
	rate, err := c.rateFor(from, to, on, on)
	if err == nil {
		return rate, nil
	}
	var known calendar.Date
	for i := range c.Rates {
		if r := &c.Rates[i]; r.From == from && r.To == to && !r.On.After(on) {
			known = calendar.Earliest(known, r.KnownOn)
		}
	}
	if known.IsZero() {
		return nil, err
	}
	return c.rateFor(from, to, on, known)
}

func (c *Catalog) total(invoice *Invoice) error {
	nothing := money.NewAmount(0, invoice.Currency)
	invoice.Net, invoice.Tax = nothing, nothing
	for i := range invoice.Lines {
		c.addToTaxes(invoice, &invoice.Lines[i])
	}
	for i := range invoice.Taxes {
		sum := &invoice.Taxes[i]
		if err := sum.settle(); err != nil {
			return err
		}
		invoice.Net, invoice.Tax = invoice.Net.Add(sum.Net), invoice.Tax.Add(sum.Tax)
	}
	invoice.Total = invoice.Net.Add(invoice.Tax)
	invoice.CreditNote = invoice.Total.Sign() < 0
	return nil
}

// addToTaxes puts a line with those of its entity, category, rate and kind of price.
func (c *Catalog) addToTaxes(invoice *Invoice, line *InvoiceLine) {
	tax := c.Taxes[line.Tax]
	percent := tax.Percent
	if tax.Category != Standard {
		percent = money.Decimal{}
	}
	for i := range invoice.Taxes {
		sum := &invoice.Taxes[i]
		if sum.Account == line.Account && sum.Category == tax.Category && sum.Percent.Cmp(percent) == 0 && sum.Included == line.TaxIncluded {
			sum.Lines = sum.Lines.Add(line.InvoicedAt)
			return
		}
	}
	invoice.Taxes = append(invoice.Taxes, TaxSum{Account: line.Account, Name: line.Tax, Category: tax.Category, Percent: percent, Included: line.TaxIncluded, Lines: line.InvoicedAt})
}

// settle computes the tax on the sum, or takes it out of it, rounded once.
func (s *TaxSum) settle() (err error) {
	sum, percent := s.Lines.Ratio(), s.Percent.Ratio()
	if s.Included {
		if s.Tax, err = money.RoundTo(sum.Mul(percent).Div(money.Whole(100).Add(percent)), s.Lines.Currency()); err != nil {
			return err
		}
		s.Net = s.Lines.Sub(s.Tax)
		return nil
	}
	s.Tax, err = money.RoundTo(sum.Mul(percent).Div(money.Whole(100)), s.Lines.Currency())
	s.Net = s.Lines
	return err
}
