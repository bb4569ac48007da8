package wecomsim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Who wrote what a phone shows.
const (
	FromApp = "app"
	FromMe  = "me"
)

// Shown is one entry of a chat as the phone shows it.
type Shown struct {
	MsgID string `json:"msg_id"`
	// Rev grows with every change on this phone; use it as a cursor.
	Rev  int64     `json:"rev"`
	From string    `json:"from"`
	Kind string    `json:"kind"` // the msgtype; own stickers are "sticker"
	At   time.Time `json:"at"`
	// Text is the text or markdown, or the description of a card-like message.
	Text     string    `json:"text,omitempty"`
	Title    string    `json:"title,omitempty"`
	URL      string    `json:"url,omitempty"`
	Button   string    `json:"button,omitempty"` // btntxt of a textcard
	Articles []Article `json:"articles,omitempty"`
	MediaID  string    `json:"media_id,omitempty"`
	FileName string    `json:"file_name,omitempty"`
	// Card is the card as it looks now: a ReplaceText means its buttons are grey.
	Card     *Card `json:"card,omitempty"`
	Recalled bool  `json:"recalled,omitempty"`
}

// Live says whether the card can still be pressed, voted on or submitted.
func (m Shown) Live() bool {
	c := m.Card
	if c == nil || m.Recalled || c.ReplaceText != "" {
		return false
	}
	switch c.CardType {
	case ButtonInteraction:
		return slices.ContainsFunc(c.Buttons, func(b CardButton) bool { return b.Type == 0 })
	case VoteInteraction:
		return c.CheckBox != nil && !c.CheckBox.Disable
	case MultipleInteraction:
		return slices.ContainsFunc(c.Selects, func(x CardSelect) bool { return !x.Disable })
	}
	return false
}

// inPlugin says whether the WeChat plug-in shows the message too.
func (m Shown) inPlugin() bool { return m.Kind != "template_card" && m.Kind != "markdown" }

// forPhone is an own copy for one phone.
func (m Shown) forPhone(id string, at time.Time) *Shown {
	m.MsgID, m.At = id, at
	m.Card = m.Card.clone()
	m.Articles = slices.Clone(m.Articles)
	return &m
}

func (c *Card) clone() *Card {
	if c == nil {
		return nil
	}
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // a Card holds nothing that JSON cannot
	}
	out := &Card{}
	if err := json.Unmarshal(data, out); err != nil {
		panic(err)
	}
	return out
}

// phoneState is what one person's phone holds.
type phoneState struct {
	rev    int64
	shown  []*Shown
	plugin bool
	opened []string
}

func (s *Sim) phone(userid string) *phoneState {
	key := strings.ToLower(userid)
	p := s.phones[key]
	if p == nil {
		p = &phoneState{}
		s.phones[key] = p
	}
	return p
}

func (p *phoneState) find(msgID string) *Shown {
	for i := len(p.shown) - 1; i >= 0; i-- {
		if p.shown[i].MsgID == msgID {
			return p.shown[i]
		}
	}
	return nil
}

// show puts a message on a phone. The caller holds mu.
func (s *Sim) show(userid string, m *Shown) {
	p := s.phone(userid)
	p.rev++
	m.Rev = p.rev
	p.shown = append(p.shown, m)
	s.notify()
}

// touch marks a message as changed. The caller holds mu.
func (s *Sim) touch(p *phoneState, m *Shown) {
	p.rev++
	m.Rev = p.rev
	s.notify()
}

// applyUpdate replaces a card on a phone, or turns its buttons grey.
func (s *Sim) applyUpdate(userid, msgID string, button *replaceBody, card *Card) {
	p := s.phone(userid)
	m := p.find(msgID)
	if m == nil || m.Card == nil {
		return
	}
	if button != nil {
		m.Card.ReplaceText = button.ReplaceName
	} else {
		id := m.Card.TaskID
		m.Card = card.clone()
		if m.Card.TaskID == "" {
			m.Card.TaskID = id
		}
	}
	s.touch(p, m)
}

// applyRecall replaces a message by a notice; the WeChat plug-in keeps it.
func (s *Sim) applyRecall(userid, msgID string) {
	p := s.phone(userid)
	m := p.find(msgID)
	if m == nil || p.plugin {
		return
	}
	m.Recalled = true
	s.touch(p, m)
}

