package flow

import (
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// ChargeRow is what an event says of a provider's row beside its days, quantity,
// cost and currency.
type ChargeRow struct {
	Type billing.ChargeType
	// UnitPrice is the provider's list price, EffectivePrice what it used of it.
	UnitPrice, EffectivePrice money.Decimal
}

// ChargeVersion is one telling of a provider's row as the book keeps it.
type ChargeVersion struct {
	billing.ProviderCharge
	Contract   billing.ContractID
	RecordedOn calendar.Date
	// Void says that it was taken back, by a person or by a newer telling.
	Void bool
}

// Charges are the provider's rows that mirror contracts bill.
type Charges interface {
	// ChargeAppend writes an entry of the log with the row that it tells of.
	ChargeAppend(LogEntry, *billing.ProviderCharge) (seq int64, err error)
	// ChargeVersions are all tellings of the row with an id, oldest first.
	ChargeVersions(id string) ([]ChargeVersion, error)
	// HeldBooks are the contracts in which a subscription names a holding, read for
	// looking only, in order of their ids.
	HeldBooks(holding string) ([]*OpenBook, error)
}

// ChargeOf is the provider's row that a charge event tells of.
func ChargeOf(e *Event, seq int64) billing.ProviderCharge {
	return billing.ProviderCharge{
		ID: e.ID, Subscription: e.Subscription, Type: e.Row.Type, SKU: e.SKU, Period: e.Period, Quantity: e.Quantity,
		UnitPrice: e.Row.UnitPrice, EffectivePrice: e.Row.EffectivePrice, Cost: e.Cost, Currency: e.Currency, KnownOn: e.On, Seq: seq,
	}
}

// charge records a provider's row. It is known by its id: told again it changes
// nothing, told otherwise it takes the place of what was told before.
func (r *recorder) charge(e *Event) error {
	told := ChargeOf(e, 0)
	versions, err := r.tx.ChargeVersions(e.ID)
	if err != nil {
		return err
	}
	for i := range versions {
		v := &versions[i]
		if last := i == len(versions)-1; v.SameAs(&told) && (last || v.RecordedOn == e.On) {
			return errKnown
		}
	}
	if err := r.freeName(e, versions); err != nil {
		return err
	}
	if _, known := r.catalog.Products[e.SKU]; e.SKU != "" && !known {
		return wrong(e.At, "sku: %s is not a product of the book", e.SKU)
	}
	book, s, err := r.openOf(e, e.Subscription)
	if err != nil {
		return err
	}
	if err := billing.JudgeCharge(&book.Contract, s, &told); err != nil {
		return err
	}
	for i := range versions {
		if v := &versions[i]; !v.Void {
			if err := r.replace(e, v, i+1); err != nil {
				return err
			}
		}
	}
	entry := r.entryFor(e, book)
	entry.ID = chargeName(e.ID, len(versions)+1)
	told.KnownOn = entry.KnownOn
	if told.Seq, err = r.tx.ChargeAppend(entry, &told); err != nil {
		return err
	}
	book.Charges = append(book.Charges, told)
	book.Cursor.OpenFor(&told)
	return nil
}

// freeName wants the id of a row that is told for the first time to name nothing else.
func (r *recorder) freeName(e *Event, versions []ChargeVersion) error {
	if len(versions) > 0 {
		return nil
	}
	other, err := r.tx.LogFind(e.ID)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err == nil {
		err = wrong(e.At, "id: %s names another event, recorded on %s", e.ID, other.RecordedOn)
	}
	return err
}

// replace takes back what was told of a row before.
func (r *recorder) replace(e *Event, v *ChargeVersion, number int) error {
	book, err := r.open(v.Contract)
	if err != nil {
		return err
	}
	entry := r.entryFor(e, book)
	entry.Do, entry.ID = DoVoid, "void "+chargeName(e.ID, number)
	entry.Subscription, entry.Voids = v.Subscription, v.Seq
	voidIn(book, v.Seq, entry.KnownOn)
	_, err = r.tx.LogAppend(entry, nil, nil, nil)
	return err
}

// chargeName is the id in the log of the nth telling of a row.
func chargeName(id string, n int) string {
	if n == 1 {
		return id
	}
	return fmt.Sprintf("%s (%d)", id, n)
}

// newestCharge is the entry of a row's last telling, where the entry is a telling.
func (r *recorder) newestCharge(id string, target LogEntry) (LogEntry, error) {
	if target.Do != DoCharge {
		return target, nil
	}
	versions, err := r.tx.ChargeVersions(id)
	if err != nil || len(versions) == 0 {
		return target, err
	}
	last := versions[len(versions)-1]
	target.Seq, target.Contract, target.Subscription = last.Seq, last.Contract, last.Subscription
	return target, nil
}

// voidCharge marks the row that has the seq, and says whether it stood until now.
func voidCharge(book *OpenBook, seq int64, known calendar.Date) (stood bool) {
	for i := range book.Charges {
		if c := &book.Charges[i]; c.Seq == seq {
			book.Cursor.OpenFor(c)
			return markVoid(&c.VoidedOn, known)
		}
	}
	return false
}
