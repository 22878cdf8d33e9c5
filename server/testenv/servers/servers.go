// Package servers starts the real servers that the platform stands on, for tests and benchmarks: a PostgreSQL
// cluster and a MinIO server, on free loopback ports, with passwords of their own and data that vanish at the end.
//
// They can be killed and started again with their data, so a test can take a server away in the middle of its work.
package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"care/server/clock"
)

// The environment variables by which tests find what they may use.
const (
	EnvPostgres = "TEST_POSTGRES" // DSN of a PostgreSQL superuser: postgres://user:password@host:port/db
	EnvS3       = "TEST_S3"       // an S3 server, see ParseS3
	EnvChrome   = "TEST_CHROME"   // path of a Chromium
	EnvNoSkip   = "TEST_NO_SKIP"  // "1": a test that cannot run fails instead of being skipped
)

// startWithin is how long a server may take until it answers; on a loaded machine a second can take ten.
const startWithin = 60 * time.Second

// server is one process with its data.
type server struct {
	name string
	dir  string // everything of this server; removed by Stop
	port int
	make func() *exec.Cmd
	ping func(context.Context) error
	kill func(*os.Process) error
	cmd  *exec.Cmd
}

// Start starts the server, or starts it again after Kill, on the same port with the same data.
func (s *server) Start(ctx context.Context) error {
	if s.cmd != nil {
		return fmt.Errorf("%s runs already", s.name)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.make()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	err = cmd.Start()
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.cmd = cmd
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		err := s.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			text, _ := os.ReadFile(filepath.Join(s.dir, "log")) // what there is of it
			return fmt.Errorf("%s did not start: %w\n%s", s.name, err, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server at once, as a power failure would, and keeps its data.
func (s *server) Kill() error {
	if s.kill != nil {
		return s.end(s.kill)
	}
	return s.end(killGroup)
}

// Stop ends the server and removes its data. It may be called more than once.
func (s *server) Stop() error {
	return errors.Join(s.Kill(), os.RemoveAll(s.dir))
}

// end lets how end the process and waits until it is gone.
func (s *server) end(how func(*os.Process) error) error {
	if s.cmd == nil {
		return nil
	}
	cmd := s.cmd
	s.cmd = nil
	err := how(cmd.Process)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	var exit *exec.ExitError
	werr := cmd.Wait()
	if errors.As(werr, &exit) {
		werr = nil // it was told to end
	}
	return errors.Join(err, werr)
}

// FreePort gives a loopback port that nobody listens on.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// MakeDir makes a new folder for throw-away data: in memory where that is possible, else in the temporary folder,
// and there always when durable, since what is in memory survives no power failure.
func MakeDir(name string, durable bool) (string, error) {
	where := ""
	if !durable && roomy("/dev/shm") {
		where = "/dev/shm"
	}
	// What a killed run has left is removed here, since nobody else will.
	root := where
	if root == "" {
		root = os.TempDir()
	}
	old, err := filepath.Glob(filepath.Join(root, "care-"+name+"-*"))
	if err != nil {
		return "", err
	}
	for _, dir := range old {
		st, err := os.Stat(dir)
		if err == nil && clock.Now().Sub(st.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(dir) // that of another user stays his
		}
	}
	return os.MkdirTemp(where, "care-"+name+"-")
}

// Missing skips a test that lacks a server, and fails it where everything must run (TEST_NO_SKIP).
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(EnvNoSkip) != "" {
		t.Fatalf("cannot run: %s", why)
	}
	t.Skipf("SKIPPED: %s", why)
}

// secret gives a password.
func secret() string { return rand.Text() }

// FindChrome gives a Chromium.
func FindChrome() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		p, err := exec.LookPath(name)
		if err == nil {
			return p, nil
		}
	}
	return "", errors.New("there is no Chromium in PATH (Debian: apt-get install chromium)")
}

// Terminate makes the end of the context of cmd reach the whole family that it starts, as a request to end,
// and after grace as an order.
func Terminate(cmd *exec.Cmd, grace time.Duration) {
	own(cmd, syscall.SIGTERM)
	cmd.Cancel = func() error { return termGroup(cmd.Process) }
	cmd.WaitDelay = grace
}

// Own makes a program end with us at the latest, also when we are killed; where the system can do that.
func Own(cmd *exec.Cmd) { own(cmd, syscall.SIGKILL) }
