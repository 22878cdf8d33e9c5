package dbtest

import (
	"database/sql"
	"fmt"
	"testing"
	"time"
)

func TestDatabasesOfYesterdayAreSwept(t *testing.T) {
	t.Parallel()
	p := needPostgres(t)
	now := time.Now()
	old := fmt.Sprintf("%s%d_1_%d", namePrefix, now.Add(-25*time.Hour).Unix(), now.UnixNano())
	young := fmt.Sprintf("%s%d_1_%d", namePrefix, now.Add(-23*time.Hour).Unix(), now.UnixNano())
	foreign := fmt.Sprintf("caretest%d", now.UnixNano())
	pool, err := sql.Open("pgx", p.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, name := range []string{old, young, foreign} {
		_, err := pool.ExecContext(t.Context(), "CREATE DATABASE "+name)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			_, err := pool.ExecContext(t.Context(), "DROP DATABASE IF EXISTS "+name)
			if err != nil {
				t.Error(err)
			}
		}()
	}
	err = p.sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{old: false, young: true, foreign: true} {
		var there bool
		err := pool.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
		if err != nil || there != want {
			t.Errorf("%s is there: %t, want %t (%v)", name, there, want, err)
		}
	}
}
