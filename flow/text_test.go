package flow_test

import (
	"testing"

	"prorata/flow"
)

func TestWhatOthersWriteIsKeptPlain(t *testing.T) {
	for text, want := range map[string]string{
		"  Contoso GmbH\r\n":      "Contoso GmbH",
		"Müller & Söhne":          "Müller & Söhne",
		"日本":                      "日本",
		"a\x00b\x1fc\x1ed":        "a b c d",
		"\x1b[2Jgone":             "[2Jgone",
		"two\nlines":              "two lines",
		"a\u0085b":                "a b",
		"\xff\xfe":                "\ufffd",
		"":                        "",
		"\x1b":                    "",
		"plain, with 1.50 and ~:": "plain, with 1.50 and ~:",
	} {
		if got := flow.PlainText(text); got != want {
			t.Errorf("%q became %q, expected %q", text, got, want)
		}
	}
}
