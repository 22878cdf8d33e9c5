package ledger_test

import (
	"context"
	"fmt"
	"testing"

	"care/modules/audit"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
)

func TestCheckSeesOneMomentWhileMoneyMoves(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "A", ledger.Unrestricted, 100)
		who := access.Actor{ID: "t", Perms: []string{"ledger.manage"}}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			for i := 0; ; i++ {
				if ctx.Err() != nil {
					done <- nil
					return
				}
				err := f.Trail.Do(t.Context(), audit.Act{Actor: who, Need: ledger.Manage, Verb: "ledgertest.receive", Subject: fund.ID}, func(ctx context.Context, tx *audit.Tx) error {
					_, err := f.Funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Receive, Ref: fmt.Sprint("r/", i), Fund: fund.ID, Amount: 1, Day: tx.Today()})
					return err
				})
				if err != nil {
					done <- err
					return
				}
			}
		}()
		for range 60 {
			if _, err := f.Funds.Check(t.Context()); err != nil {
				t.Error(err)
				break
			}
		}
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
