package app_test

import (
	"testing"
	"testing/fstest"

	"care/modules/moduletest"
	"care/server/app"
	"care/server/db"
	"care/server/db/dbtest"
)

func TestInterruptedDemonstrationIsNotTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	people := fstest.MapFS{"20990101000000_identity_people.tx.up.sql": {Data: []byte("CREATE TABLE identity_people (id text PRIMARY KEY);")}}
	dbtest.EachDB(t, moduletest.Sets(people), func(t *testing.T, d *db.DB) {
		if begin, err := app.BeginSeed(t.Context(), d); err != nil || !begin {
			t.Fatalf("an empty database: %v, %v", begin, err)
		}
		if begin, err := app.BeginSeed(t.Context(), d); err == nil || begin {
			t.Errorf("half a demonstration: %v, %v", begin, err)
		}
		if err := app.EndSeed(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if begin, err := app.BeginSeed(t.Context(), d); err != nil || begin {
			t.Errorf("a whole demonstration: %v, %v", begin, err)
		}
	})
}

func TestDatabaseWithPeopleGetsNoDemonstration(t *testing.T) {
	t.Parallel()
	people := fstest.MapFS{"20990101000000_identity_people.tx.up.sql": {Data: []byte("CREATE TABLE identity_people (id text PRIMARY KEY); INSERT INTO identity_people VALUES ('p');")}}
	dbtest.EachDB(t, moduletest.Sets(people), func(t *testing.T, d *db.DB) {
		if begin, err := app.BeginSeed(t.Context(), d); err != nil || begin {
			t.Errorf("%v, %v", begin, err)
		}
	})
}
