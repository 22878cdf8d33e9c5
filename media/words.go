package media

// words are what people read about files and their store.
var words = map[string]string{
	"media.not_found":   "找不到这个文件，可能已被删除。",
	"media.mismatch":    "文件没有完整传上来，请重新上传。",
	"media.corrupt":     "这个文件的内容与存档时不一致，系统已停止提供，请联系管理员。",
	"media.too_large":   "文件太大，系统不能处理。",
	"media.full":        "存储空间已满，文件没有保存。请联系管理员后再试。",
	"media.unavailable": "文件存储暂时连不上，文件没有保存。请稍后再试。",

	"media.title":       "媒体档案",
	"media.count.files": "文件",
	"media.count.read":  "抽查读出的文件",
	"media.empty":       "文件“%s”是空的，没有保存。请重新选择。",
	"media.type":        "文件“%s”不是能接收的类型，没有保存。请上传 PDF 或照片（JPG、PNG、WEBP、HEIC）。",
	"media.disguised":   "文件“%s”的内容与它的扩展名不符，没有保存。请用正确的文件重新上传。",
	"media.ref":         "附件已失效，请重新上传。",
}
