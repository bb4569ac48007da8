package wecomsim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func with(o obj, key string, value any) obj {
	out := obj{}
	for k, v := range o {
		out[k] = v
	}
	if value == nil {
		delete(out, key)
	} else {
		out[key] = value
	}
	return out
}

func repeat(n int, each func(i int) obj) []obj {
	var out []obj
	for i := range n {
		out = append(out, each(i))
	}
	return out
}

func TestTokenIsTheSameInsideItsValidityAndDiesAfterwards(t *testing.T) {
	r := newRig(t, nil).login()
	first := r.token
	if len(first) < 200 {
		t.Errorf("token of %d bytes is shorter than real ones", len(first))
	}
	r.advance(7199 * time.Second)
	if r.login(); r.token != first {
		t.Error("token changed inside its validity")
	}
	r.advance(time.Second)
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 42001 {
		t.Errorf("expired token: %d", a.ErrCode)
	}
	if r.login(); r.token == first {
		t.Error("expired token given out again")
	}
	r.sim.RevokeToken()
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 40014 {
		t.Errorf("revoked token: %d", a.ErrCode)
	}
	r.token = ""
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 41001 {
		t.Errorf("missing token: %d", a.ErrCode)
	}
}

func TestWrongSecretsBlockTheAddressForAnHour(t *testing.T) {
	r := newRig(t, nil)
	try := func(secret string) int {
		return r.get("/cgi-bin/gettoken", url.Values{"corpid": {"wx5823bf96d3bd56c7"}, "corpsecret": {secret}}).ErrCode
	}
	for range wrongSecretsMax {
		if code := try("wrong"); code != 40001 {
			t.Fatalf("wrong secret: %d", code)
		}
	}
	if code := try(testSecret); code != 45009 {
		t.Errorf("right secret from a blocked address: %d", code)
	}
	r.advance(time.Hour)
	if code := try(testSecret); code != 0 {
		t.Errorf("after an hour: %d", code)
	}
}

