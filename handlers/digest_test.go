package handlers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
)

// drawn is what was asked of the picture job.
type drawn []string

func (d *drawn) Picture(_ context.Context, to bot.UserID, what string, id int64) error {
	*d = append(*d, fmt.Sprint(to, " ", what, " ", id))
	return nil
}

func TestChasingASectionInPlainWords(t *testing.T) {
	b := newOwing(t)
	b.Advance(7 * 24 * time.Hour) // Monday the 26th: the forms are one working day late
	sun := b.phone("sun")
	sun.Send("催一下财务审计股").Expect("已提醒2人（共2件），马上发出")
	n, at := b.waits("feng")
	if n != 1 || at.Sub(b.Clock.Now()) > time.Hour {
		t.Errorf("%d reminders, at %s", n, at)
	}
	if n, _ := b.waits("wang"); n != 0 {
		t.Error("another section was chased")
	}
	sun.Send("催办财务审计股").Expect("这2人今天都已经催过了，一人一天只催一次")
	sun.Send("催催财务").Expect("今天都已经催过了")
	sun.Send("提醒还没交的").Expect("已提醒8人（共8件），马上发出。另有2人今天已经催过")
	if n, _ := b.waits("wang"); n != 1 {
		t.Error("not everybody was chased")
	}
	sun.Send("催一下宣传股").Expect("没有“宣传股”。现有：局领导班子、办公室、建设管理股")
	sun.Send("催一下股").Expect("对得上几个股室")
	b.refused("unknown section")
}

func TestNothingToChaseSaysSo(t *testing.T) {
	b := newOwing(t)
	sun := b.phone("sun")
	b.phone("li").Send("催一下建设管理股").Expect("催办由防控办来做")
	sun.Send("催一下建设管理股").Expect("建设管理股没有逾期的，三个工作日内也没有到期的")
	sun.Send("催办").Expect("没有逾期的")
	b.files("", "方案备案", oct(20), plan.Superior)
	sun.Send("催办").Expect("另有1件没有负责人，回“指定代办”来定")
	b.refused("not coordinator")
}

func TestChasingAtNightWaitsForTheMorning(t *testing.T) {
	b := newOwing(t)
	b.Advance(24*time.Hour + 12*time.Hour) // the 20th, nine in the evening: three working days left
	b.phone("sun").Send("催一下建设管理股").Expect("现在是休息时间，10月21日（周三）上午发出提醒：3人（共3件）")
	if _, at := b.waits("wang"); !at.Equal(plan.Morning(oct(21))) { // with the morning's reminder, not beside it
		t.Errorf("the reminder is for %s", at)
	}
}

