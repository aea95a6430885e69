package standin

import (
	"strings"
	"time"
)

// agreementTemplate is the template of the Microsoft Customer Agreement, as
// Microsoft publishes it.
const agreementTemplate = "117a77b0-9360-443b-8795-c6dedc750cf9"

const (
	agreementKind = "MicrosoftCustomerAgreement"
	agreementLink = "https://aka.ms/customeragreement"
)

// agreementMetadata is what there is to agree to.
func (w *World) agreementMetadata(c *call) *answer {
	items := []object{}
	if kind := c.query("agreementType"); kind == "" || kind == "*" || strings.EqualFold(kind, agreementKind) {
		items = append(items, object{"templateId": agreementTemplate, "agreementType": agreementKind, "agreementLink": agreementLink, "versionRank": 0})
	}
	return ok(collection(items, ""))
}

// agreementList is what the partner confirmed for a customer.
func (w *World) agreementList(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	items := []object{}
	for _, a := range w.agreements[found.ID] {
		o := a.body()
		o["agreementLink"] = agreementLink
		items = append(items, o)
	}
	return ok(object{"totalCount": len(items), "items": items})
}

func (a agreement) body() object {
	return object{
		"primaryContact": object{"firstName": a.first, "lastName": a.last, "email": a.email, "phoneNumber": a.phone},
		"templateId":     a.template, "dateAgreed": stamp(a.agreedAt), "type": agreementKind,
	}
}

// agreementCreate confirms that a customer agreed; the same contact twice is refused.
func (w *World) agreementCreate(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	var want struct {
		PrimaryContact         struct{ FirstName, LastName, Email, PhoneNumber string }
		TemplateID, DateAgreed string
		Type                   string
	}
	if no := c.read(&want); no != nil {
		return no
	}
	p := want.PrimaryContact
	switch {
	case !strings.EqualFold(want.Type, agreementKind) || want.TemplateID != agreementTemplate:
		return refuseInput("the template is not that of the current agreement")
	case p.FirstName == "" || p.LastName == "" || p.Email == "":
		return refuseInput("primaryContact needs firstName, lastName and email")
	}
	day, err := dayIn(want.DateAgreed)
	if err != nil || midnight(day).After(w.now) {
		return refuseInput("dateAgreed %q is not a day that has been", want.DateAgreed)
	}
	for _, a := range w.agreements[found.ID] {
		if strings.EqualFold(a.email, p.Email) && a.first == p.FirstName && a.last == p.LastName {
			return refuseNewer(600061, "PartnerConfirmedAgreementAlreadyExists")
		}
	}
	made := agreement{first: p.FirstName, last: p.LastName, email: p.Email, phone: p.PhoneNumber, template: want.TemplateID, agreedAt: midnight(day)}
	w.agreements[found.ID] = append(w.agreements[found.ID], made)
	w.note("create_agreement", "agreement", found, w.auditValue(made.body()))
	o := made.body()
	o["userId"] = w.newID()
	return created(o)
}

// directSigned says whether the customer signed with Microsoft itself.
func (w *World) directSigned(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	return ok(object{"isSigned": !found.directlyAgreedAt.IsZero()})
}

// validationStatus is how Microsoft's look at a customer's account came out.
func (w *World) validationStatus(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	if !strings.EqualFold(c.query("type"), "account") {
		return refuseInput("type must be account")
	}
	return ok(object{"type": "account", "status": found.account, "lastUpdateDateTime": found.createdAt.Format(time.RFC3339)[:19]})
}

// qualificationList and qualificationCreate are a customer's special segments;
// Microsoft looks into each before it counts.
func (w *World) qualificationList(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	list := []object{}
	for _, q := range found.qualifications {
		list = append(list, object{"qualification": q.name, "vettingStatus": q.status})
	}
	return ok(list)
}

func (w *World) qualificationCreate(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	var want struct{ Qualification string }
	if no := c.read(&want); no != nil {
		return no
	}
	if !isOneOf(want.Qualification, []string{"Education", "GovernmentCommunityCloud", "StateOwnedEntity", "Nonprofit"}) {
		return refuseInput("qualification %q is not known", want.Qualification)
	}
	found.qualifications = append(found.qualifications, qualification{name: want.Qualification, status: "InReview"})
	at := len(found.qualifications) - 1
	w.at(w.now.Add(vettingTakes), func() { found.qualifications[at].status = "Approved" })
	return created(object{"qualification": want.Qualification, "vettingStatus": "InReview", "vettingCreateDate": stamp(w.now)})
}

// vettingTakes is how long Microsoft looks into a qualification here.
const vettingTakes = 48 * time.Hour
