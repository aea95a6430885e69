// Package identity is how people prove who they are: passwords, the codes of an
// authenticator, passkeys, and signing in at an identity provider.
//
// It owns the arithmetic and the protocols, and keeps nothing: what is to be kept goes to
// the office, which decides who may come in.
//
//	password.go   argon2id, in bounded memory
//	codes.go      TOTP and its QR code
//	passkeys.go   WebAuthn
//	openid.go     OpenID Connect: the code flow with PKCE
package identity

import (
	"crypto/rand"
	"net/netip"
)

// Random gives so many bytes that nobody can guess.
func Random(bytes int) []byte {
	raw := make([]byte, bytes)
	// It never fails: the program ends where the system has no randomness.
	_, _ = rand.Read(raw)
	return raw
}

// networkBits is how much of an IPv6 address belongs to one customer of a network at the least.
const networkBits = 64

// Network is the part of a network address that one visitor cannot change at will: an IPv4
// address whole, of an IPv6 address its first half.
func Network(from string) string {
	address, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, err := address.Prefix(networkBits)
	if err != nil {
		return from
	}
	return prefix.String()
}
