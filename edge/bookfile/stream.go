package bookfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"prorata/flow"
)

// ReadBook reads a book for import, piece by piece, in the order of the file:
// files of any size, provided that the items of a list stand on lines of their
// own, as the writer puts them. The keys are those of a scenario, whose name,
// until and expect are passed over. Ids are not looked up: what they name may
// be in the book already. A wrong item is reported and the next one read; after
// an error that is ErrDamaged nothing follows.
func ReadBook(name string, r io.Reader) iter.Seq2[flow.Intake, error] {
	return func(yield func(flow.Intake, error) bool) {
		b := &bookReader{file: name, from: bufio.NewReaderSize(r, 64<<10), units: newUnitTable(true), seen: map[string]int{}, yield: yield}
		if err := b.run(); err != nil && !errors.Is(err, errEnough) {
			yield(flow.Intake{At: flow.Source{File: name}}, err)
		}
	}
}

const (
	// pieceBytes is about how much is parsed at once, pieceBytesMax what one item may have.
	pieceBytes    = 64 << 10
	pieceBytesMax = 16 << 20
)

// errEnough says that whoever reads wants no more.
var errEnough = errors.New("enough")

// topLevel is a line that begins a section of the book.
var topLevel = regexp.MustCompile(`^["']?([A-Za-z0-9_][A-Za-z0-9_-]*)["']?\s*:(\s.*)?$`)

// bookReader cuts a book into pieces that can be parsed by themselves: a whole
// section, or some items of a section that is a list.
type bookReader struct {
	file  string
	from  *bufio.Reader
	units *unitTable
	yield func(flow.Intake, error) bool
	// seen are the sections so far, with their lines.
	seen map[string]int

	section string
	// skipped sections are not looked into.
	skipped bool
	// piece is the text to parse next, pieceLine its first line.
	piece     []byte
	pieceLine int
	// item is what an item of the section begins with, once known: spaces and a dash.
	item string
	// items counts those of the section that are parsed.
	items int
	line  int
}

func (b *bookReader) run() error {
	for {
		text, err := b.readLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := b.take(text); err != nil {
			return err
		}
	}
	if len(b.seen) == 0 {
		return damaged(b.file, b.line, "the file is empty (expected a YAML mapping)")
	}
	return b.parsePiece()
}

// readLine is the next line with its end, checked to be text.
func (b *bookReader) readLine() ([]byte, error) {
	var text []byte
	for {
		part, err := b.from.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(text) > 0:
			b.line++
			if b.line == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff"))
			}
			if err := checkText(b.file, text); err != nil {
				return nil, movedTo(err, b.line)
			}
			return text, nil
		case errors.Is(err, bufio.ErrBufferFull):
			if len(text) > pieceBytesMax {
				return nil, damaged(b.file, b.line+1, "a line is longer than %d MiB", pieceBytesMax>>20)
			}
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		default:
			return nil, damaged(b.file, b.line+1, "cannot be read further: %v", err)
		}
	}
}

func movedTo(err error, line int) error {
	var p *Problem
	if errors.As(err, &p) {
		p.At.Line = line
	}
	return err
}

// take puts a line into the piece that it belongs to.
func (b *bookReader) take(text []byte) error {
	trimmed := strings.TrimRight(string(text), "\r\n")
	content := strings.TrimLeft(trimmed, " ")
	if m := topLevel.FindStringSubmatch(trimmed); m != nil {
		if err := b.parsePiece(); err != nil {
			return err
		}
		return b.begin(m[1], strings.TrimSpace(m[2]), text)
	}
	switch {
	case b.section == "" && (content == "" || content[0] == '#' || trimmed == "---"):
		return nil
	case b.section == "":
		return damaged(b.file, b.line, "expected a key such as accounts: and not %s", quote(trimmed))
	case trimmed == "---" || trimmed == "...":
		return damaged(b.file, b.line, "a second document (expected one)")
	case b.skipped:
		return nil
	}
	dashed := content == "-" || strings.HasPrefix(content, "- ")
	if len(b.piece) == 0 && (content == "" || content[0] == '#') {
		return nil
	}
	if b.item == "" && dashed && len(b.piece) == 0 {
		b.item = trimmed[:len(trimmed)-len(content)] + "-"
	}
	if b.item != "" && dashed && strings.HasPrefix(trimmed, b.item) && len(b.piece) >= pieceBytes {
		if err := b.parsePiece(); err != nil {
			return err
		}
	}
	if len(b.piece) == 0 {
		b.pieceLine = b.line
	}
	b.piece = append(b.piece, text...)
	if len(b.piece) > pieceBytesMax {
		return damaged(b.file, b.pieceLine, "a piece is longer than %d MiB; put every item of a list on a line of its own", pieceBytesMax>>20)
	}
	return nil
}

// begin starts a section, whose value may begin on the key's own line.
func (b *bookReader) begin(key, rest string, text []byte) error {
	if first, again := b.seen[key]; again {
		in := &problems{file: b.file}
		in.add(b.line, key, "is given twice (first on line %d)", first)
		b.section, b.skipped = key, true
		return b.report(in)
	}
	b.seen[key] = b.line
	b.section, b.items, b.item, b.pieceLine = key, 0, "", b.line
	b.skipped = key == "name" || key == "until" || key == "expect"
	if !b.skipped && key != "seller" && !isNoun(key) {
		in := &problems{file: b.file}
		in.add(b.line, key, "unknown key (expected one of name, seller, %s, until, expect)", strings.Join(Nouns(), ", "))
		b.skipped = true
		return b.report(in)
	}
	if !b.skipped && rest != "" && rest[0] != '#' {
		at := bytes.IndexByte(text, ':') + 1
		b.piece = append(bytes.Repeat([]byte(" "), at), text[at:]...)
	}
	return nil
}

func (b *bookReader) report(in *problems) error {
	if err := in.err(); err != nil && !b.yield(flow.Intake{At: flow.Source{File: b.file, Line: b.line}}, err) {
		return errEnough
	}
	return nil
}

// parsePiece reads what was collected, and hands it on.
func (b *bookReader) parsePiece() error {
	defer func() { b.piece = b.piece[:0] }()
	if len(b.piece) == 0 {
		return nil
	}
	root, err := parseNode(b.file, b.piece, b.pieceLine)
	if err != nil {
		return err
	}
	in := &problems{file: b.file}
	tree := yamlTree{in: in, shift: b.pieceLine - 1}
	if b.section == "seller" {
		f := fieldsOf(in, "seller", tree.value(root, "seller", 0))
		v := seller(f, false)
		return b.hand(flow.Intake{At: f.at(), Seller: &v}, in)
	}
	if root.Kind != yaml.SequenceNode || root.Anchor != "" || root.Style&yaml.TaggedStyle != 0 {
		if v := tree.value(root, b.section, 0); v.shape != null || len(in.list) > 0 {
			in.add(v.line, b.section, "expected a list")
		}
		return b.report(in)
	}
	for _, node := range root.Content {
		in := &problems{file: b.file}
		path := indexed(b.section, b.items)
		b.items++
		f := fieldsOf(in, path, yamlTree{in: in, shift: tree.shift}.value(node, path, 1))
		if err := b.hand(intake(b.section, f, b.units), in); err != nil {
			return err
		}
	}
	return nil
}

// hand gives a noun to whoever reads, or the mistakes in it.
func (b *bookReader) hand(v flow.Intake, in *problems) error {
	err := in.err()
	if err != nil {
		v = flow.Intake{At: v.At}
	}
	if !b.yield(v, err) {
		return errEnough
	}
	return nil
}
