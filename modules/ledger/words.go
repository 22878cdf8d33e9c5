package ledger

var words = map[string]string{
	"ledger.count.funds":      "资金",
	"ledger.count.journals":   "记账凭证",
	"ledger.incomplete":       "记账内容不完整，没有入账。",
	"ledger.amount":           "金额必须大于零，且不超过 999,999,999,999.99 元。",
	"ledger.no_reversal":      "冲销必须写明原凭证和原因。",
	"ledger.reversal_differs": "冲销的金额或资金与原凭证不一致，没有入账。",
	"ledger.unfunded":         "这笔资金的余额不够，或资金已关闭，没有入账。",
	"ledger.no_fund":          "没有找到这笔资金。",
	"ledger.not_empty":        "资金还有余额或待付款，不能关闭。",
	"ledger.code_used":        "这个资金代码已经用过，请换一个。",
	"ledger.need_code":        "请填写资金代码，例如 DB-2026，最多 32 个字符。",
	"ledger.need_name":        "请填写资金名称，最多 80 个字。",
	"ledger.need_kind":        "请选择资金是限定性还是非限定性。",
	"ledger.need_purpose":     "请写明资金用途，最多 500 个字。",

	"ledger.group":        "资金",
	"ledger.new":          "开立资金",
	"ledger.opened":       "资金已开立。",
	"ledger.closed":       "资金已关闭。",
	"ledger.received":     "累计收入",
	"ledger.flow":         "这笔资金现在在哪里",
	"ledger.unrestricted": "非限定性",
	"ledger.restricted":   "限定性",
	"ledger.available":    "可用",
	"ledger.reserved":     "公示预留",
	"ledger.committed":    "已批准待付",
	"ledger.disbursed":    "已拨付",

	"ledger.kind.receive":   "捐赠到账",
	"ledger.kind.refund":    "退款冲销",
	"ledger.kind.reserve":   "公示预留",
	"ledger.kind.unreserve": "解除预留",
	"ledger.kind.commit":    "批准待付",
	"ledger.kind.uncommit":  "撤销待付",
	"ledger.kind.disburse":  "拨付",
	"ledger.kind.return":    "退汇",
	"ledger.kind.recover":   "追回",
}

const title = "资金账目"
