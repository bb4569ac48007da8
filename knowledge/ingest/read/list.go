package read

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// list is a definition of automatic numbers, of nine levels.
type list struct {
	levels [9]listLevel
	// count is where each level stands; shared by all instances of the definition, as
	// in Word: two instances of one list count on, unless one is told to start anew.
	count   [9]int
	running [9]bool // counted since it last began anew
}

// listLevel is one level of a list: 第%1条.
type listLevel struct {
	text    string // %1 … %9 stand for the numbers of the levels
	format  string // a name of OOXML's ST_NumberFormat
	start   int
	restart int    // begins anew after a level ≤ restart (1–9) was counted; -1: after any higher, 0: never
	legal   bool   // all numbers in decimal
	suffix  string // between the number and the text
	style   string // the paragraph style tied to the level
}

// instance is a use of a list, with levels of its own where it changes them.
type instance struct {
	list     *list
	override [9]*listLevel
	start    [9]int // where the level begins anew at its first use; -1: it does not
	used     [9]bool
}

func newInstance(l *list) *instance {
	return &instance{list: l, start: [9]int{-1, -1, -1, -1, -1, -1, -1, -1, -1}}
}

func (n *instance) level(i int) *listLevel {
	if o := n.override[i]; o != nil {
		return o
	}
	return &n.list.levels[i]
}

// next counts one paragraph at a level (0–8) and returns its number as printed.
func (n *instance) next(i int) string {
	l := n.list
	at := n.level(i)
	switch {
	case n.start[i] >= 0 && (!n.used[i] || !l.running[i]):
		l.count[i] = n.start[i]
	case !l.running[i]:
		l.count[i] = at.start
	default:
		l.count[i]++
	}
	n.used[i], l.running[i] = true, true
	for k := i + 1; k < 9; k++ {
		if r := n.level(k).restart; r < 0 || i < r {
			l.running[k] = false
		}
	}
	if at.format == "bullet" || at.text == "" {
		return ""
	}
	var b strings.Builder
	for j := 0; j < len(at.text); {
		if at.text[j] == '%' && j+1 < len(at.text) && at.text[j+1] >= '1' && at.text[j+1] <= '9' {
			k := int(at.text[j+1] - '1')
			value, format := l.count[k], n.level(k).format
			if !l.running[k] {
				value = n.level(k).start // a level that was never counted stands at its start
			}
			if at.legal && format != "none" {
				format = "decimal"
			}
			b.WriteString(numeral(value, format))
			j += 2
			continue
		}
		_, w := utf8.DecodeRuneInString(at.text[j:])
		b.WriteString(at.text[j : j+w])
		j += w
	}
	if strings.TrimSpace(b.String()) == "" {
		return ""
	}
	return b.String() + at.suffix
}

// numeral writes a number in one of OOXML's number formats. A format we do not know is
// decimal, as in Word for a language it does not know.
func numeral(n int, format string) string {
	if n < 0 || n > 1<<20 {
		return strconv.Itoa(n)
	}
	from := func(first rune, last int, start int) string {
		if n < start || n > last {
			return strconv.Itoa(n)
		}
		return string(first + rune(n-start))
	}
	ring := func(letters string) string {
		r := []rune(letters)
		if n < 1 {
			return strconv.Itoa(n)
		}
		return string(r[(n-1)%len(r)])
	}
	switch format {
	case "none", "bullet":
		return ""
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "upperRoman":
		return roman(n)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperLetter":
		return letters(n)
	case "lowerLetter":
		return strings.ToLower(letters(n))
	case "decimalFullWidth", "decimalFullWidth2":
		return digits(n, "０１２３４５６７８９")
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		switch {
		case n == 0:
			return "⓪"
		case n <= 20:
			return from('①', 20, 1)
		case n <= 35:
			return from('㉑', 35, 21)
		}
		return from('㊱', 50, 36)
	case "decimalEnclosedFullstop":
		return from('⒈', 20, 1)
	case "decimalEnclosedParen":
		return from('⑴', 20, 1)
	case "ideographEnclosedCircle":
		return from('㊀', 10, 1)
	case "ideographTraditional":
		return ring("甲乙丙丁戊己庚辛壬癸")
	case "ideographZodiac":
		return ring("子丑寅卯辰巳午未申酉戌亥")
	case "ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital":
		return digits(n, "〇一二三四五六七八九")
	case "chineseCounting", "taiwaneseCounting":
		// Ten and its multiples up to 99, digit by digit beyond. Word prints a circle
		// for zero; people write 〇.
		if n >= 100 {
			return digits(n, "〇一二三四五六七八九")
		}
		return chinese(n, small)
	case "chineseCountingThousand", "taiwaneseCountingThousand", "japaneseCounting":
		return chinese(n, small)
	case "chineseLegalSimplified":
		return chinese(n, []string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖", "拾", "佰", "仟", "万"})
	case "ideographLegalTraditional", "japaneseLegal":
		return chinese(n, []string{"零", "壹", "貳", "參", "肆", "伍", "陸", "柒", "捌", "玖", "拾", "佰", "仟", "萬"})
	}
	return strconv.Itoa(n)
}

// The numerals of statutes; the formal ones begin ten with a one (壹拾).
var small = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千", "万"}

// chinese writes 0–1,048,576 in words: 一百零一.
func chinese(n int, words []string) string {
	if n == 0 {
		return words[0]
	}
	var b strings.Builder
	if n >= 10000 {
		b.WriteString(chinese(n/10000, words) + words[13])
		if n %= 10000; n > 0 && n < 1000 {
			b.WriteString(words[0])
		}
	}
	gap := false
	for unit, word := 1000, 12; n > 0; unit, word = unit/10, word-1 {
		d := n / unit
		n %= unit
		switch {
		case d == 0:
			gap = b.Len() > 0
			continue
		case gap:
			b.WriteString(words[0])
		}
		gap = false
		if d != 1 || unit != 10 || b.Len() > 0 || words[1] != "一" {
			b.WriteString(words[d])
		}
		if unit > 1 {
			b.WriteString(words[word])
		}
	}
	return strings.Replace(b.String(), words[0]+words[0], words[0], 1)
}

func digits(n int, set string) string {
	r := []rune(set)
	var b strings.Builder
	for _, d := range strconv.Itoa(n) {
		b.WriteRune(r[d-'0'])
	}
	return b.String()
}

func roman(n int) string {
	if n < 1 || n > 9999 {
		return strconv.Itoa(n)
	}
	values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
	signs := []string{"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"}
	var b strings.Builder
	for i, v := range values {
		for ; n >= v; n -= v {
			b.WriteString(signs[i])
		}
	}
	return b.String()
}

// letters writes A … Z, AA, BB … as Word does.
func letters(n int) string {
	if n < 1 || n > 26*40 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('A'+(n-1)%26)), (n-1)/26+1)
}
