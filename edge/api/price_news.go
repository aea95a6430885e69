package api

import (
	"context"
	"fmt"

	"prorata/flow"
	"prorata/flow/office"
)

// AnnouncedPrices says which announced price sheet is looked at, and how it would be sold.
type AnnouncedPrices struct {
	View    string          `json:"view,omitempty" pattern:"^[a-z_]{1,50}$" default:"updatedlicensebased" doc:"Which of the provider's sheets."`
	Segment string          `json:"segment,omitempty" maxLength:"100" default:"Commercial" doc:"Only the rows of this segment."`
	Rule    *PriceSheetRule `json:"rule,omitempty" doc:"How its rows would be sold; at the provider's suggestion, and at cost where there is none, where it is not given."`
	Until   Day             `json:"until,omitempty" doc:"The last day that is looked at, three years from now at most; thirteen months from now where it is not given."`
}

// How many months ahead is looked where nobody says, and at most.
const (
	newsMonths     = 13
	newsMonthsMost = 36
)

// PriceNews is what a provider announced.
type PriceNews struct {
	Changes []PriceChange  `json:"changes" nullable:"false" doc:"The prices that will change, and for whom."`
	Ends    []PromotionEnd `json:"promotions_ending" nullable:"false" doc:"The promotions that holdings lose at their renewal, soonest first."`
}

// PromotionEnd is a promotion that a holding loses when its term ends.
type PromotionEnd struct {
	On            Day    `json:"on" doc:"The first day without it."`
	Account       string `json:"account,omitempty" doc:"Whose; absent where the customer is no account."`
	Holding       string `json:"holding" doc:"The provider's id of the holding."`
	Promotion     string `json:"promotion" doc:"The promotion's id."`
	PromotionName string `json:"promotion_name,omitempty" doc:"Its name."`
	More          *Money `json:"more,omitempty" doc:"What the provider asks more for each billing period from then on; absent where it is not known."`
}

func promotionEndOf(end *flow.PromotionEnd) PromotionEnd {
	shown := PromotionEnd{On: dayOf(end.On), Account: string(end.Account), Holding: end.Holding, Promotion: end.Promotion.ID, PromotionName: end.Promotion.Name}
	if end.MoreKnown {
		shown.More = someMoney(end.More)
	}
	return shown
}

func priceSheetAnnounced(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Body AnnouncedPrices
}) (*struct{ Body PriceNews }, error) {
	until, err := in.Body.Until.date("until")
	if err != nil {
		return nil, err
	}
	if until.IsZero() {
		until = desk.Today().AddMonths(newsMonths)
	}
	if last := desk.Today().AddMonths(newsMonthsMost); until.After(last) {
		return nil, &office.FieldError{Field: "until", Err: fmt.Errorf("expected a day until %s", last)}
	}
	options := flow.PriceSheetOptions{Segment: in.Body.Segment}
	if in.Body.Rule != nil {
		if options.Rule, err = in.Body.Rule.rule(); err != nil {
			return nil, err
		}
	}
	news, err := desk.PriceSheetAnnounced(ctx, in.id(), flow.PriceSheetAsk{View: in.Body.View, Future: true}, options, until)
	if err != nil {
		return nil, err
	}
	shown := PriceNews{make([]PriceChange, len(news.Changes)), make([]PromotionEnd, len(news.Ends))}
	for i := range news.Changes {
		shown.Changes[i] = priceChangeOf(&news.Changes[i])
	}
	for i := range news.Ends {
		shown.Ends[i] = promotionEndOf(&news.Ends[i])
	}
	return &struct{ Body PriceNews }{shown}, nil
}
