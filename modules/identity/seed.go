package identity

import (
	"context"
	"fmt"

	"care/modules/audit"
	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// DemoPassword opens every account of the demonstration; the sign-in page shows it while the demonstration data is loaded.
const DemoPassword = "Shuangyong-2026"

// Logins of the demonstration, for the seeds and tests of other modules: People.ByLogin(ctx, identity.DemoFiler).
const (
	DemoFiler        = "zhan1"   // 村站员, 石河村: takes applications
	DemoVillage      = "zhan2"   // 村站长, 石河村: checks them
	DemoTownship     = "zhen1"   // 镇站员, 者海镇
	DemoTownship2    = "zhen2"   // the second one there
	DemoCounty       = "xian1"   // 县经办, 会泽县
	DemoCounty2      = "xian2"   // the second one there
	DemoPublisher    = "xian3"   // 县公示发布, 会泽县
	DemoInvestigator = "xian4"   // 县异议核实, 会泽县
	DemoOutside      = "xuan1"   // 市经办, 宣威市: outside of 会泽县
	DemoOfficer      = "zhuan1"  // 基金会项目专员
	DemoManager      = "zhuguan" // 项目主管: makes batches and campaigns
	DemoCashier      = "chuna"   // 财务登记（出纳）
	DemoAccountant   = "kuaiji"  // 财务复核（会计）
	DemoSecretary    = "mishu"   // 秘书长: approves
	DemoDirector     = "lishi1"  // 理事: the second approval
	DemoSignatory    = "lishi2"  // 理事: signs batches
	DemoSupervisor   = "jianshi" // 监事
	DemoAdmin        = "xitong"  // 系统管理员
	DemoSecurity     = "anquan"  // 安全管理员
	DemoAuditor      = "shenji"  // 审计员
)

// DemoPerson is one account of the demonstration.
type DemoPerson struct{ Login, Name, Post, Role, Area string }

// DemoLogins lists the accounts of the demonstration: at least one for each role.
func DemoLogins() []DemoPerson {
	return []DemoPerson{
		{DemoFiler, "李正明", "石河村退役军人服务站站员", VillageClerk, network.DemoVillage},
		{DemoVillage, "王桂芬", "石河村退役军人服务站站长", VillageHead, network.DemoVillage},
		{DemoTownship, "杨顺才", "者海镇退役军人服务站", TownshipClerk, network.DemoTownship},
		{DemoTownship2, "张丽琼", "者海镇退役军人服务站", TownshipClerk, network.DemoTownship},
		{DemoCounty, "陈会英", "会泽县退役军人事务局", CountyClerk, network.DemoCounty},
		{DemoCounty2, "赵家荣", "会泽县退役军人事务局", CountyClerk, network.DemoCounty},
		{DemoPublisher, "刘建平", "会泽县退役军人事务局", CountyPublisher, network.DemoCounty},
		{DemoInvestigator, "马有福", "会泽县退役军人事务局", CountyInvestigator, network.DemoCounty},
		{DemoOutside, "徐文波", "宣威市退役军人事务局", CountyClerk, network.DemoOutside},
		{DemoOfficer, "周晓燕", "基金会项目部", Officer, network.Root},
		{DemoManager, "朱国强", "基金会项目部主管", Manager, network.Root},
		{DemoCashier, "孙雪梅", "基金会出纳", Cashier, network.Root},
		{DemoAccountant, "何志远", "基金会会计", Accountant, network.Root},
		{DemoSecretary, "高云飞", "基金会秘书长", Secretary, network.Root},
		{DemoDirector, "罗德昌", "基金会理事", Director, network.Root},
		{DemoSignatory, "郭淑兰", "基金会理事", Director, network.Root},
		{DemoSupervisor, "欧阳建国", "基金会监事", Supervisor, network.Root},
		{DemoAdmin, "田野", "信息管理岗", Administrator, network.Root},
		{DemoSecurity, "许可", "安全管理岗", SecurityOfficer, network.Root},
		{DemoAuditor, "沈静", "审计岗", Auditor, network.Root},
	}
}

// demoBefore is how many days before the demonstration is loaded its people began to work, since its cases are older than today.
const demoBefore = 400

// Seed opens the accounts of the demonstration; what is there already stays.
func (s *People) Seed(ctx context.Context, at *clock.Travel) error {
	if at != nil {
		at.To(at.Now().AddDate(0, 0, -demoBefore))
	}
	// One salt for all of them: the password is printed on the sign-in page, there is nothing to hide.
	hash, err := s.hash.make(ctx, DemoPassword)
	if err != nil {
		return err
	}
	sys := access.System()
	for _, d := range DemoLogins() {
		in := Account{Login: d.Login, Name: d.Name, Post: d.Post, Area: d.Area}
		id, err := s.create(ctx, sys, in, "identity.demo/"+d.Login, func(context.Context, *audit.Tx, *Person) error { return nil },
			func(tx *audit.Tx, p *Person) { p.Demo, p.Password, p.PasswordAt = true, hash, &tx.Now })
		if ref, ok := fault.IsAgain(err); ok {
			id, err = ref, nil
		}
		if err == nil {
			err = s.Grant(ctx, sys, Order{Person: id, Role: d.Role, From: s.today()}, "identity.demo.grant/"+d.Login)
		}
		if _, ok := fault.IsAgain(err); err != nil && !ok && fault.CodeOf(err) != "audit.key_reused" {
			return fmt.Errorf("seed account %s: %w", d.Login, err)
		}
	}
	return nil
}
