package standin

import (
	"archive/zip"
	"bytes"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// salesCall is how the pricing host writes its paths: a name with arguments.
var salesCall = regexp.MustCompile(`^(\w+)\((.*)\)$`)

var salesArgument = regexp.MustCompile(`^\s*(\w+)\s*=\s*'([^']*)'\s*$`)

// never is how a price sheet writes the end of a price that has none.
const never = "11/30/9999 11:59:59 PM"

// sales answers for the pricing host: price sheets and exchange rates.
func (b *billing) sales(c *call) *answer {
	if c.r.Header.Get("client-request-id") == "" {
		return refuseOther(http.StatusBadRequest, "badRequest", "The header client-request-id is missing.")
	}
	parts := salesCall.FindStringSubmatch(c.path("what"))
	if parts == nil {
		return refuseOther(http.StatusNotFound, "notFound", "There is no such resource.")
	}
	given := map[string]string{}
	for argument := range strings.SplitSeq(parts[2], ",") {
		if pair := salesArgument.FindStringSubmatch(argument); pair != nil {
			given[strings.ToLower(pair[1])] = pair[2]
		}
	}
	switch strings.ToLower(parts[1]) {
	case "fxrates":
		return b.fxRates(given["month"])
	case "pricesheets":
		return b.priceSheet(c, given["market"], given["pricesheetview"])
	}
	return refuseOther(http.StatusNotFound, "notFound", "There is no such resource.")
}

// month reads YYYYMM.
func monthFrom(text string) (calendar.Period, bool) {
	if len(text) != 6 {
		return calendar.Period{}, false
	}
	first, err := calendar.ParseDate(text[:4] + "-" + text[4:] + "-01")
	return monthOf(first), err == nil
}

func (b *billing) fxRates(text string) *answer {
	month, known := monthFrom(text)
	if !known {
		return refuseOther(http.StatusBadRequest, "badRequest", "Month "+strconv.Quote(text)+": expected YYYYMM.")
	}
	if month.From.After(civil(b.world.now)) {
		return refuseOther(http.StatusNotFound, "notFound", "There are no rates of that month yet.")
	}
	return file("fxrates.csv", []byte(fxRates(month.From)))
}

func file(name string, data []byte) *answer {
	a := &answer{status: http.StatusOK, kind: "application/octet-stream", raw: data}
	return a.with("Content-Disposition", "attachment; filename="+name)
}

// priceSheet is a market's sheet as of today, of an earlier month, or as it is
// announced for the next one.
func (b *billing) priceSheet(c *call, market, view string) *answer {
	if len(market) != 2 {
		return refuseOther(http.StatusBadRequest, "badRequest", "Market "+strconv.Quote(market)+": expected two letters.")
	}
	today := civil(b.world.now)
	shown := calendar.Period{From: today, To: today.AddDays(1)}
	nothing := refuseOther(http.StatusNotFound, "notFound", "There is no such price sheet.")
	future := false
	switch c.query("timeline") {
	case "", "current":
	case "history":
		month, known := monthFrom(c.query("month"))
		if !known {
			return refuseOther(http.StatusBadRequest, "badRequest", "month "+strconv.Quote(c.query("month"))+": expected YYYYMM.")
		}
		if month.From.After(today) {
			return nothing
		}
		shown = month
	case "future":
		future = true
		shown = monthOf(monthOf(today).To)
	default:
		return refuseOther(http.StatusBadRequest, "badRequest", "timeline "+strconv.Quote(c.query("timeline"))+": expected current, history or future.")
	}
	var sheet string
	switch view {
	case "updatedlicensebased":
		sheet = b.seatSheet(strings.ToUpper(market), shown, future, Licenses)
	case "software":
		sheet = b.seatSheet(strings.ToUpper(market), shown, future, Perpetual)
	case "azure_consumption":
		if !future {
			sheet = azureSheet(strings.ToUpper(market))
		}
	case "azure_reservations", "marketplace", "licensebasedeos", "licensebasedest":
	default:
		return refuseOther(http.StatusBadRequest, "badRequest", "PricesheetView "+strconv.Quote(view)+" is not known.")
	}
	if sheet == "" {
		return nothing
	}
	if !strings.Contains(c.r.Header.Get("Accept-Encoding"), "deflate") {
		return file("sheets.csv", []byte(sheet))
	}
	return file("sheets.csv", zipped("sheets.csv", sheet, b.world.now))
}

func zipped(name, text string, at time.Time) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

// sheetRow writes cells as a price sheet does: every one quoted.
func sheetRow(b *strings.Builder, cells ...string) {
	for n, cell := range cells {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
	}
	b.WriteString("\r\n")
}

// seatSheet is the sheet of a kind of product: a row for each price that holds in
// some of the days. A sheet of the future that changes nothing is none.
func (b *billing) seatSheet(market string, shown calendar.Period, future bool, kind ProductKind) string {
	var out strings.Builder
	sheetRow(&out, "ChangeIndicator", "ProductTitle", "ProductId", "SkuId", "SkuTitle", "Publisher", "SkuDescription", "UnitOfMeasure", "TermDuration", "BillingPlan",
		"Market", "Currency", "UnitPrice", "PricingTierRangeMin", "PricingTierRangeMax", "EffectiveStartDate", "EffectiveEndDate", "Tags", "ERP Price", "Segment", "PreviousValues")
	rows, changes := 0, 0
	for _, p := range b.world.catalog.products {
		if p.Kind != kind {
			continue
		}
		for _, s := range p.SKUs {
			for o := range s.Offers {
				r, c := offerRows(&out, market, shown, s, &s.Offers[o])
				rows, changes = rows+r, changes+c
			}
		}
	}
	if rows == 0 || future && changes == 0 {
		return ""
	}
	return out.String()
}

// offerRows writes the rows of one offer; changed counts the prices that begin in
// the days shown.
func offerRows(out *strings.Builder, market string, shown calendar.Period, s *SKU, o *Offer) (rows, changed int) {
	for n, price := range o.Prices {
		until := calendar.Date{}
		if n+1 < len(o.Prices) {
			until = o.Prices[n+1].From
		}
		if !price.From.Before(shown.To) || !until.IsZero() && !until.After(shown.From) {
			continue
		}
		indicator, previous, end := "Unchanged", "", never
		if shown.Contains(price.From) {
			changed++
			if indicator = "New"; n > 0 {
				indicator, previous = "Changed", "UnitPrice="+o.Prices[n-1].List.String()
			}
		}
		if !until.IsZero() {
			end = sheetDay(until.AddDays(-1)) + " 11:59:59 PM"
		}
		for _, segment := range s.Segments {
			rows++
			sheetRow(out, indicator, s.product.Title, s.product.ID, s.ID, s.Title, s.product.Publisher, s.Description, "", termWord(o.TermMonths), planWord(o.Billing),
				market, priceCurrency, price.List.String(), "", "", sheetDay(price.From)+" 12:00:00 AM", end, "License", price.Retail.String(), segmentWord(segment), previous)
		}
	}
	return rows, changed
}

// sheetDay is a day as price sheets write it: M/D/YYYY.
func sheetDay(day calendar.Date) string {
	year, month, d := day.Civil()
	return strconv.Itoa(month) + "/" + strconv.Itoa(d) + "/" + strconv.Itoa(year)
}

func termWord(months int) string {
	switch {
	case months == 0:
		return ""
	case months%12 == 0:
		return "P" + strconv.Itoa(months/12) + "Y"
	}
	return "P" + strconv.Itoa(months) + "M"
}

func planWord(billing Billing) string {
	switch billing {
	case Monthly:
		return "Monthly"
	case Annual:
		return "Annual"
	case Triennial:
		return "Triennial"
	case OneTime, None:
	}
	return "None"
}

func segmentWord(segment string) string {
	switch strings.ToLower(segment) {
	case "education":
		return "Education"
	case "government":
		return "Government"
	case "nonprofit":
		return "Charity"
	}
	return "Commercial"
}

// azureSheet is what meters cost before what a partner earns, in dollars.
func azureSheet(market string) string {
	var out strings.Builder
	sheetRow(&out, "ProductTitle", "ProductId", "SkuId", "SkuTitle", "Publisher", "SkuDescription", "UnitOfMeasure", "TermDuration", "Market", "Currency", "UnitPrice",
		"PricingTierRangeMin", "PricingTierRangeMax", "EffectiveStartDate", "EffectiveEndDate", "MeterIds", "MeterType", "Tags")
	for n := range meters {
		m := &meters[n]
		row := func(price, from, to string) {
			sheetRow(&out, m.productName, m.product, m.sku, m.skuName, "Microsoft", m.skuName, m.unit, "payG-1", market, priceCurrency, price, from, to,
				"3/1/2018 12:00:00 AM", never, guidOf("meter", m.product, m.sku), m.unit, "Azure")
		}
		if m.free == 0 {
			row(m.price, "", "")
			continue
		}
		free := money.DecimalOf(m.free).String()
		row("0", "0", free)
		row(m.price, free, "")
	}
	return out.String()
}
