package handlers

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
)

func TestANoticeLivesFromDraftToReport(t *testing.T) {
	b := pubWorld(t)
	sun, zhou, wang := b.phone("sun"), b.phone("zhou"), b.phone("wang")
	wang.Send("发公示").Expect("公示由防控办拟写")
	b.refused("role")
	wang.Send("公示").Expect("现在没有正在公示的内容")
	sun.Send("发公示").Expect("https://qf.example/notices")
	sun.Send("公示情况").Expect("还没有公示")
	if !b.drafts("sun", b.pubIn()) {
		t.Fatal(b.Transcript())
	}
	sun.Send("公示情况").Expect("“2026年廉政风险点公示”：草稿")
	if !b.sends("sun") {
		t.Fatal(b.Transcript())
	}
	n := b.pubIs(notice.Checking)
	if len(n.Points) != 2 || len(n.Snapshot.Points) != 2 || !bytes.Equal(n.Hash, n.Snapshot.Hash()) || len(n.Code) != 10 || strings.Trim(n.Code, pubAlphabet) != "" {
		t.Fatalf("%+v", n)
	}
	if n.Snapshot.Start != "2026-10-21" || n.Snapshot.End != "2026-10-27" || n.Snapshot.Points[0].Holder != "" || n.Snapshot.Points[0].Measures[0].NotDone != "" {
		t.Fatalf("%+v", n.Snapshot)
	}
	b.pubDo("sun", func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		_, ok, err := b.desk.DraftPublic(ctx, t, n.ID, n.Rev, b.pubIn())
		return ok, err
	})
	b.refused("in checking")
	zhou.ExpectCard("有一份公示请您审核").Then(func(tb testing.TB) {
		for _, bubble := range b.Phones.Screen("zhou") {
			if strings.Contains(bubble.String(), "招标") {
				tb.Errorf("a card tells what a point says: %s", bubble)
			}
		}
	})
	zhou.Press("退回").Expect("为什么退回")
	zhou.Send("受理电话请写完整").Expect("已退回")
	sun.Expect("被退回修改")
	if n = b.pubIs(notice.Returned); n.Remark != "受理电话请写完整" {
		t.Fatalf("%+v", n)
	}
	zhou.PressOn("有一份公示请您审核", "同意公示").Expect("已退回")
	b.pubIs(notice.Returned)
	if !b.sends("sun") {
		t.Fatal(b.Transcript())
	}
	zhou.ExpectCard("有一份公示请您审核").Press("同意公示").Expect("审核通过，10月21日开始公示")
	sun.Expect("审核通过，10月21日开始公示")
	b.noticeJob("2026-10-20 16:00")
	n = b.pubIs(notice.Approved)
	b.noticeJob("2026-10-21 00:05")
	b.pubIs(notice.Open)
	b.told("sun", "开始公示（办公场所），到10月27日", 0) // the night is quiet
	b.noticeJob("2026-10-21 09:12")
	b.told("sun", "开始公示（办公场所），到10月27日", 1)
	b.told("qian", pubURL(n), 1)
	sees(t, wang.Send("公示"), "“2026年廉政风险点公示”（办公场所，10月21日至10月27日）：https://gs.example/n/"+n.Code, "不要发在这里")
	b.noticeJob("2026-10-22 15:00")
	b.told("sun", "还没有张贴照片或网址", 0)
	b.noticeJob("2026-10-23 15:00")
	b.told("sun", "还没有张贴照片或网址", 1)
	b.opine(n, opinion.Answered, opinion.Adopted, "已改得更具体")
	open := b.opine(n, opinion.Accepted, "", "")
	sun.Send("公示情况").Expect("公示第3天，共5个工作日；收到意见2条，未答复1条")
	b.noticeJob("2026-10-27 23:00")
	b.pubIs(notice.Open)
	b.noticeJob("2026-10-28 09:12")
	b.pubIs(notice.Ended)
	b.told("sun", "公示期满。收到意见2条：采纳1，部分采纳0，不采纳0，转其他渠道0，还有1条没有答复", 1)
	open.State, open.Outcome, open.Reason, open.AnsweredOn = opinion.Answered, opinion.Not, "超出本单位职权", bot.Civil(b.Clock.Now())
	if err := b.reg.SaveFeedback(t.Context(), &open); err != nil {
		t.Fatal(err)
	}
	b.noticeJob("2026-10-30 09:12")
	b.told("sun", "的意见都已答复。收到意见2条：采纳1，部分采纳0，不采纳1", 1)
	b.noticeJob("2026-11-02 09:12")
	b.told("sun", "的意见都已答复", 1)
	b.told("sun", "公示期满", 1)
	var name string
	var data []byte
	b.page("sun", func(ctx context.Context, t *convo.Turn) (err error) {
		name, data, err = b.desk.PublicFile(ctx, t, n.ID, FileReport)
		return err
	})
	if words := document(t, data); name != "公示情况说明-2026-11-02.docx" || !strings.Contains(words, "已改得更具体") || !strings.Contains(words, "超出本单位职权") {
		t.Errorf("%s: %s", name, words)
	}
}

