package invoice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strings"
	"time"

	"prorata/edge/web/visit"
	"prorata/flow"
)

// Documents are the forms in which invoices leave the program; whoever wires it gives them.
type Documents struct {
	// PDF prints one.
	PDF func(io.Writer, flow.Document) error
	// Table writes many: what is invoices or lines, format csv or xlsx.
	Table func(w io.Writer, what, format string, documents iter.Seq2[flow.Document, error]) error
}

// ErrFormat is returned by Table for what there is not.
var ErrFormat = errors.New("there is no such file")

var errStopped = errors.New("nobody reads any more")

// PDF answers with an invoice as it is printed: shown in the browser, or kept as a file.
func (d Documents) PDFOf(v *visit.Visit) error {
	doc, err := v.Desk.InvoiceDocument(v.R.Context(), v.R.PathValue("number"))
	if err != nil {
		return err
	}
	disposition := "inline"
	if v.R.URL.Query().Get("download") != "" {
		disposition = "attachment"
	}
	v.W.Header().Set("Content-Type", "application/pdf")
	v.W.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": fileName(doc.Number) + ".pdf"}))
	v.W.Header().Set("Cache-Control", "private, no-store")
	return d.PDF(v.W, doc)
}

// Export answers with the list as a file, written while it is read: however long it is.
func (d Documents) Export(v *visit.Visit) error {
	f := v.Form()
	query := queryOf(v, f)
	what, format := v.R.URL.Query().Get("what"), v.R.URL.Query().Get("format")
	kind := map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[format]
	if kind == "" || (what != "invoices" && what != "lines") {
		return visit.ErrNoPage
	}
	if !f.OK() {
		return showList(v, f)
	}
	// A wrong filter is told on the page before a file is begun.
	if _, err := v.Desk.InvoiceTotals(v.R.Context(), query); err != nil {
		return err
	}
	// A long list takes longer than a page may. A writer that knows no deadline has none to lift.
	_ = http.NewResponseController(v.W).SetWriteDeadline(time.Time{})
	v.W.Header().Set("Content-Type", kind)
	v.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fmt.Sprintf("%s-%s.%s", what, v.Desk.Today(), format)}))
	v.W.Header().Set("Cache-Control", "private, no-store")
	err := d.Table(v.W, what, format, documents(v.R.Context(), func(ctx context.Context, call func(flow.Document) error) error {
		return v.Desk.InvoiceDocuments(ctx, query, call)
	}))
	if err != nil {
		// The file has begun: the connection is broken off, so that nobody takes a part for the whole.
		v.Log.ErrorContext(v.R.Context(), "an export was cut off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// documents turns a callback around.
func documents(ctx context.Context, each func(context.Context, func(flow.Document) error) error) iter.Seq2[flow.Document, error] {
	return func(yield func(flow.Document, error) bool) {
		err := each(ctx, func(doc flow.Document) error {
			if !yield(doc, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(flow.Document{}, err)
		}
	}
}

// fileName is a number safe as the name of a file.
func fileName(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, number)
}
