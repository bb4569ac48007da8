package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"qingfeng/bot/text"
)

// keys ARGS [< LINE / LINE]: somebody of IT runs `qingfeng keys` at the server; the lines
// are typed. PRINTED is the printed key that was shown last.
func (s *stage) keys(ctx context.Context, where string, args []string) error {
	command, typed, _ := strings.Cut(words(args), " < ")
	var lines []string
	for line := range strings.SplitSeq(typed, " / ") {
		lines = append(lines, strings.ReplaceAll(line, "PRINTED", s.printedKey))
	}
	var out, errs bytes.Buffer
	e := env{
		getenv: func(name string) string {
			return map[string]string{"QINGFENG_DATABASE_URL": s.dbURL, "QINGFENG_DATA_DIR": s.cfg.DataDir}[name]
		},
		in: strings.NewReader(strings.Join(lines, "\n") + "\n"), out: &out, err: &errs, clock: s.clock.Now, work: demoWork,
	}
	err := keysCommand(ctx, e, strings.Fields(command))
	said := out.String() + errs.String()
	if err != nil {
		said += err.Error()
	}
	if m := regexp.MustCompile(`(?s)` + strings.Split(text.KeysShown, "%s")[1] + `\n?(.+?)\n`).FindStringSubmatch(said); m != nil {
		s.printedKey = m[1]
		said = strings.ReplaceAll(said, m[1], text.StoryOnce)
	}
	s.printf("\n  %s\n", fmt.Sprintf(text.StoryShell, command))
	s.printf("%s", indented(strings.TrimSpace(said)))
	s.open = opened{path: command, page: "</head>" + said}
	return nil
}

// form MARKER NAME=VALUE…: the current person sends the form of the open page that has a
// field MARKER, with everything that stands in it and these fields
func (s *stage) form(ctx context.Context, where string, args []string) error {
	var found string
	for _, f := range regexp.MustCompile(`(?s)<form[^>]*>.*?</form>`).FindAllString(s.open.page, -1) {
		if strings.Contains(f, ` name="`+args[0]+`"`) {
			found = f
			break
		}
	}
	if found == "" {
		s.hold(false, where, text.StoryMissing, s.open.path, args[0], readable(s.open.page))
		return nil
	}
	path := s.open.path
	if m := regexp.MustCompile(`^<form[^>]* action="([^"]+)"`).FindStringSubmatch(found); m != nil {
		path = m[1]
	}
	return s.submit(ctx, where, path, everything(found), args[1:])
}

// everything is what a form would send before anybody types.
func everything(form string) url.Values {
	v := url.Values{}
	attribute := func(tag, name string) string {
		if m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag); m != nil {
			return m[1]
		}
		return ""
	}
	fields := regexp.MustCompile(`(?s)<input [^>]*>|<textarea [^>]*>.*?</textarea>|<select [^>]*>.*?</select>`)
	for _, tag := range fields.FindAllString(form, -1) {
		head, rest, _ := strings.Cut(tag, ">")
		name, kind := attribute(head, "name"), attribute(head, "type")
		switch {
		case name == "", strings.Contains(head, " disabled"), kind == "file", (kind == "radio" || kind == "checkbox") && !strings.Contains(head, " checked"):
		case strings.HasPrefix(tag, "<textarea"):
			v.Add(name, strings.TrimPrefix(strings.TrimSuffix(rest, "</textarea>"), "\n"))
		case strings.HasPrefix(tag, "<select"):
			options := regexp.MustCompile(`<option value="([^"]*)"( selected)?`).FindAllStringSubmatch(rest, -1)
			for i, o := range options {
				if i == 0 || o[2] != "" {
					v.Set(name, o[1])
				}
			}
		default:
			v.Add(name, attribute(head, "value"))
		}
	}
	return v
}

// at PATH NAME=VALUE…: the current person sends the open page's hidden fields and these to PATH
func (s *stage) at(ctx context.Context, where string, args []string) error {
	return s.submit(ctx, where, args[0], filled(s.open.page), args[1:])
}

