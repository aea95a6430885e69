package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

type tokenCommand struct {
	Make   tokenMakeCommand   `cmd:"" help:"Make an API token, and print it once."`
	List   tokenListCommand   `cmd:"" help:"List API tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"End an API token at once."`
}

type tokenMakeCommand struct {
	For   string   `placeholder:"USER" help:"Whose it is: it may do what they may, within its scopes; whoever --as names, if not given."`
	Name  string   `required:"" help:"What it is for."`
	Scope []string `required:"" placeholder:"SCOPE" help:"What it may, such as invoices:read; may be given again. prorata token make --help lists them."`
	Days  int      `default:"90" help:"How many days it is good; at most 366."`
}

// Help lists the scopes.
func (c *tokenMakeCommand) Help() string {
	var list strings.Builder
	for _, scope := range office.Scopes() {
		list.WriteString("\n  " + string(scope))
	}
	return `  prorata token make --for ann@nord.example --name "the data warehouse" --scope invoices:read

The scopes; one that ends in write may read, too:` + list.String()
}

// Run makes a token. The token alone is on standard output.
func (c *tokenMakeCommand) Run(ctx context.Context, w *counter) error {
	user, err := w.tokenUser(ctx, c.For)
	if err != nil {
		return err
	}
	draft := office.TokenDraft{Name: c.Name, For: user, Lasts: time.Duration(c.Days) * 24 * time.Hour}
	for _, scope := range c.Scope {
		draft.Scopes = append(draft.Scopes, office.Scope(scope))
	}
	token, secret, err := w.TokenMake(ctx, draft)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.errOut, "prorata: this is shown once; the token %s is good until %s\n", token.ID, utc(token.EndsAt))
	w.printf("%s\n", secret)
	return nil
}

// tokenUser is whose tokens are meant: whoever asks, or the user that is named; nobody, where
// the operator names none.
func (w *counter) tokenUser(ctx context.Context, name string) (office.UserID, error) {
	me := w.Person()
	if name == "" || (me.User != "" && strings.EqualFold(name, me.Who)) {
		return me.User, nil
	}
	user, err := w.UserGet(ctx, name)
	return user.ID, err
}

type tokenListCommand struct {
	For  string `placeholder:"USER" help:"Only those of this user; those of whoever --as names, else all, if not given."`
	JSON bool   `help:"Print one JSON object."`
}

// Run lists.
func (c *tokenListCommand) Run(ctx context.Context, w *counter) error {
	of, err := w.tokenUser(ctx, c.For)
	if err != nil {
		return err
	}
	list, err := w.TokenList(ctx, of, of == "")
	if err != nil {
		return err
	}
	rows := [][]string{{"id", "name", "of", "ends with", "scopes", "good until", "used"}}
	wires := make([]map[string]any, 0, len(list))
	for i := range list {
		t := &list[i]
		rows = append(rows, []string{string(t.ID), t.Name, t.Address, "…" + t.Hint, fmt.Sprint(t.Scopes), utc(t.EndsAt), utc(t.UsedAt)})
		wires = append(wires, map[string]any{"id": t.ID, "name": t.Name, "user": t.Address, "hint": t.Hint, "scopes": t.Scopes,
			"made": utc(t.MadeAt), "ends": utc(t.EndsAt), "used": utc(t.UsedAt)})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"tokens": wires})
	}
	w.table(rows, nil)
	return nil
}

type tokenRevokeCommand struct {
	ID string `arg:"" help:"The token's id, as the list has it."`
}

// Run ends a token.
func (c *tokenRevokeCommand) Run(ctx context.Context, w *counter) error {
	if strings.HasPrefix(c.ID, "prt_") {
		return fmt.Errorf("%w: this is the token itself, which is a secret: give its id, as prorata token list has it", flow.ErrInput)
	}
	if err := w.TokenRevoke(ctx, office.TokenID(c.ID)); err != nil {
		return err
	}
	w.printf("The token %s has ended.\n", c.ID)
	return nil
}
