package risk

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var payNode = Node{ID: 5, Item: "工程进度款支付审核", Name: "计量支付复核", PostName: "工程款支付岗"}

func TestEachLintRuleSpeaksAndFallsSilent(t *testing.T) {
	p := pack(t, "county")
	many := []Node{payNode, {ID: 6, Name: "招标文件编制"}, {ID: 7, Name: "变更理由审核"}}
	good := Measure{Text: "单据齐了再签", Who: "股长", Frequency: "每笔", Evidence: "清单"}
	for _, c := range []struct {
		rule       string
		bad, clean Point
		c          Context
	}{
		{"L1", Point{Node: payNode, Manifestations: []string{"廉洁观念差，作风漂浮"}}, Point{Node: payNode, Manifestations: []string{"不核对就签字"}}, Context{}},
		{"L2", Point{Node: payNode, Manifestations: []string{"意识淡薄，不核对就签字"}}, Point{Node: payNode, Manifestations: []string{"不核对就签字"}}, Context{}},
		{"L3", Point{Node: payNode, Manifestations: []string{"工程建设领域容易出问题"}}, Point{Node: payNode, Manifestations: []string{"一方面不核对，另一方面提前付款"}}, Context{}},
		{"L3", Point{Node: payNode, Manifestations: []string{"招标文件编制和变更理由审核都由一人签字"}}, Point{Node: payNode, Manifestations: []string{"计量支付复核由一人签字"}}, Context{Nodes: many}},
		{"L4", Point{Node: payNode, Manifestations: []string{"填写时马虎，算错数字"}}, Point{Node: payNode, Manifestations: []string{"填写时马虎，算错数字"}, KeepReason: "多算的部分可能被施工方拿走"}, Context{}},
		{"L5", Point{Node: payNode, Manifestations: []string{"张局长打招呼就先签字"}}, Point{Node: payNode, Manifestations: []string{"局长打招呼就先签字"}}, Context{}},
		{"L6", Point{Node: payNode, Manifestations: []string{"有人去年收了红包就签字"}}, Point{Node: payNode, Manifestations: []string{"可能有人收了红包就签字"}}, Context{}},
		{"L7", Point{Node: payNode, Manifestations: []string{"把机密★的文件透露给企业"}}, Point{Node: payNode, Manifestations: []string{"把秘密透露给企业"}}, Context{}},
		{"L8", Point{Node: payNode, Manifestations: []string{"不核对就签字"}, Measures: []Measure{{Text: "两人一起核对"}}}, Point{Node: payNode, Manifestations: []string{"不核对就签字"}, Measures: []Measure{good}}, Context{MeasuresDue: true}},
		{"L9", Point{Node: payNode, Manifestations: []string{"不逐项核对计量单就签字，让对方多拿钱"}}, Point{Node: payNode, Manifestations: []string{"影像没看就签字，后补影像"}}, Context{Others: []string{"不逐项核对计量单，就签字让对方多拿钱。"}}},
		{"L10", Point{Manifestations: []string{"不核对就签字"}}, Point{Node: payNode, Manifestations: []string{"不核对就签字"}}, Context{}},
		{"L13", Point{Node: payNode, Manifestations: []string{"不核对就签字"}, Suggested: Suggestion{Level: L1}, Confirmed: L3}, Point{Node: payNode, Manifestations: []string{"不核对就签字"}, Suggested: Suggestion{Level: L1}, Confirmed: L2}, Context{}},
	} {
		hints := Lint(p, c.bad, c.c)
		if !slices.Contains(rules(hints), c.rule) {
			t.Errorf("%s does not fire on %v: %v", c.rule, c.bad.Manifestations, rules(hints))
		}
		for i, h := range hints {
			if h.Say == "" || strings.ContainsAny(h.Say+h.Rewrite, "{}") || utf8.RuneCountInString(h.Say) > 60 {
				t.Errorf("%s says %q / %q", h.Rule, h.Say, h.Rewrite)
			}
			if i > 0 && hints[i-1].Weight < h.Weight {
				t.Errorf("hints are not worst first: %v", rules(hints))
			}
		}
		if hints := Lint(p, c.clean, c.c); len(hints) > 0 {
			t.Errorf("%s: %v still gets %+v", c.rule, c.clean.Manifestations, hints)
		}
	}
}

