package identity_test

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/edge/identity"
)

// listOf writes a list of breached passwords as they are published.
func listOf(t interface{ Fatal(...any) }, path, end string, passwords []string) {
	lines := make([]string, len(passwords))
	for i, p := range passwords {
		lines[i] = fmt.Sprintf("%X:%d", sha1.Sum([]byte(p)), i+1)
	}
	slices.Sort(lines)
	if err := os.WriteFile(path, []byte(strings.Join(lines, end)+end), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is in the list is known, wherever it stands; nothing else is.
func TestABreachedPasswordIsKnown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "breached")
	rapid.Check(t, func(t *rapid.T) {
		passwords := rapid.SliceOfNDistinct(rapid.StringN(1, 12, 40), 1, 60, rapid.ID).Draw(t, "passwords")
		listOf(t, path, rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"), passwords)
		list, err := identity.OpenBreached(path)
		if err != nil {
			t.Fatal(err)
		}
		defer list.Close()
		for _, p := range passwords {
			if known, err := list.Known(p); err != nil || !known {
				t.Fatalf("%q of %q: known %t, %v", p, passwords, known, err)
			}
			if known, err := list.Known(p + " and a word more than forty bytes long, so in no list"); err != nil || known {
				t.Fatalf("a longer one than %q: known %t, %v", p, known, err)
			}
		}
	})
}

// A file that is something else is refused when it is opened, not when somebody signs in.
func TestAListOfSomethingElseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "breached")
	backwards := "F" + strings.Repeat("0", 39) + "\n" + strings.Repeat("0", 40) + "\n"
	for name, text := range map[string]string{"passwords in clear": "password\n123456\n", "not in order": backwards, "cut off": strings.Repeat("0", 39)} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if list, err := identity.OpenBreached(path); err == nil {
			list.Close()
			t.Errorf("%s: taken", name)
		} else if !strings.Contains(err.Error(), "40 hexadecimal digits") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := identity.OpenBreached(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was opened")
	}
}
