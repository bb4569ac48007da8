package knowledge

import (
	"regexp"
	"strings"
	"unicode"
)

// askPhrases carry no meaning of their own in a question, longer ones first.
const askPhrases = "是什么意思|什么意思|什么是|什么叫|是什么|叫什么|指什么|指的是什么|啥意思|啥是|啥叫|是啥|请问一下|请问|请教|想问一下|想问|" +
	"怎么办理|怎么办|怎么|如何|怎样|咋办|咋|为什么|为何|为啥|在哪里|在哪儿|在哪|哪里|哪儿|哪些|哪几|哪个|哪种|哪|多少|几个|几种|几级|几次|几天|几|多久|多长时间|" +
	"什么时候|何时|什么|啥|能不能|可不可以|是不是|有没有|要不要|该不该|会不会|算不算|是否|能否|可否|谁来|谁|吗|呢|嘛|么|吧|啊|呀"

// thinPhrases are words that a sentence may use or not without saying anything else.
const thinPhrases = "一下|一个|一种|以及|或者|并且|而且|但是|因此|所以|如果|对于|关于|按照|根据|依照|依据|有关|相关|规定|进行|作为|其中|其他|" +
	"我们|你们|他们|自己|本人|单位里|需要|应当|应该|必须|可以|能够|具体|主要|包括|属于|以上|以下|下列|情况下|的话"

const thinRunes = "的了着过和与及或等是在有为于以由对把被从到向就都也还又再很请您你我他她它这那该其之所其此并则"

// fold makes texts comparable character by character: full-width letters and digits
// become ASCII, capitals small, brackets of a 文号 one kind. The number of characters
// stays the same, so positions in the folded text are positions in the text.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '　' || r == '\t' || r == '\u00a0':
			return ' '
		case r == '〔' || r == '【' || r == '［':
			return '['
		case r == '〕' || r == '】' || r == '］':
			return ']'
		case r == '○' || r == 'Ｏ' || r == '零':
			return '〇'
		case r == unicode.ReplacementChar:
			return ' '
		}
		return unicode.ToLower(r)
	}, s)
}

// phrases matches any of a "|" list, as it stands.
func phrases(list string) *regexp.Regexp { return regexp.MustCompile(list) }

var (
	askRe  = phrases(askPhrases)
	thinRe = phrases(thinPhrases)
)

// asking reports whether a text has the form of a question.
func asking(s string) bool {
	return strings.ContainsAny(s, "?？") || askRe.MatchString(s)
}

// gist is a text's content for comparison: pairs of neighbouring Han characters and
// whole words of letters and digits. Words of asking and of grammar are borders.
func gist(s string) map[string]bool {
	out := map[string]bool{}
	for _, run := range runs(s) {
		if len(run) == 1 || !unicode.Is(unicode.Han, run[0]) {
			out[string(run)] = true
			continue
		}
		for i := 0; i+1 < len(run); i++ {
			out[string(run[i:i+2])] = true
		}
	}
	return out
}

// runs are the stretches of a text's content: Han characters, or one word of letters
// and digits.
func runs(s string) (out [][]rune) {
	s = askRe.ReplaceAllString(fold(s), " ")
	s = thinRe.ReplaceAllString(s, " ")
	var run []rune
	han := false
	flush := func() {
		if len(run) > 0 {
			out = append(out, run)
		}
		run = nil
	}
	for _, r := range s {
		isHan := unicode.Is(unicode.Han, r) && !strings.ContainsRune(thinRunes, r)
		isWord := !unicode.Is(unicode.Han, r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
		if !isHan && !isWord || isHan != han {
			flush()
		}
		if isHan || isWord {
			han = isHan
			run = append(run, r)
		}
	}
	flush()
	return out
}

// covered is the share of a's content that b holds, 0–1; 0 for an a without content.
func covered(a, b map[string]bool) float64 {
	if len(a) == 0 {
		return 0
	}
	n := 0
	for t := range a {
		if b[t] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// Plain is a text without anything but letters and digits, folded: for comparing
// titles and whole clauses.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, fold(s))
}
