package standin

import (
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
