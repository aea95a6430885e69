package prorata_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// asvs is how many requirements of levels 1 and 2 each section of OWASP's standard 5.0.0 has: they are the first
// of their sections. Sections that have none are left out.
var asvs = map[string]int{
	"1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
	"4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
	"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4,
	"10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
	"12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7,
	"16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}

var (
	asvsRow  = regexp.MustCompile(`^\| (\d+\.\d+)\.(\d+)(?:–\d+\.\d+\.(\d+))? \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$`)
	named    = regexp.MustCompile("`([a-z0-9_.]+(?:/[a-zA-Z0-9_.]+)*)`")
	testName = regexp.MustCompile(`\bTest[A-Z]\w+`)
)

// The table goes through the whole standard, and names files and tests that there are.
func TestTheSecurityTableIsWhole(t *testing.T) {
	text, err := os.ReadFile("docs/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, seen := testNames(t), map[string]int{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		cells := asvsRow.FindStringSubmatch(line)
		if cells == nil {
			if len(line) > 3 && line[0] == '|' && line[2] >= '0' && line[2] <= '9' {
				t.Errorf("not a row of the table: %s", line)
			}
			continue
		}
		first, _ := strconv.Atoi(cells[2])
		last := first
		if cells[3] != "" {
			last, _ = strconv.Atoi(cells[3])
		}
		for n := first; n <= last; n++ {
			if seen[cells[1]]++; seen[cells[1]] != n {
				t.Errorf("%s.%d stands where %s.%d is expected", cells[1], n, cells[1], seen[cells[1]])
			}
		}
		if verdict := cells[5]; !slices.Contains([]string{"met", "part", "no", "n/a"}, verdict) || verdict == "met" && cells[6] == "" {
			t.Errorf("%s.%d: %q with %q", cells[1], first, verdict, cells[6])
		}
		for _, name := range named.FindAllStringSubmatch(cells[6], -1) {
			if _, err := os.Stat(name[1]); strings.Contains(name[1], "/") && err != nil {
				t.Errorf("%s.%d: %v", cells[1], first, err)
			}
		}
		for _, name := range testName.FindAllString(cells[6], -1) {
			if !tests[name] {
				t.Errorf("%s.%d names %s, which is no test", cells[1], first, name)
			}
		}
	}
	if got, want := fmt.Sprint(seen), fmt.Sprint(asvs); got != want {
		t.Errorf("the table has, of each section:\n%s\nthe standard:\n%s", got, want)
	}
}

// testNames are the names of all tests.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range declared.FindAllStringSubmatch(string(text), -1) {
			names[name[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
