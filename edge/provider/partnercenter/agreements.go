package partnercenter

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"prorata/core/calendar"
	"prorata/flow"
)

// customerAgreement is the type of the Microsoft Customer Agreement, without
// which a customer cannot buy.
const customerAgreement = "MicrosoftCustomerAgreement"

// Acceptance is that of the customer agreement by a person of the customer's.
type Acceptance struct {
	FirstName, LastName, Email, Phone string
	On                                calendar.Date
}

// Acceptances are those that partners have recorded for a customer.
func (c *Client) Acceptances(ctx context.Context, customer string) iter.Seq2[Acceptance, error] {
	path := withQuery(pathOf("/v1/customers/%s/agreements", customer), "agreementType", customerAgreement)
	return stream(func(take taken) error {
		return c.items(ctx, get(path).byPerson(), pagingToken, 0, func(at flow.Source, item object) error {
			kind := reading{wrong: &mistakes{}, of: item}.scalar("type")
			if kind != "" && !strings.EqualFold(kind, customerAgreement) {
				return nil
			}
			return take(at, item)
		})
	}, func(r reading) Acceptance {
		a := Acceptance{}
		if at := r.instant("dateAgreed"); !at.IsZero() {
			a.On = dayOf(at)
		}
		if p, ok := r.sub("primaryContact"); ok {
			a.FirstName, a.LastName, a.Email, a.Phone = p.text("firstName"), p.text("lastName"), p.text("email"), p.text("phoneNumber")
		}
		return a
	})
}

// Agreed says whether a customer has accepted the customer agreement, by itself
// or as a partner recorded.
func (c *Client) Agreed(ctx context.Context, customer string) (bool, error) {
	r, err := c.askObject(ctx, get(pathOf("/v1/customers/%s/directSignedMicrosoftCustomerAgreementStatus", customer)).byPerson())
	if err != nil && !refusedWith(err, http.StatusNotFound) {
		return false, err
	}
	if err == nil && r.flag("isSigned") {
		return true, nil
	}
	for _, err := range c.Acceptances(ctx, customer) {
		if refusedWith(err, http.StatusNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}

// Accept records that a person of the customer's accepted the customer agreement,
// in the wording of today. What is recorded already stays.
func (c *Client) Accept(ctx context.Context, customer string, a Acceptance) error {
	template, err := c.agreementTemplate(ctx)
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, post(pathOf("/v1/customers/%s/agreements", customer), map[string]any{
		"primaryContact": map[string]string{"firstName": a.FirstName, "lastName": a.LastName, "email": a.Email, "phoneNumber": a.Phone},
		"templateId":     template, "dateAgreed": a.On.String() + "T00:00:00.000Z", "type": customerAgreement,
	}).byPerson())
	if refusedFor(err, codeAlreadyAgreed) {
		return nil
	}
	return err
}

// agreementTemplate is the id of the agreement's newest wording.
func (c *Client) agreementTemplate(ctx context.Context) (string, error) {
	k := get("/v1/agreements?agreementType=" + url.QueryEscape(customerAgreement)).byPerson()
	template, rank := "", ""
	err := c.items(ctx, k, pagingToken, 0, func(_ flow.Source, item object) error {
		r := reading{wrong: &mistakes{}, of: item}
		kind, version := r.scalar("agreementType"), r.scalar("versionRank")
		if (kind == "" || strings.EqualFold(kind, customerAgreement)) && (template == "" || newer(version, rank)) {
			template, rank = r.scalar("templateId"), version
		}
		return nil
	})
	if err == nil && template == "" {
		err = damaged(k.name(), 0, "templateId: no wording of the customer agreement is given")
	}
	return template, err
}

// newer compares two version ranks.
func newer(a, b string) bool {
	x, _ := parseNumber(a)
	y, _ := parseNumber(b)
	return x.Cmp(y) > 0
}
