package poster

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"care/server/money"
	"care/templates/pdf"
)

var engine = sync.OnceValue(func() *pdf.Engine {
	e, err := pdf.New()
	if err != nil {
		panic(err)
	}
	return e
})

func sample() Poster {
	return Poster{
		Org: "曲靖市退役军人关爱基金会", Kicker: "困难退役军人大病医疗帮扶", Title: "别让一场大病，压垮一个老兵的家", Lead: "他们曾经为我们站岗，如今轮到我们为他们撑伞。每一笔捐赠都进入专项账户，去向全程可查。",
		GoalFen: 50000000, RaisedFen: 31268050, Gifts: 1286, Filing: "公开募捐方案备案编号 53530300MJT000000026001", URL: "https://care.example.org/campaigns/2026-03", Hint: "扫码了解项目，随心捐赠",
	}
}

func photo(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(90 + 120*y/h), uint8(120 + 60*x/w), uint8(150 - 60*y/h), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestPosterIsAPictureOfTheRightSizeAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	article := sample()
	article.GoalFen, article.Title, article.Cover, article.Demo = 0, "钱𬱖：把军号吹给孩子们听", photo(1600, 900), true
	tall := sample()
	tall.Cover = photo(30, 700)
	for name, p := range map[string]Poster{"campaign": sample(), "article": article, "tall": tall} {
		b, err := p.Render(engine())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width != 1080 || c.Height != 1440 {
			t.Errorf("%s: %d × %d, %v", name, c.Width, c.Height, err)
		}
		again, err := p.Render(engine())
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%s: drawn twice, two pictures (%v)", name, err)
		}
		if dir := os.Getenv("PDF_OUT"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "poster-"+name+".png"), b, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Log(name, len(b))
		}
	}
}

func TestPosterCodeIsReadByAScanner(t *testing.T) {
	t.Parallel()
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("SKIPPED: zbarimg is not installed (zbar-tools)")
	}
	p := sample()
	b, err := p.Render(engine())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "p.png")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(zbar, "-q", "--raw", file).Output()
	if err != nil || strings.TrimSpace(string(out)) != p.URL {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestPosterRefusesWhatItCannotShow(t *testing.T) {
	t.Parallel()
	var missing *pdf.MissingError
	var long *pdf.LongError
	for name, c := range map[string]struct {
		set  func(*Poster)
		want func(error) bool
	}{
		"emoji":        {func(p *Poster) { p.Title = "加油😀" }, func(err error) bool { return errors.As(err, &missing) }},
		"endless":      {func(p *Poster) { p.Lead = strings.Repeat("很长的话", 900) }, func(err error) bool { return errors.As(err, &long) }},
		"no address":   {func(p *Poster) { p.URL = "" }, func(err error) bool { return errors.Is(err, ErrURL) }},
		"long address": {func(p *Poster) { p.URL = strings.Repeat("a", 5000) }, func(err error) bool { return errors.Is(err, ErrURL) }},
		"no picture":   {func(p *Poster) { p.Cover = []byte("GIF89a") }, func(err error) bool { return errors.Is(err, ErrCover) }},
		"bomb":         {func(p *Poster) { p.Cover = bomb() }, func(err error) bool { return errors.Is(err, ErrCover) }},
	} {
		p := sample()
		c.set(&p)
		if _, err := p.Render(engine()); !c.want(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// bomb is a PNG header that promises 60000 × 60000 dots.
func bomb() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	x := b.Bytes()
	copy(x[16:], []byte{0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60})
	return x
}

func TestShareOfTheGoalStaysBetweenNothingAndAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raised, goal money.Fen
		want         int
	}{{0, 100, 0}, {1, 100, 10}, {99, 100, 990}, {100, 100, 1000}, {500, 100, 1000}, {-5, 100, 0}, {5, 0, 0}, {1 << 61, 1 << 62, 500}} {
		if got := share(c.raised, c.goal); got != c.want {
			t.Errorf("%d of %d: got %d, want %d", c.raised, c.goal, got, c.want)
		}
	}
}

func BenchmarkPoster(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sample().Render(engine()); err != nil {
			b.Fatal(err)
		}
	}
}
