package donations_test

import (
	"strings"
	"testing"
	"time"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/donations"
	"care/modules/ledger"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
)

func TestAConfirmedGiftIsIncomeAndOneReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 20_050)
		if w.State != donations.Received || w.Amount != 20_050 || w.Number != "QJGA-2026-000001" {
			t.Errorf("got %s %d %s", w.State, w.Amount, w.Number)
		}
		if f := g.balance(t); f.Available != 20_050 {
			t.Errorf("the fund holds %d", f.Available)
		}
		if len(w.Papers) != 1 || w.Papers[0].State != documents.Ordered || w.Papers[0].Payer != "张*明" {
			t.Errorf("papers: %+v", w.Papers)
		}
		g.Settle(t)
		if p := g.whole(t, w.ID).Papers; p[0].State != documents.Issued {
			t.Errorf("the receipt is %s: %s", p[0].State, p[0].Reason)
		}
		es, err := g.Trail.Entries(t.Context(), audit.Filter{Subject: w.ID}, "", 10)
		must(t, err)
		verbs := make([]string, 0, 3)
		for _, e := range es.Rows {
			verbs = append(verbs, e.Verb+" "+e.Actor)
			if strings.Contains(e.Public, "张") || strings.Contains(e.Public, "13808741234") {
				t.Errorf("the record names the donor: %s", e.Public)
			}
		}
		if got := strings.Join(verbs, ", "); got != "donations.confirm checker, donations.record clerk, donations.pledge public" {
			t.Errorf("the record says %s", got)
		}
	})
}

func TestAPromiseIsNeverIncome(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.pledged(t, "张建明", 100)
		g.arrived(t, "李红梅", 200)
		if f := g.balance(t); f.Received() != 0 {
			t.Errorf("the fund holds %d", f.Received())
		}
		roll, err := g.Roll(t.Context(), "", "", 10)
		must(t, err)
		if len(roll.Rows) != 0 {
			t.Errorf("the public roll shows %d gifts that nobody confirmed", len(roll.Rows))
		}
		n, err := g.Confirmed(t.Context())
		must(t, err)
		if n != 0 {
			t.Errorf("%d gifts count", n)
		}
	})
}

func TestTheArrivalCountsAndNotThePromise(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "张建明", 10_000)
		must(t, g.Record(t.Context(), clerk, gift.ID, payment("张建明", 9_900), key()))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, gift.ID)}))
		w := g.whole(t, gift.ID)
		if w.Amount != 9_900 || w.Promised != 10_000 || g.balance(t).Available != 9_900 || w.Papers[0].Amount != 9_900 {
			t.Errorf("amount %d, promised %d, fund %d, receipt %d", w.Amount, w.Promised, g.balance(t).Available, w.Papers[0].Amount)
		}
	})
}

func TestWhoRecordedAnArrivalDoesNotConfirmIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "张建明", 100)
		must(t, g.Record(t.Context(), both, gift.ID, payment("张建明", 100), key()))
		a := donations.Confirm{Arrival: g.live(t, gift.ID)}
		refused(t, g.Confirm(t.Context(), both, a), fault.Forbidden, "donations.same_person")
		refused(t, g.ConfirmAll(t.Context(), both, []donations.Confirm{a})[0], fault.Forbidden, "donations.same_person")
		refused(t, g.Confirm(t.Context(), clerk, a), fault.Forbidden, "access.forbidden")
		if g.balance(t).Received() != 0 {
			t.Error("one person alone made income")
		}
		must(t, g.Confirm(t.Context(), checker, a))
	})
}

func TestConfirmingTwiceIsConfirmingOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, a := g.arrived(t, "张建明", 100)
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: a}))
		err := g.Confirm(t.Context(), checker, donations.Confirm{Arrival: a})
		if ref, again := fault.IsAgain(err); !again || ref != gift.ID {
			t.Errorf("the second time gives %v with %q", err, ref)
		}
		if g.balance(t).Received() != 100 {
			t.Errorf("the fund holds %d", g.balance(t).Received())
		}
	})
}

func TestALineOfTheStatementIsRecordedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		one, two := g.pledged(t, "张建明", 100), g.pledged(t, "李红梅", 100)
		p := payment("张建明", 100)
		must(t, g.Record(t.Context(), clerk, one.ID, p, key()))
		again := payment("李红梅", 100)
		again.BankRef = " " + strings.ToLower(p.BankRef)
		err := g.Record(t.Context(), clerk, two.ID, again, key())
		field(t, err, "bank_ref", "donations.bank_ref_used")
		if w := g.whole(t, two.ID); w.State != donations.Pledged || len(w.Arrivals) != 0 {
			t.Errorf("the refused record left %s with %d arrivals", w.State, len(w.Arrivals))
		}
		refused(t, g.Record(t.Context(), clerk, one.ID, payment("张建明", 100), key()), fault.Conflict, "donations.not_pledged")
	})
}

func TestARejectedArrivalMayBeRecordedAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "张建明", 100)
		p := payment("张建明", 1_000)
		must(t, g.Record(t.Context(), clerk, gift.ID, p, key()))
		wrong := g.live(t, gift.ID)
		field(t, g.Reject(t.Context(), clerk, gift.ID, wrong, ""), "why", "donations.reason")
		must(t, g.Reject(t.Context(), clerk, gift.ID, wrong, "金额抄错"))
		if w := g.whole(t, gift.ID); w.State != donations.Pledged {
			t.Errorf("the promise is %s", w.State)
		}
		refused(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: wrong}), fault.Conflict, "donations.not_waiting")
		p.Amount = 100
		must(t, g.Record(t.Context(), clerk, gift.ID, p, key()))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, gift.ID)}))
		refused(t, g.Reject(t.Context(), clerk, gift.ID, g.whole(t, gift.ID).Live().ID, "后悔了"), fault.Conflict, "donations.not_waiting")
		if g.balance(t).Received() != 100 {
			t.Errorf("the fund holds %d", g.balance(t).Received())
		}
	})
}

func TestAGiftWithoutAPromiseIsRegisteredAndConfirmedByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		d := donations.Pledge{Donor: donations.Body, Shown: donations.Real, Name: "曲靖云岭建设集团有限公司", IDNo: "91530300MA6T00004Q"}
		gift, err := g.Register(t.Context(), clerk, d, payment(d.Name, 5_000_000), key())
		must(t, err)
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, gift.ID)}))
		w := g.whole(t, gift.ID)
		if w.PublicName != d.Name || w.Campaign != nil || w.Amount != 5_000_000 {
			t.Errorf("got %q, %v, %d", w.PublicName, w.Campaign, w.Amount)
		}
		if f, err := g.Funds.Fund(t.Context(), w.Fund); err != nil || f.Kind != ledger.Unrestricted || f.Available != 5_000_000 {
			t.Errorf("the general fund: %+v, %v", f, err)
		}
		other, err := g.Register(t.Context(), clerk, d, payment(d.Name, 100), key())
		must(t, err)
		must(t, g.Reject(t.Context(), checker, other.ID, g.live(t, other.ID), "不是捐款"))
		if s := g.whole(t, other.ID).State; s != donations.Withdrawn {
			t.Errorf("a gift registered by mistake is %s", s)
		}
		late := d
		late.Campaign = g.Campaign.ID
		must(t, g.End(t.Context(), editor, g.Campaign.ID, "结束了"))
		g.Clock.To(g.Clock.Now().Add(48 * time.Hour))
		p := payment(d.Name, 100)
		p.Day = "2026-11-27"
		_, err = g.Register(t.Context(), clerk, late, p, key())
		field(t, err, "campaign", "donations.campaign_over")
	})
}

func TestAPayerWhoIsNotTheDonorMustBeAskedAbout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "买买提·艾合买提", 100)
		p := payment("李红梅", 100)
		field(t, g.Record(t.Context(), clerk, gift.ID, p, key()), "checked", "donations.payer_differs")
		p.Checked = true
		must(t, g.Record(t.Context(), clerk, gift.ID, p, key()))
		if !g.whole(t, gift.ID).Differs {
			t.Error("the second person does not learn of it")
		}
		same := g.pledged(t, "买买提·艾合买提", 100)
		must(t, g.Record(t.Context(), clerk, same.ID, payment("买买提•艾合买提 ", 100), key()))
		if g.whole(t, same.ID).Differs {
			t.Error("another kind of middle dot makes another donor")
		}
	})
}

