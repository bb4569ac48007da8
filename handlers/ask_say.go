package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
)

const (
	// oneMessage in bytes: WeCom takes 2,048 of a text, and a hint must still fit.
	oneMessage = 1850
	// shortClause in characters is shown as it is: its essence would only say it twice.
	shortClause = 160
	// shortAnswer in bytes of a model's words; a longer answer is its essence and a link.
	shortAnswer = 1200
	// preview in characters of a clause that may be meant.
	preview = 60
)

// phrase is an answer as it is said in chat: first the essence, then where it stands,
// then the clause if there is room, else a link to it. Nothing is cut.
func (d *Desk) phrase(ctx context.Context, asked string, a knowledge.Answer, now time.Time) string {
	var lead []string
	searched := a.Outcome != knowledge.None || a.Reason == knowledge.NotFound
	if searched && knowledge.Plain(a.Understood) != knowledge.Plain(asked) && !text.Says(text.WordsMore, strings.TrimSpace(asked)) {
		lead = append(lead, fmt.Sprintf(text.TalkUnderstood, a.Understood))
	}
	if today := civil(now); !a.Day.IsZero() && !a.Day.Equal(today) && a.Outcome != knowledge.None {
		lead = append(lead, fmt.Sprintf(text.TalkAsOf, a.Day.Format(text.TalkDay)))
	}
	var body string
	switch {
	case a.Outcome == knowledge.None || len(a.Citations) == 0:
		body = d.phraseNone(ctx, a)
	case a.Outcome == knowledge.Related:
		body = phraseRelated(a)
	case a.Differ:
		body = d.phraseDiffer(ctx, a)
	default:
		body = d.phraseAnswer(a, len(strings.Join(lead, "\n")))
	}
	return strings.Join(append(lead, body), "\n")
}

func (d *Desk) phraseAnswer(a knowledge.Answer, used int) string {
	first := a.Citations[0]
	if a.Listed {
		return a.Text + "\n" + fmt.Sprintf(text.TalkStands, listSource(a)) + "\n" + fmt.Sprintf(text.TalkLink, d.Pages.Clause(first.ID))
	}
	main, whole := a.Essence, first.Text
	for _, c := range a.Citations[1:] {
		if piece(c, first) {
			whole += "\n" + c.Text
		}
	}
	switch {
	case a.Model && len(a.Text) <= shortAnswer:
		main = a.Text
	case !a.Model && utf8.RuneCountInString(whole) <= shortClause:
		main = whole
	}
	lines := []string{main}
	for i, c := range a.Citations {
		switch {
		case i > 0 && !a.Model && piece(c, first):
		case c.Lapsed && i > 0:
			lines = append(lines, fmt.Sprintf(text.TalkBefore, source(c.Passage), lapsed(c, a.Citations), c.Quote))
		case a.Model:
			lines = append(lines, fmt.Sprintf(text.TalkMark, i+1, source(c.Passage)+lapsed(c, a.Citations)))
		case i == 0:
			lines = append(lines, fmt.Sprintf(text.TalkStands, source(c.Passage)+lapsed(c, a.Citations)))
		default:
			lines = append(lines, fmt.Sprintf(text.TalkBeside, source(c.Passage), text.Clip(oneLine(c.Quote), preview)))
		}
	}
	said := strings.Join(lines, "\n")
	if main == whole {
		return said
	}
	if full := said + "\n" + fmt.Sprintf(text.TalkClause, whole); !a.Model && used+len(full) <= oneMessage {
		return full
	}
	return said + "\n" + fmt.Sprintf(text.TalkLink, d.Pages.Clause(first.ID))
}

// listSource names the heading that the items of a list stand below.
func listSource(a knowledge.Answer) string {
	p := a.Citations[0].Passage
	if i := slices.Index(p.Path, strings.Split(a.Text, "\n")[0]); i >= 0 {
		p.Path = p.Path[:i]
	}
	return source(p) + lapsed(a.Citations[0], a.Citations)
}

