package notice

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file reads texts for what may not be published. Every rule is a list in words.json;
// texts are folded first, so that a space or a full-width digit hides nothing.

// clean drops what nobody sees: control and format characters; a line break is a space.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', unicode.Is(unicode.Zs, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, s))
}

// fold makes texts comparable: half width, lower case, no blanks and no marks that join
// or decorate.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r = r - '！' + '!'
		}
		if unicode.IsSpace(r) || unicode.Is(unicode.Mn, r) || r == '·' || r == '•' {
			return -1
		}
		return unicode.ToLower(r)
	}, clean(s))
}

// nameList is every name that must not stand in a text, folded: the roster and whoever
// holds a post of the rows.
func nameList(in Input) []string {
	var out []string
	add := func(list string) {
		for _, name := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("、,，;；/ ", r) }) {
			name = fold(name)
			if n := utf8.RuneCountInString(name); n < 2 || n < 3 && name[0] < utf8.RuneSelf {
				continue // one character, or two letters, are in every second word
			}
			out = append(out, name)
		}
		if whole := fold(list); utf8.RuneCountInString(whole) >= 3 {
			out = append(out, whole) // 张 三丰
		}
	}
	for _, name := range in.Names {
		add(name)
	}
	for _, row := range in.Rows {
		add(row.Holder)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// rosterName is a name of the list in a text, or "". A name that is an ordinary word too
// (高明, 文明) counts only alone or before a title.
func (b *builder) rosterName(text string) string {
	folded := fold(text)
	w := listed()
	for _, name := range b.names {
		if !strings.Contains(folded, name) {
			continue
		}
		if !slices.Contains(w.PlainNames, name) || folded == name {
			return name
		}
		for _, title := range w.Titles {
			if strings.Contains(folded, name+title) {
				return name
			}
		}
	}
	return ""
}

// fits checks one text that would be published and adds what is wrong with it; dial: it
// holds the office's own number.
func (b *builder) fits(row int, f Field, text string, dial bool) bool {
	label := FieldName(f)
	if f == "" {
		label = ruled().Notice
	}
	role := f == FieldWho || f == FieldMonitor
	if name := b.rosterName(text); name != "" {
		b.add("person", row, f, true, label, name)
		return false
	}
	if b.in.Person != nil {
		name := b.in.Person(text, role)
		if name == "" {
			name = b.in.Person(fold(text), role)
		}
		if name != "" && role {
			b.add("who", row, f, true, name)
			return false
		}
		if name != "" {
			b.add("person", row, f, true, label, name)
			return false
		}
	}
	if found := flagged(text); found != "" {
		b.add("flag", row, f, true, label, found)
		return false
	}
	if b.public() && !dial {
		if found := Sampling(text); found != "" {
			b.add("sampling", row, f, true, label, found)
			return false
		}
	}
	return dial || b.guarded(row, f, text)
}

func (b *builder) guarded(row int, f Field, text string) bool {
	if b.in.Guard == nil || !b.in.Guard(text) {
		return true
	}
	label := FieldName(f)
	if f == "" {
		label = ruled().Notice
	}
	b.add("guard", row, f, true, label)
	return false
}

// flagged is the part of a text that speaks of complaints, the look-back of three years, or
// the coach's verdicts, or ""; how people complain may be told.
func flagged(text string) string {
	folded := fold(text)
	for _, w := range listed().FlagFree {
		folded = strings.ReplaceAll(folded, w, "")
	}
	return match(listed().Flags, folded)
}

// Sampling is the part of a text that tells exactly how checks are drawn (5%, 每月抽3件,
// 尾号), or "". How often something is checked is not such a part.
func Sampling(text string) string {
	w := listed()
	folded := fold(text)
	for _, policy := range w.DoubleRandom {
		folded = strings.ReplaceAll(folded, fold(policy), w.DoubleAs)
	}
	return match(w.Sampling, folded)
}

// sampling looks at the fields one by one and together, since 抽查台账 and 每月20件 say it
// between them.
func (m Measure) sampling() string {
	var whole strings.Builder
	for _, part := range []string{m.Text, m.Frequency, m.Who, m.Evidence, m.NotDone} {
		if found := Sampling(part); found != "" {
			return found
		}
	}
	for _, part := range []string{m.Text, m.Frequency} {
		whole.WriteString(strings.TrimRight(fold(part), "。;,.!"))
	}
	return Sampling(whole.String())
}

func match(list []pattern, folded string) string {
	for _, p := range list {
		if found := p.FindString(folded); found != "" {
			return found
		}
	}
	return ""
}
