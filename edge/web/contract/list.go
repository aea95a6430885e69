package contract

import (
	"prorata/core/billing"
	"prorata/edge/web/account"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// list is what the list shows.
type list struct {
	visit  *visit.Visit
	filter office.ContractFilter
	page   office.ContractPage
	next   part.Next
}

// List shows contracts in order of their customers' names.
func List(v *visit.Visit) error {
	query := v.R.URL.Query()
	l := &list{visit: v, filter: office.ContractFilter{Search: query.Get("find"), Account: billing.AccountID(query.Get("account")), Most: 50}}
	var name, id string
	if visit.Place(query.Get("after"), &name, &id) {
		l.filter.After = office.ContractCursor{Name: name, ID: billing.ContractID(id)}
	}
	var err error
	if l.page, err = v.Desk.ContractList(v.R.Context(), l.filter); err != nil {
		return err
	}
	l.next.Shown = part.Plural(int64(len(l.page.Rows)), "contract")
	if n := l.page.Next; n != nil {
		l.next.Older = v.Here("after", visit.Cursor(n.Name, string(n.ID)))
	}
	if l.filter.After.ID != "" {
		l.next.Newer = v.Here("after", "")
	}
	return v.Page(part.Page{Title: "Contracts", Section: account.Path, Crumbs: []part.Link{{Text: "Accounts", Path: account.Path}}}, listing(l))
}

func (l *list) primary() *part.Action {
	if !l.visit.May("ContractPut") {
		return nil
	}
	return &part.Action{Text: "Add a contract", Path: Path + "/new"}
}
