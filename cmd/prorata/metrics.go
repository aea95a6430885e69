package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"prorata/flow"
)

// serveMetrics serves them at an address of their own, where one was given: what they tell is
// the operator's affair, and no visitor's.
func (c *serveCommand) serveMetrics(ctx context.Context, w *world, f *flow.Flow, beside *sync.WaitGroup) error {
	if c.Metrics == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Metrics)
	if err != nil {
		return fmt.Errorf("%w: --metrics: %w", flow.ErrInput, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics(f), promhttp.HandlerOpts{}))
	beside.Go(func() {
		if err := serveUntil(ctx, listener, mux); err != nil {
			w.log.Error("metrics", "error", err)
		}
	})
	w.printf("metrics are at http://%s/metrics\n", listener.Addr())
	return nil
}

// metrics are the process's own and those of the last billing run.
func metrics(f *flow.Flow) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &runMetrics{
		flow:  f,
		count: prometheus.NewDesc("prorata_last_run", "Counts of the last billing run.", []string{"of"}, nil),
		ended: prometheus.NewDesc("prorata_last_run_ended_timestamp_seconds", "When the last billing run ended; 0 while it runs.", nil, nil),
	})
	return registry
}

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
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var run flow.Run
	if err := m.flow.Store.Read(ctx, func(tx flow.Tx) (err error) { run, err = tx.RunGet(0); return err }); err != nil {
		return
	}
	for of, n := range map[string]int64{"contracts": run.Contracts, "invoices": run.Invoices, "lines": run.Lines, "exceptions": run.Exceptions} {
		to <- prometheus.MustNewConstMetric(m.count, prometheus.GaugeValue, float64(n), of)
	}
	ended := float64(0)
	if !run.EndedAt.IsZero() {
		ended = float64(run.EndedAt.Unix())
	}
	to <- prometheus.MustNewConstMetric(m.ended, prometheus.GaugeValue, ended)
}
