package knowledge

import (
	"math"
	"math/bits"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// atOnce in characters is as far as the words of one answer stand apart.
	atOnce = 80
	// closelyRead is how many hits are read for evidence.
	closelyRead = 40
	// saysIt is the evidence from which a clause answers by itself, saysNothing what one
	// of a document that the question names must have beyond that name.
	saysIt       = 0.85
	saysItOfUnit = 0.55 // where the question names the unit
	saysNothing  = 0.3
	namesThem    = 0.9 // of a list of people that has those who are asked for
	saysBoth     = 0.7 // where both the rule and what explains it are sure
	saysHalf     = 0.5 // below it a clause without the date that is asked for does not answer
	// What evidence makes of a score: from nothing to all, without what is wanted (a
	// date), and in a document of the kind of unit that the question names.
	evidenceLeast = 0.75
	evidenceMore  = 0.5
	withoutForm   = 0.65
	ofTheUnit     = 1.5
	ofTheNamed    = 1.5 // of a list of people that has those who are asked for
	ofScraps      = 0.4 // of a form or a flow chart
)

var (
	wantsDayRe = regexp.MustCompile(`什么时候|何时|哪天|几号|几月|啥时候|什么时间|时间安排|哪一天|截止`)
	dayRe      = regexp.MustCompile(`[0-9]{1,2}月|[0-9]{1,2}日|[一二三四五六七八九十]月|上旬|中旬|下旬|[0-9]{4}年|年底|季度|[0-9一二三五七十]+(?:个工作日|天|日)(?:内|前)`)
	calendarRe = regexp.MustCompile(`[0-9]{4}年|[0-9]{1,2}月份?(?:[0-9]{1,2}日)?|[上中下]旬`)
	saysByRe   = regexp.MustCompile(`由.{1,20}(?:审|办|管|监|组织|承担|实施|决定|确认|填|写|牵头)|负责|报.{1,15}审|(?:长|任|员|记|人)[：:]`)
	wantsPerRe = regexp.MustCompile(`谁|哪些人|哪个领导|叫什么名字|名单`)
	commaRe    = regexp.MustCompile(`[^，,。；;！!？?\n]+[，,。；;！!？?\n]*`)
	// unitKindRe are kinds of units as questions and titles call them.
	unitKindRe = regexp.MustCompile(`学院|大学|学校|院校|执法局|城管|医院|县|乡|镇|街道|公司|集团|银行|法院|检察院|公安局|财政局|教育局|税务局`)
)

// proof is what a passage's best stretch says of a question.
type proof struct {
	says  float64 // the share of what is asked that stands there, or above it, 0–1
	at    span    // that stretch
	names bool    // it lists people under the name that is asked for
	form  bool    // a date stands there where one is asked for, and so on
	apart float64 // the share that the whole passage has of what its document's title does not say; 1 where nothing is left
}

// reading is a question prepared for reading passages: its pairs of characters and
// words, how much each weighs, and which of them hold each of its characters.
type reading struct {
	question string
	terms    []string
	chars    []char
}

type char struct {
	in     uint64 // terms
	weight float64
}

// readFor prepares a question; a character weighs more the fewer of the hits have it
// beside one of its neighbours.
func readFor(question string, hits []Hit) reading {
	r := reading{question: question}
	for _, run := range runs(question) {
		pairs := unicode.Is(unicode.Han, run[0]) && len(run) > 1
		if len(r.terms)+len(run) > 64 {
			break
		}
		first := len(r.terms)
		switch {
		case !pairs:
			r.terms = append(r.terms, string(run))
			r.chars = append(r.chars, char{in: 1 << first})
		default:
			for i := range run {
				c := char{}
				if i > 0 {
					c.in |= 1 << (first + i - 1)
				}
				if i+1 < len(run) {
					r.terms = append(r.terms, string(run[i:i+2]))
					c.in |= 1 << (first + i)
				}
				r.chars = append(r.chars, c)
			}
		}
	}
	weight := make([]float64, len(r.terms))
	for i, t := range r.terms {
		in := 0
		for _, h := range hits {
			if strings.Contains(h.Text, t) {
				in++
			}
		}
		weight[i] = math.Log(1 + float64(len(hits)+1)/(float64(in)+0.5))
	}
	for i := range r.chars {
		c := &r.chars[i]
		c.weight = math.Inf(1)
		for t := range r.terms {
			if c.in&(1<<t) != 0 { // a pair across two words is rare for no reason
				c.weight = min(c.weight, weight[t])
			}
		}
	}
	return r
}

func (r reading) mask(s string) (m uint64) {
	for i, t := range r.terms {
		if strings.Contains(s, t) {
			m |= 1 << i
		}
	}
	return m
}

// share is the share of the question, without what is given, that some terms cover.
func (r reading) share(of, given uint64) float64 {
	var a, b float64
	for _, c := range r.chars {
		if c.in&given != 0 {
			continue
		}
		b += c.weight
		if c.in&of != 0 {
			a += c.weight
		}
	}
	if b == 0 {
		return 1
	}
	return a / b
}

