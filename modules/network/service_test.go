package network_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"care/modules/audit"
	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
	"care/server/web"
)

func sets() []fs.FS {
	return []fs.FS{web.Migrations(), os.DirFS("../audit/migrations"), os.DirFS("migrations")}
}

func each(t *testing.T, fn func(t *testing.T, n *network.Net, d *db.DB)) {
	t.Helper()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		n := network.New(d, audit.New(d, clock.Now))
		fn(t, n, d)
		if _, err := n.Check(t.Context()); err != nil {
			t.Errorf("check: %v", err)
		}
	})
}

func in(path string) access.Actor {
	return access.Actor{ID: "p1", Perms: []string{"network.manage"}, Area: access.Area{Path: path}}
}

func TestTreeHoldsTheCityNineCountiesAnd137Townships(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		city := access.Area{Path: "/530300/"}
		for level, want := range map[int]int{network.City: 1, network.County: 9, network.Township: 137, network.Village: 0} {
			got, err := n.Within(t.Context(), city, level)
			if err != nil || len(got) != want {
				t.Errorf("level %d has %d areas, %v; want %d", level, len(got), err, want)
			}
		}
		a, err := n.Area(t.Context(), "530326106")
		if err != nil || a.Title != "会泽县 · 者海镇" || a.Path != "/530300/530326/530326106/" || a.Parent != "530326" {
			t.Errorf("area = %+v, %v", a, err)
		}
		for county, want := range map[string]int{"530302": 16, "530303": 11, "530304": 10, "530322": 11, "530323": 10, "530324": 13, "530325": 12, "530326": 25, "530381": 29} {
			got, err := n.Children(t.Context(), county)
			if err != nil || len(got) != want {
				t.Errorf("%s has %d children, %v; want %d", county, len(got), err, want)
			}
		}
		if _, err := n.Area(t.Context(), "999999"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown area: %v", err)
		}
	})
}

func TestTitlesAreUniqueAlthoughNamesRepeat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		opts, err := n.Options(t.Context(), access.Area{Path: "/530300/"}, network.Township)
		if err != nil {
			t.Fatal(err)
		}
		seen, names := map[string]bool{}, map[string]int{}
		for _, o := range opts {
			if seen[o.Label] {
				t.Errorf("two areas are called %s", o.Label)
			}
			seen[o.Label] = true
			_, name, _ := strings.Cut(o.Label, " · ")
			names[name]++
		}
		if names["板桥镇"] != 2 {
			t.Errorf("板桥镇 is there %d times, want 2 (陆良, 罗平)", names["板桥镇"])
		}
		if got, _ := n.Options(t.Context(), access.Area{}, network.Township); len(got) != 0 {
			t.Errorf("the empty area holds %d townships", len(got))
		}
	})
}

func TestLineLeadsFromTheCityDown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		if err := n.Seed(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		as, err := n.Line(t.Context(), network.DemoVillage)
		var got []string
		for _, a := range as {
			got = append(got, a.Name)
		}
		if diff := cmp.Diff([]string{"曲靖市", "会泽县", "者海镇", "石河村"}, got); diff != "" || err != nil {
			t.Errorf("line (-want +got): %s %v", diff, err)
		}
	})
}

func TestVillageIsAddedOnlyInsideOnesArea(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		ctx := t.Context()
		a, err := n.Add(ctx, in("/530300/530326/"), "530326106", "530326106301", "新桥村", "k1")
		if err != nil || a.Title != "会泽县 · 者海镇 · 新桥村" || a.Level != network.Village {
			t.Fatalf("added %+v, %v", a, err)
		}
		if _, err := n.Add(ctx, in("/530300/530381/"), "530326106", "530326106302", "外来村", ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another county: %v", err)
		}
		for _, c := range []struct{ parent, code, name, field string }{
			{"530326106", "530326107302", "甲村", "code"},      // another township's prefix
			{"530326106", "53032610630", "甲村", "code"},       // too short
			{"530326106", "53032610630x", "甲村", "code"},      // a letter
			{"530326106", "530326106301", "甲村", "code"},      // used
			{"530326106", "530326106303", "", "name"},        // no name
			{"530326106", "530326106303", "新桥村", "name"},     // same name under one parent
			{"530326106301", "530326106301001", "组", "code"}, // below a village
		} {
			_, err := n.Add(ctx, in("/530300/"), c.parent, c.code, c.name, "")
			if fs := fault.FieldsOf(err); fault.KindOf(err) != fault.Invalid || len(fs) != 1 || fs[0].Name != c.field {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}

func TestMergedAreaStaysKnownButIsOfferedNoMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		ctx, city := t.Context(), in("/530300/")
		if err := n.Seed(ctx, nil); err != nil {
			t.Fatal(err)
		}
		today := clock.DayOf(clock.Now())
		if err := n.Merge(ctx, city, "530326106", "530326107", today, "批复"); fault.CodeOf(err) != "network.not_empty" {
			t.Errorf("a township with villages was merged: %v", err)
		}
		if err := n.Merge(ctx, city, "530326106203", "530326107", today, "批复"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("merged into another level: %v", err)
		}
		if err := n.Merge(ctx, city, "530326106203", "530326106202", today, "批复"); err != nil {
			t.Fatal(err)
		}
		if err := n.Merge(ctx, city, "530326106203", "530326106202", today, "批复"); fault.CodeOf(err) != "network.ended" {
			t.Errorf("merged twice: %v", err)
		}
		a, err := n.Area(ctx, "530326106203")
		if err != nil || a.MergedInto != "530326106202" || a.ValidTo != today || a.In(today.Add(1)) {
			t.Errorf("merged area = %+v, %v", a, err)
		}
		if _, err := n.Open(ctx, city, "530326106203", details(), ""); fault.CodeOf(err) != "network.ended" {
			t.Errorf("a station was opened in a place that has ended: %v", err)
		}
		if err := n.Merge(ctx, in("/530300/530326/530326106/530326106202/"), "530326106202", "", today, "x"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("somebody ended their own area: %v", err)
		}
	})
}

