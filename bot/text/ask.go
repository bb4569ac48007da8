package text

import "strings"

// Policy questions.
const (
	PathArrow    = " › "
	QuestionMark = "？"
	AskSure      = "什么是|什么叫|啥是|啥叫|请问|为什么|怎么|如何|怎样|谁来|哪些|什麼是|什麼叫|請問|為什麼|怎麼|怎樣"
	AskWords     = "什么是|什么叫|是什么|是啥|为什么|怎么|如何|怎样|谁|哪些|哪个|多少|几级|几种|区别|能不能|可不可以|是不是|指什么|什么意思|有哪|哪几|什么时候|什麼|為什麼|怎麼|怎樣|誰|區別|第几条|几天|几日|几号|几年|几月|几个|几次|几人|几份|几类|几步|几点|哪里|哪儿|哪天|去哪|是否|能否|可否|何时|何种|啥|多久|多长时间|哪一条|哪条|什么条件|什么程序|什么标准|什么流程|什么材料|要不要|该不该|有没有规定|咋办|咋处理|算不算|应不应该|请问|想问|请教"
	AskEnds      = "吗|呢|么|嘛|嗎|麼|没有规定|有规定没有|合规不|行不行|对不对|违规不|违纪不"

	// AskHandbook is the built-in library's name.
	AskHandbook = "手册"
	AskDiffer   = "下面两份现行文件的说法不一样，分别列出，请以对你单位有约束力的为准，拿不准时请教防控办："
	AskSource   = "[%d]《%s》%s %s%s%s"
	AskQuote    = "：“%s”"
	AskVersion  = "（%s）"
	AskLapsed   = "（已于 %s 失效，仅供对照）"
)

// AskWhy says why there is no answer, or none without a reserve, and what to do; the
// codes are knowledge.Reason.
func AskWhy(reason string) string {
	switch reason {
	case "no_words":
		return "没有看到问题。请直接写出想问的事，例如：什么是三重一大？"
	case "symbols":
		return "只看到符号，没有看到问题。请用文字写出想问的事。"
	case "pinyin":
		return "没有找到。如果是拼音，请换成汉字再问。"
	case "no_subject":
		return "不知道您接着哪个问题问。请把问题写完整，例如：二级风险由谁监控？"
	case "no_date":
		return "不知道“当时”是哪一天。请写出日期，例如：2015年5月的规定。"
	case "which_one":
		return "请写出文件名称，例如：《廉洁从业若干规定》第十二条。"
	case "no_document":
		return "知识库里没有您说的这份文件（或不在您的阅读范围内）。可请防控办补充。"
	case "no_clause":
		return "这份文件里没有您说的这一条，请核对条号。"
	case "nothing_else":
		return "没有更多相关条款了。"
	case "weak", "model_unsure", "unverified":
		return "没有找到直接规定，下面的条款可能相关，仅供参考："
	case "only_lapsed":
		return "只找到已经失效的规定，现行规定没有找到，仅供对照："
	}
	return "没有找到能回答这个问题的条款，不敢乱说。可以换个说法再问，或请教防控办。"
}

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
