package handlers

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

func TestALeaderArrangesATalkInChat(t *testing.T) {
	b := newTalks(t)
	p := b.phone("zhao")
	p.Send("约王舟谈心").Expect("什么时候")
	p.Send("明天下午3点半").Expect("在哪里")
	sees(t, p.Send("302会议室"), "约王舟：谈心", "10月20日（周二）15:30", "302会议室", "赵明")
	p.Press("发出").Expect("第1号工作约谈已发给对方")
	w := sees(t, b.phone("wang"), "工作约谈", "10月20日（周二）15:30", "302会议室", "赵明", "收到")
	b.talkIs(risk.NoticeIssued)
	w.Press("收到").Expect("已记下您收到")
	b.talkIs(risk.NoticeAcknowledged)
	p.Expect("第1号工作约谈：对方已回“收到”")

	// The day before is today, and its morning was over; the hour before comes.
	b.Advance(29*time.Hour + 35*time.Minute) // Tuesday 14:35
	sees(t, w, "提醒：一小时后", "15:30").ExpectNo("收到")
	p.Expect("提醒：第1号工作约谈")
	b.Advance(19 * time.Hour) // Wednesday morning
	p.Expect("谈过了吗").Press("已经谈过").Expect("要不要新增或修订一个风险点？")
	sees(t, p.Press("不用"), "第1号工作约谈已办结", "回访")
	n := b.talkIs(risk.NoticeClosed)
	same(t, "follow-up", n.Follow.Format(time.DateOnly), "2027-04-21")

	sees(t, p.Send("谈心情况"), "您分管的同志今年谈心", "· 王舟 1/2：10月20日")
	w.Send("谈心情况").Expect("今年与您谈心1次（每年不少于2次）：10月20日").ExpectNo("分管")
	b.phone("sun").Send("谈心情况").Expect("全单位今年谈心：满2次的0人，还差的1人，还没有谈的")
	for _, bubble := range b.Phones.Screen("sun") {
		if strings.Contains(bubble.String(), "王舟") {
			t.Errorf("the office reads a name: %s", bubble)
		}
	}
	b.Advance(183 * 24 * time.Hour)
	p.Expect("回访日到了").Press("已了解，归档").Expect("已归档")
	b.talkIs(risk.NoticeArchived)
}

func TestWhatIsSaidAtOnceIsNotAskedAgain(t *testing.T) {
	b := newTalks(t)
	b.phone("zhao").Send("约建设股的王舟 明天下午3点").Expect("是哪一种").Tick("定期谈话").Expect("在哪里")
	sees(t, b.phone("zhao").Send("我的办公室"), "约王舟：定期谈话", "15:00", "赵明办公室")
	b.phone("zhao").Press("改时间").Expect("什么时候")
	b.phone("zhao").Send("下周三上午十点").Expect("10月28日（周三）10:00")
	b.phone("zhao").Press("改联系人").Expect("联系人写谁")
	b.phone("zhao").Send("刘秘 8012").Expect("刘秘8012")
	b.phone("zhao").Press("不约了").Expect("没有约")
	if list, err := b.reg.Notices(t.Context(), risk.NoticeFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%d talks, %v", len(list), err)
	}
	// A head may issue one kind only, and is not asked.
	sees(t, b.phone("li").Send("约吴静，明天下午3点在我办公室"), "约吴静：谈心", "李衡办公室")
}

func TestTheSubjectSaidInChatIsNotKept(t *testing.T) {
	b := newTalks(t)
	const secret = "付款复核没有附现场照片"
	p := b.phone("han")
	p.Send("约冯雪谈心，"+secret).Expect("内容请写在页面上", "什么时候")
	p.Send("明天下午3点，谈"+secret).Expect("内容请写在页面上", "在哪里")
	p.Send("小会议室，"+secret).Expect("内容请写在页面上", "在哪里")
	p.Send("小会议室").Expect("约冯雪：谈心")
	p.Send("就是"+secret).Expect("内容请写在页面上", "约冯雪：谈心")
	p.Press("发出").Expect("已发给对方")
	p.Send("今天和冯雪谈过心，"+secret).Expect("谈心只记日期", "今年1次")
	for _, table := range b.tables(t.Context()) {
		var n int
		err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM "`+table+`" x WHERE x::text LIKE '%' || $1 || '%' OR x::text LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'`, secret).Scan(&n)
		if err != nil || n > 0 {
			t.Errorf("the table %s keeps what was said in chat (%d, %v)", table, n, err)
		}
	}
	if !strings.Contains(b.Transcript(), secret) {
		t.Error("nothing was said: the test proves nothing")
	}
}