func TestADrafterNeverApprovesTheirOwnNotice(t *testing.T) {
	b := pubWorld(t)
	b.drafts("sun", b.pubIn())
	b.sends("sun")
	if b.approves("sun") {
		t.Error("the drafter approved")
	}
	b.refused("own draft")
	for user, code := range map[bot.UserID]string{"wang": "role", "li": "role"} {
		if b.approves(user) {
			t.Errorf("%s approved", user)
		}
		b.refused(code)
	}
	// Whoever takes a draft up and sends it is its drafter from then on.
	b.pubDo("qian", func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		return b.desk.TakeBackPublic(ctx, t, n.ID, n.Rev)
	})
	if !b.sends("qian") || b.approves("qian") {
		t.Error("who sent it approved it")
	}
	if !b.approves("han") {
		t.Error("the discipline group may approve")
	}
	b.pubIs(notice.Approved)
}

func TestTwoPeopleAtOnceAreTold(t *testing.T) {
	b := pubWorld(t)
	b.drafts("sun", b.pubIn())
	n := b.pub()
	for i, user := range []bot.UserID{"sun", "qian"} {
		ok := false
		b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
			_, ok, err = b.desk.DraftPublic(ctx, t, n.ID, n.Rev, b.pubIn(func(in *PubDraft) { in.Title = string(user) + "改的公示" }))
			return err
		})
		if ok != (i == 0) {
			t.Errorf("%s: %v", user, ok)
		}
	}
	b.refused("changed")
	if got := b.pub(); got.Title != "sun改的公示" {
		t.Errorf("%q", got.Title)
	}
	// A save that loses the race after it was checked is undone as a whole.
	stale := b.pub()
	stale.Rev--
	if err := b.reg.SavePublicNotice(t.Context(), &stale); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("%v", err)
	}
	b.sends("sun")
	first := b.pubIs(notice.Checking)
	b.pubDo("sun", func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		return b.desk.TakeBackPublic(ctx, t, n.ID, n.Rev)
	})
	b.pubDo("sun", func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		return b.desk.SendPublic(ctx, t, n.ID, n.Rev, 0)
	})
	b.page("zhou", func(ctx context.Context, t *convo.Turn) error {
		if ok, err := b.desk.ApprovePublic(ctx, t, first.ID, first.Rev); ok || err != nil {
			b.t.Errorf("an old snapshot was approved: %v %v", ok, err)
		}
		return nil
	})
	b.pubIs(notice.Checking)
}

