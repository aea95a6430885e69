package store

import (
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/flow"
)

// accountTree are the columns that decide who pays and by which lists; with those
// of accountRest they are an account.
const (
	accountTree = `a.id, a.version, a.parent, a.reseller, a.bill_to, a.currency, a.price_list, a.consolidated, a.payment_terms_days`
	accountRest = `a.name, a.country, a.language, a.purchase_order,
		a.party_name, a.address, a.party_country, a.tax_id, a.registration_id, a.email, a.phone`
	// accountTableColumns are all of them, for writing.
	accountTableColumns = `id version parent reseller bill_to currency price_list consolidated payment_terms_days
		name country language purchase_order party_name address party_country tax_id registration_id email phone`
)

var (
	accountTable        = tableOf("account", accountTableColumns)
	accountVersionTable = tableOf("account_version", accountTableColumns)
)

func accountArgs(a *flow.Account, version int) []any {
	var terms any
	if a.HasPaymentTerms {
		terms = int64(a.PaymentTermsDays)
	}
	return append([]any{
		string(a.ID), int64(version), string(a.Parent), string(a.Reseller), billToWords[a.BillTo], a.Currency.String(), a.PriceList, a.Consolidated, terms,
		a.Name, a.Country, a.Language, a.PurchaseOrder,
	}, partyArgs(&a.Party)...)
}

// accountNode reads the columns of accountTree.
func (r *rows) accountNode() (a flow.Account, version int) {
	a.ID, version = billing.AccountID(r.text()), r.count()
	a.Parent, a.Reseller = billing.AccountID(r.word()), billing.AccountID(r.word())
	a.BillTo = billing.BillTo(r.enum(billToWords))
	a.Currency, a.PriceList, a.Consolidated = r.currency(), r.word(), r.flag()
	if a.HasPaymentTerms = !r.isNull(); a.HasPaymentTerms {
		a.PaymentTermsDays = r.count()
	} else {
		r.skip(1)
	}
	return a, version
}

// account reads the columns of accountTree and accountRest.
func (r *rows) account() (a flow.Account, version int) {
	a, version = r.accountNode()
	a.Name, a.Country, a.Language, a.PurchaseOrder = r.text(), r.word(), r.word(), r.text()
	a.Party = r.party()
	return a, version
}

// AccountPut adds an account or a new version of it.
func (t *tx) AccountPut(a flow.Account) (changed bool, err error) {
	defer func() { err = wrap("account "+string(a.ID), err) }()
	old, version, err := t.accountNewest(a.ID)
	if err != nil {
		return false, err
	}
	args := accountArgs(&a, version)
	if version > 0 && slices.Equal(args, accountArgs(&old, version)) {
		return false, nil
	}
	args[1] = int64(version + 1)
	if version == 0 {
		_, err = t.exec(accountTable.insertText(), args...)
	} else {
		_, err = t.exec(`UPDATE account SET version = $2, parent = $3, reseller = $4, bill_to = $5, currency = $6, price_list = $7, consolidated = $8,
			payment_terms_days = $9, name = $10, country = $11, language = $12, purchase_order = $13, party_name = $14, address = $15,
			party_country = $16, tax_id = $17, registration_id = $18, email = $19, phone = $20 WHERE id = $1`, args...)
	}
	if err != nil {
		return false, err
	}
	_, err = t.exec(accountVersionTable.insertText(), args...)
	return err == nil, err
}

// accountNewest is version 0 where there is none.
func (t *tx) accountNewest(id billing.AccountID) (a flow.Account, version int, err error) {
	_, err = t.one(func(r *rows) { a, version = r.account() },
		`SELECT `+accountTree+`, `+accountRest+` FROM account a WHERE a.id = $1`, string(id))
	return a, version, err
}

// AccountNewest is the account with its version, which is 0 where there is none.
func (t *tx) AccountNewest(id billing.AccountID) (flow.Account, int, error) {
	a, version, err := t.accountNewest(id)
	return a, version, wrap("account "+string(id), err)
}

// AccountGet is ErrUnknown where there is none.
func (t *tx) AccountGet(id billing.AccountID) (flow.Account, error) {
	a, version, err := t.accountNewest(id)
	if err == nil && version == 0 {
		err = flow.ErrUnknown
	}
	return a, wrap("account "+string(id), err)
}

