package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"care/templates/pdf"
)

var when = time.Date(2026, 11, 25, 3, 4, 5, 0, time.UTC)

// issue makes a root and a leaf for the key, as an authority would.
func issue(t testing.TB, key crypto.Signer) (keyPEM, certPEM []byte) {
	t.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "测试根证书", Country: []string{"CN"}},
		NotBefore: when.AddDate(-1, 0, 0), NotAfter: when.AddDate(9, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(255), Subject: pkix.Name{CommonName: "曲靖市退役军人关爱基金会", Country: []string{"CN"}},
		NotBefore: when.AddDate(-1, 0, 0), NotAfter: when.AddDate(3, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM = append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})...)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), certPEM
}

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ecdsa": ec, "rsa": rs}
}

func paper(t *testing.T) []byte {
	t.Helper()
	e, err := pdf.New()
	if err != nil {
		t.Fatal(err)
	}
	b, err := pdf.Receipt{
		Org: pdf.Org{Name: "曲靖市退役军人关爱基金会", Seal: "财务专用章"}, Number: "QJGA-2026-000001", Payer: "钱𬱖", IssuedOn: "2026-11-25",
		ReceivedOn: "2026-11-24", Project: "帮扶", Method: "银行转账", AmountFen: 100, Handler: "吴芳", Checker: "周敏", VerifyURL: "https://care.example.org/c/1",
	}.Render(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSignedPaperIsValidAndAFlippedByteIsFound(t *testing.T) {
	t.Parallel()
	in := paper(t)
	pdfsig, lookErr := exec.LookPath("pdfsig")
	if lookErr != nil {
		t.Log("SKIPPED IN PART: pdfsig (poppler) is missing, only our own Verify was asked")
	}
	for name, key := range keys(t) {
		s, err := Load(issue(t, key))
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Sign(in, "开具捐赠收据", "曲靖", when)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Sign(in, "开具捐赠收据", "曲靖", when)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out, again) {
			t.Errorf("%s: signed twice, two files", name)
		}
		if !bytes.HasPrefix(out, in) {
			t.Errorf("%s: the signed file does not begin with the unsigned one", name)
		}
		cert, err := Verify(out)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !cert.Equal(s.Certificate()) {
			t.Errorf("%s: another certificate came back", name)
		}
		// A byte of the page, of the signature dictionary and of the very end.
		for _, at := range []int{len(in) / 2, bytes.LastIndex(out, []byte("/Reason<")) + 20, len(out) - 3} {
			bad := bytes.Clone(out)
			bad[at] ^= 1
			if _, err := Verify(bad); err == nil {
				t.Errorf("%s: the changed byte %d was not found", name, at)
			}
		}
		if _, err := Verify(append(bytes.Clone(out), "\n%%EOF\n"...)); err == nil {
			t.Errorf("%s: bytes behind the signature were not found", name)
		}
		if lookErr != nil {
			continue
		}
		bad := bytes.Clone(out)
		bad[len(in)/2] ^= 1
		dir := t.TempDir()
		for file, want := range map[string]string{"good": "Signature is Valid", "bad": "Digest Mismatch"} {
			b := out
			if file == "bad" {
				b = bad
			}
			path := filepath.Join(dir, file+".pdf")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			got, _ := exec.Command(pdfsig, path).CombinedOutput() // exits 1 for an unknown root
			if !strings.Contains(string(got), want) {
				t.Errorf("%s %s: want %q in\n%s", name, file, want, got)
			}
			if file == "good" && (!strings.Contains(string(got), "ETSI.CAdES.detached") || !strings.Contains(string(got), "Total document signed")) {
				t.Errorf("%s: not a PAdES signature over the whole file:\n%s", name, got)
			}
		}
		if qpdf, err := exec.LookPath("qpdf"); err == nil {
			if msg, err := exec.Command(qpdf, "--check", filepath.Join(dir, "good.pdf")).CombinedOutput(); err != nil {
				t.Errorf("%s: qpdf: %s", name, msg)
			}
		} else {
			t.Log("SKIPPED IN PART: qpdf is missing")
		}
	}
}

func TestUnsignedPaperIsNotCalledSigned(t *testing.T) {
	t.Parallel()
	in := paper(t)
	if _, err := Verify(in); err == nil {
		t.Error("an unsigned paper was verified")
	}
	if bytes.Contains(in, []byte("/Sig")) {
		t.Error("an unsigned paper has a signature field")
	}
}

func TestLoadRefusesAKeyThatDoesNotFit(t *testing.T) {
	t.Parallel()
	ks := keys(t)
	ecKey, _ := issue(t, ks["ecdsa"])
	_, rsaCert := issue(t, ks["rsa"])
	if _, err := Load(ecKey, rsaCert); err == nil {
		t.Error("a key was taken with another's certificate")
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		if _, err := Load(issue(t, weak)); err == nil {
			t.Error("an RSA key of 1024 bits was taken")
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(issue(t, p384)); err == nil {
		t.Error("a P-384 key was taken")
	}
	if _, err := Load(nil, rsaCert); err == nil {
		t.Error("no key was taken for a key")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]"))
	f.Add([]byte("%PDF-1.4\nxref\n0 2\nstartxref\n9\n%%EOF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Verify(b); err == nil {
			t.Error("noise was verified")
		}
		if len(b) > 0 {
			parse(b) //nolint:errcheck // must only not panic
		}
	})
}

func BenchmarkSign(b *testing.B) {
	e, err := pdf.New()
	if err != nil {
		b.Fatal(err)
	}
	in, err := pdf.Receipt{Org: pdf.Org{Name: "基金会"}, AmountFen: 1}.Render(e)
	if err != nil {
		b.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Load(issue(b, ec))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(in, "", "", when); err != nil {
			b.Fatal(err)
		}
	}
}