// Render draws the message for a terminal, without a trailing newline.
func (m Shown) Render() string {
	if m.Recalled {
		return "（消息已撤回）"
	}
	switch m.Kind {
	case "text":
		return plainLinks(m.Text)
	case "markdown":
		return m.Text
	case "textcard":
		text := strings.ReplaceAll(m.Text, "<br>", "\n")
		return box([]string{m.Title, stripTags(text), arrow(orElse(m.Button, "详情"), m.URL)})
	case "news":
		var lines []string
		for _, a := range m.Articles {
			lines = append(lines, a.Title, a.Description, arrow("阅读", a.URL))
		}
		return box(lines)
	case "image", "file", "voice", "video", "sticker":
		name := map[string]string{"image": "图片", "file": "文件", "voice": "语音", "video": "视频", "sticker": "表情"}[m.Kind]
		return strings.TrimSpace("【" + name + "】" + m.FileName)
	case "location":
		return "【位置】" + m.Text
	case "link":
		return "【链接】" + m.Title + " " + m.URL
	case "template_card":
		return renderCard(m.Card)
	}
	return m.Text
}

func renderCard(c *Card) string {
	var out []string
	add := func(lines ...string) { out = append(out, lines...) }
	if c.Source != nil {
		add(c.Source.Desc)
	}
	if c.MainTitle != nil {
		add(c.MainTitle.Title, c.MainTitle.Desc)
	}
	if c.Emphasis != nil {
		add(strings.TrimSpace(c.Emphasis.Title + " " + c.Emphasis.Desc))
	}
	if q := c.QuoteArea; q != nil {
		add(strings.TrimSpace("“"+q.Title+" "+q.Text+"”"), arrow("", q.URL))
	}
	add(c.SubTitle)
	for _, f := range c.Facts {
		add(f.KeyName + "：" + orElse(f.Value, f.UserID) + suffix(f.URL))
	}
	for _, v := range c.Vertical {
		add("· "+v.Title, v.Desc)
	}
	add(renderControls(c)...)
	for _, j := range c.Jumps {
		add(arrow(j.Title, j.URL))
	}
	if c.Action != nil && c.Action.URL != "" {
		add(arrow("打开", c.Action.URL))
	}
	if c.ActionMenu != nil {
		var names []string
		for _, a := range c.ActionMenu.Actions {
			names = append(names, a.Text)
		}
		add("⋯ " + strings.Join(names, " / "))
	}
	return box(out)
}

// renderControls draws buttons, ticks and selectors with the numbers one types.
func renderControls(c *Card) []string {
	var out []string
	if x := c.ButtonSelection; x != nil {
		out = append(out, renderSelect("s1", *x))
	}
	for i, x := range c.Selects {
		out = append(out, renderSelect(fmt.Sprintf("s%d", i+1), x))
	}
	if b := c.CheckBox; b != nil {
		marks := [2]string{"( )", "(●)"}
		if b.Mode == 1 {
			marks = [2]string{"[ ]", "[√]"}
		}
		for i, o := range b.Options {
			mark := marks[0]
			if o.IsChecked {
				mark = marks[1]
			}
			out = append(out, fmt.Sprintf("%s %d %s", mark, i+1, o.Text))
		}
	}
	switch {
	case c.ReplaceText != "":
		out = append(out, "〔"+c.ReplaceText+"〕")
	case c.Submit != nil:
		out = append(out, "[提交] "+c.Submit.Text)
	case len(c.Buttons) > 0:
		var names []string
		for i, b := range c.Buttons {
			names = append(names, fmt.Sprintf("[%d] %s%s", i+1, b.Text, suffix(b.URL)))
		}
		out = append(out, strings.Join(names, "  "))
	}
	return out
}

func renderSelect(label string, x CardSelect) string {
	var names []string
	for i, o := range x.Options {
		mark := ""
		if o.ID == x.SelectedID || x.SelectedID == "" && i == 0 {
			mark = "▸"
		}
		names = append(names, fmt.Sprintf("%s%d %s", mark, i+1, o.Text))
	}
	return fmt.Sprintf("%s %s：%s", label, x.Title, strings.Join(names, " / "))
}

// box draws an open-ended box, so that no column width has to be known.
func box(lines []string) string {
	out := []string{"┌─"}
	for _, l := range lines {
		if l == "" {
			continue
		}
		for _, part := range strings.Split(l, "\n") {
			out = append(out, "│ "+part)
		}
	}
	return strings.Join(append(out, "└─"), "\n")
}

func arrow(title, url string) string {
	if url == "" {
		return ""
	}
	return strings.TrimSpace("→ " + title + " " + url)
}

func suffix(url string) string {
	if url == "" {
		return ""
	}
	return "（" + url + "）"
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// plainLinks writes <a href="url">label</a> as label（url）.
func plainLinks(text string) string {
	return anchor().ReplaceAllString(text, "$2（$1）")
}

func stripTags(text string) string { return tag().ReplaceAllString(text, "") }

func anchor() *regexp.Regexp {
	return regexp.MustCompile(`<a\s+href=["']?([^"'>]+)["']?\s*>([^<]*)</a>`)
}

func tag() *regexp.Regexp { return regexp.MustCompile(`<[^>]+>`) }
