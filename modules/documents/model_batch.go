package documents

import (
	"time"

	"github.com/uptrace/bun"

	"care/media"
	"care/server/clock"
	"care/server/fault"
)

// Batch is many papers in a few files (批量单据), made by queued work, volume by volume.
type Batch struct {
	bun.BaseModel `bun:"table:documents_batches,alias:b"`
	ID            string `bun:",pk"`
	Title         string
	Kind          string // of the papers
	Format        string // PDF: pages of one file a volume; ZIP: one file a paper, as issued
	Total         int64
	OrderedBy     string
	OrderedAt     time.Time
	DoneAt        *time.Time
}

// Formats of a batch.
const (
	FormatPDF = "pdf"
	FormatZIP = "zip"
)

// volumeSize is how many papers a volume holds: a thousand receipts are about 3 MB as one PDF, a second of work,
// and what a crash makes begin again.
const volumeSize = 1000

// maxBatch bounds a batch: a campaign day.
const maxBatch = 200_000

// Volume is one finished file of a batch.
type Volume struct {
	bun.BaseModel `bun:"table:documents_volumes,alias:v"`
	Batch         string `bun:",pk"`
	N             int64  `bun:",pk"` // from 1
	Papers        int64
	Missing       int64 // papers that could not be drawn or have no bytes yet
	Object        media.Key
	Size          int64
}

// Selection says which papers go into a batch: issued ones of a kind, by the day on them.
type Selection struct {
	Kind     string
	From, To clock.Day
	Format   string
}

func (s Selection) check() error {
	var c fault.Checks
	c.Need(words["documents.kind."+s.Kind] != "", "kind", "documents.batch.kind")
	c.Need(s.Format == FormatPDF || s.Format == FormatZIP, "format", "documents.batch.format")
	c.Need(s.From != "", "from", "documents.batch.day")
	c.Need(s.To != "", "to", "documents.batch.day")
	c.Need(s.From <= s.To || s.To == "", "to", "documents.batch.order")
	return c.Err()
}
