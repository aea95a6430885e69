package store

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"prorata/flow"
)

const sellerColumns = `currency, time_zone, name, address, country, tax_id, registration_id, email, phone,
	bank, account_holder, iban, bic, account_number, routing_number, note`

func sellerArgs(s *flow.Seller) []any {
	return append(append([]any{s.Currency.String(), s.TimeZone}, partyArgs(&s.Party)...),
		s.Remittance.Bank, s.Remittance.AccountHolder, s.Remittance.IBAN, s.Remittance.BIC,
		s.Remittance.AccountNumber, s.Remittance.RoutingNumber, s.Remittance.Note)
}

func (r *rows) seller() (s flow.Seller) {
	s.Currency, s.TimeZone = r.currency(), r.text()
	s.Party = r.party()
	p := &s.Remittance
	p.Bank, p.AccountHolder, p.IBAN, p.BIC = r.text(), r.text(), r.text(), r.text()
	p.AccountNumber, p.RoutingNumber, p.Note = r.text(), r.text(), r.text()
	return s
}

// A party is kept as name, address, country, tax_id, registration_id, email, phone.
func partyArgs(p *flow.Party) []any {
	return []any{p.Name, strings.Join(p.Address, "\n"), p.Country, p.TaxID, p.RegistrationID, p.Email, p.Phone}
}

func (r *rows) party() (p flow.Party) {
	p.Name = r.text()
	if address := r.text(); address != "" {
		p.Address = strings.Split(address, "\n")
	}
	p.Country, p.TaxID, p.RegistrationID, p.Email, p.Phone = r.text(), r.text(), r.text(), r.text(), r.text()
	return p
}

// sellerAt is one version of a seller.
type sellerAt struct {
	id      flow.SellerID
	version int
}

// LetterheadOf is the newest up to a version. What a version has never changes, and many documents of one
// transaction have the same.
func (t *tx) LetterheadOf(id flow.SellerID, version int) (l flow.Letterhead, err error) {
	at := sellerAt{id, version}
	if known, ok := t.letterheads[at]; ok && version > 0 {
		return known, nil
	}
	logo := ""
	_, err = t.one(func(r *rows) { logo, l.Accent, l.Footer, l.Conditions = r.text(), r.text(), r.text(), r.text() },
		`SELECT logo, accent, footer, conditions FROM letterhead WHERE seller = $1 AND ($2 = 0 OR version <= $2) ORDER BY version DESC LIMIT 1`, string(id), int64(version))
	if err == nil && logo != "" {
		l.Logo, err = base64.StdEncoding.DecodeString(logo)
	}
	if t.letterheads == nil {
		t.letterheads = map[sellerAt]flow.Letterhead{}
	}
	t.letterheads[at] = l
	return l, wrap("letterhead of "+string(id), err)
}

// LetterheadPut makes a version of a seller that differs from the one before by its letterhead.
func (t *tx) LetterheadPut(id flow.SellerID, version int, l flow.Letterhead) error {
	doing := "letterhead of " + string(id)
	n, err := t.exec(`UPDATE seller SET version = version + 1 WHERE id = $1 AND version = $2`, string(id), int64(version))
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	if err != nil {
		return wrap(doing, err)
	}
	if _, err := t.exec(`INSERT INTO seller_version (seller, version, `+sellerColumns+`) SELECT seller, version + 1, `+sellerColumns+` FROM seller_version WHERE seller = $1 AND version = $2`,
		string(id), int64(version)); err != nil {
		return wrap(doing, err)
	}
	_, err = t.exec(`INSERT INTO letterhead (seller, version, logo, accent, footer, conditions) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(id), int64(version+1), base64.StdEncoding.EncodeToString(l.Logo), l.Accent, l.Footer, l.Conditions)
	return wrap(doing, err)
}

// SellerPut adds a seller, or a new version of it where it changed.
func (t *tx) SellerPut(s flow.Seller) (changed bool, err error) {
	args := sellerArgs(&s)
	old, version, err := t.sellerNewest(s.ID)
	switch {
	case err != nil:
		return false, wrap("seller "+string(s.ID), err)
	case version == 0:
		_, err = t.exec(`INSERT INTO seller (id, seq, version) SELECT $1, COUNT(*) + 1, 1 FROM seller`, string(s.ID))
	case slices.Equal(args, sellerArgs(&old)):
		return false, nil
	default:
		_, err = t.exec(`UPDATE seller SET version = $2 WHERE id = $1`, string(s.ID), int64(version+1))
	}
	if err == nil {
		_, err = t.exec(`INSERT INTO seller_version (seller, version, `+sellerColumns+`) VALUES (`+binds(1, len(args)+2)+`)`,
			append([]any{string(s.ID), int64(version + 1)}, args...)...)
	}
	return err == nil, wrap("seller "+string(s.ID), err)
}

// sellerNewest is version 0 where there is none.
func (t *tx) sellerNewest(id flow.SellerID) (s flow.Seller, version int, err error) {
	_, err = t.one(func(r *rows) { version, s = r.count(), r.seller() },
		`SELECT v.version, `+sellerColumns+` FROM seller s JOIN seller_version v ON v.seller = s.id AND v.version = s.version WHERE s.id = $1`, string(id))
	s.ID = id
	return s, version, err
}

// SellerList is the sellers in the order in which they came.
func (t *tx) SellerList() (sellers []flow.Seller, err error) {
	err = t.each(func(r *rows) {
		id := flow.SellerID(r.text())
		s := r.seller()
		s.ID = id
		sellers = append(sellers, s)
	}, `SELECT s.id, `+sellerColumns+` FROM seller s JOIN seller_version v ON v.seller = s.id AND v.version = s.version ORDER BY s.seq`)
	return sellers, wrap("sellers", err)
}

// SellerVersion is a seller as it was frozen into an invoice; version 0 is the newest.
func (t *tx) SellerVersion(id flow.SellerID, version int) (s flow.Seller, _ int, err error) {
	var found bool
	if version == 0 {
		s, version, err = t.sellerNewest(id)
		found = version > 0
	} else {
		found, err = t.one(func(r *rows) { s = r.seller() },
			`SELECT `+sellerColumns+` FROM seller_version WHERE seller = $1 AND version = $2`, string(id), int64(version))
		s.ID = id
	}
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	if err != nil {
		return flow.Seller{}, 0, fmt.Errorf("seller %s, version %d: %w", id, version, err)
	}
	return s, version, nil
}
