package main

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"os"

	"care/modules/channels/alipay"
	"care/modules/channels/pay"
	"care/modules/channels/wechat"
	"care/server/clock"
)

// payLines opens the payment channels whose keys are configured; without keys a channel is not offered.
func payLines(conf Config, now clock.Source) ([]pay.Channel, error) {
	var out []pay.Channel
	if w := conf.WeChat; w.Merchant != "" {
		c := wechat.Config{Merchant: w.Merchant, App: w.App, Secret: w.Secret, Serial: w.Serial, APIv3: w.APIv3, PublicKeyID: w.PublicKeyID,
			Base: w.API, OAuth: w.API, Notify: conf.BaseURL + "/pay/notify/wechat", Now: now}
		var err error
		if c.Key, err = keyOf("WECHAT_KEY", w.Key, pay.PrivateKey); err != nil {
			return nil, err
		}
		if w.PublicKey != "" {
			if c.PublicKey, err = keyOf("WECHAT_PUBLIC_KEY", w.PublicKey, pay.PublicKey); err != nil {
				return nil, err
			}
		}
		line, err := wechat.New(c)
		if err != nil {
			return nil, fmt.Errorf("WECHAT_*: %w", err)
		}
		out = append(out, line)
	}
	if a := conf.Alipay; a.App != "" {
		c := alipay.Config{App: a.App, Seller: a.Seller, Base: a.API, Notify: conf.BaseURL + "/pay/notify/alipay", Now: now}
		var err error
		if c.Key, err = keyOf("ALIPAY_KEY", a.Key, pay.PrivateKey); err != nil {
			return nil, err
		}
		if c.PublicKey, err = keyOf("ALIPAY_PUBLIC_KEY", a.PublicKey, pay.PublicKey); err != nil {
			return nil, err
		}
		line, err := alipay.New(c)
		if err != nil {
			return nil, fmt.Errorf("ALIPAY_*: %w", err)
		}
		out = append(out, line)
	}
	return out, nil
}

// keyOf reads a key that is given as a file or by its base64 text. The cause of a failure never holds the value.
func keyOf[K *rsa.PrivateKey | *rsa.PublicKey](name, value string, read func([]byte) (K, error)) (K, error) {
	if k, err := read([]byte(value)); err == nil {
		return k, nil
	}
	if len(value) > 1024 {
		return nil, fmt.Errorf("%s is no RSA key of 2048 bits or more", name)
	}
	b, err := os.ReadFile(value)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("%s is neither a key nor a file that can be read: %w", name, err)
	}
	k, err := read(b)
	if err != nil {
		return nil, fmt.Errorf("%s is no RSA key of 2048 bits or more", name)
	}
	return k, nil
}
