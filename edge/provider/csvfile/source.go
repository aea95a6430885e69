package csvfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"prorata/flow"
)

// Limits of what is read, far beyond any distributor's file.
const (
	// recordBytesMax bounds a row, so that an unclosed quote does not swallow the file.
	recordBytesMax   = 1 << 20
	columnsMax       = 500
	workbookBytesMax = 256 << 20
	unpackedBytesMax = 2 << 30
	sheetInMemoryMax = 16 << 20
	// workbookPartsMax is how many files may be packed into a workbook: it has one for each sheet, and a few.
	workbookPartsMax = 10_000
)

var errRecordTooLong = errors.New("record too long")

// source gives the rows of a file, each with the line it begins on.
type source interface {
	// next is io.EOF behind the last row; an error that is not ErrDamaged is of one row.
	next() (cells []string, line int, err error)
	close() error
}

// open looks at how a file begins, and refuses what its mapping does not say.
func (m *Mapping) open(file string, r io.Reader) (source, error) {
	buffered := bufio.NewReader(r)
	head, err := buffered.Peek(4)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, damaged(file, 0, "cannot be read: %v", err)
	case len(head) == 0:
		return nil, damaged(file, 1, "the file is empty")
	case m.workbook:
		if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
			return nil, damaged(file, 0, "is no workbook (the mapping says format: xlsx)")
		}
		return openWorkbook(file, m.sheet, buffered)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, damaged(file, 0, "is a workbook or an archive (the mapping says format: csv)")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return nil, damaged(file, 0, "is compressed (expected the text in it)")
	}
	wide := bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
	if wide != (m.encoding == "utf-16") {
		return nil, damaged(file, 1, "is UTF-16: %t, and the mapping says %s", wide, m.encoding)
	}
	var decoded io.Reader = buffered
	switch {
	case wide:
		decoded = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(buffered)
	case bytes.HasPrefix(head, []byte("\ufeff")):
		if _, err := buffered.Discard(3); err != nil {
			return nil, damaged(file, 1, "cannot be read: %v", err)
		}
	case m.encoding == "windows-1252":
		decoded = charmap.Windows1252.NewDecoder().Reader(buffered)
	}
	s := &csvSource{file: file, ration: &ration{from: decoded}}
	s.csv = csv.NewReader(s.ration)
	s.csv.Comma, s.csv.FieldsPerRecord, s.csv.ReuseRecord = m.delimiter, -1, true
	return s, nil
}

// ration lets through no more than a row's worth of bytes between two rows.
type ration struct {
	from io.Reader
	left int
}

func (r *ration) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

type csvSource struct {
	file   string
	ration *ration
	csv    *csv.Reader
	last   int
}

func (s *csvSource) close() error { return nil }

func (s *csvSource) next() ([]string, int, error) {
	s.ration.left = recordBytesMax
	cells, err := s.csv.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		s.last, _ = s.csv.FieldPos(0)
	case errors.Is(err, io.EOF):
		return nil, s.last, io.EOF
	case errors.Is(err, errRecordTooLong):
		return nil, s.last, damaged(s.file, s.last+1, "a row is longer than %d MiB (is a quote not closed?)", recordBytesMax>>20)
	case errors.As(err, &syntax) && errors.Is(err, csv.ErrBareQuote):
		s.last = syntax.Line
		return nil, s.last, &flow.InputError{At: flow.Source{File: s.file, Line: s.last}, Err: errors.New("a quote inside a cell that does not begin with one")}
	case errors.As(err, &syntax):
		return nil, s.last, damaged(s.file, syntax.StartLine, "is not CSV: a quote that opens here is not closed well (line %d): %v", syntax.Line, syntax.Err)
	default:
		return nil, s.last, damaged(s.file, s.last+1, "cannot be read further: %v", err)
	}
	for _, cell := range cells {
		switch {
		case strings.IndexByte(cell, 0) >= 0:
			return nil, s.last, damaged(s.file, s.last, "holds a NUL byte (expected a text)")
		case !utf8.ValidString(cell):
			return nil, s.last, damaged(s.file, s.last, "is not UTF-8 (does the mapping want encoding: windows-1252?)")
		}
	}
	return cells, s.last, nil
}

// workbook gives the rows of one sheet. The parts of the file are unpacked to
// disk where they are large; its rows are streamed.
type workbook struct {
	file string
	book *excelize.File
	rows *excelize.Rows
	line int
	// since1904 says from when the book counts days.
	since1904 bool
}

func openWorkbook(file, sheet string, r io.Reader) (s source, err error) {
	defer gaveUp(file, 0, &err)
	limited := &io.LimitedReader{R: r, N: workbookBytesMax + 1}
	packed, err := io.ReadAll(limited)
	if err != nil {
		return nil, damaged(file, 0, "is no workbook that can be read: %v", err)
	}
	// What cannot be read as an archive the reader of workbooks says better.
	if archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed))); err == nil && len(archive.File) > workbookPartsMax {
		return nil, damaged(file, 0, "is no workbook that can be read: %d files are packed into it (expected at most %d)", len(archive.File), workbookPartsMax)
	}
	book, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{UnzipSizeLimit: unpackedBytesMax, UnzipXMLSizeLimit: sheetInMemoryMax, RawCellValue: true})
	if limited.N <= 0 {
		err = errors.Join(err, fmt.Errorf("larger than %d MiB", workbookBytesMax>>20))
	}
	if err != nil {
		return nil, damaged(file, 0, "is no workbook that can be read: %v", err)
	}
	sheets := book.GetSheetList()
	if sheet == "" && len(sheets) > 0 {
		sheet = sheets[0]
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		return nil, errors.Join(damaged(file, 0, "sheet %s: %v (there are %q)", quote(sheet), err, sheets), book.Close())
	}
	w := &workbook{file: file, book: book, rows: rows}
	if properties, err := book.GetWorkbookProps(); err == nil && properties.Date1904 != nil {
		w.since1904 = *properties.Date1904
	}
	return w, nil
}

// gaveUp turns a panic of the workbook's reader, which is not ours, into an error
// of the input.
func gaveUp(file string, line int, err *error) {
	if r := recover(); r != nil {
		*err = damaged(file, line, "is no workbook that can be read: the reader gave up: %v", r)
	}
}

func (w *workbook) next() (cells []string, line int, err error) {
	defer gaveUp(w.file, w.line, &err)
	if !w.rows.Next() {
		if err := w.rows.Error(); err != nil {
			return nil, w.line, damaged(w.file, w.line, "cannot be read further: %v", err)
		}
		return nil, w.line, io.EOF
	}
	w.line++
	cells, err = w.rows.Columns()
	if err != nil {
		return nil, w.line, damaged(w.file, w.line, "cannot be read further: %v", err)
	}
	length := 0
	for _, cell := range cells {
		if length += len(cell); !utf8.ValidString(cell) || strings.IndexByte(cell, 0) >= 0 {
			return nil, w.line, damaged(w.file, w.line, "holds what is no text")
		}
	}
	if length > recordBytesMax {
		return nil, w.line, damaged(w.file, w.line, "a row is longer than %d MiB", recordBytesMax>>20)
	}
	return cells, w.line, nil
}

func (w *workbook) close() error { return errors.Join(w.rows.Close(), w.book.Close()) }
