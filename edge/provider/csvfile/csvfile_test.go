package csvfile_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"prorata/core/calendar"
	"prorata/edge/provider/csvfile"
	"prorata/flow"
	"prorata/internal/providertest"
)

func mapped(t testing.TB, text string) *csvfile.Mapping {
	t.Helper()
	m, err := csvfile.ReadMapping("mapping.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func layout(t testing.TB, name string) *csvfile.Mapping {
	t.Helper()
	text, err := csvfile.Layout(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := csvfile.ReadMapping(name+".yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// windows is a text as an older program writes it.
func windows(t testing.TB, text string) []byte {
	t.Helper()
	data, err := charmap.Windows1252.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func today() calendar.Date {
	d, err := calendar.ParseDate("2026-11-20")
	if err != nil {
		panic(err)
	}
	return d
}

func folder(t testing.TB, files fstest.MapFS, mappings ...*csvfile.Mapping) *csvfile.Folder {
	t.Helper()
	f, err := csvfile.NewFolder(files, mappings, today)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lines are the rows of all invoices as one text each.
func lines(t testing.TB, f *csvfile.Folder) (rows []string, errs []error) {
	t.Helper()
	for invoice, err := range f.Invoices(t.Context(), calendar.Date{}) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rows = append(rows, fmt.Sprintf("%s of %s for %s..%s: %s %s", invoice.ID, invoice.On, invoice.Period.From, invoice.Period.To, invoice.Total, invoice.Currency))
		for l, err := range f.InvoiceLines(t.Context(), invoice) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			c := l.Charge
			rows = append(rows, fmt.Sprintf("  %s %s %s %s %s..%s %s × %s (%s) = %s + %s = %s, %d months %s", l.Customer, l.Holding, c.Type, c.SKU,
				c.Period.From, c.Period.To, c.Quantity, c.EffectivePrice, c.UnitPrice, c.Cost, l.Tax, l.Total, l.TermMonths, l.Billing.Name))
		}
	}
	return rows, errs
}

func compare(t *testing.T, got []string, want string) {
	t.Helper()
	if text := strings.Join(got, "\n"); text != strings.Trim(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

const ingram = `Invoice Number,Invoice Date,Customer ID,Customer Name,Subscription ID,Order Number,Vendor Product,Vendor SKU,Product Name,Description,Charge Type,Period Start,Period End,Term,Billing Frequency,Quantity,Unit Cost,Extended Cost,Tax,Currency
IN-1,11/5/2026,C-1,"Harbor Dental, LLC",sub-1,O-1,CFQ7TTC0LH16,0001,Business Basic,,Recurring,11/1/2026,11/30/2026,1 Year,Month,10,$5.04,$50.40,$4.03,USD
IN-1,11/5/2026,C-1,"Harbor Dental, LLC",sub-1,O-1,CFQ7TTC0LH16,0001,Business Basic,,Seat Decrease,11/16/2026,11/30/2026,1 Year,Month,-10,$5.04,"($25.20)",($2.02),USD
IN-1,11/5/2026,C-2,Kite & Sons,sub-2,O-2,CFQ7TTC0LDPB,0001,E3,,New Purchase,11/1/2026,10/31/2027,1 Year,Year,12,"$388.80","$4,665.60",$0.00,USD
Total,,,,,,,,,,,,,,,,,"$4,690.80",$2.01,
`

func TestAnExportWithPointsAndMonthsFirst(t *testing.T) {
	f := folder(t, fstest.MapFS{"invoice-2026-11.csv": {Data: []byte(ingram)}, "other.csv": {Data: []byte("x")}}, layout(t, "ingram-like-lines"))
	got, errs := lines(t, f)
	compare(t, got, `
IN-1 of 2026-11-05 for 2026-11-01..2027-11-01: 4692.81 USD
  C-1 sub-1 cycleCharge CFQ7TTC0LH16:0001 2026-11-01..2026-12-01 10 × 5.04 (5.04) = 50.40 + 4.03 = 54.43, 12 months monthly
  C-1 sub-1 removeQuantity CFQ7TTC0LH16:0001 2026-11-16..2026-12-01 10 × -2.52 (5.04) = -25.20 + -2.02 = -27.22, 12 months monthly
  C-2 sub-2 new CFQ7TTC0LDPB:0001 2026-11-01..2027-11-01 12 × 388.80 (388.80) = 4665.60 + 0.00 = 4665.60, 12 months annual`)
	if len(errs) > 0 {
		t.Error(errs)
	}
}

const also = `Rechnung;Rechnungsdatum;Kundennummer;Kunde;Abo;Vorgang;Artikel;Bezeichnung;Art;Von;Bis;Laufzeit;Zahlung;Menge;Listenpreis;Netto;Steuer
R-7;05.11.2026;K1;Müller Zahnärzte;a-1;V1;P1:0001;Büro;Zyklus;01.11.2026;30.11.2026;1 Jahr;monatlich;25;1.209,60 €;2.520,00 €;478,80
R-7;05.11.2026;K1;Müller Zahnärzte;a-1;V2;P1:0001;Büro;Zugang;11.11.2026;30.11.2026;1 Jahr;monatlich;3;1.209,60;201,60;38,30
R-8;06.11.2026;K2;Größer AG;a-2;V3;P2:0001;Paket;Kündigung;06.11.2026;30.11.2026;1 Monat;monatlich;4;12,00;40,00-;7,60-
Summe;;;;;;;;;;;;;;;2.681,60;509,50
`

func TestAnExportWithCommasAndUmlauts(t *testing.T) {
	f := folder(t, fstest.MapFS{"abrechnung-11.csv": {Data: windows(t, also)}}, layout(t, "also-like-lines"))
	got, errs := lines(t, f)
	compare(t, got, `
R-7 of 2026-11-05 for 2026-11-01..2026-12-01: 3238.70 EUR
  K1 a-1 cycleCharge P1:0001 2026-11-01..2026-12-01 25 × 100.80 (100.80) = 2520.00 + 478.80 = 2998.80, 12 months monthly
  K1 a-1 addQuantity P1:0001 2026-11-11..2026-12-01 3 × 67.20 (100.80) = 201.60 + 38.30 = 239.90, 12 months monthly
R-8 of 2026-11-06 for 2026-11-06..2026-12-01: -47.60 EUR
  K2 a-2 cancelImmediate P2:0001 2026-11-06..2026-12-01 4 × -10.00 (12.00) = -40.00 + -7.60 = -47.60, 1 months monthly`)
	if len(errs) > 0 {
		t.Error(errs)
	}
}

// book is a workbook with a sheet of rows from the first line on.
func book(t testing.TB, sheet string, rows ...[]any) []byte {
	t.Helper()
	b := excelize.NewFile()
	defer func() { _ = b.Close() }()
	if err := b.SetSheetName("Sheet1", "Cover"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.NewSheet(sheet); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := b.SetSheetRow(sheet, cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAWorkbookWithCreditMemos(t *testing.T) {
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }
	data := book(t, "Details",
		[]any{"Billing for November"}, nil,
		[]any{"Document", "Item", "Document type", "Document date", "End customer", "End customer name", "Reseller account", "Vendor subscription", "Part", "Title", "Event", "Start", "End", "Commitment", "Invoicing", "Seats", "Monthly price", "Net", "Gross"},
		[]any{"D1", 1, "Invoice", day(11, 4), "E1", "Alder", "R9", "v-1", "P:0001", "Suite", "Cycle", day(11, 1), day(12, 1), "Annual", "Annual", 3, 10.1, 363.6, 432.684},
		[]any{"D1", 2, "Invoice", day(11, 4), "E1", "Alder", "R9", "v-2", "P:0002", "Setup", "Onboarding", day(11, 1), day(11, 1), "", "", "", nil, 0.1 + 0.2, 0.3},
		[]any{"D2", 1, "Credit memo", day(11, 9), "E1", "Alder", "R9", "v-1", "P:0001", "Suite", "Cancel", day(11, 9), day(12, 1), "Annual", "Monthly", 3, 10.1, 22.22, 26.44},
	)
	f := folder(t, fstest.MapFS{"billing-11.xlsx": {Data: data}}, layout(t, "tdsynnex-like-lines"))
	got, errs := lines(t, f)
	compare(t, got, `
D1 of 2026-11-04 for 2026-11-01..2026-12-01: 432.984 USD
  E1 v-1 cycleCharge P:0001 2026-11-01..2026-12-01 3 × 121.2 (121.2) = 363.6 + 69.084 = 432.684, 12 months annual
  E1 v-2 other P:0002 2026-11-01..2026-11-02 1 × 0.3 (0) = 0.3 + 0.0 = 0.3, 0 months 
D2 of 2026-11-09 for 2026-11-09..2026-12-01: -26.44 USD
  E1 v-1 cancelImmediate P:0001 2026-11-09..2026-12-01 3 × -7.4066666667 (10.1) = -22.22 + -4.22 = -26.44, 12 months monthly`)
	if len(errs) > 0 {
		t.Error(errs)
	}
}

// An archive of countless files is no workbook, however small it is.
func TestAWorkbookOfTooManyFiles(t *testing.T) {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for i := range 10_001 {
		if _, err := archive.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if said := csvfile.Check(layout(t, "tdsynnex-like-lines"), "billing.xlsx", &packed).String(); !strings.Contains(said, "10001 files are packed into it (expected at most 10000)") {
		t.Error(said)
	}
}

func TestEachMistakeHasItsPlace(t *testing.T) {
	head, rest, _ := strings.Cut(ingram, "\n")
	good, _, _ := strings.Cut(rest, "\n")
	for _, c := range []struct{ old, with, says string }{
		{"11/1/2026", "31/1/2026", `invoice-1.csv:2: Period Start: "31/1/2026" is not a day (expected YYYY-MM-DD or M/D/YYYY)`},
		{"$50.40", `"50,40"`, `invoice-1.csv:2: Extended Cost: "50,40" is not a number as the mapping writes them (decimal sign '.', thousands ",")`},
		{"$50.40", "", `invoice-1.csv:2: Extended Cost: is empty, and required for cost`},
		{"Recurring", "Refurbishing", `invoice-1.csv:2: Charge Type: the mapping has no word for "Refurbishing" (expected one of ["cancellation" "credit" "new purchase" "recurring" "renewal" "seat decrease" "seat increase"])`},
		{"USD", "US", `invoice-1.csv:2: Currency: "US" is not a currency (expected an ISO 4217 code such as EUR)`},
		{"Business Basic", `=HYPERLINK(x)`, `invoice-1.csv:2: Product Name: "=HYPERLINK(x)" is a formula (expected a text)`},
		{"Business Basic", `+cmd|calc`, `invoice-1.csv:2: Product Name: "+cmd|calc" is a formula (expected a text)`},
		{"11/30/2026", "10/30/2026", `invoice-1.csv:2: Period End: ends on 2026-10-30, before it begins on 2026-11-01`},
		{",USD", ",USD,more", `invoice-1.csv:2: has 21 cells, and the header 20`},
		{"IN-1", "", `invoice-1.csv:2: Invoice Number: is empty, and required for invoice`},
		{"1 Year", "for ever", `invoice-1.csv:2: Term: the mapping has no word for "for ever" (expected one of ["1 month" "1 year" "3 years"])`},
	} {
		text := head + "\n" + strings.Replace(good, c.old, c.with, 1) + "\n" + good + "\n"
		f := folder(t, fstest.MapFS{"invoice-1.csv": {Data: []byte(text)}}, layout(t, "ingram-like-lines"))
		got, errs := lines(t, f)
		if len(got) != 2 || len(errs) != 1 || errs[0].Error() != c.says || !errors.Is(errs[0], flow.ErrInput) {
			t.Errorf("%s instead of %s: got %q and %v\nwant one line and %s", c.with, c.old, got, errs, c.says)
		}
	}
}

func TestATextInAFormulasDressIsAText(t *testing.T) {
	text := strings.ReplaceAll(ingram, "0001,Business", `"=""0001""",+1 Business`)
	f := folder(t, fstest.MapFS{"invoice-1.csv": {Data: []byte(text)}}, layout(t, "ingram-like-lines"))
	got, errs := lines(t, f)
	if len(errs) > 0 || len(got) != 4 || !strings.Contains(got[1], "CFQ7TTC0LH16:0001") {
		t.Errorf("got %q and %v", got, errs)
	}
}

func TestAFileThatIsNotWhatItsMappingSays(t *testing.T) {
	m := layout(t, "ingram-like-lines")
	for _, c := range []struct{ data, says string }{
		{"", "invoice-1.csv:1: the file is empty"},
		{"a,b\n", `has no column "Invoice Number", which the mapping takes invoice from`},
		{"PK\x03\x04", "is a workbook or an archive (the mapping says format: csv)"},
		{"\x1f\x8b\x08\x00", "is compressed"},
		{"\xff\xfea\x00", "is UTF-16: true, and the mapping says utf-8"},
		{ingram + "IN-2,M\xfcller\n", `invoice-1.csv:6: is not UTF-8 (does the mapping want encoding: windows-1252?)`},
		{ingram + `IN-2,"open` + strings.Repeat("x", 2<<20), "a row is longer than 1 MiB (is a quote not closed?)"},
		{strings.Replace(ingram, "Order Number", "Invoice Date", 1), `has two columns "Invoice Date"`},
	} {
		f := folder(t, fstest.MapFS{"invoice-1.csv": {Data: []byte(c.data)}}, m)
		_, errs := lines(t, f)
		if len(errs) == 0 || !strings.Contains(errs[0].Error(), c.says) || !errors.Is(errs[0], csvfile.ErrDamaged) {
			t.Errorf("%.40q: got %v (expected one that says %s)", c.data, errs, c.says)
		}
	}
}

func TestAnInvoiceIsTheLaterFiles(t *testing.T) {
	restated := strings.Replace(also, "2.520,00 €", "2.500,00 €", 1)
	f := folder(t, fstest.MapFS{"abrechnung-11a.csv": {Data: windows(t, also)}, "abrechnung-11b.csv": {Data: windows(t, restated)}}, layout(t, "also-like-lines"))
	got, errs := lines(t, f)
	if len(errs) > 0 || len(got) != 5 || !strings.HasPrefix(got[0], "R-7 of 2026-11-05 for 2026-11-01..2026-12-01: 3218.70") {
		t.Errorf("got %q and %v", got, errs)
	}
}

func TestTwoCurrenciesOnOneInvoice(t *testing.T) {
	f := folder(t, fstest.MapFS{"invoice-1.csv": {Data: []byte(strings.Replace(ingram, "$0.00,USD", "$0.00,CAD", 1))}}, layout(t, "ingram-like-lines"))
	_, errs := lines(t, f)
	if len(errs) != 1 || errs[0].Error() != `invoice-1.csv:4: Currency: CAD on invoice "IN-1", whose other rows are in USD` {
		t.Errorf("got %v", errs)
	}
}

func TestRowsThatAreAlikeKeepIDsOfTheirOwn(t *testing.T) {
	head, rest, _ := strings.Cut(ingram, "\n")
	row, _, _ := strings.Cut(rest, "\n")
	f := folder(t, fstest.MapFS{"invoice-1.csv": {Data: []byte(head + "\n" + row + "\n" + row + "\n")}}, layout(t, "ingram-like-lines"))
	read := func() (ids []string) {
		for l, err := range f.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "IN-1"}) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, l.Charge.ID)
		}
		return ids
	}
	first, second := read(), read()
	if len(first) != 2 || first[0] == first[1] || strings.Join(first, " ") != strings.Join(second, " ") {
		t.Errorf("got %q, then %q", first, second)
	}
}

const abos = `Abo;Kundennummer;Kunde;Artikel;Bezeichnung;Menge;Status;Laufzeit;Zahlung;Verlängert sich;Beginn;Ende
a-1;K1;Müller Zahnärzte;P1:0001;Büro;28;aktiv;1 Jahr;monatlich;ja;11.03.2026;10.03.2027
a-3;K1;Müller Zahnärzte;P3:0001;Archiv;1;gesperrt;1 Monat;monatlich;nein;01.05.2026;
a-2;K2;Größer AG;P2:0001;Paket;4;gekündigt;1 Monat;monatlich;nein;01.01.2026;30.11.2026
`

func TestHoldingsOfTheLatestFile(t *testing.T) {
	files := fstest.MapFS{
		"abos-2026-10.csv": {Data: windows(t, strings.ReplaceAll(abos, "28", "25"))},
		"abos-2026-11.csv": {Data: windows(t, abos)},
	}
	f := folder(t, files, layout(t, "also-like-holdings"))
	if !f.Abilities().Holdings || folder(t, files, layout(t, "ingram-like-lines")).Abilities().Holdings {
		t.Error("who reads holdings tells them, and nobody else")
	}
	var got []string
	for c, err := range f.Customers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.ID+" "+c.Name)
		for h, err := range f.Holdings(t.Context(), c.ID) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("  %s %s × %s status %d (%s) %d months %s renews %t ends %s at %s", h.ID, h.Quantity, h.SKU, h.Status, h.StatusText, h.TermMonths, h.Billing.Name, h.AutoRenew, h.EndsAt.Format("2006-01-02"), h.At))
		}
	}
	compare(t, got, `
K1 Müller Zahnärzte
  a-1 28 × P1:0001 status 2 (aktiv) 12 months monthly renews true ends 2027-03-11 at abos-2026-11.csv:2
  a-3 1 × P3:0001 status 4 (gesperrt) 1 months monthly renews false ends 0001-01-01 at abos-2026-11.csv:3
K2 Größer AG
  a-2 4 × P2:0001 status 7 (gekündigt) 1 months monthly renews false ends 2026-12-01 at abos-2026-11.csv:4`)
}

func TestAHoldingGivenTwiceIsAMistake(t *testing.T) {
	f := folder(t, fstest.MapFS{"abos-1.csv": {Data: windows(t, strings.Replace(abos, "a-3", "a-1", 1))}}, layout(t, "also-like-holdings"))
	var errs []error
	for _, err := range f.Holdings(t.Context(), "K1") {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) != 1 || errs[0].Error() != `abos-1.csv:3: Abo: holding "a-1" is given twice (first on line 2)` {
		t.Errorf("got %v", errs)
	}
}

func TestARowOfNobodyIsToldOnce(t *testing.T) {
	f := folder(t, fstest.MapFS{"abos-1.csv": {Data: windows(t, strings.Replace(abos, "a-2;K2", "a-2;", 1))}}, layout(t, "also-like-holdings"))
	told := map[string]int{}
	for _, customer := range []string{"K1", "K2", ""} {
		for _, err := range f.Holdings(t.Context(), customer) {
			if err != nil {
				told[customer+" "+err.Error()]++
			}
		}
	}
	if len(told) != 1 || told["K1 abos-1.csv:4: Kundennummer: is empty, and required for customer"] != 1 {
		t.Errorf("got %v", told)
	}
	var names []string
	for c := range f.Customers(t.Context()) {
		names = append(names, c.ID)
	}
	if strings.Join(names, " ") != "K1" {
		t.Errorf("customers %q", names)
	}
}

func TestAnnualPricesPaidMonthly(t *testing.T) {
	const preise = "Artikel;Bezeichnung;Laufzeit;Zahlung;Einkauf;UVP;Gültig ab;Gültig bis\n" +
		"P1:0001;Büro;1 Jahr;monatlich;100,80;126,00;01.10.2026;\n" +
		"P1:0001;Büro;1 Jahr;jährlich;100,80;;01.10.2026;31.12.2026\n" +
		"P1:0001;Büro;1 Monat;monatlich;10,00;;01.12.2026;\n" +
		"P9:0001;Alt;1 Monat;monatlich;1,00;;01.01.2026;31.10.2026\n"
	f := folder(t, fstest.MapFS{"preise-11.csv": {Data: windows(t, preise)}}, layout(t, "also-like-prices"))
	read := func(ask flow.PriceSheetAsk) (got []string) {
		for p, err := range f.PriceSheet(t.Context(), ask) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %d months %s: %s, retail %s (%t) %s..%s", p.SKU, p.TermMonths, p.Billing.Name, p.Cost, p.Retail, p.HasRetail, p.From, p.To))
		}
		return got
	}
	compare(t, read(flow.PriceSheetAsk{}), `
P1:0001 12 months monthly: 8.40, retail 10.50 (true) 2026-10-01..
P1:0001 12 months annual: 100.80, retail 0 (false) 2026-10-01..2027-01-01`)
	compare(t, read(flow.PriceSheetAsk{Future: true}), `P1:0001 1 months monthly: 10.00, retail 0 (false) 2026-12-01..`)
}

