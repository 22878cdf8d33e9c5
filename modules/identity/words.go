package identity

const (
	title = "人员与岗位"

	permView     = "查看账号和岗位"
	permManage   = "开设、停用账号"
	permSecurity = "授予、收回岗位"

	navGroup  = "系统管理"
	navPeople = "人员账号"
	navRoles  = "岗位与权限"
	navMe     = "我的账号"

	pageSignIn   = "工作人员登录"
	pageMe       = "我的账号"
	pagePeople   = "人员账号"
	pageNew      = "开设账号"
	pageEdit     = "修改账号"
	pageDisable  = "停用账号"
	pageRevoke   = "收回岗位"
	pageRoles    = "岗位与权限"
	pageSetup    = "设置第一位系统管理员"
	pagePassword = "设置登录密码"

	anyRole   = "全部岗位"
	anyState  = "全部状态"
	pickArea  = "请选择"
	pickRole  = "请选择岗位"
	listComma = "、"

	allBusiness = "办理业务的所有岗位"
)

var words = map[string]string{
	"identity.count.people": "账号",
	"identity.count.grants": "在用岗位",
	"identity.name.system":  "系统",
	"identity.name.public":  "公众",

	"identity.active":   "使用中",
	"identity.disabled": "账号已停用，请先启用。",
	"identity.off":      "已停用",
	"identity.left":     "已到期",
	"identity.waiting":  "待设密码",
	"identity.level.1":  "市级",
	"identity.level.2":  "县（市、区）",
	"identity.level.3":  "乡镇（街道）",
	"identity.level.4":  "村（社区）",

	"identity.now":     "在岗",
	"identity.later":   "未到期",
	"identity.over":    "已满期",
	"identity.revoked": "已收回",

	"identity.login":      "请填写登录名：3 到 32 个小写字母、数字、点或横线，以字母开头。",
	"identity.login_used": "这个登录名已有人使用，请换一个。",
	"identity.name":       "请填写姓名，最多 50 个字。",
	"identity.post":       "职务最多 50 个字，请删减。",
	"identity.area":       "请选择您管辖范围内、仍然有效的区划。",
	"identity.village":    "在这个乡镇没有找到这个村（社区），请核对名称或 12 位代码。",
	"identity.village_of": "请先在上面选择村（社区）所在的乡镇（街道）。",
	"identity.area_roles": "“%s”的岗位级别与新的区划不符，请先收回这个岗位。",
	"identity.leaves":     "账号到期日不能早于今天。",
	"identity.day":        "请填写正确的日期，例如 2026-11-25。",
	"identity.reason":     "请写明原因，最多 200 个字。",
	"identity.self":       "不能给自己的账号办理这一项，请找另一位管理员。",
	"identity.last_admin": "这是最后一位能登录的系统管理员，请先设置另一位。",

	"identity.no_role": "请从列表中选择岗位。",
	"identity.level":   "“%s”是%s岗位，与账号所在区划的级别不符。",
	"identity.from":    "请填写起始日期，不能早于今天。",
	"identity.to":      "结束日期不能早于起始日期。",
	"identity.granted": "这段时间已经担任“%s”，不需要再次授予。",
	"identity.pair":    "“%s”与已担任的“%s”不能是同一个人：%s。请授予另一个账号。",

	"identity.wrong":        "登录名或密码不正确，请核对后再试。连续 5 次不对会锁定 15 分钟。",
	"identity.locked":       "连续 5 次不正确，已锁定。请 15 分钟后再试，或联系系统管理员。",
	"identity.session_over": "登录已失效，请重新登录。",
	"identity.link_over":    "这个链接已经用过或已过期，请向系统管理员要一个新的。",

	"identity.password_short":  "密码至少要有 10 个字符。",
	"identity.password_long":   "密码最多 128 个字符，请缩短。",
	"identity.password_login":  "密码里不要包含登录名。",
	"identity.password_common": "这个密码太容易被猜到，请换一个，例如几个不相干的词连在一起。",
	"identity.password_again":  "两次填写的密码不一样，请重新填写。",
	"identity.password_same":   "新密码不能与现在的密码相同。",
	"identity.old_wrong":       "现在的密码不正确，请重新填写。",

	"identity.done.created":  "账号已开设。请把下面的链接交给本人，由本人设置密码。",
	"identity.done.saved":    "账号已保存。",
	"identity.done.granted":  "岗位已授予。",
	"identity.done.revoked":  "岗位已收回，立即生效。",
	"identity.done.disabled": "账号已停用，所有登录已退出。",
	"identity.done.enabled":  "账号已启用。",
	"identity.done.link":     "新的链接已生成，以前的链接作废。",
	"identity.done.password": "密码已修改，其他设备上的登录已退出。",
	"identity.done.setup":    "设置完成。下一步：给另一个人开设账号，并授予“安全管理员”岗位。",

	"identity.create":          "开设账号",
	"identity.edit":            "修改账号",
	"identity.enable":          "启用账号",
	"identity.disable":         "停用账号",
	"identity.grant":           "授予岗位",
	"identity.revoke":          "收回岗位",
	"identity.link":            "生成设密链接",
	"identity.password":        "修改密码",
	"identity.password_failed": "修改密码未通过",
	"identity.signin":          "登录",
	"identity.signin_failed":   "登录未通过",
	"identity.signout":         "退出登录",
	"identity.end_sessions":    "退出全部设备",
	"identity.setup":           "设置第一位管理员",
	"identity.setup_link":      "生成初始设置链接",
	"identity.sweep":           "清理过期链接",
}
