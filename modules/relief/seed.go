package relief

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"time"

	"care/media"
	"care/modules/identity"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// seedCase is one case of the demonstration. Days count back from today; people, numbers and cards are invented, with check digits that fit.
type seedCase struct {
	name, born    string
	seq           int // of the identity number
	category      string
	kind          string
	yuan, propose int // asked for; proposed by the county
	story         string
	house         string
	ago           int    // days since it was filed
	end           string // how far it goes
}

// seedCases are sixteen believable cases; the last word says where each stands today.
func seedCases() []seedCase {
	return []seedCase{
		{"张建国", "19580312", 131, "soldier", "medical", 28000, 25000, "1976 年入伍，2026 年 7 月确诊胃部肿瘤，在市一院手术并化疗四次。总费用十一万余元，医保和大病保险报销后自付三万八千元，家中两个老人需要赡养，已向亲戚借款两万元。", "一组 18 号", 82, "paid"},
		{"李秀兰", "19650927", 226, "martyr", "school", 8000, 8000, "烈士遗属，丈夫牺牲后独自抚养两个孩子。小儿子今年考上云南师范大学，学费和住宿费七千六百元，家庭年收入不足两万元。", "三组 5 号", 80, "paid"},
		{"杨顺富", "19490605", 315, "demobilized", "medical", 16000, 15000, "参加过边境作战，今年脑梗住院两次，自付一万六千余元，目前行走需要搀扶，老伴也有高血压。", "二组 27 号", 79, "returned"},
		{"欧阳德明", "19711118", 417, "disabled", "care", 12000, 12000, "因公六级残疾，旧伤复发，需要长期护理和更换支具，一年护理支出一万三千元。", "四组 9 号", 74, "paid"},
		{"郑全福", "19731230", 855, "soldier", "work", 20000, 0, "计划开一家农机修理铺，申请启动资金。", "二组 19 号", 60, "refused"},
		{"王兴华", "19800222", 519, "soldier", "accident", 20000, 18000, "跑运输时被追尾，右腿骨折，三个月不能出车，车贷和家里开销都断了来源，对方保险赔付还在走程序。", "一组 33 号", 46, "payable"},
		{"陈永贵", "19550814", 611, "soldier", "medical", 18000, 16000, "慢性肾病，每周透析三次，今年自付一万九千元，子女在外打工收入不稳定。", "五组 2 号", 45, "locked"},
		{"赵丽华", "19680430", 728, "illness", "living", 6000, 5000, "丈夫病故后家中无劳动力，本人患类风湿，靠低保和残疾补贴生活，入冬取暖困难。", "二组 14 号", 40, "approval"},
		{"刘国栋", "19630509", 813, "cadre", "medical", 45000, 42000, "心脏搭桥手术，总费用二十三万元，报销后自付七万余元，卖了一头牛和一部分存粮，仍欠医院两万元。", "三组 21 号", 41, "vote"},
		{"周家福", "19770101", 937, "soldier", "housing", 15000, 12000, "七月连阴雨把后墙泡塌，鉴定为局部危房，自己垫了六千元加固，还差一半。", "四组 30 号", 38, "city"},
		{"马忠义", "19520720", 139, "demobilized", "medical", 14000, 12000, "慢阻肺反复住院，今年自付一万四千元，老两口靠定期抚恤补助生活。", "一组 7 号", 9, "notice"},
		{"何金凤", "19741203", 244, "family", "accident", 10000, 9000, "现役军人母亲，赶集路上被摩托车撞伤，肇事者无力赔偿，医疗费自付九千八百元。", "五组 16 号", 12, "objection"},
		{"徐正才", "19590317", 355, "soldier", "medical", 20000, 17000, "胆囊手术后感染，二次住院，自付两万一千元。", "二组 3 号", 8, "publish"},
		{"孙德才", "19660808", 457, "militia", "care", 9000, 0, "执勤时手部致残，今年装配假肢，自付八千七百元。", "三组 12 号", 6, "county"},
		{"高小林", "19881011", 559, "soldier", "work", 15000, 0, "退役后养蜂，今春蜂群染病损失过半，想重新购置三十箱蜂和设备。", "四组 22 号", 5, "township"},
		{"罗开学", "19700606", 651, "soldier", "other", 4000, 0, "妻子外出务工失联后又遇雹灾，烤烟减收，家里暂时周转不开。", "五组 8 号", 4, "back"},
		{"钱永昌", "19820919", 753, "soldier", "living", 5000, 0, "因伤停工四个月，两个孩子上学，生活费有缺口。", "一组 25 号", 3, "village"},
	}
}

// The one who objects to a notice of the demonstration, and the one whose application is a draft.
const (
	seedObjector, seedObjectorPhone = "吴建明", "13988740011"
	seedDraft, seedDraftPhone       = "邓小军", "13887400000"
)