func TestEachRefusalIsOneClearLine(t *testing.T) {
	b := newTalks(t)
	left := b.member("wu")
	b.exec(`UPDATE person SET active = false WHERE id = $1`, left.ID)
	for _, c := range []struct{ user, said, line string }{
		{"li", "约赵明谈心", "赵明是您的上级"},
		{"li", "约周岚谈心", "周岚是您的上级"},
		{"zhao", "约周岚谈心", "周岚是您的上级"},
		{"li", "约李衡谈心", "不能约自己"},
		{"zhao", "约吴静谈心", "吴静已不在花名册里"},
		{"zhao", "约孙文谈心", "孙文不在您分管的范围"},
		{"li", "约王舟提醒谈话", "这一种不由您发起"},
		{"zhou", "约王舟信访约谈", "这一种不由您发起"},
		{"han", "约王舟诫勉谈话", "只登记文号和日期"},
		{"wang", "约李衡谈心", "约谈由科室负责人"},
		{"sun", "约王舟谈心", "不在您分管的范围"},
		{"zhao", "约张三丰谈心", "花名册里没有找到"},
		{"li", "今天和赵明谈过心", "赵明是您的上级"},
		{"li", "12月30日和王舟谈过心", "这一天还没有到"},
	} {
		screen := len(b.Phones.Screen(bot.UserID(c.user)))
		b.phone(bot.UserID(c.user)).Send(c.said).Expect(c.line)
		if got := b.Phones.Screen(bot.UserID(c.user))[screen:]; len(got) != 1 || strings.Contains(got[0].Text, "\n") {
			t.Errorf("%s: %q is answered with %d messages", c.user, c.said, len(got))
		}
	}
	var audited int
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM audit_event WHERE result = 'refused' AND action LIKE 'talk.%'`).Scan(&audited); err != nil || audited != 14 {
		t.Errorf("%d refusals are audited, %v", audited, err)
	}
}

func (b *bureau) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Pool().Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}

func TestAnInquiryFromIssueToArchive(t *testing.T) {
	b := newTalks(t)
	n := b.sent("han", "feng", "inquiry")
	same(t, "due", n.Due.Format(time.DateOnly), "2026-11-09") // fifteen working days
	b.phone("feng").Expect("工作约谈").Press("收到")
	reply := func(words string) bool {
		return b.does("feng", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return b.desk.ReplyTalk(ctx, t, n.ID, n.Version, words)
		})
	}
	if reply("  ") || !reply(planted) {
		t.Fatalf("the reply\n%s", b.Transcript())
	}
	b.talkIs(risk.NoticeReplied)
	b.phone("han").Expect("有新的回复")
	act := func(do func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error)) bool {
		return b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return do(ctx, t, n.ID, n.Version)
		})
	}
	if act(b.desk.HeldTalk) || !act(b.desk.ReviewTalk) {
		t.Fatalf("review\n%s", b.Transcript())
	}
	before := len(b.Phones.Screen("feng"))
	if !b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.ReturnTalk(ctx, t, n.ID, n.Version, planted)
	}) {
		t.Fatal("return")
	}
	b.talkIs(risk.NoticeReturned)
	if got := b.Phones.Screen("feng"); len(got) != before+1 || got[before].Card == nil || got[before].Card.Title != text.TalkTitle {
		t.Errorf("the target got %v", got[before:])
	}
	if !reply("补充如下") || !act(b.desk.ReviewTalk) {
		t.Fatal("second reply")
	}
	end := TalkEnd{Point: true, Follow: monday().AddDate(0, 3, 0), Remark: planted}
	if !b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.CloseTalk(ctx, t, n.ID, n.Version, end)
	}) {
		t.Fatalf("close\n%s", b.Transcript())
	}
	b.phone("zheng").Expect("请在11月2日前看一看本科室的岗位风险点").ExpectNo("约谈", "冯雪")
	b.Advance(94 * 24 * time.Hour)
	b.phone("han").Expect("回访日到了")
	b.talkIs(risk.NoticeFollowUp)

	var sheet TalkSheet
	see := func(user bot.UserID) TalkSheet {
		b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
			sheet, err = b.desk.TalkSheet(ctx, t, n.ID)
			return err
		})
		return sheet
	}
	for user, want := range map[bot.UserID]int{"han": 6, "feng": 5} { // the target sees neither trigger nor closing remark
		if s := see(user); !s.Reads || len(s.Texts) != want {
			t.Errorf("%s reads %d texts: %+v", user, len(s.Texts), s.Texts)
		}
	}
	for _, user := range []bot.UserID{"zhou", "zhao", "zheng", "sun", "qian", "wang"} {
		if s := see(user); s.Denied == "" || len(s.Texts) != 0 {
			t.Errorf("%s reads %+v", user, s)
		}
	}
}

func TestAnOverdueTalkIsSaidOnceThenEveryThreeWorkingDays(t *testing.T) {
	b := newTalks(t)
	b.sent("han", "feng", "inquiry")
	p := b.phone("han")
	b.Advance(21 * 24 * time.Hour) // Monday 9 November, 9:00: due today
	p.ExpectNo("到期未办结")
	b.Advance(24 * time.Hour) // Tuesday 10, a few minutes before
	b.Advance(time.Hour)
	sees(t, p, "到期未办结", "11月9日", "再发一次", "延5个工作日", "上报").ExpectNo("冯雪", "询问函")
	b.talkIs(risk.NoticeOverdue)
	alerts := func() (count int) {
		for _, x := range b.Phones.Screen("han") {
			if strings.Contains(x.String(), "到期未办结") {
				count++
			}
		}
		return count
	}
	b.Advance(24 * time.Hour)
	same(t, "alerts after a day", alerts(), 1)
	b.Advance(2 * 24 * time.Hour) // Friday 13 November: three working days
	same(t, "alerts after three working days", alerts(), 2)
	before := len(b.Phones.Screen("feng"))
	p.Press("再发一次").Expect("已再发一次")
	same(t, "cards at the target", len(b.Phones.Screen("feng")), before+1)
	p.Press("再发一次").Expect("今天已提醒过")
	p.Press("上报").Expect("已报给周岚")
	b.phone("zhou").Expect("第1号工作约谈到期没有办结").ExpectNo("冯雪", "询问函")
	b.talkIs(risk.NoticeEscalated)
	b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.ExtendTalk(ctx, t, n.ID, n.Version)
	})
	n := b.talkIs(risk.NoticeIssued)
	same(t, "due", n.Due.Format(time.DateOnly), "2026-11-20")
	same(t, "alerts", alerts(), 2)
	b.Advance(7 * 24 * time.Hour)
	same(t, "alerts before the new day is over", alerts(), 2)
	b.Advance(4 * 24 * time.Hour)
	same(t, "alerts after it", alerts(), 3)
}

func TestAMovedTalkIsTimedAnewAndAsksFor收到Again(t *testing.T) {
	b := newTalks(t)
	at := time.Date(2026, 10, 26, 15, 0, 0, 0, bot.Zone()) // the Monday after
	b.sent("zhao", "wang", "heart", func(d *TalkDraft) { d.At = at })
	w := b.phone("wang").Press("收到")
	b.does("zhao", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.MoveTalk(ctx, t, n.ID, n.Version, at.AddDate(0, 0, 1), "403会议室", "")
	})
	sees(t, w, "时间或地点有变", "10月27日（周二）15:00", "403会议室", "收到")
	b.talkIs(risk.NoticeIssued)
	b.Advance(4*24*time.Hour + time.Hour) // Friday 10:00: the working morning before the old day
	w.ExpectNothing()
	b.Advance(3 * 24 * time.Hour) // Monday 10:00
	sees(t, w, "请留意时间", "10月27日")
	w.Press("收到")
	b.Advance(24 * time.Hour)
	b.Advance(4*time.Hour + time.Minute)
	w.Expect("一小时后")
	if n := len(b.Phones.Screen("wang")); n > 8 {
		t.Errorf("%d messages\n%s", n, b.Transcript())
	}
}

func TestTheDayBeforeAMondayIsFridayMorning(t *testing.T) {
	b := newTalks(t)
	b.sent("zhao", "wang", "heart", func(d *TalkDraft) { d.At = time.Date(2026, 10, 26, 15, 0, 0, 0, bot.Zone()) })
	b.phone("wang").Expect("工作约谈")
	b.Advance(4*24*time.Hour + time.Hour)
	b.phone("wang").Expect("请留意时间")
	screen := b.Phones.Screen("wang")
	at := bot.Local(screen[len(screen)-1].At)
	if at.Weekday() != time.Friday || at.Hour() != 9 || at.Minute() == 0 || at.Minute() == 30 {
		t.Errorf("it came at %s", at)
	}
}

func TestADecisionOnAnOldVersionNeverApplies(t *testing.T) {
	b := newTalks(t)
	old := b.sent("zhao", "wang", "heart")
	b.does("zhao", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.MoveTalk(ctx, t, n.ID, n.Version, n.At.Add(time.Hour), n.Place, "")
	})
	for name, do := range map[string]func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error){
		"ack": b.desk.AckTalk, "held": b.desk.HeldTalk, "cancel": b.desk.CancelTalk, "extend": b.desk.ExtendTalk, "remind": b.desk.RemindTalk,
	} {
		user := bot.UserID("zhao")
		if name == "ack" {
			user = "wang"
		}
		if b.does(user, func(ctx context.Context, t *convo.Turn, _ risk.Notice) (bool, error) {
			return do(ctx, t, old.ID, old.Version)
		}) {
			t.Errorf("%s applied to the new version", name)
		}
	}
	b.talkIs(risk.NoticeIssued)
	if got := b.refusals("changed"); got != 5 {
		t.Errorf("%d refusals are audited", got)
	}
	// The old card says what became of it.
	b.phone("wang").PressOn(text.TalkTitle, "收到")
	b.talkIs(risk.NoticeAcknowledged) // PressOn takes the newest with this title
}

func TestAReminderTalkByALeaderWaitsForTheAuthority(t *testing.T) {
	b := newTalks(t)
	b.sent("zhao", "wang", "remind")
	b.talkIs(risk.NoticeDrafted)
	b.phone("zhao").Expect("已送韩清同意")
	b.phone("han").Expect("工作约谈：请您定").ExpectNo("王舟", "提醒谈话")
	b.phone("wang").ExpectNothing()
	decide := func(user bot.UserID, do func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error)) bool {
		return b.does(user, func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return do(ctx, t, n.ID, n.Version)
		})
	}
	if decide("zhao", b.desk.ApproveTalk) || decide("wang", b.desk.ApproveTalk) || decide("sun", b.desk.ApproveTalk) {
		t.Error("somebody else approved")
	}
	if !decide("han", b.desk.DeclineTalk) {
		t.Error("han cannot decline")
	}
	b.phone("zhao").Expect("没有获得同意")
	if decide("han", b.desk.ApproveTalk) {
		t.Error("a declined draft is approved")
	}
	if !decide("zhao", b.desk.SendTalk) || !decide("han", b.desk.ApproveTalk) {
		t.Fatalf("the second time\n%s", b.Transcript())
	}
	b.talkIs(risk.NoticeIssued)
	b.phone("wang").Expect("工作约谈")
	// The authority's own needs nobody.
	b.sent("han", "wang", "remind")
	b.talkIs(risk.NoticeIssued)
}

func TestAPetitionTalkIsDeliveredByHandAndOnlyTimed(t *testing.T) {
	b := newTalks(t)
	p := b.phone("han")
	p.Send("约冯雪信访约谈 明天下午3点").Expect("在哪里")
	p.Send("二楼小会议室").Expect("由您当面通知")
	p.Press("发出").Expect("请您当面通知")
	b.Advance(29*time.Hour + time.Minute)
	p.Expect("提醒：第1号工作约谈")
	b.Advance(20 * time.Hour)
	p.Expect("谈过了吗").Press("已经谈过").Press("不用")
	b.phone("feng").ExpectNothing()
	if got := b.Phones.Screen("feng"); len(got) != 0 {
		t.Errorf("the target got %v", got)
	}
}

func TestWhatIsOnlyRecordedNeedsNumberAndDateAndNeverGoesOut(t *testing.T) {
	b := newTalks(t)
	for _, k := range risk.Notices().Kinds {
		if !k.RecordOnly {
			continue
		}
		draft := func(in TalkDraft) bool {
			done := false
			in.Kind, in.Target = k.Code, b.member("feng").ID
			b.page("han", func(ctx context.Context, t *convo.Turn) (err error) {
				_, done, err = b.desk.DraftTalk(ctx, t, 0, 0, in)
				return err
			})
			return done
		}
		if draft(TalkDraft{}) || draft(TalkDraft{DocumentNo: "栖交纪〔2026〕3号"}) || draft(TalkDraft{DocumentNo: "3号", DocumentOn: monday().AddDate(0, 0, 1)}) {
			t.Errorf("%s is recorded without number and date", k.Code)
		}
		if !draft(TalkDraft{DocumentNo: "栖交纪〔2026〕3号", DocumentOn: monday(), Bears: "member"}) {
			t.Errorf("%s is not recorded", k.Code)
		}
		n := b.talkIs(risk.NoticeArchived)
		if b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return b.desk.SendTalk(ctx, t, n.ID, n.Version)
		}) {
			t.Errorf("%s went out", n.Kind)
		}
	}
	b.phone("feng").ExpectNothing()
}

func TestWithoutAKeyNoContentIsTakenAndTalksWithoutContentGoOn(t *testing.T) {
	b := newTalks(t)
	b.desk.Seal = nil
	b.page("han", func(ctx context.Context, turn *convo.Turn) error {
		_, ok, err := b.desk.DraftTalk(ctx, turn, 0, 0, TalkDraft{Kind: "inquiry", Target: b.member("feng").ID, At: monday().AddDate(0, 0, 1), Place: "302", Body: planted})
		if ok {
			t.Error("content was taken")
		}
		return err
	})
	b.phone("han").Expect("QINGFENG_SEAL_KEY")
	b.refused("no key")
	b.sent("zhao", "wang", "heart", func(d *TalkDraft) { d.Subject, d.Body = "", "" })
	b.talkIs(risk.NoticeIssued)
}

func TestATalkHeldWithoutTheBotIsADateOnly(t *testing.T) {
	b := newTalks(t)
	p := b.phone("zhou")
	sees(t, p.Send("今天和王舟谈过心"), "记下了：10月19日与王舟谈心", "今年1次")
	p.Send("我10月19日跟王舟谈过心").Expect("已经记过了")
	sees(t, p.Send("9月3日与王舟谈了心。"), "9月3日与王舟谈心", "今年2次")
	p.Send("和周五谈过心").Expect("没有找到")
	p.Send("2月30日和王舟谈过心").Expect("日期我没看明白")
	b.phone("wang").Send("我的谈心").Expect("今年与您谈心2次")
	sees(t, b.phone("li").Send("谈心情况"), "· 吴静 0/2", "· 王舟 2/2：9月3日、10月19日").ExpectNo("冯雪")
	var cols int
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM information_schema.columns WHERE table_name = 'heart_talk' AND table_schema = current_schema()`).Scan(&cols); err != nil || cols != 4 {
		t.Errorf("a talk is kept as %d columns: %v", cols, err)
	}
}

