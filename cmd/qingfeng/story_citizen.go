package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
	"qingfeng/handlers"
	"qingfeng/handlers/public"
)

// citizen is somebody with a telephone and no account. They reach the citizens' listener
// through its real handler, each from a network of their own.
type citizen struct {
	name, network string
	receipts      []string // as they wrote them down
	page          string   // in front of them
}

// beCitizen NAME: from here on this citizen acts
func (s *stage) beCitizen(_ context.Context, _ string, args []string) error {
	s.clock.advance(2 * time.Minute)
	for _, c := range s.crowd {
		if c.name == args[0] {
			s.citizen = c
			return nil
		}
	}
	s.citizen = &citizen{name: args[0], network: fmt.Sprintf("198.18.%d.7", len(s.crowd)+1)}
	s.crowd = append(s.crowd, s.citizen)
	s.planted = append(s.planted, s.citizen.network)
	return nil
}

// visit sends one request of the current citizen and holds what is promised of every
// answer: no cookie, and a fixed size where something was sent.
func (s *stage) visit(ctx context.Context, where, method, path string, fields url.Values) error {
	req, err := http.NewRequestWithContext(ctx, method, s.cfg.PublicURL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Forwarded-For", s.citizen.network)
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	s.citizen.page = html.UnescapeString(string(body))
	s.open = opened{path: path, page: s.citizen.page}
	fixed := method != http.MethodPost || len(body) == public.AnswerSize
	s.hold(resp.StatusCode == http.StatusOK && len(resp.Cookies()) == 0 && fixed, where, "%s: %d, %d bytes", path, resp.StatusCode, len(body))
	return nil
}

// newestNotice is the one that whoever scans the poster comes to.
func (s *stage) newestNotice(ctx context.Context) (newest handlers.PublicNotice, err error) {
	all, err := s.desk.Publications.PublicNotices(ctx, handlers.NoticeFilter{})
	for _, n := range all {
		if n.ID > newest.ID && (n.State == "open" || n.State == "ended" || newest.ID == 0) {
			newest = n
		}
	}
	return newest, err
}

// scan [ID]: the current citizen opens the newest notice, as from its poster, or an older one
func (s *stage) scan(ctx context.Context, where string, args []string) error {
	n, err := s.newestNotice(ctx)
	if len(args) > 0 {
		n, err = s.desk.Publications.PublicNotice(ctx, int64(mustNumber(args[0])))
	}
	if err != nil {
		return err
	}
	s.printf("\n  %s\n", fmt.Sprintf(text.StoryScans, s.citizen.name))
	return s.visit(ctx, where, http.MethodGet, "/n/"+n.Code, nil)
}

// solve answers the plain question of a page, as somebody without scripts does.
func solve(page string, fields url.Values) {
	m := regexp.MustCompile(`<label for="answer">([^<]+)</label>`).FindStringSubmatch(page)
	if m == nil {
		return
	}
	_, question, _ := strings.Cut(m[1], text.StoryQuestion)
	for _, form := range []struct {
		says string
		sign int
	}{{text.PublicPlus, 1}, {text.PublicMinus, -1}} {
		a, b, ok := strings.Cut(question, strings.Split(form.says, "%s")[1])
		if !ok {
			continue
		}
		x, _ := text.PublicParse(a)
		y, _ := text.PublicParse(b)
		fields.Set("answer", strconv.Itoa(x+form.sign*y))
	}
}

// tell KIND POINT WORDS: writes an opinion on the open notice and hands it in, without scripts
func (s *stage) tell(ctx context.Context, where string, args []string) error {
	fields := filled(s.citizen.page)
	for _, k := range opinion.Kinds() {
		if text.PublicKindName(string(k)) == args[0] {
			fields.Set("kind", string(k))
		}
	}
	fields.Set("point", args[1])
	said := words(args[2:])
	fields.Set("text", said)
	solve(s.citizen.page, fields)
	s.planted = append(s.planted, said)
	what := args[0]
	if args[1] != "0" {
		what += fmt.Sprintf(text.PublicNth, mustNumber(args[1]))
	}
	s.printf("  %s\n", fmt.Sprintf(text.StorySays, s.citizen.name, fmt.Sprintf(text.StoryTells, what, said)))
	return s.handIn(ctx, where, "/f", fields)
}

func mustNumber(s string) int {
	n, _ := strconv.Atoi(s) // 0 is none
	return n
}

// choose NAME=VALUE BUTTON: presses a button of the page in front of the citizen
func (s *stage) choose(ctx context.Context, where string, args []string) error {
	name, value, ok := strings.Cut(args[0], "=")
	if !ok {
		return fmt.Errorf("%q is no field", args[0])
	}
	fields := filled(s.citizen.page)
	fields.Set(name, value)
	s.printf("  %s\n", fmt.Sprintf(text.StorySays, s.citizen.name, fmt.Sprintf(text.StoryPress, words(args[1:]))))
	return s.handIn(ctx, where, "/f", fields)
}

// handIn posts, shows what the page says first, and keeps a receipt that is on it.
func (s *stage) handIn(ctx context.Context, where, path string, fields url.Values) error {
	if err := s.visit(ctx, where, http.MethodPost, path, fields); err != nil {
		return err
	}
	headline := ""
	if m := regexp.MustCompile(`(?s)<h1>(.*?)</h1>`).FindStringSubmatch(s.citizen.page); m != nil {
		headline = readable("</head>" + m[1])
	}
	if m := regexp.MustCompile(`id="code"[^>]*>([^<]+)<`).FindStringSubmatch(s.citizen.page); m != nil {
		s.citizen.receipts = append(s.citizen.receipts, m[1])
		s.planted = append(s.planted, m[1])
		headline += text.StoryReceipt
	}
	for _, m := range regexp.MustCompile(`(?s)<p class="(?:box said|lead)">(.*?)</p>|id="wrong"[^>]*>(.*?)</div>`).FindAllStringSubmatch(s.citizen.page, -1) {
		if path == "/r" {
			headline += " " + readable("</head>"+m[1]+m[2])
		}
	}
	s.printf("  %s\n", fmt.Sprintf(text.StoryReads, s.citizen.name, headline))
	return nil
}

// lookUp [N]: reads the answer by the newest receipt, or by the N-th
func (s *stage) lookUp(ctx context.Context, where string, args []string) error {
	n := len(s.citizen.receipts)
	if len(args) > 0 {
		n = mustNumber(args[0])
	}
	if n < 1 || n > len(s.citizen.receipts) {
		return fmt.Errorf("%s has no receipt %d", s.citizen.name, n)
	}
	s.printf("\n  %s\n", fmt.Sprintf(text.StorySays, s.citizen.name, text.StoryLooksUp))
	return s.handIn(ctx, where, "/r", url.Values{"receipt": {s.citizen.receipts[n-1]}})
}

// more WORDS: adds a line on the page of the answer
func (s *stage) more(ctx context.Context, where string, args []string) error {
	fields := filled(s.citizen.page)
	said := words(args)
	fields.Set("text", said)
	solve(s.citizen.page, fields)
	s.planted = append(s.planted, said)
	s.printf("  %s\n", fmt.Sprintf(text.StorySays, s.citizen.name, fmt.Sprintf(text.StoryAdds, said)))
	return s.handIn(ctx, where, "/r", fields)
}

// poll ANSWERS [WORDS]: fills in the newest open survey, the n-th letter for the n-th
// question with one answer
func (s *stage) poll(ctx context.Context, where string, args []string) error {
	list, err := s.desk.OpenSurveys.LinkSurveys(ctx, false, 1)
	if err != nil || len(list) == 0 {
		return fmt.Errorf("no open survey: %w", err)
	}
	if err := s.visit(ctx, where, http.MethodGet, "/s/"+list[0].Code, nil); err != nil {
		return err
	}
	fields := filled(s.citizen.page)
	var asked []string
	options := map[string][]string{}
	for _, m := range regexp.MustCompile(`<input type="radio" name="([^"]+)" value="([^"]+)"`).FindAllStringSubmatch(s.citizen.page, -1) {
		if options[m[1]] == nil {
			asked = append(asked, m[1])
		}
		options[m[1]] = append(options[m[1]], m[2])
	}
	for i, q := range asked {
		if i >= len(args[0]) {
			break
		}
		if n := int(args[0][i] - 'a'); n >= 0 && n < len(options[q]) {
			fields.Set(q, options[q][n])
		}
	}
	if said := words(args[1:]); said != "" {
		fields.Set("comment", said)
	}
	solve(s.citizen.page, fields)
	s.hold(len(asked) > 0, where, "the survey asks nothing: %s", readable(s.citizen.page))
	return s.handIn(ctx, where, "/f", fields)
}

// waits N: so many arrivals wait for the night, and no table of the desk has any of them
func (s *stage) waits(ctx context.Context, where string, args []string) error {
	n, err := s.db.Waiting(ctx)
	s.hold(err == nil && n == mustNumber(args[0]), where, "%d wait, not %s (%v)", n, args[0], err)
	s.printf("  %s\n", fmt.Sprintf(text.StoryWaits, n))
	return err
}

// purge: on the last day that words may stand, which is far, the night deletes them
func (s *stage) purge(ctx context.Context, where string, _ []string) error {
	day, err := s.lastPurge(ctx)
	if err != nil {
		return err
	}
	count := func() (n, left int) {
		bad := s.db.Pool().QueryRow(ctx, `SELECT (SELECT coalesce(sum(n), 0) FROM feedback_count), (SELECT count(*) FROM feedback WHERE body IS NOT NULL OR selector IS NOT NULL)
			+ (SELECT count(*) FROM feedback_line WHERE body IS NOT NULL) + (SELECT count(*) FROM sealed_tip WHERE body IS NOT NULL)`).Scan(&n, &left)
		s.hold(bad == nil, where, "%v", bad)
		return n, left
	}
	before, stood := count()
	s.clock.set(day.Add(4 * time.Hour))
	if err := s.settle(ctx, ""); err != nil { // dialogs that were left open half a year ago end
		return err
	}
	_, err = s.register.Prune(ctx)
	after, left := count()
	s.hold(err == nil && before == after && before > 0 && stood > 0 && left == 0, where, "%d words of %d stay, %d counted, then %d (%v)", left, stood, before, after, err)
	s.printf("  %s\n", fmt.Sprintf(text.StoryPurged, day.Format(text.StoryDay), stood, after))
	return nil
}
