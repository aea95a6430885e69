package partnercenter

import (
	"context"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that a signature may name
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// WebhookTrust says whom we believe. A notification names an address from which
// its certificate is to be fetched, and anybody can send one: so that nobody makes
// us ask where they like, only these hosts are asked.
type WebhookTrust struct {
	// Hosts may serve the certificate, by HTTPS: each is a domain, with all below it.
	Hosts []string
	// IssuerHosts may serve the certificates between that one and the root.
	IssuerHosts []string
	// Origins may serve either, too, exactly as they are (https://host:port): a stand-in's.
	Origins []string
	// Roots vouch for the certificate; Organization must be in its issuer's name.
	Roots        *x509.CertPool
	Organization string
	// Names are the domains of which the certificate must name one; any where empty.
	Names []string

	HTTP  *http.Client
	Clock func() time.Time
}

// MicrosoftTrust believes what Microsoft's certificates of those roots sign.
func MicrosoftTrust(roots *x509.CertPool) WebhookTrust {
	return WebhookTrust{
		Hosts: []string{"blob.core.windows.net", "microsoft.com"}, IssuerHosts: []string{"microsoft.com", "digicert.com"},
		Roots: roots, Organization: "Microsoft Corporation", Names: []string{"microsoft.com"},
	}
}

const (
	certificateBytesMax = 64 << 10
	// certificateFor is how long a certificate is believed before it is looked at anew.
	certificateFor = 24 * time.Hour
	// refusalFor is how long an address is not asked again that gave none.
	refusalFor        = time.Minute
	certificatesKept  = 64
	certificateWait   = 10 * time.Second
	issuersMax        = 3
	signatureBytesMax = 4096
)

// WebhookVerifier tells Microsoft's notifications from others'.
type WebhookVerifier struct {
	trust WebhookTrust
	// turn lets one address be asked at a time.
	turn chan struct{}
	mu   sync.Mutex
	// good are the addresses whose certificates we believe, bad the others: whoever
	// makes up addresses fills that one alone.
	good, bad map[string]believed
}

// believed is what came of looking at an address: a key, or the reason why there is none.
type believed struct {
	key   *rsa.PublicKey
	no    error
	until time.Time
}

// NewWebhookVerifier verifies by a trust.
func NewWebhookVerifier(trust WebhookTrust) *WebhookVerifier {
	client := *trust.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Timeout = certificateWait
	trust.HTTP = &client
	return &WebhookVerifier{trust: trust, turn: make(chan struct{}, 1), good: map[string]believed{}, bad: map[string]believed{}}
}

// Verify is nil where the body was signed by a certificate that we trust. Its
// errors are WebhookRefusals: 401 where there is no good signature, 400 where a
// header is missing or names what we do not ask or know.
func (v *WebhookVerifier) Verify(ctx context.Context, header http.Header, body []byte) error {
	signature, err := signatureOf(header)
	if err != nil {
		return err
	}
	address, algorithm := header.Get("X-MS-Certificate-Url"), header.Get("X-MS-Signature-Algorithm")
	if address == "" || algorithm == "" {
		return &WebhookRefusal{http.StatusBadRequest, "the headers X-MS-Certificate-Url and X-MS-Signature-Algorithm are required"}
	}
	hash, ok := signatureHash(algorithm)
	if !ok {
		return &WebhookRefusal{http.StatusBadRequest, "X-MS-Signature-Algorithm: " + quote(algorithm) + " (expected rsa-sha256, rsa-sha384 or rsa-sha512)"}
	}
	from, ok := v.allowed(address, v.trust.Hosts, "https")
	if !ok {
		return &WebhookRefusal{http.StatusBadRequest, "X-MS-Certificate-Url: " + quote(address) + " is none of the addresses that we ask"}
	}
	key, err := v.key(ctx, from)
	if err != nil {
		return &WebhookRefusal{http.StatusUnauthorized, err.Error()}
	}
	digest := hash.New()
	digest.Write(body)
	if err := rsa.VerifyPKCS1v15(key, hash, digest.Sum(nil), signature); err != nil {
		return &WebhookRefusal{http.StatusUnauthorized, "the signature is not of this body"}
	}
	return nil
}

// signatureOf finds the signature in the header of its own, or where others have
// their password.
func signatureOf(header http.Header) ([]byte, error) {
	const scheme = "signature "
	text := header.Get("X-MS-Signature")
	if text == "" {
		text = header.Get("Authorization")
	}
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return nil, &WebhookRefusal{http.StatusUnauthorized, "there is no signature"}
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text[len(scheme):]))
	if err != nil || len(signature) == 0 || len(signature) > signatureBytesMax {
		return nil, &WebhookRefusal{http.StatusUnauthorized, "the signature is not Base64"}
	}
	return signature, nil
}

func signatureHash(algorithm string) (crypto.Hash, bool) {
	hash, ok := map[string]crypto.Hash{"rsasha256": crypto.SHA256, "rsasha384": crypto.SHA384, "rsasha512": crypto.SHA512}[columnName(algorithm)]
	return hash, ok
}

