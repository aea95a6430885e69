package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"prorata/core/money"
	"prorata/edge/bookfile"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
	"prorata/flow/office"
)

// shelf keeps what was sent in memory, and reads it with the program's own readers.
type shelf struct {
	files map[string]office.ImportFile
	text  map[string]string
}

func (s *shelf) Keep(who string, file office.ImportFile, content io.Reader) (string, error) {
	if file.Kind == "auto" {
		return "", &office.FieldError{Field: "as", Err: fmt.Errorf("the name of %s does not say what it is", file.Name)}
	}
	text, err := io.ReadAll(content)
	id := fmt.Sprint("f", len(s.files))
	s.files[who+id], s.text[who+id] = file, string(text)
	return id, err
}

func (s *shelf) Find(who, id string) (office.ImportFile, error) {
	file, known := s.files[who+id]
	if !known {
		return file, flow.ErrUnknown
	}
	return file, nil
}

func (s *shelf) Intakes(_ context.Context, who, id string) iter.Seq2[flow.Intake, error] {
	return told(bookfile.ReadBook(s.files[who+id].Name, strings.NewReader(s.text[who+id])))
}

func (s *shelf) Rows(_ context.Context, who, id string) (iter.Seq2[flow.PriceSheetRow, error], flow.PriceSheetOptions, error) {
	return told(partnercenter.PriceSheet(s.files[who+id].Name, strings.NewReader(s.text[who+id]))), flow.PriceSheetOptions{}, nil
}

func (s *shelf) Bill(_ context.Context, who, id string, _ flow.Connection) iter.Seq2[office.BillRow, error] {
	return func(yield func(office.BillRow, error) bool) {
		for line, err := range told(partnercenter.Reconciliation(s.files[who+id].Name, strings.NewReader(s.text[who+id]))) {
			if !yield(office.BillRow{ProviderLine: line}, err) {
				return
			}
		}
	}
}

func (s *shelf) Took(who, id string, report *office.ImportReport) error {
	file := s.files[who+id]
	file.Report = report
	s.files[who+id] = file
	return nil
}

// told says of each mistake where it is, as the program does for its doors.
func told[T any](values iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for value, err := range values {
			if err != nil {
				file, rest, _ := strings.Cut(err.Error(), ":")
				line, why, _ := strings.Cut(rest, ": ")
				at := flow.Source{File: file}
				if _, wrong := fmt.Sscan(line, &at.Line); wrong != nil {
					why = rest
				}
				err = &flow.InputError{At: at, Err: fmt.Errorf("%s", why)}
			}
			if !yield(value, err) {
				return
			}
		}
	}
}

// send sends a file with a form's other fields.
func (c *counter) send(name, content string, fields ...string) (status int, words string) {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			c.t.Fatal(err)
		}
	}
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		c.t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/import", &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return c.ask(req)
}

func newImportCounter(t *testing.T) *counter {
	c := newCounter(t)
	c.site.Parts.Imports.Files = &shelf{files: map[string]office.ImportFile{}, text: map[string]string{}}
	return c
}

const someBook = `products: [{sku: NEW:1, name: Teams Rooms}]
prices:
  - {sku: NEW:1, price: 40.00, currency: EUR}
  - {sku: NEW:1, price: forty, currency: EUR}
contracts: [{id: lost, account: nowhere, start: 2026-01-01}]
`

// A file with mistakes: what can be read is shown with what cannot, nothing is taken before
// it is told to, and then all but the mistakes is.
func TestAFileIsLookedAtAndTaken(t *testing.T) {
	c := newImportCounter(t)
	status, to := c.send("some.yaml", someBook, "as", "book")
	if status != http.StatusSeeOther {
		t.Fatalf("sent: %d: %s", status, to)
	}
	c.reads(to, []string{"some.yaml", "not taken yet", "contract 1", "price 1", "product 1", "some.yaml:4", "prices[1].price", "Take this file in"})
	c.reads("/catalog", nil, "Teams Rooms")
	if status, after := c.post(to); status != http.StatusSeeOther || after != to {
		t.Fatalf("taken: %d: %s", status, after)
	}
	c.reads(to, []string{"taken, with mistakes", "some.yaml:4", "forty", "some.yaml:5", "nowhere", "2 lines not taken"}, "Take this file in")
	c.reads("/catalog", []string{"Teams Rooms"})

	// Nobody else has it, and who sends it again changes nothing.
	mine := c.who
	c.as(office.Owner)
	c.who.User, c.who.Who = "other", "other@example.com"
	if status, _ := c.get(to); status != http.StatusNotFound {
		t.Errorf("another's file: %d", status)
	}
	c.who = mine
	_, again := c.send("some.yaml", someBook, "as", "book")
	c.post(again)
	_, words := c.get(again)
	if !strings.Contains(words, "Taken 0") || !strings.Contains(words, "product 0 1") {
		t.Errorf("the same file again: %s", words)
	}
}

const someSheet = `ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Market,Currency,UnitPrice,ERPPrice,EffectiveStartDate
CFQ1,0001,Office 365 E3,P1Y,Monthly,DE,EUR,20.00,25.00,2026-01-01
CFQ1,0001,Office 365 E3,P1Y,Monthly,DE,EUR,much,25.00,2026-01-01
`

