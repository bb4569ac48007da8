package web_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
)

const (
	talkSubject = "第三季度付款复核的照片"
	talkBody    = "请说明第三季度付款复核为何没有附现场照片"
	talkReply   = "当时现场在改造，照片存在旧电脑里，已经补上"
	talkRemark  = "情况属实，同意补正"
)

func newTalkWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	box, err := seal.New("test-only-0123456789abcdef0123456789abcdef", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.desk.Talks, w.desk.Seal = w.reg, box
	return w
}

func (w *world) personID(user bot.UserID) string {
	w.t.Helper()
	p, ok, err := w.reg.PersonByUserID(w.t.Context(), user)
	if err != nil || !ok {
		w.t.Fatal(user, err)
	}
	return fmt.Sprint(p.ID)
}

// inquiry is what han writes on the page for a new 询问函 to feng.
func (w *world) inquiry(more url.Values) url.Values {
	v := url.Values{
		"kind": {"inquiry"}, "target": {w.personID("feng")}, "at": {"2026-10-14T15:00"}, "place": {"302会议室"}, "contact": {"韩清"},
		"subject": {talkSubject}, "body": {talkBody}, "trigger": {"measures"}, "do": {"send"},
	}
	for k, x := range more {
		v[k] = x
	}
	return v
}

// newest is the newest notice.
func (w *world) newest() risk.Notice {
	w.t.Helper()
	list, err := w.reg.Notices(w.t.Context(), risk.NoticeFilter{})
	if err != nil || len(list) == 0 {
		w.t.Fatalf("no notice: %v", err)
	}
	return list[0]
}

// press presses a button on the newest notice's page.
func (w *world) pressTalk(user bot.UserID, do string, more url.Values) seen {
	w.t.Helper()
	n := w.newest()
	path := fmt.Sprintf("/talk/%d", n.ID)
	w.as(user).get(path)
	form := url.Values{"do": {do}, "version": {fmt.Sprint(n.Version)}}
	for k, x := range more {
		form[k] = x
	}
	return w.as(user).post(path, form)
}

func TestAnInquiryIsWrittenAnsweredAndClosedOnItsPage(t *testing.T) {
	w := newTalkWorld(t)
	w.as("han").get("/talk/new")
	w.as("han").must("/talk/new", w.inquiry(url.Values{"do": {"save"}}))
	path := fmt.Sprintf("/talk/%d", w.newest().ID)
	w.run(t, []httpCase{
		{name: "draft for its issuer", as: "han", path: path, status: 200, want: []string{talkBody, talkSubject, "还没有发出", "改内容", "防控措施落实有轻微不足"}},
		{name: "draft for its target", as: "feng", path: path, status: 403, not: []string{talkBody}},
		{name: "draft being edited", as: "han", path: path + "/edit", status: 200, want: []string{talkBody, "冯雪 · 询问函", `value="2026-10-14T15:00"`}},
		{name: "nobody else edits it", as: "zhou", path: path + "/edit", status: 403, not: []string{talkBody}},
	})
	w.as("han").must(path+"/edit", w.inquiry(url.Values{"version": {"1"}, "place": {"二楼小会议室"}}))
	if n := w.newest(); n.State != risk.NoticeIssued || n.Place != "二楼小会议室" || n.Version != 2 {
		t.Fatalf("%+v", n)
	}
	w.chat.Settle()
	w.run(t, []httpCase{
		{name: "list of the target", as: "feng", path: "/talks", status: 200, want: []string{"约我的", "工作约谈", "二楼小会议室"}, not: []string{"询问函", talkSubject}},
		{name: "page of the target", as: "feng", path: path, status: 200, want: []string{talkBody, "不表示认可"}, not: []string{"防控措施落实有轻微不足", "送出回复", "取消这次约谈"}},
	})
	w.pressTalk("feng", "ack", nil)
	if got := w.pressTalk("feng", "reply", url.Values{"text": {"  "}}); got.status != 422 || !strings.Contains(got.body, "还没有写内容") {
		t.Errorf("an empty reply: %d", got.status)
	}
	w.pressTalk("feng", "reply", url.Values{"text": {talkReply}})
	w.pressTalk("han", "review", nil)
	if got := w.pressTalk("han", "close", url.Values{"text": {talkRemark}, "follow": {"2027-04-12"}}); got.status != 422 || !strings.Contains(got.body, talkRemark) || !strings.Contains(got.body, "请选要不要") {
		t.Errorf("closing without the answer: %d\n%s", got.status, said(got.body))
	}
	w.pressTalk("han", "close", url.Values{"text": {talkRemark}, "follow": {"2027-04-12"}, "point": {"no"}})
	if n := w.newest(); n.State != risk.NoticeClosed || n.Follow.Format("2006-01-02") != "2027-04-12" {
		t.Fatalf("%+v", n)
	}
	w.run(t, []httpCase{
		{name: "closed for its issuer", as: "han", path: path, status: 200, want: []string{talkBody, talkReply, talkRemark, "归档"}},
		{name: "closed for its target", as: "feng", path: path, status: 200, want: []string{talkBody, talkReply}, not: []string{talkRemark}},
	})
	if w.logs.String() == "" {
		t.Error("nothing is logged: the test proves nothing")
	}
	for _, secret := range []string{talkSubject, talkBody, talkReply, talkRemark} {
		if strings.Contains(w.logs.String(), secret) || strings.Contains(w.logs.String(), url.QueryEscape(secret)) {
			t.Errorf("the log holds %s", secret)
		}
		if strings.Contains(w.chat.Transcript(), secret) {
			t.Errorf("a phone shows %s", secret)
		}
	}
}

