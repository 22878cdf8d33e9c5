package relief

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/money"
)

// promised is what a fund should hold by the cases, awards and payments that name it.
type promised struct {
	Fund                           string
	Reserved, Committed, Disbursed money.Fen
}

func sumPromised(ctx context.Context, d bun.IDB) (ps []promised, err error) {
	return ps, d.NewRaw(`SELECT f.fund, coalesce(sum(f.r), 0) AS reserved, coalesce(sum(f.c), 0) AS committed, coalesce(sum(f.d), 0) AS disbursed FROM (
		SELECT n.fund, n.amount AS r, 0 AS c, 0 AS d FROM relief_notices AS n JOIN relief_cases AS c ON c.id = n.case_id
			WHERE c.state IN ('notice', 'city', 'approval') AND n.id = (SELECT max(m.id) FROM relief_notices AS m WHERE m.case_id = n.case_id)
		UNION ALL SELECT w.fund, w.amount, 0, 0 FROM relief_awards AS w WHERE w.state = 'reserved'
		UNION ALL SELECT w.fund, 0, w.amount, 0 FROM relief_awards AS w WHERE w.state = 'committed'
		UNION ALL SELECT w.fund, 0, 0, y.amount FROM relief_payments AS y JOIN relief_awards AS w ON w.id = y.award_id WHERE y.state = 'succeeded'
	) AS f GROUP BY f.fund`).Scan(ctx, &ps)
}

// breaches counts rows that must not exist, by the name of what they break.
func breaches(ctx context.Context, d bun.IDB) (map[string]int64, error) {
	out := map[string]int64{}
	for name, q := range map[string]string{
		"awards with two live payments": `SELECT count(*) FROM (SELECT award_id FROM relief_payments WHERE state IN ('batched', 'sent', 'unknown', 'succeeded') GROUP BY award_id HAVING count(*) > 1) AS t`,
		"batches whose total is not the sum of their lines": `SELECT count(*) FROM relief_batches AS t WHERE t.total <> (SELECT coalesce(sum(y.amount), 0) FROM relief_payments AS y WHERE y.batch_id = t.id)
			OR t.lines <> (SELECT count(*) FROM relief_payments AS y WHERE y.batch_id = t.id)`,
		"payments of another amount than their award":        `SELECT count(*) FROM relief_payments AS y JOIN relief_awards AS w ON w.id = y.award_id WHERE y.amount <> w.amount`,
		"paid awards without exactly one successful payment": `SELECT count(*) FROM relief_awards AS w WHERE (w.state = 'paid') <> (1 = (SELECT count(*) FROM relief_payments AS y WHERE y.award_id = w.id AND y.state = 'succeeded'))`,
		"sent or settled payments in batches that were not released": `SELECT count(*) FROM relief_payments AS y JOIN relief_batches AS t ON t.id = y.batch_id
			WHERE (y.state IN ('sent', 'unknown', 'succeeded', 'failed', 'returned')) <> (t.state IN ('released', 'reconciling', 'reconciled'))`,
		"approved cases without their award, or awards of other cases": `SELECT (SELECT count(*) FROM relief_cases AS c WHERE c.state = 'approved' AND NOT EXISTS (SELECT 1 FROM relief_awards AS w WHERE w.case_id = c.id AND w.state <> 'cancelled' AND w.amount = c.approved))
			+ (SELECT count(*) FROM relief_awards AS w JOIN relief_cases AS c ON c.id = w.case_id WHERE c.state NOT IN ('approved', 'ended'))`,
		"approved amounts above the notice, or proposals above the cap": `SELECT count(*) FROM relief_cases AS c WHERE c.approved > c.proposed OR c.proposed > c.cap`,
		"notices that run without their case":                           `SELECT count(*) FROM relief_notices AS n JOIN relief_cases AS c ON c.id = n.case_id WHERE (n.state IN ('open', 'paused')) AND c.state <> 'notice'`,
		"cases in notice without a running notice":                      `SELECT count(*) FROM relief_cases AS c WHERE c.state = 'notice' AND 1 <> (SELECT count(*) FROM relief_notices AS n WHERE n.case_id = c.id AND n.state IN ('open', 'paused'))`,
		"running notices with an open objection":                        `SELECT count(*) FROM relief_notices AS n WHERE (n.state = 'paused') <> EXISTS (SELECT 1 FROM relief_objections AS x WHERE x.notice_id = n.id AND x.state = 'open') AND n.state IN ('open', 'paused')`,
		"cases past the notice with an open objection":                  `SELECT count(*) FROM relief_objections AS x JOIN relief_notices AS n ON n.id = x.notice_id WHERE x.state = 'open' AND n.state NOT IN ('open', 'paused')`,
		"successful payments without a voucher":                         `SELECT count(*) FROM relief_payments AS y WHERE y.state IN ('succeeded', 'returned') AND y.voucher = ''`,
		"approved cases with fewer approvals than their quorum":         `SELECT count(*) FROM relief_cases AS c WHERE c.state IN ('approved', 'ended') AND c.quorum > (SELECT count(*) FROM relief_opinions AS o WHERE o.case_id = c.id AND o.stage = 'approval' AND o.verdict = 'pass')`,
		"opinions of people who acted at another stage": `SELECT count(*) FROM relief_opinions AS o WHERE o.actor <> 'system' AND o.verdict NOT IN ('give_up', 'close') AND NOT EXISTS
			(SELECT 1 FROM relief_actors AS a WHERE a.case_id = o.case_id AND a.person_id = o.actor AND a.stage = o.stage)`,
		"bank files without their hash": `SELECT count(*) FROM relief_batches AS t WHERE (t.file_hash <> '') <> (t.state IN ('released', 'reconciling', 'reconciled'))`,
	} {
		var n int64
		if err := d.NewRaw(q).Scan(ctx, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			out[name] = n
		}
	}
	return out, nil
}

// paidRefs lists the payments that the books must know, with what they must know.
func paidRefs(ctx context.Context, d bun.IDB, after string, limit int) (ids []string, err error) {
	return ids, d.NewRaw("SELECT y.id FROM relief_payments AS y WHERE y.state IN ('succeeded', 'returned') AND y.id > ? ORDER BY y.id LIMIT ?", after, limit).Scan(ctx, &ids)
}

func counts(ctx context.Context, d bun.IDB) (cases, notices, awards, payments int64, err error) {
	err = d.NewRaw(`SELECT (SELECT count(*) FROM relief_cases), (SELECT count(*) FROM relief_notices), (SELECT count(*) FROM relief_awards), (SELECT count(*) FROM relief_payments)`).
		Scan(ctx, &cases, &notices, &awards, &payments)
	return cases, notices, awards, payments, err
}
