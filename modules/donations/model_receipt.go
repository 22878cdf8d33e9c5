package donations

import (
	"strings"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Dispositions of a receipt: 交付, 放弃-留存, 匿名-留存. It is issued in any case (民发〔2012〕124号).
const (
	Deliver       = "deliver"
	Waived        = "waived"
	KeptAnonymous = "anonymous"
)

// States of a receipt: 有效, 已作废, 已红冲.
const (
	ReceiptValid    = "valid"
	ReceiptVoid     = "void"
	ReceiptReversed = "reversed"
)

// How a receipt came to the donor: 网页领取, 当面, 邮寄.
const (
	ByLink = "link"
	ByHand = "hand"
	ByPost = "post"
)

// Receipt is one receipt for one gift or several (捐赠收据). What it prints is frozen in the paper.
type Receipt struct {
	bun.BaseModel `bun:"table:donations_receipts,alias:p"`
	Paper         string `bun:",pk"`
	Number        string
	Subject       string // of the paper
	PayerIndex    string // blind index of the legal name
	Campaign      string `bun:",nullzero"`
	Fund          string
	Year          int64
	Amount        money.Fen
	State         string
	Disposition   string
	DeliveredHow  string
	DeliveredAt   *time.Time
	Reprints      int64
	Handler       string // printed as 经办人
	Checker       string // printed as 复核人
	MadeAt        time.Time
	EndedAt       *time.Time
	Reason        string // of the end
	Red           string // number of the red-letter receipt that took it back
	ReplacedBy    string // paper that stands in its place
}

// likens tells whether two receipts could be one: same payer, use and year, and both handed out or both kept.
func (r *Receipt) likens(o *Receipt) bool {
	return r.PayerIndex == o.PayerIndex && r.Campaign == o.Campaign && r.Fund == o.Fund && r.Year == o.Year && r.Disposition == o.Disposition
}

// ReceiptLine says that a receipt covers a gift.
type ReceiptLine struct {
	bun.BaseModel `bun:"table:donations_receipt_lines,alias:l"`
	Paper         string `bun:",pk"`
	Gift          string `bun:",pk"`
	Amount        money.Fen
	Live          bool
}

// Kinds of reissues: 合并开具, 拆分开具, 更正抬头, 改开实名, 重开.
const (
	Merge   = "merge"   // several receipts of one payer, use and year become one
	Split   = "split"   // a merged receipt becomes one for each gift
	Retitle = "retitle" // the name was wrong
	Named   = "named"   // an anonymous donor wants the own name on it after all
	Replace = "replace" // the same again: the paper could not be drawn, or was spoilt before it was handed over
)

// Reissue asks to put new receipts in the place of old ones (换开).
type Reissue struct {
	bun.BaseModel `bun:"table:donations_reissues,alias:x"`
	ID            string `bun:",pk"`
	Kind          string
	Payer         string // sealed: the new name of Retitle
	PayerID       string // sealed
	Reason        string
	State         string // asked, done or declined
	AskedBy       string
	AskedName     string
	AskedAt       time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
	Remark        string
}

// Fiscal is the official receipt (公益事业捐赠票据) that the finance bureau's system issued for one of ours. Its numbers are only
// kept here, never made (财综〔2024〕1号).
type Fiscal struct {
	bun.BaseModel `bun:"table:donations_fiscals,alias:f"`
	ID            string `bun:",pk"`
	Paper         string
	Code          string // 票据代码, 8 digits
	Number        string // 票据号码, 10 digits
	CheckCode     string // 校验码, 6 signs
	Day           clock.Day
	Amount        money.Fen
	State         string // recorded, checked, rejected or reversed
	RecordedBy    string
	RecordedName  string
	RecordedAt    time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
	RedNumber     string // of the official red-letter receipt
	RedOn         clock.Day
}

// States of an official receipt.
const (
	fiscalRecorded = "recorded"
	fiscalChecked  = "checked"
	fiscalRejected = "rejected"
	fiscalReversed = "reversed"
)

// FiscalIn is an official receipt as a clerk types it or a file holds it.
type FiscalIn struct {
	Receipt                 string // number of our receipt
	Code, Number, CheckCode string
	Day                     clock.Day
	Amount                  money.Fen
}

// clean checks an official receipt. Lengths are those of the national family of electronic fiscal receipts.
func (f *FiscalIn) clean(today clock.Day, c *fault.Checks) {
	f.Receipt, f.Code, f.Number, f.CheckCode = upper(f.Receipt), upper(f.Code), upper(f.Number), strings.ToLower(upper(f.CheckCode))
	c.Need(isNumber(f.Receipt), "receipt", "donations.fiscal.receipt")
	c.Need(len(f.Code) == 8 && strings.Trim(f.Code, "0123456789") == "", "code", "donations.fiscal.code")
	c.Need(fiscalNumber(f.Number), "number", "donations.fiscal.number")
	c.Need(len(f.CheckCode) == 6 && printableASCII(f.CheckCode), "check", "donations.fiscal.check")
	c.Need(f.Day != "" && f.Day <= today, "day", "donations.day")
	c.Need(f.Amount > 0, "amount", "donations.amount")
}

func fiscalNumber(s string) bool { return len(s) == 10 && strings.Trim(s, "0123456789") == "" }