func TestOnlyIssuerTargetAndDisciplineReadATalk(t *testing.T) {
	w := newTalkWorld(t)
	w.as("zhou").get("/talk/new")
	w.as("zhou").must("/talk/new", w.inquiry(nil))
	path := fmt.Sprintf("/talk/%d", w.newest().ID)
	title := regexp.MustCompile(`<title>(.*)</title>`)
	for user, reads := range map[bot.UserID]bool{"zhou": true, "feng": true, "han": true, "zheng": false, "zhao": false, "qian": false, "sun": false, "wang": false, "li": false, "it": false} {
		got := w.as(user).get(path)
		if reads != (got.status == http.StatusOK) || reads != strings.Contains(got.body, talkBody) || reads != strings.Contains(got.body, talkSubject) {
			t.Errorf("%s: status %d\n%s", user, got.status, said(got.body))
		}
		if m := title.FindStringSubmatch(got.body); reads && (m == nil || m[1] != "工作约谈 · 清风") {
			t.Errorf("%s: title %v", user, m)
		}
		list := w.as(user).get("/talks")
		if strings.Contains(list.body, talkBody) || strings.Contains(list.body, talkSubject) {
			t.Errorf("%s reads content in the list", user)
		}
		knows := user == "zhou" || user == "han"
		if knows != strings.Contains(list.body, "询问函") {
			t.Errorf("%s: the list tells the kind: %v", user, !knows)
		}
		if counts := user == "sun" || user == "it"; counts != strings.Contains(list.body, "全单位件数") || counts && !strings.Contains(list.body, "1件") {
			t.Errorf("%s: counts\n%s", user, said(list.body))
		}
		if edit := w.as(user).get(path + "/edit"); strings.Contains(edit.body, talkBody) && user != "zhou" && user != "han" && user != "feng" {
			t.Errorf("%s reads content in the editor", user)
		}
		if new := w.as(user).get("/talk/new"); (new.status == 200) != (user == "zhou" || user == "han" || user == "zheng" || user == "zhao" || user == "qian" || user == "li" || user == "sun") {
			t.Errorf("%s: a new talk: %d", user, new.status)
		}
	}
	// Nobody but its parties can do anything to it either.
	n := w.newest()
	for _, user := range []bot.UserID{"zheng", "zhao", "sun", "wang", "it", "han"} {
		for _, do := range []string{"ack", "reply", "held", "review", "return", "close", "remind", "extend", "escalate", "move", "cancel", "archive", "approve", "decline", "send"} {
			w.as(user).get("/talks")
			w.as(user).post(path, url.Values{"do": {do}, "version": {fmt.Sprint(n.Version)}, "text": {"x"}, "point": {"no"}, "at": {"2026-10-15T15:00"}, "place": {"别处"}})
			if now := w.newest(); now.State != n.State || now.Version != n.Version || now.Rev != n.Rev {
				t.Fatalf("%s did %s: %s", user, do, now.State)
			}
		}
	}
}

