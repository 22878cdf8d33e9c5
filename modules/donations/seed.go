package donations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"care/modules/identity"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// seedCampaign is a campaign of the demonstration; days count back from today.
type seedCampaign struct {
	code         string
	plan         Plan
	made         int // days ago
	starts, ends int // days ago; a negative one lies ahead; 0 for none
	filed        int
	end          int // days ago, 0 for never
	draft        bool
	endWhy       string
}

const seedManagerName = "市退役军人服务中心 406 室，项目负责人"

// seedCampaigns are believable projects of a city foundation. Numbers of certificates and filings are invented and say so.
func seedCampaigns() []seedCampaign {
	return []seedCampaign{
		{code: "DB-2026", made: 152, plan: Plan{Title: "困难退役军人大病救助", Mode: Intent, Target: 60_000_000,
			Lead:          "为因病致困的退役军人和“三属”家庭分担一部分自付医疗费用，每一笔支出经村、乡、县、市四级审核并公示。",
			Story:         "一场大病，往往让一个刚刚好起来的家又回到难处。基本医保、大病保险和医疗救助报销以后，仍有一笔自付费用压在家里。\n这个项目只做一件事：在各项政策之后，再帮一把。符合条件的退役军人和烈士遗属、因公牺牲军人遗属、病故军人遗属，由所在村（社区）服务站帮助申请，经乡镇、县、市逐级审核，公示五个工作日后，直接拨付到本人账户。\n善款到账、拨付和结余，在这一页随时可以看到。",
			Purpose:       "补助曲靖市困难退役军人和“三属”家庭的自付医疗费用，单个家庭每年不超过三万元。",
			Beneficiaries: "户籍在曲靖市、因病致困的退役军人和“三属”家庭。", Cost: "不从本项目列支募捐成本。", Surplus: "剩余善款转入下一年度同类大病救助，并向社会公开。", Manager: seedManagerName, Region: "曲靖市"}},
		{code: "ZJ-2026", made: 140, plan: Plan{Title: "老兵暖冬行动", Mode: Intent, Target: 20_000_000,
			Lead:          "入冬以前，为高海拔山区的困难老兵送去棉被、取暖炉和过冬的煤火钱。",
			Story:         "会泽、宣威的高寒山区，冬天来得早。不少参战老兵年过七十，住在海拔两千米以上的村子里。\n每年十一月，乡镇服务站逐户核实需要，县局统一采购或直接发放取暖补助，物资签收单和发放名单存档备查。",
			Purpose:       "为高寒山区困难老兵发放过冬物资和取暖补助，每户五百至八百元。",
			Beneficiaries: "会泽、宣威、富源等县（市）高寒山区的困难老兵。", Cost: "物资运输费不超过善款的百分之二。", Surplus: "剩余善款用于次年走访慰问。", Manager: seedManagerName, Region: "曲靖市"}},
		{code: "ZX-2026", made: 128, plan: Plan{Title: "军娃助学金", Mode: Intent, Target: 30_000_000,
			Lead:          "资助困难退役军人家庭的孩子读完高中和大学，一年一评，直接发到学生账户。",
			Story:         "孩子考上大学，是全家的喜事，也是一笔不小的开支。\n项目为困难退役军人家庭的子女提供助学金：高中每学年两千元，本专科每学年四千元。名单由县局推荐、市里复核并公示，助学金在开学前直接发到学生本人账户。",
			Purpose:       "资助困难退役军人家庭子女完成高中和高等教育学业。",
			Beneficiaries: "困难退役军人家庭的在读高中生、大学生。", Cost: "无。", Surplus: "剩余善款转入下一学年。", Manager: seedManagerName, Region: "曲靖市"}},
		{code: "FX-2026", made: 120, filed: 112, starts: 96, ends: -60, plan: Plan{Title: "抗洪救灾老兵重建家园", Mode: Own, Target: 50_000_000,
			Lead:          "今夏强降雨中房屋受损的退役军人家庭，大家一起帮着修。",
			Story:         "七月的强降雨让罗平、师宗的一些村子进了水。许多退役军人第一时间上了堤，自己家的房子却倒了墙。\n项目为房屋受损的退役军人家庭提供修缮补助，县局和乡镇现场核实损失，验收合格后拨付。",
			Purpose:       "补助因灾房屋受损的退役军人家庭修缮住房，每户不超过两万元。",
			Beneficiaries: "罗平、师宗、富源因灾房屋受损的退役军人家庭。", Cost: "募捐成本不超过募捐收入的百分之一。", Surplus: "剩余善款用于同类救灾项目，并在结束后三个月内公开。", Manager: seedManagerName, Region: "云南省",
			Qualification: "演示证书 00000000（非真实编号）", Filing: "53530300MJ0A000173A26001", Platform: "指定平台（演示）", PlatformURL: "https://cszg.mca.gov.cn/"}},
		{code: "JZ-2026", made: 150, end: 20, endWhy: "年度走访任务完成，按计划结束", plan: Plan{Title: "烈属走访慰问", Mode: Intent, Target: 8_000_000,
			Lead:          "清明到国庆，为全市烈士父母和抚养人送去慰问金和体检。",
			Story:         "一个名字刻在碑上，一个家要有人惦记。\n项目每年走访全市烈士父母、配偶和抚养人，送慰问金、陪一次体检、记一次心愿。",
			Purpose:       "走访慰问烈士遗属，发放慰问金和体检补助。",
			Beneficiaries: "曲靖市烈士的父母、配偶、抚养人。", Surplus: "剩余善款转入“困难退役军人大病救助”。", Manager: seedManagerName, Region: "曲靖市"}},
		{code: "KF-2027", made: 3, draft: true, plan: Plan{Title: "伤残军人康复辅具", Mode: Intent, Target: 15_000_000,
			Lead:    "为伤残军人更换假肢、轮椅和助听器，配上用得惯的那一种。",
			Story:   "辅具用久了会磨损，人的身体也会变化。项目资助伤残军人更换和适配康复辅具。",
			Purpose: "资助伤残军人更换和适配康复辅具。", Beneficiaries: "曲靖市伤残军人。", Manager: seedManagerName, Region: "曲靖市"}},
	}
}

