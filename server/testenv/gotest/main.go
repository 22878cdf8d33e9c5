// Command gotest runs "go test" with the arguments given to it and makes the answer readable: a line for each
// package, all that a failed test printed, the slowest tests, and one line of counts at the end.
//
//	go run ./server/testenv/gotest -shuffle=on ./...
//
// A skipped test is always named, since a test that does not run proves nothing. With TEST_NO_SKIP in the
// environment it is a failure, and so is a run without any test.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"care/server/testenv/servers"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	// go test asks its own children to end when it is asked itself.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
	r := &report{to: os.Stdout, output: map[string][]string{}}
	rerr := r.read(out)
	err = errors.Join(rerr, cmd.Wait())
	ok := r.close(os.Getenv(servers.EnvNoSkip) != "")
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is a line of go test -json; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string // of a package that does not build
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// report gathers events.
type report struct {
	to                      io.Writer
	output                  map[string][]string // of tests and packages that may still fail, by package and test
	passed, failed, skipped int
	skips, failures         []string
	slow                    []event
}

// read takes all events. A line that is none, which go test prints when it cannot even begin, is passed on.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				r.take(e)
			} else {
				fmt.Fprint(r.to, line)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		if strings.HasPrefix(e.Output, "=== ") && !strings.HasPrefix(e.Output, "=== NAME") {
			return // the comings and goings of parallel tests
		}
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Fprint(r.to, e.Output)
	case "build-fail":
		r.failures = append(r.failures, e.ImportPath+" does not build")
	case "pass", "fail", "skip":
		said := r.output[key]
		delete(r.output, key)
		if e.Test == "" {
			r.packageEnd(e, said)
			return
		}
		r.testEnd(e, said)
	}
}

func (r *report) packageEnd(e event, said []string) {
	if e.Action == "fail" {
		// What a test printed that never ended, because of a panic or a time-out, tells most.
		for key, lines := range r.output {
			if strings.HasPrefix(key, e.Package+" ") {
				fmt.Fprint(r.to, strings.Join(lines, ""))
				delete(r.output, key)
			}
		}
		r.failures = append(r.failures, e.Package)
	}
	for _, line := range said {
		if e.Action == "fail" || strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "FAIL") {
			fmt.Fprint(r.to, line)
		}
	}
}

func (r *report) testEnd(e event, said []string) {
	name := e.Package + " " + e.Test
	switch e.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		r.failures = append(r.failures, name)
		fmt.Fprint(r.to, strings.Join(said, ""))
	case "skip":
		r.skipped++
		why := ""
		for _, line := range said {
			if _, after, found := strings.Cut(line, ".go:"); found {
				_, why, _ = strings.Cut(strings.TrimSpace(after), ": ")
			}
		}
		r.skips = append(r.skips, name+": "+why)
	}
	if !strings.Contains(e.Test, "/") {
		r.slow = append(r.slow, e)
	}
}

// close prints the summary and tells whether the run is good.
func (r *report) close(strict bool) bool {
	slices.SortFunc(r.slow, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	for i, e := range r.slow {
		if i == 5 || e.Elapsed < 5 {
			break
		}
		fmt.Fprintf(r.to, "slow: %5.1f s %s %s\n", e.Elapsed, e.Package, e.Test)
	}
	if len(r.skips) > 0 {
		fmt.Fprintf(r.to, "\nNOT RUN, %d tests:\n", len(r.skips))
		for _, s := range r.skips {
			fmt.Fprintln(r.to, "  SKIP", s)
		}
	}
	ok := len(r.failures) == 0
	for _, f := range r.failures {
		fmt.Fprintln(r.to, "  FAIL", f)
	}
	if strict && len(r.skips) > 0 {
		fmt.Fprintln(r.to, "  FAIL here no test may be skipped")
		ok = false
	}
	if strict && r.passed == 0 {
		fmt.Fprintln(r.to, "  FAIL no test has run")
		ok = false
	}
	fmt.Fprintf(r.to, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	return ok
}
