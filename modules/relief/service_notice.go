package relief

import (
	"context"
	"slices"
	"time"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/templates/pdf"
)

// Post publishes the notice of a case (公示): the proposed amount is reserved in the fund in the same transaction, so that no notice
// is without its money. When the fund does not hold enough, nothing changes and the case stays where it is.
func (s *Relief) Post(ctx context.Context, who access.Actor, id, fund, text, key string) (string, error) {
	notice := newID()
	err := s.onCase(ctx, who, Publish, "publish", id, key, []any{fund, text}, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, ToPublish); err != nil {
			return err
		}
		var f fault.Checks
		f.Need(fund != "", "fund", "relief.need_fund")
		if err := f.Err(); err != nil {
			return err
		}
		n, err := s.notice(ctx, tx, c, notice, fund)
		if err != nil {
			return err
		}
		if err := s.step(ctx, tx, who, c, EvPost, c.Proposed, text); err != nil {
			return err
		}
		if err := insertAny(ctx, tx, n); err != nil {
			return err
		}
		tx.Public("notice", n.ID)
		tx.Public("until", n.ToDay)
		// The fund's row and the counter of numbers are wanted by everybody: they come last.
		if _, err := s.books.Post(ctx, tx, ledger.Entry{Kind: ledger.Reserve, Ref: "notice/" + n.ID, Fund: fund, Amount: n.Amount, Day: tx.Today()}); err != nil {
			if fault.KindOf(err) == fault.Unfunded {
				return fault.Wrap(fault.Unfunded, "relief.unfunded", err)
			}
			return err
		}
		return s.orderNotice(ctx, tx, n)
	})
	return notice, err
}

// notice builds what the public will read, from the allow-list of the Notice struct.
func (s *Relief) notice(ctx context.Context, tx *audit.Tx, c *Case, id, fund string) (*Notice, error) {
	p, err := findPerson(ctx, tx, c.PersonID)
	if err != nil {
		return nil, err
	}
	days, err := findSetting(ctx, tx, NoticeDays)
	if err != nil {
		return nil, err
	}
	cal, err := s.calendar(ctx, tx)
	if err != nil {
		return nil, err
	}
	to, err := lastDay(cal, tx.Today(), int(days))
	if err != nil {
		return nil, err
	}
	return &Notice{
		ID: id, CaseID: c.ID, State: Open, NameMask: p.NameMask, Place: c.Place, AreaPath: c.AreaPath, KindTitle: c.KindTitle, Amount: c.Proposed, Fund: fund,
		FromDay: tx.Today(), ToDay: to, Days: int(days), Phone: s.office.Phone, PostedBy: tx.Actor(), PostedAt: tx.Now,
	}, nil
}

func (s *Relief) orderNotice(ctx context.Context, tx *audit.Tx, n *Notice) error {
	_, err := s.papers.Order(ctx, tx, documents.Order{
		Series: documents.Notices, Kind: pdf.Notice{}.Kind(), Subject: "notice/" + n.ID, Title: words["relief.paper.notice"], Payer: n.NameMask, Amount: n.Amount, Day: n.FromDay,
		Make: func(number, _, url string) any {
			return pdf.Notice{
				Org: s.office.Org, Number: number, Title: words["relief.paper.notice"], Place: n.Place,
				Rows: []pdf.NoticeRow{{Name: n.NameMask, Place: n.Place, Aid: n.KindTitle, AmountFen: n.Amount}},
				From: pdf.Day(n.FromDay), To: pdf.Day(n.ToDay), Days: n.Days, Phone: n.Phone, Office: s.office.Org.Name, VerifyURL: url, IssuedOn: pdf.Day(n.FromDay), Demo: s.office.Demo,
			}
		},
	})
	return err
}

