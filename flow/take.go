package flow

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Outcome says what became of one intake.
type Outcome uint8

// What can become of an intake: it is new, it was there already, it was refused
// by a rule, it was refused as it had to be (`refused: true`), or it is wrong.
const (
	Taken Outcome = iota
	Unchanged
	Refused
	RefusedAsTold
	Wrong
)

// String is a word for reports.
func (o Outcome) String() string {
	return [...]string{"taken", "unchanged", "refused", "refused as told", "wrong"}[o]
}

// TakeLine is the report on one line of input.
type TakeLine struct {
	At      Source
	Noun    string
	Outcome Outcome
	// Why is set where it was not taken.
	Why string
}

// TakeReport counts what became of an import, noun by noun.
type TakeReport struct {
	Counts map[string]map[Outcome]int
}

// Bad says whether any line was refused or wrong.
func (r *TakeReport) Bad() bool {
	for _, counts := range r.Counts {
		if counts[Refused]+counts[Wrong] > 0 {
			return true
		}
	}
	return false
}

func (r *TakeReport) add(noun string, outcome Outcome) {
	if r.Counts[noun] == nil {
		r.Counts[noun] = map[Outcome]int{}
	}
	r.Counts[noun][outcome]++
}

// takeBatch is how many intakes go into one transaction; of usage it is more.
const takeBatch = 500

// Take puts intakes into the book, in order, a transaction for each few hundred.
// What is there already is left alone, so that a second import changes nothing.
// A line that is wrong or refused is reported and the others go on; an error of
// the stream itself, or of the store, ends it: what was reported before is kept.
func (f *Flow) Take(ctx context.Context, intakes iter.Seq2[Intake, error], actor Actor, each func(TakeLine)) (TakeReport, error) {
	return f.takeAfter(ctx, func(Tx) error { return nil }, intakes, actor, each)
}

// takeAfter is Take, each of whose transactions begins with first.
func (f *Flow) takeAfter(ctx context.Context, first func(Tx) error, intakes iter.Seq2[Intake, error], actor Actor, each func(TakeLine)) (TakeReport, error) {
	report := TakeReport{Counts: map[string]map[Outcome]int{}}
	repeats := map[string]int{}
	var batch []Intake
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		lines, err := f.takeBatch(ctx, first, batch, actor, repeats)
		batch = batch[:0]
		for _, line := range lines {
			report.add(line.Noun, line.Outcome)
			each(line)
		}
		return err
	}
	for intake, err := range intakes {
		if err != nil {
			var bad *InputError
			if errors.As(err, &bad) {
				line := TakeLine{At: bad.At, Noun: "line", Outcome: Wrong, Why: bad.Err.Error()}
				report.add(line.Noun, line.Outcome)
				each(line)
				continue
			}
			return report, errors.Join(flush(), err)
		}
		// Usage among other intakes goes with them; a long run of it alone.
		if !isUsage(&intake) && len(batch) >= takeBatch {
			if err := flush(); err != nil {
				return report, err
			}
		}
		batch = append(batch, intake)
		if len(batch) == usageBatch || (len(batch) == takeBatch && !allUsage(batch)) {
			if err := flush(); err != nil {
				return report, err
			}
		}
	}
	return report, flush()
}

// takeBatch takes a batch in one transaction, and again where another transaction
// was quicker: a run takes its contracts in another order than a file does.
func (f *Flow) takeBatch(ctx context.Context, first func(Tx) error, batch []Intake, actor Actor, repeats map[string]int) (lines []TakeLine, err error) {
	take := f.takeOnce
	if allUsage(batch) {
		take = f.takeUsage
	}
	err = Again(func() error {
		lines, err = take(ctx, first, batch, actor, repeats)
		return err
	})
	return lines, err
}

