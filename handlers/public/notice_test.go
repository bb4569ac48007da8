package public_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
	"qingfeng/handlers/public"
)

func TestAnOpinionIsSealedAndItsAnswerReadWithTheReceipt(t *testing.T) {
	for _, how := range []string{"question", "sum"} {
		t.Run(how, func(t *testing.T) {
			a := newHall(t)
			page := a.get("/n/" + noticeCode)
			f := page.form(t)
			if how == "sum" {
				f = page.proven(t)
			}
			f.Set("point", "3")
			f.Set("kind", "correction")
			f.Set("text", "排号屏幕\r\n坏了两周\u200b了")
			got := a.post("/f", f)
			receipt := got.receipt(t)
			if !strings.Contains(got.page, "只显示这一次") || len(a.held) != 1 || len(a.held[0]) != letter.HoldSize || a.dirty != 1 {
				t.Fatalf("%d held, dirty %d\n%s", len(a.held), a.dirty, short(got.page))
			}
			if strings.Contains(string(a.held[0]), "排号") {
				t.Fatal("in the clear")
			}
			x := a.night()[0]
			if x.What != opinion.NewOpinion || x.Door != opinion.Office || x.Notice != noticeCode || x.Point != 3 || x.Kind != opinion.Correction || x.Day != "2026-11-18" || x.Selector != receipt.Selector() || x.Survey != "" || x.Image != nil {
				t.Errorf("%+v", x)
			}
			if said := a.reads(a.office, x.Body); said != "排号屏幕\n坏了两周了" {
				t.Errorf("the office reads %q", said)
			}
			if _, err := a.discipline.Open(x.Body); err == nil {
				t.Error("the other door opens it")
			}
			if p := a.post("/r", url.Values{"receipt": {receipt.Code()}}); !strings.Contains(p.page, "<h1>已收到</h1>") || !strings.Contains(p.page, "2026年12月2日") {
				t.Errorf("before the answer:\n%s", short(p.page))
			}
			a.answers(x.Selector, "屏幕已修好，<谢谢>")
			answer := a.post("/r", url.Values{"receipt": {" " + strings.ToLower(strings.ReplaceAll(receipt.Code(), "-", " "))}})
			if !strings.Contains(answer.page, "已答复：采纳") || !strings.Contains(answer.raw, "屏幕已修好，&lt;谢谢&gt;") || !strings.Contains(answer.page, "2027年5月31日，到时删除") {
				t.Errorf("the answer:\n%s", short(answer.page))
			}
			line := answer.form(t)
			line.Set("text", "又坏了")
			if p := a.post("/r", line); !strings.Contains(p.page, "补的这句收到了") {
				t.Errorf("a line:\n%s", short(p.page))
			}
			if x := a.night()[0]; x.What != opinion.NewLine || x.Door != opinion.Office || x.Selector != receipt.Selector() || a.reads(a.office, x.Body) != "又坏了" || x.AnswerTo != "" || x.Salt != nil {
				t.Errorf("%+v", x)
			}
		})
	}
}

func TestThePageSaysFirstWhereToGoAndWhatCannotBeHidden(t *testing.T) {
	a := newHall(t)
	p := a.get("/n/" + noticeCode)
	at := -1
	for _, words := range []string{
		"不登录，不问您是谁", "对公示内容的意见，写在这里", "举报某个人，别写在这里", "12388", "0555-2110012", "我们不留", "我们挡不住", "网络公司", "微信知道您扫开了", "您自己的话", "存心改了程序",
		`id="what"`, "询价对象总是那几家", "可能这样出问题", "我们这样防", "这样就算没做到", "另有1条措施写着怎么抽查", "您想说什么", "受理电话：0555-2110000",
	} {
		i := strings.Index(p.page, words)
		if i < at {
			t.Errorf("%q is missing or comes too early", words)
		}
		at = max(at, i)
	}
	if strings.Contains(p.page, "封存信箱") {
		t.Error("a box that is not open")
	}
	if p := a.get("/n/" + tipsCode); !strings.Contains(p.page, "打开封存信箱") {
		t.Error("the box is not shown")
	}
	a.serve(func(c *public.Config) { c.Secure = false })
	if p := a.get("/n/" + noticeCode); !strings.Contains(p.page, "这个网站没有加密") || strings.Contains(p.page, "看不到写了什么") {
		t.Error("promises encryption without it")
	}
}

