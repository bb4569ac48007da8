package wecom

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// VerifyCallback asks a callback address to prove itself the way the admin console's
// 保存 does: the plaintext of a sealed echo within a second. For the doctor.
func VerifyCallback(ctx context.Context, address, token, aesKey, corp string, random io.Reader) (bool, error) {
	e, err := NewEnvelope(token, aesKey, corp)
	if err != nil {
		return false, err
	}
	const echo = "qingfeng-doctor"
	sealed, err := e.Seal(random, []byte(echo))
	if err != nil {
		return false, err
	}
	stamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), "doctor"
	q := url.Values{"msg_signature": {e.Sign(stamp, nonce, sealed)}, "timestamp": {stamp}, "nonce": {nonce}, "echostr": {sealed}}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+q.Encode(), nil)
	if err != nil {
		return false, fmt.Errorf("verify callback: address")
	}
	res, err := newHTTP(http.DefaultTransport).Do(req)
	if err != nil {
		return false, fmt.Errorf("verify callback: no answer")
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return false, fmt.Errorf("verify callback: broken answer")
	}
	return res.StatusCode == http.StatusOK && string(body) == echo, nil
}
