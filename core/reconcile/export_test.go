package reconcile

import "prorata/core/money"

// CustomerAtLength is CustomerOf without the short path.
func CustomerAtLength(c *Customer, rules Rules, invoice Invoice) (*Result, error) {
	m := NewMatcher(rules, invoice)
	m.work.long = true
	return m.Customer(c)
}

// WithoutExactUnit takes a price away that can be too long to be printed.
func (c Charge) WithoutExactUnit() Charge {
	c.exactUnit = money.Ratio{}
	return c
}

// Agreeing counts the rows of a customer that the short path is enough for.
func Agreeing(c *Customer, rules Rules, invoice Invoice) (rows int, err error) {
	m := &NewMatcher(rules, invoice).work
	m.begin(c)
	if err := m.load(); err != nil {
		return 0, err
	}
	for _, id := range m.keys {
		if h := m.holdings[id]; m.agrees(h) {
			rows += len(h.rows)
		}
	}
	return rows, nil
}
