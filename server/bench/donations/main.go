// Command donations measures how many donations a second are confirmed through the whole act (income in the fund, gapless
// number, receipt ordered, audit entry) by 32 clients on one fund that all of them want, on PostgreSQL:
//
//	confirm_batch   each client confirms one donation after the other; those that are asked for at once share a transaction
//	confirm_single  the same work, one act in one transaction
//	bare_commit     an update of one row of its own, committed: what the server can do at all
//
// The three take turns on one database in each round, so that a slow minute of the machine hits all of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

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
	"care/server/queue"
	"care/server/secret"
	"care/templates/pdf"
)

const (
	clients = 32
	rounds  = 5
	slice   = 2 * time.Second // of each side in each round
	stock   = 30_000          // donations that wait, made before the clock runs
	goal    = 5               // times as many as one by one
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "donations:", err)
		os.Exit(1)
	}
}

// bench is the desk over a fresh database, with arrivals that wait.
type bench struct {
	db      *db.DB
	trail   *audit.Trail
	gifts   *donations.Gifts
	checker access.Actor
	waiting []string
	next    atomic.Int64
}

func run(ctx context.Context) error {
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
	if err := b.fill(ctx); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	sides := []struct {
		name string
		do   func(ctx context.Context, client int) error
	}{
		{"confirm_batch", b.together}, {"confirm_single", b.alone}, {"bare_commit", b.bare},
	}
	rates := map[string][]int64{}
	for range rounds {
		for _, s := range sides {
			n, err := measure(ctx, s.do)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			rates[s.name] = append(rates[s.name], n)
		}
	}
	if err := b.prove(ctx); err != nil {
		return err
	}
	batch, single, bare := median(rates["confirm_batch"]), median(rates["confirm_single"]), median(rates["bare_commit"])
	word := "ok"
	if batch < goal*single {
		word = "short"
	}
	fmt.Fprintf(os.Stdout, "donations.confirm_batch value=%d unit=per_s ratio=%s goal=%d %s\n", batch, ratio(batch, single), goal, word)
	fmt.Fprintf(os.Stdout, "donations.confirm_single value=%d unit=per_s\n", single)
	fmt.Fprintf(os.Stdout, "donations.bare_commit value=%d unit=per_s batch_to_bare=%s\n", bare, ratio(batch, bare))
	return nil
}

// fresh makes an empty database on the server that TEST_POSTGRES names.
func fresh(ctx context.Context) (dsn string, drop func(), err error) {
	admin := os.Getenv("TEST_POSTGRES")
	u, err := url.Parse(admin)
	if admin == "" || err != nil {
		return "", nil, errors.New("TEST_POSTGRES names no PostgreSQL; run it by `make bench M=donations`")
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
			fmt.Fprintln(os.Stderr, "donations:", err)
		}
	}, nil
}

func open(ctx context.Context, dsn string) (*bench, error) {
	d, err := db.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	b := &bench{db: d, checker: person("checker", donations.ConfirmPerm)}
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
	b.trail = audit.New(d, clock.Now)
	funds := ledger.New(d, b.trail)
	archive := media.New(d, b.trail, nil, box, slog.New(slog.DiscardHandler)) // receipts are ordered here, not drawn
	papers := documents.New(d, b.trail, q, archive, box, engine, "https://care.example")
	b.gifts = donations.New(d, b.trail, funds, papers, box, donations.Settings{Org: pdf.Org{Name: "Care"}})
	if err := app.Migrate(ctx, d, []modules.Module{b.trail.Module(), archive.Module(), funds.Module(), papers.Module(), b.gifts.Module()}); err != nil {
		return nil, err
	}
	_, err = d.Writer().ExecContext(ctx, "CREATE TABLE bare (id int PRIMARY KEY, n bigint NOT NULL)")
	return b, err
}

func person(id string, ps ...access.Perm) access.Actor {
	a := access.Actor{ID: id, Name: id}
	for _, p := range ps {
		a.Perms = append(a.Perms, p.Name)
	}
	slices.Sort(a.Perms)
	return a
}

