// Package moduletest is a small foundation for the tests of modules: the shared modules over a fresh database and a folder.
package moduletest

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"time"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/modules/mail"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/money"
	"care/server/queue"
	"care/server/secret"
	"care/server/web"
	"care/templates"
	"care/templates/pdf"
)

// Foundation is what a module under test stands on. Its clock starts at 10 in the morning of Wednesday 25 November 2026, Beijing.
type Foundation struct {
	DB      *db.DB
	Clock   *clock.Travel
	Trail   *audit.Trail
	Queue   *queue.Queue
	Objects media.Objects
	Archive *media.Archive
	Funds   *ledger.Ledger
	Papers  *documents.Papers
	Mails   *templates.Mails
	Post    *mail.Post // without a mail server: it keeps letters
	Box     *secret.Box
	Engine  *pdf.Engine
}

// Start is when the tests' clock starts.
var Start = time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)

var (
	engine  = sync.OnceValues(pdf.New)
	letters = sync.OnceValues(templates.ParseMails)
)

// Sets lists the migrations of the frame and the shared modules, and those of the modules under test.
func Sets(extra ...fs.FS) []fs.FS {
	zero := []modules.Module{(&audit.Trail{}).Module(), (&media.Archive{}).Module(), (&ledger.Ledger{}).Module(), (&documents.Papers{}).Module(), (&mail.Post{}).Module()}
	sets := []fs.FS{web.Migrations()}
	for _, m := range zero {
		sets = append(sets, m.Migrations)
	}
	return append(sets, extra...)
}

// Each runs fn on a foundation over each kind of database.
func Each(t *testing.T, extra []fs.FS, fn func(t *testing.T, f *Foundation)) {
	t.Helper()
	dbtest.EachDB(t, Sets(extra...), func(t *testing.T, d *db.DB) { fn(t, New(t, d)) })
}

// New builds a foundation over a database that has the migrations of Sets.
func New(t testing.TB, d *db.DB) *Foundation {
	t.Helper()
	f := &Foundation{DB: d, Clock: clock.NewTravel(Start)}
	var err error
	if f.Engine, err = engine(); err != nil {
		t.Fatal(err)
	}
	if f.Box, err = secret.New(secret.NewKey()); err != nil {
		t.Fatal(err)
	}
	if f.Queue, err = queue.New(d, f.Clock.Now); err != nil {
		t.Fatal(err)
	}
	folder, err := media.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Errorf("closing the objects: %v", err)
		}
	})
	f.Objects = folder
	f.Trail = audit.New(d, f.Clock.Now)
	f.Archive = media.New(d, f.Trail, f.Objects, f.Box, slog.New(slog.DiscardHandler))
	f.Funds = ledger.New(d, f.Trail)
	f.Papers = documents.New(d, f.Trail, f.Queue, f.Archive, f.Box, f.Engine, "https://care.example")
	if f.Mails, err = letters(); err != nil {
		t.Fatal(err)
	}
	f.Post = mail.New(d, f.Trail, f.Queue, f.Box, f.Mails, mail.Settings{Org: "基金会", Hotline: "0874-3100000", Base: "https://care.example"})
	return f
}

// Modules lists the shared modules.
func (f *Foundation) Modules() []modules.Module {
	return []modules.Module{f.Trail.Module(), f.Archive.Module(), f.Funds.Module(), f.Papers.Module(), f.Post.Module()}
}

// Settle works all queued work of the modules given and of the shared ones.
func (f *Foundation) Settle(t testing.TB, mods ...modules.Module) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var ws []queue.Worker
	for _, m := range append(f.Modules(), mods...) {
		ws = append(ws, m.Work...)
	}
	if err := f.Queue.Settle(ctx, ws); err != nil {
		t.Fatalf("queued work: %v", err)
	}
}

// Check proves every invariant of the shared modules and of those given.
func (f *Foundation) Check(t testing.TB, mods ...modules.Module) {
	t.Helper()
	for _, m := range append(f.Modules(), mods...) {
		if m.Check == nil {
			continue
		}
		if _, err := m.Check(t.Context()); err != nil {
			t.Errorf("check of %s: %v", m.Name, err)
		}
	}
}

// Fund opens a fund and, with amount above zero, receives that much into it.
func (f *Foundation) Fund(t testing.TB, code, kind string, amount money.Fen) *ledger.Fund {
	t.Helper()
	who := access.Actor{ID: "treasurer", Perms: []string{"ledger.manage"}}
	fund, err := f.Funds.Open(t.Context(), who, ledger.Fund{Code: code, Name: code, Kind: kind, Purpose: code}, "")
	if err != nil {
		t.Fatal(err)
	}
	if amount > 0 {
		err := f.Trail.Do(t.Context(), audit.Act{Actor: who, Need: ledger.Manage, Verb: "moduletest.fill", Subject: fund.ID}, func(ctx context.Context, tx *audit.Tx) error {
			_, err := f.Funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Receive, Ref: "fill/" + fund.ID, Fund: fund.ID, Amount: amount, Day: tx.Today()})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return fund
}

// Balance gives a fund as it is now.
func (f *Foundation) Balance(t testing.TB, id string) ledger.Fund {
	t.Helper()
	fund, err := f.Funds.Fund(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return *fund
}
