package bank

import (
	"context"

	"github.com/uptrace/bun"

	"care/media"
	"care/server/money"
)

type rows interface{ RowsAffected() (int64, error) }

func affected(res rows, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func listProfiles(ctx context.Context, db bun.IDB) (ps []Profile, err error) {
	return ps, db.NewSelect().Model(&ps).Order("p.title").Scan(ctx)
}

func findProfile(ctx context.Context, db bun.IDB, id string) (*Profile, error) {
	p := new(Profile)
	return p, db.NewSelect().Model(p).Where("p.id = ?", id).Scan(ctx)
}

func insertProfile(ctx context.Context, tx bun.IDB, p *Profile) error {
	_, err := tx.NewInsert().Model(p).Exec(ctx)
	return err
}

// updateProfile changes a profile that nobody has changed since version.
func updateProfile(ctx context.Context, tx bun.IDB, p *Profile, version int64) (int64, error) {
	return affected(tx.NewUpdate().Model(p).Column("title", "account", "layout", "active", "version", "edited_by", "edited_at").Where("id = ?", p.ID).Where("version = ?", version).Exec(ctx))
}

func insertStatement(ctx context.Context, tx bun.IDB, s *Statement) error {
	_, err := tx.NewInsert().Model(s).Exec(ctx)
	return err
}

func findStatement(ctx context.Context, db bun.IDB, id string) (*Statement, error) {
	s := new(Statement)
	return s, db.NewSelect().Model(s).Where("s.id = ?", id).Scan(ctx)
}

// findByObject finds the statement of a file that is not refused.
func findByObject(ctx context.Context, db bun.IDB, key media.Key) (*Statement, error) {
	s := new(Statement)
	return s, db.NewSelect().Model(s).Where("s.object = ? AND s.state <> 'refused'", key).Scan(ctx)
}

func listStatements(ctx context.Context, db bun.IDB, before string, limit int) (ss []Statement, err error) {
	q := db.NewSelect().Model(&ss).OrderExpr("s.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("s.id < ?", before)
	}
	return ss, q.Scan(ctx)
}

// measureStatement writes what the whole file says, before its first line is kept.
func measureStatement(ctx context.Context, tx bun.IDB, s *Statement) (int64, error) {
	return affected(tx.NewUpdate().Model(s).Column("account", "opening", "closing", "credits", "debits", "from_day", "to_day", "total").Where("id = ? AND state = 'reading' AND done = 0", s.ID).Exec(ctx))
}

// advanceStatement moves the mark of what is kept; nobody else may have moved it.
func advanceStatement(ctx context.Context, tx bun.IDB, id string, from, to, fresh int64) (int64, error) {
	return affected(tx.NewRaw(`UPDATE bank_statements SET done = ?, fresh = fresh + ? WHERE id = ? AND state = 'reading' AND done = ?`, to, fresh, id, from).Exec(ctx))
}

func endStatement(ctx context.Context, tx bun.IDB, s *Statement) (int64, error) {
	return affected(tx.NewUpdate().Model(s).Column("state", "ready_at", "problems").Where("id = ? AND state = 'reading'", s.ID).Exec(ctx))
}

// insertLines keeps the lines that no file had before, and gives how many they are.
func insertLines(ctx context.Context, tx bun.IDB, ls []Line) (int64, error) {
	return affected(tx.NewInsert().Model(&ls).On("CONFLICT (account, fingerprint, dup) DO NOTHING").Exec(ctx))
}

func findLine(ctx context.Context, db bun.IDB, id string) (*Line, error) {
	l := new(Line)
	return l, db.NewSelect().Model(l).Where("l.id = ?", id).Scan(ctx)
}

// findLines gives lines in the order of their days.
func findLines(ctx context.Context, db bun.IDB, ids []string) (ls []Line, err error) {
	return ls, db.NewSelect().Model(&ls).Where("l.id IN (?)", bun.List(ids)).Order("l.day", "l.id").Scan(ctx)
}

func linesOfMatch(ctx context.Context, db bun.IDB, match string) (ls []Line, err error) {
	return ls, db.NewSelect().Model(&ls).Where("l.match_id = ?", match).Order("l.day", "l.id").Scan(ctx)
}

// mates are open or pooled credits that may belong together with a line: of the same payer, or with the same code.
func mates(ctx context.Context, db bun.IDB, l *Line, limit int) (ls []Line, err error) {
	if l.PayerIndex == "" && l.Code == "" {
		return nil, nil
	}
	q := db.NewSelect().Model(&ls).Where("l.state = ? AND l.side = 'credit' AND l.account = ? AND l.id <> ?", l.State, l.Account, l.ID).OrderExpr("l.id DESC").Limit(int64(limit))
	switch {
	case l.Code == "":
		q = q.Where("l.payer_index = ?", l.PayerIndex)
	case l.PayerIndex == "":
		q = q.Where("l.code = ?", l.Code)
	default:
		q = q.Where("(l.payer_index = ? OR l.code = ?)", l.PayerIndex, l.Code)
	}
	return ls, q.Scan(ctx)
}

// found is a filter whose words are understood.
type found struct {
	statement string
	tab       string
	payer     string // blind index
	ref, code string
	amount    money.Fen
	text      string // pattern of the masked remark
}

// Tabs of a list of lines.
const (
	tabSuggested = "suggested"
	tabOpen      = "open"
	tabMatched   = "matched"
	tabDebits    = "debits"
	tabPool      = "pool"
	tabOther     = "other"
	tabAll       = "all"
)

func (f found) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	if f.statement != "" {
		q = q.Where("l.statement = ?", f.statement)
	}
	switch f.tab {
	case tabSuggested:
		q = q.Where("l.state = 'open' AND l.side = 'credit' AND l.score >= ?", MinScore)
	case tabOpen:
		q = q.Where("l.state = 'open' AND l.side = 'credit' AND l.score < ?", MinScore)
	case tabMatched:
		q = q.Where("l.state = 'matched'")
	case tabDebits:
		q = q.Where("l.side = 'debit' AND l.state IN ('open', 'paid')")
	case tabPool:
		q = q.Where("l.state IN ('pool', 'returning', 'returned')")
	case tabOther:
		q = q.Where("l.state = 'other'")
	}
	switch {
	case f.code != "":
		q = q.Where("l.code = ?", f.code)
	case f.amount > 0:
		q = q.Where("l.amount = ?", f.amount)
	case f.text != "":
		q = q.Where(`(l.payer_index = ? OR l.ref = ? OR l.note LIKE ? ESCAPE '\')`, f.payer, f.ref, f.text)
	}
	return q
}

