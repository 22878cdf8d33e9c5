package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"care/media"
	"care/modules/mail"
	"care/server/ident"
	"care/server/secret"
)

// Config is everything that the environment decides. With none set, the platform runs on SQLite and a folder
// with demonstration data.
type Config struct {
	Addr        string       // ADDR: where to listen
	DataDir     string       // DATA_DIR: the database file and the objects of the embedded default
	DatabaseURL string       // DATABASE_URL: postgres://…; empty for SQLite in DataDir
	S3Endpoint  string       // S3_ENDPOINT: host:port or URL of MinIO or another S3; empty for a folder in DataDir
	S3Bucket    string       // S3_BUCKET
	S3Access    string       // S3_ACCESS_KEY
	S3Secret    string       // S3_SECRET_KEY
	S3Region    string       // S3_REGION
	S3Lookup    string       // S3_LOOKUP: "path" (default), "dns" as Chinese clouds demand, or "auto"
	S3Checksum  string       // S3_CHECKSUM: "trailing" (default), "md5" or "none" for servers without trailing checksums
	S3Create    bool         // S3_CREATE: "0" when the bucket is made by somebody else
	Demo        bool         // DEMO: "0" starts without demonstration data
	BaseURL     string       // BASE_URL: the address that people use, printed in QR codes and set-up links
	Proxies     []*net.IPNet // TRUSTED_PROXIES: networks whose X-Forwarded-For is believed, such as 172.16.0.0/12
	SecretKey   string       // SECRET_KEY: encrypts private columns; 64 hex digits, several separated by commas. Made and kept in DataDir when not set
	SignKey     string       // SIGN_KEY: file with the PEM key and certificate that sign papers; empty: papers are unsigned
	Workers     int          // WORKERS: how many rows of queued work run at a time
	LogLevel    string       // LOG_LEVEL: debug, info, warn, error
	LogFormat   string       // LOG_FORMAT: text or json
	SMTP        SMTP         // SMTP_*: the mail server; empty: letters are kept and not sent
	WeChat      WeChat       // WECHAT_*: payment by WeChat; empty: not offered
	Alipay      Alipay       // ALIPAY_*: payment by Alipay; empty: not offered
	Org         string       // ORG_NAME
	OrgCredit   string       // ORG_CREDIT: unified social credit code, printed on papers
	Bank        string       // BANK_NAME: where the foundation's own account is
	Account     string       // BANK_ACCOUNT: the foundation's own account, shown to donors
	Hotline     string       // HOTLINE
	Filing      string       // ICP_FILING

	databaseFile string // another file than the one in DataDir, while demonstration data is built
}

// SMTP is the mail server that takes the foundation's letters.
type SMTP struct {
	Host     string // SMTP_HOST: host, or host:port; without a port 465 for tls, 587 for starttls, 25 for none
	Port     int
	User     string // SMTP_USER: empty for a server that asks for none
	Password string // SMTP_PASSWORD
	From     string // SMTP_FROM: the address that letters come from
	TLS      string // SMTP_TLS: "tls" (the default with port 465), "starttls" (the default), "none" for a server on the same machine
}

// WeChat is a merchant's account with WeChat Pay.
type WeChat struct {
	Merchant    string // WECHAT_MERCHANT: number of the merchant
	App         string // WECHAT_APP: appid that is bound to it
	Secret      string // WECHAT_APP_SECRET: of the public account; only payment inside WeChat needs it
	Serial      string // WECHAT_SERIAL: of the merchant's certificate
	Key         string // WECHAT_KEY: the merchant's private key: a file, or its base64 text
	APIv3       string // WECHAT_APIV3_KEY: 32 characters
	PublicKeyID string // WECHAT_PUBLIC_KEY_ID: PUB_KEY_ID_…; empty: platform certificates
	PublicKey   string // WECHAT_PUBLIC_KEY: a file, or its base64 text
	API         string // WECHAT_API: another server than WeChat's own, such as a simulator
}

// missing names what an account lacks; an empty account lacks nothing.
func (w WeChat) missing() []string {
	if w == (WeChat{}) {
		return nil
	}
	var out []string
	for _, v := range [][2]string{{"WECHAT_MERCHANT", w.Merchant}, {"WECHAT_APP", w.App}, {"WECHAT_SERIAL", w.Serial}, {"WECHAT_KEY", w.Key}, {"WECHAT_APIV3_KEY", w.APIv3}} {
		if v[1] == "" {
			out = append(out, v[0])
		}
	}
	return out
}

// Alipay is a merchant's account with Alipay.
type Alipay struct {
	App       string // ALIPAY_APP: app_id
	Seller    string // ALIPAY_SELLER: 2088…, for whom Alipay takes the money
	Key       string // ALIPAY_KEY: the app's private key: a file, or its base64 text
	PublicKey string // ALIPAY_PUBLIC_KEY: Alipay's own: a file, or its base64 text
	API       string // ALIPAY_API: another server than Alipay's own, such as its sandbox
}

