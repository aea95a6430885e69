package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"prorata/core/money"
)

// mappingBytesMax is far beyond any mapping.
const mappingBytesMax = 1 << 20

// decodeYAML gives the top of the only document. The parser is not ours: should
// hostile input break it, that is an error of the input.
func decodeYAML(data []byte) (root yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	if len(data) > mappingBytesMax {
		return root, fmt.Errorf("more than %d bytes", mappingBytesMax)
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&document); err != nil {
		return root, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return root, errors.New("expected one document")
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return root, errors.New("expected a mapping of keys to values")
	}
	return *document.Content[0], nil
}

// tree reads the nodes of a mapping file; what is wrong is collected.
type tree struct {
	file     string
	mistakes mistakes
}

type entry struct {
	key  string
	node *yaml.Node
}

func find(of []entry, key string) *yaml.Node {
	for _, e := range of {
		if e.key == key {
			return e.node
		}
	}
	return nil
}

func (t *tree) mapping(n *yaml.Node, path string) []entry {
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		t.wrong(n, path, "expected keys with values")
		return nil
	}
	var of []entry
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode || value.Anchor != "" {
			t.wrong(key, path, "expected a plain key; anchors and aliases are not allowed")
			continue
		}
		if first, again := seen[key.Value]; again {
			t.wrong(key, strings.TrimPrefix(path+"."+key.Value, "."), "is given twice (first on line %d)", first)
			continue
		}
		seen[key.Value] = key.Line
		of = append(of, entry{key.Value, value})
	}
	return of
}

// text is a scalar as it is written.
func (t *tree) text(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || !utf8.ValidString(n.Value) {
		t.wrong(n, path, "expected a text")
		return ""
	}
	return n.Value
}

func (t *tree) word(n *yaml.Node, path string, words ...string) string {
	word := strings.ToLower(t.text(n, path))
	if !slices.Contains(words, word) {
		t.wrong(n, path, "%s is not known (expected %s)", quote(word), strings.Join(words, ", "))
		return words[0]
	}
	return word
}

func (t *tree) whole(n *yaml.Node, path string, least, most int) int {
	var v int
	text := t.text(n, path)
	if _, err := fmt.Sscanf(text, "%d", &v); err != nil || fmt.Sprint(v) != text || v < least || v > most {
		t.wrong(n, path, "%s is not a number from %d to %d", quote(text), least, most)
		return least
	}
	return v
}

// list is one text or several.
func (t *tree) list(n *yaml.Node, path string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{t.text(n, path)}
	}
	if n.Kind != yaml.SequenceNode {
		t.wrong(n, path, "expected a list of texts")
		return nil
	}
	var of []string
	for _, item := range n.Content {
		of = append(of, t.text(item, path))
	}
	return of
}

func (t *tree) glob(n *yaml.Node) string {
	pattern := t.text(n, "files")
	if _, err := path.Match(pattern, "x"); err != nil || strings.Contains(pattern, "/") {
		t.wrong(n, "files", "%s is not a pattern of file names (expected for example billing-*.csv)", quote(pattern))
	}
	return pattern
}

func (t *tree) delimiter(n *yaml.Node) rune {
	named := map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|', ",": ',', ";": ';', "\t": '\t', "|": '|'}
	d, ok := named[t.text(n, "delimiter")]
	if !ok {
		t.wrong(n, "delimiter", "%s is not known (expected comma, semicolon, tab or pipe)", quote(n.Value))
		return ','
	}
	return d
}

func (t *tree) currency(n *yaml.Node) money.Currency {
	c, err := money.ParseCurrency(t.text(n, "currency"))
	if err != nil {
		t.wrong(n, "currency", "%s is not a currency (expected an ISO 4217 code such as EUR)", quote(n.Value))
	}
	return c
}

