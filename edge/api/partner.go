package api

import (
	"context"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// AskedCustomer is a customer as its provider tells of it now.
type AskedCustomer struct {
	ID       string `json:"id" doc:"The provider's id."`
	Name     string `json:"name" doc:"What the provider calls it."`
	Domain   string `json:"domain,omitempty" doc:"Its domain."`
	Country  string `json:"country,omitempty" doc:"Its country."`
	Reseller string `json:"reseller,omitempty" doc:"The provider's id of its indirect reseller."`
	Agreed   *bool  `json:"agreed,omitempty" doc:"Whether it accepted the provider's agreement; absent where the provider did not tell."`
	Account  string `json:"account,omitempty" doc:"The account that it is; absent where nobody said which."`
	Contract string `json:"contract,omitempty" doc:"The contract that takes what it buys; absent for the account's only one."`
}

// AskedCustomers are what a provider answers.
type AskedCustomers struct {
	Items      []AskedCustomer `json:"items" nullable:"false" doc:"The customers, in the provider's order."`
	Unreadable []string        `json:"unreadable" nullable:"false" doc:"What could not be read, and why."`
}

func askedCustomerOf(c *office.AskedCustomer) AskedCustomer {
	shown := AskedCustomer{ID: c.ID, Name: c.Name, Domain: c.Domain, Country: c.Country, Reseller: c.Reseller, Account: string(c.Account), Contract: string(c.Contract)}
	if c.AgreedKnown {
		shown.Agreed = &c.Agreed
	}
	return shown
}

func providerCustomerAsk(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Unlinked bool `query:"unlinked" doc:"Only those that are no account."`
	Agreed   bool `query:"agreed" doc:"Also ask of each whether it accepted the agreement, which is a question for each."`
}) (*struct{ Body AskedCustomers }, error) {
	list, unreadable, err := desk.ProviderCustomerAsk(ctx, in.id(), in.Unlinked, in.Agreed)
	if err != nil {
		return nil, err
	}
	asked := AskedCustomers{make([]AskedCustomer, len(list)), make([]string, len(unreadable))}
	for i := range list {
		asked.Items[i] = askedCustomerOf(&list[i])
	}
	for i, one := range unreadable {
		asked.Unreadable[i] = one.Error()
	}
	return &struct{ Body AskedCustomers }{asked}, nil
}

// CustomerLinked says which account a provider's customer is.
type CustomerLinked struct {
	Account  string `json:"account" minLength:"1" maxLength:"100" doc:"The account that it is." example:"contoso"`
	Contract string `json:"contract,omitempty" maxLength:"100" doc:"The contract that takes what it buys; the account's only one where it is not given."`
}

// CustomerNamed is asked of one customer of a provider.
type CustomerNamed struct {
	ConnectionNamed
	Customer string `path:"customer" maxLength:"200" doc:"The provider's id of the customer."`
}

func (in *CustomerNamed) link(to *CustomerLinked) flow.CustomerLink {
	return flow.CustomerLink{Connection: in.id(), Customer: in.Customer, Account: accountID(to.Account), Contract: billing.ContractID(to.Contract)}
}

func customerLink(ctx context.Context, desk *office.Desk, in *struct {
	CustomerNamed
	Matching
	Body CustomerLinked
}) (*struct{}, error) {
	version, err := in.madeOrKnown()
	if err != nil {
		return nil, err
	}
	return nil, in.needed(desk.CustomerLink(ctx, in.link(&in.Body), &version))
}

// LinkChecked is what the provider has.
type LinkChecked struct {
	ID string `json:"id" doc:"The id as the provider spells it: link by this one."`
}

func customerLinkCheck(ctx context.Context, desk *office.Desk, in *struct {
	CustomerNamed
	Body CustomerLinked
}) (*struct{ Body LinkChecked }, error) {
	link, err := desk.CustomerLinkCheck(ctx, in.link(&in.Body))
	if err != nil {
		return nil, err
	}
	return &struct{ Body LinkChecked }{LinkChecked{link.Customer}}, nil
}

// HoldingLinked says which subscription a provider's holding is.
type HoldingLinked struct {
	Subscription string `json:"subscription" minLength:"1" maxLength:"200" doc:"The subscription that it is, or is a part of." example:"s1"`
}

func (in *HoldingNamed) link(to *HoldingLinked) flow.HoldingLink {
	return flow.HoldingLink{Connection: in.id(), Holding: in.Holding, Subscription: billing.SubscriptionID(to.Subscription)}
}

func holdingLink(ctx context.Context, desk *office.Desk, in *struct {
	HoldingNamed
	Matching
	Body HoldingLinked
}) (*struct{}, error) {
	version, err := in.madeOrKnown()
	if err != nil {
		return nil, err
	}
	return nil, in.needed(desk.HoldingLink(ctx, in.link(&in.Body), &version))
}

