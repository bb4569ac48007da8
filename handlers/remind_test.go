package handlers

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/plan"
)

// newOwing is the bureau with a calendar: everybody owes a self-check by Friday the
// 23rd, and nothing else until a test says so.
func newOwing(t *testing.T) *bureau {
	t.Helper()
	b := newBureau(t)
	b.desk.Plans = b.reg
	cal, err := b.reg.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.desk.Days = cal
	var obs []plan.Obligation
	for _, c := range b.checks {
		obs = append(obs, plan.Obligation{
			Campaign: b.campaign.ID, Code: "selfcheck", Name: "个人岗位风险点自查", Kind: plan.KindSelfCheck, Owner: c.Person.ID,
			OwnerRole: bot.RolePostHolder, Section: c.Post.SectionID, Check: c.ID, Due: oct(23),
		})
	}
	b.owes(obs...)
	return b
}

// oct is a day of October 2026; the bureau's clock starts on Monday the 19th.
func oct(dom int) time.Time { return time.Date(2026, 10, dom, 0, 0, 0, 0, bot.Zone()) }

func (b *bureau) owes(obs ...plan.Obligation) {
	b.t.Helper()
	if n, err := b.reg.AddObligations(b.t.Context(), obs); err != nil || n != len(obs) {
		b.t.Fatalf("obligations: %d of %d: %v", n, len(obs), err)
	}
}

// pid is somebody's id; 0 for "".
func (b *bureau) pid(user bot.UserID) int64 {
	b.t.Helper()
	if user == "" {
		return 0
	}
	p, ok, err := b.reg.PersonByUserID(b.t.Context(), user)
	if err != nil || !ok {
		b.t.Fatalf("no person %s: %v", user, err)
	}
	return p.ID
}

// files makes somebody owe a filing and returns it.
func (b *bureau) files(owner bot.UserID, name string, due time.Time, receiver bot.Role) plan.Obligation {
	b.t.Helper()
	ob := plan.Obligation{
		Campaign: b.campaign.ID, Code: "filing:" + name, Name: name, Kind: plan.KindFiling, Owner: b.pid(owner), Receiver: receiver, Due: due,
	}
	if owner != "" {
		ob.Section = b.section(owner)
	}
	b.owes(ob)
	return b.obligation(name)
}

func (b *bureau) obligation(name string) plan.Obligation {
	b.t.Helper()
	all, err := b.reg.Obligations(b.t.Context(), ObligationFilter{Campaign: b.campaign.ID})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, ob := range all {
		if ob.Name == name {
			return ob
		}
	}
	b.t.Fatalf("no obligation %s", name)
	return plan.Obligation{}
}

func (b *bureau) stateOf(ob plan.Obligation, want plan.State) {
	b.t.Helper()
	got, err := b.reg.Obligation(context.WithoutCancel(b.t.Context()), ob.ID)
	if err != nil || got.State != want {
		b.t.Fatalf("%s is %s (%v), want %s\n%s", ob.Name, got.State, err, want, b.Transcript())
	}
}

// own is the self-check somebody owes.
func (b *bureau) own(user bot.UserID) plan.Obligation {
	b.t.Helper()
	all, err := b.reg.Obligations(b.t.Context(), ObligationFilter{Check: b.checks[user].ID})
	if err != nil || len(all) != 1 {
		b.t.Fatalf("%s owes %d forms: %v", user, len(all), err)
	}
	return all[0]
}

// reminded writes down that somebody was reminded of these today, as a fan-out would.
func (b *bureau) reminded(user bot.UserID, obs ...plan.Obligation) {
	b.t.Helper()
	for _, ob := range obs {
		b.remindedAt(user, ob, 0)
	}
}

func (b *bureau) remindedAt(user bot.UserID, ob plan.Obligation, step int) {
	b.t.Helper()
	r := plan.Reminder{Obligation: ob.ID, Version: ob.Version, Rung: -3, To: b.pid(user), Step: step, At: b.Clock.Now()}
	if _, err := b.reg.AddReminders(b.t.Context(), []plan.Reminder{r}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.db.Pool().Exec(b.t.Context(), `UPDATE reminder SET state = 'queued', push_to = 1, said_on = $1 WHERE obligation_id = $2 AND recipient = $3 AND state = 'planned'`,
		bot.Civil(b.Clock.Now()), ob.ID, r.To); err != nil {
		b.t.Fatal(err)
	}
}

// waits counts reminders that wait for somebody, and tells the moment of the first.
func (b *bureau) waits(user bot.UserID) (n int, at time.Time) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), `SELECT count(*), coalesce(min(at), '0001-01-01'::timestamptz) FROM reminder WHERE recipient = $1 AND state = 'planned'`,
		b.pid(user)).Scan(&n, &at); err != nil {
		b.t.Fatal(err)
	}
	return n, bot.Local(at)
}

