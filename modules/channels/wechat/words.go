package wechat

// Columns of the channel's bill, as its first line names them.
const (
	colAt       = "交易时间"
	colTxn      = "微信订单号"
	colNo       = "商户订单号"
	colState    = "交易状态"
	colRefundID = "微信退款单号"
	colRefund   = "商户退款单号"
	colFee      = "手续费"
	colAmount   = "订单金额"
	colBack     = "申请退款金额"

	sumCount = "总交易单数"
	sumFee   = "手续费总金额"
	sumGross = "订单总金额"
	sumBack  = "申请退款总金额"
)
