package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"qingfeng/bot/text"
)

// opened is the page in front of the current person.
type opened struct {
	web  *browser
	path string
	page string
}

// page PATH: the current person opens a page
func (s *stage) openPage(ctx context.Context, where string, args []string) error {
	web, err := s.browser(s.who.id)
	if err != nil {
		return err
	}
	page, err := web.open(ctx, s.base+args[0])
	if page == "" {
		s.hold(false, where, "%v", err)
	}
	s.open = opened{web, args[0], page}
	s.printf("\n  %s\n", fmt.Sprintf(text.StoryOpens, s.who.who, args[0]))
	return s.settle(ctx, s.who.id)
}

// on WORDS, off WORDS: the open page says so, or does not
func (s *stage) onThePage(_ context.Context, where string, args []string) error {
	s.hold(strings.Contains(s.open.page, words(args)), where, text.StoryMissing, s.open.path, words(args), readable(s.open.page))
	return nil
}

func (s *stage) offThePage(_ context.Context, where string, args []string) error {
	s.hold(!strings.Contains(s.open.page, words(args)), where, text.StoryUnwanted, s.open.path, words(args), readable(s.open.page))
	return nil
}

// readable is a page's text.
func readable(page string) string {
	_, body, _ := strings.Cut(page, "</head>")
	body = regexp.MustCompile(`(?s)<script.*?</script>`).ReplaceAllString(body, "")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")), " ")
}

// filled is what a page's forms hold before anybody types: hidden fields, values and ticks.
func filled(page string) url.Values {
	v := url.Values{}
	attribute := func(tag, name string) string {
		m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
		if m == nil {
			return ""
		}
		return m[1]
	}
	for _, tag := range regexp.MustCompile(`<input [^>]*>`).FindAllString(page, -1) {
		if t := attribute(tag, "type"); (t == "radio" || t == "checkbox") && !strings.Contains(tag, " checked") {
			continue
		}
		if name := attribute(tag, "name"); name != "" {
			v.Set(name, attribute(tag, "value"))
		}
	}
	return v
}

// post NAME=VALUE…: the current person sends the open page's form with these fields
func (s *stage) post(ctx context.Context, where string, args []string) error {
	fields := filled(s.open.page)
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("%q is no field", a)
		}
		fields.Set(name, value)
	}
	page, err := s.open.web.send(ctx, s.base+s.open.path, fields)
	if page == "" {
		s.hold(false, where, "%v", err)
	}
	s.open.path, s.open.page = s.open.web.at, page
	var said []string
	for _, m := range regexp.MustCompile(`(?s)<div class="said[^>]*>(.*?)</div>`).FindAllStringSubmatch(page, -1) {
		said = append(said, readable("</head>"+m[1]))
	}
	if err := s.told(ctx, s.who.id, said); err != nil {
		return err
	}
	return s.settle(ctx, "")
}

// send posts a form.
func (b *browser) send(ctx context.Context, link string, fields url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(fields.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.world.base)
	return b.do(req, link)
}

// vote SURVEY ANSWERS USER…: these people draw a token each and cast a ballot, the n-th
// letter for the n-th question: the option's place among a, b, c…
func (s *stage) vote(ctx context.Context, where string, args []string) error {
	for _, user := range args[2:] {
		err := s.castBallot(ctx, "/survey/"+args[0], args[1], user)
		s.hold(err == nil, where, "%s: %v", user, err)
	}
	s.printf("  %s\n", fmt.Sprintf(text.StoryVotes, len(args)-2))
	return nil
}

func (s *stage) castBallot(ctx context.Context, path, answers, user string) error {
	web, err := s.browser(user)
	if err != nil {
		return err
	}
	page, err := web.open(ctx, s.base+path)
	if err != nil {
		return err
	}
	if page, err = web.send(ctx, s.base+path, filled(page)); err != nil {
		return err
	}
	token := filled(page).Get("token")
	if token == "" {
		return errors.New("no token was handed out")
	}
	// Another address, no cookies: the ballot's side knows nobody.
	page, err = ballotPage(ctx, s.cfg.PublicURL+"/b", url.Values{"token": {token}})
	if err != nil {
		return err
	}
	ballot := url.Values{"token": {token}}
	var asked []string
	options := map[string][]string{}
	for _, m := range regexp.MustCompile(`<input type="radio" name="([^"]+)" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if options[m[1]] == nil {
			asked = append(asked, m[1])
		}
		options[m[1]] = append(options[m[1]], m[2])
	}
	if len(asked) != len(answers) {
		return fmt.Errorf("%d questions, %d answers", len(asked), len(answers))
	}
	for i, q := range asked {
		if n := int(answers[i] - 'a'); n >= 0 && n < len(options[q]) {
			ballot.Set(q, options[q][n])
		}
	}
	if page, err = ballotPage(ctx, s.cfg.PublicURL+"/b/send", ballot); err == nil && !strings.Contains(page, text.BallotThanks) {
		err = errors.New("the ballot was not taken")
	}
	return err
}

func ballotPage(ctx context.Context, link string, fields url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(fields.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d", link, resp.StatusCode)
	}
	return html.UnescapeString(string(body)), err
}
