package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// toolPath returns the path of a program of poppler or qpdf, or skips loudly.
func toolPath(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed (poppler-utils, qpdf)", name)
	}
	return p
}

func render(t testing.TB, p Paper) []byte {
	t.Helper()
	b, err := p.Render(engine())
	if err != nil {
		t.Fatalf("%s: %v", p.Kind(), err)
	}
	return b
}

// extract returns what a reader's search finds, without any space.
func extract(t *testing.T, data []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command(toolPath(t, "pdftotext"), append(args, "-raw", "-enc", "UTF-8", "-", "-")...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return dense(string(out))
}

func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// levelThree is the repertoire of implementation level 3 of GB 18030-2022: the
// Han of level 1, the 8,105 of 通用规范汉字表 (inside the others), extensions B
// to F and the Kangxi radicals.
var levelThree = sync.OnceValue(func() []rune {
	var rs []rune
	add := func(lo, hi rune) {
		for r := lo; r <= hi; r++ {
			rs = append(rs, r)
		}
	}
	add(0x4E00, 0x9FEF)
	add(0x3400, 0x4DB5)
	rs = append(rs, '〇', 0xF92C, 0xF979, 0xF995, 0xF9E7, 0xF9F1, 0xFA0C, 0xFA0D, 0xFA0E, 0xFA0F, 0xFA11, 0xFA13, 0xFA14, 0xFA18, 0xFA1F, 0xFA20, 0xFA21, 0xFA23, 0xFA24, 0xFA27, 0xFA28, 0xFA29)
	add(0x20000, 0x2A6D6)
	add(0x2A700, 0x2B734)
	add(0x2B740, 0x2B81D)
	add(0x2B820, 0x2CEA1)
	add(0x2CEB0, 0x2EBE0)
	add(0x2F00, 0x2FD5)
	return rs
})

func randomName(r *rand.Rand, n int) string {
	set := levelThree()
	var b strings.Builder
	for i := range n {
		if i > 1 && i < n-1 && r.IntN(6) == 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteRune(set[r.IntN(len(set))])
	}
	return b.String()
}

func TestEveryCharacterOfLevelThreeCanBePrinted(t *testing.T) {
	t.Parallel()
	if n := len(levelThree()); n != 88_111 {
		t.Fatalf("the set has %d characters, want 88111", n)
	}
	if m := engine().Missing(string(levelThree())); len(m) > 0 {
		t.Errorf("%d missing, first %U", len(m), m[0])
	}
}

func TestTenThousandRareNamesComeBackFromTheFile(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(18030, 2022))
	names := 0
	for range 25 { // several files, because a reader loads every font of a file for each page
		x := roster(0)
		var want []string
		for range 100 {
			row := RosterRow{Name: randomName(r, 2+r.IntN(3)), Place: randomName(r, 2+r.IntN(30)), Goods: randomName(r, 2+r.IntN(8)), Signed: randomName(r, 2+r.IntN(3)), Quantity: "1"}
			x.Rows = append(x.Rows, row)
			want = append(want, row.Name, row.Place, row.Goods, row.Signed)
		}
		data := render(t, x)
		got := extract(t, data)
		at := 0
		for i, w := range want {
			k := strings.Index(got[at:], w)
			if k < 0 {
				t.Fatalf("name %d is lost: %s (%U)", names+i, w, []rune(w))
			}
			at += k + len(w)
		}
		names += len(want)
	}
	if names != 10_000 {
		t.Fatalf("%d names", names)
	}
}

// fill puts a fresh rare text into every text field that is printed as text, and
// returns them with the paths they stand at.
func fill(r *rand.Rand, v reflect.Value, path string, want map[string]string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		fill(r, v.Elem(), path, want)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), path+"."+v.Type().Field(i).Name, want)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(r, v.Index(i), path+"["+strconv.Itoa(i)+"]", want)
		}
	case reflect.String:
		switch name := path[strings.LastIndex(path, ".")+1:]; {
		case v.Type() == reflect.TypeFor[Day](), strings.HasSuffix(name, "URL"), name == "Seal", name == "SealCode":
			return // a date, the QR code, the drawn seal
		}
		if v.Len() == 0 {
			return
		}
		n := len([]rune(v.String()))
		s := randomName(r, max(2, min(n, 60)))
		v.SetString(s)
		want[path] = s
	}
}