func (a Alipay) missing() []string {
	if a == (Alipay{}) {
		return nil
	}
	var out []string
	for _, v := range [][2]string{{"ALIPAY_APP", a.App}, {"ALIPAY_SELLER", a.Seller}, {"ALIPAY_KEY", a.Key}, {"ALIPAY_PUBLIC_KEY", a.PublicKey}} {
		if v[1] == "" {
			out = append(out, v[0])
		}
	}
	return out
}

// Variables names every variable of the environment that the program reads.
func Variables() []string {
	var names []string
	_, _ = readConfig(func(n string) string { names = append(names, n); return "" })
	slices.Sort(names)
	return slices.Compact(names)
}

// LoadConfig reads and checks the environment once.
func LoadConfig() (Config, error) { return readConfig(os.Getenv) }

func readConfig(env func(string) string) (Config, error) {
	or := func(name, def string) string {
		if v := strings.TrimSpace(env(name)); v != "" {
			return v
		}
		return def
	}
	c := Config{
		Addr: or("ADDR", "127.0.0.1:8080"), DataDir: or("DATA_DIR", "data"), DatabaseURL: or("DATABASE_URL", ""),
		S3Endpoint: or("S3_ENDPOINT", ""), S3Bucket: or("S3_BUCKET", ""), S3Access: or("S3_ACCESS_KEY", ""), S3Secret: or("S3_SECRET_KEY", ""),
		S3Region: or("S3_REGION", ""), S3Lookup: or("S3_LOOKUP", "path"), S3Checksum: or("S3_CHECKSUM", "trailing"), S3Create: or("S3_CREATE", "1") != "0",
		BaseURL:   strings.TrimSuffix(or("BASE_URL", ""), "/"),
		SecretKey: or("SECRET_KEY", ""), SignKey: or("SIGN_KEY", ""),
		LogLevel: or("LOG_LEVEL", "info"), LogFormat: or("LOG_FORMAT", "text"),
		Org: or("ORG_NAME", orgName), Hotline: or("HOTLINE", hotline),
		OrgCredit: or("ORG_CREDIT", orgCredit), Bank: or("BANK_NAME", bankName), Account: or("BANK_ACCOUNT", account), Filing: or("ICP_FILING", ""),
	}
	c.WeChat = WeChat{Merchant: or("WECHAT_MERCHANT", ""), App: or("WECHAT_APP", ""), Secret: or("WECHAT_APP_SECRET", ""), Serial: or("WECHAT_SERIAL", ""), Key: or("WECHAT_KEY", ""),
		APIv3: or("WECHAT_APIV3_KEY", ""), PublicKeyID: or("WECHAT_PUBLIC_KEY_ID", ""), PublicKey: or("WECHAT_PUBLIC_KEY", ""), API: strings.TrimSuffix(or("WECHAT_API", ""), "/")}
	c.Alipay = Alipay{App: or("ALIPAY_APP", ""), Seller: or("ALIPAY_SELLER", ""), Key: or("ALIPAY_KEY", ""), PublicKey: or("ALIPAY_PUBLIC_KEY", ""), API: strings.TrimSuffix(or("ALIPAY_API", ""), "/")}
	// A production database is never filled with demonstration data unasked.
	c.Demo = or("DEMO", map[bool]string{true: "1", false: "0"}[c.DatabaseURL == ""]) == "1"
	var errs []error
	bad := func(name, why string) { errs = append(errs, fmt.Errorf("%s %s", name, why)) }
	c.SMTP = readSMTP(or, bad)
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		bad("ADDR", `must be host:port, such as 127.0.0.1:8080`)
	}
	if c.BaseURL == "" {
		if host == "" || host == "0.0.0.0" || host == "::" {
			host = "127.0.0.1"
		}
		c.BaseURL = "http://" + net.JoinHostPort(host, port)
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad("BASE_URL", "must be an http or https address")
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(c.DatabaseURL, "postgres://") && !strings.HasPrefix(c.DatabaseURL, "postgresql://") {
		bad("DATABASE_URL", "must begin with postgres://")
	}
	if c.S3Endpoint != "" && (c.S3Bucket == "" || c.S3Access == "" || c.S3Secret == "") {
		bad("S3_ENDPOINT", "also needs S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY")
	}
	if c.S3Endpoint != "" {
		if _, err := media.NewMinIO(c.s3()); err != nil {
			bad("S3_*", "cannot be used: "+err.Error())
		}
	}
	for _, s := range strings.FieldsFunc(or("TRUSTED_PROXIES", ""), func(r rune) bool { return r == ',' || r == ' ' }) {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			bad("TRUSTED_PROXIES", "must be networks such as 172.16.0.0/12, separated by commas")
			continue
		}
		c.Proxies = append(c.Proxies, n)
	}
	switch {
	case c.SecretKey == "" && c.DatabaseURL != "":
		bad("SECRET_KEY", "must be set with PostgreSQL, since every server needs the same one: 64 hex digits, such as from `openssl rand -hex 32`")
	case c.SecretKey != "":
		if _, err := secret.New(strings.Split(c.SecretKey, ",")...); err != nil {
			bad("SECRET_KEY", "must be 64 hex digits; several separated by commas, the newest first")
		}
	}
	if m := c.WeChat.missing(); len(m) > 0 {
		bad("WECHAT_*", "also needs "+strings.Join(m, ", "))
	}
	if m := c.Alipay.missing(); len(m) > 0 {
		bad("ALIPAY_*", "also needs "+strings.Join(m, ", "))
	}
	c.Workers = 4
	if w := or("WORKERS", ""); w != "" {
		if _, err := fmt.Sscanf(w, "%d", &c.Workers); err != nil || c.Workers < 1 || c.Workers > 1000 {
			bad("WORKERS", "must be a number from 1 to 1000")
		}
	}
	return c, errors.Join(errs...)
}

