package standin

import (
	"encoding/json"
	"net/http"
	"time"
)

// The doors below /standin are ours, not Microsoft's: they move the clock, set
// faults down and show what the world has. They ask for no token; a stand-in is
// never served to anyone but its owner.

// clockGet is what the clock shows.
func (w *World) clockGet(*call) *answer {
	return ok(object{"now": stamp(w.now), "waiting": len(w.due.tasks)})
}

// clockMove moves the clock: to an instant, or by a span such as 36h, named in the
// query or as JSON. It is no door like the others, for the world must not be
// locked meanwhile.
func (w *World) clockMove(rw http.ResponseWriter, r *http.Request) {
	var want struct{ To, By string }
	if want.To, want.By = r.URL.Query().Get("to"), r.URL.Query().Get("by"); want.To == "" && want.By == "" {
		if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, bodyBytesMax)).Decode(&want); err != nil {
			refuseInput("name an instant as to or a span as by: %v", err).write(rw, r, false)
			return
		}
	}
	to := w.Now()
	var err error
	if want.To != "" {
		to, err = time.Parse(time.RFC3339, want.To)
	} else {
		var span time.Duration
		span, err = time.ParseDuration(want.By)
		to = to.Add(span)
	}
	if err == nil {
		err = w.Advance(to)
	}
	if err != nil {
		refuseInput("%v", err).write(rw, r, false)
		return
	}
	ok(object{"now": stamp(w.Now())}).write(rw, r, false)
}

// wantedFault is a fault with its wait as a text, such as 15m.
type wantedFault struct {
	Kind, Method, Path, Code, Wait string
	After, Times, Status           int
}

// faultCreate sets a fault down.
func (w *World) faultCreate(c *call) *answer {
	var want wantedFault
	if no := c.read(&want); no != nil {
		return no
	}
	f := &Fault{Kind: FaultKind(want.Kind), Method: want.Method, Path: want.Path, Code: want.Code, After: want.After, Times: want.Times, Status: want.Status}
	if want.Wait != "" {
		span, err := time.ParseDuration(want.Wait)
		if err != nil {
			return refuseInput("wait %q is not a span such as 90s", want.Wait)
		}
		f.Wait = span
	}
	if !f.Kind.known() {
		return refuseInput("there is no fault %q", want.Kind)
	}
	w.faults.waiting = append(w.faults.waiting, f)
	return created(w.faultsBody())
}

func (k FaultKind) known() bool {
	switch k {
	case FaultThrottle, FaultError, FaultLost, FaultUnreached, FaultStale, FaultMFA, FaultExpired, FaultConsent, FaultSlow, FaultHidden, FaultPartial, FaultAccepted:
		return true
	}
	return false
}

func (w *World) faultList(*call) *answer { return ok(w.faultsBody()) }

func (w *World) faultsBody() object {
	waiting := []object{}
	for _, f := range w.faults.waiting {
		waiting = append(waiting, object{
			"kind": string(f.Kind), "method": f.Method, "path": f.Path, "code": f.Code, "status": f.Status, "after": f.After, "times": max(f.Times, 1), "wait": f.Wait.String(),
		})
	}
	return object{"waiting": waiting, "struck": append([]string{}, w.faults.struck...)}
}

// faultClear takes away what has not struck.
func (w *World) faultClear(*call) *answer {
	w.faults.waiting = nil
	return empty(http.StatusNoContent)
}

// signInRules are how strictly the stand-in signs in, as the control door tells them.
type signInRules struct {
	// StrictRotation has a refresh token serve once, WithoutMFA whoever consents show no
	// second factor.
	StrictRotation bool `json:"strictRotation"`
	WithoutMFA     bool `json:"withoutMFA"`
	// Revoked takes back every refresh token, as a changed password does; it is never told.
	Revoked bool `json:"revoked,omitempty"`
}

func (w *World) signInShow(*call) *answer {
	return ok(signInRules{StrictRotation: w.faults.StrictRotation, WithoutMFA: w.keys.withoutMFA})
}

// signInSet changes what the body names and leaves the rest.
func (w *World) signInSet(c *call) *answer {
	rules := signInRules{StrictRotation: w.faults.StrictRotation, WithoutMFA: w.keys.withoutMFA}
	if no := c.read(&rules); no != nil {
		return no
	}
	w.faults.StrictRotation, w.keys.withoutMFA = rules.StrictRotation, rules.WithoutMFA
	if rules.Revoked {
		clear(w.keys.refresh)
	}
	return w.signInShow(c)
}

// stateGet is the whole world, for people and tests to look at.
func (w *World) stateGet(*call) *answer {
	customers, held, orders := []object{}, []object{}, []object{}
	for _, c := range w.customers {
		customers = append(customers, object{
			"id": c.ID, "name": c.Name, "domain": c.Domain, "country": c.Country, "relationship": c.relationship, "agreed": w.agreed(c), "account": c.account,
		})
	}
	for _, s := range w.held {
		o := w.subscriptionBody(s)
		o["customer"], o["listPrice"], o["cycleFrom"], o["cycleTo"] = s.customer.ID, amount(s.price.List), s.cycleNow.From.String(), s.cycleNow.To.String()
		held = append(held, o)
	}
	for _, o := range w.orders {
		orders = append(orders, w.orderBody(o, true))
	}
	return ok(object{
		"now": stamp(w.now), "partner": object{"tenant": w.set.Partner.Tenant, "name": w.set.Partner.Name, "mpnId": w.set.Partner.MPN},
		"customers": customers, "subscriptions": held, "orders": orders, "auditRecords": len(w.records), "faults": w.faultsBody(),
	})
}
