package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"prorata/edge/provider/csvfile"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
	"prorata/flow/office"
)

// billRows reads a provider's bill as the files of its connection are written. A row with several
// mistakes is an error that joins them, each with its place.
func billRows(c flow.Connection, name string, r io.Reader) (iter.Seq2[office.BillRow, error], error) {
	switch c.Kind {
	case kindPartnerCenter:
		return rowsOfBill(partnercenter.ReconciliationOf(c.Settings[settingTenant], name, r), func(line flow.ProviderLine) office.BillRow { return office.BillRow{ProviderLine: line} }), nil
	case kindFile:
		mappings, err := mappingsOf(c)
		if err != nil {
			return nil, err
		}
		mapping, err := csvfile.ForBill(mappings, strings.TrimSuffix(name, ".gz"))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", flow.ErrInput, err)
		}
		return rowsOfBill(csvfile.Bill(mapping, name, r), func(line csvfile.BillLine) office.BillRow { return office.BillRow(line) }), nil
	}
	return nil, fmt.Errorf("%w: connection %s is of kind %s, whose bills come from the provider itself: fetch them", flow.ErrInput, c.ID, c.Kind)
}

func rowsOfBill[T any](rows iter.Seq2[T, error], as func(T) office.BillRow) iter.Seq2[office.BillRow, error] {
	return func(yield func(office.BillRow, error) bool) {
		for row, err := range rows {
			if !yield(as(row), billMistake(err)) {
				return
			}
		}
	}
}

// billMistake marks each mistake of a row with its place, and what ends a file as wrong input.
func billMistake(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, csvfile.ErrDamaged) || errors.Is(err, partnercenter.ErrDamaged) {
		return fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	var line *flow.InputError
	joined, several := err.(interface{ Unwrap() []error })
	if errors.As(err, &line) || !several {
		// The readers of distributors' files tell the place of each mistake themselves.
		return marked(err)
	}
	list := joined.Unwrap()
	for i := range list {
		list[i] = marked(list[i])
	}
	return errors.Join(list...)
}

// marked is a mistake with its place, where the reader told one.
func marked(err error) error {
	if at, text, ok := problem(err); ok {
		return &flow.InputError{At: at, Err: errors.New(text)}
	}
	return err
}
