package imports

import (
	"maps"
	"slices"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// reportMistakes is how many mistakes a report shows.
const reportMistakes = 200

// Report is what became of a file.
type Report struct {
	Counts map[string]map[flow.Outcome]int
	// Mistakes are the first that were not taken; Wrong is how many were not.
	Mistakes []Mistake
	Wrong    int64
	// Stopped says why the file could not be taken to its end; empty where it was.
	Stopped string
}

func (r *Report) note(line flow.TakeLine) {
	if line.Outcome != flow.Refused && line.Outcome != flow.Wrong {
		return
	}
	r.Wrong++
	if len(r.Mistakes) < reportMistakes {
		r.Mistakes = append(r.Mistakes, mistakeOf(line.At, line.Noun, line.Why))
	}
}

// Take takes a file in and leads to what became of it.
func (p Pages) Take(v *visit.Visit) error {
	id, file, err := p.found(v)
	if err != nil {
		return err
	}
	here := v.R.URL.Path
	if file.Report != nil {
		return v.Done(here, "This file was taken before.")
	}
	report := &Report{}
	var counted flow.TakeReport
	if file.Kind == PriceSheet {
		rows, options, wrong := p.Files.Rows(v.R.Context(), whose(v), id)
		if wrong != nil {
			return wrong
		}
		counted, err = v.Desk.PriceSheetTake(v.R.Context(), file.Name, rows, options, report.note)
	} else {
		counted, err = v.Desk.Import(v.R.Context(), file.Name, p.Files.Intakes(v.R.Context(), whose(v), id), report.note)
	}
	if err != nil {
		fault := office.FaultOf(err)
		if fault.Kind != office.FaultInput {
			return err
		}
		report.Stopped = fault.Sentence
	}
	report.Counts = counted.Counts
	if err := p.Files.Took(whose(v), id, report); err != nil {
		return err
	}
	return v.Done(here, "")
}

func (r *Report) nouns() []string { return slices.Sorted(maps.Keys(r.Counts)) }

// of is how many of all nouns came out so.
func (r *Report) of(outcomes ...flow.Outcome) (n int64) {
	for _, counts := range r.Counts {
		for _, outcome := range outcomes {
			n += int64(counts[outcome])
		}
	}
	return n
}

func (r *Report) figures(l part.Locale) []part.Figure {
	return []part.Figure{
		{Name: "Taken", Value: l.Count(r.of(flow.Taken))}, {Name: "There already", Value: l.Count(r.of(flow.Unchanged))},
		{Name: "Refused by a rule", Value: l.Count(r.of(flow.Refused, flow.RefusedAsTold))}, {Name: "Wrong", Value: l.Count(r.of(flow.Wrong))},
	}
}
