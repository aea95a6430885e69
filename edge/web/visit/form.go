package visit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/flow"
	"prorata/flow/office"
)

// Form is what somebody typed, read field by field: each mistake is kept with its
// field, so that all of them are shown at once beside what was typed.
type Form struct {
	visit *Visit
	wrong map[string]string
	// Sentence is what is wrong with the whole; empty where nothing is.
	Sentence string
	// moved says that somebody changed meanwhile what the form is about; now is its version by then, 0
	// where that is not known.
	moved bool
	now   int64
}

// Form reads the body of a POST, or the query of a GET.
func (v *Visit) Form() *Form {
	f := &Form{visit: v, wrong: map[string]string{}}
	if err := v.R.ParseForm(); err != nil {
		f.Sentence = "The form could not be read: it is longer than it may be, or it was cut off. Nothing was changed."
	}
	return f
}

// Text is a field without spaces around it and without control characters.
func (f *Form) Text(name string) string { return flow.PlainText(f.visit.R.Form.Get(name)) }

// Lines is a field of several lines.
func (f *Form) Lines(name string) string {
	text := strings.ReplaceAll(f.visit.R.Form.Get(name), "\r\n", "\n")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = flow.PlainText(lines[i])
	}
	return strings.Join(lines, "\n")
}

// All are the values of a field that may be given several times.
func (f *Form) All(name string) []string { return f.visit.R.Form[name] }

// Ticked says whether a box was ticked.
func (f *Form) Ticked(name string) bool { return f.visit.R.Form.Get(name) != "" }

// Needed is a text that must be given.
func (f *Form) Needed(name, label string) string {
	text := f.Text(name)
	if text == "" {
		f.Wrong(name, label+" is missing.")
	}
	return text
}

// Day is a day; no day where the field is empty.
func (f *Form) Day(name string) calendar.Date {
	text := f.Text(name)
	if text == "" {
		return calendar.Date{}
	}
	day, err := calendar.ParseDate(text)
	if err != nil {
		f.Wrong(name, fmt.Sprintf("%q is not a day. Write it as 2026-03-12.", text))
	}
	return day
}

// Decimal is a number as the reader writes it; given is false where the field is empty.
func (f *Form) Decimal(name string) (value money.Decimal, given bool) {
	text := f.Text(name)
	if text == "" {
		return value, false
	}
	value, err := money.ParseDecimal(f.visit.Locale.Plain(text))
	if err != nil {
		f.Wrong(name, fmt.Sprintf("%q is not a number.", text))
		return value, false
	}
	return value, true
}

// Wrong notes a mistake of a field; the first stays.
func (f *Form) Wrong(name, sentence string) {
	if f.wrong[name] == "" {
		f.wrong[name] = sentence
	}
}

// OK says whether nothing is wrong so far.
func (f *Form) OK() bool { return len(f.wrong) == 0 && f.Sentence == "" }

// Take sorts an error of the desk into the form: to its field where it has one. It says
// false for an error that no other input would mend; that one has a page of its own.
func (f *Form) Take(err error) bool {
	fault := office.FaultOf(err)
	switch fault.Kind {
	case office.FaultInput, office.FaultRefused, office.FaultMoved, office.FaultThrottled:
	case office.FaultOurs, office.FaultUnknown, office.FaultDenied, office.FaultUnsigned, office.FaultBusy, office.FaultGone:
		return false
	}
	if _, hasVersion := f.visit.R.Form["version"]; fault.Kind == office.FaultMoved && hasVersion {
		f.moved = true
		fault.Sentence = "Somebody changed this in the meantime, and nothing is saved. What you typed stands here still: look at how it is now, then save again what is to stand."
	}
	if _, shown := f.visit.R.Form[fault.Field]; shown && fault.Field != "" {
		f.Wrong(fault.Field, fault.Sentence)
	} else {
		f.Sentence = fault.Sentence
	}
	return true
}

// Made is the version that a form was made of, which is not always the one of now: ErrNoPage for a form
// that has none. Where somebody was quicker, the form that is shown again is made of the one of now.
func Made[V int | int64](f *Form, now V) (V, error) {
	f.now = int64(now)
	made, err := strconv.ParseInt(f.Text("version"), 10, 64)
	if err != nil {
		return 0, ErrNoPage
	}
	return V(made), nil
}

// Version is what a form says of the version that it is made of.
func (f *Form) Version(made int64) string {
	if f.moved && f.now != 0 {
		made = f.now
	}
	return strconv.FormatInt(made, 10)
}

// Present is the path to what the form is about as it is now, where somebody changed it in the meantime; else
// empty.
func (f *Form) Present(path string) string {
	if !f.moved {
		return ""
	}
	return path
}

// Field is an input with what was typed and what is wrong with it; shown is what stands
// in it before anything was typed.
func (f *Form) Field(in part.Field, shown string) part.Field {
	in.Value, in.Wrong = shown, f.wrong[in.Name]
	if _, typed := f.visit.R.Form[in.Name]; typed {
		in.Value = f.visit.R.Form.Get(in.Name)
	}
	return in
}

// Secret is a password as it was typed, spaces and all.
func (f *Form) Secret(name string) string { return f.visit.R.PostForm.Get(name) }

// SecretField is an input whose value is never sent back.
func (f *Form) SecretField(in part.Field) part.Field {
	in.Kind, in.Wrong = "password", f.wrong[in.Name]
	return in
}

// Of is what is wrong with a field; empty where nothing is.
func (f *Form) Of(name string) string { return f.wrong[name] }

// First is what is wrong first, in the order of the fields' names; empty where nothing is.
func (f *Form) First() string {
	for _, name := range slices.Sorted(maps.Keys(f.wrong)) {
		return f.wrong[name]
	}
	return ""
}

// Back is where the form's field "back" leads, on this host, or another path where it
// has none.
func (f *Form) Back(otherwise string) string {
	if to := f.visit.R.Form.Get("back"); to != "" {
		return Local(to)
	}
	return otherwise
}