func TestMeasuresAreNotAskedForBeforeTheyAreDue(t *testing.T) {
	p := pack(t, "college")
	pt := Point{Node: payNode, Manifestations: []string{"不核对就签字"}, Measures: []Measure{{Text: "加强学习"}}}
	if h := Lint(p, pt, Context{}); len(h) > 0 {
		t.Errorf("%+v", h)
	}
	if r := Tests(p, Point{Node: payNode, Manifestations: []string{"不核对就签字"}}, Context{}); !r.OK() || r.Ask != "" {
		t.Errorf("%+v", r)
	}
	r := Tests(p, pt, Context{MeasuresDue: true})
	if r.Preventable || r.Assessable || r.Rule != "T2" {
		t.Errorf("%+v", r)
	}
}

func TestAGapInTheCatalogueIsNotedNotBlocked(t *testing.T) {
	h := Lint(pack(t, "county"), Point{Node: Node{Name: "应急抢通派工"}, Manifestations: []string{"事后补记工料，数量由对方填"}}, Context{})
	if len(h) != 1 || h[0].Rule != "L10" || h[0].Blocks || !strings.Contains(h[0].Say, "应急抢通派工") {
		t.Errorf("%+v", h)
	}
}

func TestAMeasureThatLacksEvidenceIsCompletedInItsOwnWords(t *testing.T) {
	h := Lint(pack(t, "county"), Point{Node: payNode, Category: Process, Manifestations: []string{"不核对就签字"}, Measures: []Measure{{Text: "单据逐项打钩"}}}, Context{MeasuresDue: true})
	if len(h) != 1 || h[0].Rule != "L8" || !strings.HasPrefix(h[0].Rewrite, "单据逐项打钩（责任人：工程款支付岗；每次；佐证材料：") {
		t.Fatalf("%+v", h)
	}
	m := ParseMeasure(h[0].Rewrite, Measure{})
	if m.Text != "单据逐项打钩" || m.Who != "工程款支付岗" || m.Evidence == "" {
		t.Errorf("its rewrite reads as %+v", m)
	}
}

