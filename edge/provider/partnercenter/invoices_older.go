package partnercenter

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"prorata/flow"
)

// The rows of invoices page by page, as the interface gave them before there
// were exports, and still gives those of before new commerce.

// linesPage is the most rows that one call gives.
const linesPage = 2000

// lineProviders are the words for who provides what is on an invoice, as an
// invoice says it and as its rows are asked for.
var lineProviders = map[string]string{"onetime": "onetime", "marketplace": "onetime", "office": "office", "azure": "azure"}

func billedPage(invoice, provider, kind, currency string) call {
	k := get(pathOf("/v1/invoices/%s/lineitems", invoice)).byPerson()
	k.path += "?provider=" + provider + "&invoicelineitemtype=" + kind
	if currency != "" {
		k.path += "&currencycode=" + strings.ToLower(currency)
	}
	return k
}

func unbilledPage(kind, currency string, last bool) call {
	k := get("/v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=" + kind + "&currencycode=" + strings.ToLower(currency)).byPerson()
	if last {
		k.path += "&period=previous"
	} else {
		k.path += "&period=current"
	}
	return k
}

// olderInvoice reads the rows of all that an invoice says to be on it.
func (c *Client) olderInvoice(ctx context.Context, invoice string, read func(rowSeq) bool) error {
	r, err := c.askObject(ctx, get(pathOf("/v1/invoices/%s", invoice)).byPerson())
	if err != nil {
		return err
	}
	done := map[string]bool{}
	var asks []call
	raw, _ := r.raw("invoiceDetails")
	for _, item := range rawList(raw) {
		o, _ := objectOf(item)
		detail := reading{wrong: &mistakes{}, of: o}
		provider := lineProviders[columnName(detail.scalar("billingProvider"))]
		if columnName(detail.scalar("invoiceLineItemType")) != "billinglineitems" || provider == "" || done[provider] {
			continue
		}
		done[provider] = true
		asks = append(asks, billedPage(invoice, provider, "billinglineitems", ""))
	}
	if len(done) == 0 {
		return damaged("GET /v1/invoices/"+invoice, 0, "invoiceDetails: no rows of a kind that we know")
	}
	return c.paged(ctx, reconLayout, read, asks...)
}

// paged reads the rows of all pages of lists, one list after another. Pages of new
// commerce follow a token, the others are counted. All pages are fetched before the first
// row is handed on, as those of an export are: a line of the spool is a row.
func (c *Client) paged(ctx context.Context, l layout, read func(rowSeq) bool, asks ...call) (err error) {
	to, err := c.spool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	var pieces []piece
	for _, k := range asks {
		how := pagingOffset
		if strings.Contains(k.path, "provider=onetime") {
			how = pagingToken
		}
		start, text := to.end, bufio.NewWriter(to)
		lines := json.NewEncoder(text)
		err := c.items(ctx, k, how, linesPage, func(_ flow.Source, item object) error { return lines.Encode(item) })
		if err == nil {
			err = text.Flush()
		}
		if err != nil {
			return err
		}
		pieces = append(pieces, piece{k.name(), k, io.NewSectionReader(to, start, to.end-start)})
	}
	for _, p := range pieces {
		if p.Size() > 0 && !read(rowsOf(p.name, p, l, allow(c.set.UnpackedMost))) {
			return nil
		}
	}
	return nil
}
