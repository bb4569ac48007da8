package wecomsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVerificationWantsExactlyThePlaintextWithinASecond(t *testing.T) {
	r := newRig(t, nil)
	if err := r.sim.VerifyURL(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.reply(func(in inbound) (int, string) { return 200, `{"echo":"` + in.Content + `"}` })
	if err := r.sim.VerifyURL(t.Context()); err == nil {
		t.Error("JSON around the echo was accepted")
	}
	r.reply(func(in inbound) (int, string) { return 200, in.Content + "\n" })
	if err := r.sim.VerifyURL(t.Context()); err == nil {
		t.Error("a trailing newline was accepted")
	}
	r.reply(func(in inbound) (int, string) { time.Sleep(1100 * time.Millisecond); return 200, in.Content })
	if err := r.sim.VerifyURL(t.Context()); err == nil {
		t.Error("a late echo was accepted")
	}
}

func TestTypedTextArrivesSignedWithItsMsgID(t *testing.T) {
	r := newRig(t, nil)
	text := "你好 <b>&]]> 😀"
	if err := r.sim.Phone("zhangsan").Type(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	in := r.last()
	if in.FromUserName != "ZhangSan" || in.MsgType != "text" || in.Content != text || len(in.MsgID) != 19 {
		t.Errorf("%+v", in)
	}
	if m := r.sim.Phone("zhangsan").Messages(); len(m) != 1 || m[0].From != FromMe || m[0].MsgID != in.MsgID {
		t.Errorf("phone: %+v", m)
	}
}

func TestOtherMessagesAndEventsHaveTheirFields(t *testing.T) {
	r := newRig(t, nil)
	p, ctx := r.sim.Phone("lisi"), t.Context()
	steps := []struct {
		do   func() error
		want string
	}{
		{func() error { return p.Open(ctx) }, "event/enter_agent/"},
		{func() error { return p.Menu(ctx, "progress") }, "event/click/progress"},
		{func() error { return p.Menu(ctx, "https://a.cn/") }, "event/view/https://a.cn/"},
		{func() error { return p.SendVoice(ctx) }, "voice//"},
		{func() error { return p.SendImage(ctx) }, "image//"},
		{func() error { return p.SendSticker(ctx) }, "image//"},
		{func() error { return p.SendVideo(ctx) }, "video//"},
		{func() error { return p.SendLocation(ctx, "局里", 30, 120) }, "location//"},
		{func() error { return p.SendLink(ctx, "t", "d", "https://a.cn") }, "link//"},
		{func() error { return r.sim.Join(ctx, Member{UserID: "new", Name: "新人"}) }, "event/subscribe/"},
		{func() error { return r.sim.Leave(ctx, "new") }, "event/unsubscribe/"},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.want, err)
		}
		in := r.last()
		if got := in.MsgType + "/" + in.Event + "/" + in.EventKey; got != s.want {
			t.Errorf("got %s, want %s", got, s.want)
		}
		if isEvent := in.MsgType == "event"; isEvent == (in.MsgID != "") {
			t.Errorf("%s: MsgId %q", s.want, in.MsgID)
		}
	}
	if err := r.sim.Phone("new").Type(ctx, "x"); !errors.Is(err, ErrLeft) {
		t.Errorf("someone who left can still type: %v", err)
	}
	if err := r.sim.Join(ctx, Member{UserID: "new"}); err != nil || r.sim.Members()[2].Name != "新人" {
		t.Errorf("return: %v %+v", err, r.sim.Members())
	}
}

func TestRangeChangesSendSubscribeAndUnsubscribe(t *testing.T) {
	r := newRig(t, nil)
	if err := r.sim.SetRange(t.Context(), []string{"lisi"}, []int{2}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range r.received() {
		got = append(got, in.FromUserName+" "+in.Event)
	}
	if want := []string{"wangwu unsubscribe", "zhaoliu unsubscribe"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	// A move between departments is no event unless it crosses the range.
	if err := r.sim.Update(t.Context(), Member{UserID: "wangwu", Name: "王五", Departments: []int{2}}); err != nil {
		t.Fatal(err)
	}
	if in := r.last(); in.FromUserName != "wangwu" || in.Event != "subscribe" {
		t.Errorf("%+v", in)
	}
}

func TestNoAnswerOrNon200IsDeliveredThreeTimesInAll(t *testing.T) {
	for name, answer := range map[string]func(inbound) (int, string){
		"timeout": func(inbound) (int, string) { time.Sleep(350 * time.Millisecond); return 200, "" },
		"500":     func(inbound) (int, string) { return 500, "" },
		"302":     func(inbound) (int, string) { return 302, "" },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.reply(answer)
			err := r.sim.Phone("lisi").Type(t.Context(), "x")
			if !errors.Is(err, ErrNotAcknowledged) {
				t.Errorf("error %v", err)
			}
			if err := r.sim.Idle(within(t, time.Second)); err != nil {
				t.Fatal(err)
			}
			list := r.received()
			if len(list) != 3 || list[0].MsgID != list[2].MsgID {
				t.Errorf("%d deliveries", len(list))
			}
			if d := r.sim.Deliveries("lisi"); len(d) != 3 || d[2].Attempt != 3 {
				t.Errorf("record: %+v", d)
			}
		})
	}
}

func TestRetriesStopAtTheFirst200(t *testing.T) {
	r := newRig(t, nil)
	n := 0
	r.reply(func(inbound) (int, string) {
		n++
		if n < 2 {
			return 503, ""
		}
		return 200, ""
	})
	if err := r.sim.Phone("lisi").Type(t.Context(), "x"); err != nil || n != 2 {
		t.Errorf("%v after %d deliveries", err, n)
	}
}

