package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"prorata/flow/office"
)

// typeEvents is the media type of news that go on: server-sent events.
const typeEvents = "text/event-stream"

// progressPace is how often what is followed is looked at; progressMost is how long one
// request is told news. Clients ask again by themselves.
const (
	progressPace = 500 * time.Millisecond
	progressMost = 10 * time.Minute
)

// eventsResponse describes news.
func eventsResponse() *huma.Response {
	return &huma.Response{
		Description: http.StatusText(http.StatusOK),
		Content: map[string]*huma.MediaType{typeEvents: {Schema: &huma.Schema{Type: huma.TypeString, Examples: []any{"event: progress\ndata: {\"id\": 7}\n\n"},
			Description: "Each event progress has the thing as JSON, as a list of them shows it; the event end says that nothing follows. A connection ends after ten minutes at most, and a client asks again."}}},
	}
}

// progress is an answer that goes on.
type progress struct{ Body func(huma.Context) }

// told answers with what is new of a thing until its news end, the caller goes away, or the
// program stops.
func told[T, S any](a *API, watch func(*office.Desk, context.Context, int64, <-chan time.Time) (<-chan T, error), show func(*T) S) func(context.Context, *office.Desk, *ByNumber) (*progress, error) {
	return func(ctx context.Context, desk *office.Desk, in *ByNumber) (*progress, error) {
		ctx, stop := context.WithCancel(ctx)
		ticks := time.NewTicker(progressPace)
		news, err := watch(desk, ctx, in.ID, ticks.C)
		if err != nil {
			ticks.Stop()
			stop()
			return nil, err
		}
		return &progress{func(answer huma.Context) {
			defer stop()
			defer ticks.Stop()
			// What the router gives is the answer itself: see humago.
			w, ok := answer.BodyWriter().(http.ResponseWriter)
			if !ok {
				return
			}
			out := http.NewResponseController(w)
			// It goes on for as long as somebody listens. A writer that knows no deadline has none to lift.
			_ = out.SetWriteDeadline(time.Time{})
			answer.SetHeader("Content-Type", typeEvents)
			answer.SetStatus(http.StatusOK)
			tell(ctx, w, out, a.settings.Ends, news, show)
		}}, nil
	}
}

func tell[T, S any](ctx context.Context, w http.ResponseWriter, out *http.ResponseController, ends <-chan struct{}, news <-chan T, show func(*T) S) {
	for {
		select {
		case <-ends:
			return
		case <-ctx.Done():
			return
		case now, more := <-news:
			name, data := "end", []byte("{}")
			if more {
				// What is shown is texts and numbers, which always have a text.
				data, _ = json.Marshal(show(&now))
				name = "progress"
			}
			if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil || out.Flush() != nil || !more {
				return
			}
		}
	}
}

func planWatch(a *API) func(context.Context, *office.Desk, *ByNumber) (*progress, error) {
	return told(a, (*office.Desk).BillingPlanWatch, planOf)
}

func runWatch(a *API) func(context.Context, *office.Desk, *ByNumber) (*progress, error) {
	return told(a, (*office.Desk).BillingRunWatch, runOf)
}
