package api_test

import (
	"testing"

	"prorata/flow/office"
)

// notByAPI are the verbs that have no operation, and why.
var notByAPI = map[string]string{
	// How somebody proves themselves is done in person: no token may, so that who has
	// found one cannot lock its maker out.
	"ProfileChange": "in person", "PasswordChange": "in person", "FactorList": "in person", "FactorDraftCode": "in person", "FactorConfirm": "in person",
	"FactorRemove": "in person", "RecoveryRenew": "in person", "PasskeyAsk": "in person", "PasskeyAdd": "in person",
	// How a mail will look is for eyes; what left is read with the mails.
	"InvoiceLetter": "for eyes", "LetterheadSample": "for eyes",
	// The command line waits for what a program begins and reads of among the errands, and does what
	// takes the whole book or the machine.
	"ConnectionSyncWait": "begun instead", "ProvisionRunWait": "begun instead", "ProviderInvoiceReconcileWait": "begun instead", "ProviderBillFetch": "begun instead", "ProviderBillTake": "begun instead",
	"PriceSheetFetch": "begun on the machine", "BillingRunAll": "planned and approved instead", "BillingPreview": "planned instead",
	"BookExport": "the whole book", "BookVerify": "the whole book", "CommandPolicyGet": "on the machine", "CommandPolicyChange": "on the machine", "KeyReplace": "on the machine",
}

// Whatever the pages can ask for, programs can: every verb of the desk has an operation,
// or stands above with its reason.
func TestEveryVerbHasAnOperation(t *testing.T) {
	called := map[string]bool{}
	for _, operation := range operationsOf(t, newFirm(t)) {
		called[operation["x-verb"].(string)] = true
	}
	for _, verb := range office.Verbs() {
		_, excepted := notByAPI[verb]
		if !called[verb] && !excepted {
			t.Errorf("the verb %s has no operation in routes.go", verb)
		}
		if called[verb] && excepted {
			t.Errorf("the verb %s has an operation: it is no exception any more", verb)
		}
	}
	for verb := range notByAPI {
		if _, _, _, err := office.RightOf(verb); err != nil {
			t.Errorf("%s is no verb of the desk", verb)
		}
	}
}
