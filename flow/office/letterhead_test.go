package office_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/edge/document"
	"prorata/flow"
	"prorata/flow/office"
)

// onDay is a clock that stands at the noon of a day.
type onDay struct{ calendar.Date }

func (d onDay) Now() time.Time {
	year, month, day := d.Civil()
	return time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
}

// bills issues what is due through a day, on that day.
func (f *ledgerRoom) bills(through string) {
	f.t.Helper()
	day, err := calendar.ParseDate(through)
	f.must(err)
	f.Flow.Clock = onDay{day}
	_, err = f.Flow.Bill(f.t.Context(), flow.BillOptions{Through: day, Actor: flow.Actor{Who: "clerk"}})
	f.must(err)
}

// printed is an invoice as it is printed.
func (f *ledgerRoom) printed(number string) []byte {
	f.t.Helper()
	doc, err := f.by(office.Owner).InvoiceDocument(f.t.Context(), number)
	f.must(err)
	var pdf bytes.Buffer
	f.must(document.PDF(&pdf, doc))
	return pdf.Bytes()
}

func logoOf(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		picture.Set(x, x%height, color.NRGBA{R: 180, A: 255})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A letterhead holds for what is issued from now on: an invoice that was issued before is the same to the byte after it,
// and one issued under it stays so after the next, also where the seller moves house in between.
func TestAnIssuedInvoiceKeepsItsLetterhead(t *testing.T) {
	f := newLedgerRoom(t)
	f.Logo = document.CleanLogo
	owner, ctx := f.by(office.Owner), t.Context()
	f.bills("2026-03-01")
	plain := f.printed("INV-000001")

	_, version, err := owner.LetterheadGet(ctx, flow.DefaultSeller)
	f.must(err)
	draft := office.LetterheadDraft{Logo: logoOf(t, 1600, 400), Accent: "#0B5394", Footer: "HRB 12345 Kiel\r\n\r\nDirector: A. Berg", Conditions: "Payable without deduction."}
	f.must(owner.LetterheadPut(ctx, flow.DefaultSeller, version, draft))
	if err := owner.LetterheadPut(ctx, flow.DefaultSeller, version, draft); !errors.Is(err, flow.ErrMoved) {
		t.Errorf("at a version that is not any more: %v", err)
	}
	f.bills("2026-04-01")
	headed, err := owner.InvoiceDocument(ctx, "INV-000004")
	f.must(err)
	f.is("its footer", headed.Letterhead.Footer, "HRB 12345 Kiel\nDirector: A. Berg")
	f.is("its notes", headed.Notes, []string{"Payable without deduction."})
	f.is("its accent", headed.Letterhead.Accent, "#0b5394")
	if config, _, err := image.DecodeConfig(bytes.NewReader(headed.Letterhead.Logo)); err != nil || config.Width != 880 || config.Height != 220 {
		t.Errorf("the logo: %+v %v", config, err)
	}
	red := f.printed("INV-000004")

	seller, _, err := owner.SellerGet(ctx, flow.DefaultSeller)
	f.must(err)
	seller.Party.Address = []string{"Kai 8"}
	f.take(flow.Intake{Seller: &seller})
	kept, version, err := owner.LetterheadGet(ctx, flow.DefaultSeller)
	f.must(err)
	f.is("it goes on with the new address", kept.Accent+" "+strings.Split(kept.Footer, "\n")[0], "#0b5394 HRB 12345 Kiel")
	f.must(owner.LetterheadPut(ctx, flow.DefaultSeller, version, office.LetterheadDraft{NoLogo: true, Accent: "#7a1f5c"}))
	if !bytes.Equal(f.printed("INV-000001"), plain) || !bytes.Equal(f.printed("INV-000004"), red) {
		t.Error("an issued invoice is printed anew with another letterhead")
	}
	f.bills("2026-05-01")
	last, err := owner.InvoiceDocument(ctx, "INV-000007")
	f.must(err)
	f.is("the last", len(last.Letterhead.Logo), 0)
	f.is("the last is sent from", last.Seller.Address, []string{"Kai 8"})
}

// A colour in which nobody can read is refused with its contrast, and so is what is no picture or no footer.
func TestALetterheadIsChecked(t *testing.T) {
	f := newLedgerRoom(t)
	f.Logo = document.CleanLogo
	owner, ctx := f.by(office.Owner), t.Context()
	for accent, fine := range map[string]bool{"": true, "#000000": true, "#767676": true, "#0b5394": true, "#ff0000": false, "#777777": false, "#ffffff": false, "#ffd700": false, "0b5394": false, "#0b539": false, "#0b539g": false, "red;x:y": false} {
		_, err := owner.LetterheadSample(ctx, flow.DefaultSeller, office.LetterheadDraft{Accent: accent})
		if fault := office.FaultOf(err); (err == nil) != fine || err != nil && fault.Field != "accent" {
			t.Errorf("%q: %v", accent, err)
		}
	}
	_, err := owner.LetterheadSample(ctx, flow.DefaultSeller, office.LetterheadDraft{Accent: "#777777"})
	f.is("the contrast is told", office.FaultOf(err).Sentence, "#777777 is too light: it stands 1 to 4.4 against white, and text needs 4.5: choose a darker one.")
	for field, draft := range map[string]office.LetterheadDraft{
		"logo":       {Logo: []byte("GIF89a and more")},
		"footer":     {Footer: "1\n2\n3\n4"},
		"conditions": {Conditions: strings.Repeat("x", 2001)},
	} {
		if _, err := owner.LetterheadSample(ctx, flow.DefaultSeller, draft); office.FaultOf(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	large := office.LetterheadDraft{Logo: logoOf(t, 2001, 10)}
	if _, err := owner.LetterheadSample(ctx, flow.DefaultSeller, large); office.FaultOf(err).Field != "logo" {
		t.Errorf("a picture of 2001 pixels: %v", err)
	}
	doc, err := owner.LetterheadSample(ctx, flow.DefaultSeller, office.LetterheadDraft{Footer: "HRB 1", Conditions: "Soon.\nPlease."})
	f.must(err)
	var pdf bytes.Buffer
	f.must(document.PDF(&pdf, doc))
	f.is("the sample's notes", doc.Notes, []string{"Soon.", "Please."})
	if kept, _, err := owner.LetterheadGet(ctx, flow.DefaultSeller); err != nil || kept.Footer != "" {
		t.Errorf("a sample was kept: %+v %v", kept, err)
	}
	if _, _, err := owner.LetterheadGet(ctx, "nobody"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("of a seller that there is not: %v", err)
	}
}
