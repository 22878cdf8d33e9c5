// Command server measures the program as its users meet it: start to the first answer, idle memory, and the public
// campaign page from the cache beside a static file of the same server.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"care/server/testenv/proc"
)

const (
	clients = 16
	slice   = time.Second // of each side in each round
	rounds  = 7
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "care-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := proc.Start(ctx, dir, "LOG_LEVEL=warn")
	if err != nil {
		return err
	}
	defer s.Kill()
	fmt.Printf("server.first_start value=%d unit=ms ratio=%.2f goal=2000 %s\n", s.Started.Milliseconds(), s.Started.Seconds()/2, okIf(s.Started < 2*time.Second))
	var starts []time.Duration
	for range 5 {
		if err := s.Stop(); err != nil {
			return err
		}
		if err := s.Restart(ctx); err != nil {
			return err
		}
		starts = append(starts, s.Started)
	}
	slices.Sort(starts)
	mid := starts[len(starts)/2]
	fmt.Printf("server.start value=%d unit=ms ratio=%.2f goal=2000 %s\n", mid.Milliseconds(), mid.Seconds()/2, okIf(mid < 2*time.Second))
	// Idle: after the first pages were drawn and ten seconds of the clocks' own work.
	for _, p := range []string{"/", "/campaigns", "/donations", "/notices"} {
		if _, err := get(http.DefaultClient, s.URL+p); err != nil {
			return err
		}
	}
	time.Sleep(10 * time.Second)
	mem, err := s.Memory()
	if err != nil {
		return err
	}
	fmt.Printf("server.idle_memory value=%d unit=MB ratio=%.2f goal=120 %s\n", mem>>20, float64(mem)/(120<<20), okIf(mem < 120<<20))
	return pages(s.URL)
}

func pages(base string) error {
	list, err := get(http.DefaultClient, base+"/campaigns")
	if err != nil {
		return err
	}
	one := regexp.MustCompile(`href="(/campaigns/[^"?#]+)"`).FindSubmatch(list)
	css := regexp.MustCompile(`href="(/assets/app\.[0-9a-f]+\.css)"`).FindSubmatch(list)
	if one == nil || css == nil {
		return fmt.Errorf("the list of campaigns shows no campaign or no style sheet")
	}
	page, file := base+string(one[1]), base+string(css[1])
	var a, b []float64
	for range rounds {
		x, err := load(page)
		if err != nil {
			return err
		}
		y, err := load(file)
		if err != nil {
			return err
		}
		a, b = append(a, x), append(b, y)
	}
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	slices.Sort(ratios)
	slices.Sort(a)
	slices.Sort(b)
	mid := len(a) / 2
	fmt.Printf("server.static_file value=%.0f unit=per_s ratio=1.00 goal=1.00 ok\n", b[mid])
	fmt.Printf("server.campaign_page value=%.0f unit=per_s ratio=%.2f goal=0.50 %s\n", a[mid], ratios[mid], okIf(ratios[mid] >= 0.5))
	return nil
}

// load asks for an address as often as it can for one slice and gives requests a second.
func load(url string) (float64, error) {
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}}
	defer c.CloseIdleConnections()
	var n atomic.Int64
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	began := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(began) < slice {
				if _, err := get(c, url); err != nil {
					once.Do(func() { first = err })
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), first
}

func get(c *http.Client, url string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "identity")
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d", url, res.StatusCode)
	}
	return b, err
}

func okIf(b bool) string {
	if b {
		return "ok"
	}
	return "short"
}
