package partnercenter

import (
	"bufio"
	"errors"
	"io"
	"iter"
)

// rowSeq are rows one after the other, each with its error.
type rowSeq = iter.Seq2[*row, error]

// rowsOf reads a file row by row: CSV, JSON lines, or the JSON of one answer. A
// wrong row is reported and the next one read; nothing follows damage. A row is
// good until the next one.
func rowsOf(file string, r io.Reader, l layout, most *allowance) rowSeq {
	return func(yield func(*row, error) bool) {
		text, err := openText(file, r, most)
		if err != nil {
			yield(nil, err)
			return
		}
		if first := firstByte(text); first == '{' || first == '[' {
			newRecords(file, l).read(text, yield)
			return
		}
		t, err := openTable(file, text, l)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			r, err := t.row()
			if errors.Is(err, io.EOF) || !yield(r, err) || errors.Is(err, ErrDamaged) {
				return
			}
		}
	}
}

// firstByte is the first that is no space, as far as one look reaches.
func firstByte(text *bufio.Reader) byte {
	head, _ := text.Peek(512)
	for _, b := range head {
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b
		}
	}
	return 0
}

// valuesOf makes a value of each row, or the mistakes in it.
func valuesOf[T any](rows iter.Seq2[*row, error], one func(*row) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for r, err := range rows {
			if err != nil {
				if !yield(none, err) {
					return
				}
				continue
			}
			v := one(r)
			if err = r.wrong.err(); err != nil {
				v = none
			}
			if !yield(v, err) {
				return
			}
		}
	}
}
