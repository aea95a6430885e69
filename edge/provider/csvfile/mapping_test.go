package csvfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"prorata/core/calendar"
	"prorata/edge/provider/csvfile"
	"prorata/flow"
)

const least = `name: least
reads: lines
files: "*.csv"
columns:
  invoice: No
  customer: Customer
  from: From
  quantity: {column: Qty, default: "1"}
  cost: Cost
  currency: {constant: EUR}
`

func TestAMappingsMistakesComeTogether(t *testing.T) {
	_, err := csvfile.ReadMapping("m.yaml", []byte(`name: wrong
reads: lines
reeds: lines
format: pdf
delimiter: dot
header: 0
numbers: {decimal: comma, thousands: comma}
dates: [DD/MM/YYYY, MM/DD/YYYY, YYYY]
skip: [{column: A}, {is: [x]}]
columns:
  customer: {column: A, constant: B}
  type: {column: A, values: {Buy: purchase}}
  prize: C
  cost: D
  cost: E
`))
	want := []string{
		`m.yaml:3: reeds: is not known (expected one of columns, currency, dates, delimiter, encoding, ends, files, format, header, identity, name, negative, numbers, price_per, reads, sheet, skip)`,
		`m.yaml:4: format: "pdf" is not known (expected csv, xlsx)`,
		`m.yaml:5: delimiter: "dot" is not known (expected comma, semicolon, tab or pipe)`,
		`m.yaml:6: header: "0" is not a number from 1 to 1000`,
		`m.yaml:7: numbers: thousands and decimal have the same sign`,
		`m.yaml:8: dates: "DD/MM/YYYY" and "MM/DD/YYYY" read one text as two days; keep one`,
		`m.yaml:8: dates: "YYYY": expected a year, a month and a day`,
		`m.yaml:9: skip: expected a column and one of is, starts, empty`,
		`m.yaml:9: skip: expected a column and one of is, starts, empty`,
		`m.yaml:15: columns.cost: is given twice (first on line 14)`,
		`m.yaml:11: columns.customer: expected a column or a constant`,
		`m.yaml:12: columns.type.values.Buy: "purchase" is none of our words (expected other, new, renew, cycleCharge, addQuantity, removeQuantity, cancelImmediate, convert, moveQuantity, changeBillingPlan, extendTerm, customerCredit)`,
		`m.yaml:13: columns.prize: is no field of lines (expected one of `,
		`m.yaml:1: columns.from: is missing, and required for lines`,
		`m.yaml:1: columns.quantity: is missing, and required for lines`,
		`m.yaml:1: columns.currency: is missing, and required for lines`,
	}
	got := strings.Split(fmt.Sprint(err), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d mistakes (expected %d):\n%v", len(got), len(want), err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

func TestWhatIsNoMapping(t *testing.T) {
	for _, text := range []string{"", "- a", "a: [", "a: &x b\nc: *x", "name: a\n---\nname: b", "name: {a: b}", "columns: x\nreads: lines"} {
		if _, err := csvfile.ReadMapping("m.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "m.yaml") {
			t.Errorf("%q: got %v (expected an error that names the file)", text, err)
		}
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ form, cell, want string }{
		{"{decimal: comma, thousands: point}", "1.234.567,89", "1234567.89"},
		{"{decimal: comma, thousands: point}", "1.5", ""},
		{"{decimal: comma, thousands: point}", "1.5000,0", ""},
		{"{decimal: comma, thousands: point}", "12,", ""},
		{"{decimal: comma, thousands: point}", "1,5.5", ""},
		{"{decimal: comma}", "1.234", ""},
		{"{decimal: comma, thousands: space}", "1\u00a0234,5", "1234.5"},
		{"{decimal: comma, thousands: space}", "1\u202f234,5", "1234.5"},
		{"{decimal: point, thousands: apostrophe}", "1’234.50", "1234.50"},
		{"{decimal: point}", "1,234", ""},
		{"{decimal: point, thousands: comma}", "(1,234.50)", "-1234.50"},
		{"{decimal: point, thousands: comma}", "1,234.50-", "-1234.50"},
		{"{decimal: point}", "+7", "7"},
		{"{decimal: point}", "−7", "-7"},
		{"{decimal: point}", "--7", ""},
		{"{decimal: point}", "1.25E-05", "0.0000125"},
		{"{decimal: comma}", "1,25E3", "1250"},
		{"{decimal: point}", "1E99", ""},
		{"{decimal: point}", ".5", ""},
		{"{decimal: point}", "NaN", ""},
		{"{decimal: point, strip: [USD]}", "USD 5.00", "5.00"},
	} {
		m := mapped(t, least+"numbers: "+c.form+"\ndelimiter: pipe\n")
		f := folder(t, fstest.MapFS{"a.csv": {Data: []byte("No|Customer|From|Qty|Cost\nA|c|2026-01-01|1|" + c.cell + "\n")}}, m)
		got := ""
		for l, err := range f.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "A"}) {
			if err == nil {
				got = l.Charge.Cost.String()
			}
		}
		if got != c.want {
			t.Errorf("%s in %s: got %q (expected %q)", c.cell, c.form, got, c.want)
		}
	}
}

