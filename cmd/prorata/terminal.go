package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
)

// terminal is where a command answers: out for what was asked, errOut for what is said beside.
type terminal struct {
	out, errOut io.Writer
	log         *slog.Logger
}

func (t *terminal) printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

func (t *terminal) printJSON(value any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// table prints rows under their first, the columns in right set right-aligned.
func (t *terminal) table(rows [][]string, right map[int]bool) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			// Names come from providers and files: a terminal is not to obey them.
			cell = strings.Map(visible, cell)
			row[i] = cell
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right[i] {
				line.WriteString(gap + cell + "  ")
			} else {
				line.WriteString(cell + gap + "  ")
			}
		}
		fmt.Fprintln(t.out, strings.TrimRight(line.String(), " "))
	}
}

// visible is a space for a control character.
func visible(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// interactive says whether people look at the standard error.
func (t *terminal) interactive() bool {
	file, ok := t.errOut.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress shows how far a long command is: a bar on a terminal, else a plain
// line now and then.
func (t *terminal) progress(what string) (show func(done, more int64), finish func()) {
	if t.interactive() {
		bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(t.errOut), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		return func(done, _ int64) { t.ignore(bar.Set64(done)) }, func() { t.ignore(bar.Finish()) }
	}
	last := time.Now()
	return func(done, more int64) {
		if time.Since(last) >= 2*time.Second {
			last = time.Now()
			fmt.Fprintf(t.errOut, "%s: %d contracts, %d invoices\n", what, done, more)
		}
	}, func() {}
}

// ignore notes what cannot matter: a progress bar that could not be drawn.
func (t *terminal) ignore(err error) {
	if err != nil {
		t.log.Debug("progress", "error", err)
	}
}
