package servers_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"care/server/testenv/servers"
)

func TestKilledPostgresKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	_, err := servers.FindPostgres()
	if err != nil {
		servers.Missing(t, err.Error())
	}
	p, err := servers.NewPostgres(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		err := p.Stop()
		if err != nil {
			t.Error(err)
		}
	}()
	pool, err := sql.Open("pgx", p.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	_, err = pool.ExecContext(t.Context(), "CREATE TABLE box (n bigint); INSERT INTO box VALUES (7)")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err = p.Kill()
		if err != nil {
			t.Fatal(err)
		}
		if pool.PingContext(t.Context()) == nil {
			t.Error("a killed server answers")
		}
		err = p.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var n int
		err = pool.QueryRowContext(t.Context(), "SELECT n FROM box").Scan(&n)
		if err != nil || n != 7 {
			t.Errorf("the row is %d, %v", n, err)
		}
	}
	// It writes as in production, since that is what the test is about.
	var fsync string
	err = pool.QueryRowContext(t.Context(), "SHOW fsync").Scan(&fsync)
	if err != nil || fsync != "on" {
		t.Errorf("fsync is %q, %v", fsync, err)
	}
}

func TestServerThatCannotStartSaysWhyAndLeavesNothing(t *testing.T) {
	t.Parallel()
	_, err := servers.FindPostgres()
	if err != nil {
		servers.Missing(t, err.Error())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, err := servers.NewPostgres(ctx, true)
	if err == nil {
		t.Fatal(errors.Join(errors.New("it started without time to do so"), p.Stop()))
	}
}

func TestAddressOfS3IsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	want := servers.S3{Endpoint: "http://127.0.0.1:9000", Bucket: "care", Key: "key", Secret: "a/b:c@d"}
	got, err := servers.ParseS3(want.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("address (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "127.0.0.1:9000", "http://127.0.0.1:9000/care", "http://k:s@127.0.0.1:9000", "http://k:s@127.0.0.1:9000/"} {
		_, err := servers.ParseS3(bad)
		if err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