func TestAnApproverWhoIsNotOfTheDisciplineOfficeDecidesWithoutTheContent(t *testing.T) {
	w := newTalkWorld(t)
	if _, err := w.db.Pool().Exec(t.Context(), `UPDATE role_grant SET ended_on = from_on WHERE role = 'discipline_group'`); err != nil {
		t.Fatal(err)
	}
	w.as("zhao").get("/talk/new")
	w.as("zhao").must("/talk/new", w.inquiry(url.Values{"kind": {"letter"}}))
	path := fmt.Sprintf("/talk/%d", w.newest().ID)
	got := w.as("zhou").get(path)
	if got.status != 200 || strings.Contains(got.body, talkBody) || !strings.Contains(got.body, "要不要发出") || !strings.Contains(got.body, "冯雪") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
	w.pressTalk("zhou", "approve", nil)
	if n := w.newest(); n.State != risk.NoticeIssued {
		t.Errorf("%s", n.State)
	}
}

func TestWhatIsWrongOnTheFormIsSaidAndNothingIsLost(t *testing.T) {
	w := newTalkWorld(t)
	w.as("han").get("/talk/new")
	post := func(user bot.UserID, more url.Values) seen {
		w.as(user).get("/talk/new")
		return w.as(user).post("/talk/new", w.inquiry(more))
	}
	for why, c := range map[string]struct {
		user bot.UserID
		more url.Values
	}{
		"不要带事由":      {"han", url.Values{"place": {"三楼，谈付款问题"}}},
		"换一个以后的时间":   {"han", url.Values{"at": {"2026-10-01T10:00"}}},
		"请把时间填完整":    {"han", url.Values{"at": {"明天"}}},
		"一年以内":       {"han", url.Values{"at": {"2036-10-01T10:00"}}},
		"时间和地点填全":    {"han", url.Values{"at": {""}}},
		"1到60个工作日":   {"han", url.Values{"reply_days": {"400"}}},
		"有一项没选对":     {"han", url.Values{"trigger": {"family"}}},
		"请填文号和日期":    {"han", url.Values{"kind": {"admonish"}, "trigger": {""}}},
		"没有这一种约谈":    {"han", url.Values{"kind": {"punish"}}},
		"请重新选":       {"han", url.Values{"target": {"99999"}}},
		"不能约自己":      {"han", url.Values{"target": {w.personID("han")}}},
		"周岚是您的上级":    {"han", url.Values{"target": {w.personID("zhou")}}},
		"这一种不由您发起":   {"zhao", nil},
		"冯雪不在您分管的范围": {"li", nil},
	} {
		got := post(c.user, c.more)
		if got.status != 422 || !strings.Contains(got.body, why) || !strings.Contains(got.body, talkBody) {
			t.Errorf("%s: %d\n%s", why, got.status, said(got.body))
		}
	}
	if got := post("han", url.Values{"body": {"机密★三年 请看附件"}}); got.status != 422 || !strings.Contains(got.body, "没有") {
		t.Errorf("a secrecy mark: %d\n%s", got.status, said(got.body))
	}
	list, err := w.reg.Notices(t.Context(), risk.NoticeFilter{})
	if err != nil || len(list) != 0 {
		t.Errorf("%d notices, %v", len(list), err)
	}
	// A named person and what they did may be written: that is what it is for.
	w.as("han").must("/talk/new", w.inquiry(url.Values{"body": {"冯雪同志去年收了施工方两条烟，请说明"}}))
}

func TestWithoutTheKeyThePageSaysThatTheContentCannotBeOpened(t *testing.T) {
	w := newTalkWorld(t)
	w.as("han").get("/talk/new")
	w.as("han").must("/talk/new", w.inquiry(nil))
	path := fmt.Sprintf("/talk/%d", w.newest().ID)
	other, err := seal.New("another-0123456789abcdef0123456789abcdef", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]func(){"none": func() { w.desk.Seal = nil }, "another": func() { w.desk.Seal = other }} {
		set()
		got := w.as("han").get(path)
		if got.status != 200 || !strings.Contains(got.body, "打不开") || strings.Contains(got.body, talkBody) {
			t.Errorf("%s: %d\n%s", name, got.status, said(got.body))
		}
	}
	w.desk.Seal = nil
	form := w.as("han").get("/talk/new")
	if !strings.Contains(form.body, "还没有设置封存密钥") {
		t.Error("the form does not warn")
	}
	got := w.as("han").post("/talk/new", w.inquiry(nil))
	if got.status != 422 || !strings.Contains(got.body, "QINGFENG_SEAL_KEY") {
		t.Errorf("content is taken without a key: %d", got.status)
	}
}