func TestARefundTakesBackIncomeAndReceiptTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 10_000)
		g.received(t, "李红梅", 500)
		must(t, g.AskRefund(t.Context(), both, w.ID, "重复支付", key()))
		r := g.whole(t, w.ID).Asked()
		refused(t, g.ApproveRefund(t.Context(), both, r.ID, ""), fault.Forbidden, "donations.same_person")
		refused(t, g.AskRefund(t.Context(), clerk, w.ID, "再来一次", key()), fault.Conflict, "donations.not_received")
		must(t, g.ApproveRefund(t.Context(), checker, r.ID, "核对无误"))
		after := g.whole(t, w.ID)
		if after.State != donations.Refunded || g.balance(t).Received() != 500 {
			t.Errorf("%s, the fund holds %d", after.State, g.balance(t).Received())
		}
		if len(after.Papers) != 2 || after.Papers[0].State != documents.Reversed || after.Papers[1].Amount != -10_000 || after.Papers[1].Number != "QJGA-2026-000003" {
			t.Errorf("papers: %+v", after.Papers)
		}
		roll, err := g.Roll(t.Context(), g.Campaign.Code, "", 10)
		must(t, err)
		if len(roll.Rows) != 2 || roll.Rows[1].State != donations.Refunded {
			t.Errorf("the roll hides what was given back: %+v", roll.Rows)
		}
		ss, err := g.Standings(t.Context(), true)
		must(t, err)
		if ss[0].Gifts != 1 {
			t.Errorf("the campaign counts %d gifts, want 1", ss[0].Gifts)
		}
		if _, again := fault.IsAgain(g.ApproveRefund(t.Context(), checker, r.ID, "核对无误")); !again {
			t.Error("a second approval is not answered with what is done")
		}
		g.Settle(t)
		if p := g.whole(t, w.ID).Papers[1]; p.State != documents.Issued {
			t.Errorf("the red-letter receipt is %s: %s", p.State, p.Reason)
		}
	})
}

func TestAPromisedOrSpentGiftIsNotRefunded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 10_000)
		g.move(t, ledger.Reserve, 1)
		must(t, g.AskRefund(t.Context(), clerk, w.ID, "重复支付", key()))
		r := g.whole(t, w.ID).Asked()
		refused(t, g.ApproveRefund(t.Context(), checker, r.ID, ""), fault.Unfunded, "donations.spent")
		after := g.whole(t, w.ID)
		if after.State != donations.Refunding || after.Papers[0].State != documents.Ordered || len(after.Papers) != 1 || g.balance(t).Available != 9_999 {
			t.Errorf("the refused refund left %s, %d papers, %d", after.State, len(after.Papers), g.balance(t).Available)
		}
		field(t, g.DeclineRefund(t.Context(), checker, r.ID, ""), "remark", "donations.reason")
		must(t, g.DeclineRefund(t.Context(), checker, r.ID, "已公示"))
		if s := g.whole(t, w.ID).State; s != donations.Received {
			t.Errorf("a declined refund leaves %s", s)
		}
		refused(t, g.ApproveRefund(t.Context(), checker, r.ID, ""), fault.Conflict, "donations.refund_decided")
	})
}

// move books a movement of the campaign's fund, as relief would.
func (g *given) move(t testing.TB, kind ledger.Kind, fen money.Fen) {
	t.Helper()
	must(t, g.Trail.Do(t.Context(), audit.Act{Actor: clerk, Need: access.Everyone, Verb: "test.move", Subject: "x"}, g.post(kind, fen)))
}