// Who may import but not set prices may look at a price sheet and not take it.
func TestAPriceSheetShowsWhatItChanges(t *testing.T) {
	c := newImportCounter(t)
	_, to := c.send("sheet.csv", someSheet, "as", office.ImportPriceSheet)
	c.reads(to, []string{"Rows 1", "Nobody who has a product of this sheet pays another price", "sheet.csv:3", "UnitPrice", "Take this file in"})
	c.as(office.Operations)
	c.reads(to, []string{"Rows 1"}, "Take this file in")
	if status, _ := c.post(to); status != http.StatusForbidden {
		t.Errorf("taken by operations: %d", status)
	}
	c.as(office.Owner)
	if status, after := c.post(to); status != http.StatusSeeOther {
		t.Errorf("taken: %d: %s", status, after)
	}
	c.reads(to, []string{"taken, with mistakes", "price 1"})
	c.reads("/catalog", []string{"CFQ1:0001"})
}

// What is wrong with the form stands at its fields; a file that is too long is not read.
func TestAFormWithoutItsFile(t *testing.T) {
	c := newImportCounter(t)
	for _, x := range []struct{ name, content, as, says string }{
		{"", "", "auto", "Choose a file."},
		{"empty.yaml", "", "book", "empty.yaml is empty."},
		{"thing.bin", "x", "auto", "does not say what it is"},
	} {
		if status, words := c.send(x.name, x.content, "as", x.as); status != http.StatusUnprocessableEntity || !strings.Contains(words, x.says) {
			t.Errorf("%q: %d: %s", x.name, status, words)
		}
	}
	if status, words := c.send("big.yaml", strings.Repeat("#", office.ImportMost+1), "as", "book"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: %d: %s", status, words)
	}
}

const someBill = `PartnerId,CustomerId,CustomerName,InvoiceNumber,ProductId,SkuId,SkuName,ProductName,ChargeType,UnitPrice,EffectiveUnitPrice,Quantity,SubTotal,TaxTotal,Total,Currency,ChargeStartDate,ChargeEndDate,SubscriptionId
p,acme,Acme,G1,CFQ1,0001,E3,E3,new,20.00,20.00,10,200.00,38.00,238.00,EUR,2026-01-01,2026-01-31,s1
p,acme,Acme,G1,CFQ1,0001,E3,E3,addQuantity,20.00,20.00,1,20.00,3.80,23.80,EUR,2026-01-01,2026-01-31,s1
`

// A provider's bill is shown invoice by invoice before it is taken, and taken whole or not at all: one
// with a wrong row is told of by line and column, and cannot be taken.
func TestAProvidersBillIsTakenWholeOrNotAtAll(t *testing.T) {
	c := newImportCounter(t)
	c.as(office.Owner)
	eur, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.site.Office.Desk(c.who).ConnectionPut(t.Context(), office.ConnectionDraft{ID: "ms", Kind: "partnercenter", Currency: eur, Country: "DE", Consents: func(string) bool { return false }}); err != nil {
		t.Fatal(err)
	}
	if status, words := c.send("G1.csv", someBill, "as", office.ImportBill); status != http.StatusUnprocessableEntity || !strings.Contains(words, "The connection is missing.") {
		t.Errorf("of no connection: %d: %s", status, words)
	}
	bill := []string{"as", office.ImportBill, "connection", "ms", "total", "261.80"}
	_, wrong := c.send("G1.csv", strings.Replace(someBill, "20.00,10,", "20.00,ten,", 1), bill...)
	c.reads(wrong, []string{"1 line cannot be read", "G1.csv:2", "Quantity", "Nothing of this file can be taken"}, "Take this file in")
	if status, words := c.post(wrong); status != http.StatusUnprocessableEntity || !strings.Contains(words, "nothing of it was taken") {
		t.Errorf("a wrong one is taken: %d: %s", status, words)
	}
	_, short := c.send("G1.csv", someBill, "as", office.ImportBill, "connection", "ms", "total", "300.00")
	c.reads(short, []string{"38.20 less than the 300.00", "incomplete"})

	// The clerk takes bills, and no other file.
	c.as(office.Clerk)
	c.reads("/import", []string{"A provider's bill"}, "Exchange rates (CSV)", "For a price sheet")
	_, book := c.send("some.yaml", someBook, "as", "book")
	if status, words := c.post(book); status != http.StatusForbidden || !strings.Contains(words, "Who has the role clerk may not change import; an owner can give the right.") {
		t.Errorf("a book taken by the clerk: %d: %s", status, words)
	}
	_, to := c.send("G1.csv", someBill, bill...)
	c.reads(to, []string{"1 invoice in it", "G1", "1–31 Jan 2026", "2", "41.80", "261.80", "new", "Take this file in"}, "incomplete")
	if status, after := c.post(to); status != http.StatusSeeOther || after != to {
		t.Fatalf("taken: %d: %s", status, after)
	}
	c.reads(to, []string{"1 invoice taken", "G1", "261.80"}, "Take this file in")
	c.reads("/reconciliation", []string{"G1", "261.80"})
	_, again := c.send("G1.csv", someBill, bill...)
	c.reads(again, []string{"the same"})
	_, more := c.send("G1.csv", someBill+strings.Replace(strings.Split(someBill, "\n")[2], "20.00,1,20.00,3.80,23.80", "20.00,2,40.00,7.60,47.60", 1)+"\n", "as", office.ImportBill, "connection", "ms")
	c.reads(more, []string{"replaced", "2 → 3 rows, 261.80 → 309.40"})
}
