package goods

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"care/media"
	"care/modules/identity"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// seedGift is one gift in kind of the demonstration. Names are invented; codes are synthetic.
type seedGift struct {
	ago      int // days
	in       Registering
	accepted []string // as the first person counted; nil: nobody has
	accept   bool
	total    []money.Fen // nil: not valued
	stock    bool
}

const seedStore, seedCounty = "市中心库", "会泽县周转库"

func seedGifts(today clock.Day) []seedGift {
	body := func(name, credit string) Registering {
		return Registering{Donor: Body, Shown: Real, Name: name, IDNo: credit, Phone: "0874-3100000", Warehouse: seedStore}
	}
	quilts := body("曲靖云岭家纺有限公司", "91530300MA6T00004Q")
	quilts.Items = []Declared{{Name: "棉被", Spec: "2×2.3 米，3 千克", Brand: "云岭", Unit: "床", Qty: "300"}, {Name: "棉大衣", Spec: "均码", Unit: "件", Qty: "120"}}
	rice := body("罗平县花海农旅开发有限公司", "91350100M000100Y43")
	rice.Items = []Declared{{Name: "大米", Spec: "10 千克装", Unit: "千克", Qty: "2000", BatchNo: "LP20261012", ProducedOn: today.Add(-44), ExpiresOn: today.Add(40)},
		{Name: "菜籽油", Spec: "5 升装", Unit: "桶", Qty: "200", BatchNo: "LP-Y-118", ProducedOn: today.Add(-60), ExpiresOn: today.Add(480)}}
	chairs := Registering{Donor: Person, Shown: Masked, Name: "丁学良", Phone: "13887450011", Warehouse: seedStore, Items: []Declared{{Name: "轮椅", Spec: "折叠式", Unit: "台", Qty: "6"}}}
	books := Registering{Donor: Person, Shown: Anonymous, Name: "段家旺", Warehouse: seedStore, Items: []Declared{{Name: "旧书画", Spec: "装框", Unit: "幅", Qty: "3"}}}
	stoves := body("云南滇东北机电设备有限责任公司", "91530300MA6T00004Q")
	stoves.Items = []Declared{{Name: "取暖炉", Spec: "2000 瓦", Unit: "台", Qty: "80"}}
	milk := body("沾益区双拥志愿服务队", "53530300MJ000000XC")
	milk.Items = []Declared{{Name: "牛奶", Spec: "250 毫升×12", Unit: "箱", Qty: "60", ProducedOn: today.Add(-20), ExpiresOn: today.Add(160)}}
	return []seedGift{
		{ago: 40, in: quilts, accepted: []string{"300", "120"}, accept: true, total: []money.Fen{3_600_000, 1_080_000}, stock: true},
		{ago: 34, in: rice, accepted: []string{"2000", "200"}, accept: true, total: []money.Fen{1_200_000, 1_300_000}, stock: true},
		{ago: 20, in: books, accepted: []string{"3"}, accept: true, total: []money.Fen{0}, stock: true},
		{ago: 6, in: chairs, accepted: []string{"6"}, accept: true, total: []money.Fen{348_000}},
		{ago: 3, in: stoves, accepted: []string{"80"}},
		{ago: 1, in: milk},
	}
}

// DemoPrivate lists what of the demonstration's people must never be seen in public.
func DemoPrivate() []string {
	return []string{"丁学良", "段家旺", "施大山", "吕有才", "孔令先", "曹发财", "魏国安", "陶金海", "姜保田", "13887450011", "530302196003152510"}
}

// Seed loads the demonstration through the desk's own acts, in the order of time.
func (s *Goods) Seed(ctx context.Context, at *clock.Travel) error {
	if s.set.Login == nil {
		return fault.New(fault.Internal, "goods.no_demo_people")
	}
	var officer, manager, accountant access.Actor
	for login, to := range map[string]*access.Actor{identity.DemoOfficer: &officer, identity.DemoManager: &manager, identity.DemoAccountant: &accountant} {
		var err error
		if *to, err = s.set.Login(ctx, login); err != nil {
			return fmt.Errorf("person %s: %w", login, err)
		}
	}
	today := clock.DayOf(at.Now())
	moment := func(ago, minutes int) time.Time {
		return today.Add(-ago).Time().Add(time.Duration(minutes) * time.Minute)
	}
	var stocked []string
	for i, g := range seedGifts(today) {
		id, err := s.seedGift(ctx, at, g, i, moment, officer, manager, accountant)
		if err != nil {
			return err
		}
		stocked = append(stocked, id)
	}
	return s.seedLists(ctx, at, stocked, moment, officer, manager)
}

