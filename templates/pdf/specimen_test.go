package pdf

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"care/server/money"
)

// engine is shared by the tests of the package, as it is by the program.
var engine = sync.OnceValue(func() *Engine {
	e, err := New()
	if err != nil {
		panic(err)
	}
	return e
})

var testOrg = Org{
	Name: "曲靖市退役军人关爱基金会", Credit: "53530300MJT0000000", Phone: "0874-0000000", Address: "云南省曲靖市麒麟区",
	Site: "https://care.example.org/check", Seal: "财务专用章", SealCode: "5303000012345",
}

// specimens are one typical copy of every paper.
func specimens() map[string]Paper {
	return map[string]Paper{
		"receipt": Receipt{
			Org: testOrg, Number: "QJGA-2026-000123", VerifyCode: "8F3A-91C2", VerifyURL: "https://care.example.org/check/QJGA-2026-000123?c=8F3A91C2",
			Payer: "钱𬱖", PayerID: "530302********1232", ReceivedOn: "2026-11-21", IssuedOn: "2026-11-25",
			Project: "困难退役军人大病医疗帮扶", Restricted: true, Method: "银行转账", AmountFen: 168032, Handler: "吴芳", Checker: "周敏",
		},
		"receipt-red": Receipt{
			Org: testOrg, Number: "QJGA-2026-000124", VerifyCode: "77B0-12DD", VerifyURL: "https://care.example.org/check/QJGA-2026-000124?c=77B012DD",
			Payer: "古丽米热·阿卜杜热合曼", PayerID: "", ReceivedOn: "2026-11-21", IssuedOn: "2026-11-26",
			Project: "重阳节慰问老兵", Method: "微信支付", AmountFen: -50000, Handler: "吴芳", Checker: "周敏", Demo: true, Reprint: true,
			RedLetter: true, Reverses: "QJGA-2026-000101", Reason: "捐赠人姓名有误",
			Official: Official{Code: "53060126", Number: "0000001234", Check: "a1b2c3"},
		},
		"voucher": Voucher{
			Org: testOrg, Number: "LK-2026-000045", VerifyCode: "4C1E-09AB", VerifyURL: "https://care.example.org/check/LK-2026-000045?c=4C1E09AB",
			Payee: "李䶮", PayeeID: "530302********0017", Bank: "中国农业银行曲靖麒麟支行", Card: "**** **** **** 3452",
			CaseNumber: "BF-2026-000310", Aid: "大病医疗", Fund: "困难退役军人帮扶专项（限定性）", BatchNumber: "PC-2026-0012", AmountFen: 1250000,
			Maker: "赵丽", Checker: "周敏", Signatory: "陈建国", PaidOn: "2026-11-24", BankReference: "20261124880012345678", IssuedOn: "2026-11-25",
			Note: "一次性帮扶援助金，已转入本人账户。",
		},
		"notice":    notice(14, false),
		"notice-a3": notice(61, true),
	}
}

func notice(n int, large bool) Notice {
	x := Notice{
		Org: testOrg, Number: "曲退军基〔2026〕12号", Title: "2026年第四季度困难退役军人帮扶援助公示", Place: "麒麟区益宁街道金江社区",
		From: "2026-11-25", To: "2026-12-01", Days: 5, Phone: "0874-0000000", Office: "益宁街道退役军人服务站", VerifyURL: "https://care.example.org/notices/2026-12",
		IssuedOn: "2026-11-24", Large: large, Demo: large,
	}
	for i := range n {
		x.Rows = append(x.Rows, NoticeRow{
			Name: []string{"张*明", "李*", "古**·阿*****曼", "欧**修"}[i%4], Place: []string{"益宁街道金江社区", "益宁街道龙潭村"}[i%2],
			Aid: []string{"大病医疗", "教育助学", "住房修缮", "突发意外"}[i%4], AmountFen: 300000 + 12345*money.Fen(i*i),
		})
	}
	return x
}

// TestSpecimens writes every specimen to the folder named by PDF_OUT, for eyes.
func TestSpecimens(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("PDF_OUT")
	for name, p := range specimens() {
		b, err := p.Render(engine())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".pdf"), b, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Log(name, len(b))
		}
	}
}
