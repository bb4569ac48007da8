package lexical

import (
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// mix is how much each part counts, set on labelled questions (see doc.go).
type mix struct {
	deep    int        // how many entries are looked at closely
	chapter float64    // the chapter's BM25 beside the entry's
	group   float64    // the document's
	cover   float64    // how much of the question is covered
	near    float64    // the most of the question within few characters
	like    float64    // how much its heading, or a question asked of it, is the question
	prior   [9]float64 // by authority
}

func defaultMix() mix {
	return mix{
		deep: 150, chapter: 0.4, group: 0.1, cover: 0.2, near: 0.1, like: 2,
		prior: [9]float64{0.95, 0.9, 0.95, 0.95, 0.95, 1, 1, 1.2, 1.2},
	}
}

// Enough is the Sure from which an answer may stand on an entry: 19 of 20 questions that
// the entries can answer reach it.
const Enough = 0.5

// Found.Sure is a logistic function of these, fitted on labelled questions against
// questions about other things, over a large library and a small one (see doc.go).
const (
	sureLike     = 9.0  // of the square of how much its heading, or a question asked of it, is the question
	sureShare    = 15.4 // of the score that an entry with everything would have
	sureScore    = 2.1  // of the logarithm of the score
	sureExpanded = 3.2  // of the logarithm of what the lexicon's words brought
	sureForeign  = 7.8  // of how much the question speaks of other things
	sureSize     = 0.13 // of the idf of an unknown term: more entries agree by chance
	sureOffset   = 3.47
)

// window is how many characters count as near each other.
const window = 40

// authority is the level given, else what the title says: knowledge.Authority's numbers.
func authority(e Entry) int {
	if e.Level > 0 && e.Level <= 8 {
		return e.Level
	}
	title := strings.TrimSpace(e.Title)
	if i := strings.Index(title, "第"); i > 0 && article.MatchString(title[i:]) {
		title = title[:i]
	}
	if i := strings.IndexAny(title, "（("); i > 0 {
		title = title[:i]
	}
	title = strings.TrimRight(title, "》 ")
	switch {
	case strings.HasSuffix(title, "宪法"):
		return 8
	case strings.HasSuffix(title, "法") && !strings.HasSuffix(title, "办法"), strings.HasSuffix(title, "法典"):
		return 7
	case strings.HasSuffix(title, "条例"), strings.HasSuffix(title, "准则"):
		return 6
	case strings.Contains(title, "解释"), strings.Contains(title, "最高人民法院"):
		return 5
	case strings.HasSuffix(title, "规定"), strings.HasSuffix(title, "办法"), strings.HasSuffix(title, "规则"), strings.HasSuffix(title, "细则"):
		return 4
	}
	return 0
}

// lens is a question prepared for looking closely at entries.
type lens struct {
	asked
	mix        mix
	rarity     []float64       // idf of terms
	slots      [1024]int16     // a hash table of terms: place + 1
	own        []bool          // of terms: the question has it itself
	total      float64         // idf of those
	attainable float64         // about the score of an entry that has everything
	unknown    float64         // idf of a term that no entry has
	plain      bool            // no term is a 第N条
	letters    [1 << 11]uint32 // the characters of its terms, below U+10000

	have  []bool // of terms: the entry at hand has it
	runes []rune // of it
	at    []hit  // the question's own terms in it

	intent int       // the question's form, see intents
	worth  []float64 // of the question's characters: how rare what they stand in is
	line   []rune    // a heading, or a question asked of the entry at hand
	got    []float32 // of its characters
	asks   []float32 // of the question's
}

type hit struct {
	pos  int32
	term int16
}

func newLens(a asked, rarity []float64, unknown float64, m mix) *lens {
	l := &lens{
		asked: a, mix: m, rarity: rarity, have: make([]bool, len(a.terms)), own: make([]bool, len(a.terms)),
		unknown: unknown, plain: true, intent: intent(a.text),
	}
	for i, t := range a.terms {
		s := int(t.Term) & (len(l.slots) - 1)
		for l.slots[s] != 0 {
			s = (s + 1) & (len(l.slots) - 1)
		}
		l.slots[s] = int16(i + 1) //nolint:gosec // see mostTerms
		l.attainable += t.Weight * rarity[i] * (k1 + 1)
		for _, r := range t.Text {
			if r < 1<<16 {
				l.letters[r>>5] |= 1 << (r & 31)
			}
			l.plain = l.plain && r != '第'
		}
	}
	l.worth = make([]float64, len(a.runes))
	for _, t := range a.own {
		i := l.find(t.hash)
		for p := t.from; i >= 0 && p < t.to; p++ {
			l.worth[p] = max(l.worth[p], rarity[i])
		}
	}
	known := make([]bool, len(a.runes)) // stands in a pair that some entry has
	for _, t := range a.own {
		i := l.find(t.hash)
		if i < 0 {
			continue
		}
		if !l.own[i] {
			l.own[i] = true
			l.total += rarity[i]
		}
		for p := t.from; t.to-t.from > 1 && rarity[i] < l.unknown && p < t.to; p++ {
			known[p] = true
		}
	}
	// A pair across the border of two known words is unknown for no reason.
	for _, t := range a.own {
		if i := l.find(t.hash); i >= 0 && t.to-t.from == 2 && rarity[i] >= l.unknown && known[t.from] && known[t.from+1] {
			l.attainable -= rarity[i] * (k1 + 1)
		}
	}
	return l
}

// find returns a term's place in terms, -1 where the question has no such term.
func (l *lens) find(hash int32) int {
	for s := int(hash) & (len(l.slots) - 1); l.slots[s] != 0; s = (s + 1) & (len(l.slots) - 1) {
		if i := int(l.slots[s] - 1); l.terms[i].Term == hash {
			return i
		}
	}
	return -1
}

// look reads an entry.
func (l *lens) look(text []uint16) {
	clear(l.have)
	l.at = l.at[:0]
	from := 0
	note := func(t token) {
		if i := l.find(t.hash); i >= 0 {
			l.have[i] = true
			if l.own[i] {
				l.at = append(l.at, hit{int32(from + t.from), int16(i)}) //nolint:gosec // see mostTerms
			}
		}
	}
	if !l.plain || slices.ContainsFunc(text, func(u uint16) bool { return utf16.IsSurrogate(rune(u)) }) {
		scan(utf16.Decode(text), note)
		return
	}
	// Only stretches of the question's characters can hold its terms.
	class := &chars().class
	for i := 0; i < len(text); {
		l.runes = l.runes[:0]
		from = i
		for ; i < len(text) && (l.letters[text[i]>>5]&(1<<(text[i]&31)) != 0 || class[text[i]] == word); i++ {
			l.runes = append(l.runes, rune(text[i]))
		}
		if len(l.runes) > 0 {
			scan(l.runes, note)
		}
		i++
	}
}

// cover is the share of the question's own terms that the entry has, by idf.
func (l *lens) cover() float64 {
	sum := 0.0
	for i, own := range l.own {
		if own && l.have[i] {
			sum += l.rarity[i]
		}
	}
	return sum / max(l.total, 1e-9)
}

// near is the largest such share within a window of characters.
func (l *lens) near() float64 {
	var best, sum float64
	count := make([]uint8, len(l.terms))
	for i, j := 0, 0; i < len(l.at); i++ {
		h := l.at[i]
		if count[h.term] == 0 {
			sum += l.rarity[h.term]
		}
		count[h.term]++
		for l.at[j].pos < h.pos-window {
			t := l.at[j].term
			if count[t]--; count[t] == 0 {
				sum -= l.rarity[t]
			}
			j++
		}
		best = max(best, sum)
	}
	return best / max(l.total, 1e-9)
}

// expanded is the idf of what the lexicon added and the entry has.
func (l *lens) expanded() float64 {
	sum := 0.0
	for i, own := range l.own {
		if !own && l.have[i] {
			sum += l.terms[i].Weight * l.rarity[i]
		}
	}
	return sum
}

// sure is how much of the question an entry with this score answers for, 0–1.
func (l *lens) sure(bm25, like float64) float64 {
	if bm25 <= 0 {
		return 0
	}
	z := sureLike*like*like + sureShare*bm25/max(l.attainable, 1) + sureScore*math.Log1p(bm25/l.unknown) +
		sureExpanded*math.Log1p(l.expanded()/l.unknown) -
		sureForeign*l.foreign - sureSize*l.unknown - sureOffset
	return 1 / (1 + math.Exp(-z))
}

// rank looks at the candidates closely and gives them their score and sureness.
func (x *Index) rank(a asked, rarity []float64, found []candidate) {
	l := newLens(a, rarity, idf(x.living, 0), x.mix)
	for i := range found {
		f := &found[i]
		l.look(f.in.text[f.in.textAt[f.doc]:f.in.textAt[f.doc+1]])
		like := l.like(f.in.text[f.in.textAt[f.doc]:f.in.textAt[f.doc+1]])
		f.score *= 1 + x.mix.cover*l.cover() + x.mix.near*l.near() + x.mix.like*like
		f.sure = l.sure(f.bm25, like)
	}
}
