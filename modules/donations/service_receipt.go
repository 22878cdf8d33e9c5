package donations

import (
	"context"
	"fmt"

	"care/modules/audit"
	"care/modules/documents"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
	"care/templates/pdf"
)

// maxMerge is how many gifts one receipt may cover: a year of monthly gifts and some more.
const maxMerge = 60

// issuing is a receipt that is about to be ordered.
type issuing struct {
	covers      []cover
	payer, idno string // as printed
	handler     string
	checker     string
	subject     string
}

// printedName gives name and number as a receipt prints them. It names the donor in full, for it goes to the donor alone;
// an anonymous donor's receipt stays with the foundation and names nobody.
func (s *Gifts) printedName(c *cover) (name, idno string, err error) {
	if c.Shown == Anonymous {
		return c.Public, "", nil
	}
	return s.legalName(c)
}

// legalName gives the donor's own name and number, the number of a person masked.
func (s *Gifts) legalName(c *cover) (name, idno string, err error) {
	if name, err = s.box.Open("donations_gifts.name", c.Gift, c.Name); err != nil {
		return "", "", err
	}
	if idno, err = s.box.Open("donations_gifts.idno", c.Gift, c.IDNo); err != nil {
		return "", "", err
	}
	if c.Donor == Person {
		idno = ident.MaskID(idno)
	}
	return name, idno, nil
}

// order makes the order of a receipt's paper.
func (s *Gifts) order(tx *audit.Tx, in issuing) documents.Order {
	first, last := in.covers[0], in.covers[len(in.covers)-1]
	project, restricted := first.Project, true
	if project == "" {
		project, restricted = words["donations.general"], false
	}
	var sum money.Fen
	method := words["donations.method."+first.Method]
	if first.Channel != "" {
		method = channelName(first.Channel)
	}
	for _, c := range in.covers {
		sum += c.Amount
		if c.Method != first.Method || c.Channel != first.Channel {
			method = words["donations.method.several"]
		}
	}
	r := pdf.Receipt{Org: s.set.Org, Payer: in.payer, PayerID: in.idno, ReceivedOn: pdf.Day(last.Day), IssuedOn: pdf.Day(tx.Today()), Project: project, Restricted: restricted,
		Method: method, AmountFen: sum, Handler: in.handler, Checker: in.checker, Demo: s.set.Demo}
	if len(in.covers) > 1 {
		r.Note = fmt.Sprintf(words["donations.receipt.merged_note"], len(in.covers), first.Day, last.Day)
	}
	return documents.Order{Series: documents.Receipts, Kind: r.Kind(), Subject: in.subject, Title: project, Payer: first.Public, Amount: sum, Day: tx.Today(),
		Make: func(number, code, url string) any {
			r.Number, r.VerifyCode, r.VerifyURL = number, code, url
			return r
		}}
}

// file makes the rows of a receipt whose paper is ordered.
func file(tx *audit.Tx, in issuing, d *documents.Document) (Receipt, []ReceiptLine) {
	first := in.covers[0]
	r := Receipt{Paper: d.ID, Number: d.Number, Subject: d.Subject, PayerIndex: first.Index, Campaign: first.Camp, Fund: first.Fund, Year: d.Year, Amount: d.Amount,
		State: ReceiptValid, Disposition: Deliver, Handler: in.handler, Checker: in.checker, MadeAt: tx.Now}
	switch {
	case in.payer == words["donations.anonymous"] || in.payer == words["donations.anonymous_body"]:
		r.Disposition = KeptAnonymous
	case first.Waived:
		r.Disposition = Waived
	}
	// A donor of the web holds the address of the own page, where the receipt is from now on.
	if r.Disposition != Waived && (first.Source == "web" || first.Email != "") {
		r.DeliveredHow, r.DeliveredAt = ByLink, &tx.Now
	}
	ls := make([]ReceiptLine, 0, len(in.covers))
	for _, c := range in.covers {
		ls = append(ls, ReceiptLine{Paper: d.ID, Gift: c.Gift, Amount: c.Amount, Live: true})
	}
	return r, ls
}

