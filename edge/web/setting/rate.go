package setting

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
)

// RatesPath is the list of exchange rates.
const RatesPath = "/settings/rates"

// ratesShown is how many rates of a pair are shown at once.
const ratesShown = 100

// pair is two currencies with the rates between them, the newest first.
type pair struct {
	name  string
	rates []billing.Rate
	// now is the place of the rate in force today; -1 where none is yet.
	now int
}

func pairName(r *billing.Rate) string { return r.From.String() + "-" + r.To.String() }

func (p *pair) path() string { return RatesPath + "?pair=" + url.QueryEscape(p.name) }

// shown is the rate that stands for the pair in the list of all.
func (p *pair) shown() *billing.Rate { return &p.rates[max(p.now, 0)] }

func (p *pair) pill(at int) part.Pill {
	switch {
	case at == p.now:
		return part.Pill{Text: "in force", Tone: part.Good}
	case p.now < 0 || at < p.now:
		return part.Pill{Text: "to come", Tone: part.Plain}
	}
	return part.Pill{}
}

func pairsOf(v *visit.Visit) ([]pair, error) {
	list, err := v.Desk.RateList(v.R.Context())
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b billing.Rate) int { return cmp.Compare(pairName(&a), pairName(&b)) })
	today := v.Desk.Today()
	var pairs []pair
	for i := range list {
		if n := len(pairs); n == 0 || pairs[n-1].name != pairName(&list[i]) {
			pairs = append(pairs, pair{name: pairName(&list[i]), now: -1})
		}
		p := &pairs[len(pairs)-1]
		if p.now < 0 && !list[i].On.After(today) {
			p.now = len(p.rates)
		}
		p.rates = append(p.rates, list[i])
	}
	return pairs, nil
}

// Rates lists what is in force between each two currencies or, of one pair, every rate.
func Rates(v *visit.Visit) error {
	pairs, err := pairsOf(v)
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	name := query.Get("pair")
	if name == "" {
		return v.Page(below("Exchange rates"), ratesPage(v, pairs))
	}
	at := slices.IndexFunc(pairs, func(p pair) bool { return p.name == name })
	if at < 0 {
		return visit.ErrNoPage
	}
	p := &pairs[at]
	from, err := strconv.Atoi(query.Get("from"))
	if err != nil || from < 0 || from >= len(p.rates) {
		from = 0
	}
	to := min(from+ratesShown, len(p.rates))
	next := part.Next{Shown: v.Locale.Count(int64(to-from)) + " of " + part.Plural(int64(len(p.rates)), "rate")}
	if to < len(p.rates) {
		next.Older = v.Here("from", strconv.Itoa(to))
	}
	if from > 0 {
		next.Newer = v.Here("from", strconv.Itoa(max(from-ratesShown, 0)))
	}
	title := p.shown().From.String() + " to " + p.shown().To.String()
	return v.Page(below(title, part.Link{Text: "Exchange rates", Path: RatesPath}), pairPage(v, title, p, from, to, next))
}

// RateNew is the form of a rate.
func RateNew(v *visit.Visit) error { return rateAsked(v, v.Form()) }

func rateAsked(v *visit.Visit, f *visit.Form) error {
	return v.Page(below("New exchange rate", part.Link{Text: "Exchange rates", Path: RatesPath}), rateAdd(v, f))
}

// RateAdd adds a rate.
func RateAdd(v *visit.Visit) error {
	f := v.Form()
	rate := billing.Rate{From: currencyOf(f, "from", "The currency"), To: currencyOf(f, "to", "The other currency"), On: f.Day("on")}
	number, given := f.Decimal("rate")
	if !given {
		f.Wrong("rate", "The rate is missing.")
	}
	rate.Rate = number
	if rate.On.IsZero() {
		f.Wrong("on", "From which day does it hold?")
	}
	if !f.OK() {
		return rateAsked(v, f)
	}
	if err := v.Desk.RateAdd(v.R.Context(), rate); err != nil {
		if !f.Take(err) {
			return err
		}
		return rateAsked(v, f)
	}
	return v.Done(RatesPath+"?pair="+pairName(&rate), "1 "+rate.From.String()+" is "+v.Locale.Number(rate.Rate.String())+" "+rate.To.String()+" from "+part.Day(rate.On)+".")
}
