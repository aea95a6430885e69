package mail

import (
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// words are what a mail says in one language.
type words struct {
	code string
	// group and point separate thousands and decimals; dayDot follows the number of a day.
	group, point, dayDot string
	months               [12]string

	invoice, creditNote, date, due, amountDue, credited, total string
	order, corrects, reference, taxID                          string
	howToPay, holder, bank, account, routing                   string
	// subject is of document, number, seller and amount; dueBy stands before the day.
	subject, dueBy string
	// lead and creditLead are of the number.
	lead, creditLead, void, nothingToPay, questions string
	// invited is of the seller; invitedLead and backLead of who made the link; once of when it ends.
	invited, invitedLead, back, backLead, open, once, unasked string
	tried, triedLead                                          string
}

// amount is an amount with its currency.
func (w *words) amount(a money.Amount) string {
	plain, sign := a.String(), ""
	if strings.HasPrefix(plain, "-") {
		plain, sign = plain[1:], "\u2212"
	}
	whole, part, pointed := strings.Cut(plain, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(w.group)
		}
		b.WriteRune(digit)
	}
	if pointed {
		b.WriteString(w.point + part)
	}
	return b.String() + "\u00a0" + a.Currency().String()
}

// day is a day with its month by name.
func (w *words) day(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	year, month, day := d.Civil()
	return strconv.Itoa(day) + w.dayDot + " " + w.months[month-1] + " " + strconv.Itoa(year)
}

func wordsOf(language string) *words {
	switch language {
	case "de":
		return german()
	case "fr":
		return french()
	case "es":
		return spanish()
	case "nl":
		return dutch()
	}
	return english()
}