// taps presses a button of a push, which has no row anywhere.
func (b *bureau) taps(user bot.UserID, key, task string) *convotest.Person {
	b.t.Helper()
	return b.phone(user).Do(bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: key, TaskID: task, Code: "code-" + task}})
}

func TestAReminderSaysWhatIsOwedByWhenAndHow(t *testing.T) {
	d := &Desk{Pages: Pages{Base: "https://qf.example"}}
	check := plan.Obligation{ID: 1, Name: "个人岗位风险点自查", Kind: plan.KindSelfCheck, Due: oct(23), OwnerName: "王舟", SectName: "建设管理股"}
	filing := plan.Obligation{ID: 2, Name: "方案备案", Kind: plan.KindFiling, Due: oct(20), OwnerName: "王舟"}
	own := func(ob plan.Obligation) plan.Item { return plan.Item{Obligation: ob} }
	above := func(ob plan.Obligation, section string) plan.Item {
		ob.SectName = section
		return plan.Item{Obligation: ob, Reminder: plan.Reminder{Step: 1}}
	}
	for _, c := range []struct {
		what    string
		day     int
		items   []plan.Item
		title   string
		has     []string
		buttons string
		hows    string
	}{
		{"days before", 20, []plan.Item{own(check)}, "还有3个工作日：个人岗位风险点自查", []string{"10月23日（周五）截止，还有3个工作日，约8分钟"}, "去填写 明天再提醒", "回“自查”接着填。今天没空"},
		{"the day", 23, []plan.Item{own(check)}, "今天截止：个人岗位风险点自查", []string{"今天（10月23日）截止"}, "去填写 明天再提醒", ""},
		{"late over a weekend", 26, []plan.Item{own(check)}, "已逾期1个工作日：个人岗位风险点自查", []string{"办不完可以回“申请延期”"}, "去填写 明天再提醒", ""},
		{"a filing", 20, []plan.Item{own(filing)}, "今天截止：方案备案", nil, "去办理 明天再提醒 已完成", "办好了回“已完成”"},
		{"several", 20, []plan.Item{own(check), own(filing)}, "2件事要办，最急的今天截止", []string{"· 方案备案", "· 个人岗位风险点自查"}, "去办理 明天再提醒 已完成", ""},
		{"of others", 26, []plan.Item{above(check, "建设管理股"), above(check, "建设管理股"), above(check, "法规股")}, "有3件事请您过问", []string{"建设管理股：2件，已逾期1个工作日", "法规股：1件", "有没有困难"}, "看名单 明天再提醒", "回“看名单”"},
		{"both", 26, []plan.Item{own(check), above(check, "法规股")}, "已逾期1个工作日：个人岗位风险点自查", []string{"法规股：1件"}, "去填写 看名单 明天再提醒", "回“看名单”"},
	} {
		p := d.Remind(oct(c.day), c.items, plan.Org{})
		var buttons []string
		for _, o := range p.Card.Buttons {
			buttons = append(buttons, o.Text)
		}
		all := p.Card.Title + p.Card.Body + p.Text
		if p.Card.Title != c.title || strings.Join(buttons, " ") != c.buttons || !strings.Contains(p.Text, c.hows) {
			t.Errorf("%s: %q, %v, %q", c.what, p.Card.Title, buttons, p.Text)
		}
		for _, want := range c.has {
			if !strings.Contains(p.Card.Body, want) || !strings.Contains(p.Text, want) {
				t.Errorf("%s: no %q in %q and %q", c.what, want, p.Card.Body, p.Text)
			}
		}
		if strings.Contains(all, "王舟") {
			t.Errorf("%s: somebody's name: %s", c.what, all)
		}
		if utf8.RuneCountInString(p.Card.Title) > 36 || utf8.RuneCountInString(p.Card.Body) > 160 {
			t.Errorf("%s: too long for a card: %q %q", c.what, p.Card.Title, p.Card.Body)
		}
	}
}

func TestTwoPeopleWithTheSameItemsGetTheSameBytes(t *testing.T) {
	d := &Desk{Pages: Pages{Base: "https://qf.example"}}
	item := func(id, owner int64, name string) plan.Item {
		return plan.Item{Reminder: plan.Reminder{ID: id, Obligation: id, To: owner}, Obligation: plan.Obligation{ID: id, Owner: owner, OwnerName: name, Check: id, Name: "个人岗位风险点自查", Kind: plan.KindSelfCheck, Due: oct(23), SectName: name + "的股室"}}
	}
	same(t, "the reminder", d.Remind(oct(20), []plan.Item{item(1, 5, "王舟")}, plan.Org{}), d.Remind(oct(20), []plan.Item{item(2, 6, "吴静")}, plan.Org{}))
}

