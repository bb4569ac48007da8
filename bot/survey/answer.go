package survey

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CommentMax is the longest free answer, in characters.
const CommentMax = 300

// Fields of a ballot's form; the answers are fields named after QuestionField.
const (
	SectionField = "section"
	CommentField = "comment"
)

// QuestionField is the form field of a question.
func QuestionField(id string) string { return "q." + id }

// Read makes a ballot of a form. missing names the fields that are not answered as they
// must be; the ballot counts only when there are none. What was not asked is left out.
func (s Sheet) Read(form map[string][]string) (b Ballot, missing []string) {
	b.Answers = map[string][]string{}
	for _, q := range s.Questions {
		field := QuestionField(q.ID)
		var chosen []string
		for _, o := range q.Options { // in the sheet's order: how somebody ticked is not kept
			if slices.Contains(form[field], o.Key) {
				chosen = append(chosen, o.Key)
			}
		}
		switch {
		case q.Kind != Multi && len(chosen) != 1, len(chosen) < len(form[field]):
			missing = append(missing, field)
		case len(chosen) > 0:
			b.Answers[q.ID] = chosen
		}
	}
	if len(s.Sections) > 0 {
		said := first(form[SectionField])
		if !slices.ContainsFunc(s.Sections, func(o Option) bool { return o.Key == said }) {
			missing = append(missing, SectionField)
		} else {
			b.Section = said
		}
	}
	if s.Comment != "" {
		b.Comment = tidy(first(form[CommentField]))
		if utf8.RuneCountInString(b.Comment) > CommentMax {
			missing = append(missing, CommentField)
		}
	}
	return b, missing
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// tidy makes one line of what was typed: line breaks and blanks are a handwriting too.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}