func TestSendAnswersTheCodeOfEachMistake(t *testing.T) {
	long := strings.Repeat("长", 1000)
	users := strings.TrimSuffix(strings.Repeat("u|", 1001), "|")
	button := func(key string, v any) obj { return cardTo("lisi", with(buttonCard("T"), key, v)) }
	vote := func(key string, v any) obj { return cardTo("lisi", with(voteCard("T"), key, v)) }
	multi := func(key string, v any) obj { return cardTo("lisi", with(multiCard("T"), key, v)) }
	notice := obj{"card_type": TextNotice, "main_title": obj{"title": "t"}, "card_action": obj{"type": 1, "url": "https://a.cn"}}
	news := obj{"card_type": NewsNotice, "main_title": obj{"title": "t"}, "card_action": obj{"type": 1, "url": "https://a.cn"}, "card_image": obj{"url": "https://a.cn/x.png"}}
	options := func(n int) []obj {
		return repeat(n, func(i int) obj { return obj{"id": fmt.Sprint(i), "text": "选项"} })
	}
	box := func(opts []obj) obj { return obj{"question_key": "q", "option_list": opts} }
	textcard := func(key string, v any) obj {
		return obj{
			"touser": "lisi", "msgtype": "textcard", "agentid": testAgent,
			"textcard": with(obj{"title": "t", "description": "d", "url": "https://a.cn"}, key, v),
		}
	}
	cases := []struct {
		name string
		body any
		code int
	}{
		{"broken json", `{"touser":`, 47001},
		{"not utf-8", "{\"touser\":\"\xff\"}", 47001},
		{"wrong field type", `{"touser":7,"msgtype":"text","agentid":1000002,"text":{"content":"x"}}`, 40058},
		{"agentid as text", with(textTo("lisi", "x"), "agentid", "1000002"), 40056},
		{"agentid missing", with(textTo("lisi", "x"), "agentid", nil), 40056},
		{"agentid of another app", with(textTo("lisi", "x"), "agentid", 7), 301002},
		{"unknown msgtype", with(textTo("lisi", "x"), "msgtype", "poem"), 40008},
		{"empty text", textTo("lisi", ""), 44004},
		{"no receiver", textTo("", "x"), 82001},
		{"1001 receivers", textTo(users, "x"), 40032},
		{"only unknown receivers", textTo("nobody|zhaoliu", "x"), 81013},
		{"markdown too long", obj{"touser": "lisi", "msgtype": "markdown", "agentid": testAgent, "markdown": obj{"content": long}}, 45002},
		{"textcard without url", textcard("url", nil), 40058},
		{"textcard url without scheme", textcard("url", "a.cn"), 40058},
		{"textcard url too long", textcard("url", "https://a.cn/"+strings.Repeat("x", 2048)), 45002},
		{"nine articles", obj{
			"touser": "lisi", "msgtype": "news", "agentid": testAgent,
			"news": obj{"articles": repeat(9, func(int) obj { return obj{"title": "t", "url": "https://a.cn"} })},
		}, 45008},
		{"unknown media", obj{"touser": "lisi", "msgtype": "file", "agentid": testAgent, "file": obj{"media_id": "x"}}, 40007},
		{"duplicate interval over 4 hours", with(with(textTo("lisi", "x"), "enable_duplicate_check", 1), "duplicate_check_interval", 14401), 40058},

		{"card without type", button("card_type", nil), 40058},
		{"card without task_id", button("task_id", nil), 40058},
		{"task_id with a dot", button("task_id", "a.b"), 42014},
		{"task_id of 129 bytes", button("task_id", strings.Repeat("a", 129)), 42014},
		{"button card without title", button("main_title", nil), 40058},
		{"seven buttons", button("button_list", repeat(7, func(i int) obj { return obj{"text": "x", "key": fmt.Sprint(i)} })), 40058},
		{"no buttons", button("button_list", nil), 40058},
		{"button without key", button("button_list", []obj{{"text": "x"}}), 40058},
		{"button style 5", button("button_list", []obj{{"text": "x", "key": "k", "style": 5}}), 40058},
		{"repeated button keys", button("button_list", []obj{{"text": "x", "key": "k"}, {"text": "y", "key": "k"}}), 40058},
		{"url button without url", button("button_list", []obj{{"text": "x", "type": 1}}), 40058},
		{"button key of 1025 bytes", button("button_list", []obj{{"text": "x", "key": strings.Repeat("k", 1025)}}), 40058},
		{"seven facts", button("horizontal_content_list", repeat(7, func(int) obj { return obj{"keyname": "k"} })), 40058},
		{"fact without keyname", button("horizontal_content_list", []obj{{"value": "v"}}), 40058},
		{"four jumps", cardTo("lisi", with(notice, "jump_list", repeat(4, func(int) obj { return obj{"title": "t"} }))), 40058},
		{"four menu actions", button("action_menu", obj{"action_list": repeat(4, func(i int) obj { return obj{"text": "x", "key": fmt.Sprint(i)} })}), 40058},
		{"selection of 11", button("button_selection", obj{"question_key": "q", "option_list": options(11)}), 40058},
		{"selected_id that is no option", button("button_selection", obj{"question_key": "q", "selected_id": "z", "option_list": options(2)}), 40058},
		{"colour out of range", button("source", obj{"desc": "x", "desc_color": 4}), 40058},
		{"vote without checkbox", vote("checkbox", nil), 40058},
		{"vote without submit", vote("submit_button", nil), 40058},
		{"vote of 21", vote("checkbox", box(options(21))), 40058},
		{"vote with repeated ids", vote("checkbox", box([]obj{{"id": "a", "text": "x"}, {"id": "a", "text": "y"}})), 40058},
		{"vote with long id", vote("checkbox", box([]obj{{"id": strings.Repeat("a", 129), "text": "x"}})), 40058},
		{"vote without question_key", vote("checkbox", obj{"option_list": options(2)}), 40058},
		{"four selectors", multi("select_list", repeat(4, func(i int) obj { return obj{"question_key": fmt.Sprint(i), "option_list": options(2)} })), 40058},
		{"repeated question_key", multi("select_list", repeat(2, func(int) obj { return obj{"question_key": "q", "option_list": options(2)} })), 40058},
		{"selector of 11", multi("select_list", []obj{{"question_key": "q", "option_list": options(11)}}), 40058},
		{"notice without action", cardTo("lisi", with(notice, "card_action", nil)), 40058},
		{"notice without any title", cardTo("lisi", with(notice, "main_title", nil)), 40058},
		{"notice with menu and no task_id", cardTo("lisi", with(notice, "action_menu", obj{"action_list": []obj{{"text": "x", "key": "k"}}})), 40058},
		{"news without image", cardTo("lisi", with(news, "card_image", nil)), 40058},
		{"news with a flat image", cardTo("lisi", with(news, "card_image", obj{"url": "https://a.cn/x.png", "aspect_ratio": 3})), 40058},
		{"news with five lines", cardTo("lisi", with(news, "vertical_content_list", repeat(5, func(int) obj { return obj{"title": "t"} }))), 40058},
	}
	r := newRig(t, nil).login()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if a := r.post(sendPath, c.body); a.ErrCode != c.code {
				t.Errorf("errcode %d %s, want %d", a.ErrCode, a.ErrMsg, c.code)
			}
		})
	}
	for i, card := range []obj{buttonCard("G1"), voteCard("G2"), multiCard("G3"), notice, news} {
		a := r.post(sendPath, cardTo("lisi", card))
		if a.ErrCode != 0 {
			t.Errorf("good card %v: %d %s", card["card_type"], a.ErrCode, a.ErrMsg)
		}
		if wants := i < 3; (a.ResponseCode != "") != wants {
			t.Errorf("%v: response_code %q", card["card_type"], a.ResponseCode)
		}
	}
	if a := r.get(sendPath, nil); a.ErrCode != 40058 {
		t.Errorf("GET on send: %d", a.ErrCode)
	}
}

