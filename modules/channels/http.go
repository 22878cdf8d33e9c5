package channels

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	"rsc.io/qr"

	"care/modules/channels/pay"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

// maxNotice bounds a notification; the channels' own are a few thousand bytes.
const maxNotice = 64 << 10

type payPage struct {
	web.Page
	Amount  money.Fen
	Use     string
	Gift    string // address of the donor's own page
	Self    string
	Offers  []offer
	Order   *Order
	Channel string
	App     string // on the donor's phone
	Code    string // address of the picture of the code
	Script  string // parameters for WeChat's own browser
	Payer   string // code of WeChat's own browser, sent along with the form
}

type offer struct{ Channel, Title, Href string }

// own tells that an address is the key to the page behind it.
func own(c echo.Context) {
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
}

func (s *Channels) payPage(c echo.Context) error {
	own(c)
	p, o, err := s.paying(c)
	if err != nil {
		return err
	}
	if o == nil {
		return web.Render(c, "channels/pay", p)
	}
	if o.State == Paid || o.State == Surplus {
		return c.Redirect(http.StatusSeeOther, p.Gift)
	}
	return web.Render(c, "channels/pay", p)
}

// paying makes the page of a gift with its present order, if there is one.
func (s *Channels) paying(c echo.Context) (*payPage, *Order, error) {
	ctx, token := c.Request().Context(), c.Param("token")
	g, err := s.gifts.Promise(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	p := &payPage{Page: web.Public(c, words["channels.page.pay"]), Amount: g.Amount, Use: g.Use, Gift: g.Href, Self: "/pay/" + token}
	if !g.Waiting {
		return p, &Order{State: Paid}, nil
	}
	inWeChat := strings.Contains(c.Request().UserAgent(), "MicroMessenger")
	if code := c.QueryParam("code"); inWeChat && len(code) <= 128 {
		p.Payer = code
	}
	for _, name := range s.Offered(g.Amount) {
		w := s.way(c, name)
		if w == "" {
			continue
		}
		f := offer{Channel: name, Title: Title(name)}
		if w == pay.JSAPI && p.Payer == "" {
			f.Href = p.Self + "/wechat"
		}
		p.Offers = append(p.Offers, f)
	}
	live, err := listLive(ctx, s.db, g.ID)
	if err != nil {
		return nil, nil, err
	}
	for i := len(live) - 1; i >= 0; i-- {
		o := &live[i]
		if o.State == Open && o.Amount == g.Amount && o.Live(s.trail.Now()()) && s.lines[o.Channel] != nil && s.way(c, o.Channel) == o.Way {
			return p, o, s.showOrder(c, p, o)
		}
	}
	return p, nil, nil
}

// showOrder shows how to pay an order, and looks again every few seconds.
func (s *Channels) showOrder(c echo.Context, p *payPage, o *Order) error {
	p.Order, p.Channel, p.App = o, Title(o.Channel), words["channels.app."+o.Channel]
	c.Response().Header().Set("Refresh", "4")
	if o.Code != "" {
		p.Code = p.Self + "/code.png?" + url.Values{"order": {o.ID}}.Encode()
	}
	line, ok := s.lines[o.Channel].(pay.Script)
	if o.Prepay == "" || !ok {
		return nil
	}
	params, err := line.Script(o.Prepay)
	if err != nil {
		return err
	}
	b, err := json.Marshal(params)
	p.Script = string(b)
	c.Response().Header().Set("Refresh", "15") // the password is typed over this page
	return err
}

// way chooses how this browser pays by a channel; "" says that it cannot.
func (s *Channels) way(c echo.Context, channel string) string {
	ua := c.Request().UserAgent()
	phone := strings.Contains(ua, "Mobile") || strings.Contains(ua, "Android") || strings.Contains(ua, "iPhone")
	inWeChat := strings.Contains(ua, "MicroMessenger")
	want := map[string]string{"wechat": pay.Native, "alipay": pay.Web}[channel]
	switch {
	case channel == "wechat" && inWeChat:
		want = pay.JSAPI
	case channel == "wechat" && phone:
		want = pay.H5
	case channel == "alipay" && inWeChat:
		return "" // it cannot be opened there
	case channel == "alipay" && phone:
		want = pay.Wap
	}
	for _, w := range s.lines[channel].Ways() {
		if w == want {
			return w
		}
	}
	return ""
}

type beginForm struct {
	Channel string `form:"channel"`
	Code    string `form:"code"`
}

func (s *Channels) begin(c echo.Context) error {
	own(c)
	var f beginForm
	bad := web.Bind(c, &f)
	p, _, err := s.paying(c)
	if err != nil {
		return err
	}
	c.Response().Header().Del("Refresh") // a page with what must be mended stays
	if bad != nil {
		return web.Refuse(c, bad, "channels/pay", p)
	}
	ask := Paying{Address: c.Param("token"), Channel: f.Channel, IP: web.Actor(c).IP}
	line := s.lines[f.Channel]
	if line != nil {
		ask.Way = s.way(c, f.Channel)
	}
	if script, ok := line.(pay.Script); ok && ask.Way == pay.JSAPI {
		if ask.Payer, err = script.OpenID(c.Request().Context(), f.Code); err != nil {
			return web.Refuse(c, fault.Wrap(fault.Invalid, "channels.no_payer", err), "channels/pay", p)
		}
	}
	if _, err := s.Begin(c.Request().Context(), web.Actor(c), ask); err != nil {
		if fault.CodeOf(err) == "channels.not_waiting" {
			return &fault.Error{Kind: fault.Conflict, Code: "channels.not_waiting", Href: p.Gift}
		}
		status := map[string]int{"channels.away": http.StatusServiceUnavailable, "channels.refused": http.StatusConflict, "channels.wait": http.StatusConflict}[fault.CodeOf(err)]
		if status == 0 {
			return web.Refuse(c, err, "channels/pay", p)
		}
		if status != http.StatusConflict || fault.CodeOf(err) == "channels.refused" {
			s.log.WarnContext(c.Request().Context(), "an order was not taken", "channel", f.Channel, "err", err)
		}
		p.Errors = append(p.Errors, web.FieldError{Text: words[fault.CodeOf(err)]})
		return web.RenderStatus(c, status, "channels/pay", p)
	}
	return web.Done(c, p.Self, "")
}

// code draws what the donor scans.
func (s *Channels) code(c echo.Context) error {
	own(c)
	ctx := c.Request().Context()
	g, err := s.gifts.Promise(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	live, err := listLive(ctx, s.db, g.ID)
	if err != nil {
		return err
	}
	for i := range live {
		if o := &live[i]; o.ID == c.QueryParam("order") && o.Code != "" {
			q, err := qr.Encode(o.Code, qr.M)
			if err != nil {
				return err
			}
			return c.Blob(http.StatusOK, "image/png", q.PNG())
		}
	}
	return fault.New(fault.NotFound, "db.not_found")
}

// authorize sends WeChat's own browser to learn the payer's id; it comes back to the page with a code.
func (s *Channels) authorize(c echo.Context) error {
	own(c)
	if _, err := s.gifts.Promise(c.Request().Context(), c.Param("token")); err != nil {
		return err
	}
	line, ok := s.lines["wechat"].(pay.Script)
	if !ok {
		return fault.New(fault.NotFound, "db.not_found")
	}
	return c.Redirect(http.StatusSeeOther, line.Authorize(s.base+"/pay/"+c.Param("token"), "pay"))
}

// notify takes what a channel sends. What cannot be believed is answered as not taken and leaves nothing behind but a line in
// the log; the channel sends its own ones again.
func (s *Channels) notify(c echo.Context) error {
	r := c.Request()
	line := s.lines[c.Param("channel")]
	if line == nil {
		return fault.New(fault.NotFound, "db.not_found")
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = s.Notified(r.Context(), line.Name(), r.Header, body)
	}
	status, kind, text := line.Answer(err == nil)
	switch {
	case err == nil:
	case errors.Is(err, pay.ErrForged):
		if status >= 500 {
			status = http.StatusUnauthorized
		}
		s.log.WarnContext(r.Context(), "a notification was not believed", "channel", line.Name(), "from", c.RealIP())
	default:
		s.log.ErrorContext(r.Context(), "a notification was not taken", "channel", line.Name(), "err", err)
	}
	return c.Blob(status, kind, []byte(text))
}
