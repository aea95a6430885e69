package office

import (
	"context"
	"errors"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// FaultKind is what a caller can do about a fault.
type FaultKind uint8

// The kinds.
const (
	// FaultOurs is the program's own: nothing that was given can mend it.
	FaultOurs FaultKind = iota
	// FaultInput: what was given is wrong; another value may be taken.
	FaultInput
	// FaultRefused: it is well said, and the rules of the contract or the book forbid it.
	FaultRefused
	// FaultUnknown: there is no such thing, or it is not theirs to see.
	FaultUnknown
	// FaultDenied: who asks may not.
	FaultDenied
	// FaultMoved: somebody was quicker; look again and try again.
	FaultMoved
	// FaultBusy: not now; try again.
	FaultBusy
	// FaultGone: who asked went away.
	FaultGone
	// FaultUnsigned: nobody is signed in, or not wholly.
	FaultUnsigned
	// FaultThrottled: it was tried too often; ThrottledError says how long to wait.
	FaultThrottled
)

// Fault is an error as doors tell it: a code that stays the same from version to
// version, the field at fault where one is, and a sentence for people.
type Fault struct {
	Kind FaultKind
	Code string
	// Field is the name of what was given and is wrong; empty where it is not one field.
	Field    string
	Sentence string
}

// FaultOf reads an error that a verb of the desk gave. It is the one place where
// errors become codes.
func FaultOf(err error) Fault {
	var refusal *billing.Refusal
	var field *FieldError
	var throttled *ThrottledError
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	switch {
	case errors.Is(err, context.Canceled):
		return Fault{FaultGone, "gone", "", "The request was given up."}
	case errors.As(err, &throttled):
		return Fault{FaultThrottled, "throttled", "", sentence(throttled.Error())}
	case errors.Is(err, ErrUnsigned):
		return Fault{FaultUnsigned, "unsigned", "", "Nobody is signed in here, or not any more: sign in."}
	case errors.Is(err, ErrFactor):
		return Fault{FaultUnsigned, "second_factor", "", "The second factor is still to be given."}
	case errors.Is(err, ErrSignIn), errors.Is(err, ErrCode), errors.Is(err, ErrElsewhere):
		return Fault{FaultUnsigned, "sign_in", "", sentence(err.Error())}
	case errors.Is(err, ErrWelcome):
		return Fault{FaultUnknown, "link", "", sentence(ErrWelcome.Error())}
	case errors.As(err, &field):
		return Fault{FaultInput, "invalid", field.Field, sentence(field.Err.Error())}
	case errors.As(err, &refusal):
		return Fault{FaultRefused, refusal.Code, fieldOf(refusal.Sentence), sentence(refusal.Sentence)}
	case errors.As(err, &price):
		return Fault{FaultRefused, "missing_price", "", sentence(price.Error())}
	case errors.As(err, &rate):
		return Fault{FaultRefused, "missing_rate", "", sentence(rate.Error())}
	case errors.Is(err, money.ErrTooLarge):
		return Fault{FaultInput, "invalid", "quantity", "It comes to an amount that is larger than the book can keep. Give a smaller quantity or price."}
	case errors.Is(err, ErrDenied):
		return Fault{FaultDenied, "denied", "", sentence(err.Error())}
	case errors.Is(err, flow.ErrInput):
		said := strings.TrimPrefix(err.Error(), flow.ErrInput.Error()+": ")
		return Fault{FaultInput, "invalid", fieldOf(said), sentence(said)}
	case errors.Is(err, flow.ErrUnknown):
		return Fault{FaultUnknown, "unknown", "", sentence(err.Error())}
	case errors.Is(err, flow.ErrMoved):
		return Fault{FaultMoved, "moved", "", "Somebody changed this in the meantime. Look at it again, then try again."}
	}
	if fault, known := providerFault(err); known {
		return fault
	}
	if errors.Is(err, flow.ErrBusy) || errors.Is(err, context.DeadlineExceeded) {
		return Fault{FaultBusy, "busy", "", "The database is busy. Try again in a moment."}
	}
	return Fault{FaultOurs, "internal", "", "Something went wrong here. It was written to the log; nothing was changed."}
}

// providerFault is what a provider's answer, or its silence, means for who asked for something there.
func providerFault(err error) (fault Fault, known bool) {
	var refusal *flow.ProviderRefusal
	refused := errors.As(err, &refusal)
	said := ""
	if refused {
		said = strings.TrimSpace(sentence(refusal.Error()) + " " + refusal.Todo)
	}
	switch {
	case errors.Is(err, flow.ErrConsent) && refused:
		return Fault{FaultRefused, "consent_needed", "", said}, true
	case errors.Is(err, flow.ErrConsent):
		return Fault{FaultRefused, "consent_needed", "", "The provider does not let us in any more: renew the consent."}, true
	case errors.Is(err, flow.ErrNotOffered):
		return Fault{FaultRefused, "not_offered", "", sentence(err.Error())}, true
	case errors.Is(err, flow.ErrThrottled):
		return Fault{FaultBusy, "provider_busy", "", "The provider asks to wait. Try again later."}, true
	case errors.Is(err, flow.ErrUnanswered):
		return Fault{FaultBusy, "provider_silent", "", "The provider gave no answer, and whether it did what it was asked is not known. Try again in a moment: nothing is done twice."}, true
	case refused:
		return Fault{FaultRefused, "provider_refused", "", said}, true
	}
	return Fault{}, false
}

// TooLarge is the error that a door's handler was stopped with where a sum did not fit
// (money.ErrTooLarge): that is a fault of what was given. Nil for whatever else stopped it.
func TooLarge(reason any) error {
	if err, isError := reason.(error); isError && errors.Is(err, money.ErrTooLarge) {
		return err
	}
	return nil
}

// FieldError says which of the given fields is wrong.
type FieldError struct {
	Field string
	Err   error
}

// Error names the field first.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap gives the cause, and flow.ErrInput.
func (e *FieldError) Unwrap() []error { return []error{e.Err, flow.ErrInput} }

// fieldOf is the word before the first colon where it could be a field's name: errors
// of the flow begin with it.
func fieldOf(said string) string {
	name, _, found := strings.Cut(said, ": ")
	if !found || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return name
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
