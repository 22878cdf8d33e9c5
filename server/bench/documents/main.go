// Command documents measures the drawing of papers: our engine against plain
// fpdf and gopdf with the same receipt, and against the same bytes written
// without a PDF library. All sides run in turn in one process and are compared
// by CPU time, the median of the rounds.
//
// The others get the page as a finished display list, so they do no layout and
// make no QR code, and gopdf leaves the curves of the seal out, which it cannot
// fill: the comparison favours them.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"

	"care/templates/pdf"
)

const (
	rounds    = 9
	batchSize = 500
	bigBatch  = 800
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "documents:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	e, err := pdf.New()
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "memory" {
		return drawBatch(e, io.Discard, bigBatch, (*pdf.Batch).Close)
	}
	if err := speed(e); err != nil {
		return err
	}
	if err := batch(e); err != nil {
		return err
	}
	if err := sizes(e); err != nil {
		return err
	}
	return memory()
}

// side is one way of making the same thing.
type side struct {
	draw  func(i int) error
	times int // a round
	cpu   []float64
}

// race runs all sides in turn and returns each one's median CPU time in
// milliseconds per call.
func race(sides []*side) ([]float64, error) {
	for _, s := range sides { // warm: caches, pools, parsed containers
		if err := s.draw(0); err != nil {
			return nil, err
		}
	}
	for r := range rounds {
		for _, s := range sides {
			runtime.GC()
			start := cpu()
			for i := range s.times {
				if err := s.draw(r*s.times + i); err != nil {
					return nil, err
				}
			}
			s.cpu = append(s.cpu, (cpu()-start)/float64(s.times))
		}
	}
	out := make([]float64, len(sides))
	for i, s := range sides {
		slices.Sort(s.cpu)
		out[i] = s.cpu[len(s.cpu)/2]
	}
	return out, nil
}

// cpu is the processor time of the process so far in milliseconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

func speed(e *pdf.Engine) error {
	others, err := newOthers(e)
	if err != nil {
		return err
	}
	var own, ceiling, cert, goldCert bytes.Buffer
	keep := func(w *bytes.Buffer, b []byte, err error) error {
		w.Reset()
		w.Write(b)
		return err
	}
	times, err := race([]*side{
		{times: 200, draw: func(i int) error { b, err := receipt(i).Render(e); return keep(&own, b, err) }},
		{times: 200, draw: func(i int) error { b, err := e.RenderBare(receipt(i)); return keep(&ceiling, b, err) }},
		{times: 4, draw: others.fpdf},
		{times: 6, draw: others.gopdf},
		{times: 6, draw: others.gopdfContainer},
		{times: 60, draw: func(i int) error { b, err := certificate(i).Render(e); return keep(&cert, b, err) }},
		{times: 60, draw: func(i int) error { b, err := honour(i).Render(e); return keep(&goldCert, b, err) }},
	})
	if err != nil {
		return err
	}
	if !bytes.Equal(own.Bytes(), ceiling.Bytes()) {
		return fmt.Errorf("the ceiling did not write the same bytes")
	}
	us, bare, fpdf, gopdf := times[0], times[1], times[2], min(times[3], times[4])
	line("receipt_vs_fpdf", us, "ms", fpdf/us, 20)
	line("receipt_vs_gopdf", us, "ms", gopdf/us, 5)
	line("receipt_vs_ceiling", us, "ms", bare/us, 0.3)
	line("receipts_a_second_a_core", 1000/us, "1/s", 1000/us/500, 1)
	line("certificate", times[5], "ms", 4/times[5], 1)
	line("honour", times[6], "ms", 4/times[6], 1)
	return nil
}

func drawBatch(e *pdf.Engine, w io.Writer, n int, end func(*pdf.Batch) error) error {
	b := e.Batch(w, "documents", "", "2026-11-25")
	for i := range n {
		if err := b.Add(receipt(i)); err != nil {
			return err
		}
	}
	return end(b)
}

func batch(e *pdf.Engine) error {
	times, err := race([]*side{
		{times: 1, draw: func(int) error { return drawBatch(e, io.Discard, batchSize, (*pdf.Batch).Close) }},
		{times: 1, draw: func(int) error { return drawBatch(e, io.Discard, batchSize, (*pdf.Batch).CloseBare) }},
	})
	if err != nil {
		return err
	}
	line("batch_page_vs_ceiling", times[0]/batchSize, "ms", times[1]/times[0], 0.8)
	return nil
}

func sizes(e *pdf.Engine) error {
	const n = 100
	var before, after runtime.MemStats
	largest := 0
	runtime.ReadMemStats(&before)
	for i := range n {
		b, err := receipt(i).Render(e)
		if err != nil {
			return err
		}
		largest = max(largest, len(b))
	}
	runtime.ReadMemStats(&after)
	below("receipt_allocation", float64(after.TotalAlloc-before.TotalAlloc)/n/1000, "KB", 500)
	below("receipt_size", float64(largest)/1000, "KB", 100)
	var out bytes.Buffer
	if err := drawBatch(e, &out, batchSize, (*pdf.Batch).Close); err != nil {
		return err
	}
	below("batch_page_size", float64(out.Len())/batchSize/1024, "KiB", 4)
	return nil
}

// memory draws a big batch in a process of its own and asks the system for the
// most memory it ever had.
func memory() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "memory")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("no resource usage of the child")
	}
	below("batch_memory", float64(u.Maxrss)/1024, "MiB", 300)
	return nil
}

func line(name string, value float64, unit string, ratio, goal float64) {
	verdict := "ok"
	if ratio < goal {
		verdict = "short"
	}
	fmt.Fprintf(os.Stdout, "documents.%s value=%.3f unit=%s ratio=%.2f goal=%g %s\n", name, value, unit, ratio, goal, verdict)
}

// below is for measures that must stay under a limit; the ratio is how many
// times they would fit.
func below(name string, value float64, unit string, limit float64) {
	verdict := "ok"
	if value > limit {
		verdict = "short"
	}
	fmt.Fprintf(os.Stdout, "documents.%s value=%.2f unit=%s ratio=%.2f goal=%g %s\n", name, value, unit, limit/value, limit, verdict)
}
