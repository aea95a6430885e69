package bookfile

import (
	"prorata/core/billing"
	"prorata/flow/whatif"
)

// ReadWhatIf reads a what-if from a file: its name, the accounts that it is about, how many
// months it looks ahead, and its changes, each a mapping of the fields that flow names. What
// is not given is a year of the whole book.
func ReadWhatIf(name string, data []byte) (whatif.Question, error) {
	in := &problems{file: name}
	root, err := parseYAML(in, data)
	if err != nil {
		return whatif.Question{}, err
	}
	if root.shape != mapping {
		return whatif.Question{}, damaged(name, root.line, "expected a mapping {key: value}")
	}
	f := fieldsOf(in, "", root)
	w := whatif.Question{Name: f.text("name"), Months: whatif.MonthsUsual}
	if months, given := f.whole("months", 1, whatif.MonthsMost); given {
		w.Months = months
	}
	for i, v := range f.list("accounts") {
		if v.shape != scalar {
			in.add(v.line, indexed("accounts", i), "expected an id, got a %s", shapeName(v.shape))
			continue
		}
		w.Accounts = append(w.Accounts, billing.AccountID(v.text))
	}
	for i, v := range f.list("changes") {
		c := fieldsOf(in, indexed("changes", i), v)
		change, err := whatif.ReadChange(c.at(), c.text)
		c.done()
		if err == nil {
			err = change.Check()
		}
		if err != nil {
			in.list = append(in.list, err)
		}
		w.Changes = append(w.Changes, change)
	}
	f.done()
	return w, in.err()
}
