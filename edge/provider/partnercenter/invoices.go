package partnercenter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// invoicesPage is how many invoices one call gives; those of new commerce come all at once.
const invoicesPage = 200

// Invoices are those dated on or after a day, with what amends them. The stamp of
// one whose rows are exported is that of the export, which is made for it (in
// minutes): so its rows need not be read again while they are the same.
func (c *Client) Invoices(ctx context.Context, since calendar.Date) iter.Seq2[flow.ProviderInvoice, error] {
	return func(yield func(flow.ProviderInvoice, error) bool) {
		pages := invoicePages{since: since, seen: map[string]bool{}}
		err := c.items(ctx, get("/v1/invoices").byPerson(), pagingOffset, invoicesPage, func(at flow.Source, item object) error {
			return pages.take(at, item, func(v flow.ProviderInvoice, err error) error {
				if err != nil {
					return enough(yield(flow.ProviderInvoice{}, rowError(at, err)))
				}
				if v.Stamp, err = c.stamp(ctx, v); err != nil {
					return err
				}
				return enough(yield(v, nil))
			})
		})
		if err != nil {
			yield(flow.ProviderInvoice{}, err)
		}
	}
}

// invoicePages reads the pages of invoices.
type invoicePages struct {
	since calendar.Date
	seen  map[string]bool
	// again counts the invoices in a row that were there before: where the provider
	// does not heed the offset, every page is the first.
	again int
}

func (p *invoicePages) take(at flow.Source, item object, hand func(flow.ProviderInvoice, error) error) error {
	r := reading{wrong: &mistakes{at: at}, of: item}
	id := r.scalar("id")
	if p.seen[id] {
		if p.again++; p.again >= invoicesPage {
			return errEnough
		}
		return nil
	}
	p.again = 0
	amended := r.list("amendments")
	for i, raw := range append([]json.RawMessage{nil}, amended...) {
		one := r
		if i > 0 {
			o, _ := objectOf(raw)
			one = reading{wrong: &mistakes{at: at}, of: o, path: indexed("amendments", i-1) + "."}
		}
		v := invoiceOf(one)
		if p.seen[v.ID] && v.ID != "" {
			continue
		}
		p.seen[v.ID] = true
		err := one.wrong.err()
		if err == nil && v.On.Before(p.since) {
			continue
		}
		if err := hand(v, err); err != nil {
			return err
		}
	}
	return nil
}

// invoiceOf reads one invoice of a list.
func invoiceOf(r reading) flow.ProviderInvoice {
	v := flow.ProviderInvoice{ID: r.text("id"), On: dayOf(r.instant("invoiceDate"))}
	if v.ID == "" {
		r.add("id", "is missing, and required")
	}
	if v.On.IsZero() {
		r.add("invoiceDate", "is missing, and required")
	}
	if from, to := r.instant("billingPeriodStartDate"), r.instant("billingPeriodEndDate"); !from.IsZero() && !to.IsZero() {
		v.Period = calendar.Period{From: dayOf(from), To: dayOf(to).AddDays(1)}
	}
	code := r.text("currencyCode")
	var err error
	if v.Currency, err = money.ParseCurrency(strings.ToUpper(code)); err != nil {
		r.add("currencyCode", "%s is not a currency (expected an ISO 4217 code such as USD)", quote(code))
	}
	var given bool
	if v.Total, given = r.number("totalCharges"); !given {
		r.add("totalCharges", "is missing, and required")
	}
	kind := strings.ToLower(r.text("documentType"))
	v.Credit = kind == "credit_note" || kind == "void_note" || v.Total.Sign() < 0
	// What is listed stands for the rows until an export gives a better stamp.
	sum := sha256.Sum256([]byte(strings.Join([]string{kind, v.Total.Trim(0).String(), r.scalar("status"), etagOf(r)}, "\x00")))
	v.Stamp = hex.EncodeToString(sum[:8])
	return v
}

func etagOf(r reading) string {
	a, _ := r.object("attributes")
	return a.scalar("etag")
}

// isExported says that the rows of an invoice come from an export: those of new
// commerce, whose numbers begin with a G.
func (c *Client) isExported(invoice string) bool {
	return !c.set.OlderBills && strings.HasPrefix(strings.ToUpper(invoice), "G")
}

// stamp is the export's where there is one, else what the list came to.
func (c *Client) stamp(ctx context.Context, v flow.ProviderInvoice) (string, error) {
	if !c.isExported(v.ID) {
		return v.Stamp, nil
	}
	ask := rowsBilled(v.ID)
	made, err := c.export(ctx, ask)
	switch {
	case errors.Is(err, flow.ErrThrottled), errors.As(err, new(*flow.ProviderRefusal)):
		// Not ready in time, or not to be had: whoever asks for the rows learns why.
		return "", nil
	case err != nil:
		return "", err
	}
	c.made.put(ask, made)
	return made.stamp, nil
}

