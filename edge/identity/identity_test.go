package identity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"prorata/edge/identity"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A password is verified by its hash, which has its own salt and says how it was made.
func TestAPasswordIsKnownByItsHash(t *testing.T) {
	p := identity.NewPasswords(2)
	hashed, err := p.Hash(t.Context(), "correct horse battery")
	must(t, err)
	again, err := p.Hash(t.Context(), "correct horse battery")
	must(t, err)
	if hashed == again || !strings.HasPrefix(hashed, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashed as %s and %s", hashed, again)
	}
	for password, want := range map[string]bool{"correct horse battery": true, "Correct horse battery": false, "": false, "correct horse battery ": false} {
		ok, old, err := p.Verify(t.Context(), password, hashed)
		must(t, err)
		if ok != want || old {
			t.Errorf("%q: ok %t, old %t; expected %t", password, ok, old, want)
		}
	}
	if ok, _, err := p.Verify(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password is nobody's: %t, %v", ok, err)
	}
}

// A hash of another cost, such as one from before the cost was raised, is verified and known to
// be old. This one was made with argon2's own command.
func TestAnOldHashIsKnown(t *testing.T) {
	p := identity.NewPasswords(1)
	// The vector of the argon2 reference: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1.
	ok, old, err := p.Verify(t.Context(), "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	must(t, err)
	if !ok || !old {
		t.Errorf("ok %t, old %t; expected both", ok, old)
	}
	for _, broken := range []string{"x", "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"} {
		if ok, _, err := p.Verify(t.Context(), "password", broken); ok || err == nil {
			t.Errorf("%s was taken", broken)
		}
	}
}

// Who gives up waiting for a turn is not served, and nobody is kept waiting by them.
func TestTurnsAreBounded(t *testing.T) {
	p := identity.NewPasswords(1)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	refused := 0
	for range 20 {
		if _, err := p.Hash(gone, "x"); err != nil {
			refused++
		}
	}
	// A turn that is free may be taken or given up; one of twenty is given up in all likelihood.
	if refused == 0 {
		t.Error("nobody who had gone away was refused")
	}
	if _, err := p.Hash(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

// The codes of the RFC's own example, shortened to six digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	codes := identity.Codes{Issuer: "Prorata"}
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for seconds, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"} {
		now := time.Unix(seconds, 0)
		for _, off := range []time.Duration{0, -30 * time.Second, 30 * time.Second} {
			if step, ok := codes.Step(secret, code, now.Add(off)); !ok || step != seconds/30 {
				t.Errorf("%s at %d%+v: step %d, %t; expected %d", code, seconds, off, step, ok, seconds/30)
			}
		}
		if _, ok := codes.Step(secret, code, now.Add(90*time.Second)); ok {
			t.Errorf("%s was taken 90 seconds later", code)
		}
	}
	for _, wrong := range []string{"", "28708", "2870820", "abcdef"} {
		if _, ok := codes.Step(secret, wrong, time.Unix(59, 0)); ok {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// An authenticator reads the address from the picture: the corners of a QR code are there.
func TestAnAuthenticatorCanReadTheAddress(t *testing.T) {
	codes := identity.Codes{Issuer: "Prorata: Nord"}
	secret, err := codes.NewSecret()
	must(t, err)
	if len(secret) != 32 {
		t.Errorf("the secret has %d letters, expected 32 (160 bits)", len(secret))
	}
	address := codes.Address(secret, "ann@nord.example")
	if want := "otpauth://totp/Prorata%20Nord:ann@nord.example?secret=" + secret + "&issuer=Prorata%20Nord&period=30&algorithm=SHA1&digits=6"; address != want {
		t.Errorf("the address is %s, expected %s", address, want)
	}
	picture, err := codes.Picture(address)
	must(t, err)
	if picture.Size < 21 || !strings.HasPrefix(picture.Path, "M0 0h7v1h-7z") || !strings.Contains(picture.Path, "M0 6h7v1h-7z") {
		t.Errorf("no corner of a QR code: %d, %.60s", picture.Size, picture.Path)
	}
}

// A visitor cannot change the network that tries are counted under.
func TestNetworks(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64", "?": "?",
	} {
		if is := identity.Network(from); is != want {
			t.Errorf("%s is of %s, expected %s", from, is, want)
		}
	}
}
