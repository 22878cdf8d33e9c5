package disclosure

import (
	"context"
	"fmt"

	"care/modules/identity"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// Seed writes and publishes the reports of the demonstration, one of them corrected, one campaign's next one late.
func (s *Office) Seed(ctx context.Context, at *clock.Travel) error {
	if s.set.Login == nil {
		return fault.New(fault.Internal, "disclosure.no_demo_people")
	}
	var manager, secretary, accountant access.Actor
	for login, to := range map[string]*access.Actor{identity.DemoManager: &manager, identity.DemoSecretary: &secretary, identity.DemoAccountant: &accountant} {
		var err error
		if *to, err = s.set.Login(ctx, login); err != nil {
			return fmt.Errorf("person %s: %w", login, err)
		}
	}
	end := at.Now()
	today := clock.DayOf(end)
	on := func(ago, hour int) { at.To(today.Add(-ago).Time().Add(timeOf(hour))) }
	cs, err := s.campaigns.All(ctx, s.db)
	if err != nil {
		return err
	}
	byCode := map[string]Campaign{}
	for _, c := range cs {
		byCode[c.Code] = c
	}
	publish := func(v *Version, err error) error {
		if err != nil {
			return err
		}
		return s.Publish(ctx, secretary, v.ID, v.Hash)
	}
	var corrected *Version
	for i, r := range []struct {
		code, done, plan string
		ago              int
	}{
		{"ZX-2026", "县局推荐的在读学生名单正在复核，开学前把助学金发到学生账户。", "余款用于下一学期的助学金。", 98},
		{"DB-2026", "收到的申请经村、乡、县、市四级审核并公示。首批补助名单已在“救助公示”公布，善款按公示结果拨付。", "余款继续用于自付医疗费用补助，接受新的申请。", 70},
		{"ZJ-2026", "会泽、宣威两地乡镇服务站逐户核实过冬需要，形成第一批物资清单。", "余款在入冬以前用于采购棉被、取暖炉和发放取暖补助。", 62},
	} {
		c, ok := byCode[r.code]
		if !ok {
			continue
		}
		on(r.ago, 10+i)
		v, err := s.Draft(ctx, manager, Drafting{Kind: Progress, Subject: c.ID, To: today.Add(-r.ago - 1), Text: Text{Title: c.Title + "募捐进展报告", Done: r.done, Plan: r.plan}}, "seed-report-"+r.code)
		if err == nil {
			on(r.ago, 15+i)
		}
		if err := publish(v, err); err != nil {
			return fmt.Errorf("report of %s: %w", r.code, err)
		}
		if r.code == "DB-2026" {
			corrected = v
		}
	}
	if corrected != nil {
		on(44, 9)
		if err := publish(s.Revise(ctx, manager, corrected.Item, "补写审核层级和公示去处，数字没有变动", Text{Title: corrected.Title,
			Done: "收到的申请由村（社区）、乡镇、县（市、区）、市四级审核，在本站“救助公示”公示五个工作日，没有异议的按公示结果拨付到本人账户。", Plan: "余款继续用于自付医疗费用补助，接受新的申请。"}, "seed-revise")); err != nil {
			return fmt.Errorf("correction: %w", err)
		}
	}
	on(3, 9)
	assets, err := s.Propose(ctx, accountant, Rule{Name: LastNetAssets, Value: 620_000_000, ValidFrom: clock.Day(dateText(101, today.Year())), Source: "演示数据：上年度审计报告（非真实文号）"}, "seed-rule")
	if err != nil {
		return err
	}
	on(2, 9)
	if err := s.Decide(ctx, secretary, assets, true); err != nil {
		return err
	}
	on(1, 9)
	if _, err := s.Propose(ctx, accountant, Rule{Name: CostCap, Value: 200, ValidFrom: clock.Day(dateText(101, today.Year()+1)), Source: "演示数据：理事会关于募捐成本的决议（非真实文号）"}, "seed-cap"); err != nil {
		return err
	}
	at.To(end)
	return s.Keep(ctx)
}
