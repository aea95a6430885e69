package store

import (
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

const whatIfColumns = `id, version, name, accounts, months, changes, who, made_at, changed_at`

func whatIfArgs(k *office.WhatIfKept) []any {
	return []any{k.ID, k.Version, k.Name, strings.Join(textsOf(k.Accounts), "\n"), int64(k.Months), int64(len(k.Changes)), k.Who, microsOf(k.MadeAt), microsOf(k.ChangedAt)}
}

func (r *rows) whatIf() (k office.WhatIfKept) {
	k.ID, k.Version, k.Name = r.number(), r.number(), r.text()
	for id := range strings.SplitSeq(r.text(), "\n") {
		if id != "" {
			k.Accounts = append(k.Accounts, billing.AccountID(id))
		}
	}
	k.Months, k.HowMany, k.Who = r.count(), r.count(), r.text()
	k.MadeAt, k.ChangedAt = r.instant(), r.instant()
	return k
}

// WhatIfAdd keeps a new one.
func (t *tx) WhatIfAdd(k office.WhatIfKept) (id int64, err error) {
	if _, err := t.one(func(r *rows) { k.ID = r.number() }, `SELECT COALESCE(MAX(id), 0) + 1 FROM what_if`); err != nil {
		return 0, wrap("what-if", err)
	}
	k.Version = 1
	if _, err := t.exec(`INSERT INTO what_if (`+whatIfColumns+`) VALUES (`+binds(1, 9)+`)`, whatIfArgs(&k)...); err != nil {
		return 0, wrap("what-if", err)
	}
	return k.ID, t.whatIfFields(&k)
}

// WhatIfPut keeps what became of one.
func (t *tx) WhatIfPut(k office.WhatIfKept) error {
	n, err := t.exec(`UPDATE what_if SET version = version + 1, name = $3, accounts = $4, months = $5, changes = $6, changed_at = $7 WHERE id = $1 AND version = $2`,
		k.ID, k.Version, k.Name, strings.Join(textsOf(k.Accounts), "\n"), int64(k.Months), int64(len(k.Changes)), microsOf(k.ChangedAt))
	if err == nil && n == 0 {
		if _, err = t.whatIfHead(k.ID); err == nil {
			err = flow.ErrMoved
		}
	}
	if err == nil {
		_, err = t.exec(`DELETE FROM what_if_field WHERE what_if = $1`, k.ID)
	}
	if err != nil {
		return wrap(fmt.Sprintf("what-if %d", k.ID), err)
	}
	return t.whatIfFields(&k)
}

func (t *tx) whatIfFields(k *office.WhatIfKept) error {
	for i := range k.Changes {
		for j, field := range k.Changes[i].Fields() {
			if _, err := t.exec(`INSERT INTO what_if_field (what_if, change_no, field_no, name, said) VALUES ($1, $2, $3, $4, $5)`,
				k.ID, int64(i+1), int64(j+1), field.Name, field.Said); err != nil {
				return wrap(fmt.Sprintf("what-if %d", k.ID), err)
			}
		}
	}
	return nil
}

func (t *tx) whatIfHead(id int64) (k office.WhatIfKept, err error) {
	found, err := t.one(func(r *rows) { k = r.whatIf() }, `SELECT `+whatIfColumns+` FROM what_if WHERE id = $1`, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return k, err
}

// WhatIfGet is one with its changes.
func (t *tx) WhatIfGet(id int64) (office.WhatIfKept, error) {
	doing := fmt.Sprintf("what-if %d", id)
	k, err := t.whatIfHead(id)
	if err != nil {
		return k, wrap(doing, err)
	}
	said := make([]map[string]string, k.HowMany)
	if err := t.each(func(r *rows) {
		at := r.count() - 1
		if said[at] == nil {
			said[at] = map[string]string{}
		}
		name := r.word()
		said[at][name] = r.text()
	}, `SELECT change_no, name, said FROM what_if_field WHERE what_if = $1 ORDER BY change_no, field_no`, id); err != nil {
		return k, wrap(doing, err)
	}
	for i, fields := range said {
		c, err := whatif.ReadChange(flow.Source{}, func(name string) string { return fields[name] })
		if err != nil {
			return k, wrap(fmt.Sprintf("%s: change %d", doing, i+1), err)
		}
		k.Changes = append(k.Changes, c)
	}
	return k, nil
}

// WhatIfList is that changed last first.
func (t *tx) WhatIfList(filter office.WhatIfFilter) (list []office.WhatIfKept, err error) {
	where, args := []string{"1 = 1"}, []any{}
	bind := func(value any) string {
		args = append(args, value)
		return binds(len(args), 1)
	}
	if filter.Name != "" {
		where = append(where, `lower(name) LIKE `+bind(pattern(filter.Name, true))+` ESCAPE '\'`)
	}
	if !filter.Before.IsZero() {
		at := microsOf(filter.Before)
		where = append(where, `(changed_at < `+bind(at)+` OR (changed_at = `+bind(at)+` AND id < `+bind(filter.BeforeID)+`))`)
	}
	limit := ""
	if filter.Most > 0 {
		limit = ` LIMIT ` + bind(int64(filter.Most))
	}
	err = t.each(func(r *rows) { list = append(list, r.whatIf()) },
		`SELECT `+whatIfColumns+` FROM what_if WHERE `+strings.Join(where, " AND ")+` ORDER BY changed_at DESC, id DESC`+limit, args...)
	return list, wrap("what-ifs", err)
}

// WhatIfDelete forgets one.
func (t *tx) WhatIfDelete(id int64) error {
	_, err := t.exec(`DELETE FROM what_if_field WHERE what_if = $1`, id)
	if err == nil {
		var n int64
		if n, err = t.exec(`DELETE FROM what_if WHERE id = $1`, id); err == nil && n == 0 {
			err = flow.ErrUnknown
		}
	}
	return wrap(fmt.Sprintf("what-if %d", id), err)
}
