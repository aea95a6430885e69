package standin

import (
	"encoding/json"
	"net/http"
	"time"

	"prorata/core/money"
)

// Switches are the ways in which Microsoft's billing differs from one partner,
// or one day, to another.
type Switches struct {
	Truncation Truncation
	// TaxPercent is put on every line.
	TaxPercent money.Decimal
	// Manifest says how a finished export names its files.
	Manifest ManifestForm
	// Polls is how often an export is asked for before it is done.
	Polls int
	// BlobLines is how many lines an export puts into one file.
	BlobLines int
	// LinksLast is how long the files of an export can be had.
	LinksLast time.Duration
	// NumbersAsStrings quotes the numbers of lines.
	NumbersAsStrings bool
	// TruncatedBlobs is how many of the next files of an export end early.
	TruncatedBlobs int
	// WebhooksLost leaves every notification out.
	WebhooksLost bool
}

// ManifestForm is how a finished export points to its manifest.
type ManifestForm string

// The three that have been seen.
const (
	// ManifestInline is the whole manifest in the answer, ManifestLink a navigation
	// link to it, ManifestText its address as a plain text.
	ManifestInline ManifestForm = "inline"
	ManifestLink   ManifestForm = "link"
	ManifestText   ManifestForm = "string"
)

// OrdinarySwitches are those of a quiet day: the published formula, no tax, the
// manifest inline after two looks, files of 1,000 lines for 12 hours.
func OrdinarySwitches() Switches {
	return Switches{Manifest: ManifestInline, Polls: 2, BlobLines: 1000, LinksLast: 12 * time.Hour}
}

// Switches are those in force.
func (w *World) Switches() Switches {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.billing.switches
}

// Switch sets them; lines that are written already stay as they are.
func (w *World) Switch(s Switches) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.BlobLines <= 0 {
		s.BlobLines = OrdinarySwitches().BlobLines
	}
	w.billing.switches = s
}

// switchesJSON is the control door's form of the switches.
type switchesJSON struct {
	Truncation       string      `json:"truncation"`
	TaxPercent       json.Number `json:"taxPercent"`
	Manifest         string      `json:"manifest"`
	Polls            int         `json:"polls"`
	BlobLines        int         `json:"blobLines"`
	LinksLast        string      `json:"linksLast"`
	NumbersAsStrings bool        `json:"numbersAsStrings"`
	TruncatedBlobs   int         `json:"truncatedBlobs"`
	WebhooksLost     bool        `json:"webhooksLost"`
}

func (b *billing) showSwitches(*call) *answer {
	s := b.switches
	form := switchesJSON{
		Truncation: "unit", TaxPercent: amount(s.TaxPercent), Manifest: string(s.Manifest), Polls: s.Polls, BlobLines: s.BlobLines,
		LinksLast: s.LinksLast.String(), NumbersAsStrings: s.NumbersAsStrings, TruncatedBlobs: s.TruncatedBlobs, WebhooksLost: s.WebhooksLost,
	}
	if s.Truncation == TruncateLine {
		form.Truncation = "line"
	}
	return ok(form)
}

// setSwitches changes what the body names and leaves the rest.
func (b *billing) setSwitches(c *call) *answer {
	var form switchesJSON
	if err := json.Unmarshal(encode(b.showSwitches(c).body, false), &form); err != nil {
		return refuseInput("%v", err) // what we wrote ourselves
	}
	if no := c.read(&form); no != nil {
		return no
	}
	tax, err := money.ParseDecimal(form.TaxPercent.String())
	if err != nil || tax.Sign() < 0 {
		return refuseInput("taxPercent %q (expected 0 or more)", form.TaxPercent)
	}
	last, err := time.ParseDuration(form.LinksLast)
	if err != nil {
		return refuseInput("linksLast %q (expected for example 12h)", form.LinksLast)
	}
	manifest := ManifestForm(form.Manifest)
	if manifest != ManifestInline && manifest != ManifestLink && manifest != ManifestText {
		return refuseInput("manifest %q (expected inline, link or string)", form.Manifest)
	}
	s := Switches{
		TaxPercent: tax, Manifest: manifest, Polls: form.Polls, BlobLines: max(1, form.BlobLines), LinksLast: last,
		NumbersAsStrings: form.NumbersAsStrings, TruncatedBlobs: form.TruncatedBlobs, WebhooksLost: form.WebhooksLost,
	}
	switch form.Truncation {
	case "unit":
	case "line":
		s.Truncation = TruncateLine
	default:
		return refuseInput("truncation %q (expected unit or line)", form.Truncation)
	}
	b.switches = s
	return b.showSwitches(c)
}

func (b *billing) setMistake(c *call) *answer {
	var m Mistake
	if no := c.read(&m); no != nil {
		return no
	}
	if err := b.mistake(m); err != nil {
		return refuseInput("%v", err)
	}
	return empty(http.StatusNoContent)
}
