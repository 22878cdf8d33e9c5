package web

// How dates are written, as layouts for time.Format.
const (
	layoutDate  = "2006年1月2日"
	layoutStamp = "1月2日 15:04"
)

// Words are the sentences of the frame. A person reads what happened and what to do, never a cause.
var Words = map[string]string{
	"internal":            "系统出了差错，您的操作没有生效。",
	"http.400":            "浏览器发来的内容无法识别。",
	"http.404":            "没有找到这个页面。",
	"http.405":            "这个地址不支持这种操作。",
	"http.408":            "上传时间太长，连接已断开。",
	"http.413":            "提交的内容太大。",
	"http.415":            "提交的内容格式不对。",
	"http.429":            "操作太频繁了。",
	"http.gone":           "连接已断开。",
	"http.cross":          "这次提交不是从本站页面发出的，已拒绝。",
	"http.no_origin":      "您的浏览器没有说明提交来自哪个页面，出于安全已拒绝。请更新浏览器，或换用手机自带浏览器再试。",
	"access.sign_in":      "请先登录。",
	"access.forbidden":    "您的岗位没有这项权限。",
	"access.not_found":    "没有找到这项内容，或它不在您的管辖范围内。",
	"audit.again":         "这一步已经做过了，不需要再做一次。",
	"audit.key_reused":    "这张表单已经提交过，内容与上次不同，没有再次保存。",
	"audit.incomplete":    "操作缺少经办人，没有保存。",
	"db.not_found":        "没有找到这项内容。",
	"db.conflict":         "已有相同的记录，没有重复保存。",
	"db.changed":          "这项内容刚刚被别人处理过，请刷新页面查看最新状态。",
	"db.away":             "数据库暂时连接不上，您的操作没有生效。",
	"db.full":             "服务器存储空间已满，您的操作没有生效。",
	"form.invalid":        "填写的内容有需要修改的地方。",
	"form.unreadable":     "提交的表单不完整，请返回重新填写。",
	"form.no_token":       "表单已失效，请刷新页面后重新提交。",
	"form.too_large":      "填写的内容太长了，请删减后再提交。",
	"form.too_many_files": "一次最多上传 %d 个文件，多出的没有保存。",
	"form.file_too_large": "文件“%s”超过 %d MB，没有保存。请压缩或拍小一点再上传。",
	"form.no_files":       "这里不需要上传文件。",
	"form.text":           "有无法识别的字符，请删去后重新输入。",

	"advice.sign_in":     "登录后会回到这个页面。",
	"advice.forbidden":   "如果工作需要，请联系系统管理员调整岗位。",
	"advice.not_found":   "请检查网址，或从首页重新进入。",
	"advice.conflict":    "请返回上一页并刷新，看一看现在的状态。",
	"advice.again":       "您可以直接查看结果。",
	"advice.unfunded":    "可以等待新的捐赠到账，或换用另一笔资金。",
	"advice.too_large":   "请减少内容或压缩文件后再提交。",
	"advice.invalid":     "请返回上一页，改好后再提交。",
	"advice.too_many":    "请过几分钟再试。",
	"advice.internal":    "请稍后再试。如果仍然不行，请把下面的请求编号告诉我们。",
	"advice.unavailable": "请过一会儿再试，已经填写的内容可以用浏览器的“后退”找回。",
	"link.result":        "查看结果",

	"http.title.400": "内容无法识别",
	"http.title.401": "请先登录",
	"http.title.403": "没有权限",
	"http.title.404": "没有找到",
	"http.title.405": "不支持的操作",
	"http.title.408": "连接超时",
	"http.title.409": "没有重复办理",
	"http.title.413": "内容太大",
	"http.title.415": "格式不对",
	"http.title.422": "需要修改",
	"http.title.429": "操作太频繁",
	"http.title.499": "连接已断开",
	"http.title.500": "系统出错",
	"http.title.503": "暂时无法办理",

	"word.saved": "已保存。",
	"word.done":  "已办理。",
	"word.in":    "已登录。",
	"word.out":   "已退出。",
}
