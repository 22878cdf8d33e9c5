// Package donations keeps true that a promise is never income, that every confirmed gift is exactly one journal of its fund and
// exactly one valid receipt, that two different people stand behind it, and that the public reads of a donor only what the donor allowed.
//
// A gift goes from promise to arrival to income. Confirmation is one transaction: income, number, receipt, audit entry.
// Many confirmations at once share a transaction (server/gather); each one still has its own entry and its own answer.
package donations

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"care/modules"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/modules/mail"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/gather"
	"care/server/money"
	"care/server/secret"
	"care/templates/pdf"
)

// Account is where donors send money. It is the foundation's own account; a person's account or code is never shown.
type Account struct{ Holder, Bank, Number string }

// Settings say who the foundation is and where money goes.
type Settings struct {
	Org     pdf.Org
	Account Account
	Demo    bool       // papers say that they are a demonstration
	Post    *mail.Post // nil: no letters are written
	// Login gives a person of the demonstration by login name, for Seed; nil without demonstration data.
	Login func(ctx context.Context, login string) (access.Actor, error)
}

// Gifts is the desk of donations and campaigns.
type Gifts struct {
	db     *db.DB
	trail  *audit.Trail
	funds  *ledger.Ledger
	papers *documents.Papers
	box    *secret.Box
	fonts  Printable
	set    Settings
	legal  Legal // nil: the usual terms of the law, and no reports
	gather *gather.Gatherer[confirming]
	// payback gives money back through a payment channel; nil without channels.
	payback func(ctx context.Context, tx *audit.Tx, p Payback) error
	// online gives where a gift is paid online; nil without channels.
	online func(address string, amount money.Fen) string
	// rejected hears of arrivals that are taken back; nil when nobody wants to.
	rejected func(ctx context.Context, tx *audit.Tx, who access.Actor, gift, why string) error
}

// New opens the desk. What can be printed on a receipt is what the papers' fonts have.
func New(d *db.DB, trail *audit.Trail, funds *ledger.Ledger, papers *documents.Papers, box *secret.Box, set Settings) *Gifts {
	s := &Gifts{db: d, trail: trail, funds: funds, papers: papers, box: box, fonts: papers, set: set}
	s.gather = gather.New(s.confirmAll)
	return s
}

// GeneralCode is the code of the unrestricted fund that takes gifts to no campaign.
const GeneralCode = "GENERAL"

// Ensure opens the unrestricted fund at the first start. It may run any number of times, on several servers at once.
func (s *Gifts) Ensure(ctx context.Context) error {
	if _, err := s.general(ctx, s.db); err == nil {
		return nil
	}
	_, err := s.funds.Open(ctx, access.System(), ledger.Fund{Code: GeneralCode, Name: words["donations.general"], Kind: ledger.Unrestricted, Purpose: words["donations.general.purpose"]}, "donations.ensure")
	if _, again := fault.IsAgain(err); again {
		return nil
	}
	return err
}

// general finds the unrestricted fund. Funds are few, and it is asked for once a gift.
func (s *Gifts) general(ctx context.Context, tx bun.IDB) (*ledger.Fund, error) {
	fs, err := s.funds.FundsIn(ctx, tx, nil)
	if err != nil {
		return nil, err
	}
	for i := range fs {
		if fs[i].Code == GeneralCode {
			return &fs[i], nil
		}
	}
	return nil, fault.New(fault.Internal, "donations.no_general")
}

// Confirmed counts the gifts that were confirmed and not given back.
func (s *Gifts) Confirmed(ctx context.Context) (int, error) {
	counts, err := listCounts(ctx, s.db)
	n := 0
	for _, c := range counts {
		n += int(c)
	}
	return n, db.Fault(err)
}

// Today is the civil date by the gate's clock.
func (s *Gifts) Today() clock.Day { return clock.DayOf(s.trail.Now()()) }

// Check proves from the tables that gifts, books and papers agree.
func (s *Gifts) Check(ctx context.Context) ([]modules.Count, error) {
	bs, err := runProofs(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, b := range bs {
		if b.N > 0 {
			return nil, fmt.Errorf("%d %s", b.N, b.Rule)
		}
	}
	campaigns, gifts, received, err := countAll(ctx, s.db)
	return []modules.Count{{Title: words["donations.count.campaigns"], N: campaigns}, {Title: words["donations.count.gifts"], N: gifts},
		{Title: words["donations.count.received"], N: received}}, db.Fault(err)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
