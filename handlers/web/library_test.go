package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"qingfeng/bot"
)

func TestOnlyThoseWhoKeepDocumentsSeeThem(t *testing.T) {
	w := newWorld(t)
	version := w.adds(forAll(), "礼品.txt", giftRule)
	page := fmt.Sprintf("/library/%d", version)
	for _, c := range []struct {
		path string
		form url.Values
		may  string
	}{
		{"/library", nil, "sun han"},
		{page, nil, "sun"},
		{"/questions", nil, "sun"},
		{page, url.Values{"do": {"accept"}}, "sun"},
		{"/library/switches", url.Values{"name": {"main"}, "on": {"0"}}, "sun"},
		{"/questions", url.Values{"ids": {"1"}, "do": {"drop"}}, "sun"},
	} {
		for _, who := range []bot.UserID{"wang", "li", "zhao", "zhou", "it", "han", "sun"} {
			var got seen
			if c.form == nil {
				got = w.as(who).get(c.path)
			} else {
				got = w.as(who).post(c.path, c.form)
			}
			may := contains(strings.Fields(c.may), string(who))
			if refused := got.status == http.StatusForbidden || got.status == http.StatusNotFound; refused == may {
				t.Errorf("%s on %s: %d, may %t\n%s", who, c.path, got.status, may, said(got.body))
			}
		}
	}
	if got := w.as("wang").sends(forAll(), file{"a.txt", badgeRule}); got.status != http.StatusForbidden {
		t.Errorf("a cadre uploads: %d", got.status)
	}
	if n := w.count(t, "SELECT count(*) FROM document"); n != 1 {
		t.Errorf("%d documents", n)
	}
	if w.events(t, "library.page", "refused") == 0 {
		t.Error("refused attempts left no audit event")
	}
}

