package document

import (
	"fmt"
	"iter"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// cell is one value of an export.
type cell struct {
	kind cellKind
	// text is the value: a text by anyone, a plain decimal, or true and false.
	text string
	// day is the value of a day cell.
	day calendar.Date
	// digits is how many places a number is shown with; −1 for as many as it has.
	digits int
}

type cellKind uint8

const (
	textCell cellKind = iota
	numberCell
	dayCell
	truthCell
)

func textOf(text string) cell       { return cell{kind: textCell, text: text} }
func dayOf(d calendar.Date) cell    { return cell{kind: dayCell, day: d} }
func numberOf(d money.Decimal) cell { return cell{kind: numberCell, text: d.String(), digits: -1} }
func plainNumber(text string) cell  { return cell{kind: numberCell, text: text, digits: -1} }
func amountOf(a money.Amount) cell {
	return cell{kind: numberCell, text: a.String(), digits: a.Currency().Digits()}
}
func truthOf(yes bool) cell { return cell{kind: truthCell, text: fmt.Sprint(yes)} }

// column of an export: its name, and its width on a sheet in characters.
type exportColumn struct {
	name  string
	width float64
}

// invoiceColumns are those of the export with one row for each document.
var invoiceColumns = []exportColumn{
	{"number", 20}, {"kind", 12}, {"corrects", 20}, {"void", 8}, {"date", 12}, {"due_on", 12}, {"terms", 18}, {"purchase_order", 18},
	{"seller", 30}, {"seller_tax_id", 18}, {"buyer", 36}, {"buyer_country", 14}, {"buyer_tax_id", 18}, {"consolidated", 13},
	{"currency", 10}, {"net", 16}, {"tax", 16}, {"total", 16},
}

func invoiceRow(d *flow.Document) []cell {
	return []cell{
		textOf(d.Number), textOf(kindOf(d)), textOf(d.Corrects), truthOf(d.Void), dayOf(d.Date), dayOf(d.DueOn), textOf(d.Terms), textOf(d.PurchaseOrder),
		textOf(d.Seller.Name), textOf(d.Seller.TaxID), textOf(d.Buyer.Name), textOf(d.Buyer.Country), textOf(d.Buyer.TaxID), truthOf(d.Consolidated),
		textOf(d.Currency.String()), amountOf(d.Net), amountOf(d.Tax), amountOf(d.Total),
	}
}

// lineColumns are those of the export with one row for each line.
var lineColumns = []exportColumn{
	{"number", 20}, {"kind", 12}, {"date", 12}, {"line", 8}, {"buyer", 36}, {"account", 18}, {"entity", 36}, {"entity_tax_id", 18},
	{"subscription", 24}, {"sku", 22}, {"product", 36}, {"line_kind", 12}, {"description", 48}, {"first_day", 12}, {"last_day", 12},
	{"quantity", 12}, {"unit_price", 14}, {"price_unit", 12}, {"currency", 10}, {"gross", 16}, {"discount", 14}, {"amount", 16}, {"tax", 18},
	{"explanation", 60},
}

// lineRows are the rows of a document's lines, numbered from 1.
func lineRows(d *flow.Document) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		n := 0
		for i := range d.Entities {
			for j := range d.Entities[i].Sections {
				for k := range d.Entities[i].Sections[j].Lines {
					n++
					if !yield(lineRow(d, &d.Entities[i], &d.Entities[i].Sections[j], k, n)) {
						return
					}
				}
			}
		}
	}
}

func lineRow(d *flow.Document, e *flow.DocumentEntity, s *flow.DocumentSection, k, n int) []cell {
	x := &s.Lines[k]
	price := textOf("")
	if x.Priced {
		price = plainNumber(unitPrice(x))
	}
	return []cell{
		textOf(d.Number), textOf(kindOf(d)), dayOf(d.Date), plainNumber(fmt.Sprint(n)), textOf(d.Buyer.Name), textOf(string(e.Account)), textOf(e.Name), textOf(e.TaxID),
		textOf(string(s.Subscription)), textOf(s.SKU), textOf(s.Product), textOf(lineKindName(x.Kind)), textOf(described(d, s.Product, x)), dayOf(x.From), dayOf(lastDay(x)),
		numberOf(x.Quantity), price, textOf(x.PriceUnit), textOf(d.Currency.String()), amountOf(x.Gross), amountOf(x.Discount), amountOf(x.Amount), textOf(x.TaxName),
		textOf(x.Explanation),
	}
}

// harmless is a text that no spreadsheet takes for a formula. Excel and others
// run a cell that begins with one of a few signs, spaces before it or not, so an
// apostrophe is put before it; and as a reader that splits at semicolons makes
// cells of its own, the same is done after each. Lines are joined.
func harmless(text string) string {
	text = oneLine(text)
	if !strings.ContainsAny(text, formulaSigns) {
		return text
	}
	var b strings.Builder
	start := true
	for _, r := range text {
		if start && strings.ContainsRune(formulaSigns, r) {
			b.WriteByte('\'')
		}
		start = r == ';' || (start && (r == ' ' || r == '\u00a0' || r == '"' || r == '\ufeff'))
		b.WriteRune(r)
	}
	return b.String()
}

// formulaSigns begin a formula; the wide ones do so where Japanese is typed.
const formulaSigns = "=+-@\uff1d\uff0b\uff0d\uff20"

// cutTo is the text in at most so many UTF-16 units, as a sheet's cell holds.
func cutTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	units := 0
	for i, r := range text {
		units++
		if r > '\uffff' {
			units++
		}
		if units >= most {
			return text[:i] + "…"
		}
	}
	return text
}
