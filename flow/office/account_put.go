package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"prorata/core/billing"
	"prorata/flow"
)

// AccountPut adds an account (version flow.New) or changes it, if it is still at the
// version that was looked at: else flow.ErrMoved. It gives the account as it is then.
// What decides who pays what is refused once it was billed by.
func (d *Desk) AccountPut(ctx context.Context, a flow.Account, version int) (row AccountRow, err error) {
	what := "changed"
	if version == flow.New {
		what = "added"
	}
	f, err := d.doing(ctx, deed{"AccountPut", string(a.ID), what})
	if err != nil {
		return row, err
	}
	a.Party.Name, a.Party.Country = a.Name, a.Country
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		known, is, err := tx.AccountNewest(a.ID)
		if err != nil {
			return err
		}
		if version == flow.New && is != flow.New {
			return &FieldError{"id", fmt.Errorf("%s is the account of %s already", a.ID, known.Name)}
		}
		return checkAccount(tx, &a)
	})
	if err != nil {
		return row, err
	}
	if _, err := f.AccountSet(ctx, a, version, d.actor()); err != nil {
		return row, err
	}
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		row, err = tx.AccountState(a.ID)
		return err
	})
	return row, err
}

// checkAccount says which field cannot be as it is.
func checkAccount(tx Tx, a *flow.Account) error {
	for _, field := range []struct {
		name, text string
		most       int
	}{
		{"id", string(a.ID), 100}, {"name", a.Name, 200}, {"email", a.Party.Email, 254}, {"phone", a.Party.Phone, 50}, {"tax_id", a.Party.TaxID, 50},
		{"registration_id", a.Party.RegistrationID, 100}, {"purchase_order", a.PurchaseOrder, 100}, {"price_list", a.PriceList, 100},
		{"address", strings.Join(a.Party.Address, " "), 1000},
	} {
		if utf8.RuneCountInString(field.text) > field.most {
			return &FieldError{field.name, fmt.Errorf("it has more than %d characters", field.most)}
		}
		if flow.PlainText(field.text) != field.text {
			return &FieldError{field.name, errors.New("it begins or ends with a space, or has characters that cannot be shown")}
		}
	}
	switch {
	case a.ID == "" || strings.ContainsAny(string(a.ID), " /?#%\"'<>"):
		return &FieldError{"id", errors.New("expected letters, digits, and - . _ between them, such as contoso")}
	case a.Name == "":
		return &FieldError{"name", errors.New("an account needs a name")}
	case len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return &FieldError{"country", fmt.Errorf("%q is no country (expected its two letters, such as DE)", a.Country)}
	case a.Language != "" && !slices.Contains([]string{"en", "de", "fr", "es", "nl"}, a.Language):
		return &FieldError{"language", fmt.Errorf("%q is none of en, de, fr, es, nl", a.Language)}
	case a.HasPaymentTerms && (a.PaymentTermsDays < 0 || a.PaymentTermsDays > 365):
		return &FieldError{"payment_terms_days", fmt.Errorf("%d days (expected 0 to 365)", a.PaymentTermsDays)}
	case a.Party.Email != "" && !strings.Contains(strings.Trim(a.Party.Email, "@"), "@"):
		return &FieldError{"email", fmt.Errorf("%q is no address (expected name@example.com)", a.Party.Email)}
	}
	return checkFamily(tx, a)
}

// checkFamily says whether who is above an account can be: it exists, and is not below it.
func checkFamily(tx Tx, a *flow.Account) error {
	for _, above := range []struct {
		field string
		id    billing.AccountID
		pays  bool
	}{{"parent", a.Parent, a.BillTo == billing.ToParent}, {"reseller", a.Reseller, a.BillTo == billing.ToReseller}} {
		if above.id == "" && above.pays {
			return &FieldError{"bill_to", fmt.Errorf("it has no %s to pay its bills", above.field)}
		}
		if above.id == "" {
			continue
		}
		if _, err := tx.AccountGet(above.id); errors.Is(err, flow.ErrUnknown) {
			return &FieldError{above.field, fmt.Errorf("there is no account %s", above.id)}
		} else if err != nil {
			return err
		}
		below, err := tx.AccountsUnder([]billing.AccountID{a.ID})
		if err != nil {
			return err
		}
		if above.id == a.ID || slices.Contains(below, above.id) {
			return &FieldError{above.field, fmt.Errorf("%s is below %s itself", above.id, a.ID)}
		}
	}
	return nil
}
