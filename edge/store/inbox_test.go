package store_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// stopped is a clock that shows one instant.
type stopped struct{ at time.Time }

func (s stopped) Now() time.Time { return s.at }

// deskOf is a desk over the store, for somebody with a role.
func (b *book) deskOf(who string, roles ...office.Role) *office.Desk {
	f := &flow.Flow{Store: b.Store, Clock: stopped{time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	o := &office.Office{Flow: f, Store: b.Office()}
	return o.Desk(office.Person{User: office.UserID(who), Who: who, Roles: roles, Door: office.ByPage})
}

func TestInboxIsWorkedThrough(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		open := func(kind, subject, worth string) {
			e := flow.Exception{Kind: kind, Subject: subject, Sentence: "what of " + subject + "?", OpenedAt: at(1), SeenAt: at(1)}
			if worth != "" {
				e.Amount, e.HasAmount, e.Currency = decimalOf(worth), true, currencyOf("EUR")
			}
			b.write(func(tx flow.Tx) { got[bool](t)(tx.ExceptionOpen(e)) })
		}
		open("unpriced_product", "E3_100%", "-12.50")
		open("unpriced_product", "E5", "2.25")
		open("unknown_customer", "Tenant", "")
		clerk := b.deskOf("ann", office.Clerk)
		counts, err := clerk.ExceptionCounts(t.Context())
		must(t, err)
		same(t, "by kind, and what is at stake", counts, "[{Kind:unpriced_product Count:2 Worth:[{Amount:14.75 Currency:EUR}]} {Kind:unknown_customer Count:1 Worth:[]}]")
		ids := map[string]int64{}
		list := func(f office.WaitingFilter) (subjects []string) {
			t.Helper()
			found, err := clerk.ExceptionList(t.Context(), f)
			must(t, err)
			for _, w := range found {
				ids[w.Subject] = w.ID
				subjects = append(subjects, w.Subject)
			}
			return subjects
		}
		same(t, "the newest first", list(office.WaitingFilter{}), "[Tenant E5 E3_100%]")
		same(t, "a page", list(office.WaitingFilter{Most: 1, Before: ids["Tenant"]}), "[E5]")
		same(t, "found by a text that is a pattern elsewhere", list(office.WaitingFilter{Text: "3_100%"}), "[E3_100%]")
		same(t, "found in small letters", list(office.WaitingFilter{Text: "tenant"}), "[Tenant]")

		must(t, clerk.ExceptionAssign(t.Context(), []int64{ids["E5"], ids["Tenant"]}, "bob"))
		same(t, "bob's", list(office.WaitingFilter{Assignee: "bob"}), "[Tenant E5]")
		same(t, "nobody's", list(office.WaitingFilter{Assignee: "-"}), "[E3_100%]")

		must(t, clerk.ExceptionSnooze(t.Context(), []int64{ids["E5"]}, day("2026-04-01"), "price comes in April"))
		same(t, "without what was put off", list(office.WaitingFilter{}), "[Tenant E3_100%]")
		same(t, "put off", list(office.WaitingFilter{State: office.WaitingSnoozed}), "[E5]")
		wantError(t, clerk.ExceptionSnooze(t.Context(), []int64{ids["E5"]}, day("2026-03-12"), ""), flow.ErrInput)

		wantError(t, clerk.ExceptionSettle(t.Context(), []int64{ids["Tenant"]}, " "), flow.ErrInput)
		must(t, clerk.ExceptionSettle(t.Context(), []int64{ids["Tenant"]}, "it is a test tenant"))
		same(t, "settled", list(office.WaitingFilter{State: office.WaitingSettled}), "[Tenant]")
		wantError(t, clerk.ExceptionAssign(t.Context(), []int64{ids["Tenant"]}, "bob"), flow.ErrMoved)

		// Found again, it keeps who looks after it; settled, another one opens.
		open("unpriced_product", "E5", "3.00")
		same(t, "still bob's and put off", list(office.WaitingFilter{State: office.WaitingSnoozed, Assignee: "bob"}), "[E5]")

		auditor := b.deskOf("sue", office.Auditor)
		wantError(t, auditor.ExceptionSettle(t.Context(), []int64{ids["E5"]}, "no"), office.ErrDenied)
		records, err := auditor.AuditList(t.Context(), office.AuditFilter{})
		must(t, err)
		var told []string
		for _, a := range records {
			told = append(told, a.Who+" "+a.Verb+" "+string(a.Outcome))
		}
		same(t, "the audit, the newest first; what failed changed nothing and is not in it", told,
			"[sue ExceptionSettle denied ann ExceptionSettle done ann ExceptionSnooze done ann ExceptionAssign done]")
	})
}

func TestCustomerIsLinkedToAnAccountOfTheBook(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		b.write(func(tx flow.Tx) {
			got[bool](t)(tx.ConnectionPut(flow.Connection{ID: "ms", Kind: "partnercenter", Currency: currencyOf("EUR")}))
			got[bool](t)(tx.ExceptionOpen(flow.Exception{Kind: flow.UnknownCustomer, Subject: "tenant", Connection: "ms", OpenedAt: at(1), SeenAt: at(1)}))
		})
		desk := b.deskOf("ann", office.Clerk)
		err := desk.CustomerLink(t.Context(), flow.CustomerLink{Connection: "ms", Customer: "tenant", Account: "nobody"}, nil)
		var field *office.FieldError
		if !errors.As(err, &field) || field.Field != "account" {
			t.Errorf("linked to nobody: %v", err)
		}
		wantError(t, desk.CustomerLink(t.Context(), flow.CustomerLink{Connection: "other", Customer: "tenant", Account: "nobody"}, nil), flow.ErrUnknown)
		found, err := desk.ExceptionList(t.Context(), office.WaitingFilter{})
		must(t, err)
		same(t, "still open", len(found), 1)
	})
}
