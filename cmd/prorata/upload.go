package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"prorata/core/billing"
	"prorata/edge/bookfile"
	"prorata/edge/identity"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
	"prorata/flow/office"
)

const (
	// uploadKept is how long a file waits to be taken, and its report to be read.
	uploadKept = time.Hour
	// uploadsMost is how many wait at once; the oldest makes room for one more.
	uploadsMost = 20
	// uploadUnpackedMiB is the most that a packed file may unpack to.
	uploadUnpackedMiB = 1024
	// uploadSweepEvery is how often those that waited long enough are looked for.
	uploadSweepEvery = 10 * time.Minute
)

// uploads keeps the files that were sent to the console between their preview and their
// taking, in a folder that only this user of the machine may read. They are this process's: another one
// of the same book says so (docs/decisions/jobs.md).
type uploads struct {
	flow  *flow.Flow
	clock interface{ Now() time.Time }

	// mark begins the id of each file that is kept here.
	mark string

	mu     sync.Mutex
	folder string
	kept   map[string]*upload
}

// upload is one file; path is empty once it was taken.
type upload struct {
	office.ImportFile
	who, path string
	at        time.Time
}

func newUploads(f *flow.Flow) *uploads {
	return &uploads{flow: f, clock: wallClock{}, mark: hex.EncodeToString(identity.Random(4)), kept: map[string]*upload{}}
}

// keepUploads forgets what waited too long, and everything at the end.
func (w *world) keepUploads(ctx context.Context, u *uploads) {
	w.often(ctx, uploadSweepEvery, "forget files that were not taken", u.sweep)
	if err := u.close(); err != nil {
		w.log.Warn("files that were not taken could not be removed", "error", err)
	}
}

// Keep decides what a file is and puts it aside.
func (u *uploads) Keep(who string, file office.ImportFile, content io.Reader) (id string, err error) {
	command := importCommand{Kind: cmp.Or(file.Kind, "auto")}
	if file.Kind = command.kindOf(strings.TrimSuffix(file.Name, ".gz")); file.Kind == "" {
		return "", &office.FieldError{Field: "as", Err: fmt.Errorf("the name of %s does not say what it is: say which kind it is", file.Name)}
	}
	if kindWrong(file.Kind) {
		return "", &office.FieldError{Field: "as", Err: fmt.Errorf("%q is no kind of file: expected book, price-sheet, usage, subscriptions, bill, or a noun such as accounts", file.Kind)}
	}
	if file.Kind == office.ImportBill && file.Connection == "" {
		return "", &office.FieldError{Field: "connection", Err: errors.New("a provider's bill is of a connection: say which")}
	}
	if _, err := readSheetOptions(file.List, file.Rule, file.Market, file.Currency); err != nil {
		return "", err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.folder == "" {
		if u.folder, err = os.MkdirTemp("", "prorata-import-*"); err != nil {
			return "", err
		}
	}
	if err := u.forget(uploadsMost - 1); err != nil {
		return "", err
	}
	id = u.mark + hex.EncodeToString(identity.Random(16))
	one := &upload{ImportFile: file, who: who, path: filepath.Join(u.folder, id), at: u.clock.Now()}
	if err := one.write(content); err != nil {
		return "", errors.Join(err, one.remove())
	}
	u.kept[id] = one
	return id, nil
}

// kindWrong says whether a page could not have offered this.
func kindWrong(kind string) bool {
	return !slices.Contains(append(bookfile.Nouns(), "book", office.ImportPriceSheet, office.ImportBill, "usage", "subscriptions"), kind)
}

// forget removes what waited too long, and the oldest until at most so many are left.
func (u *uploads) forget(most int) (err error) {
	old := u.clock.Now().Add(-uploadKept)
	ids := make([]string, 0, len(u.kept))
	for id := range u.kept {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return u.kept[a].at.Compare(u.kept[b].at) })
	for i, id := range ids {
		if u.kept[id].at.Before(old) || len(ids)-i > most {
			err = errors.Join(err, u.kept[id].remove())
			delete(u.kept, id)
		}
	}
	return err
}

// write needs nothing of the disk but to last until the program ends.
func (one *upload) write(content io.Reader) error {
	file, err := os.OpenFile(one.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

func (one *upload) remove() error {
	if one.path == "" {
		return nil
	}
	path := one.path
	one.path = ""
	return os.Remove(path)
}

func (u *uploads) sweep() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.forget(uploadsMost)
}

// close removes them all.
func (u *uploads) close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.kept = map[string]*upload{}
	if u.folder == "" {
		return nil
	}
	folder := u.folder
	u.folder = ""
	return os.RemoveAll(folder)
}