func TestNothingOpensWithoutASecondWayToOpenLetters(t *testing.T) {
	b := pubWorld(t)
	b.keys(false)
	sees(t, b.phone("sun").Send("新建公示"), "qingfeng keys init --for office", "qingfeng keys recover --for office --check")
	b.drafts("sun", b.pubIn())
	b.sends("sun")
	if b.approves("zhou") {
		t.Error("approved without keys")
	}
	b.refused("keys")
	b.keys(true)
	if !b.approves("zhou") {
		t.Fatal(b.Transcript())
	}
	b.keys(false) // made anew, and not typed back yet
	b.noticeJob("2026-10-21 09:12")
	b.pubIs(notice.Approved)
	b.told("sun", "到了起始日，还没有开始", 1)
	b.noticeJob("2026-10-21 16:00")
	b.told("sun", "到了起始日，还没有开始", 1)
	b.keys(true)
	b.noticeJob("2026-10-21 16:10")
	b.pubIs(notice.Open)
}

func TestACorrectionReplacesAtOnceAndKeepsTheOldOneReadable(t *testing.T) {
	b := pubWorld(t)
	old := b.opened()
	b.Clock.Set(time.Date(2026, 10, 23, 10, 0, 0, 0, bot.Zone()))
	var next int64
	b.page("sun", func(ctx context.Context, t *convo.Turn) (err error) {
		next, err = b.desk.CorrectPublic(ctx, t, old.ID, old.Rev)
		return err
	})
	again := int64(0)
	b.page("qian", func(ctx context.Context, t *convo.Turn) (err error) {
		again, err = b.desk.CorrectPublic(ctx, t, old.ID, old.Rev)
		return err
	})
	if b.refused("begun"); next == 0 || again != next {
		t.Fatalf("%d %d", next, again)
	}
	fix := func(change string) bool {
		return b.pubDo("sun", func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
			_, ok, err := b.desk.DraftPublic(ctx, t, n.ID, n.Rev, b.pubIn(func(in *PubDraft) {
				in.Change, in.Audience, in.Days = change, notice.Website, 7 // whom it is for cannot change
			}))
			return ok, err
		})
	}
	if fix("") {
		t.Error("a correction that does not say what it corrects")
	}
	b.refused("change")
	if !fix("更正受理电话") || !b.sends("sun") {
		t.Fatal(b.Transcript())
	}
	if now, err := b.reg.PublicNotice(t.Context(), old.ID); err != nil || now.State != notice.Open {
		t.Fatalf("before its check the old one stays: %+v %v", now, err)
	}
	if !b.approves("zhou") {
		t.Fatal(b.Transcript())
	}
	n := b.pubIs(notice.Open)
	if n.Version != 2 || n.Series != old.Series || n.Audience != notice.OfficeIn || n.Snapshot.Start != old.Snapshot.Start || n.Snapshot.End != "2026-10-29" || n.Code == old.Code || n.Snapshot.Change != "更正受理电话" {
		t.Errorf("%+v", n.Snapshot)
	}
	was, err := b.reg.PublicNotice(t.Context(), old.ID)
	if err != nil || was.State != notice.Corrected || !bytes.Equal(was.Snapshot.Hash(), old.Hash) {
		t.Errorf("%+v %v", was, err)
	}
	b.page("wang", func(ctx context.Context, t *convo.Turn) error {
		s, denied, err := b.desk.PublicSheet(ctx, t, old.ID)
		if denied != "" || err != nil || len(s.Series) != 2 || s.Snapshot == nil {
			b.t.Errorf("%q %v %+v", denied, err, s)
		}
		return nil
	})
	b.noticeJob("2026-10-23 10:12")
	b.told("sun", "的更正（第2版）已开始公示", 1)
	// What came of the opinions is counted over all versions.
	b.opine(was, opinion.Answered, opinion.Adopted, "已改")
	totals, err := b.desk.pubTotals(t.Context(), n)
	if err != nil || totals.Received != 1 || totals.Adopted != 1 {
		t.Errorf("%+v %v", totals, err)
	}
}

