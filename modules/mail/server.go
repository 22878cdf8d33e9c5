package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	smtp "github.com/wneessen/go-mail"
)

// Server is the mail server that takes our letters.
type Server struct {
	Host     string
	Port     int
	User     string // "" for a server that asks for none
	Password string
	From     string // address that letters come from
	TLS      string // TLSAlways, TLSStart or TLSNone
	Timeout  time.Duration
	Trust    *tls.Config // nil: the machine's own authorities
}

// How the connection is made safe.
const (
	TLSAlways = "tls"      // from the first byte, usually port 465
	TLSStart  = "starttls" // by STARTTLS, usually port 587; refused when the server cannot
	TLSNone   = "none"     // not at all, for a server on the same machine
)

// result is what came of a try.
type result struct {
	outcome string
	reason  string // code of a word
	code    int
	said    string
	nobody  bool // nobody has the address
	away    bool // the server could not be reached or does not want us
}

// hand gives a letter to the mail server or the texter. An error is our own trouble; what the server says is a result.
func (p *Post) hand(ctx context.Context, r *Row) (result, error) {
	address, m, err := p.open(r)
	if err != nil {
		return result{}, err
	}
	if r.Body == "" {
		return result{outcome: refused, reason: "mail.why.erased"}, nil
	}
	if r.Way == ByText {
		if err := p.set.Texter.Text(ctx, address, m.Text); err != nil {
			return result{outcome: later, reason: "mail.why.texter", said: short(err), away: true}, nil
		}
		return result{outcome: sent}, nil
	}
	msg, err := p.message(r, address, m)
	if err != nil {
		return result{outcome: refused, reason: "mail.why.address", said: short(err)}, nil
	}
	c, err := p.set.Server.client()
	if err != nil {
		return result{outcome: later, reason: "mail.why.settings", said: short(err), away: true}, nil
	}
	err = c.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		// It said yes to the letter; that it stumbled over the good-bye changes nothing.
		return result{outcome: sent, code: 250, said: msg.ServerResponse()}, nil
	}
	return judge(err), nil
}

func (s *Server) client() (*smtp.Client, error) {
	opts := []smtp.Option{smtp.WithPort(s.Port), smtp.WithTimeout(s.Timeout), smtp.WithoutNoop(), smtp.WithHELO(s.helo())}
	switch s.TLS {
	case TLSAlways:
		opts = append(opts, smtp.WithSSL(), smtp.WithTLSPolicy(smtp.NoTLS))
	case TLSStart:
		opts = append(opts, smtp.WithTLSPolicy(smtp.TLSMandatory))
	default:
		opts = append(opts, smtp.WithTLSPolicy(smtp.NoTLS))
	}
	if s.Trust != nil {
		opts = append(opts, smtp.WithTLSConfig(s.Trust))
	}
	if s.User != "" {
		opts = append(opts, smtp.WithSMTPAuth(smtp.SMTPAuthAutoDiscover), smtp.WithUsername(s.User), smtp.WithPassword(s.Password))
	}
	return smtp.NewClient(s.Host, opts...)
}

// helo is how we greet: by the name that the letters come from.
func (s *Server) helo() string {
	if _, host, ok := strings.Cut(s.From, "@"); ok {
		return host
	}
	return "localhost"
}

// message makes the letter as it travels: plain text and HTML, the same Message-ID and date at each try.
func (p *Post) message(r *Row, address string, m message) (*smtp.Msg, error) {
	msg := smtp.NewMsg(smtp.WithCharset(smtp.CharsetUTF8))
	if err := msg.FromFormat(p.set.Org, p.set.Server.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if err := msg.To(address); err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(r.MadeAt)
	msg.SetMessageIDWithValue(r.MessageID)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence note answers it
	msg.SetBodyString(smtp.TypeTextPlain, m.Text)
	msg.AddAlternativeString(smtp.TypeTextHTML, m.HTML)
	return msg, nil
}

// oneLine keeps a header to one line, whatever its template was filled with.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(visible, spaced(s))), " ")
}

func spaced(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "\t", " ", "\u2028", " ", "\u2029", " ").Replace(s)
}

// judge reads why a letter was not taken.
func judge(err error) result {
	res := result{outcome: later, said: short(err)}
	var se *smtp.SendError
	var te *textproto.Error
	var ne net.Error
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &se):
		res.code = se.ErrorCode()
		switch {
		case res.code == 0: // the connection broke
			res.reason, res.away = "mail.why.broken", true
		case se.Reason == smtp.ErrSMTPMailFrom && res.code >= 500: // our own address, not the receiver's
			res.reason, res.away = "mail.why.sender", true
		case res.code >= 500:
			res.outcome, res.reason = refused, "mail.why.refused"
			if se.Reason == smtp.ErrSMTPRcptTo && nobody(res.code, enhanced(se, res.said)) {
				res.reason, res.nobody = "mail.why.nobody", true
			}
		default:
			res.reason = "mail.why.later"
		}
	case errors.As(err, &te): // at the greeting or at the login
		res.code, res.reason, res.away = te.Code, "mail.why.login", true
		if te.Code == 421 || te.Code == 450 || te.Code == 451 {
			res.reason = "mail.why.later"
		}
	case errors.As(err, &cert):
		res.reason, res.away = "mail.why.tls", true
	case errors.As(err, &ne):
		res.reason, res.away = "mail.why.unreachable", true
	default:
		res.reason, res.away = "mail.why.broken", true
	}
	return res
}

// enhanced is the enhanced status code, which some servers write without announcing it.
func enhanced(se *smtp.SendError, said string) string {
	if c := se.EnhancedStatusCode(); c != "" {
		return c
	}
	for _, w := range strings.Fields(said) {
		if len(w) >= 5 && len(w) <= 9 && w[0] == '5' && w[1] == '.' && strings.Count(w, ".") == 2 {
			return w
		}
	}
	return ""
}

// nobody tells a refusal of the address from one of the letter: a policy or a full mailbox may pass, a wrong address does not.
func nobody(code int, enhanced string) bool {
	switch {
	case strings.HasPrefix(enhanced, "5.1."), enhanced == "5.2.1":
		return true
	case enhanced != "":
		return false
	}
	return code == 550 || code == 551 || code == 553
}

// short is what is kept of an answer.
func short(err error) string {
	const most = 300
	rs := []rune(oneLine(err.Error()))
	return string(rs[:min(len(rs), most)])
}
