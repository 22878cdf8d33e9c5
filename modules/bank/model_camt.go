package bank

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// The parts of ISO 20022 camt.053 that say what we need. Names are read without their version.
type camtAmount struct {
	Text     string `xml:",chardata"`
	Currency string `xml:"Ccy,attr"`
}

type camtDate struct {
	Day  string `xml:"Dt"`
	Time string `xml:"DtTm"`
}

func (d camtDate) day() clock.Day {
	if d.Day != "" {
		return readDay(d.Day, "")
	}
	return readDay(d.Time, "")
}

type camtAccount struct {
	IBAN  string `xml:"Id>IBAN"`
	Other string `xml:"Id>Othr>Id"`
}

func (a camtAccount) number() string {
	if a.IBAN != "" {
		return a.IBAN
	}
	return a.Other
}

type camtBalance struct {
	Code   string     `xml:"Tp>CdOrPrtry>Cd"`
	Amount camtAmount `xml:"Amt"`
	Side   string     `xml:"CdtDbtInd"`
}

type camtParty struct {
	Old string `xml:"Nm"`     // until version 7
	New string `xml:"Pty>Nm"` // since version 8
}

func (p camtParty) name() string {
	if p.New != "" {
		return p.New
	}
	return p.Old
}

type camtDetails struct {
	Serial      string      `xml:"Refs>AcctSvcrRef"`
	EndToEnd    string      `xml:"Refs>EndToEndId"`
	Amount      camtAmount  `xml:"Amt"`
	Instructed  camtAmount  `xml:"AmtDtls>TxAmt>Amt"`
	Debtor      camtParty   `xml:"RltdPties>Dbtr"`
	DebtorAcct  camtAccount `xml:"RltdPties>DbtrAcct"`
	DebtorBank  string      `xml:"RltdAgts>DbtrAgt>FinInstnId>Nm"`
	Creditor    camtParty   `xml:"RltdPties>Cdtr"`
	CreditAcct  camtAccount `xml:"RltdPties>CdtrAcct"`
	CreditBank  string      `xml:"RltdAgts>CdtrAgt>FinInstnId>Nm"`
	Remarks     []string    `xml:"RmtInf>Ustrd"`
	Information string      `xml:"AddtlTxInf"`
}

type camtEntry struct {
	Serial      string        `xml:"AcctSvcrRef"`
	Amount      camtAmount    `xml:"Amt"`
	Side        string        `xml:"CdtDbtInd"`
	Status      camtStatus    `xml:"Sts"`
	Booked      camtDate      `xml:"BookgDt"`
	Valued      camtDate      `xml:"ValDt"`
	Details     []camtDetails `xml:"NtryDtls>TxDtls"`
	Information string        `xml:"AddtlNtryInf"`
}

// camtStatus is a bare word until version 7 and a code inside since version 8.
type camtStatus struct {
	Old string `xml:",chardata"`
	New string `xml:"Cd"`
}

func (s camtStatus) pending() bool {
	return strings.TrimSpace(s.Old) == "PDNG" || s.New == "PDNG" || strings.TrimSpace(s.Old) == "INFO" || s.New == "INFO"
}