// The lock screen: whatever the kind, the same bytes reach the target's phone, but for
// time, place and contact.
func TestEveryKindSendsTheSameBytes(t *testing.T) {
	var first []string
	firstKind := ""
	for _, k := range risk.Notices().Kinds {
		if k.RecordOnly {
			continue
		}
		b := newTalks(t)
		at := time.Date(2026, 10, 22, 15, 0, 0, 0, bot.Zone())
		b.sent("han", "feng", k.Code, func(d *TalkDraft) { d.At = at })
		b.Advance(49*time.Hour + 30*time.Minute) // Wednesday 10:30: the morning before
		b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return b.desk.MoveTalk(ctx, t, n.ID, n.Version, at.Add(time.Hour), "403", "")
		})
		b.phone("feng").Press("收到")
		b.Advance(30 * time.Hour) // past the hour before
		b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return b.desk.RemindTalk(ctx, t, n.ID, n.Version)
		})
		b.does("han", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return b.desk.CancelTalk(ctx, t, n.ID, n.Version)
		})
		var got []string
		for _, raw := range b.bodies("feng") {
			// What differs in any two messages: the test renderer's count and a card's random id.
			s := regexp.MustCompile(`"n":\d+,|"task":"q[A-Z2-7]+"`).ReplaceAllString(string(raw), "")
			got = append(got, s)
		}
		if len(got) < 7 {
			t.Fatalf("%s: only %d messages\n%s", k.Code, len(got), b.Transcript())
		}
		if first == nil {
			first, firstKind = got, k.Code
		}
		if strings.Join(got, "\n") != strings.Join(first, "\n") {
			t.Errorf("%s and %s differ:\n%s\n--\n%s", firstKind, k.Code, strings.Join(first, "\n"), strings.Join(got, "\n"))
		}
		for _, kind := range risk.Notices().Kinds {
			for _, w := range append(kind.Words, planted[:15]) {
				if strings.Contains(strings.Join(got, ""), w) {
					t.Errorf("%s: a message says %s", k.Code, w)
				}
			}
		}
	}
}