func TestAVersionSaysWhatBecameOfIt(t *testing.T) {
	a := newHall(t)
	p := a.get("/n/" + endedCode)
	for _, words := range []string{"公示期已满", "不再收意见", "因您而改", "大厅屏幕公开", "共收到7条：采纳3条，部分采纳1条，不采纳2条，转到别处办1条"} {
		if !strings.Contains(p.page, words) {
			t.Errorf("no %q", words)
		}
	}
	if strings.Contains(p.page, `name="text"`) {
		t.Error("still a form")
	}
	old, next, gone := a.published[noticeCode], a.published[noticeCode], a.published[noticeCode]
	old.Snapshot.Code, old.State, old.Newer, old.Taking = "old", notice.Corrected, "next", false
	next.Snapshot.Code, next.Snapshot.Version, next.Snapshot.Change, next.Older = "next", 2, "第2条写错了环节", []public.Version{{Code: "old", Version: 1}}
	gone.Snapshot.Code, gone.State, gone.Why = "gone", notice.Withdrawn, "有一条写错了科室"
	a.published["old"], a.published["next"], a.published["gone"] = old, next, gone
	if p := a.get("/n/old"); !strings.Contains(p.page, "已经更正") || !strings.Contains(p.page, `href="/n/next"`) {
		t.Errorf("%s", short(p.page))
	}
	if p := a.get("/n/next"); !strings.Contains(p.page, "这是第2版") || !strings.Contains(p.page, "第2条写错了环节") || !strings.Contains(p.page, `href="/n/old"`) {
		t.Errorf("%s", short(p.page))
	}
	if p := a.get("/n/gone"); !strings.Contains(p.page, "已经撤回") || !strings.Contains(p.page, "原因：有一条写错了科室") || strings.Contains(p.page, "询价对象") || strings.Contains(p.page, `name="text"`) {
		t.Errorf("%s", short(p.page))
	}
	if p := a.post("/f", url.Values{"notice": {"gone"}, "text": {"还想说"}}); strings.Contains(p.page, "回执码") && len(a.held) > 0 {
		t.Error("taken")
	}
	if p := a.get("/n/none"); p.status != http.StatusNotFound {
		t.Errorf("%d", p.status)
	}
}

func TestATapChoosesAPointWithoutAnAddressThatTells(t *testing.T) {
	a := newHall(t)
	p := a.post("/f", url.Values{"notice": {noticeCode}, "pick": {"2"}})
	if !strings.Contains(p.page, `<option value="2" selected>第2条 验收不看实物`) || len(a.held) != 0 {
		t.Errorf("%s", short(p.page))
	}
	if strings.Contains(a.get("/n/"+noticeCode).page, "?p=") {
		t.Error("an address says which point somebody read")
	}
}

func TestAReportIsShownTheLawfulWaysAndGoesWhereItsWriterSays(t *testing.T) {
	const words = "我看见王强收了红包"
	ask := func(a *hall, code string) sight {
		f := a.get("/n/" + code).form(t)
		f.Set("text", words)
		p := a.post("/f", f)
		for _, want := range []string{"还没有交", "“王强收了红包”", "12388", "0555-2110012", words, "照样交给防控办"} {
			if !strings.Contains(p.page, want) {
				t.Fatalf("no %q\n%s", want, short(p.page))
			}
		}
		if len(a.held) != 0 {
			t.Fatal("taken")
		}
		return p
	}
	a := newHall(t)
	p := ask(a, noticeCode)
	if strings.Contains(p.page, `value="tip"`) {
		t.Error("offers a box that is not open")
	}
	f := p.form(t)
	f.Set("next", "edit")
	if back := a.post("/f", f); !strings.Contains(back.page, "\n"+words+"</textarea>") || !back.form(t).Has("paid") {
		t.Errorf("back: %s", short(back.page))
	}
	f = ask(a, noticeCode).form(t)
	f.Set("next", "tip")
	if p := a.post("/f", f); !strings.Contains(p.page, "没有开封存信箱") || len(a.held) != 0 {
		t.Errorf("%s", short(p.page))
	}
	f = ask(a, noticeCode).form(t)
	f.Set("next", "sure")
	a.post("/f", f).receipt(t)
	if x := a.night()[0]; x.Door != opinion.Office || a.reads(a.office, x.Body) != words {
		t.Errorf("insisted: %+v", x)
	}
	f = ask(a, tipsCode).form(t)
	f.Set("next", "tip")
	a.post("/f", f).receipt(t)
	x := a.night()[0]
	if x.Door != opinion.Discipline || a.reads(a.discipline, x.Body) != words || x.Kind != opinion.Other || x.Point != 0 {
		t.Errorf("to the box: %+v", x)
	}
	if _, err := a.office.Open(x.Body); err == nil {
		t.Error("the office opens it")
	}
	// Straight to the box, without a word to the office's form.
	form := a.post("/f", url.Values{"notice": {tipsCode}, "door": {"discipline"}, "pick": {"tip"}})
	if !strings.Contains(form.page, "只有纪检监察机构打得开") || strings.Contains(form.page, `name="kind"`) {
		t.Errorf("%s", short(form.page))
	}
	f = form.form(t)
	f.Set("text", words)
	a.post("/f", f).receipt(t)
	if x := a.night()[0]; x.Door != opinion.Discipline {
		t.Errorf("%+v", x)
	}
}

