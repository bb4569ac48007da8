package wecom_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/wecom"
	"qingfeng/bot/wecom/wecomsim"
)

func reminding() bot.Push {
	return bot.Push{
		Kind: "reminder", Lane: bot.LaneBulk, Text: "有1件事10月12日到期。回“待办”看是哪一件，回“明天再提醒”改天再说。",
		Card: bot.Card{
			Title: "有1件事快到期", Desc: "10月12日到期", Facts: []bot.Fact{{Key: "事项", Value: "岗位风险点自查"}},
			Buttons: []bot.Option{{Text: "去填", URL: "https://a.gov.cn/x"}, {Text: "明天再提醒", Key: "remind.tomorrow:20261008", Minor: true}},
		},
	}
}

func TestOneBodyGoesToManyAndIsTheSameEachTime(t *testing.T) {
	p := newPeer(t)
	for _, mode := range []bot.Mode{bot.ModeCard, bot.ModeText} {
		body, err := p.render.RenderPush(reminding(), mode, []bot.UserID{"LiSi", "ZhangSan"}, "p-"+string(mode))
		if err != nil {
			t.Fatal(err)
		}
		p.advance(time.Hour)
		again, err := wecom.NewRenderer(1000002, p.clock).RenderPush(reminding(), mode, []bot.UserID{"LiSi", "ZhangSan"}, "p-"+string(mode))
		if err != nil || !bytes.Equal(body, again) {
			t.Errorf("%v\n%s\n%s", err, body, again)
		}
		receipt, err := p.client.Send(t.Context(), body)
		if err != nil || receipt.MsgID == "" {
			t.Fatal(receipt, err)
		}
		if again, err := p.client.Send(t.Context(), body); err != nil || again.MsgID != "" {
			t.Error("sent again", again, err)
		}
		// Another batch of the same words to the same people is another message.
		other, err := p.render.RenderPush(reminding(), mode, []bot.UserID{"LiSi", "ZhangSan"}, "p2-"+string(mode))
		if err != nil || bytes.Equal(body, other) {
			t.Error("two batches, the same bytes", err)
		}
	}
	for _, who := range []string{"LiSi", "ZhangSan"} {
		got := p.sim.Phone(who).Messages()
		if len(got) != 2 || got[0].Card == nil || got[0].Card.TaskID != "p-card" || got[1].Text != reminding().Text {
			t.Fatalf("%s: %+v", who, got)
		}
		if strings.Contains(got[0].Render(), "A1") || strings.Contains(got[0].Render(), "字母") {
			t.Errorf("a list letter:\n%s", got[0].Render())
		}
		// Each one's press comes back with the task and a code of its own.
		if err := p.sim.Phone(who).Press(t.Context(), "明天再提醒"); err != nil {
			t.Fatal(err)
		}
	}
	got := p.messages()
	if len(got) != 2 || got[0].Press.TaskID != "p-card" || got[1].Press.TaskID != "p-card" || got[0].Press.Code == got[1].Press.Code || got[0].Press.Key != "remind.tomorrow:20261008" {
		t.Fatalf("%+v", got)
	}
	// Updated for one, the card stays for the other.
	update, err := p.render.RenderUpdate("LiSi", "已选：明天再提醒")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Update(t.Context(), update, got[0].Press.Code); err != nil {
		t.Fatal(err)
	}
	if p.sim.Phone("LiSi").Messages()[0].Live() || !p.sim.Phone("ZhangSan").Messages()[0].Live() {
		t.Error("the wrong card was changed")
	}
	p.clean()
}

func TestWhoCannotBeReachedIsNamedAndTheOthersHaveIt(t *testing.T) {
	p := newPeer(t)
	body, err := p.render.RenderPush(reminding(), bot.ModeCard, []bot.UserID{"LiSi", "Nobody", "WangWu", "ZhangSan"}, "p-1")
	if err != nil {
		t.Fatal(err)
	}
	fault := p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultInvalid, Path: "/cgi-bin/message/send", UserID: "zhangsan"})
	receipt, err := p.client.Send(t.Context(), body)
	if err != nil || fmt.Sprint(receipt.Invalid) != "[nobody zhangsan wangwu]" || fault.Fired() != 1 {
		t.Errorf("%+v %v", receipt, err)
	}
	if len(p.sim.Phone("LiSi").Messages()) != 1 || len(p.sim.Phone("ZhangSan").Messages()) != 0 {
		t.Error("delivered to the wrong people")
	}
	none, err := p.render.RenderPush(reminding(), bot.ModeText, []bot.UserID{"Nobody", "WangWu"}, "p-2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Send(t.Context(), none); outcome(t, err).Outcome != bot.Unreachable {
		t.Error(err)
	}
}

