package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
)

// noticeCode is the address of the notice that these tests speak about.
const noticeCode = "k7m2p9xq4w"

// openDoor gives the unit a notice that takes opinions, and the office keys that open with
// a passphrase. There must be staff and a campaign.
func openDoor(t testing.TB, r *pg.Register, passphrase string) *letter.Keyring {
	t.Helper()
	ctx := t.Context()
	keys, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	printed, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	keys = keys.Bound(printed.Recipient())
	ring, err := locked(opinion.Office, keys, demoWork, []string{"王芳"}, []string{passphrase})
	if err != nil {
		t.Fatal(err)
	}
	ring.Printed, ring.Made = true, r.Now()
	if err := r.SaveRing(ctx, ring); err != nil {
		t.Fatal(err)
	}
	start, end := r.Now().AddDate(0, 0, -2), r.Now().AddDate(0, 0, 12)
	snapshot, err := json.Marshal(notice.Snapshot{
		Unit: "试验县交通运输局", Title: "岗位廉政风险点公示", Audience: notice.Website, Code: noticeCode, Version: 1,
		Start: start.Format(time.DateOnly), End: end.Format(time.DateOnly), Days: 10, Promise: 7,
		Contact: notice.Contact{Phone: "0000-0000000", Address: "办公楼一层", Box: "大门口", Discipline: "纪检监察机构"},
		Points:  []notice.Point{{No: 1, Section: "财务股", Post: "工程款支付岗", Title: "拨付工程款时压着不办"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.DB.Pool().Exec(ctx, `
		INSERT INTO public_notice (campaign_id, series, audience, code, title, state, draft, snapshot, hash, start_on, end_on, drafted_by, checked_by, checked_on)
		SELECT c.id, 1, 'website', $1, '岗位廉政风险点公示', 'open', '{}', $2, sha256('x'), $3, $4, p.id, q.id, $3
		FROM campaign c, person p, person q WHERE q.id <> p.id ORDER BY c.id, p.id, q.id LIMIT 1`,
		noticeCode, snapshot, start, end)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// passerby is somebody with a browser and a script that solves sums.
type passerby struct {
	base, address, agent string
	unsolved             bool  // does not do its sums
	hashes, priced       int64 // tried, and what they cost at most
	refusals             int
}

// fetch is one request on a connection of its own.
func (c *passerby) fetch(method, path string, form url.Values) (string, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		return "", err
	}
	r.Close = true
	r.Header.Set("User-Agent", c.agent)
	r.Header.Set("X-Forwarded-For", c.address)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	return string(raw), err
}

func attribute(page, name string) string {
	m := regexp.MustCompile(`\s` + name + `="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func hidden(page, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// solve does the sum on a page, or brings back what was paid.
func (c *passerby) solve(page string, form url.Values) error {
	form.Del("proof")
	form.Del("paid")
	if paid := hidden(page, "paid"); paid != "" {
		form.Set("paid", paid)
		return nil
	}
	salt, want := attribute(page, "data-salt"), attribute(page, "data-challenge")
	most, err := strconv.ParseInt(attribute(page, "data-max"), 10, 64)
	if err != nil || salt == "" || want == "" {
		return fmt.Errorf("no sum on the page: %w", err)
	}
	number := int64(0)
	if !c.unsolved {
		goal, err := hex.DecodeString(want)
		if err != nil {
			return err
		}
		buffer := []byte(salt)
		for ; number <= most; number++ {
			if c.hashes++; sha256.Sum256(strconv.AppendInt(buffer, number, 10)) == [32]byte(goal) {
				break
			}
		}
	}
	c.priced += most
	said, err := json.Marshal(map[string]any{"algorithm": "SHA-256", "challenge": want, "number": number, "salt": salt, "signature": attribute(page, "data-sign")})
	form.Set("proof", base64.StdEncoding.EncodeToString(said))
	return err
}

var shownReceipt = regexp.MustCompile(`id="code"[^>]*>([A-Z0-9-]+)<`)

// say opens the notice, writes and hands in, and again where the page asks for another
// sum. It returns the receipt; "" when nothing was taken.
func (c *passerby) say(words string, tries int) (string, error) {
	page, err := c.fetch(http.MethodGet, "/n/"+noticeCode, nil)
	if err != nil {
		return "", err
	}
	form := url.Values{"notice": {noticeCode}, "door": {"office"}, "point": {"1"}, "kind": {"suggestion"}, "text": {words}}
	if attribute(page, "data-salt") == "" { // the notice leads to the form
		form.Set("pick", "1")
		if page, err = c.fetch(http.MethodPost, "/f", form); err != nil {
			return "", err
		}
		form.Del("pick")
	}
	for range tries {
		if err := c.solve(page, form); err != nil {
			return "", fmt.Errorf("%w\n%s", err, page[:min(len(page), 6000)])
		}
		if page, err = c.fetch(http.MethodPost, "/f", form); err != nil {
			return "", err
		}
		if m := shownReceipt.FindStringSubmatch(page); m != nil {
			return m[1], nil
		}
		c.refusals++
	}
	return "", nil
}
