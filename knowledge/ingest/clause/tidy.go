package clause

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"qingfeng/knowledge/ingest/read"
)

//go:embed noise.txt
var noiseList string

var (
	noiseRE = whole(noiseList)
	// frontRE are lines of metadata at the top: "effective: 2023-12-11", 施行日期：….
	frontRE = regexp.MustCompile(`^(?i)\s*[【\[]?(title|effective|repealed|expires|published|issued|number|issuer|label|version|标\s*题|名\s*称|文\s*号|发文字号|发文机关|发布机关|制定机关|发文单位|发布单位|施行日期|实施日期|生效日期|发布日期|公布日期|成文日期|印发日期|废止日期|失效日期|版本)[】\]]?\s*[:：]\s*(.+)$`)
	fenceRE = regexp.MustCompile(`^-{3,}$`)

	insidePage = regexp.MustCompile(`\s*[—–－―-]{1,2}\s?(\d{1,4})\s?[—–－―-]{1,2}\s*`)
	pageOf     = regexp.MustCompile(`[\s—-]*第\s*\d+\s*页\s*[,，/／]?\s*共\s*\d+\s*页[\s—-]*`)
	tocLine    = regexp.MustCompile(`(\.{3,}|…{2,}|·{3,}|\s)[\s.…·]*\d{1,4}$`)
)

// whole compiles a list of patterns, one a line, into one that matches whole strings.
func whole(list string) *regexp.Regexp {
	return regexp.MustCompile("^(?:" + strings.Join(entries(list), "|") + ")$")
}

// entries are the lines of a data file without comments and blanks.
func entries(list string) []string {
	var out []string
	for l := range strings.SplitSeq(list, "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out
}

// front is the metadata that stood above the text, by name.
type front map[string]string

const (
	// frontDepth is how many lines from the top may be metadata.
	frontDepth = 30
	// wideNoise: a line of noise is not longer than this, in characters.
	wideNoise = 240
)

// tidy drops what is not the document and takes the front matter out.
func tidy(t read.Text) ([]line, front) {
	var (
		out    []line
		meta   = front{}
		glue   bool
		carded bool // the line above was a row of the site's card
		fenced = len(t.Lines) > 0 && fenceRE.MatchString(strings.TrimSpace(t.Lines[0].Text))
		drop   = running(t)
	)
	for i, l := range t.Lines {
		text := visible(l.Text)
		if text == "" {
			continue
		}
		if i < frontDepth {
			said, sure, ok := card(text)
			if ok && !sure && !carded && i+1 < len(t.Lines) { // a row below may make it one
				_, sure, _ = card(visible(t.Lines[i+1].Text))
			}
			if carded = ok && (sure || carded); carded {
				for name, value := range said {
					meta.learn(name, value)
				}
				continue
			}
		}
		if m := frontRE.FindStringSubmatch(text); m != nil && i < frontDepth && len([]rune(text)) < 120 {
			// YAML leaves the body; a line of Chinese stays, it is part of the document.
			key := strings.ToLower(strings.Join(strings.Fields(m[1]), ""))
			if _, known := meta[key]; !known {
				meta[key] = strings.TrimSpace(strings.Trim(strings.TrimSpace(m[2]), `"'`))
			}
			if fenced || m[1][0] < 0x80 {
				continue
			}
		}
		if fenceRE.MatchString(text) {
			fenced = fenced && i == 0
			continue
		}
		table := strings.Contains(text, "\t") || strings.Contains(text, " | ") || strings.HasPrefix(text, "|")
		if !table && (drop[i] || len([]rune(text)) <= wideNoise && noiseRE.MatchString(text)) {
			glue = true
			continue
		}
		out = append(out, line{runes: []rune(text), page: l.Page, level: l.Level, table: table, glue: glue})
		glue = false
	}
	return contents(inlinePages(out)), meta
}

// visible strips a line of characters that show nothing.
func visible(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0xA0 || r == 0x2028 || r == 0x2029 || r == 0x85:
			return ' '
		case r == '\t':
			return r
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r), r >= 0xFE00 && r <= 0xFE0F:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// running marks the lines that repeat at the edges of pages: running heads and feet.
func running(t read.Text) map[int]bool {
	edges := map[string][]int{}
	pages := 0
	for i, l := range t.Lines {
		first := i == 0 || t.Lines[i-1].Page != l.Page
		last := i+1 == len(t.Lines) || t.Lines[i+1].Page != l.Page
		if l.Page == 0 || !first && !last {
			continue
		}
		if first {
			pages++
		}
		key := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return '#'
			}
			return r
		}, l.Text)
		edges[key] = append(edges[key], i)
	}
	drop := map[int]bool{}
	for key, at := range edges {
		if len(at) < 3 || len(at)*2 < pages || len([]rune(key)) > 60 {
			continue
		}
		// Clauses also begin pages: 第#条 is never a running head.
		if _, ok := parse([]rune(t.Lines[at[0]].Text), 0); ok {
			continue
		}
		for _, i := range at {
			drop[i] = true
		}
	}
	return drop
}

