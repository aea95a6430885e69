package visit

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// pace is how often what is watched is looked at.
const pace = 500 * time.Millisecond

// liveMost is how long one connection tells news; the browser asks again by itself.
const liveMost = 10 * time.Minute

// Live tells a page what is new, as server-sent events: watch is given the pace at which to look, and each of
// its news is drawn. When they end the page is told so. Ends is closed when the program stops.
func Live[T any](v *Visit, ends <-chan struct{}, watch func(context.Context, <-chan time.Time) (<-chan T, error), draw func(T) templ.Component) error {
	ctx, stop := context.WithTimeout(v.R.Context(), liveMost)
	defer stop()
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	news, err := watch(ctx, ticks.C)
	if err != nil {
		return err
	}
	out := http.NewResponseController(v.W)
	// The page is open for as long as somebody looks. A writer that knows no deadline has none to lift.
	_ = out.SetWriteDeadline(time.Time{})
	v.W.Header().Set("Content-Type", "text/event-stream")
	v.W.Header().Set("Cache-Control", "no-store")
	for {
		select {
		case <-ends:
			return nil
		case <-ctx.Done():
			return nil
		case now, more := <-news:
			if !more {
				return event(v.W, out, "end", "")
			}
			var text bytes.Buffer
			if err := draw(now).Render(ctx, &text); err != nil {
				return err
			}
			if err := event(v.W, out, "part", text.String()); err != nil {
				return nil //nolint:nilerr // whoever looked has gone
			}
		}
	}
}

// event writes one event; each line of its data has the word before it.
func event(w http.ResponseWriter, out *http.ResponseController, name, data string) error {
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, strings.ReplaceAll(data, "\n", "\ndata: ")); err != nil {
		return err
	}
	return out.Flush()
}