func TestCallbackCardsNeedACallbackAddress(t *testing.T) {
	r := newRig(t, func(c *Config) { c.CallbackURL = "" }).login()
	if a := r.post(sendPath, cardTo("lisi", buttonCard("T"))); a.ErrCode != 40058 {
		t.Errorf("errcode %d", a.ErrCode)
	}
}

func TestLongTextIsCutSilentlyAndNoted(t *testing.T) {
	r := newRig(t, nil).login()
	if a := r.post(sendPath, textTo("lisi", strings.Repeat("清", 683))); a.ErrCode != 0 { // 2049 bytes
		t.Fatal(a.raw)
	}
	if got := r.sim.Phone("lisi").Messages()[0].Text; got != strings.Repeat("清", 682) {
		t.Errorf("%d bytes shown", len(got))
	}
	if len(r.sim.Violations()) != 1 {
		t.Errorf("violations: %v", r.sim.Violations())
	}
}

func TestAdvisoryLengthsAndUnknownFieldsAreWarnings(t *testing.T) {
	r := newRig(t, nil).login()
	if r.post(sendPath, cardTo("lisi", buttonCard("T1"))); len(r.sim.Warnings()) != 0 {
		t.Fatalf("a clean card warns: %v", r.sim.Warnings())
	}
	card := with(buttonCard("T2"), "main_title", obj{"title": strings.Repeat("长", 37)})
	card["horizontal_content_list"] = []obj{{"keyname": "六个字的键名", "value": "v", "colour": "red"}}
	card["checkbox"] = voteCard("")["checkbox"]
	if a := r.post(sendPath, cardTo("lisi", card)); a.ErrCode != 0 {
		t.Fatal(a.raw)
	}
	all := fmt.Sprint(r.sim.Warnings())
	for _, want := range []string{"main_title.title: 37字", "keyname: 6字", "unknown field template_card.horizontal_content_list.colour", "checkbox is not part of"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning about %q in %s", want, all)
		}
	}
}

func TestPartialFailureIsErrcodeZeroInLowerCase(t *testing.T) {
	r := newRig(t, nil).login()
	a := r.post(sendPath, textTo("ZHANGSAN|NoBody|wangwu|zhaoliu", "x"))
	if a.ErrCode != 0 || string(a.InvalidUser) != `"nobody|zhaoliu"` || a.Unlicensed != "wangwu" {
		t.Errorf("%s", a.raw)
	}
	if n := len(r.sim.Phone("zhangsan").Messages()); n != 1 {
		t.Errorf("%d messages for zhangsan", n)
	}
	if n := len(r.sim.Phone("wangwu").Messages()); n != 0 {
		t.Error("an unlicensed member got the message")
	}
}

