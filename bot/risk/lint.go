package risk

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Context is what the coach may compare a point with.
type Context struct {
	Post        Post
	Nodes       []Node   // the catalogue of the post or its section
	Others      []string // texts of other posts, sections, units (L9)
	OwnLastYear []string // the post's own last year: exempt from L9
	MeasuresDue bool
	PointCount  int
}

// Lint looks at one point with the rules of DOMAIN.md §7.3 and returns what it sees,
// worst first. L1–L10 and L13 speak of a point, L11 and L12 of a form (LintForm).
// Nothing here stops a draft; Blocks stops section review unless a reason is given.
func Lint(p *Pack, pt Point, c Context) []Hint {
	l := linter{p: p, pt: pt, c: c, text: pointText(pt)}
	if l.text == "" {
		return nil
	}
	l.guard()
	l.shape()
	l.careless()
	l.measures()
	l.copied()
	l.level()
	sortHints(l.hints)
	return l.hints
}

type linter struct {
	p     *Pack
	pt    Point
	c     Context
	text  string
	hints []Hint
}

func (l *linter) add(rule, key string, blocks bool, rewrite string, pairs ...string) {
	l.hints = append(l.hints, Hint{
		Rule: rule, Say: fill(l.p.Quality.Say[key], pairs...), Rewrite: rewrite,
		Gap: strings.Contains(rewrite, "……"), Weight: l.p.Quality.Weight[rule], Blocks: blocks,
	})
}

// guard repeats the red lines for texts that came by a page or a file.
func (l *linter) guard() {
	if s := secrecy(l.text); s {
		l.add("L7", "L7", true, "")
	}
	seen := map[string]bool{}
	for _, f := range pointFindings(l.text) {
		if !seen[f.Rule] {
			seen[f.Rule] = true
			l.add(f.Rule, f.Rule, true, f.Rewrite)
		}
	}
}

// shape: L1 no action, L2 abstract words, L3 a surface instead of a point, L10 no node.
func (l *linter) shape() {
	q := l.p.Quality
	node := l.node()
	acts := q.acts(l.text)
	scope := found(masked(l.text, q.NotScope), q.Scope)
	vague := found(l.text, q.Vague)
	person := slices.ContainsFunc(l.hints, func(h Hint) bool { return h.Rule == "L5" || h.Rule == "L6" || h.Rule == "L7" })

	switch {
	case len(scope) > 0:
		l.add("L3", "L3", !acts, l.narrowed("L3", node), "word", scope[0])
	case !acts && !person:
		l.add("L1", "L1", true, l.narrowed("L1", node))
	}
	if others := l.otherNodes(); len(scope) == 0 && len(others) > 1 {
		l.add("L3", "L3.nodes", false, "", "word", strings.Join(others, "、"))
	}
	if len(vague) > 0 {
		rewrite := ""
		if acts {
			rewrite = l.narrowed("L2", node)
		}
		l.add("L2", "L2", false, rewrite, "word", vague[0])
	}
	switch {
	case l.pt.Node.ID != 0 || person:
	case l.pt.Node.Name != "":
		l.add("L10", "L10.gap", false, "", "word", l.pt.Node.Name)
	case acts || len(scope) > 0:
		l.add("L10", "L10", true, "")
	}
}

// acts reports whether a text says what somebody does. No list knows every verb, so the
// short words that only stand beside one (把, 给, 让, …) count as well: a missed L1 costs a
// question less, a wrong one costs trust.
func (q QualityRules) acts(text string) bool {
	said := masked(text, q.Vague)
	return containsAny(said, q.Verbs) || containsAny(masked(said, q.NotMarks), q.Marks)
}

func (l *linter) careless() {
	m := l.pt.Misuse
	if m == "" {
		m = GuessMisuse(l.text)
	}
	if m == Careless && l.pt.KeepReason == "" {
		l.add("L4", "L4", false, "")
	}
}

// measures: L8, one hint for the measure that lacks most.
func (l *linter) measures() {
	if !l.c.MeasuresDue {
		return
	}
	lack := words().Lack
	for _, m := range l.pt.Measures {
		short := Headline(m.Text)
		if slogan(l.p, m) {
			l.add("L8", "L8.slogan", true, "", "word", short)
			return
		}
		var missing []string
		if m.Who == "" && l.pt.Node.PostName == "" {
			missing = append(missing, lack["who"])
		}
		if m.Evidence == "" {
			missing = append(missing, lack["evidence"])
		}
		if len(missing) > 0 {
			l.add("L8", "L8", true, l.completed(m), "word", short, "lack", strings.Join(missing, lack["and"]))
			return
		}
	}
}

// slogan: nothing but set phrases, and nothing to show for it.
func slogan(p *Pack, m Measure) bool {
	if m.Evidence != "" {
		return false
	}
	rest := masked(m.Text, p.Quality.Slogans)
	n := 0
	for _, r := range rest {
		if r != maskRune && !strings.ContainsRune(" ，,。；;、", r) {
			n++
		}
	}
	return rest != m.Text && n <= 4
}

