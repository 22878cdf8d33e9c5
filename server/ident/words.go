package ident

// compoundSurnames are the compound surnames in use, each followed by a blank.
const compoundSurnames = "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 轩辕 令狐 钟离 宇文 长孙 慕容 司徒 司空 夏侯 申屠 公羊 澹台 淳于 单于 太叔 公冶 宗政 濮阳 赫连 呼延 南宫 端木 百里 东郭 西门 独孤 拓跋 纳兰 闾丘 亓官 仉督 谷梁 即墨 万俟 闻人 "
