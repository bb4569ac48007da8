package risk

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
)

// GradingRow is one exception the meeting made. Exactly one of Set, Raise and Return is
// used, or none: the row passes as suggested.
type GradingRow struct {
	No     int
	Set    Level // 定为…级
	Raise  int   // against the suggestion: +1 is one level higher (二级 → 一级), −1 one lower
	Return bool  // 退回
}

// GradingOrder is the meeting's decision on a numbered list: the exceptions, and whether
// every other row passes as suggested.
type GradingOrder struct {
	Rows []GradingRow // by number
	Rest bool
}

// Row returns the exception for that number.
func (o GradingOrder) Row(no int) (GradingRow, bool) {
	for _, r := range o.Rows {
		if r.No == no {
			return r, true
		}
	}
	return GradingRow{}, false
}

// Apply is the level of row no given its suggestion; "" when the row is returned.
func (o GradingOrder) Apply(no int, suggested Level) Level {
	r, ok := o.Row(no)
	switch {
	case !ok:
		return suggested
	case r.Return:
		return ""
	case r.Set != "":
		return r.Set
	case r.Raise != 0 && rank(suggested) > 0:
		return levelAt(rank(suggested) - r.Raise)
	}
	return suggested
}

// ReadBack says the order in the pack's words, for the secretary to confirm. It always
// says whether a row is set to a level or moved against its suggestion.
func (o GradingOrder) ReadBack(p *Pack) string {
	type group struct {
		key, level string
		n          int
		nos        []int
	}
	var groups []*group
	put := func(key, level string, n, no int) {
		for _, g := range groups {
			if g.key == key && g.level == level && g.n == n {
				g.nos = append(g.nos, no)
				return
			}
		}
		groups = append(groups, &group{key, level, n, []int{no}})
	}
	for _, r := range o.Rows {
		switch {
		case r.Return:
			put("grade.back.return", "", 0, r.No)
		case r.Set != "":
			put("grade.back.set", p.LevelLabel(r.Set), 0, r.No)
		case r.Raise == 1:
			put("grade.back.raise", "", 1, r.No)
		case r.Raise > 1:
			put("grade.back.raise2", "", r.Raise, r.No)
		case r.Raise == -1:
			put("grade.back.lower", "", 1, r.No)
		case r.Raise < -1:
			put("grade.back.lower2", "", -r.Raise, r.No)
		default:
			put("grade.back.keep", "", 0, r.No)
		}
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, say(g.key, "list", numbers(g.nos), "level", g.level, "n", strconv.Itoa(g.n)))
	}
	switch {
	case o.Rest && len(lines) == 0:
		lines = append(lines, say("grade.back.all"))
	case o.Rest:
		lines = append(lines, say("grade.back.rest"))
	}
	return strings.Join(lines, "；")
}

