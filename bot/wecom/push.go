package wecom

import (
	"errors"
	"hash/fnv"
	"strings"

	"qingfeng/bot"
)

// RenderPush makes the one body that goes to many: their ids, the same words, no list
// letter. The same arguments make the same bytes. A card that does not show all its words
// (WECOM.md §B.3) goes out as the push's text: a text before it would be a second call.
// task is the card's id; for a text it is only what tells two batches of one day apart.
func (r *Renderer) RenderPush(p bot.Push, mode bot.Mode, ids []bot.UserID, task string) ([]byte, error) {
	to, err := toMany(ids)
	if err != nil {
		return nil, err
	}
	if !validTaskID(task) {
		return nil, errors.New("wecom: push without a task id")
	}
	h := fnv.New32a()
	h.Write([]byte(task))
	m := messageBody{ToUser: to, AgentID: r.agent, Check: 1, Interval: interval(int64(h.Sum32()))}
	if mode == bot.ModeCard {
		if err := checkLinks(&p.Card); err != nil {
			return nil, err
		}
		if c := sheetOf(p.Card); c.fitsCard(task) {
			if before, card := c.asCard(task); len(before) == 0 {
				m.MsgType, m.Card = "template_card", card
				return encode(m)
			}
		}
	}
	words := strings.ToValidUTF8(p.Text, "�")
	switch {
	case strings.TrimSpace(words) == "":
		return nil, errors.New("wecom: push without a text")
	case len(words) > bot.PushTextMax:
		return nil, errors.New("wecom: the text of a push is one message of at most 2048 bytes")
	}
	m.MsgType, m.Text = "text", &textJSON{Content: words}
	return encode(m)
}

// toMany joins ids, each once. "@all" would reach people that nobody named.
func toMany(ids []bot.UserID) (string, error) {
	if len(ids) == 0 || len(ids) > bot.PushMax {
		return "", errors.New("wecom: a push goes to 1 to 1000 people")
	}
	seen, parts := make(map[string]bool, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		if id == "" || id[0] == '@' || strings.ContainsAny(string(id), "| \t\r\n") || seen[id.Key()] {
			return "", errors.New("wecom: a receiver of a push is empty, not one person, or there twice")
		}
		seen[id.Key()], parts[i] = true, string(id)
	}
	return strings.Join(parts, "|"), nil
}
