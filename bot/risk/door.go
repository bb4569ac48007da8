package risk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DoorKind says at which of the two doors a text belongs.
type DoorKind string

const (
	DoorOpinion DoorKind = "opinion" // about a procedure, a wording, a post: to the office
	DoorReport  DoorKind = "report"  // about what somebody did: to 纪检监察, never to the office
	DoorStopped DoorKind = "stopped" // something must be taken out first
)

// Reasons of a DoorCheck; text.DoorWhy tells them.
const (
	DoorSecrecy = RuleSecrecy // a classification mark or a cipher-telegram number
	DoorPII     = RulePII     // ID card, mobile, bank card, plate
	DoorOwn     = RuleOwn     // the writer's own matter
	DoorPerson  = RulePerson  // what a recognisable person did
	DoorNamed   = "named"     // somebody is named, and neither thanked nor asked for
	DoorAccuse  = "accuse"    // words of accusation, though nobody is named
	DoorSays    = "says"      // the text says itself that it reports
)

// DoorCheck is where a text belongs and why; Found has the phrase for each reason ("" for
// numbers and marks, which are not repeated).
type DoorCheck struct {
	Kind    DoorKind
	Reasons []string
	Found   []string
}

// doorWords is library/door.json.
type doorWords struct {
	RoleSigns  string   `json:"role_signs"`
	RoleWords  []string `json:"role_words"`
	PartBreaks string   `json:"part_breaks"`

	Fold    map[string]string `json:"fold"`    // other scripts and spellings of the same word
	Joiners string            `json:"joiners"` // what may stand between the characters of a word
	Mask    []string          `json:"mask"`    // ordinary words that hold one of the others

	Says     []pattern `json:"says_report"`
	Deeds    []pattern `json:"deeds"`
	Role     pattern   `json:"role"`     // who has power
	Benefit  pattern   `json:"benefit"`  // what nobody should get beside it
	Weak     []string  `json:"weak"`     // a deed only beside a recognisable person
	Happened []pattern `json:"happened"` // it is told, not imagined

	Maybe           []string `json:"maybe"`            // in front, same clause: imagined or forbidden
	DiscussSentence []string `json:"discuss_sentence"` // in front, same sentence: the notice is spoken of
	DiscussClause   []string `json:"discuss_clause"`   // in front, same clause
	DiscussNo       pattern  `json:"discuss_no"`
	After           pattern  `json:"after"` // behind: 收红包的风险写得太笼统
	Turn            pattern  `json:"turn"`  // 但是: what was discussed before it excuses nothing

	PersonWeak []pattern `json:"person_weak"` // 你们科长, 姓王的
	Human      pattern   `json:"human"`       // Role without the offices
	People     pattern   `json:"people"`      // others of whom something is told
	Act        pattern   `json:"act"`         // somebody acts; else it is a remark
	Cue        pattern   `json:"cue"`         // words of opinions: the notice, the service, a wish
	NotNamed   []string  `json:"not_named"`   // ordinary words that begin like a name
	Praise     []string  `json:"praise"`
	Ask        []string  `json:"ask"`
	Bad        []string  `json:"bad"`
}

var doors = library[doorWords]("door.json")

// Door decides at which door a citizen's text belongs: deterministic, and every answer has
// its reasons. What tells of somebody's deeds must never reach the office that may be meant,
// so that a deed counts as told unless the words around it speak of the notice, of a risk
// or of prevention (防止收红包, 第3条“吃拿卡要”太笼统); with a recognisable person in the
// sentence hardly anything excuses it. Poor service (办事太慢, 态度差) is an opinion. Word
// lists end somewhere: a story about people in which nothing speaks of the notice, the
// service or a wish is taken for a report too.
//
// A mark of secrecy stops every text. Numbers stop an opinion only: whoever reports is
// shown the right door first, with DoorPII among the reasons.
func Door(text string) DoorCheck {
	var c DoorCheck
	if secrecy(narrow(text)) {
		return DoorCheck{Kind: DoorStopped, Reasons: []string{DoorSecrecy}, Found: []string{""}}
	}
	folded := doorFold(text)
	for _, st := range doorSentences(folded) {
		c.judge(st)
	}
	if tight := strings.Map(func(r rune) rune {
		if r != '、' && strings.ContainsRune(doors().Joiners, r) {
			return -1
		}
		return r
	}, folded); len(c.Reasons) == 0 && tight != folded {
		for _, st := range doorSentences(tight) {
			c.judge(st)
		}
	}
	raw, plain := nameless(narrow(text)), nameless(folded)
	switch {
	case deeds(raw) == RuleOwn:
		c = DoorCheck{} // their own matter, however the words sound
		c.add(DoorOwn, folded)
	case len(c.Reasons) == 0 && (deeds(raw) == RulePerson || deeds(plain) == RulePerson || Accuses(raw) || Accuses(plain)):
		c.add(DoorPerson, folded)
	}
	pii := personal(narrow(text)) || personal(folded)
	switch {
	case len(c.Reasons) > 0:
		c.Kind = DoorReport
	case pii:
		c.Kind = DoorStopped
	default:
		c.Kind = DoorOpinion
	}
	if pii {
		c.Reasons, c.Found = append(c.Reasons, DoorPII), append(c.Found, "")
	}
	return c
}

