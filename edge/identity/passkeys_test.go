package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"prorata/edge/identity"
	"prorata/flow/office"
)

// device is an authenticator of our own, with one key.
type device struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	count  uint32
	origin string
}

func newDevice(t *testing.T) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return &device{t: t, key: key, id: identity.Random(16), origin: "https://billing.example.com"}
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// asked is what is needed of what the browser was asked.
type asked struct {
	PublicKey struct {
		Challenge          string           `json:"challenge"`
		ExcludeCredentials []map[string]any `json:"excludeCredentials"`
		AllowCredentials   []map[string]any `json:"allowCredentials"`
	} `json:"publicKey"`
}

func read(t *testing.T, text []byte) (a asked) {
	t.Helper()
	must(t, json.Unmarshal(text, &a))
	return a
}

func (d *device) said(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	must(d.t, err)
	return raw
}

// data is the authenticator data: the party, that a person was there and was verified, the count.
func (d *device) data(flags byte) []byte {
	party := sha256.Sum256([]byte("billing.example.com"))
	d.count++
	return binary.BigEndian.AppendUint32(append(party[:], flags), d.count)
}

// make answers a wish for a new passkey, in CBOR written by hand: an attestation of kind none.
func (d *device) make(question []byte) []byte {
	public, err := d.key.PublicKey.Bytes()
	must(d.t, err)
	data := append(d.data(0x45), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(d.id))), d.id...)
	// The key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
	data = append(data, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20)
	data = append(data, public[1:33]...)
	data = append(append(data, 0x22, 0x58, 0x20), public[33:]...)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	object = append(append(object, 0x58, byte(len(data))), data...)
	answer, err := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": map[string]any{
		"clientDataJSON": b64(d.said("webauthn.create", read(d.t, question).PublicKey.Challenge)), "attestationObject": b64(object)}})
	must(d.t, err)
	return answer
}

// use answers a wish for a signature.
func (d *device) use(question []byte) []byte {
	said, data := d.said("webauthn.get", read(d.t, question).PublicKey.Challenge), d.data(0x05)
	saidSum := sha256.Sum256(said)
	sum := sha256.Sum256(append(append([]byte{}, data...), saidSum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	must(d.t, err)
	answer, err := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": map[string]any{
		"clientDataJSON": b64(said), "authenticatorData": b64(data), "signature": b64(signature)}})
	must(d.t, err)
	return answer
}

// A passkey is made, and proves its user ever after; nothing else does.
func TestAPasskeyProvesItsUser(t *testing.T) {
	p, err := identity.NewPasskeys("https://billing.example.com/", "Prorata")
	must(t, err)
	ann := office.PasskeyUser{ID: "u1", Address: "ann@nord.example"}
	phone, key := newDevice(t), newDevice(t)
	for _, d := range []*device{phone, key} {
		question, challenge, err := p.MakeAsk(ann)
		must(t, err)
		if n := len(read(t, question).PublicKey.ExcludeCredentials); n != len(ann.Kept) {
			t.Errorf("%d passkeys are excluded, expected %d", n, len(ann.Kept))
		}
		kept, err := p.Make(ann, challenge, d.make(question))
		must(t, err)
		ann.Kept = append(ann.Kept, kept)
	}
	question, challenge, err := p.UseAsk(ann)
	must(t, err)
	if n := len(read(t, question).PublicKey.AllowCredentials); n != 2 {
		t.Errorf("%d passkeys are allowed, expected 2", n)
	}
	which, kept, err := p.Use(ann, challenge, key.use(question))
	must(t, err)
	if which != 1 {
		t.Errorf("the passkey is number %d, expected 1", which)
	}
	ann.Kept[1] = kept

	question, challenge, err = p.UseAsk(ann)
	must(t, err)
	_, other, err := p.UseAsk(ann)
	must(t, err)
	stranger := newDevice(t)
	copied := *key
	copied.count = 1
	elsewhere := *phone
	elsewhere.origin = "https://billing.example.org"
	for name, try := range map[string]func() ([]byte, []byte){
		"a stranger's":               func() ([]byte, []byte) { return challenge, stranger.use(question) },
		"the answer to another":      func() ([]byte, []byte) { return other, phone.use(question) },
		"from another page":          func() ([]byte, []byte) { return challenge, elsewhere.use(question) },
		"a copy, whose count is old": func() ([]byte, []byte) { return challenge, copied.use(question) },
		"nonsense":                   func() ([]byte, []byte) { return challenge, []byte(`{}`) },
	} {
		c, answer := try()
		if _, _, err := p.Use(ann, c, answer); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	forged := *stranger
	forged.id = phone.id
	if _, _, err := p.Use(ann, challenge, forged.use(question)); err == nil {
		t.Error("another key under a known id was taken")
	}
	if _, _, err := p.Use(ann, challenge, phone.use(question)); err != nil {
		t.Errorf("the right one was not taken: %v", err)
	}
}

func TestPasskeysNeedAnAddress(t *testing.T) {
	for _, address := range []string{"", "billing.example.com", "ftp://x"} {
		if _, err := identity.NewPasskeys(address, "Prorata"); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}
