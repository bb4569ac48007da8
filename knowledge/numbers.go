package knowledge

import (
	"math/big"
	"regexp"
	"strings"
)

// fact is a number as a text means it: 三十日 and 30天 are one fact, 30日 and 30个工作日 two.
type fact struct {
	kind  string // no: 文号, ord: 第…条, pct, date, qty: with a unit, num: without
	value string // exact
	unit  string
}

// longestNumeral in characters; what goes on longer is no number of ours.
const longestNumeral = 30

const (
	hanDigits = "〇一二三四五六七八九"
	hanPowers = "十百千万亿"
)

// unitRe is a unit right after a number; 个工作日 before 个.
var unitRe = regexp.MustCompile(`^(?:[余多几]?)(个工作日|工作日|个月|个自然日|自然日|个小时|小时|分钟|个季度|季度|周岁|周年|个星期|星期|周|年|月|日|天|号|岁|元|块|人|名|位|次|倍|级|份|件|条|项|类|种|个|张|户|期|轮|款|章|节|编|目|步|篇|遍|成|门|场|家|处|届|批|米|公里|平方米|吨|公斤|分|点)`)

// softUnit says that a count is the same whatever it counts by: 五类, 五种, 五个.
const softUnit = "|人|名|位|份|件|条|项|类|种|个|张|户|款|步|篇|遍|门|场|家|处|批|点|"

var docNoRe = regexp.MustCompile(`(\p{Han}{2})\[\s*([0-9]{4})\s*\]\s*第?\s*([0-9]+)\s*号`)

func financial(r rune) rune {
	if i := strings.IndexRune("壹贰叁肆伍陆柒捌玖拾佰仟两", r); i >= 0 {
		return []rune("一二三四五六七八九十百千二")[i/3]
	}
	return r
}

// number reads the number that begins at rs[i] of a folded text: 1,000.5, 3万,
// 二〇一五, 一百二十. n is how many characters it takes, 0 for none.
func number(rs []rune, i int) (v *big.Rat, n int) {
	v = new(big.Rat)
	j := i
	for j < len(rs) && j-i < longestNumeral && isASCIIDigit(rs[j]) || j > i && j+1 < len(rs) && j-i < longestNumeral &&
		(rs[j] == '.' || rs[j] == ',') && isASCIIDigit(rs[j+1]) && isASCIIDigit(rs[j-1]) {
		j++
	}
	if j > i {
		if _, ok := v.SetString(strings.ReplaceAll(string(rs[i:j]), ",", "")); !ok {
			v.SetInt64(0) // 1.2.3 is no number; it stays one by its place
			return v, j - i
		}
		for j < len(rs) && j-i < longestNumeral && strings.ContainsRune("百千万亿", rs[j]) {
			v.Mul(v, power(rs[j]))
			j++
		}
		return v, j - i
	}
	for j < len(rs) && j-i < longestNumeral && strings.ContainsRune(hanDigits+hanPowers, financial(rs[j])) {
		j++
	}
	if j == i || strings.ContainsRune("百千万亿", financial(rs[i])) {
		return v, 0 // 万一, 千万: words
	}
	v = hanNumber(rs[i:j])
	if j+1 < len(rs) && rs[j] == '点' && strings.ContainsRune(hanDigits, rs[j+1]) { // 三点五
		scale := big.NewRat(1, 10)
		for j++; j < len(rs) && j-i < longestNumeral && strings.ContainsRune(hanDigits, rs[j]); j++ {
			d := big.NewRat(int64(strings.IndexRune(hanDigits, rs[j])/3), 1)
			v.Add(v, d.Mul(d, scale))
			scale.Mul(scale, big.NewRat(1, 10))
		}
		for ; j < len(rs) && j-i < longestNumeral && strings.ContainsRune("百千万亿", rs[j]); j++ {
			v.Mul(v, power(rs[j]))
		}
	}
	return v, j - i
}

func isASCIIDigit(r rune) bool { return r >= '0' && r <= '9' }