// forChat is an answer without the further clauses that only explain: a phone shows one
// thing, and 还有吗 brings them. Rules that bind beside the first one stay, and so do the
// pieces of one clause.
func forChat(a knowledge.Answer) knowledge.Answer {
	if a.Outcome != knowledge.Answered || a.Model || a.Differ || a.Listed {
		return a
	}
	first := a.Citations[0]
	a.Citations = slices.DeleteFunc(slices.Clone(a.Citations), func(c knowledge.Citation) bool {
		return c.ID != first.ID && !c.Lapsed && !piece(c, first) && c.Document.Authority <= knowledge.Guidance
	})
	return a
}

// piece reports whether two citations are pieces of one clause, which was too long for one.
func piece(a, b knowledge.Citation) bool {
	return a.Article != "" && a.Article == b.Article && a.Version.ID == b.Version.ID
}

// phraseDiffer shows what two valid documents say, side by side.
func (d *Desk) phraseDiffer(ctx context.Context, a knowledge.Answer) string {
	lines := []string{fmt.Sprintf(text.TalkDiffer, d.officeNames(ctx))}
	for i, c := range a.Citations {
		issuer := c.Document.Issuer
		if issuer == "" {
			issuer = c.Document.Library
		}
		lines = append(lines, fmt.Sprintf(text.TalkIssued, i+1, source(c.Passage)+lapsed(c, a.Citations), issuer, c.Quote))
	}
	return strings.Join(lines, "\n")
}

// phraseRelated shows clauses on the subject, and concludes nothing.
func phraseRelated(a knowledge.Answer) string {
	lines := []string{text.TalkRelated}
	if a.Reason != knowledge.Weak && a.Reason != knowledge.ModelUnsure && a.Reason != knowledge.Unverified {
		lines[0] = text.AskWhy(string(a.Reason))
	}
	for i, c := range a.Citations {
		lines = append(lines, fmt.Sprintf(text.TalkNear, i+1, source(c.Passage)+lapsed(c, a.Citations), text.Clip(oneLine(c.Quote), preview)))
	}
	return strings.Join(append(lines, text.TalkNearEnd), "\n")
}

func (d *Desk) phraseNone(ctx context.Context, a knowledge.Answer) string {
	switch a.Reason {
	case "": // nobody came to the end of it
		return fmt.Sprintf(text.TalkGone, d.officeNames(ctx))
	case knowledge.NotFound:
		return fmt.Sprintf(text.TalkNone, d.officeNames(ctx))
	case knowledge.NoDocument:
		return text.AskWhy(string(a.Reason)) + text.TalkNoted
	default:
		return text.AskWhy(string(a.Reason))
	}
}

// source names a passage: document, version where there are several, path.
func source(p knowledge.Passage) string {
	label := ""
	if p.Version.Label != "" {
		label = fmt.Sprintf(text.AskVersion, p.Version.Label)
	}
	path := strings.Join(p.Path, text.PathArrow)
	if path == "" && p.Page > 0 {
		path = fmt.Sprintf(text.TalkPage, p.Page)
	}
	if path != "" {
		path = " " + path
	}
	return fmt.Sprintf(text.TalkSource, p.Document.Title, label, path)
}

// lapsed says that a text no longer holds, and whether another of its document does.
func lapsed(c knowledge.Citation, all []knowledge.Citation) string {
	if !c.Lapsed {
		return ""
	}
	say := text.TalkRepealed
	for _, o := range all {
		if !o.Lapsed && o.Document.ID == c.Document.ID {
			say = text.TalkRevised
		}
	}
	return fmt.Sprintf(say, c.Version.Repealed.Format(text.TalkDay))
}

// civil is an instant's day as the knowledge base keeps days: UTC midnight.
func civil(t time.Time) time.Time {
	y, m, d := bot.Local(t).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// oneLine is a text without line ends.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
