package worker_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/edge/worker"
	"prorata/flow"
	"prorata/flow/office"
)

// Whoever looks at the same time, each job is done by one.
func TestSeveralProcessesShareTheWorkAndDoNothingTwice(t *testing.T) {
	onBoth(t, func(f *firm) {
		const invoices, processes = 40, 4
		for i := range invoices {
			f.ask(fmt.Sprintf("G%03d", i))
		}
		var mu sync.Mutex
		at, done, by := map[string]bool{}, map[string]int{}, map[string]int{}
		var all sync.WaitGroup
		for n := range processes {
			name := fmt.Sprintf("host/%d", n)
			p := f.process(name, once(func(_ context.Context, job office.Job) (string, error) {
				mu.Lock()
				if at[job.Subject] {
					f.t.Errorf("%s is done twice at once", job.Subject)
				}
				at[job.Subject] = true
				mu.Unlock()
				// Reading takes a moment, in which others look.
				_, _, err := f.desk.JobGet(f.t.Context(), job.ID)
				mu.Lock()
				defer mu.Unlock()
				at[job.Subject] = false
				done[job.Subject]++
				by[name]++
				return "Done.", err
			}))
			all.Go(func() {
				for {
					mu.Lock()
					left := len(done) < invoices
					mu.Unlock()
					if !left || f.t.Failed() {
						return
					}
					p.finish()
				}
			})
		}
		all.Wait()
		for invoice, times := range done {
			if times != 1 {
				f.t.Errorf("%s was done %d times", invoice, times)
			}
		}
		same(f.t, "invoices that were done", len(done), invoices)
		f.t.Logf("shared as %v", by)
	})
}

// A process that was killed says nothing more: once its lease is over, the next takes the job up, and what the first
// would still write is not taken.
func TestAJobOfAProcessThatWasKilledIsTakenAfterTheLease(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		killed := f.office("host/1")
		job, taken, err := killed.JobTake(f.t.Context(), []office.JobKind{office.JobReconcile}, worker.Lease)
		must(f.t, err)
		same(f.t, "taken", taken, true)

		next := f.process("host/2", once(saying("Compared.")))
		f.clock.on(worker.Lease - time.Second)
		next.finish()
		same(f.t, "before the lease is over", f.runs(office.JobReconcile), []string{"1 running host/1: "})
		f.clock.on(time.Second)
		next.finish()
		want := []string{"2 done host/2: Compared.", "1 lost host/1: "}
		same(f.t, "after it", f.runs(office.JobReconcile), want)

		must(f.t, killed.JobEnd(f.t.Context(), &job, office.JobEnd{Outcome: office.JobSucceeded, Said: "Too late.", NextAt: f.clock.Now()}))
		same(f.t, "the first, late", f.runs(office.JobReconcile), want)
		if held, err := killed.JobRenew(f.t.Context(), &job, worker.Lease); held || err != nil {
			f.t.Errorf("the lease was renewed by who lost it: %t %v", held, err)
		}
	})
}

// Where it is known that a process is gone, nobody waits for its leases.
func TestTheLeasesOfAProcessThatIsGoneEndAtOnce(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		_, _, err := f.office("host/1").JobTake(f.t.Context(), []office.JobKind{office.JobReconcile}, worker.Lease)
		must(f.t, err)
		next := f.process("host/2", once(saying("Compared.")))
		freed, err := next.Office.JobsFree(f.t.Context(), func(holder string) bool { return holder == "host/3" })
		must(f.t, err)
		same(f.t, "of another", freed, 0)
		freed, err = next.Office.JobsFree(f.t.Context(), func(holder string) bool { return holder == "host/1" })
		must(f.t, err)
		same(f.t, "of the one that is gone", freed, 1)
		next.finish()
		same(f.t, "runs", f.runs(office.JobReconcile), []string{"2 done host/2: Compared.", "1 lost host/1: "})
	})
}

