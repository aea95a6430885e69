package flow

import (
	"cmp"
	"context"
	"slices"

	"prorata/core/billing"
)

// BudgetUses holds what every usage subscription with a budget has used since its
// last invoice against it, in order of subscription.
func (f *Flow) BudgetUses(ctx context.Context) (uses []billing.BudgetUse, err error) {
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return nil, err
	}
	planner := billing.NewPlanner(&catalog.Catalog)
	err = f.Store.Read(ctx, func(tx Tx) error {
		budgets, err := tx.BudgetList()
		if err != nil {
			return err
		}
		for id, budget := range budgets {
			contract, err := tx.SubscriptionContract(id)
			if err != nil {
				return err
			}
			book, err := tx.BookRead(contract)
			if err != nil {
				return err
			}
			use, err := planner.UseBudget(&book.Book, id, budget, f.Today())
			if err != nil {
				return err
			}
			uses = append(uses, use)
		}
		return nil
	})
	slices.SortFunc(uses, func(a, b billing.BudgetUse) int { return cmp.Compare(a.Subscription, b.Subscription) })
	return uses, err
}
