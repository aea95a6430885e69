package standin

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"testing"
)

const seatView = "/v1.0/sales/pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value?timeline="

// sheet reads a price sheet: by column, row by row.
func (v *visitor) sheet(path string) []map[string]string {
	v.t.Helper()
	r := v.get(path, "client-request-id", "7")
	records, err := csv.NewReader(bytes.NewReader(r.data)).ReadAll()
	if err != nil {
		v.t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for n, name := range records[0] {
			row[name] = record[n]
		}
		rows = append(rows, row)
	}
	return rows
}

func pick(rows []map[string]string, columns ...string) string {
	var lines []string
	for _, row := range rows {
		var cells []string
		for _, c := range columns {
			cells = append(cells, row[c])
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return strings.Join(lines, "\n")
}

func TestPriceSheetsOfTodayOfThePastAndOfNextMonth(t *testing.T) {
	s := open(t, "USD", "2026-04-10")
	show := func(path string) string {
		return pick(s.sheet(path), "ChangeIndicator", "BillingPlan", "UnitPrice", "ERP Price", "EffectiveStartDate", "EffectiveEndDate", "PreviousValues")
	}
	before := "Unchanged|Monthly|12|15|1/1/2025 12:00:00 AM|5/31/2026 11:59:59 PM|\nUnchanged|Annual|136.80|171|1/1/2025 12:00:00 AM|11/30/9999 11:59:59 PM|"
	if got := show(seatView + "current"); got != before {
		t.Errorf("today:\n%s", got)
	}
	if r := s.send(http.MethodGet, seatView+"future", nil, "client-request-id", "7"); r.status != http.StatusNotFound {
		t.Errorf("nothing changes in May: %d", r.status)
	}
	s.advance("2026-05-10", "00:00")
	after := "Changed|Monthly|12.60|15.75|6/1/2026 12:00:00 AM|11/30/9999 11:59:59 PM|UnitPrice=12\nUnchanged|Annual|136.80|171|1/1/2025 12:00:00 AM|11/30/9999 11:59:59 PM|"
	if got := show(seatView + "future"); got != after {
		t.Errorf("announced for June:\n%s", got)
	}
	s.advance("2026-06-01", "00:00")
	if got := show(seatView + "current"); got != after {
		t.Errorf("on the first of June:\n%s", got)
	}
	if got := show(seatView + "history&month=202605"); got != before {
		t.Errorf("of May:\n%s", got)
	}
	for _, c := range []struct {
		path string
		want int
	}{
		{seatView + "history&month=202607", http.StatusNotFound},
		{seatView + "history", http.StatusBadRequest},
		{seatView + "someday", http.StatusBadRequest},
		{"/v1.0/sales/pricesheets(Market='USA',PricesheetView='updatedlicensebased')/$value", http.StatusBadRequest},
		{"/v1.0/sales/pricesheets(Market='US',PricesheetView='all')/$value", http.StatusBadRequest},
		{"/v1.0/sales/pricesheets(Market='US',PricesheetView='marketplace')/$value", http.StatusNotFound},
		{"/v1.0/sales/fxrates(Month='202607')/$value", http.StatusNotFound},
		{"/v1.0/sales/fxrates(Month='2026-06')/$value", http.StatusBadRequest},
		{"/v1.0/sales/odd(Month='202606')/$value", http.StatusNotFound},
	} {
		if r := s.send(http.MethodGet, c.path, nil, "client-request-id", "7"); r.status != c.want {
			t.Errorf("%s: %d, want %d", c.path, r.status, c.want)
		}
	}
	if r := s.send(http.MethodGet, seatView+"current", nil); r.status != http.StatusBadRequest {
		t.Errorf("without client-request-id: %d", r.status)
	}
}

func TestASheetIsZippedForWhomAsks(t *testing.T) {
	s := open(t, "USD", "2026-04-10")
	plain := s.get(seatView+"current", "client-request-id", "7")
	packed := s.get(seatView+"current", "client-request-id", "7", "Accept-Encoding", "deflate")
	z, err := zip.NewReader(bytes.NewReader(packed.data), int64(len(packed.data)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "sheets.csv" {
		t.Fatalf("%v", err)
	}
	file, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(file)
	if err != nil || !bytes.Equal(data, plain.data) {
		t.Errorf("the packed sheet is another: %v", err)
	}
	if plain.header.Get("Content-Type") != "application/octet-stream" || plain.header.Get("Content-Disposition") != "attachment; filename=sheets.csv" {
		t.Errorf("headers %v", plain.header)
	}
}

func TestTheAzureSheetHasItsTiers(t *testing.T) {
	s := open(t, "USD", "2026-04-10")
	rows := s.sheet("/v1.0/sales/pricesheets(Market='DE',PricesheetView='azure_consumption')/$value?timeline=current")
	var ingestion []map[string]string
	for _, row := range rows {
		if row["SkuId"] == "003L" {
			ingestion = append(ingestion, row)
		}
	}
	if got := pick(ingestion, "UnitPrice", "PricingTierRangeMin", "PricingTierRangeMax", "Currency", "Market"); got != "0|0|5|USD|DE\n2.99|5||USD|DE" {
		t.Errorf("got\n%s", got)
	}
}

func TestRatesHoldForAMonthAndMove(t *testing.T) {
	march, _ := rateTo("EUR", day(t, "2026-03-31"))
	first, _ := rateTo("EUR", day(t, "2026-03-01"))
	april, _ := rateTo("EUR", day(t, "2026-04-01"))
	if march.Cmp(first) != 0 || march.Cmp(april) == 0 {
		t.Errorf("1 March %s, 31 March %s, 1 April %s", first, march, april)
	}
	if one, known := rateTo("USD", day(t, "2026-03-01")); !known || one.String() != "1" {
		t.Errorf("a dollar is %s", one)
	}
	if _, known := rateTo("XXX", day(t, "2026-03-01")); known {
		t.Error("a rate of no currency")
	}
}
