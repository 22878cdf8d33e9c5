package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run lets gotest judge a small module and gives what it printed and whether it was content.
func run(t *testing.T, strict bool, files map[string]string) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module small\n\ngo 1.26\n"
	for name, text := range files {
		err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-json", "./...")
	cmd.Dir = dir
	var b strings.Builder
	cmd.Stderr = &b
	out, _ := cmd.StdoutPipe()
	err := cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	r := &report{to: &b, output: map[string][]string{}}
	err = r.read(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the report must find out by itself
	ok := r.close(strict)
	return b.String(), ok
}

const head = "package small\nimport \"testing\"\n"

func TestRunIsJudgedByItsTests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, code string
		strict, ok bool
		want       []string
	}{
		{"good", head + "func TestA(t *testing.T) { t.Log(\"quiet\") }", true, true, []string{"ok  \tsmall", "\n1 passed, 0 failed, 0 skipped\n"}},
		{"failure", head + "func TestA(t *testing.T) { t.Error(\"told\") }", false, false, []string{"told", "FAIL small TestA", "\n0 passed, 1 failed, 0 skipped\n"}},
		{"skip", head + "func TestA(t *testing.T) { t.Run(\"x\", func(t *testing.T) { t.Skip(\"the reason\") }) }", false, true, []string{"SKIP small TestA/x: the reason", "1 passed, 0 failed, 1 skipped"}},
		{"skip where none may be", head + "func TestA(t *testing.T) { t.Skip(\"the reason\") }", true, false, []string{"SKIP small TestA: the reason"}},
		{"panic", head + "func TestA(t *testing.T) { panic(\"told\") }", false, false, []string{"told", "FAIL small"}},
		{"exit", head + "import \"os\"\nfunc TestA(t *testing.T) { os.Exit(3) }", false, false, []string{"FAIL small"}},
		{"no build", head + "func TestA(t *testing.T) { undefined() }", false, false, []string{"undefined"}},
		{"no vet", head + "import \"fmt\"\nfunc TestA(t *testing.T) { fmt.Sprintf(\"%d\", \"x\") }", false, false, []string{"%d"}},
		{"no test", "package small", true, false, []string{"no test has run"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, ok := run(t, c.strict, map[string]string{"a_test.go": c.code})
			if ok != c.ok {
				t.Errorf("content is %t, want %t", ok, c.ok)
			}
			for _, w := range c.want {
				if !strings.Contains("\n"+out, w) {
					t.Errorf("%q is missing", w)
				}
			}
			if strings.Contains(out, "quiet") {
				t.Error("a test that passed is quoted")
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}