// allowed says that an address is one that we ask: of these schemes at one of
// these domains by its name and usual port, or of a listed origin.
func (v *WebhookVerifier) allowed(address string, domains []string, schemes ...string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return nil, false
	}
	u.Fragment = ""
	if slices.Contains(v.trust.Origins, u.Scheme+"://"+u.Host) {
		return u, true
	}
	host := strings.ToLower(u.Host)
	if !slices.Contains(schemes, u.Scheme) || u.Port() != "" || net.ParseIP(u.Hostname()) != nil {
		return nil, false
	}
	return u, below(host, domains)
}

// below says that a name is one of the domains or below one.
func below(name string, domains []string) bool {
	return slices.ContainsFunc(domains, func(domain string) bool {
		domain = strings.ToLower(strings.TrimPrefix(domain, "."))
		return name == domain || strings.HasSuffix(name, "."+domain)
	})
}

// key is that of the certificate at an address.
func (v *WebhookVerifier) key(ctx context.Context, from *url.URL) (*rsa.PublicKey, error) {
	if b, ok := v.lookup(from); ok {
		return b.key, b.no
	}
	select {
	case v.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-v.turn }()
	if b, ok := v.lookup(from); ok { // somebody was quicker
		return b.key, b.no
	}
	now := v.trust.Clock()
	key, until, err := v.believe(ctx, from, now)
	if ctx.Err() != nil {
		return nil, ctx.Err() // that is not the address's fault
	}
	b, kept := believed{key: key, no: err, until: now.Add(certificateFor)}, v.good
	if err != nil {
		b.until, kept = now.Add(refusalFor), v.bad
	} else if until.Before(b.until) {
		b.until = until
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(kept) >= certificatesKept {
		clear(kept)
	}
	delete(v.good, from.String())
	delete(v.bad, from.String())
	kept[from.String()] = b
	return b.key, b.no
}

func (v *WebhookVerifier) lookup(from *url.URL) (believed, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b, ok := v.good[from.String()]
	if !ok {
		b, ok = v.bad[from.String()]
	}
	return b, ok && v.trust.Clock().Before(b.until)
}

// believe fetches a certificate and follows it to a root.
func (v *WebhookVerifier) believe(ctx context.Context, from *url.URL, now time.Time) (*rsa.PublicKey, time.Time, error) {
	certificates, err := v.fetch(ctx, from)
	if err != nil {
		return nil, now, err
	}
	leaf := certificates[0]
	between := x509.NewCertPool()
	for _, c := range certificates[1:] {
		between.AddCert(c)
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return nil, now, fmt.Errorf("the certificate's key is %T (expected RSA)", leaf.PublicKey)
	case v.trust.Organization != "" && !slices.Contains(leaf.Issuer.Organization, v.trust.Organization):
		return nil, now, fmt.Errorf("the certificate's issuer is %s (expected %s)", quote(leaf.Issuer.String()), v.trust.Organization)
	case len(v.trust.Names) > 0 && !slices.ContainsFunc(append(slices.Clone(leaf.DNSNames), leaf.Subject.CommonName), func(name string) bool { return below(strings.ToLower(name), v.trust.Names) }):
		return nil, now, fmt.Errorf("the certificate is of %s (expected a name of %s)", quote(leaf.Subject.CommonName), strings.Join(v.trust.Names, ", "))
	}
	for last, step := leaf, 0; ; step++ {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: v.trust.Roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		var unknown x509.UnknownAuthorityError
		if err == nil {
			return key, leaf.NotAfter, nil
		}
		if !errors.As(err, &unknown) || step >= issuersMax {
			return nil, now, fmt.Errorf("the certificate is not trusted: %w", err)
		}
		// Only the certificate itself is served; who issued it says where it is.
		issuer, asked := v.issuer(ctx, last)
		if asked != nil {
			return nil, now, fmt.Errorf("the certificate is not trusted: %w (%w)", err, asked)
		}
		between.AddCert(issuer)
		last = issuer
	}
}

// issuer fetches the certificate of who issued one, from where that says. It need
// not be secret or sealed: it counts only as part of a chain to a root.
func (v *WebhookVerifier) issuer(ctx context.Context, of *x509.Certificate) (*x509.Certificate, error) {
	for _, address := range of.IssuingCertificateURL {
		from, ok := v.allowed(address, v.trust.IssuerHosts, "https", "http")
		if !ok {
			continue
		}
		certificates, err := v.fetch(ctx, from)
		if err != nil {
			return nil, err
		}
		return certificates[0], nil
	}
	return nil, errors.New("it does not say where we may ask for its issuer")
}

// fetch reads the certificates at an address: one in DER, or some in PEM.
func (v *WebhookVerifier) fetch(ctx context.Context, from *url.URL) ([]*x509.Certificate, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := v.trust.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be fetched: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, certificateBytesMax+1))
	switch err = errors.Join(err, res.Body.Close()); {
	case err != nil:
		return nil, fmt.Errorf("the certificate cannot be fetched: %w", err)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the certificate cannot be fetched: %s", res.Status)
	case len(data) > certificateBytesMax:
		return nil, fmt.Errorf("the certificate is longer than %d KiB", certificateBytesMax>>10)
	}
	var blocks []byte
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			blocks = append(blocks, block.Bytes...)
		}
	}
	if blocks == nil {
		blocks = data
	}
	certificates, err := x509.ParseCertificates(blocks)
	if err == nil && len(certificates) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("what is at the certificate's address is none: %w", err)
	}
	return certificates, nil
}