// find is a copy of what is kept, for who sent it.
func (u *uploads) find(who, id string) (upload, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	one, known := u.kept[id]
	if !known && len(id) == len(u.mark)+32 && !strings.HasPrefix(id, u.mark) {
		return upload{}, &billing.Refusal{Code: "file_elsewhere", Sentence: "this file was sent to another process of this book, or before the program was started anew: it waits where it was sent to. Send it again; where several processes serve one book, the proxy before them has to lead a visitor always to the same one"}
	}
	if !known || one.who != who || one.at.Before(u.clock.Now().Add(-uploadKept)) {
		return upload{}, fmt.Errorf("this file is not kept any more (files wait an hour to be taken), send it again: %w", flow.ErrUnknown)
	}
	return *one, nil
}

// Find is what is known of a file.
func (u *uploads) Find(who, id string) (office.ImportFile, error) {
	one, err := u.find(who, id)
	return one.ImportFile, err
}

// Took keeps the report in place of the file.
func (u *uploads) Took(who, id string, report *office.ImportReport) error {
	if _, err := u.find(who, id); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	one, known := u.kept[id]
	if !known {
		return nil
	}
	one.Report = report
	return one.remove()
}

// open is a file's content, unpacked, and its name without .gz.
func (u *uploads) open(who, id string) (one upload, plain string, file *os.File, r io.Reader, err error) {
	if one, err = u.find(who, id); err != nil {
		return one, "", nil, nil, err
	}
	if file, err = os.Open(one.path); err != nil {
		return one, "", nil, nil, fmt.Errorf("%s was taken or given up meanwhile: %w", one.Name, flow.ErrUnknown)
	}
	r, plain = file, strings.TrimSuffix(one.Name, ".gz")
	if plain != one.Name {
		if r, err = unpacked(one.Name, file, uploadUnpackedMiB); err != nil {
			return one, plain, nil, nil, errors.Join(err, file.Close())
		}
	}
	return one, plain, file, r, nil
}

// Intakes reads a file as the command reads it.
func (u *uploads) Intakes(ctx context.Context, who, id string) iter.Seq2[flow.Intake, error] {
	return func(yield func(flow.Intake, error) bool) {
		one, plain, file, r, err := u.open(who, id)
		if err != nil {
			yield(flow.Intake{}, err)
			return
		}
		// It was read; nothing of it is lost by a close that fails.
		defer func() { _ = file.Close() }()
		command := importCommand{Kind: one.Kind, List: one.List, Rule: one.Rule, Market: one.Market, Currency: one.Currency, Contract: one.Contract}
		intakes, err := command.intakes(ctx, u.flow, one.Name, plain, r)
		if err != nil {
			yield(flow.Intake{}, err)
			return
		}
		mistakes(intakes)(yield)
	}
}

// Rows reads a price sheet.
func (u *uploads) Rows(_ context.Context, who, id string) (iter.Seq2[flow.PriceSheetRow, error], flow.PriceSheetOptions, error) {
	one, err := u.find(who, id)
	if err != nil {
		return nil, flow.PriceSheetOptions{}, err
	}
	options, err := readSheetOptions(one.List, one.Rule, one.Market, one.Currency)
	return func(yield func(flow.PriceSheetRow, error) bool) {
		_, _, file, r, err := u.open(who, id)
		if err != nil {
			yield(flow.PriceSheetRow{}, err)
			return
		}
		// It was read; nothing of it is lost by a close that fails.
		defer func() { _ = file.Close() }()
		mistakes(partnercenter.PriceSheet(one.Name, r))(yield)
	}, options, err
}

// Bill reads a provider's bill.
func (u *uploads) Bill(_ context.Context, who, id string, c flow.Connection) iter.Seq2[office.BillRow, error] {
	return func(yield func(office.BillRow, error) bool) {
		one, _, file, r, err := u.open(who, id)
		if err != nil {
			yield(office.BillRow{}, err)
			return
		}
		// It was read; nothing of it is lost by a close that fails.
		defer func() { _ = file.Close() }()
		rows, err := billRows(c, one.Name, r)
		if err != nil {
			yield(office.BillRow{}, err)
			return
		}
		rows(yield)
	}
}
