package donations

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"care/server/fault"
)

// batchSize bounds one transaction: beyond a few hundred acts a larger one is no faster, only later.
const batchSize = 256

// batchTime bounds one transaction of many people's acts, whoever of them is still waiting.
const batchTime = 30 * time.Second

// errLot answers those whose lot ended without an answer to them.
var errLot = fault.New(fault.Internal, "internal")

// gatherer puts acts that are asked for at the same time into one transaction.
//
// The first caller runs what waits, its own act included; whoever comes meanwhile waits, and the first of them runs the
// next lot. So there is no goroutine of its own, no timer and no added wait: alone, an act is a batch of one.
type gatherer struct {
	run func(ctx context.Context, cs []confirming) []error

	mu      sync.Mutex
	busy    bool // somebody leads
	waiting []*call
}

// call is one act that waits for its answer.
type call struct {
	act  confirming
	lead chan struct{} // closed when this caller must run the next lot
	done chan error    // holds the answer
}

// do runs one act, with others if there are any, and gives its own answer after the commit. A caller who goes away while
// waiting gets ctx's error; the act may then have happened, and asking again says so.
func (g *gatherer) do(ctx context.Context, act confirming) error {
	c := &call{act: act, lead: make(chan struct{}), done: make(chan error, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	leads := !g.busy
	g.busy = true
	g.mu.Unlock()
	if leads {
		g.next(ctx)
		return <-c.done
	}
	select {
	case err := <-c.done:
		return err
	case <-c.lead:
		g.next(ctx) // the first of those who wait, so its own act is in the lot
		return <-c.done
	case <-ctx.Done():
	}
	g.mu.Lock()
	if i := slices.Index(g.waiting, c); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	g.mu.Unlock()
	select {
	case <-c.lead: // chosen to lead in the very moment: somebody else must
		g.pass()
	default:
	}
	return ctx.Err()
}

// next runs one lot and passes the lead on.
func (g *gatherer) next(ctx context.Context) {
	defer g.pass()
	g.mu.Lock()
	n := min(len(g.waiting), batchSize)
	lot := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.mu.Unlock()
	acts := make([]confirming, 0, n)
	for _, c := range lot {
		acts = append(acts, c.act)
	}
	// The act of many does not end because the one who happens to run it goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTime)
	defer cancel()
	answered := 0
	defer func() { // a panic in a lot must not leave the others waiting for ever
		for _, c := range lot[answered:] {
			c.done <- errLot
		}
	}()
	for i, err := range g.run(ctx, acts) {
		lot[i].done <- err
		answered++
	}
}

// pass makes the first one who waits the leader, or nobody.
func (g *gatherer) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.busy = false
		return
	}
	close(g.waiting[0].lead)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
