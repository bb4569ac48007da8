package clause

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// damage doubles every stride-th character of every run, as the copies do that mend is
// for; a run ends at a quotation mark or a number in brackets.
func damage(s string, stride int) string {
	var b strings.Builder
	since := 0
	for _, r := range s {
		b.WriteRune(r)
		switch {
		case r == '“' || r == '”' || r == ')' || r == '\n':
			since = 0
		case counts(r):
			if since++; since >= stride && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				b.WriteRune(r)
				since = 0
			}
		}
	}
	return b.String()
}

var plainText = strings.Repeat("1、风险的来源(1)制度方面。单位常常没有把规定写清楚，办事人员往往只能凭经验处理，层层审批流于形式。"+
	"(2)岗位方面。人人都有职责，但是工作作风、生活作风需要刚刚好的提醒，各个环节渐渐松懈。按照有关规定，相关负责同志要紧紧围绕重点领域，及时把情况告诉分管领导。如“八小时之外”的表现，也要纳入监督范围。"+
	"2、处理的办法。对于反映出来的问题，本单位应当在三日以内约谈，述职述廉、民主测评的结果一一记入台帐，并且种种材料由专人保管。", 8)

func TestADoubledCopyIsMended(t *testing.T) {
	for _, stride := range []int{3, 4} {
		bad := damage(plainText, stride)
		r := Read(of(bad), "x.txt")
		if r.Version.Repaired != Doubled || len(r.Version.Flags) == 0 || r.Version.Flags[0].Code != Damaged {
			t.Fatalf("stride %d: not recognised: %+v", stride, r.Version)
		}
		inserted := count(bad) - count(plainText)
		if wrong := distance(r.Body, plainText); wrong*100 > inserted {
			t.Errorf("stride %d: %d of %d places wrong", stride, wrong, inserted)
		}
		check(t, r)
	}
}

func TestPageNumbersInMidSentenceAreTakenOut(t *testing.T) {
	bad := []rune(damage(plainText, 3))
	var b strings.Builder
	for i := 0; i < len(bad); i += 211 {
		fmt.Fprintf(&b, "%d、%s\n", i/211+1, string(bad[i:min(len(bad), i+211)]))
	}
	r := Read(of(b.String()), "x.txt")
	if strings.Contains(r.Body, "\n") {
		t.Errorf("line breaks are left: %.200q", r.Body)
	}
	if wrong := distance(r.Body, plainText); wrong > 10 {
		t.Errorf("%d characters differ", wrong)
	}
}

func TestPageNumbersAreTakenOutThoughItemsOfTheTextStandBetweenThem(t *testing.T) {
	bad := []rune(damage(plainText, 3))
	var b strings.Builder
	for i := 0; i < len(bad); i += 211 {
		part := string(bad[i:min(len(bad), i+211)])
		fmt.Fprintf(&b, "%d、%s\n", i/211+1, strings.ReplaceAll(part, "。(2)", "。\n(2)"))
	}
	r := Read(of(b.String()), "x.txt")
	if wrong := distance(strings.ReplaceAll(r.Body, "\n", ""), plainText); wrong > 10 {
		t.Errorf("%d characters differ", wrong)
	}
}

func TestHalfADamagedCopyIsMendedInThatHalf(t *testing.T) {
	half := plainText[:strings.Index(plainText, "2、")]
	good := strings.Repeat("各科室应当天天检查登记情况，并且常常回访服务对象，人人负起责任。", 12)
	r := Read(of(good+"\n"+damage(strings.Repeat(half, 6), 3)), "x.txt")
	if first, _, _ := strings.Cut(r.Body, "\n"); first != good {
		t.Errorf("the sound half was changed: %q", first)
	}
	if r.Version.Repaired == "" {
		t.Error("not repaired")
	}
}

func TestSoundTextsComeOutUnchanged(t *testing.T) {
	for _, s := range []string{
		plainText,
		strings.Repeat("一个个、一步步、一件件、一桩桩、一层层、一遍遍地查。", 20),
		strings.Repeat("高高兴兴上班，平平安安回家，清清楚楚办事，明明白白用钱。", 20),
		strings.Repeat("会员会会长，市市长，县县长，部部长，院院长，法法律。", 20),
		strings.Repeat("2211 3344 aabb 10000 ……——", 40),
	} {
		if r := Read(of(s), "x.txt"); r.Version.Repaired != "" || r.Body != s {
			t.Errorf("changed: %.60q", r.Body)
		}
	}
	words := []string{"常常", "往往", "渐渐", "层层", "人人", "各单位", "应当", "检查", "工作", "，", "。", "一一", "2022年", "风险", "的", "地", "刚刚", "种种", "作风"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 400).Draw(t, "words") {
			b.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
		}
		lines, done := mend([]line{{runes: []rune(b.String())}})
		if done.places > 0 || lines[0].text() != b.String() {
			t.Fatalf("%d places changed", done.places)
		}
	})
}

// distance is the number of insertions and deletions between two texts that are near.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur := make([]int, len(y)+1)
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cur[j] = min(prev[j], cur[j-1]) + 1
			if x[i-1] == y[j-1] {
				cur[j] = prev[j-1]
			}
		}
		prev = cur
	}
	return prev[len(y)]
}
