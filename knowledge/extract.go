package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// longestEssence in characters: what fits a phone beside its source.
	longestEssence = 200
	// longestQuote in characters, unless one sentence is longer or opens a list.
	longestQuote = 260
	// longestTitle in characters is as long as （一）加强领导。 may be and still say nothing.
	longestTitle = 14
	// inStretch is what it adds to a sentence that the words of the question stand close
	// together in it, beside the best one's 1.
	inStretch = 0.6
	// enumerated is what it adds to one that names things, where these are asked for.
	enumerated = 0.5
)

// What a question wants to hear, and what a sentence looks like that says it.
var (
	wantsNumberRe = regexp.MustCompile(`多少|几|多久|多长|期限|时限|什么时候|何时|时间|比例|金额|标准`)
	wantsWhoRe    = regexp.MustCompile(`谁|哪个部门|哪个单位|哪个股室|由哪|归哪|找哪`)
	wantsWhatRe   = regexp.MustCompile(`什么是|什么叫|是什么|指什么|啥是|啥叫|是啥|什么意思|含义|定义`)
	wantsWhyRe    = regexp.MustCompile(`为什么|为何|为啥|凭什么|依据`)
	wantsHowRe    = regexp.MustCompile(`怎么|如何|怎样|咋|流程|步骤|程序`)
	saysWhoRe     = regexp.MustCompile(`负责|由.{1,12}(?:审|办|管|监|组织|承担|实施|决定|填|写)|部门|小组|股室|机构|主任|股长|领导`)
	saysWhatRe    = regexp.MustCompile(`是指|指的是|所称|称为|叫做|包括|是.{0,20}[。；]?$`)
	saysWhyRe     = regexp.MustCompile(`因为|为了|以便|否则|避免|防止|依据|目的`)
	saysHowRe     = regexp.MustCompile(`应当|先|再|然后|步|按照|填写|提交|报|点`)
	wantsUnitRe   = regexp.MustCompile(`(?:几|多少)(个工作日|工作日|个月|天|日|年|次|级|类|种|条|项|元|人|份|小时|岁|倍|个)`)
	wantsTimeRe   = regexp.MustCompile(`多久|多长时间|期限|时限|什么时候|何时`)
	timeRe        = regexp.MustCompile(`(?:[0-9]|[一二三四五六七八九十两半])(?:个工作日|工作日|个月|日|天|年|周|小时|月|季度)|每(?:年|月|季度|半年|周)`)
	spacesRe      = regexp.MustCompile(`[ 　]+`)
	digitRe       = regexp.MustCompile(`[0-9０-９]|[一二三四五六七八九十两百千万亿]+(?:个|日|天|年|月|次|级|类|元|份|名|人|条|项|倍|周)|百分之`)
)

// answering is the stretch of a passage that answers a question: the sentence that
// shares most with it, its neighbours where they share as much, and the list it opens.
func answering(q string, p Passage) span {
	rs := []rune(p.Text)
	all := sentences(rs)
	if len(all) == 0 {
		return span{}
	}
	ask := gist(q)
	texts, gists, in := make([]string, len(all)), make([]map[string]bool, len(all)), map[string]int{}
	for i, sp := range all {
		texts[i] = sp.of(rs)
		gists[i] = gist(spacesRe.ReplaceAllString(texts[i], "")) // 组  长
		for t := range gists[i] {
			in[t]++
		}
	}
	score := make([]float64, len(all))
	most := 0.1
	for i, g := range gists {
		for t := range ask {
			if g[t] {
				score[i] += 1 / float64(in[t])
			}
		}
		most = max(most, score[i])
	}
	best, at := 0, readFor(q, nil).prove(p).at
	for i := range score {
		score[i] += most * fits(q, texts[i])
		if all[i].Start < at.End && all[i].End > at.Start {
			score[i] += most * inStretch
		}
		if h := titles(p, texts[i]); h && !wantsDayRe.MatchString(q) {
			score[i] = 0
		}
		if score[i] > score[best] {
			best = i
		}
	}
	if first := body(p, texts); first < len(all) && headedBy(p, q) { // all of it answers
		to := first
		for to+1 < len(all) && all[to+1].End-all[first].Start <= longestQuote {
			to++
		}
		return span{all[first].Start, all[to].End}
	}
	from, to := best, best
	for to+1 < len(all) && titles(p, texts[to]) { // a heading alone says nothing
		to++
	}
	for from > 0 && opensList(texts[from-1]) {
		from--
	}
	if from == best && strings.HasSuffix(texts[best], "；") { // an item: its list belongs to it
		for i := best; i > 0; i-- {
			if opensList(texts[i-1]) {
				from = i - 1
				break
			}
			if !strings.HasSuffix(texts[i-1], "；") {
				break
			}
		}
	}
	if wantsPerRe.MatchString(q) && labelOf(texts[best]) != "" { // the names that follow without a label of their own
		for to+1 < len(all) && labelOf(texts[to+1]) == "" && all[to+1].End-all[from].Start <= longestQuote && len([]rune(texts[to+1])) <= 30 {
			to++
		}
		return span{all[from].Start, all[to].End}
	}
	list := opensList(texts[from])
	for list && to+1 < len(all) && (to == from || strings.HasSuffix(texts[to], "；") || strings.HasSuffix(texts[to], ";") || opensList(texts[to])) {
		to++
	}
	for !list {
		switch {
		case to+1 < len(all) && score[to+1] >= 0.6*score[best] && score[best] > 0 && all[to+1].End-all[from].Start <= longestQuote:
			to++
		case from > 0 && score[from-1] >= 0.6*score[best] && score[best] > 0 && all[to].End-all[from-1].Start <= longestQuote:
			from--
		default:
			return span{all[from].Start, all[to].End}
		}
	}
	return span{all[from].Start, all[to].End}
}

