// Command channels measures how many notifications of payments a second become booked income with a receipt, on PostgreSQL:
// from the HTTP request with its signature, through the stored event and queued work, to the gift that is received.
//
//	channels.booked   5,000 notifications by 32 connections; the clock stops when the last gift has its receipt's number
//	channels.stored   the same notifications, until the last one is answered
//
// Making the channel's signatures is the channel's work and is done before the clock runs; receipts are ordered and numbered
// here, and drawn elsewhere (bench documents).
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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/channels"
	"care/modules/channels/wechat"
	"care/modules/documents"
	"care/modules/donations"
	"care/modules/ledger"
	"care/server/access"
	"care/server/app"
	"care/server/clock"
	"care/server/db"
	"care/server/queue"
	"care/server/secret"
	"care/server/testenv/paysim"
	"care/templates/pdf"
)

const (
	connections = 32
	warm        = 500 // notifications before the clock runs, so that nothing is planned as an empty table
	measured    = 5_000
	goal        = 1_000
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "channels:", err)
		os.Exit(1)
	}
}

// bench is the site over a fresh database with promises that wait for their money.
type bench struct {
	db     *db.DB
	gifts  *donations.Gifts
	desk   *channels.Channels
	wechat *paysim.WeChat
	http   *http.Client
}

func run(ctx context.Context) error {
	dsn, drop, err := fresh(ctx)
	if err != nil {
		return err
	}
	defer drop()
	b := &bench{http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections}}}
	stop, err := b.open(ctx, dsn)
	if err != nil {
		return err
	}
	defer stop()
	ns, err := b.fill(ctx, warm+measured)
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	if _, _, err := b.send(ctx, ns[:warm], warm); err != nil {
		return err
	}
	if err := b.db.Analyze(ctx); err != nil {
		return err
	}
	stored, booked, err := b.send(ctx, ns[warm:], warm+measured)
	if err != nil {
		return err
	}
	for _, m := range []modules.Module{b.gifts.Module(), b.desk.Module()} {
		if _, err := m.Check(ctx); err != nil {
			return err
		}
	}
	word := "ok"
	if booked < goal {
		word = "short"
	}
	fmt.Fprintf(os.Stdout, "channels.booked value=%d unit=per_s goal=%d %s\n", booked, goal, word)
	fmt.Fprintf(os.Stdout, "channels.stored value=%d unit=per_s\n", stored)
	return nil
}

// fresh makes an empty database on the server that TEST_POSTGRES names.
func fresh(ctx context.Context) (dsn string, drop func(), err error) {
	admin := os.Getenv("TEST_POSTGRES")
	u, err := url.Parse(admin)
	if admin == "" || err != nil {
		return "", nil, errors.New("TEST_POSTGRES names no PostgreSQL; run it by `make bench M=channels`")
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
			fmt.Fprintln(os.Stderr, "channels:", err)
		}
	}, nil
}

// till books at the desk of gifts, as the platform's own does.
type till struct{ gifts *donations.Gifts }

func (t till) Promise(ctx context.Context, address string) (*channels.Promise, error) {
	g, err := t.gifts.ByAddress(ctx, address)
	if err != nil {
		return nil, err
	}
	return &channels.Promise{ID: g.ID, Href: t.gifts.Href(g.ID), Amount: g.Promised, Waiting: t.gifts.WaitsForMoney(g)}, nil
}

func (t till) Waiting(ctx context.Context, tx *audit.Tx, gifts []string) (map[string]bool, error) {
	return t.gifts.WaitingIn(ctx, tx, gifts)
}

func (t till) Take(ctx context.Context, tx *audit.Tx, ts []channels.Taking, at []int) error {
	out := make([]donations.Taking, 0, len(ts))
	for _, x := range ts {
		out = append(out, donations.Taking{Gift: x.Gift, Amount: x.Amount, Day: x.Day, Ref: x.Ref, Channel: x.Channel, Payer: x.Payer})
	}
	return t.gifts.TakeIn(ctx, tx, out, at)
}

func (t till) RefundPaid(ctx context.Context, tx *audit.Tx, refund, ref string, day clock.Day) error {
	return t.gifts.RefundPaid(ctx, tx, refund, ref, day)
}

func (t till) General(ctx context.Context, tx *audit.Tx) (string, error) {
	return t.gifts.GeneralIn(ctx, tx)
}

func (t till) Taken(ctx context.Context) (map[string]channels.Total, error) {
	ts, err := t.gifts.ByChannel(ctx)
	out := map[string]channels.Total{}
	for n, x := range ts {
		out[n] = channels.Total{N: int64(x.N), Amount: x.Amount}
	}
	return out, err
}