// Work that takes long keeps its lease.
func TestALeaseIsRenewedWhileWorkGoesOn(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		enough := make(chan struct{})
		slow := f.process("host/1", once(func(context.Context, office.Job) (string, error) {
			<-enough
			return "At last.", nil
		}))
		slow.look(f.t.Context())
		other := f.process("host/2", once(saying("Compared.")))
		for range 6 {
			f.clock.on(worker.Lease / 2)
			// The second is taken once the first has led to a renewal.
			slow.renew <- f.clock.Now()
			slow.renew <- f.clock.Now()
			other.finish()
		}
		close(enough)
		slow.all.Wait()
		same(f.t, "runs", f.runs(office.JobReconcile), []string{"1 done host/1: At last."})
	})
}

// A process that stood still for longer than its lease stops what it did: another is at it.
func TestWorkStopsWhereTheLeaseWasLost(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		var why error
		still := f.process("host/1", once(func(ctx context.Context, _ office.Job) (string, error) {
			<-ctx.Done()
			why = context.Cause(ctx)
			return "", ctx.Err()
		}))
		still.look(f.t.Context())
		f.clock.on(worker.Lease)
		f.process("host/2", once(saying("Compared."))).finish()
		still.renew <- f.clock.Now()
		still.all.Wait()
		if why == nil || !strings.Contains(why.Error(), "lease was over") {
			f.t.Errorf("it was stopped because of %v", why)
		}
		same(f.t, "runs", f.runs(office.JobReconcile), []string{"2 done host/2: Compared.", "1 lost host/1: "})
		same(f.t, "exceptions", f.exceptions(), "[]")
	})
}

// Work stops where the database does not answer any more until the lease is over: another process, which reaches it, is at it by then.
func TestWorkStopsWhereTheDatabaseHangs(t *testing.T) {
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	f.ask("G1")
	var why error
	p := f.process("host/1", once(func(ctx context.Context, _ office.Job) (string, error) {
		<-ctx.Done()
		why = context.Cause(ctx)
		return "", ctx.Err()
	}))
	p.look(t.Context())
	p.Office.Store = hanging{p.Office.Store}
	f.clock.on(worker.Lease - time.Millisecond)
	p.renew <- f.clock.Now()
	p.all.Wait()
	if why == nil || !strings.Contains(why.Error(), "lease was over") {
		t.Errorf("it was stopped because of %v", why)
	}
}

// hanging is a database that says nothing any more.
type hanging struct{ office.Store }

