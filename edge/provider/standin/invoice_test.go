package standin

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

func TestAMonthIsInvoicedOnTheSixth(t *testing.T) {
	s := open(t, "USD", "2026-03-05")
	term := days(t, "2026-03-05", "2027-03-04")
	s.happen("sub-1", term, chargeNew, 0, 10)
	s.advance("2026-03-07", "09:00")
	s.happen("sub-1", term, chargeAdded, 10, 15)
	unbilled := "/v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode=usd&period="
	if got := s.pages(unbilled + "current"); len(got) != 3 || got[0]["invoiceNumber"] != "" || got[0]["billingFrequency"] != "" {
		t.Errorf("unbilled this month: %v", got)
	}
	s.advance("2026-04-05", "10:00")
	s.happen("sub-1", term, chargeCycle, 0, 15)
	s.advance("2026-04-06", "03:59")
	if got := s.w.Invoices(); len(got) != 0 {
		t.Errorf("there is an invoice before the sixth: %v", got)
	}
	if got := s.pages(unbilled + "previous"); len(got) != 3 {
		t.Errorf("unbilled of March: %v", got)
	}
	s.advance("2026-04-06", "04:00")
	ids := s.w.Invoices()
	if len(ids) != 1 || !strings.HasPrefix(ids[0], "G") || len(ids[0]) != 10 {
		t.Fatalf("invoices %v, want one whose number begins with G", ids)
	}
	if got := s.pages(unbilled + "previous"); len(got) != 0 {
		t.Errorf("March is billed and unbilled: %v", got)
	}
	if got := s.pages(unbilled + "current"); len(got) != 1 || got[0]["chargeType"] != "cycleCharge" {
		t.Errorf("unbilled in April: %v", got)
	}
	invoice := s.get("/v1/invoices/" + ids[0]).object(t)
	for field, want := range map[string]string{
		"id": ids[0], "invoiceDate": "2026-04-06T04:00:00.0000000Z", "billingPeriodStartDate": "2026-03-01T00:00:00Z", "billingPeriodEndDate": "2026-03-31T00:00:00Z",
		"currencyCode": "USD", "documentType": "invoice", "invoiceType": "OneTime",
	} {
		if invoice[field] != want {
			t.Errorf("%s is %v, want %s", field, invoice[field], want)
		}
	}
	// 12 x 10, then 12 x 29/31 cut to the cent: 11.22 x (15 - 10).
	if got := decimalOf(t, invoice["totalCharges"]).String(); got != "176.10" {
		t.Errorf("total %s, want 176.10", got)
	}
	for _, path := range []string{
		"/v1/invoices/" + ids[0] + "/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&size=2",
		"/v1/invoices/OneTime-" + ids[0] + "/lineitems/OneTime/BillingLineItems?size=1",
		"/v1/invoices/" + ids[0] + "/lineitems/OneTime/BillingLineItems",
	} {
		lines := s.pages(path)
		if sum := sumOf(t, lines, "totalForCustomer").String(); len(lines) != 3 || sum != "176.10" {
			t.Errorf("%s: %d lines come to %s", path, len(lines), sum)
		}
	}
	if pdf := s.get("/v1/invoices/" + ids[0] + "/documents/statement"); !bytes.HasPrefix(pdf.data, []byte("%PDF-")) || !bytes.Contains(pdf.data, []byte(ids[0])) || pdf.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the statement is %.40q", pdf.data)
	}
	if got := s.get("/v1/invoices/summary").object(t)["balanceAmount"]; decimalOf(t, got).String() != "176.10" {
		t.Errorf("balance %v", got)
	}
	if r := s.send("GET", "/v1/invoices/G000000001", nil); r.status != 404 {
		t.Errorf("an unknown invoice: %d %s", r.status, r.data)
	}
}

