package web

import (
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
	var r sessionRow
	err := db.Fault(s.db.NewSelect().Model(&r).Where("token = ? AND expires > ?", token, clock.Now().UnixMicro()).Scan(ctx))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil, false, nil
	}
	return r.Data, err == nil, err
}

// CommitCtx writes a session.
func (s *sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	r := sessionRow{Token: token, Data: b, Expires: expiry.UnixMicro()}
	_, err := s.db.Writer().NewInsert().Model(&r).On("CONFLICT (token) DO UPDATE").Set("data = EXCLUDED.data, expires = EXCLUDED.expires").Exec(ctx)
	return db.Fault(err)
}

// DeleteCtx ends a session.
func (s *sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.db.Writer().NewDelete().Model((*sessionRow)(nil)).Where("token = ?", token).Exec(ctx)
	return db.Fault(err)
}

// errContext answers the methods that scs calls only on stores without a context.
var errContext = errors.New("web: sessions need a context")

// Find completes scs.Store; scs calls FindCtx.
func (s *sessions) Find(string) ([]byte, bool, error) { return nil, false, errContext }

// Commit completes scs.Store; scs calls CommitCtx.
func (s *sessions) Commit(string, []byte, time.Time) error { return errContext }

// Delete completes scs.Store; scs calls DeleteCtx.
func (s *sessions) Delete(string) error { return errContext }

// SweepSessions deletes sessions that have run out.
func SweepSessions(ctx context.Context, d *db.DB) error {
	_, err := d.Writer().NewDelete().Model((*sessionRow)(nil)).Where("expires < ?", clock.Now().UnixMicro()).Exec(ctx)
	return db.Fault(err)
}