// issueReceipts orders and files receipts inside an act; with renumber it writes their numbers into gifts that had another one.
func (s *Gifts) issueReceipts(ctx context.Context, tx *audit.Tx, ins []issuing, renumber bool) ([]documents.Document, error) {
	orders := make([]documents.Order, 0, len(ins))
	for _, in := range ins {
		orders = append(orders, s.order(tx, in))
	}
	ds, err := s.papers.Order(ctx, tx, orders...)
	if err != nil {
		return nil, err
	}
	var rs []Receipt
	var ls []ReceiptLine
	for i, in := range ins {
		r, lines := file(tx, in, &ds[i])
		rs, ls = append(rs, r), append(ls, lines...)
	}
	if err := insertReceipts(ctx, tx, rs, ls); err != nil {
		return nil, err
	}
	for i := 0; renumber && i < len(ins); i++ {
		for _, c := range ins[i].covers {
			if err := numberGift(ctx, tx, c.Gift, ds[i].Number); err != nil {
				return nil, err
			}
		}
	}
	return ds, nil
}

// takeBack ends a valid receipt inside an act. One that the donor may hold is taken back by a red-letter receipt; one that
// never left the house is void. red forces the red letter, as a refund must.
func (s *Gifts) takeBack(ctx context.Context, tx *audit.Tx, r *Receipt, why, handler, checker string, red bool) (*documents.Document, error) {
	r.Reason, r.EndedAt, r.State = why, &tx.Now, ReceiptVoid
	var paper *documents.Document
	if red || r.DeliveredHow != "" {
		var made error // Make cannot fail, so what it meets is looked at afterwards
		d, err := s.papers.Reverse(ctx, tx, r.Paper, why, func(old documents.Document, number, code, url string) any {
			rec, err := s.frozen(&old)
			made = err
			rec.Reverses, rec.Number, rec.VerifyCode, rec.VerifyURL = rec.Number, number, code, url
			rec.RedLetter, rec.Reason, rec.AmountFen, rec.IssuedOn = true, why, -rec.AmountFen, pdf.Day(tx.Today())
			rec.Handler, rec.Checker = handler, checker
			return rec
		})
		if err != nil {
			return nil, err
		}
		if made != nil {
			return nil, made
		}
		paper, r.State, r.Red = d, ReceiptReversed, d.Number
	} else if err := s.papers.Void(ctx, tx, r.Paper, why); err != nil {
		return nil, err
	}
	n, err := endReceipt(ctx, tx, r)
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "donations.receipt_ended")
	}
	return paper, err
}

// NewReissue is what somebody asks for.
type NewReissue struct {
	Kind           string
	Papers         []string
	Payer, PayerID string // for Retitle: the right name, and its number or ""
	Reason         string
}

// AskReissue asks for new receipts in the place of old ones; another person decides. The first paper is the act's subject.
func (s *Gifts) AskReissue(ctx context.Context, who access.Actor, in NewReissue, key string) (*Reissue, error) {
	return s.askReissue(ctx, who, ReceiptPerm, in, key)
}

// AskNamed lets an anonymous donor, on the own page, ask for a receipt with the own name after all.
func (s *Gifts) AskNamed(ctx context.Context, who access.Actor, gift, key string) error {
	r, err := findLiveReceipt(ctx, s.db, gift)
	if err != nil {
		return db.Fault(err)
	}
	if r.Disposition != KeptAnonymous {
		return fault.New(fault.Conflict, "donations.receipt_named")
	}
	who.Name = words["donations.by.donor"]
	_, err = s.askReissue(ctx, who, access.Everyone, NewReissue{Kind: Named, Papers: []string{r.Paper}, Reason: words["donations.reissue.by_donor"]}, key)
	return err
}

func (s *Gifts) askReissue(ctx context.Context, who access.Actor, need access.Perm, in NewReissue, key string) (*Reissue, error) {
	var x *Reissue
	subject := ""
	if len(in.Papers) > 0 {
		subject = in.Papers[0]
	}
	act := audit.Act{Actor: who, Need: need, Verb: "donations.reissue_ask", Subject: subject, Key: "donations.reissue_ask/" + key, Input: in}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "why", in.Reason)
		c.Need(len(in.Papers) > 0, "paper", "donations.reissue.none")
		c.Need(len(in.Papers) <= maxMerge, "paper", "donations.reissue.many", maxMerge)
		payer, payerID := in.Payer, in.PayerID
		if in.Kind == Retitle {
			name, err := ident.Name(payer, maxBody)
			c.Need(err == nil, "payer", "donations.name", maxBody)
			if missing := s.fonts.Missing(name); err == nil && len(missing) > 0 {
				c.Add("payer", "donations.rare", string(missing))
			}
			if payer = name; payerID != "" {
				id, err := ident.Citizen(payerID, tx.Today())
				if err != nil {
					id, err = ident.Credit(payerID)
				}
				c.Need(err == nil, "payer_id", "donations.payer_id")
				payerID = id
			}
		} else {
			payer, payerID = "", ""
		}
		if err := c.Err(); err != nil {
			return err
		}
		if err := s.mayReissue(ctx, tx, in.Kind, in.Papers); err != nil {
			return err
		}
		x = &Reissue{ID: newID(), Kind: in.Kind, Reason: in.Reason, State: asked, AskedBy: who.ID, AskedName: who.Name, AskedAt: tx.Now}
		x.Payer, x.PayerID = s.box.Seal("donations_reissues.payer", x.ID, payer), s.box.Seal("donations_reissues.payer_id", x.ID, payerID)
		tx.Public("reissue", x.ID)
		tx.Public("kind", in.Kind)
		tx.Public("papers", in.Papers)
		tx.Private("payer", payer)
		free, err := insertReissue(ctx, tx, x, in.Papers)
		if err == nil && !free {
			return fault.New(fault.Conflict, "donations.reissue.open")
		}
		return err
	})
	return x, err
}