// case SNIPPET NAME=VALUE…: the current person does something with the opinion, or the
// sealed clue, on the open desk that says SNIPPET. section=@NAME names a section,
// NAME=FIRST takes the first option there is, NAME=TWIN the other opinion that says the same.
func (s *stage) caseDo(ctx context.Context, where string, args []string) error {
	card := s.cardOf(args[0])
	action := regexp.MustCompile(`action="(/(?:opinions|tips)/\d+)"`).FindStringSubmatch(card)
	rev := regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(card)
	if action == nil || rev == nil {
		s.hold(false, where, text.StoryMissing, s.open.path, args[0], readable(s.open.page))
		return nil
	}
	fields := url.Values{"rev": {rev[1]}}
	for _, name := range []string{"csrf", "ticket"} {
		if m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(card); m != nil {
			fields.Set(name, m[1])
		}
	}
	does := ""
	var rest []string
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "do":
			does = text.StoryMove(value)
		case "outcome":
			does += text.ListComma + text.OpinionOutcome(value)
		case "section":
			does += value[1:]
		}
		switch {
		case value == "TWIN": // of the same words
			value = s.twin(args[0], action[1])
		case value == "FIRST":
			m := regexp.MustCompile(`(?s)<select name="` + name + `".*?<option value="([1-9]\d*)"`).FindStringSubmatch(card)
			if m == nil {
				s.hold(false, where, "%s: nothing to choose for %s", args[0], name)
				return nil
			}
			value = m[1]
		case strings.HasPrefix(value, "@"):
			sections, err := s.register.Sections(ctx)
			if err != nil {
				return err
			}
			for _, x := range sections {
				if x.Name == value[1:] {
					value = fmt.Sprint(x.ID)
				}
			}
		}
		rest = append(rest, name+"="+value)
	}
	s.printf("  %s\n", fmt.Sprintf(text.StoryCase, s.who.who, args[0], strings.TrimSuffix(does, text.ListComma)))
	return s.submit(ctx, where, action[1], fields, rest)
}

// twin is the id of another opinion on the open desk that says the same.
func (s *stage) twin(snippet, not string) string {
	for _, c := range strings.Split(s.open.page, `<section class="card`)[1:] {
		m := regexp.MustCompile(`action="/opinions/(\d+)"`).FindStringSubmatch(c)
		if m != nil && strings.Contains(c, snippet) && !strings.HasSuffix(not, "/"+m[1]) {
			return m[1]
		}
	}
	return ""
}

// cardOf is the card of the open desk in which a snippet stands.
func (s *stage) cardOf(snippet string) string {
	for _, c := range strings.Split(s.open.page, `<section class="card`)[1:] {
		if strings.Contains(c, snippet) && strings.Contains(c, `name="rev"`) {
			return c
		}
	}
	return ""
}

// submit posts fields as the current person and shows what the page says.
func (s *stage) submit(ctx context.Context, where, path string, fields url.Values, set []string) error {
	for _, a := range set {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("%q is no field", a)
		}
		fields.Set(name, value)
	}
	page, err := s.open.web.send(ctx, s.base+path, fields)
	if page == "" {
		s.hold(false, where, "%v", err)
	}
	s.open.path, s.open.page = s.open.web.at, page
	var said []string
	for _, m := range regexp.MustCompile(`(?s)<div class="said[^>]*>(.*?)</div>|<section class="card note done" role="status"><p>(.*?)</p>`).FindAllStringSubmatch(page, -1) {
		said = append(said, readable("</head>"+m[1]+m[2]))
	}
	if err := s.told(ctx, s.who.id, said); err != nil {
		return err
	}
	return s.settle(ctx, "")
}

