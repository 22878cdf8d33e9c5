package pdf

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// stress is a paper with one field put to its extreme, and the same paper with
// that field at rest: whatever ink differs must lie in the field's boxes.
type stress struct {
	group      string // papers with the same base
	name       string
	base, full Paper
}

var longNames = map[string]string{
	"one": "李", "two": "钱𬱖", "four": "欧阳修竹", "minority": "古丽米热·阿卜杜热合曼", "long minority": "阿卜杜热合曼·买买提图尔荪·艾尔肯·古丽米热",
	"sixty": strings.Repeat("𠅤㛃䶮靖", 15), "organisation": strings.Repeat("曲靖市麒麟区退役军人事务局", 6) + "科室", "latin": "International Committee of Veterans' Families and Friends",
}

func stresses() []stress {
	var out []stress
	for n, s := range longNames {
		add := func(kind string, set func(s string) Paper) {
			out = append(out, stress{kind, kind + " " + n, set(""), set(s)})
		}
		add("receipt payer", func(s string) Paper { r := sampleReceipt; r.Payer = s; return r })
		add("receipt project", func(s string) Paper { r := sampleReceipt; r.Project = s; return r })
		add("receipt hands", func(s string) Paper { r := sampleReceipt; r.Handler, r.Checker = s, s; return r })
		add("receipt issuer", func(s string) Paper { r := sampleReceipt; r.Org.NoSeal, r.Org.Name = true, s; return r })
		add("voucher payee", func(s string) Paper { v := specimens()["voucher"].(Voucher); v.Payee, v.Bank = s, s; return v })
		add("certificate donor", func(s string) Paper { c := specimens()["certificate"].(Certificate); c.Donor = s; return c })
		add("honour issuer", func(s string) Paper {
			h := specimens()["honour"].(Honour)
			h.Org.NoSeal, h.Org.Name = true, s
			return h
		})
		add("booking visitor", func(s string) Paper { b := specimens()["booking"].(Booking); b.Visitor, b.Base = s, s; return b })
		add("inkind payer", func(s string) Paper { k := inKind(3); k.Payer = s; return k })
	}
	for _, f := range []money.Fen{1, 10, 168032, 10000000000, 99_999_999_999_999, 77_777_777_777_777, -99_999_999_999_999} {
		add := func(kind string, set func(f money.Fen) Paper) {
			out = append(out, stress{kind + " amount", fmt.Sprint(kind, " ", f), set(0), set(f)})
		}
		add("receipt", func(f money.Fen) Paper { r := sampleReceipt; r.AmountFen = f; return r })
		add("voucher", func(f money.Fen) Paper { v := specimens()["voucher"].(Voucher); v.AmountFen = f; return v })
		add("inkind", func(f money.Fen) Paper {
			k := inKind(3)
			k.TotalFen = f
			return k
		})
	}
	return out
}

func texts(t *testing.T, p Paper) (pages []*sheet.Page, items [][]sheet.Item) {
	t.Helper()
	forms, data, err := engine().Pages(p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		if data[i].Long != "" {
			t.Fatalf("%s refused as too long: %s", p.Kind(), data[i].Long)
		}
		var list []sheet.Item
		for _, it := range append(append([]sheet.Item(nil), forms[i].Items...), data[i].Items...) {
			if it.Kind == sheet.Text {
				list = append(list, it)
			}
		}
		items = append(items, list)
	}
	return data, items
}

func width(it sheet.Item) float64 {
	n := -1
	for range it.S {
		n++
	}
	return engine().Fonts().Width(it.Face, it.Size, it.S) + float64(n)*it.Spacing
}

