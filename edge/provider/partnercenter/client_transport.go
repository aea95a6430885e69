package partnercenter

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

// answerBytesMax bounds an answer that is read whole; a page of 2000 lines has
// about 4 MiB.
const answerBytesMax = 64 << 20

// ask sends a call until it is answered, and reads the answer whole.
func (c *Client) ask(ctx context.Context, k call) (*answered, error) {
	res, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	return &answered{status: res.StatusCode, header: res.Header, body: body}, errors.Join(err, res.Body.Close())
}

// askObject asks for what is answered with one JSON object.
func (c *Client) askObject(ctx context.Context, k call) (reading, error) {
	a, err := c.ask(ctx, k)
	if err != nil {
		return reading{}, err
	}
	return a.object(k)
}

// lost is what became of a try without an answer.
type lost struct{ err error }

func (l *lost) Error() string { return l.err.Error() }
func (l *lost) Unwrap() error { return l.err }

// send sends a call until there is an answer that counts: a good one, or a no.
// A try without an answer is sent again under the same request id; after an
// answer that asks for patience the next one gets a new id.
func (c *Client) send(ctx context.Context, k call) (*http.Response, error) {
	correlation := newID()
	n, id := 0, ""
	renewed, silent := false, false
	for try := 1; ; try++ {
		if id == "" {
			id = k.id(n)
		}
		token, err := c.tokenFor(ctx, k)
		if err != nil {
			return nil, after(silent, fmt.Errorf("%s: %w", k.name(), err))
		}
		res, err := c.try(ctx, k, sending{id: id, correlation: correlation, token: token})
		if err == nil {
			return res, nil
		}
		var no *refusal
		refused := errors.As(err, &no)
		if refused {
			n, id = n+1, ""
		}
		silent = silent || !refused
		switch {
		case ctx.Err() != nil:
			return nil, c.unknown(k, err)
		case refused && no.status == http.StatusUnauthorized && !renewed && !no.consent && k.host != hostBare:
			// The token may have been taken back before its time.
			renewed = true
			if err := c.keys.forget(ctx, k.host); err != nil {
				return nil, err
			}
			continue
		case refused && !no.patience():
			return nil, after(silent && no.consent, c.refused(ctx, k, no))
		case !refused && !errors.As(err, new(*lost)):
			return nil, err
		}
		span, able := c.pause(try, no)
		if !able || try >= c.set.Tries {
			return nil, after(silent, c.given(k, err))
		}
		c.set.Log.Info("the provider is asked again", "call", k.name(), "try", try, "wait", span, "cause", err.Error())
		if err := c.set.Wait(ctx, span); err != nil {
			return nil, c.unknown(k, err)
		}
	}
}

// refused is the provider's no as the flow gets it.
func (c *Client) refused(ctx context.Context, k call, no *refusal) error {
	if !no.consent || k.host == hostBare {
		return fmt.Errorf("%s: %w", k.name(), no)
	}
	// What comes after a new consent must not go on with the old token.
	return errors.Join(fmt.Errorf("%s: %w", k.name(), c.keys.noConsent(no.Error())), c.keys.forget(ctx, k.host))
}

// given is the error of a call that was given up.
func (c *Client) given(k call, err error) error {
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusTooManyRequests {
		return fmt.Errorf("%s: %w: %s", k.name(), flow.ErrThrottled, no.said.Sentence)
	}
	return c.unknown(k, err)
}

// after is the error of a call that one of its tries got no answer to: that may
// have been done, whatever was said to a later one.
func after(silent bool, err error) error {
	if !silent || errors.Is(err, flow.ErrUnanswered) {
		return err
	}
	return fmt.Errorf("%w: %w", flow.ErrUnanswered, err)
}

// unknown is the error of a call of which it is not known whether it was done.
func (c *Client) unknown(k call, err error) error {
	return fmt.Errorf("%s: %w: %w", k.name(), flow.ErrUnanswered, err)
}

