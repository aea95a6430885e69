package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"prorata/flow/office"
)

// Server is the outgoing mail server.
type Server struct {
	Host string
	Port int
	// Security is starttls, tls (from the first byte, as on port 465) or none.
	Security string
	// User and Password sign in there; without a user nobody does.
	User, Password string
	// TLS replaces whom to trust; nil for the system's authorities.
	TLS *tls.Config
}

// The ways to speak to a mail server.
const (
	StartTLS = "starttls"
	TLS      = "tls"
	Plain    = "none"
)

const (
	// connectWait is how long it may take until the server is spoken to and lets us in.
	connectWait = 30 * time.Second
	// takeWait is how long the server may take with one mail: many look into it before they say that they took it, and whoever
	// does not wait for that sends it twice. With connectWait it is less than the office lets a sender take.
	takeWait = 4 * time.Minute
	// stopWait is how long a mail that is under way is waited for when the program is told to stop.
	stopWait = 10 * time.Second
)

// NewServer reads an address (host:port, or a host with the port that is usual). A password is never
// sent in clear, but to this machine.
func NewServer(address, security, user, password string) (Server, error) {
	s := Server{Host: address, Port: map[string]int{StartTLS: 587, TLS: 465, Plain: 25}[security], Security: security, User: user, Password: password}
	if s.Port == 0 {
		return s, fmt.Errorf("%q is no way to speak to a mail server (expected starttls, tls or none)", security)
	}
	if host, port, err := net.SplitHostPort(address); err == nil {
		s.Host = host
		if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
			return s, fmt.Errorf("%q is no port (expected 1 to 65535)", port)
		}
	}
	switch {
	case s.Host == "" || strings.ContainsAny(s.Host, " /@"):
		return s, fmt.Errorf("%q is no address of a mail server (expected one such as smtp.example.com:587)", address)
	case user == "" && password != "":
		return s, errors.New("a password without a user")
	case user != "" && password == "":
		return s, errors.New("a user without a password")
	case user != "" && security == Plain && !local(s.Host):
		return s, errors.New("a password would be sent in clear: use starttls or tls")
	}
	return s, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// way is a connection that is made with the first mail, and made anew after it was lost.
type way struct {
	server Server
	client *gomail.Client
}

func (s Server) open() *way { return &way{server: s} }

func (w *way) connect(ctx context.Context) error {
	if w.client != nil {
		return nil
	}
	options := []gomail.Option{gomail.WithPort(w.server.Port), gomail.WithTimeout(connectWait), gomail.WithoutNoop()}
	switch w.server.Security {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		options = append(options, gomail.WithSSL())
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if w.server.TLS != nil {
		options = append(options, gomail.WithTLSConfig(w.server.TLS))
	}
	if w.server.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(w.server.User), gomail.WithPassword(w.server.Password))
		if w.server.Security == Plain {
			// To this machine alone; see NewServer.
			options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc))
		}
	}
	client, err := gomail.NewClient(w.server.Host, options...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	w.client = client
	return gomail.WithTimeout(takeWait)(client)
}

func (w *way) close() {
	if w.client != nil {
		// What was sent was answered; how the other side says goodbye is of no interest.
		_ = w.client.Close()
		w.client = nil
	}
}

// send hands one mail over. It is refused for good where the server will not have its recipients or
// what it says; a server that does not answer, or does not let us in, may do so later.
func (w *way) send(ctx context.Context, message *gomail.Msg) office.MailResult {
	if err := w.connect(ctx); err != nil {
		return office.MailResult{Why: "the mail server could not be spoken to: " + err.Error()}
	}
	answered, err := w.hand(ctx, message)
	switch {
	case !answered:
		return office.MailResult{Why: "the program was told to stop before the mail server had answered"}
	case message.IsDelivered():
		if err != nil {
			w.close()
		}
		return office.MailResult{Status: 250, Sent: true}
	}
	// What state a connection is in behind a refusal is not known of every server.
	w.close()
	var failed *gomail.SendError
	if err == nil || !errors.As(err, &failed) {
		return office.MailResult{Why: fmt.Sprintf("the mail server took nothing and said nothing: %v", err)}
	}
	result := office.MailResult{Status: failed.ErrorCode(), Why: said(failed)}
	content := failed.Reason == gomail.ErrSMTPRcptTo || failed.Reason == gomail.ErrSMTPData || failed.Reason == gomail.ErrSMTPDataClose
	if content {
		result.Status = worst(failed, result.Status)
	}
	result.Refused = content && result.Status >= 500
	return result
}

// hand hands a mail over. Where the program is told to stop meanwhile, it waits a moment for the answer and then leaves the
// connection to the end of the program.
func (w *way) hand(ctx context.Context, message *gomail.Msg) (answered bool, err error) {
	client, done := w.client, make(chan error, 1)
	go func() { done <- client.Send(message) }()
	select {
	case err = <-done:
		return true, err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer cancel()
	select {
	case err = <-done:
		return true, err
	case <-stop.Done():
		w.client = nil
		return false, nil
	}
}

// worst is the refusal for good among the answers to several recipients, of which the library tells the last one's code alone: where one
// is busy and another is refused, the mail will not be taken later either.
func worst(failed *gomail.SendError, status int) int {
	for answer := range strings.SplitSeq(strings.TrimPrefix(failed.Error(), failed.Reason.String()+": "), ", ") {
		code, _, _ := strings.Cut(answer, " ")
		if n, err := strconv.Atoi(code); err == nil && n >= 500 && n < 600 && status < 500 {
			status = n
		}
	}
	return status
}

// said is the server's words, with what they were said to.
func said(failed *gomail.SendError) string {
	words, _, _ := strings.Cut(failed.Error(), ", affected message ID")
	words = strings.TrimPrefix(words, failed.Reason.String()+": ")
	words, who, _ := strings.Cut(words, ", affected recipient(s): ")
	words, who = strings.ReplaceAll(words, `"`, ""), strings.NewReplacer("<", "", ">", "").Replace(who)
	switch {
	case failed.Reason == gomail.ErrSMTPRcptTo && who != "":
		return who + " was not taken: " + words
	case failed.Reason == gomail.ErrSMTPMailFrom:
		return "the sender was not taken: " + words
	case failed.Reason == gomail.ErrSMTPDataClose && failed.ErrorCode() == 0:
		return "the connection was lost when the mail was given: whether it was taken is not known (" + words + ")"
	}
	return words
}
