package disclosure_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"care/modules/disclosure"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/fault"
)

func report(t *testing.T, v *disclosure.Version) *disclosure.Report {
	t.Helper()
	r := new(disclosure.Report)
	must(t, json.Unmarshal([]byte(v.Body), r))
	return r
}

func TestTheFiguresOfAReportComeFromTheBooks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.book(t, ledger.Receive, 10_000, "2026-11-26")
		g.book(t, ledger.Receive, 5_000, "2026-12-05")
		g.book(t, ledger.Reserve, 6_000, "2026-12-06")
		g.book(t, ledger.Commit, 4_000, "2026-12-07")
		g.book(t, ledger.Disburse, 3_000, "2026-12-08")
		g.book(t, ledger.Recover, 500, "2026-12-10")
		g.book(t, ledger.Receive, 70_000, "2026-12-19") // after the report
		first := g.published(t, "2026-11-30")
		f := report(t, first).Funds[0]
		if f.Opening != 0 || f.Received != 10_000 || f.Gifts != 1 || f.Closing != 10_000 || f.Spent != 0 {
			t.Errorf("until November: %+v", f)
		}
		second := g.published(t, "2026-12-18")
		r := report(t, second)
		if f = r.Funds[0]; r.From != "2026-12-01" || f.Opening != 10_000 || f.Received != 5_000 || f.Spent != 3_000 || f.Payments != 1 || f.Back != 500 || f.Backs != 1 ||
			f.Closing != 12_500 || f.Available != 9_500 || f.Reserved != 2_000 || f.Committed != 1_000 || f.Disbursed != 2_500 {
			t.Errorf("from %s: %+v", r.From, f)
		}
		if len(f.Classes) != 1 || f.Classes[0].Class != ledger.Aid || f.Classes[0].Amount != 2_500 {
			t.Errorf("classes %+v", f.Classes)
		}
		sum := sha256.Sum256([]byte(second.Body))
		if hex.EncodeToString(sum[:]) != second.Hash {
			t.Error("the hash is not that of the text")
		}
	})
}

func TestTwoPeopleStandBehindAReport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, err := g.Draft(ctx, stranger, g.progress("2026-12-19"), key())
		refused(t, err, fault.Forbidden, "access.forbidden")
		v, err := g.Draft(ctx, both, g.progress("2026-12-19"), key())
		must(t, err)
		refused(t, g.Publish(ctx, both, v.ID, v.Hash), fault.Forbidden, "disclosure.same_person")
		must(t, g.Rewrite(ctx, writer, v.ID, v.Hash, "", text, key())) // the same words: the same text
		refused(t, g.Publish(ctx, both, v.ID, v.Hash), fault.Forbidden, "disclosure.same_person")
		refused(t, g.Publish(ctx, publisher, v.ID, strings.Repeat("0", 64)), fault.Conflict, "disclosure.changed")
		must(t, g.Publish(ctx, publisher, v.ID, v.Hash))
		refused(t, g.Publish(ctx, publisher, v.ID, v.Hash), fault.Conflict, "disclosure.no_draft")
		refused(t, g.Drop(ctx, writer, v.ID), fault.Conflict, "disclosure.no_draft")
	})
}

func TestWhatIsPublishedIsWhatWasRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		v, err := g.Draft(ctx, writer, g.progress("2026-12-19"), key())
		must(t, err)
		g.book(t, ledger.Receive, 100, "2026-12-19")
		refused(t, g.Publish(ctx, publisher, v.ID, v.Hash), fault.Conflict, "disclosure.stale")
		must(t, g.Rewrite(ctx, writer, v.ID, v.Hash, "", text, key()))
		refused(t, g.Rewrite(ctx, writer, v.ID, v.Hash, "", text, key()), fault.Conflict, "db.changed")
		refused(t, g.Publish(ctx, publisher, v.ID, v.Hash), fault.Conflict, "disclosure.changed")
		w, err := g.Item(ctx, v.Item)
		must(t, err)
		g.book(t, ledger.Receive, 100, "2026-12-20") // outside of the period
		must(t, g.Publish(ctx, publisher, v.ID, w.Versions[0].Hash))
	})
}

func TestAFrozenVersionNeverChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		v := g.published(t, "2026-12-10")
		for _, q := range []string{"UPDATE disclosure_versions SET body = body || ' '", "UPDATE disclosure_versions SET state = 'draft', published_at = NULL", "UPDATE disclosure_versions SET note = 'x'", "DELETE FROM disclosure_versions"} {
			if _, err := g.DB.Writer().ExecContext(ctx, q); err == nil {
				t.Errorf("%q is accepted", q)
			}
		}
		g.book(t, ledger.Receive, 100, "2026-12-09")
		w, err := g.Shown(ctx, g.code(t, v.Item))
		must(t, err)
		if w.Versions[0].Body != v.Body || w.Versions[0].Hash != v.Hash {
			t.Error("the public reads another text")
		}
		field(t, revise(g, v.Item, ""), "note", "disclosure.need_note")
		must(t, revise(g, v.Item, "补记一笔迟到的捐赠"))
		refused(t, revise(g, v.Item, "再补一次"), fault.Conflict, "disclosure.draft_open")
		if w, err = g.Shown(ctx, w.Code); err != nil || len(w.Versions) != 1 {
			t.Errorf("the public sees a draft: %d versions, %v", len(w.Versions), err)
		}
		all, err := g.Item(ctx, v.Item)
		must(t, err)
		d := all.Versions[1]
		must(t, g.Publish(ctx, publisher, d.ID, d.Hash))
		w, err = g.Shown(ctx, w.Code)
		must(t, err)
		r := report(t, &w.Versions[1])
		if len(w.Versions) != 2 || r.Version != 2 || r.Previous != v.Hash || r.Correction != "补记一笔迟到的捐赠" || r.Funds[0].Received != 100 || report(t, &w.Versions[0]).Funds[0].Received != 0 {
			t.Errorf("the correction: %+v", r)
		}
	})
}

func (g *given) code(t *testing.T, item string) string {
	t.Helper()
	w, err := g.Item(t.Context(), item)
	must(t, err)
	return w.Code
}

func revise(g *given, item, note string) error {
	_, err := g.Revise(context.Background(), writer, item, note, text, key())
	return err
}

// The control of the proof: a text changed behind the triggers' back is found.
func TestTheProofFindsAChangedText(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		g.published(t, "2026-12-10")
		if _, err := g.Office.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		drop := "DROP TRIGGER disclosure_versions_frozen"
		if f.DB.Postgres() {
			drop += " ON disclosure_versions"
		}
		for _, q := range []string{drop, "UPDATE disclosure_versions SET body = replace(body, '逐级审核', '逐级放行')"} {
			if _, err := f.DB.Writer().ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := g.Office.Check(t.Context()); err == nil {
			t.Error("the check passes")
		}
	})
}

func TestReportsFollowOneAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, err := g.Draft(ctx, writer, g.progress("2026-12-20"), key())
		field(t, err, "to", "disclosure.need_to") // today is not over
		_, err = g.Draft(ctx, writer, g.progress("2026-11-24"), key())
		field(t, err, "to", "disclosure.need_to") // before it began
		v, err := g.Draft(ctx, writer, g.progress("2026-12-01"), key())
		must(t, err)
		_, err = g.Draft(ctx, writer, g.progress("2026-12-02"), key())
		refused(t, err, fault.Conflict, "disclosure.draft_open")
		must(t, g.Drop(ctx, writer, v.ID))
		again := g.published(t, "2026-12-10")
		if again.Item != v.Item {
			t.Error("the report that was given up is not taken up again")
		}
		_, err = g.Draft(ctx, writer, g.progress("2026-12-10"), key())
		field(t, err, "to", "disclosure.need_to") // told already
		if r := report(t, g.published(t, "2026-12-11")); r.From != "2026-12-11" {
			t.Errorf("the next one begins on %s", r.From)
		}
		in := g.progress("2026-12-19")
		in.Kind = disclosure.Final
		_, err = g.Draft(ctx, writer, in, key())
		refused(t, err, fault.Conflict, "disclosure.wrong_time")
	})
}

func TestTheFinalReportSumsACampaignUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		g.book(t, ledger.Receive, 300, "2026-12-01")
		must(t, g.Gifts.End(ctx, writer, g.Campaign.ID, "做完了"))
		tasks, err := g.Tasks(ctx)
		must(t, err)
		if len(tasks) != 1 || tasks[0].Kind != disclosure.Final || tasks[0].Due != "2027-03-20" {
			t.Errorf("tasks %+v", tasks)
		}
		g.on("2026-12-28")
		in := g.progress("2026-12-27")
		in.Kind = disclosure.Final
		v, err := g.Draft(ctx, writer, in, key())
		must(t, err)
		refused(t, g.Gifts.Archive(ctx, publisher, g.Campaign.ID), fault.Conflict, "donations.step.order")
		must(t, g.Publish(ctx, publisher, v.ID, v.Hash))
		c, err := g.Gifts.Campaign(ctx, g.Campaign.ID)
		must(t, err)
		if c.Step != donations.StepSummed {
			t.Errorf("the campaign is at %q", c.Step)
		}
		must(t, g.Gifts.Archive(ctx, publisher, g.Campaign.ID))
		if tasks, err = g.Tasks(ctx); err != nil || len(tasks) != 0 {
			t.Errorf("tasks %+v, %v", tasks, err)
		}
		must(t, revise(g, v.Item, "改一处错字")) // a correction of an archived campaign's report
		w, err := g.Item(ctx, v.Item)
		must(t, err)
		must(t, g.Publish(ctx, publisher, w.Versions[1].ID, w.Versions[1].Hash))
	})
}

func TestOfManyWhoPublishOneDoes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		v, err := g.Draft(t.Context(), writer, g.progress("2026-12-19"), key())
		must(t, err)
		errs := moduletest.AtOnce(8, func(int) error { return g.Publish(context.WithoutCancel(t.Context()), publisher, v.ID, v.Hash) })
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d have published it", n)
		}
		errs = moduletest.AtOnce(6, func(int) error { return revise(g, v.Item, "同时更正") })
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d corrections were begun", n)
		}
	})
}

func TestTwoPeopleChangeANumber(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		r := disclosure.Rule{Name: disclosure.CampaignEvery, Value: 2, ValidFrom: "2026-12-01", Source: "新办法第九条"}
		_, err := g.Propose(ctx, writer, r, key())
		refused(t, err, fault.Forbidden, "access.forbidden")
		id, err := g.Propose(ctx, both, r, key())
		must(t, err)
		_, err = g.Propose(ctx, asker, r, key())
		refused(t, err, fault.Conflict, "disclosure.proposed_already")
		refused(t, g.Decide(ctx, both, id, true), fault.Forbidden, "disclosure.same_person")
		due := func() string {
			t.Helper()
			ts, err := g.Tasks(ctx)
			must(t, err)
			return string(ts[0].Due)
		}
		if d := due(); d != "2027-02-25" {
			t.Errorf("a proposal counts: %s", d)
		}
		must(t, g.Decide(ctx, publisher, id, true))
		refused(t, g.Decide(ctx, publisher, id, false), fault.Conflict, "db.changed")
		if d := due(); d != "2027-01-25" {
			t.Errorf("a decision does not count: %s", d)
		}
		id, err = g.Propose(ctx, asker, disclosure.Rule{Name: disclosure.CampaignEvery, Value: 1, ValidFrom: "2026-12-02", Source: "误解的文件"}, key())
		must(t, err)
		must(t, g.Decide(ctx, publisher, id, false))
		if d := due(); d != "2027-01-25" {
			t.Errorf("what was declined counts: %s", d)
		}
	})
}

