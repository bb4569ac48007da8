package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/handlers"
)

// edit is what the editor would send for the first row of a form, unchanged.
func (w *world) edit(t *testing.T, b *browser, path string) url.Values {
	t.Helper()
	page := b.get(path)
	p := w.check(b.who).Points[0]
	form := url.Values{"was": {field(t, page.body, "was")}, "do": {"save"}, "m": p.Manifestations, "category": {string(p.Category)}, "misuse": {string(p.Misuse)}}
	for _, m := range p.Measures {
		form["mt"], form["mw"], form["mf"] = append(form["mt"], m.Text), append(form["mw"], m.Who), append(form["mf"], m.Frequency)
		form["me"], form["mn"] = append(form["me"], m.Evidence), append(form["mn"], m.NotDone)
	}
	return form
}

func TestARowIsEditedWhole(t *testing.T) {
	w := newWorld(t)
	w.add("wang", "招标文件编制", wangText)
	b, path := w.as("wang"), w.my("wang", "/rows/1")
	f := w.edit(t, b, path)
	f["m"] = []string{wangText, "可能在答疑时只把口径告诉个别企业", ""}
	f["category"], f["misuse"] = []string{"process"}, []string{"leak"}
	f["mt"] = append(f["mt"], "答疑口径一律在平台公开发布", "")
	f["mw"], f["mf"] = append(f["mw"], "招标管理岗", ""), append(f["mf"], "每次", "")
	f["me"], f["mn"] = append(f["me"], "平台发布截图", ""), append(f["mn"], "发现未公开即为未落实", "")
	f["objection"], f["keep"] = []string{"这一步有监督科参加"}, []string{"本地确有此情形"}
	page := b.must(path, f)
	if !strings.Contains(page.body, "第1条已保存") || !strings.Contains(page.body, "答疑时只把口径告诉个别企业") {
		t.Errorf("after saving:\n%s", said(page.body))
	}
	p := w.check("wang").Points[0]
	if len(p.Manifestations) != 2 || p.Category != risk.Process || p.Misuse != risk.Leak || len(p.Measures) != 2 ||
		p.Measures[1] != (risk.Measure{Text: "答疑口径一律在平台公开发布", Who: "招标管理岗", Frequency: "每次", Evidence: "平台发布截图", NotDone: "发现未公开即为未落实"}) ||
		p.Objection != "这一步有监督科参加" || p.KeepReason != "本地确有此情形" {
		t.Errorf("stored: %+v", p)
	}
	// Clearing everything about the measures takes them off.
	f = w.edit(t, b, path)
	for _, k := range []string{"mt", "mw", "mf", "me", "mn"} {
		f.Del(k)
	}
	b.must(path, f)
	if n := len(w.check("wang").Points[0].Measures); n != 0 {
		t.Errorf("%d measures left", n)
	}
}

func TestWhatCannotBeStoredStaysInTheFieldAndNowhereElse(t *testing.T) {
	w := newWorld(t)
	w.add("wang", "招标文件编制", wangText)
	b, path := w.as("wang"), w.my("wang", "/rows/1")
	for name, c := range map[string]struct {
		field, text, say string
	}{
		"too short":              {"m", "不行", "再多说几个字"},
		"too long":               {"m", strings.Repeat("可能出问题", 101), "500字以内"},
		"a past fact":            {"m", "张三去年收了施工方两条烟", ""},
		"a secrecy mark":         {"m", "机密★1年 招标文件可能提前泄露给投标人", "没有保存"},
		"a number in a measure":  {"mt", "有问题打电话13812345678找他", "没有保存"},
		"a number in a reason":   {"keep", "身份证11010519491231002X已核对", "没有保存"},
		"a number as objection":  {"objection", "请联系13812345678", "没有保存"},
		"nothing at all":         {"m", "", "至少写一种表现形式"},
		"a category of its own":  {"category", "invented", "不完整"},
		"a misuse of its own":    {"misuse", "invented", "不完整"},
		"a measure far too long": {"mt", strings.Repeat("核", 600), "500字以内"},
	} {
		t.Run(name, func(t *testing.T) {
			before := w.check("wang")
			f := w.edit(t, b, path)
			f[c.field] = []string{c.text}
			got := b.post(path, f)
			if got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest {
				t.Fatalf("status %d", got.status)
			}
			if !strings.Contains(got.body, c.say) {
				t.Errorf("does not say why:\n%s", said(got.body))
			}
			if got.status == http.StatusUnprocessableEntity && !strings.Contains(got.body, c.text) {
				t.Error("what was typed is gone")
			}
			if after := w.check("wang"); after.Rev != before.Rev {
				t.Error("something was stored")
			}
		})
	}
}

func TestASaveOverNewerWordsIsNoticedAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.add("wang", "招标文件编制", wangText)
	b, path := w.as("wang"), w.my("wang", "/rows/1")
	f := w.edit(t, b, path)
	const phone, typed = "手机上改成的写法：可能把门槛写成量身定做", "页面上写的写法：可能把业绩条件写得过细"
	err := w.chat.Runner.Do(t.Context(), "wang", func(ctx context.Context, turn *convo.Turn) error {
		return w.desk.EditRow(ctx, turn, w.checks["wang"].ID, 1, handlers.RowEdit{Manifestations: []string{phone}})
	})
	if err != nil {
		t.Fatal(err)
	}
	f["m"] = []string{typed}
	got := b.post(path, f)
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "刚在别处") || !strings.Contains(got.body, typed) || !strings.Contains(got.body, phone) {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	if w.check("wang").Points[0].Manifestations[0] != phone {
		t.Fatal("the newer words were overwritten")
	}
	// Having seen both, saving again is a decision.
	f.Set("was", field(t, got.body, "was"))
	b.must(path, f)
	if w.check("wang").Points[0].Manifestations[0] != typed {
		t.Error("the second save did not count")
	}
	// A form that changed after the page was made is not handed in unseen.
	page := b.get(w.my("wang", ""))
	rev := field(t, page.body, "rev")
	w.add("wang", "评标组织", "组织评标时可能临时更换专家，让熟人进评标组")
	if got := b.post(w.my("wang", ""), url.Values{"do": {"submit"}, "rev": {rev}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "没有提交") {
		t.Errorf("a stale submit: %d", got.status)
	}
	w.state("wang", risk.CheckDraft)
}

func TestRowsComeAndGo(t *testing.T) {
	w := newWorld(t)
	b, path := w.as("wang"), w.my("wang", "")
	// No row beside 无风险点说明, and no 无风险点说明 beside a row.
	b.must(path, url.Values{"do": {"zero"}, "reason": {"只做收发登记，不经手钱物、不审批"}})
	if got := b.post(path, url.Values{"do": {"zero"}, "reason": {"没有"}}); got.status != 422 || !strings.Contains(got.body, "没有</textarea>") {
		t.Errorf("a reason too short: %d", got.status)
	}
	w.add("wang", "招标文件编制", wangText)
	if c := w.check("wang"); c.ZeroReason != "" || !c.Begun {
		t.Errorf("zero reason %q beside a row", c.ZeroReason)
	}
	if got := b.post(path, url.Values{"do": {"zero"}, "reason": {"只做收发登记，不经手钱物、不审批"}}); got.status != 422 || !strings.Contains(got.body, "已经写了1条") {
		t.Errorf("zero beside a row: %d", got.status)
	}
	// A step that is on no chart becomes a gap of the catalogue; without one the page asks.
	add := url.Values{"do": {"add"}, "node": {"0"}, "sentence": {"可能把开标时间提前告诉个别企业"}}
	if got := b.post(path, add); got.status != 422 || !strings.Contains(got.body, "请选一步") || !strings.Contains(got.body, "可能把开标时间提前告诉个别企业") {
		t.Errorf("no step: %d", got.status)
	}
	add.Set("step", "组织开标并记录时间")
	b.must(path, add)
	if p := w.check("wang").Points[1]; p.Node.Name != "组织开标并记录时间" {
		t.Errorf("the own step: %+v", p.Node)
	}
	// A step of another section is no step of this post.
	if got := b.post(path, url.Values{"do": {"add"}, "node": {w.node("feng", "计量支付复核")}, "sentence": {"可能多付工程款给施工方"}}); got.status != 422 {
		t.Errorf("a foreign step: %d", got.status)
	}
	page := b.must(w.my("wang", "/rows/1/drop"), nil)
	if strings.Contains(page.body, wangText) || w.check("wang").Points[0].State != risk.PointRemoved {
		t.Error("the row is still there")
	}
}

func TestARewriteIsOneTapAway(t *testing.T) {
	w := newWorld(t)
	w.add("wang", "评标组织", "组织评标时廉洁意识不强，各环节的打分由一人说了算")
	b := w.as("wang")
	page := b.get(w.my("wang", ""))
	hints := w.check("wang").Points[0].Hints
	use := -1
	for i, h := range hints {
		if h.Rewrite != "" && !h.Gap && use < 0 {
			use = i
		}
	}
	if use < 0 {
		t.Fatal("the coach has no whole rewrite for this sentence")
	}
	if !strings.Contains(page.body, hints[0].Say) || !strings.Contains(page.body, hints[use].Rewrite) {
		t.Fatalf("the hint is not beside its row:\n%s", said(page.body))
	}
	b.must(w.my("wang", "/rows/1/use"), url.Values{"was": {field(t, page.body, "was")}, "hint": {fmt.Sprint(use)}})
	if got := w.check("wang").Points[0].Manifestations[0]; got != hints[use].Rewrite {
		t.Errorf("the row reads %q", got)
	}
}

func TestTenMinutesToWithdraw(t *testing.T) {
	w := newWorld(t)
	w.add("wang", "招标文件编制", wangText)
	b, path := w.as("wang"), w.my("wang", "")
	page := b.get(path)
	after := b.must(path, url.Values{"do": {"submit"}, "rev": {field(t, page.body, "rev")}})
	if !strings.Contains(after.body, "撤回修改") || strings.Contains(after.body, "改这条") {
		t.Errorf("after handing in:\n%s", said(after.body))
	}
	if got := b.post(w.my("wang", "/rows/1"), url.Values{"was": {"x"}, "m": {wangText}}); got.status != 422 {
		t.Errorf("a row of a submitted form was saved: %d", got.status)
	}
	w.chat.Advance(9 * time.Minute)
	b.must(path, url.Values{"do": {"withdraw"}})
	w.state("wang", risk.CheckDraft)
	page = b.get(path)
	b.must(path, url.Values{"do": {"submit"}, "rev": {field(t, page.body, "rev")}})
	w.chat.Advance(11 * time.Minute)
	if late := b.must(path, url.Values{"do": {"withdraw"}}); !strings.Contains(late.body, "不能撤回") {
		t.Errorf("a late withdrawal:\n%s", said(late.body))
	}
	w.state("wang", risk.CheckMutual)
}

func TestAnOldFormGoesOnInTheChat(t *testing.T) {
	w := newWorld(t)
	points := []form.Point1{
		{No: 1, Item: "农村公路项目招标", Node: "招标文件编制", Title: "量身定做", Manifestations: []string{"可能按个别企业的条件写招标文件"}, Category: "岗位职责", Level: "一级"},
		{No: 2, Node: "评标组织", Title: "泄露名单", Manifestations: []string{"可能把评标专家名单提前告诉投标人"}, Category: "工作流程", Level: "二级"},
	}
	data, err := form.Fubiao1([]form.Form1{{
		Unit: "栖云县交通运输局", Section: "建设管理股", Post: "招标管理岗", Person: "王舟", Points: points,
		Totals: form.Totals{Points: 2, Levels: form.CountLabels([]string{"一级", "二级", "三级"}, "一级", "二级"), Categories: form.CountLabels([]string{"岗位职责", "工作流程"}, "岗位职责", "工作流程")},
	}}, form.Docx)
	if err != nil {
		t.Fatal(err)
	}
	b, path := w.as("wang"), w.my("wang", "/upload")
	phone := w.chat.As("wang")
	got := b.upload(path, "去年.docx", data, nil)
	if got.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	if page := b.get(got.location); !strings.Contains(page.body, "读出2条，请回到聊天里逐条确认") {
		t.Errorf("after the upload:\n%s", said(page.body))
	}
	w.chat.Settle()
	phone.Expect("读出2条").Send("1沿用 2不要")
	if rows := w.check("wang").Points; len(rows) != 1 {
		t.Errorf("%d rows kept", len(rows))
	}
	for name, c := range map[string]struct {
		data   []byte
		status int
	}{
		"not a form":  {[]byte("hello"), 422},
		"no file":     {nil, 422},
		"eleven MB":   {bytes.Repeat([]byte("x"), 11<<20), 413},
		"an old .doc": {append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 2000)...), 422},
	} {
		var got seen
		if c.data == nil {
			got = b.post(path, url.Values{})
		} else {
			got = b.upload(path, "x.docx", c.data, nil)
		}
		if got.status != c.status {
			t.Errorf("%s: %d, want %d", name, got.status, c.status)
		}
	}
	if got := w.as("wu").upload(path, "x.docx", data, nil); got.status != http.StatusForbidden {
		t.Errorf("somebody else's upload: %d", got.status)
	}
}
