package api

import (
	"context"

	"prorata/flow/office"
)

// routes are every operation of the API: the desk's verb, the address, and a few
// words. A verb that is not the caller's is refused before anything is read.
func (a *API) routes() {
	a.routesOfInvoices()
	a.routesOfAccounts()
	a.routesOfSubscriptions()
	a.routesOfBilling()
	a.routesOfOffice()
	a.routesOfWebhooks()
	a.routesOfJobs()
	a.routesOfProviders()
	a.routesOfReconciliation()
	a.routesOfMail()
	a.routesOfExceptions()
	a.routesOfCatalog()
	a.routesOfImports()
	a.routesOfSettings()
	a.routesOfReports()
	a.routesOfWhatIfs()
	a.routesOfPeople()
}

func (a *API) routesOfInvoices() {
	route(a, operation{verb: "InvoiceList", does: "GET /v1/invoices", says: "List invoices", more: "Issued invoices and credit notes, as far as they are in reach."}, invoiceList)
	route(a, operation{verb: "InvoiceTotals", does: "GET /v1/invoice-totals", says: "Add up invoices", more: "What the same filters cover, added up by currency. What was taken back and what takes it back come to nothing."}, invoiceTotals)
	route(a, operation{verb: "InvoiceGet", does: "GET /v1/invoices/{number}", says: "Read an invoice", more: "An issued invoice or credit note with its lines, its taxes and the reason for each amount, by its printed number."}, invoiceGet)
	route(a, operation{verb: "InvoiceVoid", does: "POST /v1/invoices/{number}/void", says: "Take an invoice back", status: 201,
		more: "Writes a credit note of the same lines, which is given; what the invoice billed is billed anew by the next run."}, invoiceVoid)
	route(a, operation{verb: "InvoiceCreditable", does: "GET /v1/invoices/{number}/creditable", says: "Read what can be credited", refuses: true,
		more: "Each line with what is left of it. It is refused where nothing can be credited: of a credit note, and of what was taken back."}, invoiceCreditable)
	route(a, operation{verb: "InvoiceCreditPreview", does: "POST /v1/invoices/{number}/credit-preview", says: "Preview a credit", more: "What a credit note over some lines would come to; nothing is issued. It is refused where the credit would be."}, invoiceCreditPreview)
	route(a, operation{verb: "InvoiceCredit", does: "POST /v1/invoices/{number}/credits", says: "Credit a part of an invoice", status: 201,
		more: "Issues a credit note over some lines, each by an amount, a share, or whole; what it credits is not billed anew."}, invoiceCredit)
	route(a, operation{verb: "InvoiceSend", does: "POST /v1/invoices/{number}/mails", says: "Send an invoice by mail", status: 201,
		more: "Puts a mail with its document into the outbox; what becomes of it is read with the mail."}, invoiceSend)
	route(a, operation{verb: "InvoiceNoteSent", does: "POST /v1/invoices/{number}/sent", says: "Note that an invoice was sent", more: "Notes to whom and by which way it was sent by hand; nothing is sent by it."}, invoiceNoteSent)
	route(a, operation{verb: "InvoiceDocument", does: "GET /v1/invoices/{number}/pdf", says: "Print an invoice", gives: []string{typePDF}, more: "The invoice or credit note as it is printed, as a PDF file."}, a.invoicePDF)
	route(a, operation{verb: "InvoiceDocuments", does: "GET /v1/invoice-export", says: "Export invoices", gives: []string{typeCSV, typeXLSX}, long: true,
		more: "All that the filters cover as one file, written while it is read. A file that is cut off ends its connection."}, a.invoiceExport)
	route(a, operation{verb: "InvoiceHistory", does: "GET /v1/invoices/{number}/history", says: "Read what became of an invoice", more: "Who issued it, when it was sent, and whether it was taken back."}, invoiceHistory)
	route(a, operation{verb: "InvoiceOpen", does: "GET /v1/invoices/{number}/open", says: "Read what is open on an invoice", more: "Its total less what was paid or set off."}, invoiceOpen)
	route(a, operation{verb: "InvoiceExplain", does: "GET /v1/invoices/{number}/lines", says: "Explain an invoice", more: "Why each line is what it is: the sentence, the sum, and the change that caused it."}, invoiceExplain)
	route(a, operation{verb: "LineExplain", does: "GET /v1/invoices/{number}/lines/{no}", says: "Explain a line", more: "Why a line is what it is: the sentence, the sum, the change that caused it, the price and the terms."}, lineExplain)
	route(a, operation{verb: "ViewList", does: "GET /v1/views/{noun}", says: "List saved views", more: "The caller's user's own views of a list, by name."}, viewList)
	route(a, operation{verb: "ViewPut", does: "PUT /v1/views/{noun}/{name}", says: "Save a view", more: "Keeps a filter under a name; the same name again replaces it."}, viewPut)
	route(a, operation{verb: "ViewDrop", does: "DELETE /v1/views/{noun}/{name}", says: "Forget a view", more: "Of the caller's user's own."}, viewDrop)
	route(a, operation{verb: "Search", does: "GET /v1/search", says: "Search", more: "Accounts, contracts, subscriptions and invoices in reach, the likeliest first, eight of each."}, find)
	route(a, operation{verb: "PaymentList", does: "GET /v1/payments", says: "List payments", more: "What was paid, newest first."}, paymentList)
	route(a, operation{verb: "PaymentRecord", does: "POST /v1/invoices/{number}/payments", says: "Record a payment", status: 201, more: "Notes that an invoice was paid, whole or in part."}, paymentRecord)
}

