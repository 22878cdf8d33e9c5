package main

import (
	"strconv"
	"strings"
	"testing"
)

func TestMailServerIsReadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"":                              " 0 ",
		"SMTP_PASSWORD=x SMTP_FROM=bad": " 0 ", // no server: nothing to check
		"SMTP_HOST=smtp.example.cn SMTP_FROM=a@example.cn":                 "smtp.example.cn 587 starttls",
		"SMTP_HOST=smtp.example.cn:465 SMTP_FROM=a@example.cn":             "smtp.example.cn 465 tls",
		"SMTP_HOST=smtp.example.cn SMTP_TLS=tls SMTP_FROM=a@example.cn":    "smtp.example.cn 465 tls",
		"SMTP_HOST=127.0.0.1 SMTP_TLS=none SMTP_FROM=a@example.cn":         "127.0.0.1 25 none",
		"SMTP_HOST=smtp.example.cn":                                        "SMTP_FROM",
		"SMTP_HOST=smtp.example.cn:x SMTP_FROM=a@example.cn":               "SMTP_HOST",
		"SMTP_HOST=h SMTP_TLS=none SMTP_PASSWORD=x SMTP_FROM=a@example.cn": "SMTP_PASSWORD",
		"SMTP_HOST=smtp.example.cn SMTP_TLS=maybe SMTP_FROM=a@example.cn":  "SMTP_TLS",
		"SMTP_HOST=h SMTP_FROM=a@example.cn,b@example.cn":                  "SMTP_FROM",
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(set) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		c, err := readConfig(func(n string) string { return env[n] })
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.Join([]string{c.SMTP.Host, strconv.Itoa(c.SMTP.Port), c.SMTP.TLS}, " ")
		}
		if !strings.Contains(got, want) || err == nil && got != want {
			t.Errorf("%s: %q, want %q", set, got, want)
		}
	}
}
