package convo_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
)

func TestAFormIsFilledInByTypingAndPressing(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("ZhangSan")
	zhang.Send("自查").ExpectCard("一句话")
	zhang.Send("验收时，放水").ExpectCard("哪一类").ExpectNothing()
	zhang.Press("岗位职责").ExpectCard("选措施")
	zhang.Tick("双人复核", "公开").ExpectCard("评一评")
	zhang.Choose("低", "高").Expect("记下了：验收时，放水/duty/m1+m3/12").ExpectNothing()
	zhang.Send("你好").Expect("没看明白")
}

func TestTheSameFormInTextModeByNumbers(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("文字版").Expect("好的")
	zhang.Send("自查").Expect("一句话\n1 举例")
	zhang.Send("１").Expect("例如")
	zhang.Send("早退").Expect("1 思想道德")
	zhang.Send("第二条").Expect("1 双人复核")
	zhang.Send("选1和3").Expect("评一评")
	zhang.Send("1、2").Expect("早退/duty/m1+m3/12")
	for _, b := range c.Phones.Screen("zhangsan") {
		if b.Card != nil {
			t.Errorf("a card in text mode: %s", b)
		}
	}
}

func TestLabelsAndOtherWordsAreAnswers(t *testing.T) {
	for typed, want := range map[string]string{
		"岗位职责": "duty", "职责": "duty", "岗位职责吧": "duty", "同意并提交。": "submit", "同意": "submit", "2 岗位职责": "duty", "「思想道德」": "moral", "②": "duty",
	} {
		t.Run(typed, func(t *testing.T) {
			c := convotest.New(t, office(t))
			zhang := c.As("zhangsan")
			zhang.Send("自查").Send("早退").Send(typed).ExpectCard("选措施")
			zhang.Send("1").Send("1 1").Expect("/" + want + "/")
		})
	}
}

func TestUnknownWordsAreAnsweredAndAfterThreeOtherWaysAreOffered(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("自查").Send("早退").ExpectCard("哪一类")
	zhang.Send("随便").Expect("请回复选项前的数字").ExpectCard("哪一类").ExpectNothing()
	zhang.Send("9").Expect("没有第9个选项").ExpectNothing()
	zhang.Send("随便").Expect("转页面").ExpectCard("哪一类").ExpectNothing()
	zhang.Send("1、2").Expect("只能选一个").ExpectCard("哪一类").ExpectNothing()
	zhang.Send("2").ExpectCard("选措施")
	zhang.Send("7").Expect("没有第7个选项") // counted anew
}

func TestAQuestionInTheMiddleIsAnsweredAndThePendingOneRepeatedAfterIt(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("自查").ExpectCard("一句话")
	zhang.Send("什么是三重一大？").Expect("依据第三条").ExpectCard("一句话").ExpectNothing()
	zhang.Send("他会不会放水？").ExpectCard("哪一类") // free text, not unmistakably a question
	zhang.Send("要多久？").Expect("依据第三条").ExpectCard("哪一类").ExpectNothing()
	zhang.Send("帮助").Expect("这是帮助").ExpectCard("哪一类").ExpectNothing()
	zhang.Menu("progress").Expect("进度").ExpectCard("哪一类").ExpectNothing()
	// All its showings are the same question.
	zhang.Press("思想道德").ExpectCard("选措施").ExpectNothing()
	for _, b := range c.Phones.Screen("zhangsan") {
		if b.Card != nil && b.Card.Title == "哪一类" && b.Ended != "已选：思想道德" {
			t.Errorf("still to be pressed: %s", b)
		}
	}
}

func TestAFlowThatWasInterruptedGoesOn(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("自查").Send("早退").ExpectCard("哪一类")
	zhang.Send("顺便").ExpectCard("顺便问").ExpectNothing()
	zhang.PressOn("哪一类", "思想道德").Expect("这个问题已经过了").ExpectCard("顺便问")
	zhang.Send("好").ExpectCard("哪一类").ExpectNothing()
	zhang.Send("1").ExpectCard("选措施")
	zhang.Send("退出").Expect("先到这里").ExpectNothing()
	zhang.Send("1").Expect("没看明白")
}

func TestBackRestoresTheStepAndItsState(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("自查").Send("早退").Send("1").ExpectCard("选措施")
	zhang.Send("返回").Expect("早退").ExpectNothing()
	zhang.Send("返回").ExpectCard("一句话").ExpectNothing()
	zhang.Send("返回").Expect("已经是第一步").ExpectNothing()
	zhang.Send("迟到").Send("2").Send("1").Send("1 1").Expect("迟到/duty/m1/11")
}

