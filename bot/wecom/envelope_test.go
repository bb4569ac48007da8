package wecom

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// The example that WeCom's documentation works through (WECOM.md §A.3). Its pad byte
// is 30: code that allows AES's 16 only refuses it.
const (
	vectorCorp   = "wx5823bf96d3bd56c7"
	vectorToken  = "QDG6eK"
	vectorKey    = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	vectorTime   = "1409659813"
	vectorNonce  = "1372623149"
	vectorSign   = "477715d11cdb4164915debcba66cb864d751f3e6"
	vectorCipher = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)

func vectorEnvelope(t testing.TB) *Envelope {
	t.Helper()
	e, err := NewEnvelope(vectorToken, vectorKey, vectorCorp)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheDocumentedVectorOpens(t *testing.T) {
	e := vectorEnvelope(t)
	if got := e.Sign(vectorTime, vectorNonce, vectorCipher); got != vectorSign {
		t.Fatalf("signature %s, want %s", got, vectorSign)
	}
	plain, err := e.Open(vectorSign, vectorTime, vectorNonce, vectorCipher)
	if err != nil {
		t.Fatal(err)
	}
	in, err := parseInbound(plain)
	if err != nil {
		t.Fatal(err)
	}
	if in.Content != "hello" || in.MsgID != "4561255354251345929" || in.AgentID != "218" {
		t.Errorf("read %+v", in)
	}
}

func TestSealedMessagesOfEveryLengthOpen(t *testing.T) {
	e := vectorEnvelope(t)
	for n := range 100 {
		want := bytes.Repeat([]byte("x"), n)
		sealed, err := e.Seal(rand.Reader, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Open(e.Sign("1", "n", sealed), "1", "n", sealed)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("length %d: %v", n, err)
		}
	}
}

func TestNothingIsDecryptedUnderAWrongSignature(t *testing.T) {
	e := vectorEnvelope(t)
	for _, sig := range []string{"", "x", strings.Repeat("0", 40), vectorSign[:39], vectorSign + "0", strings.Repeat("z", 40)} {
		// The ciphertext is not even base64: only the signature can be the reason.
		if _, err := e.Open(sig, vectorTime, vectorNonce, "%%%"); !errors.Is(err, errSignature) {
			t.Errorf("signature %q: %v", sig, err)
		}
	}
}

func TestAnotherReceiverIsRefusedWithRegardToCase(t *testing.T) {
	e := vectorEnvelope(t)
	for _, corp := range []string{strings.ToUpper(vectorCorp), vectorCorp + "x", "x"} {
		other, err := NewEnvelope(vectorToken, vectorKey, corp)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := other.Seal(rand.Reader, []byte("<xml></xml>"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Open(e.Sign("1", "n", sealed), "1", "n", sealed); !errors.Is(err, errReceiver) {
			t.Errorf("%s: %v", corp, err)
		}
	}
}

func TestBrokenCiphertextIsMalformed(t *testing.T) {
	e := vectorEnvelope(t)
	raw, err := base64.StdEncoding.DecodeString(vectorCipher)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]string{
		"empty":     "",
		"no base64": "====",
		"one block": base64.StdEncoding.EncodeToString(raw[:16]),
		"cut":       base64.StdEncoding.EncodeToString(raw[:len(raw)-7]),
		"truncated": base64.StdEncoding.EncodeToString(raw[:len(raw)-32]),
	} {
		if _, err := e.Open(e.Sign("1", "n", c), "1", "n", c); !errors.Is(err, errEnvelope) && !errors.Is(err, errReceiver) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheScanFindsExactlyOneEncrypt(t *testing.T) {
	good := map[string]string{
		"cdata":  "<xml><ToUserName>a</ToUserName><Encrypt><![CDATA[abc=]]></Encrypt><AgentID>1</AgentID></xml>",
		"plain":  "<xml><Encrypt>abc=</Encrypt></xml>",
		"spaced": "<xml>\n<Encrypt>\n <![CDATA[abc=]]> </Encrypt></xml>",
		"decl":   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><Encrypt>abc=</Encrypt></xml>\n",
	}
	for name, body := range good {
		if got, err := scanEncrypt([]byte(body)); err != nil || got != "abc=" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	bad := map[string]string{
		"none":      "<xml></xml>",
		"open":      "<xml><Encrypt>abc=",
		"twice":     "<xml><Encrypt>abc=</Encrypt><Encrypt>abc=</Encrypt></xml>",
		"nested":    "<xml><Encrypt><Encrypt>abc=</Encrypt></Encrypt></xml>",
		"empty":     "<xml><Encrypt></Encrypt></xml>",
		"half":      "<xml><Encrypt><![CDATA[abc=</Encrypt></xml>",
		"entity":    "<xml><Encrypt>abc&amp;=</Encrypt></xml>",
		"json":      `{"encrypt":"abc="}`,
		"attribute": `<xml><Encrypt a="b">abc=</Encrypt></xml>`,
		"doctype":   `<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>abc=</Encrypt></xml>`,
		"declared":  `<?xml version="1.0"?><!DOCTYPE xml SYSTEM "http://x/"><xml><Encrypt>abc=</Encrypt></xml>`,
		"cut":       "<xml><Encrypt>abc=</Encrypt></xm",
		"rubbish":   "rubbish<xml><Encrypt>abc=</Encrypt></xml>",
	}
	for name, body := range bad {
		if got, err := scanEncrypt([]byte(body)); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestKeysThatAreNoKeysAreRefused(t *testing.T) {
	for _, c := range [][3]string{{"", vectorKey, vectorCorp}, {vectorToken, vectorKey, ""}, {vectorToken, vectorKey[1:], vectorCorp}, {vectorToken, strings.Repeat("!", 43), vectorCorp}} {
		if _, err := NewEnvelope(c[0], c[1], c[2]); err == nil || strings.Contains(err.Error(), vectorKey[1:]) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("<xml><Encrypt><![CDATA[abc=]]></Encrypt></xml>"))
	f.Add([]byte("<Encrypt></Encrypt><Encrypt>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := scanEncrypt(body)
		if (err == nil) == (got == "") {
			t.Fatalf("%q, %v", got, err)
		}
		if err == nil && (strings.ContainsAny(got, "<>&[] \n") || bytes.Count(body, []byte(encryptOpen)) != 1) {
			t.Fatalf("took %q", got)
		}
	})
}

func FuzzOpen(f *testing.F) {
	raw, err := base64.StdEncoding.DecodeString(vectorCipher)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e := vectorEnvelope(t)
		c := base64.StdEncoding.EncodeToString(raw)
		plain, err := e.Open(e.Sign("1", "n", c), "1", "n", c)
		if err == nil && len(plain) > len(raw) {
			t.Fatal("more came out than went in")
		}
	})
}
