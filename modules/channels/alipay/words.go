package alipay

// Words of the channel's bill, as the file writes them.
const (
	billTitle = "#支付宝业务明细查询"
	billBegin = "业务明细列表-"
	billEnd   = "业务明细列表结束"

	colTxn    = "支付宝交易号"
	colNo     = "商户订单号"
	colKind   = "业务类型"
	colAt     = "完成时间"
	colAmount = "订单金额（元）"
	colRefund = "退款批次号/请求号"
	colFee    = "服务费（元）"

	kindPaid = "交易"
	kindBack = "退款"

	sumPaidForm = `#交易合计：(\d+)笔`
	sumBackForm = `#退款合计：(\d+)笔`
)
