package documents_test

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"care/media"
	"care/modules/documents"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/templates/pdf/sign"
)

func many(t *testing.T, f *moduletest.Foundation, n int) {
	t.Helper()
	var os []documents.Order
	for i := range n {
		os = append(os, order(fmt.Sprint("donation/", i), fmt.Sprint("张建明", i)))
	}
	if _, err := place(t.Context(), f, os...); err != nil {
		t.Fatal(err)
	}
	f.Settle(t)
}

func selection(format string) documents.Selection {
	return documents.Selection{Kind: "receipt", From: "2026-11-01", To: "2026-11-30", Format: format}
}

func TestBatchHoldsEveryPaperOnceInVolumes(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		documents.SetVolumeSize(f.Papers, 10)
		many(t, f, 25)
		for _, format := range []string{documents.FormatPDF, documents.FormatZIP} {
			b, err := f.Papers.Gather(t.Context(), clerk, selection(format), "十一月收据", "key/"+format)
			if err != nil {
				t.Fatal(err)
			}
			f.Settle(t)
			b, done, err := f.Papers.Batch(t.Context(), b.ID)
			if err != nil || b.DoneAt == nil || done != 25 {
				t.Fatalf("batch = %+v, %d done, %v", b, done, err)
			}
			vs, err := f.Papers.Volumes(t.Context(), b.ID)
			if err != nil || len(vs) != 3 || vs[0].Papers != 10 || vs[2].Papers != 5 {
				t.Fatalf("volumes = %+v, %v", vs, err)
			}
			seen := map[string]bool{}
			for _, v := range vs {
				body, err := media.ReadAll(t.Context(), f.Objects, v.Object, 50<<20)
				if err != nil {
					t.Fatal(err)
				}
				if format == documents.FormatPDF {
					if got := bytes.Count(body, []byte("/Type /Page\n")) + bytes.Count(body, []byte("/Type /Page ")) + bytes.Count(body, []byte("/Type/Page/")); int64(got) != v.Papers {
						t.Errorf("volume %d has %d pages, want %d", v.N, got, v.Papers)
					}
					continue
				}
				z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range z.File {
					seen[one.Name] = true
				}
			}
			if format == documents.FormatZIP && (len(seen) != 25 || !seen["QJGA-2026-000025.pdf"]) {
				t.Errorf("the archives hold %d papers", len(seen))
			}
		}
		f.Check(t)
	})
}

func TestBatchGoesOnAfterAVolumeWasWorkedTwice(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		documents.SetVolumeSize(f.Papers, 2)
		many(t, f, 5)
		b, err := f.Papers.Gather(t.Context(), clerk, selection(documents.FormatPDF), "x", "k")
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range f.Papers.Module().Work {
			if w.Kind != "documents.volume" {
				continue
			}
			for range 2 { // as after a kill between the row and the queue's own commit
				if err := w.Do(t.Context(), []byte(`{"batch":"`+b.ID+`","n":1}`)); err != nil {
					t.Fatal(err)
				}
			}
		}
		f.Settle(t)
		vs, err := f.Papers.Volumes(t.Context(), b.ID)
		if err != nil || len(vs) != 3 {
			t.Errorf("volumes = %+v, %v", vs, err)
		}
		if _, err := f.Papers.Gather(t.Context(), clerk, selection(documents.FormatPDF), "x", "k"); func() bool { ref, again := fault.IsAgain(err); return !again || ref != b.ID }() {
			t.Errorf("the same order pressed twice: %v", err)
		}
	})
}

func TestBatchPagesWork(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		many(t, f, 3)
		site := f.Serve(t, map[string]access.Actor{"clerk": clerk})
		v := site.As("clerk")
		page := v.Get("/desk/documents/batches")
		once := page.Once(t)
		if a := v.Post("/desk/documents/batches", moduletest.Form("once", once, "kind", "receipt", "from", "2027-01-01", "to", "2026-01-01", "format", "exe")); a.Status != 422 || !strings.Contains(a.Body, "结束日期不能早于开始日期") || !strings.Contains(a.Body, "请选择导出格式") || !strings.Contains(a.Body, "2027-01-01") {
			t.Errorf("wrong input: %d", a.Status)
		}
		if a := v.Post("/desk/documents/batches", moduletest.Form("once", once, "kind", "receipt", "from", "2020-01-01", "to", "2020-01-02", "format", "zip")); a.Status != 422 || !strings.Contains(a.Body, "没有有效的单据") {
			t.Errorf("nothing selected: %d", a.Status)
		}
		good := moduletest.Form("once", once, "kind", "receipt", "from", "2026-11-01", "to", "2026-11-30", "format", "zip")
		a := v.Post("/desk/documents/batches", good)
		if a.Status != 303 {
			t.Fatalf("good input: %d", a.Status)
		}
		if again := v.Post("/desk/documents/batches", good); again.Status != 409 || !strings.Contains(again.Body, a.Location) {
			t.Errorf("pressed twice: %d", again.Status)
		}
		if w := v.Get(a.Location); w.Status != 200 || !strings.Contains(w.Body, "生成中") || w.Header.Get("Refresh") == "" {
			t.Errorf("while it waits: %d", w.Status)
		}
		f.Settle(t)
		if w := v.Get(a.Location); !strings.Contains(w.Body, "已完成") {
			t.Error("the batch is not done")
		}
		if w := v.Get(a.Location + "/1"); w.Status != 200 || w.Header.Get("Content-Type") != "application/zip" {
			t.Errorf("download: %d %s", w.Status, w.Header.Get("Content-Type"))
		}
		if w := v.Get(a.Location + "/2"); w.Status != 404 {
			t.Errorf("a volume that is not there: %d", w.Status)
		}
	})
}

func TestConfiguredKeySignsEveryPaper(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "foundation"}, NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sign.Load(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		f.Papers.SignWith(s)
		many(t, f, 1)
		d, err := f.Papers.ByNumber(t.Context(), "QJGA-2026-000001")
		if err != nil {
			t.Fatal(err)
		}
		body, err := media.ReadAll(t.Context(), f.Objects, d.Object, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sign.Verify(body); err != nil {
			t.Errorf("the signature: %v", err)
		}
		body[len(body)/2] ^= 1
		if _, err := sign.Verify(body); err == nil {
			t.Error("a flipped bit is not found")
		}
	})
}