func (a *API) routesOfAccounts() {
	route(a, operation{verb: "AccountList", does: "GET /v1/accounts", says: "List accounts", more: "Accounts in reach, in order of their names."}, accountList)
	route(a, operation{verb: "AccountPut", id: "AccountAdd", does: "POST /v1/accounts", says: "Add an account", status: 201, more: "Its id stays; the rest can be changed."}, accountAdd)
	route(a, operation{verb: "AccountGet", does: "GET /v1/accounts/{id}", says: "Read an account", more: "One account with what it was invoiced."}, accountGet)
	route(a, operation{verb: "AccountPut", does: "PUT /v1/accounts/{id}", says: "Change an account", matches: true,
		more: "Replaces what people wrote of it. Who pays its bills stays once it was billed by. Invoices that are issued keep what they have."}, accountChange)
	route(a, operation{verb: "AccountHold", does: "POST /v1/accounts/{id}/hold", says: "Put an account on credit hold", more: "New subscriptions and added seats wait until its release."}, accountHold)
	route(a, operation{verb: "AccountRelease", does: "POST /v1/accounts/{id}/release", says: "End a credit hold", more: "What waited takes effect."}, accountRelease)
	route(a, operation{verb: "AccountPrices", does: "GET /v1/accounts/{id}/prices", says: "List the prices in force", more: "What an account's running subscriptions are billed at today, and where each price comes from."}, accountPrices)
	route(a, operation{verb: "AccountTree", does: "GET /v1/account-tree", says: "Walk the tree of accounts", more: "The accounts directly below one, or those at the top."}, accountTree)
	route(a, operation{verb: "AccountTimeline", does: "GET /v1/accounts/{id}/timeline", says: "Read what happened to an account", more: "Its own changes, those of its contracts, and its invoices, newest first."}, accountTimeline)
	route(a, operation{verb: "ContractPut", id: "ContractAdd", does: "POST /v1/contracts", says: "Add a contract", status: 201, more: "Its terms can be changed until it is billed."}, contractAdd)
	route(a, operation{verb: "ContractPut", does: "PUT /v1/contracts/{id}", says: "Change a contract", matches: true, more: "Replaces the terms of one that was never billed. One that was keeps its terms: end it, and begin another."}, contractChange)
	route(a, operation{verb: "ContractList", does: "GET /v1/contracts", says: "List contracts", more: "Contracts in reach, in order of their customers' names."}, contractList)
	route(a, operation{verb: "ContractGet", does: "GET /v1/contracts/{id}", says: "Read a contract", more: "One contract, and where billing stands with it."}, contractGet)
}

