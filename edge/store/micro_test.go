package store

import (
	"context"
	"strings"
	"testing"
)

func BenchmarkMicro(b *testing.B) {
	s, err := Open(context.Background(), "sqlite::memory:")
	if err != nil { b.Fatal(err) }
	defer s.Close()
	seedFor(b, s)
	cols := strings.Split(strings.ReplaceAll(subscriptionColumns, "\n\t\t", ""), ", ")
	for i := range cols { cols[i] = strings.TrimSpace(cols[i]) }
	tail := ` FROM contract_cursor k CROSS JOIN subscription s WHERE k.group_key > '' AND s.contract = k.contract`
	for _, v := range []struct{ name, sql string }{
		{"columns", "SELECT s.contract, " + subscriptionColumns + tail},
		{"none", "SELECT 1" + tail},
		{"one", "SELECT s.contract" + tail},
		{"concat", "SELECT s.contract || char(31) || ifnull(" + strings.Join(cols, ",'') || char(31) || ifnull(") + ",'')" + tail},
		{"concat2", "SELECT s.contract || '\x1f' || ifnull(" + strings.Join(cols, ",'\x00') || '\x1f' || ifnull(") + ",'\x00')" + tail},
		{"concat3", "SELECT concat(s.contract,'\x1f'," + strings.Join(cols, ",'\x1f',") + ")" + tail},
		{"concatws", "SELECT concat_ws('\x1f',s.contract," + strings.Join(cols, ",") + ")" + tail},
		{"format", "SELECT format('%s" + strings.Repeat("\x1f%s", len(cols)) + "',s.contract," + strings.Join(cols, ",") + ")" + tail},
	} {
		b.Run(v.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				s.do(context.Background(), false, func(t *tx) error {
					return t.each(func(r *rows) { n++ }, v.sql)
				})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
		})
	}
}