func holdingLinkCheck(ctx context.Context, desk *office.Desk, in *struct {
	HoldingNamed
	Body HoldingLinked
}) (*struct{ Body LinkChecked }, error) {
	link, err := desk.HoldingLinkCheck(ctx, in.link(&in.Body))
	if err != nil {
		return nil, err
	}
	return &struct{ Body LinkChecked }{LinkChecked{link.Holding}}, nil
}

// Invitation asks a customer to let us in.
type Invitation struct {
	Admin    bool         `json:"admin,omitempty" doc:"The older form, which gives our people access as well."`
	Reseller string       `json:"reseller,omitempty" maxLength:"100" doc:"For this indirect reseller, by its tenant or location id."`
	Access   *AccessAsked `json:"access,omitempty" doc:"An admin relationship that is made with it, or taken up again where its name is there; none where it is not given."`
}

// AccessAsked is an admin relationship that is asked for.
type AccessAsked struct {
	Name     string   `json:"name" minLength:"1" maxLength:"50" doc:"Its name." example:"Service desk"`
	Roles    []string `json:"roles" nullable:"false" minItems:"1" maxItems:"100" doc:"Its roles in the customer's directory, by name or id." example:"[\"directory-readers\"]"`
	Days     int      `json:"days,omitempty" minimum:"1" maximum:"730" default:"365" doc:"How long it lasts."`
	Extends  bool     `json:"extends,omitempty" doc:"It is prolonged by half a year whenever it ends."`
	Customer string   `json:"customer,omitempty" maxLength:"100" doc:"Only for this tenant; for whoever accepts it where it is not given."`
}

// InvitationLinks are where a customer's administrator lets us in.
type InvitationLinks struct {
	Relationship string      `json:"relationship" doc:"Where the reseller relationship is accepted."`
	Access       *AccessMade `json:"access,omitempty" doc:"The admin relationship; absent where none was asked for."`
}

// AccessMade is an admin relationship that waits to be accepted.
type AccessMade struct {
	ID     string   `json:"id" doc:"The provider's id of it."`
	Name   string   `json:"name" doc:"Its name."`
	Status string   `json:"status" doc:"How it stands, in the provider's word."`
	Link   string   `json:"link" doc:"Where it is accepted."`
	Days   int      `json:"days" doc:"How long it lasts."`
	Roles  []string `json:"roles" nullable:"false" doc:"The ids of its roles."`
}

func invitationMake(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Body Invitation
}) (*struct{ Body InvitationLinks }, error) {
	ask := office.Invitation{Admin: in.Body.Admin, Reseller: in.Body.Reseller}
	if a := in.Body.Access; a != nil {
		ask.Access, ask.Roles, ask.Days, ask.Extends, ask.Customer = a.Name, a.Roles, a.Days, a.Extends, a.Customer
	}
	links, err := desk.InvitationMake(ctx, in.id(), ask)
	if err != nil {
		return nil, err
	}
	shown := InvitationLinks{Relationship: links.Relationship}
	if made := &links.Access; made.ID != "" {
		shown.Access = &AccessMade{made.ID, made.Name, made.Status, made.Link, made.Days, append([]string{}, made.Roles...)}
	}
	return &struct{ Body InvitationLinks }{shown}, nil
}

// Acceptance is a customer's agreement to the provider's terms, by a person who may speak for it.
type Acceptance struct {
	First string `json:"first_name" minLength:"1" maxLength:"100" doc:"The first name of who accepted."`
	Last  string `json:"last_name" minLength:"1" maxLength:"100" doc:"The last name."`
	Email string `json:"email" format:"email" maxLength:"254" doc:"The mail address." example:"ann@contoso.example"`
	Phone string `json:"phone,omitempty" maxLength:"50" doc:"The telephone number."`
	On    Day    `json:"on,omitempty" doc:"The day on which it was accepted; today where it is not given."`
}

// AcceptanceReport is what became of an acceptance.
type AcceptanceReport struct {
	Name    string `json:"name" doc:"The customer's name, as the provider has it."`
	Already bool   `json:"already" doc:"It was recorded before, and nothing was done."`
	Agreed  bool   `json:"agreed" doc:"Whether the provider counts the customer as agreed; it can take a while."`
}

func agreementAccept(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Customer string `path:"customer" maxLength:"200" doc:"The provider's id of the customer."`
	Body     Acceptance
}) (*struct{ Body AcceptanceReport }, error) {
	on, err := in.Body.On.date("on")
	if err != nil {
		return nil, err
	}
	if on.IsZero() {
		on = desk.Today()
	}
	report, err := desk.AgreementAccept(ctx, in.id(), office.Acceptance{Customer: in.Customer, First: in.Body.First, Last: in.Body.Last, Email: in.Body.Email, Phone: in.Body.Phone, On: on})
	if err != nil {
		return nil, err
	}
	return &struct{ Body AcceptanceReport }{AcceptanceReport{report.Name, report.Already, report.Already || report.Agreed}}, nil
}
