package standin

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const graphBilling = "/v1.0/reports/partners/billing/"

// exported orders an export, waits for it and reads its lines.
func (v *visitor) exported(which string, ask map[string]string) (lines []map[string]any, manifest map[string]any) {
	v.t.Helper()
	order := v.send(http.MethodPost, graphBilling+which+"/export", ask)
	if order.status != http.StatusAccepted || len(order.data) != 0 {
		v.t.Fatalf("export of %s: %d %s", which, order.status, order.data)
	}
	state := v.done(order.header.Get("Location"))
	if state["status"] == "failed" {
		return nil, state
	}
	switch {
	case state["resourceLocation@odata.navigationLink"] != nil:
		manifest = v.get(state["resourceLocation@odata.navigationLink"].(string)).object(v.t)
	default:
		switch at := state["resourceLocation"].(type) {
		case string:
			manifest = v.get(at).object(v.t)
		case map[string]any:
			manifest = at
		}
	}
	for _, place := range blobsOf(manifest) {
		data, err := unzipped(v.get(place).data)
		if err != nil {
			v.t.Fatal(err)
		}
		rows := bufio.NewScanner(bytes.NewReader(data))
		for rows.Scan() {
			var line map[string]any
			reply{data: rows.Bytes()}.json(v.t, &line)
			lines = append(lines, line)
		}
	}
	return lines, manifest
}

// done looks at an export until it has ended.
func (v *visitor) done(place string) map[string]any {
	v.t.Helper()
	var seen []string
	for range 10 {
		r := v.get(place)
		state := r.object(v.t)
		seen = append(seen, fmt.Sprint(state["status"]))
		if state["status"] == "succeeded" || state["status"] == "failed" {
			return state
		}
		if r.header.Get("Retry-After") != "10" {
			v.t.Errorf("an export that runs does not say when to look again: %v", r.header)
		}
	}
	v.t.Fatalf("the export does not end: %v", seen)
	return nil
}

func blobsOf(manifest map[string]any) []string {
	var places []string
	for _, blob := range manifest["blobs"].([]any) {
		places = append(places, fmt.Sprintf("%s/%s?%s", manifest["rootDirectory"], blob.(map[string]any)["name"], manifest["sasToken"]))
	}
	return places
}

func unzipped(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// invoiced is a shop in April with an invoice of eight lines for March.
func invoiced(t *testing.T) (s *shop, invoice string) {
	t.Helper()
	s = open(t, "USD", "2026-03-05")
	term := days(t, "2026-03-05", "2027-03-04")
	for n := range 8 {
		s.happen(fmt.Sprintf("sub-%d", n), term, chargeNew, 0, 10+n)
	}
	s.advance("2026-04-06", "04:00")
	return s, s.w.Invoices()[0]
}

func TestAnExportIsOrderedAwaitedAndFetched(t *testing.T) {
	s, invoice := invoiced(t)
	for _, form := range []ManifestForm{ManifestInline, ManifestLink, ManifestText} {
		switches := s.w.Switches()
		switches.Manifest, switches.BlobLines, switches.Polls = form, 3, 1
		s.w.Switch(switches)
		lines, manifest := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice, "attributeSet": "full"})
		if len(lines) != 8 || fmt.Sprint(manifest["blobCount"]) != "3" {
			t.Errorf("%s: %d lines in %v files, want 8 in 3", form, len(lines), manifest["blobCount"])
		}
		if got, want := sumOf(t, lines, "Total"), decimalOf(t, s.get("/v1/invoices/" + invoice).object(t)["totalCharges"]); got.Cmp(want) != 0 {
			t.Errorf("%s: the lines come to %s, the invoice to %s", form, got, want)
		}
	}
}

func TestTheStatesOfAnExportInTheirOrder(t *testing.T) {
	s, invoice := invoiced(t)
	place := s.send(http.MethodPost, graphBilling+"reconciliation/billed/export", map[string]string{"invoiceId": invoice}).header.Get("Location")
	var got []string
	for range 3 {
		state := s.get(place).object(t)
		got = append(got, fmt.Sprint(state["status"], " ", strings.TrimPrefix(fmt.Sprint(state["@odata.type"]), "#microsoft.graph.partners.billing.")))
	}
	want := []string{"notStarted runningOperation", "running runningOperation", "succeeded exportSuccessOperation"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheFullLineHasEveryPublishedColumn(t *testing.T) {
	s, invoice := invoiced(t)
	full, _ := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice, "attributeSet": "full"})
	basic, _ := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice, "attributeSet": "basic"})
	if len(full[0]) != 47 || len(basic[0]) >= 47 || basic[0]["Total"] == nil {
		t.Errorf("full has %d columns and basic %d", len(full[0]), len(basic[0]))
	}
	for column := range basic[0] {
		if _, has := full[0][column]; !has {
			t.Errorf("basic has %s, full has not", column)
		}
	}
	for column, want := range map[string]string{
		"CustomerName": "Adatum", "ProductId": "CFQ7TTC0TEST", "SkuId": "0001", "ChargeType": "new", "UnitPrice": "12", "EffectiveUnitPrice": "12", "BillableQuantity": "10",
		"Subtotal": "120.00", "ChargeStartDate": "2026-03-05T00:00:00Z", "ChargeEndDate": "2026-04-04T00:00:00Z", "SubscriptionEndDate": "2027-03-04T00:00:00Z",
		"BillingFrequency": "Monthly", "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing", "InvoiceNumber": invoice, "PricingCurrency": "USD", "PCToBCExchangeRate": "1",
	} {
		if fmt.Sprint(full[0][column]) != want {
			t.Errorf("%s is %v, want %s", column, full[0][column], want)
		}
	}
}