func TestEveryFieldOfEveryPaperComesBackFromTheFile(t *testing.T) {
	t.Parallel()
	// What a paper does not print, and why.
	silent := map[string]string{
		"booking.Org.Phone": "the slip names a contact", "booking.Org.Site": "QR", "booking.Org.Credit": "small slip", "booking.Org.Address": "the base's address stands",
		"certificate.Org.Phone": "frame", "certificate.Org.Credit": "frame", "certificate.Org.Address": "frame", "honour.Org.Phone": "frame", "honour.Org.Credit": "frame", "honour.Org.Address": "frame",
		"notice.Org.Phone": "the office for objections stands", "notice.Org.Credit": "board", "notice.Org.Address": "board", "notice.Org.Site": "QR",
		"roster.Org.Phone": "list", "roster.Org.Credit": "list", "roster.Org.Address": "list", "roster.Org.Site": "list",
		"nomination.Org.Name": "the activity stands instead", "nomination.Org.Phone": "form", "nomination.Org.Credit": "form", "nomination.Org.Address": "form", "nomination.Org.Site": "form",
	}
	r := rand.New(rand.NewPCG(7, 7))
	for name, p := range specimens() {
		ptr := reflect.New(reflect.TypeOf(p))
		ptr.Elem().Set(reflect.ValueOf(p))
		deep := clone(t, p)
		ptr = reflect.New(reflect.TypeOf(deep))
		ptr.Elem().Set(reflect.ValueOf(deep))
		want := map[string]string{}
		fill(r, ptr.Elem(), p.Kind(), want)
		data := render(t, ptr.Elem().Interface().(Paper))
		got := extract(t, data)
		for path, w := range want {
			if _, ok := silent[path]; ok {
				continue
			}
			if !strings.Contains(got, dense(w)) {
				t.Errorf("%s: %s is not in the file: %s", name, path, w)
			}
		}
		if len(want) < 5 {
			t.Errorf("%s: only %d fields were tried", name, len(want))
		}
	}
}

// clone takes a paper through its frozen form, as the documents module does.
func clone(t *testing.T, p Paper) Paper {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Decode(p.Kind(), b)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestAFrozenPaperIsDrawnLaterAsTheSameBytes(t *testing.T) {
	t.Parallel()
	for name, p := range specimens() {
		if !bytes.Equal(render(t, p), render(t, clone(t, p))) {
			t.Errorf("%s: another file after freezing", name)
		}
	}
	if _, err := Decode("receipt", []byte(`{"number":"1","newField":1}`)); err == nil {
		t.Error("a field nobody draws was dropped in silence")
	}
	if _, err := Decode("letter", []byte(`{}`)); err == nil {
		t.Error("an unknown kind was decoded")
	}
}

// checkFile asks qpdf, and looks for what PDF/A-1b demands and forbids.
func checkFile(t *testing.T, data []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if msg, err := exec.Command(toolPath(t, "qpdf"), "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %s", msg)
	}
	for _, must := range []string{"%PDF-1.4\n%\xe2", "/GTS_PDFA1", "<pdfaid:part>1</pdfaid:part>", "/ID[<", "/Lang (zh-CN)", "/Metadata "} {
		if !bytes.Contains(data, []byte(must)) {
			t.Errorf("PDF/A: no %s", must)
		}
	}
	for _, bad := range []string{"/Encoding", "/EmbeddedFiles", "/Transparency", "/ExtGState", "/JavaScript", "/Encrypt", "/Helvetica"} {
		if bytes.Contains(data, []byte(bad)) {
			t.Errorf("PDF/A: %s", bad)
		}
	}
}

func TestEveryPaperIsACleanFile(t *testing.T) {
	t.Parallel()
	for name, p := range specimens() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := render(t, p)
			checkFile(t, data)
			limit := 110_000
			if p.Kind() == "receipt" {
				limit = 100_000
			}
			if len(data) > limit {
				t.Errorf("%d bytes", len(data))
			}
		})
	}
}

// hashes of all specimens, for comparison between goroutines and processes.
func hashes(e *Engine) (string, error) {
	var b strings.Builder
	all := specimens()
	for _, n := range slices.Sorted(maps.Keys(all)) {
		data, err := all[n].Render(e)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(data)
		fmt.Fprintln(&b, n, hex.EncodeToString(sum[:]))
	}
	return b.String(), nil
}

