package exception

import (
	"strconv"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// Care does something with those that were picked: assign, snooze or settle them. It
// leads back to the list as it was shown.
func Care(v *visit.Visit) error {
	f := v.Form()
	ids, ctx := picked(f), v.R.Context()
	var err error
	var said string
	many := part.Plural(int64(len(ids)), "exception")
	switch f.Text("do") {
	case "assign":
		err, said = v.Desk.ExceptionAssign(ctx, ids, f.Text("assignee")), many+" assigned."
	case "mine":
		err, said = v.Desk.ExceptionAssign(ctx, ids, v.Person.Who), many+" assigned to you."
	case "snooze":
		until := f.Day("until")
		if until.IsZero() && f.OK() {
			f.Wrong("until", "Until when? Choose a day.")
		}
		if f.OK() {
			err, said = v.Desk.ExceptionSnooze(ctx, ids, until, f.Text("why")), many+" put off until "+part.Day(until)+"."
		}
	case "wake":
		err, said = v.Desk.ExceptionSnooze(ctx, ids, f.Day("none"), ""), many+" back in the inbox."
	case "settle":
		err, said = v.Desk.ExceptionSettle(ctx, ids, f.Text("reason")), many+" settled."
	default:
		return visit.ErrNoPage
	}
	return answer(v, f, err, said)
}

// answer leads back, or shows the list again with what is wrong.
func answer(v *visit.Visit, f *visit.Form, err error, said string) error {
	if err == nil && f.OK() {
		return v.Done(f.Back(Path), said)
	}
	if err != nil && !f.Take(err) {
		return err
	}
	in, readErr := read(v, f)
	if readErr != nil {
		return readErr
	}
	if in.form.Sentence == "" {
		in.form.Sentence = in.form.First()
	}
	return in.show()
}

// picked are the numbers of the boxes that were ticked.
func picked(f *visit.Form) (ids []int64) {
	for _, text := range f.All("id") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Link says which account a provider's customer is.
func Link(v *visit.Visit) error {
	w, f, err := target(v)
	if err != nil {
		return err
	}
	account := billing.AccountID(pick.Needed(v, f, pick.Account, "account", "The account"))
	contract := billing.ContractID(pick.One(v, f, pick.Contract, "contract"))
	if f.OK() {
		unknown := int64(flow.New)
		err = v.Desk.CustomerLink(v.R.Context(), flow.CustomerLink{Connection: w.connection, Customer: w.subject, Account: account, Contract: contract}, &unknown)
	}
	return answer(v, f, err, "The customer is linked to "+string(account)+". What it holds comes with the next sync.")
}

// Retry has a provision tried again; Drop gives it up.
func Retry(v *visit.Visit) error {
	w, f, err := target(v)
	if err != nil {
		return err
	}
	return answer(v, f, v.Desk.ProvisionRetry(v.R.Context(), w.provision), "It is tried again in the next round.")
}

// Drop gives a provision up.
func Drop(v *visit.Visit) error {
	w, f, err := target(v)
	if err != nil {
		return err
	}
	return answer(v, f, v.Desk.ProvisionDrop(v.R.Context(), w.provision, f.Text("reason")), "The change was given up; it is not at the provider.")
}

// about is what an exception is about, as its own forms need it.
type about struct {
	subject    string
	connection flow.ConnectionID
	provision  int64
}

// target is the exception that a form was sent for.
func target(v *visit.Visit) (about, *visit.Form, error) {
	id, err := strconv.ParseInt(v.R.PathValue("id"), 10, 64)
	if err != nil {
		return about{}, nil, visit.ErrNoPage
	}
	w, err := v.Desk.ExceptionGet(v.R.Context(), id)
	if err != nil {
		return about{}, nil, err
	}
	a := about{subject: w.Subject, connection: w.Connection}
	if w.Kind == flow.NotProvisioned {
		a.provision, err = strconv.ParseInt(w.Subject, 10, 64)
	}
	return a, v.Form(), err
}
