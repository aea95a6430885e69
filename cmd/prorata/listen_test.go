package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certify writes a certificate of 127.0.0.1 and its key, and gives what trusts it.
func certify(t *testing.T, certificate, key string, serial int64, changed time.Time) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: secret}, certificate: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(certificate, changed, changed); err != nil {
		t.Fatal(err)
	}
	read, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(read)
	return pool
}

// With a certificate the pages come over https, browsers are told to stay there, and a renewed
// certificate is served without a restart. Half of a pair, or no certificate, does not start.
func TestServeOverHTTPS(t *testing.T) {
	t.Parallel()
	address, folder := "sqlite:"+filepath.Join(t.TempDir(), "book.db"), t.TempDir()
	certificate, key := filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	must(t, address, "migrate")
	for want, flags := range map[string][]string{"belong together": {"--tls-certificate", certificate}, "no such file": {"--tls-certificate", certificate, "--tls-key", key}} {
		if out := prorata(t, address, append([]string{"serve", "--listen", "127.0.0.1:0", "--key-file", filepath.Join(folder, "sealing")}, flags...)...); out.code != 2 || !strings.Contains(out.stderr, want) {
			t.Errorf("%q expected: %s", want, out)
		}
	}
	first := certify(t, certificate, key, 1, time.Now().Add(-time.Minute))
	_, at := serve(t, address, "--tls-certificate", certificate, "--tls-key", key)
	shown := func(trusted *x509.CertPool) int64 {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		answer, err := (&http.Client{Transport: transport}).Get(at + "/signin")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Strict-Transport-Security"), "max-age=31536000") || answer.ProtoMajor != 2 {
			t.Errorf("answered %s, %s, %v", answer.Proto, answer.Status, answer.Header)
		}
		return answer.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	// Whatever answers, also what is no page, says what a browser must not do with it.
	for _, path := range []string{"/signin", "/", "/nowhere", "/static/nowhere.css", "/healthz", "/readyz", "/v1/invoices", "/openapi.json", "/docs", "/webhooks/none"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: first}}
		answer, err := transport.RoundTrip(httptest.NewRequest(http.MethodGet, at+path, http.NoBody))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		transport.CloseIdleConnections()
		policy := answer.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "base-uri 'none'") || !strings.Contains(policy, "object-src") || !strings.Contains(policy, "frame-ancestors") ||
			answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" || answer.Header.Get("Referrer-Policy") == "" {
			t.Errorf("%s (%s): %v", path, answer.Status, answer.Header)
		}
	}
	if serial := shown(first); serial != 1 {
		t.Errorf("certificate %d is shown, expected the first", serial)
	}
	if second := certify(t, certificate, key, 2, time.Now()); shown(second) != 2 {
		t.Error("the renewed certificate is not shown")
	}
}
