package pdf

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"care/server/money"
)

// engine is shared by the tests of the package, as it is by the program.
var engine = sync.OnceValue(func() *Engine {
	e, err := New()
	if err != nil {
		panic(err)
	}
	return e
})

var testOrg = Org{
	Name: "曲靖市退役军人关爱基金会", Credit: "53530300MJT0000000", Phone: "0874-0000000", Address: "云南省曲靖市麒麟区",
	Site: "https://care.example.org/check", Seal: "财务专用章", SealCode: "5303000012345",
}

var sampleReceipt = Receipt{
	Org: testOrg, Number: "QJGA-2026-000123", VerifyCode: "8F3A-91C2", VerifyURL: "https://care.example.org/check/QJGA-2026-000123?c=8F3A91C2",
	Payer: "钱𬱖", PayerID: "530302********1232", ReceivedOn: "2026-11-21", IssuedOn: "2026-11-25",
	Project: "困难退役军人大病医疗帮扶", Restricted: true, Method: "银行转账", AmountFen: 168032, Handler: "吴芳", Checker: "周敏",
}

// specimens are one typical copy of every paper.
func specimens() map[string]Paper {
	return map[string]Paper{
		"receipt": sampleReceipt,
		"receipt-red": Receipt{
			Org: testOrg, Number: "QJGA-2026-000124", VerifyCode: "77B0-12DD", VerifyURL: "https://care.example.org/check/QJGA-2026-000124?c=77B012DD",
			Payer: "古丽米热·阿卜杜热合曼", PayerID: "", ReceivedOn: "2026-11-21", IssuedOn: "2026-11-26",
			Project: "重阳节慰问老兵", Method: "微信支付", AmountFen: -50000, Handler: "吴芳", Checker: "周敏", Demo: true, Reprint: true,
			RedLetter: true, Reverses: "QJGA-2026-000101", Reason: "捐赠人姓名有误",
			Official: Official{Code: "53060126", Number: "0000001234", Check: "a1b2c3"},
		},
		"voucher": Voucher{
			Org: testOrg, Number: "LK-2026-000045", VerifyCode: "4C1E-09AB", VerifyURL: "https://care.example.org/check/LK-2026-000045?c=4C1E09AB",
			Payee: "李䶮", PayeeID: "530302********0017", Bank: "中国农业银行曲靖麒麟支行", Card: "**** **** **** 3452",
			CaseNumber: "BF-2026-000310", Aid: "大病医疗", Fund: "困难退役军人帮扶专项（限定性）", BatchNumber: "PC-2026-0012", AmountFen: 1250000,
			Maker: "赵丽", Checker: "周敏", Signatory: "陈建国", PaidOn: "2026-11-24", BankReference: "20261124880012345678", IssuedOn: "2026-11-25",
			Note: "一次性帮扶援助金，已转入本人账户。",
		},
		"inkind": inKind(7),
		"statement": Statement{
			Org: testOrg, Number: "ZD-2026-000031", VerifyCode: "9D21-77AC", VerifyURL: "https://care.example.org/check/ZD-2026-000031?c=9D2177AC",
			Donor: "欧阳修竹", Honorific: "女士", Year: 2026, TotalFen: 1268000, IssuedOn: "2026-12-31",
			Story: "您的捐赠帮助了麒麟、沾益两区六户家庭渡过难关，其中两位老兵已经出院回家。",
			Gifts: []Gift{
				{"2026-01-20", "QJGA-2026-000012", "春节慰问老兵", "微信支付", 20000},
				{"2026-05-09", "QJGA-2026-000077", "困难退役军人大病医疗帮扶", "银行转账", 1000000},
				{"2026-07-28", "QJGA-2026-000102", "退役军人子女助学", "银行转账", 200000},
				{"2026-10-18", "QJGA-2026-000119", "重阳节慰问老兵", "支付宝", 48000},
			},
		},
		"certificate": Certificate{
			Org: testOrg, Number: "ZS-2026-000123", VerifyCode: "8F3A-91C2", VerifyURL: "https://care.example.org/check/ZS-2026-000123?c=8F3A91C2",
			Donor: "钱𬱖", Honorific: "先生", AmountFen: 168032, Project: "困难退役军人大病医疗帮扶", IssuedOn: "2026-11-25",
		},
		"honour": Honour{
			Org: Org{Name: "曲靖市双拥工作领导小组", Site: testOrg.Site, SealCode: testOrg.SealCode}, Number: "SY-2026-0012", VerifyCode: "31AA-0C9F", VerifyURL: "https://care.example.org/check/SY-2026-0012?c=31AA0C9F",
			Title: "荣誉证书", English: "CERTIFICATE OF HONOR", Name: "古丽米热·阿卜杜热合曼", Honorific: "同志",
			Body:    []string{"您扎根乡村学校二十年，资助军烈属子女一百一十二人，用半生光阴续写了人民军队爱人民、人民军队人民爱的故事。", "经公示和研究，授予您“曲靖市爱国拥军模范”荣誉称号。"},
			Closing: "特颁此证。", IssuedOn: "2026-08-01", Reprint: true,
		},
		"decision": Decision{
			Org: testOrg, Number: "曲退军基〔2026〕15号", VerifyCode: "22C0-8E1B", VerifyURL: "https://care.example.org/check/JD-2026-0015?c=22C08E1B", Name: "李䶮", Honorific: "同志",
			CaseNumber: "BF-2026-000310", AppliedOn: "2026-10-12", Aid: "大病医疗", Approved: true, AmountFen: 1250000, IssuedOn: "2026-11-20",
			Payment: "款项将在五个工作日内转入您本人名下的银行账户，到账后您会收到短信和领款凭证。", Review: "麒麟区退役军人事务局或者曲靖市退役军人事务局", ReviewDays: 10,
		},
		"decision-no": Decision{
			Org: testOrg, Number: "曲退军基〔2026〕16号", VerifyCode: "22C0-8E1C", VerifyURL: "https://care.example.org/check/JD-2026-0016?c=22C08E1C", Name: "王小明", Honorific: "同志",
			CaseNumber: "BF-2026-000311", AppliedOn: "2026-10-12", Aid: "住房修缮", IssuedOn: "2026-11-20", Demo: true,
			Reasons: []string{"入户核查时，申请修缮的房屋已由农村危房改造项目安排施工，同一事由不重复援助。", "家庭经济核对显示，扣除已获救助后没有自付费用。"},
			Review:  "麒麟区退役军人事务局或者曲靖市退役军人事务局", ReviewDays: 10, Advice: "如家中另有医疗、就学等困难，可以就新的事由随时再次申请，也可以到村（社区）退役军人服务站咨询其他救助政策。",
		},
		"homevisit": HomeVisit{
			Org: testOrg, Number: "HC-2026-000207", CaseNumber: "BF-2026-000310", VerifyURL: "https://care.example.org/check/HC-2026-000207", Name: "李䶮", PersonID: "530302********0017", Category: "退役士兵",
			Address: "麒麟区益宁街道金江社区", Phone: "138****5678", Aid: "大病医疗", VisitedOn: "2026-10-20", Household: "妻子王某，在家照料；儿子十五岁，就读初中；母亲七十三岁，长期服药。", Income: "近一年家庭收入约三万二千元，主要为务工收入",
			Checks: []Check{
				{"身份情况", "查看身份证、户口簿和退出现役证原件，与申请一致。", "属实"}, {"家庭经济", "住房为自建砖房两层，无车辆；存款与申报一致。", "属实"},
				{"困难情形", "查看出院小结和费用结算单原件，自付部分与申报相差四百元，系后补的门诊票据。", "部分属实"}, {"已获救助", "本年获临时救助三千元，未获其他基金同事由援助。", "属实"},
			},
			Neighbours: "走访邻居三户，均反映其为人勤恳，患病后家庭负担很重，同意给予帮扶。", Conclusion: "情况属实，建议给予一次性大病医疗帮扶。", Photos: 6, Visitors: []string{"赵丽", "陈建国", "孙㛃"}, IssuedOn: "2026-10-20",
		},
		"booking": Booking{
			Org: testOrg, Number: "YY-2026-001288", Code: "K7P4", VerifyURL: "https://care.example.org/visit/YY-2026-001288", Base: "曲靖烈士陵园爱国主义教育基地", Address: "曲靖市麒麟区寥廓街道",
			Visitor: "麒麟区第七小学五年级（2）班", People: 46, Day: "2026-12-04", Slot: "09:30–11:00", Guide: "需要讲解", Contact: "杨老师 138****5678", Notes: "请着素色服装，不携带宠物。", IssuedOn: "2026-11-25",
		},
		"roster": roster(31),
		"nomination": Nomination{
			Org: testOrg, Number: "TJ-2026-0031", Activity: "2026年度曲靖市“最美退役军人”学习宣传活动", Category: "扎根基层", Name: "古丽米热·阿卜杜热合曼",
			Fields: []Field{
				{Label: "性别", Value: "女"}, {Label: "民族", Value: "维吾尔族"}, {Label: "出生年月", Value: "1985年3月"}, {Label: "政治面貌", Value: "中共党员"}, {Label: "学历", Value: "大学"}, {Label: "职务", Value: "村党支部书记"},
				{Label: "工作单位", Value: "沾益区某某镇某某村民委员会", Wide: true}, {Label: "证件号码", Value: "530303********0028"}, {Label: "联系电话", Value: "138****5678"}, {Label: "服役情况", Value: "2004年12月入伍，2016年12月退役，荣立三等功一次", Wide: true},
			},
			Record:  "2004年12月至2016年12月在部队服役；2017年3月至今在沾益区某某镇某某村工作，先后任村委会委员、村党支部书记。",
			Honours: "2019年获评县级优秀党务工作者；2022年获评市级乡村振兴先进个人。", Brief: strings.Repeat("退役后回到家乡，带领乡亲发展烟草和蔬菜种植，修通入村道路，帮扶困难家庭。", 6), Deeds: strings.Repeat("她把部队的作风带进村里，凡事走在前面。修路那年，她和乡亲们在工地上住了四十天；疫情期间，她挨家挨户送药送粮，鞋底磨穿了两双。", 26),
			Opinions: []Opinion{
				{Office: "所在单位意见", Text: "情况属实，同意推荐。", By: "赵丽", On: "2026-09-10"}, {Office: "乡镇（街道）意见", Text: "已在本级公示五个工作日，无异议，同意推荐。", By: "陈建国", On: "2026-09-20"}, {Office: "县级双拥办（退役军人事务局）意见"}, {Office: "市级审批意见"},
			},
			IssuedOn: "2026-09-01",
		},
		"notice":    notice(14, false),
		"notice-a3": notice(61, true),
	}
}

