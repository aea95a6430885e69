package api

import (
	"context"
	"time"

	"prorata/core/billing"
	"prorata/flow/office"
)

// User is somebody who signs in.
type User struct {
	ID string `json:"id" doc:"Their id."`
	UserDraft
	State      string     `json:"state" enum:"invited,active,disabled" doc:"Whether they have come in yet, may, or may not any more."`
	MadeAt     time.Time  `json:"made_at" doc:"When they were invited."`
	SignedInAt *time.Time `json:"signed_in_at,omitempty" doc:"When they last signed in; absent where they never did."`
	Password   bool       `json:"password" doc:"Whether they have one: who signs in elsewhere has none."`
	Factors    int        `json:"factors" doc:"How many second factors they have."`
}

// UserDraft is what an owner says of a user.
type UserDraft struct {
	Address  string   `json:"address" minLength:"3" maxLength:"254" doc:"The e-mail address that they sign in with." example:"ann@nord.example"`
	Name     string   `json:"name,omitempty" maxLength:"120" doc:"Their name."`
	Language string   `json:"language,omitempty" maxLength:"12" doc:"A language tag, such as de or en-GB; the seller's where it is not given."`
	Roles    []string `json:"roles" nullable:"false" minItems:"1" maxItems:"8" enum:"owner,finance,clerk,operations,sales,auditor,reseller,customer" doc:"What they are here to do. A reseller or customer has this one role."`
	Accounts []string `json:"accounts,omitempty" nullable:"false" maxItems:"1000" doc:"The accounts that a reseller or customer sees, with all below them; nobody else has any."`
}

func userOf(u *office.User) User {
	return User{ID: string(u.ID), UserDraft: UserDraft{u.Address, u.Name, u.Language, roleWordsOf(u.Roles), words(u.Accounts)}, State: string(u.State), MadeAt: u.MadeAt.UTC(),
		SignedInAt: instantOf(u.SignedInAt), Password: u.Password, Factors: u.Factors}
}

func roleWordsOf(roles []office.Role) []string {
	list := make([]string, len(roles))
	for i, role := range roles {
		list[i] = role.String()
	}
	return list
}

func rolesOf(list []string) (roles []office.Role, err error) {
	for _, word := range list {
		role, err := office.ParseRole(word)
		if err != nil {
			return nil, &office.FieldError{Field: "roles", Err: err}
		}
		roles = append(roles, role)
	}
	return roles, nil
}

func (d *UserDraft) draft() (office.UserDraft, error) {
	roles, err := rolesOf(d.Roles)
	draft := office.UserDraft{Address: d.Address, Name: d.Name, Language: d.Language, Roles: roles}
	for _, id := range d.Accounts {
		draft.Accounts = append(draft.Accounts, billing.AccountID(id))
	}
	return draft, err
}

type usersAsked struct {
	Paging
	State  string `query:"state" enum:"invited,active,disabled" doc:"Only in this state."`
	Role   string `query:"role" enum:"owner,finance,clerk,operations,sales,auditor,reseller,customer" doc:"Only with this role."`
	Search string `query:"search" maxLength:"200" doc:"A part of the address or the name."`
}

func userList(ctx context.Context, desk *office.Desk, in *usersAsked) (*listed[User], error) {
	after, err := begin[string]("users", in.After)
	if err != nil {
		return nil, err
	}
	filter := office.UserFilter{State: office.UserState(in.State), Search: in.Search, After: after, Most: in.Limit + 1}
	if in.Role != "" {
		role, err := office.ParseRole(in.Role)
		if err != nil {
			return nil, &office.FieldError{Field: "role", Err: err}
		}
		filter.Role = &role
	}
	list, err := desk.UserList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageOf("users", in.Limit, list, userOf, func(u *office.User) string { return u.Address }), nil
}

// UserNamed is asked of one user.
type UserNamed struct {
	ID string `path:"id" maxLength:"254" doc:"The user's id."`
}

func userGet(ctx context.Context, desk *office.Desk, in *UserNamed) (*tagged[User], error) {
	user, err := desk.UserGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return userTagged(&user), nil
}

func userTagged(user *office.User) *tagged[User] {
	return &tagged[User]{versionTag(user.Version), userOf(user)}
}

// UserLink is shown once, and kept by nobody.
type UserLink struct {
	Link string `json:"link" doc:"The address at which they come in. It is good once, and not shown again."`
}

// UserMade is an invited user with their link.
type UserMade struct {
	User User `json:"user" doc:"The user."`
	UserLink
}

func (a *API) userInvite(ctx context.Context, desk *office.Desk, in *struct{ Body UserDraft }) (*created[UserMade], error) {
	draft, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	user, link, err := desk.UserInvite(ctx, draft)
	if err != nil {
		return nil, err
	}
	return &created[UserMade]{"/v1/users/" + string(user.ID), UserMade{userOf(&user), UserLink{a.settings.Welcome + link}}}, nil
}

func userChange(ctx context.Context, desk *office.Desk, in *struct {
	UserNamed
	Matching
	Body UserDraft
}) (*tagged[User], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	draft, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	user, err := desk.UserChange(ctx, office.UserID(in.ID), draft, version)
	if err != nil {
		return nil, err
	}
	return userTagged(&user), nil
}

func userDisable(ctx context.Context, desk *office.Desk, in *struct {
	UserNamed
	Body Reason
}) (*tagged[User], error) {
	user, err := desk.UserDisable(ctx, office.UserID(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return userTagged(&user), nil
}

func userEnable(ctx context.Context, desk *office.Desk, in *UserNamed) (*tagged[User], error) {
	user, err := desk.UserEnable(ctx, office.UserID(in.ID))
	if err != nil {
		return nil, err
	}
	return userTagged(&user), nil
}

type userLinking struct {
	UserNamed
	Body struct {
		Factors bool `json:"factors,omitempty" doc:"Takes their second factors away, too: for who lost them."`
	}
}

func (a *API) userLink(ctx context.Context, desk *office.Desk, in *userLinking) (*struct{ Body UserLink }, error) {
	link, err := desk.UserLink(ctx, office.UserID(in.ID), in.Body.Factors)
	if err != nil {
		return nil, err
	}
	return &struct{ Body UserLink }{UserLink{a.settings.Welcome + link}}, nil
}

// FactorPolicy says who must have a second factor.
type FactorPolicy struct {
	Roles []string `json:"roles" nullable:"false" maxItems:"8" enum:"owner,finance,clerk,operations,sales,auditor,reseller,customer" doc:"The roles that require one."`
}

func factorPolicyGet(ctx context.Context, desk *office.Desk, _ *struct{}) (*tagged[FactorPolicy], error) {
	roles, err := desk.FactorPolicyGet(ctx)
	if err != nil {
		return nil, err
	}
	return &tagged[FactorPolicy]{versionTag(office.FactorPolicyVersion(roles)), FactorPolicy{roleWordsOf(roles)}}, nil
}

func factorPolicyChange(ctx context.Context, desk *office.Desk, in *struct {
	Matching
	Body FactorPolicy
}) (*tagged[FactorPolicy], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	roles, err := rolesOf(in.Body.Roles)
	if err != nil {
		return nil, err
	}
	if err := desk.FactorPolicyChange(ctx, roles, version); err != nil {
		return nil, err
	}
	return factorPolicyGet(ctx, desk, nil)
}
