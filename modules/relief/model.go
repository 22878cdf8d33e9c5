package relief

import (
	"unicode/utf8"

	"care/server/access"
	"care/server/fault"
)

// Private names the columns that are kept sealed, and the blind indexes beside them.
var Private = []string{
	"relief_people.identity_sealed", "relief_people.identity_index", "relief_people.name_sealed", "relief_people.phone_sealed", "relief_people.address_sealed",
	"relief_drafts.form_sealed", "relief_cases.story_sealed", "relief_cases.other_sealed",
	"relief_accounts.card_sealed", "relief_accounts.card_index", "relief_opinions.text_sealed", "relief_visits.findings_sealed",
	"relief_objections.name_sealed", "relief_objections.phone_sealed", "relief_objections.facts_sealed", "relief_objections.reason_sealed",
	"relief_remedies.reason_sealed",
}

// Permissions. Each stage of a case has its own, and one person acts at one stage of a case only.
var (
	View       = access.Perm{Name: "relief.view", Title: words["perm.relief.view"]}
	BatchView  = access.Perm{Name: "relief.batch_view", Title: words["perm.relief.batch_view"]} // batches know no areas: for the foundation only
	File       = access.Perm{Name: "relief.file", Title: words["perm.relief.file"]}
	Village    = access.Perm{Name: "relief.village", Title: words["perm.relief.village"]}
	Township   = access.Perm{Name: "relief.township", Title: words["perm.relief.township"]}
	County     = access.Perm{Name: "relief.county", Title: words["perm.relief.county"]}
	Publish    = access.Perm{Name: "relief.publish", Title: words["perm.relief.publish"]}
	Object     = access.Perm{Name: "relief.objection", Title: words["perm.relief.objection"]}
	City       = access.Perm{Name: "relief.city", Title: words["perm.relief.city"]}
	Approve    = access.Perm{Name: "relief.approve", Title: words["perm.relief.approve"]}
	Batch      = access.Perm{Name: "relief.batch", Title: words["perm.relief.batch"]}
	BatchCheck = access.Perm{Name: "relief.batch_check", Title: words["perm.relief.batch_check"]}
	BatchSign  = access.Perm{Name: "relief.batch_sign", Title: words["perm.relief.batch_sign"]}
	Bank       = access.Perm{Name: "relief.bank", Title: words["perm.relief.bank"]}
	BankCheck  = access.Perm{Name: "relief.bank_confirm", Title: words["perm.relief.bank_confirm"]}
	PrivateTxt = access.Perm{Name: "relief.private", Title: words["perm.relief.private"]}
	Settings   = access.Perm{Name: "relief.settings", Title: words["perm.relief.settings"]}
)

// Setting is a number that the foundation decides.
type Setting string

// The settings.
const (
	NoticeDays   Setting = "notice_days"   // working days of a notice, at least 3
	ApproveAlone Setting = "approve_alone" // fen; above it two approvers are needed
)

const (
	minReason = 10   // characters of a reason for a return, a refusal or a decision
	maxText   = 1500 // characters of a story, an opinion or findings
)

func runes(s string) int { return utf8.RuneCountInString(s) }

// reasoned checks a written reason: whoever is told no must be able to understand why.
func reasoned(field, s string) error {
	var c fault.Checks
	c.Need(runes(s) >= minReason, field, "relief.need_reason", minReason)
	c.Need(runes(s) <= maxText, field, "relief.too_long", maxText)
	return c.Err()
}
