package partnercenter

import (
	"archive/zip"
	"bufio"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"prorata/core/calendar"
	"prorata/flow"
)

// priceSheetView is that of license-based new commerce.
const priceSheetView = "updatedlicensebased"

// PriceSheet is a market's price sheet. A month before the current one comes from
// the provider's history. Where nothing is announced, the future one is empty.
func (c *Client) PriceSheet(ctx context.Context, ask flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	return func(yield func(flow.PriceSheetRow, error) bool) {
		stopped := false
		err := c.priceSheet(ctx, ask, func(name string, r io.Reader) {
			for p, err := range PriceSheet(name, r) {
				if stopped = !yield(p, handedOn(err)); stopped {
					return
				}
			}
		})
		if err != nil && !stopped {
			yield(flow.PriceSheetRow{}, err)
		}
	}
}

func (c *Client) priceSheet(ctx context.Context, ask flow.PriceSheetAsk, read func(name string, r io.Reader)) error {
	if ask.Market == "" {
		return errors.New("price sheet: which market (expected a country such as US)?")
	}
	k := c.priceSheetCall(ask)
	k.stream = true
	res, err := c.send(ctx, k)
	if ask.Future && refusedWith(err, http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = c.openSheet(res, func(r io.Reader) { read(k.name(), r) })
	return errors.Join(err, res.Body.Close())
}

func (c *Client) priceSheetCall(ask flow.PriceSheetAsk) call {
	view := first(ask.View, priceSheetView)
	k := get(fmt.Sprintf("/v1.0/sales/pricesheets(Market='%s',PricesheetView='%s')/$value", url.PathEscape(strings.ToUpper(ask.Market)), url.PathEscape(view))).at(hostPricing).byPerson()
	now := dayOf(c.set.Clock().UTC())
	year, month, _ := now.Civil()
	current, _ := calendar.NewDate(year, month, 1)
	switch {
	case ask.Future:
		k.path += "?timeline=future"
	case !ask.Month.IsZero() && ask.Month.Before(current):
		k.path += "?timeline=history&month=" + monthText(ask.Month)
	default:
		k.path += "?timeline=current"
	}
	// So asked, the sheet comes as a ZIP archive, at a tenth of its size.
	k.header = http.Header{"Accept": {"application/octet-stream, text/csv, */*"}, "Accept-Encoding": {"deflate"}}
	return k
}

// openSheet finds the table in an answer, which is one, or an archive with one.
func (c *Client) openSheet(res *http.Response, read func(io.Reader)) error {
	text := bufio.NewReader(res.Body)
	head, err := text.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("price sheet: %w: %w", flow.ErrUnanswered, bare(err))
	}
	switch {
	case strings.HasPrefix(string(head), "PK"):
		return c.unzip(text, read)
	case strings.EqualFold(res.Header.Get("Content-Encoding"), "deflate") && len(head) > 0 && head[0] == zlibFirst:
		unpacked, err := zlib.NewReader(text)
		if err != nil {
			return damaged("price sheet", 0, "cannot be unpacked: %v", err)
		}
		read(&unpacking{unpacked, allow(c.set.UnpackedMost)})
	default:
		read(text)
	}
	return nil
}

// zlibFirst is how what is deflated begins.
const zlibFirst = 0x78

// archiveFilesMost is how many files may be packed into an archive, of which one is a price sheet.
const archiveFilesMost = 1000

// unzip keeps the archive, whose table of contents is at its end, and reads the
// largest file in it.
func (c *Client) unzip(r io.Reader, read func(io.Reader)) error {
	to, err := c.spool()
	if err != nil {
		return err
	}
	err = func() error {
		size, err := io.Copy(to, r)
		var own *spoolError
		switch {
		case errors.As(err, &own):
			return own
		case err != nil:
			return fmt.Errorf("price sheet: %w: %w", flow.ErrUnanswered, bare(err))
		}
		archive, err := zip.NewReader(to, size)
		if err != nil {
			return damaged("price sheet", 0, "is not a ZIP archive after all: %v", err)
		}
		if len(archive.File) > archiveFilesMost {
			return damaged("price sheet", 0, "%d files are packed into it (expected at most %d)", len(archive.File), archiveFilesMost)
		}
		var table *zip.File
		for _, f := range archive.File {
			if !f.FileInfo().IsDir() && (table == nil || f.UncompressedSize64 > table.UncompressedSize64) {
				table = f
			}
		}
		if table == nil {
			return damaged("price sheet", 0, "is an archive without a file")
		}
		inside, err := table.Open()
		if err != nil {
			return damaged("price sheet", 0, "%s in the archive cannot be unpacked: %v", table.Name, err)
		}
		read(&unpacking{inside, allow(c.set.UnpackedMost)})
		return inside.Close()
	}()
	return errors.Join(err, to.Close())
}