// mayReissue refuses what cannot become new receipts.
func (s *Gifts) mayReissue(ctx context.Context, tx *audit.Tx, kind string, papers []string) error {
	covers, err := listCovers(ctx, tx, papers)
	if err != nil {
		return err
	}
	rs := make([]*Receipt, 0, len(papers))
	for _, p := range papers {
		r, err := findReceipt(ctx, tx, "paper", p)
		if err != nil {
			return db.Fault(err)
		}
		if r.State != ReceiptValid {
			return fault.New(fault.Conflict, "donations.receipt_ended")
		}
		if len(rs) > 0 && !rs[0].likens(r) {
			return fault.New(fault.Conflict, "donations.reissue.differ")
		}
		rs = append(rs, r)
	}
	switch kind {
	case Merge:
		if len(papers) < 2 {
			return fault.New(fault.Conflict, "donations.reissue.two")
		}
		if len(covers) > maxMerge {
			return fault.New(fault.Conflict, "donations.reissue.many", maxMerge)
		}
	case Split:
		if len(papers) != 1 || len(covers) < 2 {
			return fault.New(fault.Conflict, "donations.reissue.not_merged")
		}
	case Retitle, Named, Replace:
		if len(papers) != 1 {
			return fault.New(fault.Conflict, "donations.reissue.one")
		}
		if kind == Named && rs[0].Disposition != KeptAnonymous {
			return fault.New(fault.Conflict, "donations.receipt_named")
		}
		if kind == Retitle && rs[0].Disposition == KeptAnonymous {
			return fault.New(fault.Conflict, "donations.reissue.anonymous")
		}
	default:
		return fault.New(fault.Invalid, "donations.reissue.kind")
	}
	return nil
}

// ApproveReissue puts the new receipts in the place of the old ones, in one transaction: the old ones end, every gift of
// theirs is on exactly one new receipt. Who decides has not asked (开票 and 复核 are two people).
func (s *Gifts) ApproveReissue(ctx context.Context, who access.Actor, id, remark string) error {
	act := audit.Act{Actor: who, Need: ReceiptCheckPerm, Verb: "donations.reissue_approve", Subject: id, Key: "donations.reissue_approve/" + id, Input: id}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		x, err := s.closeReissue(ctx, tx, who, id, done, remark)
		if err != nil {
			return err
		}
		olds, err := listReissuePapers(ctx, tx, id)
		if err != nil {
			return err
		}
		ids := make([]string, 0, len(olds))
		for _, r := range olds {
			ids = append(ids, r.Paper)
		}
		if err := s.mayReissue(ctx, tx, x.Kind, ids); err != nil {
			return err
		}
		covers, err := listCovers(ctx, tx, ids)
		if err != nil {
			return err
		}
		name, idno, err := s.nameOfReissue(ctx, tx, x, &olds[0], &covers[0])
		if err != nil {
			return err
		}
		for i := range olds {
			if _, err := s.takeBack(ctx, tx, &olds[i], x.Reason, x.AskedName, who.Name, false); err != nil {
				return err
			}
		}
		if x.Kind == Retitle {
			for i := range covers {
				covers[i].Index = s.NameIndex(name)
			}
		}
		in := issuing{covers: covers, payer: name, idno: idno, handler: x.AskedName, checker: who.Name, subject: "receipt/" + x.ID}
		ins := []issuing{in}
		if x.Kind == Split {
			ins = nil
			for i := range covers {
				one := in
				one.covers, one.subject = covers[i:i+1], Ref(covers[i].Gift)
				ins = append(ins, one)
			}
		}
		ds, err := s.issueReceipts(ctx, tx, ins, true)
		if err != nil {
			return err
		}
		numbers := make([]string, 0, len(ds))
		for _, d := range ds {
			numbers = append(numbers, d.Number)
		}
		tx.Public("numbers", numbers)
		for _, r := range olds {
			if err := replaceReceipt(ctx, tx, r.Paper, ds[0].ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// nameOfReissue gives the name that new receipts print.
func (s *Gifts) nameOfReissue(ctx context.Context, tx *audit.Tx, x *Reissue, old *Receipt, c *cover) (name, idno string, err error) {
	switch x.Kind {
	case Retitle:
		if name, err = s.box.Open("donations_reissues.payer", x.ID, x.Payer); err != nil {
			return "", "", err
		}
		if idno, err = s.box.Open("donations_reissues.payer_id", x.ID, x.PayerID); err != nil {
			return "", "", err
		}
		if c.Donor == Person {
			idno = ident.MaskID(idno)
		}
		return name, idno, nil
	case Named:
		return s.legalName(c)
	}
	// What stands on the old one, for it may have been put right before.
	d, err := s.papers.DocumentIn(ctx, tx, old.Paper)
	if err != nil {
		return "", "", err
	}
	rec, err := s.frozen(d)
	return rec.Payer, rec.PayerID, err
}

// DeclineReissue leaves the receipts as they are.
func (s *Gifts) DeclineReissue(ctx context.Context, who access.Actor, id, remark string) error {
	act := audit.Act{Actor: who, Need: ReceiptCheckPerm, Verb: "donations.reissue_decline", Subject: id, Key: "donations.reissue_decline/" + id, Input: id}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "remark", remark)
		if err := c.Err(); err != nil {
			return err
		}
		_, err := s.closeReissue(ctx, tx, who, id, declined, remark)
		return err
	})
}

