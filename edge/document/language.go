package document

import "strings"

// language is all that depends on the reader's language: words, and the shape
// of numbers and dates.
type language struct {
	code string
	// group and point separate thousands and decimals.
	group, point string
	// percent follows a rate.
	percent string
	// codeFirst says that the currency code stands before the amount.
	codeFirst bool
	months    [12]string
	// dayDot follows the number of a day; first is said for the 1st instead.
	dayDot, first string
	words         words
	phrases       phrases
}

// words are the labels of a page.
type words struct {
	invoice, creditNote                          string
	invoiceNumber, creditNumber                  string
	date, due, terms, purchaseOrder, corrects    string
	billTo, taxID, registration                  string
	amountDue, dueOn, credited, nothingToPay     string
	void, voidNote, total                        string
	howToPay, bank, holder, account, routing     string
	reference                                    string
	description, period, quantity, unitPrice     string
	discount, amount, subtotal, net, tax         string
	taxes, rate, taxable, included               string
	reverseCharge, exempt, zeroRated             string
	entities, entity, notes, continued, page, of string
	month, quarter, halfYear, year, threeYears   string
}

// phrases are the sentences of Describe: %q is the quantity, %p the product.
// A phrase without its product is the one that follows it.
type phrases struct {
	base, part, opening            string
	seatOne, seats                 string
	moreOne, more, fewerOne, fewer string
	cancellation, renewal          string
	suspension, resumption         string
	price, adjustment              string
	usageOf, usage                 string
	minimumOf, minimum             string
	smoothingOf, smoothing         string
	smoothedOf, smoothed           string
	oneTime                        string
	// creditOf and restOf say of which line of the invoice, %p, a credit is.
	creditOf, restOf string
	// oneBelow is the quantity under which a noun stays singular.
	oneBelow string
}

// languageOf is the language of a tag like "de" or "de-AT"; English for any
// that is not spoken here.
func languageOf(tag string) *language {
	primary, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	for _, l := range [...]*language{&german, &french, &spanish, &dutch} {
		if l.code == primary {
			return l
		}
	}
	return &english
}

var english = language{
	code: "en", group: ",", point: ".", percent: "%", codeFirst: true,
	months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	words: words{
		invoice: "Invoice", creditNote: "Credit note",
		invoiceNumber: "Invoice number", creditNumber: "Credit note number",
		date: "Date", due: "Due", terms: "Terms", purchaseOrder: "Purchase order", corrects: "Corrects invoice",
		billTo: "Bill to", taxID: "Tax ID", registration: "Reg. no.",
		amountDue: "Amount due", dueOn: "Due on", credited: "Credited to you", nothingToPay: "There is nothing to pay.",
		void: "Void", voidNote: "This document was cancelled. Please do not pay it.", total: "Total",
		howToPay: "How to pay", bank: "Bank", holder: "Account holder", account: "Account number", routing: "Routing number",
		reference:   "Reference",
		description: "Description", period: "Period", quantity: "Quantity", unitPrice: "Unit price",
		discount: "Discount", amount: "Amount", subtotal: "Subtotal", net: "Net", tax: "Tax",
		taxes: "Tax summary", rate: "Rate", taxable: "Taxable", included: "Included in the prices of the lines.",
		reverseCharge: "Reverse charge: the recipient is liable for the tax.", exempt: "Exempt from tax.", zeroRated: "Zero-rated.",
		entities: "Summary by entity", entity: "Entity", notes: "Notes", continued: "continued", page: "Page", of: "of",
		month: "month", quarter: "quarter", halfYear: "half-year", year: "year", threeYears: "3 years",
	},
	phrases: phrases{
		base: "Subscription", part: "Subscription, part of a period", opening: "Subscription from its start", seatOne: "%q seat", seats: "%q seats",
		moreOne: "%q more seat", more: "%q more seats", fewerOne: "%q fewer seat", fewer: "%q fewer seats",
		cancellation: "Cancellation", renewal: "Renewal", suspension: "Suspension", resumption: "Resumption",
		price: "Change of price", adjustment: "Correction",
		usageOf: "Usage of %p", usage: "Usage",
		minimumOf: "Minimum charge for %p", minimum: "Minimum charge",
		smoothingOf: "Smoothing of usage of %p", smoothing: "Smoothing of usage",
		smoothedOf: "Usage of %p spread over later invoices", smoothed: "Usage spread over later invoices",
		oneTime:  "One-time charge",
		creditOf: "Credit of line %p", restOf: "What was left of line %p",
	},
}

