// Package job shows what is done in the background: when, how it went, and what it said.
package job

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"prorata/edge/web/part"
	"prorata/edge/web/setting"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the list of jobs.
const Path = "/settings/jobs"

// pageRows is how many jobs are shown at once.
const pageRows = 50

// listed is what the list shows.
type listed struct {
	visit *visit.Visit
	form  *visit.Form
	jobs  []office.JobRow
	next  part.Next
	// opened is the job of the drawer, with its runs, newest first.
	opened *office.Job
	runs   []office.JobRun
}

// List shows the jobs, what fails first, and beside them the one that was opened with its runs.
func List(v *visit.Visit) error {
	f := v.Form()
	filter := office.JobFilter{Connection: flow.ConnectionID(f.Text("connection")), Failing: f.Text("show") == "failing", AfterFailing: f.Text("failing") != "", Most: pageRows + 1}
	filter.After, _ = strconv.ParseInt(f.Text("after"), 10, 64)
	jobs, err := v.Desk.JobList(v.R.Context(), filter)
	if err != nil {
		return err
	}
	l := &listed{visit: v, form: f, jobs: jobs}
	if len(jobs) > pageRows {
		l.jobs = jobs[:pageRows]
		last, failing := &jobs[pageRows-1], ""
		if !last.FailingSince.IsZero() {
			failing = "yes"
		}
		l.next.Older = v.Here("after", number(last.ID), "failing", failing, "open", "")
	}
	if filter.After != 0 {
		l.next.Newer = v.Here("after", "", "failing", "", "open", "")
	}
	l.next.Shown = part.Plural(int64(len(l.jobs)), "job")
	if id, err := strconv.ParseInt(f.Text("open"), 10, 64); err == nil {
		job, runs, err := v.Desk.JobGet(v.R.Context(), id)
		if err != nil {
			return err
		}
		l.opened, l.runs = &job, runs
	}
	return v.Page(part.Page{Title: "Jobs", Section: setting.Path, Crumbs: []part.Link{setting.Crumb()}}, page(l))
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

// drawer is nothing where none was opened.
func (l *listed) drawer() templ.Component {
	if l.opened == nil {
		return nil
	}
	return opened(l, l.opened)
}

func (l *listed) title() string {
	if l.opened == nil {
		return ""
	}
	return l.opened.Kind.Title()
}

// of is what a job is about.
func of(j *office.Job) string {
	switch {
	case j.Connection == "":
		return "the whole book"
	case j.Kind == office.JobReconcile && j.Subject == "":
		return string(j.Connection) + ", what is not billed yet"
	case j.Subject != "":
		return string(j.Connection) + ", invoice " + j.Subject
	}
	return string(j.Connection)
}

func rhythm(j *office.Job) string {
	if j.Rhythm == "" {
		return "when somebody asks"
	}
	return j.Rhythm
}

// nextWords is when a job is done next, in words.
func (l *listed) nextWords(j *office.Job) string {
	switch {
	case j.Running(l.visit.Now):
		return "now"
	case j.State == office.JobPaused:
		return "not while it is paused"
	case j.State != office.JobWaiting:
		return "—"
	}
	return ahead(j.NextAt, l.visit.Now)
}

// ahead is how far off an instant is.
func ahead(at, now time.Time) string {
	span := at.Sub(now)
	switch {
	case span <= 0:
		return "at once"
	case span < time.Minute:
		return "in less than a minute"
	case span < time.Hour:
		return "in " + part.Plural(int64(span/time.Minute), "minute")
	case span < 48*time.Hour:
		return "in " + part.Plural(int64(span/time.Hour), "hour")
	}
	return "in " + part.Plural(int64(span/(24*time.Hour)), "day")
}

// pill is how a job stands.
func (l *listed) pill(j *office.Job, last *office.JobRun) part.Pill {
	switch {
	case j.Running(l.visit.Now):
		return part.Pill{Text: "running", Tone: part.Warn}
	case j.State == office.JobPaused:
		return part.Pill{Text: "paused", Tone: part.Plain}
	case j.State == office.JobGivenUp:
		return part.Pill{Text: "given up", Tone: part.Bad}
	case !j.FailingSince.IsZero():
		return part.Pill{Text: "failing", Tone: part.Bad}
	case last.No == 0:
		return part.Pill{Text: "waiting", Tone: part.Plain}
	}
	return outcomePill(last.Outcome)
}

func outcomePill(o office.JobOutcome) part.Pill {
	switch o {
	case office.JobRunning:
		return part.Pill{Text: "running", Tone: part.Warn}
	case office.JobSucceeded:
		return part.Pill{Text: "done", Tone: part.Good}
	case office.JobFailed:
		return part.Pill{Text: "failed", Tone: part.Bad}
	case office.JobStopped:
		return part.Pill{Text: "stopped", Tone: part.Plain}
	case office.JobLost:
	}
	return part.Pill{Text: "lost", Tone: part.Warn}
}

// said is what came of a run, in a sentence.
func said(r *office.JobRun) string {
	switch {
	case r.Said != "":
		return r.Said
	case r.Outcome == office.JobSucceeded:
		return "There was nothing to do."
	case r.Outcome == office.JobLost:
		return "Its process ended, or was silent for so long that another took the job."
	}
	return ""
}

// took is how long a run took.
func took(r *office.JobRun) string {
	if r.EndedAt.IsZero() {
		return "—"
	}
	return r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond).String()
}

func (l *listed) facts(j *office.Job) []part.Fact {
	facts := []part.Fact{{Name: "Of", Value: of(j)}, {Name: "How often", Value: rhythm(j)}, {Name: "Next", Value: l.nextWords(j)}}
	if j.State == office.JobWaiting && !j.Running(l.visit.Now) {
		facts = append(facts, part.Fact{Name: "Due", Value: l.visit.Locale.Instant(j.NextAt)})
	}
	if !j.FailingSince.IsZero() {
		facts = append(facts, part.Fact{Name: "Failing since", Value: l.visit.Locale.Instant(j.FailingSince)})
	}
	if j.Holder != "" {
		facts = append(facts, part.Fact{Name: "Done by", Value: j.Holder})
	}
	if !j.AskedAt.IsZero() {
		facts = append(facts, part.Fact{Name: "Last asked for", Value: j.AskedBy + ", " + l.visit.Locale.Instant(j.AskedAt)})
	}
	return facts
}

func idOf(v *visit.Visit) (int64, error) {
	id, err := strconv.ParseInt(v.R.PathValue("id"), 10, 64)
	if err != nil {
		return 0, visit.ErrNoPage
	}
	return id, nil
}

// done does something to a job, and shows it again.
func done(v *visit.Visit, do func(id int64) error, said string) error {
	id, err := idOf(v)
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	return v.Done(Path+"?open="+number(id), said)
}

// Run has a job done now.
func Run(v *visit.Visit) error {
	return done(v, func(id int64) error { return v.Desk.JobRunNow(v.R.Context(), id) }, "It is done as soon as there is a place for it.")
}

// Pause takes a job out of the timetable.
func Pause(v *visit.Visit) error {
	return done(v, func(id int64) error { return v.Desk.JobPause(v.R.Context(), id) }, "It is not done until somebody resumes it.")
}

// Resume puts a job back into the timetable.
func Resume(v *visit.Visit) error {
	return done(v, func(id int64) error { return v.Desk.JobResume(v.R.Context(), id) }, "It is done again, now and as the timetable says.")
}

// last is the last run of the job that was opened.
func (l *listed) last() *office.JobRun {
	if len(l.runs) == 0 {
		return &office.JobRun{}
	}
	return &l.runs[0]
}
