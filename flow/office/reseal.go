package office

import (
	"context"
	"strconv"

	"prorata/flow"
)

// SealedKind says what a sealed value is.
type SealedKind string

// The kinds: a connection's secret, an authenticator's, a webhook's, the one-time link of a mail that waits, and the
// answer to a request that may come again.
const (
	SealedConnection SealedKind = "connection"
	SealedFactor     SealedKind = "factor"
	SealedWebhook    SealedKind = "webhook"
	SealedMail       SealedKind = "mail"
	SealedAnswer     SealedKind = "answer"
)

// SealedKinds are all kinds.
func SealedKinds() []SealedKind {
	return []SealedKind{SealedConnection, SealedFactor, SealedWebhook, SealedMail, SealedAnswer}
}

// SealedValue is a value as it is kept, with whose it is and which of theirs.
type SealedValue struct {
	Kind     SealedKind
	Of, Name string
	Sealed   []byte
}

// place is where it is sealed for; it opens nowhere else.
func (v *SealedValue) place() (string, error) {
	switch v.Kind {
	case SealedConnection:
		return flow.SecretPlace(flow.ConnectionID(v.Of), v.Name), nil
	case SealedFactor:
		return factorPlace(UserID(v.Of), FactorID(v.Name)), nil
	case SealedWebhook:
		no, err := strconv.ParseInt(v.Name, 10, 64)
		return webhookPlace(WebhookID(v.Of), no), err
	case SealedMail:
		return mailPlace(v.Of), nil
	case SealedAnswer:
	}
	return RequestPlace(v.Of, v.Name), nil
}

// Sealeds are the values of all kinds that are sealed.
type Sealeds interface {
	// SealedList is those of a kind behind one, in the order of whose and which; of the zero value, from the first.
	SealedList(behind SealedValue, most int) ([]SealedValue, error)
	// SealedReplace puts another in the place of a value; flow.ErrMoved where it is another already.
	SealedReplace(was SealedValue, sealed []byte) error
}

// ResealReport is what replacing the key came to.
type ResealReport struct {
	// Sealed counts the values that are under the new key now, Already those that were before.
	Sealed, Already int
	// Lost names what opens with neither key and stayed as it is.
	Lost []string
}

// sealedAtOnce is how many are read at a time.
const sealedAtOnce = 200

// KeyReplace seals everything that is sealed under another key: all of it or, where it fails, nothing. A program that
// still runs with the old one goes on sealing under it: stop all first. Doing it once more does what is left.
func (d *Desk) KeyReplace(ctx context.Context, to flow.Sealer) (report ResealReport, err error) {
	err = flow.Again(func() error {
		report = ResealReport{}
		return d.write(ctx, deed{verb: "KeyReplace"}, func(tx Tx) error {
			for _, kind := range SealedKinds() {
				if err := d.reseal(tx, kind, to, &report); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return report, err
}

func (d *Desk) reseal(tx Tx, kind SealedKind, to flow.Sealer, report *ResealReport) error {
	from := d.office.Identity.Sealer
	for behind := (SealedValue{Kind: kind}); ; {
		list, err := tx.SealedList(behind, sealedAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, value := range list {
			place, err := value.place()
			if err != nil {
				return err
			}
			plain, err := from.Open(value.Sealed, place)
			if err == nil {
				report.Sealed++
				err = tx.SealedReplace(value, to.Seal(plain, place))
			} else if _, err = to.Open(value.Sealed, place); err == nil {
				report.Already++
			} else {
				report.Lost, err = append(report.Lost, place), nil
			}
			if err != nil {
				return err
			}
		}
		behind = list[len(list)-1]
	}
}
