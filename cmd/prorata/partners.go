package main

import (
	"context"
	"fmt"
	"strings"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
	"prorata/flow/office"
)

// client is the Partner Center of a connection, which no other kind has.
func (a adapters) client(c flow.Connection) (*partnercenter.Client, error) {
	if c.Kind != kindPartnerCenter {
		return nil, fmt.Errorf("%w: %s is a %s connection; only partnercenter does this", flow.ErrInput, c.ID, c.Kind)
	}
	return a.w.partnerCenter(a.f, c)
}

// Notify registers an address for all that the Partner Center tells of.
func (a adapters) Notify(ctx context.Context, c flow.Connection, address string) (n office.Notices, err error) {
	client, err := a.client(c)
	if err != nil {
		return n, err
	}
	events, err := client.WebhookEvents(ctx)
	if err != nil {
		return n, err
	}
	registered, err := client.WebhookRegister(ctx, partnercenter.WebhookRegistration{URL: address, Events: events})
	return office.Notices{Address: registered.URL, Kinds: len(registered.Events)}, err
}

// Agreed says whether a customer's acceptance of the customer agreement counts.
func (a adapters) Agreed(ctx context.Context, c flow.Connection, customer string) (bool, error) {
	client, err := a.client(c)
	if err != nil {
		return false, err
	}
	return client.Agreed(ctx, customer)
}

// Accept records an acceptance, where there is none, and asks whether it counts.
func (a adapters) Accept(ctx context.Context, c flow.Connection, given office.Acceptance) (report office.AcceptanceReport, err error) {
	client, err := a.client(c)
	if err != nil {
		return report, err
	}
	customer, err := client.CustomerGet(ctx, given.Customer)
	if err != nil {
		return report, fmt.Errorf("customer %s: %w", given.Customer, err)
	}
	report.Name = customer.Name
	if report.Already, err = client.Agreed(ctx, given.Customer); err != nil || report.Already {
		return report, err
	}
	if err := client.Accept(ctx, given.Customer, partnercenter.Acceptance{FirstName: given.First, LastName: given.Last, Email: given.Email, Phone: given.Phone, On: given.On}); err != nil {
		return report, err
	}
	report.Agreed, err = client.Agreed(ctx, given.Customer)
	return report, err
}

// Invite gives the links, and makes the admin relationship that is asked for, or takes it up again.
func (a adapters) Invite(ctx context.Context, c flow.Connection, i office.Invitation) (links office.InvitationLinks, err error) {
	relationship, err := relationshipOf(&i)
	if err != nil {
		return links, err
	}
	client, err := a.client(c)
	if err != nil {
		return links, err
	}
	if i.Reseller == "" {
		links.Relationship, err = client.InvitationLink(ctx, i.Admin)
	} else {
		var reseller partnercenter.Reseller
		if reseller, err = resellerOf(ctx, client, i.Reseller); err == nil {
			links.Relationship = client.IndirectInvitationLink(reseller, i.Admin)
		}
	}
	if err != nil || i.Access == "" {
		return links, err
	}
	made, accept, err := client.AdminInvite(ctx, relationship)
	links.Access = office.AccessInvitation{ID: made.ID, Name: made.Name, Status: made.Status, Link: accept, Days: made.Days, Roles: made.Roles}
	return links, err
}

// The bounds of an admin relationship.
const (
	accessDaysMax = 730
	accessNameMax = 50
)

// relationshipOf is the admin relationship that an invitation asks for; none without a name.
func relationshipOf(i *office.Invitation) (a partnercenter.AdminRelationship, err error) {
	switch {
	case i.Access == "":
		return a, nil
	case len(i.Roles) == 0:
		return a, fmt.Errorf("%w: --access: an admin relationship needs at least one --role", flow.ErrInput)
	case i.Days < 1 || i.Days > accessDaysMax:
		return a, fmt.Errorf("%w: --days: expected 1 to %d, not %d", flow.ErrInput, accessDaysMax, i.Days)
	case len([]rune(i.Access)) > accessNameMax:
		return a, fmt.Errorf("%w: --access: a name has at most %d letters", flow.ErrInput, accessNameMax)
	}
	a = partnercenter.AdminRelationship{Name: i.Access, Days: i.Days, Extends: i.Extends, Customer: i.Customer}
	for _, role := range i.Roles {
		id, err := roleID(role)
		if err != nil {
			return a, err
		}
		a.Roles = append(a.Roles, id)
	}
	return a, nil
}

// directoryRoles are roles that a service desk works with, by the ids that they
// have in every tenant.
var directoryRoles = [...]struct{ name, id string }{
	{"directory-readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"},
	{"global-reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
	{"helpdesk-administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"},
	{"license-administrator", "4d6ac14f-3453-41d0-bef9-a3e0c569773a"},
	{"service-support-administrator", "f023fd81-a637-4b56-95fd-791ac0226033"},
	{"user-administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1"},
}

func roleNames() (names []string) {
	for _, role := range directoryRoles {
		names = append(names, role.name)
	}
	return names
}

// roleID is the id of a role, given by it or by a name.
func roleID(text string) (string, error) {
	for _, role := range directoryRoles {
		if strings.EqualFold(role.name, text) {
			return role.id, nil
		}
	}
	if parts := strings.Split(text, "-"); len(text) == 36 && len(parts) == 5 && strings.Trim(strings.ToLower(text), "0123456789abcdef-") == "" {
		return strings.ToLower(text), nil
	}
	return "", fmt.Errorf("%w: --role: %q is neither an id nor one of %s", flow.ErrInput, text, strings.Join(roleNames(), ", "))
}

// resellerOf finds an indirect reseller by its tenant or its location id.
func resellerOf(ctx context.Context, client *partnercenter.Client, id string) (partnercenter.Reseller, error) {
	var known []string
	for reseller, err := range client.Resellers(ctx) {
		if err != nil {
			return reseller, err
		}
		if strings.EqualFold(reseller.ID, id) || reseller.MPN == id {
			return reseller, nil
		}
		known = append(known, fmt.Sprintf("%s (%s)", reseller.MPN, reseller.Name))
	}
	if len(known) == 0 {
		known = []string{"none"}
	}
	return partnercenter.Reseller{}, fmt.Errorf("%w: --reseller: %s is no indirect reseller of ours (there is: %s)", flow.ErrInput, id, strings.Join(known, ", "))
}
