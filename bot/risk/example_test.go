package risk

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// testdata/example.json is the worked example of the field in short form: twelve points
// that are right and six that are wrong, each with what is wrong with it.
type exampleFile struct {
	Good []struct {
		No                                                    int
		Section, Post, Item, Cls, Node, Category, Title, Text string
		Stratum                                               Stratum
		Tags                                                  []PowerTag
		Level                                                 Level
		Measures                                              []string
	}
	Bad []struct {
		No, Text, Node, Post string
		Rules, Tests         []string
	}
}

func example(t testing.TB) exampleFile {
	t.Helper()
	raw, err := os.ReadFile("testdata/example.json")
	if err != nil {
		t.Fatal(err)
	}
	var e exampleFile
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Good) != 12 || len(e.Bad) != 6 {
		t.Fatalf("%d good and %d bad points", len(e.Good), len(e.Bad))
	}
	return e
}

func pack(t testing.TB, code string) *Pack {
	t.Helper()
	p, err := LoadPack(code)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rules(hints []Hint) []string {
	var out []string
	for _, h := range hints {
		out = append(out, h.Rule)
	}
	return out
}

func TestGoodPointsAreLeftInPeaceAndGetTheirLevel(t *testing.T) {
	p := pack(t, "county")
	e := example(t)
	var nodes []Node
	for i, g := range e.Good {
		nodes = append(nodes, Node{ID: int64(i + 1), Item: g.Item, Name: g.Node, PostName: g.Post})
	}
	for i, g := range e.Good {
		post := Post{ID: int64(i + 1), Name: g.Post, Stratum: g.Stratum, Tags: g.Tags}
		pt := Point{No: g.No, Post: post, Node: nodes[i], Title: g.Title, Manifestations: []string{g.Text}}
		for _, m := range g.Measures {
			pt.Measures = append(pt.Measures, ParseMeasure(m, Measure{Who: g.Post, Frequency: "每次"}))
		}
		var others []string
		for _, o := range e.Good {
			if o.No != g.No {
				others = append(others, o.Text)
			}
		}
		c := Context{Post: post, Nodes: nodes, Others: others, MeasuresDue: true}

		var why string
		pt.Category, why = Classify(p, pointText(pt), pt.Node)
		if string(pt.Category) != g.Category {
			t.Errorf("#%d category %s (%s), want %s", g.No, pt.Category, why, g.Category)
		}
		if why == "" {
			t.Errorf("#%d: no reason for its category", g.No)
		}
		f := TagFactors(p, post, pt.Node, g.Text)
		pt.Suggested = Suggest(p, f)
		if pt.Suggested.Level != g.Level {
			t.Errorf("#%d level %s by row %s from %+v, want %s", g.No, pt.Suggested.Level, pt.Suggested.Rule, f, g.Level)
		}
		if r := FactorsReason(p, post, pt.Node, f); !strings.Contains(r, "默认") {
			t.Errorf("#%d: %q does not say that likelihood and harm are defaults", g.No, r)
		}
		if hints := Lint(p, pt, c); len(hints) > 0 {
			t.Errorf("#%d is a good point but gets %+v", g.No, hints)
		}
		if r := Tests(p, pt, c); !r.OK() {
			t.Errorf("#%d fails %s: %s", g.No, r.Rule, r.Ask)
		}
		for _, text := range append([]string{g.Title, g.Text}, g.Measures...) {
			if s := Guard(text); s != nil {
				t.Errorf("#%d: the guard stops %q as %s", g.No, text, s.Rule)
			}
		}
		for _, m := range pt.Measures {
			if m.Evidence == "" || m.Who == "" || m.Frequency == "" {
				t.Errorf("#%d: measure read as %+v", g.No, m)
			}
		}
	}
}

func TestBadPointsFireExactlyTheirRules(t *testing.T) {
	p := pack(t, "county")
	for _, b := range example(t).Bad {
		text, measures := SplitMeasures(b.Text)
		pt := Point{Manifestations: []string{text}, Category: Duty, Misuse: GuessMisuse(text)}
		c := Context{MeasuresDue: len(measures) > 0, Nodes: []Node{{ID: 1, Name: "招标文件编制", Item: "农村公路项目招标", PostName: "招标管理岗"}}}
		if b.Node != "" {
			pt.Node = Node{ID: 7, Name: b.Node, PostName: b.Post}
		}
		for _, m := range measures {
			pt.Measures = append(pt.Measures, ParseMeasure(m, Measure{Frequency: "每次", Who: b.Post}))
		}
		hints := Lint(p, pt, c)
		got, want := rules(hints), slices.Clone(b.Rules)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s %q: %v, want %v", b.No, b.Text, got, want)
		}
		for _, h := range hints {
			if h.Say == "" || strings.Contains(h.Say, "{") || strings.Contains(h.Rewrite, "{") {
				t.Errorf("%s %s says %q, rewrite %q", b.No, h.Rule, h.Say, h.Rewrite)
			}
		}
		if b.Tests == nil {
			continue
		}
		due := c
		due.MeasuresDue = len(measures) > 0 || slices.Contains(b.Tests, "T2")
		r := Tests(p, pt, due)
		var failed []string
		for id, ok := range map[string]bool{"T1": r.Effective, "T2": r.Preventable, "T3": r.Assessable} {
			if !ok {
				failed = append(failed, id)
			}
		}
		slices.Sort(failed)
		if !slices.Equal(failed, b.Tests) {
			t.Errorf("%s fails %v, want %v", b.No, failed, b.Tests)
		}
		if r.Ask == "" || r.Rule != failed[0] {
			t.Errorf("%s asks %q for %s", b.No, r.Ask, r.Rule)
		}
	}
}

