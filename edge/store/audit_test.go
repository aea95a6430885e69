package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// morning is a clock that stands.
type morning struct{}

func (morning) Now() time.Time { return time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC) }

// Whatever is changed in the audit behind the program's back is found, and what is cut off or
// taken out.
func TestTheAuditIsWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		o := &office.Office{Flow: &flow.Flow{Store: b.Store, Clock: morning{}, Log: slog.New(slog.DiscardHandler)}, Store: b.Office(),
			Identity: office.Identity{Random: func(n int) []byte { return make([]byte, n) }}}
		const records = 4
		for range records {
			_, err := o.OwnerLink(t.Context(), "root")
			must(t, err)
		}
		verify := func(what string, broken int64) {
			t.Helper()
			report, err := o.AuditVerify(t.Context())
			must(t, err)
			if report.Broken != broken {
				t.Errorf("%s: broken at %d (%s), expected %d", what, report.Broken, report.Why, broken)
			}
		}
		verify("as it is", 0)
		for _, column := range []string{"at", "user_id", "who", "door", "came_from", "verb", "subject", "said", "outcome", "previous", "hash"} {
			change, back := fmt.Sprintf("UPDATE audit SET %[1]s = %[1]s || 'x' WHERE seq = 3", column), fmt.Sprintf("UPDATE audit SET %[1]s = substr(%[1]s, 1, length(%[1]s) - 1) WHERE seq = 3", column)
			if column == "at" {
				change, back = "UPDATE audit SET at = at + 1 WHERE seq = 3", "UPDATE audit SET at = at - 1 WHERE seq = 3"
			}
			raw(t, url, change)
			verify(column, 3)
			raw(t, url, back)
			verify(column+" put back", 0)
		}
		raw(t, url, "UPDATE audit SET seq = 1000 WHERE seq = 3")
		verify("moved", 3)
		raw(t, url, "UPDATE audit SET seq = 3 WHERE seq = 1000", "UPDATE audit_head SET hash = 'x'")
		verify("the head", records+1)
		raw(t, url, "UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE seq = 4)")
		verify("put back", 0)
		raw(t, url, "DELETE FROM audit WHERE seq = 4")
		verify("cut off", records)
		raw(t, url, "DELETE FROM audit")
		verify("all gone", 1)
	})
}