// listLines lists lines, the newest first; suggested ones by their score.
func listLines(ctx context.Context, db bun.IDB, f found, score int64, before string, limit int) (ls []Line, err error) {
	q := f.narrow(db.NewSelect().Model(&ls)).Limit(int64(limit))
	if f.tab != tabSuggested {
		q = q.OrderExpr("l.id DESC")
		if before != "" {
			q = q.Where("l.id < ?", before)
		}
		return ls, q.Scan(ctx)
	}
	q = q.OrderExpr("l.score DESC, l.id DESC")
	if before != "" {
		q = q.Where("(l.score < ? OR (l.score = ? AND l.id < ?))", score, score, before)
	}
	return ls, q.Scan(ctx)
}

// sureLines gives the ids of open credits of at least a score, the best first.
func sureLines(ctx context.Context, db bun.IDB, statement string, least int64, limit int) (ids []string, err error) {
	q := db.NewSelect().Table("bank_lines").Column("id").Where("state = 'open' AND side = 'credit' AND score >= ?", least).OrderExpr("score DESC, id DESC").Limit(int64(limit))
	if statement != "" {
		q = q.Where("statement = ?", statement)
	}
	return ids, q.Scan(ctx, &ids)
}

// tally is how many lines are in a tab, and their sum.
type tally struct {
	Tab    string
	N      int
	Amount money.Fen
}

func countLines(ctx context.Context, db bun.IDB, statement string) (ts []tally, err error) {
	q := db.NewSelect().TableExpr("bank_lines AS l").ColumnExpr(`CASE WHEN l.state = 'open' AND l.side = 'credit' AND l.score >= ? THEN 'suggested' WHEN l.state = 'open' AND l.side = 'credit' THEN 'open'
		WHEN l.state = 'matched' THEN 'matched' WHEN l.state = 'returning' THEN 'returning' WHEN l.state = 'pool' THEN 'pool' WHEN l.state = 'open' THEN 'debits' ELSE 'done' END AS tab`, MinScore).
		ColumnExpr("count(*) AS n, coalesce(sum(l.amount), 0) AS amount").GroupExpr("1")
	if statement != "" {
		q = q.Where("l.statement = ?", statement)
	} else {
		q = q.Where("l.state IN ('open', 'pool', 'returning')")
	}
	return ts, q.Scan(ctx, &ts)
}

// moveLines changes the state of lines that are all in one state.
func moveLines(ctx context.Context, tx bun.IDB, ids []string, from string, set *Line) (int64, error) {
	return affected(tx.NewUpdate().Model(set).Column("state", "match_id", "decided_by", "decided_name", "decided_at").Where("id IN (?)", bun.List(ids)).Where("state = ?", from).Exec(ctx))
}

// changeLine writes some columns of a line that is in a state.
func changeLine(ctx context.Context, tx bun.IDB, l *Line, from string, columns ...string) (int64, error) {
	return affected(tx.NewUpdate().Model(l).Column(columns...).Where("id = ? AND state = ?", l.ID, from).Exec(ctx))
}