func (a *API) routesOfSubscriptions() {
	route(a, operation{verb: "SubscriptionList", does: "GET /v1/subscriptions", says: "List subscriptions", more: "Subscriptions in reach, as they are today, in order of their customers' names."}, subscriptionList)
	route(a, operation{verb: "SubscriptionAdd", does: "POST /v1/subscriptions", says: "Sell a subscription", status: 201, more: "Adds it under a contract and, where a connection is named, has it ordered there."}, subscriptionAdd)
	route(a, operation{verb: "SubscriptionAddPreview", does: "POST /v1/subscription-preview", says: "Preview a sale", more: "What it would come to in money; nothing is recorded or ordered."}, subscriptionAddPreview)
	route(a, operation{verb: "SubscriptionGet", does: "GET /v1/subscriptions/{id}", says: "Read a subscription", more: "One subscription as it is today, with its log."}, subscriptionGet)
	route(a, operation{verb: "SubscriptionPreview", does: "POST /v1/subscriptions/{id}/preview", says: "Preview a change", more: "What a change would come to in money; nothing is recorded. It is refused where the change would be."}, subscriptionPreview)
	route(a, operation{verb: "SubscriptionLog", does: "GET /v1/subscriptions/{id}/log", says: "List a subscription's log", more: "All that was recorded of it, in order, a page at a time; what was taken back, too."}, subscriptionLog)
	route(a, operation{verb: "SubscriptionHeld", does: "GET /v1/subscriptions/{id}/holding", says: "Read what its provider says", more: "The holding that it is at its provider, and the changes on their way there."}, subscriptionHeld)
	route(a, operation{verb: "BudgetList", does: "GET /v1/budgets", says: "List budgets", refuses: true, more: "What usage has taken of its budgets since the last invoice, in order of subscription."}, budgetList)
	act := func(verb, path, says, more string, do func(*office.Desk, context.Context, office.SubscriptionAct) error) {
		route(a, operation{verb: verb, does: "POST /v1/subscriptions/{id}/" + path, says: says, more: more, matches: true}, subscriptionAct(do))
	}
	act("SubscriptionChange", "change", "Change seats or price", "Gives it other seats (quantity) or another price of its own from a day on. Where a provider holds it, what it asks there is on its way with it.", (*office.Desk).SubscriptionChange)
	act("SubscriptionSchedule", "schedule", "Say what the next term opens with", "The seats, the price, and whether another term follows; it waits for the renewal.", (*office.Desk).SubscriptionSchedule)
	act("SubscriptionCancel", "cancel", "Cancel a subscription", "Ends it on a day; what is refunded goes by its contract.", (*office.Desk).SubscriptionCancel)
	act("SubscriptionSuspend", "suspend", "Suspend a subscription", "Blocks the service from a day on.", (*office.Desk).SubscriptionSuspend)
	act("SubscriptionResume", "resume", "Resume a subscription", "Lets a suspended service go on.", (*office.Desk).SubscriptionResume)
}

