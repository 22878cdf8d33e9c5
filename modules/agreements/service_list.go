package agreements

import (
	"context"

	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Whole is an agreement with its instalments and how their promises stand.
type Whole struct {
	Agreement
	Masked    string // name as the desk sees it
	Phone4    string // last digits of the phone
	Use       string
	Parts     []Instalment
	Standings map[string]Standing // by gift
}

// Agreement gives one agreement.
func (s *Agreements) Agreement(ctx context.Context, id string) (*Whole, error) {
	a, err := findAgreement(ctx, s.db, "id", id)
	if err != nil {
		return nil, db.Fault(err)
	}
	return s.whole(ctx, a)
}

// ByAddress gives the agreement of a donor's own page.
func (s *Agreements) ByAddress(ctx context.Context, address string) (*Whole, error) {
	if len(address) != 24 {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	a, err := findAgreement(ctx, s.db, "token", s.box.Index("agreements_agreements.token", address))
	if err != nil {
		return nil, db.Fault(err)
	}
	return s.whole(ctx, a)
}

func (s *Agreements) whole(ctx context.Context, a *Agreement) (*Whole, error) {
	w := &Whole{Agreement: *a, Use: words["agreements.general"]}
	o, err := s.owing(a)
	if err != nil {
		return nil, err
	}
	w.Masked = s.gifts.Mask(a.Donor, o.Name)
	if n := len(o.Phone); n >= 4 {
		w.Phone4 = "*" + o.Phone[n-4:]
	}
	if a.Campaign != "" {
		w.Use = words["agreements.closed"]
		us, err := s.gifts.Uses(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range us {
			if u.ID == a.Campaign {
				w.Use = u.Title
			}
		}
	}
	if w.Parts, err = listInstalments(ctx, s.db, a.ID); err != nil {
		return nil, db.Fault(err)
	}
	var gifts []string
	for _, i := range w.Parts {
		if i.Gift != "" {
			gifts = append(gifts, i.Gift)
		}
	}
	w.Standings, err = s.gifts.Standings(ctx, gifts)
	return w, err
}

func (s *Agreements) maskedName(a *Agreement) (string, error) {
	name, err := s.box.Open("agreements_agreements.name", a.ID, a.Name)
	return s.gifts.Mask(a.Donor, name), err
}

// List lists agreements, the latest first; q is a number or a whole name.
func (s *Agreements) List(ctx context.Context, f Filter, q, before string, size int) (db.Page[Row], error) {
	if q != "" {
		f.Number, f.NameIndex = q, s.gifts.NameIndex(q)
	}
	rs, err := listAgreements(ctx, s.db, f, before, size+1)
	return db.Cut(rs, size, func(r Row) string { return r.ID }), db.Fault(err)
}

// Waiting counts what waits at the desk.
type Waiting struct {
	Drafts   int // to check
	Active   int // in force
	Problems int // instalments that could not become promises
}

// Waiting counts what waits at the desk.
func (s *Agreements) Waiting(ctx context.Context) (w Waiting, err error) {
	w.Drafts, w.Active, w.Problems, err = countStates(ctx, s.db)
	return w, db.Fault(err)
}

// DueRow is an instalment in the list of what is due.
type DueRow struct {
	Instalment
	Number, Kind string
	Masked       string
	Phone4       string
	Standing     Standing
}

// Calendar lists the instalments of agreements in force that are due between two days, the earliest first, at most 500.
func (s *Agreements) Calendar(ctx context.Context, from, to clock.Day) ([]DueRow, error) {
	ds, err := listCalendar(ctx, s.db, from, to, 500)
	if err != nil {
		return nil, db.Fault(err)
	}
	gifts := make([]string, 0, len(ds))
	for _, d := range ds {
		if d.Gift != "" {
			gifts = append(gifts, d.Gift)
		}
	}
	st, err := s.gifts.Standings(ctx, gifts)
	if err != nil {
		return nil, err
	}
	out := make([]DueRow, 0, len(ds))
	for _, d := range ds {
		name, err := s.box.Open("agreements_agreements.name", d.Agreement, d.Name)
		if err != nil {
			return nil, err
		}
		phone, err := s.box.Open("agreements_agreements.phone", d.Agreement, d.Phone)
		if err != nil {
			return nil, err
		}
		r := DueRow{Instalment: d.Instalment, Number: d.Number, Kind: d.Kind, Masked: s.gifts.Mask(d.Donor, name), Standing: st[d.Gift]}
		if n := len(phone); n >= 4 {
			r.Phone4 = "*" + phone[n-4:]
		}
		out = append(out, r)
	}
	return out, nil
}