// seedGift is one gift of the demonstration. Names are invented; identity numbers and codes are synthetic.
type seedGift struct {
	name   string
	yuan   int
	code   string // of the campaign, "" for the general fund
	ago    int    // days
	body   string // credit code of a body
	shown  string // "" for the custom
	idno   string
	end    string // "" confirmed; pledge, arrived, refunded, refunding, expired, rejected
	paid   int    // yuan that came, 0: as promised
	desk   bool   // came without a promise
	method string
}

func seedGifts() []seedGift {
	return []seedGift{
		{name: "曲靖云岭建设集团有限公司", yuan: 50000, code: "DB-2026", ago: 149, body: "91530300MA6T00004Q"},
		{name: "张建国", yuan: 200, code: "DB-2026", ago: 148}, {name: "李红梅", yuan: 100, code: "DB-2026", ago: 147}, {name: "王志强", yuan: 500, code: "JZ-2026", ago: 146, shown: Real},
		{name: "陈秀英", yuan: 50, code: "JZ-2026", ago: 145}, {name: "欧阳建军", yuan: 1000, code: "DB-2026", ago: 143, shown: Real}, {name: "刘洋", yuan: 300, code: "DB-2026", ago: 141, shown: Anonymous},
		{name: "杨光荣", yuan: 2000, code: "JZ-2026", ago: 139, idno: "530302199001011232"}, {name: "赵敏", yuan: 100, code: "DB-2026", ago: 138, end: "expired"}, {name: "阿依古丽·买买提", yuan: 520, code: "DB-2026", ago: 136},
		{name: "会泽县退役军人事务局机关党支部", yuan: 12600, code: "JZ-2026", ago: 134, body: "53530300MJ000000XC", desk: true}, {name: "孙丽", yuan: 88, code: "ZX-2026", ago: 126}, {name: "周国平", yuan: 800, code: "ZJ-2026", ago: 125, shown: Real},
		{name: "钱𬱖", yuan: 666, code: "ZX-2026", ago: 123, shown: Real}, {name: "吴海燕", yuan: 150, code: "DB-2026", ago: 121, paid: 200}, {name: "郑大勇", yuan: 1000, code: "ZX-2026", ago: 118}, {name: "冯雪", yuan: 60, code: "ZJ-2026", ago: 115, end: "expired"},
		{name: "曲靖市麒麟区滇东高原特色农产品冷链物流与乡村振兴产业融合发展示范园区退役军人创业就业孵化服务中心及拥军优属志愿服务联合总会爱心企业家联谊分会第一届理事会工作部室", yuan: 30000, code: "ZX-2026", ago: 112, body: "53530300MJ0A000173", desk: true},
		{name: "褚云", yuan: 200, code: "", ago: 110}, {name: "卫东", yuan: 500, code: "", ago: 107, shown: Anonymous}, {name: "蒋文", yuan: 120, code: "DB-2026", ago: 104}, {name: "沈丽华", yuan: 300, code: "ZJ-2026", ago: 101}, {name: "韩雪峰", yuan: 1000, code: "DB-2026", ago: 98, end: "refunded"},
		{name: "朱德明", yuan: 2000, code: "FX-2026", ago: 92, shown: Real}, {name: "秦岭", yuan: 100, code: "FX-2026", ago: 90}, {name: "宣威市老兵火腿食品有限公司", yuan: 80000, code: "FX-2026", ago: 88, body: "91350100M000100Y43"}, {name: "尤佳", yuan: 50, code: "FX-2026", ago: 85},
		{name: "许多", yuan: 1314, code: "FX-2026", ago: 82, shown: Anonymous}, {name: "何志刚", yuan: 200, code: "DB-2026", ago: 79}, {name: "吕芳", yuan: 100, code: "ZX-2026", ago: 76, desk: true, method: Cash}, {name: "施恩", yuan: 5000, code: "DB-2026", ago: 73, shown: Real, idno: "530381198512310024"},
		{name: "张伟", yuan: 66, code: "ZJ-2026", ago: 70}, {name: "孔祥瑞", yuan: 900, code: "ZX-2026", ago: 67}, {name: "曹雨桐", yuan: 200, code: "FX-2026", ago: 64}, {name: "严寒", yuan: 500, code: "ZJ-2026", ago: 61}, {name: "华建平", yuan: 1000, code: "DB-2026", ago: 58},
		{name: "金凤", yuan: 100, code: "", ago: 55}, {name: "魏国庆", yuan: 1949, code: "JZ-2026", ago: 52, shown: Real}, {name: "陶然", yuan: 300, code: "ZX-2026", ago: 49}, {name: "姜玉兰", yuan: 200, code: "DB-2026", ago: 46, paid: 180}, {name: "云南滇东北机电设备有限责任公司", yuan: 20000, code: "ZJ-2026", ago: 43, body: "91530300MA6T00004Q"},
		{name: "戚家军", yuan: 800, code: "ZJ-2026", ago: 40, shown: Real}, {name: "谢婷", yuan: 50, code: "ZX-2026", ago: 37}, {name: "邹平", yuan: 400, code: "FX-2026", ago: 34}, {name: "司徒美华", yuan: 1000, code: "DB-2026", ago: 31}, {name: "余庆年", yuan: 200, code: "ZJ-2026", ago: 28, shown: Anonymous},
		{name: "苏明", yuan: 100, code: "DB-2026", ago: 25}, {name: "潘虹", yuan: 300, code: "ZX-2026", ago: 22}, {name: "葛军", yuan: 500, code: "ZJ-2026", ago: 19}, {name: "范仲明", yuan: 1000, code: "FX-2026", ago: 16, end: "refunding"}, {name: "彭德胜", yuan: 2000, code: "DB-2026", ago: 14, shown: Real},
		{name: "鲁山", yuan: 150, code: "ZX-2026", ago: 12}, {name: "韦唯", yuan: 88, code: "ZJ-2026", ago: 10}, {name: "罗平县花海农旅开发有限公司", yuan: 10000, code: "DB-2026", ago: 8, body: "91350100M000100Y43"}, {name: "马援朝", yuan: 600, code: "ZJ-2026", ago: 7, shown: Real}, {name: "苗苗", yuan: 20, code: "DB-2026", ago: 6},
		{name: "方志远", yuan: 200, code: "DB-2026", ago: 5, end: "arrived"}, {name: "俞敏", yuan: 500, code: "ZJ-2026", ago: 4, end: "arrived"}, {name: "任静", yuan: 100, code: "ZX-2026", ago: 4, end: "arrived", paid: 110}, {name: "沾益区双拥志愿服务队", yuan: 3600, code: "ZJ-2026", ago: 3, body: "53530300MJ000000XC", end: "arrived"},
		{name: "袁野", yuan: 300, code: "FX-2026", ago: 3, end: "rejected"}, {name: "柳青", yuan: 200, code: "DB-2026", ago: 2, end: "pledge"}, {name: "酆都生", yuan: 1000, code: "ZX-2026", ago: 2, end: "pledge"}, {name: "鲍国安", yuan: 50, code: "", ago: 1, end: "pledge"}, {name: "史万里", yuan: 800, code: "ZJ-2026", ago: 1, end: "pledge"},
	}
}