// titles reports whether a sentence is only the heading above a clause, or another.
func titles(p Passage, s string) bool {
	line := Plain(s)
	for _, step := range p.Path {
		if h := Plain(step); h == line || strings.HasSuffix(h, line) && numberedRe.MatchString(s) {
			return true
		}
	}
	return numberedRe.MatchString(s) && len([]rune(s)) <= longestTitle && !strings.ContainsAny(s, "，,；;：:")
}

// body is the first sentence that is no heading.
func body(p Passage, texts []string) int {
	for i, s := range texts {
		if !titles(p, s) {
			return i
		}
	}
	return len(texts)
}

// headedBy reports whether a question asks for what the heading above a clause names,
// 实施范围 or 基本原则: then all of the clause answers.
func headedBy(p Passage, q string) bool {
	if len(p.Path) == 0 || wantsDayRe.MatchString(q) || wantsPerRe.MatchString(q) || wantsUnitRe.MatchString(q) || wantsTimeRe.MatchString(q) {
		return false
	}
	heading := p.Path[len(p.Path)-1]
	if asking(heading) || !numberedRe.MatchString(heading) {
		return false
	}
	name, what := Plain(numberedRe.ReplaceAllString(heading, "")), Plain(subject(q))
	return utf8.RuneCountInString(name) >= 4 && strings.HasSuffix(what, name)
}

// labelOf is what a line of a list of people calls those it names: 组  长：…
func labelOf(s string) string {
	at := strings.IndexAny(s, "：:")
	if at < 0 {
		return ""
	}
	label := spacesRe.ReplaceAllString(s[:at], "")
	if n := len([]rune(label)); n < 2 || n > 6 {
		return ""
	}
	return label
}

// fits is how much a sentence has the form of what a question wants, 0 for not at all
// and about 1 for quite.
func fits(q, s string) float64 {
	f := 0.0
	for _, k := range []struct {
		wants, says *regexp.Regexp
		by          float64
	}{
		{wantsNumberRe, digitRe, 0.4}, {wantsWhoRe, saysWhoRe, 0.4}, {wantsWhatRe, saysWhatRe, 0.5}, {wantsWhyRe, saysWhyRe, 0.3}, {wantsHowRe, saysHowRe, 0.3},
	} {
		if k.wants.MatchString(q) && k.says.MatchString(s) {
			f += k.by
		}
	}
	if wantsListRe.MatchString(q) && strings.Count(s, "、") >= 2 {
		f += enumerated
	}
	if label := labelOf(s); label != "" && wantsPerRe.MatchString(q) && strings.Contains(q, label) {
		f += 2.5
	}
	for _, m := range wantsUnitRe.FindAllStringSubmatch(q, -1) {
		unit := sameUnit(m[1])
		if slices.ContainsFunc(facts(s, true), func(f fact) bool { return f.kind == "qty" && alikeUnits(f.unit, unit) }) {
			f += 0.8
		}
	}
	if wantsTimeRe.MatchString(q) && timeRe.MatchString(s) {
		f += 0.6
	}
	return f
}

func alikeUnits(a, b string) bool {
	days := func(u string) string { return strings.Replace(u, "工作日", "日", 1) }
	return days(a) == days(b)
}
