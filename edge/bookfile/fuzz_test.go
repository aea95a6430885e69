package bookfile_test

import (
	"bytes"
	"os"
	"testing"

	"prorata/edge/bookfile"
	"prorata/flow"
)

// What reads at all must be the same when it is written and read again.
func FuzzReadScenario(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range scenarioFiles(f) {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := bookfile.ReadScenario("f.yaml", data)
		if err != nil {
			return
		}
		all := collect(t, s.Intakes())
		var out bytes.Buffer
		if err := bookfile.WriteBook(&out, sequence(all)); err != nil {
			t.Fatal(err)
		}
		same(t, "YAML", collect(t, bookfile.ReadBook("f.yaml", &out)), all)
	})
}

func FuzzReadBook(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("accounts:\n  - {id: a, name: A}\nunits: [{name: a, months: 2}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for v, err := range bookfile.ReadBook("f.yaml", bytes.NewReader(data)) {
			if err == nil && v == (flow.Intake{At: v.At}) {
				t.Error("neither a noun nor an error")
			}
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("contracts", []byte("id,account,start,changes.weekly\nc1,contoso,2026-01-01,monday\n"))
	f.Add("prices", []byte("sku,model,tiers\nE3,volume,1-5:7.00+1;6-10:6.50;*:6.00\n"))
	f.Add("accounts", []byte("id,name,address\na,A,\"x\ny\"\n"))
	f.Add("events", []byte("on,do,contract,id,sku,discount.percent,smooth.over,smooth.months\n2026-01-01,subscribe,c,s,k,1,2,3\n"))
	for _, noun := range bookfile.Nouns() {
		f.Add(noun, []byte("\ufeffname,id\n\"a\",b\n"))
	}
	f.Fuzz(func(t *testing.T, noun string, data []byte) {
		var all []flow.Intake
		for v, err := range bookfile.ReadCSV(noun, "f.csv", bytes.NewReader(data)) {
			if err == nil {
				all = append(all, placeless(v))
			}
		}
		if len(all) == 0 {
			return
		}
		var out bytes.Buffer
		if err := bookfile.WriteCSV(noun, &out, sequence(all)); err != nil {
			t.Fatal(err)
		}
		same(t, "CSV", collect(t, bookfile.ReadCSV(noun, "f.csv", &out)), all)
	})
}
