package account

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

const (
	// pageRows is how many are shown at once, branchRows how many below one account.
	pageRows   = 50
	branchRows = 50
	// openMost is how many branches may be open at once.
	openMost = 20
)

// tree is what the page of all accounts shows: the tree or, where something narrows
// it, a list.
type tree struct {
	visit  *visit.Visit
	filter office.AccountFilter
	page   office.AccountPage
	nodes  []node
	next   part.Next
	// open are the accounts whose branches are shown.
	open []string
}

// node is one line of the tree.
type node struct {
	row   *office.AccountRow
	bills []office.Balance
	depth int
	open  bool
	// more is the page with all below an account, where not all are shown; its row is nil then.
	more string
}

// List shows the tree of accounts: those at the top, and below each that is opened its own.
func List(v *visit.Visit) error {
	query := v.R.URL.Query()
	t := &tree{visit: v, open: query["at"], filter: office.AccountFilter{Search: query.Get("find"), Held: query.Get("held") != "",
		Of: billing.AccountID(query.Get("of")), Most: pageRows}}
	t.open = t.open[:min(len(t.open), openMost)]
	var name, id string
	if visit.Place(query.Get("after"), &name, &id) {
		t.filter.After = office.AccountCursor{Name: name, ID: billing.AccountID(id)}
	}
	var err error
	if t.flat() {
		t.page, err = v.Desk.AccountList(v.R.Context(), t.filter)
	} else {
		t.page, err = v.Desk.AccountTree(v.R.Context(), "", t.filter.After, pageRows)
	}
	if err != nil {
		return err
	}
	if err := t.grow(&t.page, 0); err != nil {
		return err
	}
	t.next.Shown = t.counted()
	if n := t.page.Next; n != nil {
		t.next.Older = v.Here("after", visit.Cursor(n.Name, string(n.ID)))
	}
	if t.filter.After.ID != "" {
		t.next.Newer = v.Here("after", "")
	}
	return v.Page(part.Page{Title: "Accounts", Section: Path}, listing(t))
}

// flat says whether a list is shown instead of the tree.
func (t *tree) flat() bool { return t.filter.Search != "" || t.filter.Held || t.filter.Of != "" }

// grow adds the lines of a page, and below each that is open those of its branch.
func (t *tree) grow(page *office.AccountPage, depth int) error {
	for i := range page.Rows {
		row := &page.Rows[i]
		id := string(row.Account.ID)
		opened := !t.flat() && row.Below > 0 && slices.Contains(t.open, id) && depth < 8
		t.nodes = append(t.nodes, node{row: row, bills: page.Balances[row.Account.ID], depth: depth, open: opened})
		if !opened {
			continue
		}
		below, err := t.visit.Desk.AccountTree(t.visit.R.Context(), row.Account.ID, office.AccountCursor{}, branchRows)
		if err != nil {
			return err
		}
		if err := t.grow(&below, depth+1); err != nil {
			return err
		}
		if below.Next != nil {
			t.nodes = append(t.nodes, node{depth: depth + 1, more: Path + "?of=" + url.QueryEscape(id)})
		}
	}
	return nil
}

// toggle is the page with a branch opened or closed.
func (t *tree) toggle(n *node) string {
	query := t.visit.R.URL.Query()
	id := string(n.row.Account.ID)
	query.Del("at")
	for _, open := range t.open {
		if open != id {
			query.Add("at", open)
		}
	}
	if !n.open {
		query.Add("at", id)
	}
	if len(query) == 0 {
		return Path
	}
	return Path + "?" + query.Encode()
}

func (t *tree) counted() string {
	shown := part.Plural(int64(len(t.page.Rows)), "account")
	switch {
	case t.page.Count == len(t.page.Rows):
		return shown
	case t.page.More:
		return shown + " of more than " + t.visit.Locale.Count(int64(t.page.Count))
	}
	return shown + " of " + t.visit.Locale.Count(int64(t.page.Count))
}

// depth is the class that moves a line to the right.
func (n *node) class() string { return "tree-" + strconv.Itoa(min(n.depth, 5)) }

// happenedAt reads a place in a timeline.
func happenedAt(text string) (c office.HappeningCursor, err error) {
	var at, seq, invoice string
	if !visit.Place(text, &at, &seq, &invoice) {
		return c, nil
	}
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return c, visit.ErrNoPage
	}
	if c.Seq, err = strconv.ParseInt(seq, 10, 64); err != nil {
		return c, visit.ErrNoPage
	}
	c.At, c.Invoice = time.UnixMicro(micros), invoice
	return c, nil
}

func (t *tree) primary() *part.Action {
	if !t.visit.May("AccountPut") {
		return nil
	}
	return &part.Action{Text: "Add an account", Path: Path + "/new"}
}

func toggleWords(n *node) string {
	if n.open {
		return "Close what is below " + n.row.Account.Name
	}
	return "Show what is below " + n.row.Account.Name
}
