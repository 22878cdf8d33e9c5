package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"care/modules/audit"
	"care/modules/mail"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
)

// mailServer is a real mail server in this process.
type mailServer struct {
	sync.Mutex
	host string
	port int
	got  []*netmail.Message
	body [][]byte
	to   []string

	atRcpt func(to string) error // what it says to an address; nil: yes
	atMail func() error
	atData func() error // after the letter was read
	cut    bool         // it hangs up before its yes
	bye    bool         // it hangs up right after its yes
	slow   time.Duration
	user   string
	trust  *tls.Config
}

type session struct {
	s    *mailServer
	c    *smtp.Conn
	auth bool
	to   string
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != x.s.user || password != "geheim" {
			return smtp.ErrAuthFailed
		}
		x.auth = true
		return nil
	}), nil
}

func (x *session) Mail(string, *smtp.MailOptions) error {
	if x.s.user != "" && !x.auth {
		return smtp.ErrAuthRequired
	}
	x.s.Lock()
	at := x.s.atMail
	x.s.Unlock()
	if at != nil {
		return at()
	}
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.s.Lock()
	at := x.s.atRcpt
	x.s.Unlock()
	x.to = to
	if at != nil {
		return at(to)
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.Lock()
	at, cut, slow := x.s.atData, x.s.cut, x.s.slow
	x.s.Unlock()
	if slow > 0 {
		time.Sleep(slow) // the server is slow, not the test: the client gives up long before
	}
	if at != nil {
		if err := at(); err != nil {
			return err
		}
	}
	m, err := netmail.ReadMessage(strings.NewReader(string(b)))
	if err != nil {
		return err
	}
	x.s.Lock()
	x.s.got, x.s.body, x.s.to = append(x.s.got, m), append(x.s.body, b), append(x.s.to, x.to)
	x.s.Unlock()
	if cut {
		return x.c.Conn().Close()
	}
	return nil
}

func (x *session) Reset() {
	x.s.Lock()
	bye := x.s.bye && len(x.s.got) > 0
	x.s.Unlock()
	if bye {
		_ = x.c.Conn().Close()
	}
}

func (x *session) Logout() error { return nil }

func (s *mailServer) set(fn func(s *mailServer)) {
	s.Lock()
	defer s.Unlock()
	fn(s)
}

func (s *mailServer) count() int {
	s.Lock()
	defer s.Unlock()
	return len(s.got)
}

// serve starts the server; secure makes it speak TLS only after STARTTLS, with a certificate that the test trusts.
func serve(t *testing.T, secure bool) *mailServer {
	t.Helper()
	s := &mailServer{host: "127.0.0.1"}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, c: c}, nil }))
	srv.Domain, srv.AllowInsecureAuth = "mx.example", true
	srv.ErrorLog = quiet{}
	if secure {
		srv.AllowInsecureAuth = false
		srv.TLSConfig, s.trust = certificate(t)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

// given is a post office over a fresh database, with a mail server.
type given struct {
	*moduletest.Foundation
	*mail.Post
	server *mailServer
	set    mail.Settings
}

var (
	manager  = access.Actor{ID: "manager", Name: "周燕", Perms: []string{"mail.manage", "mail.reveal", "mail.view"}}
	onlooker = access.Actor{ID: "onlooker", Name: "李敏", Perms: []string{"mail.view"}}
)

func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		s := serve(t, false)
		g := open(f, s, func(*mail.Settings) {})
		fn(t, g)
		f.Check(t)
	})
}

func open(f *moduletest.Foundation, s *mailServer, change func(*mail.Settings)) *given {
	set := mail.Settings{Org: "曲靖市退役军人关爱基金会", Hotline: "0874-3100000", Base: "https://care.example",
		Server: &mail.Server{Host: s.host, Port: s.port, From: "letters@care.example", TLS: mail.TLSNone, Timeout: 5 * time.Second}}
	change(&set)
	return &given{f, mail.New(f.DB, f.Trail, f.Queue, f.Box, f.Mails, set), s, set}
}

// write sends a letter in an act of its own.
func (g *given) write(t testing.TB, ls ...mail.Letter) string {
	t.Helper()
	return g.writeAs(t, nil, ls...)
}

var errStop = errors.New("stop")