func TestTheYearIsToldWithAllItsFunds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		g.book(t, ledger.Receive, 1_000, "2026-12-01")
		secret, err := g.Gifts.Make(ctx, writer, "DX-2026", donations.Plan{Title: "理事定向", Lead: "一", Story: "一", Purpose: "医疗费", Beneficiaries: "退役军人", Surplus: "转入", Manager: "孙丽", Mode: donations.Directed, Circle: "理事", StartsOn: "2026-12-01", EndsOn: "2026-12-31"}, key())
		must(t, err)
		must(t, g.Gifts.Open(ctx, publisher, secret.ID, 1))
		secret, err = g.Gifts.Campaign(ctx, secret.ID)
		must(t, err)
		public := g.Campaign
		g.Campaign = secret
		g.book(t, ledger.Receive, 777, "2026-12-05")
		g.Campaign = public
		in := disclosure.Drafting{Kind: disclosure.Annual, Subject: "2026", Text: text}
		_, err = g.Draft(ctx, writer, in, key())
		refused(t, err, fault.Conflict, "disclosure.wrong_time") // the year is not over
		g.on("2027-01-10")
		g.book(t, ledger.Receive, 9, "2027-01-05")
		v, err := g.Draft(ctx, writer, in, key())
		must(t, err)
		r := report(t, v)
		if strings.Contains(v.Body, "DX-2026") || strings.Contains(v.Body, "理事定向") {
			t.Error("the report names a directed campaign")
		}
		if len(r.Funds) != 3 || r.Total.Received != 1_777 || r.Total.Closing != 1_777 || r.To != "2026-12-31" {
			t.Errorf("%d funds, %+v", len(r.Funds), r.Total)
		}
		must(t, g.Publish(ctx, publisher, v.ID, v.Hash))
	})
}

func TestAnEventIsToldWithinItsDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, err := g.Happen(ctx, writer, disclosure.Happening{Kind: "other", Title: "买", Day: "2026-12-21"}, key())
		if n := len(fault.FieldsOf(err)); n != 3 {
			t.Errorf("%v", err)
		}
		id, err := g.Happen(ctx, writer, disclosure.Happening{Kind: "asset", Title: "购置办公用房", Day: "2026-12-01"}, key())
		must(t, err)
		ts, err := g.Tasks(ctx)
		must(t, err)
		if ts[0].Kind != disclosure.Event || ts[0].Due != "2026-12-31" {
			t.Errorf("tasks %+v", ts)
		}
		v, err := g.Draft(ctx, writer, disclosure.Drafting{Kind: disclosure.Event, Subject: id, Text: disclosure.Text{Title: "购置办公用房公告", Done: "经理事会决议，购置办公用房一处。"}}, key())
		must(t, err)
		must(t, g.Publish(ctx, publisher, v.ID, v.Hash))
		if ts, err = g.Tasks(ctx); err != nil || len(ts) != 1 || ts[0].Kind != disclosure.Progress {
			t.Errorf("tasks %+v, %v", ts, err)
		}
		_, err = g.Draft(ctx, writer, disclosure.Drafting{Kind: disclosure.Event, Subject: "nothing", Text: text}, key())
		refused(t, err, fault.NotFound, "db.not_found")
	})
}

func TestTheDemonstrationShowsReportsAndACorrection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.Clock.To(g.Clock.Now().AddDate(0, 0, 120)) // the campaign is old enough for its report of 70 days ago
		must(t, g.Seed(t.Context(), g.Clock))
		ls, err := g.Published(t.Context(), "", "", 10)
		must(t, err)
		if len(ls.Rows) != 1 || ls.Rows[0].N != 2 {
			t.Errorf("%+v", ls.Rows)
		}
	})
}
