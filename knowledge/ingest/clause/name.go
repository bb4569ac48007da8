package clause

import (
	_ "embed"
	"regexp"
	"strings"
	"unicode"
)

//go:embed openers.txt
var openerList string

// openers are the names that headings have, or with star the words they end in.
func openers(star bool) []string {
	var out []string
	for _, e := range entries(openerList) {
		if word, found := strings.CutPrefix(e, "*"); found == star {
			out = append(out, word)
		}
	}
	return out
}

var (
	openerRE = regexp.MustCompile("^(?:" + strings.Join(openers(false), "|") + ")")
	closerRE = regexp.MustCompile(`^[^，,。；：（(]{2,24}(?:` + strings.Join(openers(true), "|") + ")$")
	// goesOn is what follows a word that is not the end of a heading after all.
	goesOn = regexp.MustCompile(`^(?:的|和|与|及|、|，|,|。|中|上|下|性|体|化|阶段|要|应|不|进行|是|风险|[（(])`)
	// subject begins the text after a heading that ran into it.
	subject = regexp.MustCompile(`^(?:各级|各单位|各部门|各科室|各乡镇|各有关|是指|本单位要|全体)`)
	bareRE  = regexp.MustCompile(`^(总|附|分|罚)\s{0,6}则$`)
	bracket = regexp.MustCompile(`^\s?(【[^】\n]{1,40}】)`)
)

// names gives every head its name, now that it is known where the next one starts.
func (o *outliner) names() {
	for i := range o.heads {
		h := &o.heads[i]
		l := o.b.lines[o.b.lineAt(h.start)]
		stop := l.end
		if i+1 < len(o.heads) {
			stop = min(stop, o.heads[i+1].start)
		}
		from := min(h.end, stop)
		switch {
		case h.kind == plain:
			h.name = trailing.ReplaceAllString(squeeze(o.b.slice(h.start, h.body)), "")
			if h.qa {
				r := []rune(askPrefix.ReplaceAllString(h.name, ""))
				h.name = string(r[:min(widestHeading, len(r))])
			}
		case h.own():
			h.name = strings.TrimRight(squeeze(o.b.slice(from, h.body)), "：:。；;")
		case h.kind == article:
			if m := bracket.FindStringSubmatch(o.b.slice(from, stop)); m != nil {
				h.name = m[1]
			}
		default:
			h.name = lead(o.b.slice(from, stop), stop < l.end)
			if text := o.b.slice(from, stop); h.kind.structural() && stop < l.end && squeeze(text) == h.name {
				h.body = stop // a chapter's name in the line of its first 条
			}
		}
		if h.kind == annex && h.name == "" && h.own() {
			o.annexName(h, i)
		}
		h.name = widen(h.name)
	}
}

var askPrefix = regexp.MustCompile(`^(?:\d{1,3}\s?[.、．]\s?)?(?:问题?\s?[0-9一二三四五六七八九十]{0,3}|(?i:Q)\s?\d{0,3})\s?[:：.．、]\s?`)

// annexName takes the line under 附件1 for its name.
func (o *outliner) annexName(h *head, i int) {
	j := o.b.lineAt(h.start) + 1
	if j >= len(o.b.lines) || i+1 < len(o.heads) && o.heads[i+1].start <= o.b.lines[j].start {
		return
	}
	l := o.b.lines[j]
	if l.table || len(l.runes) > 40 || strings.ContainsAny(l.text(), "。；：，:") {
		return
	}
	h.name, h.body = squeeze(l.text()), l.end
}

// lead is the name of a heading that runs on into its text: up to the first full stop
// if that is near, else what such headings are called, else its first clause.
func lead(s string, whole bool) string {
	s = strings.TrimSpace(s)
	r := []rune(s)
	if len(r) == 0 {
		return "" // the next heading follows at once
	}
	const near, clause, least = 30, 16, 3
	if m := openerRE.FindString(s); m != "" && !goesOn.MatchString(s[len(m):]) {
		return m
	}
	told := 0 // where a subject shows that running text has begun
	for k := least; k <= near && k < len(r) && told == 0; k++ {
		if subject.MatchString(string(r[k:min(len(r), k+4)])) && !strings.ContainsRune("对向由和与及为使给让导促、", r[k-1]) {
			told = k
		}
	}
	again := echo(r[:min(len(r), near)])
	if i := strings.IndexAny(s, "。：:；;"); i >= 0 {
		if n := count(s[:i]); n >= 2 && n <= near && (n <= clause || told == 0) && (n <= again || strings.ContainsAny(s[:i], "，,")) {
			return squeeze(s[:i])
		}
	}
	if whole && len(r) <= runOn && !strings.ContainsAny(s, "，,。；") {
		return squeeze(s)
	}
	// 听证质询听证质询是指…: the text takes up the heading's words.
	if again >= least && 2*again <= len(r) && string(r[:again]) == string(r[again:2*again]) {
		return squeeze(string(r[:again]))
	}
	if told > 0 && told <= clause {
		return squeeze(string(r[:told]))
	}
	if !strings.ContainsRune("要应对各由在为不", r[0]) {
		for k := min(again, len(r)); k > least; k-- {
			if head := string(r[:k]); closerRE.MatchString(head) && !goesOn.MatchString(string(r[k:])) {
				return squeeze(head)
			}
		}
	}
	// 如何防范制度机制风险防范制度机制风险，要…
	if again > least && again+3 <= len(r) && again <= near && strings.Contains(string(r[:again]), string(r[again:again+3])) {
		return squeeze(string(r[:again]))
	}
	for i, c := range r {
		if c == '，' || c == ',' || c == '（' || c == '(' {
			if i <= clause && i > least {
				return squeeze(string(r[:i]))
			}
			break
		}
	}
	return ""
}

// echo is where a text first repeats two characters of what it began with, brackets
// apart: a sentence that follows its heading usually does. The length of r if it never
// does.
func echo(r []rune) int {
	seen := map[[2]rune]bool{}
	depth := 0
	for k := 1; k < len(r); k++ {
		switch r[k] {
		case '（', '(':
			depth++
		case '）', ')':
			depth--
		}
		pair := [2]rune{r[k-1], r[k]}
		if depth > 0 || !unicode.Is(unicode.Han, r[k]) || !unicode.Is(unicode.Han, r[k-1]) {
			continue
		}
		if seen[pair] {
			return k - 1
		}
		seen[pair] = true
	}
	return len(r)
}

// squeeze makes one space of white space, and none between Han characters: 附　则.
func squeeze(s string) string {
	fields := strings.Fields(s)
	var b strings.Builder
	for i, f := range fields {
		if i > 0 && !(hanEdge(fields[i-1], false) && hanEdge(f, true) && count(fields[i-1]) == 1) {
			b.WriteByte(' ')
		}
		b.WriteString(f)
	}
	return b.String()
}

// widen writes the punctuation of a name the Chinese way: names of two copies of a text
// are then the same.
func widen(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return s
	}
	return strings.NewReplacer(",", "，", "(", "（", ")", "）", ":", "：", ";", "；", "?", "？").Replace(s)
}

func hanEdge(s string, first bool) bool {
	r := []rune(s)
	if first {
		return unicode.Is(unicode.Han, r[0])
	}
	return unicode.Is(unicode.Han, r[len(r)-1])
}
