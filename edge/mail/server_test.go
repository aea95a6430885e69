package mail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// postOffice is somebody's mail server on this machine, with STARTTLS and a password. It answers as it is told to.
type postOffice struct {
	t       *testing.T
	address string
	roots   *tls.Config

	mu sync.Mutex
	// refuses answers a recipient; lost is how often the connection ends after a mail was taken and before that is said.
	refuses map[string]*smtp.SMTPError
	content *smtp.SMTPError
	lost    int
	// taking is called once a mail was read and before that it was taken is said.
	taking func()
	// commands are in order; taken are the mails that it has, accepted counts how often it took one.
	taken  []taken
	signed int
	secure bool
}

// taken is a mail as it came.
type taken struct {
	from string
	to   []string
	raw  []byte
}

func newPostOffice(t *testing.T) *postOffice {
	certificate, roots := selfSigned(t)
	p := &postOffice{t: t, refuses: map[string]*smtp.SMTPError{}, roots: roots}
	server := smtp.NewServer(p)
	server.Domain, server.TLSConfig = "mail.example", &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.ErrorLog = quiet{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p.address = listener.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// selfSigned is a certificate of 127.0.0.1, and what trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	root, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{office: p, conn: c}, nil
}

func (p *postOffice) inbox() []taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.taken)
}

func (p *postOffice) answers(set func(*postOffice)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set(p)
}

type session struct {
	office *postOffice
	conn   *smtp.Conn
	mail   taken
	in     bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "billing" || password != "swordfish" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password"}
		}
		_, encrypted := s.conn.TLSConnectionState()
		s.office.answers(func(p *postOffice) { p.signed++; p.secure = encrypted })
		s.in = true
		return nil
	}), nil
}

func (s *session) Reset() { s.mail = taken{} }

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	s.mail.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	if refusal := s.office.refuses[to]; refusal != nil {
		return refusal
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	if s.office.content != nil {
		return s.office.content
	}
	s.mail.raw = raw
	s.office.taken = append(s.office.taken, s.mail)
	if s.office.taking != nil {
		s.office.taking()
	}
	if s.office.lost > 0 {
		s.office.lost--
		_ = s.conn.Conn().Close()
		return errors.New("gone")
	}
	return nil
}

// read is a mail taken apart: header, and each part by its type.
type read struct {
	header  netmail.Header
	subject string
	parts   map[string]string
	names   []string
}

func (m *taken) read(t *testing.T) read {
	t.Helper()
	message, err := netmail.ReadMessage(bytes.NewReader(m.raw))
	must(t, err)
	r := read{header: message.Header, parts: map[string]string{}}
	r.subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	must(t, err)
	r.walk(t, message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), message.Body)
	return r
}

func (r *read) walk(t *testing.T, contentType, encoding string, body io.Reader) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	must(t, err)
	if strings.HasPrefix(kind, "multipart/") {
		reader := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := reader.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			must(t, err)
			if name := part.FileName(); name != "" {
				r.names = append(r.names, name)
			}
			r.walk(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	switch encoding {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	must(t, err)
	r.parts[kind] = string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
