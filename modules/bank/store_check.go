package bank

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/money"
)

// The proofs read the tables of the ledger too: what the pool holds in the books must be what its lines say.
var proofs = []struct{ rule, query string }{
	{"ready statements whose sums do not agree", `SELECT count(*) FROM bank_statements WHERE state = 'ready' AND (opening + credits - debits <> closing OR done <> total)`},
	{"statements with another number of lines than they say", `SELECT count(*) FROM bank_statements AS s WHERE s.fresh <> (SELECT count(*) FROM bank_lines AS l WHERE l.statement = s.id)`},
	{"statements without known lines whose lines do not sum to what they say", `SELECT count(*) FROM bank_statements AS s WHERE s.state = 'ready' AND s.fresh = s.total AND
		(s.credits <> (SELECT coalesce(sum(l.amount), 0) FROM bank_lines AS l WHERE l.statement = s.id AND l.side = 'credit') OR
		 s.debits <> (SELECT coalesce(sum(l.amount), 0) FROM bank_lines AS l WHERE l.statement = s.id AND l.side = 'debit'))`},
	{"lines of refused statements", `SELECT count(*) FROM bank_lines AS l JOIN bank_statements AS s ON s.id = l.statement WHERE s.state = 'refused'`},
	{"live matches whose lines and gifts have other sums", `SELECT count(*) FROM bank_matches AS m WHERE m.state = 'live' AND
		((SELECT coalesce(sum(l.amount), 0) FROM bank_lines AS l WHERE l.match_id = m.id) <> m.amount OR (SELECT coalesce(sum(h.amount), 0) FROM bank_shares AS h WHERE h.match_id = m.id AND h.live) <> m.amount)`},
	{"lines or gifts of matches that were undone", `SELECT (SELECT count(*) FROM bank_lines AS l JOIN bank_matches AS m ON m.id = l.match_id WHERE m.state <> 'live') + (SELECT count(*) FROM bank_shares AS h JOIN bank_matches AS m ON m.id = h.match_id WHERE h.live AND m.state <> 'live')`},
	{"lines of the pool without the journal of their amount", `SELECT count(*) FROM bank_lines AS l WHERE l.journal <> '' AND NOT EXISTS (SELECT 1 FROM ledger_journals AS j JOIN ledger_postings AS p ON p.journal = j.id
		WHERE j.id = l.journal AND j.kind = 'suspend' AND j.ref = 'bank/' || l.id AND p.amount = l.amount AND p.credit = '2209')`},
	{"lines in the pool that were never booked there", `SELECT count(*) FROM bank_lines AS l WHERE l.state IN ('pool', 'returning', 'returned') AND l.journal = ''`},
	{"lines whose return and journals do not agree", `SELECT count(*) FROM bank_lines AS l WHERE l.journal <> '' AND (l.state = 'returned') <> EXISTS (SELECT 1 FROM ledger_journals AS j WHERE j.kind = 'send_back' AND j.reverses = l.journal)`},
	{"journals of the pool without their line", `SELECT count(*) FROM ledger_journals AS j WHERE j.kind = 'suspend' AND j.ref LIKE 'bank/%' AND NOT EXISTS (SELECT 1 FROM bank_lines AS l WHERE l.journal = j.id)`},
	{"returns decided by who asked for them", `SELECT count(*) FROM bank_lines WHERE state = 'returned' AND (decided_by = asked_by OR asked_by = '')`},
	{"debits and returns that do not name each other", `SELECT count(*) FROM bank_lines AS l WHERE l.twin <> '' AND NOT EXISTS (SELECT 1 FROM bank_lines AS o WHERE o.id = l.twin AND o.twin = l.id AND o.amount = l.amount AND o.side <> l.side)`},
}

// breach is a rule that the tables must keep, and how many rows break it.
type breach struct {
	Rule string
	N    int64
}

func runProofs(ctx context.Context, db bun.IDB) (bs []breach, err error) {
	for _, p := range proofs {
		b := breach{Rule: p.rule}
		if err := db.NewRaw(p.query).Scan(ctx, &b.N); err != nil {
			return nil, err
		}
		bs = append(bs, b)
	}
	return bs, nil
}

func countAll(ctx context.Context, db bun.IDB) (statements, lines, matches int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM bank_statements), (SELECT count(*) FROM bank_lines), (SELECT count(*) FROM bank_matches WHERE state = 'live')`).Scan(ctx, &statements, &lines, &matches)
	return statements, lines, matches, err
}

// liveShare is a share with what is needed to compare it with its gift.
type liveShare struct {
	MatchID, Gift string
	Amount        money.Fen
	Ref           string
}

func pageShares(ctx context.Context, db bun.IDB, after string, limit int) (hs []liveShare, err error) {
	return hs, db.NewRaw(`SELECT match_id, gift, amount, ref FROM bank_shares WHERE live AND gift > ? ORDER BY gift LIMIT ?`, after, limit).Scan(ctx, &hs)
}