func (b *bench) open(ctx context.Context, dsn string) (stop func(), err error) {
	if b.db, err = db.Open(ctx, dsn); err != nil {
		return nil, err
	}
	q, err := queue.New(b.db, clock.Now)
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
	if b.wechat, err = paysim.NewWeChat(clock.Now); err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	trail := audit.New(b.db, clock.Now)
	funds := ledger.New(b.db, trail)
	archive := media.New(b.db, trail, nil, box, quiet)
	papers := documents.New(b.db, trail, q, archive, box, engine, "https://care.example")
	b.gifts = donations.New(b.db, trail, funds, papers, box, donations.Settings{Org: pdf.Org{Name: "Care"}})
	line, err := wechat.New(wechat.Config{Merchant: paysim.WeChatMerchant, App: paysim.WeChatApp, Serial: paysim.WeChatSerial, Key: b.wechat.Merchant, APIv3: paysim.WeChatAPIv3, Base: b.wechat.URL, Now: clock.Now})
	if err != nil {
		return nil, err
	}
	b.desk = channels.New(b.db, trail, funds, q, box, till{b.gifts}, "https://care.example", quiet, line)
	mods := []modules.Module{trail.Module(), archive.Module(), funds.Module(), papers.Module(), b.gifts.Module(), b.desk.Module()}
	if err := app.Migrate(ctx, b.db, mods); err != nil {
		return nil, err
	}
	person := func(context.Context, string) (access.Actor, error) { return access.Actor{}, errors.New("nobody") }
	site, err := app.New(app.Options{DB: b.db, Queue: q, Log: quiet, Now: clock.Now, Org: "Care", Person: person}, mods)
	if err != nil {
		return nil, err
	}
	front := httptest.NewServer(site.Handler())
	b.wechat.Notify(front.URL + "/pay/notify/wechat")
	work := append([]queue.Worker{}, b.desk.Module().Work...)
	// The queue's rows of the drawings are taken and finished here; the drawing itself is another measure.
	work = append(work, queue.Worker{Kind: "documents.issue", Do: func(context.Context, []byte) error { return nil }})
	halt, err := q.Start(ctx, 4, work, nil, quiet)
	if err != nil {
		return nil, err
	}
	return func() {
		front.Close()
		b.wechat.Close()
		if err := errors.Join(halt(ctx), b.db.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "channels:", err)
		}
	}, nil
}

// fill makes promises with open orders, paid at the channel, and the channel's signed notifications of them.
func (b *bench) fill(ctx context.Context, n int) ([]paysim.Notice, error) {
	if err := b.gifts.Ensure(ctx); err != nil {
		return nil, err
	}
	first, err := b.gifts.Pledge(ctx, access.Public(""), donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: "Donor", Phone: "13808741234", Amount: 100, Agree: true}, "first-of-the-bench")
	if err != nil {
		return nil, err
	}
	w := b.db.Writer()
	nos := make([]string, n)
	for from := 0; from < n; from += 500 {
		var values []string
		for i := from; i < min(from+500, n); i++ {
			nos[i] = fmt.Sprintf("B%08d", i)
			values = append(values, fmt.Sprintf("('%s','%s','%s',%d)", uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), nos[i], i))
		}
		rows := "(VALUES " + strings.Join(values, ",") + ") AS v (gift, ord, no, n)"
		// The private columns are sealed for the first gift, so the copies have none: a name is nothing that this measures.
		if _, err := w.ExecContext(ctx, `INSERT INTO donations_gifts (id, code, token, source, donor, shown, public_name, name, name_index, phone, phone_index, idno, message, fund, promised, consent, state, made_by, made_name, made_at)
			SELECT v.gift, 'B' || v.n, v.gift, g.source, g.donor, g.shown, g.public_name, '', g.name_index, '', '', '', '', g.fund, g.promised, g.consent, g.state, g.made_by, g.made_name, g.made_at
			FROM `+rows+`, donations_gifts AS g WHERE g.id = '`+first.ID+`'`); err != nil {
			return nil, err
		}
		if _, err := w.ExecContext(ctx, `INSERT INTO channels_orders (id, no, gift, channel, way, amount, state, subject, code, href, prepay, made_at, expires_at, ask_at, asks)
			SELECT v.ord, v.no, v.gift, 'wechat', 'native', 100, 'open', 'Gift', 'weixin://', '', '', now(), now() + interval '1 hour', now() + interval '1 hour', 0 FROM `+rows); err != nil {
			return nil, err
		}
	}
	if err := b.db.Analyze(ctx); err != nil {
		return nil, err
	}
	ns := make([]paysim.Notice, 0, n)
	for _, no := range nos {
		b.wechat.Add(no, 100)
		if err := b.wechat.Pay(no); err != nil {
			return nil, err
		}
		ns = append(ns, b.wechat.Notice(no))
	}
	return ns, nil
}

// send sends notifications and waits until so many gifts are received; it gives both rates, per second.
func (b *bench) send(ctx context.Context, ns []paysim.Notice, received int) (stored, booked int64, err error) {
	var (
		next atomic.Int64
		wg   sync.WaitGroup
		bad  atomic.Pointer[string]
	)
	began := clock.Now()
	for range connections {
		wg.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= len(ns) || bad.Load() != nil {
					return
				}
				if status, err := ns[i].Send(ctx, b.http); err != nil || status != http.StatusOK {
					why := fmt.Sprintf("notification %d was answered %d, %v", i, status, err)
					bad.Store(&why)
				}
			}
		})
	}
	wg.Wait()
	if why := bad.Load(); why != nil {
		return 0, 0, errors.New(*why)
	}
	answered := clock.Now().Sub(began)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for have := 0; have < received; {
		<-tick.C
		if have, err = b.gifts.Confirmed(ctx); err != nil {
			return 0, 0, err
		}
		if clock.Now().Sub(began) > 5*time.Minute {
			return 0, 0, fmt.Errorf("after five minutes %d of %d gifts are received", have, received)
		}
	}
	took := clock.Now().Sub(began)
	n := int64(len(ns)) * int64(time.Second)
	return n / int64(answered), n / int64(took), nil
}
