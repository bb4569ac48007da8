package risk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file reads sentences: who did what, and is it said to have happened? Chinese has
// no spaces and no capitals, so a name counts only with a title, with 某某, or with a
// time or verb directly behind it; and a deed counts only with its object (两条烟), or
// when the word alone means wrongdoing (受贿). Everything errs towards letting pass.

// deeds returns the rule of the worst sentence, person before own, or "".
func deeds(text string) string {
	own := ""
	for _, st := range sentences(narrow(text)) {
		switch deedIn(st) {
		case RulePerson:
			return RulePerson
		case RuleOwn:
			own = RuleOwn
		}
	}
	return own
}

// sentences splits at full stops; a question keeps the sentence before it, since people
// ask in two breaths (去年收了两条烟。怎么上交？).
func sentences(s string) []string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("。!;\n\r", r) })
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if n := len(out); n > 0 && utf8.RuneCountInString(p) <= 16 && containsAny(p, guards().Ask) {
			out[n-1] += "," + p
			continue
		}
		out = append(out, p)
	}
	return out
}

// deedIn judges one sentence.
func deedIn(st string) string {
	g := guards()
	if utf8.RuneCountInString(st) > 400 {
		// A pasted page without a full stop: look at it in overlapping pieces.
		rs := []rune(st)
		own := ""
		for i := 0; i < len(rs); i += 300 {
			switch deedIn(string(rs[i:min(i+400, len(rs))])) {
			case RulePerson:
				return RulePerson
			case RuleOwn:
				own = RuleOwn
			}
		}
		return own
	}
	type deed struct {
		at     int
		strong bool
	}
	var all []deed
	if _, at := firstOf(st, g.Strong); at >= 0 {
		all = append(all, deed{at, true})
	}
	if d := giftDeed(st); d != nil {
		all = append(all, deed{d.at, false})
	}
	for _, d := range all {
		if hypothetical(st, d.at) {
			continue
		}
		past := isPast(st)
		if !d.strong {
			if rule := ownMatter(st, d.at, past); rule != "" {
				return rule
			}
		}
		if subject(st, d.at, d.strong, past) {
			return RulePerson
		}
		if d.strong && past && confesses(st[:d.at]) {
			return RuleOwn
		}
	}
	return ""
}

type giftHit struct {
	at   int
	gift string
}

// giftDeed finds a verb of giving or taking with an improper object within reach.
func giftDeed(st string) *giftHit {
	g := guards()
	if !containsAny(st, g.Gifts) || containsAny(st, g.Proper) {
		return nil
	}
	m := masked(st, g.GiftMask)
	gift, gat := firstOf(m, g.Gifts)
	if gift == "" {
		return nil
	}
	for _, at := range g.GiftVerbs.FindAllStringIndex(m, -1) {
		rest := m[at[1]:]
		if gift, i := firstOf(rest, g.Gifts); i >= 0 && utf8.RuneCountInString(rest[:i]) <= 14 {
			return &giftHit{at: at[0], gift: longestAt(rest[i:], g.Gifts, gift)}
		}
	}
	// 两条烟是去年收的: the object may stand in front.
	for _, at := range g.GiftVerbs.FindAllStringIndex(m, -1) {
		if gat < at[0] && utf8.RuneCountInString(m[gat:at[0]]) <= 10 {
			return &giftHit{at: gat, gift: longestAt(m[gat:], g.Gifts, gift)}
		}
	}
	return nil
}

func longestAt(s string, list []string, def string) string {
	if w := longestPrefix(s, list); w != "" {
		return w
	}
	return def
}

// hypothetical: what is in front of the deed says that it is imagined, asked or forbidden.
func hypothetical(st string, at int) bool {
	g := guards()
	at = min(at, len(st))
	if containsAny(st[:at], g.HypSentence) {
		return true
	}
	clause := st[:at]
	if i := strings.LastIndexAny(clause, ",，、:：?？"); i >= 0 {
		clause = clause[i:]
	}
	return containsAny(clause, g.HypClause)
}

func isPast(st string) bool {
	g := guards()
	return containsAny(st, g.Past) || g.PastRe.MatchString(st) || containsAny(st, g.Aspect)
}

func isTimed(st string) bool {
	g := guards()
	return containsAny(st, g.Past) || g.PastRe.MatchString(st)
}

