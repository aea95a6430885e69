package api

import (
	"context"
	"time"

	"prorata/flow/office"
)

// AuditRecord says that somebody did something, or was not allowed to.
type AuditRecord struct {
	Seq      int64     `json:"seq" doc:"Its number in the chain, from 1."`
	At       time.Time `json:"at" doc:"When."`
	Who      string    `json:"who" doc:"Who did it, or tried to."`
	User     string    `json:"user,omitempty" doc:"Their id; absent for the operator of the machine and for jobs."`
	Door     string    `json:"door" enum:"page,api,command,job" doc:"The way by which they came."`
	From     string    `json:"from,omitempty" doc:"The network address that it came from."`
	Verb     string    `json:"verb" doc:"What was asked for." example:"InvoiceVoid"`
	Subject  string    `json:"subject" doc:"What it was done to." example:"INV-000042"`
	Said     string    `json:"said" doc:"The rest in a few words, such as the reason given."`
	Outcome  string    `json:"outcome" enum:"done,denied,failed" doc:"What became of it."`
	Hash     string    `json:"hash" doc:"Over its own words and the hash before it."`
	Previous string    `json:"previous" doc:"The hash of the record before it; empty for the first."`
}

type auditAsked struct {
	Paging
	Who     string    `query:"who" maxLength:"200" doc:"Only by this person."`
	Verb    string    `query:"verb" maxLength:"100" doc:"Only this verb." example:"InvoiceVoid"`
	Subject string    `query:"subject" maxLength:"300" doc:"Only what was done to this."`
	Outcome string    `query:"outcome" enum:"done,denied,failed" doc:"Only what ended so."`
	From    time.Time `query:"from" doc:"Only at or after this instant."`
	To      time.Time `query:"to" doc:"Only before this instant."`
}

func auditList(ctx context.Context, desk *office.Desk, in *auditAsked) (*listed[AuditRecord], error) {
	before, err := begin[int64]("audit", in.After)
	if err != nil {
		return nil, err
	}
	records, err := desk.AuditList(ctx, office.AuditFilter{Who: in.Who, Verb: in.Verb, Subject: in.Subject, Outcome: office.Outcome(in.Outcome),
		From: in.From, To: in.To, Before: before, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf("audit", in.Limit, records, func(r *office.AuditRecord) AuditRecord {
		return AuditRecord{r.Seq, r.At.UTC(), r.Who, string(r.User), string(r.Door), r.From, r.Verb, r.Subject, r.Said, string(r.Outcome), r.Hash, r.Previous}
	}, func(r *office.AuditRecord) int64 { return r.Seq }), nil
}
