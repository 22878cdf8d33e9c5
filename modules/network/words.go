package network

const (
	title     = "服务网络"
	separator = " · "

	navGroup     = "服务网络"
	navTree      = "区划与站点"
	pageStations = "退役军人服务站点"
	pageTree     = "区划与站点"
	pageOpen     = "登记服务站点"
	pageEdit     = "修改服务站点"
	pageMerge    = "撤并区划"
	pageClose    = "关闭服务站点"
	codeHint     = "%d 位数字，以 %s 开头"
	allCounties  = "全市"
	noSuccessor  = "没有承接地"
)

var words = map[string]string{
	"network.count.areas":    "区划",
	"network.count.stations": "服务站点",

	"network.no_area":      "没有找到这个区划，请从列表中选择。",
	"network.ended":        "这个区划已经撤并，请选择承接它的区划。",
	"network.too_deep":     "村（社区）以下不再划分。",
	"network.code":         "请填写 %d 位数字代码，前面几位是 %s。",
	"network.code_used":    "这个代码已经有了，请核对后重新填写。",
	"network.name":         "请填写名称，最多 40 个字。",
	"network.name_used":    "这里已有同名的区划，请核对是否重复。",
	"network.day":          "请填写撤并日期，不能晚于今天。",
	"network.reason":       "请写明撤并依据，最多 200 个字。",
	"network.into":         "请选择同一级、仍然有效的承接区划。",
	"network.not_empty":    "它下面还有没撤并的区划，或站点还没有关闭，请先办理那些。",
	"network.has_station":  "这个区划已经登记了站点，请直接修改。",
	"network.station_name": "请填写站点全称，最多 60 个字。",
	"network.address":      "请填写能找到的详细地址，最多 120 个字。",
	"network.phone":        "请填写电话号码，例如 0874-1234567 或 11 位手机号。",
	"network.hours":        "请填写开门时间，最多 60 个字，例如：周一至周五 8:30—17:30。",

	"network.organised": "有机构",
	"network.posted":    "有编制",
	"network.staffed":   "有人员",
	"network.funded":    "有经费",
	"network.backed":    "有保障",

	"network.saved":  "站点信息已保存。",
	"network.opened": "站点已登记，公众现在就能查到。",
	"network.closed": "站点已关闭，公众页面不再显示。",
	"network.added":  "区划已添加。",
	"network.merged": "区划已撤并。",

	"network.add":   "添加区划",
	"network.merge": "撤并区划",
	"network.open":  "登记站点",
	"network.edit":  "修改站点",
	"network.close": "关闭站点",
}