// Raise takes an objection of the public; it stops the clock of the notice. It gives the receipt number.
func (s *Relief) Raise(ctx context.Context, who access.Actor, notice string, o NewObjection, key string) (string, error) {
	if err := o.check(); err != nil {
		return "", err
	}
	id, number := newID(), "YY-"+documents.NewCode(10)
	act := audit.Act{Actor: who, Need: access.Everyone, Verb: "relief.object", Subject: number, Key: onceKey("object", key), Input: []any{notice, o}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		n, err := findNotice(ctx, tx, notice)
		if err != nil {
			return err
		}
		cal, err := s.calendar(ctx, tx)
		if err != nil {
			return err
		}
		was := n.State
		if err := n.pause(cal, tx.Today()); err != nil {
			return err
		}
		// Also when it is paused already: the row is written, so that a decision at the same time and this objection see each other.
		if err := updateNotice(ctx, tx, n, was); err != nil {
			return err
		}
		tx.Public("notice", notice)
		x := &Objection{ID: id, Number: number, NoticeID: n.ID, CaseID: n.CaseID, State: "open", At: tx.Now}
		x.NameSealed, x.PhoneSealed, x.FactsSealed = s.seal("objections.name", id, o.Name), s.seal("objections.phone", id, o.Phone), s.seal("objections.facts", id, o.Facts)
		return insertAny(ctx, tx, x)
	})
	if ref, again := fault.IsAgain(err); again {
		return ref, err
	}
	return number, err
}

// Dismiss decides that an objection is not right; when none is open any more, the notice's clock runs on.
func (s *Relief) Dismiss(ctx context.Context, who access.Actor, objection, reason, key string) error {
	return s.decide(ctx, who, objection, "dismissed", reason, key, func(ctx context.Context, tx *audit.Tx, c *Case, x *Objection) error {
		if err := s.join(ctx, tx, who, c, stageObjection); err != nil {
			return err
		}
		if err := s.opine(ctx, tx, who, c, stageObjection, EvDismiss, 0, reason); err != nil {
			return err
		}
		n, err := findNotice(ctx, tx, x.NoticeID)
		if err != nil {
			return err
		}
		if n.State != Paused {
			return fault.New(fault.Conflict, "relief.notice_over")
		}
		left, err := openObjections(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		if left == 0 {
			cal, err := s.calendar(ctx, tx)
			if err != nil {
				return err
			}
			if err := n.resume(cal, tx.Today()); err != nil {
				return err
			}
			tx.Public("until", n.ToDay)
		}
		return updateNotice(ctx, tx, n, Paused)
	})
}

// Uphold decides that an objection is right: the case is refused, its notice cancelled and its money free again.
func (s *Relief) Uphold(ctx context.Context, who access.Actor, objection, reason, key string) error {
	return s.decide(ctx, who, objection, "upheld", reason, key, func(ctx context.Context, tx *audit.Tx, c *Case, _ *Objection) error {
		return s.end(ctx, tx, who, c, EvUphold, reason)
	})
}

func (s *Relief) decide(ctx context.Context, who access.Actor, objection, state, reason, key string, then func(ctx context.Context, tx *audit.Tx, c *Case, x *Objection) error) error {
	x, err := findObjection(ctx, s.db, objection)
	if err != nil {
		return db.Fault(err)
	}
	return s.onCase(ctx, who, Object, state, x.CaseID, key, []any{objection, reason}, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, InNotice); err != nil {
			return err
		}
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		x := *x
		x.State, x.DecidedBy, x.DecidedAt = state, who.ID, &tx.Now
		x.ReasonSealed = s.seal("objections.reason", x.ID, reason)
		if err := decideObjection(ctx, tx, &x); err != nil {
			return err
		}
		tx.Public("objection", x.Number)
		return then(ctx, tx, c, &x)
	})
}

// CloseNotices ends the notices whose period is over and against which nothing is open; their cases go to the city. It gives how many.
func (s *Relief) CloseNotices(ctx context.Context) (int, error) {
	due, err := listDue(ctx, s.db, s.today())
	if err != nil {
		return 0, db.Fault(err)
	}
	closed := 0
	for _, n := range due {
		err := s.closeNotice(ctx, n)
		if fault.KindOf(err) == fault.Conflict && err != nil {
			continue // an objection was faster
		}
		if err != nil {
			return closed, err
		}
		closed++
	}
	return closed, nil
}

