package office

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// LetterheadDraft is what is wanted of a letterhead.
type LetterheadDraft struct {
	// Logo is a picture as it was sent, PNG or JPEG; empty keeps the one there is, unless NoLogo takes it away.
	Logo   []byte
	NoLogo bool
	// Accent is #rrggbb, or empty.
	Accent, Footer, Conditions string
}

const (
	footerLinesMost   = 3
	footerLineMost    = 160
	conditionsMost    = 2000
	conditionLines    = 20
	contrastThousands = 4500
)

// LetterheadGet is how a seller's documents look from now on, and the version of the seller that it holds with.
func (d *Desk) LetterheadGet(ctx context.Context, id flow.SellerID) (l flow.Letterhead, version int, err error) {
	err = d.read(ctx, "LetterheadGet", func(tx Tx) error {
		if _, version, err = tx.SellerVersion(id, 0); err != nil {
			return err
		}
		l, err = tx.LetterheadOf(id, 0)
		return err
	})
	return l, version, err
}

// LetterheadPut gives a seller a letterhead, if the seller is still at a version: else flow.ErrMoved. Documents that
// are issued from now on have it; those that were issued keep theirs.
func (d *Desk) LetterheadPut(ctx context.Context, id flow.SellerID, version int, draft LetterheadDraft) error {
	return d.write(ctx, deed{"LetterheadPut", string(id), draft.said()}, func(tx Tx) error {
		// A seller that is changed meanwhile is another version, too.
		if err := tx.FactsHold(); err != nil {
			return err
		}
		if _, _, err := tx.SellerVersion(id, 0); err != nil {
			return err
		}
		l, err := d.office.letterhead(tx, id, draft)
		if err != nil {
			return err
		}
		return tx.LetterheadPut(id, version, l)
	})
}

func (draft *LetterheadDraft) said() string {
	switch {
	case draft.NoLogo:
		return "the logo is taken away"
	case len(draft.Logo) > 0:
		return "with a new logo"
	}
	return ""
}

// LetterheadSample is an invoice that never was, as it would look.
func (d *Desk) LetterheadSample(ctx context.Context, id flow.SellerID, draft LetterheadDraft) (doc flow.Document, err error) {
	err = d.read(ctx, "LetterheadSample", func(tx Tx) error {
		seller, _, err := tx.SellerVersion(id, 0)
		if err != nil {
			return err
		}
		l, err := d.office.letterhead(tx, id, draft)
		if err != nil {
			return err
		}
		doc, err = sampleDocument(&seller, l, d.Today())
		return err
	})
	return doc, err
}

// letterhead checks a draft, and writes a picture anew.
func (o *Office) letterhead(tx Tx, id flow.SellerID, draft LetterheadDraft) (l flow.Letterhead, err error) {
	if l.Accent, err = checkAccent(draft.Accent); err != nil {
		return l, err
	}
	if l.Footer, err = linesOf("footer", draft.Footer, footerLinesMost, footerLineMost); err != nil {
		return l, err
	}
	if l.Conditions, err = linesOf("conditions", draft.Conditions, conditionLines, conditionsMost); err != nil {
		return l, err
	}
	switch {
	case draft.NoLogo:
		return l, nil
	case len(draft.Logo) > 0 && o.Logo == nil:
		return l, &FieldError{"logo", errors.New("no pictures are taken here")}
	case len(draft.Logo) > 0:
		if l.Logo, err = o.Logo(draft.Logo); err != nil {
			return l, &FieldError{"logo", err}
		}
		return l, nil
	}
	kept, err := tx.LetterheadOf(id, 0)
	l.Logo = kept.Logo
	return l, err
}

// linesOf is a text of a few lines without empty ones.
func linesOf(field, text string, linesMost, lettersMost int) (string, error) {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if line = flow.PlainText(line); line == "" {
			continue
		}
		if utf8.RuneCountInString(line) > lettersMost {
			return "", &FieldError{field, fmt.Errorf("a line has more than %d characters", lettersMost)}
		}
		lines = append(lines, line)
	}
	if len(lines) > linesMost {
		return "", &FieldError{field, fmt.Errorf("%d lines (expected at most %d)", len(lines), linesMost)}
	}
	whole := strings.Join(lines, "\n")
	if utf8.RuneCountInString(whole) > conditionsMost {
		return "", &FieldError{field, fmt.Errorf("it has more than %d characters", conditionsMost)}
	}
	return whole, nil
}

