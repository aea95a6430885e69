package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"prorata/edge/api"
	"prorata/edge/mail"
	"prorata/flow"
	"prorata/flow/office"
)

type serveCommand struct {
	Listen         string        `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where to listen."`
	TLSCertificate string        `name:"tls-certificate" placeholder:"FILE" help:"Serve https with this certificate (PEM, with those it is signed by); read again when it changes. Without it, http: for a proxy before it."`
	TLSKey         string        `name:"tls-key" placeholder:"FILE" help:"The certificate's private key (PEM)."`
	Metrics        string        `placeholder:"ADDR" help:"Serve metrics at /metrics of this address, such as 127.0.0.1:9090; nowhere without it."`
	Every          time.Duration `default:"1m" help:"How often providers are asked what is new; 0 for never."`
	Standin        string        `placeholder:"ADDR" help:"Serve a local Partner Center beside it, at this address of this machine."`
	WebhooksInside bool          `help:"Let webhooks be inside this network, too."`
	Journal        string        `placeholder:"FILE" help:"The journal that the local Partner Center is made from and goes on writing to."`

	signInSettings
	mailSettings
}

// defaultListen is where it listens where nothing else is said.
const defaultListen = "127.0.0.1:8080"

// Help says what is served.
func (c *serveCommand) Help() string {
	return `Serves the console, the API (/v1, described at /docs), health and readiness, takes the notifications of providers (/webhooks/CONNECTION), and follows every connection:
carries out what was changed here, records what was changed there, imports and reconciles the provider's invoices.

  prorata serve
  prorata serve --standin 127.0.0.1:8090 --journal data/partnercenter.journal`
}

// shutdownWait is how long requests may take to end once the program is told to stop.
const shutdownWait = 10 * time.Second

// check refuses spans of time that make no sense.
func (c *serveCommand) check() error {
	for _, span := range []struct {
		flag      string
		is, least time.Duration
	}{{"--every", c.Every, 0}, {"--session-idle", c.SessionIdle, time.Minute}, {"--session-life", c.SessionLife, time.Minute}} {
		if span.is < span.least {
			return fmt.Errorf("%w: %s: %s is too short (expected %s or more)", flow.ErrInput, span.flag, span.is, span.least)
		}
	}
	return nil
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, w *world) error {
	if err := c.check(); err != nil {
		return err
	}
	o, err := w.office(ctx)
	if err != nil {
		return err
	}
	f := o.Flow
	listener, scheme, err := c.listen(ctx, w)
	if err != nil {
		return err
	}
	if err := w.signIn(o, &c.signInSettings, scheme+"://"+listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	files := newUploads(f)
	rest, err := w.rest(o, files, ctx.Done())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var mails mail.Server
	if o.Mail, mails, err = w.mail(&c.mailSettings); err != nil {
		return errors.Join(err, listener.Close())
	}
	o.MailKept = time.Duration(c.MailKept) * 24 * time.Hour
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := w.takeUp(ctx, o); err != nil {
		return errors.Join(err, listener.Close())
	}
	follower := newFollower(w, f)
	o.Providers, o.Partners = adapters{follower}, adapters{follower}
	clock := w.clockwork(o, follower, c.Every)
	var beside sync.WaitGroup
	var standinErr error
	if c.Standin != "" {
		center := &partnerCenterCommand{Listen: c.Standin, Journal: c.Journal, Demo: true, Seed: "prorata", beside: true}
		up := make(chan struct{})
		beside.Go(func() {
			standinErr = center.serve(ctx, w, func() { close(up) })
			stop()
		})
		select {
		case <-up:
		case <-ctx.Done():
		}
	}
	o.Behind = func(work func(context.Context)) { beside.Go(func() { work(ctx) }) }
	beside.Go(func() { w.keepUploads(ctx, files) })
	beside.Go(func() { clock.Run(ctx) })
	beside.Go(func() { w.tellWebhooks(ctx, o, c.WebhooksInside) })
	beside.Go(func() { w.sendMail(ctx, o, mails) })
	w.printf("prorata serves on %s://%s (/v1, /docs, /healthz, /readyz)\n", scheme, listener.Addr())
	if err := c.serveMetrics(ctx, w, o, &beside); err != nil {
		stop()
		beside.Wait()
		return errors.Join(err, listener.Close())
	}
	if err = w.greet(ctx, o); err == nil {
		err = serveUntil(ctx, listener, c.handler(w.Address, routes(o, follower, w.console(o, files, ctx.Done()), rest)))
	} else if ctx.Err() != nil {
		err = nil // it was told to stop before anybody came
	}
	stop()
	beside.Wait()
	return errors.Join(err, standinErr)
}

// handler is all that is served at an address.
func (c *serveCommand) handler(address string, all http.Handler) http.Handler {
	all = guarded(all, strings.HasPrefix(address, "https:"))
	if c.Proxied {
		return behindProxy(all)
	}
	return all
}

// guarded says to browsers what they must not do with any answer, whatever gave it: pages and the API say more for theirs.
func guarded(next http.Handler, https bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		if https || r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// routes are every URL of the program.
func routes(o *office.Office, r *follower, console http.Handler, rest *api.API) http.Handler {
	mux := http.NewServeMux()
	rest.Mount(mux)
	mux.Handle("/", console)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		if err := o.Flow.Store.Read(ctx, func(tx flow.Tx) error { _, err := tx.BookStamp(); return err }); err != nil {
			answer(w, http.StatusServiceUnavailable, "the database does not answer\n")
			return
		}
		answer(w, http.StatusOK, "ready\n")
	})
	mux.Handle("POST /webhooks/{connection}", r.webhooks())
	mux.Handle("POST /webhooks/{connection}/{secret}", r.webhooks())
	return mux
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that has gone away has no use for the rest.
	_, _ = w.Write([]byte(text))
}
