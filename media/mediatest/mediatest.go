// Package mediatest gives tests fresh object stores of both kinds.
package mediatest

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"care/media"
	"care/server/testenv/servers"
)

// Store is a store with a back door.
type Store struct {
	media.Objects
	// Damage puts other bytes under the key behind the store's back, as failing disks do.
	Damage func(t testing.TB, key media.Key, other []byte)
	// Holds names everything there is, also half-written files and unfinished uploads.
	Holds func(t testing.TB) []string
}

// Each runs fn on a fresh folder, and on a fresh bucket of the S3 server of TEST_S3; without one that half is
// skipped loudly. What they hold is removed after the test.
func Each(t *testing.T, fn func(t *testing.T, s Store)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		fn(t, Folder(t))
	})
	t.Run("minio", func(t *testing.T) {
		t.Parallel()
		fn(t, Bucket(t, nil))
	})
}

// Folder gives a fresh folder.
func Folder(t testing.TB) Store {
	t.Helper()
	dir := t.TempDir()
	f, err := media.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := f.Close()
		if err != nil {
			t.Error(err)
		}
	})
	return Store{
		Objects: f,
		Damage: func(t testing.TB, key media.Key, other []byte) {
			t.Helper()
			err := os.WriteFile(filepath.Join(dir, "o", string(key[:2]), string(key)), other, 0o640)
			if err != nil {
				t.Fatal(err)
			}
		},
		Holds: func(t testing.TB) (names []string) {
			t.Helper()
			err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					names = append(names, strings.TrimPrefix(p, dir+string(filepath.Separator)))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return names
		},
	}
}

// Bucket gives a fresh bucket of the S3 server of TEST_S3; edit, when given, changes the settings.
func Bucket(t testing.TB, edit func(*media.S3)) Store {
	t.Helper()
	env := os.Getenv(servers.EnvS3)
	if env == "" {
		servers.Missing(t, servers.EnvS3+" names no S3 server; `make test` or `go run ./server/testenv -- go test ./...` starts one")
	}
	at, err := servers.ParseS3(env)
	if err != nil {
		t.Fatal(err)
	}
	return bucket(t, at, edit)
}

// Server gives a fresh bucket on a MinIO server of the test's own, which it may kill and start again.
func Server(t testing.TB) (Store, *servers.MinIO) {
	t.Helper()
	_, err := servers.FindMinIO()
	if err != nil {
		servers.Missing(t, err.Error())
	}
	m, err := servers.NewMinIO(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := m.Stop()
		if err != nil {
			t.Error(err)
		}
	})
	return bucket(t, m.S3, nil), m
}

func bucket(t testing.TB, at servers.S3, edit func(*media.S3)) Store {
	t.Helper()
	conf := media.S3{
		Endpoint: at.Endpoint, Bucket: at.Bucket + "-" + uuid.NewString()[:18], Key: at.Key, Secret: at.Secret,
		Create: true, Temp: t.TempDir(),
	}
	if edit != nil {
		edit(&conf)
	}
	m, err := media.NewMinIO(conf)
	if err != nil {
		t.Fatal(err)
	}
	err = m.Healthy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := minio.New(strings.TrimPrefix(at.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(at.Key, at.Secret, ""), MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's context is over; a server that the test has killed has taken the bucket with it.
		_ = raw.RemoveBucketWithOptions(context.Background(), conf.Bucket, minio.RemoveBucketOptions{ForceDelete: true})
	})
	return Store{
		Objects: m,
		Damage: func(t testing.TB, key media.Key, other []byte) {
			t.Helper()
			_, err := raw.PutObject(t.Context(), conf.Bucket, "o/"+string(key[:2])+"/"+string(key),
				bytes.NewReader(other), int64(len(other)), minio.PutObjectOptions{})
			if err != nil {
				t.Fatal(err)
			}
		},
		Holds: func(t testing.TB) (names []string) {
			t.Helper()
			for o := range raw.ListObjects(t.Context(), conf.Bucket, minio.ListObjectsOptions{Recursive: true}) {
				if o.Err != nil {
					t.Fatal(o.Err)
				}
				names = append(names, o.Key)
			}
			for u := range raw.ListIncompleteUploads(t.Context(), conf.Bucket, "", true) {
				if u.Err != nil {
					t.Fatal(u.Err)
				}
				names = append(names, "unfinished "+u.Key)
			}
			spooled, err := os.ReadDir(conf.Temp)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range spooled {
				names = append(names, "spool "+f.Name())
			}
			return names
		},
	}
}
