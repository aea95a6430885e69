package main

import (
	"net/http"

	"prorata/edge/store"
	"prorata/edge/web"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// officeOver is where everybody is served, over a book that is open.
func officeOver(opened *store.Store, f *flow.Flow) *office.Office {
	return &office.Office{Flow: f, Store: opened.Office(), Forks: opened}
}

// console is the pages; ends is closed when the program is told to stop.
func (w *world) console(o *office.Office, ends <-chan struct{}) http.Handler {
	site := &web.Site{Office: o, Log: w.log, Clock: wallClock{}, Zone: o.Flow.Zone, Who: w.who(), Parts: web.Parts{Ends: ends}}
	return site.Handler()
}

// who says who is asking. Until people sign in, a console is for nobody.
func (w *world) who() func(*http.Request) (web.Known, error) {
	if w.Who == "" {
		return func(*http.Request) (web.Known, error) { return web.Known{}, visit.ErrNobody }
	}
	return func(r *http.Request) (web.Known, error) {
		return web.Known{Person: office.Person{User: office.UserID(w.Who), Who: w.Who, Roles: []office.Role{office.Owner}, Door: office.ByPage, From: r.RemoteAddr}, Name: w.Who}, nil
	}
}
