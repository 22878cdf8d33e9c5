// Command bank measures how long a statement takes to be read, proved, scored against as many promises as it has lines, and
// kept, on PostgreSQL, and how much memory the process ever held:
//
//	import_10k, import_100k   lines and promises; the time of the larger one may grow by n log n of the smaller one
//	import_1m                 the same for a million, with BENCH_MILLION=1
//	memory_100k               the most that the process held until the 100,000 were done
//
// Six of ten lines carry a transfer code, three a name and an amount, one is unknown. Every invariant is proved at the end.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/simplifiedchinese"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/bank"
	"care/modules/documents"
	"care/modules/donations"
	"care/modules/ledger"
	"care/server/access"
	"care/server/app"
	"care/server/clock"
	"care/server/db"
	"care/server/money"
	"care/server/queue"
	"care/server/secret"
	"care/templates/pdf"
)

const (
	goalSeconds  = 60
	goalMegabyte = 300
	// 100,000 lines may take this many times the time of 10,000, in tenths: 10 · log 100,000 / log 10,000.
	goalGrowth = 125
	account    = "2505030109200000018"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bank:", err)
		os.Exit(1)
	}
}

// teller gives the promises; what is not measured is left to the desk of donations itself.
type teller struct{ *donations.Gifts }

func (t teller) EachDue(ctx context.Context, fn func(bank.Due) error) error {
	return t.Gifts.EachDue(ctx, func(d donations.Due) error {
		return fn(bank.Due{ID: d.ID, Code: d.Code, NameIndex: d.NameIndex, Amount: d.Promised, Day: d.MadeAt})
	})
}

func (t teller) Show(context.Context, []string) ([]bank.Gift, error)       { return nil, nil }
func (t teller) FindDue(context.Context, string, int) ([]bank.Gift, error) { return nil, nil }
func (t teller) OpenRefunds(context.Context, int) ([]bank.Refund, error)   { return nil, nil }
func (t teller) ArriveIn(context.Context, *audit.Tx, access.Actor, []bank.Arriving) error {
	return errors.New("nothing is accepted here")
}

func run(ctx context.Context) error {
	sizes := []int{10_000, 100_000}
	if os.Getenv("BENCH_MILLION") != "" {
		sizes = append(sizes, 1_000_000)
	}
	took := map[int]time.Duration{}
	for _, n := range sizes {
		d, hits, err := measure(ctx, n)
		if err != nil {
			return fmt.Errorf("%d lines: %w", n, err)
		}
		if hits < n*85/100 {
			return fmt.Errorf("only %d of %d lines found a gift: this measures nothing", hits, n)
		}
		took[n] = d
		held, err := peak()
		if err != nil {
			return err
		}
		name := map[int]string{10_000: "10k", 100_000: "100k", 1_000_000: "1m"}[n]
		growth, word := "", ""
		if n > 10_000 {
			tenths := int64(d) * 10 / int64(took[n/10])
			growth = fmt.Sprintf(" ratio=%d.%d", tenths/10, tenths%10)
			if word = " growth_goal=12.5 ok"; tenths > goalGrowth {
				word = " growth_goal=12.5 short"
			}
		}
		if n == 100_000 {
			fine := "ok"
			if d > goalSeconds*time.Second {
				fine = "short"
			}
			fmt.Fprintf(os.Stdout, "bank.import_%s value=%d unit=ms%s goal=%d %s%s\n", name, d.Milliseconds(), growth, goalSeconds*1000, fine, word)
			if fine = "ok"; held > goalMegabyte {
				fine = "short"
			}
			fmt.Fprintf(os.Stdout, "bank.memory_%s value=%d unit=MB goal=%d %s\n", name, held, goalMegabyte, fine)
			continue
		}
		fmt.Fprintf(os.Stdout, "bank.import_%s value=%d unit=ms%s%s memory=%dMB\n", name, d.Milliseconds(), growth, word, held)
	}
	return nil
}

// peak gives the most memory that this process ever held, in megabytes.
func peak() (int, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			return kb / 1024, err
		}
	}
	return 0, errors.New("the system does not tell how much memory was held")
}

