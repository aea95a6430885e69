// Package bookfile reads and writes the project's own files: a book of business
// as one YAML file (scenarios/FORMAT.md), the same nouns as one CSV file each,
// and what a simulation gives as JSON.
//
// It owns the words of the files (keys, defaults, what may stand beside what) and
// the comparison of a simulation with what a scenario expects. It owns no
// meaning: what an event does, and whether it may, is decided by those who take
// the values in.
//
//	YAML ──► value ─┐             ┌─► Scenario (everything at once, ids checked)
//	                ├─► fields ───┤
//	CSV row ► value ┘   of a noun └─► flow.Intake, one by one, files of any size
//
//	flow nouns ──► value ──► YAML or CSV, which read again gives the same
//
// A wrong file is refused with a Problem for each mistake: file, line, key and
// what was expected.
package bookfile
