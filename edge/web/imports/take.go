package imports

import (
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Take takes a file in and leads to what became of it.
func (p Pages) Take(v *visit.Visit) error {
	if p.Files == nil {
		return visit.ErrNoPage
	}
	_, before, err := office.TakeImport(v.R.Context(), v.Desk, p.Files, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	said := ""
	if before {
		said = "This file was taken before."
	}
	return v.Done(v.R.URL.Path, said)
}

func figures(r *office.ImportReport, l part.Locale) []part.Figure {
	return []part.Figure{
		{Name: "Taken", Value: l.Count(r.Of(flow.Taken))}, {Name: "There already", Value: l.Count(r.Of(flow.Unchanged))},
		{Name: "Refused by a rule", Value: l.Count(r.Of(flow.Refused, flow.RefusedAsTold))}, {Name: "Wrong", Value: l.Count(r.Of(flow.Wrong))},
	}
}
