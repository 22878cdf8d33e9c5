package donations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// RollRow is one line of the public roll. It has public columns only.
type RollRow struct {
	Roll       string
	At         time.Time
	PublicName string
	Donor      string
	Amount     money.Fen
	Number     string
	State      State
	Code       string // of the campaign, "" for the general fund
	Title      string // of the campaign
}

// listRoll lists confirmed gifts, newest first. campaign "" is all, general takes only those to the general fund.
// Gifts to a directed campaign are in the roll too, without its name.
func listRoll(ctx context.Context, db bun.IDB, campaign string, general bool, before string, limit int) (rs []RollRow, err error) {
	q := db.NewSelect().TableExpr("donations_gifts AS g").Join("LEFT JOIN donations_campaigns AS c ON c.id = g.campaign AND c.mode <> 'directed'").
		ColumnExpr("g.roll, g.confirmed_at AS at, g.public_name, g.donor, g.amount, g.number, g.state, coalesce(c.code, '') AS code, coalesce(c.title, '') AS title").
		Where("g.roll IS NOT NULL").OrderExpr("g.roll DESC").Limit(int64(limit))
	switch {
	case general:
		q = q.Where("g.campaign IS NULL")
	case campaign != "":
		q = q.Where("g.campaign = ?", campaign)
	}
	if before != "" {
		q = q.Where("g.roll < ?", before)
	}
	return rs, q.Scan(ctx, &rs)
}

// Filter narrows the worklist; empty fields do not narrow.
type Filter struct {
	State State
	Q     string // transfer code, receipt number, statement reference, amount, phone or whole name
}

// found is a Filter whose words are understood.
type found struct {
	state              State
	code, number, ref  string
	name, payer, phone string // blind indexes
	amount             money.Fen
	email              string // blind index
	ids                []string
	due                bool // only gifts that wait for their money
	none               bool
}

// Row is one line of the worklist. The name is masked.
type Row struct {
	ID         string
	Code       string
	Donor      string
	Name       string // sealed; masked before it leaves the service
	PublicName string
	Promised   money.Fen
	Amount     money.Fen
	State      State
	MadeAt     time.Time
	Title      string // of the campaign
	Number     string
	Arrival    string // that waits for its confirmation, or counts
	Paid       money.Fen
	Day        clock.Day
	BankRef    string
	RecordedBy string
	Recorder   string // name
}

func listGifts(ctx context.Context, db bun.IDB, f found, before string, limit int) (rs []Row, err error) {
	q := db.NewSelect().TableExpr("donations_gifts AS g").
		Join("LEFT JOIN donations_campaigns AS c ON c.id = g.campaign").
		Join("LEFT JOIN donations_arrivals AS a ON a.gift = g.id AND a.state <> 'rejected'").
		ColumnExpr(`g.id, g.code, g.donor, g.name, g.public_name, g.promised, g.amount, g.state, g.made_at, coalesce(c.title, '') AS title, g.number,
			coalesce(a.id, '') AS arrival, coalesce(a.amount, 0) AS paid, a.day, coalesce(a.bank_ref, '') AS bank_ref, coalesce(a.recorded_by, '') AS recorded_by, coalesce(a.recorded_name, '') AS recorder`).
		OrderExpr("g.id DESC").Limit(int64(limit))
	if f.state != "" {
		q = q.Where("g.state = ?", f.state)
	}
	if before != "" {
		q = q.Where("g.id < ?", before)
	}
	if f.due {
		q = q.Where("g.state IN ('pledged', 'expired')")
	}
	switch {
	case f.ids != nil:
		q = q.Where("g.id IN (?)", bun.List(f.ids))
	case f.email != "":
		q = q.Where("g.email_index = ? AND g.email_index <> ''", f.email)
	case f.code != "":
		q = q.Where("g.code = ?", f.code)
	case f.number != "":
		q = q.Where("g.number = ?", f.number)
	case f.amount > 0:
		// Each part of the union has its own index; an OR over two tables would read them both.
		q = q.Where(`g.id IN (SELECT id FROM donations_gifts WHERE promised = ? UNION SELECT id FROM donations_gifts WHERE amount = ? AND amount > 0
			UNION SELECT gift FROM donations_arrivals WHERE state = 'recorded' AND amount = ?)`, f.amount, f.amount, f.amount)
	case f.phone != "":
		q = q.Where(`g.id IN (SELECT id FROM donations_gifts WHERE phone_index = ? AND phone_index <> ''
			UNION SELECT gift FROM donations_arrivals WHERE bank_ref = ? AND state <> 'rejected')`, f.phone, f.ref)
	case f.name != "":
		q = q.Where(`g.id IN (SELECT id FROM donations_gifts WHERE name_index = ? UNION SELECT gift FROM donations_arrivals WHERE payer_index = ?
			UNION SELECT gift FROM donations_arrivals WHERE bank_ref = ? AND state <> 'rejected')`, f.name, f.payer, f.ref)
	}
	return rs, q.Scan(ctx, &rs)
}

type stateCount struct {
	State  State
	N      int
	Amount money.Fen
}

// countStates counts the gifts that somebody must do something about.
func countStates(ctx context.Context, db bun.IDB) (cs []stateCount, err error) {
	err = db.NewRaw(`SELECT g.state, count(*) AS n, coalesce(sum(coalesce(a.amount, g.promised)), 0) AS amount FROM donations_gifts AS g
		LEFT JOIN donations_arrivals AS a ON a.gift = g.id AND a.state <> 'rejected'
		WHERE g.state IN ('pledged', 'arrived', 'refunding') GROUP BY g.state`).Scan(ctx, &cs)
	return cs, err
}