func (g *given) writeAs(t testing.TB, end error, ls ...mail.Letter) string {
	t.Helper()
	err := g.Trail.Do(t.Context(), audit.Act{Actor: manager, Need: mail.View, Verb: "mail.test", Subject: "test"}, func(ctx context.Context, tx *audit.Tx) error {
		if err := g.Send(ctx, tx, ls...); err != nil {
			return err
		}
		return end
	})
	if !errors.Is(err, end) || end == nil && err != nil {
		t.Fatal(err)
	}
	return g.last(t)
}

// last gives the id of the newest letter, "" for none.
func (g *given) last(t testing.TB) string {
	t.Helper()
	p, err := g.List(t.Context(), mail.Filter{}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) == 0 {
		return ""
	}
	return p.Rows[0].ID
}

// work works what is queued.
func (g *given) work(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := g.Queue.Settle(ctx, g.Module().Work); err != nil {
		t.Fatal(err)
	}
}

// later moves the clock and sends what is due.
func (g *given) later(t testing.TB, d time.Duration) {
	t.Helper()
	g.Clock.To(g.Clock.Now().Add(d))
	if err := g.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// is holds a letter to its state, reason and number of tries.
func (g *given) is(t testing.TB, id string, state mail.State, reason string, tries int64) *mail.Whole {
	t.Helper()
	w, err := g.Letter(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if w.State != state || w.Reason != reason || w.Row.Tries != tries {
		t.Errorf("the letter is %s %q after %d tries, want %s %q %d", w.State, w.Reason, w.Row.Tries, state, reason, tries)
	}
	return w
}

func letter(to string) mail.Letter {
	return mail.Letter{To: to, Kind: "test", Ref: "donation/1", Data: "欧阳㐱·买买提"}
}

func says(code int, enhanced smtp.EnhancedCode, text string) func() error {
	return func() error { return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text} }
}

func TestALetterLeavesAfterItsActAndReadsAsWritten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		if id := g.writeAs(t, errStop, letter("a@b.example")); id != "" {
			t.Error("an act that failed has left a letter")
		}
		id := g.write(t, letter("Li@B.example"))
		if g.server.count() != 0 {
			t.Error("the letter left before its act was over")
		}
		g.work(t)
		w := g.is(t, id, mail.Sent, "", 1)
		if g.server.count() != 1 || g.server.to[0] != "li@b.example" || w.Masked != "l***@b.example" {
			t.Fatalf("%d letters to %v, shown as %s", g.server.count(), g.server.to, w.Masked)
		}
		m := g.server.got[0]
		dec := new(mime.WordDecoder)
		subject, err := dec.DecodeHeader(m.Header.Get("Subject"))
		if err != nil || subject != "测试信：邮件可以送达" {
			t.Errorf("subject %q, %v", subject, err)
		}
		from, err := netmail.ParseAddress(m.Header.Get("From"))
		if err != nil || from.Name != g.set.Org || from.Address != "letters@care.example" {
			t.Errorf("from %v, %v", from, err)
		}
		if m.Header.Get("Message-Id") != "<"+w.MessageID+">" || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("headers %v", m.Header)
		}
		parts := textParts(t, m)
		if len(parts) != 2 || !strings.Contains(parts["text/plain"], "欧阳㐱·买买提 在2026年11月25日") || !strings.Contains(parts["text/html"], "欧阳㐱·买买提") {
			t.Errorf("parts %q", parts)
		}
		// What is stored can be read by nobody without the key, and shown to nobody without a reason.
		var stored string
		if err := g.DB.NewRaw(`SELECT address || body FROM mail_letters WHERE id = ?`, id).Scan(t.Context(), &stored); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(stored, "example") || strings.Contains(stored, "欧阳") {
			t.Error("a private column is not sealed")
		}
		if _, err := g.Reveal(t.Context(), onlooker, id, "asked"); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an onlooker reads the letter: %v", err)
		}
		if _, err := g.Reveal(t.Context(), manager, id, ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("read without a reason: %v", err)
		}
		p, err := g.Reveal(t.Context(), manager, id, "asked")
		if err != nil || p.Address != "li@b.example" || !strings.Contains(p.Text, "欧阳") {
			t.Errorf("revealed %+v, %v", p, err)
		}
	})
}

