package partnercenter

import (
	"fmt"
	"io"
)

// UnpackedMost is how many bytes the packed files of one answer, or one packed file,
// may unpack to where nothing else is set: what ten million rows of usage come to. A
// file that unpacks to more was made to fill a disk, or the limit is to be raised.
const UnpackedMost = 16 << 30

// allowance is how much the packed files of one answer may unpack to, all together.
type allowance struct{ most, left int64 }

func allow(most int64) *allowance {
	if most <= 0 {
		most = UnpackedMost
	}
	return &allowance{most, most}
}

func (a *allowance) spent() bool { return a.left < 0 }

// Unpacked ends with an error what a packed file unpacks to beyond so many bytes.
func Unpacked(r io.Reader, most int64) io.Reader { return &unpacking{r, allow(most)} }

// unpacking takes what it gives off an allowance.
type unpacking struct {
	io.Reader
	of *allowance
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	allowed := max(0, u.of.left)
	if u.of.left -= int64(n); u.of.spent() {
		return int(allowed), u.of.error()
	}
	return n, err
}

func (a *allowance) error() error {
	const mib = 1 << 20
	most := fmt.Sprintf("%d bytes", a.most)
	if a.most >= mib {
		most = fmt.Sprintf("%d MiB", a.most/mib)
	}
	return fmt.Errorf("it unpacks to more than %s, the most that is allowed: where it is right, raise the limit", most)
}
