package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
)

var errNotInstalled = errors.New("PostgreSQL is not installed: no initdb in $PGBIN, $PATH or /usr/lib/postgresql (scripts/need-postgres installs it)")

// findPrograms gives the folder of initdb, postgres and createdb.
func findPrograms() (string, error) {
	folders := []string{os.Getenv("PGBIN")}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(initdb))
	}
	folders = append(folders, newestFirst("/usr/lib/postgresql/*/bin")...)
	folders = append(folders, newestFirst("/usr/pgsql-*/bin")...)
	folders = append(folders, newestFirst("/opt/homebrew/opt/postgresql@*/bin")...)
	folders = append(folders, "/usr/local/pgsql/bin")
	for _, folder := range folders {
		if folder != "" && holdsAll(folder, "initdb", "postgres", "createdb", "dropdb") {
			return folder, nil
		}
	}
	return "", errNotInstalled
}

func holdsAll(folder string, programs ...string) bool {
	for _, program := range programs {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			return false
		}
	}
	return true
}

// newestFirst gives the folders of a pattern by the version in their path.
func newestFirst(pattern string) []string {
	folders, _ := filepath.Glob(pattern)
	sort.SliceStable(folders, func(i, j int) bool { return version(folders[i]) > version(folders[j]) })
	return folders
}

func version(folder string) (v int) {
	name := filepath.Base(filepath.Dir(folder))
	for start := range name {
		if n, err := strconv.Atoi(name[start:]); err == nil && n > v {
			v = n
		}
	}
	return v
}