func TestSameInputSameBytesInEveryGoroutineAndProcess(t *testing.T) {
	t.Parallel()
	fresh, err := New()
	if err != nil {
		t.Fatal(err)
	}
	want, err := hashes(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("PDF_HASHES") != "" {
		if err := os.WriteFile(os.Getenv("PDF_HASHES"), []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got := make([]string, 6)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			for range 3 {
				h, err := hashes(engine())
				if err != nil || got[i] != "" && got[i] != h {
					h = fmt.Sprint("differs: ", err)
				}
				got[i] = h
			}
		})
	}
	wg.Wait()
	for i, h := range got {
		if h != want {
			t.Errorf("goroutine %d:\n%swant\n%s", i, h, want)
		}
	}
	file := filepath.Join(t.TempDir(), "hashes")
	cmd := exec.Command(os.Args[0], "-test.run=^TestSameInputSameBytesInEveryGoroutineAndProcess$")
	cmd.Env = append(os.Environ(), "PDF_HASHES="+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	other, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(other) != want {
		t.Errorf("another process:\n%swant\n%s", other, want)
	}
}

func TestAMissingCharacterStopsThePaperAndIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*Receipt)
		want []rune
	}{
		"emoji in the name":      {func(r *Receipt) { r.Payer = "王😀小" }, []rune{0x1F600}},
		"two, one of them twice": {func(r *Receipt) { r.Project = "😀\U0003FFFD😀" }, []rune{0x1F600, 0x3FFFD}},
		"broken UTF-8":           {func(r *Receipt) { r.Handler = "吴\xff芳" }, []rune{0xFFFD}},
		"in the letterhead":      {func(r *Receipt) { r.Org.Name = "基金会😀" }, []rune{0x1F600}},
	} {
		r := sampleReceipt
		c.set(&r)
		_, err := r.Render(engine())
		var m *MissingError
		if !errors.As(err, &m) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		var seen []rune
		for _, x := range m.Runes {
			seen = appendOnce(seen, x)
		}
		if !slices.Equal(seen, c.want) {
			t.Errorf("%s: got %U, want %U", name, seen, c.want)
		}
		for _, x := range c.want {
			if u := fmt.Sprintf("U+%04X", x); !strings.Contains(m.Say(), u) || !strings.Contains(m.Error(), u) {
				t.Errorf("%s: %s is not named in %q", name, u, m.Say())
			}
		}
	}
	if got := engine().Missing("王😀小\xff😀"); !slices.Equal(got, []rune{0x1F600, 0xFFFD}) {
		t.Errorf("Missing: got %U", got)
	}
	if got := engine().Missing("钱𬱖·㛃\u200b\ufe00 "); got != nil {
		t.Errorf("Missing: got %U of a printable name", got)
	}
}

func TestATextThatCannotFitIsRefused(t *testing.T) {
	t.Parallel()
	r := sampleReceipt
	r.Payer = strings.Repeat("很长的名称", 400)
	var l *LongError
	if _, err := r.Render(engine()); !errors.As(err, &l) {
		t.Errorf("got %v", err)
	}
	r = sampleReceipt
	r.AmountFen = money.MaxUpper + 1
	if _, err := r.Render(engine()); !errors.As(err, &l) {
		t.Errorf("an amount without words: got %v", err)
	}
}

func TestReceiptSaysThatItIsNoFiscalReceipt(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"receipt", "receipt-red", "inkind"} {
		if got := extract(t, render(t, specimens()[name])); !strings.Contains(got, "非财政票据，不作为税前扣除凭证") {
			t.Errorf("%s does not say it", name)
		}
	}
	got := extract(t, render(t, specimens()["receipt-red"]))
	for _, w := range []string{"红冲", "补打", "负伍佰元整", "-¥500.00", "冲销编号QJGA-2026-000101", "53060126", "0000001234", "a1b2c3", demoWords} {
		if !strings.Contains(got, w) {
			t.Errorf("the red letter lacks %s", w)
		}
	}
}

