package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// runCramped runs the program that the arguments name, as told, and gives its exit code.
func runCramped(how string) int {
	var what string
	var bytes uint64
	if _, err := fmt.Sscan(how, &what, &bytes); err != nil {
		return failCramped(err)
	}
	if what == "disk" {
		return onSmallDisk(bytes)
	}
	resource := syscall.RLIMIT_FSIZE
	if what == "memory" {
		resource = syscall.RLIMIT_DATA
	}
	// A write beyond the limit is an error, and not the end of the process.
	runtime.LockOSThread()
	blocked := uint64(1) << (syscall.SIGXFSZ - 1)
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, 0, uintptr(unsafe.Pointer(&blocked)), 0, 8, 0, 0); errno != 0 {
		return failCramped(errno)
	}
	if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: bytes, Max: bytes}); err != nil {
		return failCramped(err)
	}
	return failCramped(syscall.Exec(os.Args[1], os.Args[1:], append(surrounding(), "PRORATA_DATABASE="+os.Getenv("DATABASE"))))
}

// crampedFailure is an exit code that the program does not have.
const crampedFailure = 99

func failCramped(err error) int {
	fmt.Fprintln(os.Stderr, "cramped:", err)
	return crampedFailure
}

// onSmallDisk runs the program on a disk of some size, which only this process and
// the program see: the database is copied there, and back afterwards.
func onSmallDisk(bytes uint64) int {
	folder := filepath.Dir(strings.TrimPrefix(os.Getenv("DATABASE"), "sqlite:"))
	disk := filepath.Join(folder, "disk")
	err := errors.Join(os.MkdirAll(disk, 0o700), syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)), copyFiles(disk, folder))
	if err != nil {
		return failCramped(err)
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Env = append(surrounding(), "PRORATA_DATABASE=sqlite:"+filepath.Join(disk, "book.db"))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	_ = cmd.Run()
	if err := copyFiles(folder, disk); err != nil {
		return failCramped(err)
	}
	return cmd.ProcessState.ExitCode()
}

// copyFiles copies a database with what lies beside it.
func copyFiles(to, from string) error {
	files, err := filepath.Glob(filepath.Join(from, "book.db*"))
	for _, file := range files {
		text, failed := os.ReadFile(file)
		err = errors.Join(err, failed, os.WriteFile(filepath.Join(to, filepath.Base(file)), text, 0o600))
	}
	return err
}

// cramped runs the program in a narrow place.
func cramped(t *testing.T, how, address string, apart bool, args ...string) outcome {
	t.Helper()
	p := prepare(address, args...)
	p.cmd.Path, p.cmd.Args = os.Args[0], append([]string{os.Args[0], program}, args...)
	p.cmd.Env = append(p.cmd.Env, crampedBy+"="+how, "DATABASE="+address)
	if apart {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	p.start(t)
	return p.wait(t)
}

// checkCramped bills with more and more space, at first with hardly any; and then
// with space enough: all is as if there had been no lack of it.
func checkCramped(t *testing.T, run func(address string, spare int64) outcome) {
	e := onSQLite
	failures := 0
	for _, spare := range []int64{16 << 10, 200 << 10, 1 << 20, 4 << 20} {
		address := e.book(t)
		out := run(address, spare)
		checkWhole(t, address)
		switch {
		case out.code == crampedFailure:
			t.Skip(out)
		case out.code == 0:
			t.Logf("with %d bytes to spare it went well", spare)
		case out.code != 1 || out.stdout != "" || !strings.Contains(out.stderr, "disk"):
			t.Errorf("with %d bytes to spare: %s", spare, out)
		default:
			failures++
			t.Logf("with %d bytes to spare: %s", spare, out.stderr)
		}
		must(t, address, "bill", "--as-of", catchUp[0])
		same(t, "with space enough", issued(t, address, true), e.issued[0])
		must(t, address, "verify")
	}
	if failures == 0 {
		t.Error("there was always space enough")
	}
}

// A file that is small and unpacks to very much is read piece by piece, in little memory.
func TestFilesThatUnpackToMuch(t *testing.T) {
	t.Parallel()
	address := newLocal(t)
	must(t, address, "import", filepath.Join("testdata", "book", "book.yaml"))
	much := strings.Repeat("a", 320<<20)
	for name, c := range map[string]struct{ text, said string }{
		"book.yaml.gz":  {"accounts:\n  - {id: " + much, "book.yaml.gz:2: a line is longer than 16 MiB"},
		"usage.csv.gz":  {fixture(t, "DailyRatedUsage.csv") + much, "usage.csv.gz:4: a row is longer than 1 MiB"},
		"other.json.gz": {`[{"id": "` + much, "other.json.gz:1: a subscription is longer than 1 MiB"},
	} {
		file := filepath.Join(t.TempDir(), name)
		writeText(t, file, zipped(c.text))
		out := cramped(t, fmt.Sprintf("memory %d", 256<<20), address, false, "import", "--contract", "c1", file)
		if out.code != 2 || !strings.Contains(out.stderr, c.said) {
			t.Errorf("want exit 2 and %q: %s", c.said, out)
		}
	}
}

// A file that may not grow: a clear error and exit 1, nothing half-written, and
// the next run completes it.
func TestAFileThatMayNotGrow(t *testing.T) {
	t.Parallel()
	checkCramped(t, func(address string, spare int64) outcome {
		// The limit is each file's; the one that grows is the journal, from nothing.
		return cramped(t, fmt.Sprintf("limit %d", spare), address, false, "bill", "--as-of", catchUp[0])
	})
}

// The same on a disk that is full.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	checkCramped(t, func(address string, spare int64) outcome {
		info, err := os.Stat(strings.TrimPrefix(address, "sqlite:"))
		if err != nil {
			t.Fatal(err)
		}
		return cramped(t, fmt.Sprintf("disk %d", info.Size()+64<<10+spare), address, true, "bill", "--as-of", catchUp[0])
	})
}
