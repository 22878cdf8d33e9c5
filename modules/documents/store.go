package documents

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/media"
)

// takeNumbers raises a counter by n in its row and gives the last number taken; the row is made when it is the first.
func takeNumbers(ctx context.Context, tx bun.IDB, series string, year int64, n int) (last int64, err error) {
	err = tx.NewRaw(`INSERT INTO documents_counters (series, year, last) VALUES (?, ?, ?)
		ON CONFLICT (series, year) DO UPDATE SET last = documents_counters.last + EXCLUDED.last RETURNING last`, series, year, n).Scan(ctx, &last)
	return last, err
}

func insertDocuments(ctx context.Context, tx bun.IDB, ds []Document) error {
	_, err := tx.NewInsert().Model(&ds).Exec(ctx)
	return err
}

func findDocument(ctx context.Context, db bun.IDB, id string) (*Document, error) {
	d := new(Document)
	return d, db.NewSelect().Model(d).Where("d.id = ?", id).Scan(ctx)
}

func findNumber(ctx context.Context, db bun.IDB, number string) (*Document, error) {
	d := new(Document)
	return d, db.NewSelect().Model(d).Where("d.number = ?", number).Scan(ctx)
}

func listSubjects(ctx context.Context, db bun.IDB, subjects []string) (ds []Document, err error) {
	return ds, db.NewSelect().Model(&ds).Where("d.subject IN (?)", bun.List(subjects)).Order("d.id").Scan(ctx)
}

func listDocuments(ctx context.Context, db bun.IDB, kind string, state State, q, before string, limit int) (ds []Document, err error) {
	s := db.NewSelect().Model(&ds).Order("d.id DESC").Limit(int64(limit))
	if kind != "" {
		s = s.Where("d.kind = ?", kind)
	}
	if state != "" {
		s = s.Where("d.state = ?", state)
	}
	if q != "" {
		s = s.Where("d.number = ?", q)
	}
	if before != "" {
		s = s.Where("d.id < ?", before)
	}
	return ds, s.Scan(ctx)
}

// issueDocument stores what was drawn, once; a paper that ended meanwhile keeps its end.
func issueDocument(ctx context.Context, tx bun.IDB, id string, object media.Key, size int64, at time.Time) (int64, error) {
	res, err := tx.NewRaw(`UPDATE documents_papers SET object = ?, size = ?, drawn = ?, issued_at = ?, reason = CASE WHEN state = 'failed' THEN '' ELSE reason END,
		state = CASE WHEN state IN ('ordered', 'failed') THEN 'issued' ELSE state END WHERE id = ? AND drawn = ?`, object, size, true, at, id, false).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func failDocument(ctx context.Context, tx bun.IDB, id, reason string) (int64, error) {
	res, err := tx.NewRaw(`UPDATE documents_papers SET state = 'failed', reason = ? WHERE id = ? AND state = 'ordered' AND drawn = ?`, reason, id, false).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func retryDocument(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	res, err := tx.NewRaw(`UPDATE documents_papers SET state = 'ordered', reason = '' WHERE id = ? AND state = 'failed'`, id).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// endDocument ends a paper that counts.
func endDocument(ctx context.Context, tx bun.IDB, id string, to State, reason string, at time.Time) (int64, error) {
	res, err := tx.NewRaw(`UPDATE documents_papers SET state = ?, reason = ?, ended_at = ? WHERE id = ? AND state IN ('ordered', 'issued', 'failed') AND reverses IS NULL`, to, reason, at, id).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func countState(ctx context.Context, db bun.IDB, s State) (n int, err error) {
	return n, db.NewRaw("SELECT count(*) FROM documents_papers WHERE state = ?", s).Scan(ctx, &n)
}

type gap struct {
	Series    string
	Year      int64
	Last      int64 // what the counter says
	N, Lo, Hi int64 // papers, their lowest and highest number
}

// seriesOfPapers compares each counter that numbers papers with the papers.
func seriesOfPapers(ctx context.Context, db bun.IDB) (gs []gap, err error) {
	err = db.NewRaw(`SELECT c.series, c.year, c.last, count(d.id) AS n, coalesce(min(d.seq), 0) AS lo, coalesce(max(d.seq), 0) AS hi
		FROM documents_counters AS c LEFT JOIN documents_papers AS d ON d.series = c.series AND d.year = c.year
		GROUP BY c.series, c.year, c.last ORDER BY c.series, c.year`).Scan(ctx, &gs)
	return gs, err
}

// Hole is a run of numbers of one series and year that no paper bears.
type Hole struct {
	Lo, Hi int64
}

// listHoles finds the numbers up to the counter that no paper bears.
func listHoles(ctx context.Context, db bun.IDB, series string, year int64) (hs []Hole, err error) {
	err = db.NewRaw(`SELECT prev + 1 AS lo, seq - 1 AS hi FROM (SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS prev FROM
		(SELECT seq FROM documents_papers WHERE series = ? AND year = ? UNION ALL SELECT last + 1 FROM documents_counters WHERE series = ? AND year = ?) AS s) AS g
		WHERE seq > prev + 1 ORDER BY seq`, series, year, series, year).Scan(ctx, &hs)
	return hs, err
}

// countWrong counts papers that break a rule: drawn without bytes, reversed without or not by their own amount.
func countWrong(ctx context.Context, db bun.IDB) (papers, undrawn, unbalanced int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM documents_papers),
		(SELECT count(*) FROM documents_papers WHERE state = 'issued' AND (object IS NULL OR drawn = ?)),
		(SELECT count(*) FROM documents_papers AS d WHERE d.state = 'reversed' AND NOT EXISTS (SELECT 1 FROM documents_papers AS r WHERE r.reverses = d.id AND r.amount = -d.amount))
		+ (SELECT count(*) FROM documents_papers AS r JOIN documents_papers AS d ON d.id = r.reverses WHERE d.state <> 'reversed')`, false).Scan(ctx, &papers, &undrawn, &unbalanced)
	return papers, undrawn, unbalanced, err
}

func findRed(ctx context.Context, db bun.IDB, id string) (*Document, error) {
	d := new(Document)
	return d, db.NewSelect().Model(d).Where("d.reverses = ?", id).Scan(ctx)
}

func maskPayer(ctx context.Context, tx bun.IDB, subject, payer string) error {
	_, err := tx.NewRaw(`UPDATE documents_papers SET payer = ? WHERE subject = ?`, payer, subject).Exec(ctx)
	return err
}
