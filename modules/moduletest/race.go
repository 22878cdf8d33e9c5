package moduletest

import (
	"sync"
	"testing"

	"care/server/fault"
)

// AtOnce runs fn for 0..n-1 at the same moment and gives the errors in order.
func AtOnce(n int, fn func(i int) error) []error {
	errs, gate := make([]error, n), make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			errs[i] = fn(i)
		})
	}
	close(gate)
	wg.Wait()
	return errs
}

// Won counts those that succeeded; every other one must be one of the kinds allowed.
func Won(t testing.TB, errs []error, allowed ...fault.Kind) int {
	t.Helper()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
			continue
		}
		ok := false
		for _, k := range allowed {
			ok = ok || fault.KindOf(err) == k
		}
		if !ok {
			t.Errorf("a loser got %v", err)
		}
	}
	return n
}
