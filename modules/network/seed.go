package network

import (
	"context"
	"fmt"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// Places of the demonstration.
const (
	DemoCounty   = "530326"       // 会泽县
	DemoOutside  = "530381"       // 宣威市
	DemoTownship = "530326106"    // 会泽县 · 者海镇
	DemoVillage  = "530326106201" // 会泽县 · 者海镇 · 石河村
)

// demoBefore is how many days before the demonstration is loaded its places are there: before anything that happens in them.
const demoBefore = 500

type demoPlace struct{ parent, code, name string }

func demoPlaces() []demoPlace {
	return []demoPlace{
		{"530326106", "530326106001", "集镇社区"}, {"530326106", "530326106201", "石河村"}, {"530326106", "530326106202", "松林坡村"}, {"530326106", "530326106203", "大水塘村"},
		{"530326001", "530326001001", "钟屏路社区"}, {"530326001", "530326001002", "堂琅社区"},
		{"530302004", "530302004001", "麒麟巷社区"}, {"530302004", "530302004002", "花柯社区"}, {"530302102", "530302102201", "向桂村"},
		{"530303101", "530303101201", "岗路村"}, {"530322103", "530322103201", "太平哨村"}, {"530324102", "530324102201", "金鸡村"},
		{"530381001", "530381001001", "建设街社区"}, {"530381110", "530381110201", "新文村"},
	}
}

type demoStation struct {
	area          string
	name, address string
	phone, hours  string
	has           [5]bool
}

func demoStations() []demoStation {
	const (
		office  = "周一至周五 8:30—12:00，14:00—17:30"
		village = "周一至周五 9:00—17:00，周末可电话预约"
		market  = "周一至周五 9:00—17:00，赶集日照常"
	)
	all := [5]bool{true, true, true, true, true}
	noPost := [5]bool{true, false, true, true, true}
	return []demoStation{
		{"530300", "曲靖市退役军人服务中心", "曲靖市麒麟区文昌街演示路 1 号", "0874-3100001", office, all},
		{"530302", "麒麟区退役军人服务中心", "麒麟区寥廓街道演示路 18 号", "0874-3100010", office, all},
		{"530303", "沾益区退役军人服务中心", "沾益区西平街道演示路 26 号", "0874-3100020", office, all},
		{"530304", "马龙区退役军人服务中心", "马龙区通泉街道演示路 9 号", "0874-3100030", office, all},
		{"530322", "陆良县退役军人服务中心", "陆良县中枢街道演示路 55 号", "0874-3100040", office, all},
		{"530323", "师宗县退役军人服务中心", "师宗县丹凤街道演示路 12 号", "0874-3100050", office, all},
		{"530324", "罗平县退役军人服务中心", "罗平县罗雄街道演示路 33 号", "0874-3100060", office, all},
		{"530325", "富源县退役军人服务中心", "富源县中安街道演示路 7 号", "0874-3100070", office, all},
		{"530326", "会泽县退役军人服务中心", "会泽县金钟街道演示路 40 号", "0874-3100080", office, all},
		{"530381", "宣威市退役军人服务中心", "宣威市宛水街道演示路 21 号", "0874-3100090", office, all},
		{"530326001", "古城街道退役军人服务站", "会泽县古城街道办事处一楼", "0874-3100081", office, all},
		{"530326106", "者海镇退役军人服务站", "会泽县者海镇人民政府便民服务大厅 6 号窗口", "0874-3100082", office, all},
		{"530326106001", "集镇社区退役军人服务站", "会泽县者海镇集镇社区居委会", "0874-3100083", market, noPost},
		{"530326106201", "石河村退役军人服务站", "会泽县者海镇石河村村委会一楼", "0874-3100084", village, noPost},
		{"530326106202", "松林坡村退役军人服务站", "会泽县者海镇松林坡村村委会", "0874-3100085", village, [5]bool{true, false, true, false, true}},
		{"530302004", "寥廓街道退役军人服务站", "麒麟区寥廓街道办事处一楼大厅", "0874-3100011", office, all},
		{"530302004001", "麒麟巷社区退役军人服务站", "麒麟区寥廓街道麒麟巷社区党群服务中心", "0874-3100012", office, noPost},
		{"530303101", "白水镇退役军人服务站", "沾益区白水镇人民政府便民服务大厅", "0874-3100021", office, all},
		{"530322103", "三岔河镇退役军人服务站", "陆良县三岔河镇人民政府一楼", "0874-3100041", office, all},
		{"530324102", "板桥镇退役军人服务站", "罗平县板桥镇人民政府便民服务大厅", "0874-3100061", office, all},
		{"530322102", "板桥镇退役军人服务站", "陆良县板桥镇人民政府便民服务大厅", "0874-3100042", office, all},
		{"530381001", "宛水街道退役军人服务站", "宣威市宛水街道办事处一楼", "0874-3100091", office, all},
		{"530381110", "龙场镇退役军人服务站", "宣威市龙场镇人民政府便民服务大厅", "0874-3100092", office, all},
	}
}

// Seed adds some villages and stations of the demonstration; what is there already stays.
func (n *Net) Seed(ctx context.Context, at *clock.Travel) error {
	if at != nil {
		at.To(at.Now().AddDate(0, 0, -demoBefore))
	}
	sys := access.System()
	for _, p := range demoPlaces() {
		if _, err := n.Add(ctx, sys, p.parent, p.code, p.name, "network.demo/"+p.code); err != nil && !again(err) {
			return fmt.Errorf("seed area %s: %w", p.code, err)
		}
	}
	for _, s := range demoStations() {
		d := Details{s.name, s.address, s.phone, s.hours, s.has[0], s.has[1], s.has[2], s.has[3], s.has[4]}
		if _, err := n.Open(ctx, sys, s.area, d, "network.demo.station/"+s.area); err != nil && !again(err) {
			return fmt.Errorf("seed station of %s: %w", s.area, err)
		}
	}
	return nil
}

func again(err error) bool {
	_, ok := fault.IsAgain(err)
	return ok
}
