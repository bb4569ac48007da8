package read

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxHidden     = 200 // entries
	maxHiddenText = 200 // characters of an entry
	maxTitle      = 200 // characters
)

// sink collects the lines of one document and holds its limits.
type sink struct {
	ctx   context.Context
	lim   Limits
	out   Text
	bytes int64
	marks map[rune]int // invisible characters taken out
	page  int          // of the lines to come
}

func newSink(ctx context.Context, lim Limits) *sink {
	return &sink{ctx: ctx, lim: lim, marks: map[rune]int{}}
}

// line adds a paragraph; what a line break divides becomes lines of its own, only the
// first of which is a heading.
func (s *sink) line(text string, level int) error {
	for len(text) > 0 {
		part, rest := text, ""
		if i := strings.IndexAny(text, "\n\r\v\f\u2028\u2029\u0085"); i >= 0 {
			_, n := utf8.DecodeRuneInString(text[i:])
			part, rest = text[:i], text[i+n:]
		}
		if err := s.paragraph(part, level); err != nil {
			return err
		}
		if part != "" {
			level = 0
		}
		text = rest
	}
	return nil
}

func (s *sink) paragraph(text string, level int) error {
	text = s.clean(text)
	for text != "" {
		part := text
		if len(part) > s.lim.LineBytes {
			part = text[:cut(text, s.lim.LineBytes)]
		}
		text = strings.TrimSpace(text[len(part):])
		part = strings.TrimSpace(part)
		s.bytes += int64(len(part))
		if s.bytes > s.lim.TextBytes {
			return fail(TooBig, "more than %d bytes of text", s.lim.TextBytes)
		}
		if len(s.out.Lines) >= s.lim.Lines {
			return fail(TooBig, "more than %d lines", s.lim.Lines)
		}
		s.out.Lines = append(s.out.Lines, Line{Text: part, Page: s.page, Level: min(level, 9)})
		level = 0
		if len(s.out.Lines)%256 == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
	}
	return nil
}

// cut finds where to divide a text of more than max bytes: after the last end of a
// sentence in the second half of it, else of a part of one, else anywhere.
func cut(text string, max int) int {
	for !utf8.RuneStart(text[max]) {
		max--
	}
	for _, ends := range []string{"。！？；!?;", "，、：, "} {
		if i := strings.LastIndexAny(text[:max], ends); i > max/2 {
			_, n := utf8.DecodeRuneInString(text[i:])
			return i + n
		}
	}
	return max
}

// hide notes text that a reader of the document does not see.
func (s *sink) hide(text string) {
	text = s.clean(strings.Join(strings.Fields(text), " "))
	if text == "" || len(s.out.Hidden) >= maxHidden {
		return
	}
	if text = first(text, maxHiddenText); !slices.Contains(s.out.Hidden, text) {
		s.out.Hidden = append(s.out.Hidden, text)
	}
}

// title keeps a title from the metadata unless it is what programs put there.
func (s *sink) title(text string) {
	text = s.clean(strings.Join(strings.Fields(text), " "))
	lower := strings.ToLower(text)
	for _, dull := range []string{"microsoft word", "untitled", "unknown", "normal", "文档", "新建", "无标题", "未命名", "工作簿", "首页", "http:", "https:"} {
		if strings.HasPrefix(lower, dull) {
			return
		}
	}
	for _, ext := range []string{".doc", ".docx", ".wps", ".wpt", ".dot", ".pdf", ".txt", ".ofd", ".xlsx", ".html"} {
		if strings.HasSuffix(lower, ext) {
			return
		}
	}
	letters := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters >= 4 && utf8.RuneCountInString(text) <= maxTitle {
		s.out.Title = text
	}
}

// done closes the document.
func (s *sink) done() (Text, error) {
	if len(s.out.Lines) == 0 {
		return Text{}, fail(Empty, "no text")
	}
	var runes []rune
	for r := range s.marks {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	for _, r := range runes {
		s.out.Hidden = append(s.out.Hidden, fmt.Sprintf("U+%04X×%d", r, s.marks[r]))
	}
	return s.out, nil
}

// clean takes invisible characters out, counts them, and trims.
func (s *sink) clean(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0xA0 || invisible(r) }) {
		return strings.TrimSpace(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == 0xA0 || r == 0x202F:
			b.WriteByte(' ')
		case r < ' ' || r == unicode.ReplacementChar:
		case invisible(r):
			// Selectors of a character's form (emoji, variants of a Han character) and the
			// private characters of a font (bullets, mostly) are no secret: they go
			// uncounted.
			if !unicode.In(r, unicode.Variation_Selector, unicode.Co) {
				s.marks[r]++
			}
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// invisible reports characters that show nothing and can hide or reorder others: zero
// widths, direction marks, fillers, tags, selectors, and what is no character at all.
func invisible(r rune) bool {
	switch {
	case r < 0x7F:
		return false
	case r <= 0x9F, r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x3164, r == 0xFFA0:
		return true
	case r >= 0x180B && r <= 0x180F, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return true
	case r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF, r >= 0xFFF0 && r <= 0xFFFB, r == unicode.ReplacementChar, r >= 0xFFFE && r <= 0xFFFF:
		return true
	case r >= 0xE000 && r <= 0xF8FF: // private use: bullets and pictures of some font
		return true
	case r >= 0xE0000 && r <= 0xE0FFF, r >= 0xF0000:
		return true
	}
	return false
}

// first is the first n characters of a text.
func first(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
