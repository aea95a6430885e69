package standin

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	// attemptsMax is how often a notification is tried before it is parked for good.
	attemptsMax = 10
	// firstWait is before the second try; each further one waits twice as long.
	firstWait       = time.Second
	certificatePath = "/standin/certificates/webhook.cer"
	authorityPath   = "/standin/certificates/authority.cer"
	// testEvent is what a validation sends.
	testEvent         = "test-created"
	subscriptionEvent = "subscription-updated"
	invoiceEvent      = "invoice-ready"
	// validationsMax is how many validations may be asked for in a minute.
	validationsMax = 2
)

// hookEventNames are the events that can be registered for.
var hookEventNames = []string{
	"azure-fraud-event-detected", "granular-admin-relationship-activated", "granular-admin-relationship-approved", "granular-admin-relationship-terminated",
	invoiceEvent, "reseller-relationship-accepted-by-customer", subscriptionEvent, testEvent, "usagerecords-thresholdExceeded",
}

// registration is where the partner wants to be told, and of what.
type registration struct {
	subscriber, url string
	events          []string
	// ownHeader puts the signature into a header of its own.
	ownHeader bool
}

// notification is one event on its way.
type notification struct {
	event, body string
	// validation is set where it is a test's.
	validation *validation
}

// validation is a test of the way to the partner.
type validation struct {
	id      string
	askedAt time.Time
	done    bool
	results []object
	url     string
}

// webhooks are the partner's registration and what waits to be sent.
type webhooks struct {
	registered *registration
	queue      []notification
	parked     []string
	tests      []*validation
	// address is the world's, as whoever registered saw it.
	address string
	signer  *signer
	// ring is rung when there is something to send.
	ring chan struct{}
}

func (b *billing) hookEvents(*call) *answer { return ok(hookEventNames) }

// registrationJSON is how a registration is written, in Pascal case.
type registrationJSON struct {
	SubscriberID string   `json:"SubscriberId,omitempty"`
	URL          string   `json:"WebhookUrl"`
	Events       []string `json:"WebhookEvents"`
	OwnHeader    bool     `json:"SignatureTokenToMsSignatureHeader,omitempty"`
}

func (r *registration) form(withID bool) registrationJSON {
	form := registrationJSON{URL: r.url, Events: r.events, OwnHeader: r.ownHeader}
	if withID {
		form.SubscriberID = r.subscriber
	}
	return form
}

func noRegistration() *answer {
	return &answer{status: http.StatusNotFound, body: object{"code": 2000, "description": "There is no registration for notifications.", "data": []any{}, "source": "PartnerFD"}}
}

func (b *billing) hookRegistration(*call) *answer {
	if b.hooks.registered == nil {
		return noRegistration()
	}
	return ok(b.hooks.registered.form(false))
}

func (b *billing) hookRegister(c *call) *answer {
	return b.register(c, &registration{subscriber: b.world.newID()})
}

func (b *billing) hookUpdate(c *call) *answer {
	if b.hooks.registered == nil {
		return noRegistration()
	}
	return b.register(c, &registration{subscriber: b.hooks.registered.subscriber})
}

func (b *billing) register(c *call, r *registration) *answer {
	var form registrationJSON
	if no := c.read(&form); no != nil {
		return no
	}
	if to, err := url.Parse(form.URL); err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return refuseInput("WebhookUrl %q", form.URL)
	}
	for _, event := range form.Events {
		if !slices.Contains(hookEventNames, event) {
			return refuseInput("WebhookEvents has %q", event)
		}
	}
	r.url, r.events, r.ownHeader = form.URL, form.Events, form.OwnHeader
	b.hooks.registered, b.hooks.address = r, c.address
	return ok(r.form(true))
}

func (b *billing) hookValidate(*call) *answer {
	h := &b.hooks
	if h.registered == nil || !slices.Contains(h.registered.events, testEvent) {
		return refuseInput("the registration has no %s", testEvent)
	}
	recent := 0
	for _, v := range h.tests {
		if b.world.now.Sub(v.askedAt) < time.Minute {
			recent++
		}
	}
	if recent >= validationsMax {
		const seconds = 60
		return (&answer{status: http.StatusTooManyRequests, body: object{"statusCode": 429, "message": fmt.Sprintf("Rate limit is exceeded. Try again in %d seconds.", seconds)}}).with("Retry-After", strconv.Itoa(seconds))
	}
	v := &validation{id: b.world.newID(), askedAt: b.world.now, url: h.registered.url}
	h.tests = append(h.tests, v)
	if !b.switches.WebhooksLost && b.world.set.HTTP != nil {
		h.push(notification{event: testEvent, body: b.eventBody(testEvent, "/webhooks/v1/registration/validationEvents/"+v.id, "test"), validation: v})
	}
	return ok(object{"correlationId": v.id})
}

func (b *billing) hookValidation(c *call) *answer {
	for _, v := range b.hooks.tests {
		if v.id != c.path("event") {
			continue
		}
		o := object{"correlationId": v.id, "partnerId": b.world.set.Partner.Tenant, "status": "pending", "callbackUrl": v.url, "results": v.results}
		if v.results == nil {
			o["results"] = []object{}
		}
		if v.done {
			o["status"] = "completed"
		}
		return ok(o)
	}
	return &answer{status: http.StatusNotFound, body: object{"code": 2000, "description": "There is no such validation.", "data": []any{}, "source": "PartnerFD"}}
}