// measure imports a statement of n lines against n promises and gives the time and how many lines have a suggestion.
func measure(ctx context.Context, n int) (time.Duration, int, error) {
	dsn, drop, err := fresh(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer drop()
	d, err := db.Open(ctx, dsn)
	if err != nil {
		return 0, 0, err
	}
	defer d.Close()
	dir, err := os.MkdirTemp("", "care-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	folder, err := media.NewFolder(dir)
	if err != nil {
		return 0, 0, err
	}
	defer folder.Close()
	q, err := queue.New(d, clock.Now)
	if err != nil {
		return 0, 0, err
	}
	box, err := secret.New(secret.NewKey())
	if err != nil {
		return 0, 0, err
	}
	engine, err := pdf.New()
	if err != nil {
		return 0, 0, err
	}
	trail := audit.New(d, clock.Now)
	funds := ledger.New(d, trail)
	archive := media.New(d, trail, folder, box, slog.New(slog.DiscardHandler))
	papers := documents.New(d, trail, q, archive, box, engine, "https://care.example")
	gifts := donations.New(d, trail, funds, papers, box, donations.Settings{Org: pdf.Org{Name: "Care"}})
	desk := bank.New(d, trail, q, archive, funds, box, teller{gifts}, bank.Settings{Account: account})
	if err := app.Migrate(ctx, d, []modules.Module{trail.Module(), archive.Module(), funds.Module(), papers.Module(), gifts.Module(), desk.Module()}); err != nil {
		return 0, 0, err
	}
	if err := gifts.Ensure(ctx); err != nil {
		return 0, 0, err
	}
	file, err := fill(ctx, d, gifts, n, dir)
	if err != nil {
		return 0, 0, fmt.Errorf("fill: %w", err)
	}
	clerk := access.Actor{ID: "clerk", Name: "clerk", Perms: []string{"bank.work"}}
	in, err := os.Open(file)
	if err != nil {
		return 0, 0, err
	}
	defer in.Close()
	began := clock.Now()
	stored, err := desk.Put(ctx, "statement.csv", in)
	if err != nil {
		return 0, 0, err
	}
	st, err := desk.Upload(ctx, clerk, bank.Upload{Profile: "icbc", File: stored}, "bench")
	if err != nil {
		return 0, 0, err
	}
	payload, err := json.Marshal(map[string]string{"statement": st.ID})
	if err != nil {
		return 0, 0, err
	}
	if err := desk.Module().Work[0].Do(ctx, payload); err != nil {
		return 0, 0, err
	}
	took := clock.Now().Sub(began)
	if st, err = desk.Statement(ctx, st.ID); err != nil || st.State != bank.Ready || st.Fresh != int64(n) {
		return 0, 0, fmt.Errorf("the statement is %s with %d lines: %s, %w", st.State, st.Fresh, st.Problems, err)
	}
	if _, err := desk.Check(ctx); err != nil {
		return 0, 0, err
	}
	ts, err := desk.Tallies(ctx, st.ID)
	return took, ts["suggested"].N, err
}

// fresh makes an empty database on the server that TEST_POSTGRES names.
func fresh(ctx context.Context) (dsn string, drop func(), err error) {
	admin := os.Getenv("TEST_POSTGRES")
	u, err := url.Parse(admin)
	if admin == "" || err != nil {
		return "", nil, errors.New("TEST_POSTGRES names no PostgreSQL; run it by `make bench M=bank`")
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
			fmt.Fprintln(os.Stderr, "bank:", err)
		}
	}, nil
}

const alphabet = "23456789ABCDEFGHJKMNPQRTUVWXY"

// code makes the i-th transfer code: seven signs out of i and the one that makes it valid.
func code(gifts *donations.Gifts, i int) string {
	b, x := make([]byte, 7), i*7919+1_000_003
	for k := range b {
		b[k] = alphabet[x%len(alphabet)]
		x /= len(alphabet)
	}
	for _, c := range alphabet {
		if s, ok := gifts.ReadCode(string(b) + string(c)); ok {
			return s
		}
	}
	return ""
}

func name(i int) string { return "Donor " + strconv.Itoa(i%(i/3+1)) + " " + strconv.Itoa(i) }

func promised(i int) money.Fen { return money.Fen(1000 + i%977*50) }

// fill makes n promises, as rows of one that was really made, and writes the statement that pays most of them.
func fill(ctx context.Context, d *db.DB, gifts *donations.Gifts, n int, dir string) (string, error) {
	first, err := gifts.Pledge(ctx, access.Public("192.0.2.1"), donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: "Donor", Amount: 100, Phone: "13808741234", Agree: true}, "first")
	if err != nil {
		return "", err
	}
	codes := make([]string, n)
	const lot = 2000
	for from := 0; from < n; from += lot {
		var values strings.Builder
		for i := from; i < min(from+lot, n); i++ {
			codes[i] = code(gifts, i)
			if i > from {
				values.WriteByte(',')
			}
			fmt.Fprintf(&values, "('%s','%s','%s',%d)", uuid.Must(uuid.NewV7()), codes[i], gifts.NameIndex(name(i)), promised(i))
		}
		if _, err := d.Writer().ExecContext(ctx, `INSERT INTO donations_gifts (id, code, token, source, donor, shown, public_name, name, name_index, phone, phone_index, idno, message, fund, promised, consent, state, made_by, made_name, made_at)
			SELECT v.id, v.code, v.id, g.source, g.donor, g.shown, g.public_name, '', v.name_index, '', '', '', '', g.fund, v.promised, g.consent, g.state, g.made_by, g.made_name, g.made_at
			FROM (VALUES `+values.String()+`) AS v (id, code, name_index, promised), donations_gifts AS g WHERE g.id = '`+first.ID+`'`); err != nil {
			return "", err
		}
	}
	if err := d.Analyze(ctx); err != nil {
		return "", err
	}
	p, err := profile(ctx, d)
	if err != nil {
		return "", err
	}
	file := dir + "/statement.csv"
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(out, 1<<20)
	enc := simplifiedchinese.GB18030.NewEncoder().Writer(w)
	balance, day := money.Fen(0), clock.DayOf(clock.Now())
	if _, err := fmt.Fprintln(enc, strings.Join(p, ",")); err != nil {
		return "", err
	}
	for i := range n {
		remark, payer := "", name(i)
		switch {
		case i%10 < 6:
			remark = "gift " + codes[i]
		case i%10 == 9:
			payer = "Stranger " + strconv.Itoa(i)
		}
		balance += promised(i)
		if _, err := fmt.Fprintf(enc, "%s,,%s,%s,HQP%09d,%s,62220000%08d,,%s,,\n", day, promised(i), balance, i, payer, i, remark); err != nil {
			return "", err
		}
	}
	return file, errors.Join(w.Flush(), out.Close())
}

// profile gives the names of the columns of the profile that comes with the tables, in the order in which fill writes them.
func profile(ctx context.Context, d *db.DB) ([]string, error) {
	var text string
	if err := d.NewRaw("SELECT layout FROM bank_profiles WHERE id = 'icbc'").Scan(ctx, &text); err != nil {
		return nil, err
	}
	var l bank.Layout
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return nil, err
	}
	return slices.Concat([]string{l.Day, l.Debit, l.Credit, l.Balance, l.Serial, l.Payer, l.PayerAccount, l.PayerBank}, strings.Split(l.Remark, "+")), nil
}
