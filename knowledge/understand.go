package knowledge

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

const (
	// longestQuestion in characters that is searched as a whole; of a longer text the
	// first part that asks stands for it.
	longestQuestion = 300
	// longestPart in characters of such a part.
	longestPart = 200
)

// understood is a question as it is searched and answered.
type understood struct {
	text   string    // what is shown: with a follow-up's subject
	search string    // what is searched: without the words that name a day or a document
	today  time.Time // the civil day of asking
	day    time.Time // the civil day whose law is asked for
	past   bool      // asks for texts that may no longer hold
	before bool      // asks for what held before the present text (修订前)
	label  string    // the year of a revision that was named: 2023
	more   bool      // 还有吗
	named  named
	reason Reason // why nothing can be searched; empty otherwise
}

// understand reads a question by rule. It never fails: what cannot be searched has a reason.
func understand(q Question) understood {
	u := understood{today: civil(q.Now)}
	u.day = u.today
	text := firstPartThatAsks(tidy(q.Text))
	if u.reason = unreadable(text); u.reason != "" {
		u.text = text
		return u
	}
	before := firstPartThatAsks(tidy(q.Before))
	u.text, u.more, u.reason = follow(text, before)
	if u.reason != "" {
		return u
	}
	u.search = u.asOf(u.text, before)
	u.search, u.named = nameIn(u.search)
	if u.named.article != "" && u.named.title == "" && u.named.number == "" {
		u.named.title = q.About
	}
	return u
}

// civil is an instant's day where it was asked, as dates are kept: UTC midnight.
func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// tidy drops what cannot be seen and makes spaces single.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		if r == '\n' {
			return '。'
		}
		return r
	}, strings.TrimSpace(s))
	return strings.Join(strings.Fields(s), " ")
}

