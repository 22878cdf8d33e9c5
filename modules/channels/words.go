package channels

const (
	title     = "支付渠道"
	group     = "捐赠"
	navOrders = "在线支付"

	permView   = "查看支付渠道"
	permHandle = "处理支付渠道差异"
)

// words are the states, names and sentences of payment channels. A sentence says what to do.
var words = map[string]string{
	"channels.count.orders": "支付订单",
	"channels.count.events": "渠道通知",

	"channels.order":  "支付下单",
	"channels.opened": "渠道接受下单",
	"channels.notice": "收到渠道通知",
	"channels.take":   "渠道到账入账",
	"channels.ask":    "向渠道查询",
	"channels.refund": "渠道退款",
	"channels.retry":  "重新发起渠道退款",

	"channels.name.wechat": "微信支付",
	"channels.name.alipay": "支付宝",
	"channels.app.wechat":  "微信",
	"channels.app.alipay":  "支付宝",
	"channels.way.native":  "扫码",
	"channels.way.h5":      "手机浏览器",
	"channels.way.jsapi":   "微信内",
	"channels.way.page":    "电脑网页",
	"channels.way.wap":     "手机网页",

	"channels.state.made":    "下单中",
	"channels.state.open":    "待支付",
	"channels.state.paid":    "已支付",
	"channels.state.surplus": "重复支付",
	"channels.state.odd":     "信息不符",
	"channels.state.closed":  "已关闭",
	"channels.state.back":    "有退款",
	"channels.state.problem": "要处理的",

	"channels.refund.asked":  "待发送",
	"channels.refund.sent":   "退款中",
	"channels.refund.paid":   "已退回",
	"channels.refund.failed": "没有退成",

	"channels.outcome.":         "待处理",
	"channels.outcome.taken":    "已入账",
	"channels.outcome.repeated": "重复通知，没有再入账",
	"channels.outcome.surplus":  "捐赠已有来款，原路退回",
	"channels.outcome.unknown":  "查无此单，没有入账",
	"channels.outcome.differs":  "金额或商户不符，没有入账",
	"channels.outcome.noted":    "只作记录",
	"channels.event.query":      "主动查询",
	"channels.event.notice":     "渠道通知",
	"channels.kind.trade":       "支付",
	"channels.kind.refund":      "退款",

	"channels.page.pay":   "在线支付",
	"channels.page.desk":  "在线支付",
	"channels.page.order": "支付订单",

	"channels.fact.gift":          "捐赠",
	"channels.fact.open":          "查看这笔捐赠",
	"channels.fact.channel":       "渠道",
	"channels.fact.no":            "商户订单号",
	"channels.fact.made":          "下单时间",
	"channels.fact.expires":       "支付截止",
	"channels.fact.txn":           "渠道交易号",
	"channels.fact.paid":          "支付时间",
	"channels.fact.refund_no":     "商户退款单号",
	"channels.fact.asked":         "发起时间",
	"channels.fact.reason":        "原因",
	"channels.fact.refund_txn":    "渠道退款单号",
	"channels.fact.back":          "退回时间",
	"channels.fact.problem":       "没有退成的原因",
	"channels.problem.differs":    "渠道所说的退款与我们的不符，请到渠道商户平台核对",
	"channels.problem.abnormal":   "渠道退不回付款人的账户，请到渠道商户平台处理，或与捐赠人另约退款方式",
	"channels.problem.NOT_ENOUGH": "商户账户余额不足，请充值后重新发起",

	"channels.subject":        "公益捐赠",
	"channels.surplus_reason": "重复支付，原路退回",
	"channels.csv.head":       "下单时间,商户订单号,渠道,方式,状态,金额,渠道交易号,支付日期,退款状态",
	"channels.csv.total":      "合计",
	"channels.csv.broken":     "导出中断，请重新导出",

	"channels.not_offered": "现在不能用这种方式支付，请改用银行转账，或选择别的方式。",
	"channels.not_waiting": "这笔捐赠已经登记了来款，不需要再支付。请回到捐赠页面查看。",
	"channels.wait":        "上一次支付刚刚到时，正在关闭。请过一分钟再试。",
	"channels.refused":     "支付渠道没有接受这次下单。请换一种方式，或改用银行转账。",
	"channels.away":        "支付渠道暂时没有应答，没有扣款。请过一会儿再试，或改用银行转账。",
	"channels.no_payer":    "没有得到微信的身份，请从“微信支付”重新开始。",
	"channels.amount":      "退款金额与支付金额不符，请联系管理员。",
	"channels.not_failed":  "这笔退款已经重新发起，或已经退回。请刷新页面查看。",
	"channels.retried":     "已重新发起退款。",
}