func textParts(t *testing.T, m *netmail.Message) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		out[kind] = string(b)
	}
}

func TestTroubleThatMayPassIsTriedAgainUnderOneMessageID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.server.set(func(s *mailServer) {
			s.atRcpt = func(string) error { return says(451, smtp.EnhancedCode{4, 7, 1}, "greylisted, come back")() }
		})
		id := g.write(t, letter("a@b.example"))
		g.work(t)
		first := g.is(t, id, mail.Waiting, "mail.why.later", 1)
		g.later(t, 30*time.Second) // not yet
		g.is(t, id, mail.Waiting, "mail.why.later", 1)
		g.later(t, time.Minute)
		g.is(t, id, mail.Waiting, "mail.why.later", 2)
		g.server.set(func(s *mailServer) { s.atRcpt = nil })
		g.later(t, 5*time.Minute)
		last := g.is(t, id, mail.Sent, "", 3)
		if first.MessageID != last.MessageID || g.server.got[0].Header.Get("Message-Id") != "<"+first.MessageID+">" {
			t.Error("the letter changed its Message-ID")
		}
		g.later(t, 100*time.Hour)
		if g.server.count() != 1 {
			t.Errorf("%d letters arrived", g.server.count())
		}
	})
}

func TestTroubleThatDoesNotPassEndsAfterTwoDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.server.set(func(s *mailServer) { s.atData = says(452, smtp.EnhancedCode{4, 2, 2}, "mailbox full") })
		id := g.write(t, letter("a@b.example"))
		g.work(t)
		for range 9 {
			g.later(t, 24*time.Hour)
		}
		w := g.is(t, id, mail.Failed, "mail.why.later", 9)
		// A person may begin a new round, under the same Message-ID, since nobody has taken the letter.
		g.server.set(func(s *mailServer) { s.atData = nil })
		to, err := g.Resend(t.Context(), manager, id, "k1")
		if err != nil || to != id {
			t.Fatalf("resent as %s, %v", to, err)
		}
		g.work(t)
		if again := g.is(t, id, mail.Sent, "", 10); again.MessageID != w.MessageID {
			t.Error("the letter changed its Message-ID")
		}
	})
}

func TestWhatIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.server.set(func(s *mailServer) { s.atData = says(554, smtp.EnhancedCode{5, 7, 1}, "looks like spam to me") })
		id := g.write(t, letter("a@b.example"))
		g.work(t)
		g.later(t, 48*time.Hour)
		w := g.is(t, id, mail.Failed, "mail.why.refused", 1)
		if w.Bounced {
			t.Error("a refused letter has made its address bad")
		}
		if w.Tries[0].Code != 554 {
			t.Errorf("code %d", w.Tries[0].Code)
		}
	})
}

func TestAnAddressThatNobodyHasGetsNothingMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.server.set(func(s *mailServer) {
			s.atRcpt = func(to string) error {
				if strings.HasPrefix(to, "nobody") {
					return says(550, smtp.EnhancedCode{5, 1, 1}, "<"+to+">: no such user")()
				}
				return nil
			}
		})
		id := g.write(t, letter("nobody@b.example"))
		g.work(t)
		if w := g.is(t, id, mail.Failed, "mail.why.nobody", 1); !w.Bounced {
			t.Error("the address is not marked")
		}
		var said string
		if err := g.DB.NewRaw(`SELECT said FROM mail_tries`).Scan(t.Context(), &said); err != nil || strings.Contains(said, "nobody") {
			t.Errorf("the server's words are not sealed: %q %v", said, err)
		}
		second := g.write(t, letter("NOBODY@b.example"), letter("other@b.example"))
		g.work(t)
		g.is(t, second, mail.Sent, "", 1)
		p, err := g.List(t.Context(), mail.Filter{Q: "nobody@B.example"}, "", 10)
		if err != nil || len(p.Rows) != 2 || p.Rows[0].State != mail.Failed || p.Rows[0].Reason != "mail.why.bounced" || p.Rows[0].Tries != 0 {
			t.Errorf("letters to the address: %+v, %v", p.Rows, err)
		}
		// Somebody has asked the donor: the mailbox is there now.
		g.server.set(func(s *mailServer) { s.atRcpt = nil })
		if _, err := g.Resend(t.Context(), manager, id, "k1"); err != nil {
			t.Fatal(err)
		}
		g.work(t)
		g.is(t, id, mail.Sent, "", 2)
		third := g.write(t, letter("nobody@b.example"))
		g.work(t)
		g.is(t, third, mail.Sent, "", 1)
	})
}