// completed fills an incomplete measure from the nearest ready one.
func (l *linter) completed(m Measure) string {
	ready := Measures(l.p, l.pt.Node, l.pt.Category, m.Text)
	if len(ready) == 0 {
		return ""
	}
	best := ready[0]
	for _, r := range ready[1:] {
		if Similar(r.Text, m.Text) > Similar(best.Text, m.Text) {
			best = r
		}
	}
	m = withDefaults(m, Measure{Who: firstNonEmpty(l.pt.Node.PostName, best.Who), Frequency: measures().Frequency, Evidence: best.Evidence})
	return fill(l.p.Quality.Rewrite["L8"], "text", m.Text, "who", m.Who, "freq", m.Frequency, "evidence", m.Evidence)
}

// copied: L9. A phrase of a few characters proves nothing and is never compared.
func (l *linter) copied() {
	const enough = 8
	like := func(a, b string) bool {
		return utf8.RuneCountInString(a) >= enough && Similar(a, b) >= l.p.Quality.Similarity
	}
	mine := l.pt.Manifestations
	if len(mine) == 0 {
		mine = []string{l.pt.Title}
	}
	for _, m := range mine {
		if slices.ContainsFunc(l.c.OwnLastYear, func(o string) bool { return like(m, o) }) {
			continue
		}
		if slices.ContainsFunc(l.c.Others, func(o string) bool { return like(m, o) }) ||
			slices.ContainsFunc(allExamples(), func(o string) bool { return like(m, o) }) {
			l.add("L9", "L9", true, "")
			return
		}
	}
}

// level: L13, the meeting's level lies two below the suggestion.
func (l *linter) level() {
	from, to := l.pt.Suggested.Level, l.pt.Confirmed
	if rank(from) > 0 && rank(to)-rank(from) >= 2 && l.pt.KeepReason == "" {
		l.add("L13", "L13", false, "", "from", l.p.LevelLabel(from), "to", l.p.LevelLabel(to))
	}
}

// node is the step a rewrite may name: the point's own, else the first one on offer.
func (l *linter) node() Node {
	if l.pt.Node.Name != "" || len(l.c.Nodes) == 0 {
		return l.pt.Node
	}
	return l.c.Nodes[0]
}

// otherNodes are steps of the catalogue, besides the point's own, that the text names.
func (l *linter) otherNodes() []string {
	var out []string
	for _, n := range l.c.Nodes {
		if n.Name != l.pt.Node.Name && utf8.RuneCountInString(n.Name) >= 3 && strings.Contains(l.text, n.Name) && !slices.Contains(out, n.Name) {
			out = append(out, n.Name)
		}
	}
	return out
}

// LintForm looks at a whole form: L11 one measure for many points, L12 too many, none,
// or all of one level.
func LintForm(p *Pack, points []Point, c Context) []Hint {
	l := linter{p: p, c: c}
	var live []Point
	for _, pt := range points {
		if pt.State != PointRemoved {
			live = append(live, pt)
		}
	}
	n := strconv.Itoa(len(live))
	switch {
	case len(live) == 0:
		l.add("L12", "L12.none", false, "")
	case len(live) > p.SoftCap:
		l.add("L12", "L12.many", false, "", "n", n, "cap", strconv.Itoa(p.SoftCap))
	}
	if level := sameLevel(live); len(live) >= 3 && (level == L1 || level == L3) {
		key := "L12.high"
		if level == L3 {
			key = "L12.low"
		}
		l.add("L12", key, false, "", "n", n, "level", p.LevelLabel(level))
	}
	if c.MeasuresDue {
		l.shared(live)
	}
	sortHints(l.hints)
	return l.hints
}

func (l *linter) shared(points []Point) {
	used := map[string][]int{}
	var order []string
	for i, pt := range points {
		no := pt.No
		if no == 0 {
			no = i + 1
		}
		for _, m := range pt.Measures {
			key := strings.TrimSpace(m.Text)
			if key == "" || slices.Contains(used[key], no) {
				continue
			}
			if used[key] == nil {
				order = append(order, key)
			}
			used[key] = append(used[key], no)
		}
	}
	for _, key := range order {
		if nos := used[key]; len(nos) > l.p.Quality.SharedMax {
			l.add("L11", "L11", false, "", "n", strconv.Itoa(len(nos)), "list", numbers(nos))
		}
	}
}

// sameLevel is the level all points share (confirmed, else suggested), or "".
func sameLevel(points []Point) Level {
	var level Level
	for i, pt := range points {
		have := pt.Confirmed
		if have == "" {
			have = pt.Suggested.Level
		}
		if i > 0 && have != level {
			return ""
		}
		level = have
	}
	return level
}

func sortHints(h []Hint) {
	slices.SortStableFunc(h, func(a, b Hint) int { return b.Weight - a.Weight })
}

// pointText is all the person wrote of the risk itself.
func pointText(pt Point) string {
	parts := pt.Manifestations
	if len(parts) == 0 || (pt.Title != "" && pt.Title != Headline(parts[0])) {
		parts = append([]string{pt.Title}, parts...)
	}
	return strings.TrimSpace(strings.Join(parts, "。"))
}

const maskRune = '□'

// masked blanks the listed words, so that what they contain is not found.
func masked(s string, list []string) string {
	hits := slices.DeleteFunc(slices.Clone(list), func(w string) bool { return w == "" || !strings.Contains(s, w) })
	slices.SortStableFunc(hits, func(a, b string) int { return len(b) - len(a) })
	for _, w := range hits {
		s = strings.ReplaceAll(s, w, strings.Repeat(string(maskRune), utf8.RuneCountInString(w)))
	}
	return s
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
