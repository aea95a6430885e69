// Package csvfile reads the files of any distributor: a mapping, which a person
// writes and edits, says what a file is and what its columns mean.
//
// It owns how such files are written: delimiters, encodings, numbers with a
// comma, days in any order, words for charge types, rows of totals. It owns no
// judgement: amounts are taken as they stand, a word that the mapping does not
// know is an error of its row, and nothing is guessed from how a cell looks.
//
//	mapping (YAML) ──► ReadMapping ─┐
//	                                ├─► Check ──► Report, for a person
//	file (CSV, XLSX) ───────────────┤
//	                                └─► Folder ─► flow.Provider: customers, holdings,
//	                                              price sheets, invoices with lines, usage
//
// All stream: a row is read, handed on and forgotten. A wrong row is an error
// that names file, line and column, and the next row follows; after an error that
// is ErrDamaged nothing more of that file does.
//
// docs/distributor-files.md is the page for who writes a mapping; the mappings in
// layouts/ are examples to start from.
package csvfile