// readCamt reads a camt.053 statement of one account.
func readCamt(f file, fn func(Row) error) (balances, error) {
	var (
		b    balances
		c    fault.Checks
		no   int
		stmt int
	)
	d := xml.NewDecoder(f)
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "gb18030", "gbk", "gb2312":
			return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
		}
		return nil, errors.New("unknown charset")
	}
	bad := func(code string, args ...any) error {
		c.Add("file", code, args...)
		return c.Err()
	}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, camtFault(err)
		}
		var start xml.StartElement
		switch t := tok.(type) {
		case xml.Directive:
			if bytes.Contains(bytes.ToUpper(t), []byte("DOCTYPE")) || bytes.Contains(bytes.ToUpper(t), []byte("ENTITY")) {
				return b, bad("bank.file.doctype")
			}
			continue
		case xml.StartElement:
			start = t
		default:
			continue
		}
		switch start.Name.Local {
		case "Document", "BkToCstmrStmt", "GrpHdr":
		case "Stmt":
			if stmt++; stmt > 1 {
				return b, bad("bank.file.two")
			}
		case "Acct":
			var a camtAccount
			if err := d.DecodeElement(&a, &start); err != nil {
				return b, camtFault(err)
			}
			b.Account = strings.Join(strings.Fields(a.number()), "")
		case "Bal":
			var x camtBalance
			if err := d.DecodeElement(&x, &start); err != nil {
				return b, camtFault(err)
			}
			amount, err := x.Amount.fen(x.Side)
			if err != nil {
				return b, bad("bank.file.currency")
			}
			switch x.Code {
			case "OPBD", "PRCD":
				b.Opening = &amount
			case "CLBD":
				b.Closing = &amount
			}
		case "Ntry":
			var e camtEntry
			if err := d.DecodeElement(&e, &start); err != nil {
				return b, camtFault(err)
			}
			if e.Status.pending() {
				continue
			}
			rows, err := e.rows(&no)
			if err != nil {
				return b, err
			}
			for _, r := range rows {
				if err := fn(r); err != nil {
					return b, err
				}
			}
		default:
			if stmt == 0 {
				continue
			}
			if err := d.Skip(); err != nil {
				return b, camtFault(err)
			}
		}
	}
	if stmt == 0 {
		return b, bad("bank.file.no_camt")
	}
	return b, nil
}

func camtFault(err error) error {
	var syntax *xml.SyntaxError
	var shape *xml.UnmarshalError
	if errors.As(err, &syntax) || errors.As(err, &shape) || strings.Contains(err.Error(), "charset") || strings.Contains(err.Error(), "xml:") || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Wrap(fault.Invalid, "bank.file.xml", err)
	}
	return err
}

func (a camtAmount) fen(side string) (money.Fen, error) {
	f, err := decimal(strings.TrimSpace(a.Text))
	if err != nil || a.Currency != "CNY" || f < 0 {
		return 0, money.ErrAmount
	}
	if side == "DBIT" {
		return -f, nil
	}
	return f, nil
}

// rows makes the lines of an entry: one, or one for each transaction of a collective booking that names all its amounts.
func (e *camtEntry) rows(no *int) ([]Row, error) {
	*no++
	problem := func(code string, args ...any) error {
		var c fault.Checks
		c.Add("file", code, args...)
		return c.Err()
	}
	amount, err := e.Amount.fen(e.Side)
	if err != nil {
		return nil, problem("bank.file.amount", *no)
	}
	day := e.Booked.day()
	if day == "" {
		day = e.Valued.day()
	}
	if day == "" {
		return nil, problem("bank.file.day", *no, "")
	}
	if amount == 0 {
		return nil, nil
	}
	make1 := func(x camtDetails, amount money.Fen, own string) Row {
		r := Row{No: *no, Day: day, Amount: amount, Serial: serial(own)}
		party, account, bank := x.Debtor.name(), x.DebtorAcct.number(), x.DebtorBank
		if amount < 0 {
			party, account, bank = x.Creditor.name(), x.CreditAcct.number(), x.CreditBank
		}
		r.Payer, r.Account, r.Bank = clip(strings.Join(strings.Fields(party), " "), 80), clip(strings.Join(strings.Fields(account), ""), 40), clip(tidy(bank), maxCell)
		var remarks []string
		for _, s := range append(x.Remarks, x.Information, e.Information) {
			if s = tidy(s); s != "" {
				remarks = append(remarks, s)
			}
		}
		r.Remark = clip(strings.Join(remarks, " "), maxCell)
		return r
	}
	if len(e.Details) > 1 {
		var sum money.Fen
		out := make([]Row, 0, len(e.Details))
		for _, x := range e.Details {
			a := x.Amount
			if a.Text == "" {
				a = x.Instructed
			}
			f, err := a.fen(e.Side)
			if err != nil || f == 0 {
				break
			}
			sum += f
			own := x.Serial
			if own == "" {
				own = e.Serial
			}
			out = append(out, make1(x, f, own))
		}
		if len(out) == len(e.Details) && sum == amount {
			return out, nil
		}
	}
	var x camtDetails
	if len(e.Details) > 0 {
		x = e.Details[0]
	}
	own := e.Serial
	if own == "" {
		own = x.Serial
	}
	return []Row{make1(x, amount, own)}, nil
}
