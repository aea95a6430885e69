package demobook

import (
	"fmt"

	"prorata/flow"
)

// sellerUK is the group's company in the United Kingdom; the one in Germany is
// flow.DefaultSeller.
const sellerUK flow.SellerID = "nordlicht-uk"

// sellers are the two companies of the group.
func sellers() []flow.Seller {
	return []flow.Seller{
		{
			ID: flow.DefaultSeller, Currency: eur, TimeZone: "Europe/Berlin",
			Party: flow.Party{
				Name: "Nordlicht Cloud GmbH", Address: []string{"Speicherzeile 14", "24103 Kiel"}, Country: "DE",
				TaxID: "DE999104733", RegistrationID: "HRB 99417 (Amtsgericht Kiel)", Email: "rechnung@nordlicht-cloud.example", Phone: "+49 30 23125 400",
			},
			Remittance: flow.Remittance{
				Bank: "Hanse-Kontorbank AG", AccountHolder: "Nordlicht Cloud GmbH", IBAN: "DE73209999000012345600", BIC: "HKBADEHHXXX",
				Note: "Bitte die Rechnungsnummer angeben. Please quote the invoice number.",
			},
		},
		{
			ID: sellerUK, Currency: gbp, TimeZone: "Europe/London",
			Party: flow.Party{
				Name: "Nordlicht Cloud Ltd", Address: []string{"Unit 6, Lantern Yard", "Quay Street", "Bristol BS99 6NL"}, Country: "GB",
				TaxID: "GB999104751", RegistrationID: "Company No. 99104751", Email: "accounts@nordlicht-cloud.example", Phone: "+44 20 7946 0400",
			},
			Remittance: flow.Remittance{
				Bank: "Hanse-Kontorbank AG, London Branch", AccountHolder: "Nordlicht Cloud Ltd", IBAN: "GB14HKBA99990112345600", BIC: "HKBAGB2LXXX",
				AccountNumber: "12345600", RoutingNumber: "99-99-01", Note: "Please quote the invoice number.",
			},
		},
	}
}

// land is what a country's parties have in common. The forms get a number of
// digits that no register gives out.
type land struct {
	country, language, mailbox, phone, taxID, register string
}

var lands = []land{
	{"DE", "de", "rechnung", "+49 30 23125 %03d", "DE99%07d", "HRB 9%05d"},
	{"AT", "de", "buchhaltung", "", "ATU9%07d", "FN 9%05d z"},
	{"NL", "nl", "facturen", "", "NL99%07dB01", "KVK 9%07d"},
	{"FR", "fr", "comptabilite", "+33 1 99 00 %04d", "FR9999%07d", "RCS 99%07d"},
	{"ES", "es", "facturas", "", "ESB9%07d", ""},
	{"PL", "en", "faktury", "", "PL999%07d", "KRS 000%07d"},
	{"GR", "en", "logistirio", "", "EL99%07d", "ΓΕΜΗ 99%07d"},
	{"BG", "en", "fakturi", "", "BG99%07d", "ЕИК 99%07d"},
	{"GB", "en", "accounts", "+44 20 7946 0%03d", "GB99%07d", "Company No. 99%06d"},
}

func landOf(country string) land {
	for _, l := range lands {
		if l.country == country {
			return l
		}
	}
	broken("no land %s", country)
	return land{}
}

// party is the nth party of the book, with its numbers and ways to reach it.
func (l land) party(id, name string, n int, address []string) flow.Party {
	number := 100000 + n*7919%900000
	p := flow.Party{
		Name: name, Address: address, Country: l.country, TaxID: fmt.Sprintf(l.taxID, number),
		Email: l.mailbox + "@" + id + ".example",
	}
	if l.register != "" {
		p.RegistrationID = fmt.Sprintf(l.register, number%100000)
	}
	if l.phone != "" {
		p.Phone = fmt.Sprintf(l.phone, 100+n)
	}
	return p
}
