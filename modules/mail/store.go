package mail

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

func insertLetters(ctx context.Context, tx bun.IDB, rs []Row) error {
	_, err := tx.NewInsert().Model(&rs).Exec(ctx)
	return err
}

func findLetter(ctx context.Context, db bun.IDB, id string) (*Row, error) {
	r := new(Row)
	return r, db.NewSelect().Model(r).Where("l.id = ?", id).Scan(ctx)
}

// found is a Filter with its question understood.
type found struct {
	state, kind, ref, address string
}

func listLetters(ctx context.Context, db bun.IDB, f found, before string, limit int) (rs []Row, err error) {
	q := db.NewSelect().Model(&rs).ExcludeColumn("body", "address").Order("l.id DESC").Limit(int64(limit))
	for column, v := range map[string]string{"state": f.state, "kind": f.kind, "ref": f.ref, "address_index": f.address} {
		if v != "" {
			q = q.Where("l.? = ?", bun.Ident(column), v)
		}
	}
	if before != "" {
		q = q.Where("l.id < ?", before)
	}
	return rs, q.Scan(ctx)
}

// listDue gives the letters whose time has come: those that wait, and those whose server did not come back.
func listDue(ctx context.Context, db bun.IDB, now time.Time, limit int) (ids []string, err error) {
	return ids, db.NewRaw(`SELECT id FROM mail_letters WHERE next_at <= ? ORDER BY next_at, id LIMIT ?`, now, limit).Scan(ctx, &ids)
}

// takeLetter lets one server at a time send a letter.
func takeLetter(ctx context.Context, tx bun.IDB, id string, now, leased time.Time) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_letters SET state = 'sending', tries = tries + 1, round = round + 1, next_at = ? WHERE id = ? AND next_at <= ?`, leased, id, now).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func insertTry(ctx context.Context, tx bun.IDB, t *Try) error {
	_, err := tx.NewInsert().Model(t).Exec(ctx)
	return err
}

// endTry notes what came of a try, once.
func endTry(ctx context.Context, tx bun.IDB, t *Try) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_tries SET ended_at = ?, outcome = ?, reason = ?, code = ?, said = ? WHERE letter = ? AND n = ? AND outcome = ''`,
		t.EndedAt, t.Outcome, t.Reason, t.Code, t.Said, t.Letter, t.N).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// endTries closes the tries before n whose servers did not come back.
func endTries(ctx context.Context, tx bun.IDB, letter string, n int64, at time.Time) error {
	_, err := tx.NewRaw(`UPDATE mail_tries SET ended_at = ?, outcome = 'later', reason = 'mail.why.cut' WHERE letter = ? AND n < ? AND outcome = ''`, at, letter, n).Exec(ctx)
	return err
}

// moveLetter ends the try n of a letter that is being sent.
func moveLetter(ctx context.Context, tx bun.IDB, r *Row, n int64) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_letters SET state = ?, reason = ?, next_at = ?, sent_at = ?, body = CASE WHEN secret AND ? THEN '' ELSE body END
		WHERE id = ? AND state = 'sending' AND tries = ?`, r.State, r.Reason, r.NextAt, r.SentAt, r.NextAt == nil, r.ID, n).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// endWaiting ends a letter that was never tried in this round.
func endWaiting(ctx context.Context, tx bun.IDB, id string, to State, reason string) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_letters SET state = ?, reason = ?, next_at = NULL, body = CASE WHEN secret THEN '' ELSE body END
		WHERE id = ? AND state IN ('waiting', 'sending')`, to, reason, id).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// putBack makes letters wait again that were kept or failed.
func putBack(ctx context.Context, tx bun.IDB, ids []string, now time.Time) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_letters SET state = 'waiting', reason = '', round = 0, next_at = ? WHERE id IN (?) AND state IN ('kept', 'failed') AND body <> ''
		AND NOT EXISTS (SELECT 1 FROM mail_tries AS t WHERE t.letter = mail_letters.id AND t.outcome = 'sent')`, now, bun.List(ids)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// failSent notes that a letter which was sent came back.
func failSent(ctx context.Context, tx bun.IDB, id, reason string) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_letters SET state = 'failed', reason = ?, sent_at = NULL WHERE id = ? AND state = 'sent' AND way = 'mail'`, reason, id).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func listKept(ctx context.Context, db bun.IDB, since time.Time, limit int) (ids []string, err error) {
	return ids, db.NewRaw(`SELECT id FROM mail_letters WHERE state = 'kept' AND body <> '' AND made_at >= ? ORDER BY id LIMIT ?`, since, limit).Scan(ctx, &ids)
}

