package api_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A linter that others made finds nothing in the document: no error and no warning. It asks
// nobody over the network.
func TestTheDocumentIsCleanUnderALinter(t *testing.T) {
	at, err := filepath.Abs(filepath.Join("..", "..", "e2e"))
	must(t, err)
	linter := filepath.Join(at, "node_modules", ".bin", "redocly")
	if _, err := os.Stat(linter); err != nil {
		t.Skip("the linter is not installed: scripts/need-browser installs it")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("Node.js is not installed: scripts/need-browser installs it")
	}
	got := newFirm(t).ask("", "GET /openapi.json", nil)
	if got.status != http.StatusOK {
		t.Fatal(got)
	}
	file := filepath.Join(t.TempDir(), "openapi.json")
	must(t, os.WriteFile(file, got.body, 0o600))
	command := exec.CommandContext(t.Context(), linter, "lint", file, "--config", filepath.Join(at, "redocly.yaml"), "--format", "stylish", "--max-problems", "1000")
	command.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1", "CI=true",
		// Whatever it would ask goes nowhere.
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9")
	said, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