// attributes is the set of columns that is asked for: the smaller one lacks what
// rows and usage are known by.
const attributes = "full"

func rowsBilled(invoice string) exportAsk {
	return exportAsk{path: "reconciliation/billed", Invoice: invoice, Set: attributes}
}

// InvoiceLines are the rows of one invoice; of an invoice without an ID, what is
// not billed yet in its currency: of the last month, until that is billed, and of
// the current one.
func (c *Client) InvoiceLines(ctx context.Context, invoice flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		reader := newReconReader()
		stopped := false
		hand := func(line flow.ProviderLine, err error) bool {
			if err == nil && invoice.ID == "" && line.Invoice != "" {
				return true // billed in the meantime
			}
			stopped = !yield(line, handedOn(err))
			return !stopped
		}
		err := c.invoiceRows(ctx, invoice, func(rows rowSeq) bool { return reader.read(rows, hand) })
		if err != nil && !stopped {
			yield(flow.ProviderLine{}, err)
		}
	}
}

func (c *Client) invoiceRows(ctx context.Context, invoice flow.ProviderInvoice, read func(rowSeq) bool) error {
	currency := c.currency(invoice.Currency)
	switch {
	case c.isExported(invoice.ID):
		return c.exported(ctx, reconLayout, read, rowsBilled(invoice.ID))
	case invoice.ID != "":
		return c.olderInvoice(ctx, invoice.ID, read)
	case currency == "":
		return errNoCurrency
	}
	if !c.set.OlderBills {
		return c.exported(ctx, reconLayout, read, rowsUnbilled(currency, true), rowsUnbilled(currency, false))
	}
	return c.paged(ctx, reconLayout, read, unbilledPage("billinglineitems", currency, true), unbilledPage("billinglineitems", currency, false))
}

// rowsUnbilled are the rows of last month's period or of the current one that are on no invoice yet.
func rowsUnbilled(currency string, last bool) exportAsk {
	return exportAsk{path: "reconciliation/unbilled", Currency: currency, Period: exportPeriod(last), Set: attributes}
}

var errNoCurrency = errors.New("what is not billed is asked for by currency: none is given")

// currency is the one asked for, else the connection's; empty where there is none.
func (c *Client) currency(asked money.Currency) string {
	if asked.IsZero() {
		asked = c.set.Currency
	}
	if asked.IsZero() {
		return ""
	}
	return asked.String()
}

func exportPeriod(last bool) string {
	if last {
		return "last"
	}
	return "current"
}

// Usage is daily rated usage: that of an invoice, or what is not billed.
func (c *Client) Usage(ctx context.Context, ask flow.UsageAsk) iter.Seq2[flow.RatedUsage, error] {
	return func(yield func(flow.RatedUsage, error) bool) {
		reader := newUsageReader()
		stopped := false
		read := func(rows rowSeq) bool {
			return reader.read(rows, func(u flow.RatedUsage, err error) bool {
				stopped = !yield(u, handedOn(err))
				return !stopped
			})
		}
		if err := c.usageRows(ctx, ask, read); err != nil && !stopped {
			yield(flow.RatedUsage{}, err)
		}
	}
}

func (c *Client) usageRows(ctx context.Context, ask flow.UsageAsk, read func(rowSeq) bool) error {
	currency := c.currency(ask.Currency)
	if ask.Invoice == "" && currency == "" {
		return errNoCurrency
	}
	switch {
	case c.set.OlderBills && ask.Invoice != "":
		return c.paged(ctx, usageLayout, read, billedPage(ask.Invoice, "onetime", "usagelineitems", currency))
	case c.set.OlderBills:
		return c.paged(ctx, usageLayout, read, unbilledPage("usagelineitems", currency, ask.Last))
	case ask.Invoice != "":
		return c.exported(ctx, usageLayout, read, exportAsk{path: "usage/billed", Invoice: ask.Invoice, Set: attributes})
	default:
		return c.exported(ctx, usageLayout, read, exportAsk{path: "usage/unbilled", Currency: currency, Period: exportPeriod(ask.Last), Set: attributes})
	}
}

// handedOn is the error of one row as streams hand it on.
func handedOn(err error) error {
	var p *Problem
	if err == nil || !errors.As(err, &p) {
		return err
	}
	return rowError(p.At, err)
}
