package wecom

import (
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// fewParts: a longer text becomes its first part and the link, where there is one.
const fewParts = 5

// Duplicate check intervals, in seconds (WECOM.md §B.1). The shortest is what an
// unknown outcome has for its repetition.
const (
	intervalMin = 1800
	intervalMax = 14400
)

// Renderer makes the bytes of messages; it is the convo.Renderer.
type Renderer struct {
	agent int64
	now   func() time.Time
}

var _ convo.Renderer = (*Renderer)(nil)

// NewRenderer renders for one app. The clock tells equal messages apart that have no number.
func NewRenderer(agent int64, now func() time.Time) *Renderer {
	return &Renderer{agent: agent, now: now}
}

// interval differs from one message to the next of a person. WeCom drops a request
// whose whole JSON it has seen in the interval; with the interval itself different, the
// same words said twice arrive twice, while stored bytes sent again are recognised. It
// must not come from an instance's own memory: two instances answer the same person.
func interval(nth int64) int { return intervalMin + int(nth%(intervalMax-intervalMin+1)) }

// Render makes the bodies of a reply, in the order they must be sent. A card is the
// last one. What does not fit a card's fields stands in a text before it; a card that
// WeCom could not show at all (too many options, nothing to open) becomes text.
func (r *Renderer) Render(reply bot.Reply, mode bot.Mode, letter, taskID string) ([][]byte, error) {
	if err := checkReply(reply); err != nil {
		return nil, err
	}
	nth := reply.Nth
	if nth == 0 {
		nth = r.now().Unix()
	}
	var bodies [][]byte
	add := func(m messageBody) error {
		m.ToUser, m.AgentID, m.Check, m.Interval = string(reply.To), r.agent, 1, interval(nth+int64(len(bodies)))
		b, err := encode(m)
		bodies = append(bodies, b)
		return err
	}
	say := func(parts []string) error {
		for _, part := range parts {
			if err := add(messageBody{MsgType: "text", Text: &textJSON{Content: part}}); err != nil {
				return err
			}
		}
		return nil
	}
	if reply.Picture != "" {
		if err := add(messageBody{MsgType: "image", Image: &imageJSON{Media: reply.Picture}}); err != nil {
			return nil, err
		}
	}
	if reply.Text != "" {
		if err := say(splitText(strings.ToValidUTF8(reply.Text, "�"))); err != nil {
			return nil, err
		}
	}
	if reply.Card == nil {
		return bodies, nil
	}
	c := sheetOf(*reply.Card)
	if mode == bot.ModeText || !c.fitsCard(taskID) {
		return bodies, say(c.asText(letter))
	}
	before, card := c.asCard(taskID)
	if err := say(before); err != nil {
		return nil, err
	}
	return bodies, add(messageBody{MsgType: "template_card", Card: card})
}

// RenderUpdate makes a card that says what became of it, with one grey button. It
// stays a card with buttons because a notice would have to open a page.
func (r *Renderer) RenderUpdate(to bot.UserID, say string) ([]byte, error) {
	if to == "" || strings.Contains(string(to), "|") || strings.TrimSpace(say) == "" {
		return nil, errors.New("wecom: update without receiver or words")
	}
	say = strings.ToValidUTF8(say, "�")
	card := &cardJSON{
		Type: "button_interaction", Title: &titleJSON{Title: newTitle36(say)}, Replace: newButton10(text.WeComCardOver),
		Buttons: []buttonJSON{{Text: newButton10(text.WeComCardOver), Style: 4, Key: "over"}},
	}
	if utf8.RuneCountInString(say) > 36 {
		card.Title.Title, card.Body = newTitle36(text.WeComCardOver), newBody160(say)
	}
	return encode(updateBody{UserIDs: []string{string(to)}, AgentID: r.agent, Card: card})
}

func checkReply(reply bot.Reply) error {
	if reply.To == "" || strings.Contains(string(reply.To), "|") || reply.To == "@all" {
		return errors.New("wecom: a reply goes to one person")
	}
	if reply.Card == nil {
		if strings.TrimSpace(reply.Text) == "" && reply.Picture == "" {
			return errors.New("wecom: empty reply")
		}
		return nil
	}
	return checkLinks(reply.Card)
}

func checkLinks(card *bot.Card) error {
	links := []string{}
	if card.Link != nil {
		links = append(links, card.Link.URL)
	}
	for _, o := range card.Buttons {
		if o.URL != "" {
			links = append(links, o.URL)
		}
	}
	for _, raw := range links {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || len(raw) > maxURLBytes || strings.ContainsAny(raw, " \"<>\n") {
			return errors.New("wecom: a link must be an absolute http(s) address of at most 2048 bytes")
		}
	}
	return nil
}
