package bank

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/web"
)

const (
	maxSample  = 8 << 20 // bytes of a file that is only looked at
	sampleRows = 8
)

type profileForm struct {
	Title        string `form:"title"`
	Account      string `form:"account"`
	Format       string `form:"format"`
	Encoding     string `form:"encoding"`
	Delimiter    string `form:"delimiter"`
	Sign         string `form:"sign"`
	Day          string `form:"day"`
	Form         string `form:"form"`
	Amount       string `form:"amount"`
	Credit       string `form:"credit"`
	Debit        string `form:"debit"`
	Flag         string `form:"flag"`
	CreditWord   string `form:"credit_word"`
	DebitWord    string `form:"debit_word"`
	Balance      string `form:"balance"`
	Serial       string `form:"serial"`
	Payer        string `form:"payer"`
	PayerAccount string `form:"payer_account"`
	PayerBank    string `form:"payer_bank"`
	Remark       string `form:"remark"`
	Active       bool   `form:"active"`
	Version      string `form:"version"`
	Do           string `form:"do"`
}

// delimiters gives separators names that survive a form.
var delimiters = [...][2]string{{"comma", ","}, {"semi", ";"}, {"bar", "|"}, {"tab", "\t"}}

func (f profileForm) edited() Edited {
	l := Layout{Format: f.Format, Encoding: f.Encoding, Sign: f.Sign, Day: f.Day, Amount: f.Amount, Credit: f.Credit, Debit: f.Debit, Flag: f.Flag, CreditWord: f.CreditWord, DebitWord: f.DebitWord,
		Balance: f.Balance, Serial: f.Serial, Payer: f.Payer, PayerAccount: f.PayerAccount, PayerBank: f.PayerBank, Remark: f.Remark}
	if f.Form != "ymd" {
		l.Form = f.Form
	}
	for _, d := range delimiters {
		if d[0] == f.Delimiter {
			l.Delimiter = d[1]
		}
	}
	return Edited{Title: f.Title, Account: f.Account, Layout: l, Active: f.Active}
}

func formOf(p *Profile) (profileForm, error) {
	var l Layout
	err := json.Unmarshal([]byte(p.Layout), &l)
	f := profileForm{Title: p.Title, Account: p.Account, Format: l.Format, Encoding: l.Encoding, Sign: l.Sign, Day: l.Day, Form: "ymd", Amount: l.Amount, Credit: l.Credit, Debit: l.Debit, Flag: l.Flag,
		CreditWord: l.CreditWord, DebitWord: l.DebitWord, Balance: l.Balance, Serial: l.Serial, Payer: l.Payer, PayerAccount: l.PayerAccount, PayerBank: l.PayerBank, Remark: l.Remark,
		Active: p.Active, Version: strconv.FormatInt(p.Version, 10)}
	if l.Form != "" {
		f.Form = l.Form
	}
	for _, d := range delimiters {
		if d[1] == l.Delimiter {
			f.Delimiter = d[0]
		}
	}
	return f, err
}

type profileRow struct {
	Profile
	Href, Format, Account string
}

type profilesPage struct {
	web.Page
	Rows []profileRow
}

func (s *Statements) profiles(c echo.Context) error {
	ps, err := s.Profiles(c.Request().Context())
	if err != nil {
		return err
	}
	p := &profilesPage{Page: web.Desk(c, words["bank.page.profiles"])}
	p.Back = &web.Link{Title: words["bank.page.statements"], Href: "/desk/bank"}
	for _, x := range ps {
		f, err := formOf(&x)
		if err != nil {
			return err
		}
		r := profileRow{Profile: x, Format: words["bank.format."+f.Format], Account: words["bank.own_account"], Href: "/desk/bank/profiles/" + x.ID}
		if x.Account != "" {
			r.Account = spaced(x.Account)
		}
		p.Rows = append(p.Rows, r)
	}
	return web.Render(c, "bank/profiles", p)
}

type sampleRow struct {
	Row
	Mask, Tail, Note string
	Side             string
}

type profilePage struct {
	web.Page
	Action                                       string
	Form                                         profileForm
	Formats, Encodings, Delimiters, Signs, Forms []web.Option
	Sample                                       []sampleRow
}

func (s *Statements) profilePage(c echo.Context, f profileForm) *profilePage {
	p := &profilePage{Page: web.Desk(c, words["bank.page.profile"]), Form: f, Action: c.Request().URL.Path}
	p.Back = &web.Link{Title: words["bank.page.profiles"], Href: "/desk/bank/profiles"}
	options := func(prefix string, values ...string) (out []web.Option) {
		for _, v := range values {
			out = append(out, web.Option{Value: v, Label: words[prefix+v]})
		}
		return out
	}
	p.Formats, p.Encodings = options("bank.format.", CSV, XLSX), options("bank.enc.", Auto, UTF8, GB18030)
	p.Delimiters, p.Signs, p.Forms = options("bank.delim.", "comma", "semi", "bar", "tab"), options("bank.sign.", Two, Signed, Flag), options("bank.form.", "ymd", "dmy")
	return p
}

func (s *Statements) profileNew(c echo.Context) error {
	return web.Render(c, "bank/profile", s.profilePage(c, profileForm{Format: CSV, Encoding: Auto, Delimiter: "comma", Sign: Two, Form: "ymd", Active: true}))
}

func (s *Statements) profileForm(c echo.Context) error {
	x, err := s.Profile(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	f, err := formOf(x)
	if err != nil {
		return err
	}
	return web.Render(c, "bank/profile", s.profilePage(c, f))
}

// saveProfile saves a profile, or shows what it makes of the first rows of a file.
func (s *Statements) saveProfile(c echo.Context) error {
	ctx, who, id := c.Request().Context(), web.Actor(c), c.Param("id")
	var f profileForm
	var sample []byte
	up, err := web.BindFiles(c, &f, web.Upload{Max: maxSample, Count: 1, Put: func(_ context.Context, _, name string, r io.Reader) (ref string, err error) {
		sample, err = io.ReadAll(r)
		return name, err
	}})
	var checks fault.Checks
	if err := checks.Merge(err); err != nil {
		return err
	}
	for _, b := range up.Faults {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	p := s.profilePage(c, f)
	if err := checks.Err(); err != nil {
		return web.Refuse(c, err, "bank/profile", p)
	}
	if f.Do == "preview" {
		if len(sample) == 0 {
			return web.Refuse(c, invalid("sample", "bank.need_file"), "bank/profile", p)
		}
		kind, err := kindOf(sample)
		var rows []Row
		if err == nil {
			rows, err = Preview(f.edited().Layout, kind, bytes.NewReader(sample), sampleRows)
		}
		for _, r := range rows {
			x := sampleRow{Row: r, Mask: maskPayer(r.Payer), Tail: tail(r.Account), Note: maskNote(r.Remark, r.Payer), Side: words["bank.side.credit"]}
			if r.Amount < 0 {
				x.Side = words["bank.side.debit"]
			}
			p.Sample = append(p.Sample, x)
		}
		if err != nil {
			return web.Refuse(c, err, "bank/profile", p)
		}
		if t, err := web.Token(c); err == nil {
			p.Once = t
		}
		return web.Render(c, "bank/profile", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "bank/profile", p)
	}
	version, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil {
		version = 0
	}
	if _, err := s.Save(ctx, who, id, version, f.edited(), key); err != nil {
		return web.Refuse(c, web.Next(err, "/desk/bank/profiles"), "bank/profile", p)
	}
	return web.Done(c, "/desk/bank/profiles", "bank.done.profile")
}
