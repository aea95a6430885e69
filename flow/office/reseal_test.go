package office_test

import (
	"fmt"
	"testing"

	"prorata/edge/secret"
	"prorata/flow"
	"prorata/flow/office"
)

func newKey(t *testing.T) *secret.Key {
	t.Helper()
	key, err := secret.ParseKey(secret.NewKeyText())
	must(t, err)
	return key
}

// keeper is a firm in whose book there is one sealed value of each kind.
type keeper struct {
	*firm
	cookie string
	first  office.RequestClaim
}

func newKeeper(f *firm) *keeper {
	f.t.Helper()
	k := &keeper{firm: f, cookie: f.owner(), first: office.RequestClaim{Owner: "t1", Key: "k1"}}
	f.enrol(k.cookie)
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		_, err := tx.ConnectionPut(flow.Connection{ID: "ms", Kind: "partnercenter", Name: "Microsoft"})
		return err
	}))
	must(f.t, k.vault(f.Identity.Sealer).TokenSave(f.t.Context(), "refresh", "rotating"))
	_, _, err := f.desk(k.cookie).WebhookMake(f.t.Context(), office.WebhookDraft{Name: "Books", Address: "https://books.example/", Types: flow.MessageTypes()})
	must(f.t, err)
	taken, _, err := f.RequestTake(f.t.Context(), k.first, "digest")
	must(f.t, err)
	taken.Status, taken.Body = 201, f.Identity.Sealer.Seal([]byte("made"), office.RequestPlace(k.first.Owner, k.first.Key))
	must(f.t, f.RequestAnswer(f.t.Context(), taken))
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		return tx.MailsAdd([]office.Mail{{MessageID: "m1", Kind: office.MailWelcome, To: []string{"ann@nord.example"}, MadeAt: f.at, NextAt: f.at,
			Sealed: f.Identity.Sealer.Seal([]byte("link"), "mail/m1")}})
	}))
	return k
}

func (k *keeper) vault(sealer flow.Sealer) *flow.Vault {
	return &flow.Vault{Flow: k.Flow, Connection: "ms", Sealer: sealer}
}

// replaced replaces the key, and says what that came to.
func (k *keeper) replaced(from, to *secret.Key) string {
	k.t.Helper()
	k.Identity.Sealer = from
	report, err := k.desk(k.cookie).KeyReplace(k.t.Context(), to)
	must(k.t, err)
	return fmt.Sprint(report.Sealed, report.Already, report.Lost)
}

// sealed are all values that are kept.
func (k *keeper) sealed() (all []office.SealedValue) {
	k.t.Helper()
	must(k.t, k.Store.Read(k.t.Context(), func(tx office.Tx) error {
		all = nil
		for _, kind := range office.SealedKinds() {
			for behind := (office.SealedValue{Kind: kind}); ; {
				list, err := tx.SealedList(behind, 1)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					break
				}
				all, behind = append(all, list...), list[0]
			}
		}
		return nil
	}))
	return all
}

// What is sealed under one key is sealed under another, of every kind, and opens with that alone; what a program that was not
// stopped sealed under the old one meanwhile is found the second time.
func TestTheKeyIsReplaced(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		k, from, to := newKeeper(f), f.Identity.Sealer.(*secret.Key), newKey(t)
		if kinds := len(k.sealed()); kinds != len(office.SealedKinds()) {
			t.Fatalf("%d sealed values, expected one of each kind", kinds)
		}
		if got := k.replaced(from, to); got != "5 0 []" {
			t.Errorf("replaced: %s", got)
		}
		f.saidLast("olga@nord.example KeyReplace done: ")
		_, err := k.vault(from).TokenLoad(t.Context(), "refresh")
		wants(t, "the old key", err, secret.ErrSealed)
		token, err := k.vault(to).TokenLoad(t.Context(), "refresh")
		must(t, err)
		f.Identity.Sealer = to
		in, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		in, err = f.SecondFactor(t.Context(), in.Secret, f.code(), browser)
		must(t, err)
		if known, _, err := f.RequestTake(t.Context(), k.first, "digest"); err != nil {
			t.Error(err)
		} else if body, err := to.Open(known.Body, office.RequestPlace("t1", "k1")); err != nil || string(body) != "made" || token != "rotating" {
			t.Errorf("the answer is %q, the token %q: %v", body, token, err)
		}

		must(t, k.vault(from).TokenSave(t.Context(), "refresh", "of one that was not stopped"))
		k.cookie = in.Secret
		if got := k.replaced(from, to); got != "1 4 []" {
			t.Errorf("once more: %s", got)
		}
		if token, err := k.vault(to).TokenLoad(t.Context(), "refresh"); err != nil || token != "of one that was not stopped" {
			t.Errorf("%q: %v", token, err)
		}
	})
}

// What opens with neither key is named and stays; and who is no owner replaces nothing.
func TestWhatOpensWithNeitherKeyStays(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		k, from, to := newKeeper(f), f.Identity.Sealer.(*secret.Key), newKey(t)
		_, finance := f.hire(f.desk(k.cookie), "finn@nord.example", office.Finance)
		_, err := f.desk(finance).KeyReplace(t.Context(), to)
		wants(t, "finance", err, office.ErrDenied)
		must(t, k.vault(newKey(t)).TokenSave(t.Context(), "refresh", "of a key that was lost"))
		before := k.sealed()
		if got := k.replaced(from, to); got != "4 0 [ms/refresh]" {
			t.Errorf("replaced: %s", got)
		}
		for i, after := range k.sealed() {
			same := string(after.Sealed) == string(before[i].Sealed)
			if lost := after.Kind == office.SealedConnection; same != lost {
				t.Errorf("%s of %s %s: the same is %v", after.Kind, after.Of, after.Name, same)
			}
		}
	})
}

// A token that the provider rotates while the key is replaced is not overwritten by the one from before.
func TestASecretThatMovesIsNotOverwritten(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		k, to := newKeeper(f), newKey(t)
		was := k.sealed()[0]
		must(t, k.vault(f.Identity.Sealer).TokenSave(t.Context(), "refresh", "rotated"))
		wants(t, "the one from before", f.Store.Write(t.Context(), func(tx office.Tx) error {
			return tx.SealedReplace(was, to.Seal([]byte("rotating"), "ms/refresh"))
		}), flow.ErrMoved)
		if token, err := k.vault(f.Identity.Sealer).TokenLoad(t.Context(), "refresh"); err != nil || token != "rotated" {
			t.Errorf("%q: %v", token, err)
		}
	})
}
