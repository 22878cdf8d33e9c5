package templates

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// AssetPath is where the assets are mounted.
const AssetPath = "/assets/"

// AssetCache is the Cache-Control of an asset under its hash: the address changes with the content, so it never goes stale.
const AssetCache = "public, max-age=31536000, immutable"

// Asset is one file of the assets folder, ready to be sent.
type Asset struct {
	Name string // in the folder: "app.css"
	URL  string // with the first 8 hex digits of its hash: "/assets/app.1a2b3c4d.css"
	Type string // media type
	Hash string // SHA-256 in hex
	Body []byte
	Gzip []byte // nil when compression saves less than a tenth
}

// Assets serves the embedded files under their content hash. It is an http.Handler for AssetPath and everything below.
type Assets struct{ byName, byURL map[string]*Asset }

// LoadAssets reads, hashes and compresses the assets once at start.
func LoadAssets() (*Assets, error) { return loadAssets(assetFiles) }

func loadAssets(files fs.FS) (*Assets, error) {
	a := &Assets{byName: map[string]*Asset{}, byURL: map[string]*Asset{}}
	err := fs.WalkDir(files, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".md") {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		one, err := newAsset(strings.TrimPrefix(name, "assets/"), body)
		if err != nil {
			return err
		}
		a.byName[one.Name], a.byURL[one.URL] = one, one
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("templates: assets: %w", err)
	}
	return a, nil
}

func newAsset(name string, body []byte) (*Asset, error) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	ext := path.Ext(name)
	one := &Asset{Name: name, URL: AssetPath + strings.TrimSuffix(name, ext) + "." + hash[:8] + ext, Type: mediaType(ext), Hash: hash, Body: body}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() < len(body)*9/10 {
		one.Gzip = b.Bytes()
	}
	return one, nil
}

// mediaType does not depend on the tables of the machine for what we serve: some systems know no type for scripts or fonts.
func mediaType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// URL gives the address of an asset under its hash. A name that does not exist keeps its place below AssetPath, where it is not found.
func (a *Assets) URL(name string) string {
	if one := a.byName[name]; one != nil {
		return one.URL
	}
	return AssetPath + name
}

// All lists the assets by their names.
func (a *Assets) All() map[string]*Asset { return a.byName }

// ServeHTTP sends one asset: only under its current hash, gzip when the browser takes it, 304 when it has it already.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one := a.byURL[r.URL.Path]
	if one == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", one.Type)
	h.Set("Cache-Control", AssetCache)
	h.Set("X-Content-Type-Options", "nosniff")
	body, tag := one.Body, `"`+one.Hash[:16]+`"`
	if one.Gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			body, tag = one.Gzip, `"`+one.Hash[:16]+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A browser that went away is no fault of ours and nobody is left to tell.
	_, _ = w.Write(body)
}

// takesGzip reads Accept-Encoding: gzip named and not refused with q=0.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, q, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
