// Command disclosure measures, on PostgreSQL, whether what everybody may ask stays as quick when a hundred times as many
// gifts were made. Each line compares a database of 1,000,000 gifts with one of 10,000; the two take turns, so that a slow
// minute of the machine hits both:
//
//	roll_page   a page of the public roll, at places all over it, all uses and one project and the general fund in turn
//	donor_query a donor finds the own gift by its code and the last digits of the phone
//	desk_search the clerk finds a donor by the whole name
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/donations"
	"care/modules/ledger"
	"care/server/access"
	"care/server/app"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/queue"
	"care/server/secret"
	"care/templates/pdf"
)

const (
	small, large = 10_000, 1_000_000
	donors       = 200 // of them with a name and a phone of their own, who ask
	asked        = 150 // questions of a round
	rounds       = 15  // of each side; the quietest one of each counts
	goal         = 150 // hundredths: at most 1.5 times as long
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "disclosure:", err)
		os.Exit(1)
	}
}

type bench struct {
	db    *db.DB
	gifts *donations.Gifts
	site  http.Handler
	codes []string // of the donors who ask
	n     int      // gifts in all
}

func run(ctx context.Context) error {
	var sides []*bench
	for _, n := range []int{small, large} {
		dsn, drop, err := fresh(ctx)
		if err != nil {
			return err
		}
		defer drop()
		b, err := open(ctx, dsn)
		if err != nil {
			return err
		}
		defer b.db.Close()
		if err := b.begin(ctx); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		if err := b.grow(ctx, n); err != nil {
			return fmt.Errorf("grow to %d: %w", n, err)
		}
		sides = append(sides, b)
	}
	measures := []struct {
		name string
		do   func(b *bench, ctx context.Context, i int) error
	}{{"roll_page", (*bench).roll}, {"donor_query", (*bench).find}, {"desk_search", (*bench).search}}
	took := map[string]*[2]time.Duration{}
	for r := range rounds + 1 { // the first one warms
		for _, m := range measures {
			best := took[m.name]
			if best == nil {
				best = &[2]time.Duration{}
				took[m.name] = best
			}
			for side, b := range sides {
				d, err := b.measure(ctx, m.do)
				if err != nil {
					return fmt.Errorf("%s with %d gifts: %w", m.name, b.n, err)
				}
				if r > 0 && (best[side] == 0 || d < best[side]) {
					best[side] = d
				}
			}
		}
	}
	for _, m := range measures {
		t := took[m.name]
		ratio, word := int64(t[1])*100/int64(t[0]), "ok"
		if ratio > goal {
			word = "short"
		}
		fmt.Fprintf(os.Stdout, "disclosure.%s value=%d unit=us with_%d=%d ratio=%s goal=1.5 %s\n", m.name, t[1].Microseconds(), small, t[0].Microseconds(), hundredths(ratio), word)
	}
	return nil
}

// fresh makes an empty database on the server that TEST_POSTGRES names.
func fresh(ctx context.Context) (dsn string, drop func(), err error) {
	admin := os.Getenv("TEST_POSTGRES")
	u, err := url.Parse(admin)
	if admin == "" || err != nil {
		return "", nil, errors.New("TEST_POSTGRES names no PostgreSQL; run it by `make bench M=disclosure`")
	}
	d, err := db.Open(ctx, admin)
	if err != nil {
		return "", nil, err
	}
	name := "care_bench_" + strconv.FormatInt(clock.Now().UnixMicro(), 36)
	if _, err := d.Writer().ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(err, d.Close())
	}
	u.Path = "/" + name
	return u.String(), func() {
		_, err := d.Writer().ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		if err := errors.Join(err, d.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "disclosure:", err)
		}
	}, nil
}

func open(ctx context.Context, dsn string) (*bench, error) {
	d, err := db.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	q, err := queue.New(d, clock.Now)
	if err != nil {
		return nil, err
	}
	box, err := secret.New(secret.NewKey())
	if err != nil {
		return nil, err
	}
	engine, err := pdf.New()
	if err != nil {
		return nil, err
	}
	trail := audit.New(d, clock.Now)
	funds := ledger.New(d, trail)
	archive := media.New(d, trail, nil, box, slog.New(slog.DiscardHandler)) // receipts are ordered here, not drawn
	papers := documents.New(d, trail, q, archive, box, engine, "https://care.example")
	b := &bench{db: d, gifts: donations.New(d, trail, funds, papers, box, donations.Settings{Org: pdf.Org{Name: "Care"}})}
	mods := []modules.Module{trail.Module(), archive.Module(), funds.Module(), papers.Module(), b.gifts.Module()}
	if err := app.Migrate(ctx, d, mods); err != nil {
		return nil, err
	}
	nobody := func(context.Context, string) (access.Actor, error) {
		return access.Actor{}, fault.New(fault.NotFound, "access.not_found")
	}
	a, err := app.New(app.Options{DB: d, Queue: q, Log: slog.New(slog.DiscardHandler), Now: clock.Now, Org: "Care", Person: nobody}, mods)
	if err != nil {
		return nil, err
	}
	b.site = a.Handler()
	return b, nil
}

func person(id string, ps ...access.Perm) access.Actor {
	a := access.Actor{ID: id, Name: id}
	for _, p := range ps {
		a.Perms = append(a.Perms, p.Name)
	}
	slices.Sort(a.Perms)
	return a
}

