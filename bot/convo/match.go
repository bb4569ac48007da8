package convo

import (
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// Choices is what a card lets a person choose, in the order in which a text shows
// it and a number counts it.
type Choices struct {
	Options []bot.Option `json:"options,omitempty"` // of Buttons or Pick, without those that open a page
	Multi   bool         `json:"multi,omitempty"`
	Pick    bool         `json:"pick,omitempty"`
	Selects []bot.Select `json:"selects,omitempty"`
}

// ChoicesOf reads them off a card. The text form of a card numbers exactly these.
func ChoicesOf(c bot.Card) Choices {
	var ch Choices
	switch {
	case c.Pick != nil:
		ch.Options, ch.Multi, ch.Pick = c.Pick.Options, c.Pick.Multi, true
	case len(c.Selects) > 0:
		ch.Selects = c.Selects
	default:
		for _, o := range c.Buttons {
			if o.URL == "" {
				ch.Options = append(ch.Options, o)
			}
		}
	}
	return ch
}

func (c Choices) empty() bool { return len(c.Options) == 0 && len(c.Selects) == 0 }

func (c Choices) option(key string) (bot.Option, bool) {
	for _, o := range c.Options {
		if o.Key == key {
			return o, true
		}
	}
	return bot.Option{}, false
}

// label names what was chosen, for the card that shows it.
func (c Choices) label(a Answer) string {
	switch len(a.Keys) {
	case 0:
		return ""
	case 1:
		if o, ok := c.option(a.Keys[0]); ok {
			return o.Text
		}
	}
	return ""
}

// Fold makes what people type comparable: full-width letters, digits and
// punctuation become half-width, spaces collapse, keycap emoji lose their caps.
func Fold(s string) string { return fold(s, true) }

// FoldText folds digits, letters and spaces but leaves the punctuation of a
// sentence as its author wrote it.
func FoldText(s string) string { return fold(s, false) }

func fold(s string, punctuation bool) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case r == '\n' && !punctuation:
			// lines of a sentence stay lines
		case r == ' ' || r == '\u3000' || r == '\u00a0' || r == '\t' || r == '\n' || r == '\r':
			space = b.Len() > 0
			continue
		case r == '\u20e3' || r == '\ufe0f' || r == '\ufe0e' || r == '\u200b' || r == '\u200d' || r == '\ufeff':
			continue
		case r >= '\uff10' && r <= '\uff19', r >= '\uff21' && r <= '\uff3a', r >= '\uff41' && r <= '\uff5a':
			r -= 0xfee0
		case r >= '\uff01' && r <= '\uff5e' && punctuation:
			r -= 0xfee0
		case r == '\u3002' && punctuation: // the Chinese full stop
			r = '.'
		case r >= '\u2460' && r <= '\u2468': // circled digits
			r = '1' + r - '\u2460'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	if punctuation {
		return b.String()
	}
	return strings.TrimSpace(b.String())
}

// cutAny drops the first word of the list that s begins with.
func cutAny(s, list string) (string, bool) {
	for w := range strings.SplitSeq(list, "|") {
		if rest, ok := strings.CutPrefix(s, w); ok {
			return rest, true
		}
	}
	return s, false
}

const (
	maxNumber = 999 // nothing we number goes further
	maxMany   = 50
)

// Numbers reads a folded text that consists of numbers and of nothing else: 2,
// 第二条, 选2, 2号, 1、3, 选1和3, 1-3. A date, a fraction or a decimal is not one.
func Numbers(s string) (numbers []int, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > 200 {
		return nil, false
	}
	if rest, cut := cutAny(s, text.WordsBeforeNumber); cut {
		s = strings.TrimLeft(rest, " :")
	}
	s = strings.TrimLeft(s, "(")
	for s != "" {
		n, rest, found := oneNumber(s)
		if !found {
			return nil, false
		}
		if len(numbers) == maxMany {
			return nil, false
		}
		numbers = append(numbers, n)
		s = rest
		if to, last, isRange := rangeTo(s); isRange {
			if last <= n || last-n >= maxMany {
				return nil, false
			}
			for m := n + 1; m <= last; m++ {
				numbers = append(numbers, m)
			}
			s = to
		}
		s = separator(s)
	}
	return numbers, len(numbers) > 0 && len(numbers) <= maxMany
}