// ownMatter: the person speaks of what they themselves took or were given.
func ownMatter(st string, at int, past bool) string {
	g := guards()
	hit := giftDeed(st)
	if hit == nil {
		return ""
	}
	vague := slices.Contains(g.VagueGifts, hit.gift) && !g.Quantity.MatchString(st)
	asks := containsAny(st, g.Ask) && containsAny(st, g.AskDo)
	strict := containsAny(st, g.AskStrict)
	plain := masked(st, g.NotFirst)
	me := containsAny(plain[:min(at, len(plain))], g.FirstPerson) || g.ToMe.MatchString(st)
	if at > len(plain) {
		me = containsAny(plain, g.FirstPerson)
	}
	switch {
	case me && vague:
		if strict {
			return RuleOwn
		}
	case me && strict:
		return RuleOwn
	case me:
		// 我昨天给老师送了礼物 is nobody's concern without a question or a receipt.
		if past && (asks || received(st)) {
			return RuleOwn
		}
	case subjectless(st, at) && past && (strict || asks) && (!vague || strict):
		return RuleOwn
	}
	return ""
}

// confesses: 我之前挪用过…, with nobody else in front of the deed.
func confesses(front string) bool {
	g := guards()
	plain := masked(front, g.NotFirst)
	return containsAny(plain, g.FirstPerson) && !containsAny(plain, g.Generic) && !containsAny(plain, g.BareTitles)
}

// received: the speaker is at the taking end.
func received(st string) bool {
	g := guards()
	return g.ToMe.MatchString(st) || g.Receive.MatchString(st)
}

// subjectless: nothing but time words in front of the deed, so the speaker is meant.
func subjectless(st string, at int) bool {
	g := guards()
	front := st[:min(at, len(st))]
	if i := strings.LastIndexAny(front, ",，、:：?？"); i >= 0 {
		front = front[i+1:]
	}
	for _, list := range [][]string{g.Past, g.Filler} {
		for _, w := range found(front, list) {
			front = strings.ReplaceAll(front, w, "")
		}
	}
	front = g.PastRe.ReplaceAllString(front, "")
	return strings.TrimFunc(front, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }) == ""
}

// subject reports whether a recognisable person did the deed or had it done to them.
func subject(st string, at int, strong, past bool) bool {
	g := guards()
	timed := isTimed(st)
	counted := g.Quantity.MatchString(st)
	question := containsAny(st, g.Ask) || strings.ContainsAny(st, "?？")
	happened := past || counted || containsAny(st, g.Report)
	if hit := giftDeed(st); !happened && hit != nil && !question {
		// 王某某收受好处, told of a name as a plain fact.
		happened = g.Receive.MatchString(st) && !slices.Contains(g.VagueGifts, hit.gift)
	}
	if !happened {
		return false
	}
	if titledName(st) != "" || anonymousName(st) != "" {
		return true
	}
	if n := fullName(st); n != "" {
		return true
	}
	// A bare title is a person only where something definite is told of them.
	front := st[:min(at, len(st))]
	if t, i := firstOf(front, g.BareTitles); t != "" && !containsAny(front[:i], g.Generic) {
		told := counted || (g.Receive.MatchString(st) && past)
		mine := hasSuffixAny(front[:i], g.Whose)
		colleague := slices.Contains(g.NeedsWhose, t)
		if (mine || !colleague) && !question && (timed || (mine && told)) && !genericTitle(front[:i]) {
			return true
		}
	}
	if pr, i := firstOf(front, g.Pronouns); pr != "" && timed && !question && !containsAny(front, g.Generic) && !containsAny(front[i:], g.NotPronoun) {
		return true
	}
	return false
}

// genericTitle: 某局长, 一个科长, 每个主任 speak of nobody in particular.
func genericTitle(front string) bool { return hasSuffixAny(front, guards().Indefinite) }

// namedPerson is a name that should not stand in a risk point: with a title or 某某, or
// with a deed. It is "" for anything that merely looks like a surname.
func namedPerson(st string) string {
	if n := titledName(st); n != "" {
		return n
	}
	if n := anonymousName(st); n != "" {
		return n
	}
	g := guards()
	if containsAny(st, g.Strong) || giftDeed(st) != nil {
		return fullName(st)
	}
	return ""
}

