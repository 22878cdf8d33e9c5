package media_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"care/media"
	"care/modules/audit"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
)

// A form may stay open for days; the bytes of a form that was not sent are swept after one.
func TestReferenceEndsBeforeItsBytesAreSwept(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		who := access.Actor{ID: "p1"}
		f.Clock.To(time.Now()) // the store tells the age of objects by the real clock
		s, err := f.Archive.Put(t.Context(), "a.pdf", strings.NewReader("%PDF-1.4 evidence"))
		if err != nil {
			t.Fatal(err)
		}
		ref, err := f.Archive.Ref(who, s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Archive.Deref(who, ref); err != nil || got != s {
			t.Errorf("at once: %+v, %v", got, err)
		}
		if _, err := f.Archive.Deref(access.Actor{ID: "p2"}, ref); fault.CodeOf(err) != "media.ref" {
			t.Errorf("another person: %v", err)
		}
		f.Clock.To(time.Now().Add(25 * time.Hour))
		if err := f.Archive.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Objects.Stat(t.Context(), s.Key); !errors.Is(err, media.ErrNotFound) {
			t.Fatalf("not swept: %v", err)
		}
		if _, err := f.Archive.Deref(who, ref); fault.CodeOf(err) != "media.ref" {
			t.Errorf("after the sweep the reference still is taken: %v", err)
		}
	})
}

func TestSweepSparesWhatBelongsOrIsPutAgain(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		who := access.Actor{ID: "p1", Perms: []string{"media.view"}}
		var keys []media.Key
		for _, text := range []string{"%PDF-1.4 kept", "%PDF-1.4 lost"} {
			s, err := f.Archive.Put(t.Context(), "a.pdf", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, s.Key)
			if strings.HasSuffix(text, "lost") {
				continue
			}
			err = f.Trail.Do(t.Context(), audit.Act{Actor: who, Need: media.View, Verb: "mediatest.attach", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
				_, err := f.Archive.Attach(ctx, tx, who, "x", "c", s)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		f.Clock.To(time.Now().Add(23 * time.Hour))
		if err := f.Archive.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if _, err := f.Objects.Stat(t.Context(), k); err != nil {
				t.Errorf("younger than a day: %v", err)
			}
		}
		f.Clock.To(time.Now().Add(25 * time.Hour))
		if err := f.Archive.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Objects.Stat(t.Context(), keys[0]); err != nil {
			t.Errorf("a file's bytes: %v", err)
		}
		if _, err := f.Objects.Stat(t.Context(), keys[1]); !errors.Is(err, media.ErrNotFound) {
			t.Errorf("bytes of nothing: %v", err)
		}
	})
}
