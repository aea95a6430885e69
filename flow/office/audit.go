package office

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"prorata/flow"
)

// Outcome is what became of what somebody asked for.
type Outcome string

// The outcomes: it was done; they were not allowed to; it failed and changed nothing here.
const (
	Done   Outcome = "done"
	Denied Outcome = "denied"
	Failed Outcome = "failed"
)

// AuditRecord says that somebody did something, or was not allowed to. Each is chained
// to the one before it: its hash is over its own words and the hash before it, so that
// none can be changed, taken out or put in unnoticed.
type AuditRecord struct {
	Seq int64
	At  time.Time
	// User is empty for the operator of the machine, jobs, and who is not signed in.
	User UserID
	Who  string
	Door Door
	// From is the network address that it came from, where there is one; of a command, who typed it on the machine.
	From string
	// Verb is that of the desk, or of signing in; Subject what it was done to.
	Verb, Subject string
	// Said is the rest in a few words, such as the reason given: for people, never a secret.
	Said    string
	Outcome Outcome
	// Previous is the hash of the record before it, Hash its own.
	Previous, Hash string
}

// link computes a record's hash as the record seq after one with the hash previous.
// Each word is preceded by its length, so that no two records read the same.
func (a *AuditRecord) link(seq int64, previous string) string {
	sum := sha256.New()
	for _, word := range []string{fmt.Sprint(seq), previous, fmt.Sprint(a.At.UnixMicro()), string(a.User), a.Who, string(a.Door), a.From,
		a.Verb, a.Subject, a.Said, string(a.Outcome)} {
		fmt.Fprintf(sum, "%d:%s,", len(word), word)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func appendAudit(tx Audits, record AuditRecord) error {
	record.Who, record.Subject, record.Said = flow.PlainText(record.Who), flow.PlainText(record.Subject), flow.PlainText(record.Said)
	return tx.AuditAppend(record, record.link)
}

// AuditList is who did what, newest first.
func (d *Desk) AuditList(ctx context.Context, filter AuditFilter) (list []AuditRecord, err error) {
	err = d.read(ctx, "AuditList", func(tx Tx) error {
		list, err = tx.AuditList(filter)
		return err
	})
	return list, err
}

// AuditReport is what verifying the audit found.
type AuditReport struct {
	Records int64
	// Broken is the number of the first record that is not what it was, 0 for none; Why says how.
	Broken int64
	Why    string
}

// AuditVerify follows the chain from the first record to the last.
func (o *Office) AuditVerify(ctx context.Context) (report AuditReport, err error) {
	err = o.Store.Read(ctx, func(tx Tx) error {
		previous := ""
		err := tx.AuditAll(func(a AuditRecord) bool {
			report.Records++
			switch {
			case a.Seq != report.Records:
				report.Broken, report.Why = report.Records, fmt.Sprintf("it is missing: the next is %d", a.Seq)
			case a.Previous != previous:
				report.Broken, report.Why = a.Seq, "it does not follow the record before it"
			case a.Hash != a.link(a.Seq, a.Previous):
				report.Broken, report.Why = a.Seq, "its words are not those that it was written with"
			}
			previous = a.Hash
			return report.Broken == 0
		})
		if err != nil || report.Broken != 0 {
			return err
		}
		seq, hash, err := tx.AuditHead()
		if err == nil && (seq != report.Records || hash != previous) {
			report.Broken, report.Why = report.Records+1, fmt.Sprintf("the chain goes to record %d, of which there is no trace", seq)
		}
		return err
	})
	return report, err
}
