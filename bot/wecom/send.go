package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

var _ convo.Transport = (*Client)(nil)

// idList reads "a|b" (message/send) as well as ["a","b"] (update_template_card).
type idList []string

func (l *idList) UnmarshalJSON(raw []byte) error {
	var one string
	if err := json.Unmarshal(raw, &one); err == nil {
		*l = splitIDs(one)
		return nil
	}
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		return err
	}
	for _, id := range many {
		*l = append(*l, strings.ToLower(id))
	}
	return nil
}

func splitIDs(s string) []string {
	var out []string
	for id := range strings.SplitSeq(s, "|") {
		if id = strings.TrimSpace(id); id != "" {
			out = append(out, strings.ToLower(id))
		}
	}
	return out
}

type sendAnswer struct {
	MsgID        string `json:"msgid"`
	ResponseCode string `json:"response_code"`
	Invalid      idList `json:"invaliduser"`
	Unlicensed   idList `json:"unlicenseduser"`
}

func (a sendAnswer) receipt() convo.Receipt {
	return convo.Receipt{MsgID: a.MsgID, ResponseCode: a.ResponseCode, Invalid: append([]string(a.Invalid), a.Unlicensed...)}
}

// Send posts the bytes of a rendered message as they are: sent again, they are the
// same bytes, so that WeCom's duplicate check recognises them. The error, if any, is
// a *bot.SendError. errcode 0 is not success when every receiver is invalid.
func (c *Client) Send(ctx context.Context, body []byte) (convo.Receipt, error) {
	var to struct {
		User  string `json:"touser"`
		Party string `json:"toparty"`
		Tag   string `json:"totag"`
	}
	if err := json.Unmarshal(body, &to); err != nil {
		return convo.Receipt{}, &bot.SendError{Outcome: bot.Refused, Hint: text.WeComHintContent}
	}
	var a sendAnswer
	if err := c.call(ctx, http.MethodPost, "message/send", nil, body, &a); err != nil {
		return convo.Receipt{}, sendError(err)
	}
	r := a.receipt()
	if to.Party == "" && to.Tag == "" && nobody(splitIDs(to.User), r.Invalid) {
		return r, &bot.SendError{Outcome: bot.Unreachable, Hint: text.WeComHintReceiver}
	}
	return r, nil
}

// nobody reports whether all receivers are invalid.
func nobody(receivers, invalid []string) bool {
	for _, id := range receivers {
		if !slices.Contains(invalid, id) {
			return false
		}
	}
	return len(receivers) > 0
}

// Update replaces a card. body is what RenderUpdate made; code is a response code,
// good for one use within 72 h, and is added here because it is not known earlier.
func (c *Client) Update(ctx context.Context, body []byte, code string) (convo.Receipt, error) {
	full, err := withCode(body, code)
	if err != nil {
		return convo.Receipt{}, &bot.SendError{Outcome: bot.Refused, Hint: text.WeComHintCard}
	}
	var a sendAnswer
	if err := c.call(ctx, http.MethodPost, "message/update_template_card", nil, full, &a); err != nil {
		return convo.Receipt{}, sendError(err)
	}
	return a.receipt(), nil
}

// withCode completes an update. The replaced card needs a task id of its own; one
// made from the code is as unique as the code, and the same on a repetition.
func withCode(body []byte, code string) ([]byte, error) {
	var u updateBody
	if err := json.Unmarshal(body, &u); err != nil || code == "" || u.Card == nil {
		return nil, errors.New("wecom: update without card or code")
	}
	sum := sha256.Sum256([]byte(code))
	u.Code, u.Card.TaskID = code, "u-"+hex.EncodeToString(sum[:16])
	return encode(u)
}

// Recall takes a message back, within 24 h, on WeCom clients only.
func (c *Client) Recall(ctx context.Context, msgID string) error {
	err := c.post(ctx, "message/recall", nil, map[string]string{"msgid": msgID}, nil)
	return sendError(err)
}
