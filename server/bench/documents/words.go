package main

import (
	"strconv"

	"care/server/money"
	"care/templates/pdf"
)

var org = pdf.Org{
	Name: "曲靖市退役军人关爱基金会", Credit: "53530300MJT0000000", Phone: "0874-0000000", Site: "https://care.example.org/check", Seal: "财务专用章", SealCode: "5303000012345",
}

// Names inside the BMP: the other libraries stop at the others.
var names = [...]string{"张三", "欧阳修竹", "上官婉儿", "王小明", "古丽米热·阿卜杜热合曼", "深圳市示例科技股份有限公司", "李䶮", "孙㛃"}

var projects = [...]string{"困难退役军人大病医疗帮扶", "重阳节慰问老兵", "退役军人子女助学"}

// receipt makes receipts that differ in everything a real series differs in.
func receipt(i int) pdf.Receipt {
	n := strconv.Itoa(1_000_000 + i)[1:]
	return pdf.Receipt{
		Org: org, Number: "QJGA-2026-" + n, VerifyCode: "8F3A-" + n[2:], VerifyURL: "https://care.example.org/check/QJGA-2026-" + n + "?c=8F3A" + n,
		Payer: names[i%len(names)], PayerID: "530302********1232", ReceivedOn: "2026-11-21", IssuedOn: "2026-11-25",
		Project: projects[i%len(projects)], Restricted: i%2 == 0, Method: "银行转账", AmountFen: money.Fen(100 + 7919*i), Handler: "吴芳", Checker: "周敏",
	}
}

func certificate(i int) pdf.Certificate {
	n := strconv.Itoa(1_000_000 + i)[1:]
	return pdf.Certificate{
		Org: org, Number: "ZS-2026-" + n, VerifyCode: "8F3A-" + n[2:], VerifyURL: "https://care.example.org/check/ZS-2026-" + n,
		Donor: names[i%len(names)], Honorific: "先生", AmountFen: money.Fen(100 + 7919*i), Project: projects[i%len(projects)], IssuedOn: "2026-11-25",
	}
}

func honour(i int) pdf.Honour {
	n := strconv.Itoa(1_000_000 + i)[1:]
	return pdf.Honour{
		Org: org, Number: "SY-2026-" + n, VerifyCode: "8F3A-" + n[2:], VerifyURL: "https://care.example.org/check/SY-2026-" + n,
		Title: "荣誉证书", English: "CERTIFICATE OF HONOR", Name: names[i%len(names)], Honorific: "同志",
		Body:    []string{"您扎根乡村学校二十年，资助军烈属子女一百一十二人。", "经公示和研究，授予您“曲靖市爱国拥军模范”荣誉称号。"},
		Closing: "特颁此证。", IssuedOn: "2026-08-01",
	}
}