func (hanging) Write(ctx context.Context, _ func(office.Tx) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// A job by which the program ends without a word, each time, is not begun for ever: after some tries it is given up and told, and then
// tried at the pace of what fails.
func TestAJobThatEndsTheProgramIsGivenUp(t *testing.T) {
	onBoth(t, func(f *firm) {
		line := always(saying("It came to its end."))
		for range line.Tries {
			// It is taken, and the process is killed over it.
			killed := f.process("host/1", line)
			must(f.t, killed.Round(f.t.Context(), func(func()) {}))
			f.clock.on(worker.Lease)
		}
		f.process("host/2", line).finish()
		job, runs := f.job(office.JobFollow)
		same(f.t, "runs", f.runs(office.JobFollow)[:2], []string{"4 failed host/2: " + runs[0].Said, "3 lost host/1: "})
		if open := f.exceptions(); len(open) != 1 || !strings.Contains(runs[0].Why, "the program ended without a word") || job.NextAt.Sub(f.clock.Now()) < 8*time.Minute {
			f.t.Errorf("next at %s, %q: %q", job.NextAt, runs[0].Why, open)
		}
		f.clock.on(time.Hour)
		f.process("host/3", line).finish()
		same(f.t, "the next try", f.runs(office.JobFollow)[0], "5 done host/3: It came to its end.")
		same(f.t, "exceptions", f.exceptions(), "[]")
	})
}

// What fails is tried again, each time later; what goes on failing is told, and goes on at its pace; what comes to
// its end is told no more.
func TestWhatGoesOnFailingBecomesAnException(t *testing.T) {
	onBoth(t, func(f *firm) {
		p := f.process("host/1", always(failing(errDown)))
		p.finish()
		for _, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
			job, _ := f.job(office.JobFollow)
			same(f.t, "next", job.NextAt, f.clock.Now().Add(wait))
			same(f.t, "not yet", f.exceptions(), "[]")
			f.clock.on(wait - time.Second)
			p.finish()
			f.clock.on(time.Second)
			p.finish()
		}
		job, runs := f.job(office.JobFollow)
		same(f.t, "runs", len(runs), 3)
		same(f.t, "why", runs[0].Why, errDown)
		same(f.t, "it goes on", []any{job.State, job.NextAt, job.FailingSince}, []any{office.JobWaiting, f.clock.Now().Add(10 * time.Minute), noon()})
		open := f.exceptions()
		if len(open) != 1 || !strings.HasPrefix(open[0], "follow ms: Follow the provider (follow ms) has not come to its end since 2026-03-12 12:00 UTC, in 3 runs: ") {
			f.t.Errorf("exceptions %q", open)
		}
		counts, err := p.Office.JobCounts(f.t.Context())
		must(f.t, err)
		same(f.t, "counts", counts, office.JobCounts{Waiting: 1, Failing: 1, FailingSince: noon()})

		p.Timetable[0].Work = saying("All is well.")
		f.clock.on(10 * time.Minute)
		p.finish()
		same(f.t, "mended", f.exceptions(), "[]")
		job, _ = f.job(office.JobFollow)
		same(f.t, "as before", []any{job.Tries, job.FailingSince.IsZero(), job.NextAt}, []any{0, true, f.clock.Now().Add(10 * time.Minute)})
	})
}

// What somebody asked for and did not come to its end is given up after some tries, and can be asked for again.
func TestAnErrandIsGivenUpAndAskedForAgain(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		p := f.process("host/1", once(failing(errDown)))
		p.finish()
		errand := f.errand()
		same(f.t, "under way", []any{errand.EndedAt.IsZero(), errand.Failed, errand.Who}, []any{true, false, "ann"})
		if !strings.HasPrefix(errand.Said, "It is tried again. ") {
			f.t.Errorf("the first try says %q", errand.Said)
		}
		for range 4 {
			f.clock.on(time.Hour)
			p.finish()
		}
		job, runs := f.job(office.JobReconcile)
		same(f.t, "given up", []any{job.State, len(runs)}, []any{office.JobGivenUp, 3})
		same(f.t, "loudly", len(f.exceptions()), 1)
		same(f.t, "who asked is told", []any{f.errand().Failed, f.errand().EndedAt}, []any{true, noon().Add(2 * time.Hour)})

		p.Timetable[0].Work = saying("Compared.")
		must(f.t, f.desk.JobRunNow(f.t.Context(), job.ID))
		p.finish()
		same(f.t, "again", []any{f.errand().Failed, f.errand().Said, f.exceptions()}, []any{false, "Compared.", "[]"})
	})
}

// What cannot be done is said to who asked, at once, and nobody else is bothered.
func TestARefusalIsNotTriedAgain(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		p := f.process("host/1", once(failing(fmt.Errorf("invoice G1: %w", flow.ErrUnknown))))
		p.finish()
		job, _ := f.job(office.JobReconcile)
		same(f.t, "refused", []any{job.State, f.errand().Failed, f.exceptions()}, []any{office.JobGivenUp, true, "[]"})

		// What the timetable does and cannot is told at once.
		p = f.process("host/1", always(failing(fmt.Errorf("%w: the setting folder is missing", flow.ErrInput))))
		p.finish()
		same(f.t, "told", len(f.exceptions()), 1)
		// An end of consent has an exception of its own.
		p.Timetable[0].Work = saying("")
		f.clock.on(time.Hour)
		p.finish()
		p.Timetable[0].Work = failing(flow.ErrConsent)
		f.clock.on(time.Hour)
		p.finish()
		same(f.t, "consent", f.exceptions(), "[]")
	})
}