func TestDuplicateCheckComesBeforeTaskIDAndHasNoResponseCode(t *testing.T) {
	r := newRig(t, nil).login()
	body := with(with(cardTo("lisi", buttonCard("T1")), "enable_duplicate_check", 1), "duplicate_check_interval", 600)
	if a := r.post(sendPath, body); a.ErrCode != 0 || a.ResponseCode == "" {
		t.Fatal(a.raw)
	}
	if a := r.post(sendPath, body); a.ErrCode != 0 || a.ResponseCode != "" || a.MsgID != "" {
		t.Errorf("duplicate: %s", a.raw)
	}
	if n := len(r.sim.Phone("lisi").Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
	if a := r.post(sendPath, with(body, "safe", 0)); a.ErrCode != 42014 {
		t.Errorf("other JSON, same task_id: %d", a.ErrCode)
	}
	r.advance(600 * time.Second)
	if a := r.post(sendPath, body); a.ErrCode != 42014 {
		t.Errorf("after the window: %d", a.ErrCode)
	}
}

func TestThe31stMessageOfAMinuteVanishes(t *testing.T) {
	r := newRig(t, nil).login()
	for i := range 31 {
		if a := r.post(sendPath, textTo("lisi|zhangsan", fmt.Sprint(i))); a.ErrCode != 0 || a.MsgID == "" {
			t.Fatal(a.raw)
		}
	}
	if n := len(r.sim.Phone("lisi").Messages()); n != 30 {
		t.Errorf("%d messages shown", n)
	}
	if d := r.sim.Dropped(); len(d) != 2 || d[0].Reason != "30/min" {
		t.Errorf("dropped: %v", d)
	}
	r.advance(59 * time.Second)
	r.post(sendPath, textTo("lisi", "still blocked"))
	if n := len(r.sim.Dropped()); n != 3 {
		t.Errorf("blocked for less than the window: %d dropped", n)
	}
	r.advance(2 * time.Second)
	r.post(sendPath, textTo("lisi", "free again"))
	if n := len(r.sim.Phone("lisi").Messages()); n != 31 {
		t.Errorf("%d messages shown", n)
	}
}

func TestThe1001stMessageOfAnHourVanishes(t *testing.T) {
	r := newRig(t, nil).login()
	for i := range 1001 {
		r.post(sendPath, textTo("lisi", fmt.Sprint(i)))
		r.advance(3 * time.Second)
	}
	if d := r.sim.Dropped(); len(d) != 1 || d[0].Reason != "1000/h" {
		t.Errorf("dropped: %v", d)
	}
}

func TestDailyQuotaIsAccountsTimes200(t *testing.T) {
	r := newRig(t, func(c *Config) { c.AccountLimit = 1 }).login()
	for i := range 100 {
		if a := r.post(sendPath, textTo("lisi|zhangsan", fmt.Sprint(i))); a.ErrCode != 0 {
			t.Fatal(a.raw)
		}
	}
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 45009 {
		t.Errorf("errcode %d", a.ErrCode)
	}
	r.advance(24 * time.Hour)
	r.login()
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 0 {
		t.Errorf("next day: %d", a.ErrCode)
	}
}

func TestOtherAPIsAreLimitedPerMinute(t *testing.T) {
	r := newRig(t, func(c *Config) { c.APIPerMinute = 3 }).login()
	codes := ""
	for range 4 {
		codes += fmt.Sprint(r.get("/cgi-bin/user/get", url.Values{"userid": {"lisi"}}).ErrCode, " ")
	}
	if codes != "0 0 0 45009 " {
		t.Error(codes)
	}
	r.advance(time.Minute)
	if a := r.get("/cgi-bin/user/get", url.Values{"userid": {"lisi"}}); a.ErrCode != 0 {
		t.Errorf("a minute later: %d", a.ErrCode)
	}
}

func TestResponseCodeWorksOnceAndFor72Hours(t *testing.T) {
	r := newRig(t, nil).login()
	update := func(code string, users ...string) answerJSON {
		return r.post(updatePath, obj{"userids": users, "agentid": testAgent, "response_code": code, "button": obj{"replace_name": "已处理"}})
	}
	a := r.post(sendPath, cardTo("lisi|zhangsan", buttonCard("T1")))
	if u := update(a.ResponseCode, "nobody"); u.ErrCode != 81013 {
		t.Errorf("only strangers: %s", u.raw)
	}
	if u := update(a.ResponseCode, "LiSi", "Nobody"); u.ErrCode != 0 || string(u.InvalidUser) != `["nobody"]` {
		t.Errorf("update: %s", u.raw)
	}
	if m := r.sim.Phone("lisi").Messages()[0]; m.Card.ReplaceText != "已处理" || m.Live() {
		t.Errorf("card of lisi: %+v", m.Card)
	}
	if m := r.sim.Phone("zhangsan").Messages()[0]; !m.Live() {
		t.Error("zhangsan's card changed too")
	}
	if u := update(a.ResponseCode, "zhangsan"); u.ErrCode == 0 {
		t.Error("second use accepted")
	}
	// A click brings a fresh code.
	if err := r.sim.Phone("zhangsan").Press(t.Context(), "ok"); err != nil {
		t.Fatal(err)
	}
	fresh := r.last().ResponseCode
	r.advance(72*time.Hour - time.Second)
	r.login()
	if u := update(fresh, "zhangsan"); u.ErrCode != 0 {
		t.Errorf("fresh code just before 72 h: %s", u.raw)
	}
	b := r.post(sendPath, cardTo("lisi", buttonCard("T2")))
	r.advance(72 * time.Hour)
	r.login()
	if u := update(b.ResponseCode, "lisi"); u.ErrCode == 0 {
		t.Error("accepted after 72 h")
	}
}

func TestUpdateReplacesTheWholeCardUnderTheSameRules(t *testing.T) {
	r := newRig(t, nil).login()
	r.post(sendPath, cardTo("lisi", buttonCard("T0")))
	a := r.post(sendPath, cardTo("lisi", voteCard("T1")))
	body := func(card obj) obj {
		return obj{"userids": []string{"lisi"}, "agentid": testAgent, "response_code": a.ResponseCode, "template_card": card}
	}
	if u := r.post(updatePath, body(with(voteCard("T1"), "submit_button", nil))); u.ErrCode != 40058 {
		t.Errorf("incomplete card: %s", u.raw)
	}
	if u := r.post(updatePath, body(voteCard("T0"))); u.ErrCode != 42014 {
		t.Errorf("task_id of another card: %s", u.raw)
	}
	card := with(voteCard("T1"), "replace_text", "已提交")
	card["checkbox"].(obj)["disable"] = true
	if u := r.post(updatePath, body(card)); u.ErrCode != 0 {
		t.Errorf("the failures above spent the code: %s", u.raw)
	}
	if m, _ := r.sim.Phone("lisi").Last(); m.Card.ReplaceText != "已提交" || m.Live() {
		t.Errorf("%+v", m.Card)
	}
	if w := r.sim.Warnings(); len(w) != 0 {
		t.Errorf("warnings: %v", w)
	}
}

func TestRecallWorksFor24HoursAndNotInThePlugin(t *testing.T) {
	r := newRig(t, nil).login()
	r.sim.Phone("zhangsan").SetPlugin(true)
	a := r.post(sendPath, textTo("lisi|zhangsan", "x"))
	r.advance(23 * time.Hour)
	r.login()
	if b := r.post("/cgi-bin/message/recall", obj{"msgid": a.MsgID}); b.ErrCode != 0 {
		t.Error(b.raw)
	}
	if !r.sim.Phone("lisi").Messages()[0].Recalled || r.sim.Phone("zhangsan").Messages()[0].Recalled {
		t.Error("recall shows on the wrong phones")
	}
	a = r.post(sendPath, textTo("lisi", "y"))
	r.advance(24 * time.Hour)
	r.login()
	if b := r.post("/cgi-bin/message/recall", obj{"msgid": a.MsgID}); b.ErrCode != 40058 {
		t.Error(b.raw)
	}
}
