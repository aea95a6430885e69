package bookfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"prorata/edge/bookfile"
)

// scenarioFiles are the project's own and, where they lie beside it, the shared ones.
func scenarioFiles(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, folder := range []string{"../../scenarios", "../../../shared/scenarios"} {
		found, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

func TestEveryScenarioReads(t *testing.T) {
	files := scenarioFiles(t)
	if len(files) == 0 {
		t.Skip("there are no scenarios beside this checkout")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := bookfile.ReadScenario(filepath.Base(name), data)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name == "" || s.Until.IsZero() || s.Expect == nil || len(s.Events) == 0 {
			t.Errorf("%s: is incomplete: %+v", name, s)
		}
	}
}