func listTries(ctx context.Context, db bun.IDB, letter string) (ts []Try, err error) {
	return ts, db.NewSelect().Model(&ts).Where("t.letter = ?", letter).Order("t.n").Scan(ctx)
}

func insertBounce(ctx context.Context, tx bun.IDB, b *Bounce) error {
	_, err := tx.NewInsert().Model(b).On("CONFLICT (address_index) DO NOTHING").Exec(ctx)
	return err
}

func deleteBounce(ctx context.Context, tx bun.IDB, index string) error {
	_, err := tx.NewRaw(`DELETE FROM mail_addresses WHERE address_index = ?`, index).Exec(ctx)
	return err
}

// listBounced gives which of some addresses nobody has.
func listBounced(ctx context.Context, db bun.IDB, indexes []string) (bs []Bounce, err error) {
	return bs, db.NewSelect().Model(&bs).Where("b.address_index IN (?)", bun.List(indexes)).Scan(ctx)
}

// countLately counts the letters of a kind to an address.
func countLately(ctx context.Context, db bun.IDB, index, kind string, since time.Time) (n int, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM mail_letters WHERE address_index = ? AND kind = ? AND made_at > ?`, index, kind, since).Scan(ctx, &n)
}

type stateCount struct {
	State State
	N     int
}

func countStates(ctx context.Context, db bun.IDB) (cs []stateCount, err error) {
	return cs, db.NewRaw(`SELECT state, count(*) AS n FROM mail_letters GROUP BY state`).Scan(ctx, &cs)
}

func countState(ctx context.Context, db bun.IDB, s State) (n int, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM mail_letters WHERE state = ?`, s).Scan(ctx, &n)
}

// eraseBodies forgets the texts of letters that nobody needs any more, and gives how many.
func eraseBodies(ctx context.Context, tx bun.IDB, before, now time.Time) (int64, error) {
	res, err := tx.NewRaw(`UPDATE mail_letters SET body = '' WHERE body <> '' AND next_at IS NULL AND (made_at < ? OR secret AND (until_at IS NULL OR until_at < ?))`, before, now).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func countErasable(ctx context.Context, db bun.IDB, before, now time.Time) (n int, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM mail_letters WHERE body <> '' AND next_at IS NULL AND (made_at < ? OR secret AND (until_at IS NULL OR until_at < ?))`, before, now).Scan(ctx, &n)
}

// proof is one thing that must never be in the tables.
type proof struct{ rule, query string }

// proofs count what breaks a rule.
func proofs() []proof {
	return []proof{
		{"letters are sent without a try that was taken", `SELECT count(*) FROM mail_letters AS l WHERE l.state = 'sent' AND NOT EXISTS (SELECT 1 FROM mail_tries AS t WHERE t.letter = l.id AND t.outcome = 'sent')`},
		{"letters were taken by the mail server and are still to be sent", `SELECT count(*) FROM mail_letters AS l WHERE l.next_at IS NOT NULL AND EXISTS (SELECT 1 FROM mail_tries AS t WHERE t.letter = l.id AND t.outcome = 'sent')`},
		{"letters count other tries than they have", `SELECT count(*) FROM mail_letters AS l WHERE l.tries <> (SELECT count(*) FROM mail_tries AS t WHERE t.letter = l.id)`},
		{"letters wait for a try that is open", `SELECT count(*) FROM mail_tries AS t JOIN mail_letters AS l ON l.id = t.letter WHERE t.outcome = '' AND l.state <> 'sending'`},
		{"codes are kept after their use", `SELECT count(*) FROM mail_letters WHERE secret AND body <> '' AND state IN ('sent', 'failed', 'expired')`},
	}
}

func runProof(ctx context.Context, db bun.IDB, p proof) (n int64, err error) {
	return n, db.NewRaw(p.query).Scan(ctx, &n)
}

func countAll(ctx context.Context, db bun.IDB) (letters, tries int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM mail_letters), (SELECT count(*) FROM mail_tries)`).Scan(ctx, &letters, &tries)
	return letters, tries, err
}
