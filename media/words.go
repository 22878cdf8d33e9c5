package media

// faultWords are what people read when a store fails.
var faultWords = map[string]string{
	"media.not_found":   "找不到这个文件，可能已被删除。",
	"media.mismatch":    "文件没有完整传上来，请重新上传。",
	"media.corrupt":     "这个文件的内容与存档时不一致，系统已停止提供，请联系管理员。",
	"media.too_large":   "文件太大，系统不能处理。",
	"media.full":        "存储空间已满，文件没有保存。请联系管理员后再试。",
	"media.unavailable": "文件存储暂时连不上，文件没有保存。请稍后再试。",
}
