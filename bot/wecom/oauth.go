package wecom

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	sdkcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/oauth"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// AuthorizeURL is where a page sends a member to be recognised (silently). state
// comes back with the code: at most 128 letters and digits, bound to the browser by
// the caller. redirect must lie in the app's trusted domain.
func (c *Client) AuthorizeURL(state, redirect string) string {
	// The order is the documented one: old clients read it literally.
	return c.oauth.String() + "/connect/oauth2/authorize?appid=" + url.QueryEscape(c.corp) +
		"&redirect_uri=" + url.QueryEscape(redirect) +
		"&response_type=code&scope=snsapi_base&state=" + url.QueryEscape(state) +
		"&agentid=" + strconv.FormatInt(c.agent, 10) + "#wechat_redirect"
}

// Login exchanges a code (one use, 5 minutes, at most 512 bytes) for the member who
// came with it. Outsiders and members of linked corps are refused with a *bot.Error.
func (c *Client) Login(ctx context.Context, code string) (bot.UserID, error) {
	if code == "" || len(code) > 512 {
		return "", bot.Refuse(text.WeComLoginFailed, "oauth: no usable code")
	}
	var id string
	err := c.viaSDK(ctx, "auth/getuserinfo", callTimeout, func(sc *sdkcontext.Context) error {
		info, err := oauth.NewOauth(sc).GetUserInfo(url.QueryEscape(code))
		if err == nil {
			id = info.UserID
		}
		return err
	})
	switch {
	case err != nil:
		return "", &bot.Error{Say: text.WeComLoginFailed, Op: "oauth", Err: err}
	case id == "" || strings.Contains(id, "/"): // CorpId/userid: of a linked corp
		return "", bot.Refuse(text.WeComLoginNotMember, "oauth: not a member")
	}
	return bot.UserID(id), nil
}