func seedPhone(i int) string { return fmt.Sprintf("1%d8%08d", 3+i%7, 70010000+i*7919) }

// seedEmail gives some donors an address; one of them gave several times.
func seedEmail(i int) string {
	switch {
	case i == 5 || i == 32 || i == 46 || i == 55:
		return DemoEmail
	case i%9 == 1:
		return fmt.Sprintf("donor%d@example.com", i)
	}
	return ""
}

// DemoEmail is the address of a donor of the demonstration who gave several times.
const DemoEmail = "ouyang@example.com"

// DemoPrivate lists what of the demonstration's donors must never be seen in public: the full names of people who did not
// ask for that, phones and identity numbers.
func DemoPrivate() []string {
	var out []string
	for i, g := range seedGifts() {
		out = append(out, seedPhone(i))
		if e := seedEmail(i); e != "" {
			out = append(out, e)
		}
		if g.idno != "" {
			out = append(out, g.idno)
		}
		if g.body == "" && g.shown != Real {
			out = append(out, g.name)
		}
	}
	return out
}

// seedAct is one act of the demonstration and when it happens.
type seedAct struct {
	at time.Time
	do func(ctx context.Context) error
}

// Seed loads the demonstration data through the desk's own acts, in the order of time.
func (s *Gifts) Seed(ctx context.Context, at *clock.Travel) error {
	if s.set.Login == nil {
		return fault.New(fault.Internal, "donations.no_demo_people")
	}
	var who struct{ cashier, accountant, manager, secretary access.Actor }
	for login, to := range map[string]*access.Actor{identity.DemoCashier: &who.cashier, identity.DemoAccountant: &who.accountant, identity.DemoManager: &who.manager, identity.DemoSecretary: &who.secretary} {
		var err error
		if *to, err = s.set.Login(ctx, login); err != nil {
			return fmt.Errorf("person %s: %w", login, err)
		}
	}
	today := clock.DayOf(at.Now())
	moment := func(ago, minutes int) time.Time {
		return today.Add(-ago).Time().Add(time.Duration(minutes) * time.Minute)
	}
	var acts []seedAct
	add := func(t time.Time, do func(ctx context.Context) error) { acts = append(acts, seedAct{t, do}) }
	add(moment(160, 540), s.Ensure)
	campaigns := map[string]string{} // code → id
	for i, c := range seedCampaigns() {
		plan := c.plan
		if c.starts != 0 {
			plan.StartsOn, plan.EndsOn = today.Add(-c.starts), today.Add(-c.ends)
		}
		add(moment(c.made, 560+i), func(ctx context.Context) error {
			x, err := s.Make(ctx, who.manager, c.code, plan, "seed-campaign-"+c.code)
			if err == nil {
				campaigns[c.code] = x.ID
			}
			return err
		})
		if !c.draft {
			open, minute, version := c.made, 640+i, int64(1)
			if c.filed > 0 {
				open, minute, version = c.starts, 480, 4 // before its first gifts
				on := func(ago int) clock.Day { return today.Add(-ago) }
				add(moment(c.filed+5, 640), func(ctx context.Context) error {
					return s.Decide(ctx, who.secretary, campaigns[c.code], Stepping{Number: "理事会决议〔演示〕3 号", Day: on(c.filed + 6)})
				})
				add(moment(c.filed, 640), func(ctx context.Context) error {
					return s.Submit(ctx, who.manager, campaigns[c.code], Stepping{Day: on(c.filed)})
				})
				add(moment(c.filed-8, 640), func(ctx context.Context) error {
					return s.Accept(ctx, who.manager, campaigns[c.code], Stepping{Number: plan.Filing, Day: on(c.filed - 8)})
				})
			}
			add(moment(open, minute), func(ctx context.Context) error { return s.Open(ctx, who.secretary, campaigns[c.code], version) })
		}
		if c.end > 0 {
			add(moment(c.end, 1020), func(ctx context.Context) error { return s.End(ctx, who.manager, campaigns[c.code], c.endWhy) })
		}
	}
	for i, g := range seedGifts() {
		s.seedGift(add, moment, g, i, campaigns, who.cashier, who.accountant, who.secretary)
	}
	for _, ago := range []int{40, 20} {
		add(moment(ago, 140), s.Expire)
	}
	add(moment(2, 1000), func(ctx context.Context) error { return s.seedReceipts(ctx, who.cashier, clock.DayOf(moment(2, 720))) })
	slices.SortStableFunc(acts, func(a, b seedAct) int { return a.at.Compare(b.at) })
	for _, a := range acts {
		at.To(a.at)
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("on %s: %w", clock.DayOf(a.at), err)
		}
	}
	return nil
}