func TestMoneyThatCameLateIsMoneyAllTheSame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		old, fresh := g.pledged(t, "张建明", 100), (*donations.Gift)(nil)
		start := g.Clock.Now()
		g.Clock.To(start.Add(89 * 24 * time.Hour))
		must(t, g.Expire(t.Context()))
		if s := g.whole(t, old.ID).State; s != donations.Pledged {
			t.Errorf("after 89 days the promise is %s", s)
		}
		fresh = g.pledged(t, "李红梅", 100)
		g.Clock.To(start.Add(91 * 24 * time.Hour))
		must(t, g.Expire(t.Context()))
		if a, b := g.whole(t, old.ID).State, g.whole(t, fresh.ID).State; a != donations.Expired || b != donations.Pledged {
			t.Errorf("after 91 days: %s, after 2 days: %s", a, b)
		}
		before, err := g.Trail.Entries(t.Context(), audit.Filter{Verb: "donations.expire"}, "", 10)
		must(t, err)
		must(t, g.Expire(t.Context()))
		after, err := g.Trail.Entries(t.Context(), audit.Filter{Verb: "donations.expire"}, "", 10)
		must(t, err)
		if len(before.Rows) != 1 || len(after.Rows) != 1 {
			t.Errorf("%d and %d entries of expiry", len(before.Rows), len(after.Rows))
		}
		must(t, g.Record(t.Context(), clerk, old.ID, payment("张建明", 100), key()))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, old.ID)}))
	})
}

func TestADraftIsOpenedByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		c, err := g.Make(t.Context(), editor, "ZX-2026", plan(), key())
		must(t, err)
		refused(t, g.Gifts.Open(t.Context(), editor, c.ID, 1), fault.Forbidden, "donations.same_person")
		must(t, g.Edit(t.Context(), opener, c.ID, 1, plan(), key()))
		refused(t, g.Gifts.Open(t.Context(), opener, c.ID, 1), fault.Conflict, "donations.edited_meanwhile")
		refused(t, g.Gifts.Open(t.Context(), opener, c.ID, 2), fault.Forbidden, "donations.same_person")
		third := person("third", "吴敏", "donations.open")
		must(t, g.Gifts.Open(t.Context(), third, c.ID, 2))
		refused(t, g.Gifts.Open(t.Context(), third, c.ID, 2), fault.Conflict, "donations.not_openable")
		c, err = g.Gifts.Campaign(t.Context(), c.ID)
		must(t, err)
		if f, err := g.Funds.Fund(t.Context(), c.Fund); err != nil || f.Kind != ledger.Restricted || f.Purpose != plan().Purpose {
			t.Errorf("the fund: %+v, %v", f, err)
		}
		refused(t, g.Edit(t.Context(), editor, c.ID, c.Version, plan(), key()), fault.Conflict, "donations.edit_open")
		must(t, g.Pause(t.Context(), editor, c.ID, "改文字"))
		other := plan()
		other.Purpose = "别的用途"
		field(t, g.Edit(t.Context(), editor, c.ID, c.Version, other, key()), "purpose", "donations.purpose_fixed")
		must(t, g.End(t.Context(), editor, c.ID, "做完了"))
		_, err = g.Make(t.Context(), editor, "ZX-2026", plan(), key())
		field(t, err, "code", "donations.code_used")
	})
}

func TestOnlyAnOpenCampaignTakesPromises(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		draft, err := g.Make(t.Context(), editor, "CG-2026", plan(), key())
		must(t, err)
		later := plan()
		later.StartsOn, later.EndsOn = "2026-12-01", "2026-12-31"
		soon := g.campaign(t, "SN-2026", later)
		closed := plan()
		closed.Mode, closed.Circle, closed.StartsOn, closed.EndsOn = donations.Directed, "理事会成员", "2026-11-01", "2026-12-31"
		directed := g.campaign(t, "DX-2026", closed)
		paused := g.campaign(t, "ZT-2026", plan())
		must(t, g.Pause(t.Context(), editor, paused.ID, "暂停"))
		for name, id := range map[string]string{"draft": draft.ID, "not begun": soon.ID, "directed": directed.ID, "paused": paused.ID, "unknown": "x"} {
			p := pledge("张建明", 100)
			p.Campaign = id
			_, err := g.Pledge(t.Context(), access.Public(""), p, key())
			if err == nil {
				t.Errorf("a %s campaign takes a promise", name)
				continue
			}
			field(t, err, "campaign", "donations.campaign_closed")
		}
		ss, err := g.Standings(t.Context(), true)
		must(t, err)
		for _, s := range ss {
			if s.Code == "DX-2026" || s.Code == "CG-2026" {
				t.Errorf("the public sees %s", s.Code)
			}
		}
		_, err = g.Shown(t.Context(), "DX-2026")
		refused(t, err, fault.NotFound, "db.not_found")
		_, err = g.Roll(t.Context(), "DX-2026", "", 10)
		refused(t, err, fault.NotFound, "db.not_found")
	})
}

