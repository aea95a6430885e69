package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"prorata/flow"
	"prorata/flow/office"
)

// serveMetrics serves them at an address of their own, where one was given: what they tell is
// the operator's affair, and no visitor's.
func (c *serveCommand) serveMetrics(ctx context.Context, w *world, o *office.Office, beside *sync.WaitGroup) error {
	if c.Metrics == "" {
		return nil
	}
	listener, err := listenAt(ctx, "--metrics", c.Metrics)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics(o), promhttp.HandlerOpts{}))
	beside.Go(func() {
		if err := serveUntil(ctx, listener, mux); err != nil {
			w.log.Error("metrics", "error", err)
		}
	})
	w.printf("metrics are at http://%s/metrics\n", listener.Addr())
	return nil
}

// metrics are the process's own, those of the last billing run, and those of jobs.
func metrics(o *office.Office) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &runMetrics{
		flow:  o.Flow,
		count: prometheus.NewDesc("prorata_last_run", "Counts of the last billing run.", []string{"of"}, nil),
		ended: prometheus.NewDesc("prorata_last_run_ended_timestamp_seconds", "When the last billing run ended; 0 while it runs.", nil, nil),
	}, &jobMetrics{
		office:  o,
		count:   prometheus.NewDesc("prorata_jobs", "Jobs in the background by state; failing are those that did not come to their end the last time.", []string{"state"}, nil),
		failing: prometheus.NewDesc("prorata_jobs_failing_since_timestamp_seconds", "Since when the job that fails for longest does; 0 where none fails.", nil, nil),
	})
	return registry
}

// metricsWait is how long the book may take to tell.
const metricsWait = 3 * time.Second

type runMetrics struct {
	flow         *flow.Flow
	count, ended *prometheus.Desc
}

// Describe names the metrics.
func (m *runMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.count
	to <- m.ended
}

// Collect reads the last run.
func (m *runMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsWait)
	defer cancel()
	var run flow.Run
	if err := m.flow.Store.Read(ctx, func(tx flow.Tx) (err error) { run, err = tx.RunGet(0); return err }); err != nil {
		return
	}
	for of, n := range map[string]int64{"contracts": run.Contracts, "invoices": run.Invoices, "lines": run.Lines, "exceptions": run.Exceptions} {
		to <- prometheus.MustNewConstMetric(m.count, prometheus.GaugeValue, float64(n), of)
	}
	to <- prometheus.MustNewConstMetric(m.ended, prometheus.GaugeValue, secondsOf(run.EndedAt))
}

// secondsOf is an instant as metrics have it; 0 for none.
func secondsOf(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.Unix())
}

type jobMetrics struct {
	office         *office.Office
	count, failing *prometheus.Desc
}

// Describe names the metrics.
func (m *jobMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.count
	to <- m.failing
}

// Collect counts the jobs.
func (m *jobMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsWait)
	defer cancel()
	counts, err := m.office.JobCounts(ctx)
	if err != nil {
		return
	}
	for state, n := range map[string]int64{"waiting": counts.Waiting, "running": counts.Running, "paused": counts.Paused, "failing": counts.Failing} {
		to <- prometheus.MustNewConstMetric(m.count, prometheus.GaugeValue, float64(n), state)
	}
	to <- prometheus.MustNewConstMetric(m.failing, prometheus.GaugeValue, secondsOf(counts.FailingSince))
}
