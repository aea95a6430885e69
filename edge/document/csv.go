package document

import (
	"encoding/csv"
	"io"
	"iter"

	"prorata/flow"
)

// CSVInvoices writes one row for each document. Numbers are plain decimals with
// a point, days are YYYY-MM-DD; texts cannot act as formulas. It is UTF-8
// without a byte order mark: for a person's spreadsheet there is XLSX.
func CSVInvoices(w io.Writer, documents iter.Seq2[flow.Document, error]) error {
	return writeCSV(w, invoiceColumns, documents, func(d *flow.Document, write func([]cell) error) error {
		return write(invoiceRow(d))
	})
}

// CSVLines writes one row for each line of each document, in the manner of CSVInvoices.
func CSVLines(w io.Writer, documents iter.Seq2[flow.Document, error]) error {
	return writeCSV(w, lineColumns, documents, func(d *flow.Document, write func([]cell) error) error {
		for row := range lineRows(d) {
			if err := write(row); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeCSV(w io.Writer, columns []exportColumn, documents iter.Seq2[flow.Document, error], rows func(*flow.Document, func([]cell) error) error) error {
	out := csv.NewWriter(w)
	record := make([]string, 0, len(columns))
	for _, c := range columns {
		record = append(record, c.name)
	}
	if err := out.Write(record); err != nil {
		return err
	}
	write := func(cells []cell) error {
		record = record[:0]
		for _, c := range cells {
			record = append(record, csvField(c))
		}
		return out.Write(record)
	}
	for d, err := range documents {
		if err != nil {
			return err
		}
		if err := rows(&d, write); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvField(c cell) string {
	switch c.kind {
	case textCell:
		return harmless(c.text)
	case dayCell:
		return c.day.String()
	case numberCell, truthCell:
	}
	return c.text
}