func seedPhone(i int) string { return fmt.Sprintf("1388740%04d", 1200+i*37) }

// DemoPrivate lists what of the demonstration's applicants must never be seen in public: names in full, identity numbers,
// phones, bank cards, addresses and stories.
func DemoPrivate() []string {
	out := []string{seedObjector, seedObjectorPhone, seedDraft, seedDraftPhone}
	for i, c := range seedCases() {
		out = append(out, c.name, seedIdentity(c.born, c.seq), seedPhone(i), seedCard(i), "石河村"+c.house, c.story)
	}
	return out
}

// seedDesk is the staff of the demonstration at the relief desk.
type seedDesk struct {
	filer, village, township, county, poster, probe, city, chief, council, maker, checker, signer, cashier access.Actor
}

// Seed files cases of the demonstration in all stages, through the module's own acts.
func (s *Relief) Seed(ctx context.Context, at *clock.Travel) error {
	now := at.Now()
	var d seedDesk
	for login, to := range map[string]*access.Actor{
		identity.DemoFiler: &d.filer, identity.DemoVillage: &d.village, identity.DemoTownship: &d.township, identity.DemoCounty: &d.county,
		identity.DemoPublisher: &d.poster, identity.DemoInvestigator: &d.probe, identity.DemoOfficer: &d.city, identity.DemoSecretary: &d.chief,
		identity.DemoDirector: &d.council, identity.DemoManager: &d.maker, identity.DemoAccountant: &d.checker, identity.DemoSignatory: &d.signer, identity.DemoCashier: &d.cashier,
	} {
		a, err := s.names.ByLogin(ctx, login)
		if err != nil {
			return fmt.Errorf("seed person %s: %w", login, err)
		}
		*to = a
	}
	e := &seeding{s: s, d: d, at: at, now: now, awards: map[string]string{}, cases: map[string]string{}}
	if err := e.years(ctx); err != nil {
		return err
	}
	for i, c := range seedCases() {
		if err := e.walk(ctx, i, c); err != nil {
			return fmt.Errorf("seed case %d: %w", i+1, err)
		}
	}
	if err := e.pay(ctx); err != nil {
		return fmt.Errorf("seed payments: %w", err)
	}
	e.on(1, 16)
	_, err := s.SaveDraft(ctx, d.filer, "", Form{Name: seedDraft, Phone: seedDraftPhone, Category: "soldier", Area: d.filer.Area.Code(), Kind: "medical", Story: "电话里说最近住院，约好明天带材料来站里补填。"}, nil, "")
	return err
}

// seeding is the state of one run of Seed.
type seeding struct {
	s      *Relief
	d      seedDesk
	at     *clock.Travel
	now    time.Time
	awards map[string]string // by name of the applicant
	cases  map[string]string
}

// on puts the clock to an hour of a day in the past, never beyond now.
func (e *seeding) on(ago, hour int) {
	day := clock.DayOf(e.now).Add(-ago).Time().Add(time.Duration(hour) * time.Hour)
	if day.After(e.now) {
		day = e.now
	}
	e.at.To(day)
}

// years loads what the demonstration needs of the working calendar; a year that is not announced here gets the fixed holidays only, and says so.
func (e *seeding) years(ctx context.Context) error {
	have := map[int]bool{}
	ys, err := e.s.Years(ctx)
	if err != nil {
		return err
	}
	for _, y := range ys {
		have[y.Year] = true
	}
	for _, d := range []int{-100, 0, 25} {
		year := clock.DayOf(e.now).Add(d).Year()
		if have[year] {
			continue
		}
		have[year] = true
		var off []string
		for _, md := range []string{"01-01", "01-02", "01-03", "05-01", "05-02", "05-03", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07"} {
			off = append(off, fmt.Sprintf("%d-%s", year, md))
		}
		if err := e.s.SetYear(ctx, e.d.chief, Year{Year: year, OffDays: strings.Join(off, " "), Source: "演示数据，只含固定日期的假日；正式使用前请换成国务院办公厅的通知"}, ""); err != nil {
			return err
		}
	}
	return nil
}