// AccountList is all accounts, by id.
func (t *tx) AccountList() (accounts []flow.Account, err error) {
	err = t.each(func(r *rows) {
		a, _ := r.account()
		accounts = append(accounts, a)
	}, `SELECT `+accountTree+`, `+accountRest+` FROM account a ORDER BY a.id`)
	return accounts, wrap("accounts", err)
}

// AccountsNamed reads of all accounts no more than their names.
func (t *tx) AccountsNamed(call func(id billing.AccountID, name string)) error {
	err := t.each(func(r *rows) {
		id := billing.AccountID(r.text())
		call(id, r.text())
	}, `SELECT `+t.columns(`a.id, a.name`)+` FROM account a`)
	return wrap("names of accounts", err)
}

// AccountVersion is an account as it was frozen into an invoice.
func (t *tx) AccountVersion(id billing.AccountID, version int) (a flow.Account, err error) {
	found, err := t.one(func(r *rows) { a, _ = r.account() },
		`SELECT `+accountTree+`, `+accountRest+` FROM account_version a WHERE a.id = $1 AND a.version = $2`, string(id), int64(version))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	if err != nil {
		return flow.Account{}, fmt.Errorf("account %s, version %d: %w", id, version, err)
	}
	return a, nil
}

// AccountHeld says whether the account is on credit hold: whether its last hold
// or release is a hold.
func (t *tx) AccountHeld(id billing.AccountID) (held bool, err error) {
	_, err = t.one(func(r *rows) { held = flow.EventVerb(r.enum(verbWords)) == flow.DoHold },
		`SELECT verb FROM change_log WHERE account = $1 AND account <> '' AND contract = '' AND verb IN ('hold', 'release') ORDER BY seq DESC LIMIT 1`, string(id))
	return held, wrap("credit hold of "+string(id), err)
}

// AccountBilled says whether any contract of the account, or of one that its
// bill passes through, has an issued invoice.
func (t *tx) AccountBilled(id billing.AccountID) (billed bool, err error) {
	billed, err = t.one(func(*rows) {}, `WITH RECURSIVE below (id) AS (
			SELECT id FROM account WHERE id = $1
			UNION
			SELECT a.id FROM below b JOIN account a
				ON (a.parent = b.id AND a.parent <> '' AND a.bill_to = 'parent') OR (a.reseller = b.id AND a.reseller <> '' AND a.bill_to = 'reseller')
		)
		SELECT 1 FROM below b JOIN contract c ON c.account = b.id JOIN invoice_line l ON l.contract = c.id LIMIT 1`, string(id))
	return billed, wrap("invoices of "+string(id), err)
}

// family holds accounts by id, as far as they were needed, with their versions.
type family map[billing.AccountID]*member

type member struct {
	flow.Account
	version int
}

func (f family) find(id billing.AccountID) (billing.Account, bool) {
	if m, ok := f[id]; ok && m != nil {
		return m.Account.Account, true
	}
	return billing.Account{}, false
}

// inIDs calls for each part of a list that goes into one statement: with the
// condition that a column is one of them (" = …", to stand after the column), and
// with the arguments before it and its own.
func inIDs[T ~string](t *tx, ids []T, before []any, call func(in string, args []any) error) error {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	for part := range slices.Chunk(texts, t.session.idsMost()) {
		in, args := t.session.inIDs(len(before)+1, part)
		if err := call(in, append(slices.Clone(before), args...)); err != nil {
			return err
		}
	}
	return nil
}

// familyClose reads the parents and resellers of the accounts that are there, and
// theirs, until none is missing. One that the book does not have is noted as nil.
func (t *tx) familyClose(f family) error {
	for {
		var missing []billing.AccountID
		want := func(id billing.AccountID) {
			if _, known := f[id]; !known && id != "" {
				f[id] = nil
				missing = append(missing, id)
			}
		}
		for _, m := range f {
			if m != nil {
				want(m.Parent)
				want(m.Reseller)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if err := inIDs(t, missing, nil, func(in string, args []any) error { return t.familyRead(f, in, args) }); err != nil {
			return err
		}
	}
}

func (t *tx) familyRead(f family, in string, args []any) error {
	return t.each(func(r *rows) {
		a, version := r.accountNode()
		f[a.ID] = &member{a, version}
	}, `SELECT `+accountTree+` FROM account a WHERE a.id`+in, args...)
}