func (a *API) routesOfBilling() {
	route(a, operation{verb: "BillingPlanList", does: "GET /v1/billing-plans", says: "List billing plans", more: "Newest first."}, planList)
	route(a, operation{verb: "BillingPlanMake", does: "POST /v1/billing-plans", says: "Plan a billing run", status: 201,
		more: "Begins to work out what a run through a day would issue, and gives the plan at once; read it again until it is ready."}, planMake)
	route(a, operation{verb: "BillingPlanGet", does: "GET /v1/billing-plans/{id}", says: "Read a billing plan", more: "A plan with its totals."}, planGet)
	route(a, operation{verb: "PlannedInvoiceList", does: "GET /v1/billing-plans/{id}/invoices", says: "List the invoices of a plan", more: "What a run would issue, with what is unusual about it."}, plannedList)
	route(a, operation{verb: "PlannedInvoiceList", id: "PlannedInvoiceTotals", does: "GET /v1/billing-plans/{id}/invoice-totals", says: "Add up the invoices of a plan", more: "What the same filters cover, by currency."}, plannedTotals)
	route(a, operation{verb: "PlannedInvoiceGet", does: "GET /v1/billing-plans/{id}/invoices/{no}", says: "Read an invoice of a plan", more: "With its lines as they would be issued now."}, plannedGet)
	route(a, operation{verb: "BillingPlanWatch", does: "GET /v1/billing-plans/{id}/progress", says: "Follow a billing plan", more: "Tells how far it is as server-sent events, until it is worked out.", gives: []string{typeEvents}}, planWatch(a))
	route(a, operation{verb: "PlannedInvoiceApprove", does: "POST /v1/billing-plans/{id}/approval", says: "Approve invoices of a plan", more: "Invoices of one group are approved together. What is held, issued or cannot be billed is passed over."}, plannedApprove)
	route(a, operation{verb: "BillingRunList", does: "GET /v1/billing-runs", says: "List billing runs", more: "Newest first."}, runList)
	route(a, operation{verb: "BillingRunStart", does: "POST /v1/billing-runs", says: "Start a billing run", status: 201,
		more: "Bills what was approved of a plan and is still as it was looked at, and gives the run at once: it goes on in the background."}, runStart)
	route(a, operation{verb: "BillingRunGet", does: "GET /v1/billing-runs/{id}", says: "Read a billing run", more: "A run with its progress, and what it could not bill."}, runGet)
	route(a, operation{verb: "BillingRunWatch", does: "GET /v1/billing-runs/{id}/progress", says: "Follow a billing run", more: "Tells how far it is as server-sent events, until it is over.", gives: []string{typeEvents}}, runWatch(a))
	route(a, operation{verb: "BillingHoldList", does: "GET /v1/billing-holds", says: "List what is held back", more: "What no run bills, oldest first."}, holdList)
	route(a, operation{verb: "BillingHoldPut", does: "PUT /v1/billing-holds/{group}", says: "Hold back from billing", more: "No run bills it until the hold ends."}, holdPut)
	route(a, operation{verb: "BillingHoldEnd", does: "DELETE /v1/billing-holds/{group}", says: "End a hold", more: "The next run bills it."}, holdEnd)
}

func (a *API) routesOfOffice() {
	route(a, operation{verb: "AuditList", does: "GET /v1/audit", says: "List who did what", more: "Records of the audit, newest first."}, auditList)
	route(a, operation{verb: "TokenList", does: "GET /v1/tokens", says: "List API tokens", more: "Those of the caller's user, or of others for owners, newest first, without their secrets."}, tokenList)
	route(a, operation{verb: "TokenMake", does: "POST /v1/tokens", says: "Make an API token", status: 201,
		more: "Gives its secret, which is shown once. It may do no more than the token that asks, lasts no longer, and ends with it."}, tokenMake)
	route(a, operation{verb: "TokenRevoke", does: "DELETE /v1/tokens/{id}", says: "Revoke an API token", more: "It is good no more, at once, and neither is what it made."}, tokenRevoke)
}

func (a *API) routesOfWebhooks() {
	route(a, operation{verb: "WebhookList", does: "GET /v1/webhooks", says: "List webhooks", more: "In order of their names."}, webhookList)
	route(a, operation{verb: "WebhookMake", does: "POST /v1/webhooks", says: "Add a webhook", status: 201, more: "Gives the secret that its messages are signed with, which is shown once. Messages are signed as the Standard Webhooks specification has it."}, webhookMake)
	route(a, operation{verb: "WebhookGet", does: "GET /v1/webhooks/{id}", says: "Read a webhook", more: "One webhook, without its secret."}, webhookGet)
	route(a, operation{verb: "WebhookChange", does: "PUT /v1/webhooks/{id}", says: "Change a webhook", matches: true, more: "Also switches it on again where it had failed; what waited for it is sent."}, webhookChange)
	route(a, operation{verb: "WebhookRemove", does: "DELETE /v1/webhooks/{id}", says: "Remove a webhook", more: "With all that was on its way to it."}, webhookRemove)
	route(a, operation{verb: "WebhookSecretRenew", does: "POST /v1/webhooks/{id}/secret", says: "Make a new secret", more: "For 24 hours messages are signed with the old one, too."}, webhookSecretRenew)
	route(a, operation{verb: "WebhookTry", does: "POST /v1/webhooks/{id}/try", says: "Try a webhook", status: 201, more: "Sends a message that means nothing (webhook.tried), also where it is off."}, webhookTry)
	route(a, operation{verb: "DeliveryList", does: "GET /v1/deliveries", says: "List deliveries", more: "Messages to webhooks, newest first, kept for 30 days."}, deliveryList)
	route(a, operation{verb: "DeliveryGet", does: "GET /v1/deliveries/{seq}", says: "Read a delivery", more: "A message on its way to a webhook, with every try."}, deliveryGet)
	route(a, operation{verb: "DeliveryResend", does: "POST /v1/deliveries/{seq}/resend", says: "Send a message again", more: "At once, whatever became of it, under the same id."}, deliveryResend)
}