func TestANameInAMeasureKeepsANoticeBack(t *testing.T) {
	b := pubWorld(t)
	b.confirm("wu", "变更理由审核", "审核变更理由时可能只看书面说明不到现场", func(p *risk.Point) {
		p.Measures[0].Text = "每件由冯雪到现场核对"
	})
	b.drafts("sun", b.pubIn())
	if b.sends("sun") {
		t.Fatal("a name went out")
	}
	b.refused("problems")
	sees(t, b.phone("sun"), "还不能送审", "冯雪")
	b.pubIs(notice.Drafting)
	// Without that section it goes.
	b.pubDo("sun", func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		_, ok, err := b.desk.DraftPublic(ctx, t, n.ID, n.Rev, b.pubIn(func(in *PubDraft) { in.Sections = []int64{b.section("feng")} }))
		return ok, err
	})
	if !b.sends("sun") || len(b.pub().Points) != 1 {
		t.Error(b.Transcript())
	}
}

func TestANoticeBeginsOnAWorkingDay(t *testing.T) {
	b := pubWorld(t)
	b.desk.Days = b.desk.Days.With([]plan.DayException{{Day: time.Date(2027, 1, 1, 0, 0, 0, 0, bot.Zone())}}, []int{2027})
	for _, c := range []struct{ start, first, last string }{
		{"2026-10-24", "2026-10-26", "2026-10-30"}, // a Saturday
		{"2026-10-23", "2026-10-23", "2026-10-29"}, // over a weekend
		{"2027-01-01", "2027-01-04", "2027-01-08"}, // New Year
	} {
		if !b.drafts("sun", b.pubIn(func(in *PubDraft) { in.Start = mustDay(t, c.start) })) {
			t.Fatalf("%s\n%s", c.start, b.Transcript())
		}
		if c.start != c.first {
			b.told("sun", "不上班，起始日已顺延到"+day(mustDay(t, c.first)), 1)
		}
		if n := b.pub(); n.Start.Format(time.DateOnly) != c.first || n.End.Format(time.DateOnly) != c.last || !n.Draft.Start.Equal(n.Start) {
			t.Errorf("%s: %s to %s", c.start, n.Start, n.End)
		}
	}
	for code, in := range map[string]PubDraft{
		"past":     b.pubIn(func(in *PubDraft) { in.Start = in.Start.AddDate(0, 0, -5) }),
		"far":      b.pubIn(func(in *PubDraft) { in.Start = in.Start.AddDate(2, 0, 0) }),
		"start":    b.pubIn(func(in *PubDraft) { in.Start = time.Time{} }),
		"days":     b.pubIn(func(in *PubDraft) { in.Days = 61 }),
		"promise":  b.pubIn(func(in *PubDraft) { in.Promise = 0 }),
		"title":    b.pubIn(func(in *PubDraft) { in.Title = "公示" }),
		"audience": b.pubIn(func(in *PubDraft) { in.Audience = "world" }),
	} {
		if b.drafts("sun", in) {
			t.Errorf("%s was taken", code)
		}
		b.refused(code)
	}
	// Approved too late, the days would not be enough.
	b.drafts("sun", b.pubIn())
	b.sends("sun")
	b.noticeJob("2026-10-20 10:00")
	b.told("sun", "定在10月21日开始，还没有审核", 1)
	b.noticeJob("2026-10-22 10:00")
	b.told("sun", "定在10月21日开始，还没有审核", 1)
	if b.approves("zhou") {
		t.Error("approved after its first day")
	}
	b.pubIs(notice.Checking)
}

