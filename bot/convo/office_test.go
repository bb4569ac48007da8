package convo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

// form is the flow these chats are about: a word, a kind, some measures, a yes.
type form struct {
	Word     string
	Kind     string
	Measures []string
	Grades   map[string]string
}

var kinds = []bot.Option{{Text: "思想道德", Key: "moral"}, {Text: "岗位职责", Key: "duty", Say: []string{"职责"}}, {Text: "同意并提交", Key: "submit"}}

func formFlow() convo.Flow[form] {
	type step = convo.Step[form]
	return convo.Flow[form]{Name: "form", Version: 1, Start: "word", Steps: []step{
		{
			Name: "word", Free: true,
			Ask: func(_ context.Context, t *convo.Turn, _ *form) error {
				t.Ask(bot.Card{Title: "一句话", Buttons: []bot.Option{{Text: "举例", Key: "example"}}})
				return nil
			},
			Answer: func(_ context.Context, t *convo.Turn, s *form) (convo.Next, error) {
				if t.Answer.Key() == "example" {
					t.Say("例如：早退")
					return convo.Stay(), nil
				}
				s.Word = t.Answer.Text
				return convo.Goto("kind"), nil
			},
		},
		{
			Name: "kind",
			Ask: func(_ context.Context, t *convo.Turn, s *form) error {
				t.Ask(bot.Card{Title: "哪一类", Body: s.Word, Buttons: kinds})
				return nil
			},
			Answer: func(_ context.Context, t *convo.Turn, s *form) (convo.Next, error) {
				if s.Kind = t.Answer.Key(); s.Kind == "" {
					return convo.NotUnderstood(), nil
				}
				return convo.Goto("measures"), nil
			},
		},
		{
			Name: "measures", Number: true,
			Ask: func(_ context.Context, t *convo.Turn, _ *form) error {
				t.Ask(bot.Card{Title: "选措施", Pick: &bot.Pick{Multi: true, Submit: "好", Options: []bot.Option{
					{Text: "双人复核", Key: "m1"}, {Text: "台账", Key: "m2"}, {Text: "公开", Key: "m3"},
				}}})
				return nil
			},
			Answer: func(_ context.Context, t *convo.Turn, s *form) (convo.Next, error) {
				if len(t.Answer.Keys) == 0 {
					return convo.NotUnderstood(), nil
				}
				s.Measures = t.Answer.Keys
				return convo.Goto("grade"), nil
			},
		},
		{
			Name: "grade",
			Ask: func(_ context.Context, t *convo.Turn, _ *form) error {
				high := []bot.Option{{Text: "低", Key: "1"}, {Text: "高", Key: "2"}}
				t.Ask(bot.Card{Title: "评一评", Selects: []bot.Select{{Key: "p", Title: "可能", Options: high}, {Key: "h", Title: "危害", Options: high}}})
				return nil
			},
			Answer: func(_ context.Context, t *convo.Turn, s *form) (convo.Next, error) {
				if len(t.Answer.Selected) != 2 {
					return convo.NotUnderstood(), nil
				}
				s.Grades = t.Answer.Selected
				t.Say(fmt.Sprintf("记下了：%s/%s/%s/%s%s", s.Word, s.Kind, strings.Join(s.Measures, "+"), s.Grades["p"], s.Grades["h"]))
				return convo.Done(), nil
			},
		},
	}}
}

func say(words ...string) func(string) ([]string, bool) {
	return func(s string) ([]string, bool) {
		for _, w := range words {
			if s == w {
				return nil, true
			}
		}
		return nil, false
	}
}

