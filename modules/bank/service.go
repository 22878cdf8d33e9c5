package bank

import (
	"context"
	"fmt"
	"strings"
	"time"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/server/queue"
	"care/server/secret"
)

// Gift is a gift as it is shown to a clerk; the name is masked.
type Gift struct {
	ID, Code, Name, Use string
	Promised, Paid      money.Fen
	BankRef             string
	Waits               bool // for its money
	State               string
	Made                time.Time
}

// Arriving is the money of one gift.
type Arriving struct {
	Gift    string
	Ref     string
	Day     clock.Day
	Amount  money.Fen
	Payer   string
	Asset   string
	Checked bool // the payer is not the donor, and the clerk has asked
}

// Refund is money that is to go back and has not left yet.
type Refund struct {
	ID, Gift, Code, Number, NameIndex, Name string
	Amount                                  money.Fen
	Day                                     clock.Day
}

// Gifts is what the statements need to know of donations.
type Gifts interface {
	ReadCode(written string) (string, bool)
	NameIndex(name string) string
	EachDue(ctx context.Context, fn func(Due) error) error
	Show(ctx context.Context, ids []string) ([]Gift, error)
	FindDue(ctx context.Context, q string, size int) ([]Gift, error)
	ArriveIn(ctx context.Context, tx *audit.Tx, who access.Actor, as []Arriving) error
	RejectIn(ctx context.Context, tx *audit.Tx, who access.Actor, gifts []string, why string) error
	OpenRefunds(ctx context.Context, size int) ([]Refund, error)
	RefundPaid(ctx context.Context, tx *audit.Tx, refund, ref string, day clock.Day) error
	RefundUnpaid(ctx context.Context, tx *audit.Tx, refund, ref string) error
}

// Settings say whose statements are read.
type Settings struct {
	Account string // the foundation's own account, which a profile without an account means
	// Login gives a person of the demonstration by login name, for Seed; nil without demonstration data.
	Login func(ctx context.Context, login string) (access.Actor, error)
	Chunk int // lines kept in one act; 0 for the usual
}

// Statements is the desk of bank statements.
type Statements struct {
	db      *db.DB
	trail   *audit.Trail
	queue   *queue.Queue
	archive *media.Archive
	funds   *ledger.Ledger
	box     *secret.Box
	gifts   Gifts
	set     Settings
}

// New opens the desk.
func New(d *db.DB, trail *audit.Trail, q *queue.Queue, archive *media.Archive, funds *ledger.Ledger, box *secret.Box, gifts Gifts, set Settings) *Statements {
	if set.Chunk == 0 {
		set.Chunk = 2000
	}
	set.Account = bare(set.Account)
	return &Statements{db: d, trail: trail, queue: q, archive: archive, funds: funds, box: box, gifts: gifts, set: set}
}

// bare writes an account number without blanks.
func bare(s string) string { return strings.Join(strings.Fields(s), "") }

func (s *Statements) today() clock.Day { return clock.DayOf(s.trail.Now()()) }

func changed(n int64, err error) error {
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "db.changed")
	}
	return err
}

func invalid(field, code string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: field, Code: code, Args: args}}}
}

// Check proves what must always be true of statements, lines, matches and the pool, also against the gifts themselves.
func (s *Statements) Check(ctx context.Context) ([]modules.Count, error) {
	bs, err := runProofs(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, b := range bs {
		if b.N > 0 {
			return nil, fmt.Errorf("bank: %d %s", b.N, b.Rule)
		}
	}
	for after := ""; ; {
		hs, err := pageShares(ctx, s.db, after, 500)
		if err != nil {
			return nil, db.Fault(err)
		}
		if len(hs) == 0 {
			break
		}
		ids := make([]string, 0, len(hs))
		for _, h := range hs {
			ids, after = append(ids, h.Gift), h.Gift
		}
		gs, err := s.gifts.Show(ctx, ids)
		if err != nil {
			return nil, err
		}
		byID := make(map[string]Gift, len(gs))
		for _, g := range gs {
			byID[g.ID] = g
		}
		for _, h := range hs {
			if g := byID[h.Gift]; g.Paid != h.Amount || g.BankRef != h.Ref {
				return nil, fmt.Errorf("bank: match %s gives gift %s %d fen under %s, its arrival says %d under %s", h.MatchID, h.Gift, h.Amount, h.Ref, g.Paid, g.BankRef)
			}
		}
	}
	statements, lines, matches, err := countAll(ctx, s.db)
	return []modules.Count{{Title: words["bank.count.statements"], N: statements}, {Title: words["bank.count.lines"], N: lines}, {Title: words["bank.count.matches"], N: matches}}, db.Fault(err)
}
