package servers

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// minioModule is the MinIO server as a Go module: the last state of its community edition, which its makers no
// longer publish as a program.
const (
	minioModule  = "github.com/minio/minio"
	minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"
)

// S3 is what a test needs to use an S3 server.
type S3 struct {
	Endpoint    string // http://127.0.0.1:9000
	Bucket      string // made by whoever uses it; tests take it as the beginning of their own bucket's name
	Key, Secret string
}

// ParseS3 reads the form in which TEST_S3 is written: http://key:secret@host:port/bucket.
func ParseS3(s string) (S3, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User == nil || strings.Trim(u.Path, "/") == "" {
		return S3{}, fmt.Errorf("%s must be http://key:secret@host:port/bucket", EnvS3)
	}
	secret, _ := u.User.Password() // an empty secret is refused by the server
	return S3{Endpoint: u.Scheme + "://" + u.Host, Bucket: strings.Trim(u.Path, "/"), Key: u.User.Username(), Secret: secret}, nil
}

// String writes it as ParseS3 reads it.
func (s S3) String() string {
	return strings.Replace(s.Endpoint, "://", "://"+url.UserPassword(s.Key, s.Secret).String()+"@", 1) + "/" + s.Bucket
}

// MinIO is a throw-away MinIO server.
type MinIO struct {
	server
	S3
}

// minioPath is where BuildMinIO keeps the program.
func minioPath() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	name := "minio-" + strings.Split(minioVersion, "-")[1]
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(cache, "care", "bin", name), nil
}

// FindMinIO gives the MinIO server in PATH, or the one that BuildMinIO has built.
func FindMinIO() (string, error) {
	p, err := exec.LookPath("minio")
	if err == nil {
		return p, nil
	}
	p, err = minioPath()
	if err != nil {
		return "", err
	}
	_, err = os.Stat(p)
	if err != nil {
		return "", fmt.Errorf("there is no MinIO server in PATH or %s (build it: go run ./server/testenv -build)", p)
	}
	return p, nil
}

// BuildMinIO gives the MinIO server and builds it when there is none. That takes 3 to 6 minutes on two cores.
func BuildMinIO(ctx context.Context) (string, error) {
	p, err := FindMinIO()
	if err == nil {
		return p, nil
	}
	p, err = minioPath()
	if err != nil {
		return "", err
	}
	err = os.MkdirAll(filepath.Dir(p), 0o755)
	if err != nil {
		return "", err
	}
	// Built beside its place and moved there, so that nobody finds half a program.
	tmp, err := os.MkdirTemp(filepath.Dir(p), "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", "-ldflags=-s -w", minioModule+"@"+minioVersion)
	cmd.Dir = tmp // outside of our module
	cmd.Env = append(os.Environ(), "GOBIN="+tmp, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS=", "GOARCH=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building MinIO: %w\n%s", err, out)
	}
	built, err := filepath.Glob(filepath.Join(tmp, "minio*"))
	if err != nil || len(built) != 1 {
		return "", fmt.Errorf("building MinIO gave %v", built)
	}
	return p, os.Rename(built[0], p)
}

// NewMinIO starts a MinIO server on new data; FindMinIO must find one. Durable data lie on a disk.
func NewMinIO(ctx context.Context, durable bool) (*MinIO, error) {
	bin, err := FindMinIO()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := MakeDir("minio", durable)
	if err != nil {
		return nil, err
	}
	m := &MinIO{
		server: server{name: "MinIO", dir: dir, port: port},
		S3:     S3{Endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), Bucket: "care", Key: secret(), Secret: secret()},
	}
	m.make = func() *exec.Cmd {
		cmd := exec.Command(bin, "server", filepath.Join(dir, "data"), "--quiet",
			"--address", fmt.Sprintf("127.0.0.1:%d", port), "--certs-dir", filepath.Join(dir, "certs"))
		// Nothing of our own environment: a MINIO_… variable of this machine would change the server.
		cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "MINIO_ROOT_USER=" + m.Key, "MINIO_ROOT_PASSWORD=" + m.Secret,
			"MINIO_BROWSER=off", "MINIO_UPDATE=off", "GOMAXPROCS=2"}
		own(cmd, syscall.SIGKILL)
		return cmd
	}
	// Its health page says ready before it can serve; only an answered question proves it.
	client, err := minio.New(fmt.Sprintf("127.0.0.1:%d", port), &minio.Options{
		Creds: credentials.NewStaticV4(m.Key, m.Secret, ""), Region: "us-east-1", MaxRetries: 1,
	})
	if err != nil {
		return nil, err
	}
	m.ping = func(ctx context.Context) error {
		_, err := client.ListBuckets(ctx)
		return err
	}
	err = m.Start(ctx)
	if err != nil {
		_ = m.Stop() // the first error is the one that tells
		return nil, err
	}
	return m, nil
}