func TestDaysAndTheirEnds(t *testing.T) {
	for _, c := range []struct{ form, ends, from, to, want string }{
		{"DD.MM.YYYY", "inclusive", "01.02.2026", "28.02.2026", "2026-02-01..2026-03-01"},
		{"DD.MM.YYYY", "exclusive", "01.02.2026", "01.03.2026", "2026-02-01..2026-03-01"},
		{"DD.MM.YYYY", "exclusive", "01.02.2026", "01.02.2026", "2026-02-01..2026-02-02"},
		{"D MMM YYYY", "inclusive", "1 Feb 2026", "", "2026-02-01..2026-02-02"},
		{"MMMM D, YYYY", "inclusive", "February 1, 2026", "", "2026-02-01..2026-02-02"},
		{"M/D/YYYY h:mm:ss AM", "inclusive", "2/1/2026 12:00:00 AM", "2/28/2026 11:59:59 PM", "2026-02-01..2026-03-01"},
		{"M/D/YY", "exclusive", "2/1/26", "2026-02-28T23:59:59Z", "2026-02-01..2026-03-01"},
		{"YYYYMMDD", "inclusive", "20260201", "20260228", "2026-02-01..2026-03-01"},
		{"DD.MM.YYYY", "inclusive", "30.02.2026", "", ""},
		{"DD.MM.YYYY", "inclusive", "1.2.2026", "", ""},
	} {
		m := mapped(t, strings.Replace(least, "  cost", "  to: To\n  cost", 1)+"delimiter: pipe\nends: "+c.ends+"\ndates: ['"+c.form+"']\n")
		f := folder(t, fstest.MapFS{"a.csv": {Data: []byte("No|Customer|From|To|Qty|Cost\nA|c|" + c.from + "|" + c.to + "||1\n")}}, m)
		got := ""
		for l, err := range f.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "A"}) {
			if err == nil {
				got = l.Charge.Period.From.String() + ".." + l.Charge.Period.To.String()
			}
		}
		if got != c.want {
			t.Errorf("%s to %s, %s, %s: got %q (expected %q)", c.from, c.to, c.form, c.ends, got, c.want)
		}
	}
}

func TestAnInvoiceOfWrongRowsAloneIsTold(t *testing.T) {
	f := folder(t, fstest.MapFS{"a.csv": {Data: []byte("No,Customer,From,Qty,Cost\nA,c,2026-01-01,1,much\n")}}, mapped(t, least))
	got, errs := lines(t, f)
	if len(got) != 0 || len(errs) != 1 || !errors.Is(errs[0], flow.ErrInput) {
		t.Errorf("got %q and %v", got, errs)
	}
}

func TestAFolderWantsNamesAndPatterns(t *testing.T) {
	for _, c := range []struct{ first, second, says string }{
		{least, least, "two mappings are named least"},
		{least, "name: b\nreads: customers\ncolumns: {id: A, name: B}\n", "mapping b: files: is missing"},
	} {
		_, err := csvfile.NewFolder(fstest.MapFS{}, []*csvfile.Mapping{mapped(t, c.first), mapped(t, c.second)}, today)
		if err == nil || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("got %v (expected %s)", err, c.says)
		}
	}
}

