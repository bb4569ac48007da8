package form

import (
	"strings"
	"unicode"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

const list = "、"

// clean trims a cell: every kind of blank at its ends, zero-width characters and
// line endings of other systems.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\u200c', '\u200d', '\ufeff', '\r':
			return -1
		case '\u00a0', '\u3000', '\t', '\u2002', '\u2003':
			return ' '
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n"))
	return strings.TrimFunc(s, unicode.IsSpace)
}

// word drops the blanks inside a name, except between two Latin letters.
func word(s string) string {
	rs := []rune(clean(s))
	var b strings.Builder
	for i, r := range rs {
		if unicode.IsSpace(r) {
			if i > 0 && i+1 < len(rs) && rs[i-1] < unicode.MaxASCII && rs[i+1] < unicode.MaxASCII && !unicode.IsSpace(rs[i+1]) {
				b.WriteRune(' ')
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fold makes spellings of one word equal: full-width letters and signs, case, blanks.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u200b', r == '\ufeff':
			return -1
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '【', r == '〔', r == '［':
			r = '('
		case r == '】', r == '〕', r == '］':
			r = ')'
		}
		return unicode.ToLower(r)
	}, s)
}

// label folds a header cell: what stands in brackets, stars and colons are dropped.
func label(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range fold(s) {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth = max(0, depth-1)
		case depth == 0 && r != '*' && r != ':' && r != '★':
			b.WriteRune(r)
		}
	}
	return b.String()
}

