package partnercenter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/edge/provider/partnercenter"
)

// A play is a provider that answers as the test says, in that order, and writes
// down what it was asked.
type play struct {
	t      *testing.T
	mu     sync.Mutex
	now    time.Time
	waits  []time.Duration
	scenes []scene
	asked  []asked
	kept   map[string]string
	log    bytes.Buffer
	set    partnercenter.Settings
	// tokens counts the access tokens given out; noSignIn is the login's no.
	tokens     int
	signIns    []string
	noSignIn   string
	noRefresh  bool
	cannotKeep error
	// onSignIn is called before a sign-in is answered.
	onSignIn func(n int)
	// noSignInStatus is 400 where it is 0.
	noSignInStatus int
}

// scene is one answer, to any call where it names none; lost drops the connection
// instead. {host} in it is where the provider is.
type scene struct {
	call   string
	status int
	header map[string]string
	body   string
	lost   bool
	// hang answers nothing until whoever asked has gone.
	hang bool
}

type asked struct {
	call, body string
	header     http.Header
}

const refreshToken = "refresh-0-secret"

func newPlay(t *testing.T, scenes ...scene) (*play, *partnercenter.Client) {
	t.Helper()
	p := &play{t: t, scenes: scenes, now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC), kept: map[string]string{partnercenter.RefreshToken: refreshToken}}
	server := httptest.NewServer(p)
	// A dropped connection must be seen here, not mended by net/http's own pool.
	server.Client().Transport.(*http.Transport).DisableKeepAlives = true
	t.Cleanup(func() {
		server.Close()
		if len(p.scenes) > 0 {
			t.Errorf("not asked for: %s", p.scenes[0].call)
		}
	})
	return p, p.client(server)
}

func (p *play) client(server *httptest.Server) *partnercenter.Client {
	p.set = partnercenter.Settings{
		Endpoints: partnercenter.Commercial().At(server.URL), Tenant: "partner", ClientID: "app",
		Secret:      func(context.Context) (string, error) { return "app-secret", nil },
		RedirectURI: "https://prorata.example/consent", ConsentPage: "https://prorata.example/connections/microsoft",
		Tokens: p, HTTP: server.Client(),
		Clock: func() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.now },
		Wait: func(_ context.Context, span time.Duration) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.waits, p.now = append(p.waits, span), p.now.Add(span)
			return nil
		},
		Timeout: p.timeout(),
		Log:     slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	return partnercenter.New(p.set)
}

// again is another connection to the same provider, set differently.
func (p *play) again(change func(*partnercenter.Settings)) *partnercenter.Client {
	set := p.set
	change(&set)
	return partnercenter.New(set)
}

// timeout is short where a scene hangs; else none ends before its answer.
func (p *play) timeout() time.Duration {
	for _, s := range p.scenes {
		if s.hang {
			return 50 * time.Millisecond
		}
	}
	return time.Minute
}

func (p *play) TokenLoad(_ context.Context, name string) (string, error) { return p.kept[name], nil }

func (p *play) TokenSave(_ context.Context, name, token string) error {
	if p.cannotKeep != nil {
		return p.cannotKeep
	}
	p.kept[name] = token
	return nil
}

func (p *play) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if strings.HasSuffix(r.URL.Path, "/oauth2/token") {
		p.signIn(w, r, string(body))
		return
	}
	name := r.Method + " " + r.URL.RequestURI()
	p.asked = append(p.asked, asked{call: name, body: string(body), header: r.Header})
	if len(p.scenes) == 0 {
		p.t.Errorf("asked for more than was planned: %s", name)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	s := p.scenes[0]
	p.scenes = p.scenes[1:]
	if s.call != "" && s.call != name {
		p.t.Errorf("asked %s, want %s", name, s.call)
	}
	if s.hang {
		p.mu.Unlock()
		<-r.Context().Done()
		p.mu.Lock()
	}
	if s.lost || s.hang {
		panic(http.ErrAbortHandler)
	}
	for key, value := range s.header {
		w.Header().Set(key, strings.ReplaceAll(value, "{host}", "http://"+r.Host))
	}
	if s.status == 0 {
		s.status = http.StatusOK
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, strings.ReplaceAll(s.body, "{host}", "http://"+r.Host))
}

// signIn gives tokens that are numbered, and a new refresh token each time.
func (p *play) signIn(w http.ResponseWriter, r *http.Request, body string) {
	p.signIns = append(p.signIns, r.URL.Path+"?"+body)
	if p.onSignIn != nil {
		p.onSignIn(len(p.signIns))
	}
	if p.noSignIn != "" {
		w.WriteHeader(max(http.StatusBadRequest, p.noSignInStatus))
		_, _ = io.WriteString(w, p.noSignIn)
		return
	}
	p.tokens++
	answer := map[string]string{"token_type": "Bearer", "expires_in": "3600", "access_token": fmt.Sprintf("access-%d-secret", p.tokens)}
	if !p.noRefresh {
		answer["refresh_token"] = fmt.Sprintf("refresh-%d-secret", p.tokens)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// header is that of the nth thing asked, from 0.
func (p *play) header(n int, name string) string { return p.asked[n].header.Get(name) }

func names(t *testing.T, c *partnercenter.Client) ([]string, error) {
	t.Helper()
	var all []string
	for customer, err := range c.Customers(t.Context()) {
		if err != nil {
			return all, err
		}
		all = append(all, customer.Name)
	}
	return all, nil
}

const oneCustomer = `{"totalCount":1,"items":[{"id":"c1","companyProfile":{"companyName":"Contoso","domain":"contoso.example"}}]}`
