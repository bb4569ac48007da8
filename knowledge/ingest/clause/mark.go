package clause

import (
	"regexp"
	"strings"
	"unicode"
)

// kind is a way of numbering. Smaller kinds hold larger ones where a text mixes them;
// below 条 the order of appearance decides (outline.go).
type kind int

const (
	annex   kind = iota // 附件1, 附表
	part                // 第一部分, 第一篇
	book                // 第一编
	subbook             // 第一分编
	chapter             // 第一章, 附则 without a number
	section             // 第一节
	article             // 第一条, 第一百二十条之一
	han                 // 一、
	hanIn               // （一）
	num                 // 1. 1、
	numIn               // （1） 1）
	decimal             // 1.1
	circled             // ①
	plain               // a heading that has no number
)

// structural numbering stands above enumeration and ends what is open below it.
func (k kind) structural() bool { return k <= article }

// marker is a number at the start of a clause.
type marker struct {
	kind   kind
	n      int    // its number; for decimal the last of its numbers
	sub    int    // 之一
	depth  int    // of a decimal number
	label  string // as it is written in a Path
	end    int    // where the text after it starts
	spaced bool   // white space follows it
	refers bool   // it has the shape of a cross-reference
	may    bool   // … or of a sentence that begins so: 第九条 和解协议…
}

const maxMarker = 24

const (
	digits    = "0123456789０１２３４５６７８９"
	hanDigits = "〇零一二三四五六七八九十百千两"
)

var (
	structRE = regexp.MustCompile(`^第\s{0,2}([〇零一二三四五六七八九十百千两]{1,9}|[0-9０-９]{1,4})\s{0,2}(分编|部分|编|篇|章|节|条)(?:之([一二三四五六七八九十]{1,3}))?`)
	hanRE    = regexp.MustCompile(`^([〇一二三四五六七八九十百]{1,5})(?:[、．]|\.|\s{1,2}、)`)
	hanInRE  = regexp.MustCompile(`^[（(]\s?([〇一二三四五六七八九十百]{1,5})\s?[)）]`)
	numRE    = regexp.MustCompile(`^([0-9０-９]{1,3})\s?[.．、]`)
	numInRE  = regexp.MustCompile(`^(?:[（(]\s?([0-9０-９]{1,3})\s?[)）]|([0-9０-９]{1,3})[)）])`)
	decRE    = regexp.MustCompile(`^([0-9]{1,2}(?:\.[0-9]{1,2}){1,4})(?:[\s　]|\p{Han})`)
	annexRE  = regexp.MustCompile(`^(?:【|\[)?(附\s{0,2}(?:件|表|录|图)|附)\s?([0-9０-９]{1,3}|[一二三四五六七八九十]{1,3})?\s?(?:】|\])?\s?([:：.．、\s]|$)`)

	// refRE is what follows a 条, 章 … that is only mentioned.
	refRE = regexp.MustCompile(`^(?:第[〇零一二三四五六七八九十百千0-9]+[款项]|之规定|的|规定[的，。、；]|所[称列述指规]|[、，。；;,)）》”]|中(?:规定|所|的)|以[外上下]|修改|删[去除]|增加|改为|[款项])`)
	// mayRE is what follows a mention, or begins a sentence.
	mayRE  = regexp.MustCompile(`^(?:[至和或及与]|以及|或者)`)
	itemRE = regexp.MustCompile(`^(?:[至和或、)）]|项|款|种情形|类情形)`)
	// rankRE: 一、二等奖, 一、二级.
	rankRE = regexp.MustCompile(`^[〇一二三四五六七八九十0-9０-９]+(?:[、.．]\s?[〇一二三四五六七八九十0-9]+)*\s?(?:、|级|等|类|次|届|号|线|产业|审)`)
)

