package channels_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"care/modules"
	"care/modules/audit"
	"care/modules/channels"
	"care/modules/channels/pay"
	"care/modules/channels/wechat"
	"care/modules/donations"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/clock"
	"care/server/money"
	"care/server/testenv/paysim"
	"care/templates/pdf"
)

// given is the desk of channels over the desk of gifts, with a simulated channel that calls back over real HTTP.
type given struct {
	*moduletest.Foundation
	*channels.Channels
	Gifts  *donations.Gifts
	WeChat *paysim.WeChat
	Line   *wechat.Client
	Site   *moduletest.Site
	URL    string
	client *http.Client
	site   atomic.Pointer[moduletest.Site]
}

var (
	clerk     = person("clerk", "李敏", "donations.view", "donations.record", "donations.refund", "channels.view", "channels.handle")
	checker   = person("checker", "王芳", "donations.view", "donations.confirm", "channels.view", "channels.close")
	secretary = person("secretary", "陈刚", "donations.view", "donations.approve", "channels.view")
	stranger  = person("stranger", "路人")
)

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Roles: []string{id}, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

// till is the same adapter as the platform's.
type till struct{ gifts *donations.Gifts }

func (t till) Promise(ctx context.Context, address string) (*channels.Promise, error) {
	g, err := t.gifts.ByAddress(ctx, address)
	if err != nil {
		return nil, err
	}
	use, err := t.gifts.UseOf(ctx, g)
	return &channels.Promise{ID: g.ID, Href: t.gifts.Href(g.ID), Use: use, Amount: g.Promised, Waiting: t.gifts.WaitsForMoney(g)}, err
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

func sets() []fs.FS {
	return []fs.FS{(&donations.Gifts{}).Module().Migrations, (&channels.Channels{}).Module().Migrations}
}

func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		fn(t, g)
		f.Check(t, g.mods()...)
	})
}

func (g *given) mods() []modules.Module {
	return []modules.Module{g.Gifts.Module(), g.Channels.Module()}
}

func open(t testing.TB, f *moduletest.Foundation) *given {
	t.Helper()
	g := &given{Foundation: f, client: &http.Client{Timeout: 10 * time.Second}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.site.Load().Handler().ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	g.URL = front.URL
	var err error
	g.WeChat, err = paysim.NewWeChat(f.Clock.Now)
	must(t, err)
	t.Cleanup(g.WeChat.Close)
	g.Line = g.line(t, func(*wechat.Config) {})
	g.Gifts = donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, donations.Settings{Org: pdf.Org{Name: "曲靖市退役军人关爱基金会"}, Account: donations.Account{Holder: "曲靖市退役军人关爱基金会", Number: "2505"}})
	must(t, g.Gifts.Ensure(t.Context()))
	g.Channels = g.desk(g.Line)
	g.serve(t)
	return g
}

// serve puts the site with the modules as they are behind its address.
func (g *given) serve(t testing.TB) {
	t.Helper()
	g.Site = g.Serve(t, map[string]access.Actor{"clerk": clerk, "checker": checker, "secretary": secretary, "stranger": stranger}, g.mods()...)
	g.site.Store(g.Site)
}

// desk opens the desk of channels as the platform does.
func (g *given) desk(lines ...pay.Channel) *channels.Channels {
	s := channels.New(g.DB, g.Trail, g.Funds, g.Queue, g.Box, till{g.Gifts}, g.URL, slog.New(slog.NewTextHandler(io.Discard, nil)), lines...)
	g.Gifts.OnOnline(func(address string, amount money.Fen) string {
		if len(s.Offered(amount)) == 0 {
			return ""
		}
		return "/pay/" + address
	})
	g.Gifts.OnPayback(func(ctx context.Context, tx *audit.Tx, p donations.Payback) error {
		return s.Back(ctx, tx, p.Channel, p.Ref, p.Refund, p.Amount, p.Reason)
	})
	return s
}