func TestTextIsLaidOutInsideItsBox(t *testing.T) {
	t.Parallel()
	list := stresses()
	for n := 1; n <= 60; n++ {
		r := sampleReceipt
		r.Payer = strings.Repeat("靖", n)
		c := specimens()["certificate"].(Certificate)
		c.Donor = r.Payer
		list = append(list, stress{"", fmt.Sprint("name of ", n), nil, r}, stress{"", fmt.Sprint("donor of ", n), nil, c})
	}
	for n, s := range longNames {
		k := inKind(40)
		k.Items[5].Name, k.Items[5].Spec, k.Acceptors = s, s, []string{s, s, s}
		v := specimens()["homevisit"].(HomeVisit)
		v.Household, v.Address = s+s+s, s
		if len([]rune(s)) <= 60 { // people, not offices
			v.Visitors = []string{s, s, s, s}
		}
		k.Items[7].TotalFen, k.Items[7].UnitFen = money.Max, money.Max
		ro := roster(40)
		ro.Rows[3].Name, ro.Rows[3].Place, ro.Handler, ro.Witnesses = s, s, s, []string{s, s}
		list = append(list, stress{"", "inkind lines " + n, nil, k}, stress{"", "home visit " + n, nil, v}, stress{"", "roster " + n, nil, ro})
	}
	for name, p := range specimens() {
		list = append(list, stress{"", name, nil, p})
	}
	const slack = 0.02
	for _, s := range list {
		pages, items := texts(t, s.full)
		for i, page := range items {
			for _, it := range page {
				b := it.Box
				if b == (sheet.Box{}) { // set without a box: the sheet itself, less a margin
					b = sheet.Box{X: 5, Y: 5, W: pages[i].W - 10, H: pages[i].H - 10}
				}
				em := sheet.Em(it.Size)
				if it.X < b.X-slack || it.X+width(it) > b.X+b.W+slack || it.Y-0.88*em < b.Y-0.12 || it.Y+0.12*em > b.Y+b.H+0.12 {
					t.Errorf("%s: %q at %.2f…%.2f, %.2f…%.2f leaves %+v", s.name, it.S, it.X, it.X+width(it), it.Y-0.88*em, it.Y+0.12*em, b)
				}
				if it.Size < sheet.Floor {
					t.Errorf("%s: %q is %.2f points", s.name, it.S, it.Size)
				}
			}
		}
	}
}

const dpi = 60

// raster draws the first page of a file in grey.
func raster(t *testing.T, p Paper) (w, h int, pix []byte) {
	t.Helper()
	cmd := exec.Command(toolPath(t, "pdftoppm"), "-gray", "-singlefile", "-r", fmt.Sprint(dpi), "-")
	cmd.Stdin = bytes.NewReader(render(t, p))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var high int
	if _, err := fmt.Sscanf(string(out[:40]), "P5\n%d %d\n%d\n", &w, &h, &high); err != nil {
		t.Fatalf("%v in %q", err, out[:40])
	}
	return w, h, out[len(out)-w*h:]
}

func TestInkStaysInsideItsBox(t *testing.T) {
	t.Parallel()
	toolPath(t, "pdftoppm")
	bases := map[string][]byte{}
	for _, s := range stresses() {
		if strings.HasSuffix(s.name, " one") || strings.HasSuffix(s.name, " four") || strings.HasSuffix(s.name, " minority") && !strings.HasSuffix(s.name, "long minority") {
			continue // easier than their neighbours, and each takes two renderings
		}
		_, a := texts(t, s.base)
		_, b := texts(t, s.full)
		var boxes []sheet.Box
		for _, l := range [][2][]sheet.Item{{a[0], b[0]}, {b[0], a[0]}} {
			have := map[string]bool{}
			for _, it := range l[1] {
				have[fmt.Sprint(it.S, it.X, it.Y, it.Size, it.Color)] = true
			}
			for _, it := range l[0] {
				if !have[fmt.Sprint(it.S, it.X, it.Y, it.Size, it.Color)] {
					box := it.Box
					if box == (sheet.Box{}) {
						em := sheet.Em(it.Size)
						box = sheet.Box{X: it.X, Y: it.Y - 0.88*em, W: width(it), H: em}
					}
					boxes = append(boxes, box)
				}
			}
		}
		w, h, full := raster(t, s.full)
		base, ok := bases[s.group]
		if !ok {
			_, _, base = raster(t, s.base)
			bases[s.group] = base
		}
		const mm, margin = dpi / 25.4, 1.5 // a pixel and a half: anti-aliasing
		ink, stray := 0, 0
		for y := range h {
			for x := range w {
				if d := int(base[y*w+x]) - int(full[y*w+x]); d > -24 && d < 24 {
					continue
				}
				ink++
				in := false
				for _, b := range boxes {
					px, py := float64(x)+0.5, float64(y)+0.5
					if px > b.X*mm-margin && px < (b.X+b.W)*mm+margin && py > b.Y*mm-margin && py < (b.Y+b.H)*mm+margin {
						in = true
						break
					}
				}
				if !in {
					stray++
				}
			}
		}
		if ink == 0 {
			t.Errorf("%s: no ink differs, nothing was checked", s.name)
		}
		// The line under the name of a certificate grows with the name.
		limit := 0
		if strings.HasPrefix(s.name, "certificate donor") {
			limit = 2 * w
		}
		if stray > limit {
			t.Errorf("%s: %d of %d dots outside", s.name, stray, ink)
		}
	}
}
