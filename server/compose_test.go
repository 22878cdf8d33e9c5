package main

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// composition is what the tests ask of compose.yaml.
type composition struct {
	Services map[string]struct {
		Image       string
		Build       struct{ Dockerfile, Target string }
		Environment map[string]string
		Ports       []string
		Volumes     []string
		Networks    []string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Healthcheck struct{ Test []string }
	}
	Networks map[string]struct {
		Internal bool
		IPAM     struct{ Config []struct{ Subnet string } }
	}
	Volumes map[string]any
}

func compose(t *testing.T) composition {
	t.Helper()
	b, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c composition
	err = yaml.Unmarshal(b, &c)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// filled is .env.example as somebody might have filled it in.
func filled(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found || strings.HasPrefix(name, "#") {
			continue
		}
		if strings.HasPrefix(name, "WECHAT_") || strings.HasPrefix(name, "ALIPAY_") { // a channel without keys is not offered
			env[name] = value
			continue
		}
		if value == "" && (strings.HasSuffix(name, "PASSWORD") || strings.Contains(name, "KEY") || name == "MINIO_ROOT_USER") {
			value = strings.Repeat("0123456789abcdef", 4)
		}
		env[name] = value
	}
	return env
}

// substitute does what compose does with ${NAME}, ${NAME:-default} and ${NAME:?why}; it reports what is unset.
func substitute(s string, env map[string]string) (string, []string) {
	var unset []string
	out := regexp.MustCompile(`\$\{(\w+)(:[-?][^}]*)?\}`).ReplaceAllStringFunc(s, func(m string) string {
		name, rest, _ := strings.Cut(strings.Trim(m, "${}"), ":")
		v, known := env[name]
		if def, ok := strings.CutPrefix(rest, "-"); ok && v == "" {
			return def
		}
		if v == "" && strings.HasPrefix(rest, "?") || !known {
			unset = append(unset, name)
		}
		return v
	})
	return out, unset
}

func TestComposeStartsServersThatUnderstandTheirSettings(t *testing.T) {
	t.Parallel()
	c, env := compose(t), filled(t)
	known := Variables()
	for _, name := range []string{"server-1", "server-2"} {
		set := map[string]string{}
		for k, v := range c.Services[name].Environment {
			if !slices.Contains(known, k) {
				t.Errorf("%s sets %s, which the program does not read", name, k)
			}
			value, unset := substitute(v, env)
			if len(unset) > 0 {
				t.Errorf("%s needs %q, which .env.example does not name", name, unset)
			}
			set[k] = value
		}
		conf, err := readConfig(func(n string) string { return set[n] })
		if err != nil {
			t.Errorf("%s would not start: %v", name, err)
		}
		if conf.Demo || conf.DatabaseURL == "" || conf.S3Endpoint == "" || !strings.HasPrefix(conf.BaseURL, "https://") {
			t.Errorf("%s would not run as in production: %v", name, conf.Masked())
		}
		// The servers believe the proxy, and the proxy's network only.
		_, front, err := net.ParseCIDR(c.Networks["front"].IPAM.Config[0].Subnet)
		if err != nil {
			t.Fatal(err)
		}
		if len(conf.Proxies) != 1 || conf.Proxies[0].String() != front.String() {
			t.Errorf("%s believes %v, the proxy is in %v", name, conf.Proxies, front)
		}
	}
	if !maps.Equal(c.Services["server-1"].Environment, c.Services["server-2"].Environment) {
		t.Error("the servers are not alike")
	}
}

func TestComposeNeedsEverySecret(t *testing.T) {
	t.Parallel()
	c := compose(t)
	empty := map[string]string{}
	for name := range filled(t) {
		empty[name] = ""
	}
	var needed []string
	for _, s := range c.Services {
		for _, v := range s.Environment {
			_, unset := substitute(v, empty)
			needed = append(needed, unset...)
		}
	}
	for _, secret := range []string{"POSTGRES_PASSWORD", "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY", "SECRET_KEY"} {
		if !slices.Contains(needed, secret) {
			t.Errorf("compose would start without %s", secret)
		}
	}
	b, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\s+\w*(PASSWORD|SECRET|KEY)\w*:\s*(.*)$`).FindAllStringSubmatch(string(b), -1) {
		if !strings.HasPrefix(m[2], "${") {
			t.Errorf("a secret is written into compose.yaml: %s", strings.TrimSpace(m[0]))
		}
	}
}

func TestComposeShowsOnlyTheProxy(t *testing.T) {
	t.Parallel()
	c := compose(t)
	for name, s := range c.Services {
		if len(s.Ports) > 0 && name != "proxy" {
			t.Errorf("%s publishes %q", name, s.Ports)
		}
		if slices.Contains(s.Networks, "front") && name != "proxy" && !strings.HasPrefix(name, "server-") {
			t.Errorf("%s is on the proxy's network", name)
		}
		if len(s.Healthcheck.Test) == 0 && name != "minio-setup" {
			t.Errorf("%s has no health check", name)
		}
		for dep := range s.DependsOn {
			if _, ok := c.Services[dep]; !ok {
				t.Errorf("%s depends on %s, which is not there", name, dep)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[from]; !ok && !strings.ContainsAny(from[:1], "./$") {
				t.Errorf("%s uses the volume %s, which is not there", name, from)
			}
			if file, ok := strings.CutPrefix(from, "./"); ok {
				_, err := os.Stat("../" + file)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	if slices.Contains(c.Services["proxy"].Networks, "back") || !c.Networks["back"].Internal {
		t.Error("the database's network can be reached from the proxy or has a way out")
	}
}

func TestImagesOfComposeAreInTheDockerfile(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range compose(t).Services {
		if s.Build.Target == "" {
			continue
		}
		if s.Build.Dockerfile != "server/deploy/Dockerfile" || !strings.Contains(string(b), " AS "+s.Build.Target+"\n") {
			t.Errorf("%s is built from %s, target %s, which is not there", name, s.Build.Dockerfile, s.Build.Target)
		}
	}
	// Tests and production must speak to the same MinIO.
	src, err := os.ReadFile("testenv/servers/minio.go")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`minioVersion = "(.*)"`).FindStringSubmatch(string(src))
	if version == nil || !strings.Contains(string(b), "github.com/minio/minio@"+version[1]+"\n") {
		t.Errorf("the Dockerfile does not build MinIO %q, which the tests use", version)
	}
}

func TestDeploymentScriptsAreWellFormed(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "sh", "-n", "deploy/minio-setup.sh").CombinedOutput()
	if err != nil {
		t.Errorf("minio-setup.sh: %v\n%s", err, out)
	}
	b, err := os.ReadFile("deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	c := compose(t)
	for name := range c.Services {
		if strings.HasPrefix(name, "server-") && !strings.Contains(string(b), name+":8080") {
			t.Errorf("the proxy does not know %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`\{\$(\w+)\}`).FindAllStringSubmatch(string(b), -1) {
		if _, ok := c.Services["proxy"].Environment[m[1]]; !ok {
			t.Errorf("the proxy needs %s, which compose.yaml does not give it", m[1])
		}
	}
}
