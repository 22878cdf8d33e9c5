package home

var words = map[string]string{
	"home.title":     "首页",
	"home.desk":      "我的工作",
	"home.help":      "怎样求助",
	"home.privacy":   "个人信息保护说明",
	"home.file":      "代填帮扶申请",
	"home.record":    "登记来款",
	"home.campaigns": "募捐项目",
	"home.funds":     "资金账目",
	"home.verify":    "凭证核验",
	"home.me":        "我的账号",
}