// parse reads the marker that starts at r[at].
func parse(r []rune, at int) (marker, bool) {
	if at >= len(r) || !opens(r[at]) {
		return marker{}, false
	}
	s := string(r[at:min(at+maxMarker, len(r))])
	m, ok := parseString(s)
	if !ok {
		return marker{}, false
	}
	m.end += at
	rest := string(r[m.end:min(m.end+12, len(r))])
	trimmed := strings.TrimLeftFunc(rest, unicode.IsSpace)
	m.spaced = trimmed != rest || rest == ""
	switch {
	case m.kind == annex:
	case m.kind.structural():
		m.may = !m.spaced && mayRE.MatchString(rest)
		m.refers = !m.spaced && refRE.MatchString(rest) || m.may || strings.HasPrefix(trimmed, "的规定") || strings.HasPrefix(trimmed, "规定的")
		if m.kind == part && !m.spaced && m.n == 1 && strings.HasPrefix(rest, "内容") {
			m.refers = true
		}
	case m.kind == han || m.kind == num:
		m.refers = rankRE.MatchString(rest) && !yearRE.MatchString(rest)
		if m.kind == num && !m.spaced && rest != "" && unicode.IsDigit([]rune(rest)[0]) && !yearRE.MatchString(rest) {
			return marker{}, false // 1.5
		}
	case m.kind == hanIn || m.kind == numIn:
		m.refers = itemRE.MatchString(rest)
	}
	return m, true
}

var yearRE = regexp.MustCompile(`^(?:19|20)\d\d\s?年`)

// opens tells cheaply whether a marker can start with r.
func opens(r rune) bool {
	return r == '第' || r == '附' || r == '（' || r == '(' || r == '【' || r == '[' || r >= '①' && r <= '⑳' ||
		strings.ContainsRune(digits, r) || strings.ContainsRune(hanDigits, r)
}

func parseString(s string) (marker, bool) {
	if m := structRE.FindStringSubmatch(s); m != nil {
		k := map[string]kind{"部分": part, "篇": part, "编": book, "分编": subbook, "章": chapter, "节": section, "条": article}[m[2]]
		label := "第" + plainDigits(m[1]) + m[2]
		sub := 0
		if m[3] != "" {
			sub, label = number(m[3]), label+"之"+m[3]
		}
		return marker{kind: k, n: number(m[1]), sub: sub, label: label, end: count(m[0])}, true
	}
	if m := hanRE.FindStringSubmatch(s); m != nil {
		return marker{kind: han, n: number(m[1]), label: m[1] + "、", end: count(m[0])}, true
	}
	if m := hanInRE.FindStringSubmatch(s); m != nil {
		return marker{kind: hanIn, n: number(m[1]), label: "（" + m[1] + "）", end: count(m[0])}, true
	}
	if m := decRE.FindStringSubmatch(s); m != nil {
		parts := strings.Split(m[1], ".")
		return marker{kind: decimal, n: number(parts[len(parts)-1]), depth: len(parts), label: m[1] + " ", end: count(m[1])}, true
	}
	if m := numRE.FindStringSubmatch(s); m != nil {
		return marker{kind: num, n: number(m[1]), label: plainDigits(m[1]) + ".", end: count(m[0])}, true
	}
	if m := numInRE.FindStringSubmatch(s); m != nil {
		return marker{kind: numIn, n: number(m[1] + m[2]), label: "（" + plainDigits(m[1]+m[2]) + "）", end: count(m[0])}, true
	}
	if m := annexRE.FindStringSubmatch(s); m != nil {
		label := strings.Join(strings.Fields(m[1]), "") + plainDigits(m[2])
		return marker{kind: annex, n: number(m[2]), label: label, end: count(m[0])}, true
	}
	if r := []rune(s); r[0] >= '①' && r[0] <= '⑳' {
		return marker{kind: circled, n: int(r[0]-'①') + 1, label: string(r[0]), end: 1}, true
	}
	return marker{}, false
}

func count(s string) int { return len([]rune(s)) }

// number reads a Chinese or Arabic number below 10,000; 0 where there is none.
func number(s string) int {
	total, digit, seen := 0, 0, false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digit, seen = digit*10+int(r-'0'), true
		case r >= '０' && r <= '９':
			digit, seen = digit*10+int(r-'０'), true
		case r == '〇' || r == '零':
			digit *= 10
		case r == '十' || r == '百' || r == '千':
			unit := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
			total += max(digit, 1) * unit
			digit, seen = 0, true
		default:
			i := strings.IndexRune("一二三四五六七八九", r)
			if r == '两' {
				i = len("一")
			}
			if i < 0 {
				continue
			}
			digit, seen = digit*10+i/len("一")+1, true
		}
	}
	if !seen || total+digit > 9999 {
		return 0
	}
	return total + digit
}

// plainDigits turns full-width digits into ASCII.
func plainDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, s)
}
