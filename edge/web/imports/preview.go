package imports

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// previewMistakes is how many mistakes are shown before a file is taken.
const previewMistakes = 50

// Mistake is a line that is wrong, or that a rule refused.
type Mistake struct {
	At   string
	Noun string
	// Field is the column or key at fault; empty where it is the whole line.
	Field string
	Why   string
}

// mistakeOf splits the field from what is wrong with it.
func mistakeOf(at flow.Source, noun, why string) Mistake {
	m := Mistake{At: at.String(), Noun: noun, Why: why}
	if field, rest, found := strings.Cut(why, ": "); found && field != "" && !strings.ContainsAny(field, " \"'(") {
		m.Field, m.Why = field, rest
	}
	return m
}

// preview is what a file holds, by reading it through.
type preview struct {
	visit *visit.Visit
	path  string
	file  File
	// counts are how many of each noun can be read; rows those of a price sheet.
	counts map[string]int64
	rows   int64
	// skus are those of a price sheet.
	skus map[string]bool
	// mistakes are the first; wrong is how many there are.
	mistakes []Mistake
	wrong    int64
	// stopped says why the file could not be read to its end.
	stopped string
	changes []flow.PriceChange
}

// Show is what a file holds and, of a price sheet, what it would change; or what became of
// it, once it was taken.
func (p Pages) Show(v *visit.Visit) error {
	id, file, err := p.found(v)
	if err != nil {
		return err
	}
	page := part.Page{Title: file.Name, Section: Path, Crumbs: []part.Link{{Text: "Import", Path: Path}}}
	if file.Report != nil {
		return v.Page(page, reportPage(v, &file))
	}
	look := &preview{visit: v, path: v.R.URL.Path, file: file, counts: map[string]int64{}, skus: map[string]bool{}}
	if file.Kind == PriceSheet {
		err = p.sheet(look, id)
	} else {
		err = look.count(p.Files.Intakes(v.R.Context(), whose(v), id))
	}
	if err != nil && !look.ends(err) {
		return err
	}
	return v.Page(page, previewPage(look))
}

// sheet looks at what a price sheet changes, without the lines that are wrong.
func (p Pages) sheet(look *preview, id string) error {
	ctx := look.visit.R.Context()
	rows, options, err := p.Files.Rows(ctx, whose(look.visit), id)
	if err != nil {
		return err
	}
	changes, err := look.visit.Desk.PriceSheetPreview(ctx, look.right(rows), options)
	// Other products change by what the book has already: that is none of this sheet's doing.
	look.changes = slices.DeleteFunc(changes, func(c flow.PriceChange) bool { return !look.skus[c.SKU] })
	return err
}

// right are the rows that are not wrong; those that are, are noted.
func (l *preview) right(rows iter.Seq2[flow.PriceSheetRow, error]) iter.Seq2[flow.PriceSheetRow, error] {
	return func(yield func(flow.PriceSheetRow, error) bool) {
		for row, err := range rows {
			if err != nil && l.notes(err) {
				continue
			}
			if err == nil {
				l.rows++
				l.skus[row.SKU] = true
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// count reads a file to its end.
func (l *preview) count(intakes iter.Seq2[flow.Intake, error]) error {
	for intake, err := range intakes {
		switch {
		case err == nil:
			l.counts[intake.Noun()]++
		case !l.notes(err):
			return err
		}
	}
	return nil
}

// notes keeps a mistake of one line; false is any other error.
func (l *preview) notes(err error) bool {
	var line *flow.InputError
	if !errors.As(err, &line) {
		return false
	}
	l.wrong++
	if len(l.mistakes) < previewMistakes {
		l.mistakes = append(l.mistakes, mistakeOf(line.At, "line", line.Err.Error()))
	}
	return true
}

// ends keeps why a file cannot be read on; false for what is no fault of the file.
func (l *preview) ends(err error) bool {
	fault := office.FaultOf(err)
	if fault.Kind != office.FaultInput {
		return false
	}
	l.stopped = fault.Sentence
	return true
}

func (l *preview) nouns() []string { return slices.Sorted(maps.Keys(l.counts)) }

// any says whether there is something that could be taken.
func (l *preview) any() bool { return l.rows > 0 || len(l.counts) > 0 }

func (l *preview) facts() []part.Fact {
	facts := []part.Fact{{Name: "What it is", Value: kindWords(l.file.Kind)}, {Name: "Size", Value: sizeWords(l.visit.Locale, l.file.Size)}}
	if l.file.Kind == PriceSheet {
		list, rule := l.file.List, l.file.Rule
		if list == "" {
			list = flow.DefaultList
		}
		if rule == "" {
			rule = "the provider's retail price"
		}
		facts = append(facts, part.Fact{Name: "Price list", Value: list}, part.Fact{Name: "Sold at", Value: rule}, part.Fact{Name: "Market", Value: l.file.Market},
			part.Fact{Name: "Currency", Value: l.file.Currency}, part.Fact{Name: "Rows", Value: l.visit.Locale.Count(l.rows)})
	}
	return append(facts, part.Fact{Name: "Contract", Value: l.file.Contract})
}

func sizeWords(l part.Locale, bytes int64) string {
	const kib = 1 << 10
	if bytes < kib {
		return part.Plural(bytes, "byte")
	}
	return l.Count((bytes+kib-1)/kib) + " KiB"
}
