package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/handlers"
)

// newNoticeWorld is the unit with two confirmed points, notices and keys.
func newNoticeWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	days, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	d := w.desk
	d.Publications, d.Opinions, d.Talks, d.Random, d.Days, d.Pages.Public = w.reg, w.reg, w.reg, rand.Reader, days, "https://gs.example"
	d.Fonts = form.SystemFonts("/usr/share/fonts", "/usr/local/share/fonts")
	w.confirmed("wang", "招标文件编制", wangText)
	w.confirmed("feng", "计量支付复核", fengText)
	if err := w.reg.SaveRing(t.Context(), opinion.SealRing{
		Door: opinion.Office, Recipients: []string{"age1one", "age1two"}, Recovery: "age1two", Printed: true, Made: bot.Civil(monday()),
		Locks: []opinion.Lock{{Holders: []string{"孙文"}, Locked: []byte("locked")}}, Spare: []byte("spare"),
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

// confirmed puts a confirmed point on somebody's form, as the grading leaves it.
func (w *world) confirmed(owner bot.UserID, step, text string) {
	w.t.Helper()
	c := w.check(owner)
	nodes, err := w.reg.Nodes(w.t.Context(), w.sectionOf(owner))
	if err != nil {
		w.t.Fatal(err)
	}
	p := risk.Point{
		No: 1, Layer: risk.LayerPost, Post: c.Post, Title: step + "的风险", Manifestations: []string{text}, Category: risk.Duty, Version: 1,
		Measures: []risk.Measure{{Text: "两人核对后签字", Who: "股长", Frequency: "每次", Evidence: "签字单"}}, State: risk.PointConfirmed, Confirmed: risk.L2,
	}
	for _, n := range nodes {
		if n.Name == step {
			p.Node = n
		}
	}
	c.Begun, c.State, c.Points = true, risk.CheckConfirmed, []risk.Point{p}
	if err := w.reg.Save(w.t.Context(), &c); err != nil {
		w.t.Fatal(err)
	}
}

func noticeForm(more url.Values) url.Values {
	v := url.Values{
		"title": {"2026年廉政风险点公示"}, "audience": {"office"}, "start": {"2026-10-14"}, "days": {"5"}, "promise": {"10"},
		"phone": {"0834-2210000"}, "address": {"二楼201室"}, "box": {"一楼大厅东侧"}, "discipline": {"驻局纪检监察组"}, "do": {"save"}, "rev": {"0"},
	}
	for k, x := range more {
		v[k] = x
	}
	return v
}

func (w *world) lastNotice() handlers.PublicNotice {
	w.t.Helper()
	list, err := w.reg.PublicNotices(w.t.Context(), handlers.NoticeFilter{})
	if err != nil || len(list) == 0 {
		w.t.Fatalf("no notice: %v", err)
	}
	n := list[0]
	for _, x := range list {
		if x.ID > n.ID {
			n = x
		}
	}
	return n
}

// doNotice presses a button on the newest notice's page as it stands.
func (w *world) doNotice(user bot.UserID, do string, more url.Values) seen {
	w.t.Helper()
	n := w.lastNotice()
	v := url.Values{"do": {do}, "rev": {fmt.Sprint(n.Rev)}}
	for k, x := range more {
		v[k] = x
	}
	return w.as(user).post(fmt.Sprintf("/notice/%d", n.ID), v)
}

// openNotice brings a notice to its first day.
func (w *world) openNotice() handlers.PublicNotice {
	w.t.Helper()
	w.as("sun").get("/notice/new")
	w.as("sun").must("/notice/new", noticeForm(nil))
	if got := w.doNotice("sun", "send", noticeForm(url.Values{"do": {"send"}, "rev": {fmt.Sprint(w.lastNotice().Rev)}})); got.status != http.StatusSeeOther {
		w.t.Fatalf("send: %d\n%s", got.status, said(got.body))
	}
	if got := w.doNotice("zhou", "approve", nil); got.status != http.StatusSeeOther {
		w.t.Fatalf("approve: %d\n%s", got.status, said(got.body))
	}
	w.chat.Clock.Set(time.Date(2026, 10, 14, 9, 30, 0, 0, bot.Zone()))
	clear(w.browsers) // yesterday's sessions are over
	n := w.lastNotice()
	if err := w.chat.Runner.Do(w.t.Context(), "qingfeng-cli", func(ctx context.Context, t *convo.Turn) error { return w.desk.PublicTime(ctx, t, n.ID) }); err != nil {
		w.t.Fatal(err)
	}
	if n = w.lastNotice(); n.State != notice.Open {
		w.t.Fatalf("%s", n.State)
	}
	return n
}

func TestANoticeIsDraftedCheckedAndReadOnItsPages(t *testing.T) {
	w := newNoticeWorld(t)
	w.run(t, []httpCase{
		{name: "the form knows defaults", as: "sun", path: "/notice/new", status: 200, want: []string{"2026年廉政风险点公示", `value="5"`, "给谁看"}},
		{name: "only the office drafts", as: "wang", path: "/notice/new", status: 403},
		{name: "nor posts", as: "li", path: "/notice/new", form: noticeForm(nil), status: 403},
		{name: "what is wrong is said, what was typed stays", as: "sun", path: "/notice/new", form: noticeForm(url.Values{"days": {"0"}, "box": {"传达室"}}), status: 422, want: []string{"公示天数请填1到60", "传达室"}},
		{name: "a red line is not stored", as: "sun", path: "/notice/new", form: noticeForm(url.Values{"title": {"绝密★公示"}}), status: 422},
	})
	w.as("sun").must("/notice/new", noticeForm(nil))
	n := w.lastNotice()
	path := fmt.Sprintf("/notice/%d", n.ID)
	w.run(t, []httpCase{
		{name: "a draft for the office", as: "sun", path: path, status: 200, want: []string{"谁看得到什么", "单位内部", "佐证材料是内部台账", "公示岗位，不公示个人", "预览：办公场所看到的", wangText, "周岚"}},
		{name: "a draft is not for everybody", as: "wang", path: path, status: 403, not: []string{wangText}},
		{name: "nor in their list", as: "wang", path: "/notices", status: 200, not: []string{"草稿"}},
		{name: "a stale form changes nothing", as: "sun", path: path, form: noticeForm(url.Values{"rev": {"9"}}), status: 422, want: []string{"刚才有人改过"}},
	})
	// Fewer columns: only what is ticked, never what the mask closes.
	if got := w.doNotice("sun", "save", noticeForm(url.Values{"rev": {fmt.Sprint(n.Rev)}, "fields_of": {"office"}, "field": {"section", "post", "title", "manifestation", "not_done"}})); got.status != 303 {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	if n = w.lastNotice(); len(n.Draft.Fields) != 4 {
		t.Errorf("%v", n.Draft.Fields)
	}
	if got := w.doNotice("sun", "send", noticeForm(url.Values{"rev": {fmt.Sprint(n.Rev)}, "do": {"send"}})); got.status != 303 {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	w.chat.Settle()
	w.run(t, []httpCase{
		{name: "the checker sees all of it", as: "zhou", path: path, status: 200, want: []string{"同意公示", wangText, fengText, "0834-2210000", "拟稿：孙文"}},
		{name: "the drafter cannot check", as: "sun", path: path, status: 200, want: []string{"要由另一个人审核", "取回修改"}, not: []string{`value="approve"`}},
		{name: "and is refused", as: "sun", path: path, form: url.Values{"do": {"approve"}, "rev": {fmt.Sprint(w.lastNotice().Rev)}}, status: 422, want: []string{"要由另一个人审核"}},
		{name: "returning needs a reason", as: "zhou", path: path, form: url.Values{"do": {"return"}, "rev": {fmt.Sprint(w.lastNotice().Rev)}}, status: 422, want: []string{"请写明退回的原因"}},
		{name: "no such button", as: "zhou", path: path, form: url.Values{"do": {"burn"}, "rev": {"0"}}, status: 400},
		{name: "no such notice", as: "zhou", path: "/notice/999", status: 404},
		{name: "no files before the check", as: "sun", path: path + "/report", status: 422},
	})
	if got := w.doNotice("zhou", "return", url.Values{"why": {"请补意见箱位置"}}); got.status != 303 {
		t.Fatalf("%d", got.status)
	}
	if page := w.as("sun").get(path); !strings.Contains(page.body, "请补意见箱位置") || !strings.Contains(page.body, "保存并送审") {
		t.Errorf("%s", said(page.body))
	}
}

func TestAnOpenNoticeIsForEverybodyOfTheUnit(t *testing.T) {
	w := newNoticeWorld(t)
	n := w.openNotice()
	path := fmt.Sprintf("/notice/%d", n.ID)
	w.run(t, []httpCase{
		{name: "anybody reads it", as: "wang", path: path, status: 200, want: []string{wangText, "https://gs.example/n/" + n.Code, "第1天"}, not: []string{"撤回", "上传照片", "收到</dt>", "签字单备查"}},
		{name: "home leads there", as: "wang", path: "/", status: 200, want: []string{`href="/notices"`}},
		{name: "but prints nothing", as: "wang", path: path + "/report", status: 422},
		{name: "and uploads nothing", as: "wang", path: path + "/upload", form: url.Values{"kind": {"web"}}, status: 403},
	})
	// A photo comes out without what a phone writes into it.
	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, image.NewGray(image.Rect(0, 0, 1800, 900)), nil); err != nil {
		t.Fatal(err)
	}
	secret := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 16}, "Exif\x00\x00PhoneX42"...)
	photo := append(secret, raw.Bytes()[2:]...)
	where := url.Values{"kind": {"board"}, "place": {"一楼大厅东墙"}, "on": {"2026-10-14"}}
	if got := w.as("sun").upload(path+"/upload", "wall.jpg", photo, where); got.status != 303 {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	if got := w.as("sun").upload(path+"/upload", "wall.jpg", []byte("no picture"), where); got.status != 422 || !strings.Contains(got.body, "读不出来") {
		t.Errorf("%d %s", got.status, said(got.body))
	}
	if got := w.as("sun").upload(path+"/upload", "none", nil, url.Values{"kind": {"web"}, "place": {"https://www.example.gov.cn/gs"}, "on": {"2026-10-14"}}); got.status != 303 {
		t.Errorf("%d %s", got.status, said(got.body))
	}
	places, err := w.reg.Placements(t.Context(), n.ID)
	if err != nil || len(places) != 2 {
		t.Fatalf("%+v %v", places, err)
	}
	for _, p := range places {
		if !p.HasPhoto {
			continue
		}
		res, err := w.as("wang").http.Get(fmt.Sprintf("%s%s/photo/%d", w.server.URL, path, p.ID))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(res.Body)
		if res.Body.Close(); err != nil || res.Header.Get("Content-Type") != "image/jpeg" || bytes.Contains(data, []byte("PhoneX42")) {
			t.Errorf("%v %v", res.Header, err)
		}
		if got, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil || got.Width != 1600 {
			t.Errorf("%+v %v", got, err)
		}
	}
	w.run(t, []httpCase{
		{name: "the places are shown", as: "wang", path: path, status: 200, want: []string{"一楼大厅东墙", "https://www.example.gov.cn/gs", "/photo/"}},
		{name: "no photo of elsewhere", as: "wang", path: path + "/photo/999", status: 404},
		{name: "the five openings", as: "wang", path: "/openness", status: 200, want: []string{"风险公开", "公开中", "2026-10-14"}, not: []string{"登记别处"}},
		{name: "no photos at first", as: "sun", path: "/notices", status: 200, want: []string{"允许附照片"}},
		{name: "the office alone decides on photos", as: "wang", path: "/notices", status: 200, not: []string{"附照片"}},
		{name: "only the office notes openings", as: "wang", path: "/openness", form: url.Values{"what": {"power"}, "audience": {"website"}, "place": {"政府网站"}, "from": {"2026-10-01"}}, status: 403},
		{name: "with a day", as: "sun", path: "/openness", form: url.Values{"what": {"power"}, "audience": {"website"}, "place": {"政府网站"}}, status: 422, want: []string{"请写明从哪天起公开"}},
	})
	for _, c := range []struct {
		who, do string
		on      bool
	}{{"sun", "images", true}, {"wang", "no images", true}, {"sun", "no images", false}} {
		w.as(bot.UserID(c.who)).must("/notices", url.Values{"do": {c.do}})
		if on, err := w.desk.Publications.Images(t.Context()); err != nil || on != c.on {
			t.Errorf("%s says %s: %v %v", c.who, c.do, on, err)
		}
	}
	if page := w.as("sun").must("/openness", url.Values{"what": {"power"}, "audience": {"website"}, "place": {"政府网站权责清单"}, "from": {"2026-10-01"}}); !strings.Contains(page.body, "政府网站权责清单") {
		t.Errorf("%s", said(page.body))
	}
	if got := w.as("sun").get(path + "/report"); got.status != 200 || !strings.Contains(got.head.Get("Content-Type"), "wordprocessingml") {
		t.Errorf("the report: %d %v", got.status, got.head)
	}
	if w.desk.Fonts == nil { // a machine without a Chinese font says so
		if got := w.as("sun").get(path + "/poster"); got.status != 422 || !strings.Contains(got.body, "中文字体") {
			t.Errorf("%d", got.status)
		}
	} else {
		for _, file := range []string{"poster", "plaques"} {
			if got := w.as("sun").get(path + "/" + file); got.status != 200 || got.head.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(got.body, "%PDF-") {
				t.Errorf("%s: %d %v", file, got.status, got.head)
			}
		}
	}
	// The old version stays readable beside its correction, and says what it is.
	if got := w.doNotice("sun", "correct", nil); got.status != 303 || got.location == path {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	next := w.lastNotice()
	if got := w.doNotice("sun", "send", noticeForm(url.Values{"do": {"send"}, "rev": {fmt.Sprint(next.Rev)}, "change": {"更正受理电话"}, "phone": {"0834-2219998"}})); got.status != 303 {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	if got := w.doNotice("han", "approve", nil); got.status != 303 {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	w.run(t, []httpCase{
		{name: "the old one", as: "wang", path: path, status: 200, want: []string{"已更正", "0834-2210000", "第2版", "更正受理电话"}},
		{name: "the new one", as: "wang", path: fmt.Sprintf("/notice/%d", next.ID), status: 200, want: []string{"公示中", "0834-2219998", "更正受理电话"}},
	})
	if got := w.doNotice("sun", "withdraw", url.Values{"why": {"范围选错，另行公示"}}); got.status != 303 {
		t.Fatalf("%d %s", got.status, said(got.body))
	}
	w.run(t, []httpCase{{name: "withdrawn", as: "wang", path: fmt.Sprintf("/notice/%d", next.ID), status: 200, want: []string{"范围选错，另行公示"}, not: []string{wangText, "0834-2219998"}}})
	if out := w.logs.String(); out == "" || strings.Contains(out, wangText) || strings.Contains(out, "更正受理电话") {
		t.Error("the log is empty, or holds what a notice says")
	}
}

func TestAPointIsRevisedOnItsPage(t *testing.T) {
	w := newNoticeWorld(t)
	n := w.openNotice()
	point := w.check("wang").Points[0].ID
	path := fmt.Sprintf("/point/%d/revise", point)
	propose := func(more url.Values) url.Values {
		v := url.Values{
			"do": {"propose"}, "version": {"1"}, "title": {"招标文件编制的风险"}, "shapes": {wangText}, "category": {"duty"}, "level": {"L2"}, "why": {"群众提出措施不够具体"},
			"m_text": {"业绩条件由三人会商并写明理由", ""}, "m_who": {"股长", ""}, "m_often": {"每次", ""}, "m_proof": {"会商记录", ""}, "m_notdone": {"", ""},
		}
		for k, x := range more {
			v[k] = x
		}
		return v
	}
	w.run(t, []httpCase{
		{name: "the office finds it", as: "sun", path: "/points", status: 200, want: []string{"招标文件编制的风险", path}},
		{name: "the head finds their own", as: "li", path: "/points", status: 200, want: []string{path}, not: []string{"计量支付复核的风险"}},
		{name: "others find none", as: "wang", path: "/points", status: 403},
		{name: "nor read the page", as: "wang", path: path, status: 403, not: []string{wangText}},
		{name: "another head", as: "zheng", path: path, status: 403},
		{name: "the head", as: "li", path: path, status: 200, want: []string{wangText, "两人核对后签字", "送批准", "正在公示"}},
		{name: "a level needs a meeting", as: "li", path: path, form: propose(url.Values{"level": {"L1"}}), status: 422, want: []string{"改等级要经过会议", "三人会商"}},
		{name: "no red line", as: "li", path: path, form: propose(url.Values{"why": {"机密★材料"}}), status: 422},
	})
	w.as("li").must(path, propose(nil))
	open := w.as("zhao").get(path)
	revision := field(t, open.body, "revision")
	if !strings.Contains(open.body, "三人会商") || !strings.Contains(open.body, "两人核对后签字") {
		t.Errorf("not before and after\n%s", said(open.body))
	}
	w.run(t, []httpCase{{name: "not by who proposed", as: "li", path: path, form: url.Values{"do": {"approve"}, "revision": {revision}}, status: 422, want: []string{"要由另一个人批准"}}})
	w.as("zhao").must(path, url.Values{"do": {"approve"}, "revision": {revision}})
	w.run(t, []httpCase{
		{name: "in force", as: "li", path: path, status: 200, want: []string{"第2版", "三人会商", "修订记录"}},
		{name: "the notice says so", as: "sun", path: fmt.Sprintf("/notice/%d", n.ID), status: 200, want: []string{"修订过，公示的还是旧内容", "开始更正"}},
		{name: "no such point", as: "sun", path: "/point/999/revise", status: 404},
	})
}

func TestNoticePagesStandAlone(t *testing.T) {
	w := newNoticeWorld(t)
	w.as("sun").must("/notice/new", noticeForm(nil))
	draft := fmt.Sprintf("/notice/%d", w.lastNotice().ID)
	for _, path := range []string{"/notices", draft, "/notice/new", "/openness", "/points", fmt.Sprintf("/point/%d/revise", w.check("wang").Points[0].ID)} {
		page := w.as("sun").get(path)
		if page.status != 200 || strings.Contains(page.body, "<script") || strings.Contains(page.body, "style=") || strings.Contains(page.body, "ZgotmplZ") {
			t.Errorf("%s: %d", path, page.status)
		}
	}
}
