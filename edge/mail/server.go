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

// answerWait is how long the server may take for one answer.
const answerWait = 30 * time.Second

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
	options := []gomail.Option{gomail.WithPort(w.server.Port), gomail.WithTimeout(answerWait), gomail.WithoutNoop()}
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
	return nil
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
	err := w.client.Send(message)
	if message.IsDelivered() {
		if err != nil {
			w.close()
		}
		return office.MailResult{Status: 250, Sent: true}
	}
	var failed *gomail.SendError
	if err == nil || !errors.As(err, &failed) {
		w.close()
		return office.MailResult{Why: fmt.Sprintf("the mail server took nothing and said nothing: %v", err)}
	}
	result := office.MailResult{Status: failed.ErrorCode(), Why: said(failed)}
	content := failed.Reason == gomail.ErrSMTPRcptTo || failed.Reason == gomail.ErrSMTPData || failed.Reason == gomail.ErrSMTPDataClose
	result.Refused = content && result.Status >= 500
	if result.Status == 0 || failed.Reason == gomail.ErrWriteContent {
		w.close()
	}
	return result
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
