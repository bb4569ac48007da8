package wecomsim

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestButtonsVotesAndSelectorsSendTheirAnswers(t *testing.T) {
	r := newRig(t, nil).login()
	p, ctx := r.sim.Phone("lisi"), t.Context()
	if err := p.Press(ctx, "1"); !errors.Is(err, ErrNoCard) {
		t.Errorf("press without a card: %v", err)
	}

	r.post(sendPath, cardTo("lisi", buttonCard("T1")))
	if err := p.Press(ctx, "2"); err != nil {
		t.Fatal(err)
	}
	in := r.last()
	if in.Event != "template_card_event" || in.EventKey != "back" || in.TaskID != "T1" || in.CardType != ButtonInteraction || in.ResponseCode == "" || in.MsgID != "" {
		t.Errorf("press: %+v", in)
	}

	r.post(sendPath, cardTo("lisi", voteCard("T2")))
	if err := p.Vote(ctx, "3", "a"); err != nil {
		t.Fatal(err)
	}
	in = r.last()
	if in.EventKey != "submit" || len(in.Items) != 1 || in.Items[0].QuestionKey != "q" || strings.Join(in.Items[0].OptionIDs, ",") != "a,c" {
		t.Errorf("vote: %+v", in)
	}

	r.post(sendPath, cardTo("lisi", multiCard("T3")))
	if err := p.Select(ctx, map[string]string{"h": "2", "s1": "#2"}); err != nil {
		t.Fatal(err)
	}
	in = r.last()
	if len(in.Items) != 2 || in.Items[0].OptionIDs[0] != "1" || in.Items[1].OptionIDs[0] != "2" {
		t.Errorf("select: %+v", in)
	}
	r.post(sendPath, cardTo("lisi", multiCard("T4")))
	if err := p.Select(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if in = r.last(); in.Items[0].OptionIDs[0] != "0" {
		t.Errorf("an untouched selector answers its first option: %+v", in)
	}
	for _, err := range []error{p.Select(ctx, map[string]string{"s9": "1"}), p.Vote(ctx, "1"), p.PressN(ctx, "", 9)} {
		if !errors.Is(err, ErrNoButton) {
			t.Errorf("error %v", err)
		}
	}
	old := p.Messages()[0]
	if err := p.PressOn(ctx, old.MsgID, "ok"); err != nil || r.last().TaskID != "T1" {
		t.Errorf("pressing an old card: %v", err)
	}
}

func TestSelectionBesideButtonsAndURLButtons(t *testing.T) {
	r := newRig(t, nil).login()
	p, ctx := r.sim.Phone("lisi"), t.Context()
	card := with(buttonCard("T1"), "button_selection", obj{
		"question_key": "why", "title": "理由",
		"option_list": []obj{{"id": "x", "text": "太笼统"}, {"id": "y", "text": "不具体"}},
	})
	card["button_list"] = append(card["button_list"].([]obj), obj{"text": "查看", "type": 1, "url": "https://a.cn/v"})
	r.post(sendPath, cardTo("lisi", card))
	if err := p.Choose(ctx, "2"); err != nil {
		t.Fatal(err)
	}
	if len(r.received()) != 0 {
		t.Error("choosing alone sent something")
	}
	if err := p.Press(ctx, "查看"); err != nil || p.Opened()[0] != "https://a.cn/v" || len(r.received()) != 0 {
		t.Errorf("URL button: %v %v", err, p.Opened())
	}
	if err := p.Pick(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if in := r.last(); in.EventKey != "back" || in.Items[0].OptionIDs[0] != "y" {
		t.Errorf("%+v", in)
	}
}

func TestSingleVoteTakesOneOption(t *testing.T) {
	r := newRig(t, nil).login()
	card := voteCard("T1")
	card["checkbox"].(obj)["mode"] = 0
	r.post(sendPath, cardTo("lisi", card))
	p := r.sim.Phone("lisi")
	if err := p.Pick(t.Context(), 1, 2); !errors.Is(err, ErrNoButton) {
		t.Errorf("two options: %v", err)
	}
	if err := p.Pick(t.Context(), 2); err != nil || r.last().Items[0].OptionIDs[0] != "b" {
		t.Errorf("one option: %v", err)
	}
}

func TestCardMenuIsItsOwnEvent(t *testing.T) {
	r := newRig(t, nil).login()
	card := obj{
		"card_type": TextNotice, "task_id": "T1", "main_title": obj{"title": "t"}, "card_action": obj{"type": 1, "url": "https://a.cn"},
		"action_menu": obj{"desc": "更多", "action_list": []obj{{"text": "不再提醒", "key": "mute"}}},
	}
	if a := r.post(sendPath, cardTo("lisi", card)); a.ResponseCode == "" {
		t.Errorf("a card with a menu has a response_code: %s", a.raw)
	}
	p := r.sim.Phone("lisi")
	if err := p.CardMenu(t.Context(), p.Messages()[0].MsgID, "mute"); err != nil || r.last().Event != "template_card_menu_event" {
		t.Errorf("%v", err)
	}
}

func TestThePluginShowsNeitherCardsNorMarkdown(t *testing.T) {
	r := newRig(t, nil).login()
	p := r.sim.Phone("lisi")
	p.SetPlugin(true)
	r.post(sendPath, textTo("lisi", "文字"))
	r.post(sendPath, cardTo("lisi", buttonCard("T1")))
	r.post(sendPath, obj{"touser": "lisi", "msgtype": "markdown", "agentid": testAgent, "markdown": obj{"content": "**粗**"}})
	if m := p.Messages(); len(m) != 1 || m[0].Kind != "text" {
		t.Errorf("%d messages in the plug-in", len(m))
	}
	if err := p.Press(t.Context(), "1"); !errors.Is(err, ErrPlugin) {
		t.Errorf("press in the plug-in: %v", err)
	}
	p.SetPlugin(false)
	if m := p.Messages(); len(m) != 3 {
		t.Errorf("%d messages in WeCom", len(m))
	}
}

func TestWaitForSeesWhatComesLater(t *testing.T) {
	r := newRig(t, nil).login()
	go func() {
		time.Sleep(30 * time.Millisecond)
		r.post(sendPath, textTo("lisi", "后来"))
	}()
	m, err := r.sim.Phone("lisi").WaitFor(within(t, 3*time.Second), func(m Shown) bool { return m.Text == "后来" })
	if err != nil || m.From != FromApp {
		t.Errorf("%v %+v", err, m)
	}
	if _, err := r.sim.Phone("lisi").WaitFor(within(t, 20*time.Millisecond), func(m Shown) bool { return m.Text == "从未" }); err == nil {
		t.Error("found what never came")
	}
}

func TestRenderDrawsForATerminal(t *testing.T) {
	r := newRig(t, nil).login()
	p := r.sim.Phone("lisi")
	last := func() string { m, _ := p.Last(); return m.Render() }
	r.post(sendPath, textTo("lisi", `见<a href="https://a.cn/x">我的自查</a>`))
	if got := last(); got != "见我的自查（https://a.cn/x）" {
		t.Error(got)
	}
	card := with(buttonCard("T1"), "sub_title_text", "正文")
	card["horizontal_content_list"] = []obj{{"keyname": "岗位", "value": "窗口"}}
	r.post(sendPath, cardTo("lisi", card))
	if got, want := last(), "┌─\n│ 请审核\n│ 正文\n│ 岗位：窗口\n│ [1] 同意  [2] 退回\n└─"; got != want {
		t.Errorf("got\n%s", got)
	}
	r.post(sendPath, cardTo("lisi", voteCard("T2")))
	if err := p.Vote(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if got := last(); !strings.Contains(got, "[ ] 1 流程\n│ [√] 2 依据") || !strings.Contains(got, "[提交] 提交") {
		t.Errorf("got\n%s", got)
	}
	a := r.post(sendPath, cardTo("lisi", multiCard("T3")))
	if got := last(); !strings.Contains(got, "s1 可能性：▸1 请选择 / 2 高 / 3 低") {
		t.Errorf("got\n%s", got)
	}
	r.post(updatePath, obj{"userids": []string{"lisi"}, "agentid": testAgent, "response_code": a.ResponseCode, "button": obj{"replace_name": "已处理"}})
	if got := last(); !strings.Contains(got, "〔已处理〕") {
		t.Errorf("got\n%s", got)
	}
}
