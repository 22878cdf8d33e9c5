package main

import (
	"strings"
	"testing"

	"care/modules/identity"
	"care/server/testenv/proc"
	"care/server/testenv/servers"
)

// A gift is confirmed while the object store is dead: income and number are there at once, the receipt follows when the store is back.
// What needs the store at once says so and loses nothing.
func TestObjectStoreAwayDelaysPapersAndRefusesUploads(t *testing.T) {
	t.Parallel()
	env := serverEnv(t) // PostgreSQL; the store is one of our own, to be killed
	store, err := servers.NewMinIO(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Stop(); err != nil {
			t.Error(err)
		}
	})
	own := []string{"S3_ENDPOINT=" + store.Endpoint, "S3_BUCKET=care-away", "S3_ACCESS_KEY=" + store.Key, "S3_SECRET_KEY=" + store.Secret}
	srv := proc.New(t, append(keepOut(env, "S3_"), own...)...)
	s := &story{t: t, base: srv.URL, press: pressPlain, who: map[string]*browser{}}
	for _, login := range []string{identity.DemoCashier, identity.DemoAccountant, identity.DemoFiler} {
		s.as(login)
	}
	if err := store.Kill(); err != nil {
		t.Fatal(err)
	}

	thanks := s.donate("王存储", "66.00", "AWAY-0001")
	pub := open2(t, srv.URL)
	if a := pub.get(thanks + "/receipt"); a.status != 202 {
		t.Errorf("the receipt without a store: %d", a.status)
	}
	if a := pub.get("/healthz"); a.status != 200 || !strings.Contains(a.body, `"objects":"away"`) {
		t.Errorf("health: %d %s", a.status, a.body)
	}
	filer := s.as(identity.DemoFiler)
	f := filer.fill("/desk/relief/new", "/desk/relief/new", "name", applicant, "do", "draft")
	f.files["evidence_id/id.png"] = photo
	if a, err := filer.send(f); err != nil || a.status != 503 || !strings.Contains(a.body, "文件存储暂时连不上") {
		t.Errorf("an upload without a store: %d, %v: %s", a.status, err, explain(a.body))
	}

	if err := store.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.paper(pub, thanks+"/receipt"); !strings.HasPrefix(got, "%PDF-") {
		t.Error("the receipt is no PDF")
	}
	if a, err := filer.send(f); err != nil || a.status != 303 {
		t.Errorf("the same upload with the store back: %d, %v: %s", a.status, err, explain(a.body))
	}
	srv.Check(t)
}

// keepOut drops the variables that begin with a prefix.
func keepOut(env []string, prefix string) []string {
	var out []string
	for _, e := range env {
		if !strings.HasPrefix(e, prefix) {
			out = append(out, e)
		}
	}
	return out
}
