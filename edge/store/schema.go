package store

import (
	_ "embed"
	"slices"
	"strings"
)

// schemaText is the schema as a reader sees it; a test holds it to what the
// migrations make.
//
//go:embed schema.sql
var schemaText string

// columnKind is what a column holds.
type columnKind uint8

const (
	textColumn columnKind = iota
	numberColumn
	flagColumn
)

// keptTable is a table as the schema has it, for what treats all tables alike.
type keptTable struct {
	table
	kinds []columnKind
	// key is the columns of its primary key.
	key []string
}

// schemaStatements are the statements of the schema, each as its lines without
// comments.
func schemaStatements() (statements [][]string) {
	for statement := range strings.SplitSeq(schemaText, ";\n") {
		var lines []string
		for line := range strings.SplitSeq(statement, "\n") {
			line, _, _ = strings.Cut(line, "--")
			if line = strings.TrimRight(line, " "); line != "" {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			statements = append(statements, lines)
		}
	}
	return statements
}

// schemaTables are all tables in the order of the schema: one that refers to
// another comes after it.
func schemaTables() (tables []keptTable) {
	for _, lines := range schemaStatements() {
		words := strings.Fields(lines[0])
		if words[1] != "TABLE" {
			continue
		}
		kept := keptTable{table: table{name: words[2]}}
		for _, line := range lines[1:] {
			kept.add(strings.Fields(strings.TrimSuffix(strings.TrimSpace(line), ",")))
		}
		tables = append(tables, kept)
	}
	return tables
}

// add reads a line of a table: a column, or its primary key.
func (k *keptTable) add(words []string) {
	switch words[0] {
	case ")", "UNIQUE":
		return
	case "PRIMARY":
		_, list, _ := strings.Cut(strings.Join(words, " "), "(")
		k.key = strings.Split(strings.TrimSuffix(list, ")"), ", ")
		return
	}
	k.columns = append(k.columns, words[0])
	kind := textColumn
	switch words[1] {
	case "BIGINT":
		kind = numberColumn
	case "BOOLEAN":
		kind = flagColumn
	}
	k.kinds = append(k.kinds, kind)
	if slices.Contains(words, "PRIMARY") {
		k.key = []string{words[0]}
	}
}

// nullableColumns are the names of all columns that can be NULL in some table.
func nullableColumns() map[string]bool {
	names := map[string]bool{}
	for _, lines := range schemaStatements() {
		for _, line := range lines[1:] {
			if words := strings.Fields(line); len(words) > 1 && !strings.Contains(line, "NOT NULL") && !strings.Contains(line, "PRIMARY KEY") {
				names[strings.TrimSuffix(words[0], ",")] = true
			}
		}
	}
	return names
}