func TestAFormWithoutTheTokenChangesNothing(t *testing.T) {
	w := newWorld(t)
	version := w.adds(forAll(), "礼品.txt", giftRule)
	sun := w.as("sun")
	token := sun.csrf
	sun.csrf = "of somebody else"
	for path, form := range map[string]url.Values{
		fmt.Sprintf("/library/%d", version): {"do": {"withdraw"}},
		"/library/switches":                 {"name": {"main"}, "on": {"1"}, "agree": {"1"}},
		"/ask":                              {"q": {"礼品怎么登记"}},
		"/questions":                        {"ids": {"1"}, "do": {"drop"}},
	} {
		if got := sun.post(path, form); got.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := sun.sends(forAll(), file{"值班.txt", badgeRule}); got.status != http.StatusForbidden {
		t.Errorf("upload: %d", got.status)
	}
	sun.csrf = token
	if n := w.count(t, "SELECT count(*) FROM document_version WHERE withdrawn_at IS NULL"); n != 1 {
		t.Errorf("%d versions", n)
	}
	if n := w.count(t, "SELECT count(*) FROM library WHERE external") + w.count(t, "SELECT count(*) FROM question"); n != 0 {
		t.Errorf("%d changes", n)
	}
}

func TestAnUploadReportsEveryFileAndKeepsNothingOfRefusedOnes(t *testing.T) {
	w := newWorld(t)
	got := w.as("sun").sends(forAll(), file{"礼品.txt", giftRule}, file{"坏.docx", "PK\x03\x04 nothing in it"}, file{"空.txt", ""}, file{"值班.txt", badgeRule}, file{"又一份.txt", giftRule})
	if got.status != http.StatusOK {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	for _, want := range []string{"1/5", "礼品登记办法 4", "坏.docx", "文件已损坏", "没有读到文字", "值班管理规定", "5/5", "known", "读完了", "一个字也没有留"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the report lacks %q\n%s", want, got.body)
		}
	}
	if n := w.count(t, "SELECT count(*) FROM document_version"); n != 2 {
		t.Errorf("%d versions", n)
	}
	if n := w.count(t, "SELECT count(*) FROM document_version WHERE file LIKE '坏%' OR file LIKE '空%'"); n != 0 {
		t.Error("something of a refused file was kept")
	}
	if a, r := w.events(t, "library.upload", "ok"), w.events(t, "library.upload", "refused"); a != 2 || r != 2 {
		t.Errorf("audit events: %d saved, %d refused", a, r)
	}
	list := w.as("sun").get("/library")
	for _, want := range []string{"礼品登记办法", "栖交发〔2025〕8号", "2025年3月1日起施行", "现行", "全单位可看", "主库"} {
		if !strings.Contains(list.body, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if found := w.as("sun").get("/library?q=值班"); strings.Contains(found.body, "礼品登记办法") || !strings.Contains(found.body, "值班管理规定") {
		t.Error("the search box does not choose")
	}
	if none := w.as("sun").get("/library?state=withdrawn"); strings.Contains(none.body, "礼品登记办法") {
		t.Error("the filter does not choose")
	}
}

func TestNoUploadedFileStaysOnTheDisk(t *testing.T) {
	w := newWorld(t)
	sun := w.as("sun")
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	large := giftRule + strings.Repeat("第五条 大文件先放在临时文件里，读完就删。\n", 20_000)
	if got := sun.sends(forAll(), file{"大.txt", large}); !strings.Contains(got.body, "读完了") {
		t.Fatalf("%s", said(got.body))
	}
	if got := sun.sends(forAll(), file{"坏.pdf", large}, file{"坏.docx", "PK\x03\x04" + large}); !strings.Contains(got.body, "读完了") {
		t.Fatalf("%s", said(got.body))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%d files are left (%v)", len(left), err)
	}
}

func TestAnUploadThatCannotBeMeantIsSaid(t *testing.T) {
	w := newWorld(t)
	sun := w.as("sun")
	for _, c := range []struct {
		name   string
		fields url.Values
		files  []file
		want   string
	}{
		{"no file", forAll(), nil, "请先选文件"},
		{"nobody chosen", url.Values{"who": {"section"}}, []file{{"a.txt", giftRule}}, "至少勾一个"},
		{"one title for two", url.Values{"who": {"public"}, "title": {"标题"}}, []file{{"a.txt", giftRule}, {"b.txt", badgeRule}}, "只能用于单个文件"},
		{"a date that is none", url.Values{"who": {"public"}, "effective": {"去年"}}, []file{{"a.txt", giftRule}}, "日期不对"},
		{"dates cross", url.Values{"who": {"public"}, "effective": {"2025-01-01"}, "repealed": {"2024-01-01"}}, []file{{"a.txt", giftRule}}, "失效日期应在施行日期之后"},
		{"the switch's own name", url.Values{"who": {"public"}, "library": {"question"}}, []file{{"a.txt", giftRule}}, "不能叫这个名字"},
		{"too many", forAll(), make([]file, 51), "一次最多传50份"},
	} {
		for i := range c.files {
			if c.files[i].name == "" {
				c.files[i] = file{fmt.Sprintf("%d.txt", i), giftRule}
			}
		}
		got := sun.sends(c.fields, c.files...)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d, want %q\n%s", c.name, got.status, c.want, said(got.body))
		}
	}
	if n := w.count(t, "SELECT count(*) FROM document"); n != 0 {
		t.Errorf("%d documents", n)
	}
}

func TestASuspiciousDocumentWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	version := w.adds(forAll(), "用车.txt", orders)
	page := fmt.Sprintf("/library/%d", version)
	cited := fmt.Sprintf("/clause/%d", w.passage("统一调度"))
	if got := w.as("wang").get(cited); got.status != http.StatusNotFound {
		t.Errorf("a clause that waits: %d", got.status)
	}
	seen := w.as("sun").get(page)
	for _, want := range []string{"待复核", "像是写给机器的话", "忽略之前的所有指令", "<mark id=\"f1\">", "通过，可以查到"} {
		if !strings.Contains(seen.body, want) {
			t.Errorf("the review lacks %q\n%s", want, seen.body)
		}
	}
	if list := w.as("sun").get("/library?state=review"); !strings.Contains(list.body, "车辆管理规定") {
		t.Error("it is not among those that wait")
	}
	after := w.as("sun").must(page, url.Values{"do": {"accept"}})
	if !strings.Contains(after.body, "已通过") {
		t.Errorf("after accepting:\n%s", said(after.body))
	}
	if got := w.as("wang").get(cited); got.status != http.StatusOK {
		t.Errorf("an accepted clause: %d", got.status)
	}
	again := w.as("sun").must(page, url.Values{"do": {"accept"}})
	if !strings.Contains(again.body, "没有改动") {
		t.Errorf("accepted twice:\n%s", said(again.body))
	}
	if n := w.events(t, "library.accept", "ok"); n != 1 {
		t.Errorf("%d audit events", n)
	}
}

func TestAWithdrawnDocumentTakesItsAnswersAlong(t *testing.T) {
	w := newWorld(t)
	version := w.adds(forAll(), "礼品.txt", giftRule)
	page := fmt.Sprintf("/library/%d", version)
	wang := w.as("wang")
	got := wang.post("/ask", url.Values{"q": {"收到无法退还的礼品要在几个工作日内登记上交"}})
	if !strings.Contains(got.body, "五个工作日") {
		t.Fatalf("no answer:\n%s", got.body)
	}
	clause := fmt.Sprintf("/clause/%d", w.passage("五个工作日"))
	if got := wang.get(clause); got.status != http.StatusOK {
		t.Fatalf("clause: %d", got.status)
	}
	after := w.as("sun").must(page, url.Values{"do": {"withdraw"}})
	if !strings.Contains(after.body, "依据它的答案已作废") || !strings.Contains(after.body, "已撤下") {
		t.Errorf("after withdrawing:\n%s", said(after.body))
	}
	if got := wang.get(clause); got.status != http.StatusNotFound || strings.Contains(got.body, "五个工作日") {
		t.Errorf("the clause after it: %d", got.status)
	}
	talk := wang.get("/ask")
	if strings.Contains(talk.body, "五个工作日内向纪检组") || !strings.Contains(talk.body, "原来的答案不再显示") {
		t.Errorf("the talk still shows the answer:\n%s", talk.body)
	}
	if got := wang.post("/ask", url.Values{"q": {"礼品礼金登记上交有什么期限"}}); strings.Contains(got.body, "五个工作日") {
		t.Error("it is still found")
	}
	w.as("sun").must(page, url.Values{"do": {"restore"}})
	if got := wang.get(clause); got.status != http.StatusOK {
		t.Errorf("restored: %d", got.status)
	}
	for _, action := range []string{"library.withdraw", "library.restore"} {
		if n := w.events(t, action, "ok"); n != 1 {
			t.Errorf("%s: %d audit events", action, n)
		}
	}
}

func TestWhatIsKnownOfADocumentIsCorrected(t *testing.T) {
	w := newWorld(t)
	version := w.adds(forAll(), "礼品.txt", giftRule)
	page := fmt.Sprintf("/library/%d", version)
	sun := w.as("sun")
	seen := sun.get(page)
	was := field(t, seen.body, "was")
	form := url.Values{
		"do": {"describe"}, "was": {was}, "title": {"礼品登记办法（试行）"}, "number": {"栖交发〔2025〕9号"}, "issuer": {"栖云县交通运输局"}, "authority": {"2"},
		"effective": {"2025-04-01"}, "label": {"2025年试行"}, "who": {"section"}, "section": {"section:建设管理股"}, "library": {"纪律"},
	}
	after := sun.must(page, form)
	for _, want := range []string{"已保存", "礼品登记办法（试行）", "栖交发〔2025〕9号", "2025年4月1日起施行", "2025年试行", "建设管理股", "纪律", "本单位制度"} {
		if !strings.Contains(after.body, want) {
			t.Errorf("the page lacks %q\n%s", want, after.body)
		}
	}
	// It is for one section now.
	clause := fmt.Sprintf("/clause/%d", w.passage("五个工作日"))
	for who, want := range map[bot.UserID]int{"wang": 200, "li": 200, "zhao": 200, "feng": 404, "it": 404} {
		if got := w.as(who).get(clause); got.status != want {
			t.Errorf("%s opens the clause: %d, want %d", who, got.status, want)
		}
	}
	if got := sun.post(page, form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "刚被别人改过") || !strings.Contains(got.body, "2025年试行") {
		t.Errorf("a stale form: %d\n%s", got.status, said(got.body))
	}
	if n := w.events(t, "library.describe", "ok"); n != 1 {
		t.Errorf("%d audit events", n)
	}
}

func TestTheDisciplineOfficeKeepsItsOwn(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	han := w.as("han")
	got := han.sends(url.Values{"who": {"public"}}, file{"值班.txt", badgeRule})
	if got.status != http.StatusOK {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	if list := han.get("/library"); !strings.Contains(list.body, "值班管理规定") || strings.Contains(list.body, "礼品登记办法") || strings.Contains(list.body, "能不能发给外部模型") {
		t.Errorf("the discipline office's list:\n%s", list.body)
	}
	if list := w.as("sun").get("/library"); strings.Contains(list.body, "值班管理规定") {
		t.Error("the coordinating office sees it")
	}
	page := fmt.Sprintf("/library/%d", w.count(t, "SELECT id FROM document_version WHERE file LIKE '值班%'"))
	clause := fmt.Sprintf("/clause/%d", w.passage("蓝色臂章"))
	for _, path := range []string{page, clause} {
		for who, want := range map[bot.UserID]int{"sun": 404, "han": 200} {
			if got := w.as(who).get(path); got.status != want {
				t.Errorf("%s opens %s: %d, want %d", who, path, got.status, want)
			}
		}
	}
	if got := w.as("wang").get(clause); got.status != http.StatusNotFound {
		t.Errorf("a cadre opens it: %d", got.status)
	}
}

func TestNothingMayLeaveUntilSomebodySaysSo(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	sun := w.as("sun")
	page := sun.get("/library")
	for _, want := range []string{"model.example", "收不回来", "大家提的问题", "不外发"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the warning lacks %q", want)
		}
	}
	external := func() int { return w.count(t, "SELECT count(*) FROM library WHERE external") }
	if external() != 0 {
		t.Fatal("something may leave from the start")
	}
	if got := sun.must("/library/switches", url.Values{"name": {"main"}, "on": {"1"}}); !strings.Contains(got.body, "请先勾选") || external() != 0 {
		t.Error("it was switched on unread")
	}
	for i, name := range []string{"main", "question"} {
		sun.must("/library/switches", url.Values{"name": {name}, "on": {"1"}, "agree": {"1"}})
		if external() != i+1 {
			t.Errorf("%s is not on", name)
		}
	}
	sun.must("/library/switches", url.Values{"name": {"question"}, "on": {"0"}})
	if external() != 1 {
		t.Error("it cannot be switched off")
	}
	if got := sun.post("/library/switches", url.Values{"name": {"没有的库"}, "on": {"1"}, "agree": {"1"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a library that is not there: %d", got.status)
	}
	if n := w.events(t, "library.switch", "ok"); n != 3 {
		t.Errorf("%d audit events", n)
	}
}
