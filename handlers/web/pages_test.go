package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qingfeng/bot"
)

// A case is one request and what its answer must and must not hold.
type httpCase struct {
	name   string
	as     bot.UserID
	path   string
	form   url.Values // posted when set
	status int
	want   []string
	not    []string
}

func (w *world) run(t *testing.T, cases []httpCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got seen
			if c.form != nil {
				got = w.as(c.as).post(c.path, c.form)
			} else {
				got = w.as(c.as).get(c.path)
			}
			if got.status != c.status {
				t.Errorf("status %d, want %d\n%s", got.status, c.status, said(got.body))
			}
			for _, s := range c.want {
				if !strings.Contains(got.body, s) {
					t.Errorf("the page lacks %q\n%s", s, said(got.body))
				}
			}
			for _, s := range c.not {
				if strings.Contains(got.body, s) {
					t.Errorf("the page shows %q", s)
				}
			}
		})
	}
}

func TestEveryPageShowsWhatItsReaderNeeds(t *testing.T) {
	w := newWorld(t)
	w.scene()
	grading := fmt.Sprintf("/grading/%d", w.campaign.ID)
	w.run(t, []httpCase{
		{name: "home of a cadre", as: "wang", path: "/", status: 200, want: []string{"栖云县交通运输局", "我的自查", "填报中", "接着填"}, not: []string{"进度看板", "导入"}},
		{name: "home of a head", as: "li", path: "/", status: 200, want: []string{"待我审核", "1件", "进度看板"}},
		{name: "home of the office", as: "sun", path: "/", status: 200, want: []string{"进度看板", "导入"}},
		{name: "home of IT", as: "it", path: "/", status: 200, want: []string{"现在没有等您办的事"}, not: []string{"进度看板", "定级", "导入"}},
		{name: "my form", as: "wang", path: w.my("wang", ""), status: 200, want: []string{wangText, "招标文件编制", "岗位职责", "改这条", "提交（共1条）", "门槛条件对照"}},
		{name: "my form in review is closed", as: "wu", path: w.my("wu", ""), status: 200, want: []string{wuText, "正在审核", "李衡"}, not: []string{"改这条", "提交（"}},
		{name: "an offline post is not asked to type", as: "he", path: w.my("he", ""), status: 200, want: []string{"线下填报", "不要在这里输入"}, not: []string{"添加一条"}},
		{name: "editor of a row", as: "wang", path: w.my("wang", "/rows/1"), status: 200, want: []string{wangText, "可能被用来", "未落实情形", "佐证材料", "保存这条", "确认删掉第1条"}},
		{name: "a row that is not there", as: "wang", path: w.my("wang", "/rows/9"), status: 404, want: []string{"没有这一页"}},
		{name: "my form as 附表1", as: "wang", path: w.my("wang", "/form"), status: 200, want: []string{"附表1", "本人签字", "分管领导审核", wangText}},
		{name: "upload page", as: "wang", path: w.my("wang", "/upload"), status: 200, want: []string{"multipart/form-data", "文件本身不保存"}},
		{name: "review of a head", as: "li", path: w.reviewURL("wu"), status: 200, want: []string{wuText, "发生可能性", "危害程度", "退回原因", "没写到具体哪一步", "提交初审意见"}},
		{name: "review of a leader", as: "zhao", path: w.reviewURL("feng"), status: 200, want: []string{fengText, "同意", "退回勾选的", "回避", "郑平同意"}, not: []string{"发生可能性"}},
		{name: "list of a leader", as: "zhao", path: "/reviews", status: 200, want: []string{"支付岗", "计量支付复核"}, not: []string{fengText, "冯雪"}},
		{name: "board of the office", as: "sun", path: "/board", status: 200, want: []string{"建设管理股", "王舟", "填报中", "待初审", "现在在李衡那里", "线下填报", "转为代填"}, not: []string{wangText, wuText, fengText, chenText}},
		{name: "board filtered", as: "sun", path: fmt.Sprintf("/board?section=%d&stand=draft", w.sectionOf("wang")), status: 200, want: []string{"名单 1 人", "王舟"}, not: []string{"冯雪"}},
		{name: "board of a head is the own section", as: "li", path: "/board", status: 200, want: []string{"王舟", "吴静"}, not: []string{"冯雪", "转为代填", "全单位"}},
		{name: "grading for the office", as: "sun", path: grading, status: 200, want: []string{"法规岗", "裁量认定", chenText, "除第3条调一级外全部通过"}, not: []string{"陈楠"}},
		{name: "grading for a leader of other sections", as: "zhao", path: grading, status: 200, want: []string{"法规岗", "裁量认定"}, not: []string{chenText}},
		{name: "grading for the leader in charge", as: "qian", path: grading, status: 200, want: []string{chenText}},
		{name: "delegation for the office", as: "sun", path: "/delegate", status: 200, want: []string{"谁不在", "在审 2 件", "安排回避"}},
		{name: "delegation for a head", as: "li", path: "/delegate", status: 200, want: []string{"请谁代审"}, not: []string{"谁不在", "在审"}},
		{name: "import", as: "sun", path: "/import", status: 200, want: []string{"花名册", "职权目录", "试算"}},
		{name: "no such page", as: "sun", path: "/nowhere", status: 404, want: []string{"没有这一页"}},
		{name: "no such form", as: "sun", path: "/my/99999", status: 404},
		{name: "not a number", as: "sun", path: "/my/abc", status: 404},
	})
}

