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
	raw, _ := r.raw("invoiceDetails")
	for _, item := range rawList(raw) {
		o, _ := objectOf(item)
		detail := reading{wrong: &mistakes{}, of: o}
		provider := lineProviders[columnName(detail.scalar("billingProvider"))]
		if columnName(detail.scalar("invoiceLineItemType")) != "billinglineitems" || provider == "" || done[provider] {
			continue
		}
		done[provider] = true
		goOn := true
		if err := c.paged(ctx, billedPage(invoice, provider, "billinglineitems", ""), reconLayout, func(rows rowSeq) bool { goOn = read(rows); return goOn }); err != nil || !goOn {
			return err
		}
	}
	if len(done) == 0 {
		return damaged("GET /v1/invoices/"+invoice, 0, "invoiceDetails: no rows of a kind that we know")
	}
	return nil
}

// paged reads the rows of all pages. Those of new commerce follow a token, the
// others are counted. All pages are fetched before the first row is handed on, as
// those of an export are: a line of the spool is a row.
func (c *Client) paged(ctx context.Context, k call, l layout, read func(rowSeq) bool) (err error) {
	how := pagingOffset
	if strings.Contains(k.path, "provider=onetime") {
		how = pagingToken
	}
	to, err := c.spool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	text := bufio.NewWriter(to)
	lines := json.NewEncoder(text)
	err = c.items(ctx, k, how, linesPage, func(_ flow.Source, item object) error { return lines.Encode(item) })
	if err == nil {
		err = text.Flush()
	}
	if err != nil || to.end == 0 {
		return err
	}
	read(rowsOf(k.name(), io.NewSectionReader(to, 0, to.end), l))
	return nil
}