func TestAPushThatWouldGoWrongIsRefusedBeforeItIsFrozen(t *testing.T) {
	p := newPeer(t)
	many := make([]bot.UserID, 1001)
	for i := range many {
		many[i] = bot.UserID(fmt.Sprintf("u%d", i))
	}
	if _, err := p.render.RenderPush(reminding(), bot.ModeCard, many[:1000], "p"); err != nil {
		t.Error(err)
	}
	long := reminding()
	long.Text = strings.Repeat("长", 683)
	link := reminding()
	link.Card.Buttons[0].URL = "/x"
	for name, err := range map[string]error{
		"more than 1,000":   second(p.render.RenderPush(reminding(), bot.ModeCard, many, "p")),
		"nobody":            second(p.render.RenderPush(reminding(), bot.ModeCard, nil, "p")),
		"everybody":         second(p.render.RenderPush(reminding(), bot.ModeCard, []bot.UserID{"@all"}, "p")),
		"two in one":        second(p.render.RenderPush(reminding(), bot.ModeCard, []bot.UserID{"a|b"}, "p")),
		"twice":             second(p.render.RenderPush(reminding(), bot.ModeCard, []bot.UserID{"a", "A"}, "p")),
		"no task":           second(p.render.RenderPush(reminding(), bot.ModeCard, many[:1], "")),
		"2,049 bytes":       second(p.render.RenderPush(long, bot.ModeText, many[:1], "p")),
		"no words":          second(p.render.RenderPush(bot.Push{Text: " "}, bot.ModeText, many[:1], "p")),
		"a link to nowhere": second(p.render.RenderPush(link, bot.ModeCard, many[:1], "p")),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	// A card that does not fit goes out as the push's own text.
	wide := reminding()
	wide.Card.Body = strings.Repeat("说明", 81)
	body, err := p.render.RenderPush(wide, bot.ModeCard, []bot.UserID{"LiSi"}, "p")
	if err != nil || !bytes.Contains(body, []byte(`"msgtype":"text"`)) || !bytes.Contains(body, []byte("回“待办”看是哪一件")) {
		t.Errorf("%s %v", body, err)
	}
	// A single reply is still for one person.
	if _, err := p.render.Render(bot.Reply{To: "a|b", Text: "x"}, bot.ModeText, "", ""); err == nil {
		t.Error("a reply to two")
	}
}

func second(_ []byte, err error) error { return err }

func TestAPictureIsShownBeforeTheWords(t *testing.T) {
	p := newPeer(t)
	var chart bytes.Buffer
	if err := png.Encode(&chart, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	id, err := p.client.Upload(t.Context(), "image", "progress.png", chart.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	card := bot.Card{Title: "各股室进度", Buttons: []bot.Option{{Text: "看名单", Key: "k"}}}
	p.say(bot.Reply{To: "LiSi", Picture: id}, bot.ModeCard, "")
	p.say(bot.Reply{To: "LiSi", Picture: id, Text: "今天的进度："}, bot.ModeText, "")
	p.say(bot.Reply{To: "LiSi", Picture: id, Card: &card}, bot.ModeCard, "t1")
	var kinds []string
	var last wecomsim.Shown
	for _, m := range p.sim.Phone("LiSi").Messages() {
		kinds = append(kinds, m.Kind)
		if m.Kind == "image" {
			last = m
		}
	}
	if fmt.Sprint(kinds) != "[image image text image template_card]" {
		t.Errorf("%v", kinds)
	}
	// The phone's page can draw it.
	page := httptest.NewServer(p.sim.Handler())
	defer page.Close()
	resp, err := http.Get(page.URL + "/sim/media/" + last.MediaID)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Content-Type") != "image/png" || !bytes.Equal(raw, chart.Bytes()) || last.FileName != "progress.png" {
		t.Errorf("%s %d bytes %v", resp.Header.Get("Content-Type"), len(raw), err)
	}
	p.clean()
	// After three days it is gone.
	p.advance(72 * time.Hour)
	bodies, err := p.render.Render(p.numbered(bot.Reply{To: "LiSi", Picture: id}), bot.ModeCard, "", "")
	if err != nil || !json.Valid(bodies[0]) {
		t.Fatal(err)
	}
	if _, err := p.client.Send(t.Context(), bodies[0]); outcome(t, err).Code != 40007 {
		t.Error(err)
	}
}
