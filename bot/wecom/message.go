package wecom

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"slices"
	"strconv"
	"time"

	"qingfeng/bot"
)

// inbound is the decrypted XML of a message or an event (WECOM.md §A.6, §A.7): the
// fields we act upon. Pictures, places, link titles and the like are not read.
type inbound struct {
	From         string `xml:"FromUserName"`
	CreateTime   string `xml:"CreateTime"`
	MsgType      string `xml:"MsgType"`
	MsgID        string `xml:"MsgId"`
	AgentID      string `xml:"AgentID"`
	Content      string `xml:"Content"`
	Event        string `xml:"Event"`
	EventKey     string `xml:"EventKey"`
	TaskID       string `xml:"TaskId"`
	ResponseCode string `xml:"ResponseCode"`
	Selected     []struct {
		QuestionKey string   `xml:"QuestionKey"`
		OptionIDs   []string `xml:"OptionIds>OptionId"`
	} `xml:"SelectedItems>SelectedItem"`
}

var errInner = errors.New("wecom: inner XML is malformed")

// parseInbound reads one <xml> element and nothing else: no DOCTYPE, no trailing data.
func parseInbound(plain []byte) (inbound, error) {
	var in inbound
	doc := bytes.TrimSpace(withoutControls(plain))
	if bytes.HasPrefix(doc, []byte("<?xml")) {
		_, after, ok := bytes.Cut(doc, []byte("?>"))
		if !ok {
			return in, errInner
		}
		doc = bytes.TrimSpace(after)
	}
	if !bytes.HasPrefix(doc, []byte("<xml>")) && !bytes.HasPrefix(doc, []byte("<xml ")) {
		return in, errInner
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	if err := d.Decode(&in); err != nil {
		return in, errInner
	}
	if d.InputOffset() != int64(len(doc)) {
		return in, errInner
	}
	return in, nil
}

// withoutControls drops the control characters that XML 1.0 forbids and a pasted text
// may hold: a decoder would refuse the whole message for one of them, and what a
// member wrote must not be lost for that. plain itself stays as it is.
func withoutControls(plain []byte) []byte {
	forbidden := func(c byte) bool { return c < 0x20 && c != '\t' && c != '\n' && c != '\r' }
	if !slices.ContainsFunc(plain, forbidden) {
		return plain
	}
	return slices.DeleteFunc(slices.Clone(plain), forbidden)
}

// message turns an authentic inbound into a bot.Message. agent is ours; plain is
// what the dedupe key of an event is made of: a redelivery carries the same bytes.
func (in *inbound) message(agent int64, plain []byte, now time.Time) bot.Message {
	m := bot.Message{From: bot.UserID(in.From), At: now}
	if m.From == "" {
		m.From = "sys" // events about the app itself have no member
	}
	if sec, err := strconv.ParseInt(in.CreateTime, 10, 64); err == nil && sec > 0 && sec < 1<<40 {
		m.At = time.Unix(sec, 0)
	}
	m.Dedupe = dedupeKey(agent, m.From, in.MsgID, plain)

	switch in.MsgType {
	case "text":
		m.Kind, m.Text = bot.KindText, in.Content
	case "image", "voice", "video", "location", "link", "file", "shortvideo", "emotion":
		m.Kind, m.Media = bot.KindMedia, in.MsgType
	case "event":
		in.event(&m)
	default:
		m.Kind, m.Media = bot.KindOther, typeName(in.MsgType)
	}
	return m
}

func (in *inbound) event(m *bot.Message) {
	switch in.Event {
	case "subscribe":
		m.Kind = bot.KindSubscribe
	case "unsubscribe":
		m.Kind = bot.KindUnsubscribe
	case "enter_agent":
		m.Kind = bot.KindEnter
	case "click":
		m.Kind, m.Press = bot.KindPress, &bot.Press{Key: in.EventKey}
	case "template_card_event", "template_card_menu_event":
		m.Kind = bot.KindPress
		m.Press = &bot.Press{Key: in.EventKey, TaskID: in.TaskID, Code: in.ResponseCode, Selected: in.selected()}
	default:
		// view, LOCATION, scans, and what concerns the app itself: inactive_alert,
		// close_inactive_agent, low_active_alert … Only the name is kept.
		m.Kind, m.Media = bot.KindOther, "event."+typeName(in.Event)
	}
}

// selected leaves out selectors that still show 请选择.
func (in *inbound) selected() map[string][]string {
	if len(in.Selected) == 0 {
		return nil
	}
	out := make(map[string][]string, len(in.Selected))
	for _, item := range in.Selected {
		for _, id := range item.OptionIDs {
			if id != unsetID && id != "" {
				out[item.QuestionKey] = append(out[item.QuestionKey], id)
			}
		}
	}
	return out
}

// dedupeKey: agent:from:MsgId, or agent:sha256(plaintext) for what has no MsgId. The
// documented event key (FromUserName + CreateTime) is too weak: WECOM.md §A.4.
func dedupeKey(agent int64, from bot.UserID, msgID string, plain []byte) string {
	key := make([]byte, 0, 96)
	key = strconv.AppendInt(key, agent, 10)
	key = append(key, ':')
	if msgID != "" && len(msgID) <= 64 {
		key = append(key, from.Key()...)
		key = append(key, ':')
		return string(append(key, msgID...))
	}
	sum := sha256.Sum256(plain)
	return string(hex.AppendEncode(key, sum[:]))
}

// typeName keeps a type's name as it came if it is a name, so that it can be logged.
func typeName(s string) string {
	if s == "" || len(s) > 40 {
		return "unknown"
	}
	for _, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return "unknown"
		}
	}
	return s
}
