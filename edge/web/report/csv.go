package report

import (
	"encoding/csv"
	"strconv"
	"strings"

	"prorata/edge/web/visit"
)

// table answers with a file of rows, the first of them its head.
func table(v *visit.Visit, name string, rows [][]string) error {
	h := v.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	w := csv.NewWriter(v.W)
	for _, row := range rows {
		for i := range row {
			row[i] = tame(row[i])
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// tame keeps a spreadsheet from taking a name for a formula; a number stays a number.
func tame(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if strings.Trim(cell[1:], "0123456789.") == "" && cell[0] == '-' {
		return cell
	}
	return "'" + cell
}

func count(n int64) string { return strconv.FormatInt(n, 10) }
