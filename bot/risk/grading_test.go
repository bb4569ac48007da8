package risk

import (
	"fmt"
	"strings"
	"testing"

	"qingfeng/bot"
)

func TestGradingIsReadAsSpoken(t *testing.T) {
	p := pack(t, "county")
	for text, want := range map[string]string{
		"全部通过": "全部按初评通过", "同意": "全部按初评通过", "全部同意。": "全部按初评通过", "都通过": "全部按初评通过", "没意见，全部通过": "全部按初评通过",
		"除第3条调一级外全部通过":           "第3条定为一级；其余各条按初评通过",
		"除第３条调为一级外，全部通过":         "第3条定为一级；其余各条按初评通过",
		"除了第三条定一级以外，其余全部通过":      "第3条定为一级；其余各条按初评通过",
		"第2、5条定为二级，其余通过":         "第2、5条定为二级；其余各条按初评通过",
		"第2条、第5条定为二级，其余通过":       "第2、5条定为二级；其余各条按初评通过",
		"第二和第五条定为二级，其他都同意":       "第2、5条定为二级；其余各条按初评通过",
		"3号升一级，7号降为三级，其他同意":      "第3条在初评上升一级；第7条定为三级；其余各条按初评通过",
		"3号调高一级，其余通过":            "第3条在初评上升一级；其余各条按初评通过",
		"第3条升为一级，其余不变":           "第3条定为一级；其余各条按初评通过",
		"第3条降一级 其余通过":            "第3条在初评上降一级；其余各条按初评通过",
		"第1到3条定一级，其余通过":          "第1、2、3条定为一级；其余各条按初评通过",
		"第5条退回，其余通过":             "第5条退回修改；其余各条按初评通过",
		"第3条改为高风险，其余按初评":         "第3条定为一级；其余各条按初评通过",
		"把第十二条调整为二级，剩下的通过":       "第12条定为二级；其余各条按初评通过",
		"第3条维持，第4条定三级，其余通过":      "第3条按初评通过；第4条定为三级；其余各条按初评通过",
		"经会议研究决定，第6项调到一级，其余各条通过": "第6条定为一级；其余各条按初评通过",
		"第3条3级，其余通过":             "第3条定为三级；其余各条按初评通过",
	} {
		o, err := ParseGrading(text, 12)
		if err != nil {
			t.Errorf("%q: %v %s", text, err, bot.Says(err))
			continue
		}
		if got := o.ReadBack(p); got != want {
			t.Errorf("%q reads back %q, want %q", text, got, want)
		}
	}
}

func TestGradingThatIsUnclearSaysWhatToWrite(t *testing.T) {
	for text, hint := range map[string]string{
		"": "可以写", "嗯": "可以写", "好": "可以写", "第3条调一级": "其余通过", "第13条定一级，其余通过": "没有第13条", "第0条定一级，其余通过": "没有第0条",
		"除第3条外全部通过": "第3条", "第3条定一级，第3条定二级，其余通过": "两种", "第3条不同意，其余通过": "没看懂", "定一级": "第几条", "第3条有点问题，其余通过": "没看懂",
		"全部通过，第3条": "第3条", "其余": "其余通过", "第3条升三级，其余通过": "",
	} {
		o, err := ParseGrading(text, 12)
		if err == nil {
			t.Errorf("%q is taken as %+v", text, o)
			continue
		}
		if s := bot.Says(err); s == "" || !strings.Contains(s, hint) {
			t.Errorf("%q: %q, want %q in it", text, s, hint)
		}
	}
}

func TestGradingIsAppliedToTheSuggestion(t *testing.T) {
	o, err := ParseGrading("3号升一级，7号降为三级，5号退回，其他同意", 8)
	if err != nil {
		t.Fatal(err)
	}
	for no, c := range map[int]struct{ from, to Level }{3: {L2, L1}, 7: {L1, L3}, 5: {L2, ""}, 1: {L2, L2}, 8: {L3, L3}} {
		if got := o.Apply(no, c.from); got != c.to {
			t.Errorf("row %d from %s: %q, want %q", no, c.from, got, c.to)
		}
	}
	if o.Apply(3, L1) != L1 {
		t.Error("a level above 一级")
	}
}

func FuzzParseGrading(f *testing.F) {
	for _, s := range []string{"除第3条调一级外全部通过", "第2、5条定为二级，其余通过", "3号升一级", "全部", "第条", "第1-999条定一级", "１２３", "一一一百十"} {
		f.Add(s, 12)
	}
	p, err := LoadPack("college")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n %= 200
		o, err := ParseGrading(s, n)
		if err != nil {
			if bot.Says(err) == "" {
				t.Fatalf("%q refused without a word", s)
			}
			return
		}
		// Whatever was accepted decides every row exactly once and reads back.
		seen := map[int]bool{}
		for _, r := range o.Rows {
			if r.No < 1 || r.No > n || seen[r.No] {
				t.Fatalf("%q of %d: row %d", s, n, r.No)
			}
			seen[r.No] = true
		}
		if !o.Rest && len(o.Rows) != n {
			t.Fatalf("%q leaves rows undecided: %+v", s, o)
		}
		if o.ReadBack(p) == "" {
			t.Fatalf("%q reads back nothing", s)
		}
		for no := 1; no <= n; no++ {
			if l := o.Apply(no, L2); l == "" {
				if r, _ := o.Row(no); !r.Return {
					t.Fatal(fmt.Sprint("row without a level ", no))
				}
			}
		}
	})
}