func (e *seeding) walk(ctx context.Context, i int, c seedCase) error {
	s, d := e.s, e.d
	e.on(c.ago, 9)
	f := Form{
		Name: c.name, Identity: seedIdentity(c.born, c.seq), Phone: seedPhone(i), Category: c.category, Area: d.filer.Area.Code(), Address: "石河村" + c.house,
		Kind: c.kind, CauseDay: string(clock.DayOf(e.at.Now()).Add(-20 - i)), Story: c.story, Requested: fmt.Sprint(c.yuan), Holder: c.name, Bank: []string{"农业银行会泽者海支行", "云南农信者海信用社", "邮储银行会泽者海营业所"}[i%3], Card: seedCard(i),
		Truth: true, Checks: true, Sensitive: true, Public: true,
	}
	var files []NewFile
	for _, category := range []string{"id", "diagnosis", "consent"}[:2+i%2] {
		st, err := e.paper(ctx, i, category)
		if err != nil {
			return err
		}
		files = append(files, NewFile{Category: category, Stored: st})
	}
	id, err := s.Submit(ctx, d.filer, "", f, files, "")
	if err != nil {
		return err
	}
	e.cases[c.name] = id
	if c.end == "village" {
		return nil
	}
	e.on(c.ago-1, 15)
	if c.end == "back" {
		return s.Return(ctx, d.village, id, "缺少雹灾受损的证明，请到村委会开具受灾情况说明后补交。", "")
	}
	if err := s.CheckVillage(ctx, d.village, id, "是本村村民，退役身份和困难情况属实，材料齐全。", ""); err != nil || c.end == "township" {
		return err
	}
	e.on(c.ago-2, 16)
	if c.end == "refused" {
		return s.Refuse(ctx, d.township, id, "经核实，申请人已享受同类创业担保贷款贴息，且名下有在营店铺，不属于困难帮扶范围；已当面说明可转申请技能培训补贴。", "")
	}
	v := NewVisit{First: "杨顺才", Second: "张丽琼", Day: clock.DayOf(e.at.Now()), Findings: "两人一起入户。住房为砖混平房，家具陈旧，没有车辆和商铺；病历、票据与所述一致；走访左右邻居两户，均说情况属实。", Conclusion: "true"}
	if err := s.ReviewTownship(ctx, d.township, id, v, "入户核查属实，同意上报县局。", nil, ""); err != nil || c.end == "county" {
		return err
	}
	e.on(c.ago-3, 10)
	if err := s.ReviewCounty(ctx, d.county, id, money.Fen(c.propose*100), "材料齐全，符合帮扶条件，综合自付费用和家庭收入，建议按此金额帮扶。", ""); err != nil || c.end == "publish" {
		return err
	}
	return e.notice(ctx, c, id)
}

// notice posts a case and takes it to the city, an objection or its award.
func (e *seeding) notice(ctx context.Context, c seedCase, id string) error {
	s, d := e.s, e.d
	e.on(c.ago-4, 11)
	posted := c.ago - 4
	if c.end == "notice" {
		posted = 1 // a period that is not over, whatever day it is
	} else if c.end == "objection" {
		posted = 2
	}
	e.on(posted, 11)
	fund, err := e.fund(ctx, money.Fen(c.propose*100), c.kind)
	if err != nil {
		return err
	}
	n, err := s.Post(ctx, d.poster, id, fund, "", "")
	if err != nil || c.end == "notice" {
		return err
	}
	if c.end == "objection" {
		e.on(1, 20)
		_, err := s.Raise(ctx, access.Public(""), n, NewObjection{Name: seedObjector, Phone: seedObjectorPhone, Facts: "听说肇事者的家属已经赔了一部分钱，请核实一下赔了多少，有没有重复。"}, "")
		return err
	}
	e.on(posted-16, 1)
	if _, err := s.CloseNotices(ctx); err != nil || c.end == "city" {
		return err
	}
	e.on(posted-17, 14)
	if err := s.ReviewCity(ctx, d.city, id, "公示无异议，程序完整，资金来源符合用途。", ""); err != nil || c.end == "approval" {
		return err
	}
	e.on(posted-18, 15)
	approved := c.propose
	if c.name == "张建国" {
		approved -= 1000 // lower than the notice: the rest goes back to the fund
	}
	if err := s.Grant(ctx, d.chief, id, money.Fen(approved*100), "同意，请尽快拨付。", ""); err != nil || c.end == "vote" {
		return err
	}
	h, err := s.Sheet(ctx, d.city, id)
	if err != nil {
		return err
	}
	if h.Award == nil { // above the limit of one approver
		if err := s.Grant(ctx, d.council, id, money.Fen(approved*100), "同意。", ""); err != nil {
			return err
		}
		if h, err = s.Sheet(ctx, d.city, id); err != nil {
			return err
		}
	}
	e.awards[c.name] = h.Award.ID
	return nil
}

// seedFunds says which project pays for which kind, by the beginning of the fund's code.
func seedFunds(kind string) string {
	switch kind {
	case "medical", "care":
		return "DB-"
	case "school":
		return "ZX-"
	case "housing":
		return "FX-"
	case "living":
		return "ZJ-"
	}
	return "general"
}