// pause is how long to wait before the next try: what the provider asked for,
// else (2^n − 1)/2 seconds. It is not able to wait longer than WaitMax.
func (c *Client) pause(try int, no *refusal) (span time.Duration, able bool) {
	span = time.Duration((1<<min(try, 16))-1) * time.Second / 2
	if no != nil {
		if asked, ok := retryAfter(no.header, c.set.Clock()); ok {
			span = asked
		}
	}
	return span + c.set.Jitter(span), span <= c.set.WaitMax
}

// retryAfter reads how long the provider asks to wait: seconds, or a date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}

// sending is what one sending of a call bears.
type sending struct{ id, correlation, token string }

func (c *Client) tokenFor(ctx context.Context, k call) (string, error) {
	if k.host == hostBare {
		return "", nil
	}
	return c.keys.token(ctx, k.host, k.appToo)
}

// redirectsMost is how often an answer may lead elsewhere.
const redirectsMost = 3

// followed says where an answer may lead: only reading goes elsewhere, as a price sheet's answer
// does, and never to where it is not encrypted. What is changed, and secrets, go to the address that was
// called alone; net/http keeps the token from other hosts.
func followed(to *http.Request, before []*http.Request) error {
	first := before[0]
	if first.Method != http.MethodGet || len(before) > redirectsMost || first.URL.Scheme == "https" && to.URL.Scheme != "https" {
		return http.ErrUseLastResponse
	}
	return nil
}

// try sends a call once. The answer's body is read already, unless it streams.
func (c *Client) try(ctx context.Context, k call, s sending) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(c.set.Timeout, cancel)
	done := func() { timer.Stop(); cancel() }
	req, err := c.request(ctx, k, s)
	if err != nil {
		done()
		return nil, err
	}
	res, err := c.set.HTTP.Do(req)
	if err != nil {
		done()
		return nil, &lost{bare(err)}
	}
	c.set.Log.Debug("the provider answered", "call", k.name(), "status", res.StatusCode, "request", s.id, "correlation", s.correlation)
	if k.stream && res.StatusCode < 300 {
		timer.Stop()
		res.Body = &lastClosed{ReadCloser: res.Body, then: cancel}
		return res, nil
	}
	defer done()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytesMax+1))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, &lost{bare(err)}
	}
	if len(body) > answerBytesMax {
		return nil, damaged(k.name(), 0, "the answer is longer than %d MiB", answerBytesMax>>20)
	}
	if res.StatusCode >= 300 {
		no := refusalOf(res, body)
		if k.form != nil {
			loginRefusal(no, body)
		}
		return nil, no
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// bare drops the address from an error of the network: its query may hold a secret.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// lastClosed ends a try when its answer has been read.
type lastClosed struct {
	io.ReadCloser
	then func()
}

func (l *lastClosed) Close() error {
	defer l.then()
	return l.ReadCloser.Close()
}

func (c *Client) request(ctx context.Context, k call, s sending) (*http.Request, error) {
	var body io.Reader
	if k.body != nil {
		text, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name(), err)
		}
		body = bytes.NewReader(text)
	}
	if k.form != nil {
		body = strings.NewReader(k.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, k.method, c.address(k), body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.name(), bare(err))
	}
	req.Header.Set("Accept", "application/json")
	switch k.host {
	case hostAPI:
		req.Header.Set("MS-RequestId", s.id)
		req.Header.Set("MS-CorrelationId", s.correlation)
		req.Header.Set("X-Locale", c.set.Locale)
		req.Header.Set("MS-Contract-Version", "v1")
	case hostPricing, hostGraph:
		req.Header.Set("client-request-id", s.id)
	case hostBare:
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if k.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if k.etag != "" {
		req.Header.Set("If-Match", quoted(k.etag))
	}
	for name, values := range k.header {
		req.Header[name] = values
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	return req, nil
}

// quoted puts an etag into double quotes, where its body's field has none.
func quoted(etag string) string {
	if strings.HasPrefix(etag, `"`) || strings.HasPrefix(etag, "W/") {
		return etag
	}
	return `"` + etag + `"`
}