func (c *DoorCheck) add(reason, phrase string) {
	if !slices.Contains(c.Reasons, reason) {
		c.Reasons, c.Found = append(c.Reasons, reason), append(c.Found, head(strings.TrimSpace(phrase), 30))
	}
}

// judge reads one sentence: what it says of itself, then who did what.
func (c *DoorCheck) judge(st string) {
	d := doors()
	m := doorMask(st)
	for _, re := range d.Says {
		if at := re.FindStringIndex(m); at != nil {
			c.add(DoorSays, st[at[0]:at[1]])
			break
		}
	}
	named := doorNamed(st)
	weak := doorWeakPerson(m)
	at := 0
	for _, clause := range doorClauses(m) {
		c.clause(st, m, at, clause, named, weak)
		at += len(clause)
	}
	if len(c.Reasons) > 0 {
		return
	}
	switch {
	case named != "" && (containsAny(m, d.Weak) || containsAny(m, d.Bad) && !containsAny(m, d.Praise)):
		c.add(DoorPerson, phraseAround(st, named))
	case named != "" && !containsAny(m, d.Praise) && !containsAny(m, d.Ask):
		c.add(DoorNamed, phraseAround(st, named))
	case weak != "" && containsAny(m, d.Weak) && !containsAny(m, d.Maybe) && !d.DiscussNo.MatchString(m):
		c.add(DoorPerson, phraseAround(st, strings.TrimSpace(weak)))
	case d.Act.MatchString(m) && !d.Cue.MatchString(m) && !containsAny(m, d.Maybe) && !containsAny(m, d.Praise) && (d.Human.MatchString(m) || d.People.MatchString(m)):
		// A plain story about people, with nothing in it of the notice, the service or a wish.
		c.add(DoorAccuse, st)
	}
}

// clause looks for deeds in m[at:at+len(clause)].
func (c *DoorCheck) clause(st, m string, at int, clause, named, weak string) {
	d := doors()
	for _, re := range d.Deeds {
		for _, hit := range re.FindAllStringIndex(clause, -1) {
			reason := DoorAccuse
			switch {
			case named != "":
				reason = DoorPerson
			case excused(st, m, at, clause, hit):
				continue
			case weak != "":
				reason = DoorPerson
			}
			c.add(reason, st[at:at+len(clause)])
			return
		}
	}
	// 月饼 and 信封 beside those who decide, told as a fact, however it is put.
	plain := masked(clause, guards().GiftMask)
	if hit := d.Benefit.FindStringIndex(plain); hit != nil && len(plain) == len(clause) && d.Role.MatchString(clause) && !containsAny(m, guards().Proper) &&
		happened(clause) && !excused(st, m, at, clause, hit) {
		c.add(DoorAccuse, st[at:at+len(clause)])
	}
}

func happened(clause string) bool {
	return slices.ContainsFunc(doors().Happened, func(p pattern) bool { return p.MatchString(clause) })
}

