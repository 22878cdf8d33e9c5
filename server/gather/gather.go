// Package gather puts what many callers ask for at the same time into one lot, so that they share a transaction.
package gather

import (
	"context"
	"slices"
	"sync"
	"time"

	"care/server/fault"
)

// Most bounds one lot: beyond a few hundred acts a larger transaction is no faster, only later.
const Most = 256

// lotTime bounds one lot of many people's acts, whoever of them is still waiting.
const lotTime = 30 * time.Second

// errLot answers those whose lot ended without an answer to them.
var errLot = fault.New(fault.Internal, "internal")

// Gatherer puts what is asked for at the same time into one lot.
//
// The first caller runs what waits, its own act included; whoever comes meanwhile waits, and the first of them runs the
// next lot. So there is no goroutine of its own, no timer and no added wait: alone, an act is a batch of one.
type Gatherer[T any] struct {
	run func(ctx context.Context, lot []T) []error

	mu      sync.Mutex
	busy    bool // somebody leads
	waiting []*call[T]
}

// New makes a gatherer; run does a lot of at most Most and gives the answers in order.
func New[T any](run func(ctx context.Context, lot []T) []error) *Gatherer[T] {
	return &Gatherer[T]{run: run}
}

// call is one act that waits for its answer.
type call[T any] struct {
	act  T
	lead chan struct{} // closed when this caller must run the next lot
	done chan error    // holds the answer
}

// Do runs one act, with others if there are any, and gives its own answer after the commit. A caller who goes away while
// waiting gets ctx's error; the act may then have happened, and asking again says so.
func (g *Gatherer[T]) Do(ctx context.Context, act T) error {
	c := &call[T]{act: act, lead: make(chan struct{}), done: make(chan error, 1)}
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
func (g *Gatherer[T]) next(ctx context.Context) {
	defer g.pass()
	g.mu.Lock()
	n := min(len(g.waiting), Most)
	lot := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.mu.Unlock()
	acts := make([]T, 0, n)
	for _, c := range lot {
		acts = append(acts, c.act)
	}
	// The act of many does not end because the one who happens to run it goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lotTime)
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
func (g *Gatherer[T]) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.busy = false
		return
	}
	close(g.waiting[0].lead)
}
