// Package document writes issued invoices and credit notes for people and for
// other programs: as PDF pages, as spreadsheets, as CSV and as JSON; and disputes,
// as letters to a provider.
//
// It owns how a document looks and speaks: the page, the typeface, the words of
// five languages, the shape of numbers and dates. It owns no figure: every
// amount is printed as the document holds it, and the same document gives the
// same bytes. What is written by others (names, descriptions, notes) is taken as
// text that may hold anything at all: it is cleaned, wrapped or cut, never
// trusted as a formula and never a reason to fail.
//
//	flow.Document ──► letter (head, table, totals) ──► blocks ──► pages ──► PDF
//	              └─► columns ──► CSV, XLSX
//	              └─► JSON
//	flow.Dispute ───► letter (head, grids) ──► blocks ──► pages ──► PDF
package document