// follow WORDS: the current person follows a link of the open page
func (s *stage) follow(ctx context.Context, where string, args []string) error {
	for _, m := range regexp.MustCompile(`(?s)<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>`).FindAllStringSubmatch(s.open.page, -1) {
		if !strings.Contains(m[2], words(args)) {
			continue
		}
		page, err := s.open.web.get(ctx, s.base+m[1])
		s.hold(err == nil, where, "%s: %v", m[1], err)
		s.open.path, s.open.page = m[1], page
		s.printf("\n  %s\n", fmt.Sprintf(text.StoryOpens, s.who.who, m[1]))
		return nil
	}
	s.hold(false, where, text.StoryMissing, s.open.path, words(args), readable(s.open.page))
	return nil
}

// get opens a page where the browser is signed in already.
func (b *browser) get(ctx context.Context, link string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return "", err
	}
	return b.do(req, link)
}

// file PATH pdf, file PATH docx [WORDS]…: the current person downloads a document; it is
// one, and says this. A machine without a Chinese font draws no pdf.
func (s *stage) file(ctx context.Context, where string, args []string) error {
	if args[1] == "pdf" && s.fonts == nil {
		return nil
	}
	web, err := s.browser(s.who.id)
	if err != nil {
		return err
	}
	if _, err := web.open(ctx, s.base+"/"); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+args[0], nil)
	if err != nil {
		return err
	}
	resp, err := web.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return err
	}
	s.hold(resp.StatusCode == http.StatusOK, where, "%s answers %d", args[0], resp.StatusCode)
	s.printf("  %s\n", fmt.Sprintf(text.StoryFile, s.who.who, args[0], len(data)))
	if args[1] == "pdf" {
		s.hold(bytes.HasPrefix(data, []byte("%PDF-")) && bytes.Contains(data[max(0, len(data)-64):], []byte("%%EOF")) && len(data) > 4000, where, "%s: %d bytes are no document", args[0], len(data))
		return nil
	}
	said, err := docxText(data)
	s.hold(err == nil, where, "%s: %v", args[0], err)
	for _, want := range args[2:] {
		s.hold(strings.Contains(said, want), where, text.StoryMissing, args[0], want, said)
	}
	s.papers += said
	return nil
}

// docxText is what a docx says, without its marks.
func docxText(data []byte) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	for _, f := range z.File {
		if f.Name != "word/document.xml" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		defer r.Close()
		raw, err := io.ReadAll(io.LimitReader(r, 16<<20))
		return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(raw), ""), err
	}
	return "", errors.New("no document in it")
}

// photo PATH NAME=VALUE…: the current person uploads a photo
func (s *stage) photo(ctx context.Context, where string, args []string) error {
	img := image.NewRGBA(image.Rect(0, 0, 480, 360))
	for x := range 480 {
		for y := range 360 {
			img.Set(x, y, color.RGBA{uint8(x / 2), uint8(y / 2), 160, 255}) //nolint:gosec // within a byte
		}
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, img, nil); err != nil {
		return err
	}
	fields := url.Values{}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		fields.Set(name, value)
	}
	page, err := s.open.web.uploadWith(ctx, s.open.page, s.base+args[0], "photo.jpg", data.Bytes(), fields)
	s.hold(err == nil, where, "%v", err)
	s.open.page = page
	s.printf("  %s\n", fmt.Sprintf(text.StoryPhoto, s.who.who, fields.Get("place")))
	return s.settle(ctx, s.who.id)
}

// plant WORDS: what comes next holds a citizen's words, which may stand nowhere afterwards
func (s *stage) plant(_ context.Context, _ string, args []string) error {
	s.planted = append(s.planted, words(args))
	return nil
}

// lastPurge is the day on which the words of everything received so far are deleted.
func (s *stage) lastPurge(ctx context.Context) (day time.Time, err error) {
	err = s.db.Pool().QueryRow(ctx, `SELECT max(purge_on) FROM (SELECT purge_on FROM feedback UNION ALL SELECT purge_on FROM sealed_tip) AS x`).Scan(&day)
	return day, err
}
