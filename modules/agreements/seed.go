package agreements

import (
	"bytes"
	"context"
	"image"
	"image/png"

	"care/modules/identity"
	"care/server/access"
	"care/server/clock"
	"care/server/money"
)

// Seed makes one agreement in force, one draft and one monthly gift.
func (s *Agreements) Seed(ctx context.Context, at *clock.Travel) error {
	manager, err := s.demo(ctx, identity.DemoManager)
	if err != nil {
		return err
	}
	secretary, err := s.demo(ctx, identity.DemoSecretary)
	if err != nil {
		return err
	}
	now := at.Now()
	today := clock.DayOf(now)
	scan, err := blank()
	if err != nil {
		return err
	}
	st, err := s.archive.Put(ctx, seedScan, bytes.NewReader(scan))
	if err != nil {
		return err
	}
	at.To(today.Add(-40).Time())
	firm := Owing{Donor: "body", Shown: "real", Name: seedFirm, IDNo: "91530300MA6T00004Q", Phone: "08743100001", Amount: 60_000_000}
	a, err := s.Draw(ctx, manager, NewAgreement{Owing: firm, Terms: seedTerms, Scan: &st, Parts: []Part{{today.Add(-30), 20_000_000}, {today.Add(10), 20_000_000}, {today.Add(375), 20_000_000}}}, "seed-agreement-1")
	if err != nil {
		return err
	}
	if err := s.Approve(ctx, secretary, a.ID); err != nil {
		return err
	}
	month := Owing{Donor: "person", Shown: "masked", Name: seedDonor, Phone: "13987654321", Amount: 10_000, Agree: true}
	if _, err := s.Begin(ctx, access.Public(""), NewAgreement{Owing: month, Day: 10}, "seed-monthly-1"); err != nil {
		return err
	}
	at.To(today.Add(-2).Time())
	firm.Amount, firm.Name = money.Fen(12_000_000), seedUnion
	firm.IDNo = "53530300MJ000000XC"
	if _, err := s.Draw(ctx, manager, NewAgreement{Owing: firm, Terms: seedTerms, Parts: []Part{{today.Add(60), 12_000_000}}}, "seed-agreement-2"); err != nil {
		return err
	}
	at.To(now)
	return s.Work(ctx)
}

// blank draws the sheet that stands for a signed paper.
func blank() ([]byte, error) {
	m := image.NewGray(image.Rect(0, 0, 210, 297))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

const (
	seedFirm  = "云南滇东北机电设备有限责任公司"
	seedUnion = "沾益区双拥志愿服务队"
	seedDonor = "陆海燕"
	seedScan  = "捐赠协议扫描件（演示）.png"
	seedTerms = "一、捐赠款用于困难退役军人帮扶，由基金会按章程统筹。二、按下列期次转入基金会对公账户。三、基金会每季度书面反馈使用情况。四、双方协商一致可以变更；经济状况显著恶化的，依法可以不再履行尚未到期的部分。"
)
