package wecomsim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
)

// The official example of the callback documentation; its pad byte is 30.
const officialEncrypt = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="

func testEnvelope(t *testing.T) *envelope {
	t.Helper()
	e, err := newEnvelope("wx5823bf96d3bd56c7", testToken, testAESKey, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOfficialVectorVerifiesAndOpens(t *testing.T) {
	e := testEnvelope(t)
	if !e.verify("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149", officialEncrypt) {
		t.Error("signature does not match")
	}
	plain, err := e.decrypt(officialEncrypt)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<Content><![CDATA[hello]]></Content>", "<MsgId>4561255354251345929</MsgId>"} {
		if !strings.Contains(string(plain), want) {
			t.Errorf("no %s in %s", want, plain)
		}
	}
	data, err := base64.StdEncoding.DecodeString(officialEncrypt)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(e.key)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCDecrypter(block, e.key[:16]).CryptBlocks(data, data)
	if pad := data[len(data)-1]; pad != 30 {
		t.Errorf("pad byte %d, the vector has 30", pad)
	}
}

func TestEnvelopeRoundTripAtEveryPadLength(t *testing.T) {
	e := testEnvelope(t)
	for n := range 70 {
		msg := bytes.Repeat([]byte("x"), n)
		sealed, err := e.encrypt(msg)
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := base64.StdEncoding.DecodeString(sealed); err != nil || len(raw)%32 != 0 {
			t.Fatalf("%d bytes: ciphertext of %d bytes is not a multiple of 32", n, len(raw))
		}
		got, err := e.decrypt(sealed)
		if err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestEnvelopeRefusesRubbishAndOtherCorps(t *testing.T) {
	e := testEnvelope(t)
	other := *e
	other.receiveID = "another-corp"
	sealed, err := other.encrypt([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"not base64": "%%%", "empty": "", "half a block": "AAAA", "another corp": sealed,
		"cut": officialEncrypt[:64], "zeros": base64.StdEncoding.EncodeToString(make([]byte, 64)),
	} {
		if _, err := e.decrypt(text); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestSettingsPageLimits(t *testing.T) {
	for name, pair := range map[string][2]string{
		"token of 33": {strings.Repeat("a", 33), testAESKey}, "token with dash": {"a-b", testAESKey},
		"key of 42": {"t", testAESKey[1:]}, "key with slash": {"t", "/" + testAESKey[1:]},
	} {
		if _, err := newEnvelope("c", pair[0], pair[1], rand.Reader); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