func TestACardPressedFiveTimesActsOnce(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("自查").Send("早退").ExpectCard("哪一类")
	zhang.PressOn("哪一类", "岗位职责").ExpectCard("选措施")
	zhang.PressOn("哪一类", "岗位职责").Expect("已选：岗位职责").ExpectNothing()
	for range 3 {
		zhang.PressOn("哪一类", "岗位职责").ExpectNothing()
	}
	zhang.Send("1").ExpectCard("评一评")
	// Later it is an old card: it says what became of it and shows where we are.
	zhang.PressOn("哪一类", "思想道德").Expect("已经过了（已选：岗位职责）").ExpectCard("评一评").ExpectNothing()
	zhang.Send("1 1").Expect("早退/duty/m1/11")
}

func TestAnOldListNeedsItsLetter(t *testing.T) {
	c := convotest.New(t, office(t))
	li := c.As("li")
	c.Note("li", bot.Note{Name: "review"})
	li.Expect("[A]")
	li.Send("自查").Send("早退").Expect("[C]")
	li.Send("A3").Expect("需要先看原文").ExpectNothing()
	li.Send("a 9").Expect("没有第9个选项")
	li.Send("A1").Expect("已同意第1版").ExpectNothing()
	li.Send("A1").Expect("处理过了（已选：同意）").ExpectCard("哪一类")
	li.Send("B1").Expect("已经过了（已回答）")
	li.Send("Z1").Expect("请回复选项前的数字") // never given: plain words
	li.Send("C2").ExpectCard("选措施")
}

func TestABareNumberAnswersTheListShownLastUnlessTheStepWantsNumbers(t *testing.T) {
	c := convotest.New(t, office(t))
	li := c.As("li")
	li.Send("自查").Send("早退").ExpectCard("哪一类")
	c.Note("li", bot.Note{Name: "review"})
	li.Send("2").Expect("请看页面").ExpectNothing() // the review card came last
	li.Send("帮助").ExpectCard("哪一类")             // now the question did
	li.Send("2").ExpectCard("选措施")
	c.Note("li", bot.Note{Name: "reissue"})
	li.Send("1").ExpectCard("评一评") // the step reads numbers itself
	c.Note("li", bot.Note{Name: "reissue"})
	li.Send("1").Expect("已同意第2版").ExpectNothing()
	li.Send("1 2").Expect("早退/duty/m1/12")
}

func TestTheLoserOfTwoReviewersIsTold(t *testing.T) {
	c := convotest.New(t, office(t))
	li, wang := c.As("li"), c.As("wang")
	c.Note("zhangsan", bot.Note{Name: "submit"})
	li.ExpectCard("审核第1版")
	wang.ExpectCard("审核第1版")
	c.Note("zhangsan", bot.Note{Name: "submit"}) // Once: not sent again
	li.ExpectNothing()
	li.Press("同意").Expect("已同意第1版")
	wang.PressOn("审核第1版", "同意").Expect("已经失效：已由li同意").ExpectNothing()
	if got := c.Phones.Screen("wang")[0].Ended; got != "已由li同意" {
		t.Errorf("wang's card shows %q", got)
	}
	if got := c.Phones.Screen("li")[0].Ended; got != "已选：同意" {
		t.Errorf("li's card shows %q", got)
	}
	c.As("zhangsan").ExpectNothing()
	c.Advance(10 * time.Minute)
	c.As("zhangsan").Expect("撤回期已过").ExpectNothing()
}

func TestADecisionOnAnOldVersionNeverApplies(t *testing.T) {
	c := convotest.New(t, office(t))
	li := c.As("li")
	c.Note("li", bot.Note{Name: "review"})
	c.Note("li", bot.Note{Name: "reissue"})
	li.PressOn("审核第1版", "同意").Expect("已有新版").ExpectNothing()
	li.PressOn("审核第2版", "查看详情").Expect("请看页面")
	li.Press("同意").Expect("已同意第2版")
}

func TestAPressOfNobodysOrSomebodyElsesCardDoesNothing(t *testing.T) {
	c := convotest.New(t, office(t))
	c.Note("li", bot.Note{Name: "review"})
	task := c.Phones.Screen("li")[0].Task
	wang := c.As("wang")
	for _, id := range []string{task, "nonsense"} {
		wang.Do(bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: "review.pass:7", TaskID: id, Code: "x"}}).
			Expect("找不到").ExpectNothing()
	}
}

func TestWhatWasSentBeforeAQuestionIsNotItsAnswer(t *testing.T) {
	c := convotest.New(t, office(t))
	zhang := c.As("zhangsan")
	zhang.Send("自查").Send("早退").ExpectCard("哪一类")
	c.Accept(bot.Message{From: "zhangsan", Kind: bot.KindText, Text: "1"})
	c.Accept(bot.Message{From: "zhangsan", Kind: bot.KindText, Text: "1"}) // typed twice
	c.Settle()
	zhang.ExpectCard("选措施").Expect("「1」是在下面这个问题之前发来的").ExpectCard("选措施").ExpectNothing()
	zhang.Send("2").ExpectCard("评一评")
}

