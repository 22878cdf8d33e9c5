package sheet

// radicals are the characters that the 214 Kangxi radicals U+2F00…U+2FD5 are
// drawn as: by definition each has the shape of one unified ideograph (its
// compatibility decomposition in the Unicode Character Database). Fonts mostly
// leave them out; the text of a paper still keeps the code point that was typed.
const radicals = "" +
	"一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴" +
	"廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿" +
	"目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵" +
	"邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠"

const firstRadical, lastRadical = 0x2F00, 0x2FD5

// radical returns the ideograph with the shape of a Kangxi radical.
func radical(r rune) rune {
	const size = 3 // every one of them is three bytes of UTF-8
	i := int(r-firstRadical) * size
	for _, c := range radicals[i : i+size] {
		return c
	}
	return r
}