func TestManyItemsAreCutToACardAndTheRestIsCounted(t *testing.T) {
	d := &Desk{Pages: Pages{Base: "https://qf.example"}}
	var items []plan.Item
	for i := range 9 {
		items = append(items, plan.Item{Obligation: plan.Obligation{ID: int64(i), Name: "第" + string(rune('一'+i)) + "季度廉政教育台账报送", Kind: plan.KindFiling, Due: oct(23)}})
	}
	p := d.Remind(oct(20), items, plan.Org{})
	if !strings.Contains(p.Card.Body, "还有") || utf8.RuneCountInString(p.Card.Body) > 160 {
		t.Errorf("%d characters: %s", utf8.RuneCountInString(p.Card.Body), p.Card.Body)
	}
}

func TestTomorrowMeansTheNextWorkingMorning(t *testing.T) {
	b := newOwing(t)
	b.reminded("wang", b.own("wang"))
	p := b.phone("wang")
	p.Send("明天再提醒").Expect("好的，10月20日（周二）上午再提醒您")
	n, at := b.waits("wang")
	if n != 1 || at.Day() != 20 || at.Hour() != 8 {
		t.Errorf("%d reminders, the first at %s", n, at)
	}
	p.Send("晚点提醒我").Expect("10月20日（周二）上午再提醒您")
	if n, _ := b.waits("wang"); n != 1 {
		t.Errorf("asked twice: %d reminders", n)
	}
	// On a Friday it is Monday.
	b.Advance(4 * 24 * time.Hour)
	b.reminded("feng", b.own("feng"))
	b.phone("feng").Send("稍后").Expect("10月26日（周一）上午再提醒您。其中有今天截止的")
}

func TestTomorrowWithNothingToPutOffSaysSo(t *testing.T) {
	b := newOwing(t)
	p := b.phone("wang")
	p.Send("明天再提醒").Expect("今天没有提醒过您。您现在要办1件")
	b.reminded("wang", b.own("wang"))
	b.submit("wang", plainRow)
	p.Send("明天再提醒").Expect("今天提醒的事都办完了")
	if n, _ := b.waits("wang"); n != 0 {
		t.Errorf("%d reminders of what is done", n)
	}
}

func TestTomorrowDoesNotBecomeASentenceOfTheForm(t *testing.T) {
	b := newOwing(t)
	b.withHandbook()
	b.reminded("wang", b.own("wang"))
	p := b.begun("wang")
	p.Send("好").Expect("想钻空子")
	p.Send("明天再提醒").Expect("再提醒您").Expect("想钻空子")
	p.Send("已完成").Expect("系统里还没有收到您的自查表")
	p.Send("稍后").Expect("填的都存着")
	b.stands("wang")
}

func TestThePressOnAReminderActsOnItsOwnDayOnly(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(20), bot.RoleOfficeMember)
	b.reminded("wang", b.own("wang"), filing)
	b.taps("wang", "remind.tomorrow:20261019", "push-1").Expect("10月20日（周二）上午再提醒您")
	b.taps("wang", "remind.done:20261019", "push-1").Expect("“名单报送”记为已完成")
	b.stateOf(filing, plan.Delivered)
	b.Advance(24 * time.Hour)
	second := b.files("wang", "分工备案", oct(21), "")
	b.taps("wang", "remind.done:20261019", "push-2").Expect("这是10月19日（周一）的提醒，已经过了").ExpectNo("记为已完成")
	b.stateOf(second, plan.Pending)
	before, _ := b.waits("wang")
	b.taps("wang", "remind.tomorrow:20261019", "push-3").Expect("这是10月19日（周一）的提醒，已经过了，这次没有生效。您现在要办2件")
	if after, _ := b.waits("wang"); after != before {
		t.Errorf("an old card planned %d reminders", after-before)
	}
	b.taps("wang", "remind.tomorrow:nonsense", "push-4").Expect("这张卡片我没认出来")
	b.taps("wang", "remind.tomorrow:20270101", "push-5").Expect("这张卡片我没认出来")
	b.refused("unknown key")
}

func TestAHeadMayPutOffTheCountOfTheSection(t *testing.T) {
	b := newOwing(t)
	b.remindedAt("li", b.own("wang"), 1)
	b.taps("li", "remind.tomorrow:20261019", "push-1").Expect("上午再提醒您")
	if n, _ := b.waits("li"); n != 1 {
		t.Errorf("%d reminders", n)
	}
}

func TestOwedListsWhatIsOwed(t *testing.T) {
	b := newOwing(t)
	p := b.phone("wang")
	p.Send("我要办的").Expect("您要办的（1件）：\n· 个人岗位风险点自查：10月23日（周五）截止，还有4个工作日\n在页面上看：https://qf.example/todo")
	p.Send("待办").Expect("您要办的（1件）")
	b.submit("wang", plainRow)
	p.Send("我要办的").Expect("您名下现在没有要办的事")
}

func TestWithoutACalendarTheWordsAreNotUnderstood(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	p.Send("申请延期").Expect("这句我没看明白")
	p.Send("我要办的").Expect("这句我没看明白")
	b.taps("wang", "remind.tomorrow:20261019", "push-1").Expect("这句我没看明白")
}