// checkAccent wants a colour in which text can be read on white.
func checkAccent(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	text = strings.ToLower(text)
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 24)
	if err != nil || len(text) != 7 || text[0] != '#' {
		return "", &FieldError{"accent", fmt.Errorf("%q is no colour (expected one such as #0b5394)", flow.PlainText(text))}
	}
	if got := contrastOnWhite(uint8(n>>16), uint8(n>>8), uint8(n)); got < contrastThousands {
		return "", &FieldError{"accent", fmt.Errorf("%s is too light: it stands 1 to %d.%d against white, and text needs 4.5: choose a darker one", text, got/1000, got%1000/100)}
	}
	return text, nil
}

// contrastOnWhite is a colour's contrast against white by WCAG 2.2, in thousandths: 1000 for white, 21000 for black.
func contrastOnWhite(red, green, blue uint8) int {
	const white, flare = 1_000_000, 50_000
	light := (2126*linear(red) + 7152*linear(green) + 722*linear(blue)) / 10_000
	return int((white + flare) * 1000 / (light + flare))
}

// linear is how much light a channel gives, in millionths: (c + 0.055)/1.055 to the power of 2.4, or c/12.92 where that is little.
func linear(channel uint8) int64 {
	if channel <= 10 {
		return int64(channel) * 100_000_000 / (255 * 1292)
	}
	// x to the power of 12/5 is the largest whole number whose fifth power is not above that of x to the power of 12.
	power := func(n, to int64) *big.Int { return new(big.Int).Exp(big.NewInt(n), big.NewInt(to), nil) }
	most := new(big.Int).Mul(power(1_000_000, 5), power(int64(channel)*1000+255*55, 12))
	most.Quo(most, power(255*1055, 12))
	low, high := int64(0), int64(1_000_000)
	for low < high {
		middle := (low + high + 1) / 2
		if power(middle, 5).Cmp(most) > 0 {
			high = middle - 1
		} else {
			low = middle
		}
	}
	return low
}

// sampleDocument is an invoice over some seats, a change among them, to a customer that there is not.
func sampleDocument(seller *flow.Seller, l flow.Letterhead, today calendar.Date) (flow.Document, error) {
	year, month, _ := today.Civil()
	from, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return flow.Document{}, err
	}
	to := from.AddMonths(1)
	price, err := money.ParseDecimal("22.00")
	if err != nil {
		return flow.Document{}, err
	}
	seats, err := money.ParseDecimal("20")
	if err != nil {
		return flow.Document{}, err
	}
	amount, err := money.RoundTo(price.Ratio().Mul(seats.Ratio()), seller.Currency)
	if err != nil {
		return flow.Document{}, err
	}
	zero := amount.Sub(amount)
	line := flow.DocumentLine{Kind: billing.LineBase, From: from, To: to, Quantity: seats, UnitPrice: price, Priced: true, PriceUnit: "monthly", Gross: amount, Discount: zero, Amount: amount}
	section := flow.DocumentSection{Subscription: "sample", SKU: "SAMPLE", Product: "Microsoft 365 Business Premium", Lines: []flow.DocumentLine{line}, Subtotal: amount}
	doc := flow.Document{
		Number: "SAMPLE", Date: from, DueOn: from.AddDays(14), Terms: "14 days net", Language: "en", Currency: seller.Currency, Seller: seller.Party,
		Buyer:      flow.Party{Name: "Sample Customer", Address: []string{"1 High Street", "Sampletown"}, Country: seller.Party.Country},
		Remittance: seller.Remittance, Entities: []flow.DocumentEntity{{Account: "sample", Name: "Sample Customer", Sections: []flow.DocumentSection{section}, Subtotal: amount}},
		Net: amount, Tax: zero, Total: amount, Letterhead: l,
	}
	doc.Agree()
	return doc, nil
}