// ParseGrading reads what the secretary types after the meeting about rows 1…n
// (none, when only forms without rows are left):
// 除第3条调一级外全部通过; 第2、5条定为二级，其余通过; 3号升一级，7号降为三级，其他同意;
// 全部通过. 调一级, 调为一级 and 定一级 set the level; 升一级, 降一级 move it by one
// against the suggestion. Whatever is not understood is an error that says what to
// write; nothing is guessed and no row is left without a decision.
func ParseGrading(text string, n int) (GradingOrder, error) {
	refuse := func(key string, pairs ...string) (GradingOrder, error) {
		return GradingOrder{}, bot.Refuse(say(key, pairs...), "grading: "+key)
	}
	if n < 0 || utf8.RuneCountInString(text) > 2000 || !utf8.ValidString(text) {
		return refuse("grade.empty")
	}
	w := words().Grading
	toks := gradingTokens(narrow(text), w)
	if len(toks) == 0 {
		return refuse("grade.empty")
	}
	rows := map[int]GradingRow{}
	var pending []int
	rest := false
	for i, t := range toks {
		switch t.kind {
		case tokNumber:
			nos := numberList(t.text)
			if nos == nil {
				return refuse("grade.which")
			}
			// 第2条、第5条定为二级: numbers gather until a decision comes.
			pending = append(pending, nos...)
		case tokSet, tokRaise, tokLower, tokReturn, tokKeep:
			if len(pending) == 0 {
				prev := tokNone
				if i > 0 {
					prev = toks[i-1].kind
				}
				switch {
				case t.kind == tokKeep && prev == tokRest:
					rest = true
				case t.kind == tokKeep && i == 0 && len(toks) > 1:
					// 没意见，… opens the sentence and decides nothing yet.
				case t.kind == tokKeep && (rest || len(rows) == 0 && i == len(toks)-1):
					rest = true
				case (t.kind == tokSet || t.kind == tokReturn || t.kind == tokRaise || t.kind == tokLower) && prev == tokRest:
					decision := decisionOf(t, GradingRow{})
					for no := 1; no <= n; no++ {
						if _, ok := rows[no]; !ok {
							r := decision
							r.No = no
							rows[no] = r
						}
					}
				default:
					return refuse("grade.which")
				}
				continue
			}
			for _, no := range pending {
				if no < 1 || no > n {
					return refuse("grade.range", "n", strconv.Itoa(n), "no", strconv.Itoa(no))
				}
				r := decisionOf(t, GradingRow{No: no})
				if old, ok := rows[no]; ok && old != r {
					return refuse("grade.twice", "no", strconv.Itoa(no))
				}
				rows[no] = r
			}
			pending = nil
		case tokRest:
			if len(pending) > 0 {
				return refuse("grade.what", "list", numbers(pending))
			}
			if i+1 >= len(toks) || toks[i+1].kind == tokNumber || toks[i+1].kind == tokRest {
				return refuse("grade.rest")
			}
		case tokNone, tokExcept: // 除 only opens the numbers that follow
		case tokOther:
			return refuse("grade.left", "text", t.text)
		}
	}
	if len(pending) > 0 {
		return refuse("grade.what", "list", numbers(pending))
	}
	order := GradingOrder{Rest: rest && (len(rows) < n || n == 0)}
	for _, r := range rows {
		order.Rows = append(order.Rows, r)
	}
	sort.Slice(order.Rows, func(i, j int) bool { return order.Rows[i].No < order.Rows[j].No })
	if !rest && len(rows) < max(n, 1) {
		return refuse("grade.rest")
	}
	return order, nil
}

func decisionOf(t gradingToken, r GradingRow) GradingRow {
	switch t.kind {
	case tokSet:
		r.Set = t.level
	case tokRaise:
		r.Raise = t.n
	case tokLower:
		r.Raise = -t.n
	case tokReturn:
		r.Return = true
	default: // keep: the level stands
	}
	return r
}

type tokenKind int

const (
	tokNone tokenKind = iota
	tokNumber
	tokSet
	tokRaise
	tokLower
	tokReturn
	tokKeep
	tokRest
	tokExcept
	tokOther
)

type gradingToken struct {
	kind  tokenKind
	text  string
	level Level
	n     int
}

