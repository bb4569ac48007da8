package clause

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest/read"
)

func TestTitlesComeWithoutWhatIsNotTheirs(t *testing.T) {
	for file, want := range map[string]string{
		"中华人民共和国公务用车法_2010-01-09.txt":       "中华人民共和国公务用车法",
		"中华人民共和国公务用车法（2018年修订）.docx":        "中华人民共和国公务用车法",
		"公务用车管理条例(2023-12-11).md":           "公务用车管理条例",
		"公务用车管理条例20231211.pdf":              "公务用车管理条例",
		"《某局印章管理办法（试行）》(1).docx":            "某局印章管理办法（试行）",
		"【精品文库】廉洁知识讲义(12页珍藏版).doc":          "廉洁知识讲义",
		"www.example.com_值班制度 - 副本.docx":    "值班制度",
		"某局值班制度（最新版）_v2.docx":               "某局值班制度",
		"上传/部门/2021-03-04 某局值班制度.docx.docx": "某局值班制度",
		`C:\文件\廉洁风险知识解读(二)_4507.docx`:       "廉洁风险知识解读(二)",
		"001.txt": "001",
	} {
		if got := readName(file); got.title != want && !(got.title == "" && want == "001") {
			t.Errorf("%s: %q", file, got.title)
		}
	}
}

func TestTwoVersionsInTheFileNameAreOneTitleAndTwoDates(t *testing.T) {
	for _, pair := range [][2]string{
		{"中华人民共和国公务用车法_2010-01-09.txt", "中华人民共和国公务用车法_2023-12-11.txt"},
		{"公务用车条例(2010-01-09).md", "公务用车条例(2023-12-11).md"},
		{"公务用车条例（2010年1月9日）.docx", "公务用车条例（2023年12月11日修订）.docx"},
		{"20100109公务用车条例.txt", "公务用车条例20231211.txt"},
	} {
		body := "第一章 总则\n第一条 为了节约，制定本法。\n第二条 自2003年5月1日起施行。"
		a, b := Read(of(body), pair[0]), Read(of(body), pair[1])
		if pair[0][0] != '2' && a.Document.Title != b.Document.Title {
			t.Errorf("%q and %q", a.Document.Title, b.Document.Title)
		}
		if !a.Version.Effective.Equal(day(2010, 1, 9)) || !b.Version.Effective.Equal(day(2023, 12, 11)) {
			t.Errorf("%s: %v, %v", pair, a.Version.Effective, b.Version.Effective)
		}
	}
}

func TestAYearAloneIsAGuessAndSaysSo(t *testing.T) {
	r := Read(of("第一条 为了节约，制定本法。"), "公务用车条例（2018年修订）.docx")
	if !r.Version.Effective.Equal(day(2018, 1, 1)) || r.Version.Label != "2018年修订" || len(r.Version.Flags) != 1 || r.Version.Flags[0].Code != YearOnly {
		t.Errorf("%+v", r.Version)
	}
}

func TestALawIsNamedByWhatWasDoneToItNotByTheTitleOfTheDecision(t *testing.T) {
	r := Read(of("某法\n（2001年3月1日通过　根据2018年10月26日第十三届全国人民代表大会常务委员会第六次会议《关于修改〈某法〉等十五部法律的决定》修正）\n第一条 甲。"), "x.txt")
	if r.Version.Label != "2018年修正" {
		t.Errorf("%q", r.Version.Label)
	}
}

func TestDatesOfForce(t *testing.T) {
	none := time.Time{}
	for name, c := range map[string]struct {
		text       string
		start, end time.Time
	}{
		"the last sentence of the 附则":    {"某规定\n第一条 自2001年1月1日起登记的车辆不受限制。\n第二条 本规定自2020年10月1日起施行。", day(2020, 10, 1), none},
		"upon publication":               {"某规定\n（2020年3月4日公布）\n第一条 甲。\n第二条 本规定自公布之日起施行。", day(2020, 3, 4), none},
		"a revision after the first day": {"某条例\n（2003年2月1日通过 2019年8月9日修正）\n第一条 甲。\n第二条 本条例自2003年5月1日起施行。", day(2019, 8, 9), none},
		"a revision that starts later":   {"某条例\n（2003年2月1日通过 2019年8月9日修订）\n第一条 甲。\n第二条 本条例自2020年1月1日起施行。", day(2020, 1, 1), none},
		"valid until a day":              {"某通知\n各单位：\n一、甲。\n二、本通知自2020年1月1日起施行，有效期至2022年12月31日。", day(2020, 1, 1), day(2023, 1, 1)},
		"valid for five years":           {"某办法\n第一条 甲。\n第二条 本办法自2020年2月1日起施行，有效期5年。", day(2020, 2, 1), day(2025, 2, 1)},
		"a licence's validity":           {"某办法\n第一条 许可证有效期五年。\n第二条 本办法自2020年2月1日起施行。", day(2020, 2, 1), none},
		"another rule's end":             {"某办法\n第一条 甲。\n第二条 本办法自2020年2月1日起施行，2010年3月1日发布的旧办法同时废止。", day(2020, 2, 1), none},
		"Chinese numerals":               {"某通知\n各单位：\n请按时上报。\n某局办公室\n二〇一二年六月五日", day(2012, 6, 5), none},
		"front matter":                   {"---\ntitle: 某手册\neffective: 2023-12-11\nrepealed: 2024-01-02\n---\n第一条 甲。", day(2023, 12, 11), day(2024, 1, 2)},
		"labelled lines":                 {"某办法\n发布日期：2021年3月4日\n施行日期：2021年5月1日\n废止日期：2023年6月7日\n第一条 甲。", day(2021, 5, 1), day(2023, 6, 7)},
		"nothing said":                   {"某办法\n第一条 甲。", none, none},
		"no such day":                    {"某办法\n第一条 本办法自2021年2月31日起施行。", none, none},
	} {
		v := Read(of(c.text), "x.txt").Version
		if !v.Effective.Equal(c.start) || !v.Repealed.Equal(c.end) {
			t.Errorf("%s: %v – %v", name, v.Effective, v.Repealed)
		}
	}
}