// unreadable says why a text holds nothing to search; empty if it does.
func unreadable(s string) Reason {
	letters := false
	for _, r := range s {
		letters = letters || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	switch {
	case strings.TrimSpace(s) == "":
		return NoWords
	case !letters:
		return OnlySymbols
	}
	return ""
}

// latin reports whether a text has letters and none of them is Han: pinyin, most likely.
func latin(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return false
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters > 0
}

// firstPartThatAsks is the question in a story: the first sentence that asks, with the
// one before it where there is room; the beginning where none asks.
func firstPartThatAsks(s string) string {
	rs := []rune(s)
	if len(rs) <= longestQuestion {
		return s
	}
	all := sentences(rs)
	for i, sp := range all {
		part := sp.of(rs)
		if !asking(part) {
			continue
		}
		if i > 0 && sp.End-all[i-1].Start <= longestPart {
			part = string(rs[all[i-1].Start:sp.End])
		}
		if r := []rune(part); len(r) > longestPart {
			part = string(r[len(r)-longestPart:]) // what is asked stands at the end
		}
		return part
	}
	return strings.TrimSpace(string(rs[:longestPart]))
}

const datePart = `([12][0-9]{3}|[一二][〇零○一二三四五六七八九]{3})年(?:([0-9]{1,2}|十?[一二三四五六七八九十])月(?:份)?(?:([0-9]{1,2}|[一二三]?十?[一二三四五六七八九十])[日号])?)?(底|末|初)?`

var (
	// A year alone names a subject (2023年度考核); these words make it a day.
	asOfRe     = regexp.MustCompile(`(?:在|按照|按|依照|截至|截止|到|于)?` + datePart + `(?:的时候|时候|那时候|那时|那会儿|当时|时|施行|生效|有效|适用|执行|的)的?(?:有效的?|规定|条款|版本|旧版|要求|标准|制度|政策|办法)?(?:，|,|是|里|中)?`)
	asOfAtRe   = regexp.MustCompile(`^(?:在|按照?|依照|截至|截止|到)` + datePart + `(?:，|,|的)?`)
	beforeRe   = regexp.MustCompile(datePart + `(?:以前|之前|前)的?(?:规定|条款|版本|要求|标准|制度|政策|办法)?`)
	revisedRe  = regexp.MustCompile(`[（(]?` + datePart + `(?:修订|修正|修改)(?:的|版|本|后)*[）)]?(?:规定|条款)?`)
	thenRe     = regexp.MustCompile(`当时的?(?:规定|条款|版本|要求|标准|制度|政策|办法|有效)|那时候?的?(?:规定|条款|版本|要求|标准)|当年的(?:规定|条款|版本|要求|标准)|按当时|依当时|当时(?:是|怎么|如何|要|应)`)
	previousRe = regexp.MustCompile(`(?:最近)?(?:修订|修改|修正|废止|失效|调整)(?:之前|以前|前)的?(?:规定|条款|版本|要求|标准|制度|政策|办法)?|(?:原来|以前|过去|从前|旧|老|已废止|已经废止|已失效)的?(?:规定|条款|版本|要求|标准|制度|政策|办法)`)
	presentRe  = regexp.MustCompile(`(?:按照?|依照)?(?:现行|目前|现在|如今|最新)(?:有效|版|的)*(?:规定|条款|版本|要求|标准)?`)
	anyDateRe  = regexp.MustCompile(datePart)
)

// asOf reads the day whose law is asked for and returns the question without it.
func (u *understood) asOf(text, before string) string {
	cut := func(at []int) string {
		return strings.TrimLeft(strings.TrimSpace(text[:at[0]]+" "+text[at[1]:]), "，,。的 ")
	}
	rest := text
	switch {
	case revisedRe.MatchString(text):
		m := revisedRe.FindStringSubmatchIndex(text)
		day, ok := dayOf(group(text, m, 1), "", "", "")
		if !ok {
			return text
		}
		u.past, u.label, rest = true, fmt.Sprint(day.Year()), cut(m[:2])
	case beforeRe.MatchString(text):
		m := beforeRe.FindStringSubmatchIndex(text)
		day, ok := firstDayOf(group(text, m, 1), group(text, m, 2), group(text, m, 3))
		if !ok {
			return text
		}
		u.day, u.past, rest = day.AddDate(0, 0, -1), true, cut(m[:2])
	case asOfAtRe.MatchString(text) || asOfRe.MatchString(text):
		m := asOfRe.FindStringSubmatchIndex(text)
		if m == nil {
			m = asOfAtRe.FindStringSubmatchIndex(text)
		}
		day, ok := dayOf(group(text, m, 1), group(text, m, 2), group(text, m, 3), group(text, m, 4))
		if !ok {
			return text
		}
		u.day, u.past, rest = day, true, cut(m[:2])
	case thenRe.MatchString(text):
		m := anyDateRe.FindStringSubmatchIndex(before)
		if m == nil {
			u.reason = NoDate
			return text
		}
		day, ok := dayOf(group(before, m, 1), group(before, m, 2), group(before, m, 3), group(before, m, 4))
		if !ok {
			u.reason = NoDate
			return text
		}
		u.day, u.past, rest = day, true, cut(thenRe.FindStringIndex(text))
	case previousRe.MatchString(text):
		u.past, u.before, rest = true, true, cut(previousRe.FindStringIndex(text))
	case presentRe.MatchString(text):
		rest = cut(presentRe.FindStringIndex(text))
	}
	if u.day.After(u.today) && u.day.Year() == u.today.Year() {
		u.day = u.today // 今年的规定 is what holds now
	}
	if len(gist(rest)) == 0 {
		return text // the words were all there was
	}
	return rest
}

func group(s string, at []int, n int) string {
	if at[2*n] < 0 {
		return ""
	}
	return s[at[2*n]:at[2*n+1]]
}

// firstDayOf is the first day of a year, a month, or a day. ok is false for no such day.
func firstDayOf(year, month, day string) (time.Time, bool) {
	at := func(s string) int {
		v, n := number([]rune(fold(s)), 0)
		if n == 0 || !v.IsInt() {
			return 0
		}
		return int(v.Num().Int64())
	}
	y, m, d := at(year), max(1, at(month)), max(1, at(day))
	if y < 1000 || m > 12 || d > 31 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d
}

// dayOf is the last day of a year or a month (what was made in it counts as its law),
// or the day; its first day for 初.
func dayOf(year, month, day, edge string) (time.Time, bool) {
	t, ok := firstDayOf(year, month, day)
	switch {
	case !ok || day != "" || edge == "初":
		return t, ok
	case month != "":
		return t.AddDate(0, 1, -1), true
	}
	return t.AddDate(1, 0, -1), true
}