func TestB2IsBroughtDownToOneStepInItsOwnWords(t *testing.T) {
	p := pack(t, "county")
	c := Context{Nodes: []Node{{ID: 1, Name: "招标文件编制"}}}
	h := Lint(p, Point{Manifestations: []string{"公路建设领域容易出现腐败问题。"}}, c)[0]
	if h.Rule != "L3" || !strings.Contains(h.Rewrite, "在【招标文件编制】这一步") || !strings.Contains(h.Rewrite, "公路建设") || !h.Gap {
		t.Errorf("%+v", h)
	}
	// With an action in it the rewrite is whole and can be taken with one tap.
	h = Lint(p, Point{Manifestations: []string{"招标方面存在风险，抬高业绩门槛让少数企业报名"}}, c)[0]
	if h.Gap || h.Blocks || h.Rewrite != "在【招标文件编制】这一步，抬高业绩门槛让少数企业报名" {
		t.Errorf("%+v", h)
	}
	again := Lint(p, Point{Node: c.Nodes[0], Manifestations: []string{h.Rewrite}}, c)
	if len(again) > 0 {
		t.Errorf("its own rewrite gets %+v", again)
	}
}

// The eight sample rows of the college's grading form are inaction, delay and leaks:
// integrity risks, all of them, although none names who gains.
func TestInactionDelayAndLeaksPassUnderTheCollegePack(t *testing.T) {
	p := pack(t, "college")
	for _, row := range []struct{ node, text string }{
		{"受理", "不按规定登记。"},
		{"受理", "向被举报人泄露信访举报内容或举报人信息。"},
		{"审核", "压件不办，拖延信访件审核时间。"},
		{"审核", "不采纳承办人提出的合理建议。"},
		{"审核", "向被举报人泄露信访举报内容或举报人信息。"},
		{"审批", "不按规定把关。"},
		{"审批", "拖延办理。"},
		{"审批", "向被举报人泄露信访举报内容或举报人信息。"},
	} {
		node := Node{ID: 3, Item: "信访举报受理", Name: row.node, PostName: "承办人"}
		pt := Point{Node: node, Manifestations: []string{row.text}, Misuse: GuessMisuse(row.text)}
		c := Context{Nodes: []Node{{ID: 3, Name: "受理"}, {ID: 4, Name: "审核"}, {ID: 5, Name: "审批"}}, MeasuresDue: p.MeasuresWithPoints()}
		if hints := Lint(p, pt, c); len(hints) > 0 {
			t.Errorf("%s %q: %+v", row.node, row.text, hints)
		}
		if r := Tests(p, pt, c); !r.OK() {
			t.Errorf("%s %q fails %s", row.node, row.text, r.Rule)
		}
		if pt.Misuse == Careless {
			t.Errorf("%q is taken for carelessness", row.text)
		}
		if s := Suggest(p, TagFactors(p, Post{Name: "承办人"}, node, row.text)); strings.Contains(row.text, "泄露") && s.Level != L1 {
			t.Errorf("%q → %s", row.text, s.Level)
		}
	}
}

// What the library offers must itself be in order: a ready measure that the lint would
// refuse, or an example that breaks a rule, teaches the wrong thing.
func TestLibraryKeepsItsOwnRules(t *testing.T) {
	p := pack(t, "county")
	e := example(t)
	check := func(where, line string) {
		for _, g := range e.Good {
			for _, text := range append([]string{g.Text, g.Title}, g.Measures...) {
				body, _, _ := strings.Cut(text, "（")
				if s := Similar(line, body); s > 0.72 {
					t.Errorf("%s: %q is too near to %q (%.2f)", where, line, body, s)
				}
			}
		}
		if s := Guard(line); s != nil {
			t.Errorf("%s: the guard stops %q as %s", where, line, s.Rule)
		}
	}
	lib := measures()
	for _, f := range lib.Families {
		for _, m := range f.Measures {
			check(f.Code, m.Text)
			if m.Text == "" || m.Who == "" || m.Frequency == "" || m.Evidence == "" {
				t.Errorf("%s: %+v has an empty slot", f.Code, m)
			}
		}
	}
	for _, ex := range allExamples() {
		check("example", ex)
		pt := Point{Node: Node{ID: 1, Name: "某一步"}, Manifestations: []string{ex}}
		hints := slices.DeleteFunc(Lint(p, pt, Context{}), func(h Hint) bool { return h.Rule == "L9" })
		if len(hints) > 0 {
			t.Errorf("example %q gets %+v", ex, hints)
		}
		if len(Lint(p, pt, Context{})) == 0 {
			t.Errorf("example %q copied as it stands passes", ex)
		}
		if len(Lint(p, pt, Context{OwnLastYear: []string{ex}})) > 0 {
			t.Errorf("the post's own last year %q is not exempt", ex)
		}
		if utf8.RuneCountInString(ex) > 44 {
			t.Errorf("example %q is long", ex)
		}
	}
}
