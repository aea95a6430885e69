package partnercenter

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"prorata/flow"
)

// A customer lets a partner in by links that its administrator follows: one for
// the reseller relationship, one more for an admin relationship. Nothing in the
// API accepts them; the customer then simply is in the list.

var adminFlag = regexp.MustCompile(`([?&]DAP=)(true|false)`)

// InvitationLink is where a customer accepts the partner as its reseller. Admin is
// the variant that once gave the partner's people access as well; today that is
// what an admin relationship is for.
func (c *Client) InvitationLink(ctx context.Context, admin bool) (string, error) {
	k := get("/v1/customers/relationshiprequests").byPerson()
	r, err := c.askObject(ctx, k)
	if err != nil {
		return "", err
	}
	link := r.scalar("url")
	if link == "" {
		return "", damaged(k.name(), 0, "url: missing in the answer")
	}
	return withAdmin(link, admin), nil
}

// withAdmin sets the link's own flag; the API has no parameter for it.
func withAdmin(link string, admin bool) string {
	flag := fmt.Sprintf("DAP=%t", admin)
	if adminFlag.MatchString(link) {
		return adminFlag.ReplaceAllString(link, fmt.Sprintf("${1}%t", admin))
	}
	address, fragment, has := strings.Cut(link, "#")
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	if has {
		fragment = "#" + fragment
	}
	return address + joint + flag + fragment
}

// IndirectInvitationLink is where a customer accepts an indirect reseller of the
// partner's.
func (c *Client) IndirectInvitationLink(of Reseller, admin bool) string {
	return fmt.Sprintf("%s/Adminportal/Home?invType=IndirectResellerRelationship&partnerId=%s&msppId=%s&indirectCSPId=%s&DAP=%t#/BillingAccounts/partner-invitation",
		c.set.Endpoints.Portal, url.QueryEscape(of.ID), url.QueryEscape(first(of.MPN, "0")), url.QueryEscape(c.set.Tenant), admin)
}

// AdminRelationship is what lets the partner's people work in a customer's tenant,
// in some roles and for a time.
type AdminRelationship struct {
	ID string
	// Name is of at most 50 letters, and no other relationship of the partner has it.
	Name string
	// Days is how long it lasts, at most 730.
	Days int
	// Customer and CustomerName are the tenant's; where empty, whoever accepts it.
	Customer, CustomerName string
	// Roles are ids of roles of the directory.
	Roles []string
	// Extends prolongs it by half a year when it ends.
	Extends bool
	// Status is Microsoft's word: created, approvalPending, active, expired, terminated…
	Status  string
	EndsAt  time.Time
	version string
}

const adminRelationships = "/v1.0/tenantRelationships/delegatedAdminRelationships"

type rolesBody struct {
	UnifiedRoles []roleBody `json:"unifiedRoles"`
}

type roleBody struct {
	RoleDefinitionID string `json:"roleDefinitionId"`
}

func rolesOf(ids []string) rolesBody {
	body := rolesBody{UnifiedRoles: []roleBody{}}
	for _, id := range ids {
		body.UnifiedRoles = append(body.UnifiedRoles, roleBody{id})
	}
	return body
}

// graphCall puts a call to Graph, as a person.
func graphCall(k call) call { return k.at(hostGraph).byPerson() }

// AdminInvite makes an admin relationship, locks it for the customer's approval
// and gives the link where that happens. A name that is there already is taken
// up: an invitation sent again is the same one.
func (c *Client) AdminInvite(ctx context.Context, a AdminRelationship) (AdminRelationship, string, error) {
	made, err := c.adminMake(ctx, a)
	if err != nil {
		return a, "", err
	}
	if strings.EqualFold(made.Status, "created") {
		if err := c.adminAction(ctx, made.ID, "lockForApproval"); err != nil {
			return made, "", err
		}
		made.Status = "approvalPending"
	}
	return made, c.set.Endpoints.Portal + "/AdminPortal/Home#/partners/invitation/granularAdminRelationships/" + url.PathEscape(made.ID), nil
}

func (c *Client) adminMake(ctx context.Context, a AdminRelationship) (AdminRelationship, error) {
	if found, ok, err := c.adminNamed(ctx, a.Name); ok || err != nil {
		return found, err
	}
	body := map[string]any{"displayName": a.Name, "duration": fmt.Sprintf("P%dD", a.Days), "accessDetails": rolesOf(a.Roles), "autoExtendDuration": "PT0S"}
	if a.Extends {
		body["autoExtendDuration"] = "P180D"
	}
	if a.Customer != "" {
		body["customer"] = map[string]string{"tenantId": a.Customer, "displayName": a.CustomerName}
	}
	r, err := c.askObject(ctx, graphCall(post(adminRelationships, body)))
	if refusedWith(err, http.StatusConflict) {
		// An earlier try of this call was done, and its answer lost.
		if found, ok, failed := c.adminNamed(ctx, a.Name); ok && failed == nil {
			return found, nil
		}
	}
	if err != nil {
		return a, err
	}
	made := adminOf(r)
	return made, rowError(r.wrong.at, r.wrong.err())
}