func power(r rune) *big.Rat {
	switch r {
	case '十':
		return big.NewRat(10, 1)
	case '百':
		return big.NewRat(100, 1)
	case '千':
		return big.NewRat(1000, 1)
	case '万':
		return big.NewRat(10_000, 1)
	}
	return big.NewRat(100_000_000, 1)
}

// hanNumber is the value of 一百二十三 or, digit by digit, of 二〇一五.
func hanNumber(rs []rune) *big.Rat {
	positional := true
	for _, r := range rs {
		positional = positional && strings.ContainsRune(hanDigits, financial(r))
	}
	total, section, digit := new(big.Rat), new(big.Rat), new(big.Rat)
	seen := false // a digit waits for its power
	for _, r := range rs {
		r = financial(r)
		switch i := strings.IndexRune(hanDigits, r); {
		case i >= 0 && positional:
			total.Add(total.Mul(total, big.NewRat(10, 1)), big.NewRat(int64(i/3), 1))
		case i >= 0:
			digit, seen = big.NewRat(int64(i/3), 1), true
		case r == '万' || r == '亿':
			section.Add(section, digit)
			total.Mul(total.Add(total, section), power(r))
			section, digit, seen = new(big.Rat), new(big.Rat), false
		default:
			if !seen {
				digit = big.NewRat(1, 1) // 十五
			}
			section.Add(section, digit.Mul(digit, power(r)))
			digit, seen = new(big.Rat), false
		}
	}
	return total.Add(total, section.Add(section, digit))
}

// facts are the numbers that a text states. A claim must be covered: idle numerals
// (一般, 三重一大, 一个) are none of its. What covers is read generously: every
// reading of every numeral.
func facts(s string, claim bool) []fact {
	s = fold(s)
	var out []fact
	for _, m := range docNoRe.FindAllStringSubmatch(s, -1) {
		out = append(out, fact{"no", m[1] + m[2] + "#" + m[3], ""})
	}
	if claim {
		s = docNoRe.ReplaceAllString(s, " ") // it is covered as a whole
	}
	rs := []rune(s)
	for i := 0; i < len(rs); {
		if f, n := percent(rs, i); n > 0 {
			out = append(out, f)
			i += n
			continue
		}
		if f, n := date(rs, i, claim); n > 0 {
			out = append(out, f...)
			i += n
			continue
		}
		v, n := number(rs, i)
		if n == 0 {
			i++
			continue
		}
		out = append(out, plainFact(rs, i, n, v, claim)...)
		i += n
	}
	return out
}

// percent reads 百分之三十, 30%, 三成.
func percent(rs []rune, i int) (fact, int) {
	for prefix, of := range map[string]int64{"百分之": 1, "千分之": 10, "万分之": 100} {
		if p := []rune(prefix); i+3 < len(rs) && string(rs[i:i+3]) == prefix {
			if v, n := number(rs, i+len(p)); n > 0 {
				return fact{"pct", v.Quo(v, big.NewRat(of, 1)).RatString(), ""}, n + len(p)
			}
		}
	}
	v, n := number(rs, i)
	if n == 0 || i+n >= len(rs) {
		return fact{}, 0
	}
	switch rs[i+n] {
	case '%':
		return fact{"pct", v.RatString(), ""}, n + 1
	case '‰':
		return fact{"pct", v.Quo(v, big.NewRat(10, 1)).RatString(), ""}, n + 1
	}
	return fact{}, 0
}

const numeralPart = `([0-9]{1,4}|[〇一二三四五六七八九十]{1,4})`

var (
	yearRe  = regexp.MustCompile(`^` + numeralPart + `年(?:` + numeralPart + `月(?:` + numeralPart + `[日号])?)?`)
	monthRe = regexp.MustCompile(`^()` + numeralPart + `月` + numeralPart + `[日号]`)
	isoRe   = regexp.MustCompile(`^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})`)
)

// longestDate in characters: 二〇一五年十二月三十一日.
const longestDate = 12

