package demobook
import ("testing";"fmt";"os";"prorata/core/billing";"sort")
func TestTmpSweep(t *testing.T) {
	if os.Getenv("SWEEP") == "" { t.Skip() }
	for seed := uint64(1); seed <= 4; seed++ {
	for until := on(t, "2026-01-15"); !until.After(on(t,"2028-12-31")); until = until.AddDays(9) {
		b := newBook(seed, until)
		events, left := b.told()
		for _, l := range left { t.Error(seed, until, l) }
		if len(events) < 1000 || len(events) > 1400 { t.Error(until, len(events)) }
		w := newWorld(Story(seed, until))
		if err := w.play(); err != nil { t.Error(seed, until, err); continue }
		once, err := w.once()
		if err != nil { t.Fatal(err) }
		a, c := draftsText(w.drafts), draftsText(once)
		in := map[string]int{}
		for _, x := range a { in[x]++ }
		for _, x := range c { in[x]-- }
		n := 0
		for _, x := range a { if in[x] > 0 { n++; if n < 6 { fmt.Println(seed, until, "daily only", x) } } }
		for _, x := range c { if in[x] < 0 { n++; if n < 6 { fmt.Println(seed, until, "once only", x) } } }
	}}
}
func TestTmpLook(t *testing.T) {
	until := on(t, "2026-06-15")
	w := newWorld(Story(1, until))
	if err := w.play(); err != nil { t.Fatal(err) }
	months := map[string]int64{}
	kinds := map[billing.LineKind]int{}
	for _, i := range w.invoices {
		months[i.Date.String()[:7]+" "+i.Currency.String()] += i.Net.Minor()
		for _, l := range i.Lines { kinds[l.Kind]++ }
	}
	var ks []string
	for k := range months { ks = append(ks, k) }
	sort.Strings(ks)
	for _, k := range ks { fmt.Println(k, months[k]/100) }
	fmt.Println(kinds)
	sort.Slice(w.invoices, func(i,j int) bool { return w.invoices[i].Net.Minor() > w.invoices[j].Net.Minor() })
	for _, i := range w.invoices[:12] { fmt.Println(i.Date, i.Payer, i.Contract, i.Net, i.Currency, len(i.Lines)) }
	for _, i := range w.invoices { if i.CreditNote { fmt.Println("CN", i.Date, i.Payer, i.Contract, i.Net, i.Currency, len(i.Lines)) } }
	for _, i := range w.invoices { for _, l := range i.Lines { if l.Kind == billing.LineAdjustment || l.Kind==billing.LineMinimum || l.Kind==billing.LineSmoothing { fmt.Println(i.Date, l.Subscription, l.Kind, l.From, l.To, l.Quantity, l.Amount) } } }
	per := map[string]int64{}
	for _, i := range w.invoices { for _, l := range i.Lines { if i.Date.String() >= "2026-05-16" { per[string(l.Contract)] += l.Amount.Minor() } } }
	for _, b := range w.books { fmt.Print(b.Contract.ID, " ", per[string(b.Contract.ID)]/100, b.Contract.Currency, "; ") }
	fmt.Println()
}