func TestTimesAreReadAsPeopleSayThem(t *testing.T) {
	now := monday()
	for said, want := range map[string]string{
		"明天下午3点": "10-20 15:00", "明天下午三点半": "10-20 15:30", "后天9:30": "10-21 09:30", "10月22日15:30": "10-22 15:30", "下周五上午10点": "10-30 10:00",
		"今天3点": "10-19 15:00", "周三上午十点一刻": "10-21 10:15", "22号下午2点": "10-22 14:00", "大后天晚上7点": "10-22 19:00", "中午12点": "10-19 12:00", "下午二点二十五分": "10-19 14:25",
		"明天": "", "下周": "", "3点99": "", "明天25点": "", "2月30日3点": "",
	} {
		at, _, ok := talkWhen(said, now)
		got := ""
		if ok {
			got = bot.Local(at).Format("01-02 15:04")
		}
		if got != want {
			t.Errorf("%s is read as %q, want %q", said, got, want)
		}
	}
}

func TestWordsThatSoundLikeATalkAreLeftAlone(t *testing.T) {
	b := newTalks(t)
	for _, said := range []string{"约束权力运行", "约定俗成", "约200元一个人", "约好评委打高分", "约谈制度是什么？", "和评委说过打分的事", "节约办公经费"} {
		if _, ok := b.desk.matchTalk(said); ok {
			t.Errorf("%s begins a talk", said)
		}
		if _, ok := b.desk.matchHeld(said); ok {
			t.Errorf("%s notes a talk", said)
		}
	}
	for _, said := range []string{"约李四谈心", "约李四", "请帮我约李四谈谈", "我想约建设股的李四明天下午3点", "约谈李四"} {
		if _, ok := b.desk.matchTalk(said); !ok {
			t.Errorf("%s is not heard", said)
		}
	}
}

