package office

import (
	"context"
	"time"

	"prorata/flow"
)

// Identity is what knowing people asks of the world.
type Identity struct {
	// Random gives so many bytes that nobody can guess.
	Random    func(bytes int) []byte
	Passwords Hasher
	// Breached are passwords that others lost; nil where no list of them was given.
	Breached interface {
		Known(password string) (bool, error)
	}
	Codes    Codes
	Passkeys Passkeys
	// Provider is where people may sign in elsewhere; nil where they may not.
	Provider IdentityProvider
	// Sealer hides the secrets of second factors.
	Sealer flow.Sealer
	// Network is the part of a network address that stays the same for one visitor.
	Network func(from string) string
	// Idle ends a session that is not used; Life ends every session.
	Idle, Life time.Duration
}

// Hasher hashes passwords, slowly and in bounded memory.
type Hasher interface {
	Hash(ctx context.Context, password string) (hashed string, err error)
	// Verify says whether a password is the one that was hashed, and whether it was hashed
	// in a way that is not today's. An empty hash takes as long as any, and is nobody's.
	Verify(ctx context.Context, password, hashed string) (ok, old bool, err error)
}

// Codes are the six digits that an authenticator shows for half a minute (TOTP, RFC 6238).
type Codes interface {
	NewSecret() (secret string, err error)
	// Step is the time step whose code this is, at most one away from now; false where it
	// is no such code.
	Step(secret, code string, now time.Time) (step int64, ok bool)
	// Address is the otpauth address that an authenticator reads, Picture its QR code.
	Address(secret, account string) string
	Picture(address string) (Picture, error)
}

// Picture is a square of dark and light fields, without a margin.
type Picture struct {
	// Size is how many fields a side has; Path is the dark ones, as the path of an SVG whose
	// fields are 1 by 1.
	Size int
	Path string
}

// PasskeyUser is a user as passkeys are made for them.
type PasskeyUser struct {
	ID            UserID
	Address, Name string
	// Kept are the passkeys that they have, as they were kept.
	Kept [][]byte
}

// Passkeys are keys that a device keeps and that sign a challenge (WebAuthn). What is asked
// and answered is the JSON that the browser's interface takes and gives.
type Passkeys interface {
	// MakeAsk asks a browser for a new passkey; challenge is for Make.
	MakeAsk(PasskeyUser) (asked, challenge []byte, err error)
	// Make reads the browser's answer: what is to be kept of the passkey.
	Make(user PasskeyUser, challenge, answer []byte) (kept []byte, err error)
	// UseAsk asks for a signature of one that the user has.
	UseAsk(PasskeyUser) (asked, challenge []byte, err error)
	// Use reads the answer: which of those kept it is, and what is now to be kept of it.
	Use(user PasskeyUser, challenge, answer []byte) (which int, kept []byte, err error)
}

// IdentityProvider is where people sign in elsewhere (OpenID Connect).
type IdentityProvider interface {
	// Name is what the button says.
	Name() string
	// Link is where the browser is sent. State comes back with it, nonce in the proof,
	// and only who has the verifier can take the proof.
	Link(ctx context.Context, state, nonce, verifier string) (string, error)
	// Prove takes the proof that a code stands for, and checks it.
	Prove(ctx context.Context, code, nonce, verifier string) (Proof, error)
}

// Proof is what an identity provider says of who signed in there.
type Proof struct {
	Issuer, Subject string
	// Address is empty where the provider does not stand for it.
	Address, Name string
	// Strong says that a second factor was asked for there.
	Strong bool
	// Roles are those that the provider's groups stand for; nil where it does not say.
	Roles []Role
}
