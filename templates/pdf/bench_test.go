package pdf

import (
	"io"
	"strconv"
	"testing"

	"care/server/money"
)

// receiptNumber makes receipts that differ in name, number, code and amount.
func receiptNumber(i int) Receipt {
	r := sampleReceipt
	n := strconv.Itoa(1000000 + i)[1:]
	r.Number = "QJGA-2026-" + n
	r.VerifyCode = "8F3A-" + n[2:]
	r.VerifyURL = "https://care.example.org/check/QJGA-2026-" + n + "?c=8F3A" + n
	r.Payer = []string{"张三", "欧阳修竹", "上官婉儿", "王小明", "古丽米热·阿卜杜热合曼", "深圳市示例科技股份有限公司", "李䶮", "钱𬱖", "赵𠅤", "孙㛃"}[i%10]
	r.Project = []string{"困难退役军人大病医疗帮扶", "重阳节慰问老兵", "退役军人子女助学"}[i%3]
	r.AmountFen = money.Fen(100 + 7919*i)
	return r
}

func BenchmarkReceipt(b *testing.B) {
	e := engine()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if _, err := receiptNumber(i).Render(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatchPage(b *testing.B) {
	e := engine()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i%500 == 0 {
			batch := e.Batch(io.Discard, "批量", "", "2026-11-25")
			for k := range 500 {
				if err := batch.Add(receiptNumber(k)); err != nil {
					b.Fatal(err)
				}
			}
			if err := batch.Close(); err != nil {
				b.Fatal(err)
			}
		}
		i++
	}
}
