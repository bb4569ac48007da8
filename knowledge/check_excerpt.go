package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A model's sentence is kept when it is an excerpt: stretch by stretch, it says what one
// stretch of a cited passage says, all of it and no more. It may leave out words of
// grammar and of form, write numbers its own way and change the order a little; it may
// not join halves of two rules, widen a rule by dropping its condition, or add a word.
// What does not pass is no loss: the clause itself is shown instead.

const (
	taken      = 0.9 // share of the clause's tokens that a stretch must hold
	longestRun = 6   // pieces in a stretch
)

// piece is a part of a text between commas, with its place.
type piece struct {
	at     span
	tokens []string
	head   []string // what opens the list it stands in, where that decides what it says
	needs  bool     // the piece before is its condition
	until  int      // the last piece without which it says something else: its proviso
}

var (
	sameRe = []struct {
		re *regexp.Regexp
		as string
	}{
		{regexp.MustCompile(`不得|禁止|严禁|不准|不许|不允许|不可以`), "禁"},
		{regexp.MustCompile(`应当|应该|必须|务必|需要|须`), "应"},
		{regexp.MustCompile(`可以|允许`), "可"},
		{regexp.MustCompile(`以及|并且|和|与|及|并`), "和"},
		{regexp.MustCompile(`或者|或是|或`), "或"},
	}
	// What may be left out, but not put in.
	formalRe = regexp.MustCompile(`在\p{Han}{2,6}中|自[^，,；;。]{1,8}之日起|(?:依照|按照|根据)(?:有关|相关)?规定|有?下列(?:行为|情形|情况)(?:之一)?|工作人员|有关人员|各单位`)
	// A leading reference: 根据第五条, 《礼品登记办法》第五条规定.
	leadRe = regexp.MustCompile(`^(?:根据|依据|按照|依照)?(?:《[^《》]{2,60}》|[\p{Han}]{1,8}\[[0-9]{4}\]\s*第?[0-9]{1,5}号|第[〇一二三四五六七八九十百千0-9]{1,8}条(?:之[一二三四五六七八九十])?|第[一二三四五六七八九十0-9]{1,3}[款项]|的?规定|[,:，：、的])+`)
	// The number of a clause or of an item, which its text begins with.
	itemRe = regexp.MustCompile(`^\s*(?:第[〇一二三四五六七八九十百千0-9]{1,8}条(?:之[一二三四五六七八九十])?|[(（][一二三四五六七八九十0-9]{1,3}[)）]|[一二三四五六七八九十0-9]{1,3}[、.．)])\s*`)
	ifRe   = regexp.MustCompile(`(?:的|时|者|的话|情况下|前提下)$|^(?:如|若|凡|除|经|未经|因|对|当)`)
	butRe  = regexp.MustCompile(`^(?:但|不过|除)|除外$`)
	// What stands before and after a number and turns it around.
	beforeNumRe = regexp.MustCompile(`(?:不得?超过|不高于|不多于|不大于|至多|最多|超过|超出|高于|大于|多于|不得?低于|不得?少于|不小于|至少|最少|低于|少于|小于|不足|不满|未满|已?满|达到?|每|第)$`)
	afterNumRe  = regexp.MustCompile(`^(?:以上|以下|以内|之内|内|以前|之前|前|以后|之后|后|以外|之外|外)`)
	fractionRe  = regexp.MustCompile(`^(?:([0-9]{1,3})/([0-9]{1,3})|([一二三四五六七八九十]{1,3})分之([一二三四五六七八九十]{1,3}))`)
)

// idleTokens may be left out or put in.
const idleTokens = "的了着是即就则也在于为之所其该此您你"

// decisive tokens are never left out.
const decisive = "禁应可或不未无非没免除外但仅只均都皆暂副正"

// tokens are a text's characters and words; a number with its unit and what bounds it is
// one of them.
func tokens(s string) []string {
	s = formalRe.ReplaceAllString(fold(s), " ")
	for _, same := range sameRe {
		s = same.re.ReplaceAllString(s, same.as)
	}
	rs := []rune(s)
	var out []string
	for i := 0; i < len(rs); {
		if token, n := numeral(rs, i); n > 0 {
			out = append(out, token)
			i += n
			continue
		}
		j := i
		for j < len(rs) && !unicode.Is(unicode.Han, rs[j]) && (unicode.IsLetter(rs[j]) || unicode.IsDigit(rs[j])) {
			j++
		}
		switch {
		case j > i:
			out = append(out, string(rs[i:j]))
			i = j
			continue
		case unicode.Is(unicode.Han, rs[i]) && !strings.ContainsRune(idleTokens, rs[i]), unicode.IsNumber(rs[i]), unicode.IsSymbol(rs[i]):
			out = append(out, string(rs[i]))
		}
		i++
	}
	return out
}

// numeral is a number that means something as one token; n is 0 where there is none.
func numeral(rs []rune, i int) (token string, n int) {
	rest := string(rs[i:min(len(rs), i+2*longestNumeral)])
	value := ""
	if m := fractionRe.FindStringSubmatch(rest); m != nil {
		n = utf8.RuneCountInString(m[0])
		up, down := m[1], m[2]
		if up == "" {
			up, down = m[4], m[3]
		}
		a, _ := number([]rune(up), 0)
		b, _ := number([]rune(down), 0)
		value = a.RatString() + "/" + b.RatString()
	} else if f, k := percent(rs, i); k > 0 {
		n, value = k, f.value+"%"
	} else if f, k := date(rs, i, true); k > 0 {
		n, value = k, f[0].value
	} else if v, k := number(rs, i); k > 0 {
		fs := plainFact(rs, i, k, v, true)
		if len(fs) == 0 && (i == 0 || rs[i-1] != '每') && !unitRe.MatchString(string(rs[i+k:min(len(rs), i+k+6)])) {
			return "", 0 // 三重一大
		}
		n, value = k, v.RatString()
		if m := unitRe.FindString(string(rs[i+k : min(len(rs), i+k+6)])); m != "" {
			n += utf8.RuneCountInString(m)
			value += sameUnit(unitRe.FindStringSubmatch(m)[1])
		}
	}
	if n == 0 {
		return "", 0
	}
	before := beforeNumRe.FindString(string(rs[max(0, i-4):i]))
	after := afterNumRe.FindString(string(rs[i+n : min(len(rs), i+n+2)]))
	return "#" + before + value + sameBound(after), n + utf8.RuneCountInString(after)
}

