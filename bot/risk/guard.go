package risk

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qingfeng/bot"
)

// Rules of the red-line guard (PRODUCT.md "Words that are not allowed to fail").
const (
	RuleSecrecy = "secrecy" // a classification mark or a cipher-telegram number
	RulePII     = "pii"     // ID card, mobile, bank card, plate
	RulePerson  = "person"  // a named person's past deed
	RuleOwn     = "own"     // an honest first-person matter: answered with the clause, not stored
)

// guardWords is library/guard.json.
type guardWords struct {
	Mark       pattern `json:"mark"`
	LevelLine  pattern `json:"level_line"`
	KeepInside pattern `json:"keep_inside"`
	Cipher     pattern `json:"cipher"`
	Plate      pattern `json:"plate"`

	CodeBefore  []string `json:"code_before"`
	AmountAfter []string `json:"amount_after"`
	BankBefore  []string `json:"bank_before"`

	Surnames   string   `json:"surnames"`
	Compound   []string `json:"compound"`
	Titles     []string `json:"titles"`
	BareTitles []string `json:"bare_titles"`
	Whose      []string `json:"whose"`
	Anonymous  []string `json:"anonymous"`
	Pronouns   []string `json:"pronouns"`
	Generic    []string `json:"generic_subjects"`
	NotNames   []string `json:"not_names"`
	NameBefore []string `json:"name_before"`
	NameAfter  []string `json:"name_after"`

	HypSentence []string `json:"hypothetical_sentence"`
	HypClause   []string `json:"hypothetical_clause"`

	Past        []string `json:"past"`
	PastRe      pattern  `json:"past_re"`
	Strong      []string `json:"strong_deeds"`
	SecrecyHint []string `json:"secrecy_hint"`
	GiftVerbs   pattern  `json:"gift_verbs"`
	GiveVerbs   []string `json:"give_verbs"`
	Aspect      []string `json:"aspect"`
	Gifts       []string `json:"gifts"`
	VagueGifts  []string `json:"vague_gifts"`
	GiftMask    []string `json:"gift_mask"`
	Proper      []string `json:"proper_money"`
	Quantity    pattern  `json:"quantity"`

	FirstPerson []string `json:"first_person"`
	NotFirst    []string `json:"not_first"`
	Ask         []string `json:"ask"`
	AskDo       []string `json:"ask_do"`
	AskStrict   []string `json:"ask_strict"`
	ToMe        pattern  `json:"to_me"`

	PointPeople pattern  `json:"point_people"`
	PointPast   []string `json:"point_past"`
	RewriteDrop []string `json:"rewrite_drop"`
	Neutral     string   `json:"neutral"`

	Receive      pattern  `json:"receive"`
	Filler       []string `json:"filler"`
	NeedsWhose   []string `json:"needs_whose"`
	NotPronoun   []string `json:"not_pronoun"`
	Indefinite   []string `json:"indefinite"`
	TitleTail    []string `json:"title_tail"`
	GivenNot     []string `json:"given_not"`
	BareTitlesIn []string `json:"bare_titles_in"`
	Nick         []string `json:"nick"`
	NotNick      []string `json:"not_nick"`
	OrgAfter     []string `json:"org_after"`
	ObjectAfter  []string `json:"object_after"`
	LooseBefore  []string `json:"loose_before"`
	Report       []string `json:"report"`
	Particles    string   `json:"particles"` // surnames that are mostly something else
	PlaceTail    []string `json:"place_tail"`

	Suspect       []string `json:"suspect"`        // what is asked of a person whom one suspects
	SuspectBefore []string `json:"suspect_before"` // what begins such a question, behind the name
	SuspectFree   []string `json:"suspect_free"`   // made-up people of an example
}

var guards = library[guardWords]("guard.json")

