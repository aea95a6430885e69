// Package standin is a Partner Center of our own: a server that answers as
// Microsoft's does, from a small world that it keeps, so that everything that
// talks to Microsoft can be tried, tested and shown without Microsoft.
//
// A World is a partner with its customers, a catalogue, carts, orders and
// subscriptions, and a clock that moves only when it is told to. What is done
// through HTTP is checked as Microsoft checks it and refused with Microsoft's
// codes; what falls due while the clock moves happens in its order: provisioning,
// charge cycles, renewals, expiry, the month's close.
//
//	             ┌─ /{tenant}/oauth2/…            sign-in
//	one address ─┼─ /v1/…  /webhooks/v1/…         Partner Center
//	             ├─ /v1.0/sales/…                 price sheets and rates
//	             ├─ /v1.0/reports/…, /v1.0/tenantRelationships/…   Graph
//	             └─ /standin/…                    the clock, faults, the state
//
// A subscription's life:
//
//	cart ─checkout─► pending ──► active ─┬─ term end, auto-renew ──► active (next term)
//	                             ▲   │   ├─ term end, no auto-renew ─► expired ─30 d─► disabled ─90 d─► deleted
//	                      resume │   ▼   └─ cancelled in its window ─► deleted
//	                           suspended ── term end ─► disabled ─120 d─► deleted
//
// A suspended subscription is charged on. Everything that costs money is handed
// to the billing side as a happening (see happening), which turns it into lines.
//
// The world is made from a seed: the same calls at the same instants give the
// same ids, orders and amounts. It owns no judgement of the program it serves:
// amounts come from Microsoft's published arithmetic, written here a second time
// on purpose, so that the two can be compared.
package standin