func mustDay(t *testing.T, s string) time.Time {
	t.Helper()
	on, err := time.ParseInLocation(time.DateOnly, s, bot.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return on
}

func TestWhenTheDrafterHasLeftTheOfficeHears(t *testing.T) {
	b := pubWorld(t)
	b.drafts("sun", b.pubIn())
	b.sends("sun")
	if _, err := b.db.Pool().Exec(t.Context(), `UPDATE person SET active = false WHERE id = $1`, b.member("sun").ID); err != nil {
		t.Fatal(err)
	}
	if !b.approves("zhou") {
		t.Fatal(b.Transcript())
	}
	b.told("qian", "审核通过，10月21日开始公示", 1)
	// Another coordinator goes on with what was left.
	b.noticeJob("2026-10-21 09:12")
	n := b.pubIs(notice.Open)
	b.page("qian", func(ctx context.Context, t *convo.Turn) error {
		ok, err := b.desk.WithdrawPublic(ctx, t, n.ID, n.Rev, "范围选错，另行公示")
		if !ok {
			b.t.Errorf("%v\n%s", err, b.Transcript())
		}
		return err
	})
	if n = b.pubIs(notice.Withdrawn); n.Remark != "范围选错，另行公示" || n.DraftedBy != b.member("sun").ID {
		t.Errorf("%+v", n)
	}
	b.phone("wang").Send("公示").Expect("现在没有正在公示的内容")
}

func TestWithdrawingNeedsAReasonAndCannotBeUndone(t *testing.T) {
	b := pubWorld(t)
	b.drafts("sun", b.pubIn())
	withdraw := func(user bot.UserID, why string) bool {
		return b.pubDo(user, func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
			return b.desk.WithdrawPublic(ctx, t, n.ID, n.Rev, why)
		})
	}
	if withdraw("sun", "写错了，重新来") {
		t.Error("a draft shows nothing that could be withdrawn")
	}
	b.refused("in draft")
	b.sends("sun")
	b.approves("zhou")
	if withdraw("sun", "错") || withdraw("zhou", "写错了，重新来") {
		t.Error("withdrawn")
	}
	b.refused("no reason")
	b.refused("role")
	if !withdraw("sun", "写错了，重新来") || withdraw("sun", "写错了，重新来") {
		t.Error("withdrawn twice, or never")
	}
	b.noticeJob("2026-10-21 09:12")
	b.pubIs(notice.Withdrawn)
	for _, do := range []func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error){
		func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
			return b.desk.SendPublic(ctx, t, n.ID, n.Rev, 0)
		},
		func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
			id, err := b.desk.CorrectPublic(ctx, t, n.ID, n.Rev)
			return id != 0, err
		},
		func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
			return b.desk.TakeBackPublic(ctx, t, n.ID, n.Rev)
		},
	} {
		if b.pubDo("sun", do) {
			t.Error("a withdrawn notice moved")
		}
	}
	if n := b.refusals("in withdrawn"); n != 4 {
		t.Errorf("%d refusals were noted", n)
	}
}

func TestNamesStandOnlyWhereTheUnitDecidedAndTheMaskAllows(t *testing.T) {
	b := pubWorld(t)
	b.drafts("sun", b.pubIn(func(in *PubDraft) { in.Holders = true }))
	b.page("sun", func(ctx context.Context, t *convo.Turn) error {
		s, _, err := b.desk.PublicSheet(ctx, t, b.pub().ID)
		if err != nil || len(s.Previews) != 4 {
			b.t.Fatalf("%v %+v", err, s)
		}
		for _, p := range s.Previews {
			holder := p.Snapshot.Points[0].Holder
			if want := map[bool]string{true: "王舟"}[p.Audience == notice.Internal]; holder != want {
				b.t.Errorf("%s reads the holder %q", p.Audience, holder)
			}
			closed := slices.ContainsFunc(p.Closed, func(c PubClosed) bool { return c.Field == notice.FieldHolder && c.Why != "" })
			if closed == (p.Audience == notice.Internal) {
				b.t.Errorf("%s: %+v", p.Audience, p.Closed)
			}
		}
		return nil
	})
	b.sends("sun")
	b.approves("zhou")
	named, err := b.desk.pubNamed(t.Context(), b.pub())
	if err != nil || named.Points[0].Holder != "王舟" || b.pub().Snapshot.Points[0].Holder != "" {
		t.Errorf("the plaque: %v %+v", err, named.Points)
	}
}