const verbrauch = `Kundennummer;Abo;Zähler;Zählername;Ressource;Einheit;Tag;Menge;Kosten
K1;az-1;m1;Rechenzeit;/vm/1;h;01.11.2026;24;1,2
K1;az-1;m1;Rechenzeit;/vm/1;h;02.11.2026;12;0,6
K1;az-1;m1;Rechenzeit;/vm/1;h;31.10.2026;24;1,2
`

func TestUsageIsTheLaterFilesAndTheMonthsAskedFor(t *testing.T) {
	later := strings.Replace(verbrauch, "12;0,6", "20;1,0", 1)
	f := folder(t, fstest.MapFS{"verbrauch-02.csv": {Data: windows(t, verbrauch)}, "verbrauch-03.csv": {Data: windows(t, later)}}, layout(t, "also-like-usage"))
	read := func(ask flow.UsageAsk) (got []string) {
		for u, err := range f.Usage(t.Context(), ask) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %s %s %s at %s", u.Period.From, u.Subscription, u.Quantity, u.Unit, u.Cost, u.At))
		}
		return got
	}
	compare(t, read(flow.UsageAsk{}), "2026-11-01 az-1 24 h 1.2 at verbrauch-03.csv:2\n2026-11-02 az-1 20 h 1.0 at verbrauch-03.csv:3")
	compare(t, read(flow.UsageAsk{Last: true}), "2026-10-31 az-1 24 h 1.2 at verbrauch-03.csv:4")
}

