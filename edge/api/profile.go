package api

import (
	"context"
	"time"

	"prorata/flow/office"
)

// Profile is who calls.
type Profile struct {
	User
	Token  string   `json:"token" doc:"The id of the API token that was sent."`
	Scopes []string `json:"scopes" nullable:"false" doc:"What the token is narrowed to."`
}

func profileGet(ctx context.Context, desk *office.Desk, _ *struct{}) (*struct{ Body Profile }, error) {
	user, err := desk.ProfileGet(ctx)
	if err != nil {
		return nil, err
	}
	person := desk.Person()
	return &struct{ Body Profile }{Profile{userOf(&user), string(person.Token), words(person.Scopes)}}, nil
}

// Session is somebody's time in the console, on one browser.
type Session struct {
	ID     string    `json:"id" doc:"Its id; nobody gets in with it."`
	User   string    `json:"user" doc:"Whose it is."`
	From   string    `json:"from" doc:"The network address that it was last used from."`
	Agent  string    `json:"agent" doc:"What the browser calls itself."`
	MadeAt time.Time `json:"made_at" doc:"When they signed in."`
	SeenAt time.Time `json:"seen_at" doc:"When it was last used, to about a minute."`
	EndsAt time.Time `json:"ends_at" doc:"When it ends in any case."`
	By     string    `json:"by" doc:"How they signed in." example:"password"`
	Proved bool      `json:"proved" doc:"Whether a second factor was given."`
}

// Whose are asked of what is somebody's own.
type Whose struct {
	User      string `query:"user" maxLength:"100" doc:"Of this user, for owners; the caller's where it is not given."`
	Everybody bool   `query:"everybody" doc:"Of all users, for owners."`
}

func sessionList(ctx context.Context, desk *office.Desk, in *Whose) (*listed[Session], error) {
	list, err := desk.SessionList(ctx, office.UserID(in.User), in.Everybody)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.Session, Session, string]("sessions", list, nil, func(s *office.Session) Session {
		return Session{string(s.ID), string(s.User), s.From, s.Agent, s.MadeAt.UTC(), s.SeenAt.UTC(), s.EndsAt.UTC(), s.By, s.Proved}
	}), nil
}

func sessionRevoke(ctx context.Context, desk *office.Desk, in *struct {
	ID string `path:"id" maxLength:"100" doc:"The session's id."`
}) (*struct{}, error) {
	return nil, desk.SessionRevoke(ctx, office.SessionID(in.ID))
}

func sessionsRevoke(ctx context.Context, desk *office.Desk, in *struct {
	User string `query:"user" maxLength:"100" doc:"Of this user, for owners; the caller's where it is not given."`
}) (*struct{}, error) {
	return nil, desk.SessionsRevoke(ctx, office.UserID(in.User))
}