// seedGift plans the acts of one gift.
func (s *Gifts) seedGift(add func(time.Time, func(context.Context) error), moment func(int, int) time.Time, g seedGift, i int, campaigns map[string]string, cashier, accountant, secretary access.Actor) {
	p := Pledge{Donor: Person, Shown: Masked, Name: g.name, IDNo: g.idno, Amount: money.Fen(g.yuan * 100), Phone: seedPhone(i), Email: seedEmail(i), Agree: true}
	if g.body != "" {
		p.Donor, p.Shown, p.IDNo = Body, Real, g.body
	}
	if g.shown != "" {
		p.Shown = g.shown
	}
	paid := p.Amount
	if g.paid > 0 {
		paid = money.Fen(g.paid * 100)
	}
	key := fmt.Sprintf("seed-gift-%d", i)
	var id string
	minute := 500 + i*37%480 // between 8:20 and 16:20
	pay := func(ago int) Payment {
		m := Transfer
		if g.method != "" {
			m = g.method
		}
		return Payment{BankRef: fmt.Sprintf("ICBC0874%s%04d", moment(ago, 720).Format("0601"), i+1), Day: clock.DayOf(moment(ago, 720)), Amount: paid, Payer: g.name, Method: m}
	}
	if g.desk {
		add(moment(g.ago, minute), func(ctx context.Context) error {
			p.Campaign = campaigns[g.code]
			x, err := s.Register(ctx, cashier, p, pay(g.ago), key)
			if err == nil {
				id = x.ID
			}
			return err
		})
	} else {
		add(moment(g.ago, minute), func(ctx context.Context) error {
			p.Campaign = campaigns[g.code]
			x, err := s.Pledge(ctx, access.Public(""), p, key)
			if err == nil {
				id = x.ID
			}
			return err
		})
	}
	if g.end == "pledge" || g.end == "expired" {
		return
	}
	if !g.desk {
		add(moment(g.ago-1, 560+i%60), func(ctx context.Context) error { return s.Record(ctx, cashier, id, pay(g.ago-1), key) })
	}
	live := func(ctx context.Context) (string, error) {
		w, err := s.Gift(ctx, id)
		if err != nil {
			return "", err
		}
		return w.Live().ID, nil
	}
	switch g.end {
	case "arrived":
		return
	case "rejected":
		add(moment(g.ago-1, 700), func(ctx context.Context) error {
			a, err := live(ctx)
			if err != nil {
				return err
			}
			return s.Reject(ctx, accountant, id, a, "流水号抄错一位，退回重新登记")
		})
		return
	}
	add(moment(g.ago-1, 900+i%60), func(ctx context.Context) error {
		a, err := live(ctx)
		if err != nil {
			return err
		}
		return s.Confirm(ctx, accountant, Confirm{Arrival: a})
	})
	if g.end == "refunded" || g.end == "refunding" {
		add(moment(g.ago-6, 600), func(ctx context.Context) error {
			return s.AskRefund(ctx, cashier, id, "同一笔转账重复支付", key)
		})
	}
	if g.end == "refunded" {
		add(moment(g.ago-7, 600), func(ctx context.Context) error {
			w, err := s.Gift(ctx, id)
			if err != nil {
				return err
			}
			return s.ApproveRefund(ctx, secretary, w.Asked().ID, "核对银行流水，确为重复支付")
		})
	}
}

// seedReceipts leaves work at the receipts' desk: a receipt handed over, an official one to check, a new one asked for.
func (s *Gifts) seedReceipts(ctx context.Context, cashier access.Actor, day clock.Day) error {
	rs, err := s.Receipts(ctx, ReceiptFilter{Show: "pending"}, "", 5)
	if err != nil || len(rs.Rows) < 2 {
		return err
	}
	hand, ask := rs.Rows[0], rs.Rows[1]
	if err := s.HandOver(ctx, cashier, hand.Paper, ByHand); err != nil {
		return err
	}
	if err := s.RecordFiscal(ctx, cashier, FiscalIn{Receipt: hand.Number, Code: "53060126", Number: "0000012345", CheckCode: "a1b2c3", Day: day, Amount: hand.Amount}, "seed-fiscal"); err != nil {
		return err
	}
	_, err = s.AskReissue(ctx, cashier, NewReissue{Kind: Replace, Papers: []string{ask.Paper}, Reason: "打印时纸面污损，还没有交付"}, "seed-reissue")
	return err
}
