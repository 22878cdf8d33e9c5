package media

import (
	"bytes"
	"path"
	"strings"
	"time"

	"net/http"

	"github.com/uptrace/bun"

	"care/server/fault"
)

// File is a row that says which object belongs to what.
type File struct {
	bun.BaseModel `bun:"table:media_files,alias:f"`
	ID            string `bun:",pk"`
	Object        Key
	Size          int64  // bytes
	Type          string // media type, by content
	Name          string // as it was called by its owner, sealed: names of files name people
	Subject       string // "relief/<id>", "document/<id>"
	Category      string // of evidence: "id", "medical"; of papers: the kind
	Owner         string // who brought it
	At            time.Time
	RemovedAt     *time.Time
}

// Private names the columns that are kept sealed.
var Private = []string{"media_files.name"}

// types are the media types that are taken, with the endings of names that fit them.
var types = map[string][]string{
	"application/pdf": {".pdf"},
	"image/jpeg":      {".jpg", ".jpeg", ".jfif"},
	"image/png":       {".png"},
	"image/webp":      {".webp"},
	"image/heic":      {".heic", ".heif"},
}

// Sniff tells the media type of content by its first bytes (512 are enough), and refuses a name whose ending does not fit it:
// "media.type" for content that is not taken, "media.disguised" for content of another type than the name says.
func Sniff(head []byte, name string) (string, error) {
	t := http.DetectContentType(head)
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		switch string(head[8:12]) {
		case "heic", "heix", "hevc", "mif1", "msf1", "heim", "heis":
			t = "image/heic"
		}
	}
	if t == "application/pdf" && !bytes.HasPrefix(head, []byte("%PDF-")) {
		t = "application/octet-stream"
	}
	ends, ok := types[t]
	if !ok {
		return "", fault.New(fault.Invalid, "media.type")
	}
	ext := strings.ToLower(path.Ext(name))
	if ext == "" {
		return t, nil // photos from some phones have no ending
	}
	for _, e := range ends {
		if e == ext {
			return t, nil
		}
	}
	return "", fault.New(fault.Invalid, "media.disguised")
}

// Inline tells whether browsers may show a type in the page's place.
func Inline(t string) bool { return t == "application/pdf" || strings.HasPrefix(t, "image/") }
