package gather_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"care/server/gather"
)

func TestCallersOfTheSameTimeShareALotAndEachGetsItsOwnAnswer(t *testing.T) {
	t.Parallel()
	odd := errors.New("odd")
	began, release := make(chan struct{}, 1), make(chan struct{})
	var lots []int
	g := gather.New(func(_ context.Context, lot []int) []error {
		lots = append(lots, len(lot))
		if len(lots) == 1 {
			began <- struct{}{}
			<-release // the others come meanwhile
		}
		errs := make([]error, len(lot))
		for i, n := range lot {
			if n%2 == 1 {
				errs[i] = odd
			}
		}
		return errs
	})
	var wg sync.WaitGroup
	ask := func(n int) {
		wg.Go(func() {
			if err := g.Do(t.Context(), n); (n%2 == 1) != errors.Is(err, odd) {
				t.Errorf("%d was answered %v", n, err)
			}
		})
	}
	ask(0)
	<-began
	for n := 1; n <= gather.Most+50; n++ {
		ask(n)
	}
	for gather.Waiting(g) < gather.Most+50 {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	if len(lots) != 3 || lots[0] != 1 || lots[1] != gather.Most || lots[2] != 50 {
		t.Errorf("the lots were %v, want [1 %d 50]", lots, gather.Most)
	}
}

func TestWhoGoesAwayLeavesTheOthersTheirAnswers(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}, 1), make(chan struct{})
	first := true
	g := gather.New(func(_ context.Context, lot []int) []error {
		if first {
			first = false
			began <- struct{}{}
			<-release
		}
		return make([]error, len(lot))
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := g.Do(t.Context(), 1); err != nil {
			t.Error(err)
		}
	})
	<-began
	gone, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	wg.Go(func() { left <- g.Do(gone, 2) })
	wg.Go(func() {
		for gather.Waiting(g) == 0 {
			runtime.Gosched()
		}
		if err := g.Do(t.Context(), 3); err != nil {
			t.Error(err)
		}
	})
	for gather.Waiting(g) < 2 {
		runtime.Gosched()
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away got %v", err)
	}
	close(release)
	wg.Wait()
}