func TestATitleThatSaysRepealedWaitsForAPerson(t *testing.T) {
	r := Read(of("第一条 甲。"), "公务用车条例（已废止）.docx")
	if !r.Version.Review || r.Document.Title != "公务用车条例" {
		t.Errorf("%+v %+v", r.Document, r.Version)
	}
}

func TestTheDocumentsOwnNumberIsNotOneItCites(t *testing.T) {
	for text, want := range map[string]string{
		"某市文件\n某发〔2012〕34号\n关于甲的通知\n根据乙发〔2011〕1号，现通知如下。": "某发〔2012〕34号",
		"关于甲的通知\n（某政办发[2012] 34 号）\n各单位：请办理。":            "某政办发〔2012〕34号",
		"关于甲的通知\n某纪发【2015】第6号\n各单位：":                     "某纪发〔2015〕6号",
		"关于甲的通知\n根据《乙的意见》（乙发〔2011〕1号），现通知如下。":            "",
		"关于甲的通知\n各单位：\n一、按乙发〔2011〕1号执行。":                 "",
		"中华人民共和国国务院令\n第 519 号\n甲条例\n第一条 乙。":              "",
		"国务院令第519号\n甲条例\n第一条 乙。":                         "国务院令第519号",
		"文号：某发﹝2020﹞5号\n甲制度\n第一条 乙。":                     "某发〔2020〕5号",
		"最高人民法院关于甲的解释\n法释〔2020〕15号\n第一条 乙。":              "法释〔2020〕15号",
	} {
		if got := Read(of(text), "x.txt").Document.Number; got != want {
			t.Errorf("%.30q: %q", text, got)
		}
	}
}

func TestTheLevelFollowsFromTitleAndIssuer(t *testing.T) {
	for text, want := range map[string]knowledge.Authority{
		"中华人民共和国宪法\n第一条 甲。":            knowledge.Constitution,
		"中华人民共和国监督检查法\n第一条 甲。":         knowledge.Law,
		"公务用车条例\n第一条 甲。":               knowledge.Regulation,
		"中国共产党某某准则\n第一条 甲。":            knowledge.Regulation,
		"国务院令第9号\n车辆管理办法\n第一条 甲。":      knowledge.Regulation,
		"最高人民法院关于办理甲案件的解释\n第一条 甲。":     knowledge.Judicial,
		"财政部令第9号\n车辆管理办法\n第一条 甲。":      knowledge.Departmental,
		"临江县人民政府关于印发车辆管理办法的通知\n各单位：":   knowledge.LocalNotice,
		"某某学院车辆管理办法\n第一条 甲。":           knowledge.UnitRule,
		"某局防控工作方案\n一、目标\n甲。\n二、做法\n乙。": knowledge.UnitRule,
		"廉洁知识问答\n问：甲？\n答：乙。":           knowledge.Guidance,
		"公务用车条例解读\n甲。":                 knowledge.Guidance,
		"甲乙丙\n丁。":                      knowledge.Unknown,
	} {
		r := Read(of(text), "x.txt")
		if r.Document.Authority != want {
			t.Errorf("%.30q (%q, %q): %d", text, r.Document.Title, r.Document.Issuer, r.Document.Authority)
		}
	}
}