func (a *API) routesOfMail() {
	route(a, operation{verb: "MailSetting", does: "GET /v1/mail", says: "Read how mail leaves", more: "The mail server as it is set up, without its password, and how many mails wait."}, mailSetting)
	route(a, operation{verb: "MailTry", does: "POST /v1/mail/try", says: "Try the mail server", status: 201, more: "Sends a mail that says nothing to who asks."}, mailTry)
	route(a, operation{verb: "MailList", does: "GET /v1/mails", says: "List mails", more: "The outbox, newest first. Mails with links of users are for who may see users."}, mailList)
	route(a, operation{verb: "MailGet", does: "GET /v1/mails/{seq}", says: "Read a mail", more: "A mail with every try."}, mailGet)
	route(a, operation{verb: "MailResend", does: "POST /v1/mails/{seq}/resend", says: "Send a mail again",
		more: "One that waits or failed is tried at once, as the same mail; of one that was sent a new one is made, which is given. A one-time link is not sent twice."}, mailResend)
	route(a, operation{verb: "BillingRunUnsent", does: "GET /v1/billing-runs/{id}/unsent", says: "Count the unsent invoices of a run", more: "Those that stand, that nobody was sent, and of which no mail is on its way."}, runUnsent)
	route(a, operation{verb: "BillingRunSend", does: "POST /v1/billing-runs/{id}/mails", says: "Send the invoices of a run",
		more: "Puts a mail for each into the outbox that was not sent, is not held, and whose payer has an address; the answer counts them. Asked again it sends none twice."}, runSend)
}

func (a *API) routesOfExceptions() {
	route(a, operation{verb: "ExceptionList", does: "GET /v1/exceptions", says: "List what waits for a person", more: "Exceptions, newest first."}, exceptionList)
	route(a, operation{verb: "ExceptionGet", does: "GET /v1/exceptions/{id}", says: "Read an exception", more: "One exception with what would settle it."}, exceptionGet)
	route(a, operation{verb: "ExceptionAssign", does: "PUT /v1/exceptions/{id}/assignee", says: "Say who looks after it", more: "Nobody for an empty name."}, exceptionAssign)
	route(a, operation{verb: "ExceptionSnooze", does: "POST /v1/exceptions/{id}/snooze", says: "Put it off", more: "Out of sight until a day to come."}, exceptionSnooze)
	route(a, operation{verb: "ExceptionSettle", does: "POST /v1/exceptions/{id}/settle", says: "Settle it by hand", more: "One whose cause is still there opens again when it is found again."}, exceptionSettle)
	route(a, operation{verb: "ExceptionCounts", does: "GET /v1/exception-counts", says: "Count what waits", more: "How many wait of each kind, and what is at stake, most first."}, exceptionCounts)
	route(a, operation{verb: "CustomerLink", id: "ExceptionCustomerLink", does: "POST /v1/exceptions/{id}/customer", says: "Say who an unknown customer is", more: "Settles the exception; what the customer holds comes with the next sync."}, exceptionCustomer)
	route(a, operation{verb: "ExceptionAssign", id: "ExceptionsAssign", does: "POST /v1/exception-assignments", says: "Say who looks after several", more: "Nobody for an empty name. All of them, or none."}, exceptionsAssign)
	route(a, operation{verb: "ExceptionSnooze", id: "ExceptionsSnooze", does: "POST /v1/exception-snoozes", says: "Put several off", more: "Out of sight until a day to come; all of them, or none."}, exceptionsSnooze)
	route(a, operation{verb: "ExceptionSettle", id: "ExceptionsSettle", does: "POST /v1/exception-settlements", says: "Settle several by hand", more: "All of them, or none; what is settled already stays so."}, exceptionsSettle)
}