func TestChatTakesNeitherOpinionsNorReports(t *testing.T) {
	b := pubWorld(t)
	wang := b.phone("wang")
	sees(t, wang.Send("意见箱"), "这里不收意见", "请找防控办：")
	n := b.opened()
	page := "https://gs.example/n/" + n.Code
	const words = "我想对公示提个意见，第三条太笼统"
	for _, said := range []string{"提意见", "我要反馈", "意见箱", words, "我对公示第二条有意见，措施没有用", "我们大家想反映一下意见"} {
		sees(t, wang.Send(said), "这里不收意见", page, "0834-2210000", "12388")
	}
	for _, said := range []string{"举报", "反映问题", "我要举报", "我要举报招标股有问题", "匿名举报"} {
		sees(t, wang.Send(said), "12388", "0834-2219999").ExpectNothing()
	}
	// Words that no list foresaw: nobody asked for them, and they read like a report, or are about a notice.
	for _, said := range []string{"举报财务股的人吃拿卡要，太笼统", "匿名反映一下，副局长让我们给他亲戚打招呼，太笼统"} {
		sees(t, wang.Send(said), "12388")
	}
	wang.Send("公示里第一条我不同意，写得太笼统")
	var kept int
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM inbox WHERE body::text LIKE '%太笼统%' OR body::text LIKE '%招标股有问题%' OR body::text LIKE '%措施没有用%'`).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d messages keep what was said (%v)", kept, err)
	}
	b.refused("opinion")
	b.refused("report")
	for _, said := range []string{"公示要几天", "群众对公示提了意见怎么办", "请问对公示有意见几天答复", "举报人怎么保护", "公示期间收到反馈意见怎么处理", "任免干部要公示吗"} {
		opinionDoor, report := false, false
		for _, sure := range []bool{true, false} {
			if _, ok := matchOpinionDoor(sure)(convo.Fold(said)); ok {
				opinionDoor = true
			}
		}
		_, report = matchReport(convo.Fold(said))
		if opinionDoor || report {
			t.Errorf("%q is a question, not an opinion (%v) and not a report (%v)", said, opinionDoor, report)
		}
	}
	// In the middle of a form, words that name the notice never become a row.
	feng := b.phone("chen")
	feng.Send("自查")
	feng.Send(words).Expect("这里不收意见")
	if points := b.check("chen").Points; len(points) != 0 {
		t.Errorf("%+v", points)
	}
}

func TestAPlacementIsAPhotoOrAnAddress(t *testing.T) {
	b := pubWorld(t)
	n := b.opened()
	place := func(user bot.UserID, p Placement) bool {
		return b.pubDo(user, func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
			return b.desk.PlacePublic(ctx, t, n.ID, p)
		})
	}
	today := bot.Civil(b.Clock.Now())
	for code, p := range map[string]Placement{
		"no photo": {Kind: "board", Place: "一楼大厅", On: today},
		"address":  {Kind: "web", Place: "www.example.gov.cn", On: today},
		"day":      {Kind: "web", Place: "https://www.example.gov.cn/1", On: today.AddDate(0, 0, 1)},
		"place":    {Kind: "moon", Place: "x", On: today},
	} {
		if place("sun", p) {
			t.Errorf("%s was taken", code)
		}
		b.refused(code)
	}
	if place("wang", Placement{Kind: "web", Place: "https://www.example.gov.cn/1", On: today}) {
		t.Error("anybody may place")
	}
	if !place("sun", Placement{Kind: "web", Place: "https://www.example.gov.cn/1", On: today}) || !place("sun", Placement{Kind: "board", Place: "一楼大厅", On: today, Photo: []byte("jpeg")}) {
		t.Fatal(b.Transcript())
	}
	list, err := b.reg.Placements(t.Context(), n.ID)
	if err != nil || len(list) != 2 || list[0].HasPhoto == list[1].HasPhoto {
		t.Errorf("%+v %v", list, err)
	}
	b.noticeJob("2026-10-23 15:00")
	b.told("sun", "还没有张贴照片或网址", 0)
}