func TestTheDonorsPageIsFoundByCodeAndPhoneOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "张建明", 100)
		href, err := g.Find(t.Context(), strings.ToLower(gift.Code[:4])+" "+gift.Code[4:], "1234")
		must(t, err)
		if href != g.Href(gift.ID) || strings.Contains(href, gift.ID) || strings.Contains(href, gift.Code) {
			t.Errorf("the address is %s", href)
		}
		found, err := g.ByAddress(t.Context(), strings.TrimPrefix(href, "/give/t/"))
		must(t, err)
		if found.ID != gift.ID {
			t.Error("the address leads to another gift")
		}
		for _, pair := range [][2]string{{gift.Code, "1235"}, {"22222222", "1234"}, {"", "1234"}, {gift.Code, ""}, {gift.Code + "A", "1234"}, {"' OR 1=1", "1234"}} {
			_, err := g.Find(t.Context(), pair[0], pair[1])
			field(t, err, "code", "donations.find_wrong")
		}
		desk, err := g.Register(t.Context(), clerk, donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: "李红梅"}, payment("李红梅", 100), key())
		must(t, err)
		_, err = g.Find(t.Context(), desk.Code, "")
		field(t, err, "code", "donations.find_wrong")
		_, err = g.ByAddress(t.Context(), gift.ID)
		refused(t, err, fault.NotFound, "db.not_found")
	})
}

func TestTheDeskFindsWhatItLooksFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := pledge("钱𬱖", 23_450)
		p.Phone = "13900001111"
		gift, err := g.Pledge(t.Context(), access.Public(""), p, key())
		must(t, err)
		pay := payment("钱𬱖", 23_450)
		must(t, g.Record(t.Context(), clerk, gift.ID, pay, key()))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, gift.ID)}))
		g.pledged(t, "李红梅", 100)
		w := g.whole(t, gift.ID)
		for _, q := range []string{gift.Code, strings.ToLower(gift.Code), "钱𬱖", "234.50", "13900001111", "139 0000 1111", pay.BankRef, w.Number} {
			rows, err := g.List(t.Context(), donations.Filter{Q: q}, "", 10)
			must(t, err)
			if len(rows.Rows) != 1 || rows.Rows[0].ID != gift.ID {
				t.Errorf("%q finds %d gifts", q, len(rows.Rows))
			} else if rows.Rows[0].Name != "钱*" {
				t.Errorf("the list shows %q", rows.Rows[0].Name)
			}
		}
		for _, q := range []string{"钱", "1390000", "%", "_______", "' OR 1=1 --"} {
			rows, err := g.List(t.Context(), donations.Filter{Q: q}, "", 10)
			must(t, err)
			if len(rows.Rows) != 0 {
				t.Errorf("%q finds %d gifts", q, len(rows.Rows))
			}
		}
	})
}

func TestPagesOfAListShowEveryGiftOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for range 7 {
			g.received(t, "张建明", 100)
		}
		seen, after := map[string]bool{}, ""
		for {
			page, err := g.Roll(t.Context(), "", after, 3)
			must(t, err)
			for _, r := range page.Rows {
				if seen[r.Number] {
					t.Errorf("%s comes twice", r.Number)
				}
				seen[r.Number] = true
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if len(seen) != 7 {
			t.Errorf("the pages show %d gifts of 7", len(seen))
		}
	})
}

