package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/flow"
)

// ViewList is the person's own saved views of a list and, for staff, those of the house, by name.
func (d *Desk) ViewList(ctx context.Context, noun string) (list []SavedView, err error) {
	err = d.read(ctx, "ViewList", func(tx Tx) error { list, err = tx.ViewList(d.person.User, noun); return err })
	if !d.person.Staff() {
		list = slices.DeleteFunc(list, func(view SavedView) bool { return view.House })
	}
	return list, err
}

// viewNameMost is how long the name of a view may be, viewQueryMost its filter.
const (
	viewNameMost  = 60
	viewQueryMost = 2000
)

// ViewPut keeps a list as it is narrowed now under a name; the same name again replaces it.
// What the operator of the machine keeps is the house's.
func (d *Desk) ViewPut(ctx context.Context, view SavedView) error {
	view.Name = strings.TrimSpace(flow.PlainText(view.Name))
	return d.write(ctx, deed{"ViewPut", view.Noun, view.Name}, func(tx Tx) error {
		switch {
		case view.Name == "":
			return &FieldError{"name", errors.New("give the view a name")}
		case len(view.Name) > viewNameMost:
			return &FieldError{"name", fmt.Errorf("a name has at most %d characters", viewNameMost)}
		case len(view.Query) > viewQueryMost:
			return &FieldError{"query", errors.New("this filter is too long to be saved")}
		}
		return tx.ViewPut(d.person.User, view, d.office.Flow.Clock.Now())
	})
}

// ViewDrop forgets a view; flow.ErrUnknown where the person has none of that name.
func (d *Desk) ViewDrop(ctx context.Context, noun, name string) error {
	return d.write(ctx, deed{"ViewDrop", noun, name}, func(tx Tx) error { return tx.ViewDrop(d.person.User, noun, name) })
}
