package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"prorata/edge/identity"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

// example is a block of commands of a page, and the answer that stands under it.
type example struct{ commands, answer string }

// examplesOf takes the blocks of a page apart: each sh block has its json block behind it.
func examplesOf(t *testing.T, page string) (examples []example) {
	t.Helper()
	blocks := strings.Split(page, "```")
	for i := 1; i < len(blocks); i += 2 {
		kind, content, _ := strings.Cut(blocks[i], "\n")
		switch kind {
		case "sh":
			examples = append(examples, example{commands: content})
		case "json":
			examples[len(examples)-1].answer = content
		}
	}
	for _, e := range examples {
		if e.answer == "" {
			t.Errorf("no answer stands under\n%s", e.commands)
		}
	}
	return examples
}

// has says where an answer has not what the page shows: fields that are not shown may be
// anything, and so may what stands as an ellipsis.
func has(where string, shown, is any) []string {
	switch want := shown.(type) {
	case map[string]any:
		got, ok := is.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v", where, is)}
		}
		var faults []string
		for name, value := range want {
			if _, there := got[name]; !there {
				faults = append(faults, where+" has no "+name)
				continue
			}
			faults = append(faults, has(where+"."+name, value, got[name])...)
		}
		return faults
	case []any:
		got, _ := is.([]any)
		if len(got) < len(want) {
			return []string{fmt.Sprintf("%s has %d items, %d are shown", where, len(got), len(want))}
		}
		var faults []string
		for i := range want {
			faults = append(faults, has(fmt.Sprintf("%s[%d]", where, i), want[i], got[i])...)
		}
		return faults
	}
	if shown != "…" && !reflect.DeepEqual(shown, is) {
		return []string{fmt.Sprintf("%s is %v, the page shows %v", where, is, shown)}
	}
	return nil
}

// anOwner comes in by their one-time link.
func anOwner(t *testing.T, address string) {
	t.Helper()
	opened, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	clock := hereAndNow{}
	o := &office.Office{Flow: &flow.Flow{Store: opened, Clock: clock, Workers: 1, Zone: time.UTC}, Store: opened.Office(),
		Identity: office.Identity{Random: identity.Random, Network: identity.Network, Passwords: identity.NewPasswords(1)}}
	secret, err := o.OwnerLink(t.Context(), "test")
	if err == nil {
		_, err = o.WelcomeUse(t.Context(), secret, office.WelcomeForm{Address: "ann@nord.example", Name: "Ann Nord", Password: "a long and good password 7"}, office.Visitor{From: "127.0.0.1"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

type hereAndNow struct{}

func (hereAndNow) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Every example of the API's page is typed in, in its order, against the program.
func TestTheExamplesOfTheAPIWork(t *testing.T) {
	t.Parallel()
	for _, needed := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Fatalf("the examples need %s: %v", needed, err)
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := examplesOf(t, string(page))
	if len(examples) < 8 {
		t.Fatalf("only %d examples", len(examples))
	}
	address := "sqlite:" + filepath.Join(t.TempDir(), "book.db")
	must(t, address, "import", filepath.Join("testdata", "book", "book.yaml"))
	must(t, address, "bill", "--as-of", "2025-02-01")
	anOwner(t, address)
	args := []string{"token", "make", "--for", "ann@nord.example", "--name", "examples"}
	for _, area := range []string{"invoices", "accounts", "subscriptions", "catalog", "webhooks", "whatifs", "billing", "reports", "reconciliation", "import"} {
		args = append(args, "--scope", area+":write")
	}
	token := strings.TrimSpace(must(t, address, args...).stdout)
	_, at := serve(t, address)
	const mark = "\n=== the next example ===\n"
	var script strings.Builder
	for _, e := range examples {
		script.WriteString(e.commands)
		fmt.Fprintf(&script, "printf '%s'\n", strings.ReplaceAll(mark, "\n", `\n`))
	}
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-c", script.String())
	shell.Dir = t.TempDir()
	shell.Env = append(surrounding(), "PRORATA="+at, "TOKEN="+token)
	var said bytes.Buffer
	shell.Stderr = &said
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, said.String(), out)
	}
	answers := strings.Split(string(out), mark)
	for i, e := range examples {
		var shown, is any
		if err := json.Unmarshal([]byte(e.answer), &shown); err != nil {
			t.Errorf("the page's answer: %v\n%s", err, e.answer)
			continue
		}
		if err := json.Unmarshal([]byte(answers[i]), &is); err != nil {
			t.Errorf("%v\n%s\n%s", err, e.commands, answers[i])
			continue
		}
		if faults := has("it", shown, is); len(faults) > 0 {
			t.Errorf("%s\nanswers\n%s\n%s", e.commands, answers[i], strings.Join(faults, "\n"))
		}
	}
}
