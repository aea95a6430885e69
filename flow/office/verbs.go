package office

// rights is who may do what: every verb of the desk, once. A test holds it to the
// methods of Desk, and walks it with every role.
//
// Where resellers and customers may, they may on accounts of their own alone: the
// verb asks within.
var rights = []right{
	// verb, area, changes, who
	{"InvoiceGet", "invoices", reads, everybody},
	{"InvoiceVoid", "invoices", writes, "OF"},
	{"ExceptionList", "exceptions", reads, staff},
	{"ExceptionGet", "exceptions", reads, staff},
	{"ExceptionCounts", "exceptions", reads, staff},
	{"ExceptionAssign", "exceptions", writes, "OFCPS"},
	{"ExceptionSnooze", "exceptions", writes, "OFCPS"},
	{"ExceptionSettle", "exceptions", writes, "OFCP"},
	{"CustomerLink", "provider", writes, "OFCP"},
	{"ProvisionRetry", "provider", writes, "OFCP"},
	{"ProvisionDrop", "provider", writes, "OFP"},

	{"BillingPlanGet", "billing", reads, staff},
	{"BillingPlanList", "billing", reads, staff},
	{"BillingPlanMake", "billing", writes, "OFC"},
	{"BillingPlanWatch", "billing", reads, staff},
	{"PlannedInvoiceApprove", "billing", writes, "OFC"},
	{"PlannedInvoiceGet", "billing", reads, staff},
	{"PlannedInvoiceList", "billing", reads, staff},
	{"BillingHoldPut", "billing", writes, "OFC"},
	{"BillingHoldEnd", "billing", writes, "OFC"},
	{"BillingHoldList", "billing", reads, staff},
	{"BillingRunGet", "billing", reads, staff},
	{"BillingRunList", "billing", reads, staff},
	{"BillingRunStart", "billing", writes, "OFC"},
	{"BillingRunWatch", "billing", reads, staff},

	{"AuditList", "audit", reads, "OA"},

	{"UserList", "users", reads, "OA"},
	{"UserGet", "users", reads, "OA"},
	{"UserInvite", "users", writes, "O"},
	{"UserChange", "users", writes, "O"},
	{"UserDisable", "users", writes, "O"},
	{"UserEnable", "users", writes, "O"},
	{"UserLink", "users", writes, "O"},
	{"FactorPolicyGet", "users", reads, "OA"},
	{"FactorPolicyChange", "users", writes, "O"},

	{"ProfileGet", ofProfile, reads, everybody},
	{"ProfileChange", ofProfile, writes, everybody},
	{"PasswordChange", ofProfile, writes, everybody},
	{"FactorList", ofProfile, reads, everybody},
	{"FactorDraftCode", ofProfile, writes, everybody},
	{"FactorConfirm", ofProfile, writes, everybody},
	{"FactorRemove", ofProfile, writes, everybody},
	{"RecoveryRenew", ofProfile, writes, everybody},
	{"PasskeyAsk", ofProfile, writes, everybody},
	{"PasskeyAdd", ofProfile, writes, everybody},
	{"SessionList", ofProfile, reads, everybody},
	{"SessionRevoke", ofProfile, writes, everybody},
	{"SessionsRevoke", ofProfile, writes, everybody},

	{"TokenList", ofTokens, reads, everybody},
	{"TokenMake", ofTokens, writes, everybody},
	{"TokenRevoke", ofTokens, writes, everybody},
}
