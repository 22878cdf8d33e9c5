package templates

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func assets(t *testing.T) *Assets {
	t.Helper()
	a, err := LoadAssets()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ask(a *Assets, method, url string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, nil)
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestAssetsAreServedUnderTheirHash(t *testing.T) {
	t.Parallel()
	a := assets(t)
	form := regexp.MustCompile(`^/assets/[a-zA-Z.-]+\.[0-9a-f]{8}\.[a-z0-9]+$`)
	for _, name := range []string{"app.css", "app.js", "htmx.js", "icon.svg", "land.svg"} {
		url := a.URL(name)
		if !form.MatchString(url) {
			t.Errorf("%s is at %s", name, url)
		}
		body, err := fs.ReadFile(assetFiles, "assets/"+name)
		if err != nil {
			t.Fatal(err)
		}
		w := ask(a, "GET", url)
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), body) || w.Header().Get("Cache-Control") != AssetCache || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s answers %d, %v", url, w.Code, w.Header())
		}
		sum := sha256.Sum256(body)
		if !strings.Contains(url, hex.EncodeToString(sum[:])[:8]) {
			t.Errorf("%s does not carry the hash of its content", url)
		}
	}
	if a.byName["VENDORED.md"] != nil {
		t.Error("papers for developers are served")
	}
}

func TestAssetChangesItsAddressWithItsContent(t *testing.T) {
	t.Parallel()
	one, err := loadAssets(fstest.MapFS{"assets/a.css": {Data: []byte("a{}")}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := loadAssets(fstest.MapFS{"assets/a.css": {Data: []byte("b{}")}})
	if err != nil {
		t.Fatal(err)
	}
	if one.URL("a.css") == two.URL("a.css") {
		t.Error("two contents share one address")
	}
	if w := ask(two, "GET", one.URL("a.css")); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") == AssetCache {
		t.Errorf("the old address answers %d with %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestAssetsAreCompressedForThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	a := assets(t)
	one := a.All()["app.css"]
	w := ask(a, "GET", one.URL, "Accept-Encoding", "br, gzip;q=0.8")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
		t.Fatalf("headers %v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(plain, one.Body) {
		t.Errorf("unpacked %d bytes, want %d; %v", len(plain), len(one.Body), err)
	}
	for _, no := range []string{"", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"} {
		if w := ask(a, "GET", one.URL, "Accept-Encoding", no); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding %q was answered with %s", no, w.Header().Get("Content-Encoding"))
		}
	}
}

func TestAssetIsNotSentTwice(t *testing.T) {
	t.Parallel()
	a := assets(t)
	url := a.URL("app.js")
	plain, packed := ask(a, "GET", url), ask(a, "GET", url, "Accept-Encoding", "gzip")
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("two encodings share one tag")
	}
	w := ask(a, "GET", url, "Accept-Encoding", "gzip", "If-None-Match", packed.Header().Get("ETag"))
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("answered %d with %d bytes", w.Code, w.Body.Len())
	}
	if w := ask(a, "HEAD", url); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD answered %d with %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
	if w := ask(a, "POST", url); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d", w.Code)
	}
	for _, bad := range []string{"/assets/", "/assets/app.css", "/assets/../app.css", "/assets/app.00000000.css"} {
		if w := ask(a, "GET", bad); w.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", bad, w.Code)
		}
	}
}

func TestNothingIsFetchedFromOutside(t *testing.T) {
	t.Parallel()
	for name, one := range assets(t).All() {
		text := strings.ReplaceAll(string(one.Body), "http://www.w3.org/", "") // names of namespaces are not fetched
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		if m := outside.FindString(text); m != "" {
			t.Errorf("%s names %q", name, m)
		}
		if strings.HasSuffix(name, ".css") && (strings.Contains(text, "url(") || strings.Contains(text, "@import")) {
			t.Errorf("%s loads another file, which would have no hash", name)
		}
	}
}

func TestVendoredFilesAreWhatTheirListSays(t *testing.T) {
	t.Parallel()
	list, err := fs.ReadFile(assetFiles, "assets/VENDORED.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` .*`([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(list), -1)
	if len(rows) == 0 {
		t.Fatal("the list of vendored files is empty")
	}
	for _, r := range rows {
		one := assets(t).All()[r[1]]
		if one == nil || one.Hash != r[2] {
			t.Errorf("%s is not the file of the list", r[1])
		}
	}
}

// The colours of text and what it stands on: 4.5 to 1 is what WCAG 2.2 (1.4.3) and the national rules for older users ask for.
func TestTextCanBeReadOnItsGround(t *testing.T) {
	t.Parallel()
	css := string(assets(t).All()["app.css"].Body)
	tokens := map[string]string{}
	head, _, _ := strings.Cut(css, "/* ---- base ---- */")
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+):(#[0-9a-f]{3,6})`).FindAllStringSubmatch(head, -1) {
		if tokens[m[1]] == "" {
			tokens[m[1]] = m[2]
		}
	}
	for _, pair := range []string{
		"ink paper", "ink-2 paper", "ink-3 paper", "ink-3 sand", "red paper", "red red-l", "red-d red-l", "gold paper", "gold gold-l",
		"green green-l", "blue blue-l", "amber amber-l", "on-dark dark", "on-dark-2 dark", "card red", "card green", "ink-2 sand-2",
	} {
		fg, bg, _ := strings.Cut(pair, " ")
		if got := contrast(t, tokens[fg], tokens[bg]); got < 450 {
			t.Errorf("%s has a contrast of %d.%02d to 1", pair, got/100, got%100)
		}
	}
	if got := contrast(t, tokens["edge"], tokens["card"]); got < 300 {
		t.Errorf("the border of a field has a contrast of %d.%02d to 1, want 3", got/100, got%100)
	}
}

// contrast is the ratio of WCAG in hundredths.
func contrast(t *testing.T, a, b string) int {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return int(100 * (max(la, lb) + 0.05) / (min(la, lb) + 0.05))
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 4 {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is not a colour", hex)
	}
	var l float64
	for i, w := range []float64{0.2126, 0.7152, 0.0722} {
		l += w * linear(float64(n>>(16-8*i)&0xff)/255)
	}
	return l
}

func linear(c float64) float64 {
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