func TestPrivateColumnsAreOpenedForAReasonAndOnTheRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "张建明", 100)
		_, err := g.Reveal(t.Context(), clerk, gift.ID, "match")
		refused(t, err, fault.Forbidden, "access.forbidden")
		_, err = g.Reveal(t.Context(), checker, gift.ID, "好奇")
		field(t, err, "why", "donations.reveal.need")
		x, err := g.Reveal(t.Context(), checker, gift.ID, "match")
		must(t, err)
		if x.Name != "张建明" || x.Phone != "13808741234" {
			t.Errorf("got %+v", x)
		}
		es, err := g.Trail.Entries(t.Context(), audit.Filter{Subject: gift.ID, Verb: "audit.saw"}, "", 10)
		must(t, err)
		if len(es.Rows) != 1 || es.Rows[0].Actor != "checker" {
			t.Errorf("the record holds %d openings", len(es.Rows))
		}
	})
}

func TestPrivateColumnsHoldNoPlainText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := pledge("张建明", 100)
		p.IDNo, p.Message, p.Email = "530302199001011232", "祝老兵安康", "jianming@example.com"
		p.Tribute = &donations.Tribute{Kind: donations.TributeHonour, Name: "王老兵"}
		gift, err := g.Pledge(t.Context(), access.Public(""), p, key())
		must(t, err)
		must(t, g.Record(t.Context(), clerk, gift.ID, payment("张建明", 100), key()))
		for _, column := range donations.Private {
			table, col, _ := strings.Cut(column, ".")
			var values []string
			must(t, g.DB.NewRaw("SELECT "+col+" FROM "+table).Scan(t.Context(), &values))
			for _, v := range values {
				if v == "" || !strings.HasPrefix(v, "1.") {
					t.Errorf("%s holds %q", column, v)
				}
			}
		}
	})
}

func TestEnsureOpensTheGeneralFundOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		must(t, g.Ensure(t.Context()))
		fs, err := g.Funds.Funds(t.Context(), nil)
		must(t, err)
		n := 0
		for _, f := range fs {
			if f.Code == donations.GeneralCode {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d general funds", n)
		}
	})
}

func TestCheckFindsABrokenBook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 100)
		broken := []struct{ name, do, undo string }{
			{"another amount", "UPDATE donations_gifts SET amount = 200 WHERE id = ?", "UPDATE donations_gifts SET amount = 100 WHERE id = ?"},
			{"another state", "UPDATE donations_gifts SET state = 'refunded' WHERE id = ?", "UPDATE donations_gifts SET state = 'received' WHERE id = ?"},
			{"a wrong count", "UPDATE donations_counts SET gifts = 5 WHERE '' <> ?", "UPDATE donations_counts SET gifts = 1 WHERE '' <> ?"},
			{"a lost receipt", "UPDATE documents_papers SET state = 'void' WHERE subject = 'donation/' || ?", "UPDATE documents_papers SET state = 'ordered' WHERE subject = 'donation/' || ?"},
			{"a receipt over more than came", "UPDATE donations_receipts SET amount = 101 WHERE subject = 'donation/' || ?", "UPDATE donations_receipts SET amount = 100 WHERE subject = 'donation/' || ?"},
			{"a gift without a receipt", "UPDATE donations_receipt_lines SET live = (1 = 0) WHERE gift = ?", "UPDATE donations_receipt_lines SET live = (1 = 1) WHERE gift = ?"},
			{"another number", "UPDATE donations_gifts SET number = 'QJGA-2026-000009' WHERE id = ?", "UPDATE donations_gifts SET number = 'QJGA-2026-000001' WHERE id = ?"},
		}
		for _, b := range broken {
			_, err := g.DB.Writer().ExecContext(t.Context(), b.do, w.ID)
			must(t, err)
			if _, err := g.Module().Check(t.Context()); err == nil {
				t.Errorf("%s is not found", b.name)
			}
			_, err = g.DB.Writer().ExecContext(t.Context(), b.undo, w.ID)
			must(t, err)
		}
	})
}
