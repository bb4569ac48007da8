package clause

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

//go:embed doubles.txt
var doubleList string

// repair is what mend did.
type repair struct {
	places int // doubled characters taken out
}

// A copy of this kind comes from programs that store text in cells of a fixed number of
// characters and write the last of each cell again at the start of the next: every
// stride-th character stands twice, counted anew from every change of font. Normal
// Chinese doubles one character in two hundred, and in no rhythm.
const (
	// fewest rhythmical doublings make a damaged copy, and at least this share of all
	// doublings must keep the rhythm.
	fewest   = 24
	rhythmic = 0.5
	// unusual is the least share of doublings that no Chinese word has: 一个个、一步步、
	// 一件件 has a rhythm too.
	unusual   = 0.4
	maxStride = 40
	// chain is how many doublings in a row have to keep the rhythm to count.
	chain = 4
)

// mend recognises a copy whose characters were doubled in a rhythm and takes the second
// ones out; any other document comes back as it was.
func mend(lines []line) ([]line, repair) {
	stride := rhythm(lines)
	if stride == 0 {
		return lines, repair{}
	}
	lines = rejoin(lines)
	usual := doublesOf(lines)
	var done repair
	for i, l := range lines {
		if l.table {
			continue
		}
		var out []rune
		for rest := l.runes; len(rest) > 0; {
			piece := rest[:window(rest)]
			kept, n := collapse(piece, stride, usual)
			out, done.places = append(out, kept...), done.places+n
			rest = rest[len(piece):]
		}
		lines[i].runes = out
	}
	if done.places > 0 {
		for i, l := range lines {
			lines[i].runes = []rune(strings.TrimSpace(l.text()))
		}
	}
	return compact(lines), done
}

// window is how much of a line is read at once, up to the end of a sentence.
func window(r []rune) int {
	const most = 8192
	if len(r) <= most {
		return len(r)
	}
	for i := most; i > most/2; i-- {
		if r[i-1] == '。' {
			return i
		}
	}
	return most
}

// counts reports whether a character takes part in the rhythm.
func counts(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune("“”‘’", r) }

// rhythm is the distance at which characters are doubled, counted without the second
// ones; 0 if the text is not damaged.
func rhythm(lines []line) int {
	odd, words := 0, reduplicated()
	var gaps []int // between doublings that follow each other in a line, 0 between lines
	total := 0
	for _, l := range lines {
		if l.table {
			continue
		}
		since, seen := 0, false
		for i := 0; i < len(l.runes); i++ {
			if !counts(l.runes[i]) {
				continue
			}
			since++
			if i+1 < len(l.runes) && l.runes[i+1] == l.runes[i] && unicode.IsLetter(l.runes[i]) {
				total++
				if !words[l.runes[i]] {
					odd++
				}
				if seen {
					gaps = append(gaps, since)
				}
				since, seen = 0, true
				i++
			}
		}
		gaps = append(gaps, 0)
	}
	if total < fewest {
		return 0
	}
	if float64(odd) < unusual*float64(total) {
		return 0
	}
	best, most := 0, 0
	for stride := 2; stride <= maxStride; stride++ {
		kept, exact, run, sharp := 0, 0, 0, 0
		for _, g := range append(gaps, 0) {
			if g == stride || g == stride+1 { // a mark was due: the next character is doubled
				run++
				if g == stride {
					sharp++
				}
				continue
			}
			if run >= chain {
				kept, exact = kept+run, exact+sharp
			}
			run, sharp = 0, 0
		}
		if kept >= fewest && float64(kept) >= rhythmic*float64(total) && exact > most {
			best, most = stride, exact
		}
	}
	return best
}

var joinMark = regexp.MustCompile(`^(\d{1,4})[、.．]\s?`)

// rejoin takes out page numbers that were put at the start of every line and joins the
// lines: they count up without a gap, in the middle of sentences.
func rejoin(lines []line) []line {
	numbered := make([]int, len(lines))
	for i, l := range lines {
		if m := joinMark.FindStringSubmatch(string(l.runes[:min(len(l.runes), 8)])); m != nil {
			numbered[i], _ = strconv.Atoi(m[1])
		}
	}
	const (
		sure  = 4 // more starts in a row than this
		apart = 3 // other lines between two of them: items of the text's own
	)
	var best, run []int
	for i, n := range numbered {
		if n == 0 {
			continue
		}
		if k := len(run); k == 0 || n != numbered[run[k-1]]+1 || i-run[k-1] > apart+1 {
			run = nil
		}
		if run = append(run, i); len(run) > len(best) {
			best = run
		}
	}
	if len(best) <= sure {
		return lines
	}
	broken, starts := 0, map[int]bool{best[0]: true}
	for _, i := range best[1:] {
		starts[i] = true
		if r := lines[i-1].runes; !strings.ContainsRune("。！？；：", r[len(r)-1]) {
			broken++
		}
	}
	if broken*2 < len(best)-1 {
		return lines
	}
	var out []line
	for i, l := range lines {
		if !starts[i] {
			l.runes = append([]rune(nil), l.runes...)
			out = append(out, l)
			continue
		}
		rest := l.runes[count(joinMark.FindString(string(l.runes[:min(len(l.runes), 8)]))):]
		if i == best[0] {
			l.runes = append([]rune(nil), rest...)
			out = append(out, l)
			continue
		}
		p := &out[len(out)-1]
		p.runes = append(p.runes, rest...)
	}
	return out
}