func (s *Relief) closeNotice(ctx context.Context, n Notice) error {
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "relief.close", Subject: n.CaseID}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		c, err := findCase(ctx, tx, n.CaseID)
		if err != nil {
			return err
		}
		n, err := findNotice(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		open, err := openObjections(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		if !n.over(tx.Today()) || open > 0 {
			return fault.New(fault.Conflict, "relief.notice_runs")
		}
		n.State, n.ClosedAt = Closed, &tx.Now
		if err := updateNotice(ctx, tx, n, Open); err != nil {
			return err
		}
		tx.Public("case", c.Number)
		tx.Public("notice", n.ID)
		return s.step(ctx, tx, access.System(), c, EvClose, 0, "")
	})
}

// keepPublic is how long a notice that ended stays readable in public.
const keepPublic = 30 * 24 * time.Hour

// Notices lists what the public may see now, newest first.
func (s *Relief) Notices(ctx context.Context, before string, size int) (db.Page[Notice], error) {
	ns, err := listPublic(ctx, s.db, s.trail.Now()().Add(-keepPublic), before, size+1)
	return db.Cut(ns, size, func(n Notice) string { return n.ID }), db.Fault(err)
}

// Notice gives one notice to the public; one that was cancelled, or ended long ago, is not found.
func (s *Relief) Notice(ctx context.Context, id string) (*Notice, error) {
	n, err := findNotice(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	if n.State == Cancelled || n.State == Closed && n.ClosedAt.Before(s.trail.Now()().Add(-keepPublic)) {
		return nil, fault.New(fault.NotFound, "relief.notice_gone")
	}
	return n, nil
}

// NoticeList lists the notices of a person's area.
func (s *Relief) NoticeList(ctx context.Context, who access.Actor, before string, size int) (db.Page[NoticeRow], error) {
	if who.Area.Path == "" {
		return db.Page[NoticeRow]{}, nil
	}
	rs, err := listNotices(ctx, s.db, who.Area, before, size+1)
	return db.Cut(rs, size, func(r NoticeRow) string { return r.ID }), db.Fault(err)
}

// Receipt tells an objector, who has the number, where the objection stands.
func (s *Relief) Receipt(ctx context.Context, number string) (*Objection, error) {
	x, err := findReceipt(ctx, s.db, number)
	return x, db.Fault(err)
}

// Facts opens what was objected for the investigator; who objected stays sealed. Its page puts the reading into the record.
func (s *Relief) Facts(ctx context.Context, who access.Actor, objection string) (*Objection, *Case, string, error) {
	if err := who.Need(Object); err != nil {
		return nil, nil, "", err
	}
	x, err := findObjection(ctx, s.db, objection)
	if err != nil {
		return nil, nil, "", db.Fault(err)
	}
	c, err := findCase(ctx, s.db, x.CaseID)
	if err != nil {
		return nil, nil, "", db.Fault(err)
	}
	if err := who.NeedArea(c.AreaPath); err != nil {
		return nil, nil, "", err
	}
	facts, err := s.open("objections.facts", x.ID, x.FactsSealed)
	return x, c, facts, err
}

// Objector opens who objected, for the investigator who says why; the reading is in the record.
func (s *Relief) Objector(ctx context.Context, who access.Actor, objection, reason string) (name, phone string, err error) {
	if err := reasoned("why", reason); err != nil {
		return "", "", err
	}
	x, _, _, err := s.Facts(ctx, who, objection)
	if err != nil {
		return "", "", err
	}
	if err := s.trail.Saw(ctx, who, Object, x.CaseID, "relief.objector", reason); err != nil {
		return "", "", err
	}
	if name, err = s.open("objections.name", x.ID, x.NameSealed); err != nil {
		return "", "", err
	}
	phone, err = s.open("objections.phone", x.ID, x.PhoneSealed)
	return name, phone, err
}

// Funds lists the open funds that a notice may reserve from, those with most money first.
func (s *Relief) Funds(ctx context.Context) ([]ledger.Fund, error) {
	fs, err := s.books.Funds(ctx, nil)
	if err != nil {
		return nil, err
	}
	fs = slices.DeleteFunc(fs, func(f ledger.Fund) bool { return f.ClosedAt != nil })
	slices.SortStableFunc(fs, func(a, b ledger.Fund) int { return int(min(max(b.Available-a.Available, -1), 1)) })
	return fs, nil
}

func dayOf(t time.Time) clock.Day { return clock.DayOf(t) }