// adminNamed finds a relationship by its name.
func (c *Client) adminNamed(ctx context.Context, name string) (found AdminRelationship, ok bool, err error) {
	filter := "displayName eq '" + strings.ReplaceAll(name, "'", "''") + "'"
	k := graphCall(get(withQuery(adminRelationships, "$filter", url.QueryEscape(filter))))
	err = c.items(ctx, k, pagingToken, 0, func(at flow.Source, item object) error {
		r := reading{wrong: &mistakes{at: at}, of: item}
		if r.scalar("displayName") != name {
			return nil
		}
		found, ok = adminOf(r), true
		if err := r.wrong.err(); err != nil {
			return rowError(at, err)
		}
		return errEnough
	})
	return found, ok, err
}

// AdminGet is an admin relationship as it is now.
func (c *Client) AdminGet(ctx context.Context, id string) (AdminRelationship, error) {
	r, err := c.askObject(ctx, graphCall(get(pathOf(adminRelationships+"/%s", id))))
	if err != nil {
		return AdminRelationship{}, err
	}
	a := adminOf(r)
	return a, rowError(r.wrong.at, r.wrong.err())
}

func adminOf(r reading) AdminRelationship {
	a := AdminRelationship{
		ID: r.text("id"), Name: r.text("displayName"), Status: r.text("status"), EndsAt: r.instant("endDateTime"),
		Extends: strings.EqualFold(r.text("autoExtendDuration"), "P180D"), version: r.text("@odata.etag"),
		Days: daysOf(r.text("duration")),
	}
	if who, ok := r.sub("customer"); ok {
		a.Customer, a.CustomerName = who.text("tenantId"), who.text("displayName")
	}
	if access, ok := r.sub("accessDetails"); ok {
		for _, raw := range access.list("unifiedRoles") {
			o, _ := objectOf(raw)
			a.Roles = append(a.Roles, reading{wrong: r.wrong, of: o}.text("roleDefinitionId"))
		}
	}
	if a.ID == "" {
		r.add("id", "is missing, and required")
	}
	return a
}

// daysOf reads P730D and P2Y; 0 where it is neither.
func daysOf(text string) int {
	if days, ok := strings.CutSuffix(strings.ToUpper(text), "D"); ok {
		return parseTerm(days + "M")
	}
	return parseTerm(text) / 12 * 365
}

// AdminEnd ends an admin relationship: one that was never sent out is taken away.
func (c *Client) AdminEnd(ctx context.Context, id string) error {
	a, err := c.AdminGet(ctx, id)
	if err != nil {
		return err
	}
	if !strings.EqualFold(a.Status, "created") {
		return c.adminAction(ctx, id, "terminate")
	}
	k := graphCall(get(pathOf(adminRelationships+"/%s", id)))
	k.method, k.etag = http.MethodDelete, a.version
	_, err = c.ask(ctx, k)
	return err
}

func (c *Client) adminAction(ctx context.Context, id, action string) error {
	_, err := c.ask(ctx, graphCall(post(pathOf(adminRelationships+"/%s/requests", id), map[string]string{"action": action})))
	return err
}

// AdminAssign gives a security group of the partner's some roles of an admin
// relationship that is active. Asked for again, nothing is added.
func (c *Client) AdminAssign(ctx context.Context, id, group string, roles []string) error {
	path := pathOf(adminRelationships+"/%s/accessAssignments", id)
	assigned := false
	err := c.items(ctx, graphCall(get(path)), pagingToken, 0, func(_ flow.Source, item object) error {
		r := reading{wrong: &mistakes{}, of: item}
		who, ok := r.object("accessContainer")
		if ok && strings.EqualFold(who.scalar("accessContainerId"), group) && !strings.HasPrefix(strings.ToLower(r.scalar("status")), "delet") {
			assigned = true
			return errEnough
		}
		return nil
	})
	if err != nil || assigned {
		return err
	}
	_, err = c.ask(ctx, graphCall(post(path, map[string]any{
		"accessContainer": map[string]string{"accessContainerId": group, "accessContainerType": "securityGroup"},
		"accessDetails":   rolesOf(roles),
	})))
	return err
}
