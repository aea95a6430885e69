package store

import (
	"fmt"
	"strconv"
	"strings"

	"prorata/core/billing"
)

// BudgetPut keeps a subscription's budget; another takes its place.
func (t *tx) BudgetPut(id billing.SubscriptionID, budget billing.Budget) error {
	alerts := make([]string, len(budget.AlertAt))
	for i, at := range budget.AlertAt {
		alerts[i] = strconv.Itoa(at)
	}
	_, err := t.exec(`INSERT INTO usage_budget (subscription, amount, alert_at) VALUES ($1, $2, $3)
		ON CONFLICT (subscription) DO UPDATE SET amount = excluded.amount, alert_at = excluded.alert_at`,
		string(id), budget.Amount.String(), strings.Join(alerts, ","))
	return wrap(fmt.Sprintf("budget of %s", id), err)
}

// BudgetList is all budgets by subscription.
func (t *tx) BudgetList() (map[billing.SubscriptionID]billing.Budget, error) {
	budgets := map[billing.SubscriptionID]billing.Budget{}
	err := t.each(func(r *rows) {
		id := billing.SubscriptionID(r.text())
		budget := billing.Budget{Amount: r.decimal()}
		for text := range strings.SplitSeq(r.text(), ",") {
			if at, err := strconv.Atoi(text); err == nil {
				budget.AlertAt = append(budget.AlertAt, at)
			}
		}
		budgets[id] = budget
	}, `SELECT subscription, amount, alert_at FROM usage_budget`)
	return budgets, wrap("budgets", err)
}
