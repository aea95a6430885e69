package standin

import (
	"fmt"
	"net/http"
)

// refusals are Microsoft's codes with the HTTP status they come with, and a
// sentence of ours. Which code belongs to what is Microsoft's to say; the
// sentences may have places for details.
var refusals = map[int]struct {
	status   int
	sentence string
}{
	2001:   {http.StatusBadRequest, "The quantity cannot change while the subscription is suspended."},
	2002:   {http.StatusBadRequest, "The quantity is outside what the offer allows."},
	2011:   {http.StatusBadRequest, "Subscription %s is deleted and cannot be updated."},
	2032:   {http.StatusForbidden, "Access denied."},
	2054:   {http.StatusBadRequest, "The billing cycle cannot be changed by updating the subscription."},
	2055:   {http.StatusBadRequest, "The etag is no longer valid."},
	3000:   {http.StatusNotFound, "No partner organization with the id %s was found."},
	13605:  {http.StatusForbidden, "The customer's acceptance of the Microsoft Customer Agreement must be confirmed first."},
	20000:  {http.StatusNotFound, "Order %s was not found."},
	20002:  {http.StatusForbidden, "Partner %s has no commerce relationship with customer %s."},
	20003:  {http.StatusNotFound, "Subscription %s was not found."},
	60003:  {http.StatusNotFound, "Tenant %s was not found."},
	400013: {http.StatusNotFound, "Product %s was not found."},
	400018: {http.StatusNotFound, "SKU %s was not found."},
	400019: {http.StatusNotFound, "Availability %s was not found; read the current one and try again."},
	400030: {http.StatusForbidden, "The segment %s is not allowed."},
	400036: {http.StatusForbidden, "The target view %s is not allowed."},
	600049: {http.StatusBadRequest, "The organization's registration number is missing."},
	600061: {http.StatusBadRequest, "An agreement that the partner confirmed exists for the customer already."},
	600074: {http.StatusNotFound, "There is no account status for customer %s."},
	800002: {http.StatusBadRequest, "The request is not valid: %s."},
	800008: {http.StatusNotFound, "Cart %s was not found."},
	800009: {http.StatusBadRequest, "The cart has items with errors."},
	800012: {http.StatusBadRequest, "The subscription is not active."},
	800018: {http.StatusBadRequest, "The sandbox's limit is reached."},
	800023: {http.StatusForbidden, "The credit line does not reach for this purchase."},
	800029: {http.StatusBadRequest, "The add-on does not belong to the parent subscription."},
	800040: {http.StatusBadRequest, "The status cannot be changed to %s from %s."},
	800060: {http.StatusConflict, "The order is in progress; look at recent orders in a few minutes."},
	800061: {http.StatusBadRequest, "The order cannot be canceled."},
	800064: {http.StatusConflict, "Cart %s is being processed by another request."},
	800065: {http.StatusBadRequest, "Cart %s was submitted already and cannot be changed or checked out."},
	800066: {http.StatusForbidden, "The customer has the most subscriptions it may have."},
	800067: {http.StatusForbidden, "The seats exceed what a subscription may have."},
	800073: {http.StatusForbidden, "The customer account is under review; look again in a few days."},
	800075: {http.StatusForbidden, "The customer account was not approved; transactions are not allowed."},
	800090: {http.StatusBadRequest, "The subscription's quantity cannot be decreased."},
	800091: {http.StatusBadRequest, "A suspended subscription cannot be updated."},
	800093: {http.StatusBadRequest, "The subscription cannot be set to renew."},
	800095: {http.StatusBadRequest, "The seats of this subscription cannot be updated."},
	800096: {http.StatusBadRequest, "The status of this subscription cannot be updated."},
	800097: {http.StatusBadRequest, "The billing cycle of this subscription cannot be updated."},
	800121: {http.StatusBadRequest, "The term duration is not valid."},
	900117: {http.StatusBadRequest, "The %d-day window for cancelling has passed; the purchase cannot be canceled."},
	900123: {http.StatusForbidden, "The indirect reseller has not accepted the Microsoft Partner Agreement."},
	900206: {http.StatusBadRequest, "The partner's attestation is missing."},
	900236: {http.StatusBadRequest, "The target subscription must end after the source subscription."},
	900242: {http.StatusBadRequest, "The custom term end date of line item %d fits neither an active subscription's end nor a month's."},
	900244: {http.StatusBadRequest, "The custom term end date of the next term is only for online services."},
	900245: {http.StatusBadRequest, "The custom term end date of the next term must lie within that term, and a monthly term cannot end on a 28th, 29th or 30th that is not a month's last."},
	900246: {http.StatusBadRequest, "The custom term end date of the next term fits neither an active subscription's end nor a month's."},
	900257: {http.StatusBadRequest, "The %d-day window for reducing seats has passed."},
	900258: {http.StatusBadRequest, "The target subscription must be active."},
	900259: {http.StatusBadRequest, "The target subscription cannot be the source subscription."},
	900260: {http.StatusBadRequest, "The target subscription must have the catalog item that the transition names."},
	900267: {http.StatusBadRequest, "The target term cannot be shorter than the source's."},
	900268: {http.StatusBadRequest, "The target's term duration is not valid."},
	900269: {http.StatusBadRequest, "The billing cycle is not valid."},
	900270: {http.StatusBadRequest, "The billing cycle cannot be longer than the term."},
	900275: {http.StatusBadRequest, "The quantity of line item %d is outside what the offer allows."},
	900278: {http.StatusConflict, "An operation on this subscription is pending; try again after 24 hours."},
	900280: {http.StatusBadRequest, "The subscription cannot be updated at present."},
	900311: {http.StatusBadRequest, "The subscription has been updated too often."},
	900329: {http.StatusForbidden, "This resource cannot be had with an application's token alone."},
	900420: {http.StatusUnauthorized, "The token was made for another audience."},
}

// refuse answers with one of Microsoft's codes; args fill its sentence's places.
func refuse(code int, args ...any) *answer {
	r, known := refusals[code]
	if !known {
		panic(fmt.Sprintf("code %d is not in the table", code)) // a mistake of ours
	}
	return &answer{status: r.status, body: refusalBody(code, fmt.Sprintf(r.sentence, args...))}
}

func refusalBody(code int, sentence string) object {
	return object{"code": code, "description": sentence, "data": []any{}, "source": "PartnerFD"}
}

// refuseNewer is a refusal in the longer form that newer parts of the Partner
// Center use.
func refuseNewer(code int, name string, args ...any) *answer {
	r := refusals[code]
	sentence := fmt.Sprintf(r.sentence, args...)
	return &answer{status: r.status, body: object{
		"code": code, "message": sentence, "description": sentence, "errorName": name, "isRetryable": false,
		"errorMessageExtended": fmt.Sprintf("InternalErrorCode=%d", code), "parameters": object{},
	}}
}

// refuseOther is a refusal of the pricing host and of Graph, whose form is another.
func refuseOther(status int, code, sentence string) *answer {
	return &answer{status: status, body: object{"error": object{"code": code, "message": sentence, "innerError": object{}}}}
}

// refuseInput says what of a request is not valid.
func refuseInput(what string, args ...any) *answer { return refuse(800002, fmt.Sprintf(what, args...)) }