func TestOnePersonsCallbacksKeepTheirOrder(t *testing.T) {
	r := newRig(t, nil)
	r.reply(func(in inbound) (int, string) {
		if in.Content == "0" {
			time.Sleep(50 * time.Millisecond)
		}
		return 200, ""
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 20 {
		_ = r.sim.Phone("lisi").Type(gone, fmt.Sprint(i)) // does not wait; delivery goes on
	}
	if err := r.sim.Idle(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	for i, in := range r.received() {
		if in.Content != fmt.Sprint(i) {
			t.Fatalf("at %d came %s", i, in.Content)
		}
	}
}

func TestPassiveTextIsShownAndChecked(t *testing.T) {
	r := newRig(t, nil)
	p := r.sim.Phone("lisi")
	r.reply(func(inbound) (int, string) {
		return 200, r.passive("lisi", "<MsgType>text</MsgType><Content>收到</Content>")
	})
	if err := p.Type(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if m, _ := p.Last(); m.Text != "收到" {
		t.Errorf("%+v", m)
	}
	if v := r.sim.Violations(); len(v) != 0 {
		t.Fatalf("violations: %v", v)
	}
	for name, body := range map[string]string{
		"plain text":     "hello",
		"forged":         strings.Replace(r.passive("lisi", "<MsgType>text</MsgType><Content>x</Content>"), "<Nonce>", "<Nonce>0", 1),
		"someone else":   r.passive("zhangsan", "<MsgType>text</MsgType><Content>x</Content>"),
		"unknown type":   r.passive("lisi", "<MsgType>poem</MsgType>"),
		"a card update":  r.passive("lisi", "<MsgType>update_button</MsgType><Button><ReplaceName>好</ReplaceName></Button>"),
		"missing medium": r.passive("lisi", "<MsgType>image</MsgType><Image><MediaId>x</MediaId></Image>"),
	} {
		before := len(r.sim.Violations())
		r.reply(func(inbound) (int, string) { return 200, body })
		if err := p.Type(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if len(r.sim.Violations()) != before+1 {
			t.Errorf("%s was accepted", name)
		}
	}
	r.reply(func(inbound) (int, string) { return 200, "success" })
	before := len(r.sim.Violations())
	if err := p.Type(t.Context(), "x"); err != nil || len(r.sim.Violations()) != before {
		t.Errorf("the word success: %v", err)
	}
}

func TestPassiveCardUpdatesTouchOnlyTheClickersPhone(t *testing.T) {
	r := newRig(t, nil).login()
	r.post(sendPath, cardTo("lisi|zhangsan", buttonCard("T1")))
	r.reply(func(in inbound) (int, string) {
		return 200, r.passive(in.FromUserName, "<MsgType>update_button</MsgType><Button><ReplaceName>已同意</ReplaceName></Button>")
	})
	p := r.sim.Phone("lisi")
	if err := p.Press(t.Context(), "同意"); err != nil {
		t.Fatal(err)
	}
	if m, _ := p.Last(); m.Card.ReplaceText != "已同意" {
		t.Errorf("%+v", m.Card)
	}
	if m, _ := r.sim.Phone("zhangsan").Last(); !m.Live() {
		t.Error("the other phone changed")
	}
	if err := p.PressOn(t.Context(), p.Messages()[0].MsgID, "ok"); !errors.Is(err, ErrGrey) {
		t.Errorf("pressing a grey button: %v", err)
	}
	card := "<MsgType>update_template_card</MsgType><TemplateCard><CardType>text_notice</CardType><MainTitle><Title>办结</Title></MainTitle>" +
		"<HorizontalContentList><KeyName>结果</KeyName><Value>同意</Value></HorizontalContentList><CardAction><Type>1</Type><Url>https://a.cn</Url></CardAction></TemplateCard>"
	r.reply(func(in inbound) (int, string) { return 200, r.passive(in.FromUserName, card) })
	q := r.sim.Phone("zhangsan")
	if err := q.Press(t.Context(), "back"); err != nil {
		t.Fatal(err)
	}
	if m, _ := q.Last(); m.Card.CardType != TextNotice || m.Card.Facts[0].Value != "同意" || m.Live() {
		t.Errorf("%+v", m.Card)
	}
	if v := r.sim.Violations(); len(v) != 0 {
		t.Errorf("violations: %v", v)
	}
}

func TestPassiveRepliesWhereNoneIsAcceptedAreViolations(t *testing.T) {
	r := newRig(t, nil).login()
	r.post(sendPath, cardTo("lisi", buttonCard("T1")))
	r.reply(func(in inbound) (int, string) {
		return 200, r.passive(in.FromUserName, "<MsgType>text</MsgType><Content>x</Content>")
	})
	if err := r.sim.Phone("lisi").Press(t.Context(), "ok"); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Leave(t.Context(), "zhangsan"); err != nil {
		t.Fatal(err)
	}
	if v := r.sim.Violations(); len(v) != 2 {
		t.Errorf("violations: %v", v)
	}
}

func TestTestsCanSpoilACallback(t *testing.T) {
	r := newRig(t, nil)
	req, err := r.sim.CallbackRequest(t.Context(), "<xml><MsgType>text</MsgType></xml>")
	if err != nil {
		t.Fatal(err)
	}
	q := req.URL.Query()
	q.Set("msg_signature", strings.Repeat("0", 40))
	req.URL.RawQuery = q.Encode()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 || len(r.received()) != 0 {
		t.Errorf("forged callback: HTTP %d", resp.StatusCode)
	}
}