func (t *tree) numbers(n *yaml.Node) numberForm {
	form := numberForm{point: '.'}
	for _, f := range t.mapping(n, "numbers") {
		at := "numbers." + f.key
		switch f.key {
		case "decimal":
			if t.word(f.node, at, "point", "comma", ".", ",") == "comma" || f.node.Value == "," {
				form.point = ','
			}
		case "thousands":
			signs := map[string]string{"point": ".", ".": ".", "comma": ",", ",": ",", "space": " ", " ": " ", "apostrophe": "'", "'": "'", "none": ""}
			sign, ok := signs[t.text(f.node, at)]
			if !ok {
				t.wrong(f.node, at, "%s is not known (expected point, comma, space, apostrophe or none)", quote(f.node.Value))
			}
			form.group = sign
		case "strip":
			form.strip = t.list(f.node, at)
		default:
			t.wrong(f.node, at, "is not known (expected decimal, thousands, strip)")
		}
	}
	if form.group == string(form.point) {
		t.wrong(n, "numbers", "thousands and decimal have the same sign")
	}
	return form
}

func (t *tree) dates(n *yaml.Node) []dateForm {
	var forms []dateForm
	for _, pattern := range t.list(n, "dates") {
		form, err := newDateForm(pattern)
		if err != nil {
			t.wrong(n, "dates", "%s: %v", quote(pattern), err)
			continue
		}
		for _, other := range forms {
			if other.shape() == form.shape() && other.layout != form.layout {
				t.wrong(n, "dates", "%s and %s read one text as two days; keep one", quote(other.pattern), quote(pattern))
			}
		}
		forms = append(forms, form)
	}
	return forms
}

func (t *tree) conditions(n *yaml.Node, path string) []condition {
	if n.Kind != yaml.SequenceNode {
		t.wrong(n, path, "expected a list of conditions ({column: …, is: […]})")
		return nil
	}
	var all []condition
	for _, item := range n.Content {
		var c condition
		tests := 0
		for _, f := range t.mapping(item, path) {
			tests++
			switch f.key {
			case "column":
				c.column = t.text(f.node, path+".column")
				tests--
			case "is":
				c.is = t.list(f.node, path+".is")
			case "starts":
				c.starts = t.text(f.node, path+".starts")
			case "empty":
				c.isEmpty = t.word(f.node, path+".empty", "yes", "true", "no", "false") != "no" && f.node.Value != "false"
				c.notEmpty = !c.isEmpty
			default:
				t.wrong(f.node, path+"."+f.key, "is not known (expected column with is, starts or empty)")
			}
		}
		if c.column == "" || tests != 1 {
			t.wrong(item, path, "expected a column and one of is, starts, empty")
			continue
		}
		all = append(all, c)
	}
	return all
}

// column is the name of a column, or where else a value comes from.
func (t *tree) column(n *yaml.Node, path string, s shape) column {
	if n.Kind == yaml.ScalarNode {
		return column{names: t.list(n, path)}
	}
	var c column
	for _, f := range t.mapping(n, path) {
		at := path + "." + f.key
		switch f.key {
		case "column", "columns":
			c.names = t.list(f.node, at)
		case "either":
			c.names, c.either = t.list(f.node, at), true
		case "join":
			c.join = t.text(f.node, at)
		case "constant":
			c.constant, c.hasConstant = t.text(f.node, at), true
		case "default":
			c.fallback, c.hasFallback = t.text(f.node, at), true
		case "values":
			c.words = t.words(f.node, at, s)
		case "otherwise":
			c.other, c.hasOther = t.ourWord(f.node, at, s), true
		default:
			t.wrong(f.node, at, "is not known (expected column, columns, either, join, constant, default, values, otherwise)")
		}
	}
	if c.hasConstant == (len(c.names) > 0) {
		t.wrong(n, path, "expected a column or a constant")
	}
	return c
}

func (t *tree) words(n *yaml.Node, path string, s shape) map[string]string {
	words := map[string]string{}
	for _, f := range t.mapping(n, path) {
		words[columnName(f.key)] = t.ourWord(f.node, path+"."+f.key, s)
	}
	return words
}

func (t *tree) ourWord(n *yaml.Node, path string, s shape) string {
	word := t.text(n, path)
	if !isWord(s, word) {
		t.wrong(n, path, "%s is none of our words (expected %s)", quote(word), strings.Join(wordsOf(s), ", "))
	}
	return word
}
