package pdf

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"care/templates/pdf/sheet"
)

var update = flag.Bool("update", false, "write the golden files anew")

// wording returns the texts of a paper page by page, form first, one a line.
func wording(t *testing.T, p Paper) string {
	t.Helper()
	forms, data, err := engine().Pages(p)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range data {
		for _, list := range [][]sheet.Item{forms[i].Items, data[i].Items} {
			for _, it := range list {
				if it.Kind == sheet.Text {
					b.WriteString("  " + it.S + "\n")
				}
			}
		}
		b.WriteString("  --\n")
	}
	return b.String()
}

// The words are for people who review a change; the hashes say that the papers
// of the past would still be drawn byte for byte. Both change only on purpose:
// go test -run Golden -update ./templates/pdf
func TestGoldenWordsAndBytes(t *testing.T) {
	t.Parallel()
	var words strings.Builder
	all := specimens()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words.WriteString(name + "\n" + wording(t, all[name]))
	}
	sums, err := hashes(engine())
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{"papers.txt": words.String(), "papers.sha256": sums} {
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.MkdirAll("testdata", 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) == got {
			continue
		}
		if file == "papers.sha256" && runtime.GOARCH != "amd64" {
			t.Log("SKIPPED IN PART: the hashes are of amd64; other processors may round the last decimal of a place differently")
			continue
		}
		a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				t.Errorf("%s, line %d:\n got %q\nwant %q", file, i+1, at(b, i), at(a, i))
				break
			}
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}

func TestCodesArePrintedSoThatAScannerReadsThem(t *testing.T) {
	t.Parallel()
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("SKIPPED: zbarimg is not installed (zbar-tools)")
	}
	ppm := toolPath(t, "pdftoppm")
	for _, name := range []string{"receipt", "voucher", "inkind", "statement", "certificate", "decision", "booking"} {
		p := specimens()[name]
		dir := t.TempDir()
		file := filepath.Join(dir, "p.pdf")
		if err := os.WriteFile(file, render(t, p), 0o600); err != nil {
			t.Fatal(err)
		}
		// 150 dots an inch is an office scanner or a telephone held near.
		if out, err := exec.Command(ppm, "-r", "150", "-gray", "-png", file, filepath.Join(dir, "p")).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		pages, err := filepath.Glob(filepath.Join(dir, "p*.png"))
		if err != nil || len(pages) == 0 {
			t.Fatal(err, pages)
		}
		out, err := exec.Command(zbar, append([]string{"-q", "--raw"}, pages...)...).Output()
		if got := strings.TrimSpace(string(out)); err != nil || !strings.HasPrefix(got, "https://care.example.org/") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
