package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"prorata/flow/office"
)

// deskCommand is a command that is done at the desk, as whoever it is run as, by these verbs:
// which one, its flags say. Whoever may use none of them is refused before it begins.
type deskCommand struct{ command, verbs string }

// deskCommands are all commands that read or change the book. A test holds the list to the
// commands and to the table of rights.
var deskCommands = []deskCommand{
	{"import", "Import"},
	{"bill", "BillingRunAll BillingPreview"},
	{"invoice list", "InvoiceList"},
	{"invoice show", "InvoiceGet"},
	{"invoice pdf", "InvoiceDocument"},
	{"invoice void", "InvoiceVoid"},
	{"invoice credit", "InvoiceCredit InvoiceCreditPreview"},
	{"explain", "InvoiceExplain"},
	{"verify", "BookVerify"},
	{"subscription list", "SubscriptionList"},
	{"subscription add", "SubscriptionAdd"},
	{"subscription change", "SubscriptionChange SubscriptionSchedule"},
	{"subscription cancel", "SubscriptionCancel"},
	{"subscription log", "SubscriptionLog"},
	{"subscription alerts", "BudgetList"},
	{"export", "BookExport InvoiceDocuments"},
	{"connection add", "ConnectionPut"},
	{"connection list", "ConnectionList"},
	{"connection consent", "ConnectionConsent"},
	{"connection notify", "ConnectionNotify"},
	{"connection link", "CustomerLink HoldingLink"},
	{"sync", "ConnectionSyncWait"},
	{"provision run", "ProvisionRunWait"},
	{"provision list", "ProvisionList"},
	{"provision retry", "ProvisionRetry"},
	{"provision drop", "ProvisionDrop"},
	{"windows", "WindowList"},
	{"whatif", "WhatIfRun"},
	{"exposure", "ExposureList"},
	{"prices import", "PriceSheetFetch"},
	{"prices preview", "PriceSheetAnnounced"},
	{"prices versions", "PriceSheetList"},
	{"reconcile", "ProviderInvoiceReconcileWait"},
	{"provider invoices", "ProviderInvoiceList"},
	{"provider import", "ProviderBillTake"},
	{"provider fetch", "ProviderBillFetch"},
	{"provider dispute", "DisputeGet"},
	{"provider customers", "ProviderCustomerAsk"},
	{"provider invite", "InvitationMake"},
	{"provider agree", "AgreementAccept"},
	{"provider readiness", "ReadinessGet"},
	{"exception list", "ExceptionList"},
	{"exception close", "ExceptionSettle"},
	{"user add", "UserInvite"},
	{"user list", "UserList"},
	{"user link", "UserLink"},
	{"user role", "UserChange"},
	{"user disable", "UserDisable"},
	{"user enable", "UserEnable"},
	{"user factor", "FactorPolicyChange FactorPolicyGet"},
	{"user naming", "CommandPolicyChange CommandPolicyGet"},
	{"key replace", "KeyReplace"},
	{"token make", "TokenMake"},
	{"token list", "TokenList"},
	{"token revoke", "TokenRevoke"},
}

// machineCommand is a command that is the machine's and goes past the desk, and why.
type machineCommand struct {
	command, why string
	// book says that it opens the database: who is run as a user may not, since it would
	// go past their role.
	book bool
}

// machineCommands are all commands that are not done at the desk.
var machineCommands = []machineCommand{
	{"serve", "it is the desk of others, and does what nobody asks for", true},
	{"backup", "it copies the database, audit and all; who may is who may read the files", true},
	{"restore", "there is no book yet, and so nobody with a role", true},
	{"migrate", "it makes the tables that roles stand in", true},
	{"demo", "there is no book yet, and so nobody with a role", true},
	{"bench bill", "it makes up a book of its own, and measures", true},
	{"bench reconcile", "it makes up a book of its own, and measures", true},
	{"bench usage", "it makes up a book of its own, and measures", true},
	{"bench pages", "it makes up a book of its own, and measures", true},
	{"bench plan", "it measures the engine alone, without a book", false},
	{"simulate", "it plays stories on a database that it throws away", false},
	{"provider check-mapping", "it reads two files, and no book", false},
	{"provider expect", "it works out stories of files, and reads no book", false},
	{"partnercenter", "it is a stand-in for a provider, with a world of its own", false},
	{"key print", "it prints a new key, and reads nothing", false},
	{"config", "it prints the settings of this machine", false},
	{"completion", "it prints a script for a shell", false},
	{"version", "it prints what was built", false},
}

// commandOf is a command as people type it, without its arguments.
func commandOf(node *kong.Node) string {
	var words []string
	for ; node != nil && node.Type != kong.ApplicationNode; node = node.Parent {
		words = append([]string{node.Name}, words...)
	}
	return strings.Join(words, " ")
}

// verbsOf are the verbs of a command; none of one that is the machine's.
func verbsOf(command string) []string {
	for _, one := range deskCommands {
		if one.command == command {
			return strings.Fields(one.verbs)
		}
	}
	return nil
}

// onlyTheOperator refuses a command that opens the database past the desk to whoever is run
// as a user.
func (w *world) onlyTheOperator() error {
	for _, one := range machineCommands {
		if one.command == w.command && one.book && w.named() {
			return fmt.Errorf("%w: %s is the machine's, and goes past every role: it is not run as a user (leave out --as and $%s)", office.ErrDenied, w.command, tokenVariable)
		}
	}
	return nil
}
