package donations

import (
	"context"

	"github.com/uptrace/bun"
)

// breach is a rule that the tables must keep, and how many rows break it.
type breach struct {
	Rule string
	N    int64
}

// The proofs read the tables of the ledger and of the papers: they must show that what three modules wrote in one
// transaction still agrees, whatever their code says.
var proofs = []struct{ rule, query string }{
	{"received gifts without exactly one journal of their amount and fund", `SELECT count(*) FROM donations_gifts AS g WHERE g.roll IS NOT NULL AND
		(SELECT count(*) FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id
		 WHERE j.kind = 'receive' AND j.ref = 'donation/' || g.id AND m.amount = g.amount AND m.fund = g.fund) <> 1`},
	{"journals of donations without their received gift", `SELECT count(*) FROM ledger_journals AS j WHERE j.kind IN ('receive', 'refund') AND j.ref LIKE 'donation/%' AND NOT EXISTS
		(SELECT 1 FROM donations_gifts AS g WHERE 'donation/' || g.id = j.ref AND g.roll IS NOT NULL AND (j.kind = 'receive' OR g.state = 'refunded'))`},
	{"refunded gifts without a journal that takes theirs back", `SELECT count(*) FROM donations_gifts AS g WHERE g.state = 'refunded' AND NOT EXISTS
		(SELECT 1 FROM ledger_journals AS j JOIN ledger_journals AS o ON o.id = j.reverses JOIN ledger_moves AS m ON m.journal = j.id
		 WHERE j.kind = 'refund' AND j.ref = 'donation/' || g.id AND o.kind = 'receive' AND o.ref = j.ref AND m.amount = g.amount AND m.fund = g.fund)`},
	{"received gifts that are not on exactly one valid receipt with their amount and its number", `SELECT count(*) FROM donations_gifts AS g WHERE g.state IN ('received', 'refunding') AND
		(SELECT count(*) FROM donations_receipt_lines AS l JOIN donations_receipts AS p ON p.paper = l.paper WHERE l.gift = g.id AND l.live AND p.state = 'valid' AND l.amount = g.amount AND p.number = g.number) <> 1`},
	{"receipts that cover a gift that was not received, or are live after their end", `SELECT count(*) FROM donations_receipt_lines AS l JOIN donations_receipts AS p ON p.paper = l.paper JOIN donations_gifts AS g ON g.id = l.gift
		WHERE l.live AND (p.state <> 'valid' OR g.state NOT IN ('received', 'refunding')) OR NOT l.live AND p.state = 'valid'`},
	{"receipts that are not the sum of their gifts, of one payer's fund", `SELECT count(*) FROM donations_receipts AS p WHERE p.amount <> (SELECT coalesce(sum(l.amount), 0) FROM donations_receipt_lines AS l WHERE l.paper = p.paper)
		OR EXISTS (SELECT 1 FROM donations_receipt_lines AS l JOIN donations_gifts AS g ON g.id = l.gift WHERE l.paper = p.paper AND g.fund <> p.fund)`},
	{"receipts whose paper says something else", `SELECT count(*) FROM donations_receipts AS p LEFT JOIN documents_papers AS d ON d.id = p.paper LEFT JOIN documents_papers AS r ON r.reverses = p.paper
		WHERE d.id IS NULL OR d.number <> p.number OR d.amount <> p.amount OR d.kind <> 'receipt' OR d.reverses IS NOT NULL OR p.red <> coalesce(r.number, '')
		OR p.state <> CASE WHEN d.state IN ('void', 'reversed') THEN d.state ELSE 'valid' END`},
	{"receipts of the papers' desk that the donations do not know", `SELECT count(*) FROM documents_papers AS d WHERE d.kind = 'receipt' AND d.series = 'QJGA' AND d.reverses IS NULL
		AND (d.subject LIKE 'donation/%' OR d.subject LIKE 'receipt/%') AND NOT EXISTS (SELECT 1 FROM donations_receipts AS p WHERE p.paper = d.id)`},
	{"receipts issued and checked by one person", `SELECT count(*) FROM donations_reissues WHERE state = 'done' AND decided_by = asked_by`},
	{"official receipts of another amount than ours, or checked by who recorded them", `SELECT count(*) FROM donations_fiscals AS f JOIN donations_receipts AS p ON p.paper = f.paper
		WHERE f.state <> 'rejected' AND f.amount <> p.amount OR f.state IN ('checked', 'reversed') AND f.decided_by = f.recorded_by OR f.state = 'reversed' AND p.state = 'valid'`},
	{"confirmed gifts without exactly one confirmed arrival of their amount, decided by somebody else", `SELECT count(*) FROM donations_gifts AS g WHERE g.roll IS NOT NULL AND
		(SELECT count(*) FROM donations_arrivals AS a WHERE a.gift = g.id AND a.state = 'confirmed' AND a.amount = g.amount AND a.day = g.received_on AND a.decided_by <> a.recorded_by) <> 1`},
	{"arrived gifts without exactly one recorded arrival", `SELECT count(*) FROM donations_gifts AS g WHERE g.state = 'arrived' AND
		(SELECT count(*) FROM donations_arrivals AS a WHERE a.gift = g.id AND a.state = 'recorded') <> 1`},
	{"arrivals that count, of a gift that has not arrived", `SELECT count(*) FROM donations_arrivals AS a JOIN donations_gifts AS g ON g.id = a.gift
		WHERE a.state = 'confirmed' AND g.roll IS NULL OR a.state = 'recorded' AND g.state <> 'arrived'`},
	{"refunds that do not fit the state of their gift", `SELECT count(*) FROM donations_gifts AS g WHERE
		(g.state = 'refunding') <> EXISTS (SELECT 1 FROM donations_refunds AS r WHERE r.gift = g.id AND r.state = 'asked') OR
		(g.state = 'refunded') <> EXISTS (SELECT 1 FROM donations_refunds AS r WHERE r.gift = g.id AND r.state = 'done')`},
	{"funds whose count of gifts is wrong", `SELECT count(*) FROM (SELECT f.id, coalesce((SELECT n.gifts FROM donations_counts AS n WHERE n.fund = f.id), 0) AS kept,
		(SELECT count(*) FROM donations_gifts AS g WHERE g.fund = f.id AND g.state IN ('received', 'refunding')) AS there FROM ledger_funds AS f) AS x WHERE kept <> there`},
	{"gifts booked to another fund than their campaign's", `SELECT count(*) FROM donations_gifts AS g LEFT JOIN donations_campaigns AS c ON c.id = g.campaign JOIN ledger_funds AS f ON f.id = g.fund
		WHERE g.campaign IS NOT NULL AND g.fund <> c.fund OR g.campaign IS NULL AND f.kind <> 'unrestricted'`},
	{"public fundraising that is open without its filing", `SELECT count(*) FROM donations_campaigns WHERE state = 'open' AND mode IN ('own', 'partner') AND step <> 'filed'`},
	{"campaigns whose resolution was noted by who made them", `SELECT count(*) FROM donations_campaigns WHERE decided_by <> '' AND decided_by = made_by`},
	{"campaigns before their end with a step of after it", `SELECT count(*) FROM donations_campaigns WHERE (step IN ('summed', 'archived') OR cut) AND state <> 'ended'`},
	{"campaigns opened by one person alone", `SELECT count(*) FROM donations_campaigns WHERE state <> 'draft' AND (opened_by = '' OR opened_by = made_by)`},
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

func countAll(ctx context.Context, db bun.IDB) (campaigns, gifts, received int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM donations_campaigns), (SELECT count(*) FROM donations_gifts),
		(SELECT count(*) FROM donations_gifts WHERE roll IS NOT NULL)`).Scan(ctx, &campaigns, &gifts, &received)
	return campaigns, gifts, received, err
}
