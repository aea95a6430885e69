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
	Parent string     `json:"parent,omitempty" doc:"The token that it was made by, and with which it ends; absent where it was made in the console."`
	MadeAt time.Time  `json:"made_at" doc:"When it was made."`
	EndsAt time.Time  `json:"ends_at" doc:"When it is good no more."`
	UsedAt *time.Time `json:"used_at,omitempty" doc:"When it was last used; absent where it never was."`
}

func tokenOf(t *office.APIToken) Token {
	return Token{string(t.ID), string(t.User), t.Name, t.Hint, words(t.Scopes), string(t.Parent), t.MadeAt.UTC(), t.EndsAt.UTC(), instantOf(t.UsedAt)}
}

func tokenList(ctx context.Context, desk *office.Desk, in *Whose) (*listed[Token], error) {
	list, err := desk.TokenList(ctx, office.UserID(in.User), in.Everybody)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.APIToken, Token, string]("tokens", list, nil, tokenOf), nil
}

// TokenMade is a new token with its secret, which is shown once.
type TokenMade struct {
	Token  Token  `json:"token" doc:"The token."`
	Secret string `json:"secret" doc:"What programs send. It is not shown again."`
}

func tokenMake(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Name   string   `json:"name" minLength:"1" maxLength:"120" doc:"What it is for." example:"The data warehouse"`
		Scopes []string `json:"scopes" nullable:"false" minItems:"1" maxItems:"100" doc:"What it is narrowed to: none beyond the caller's." example:"[\"invoices:read\"]"`
		Days   int      `json:"days,omitempty" minimum:"1" maximum:"366" doc:"For how many days it is good; as long as the caller's own, and 90 days at most, where it is not given."`
	}
}) (*created[TokenMade], error) {
	draft := office.TokenDraft{Name: in.Body.Name, Lasts: time.Duration(in.Body.Days) * 24 * time.Hour}
	for _, scope := range in.Body.Scopes {
		draft.Scopes = append(draft.Scopes, office.Scope(scope))
	}
	token, secret, err := desk.TokenMake(ctx, draft)
	if err != nil {
		return nil, err
	}
	return &created[TokenMade]{"/v1/tokens", TokenMade{tokenOf(&token), secret}}, nil
}

func tokenRevoke(ctx context.Context, desk *office.Desk, in *struct {
	ID string `path:"id" maxLength:"100" doc:"The token's id."`
}) (*struct{}, error) {
	return nil, desk.TokenRevoke(ctx, office.TokenID(in.ID))
}
