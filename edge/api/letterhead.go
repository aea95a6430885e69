package api

import (
	"context"

	"prorata/flow"
	"prorata/flow/office"
)

// Letterhead is how a seller's documents and mails look.
type Letterhead struct {
	Logo       []byte `json:"logo,omitempty" doc:"A picture (PNG), base64; absent for none."`
	Accent     string `json:"accent,omitempty" doc:"The colour of the title." example:"#0b5394"`
	Footer     string `json:"footer,omitempty" doc:"What stands at the foot of every page, a line each."`
	Conditions string `json:"conditions,omitempty" doc:"What stands under the totals of every invoice, a line each."`
}

// LetterheadDraft is what is wanted of a letterhead.
type LetterheadDraft struct {
	Logo       []byte `json:"logo,omitempty" doc:"A picture, PNG or JPEG, base64; without one the picture stays."`
	NoLogo     bool   `json:"no_logo,omitempty" doc:"Takes the picture away."`
	Accent     string `json:"accent,omitempty" maxLength:"7" doc:"The colour of the title, dark enough to be read on white (4.5 to 1)." example:"#0b5394"`
	Footer     string `json:"footer,omitempty" maxLength:"500" doc:"What stands at the foot of every page: up to three lines."`
	Conditions string `json:"conditions,omitempty" maxLength:"2000" doc:"What stands under the totals of every invoice."`
}

// SellerNamed is asked of one seller.
type SellerNamed struct {
	ID string `path:"id" maxLength:"100" doc:"The seller's id." example:"seller"`
}

func letterheadGet(ctx context.Context, desk *office.Desk, in *SellerNamed) (*tagged[Letterhead], error) {
	l, version, err := desk.LetterheadGet(ctx, flow.SellerID(in.ID))
	if err != nil {
		return nil, err
	}
	return &tagged[Letterhead]{versionTag(int64(version)), Letterhead{l.Logo, l.Accent, l.Footer, l.Conditions}}, nil
}

func letterheadPut(ctx context.Context, desk *office.Desk, in *struct {
	SellerNamed
	Matching
	Body LetterheadDraft
}) (*tagged[Letterhead], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	b := &in.Body
	if err := desk.LetterheadPut(ctx, flow.SellerID(in.ID), int(version), office.LetterheadDraft{Logo: b.Logo, NoLogo: b.NoLogo, Accent: b.Accent, Footer: b.Footer, Conditions: b.Conditions}); err != nil {
		return nil, err
	}
	return letterheadGet(ctx, desk, &in.SellerNamed)
}