func details() network.Details {
	return network.Details{Name: "测试服务站", Address: "测试路 1 号", Phone: "0874-1234567", Hours: "周一至周五", Organised: true}
}

func TestAreaHasOneOpenStation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		ctx, who := t.Context(), in("/530300/530326/")
		id, err := n.Open(ctx, who, "530326107", details(), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Open(ctx, who, "530326107", details(), ""); fault.CodeOf(err) != "network.has_station" {
			t.Errorf("a second one: %v", err)
		}
		if _, err := n.Open(ctx, who, "530381001", details(), ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("in another county: %v", err)
		}
		e, err := n.Station(ctx, id)
		if err != nil || e.Has() != 1 || e.Title != "会泽县 · 大井镇" {
			t.Fatalf("station = %+v, %v", e, err)
		}
		d := e.Details()
		d.Funded, d.Phone = true, "0874-7654321"
		if err := n.Edit(ctx, who, id, e.Version, d); err != nil {
			t.Fatal(err)
		}
		if err := n.Edit(ctx, who, id, e.Version, d); fault.CodeOf(err) != "db.changed" {
			t.Errorf("changed from an old copy: %v", err)
		}
		if err := n.Close(ctx, in("/530300/530381/"), id, 2); fault.KindOf(err) != fault.NotFound {
			t.Errorf("closed from another county: %v", err)
		}
		if err := n.Close(ctx, who, id, 2); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := n.StationOf(ctx, "530326107"); ok || err != nil {
			t.Errorf("still open: %v", err)
		}
		if _, err := n.Open(ctx, who, "530326107", details(), ""); err != nil {
			t.Errorf("opened again after closing: %v", err)
		}
	})
}

func TestStationNeedsWhatPeopleComeFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		for field, d := range map[string]network.Details{
			"name":    {Address: "a", Phone: "123456", Hours: "h"},
			"address": {Name: "a", Address: strings.Repeat("长", 121), Phone: "123456", Hours: "h"},
			"phone":   {Name: "a", Address: "a", Phone: "打给我", Hours: "h"},
			"hours":   {Name: "a", Address: "a", Phone: "123456"},
		} {
			_, err := n.Open(t.Context(), in("/530300/"), "530326107", d, "")
			if fs := fault.FieldsOf(err); len(fs) != 1 || fs[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func TestStationsAreFoundByNamePlaceAndCounty(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *network.Net, _ *db.DB) {
		ctx := t.Context()
		for range 2 { // the demonstration may be loaded twice
			if err := n.Seed(ctx, nil); err != nil {
				t.Fatal(err)
			}
		}
		city := access.Area{Path: "/530300/"}
		p, err := n.Stations(ctx, city, "板桥镇", "", 10)
		if err != nil || len(p.Rows) != 2 || p.Rows[0].Title == p.Rows[1].Title {
			t.Errorf("板桥镇: %+v, %v", p.Rows, err)
		}
		if p, _ := n.Stations(ctx, city, "%", "", 10); len(p.Rows) != 0 {
			t.Errorf("a percent sign found %d stations", len(p.Rows))
		}
		var all []string
		for after := ""; ; {
			p, err := n.Stations(ctx, access.Area{Path: "/530300/530326/"}, "", after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range p.Rows {
				all = append(all, e.Area)
			}
			if after = p.Next; after == "" {
				break
			}
		}
		want := []string{"530326", "530326001", "530326106", "530326106001", "530326106201", "530326106202"}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("会泽县 (-want +got): %s", diff)
		}
	})
}

func TestCheckFindsAWrongPlaceInTheTree(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		n := network.New(d, audit.New(d, clock.Now))
		if _, err := d.Writer().ExecContext(t.Context(), "UPDATE network_areas SET path = '/530300/530381/530326106/' WHERE code = '530326106'"); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Check(t.Context()); err == nil {
			t.Error("a township that stands in another county was not found")
		}
	})
}
