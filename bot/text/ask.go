package text

import "strings"

// Policy questions.
const (
	AskAnswer    = "%s\n——《%s》%s"
	AskNone      = "没有找到能回答这个问题的条款，不敢乱说。可以换个说法再问，或请教%s。"
	PathArrow    = " › "
	QuestionMark = "？"
	AskSure      = "什么是|什么叫|啥是|啥叫|请问|为什么|怎么|如何|怎样|谁来|哪些"
	AskWords     = "什么是|什么叫|是什么|是啥|为什么|怎么|如何|怎样|谁|哪些|哪个|多少|几级|几种|区别|能不能|可不可以|是不是|指什么|什么意思|有哪|哪几|什么时候"
	AskEnds      = "吗|呢|么|嘛"
)

// Starts reports whether said begins with one of the phrases.
func Starts(phrases, said string) bool {
	for p := range strings.SplitSeq(phrases, "|") {
		if strings.HasPrefix(said, p) {
			return true
		}
	}
	return false
}

// Ends reports whether said ends with one of the phrases.
func Ends(phrases, said string) bool {
	for p := range strings.SplitSeq(phrases, "|") {
		if strings.HasSuffix(said, p) {
			return true
		}
	}
	return false
}

// Has reports whether said contains one of the phrases.
func Has(phrases, said string) bool {
	for p := range strings.SplitSeq(phrases, "|") {
		if strings.Contains(said, p) {
			return true
		}
	}
	return false
}

// Cut takes the phrase off that said begins with.
func Cut(phrases, said string) (rest string, ok bool) {
	for p := range strings.SplitSeq(phrases, "|") {
		if rest, ok = strings.CutPrefix(said, p); ok {
			return rest, true
		}
	}
	return said, false
}