// server is the mail server for the post office; nil for none.
func (s SMTP) server() *mail.Server {
	if s.Host == "" {
		return nil
	}
	// Shorter than queued work may take, so that a slow server ends in a note and not in a cut.
	return &mail.Server{Host: s.Host, Port: s.Port, User: s.User, Password: s.Password, From: s.From, TLS: s.TLS, Timeout: 30 * time.Second}
}

// readSMTP reads the mail server. Without SMTP_HOST there is none, whatever else is set.
func readSMTP(or func(name, def string) string, bad func(name, why string)) SMTP {
	s := SMTP{Host: or("SMTP_HOST", ""), User: or("SMTP_USER", ""), Password: or("SMTP_PASSWORD", ""), From: or("SMTP_FROM", ""), TLS: or("SMTP_TLS", "")}
	if s.Host == "" {
		return SMTP{}
	}
	if host, port, err := net.SplitHostPort(s.Host); err == nil {
		s.Host = host
		if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
			bad("SMTP_HOST", "must be a name, or a name and a port such as smtp.example.cn:465")
		}
	}
	ports := map[string]int{mail.TLSAlways: 465, mail.TLSStart: 587, mail.TLSNone: 25}
	if s.TLS == "" {
		s.TLS = mail.TLSStart
		if s.Port == ports[mail.TLSAlways] {
			s.TLS = mail.TLSAlways
		}
	}
	if s.Port == 0 {
		s.Port = ports[s.TLS]
	}
	if ports[s.TLS] == 0 {
		bad("SMTP_TLS", "must be tls, starttls or none")
	}
	if s.TLS == mail.TLSNone && s.Password != "" {
		bad("SMTP_TLS", "none would send SMTP_PASSWORD readable for everybody")
	}
	from, err := ident.Email(s.From)
	if err != nil {
		bad("SMTP_FROM", "must be the address that letters come from, such as letters@example.cn")
	}
	s.From = from
	return s
}

// DSN is the address of the database for db.Open.
func (c Config) DSN() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	if c.databaseFile != "" {
		return "sqlite-building:" + c.databaseFile
	}
	return "sqlite:" + filepath.Join(c.DataDir, "care.db")
}

func (c Config) s3() media.S3 {
	return media.S3{Endpoint: c.S3Endpoint, Bucket: c.S3Bucket, Region: c.S3Region, Key: c.S3Access, Secret: c.S3Secret, Lookup: c.S3Lookup, Checksum: c.S3Checksum, Create: c.S3Create}
}

// Masked lists the configuration for `server check`, secrets masked.
func (c Config) Masked() [][2]string {
	mask := func(s string) string {
		if s == "" {
			return "-"
		}
		return "****"
	}
	database := "SQLite " + filepath.Join(c.DataDir, "care.db")
	if u, err := url.Parse(c.DatabaseURL); c.DatabaseURL != "" && err == nil {
		database = "PostgreSQL " + u.Redacted()
	}
	objects := "folder " + filepath.Join(c.DataDir, "objects")
	if c.S3Endpoint != "" {
		objects = "S3 " + c.S3Endpoint + "/" + c.S3Bucket
	}
	return [][2]string{
		{"address", c.Addr}, {"base", c.BaseURL}, {"database", database}, {"objects", objects}, {"s3 keys", mask(c.S3Access + c.S3Secret)},
		{"demo", fmt.Sprint(c.Demo)}, {"secret key", mask(c.SecretKey)}, {"signing key", cmp.Or(c.SignKey, "-")}, {"mail", cmp.Or(c.SMTP.Host, "-")}, {"mail password", mask(c.SMTP.Password)}, {"workers", fmt.Sprint(c.Workers)},
		{"wechat", cmp.Or(c.WeChat.Merchant, "-")}, {"alipay", cmp.Or(c.Alipay.Seller, "-")},
	}
}
