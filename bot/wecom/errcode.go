package wecom

import (
	"errors"
	"fmt"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// Codes that mean the token is no longer good: fetch once, retry once.
const (
	codeBadCredential = 40001
	codeBadToken      = 40014
	codeTokenExpired  = 42001
)

func isTokenCode(code int) bool {
	return code == codeBadCredential || code == codeBadToken || code == codeTokenExpired
}

// CodeError is WeCom's refusal of a call. It keeps the code only: errmsg may name
// addresses and hints, and its wording may change.
type CodeError struct {
	Op   string // "message/send"
	Code int
}

func (e *CodeError) Error() string { return fmt.Sprintf("wecom: %s: errcode %d", e.Op, e.Code) }

// Code is the errcode in err, or 0.
func Code(err error) int {
	var code *CodeError
	var send *bot.SendError
	switch {
	case errors.As(err, &code):
		return code.Code
	case errors.As(err, &send):
		return send.Code
	}
	return 0
}

// Hint is what an operator should do about err, or "".
func Hint(err error) string {
	var send *bot.SendError
	if errors.As(sendError(err), &send) {
		return send.Hint
	}
	return ""
}

// WireError is a call that did not bring an answer. Sent says that the request had
// left, so that it may have taken effect.
type WireError struct {
	Op   string
	Sent bool
	What string // dial, timeout, canceled, lost, status 502, redirect, size, json
}

func (e *WireError) Error() string {
	return fmt.Sprintf("wecom: %s: %s (request left: %t)", e.Op, e.What, e.Sent)
}

// tokenError says that there is no token to call with.
type tokenError struct {
	code int
	wait time.Duration
}

func (e *tokenError) Error() string { return fmt.Sprintf("wecom: gettoken: errcode %d", e.code) }

// sendError is the verdict on one attempt (WECOM.md §B.9, RELIABILITY.md §2): what
// surely did not happen may be tried again, what may have happened is unknown.
func sendError(err error) error {
	var (
		already *bot.SendError
		code    *CodeError
		wire    *WireError
		token   *tokenError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &already):
		return already
	case errors.As(err, &token):
		hint := text.WeComHintSecret // 40001 of gettoken speaks of the secret
		if !isTokenCode(token.code) {
			hint = verdict(token.code).Hint
		}
		return &bot.SendError{Outcome: bot.NotSent, Code: token.code, Wait: token.wait, Hint: hint}
	case errors.As(err, &code):
		v := verdict(code.Code)
		v.Code = code.Code
		return &v
	case errors.As(err, &wire) && wire.Sent:
		return &bot.SendError{Outcome: bot.Unknown, Hint: text.WeComHintUnknown}
	case errors.As(err, &wire):
		return &bot.SendError{Outcome: bot.NotSent, Hint: text.WeComHintNetwork}
	}
	return &bot.SendError{Outcome: bot.NotSent}
}

// verdict is the table of errcodes.
func verdict(code int) bot.SendError {
	switch code {
	case -1:
		return bot.SendError{Outcome: bot.NotSent, Hint: text.WeComHintBusy}
	case codeBadCredential, codeBadToken, codeTokenExpired, 41001:
		return bot.SendError{Outcome: bot.NotSent, Wait: refetchPause, Hint: text.WeComHintToken}
	case 40013, 40091, 42009:
		return bot.SendError{Outcome: bot.NotSent, Wait: time.Minute, Hint: text.WeComHintSecret}
	case 45009:
		return bot.SendError{Outcome: bot.NotSent, Wait: time.Minute, Hint: text.WeComHintFrequency}
	case 45033:
		return bot.SendError{Outcome: bot.NotSent, Wait: 5 * time.Second, Hint: text.WeComHintConcurrency}
	case 60020:
		return bot.SendError{Outcome: bot.NotSent, Wait: time.Minute, Hint: text.WeComHintTrustedIP}
	case 40056, 301002:
		return bot.SendError{Outcome: bot.NotSent, Wait: 5 * time.Minute, Hint: text.WeComHintAgent}
	case 48002, 50003:
		return bot.SendError{Outcome: bot.NotSent, Wait: 5 * time.Minute, Hint: text.WeComHintPermission}
	case 40003, 60011, 60111, 81013:
		return bot.SendError{Outcome: bot.Unreachable, Hint: text.WeComHintReceiver}
	case 82001:
		return bot.SendError{Outcome: bot.Refused, Hint: text.WeComHintReceiver}
	case 45002, 45008, 44004, 40004, 40007, 40058, 47001:
		return bot.SendError{Outcome: bot.Refused, Hint: text.WeComHintContent}
	case 42014, 42015, 42016, 42017, 42018, 42019, 42045:
		return bot.SendError{Outcome: bot.Refused, Hint: text.WeComHintCard}
	}
	return bot.SendError{Outcome: bot.Refused, Hint: text.WeComHintOther}
}