func TestFormsAreWeighedAsAWhole(t *testing.T) {
	p := pack(t, "county")
	point := func(no int, l Level, measure string) Point {
		return Point{No: no, Suggested: Suggestion{Level: l}, Measures: []Measure{{Text: measure}}}
	}
	var nine []Point
	for i := range 9 {
		nine = append(nine, point(i+1, []Level{L1, L2, L3}[i%3], ""))
	}
	for _, c := range []struct {
		name   string
		points []Point
		want   string
	}{
		{"none", nil, "L12"},
		{"nine", nine, "L12"},
		{"all high", []Point{point(1, L1, "a"), point(2, L1, "b"), point(3, L1, "c")}, "L12"},
		{"all low", []Point{point(1, L3, "a"), point(2, L3, "b"), point(3, L3, "c")}, "L12"},
		{"all middle", []Point{point(1, L2, "a"), point(2, L2, "b"), point(3, L2, "c")}, ""},
		{"two high", []Point{point(1, L1, "a"), point(2, L1, "b")}, ""},
		{"one measure for four", []Point{point(1, L1, "两人签字"), point(2, L2, "两人签字"), point(3, L3, "两人签字"), point(4, L2, "两人签字")}, "L11"},
		{"one measure for three", []Point{point(1, L1, "两人签字"), point(2, L2, "两人签字"), point(3, L3, "两人签字")}, ""},
		{"removed points do not count", []Point{{State: PointRemoved}, point(1, L2, "a")}, ""},
	} {
		got := strings.Join(rules(LintForm(p, c.points, Context{MeasuresDue: true})), " ")
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestThreeReadyMeasuresForEveryStep(t *testing.T) {
	for _, code := range PackCodes() {
		p := pack(t, code)
		for _, name := range []string{"计量支付复核", "招标文件编制", "变更理由审核", "受理与一次性告知", "裁量档次认定", "现场抽检打分", "加油与里程核对", "用印登记", "询价比选", "会前酝酿", "现场核查", "上岗准备", "一件没人想过的事", ""} {
			for _, cat := range []Category{Duty, Process, Institution, Ethics, External, ""} {
				got := Measures(p, Node{Name: name, PostName: "某岗"}, cat, "")
				if len(got) != 3 {
					t.Fatalf("%s %s %s: %d measures", code, name, cat, len(got))
				}
				seen := map[string]bool{}
				for _, m := range got {
					if m.Text == "" || m.Who == "" || m.Frequency == "" || m.Evidence == "" || m.NotDone == "" || strings.ContainsAny(m.Text+m.Who, "{}") || seen[m.Text] {
						t.Errorf("%s %s: %+v", name, cat, m)
					}
					seen[m.Text] = true
				}
				pt := Point{Node: Node{ID: 1, Name: "某步", PostName: "某岗"}, Category: cat, Manifestations: []string{"不核对就签字"}, Measures: got}
				if r := Tests(p, pt, Context{MeasuresDue: true}); !r.OK() {
					t.Errorf("%s %s: ready measures fail %s", name, cat, r.Rule)
				}
			}
		}
	}
	if m := Measures(pack(t, "county"), payNode, Process, "")[0]; !strings.Contains(m.Text, "单据") || m.Who != "工程款支付岗" {
		t.Errorf("pay: %+v", m)
	}
}

func TestMeasuresAreReadFromASentence(t *testing.T) {
	def := Measure{Who: "支付岗", Frequency: "每次"}
	for text, want := range map[string]Measure{
		"措施1：付款前传齐单据（责任人：支付岗；每笔；佐证材料：附件清单；判定：缺件付款记为未落实）。": {Text: "付款前传齐单据", Who: "支付岗", Frequency: "每笔", Evidence: "附件清单", NotDone: "缺件付款记为未落实"},
		"每月抽20件回访（股长；佐证材料：回访表）":                           {Text: "每月抽20件回访", Who: "股长", Frequency: "每月", Evidence: "回访表"},
		"股长每季度抽查一次，留下抽查记录":                                {Text: "股长每季度抽查一次，留下抽查记录", Who: "股长", Frequency: "每季度", Evidence: "抽查记录"},
		"制定比价办法（拟建制度，11月30日前）":                            {Text: "制定比价办法", Who: "支付岗", Frequency: "11月30日前", Evidence: "印发的制度文件"},
		"两人一起清点，填清点表":                                     {Text: "两人一起清点，填清点表", Who: "支付岗", Frequency: "每次", Evidence: "清点表"},
		"加强学习":                                            {Text: "加强学习", Who: "支付岗", Frequency: "每次"},
		"按月对账并拍照存档（附照片）":                                  {Text: "按月对账并拍照存档（附照片）", Who: "支付岗", Frequency: "每月", Evidence: "照片"},
		"每个项目三人会商(责任人:招标岗;佐证材料:纪要)":                       {Text: "每个项目三人会商", Who: "招标岗", Frequency: "每个项目", Evidence: "纪要"},
	} {
		if got := ParseMeasure(text, def); got != want {
			t.Errorf("%q\n got %+v\nwant %+v", text, got, want)
		}
	}
	man, list := SplitMeasures("不核对就签字。措施：两人签字，留签字单。措施2：每月抽查")
	if man != "不核对就签字" || len(list) != 2 || list[1] != "每月抽查" {
		t.Errorf("%q %q", man, list)
	}
}

func TestOneSlotIsEditedInWords(t *testing.T) {
	m := Measure{Text: "核对", Who: "支付岗", Frequency: "每笔", Evidence: "清单"}
	for text, want := range map[string]Measure{
		"频次改每月":       {Text: "核对", Who: "支付岗", Frequency: "每月", Evidence: "清单"},
		"频次改成按季度":     {Text: "核对", Who: "支付岗", Frequency: "每季度", Evidence: "清单"},
		"改成每半年":       {Text: "核对", Who: "支付岗", Frequency: "每半年", Evidence: "清单"},
		"每周":          {Text: "核对", Who: "支付岗", Frequency: "每周", Evidence: "清单"},
		"责任人改为股长":     {Text: "核对", Who: "股长", Frequency: "每笔", Evidence: "清单"},
		"把责任人换成内审岗":   {Text: "核对", Who: "内审岗", Frequency: "每笔", Evidence: "清单"},
		"佐证材料：照片":     {Text: "核对", Who: "支付岗", Frequency: "每笔", Evidence: "照片"},
		"留台账":         {Text: "核对", Who: "支付岗", Frequency: "每笔", Evidence: "台账"},
		"判定改为缺一次即未落实": {Text: "核对", Who: "支付岗", Frequency: "每笔", Evidence: "清单", NotDone: "缺一次即未落实"},
	} {
		if got, ok := EditSlot(m, text); !ok || got != want {
			t.Errorf("%q: %v %+v", text, ok, got)
		}
	}
	for _, text := range []string{"", "好", "1、3", "再想想", "频次", "提交", "不要这条"} {
		if got, ok := EditSlot(m, text); ok || got != m {
			t.Errorf("%q is taken for an edit: %+v", text, got)
		}
	}
}

func TestHeadlinesAreWholeAndShort(t *testing.T) {
	for text, want := range map[string]string{
		"把业绩、奖项门槛抬到与工程规模不相称，使少数企业才能报名": "",
		"不按规定登记。": "不按规定登记",
		"不逐项核对监理计量单和现场影像就在支付单上签字，给施工单位多计留下空间": "不逐项核对监理计量单和现场影像",
		"有人可能只问一家价就下单，另外两张报价单让供货人代做":          "只问一家价就下单",
		"先盖章，后补批": "先盖章，后补批",
		"":        "",
	} {
		got := Headline(text)
		if utf8.RuneCountInString(got) > 20 || strings.Contains(got, "…") || (want != "" && got != want) {
			t.Errorf("%q → %q, want %q", text, got, want)
		}
		if !strings.Contains(strings.ReplaceAll(text, "“", ""), got) {
			t.Errorf("%q is not in %q", got, text)
		}
	}
	for _, g := range example(t).Good {
		if h := Headline(g.Text); utf8.RuneCountInString(h) > 20 || utf8.RuneCountInString(h) < 4 {
			t.Errorf("#%d %q", g.No, h)
		}
	}
	if got := Headline(strings.Repeat("甲", 300)); utf8.RuneCountInString(got) != 20 {
		t.Errorf("%q", got)
	}
}

func TestSimilarity(t *testing.T) {
	a := "招生录取中可能泄露考题、违规调档。"
	if s := Similar(a, a); s != 1 {
		t.Errorf("itself: %v", s)
	}
	if s := Similar(a, "在招生录取时，可能会泄露考题和违规调档"); s < 0.9 {
		t.Errorf("a moved comma: %v", s)
	}
	if s := Similar(a, "不逐项核对计量单就签字"); s > 0.1 {
		t.Errorf("strangers: %v", s)
	}
	if Similar(a, "") != 0 || Similar("", "") != 0 || Similar("ＡＢＣ１２", "abc12") != 1 {
		t.Error("edges")
	}
}

func TestExamplesFitThePost(t *testing.T) {
	p := pack(t, "county")
	for post, word := range map[string]string{"招标管理岗": "业绩", "公务用车管理岗": "油卡", "货运许可岗": "补材料", "人事岗": "招聘", "内部审计岗": "底稿", "股长": "照签", "一个新设的岗": "好处"} {
		got := Examples(p, Post{Name: post}, Node{})
		if len(got) != 3 || !strings.Contains(strings.Join(got, ""), word) {
			t.Errorf("%s: %v", post, got)
		}
	}
	if got := Examples(p, Post{Name: "副局长", Stratum: StratumLeader}, Node{Name: "会前酝酿"}); !strings.Contains(got[0], "会前") {
		t.Errorf("leader: %v", got)
	}
}

func TestWhatItCouldBeUsedFor(t *testing.T) {
	for text, want := range map[string]Misuse{
		"给施工单位多计": Benefit, "拖延办理": Stall, "压件不办": Stall, "从轻情节只写结论": Shield, "不按规定登记": Shield, "向被举报人泄露内容": Leak, "抽检路段提前透风": Leak,
		"公文校对不细，经常出现错别字": Careless, "算错数字，让施工方多拿好处": Benefit, "说不清": Benefit,
	} {
		if got := GuessMisuse(text); got != want {
			t.Errorf("%q → %s, want %s", text, got, want)
		}
	}
}

func TestASectionChecksMutuallyByItsSize(t *testing.T) {
	p := pack(t, "county")
	for n, want := range map[int]MutualWay{0: MutualHead, 1: MutualHead, 2: MutualOther, 3: MutualMeeting, 7: MutualMeeting} {
		if got := p.MutualFor(n); got != want {
			t.Errorf("%d people: %s, want %s", n, got, want)
		}
	}
	q := *p
	q.Mutual.Assigned = true
	if q.MutualFor(7) != MutualAssigned || q.MutualFor(2) != MutualOther {
		t.Error("assigned")
	}
}

func FuzzCoach(f *testing.F) {
	for _, s := range []string{"公路建设领域容易出现腐败问题。", "不核对就签字（责任人：股长；每月）", "频次改每月", "……", "\xff", "（）"} {
		f.Add(s)
	}
	p, err := LoadPack("county")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		man, list := SplitMeasures(s)
		pt := Point{Manifestations: []string{man}, Node: payNode}
		for _, m := range list {
			pt.Measures = append(pt.Measures, ParseMeasure(m, Measure{}))
		}
		c := Context{MeasuresDue: true, Nodes: []Node{payNode}, Others: []string{s}}
		for _, h := range Lint(p, pt, c) {
			if h.Say == "" {
				t.Fatalf("%s without a sentence on %q", h.Rule, s)
			}
		}
		Tests(p, pt, c)
		EditSlot(Measure{}, s)
		if cat, why := Classify(p, s, payNode); cat == "" || why == "" {
			t.Fatalf("no category for %q", s)
		}
		if h := Headline(s); utf8.ValidString(s) && utf8.RuneCountInString(h) > 20 {
			t.Fatalf("%q is long", h)
		}
	})
}
