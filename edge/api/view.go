package api

import (
	"context"

	"prorata/flow/office"
)

// View is a list as the caller's user narrowed it, under a name of theirs.
type View struct {
	Noun  string `json:"noun" doc:"The list." example:"invoices"`
	Name  string `json:"name" doc:"Its name." example:"Overdue in March"`
	Query string `json:"query" doc:"The filter, as the console's addresses have it." example:"state=standing&from=2026-03-01"`
}

// ViewsOf are the views of one list.
type ViewsOf struct {
	Noun string `path:"noun" enum:"invoices" doc:"The list."`
}

func viewList(ctx context.Context, desk *office.Desk, in *ViewsOf) (*listed[View], error) {
	list, err := desk.ViewList(ctx, in.Noun)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.SavedView, View, string]("views", list, nil, func(v *office.SavedView) View { return View{v.Noun, v.Name, v.Query} }), nil
}

// ViewNamed is one view of a list.
type ViewNamed struct {
	ViewsOf
	Name string `path:"name" maxLength:"60" doc:"The view's name."`
}

func viewPut(ctx context.Context, desk *office.Desk, in *struct {
	ViewNamed
	Body struct {
		Query string `json:"query" maxLength:"2000" doc:"The filter, as the console's addresses have it." example:"state=standing&from=2026-03-01"`
	}
}) (*struct{ Body View }, error) {
	view := office.SavedView{Noun: in.Noun, Name: in.Name, Query: in.Body.Query}
	if err := desk.ViewPut(ctx, view); err != nil {
		return nil, err
	}
	return &struct{ Body View }{View{view.Noun, view.Name, view.Query}}, nil
}

func viewDrop(ctx context.Context, desk *office.Desk, in *ViewNamed) (*struct{}, error) {
	return nil, desk.ViewDrop(ctx, in.Noun, in.Name)
}
