package providertest

import (
	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

func dated(v *verdict, f Fixture) {
	if !f.Provider.Abilities().Invoices {
		v.skip("no invoices")
		return
	}
	all := whole(v, "invoices", f.Provider.Invoices(v.ctx, f.Since))
	seen := map[string]bool{}
	for _, i := range all {
		if i.ID == "" || seen[i.ID] {
			v.say("an invoice whose number is missing or was there: %+v", i)
		}
		seen[i.ID] = true
		if i.On.IsZero() || i.Currency.IsZero() {
			v.say("an invoice without day or currency: %+v", i)
		}
		later := map[string]bool{}
		for _, other := range whole(v, "invoices", f.Provider.Invoices(v.ctx, i.On.AddDays(1))) {
			later[other.ID] = true
		}
		for _, other := range all {
			if want := other.On.After(i.On); later[other.ID] != want {
				v.say("invoices since %s: %s of %s is there: %t", i.On.AddDays(1), other.ID, other.On, !want)
			}
		}
	}
}

func adding(v *verdict, f Fixture) {
	if !f.Provider.Abilities().Invoices {
		v.skip("no invoices")
		return
	}
	seen := map[string]bool{}
	for _, invoice := range whole(v, "invoices", f.Provider.Invoices(v.ctx, f.Since)) {
		what := "lines of " + invoice.ID
		var sum money.Decimal
		lines := whole(v, what, f.Provider.InvoiceLines(v.ctx, invoice))
		for _, line := range lines {
			sum = sum.Add(line.Total)
			if line.Invoice != invoice.ID {
				v.say("%s: a line of %q", what, line.Invoice)
			}
			if line.Charge.Currency != invoice.Currency {
				v.say("%s: a line in %s on an invoice in %s", what, line.Charge.Currency, invoice.Currency)
			}
			checkLine(v, what, &line, seen)
		}
		if !same(sum, invoice.Total) {
			v.say("%s: they add up to %s, and the invoice is %s", what, sum, invoice.Total)
		}
		again := whole(v, what, f.Provider.InvoiceLines(v.ctx, invoice))
		for i := range lines {
			if i < len(again) && again[i].Charge.ID != lines[i].Charge.ID {
				v.say("%s: line %d is %s, and read again %s", what, i+1, lines[i].Charge.ID, again[i].Charge.ID)
			}
		}
	}
}

func checkLine(v *verdict, what string, line *flow.ProviderLine, seen map[string]bool) {
	c := line.Charge
	if c.ID == "" || seen[c.ID] {
		v.say("%s: the id of a line is missing or was there: %s", what, written(*line))
	}
	seen[c.ID] = true
	if c.Period.Empty() || c.Quantity.Sign() < 0 || c.Currency.IsZero() {
		v.say("%s: a line without days or currency, or of a negative quantity: %s", what, written(*line))
	}
	if c.Subscription != "" {
		v.say("%s: a line says that it is of subscription %s; who matched it?", what, c.Subscription)
	}
	if (line.Billing.Name == "") != (line.Billing.Months == 0) {
		v.say("%s: a billing period with a name or months alone: %s", what, written(*line))
	}
	if c.Type > billing.ChargeCredit {
		v.say("%s: a charge type beyond the known: %d", what, c.Type)
	}
}

func unbilled(v *verdict, f Fixture) {
	if !f.Provider.Abilities().UnbilledLines {
		v.skip("no unbilled lines")
		return
	}
	seen := map[string]bool{}
	for _, line := range whole(v, "unbilled lines", f.Provider.InvoiceLines(v.ctx, flow.ProviderInvoice{})) {
		if line.Invoice != "" {
			v.say("an unbilled line is of invoice %s", line.Invoice)
		}
		checkLine(v, "unbilled lines", &line, seen)
	}
}

func metered(v *verdict, f Fixture) {
	if !f.Provider.Abilities().Usage {
		v.skip("no usage")
		return
	}
	for _, ask := range f.Usage {
		seen := map[string]bool{}
		for _, u := range whole(v, "usage", f.Provider.Usage(v.ctx, ask)) {
			if u.Key == "" || seen[u.Key] {
				v.say("the key of a usage record is missing or was there: %s", written(u))
			}
			seen[u.Key] = true
			if u.Customer == "" || u.Subscription == "" || u.Period.Empty() || u.Currency.IsZero() {
				v.say("a usage record without customer, subscription, days or currency: %s", written(u))
			}
			if u.Invoice != ask.Invoice {
				v.say("usage of invoice %q on the one asked for, %q", u.Invoice, ask.Invoice)
			}
		}
	}
}
