package partnercenter

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"prorata/flow"
)

// paging is how a collection is read on.
type paging uint8

const (
	// pagingNone gives everything at once.
	pagingNone paging = iota
	// pagingToken names the next page by a token, given in links.next or beside it.
	pagingToken
	// pagingOffset counts what was read.
	pagingOffset
)

// continuation is the header with the token of the next page.
const continuation = "MS-ContinuationToken"

// taken is called with each item; errEnough ends the reading without an error.
type taken func(at flow.Source, item object) error

// items reads a collection from all its pages. size is that of a page, 0 to
// leave it to the provider. A source's line is the item's number.
func (c *Client) items(ctx context.Context, k call, how paging, size int, take taken) error {
	page := k
	if size > 0 {
		page.path = withQuery(page.path, "size", strconv.Itoa(size))
	}
	start := page.path
	if how == pagingOffset {
		page.path = withQuery(start, "offset", "0")
	}
	count, token := 0, ""
	for {
		a, err := c.ask(ctx, page)
		if err != nil {
			return err
		}
		if len(a.body) == 0 && a.status == http.StatusNoContent {
			return nil
		}
		before := count
		rest, err := eachItem(k.name(), a.body, &count, take)
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
		switch how {
		case pagingNone:
			return nil
		case pagingOffset:
			if count == before || count-before < size {
				return nil
			}
			page.path = withQuery(start, "offset", strconv.Itoa(count))
		case pagingToken:
			next, uri := nextPage(rest, a.header)
			switch {
			case next == "" && uri == "":
				return nil
			case next+uri == token:
				return damaged(k.name(), count, "the next page is the same again")
			case next == "" && k.host == hostAPI:
				page.path = linked(uri)
			case next == "":
				page.path = uri
			default:
				page.path = withQuery(start, "seekOperation", "Next")
				page.header = k.header.Clone()
				if page.header == nil {
					page.header = http.Header{}
				}
				page.header.Set(continuation, next)
			}
			token = next + uri
		}
	}
}

// eachItem hands on the items of one page, and gives the page's other fields.
func eachItem(name string, body []byte, count *int, take taken) (reading, error) {
	rest := reading{wrong: &mistakes{}, of: object{}}
	list := rawList(body)
	if list == nil {
		o, ok := objectOf(body)
		if !ok {
			return rest, damaged(name, *count, "expected a collection of items, got %s", quote(string(body)))
		}
		rest.of = o
		raw, ok := o["items"]
		if !ok {
			raw, ok = o["value"] // as Graph says it
		}
		if !ok {
			raw, ok = o["transition"]
		}
		if !ok && o["id"] != nil {
			raw, ok = json.RawMessage("["+string(body)+"]"), true // one by itself
		}
		if !ok {
			return rest, damaged(name, *count, "items: missing in the answer")
		}
		list = rawList(raw)
	}
	for _, raw := range list {
		*count++
		at := flow.Source{File: name, Line: *count}
		o, ok := objectOf(raw)
		if !ok {
			o = object{"": raw}
		}
		if err := take(at, o); err != nil {
			return rest, err
		}
	}
	return rest, nil
}

// nextPage is the next page's token, or its address where it has no token;
// neither on the last one.
func nextPage(page reading, header http.Header) (token, uri string) {
	if uri := page.scalar("@odata.nextLink"); uri != "" {
		return "", uri
	}
	links, ok := page.object("links")
	if !ok {
		return header.Get(continuation), ""
	}
	next, ok := links.object("next")
	if !ok {
		return header.Get(continuation), ""
	}
	headers, _ := next.raw("headers")
	for _, raw := range rawList(headers) {
		o, _ := objectOf(raw)
		h := reading{wrong: &mistakes{}, of: o}
		if strings.EqualFold(h.scalar("key"), continuation) && h.scalar("value") != "" {
			return h.scalar("value"), ""
		}
	}
	if token := first(page.scalar("continuationToken"), header.Get(continuation)); token != "" {
		return token, ""
	}
	return "", next.scalar("uri")
}

// stream turns what items hands on into values, each with its error.
func stream[T any](items func(taken) error, value func(r reading) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		err := items(func(at flow.Source, item object) error {
			r := reading{wrong: &mistakes{at: at}, of: item}
			v, err := value(r), r.wrong.err()
			if err != nil {
				v = none
			}
			if !yield(v, rowError(at, err)) {
				return errEnough
			}
			return nil
		})
		if err != nil {
			yield(none, err)
		}
	}
}
