package web

import "time"

// StylePage shows every component once, with sample data; the template is home/style.
type StylePage struct {
	Page
	Pager  Pager
	Line   []Step
	Time   []Step
	Facts  []Fact
	Bar    Bar
	Flow   Flow
	Uses   []Option
	Names  []Option
	Sums   []Option
	Papers []Option
	Have   []string
}

// StyleSample fills the style page.
func StyleSample(p Page) StylePage {
	p.Title = "界面样式"
	p.Errors = []FieldError{{"phone", "请填写 11 位手机号，例如 13800138000"}, {"name", "请选择名册上怎样显示"}}
	at := time.Date(2026, 11, 20, 2, 30, 0, 0, time.UTC)
	return StylePage{
		Page:  p,
		Pager: Pager{First: "?", Next: "?after=1"},
		Line:  []Step{{Title: "站点初核", State: "done"}, {Title: "乡镇审核", State: "done"}, {Title: "县局复核", State: "now"}, {Title: "公示", State: "todo"}, {Title: "市级审批", State: "todo"}, {Title: "拨付", State: "todo"}},
		Time: []Step{
			{Title: "县局复核", State: "now", Who: "等待会泽县退役军人事务局"},
			{Title: "乡镇审核通过", State: "done", At: at.Add(26 * time.Hour), Who: "赵启明 · 金钟街道", Text: "入户核查属实，两人签字，材料齐全。"},
			{Title: "退回补正", State: "bad", At: at.Add(3 * time.Hour), Who: "赵启明 · 金钟街道", Text: "缺少住院费用结算单，请补充后重新提交。"},
			{Title: "站点提交", State: "done", At: at, Who: "陈芳 · 以礼社区服务站"},
		},
		Facts:  []Fact{{Name: "收据编号", Value: "QJGA-2026-000123", Href: "#x", Num: true}, {Name: "捐赠人", Value: "曲靖某某建设有限公司"}, {Name: "金额", Value: "¥50,000.00", Num: true}, {Name: "用途", Value: "困难退役军人大病救助"}},
		Bar:    p.Progress("大病救助已完成", 64, 100),
		Flow:   NewFlow("这个项目的钱现在在哪里", Part{Title: "已拨付", Amount: 66_894_386, Tone: "green"}, Part{Title: "已批准待付", Amount: 11_577_875, Tone: "leaf"}, Part{Title: "公示中预留", Amount: 18_010_027, Tone: "gold"}, Part{Title: "可用", Amount: 32_160_762, Tone: "red"}),
		Uses:   []Option{{Value: "ill", Label: "大病救助"}, {Value: "edu", Label: "子女助学"}, {Value: "any", Label: "由基金会统筹使用"}},
		Names:  []Option{{Value: "open", Label: "公开姓名", Hint: "名册显示“王建国”"}, {Value: "masked", Label: "部分隐去", Hint: "名册显示“王*国”"}, {Value: "none", Label: "匿名", Hint: "名册显示“爱心人士”"}},
		Sums:   []Option{{Value: "50", Label: "¥50"}, {Value: "100", Label: "¥100"}, {Value: "500", Label: "¥500"}, {Value: "1000", Label: "¥1,000"}, {Value: "", Label: "其他"}},
		Papers: []Option{{Value: "id", Label: "身份证"}, {Value: "vet", Label: "优待证"}, {Value: "bill", Label: "费用结算单"}},
		Have:   []string{"id", "bill"},
	}
}
