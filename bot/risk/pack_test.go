package risk

import (
	"strings"
	"testing"

	"qingfeng/bot"
)

func TestEveryShippedPackIsWhole(t *testing.T) {
	for _, code := range PackCodes() {
		p := pack(t, code)
		if p.Code != code {
			t.Errorf("pack %s calls itself %s", code, p.Code)
		}
		if got := p.MeasuresWithPoints(); got != (code == "county") {
			t.Errorf("%s: measures with points %v", code, got)
		}
		if p.SoftCap != 8 || p.WithdrawMinutes != 10 || p.CardHours != 72 {
			t.Errorf("%s: %d points, %d minutes, %d hours", code, p.SoftCap, p.WithdrawMinutes, p.CardHours)
		}
		// 一级 is always 高, whatever the pack prints.
		for label, want := range map[string]Level{"一级": L1, "高": L1, "二级": L2, "中": L2, "三级（低）": L3, "低": L3} {
			if got, ok := p.LevelOf(label); !ok || got != want {
				t.Errorf("%s: %s reads as %s", code, label, got)
			}
		}
		for _, c := range []Category{Duty, Institution, Ethics, Process, External} {
			if p.CategoryLabel(c) == "" || p.CategoryForm(c) == "" {
				t.Errorf("%s: %s has no label", code, c)
			}
		}
		for _, label := range []string{"岗位职责", "业务流程", "工作流程", "制度机制", "思想道德", "外部环境", "权力行使"} {
			if _, ok := p.CategoryOf(label); !ok {
				t.Errorf("%s cannot read category %s", code, label)
			}
		}
		for _, l := range []Level{L1, L2, L3} {
			if p.MonitorLine(l) == "" {
				t.Errorf("%s: nobody watches %s", code, l)
			}
		}
		if len(p.Monitors(L1)) != 2 {
			t.Errorf("%s: 一级 has %d monitors", code, len(p.Monitors(L1)))
		}
		if p.FormName("fubiao1") == "" || p.MethodLabel(MethodPeer) == "" || p.RoleLabel(bot.RoleSectionHead) == "" {
			t.Errorf("%s: a name is missing", code)
		}
	}
	if p := pack(t, "college"); p.LevelLabel(L1) != "高" || p.CategoryForm(External) != "思想道德" || p.CategoryForm(Process) != "权力行使" {
		t.Error("the college prints its own words")
	}
	if p := pack(t, "bureau"); len(p.CategoriesFor(LayerPost)) != 3 || p.CategoryLabel(External) != "岗位职责" {
		t.Error("the bureau has three categories")
	}
	if _, err := LoadPack("nowhere"); err == nil {
		t.Error("an unknown pack loads")
	}
}

func TestAnEditedPackIsToldEachOfItsFaults(t *testing.T) {
	raw, err := data.ReadFile("packs/county.json")
	if err != nil {
		t.Fatal(err)
	}
	for field, edit := range map[string][2]string{
		"measures_due":       {`"measures_due": "with_points"`, `"measures_due": "some day"`},
		"name":               {`"name": "县级部门包"`, `"name": " "`},
		"categories[0].code": {`"code": "duty"`, `"code": "dutty"`},
		"levels":             {`"label": "三级"`, `"label": ""`},
		"unknown field":      {`"measures_due"`, `"measure_due"`},
		"factors.rows":       {`"when": {},`, `"when": {"power": 3},`},
		"chains.post.resume": {`"resume": "section"`, `"resume": "nowhere"`},
		"monitors":           {`"L3": [`, `"L4": [`},
	} {
		text := strings.Replace(strings.Join(strings.Fields(string(raw)), " "), edit[0], edit[1], 1)
		_, err := ParsePack([]byte(text))
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err = ParsePack([]byte(`{"code":"x"}`))
	if err == nil || strings.Count(err.Error(), "\n") < 8 {
		t.Errorf("an empty pack is told only %v", err)
	}
}

func TestLevelRowsAreTriedInOrder(t *testing.T) {
	p := pack(t, "county")
	for _, c := range []struct {
		f    Factors
		row  string
		want Level
	}{
		{Factors{ThreeYears: true, Likelihood: 1, Harm: 1}, "a", L1},
		{Factors{Power: 2, Harm: 3, Likelihood: 1}, "b", L1},
		{Factors{Power: 1, Harm: 3, Likelihood: 1}, "d", L2},
		{Factors{Likelihood: 3, Harm: 1, Money: 2}, "c", L1},
		{Factors{Likelihood: 3, Harm: 1, Discretion: 2}, "c", L1},
		{Factors{Likelihood: 3, Harm: 1, Power: 1}, "d", L2},
		{Factors{Power: 1, Likelihood: 2, Harm: 1}, "d", L2},
		{Factors{Power: 1, Likelihood: 1, Harm: 2}, "d", L2},
		{Factors{Power: 3, Likelihood: 1, Harm: 1}, "e", L3},
		{Factors{Likelihood: 2, Harm: 2}, "e", L3},
		// nothing said yet: the defaults speak
		{Factors{Power: 3, Money: 2}, "b", L1},
		{Factors{Power: 2, Discretion: 1}, "d", L2},
		{Factors{Power: 1}, "e", L3},
		{Factors{}, "e", L3},
	} {
		got := Suggest(p, c.f)
		if got.Level != c.want || got.Rule != c.row || got.Reason == "" {
			t.Errorf("%+v → %+v, want %s by row %s", c.f, got, c.want, c.row)
		}
	}
}

func TestFactorsQuoteTheTags(t *testing.T) {
	p := pack(t, "county")
	post := Post{Name: "招标管理岗", Tags: []PowerTag{TagMoney, TagPermit}}
	node := Node{Item: "农村公路项目招标", Name: "招标文件编制"}
	f := TagFactors(p, post, node, "抬高门槛")
	if f.Likelihood != 0 || f.Harm != 0 || f.Power != 3 || f.Money != 2 || f.Discretion != 2 {
		t.Errorf("%+v", f)
	}
	if why := FactorsReason(p, post, node, f); !strings.Contains(why, "【财】【审批许可】") || !strings.Contains(why, "较大资金") {
		t.Error(why)
	}
	f.Likelihood, f.Harm = 1, 2
	if why := FactorsReason(p, post, node, f); !strings.Contains(why, "可能性1、危害2") {
		t.Error(why)
	}
	if why := FactorsReason(p, Post{Name: "文秘岗"}, Node{Name: "收文"}, Factors{}); !strings.Contains(why, "没有") {
		t.Error(why)
	}
	// A post nobody tagged is read from its work.
	if f := TagFactors(p, Post{Name: "工程款支付岗"}, Node{Name: "计量支付复核"}, ""); f.Power < 2 || f.Money != 2 {
		t.Errorf("untagged: %+v", f)
	}
}