// What was asked for survives the end of the program, also in the middle.
func TestAnErrandSurvivesTheProgramsEnd(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		ctx, stop := context.WithCancel(f.t.Context())
		first := f.process("host/1", once(func(ctx context.Context, _ office.Job) (string, error) {
			stop()
			<-ctx.Done()
			return "", ctx.Err()
		}))
		first.Run(ctx)
		same(f.t, "stopped", f.runs(office.JobReconcile), []string{"1 stopped host/1: The program was told to stop."})
		if fault := office.FaultOf(f.desk.ProviderInvoiceReconcile(f.t.Context(), "ms", "G1")); fault.Code != "job_under_way" || !strings.Contains(fault.Sentence, "under way already, asked for by ann") {
			f.t.Errorf("asked for twice: %+v", fault)
		}
		f.process("host/2", once(saying("Compared."))).finish()
		same(f.t, "runs", f.runs(office.JobReconcile), []string{"2 done host/2: Compared.", "1 stopped host/1: The program was told to stop."})
		errand := f.errand()
		same(f.t, "who asked is told", []any{errand.Who, errand.Said, errand.Failed, errand.BegunAt}, []any{"ann", "Compared.", false, noon()})
		job, _ := f.job(office.JobReconcile)
		same(f.t, "done once", job.State, office.JobDone)
	})
}

// A mistake of the program in a job is a failure of that job.
func TestAPanicIsAFailure(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		f.process("host/1", once(func(context.Context, office.Job) (string, error) { panic("no map") })).finish()
		_, runs := f.job(office.JobReconcile)
		same(f.t, "run", []any{runs[0].Outcome, runs[0].Why}, []any{office.JobFailed, "a mistake of the program: no map"})
	})
}

// What is paused is not done until it is resumed; somebody who knows better has it done before its time, and once more
// where it is being done.
func TestPeopleAndHintsMoveTheTimetable(t *testing.T) {
	onBoth(t, func(f *firm) {
		times := 0
		during := func() {}
		p := f.process("host/1", always(func(context.Context, office.Job) (string, error) {
			times++
			during()
			return "", nil
		}))
		done := func(want int) {
			f.t.Helper()
			p.finish()
			same(f.t, "times", times, want)
		}
		done(1)
		done(1)
		f.clock.on(time.Second)
		must(f.t, p.Office.JobWant(f.t.Context(), office.JobFollow, "ms"))
		during = func() {
			during = func() {}
			f.clock.on(time.Second)
			must(f.t, p.Office.JobWant(f.t.Context(), office.JobFollow, "ms"))
		}
		done(2)
		done(3)
		job, _ := f.job(office.JobFollow)
		must(f.t, f.desk.JobPause(f.t.Context(), job.ID))
		if fault := office.FaultOf(f.desk.JobRunNow(f.t.Context(), job.ID)); fault.Code != "job_paused" {
			f.t.Errorf("run while it is paused: %+v", fault)
		}
		f.clock.on(time.Hour)
		done(3)
		must(f.t, f.desk.JobResume(f.t.Context(), job.ID))
		done(4)
		must(f.t, f.desk.JobRunNow(f.t.Context(), job.ID))
		done(5)
		_, runs := f.job(office.JobFollow)
		same(f.t, "who asked", []any{runs[0].AskedBy, runs[1].AskedBy}, []any{"ann", ""})
		for _, verb := range []error{f.desk.JobResume(f.t.Context(), job.ID), f.desk.JobPause(f.t.Context(), 4711)} {
			if !errors.Is(verb, flow.ErrInput) && !errors.Is(verb, flow.ErrUnknown) {
				f.t.Errorf("it was done: %v", verb)
			}
		}
	})
}