func TestTypedWordsAckATalkInEitherMode(t *testing.T) {
	b := newTalks(t)
	b.phone("wang").Send("文字版")
	for _, user := range []bot.UserID{"wang", "wu"} {
		n := b.sent("zhao", user, "heart", func(d *TalkDraft) { d.Subject, d.Body = "", "" })
		b.phone(user).Expect("工作约谈")
		b.phone(user).Send("收到").Expect("已记下您收到")
		if got := b.talkIs(risk.NoticeAcknowledged); got.ID != n.ID {
			t.Errorf("%s: talk %d", user, got.ID)
		}
	}
}

func TestTheRiskPointThatATalkAsksForIsAnObligationOfTheHead(t *testing.T) {
	b := newTalks(t)
	b.desk.Plans = b.reg
	b.sent("zhao", "wang", "heart")
	for _, do := range []func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error){b.desk.HeldTalk, b.desk.closeWith(true)} {
		if !b.does("zhao", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
			return do(ctx, t, n.ID, n.Version)
		}) {
			t.Fatalf("not done\n%s", b.Transcript())
		}
	}
	list, err := b.reg.Obligations(t.Context(), ObligationFilter{Owner: b.member("li").ID, Open: true})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, o := range list {
		if o.Code == "point_change" {
			found++
			if o.Name != text.TalkPointName || o.Due.Format(time.DateOnly) != "2026-11-02" || strings.Contains(o.Note+o.Period, "约谈") {
				t.Errorf("%+v", o)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d obligations: %+v", found, list)
	}
}