func TestWhateverFailsKeepsWhatWasTypedAndIsPaidOnce(t *testing.T) {
	const words = "窗口排队太久"
	fill := func(a *hall) url.Values {
		f := a.get("/n/" + noticeCode).form(t)
		f.Set("text", words)
		f.Set("point", "2")
		f.Set("kind", "praise")
		return f
	}
	for name, c := range map[string]struct {
		do   func(*hall, url.Values)
		want string
		paid bool
	}{
		"no proof":       {func(_ *hall, f url.Values) { f.Del("answer") }, "请先回答", false},
		"wrong answer":   {func(_ *hall, f url.Values) { f.Set("answer", "九十九") }, "答得不对", false},
		"words":          {func(_ *hall, f url.Values) { f.Set("answer", "不知道") }, "答得不对", false},
		"not a question": {func(_ *hall, f url.Values) { f.Set("ask", "1.2..3") }, "开得太久", false},
		"a forged sum":   {func(_ *hall, f url.Values) { f.Set("proof", "e30=") }, "开得太久", false},
		"a flood":        {func(a *hall, _ url.Values) { a.flood = true }, "刷屏", false},
		"too late":       {func(a *hall, _ url.Values) { a.now = a.now.Add(3 * 60 * 60e9) }, "开得太久", false},
		"over": {func(a *hall, _ url.Values) {
			p := a.published[noticeCode]
			p.Taking = false
			a.published[noticeCode] = p
		}, "不再收意见", true},
		"no such point":   {func(_ *hall, f url.Values) { f.Set("point", "77") }, "没有这一条", true},
		"no such kind":    {func(_ *hall, f url.Values) { f.Set("kind", "x") }, "请选一个", true},
		"a number":        {func(_ *hall, f url.Values) { f.Set("text", words+"，我电话13900001111") }, "“13900001111”", true},
		"no key":          {func(a *hall, _ url.Values) { a.noDoor = true }, "钥匙", true},
		"store down":      {func(a *hall, _ url.Values) { a.broken = errors.New("dial tcp: CANARY") }, "系统忙", false},
		"hold fails":      {func(a *hall, _ url.Values) { a.holdFails = true }, "系统忙", true},
		"the meter fails": {func(a *hall, _ url.Values) { a.down = errors.New("CANARY") }, "系统忙", false},
		"box not open":    {func(_ *hall, f url.Values) { f.Set("door", "discipline") }, "没有开封存信箱", true},
		"long":            {func(_ *hall, f url.Values) { f.Set("text", words+strings.Repeat("长", 1500)) }, "现在1506个字", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := newHall(t)
			f := fill(a)
			c.do(a, f)
			p := a.post("/f", f)
			if p.status != http.StatusOK || !strings.Contains(p.page, c.want) || !strings.Contains(p.page, words) || len(a.held) != 0 {
				t.Fatalf("%d\n%s", p.status, short(p.page))
			}
			if strings.Contains(a.log.String(), "CANARY") || strings.Contains(p.page, "CANARY") {
				t.Error("tells what broke")
			}
			again := p.form(t)
			if again.Has("paid") != c.paid {
				t.Errorf("paid: %v", again)
			}
			if name == "store down" || name == "box not open" || name == "the meter fails" {
				return
			}
			if name != "no such kind" && !strings.Contains(p.page, `value="praise" checked`) {
				t.Error("the kind is lost")
			}
			// Mended, it goes through.
			a.flood, a.noDoor, a.holdFails = false, false, false
			p0 := a.published[noticeCode]
			p0.Taking = true
			a.published[noticeCode] = p0
			again.Set("text", words)
			again.Set("point", "2")
			again.Set("kind", "praise")
			a.post("/f", again).receipt(t)
		})
	}
}