// prove reads a passage.
func (r reading) prove(p Passage) proof {
	title := r.mask(fold(p.Document.Title))
	above := title | r.mask(fold(strings.Join(p.Path, " ")))
	var out proof
	text := fold(p.Text)
	pieces := commaRe.FindAllString(text, -1)
	masks, whole := make([]uint64, len(pieces)), uint64(0)
	from := make([]int, len(pieces)+1)
	at := 0
	for i, loc := range commaRe.FindAllStringIndex(text, -1) {
		s := pieces[i]
		from[i] = utf8.RuneCountInString(text[:loc[0]])
		at = from[i] + utf8.RuneCountInString(s)
		masks[i] = r.mask(strings.ReplaceAll(s, " ", ""))
		whole |= masks[i]
	}
	from[len(pieces)] = at
	for i := range pieces {
		var have uint64
		said, n, to := "", 0, i
		for j := i; j < len(pieces); j++ {
			if n += utf8.RuneCountInString(pieces[j]); n > atOnce && j > i+1 {
				break
			}
			said += pieces[j]
			if j == i || masks[j]&^have != 0 {
				to = j
			}
			have |= masks[j]
		}
		says := 0.6*r.share(have, 0) + 0.4*r.share(have|above, 0)
		form := r.formed(strings.ReplaceAll(said, " ", ""))
		if form != out.form && says >= 0.7*out.says && form || form == out.form && says > out.says {
			out.says, out.form, out.at = says, form, span{from[i], from[to+1]}
		}
	}
	if wantsPerRe.MatchString(r.question) {
		for line := range strings.Lines(p.Text) {
			if l := labelOf(line); l != "" && strings.Contains(r.question, l) {
				out.says, out.form, out.names = max(out.says, namesThem), true, true
			}
		}
	}
	out.apart = 1
	if bits.OnesCount64(title) >= 2 {
		out.apart = r.share(whole|above, title)
	}
	return out
}

// formed reports whether a stretch has what the question wants to hear.
func (r reading) formed(s string) bool {
	switch {
	case wantsDayRe.MatchString(r.question):
		return dayRe.MatchString(s)
	case wantsUnitRe.MatchString(r.question):
		return fits(r.question, s) >= 0.8
	case wantsTimeRe.MatchString(r.question):
		return timeRe.MatchString(calendarRe.ReplaceAllString(s, ""))
	case strings.Contains(r.question, "多少"):
		return digitRe.MatchString(s)
	case wantsPerRe.MatchString(r.question):
		return saysByRe.MatchString(s)
	}
	return true
}

// ofUnit reports whether a question names the kind of unit that a title is of.
func ofUnit(question, title string) bool {
	for _, u := range unitKindRe.FindAllString(question, -1) {
		if strings.Contains(title, u) {
			return true
		}
	}
	return false
}

// prove reads the best hits and moves those up that say what is asked. Of two that do,
// the one that binds stands above what only explains it.
func prove(question string, hits []Hit) map[int64]proof {
	near := hits[:min(len(hits), closelyRead)]
	out := make(map[int64]proof, len(near))
	if len(near) == 0 {
		return out
	}
	r := readFor(question, near)
	best := 0
	for i := range near {
		h := &near[i]
		p := r.prove(h.Passage)
		out[h.ID] = p
		h.Score *= evidenceLeast + evidenceMore*p.says
		if !p.form {
			h.Score *= withoutForm
		}
		if ofUnit(question, h.Document.Title) {
			h.Score *= ofTheUnit
		}
		if p.names {
			h.Score *= ofTheNamed
		}
		if p.apart < saysNothing {
			h.Sure = min(h.Sure, answerAt-0.01)
			h.Score *= withoutForm
		}
		if !p.form && p.says < saysHalf {
			h.Sure = min(h.Sure, answerAt-0.01)
		}
		if scraps(h.Text) && !strings.Contains(question, "表") && !strings.Contains(question, "附件") {
			h.Score *= ofScraps
		}
		if h.Score > near[best].Score {
			best = i
		}
	}
	top := near[best]
	if top.Document.Authority > Guidance || top.Sure < answerAt || top.known() && !top.headedWith(question) {
		return out
	}
	for i := range near {
		h := &near[i]
		p := out[h.ID]
		says := saysIt
		if h.Sure >= answerAt {
			says = saysBoth
		}
		if ofUnit(question, h.Document.Title) {
			says = saysItOfUnit
		}
		if h.Document.Authority > Guidance && h.Sure >= relatedAt && p.says >= says && p.form && !undefined(question, h.Text) {
			h.Sure = max(h.Sure, answerAt)
			h.Score += top.Score
			h.Remembered = h.Remembered || top.Remembered
		}
	}
	return out
}

// undefined reports whether a question asks what something is and a text does not say.
func undefined(question, text string) bool {
	return wantsWhatRe.MatchString(question) && !defines(text, subject(question))
}

// scraps reports whether a text is a form or a drawing: many lines of a few characters.
func scraps(text string) bool {
	lines := strings.Split(text, "\n")
	short := 0
	for _, l := range lines {
		if utf8.RuneCountInString(strings.TrimSpace(l)) <= 10 {
			short++
		}
	}
	return len(lines) >= 6 && 3*short >= len(lines)
}
