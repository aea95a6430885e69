package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"time"

	"prorata/edge/secret"
	"prorata/flow"
	"prorata/flow/office"
)

// counter is where a command is served: the desk of whoever it is run as, and the terminal
// that it answers on. What is not asked of the desk is out of its reach: it has neither the
// flow nor the store.
type counter struct {
	*office.Desk
	*terminal
	program *program
	zone    *time.Location
	clock   flow.Clock
	// files finds what the rows of a provider's file are about.
	files intakeReader
	// seals reads the key that secrets are kept under, or makes one where make is set.
	seals func(make bool) error
	// keyIn reads the key of a file, or makes one there.
	keyIn func(file string) (*secret.Key, error)
}

// pageAtOnce is how many rows of a list are asked of the desk at once: as many as it gives.
const pageAtOnce = 500

// counter opens the book and finds out who is served.
func (w *world) counter(ctx context.Context) (*counter, error) {
	o, err := w.office(ctx)
	if err != nil {
		return nil, err
	}
	person, err := w.person(ctx, o)
	if err != nil {
		return nil, err
	}
	desk := o.Desk(person)
	if verbs := verbsOf(w.command); !slices.ContainsFunc(verbs, person.May) {
		if len(verbs) == 0 {
			return nil, fmt.Errorf("%w: nobody was given the command %s", office.ErrDenied, w.command)
		}
		return nil, desk.Ask(ctx, verbs[0])
	}
	return &counter{Desk: desk, terminal: &w.terminal, program: w.program, zone: o.Flow.Zone, clock: o.Flow.Clock, files: o.Flow, seals: func(make bool) error {
		key, err := w.key(make)
		if err == nil {
			o.Identity.Sealer = key
		}
		return err
	}, keyIn: func(file string) (*secret.Key, error) { return w.keyIn(file, true) }}, nil
}

// tokenVariable is the environment's place for an API token to run commands with. It is no
// flag, so that it is never seen in a list of processes or of settings.
const tokenVariable = "PRORATA_TOKEN"

// errToken is told where the token lets nobody in.
var errToken = fmt.Errorf("%w: $%s is no API token of this book, or it has ended", office.ErrDenied, tokenVariable)

// person is who a command is run as: the user that --as names, whom the token stands for,
// or the operator of the machine.
func (w *world) person(ctx context.Context, o *office.Office) (office.Person, error) {
	token, operator := w.sources.environment(tokenVariable), w.operator()
	switch {
	case w.As != "" && token != "":
		return office.Person{}, fmt.Errorf("%w: --as and $%s both say who runs this: leave one out", flow.ErrInput, tokenVariable)
	case w.As != "":
		person, err := o.PersonNamed(ctx, w.As, operator)
		if err != nil {
			err = fmt.Errorf("--as: %w", err)
		}
		return person, err
	case token != "":
		person, err := o.PersonOfCommandToken(ctx, token, operator)
		if errors.Is(err, office.ErrUnsigned) {
			err = errToken
		}
		return person, err
	}
	person, err := o.PersonOperating(ctx, operator)
	if err != nil {
		err = fmt.Errorf("%w: give --as, or $%s", err, tokenVariable)
	}
	return person, err
}

// named says whether the command is run as somebody of the book.
func (w *world) named() bool { return w.As != "" || w.sources.environment(tokenVariable) != "" }

// operator is what the machine calls whoever runs a command, or what they call themselves.
func (w *world) operator() string {
	if w.Who != "" {
		return w.Who
	}
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}

// may says whether whoever is served may use a verb, for what is shown only to them.
func (w *counter) may(verb string) bool {
	person := w.Person()
	return person.May(verb)
}

// now is the instant.
func (w *counter) now() time.Time { return w.clock.Now() }

// connection is a connection that there is.
func (w *counter) connection(ctx context.Context, id string) (flow.Connection, error) {
	view, err := w.ConnectionGet(ctx, flow.ConnectionID(id))
	return view.Connection, err
}

// optionalConnection is the id of a connection that there is, or none for all.
func (w *counter) optionalConnection(ctx context.Context, id string) (flow.ConnectionID, error) {
	if id == "" {
		return "", nil
	}
	c, err := w.connection(ctx, id)
	return c.ID, err
}