func TestALetterThatCameBackIsNotedByHandAndSentAgainAsACopy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		id := g.write(t, letter("a@b.example"))
		if err := g.Bounced(t.Context(), manager, id); fault.CodeOf(err) != "mail.not_sent" {
			t.Errorf("a letter that has not left came back: %v", err)
		}
		g.work(t)
		if err := g.Bounced(t.Context(), onlooker, id); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an onlooker notes it: %v", err)
		}
		if err := g.Bounced(t.Context(), manager, id); err != nil {
			t.Fatal(err)
		}
		g.is(t, id, mail.Failed, "mail.why.came_back", 1)
		to, err := g.Resend(t.Context(), manager, id, "k1")
		if err != nil || to == id {
			t.Fatalf("resent as %s, %v", to, err)
		}
		if _, err := g.Resend(t.Context(), manager, id, "k1"); fault.CodeOf(err) != "audit.again" {
			t.Errorf("the second press: %v", err)
		}
		g.work(t)
		if w := g.is(t, to, mail.Sent, "", 1); w.AgainOf != id {
			t.Error("the copy does not name its letter")
		}
		if g.server.count() != 2 || g.server.got[0].Header.Get("Message-Id") == g.server.got[1].Header.Get("Message-Id") {
			t.Error("the copy must have a Message-ID of its own: receivers drop what comes twice")
		}
	})
}

// A server that dies between the mail server's yes and our note of it sends again, under the same Message-ID.
func TestACrashAfterTheYesSendsAgainUnderTheSameMessageID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		id := g.write(t, letter("a@b.example"))
		died := mail.Take(t.Context(), g.Post, id) // it has the letter, and is never heard of again
		if died != nil {
			t.Fatal(died)
		}
		if n, err := mail.TakeAgain(t.Context(), g.Post, id); err != nil || n != 0 {
			t.Errorf("a letter that is being sent is taken again: %d, %v", n, err)
		}
		g.work(t) // another server meanwhile: the letter is taken
		g.is(t, id, mail.Sending, "", 1)
		if g.server.count() != 0 {
			t.Error("two servers send one letter")
		}
		g.later(t, 3*time.Minute)
		w := g.is(t, id, mail.Sent, "", 2)
		if w.Tries[0].Outcome != "later" || w.Tries[0].Reason != "mail.why.cut" || g.server.count() != 1 {
			t.Errorf("tries %+v, %d letters", w.Tries, g.server.count())
		}
		// The first server wakes up after all: its note changes nothing.
		if err := mail.NoteSent(t.Context(), g.Post, id, 1); err != nil {
			t.Fatal(err)
		}
		g.is(t, id, mail.Sent, "", 2)
	})
}

func TestManyServersSendALetterOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		id := g.write(t, letter("a@b.example"))
		moduletest.Won(t, moduletest.AtOnce(12, func(int) error { return g.SendDue(t.Context()) }))
		g.is(t, id, mail.Sent, "", 1)
		if g.server.count() != 1 {
			t.Errorf("%d letters arrived", g.server.count())
		}
	})
}

// The mail server's yes counts, even when it stumbles over the good-bye.
func TestAYesBeforeABrokenGoodbyeIsAYes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.server.set(func(s *mailServer) { s.bye = true })
		id := g.write(t, letter("a@b.example"))
		g.work(t)
		g.is(t, id, mail.Sent, "", 1)
		g.server.set(func(s *mailServer) { s.bye = false })
		// Hung up before the yes: nobody knows, so it comes again.
		g.server.set(func(s *mailServer) { s.cut = true })
		second := g.write(t, letter("a@b.example"))
		g.work(t)
		g.is(t, second, mail.Waiting, "mail.why.broken", 1)
		g.server.set(func(s *mailServer) { s.cut = false })
		g.later(t, 2*time.Minute)
		g.is(t, second, mail.Sent, "", 2)
		n := g.server.count()
		if n != 3 || g.server.got[1].Header.Get("Message-Id") != g.server.got[2].Header.Get("Message-Id") {
			t.Errorf("%d letters", n)
		}
	})
}

func TestASlowOrAbsentServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.server.set(func(s *mailServer) { s.slow = 400 * time.Millisecond })
		slow := open(g.Foundation, g.server, func(s *mail.Settings) { s.Server.Timeout = 100 * time.Millisecond })
		id := slow.write(t, letter("a@b.example"))
		slow.work(t)
		slow.is(t, id, mail.Waiting, "mail.why.broken", 1)
		gone := open(g.Foundation, g.server, func(s *mail.Settings) { s.Server.Port = 1 })
		second := gone.write(t, letter("a@b.example"))
		gone.work(t)
		gone.is(t, second, mail.Waiting, "mail.why.unreachable", 1)
	})
}

func TestWrongSettingsDoNotSpoilLetters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		safe := serve(t, true)
		safe.user = "care"
		for reason, change := range map[string]func(*mail.Server){
			"mail.why.login": func(s *mail.Server) { s.Password = "falsch" },
			"mail.why.tls":   func(s *mail.Server) { s.Trust = nil },
			"":               func(*mail.Server) {},
		} {
			p := open(g.Foundation, safe, func(s *mail.Settings) {
				s.Server.TLS, s.Server.User, s.Server.Password, s.Server.Trust = mail.TLSStart, "care", "geheim", safe.trust
				change(s.Server)
			})
			id := p.write(t, letter("a@b.example"))
			p.work(t)
			state := mail.Waiting
			if reason == "" {
				state = mail.Sent
			}
			p.is(t, id, state, reason, 1)
		}
		// A server without STARTTLS gets nothing where it is asked for.
		plain := open(g.Foundation, g.server, func(s *mail.Settings) { s.Server.TLS = mail.TLSStart })
		id := plain.write(t, letter("a@b.example"))
		plain.work(t)
		plain.is(t, id, mail.Waiting, "mail.why.broken", 1)
		g.server.set(func(s *mailServer) { s.atMail = says(553, smtp.EnhancedCode{5, 7, 1}, "sender not yours") })
		id = g.write(t, letter("a@b.example"))
		g.work(t)
		g.is(t, id, mail.Waiting, "mail.why.sender", 1)
	})
}

func TestWithoutAMailServerLettersAreKeptUntilOneComes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		none := open(g.Foundation, g.server, func(s *mail.Settings) { s.Server = nil })
		old := none.write(t, letter("a@b.example"))
		g.Clock.To(g.Clock.Now().Add(40 * 24 * time.Hour))
		id := none.write(t, letter("a@b.example"))
		none.work(t)
		none.is(t, id, mail.Kept, "mail.why.none", 0)
		if _, err := none.SendKept(t.Context(), manager, "k"); fault.CodeOf(err) != "mail.no_server" {
			t.Errorf("sent without a server: %v", err)
		}
		n, err := g.SendKept(t.Context(), manager, "k")
		if err != nil || n != 1 {
			t.Fatalf("%d letters, %v", n, err)
		}
		g.work(t)
		g.is(t, id, mail.Sent, "", 1)
		g.is(t, old, mail.Kept, "mail.why.none", 0) // old news
		// The server is taken away while a letter waits.
		waiting := g.write(t, letter("a@b.example"))
		none.work(t)
		g.is(t, waiting, mail.Kept, "mail.why.none", 0)
	})
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for _, to := range []string{"a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "\"x\r\n\"@b.example", "a@b.example\x00", strings.Repeat("a", 300) + "@b.example"} {
			id := g.write(t, letter(to))
			g.is(t, id, mail.Failed, "mail.why.address", 0)
		}
		evil := "2B3C\r\nBcc: victim@d.example\r\n\r\nbody\u2028x\x00"
		id := g.write(t, mail.Letter{To: "a@b.example", Kind: "pledge", Ref: "r", Data: map[string]any{"Amount": "<script>", "Use": evil, "Code": evil, "Holder": "h", "Bank": "b", "Account": "1", "Href": "javascript:alert(1)", "Days": 90}})
		g.work(t)
		g.is(t, id, mail.Sent, "", 1)
		if g.server.count() != 1 || !slices.Equal(g.server.to, []string{"a@b.example"}) {
			t.Fatalf("letters to %v", g.server.to)
		}
		m := g.server.got[0]
		if m.Header.Get("Bcc") != "" || len(m.Header["Subject"]) != 1 {
			t.Errorf("headers %v", m.Header)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || strings.ContainsAny(subject, "\r\n\x00") || !strings.Contains(subject, "2B3C Bcc: victim") {
			t.Errorf("subject %q %v", subject, err)
		}
		html := textParts(t, m)["text/html"]
		if strings.Contains(html, "<script>") || strings.Contains(html, "javascript:alert") {
			t.Errorf("html %s", html)
		}
	})
}

func TestCodesAreReadByNobodyAndForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		secret := letter("a@b.example")
		secret.Secret, secret.Within = true, 10*time.Minute
		id := g.write(t, secret)
		if p, err := g.Reveal(t.Context(), manager, id, "asked"); err != nil || p.Text != "" || p.Subject != "" {
			t.Errorf("a code is shown: %+v, %v", p, err)
		}
		g.work(t)
		if w := g.is(t, id, mail.Sent, "", 1); w.Body != "" || w.MayResend() {
			t.Error("a code is kept after it was sent")
		}
		// One that cannot be sent in its time is not sent at all.
		g.server.set(func(s *mailServer) {
			s.atRcpt = func(string) error { return says(451, smtp.EnhancedCode{4, 7, 1}, "later")() }
		})
		late := g.write(t, secret)
		g.work(t)
		g.later(t, 2*time.Minute)
		g.is(t, late, mail.Waiting, "mail.why.later", 2)
		g.later(t, 6*time.Minute)
		if w := g.is(t, late, mail.Expired, "mail.why.later", 3); w.Body != "" {
			t.Error("a code is kept after its time")
		}
		if g.server.count() != 1 {
			t.Errorf("%d letters", g.server.count())
		}
	})
}

func TestTextsAreForgottenAfterHalfAYear(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		id := g.write(t, letter("a@b.example"))
		g.work(t)
		for days, kept := range map[int]bool{179: true} {
			g.Clock.To(moduletest.Start.Add(time.Duration(days) * 24 * time.Hour))
			if err := g.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
			if w := g.is(t, id, mail.Sent, "", 1); (w.Body != "") != kept {
				t.Errorf("after %d days the text is kept: %t", days, w.Body != "")
			}
		}
		g.Clock.To(moduletest.Start.Add(181 * 24 * time.Hour))
		if err := g.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w := g.is(t, id, mail.Sent, "", 1); w.Body != "" {
			t.Error("the text is kept for ever")
		}
		if _, err := g.Resend(t.Context(), manager, id, "k"); fault.CodeOf(err) != "mail.no_resend" {
			t.Errorf("a letter without words is sent again: %v", err)
		}
	})
}

func TestAnAddressGetsOnlySoManyLettersADay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		l := letter("a@b.example")
		l.Most = 2
		for range 4 {
			g.write(t, l)
		}
		g.work(t)
		if g.server.count() != 2 {
			t.Errorf("%d letters", g.server.count())
		}
		g.Clock.To(g.Clock.Now().Add(25 * time.Hour))
		g.write(t, l)
		g.work(t)
		if g.server.count() != 3 {
			t.Errorf("%d letters the next day", g.server.count())
		}
	})
}

// texter notes what it is asked to send.
type texter struct{ got []string }

func (x *texter) Text(_ context.Context, phone, text string) error {
	x.got = append(x.got, phone+" "+text)
	return nil
}

func TestTextMessagesGoWhereThereIsATexter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		l := mail.Letter{Phone: "138 0874 1234", Kind: "test", Ref: "r", Data: "x"}
		id := g.write(t, l)
		g.is(t, id, mail.Kept, "mail.why.no_texter", 0)
		x := &texter{}
		with := open(g.Foundation, g.server, func(s *mail.Settings) { s.Texter = x })
		if g.Texts() || !with.Texts() {
			t.Error("who can send texts is not told")
		}
		id = with.write(t, l)
		with.work(t)
		with.is(t, id, mail.Sent, "", 1)
		if len(x.got) != 1 || !strings.HasPrefix(x.got[0], "13808741234 您好") || g.server.count() != 0 {
			t.Errorf("texts %q", x.got)
		}
	})
}
