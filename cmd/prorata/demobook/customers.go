package demobook

import (
	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// customer is an account as the table has it. Its language and the shape of its
// numbers are its country's; a British one is kept in pounds, others in euros.
type customer struct {
	id, name, street, town, country string
	// terms are the days to pay, 0 for none agreed.
	terms int
	order string
	more  bond
}

// bond is how an account hangs together with others, and what else is its own.
type bond struct {
	parent, reseller billing.AccountID
	billTo           billing.BillTo
	list             string
	currency         money.Currency
	consolidated     bool
	language         string
}

var (
	operator     = bond{parent: "kestrova", billTo: billing.ToParent}
	viaRautenb   = bond{reseller: "rautenberg", billTo: billing.ToReseller}
	viaLarkspur  = bond{reseller: "larkspur", billTo: billing.ToReseller}
	ofTerschuur  = bond{parent: "terschuur"}
	kestrovaHead = bond{list: listKestrova, consolidated: true, language: "en"}
)

// inCurrency is the same bond, kept in another currency.
func (b bond) inCurrency(c money.Currency) bond {
	b.currency = c
	return b
}

var customers = []customer{
	// Germany
	{"brennhof", "Brennhof Maschinenbau GmbH", "Drehergasse 8", "73728 Esslingen am Neckar", "DE", 30, "4500018273", bond{}},
	{"elbrieth", "Elbrieth Logistik GmbH & Co. KG", "Am Seitenkanal 21", "21680 Stade", "DE", 14, "", bond{}},
	{"vosskamp", "Voßkamp & Töchter Steuerberatung PartG mbB", "Prinzipalhof 3", "48143 Münster", "DE", 14, "", bond{}},
	{"kallenried", "Kliniken Kallenried gGmbH", "Am Kurgarten 40", "88348 Bad Saulgau", "DE", 60, "EK-2207-118", bond{}},
	{"lindtorf", "Lindtorf Papierwerke AG", "Mühlenteich 1-9", "52349 Düren", "DE", 30, "PO 77120", bond{}},
	{"windhamm", "Windhamm Energie eG", "Deichstraße 77", "25813 Husum", "DE", 14, "", bond{}},
	{"trautwald", "Trautwald Architekten PartGmbB", "Gerberhof 12", "04109 Leipzig", "DE", 14, "", bond{}},
	{"oberlauf", "Stadtwerke Oberlauf GmbH", "Wasserturmplatz 2", "95028 Hof", "DE", 30, "VG-0391", bond{}},
	{"zeisig", "Zeisig & Brandtmeier Rechtsanwälte", "Georgswall 19", "30159 Hannover", "DE", 14, "", bond{}},
	{"kornweiler", "Kornweiler Backwaren GmbH", "Mühlweg 5", "97070 Würzburg", "DE", 14, "", bond{}},
	{"grauwacke", "Grauwacke Geotechnik GmbH", "Schieferhang 30", "57072 Siegen", "DE", 30, "", bond{}},
	{"hafenglimm", "Hafenglimm Medien GmbH", "Seilergang 11", "18055 Rostock", "DE", 14, "", bond{}},
	{"salzgrund", "Salzgrund Chemie AG", "Siedestraße 100", "06108 Halle (Saale)", "DE", 60, "4700003391", bond{}},
	{"uhlenbrook", "Uhlenbrook Schulen gGmbH", "Lehrerallee 6", "19053 Schwerin", "DE", 30, "", bond{}},
	{"finkensteg", "Töpferei Finkensteg e. K.", "Finkensteg 2", "86911 Dießen", "DE", 0, "", bond{list: listShop}},
	{"quellstein", "Quellstein Optik GmbH", "Linsenweg 17", "07743 Jena", "DE", 30, "QS-88-2041", bond{}},
	// Austria
	{"steinfurth", "Steinfurth Seilbahnen AG", "Talstation 1", "6020 Innsbruck", "AT", 30, "", bond{}},
	{"murgrund", "Murgrund Holzbau GmbH", "Sägewerkstraße 14", "8020 Graz", "AT", 14, "", bond{}},
	{"donauried", "Donauried Versicherungsmakler OG", "Treppelweg 9", "4020 Linz", "AT", 14, "", bond{}},
	{"zirmgrat", "Zirmgrat Hotels GmbH", "Almboden 3", "9500 Villach", "AT", 30, "", bond{}},
	// The Netherlands
	{"oeverstraten", "Van Oeverstraten Bloemen B.V.", "Kwekerslaan 28", "1431 Aalsmeer", "NL", 30, "", bond{}},
	{"dijkzicht", "Dijkzicht Waterbouw B.V.", "Sluiskade 115", "3311 Dordrecht", "NL", 30, "INK-40417", bond{}},
	{"kwartiermaan", "Kwartiermaan & Ter Broekhuys Advocaten", "Nieuwe Singelwal 6", "2311 Leiden", "NL", 14, "", bond{}},
	{"roodemolen", "Brouwerij De Roode Molenaar B.V.", "Hopveld 4", "4811 Breda", "NL", 14, "", bond{}},
	{"terschuur", "Terschuur Zuivel Holding B.V.", "Melkweg 200", "8441 Heerenveen", "NL", 30, "", bond{list: listTerschuur}},
	{"terschuur-kaas", "Terschuur Kaasmakerij B.V.", "Melkweg 202", "8441 Heerenveen", "NL", 30, "", ofTerschuur},
	{"terschuur-melk", "Terschuur Melkunie Noord B.V.", "Zuiveldijk 11", "9231 Surhuisterveen", "NL", 30, "", ofTerschuur},
	// France
	{"courtevigne", "Ateliers Courtevigne SAS", "18 rue des Tisserands", "69004 Lyon", "FR", 30, "", bond{}},
	{"marequier", "Transports Maréquier SARL", "Zone d'activités du Vieux Pont", "59140 Dunkerque", "FR", 60, "", bond{}},
	{"trois-charmes", "Clinique des Trois Charmilles", "4 allée des Charmes", "35000 Rennes", "FR", 60, "CMD-2210", bond{}},
	{"balancelle", "Éditions Balancelle", "52 quai aux Plumes", "33000 Bordeaux", "FR", 30, "", bond{}},
	{"castelbarre", "Vignobles Castelbarre SCEA", "Chemin du Pressoir", "84190 Gigondas", "FR", 30, "", bond{}},
	// Spain
	{"altamurina", "Conservas Altamuriña S.L.", "Rúa do Peirao 7", "36202 Vigo", "ES", 30, "", bond{}},
	{"penalcoria", "Bodegas Peñalcoria S.L.", "Camino de las Cubas s/n", "26200 Haro", "ES", 14, "", bond{}},
	{"ezkibarri", "Talleres Ezkibarri S.A.", "Polígono Errekalde 31", "20600 Eibar", "ES", 60, "PED-10093", bond{}},
	{"marzalba", "Ingeniería Marzalba S.L.", "Avenida del Astillero 90", "46024 València", "ES", 30, "", bond{}},
	// Poland
	{"zurawiec", "Młyny Żurawiec Sp. z o.o.", "ul. Młyńska Górna 18", "85-001 Bydgoszcz", "PL", 14, "", bond{currency: pln}},
	{"przedzalnia", "Przędzalnia Łąkowa Wstęga S.A.", "ul. Tkacka 44", "90-001 Łódź", "PL", 30, "ZAM/0311", bond{}},
	{"swierkowa", "Biuro Rachunkowe Świerkowa Księga", "ul. Cicha 5/2", "30-001 Kraków", "PL", 14, "", bond{}},
	{"wojcikowo", "Meble Wójcikowo Sp. z o.o.", "ul. Stolarzy Śląskich 12", "61-001 Poznań", "PL", 30, "", bond{}},
	// Greece
	{"argyropetra", "Ελαιώνες Αργυρόπετρας Α.Ε.", "Οδός Ελαιώνων 24", "241 00 Καλαμάτα", "GR", 30, "", bond{}},
	{"thalassoula", "Ναυτιλιακή Θαλασσούλα Α.Ε.", "Ακτή Κοραλλιού 61", "185 38 Πειραιάς", "GR", 30, "TH-5512", bond{}},
	{"kyanolithos", "Φαρμακευτική Κυανόλιθος Ι.Κ.Ε.", "Οδός Θυμαριού 8", "546 22 Θεσσαλονίκη", "GR", 60, "", bond{}},
	// Bulgaria
	{"rozovadolina", "Розоварна „Ветрогоров“ ООД", "ул. „Маслодайна“ 3", "6100 Казанлък", "BG", 14, "", bond{}},
	{"belostruy", "Търговска къща „Белоструй“ АД", "бул. „Речен бряг“ 45", "4000 Пловдив", "BG", 30, "", bond{}},
	// The United Kingdom
	{"harrowmere", "Harrowmere Estates Ltd", "3 Carriage Row", "Leeds LS99 2HE", "GB", 30, "", bond{}},
	{"pennick", "Pennick & Dalegarth LLP", "40 Inkwell Court", "London EC99 7PD", "GB", 30, "PD-IT-0062", bond{}},
	{"ashcombe", "Ashcombe Wick Dairy Ltd", "Wick Lane", "Taunton TA99 4AW", "GB", 14, "", bond{}},
	{"brackenfold", "Brackenfold Engineering Ltd", "Forge Works, Ironmill Road", "Sheffield S99 8BE", "GB", 60, "PO-118820", bond{}},
	{"tollgarrow", "Tollgarrow Insurance Brokers Ltd", "12 Assurance Walk", "Glasgow G99 1TG", "GB", 30, "", bond{}},
	{"pellbrook", "Pellbrook Academies Trust", "Schoolhouse Lane", "Norwich NR99 3PA", "GB", 30, "PAT/IT/7", bond{}},
	{"saltmarsh", "Saltmarsh & Quillon Publishing Ltd", "9 Bindery Yard", "Oxford OX99 5SQ", "GB", 30, "", bond{}},
	{"dunvarrich", "Dunvarrich Distillers Ltd", "Old Maltings", "Elgin IV99 6DD", "GB", 14, "", bond{}},
	{"oakenfleet", "Oakenfleet Marine Ltd", "Slipway 2, Dock Road", "Southampton SO99 9OM", "GB", 30, "", bond{}},
	{"aldreda", "St Aldreda's Hospice", "Almoner's Close", "Ely CB99 1SA", "GB", 30, "", bond{}},
	// A telecom group: one bill for the parent, a contract for each operator
	{"kestrova", "Kestrova Telecom SE", "Vermittlungsplatz 1", "40210 Düsseldorf", "DE", 60, "GRP-0047", kestrovaHead},
	{"kestrova-de", "Kestrova Deutschland GmbH", "Vermittlungsplatz 3", "40210 Düsseldorf", "DE", 0, "", operator},
	{"kestrova-at", "Kestrova Austria GmbH", "Fernsprechgasse 20", "1030 Wien", "AT", 0, "", operator},
	{"kestrova-pl", "Kestrova Polska Sp. z o.o.", "ul. Łączności 15", "00-001 Warszawa", "PL", 0, "", operator.inCurrency(pln)},
	{"kestrova-gr", "Kestrova Ελλάς Α.Ε.", "Λεωφόρος Τηλεγράφου 10", "115 28 Αθήνα", "GR", 0, "", operator},
	{"kestrova-bg", "Кестрова България ЕАД", "ул. „Телеграфна“ 1", "1000 София", "BG", 0, "", operator},
	{"kestrova-uk", "Kestrova Networks UK Ltd", "Exchange House, Copper Street", "Manchester M99 4KN", "GB", 0, "", operator},
	// Two resellers, and those who buy through them
	{"rautenberg", "Systemhaus Rautenbergen & Söhne GmbH", "Rechnerstraße 16", "34117 Kassel", "DE", 30, "RB-EK-3105", bond{list: listPartner, consolidated: true}},
	{"keltersbach", "Keltersbach Feinmechanik GmbH", "Uhrmacherweg 9", "34346 Hann. Münden", "DE", 0, "", viaRautenb},
	{"ostfelde", "Gärtnerei Ostfelde GbR", "Glashausstraße 1", "34225 Baunatal", "DE", 0, "", viaRautenb},
	{"muehlgraben", "Mühlgraben Apotheken oHG", "Mühlgraben 22", "37213 Witzenhausen", "DE", 0, "", viaRautenb},
	{"birkenrain", "Birkenrain Pflege gGmbH", "Am Birkenrain 4", "37235 Hessisch Lichtenau", "DE", 0, "", viaRautenb},
	{"larkspur", "Larkspur Hollow IT Services Ltd", "Unit 9, Foxglove Park", "Hereford HR99 2LH", "GB", 30, "", bond{list: listPartner}},
	{"coldharrow", "Coldharrow Veterinary Ltd", "1 Paddock View", "Ludlow SY99 7CV", "GB", 0, "", viaLarkspur},
	{"mortlake-fenn", "Mortlake Fenn Surveyors LLP", "27 Theodolite Street", "Worcester WR99 3MF", "GB", 0, "", viaLarkspur},
	{"hopsack", "Hopsack & Perrin Cider Ltd", "Orchard Rise", "Ledbury HR99 8HC", "GB", 0, "", viaLarkspur},
}

func accounts() []flow.Account {
	all := make([]flow.Account, 0, len(customers))
	for i, c := range customers {
		all = append(all, c.account(i))
	}
	return all
}

func (c customer) account(nth int) flow.Account {
	l := landOf(c.country)
	a := flow.Account{
		Account: billing.Account{
			ID: billing.AccountID(c.id), Name: c.name, Parent: c.more.parent, Reseller: c.more.reseller, BillTo: c.more.billTo,
			Country: c.country, Currency: c.more.currency, PriceList: c.more.list, Consolidated: c.more.consolidated,
		},
		Party:    l.party(c.id, c.name, nth, []string{c.street, c.town}),
		Language: l.language, PurchaseOrder: c.order, PaymentTermsDays: c.terms, HasPaymentTerms: c.terms != 0,
	}
	if c.more.language != "" {
		a.Language = c.more.language
	}
	if a.Currency.IsZero() {
		a.Currency = eur
		if c.country == "GB" {
			a.Currency = gbp
		}
	}
	return a
}
