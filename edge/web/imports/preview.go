package imports

import (
	"maps"
	"slices"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// preview is what a file holds, for the page.
type preview struct {
	visit *visit.Visit
	path  string
	office.ImportLook
}

// Show is what a file holds and, of a price sheet, what it would change; or what became of
// it, once it was taken.
func (p Pages) Show(v *visit.Visit) error {
	if p.Files == nil {
		return visit.ErrNoPage
	}
	look, err := v.Desk.ImportPreview(v.R.Context(), p.Files, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := part.Page{Title: look.File.Name, Section: Path, Crumbs: []part.Link{{Text: "Import", Path: Path}}}
	if look.File.Report != nil {
		return v.Page(page, reportPage(v, &look.File))
	}
	return v.Page(page, previewPage(&preview{visit: v, path: v.R.URL.Path, ImportLook: look}))
}

func (l *preview) facts() []part.Fact {
	facts := []part.Fact{{Name: "What it is", Value: kindWords(l.File.Kind)}, {Name: "Size", Value: sizeWords(l.visit.Locale, l.File.Size)}}
	if l.File.Kind == office.ImportPriceSheet {
		list, rule := l.File.List, l.File.Rule
		if list == "" {
			list = flow.DefaultList
		}
		if rule == "" {
			rule = "the provider's retail price"
		}
		facts = append(facts, part.Fact{Name: "Price list", Value: list}, part.Fact{Name: "Sold at", Value: rule}, part.Fact{Name: "Market", Value: l.File.Market},
			part.Fact{Name: "Currency", Value: l.File.Currency}, part.Fact{Name: "Rows", Value: l.visit.Locale.Count(l.Rows)})
	}
	if l.File.Kind == office.ImportBill {
		facts = append(facts, part.Fact{Name: "Connection", Value: string(l.File.Connection)})
	}
	return append(facts, part.Fact{Name: "Contract", Value: l.File.Contract})
}

// nouns says whether it is known of any mistake what stands in its line.
func nouns(mistakes []office.ImportMistake) bool {
	return slices.ContainsFunc(mistakes, func(m office.ImportMistake) bool { return m.Noun != "line" })
}

// sorted are the nouns of counts in the order of the table.
func sorted[C any](counts map[string]C) []string { return slices.Sorted(maps.Keys(counts)) }

func sizeWords(l part.Locale, bytes int64) string {
	const kib = 1 << 10
	if bytes < kib {
		return part.Plural(bytes, "byte")
	}
	return l.Count((bytes+kib-1)/kib) + " KiB"
}