// Guard is the red-line guard: a pure function that sees a text after decryption and
// before anything is stored. It returns what may be kept of a stopped text (the rule and
// the length in characters), or nil.
//
// It stops marks and cipher numbers, never an ordinary 文号 and never the mere words
// 秘密 or 机要; numbers that are provably personal, never just long ones; and what a
// recognisable person has done, never what somebody could do. A name alone stops nothing.
func Guard(text string) *bot.Stopped {
	rule := ""
	switch {
	case secrecy(text):
		rule = RuleSecrecy
	case personal(text):
		rule = RulePII
	default:
		rule = deeds(text)
	}
	if rule == "" {
		return nil
	}
	return &bot.Stopped{Rule: rule, Length: utf8.RuneCountInString(text)}
}

// secrecy finds marks and numbers of classified papers. Spaces inside a mark do not help.
func secrecy(text string) bool {
	g := guards()
	if !containsAny(text, g.SecrecyHint) {
		return false
	}
	tight := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' {
			return -1
		}
		return r
	}, narrow(text))
	flat := strings.ReplaceAll(tight, "\n", "")
	return g.Mark.MatchString(flat) || g.LevelLine.MatchString(tight) || g.KeepInside.MatchString(flat) || g.Cipher.MatchString(flat)
}

// personal finds ID card, mobile, bank card and plate numbers.
func personal(text string) bool {
	s := narrow(text)
	digits, letters := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters = true
		}
	}
	if letters && digits >= 3 && plate(s) {
		return true
	}
	if digits < 11 {
		return false
	}
	for _, run := range digitRuns(s) {
		if run.personal() {
			return true
		}
	}
	return false
}

func plate(s string) bool {
	for _, at := range guards().Plate.FindAllStringIndex(strings.ToUpper(s), -1) {
		digits := 0
		for _, r := range s[at[0]:at[1]] {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		next, _ := utf8.DecodeRuneInString(s[at[1]:])
		if digits >= 3 && !(next < 128 && (unicode.IsLetter(next) || unicode.IsDigit(next))) {
			return true
		}
	}
	return false
}

// digitRun is a run of digits that single spaces, dots or dashes may interrupt.
type digitRun struct {
	digits        string // with a final X for ID cards
	groups        []string
	before, after string // a few characters on both sides
}

var digitRunRe = regexp.MustCompile(`[0-9]+(?:[ \-–—.·_/][ ]?[0-9]+)*(?:[ \-–—.·_]?[xX])?`)

func digitRuns(s string) []digitRun {
	var out []digitRun
	for _, at := range digitRunRe.FindAllStringIndex(s, -1) {
		raw := s[at[0]:at[1]]
		after := head(s[at[1]:], 4)
		// A trailing x that begins a word is not a check digit.
		if r, _ := utf8.DecodeRuneInString(after); strings.ContainsAny(raw[len(raw)-1:], "xX") && r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			raw = strings.TrimRight(raw, "xX -")
		}
		run := digitRun{before: tail(s[:at[0]], 10), after: after}
		for _, g := range regexpSplit(raw) {
			run.groups = append(run.groups, g)
			run.digits += g
		}
		out = append(out, run)
	}
	return out
}

func regexpSplit(raw string) []string {
	return strings.FieldsFunc(raw, func(r rune) bool { return !(r >= '0' && r <= '9') && r != 'x' && r != 'X' })
}

// personal tries the whole run and, since two numbers may stand side by side, every
// stretch of whole groups in it.
func (r digitRun) personal() bool {
	for i := range r.groups {
		joined := ""
		for j := i; j < len(r.groups) && len(joined) <= 20; j++ {
			joined += r.groups[j]
			first, last := i == 0, j == len(r.groups)-1
			if r.hit(joined, first, last) {
				return true
			}
		}
	}
	return false
}