// gradingTokens cuts the sentence into numbers, decisions and the words for the rest.
// Filler is dropped; anything else becomes tokOther, which ParseGrading refuses.
func gradingTokens(s string, w gradingWords) []gradingToken {
	var out []gradingToken
	prefix := func(re pattern) []string {
		at := re.FindStringSubmatchIndex(s)
		if at == nil || at[0] != 0 || at[1] == 0 {
			return nil
		}
		m := []string{s[:at[1]]}
		if len(at) >= 4 && at[2] >= 0 {
			m = append(m, s[at[2]:at[3]])
		}
		return m
	}
	other := ""
	flush := func() {
		if other != "" {
			out = append(out, gradingToken{kind: tokOther, text: other})
			other = ""
		}
	}
	take := func(m []string, t gradingToken) {
		flush()
		t.text = m[0]
		if len(m) > 1 && (t.kind == tokNumber) {
			t.text = m[1]
		}
		out = append(out, t)
		s = s[len(m[0]):]
	}
	for s != "" {
		if m := prefix(w.Number); m != nil {
			take(m, gradingToken{kind: tokNumber})
		} else if m := prefix(w.Raise); m != nil {
			take(m, gradingToken{kind: tokRaise, n: digit(m[1])})
		} else if m := prefix(w.Lower); m != nil {
			take(m, gradingToken{kind: tokLower, n: digit(m[1])})
		} else if m := prefix(w.Set); m != nil {
			take(m, gradingToken{kind: tokSet, level: levelWord(m[1])})
		} else if m := prefix(w.SetBare); m != nil {
			take(m, gradingToken{kind: tokSet, level: levelWord(m[1])})
		} else if m := prefix(w.Return); m != nil {
			take(m, gradingToken{kind: tokReturn})
		} else if m := prefix(w.Rest); m != nil {
			take(m, gradingToken{kind: tokRest})
		} else if m := prefix(w.All); m != nil {
			take(m, gradingToken{kind: tokRest})
		} else if m := prefix(w.Keep); m != nil {
			take(m, gradingToken{kind: tokKeep})
		} else if m := prefix(w.Except); m != nil {
			take(m, gradingToken{kind: tokExcept})
		} else if m := prefix(w.ExceptEnd); m != nil {
			s = s[len(m[0]):]
			flush()
		} else if m := prefix(w.Bare); m != nil {
			take(m, gradingToken{kind: tokNumber})
		} else if drop := longestPrefix(s, w.Drop); drop != "" {
			s = s[len(drop):]
		} else {
			_, size := utf8.DecodeRuneInString(s)
			if strings.TrimSpace(s[:size]) != "" {
				other += s[:size]
			}
			s = s[size:]
			continue
		}
	}
	flush()
	return mergeRuns(out)
}

// mergeRuns drops a second word for the rest (其余全部通过) and repeated passes (同意通过).
func mergeRuns(toks []gradingToken) []gradingToken {
	return slices.CompactFunc(toks, func(a, b gradingToken) bool {
		return a.kind == b.kind && (a.kind == tokRest || a.kind == tokKeep)
	})
}

func longestPrefix(s string, list []string) string {
	best := ""
	for _, w := range list {
		if len(w) > len(best) && strings.HasPrefix(s, w) {
			best = w
		}
	}
	return best
}

func digit(s string) int {
	n, ok := parseNumber(s)
	if !ok {
		return 1
	}
	return n
}

func levelWord(s string) Level {
	w := words().Grading
	if l, ok := w.Levels[s]; ok {
		return l
	}
	return ""
}

// numberList reads 2、5, 二和五, 3到6; nil when one is not a number or a range is silly.
func numberList(s string) []int {
	w := words().Grading
	var out []int
	for _, part := range w.Between.Split(s, -1) {
		part = strings.TrimSpace(w.Ordinal.ReplaceAllString(part, ""))
		if part == "" {
			continue
		}
		ends := w.Range.Split(part, -1)
		from, ok := parseNumber(strings.TrimSpace(w.Ordinal.ReplaceAllString(ends[0], "")))
		if !ok {
			return nil
		}
		to := from
		if len(ends) == 2 {
			if to, ok = parseNumber(strings.TrimSpace(w.Ordinal.ReplaceAllString(ends[1], ""))); !ok || to < from || to-from > 500 {
				return nil
			}
		} else if len(ends) > 2 {
			return nil
		}
		for no := from; no <= to; no++ {
			if !slices.Contains(out, no) {
				out = append(out, no)
			}
		}
	}
	return out
}

// parseNumber reads 12, 十二, 二十, 一百零三; at most three digits.
func parseNumber(s string) (int, bool) {
	if s == "" {
		return 0, false
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 0 && n < 1000
	}
	digits := words().Digits
	total, cur, seen := 0, 0, false
	for _, r := range s {
		d, ok := digits[string(r)]
		if !ok {
			return 0, false
		}
		seen = true
		switch d {
		case 10, 100:
			if cur == 0 {
				cur = 1
			}
			total += cur * d
			cur = 0
		default:
			cur = cur*10 + d
			if cur > 999 {
				return 0, false
			}
		}
	}
	n := total + cur
	return n, seen && n < 1000
}