func TestEveryLayoutIsRead(t *testing.T) {
	names := csvfile.Layouts()
	if len(names) < 8 {
		t.Errorf("only %q", names)
	}
	for _, name := range names {
		layout(t, name)
	}
	if _, err := csvfile.Layout("nobody"); err == nil || !strings.Contains(err.Error(), "also-like-lines") {
		t.Errorf("got %v", err)
	}
}

// A distributor whose every export is in one folder keeps the contract of all
// providers.
func TestTheContract(t *testing.T) {
	names := []string{"also-like-lines", "also-like-unbilled", "also-like-holdings", "also-like-customers", "also-like-prices", "also-like-usage"}
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		stamp := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
		files := fstest.MapFS{}
		put := func(name, text string) {
			stamp = stamp.Add(time.Minute)
			files[name] = &fstest.MapFile{Data: windows(t, text), ModTime: stamp}
		}
		texts := map[string]string{
			"abrechnung-11.csv": also, "abos-11.csv": abos, "verbrauch-11.csv": verbrauch,
			"vorschau-12.csv": "Kundennummer;Abo;Artikel;Von;Bis;Menge;Netto\nK1;a-1;P1:0001;01.12.2026;31.12.2026;28;2.822,40\nK2;a-2;P2:0001;01.12.2026;31.12.2026;4;1,00\n",
			"kunden-11.csv":   "Kundennummer;Kunde;Domain;Land\nK1;Müller Zahnärzte;mueller.example;DE\nK2;Größer AG;groesser.example;AT\n",
			"preise-11.csv":   "Artikel;Bezeichnung;Laufzeit;Zahlung;Einkauf;UVP;Gültig ab;Gültig bis\nP1:0001;Büro;1 Jahr;monatlich;100,80;126,00;01.10.2026;\nP2:0001;Paket;1 Monat;monatlich;12;;01.10.2026;\n",
		}
		for name, text := range texts {
			put(name, text)
		}
		var mappings []*csvfile.Mapping
		for _, name := range names {
			mappings = append(mappings, layout(t, name))
		}
		spoil := func(name, old, with string) func() {
			return func() {
				texts[name] = strings.Replace(texts[name], old, with, 1)
				put(name, texts[name])
			}
		}
		return providertest.Fixture{
			Provider: folder(t, files, mappings...), Holdings: map[string][]string{"K1": {"a-1", "a-3"}, "K2": {"a-2"}},
			Usage: []flow.UsageAsk{{}, {Last: true}},
			Spoil: map[providertest.Stream]func(){
				providertest.Customers: spoil("kunden-11.csv", ";Größer AG", ";"), providertest.Holdings: spoil("abos-11.csv", ";28;", ";viele;"),
				providertest.Prices: spoil("preise-11.csv", "100,80", "hundert"), providertest.Lines: spoil("abrechnung-11.csv", "201,60", "?"),
				providertest.Unbilled: spoil("vorschau-12.csv", "01.12.2026", "12/01/2026"), providertest.Usage: spoil("verbrauch-11.csv", "1,2", "1.2"),
			},
		}
	})
}
