package store

import (
	"cmp"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

const chargeColumns = `h.row_id, h.seq, h.subscription, h.type, h.sku, h.from_on, h.to_on, h.quantity, h.unit_price, h.effective_price, h.cost, h.currency, h.known_on`

var chargeTable = tableOf("provider_charge", `seq row_id contract subscription type sku from_on to_on quantity unit_price effective_price cost currency known_on`)

// charge reads chargeColumns.
func (r *rows) charge() (c billing.ProviderCharge) {
	c.ID, c.Seq, c.Subscription = r.text(), r.number(), billing.SubscriptionID(r.text())
	c.Type, c.SKU = billing.ChargeType(r.enum(chargeWords)), r.word()
	c.Period = calendar.Period{From: r.day(), To: r.day()}
	c.Quantity, c.UnitPrice, c.EffectivePrice, c.Cost = r.decimal(), r.decimal(), r.decimal(), r.decimal()
	c.Currency, c.KnownOn = r.currency(), r.day()
	return c
}

func (b *bulk) charge(c *billing.ProviderCharge, contract billing.ContractID, seq int64) {
	b.row()
	b.number(seq)
	b.text(c.ID)
	b.text(string(contract))
	b.text(string(c.Subscription))
	b.text(chargeWords[c.Type])
	b.text(c.SKU)
	b.day(c.Period.From)
	b.day(c.Period.To)
	b.decimal(c.Quantity)
	b.decimal(c.UnitPrice)
	b.decimal(c.EffectivePrice)
	b.decimal(c.Cost)
	b.text(c.Currency.String())
	b.day(c.KnownOn)
}

// ChargeAppend writes an entry of the log with the row that it tells of.
func (t *tx) ChargeAppend(e flow.LogEntry, c *billing.ProviderCharge) (seq int64, err error) {
	if seq, err = t.LogAppend(e, nil, nil, nil); err != nil {
		return 0, err
	}
	return seq, wrap("row "+c.ID, t.insert(chargeTable, func(b *bulk) { b.charge(c, e.Contract, seq) }))
}

// ChargeVersions are all tellings of the row with an id, oldest first.
func (t *tx) ChargeVersions(id string) (versions []flow.ChargeVersion, err error) {
	err = t.each(func(r *rows) {
		v := flow.ChargeVersion{ProviderCharge: r.charge()}
		v.Contract, v.RecordedOn, v.Void = billing.ContractID(r.text()), r.day(), r.number() > 0
		versions = append(versions, v)
	}, `SELECT `+chargeColumns+`, h.contract, l.recorded_on,
			(SELECT COUNT(*) FROM change_log v WHERE v.contract = h.contract AND v.contract <> '' AND v.verb <> 'usage' AND v.verb <> 'charge'
				AND v.verb = 'void' AND v.voids = h.seq)
		FROM provider_charge h JOIN change_log l ON l.seq = h.seq WHERE h.row_id = $1 ORDER BY h.seq`, id)
	return versions, wrap("row "+id, err)
}

// HeldBooks are the contracts in which a subscription names a holding.
func (t *tx) HeldBooks(holding string) ([]*flow.OpenBook, error) {
	books, err := t.books(scope{where: `k.contract IN (SELECT n.contract FROM subscription n WHERE n.holding = $1 AND n.holding <> '')`, args: []any{holding}}, everything)
	slices.SortFunc(books, func(a, b *flow.OpenBook) int { return cmp.Compare(a.Contract.ID, b.Contract.ID) })
	return books, wrap("books of holding "+holding, err)
}

// readCharges reads by two indexes, as readUsage does.
func (l *loader) readCharges(much reach) error {
	head := `SELECT ` + l.t.columns(`h.contract, `+chargeColumns) + l.having("provider_charge", "h")
	parts := []string{head}
	mirrors := func(book *flow.OpenBook) bool { return book.Contract.Schedule == billing.Mirror }
	switch {
	case (much == stories || much == standing) && !slices.ContainsFunc(l.books, mirrors):
		return nil
	case much == open:
		parts = []string{head + ` AND h.to_on > k.open_after`, head + ` AND h.known_on > k.open_after AND h.to_on <= k.open_after`}
	}
	for _, sql := range parts {
		if err := l.each(func(r *rows, book *flow.OpenBook) {
			c := r.charge()
			if much == open && !c.Period.To.After(book.Cursor.OpenAfter) && !c.KnownOn.After(book.Cursor.BilledThrough(&book.Contract)) {
				return
			}
			book.Charges = append(book.Charges, c)
		}, func() {
			slices.SortFunc(l.current.Charges, func(a, b billing.ProviderCharge) int { return cmp.Compare(a.Seq, b.Seq) })
		}, "h", sql); err != nil {
			return err
		}
	}
	return nil
}