// name gives each of the donors who ask a name of their own.
func name(i int) string { return "Donor " + strconv.Itoa(i) }

// begin opens a campaign and lets the donors who ask give to it, through the acts.
func (b *bench) begin(ctx context.Context) error {
	if err := b.gifts.Ensure(ctx); err != nil {
		return err
	}
	c, err := b.gifts.Make(ctx, person("maker", donations.EditPerm), "BENCH", donations.Plan{Title: "Bench", Lead: "x", Story: "x", Purpose: "x", Beneficiaries: "x", Surplus: "x", Manager: "x", Mode: donations.Intent}, "make")
	if err != nil {
		return err
	}
	if err := b.gifts.Open(ctx, person("opener", donations.OpenPerm), c.ID, c.Version); err != nil {
		return err
	}
	clerk, checker := person("clerk", donations.RecordPerm, donations.ViewPerm), person("checker", donations.ConfirmPerm)
	var lot []donations.Confirm
	for i := range donors {
		p := donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: name(i), Phone: "138" + fmt.Sprintf("%08d", i), Amount: 100, Agree: true, Campaign: c.ID}
		g, err := b.gifts.Pledge(ctx, access.Public(""), p, "pledge"+strconv.Itoa(i))
		if err != nil {
			return err
		}
		b.codes = append(b.codes, g.Code)
		if err := b.gifts.Record(ctx, clerk, g.ID, donations.Payment{BankRef: "R" + strconv.Itoa(i), Day: clock.DayOf(clock.Now()), Amount: 100, Payer: name(i), Method: donations.Transfer}, "record"+strconv.Itoa(i)); err != nil {
			return err
		}
		w, err := b.gifts.Gift(ctx, g.ID)
		if err != nil {
			return err
		}
		lot = append(lot, donations.Confirm{Arrival: w.Live().ID})
	}
	b.n = donors
	return errors.Join(b.gifts.ConfirmAll(ctx, checker, lot)...)
}

// grow copies a gift until there are n: one half to the campaign, one to the general fund. The columns are asked of the
// database, so that a new one does not stop the bench; those that are unique are written anew.
func (b *bench) grow(ctx context.Context, n int) error {
	var columns []string
	if err := b.db.NewRaw("SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'donations_gifts' ORDER BY ordinal_position").Scan(ctx, &columns); err != nil {
		return err
	}
	own := map[string]string{
		"id": "'b' || i", "code": "'B' || i", "token": "'b' || i", "receipt": "'b' || i", "number": "'B-' || i", "roll": "'00' || lpad(to_hex(i), 30, '0')", "name_index": "'n' || i % 100000",
		"phone_index": "'p' || i % 100000", "amount": "100 + i % 5000", "promised": "100 + i % 5000", "campaign": "CASE WHEN i % 2 = 0 THEN g.campaign END",
	}
	values := make([]string, 0, len(columns))
	for _, c := range columns {
		v, ok := own[c]
		if !ok {
			v = "g." + c
		}
		values = append(values, v)
	}
	for b.n < n {
		to := min(n, b.n+50_000)
		if _, err := b.db.Writer().ExecContext(ctx, fmt.Sprintf("INSERT INTO donations_gifts (%s) SELECT %s FROM generate_series(%d, %d) AS i, (SELECT * FROM donations_gifts WHERE code = '%s') AS g",
			strings.Join(columns, ", "), strings.Join(values, ", "), b.n, to-1, b.codes[0])); err != nil {
			return err
		}
		b.n = to
	}
	_, err := b.db.Writer().ExecContext(ctx, "VACUUM ANALYZE donations_gifts")
	return err
}

// roll asks for a page of the roll that no cache holds.
func (b *bench) roll(_ context.Context, i int) error {
	at := (i*7919 + 13) % b.n
	path := "/donations?after=00" + fmt.Sprintf("%030x", at) + "&campaign=" + []string{"", "BENCH", donations.GeneralCode}[i%3] + "&x=" + strconv.FormatInt(clock.Now().UnixNano(), 36)
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK || at > 1000 && strings.Count(w.Body.String(), "/verify/B-") < 30 {
		return fmt.Errorf("%s: status %d, %d gifts", path, w.Code, strings.Count(w.Body.String(), "/verify/B-"))
	}
	return nil
}

// find asks for a gift as its donor does.
func (b *bench) find(ctx context.Context, i int) error {
	i %= donors
	_, err := b.gifts.Find(ctx, b.codes[i], fmt.Sprintf("%04d", i))
	return err
}

// search asks for a donor as the clerk does.
func (b *bench) search(ctx context.Context, i int) error {
	rows, err := b.gifts.List(ctx, donations.Filter{Q: name(i % donors)}, "", 30)
	if err == nil && len(rows.Rows) != 1 {
		return fmt.Errorf("%d gifts of %s", len(rows.Rows), name(i%donors))
	}
	return err
}

// measure gives the middle time of a question in one round.
func (b *bench) measure(ctx context.Context, do func(b *bench, ctx context.Context, i int) error) (time.Duration, error) {
	ds := make([]time.Duration, 0, asked)
	for i := range asked {
		began := clock.Now()
		if err := do(b, ctx, i); err != nil {
			return 0, err
		}
		ds = append(ds, clock.Now().Sub(began))
	}
	slices.Sort(ds)
	return max(ds[len(ds)/2], time.Microsecond), nil
}

func hundredths(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