func TestAProofIsGoodOnce(t *testing.T) {
	for _, how := range []string{"question", "sum", "paid"} {
		a := newHall(t)
		page := a.get("/n/" + noticeCode)
		f := page.form(t)
		if how == "sum" {
			f = page.proven(t)
		}
		f.Set("text", "一句")
		if how == "paid" {
			f.Set("text", "")
			f = a.post("/f", f).form(t)
			f.Set("text", "一句")
		}
		a.post("/f", f).receipt(t)
		if p := a.post("/f", f); !strings.Contains(p.page, "可能已经收到了") || !strings.Contains(p.page, "一句") || len(a.held) != 1 {
			t.Errorf("%s: %d held\n%s", how, len(a.held), short(p.page))
		}
	}
	// One proof does not carry a form for ever.
	a := newHall(t)
	f := a.get("/n/" + noticeCode).form(t)
	rounds := 0
	for ; rounds < 20; rounds++ {
		f.Set("text", "")
		f = a.post("/f", f).form(t)
		if !f.Has("paid") {
			break
		}
	}
	if rounds != 5 {
		t.Errorf("%d rounds on one proof", rounds)
	}
}

func TestALimitRaisesThePriceAndRefusesNobody(t *testing.T) {
	a := newHall(t)
	f := a.get("/n/" + noticeCode).proven(t)
	a.price = 3000
	f.Set("text", "一句")
	p := a.post("/f", f)
	if !strings.Contains(p.page, "手机要多算一会儿") || !strings.Contains(p.page, "一句") || !strings.Contains(p.page, `data-max="3000"`) {
		t.Fatalf("%s", short(p.page))
	}
	f = p.proven(t)
	f.Set("text", "一句")
	a.post("/f", f).receipt(t)
}

func TestAnAddressIsCountedAsANetworkAndOnlyProxiesSayAnother(t *testing.T) {
	a := newHall(t)
	same := func(x, y [2]string) bool {
		a.buckets = map[string]int{}
		for _, from := range [][2]string{x, y} {
			r := newGet(t, "/n/"+noticeCode)
			r.RemoteAddr = from[0]
			if from[1] != "" {
				r.Header.Set("X-Forwarded-For", from[1])
			}
			a.request(r)
		}
		for b := range a.buckets {
			if len(b) != 64 || strings.Contains(b, ".") {
				t.Errorf("bucket %s", b)
			}
		}
		return len(a.buckets) == 1
	}
	for _, c := range []struct {
		x, y [2]string
		same bool
	}{
		{[2]string{"203.0.113.5:1", ""}, [2]string{"203.0.113.77:2", ""}, true},
		{[2]string{"203.0.113.5:1", ""}, [2]string{"203.0.114.5:1", ""}, false},
		{[2]string{"[2001:db8:1:2::1]:1", ""}, [2]string{"[2001:db8:1:2:ffff::1]:1", ""}, true},
		{[2]string{"[2001:db8:1:2::1]:1", ""}, [2]string{"[2001:db8:1:3::1]:1", ""}, false},
		{[2]string{"203.0.113.5:1", "198.51.100.1"}, [2]string{"203.0.113.5:1", "192.0.2.1"}, true},                // not a proxy of ours
		{[2]string{"10.0.0.1:1", "198.51.100.1"}, [2]string{"10.0.0.1:1", "192.0.2.1"}, false},                     // ours
		{[2]string{"10.0.0.1:1", "1.2.3.4, 198.51.100.1"}, [2]string{"10.0.0.1:1", "9.9.9.9, 198.51.100.1"}, true}, // what a sender put before is nothing
		{[2]string{"10.0.0.1:1", "198.51.100.1, 10.0.0.9"}, [2]string{"10.0.0.2:1", "198.51.100.1"}, true},
		{[2]string{"10.0.0.1:1", "198.51.100.1:4711"}, [2]string{"198.51.100.2:1", ""}, true},
		{[2]string{"[::ffff:203.0.113.5]:1", ""}, [2]string{"203.0.113.9:1", ""}, true},
	} {
		if got := same(c.x, c.y); got != c.same {
			t.Errorf("%v and %v: same bucket %v", c.x, c.y, got)
		}
	}
}

