package billing_test

import (
	"slices"
	"testing"

	"prorata/core/billing"
)

// A holding is as large as what is billed of it: over contracts and entities, by
// the day, with a bundle's child at its ratio.
func TestAHoldingIsTheSumOfItsSubscriptions(t *testing.T) {
	north := newSale("2026-01-01", sold("2026-01-01", "6", "20"), seats("2026-02-01", "9"))
	south := newSale("2026-01-01", sold("2026-01-01", "4", "20"), cancelled("2026-03-01", "2026-01-15"))
	north.sub.ID, north.sub.Holding = "north", "h1"
	south.sub.ID, south.sub.Holding = "south", "h1"
	parent := newSale("2026-01-01", sold("2026-01-01", "3", "50"), seats("2026-02-10", "5"))
	parent.sub.ID = "bundle"
	child := newSale("2026-01-01", sold("2026-01-01", "1", "0"))
	child.sub.ID, child.sub.Holding, child.sub.Parent, child.sub.PerParent = "child", "h1", "bundle", dec("1.5")
	other := newSale("2026-01-01", sold("2026-01-01", "100", "20"))
	other.sub.ID, other.sub.Holding = "other", "h2"
	nameless := newSale("2026-01-01", sold("2026-01-01", "7", "20"))
	books := []*billing.Book{
		{Contract: north.contract, Subscriptions: []billing.Subscription{north.sub, other.sub}},
		{Contract: south.contract, Subscriptions: []billing.Subscription{south.sub, parent.sub, child.sub, nameless.sub}},
	}
	for day, want := range map[string]string{
		"2025-12-31": "0", "2026-01-01": "14.5", "2026-01-31": "14.5", "2026-02-01": "17.5", "2026-02-10": "20.5", "2026-03-01": "16.5",
	} {
		sum, linked := billing.LinkedQuantity(books, "h1", date(day))
		if sum.Cmp(dec(want)) != 0 || !slices.Equal(linked, []billing.SubscriptionID{"north", "south", "child"}) {
			t.Errorf("on %s %s of %v, not %s", day, sum, linked, want)
		}
	}
	if sum, linked := billing.LinkedQuantity(books, "", date("2026-02-01")); !sum.IsZero() || linked != nil {
		t.Errorf("no holding has %s of %v", sum, linked)
	}
}
