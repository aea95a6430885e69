package identity

import (
	"fmt"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"prorata/flow/office"
)

// Codes are the codes of an authenticator (TOTP, RFC 6238) in the form that every
// authenticator knows: six digits of SHA-1, a new one every half minute.
type Codes struct {
	// Issuer is what the authenticator shows beside the account.
	Issuer string
}

// codeSeconds is how long a code is shown; skew is how many steps a clock may be off.
const (
	codeSeconds = 30
	skew        = 1
	secretBytes = 20
)

// NewSecret makes a secret, in the base 32 that authenticators take.
func (c Codes) NewSecret() (string, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: c.Issuer, AccountName: "new", SecretSize: secretBytes})
	if err != nil {
		return "", err
	}
	return key.Secret(), nil
}

// Step is the time step whose code this is, at most one away from now.
func (c Codes) Step(secret, code string, now time.Time) (int64, bool) {
	step := now.Unix() / codeSeconds
	for _, near := range []int64{step, step - skew, step + skew} {
		ok, err := hotp.ValidateCustom(code, uint64(near), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return near, true
		}
	}
	return 0, false
}

// Address is what an authenticator reads.
func (c Codes) Address(secret, account string) string {
	escape := strings.NewReplacer(":", "", "/", "", "?", "", "#", "", "%", "", "&", "", " ", "%20")
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&period=%d&algorithm=SHA1&digits=6",
		escape.Replace(c.Issuer), escape.Replace(account), secret, escape.Replace(c.Issuer), codeSeconds)
}

// Picture is the address as a QR code.
func (c Codes) Picture(address string) (office.Picture, error) {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return office.Picture{}, err
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(code.At(x, y).RGBA()) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return office.Picture{Size: size, Path: path.String()}, nil
}

func dark(red, _, _, _ uint32) bool { return red < 1<<15 }
