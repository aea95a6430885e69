package partnercenter

import (
	"encoding/json"
	"maps"
	"testing"
	"unicode/utf8"
)

// What the quick reader takes, it reads as the library does.
func FuzzScanObject(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { "a" : "b" , "n" : -1.5e+3, "t": true, "x": null } `, `{"a":"\"\\\/\n\u00e9\ud83d\ude00","b":["]",{"c":"}"}],"d":{"e":[1,2]}}`, `{"a":"\udead","a":2}`,
		`{"a":01}`, `{"a":1.}`, `{"a":1e}`, `{"a":tru}`, `{"a":"b"`, `{"a":"b"}x`, `{"a" "b"}`, `{"a":[1}`, `{,}`, `{"a":1,}`, `["a"]`, "{\"a\":\"\x01\"}", `{"a":}`, `{"a":"\q"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // whoever calls has looked
		}
		got := map[string]string{}
		if !scanObject(text, func(key, value string) { got[key] = value }) {
			return
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%q: taken as %v, and is no object: %v", text, got, err)
		}
		want := map[string]string{}
		for key, raw := range fields {
			var value string
			switch {
			case string(raw) == "null":
			case raw[0] != '"':
				value = string(raw)
			default:
				if err := json.Unmarshal(raw, &value); err != nil {
					t.Fatal(err)
				}
			}
			want[key] = value
		}
		if !maps.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	})
}

func TestPlainObjectsAreReadQuickly(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a":"b","c":1.5,"d":null,"e":["x"]}`: true, `{"a":"\"x\""}`: true, `{"a":"\u00e9"}`: true,
		`[]`: false, `{"a":01}`: false, `{"a"}`: false, `{"a":1}}`: false, ``: false,
	} {
		if got := scanObject(text, func(_, _ string) {}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
