package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

// WhatIf is a question to the book: what would come of it if some things changed?
type WhatIf struct {
	ID int64 `json:"id" doc:"Its number."`
	WhatIfDraft
	HowMany   int       `json:"how_many" doc:"How many changes it has; a list shows them without."`
	Who       string    `json:"who" doc:"Who made it."`
	MadeAt    time.Time `json:"made_at" doc:"When."`
	ChangedAt time.Time `json:"changed_at" doc:"When it was last changed."`
}

// WhatIfDraft is what is asked.
type WhatIfDraft struct {
	Name     string          `json:"name,omitempty" maxLength:"200" doc:"What people call it."`
	Accounts []string        `json:"accounts,omitempty" nullable:"false" maxItems:"100" doc:"Those it is about, with all below them; the whole book for none."`
	Months   int             `json:"months,omitempty" minimum:"1" maximum:"36" doc:"How many whole months are looked ahead beyond the one that runs; 12 where it is not given."`
	Changes  []WhatIfChanged `json:"changes,omitempty" nullable:"false" maxItems:"200" doc:"What changes, in order within a day."`
}

// WhatIfChanged is one change; which fields count depends on what it does.
type WhatIfChanged struct {
	Do           string  `json:"do" enum:"quantity,price,subscribe,cancel,schedule,suspend,resume,one_time,list_price,percent,terms,renewal,start" doc:"What it does."`
	On           Day     `json:"on" doc:"The day from which it holds."`
	Contract     string  `json:"contract,omitempty" maxLength:"100" doc:"The contract: of subscribe, one_time and terms."`
	Subscription string  `json:"subscription,omitempty" maxLength:"100" doc:"The subscription: of quantity, price, cancel, schedule, suspend, resume, renewal and start."`
	SKU          string  `json:"sku,omitempty" maxLength:"200" doc:"The product: of subscribe, one_time, list_price and percent."`
	List         string  `json:"list,omitempty" maxLength:"100" doc:"The price list: of list_price and percent."`
	Currency     string  `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"Of list_price; the seller's where it is not given."`
	Quantity     Decimal `json:"quantity,omitempty" doc:"Seats: of subscribe, schedule and one_time."`
	Price        Decimal `json:"price,omitempty" doc:"The price of one: of subscribe, schedule, one_time and list_price."`
	Percent      Decimal `json:"percent,omitempty" doc:"What is added to prices: of percent. 5 makes 10.00 10.50."`
	Term         string  `json:"term,omitempty" pattern:"^P[0-9]{1,3}[MY]$" doc:"The term: of subscribe and list_price." example:"P1Y"`
	Billing      string  `json:"billing,omitempty" maxLength:"50" doc:"How often it is billed: of subscribe."`
	Unit         string  `json:"unit,omitempty" maxLength:"50" doc:"What the price is for: of list_price." example:"monthly"`
	AutoRenew    *bool   `json:"auto_renew,omitempty" doc:"Whether it renews: of subscribe and schedule."`
	To           string  `json:"to,omitempty" maxLength:"40" doc:"The new value: seats of quantity, a price of price, a day of renewal, start and subscribe." example:"20"`
	Frequency    string  `json:"frequency,omitempty" maxLength:"50" doc:"How often the contract is invoiced: of terms, as are all that follow."`
	Schedule     string  `json:"schedule,omitempty" maxLength:"50" doc:"How periods relate to invoice dates."`
	Timing       string  `json:"timing,omitempty" maxLength:"50" doc:"When a period is owed."`
	Collect      string  `json:"collect,omitempty" maxLength:"50" doc:"When what arises later is collected."`
	Proration    string  `json:"proration,omitempty" maxLength:"50" doc:"How parts of a period are reckoned."`
	When         string  `json:"changes,omitempty" maxLength:"50" doc:"When changes are billed."`
	WhenDay      string  `json:"changes_day,omitempty" maxLength:"10" doc:"On which day, where they wait for one."`
	Refunds      string  `json:"refunds,omitempty" maxLength:"50" doc:"What is refunded."`
	RefundsDays  string  `json:"refunds_days,omitempty" maxLength:"10" doc:"Within how many days."`
	Reductions   string  `json:"reductions,omitempty" maxLength:"50" doc:"When fewer seats take effect in a term."`
	Discount     string  `json:"discount,omitempty" maxLength:"40" doc:"A percentage off everything."`
	PriceList    string  `json:"price_list,omitempty" maxLength:"100" doc:"The price list that is searched first."`
}

