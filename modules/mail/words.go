package mail

const (
	permView   = "查看信件记录"
	permManage = "补发信件、登记退信、发测试信"
	permReveal = "打开信件正文和地址"
)

var words = map[string]string{
	"mail.title":  "邮件",
	"mail.group":  "公开与核验",
	"mail.page":   "信件",
	"mail.reveal": "打开信件",
	"mail.day":    "%d年%d月%d日",

	"mail.send_kept": "发出积压的信件",
	"mail.try":       "发送信件",
	"mail.note":      "记下发送结果",
	"mail.end":       "信件停止发送",
	"mail.resend":    "补发信件",
	"mail.bounce":    "登记退信",
	"mail.test":      "发送测试信",
	"mail.forget":    "删除过期的信件正文",

	"mail.address":          "请填写完整的邮箱地址，例如 name@example.com。",
	"mail.taken":            "这封信正在发送，请稍后再看。",
	"mail.no_resend":        "这封信不能补发：它还在发送，或者正文已经删除，或者是验证码。",
	"mail.no_server":        "还没有配置邮件服务器，不能发送。请管理员设置 SMTP_HOST 等环境变量后重新启动。",
	"mail.none_kept":        "没有积压的信件。",
	"mail.not_sent":         "只有已经送出的邮件才能登记退信，请刷新页面核对状态。",
	"mail.reveal.need":      "请选择打开的原因。",
	"mail.reveal.asked":     "收信人来电询问",
	"mail.reveal.bounce":    "处理退信",
	"mail.reveal.complaint": "处理投诉",
	"mail.done.resent":      "已经重新排队，很快发出。",
	"mail.done.test":        "测试信已排队，稍候刷新看结果。",
	"mail.done.bounced":     "已登记退信，不再向这个地址发信。",
	"mail.done.kept":        "积压的信件已排队发送。",

	"mail.state.waiting": "待发送",
	"mail.state.sending": "发送中",
	"mail.state.sent":    "已送出",
	"mail.state.kept":    "未发送",
	"mail.state.failed":  "发送失败",
	"mail.state.expired": "已过时",

	"mail.outcome.":        "正在进行",
	"mail.outcome.sent":    "对方服务器已接收",
	"mail.outcome.later":   "稍后再试",
	"mail.outcome.refused": "对方拒收",

	"mail.why.none":        "没有配置邮件服务器",
	"mail.why.no_texter":   "没有配置短信服务",
	"mail.why.address":     "地址格式不对",
	"mail.why.bounced":     "这个地址退过信",
	"mail.why.came_back":   "退信：投递不到这个地址",
	"mail.why.nobody":      "没有这个邮箱",
	"mail.why.refused":     "对方服务器拒收这封信",
	"mail.why.later":       "对方服务器请稍后再试",
	"mail.why.sender":      "邮件服务器不接受我们的发件地址，请核对 SMTP_FROM",
	"mail.why.login":       "邮件服务器不接受账号或密码，请核对 SMTP_USER、SMTP_PASSWORD",
	"mail.why.tls":         "邮件服务器的证书不可信，请核对 SMTP_HOST",
	"mail.why.unreachable": "连接不上邮件服务器",
	"mail.why.broken":      "与邮件服务器的连接中断",
	"mail.why.settings":    "邮件服务器的设置不能用",
	"mail.why.texter":      "短信服务没有接收",
	"mail.why.erased":      "正文已经删除",
	"mail.why.late":        "超过有效时间",
	"mail.why.cut":         "发送途中服务器中断，结果不明",

	"mail.kind.test": "测试信",

	"mail.count.letters": "信件",
	"mail.count.tries":   "发送次数",

	"mail.tls.tls":      "TLS 加密",
	"mail.tls.starttls": "STARTTLS 加密",
	"mail.tls.none":     "不加密（仅限本机）",
}