// The permission matrix of DOMAIN.md §2.4, for the pages.
func TestEverybodySeesWhatTheMatrixAllowsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.scene()
	everybody := []bot.UserID{"wang", "wu", "li", "zheng", "zhao", "qian", "sun", "zhou", "han", "it"}
	grading := fmt.Sprintf("/grading/%d", w.campaign.ID)
	wuReview, fengReview := w.reviewURL("wu"), w.reviewURL("feng")
	for _, row := range []struct {
		path    string
		allowed string
		why     string // what the refusal says
	}{
		{w.my("wang", ""), "wang", "不在您名下"},
		{w.my("wang", "/rows/1"), "wang", "不在您名下"},
		{w.my("wang", "/form"), "wang", "找防控办|还没有审定"},
		{w.my("wang", "/upload"), "wang", "不在您名下"},
		{w.my("wu", "/form"), "wu", "找防控办|还没有审定"},
		{wuReview, "li", "不在您名下"},
		{fengReview, "zhao", "不在您名下"},
		{fmt.Sprintf("/mutual/%d", w.sectionOf("wu")), "li wang wu", "不在您名下"},
		{"/board", "li zheng zhao qian sun", "防控办和各科室负责人"},
		{"/import", "sun", "防控办用的"},
		{"/import/roster/template", "sun", "防控办用的"},
		{grading, "zhao qian sun zhou han", "领导小组"},
		{"/delegate", "li zheng zhao qian sun zhou han", "审核人本人"},
	} {
		for _, who := range everybody {
			t.Run(string(who)+row.path, func(t *testing.T) {
				got := w.as(who).get(row.path)
				want := http.StatusForbidden
				if contains(strings.Fields(row.allowed), string(who)) {
					want = http.StatusOK
				}
				if got.status != want {
					t.Fatalf("status %d, want %d\n%s", got.status, want, said(got.body))
				}
				if want == http.StatusForbidden {
					if !strings.Contains(got.body, "回首页") || !anyOf(got.body, row.why) {
						t.Errorf("the refusal does not say why and what to do\n%s", said(got.body))
					}
				}
			})
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func anyOf(body, choices string) bool {
	for _, c := range strings.Split(choices, "|") {
		if strings.Contains(body, c) {
			return true
		}
	}
	return false
}

// Whoever crawls every page they can reach finds no draft of somebody else.
func TestADraftIsOnNoPageButItsOwners(t *testing.T) {
	w := newWorld(t)
	w.scene()
	paths := []string{"/", "/reviews", "/board", "/delegate", "/import", fmt.Sprintf("/grading/%d", w.campaign.ID)}
	for _, c := range w.checks {
		paths = append(paths, fmt.Sprintf("/my/%d", c.ID), fmt.Sprintf("/my/%d/form", c.ID), fmt.Sprintf("/my/%d/rows/1", c.ID))
		paths = append(paths, fmt.Sprintf("/mutual/%d", c.Post.SectionID), fmt.Sprintf("/board?section=%d", c.Post.SectionID))
	}
	for id := 1; id <= 12; id++ {
		paths = append(paths, fmt.Sprintf("/review/%d", id))
	}
	for _, who := range []bot.UserID{"wu", "li", "zheng", "feng", "zhao", "qian", "sun", "zhou", "han", "it"} {
		for _, path := range paths {
			if got := w.as(who).get(path); strings.Contains(got.body, wangText) {
				t.Errorf("%s reads the draft of wang on %s", who, path)
			}
		}
	}
	if got := w.as("wang").get(w.my("wang", "")); !strings.Contains(got.body, wangText) {
		t.Error("wang does not see the own draft: the test proves nothing")
	}
	// Nor in a file.
	for _, who := range []bot.UserID{"sun", "li", "zhou"} {
		for _, form := range []string{"fubiao1", "fubiao4"} {
			got := w.as(who).post("/board/export", url.Values{"campaign": {fmt.Sprint(w.campaign.ID)}, "section": {fmt.Sprint(w.sectionOf("wang"))}, "form": {form}, "format": {"xlsx"}, "why": {"file"}})
			if got.status == http.StatusOK && got.head.Get("Content-Disposition") != "" && form == "fubiao1" {
				t.Errorf("%s exported %s of a section in which nothing is confirmed", who, form)
			}
		}
		if got := w.as(who).post(w.my("wang", "/export"), url.Values{"format": {"docx"}}); got.status != http.StatusForbidden {
			t.Errorf("%s exports the draft: %d", who, got.status)
		}
	}
}