func (r digitRun) hit(d string, first, last bool) bool {
	g := guards()
	before, after := "", ""
	if first {
		before = r.before
	}
	if last {
		after = r.after
	}
	if idCard(d) {
		return true
	}
	glued := false
	if b, _ := utf8.DecodeLastRuneInString(before); b < 128 && unicode.IsLetter(b) {
		glued = !strings.HasSuffix(strings.ToLower(before), "tel") && !strings.HasSuffix(strings.ToLower(before), "phone")
	}
	if containsAny(before, g.CodeBefore) || glued || hasPrefixAny(strings.TrimSpace(after), g.AmountAfter) {
		return false
	}
	if len(d) == 13 && strings.HasPrefix(d, "86") {
		d = d[2:]
	}
	if len(d) == 11 && d[0] == '1' && d[1] >= '3' {
		return true
	}
	if len(d) >= 16 && len(d) <= 19 && luhn(d) {
		return strings.HasPrefix(d, "62") || containsAny(before, g.BankBefore) ||
			(len(d) == 16 && strings.ContainsAny(d[:1], "3456"))
	}
	return false
}

// idCard checks the 18-digit number of GB 11643: birth date and check digit.
func idCard(d string) bool {
	if len(d) != 18 || d[0] == '0' || d[0] > '8' {
		return false
	}
	year, month, day := d[6:10], d[10:12], d[12:14]
	if year < "1900" || year > "2099" || month < "01" || month > "12" || day < "01" || day > "31" {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		if d[i] < '0' || d[i] > '9' {
			return false
		}
		sum += int(d[i]-'0') * w
	}
	check := "10X98765432"[sum%11]
	return d[17] == check || (check == 'X' && d[17] == 'x')
}

// luhn is the check of ISO/IEC 7812 card numbers.
func luhn(d string) bool {
	sum, zero := 0, true
	for i := range len(d) {
		c := d[len(d)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		n := int(c - '0')
		zero = zero && n == 0
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0 && !zero
}

// Finding is what may not stand in a risk point.
type Finding struct {
	Rule    string // L5, L6, L7
	Say     string
	Rewrite string // a rewording that keeps the thought, or ""
}

// GuardPoint looks at a text that is meant as a risk point. It is stricter than Guard:
// past facts are not risk points even when nobody is named, and a titled name is not
// needed where the post is enough.
func GuardPoint(text string) *Finding {
	q := basePack().Quality
	if secrecy(text) {
		return &Finding{Rule: "L7", Say: q.Say["L7"]}
	}
	if f := pointFindings(text); len(f) > 0 {
		return &f[0]
	}
	return nil
}

// pointFindings lists L5 and L6 for a point's text, the worse first.
func pointFindings(text string) []Finding {
	g := guards()
	q := basePack().Quality
	var out []Finding
	add := func(rule string, rewrite string) {
		if !slices.ContainsFunc(out, func(f Finding) bool { return f.Rule == rule }) {
			out = append(out, Finding{Rule: rule, Say: q.Say[rule], Rewrite: rewrite})
		}
	}
	if personal(text) {
		add("L5", "")
	}
	for _, st := range sentences(narrow(text)) {
		if name := namedPerson(st); name != "" {
			add("L5", neutral(st, name))
		}
		rule := deedIn(st)
		loose := !hypothetical(st, len(st)) && g.PointPeople.MatchString(st) && containsAny(st, g.PointPast) && (containsAny(st, g.Strong) || giftDeed(st) != nil)
		if rule != "" || loose {
			add("L6", "")
		}
	}
	return slices.SortedFunc(slices.Values(out), func(a, b Finding) int { return cmp.Compare(a.Rule, b.Rule) })
}

// neutral rewrites a sentence so that it names a role instead of a person.
func neutral(sentence, name string) string {
	g := guards()
	s := strings.ReplaceAll(sentence, name, g.Neutral)
	for _, d := range found(s, g.RewriteDrop) {
		s = strings.ReplaceAll(s, d, "")
	}
	if deedIn(s) != "" || giftDeed(s) != nil {
		return "" // a past deed does not become a risk by hiding the name
	}
	return trimMarks(s)
}

func hasPrefixAny(s string, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return strings.HasPrefix(s, w) })
}

// head and tail return at most n characters of an end of s.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func tail(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}
