package convo_test

import (
	"context"
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
)

// reminding is the office with a card that goes to many.
func reminding(t *testing.T) *convo.Router {
	t.Helper()
	r := office(t)
	r.Open = map[string]convo.Handler{
		"remind.tomorrow": func(_ context.Context, t *convo.Turn) error {
			_, day, _ := strings.Cut(t.Answer.Key(), ":")
			t.Say("好，" + day + "之后再提醒")
			t.Chose("明天再提醒")
			return nil
		},
		"remind.list": func(_ context.Context, t *convo.Turn) error {
			t.Say("清单在这里")
			t.KeepCard()
			return nil
		},
		"remind.refuse": func(context.Context, *convo.Turn) error { return bot.Refuse("已经不用办了。", "remind.over") },
		"remind.plain":  func(_ context.Context, t *convo.Turn) error { t.Say("收到"); return nil },
	}
	return r
}

func reminder() bot.Card {
	return bot.Card{Title: "有2件事快到期", Buttons: []bot.Option{
		{Text: "明天再提醒", Key: "remind.tomorrow:20261008"},
		{Text: "看清单", Key: "remind.list:20261008"},
		{Text: "不办了", Key: "remind.refuse:1"},
		{Text: "知道了", Key: "remind.plain"},
		{Text: "旧的", Key: "remind.gone:1"},
	}}
}

func TestACardThatWentToManyIsAnsweredForEachAndActsOnce(t *testing.T) {
	c := convotest.New(t, reminding(t))
	zhang, li := c.As("zhangsan"), c.As("Li")
	c.Phones.Push("p-1", reminder(), "zhangsan", "Li")
	zhang.Press("明天再提醒").Expect("好，20261008之后再提醒").ExpectNothing()
	c.Phones.Screen("zhangsan")
	if b := c.Phones.Screen("zhangsan")[0]; b.Ended != "已选：明天再提醒" {
		t.Errorf("the pressed card shows %s", b)
	}
	if b := c.Phones.Screen("li")[0]; b.Ended != "" {
		t.Errorf("somebody else's card shows %s", b)
	}
	// A second press, on whichever button, answers what became of it.
	zhang.PressOn("有2件事快到期", "知道了").Expect("处理过了（已选：明天再提醒）").ExpectNothing()
	zhang.PressOn("有2件事快到期", "明天再提醒").ExpectNothing()
	li.Press("知道了").Expect("收到").ExpectNothing()
	if b := c.Phones.Screen("li")[0]; b.Ended != "已回答" {
		t.Errorf("the pressed card shows %s", b)
	}
	// The next day's card is another one.
	c.Phones.Push("p-2", reminder(), "zhangsan")
	zhang.Press("明天再提醒").Expect("之后再提醒").ExpectNothing()
}

func TestAManyCardThatOnlyShowsOrRefusesStaysAsItIs(t *testing.T) {
	c := convotest.New(t, reminding(t))
	zhang := c.As("zhangsan")
	c.Phones.Push("p-1", reminder(), "zhangsan")
	zhang.Press("看清单").Expect("清单在这里").ExpectNothing()
	zhang.Press("看清单").Expect("清单在这里").ExpectNothing()
	zhang.Press("不办了").Expect("已经不用办了").ExpectNothing()
	zhang.Press("旧的").Expect("这张卡片我找不到了").ExpectNothing() // a key nobody knows any more
	zhang.Press("明天再提醒").Expect("之后再提醒").ExpectNothing()
}

func TestAManyCardInTheMiddleOfAFlowLeavesTheQuestionAlone(t *testing.T) {
	c := convotest.New(t, reminding(t))
	zhang := c.As("zhangsan")
	c.Phones.Push("p-1", reminder(), "zhangsan")
	zhang.Send("自查").Send("早退").ExpectCard("哪一类")
	zhang.PressOn("有2件事快到期", "明天再提醒").Expect("之后再提醒").ExpectNothing()
	zhang.Send("2").ExpectCard("选措施")
	zhang.PressOn("有2件事快到期", "明天再提醒").Expect("处理过了").ExpectCard("选措施").ExpectNothing()
}
