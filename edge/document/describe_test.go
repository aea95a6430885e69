package document

import (
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/flow"
)

// The sentences of every kind of line, in all languages, side by side.
const sentences = `
base        2026-03-01 2026-04-01 25
  en Subscription 1–31 Mar 2026
  de Abonnement 1.–31. März 2026
  fr Abonnement 1er–31 mars 2026
  es Suscripción 1–31 mar 2026
  nl Abonnement 1–31 mrt 2026
base        2026-03-10 2026-04-01 25
  en Subscription, part of a period, 10–31 Mar 2026
  de Abonnement, anteilig, 10.–31. März 2026
  fr Abonnement, période partielle, 10–31 mars 2026
  es Suscripción, período parcial, 10–31 mar 2026
  nl Abonnement, deel van een periode, 10–31 mrt 2026
base        2026-01-31 2026-02-28 3
  en Subscription 31 Jan – 27 Feb 2026
base        2026-02-28 2026-03-31 3
  en Subscription 28 Feb – 30 Mar 2026
base        2026-01-15 2029-01-15 3
  en Subscription 15 Jan 2026 – 14 Jan 2029
change      2026-01-16 2026-02-01 5
  en 5 more seats, 16–31 Jan 2026
  de 5 zusätzliche Lizenzen, 16.–31. Jan. 2026
  fr 5 licences supplémentaires, 16–31 janv. 2026
  es 5 licencias más, 16–31 ene 2026
  nl 5 extra licenties, 16–31 jan 2026
change      2026-01-16 2026-02-01 1
  en 1 more seat, 16–31 Jan 2026
  de 1 zusätzliche Lizenz, 16.–31. Jan. 2026
  fr 1 licence supplémentaire, 16–31 janv. 2026
  es 1 licencia más, 16–31 ene 2026
  nl 1 extra licentie, 16–31 jan 2026
change      2026-01-16 2026-02-01 1.5
  en 1.5 more seats, 16–31 Jan 2026
  fr 1,5 licence supplémentaire, 16–31 janv. 2026
change      2026-01-16 2026-02-01 -1200
  en 1,200 fewer seats, 16–31 Jan 2026
  de 1.200 Lizenzen weniger, 16.–31. Jan. 2026
  fr 1 200 licences en moins, 16–31 janv. 2026
  es 1.200 licencias menos, 16–31 ene 2026
  nl 1.200 licenties minder, 16–31 jan 2026
change      2026-01-16 2026-02-01 0
  en Change of price, 16–31 Jan 2026
  de Preisänderung, 16.–31. Jan. 2026
  fr Changement de prix, 16–31 janv. 2026
  es Cambio de precio, 16–31 ene 2026
  nl Prijswijziging, 16–31 jan 2026
adjustment  2026-01-01 2026-02-01 0
  en Correction, 1–31 Jan 2026
  de Korrektur, 1.–31. Jan. 2026
adjustment  2026-01-01 2026-02-01 -2
  en Correction, 2 fewer seats, 1–31 Jan 2026
  fr Correction, 2 licences en moins, 1er–31 janv. 2026
usage       2026-02-01 2026-03-01 10432.75
  en Usage of Azure plan, 1–28 Feb 2026
  de Verbrauch von Azure plan, 1.–28. Feb. 2026
  fr Consommation : Azure plan, 1er–28 févr. 2026
  es Consumo de Azure plan, 1–28 feb 2026
  nl Verbruik van Azure plan, 1–28 feb 2026
minimum     2026-02-01 2026-03-01 1
  en Minimum charge for Azure plan, 1–28 Feb 2026
  de Mindestbetrag für Azure plan, 1.–28. Feb. 2026
smoothing   2026-02-01 2026-03-01 1
  en Smoothing of usage of Azure plan, 1–28 Feb 2026
  nl Spreiding van verbruik van Azure plan, 1–28 feb 2026
smoothing   2026-02-01 2026-03-01 -1
  en Usage of Azure plan spread over later invoices, 1–28 Feb 2026
  es Consumo de Azure plan repartido en facturas posteriores, 1–28 feb 2026
one_time    2026-02-20 - 1
  en Azure plan, 20 Feb 2026
  de Azure plan, 20. Feb. 2026
`

func TestLinesAreDescribedInEveryLanguage(t *testing.T) {
	kinds := map[string]billing.LineKind{
		"base": billing.LineBase, "change": billing.LineChange, "adjustment": billing.LineAdjustment, "usage": billing.LineUsage,
		"one_time": billing.LineOneTime, "minimum": billing.LineMinimum, "smoothing": billing.LineSmoothing,
	}
	var fact []string
	for line := range strings.SplitSeq(strings.TrimSpace(sentences), "\n") {
		if !strings.HasPrefix(line, "  ") {
			fact = strings.Fields(line)
			continue
		}
		language, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		to := ""
		if fact[2] != "-" {
			to = fact[2]
		}
		got := Describe(language, kinds[fact[0]], "Azure plan", day(t, fact[1]), day(t, to), decimal(t, fact[3]))
		if got = strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(got); got != want {
			t.Errorf("%v in %s: %q, want %q", fact, language, got, want)
		}
	}
}

func TestAProductNeedNotBeNamed(t *testing.T) {
	from, to := day(t, "2026-02-01"), day(t, "2026-03-01")
	for kind, want := range map[billing.LineKind]string{
		billing.LineUsage: "Usage 1–28 Feb 2026", billing.LineMinimum: "Minimum charge, 1–28 Feb 2026",
		billing.LineSmoothing: "Smoothing of usage, 1–28 Feb 2026", billing.LineOneTime: "One-time charge, 1–28 Feb 2026",
	} {
		if got := Describe("en", kind, "", from, to, decimal(t, "1")); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAChangeNamesItsCauseWhereItIsKnown(t *testing.T) {
	from, to := day(t, "2026-03-10"), day(t, "2026-04-01")
	for _, c := range []struct{ language, cause, quantity, want string }{
		{"en", "start", "25", "Subscription from its start, 25 seats, 10–31 Mar 2026"},
		{"de", "start+price", "1", "Abonnement ab Beginn, 1 Lizenz, 10.–31. März 2026"},
		{"en", "cancellation", "-10", "Cancellation, 10 fewer seats, 10–31 Mar 2026"},
		{"fr", "cancellation", "0", "Résiliation, 10–31 mars 2026"},
		{"es", "suspension", "-4", "Suspensión, 4 licencias menos, 10–31 mar 2026"},
		{"nl", "suspension", "4", "Hervatting, 4 extra licenties, 10–31 mrt 2026"},
		{"en", "renewal+price", "0", "Renewal, 10–31 Mar 2026"},
		{"en", "seats", "5", "5 more seats, 10–31 Mar 2026"},
		{"en", "", "0", "Change of price, 10–31 Mar 2026"},
	} {
		if got := DescribeChange(c.language, c.cause, from, to, decimal(t, c.quantity)); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.language, c.cause, got, c.want)
		}
	}
}

func TestWhatSmoothingPutsOffIsSaidSo(t *testing.T) {
	x := flow.DocumentLine{Kind: billing.LineSmoothing, From: day(t, "2026-02-01"), To: day(t, "2026-03-01"), Quantity: decimal(t, "1"), Amount: amount(t, "-100.50", currency(t, "USD"))}
	if got, want := described(&flow.Document{}, "Azure plan", &x), "Usage of Azure plan spread over later invoices, 1–28 Feb 2026"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