func TestPeopleSayItInManyWays(t *testing.T) {
	for said, want := range map[string]string{
		"催一下财务审计股": "财务审计股", "催办建设管理股": "建设管理股", "请帮我催一下法规股吧": "法规股", "催": "", "催办": "", "催一下还没交的": "",
		"提醒还没交的": "", "提醒一下没交的人": "", "提醒财务审计股还没交的": "财务审计股", "催一下财务审计股还没交的人": "财务审计股", "催一下大家": "", "提醒一下没交的同志": "", "提醒财务审计股逾期的同志": "财务审计股",
		"提醒谈话": "-", "催缴通知怎么写": "-", "催告书几天内送达": "-", "明天再提醒": "-", "提醒我明天开会": "-", "被催缴的企业可能托关系要求免除滞纳金并送卡": "-",
	} {
		got := "-"
		if args, ok := matchChase(said); ok {
			got = args[0]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}

func (b *bureau) morning(user bot.UserID) *bureau {
	b.t.Helper()
	b.page(user, b.desk.MorningDigest)
	return b
}

func TestTheMorningDigestTellsWhatIsLateAndWhatToDo(t *testing.T) {
	b := newOwing(t)
	pictures := &drawn{}
	b.desk.Pictures = pictures
	b.morning("sun")
	b.phone("sun").ExpectNothing() // four working days are left, nothing waits
	b.submit("wang", plainRow)
	b.toReview()
	b.files("wu", "名单报送", oct(23), "")
	b.files("", "方案备案", oct(28), plan.Superior)
	b.phone("feng").Send("申请延期到10月28日，出差")
	b.phone("sun").Expect("有一件延期申请")
	b.Advance(7 * 24 * time.Hour)
	b.undelivered("chen")
	sun := b.phone("sun")
	b.morning("sun")
	sun.Expect("今日提示：逾期")
	last := strings.Join(b.lastOf("sun", 2), "\n")
	for _, want := range []string{
		"【已逾期】", "建设管理股3件", "【三个工作日内到期】", "【等谁审】李衡1件（过了办理期1件）", "【没有送达】陈楠（提醒）", "【延期申请】1件", "【没有负责人】1件：方案备案",
		"最后一段可直接转发股室群",
	} {
		if !strings.Contains(last, want) {
			t.Errorf("no %q in\n%s", want, last)
		}
	}
	forward := b.last("sun").String()
	if !strings.HasPrefix(forward, "各位同事：个人岗位风险点自查10月23日（周五）已截止，全单位10份，已交1份，还有9份没交") || !strings.HasSuffix(forward, "谢谢大家。") {
		t.Errorf("the paragraph to forward: %s", forward)
	}
	b.namesNobody(forward)
	if want := fmt.Sprint("sun progress ", b.campaign.ID); len(*pictures) != 1 || (*pictures)[0] != want {
		t.Errorf("pictures %v, want %s", *pictures, want)
	}
	b.morning("sun")
	sun.Then(func(t testing.TB) {
		if got := b.last("sun").String(); got != forward {
			t.Errorf("twice on one morning: %s", got)
		}
	})
	b.morning("wang")
	if strings.Contains(b.last("wang").String(), "今日提示") {
		t.Error("a cadre got the digest")
	}
	// Its buttons, one after the other on the same card.
	sun.Press("催办").Expect("已提醒")
	sun.Press("催办").Expect("今天都已经催过了")
	sun.Press("看名单").Expect("建设管理股：\n")
	sun.Press("指定代办").ExpectCard("哪一件换人办？")
	sun.Send("退出")
	sun.Press("准予延期").Expect("申请把“个人岗位风险点自查”延到10月28日")
}

// toReview brings 王舟's form before the section head.
func (b *bureau) toReview() {
	b.t.Helper()
	b.phone("li").Send("互查")
	b.meet("li", b.section("wang"), nil)
}

func (b *bureau) undelivered(user bot.UserID) {
	b.t.Helper()
	for _, q := range []string{
		`INSERT INTO push (digest, kind, lane, mode, reply) VALUES ('x', 'reminder', 2, 'card', '{}')`,
		fmt.Sprintf(`INSERT INTO push_to (push_id, person, user_id, once, state, at) SELECT id, %d, '%s', 'x', 'invalid', '%s' FROM push`,
			b.pid(user), user, b.Clock.Now().Format(time.RFC3339)),
	} {
		if _, err := b.db.Pool().Exec(b.t.Context(), q); err != nil {
			b.t.Fatal(err)
		}
	}
}

// lastOf are the newest n things on a phone.
func (b *bureau) lastOf(user bot.UserID, n int) (out []string) {
	screen := b.Phones.Screen(user)
	for _, bubble := range screen[max(0, len(screen)-n):] {
		out = append(out, bubble.String())
	}
	return out
}

// namesNobody fails when a text that many read holds anybody's name.
func (b *bureau) namesNobody(said string) {
	b.t.Helper()
	for _, r := range bureauRoster() {
		if strings.Contains(said, r.Name) {
			b.t.Errorf("%s stands in %s", r.Name, said)
		}
	}
}

func TestTheDigestWarnsOfYearsAppAndLeavers(t *testing.T) {
	b := newOwing(t)
	ob := b.files("wu", "年终总结", time.Date(2027, 1, 6, 0, 0, 0, 0, bot.Zone()), "")
	b.phone("sun").Do(bot.Message{Kind: bot.KindOther, Media: "event.inactive_alert"})
	if _, err := b.db.Pool().Exec(t.Context(), `UPDATE person SET active = false WHERE id = $1`, b.pid("wu")); err != nil {
		t.Fatal(err)
	}
	b.phone("sun").Send("晨报").Expect("【负责人已离开】2件：个人岗位风险点自查、年终总结")
	last := strings.Join(b.lastOf("sun", 2), "\n")
	for _, want := range []string{"【应用快要停用】", "【节假日】2027年的放假安排还没有导入"} {
		if !strings.Contains(last, want) {
			t.Errorf("no %q in\n%s", want, last)
		}
	}
	b.Advance(time.Minute)
	b.phone("sun").Do(bot.Message{Kind: bot.KindOther, Media: "event.reopen_inactive_agent"})
	b.phone("sun").Send("晨报")
	if last := strings.Join(b.lastOf("sun", 2), "\n"); strings.Contains(last, "应用快要停用") {
		t.Errorf("the app is used again: %s", last)
	}
	// What the leaver owed goes to somebody who is here; their form does not.
	sun := b.phone("sun")
	sun.Send("指定代办").ExpectCard("哪一件换人办？").Tick("年终总结 负责人已离开").Expect("“年终总结”（1月6日（周三）截止）交给谁办")
	sun.Send("张三丰").Expect("张三丰")
	sun.Send("王舟").Expect("好，“年终总结”改由王舟办，已告诉对方")
	b.phone("wang").Expect("“年终总结”由防控办指定请您来办，1月6日（周三）截止")
	if got, err := b.reg.Obligation(t.Context(), ob.ID); err != nil || got.Owner != b.pid("wang") {
		t.Errorf("the owner is %d: %v", got.Owner, err)
	}
	b.phone("feng").Send("晨报").Expect("今日提示是给防控办看的")
}

func TestGivingTellsBothAndRefusesWhatIsSomebodysOwn(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(21), "")
	sun := b.phone("sun")
	b.phone("li").Send("指定代办").Expect("指定代办由防控办来做")
	sun.Send("换人办").ExpectCard("哪一件换人办？").Tick("名单报送 王舟").Expect("交给谁办")
	sun.Send("王舟").Expect("现在就是王舟在办")
	sun.Send("吴静").Expect("好，“名单报送”改由吴静办，已告诉双方")
	b.phone("wang").Expect("“名单报送”已改由吴静办，您不用再办了")
	b.phone("wu").Expect("由防控办指定请您来办，10月21日（周三）截止")
	give := func(id, was, to int64) func(context.Context, *convo.Turn) error {
		return func(ctx context.Context, turn *convo.Turn) error {
			_, err := b.desk.GiveTo(ctx, turn, id, was, to)
			return err
		}
	}
	b.page("sun", give(filing.ID, b.pid("wang"), b.pid("feng")))
	sun.Expect("这件刚刚有了变化")
	b.page("sun", give(b.own("wang").ID, b.pid("wang"), b.pid("feng")))
	sun.Expect("不能换人办：自查表要本人填")
	b.page("li", give(filing.ID, b.pid("wu"), b.pid("feng")))
	b.phone("li").Expect("指定代办由防控办来做")
	for _, code := range []string{"same person", "changed", "not to be given", "not coordinator"} {
		b.refused(code)
	}
}

func TestTheListShowsNamesOnlyToThoseEntitled(t *testing.T) {
	b := newOwing(t)
	b.Advance(7 * 24 * time.Hour)
	b.phone("sun").Send("看名单").Expect("还没办完的（10件）")
	all := b.last("sun").String()
	for _, name := range []string{"冯雪", "王舟", "周岚"} {
		if !strings.Contains(all, name) {
			t.Errorf("the office does not see %s: %s", name, all)
		}
	}
	b.phone("li").Send("谁没交").Expect("王舟").ExpectNo("冯雪", "周岚")
	if got := b.last("li").String(); strings.Contains(got, "冯雪") {
		t.Errorf("a head sees another section: %s", got)
	}
	b.phone("zhao").Send("看名单").Expect("冯雪")
	if got := b.last("zhao").String(); strings.Contains(got, "孙文") {
		t.Errorf("a leader sees a section of somebody else: %s", got)
	}
	b.phone("wang").Send("看名单").Expect("名单只给防控办、股室负责人和分管领导看")
	b.refused("no role")
}

func TestProgressIsWhatEachMaySee(t *testing.T) {
	b := newOwing(t)
	pictures := &drawn{}
	b.desk.Pictures = pictures
	b.submit("wang", plainRow)
	b.files("wu", "名单报送", oct(21), "")
	b.phone("li").Send("进度").Expect("建设管理股（3份）：\n")
	got := b.lastOf("li", 2)[0]
	for _, want := range []string{"· 王舟：待互查", "· 吴静：未开始"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if strings.Contains(got, "冯雪") || strings.Contains(got, plainRow.text) {
		t.Errorf("a head sees too much: %s", got)
	}
	b.phone("zhao").Send("进度").Expect("您分管的股室（6份）：")
	b.namesNobody(b.lastOf("zhao", 2)[0])
	b.phone("sun").Send("进度").Expect("其他工作：逾期0件，三个工作日内到期1件")
	if len(*pictures) != 1 {
		t.Errorf("pictures: %v", *pictures)
	}
	b.phone("sun").Send("进度图").Expect("进度图马上发给您")
	b.phone("wang").Send("进度图").Expect("进度图是给防控办看的")
	b.desk.Pictures = nil
	b.phone("sun").Send("进度图").Expect("现在发不了图，先看文字").Expect("建设管理股")
	for day, want := range map[int]SectionCount{23: {Name: "建设管理股", All: 3, Done: 1}, 26: {Name: "建设管理股", All: 3, Done: 1, Late: 2}} {
		counts, err := b.desk.ProgressData(t.Context(), b.campaign.ID, oct(day))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			if c.Name == want.Name {
				same(t, "the section", c, want)
			}
		}
	}
}

func TestNoReminderHoldsANameOrAPoint(t *testing.T) {
	b := newOwing(t)
	b.submit("wang", plainRow)
	b.files("wang", "名单报送", oct(21), bot.RoleOfficeMember)
	b.files("", "方案备案", oct(20), plan.Superior)
	org, err := b.reg.Org(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.reg.Obligations(t.Context(), ObligationFilter{Campaign: b.campaign.ID})
	if err != nil {
		t.Fatal(err)
	}
	for dom := 19; dom <= 30; dom++ {
		for step := range 4 {
			var items []plan.Item
			for _, ob := range all {
				items = append(items, plan.Item{Reminder: plan.Reminder{Obligation: ob.ID, To: ob.Owner, Step: step, Urgent: step == 2}, Obligation: ob})
			}
			for n := 1; n <= len(items); n++ {
				p := b.desk.Remind(oct(dom), items[:n], org)
				for _, o := range p.Card.Buttons {
					b.namesNobody(o.Text + o.Key + o.URL)
					if o.URL != "" && !strings.HasPrefix(o.URL, "https://qf.example/todo") {
						t.Errorf("a reminder leads to %s", o.URL)
					}
				}
				b.namesNobody(p.Card.Title + p.Card.Desc + p.Card.Body + p.Text)
				if strings.Contains(p.Card.Body+p.Text, plainRow.text) {
					t.Errorf("a point stands in %s", p.Text)
				}
				if utf8.RuneCountInString(p.Card.Body) > 160 || utf8.RuneCountInString(p.Card.Title) > 36 || len(p.Text) > bot.PushTextMax {
					t.Errorf("too long: %d characters, %d bytes: %s", utf8.RuneCountInString(p.Card.Body), len(p.Text), p.Card.Body)
				}
			}
		}
	}
}