func TestTheIssuerIsWhoSigned(t *testing.T) {
	for text, want := range map[string]string{
		"临江县人民政府文件\n临政发〔2020〕1号\n关于甲的通知\n各单位：":             "临江县人民政府",
		"临江县财政局关于甲的通知\n各单位：\n请办理。":                         "临江县财政局",
		"关于甲的通知\n各单位：\n请办理。\n临江县财政局\n2020年1月2日":            "临江县财政局",
		"发文机关：临江县教育局\n甲制度\n第一条 乙。":                         "临江县教育局",
		"甲法\n（2005年4月27日第十届全国人民代表大会常务委员会第十五次会议通过）\n第一条 乙。": "全国人民代表大会常务委员会",
		"防汛学院值班制度\n第一条 乙。":                                 "防汛学院",
		"值班制度\n第一条 乙。":                                     "",
	} {
		if got := Read(of(text), "x.txt").Document.Issuer; got != want {
			t.Errorf("%.30q: %q", text, got)
		}
	}
}

func TestATitleOfTwoLinesIsOne(t *testing.T) {
	r := Read(of("临江县水务局关于进一步加强\n岗位风险防控工作的实施意见\n为了做好工作，现提出如下意见。\n一、甲\n乙乙。\n二、丙\n丁丁。"), "x.docx")
	if r.Document.Title != "临江县水务局关于进一步加强岗位风险防控工作的实施意见" {
		t.Errorf("%q", r.Document.Title)
	}
}

const cardPage = "关于印发《石桥县采购档案管理办法》的通知\n索 引 号 | 014321/2023-00077 | 文号 | 石政办发〔2023〕35号\n发文机关： | 石桥县人民政府办公室 | 成文日期 | 2023-07-10\n" +
	"主题词 | 有效性 | %s\n各乡镇：\n现印发给你们。\n石桥县财政局\n2023年7月10日\n第一条　为规范采购，制定本办法。\n第二条　采购档案保存十五年。\n"

func TestTheCardOfAGovernmentSiteIsAboutTheDocumentAndNoPartOfIt(t *testing.T) {
	r := Read(of(fmt.Sprintf(cardPage, "有效")), "x.html")
	d := r.Document
	if d.Issuer != "石桥县人民政府办公室" || d.Number != "石政办发〔2023〕35号" || d.Title != "关于印发《石桥县采购档案管理办法》的通知" || r.Version.Review {
		t.Errorf("%+v %+v", d, r.Version)
	}
	if !r.Version.Effective.Equal(day(2023, 7, 10)) || strings.Contains(r.Body, "索 引 号") || !strings.Contains(r.Body, "现印发给你们") {
		t.Errorf("%v %s", r.Version.Effective, r.Body)
	}
	if r := Read(of(fmt.Sprintf(cardPage, "已失效")), "x.html"); !r.Version.Review {
		t.Errorf("%+v", r.Version)
	}
	// A table of documents, or of anything else, is no card.
	for _, head := range []string{"名称 | 标准", "发布单位 | 数量", "文号 | 备注", "来源 | 去向", "标题 | 文号"} {
		if r := Read(of("某局用品目录\n"+head+"\n桌子 | 三张"), "x.docx"); !strings.Contains(r.Body, head) || r.Document.Title != "某局用品目录" {
			t.Errorf("%+v %s", r.Document, r.Body)
		}
	}
	list := "某局文件清单\n序号 | 文件名称 | 文号 | 发布日期\n1 | 甲办法 | 某发〔2020〕1号 | 2020-01-01\n2 | 乙办法 | 某发〔2021〕2号 | 2021-01-01"
	if r := Read(of(list), "x.docx"); r.Document.Number != "" || !strings.Contains(r.Body, "文件名称 | 文号") || !strings.Contains(r.Body, "乙办法") {
		t.Errorf("%+v %s", r.Document, r.Body)
	}
}

func TestANoticeWithoutItsOfficeInTheTitleIsSignedBeforeWhatIsAttached(t *testing.T) {
	text := "关于印发采购办法的通知\n各乡镇：\n现印发给你们。\n石桥县财政局\n2023年7月10日\n采购办法\n"
	for i := 1; i < 15; i++ {
		text += fmt.Sprintf("第%d条　采购档案保存%d年。\n", i, i)
	}
	if got := Read(of(text), "x.txt").Document.Issuer; got != "石桥县财政局" {
		t.Errorf("%q", got)
	}
}

func TestAWorkbookIsNamedByItsCaptionOrItsFileNotByASheet(t *testing.T) {
	book := func(lines ...read.Line) read.Text { return read.Text{Format: "xlsx", Lines: lines} }
	sheet, header, row := read.Line{Text: "led", Level: 1}, read.Line{Text: "地区 | 标准"}, read.Line{Text: "地区：兰州，标准：350"}
	for want, text := range map[string]read.Text{
		"青禾县差旅住宿费标准表": book(sheet, read.Line{Text: "青禾县差旅住宿费标准表（2024年版）"}, header, row),
		"差旅标准":        book(sheet, header, row),
	} {
		if r := Read(text, "差旅标准.xlsx"); r.Document.Title != want || len(r.Passages) == 0 {
			t.Errorf("%+v", r)
		}
	}
}