func (a *API) routesOfCatalog() {
	route(a, operation{verb: "ProductList", does: "GET /v1/products", says: "List products", more: "What can be sold, in order of SKU."}, productList)
	route(a, operation{verb: "ProductPut", id: "ProductAdd", does: "POST /v1/products", says: "Add a product", status: 201, more: "It needs a price before it can be billed."}, productAdd)
	route(a, operation{verb: "ProductGet", does: "GET /v1/products/{sku}", says: "Read a product", more: "One product."}, productGet)
	route(a, operation{verb: "ProductPut", does: "PUT /v1/products/{sku}", says: "Change a product", matches: true, more: "Its name, class, kind or tax."}, productChange)
	route(a, operation{verb: "ProductPrices", does: "GET /v1/products/{sku}/prices", says: "List the prices of a product", more: "All its price rows as they stand today: by list, currency, unit and term, the newest first."}, productPrices)
	route(a, operation{verb: "PriceListList", does: "GET /v1/price-lists", says: "List price lists", more: "Every price list, and how much is in it."}, priceListList)
	route(a, operation{verb: "PriceList", does: "GET /v1/price-lists/{name}/prices", says: "List the prices of a price list", more: "The newest first."}, priceList)
	route(a, operation{verb: "PriceAdd", does: "POST /v1/prices", says: "Add a price", status: 201, more: "Rows are never changed: of two for the same purchase the one that was added last serves from its day on."}, priceAdd)
	route(a, operation{verb: "PricePreview", does: "POST /v1/price-preview", says: "Preview a price", more: "Who would pay another price, and from when, in the thirteen months to come; nothing is added."}, pricePreview)
}

func (a *API) routesOfSettings() {
	route(a, operation{verb: "SellerList", does: "GET /v1/sellers", says: "List sellers", more: "Who invoices, in the order in which they came."}, sellerList)
	route(a, operation{verb: "SellerPut", id: "SellerAdd", does: "POST /v1/sellers", says: "Add a seller", status: 201, more: "Its id and its currency stay."}, a.sellerAdd)
	route(a, operation{verb: "SellerGet", does: "GET /v1/sellers/{id}", says: "Read a seller", more: "One seller as it is now."}, sellerGet)
	route(a, operation{verb: "SellerPut", does: "PUT /v1/sellers/{id}", says: "Change a seller", matches: true, more: "Makes a new version of it; invoices that are issued keep the one that they were issued with."}, a.sellerChange)
	route(a, operation{verb: "LetterheadGet", does: "GET /v1/sellers/{id}/letterhead", says: "Read a letterhead", more: "How a seller's documents and mails look from now on."}, letterheadGet)
	route(a, operation{verb: "LetterheadPut", does: "PUT /v1/sellers/{id}/letterhead", says: "Change a letterhead", matches: true,
		more: "Documents that are issued from now on have it; those that were issued keep theirs. The picture is written anew: nothing else of the file is kept."}, letterheadPut)
	route(a, operation{verb: "TaxList", does: "GET /v1/taxes", says: "List taxes", more: "In order of their names."}, taxList)
	route(a, operation{verb: "TaxPut", id: "TaxAdd", does: "POST /v1/taxes", says: "Add a tax", status: 201, more: "Products name it."}, taxAdd)
	route(a, operation{verb: "TaxList", id: "TaxGet", does: "GET /v1/taxes/{name}", says: "Read a tax", more: "One tax."}, taxGet)
	route(a, operation{verb: "TaxPut", does: "PUT /v1/taxes/{name}", says: "Change a tax", matches: true, more: "As long as nothing was billed: another rate is another tax then."}, taxChange)
	route(a, operation{verb: "UnitList", does: "GET /v1/units", says: "List units", more: "What prices are quoted and contracts billed in, the shortest first."}, unitList)
	route(a, operation{verb: "RateList", does: "GET /v1/rates", says: "List exchange rates", more: "The newest first."}, rateList)
	route(a, operation{verb: "RateAdd", does: "POST /v1/rates", says: "Add an exchange rate", status: 201, more: "Of two of a pair for one day the one that was added last counts."}, rateAdd)
	route(a, operation{verb: "NumberSeriesList", does: "GET /v1/number-series", says: "List number series", more: "How far the invoice numbers of each seller have come."}, seriesList)
}

