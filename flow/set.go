package flow

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"prorata/core/billing"
)

// New is the version of what is not there yet.
const New = 0

// AccountSet adds an account (version New) or changes it, if its version is still the
// one that was looked at: else ErrMoved. What decides who pays what stays as it is
// once it was billed by (account_billed).
func (f *Flow) AccountSet(ctx context.Context, a Account, version int, actor Actor) (changed bool, err error) {
	err = f.set(ctx, actor, func(t *taker) error {
		_, is, err := t.tx.AccountNewest(a.ID)
		if err != nil {
			return err
		}
		if is != version {
			return movedFrom("account "+string(a.ID), int64(is))
		}
		changed, err = t.account(&Intake{Account: &a})
		return err
	})
	return changed, err
}

// ContractSet adds a contract (version New) or changes one that was never billed, if
// its version is still the one that was looked at: else ErrMoved.
func (f *Flow) ContractSet(ctx context.Context, c Contract, version int64, actor Actor) (changed bool, err error) {
	err = f.set(ctx, actor, func(t *taker) error {
		is := int64(New)
		book, err := t.tx.BookRead(c.ID)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		if err == nil {
			is = book.Version
		}
		if is != version {
			return movedFrom("contract "+string(c.ID), is)
		}
		changed, err = t.contract(&Intake{Contract: &c})
		return err
	})
	return changed, err
}

// SellerSet adds a seller (version New) or makes a new version of it, if the newest is
// still the one that was looked at: else ErrMoved.
func (f *Flow) SellerSet(ctx context.Context, s Seller, version int, actor Actor) (changed bool, err error) {
	err = f.set(ctx, actor, func(t *taker) error {
		_, is, err := t.tx.SellerVersion(s.ID, 0)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		if is != version {
			return movedFrom("seller "+string(s.ID), int64(is))
		}
		changed, err = t.one(&Intake{Seller: &s})
		return err
	})
	return changed, err
}

// ProductSet adds a product (version New) or changes it, if it is still what was looked
// at: else ErrMoved.
func (f *Flow) ProductSet(ctx context.Context, p billing.Product, version int64, actor Actor) (changed bool, err error) {
	err = f.set(ctx, actor, func(t *taker) error {
		catalog, err := t.tx.CatalogOf([]string{p.SKU})
		if err != nil {
			return err
		}
		is := int64(New)
		if old, known := catalog.Products[p.SKU]; known {
			is = ProductVersion(&old)
		}
		if is != version {
			return movedFrom("product "+p.SKU, is)
		}
		if _, known := catalog.Taxes[p.Tax]; !known && p.Tax != "" {
			return wrong(Source{}, "tax: there is no tax %s", p.Tax)
		}
		changed, err = t.one(&Intake{Product: &p})
		return err
	})
	return changed, err
}

// TaxSet adds a tax (version New) or changes one that nothing was billed by, if it is
// still what was looked at: else ErrMoved.
func (f *Flow) TaxSet(ctx context.Context, tax billing.Tax, version int64, actor Actor) (changed bool, err error) {
	err = f.set(ctx, actor, func(t *taker) error {
		catalog, err := t.tx.CatalogOf(nil)
		if err != nil {
			return err
		}
		is := int64(New)
		if old, known := catalog.Taxes[tax.Name]; known {
			is = TaxVersion(&old)
		}
		if is != version {
			return movedFrom("tax "+tax.Name, is)
		}
		changed, err = t.one(&Intake{Tax: &tax})
		return err
	})
	return changed, err
}

// ProductVersion and TaxVersion tell what something is from what it was: they are not
// kept with a number of their own, so their version is the sum of what they say.
func ProductVersion(p *billing.Product) int64 {
	return sumOf(p.SKU, p.Name, p.Class, strconv.Itoa(int(p.Kind)), p.Tax)
}

// TaxVersion is that of a tax; see ProductVersion.
func TaxVersion(t *billing.Tax) int64 {
	return sumOf(t.Name, t.Percent.String(), strconv.Itoa(int(t.Category)))
}

// CustomerLinkVersion is that of a link of a provider's customer that there is; see ProductVersion.
func CustomerLinkVersion(l *CustomerLink) int64 {
	return sumOf(string(l.Account), string(l.Contract))
}

// HoldingLinksVersion is that of the links of a holding; New where it has none. See ProductVersion.
func HoldingLinksVersion(links []HoldingLink) int64 {
	if len(links) == 0 {
		return New
	}
	words := make([]string, len(links))
	for i := range links {
		words[i] = string(links[i].Subscription)
	}
	slices.Sort(words)
	return sumOf(words...)
}

// ConnectionVersion is that of what people say of a connection; see ProductVersion. How it stands, and what is
// sealed, is not in it.
func ConnectionVersion(c *Connection) int64 {
	words := []string{c.Name, c.Kind, c.Currency.String(), c.Country, c.List}
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		words = append(words, name, c.Settings[name])
	}
	return sumOf(words...)
}

// sumOf is above zero, so that it is never New.
func sumOf(words ...string) int64 {
	sum := sha256.New()
	for _, word := range words {
		fmt.Fprintf(sum, "%d:%s,", len(word), word)
	}
	version := int64(1)
	for _, b := range sum.Sum(nil)[:7] {
		version = version<<8 | int64(b)
	}
	return version
}

// movedFrom says that something is there already, or is no longer what was looked at.
func movedFrom(what string, is int64) error {
	if is == New {
		return fmt.Errorf("%s: %w", what, ErrUnknown)
	}
	return fmt.Errorf("%s: %w: it is at version %d", what, ErrMoved, is)
}

func (f *Flow) set(ctx context.Context, actor Actor, fn func(*taker) error) error {
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx Tx) error {
		t := &taker{recorder: f.newRecorder(tx, catalog, actor, map[string]int{})}
		if err := t.begin(); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.finish()
	})
}

// RecordAt is Record on one contract, if its version is still the one that was looked
// at: else ErrMoved.
func (f *Flow) RecordAt(ctx context.Context, contract billing.ContractID, version int64, events []Event, actor Actor) error {
	return f.recordOnce(ctx, events, actor, func(r *recorder) error {
		book, err := r.open(contract)
		// Opening it raised its version by one.
		if err == nil && book.Version != version+1 {
			err = movedFrom("contract "+string(contract), book.Version-1)
		}
		return err
	})
}

// FreeSubscriptionID is the contract's id with the first number that no subscription has.
func FreeSubscriptionID(tx Tx, contract billing.ContractID) (string, error) {
	for n := 1; ; n++ {
		id := fmt.Sprintf("%s-%d", contract, n)
		if free, err := SubscriptionIDFree(tx, id); err != nil || free {
			return id, err
		}
	}
}

// SubscriptionIDFree says whether nothing has an id that a new subscription is to have.
func SubscriptionIDFree(tx Tx, id string) (bool, error) {
	_, err := tx.SubscriptionContract(billing.SubscriptionID(id))
	if errors.Is(err, ErrUnknown) {
		_, err = tx.LogFind(id)
	}
	if errors.Is(err, ErrUnknown) {
		return true, nil
	}
	return false, err
}