// rangeTo reads "-3" or "到3" after a number.
func rangeTo(s string) (rest string, last int, ok bool) {
	t := strings.TrimLeft(s, " ")
	u, cut := cutAny(t, "-|~|"+text.WordsNumberTo)
	if !cut {
		return s, 0, false
	}
	n, rest, found := oneNumber(strings.TrimLeft(u, " "))
	if !found {
		return s, 0, false
	}
	return rest, n, true
}

// oneNumber reads 第2条: an optional 第, digits or Chinese numerals, an optional unit.
func oneNumber(s string) (n int, rest string, ok bool) {
	s, _ = cutAny(s, text.WordsOrdinal)
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		if digits == 3 {
			return 0, s, false
		}
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	if digits > 0 {
		rest = s[digits:]
	} else if n, rest, ok = chineseNumber(s); !ok {
		return 0, s, false
	}
	if n < 1 || n > maxNumber {
		return 0, s, false
	}
	rest, _ = cutAny(rest, text.WordsNumberUnit)
	return n, rest, true
}

// chineseNumber reads 一 … 九十九 and 两.
func chineseNumber(s string) (n int, rest string, ok bool) {
	if rest, cut := strings.CutPrefix(s, text.WordsTwo); cut {
		return 2, rest, true
	}
	digit := func(s string) (int, string) {
		value := 0
		for d := range strings.SplitSeq(text.WordsDigits, "") {
			if rest, cut := strings.CutPrefix(s, d); cut {
				return value, rest
			}
			value++
		}
		return -1, s
	}
	n, rest = digit(s)
	after, ten := strings.CutPrefix(rest, text.WordsTen)
	switch {
	case n == 0 || n < 0 && !ten:
		return 0, s, false
	case !ten:
		return n, rest, true
	case n < 0:
		n = 1
	}
	ones, left := digit(after)
	if ones > 0 {
		return n*10 + ones, left, true
	}
	return n * 10, after, true
}

// separator drops what may stand between numbers or after the last one. A point
// between two digits is none: 1.5 and 2024.5.1 are not lists. What it cannot drop
// it leaves with a mark that no number begins with.
func separator(s string) string {
	for start := s; s != ""; {
		switch {
		case strings.HasPrefix(s, "、"):
			s = s[len("、"):]
		case s[0] == '.' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
			return s
		case strings.IndexByte(" ,;&+()!~.", s[0]) >= 0:
			s = s[1:]
		default:
			if rest, cut := cutAny(s, text.WordsNumberJoin); cut && rest != "" {
				s = rest
				continue
			}
			if rest, cut := cutAny(s, text.WordsNumberTail); cut {
				s = rest
				continue
			}
			if s == start {
				return "?" + s // numbers without anything between are not two numbers
			}
			return s
		}
	}
	return s
}

// Letter reads "B2" or "b 1、3": a list's letter and numbers of it.
func Letter(s string) (letter string, numbers []int, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 {
		return "", nil, false
	}
	c := s[0] &^ 0x20
	if c < 'A' || c > 'Z' {
		return "", nil, false
	}
	rest := strings.TrimLeft(s[1:], " ")
	if rest == "" || rest[0] < '0' || rest[0] > '9' {
		return "", nil, false
	}
	numbers, ok = Numbers(rest)
	return string(rune(c)), numbers, ok
}

// byNumber turns numbers into an answer.
func (c Choices) byNumber(numbers []int) (Answer, bool) {
	var a Answer
	if len(c.Selects) > 0 {
		if len(numbers) != len(c.Selects) {
			return a, false
		}
		a.Selected = make(map[string]string, len(numbers))
		for i, n := range numbers {
			if n > len(c.Selects[i].Options) {
				return Answer{}, false
			}
			a.Selected[c.Selects[i].Key] = c.Selects[i].Options[n-1].Key
		}
		return a, true
	}
	if len(numbers) > 1 && !c.Multi {
		return a, false
	}
	for _, n := range numbers {
		if n > len(c.Options) {
			return Answer{}, false
		}
		a.Keys = appendNew(a.Keys, c.Options[n-1].Key)
	}
	return a, len(a.Keys) > 0
}

