package store

import (
	"fmt"
	"strconv"

	"prorata/core/billing"
	"prorata/flow"
)

const logColumns = `l.seq, l.recorded_at, l.who, l.source, l.recorded_on, l.known_on, l.effective_on, l.verb, l.event_id, l.account, l.contract, l.subscription,
	l.voids, l.quantity, l.price, l.auto_renew, l.waiting`

var (
	logTable = tableOf("change_log", `seq recorded_at who source recorded_on known_on effective_on verb event_id account contract subscription
		voids quantity price auto_renew waiting`)
	subscriptionTable = tableOf("subscription", `id contract seq sku kind tax term_months billing billing_months price_unit price_unit_months ends_on
		discount_percent discount_initial discount_from_on discount_to_on parent per_parent markup minimum smooth_over smooth_months holding`)
	usageTable = tableOf("usage_record", `key contract subscription seq from_on to_on quantity currency cost retail known_on`)
)

func (b *bulk) logEntry(e *flow.LogEntry) {
	b.row()
	b.number(e.Seq)
	b.number(microsOf(e.At))
	b.text(e.Who)
	b.text(e.Source)
	b.day(e.RecordedOn)
	b.day(e.KnownOn)
	b.day(e.EffectiveOn)
	b.text(verbWords[e.Do])
	b.text(e.ID)
	b.text(string(e.Account))
	b.text(string(e.Contract))
	b.text(string(e.Subscription))
	b.number(e.Voids)
	b.given(e.Entry.Quantity, e.Entry.HasQuantity)
	b.given(e.Entry.Price, e.Entry.HasPrice)
	if e.Entry.HasAutoRenew {
		b.flag(e.Entry.AutoRenew)
	} else {
		b.null()
	}
	b.flag(e.Waiting || e.Entry.Waiting)
}

// logEntry reads logColumns.
func (r *rows) logEntry() (e flow.LogEntry) {
	e.Seq, e.At = r.number(), r.instant()
	e.Who, e.Source = r.word(), r.word()
	e.RecordedOn, e.KnownOn, e.EffectiveOn = r.day(), r.day(), r.day()
	e.Do, e.ID = flow.EventVerb(r.enum(verbWords)), r.text()
	e.Account, e.Contract, e.Subscription = billing.AccountID(r.text()), billing.ContractID(r.text()), billing.SubscriptionID(r.text())
	e.Voids = r.number()
	e.Entry.Quantity, e.Entry.HasQuantity = r.given()
	e.Entry.Price, e.Entry.HasPrice = r.given()
	if e.Entry.HasAutoRenew = !r.isNull(); e.Entry.HasAutoRenew {
		e.Entry.AutoRenew = r.flag()
	} else {
		r.skip(1)
	}
	e.Waiting = r.flag()
	if verb, entry := entryVerb(e.Do); entry {
		e.Entry.Verb, e.Entry.Seq, e.Entry.Waiting = verb, e.Seq, e.Waiting
		e.Entry.RecordedOn, e.Entry.KnownOn, e.Entry.EffectiveOn = e.RecordedOn, e.KnownOn, e.EffectiveOn
	}
	return e
}

func (b *bulk) subscription(s *billing.Subscription, seq int64) {
	b.row()
	b.text(string(s.ID))
	b.text(string(s.Contract))
	b.number(seq)
	b.text(s.SKU)
	b.text(kindWords[s.Kind])
	b.text(s.Tax)
	b.number(int64(s.TermMonths))
	b.text(s.Billing.Name)
	b.number(int64(s.Billing.Months))
	b.text(s.PriceUnit.Name)
	b.number(int64(s.PriceUnit.Months))
	b.day(s.Ends)
	b.discount(&s.Discount)
	b.text(string(s.Parent))
	b.decimal(s.PerParent)
	b.given(s.Markup, s.HasMarkup)
	b.given(s.Minimum, s.HasMinimum)
	b.decimal(s.Smooth.Over)
	b.number(int64(s.Smooth.Months))
	b.text(s.Holding)
}

// LogAppend writes a row of the log and, for a verb that makes a noun, the noun.
// What a contract's billing read before is then out of date: its version is raised.
func (t *tx) LogAppend(e flow.LogEntry, subscription *billing.Subscription, item *billing.OneTimeItem, usage *billing.UsageRecord) (seq int64, err error) {
	defer func() { err = wrap("record "+e.Do.String(), err) }()
	if seq, err = t.fact(); err != nil {
		return 0, err
	}
	e.Seq = seq
	if err := t.raise(e.Contract); err != nil {
		return 0, err
	}
	if err := t.insert(logTable, func(b *bulk) { b.logEntry(&e) }); err != nil {
		return 0, err
	}
	switch {
	case subscription != nil:
		return seq, t.insert(subscriptionTable, func(b *bulk) { b.subscription(subscription, seq) })
	case item != nil:
		return seq, t.itemAdd(item, seq)
	case usage != nil:
		return seq, t.insert(usageTable, func(b *bulk) { b.usage(usage, e.Contract, seq) })
	}
	return seq, nil
}

