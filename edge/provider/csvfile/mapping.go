package csvfile

import (
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"prorata/core/money"
	"prorata/flow"
)

// Mapping says what a file is and what its columns mean.
type Mapping struct {
	// Name is for people: whose export this is.
	Name  string
	Reads Reads
	// Files is the pattern of the names of such files in a folder.
	Files string

	workbook  bool
	delimiter rune
	encoding  string
	sheet     string
	// headerLine is where the names of the columns stand, counted from 1.
	headerLine int
	numbers    numberForm
	dates      []dateForm
	// lastDays says that the file's end days belong to what they end.
	lastDays bool
	currency money.Currency
	// pricePer is what a unit price is for: billing (one billing period), month, year or term.
	pricePer string
	columns  map[string]column
	skip     []condition
	negative []condition
	identity []string
}

// column says where a field's value comes from.
type column struct {
	// names are columns of the file: joined, or with either the first that is not empty.
	names  []string
	join   string
	either bool
	// constant stands for a column; fallback for an empty cell.
	constant, fallback       string
	hasConstant, hasFallback bool
	// words turns the file's words into ours, in lower case; other is for the rest.
	words    map[string]string
	other    string
	hasOther bool
}

// condition is what a cell must be for a row to be skipped, or its amounts turned.
type condition struct {
	column   string
	is       []string
	starts   string
	isEmpty  bool
	notEmpty bool
}

// pricesPer are what unit prices can be for.
var pricesPer = []string{"billing", "month", "year", "term"}

// ReadMapping reads a mapping; its mistakes come together, each with its line.
func ReadMapping(file string, data []byte) (*Mapping, error) {
	root, err := decodeYAML(data)
	if err != nil {
		return nil, damaged(file, 0, "is not YAML: %v", err)
	}
	t := &tree{file: file}
	m := &Mapping{
		delimiter: ',', encoding: "utf-8", headerLine: 1, numbers: numberForm{point: '.'}, lastDays: true, pricePer: "billing", columns: map[string]column{},
	}
	fields := t.mapping(&root, "")
	keys := map[string]func(*yaml.Node){
		"name": func(n *yaml.Node) { m.Name = t.text(n, "name") }, "reads": nil, "columns": nil,
		"files":     func(n *yaml.Node) { m.Files = t.glob(n) },
		"format":    func(n *yaml.Node) { m.workbook = t.word(n, "format", "csv", "xlsx") == "xlsx" },
		"delimiter": func(n *yaml.Node) { m.delimiter = t.delimiter(n) },
		"encoding":  func(n *yaml.Node) { m.encoding = t.word(n, "encoding", "utf-8", "windows-1252", "utf-16") },
		"sheet":     func(n *yaml.Node) { m.sheet = t.text(n, "sheet") },
		"header":    func(n *yaml.Node) { m.headerLine = t.whole(n, "header", 1, 1000) },
		"numbers":   func(n *yaml.Node) { m.numbers = t.numbers(n) },
		"dates":     func(n *yaml.Node) { m.dates = t.dates(n) },
		"ends":      func(n *yaml.Node) { m.lastDays = t.word(n, "ends", "inclusive", "exclusive") == "inclusive" },
		"currency":  func(n *yaml.Node) { m.currency = t.currency(n) },
		"price_per": func(n *yaml.Node) { m.pricePer = t.word(n, "price_per", pricesPer...) },
		"skip":      func(n *yaml.Node) { m.skip = t.conditions(n, "skip") },
		"negative":  func(n *yaml.Node) { m.negative = t.conditions(n, "negative") },
		"identity":  func(n *yaml.Node) { m.identity = t.list(n, "identity") },
	}
	for _, f := range fields {
		read, known := keys[f.key]
		if !known {
			t.wrong(f.node, f.key, "is not known (expected one of %s)", strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
		} else if read != nil {
			read(f.node)
		}
	}
	t.readColumns(m, fields)
	m.check(t, &root)
	return m, t.mistakes.err()
}

func (t *tree) readColumns(m *Mapping, fields []entry) {
	reads, columns := find(fields, "reads"), find(fields, "columns")
	if reads == nil {
		t.wrong(nil, "reads", "is missing (expected lines, holdings, customers, prices or usage)")
		return
	}
	word := t.word(reads, "reads", "lines", "holdings", "customers", "prices", "usage")
	for r := Lines; r <= Usage; r++ {
		if r.String() == word {
			m.Reads = r
		}
	}
	if columns == nil {
		t.wrong(nil, "columns", "is missing (expected the fields of %s with their columns)", m.Reads)
		return
	}
	known := fieldsOf(m.Reads)
	for _, f := range t.mapping(columns, "columns") {
		s, ok := known[f.key]
		if !ok {
			t.wrong(f.node, "columns."+f.key, "is no field of %s (expected one of %s)", m.Reads, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		m.columns[f.key] = t.column(f.node, "columns."+f.key, s)
	}
}

// check says what is missing between the keys.
func (m *Mapping) check(t *tree, root *yaml.Node) {
	if m.Name == "" {
		t.wrong(root, "name", "is missing (expected a name for people)")
	}
	for _, field := range neededOf(m.Reads) {
		if _, ok := m.columns[field]; !ok && (field != "currency" || m.currency.IsZero()) {
			t.wrong(root, "columns."+field, "is missing, and required for %s", m.Reads)
		}
	}
	if _, ok := m.columns["billing"]; !ok && m.pricePer != "billing" && (m.Reads == Lines || m.Reads == Prices) {
		t.wrong(root, "price_per", "needs columns.billing, to say what one billing period costs")
	}
	if _, ok := m.columns["term"]; !ok && m.pricePer == "term" {
		t.wrong(root, "price_per", "per term needs columns.term")
	}
	if m.workbook && m.encoding != "utf-8" {
		t.wrong(root, "encoding", "is for csv; a workbook has its own")
	}
	if m.delimiter == rune(m.numbers.point) && !m.workbook && m.delimiter != ',' {
		t.wrong(root, "delimiter", "cannot be the decimal sign too")
	}
}

// used are the columns of a file that a mapping looks at, each with what for.
func (m *Mapping) used() map[string][]string {
	uses := map[string][]string{}
	add := func(column, use string) {
		name := columnName(column)
		if !slices.Contains(uses[name], use) {
			uses[name] = append(uses[name], use)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(m.columns)) {
		for _, name := range m.columns[field].names {
			add(name, field)
		}
	}
	for _, c := range m.skip {
		add(c.column, "skip")
	}
	for _, c := range m.negative {
		add(c.column, "negative")
	}
	for _, name := range m.identity {
		add(name, "identity")
	}
	return uses
}

// columnName is how the name of a column is compared: without case, and any run
// of spaces as one.
func columnName(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// matches says whether a file of this name is one of the mapping's.
func (m *Mapping) matches(name string) bool {
	ok, err := path.Match(m.Files, path.Base(name))
	return err == nil && ok
}

func (t *tree) wrong(n *yaml.Node, field, format string, args ...any) {
	at := flow.Source{File: t.file}
	if n != nil {
		at.Line = n.Line
	}
	t.mistakes.addAt(at, field, format, args...)
}