// excused: the words around a deed speak of the notice, of a risk or of prevention.
func excused(st, m string, at int, clause string, hit []int) bool {
	d := doors()
	front, behind := clause[:hit[0]], clause[hit[1]:]
	told := happened(clause)
	if containsAny(front, d.Maybe) {
		return true
	}
	quoted := isQuoted(st, at+hit[0], at+hit[1])
	speaks := containsAny(front, d.DiscussClause) || d.DiscussNo.MatchString(front) || d.After.MatchString(behind)
	if told {
		return quoted && speaks
	}
	before := m[:at]
	if turns := d.Turn.FindAllStringIndex(m[:at+hit[0]], -1); len(turns) > 0 {
		last := turns[len(turns)-1][1]
		before = m[min(last, at):at]
	}
	return quoted || speaks || containsAny(before, d.DiscussSentence)
}

// isQuoted: an opening mark stands before st[from:to] and its closing one behind.
func isQuoted(st string, from, to int) bool {
	for _, q := range [][2]string{{"“", "”"}, {"「", "」"}, {"《", "》"}, {"‘", "’"}, {"\"", "\""}} {
		open := strings.LastIndex(st[:from], q[0])
		if open < 0 || q[0] != q[1] && strings.Contains(st[open:from], q[1]) || q[0] == q[1] && strings.Count(st[:from], q[0])%2 == 0 {
			continue
		}
		if strings.Contains(st[to:], q[1]) {
			return true
		}
	}
	return false
}

// doorNamed is a named person of the sentence, or "".
func doorNamed(st string) string {
	d := guards()
	st = nameless(st)
	if n := titledName(st, d.SuspectBefore...); n != "" {
		return n
	}
	if n := anonymousName(st); n != "" {
		return n
	}
	return fullName(st, d.SuspectBefore...)
}

func doorWeakPerson(m string) string {
	for _, re := range doors().PersonWeak {
		if found := re.FindString(m); found != "" {
			return found
		}
	}
	return ""
}

// phraseAround is the clause in which something stands.
func phraseAround(st, what string) string {
	for _, clause := range doorClauses(st) {
		if strings.Contains(clause, what) {
			return strings.Trim(clause, ",:?! ")
		}
	}
	return st
}

// doorFold makes spellings alike: half width, simplified characters of the words that
// matter, no blanks or marks between the characters of a word (红 包, 举*报).
func doorFold(text string) string {
	d := doors()
	s := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, narrow(strings.ToValidUTF8(text, ""))))
	rs := []rune(s)
	var b strings.Builder
	for i := 0; i < len(rs); i++ {
		if strings.ContainsRune(d.Joiners, rs[i]) {
			j := i
			for j < len(rs) && strings.ContainsRune(d.Joiners, rs[j]) {
				j++
			}
			if i > 0 && j < len(rs) && joins(rs, i, j) {
				i = j - 1
				continue
			}
		}
		b.WriteRune(rs[i])
	}
	s = b.String()
	var pairs []string
	for _, from := range sortedKeys(d.Fold) {
		pairs = append(pairs, from, d.Fold[from])
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// joins: the marks rs[i:j] stand between two Han characters. 、 and a single blank may also
// part a list or two sentences, so that they join only where a character stands alone.
func joins(rs []rune, i, j int) bool {
	if !unicode.Is(unicode.Han, rs[i-1]) || !unicode.Is(unicode.Han, rs[j]) {
		return false
	}
	alone := func(k, step int) bool {
		k += step
		return k < 0 || k >= len(rs) || !unicode.Is(unicode.Han, rs[k])
	}
	plain := false
	for _, r := range rs[i:j] {
		plain = plain || r == ' ' || r == '、'
	}
	return !plain || alone(i-1, -1) || alone(j, 1)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return keys
}

func doorSentences(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("。!;\n\r", r) })
}

// doorClauses cuts behind every comma, question mark, colon and blank; joined again the
// clauses are the sentence.
func doorClauses(st string) []string {
	var out []string
	from := 0
	for i, r := range st {
		if strings.ContainsRune(",?: ", r) {
			out = append(out, st[from:i+utf8.RuneLen(r)])
			from = i + utf8.RuneLen(r)
		}
	}
	return append(out, st[from:])
}

// doorMask blanks ordinary words out without moving a byte, nameless those that begin like
// a name (杜绝吃拿卡要).
func doorMask(st string) string { return blanked(st, doors().Mask) }

func nameless(st string) string { return blanked(st, doors().NotNamed) }

func blanked(st string, words []string) string {
	for _, w := range words {
		if strings.Contains(st, w) {
			st = strings.ReplaceAll(st, w, strings.Repeat("□", utf8.RuneCountInString(w)))
		}
	}
	return st
}
