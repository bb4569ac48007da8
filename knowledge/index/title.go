package index

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// revision is what a title carries to tell versions apart: （2018年修正）, 〔2023〕,
// (试行), 2020年修订.
var revision = regexp.MustCompile(`[(（〔\[【][^()（）〔〕\[\]【】]{0,30}?(?:\d{4}|修订|修正|修改|试行|暂行|最新|全文|征求意见稿|通过|公布|发布|施行)[^()（）〔〕\[\]【】]{0,30}?[)）〕\]】]|(?:19|20)\d{2}年?(?:修订|修正|修改)(?:版|本|稿)?|(?:修订|修正)(?:版|本|稿)$`)

// titleKey is a title as it is compared, so that versions of one document meet: no
// brackets, no notes of a revision, no blanks, no 中华人民共和国.
func titleKey(title string) string {
	t := norm.NFKC.String(title)
	if cut := revision.ReplaceAllString(t, ""); strings.TrimFunc(cut, notWord) != "" {
		t = cut
	}
	t = strings.Map(func(r rune) rune {
		if notWord(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, t)
	if short := strings.TrimPrefix(t, "中华人民共和国"); short != "" {
		t = short
	}
	if t == "" { // a title of signs only
		return strings.TrimSpace(title)
	}
	return t
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// standing ends the titles of rules that are revised under one name, each time under
// a new 文号. A notice of the same name and another number is another notice.
var standing = regexp.MustCompile(`(?:法|条例|规定|办法|细则|规则|准则|制度|规程|章程|规范|守则|标准|解释)$`)

// numberKey is a 文号 as it is compared: brackets and blanks of any kind are alike.
func numberKey(number string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case strings.ContainsRune("([〔【〈", r):
			return '['
		case strings.ContainsRune(")]〕】〉", r):
			return ']'
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(number))
}

// clauseOf ends a title that names one clause of a document.
var clauseOf = regexp.MustCompile(`第[零〇一二两三四五六七八九十百千0-9]+条(?:之[一二三四五六七八九十0-9]+)?\s*$`)

// SplitTitle takes the clause off a title that names one: 公务员法第十二条 is 公务员法 and
// 第十二条. article is empty where there is none.
func SplitTitle(title string) (document, article string) {
	article = strings.TrimSpace(clauseOf.FindString(title))
	return strings.TrimSpace(clauseOf.ReplaceAllString(title, "")), article
}