// inlinePages takes page marks out of running text (—3—, 第3页 共9页), if they count up.
func inlinePages(lines []line) []line {
	var numbers []int
	for _, l := range lines {
		for _, m := range insidePage.FindAllStringSubmatch(l.text(), -1) {
			n, _ := strconv.Atoi(m[1])
			numbers = append(numbers, n)
		}
	}
	counting := len(numbers) >= 3
	for i := 1; i < len(numbers); i++ {
		counting = counting && numbers[i] == numbers[i-1]+1
	}
	for i, l := range lines {
		s := pageOf.ReplaceAllString(l.text(), "")
		if counting {
			s = insidePage.ReplaceAllString(s, "")
		}
		lines[i].runes = []rune(s)
	}
	return compact(lines)
}

func compact(lines []line) []line {
	out := lines[:0]
	for _, l := range lines {
		if len(l.runes) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// contents drops a table of contents: what stands between 目录 and the place where its
// first entry comes again.
func contents(lines []line) []line {
	for i, l := range lines {
		if name := strings.Join(strings.Fields(l.text()), ""); name != "目录" && name != "目次" || i > 60 || i+2 >= len(lines) {
			continue
		}
		first := entry(lines[i+1])
		for j := i + 2; j < len(lines) && j < i+400; j++ {
			if entry(lines[j]) == first {
				return append(lines[:i:i], lines[j:]...)
			}
			if len(lines[j].runes) > 60 {
				break
			}
		}
	}
	return lines
}

// entry is a line as a table of contents has it: without dots and page number.
func entry(l line) string {
	return strings.Join(strings.Fields(tocLine.ReplaceAllString(l.text(), "")), "")
}

const sentenceEnds = "。！？；：!?;:”』」》）)】…"

// unwrap joins lines that a fixed width broke in the middle of a sentence, and the
// halves of a sentence that a page mark stood between.
func unwrap(lines []line) []line {
	width := wrapWidth(lines)
	var out []line
	for i, l := range lines {
		full := i > 0 && width > 0 && columns(lines[i-1].runes) >= width-4
		if n := len(out); n > 0 && (l.glue || full) && continues(out[n-1], l) && (n > 6 || !titleEnd.MatchString(out[n-1].text())) {
			p := &out[n-1]
			if last := p.runes[len(p.runes)-1]; last < 0x80 && l.runes[0] < 0x80 {
				p.runes = append(p.runes, ' ')
			}
			p.runes = append(p.runes, l.runes...)
			continue
		}
		l.glue = false
		l.runes = append([]rune(nil), l.runes...)
		out = append(out, l)
	}
	return out
}

// continues reports whether a line goes on in the middle of the sentence before it.
func continues(prev, next line) bool {
	if prev.table || next.table || prev.level > 0 || next.level > 0 || len(prev.runes) < 12 {
		return false
	}
	if strings.ContainsRune(sentenceEnds, prev.runes[len(prev.runes)-1]) {
		return false
	}
	if m, ok := parse(next.runes, 0); ok && !m.refers {
		return false
	}
	if m, ok := parse(prev.runes, 0); ok && len(prev.runes) < 26 && m.kind != article {
		return false
	}
	return !asks(next.runes)
}

// wrapWidth is the width at which a text was wrapped, in columns; 0 if it was not.
func wrapWidth(lines []line) int {
	const least, most, slack = 30, 130, 2
	count := map[int]int{}
	total, longer := 0, 0
	for _, l := range lines {
		w := columns(l.runes)
		if w < least || l.table || strings.ContainsRune(sentenceEnds, l.runes[len(l.runes)-1]) {
			continue
		}
		total++
		if w > most {
			longer++
			continue
		}
		count[w]++
	}
	best, width := 0, 0
	for w := least; w <= most; w++ {
		n := 0
		for d := -slack; d <= slack; d++ {
			n += count[w+d]
		}
		if n > best {
			best, width = n, w
		}
	}
	if best < 8 || best*10 < total*6 || longer*20 > total {
		return 0
	}
	return width
}

// columns is how wide a line is where a Han character takes two.
func columns(r []rune) int {
	n := len(r)
	for _, c := range r {
		if c >= 0x1100 {
			n++
		}
	}
	return n
}
