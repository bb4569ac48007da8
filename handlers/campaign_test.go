package handlers

import (
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

func TestACoordinatorOpensAndClosesACampaignInChat(t *testing.T) {
	b := newOffice(t)
	b.hire(risk.RosterRow{Section: "办公室", Post: "机要岗", Stratum: risk.StratumKey, Name: "何机", UserID: "he", Tags: []risk.PowerTag{risk.TagSecret}})
	sun, wang := b.phone("sun"), b.phone("wang")
	sun.Send("新建排查工作").Expect("还在进行（10月23日截止）")
	wang.Send("新建排查工作").Expect("只有防控办可以")
	wang.Send("结束排查工作").Expect("只有防控办可以")
	b.written(1)
	wang.Send("改第1条")
	sun.Send("结束排查工作").Expect("没有交11份")
	sun.Press("先不结束").Expect("继续进行")
	sun.Send("收工").Expect("没有交11份")
	sun.Press("确认结束").Expect("已结束")
	for range 4 {
		sun.PressOn("结束“2026年度排查”？", "确认结束")
	}
	if n := count(b, "sun", "”已结束，卡片"); n != 1 {
		t.Errorf("closing was done %d times", n)
	}
	// Whoever was in the middle is told once, and what they wrote can still be read.
	wang.Send(sentence3).Expect("“2026年度排查”已经结束，不能再填了")
	wang.Send("退出")
	wang.Send("预览").Expect("共1条")
	wang.Send("进度").Expect("填报中，已写1条，工作已结束")
	wang.Send("改第1条").Expect("已经结束，不能再填了")
	wang.Send("自查").Expect("现在没有进行中的自查工作")

	sun.Send("新建排查工作").Expect("用哪套规则")
	sun.Send("随便").Expect("请回复选项前的数字")
	sun.Send("1").Expect("这次叫什么")
	sun.Send("行").Expect("哪天截止")
	sun.Send("越快越好").Expect("日期我没看明白")
	sun.Send("2020年1月1日").Expect("已经过了")
	sun.Send("返回").Expect("这次叫什么")
	sun.Send("X").Expect("把名称说完整些")
	sun.Send("二〇二六年第二轮排查").Expect("哪天截止")
	sun.Send("两周后").Expect("11月2日前完成")
	sun.Send("确认").Expect("通知了11人")
	wang.ExpectCard("二〇二六年第二轮排查开始了")
	b.phone("he").Expect("请到防控办（钱立、孙文）领取纸质表，不要在这里输入内容")
	wang.Press("开始").Expect("请核对岗位")
	for range 3 {
		wang.PressOn("二〇二六年第二轮排查开始了", "开始")
	}
	wang.Send("对").Expect("招标文件编制")
}

func TestDaysAreReadTheWayPeopleSayThem(t *testing.T) {
	now := time.Date(2026, 10, 21, 15, 0, 0, 0, bot.Zone()) // a Wednesday
	for said, want := range map[string]string{
		"10月30日": "2026-10-30", "2026-11-02": "2026-11-02", "2026年11月2日前": "2026-11-02", "11/2": "2026-11-02", "1月5日": "2027-01-05",
		"１０月３０号": "2026-10-30", "10天后": "2026-10-31", "两周后": "2026-11-04", "三个星期后": "2026-11-11",
		"下周五": "2026-10-30", "周五": "2026-10-23", "周一": "2026-10-26", "本周日": "2026-10-25", "下星期天": "2026-11-01", "月底": "2026-10-31", "今天": "2026-10-21", "明天": "2026-10-22", "后天": "2026-10-23", "这个月底": "2026-10-31",
	} {
		if got, ok := parseDay(said, now); !ok || got.Format(time.DateOnly) != want {
			t.Errorf("%s is %s, want %s", said, got.Format(time.DateOnly), want)
		}
	}
	for _, said := range []string{"", "越快越好", "13月1日", "2月30日", "周八", "明年"} {
		if got, ok := parseDay(said, now); ok {
			t.Errorf("%q is %s", said, got.Format(time.DateOnly))
		}
	}
}

func TestTheOfficeHearsThatTheAppIsIdleOnceADay(t *testing.T) {
	b := newOffice(t)
	sun, qian := b.phone("sun"), b.phone("qian")
	sys := b.phone("sys")
	event := func(name string) { sys.Do(bot.Message{Kind: bot.KindOther, Media: "event." + name}) }
	event("inactive_alert")
	sun.Expect("近期使用太少")
	qian.Expect("近期使用太少")
	event("low_active_alert")
	event("inactive_alert")
	sun.ExpectNothing()
	b.Advance(25 * time.Hour)
	event("low_active_alert")
	sun.Expect("近期使用太少")
	event("close_inactive_agent")
	sun.Expect("停用本应用")
	event("active_restored")
	sun.Expect("已恢复正常使用")
	event("view")
	event("LOCATION")
	sun.ExpectNothing()
	if n := len(b.Phones.Screen("sys")); n != 0 {
		t.Errorf("the system was answered %d times", n)
	}
	if count(b, "wang", text.IdleWarned) != 0 {
		t.Error("a cadre was told about the app")
	}
}
