package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// browser is the web view in one person's phone: it signs in through WeCom's OAuth.
type browser struct {
	world *world
	as    string
	http  *http.Client
	at    string // path of the page it ended on
}

// browser opens a fresh one; its cookies are its own.
func (w *world) browser(as string) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &browser{world: w, as: as, http: &http.Client{Jar: jar, Timeout: 10 * time.Second}}, nil
}

// open follows a link of the chat: the simulator, the login, the page.
func (b *browser) open(ctx context.Context, link string) (page string, err error) {
	at := b.world.cfg.WecomAPIBase + "/sim/open?" + url.Values{"as": {b.as}, "url": {link}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	return b.do(req, link)
}

// do returns the page that a request ends on; it must be one of ours, and no error page.
func (b *browser) do(req *http.Request, link string) (string, error) {
	resp, err := b.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return "", err
	}
	page := html.UnescapeString(string(body))
	b.at = resp.Request.URL.Path
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Request.URL.String(), b.world.base) {
		return page, fmt.Errorf("%s ends on %s with %d", link, resp.Request.URL.Path, resp.StatusCode)
	}
	return page, nil
}

// upload sends a file with the form of an open page.
func (b *browser) upload(ctx context.Context, page, link, name string, data []byte) (string, error) {
	return b.uploadWith(ctx, page, link, name, data, nil)
}

// uploadWith is upload with more fields.
func (b *browser) uploadWith(ctx context.Context, page, link, name string, data []byte, fields url.Values) (string, error) {
	token := regexp.MustCompile(`name="csrf"\s+value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		return "", errors.New("the page has no form")
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("csrf", token[1]); err != nil {
		return "", err
	}
	for field := range fields {
		if err := form.WriteField(field, fields.Get(field)); err != nil {
			return "", err
		}
	}
	file, err := form.CreateFormFile("file", name)
	if err != nil {
		return "", err
	}
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, link, &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Origin", b.world.base)
	return b.do(req, link)
}
