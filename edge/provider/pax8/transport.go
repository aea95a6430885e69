package pax8

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"prorata/flow"
)

const (
	// triesMax bounds how often one request is sent.
	triesMax = 6
	waitMin  = time.Second
	waitMax  = time.Minute
	// answerBytesMax is far beyond a page of 200.
	answerBytesMax = 64 << 20
	// tokenMargin is how long before its end a token is no longer used.
	tokenMargin = time.Minute
)

// request is one call.
type request struct {
	method, path string
	query        url.Values
	body         any
	// once says that a request which was not answered must not be sent again as it is.
	once bool
}

func (r *request) String() string { return r.method + " " + r.path }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request until it is answered. Pax8 counts requests and does not
// say how long to wait; each wait is twice the one before.
func (c *Client) call(ctx context.Context, r request) ([]byte, error) {
	renewed := false
	var last error
	for try := range triesMax {
		if try > 0 {
			if err := c.Wait(ctx, c.pause(try, last)); err != nil {
				return nil, err
			}
		}
		token, err := c.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		got, err := c.send(ctx, &r, token)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil || got.status >= 500 || got.status == http.StatusRequestTimeout:
			last = &unanswered{r.String(), got.status, err}
			if r.once {
				return nil, last
			}
		case got.status == http.StatusTooManyRequests:
			last = &throttled{r.String(), got.header.Get("Retry-After")}
		case got.status == http.StatusUnauthorized && !renewed:
			renewed = true
			c.forget(token)
			last = fmt.Errorf("%s: %w", &r, flow.ErrConsent)
		default:
			return got.body, refusalOf(&r, got)
		}
	}
	return nil, last
}

func (c *Client) pause(try int, last error) time.Duration {
	wait := min(waitMin<<(try-1), waitMax)
	var t *throttled
	if errors.As(last, &t) {
		if seconds, err := strconv.Atoi(t.after); err == nil && seconds > 0 {
			wait = min(time.Duration(seconds)*time.Second, 5*waitMax)
		}
	}
	if c.Jitter != nil {
		wait += c.Jitter(wait)
	}
	return wait
}

// unanswered is a request of which it is not known whether it was done.
type unanswered struct {
	request string
	status  int
	err     error
}

// Error tells what came instead of an answer.
func (u *unanswered) Error() string {
	if u.err != nil {
		return fmt.Sprintf("pax8: %s: %v: %v", u.request, flow.ErrUnanswered, u.err)
	}
	return fmt.Sprintf("pax8: %s: %v: status %d", u.request, flow.ErrUnanswered, u.status)
}

// Unwrap is ErrUnanswered.
func (u *unanswered) Unwrap() error { return flow.ErrUnanswered }

type throttled struct{ request, after string }

// Error says who was asked to wait.
func (t *throttled) Error() string { return "pax8: " + t.request + ": " + flow.ErrThrottled.Error() }

// Unwrap is ErrThrottled.
func (t *throttled) Unwrap() error { return flow.ErrThrottled }

func (c *Client) send(ctx context.Context, r *request, token string) (answer, error) {
	var body io.Reader
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(data)
	}
	address := c.base.JoinPath(r.path)
	address.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, answerBytesMax+1))
	if err == nil && len(data) > answerBytesMax {
		err = fmt.Errorf("the answer is longer than %d MiB", answerBytesMax>>20)
	}
	return answer{res.StatusCode, res.Header, data}, err
}

// signedIn is a token that is good for a while yet.
func (c *Client) signedIn(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.Clock().Before(c.goodFor) {
		return c.token, nil
	}
	secret, err := c.Secret(ctx)
	if err != nil {
		return "", fmt.Errorf("pax8: the client's secret: %w", err)
	}
	r := request{method: http.MethodPost, path: "/v1/token", body: map[string]string{
		"client_id": c.ClientID, "client_secret": secret, "audience": audience, "grant_type": "client_credentials",
	}}
	var last error
	for try := range triesMax {
		if try > 0 {
			if err := c.Wait(ctx, c.pause(try, last)); err != nil {
				return "", err
			}
		}
		got, err := c.send(ctx, &r, "")
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil || got.status >= 500:
			last = &unanswered{r.String(), got.status, err}
			continue
		case got.status == http.StatusTooManyRequests:
			last = &throttled{r.String(), got.header.Get("Retry-After")}
			continue
		case got.status != http.StatusOK:
			return "", fmt.Errorf("pax8: %w: the client id and secret are not accepted (status %d); make new ones in Pax8 under Integrations and give them to this connection", flow.ErrConsent, got.status)
		}
		return c.keep(got.body)
	}
	return "", last
}

func (c *Client) keep(body []byte) (string, error) {
	of, err := objectOf(body)
	if err != nil {
		return "", errors.New("pax8: the token's answer is not JSON")
	}
	in := reading{of: of, wrong: &mistakes{}}
	token := in.text("access_token")
	seconds, _ := in.number("expires_in")
	lifetime, err := seconds.Ratio().Round(0)
	if token == "" || err != nil || lifetime <= 0 {
		return "", errors.New("pax8: the token's answer has no token, or says not how long it is good")
	}
	c.token, c.goodFor = token, c.Clock().Add(time.Duration(lifetime)*time.Second-tokenMargin)
	return token, nil
}

// forget drops a token that was not accepted, if it is still the one in use.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = ""
	}
}

// refusalOf is the error of an answer, if it is one.
func refusalOf(r *request, got answer) error {
	if got.status < http.StatusMultipleChoices {
		return nil
	}
	no := &flow.ProviderRefusal{Code: "HTTP_" + strconv.Itoa(got.status), Sentence: http.StatusText(got.status)}
	if of, err := objectOf(got.body); err == nil {
		in := reading{of: of, wrong: &mistakes{}}
		if code := in.text("type"); code != "" {
			no.Code = code
		}
		said := []string{in.text("message")}
		for _, raw := range in.list("details") {
			if detail, err := objectOf(raw); err == nil {
				inner := reading{of: detail, wrong: &mistakes{}}
				said = append(said, inner.text("message"))
			}
		}
		if sentence := joined(said); sentence != "" {
			no.Sentence = sentence
		}
	}
	switch got.status {
	case http.StatusNotFound:
		return fmt.Errorf("pax8: %s: %w: %s", r, flow.ErrUnknown, no.Sentence)
	case http.StatusUnauthorized:
		return fmt.Errorf("pax8: %s: %w: Pax8 does not accept the connection's token (%s); look whether its credentials still exist under Integrations", r, flow.ErrConsent, no.Sentence)
	case http.StatusForbidden:
		no.Todo = "Ask an administrator in Pax8 to allow this for the connection's credentials, and see that the customer is one of yours."
	case http.StatusUnprocessableEntity:
		no.Todo = "Correct what Pax8 names and send it again; for what is asked per product, see its provisioning details in Pax8."
	default:
		no.Todo = "Nothing can be done here; report it to Pax8 with the sentence and the time."
	}
	return fmt.Errorf("pax8: %s: %w", r, no)
}

func joined(said []string) string {
	var parts []string
	for _, s := range said {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, strings.TrimSuffix(s, "."))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ": ") + "."
}
