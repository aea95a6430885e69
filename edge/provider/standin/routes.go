package standin

import "net/http"

// routes is every door of the world, on one page; the billing side adds its own.
func (w *World) routes() *http.ServeMux {
	mux := http.NewServeMux()
	w.door(mux, "GET /{tenant}/oauth2/authorize", anyone, w.authorize)
	w.door(mux, "GET /{tenant}/oauth2/v2.0/authorize", anyone, w.authorize)
	w.door(mux, "POST /{tenant}/oauth2/token", anyone, w.token)
	w.door(mux, "POST /{tenant}/oauth2/v2.0/token", anyone, w.token)
	w.billing.routes(mux)
	return mux
}

// ServeHTTP answers as the host does whose path is asked for.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if _, pattern := w.mux.Handler(r); pattern == "" {
		a := &answer{status: http.StatusNotFound, body: object{"code": 1000, "description": "Nothing is here: " + r.Method + " " + r.URL.Path, "data": []any{}, "source": "PartnerFD"}}
		a.write(rw, r, false)
		return
	}
	w.mux.ServeHTTP(rw, r)
}
