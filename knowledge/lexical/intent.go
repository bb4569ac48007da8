package lexical

import "strings"

// intents are the forms of a question, the telling ones first: two questions that share
// words but not their form seldom ask the same.
var intents = [][]string{ //nolint:gochecknoglobals // never changed
	{"为什么", "为啥", "为何", "凭什么", "意义", "目的", "图什么"},
	{"什么是", "是什么", "指什么", "啥是", "是啥", "什么叫", "叫什么", "啥叫", "什么意思", "啥意思", "含义", "定义", "怎么理解", "指哪些"},
	{"不同", "区别", "区分", "一回事", "一样", "一码事"},
	{"谁", "哪个部门", "哪些人", "哪个领导", "哪一级"},
	{"多久", "几天", "多长", "期限", "时限", "多少天", "几个工作日"},
	{"什么时候", "何时", "几号", "几月", "啥时候", "时间"},
	{"哪里", "在哪", "哪儿", "什么地方", "哪个渠道"},
	{"几条", "几种", "几类", "几个", "多少", "哪几", "几级", "几次", "几块"},
	{"能不能", "可不可以", "可以", "能", "要不要", "算不算", "是不是", "会不会", "用不用", "需不需要", "行不行", "吗"},
	{"怎么", "如何", "怎样", "咋", "步骤"},
}

// intent is the form of a folded question, -1 where none is plain.
func intent(s string) int {
	for i, words := range intents {
		for _, w := range words {
			if strings.Contains(s, w) {
				return i
			}
		}
	}
	return -1
}