func TestStrangersPicturesStickersAndUnknownThingsGetALine(t *testing.T) {
	r := office(t)
	r.Stranger = func(_ context.Context, t *convo.Turn) error {
		t.Say("还没有您")
		return nil
	}
	c := convotest.New(t, r, convotest.WithDirectory(nobody{}))
	c.As("x").Send("自查").Expect("还没有您").ExpectNothing()

	c = convotest.New(t, office(t))
	x := c.As("x")
	x.Do(bot.Message{Kind: bot.KindMedia, Media: "voice"}).Expect("只看得懂文字")
	x.Do(bot.Message{Kind: bot.KindOther, Media: "chatrecord"}).Expect("没看明白")
	x.Do(bot.Message{Kind: bot.KindOther, Media: "event.view"}).ExpectNothing()
	x.Do(bot.Message{Kind: bot.KindStopped, Stop: &bot.Stopped{Rule: "pii"}}).Expect("没有保存")
	x.Menu("nothing").Expect("用不了")
	x.Send("\x00 \u200b").Expect("没看明白")
	x.Send("自查").Send("早\x00退" + strings.Repeat("长", 10_000)).ExpectCard("哪一类")
	x.Enter().ExpectNothing()
	for _, kind := range []bot.Kind{bot.KindSubscribe, bot.KindUnsubscribe} {
		x.Do(bot.Message{Kind: kind}).ExpectNothing()
	}
}

type nobody struct{}

func (nobody) Who(_ context.Context, id bot.UserID) (bot.Actor, error) {
	return bot.Actor{UserID: id}, nil
}

func TestARefusalIsSaidAndNothingElseHappens(t *testing.T) {
	c := convotest.New(t, office(t))
	li := c.As("li")
	c.Note("li", bot.Note{Name: "review"})
	li.Press("直接过").Expect("需要先看原文。").ExpectNothing()
	li.Press("同意").Expect("已同意第1版") // the card is as it was
}

func TestAMessageThatCannotBeHandledIsParkedAndTheLaneGoesOn(t *testing.T) {
	for name, poison := range map[string]convo.Handler{
		"an error": func(context.Context, *convo.Turn) error { return errors.New("broken") },
		"a panic":  func(context.Context, *convo.Turn) error { panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			r := office(t)
			r.Menu["poison"] = func(ctx context.Context, t *convo.Turn) error {
				attempts++
				t.Say("never sent")
				return poison(ctx, t)
			}
			c := convotest.New(t, r, convotest.WithFailures())
			zhang := c.As("zhangsan")
			zhang.Menu("poison").Expect("抱歉").ExpectNothing()
			if attempts != 5 {
				t.Errorf("%d attempts, want 5", attempts)
			}
			zhang.Send("自查").ExpectCard("一句话")
			var parked int
			must(t, c.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM inbox WHERE state = 'parked' AND error <> ''`).Scan(&parked))
			if parked != 1 {
				t.Errorf("%d rows parked, want 1", parked)
			}
		})
	}
}

func TestYesterdaysChatGoesOnAfterADeployThatChangedTheFlow(t *testing.T) {
	yesterday := convotest.New(t, office(t))
	yesterday.As("zhangsan").Send("自查").Send("早退").ExpectCard("哪一类")
	yesterday.As("li").Send("自查").Send("迟到").Send("1").ExpectCard("选措施")
	yesterday.As("wang").Send("自查").ExpectCard("一句话")

	// Today "word" became "sentence" with another state, "measures" is gone, "grade" is where it was.
	type state struct{ Sentence, Kind string }
	type step = convo.Step[state]
	ask := func(title string) func(context.Context, *convo.Turn, *state) error {
		return func(_ context.Context, t *convo.Turn, s *state) error {
			t.Ask(bot.Card{Title: title, Body: s.Sentence, Buttons: kinds})
			return nil
		}
	}
	done := func(_ context.Context, t *convo.Turn, s *state) (convo.Next, error) {
		t.Say("新版记下：" + s.Sentence + "/" + t.Answer.Key())
		return convo.Done(), nil
	}
	today := office(t)
	must(t, convo.Register(today, convo.Flow[state]{
		Name: "form", Version: 2, Start: "sentence",
		Steps: []step{{Name: "sentence", Free: true, Ask: ask("新的一句话"), Answer: done}, {Name: "kind", Ask: ask("新的哪一类"), Answer: done}},
		Upgrade: func(_ int, step string, raw json.RawMessage) (string, json.RawMessage, error) {
			return map[string]string{"word": "sentence", "kind": "kind"}[step], []byte(`{"Sentence":"旧：` + oldWord(raw) + `"}`), nil
		},
	}))
	today2 := convotest.New(t, today, convotest.WithDB(yesterday.DB), convotest.WithFailures())
	today2.As("zhangsan").Send("2").Expect("新版记下：旧：早退/duty")
	today2.As("wang").Send("早退").Expect("步骤有更新").ExpectCard("新的一句话")
	// An upgrade that leads nowhere fails as a broken step does: loudly, and contained.
	today2.As("li").Send("1").Expect("抱歉")
}

func oldWord(raw []byte) string {
	var s form
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s.Word
}