func insertMatch(ctx context.Context, tx bun.IDB, m *Match, hs []Share) error {
	if _, err := tx.NewInsert().Model(m).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewInsert().Model(&hs).Exec(ctx)
	return err
}

func findMatch(ctx context.Context, db bun.IDB, id string) (*Match, error) {
	m := new(Match)
	return m, db.NewSelect().Model(m).Where("m.id = ?", id).Scan(ctx)
}

// matchOfGift finds the match that a gift's arrival came from.
func matchOfGift(ctx context.Context, db bun.IDB, gift string) (*Match, error) {
	m := new(Match)
	return m, db.NewSelect().Model(m).Where("m.state = 'live' AND m.id IN (SELECT h.match_id FROM bank_shares AS h WHERE h.gift = ? AND h.live)", gift).Scan(ctx)
}

func endMatch(ctx context.Context, tx bun.IDB, m *Match) (int64, error) {
	n, err := affected(tx.NewUpdate().Model(m).Column("state", "undone_by", "undone_name", "undone_at", "why").Where("id = ? AND state = 'live'", m.ID).Exec(ctx))
	if err != nil || n != 1 {
		return n, err
	}
	_, err = tx.NewUpdate().Table("bank_shares").Set("live = ?", false).Where("match_id = ?", m.ID).Exec(ctx)
	return n, err
}

func listShares(ctx context.Context, db bun.IDB, match string) (hs []Share, err error) {
	return hs, db.NewSelect().Model(&hs).Where("h.match_id = ?", match).Order("h.ref").Scan(ctx)
}

// forgetHints takes away the suggestions of other lines whose best gift has its money now.
func forgetHints(ctx context.Context, tx bun.IDB, gifts []string) error {
	_, err := tx.NewUpdate().Table("bank_lines").Set("score = 0, hints = '', best = ''").Where("best IN (?) AND best <> '' AND state = 'open'", bun.List(gifts)).Exec(ctx)
	return err
}

// pageOpen lists open credits in the order of their ids, of one statement or of all.
func pageOpen(ctx context.Context, db bun.IDB, statement, after string, limit int) (ls []Line, err error) {
	q := db.NewSelect().Model(&ls).Where("l.state = 'open' AND l.side = 'credit' AND l.id > ?", after).Order("l.id").Limit(int64(limit))
	if statement != "" {
		q = q.Where("l.statement = ?", statement)
	}
	return ls, q.Scan(ctx)
}

// setHints writes the suggestions of lines that are still open.
func setHints(ctx context.Context, tx bun.IDB, ls []Line) error {
	buf := make([]byte, 0, 64*len(ls))
	args := make([]any, 0, 4*len(ls))
	for i, l := range ls {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, "(?, ?, ?, ?)"...)
		args = append(args, l.ID, l.Score, l.Hints, l.Best)
	}
	_, err := tx.NewRaw(`WITH v (id, score, hints, best) AS (VALUES `+string(buf)+`) UPDATE bank_lines AS l SET score = v.score, hints = v.hints, best = v.best FROM v WHERE l.id = v.id AND l.state = 'open'`, args...).Exec(ctx)
	return err
}

type payer struct{ AccountIndex, NameIndex string }

// pagePayers lists the accounts that are known, in order.
func pagePayers(ctx context.Context, db bun.IDB, after payer, limit int) (ps []payer, err error) {
	err = db.NewRaw(`SELECT account_index, name_index FROM bank_payers WHERE (account_index > ? OR (account_index = ? AND name_index > ?)) ORDER BY account_index, name_index LIMIT ?`,
		after.AccountIndex, after.AccountIndex, after.NameIndex, limit).Scan(ctx, &ps)
	return ps, err
}

func learnPayer(ctx context.Context, tx bun.IDB, p payer) error {
	_, err := tx.NewRaw(`INSERT INTO bank_payers (account_index, name_index, seen) VALUES (?, ?, 1) ON CONFLICT (account_index, name_index) DO UPDATE SET seen = bank_payers.seen + 1`, p.AccountIndex, p.NameIndex).Exec(ctx)
	return err
}

// openReturns are lines of the pool that were sent back and whose debit has not been seen, of one amount.
func openReturns(ctx context.Context, db bun.IDB, amount money.Fen, limit int) (ls []Line, err error) {
	return ls, db.NewSelect().Model(&ls).Where("l.state = 'returned' AND l.twin = '' AND l.amount = ?", amount).Order("l.id").Limit(int64(limit)).Scan(ctx)
}

func setTwin(ctx context.Context, tx bun.IDB, id, from, to string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE bank_lines SET twin = ? WHERE id = ? AND twin = ? AND state = 'returned'`, to, id, from).Exec(ctx))
}
