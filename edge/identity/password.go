package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is how much work a hash is (argon2id, RFC 9106).
type cost struct {
	memoryKiB, passes uint32
	lanes             uint8
}

// today is what new passwords are hashed with: the memory and passes that OWASP's advice on
// keeping passwords names first for argon2id.
var today = cost{19 * 1024, 2, 1}

const (
	saltBytes = 16
	hashBytes = 32
	// memoryMostKiB bounds what a hash in the database can make us do.
	memoryMostKiB = 1 << 20
	passesMost    = 64
)

// Passwords hashes passwords. No more are hashed at once than it was made for, so that
// whoever signs in a thousand times takes a thousand turns and not their memory.
type Passwords struct{ turns chan struct{} }

// NewPasswords makes one that hashes so many at once; each takes 19 MiB.
func NewPasswords(atOnce int) *Passwords {
	return &Passwords{make(chan struct{}, max(1, atOnce))}
}

// errHash is a hash in the database that is none of ours.
var errHash = errors.New("the password's hash cannot be read")

// Hash hashes a password with a salt of its own, with all that is needed to verify it.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := Random(saltBytes)
	sum, err := p.work(ctx, password, salt, today, hashBytes)
	if err != nil {
		return "", err
	}
	return today.text() + "$" + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum), nil
}

// Verify says whether a password is the one that was hashed, and whether with a cost that is
// not today's. For an empty hash, of a user that there is not, the work is the same.
func (p *Passwords) Verify(ctx context.Context, password, hashed string) (ok, old bool, err error) {
	if hashed == "" {
		_, err := p.work(ctx, password, make([]byte, saltBytes), today, hashBytes)
		return false, false, err
	}
	c, salt, want, err := parse(hashed)
	if err != nil {
		return false, false, err
	}
	sum, err := p.work(ctx, password, salt, c, len(want))
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1, c != today || len(want) != hashBytes, nil
}

// work waits for its turn, and hashes.
func (p *Passwords) work(ctx context.Context, password string, salt []byte, c cost, bytes int) ([]byte, error) {
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turns }()
	return argon2.IDKey([]byte(password), salt, c.passes, c.memoryKiB, c.lanes, uint32(bytes)), nil
}

// text is the head of a hash: the form that argon2's own tools write.
func (c cost) text() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d", argon2.Version, c.memoryKiB, c.passes, c.lanes)
}

func parse(hashed string) (c cost, salt, sum []byte, err error) {
	parts := strings.Split(hashed, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memoryKiB, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, errHash
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || len(salt) < 8 || len(sum) < 16 || c.passes == 0 || c.passes > passesMost || c.lanes == 0 || c.memoryKiB == 0 || c.memoryKiB > memoryMostKiB {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}
