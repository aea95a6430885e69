package report

import (
	"strconv"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	sums "prorata/core/report"
	"prorata/edge/web/chart"
	"prorata/edge/web/part"
	"prorata/flow/office"
)

// monthShort stands under a mark, with the year where one begins or the row does.
func monthShort(day calendar.Date, first bool) string {
	year, month, _ := day.Civil()
	text := time.Month(month).String()[:3]
	if first || month == 1 {
		text += "\n" + strconv.Itoa(year)
	}
	return text
}

// monthLong names a month: in full, or until when where it is not over.
func monthLong(day calendar.Date) string {
	if !day.IsLastOfMonth() {
		return "until " + part.Day(day)
	}
	year, month, _ := day.Civil()
	return time.Month(month).String() + " " + strconv.Itoa(year)
}

// Month names a month given as 2026-03.
func Month(text string) string {
	day, err := calendar.ParseDate(text + "-01")
	if err != nil {
		return text
	}
	return monthLong(day.AddMonths(1).AddDays(-1))
}

// Recurring draws recurring revenue at the end of each month.
func Recurring(l part.Locale, r *office.Recurring) string {
	c := overMonths("recurring", r.Months, r.Currency)
	c.Title, c.About = "Recurring revenue a month", "What current subscriptions bring in a month, as it stood at the end of each month."
	s := chart.Series{Name: "A month"}
	for i := range r.Months {
		s.Values, s.Texts = append(s.Values, r.Months[i].Amount.Minor()), append(s.Texts, l.Amount(r.Months[i].Amount))
	}
	c.Series = []chart.Series{s}
	return c.Line()
}

// Movements draws what moved recurring revenue in each month.
func Movements(l part.Locale, r *office.Recurring) string {
	c := overMonths("movements", r.Months, r.Currency)
	c.Title, c.About = "What moved it", "What came and went in each month: together they are the difference to the month before."
	tones := [sums.Causes]chart.Tone{sums.New: chart.Strong, sums.Expansion: chart.Soft, sums.Contraction: chart.Pale, sums.Churn: chart.Grey, sums.Price: chart.Faint, sums.Exchange: chart.Outline}
	for cause := range sums.Cause(sums.Causes) {
		s, any := chart.Series{Name: cause.String(), Tone: tones[cause]}, false
		for i := range r.Months {
			moved := r.Months[i].Moved[cause]
			any = any || !moved.IsZero()
			s.Values, s.Texts = append(s.Values, moved.Minor()), append(s.Texts, signed(l, moved))
		}
		if any {
			c.Series = append(c.Series, s)
		}
	}
	if len(c.Series) == 0 {
		return ""
	}
	return c.Stacked()
}

func overMonths(id string, months []sums.Month, currency money.Currency) chart.Chart {
	c := chart.Chart{ID: id, Unit: currency.String(), Digits: currency.Digits(), Corner: "Month"}
	for i := range months {
		c.Labels, c.Long = append(c.Labels, monthShort(months[i].On, i == 0)), append(c.Long, monthLong(months[i].On))
	}
	return c
}

// signed has a plus where something came.
func signed(l part.Locale, a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + l.Amount(a)
	}
	return l.Amount(a)
}

// Ages draws what is open in one currency by age. What is owed the other way is not
// in it: it has no age.
func Ages(l part.Locale, o *sums.Owed) string {
	currency := o.Total.Currency()
	c := chart.Chart{ID: "ages-" + currency.String(), Title: "Receivables by age", About: "What is open on invoices, by the days since it was due.", Unit: currency.String(), Digits: currency.Digits(), Corner: "Age"}
	s := chart.Series{Name: "Open"}
	for age := range sums.Credit {
		c.Labels, c.Long = append(c.Labels, ageShort(age)), append(c.Long, age.String())
		s.Values, s.Texts = append(s.Values, o.ByAge[age].Minor()), append(s.Texts, l.Amount(o.ByAge[age]))
	}
	c.Series = []chart.Series{s}
	return c.Bars()
}

func ageShort(age sums.Age) string {
	return [...]string{"not due", "1–30", "31–60", "61–90", "over 90", "credit"}[age]
}

// MarginMonths draws margin by month of the providers' invoices, in the currency that
// most of it is in.
func MarginMonths(l part.Locale, months []office.MarginRow) string {
	currency := mainCurrency(months)
	c := chart.Chart{ID: "margin", Title: "Margin by month", About: "What customers were billed less what the provider charged for it, by month of the provider's invoice.", Unit: currency.String(), Digits: currency.Digits(), Corner: "Month"}
	s := chart.Series{Name: "Margin"}
	for i := range months {
		m := &months[i]
		if m.Currency != currency {
			continue
		}
		amount, err := money.RoundTo(m.Margin().Ratio(), currency)
		day, errDay := calendar.ParseDate(m.Of + "-01")
		if err != nil || errDay != nil {
			continue
		}
		c.Labels = append(c.Labels, monthShort(day, len(c.Labels) == 0))
		c.Long = append(c.Long, monthLong(day.AddMonths(1).AddDays(-1)))
		s.Values, s.Texts = append(s.Values, amount.Minor()), append(s.Texts, l.Amount(amount))
	}
	if len(c.Labels) == 0 {
		return ""
	}
	c.Series = []chart.Series{s}
	return c.Bars()
}

// mainCurrency is the one with most revenue.
func mainCurrency(rows []office.MarginRow) (most money.Currency) {
	var best money.Decimal
	byCurrency := map[money.Currency]money.Decimal{}
	for i := range rows {
		c := rows[i].Currency
		byCurrency[c] = byCurrency[c].Add(rows[i].Revenue)
		if most.IsZero() || byCurrency[c].Cmp(best) > 0 {
			most, best = c, byCurrency[c]
		}
	}
	return most
}