// fill makes the stock of arrivals that wait. Rows are written as the acts would write them, only without one transaction each.
func (b *bench) fill(ctx context.Context) error {
	if err := b.gifts.Ensure(ctx); err != nil {
		return err
	}
	clerk := person("clerk", donations.RecordPerm)
	first, err := b.gifts.Register(ctx, clerk, donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: "Donor"},
		donations.Payment{BankRef: "FIRST", Day: clock.DayOf(clock.Now()), Amount: 100, Payer: "Donor", Method: donations.Transfer}, "first")
	if err != nil {
		return err
	}
	w := b.db.Writer()
	ids, arrivals := make([]string, stock), make([]string, stock)
	for i := range stock {
		ids[i], arrivals[i] = uuid.Must(uuid.NewV7()).String(), uuid.Must(uuid.NewV7()).String()
	}
	// The private columns stay as they are sealed for the first gift, so the copies have none: a name is nothing that this measures.
	for from := 0; from < stock; from += 1000 {
		values := ""
		for i := from; i < min(from+1000, stock); i++ {
			if values != "" {
				values += ","
			}
			values += fmt.Sprintf("('%s','%s',%d)", ids[i], arrivals[i], i)
		}
		if _, err := w.ExecContext(ctx, `INSERT INTO donations_gifts (id, code, token, source, donor, shown, public_name, name, name_index, phone, phone_index, idno, message, fund, promised, consent, state, made_by, made_name, made_at)
			SELECT v.id, 'B' || v.n, v.id, g.source, g.donor, g.shown, g.public_name, '', g.name_index, '', '', '', '', g.fund, g.promised, g.consent, g.state, g.made_by, g.made_name, g.made_at
			FROM (VALUES `+values+`) AS v (id, arrival, n), donations_gifts AS g WHERE g.id = '`+first.ID+`'`); err != nil {
			return err
		}
		if _, err := w.ExecContext(ctx, `INSERT INTO donations_arrivals (id, gift, bank_ref, day, amount, method, payer, payer_index, state, recorded_by, recorded_name, recorded_at)
			SELECT v.arrival, v.id, 'R' || v.n, a.day, a.amount, a.method, '', '', a.state, a.recorded_by, a.recorded_name, a.recorded_at
			FROM (VALUES `+values+`) AS v (id, arrival, n), donations_arrivals AS a WHERE a.gift = '`+first.ID+`'`); err != nil {
			return err
		}
	}
	b.waiting = arrivals
	if _, err := w.ExecContext(ctx, "INSERT INTO bare SELECT i, 0 FROM generate_series(0, "+strconv.Itoa(clients-1)+") AS i"); err != nil {
		return err
	}
	// A first lot, so that the journals, papers and queue are not planned as empty tables.
	lot := make([]donations.Confirm, 0, 500)
	for range 500 {
		lot = append(lot, donations.Confirm{Arrival: b.waiting[b.next.Add(1)-1]})
	}
	if err := errors.Join(b.gifts.ConfirmAll(ctx, b.checker, lot)...); err != nil {
		return err
	}
	return b.db.Analyze(ctx)
}

var errStock = errors.New("the stock of donations is used up: raise it")

func (b *bench) take() (string, error) {
	i := b.next.Add(1) - 1
	if int(i) >= len(b.waiting) {
		return "", errStock
	}
	return b.waiting[i], nil
}

// together confirms one donation as the desk does.
func (b *bench) together(ctx context.Context, _ int) error {
	a, err := b.take()
	if err != nil {
		return err
	}
	return b.gifts.Confirm(ctx, b.checker, donations.Confirm{Arrival: a})
}

// alone confirms one donation in a transaction of its own.
func (b *bench) alone(ctx context.Context, _ int) error {
	a, err := b.take()
	if err != nil {
		return err
	}
	return b.gifts.ConfirmAll(ctx, b.checker, []donations.Confirm{{Arrival: a}})[0]
}

// bare commits an update of the client's own row.
func (b *bench) bare(ctx context.Context, client int) error {
	return b.db.InTx(ctx, clock.Now, func(ctx context.Context, tx db.Tx) error {
		_, err := tx.NewRaw("UPDATE bare SET n = n + 1 WHERE id = ?", client).Exec(ctx)
		return err
	})
}

// measure lets all clients work for a slice and gives how many acts a second were done.
func measure(ctx context.Context, do func(ctx context.Context, client int) error) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		n    atomic.Int64
		stop atomic.Bool
		wg   sync.WaitGroup
		errs = make(chan error, clients)
	)
	began := clock.Now()
	for c := range clients {
		wg.Go(func() {
			for !stop.Load() {
				if err := do(ctx, c); err != nil {
					errs <- err
					cancel()
					return
				}
				n.Add(1)
			}
		})
	}
	timer := time.NewTimer(slice)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	stop.Store(true)
	wg.Wait()
	took := clock.Now().Sub(began)
	select {
	case err := <-errs:
		return 0, err
	default:
		return n.Load() * int64(time.Second) / int64(took), nil
	}
}

// prove checks that what was measured was done: every invariant of the modules, and no gap in the numbers.
func (b *bench) prove(ctx context.Context) error {
	for _, m := range []modules.Module{b.gifts.Module()} {
		if _, err := m.Check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func median(ns []int64) int64 {
	s := slices.Sorted(slices.Values(ns))
	return s[len(s)/2]
}

// ratio writes a over b with one decimal.
func ratio(a, b int64) string {
	if b == 0 {
		return "0"
	}
	tenths := a * 10 / b
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)
}