// words splits a list: 、 ； ， / and line ends.
func words(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、;；,，/／\n", r) }) {
		if w = word(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// first is the official spelling of a bar-separated word.
func first(spellings string) string {
	w, _, _ := strings.Cut(spellings, "|")
	return w
}

// among reports whether a folded word is one of the spellings.
func among(spellings, folded string) bool {
	for w := range strings.SplitSeq(spellings, "|") {
		if fold(w) == folded {
			return true
		}
	}
	return false
}

// choice is one allowed value of a column.
type choice[T ~string] struct {
	spellings string
	value     T
}

func pick[T ~string](of []choice[T], said string) (T, bool) {
	k := fold(said)
	for _, c := range of {
		if among(c.spellings, k) {
			return c.value, true
		}
	}
	return "", false
}

func offered[T ~string](of []choice[T]) []string {
	out := make([]string, len(of))
	for i, c := range of {
		out[i] = first(c.spellings)
	}
	return out
}

func strata() []choice[risk.Stratum] {
	return []choice[risk.Stratum]{
		{text.FormStratumLeader, risk.StratumLeader},
		{text.FormStratumMiddle, risk.StratumMiddle},
		{text.FormStratumKey, risk.StratumKey},
		{text.FormStratumGeneral, risk.StratumGeneral},
	}
}

func tags() []choice[risk.PowerTag] {
	return []choice[risk.PowerTag]{
		{text.FormTagPeople, risk.TagPeople},
		{text.FormTagMoney, risk.TagMoney},
		{text.FormTagGoods, risk.TagGoods},
		{text.FormTagEnforce, risk.TagEnforce},
		{text.FormTagPermit, risk.TagPermit},
		{text.FormTagSecret, risk.TagSecret},
	}
}

// roles are the names of DOMAIN.md §1.3 that somebody of the roster can hold.
func roles() []choice[bot.Role] {
	return []choice[bot.Role]{
		{text.FormRoleHolder, bot.RolePostHolder},
		{text.FormRoleHead, bot.RoleSectionHead},
		{text.FormRoleLeader, bot.RoleLeaderInCharge},
		{text.FormRolePrincipal, bot.RolePrincipal},
		{text.FormRoleChair, bot.RoleGroupChair},
		{text.FormRoleDirector, bot.RoleOfficeDirector},
		{text.FormRoleOffice, bot.RoleOfficeMember},
		{text.FormRoleDiscipline, bot.RoleDiscipline},
		{text.FormRoleAuthority, bot.RoleDiscAuthority},
		{text.FormRoleIT, bot.RoleITAdmin},
		{text.FormRoleAuditor, bot.RoleAuditor},
	}
}

func classes() []choice[risk.PowerClass] {
	return []choice[risk.PowerClass]{
		{text.FormClassAdministrative, risk.Administrative},
		{text.FormClassInternal, risk.Internal},
		{text.FormClassKeyBusiness, risk.KeyBusiness},
	}
}

func categories() []choice[risk.Category] {
	return []choice[risk.Category]{
		{text.FormCategoryDuty, risk.Duty},
		{text.FormCategoryInstitution, risk.Institution},
		{text.FormCategoryEthics, risk.Ethics},
		{text.FormCategoryProcess, risk.Process},
		{text.FormCategoryExternal, risk.External},
	}
}

func levels() []choice[risk.Level] {
	return []choice[risk.Level]{{text.FormLevel1, risk.L1}, {text.FormLevel2, risk.L2}, {text.FormLevel3, risk.L3}}
}

// withoutTail drops one of the tails (岗位职责风险 → 岗位职责), the longest first.
func withoutTail(s, tails string) string {
	s = word(s)
	for t := range strings.SplitSeq(tails, "|") {
		if head, ok := strings.CutSuffix(s, t); ok && head != "" {
			return head
		}
	}
	return s
}

func categoryOf(s string) (risk.Category, bool) {
	if v, ok := pick(categories(), s); ok {
		return v, true
	}
	return pick(categories(), withoutTail(s, text.FormCategorySuffix))
}

func levelOf(s string) (risk.Level, bool) {
	if v, ok := pick(levels(), s); ok {
		return v, true
	}
	return pick(levels(), withoutTail(s, text.FormLevelSuffix))
}

// numbered splits a cell that holds several things: 1. 2. 3., ①②③, 一、二、, (1)(2)
// in unbroken order, else lines that end like sentences. The numbers are dropped.
func numbered(s string) []string {
	s = clean(s)
	if s == "" {
		return nil
	}
	rs := []rune(s)
	var parts []string
	next, from := 1, 0
	atStart := true // a number counts at the start, and after a blank or a full stop
	for i := 0; i < len(rs); i++ {
		if atStart || rs[i] >= '①' && rs[i] <= '⑳' {
			if n, width := marker(rs[i:]); width > 0 && n == next {
				if before := strings.Trim(string(rs[from:i]), " \n"); before != "" {
					parts = append(parts, before)
				}
				next++
				from = i + width
				i = from - 1
				atStart = false
				continue
			}
		}
		atStart = unicode.IsSpace(rs[i]) || strings.ContainsRune("；;。：:", rs[i])
	}
	if next > 2 || next == 2 && len(parts) == 0 {
		if rest := clean(string(rs[from:])); rest != "" {
			parts = append(parts, rest)
		}
		return oneLineEach(parts)
	}
	return sentences(s)
}

// sentences splits at line ends that look like the end of a sentence; other line
// ends are where somebody wrapped by hand.
func sentences(s string) []string {
	var out []string
	open := false
	for line := range strings.SplitSeq(s, "\n") {
		line = clean(line)
		if line == "" {
			continue
		}
		if open {
			out[len(out)-1] += line
		} else {
			out = append(out, line)
		}
		open = !strings.ContainsAny(line[len(line)-1:], ";.!") && !strings.HasSuffix(line, "。") &&
			!strings.HasSuffix(line, "；") && !strings.HasSuffix(line, "！") && !strings.HasSuffix(line, "）")
	}
	return out
}

func oneLineEach(parts []string) []string {
	for i, p := range parts {
		parts[i] = strings.Join(strings.FieldsFunc(p, func(r rune) bool { return r == '\n' }), "")
	}
	return parts
}

// marker reads a list number at the start of rs: its value and length, or 0, 0.
func marker(rs []rune) (n, width int) {
	if len(rs) == 0 {
		return 0, 0
	}
	if rs[0] >= '①' && rs[0] <= '⑳' {
		return int(rs[0]-'①') + 1, 1
	}
	i := 0
	bracket := rs[0] == '(' || rs[0] == '（'
	if bracket {
		i++
	}
	start := i
	for i < len(rs) && i-start < 2 && digit(rs[i]) >= 0 {
		n = n*10 + digit(rs[i])
		i++
	}
	han := false
	if i == start {
		n, i = hanNumber(rs, i)
		han = true
	}
	if i == start || i >= len(rs) {
		return 0, 0
	}
	switch r := rs[i]; {
	case r == ')' || r == '）':
	case bracket:
		return 0, 0
	case r == '、', !han && (r == '.' || r == '．'):
		if i+1 < len(rs) && digit(rs[i+1]) >= 0 && r != '、' {
			return 0, 0 // 1.5 is a number
		}
	default:
		return 0, 0
	}
	return n, i + 1
}

func digit(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0')
	case r >= '０' && r <= '９':
		return int(r - '０')
	}
	return -1
}

// hanNumber reads 一 … 九十九 at rs[i:]; the length is 0 when there is none.
func hanNumber(rs []rune, i int) (n, end int) {
	const digits = text.FormHanDigits
	value := func(r rune) int {
		for k, d := range []rune(digits) {
			if d == r {
				return k + 1
			}
		}
		return 0
	}
	if i < len(rs) {
		if v := value(rs[i]); v > 0 {
			n, i = v, i+1
		}
	}
	if i < len(rs) && string(rs[i]) == text.FormHanTen {
		n, i = max(n, 1)*10, i+1
		if i < len(rs) {
			if v := value(rs[i]); v > 0 {
				n, i = n+v, i+1
			}
		}
	}
	return n, i
}

// RoleNamed finds a role by one of the names a roster may use for it.
func RoleNamed(name string) (bot.Role, bool) { return pick(roles(), name) }