// The timetable is put into the book for each connection that there is, and another rhythm is taken for it.
func TestTheTimetableIsInTheBook(t *testing.T) {
	onBoth(t, func(f *firm) {
		p := f.process("host/1", always(saying("")))
		p.finish()
		must(f.t, f.book.Write(f.t.Context(), func(tx flow.Tx) error {
			_, err := tx.ConnectionPut(flow.Connection{ID: "pax8", Kind: "file", Name: "Pax8"})
			return err
		}))
		f.clock.on(time.Minute)
		p.finish()
		list, err := f.desk.JobList(f.t.Context(), office.JobFilter{})
		must(f.t, err)
		told := func() (lines []string) {
			list, err = f.desk.JobList(f.t.Context(), office.JobFilter{})
			must(f.t, err)
			for _, row := range list {
				lines = append(lines, fmt.Sprintf("%s %s %s %s", row.Name(), row.Rhythm, row.NextAt.Format("15:04"), row.Last.Outcome))
			}
			return lines
		}
		same(f.t, "jobs", told(), []string{"follow ms every 10 minutes 12:10 done", "follow pax8 every 10 minutes 12:11 done"})

		quicker := always(saying(""))
		quicker.Every = time.Minute
		f.clock.on(time.Minute)
		second := f.process("host/2", quicker)
		second.finish()
		second.finish()
		same(f.t, "another rhythm", told(), []string{"follow ms every minute 12:03 done", "follow pax8 every minute 12:03 done"})

		// What fails comes first, and pages go on after it.
		failed := f.process("host/2", quicker)
		failed.Timetable[0].Work = func(_ context.Context, job office.Job) (string, error) {
			if job.Connection == "pax8" {
				return "", errDown
			}
			return "", nil
		}
		f.clock.on(time.Minute)
		failed.finish()
		failed.finish()
		same(f.t, "failing first", told(), []string{"follow pax8 every minute 12:04 failed", "follow ms every minute 12:04 done"})
		first, err := f.desk.JobList(f.t.Context(), office.JobFilter{Most: 1})
		must(f.t, err)
		rest, err := f.desk.JobList(f.t.Context(), office.JobFilter{AfterFailing: true, After: first[0].ID})
		must(f.t, err)
		same(f.t, "the next page", []any{len(rest), rest[0].Name()}, []any{1, "follow ms"})
		rest, err = f.desk.JobList(f.t.Context(), office.JobFilter{After: rest[0].ID})
		must(f.t, err)
		same(f.t, "the last page", len(rest), 0)
		only, err := f.desk.JobList(f.t.Context(), office.JobFilter{Failing: true, Connection: "ms"})
		must(f.t, err)
		same(f.t, "narrowed", len(only), 0)
	})
}

// What was done once is forgotten after some weeks; what is done again is not.
func TestWhatIsOldIsForgotten(t *testing.T) {
	onBoth(t, func(f *firm) {
		f.ask("G1")
		p := f.process("host/1", once(saying("Compared.")), always(saying("")))
		p.finish()
		f.clock.on(31 * 24 * time.Hour)
		f.ask("G2")
		p.finish()
		said, err := p.Office.Tidy(f.t.Context())
		must(f.t, err)
		if !strings.Contains(said, "1 job") {
			f.t.Errorf("forgotten: %q", said)
		}
		list, err := f.desk.JobList(f.t.Context(), office.JobFilter{})
		must(f.t, err)
		same(f.t, "left", []any{len(list), list[0].Name(), list[1].Name()}, []any{2, "follow ms", "reconcile ms G2"})
		// Of what is done every minute the last runs are kept.
		for range 50 {
			f.clock.on(10 * time.Minute)
			p.finish()
		}
		kept := 0
		must(f.t, f.book.Office().Read(f.t.Context(), func(tx office.Tx) error {
			runs, err := tx.JobRuns(list[0].ID, 1000)
			kept = len(runs)
			return err
		}))
		same(f.t, "runs kept", kept, 30)
	})
}