// line makes a client of the simulated channel; it verifies with platform certificates unless it is told otherwise.
func (g *given) line(t testing.TB, change func(*wechat.Config)) *wechat.Client {
	t.Helper()
	c := wechat.Config{Merchant: paysim.WeChatMerchant, App: paysim.WeChatApp, Secret: paysim.WeChatSecret, Serial: paysim.WeChatSerial, Key: g.WeChat.Merchant, APIv3: paysim.WeChatAPIv3,
		Base: g.WeChat.URL, OAuth: g.WeChat.URL, Notify: g.URL + "/pay/notify/wechat", Now: g.Clock.Now}
	change(&c)
	l, err := wechat.New(c)
	must(t, err)
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var keys atomic.Int64

func key() string { return "token-" + strconv.FormatInt(keys.Add(1), 10) }

// promised makes a promise and gives the secret part of its donor's page.
func (g *given) promised(t testing.TB, amount money.Fen) (gift *donations.Gift, address string) {
	t.Helper()
	gift, err := g.Gifts.Pledge(t.Context(), access.Public("192.0.2.1"), donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: "张建明", Amount: amount, Phone: "13808741234", Agree: true}, key())
	must(t, err)
	return gift, g.Gifts.Href(gift.ID)[len("/give/t/"):]
}

// ordered makes a promise with an order at the channel, by a code.
func (g *given) ordered(t testing.TB, amount money.Fen) (gift *donations.Gift, o *channels.Order) {
	t.Helper()
	gift, address := g.promised(t, amount)
	o, err := g.Begin(t.Context(), access.Public("192.0.2.1"), channels.Paying{Address: address, Channel: "wechat", Way: pay.Native, IP: "192.0.2.1"})
	must(t, err)
	return gift, o
}

// paid makes a promise whose money was taken and booked.
func (g *given) paid(t testing.TB, amount money.Fen) (gift *donations.Gift, o *channels.Order) {
	t.Helper()
	gift, o = g.ordered(t, amount)
	must(t, g.WeChat.Pay(o.No))
	g.told(t, g.WeChat.Notice(o.No), http.StatusOK)
	g.settle(t)
	if w := g.whole(t, gift.ID); w.State != donations.Received {
		t.Fatalf("the paid gift is %s", w.State)
	}
	return gift, o
}

// told sends a notice over HTTP and holds the answer to a status.
func (g *given) told(t testing.TB, n paysim.Notice, status int) {
	t.Helper()
	got, err := n.Send(t.Context(), g.client)
	must(t, err)
	if got != status {
		t.Fatalf("the notification was answered %d, want %d", got, status)
	}
}

// queued lets the queue work, with the drawing of receipts and all.
func (g *given) queued(t testing.TB) {
	t.Helper()
	g.Foundation.Settle(t, g.mods()...)
}

// settle does the channels' own work at once.
func (g *given) settle(t testing.TB) {
	t.Helper()
	must(t, g.Work(t.Context()))
}

func (g *given) whole(t testing.TB, gift string) *donations.Whole {
	t.Helper()
	w, err := g.Gifts.Gift(t.Context(), gift)
	must(t, err)
	return w
}

func (g *given) order(t testing.TB, gift string) channels.Order {
	t.Helper()
	os, err := g.Orders(t.Context(), gift)
	must(t, err)
	if len(os) == 0 {
		t.Fatal("the gift has no order")
	}
	return os[0]
}

// received is what all funds have received.
func (g *given) received(t testing.TB) money.Fen {
	t.Helper()
	fs, err := g.Funds.Funds(t.Context(), nil)
	must(t, err)
	var sum money.Fen
	for _, f := range fs {
		sum += f.Received()
	}
	return sum
}

// on is what an account of the books holds.
func (g *given) on(t testing.TB, account string) money.Fen {
	t.Helper()
	bs, err := g.Funds.Trial(t.Context())
	must(t, err)
	for _, b := range bs {
		if b.Code == account {
			return b.Debit - b.Credit
		}
	}
	t.Fatalf("there is no account %s", account)
	return 0
}