func TestAReportThatAPersonReads(t *testing.T) {
	text := ingram + "IN-1,11/5/2026,C-3,Odd,sub-3,,P,1,Odd,,Recurring,11/1/2026,soon,,Month,1,$1.00,$1.00,$0.00,USD\n"
	report := csvfile.Check(layout(t, "ingram-like-lines"), "invoice-1.csv", strings.NewReader(text))
	if report.Rows != 3 || report.Skipped != 1 || report.Wrong != 1 || report.Damaged || len(report.First) != 3 {
		t.Errorf("got %d rows, %d left out, %d wrong, damaged %t, %d shown", report.Rows, report.Skipped, report.Wrong, report.Damaged, len(report.First))
	}
	written := report.String()
	for _, want := range []string{
		"invoice-1.csv, read as lines by the mapping \"Ingram-like invoice export\"\n3 rows understood, 1 left out, 1 wrong\n",
		"  Invoice Number                   invoice, skip\n",
		"  Vendor Product                   sku\n",
		"  type         \"Recurring\"                      is cycleCharge (1 rows)\n",
		"  line 2\n    billing            monthly\n    cost               50.40\n",
		"    to                 before 2026-12-01\n",
		"  USD: 3 rows, cost 4690.80, tax 2.01, total 4692.81\n",
		"  invoice-1.csv:6: Period End: \"soon\" is not a day (expected YYYY-MM-DD or M/D/YYYY)\n",
	} {
		if !strings.Contains(written, want) {
			t.Errorf("the report does not say %q:\n%s", want, written)
		}
	}
	missing := csvfile.Check(layout(t, "ingram-like-lines"), "invoice-1.csv", strings.NewReader(strings.Replace(ingram, "Charge Type", "Kind", 1)))
	if !missing.Damaged || len(missing.Columns) != 20 || !strings.Contains(missing.String(), `  Kind                             (not used)`) ||
		!strings.Contains(missing.String(), `has no column "Charge Type", which the mapping takes type from`) {
		t.Errorf("got %s", missing)
	}
}

func FuzzMapping(f *testing.F) {
	for _, name := range csvfile.Layouts() {
		text, _ := csvfile.Layout(name)
		f.Add(text, []byte("a,b\n1,2\n"))
	}
	f.Add([]byte(least), []byte("No,Customer,From,Qty,Cost\nA,c,2026-01-01,1,1.5\n"))
	f.Fuzz(func(t *testing.T, text, data []byte) {
		m, err := csvfile.ReadMapping("m.yaml", text)
		if err != nil {
			return
		}
		_ = csvfile.Check(m, "a", strings.NewReader(string(data))).String()
	})
}

func FuzzLines(f *testing.F) {
	m := layout(f, "ingram-like-lines")
	f.Add([]byte(ingram))
	f.Fuzz(func(t *testing.T, data []byte) {
		folder := folder(t, fstest.MapFS{"invoice-1.csv": {Data: data}}, m)
		ids := map[string]bool{}
		for invoice, err := range folder.Invoices(t.Context(), calendar.Date{}) {
			if err != nil {
				continue
			}
			sum := invoice.Total.Neg()
			for l, err := range folder.InvoiceLines(t.Context(), invoice) {
				if err != nil {
					continue
				}
				c := l.Charge
				if c.ID == "" || ids[c.ID] || c.Period.Empty() || c.Quantity.Sign() < 0 || c.Currency != invoice.Currency || l.Customer == "" {
					t.Errorf("%+v is incomplete, or its id was there", l)
				}
				ids[c.ID] = true
				sum = sum.Add(l.Total)
			}
			if !sum.IsZero() {
				t.Errorf("%s: lines and total are apart by %s", invoice.ID, sum)
			}
		}
	})
}

func FuzzWorkbook(f *testing.F) {
	m := layout(f, "tdsynnex-like-lines")
	f.Add(book(f, "Details", []any{"x"}, nil, []any{"Document"}))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = csvfile.Check(m, "billing.xlsx", strings.NewReader(string(data))).String()
	})
}

func BenchmarkLines(b *testing.B) {
	m := layout(b, "ingram-like-lines")
	head, rest, _ := strings.Cut(ingram, "\n")
	row, _, _ := strings.Cut(rest, "\n")
	const rows = 10_000
	text := head + "\n" + strings.Repeat(row+"\n", rows)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if got := csvfile.Check(m, "a.csv", strings.NewReader(text)); got.Rows != rows {
			b.Fatal(got.Rows)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