// change reads one; n is its place.
func (c *WhatIfChanged) change(n int) (whatif.Change, error) {
	// Texts and a flag always have a text, and come back as they were.
	raw, _ := json.Marshal(c)
	var fields map[string]any
	_ = json.Unmarshal(raw, &fields)
	change, err := whatif.ReadChange(flow.Source{}, func(name string) string {
		if fields[name] == nil {
			return ""
		}
		return fmt.Sprint(fields[name])
	})
	if err == nil {
		return change, nil
	}
	fault := office.FaultOf(err)
	return change, &office.FieldError{Field: c.field(n, fault.Field), Err: errors.New(fault.Sentence)}
}

// field is where something of the change at a place stood. Some that do one thing have its new value as to.
func (c *WhatIfChanged) field(n int, field string) string {
	if field == c.Do && (field == "quantity" || field == "price") {
		field = "to"
	}
	return strings.TrimSuffix(fmt.Sprintf("changes[%d].%s", n, field), ".")
}

func changedOf(c *whatif.Change) (shown WhatIfChanged) {
	fields := map[string]any{}
	for _, f := range c.Fields() {
		fields[f.Name] = f.Said
		if f.Name == "auto_renew" {
			fields[f.Name] = f.Said == "yes"
		}
	}
	// The names are the same on both sides; a test holds them to it.
	raw, _ := json.Marshal(fields)
	_ = json.Unmarshal(raw, &shown)
	return shown
}

// whatIf reads what is asked.
func (d *WhatIfDraft) whatIf() (w whatif.Question, err error) {
	w = whatif.Question{Name: d.Name, Months: d.Months, Changes: make([]whatif.Change, len(d.Changes))}
	if w.Months == 0 {
		w.Months = whatif.MonthsUsual
	}
	for _, id := range d.Accounts {
		w.Accounts = append(w.Accounts, billing.AccountID(id))
	}
	for i := range d.Changes {
		if w.Changes[i], err = d.Changes[i].change(i); err != nil {
			return w, err
		}
	}
	return w, nil
}

func whatIfOf(k *office.WhatIfKept) WhatIf {
	return WhatIf{k.ID, WhatIfDraft{k.Name, words(k.Accounts), k.Months, each(k.Changes, changedOf)}, k.HowMany, k.Who, k.MadeAt.UTC(), k.ChangedAt.UTC()}
}

// whatIfKey is where a list of them goes on.
type whatIfKey struct {
	At int64 `json:"a"`
	ID int64 `json:"i"`
}

func whatIfList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	Name string `query:"name" maxLength:"200" doc:"A part of the name."`
}) (*listed[WhatIf], error) {
	before, err := begin[whatIfKey]("what-ifs", in.After)
	if err != nil {
		return nil, err
	}
	filter := office.WhatIfFilter{Name: in.Name, BeforeID: before.ID, Most: in.Limit + 1}
	if before.ID != 0 {
		filter.Before = time.UnixMicro(before.At).UTC()
	}
	list, err := desk.WhatIfList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageOf("what-ifs", in.Limit, list, whatIfOf, func(k *office.WhatIfKept) whatIfKey { return whatIfKey{k.ChangedAt.UnixMicro(), k.ID} }), nil
}

func whatIfGet(ctx context.Context, desk *office.Desk, in *ByNumber) (*tagged[WhatIf], error) {
	kept, err := desk.WhatIfGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &tagged[WhatIf]{versionTag(kept.Version), whatIfOf(&kept)}, nil
}

func whatIfMake(ctx context.Context, desk *office.Desk, in *struct{ Body WhatIfDraft }) (*created[WhatIf], error) {
	asked, err := in.Body.whatIf()
	if err != nil {
		return nil, err
	}
	kept, err := desk.WhatIfSave(ctx, office.WhatIfKept{Question: asked})
	if err != nil {
		return nil, err
	}
	kept.HowMany = len(kept.Changes)
	return &created[WhatIf]{"/v1/what-ifs/" + strconv.FormatInt(kept.ID, 10), whatIfOf(&kept)}, nil
}

func whatIfChange(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Matching
	Body WhatIfDraft
}) (*tagged[WhatIf], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	asked, err := in.Body.whatIf()
	if err != nil {
		return nil, err
	}
	if _, err := desk.WhatIfSave(ctx, office.WhatIfKept{ID: in.ID, Question: asked, Version: version}); err != nil {
		return nil, err
	}
	return whatIfGet(ctx, desk, &in.ByNumber)
}

func whatIfDelete(ctx context.Context, desk *office.Desk, in *ByNumber) (*struct{}, error) {
	return nil, desk.WhatIfDelete(ctx, in.ID)
}