func TestWrongSecretsAndUnknownReceiptsCannotBeToldApart(t *testing.T) {
	a := newHall(t)
	f := a.get("/n/" + noticeCode).form(t)
	f.Set("text", "一句")
	real := a.post("/f", f).receipt(t)
	a.night()
	unknown, err := letter.NewReceipt(zeros{})
	if err != nil {
		t.Fatal(err)
	}
	// The right selector with another secret: what is stored under it moves to the unknown one's.
	u := a.post("/r", url.Values{"receipt": {unknown.Code()}})
	a.letters[unknown.Selector()] = a.letters[real.Selector()]
	w := a.post("/r", url.Values{"receipt": {unknown.Code()}})
	if !strings.Contains(u.page, "下一个工作日才查得到") || cut(u.raw) != cut(w.raw) || len(u.raw) != len(w.raw) {
		t.Errorf("%s\n%s", short(u.page), short(w.page))
	}
	if p := a.post("/r", url.Values{"receipt": {"ABCD-1"}}); !strings.Contains(p.page, "抄错了一位") || !strings.Contains(p.page, `value="ABCD-1"`) {
		t.Errorf("%s", short(p.page))
	}
}

func TestAnAnswerInDigitsOrWordsIsUnderstood(t *testing.T) {
	for n := range 20 {
		if got, ok := text.PublicParse(text.PublicNumber(n)); !ok || got != n {
			t.Errorf("%s: %d %v", text.PublicNumber(n), got, ok)
		}
	}
	for said, want := range map[string]int{"7": 7, "７": 7, " 七。": 7, "是7个": 7, "两": 2, "拾贰": 12, "１2": 12, "一十三": 13, "等于十": 10, "〇": 0, "一二": 12} {
		if got, ok := text.PublicParse(said); !ok || got != want {
			t.Errorf("%s: %d %v", said, got, ok)
		}
	}
	for _, said := range []string{"", "不知道", "seven", "十十", "12345", "三十"} {
		if got, ok := text.PublicParse(said); ok {
			t.Errorf("%s: %d", said, got)
		}
	}
}

func newGet(t *testing.T, path string) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://p.example"+path, nil)
}

// zeros is a source of nothing but zeros.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// cut is a page without its filling.
func cut(raw string) string { return raw[:strings.LastIndex(raw, "<!--")] }

func TestABallotOfALinkedSurveyIsClosedTwice(t *testing.T) {
	a := newHall(t)
	f := a.get("/s/" + surveyCode).form(t)
	p := a.post("/f", f)
	if !strings.Contains(p.page, "第1题还没选") || !p.form(t).Has("paid") {
		t.Fatalf("%s", short(p.page))
	}
	f = p.form(t)
	for k, v := range filled() {
		if k != "token" {
			f[k] = v
		}
	}
	f.Set("comment", "我的身份证号")
	if p = a.post("/f", f); !strings.Contains(p.page, "为了保护您没有收") || strings.Count(p.page, " checked") != 7 {
		t.Fatalf("%s", short(p.page))
	}
	f.Set("paid", p.form(t).Get("paid"))
	f.Set("comment", "早点开门")
	if p = a.post("/f", f); !strings.Contains(p.page, "收到了，谢谢") || strings.Contains(p.page, "回执") {
		t.Fatalf("%s", short(p.page))
	}
	if len(a.held) != 1 || len(a.held[0]) != letter.HoldSize {
		t.Fatal("not held")
	}
	x := a.night()[0]
	if x.What != opinion.NewBallot || x.Survey != surveyCode || x.Selector != "" || x.Notice != "" || !strings.HasPrefix(string(x.Body), "closed:") || !strings.Contains(string(x.Body), "早点开门") {
		t.Errorf("%+v", x)
	}
	if p := a.get("/s/none"); p.status != http.StatusNotFound {
		t.Errorf("%d", p.status)
	}
}
