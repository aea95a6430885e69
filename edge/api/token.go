package api

import (
	"context"
	"time"

	"prorata/flow/office"
)

// Token is an API token, without its secret.
type Token struct {
	ID     string     `json:"id" doc:"Its id."`
	User   string     `json:"user" doc:"Whose it is."`
	Name   string     `json:"name" doc:"What it is for."`
	Hint   string     `json:"hint" doc:"The last letters of its secret."`
	Scopes []string   `json:"scopes" nullable:"false" doc:"What it is narrowed to." example:"[\"invoices:read\"]"`
	MadeAt time.Time  `json:"made_at" doc:"When it was made."`
	EndsAt time.Time  `json:"ends_at" doc:"When it is good no more."`
	UsedAt *time.Time `json:"used_at,omitempty" doc:"When it was last used; absent where it never was."`
}

func tokenOf(t *office.APIToken) Token {
	return Token{string(t.ID), string(t.User), t.Name, t.Hint, words(t.Scopes), t.MadeAt.UTC(), t.EndsAt.UTC(), instantOf(t.UsedAt)}
}

func tokenList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Token], error) {
	list, err := desk.TokenList(ctx, "", false)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.APIToken, Token, string]("tokens", list, nil, tokenOf), nil
}

func tokenRevoke(ctx context.Context, desk *office.Desk, in *struct {
	ID string `path:"id" maxLength:"100" doc:"The token's id."`
}) (*struct{}, error) {
	return nil, desk.TokenRevoke(ctx, office.TokenID(in.ID))
}
