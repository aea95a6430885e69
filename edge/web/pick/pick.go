// Package pick lets forms choose an account, a contract, a product or a subscription by
// its name, where an id is meant.
//
// It is one field: whoever types an id is taken at their word, whoever types a part of a
// name chooses from a short list. The list comes with the page; a script asks for a better
// one while somebody types. Without scripts a name is understood when the form is sent: it
// is taken where it fits one thing alone, and else the form comes back with what it fits.
package pick

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Noun is what is chosen, and the end of the path where it is looked for.
type Noun string

// The nouns.
const (
	Account      Noun = "accounts"
	Contract     Noun = "contracts"
	Product      Noun = "products"
	Subscription Noun = "subscriptions"
	PriceList    Noun = "price-lists"
)

// Path is where the choices of a noun are asked for.
func (n Noun) Path() string { return "/pick/" + string(n) }

// most is how many are offered at once.
const most = 20

// Offer answers scripts with what fits a text.
func Offer(noun Noun) visit.Handler {
	return func(v *visit.Visit) error {
		choices, err := find(v, noun, v.R.URL.Query().Get("q"))
		if err != nil {
			return err
		}
		return v.Part(part.Options(choices))
	}
}

// Field is a field whose value is chosen: with what fits what stands in it, and the name of
// what was chosen beside it.
func Field(v *visit.Visit, noun Noun, f part.Field) part.Field {
	f.From = noun.Path()
	choices, err := find(v, noun, f.Value)
	if err != nil {
		// The field is as good without a list: what is typed is judged when it is sent.
		v.Log.WarnContext(v.R.Context(), "what a field can be chosen from", "noun", noun, "error", err)
		return f
	}
	for _, c := range choices {
		if c.Value == f.Value && c.Text != "" && f.Value != "" {
			f.Hint = c.Text
		}
	}
	if len(choices) == 0 && f.Value != "" {
		choices, _ = find(v, noun, "")
	}
	f.Choices = choices
	return f
}

// Several are fields of one name: one for each value that was typed, or shown before
// anything was, and an empty one to add another.
func Several(v *visit.Visit, noun Noun, f part.Field, shown []string) (fields []part.Field) {
	if typed, given := v.R.Form[f.Name]; given {
		shown = slices.DeleteFunc(slices.Clone(typed), func(text string) bool { return strings.TrimSpace(text) == "" })
	}
	for i, value := range append(slices.Clone(shown), "") {
		one := f
		one.Value, one.No = value, i+1
		if value == "" {
			one.Wrong = ""
		}
		fields = append(fields, Field(v, noun, one))
	}
	return fields
}

// One is the id that a field of a form means. Where that is not clear the field is wrong, and
// says what it could be.
func One(v *visit.Visit, f *visit.Form, noun Noun, name string) string {
	return Meant(v, f, noun, name, f.Text(name))
}

// Needed is One of a field that must be given.
func Needed(v *visit.Visit, f *visit.Form, noun Noun, name, label string) string {
	return Meant(v, f, noun, name, f.Needed(name, label))
}

// All are the ids that the fields of one name mean.
func All(v *visit.Visit, f *visit.Form, noun Noun, name string) (ids []string) {
	for _, text := range f.All(name) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				ids = append(ids, Meant(v, f, noun, name, line))
			}
		}
	}
	return ids
}

// Meant is the id that a text means, as One reads it; what is wrong is noted under the field's name.
func Meant(v *visit.Visit, f *visit.Form, noun Noun, name, text string) string {
	if text == "" || isID(v.R.Context(), v.Desk, noun, text) {
		return text
	}
	choices, err := find(v, noun, text)
	if err != nil || len(choices) == 0 {
		// The desk says that there is none.
		return text
	}
	named := choices[:0:0]
	for _, c := range choices {
		if strings.EqualFold(c.Text, text) {
			named = append(named, c)
		}
	}
	switch {
	case len(named) == 1:
		return named[0].Value
	case len(choices) == 1:
		return choices[0].Value
	}
	f.Wrong(name, fmt.Sprintf("“%s” fits %s. Choose one: %s.", text, several(len(choices), noun), examples(choices)))
	return text
}

func several(n int, noun Noun) string {
	if n >= most {
		return fmt.Sprintf("%d %s or more", most, noun)
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// examplesMost is how many are named in a sentence.
const examplesMost = 5

func examples(choices []part.Choice) string {
	names := make([]string, 0, examplesMost)
	for _, c := range choices[:min(len(choices), examplesMost)] {
		names = append(names, c.Value+" ("+c.Text+")")
	}
	if len(choices) > examplesMost {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// isID says whether a text is the id of one, whatever else it fits.
func isID(ctx context.Context, desk *office.Desk, noun Noun, text string) bool {
	var err error
	switch noun {
	case Account:
		_, err = desk.AccountGet(ctx, billing.AccountID(text))
	case Contract:
		_, err = desk.ContractGet(ctx, billing.ContractID(text))
	case Product:
		_, _, err = desk.ProductGet(ctx, text)
	case Subscription:
		_, err = desk.SubscriptionGet(ctx, billing.SubscriptionID(text))
	case PriceList:
		return true
	}
	return err == nil
}

// find is what fits a text, by id and name; the first of all for none.
func find(v *visit.Visit, noun Noun, text string) (choices []part.Choice, err error) {
	ctx, desk := v.R.Context(), v.Desk
	add := func(id, name string) { choices = append(choices, part.Choice{Value: id, Text: name}) }
	switch noun {
	case Account:
		page, err := desk.AccountList(ctx, office.AccountFilter{Search: text, Most: most})
		for i := range page.Rows {
			add(string(page.Rows[i].Account.ID), page.Rows[i].Account.Name)
		}
		return choices, err
	case Contract:
		page, err := desk.ContractList(ctx, office.ContractFilter{Search: text, Most: most})
		for i := range page.Rows {
			add(string(page.Rows[i].Contract.ID), page.Rows[i].AccountName)
		}
		return choices, err
	case Product:
		list, err := desk.ProductList(ctx, office.OfferFilter{Text: text, Most: most, Named: true})
		for i := range list {
			add(list[i].SKU, list[i].Name)
		}
		return choices, err
	case Subscription:
		page, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{Search: text, Most: most}, "")
		for i := range page.Rows {
			row := &page.Rows[i]
			add(string(row.ID), row.AccountName+": "+cmp.Or(row.ProductName, row.SKU))
		}
		return choices, err
	case PriceList:
		lists, err := desk.PriceListList(ctx)
		for i := range lists {
			add(lists[i].List, part.Plural(lists[i].Rows, "price"))
		}
		return choices, err
	}
	return nil, fmt.Errorf("pick %q: %w", noun, visit.ErrNoPage)
}