func TestWithoutTheLibraryTheBytesAreTheSame(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	with, without := engine().Batch(&a, "全部（样张）", "", "2026-11-25"), engine().Batch(&b, "全部（样张）", "", "2026-11-25")
	for name, p := range specimens() {
		bare, err := engine().RenderBare(p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bare, render(t, p)) {
			t.Errorf("%s: Render and RenderBare differ", name)
		}
		if err := errors.Join(with.Add(p), without.Add(p)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 {
		if err := errors.Join(with.Add(receiptNumber(i)), without.Add(receiptNumber(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(with.Close(), without.CloseBare()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("a batch of mixed papers differs")
	}
	checkFile(t, a.Bytes())
}

func TestBatchIsSmallAndKeepsEveryPage(t *testing.T) {
	t.Parallel()
	const n = 800
	var before, after runtime.MemStats
	var out bytes.Buffer
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := engine().Batch(&out, "批量收据", testOrg.Name, "2026-11-25")
	bad := sampleReceipt
	bad.Payer = "😀"
	for i := range n {
		if err := b.Add(receiptNumber(i)); err != nil {
			t.Fatal(err)
		}
		if i == 300 {
			if err := b.Add(bad); err == nil {
				t.Fatal("a bad paper went into the batch")
			}
		}
	}
	if b.Pages() != n {
		t.Fatalf("%d pages", b.Pages())
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if per := out.Len() / n; per > 4096 {
		t.Errorf("%d bytes a page", per)
	}
	// Everything ever allocated, garbage included, stays far below the 300 MB
	// that may be in memory at once. Other tests run meanwhile, hence the margin.
	if mb := (after.HeapInuse) >> 20; mb > 300 {
		t.Errorf("%d MB in use", mb)
	}
	if err := b.Add(sampleReceipt); err == nil {
		t.Error("a closed batch took a paper")
	}
	// Whether such a file is clean is asked of a smaller one (qpdf reads the form
	// of every page again), in TestWithoutTheLibraryTheBytesAreTheSame.
	for _, i := range []int{0, 300, n - 1} {
		page := strconv.Itoa(i + 1)
		got := extract(t, out.Bytes(), "-f", page, "-l", page)
		for _, w := range []string{receiptNumber(i).Number, receiptNumber(i).AmountFen.Upper(), receiptNumber(i).Payer, "非财政票据"} {
			if !strings.Contains(got, w) {
				t.Errorf("page %s lacks %s", page, w)
			}
		}
	}
}

func TestAFileNamesEachStationeryOnceThoughTheCacheIsCleared(t *testing.T) {
	t.Parallel()
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	b := e.Batch(&out, "批量", "", "2026-11-25")
	for i := range maxStocks + 5 {
		if err := b.Add(sampleReceipt); err != nil {
			t.Fatal(err)
		}
		other := Booking{Org: Org{Name: "会" + strconv.Itoa(i)}, IssuedOn: "2026-11-25"}
		if _, err := other.Render(e); err != nil { // fills the cache of the engine
			t.Fatal(err)
		}
	}
	if len(e.stocks) > maxStocks {
		t.Errorf("%d stationeries are kept", len(e.stocks))
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	dict := out.String()
	dict = dict[strings.Index(dict, "/Font <<\n"):]
	dict = dict[:strings.Index(dict, ">>")]
	seen := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(dict), "\n")[1:] {
		name, _, _ := strings.Cut(l, " ")
		if seen[name] {
			t.Errorf("font %s stands twice", name)
		}
		seen[name] = true
	}
	if len(seen) < 2 {
		t.Errorf("only %d fonts: nothing was checked", len(seen))
	}
}

func TestZipHoldsTheSameFilesAndIsReproducible(t *testing.T) {
	t.Parallel()
	make := func() []byte {
		var out bytes.Buffer
		z := engine().Zip(&out)
		for i := range 5 {
			if err := z.Add(strconv.Itoa(i)+".pdf", receiptNumber(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	a := make()
	if !bytes.Equal(a, make()) {
		t.Error("two archives of the same papers differ")
	}
	if !bytes.Contains(a, render(t, receiptNumber(3))) {
		t.Error("the archive does not hold the paper's own bytes")
	}
}

func TestReceiptAllocatesLessThanHalfAMegabyte(t *testing.T) {
	// Not parallel: it reads the counters of the whole process.
	e := engine()
	for i := range 4 {
		if _, err := receiptNumber(i).Render(e); err != nil {
			t.Fatal(err)
		}
	}
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	const n = 40
	for i := range n {
		if _, err := receiptNumber(i).Render(e); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&b)
	if per := (b.TotalAlloc - a.TotalAlloc) / n; per > 500_000 {
		t.Errorf("%d bytes a receipt", per)
	}
}

func TestDayIsWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, chinese, formal Day }{
		{"2026-11-05", "2026年11月5日", "二〇二六年十一月五日"},
		{"2030-10-20", "2030年10月20日", "二〇三〇年十月二十日"},
		{"1999-01-31", "1999年1月31日", "一九九九年一月三十一日"},
		{"去年冬天", "去年冬天", "去年冬天"},
		{"", "", ""},
	} {
		if got := c.in.Chinese(); got != string(c.chinese) {
			t.Errorf("%s: got %s", c.in, got)
		}
		if got := c.in.Formal(); got != string(c.formal) {
			t.Errorf("%s: got %s", c.in, got)
		}
	}
}

func TestPaginationLosesNoRowAndLeavesRoomForTheClose(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	p := &sheet.Page{Fonts: engine().Fonts()}
	for n := range 160 {
		rows := make([][]string, n)
		for i := range rows {
			rows[i] = []string{"1", "名", strings.Repeat("村", 1+r.IntN(90)), "医", "1.00"}
		}
		first, next := span{noticeFirst + headHeight, noticeBottom}, span{noticeNext + headHeight, noticeBottom}
		at, room := 0, first
		parts := noticeTable.paginate(p, rows, first, next, noticeClose)
		for i, x := range parts {
			if x.from != at || x.to < x.from || x.to == x.from && n > 0 && len(parts) > 1 && i > 0 {
				t.Fatalf("%d rows: part %v after row %d", n, x, at)
			}
			y := room.top
			for _, row := range rows[x.from:x.to] {
				y += noticeTable.height(p, row)
			}
			limit := room.bottom
			if i == len(parts)-1 {
				limit = noticeClose
			}
			if y > limit+1e-6 {
				t.Fatalf("%d rows: page %d ends at %.1f, limit %.1f", n, i, y, limit)
			}
			at, room = x.to, next
		}
		if at != n {
			t.Fatalf("%d rows: %d drawn", n, at)
		}
	}
}

// FuzzReceipt is best run with -fuzzminimizetime 1x: caches make the coverage of
// equal inputs differ, and minimising would take all the time.
func FuzzReceipt(f *testing.F) {
	f.Add("钱𬱖", "困难退役军人帮扶", "QJGA-2026-000001", int64(100), "2026-11-25", "备注\n第二行")
	f.Add("a\xffb", "\x00\u200b", strings.Repeat("长", 300), int64(-1<<63), "", "😀")
	f.Add("", "", "", int64(0), "9999-99-99", strings.Repeat("word ", 200))
	f.Add("((\\)", "\\(", ")(", int64(1), "0000-01-01", "</rdf:li>&<!--")
	f.Fuzz(func(t *testing.T, payer, project, number string, fen int64, day, note string) {
		r := Receipt{
			Org: Org{Name: payer, Seal: number}, Number: number, VerifyURL: note, VerifyCode: number, Payer: payer, Project: project, Use: note,
			AmountFen: money.Fen(fen), IssuedOn: Day(day), ReceivedOn: Day(number), Handler: payer, Checker: project, Note: note, RedLetter: fen < 0,
		}
		checkFuzz(t, r)
		checkFuzz(t, Certificate{Org: r.Org, Donor: payer, Honorific: number, Goods: note, Project: project, AmountFen: r.AmountFen, IssuedOn: r.IssuedOn})
		checkFuzz(t, Decision{Org: r.Org, Name: payer, Reasons: []string{note, project}, Review: number, IssuedOn: r.IssuedOn})
	})
}

// FuzzDecode feeds frozen papers of every kind.
func FuzzDecode(f *testing.F) {
	for _, p := range specimens() {
		b, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p.Kind(), b)
	}
	f.Fuzz(func(t *testing.T, kind string, b []byte) {
		if p, err := Decode(kind, b); err == nil && len(b) < 20_000 {
			checkFuzz(t, p)
		}
	})
}

func checkFuzz(t *testing.T, p Paper) {
	b, err := p.Render(engine())
	var m *MissingError
	var l *LongError
	switch {
	case errors.As(err, &m):
		if len(m.Runes) == 0 {
			t.Error("nothing is missing, yet the paper was refused")
		}
	case errors.As(err, &l):
	case err != nil:
		t.Errorf("%s: %v", p.Kind(), err)
	case !bytes.HasPrefix(b, []byte("%PDF-1.4\n")) || !bytes.HasSuffix(b, []byte("%%EOF\n")):
		t.Errorf("%s: no file", p.Kind())
	}
}