func TestTheStatementIsADocumentThatAReaderFindsItsWayIn(t *testing.T) {
	pdf := string(plainPDF("Invoice (draft)"))
	_, end, _ := strings.Cut(pdf, "startxref\n")
	at, err := strconv.Atoi(strings.Fields(end)[0])
	if err != nil || !strings.HasPrefix(pdf[at:], "xref\n") {
		t.Fatalf("the table is not where it is said to be: %v", err)
	}
	for n, row := range strings.Split(pdf[at:], "\n")[3:8] {
		place, err := strconv.Atoi(row[:10])
		if want := strconv.Itoa(n+1) + " 0 obj"; err != nil || !strings.HasPrefix(pdf[place:], want) {
			t.Errorf("%s is not at %s", want, row)
		}
	}
	if !strings.Contains(pdf, `(Invoice \(draft\)) Tj`) {
		t.Error("brackets are not escaped")
	}
}

func TestACreditNoteTakesAnInvoiceBack(t *testing.T) {
	s := open(t, "EUR", "2026-03-05")
	s.happen("sub-1", days(t, "2026-03-05", "2027-03-04"), chargeNew, 0, 10)
	s.advance("2026-04-06", "04:00")
	id := s.w.Invoices()[0]
	total := decimalOf(t, s.get("/v1/invoices/" + id).object(t)["totalCharges"])
	note, err := s.w.CreditInvoice(id)
	if err != nil {
		t.Fatal(err)
	}
	got := s.get("/v1/invoices/" + note).object(t)
	if got["documentType"] != "credit_note" || got["amendsOf"] != id || decimalOf(t, got["totalCharges"]).Cmp(total.Neg()) != 0 {
		t.Errorf("the note is %v", got)
	}
	if amendments, ok := s.get("/v1/invoices/" + id).object(t)["amendments"].([]any); !ok || len(amendments) != 1 {
		t.Error("the invoice does not tell of its note")
	}
	if _, err := s.w.CreditInvoice("G1"); err == nil || err.Error() != `there is no invoice "G1"` {
		t.Errorf("an unknown invoice: %v", err)
	}
}

func TestEuroPartnersPayAtTheMonthsRate(t *testing.T) {
	s := open(t, "EUR", "2026-03-05")
	s.happen("sub-1", days(t, "2026-03-05", "2027-03-04"), chargeNew, 0, 10)
	line := s.pages("/v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode=EUR&period=current")[0]
	rates := string(s.get("/v1.0/sales/fxrates(Month='202603')/$value", "client-request-id", "1").data)
	_, after, _ := strings.Cut(rates, `"EUR","`)
	worth, _, _ := strings.Cut(after, `"`)
	want := cutOff(figure("12").Ratio().Mul(decimalOf(t, line["pcToBCExchangeRate"]).Ratio()), 2).Mul(figure("10").Ratio())
	if decimalOf(t, line["subtotal"]).Ratio().Cmp(want) != 0 || line["pricingCurrency"] != "USD" || line["currency"] != "EUR" {
		t.Errorf("the line is %v", line)
	}
	off := decimalOf(t, line["pcToBCExchangeRate"]).Ratio().Mul(figure(worth).Ratio()).Sub(figure("1").Ratio()).Abs()
	if off.Cmp(figure("0.00000001").Ratio()) > 0 {
		t.Errorf("the line's rate %v is not one over the published %s", line["pcToBCExchangeRate"], worth)
	}
}

func TestTaxIsPutOnEveryLine(t *testing.T) {
	s := open(t, "USD", "2026-03-05")
	switches := s.w.Switches()
	switches.TaxPercent = figure("19")
	s.w.Switch(switches)
	s.happen("sub-1", days(t, "2026-03-05", "2027-03-04"), chargeNew, 0, 1)
	s.advance("2026-04-06", "04:00")
	line := s.pages("/v1/invoices/" + s.w.Invoices()[0] + "/lineitems/OneTime/BillingLineItems")[0]
	if decimalOf(t, line["taxTotal"]).String() != "2.28" || decimalOf(t, line["totalForCustomer"]).String() != "14.28" {
		t.Errorf("the line is %v", line)
	}
}
