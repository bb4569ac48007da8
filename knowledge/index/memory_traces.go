package index

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"qingfeng/knowledge/lexical"
)

// traces are what is compared of a question: its terms without the words that only
// ask, and the marks that make two questions different ones though they share nearly
// every character.
type traces struct {
	grams []int32 // distinct hashes, the telling ones (pairs and words) first
	marks string
}

// sparse is the grams as question_memory keeps them.
func (t traces) sparse() string {
	all := make([]weight, len(t.grams))
	for i, g := range t.grams {
		all[i] = weight{g, 1}
	}
	return sparse(all).String()
}

// markWords are levels, degrees and negations.
var markWords = regexp.MustCompile(`[正副][国省部厅局处县科乡股]级?|[国省市县乡区]级|[部厅局处科股]级|特别重大|特别严重|特别巨大|巨大|重大|较大|严重|一般|较重|较轻|轻微|[高中低]风险|[高中初]级|主要|次要|在职|离职|退休|[不未没无非免禁]`)

func tracesOf(question string) traces {
	kept := map[string]bool{} // what is searched for: without asking words, with words of the law added
	for _, w := range lexical.Question(question) {
		kept[w.Text] = true
	}
	var single, telling []int32
	var plain, numbers strings.Builder
	for _, t := range lexical.Terms(question) {
		if !kept[t] {
			continue
		}
		r := []rune(t)
		if isNumber(r) {
			numbers.WriteString(t)
			numbers.WriteByte(' ')
		}
		if len(r) == 1 && unicode.Is(unicode.Han, r[0]) {
			plain.WriteString(t)
			single = append(single, lexical.Hash(t))
			continue
		}
		telling = append(telling, lexical.Hash(t))
	}
	marks := strings.Join(markWords.FindAllString(plain.String(), -1), " ")
	t := traces{marks: numbers.String() + "|" + strings.NewReplacer("未", "不", "没", "不").Replace(marks)}
	for _, h := range append(telling, single...) {
		if !slices.Contains(t.grams, h) {
			t.grams = append(t.grams, h)
		}
	}
	return t
}

// isNumber reports a term that counts or numbers: 15, 5万, 第12条, 五.
func isNumber(r []rune) bool {
	if len(r) == 1 {
		return strings.ContainsRune("零〇一二两三四五六七八九十百千万亿0123456789", r[0])
	}
	return slices.ContainsFunc(r, unicode.IsDigit)
}

// shared is twice what two sets share over what they are together (Dice), 0–1.
func shared(a, b []int32) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	both := 0
	for _, x := range a {
		if slices.Contains(b, x) {
			both++
		}
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}