func (f *Flow) takeOnce(ctx context.Context, first func(Tx) error, batch []Intake, actor Actor, repeats map[string]int) (lines []TakeLine, err error) {
	catalog, err := CatalogOf(ctx, f.Store, false)
	if err != nil {
		return nil, err
	}
	var t *taker
	err = f.Store.Write(ctx, func(tx Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		t = &taker{recorder: f.newRecorder(tx, catalog, actor, repeats)}
		if err := t.begin(); err != nil {
			return err
		}
		lines = lines[:0]
		for i := range batch {
			line, err := t.take(&batch[i])
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return t.finish()
	})
	if err != nil {
		return nil, err
	}
	for name, n := range t.named {
		repeats[name] += n
	}
	return lines, nil
}

// taker takes nouns and events in one transaction.
type taker struct {
	*recorder
	sellers  []Seller
	regroup  bool
	through  calendar.Date
	accounts map[billing.AccountID]billing.Account
}

// begin lets nobody else take anything until this is done: what is looked at is what is written over.
func (t *taker) begin() (err error) {
	if err := t.tx.FactsHold(); err != nil {
		return err
	}
	if t.sellers, err = t.tx.SellerList(); err != nil {
		return err
	}
	if t.through, err = t.tx.BilledThrough(); err != nil {
		return err
	}
	accounts, err := t.tx.AccountList()
	if err != nil {
		return err
	}
	t.accounts = map[billing.AccountID]billing.Account{}
	for i := range accounts {
		t.accounts[accounts[i].ID] = accounts[i].Account
	}
	return nil
}

// take does one intake; the error is the store's alone.
func (t *taker) take(in *Intake) (TakeLine, error) {
	changed, err := t.one(in)
	return lineOf(in, changed, err)
}

// lineOf tells what became of an intake.
func lineOf(in *Intake, changed bool, err error) (TakeLine, error) {
	line := TakeLine{At: in.At, Noun: in.Noun()}
	var refusal *billing.Refusal
	var input *InputError
	told := in.Event != nil && in.Event.Refused
	switch {
	case errors.Is(err, errKnown):
		line.Outcome = Unchanged
	case errors.As(err, &refusal):
		line.Outcome, line.Why = Refused, refusal.Error()
		if told {
			line.Outcome = RefusedAsTold
		}
	case errors.As(err, &input):
		line.Outcome, line.Why = Wrong, input.Err.Error()
	case err != nil:
		return line, fmt.Errorf("%s: %s: %w", in.At, line.Noun, err)
	case told:
		line.Outcome, line.Why = Wrong, "it was to be refused, and was accepted"
	case !changed:
		line.Outcome = Unchanged
	}
	return line, nil
}

// Noun is the word for what it carries, as reports count it: seller, price, event.
func (in *Intake) Noun() string {
	switch {
	case in.Seller != nil:
		return "seller"
	case in.Unit != nil:
		return "unit"
	case in.Rate != nil:
		return "rate"
	case in.Tax != nil:
		return "tax"
	case in.Product != nil:
		return "product"
	case in.Price != nil:
		return "price"
	case in.Account != nil:
		return "account"
	case in.Contract != nil:
		return "contract"
	}
	return "event"
}

func (t *taker) one(in *Intake) (changed bool, err error) {
	switch {
	case in.Seller != nil:
		if changed, err = t.tx.SellerPut(*in.Seller); changed {
			t.sellers, err = t.tx.SellerList()
		}
		return changed, err
	case in.Unit != nil:
		t.catalog.Units[in.Unit.Name] = *in.Unit
		return t.tx.UnitPut(*in.Unit)
	case in.Rate != nil:
		return t.tx.RatePut(t.knownRate(*in.Rate))
	case in.Tax != nil:
		return t.tax(in.Tax)
	case in.Product != nil:
		if _, known := t.catalog.Products[in.Product.SKU]; known && in.IfNew {
			return false, nil
		}
		t.catalog.Products[in.Product.SKU] = *in.Product
		return t.tx.ProductPut(*in.Product)
	case in.Price != nil:
		return t.price(in)
	case in.Account != nil:
		return t.account(in)
	case in.Contract != nil:
		return t.contract(in)
	}
	if err := t.record(in.Event); err != nil {
		return false, err
	}
	return true, nil
}

// known is the day from which billing knows a price or a rate that is taken in
// without a day of its own: always, where nothing was billed yet.
func (t *taker) known() calendar.Date {
	if t.through.IsZero() {
		return calendar.Date{}
	}
	return dayAfter(t.today, t.through)
}

func (t *taker) knownRate(rate billing.Rate) billing.Rate {
	rate.KnownOn = t.known()
	return rate
}

func (t *taker) currency(seller SellerID) money.Currency {
	for i := range t.sellers {
		if t.sellers[i].ID == seller || seller == "" {
			return t.sellers[i].Currency
		}
	}
	return money.Currency{}
}

func (t *taker) price(in *Intake) (bool, error) {
	row := *in.Price
	if row.Currency.IsZero() {
		row.Currency = t.currency("")
	}
	if row.Unit.Months == 0 {
		unit, ok := t.catalog.Units[row.Unit.Name]
		if !ok {
			return false, wrong(in.At, "unit: %s is not a unit of the book", row.Unit.Name)
		}
		row.Unit = unit
	}
	row.KnownOn = t.known()
	changed, err := t.tx.PricePut(row)
	if changed {
		t.catalog.Prices[row.SKU] = append(t.catalog.Prices[row.SKU], row)
	}
	return changed, err
}

// tax adds or changes a tax. It stays as it is once anything was billed: another
// rate is another tax.
func (t *taker) tax(tax *billing.Tax) (bool, error) {
	if old, known := t.catalog.Taxes[tax.Name]; known && old != *tax && !t.through.IsZero() {
		return false, &billing.Refusal{Code: "tax_billed", Sentence: fmt.Sprintf("tax %s was billed by: give another rate another name", tax.Name)}
	}
	t.catalog.Taxes[tax.Name] = *tax
	return t.tx.TaxPut(*tax)
}

// account adds or changes an account. What decides who pays what, and at which
// price, stays as it is once it was billed by.
func (t *taker) account(in *Intake) (bool, error) {
	account := *in.Account
	if account.Currency.IsZero() {
		account.Currency = t.currency("")
	}
	if old, known := t.accounts[account.ID]; known && decides(old) != decides(account.Account) {
		billed, err := t.billedBy(account.ID)
		if err != nil {
			return false, err
		}
		if billed {
			return false, &billing.Refusal{Code: "account_billed", Sentence: fmt.Sprintf(
				"account %s was billed: its parent, reseller, bill_to, currency, price_list and consolidated stay as they are", account.ID)}
		}
	}
	t.accounts[account.ID] = account.Account
	t.regroup = true
	return t.tx.AccountPut(account)
}

// billedBy says whether an invoice was made by what an account says: one of its
// own, or of an account below it or sold to through it, which may take its price
// list or its payer. Their contracts are taken for writing first, so that a run
// has either written them or reads them again.
func (t *taker) billedBy(id billing.AccountID) (billed bool, err error) {
	for below, account := range t.accounts {
		if !t.reaches(account, id) {
			continue
		}
		contracts, err := t.tx.ContractsOf(below)
		if err != nil {
			return false, err
		}
		for _, contract := range contracts {
			if _, err := t.open(contract); err != nil {
				return false, err
			}
		}
		if billed, err = t.tx.AccountBilled(below); err != nil || billed {
			return billed, err
		}
	}
	return false, nil
}

// reaches says whether an account is another, or has it above it.
func (t *taker) reaches(account billing.Account, id billing.AccountID) bool {
	for steps := 0; steps < treeDepthMax; steps++ {
		if account.ID == id || account.Reseller == id {
			return true
		}
		above, ok := t.find(account.Parent)
		if !ok {
			return false
		}
		account = above
	}
	return false
}

// decides is the part of an account that amounts and payers depend on.
func decides(a billing.Account) billing.Account {
	a.Name, a.Country = "", ""
	return a
}

func (t *taker) contract(in *Intake) (bool, error) {
	c := *in.Contract
	if c.Seller == "" && len(t.sellers) > 0 {
		c.Seller = t.sellers[0].ID
	}
	if c.Currency.IsZero() {
		c.Currency = t.currency(c.Seller)
	}
	if c.Currency.IsZero() {
		return false, wrong(in.At, "seller: %s is unknown", c.Seller)
	}
	if c.Frequency.Months == 0 {
		unit, ok := t.catalog.Units[c.Frequency.Name]
		if !ok {
			return false, wrong(in.At, "frequency: %s is not a unit of the book", c.Frequency.Name)
		}
		c.Frequency = unit
	}
	account, ok := t.accounts[c.Account]
	if !ok {
		return false, wrong(in.At, "account: %s is unknown", c.Account)
	}
	if err := t.mayReplace(&c); err != nil {
		return false, err
	}
	return t.tx.ContractPut(c, GroupOf(c.ID, PayerOf(account, t.find)))
}

// mayReplace refuses other terms for a contract that was billed. It is taken for
// writing before that is asked, so that a run has either written it or reads it
// again.
func (t *taker) mayReplace(c *Contract) error {
	old, err := t.tx.ContractGet(c.ID)
	if errors.Is(err, ErrUnknown) || (err == nil && old == *c) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.close(); err != nil {
		return err
	}
	if _, err := t.tx.BookOpen(c.ID); err != nil {
		return err
	}
	billed := false
	err = t.tx.InvoiceList(InvoiceFilter{Contract: c.ID, Latest: 1}, func(Issued) bool { billed = true; return false })
	if err == nil && billed {
		err = &billing.Refusal{Code: "contract_billed", Sentence: fmt.Sprintf("contract %s was billed: its terms stay as they are", c.ID)}
	}
	return err
}

func (t *taker) find(id billing.AccountID) (billing.Account, bool) {
	account, ok := t.accounts[id]
	return account, ok
}

// finish writes the cursors, and the groups that accounts' changes have moved.
func (t *taker) finish() error {
	if err := t.close(); err != nil {
		return err
	}
	if !t.regroup {
		return nil
	}
	contracts, err := t.tx.ContractList()
	if err != nil {
		return err
	}
	for i := range contracts {
		c := &contracts[i]
		if err := t.tx.ContractRegroup(c.ID, GroupOf(c.ID, PayerOf(t.accounts[c.Account], t.find))); err != nil {
			return err
		}
	}
	return nil
}

// defaultCurrency is the first seller's.
func (f *Flow) defaultCurrency(tx Tx) (money.Currency, error) {
	sellers, err := tx.SellerList()
	if err != nil || len(sellers) == 0 {
		return money.Currency{}, err
	}
	return sellers[0].Currency, nil
}