func (s *Goods) seedGift(ctx context.Context, at *clock.Travel, g seedGift, i int, moment func(int, int) time.Time, officer, manager, accountant access.Actor) (string, error) {
	key := fmt.Sprintf("seed-goods-%d", i)
	at.To(moment(g.ago, 540))
	g.in.ArrivedOn = s.Today()
	x, err := s.Register(ctx, officer, g.in, key)
	if err != nil || g.accepted == nil {
		return "", err
	}
	is, err := s.Items(ctx, x.ID)
	if err != nil {
		return "", err
	}
	var ts []Tally
	for n, it := range is {
		ts = append(ts, Tally{Item: it.ID, Accepted: g.accepted[n], Refused: "0", Certificate: "seen"})
	}
	at.To(moment(g.ago, 600))
	if err := s.Count(ctx, officer, x.ID, ts, nil, key); err != nil || !g.accept {
		return "", err
	}
	at.To(moment(g.ago, 630))
	if err := s.Accept(ctx, manager, x.ID, key); err != nil || g.total == nil {
		return "", err
	}
	var ws []Worth
	for n, it := range is {
		w := Worth{Item: it.ID, Basis: Market, Grounds: "三家门店询价取平均", Total: g.total[n]}
		if w.Total == 0 {
			w.Basis, w.Grounds = NoValue, "没有同类市价，也无法评估"
		}
		ws = append(ws, w)
	}
	at.To(moment(g.ago-1, 570))
	if err := s.Value(ctx, accountant, x.ID, ws, nil, key); err != nil || !g.stock {
		return "", err
	}
	at.To(moment(g.ago-1, 660))
	return x.ID, s.Stock(ctx, manager, x.ID, key)
}

// seedLists gives a part of the goods out: one list that is closed, one that waits for its release, and a move between warehouses.
func (s *Goods) seedLists(ctx context.Context, at *clock.Travel, gifts []string, moment func(int, int) time.Time, officer, manager access.Actor) error {
	first := func(gift string) (Batch, error) {
		bs, err := s.Batches(ctx, gift)
		if err != nil || len(bs) == 0 {
			return Batch{}, fmt.Errorf("batches of the demonstration: %w", err)
		}
		return bs[0], nil
	}
	quilt, err := first(gifts[0])
	if err != nil {
		return err
	}
	rice, err := first(gifts[1])
	if err != nil {
		return err
	}
	people := func(b Batch, qty string, names ...string) (rs []Receiver) {
		for i, n := range names {
			r := Receiver{Name: n, Place: "石河村", Batch: b.ID, Qty: qty}
			if i == 0 {
				r.IDNo = "530302196003152510"
			}
			rs = append(rs, r)
		}
		return rs
	}
	at.To(moment(15, 560))
	l, err := s.MakeList(ctx, officer, Listing{Title: "入冬走访慰问", Place: "会泽县者海镇石河村", Warehouse: seedStore, HandsOn: s.Today().Add(1), People: people(quilt, "2", "施大山", "吕有才", "孔令先", "曹发财")}, "seed-list-0")
	if err != nil {
		return err
	}
	at.To(moment(15, 700))
	if err := s.Release(ctx, manager, l.ID, "seed-list-0"); err != nil {
		return err
	}
	at.To(moment(13, 600))
	ls, err := s.Lines(ctx, l.ID)
	if err != nil {
		return err
	}
	sheet, err := s.seedSheet(ctx, l)
	if err != nil {
		return err
	}
	if err := s.Close(ctx, officer, l.ID, []string{ls[0].ID, ls[1].ID, ls[2].ID}, []media.Stored{sheet}, "seed-list-0"); err != nil {
		return err
	}
	at.To(moment(2, 560))
	if _, err := s.AskChange(ctx, officer, Changing{Kind: Shift, Dest: seedCounty, Why: "靠近高寒山区，便于下雪前发放", Lines: []Piece{{Batch: quilt.ID, Warehouse: seedStore, Qty: "100"}}}, nil, "seed-change-0"); err != nil {
		return err
	}
	at.To(moment(1, 620))
	_, err = s.MakeList(ctx, officer, Listing{Title: "困难老兵过冬口粮", Place: "会泽县大井镇", Warehouse: seedStore, HandsOn: s.Today().Add(4), People: people(rice, "50", "魏国安", "陶金海", "姜保田")}, "seed-list-1")
	return err
}

// seedSheet is the paper that stands for the signed list: a drawn one, since nobody has signed.
func (s *Goods) seedSheet(ctx context.Context, l *List) (media.Stored, error) {
	r := pdf.Roster{Org: s.set.Org, Number: l.Code, Title: l.Title, Project: l.Project, Place: l.Place, HandedOn: pdf.Day(l.HandsOn), IssuedOn: pdf.Day(l.HandsOn), Demo: true,
		Rows: []pdf.RosterRow{{Name: "（演示）", Place: l.Place, Goods: "棉被", Quantity: "2床", Signed: words["goods.signed"]}}}
	b, err := r.Render(s.papers.Engine())
	if err != nil {
		return media.Stored{}, err
	}
	return s.archive.Put(ctx, "签收单.pdf", bytes.NewReader(b))
}
