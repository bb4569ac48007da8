package lexical

import (
	"slices"
	"strings"
	"testing"
)

func weights(q string) map[string]float64 {
	out := map[string]float64{}
	for _, w := range Question(q) {
		out[w.Text] = w.Weight
	}
	return out
}

func TestAQuestionGainsTheWordsOfTheLaw(t *testing.T) {
	for q, want := range map[string][]string{
		"老公打我怎么办":      {"家庭", "暴力"},
		"老公不见了":        {"配偶", "夫妻"},
		"欠钱不还":         {"债务", "清偿"},
		"被公司辞退了":       {"解除", "劳动", "合同"},
		"想打官司":         {"起诉", "诉讼"},
		"管理服务对象请吃饭":    {"宴请"},
		"过节收红包":        {"礼金"},
		"亲戚来投标":        {"亲属"},
		"化整为零不招标行吗":    {"规避"},
		"被辭退怎麼辦":       {"解除"},
		"領導叫我辦違法的事要聽嗎": {"命令"},
	} {
		got := weights(q)
		for _, w := range want {
			if got[w] <= 0 {
				t.Errorf("%s lacks %s", q, w)
			}
			if got[w] >= 1 {
				t.Errorf("%s: %s weighs %v, as much as what was asked", q, w, got[w])
			}
		}
	}
}

func TestAQuestionLosesWhatOnlyAsks(t *testing.T) {
	got := weights("请问什么是廉政风险点啊？")
	for _, w := range []string{"廉政", "风险", "险点"} {
		if got[w] != 1 {
			t.Errorf("%s weighs %v", w, got[w])
		}
	}
	for _, w := range []string{"请问", "什么", "是廉", "点啊"} {
		if _, there := got[w]; there {
			t.Errorf("%s is still there", w)
		}
	}
}

func TestAQuestionOfAskingWordsMeansWhatItSays(t *testing.T) {
	if got := weights("怎么办"); got["怎么"] == 0 {
		t.Errorf("nothing is left: %v", got)
	}
}

func TestAQuestionIsSortedAndDistinct(t *testing.T) {
	got := Question(strings.Repeat("老公出轨离婚房子归谁，单位收红包处分多久，", 300))
	if len(got) > mostTerms {
		t.Errorf("%d terms", len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b Weight) int { return int(a.Term) - int(b.Term) }) {
		t.Error("not sorted")
	}
	for i := 1; i < len(got); i++ {
		if got[i].Term == got[i-1].Term {
			t.Errorf("%s twice", got[i].Text)
		}
	}
}

func TestTheLexiconIsWellFormed(t *testing.T) {
	n := 0
	for line := range strings.Lines(lexiconText) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		left, right, ok := strings.Cut(line, "=")
		if !ok || len(strings.Fields(left)) == 0 || len(strings.Fields(right)) == 0 {
			t.Errorf("%q is no line of the lexicon", line)
		}
		for _, w := range strings.Fields(left) {
			if len([]rune(w)) < 2 && !strings.Contains("税烟酒偷坟枪船娃", w) {
				t.Errorf("%q: a single character is in too many words", w)
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d lines", n)
	}
}

func TestTopicsAreOnOneSideOnly(t *testing.T) {
	side := map[string]string{}
	for line := range strings.Lines(topicsText) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		sign, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || sign != "+" && sign != "-" {
			t.Fatalf("%q is no line of topics", line)
		}
		for _, w := range strings.Fields(rest) {
			if before := side[w]; before != "" && before != sign {
				t.Errorf("%s is on both sides", w)
			}
			side[w] = sign
		}
	}
}
