package office

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// Found is what a search came to, the likeliest first in each.
type Found struct {
	Accounts      []AccountRow
	Subscriptions []SubscriptionRow
	Contracts     []ContractRow
	Invoices      []flow.Issued
}

// Empty says that nothing was found.
func (f *Found) Empty() bool {
	return len(f.Accounts)+len(f.Subscriptions)+len(f.Contracts)+len(f.Invoices) == 0
}

// foundMost is how many of each are given.
const foundMost = 8

// searchLeast is how many characters a search needs.
const searchLeast = 2

// Search looks for accounts, contracts, subscriptions and invoices in reach: by a part
// of a name, the beginning of an id, an invoice's number, or an amount that an invoice
// comes to. Fewer than two characters find nothing.
func (d *Desk) Search(ctx context.Context, text string) (found Found, err error) {
	err = d.read(ctx, "Search", func(tx Tx) error {
		text = strings.Join(strings.Fields(flow.PlainText(text)), " ")
		if len(text) < searchLeast || len(text) > 200 {
			return nil
		}
		under := d.under()
		if found.Invoices, err = tx.InvoicesNumbered(text, under, foundMost); err != nil {
			return err
		}
		over, err := tx.InvoicesOver(amountsIn(text), under, foundMost)
		if err != nil {
			return err
		}
		found.Invoices = append(found.Invoices, over...)
		if !strings.ContainsAny(text, "0123456789") || strings.Trim(text, "0123456789.,' €$£") != "" || !strings.ContainsAny(text, ".,€$£") {
			return d.searchNames(tx, text, under, &found)
		}
		// What is an amount and nothing else is in no name.
		return nil
	})
	return found, err
}

// searchNames looks for accounts, contracts and subscriptions. The contracts are those
// of the accounts that were found, and those whose id begins so.
func (d *Desk) searchNames(tx Tx, text string, under []billing.AccountID, found *Found) (err error) {
	if found.Accounts, err = tx.AccountsFind(AccountFilter{Search: text, Under: under, Most: foundMost}); err != nil {
		return err
	}
	// Whoever has the very name or id stands first.
	slices.SortStableFunc(found.Accounts, func(a, b AccountRow) int { return cmp.Compare(far(&a, text), far(&b, text)) })
	if found.Contracts, err = tx.ContractsFind(ContractFilter{Begins: text, Under: under, Most: foundMost}); err != nil {
		return err
	}
	for i := range found.Accounts {
		of, err := tx.ContractsFind(ContractFilter{Account: found.Accounts[i].Account.ID, Under: under, Most: foundMost})
		if err != nil {
			return err
		}
		for _, row := range of {
			if len(found.Contracts) < foundMost && !slices.ContainsFunc(found.Contracts, func(c ContractRow) bool { return c.Contract.ID == row.Contract.ID }) {
				found.Contracts = append(found.Contracts, row)
			}
		}
	}
	if found.Subscriptions, err = tx.SubscriptionsFind(SubscriptionFilter{Search: text, Under: under, Most: foundMost}); err != nil {
		return err
	}
	return d.states(tx, found.Subscriptions)
}

// far is 0 for the account that a text names, 1 for any other.
func far(row *AccountRow, text string) int {
	if strings.EqualFold(string(row.Account.ID), text) || strings.EqualFold(row.Account.Name, text) {
		return 0
	}
	return 1
}

// amountsIn reads a text as an amount, whichever way its reader writes it: 1,234.50,
// 1.234,50, 1 234.5, € 12. It gives the minor units of currencies with no, two and
// three digits, as far as the text has no more digits than they do.
func amountsIn(text string) (minor []MinorUnits) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',':
			return r
		case r == '−':
			return '-'
		case r == ' ' || r == '\'' || r == '\u00a0' || r == '\u202f' || r == '€' || r == '$' || r == '£':
			return -1
		}
		return r
	}, text)
	value, err := money.ParseDecimal(plainDecimal(strings.TrimPrefix(text, "-")))
	if err != nil || value.IsZero() {
		return nil
	}
	for _, digits := range []int{0, 2, 3} {
		n, err := value.Ratio().Round(digits)
		if err == nil && value.Digits() <= digits {
			minor = append(minor, MinorUnits{digits, n})
		}
	}
	return minor
}

// plainDecimal has a point before the decimals and nothing between thousands. What is
// behind the last mark are decimals, unless it is the same mark again or three digits
// behind a comma.
func plainDecimal(text string) string {
	last := strings.LastIndexAny(text, ".,")
	if last < 0 {
		return text
	}
	mark, whole, part := text[last], text[:last], text[last+1:]
	plain := strings.NewReplacer(".", "", ",", "").Replace(whole)
	if strings.IndexByte(whole, mark) >= 0 || (mark == ',' && len(part) == 3) {
		return plain + part
	}
	return plain + "." + part
}
