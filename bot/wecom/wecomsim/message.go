package wecomsim

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

const (
	textMax        = 2048 // bytes, text and markdown
	titleMax       = 128
	descriptionMax = 512
	urlMax         = 2048
	newsMax        = 8
	codeTooLong    = 45002
)

type textBody struct {
	Content string `json:"content"`
}

type textCardBody struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	BtnTxt      string `json:"btntxt"`
}

type newsBody struct {
	Articles []Article `json:"articles"`
}

// Article is one entry of a news message.
type Article struct {
	Title       string `json:"title" xml:"Title"`
	Description string `json:"description,omitempty" xml:"Description"`
	URL         string `json:"url,omitempty" xml:"Url"`
	PicURL      string `json:"picurl,omitempty" xml:"PicUrl"`
	AppID       string `json:"appid,omitempty" xml:"-"`
	PagePath    string `json:"pagepath,omitempty" xml:"-"`
}

type mediaBody struct {
	MediaID string `json:"media_id"`
}

type videoBody struct {
	MediaID     string `json:"media_id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// checkContent applies the rules of the message type and returns what phones show.
func (s *Sim) checkContent(c *call, req *sendRequest) (Shown, *apiError) {
	shown := Shown{From: FromApp, Kind: req.MsgType}
	missing := func() (Shown, *apiError) { return shown, fail(40058, "%s missing", req.MsgType) }
	switch req.MsgType {
	case "text":
		if req.Text == nil || req.Text.Content == "" {
			return shown, fail(44004, "empty content")
		}
		shown.Text = s.cut(c.path, "text.content", req.Text.Content, textMax)
	case "markdown":
		if req.Markdown == nil || req.Markdown.Content == "" {
			return shown, fail(44004, "empty content")
		}
		if len(req.Markdown.Content) > textMax {
			return shown, fail(codeTooLong, "markdown.content exceeds %d bytes", textMax)
		}
		shown.Text = req.Markdown.Content
	case "textcard":
		if req.TextCard == nil {
			return missing()
		}
		return s.checkTextCard(c, shown, req.TextCard)
	case "news":
		if req.News == nil || len(req.News.Articles) == 0 {
			return missing()
		}
		return s.checkNews(c, shown, req.News.Articles)
	case "image", "file", "voice":
		body := map[string]*mediaBody{"image": req.Image, "file": req.File, "voice": req.Voice}[req.MsgType]
		if body == nil {
			return missing()
		}
		return s.checkMedia(shown, body.MediaID)
	case "video":
		if req.Video == nil {
			return missing()
		}
		shown.Title = s.cut(c.path, "video.title", req.Video.Title, titleMax)
		shown.Text = s.cut(c.path, "video.description", req.Video.Description, descriptionMax)
		return s.checkMedia(shown, req.Video.MediaID)
	case "template_card":
		if req.TemplateCard == nil {
			return missing()
		}
		warnings, e := s.checkCard(req.TemplateCard, cardSend)
		for _, w := range warnings {
			s.warn(c.path, w)
		}
		if e != nil {
			return shown, e
		}
		shown.Card = req.TemplateCard
	default:
		return shown, fail(40008, "invalid message type %q", req.MsgType)
	}
	return shown, nil
}

func (s *Sim) checkTextCard(c *call, shown Shown, b *textCardBody) (Shown, *apiError) {
	if b.Title == "" || b.Description == "" || b.URL == "" {
		return shown, fail(40058, "textcard needs title, description and url")
	}
	if e := checkURL("textcard.url", b.URL); e != nil {
		return shown, e
	}
	if n := utf8.RuneCountInString(b.BtnTxt); n > 4 {
		s.warn(c.path, fmt.Sprintf("textcard.btntxt: %d characters, 4 are shown", n))
	}
	shown.Title = s.cut(c.path, "textcard.title", b.Title, titleMax)
	shown.Text = s.cut(c.path, "textcard.description", b.Description, descriptionMax)
	shown.URL, shown.Button = b.URL, b.BtnTxt
	return shown, nil
}

func (s *Sim) checkNews(c *call, shown Shown, articles []Article) (Shown, *apiError) {
	if len(articles) > newsMax {
		return shown, fail(45008, "more than %d articles", newsMax)
	}
	for _, a := range articles {
		if a.Title == "" || a.URL == "" && a.AppID == "" {
			return shown, fail(40058, "article needs title and url")
		}
		if a.URL != "" {
			if e := checkURL("news.url", a.URL); e != nil {
				return shown, e
			}
		}
		a.Title = s.cut(c.path, "news.title", a.Title, titleMax)
		a.Description = s.cut(c.path, "news.description", a.Description, descriptionMax)
		shown.Articles = append(shown.Articles, a)
	}
	return shown, nil
}

func (s *Sim) checkMedia(shown Shown, id string) (Shown, *apiError) {
	m := s.media[id]
	if m == nil || m.expired(s.cfg.Now()) {
		return shown, fail(40007, "invalid media_id")
	}
	if m.kind != shown.Kind {
		return shown, fail(40004, "media is %s, not %s", m.kind, shown.Kind)
	}
	shown.MediaID, shown.FileName = id, m.name
	return shown, nil
}

// cut shortens a text to max bytes without breaking a character, as WeCom does
// without a word, and notes it as a violation.
func (s *Sim) cut(path, field, text string, max int) string {
	if len(text) <= max {
		return text
	}
	s.violate(path, fmt.Sprintf("%s: %d bytes cut to %d", field, len(text), max))
	n := max
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// checkURL wants an absolute http(s) address of at most 2048 bytes.
func checkURL(field, raw string) *apiError {
	if len(raw) > urlMax {
		return fail(codeTooLong, "%s exceeds %d bytes", field, urlMax)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || !(strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https")) {
		return fail(40058, "%s must start with http:// or https://", field)
	}
	return nil
}
