package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"prorata/cmd/prorata/demobook"
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/webhook"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

// deskDemo is what the people of the demo do at their desks in the last days.
type deskDemo struct {
	w *world
	// address is where the stand-in will be served; webhooks of the demo go there, so that
	// none leaves the machine.
	address string
	until   calendar.Date
	staff   map[office.Role]office.Person
}

// hiredAgo is how many days before the last people are let in.
const hiredAgo = 6

// demoStaff are people of the seller, one of each role, and two from outside; nobody has a
// password before they follow their link. The first owner is whoever opens the console.
var demoStaff = []struct {
	role office.Role
	name string
	// account is what somebody from outside sees.
	account billing.AccountID
}{
	{role: office.Finance, name: "Femke Hollander"}, {role: office.Clerk, name: "Claudio Rossi"}, {role: office.Operations, name: "Oskar Pedersen"},
	{role: office.Sales, name: "Sofia Ledesma"}, {role: office.Auditor, name: "Agnieszka Wrona"},
	{role: office.Reseller, name: "Rainer Rautenbergen", account: "rautenberg"}, {role: office.Customer, name: "Britta Hofmeister", account: "brennhof"},
}

// day is a day at the desks.
func (d *deskDemo) day(ctx context.Context, f *flow.Flow) error {
	left := f.Today().DaysUntil(d.until)
	if left > hiredAgo {
		return nil
	}
	key, err := d.w.key(true)
	if err != nil {
		return err
	}
	o := officeOver(d.w.opened, f)
	o.Identity.Sealer = key
	var deeds []func(context.Context, *office.Office) error
	if left == hiredAgo {
		deeds = append(deeds, d.hire, d.hook)
	}
	deeds = append(deeds, d.tell)
	if left == 0 {
		deeds = append(deeds, d.sort, d.plan, d.ask, d.views)
	}
	for _, do := range deeds {
		if err := do(ctx, o); err != nil {
			return fmt.Errorf("at the desks on %s: %w", f.Today(), err)
		}
	}
	return nil
}

// hire invites everybody.
func (d *deskDemo) hire(ctx context.Context, o *office.Office) error {
	d.staff = map[office.Role]office.Person{}
	for _, s := range demoStaff {
		draft := office.UserDraft{Address: strings.ToLower(strings.ReplaceAll(s.name, " ", ".")) + "@nordlicht-cloud.example", Name: s.name, Roles: []office.Role{s.role}}
		if s.account != "" {
			draft.Accounts = []billing.AccountID{s.account}
		}
		user, _, err := o.Desk(office.Operator("demo")).UserInvite(ctx, draft)
		if err != nil {
			return err
		}
		d.staff[s.role] = office.Person{User: user.ID, Who: user.Address, Name: user.Name, Roles: user.Roles, Accounts: user.Accounts, Door: office.ByPage}
	}
	return nil
}

// hook has another program told of what happens.
func (d *deskDemo) hook(ctx context.Context, o *office.Office) error {
	_, _, err := o.Desk(d.staff[office.Operations]).WebhookMake(ctx, office.WebhookDraft{Name: "Ticket system", Address: d.address + "/tickets",
		Types: []flow.MessageType{flow.ExceptionOpened, flow.ProvisionFailedMessage}})
	return err
}

// tell sends what is due. It arrives until the last day, on which the ticket system is down.
func (d *deskDemo) tell(ctx context.Context, o *office.Office) error {
	status := http.StatusNoContent
	if o.Flow.Today() == d.until {
		status = http.StatusServiceUnavailable
	}
	sender := &webhook.Sender{Office: o, Clock: o.Flow.Clock, Log: d.w.log, HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
	})}}
	_, err := sender.Round(ctx)
	return err
}

// roundTrip answers requests in this process.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip answers one.
func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// sort has a clerk go through the exceptions: one is somebody's, another is put off.
func (d *deskDemo) sort(ctx context.Context, o *office.Office) error {
	clerk := o.Desk(d.staff[office.Clerk])
	for kind, do := range map[string]func(id int64) error{
		flow.NotProvisioned: func(id int64) error {
			return clerk.ExceptionAssign(ctx, []int64{id}, d.staff[office.Operations].Who)
		},
		flow.UnmappedProduct: func(id int64) error {
			return clerk.ExceptionSnooze(ctx, []int64{id}, d.until.AddDays(12), "Perpetual licences are billed by hand until they are in the catalog.")
		},
	} {
		list, err := clerk.ExceptionList(ctx, office.WaitingFilter{Kind: kind, Most: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("%w: there is no exception of kind %s", errCheck, kind)
		}
		if err := do(list[0].ID); err != nil {
			return err
		}
	}
	return nil
}

// demoApproved is how many invoices of the plan are approved already.
const demoApproved = 4

// plan makes the plan of the days that are not billed yet, holds an invoice back, and approves
// some of those about which nothing is unusual.
func (d *deskDemo) plan(ctx context.Context, o *office.Office) error {
	clerk := o.Desk(d.staff[office.Clerk])
	plan, err := clerk.BillingPlanMake(ctx, d.until)
	if err != nil {
		return err
	}
	page, err := clerk.PlannedInvoiceList(ctx, flow.PlannedFilter{Plan: plan.ID})
	if err != nil {
		return err
	}
	var plain []int64
	for i := range page.Rows {
		row := &page.Rows[i]
		switch {
		case row.Payer == demobook.HeldPayer:
			if err := clerk.BillingHoldPut(ctx, row.Group, "They say that eight of the seats were ordered by mistake; Sofia asks."); err != nil {
				return err
			}
		case row.Flags == 0 && len(plain) < demoApproved:
			plain = append(plain, row.No)
		}
	}
	if len(plain) == 0 {
		return nil
	}
	_, err = clerk.PlannedInvoiceApprove(ctx, flow.PlannedFilter{Plan: plan.ID, Nos: plain}, true)
	return err
}

// ask keeps a what-if: more seats, and the provider's next price rise.
func (d *deskDemo) ask(ctx context.Context, o *office.Office) error {
	year, month, _ := d.until.Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return err
	}
	percent, err := money.ParseDecimal("5")
	if err != nil {
		return err
	}
	kept := office.WhatIfKept{Question: whatif.Question{Name: "Brennhof opens a second plant", Accounts: []billing.AccountID{"brennhof"}, Months: whatif.MonthsUsual, Changes: []whatif.Change{
		{Do: whatif.DoQuantity, On: first.AddMonths(1), Subscription: "brennhof-m365-e3", Quantity: money.DecimalOf(140), HasQuantity: true},
		{Do: whatif.DoPercent, On: first.AddMonths(3), SKU: "M365-E3", Percent: percent},
	}}}
	_, err = o.Desk(d.staff[office.Sales]).WhatIfSave(ctx, kept)
	return err
}

// views keeps lists that everybody of the house looks at.
func (d *deskDemo) views(ctx context.Context, o *office.Office) error {
	for _, view := range []office.SavedView{
		{Noun: "invoices", Name: "Overdue", Query: "sort=oldest&state=overdue"},
		{Noun: "invoices", Name: "Credit notes", Query: "kind=credit_note"},
		{Noun: "invoices", Name: "Large, in euros", Query: "currency=EUR&least=5000&sort=largest"},
	} {
		if err := o.Desk(office.Operator("demo")).ViewPut(ctx, view); err != nil {
			return err
		}
	}
	return nil
}
