// Package whatif is the page on which the book is tried: changes are put together one by
// one, run ahead on a copy, and set beside what comes without them. Nothing real is touched.
package whatif

import (
	"net/http"
	"strconv"
	"time"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

// Path is the list of what-ifs.
const Path = "/what-ifs"

// pageRows is how many rows of a list are shown at once.
const pageRows = 50

// saved is the list of those that were kept.
type saved struct {
	visit  *visit.Visit
	filter office.WhatIfFilter
	list   []office.WhatIfKept
	next   part.Next
}

// List shows the saved ones, that changed last first.
func List(v *visit.Visit) error {
	query := v.R.URL.Query()
	s := &saved{visit: v, filter: office.WhatIfFilter{Name: flow.PlainText(query.Get("name")), Most: pageRows + 1}}
	if at, err := strconv.ParseInt(query.Get("before"), 10, 64); err == nil {
		s.filter.Before = time.UnixMicro(at).UTC()
		s.filter.BeforeID, _ = strconv.ParseInt(query.Get("id"), 10, 64)
		s.next.Newer = v.Here("before", "", "id", "")
	}
	var err error
	if s.list, err = v.Desk.WhatIfList(v.R.Context(), s.filter); err != nil {
		return err
	}
	if len(s.list) > pageRows {
		s.list = s.list[:pageRows]
		last := &s.list[pageRows-1]
		s.next.Older = v.Here("before", strconv.FormatInt(last.ChangedAt.UnixMicro(), 10), "id", strconv.FormatInt(last.ID, 10))
	}
	s.next.Shown = part.Plural(int64(len(s.list)), "what-if")
	return v.Page(part.Page{Title: "What if", Section: Path}, list(s))
}

// one is one what-if as its pages have it.
type one struct {
	visit *visit.Visit
	form  *visit.Form
	kept  office.WhatIfKept
	// adding is the change that is being put together, where one is.
	adding *adding
	picks  picks
}

func read(v *visit.Visit) (*one, error) {
	id, err := strconv.ParseInt(v.R.PathValue("whatif"), 10, 64)
	if err != nil {
		return nil, visit.ErrNoPage
	}
	o := &one{visit: v, form: v.Form()}
	o.kept, err = v.Desk.WhatIfGet(v.R.Context(), id)
	return o, err
}

func (o *one) path() string { return Path + "/" + strconv.FormatInt(o.kept.ID, 10) }

func (o *one) title() string { return titleOf(&o.kept) }

func titleOf(k *office.WhatIfKept) string {
	if k.Name == "" {
		return "What-if " + strconv.FormatInt(k.ID, 10)
	}
	return k.Name
}

func (o *one) may() bool { return o.visit.May("WhatIfSave") }

func (o *one) page() part.Page {
	return part.Page{Title: o.title(), Section: Path, Crumbs: []part.Link{{Text: "What if", Path: Path}}, Wide: true}
}

// New asks what a new one is about.
func New(v *visit.Visit) error {
	o := &one{visit: v, form: v.Form(), kept: office.WhatIfKept{Question: whatif.Question{Months: whatif.MonthsUsual}}}
	return o.showNew(http.StatusOK)
}

func (o *one) showNew(status int) error {
	return o.visit.PageAs(status, part.Page{Title: "New what-if", Section: Path, Crumbs: []part.Link{{Text: "What if", Path: Path}}}, fresh(o))
}

// Make keeps a new one.
func Make(v *visit.Visit) error {
	o := &one{visit: v, form: v.Form()}
	o.about()
	return o.save(func() error { return o.showNew(http.StatusUnprocessableEntity) }, "")
}

// about reads what a what-if is about.
func (o *one) about() {
	o.kept.Name = o.form.Text("name")
	o.kept.Months, _ = strconv.Atoi(o.form.Text("months"))
	o.kept.Accounts = nil
	for _, id := range pick.All(o.visit, o.form, pick.Account, "accounts") {
		o.kept.Accounts = append(o.kept.Accounts, billing.AccountID(id))
	}
}

// save keeps what became of it, or shows what is wrong with it.
func (o *one) save(again func() error, said string) error {
	if o.form.OK() {
		kept, err := o.visit.Desk.WhatIfSave(o.visit.R.Context(), o.kept)
		if err == nil {
			o.kept = kept
			return o.visit.Done(o.path(), said)
		}
		if !o.form.Take(err) {
			return err
		}
	}
	return again()
}

// Show is a what-if: what it is about, its changes, and the change that is being added.
func Show(v *visit.Visit) error {
	o, err := read(v)
	if err != nil {
		return err
	}
	if o.may() {
		o.adding = addingOf(v.R.URL.Query().Get("add"))
	}
	return o.show(http.StatusOK)
}

func (o *one) show(status int) error {
	if err := o.pick(); err != nil {
		return err
	}
	return o.visit.PageAs(status, o.page(), body(o))
}

// Change keeps what it is about.
func Change(v *visit.Visit) error {
	o, err := read(v)
	if err != nil {
		return err
	}
	o.seen()
	o.about()
	return o.save(func() error { return o.show(http.StatusUnprocessableEntity) }, "")
}

// seen takes the version that the form was made from.
func (o *one) seen() {
	if version, err := visit.Made(o.form, o.kept.Version); err == nil {
		o.kept.Version = version
	}
}

// Add keeps another change.
func Add(v *visit.Visit) error {
	o, err := read(v)
	if err != nil {
		return err
	}
	o.seen()
	o.adding = addingOf(o.form.Text("do"))
	if o.adding == nil {
		return visit.ErrNoPage
	}
	change, err := whatif.ReadChange(flow.Source{}, func(name string) string {
		text := o.form.Text(name)
		if noun := o.adding.noun(name); noun != "" {
			text = pick.One(v, o.form, noun, name)
		}
		if o.adding.number(name) {
			text = v.Locale.Plain(text)
		}
		return text
	})
	if err == nil {
		err = change.Check()
	}
	if err == nil {
		err = o.inTime(&change)
	}
	if err != nil && !o.form.Take(err) {
		return err
	}
	o.kept.Changes = append(o.kept.Changes, change)
	return o.save(func() error { return o.show(http.StatusUnprocessableEntity) }, "")
}

// inTime says of a day that it is past, or later than is looked at, before it is kept.
func (o *one) inTime(c *whatif.Change) error {
	alone := o.kept.Question
	alone.Changes = []whatif.Change{*c}
	return alone.Check(o.visit.Desk.Today())
}

// Remove takes a change out.
func Remove(v *visit.Visit) error {
	o, err := read(v)
	if err != nil {
		return err
	}
	o.seen()
	n, err := strconv.Atoi(v.R.PathValue("change"))
	if err != nil || n < 1 || n > len(o.kept.Changes) {
		return visit.ErrNoPage
	}
	o.kept.Changes = append(o.kept.Changes[:n-1:n-1], o.kept.Changes[n:]...)
	return o.save(func() error { return o.show(http.StatusUnprocessableEntity) }, "")
}

// Delete forgets it.
func Delete(v *visit.Visit) error {
	o, err := read(v)
	if err != nil {
		return err
	}
	if err := v.Desk.WhatIfDelete(v.R.Context(), o.kept.ID); err != nil {
		return err
	}
	return v.Done(Path, titleOf(&o.kept)+" is deleted.")
}
