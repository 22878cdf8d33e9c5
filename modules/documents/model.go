package documents

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"care/media"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// State of a paper. Number and data are fixed from the order on.
type State string

// The states: 待生成, 有效, 生成失败, 已作废, 已红冲.
const (
	Ordered  State = "ordered"
	Issued   State = "issued"
	Failed   State = "failed" // it cannot be drawn: a person must look at it
	Void     State = "void"
	Reversed State = "reversed" // a red-letter paper takes it back
)

// Series of numbers.
const (
	Receipts = "QJGA" // donation receipts (捐赠收据)
	Vouchers = "QJBF" // payment vouchers (领款凭证)
	Notices  = "QJGS" // notices for the village board (公示)
	Cases    = "QJJZ" // relief cases (救助案件), numbers only
	Batches  = "QJPC" // payment batches (拨付批次), numbers only

	Agreements = "QJXY" // donation agreements (捐赠协议), numbers only
)

// Document is one paper (单据).
type Document struct {
	bun.BaseModel `bun:"table:documents_papers,alias:d"`
	ID            string `bun:",pk"`
	Number        string // QJGA-2026-000123: series, year, counter without gaps
	Series        string
	Year, Seq     int64
	Code          string // 8 characters on the paper, so that numbers cannot be walked through
	Kind          string // which sheet of templates/pdf draws it
	Subject       string // what it is about, such as "donation/<id>"
	Title         string // what the public may read of it
	Payer         string // masked, for the public
	Amount        money.Fen
	Day           clock.Day
	Data          string // the sheet's struct as JSON, sealed: papers name people
	State         State
	Drawn         bool      // the bytes exist
	Reason        string    // of the end or the failure
	Reverses      string    `bun:",nullzero"` // the paper that this red-letter paper takes back
	Object        media.Key `bun:",nullzero"`
	Size          int64     `bun:",nullzero"`
	OrderedBy     string
	OrderedAt     time.Time
	IssuedAt      *time.Time
	EndedAt       *time.Time
}

// Private names the columns that are kept sealed.
var Private = []string{"documents_papers.data"}

// Valid tells whether the paper counts: ordered or issued, and no red-letter paper itself.
func (d *Document) Valid() bool {
	return (d.State == Ordered || d.State == Issued || d.State == Failed) && d.Reverses == ""
}

// Order asks for a paper inside an act.
type Order struct {
	Series  string
	Kind    string
	Subject string
	Title   string    // for the verification page; names nobody
	Payer   string    // masked
	Amount  money.Fen // 0 for papers without one
	Day     clock.Day // its year is the year of the number
	// Make builds the sheet once number, code and address are known; the result is frozen as JSON.
	Make func(number, code, url string) any
}

func (o Order) check() error {
	if o.Series == "" || o.Kind == "" || o.Subject == "" || o.Title == "" || o.Make == nil || o.Day.Year() < 2000 || o.Day.Year() > 2999 {
		return fault.New(fault.Internal, "documents.incomplete")
	}
	return nil
}

// number writes a number as it is printed.
func number(series string, year, seq int64) string {
	return fmt.Sprintf("%s-%04d-%06d", series, year, seq)
}

// alphabet has no 0 O 1 I L, and no vowels that make words.
const alphabet = "23456789BCDFGHJKMNPQRSTVWXYZ"

// NewCode makes a code of n characters that people can read to each other on the phone.
func NewCode(n int) string {
	var b strings.Builder
	buf := make([]byte, n)
	for b.Len() < n {
		rand.Read(buf)
		for _, x := range buf {
			// 252 is the largest multiple of 28 in a byte: above it the choice would not be even.
			if x < 252 && b.Len() < n {
				b.WriteByte(alphabet[int(x)%len(alphabet)])
			}
		}
	}
	return b.String()
}
