package standin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

// The faults.
const (
	// FaultThrottle answers 429 and asks to wait for Wait.
	FaultThrottle FaultKind = "throttle"
	// FaultError answers Status (500 where none), or with the refusal whose number is
	// in Code, and does nothing.
	FaultError FaultKind = "error"
	// FaultLost does what was asked and drops the connection instead of answering.
	FaultLost FaultKind = "lost"
	// FaultUnreached drops the connection and does nothing.
	FaultUnreached FaultKind = "unreached"
	// FaultStale says that the etag is no longer valid.
	FaultStale FaultKind = "stale"
	// FaultMFA refuses the token for want of a second factor.
	FaultMFA FaultKind = "mfa"
	// FaultExpired refuses the access token, as if it had run out.
	FaultExpired FaultKind = "expired"
	// FaultConsent answers a sign-in with an error of Entra, by its number in Code:
	// AADSTS700082 where none.
	FaultConsent FaultKind = "consent"
	// FaultSlow answers after Wait.
	FaultSlow FaultKind = "slow"
	// FaultHidden lets a checkout's orders be read only after Wait.
	FaultHidden FaultKind = "hidden"
	// FaultPartial leaves the last order of a checkout out and tells of an error in its
	// place: that of Code, or that the credit line does not reach.
	FaultPartial FaultKind = "partial"
	// FaultAccepted answers a change of a subscription with 202 and does it after Wait.
	FaultAccepted FaultKind = "accepted"
)

// Fault is something that goes wrong by order, with the next calls that match.
// Faults meet calls in the order in which they were set down: while one lets calls
// go well, those after it that the calls match as well wait with it.
type Fault struct {
	Kind FaultKind
	// Method and Path say which calls: any method where empty, paths that contain Path.
	// A fault that names no sign-in meets none, unless it is FaultConsent, which meets
	// nothing else; the doors of /standin are met by none.
	Method, Path string
	// After is how many matching calls go well first, Times how many then do not: one
	// where 0.
	After, Times int
	// Status is of FaultError; Code of FaultError, FaultPartial and FaultConsent.
	Status int
	Code   string
	Wait   time.Duration
}

// matches says that a call is one of those that the fault is for.
func (f *Fault) matches(r *http.Request) bool {
	path, signIn := r.URL.Path, strings.Contains(r.URL.Path, "/oauth2/")
	if strings.HasPrefix(path, "/standin/") || signIn != (f.Kind == FaultConsent || strings.Contains(f.Path, "oauth2")) {
		return false
	}
	return (f.Method == "" || strings.EqualFold(f.Method, r.Method)) && strings.Contains(path, f.Path)
}

// faults are those that wait for their calls, and what is wrong all the time.
type faults struct {
	waiting []*Fault
	// NumbersAsStrings quotes all numbers of answers.
	NumbersAsStrings bool
	// StrictRotation refuses a refresh token that was exchanged once.
	StrictRotation bool
	struck         []string
}

// Fail sets a fault down for the calls that it matches.
func (w *World) Fail(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults.waiting = append(w.faults.waiting, &f)
}

// Heal takes away every fault that has not struck.
func (w *World) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults.waiting, w.faults.NumbersAsStrings, w.faults.StrictRotation = nil, false, false
}

// NumbersAsStrings quotes all numbers of answers from now on, as some of
// Microsoft's answers do, or no longer.
func (w *World) NumbersAsStrings(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults.NumbersAsStrings = on
}

// StrictRotation has a refresh token serve once, or again and again until it runs out.
func (w *World) StrictRotation(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults.StrictRotation = on
}

// strike is the fault that meets a call, or nil.
func (f *faults) strike(r *http.Request) *Fault {
	for i, one := range f.waiting {
		if !one.matches(r) {
			continue
		}
		if one.After > 0 {
			one.After--
			return nil
		}
		struck := *one
		if one.Times--; one.Times <= 0 {
			f.waiting = append(f.waiting[:i:i], f.waiting[i+1:]...)
		}
		f.struck = append(f.struck, string(struck.Kind)+" "+r.Method+" "+r.URL.Path)
		return &struck
	}
	return nil
}

// answer is what is answered in the place of the work, or nil where the work is done.
func (f *Fault) answer() *answer {
	switch f.Kind {
	case FaultThrottle:
		seconds := int(f.Wait / time.Second)
		return (&answer{status: http.StatusTooManyRequests, body: object{
			"statusCode": 429, "message": fmt.Sprintf("Rate limit is exceeded. Try again in %d seconds.", seconds),
		}}).with("Retry-After", strconv.Itoa(seconds))
	case FaultError:
		if refused := f.refusal(""); refused != nil {
			return refused
		}
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		return &answer{status: status, body: object{"code": 800003, "description": "Something failed at the provider.", "data": []any{}, "source": "PartnerFD"}}
	case FaultUnreached:
		return empty(http.StatusServiceUnavailable)
	case FaultStale:
		return refuse(2055)
	case FaultMFA:
		return unauthorized("MFA is required: the token has no claim of multi-factor authentication.")
	case FaultExpired:
		return unauthorized("The access token has expired.")
	case FaultConsent:
		return refuseSignIn(f.code("AADSTS700082"), "The refresh token cannot be used any more.")
	case FaultLost, FaultSlow, FaultHidden, FaultPartial, FaultAccepted:
	}
	return nil
}

// refusal is the one whose number the fault names, or otherwise is; nil for none
// that is known. The places of its sentence stay open.
func (f *Fault) refusal(otherwise string) *answer {
	code, err := strconv.Atoi(f.code(otherwise))
	r, known := refusals[code]
	if err != nil || !known {
		return nil
	}
	return &answer{status: r.status, body: refusalBody(code, strings.NewReplacer("%s", "…", "%d", "…").Replace(r.sentence))}
}

func (f *Fault) code(otherwise string) string {
	if f.Code != "" {
		return f.Code
	}
	return otherwise
}

// is says whether a call meets a fault of a kind.
func (c *call) meets(kind FaultKind) bool { return c.fault != nil && c.fault.Kind == kind }

// slow waits for a span, or until whoever called hangs up.
func (w *World) slow(r *http.Request, span time.Duration) error {
	if w.set.Wait != nil {
		return w.set.Wait(r.Context(), span)
	}
	<-r.Context().Done()
	return r.Context().Err()
}
