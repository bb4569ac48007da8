package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// named is a document or a clause that a question names.
type named struct {
	title   string // as it was written, without 《》
	number  string // 文号
	article string // its value: 12, or 12-1 for 第十二条之一
}

func (n named) document() bool { return n.title != "" || n.number != "" }

var (
	titleRe   = regexp.MustCompile(`《([^《》]{2,60})》`)
	numberRe  = regexp.MustCompile(`[\p{Han}]{1,12}[〔\[（(【][12][0-9]{3}[〕\]）)】]\s*第?\s*[0-9]{1,5}\s*号`)
	articleRe = regexp.MustCompile(`第\s*([〇零○一二三四五六七八九十百千两0-9０-９]{1,8})\s*条(?:之([一二三四五六七八九十]))?`)
	// 公务员法第十二条: a title without its marks.
	bareTitleRe = regexp.MustCompile(`(\p{Han}{1,28}?(?:法|条例|规定|办法|准则|细则|规则|方案|意见|通知|手册|制度|章程|规范|指引|解释))(?:的|中|里)?$`)
	whoseRe     = regexp.MustCompile(`^(?:请问|请教|根据|按照|依照|依据|那么|那|我想问|想问)+`)
)

// nameIn finds what a question names, and leaves the words to search by.
func nameIn(q string) (search string, n named) {
	search = q
	if m := titleRe.FindStringSubmatch(q); m != nil {
		n.title = m[1]
	}
	if m := numberRe.FindString(q); m != "" {
		n.number = Plain(whoseRe.ReplaceAllString(m, ""))
	}
	at := articleRe.FindStringSubmatchIndex(q)
	if at == nil {
		return search, n
	}
	n.article = articleValue(q[at[0]:at[1]])
	if n.title == "" {
		if m := bareTitleRe.FindStringSubmatch(strings.TrimSpace(q[:at[0]])); m != nil {
			n.title = whoseRe.ReplaceAllString(m[1], "")
		}
	}
	return search, n
}

// articleValue is a clause number for comparison; empty if s holds none.
func articleValue(s string) string {
	m := articleRe.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	v, n := number([]rune(fold(m[1])), 0)
	if n == 0 {
		return ""
	}
	value := v.RatString()
	if m[2] != "" {
		w, _ := number([]rune(m[2]), 0)
		value += "-" + w.RatString()
	}
	return value
}

// clause reports whether a passage is the clause.
func (n named) clause(p Passage) bool {
	if n.article == "" || articleValue(p.Article) == n.article {
		return true
	}
	return p.Article == "" && slices.ContainsFunc(p.Path, func(s string) bool { return strings.HasPrefix(s, "第") && articleValue(s) == n.article })
}

// of reports whether a document is the one that is named: by its 文号, or by a title
// that contains the other one.
func (n named) of(d Document) bool {
	if n.number != "" {
		return d.Number != "" && (strings.Contains(n.number, Plain(d.Number)) || strings.Contains(Plain(d.Number), n.number))
	}
	asked, title := shortTitle(n.title), shortTitle(d.Title)
	if asked == "" || title == "" {
		return false
	}
	if asked == title || strings.Contains(title, asked) {
		return true
	}
	return utf8.RuneCountInString(title) >= 4 && strings.Contains(asked, title) || shortened(asked, title)
}

// shortened reports whether a title is called by some of its words, in their order:
// 零星采购管理办法 for 机关零星采购管理暂行办法.
func shortened(asked, title string) bool {
	rs := []rune(asked)
	if len(rs) < 6 || 10*len(rs) < 6*utf8.RuneCountInString(title) {
		return false
	}
	for _, r := range title {
		if len(rs) > 0 && r == rs[0] {
			rs = rs[1:]
		}
	}
	return len(rs) == 0
}

// shortTitle is a title as people call it.
func shortTitle(s string) string {
	s = Plain(s)
	for _, lead := range []string{"中华人民共和国", "中国共产党"} {
		s = strings.TrimPrefix(s, lead)
	}
	return s
}

// Clause reports whether an article (第十二条) is the one named; any is where none is.
func (n Name) Clause(article string) bool {
	return n.Article == "" || articleValue(article) == n.Article
}

// Numbered reports whether a 文号 is the one named; any is where none is.
func (n Name) Numbered(number string) bool {
	return n.Number == "" || named{number: n.Number}.of(Document{Number: number})
}

// closest orders documents by how near their titles are to the one named: the whole
// title first, then the shortest that contains it.
func (n named) closest(a, b Document) int {
	return titleDistance(n.title, a.Title) - titleDistance(n.title, b.Title)
}

func titleDistance(asked, title string) int {
	d := utf8.RuneCountInString(shortTitle(title)) - utf8.RuneCountInString(shortTitle(asked))
	return max(d, -d)
}