var german = language{
	code: "de", group: ".", point: ",", percent: "\u00a0%", dayDot: ".",
	months: [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
	words: words{
		invoice: "Rechnung", creditNote: "Gutschrift",
		invoiceNumber: "Rechnungsnummer", creditNumber: "Gutschriftnummer",
		date: "Datum", due: "Fällig am", terms: "Zahlungsziel", purchaseOrder: "Bestellnummer", corrects: "Zu Rechnung",
		billTo: "Rechnung an", taxID: "USt-IdNr.", registration: "Registernr.",
		amountDue: "Zu zahlen", dueOn: "Fällig am", credited: "Gutgeschrieben", nothingToPay: "Es ist nichts zu zahlen.",
		void: "Storniert", voidNote: "Dieser Beleg wurde storniert. Bitte nicht bezahlen.", total: "Gesamtbetrag",
		howToPay: "Zahlung", bank: "Bank", holder: "Kontoinhaber", account: "Kontonummer", routing: "Bankleitzahl",
		reference:   "Verwendungszweck",
		description: "Beschreibung", period: "Zeitraum", quantity: "Menge", unitPrice: "Einzelpreis",
		discount: "Rabatt", amount: "Betrag", subtotal: "Zwischensumme", net: "Netto", tax: "Steuer",
		taxes: "Steuerübersicht", rate: "Satz", taxable: "Nettobetrag", included: "In den Preisen der Zeilen enthalten.",
		reverseCharge: "Steuerschuldnerschaft des Leistungsempfängers.", exempt: "Steuerbefreit.", zeroRated: "Nullsatz.",
		entities: "Übersicht nach Gesellschaft", entity: "Gesellschaft", notes: "Hinweise", continued: "Fortsetzung", page: "Seite", of: "von",
		month: "Monat", quarter: "Quartal", halfYear: "Halbjahr", year: "Jahr", threeYears: "3 Jahre",
	},
	phrases: phrases{
		base: "Abonnement", part: "Abonnement, anteilig", opening: "Abonnement ab Beginn", seatOne: "%q Lizenz", seats: "%q Lizenzen",
		moreOne: "%q zusätzliche Lizenz", more: "%q zusätzliche Lizenzen", fewerOne: "%q Lizenz weniger", fewer: "%q Lizenzen weniger",
		cancellation: "Kündigung", renewal: "Verlängerung", suspension: "Aussetzung", resumption: "Wiederaufnahme",
		price: "Preisänderung", adjustment: "Korrektur",
		usageOf: "Verbrauch von %p", usage: "Verbrauch",
		minimumOf: "Mindestbetrag für %p", minimum: "Mindestbetrag",
		smoothingOf: "Verteilung des Verbrauchs von %p", smoothing: "Verteilung des Verbrauchs",
		smoothedOf: "Auf spätere Rechnungen verteilter Verbrauch von %p", smoothed: "Auf spätere Rechnungen verteilter Verbrauch",
		oneTime:  "Einmalige Leistung",
		creditOf: "Gutschrift zu Zeile %p", restOf: "Rest von Zeile %p",
	},
}

var french = language{
	code: "fr", group: "\u202f", point: ",", percent: "\u00a0%", first: "1er",
	months: [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	words: words{
		invoice: "Facture", creditNote: "Avoir",
		invoiceNumber: "Facture n°", creditNumber: "Avoir n°",
		date: "Date", due: "Échéance", terms: "Conditions", purchaseOrder: "Bon de commande", corrects: "Rectifie la facture",
		billTo: "Facturé à", taxID: "N° TVA", registration: "N° d’immatriculation",
		amountDue: "À payer", dueOn: "Échéance le", credited: "Montant crédité", nothingToPay: "Aucun paiement n’est dû.",
		void: "Annulé", voidNote: "Ce document a été annulé. Merci de ne pas le payer.", total: "Total TTC",
		howToPay: "Règlement", bank: "Banque", holder: "Titulaire", account: "N° de compte", routing: "Code banque",
		reference:   "Référence",
		description: "Désignation", period: "Période", quantity: "Quantité", unitPrice: "Prix unitaire",
		discount: "Remise", amount: "Montant", subtotal: "Sous-total", net: "Total HT", tax: "TVA",
		taxes: "Récapitulatif des taxes", rate: "Taux", taxable: "Base HT", included: "Comprise dans les prix des lignes.",
		reverseCharge: "Autoliquidation\u00a0: la taxe est due par le preneur.", exempt: "Exonéré de taxe.", zeroRated: "Taux zéro.",
		entities: "Récapitulatif par entité", entity: "Entité", notes: "Remarques", continued: "suite", page: "Page", of: "sur",
		month: "mois", quarter: "trimestre", halfYear: "semestre", year: "an", threeYears: "3 ans",
	},
	phrases: phrases{
		base: "Abonnement", part: "Abonnement, période partielle", opening: "Abonnement dès son début", seatOne: "%q licence", seats: "%q licences",
		moreOne: "%q licence supplémentaire", more: "%q licences supplémentaires", fewerOne: "%q licence en moins", fewer: "%q licences en moins",
		cancellation: "Résiliation", renewal: "Renouvellement", suspension: "Suspension", resumption: "Reprise",
		price: "Changement de prix", adjustment: "Correction",
		usageOf: "Consommation\u00a0: %p", usage: "Consommation",
		minimumOf: "Montant minimum pour %p", minimum: "Montant minimum",
		smoothingOf: "Lissage de la consommation\u00a0: %p", smoothing: "Lissage de la consommation",
		smoothedOf: "Consommation répartie sur des factures ultérieures\u00a0: %p", smoothed: "Consommation répartie sur des factures ultérieures",
		oneTime: "Prestation ponctuelle", oneBelow: "2",
		creditOf: "Avoir sur la ligne %p", restOf: "Reste de la ligne %p",
	},
}

var spanish = language{
	code: "es", group: ".", point: ",", percent: "\u00a0%",
	months: [12]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
	words: words{
		invoice: "Factura", creditNote: "Nota de abono",
		invoiceNumber: "Factura n.º", creditNumber: "Nota de abono n.º",
		date: "Fecha", due: "Vencimiento", terms: "Condiciones", purchaseOrder: "Pedido n.º", corrects: "Rectifica la factura",
		billTo: "Facturar a", taxID: "NIF-IVA", registration: "N.º de registro",
		amountDue: "Importe a pagar", dueOn: "Vence el", credited: "Importe abonado", nothingToPay: "No hay nada que pagar.",
		void: "Anulada", voidNote: "Este documento ha sido anulado. Por favor, no lo pague.", total: "Total",
		howToPay: "Forma de pago", bank: "Banco", holder: "Titular", account: "N.º de cuenta", routing: "Código de entidad",
		reference:   "Referencia",
		description: "Descripción", period: "Período", quantity: "Cantidad", unitPrice: "Precio unitario",
		discount: "Descuento", amount: "Importe", subtotal: "Subtotal", net: "Base imponible", tax: "Impuesto",
		taxes: "Resumen de impuestos", rate: "Tipo", taxable: "Base", included: "Incluido en los precios de las líneas.",
		reverseCharge: "Inversión del sujeto pasivo.", exempt: "Exento de impuesto.", zeroRated: "Tipo cero.",
		entities: "Resumen por entidad", entity: "Entidad", notes: "Notas", continued: "continuación", page: "Página", of: "de",
		month: "mes", quarter: "trimestre", halfYear: "semestre", year: "año", threeYears: "3 años",
	},
	phrases: phrases{
		base: "Suscripción", part: "Suscripción, período parcial", opening: "Suscripción desde su inicio", seatOne: "%q licencia", seats: "%q licencias",
		moreOne: "%q licencia más", more: "%q licencias más", fewerOne: "%q licencia menos", fewer: "%q licencias menos",
		cancellation: "Cancelación", renewal: "Renovación", suspension: "Suspensión", resumption: "Reanudación",
		price: "Cambio de precio", adjustment: "Corrección",
		usageOf: "Consumo de %p", usage: "Consumo",
		minimumOf: "Importe mínimo de %p", minimum: "Importe mínimo",
		smoothingOf: "Reparto del consumo de %p", smoothing: "Reparto del consumo",
		smoothedOf: "Consumo de %p repartido en facturas posteriores", smoothed: "Consumo repartido en facturas posteriores",
		oneTime:  "Cargo único",
		creditOf: "Abono de la línea %p", restOf: "Resto de la línea %p",
	},
}

var dutch = language{
	code: "nl", group: ".", point: ",", percent: "%", codeFirst: true,
	months: [12]string{"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
	words: words{
		invoice: "Factuur", creditNote: "Creditnota",
		invoiceNumber: "Factuurnummer", creditNumber: "Creditnotanummer",
		date: "Datum", due: "Vervaldatum", terms: "Betaaltermijn", purchaseOrder: "Inkoopnummer", corrects: "Bij factuur",
		billTo: "Factuur aan", taxID: "Btw-nummer", registration: "Registratienr.",
		amountDue: "Te betalen", dueOn: "Uiterlijk op", credited: "Gecrediteerd", nothingToPay: "U hoeft niets te betalen.",
		void: "Vervallen", voidNote: "Dit document is vervallen. Betaal het niet.", total: "Totaal",
		howToPay: "Betaling", bank: "Bank", holder: "Rekeninghouder", account: "Rekeningnummer", routing: "Bankcode",
		reference:   "Kenmerk",
		description: "Omschrijving", period: "Periode", quantity: "Aantal", unitPrice: "Prijs per stuk",
		discount: "Korting", amount: "Bedrag", subtotal: "Subtotaal", net: "Netto", tax: "Btw",
		taxes: "Btw-overzicht", rate: "Tarief", taxable: "Grondslag", included: "Inbegrepen in de prijzen van de regels.",
		reverseCharge: "Btw verlegd.", exempt: "Vrijgesteld van btw.", zeroRated: "Nultarief.",
		entities: "Overzicht per entiteit", entity: "Entiteit", notes: "Opmerkingen", continued: "vervolg", page: "Pagina", of: "van",
		month: "maand", quarter: "kwartaal", halfYear: "halfjaar", year: "jaar", threeYears: "3 jaar",
	},
	phrases: phrases{
		base: "Abonnement", part: "Abonnement, deel van een periode", opening: "Abonnement vanaf het begin", seatOne: "%q licentie", seats: "%q licenties",
		moreOne: "%q extra licentie", more: "%q extra licenties", fewerOne: "%q licentie minder", fewer: "%q licenties minder",
		cancellation: "Opzegging", renewal: "Verlenging", suspension: "Opschorting", resumption: "Hervatting",
		price: "Prijswijziging", adjustment: "Correctie",
		usageOf: "Verbruik van %p", usage: "Verbruik",
		minimumOf: "Minimumbedrag voor %p", minimum: "Minimumbedrag",
		smoothingOf: "Spreiding van verbruik van %p", smoothing: "Spreiding van verbruik",
		smoothedOf: "Verbruik van %p verdeeld over latere facturen", smoothed: "Verbruik verdeeld over latere facturen",
		oneTime:  "Eenmalige kosten",
		creditOf: "Creditering van regel %p", restOf: "Rest van regel %p",
	},
}