// byLabel turns words into an answer: the exact label or one of its other
// wordings; unless exact, also a label with a particle behind it or an
// unmistakable beginning of one.
func (c Choices) byLabel(s string, exact bool) (Answer, bool) {
	if len(c.Selects) > 0 {
		return c.bySelectLabels(s)
	}
	if key, ok := oneLabel(c.Options, s, exact); ok {
		return Answer{Keys: []string{key}}, true
	}
	if !c.Multi || exact {
		return Answer{}, false
	}
	for w := range strings.SplitSeq(text.WordsEvery, "|") {
		if s == w {
			var a Answer
			for _, o := range c.Options {
				a.Keys = append(a.Keys, o.Key)
			}
			return a, len(a.Keys) > 0
		}
	}
	parts := splitList(s)
	if len(parts) < 2 {
		return Answer{}, false
	}
	var a Answer
	for _, part := range parts {
		key, ok := oneLabel(c.Options, part, true)
		if !ok {
			return Answer{}, false
		}
		a.Keys = appendNew(a.Keys, key)
	}
	return a, true
}

func (c Choices) bySelectLabels(s string) (Answer, bool) {
	parts := splitList(s)
	if len(parts) != len(c.Selects) {
		return Answer{}, false
	}
	a := Answer{Selected: make(map[string]string, len(parts))}
	for i, part := range parts {
		key, ok := oneLabel(c.Selects[i].Options, part, true)
		if !ok {
			return Answer{}, false
		}
		a.Selected[c.Selects[i].Key] = key
	}
	return a, true
}

// oneLabel finds the one option that s names.
func oneLabel(options []bot.Option, s string, exact bool) (string, bool) {
	s = bare(s)
	if s == "" {
		return "", false
	}
	for _, o := range options {
		if s == bare(Fold(o.Text)) {
			return o.Key, true
		}
		for _, say := range o.Say {
			if s == bare(Fold(say)) {
				return o.Key, true
			}
		}
	}
	// "1 同意": the number as it was shown, and the label.
	for i, o := range options {
		if n, rest, ok := oneNumber(s); ok && n == i+1 && bare(strings.TrimLeft(rest, " .、,:)")) == bare(Fold(o.Text)) {
			return o.Key, true
		}
	}
	if exact {
		return "", false
	}
	if rest, cut := cutAny(s, text.WordsBeforeNumber); cut {
		if key, ok := oneLabel(options, rest, true); ok {
			return key, true
		}
	}
	found, hits := "", 0
	for _, o := range options {
		if nearLabel(s, bare(Fold(o.Text))) {
			found, hits = o.Key, hits+1
			continue
		}
		for _, say := range o.Say {
			if nearLabel(s, bare(Fold(say))) {
				found, hits = o.Key, hits+1
				break
			}
		}
	}
	return found, hits == 1
}

// nearLabel: the label with particles behind it, or a beginning of at least two
// characters. Anything else behind a label may turn its meaning round (同意不了).
func nearLabel(s, label string) bool {
	if label == "" {
		return false
	}
	if rest, cut := strings.CutPrefix(s, label); cut {
		for rest != "" {
			shorter, cut := cutAny(strings.TrimLeft(rest, " ,.!~"), text.WordsAfterLabel)
			if !cut {
				return false
			}
			rest = shorter
		}
		return true
	}
	return utf8.RuneCountInString(s) >= 2 && strings.HasPrefix(label, s)
}

// bare drops quotes, closing punctuation and case.
func bare(s string) string {
	s = strings.Trim(s, text.WordsQuotes+" ")
	s = strings.TrimRight(s, ".!~,;? ")
	return strings.ToLower(s)
}

func splitList(s string) []string {
	for w := range strings.SplitSeq(text.WordsNumberJoin, "|") {
		s = strings.ReplaceAll(s, w, ",")
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '、' || r == ' ' || r == ';' })
}

func appendNew(keys []string, key string) []string {
	for _, have := range keys {
		if have == key {
			return keys
		}
	}
	return append(keys, key)
}
