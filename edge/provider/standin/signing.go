package standin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"time"
)

// signer is the key that notifications are signed with, its certificate and the
// authority that gave it.
type signer struct {
	key                    *rsa.PrivateKey
	certificate, authority []byte
}

// signed are the headers of a notification.
func (b *billing) signed(n notification, to registration) (http.Header, error) {
	if err := b.hooks.needSigner(b.world.set.Seed); err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(n.body))
	signature, err := rsa.SignPKCS1v15(nil, b.hooks.signer.key, crypto.SHA256, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign a notification: %w", err)
	}
	text := "Signature " + base64.StdEncoding.EncodeToString(signature)
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-MS-Certificate-Url", b.hooks.address+certificatePath)
	h.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	if to.ownHeader {
		h.Set("X-MS-Signature", text)
	} else {
		h.Set("Authorization", text)
	}
	return h, nil
}

// needSigner makes the keys and certificates once. They follow from the seed, and
// are good from 2000 to 2100: the world's clock may show anything.
func (h *webhooks) needSigner(seed string) error {
	if h.signer != nil {
		return nil
	}
	name := func(common string) pkix.Name {
		return pkix.Name{CommonName: common, Organization: []string{"Microsoft Corporation"}, Country: []string{"US"}}
	}
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name("Stand-in Partner Center CA"), NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: name("Stand-in Partner Center webhooks"), NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	rootKey, err := keyOf(seed + "/authority")
	if err != nil {
		return fmt.Errorf("make the authority's key: %w", err)
	}
	s := &signer{}
	if s.key, err = keyOf(seed + "/webhooks"); err != nil {
		return fmt.Errorf("make the webhooks' key: %w", err)
	}
	if s.authority, err = x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey); err != nil {
		return fmt.Errorf("make the authority's certificate: %w", err)
	}
	if s.certificate, err = x509.CreateCertificate(rand.Reader, leaf, root, &s.key.PublicKey, rootKey); err != nil {
		return fmt.Errorf("make the webhooks' certificate: %w", err)
	}
	h.signer = s
	return nil
}

// keyBytes is the length of a key's primes.
const keyBytes = 128

// keyOf is the RSA key of a seed: a world made again signs as it did. Whoever
// knows the seed has the key; it vouches for a stand-in and nothing else.
func keyOf(seed string) (*rsa.PrivateKey, error) {
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{E: 65537}}
	one, drawn := big.NewInt(1), 0
	totient := big.NewInt(1)
	for len(key.Primes) < 2 {
		var data []byte
		for len(data) < keyBytes {
			drawn++
			sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", seed, drawn))
			data = append(data, sum[:]...)
		}
		// The two highest bits make the product long enough, the lowest makes it odd.
		data[0] |= 0xc0
		data[len(data)-1] |= 1
		p := new(big.Int).SetBytes(data)
		less := new(big.Int).Sub(p, one)
		if new(big.Int).Mod(less, big.NewInt(int64(key.E))).Sign() != 0 && p.ProbablyPrime(20) {
			key.Primes = append(key.Primes, p)
			totient.Mul(totient, less)
		}
	}
	key.N = new(big.Int).Mul(key.Primes[0], key.Primes[1])
	key.D = new(big.Int).ModInverse(big.NewInt(int64(key.E)), totient)
	key.Precompute()
	return key, key.Validate()
}

// Authority is the certificate, as DER, of whoever vouches for the one that
// notifications are signed with: the client's trust root.
func (w *World) Authority() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.billing.hooks.needSigner(w.set.Seed); err != nil {
		return nil, err
	}
	return slices.Clone(w.billing.hooks.signer.authority), nil
}

func (b *billing) certificate(*call) *answer {
	return b.shown(func(s *signer) []byte { return s.certificate })
}

func (b *billing) authority(*call) *answer {
	return b.shown(func(s *signer) []byte { return s.authority })
}

func (b *billing) shown(which func(*signer) []byte) *answer {
	if err := b.hooks.needSigner(b.world.set.Seed); err != nil {
		return &answer{status: http.StatusInternalServerError, body: object{"code": 0, "description": err.Error()}}
	}
	return &answer{status: http.StatusOK, kind: "application/pkix-cert", raw: which(b.hooks.signer)}
}
