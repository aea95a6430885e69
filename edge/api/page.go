package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"prorata/flow/office"
)

// Paging is asked of every list.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many to give at most."`
	After string `query:"after" maxLength:"1000" doc:"Goes on behind a page: the next of the answer before, as it is."`
}

// List is one page of things.
type List[T any] struct {
	Items []T `json:"items" nullable:"false" doc:"The things of this page, in the order of the list."`
	// Next is empty on the last page.
	Next string `json:"next,omitempty" doc:"Where the next page begins: give it as after. Absent on the last page."`
}

// listed is an answer with a page.
type listed[T any] struct{ Body List[T] }

// mark is what a cursor holds: which list it belongs to, and where to go on.
type mark[K any] struct {
	List string `json:"l"`
	Key  K      `json:"k"`
}

// cursorOf is opaque to callers: what is in it may change with any version.
func cursorOf[K any](list string, key K) string {
	// A mark is strings and numbers, which always have a text.
	raw, _ := json.Marshal(mark[K]{list, key})
	return base64.RawURLEncoding.EncodeToString(raw)
}

// begin reads where a page begins; the zero key for the first page.
func begin[K any](list, cursor string) (key K, err error) {
	if cursor == "" {
		return key, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		var m mark[K]
		if err = json.Unmarshal(raw, &m); err == nil && m.List == list {
			return m.Key, nil
		}
	}
	return key, &office.FieldError{Field: "after", Err: errors.New("this is not a cursor of this list; give the next of an answer of the same list, as it is")}
}

// pageOf makes a page of what was read, one more than the limit where there are more: the
// key of the last one that is given begins the next page.
func pageOf[S, T, K any](list string, limit int, read []S, show func(*S) T, key func(*S) K) *listed[T] {
	page := &listed[T]{Body: List[T]{Items: make([]T, 0, min(limit, len(read)))}}
	for i := range read[:min(limit, len(read))] {
		page.Body.Items = append(page.Body.Items, show(&read[i]))
	}
	if len(read) > limit {
		page.Body.Next = cursorOf(list, key(&read[limit-1]))
	}
	return page
}

// pageBefore makes a page of one that the desk has cut, with the key that the next begins
// after; nil on the last.
func pageBefore[S, T, K any](list string, rows []S, next *K, show func(*S) T) *listed[T] {
	page := &listed[T]{Body: List[T]{Items: make([]T, 0, len(rows))}}
	for i := range rows {
		page.Body.Items = append(page.Body.Items, show(&rows[i]))
	}
	if next != nil {
		page.Body.Next = cursorOf(list, *next)
	}
	return page
}

// pageWithin makes a page of a list that is in memory whole: what follows the key that
// the page before ended with, in order of the keys.
func pageWithin[S, T, K any](list string, paging Paging, rows []S, key func(*S) K, compare func(a, b K) int, show func(*S) T) (*listed[T], error) {
	after, err := begin[K](list, paging.After)
	if err != nil {
		return nil, err
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b S) int { return compare(key(&a), key(&b)) })
	if paging.After != "" {
		rows = slices.DeleteFunc(rows, func(row S) bool { return compare(key(&row), after) <= 0 })
	}
	return pageOf(list, paging.Limit, rows, show, key), nil
}