func TestTheStorageWantsItsPassAndNothingElse(t *testing.T) {
	s, invoice := invoiced(t)
	_, manifest := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice})
	place := blobsOf(manifest)[0]
	if r := s.send(http.MethodGet, place, nil, "Authorization", "Bearer x"); r.status != http.StatusForbidden {
		t.Errorf("with a token: %d", r.status)
	}
	if r := s.send(http.MethodGet, strings.Replace(place, "sig=", "sig=0", 1), nil); r.status != http.StatusForbidden {
		t.Errorf("with another pass: %d", r.status)
	}
	operation := graphBilling + "operations/" + manifest["id"].(string)
	if err := s.w.Advance(s.w.Now().Add(12 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, late := range []string{place, operation, graphBilling + "manifests/" + manifest["id"].(string)} {
		if r := s.send(http.MethodGet, late, nil); r.status != http.StatusGone {
			t.Errorf("%s after twelve hours: %d, want 410", late, r.status)
		}
	}
}

func TestAnExportOfNothingFails(t *testing.T) {
	s, invoice := invoiced(t)
	for which, ask := range map[string]map[string]string{
		"usage/billed":            {"invoiceId": invoice},
		"reconciliation/billed":   {"invoiceId": "G000000001"},
		"reconciliation/unbilled": {"currencyCode": "EUR", "billingPeriod": "current"},
		"usage/unbilled":          {"currencyCode": "USD", "billingPeriod": "last"},
	} {
		_, state := s.exported(which, ask)
		if got := fmt.Sprint(state["error"]); got != "map[code:5000 message:No data available]" {
			t.Errorf("%s: %v", which, state)
		}
	}
	for which, ask := range map[string]map[string]string{
		"reconciliation/billed":   {"invoiceId": invoice, "attributeSet": "some"},
		"reconciliation/unbilled": {"currencyCode": "USD", "billingPeriod": "previous"},
		"usage/billed":            {},
	} {
		if r := s.send(http.MethodPost, graphBilling+which+"/export", ask); r.status != http.StatusBadRequest {
			t.Errorf("%s %v: %d, want 400", which, ask, r.status)
		}
	}
}

func TestWhatIsNotBilledIsExportedToo(t *testing.T) {
	s := open(t, "USD", "2026-03-05")
	s.happen("sub-1", days(t, "2026-03-05", "2027-03-04"), chargeNew, 0, 10)
	lines, _ := s.exported("reconciliation/unbilled", map[string]string{"currencyCode": "USD", "billingPeriod": "current", "attributeSet": "full"})
	if len(lines) != 1 || lines[0]["InvoiceNumber"] != "" {
		t.Errorf("got %v", lines)
	}
}

func TestABlobThatEndsEarlyIsWholeTheNextTime(t *testing.T) {
	s, invoice := invoiced(t)
	_, manifest := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice})
	switches := s.w.Switches()
	switches.TruncatedBlobs = 1
	s.w.Switch(switches)
	place := blobsOf(manifest)[0]
	if _, err := unzipped(s.get(place).data); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the first time: %v", err)
	}
	if _, err := unzipped(s.get(place).data); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

func TestNumbersMayComeAsStrings(t *testing.T) {
	s, invoice := invoiced(t)
	switches := s.w.Switches()
	switches.NumbersAsStrings = true
	s.w.Switch(switches)
	lines, _ := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice})
	older := s.pages("/v1/invoices/" + invoice + "/lineitems/OneTime/BillingLineItems")
	for _, value := range []any{lines[0]["Subtotal"], lines[0]["BillableQuantity"], older[0]["quantity"]} {
		if _, text := value.(string); !text {
			t.Errorf("%v is %T, want a text", value, value)
		}
	}
}