// date reads 2015年, 二〇一五年五月, 2015年5月1日, 5月1日, 2015-05-01. What covers covers
// each part as well.
func date(rs []rune, i int, claim bool) ([]fact, int) {
	if !isASCIIDigit(rs[i]) && !strings.ContainsRune(hanDigits+"十", rs[i]) {
		return nil, 0
	}
	s := string(rs[i:min(len(rs), i+longestDate)])
	var parts []string
	n := 0
	for _, re := range []*regexp.Regexp{yearRe, monthRe, isoRe} {
		m := re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		for _, p := range m[1:] {
			if p != "" {
				v, _ := number([]rune(p), 0)
				p = v.RatString()
			}
			parts = append(parts, p)
		}
		n = len([]rune(m[0]))
		break
	}
	if n == 0 || parts[0] != "" && len(parts[0]) != 4 {
		return nil, 0 // 三年, 3年: how long
	}
	for parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	out := []fact{{"date", strings.Join(parts, "-"), ""}}
	if claim {
		return out, n
	}
	for k, p := range parts {
		if p != "" {
			out = append(out, fact{"num", p, ""}, fact{"date", strings.Join(parts[:k+1], "-"), ""})
		}
	}
	if len(parts) == 3 {
		out = append(out, fact{"date", "-" + parts[1] + "-" + parts[2], ""})
	}
	return out, n
}

// plainFact is a number that is neither a percentage nor a date.
func plainFact(rs []rune, i, n int, v *big.Rat, claim bool) []fact {
	value := v.RatString()
	unit := ""
	if m := unitRe.FindStringSubmatch(string(rs[i+n : min(len(rs), i+n+6)])); m != nil {
		unit = sameUnit(m[1])
	}
	if i > 0 && rs[i-1] == '第' || i > 1 && rs[i-1] == '(' && rs[i-2] == '第' {
		if unit == "" && i+n+1 < len(rs) && rs[i+n] == ')' {
			unit = string(rs[i+n+1]) // 第（三）项
		}
		out := []fact{{"ord", value, unit}}
		if !claim {
			out = append(out, fact{"num", value, ""})
		}
		return out
	}
	if claim {
		arabic := isASCIIDigit(rs[i])
		switch {
		case i > 0 && rs[i-1] == '[' && i+n < len(rs) && rs[i+n] == ']':
			return nil // a mark
		case !arabic && value == "1" && (unit == "" || strings.Contains(softUnit, "|"+unit+"|") || unit == "次" || unit == "点"):
			return nil // 一般, 一个
		case !arabic && n == 1 && unit == "":
			return nil // 三重一大
		case unit == "":
			return []fact{{"num", value, ""}}
		}
		return []fact{{"qty", value, unit}}
	}
	out := []fact{{"num", value, ""}}
	if unit != "" {
		out = append(out, fact{"qty", value, unit})
	}
	if i > 0 && rs[i-1] == '(' {
		out = append(out, fact{"ord", value, "项"})
	}
	return out
}

func sameUnit(u string) string {
	switch u {
	case "天", "个自然日", "自然日", "号":
		return "日"
	case "个工作日":
		return "工作日"
	case "个小时":
		return "小时"
	case "个季度":
		return "季度"
	case "个星期", "星期":
		return "周"
	case "块":
		return "元"
	case "名", "位":
		return "人"
	case "周岁":
		return "岁"
	case "周年":
		return "年"
	}
	return u
}

// unsupported is the first fact of a claim that no fact of what it cites covers.
func unsupported(claim string, by []fact) (fact, bool) {
	have := make(map[fact]bool, len(by))
	for _, f := range by {
		have[f] = true
	}
	for _, f := range facts(claim, true) {
		ok := have[f]
		if f.kind == "num" || f.kind == "qty" && strings.Contains(softUnit, "|"+f.unit+"|") {
			ok = ok || have[fact{"num", f.value, ""}]
		}
		if !ok {
			return f, true
		}
	}
	return fact{}, false
}