func english() *words {
	return &words{
		code: "en", group: ",", point: ".",
		months:  [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		invoice: "Invoice", creditNote: "Credit note", date: "Date", due: "Due", amountDue: "Amount due", credited: "Credited to you", total: "Total",
		order: "Your order", corrects: "Takes back", reference: "Reference", taxID: "VAT ID",
		howToPay: "How to pay", holder: "Account holder", bank: "Bank", account: "Account number", routing: "Routing number",
		subject: "%s %s from %s: %s", dueBy: "due",
		lead: "Our invoice %s is attached as a PDF.", creditLead: "Our credit note %s is attached as a PDF.",
		void: "This invoice was taken back: please do not pay it.", nothingToPay: "There is nothing to pay.", questions: "If something is not right, please answer this mail.",
		invited: "Your access to the billing of %s", invitedLead: "%s has given you access. Choose a password to come in.",
		back: "Choose a new password", backLead: "%s has made this link for you to choose a new password.",
		open: "Choose a password", once: "The link is good once, until %s UTC.", unasked: "If you do not know what this is about, leave it: nothing happens.",
		tried: "Mail from Prorata arrives", triedLead: "This mail says nothing but that mail from Prorata arrives here.",
	}
}

func german() *words {
	return &words{
		code: "de", group: ".", point: ",", dayDot: ".",
		months:  [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		invoice: "Rechnung", creditNote: "Gutschrift", date: "Datum", due: "Fällig am", amountDue: "Zu zahlen", credited: "Gutgeschrieben", total: "Summe",
		order: "Ihre Bestellung", corrects: "Storniert", reference: "Verwendungszweck", taxID: "USt-IdNr.",
		howToPay: "Zahlung", holder: "Kontoinhaber", bank: "Bank", account: "Kontonummer", routing: "Bankleitzahl",
		subject: "%s %s von %s: %s", dueBy: "fällig am",
		lead: "Unsere Rechnung %s finden Sie als PDF im Anhang.", creditLead: "Unsere Gutschrift %s finden Sie als PDF im Anhang.",
		void: "Diese Rechnung wurde storniert: Bitte zahlen Sie sie nicht.", nothingToPay: "Es ist nichts zu zahlen.", questions: "Wenn etwas nicht stimmt, antworten Sie bitte auf diese Mail.",
		invited: "Ihr Zugang zur Abrechnung von %s", invitedLead: "%s hat Ihnen einen Zugang gegeben. Wählen Sie ein Passwort, um hineinzukommen.",
		back: "Neues Passwort wählen", backLead: "%s hat diesen Link für Sie erstellt, damit Sie ein neues Passwort wählen.",
		open: "Passwort wählen", once: "Der Link gilt einmal, bis %s UTC.", unasked: "Wenn Sie nicht wissen, worum es geht, lassen Sie ihn liegen: Es geschieht nichts.",
		tried: "Mail von Prorata kommt an", triedLead: "Diese Mail sagt nur, dass Mail von Prorata hier ankommt.",
	}
}

func french() *words {
	return &words{
		code: "fr", group: "\u202f", point: ",",
		months:  [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		invoice: "Facture", creditNote: "Avoir", date: "Date", due: "Échéance", amountDue: "À payer", credited: "Montant crédité", total: "Total",
		order: "Votre commande", corrects: "Annule", reference: "Référence", taxID: "N° TVA",
		howToPay: "Règlement", holder: "Titulaire", bank: "Banque", account: "N° de compte", routing: "Code banque",
		subject: "%s %s de %s : %s", dueBy: "échéance le",
		lead: "Vous trouverez notre facture %s en pièce jointe (PDF).", creditLead: "Vous trouverez notre avoir %s en pièce jointe (PDF).",
		void: "Cette facture a été annulée : merci de ne pas la payer.", nothingToPay: "Aucun paiement n’est dû.", questions: "Si quelque chose n’est pas exact, répondez à ce message.",
		invited: "Votre accès à la facturation de %s", invitedLead: "%s vous a donné un accès. Choisissez un mot de passe pour entrer.",
		back: "Choisir un nouveau mot de passe", backLead: "%s a créé ce lien pour que vous choisissiez un nouveau mot de passe.",
		open: "Choisir un mot de passe", once: "Le lien est valable une fois, jusqu’au %s UTC.", unasked: "Si vous ne savez pas de quoi il s’agit, n’en faites rien : il ne se passera rien.",
		tried: "Les messages de Prorata arrivent", triedLead: "Ce message dit seulement que les messages de Prorata arrivent ici.",
	}
}

func spanish() *words {
	return &words{
		code: "es", group: ".", point: ",",
		months:  [12]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
		invoice: "Factura", creditNote: "Nota de abono", date: "Fecha", due: "Vence el", amountDue: "Importe a pagar", credited: "Importe abonado", total: "Total",
		order: "Su pedido", corrects: "Anula", reference: "Referencia", taxID: "NIF-IVA",
		howToPay: "Forma de pago", holder: "Titular", bank: "Banco", account: "N.º de cuenta", routing: "Código de entidad",
		subject: "%s %s de %s: %s", dueBy: "vence el",
		lead: "Adjuntamos nuestra factura %s en PDF.", creditLead: "Adjuntamos nuestra nota de abono %s en PDF.",
		void: "Esta factura ha sido anulada: no la pague, por favor.", nothingToPay: "No hay nada que pagar.", questions: "Si algo no es correcto, responda a este mensaje.",
		invited: "Su acceso a la facturación de %s", invitedLead: "%s le ha dado acceso. Elija una contraseña para entrar.",
		back: "Elegir una contraseña nueva", backLead: "%s ha creado este enlace para que elija una contraseña nueva.",
		open: "Elegir una contraseña", once: "El enlace vale una vez, hasta el %s UTC.", unasked: "Si no sabe de qué se trata, no haga nada: no ocurrirá nada.",
		tried: "Los mensajes de Prorata llegan", triedLead: "Este mensaje solo dice que los mensajes de Prorata llegan aquí.",
	}
}

func dutch() *words {
	return &words{
		code: "nl", group: ".", point: ",",
		months:  [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		invoice: "Factuur", creditNote: "Creditnota", date: "Datum", due: "Uiterlijk op", amountDue: "Te betalen", credited: "Gecrediteerd", total: "Totaal",
		order: "Uw bestelling", corrects: "Herroept", reference: "Kenmerk", taxID: "Btw-nr.",
		howToPay: "Betaling", holder: "Rekeninghouder", bank: "Bank", account: "Rekeningnummer", routing: "Bankcode",
		subject: "%s %s van %s: %s", dueBy: "te betalen uiterlijk",
		lead: "Onze factuur %s vindt u als PDF in de bijlage.", creditLead: "Onze creditnota %s vindt u als PDF in de bijlage.",
		void: "Deze factuur is herroepen: betaal haar niet.", nothingToPay: "U hoeft niets te betalen.", questions: "Klopt er iets niet? Beantwoord dan deze mail.",
		invited: "Uw toegang tot de facturatie van %s", invitedLead: "%s heeft u toegang gegeven. Kies een wachtwoord om binnen te komen.",
		back: "Kies een nieuw wachtwoord", backLead: "%s heeft deze link gemaakt waarmee u een nieuw wachtwoord kiest.",
		open: "Wachtwoord kiezen", once: "De link werkt één keer, tot %s UTC.", unasked: "Weet u niet waar het om gaat, laat het dan liggen: er gebeurt niets.",
		tried: "Mail van Prorata komt aan", triedLead: "Deze mail zegt alleen dat mail van Prorata hier aankomt.",
	}
}
