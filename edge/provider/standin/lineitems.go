package standin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// lineItems are the lines of an invoice, or of none yet, page by page.
func (b *billing) lineItems(c *call) *answer {
	provider, kind := c.path("provider"), c.path("type")
	if provider == "" {
		provider, kind = c.query("provider"), c.query("invoicelineitemtype")
	}
	switch strings.ToLower(provider) {
	case "onetime", "marketplace", "all":
	case "office", "azure":
		return ok(collection([]object(nil), c.self()))
	default:
		return refuseInput("provider %q", provider)
	}
	usage := strings.EqualFold(kind, "usagelineitems")
	if !usage && !strings.EqualFold(kind, "billinglineitems") {
		return refuseInput("invoicelineitemtype %q", kind)
	}
	var lines []reconLine
	var records []usageRecord
	if strings.EqualFold(c.path("invoice"), "unbilled") {
		last := strings.EqualFold(c.query("period"), "previous")
		if !last && !strings.EqualFold(c.query("period"), "current") {
			return refuseInput("period %q", c.query("period"))
		}
		if strings.EqualFold(c.query("currencycode"), b.world.set.Partner.Currency) {
			lines, records = b.unbilled(last)
		}
	} else {
		i, no := b.invoiceOf(c)
		if no != nil {
			return no
		}
		lines, records = i.lines, i.usage
	}
	if usage {
		return linesPage(c, b, usageColumns(), records, `"invoiceLineItemType":"usage_line_items","billingProvider":"one_time","attributes":{"objectType":"DailyRatedUsageLineItem"}`)
	}
	return linesPage(c, b, reconColumns(), lines, `"discountDetails":"","invoiceLineItemType":"billing_line_items","billingProvider":"one_time","attributes":{"objectType":"OneTimeInvoiceLineItem"}`)
}

// linesPage is one page of lines with the token of the next.
func linesPage[T any](c *call, b *billing, columns []column[T], lines []T, extra string) *answer {
	size, err := strconv.Atoi(c.query("size"))
	switch {
	case c.query("size") == "":
		size = pageLinesMax
	case err != nil || size < 1 || size > pageLinesMax:
		return refuseInput("size %q", c.query("size"))
	}
	from := 0
	if token := c.r.Header.Get("MS-ContinuationToken"); strings.EqualFold(c.query("seekOperation"), "Next") {
		if from, size, err = openToken(token); err != nil || from > len(lines) {
			return refuseInput("continuation token %q", token)
		}
	}
	to := min(len(lines), from+size)
	items := make([]json.RawMessage, 0, to-from)
	for n := from; n < to; n++ {
		items = append(items, writeLine(columns, &lines[n], spelling{older: true, numbersAsStrings: b.switches.NumbersAsStrings}, extra))
	}
	page := collection(items, c.self())
	if to < len(lines) {
		token := sealToken(to, size)
		next := c.self()
		if !strings.Contains(strings.ToLower(next), "seekoperation=next") {
			if strings.Contains(next, "?") {
				next += "&seekOperation=Next"
			} else {
				next += "?seekOperation=Next"
			}
		}
		page["continuationToken"] = token
		page["links"] = object{"self": link(c.self()), "next": link(next, object{"key": "MS-ContinuationToken", "value": token})}
	}
	return ok(page)
}

// sealToken says where the next page begins, and how long pages are.
func sealToken(from, size int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "lines,%d,%d", from, size))
}

func openToken(token string) (from, size int, err error) {
	data, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscanf(string(data), "lines,%d,%d", &from, &size)
	if err == nil && (from < 0 || size < 1 || size > pageLinesMax) {
		err = fmt.Errorf("not a place in the lines")
	}
	return from, size, err
}