// office is a router with the form flow, a review card, commands and a question.
func office(t testing.TB) *convo.Router {
	t.Helper()
	r := &convo.Router{
		Globals: []convo.Command{
			{Name: "help", Match: say("帮助"), Resume: true, Run: func(_ context.Context, t *convo.Turn) error {
				t.Say("这是帮助")
				return nil
			}},
			{Name: "back", Match: say("返回"), Run: func(_ context.Context, t *convo.Turn) error {
				if !t.Back() {
					t.Say("已经是第一步")
				}
				return nil
			}},
			{Name: "quit", Match: say("退出"), Run: func(_ context.Context, t *convo.Turn) error {
				t.Say("先到这里")
				t.End()
				return nil
			}},
			{Name: "text mode", Match: say("文字版"), Run: func(_ context.Context, t *convo.Turn) error {
				t.SetMode(bot.ModeText)
				t.Say("好的")
				return nil
			}},
			{Name: "side", Match: say("顺便"), Run: func(_ context.Context, t *convo.Turn) error {
				return t.Start("side", "", nil)
			}},
		},
		Starters: []convo.Command{{Name: "start", Match: say("自查"), Run: func(_ context.Context, t *convo.Turn) error {
			return t.Start("form", "", form{})
		}}},
		Presses: map[string]convo.Handler{
			"review.pass": func(_ context.Context, t *convo.Turn) error {
				t.Say(fmt.Sprintf("已同意第%d版", t.About.Version))
				t.Supersede(t.About, "已由"+string(t.Actor.UserID)+"同意")
				return nil
			},
			"review.look": func(_ context.Context, t *convo.Turn) error {
				t.Say("请看页面")
				t.KeepCard()
				return nil
			},
			"review.refuse": func(context.Context, *convo.Turn) error { return bot.Refuse("需要先看原文。", "review.unread") },
		},
		Menu: map[string]convo.Handler{"progress": func(_ context.Context, t *convo.Turn) error {
			t.Say("进度：一半")
			return nil
		}},
		Notes: map[string]convo.Handler{
			"review": func(_ context.Context, t *convo.Turn) error {
				t.Show(reviewCard(1))
				return nil
			},
			"reissue": func(_ context.Context, t *convo.Turn) error {
				t.Supersede(bot.About{Kind: "selfcheck", ID: 7}, "已有新版")
				t.Show(reviewCard(2))
				return nil
			},
			"submit": func(_ context.Context, t *convo.Turn) error {
				for _, to := range []bot.UserID{"Li", "wang"} {
					card := reviewCard(1)
					t.Send(bot.Reply{To: to, Lane: bot.LaneNotice, Card: &card, Once: "review:7:1:" + to.Key()})
				}
				t.Later(t.Actor.UserID, t.Now.Add(10*time.Minute), bot.Note{Name: "window"}, "window:7")
				return nil
			},
			"window": func(_ context.Context, t *convo.Turn) error {
				t.Say("撤回期已过")
				return nil
			},
		},
		Question: func(_ context.Context, t *convo.Turn, sure bool) (bool, error) {
			s := t.Message.Text
			if !strings.HasSuffix(s, "？") || sure && !strings.HasPrefix(s, "什么是") {
				return false, nil
			}
			t.Say("依据第三条")
			return true, nil
		},
		Fallback: func(_ context.Context, t *convo.Turn) error {
			t.Say("没看明白")
			return nil
		},
	}
	must(t, convo.Register(r, formFlow()))
	must(t, convo.Register(r, convo.Flow[struct{}]{Name: "side", Version: 1, Start: "ok", Steps: []convo.Step[struct{}]{{
		Name: "ok",
		Ask: func(_ context.Context, t *convo.Turn, _ *struct{}) error {
			t.Ask(bot.Card{Title: "顺便问", Buttons: []bot.Option{{Text: "好", Key: "ok"}}})
			return nil
		},
		Answer: func(_ context.Context, t *convo.Turn, _ *struct{}) (convo.Next, error) {
			if t.Answer.Key() != "ok" {
				return convo.NotUnderstood(), nil
			}
			return convo.Done(), nil
		},
	}}}))
	return r
}

func reviewCard(version int) bot.Card {
	return bot.Card{
		Title: fmt.Sprintf("审核第%d版", version), About: bot.About{Kind: "selfcheck", ID: 7, Version: version},
		Buttons: []bot.Option{
			{Text: "同意", Key: "review.pass:7"},
			{Text: "查看详情", Key: "review.look:7"},
			{Text: "直接过", Key: "review.refuse:7"},
			{Text: "看原文", Key: "x", URL: "https://example.com"},
		},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