// titledName finds 张局长, 李建国主任, 欧阳科长, 老王, 小李; behind are further words that
// 老王 stands before.
func titledName(st string, behind ...string) string {
	g := guards()
	for i := range st {
		sur := surnameAt(st, i)
		if sur == "" || !boundary(st[:i]) || strings.Contains(g.Particles, sur) {
			continue
		}
		rest := st[i+len(sur):]
		if t := longestPrefix(rest, g.Titles); t != "" && !hasPrefixAny(st[i:], g.NotNames) && !hasPrefixAny(rest[len(t):], g.TitleTail) {
			return sur + t
		}
		// 李建国主任: one or two characters between surname and title.
		for _, n := range []int{1, 2} {
			given := head(rest, n)
			if utf8.RuneCountInString(given) != n || !allHan(given) || hasPrefixAny(st[i:], g.NotNames) || containsAny(given, g.GivenNot) {
				continue
			}
			if t := longestPrefix(rest[len(given):], g.Titles); utf8.RuneCountInString(t) > 1 && !containsAny(given+t, g.BareTitlesIn) && startsClause(st[:i]) {
				return sur + given + t
			}
		}
	}
	for _, nick := range g.Nick {
		for i := 0; ; {
			j := strings.Index(st[i:], nick)
			if j < 0 {
				break
			}
			at := i + j
			i = at + len(nick)
			sur := surnameAt(st, i)
			if sur == "" || !startsClause(st[:at]) && !hasSuffixAny(st[:at], g.GiveVerbs) {
				continue
			}
			after := st[i+len(sur):]
			if hasPrefixAny(st[at:], g.NotNick) || !(hasPrefixAny(after, g.NameAfter) || hasPrefixAny(after, behind) || after == "") {
				continue
			}
			return nick + sur
		}
	}
	return ""
}

// anonymousName finds 王某某, 李某, 张××, 王XX.
func anonymousName(st string) string {
	g := guards()
	low := strings.ToLower(st)
	if len(low) != len(st) {
		low = st
	}
	for i := range low {
		sur := surnameAt(low, i)
		if sur == "" || !boundary(low[:i]) {
			continue
		}
		rest := low[i+len(sur):]
		mark := longestPrefix(rest, g.Anonymous)
		if mark == "" || hasPrefixAny(rest[len(mark):], g.OrgAfter) || hasPrefixAny(low[i:], g.NotNames) {
			continue
		}
		return st[i : i+len(sur)+len(mark)]
	}
	return ""
}

// fullName finds surname and given name where the frame of the sentence asks for a
// person: at the head of a clause or after 听说, 给, 找, and directly before a time, an
// adverb or a deed; behind are further words that a person stands before.
func fullName(st string, behind ...string) string {
	g := guards()
	for i := range st {
		sur := surnameAt(st, i)
		if sur == "" {
			continue
		}
		front := st[:i]
		leads := startsClause(front)
		receives := hasSuffixAny(front, g.GiveVerbs)
		if !leads && !receives || hasPrefixAny(st[i:], g.NotNames) {
			continue
		}
		rest := st[i+len(sur):]
		for _, n := range []int{2, 1} {
			given := head(rest, n)
			if utf8.RuneCountInString(given) != n || !allHan(given) || containsAny(given, g.GivenNot) || hasPrefixAny(given, g.NameAfter) || hasSuffixAny(given, g.PlaceTail) || containsAny(given, g.Titles) {
				continue
			}
			after := rest[len(given):]
			if strings.Contains(g.Particles, sur) && !hasPrefixAny(after, g.Past) {
				continue
			}
			if leads && (hasPrefixAny(after, g.NameAfter) || hasPrefixAny(after, behind)) && !(n == 1 && hasPrefixAny(given+after, g.GivenNot)) {
				return sur + given
			}
			if receives && hasPrefixAny(after, g.ObjectAfter) {
				return sur + given
			}
		}
	}
	return ""
}

// surnameAt is the surname that begins at byte i, compound ones first.
func surnameAt(st string, i int) string {
	g := guards()
	for _, c := range g.Compound {
		if strings.HasPrefix(st[i:], c) {
			return c
		}
	}
	r, size := utf8.DecodeRuneInString(st[i:])
	if r != utf8.RuneError && unicode.Is(unicode.Han, r) && strings.ContainsRune(g.Surnames, r) {
		return st[i : i+size]
	}
	return ""
}

// boundary: what stands before does not pull the surname into a longer word.
func boundary(front string) bool {
	return startsClause(front) || hasSuffixAny(front, guards().GiveVerbs) || hasSuffixAny(front, guards().LooseBefore)
}

func startsClause(front string) bool {
	front = strings.TrimRight(front, " \t")
	if front == "" {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(front)
	return unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsDigit(r) || hasSuffixAny(front, guards().NameBefore)
}

func hasSuffixAny(s string, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return strings.HasSuffix(s, w) })
}

func allHan(s string) bool {
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return s != ""
}