func (a *API) routesOfPeople() {
	route(a, operation{verb: "UserList", does: "GET /v1/users", says: "List users", more: "Who can sign in, in order of their addresses."}, userList)
	route(a, operation{verb: "UserInvite", does: "POST /v1/users", says: "Invite a user", status: 201, more: "Gives the address at which they come in, which is shown once. It is good for a week."}, a.userInvite)
	route(a, operation{verb: "UserGet", does: "GET /v1/users/{id}", says: "Read a user", more: "By id, or by address."}, userGet)
	route(a, operation{verb: "UserChange", does: "PUT /v1/users/{id}", says: "Change a user", matches: true, more: "Who may do other things than before signs in again. The last owner stays one."}, userChange)
	route(a, operation{verb: "UserDisable", does: "POST /v1/users/{id}/disable", says: "Let a user in no more", more: "Their sessions, tokens and links end at once."}, userDisable)
	route(a, operation{verb: "UserEnable", does: "POST /v1/users/{id}/enable", says: "Let a disabled user in again", more: "Who never had been in needs a new link."}, userEnable)
	route(a, operation{verb: "UserLink", does: "POST /v1/users/{id}/link", says: "Make a one-time link", more: "For who is locked out: they choose a new password by it. Their earlier links end."}, a.userLink)
	route(a, operation{verb: "FactorPolicyGet", does: "GET /v1/factor-policy", says: "Read who needs a second factor", more: "The roles that require one."}, factorPolicyGet)
	route(a, operation{verb: "FactorPolicyChange", does: "PUT /v1/factor-policy", says: "Say who needs a second factor", matches: true, more: "Who has the role and no factor is led to set one up with the next page that they open."}, factorPolicyChange)
	route(a, operation{verb: "ProfileGet", does: "GET /v1/profile", says: "Read who calls", more: "The caller's user, and what the token is narrowed to."}, profileGet)
	route(a, operation{verb: "SessionList", does: "GET /v1/sessions", says: "List sessions", more: "Who is signed in: the caller's user's own, or those of others for owners."}, sessionList)
	route(a, operation{verb: "SessionRevoke", does: "DELETE /v1/sessions/{id}", says: "End a session", more: "One of their own or, for owners, anybody's."}, sessionRevoke)
	route(a, operation{verb: "SessionsRevoke", does: "DELETE /v1/sessions", says: "Sign somebody out", more: "Ends all sessions of the caller's user or, for owners, of another."}, sessionsRevoke)
}

func (a *API) routesOfJobs() {
	route(a, operation{verb: "JobList", does: "GET /v1/jobs", says: "List jobs", more: "What is done in the background, what fails first."}, jobList)
	route(a, operation{verb: "JobGet", does: "GET /v1/jobs/{id}", says: "Read a job", more: "A job with its last runs."}, jobGet)
	route(a, operation{verb: "JobRunNow", does: "POST /v1/jobs/{id}/run", says: "Run a job now", more: "As soon as a process has a place for it; once more where it is being done."}, jobAct((*office.Desk).JobRunNow))
	route(a, operation{verb: "JobPause", does: "POST /v1/jobs/{id}/pause", says: "Pause a job", more: "It is not done until it is resumed. Only what the timetable does again and again can be paused."}, jobAct((*office.Desk).JobPause))
	route(a, operation{verb: "JobResume", does: "POST /v1/jobs/{id}/resume", says: "Resume a job", more: "It is done at once, and again as the timetable says."}, jobAct((*office.Desk).JobResume))
}
