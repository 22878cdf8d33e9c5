package money

// The words of an amount in capitals (人民币大写).
const (
	prefix   = "人民币"
	negative = "负"
	zero     = "零"
	whole    = "整"
	yuanWord = "元"
	jiaoWord = "角"
	fenWord  = "分"
	wan      = "万"
	yi       = "亿"
)

var (
	capitals = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}
	places   = [4]string{"", "拾", "佰", "仟"}
)
