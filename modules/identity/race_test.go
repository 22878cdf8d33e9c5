package identity

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"testing"

	"care/modules/audit"
	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/web"
)

// The race of two grants has teeth: without holding the account, both are given on PostgreSQL. SQLite has one writer.
func TestWithoutHoldingTheAccountTwoGrantsMakeAPair(t *testing.T) {
	t.Parallel()
	sets := []fs.FS{web.Migrations(), os.DirFS("../audit/migrations"), os.DirFS("../network/migrations"), os.DirFS("migrations")}
	dbtest.EachDB(t, sets, func(t *testing.T, d *db.DB) {
		if !d.Postgres() {
			return // BEGIN IMMEDIATE: the second transaction cannot even begin
		}
		ctx := t.Context()
		trail := audit.New(d, clock.Now)
		s := New(d, trail, network.New(d, trail), "", false)
		sys := access.System()
		id, _, err := s.Create(ctx, sys, Account{Login: "race", Name: "赛", Area: network.Root}, "")
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Add(2)
		give := func(role string) error {
			return trail.Do(ctx, audit.Act{Actor: sys, Need: Security, Verb: "identity.grant", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
				p, err := findPerson(ctx, tx, id)
				if err != nil {
					return err
				}
				if err := s.grantHeld(ctx, tx, sys, p, Order{Person: id, Role: role, From: tx.Today()}, "grant-"+role); err != nil {
					return err
				}
				both.Done()
				both.Wait() // neither commits before the other has looked
				return nil
			})
		}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, role := range []string{Cashier, Accountant} {
			wg.Go(func() { errs[i] = give(role) })
		}
		wg.Wait()
		if errs[0] != nil || errs[1] != nil {
			t.Fatalf("the control was refused: %v, %v", errs[0], errs[1])
		}
		if _, err := s.Check(ctx); err == nil {
			t.Error("the check does not see the pair")
		}
	})
}
