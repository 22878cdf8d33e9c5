package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// sessions keeps sessions in the database, so that any server knows them. Rows are keyed by the hash of the token.
type sessions struct{ db *db.DB }

type sessionRow struct {
	bun.BaseModel `bun:"table:web_sessions"`
	Token         string `bun:",pk"`
	Data          []byte
	Expires       int64 // Unix microseconds
}

// NewSessions makes the session manager: 12 hours at most, 30 minutes without use, cookie out of reach of scripts.
func NewSessions(d *db.DB, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store = &sessions{d}
	m.HashTokenInStore = true
	m.Lifetime = 12 * time.Hour
	m.IdleTimeout = 30 * time.Minute
	m.Cookie.Name = "care_session"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = secure
	m.Cookie.Persist = false
	return m
}

// FindCtx reads a session.
func (s *sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	r, err := s.row(ctx, token)
	if err != nil || r == nil || r.Expires <= clock.Now().UnixMicro() {
		return nil, false, err
	}
	return r.Data, true, nil
}

// row gives a session, also one that has ended, or nil.
func (s *sessions) row(ctx context.Context, token string) (*sessionRow, error) {
	var r sessionRow
	err := db.Fault(s.db.NewSelect().Model(&r).Where("token = ?", token).Scan(ctx))
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil //nolint:nilnil // most visitors have none
		}
		return nil, err
	}
	return &r, nil
}

// CommitCtx writes a session; one that has ended stays so. scs calls it at the end of every request of a session, since
// each moves the idle time on: a session that says nothing new is written once in touchAfter, and when that fails or
// has to wait for a long act, it ends a little earlier, but the page is shown.
func (s *sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	r, err := s.row(ctx, token)
	if err != nil {
		return err
	}
	if r != nil && bytes.Equal(r.Data, b) {
		if expiry.Sub(time.UnixMicro(r.Expires)) < touchAfter {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, touchWait)
		defer cancel()
		_ = s.write(ctx, token, b, expiry)
		return nil
	}
	return s.write(ctx, token, b, expiry)
}

// write never brings an ended session back: a request that began before its person signed out ends after it.
func (s *sessions) write(ctx context.Context, token string, b []byte, expiry time.Time) error {
	_, err := s.db.Writer().NewRaw(`INSERT INTO web_sessions (token, data, expires) VALUES (?, ?, ?)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expires = EXCLUDED.expires WHERE web_sessions.expires > ?`,
		token, b, expiry.UnixMicro(), clock.Now().UnixMicro()).Exec(ctx)
	return db.Fault(err)
}

// DeleteCtx ends a session. Its row stays until the sweep and keeps it ended.
func (s *sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.db.Writer().NewRaw("UPDATE web_sessions SET expires = ? WHERE token = ?", clock.Now().Add(-endBack).UnixMicro(), token).Exec(ctx)
	return db.Fault(err)
}

const (
	touchAfter = time.Minute     // how much of the idle time may be unwritten
	touchWait  = time.Second     // how long a page waits to write it
	endBack    = 2 * time.Minute // how far the clocks of servers may differ
	sweepAfter = 4 * time.Hour   // how long an ended session is remembered: longer than any request takes
)

// errContext answers the methods that scs calls only on stores without a context.
var errContext = errors.New("web: sessions need a context")

// Find completes scs.Store; scs calls FindCtx.
func (s *sessions) Find(string) ([]byte, bool, error) { return nil, false, errContext }

// Commit completes scs.Store; scs calls CommitCtx.
func (s *sessions) Commit(string, []byte, time.Time) error { return errContext }

// Delete completes scs.Store; scs calls DeleteCtx.
func (s *sessions) Delete(string) error { return errContext }

// SweepSessions deletes sessions that ended some hours ago.
func SweepSessions(ctx context.Context, d *db.DB) error {
	_, err := d.Writer().NewDelete().Model((*sessionRow)(nil)).Where("expires < ?", clock.Now().Add(-sweepAfter).UnixMicro()).Exec(ctx)
	return db.Fault(err)
}
