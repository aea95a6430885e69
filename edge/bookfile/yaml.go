package bookfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// depthMax is well beyond the deepest key of a book (expect.invoices[].lines[].from).
const depthMax = 20

// parseYAML reads one document as a value.
func parseYAML(in *problems, data []byte) (value, error) {
	root, err := parseNode(in.file, data, 1)
	if err != nil {
		return value{}, err
	}
	return yamlTree{in: in}.value(root, "", 0), nil
}

// parseNode reads one document, whose first line is the line given of its file.
func parseNode(file string, data []byte, line int) (*yaml.Node, error) {
	if err := checkText(file, data); err != nil {
		return nil, err
	}
	root, err := decodeYAML(data)
	if errors.Is(err, io.EOF) {
		return nil, damaged(file, line, "the file is empty (expected a YAML mapping)")
	}
	if err != nil {
		return nil, damaged(file, 0, "is not YAML: %s", shifted(err.Error(), line-1))
	}
	return root.Content[0], nil
}

// checkText refuses what is no text in UTF-8 before a parser guesses at it.
func checkText(file string, data []byte) error {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		return damaged(file, 1, "is UTF-16 (expected UTF-8)")
	case bytes.IndexByte(data, 0) >= 0:
		return damaged(file, lineOf(data, bytes.IndexByte(data, 0)), "holds a NUL byte (expected a text in UTF-8)")
	case !utf8.Valid(data):
		return damaged(file, lineOf(data, invalidAt(data)), "is not UTF-8")
	}
	return nil
}

func lineOf(data []byte, at int) int { return 1 + bytes.Count(data[:at], []byte("\n")) }

func invalidAt(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return at
}

// decodeYAML gives the only document. The parser is not ours: should hostile
// input break it, that is an error of the input.
func decodeYAML(data []byte) (root yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&root); err != nil {
		return root, err
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 {
		return root, io.EOF
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		return root, fmt.Errorf("line %d: a second document (expected one)", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return root, err
	}
	return root, nil
}

// shifted drops the parser's name from its message and moves its line number to
// where the piece stands in the file.
func shifted(message string, by int) string {
	message = strings.TrimPrefix(message, "yaml: ")
	var n int
	if _, err := fmt.Sscanf(message, "line %d:", &n); err != nil {
		return message
	}
	_, rest, _ := strings.Cut(message, ":")
	return fmt.Sprintf("line %d:%s", n+by, rest)
}

// yamlTree turns nodes into values and refuses all that makes YAML more than text.
type yamlTree struct {
	in *problems
	// shift is the number of lines before the piece that the nodes are of.
	shift int
}

func (t yamlTree) value(n *yaml.Node, path string, depth int) value {
	v := value{line: n.Line + t.shift, shape: null}
	switch {
	case depth > depthMax:
		t.in.add(v.line, path, "is nested more than %d deep", depthMax)
		return v
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		t.in.add(v.line, path, "anchors and aliases are not allowed")
		return v
	case n.Style&yaml.TaggedStyle != 0:
		t.in.add(v.line, path, "tags (%s) are not allowed", quote(n.Tag))
		return v
	}
	switch n.Kind {
	case yaml.ScalarNode:
		v.quoted = n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
		if v.quoted || n.ShortTag() != "!!null" {
			v.shape, v.text = scalar, n.Value
		}
	case yaml.SequenceNode:
		v.shape = list
		for i, item := range n.Content {
			v.items = append(v.items, t.value(item, indexed(path, i), depth+1))
		}
	case yaml.MappingNode:
		v.shape = mapping
		v.fields = t.fields(n, path, depth)
	}
	return v
}

func (t yamlTree) fields(n *yaml.Node, path string, depth int) []field {
	var of []field
	known := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		line := key.Line + t.shift
		keyPath := strings.TrimPrefix(path+"."+key.Value, ".")
		if key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 || !plainWord(key.Value) {
			t.in.add(line, path, "expected a plain word as key")
			continue
		}
		if first, again := known[key.Value]; again {
			t.in.add(line, keyPath, "is given twice (first on line %d)", first)
			continue
		}
		known[key.Value] = line
		of = append(of, field{key: key.Value, line: line, value: t.value(n.Content[i+1], keyPath, depth+1)})
	}
	return slices.Clip(of)
}

// plainWord says whether a text can be a key at all; no merge key (<<) is.
func plainWord(text string) bool {
	return text != "" && len(text) <= idLengthMax && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}
