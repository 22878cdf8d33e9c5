package proc_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"care/server/db/dbtest"
	"care/server/testenv/proc"
	"care/server/testenv/servers"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// The first start of a newcomer: an empty environment and an empty folder.
func TestServerStartsWithAnEmptyEnvironment(t *testing.T) {
	t.Parallel()
	s := proc.New(t)
	t.Logf("first answer after %v", s.Started)
	status, body := get(t, s.URL+"/")
	if status != http.StatusOK || !strings.Contains(body, "演示") {
		t.Errorf("the home page answers %d and does not say that it is a demonstration:\n%.500s", status, body)
	}
	err := s.Stop()
	if err != nil {
		t.Error(err)
	}
	t.Logf("server check:\n%s", s.Check(t))
	for line := range strings.Lines(s.Log()) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") {
			t.Errorf("the log complains: %s", line)
		}
	}
}

func TestKilledServerComesBackWithItsData(t *testing.T) {
	t.Parallel()
	s := proc.New(t)
	for range 3 {
		pid := s.Pid()
		err := s.Kill()
		if err != nil {
			t.Fatal(err)
		}
		err = s.Restart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Pid() == pid {
			t.Fatal("it is the same process")
		}
	}
	if n, err := s.Memory(); err != nil || n < 1<<20 {
		t.Errorf("memory is %d, %v", n, err)
	}
	status, _ := get(t, s.URL+"/")
	if status != http.StatusOK {
		t.Errorf("the home page answers %d", status)
	}
	s.Check(t)
}

// What a new installation does: several servers start at the same moment on a database and a store that are empty.
func TestServersStartTogetherOnOneDatabaseAndOneStore(t *testing.T) {
	t.Parallel()
	dsn := dbtest.EmptyPostgres(t)
	if os.Getenv(servers.EnvS3) == "" {
		servers.Missing(t, servers.EnvS3+" names no S3 server")
	}
	s3, err := servers.ParseS3(os.Getenv(servers.EnvS3))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{
		"DATABASE_URL=" + dsn, "SECRET_KEY=" + strings.Repeat("0123456789abcdef", 4), "DEMO=1",
		"S3_ENDPOINT=" + s3.Endpoint, "S3_BUCKET=" + s3.Bucket + "-together", "S3_ACCESS_KEY=" + s3.Key, "S3_SECRET_KEY=" + s3.Secret,
	}
	var all sync.WaitGroup
	started := make([]*proc.Server, 3)
	for i := range started {
		dir := t.TempDir()
		all.Go(func() {
			s, err := proc.Start(t.Context(), dir, env...)
			if err != nil {
				t.Errorf("server %d: %v", i, err)
				return
			}
			started[i] = s
		})
	}
	all.Wait()
	for i, s := range started {
		if s == nil {
			continue
		}
		status, body := get(t, s.URL+"/")
		if status != http.StatusOK || !strings.Contains(body, "演示") {
			t.Errorf("server %d answers %d:\n%.500s", i, status, body)
		}
	}
	for i, s := range started {
		if s == nil {
			continue
		}
		err := s.Stop()
		if err != nil {
			t.Errorf("server %d: %v", i, err)
		}
		if i == 0 {
			s.Check(t)
		}
	}
}

func TestServerWithAnImpossibleSettingSaysWhich(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	_, err := proc.Start(t.Context(), t.TempDir(), "WORKERS=none")
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("that a server has died was noticed after %v", took)
	}
	if err == nil || !strings.Contains(err.Error(), "WORKERS") {
		t.Errorf("error is %v, want one that names WORKERS", err)
	}
	out, code, err := proc.Run(t.Context(), t.TempDir(), []string{"WORKERS=none"}, "check")
	if err != nil || code != 1 || !strings.Contains(out, "WORKERS") {
		t.Errorf("check ends with %d, %v: %s", code, err, out)
	}
}