func (s *Gifts) closeReissue(ctx context.Context, tx *audit.Tx, who access.Actor, id, state, remark string) (*Reissue, error) {
	x, err := findReissue(ctx, tx, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	if err := who.NotEarlier("donations.same_person", x.AskedBy); err != nil {
		return nil, err
	}
	n, err := decideReissue(ctx, tx, &Reissue{ID: id, State: state, DecidedBy: who.ID, DecidedName: who.Name, DecidedAt: &tx.Now, Remark: remark})
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "donations.reissue.decided")
	}
	return x, err
}

// HandOver notes that a receipt went to its donor by hand or by post.
func (s *Gifts) HandOver(ctx context.Context, who access.Actor, paper, how string) error {
	act := audit.Act{Actor: who, Need: ReceiptPerm, Verb: "donations.receipt_deliver", Subject: paper, Key: "donations.receipt_deliver/" + paper, Input: how}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if how != ByHand && how != ByPost {
			return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "how", Code: "donations.receipt.need_how"}}}
		}
		tx.Public("how", how)
		return s.deliver(ctx, tx, paper, how)
	})
}

// Claim lets a donor who wanted no receipt, on the own page, take it after all.
func (s *Gifts) Claim(ctx context.Context, who access.Actor, gift string) error {
	r, err := findLiveReceipt(ctx, s.db, gift)
	if err != nil {
		return db.Fault(err)
	}
	act := audit.Act{Actor: who, Need: access.Everyone, Verb: "donations.receipt_claim", Subject: r.Paper, Key: "donations.receipt_claim/" + r.Paper, Input: gift}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if r.Disposition != Waived {
			return fault.New(fault.Conflict, "donations.receipt_delivered")
		}
		return s.deliver(ctx, tx, r.Paper, ByLink)
	})
}

func (s *Gifts) deliver(ctx context.Context, tx *audit.Tx, paper, how string) error {
	n, err := deliverReceipt(ctx, tx, paper, how, tx.Now)
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "donations.receipt_delivered")
	}
	return err
}

// Reprint counts a copy of a receipt (补打) and gives its bytes: the same paper, marked as a copy.
func (s *Gifts) Reprint(ctx context.Context, who access.Actor, paper, why, key string) (*documents.Document, []byte, error) {
	d, err := s.papers.Document(ctx, paper)
	if err != nil {
		return nil, nil, err
	}
	b, err := s.papers.Copy(d)
	if err != nil {
		return nil, nil, err
	}
	act := audit.Act{Actor: who, Need: ReceiptPerm, Verb: "donations.receipt_reprint", Subject: paper, Key: "donations.receipt_reprint/" + key, Input: []string{paper, why}}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "why", why)
		if err := c.Err(); err != nil {
			return err
		}
		n, err := countReprint(ctx, tx, paper)
		tx.Public("number", d.Number)
		tx.Public("copy", n)
		tx.Public("reason", why)
		return err
	})
	return d, b, err
}
