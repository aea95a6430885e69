// Package webhook sends messages to addresses of others, signed as the Standard
// Webhooks specification has it.
//
// It owns how a message looks, its signature, and where it may not go: an address
// inside the network that the program runs in is never asked, whatever name leads
// there. What is sent when, and what becomes of it, is the office's.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Sender sends what is due.
type Sender struct {
	Office *office.Office
	// HTTP asks the addresses: NewClient's, outside of tests.
	HTTP  *http.Client
	Clock flow.Clock
	Log   *slog.Logger
}

const (
	// answerMost is how much of an answer is read: only its status counts.
	answerMost = 4 << 10
	// endPatience is how long it may take to write down what became of a message.
	endPatience = 10 * time.Second
)

// Round sends all that is due, one after the other, and says how many there were. Several at the same time send at the same time:
// each message is one's alone.
func (s *Sender) Round(ctx context.Context) (sent int, err error) {
	for ctx.Err() == nil {
		sending, some, err := s.Office.DeliveryTake(ctx)
		if err != nil || !some {
			return sent, err
		}
		sent++
		if err := s.send(ctx, &sending); err != nil {
			return sent, err
		}
	}
	return sent, ctx.Err()
}

func (s *Sender) send(ctx context.Context, sending *office.Sending) error {
	began := s.Clock.Now()
	result := s.post(ctx, sending, began)
	if ctx.Err() != nil && result.Status == 0 {
		// The program ends: it is sent by the next one.
		return ctx.Err()
	}
	result.Took = s.Clock.Now().Sub(began)
	s.Log.InfoContext(ctx, "webhook", "webhook", sending.Webhook, "message", sending.Message.ID, "type", sending.Message.Type, "status", result.Status, "why", result.Why)
	// What was answered is noted even where the program ends: it was sent a second time.
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	return s.Office.DeliveryEnd(kept, sending.Delivery, result)
}

// post sends one message once.
func (s *Sender) post(ctx context.Context, sending *office.Sending, at time.Time) office.Sent {
	body, err := Body(&sending.Message)
	if err != nil {
		return office.Sent{Why: err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, sending.Address, bytes.NewReader(body))
	if err != nil {
		return office.Sent{Why: err.Error()}
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Prorata")
	// The specification writes its headers small; receivers read them in any case.
	request.Header.Set("webhook-id", sending.Message.ID)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", Signature(sending.Secrets, sending.Message.ID, timestamp, body))
	answer, err := s.HTTP.Do(request)
	if err != nil {
		return office.Sent{Why: whyOf(err)}
	}
	// What it says is of no interest; reading it lets the connection be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, answerMost))
	_ = answer.Body.Close()
	result := office.Sent{Status: answer.StatusCode, Gone: answer.StatusCode == http.StatusGone}
	if !result.OK() {
		result.Why = fmt.Sprintf("the answer is %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
		if answer.StatusCode >= 300 && answer.StatusCode < 400 {
			result.Why += "; a webhook is not followed elsewhere"
		}
	}
	return result
}

// whyOf is an error without the address, which may have a secret of the receiver in it.
func whyOf(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return err.Error()
}

// Body is a message as it is sent: its type, when it happened, and what it tells, all as text.
func Body(m *flow.Message) ([]byte, error) {
	data := make(map[string]string, len(m.Fields))
	for _, field := range m.Fields {
		data[field.Name] = field.Value
	}
	return json.Marshal(struct {
		Type      flow.MessageType  `json:"type"`
		Timestamp time.Time         `json:"timestamp"`
		Data      map[string]string `json:"data"`
	}{m.Type, m.At.UTC(), data})
}

// Signature is one for each secret with a space between: whoever knows any of them
// can tell that the message is ours.
func Signature(secrets [][]byte, id, timestamp string, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.", id, timestamp)
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
