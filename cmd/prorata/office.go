package main

import (
	"net/http"
	"runtime"

	"prorata/edge/identity"
	"prorata/edge/store"
	"prorata/edge/web"
	"prorata/flow"
	"prorata/flow/office"
)

// officeOver is where everybody is served, over a book that is open. Commands need no
// more of knowing people than this; signIn adds the rest.
func officeOver(opened *store.Store, f *flow.Flow) *office.Office {
	return &office.Office{Flow: f, Store: opened.Office(), Forks: opened, Identity: office.Identity{
		Random: identity.Random, Network: identity.Network, Passwords: identity.NewPasswords(runtime.NumCPU()), Codes: identity.Codes{Issuer: "Prorata"},
	}}
}

// console is the pages; ends is closed when the program is told to stop.
func (w *world) console(o *office.Office, ends <-chan struct{}) http.Handler {
	site := &web.Site{Office: o, Log: w.log, Clock: wallClock{}, Zone: o.Flow.Zone, Address: w.Address, Parts: web.Parts{Ends: ends}}
	return site.Handler()
}
