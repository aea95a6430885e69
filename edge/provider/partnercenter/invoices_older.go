package partnercenter

import (
	"context"
	"errors"
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
// others are counted.
func (c *Client) paged(ctx context.Context, k call, l layout, read func(rowSeq) bool) (err error) {
	how := pagingOffset
	if strings.Contains(k.path, "provider=onetime") {
		how = pagingToken
	}
	goOn := read(func(yield func(*row, error) bool) {
		o := newRecords(k.name(), l)
		err = c.items(ctx, k, how, linesPage, func(at flow.Source, item object) error {
			r, err := o.rowOf(at, item)
			return enough(yield(r, err) && !errors.Is(err, ErrDamaged))
		})
	})
	if !goOn {
		return nil
	}
	return err
}