// reduplicated are the characters of doubles.txt.
func reduplicated() map[rune]bool {
	out := map[rune]bool{}
	for _, l := range entries(doubleList) {
		for _, r := range l {
			out[r] = true
		}
	}
	return out
}

// doublesOf is how dear it is to take a doubling for the author's own, per character:
// cheap for the characters that are doubled in normal Chinese. What the document itself
// writes far more often singly before the same next character is the damage's.
func doublesOf(lines []line) func(before, r, after rune) float64 {
	usual := reduplicated()
	pairs := map[[2]rune]int{}
	for _, l := range lines {
		for i := 1; i < len(l.runes); i++ {
			pairs[[2]rune{l.runes[i-1], l.runes[i]}]++
		}
	}
	return func(before, r, after rune) float64 {
		switch {
		case unicode.IsDigit(r):
			return 1.6
		case !unicode.IsLetter(r):
			return 0.2
		case usual[r] && pairs[[2]rune{before, r}] > 1 && pairs[[2]rune{r, after}] > 1:
			// Both neighbours also go with the single character: likely it was single.
			return 2.6
		case usual[r]:
			return 1.2
		}
		return 4
	}
}

// What the ways of reading a damaged line cost. A line is read as pieces of damage with
// their rhythm and pieces without damage, as cheaply as possible.
const (
	costMiss    = 2.5 // a doubling that was due is not there
	costStray   = 3.0 // a doubling that was not due is taken out
	costRestart = 2.0 // the rhythm starts anew in running text
	costEdge    = 0.4 // it starts anew at a bracket, a quotation mark, a number, a space
	costSwitch  = 5.0 // damage begins or ends
)

type step struct {
	cost float64
	from int // state before
	took int // characters read: 2 if a doubling was taken out
}

// collapse reads one line the cheapest way and takes out what is doubled. State k below
// stride: k characters since the last doubling; state stride: no damage here.
func collapse(r []rune, stride int, own func(before, r, after rune) float64) ([]rune, int) {
	n, clean := len(r), stride
	best := make([][]step, n+1)
	const never = 1e18
	for i := range best {
		best[i] = make([]step, stride+1)
		for k := range best[i] {
			best[i][k].cost = never
		}
	}
	for k := range stride {
		best[0][k] = step{cost: min(float64(k), 1)}
	}
	best[0][clean] = step{cost: 1}
	relax := func(i, k int, s step) {
		if s.cost < best[i][k].cost {
			best[i][k] = s
		}
	}
	at := func(i int) rune {
		if i < 0 || i >= n {
			return '\n'
		}
		return r[i]
	}
	for i := range n {
		twin := i+1 < n && r[i] == r[i+1] && counts(r[i])
		again := 0.0 // this character repeats the one before, and both stay
		if i > 0 && r[i] == r[i-1] && counts(r[i]) {
			again = own(at(i-2), r[i], at(i+1))
		}
		restart := costRestart
		if edge(at(i-1)) != edge(r[i]) || edge(at(i-1)) {
			restart = costEdge
		}
		for from := 0; from <= stride; from++ {
			was := best[i][from]
			if was.cost >= never {
				continue
			}
			if from == clean {
				relax(i+1, clean, step{cost: was.cost + again, from: from, took: 1})
				if twin {
					relax(i+2, 0, step{cost: was.cost + costSwitch, from: from, took: 2})
				}
				continue
			}
			relax(i+1, clean, step{cost: was.cost + again + costSwitch, from: from, took: 1})
			if !counts(r[i]) {
				relax(i+1, from, step{cost: was.cost, from: from, took: 1})
				continue
			}
			for _, fresh := range []bool{false, true} {
				k, cost := from, was.cost
				if fresh {
					k, cost = 0, cost+restart
				}
				switch {
				case k+1 < stride:
					relax(i+1, k+1, step{cost: cost + again, from: from, took: 1})
					if twin {
						relax(i+2, 0, step{cost: cost + costStray, from: from, took: 2})
					}
				case twin:
					relax(i+2, 0, step{cost: cost, from: from, took: 2})
				case !unicode.IsLetter(r[i]) && !unicode.IsDigit(r[i]):
					// Marks are never doubled: the next character is, in their place.
					relax(i+1, stride-1, step{cost: cost + again, from: from, took: 1})
				default:
					relax(i+1, 0, step{cost: cost + again + costMiss, from: from, took: 1})
				}
			}
		}
	}
	state := 0
	for k := range best[n] {
		if best[n][k].cost < best[n][state].cost {
			state = k
		}
	}
	drop := make([]bool, n)
	places := 0
	for i := n; i > 0; {
		s := best[i][state]
		if s.took == 2 {
			drop[i-1] = true
			places++
		}
		i, state = i-s.took, s.from
	}
	out := make([]rune, 0, n-places)
	for i, c := range r {
		if !drop[i] {
			out = append(out, c)
		}
	}
	return out, places
}

// edge reports characters at which a text is likely to change its font.
func edge(r rune) bool {
	return r < 0x80 || unicode.IsSpace(r) || strings.ContainsRune("“”‘’（）《》", r)
}