func roster(n int) Roster {
	x := Roster{
		Org: testOrg, Number: "FF-2026-0018", Title: "“暖冬行动”棉被发放花名册", Project: "困难退役军人冬季慰问", Batch: "第二批", Place: "沾益区某某镇某某村委会", HandedOn: "2026-12-08",
		Handler: "赵丽", Witnesses: []string{"陈建国", "孙㛃"}, IssuedOn: "2026-12-08",
	}
	for i := range n {
		x.Rows = append(x.Rows, RosterRow{
			Name: []string{"张三丰", "李䶮", "古丽米热·阿卜杜热合曼", "钱𬱖"}[i%4], PersonID: "530303********00" + strconv.Itoa(10+i%90), Place: "某某镇某某村", Goods: []string{"棉被", "棉被、大米（10千克）"}[i%2], Quantity: "1", Signed: []string{"", "已签收"}[i%2],
		})
	}
	return x
}

func inKind(n int) InKind {
	x := InKind{
		Org: testOrg, Number: "QJGW-2026-000008", VerifyCode: "51D0-EE07", VerifyURL: "https://care.example.org/check/QJGW-2026-000008?c=51D0EE07", Payer: "云南示例纺织有限公司", PayerID: "91530300MA6EXAMPLE",
		ReceivedOn: "2026-11-18", IssuedOn: "2026-11-19", Project: "“暖冬行动”困难退役军人慰问", Restricted: true, Use: "冬季慰问", Warehouse: "麒麟区物资库", Acceptors: []string{"赵丽", "陈建国"}, Handler: "吴芳", Checker: "周敏",
	}
	for i := range n {
		it := Item{Name: []string{"棉被", "轮椅", "旧军装（展陈用）"}[i%3], Spec: []string{"2.0米×2.3米，6斤", "KY-809 可折叠", ""}[i%3], Unit: []string{"床", "台", "套"}[i%3], Quantity: strconv.Itoa(12 + i), Basis: []string{"发票", "市价", "无法计量"}[i%3]}
		if i%3 != 2 {
			it.UnitFen = money.Fen(15800 + 1000*i)
			it.TotalFen = it.UnitFen * money.Fen(12+i)
			x.TotalFen += it.TotalFen
		}
		x.Items = append(x.Items, it)
	}
	return x
}

func notice(n int, large bool) Notice {
	x := Notice{
		Org: testOrg, Number: "曲退军基〔2026〕12号", Title: "2026年第四季度困难退役军人帮扶援助公示", Place: "麒麟区益宁街道金江社区",
		From: "2026-11-25", To: "2026-12-01", Days: 5, Phone: "0874-0000000", Office: "益宁街道退役军人服务站", VerifyURL: "https://care.example.org/notices/2026-12",
		IssuedOn: "2026-11-24", Large: large, Demo: large,
	}
	for i := range n {
		x.Rows = append(x.Rows, NoticeRow{
			Name: []string{"张*明", "李*", "古**·阿*****曼", "欧**修"}[i%4], Place: []string{"益宁街道金江社区", "益宁街道龙潭村"}[i%2],
			Aid: []string{"大病医疗", "教育助学", "住房修缮", "突发意外"}[i%4], AmountFen: 300000 + 12345*money.Fen(i*i),
		})
	}
	return x
}

// TestSpecimens writes every specimen to the folder named by PDF_OUT, for eyes.
func TestSpecimens(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("PDF_OUT")
	for name, p := range specimens() {
		b, err := p.Render(engine())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".pdf"), b, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Log(name, len(b))
		}
	}
}
