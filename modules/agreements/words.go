package agreements

const (
	title         = "捐赠协议"
	group         = "捐赠"
	navAgreements = "协议与月捐"

	permView    = "查看捐赠协议"
	permEdit    = "登记捐赠协议"
	permApprove = "复核捐赠协议"
)

// words are the states, names and sentences of agreements.
var words = map[string]string{
	"agreements.count.agreements":  "协议与月捐",
	"agreements.count.instalments": "分期",

	"agreements.written":       "登记捐赠协议",
	"agreements.monthly":       "登记月捐",
	"agreements.scan":          "上传协议扫描件",
	"agreements.decide_active": "复核协议，生效",
	"agreements.decide_ended":  "退回协议",
	"agreements.end":           "终止协议",
	"agreements.rest_paused":   "暂停月捐",
	"agreements.rest_active":   "恢复月捐",
	"agreements.change":        "修改月捐",
	"agreements.turn":          "安排下一个月的月捐",
	"agreements.promise":       "分期转为捐赠意向",
	"agreements.problem":       "分期未能转为捐赠意向",

	"agreements.by.donor":        "捐赠人本人",
	"agreements.by.donor_ended":  "捐赠人在网页上结束",
	"agreements.by.donor_paused": "捐赠人在网页上暂停",
	"agreements.by.missed":       "连续三个月没有到账，自动暂停，不再提醒",

	"agreements.kind.all":        "全部类别",
	"agreements.kind.written":    "捐赠协议",
	"agreements.kind.monthly":    "月捐",
	"agreements.state.all":       "全部状态",
	"agreements.state.draft":     "待复核",
	"agreements.state.active":    "履行中",
	"agreements.state.paused":    "已暂停",
	"agreements.state.ended":     "已终止",
	"agreements.donor.person":    "个人",
	"agreements.donor.body":      "单位",
	"agreements.shown.usual":     "按惯例（个人隐去名字，单位写全称）",
	"agreements.shown.real":      "公开全名",
	"agreements.shown.masked":    "隐去名字",
	"agreements.shown.anonymous": "匿名",
	"agreements.general":         "非限定捐赠",
	"agreements.closed":          "原定项目（现在不接受捐赠）",
	"agreements.day_of_month":    "日",
	"agreements.days.30":         "今后 30 天",
	"agreements.days.60":         "今后 60 天",
	"agreements.days.180":        "今后 180 天",
	"agreements.none":            "未填",
	"agreements.yuan":            "元",

	"agreements.terms":        "协议要点最多 %d 个字，请删减一些。",
	"agreements.terms_need":   "请写明协议要点：用途、交付时间、双方约定。",
	"agreements.day":          "请选择每月的日子，1 到 28 日。",
	"agreements.until":        "结束日期要晚于今天；不定结束日期就不填。",
	"agreements.parts":        "请写 1 到 %d 期，每行一期：日期、空格、金额。",
	"agreements.part":         "第 %d 期看不懂，或日期早于前一期。请写成“2026-12-31 50000”。",
	"agreements.sum":          "各期相加要等于协议金额 %s。",
	"agreements.amount":       "请填写每月金额，大于零，最多 100 万元。",
	"agreements.need_agree":   "请阅读个人信息说明并勾选同意，否则我们无法登记。",
	"agreements.need_contact": "请留下电话或电子邮箱，方便每月提醒您。",
	"agreements.no_file":      "请选择协议扫描件。",
	"agreements.no_scan":      "还没有签字盖章的协议扫描件，不能复核生效。请登记人先上传。",
	"agreements.reason":       "请写明原因，2 到 %d 个字，不要写姓名和电话。",
	"agreements.same_person":  "这一步不能由同一个人办理，请换一位同事。",
	"agreements.not_draft":    "这份协议已经复核或退回。",
	"agreements.not_active":   "这份协议已经终止，或状态已经变化，请刷新页面。",
	"agreements.not_monthly":  "书面协议的变更请与基金会联系。",

	"agreements.page.list":    "协议与月捐",
	"agreements.page.due":     "到期分期",
	"agreements.page.one":     "协议详情",
	"agreements.page.draw":    "登记捐赠协议",
	"agreements.page.refuse":  "退回协议",
	"agreements.page.end":     "终止协议",
	"agreements.page.monthly": "每月捐一点",
	"agreements.page.plan":    "我的捐赠计划",

	"agreements.done.drawn":    "已登记，等待另一位同事复核。",
	"agreements.done.scan":     "已上传扫描件。",
	"agreements.done.approved": "协议已生效。每期到期前 15 天转为捐赠意向。",
	"agreements.done.refused":  "已退回。",
	"agreements.done.ended":    "已终止，以后各期不再提醒。",

	"agreements.fact.number":  "编号",
	"agreements.fact.donor":   "捐赠人",
	"agreements.fact.shown":   "名册写法",
	"agreements.fact.phone":   "电话尾号",
	"agreements.fact.use":     "用途",
	"agreements.fact.amount":  "协议金额",
	"agreements.fact.month":   "每月金额",
	"agreements.fact.day":     "每月几日",
	"agreements.fact.until":   "结束日期",
	"agreements.fact.maker":   "登记人",
	"agreements.fact.made":    "登记时间",
	"agreements.fact.decider": "复核人",
	"agreements.fact.reason":  "原因",
}