func (t *tx) itemAdd(item *billing.OneTimeItem, seq int64) error {
	_, err := t.exec(`INSERT INTO one_time_item (id, contract, seq, sku, tax, item_on, quantity, price, known_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		string(item.ID), string(item.Contract), seq, item.SKU, item.Tax, item.On.String(), item.Quantity.String(), givenText(item.Price, item.HasPrice), item.KnownOn.String())
	return err
}

func (b *bulk) usage(u *billing.UsageRecord, contract billing.ContractID, seq int64) {
	b.row()
	key := u.ID
	if key == "" {
		key = "#" + strconv.FormatInt(seq, 10)
	}
	b.text(key)
	b.text(string(contract))
	b.text(string(u.Subscription))
	b.number(seq)
	b.day(u.Period.From)
	b.day(u.Period.To)
	b.decimal(u.Quantity)
	b.text(u.Currency.String())
	b.given(u.Cost, u.HasCost)
	b.given(u.Retail, u.HasRetail)
	b.day(u.KnownOn)
}

// UsageAppend writes usage records, each with its entry of the log: all entries,
// then all records. What their contracts' billing read before is out of date then.
func (t *tx) UsageAppend(entries []flow.LogEntry, records []billing.UsageRecord) (err error) {
	defer func() { err = wrap("record usage", err) }()
	if len(entries) != len(records) {
		return t.fail(fmt.Errorf("%d entries of %d usage records", len(entries), len(records)))
	}
	if err := t.hold(); err != nil {
		return err
	}
	raised := map[billing.ContractID]bool{}
	for i := range entries {
		if contract := entries[i].Contract; !raised[contract] {
			raised[contract] = true
			if err := t.raise(contract); err != nil {
				return err
			}
		}
	}
	first := t.facts.value + 1
	t.facts.value += int64(len(entries))
	b := t.bulk(logTable)
	for i := range entries {
		entries[i].Seq = first + int64(i)
		b.logEntry(&entries[i])
	}
	if err := t.flush(b); err != nil {
		return err
	}
	b = t.bulk(usageTable)
	for i := range records {
		b.usage(&records[i], entries[i].Contract, first+int64(i))
	}
	return t.flush(b)
}

// LogFind is the entry with an event's id; ErrUnknown where there is none.
func (t *tx) LogFind(id string) (e flow.LogEntry, err error) {
	found, err := t.one(func(r *rows) { e = r.logEntry() }, `SELECT `+logColumns+` FROM change_log l WHERE l.event_id = $1 AND l.event_id <> ''`, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return e, wrap("event "+id, err)
}

// LogFindAll are the entries with some events' ids, by id.
func (t *tx) LogFindAll(ids []string) (map[string]flow.LogEntry, error) {
	if err := t.hint(); err != nil {
		return nil, err
	}
	found := map[string]flow.LogEntry{}
	err := inIDs(t, ids, nil, func(in string, args []any) error {
		return t.each(func(r *rows) { e := r.logEntry(); found[e.ID] = e }, `SELECT `+logColumns+` FROM change_log l WHERE l.event_id`+in+` AND l.event_id <> ''`, args...)
	})
	return found, wrap("events", err)
}

// SubscriptionContracts are the contracts of subscriptions and items, as far as the
// book has them.
func (t *tx) SubscriptionContracts(ids []billing.SubscriptionID) (map[billing.SubscriptionID]billing.ContractID, error) {
	if err := t.hint(); err != nil {
		return nil, err
	}
	contracts := map[billing.SubscriptionID]billing.ContractID{}
	err := inIDs(t, ids, nil, func(in string, args []any) error {
		return t.each(func(r *rows) { id := billing.SubscriptionID(r.text()); contracts[id] = billing.ContractID(r.text()) },
			`SELECT id, contract FROM subscription WHERE id`+in+` UNION ALL SELECT id, contract FROM one_time_item WHERE id`+in, args...)
	})
	return contracts, wrap("subscriptions", err)
}

// SubscriptionContract is the contract of a subscription or item; ErrUnknown.
func (t *tx) SubscriptionContract(id billing.SubscriptionID) (contract billing.ContractID, err error) {
	found, err := t.one(func(r *rows) { contract = billing.ContractID(r.text()) },
		`SELECT contract FROM subscription WHERE id = $1 UNION ALL SELECT contract FROM one_time_item WHERE id = $1`, string(id))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return contract, wrap("subscription "+string(id), err)
}

// LogOf are the entries that concern a subscription or item, in order: its own,
// what voids them, its usage, the provider's rows, and the releases of its contract.
func (t *tx) LogOf(id billing.SubscriptionID) (entries []flow.LogEntry, err error) {
	contract, err := t.SubscriptionContract(id)
	if err != nil {
		return nil, err
	}
	err = t.each(func(r *rows) { entries = append(entries, r.logEntry()) }, `SELECT `+logColumns+` FROM change_log l
		WHERE l.contract = $1 AND l.contract <> '' AND l.verb <> 'usage' AND l.verb <> 'charge' AND (l.subscription = $2 OR l.verb = 'release')
		UNION ALL SELECT `+logColumns+` FROM usage_record u JOIN change_log l ON l.seq = u.seq WHERE u.contract = $1 AND u.subscription = $2
		UNION ALL SELECT `+logColumns+` FROM provider_charge h JOIN change_log l ON l.seq = h.seq WHERE h.contract = $1 AND h.subscription = $2
		ORDER BY 1`, string(contract), string(id))
	return entries, wrap("log of "+string(id), err)
}

// logAtOnce is how many entries are held while the log is read.
const logAtOnce = 1000

// LogAll calls for every entry of the book in order, until it returns false.
func (t *tx) LogAll(call func(flow.LogEntry) bool) error {
	var after int64
	for {
		var part []flow.LogEntry
		if err := t.each(func(r *rows) { part = append(part, r.logEntry()) },
			`SELECT `+logColumns+` FROM change_log l WHERE l.seq > $1 ORDER BY l.seq LIMIT $2`, after, int64(logAtOnce)); err != nil {
			return fmt.Errorf("log after %d: %w", after, err)
		}
		for i := range part {
			if !call(part[i]) {
				return nil
			}
		}
		if len(part) < logAtOnce {
			return nil
		}
		after = part[len(part)-1].Seq
	}
}
