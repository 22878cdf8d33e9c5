package audit

var words = map[string]string{
	"audit.title":  "操作记录",
	"audit.group":  "监督",
	"audit.count":  "操作记录",
	"audit.system": "系统",
	"audit.public": "公众",
	"audit.saw":    "查看明文",
}
