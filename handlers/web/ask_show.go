package web

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

const (
	// wholeClause in characters is quoted whole; of a longer one the quote with what
	// stands around it.
	wholeClause = 700
	// quoteAround in characters is shown before and after such a quote.
	quoteAround = 120
)

// told is a question and its answer as a page shows them.
type told struct {
	ID         int64
	Asked      string
	Understood string // where it differs from what was asked
	AsOf       string // the day whose law was asked for, where it is not today
	Lead       string // what is said before the clauses, or instead of them
	Outcome    knowledge.Outcome
	Differ     bool
	Gone       bool
	Lines      [][]markedWord // a model's sentences
	Sources    []source
	Liked      *bool
	Judged     bool // there is something to judge
	More       bool // 还有吗 may find more
	Reasons    [][2]string
}

// formed is an answer with what its forms need.
type formed struct {
	CSRF string
	Told told
}

// onForm is for a template, which hands on one thing only.
func onForm(csrf string, t told) formed { return formed{csrf, t} }

// markedWord is a stretch of a model's sentence, or the number of a source.
type markedWord struct {
	Text   string
	Source int
	Anchor string
}

// source is a clause that an answer stands on.
type source struct {
	N        int
	Anchor   string
	Title    string
	About    string // version, path, page
	Level    string
	Issuer   string
	Text     []piece
	URL      string
	Lapsed   string
	Repaired bool
}

// tell shows an answer that was just given.
func (s *site) tell(id int64, asked string, a knowledge.Answer, liked *bool) told {
	t := told{ID: id, Asked: asked, Outcome: a.Outcome, Differ: a.Differ, Liked: liked, Reasons: text.AskReasons()}
	if knowledge.Plain(a.Understood) != knowledge.Plain(asked) {
		t.Understood = a.Understood
	}
	if !a.Day.IsZero() && a.Day.Format(time.DateOnly) != s.today().Format(time.DateOnly) && a.Outcome != knowledge.None {
		t.AsOf = civilDay(a.Day)
	}
	switch {
	case a.Outcome == knowledge.None || len(a.Citations) == 0:
		t.Outcome, t.Lead = knowledge.None, text.AskWhy(string(a.Reason))
		switch a.Reason {
		case knowledge.NotFound, "":
			t.Lead = text.AskPageNone
		case knowledge.NoDocument, knowledge.NoClause:
			t.Lead += text.TalkNoted
		default: // the reason says what to do
		}
	case a.Outcome == knowledge.Related:
		t.Lead = text.AskPageRelated
		if a.Reason != knowledge.Weak && a.Reason != knowledge.ModelUnsure && a.Reason != knowledge.Unverified {
			t.Lead = text.AskWhy(string(a.Reason))
		}
	case a.Differ:
		t.Lead = text.AskDiffer
	}
	for i, c := range a.Citations {
		t.Sources = append(t.Sources, s.sourceOf(i+1, id, c))
	}
	if a.Model && a.Outcome == knowledge.Answered {
		for line := range strings.SplitSeq(a.Text, "\n") {
			t.Lines = append(t.Lines, words(line, id, len(a.Citations)))
		}
	}
	t.Judged = a.Outcome != knowledge.None
	t.More = a.Outcome != knowledge.None
	return t
}

// retold shows an answer of before, if everything it stands on can still be read as it
// was then.
func (s *site) retold(ctx context.Context, r knowledge.Reader, l index.Last) (told, error) {
	a := l.Answer
	a.Citations = slices.Clone(a.Citations)
	for i, c := range a.Citations {
		p, ok, err := s.Knowledge.Questions.Passage(ctx, r, c.ID, time.Time{})
		if err != nil {
			return told{}, err
		}
		if !ok || p.Hash != c.Hash {
			return told{ID: l.ID, Asked: l.Body, Gone: true, Lead: text.AskPageGone, Outcome: knowledge.None}, nil
		}
		a.Citations[i].Passage = p // as it stands now: it may have lapsed since
		a.Citations[i].Lapsed = !p.Version.InForce(s.today()) && !p.Version.Repealed.IsZero()
	}
	t := s.tell(l.ID, l.Body, a, l.Liked)
	t.More = false
	return t, nil
}

func (s *site) sourceOf(n int, question int64, c knowledge.Citation) source {
	out := source{
		N: n, Anchor: anchorOf(question, n), Title: c.Document.Title, Level: levelName(c.Document.Authority), Issuer: c.Document.Issuer,
		Text: marked(c.Text, c.Start, c.End), URL: quoteURL(c), Repaired: c.Version.Repaired != "",
	}
	if utf8.RuneCountInString(c.Text) > wholeClause {
		out.Text = clipped(c.Text, c.Start, c.End, quoteAround)
	}
	var about []string
	if name := versionName(c.Version); name != "" {
		about = append(about, name)
	}
	if len(c.Path) > 0 {
		about = append(about, strings.Join(c.Path, text.PathArrow))
	}
	if c.Page > 0 {
		about = append(about, fmt.Sprintf(text.ClausePage, c.Page))
	}
	out.About = strings.Join(about, " · ")
	if c.Lapsed {
		out.Lapsed = fmt.Sprintf(text.AskPageLapsed, civilDay(c.Version.Repealed))
	}
	return out
}

// anchorOf names a source on the page.
func anchorOf(question int64, n int) string { return fmt.Sprintf("q%ds%d", question, n) }

var markRe = regexp.MustCompile(`\[(\d{1,2})\]`)

// words are a model's sentence with its marks as links to the sources.
func words(line string, question int64, sources int) []markedWord {
	var out []markedWord
	at := 0
	for _, m := range markRe.FindAllStringSubmatchIndex(line, -1) {
		n, err := strconv.Atoi(line[m[2]:m[3]])
		if err != nil || n < 1 || n > sources {
			continue
		}
		if m[0] > at {
			out = append(out, markedWord{Text: line[at:m[0]]})
		}
		out = append(out, markedWord{Source: n, Anchor: anchorOf(question, n)})
		at = m[1]
	}
	if at < len(line) {
		out = append(out, markedWord{Text: line[at:]})
	}
	return out
}