func TestRowsAreStampedByWhatTheySay(t *testing.T) {
	s, invoice := invoiced(t)
	ask := map[string]string{"invoiceId": invoice}
	_, first := s.exported("reconciliation/billed", ask)
	_, again := s.exported("reconciliation/billed", ask)
	if first["eTag"] != again["eTag"] || first["id"] == again["id"] {
		t.Errorf("the same rows are stamped %v and %v", first["eTag"], again["eTag"])
	}
	if err := s.w.Mistake(Mistake{Kind: WrongPrice, Invoice: invoice, Subscription: "sub-3", Value: "13"}); err != nil {
		t.Fatal(err)
	}
	if _, restated := s.exported("reconciliation/billed", ask); restated["eTag"] == first["eTag"] {
		t.Error("restated rows have the old stamp")
	}
}

func TestMicrosoftIsWrongInAKnownWay(t *testing.T) {
	// Eight lines of 10 to 17 seats at 12.00 come to 1,296.00; sub-3 has 13 seats.
	for _, c := range []struct {
		mistake     Mistake
		total, rows string
		lines       int
	}{
		{Mistake{Kind: MissingLine, Subscription: "sub-3"}, "1140.00", "1140.00", 7},
		{Mistake{Kind: DuplicatedLine, Subscription: "sub-3"}, "1452.00", "1452.00", 9},
		{Mistake{Kind: UnseenLine, Subscription: "sub-3"}, "1296.00", "1140.00", 7},
		{Mistake{Kind: WrongPrice, Subscription: "sub-3", Value: "12.60"}, "1303.80", "1303.80", 8},
		{Mistake{Kind: WrongRate, Subscription: "sub-3", Value: "1.1"}, "1311.60", "1311.60", 8},
		{Mistake{Kind: WrongQuantity, Subscription: "sub-3", Value: "14"}, "1308.00", "1308.00", 8},
		{Mistake{Kind: WrongQuantity, Line: 7, Value: "1"}, "1104.00", "1104.00", 8},
	} {
		for _, afterwards := range []bool{false, true} {
			s := open(t, "USD", "2026-03-05")
			if !afterwards {
				s.sendMistake(c.mistake)
			}
			for n := range 8 {
				s.happen(fmt.Sprintf("sub-%d", n), days(t, "2026-03-05", "2027-03-04"), chargeNew, 0, 10+n)
			}
			s.advance("2026-04-06", "04:00")
			invoice := s.w.Invoices()[0]
			if afterwards {
				c.mistake.Invoice = invoice
				s.sendMistake(c.mistake)
			}
			lines, _ := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice})
			total := decimalOf(t, s.get("/v1/invoices/" + invoice).object(t)["totalCharges"])
			if total.String() != c.total || sumOf(t, lines, "Total").String() != c.rows || len(lines) != c.lines {
				t.Errorf("%s, afterwards %t: %d lines of %s in a total of %s", c.mistake.Kind, afterwards, len(lines), sumOf(t, lines, "Total"), total)
			}
		}
	}
	w := New(Settings{Seed: "w", Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	for _, c := range []struct {
		mistake Mistake
		want    string
	}{
		{Mistake{Kind: "odd"}, "mistake odd: unknown (expected missingLine, duplicatedLine, unseenLine, wrongPrice, wrongRate, wrongQuantity or lateUsage)"},
		{Mistake{Kind: WrongPrice}, `mistake wrongPrice: value "" (expected a number above 0, up to 1000000)`},
		{Mistake{Kind: MissingLine, Invoice: "G1"}, `mistake missingLine: there is no invoice "G1"`},
	} {
		if err := w.Mistake(c.mistake); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// sendMistake orders a mistake through the control door.
func (v *visitor) sendMistake(m Mistake) {
	v.t.Helper()
	if r := v.send(http.MethodPost, "/standin/mistakes", m); r.status != http.StatusNoContent {
		v.t.Fatalf("%+v: %d %s", m, r.status, r.data)
	}
}

func TestTheSwitchesAreSetOneByOne(t *testing.T) {
	s := open(t, "USD", "2026-03-05")
	r := s.send(http.MethodPut, "/standin/billing", map[string]any{"truncation": "line", "taxPercent": json.Number("7.5"), "linksLast": "1h"})
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.data)
	}
	got := s.w.Switches()
	if got.Truncation != TruncateLine || got.TaxPercent.String() != "7.5" || got.LinksLast != time.Hour || got.Polls != 2 || got.Manifest != ManifestInline {
		t.Errorf("the switches are %+v", got)
	}
	for _, wrong := range []map[string]any{{"truncation": "seat"}, {"manifest": "odd"}, {"linksLast": "soon"}, {"taxPercent": json.Number("-1")}} {
		if r := s.send(http.MethodPut, "/standin/billing", wrong); r.status != http.StatusBadRequest {
			t.Errorf("%v: %d, want 400", wrong, r.status)
		}
	}
}
