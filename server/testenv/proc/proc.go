// Package proc runs the real server program as a process, for tests and benchmarks that kill it, start several on
// one database, or measure it from outside.
package proc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"care/server/clock"
	"care/server/testenv/servers"
)

// EnvServer names a server program that is built already; `make test` sets it. Unset, the program is built.
const EnvServer = "TEST_SERVER"

// How long a server may take; what is normal is a hundredth of it.
const (
	startWithin = 60 * time.Second
	stopWithin  = 45 * time.Second
)

var build = sync.OnceValues(func() (string, error) {
	if p := os.Getenv(EnvServer); p != "" {
		return filepath.Abs(p)
	}
	root, err := filepath.Abs(".")
	for ; err == nil; root = filepath.Dir(root) {
		_, err := os.Stat(filepath.Join(root, "go.mod"))
		if err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return "", errors.New("there is no go.mod above the working directory")
		}
	}
	// Not where memory serves as a disk: programs often may not be started from there.
	dir, err := servers.MakeDir("build", true)
	if err != nil {
		return "", err
	}
	p := filepath.Join(dir, "care")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-o", p, "./server")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return p, nil
})

// Build gives the path of the server program. It is built once a process and stays for a day.
func Build() (string, error) { return build() }

// Server is a server process.
type Server struct {
	URL     string        // http://127.0.0.1:port, the same after every Restart
	Dir     string        // its working folder, and so its ./data; kept by Kill and Stop
	Started time.Duration // from the start of the process to the first good answer

	bin  string
	env  []string
	cmd  *exec.Cmd
	life *os.File // ends when the process does
}

// Start starts a server that knows nothing but env ("NAME=value") and an ADDR of its own, in the folder dir, and
// waits until /healthz answers well. It ends with the process that calls Start at the latest.
func Start(ctx context.Context, dir string, env ...string) (*Server, error) {
	bin, err := Build()
	if err != nil {
		return nil, err
	}
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	s := &Server{URL: "http://" + addr, Dir: dir, bin: bin, env: append(base(dir), append(env, "ADDR="+addr)...)}
	return s, s.Restart(ctx)
}

// base is the environment without which programs do not work at all.
func base(dir string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir()}
}

// Restart starts the server again, after Kill or Stop, at the same address and with the same environment.
func (s *Server) Restart(ctx context.Context) error {
	if s.cmd != nil {
		return errors.New("the server runs already")
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// The process holds one end of a pipe as long as it lives, so the other end tells when it died.
	life, held, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(s.bin, "serve")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = s.Dir, s.env, log, log, []*os.File{held}
	servers.Own(cmd)
	begin := clock.Now()
	err = errors.Join(cmd.Start(), held.Close())
	if err != nil {
		life.Close()
		return err
	}
	s.cmd, s.life = cmd, life
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for {
		err := s.ask(ctx, &client, "/healthz")
		if err == nil {
			s.Started = clock.Now().Sub(begin)
			return nil
		}
		died := s.wait(5 * time.Millisecond)
		if died || ctx.Err() != nil || clock.Now().Sub(begin) > startWithin {
			return errors.Join(fmt.Errorf("the server did not start: %w\n%s", err, s.Log()), s.Kill())
		}
	}
}

func (s *Server) ask(ctx context.Context, c *http.Client, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1000))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", path, res.Status, text)
	}
	return nil
}

// wait waits for the end of the process, at most d, and tells whether it ended.
func (s *Server) wait(d time.Duration) bool {
	err := s.life.SetReadDeadline(clock.Now().Add(d))
	if err != nil {
		return false
	}
	_, err = s.life.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// Kill ends the process at once (kill -9), as a power failure would. One that does not run may be killed too.
func (s *Server) Kill() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	_, werr := s.reap()
	return errors.Join(err, werr)
}

// Stop asks the process to end (SIGTERM) and gives an error when it does not end well.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, s.Kill())
	}
	if !s.wait(stopWithin) {
		return errors.Join(fmt.Errorf("the server does not stop\n%s", s.Log()), s.Kill())
	}
	code, err := s.reap()
	if err == nil && code != 0 {
		err = fmt.Errorf("the server ended with code %d\n%s", code, s.Log())
	}
	return err
}

// reap takes the end of the process.
func (s *Server) reap() (code int, err error) {
	cmd, life := s.cmd, s.life
	s.cmd, s.life = nil, nil
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return cmd.ProcessState.ExitCode(), errors.Join(err, life.Close())
}

// Pid is the process's id, or 0 when it does not run.
func (s *Server) Pid() int {
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// logFile has the port in its name, since two servers may share a folder.
func (s *Server) logFile() string {
	return filepath.Join(s.Dir, "server-"+s.URL[strings.LastIndexByte(s.URL, ':')+1:]+".log")
}

// Log gives all that the server has printed, over all its lives.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Memory gives the resident memory of the process in bytes; only Linux tells.
func (s *Server) Memory() (int64, error) {
	if runtime.GOOS != "linux" || s.cmd == nil {
		return 0, errors.New("nobody tells how much memory the server has")
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.Join(lines.Err(), errors.New("there is no VmRSS"))
}

// Run runs a command of the program, such as "check", with env in the folder dir, and gives what it printed and its
// exit code.
func Run(ctx context.Context, dir string, env []string, args ...string) (out string, code int, err error) {
	bin, err := Build()
	if err != nil {
		return "", 0, err
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir, cmd.Env = dir, append(base(dir), env...)
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return string(b), cmd.ProcessState.ExitCode(), err
}

// New is Start for tests, in a folder of the test's own: a server that does not start ends the test, and the log
// of a failed test is shown. It is killed after the test.
func New(t testing.TB, env ...string) *Server {
	t.Helper()
	return In(t, t.TempDir(), env...)
}

// In is New in a given folder, for a second server on the same data.
func In(t testing.TB, dir string, env ...string) *Server {
	t.Helper()
	s, err := Start(t.Context(), dir, env...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := s.Kill()
		if err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.URL, s.Log())
		}
	})
	return s
}

// Check runs `server check` with the environment of s and fails the test when any invariant is broken.
func (s *Server) Check(t testing.TB) string {
	t.Helper()
	out, code, err := Run(t.Context(), s.Dir, s.env, "check")
	if err != nil || code != 0 {
		t.Fatalf("server check: code %d, %v\n%s", code, err, out)
	}
	return out
}
