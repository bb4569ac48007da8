package form

import (
	"slices"
	"strings"
	"unicode"
)

// leading is how far lines stand apart, in widths of a Chinese character.
const leading = 1.42

// lineHeight is it in mm at a size in points.
func lineHeight(size float64) float64 { return size * leading / ptPerMM }

// Characters that no line may begin or end with (GB/T 15834).
const (
	neverFirst = "，。、；：？！）》〉」』】〕”’…—·,.;:?!)%％℃"
	neverLast  = "（《〈「『【〔“‘("
)

// wrap breaks words into lines no wider than w mm. Chinese may break anywhere but where a
// line would begin or end with a wrong sign; Latin words and numbers stay whole unless they
// are wider than a line.
func (p *paper) wrap(s string, size, w float64) []string {
	var out []string
	for one := range strings.SplitSeq(clean(plain(s)), "\n") {
		out = append(out, p.wrapLine([]rune(one), w*ptPerMM/size)...)
	}
	return out
}

// wrapLine breaks one paragraph; w is in ems.
func (p *paper) wrapLine(rs []rune, w float64) (out []string) {
	for len(rs) > 0 {
		n, used := 0, 0.0
		for n < len(rs) && used+p.advance(rs[n]) <= w {
			used += p.advance(rs[n])
			n++
		}
		if n == 0 {
			n = 1 // one character is wider than the line: it stands alone
		}
		if n < len(rs) {
			n = breakAt(rs, n)
		}
		out = append(out, strings.TrimRightFunc(string(rs[:n]), unicode.IsSpace))
		for rs = rs[n:]; len(rs) > 0 && unicode.IsSpace(rs[0]); {
			rs = rs[1:]
		}
	}
	if out == nil {
		return []string{""}
	}
	return out
}

// breakAt is the best place to break at or before n.
func breakAt(rs []rune, n int) int {
	for at := n; at > n/2 && at > 0; at-- {
		before, after := rs[at-1], rs[at]
		if latin(before) && latin(after) || strings.ContainsRune(neverFirst, after) || strings.ContainsRune(neverLast, before) || bracketed(rs, at) {
			continue
		}
		return at
	}
	return n
}

// bracketed reports whether a break would part a few words in brackets.
func bracketed(rs []rune, at int) bool {
	const most = 12
	for i := at - 1; i >= 0 && at-i <= most; i-- {
		if strings.ContainsRune("）】", rs[i]) {
			return false
		}
		if strings.ContainsRune("（【", rs[i]) {
			end := slices.IndexFunc(rs[at:], func(r rune) bool { return r == '）' || r == '】' })
			return end >= 0 && at+end-i <= most
		}
	}
	return false
}

func latin(r rune) bool { return r < 0x2e80 && !unicode.IsSpace(r) }

// words wraps words, writes them from a top edge and says where they end.
func (p *paper) words(x, top, w, size float64, c ink, bold bool, s string) float64 {
	return p.lines(x, top, size, start, c, bold, p.wrap(s, size, w))
}

// lines writes lines one below the other and says where they end.
func (p *paper) lines(x, top, size float64, at anchor, c ink, bold bool, ls []string) float64 {
	for _, l := range ls {
		p.write(x, top+lineHeight(size)*0.74, size, at, c, bold, l)
		top += lineHeight(size)
	}
	return top
}

// centred is words that wrap around the middle of a line.
func (p *paper) centred(x, top, w, size float64, c ink, bold bool, s string) float64 {
	return p.lines(x+w/2, top, size, middle, c, bold, p.wrap(s, size, w))
}

// shrink is the largest of some sizes, in points and falling, at which words take no more
// than so many lines of w mm; the last one where none does.
func (p *paper) shrink(s string, w float64, most int, sizes ...float64) float64 {
	for _, size := range sizes {
		if len(p.wrap(s, size, w)) <= most {
			return size
		}
	}
	return sizes[len(sizes)-1]
}