func sameBound(s string) string {
	switch s {
	case "以内", "之内":
		return "内"
	case "以前", "之前":
		return "前"
	case "以后", "之后":
		return "后"
	case "以外", "之外":
		return "外"
	}
	return s
}

// piecesOf cuts a text at commas and sees which parts belong together.
func piecesOf(rs []rune) []piece {
	var out []piece
	var head []string
	for _, sp := range sentences(rs) {
		first, start := len(out), sp.Start
		condition, opened := false, head
		for i := sp.Start; i < sp.End; i++ {
			if i < sp.End-1 && !strings.ContainsRune("，,：:", rs[i]) {
				continue
			}
			body := itemRe.ReplaceAllString(string(rs[start:i+1]), "")
			p := piece{at: span{start, i + 1}, tokens: tokens(body), head: opened, needs: condition, until: len(out)}
			start = i + 1
			if len(p.tokens) == 0 {
				continue
			}
			if butRe.MatchString(bare(body)) {
				for k := first; k < len(out); k++ {
					out[k].until = len(out)
				}
			}
			condition = ifRe.MatchString(bare(body))
			if condition {
				p.until++
			}
			out = append(out, p)
			if rs[i] == '：' || rs[i] == ':' {
				opened = nil
				for _, q := range out[first:] {
					opened = append(opened, q.tokens...)
				}
				if !slices.ContainsFunc(opened, func(t string) bool { return strings.Contains(decisive, t) }) {
					opened = nil
				}
			}
		}
		if n := len(out); n > first {
			out[n-1].until = min(out[n-1].until, n-1)
		}
		head = nil
		if end := sp.of(rs); opensList(end) || strings.HasSuffix(end, "；") || strings.HasSuffix(end, ";") {
			head = opened
		}
	}
	return out
}

// bare is a text without the marks around it.
func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
}

// excerpt finds, for every stretch of a claim, where a passage says it, and returns the
// stretches of each passage; ok is false where one stretch stands nowhere, or a
// passage bears none.
func excerpt(text string, marks []int, passages []Hit) (at map[int]span, ok bool) {
	lead := leadRe.FindString(fold(text))
	claim := piecesOf([]rune(text)[utf8.RuneCountInString(lead):])
	if len(claim) == 0 {
		return nil, false
	}
	sources := map[int][]piece{}
	for _, n := range marks {
		sources[n] = piecesOf([]rune(passages[n-1].Text))
	}
	if slices.ContainsFunc(formalRe.FindAllString(fold(text)[len(lead):], -1), func(m string) bool {
		return !slices.ContainsFunc(marks, func(n int) bool { return strings.Contains(fold(passages[n-1].Text), m) })
	}) {
		return nil, false
	}
	reach := make([]map[int]span, len(claim)+1) // what bears the first pieces
	reach[0] = map[int]span{}
	for i := range claim {
		if reach[i] == nil {
			continue
		}
		for j := i + 1; j <= min(len(claim), i+longestRun); j++ {
			var said []string
			for _, p := range claim[i:j] {
				said = append(said, p.tokens...)
			}
			found := map[int]span{}
			for n, s := range sources {
				if sp, ok := saidBy(said, s); ok {
					found[n] = sp
				}
			}
			if len(found) == 0 || reach[j] != nil && len(reach[j]) >= len(reach[i])+len(found) {
				continue
			}
			all := map[int]span{}
			for _, some := range []map[int]span{reach[i], found} {
				for n, sp := range some {
					if had, ok := all[n]; ok {
						sp = span{min(had.Start, sp.Start), max(had.End, sp.End)}
					}
					all[n] = sp
				}
			}
			reach[j] = all
		}
	}
	at = reach[len(claim)]
	return at, at != nil && !slices.ContainsFunc(marks, func(n int) bool { _, bears := at[n]; return !bears })
}

// saidBy is where consecutive pieces of a passage say what is said. It begins with a
// condition if there is one, and ends with the proviso.
func saidBy(said []string, in []piece) (span, bool) {
	for i := range in {
		if in[i].needs {
			continue
		}
		theirs := slices.Clone(in[i].head)
		last := i
		for j := i; j < min(len(in), i+longestRun); j++ {
			theirs = append(theirs, in[j].tokens...)
			if last = max(last, in[j].until); last <= j && same(said, theirs) {
				return span{in[i].at.Start, in[j].at.End}, true
			}
		}
	}
	return span{}, false
}

// same reports whether a stretch of a claim says what a stretch of a clause says: its
// words in its order, but for a word here and there that decides nothing.
func same(said, theirs []string) bool {
	if float64(len(said)) < taken*float64(len(theirs)) {
		return false
	}
	at, skipped := 0, false
	for _, t := range theirs {
		if at < len(said) && said[at] == t {
			at, skipped = at+1, false
			continue
		}
		if skipped || strings.HasPrefix(t, "#") || strings.Contains(decisive, t) {
			return false
		}
		skipped = true
	}
	return at > 0 && at == len(said)
}