// fund picks the fund of the kind when it holds enough, else the one that holds most.
func (e *seeding) fund(ctx context.Context, amount money.Fen, kind string) (string, error) {
	fs, err := e.s.Funds(ctx)
	if err != nil {
		return "", err
	}
	best := ""
	for _, f := range fs {
		if f.Available < amount {
			continue
		}
		if best == "" || strings.HasPrefix(f.Code, seedFunds(kind)) {
			best = f.ID
		}
	}
	if best == "" {
		return "", fault.New(fault.Unfunded, "relief.unfunded")
	}
	return best, nil
}

// pay takes a first batch to the bank and back, with a payment that was returned later, and leaves a second one at its checker.
func (e *seeding) pay(ctx context.Context) error {
	s, d := e.s, e.d
	var first []string
	for _, c := range seedCases() {
		if c.end == "paid" || c.end == "returned" {
			first = append(first, e.awards[c.name])
		}
	}
	e.on(48, 9)
	b, err := s.Gather(ctx, d.maker, first, "")
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.Lock(ctx, d.maker, b, "") },
		func() error { e.on(48, 11); return s.CheckBatch(ctx, d.checker, b, "") },
		func() error { e.on(48, 15); return s.Sign(ctx, d.signer, b, "") },
		func() error { e.on(47, 9); return s.Release(ctx, d.cashier, b, "") },
		func() error { _, _, err := s.Download(ctx, d.cashier, b, ""); return err },
		func() error { return e.result(ctx, b, 46, "", words["relief.bank.ok"], "") },
		func() error {
			return e.result(ctx, b, 40, e.awards["杨顺富"], words["relief.bank.back"], "账户状态异常，已退回")
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	e.on(2, 15)
	if err := s.ProposeAccount(ctx, d.maker, e.awards["杨顺富"], "农业银行会泽者海支行", seedCard(90), "老人的社保卡已换新，站里陪同本人在柜台核对了新卡号。", ""); err != nil {
		return err
	}
	e.on(1, 10)
	b, err = s.Gather(ctx, d.maker, []string{e.awards["陈永贵"]}, "")
	if err != nil {
		return err
	}
	return s.Lock(ctx, d.maker, b, "")
}

// result imports a result of the bank for one award, or for all with "", and confirms it.
func (e *seeding) result(ctx context.Context, batch string, ago int, award, outcome, reason string) error {
	h, err := e.s.BatchSheet(ctx, batch)
	if err != nil {
		return err
	}
	var b strings.Builder
	n, sum := 0, money.Fen(0)
	for _, l := range h.Lines {
		if award != "" && l.AwardID != award {
			continue
		}
		n, sum = n+1, sum+l.Amount
		fmt.Fprintf(&b, "%d,%s,%s,%s,YN%d%04d\n", l.Line, l.Amount, outcome, reason, 20261000+ago, l.Line*17)
	}
	file := fmt.Appendf(nil, "%s,%s,%s,%d,%s,%s\n%s,%s,结果,原因,流水号\n%s", words["relief.bank.batch"], h.Number, words["relief.bank.count"], n, words["relief.bank.total"], sum,
		words["relief.bank.line"], words["relief.bank.amount"], b.String())
	e.on(ago, 16)
	if _, err := e.s.Import(ctx, e.d.cashier, h.Number+"-回盘.csv", file, clock.DayOf(e.at.Now()), ""); err != nil {
		return err
	}
	if h, err = e.s.BatchSheet(ctx, batch); err != nil {
		return err
	}
	e.on(ago-1, 9)
	return e.s.Confirm(ctx, e.d.checker, h.Staged.ID, "")
}

// paper stores a picture that stands for a photographed page of evidence: lines of grey, no writing.
func (e *seeding) paper(ctx context.Context, i int, category string) (media.Stored, error) {
	m := image.NewRGBA(image.Rect(0, 0, 420, 594))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{250, 247, 240, 255}), image.Point{}, draw.Src)
	for y := 60; y < 540; y += 26 {
		width := 300 - (y*7+i*31+len(category)*13)%140
		draw.Draw(m, image.Rect(50, y, 50+width, y+8), image.NewUniform(color.RGBA{205, 196, 184, 255}), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return media.Stored{}, err
	}
	return e.s.archive.Put(ctx, words["relief.evidence."+category]+".png", &b)
}

// seedIdentity makes a synthetic identity number with its check digit.
func seedIdentity(born string, seq int) string {
	base := fmt.Sprintf("530326%s%03d", born, seq)
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(base[i]-'0') * w
	}
	return base + string("10X98765432"[sum%11])
}

// seedCard makes a synthetic card number with its Luhn digit.
func seedCard(i int) string {
	base := fmt.Sprintf("622848%012d", 7000100+i*131)
	sum := 0
	for j := range len(base) {
		d := int(base[len(base)-1-j] - '0')
		if j%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return base + string(rune('0'+(10-sum%10)%10))
}
