package bookfile

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"prorata/flow"
)

// WriteBook writes a book as YAML: a section per noun, an item per line, so that
// ReadBook can take it in piece by piece. The nouns come in groups, as
// Book.Intakes and the order of Nouns have them; an error among them ends it.
func WriteBook(w io.Writer, nouns iter.Seq2[flow.Intake, error]) error {
	out := bufio.NewWriter(w)
	written := map[string]bool{}
	section := ""
	for v, err := range nouns {
		if err != nil {
			return err
		}
		noun, of := encode(v)
		if noun == "" {
			return fmt.Errorf("write book: %s: an intake with nothing in it", v.At)
		}
		if noun != section {
			if written[noun] {
				return fmt.Errorf("write book: %s: %s come in two groups", v.At, noun)
			}
			section, written[noun] = noun, true
			fmt.Fprintf(out, "%s:\n", noun)
		}
		out.WriteString("  - ")
		writeYAML(out, value{shape: mapping, fields: of})
		out.WriteByte('\n')
	}
	return out.Flush()
}

// writeYAML writes a value in one line.
func writeYAML(out *bufio.Writer, v value) {
	switch v.shape {
	case mapping:
		out.WriteByte('{')
		for i, f := range v.fields {
			if i > 0 {
				out.WriteString(", ")
			}
			out.WriteString(f.key + ": ")
			writeYAML(out, f.value)
		}
		out.WriteByte('}')
	case list:
		out.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				out.WriteString(", ")
			}
			writeYAML(out, item)
		}
		out.WriteByte(']')
	default:
		if v.quoted && !bare(v.text) {
			out.WriteString(quotedYAML(v.text))
			return
		}
		out.WriteString(v.text)
	}
}

// otherThanText are the words that some reader of YAML takes for something else.
const otherThanText = " null true false yes no on off y n "

// bare says whether a text is safe without quotes, whoever reads it.
func bare(text string) bool {
	if text == "" || text[len(text)-1] == ' ' || strings.Contains(otherThanText, " "+strings.ToLower(text)+" ") {
		return false
	}
	for i, r := range text {
		letter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !letter && (i == 0 || !((r >= '0' && r <= '9') || strings.ContainsRune("_-./@ ", r))) {
			return false
		}
	}
	return true
}

func quotedYAML(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == ' ' || (unicode.IsPrint(r) && r != '\ufeff'):
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, `\U%08X`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// WriteCSV writes one noun's file; other nouns among them are passed over, so
// that a whole book can be written with a call for each of Nouns.
func WriteCSV(noun string, w io.Writer, nouns iter.Seq2[flow.Intake, error]) error {
	columns, _ := columnsOf(noun)
	if columns == nil {
		return fmt.Errorf("write CSV: unknown noun %s (expected %s)", quote(noun), strings.Join(Nouns(), ", "))
	}
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	cells := make([]string, len(columns))
	for v, err := range nouns {
		if err != nil {
			return err
		}
		is, of := encode(v)
		if is != noun {
			continue
		}
		clear(cells)
		if err := flatten(cells, columns, "", of); err != nil {
			return fmt.Errorf("write %s: %s: %w", noun, v.At, err)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// flatten puts keys into their columns, those of a mapping with dots.
func flatten(cells, columns []string, path string, of []field) error {
	for _, f := range of {
		column := strings.TrimPrefix(path+"."+f.key, ".")
		if f.value.shape == mapping {
			if err := flatten(cells, columns, column, f.value.fields); err != nil {
				return err
			}
			continue
		}
		at := slices.Index(columns, column)
		if at < 0 {
			return fmt.Errorf("%s has no column", column)
		}
		cells[at] = f.value.text
		if f.value.shape == list {
			cells[at] = cellOfList(f.key, f.value.items)
		}
	}
	return nil
}

func cellOfList(key string, items []value) string {
	switch key {
	case "tiers":
		return cellOfTiers(items)
	case "lines":
		return cellOfCredits(items)
	}
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i] = item.text
	}
	return strings.Join(lines, "\n")
}

// cellOfCredits writes credited lines as creditsOfCell reads them.
func cellOfCredits(lines []value) string {
	parts := make([]string, len(lines))
	for i, line := range lines {
		for _, f := range line.fields {
			switch f.key {
			case "line":
				parts[i] = f.value.text
			case "amount":
				parts[i] += ":" + f.value.text
			case "percent":
				parts[i] += ":" + f.value.text + "%"
			}
		}
	}
	return strings.Join(parts, ";")
}

// cellOfTiers writes tiers as tiersOfCell reads them.
func cellOfTiers(tiers []value) string {
	parts := make([]string, len(tiers))
	before := "0"
	for i, tier := range tiers {
		bound, price, flat := "*", "", ""
		for _, f := range tier.fields {
			switch f.key {
			case "up_to":
				bound = f.value.text
			case "price":
				price = f.value.text
			case "flat":
				flat = "+" + f.value.text
			}
		}
		low := wholeAfter(before)
		if before = bound; bound != "*" && low != "" {
			if _, err := strconv.Atoi(bound); err == nil {
				bound = low + "-" + bound
			}
		}
		parts[i] = bound + ":" + price + flat
	}
	return strings.Join(parts, ";")
}
