package knowledge

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a model is told; its passages are data between marks that they cannot hold.
//
//go:embed prompt.txt
var promptText string

const (
	// promptVersion changes with the prompt, the checks and what is sent: a cached
	// answer of another version is never found.
	promptVersion = "2"
	sent          = 6    // passages at most
	longestSent   = 1500 // characters of each
	// longestWritten in characters: a model that goes on is stopped.
	longestWritten = 3000
	longestUnsure  = 40 // characters of 未找到依据
)

var (
	errTooLong = errors.New("knowledge: the model does not come to an end")
	personalRe = regexp.MustCompile(`[0-9][0-9 -]{5,}[0-9xX]|[a-z0-9._%+-]+@[a-z0-9-]|(?:微信|qq)号?[:是为 ]*[a-z0-9_-]{5,}`)
	unsureRe   = regexp.MustCompile(`未找到|没有找到|找不到|无法(?:回答|确定|判断)|不(?:清楚|知道)|not found|(?:do not|don't|cannot|can't) (?:know|answer|find)`)
)

// written is a quoted answer in a model's words, or the quoted answer as it was where
// no model may, can, or succeeds within the budget.
func (b *Base) written(ctx context.Context, q Question, u understood, a Answer, may leave) Answer {
	if b.Model == nil || !may.questions || slices.ContainsFunc(a.Citations, func(c Citation) bool { return c.Lapsed && !u.past }) {
		return a // beside a lapsed text nothing is written: what holds must be plain
	}
	quoted := len(a.Citations)
	if slices.ContainsFunc(a.Citations, func(c Citation) bool { return !may.libraries[c.Document.Library] }) {
		return a
	}
	passages := a.toSend(u, may)
	key := b.key(q, u, passages)
	if b.Cache != nil {
		kept, found, err := b.Cache.Cached(ctx, key)
		if err != nil {
			b.warn(ctx, "cache not read", err)
		}
		if found {
			if kept, ok := kept.again(a); ok {
				return kept
			}
		}
	}
	said, err := b.complete(ctx, u.text, passages, borneParts(q.Stream, passages))
	if err != nil {
		b.warn(ctx, "model gave no answer", err)
		return a
	}
	w := check(said, passages)
	switch {
	case len(w.sentences) == 0 && unsure(said) && !a.Hits[0].known() && u.named.article == "":
		a.Outcome, a.Reason, a.Text, a.Essence, a.Differ = Related, ModelUnsure, "", "", false
		return a
	case !slices.ContainsFunc(w.sentences, func(c claim) bool { return slices.ContainsFunc(c.marks, func(n int) bool { return n <= quoted }) }):
		return a // true perhaps, but of something else
	}
	m := w.answer(a, u)
	if verify(m) != nil {
		return a
	}
	if b.Cache != nil {
		if err := b.Cache.Keep(ctx, key, m); err != nil {
			b.warn(ctx, "answer not cached", err)
		}
	}
	return m
}

// unsure reports whether a model says that the clauses hold no answer, and nothing else.
func unsure(said string) bool {
	said = strings.ToLower(strings.TrimSpace(said))
	return utf8.RuneCountInString(said) <= longestUnsure && unsureRe.MatchString(said)
}

// mustStay reports whether a question holds what leaves for no endpoint whatever is
// switched on: numbers of telephones, cards and papers, addresses of mail, and what the
// unit adds. Where that cannot be told, it stays.
func (b *Base) mustStay(ctx context.Context, question string) bool {
	if personalRe.MatchString(fold(question)) {
		return true
	}
	if b.Stays == nil {
		return false
	}
	stays, err := b.Stays(ctx, question)
	if err != nil {
		b.warn(ctx, "names unknown, the question stays", err)
	}
	return stays || err != nil
}

// toSend are the passages a model reads: those cited, then the next best that hold and
// may leave.
func (a Answer) toSend(u understood, may leave) []Hit {
	var out []Hit
	for _, c := range a.Citations {
		out = append(out, c.Hit)
	}
	for _, h := range a.Hits {
		if len(out) == sent {
			break
		}
		known := slices.ContainsFunc(out, func(o Hit) bool { return o.ID == h.ID })
		if !known && may.libraries[h.Document.Library] && h.Sure >= relatedAt && (h.Version.InForce(u.day) || u.before) {
			out = append(out, h)
		}
	}
	return out
}

// complete asks the model within the budget. It returns when the budget is over even
// if the model does not.
func (b *Base) complete(ctx context.Context, question string, passages []Hit, stream func(string)) (string, error) {
	budget := b.Budget
	if budget <= 0 {
		budget = defaultBudget
	}
	ctx, cancel := context.WithTimeoutCause(ctx, budget, context.DeadlineExceeded)
	defer cancel()
	type result struct {
		text string
		err  error
	}
	parts, done := make(chan string), make(chan result, 1)
	go func() {
		text, err := b.Model.Complete(ctx, promptText, prompt(question, passages), func(part string) {
			select {
			case parts <- part:
			case <-ctx.Done():
			}
		})
		done <- result{text, err}
	}()
	written := 0
	for {
		select {
		case part := <-parts:
			if written += utf8.RuneCountInString(part); written > longestWritten {
				return "", errTooLong
			}
			if stream != nil {
				stream(part)
			}
		case r := <-done:
			if r.err == nil && utf8.RuneCountInString(r.text) > longestWritten {
				return "", errTooLong
			}
			return r.text, r.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// ends are the characters after which a sentence of a model can be checked.
const ends = "。！？!?；\n"

// borneParts passes on, of what a model writes, each sentence when it is whole and its
// passages bear it: what does not pass is never shown, not even for a moment.
func borneParts(stream func(string), passages []Hit) func(string) {
	if stream == nil {
		return nil
	}
	var all strings.Builder
	told := 0
	return func(part string) {
		all.WriteString(part)
		if !strings.ContainsAny(part, ends) {
			return
		}
		said := all.String()
		at := strings.LastIndexAny(said, ends)
		_, n := utf8.DecodeRuneInString(said[at:])
		w := check(said[:at+n], passages)
		for ; told < len(w.sentences); told++ {
			stream(w.sentences[told].text)
		}
	}
}

// prompt is the question and the numbered passages. The marks around them cannot
// stand inside them.
func prompt(question string, passages []Hit) string {
	harmless := strings.NewReplacer("<", "〈", ">", "〉").Replace
	var s strings.Builder
	for i, h := range passages {
		text := h.Text
		if rs := []rune(text); len(rs) > longestSent {
			text = string(rs[:longestSent])
		}
		fmt.Fprintf(&s, "<条款 %d>\n《%s》%s\n%s\n</条款 %d>\n\n", i+1, harmless(h.Document.Title), harmless(strings.Join(h.Path, " ")), harmless(text), i+1)
	}
	fmt.Fprintf(&s, "<问题>\n%s\n</问题>\n", harmless(question))
	return s.String()
}

// answer is the model's answer from the sentences that passed.
func (w writing) answer(a Answer, u understood) Answer {
	m := a
	m.Citations, m.Model, m.Reason = nil, true, ""
	number := map[int]int{} // a passage's mark → its citation
	var text, essence strings.Builder
	for _, s := range w.sentences {
		fresh := 0
		for _, n := range s.marks {
			if number[n] == 0 {
				fresh++
			}
		}
		if len(m.Citations)+fresh > mostSources {
			continue
		}
		for _, n := range s.marks {
			if number[n] > 0 {
				c := &m.Citations[number[n]-1]
				c.widen(s.support[n])
				continue
			}
			h := w.passages[n-1]
			at := s.support[n]
			c := Citation{Hit: h, Start: at.Start, End: at.End, Quote: at.of([]rune(h.Text)), Lapsed: !h.Version.InForce(u.today) && !h.Version.Repealed.IsZero()}
			m.Citations = append(m.Citations, c)
			number[n] = len(m.Citations)
		}
		text.WriteString(s.text)
		for _, n := range s.marks {
			fmt.Fprintf(&text, "[%d]", number[n])
		}
		text.WriteByte('\n')
		if utf8.RuneCountInString(essence.String()+s.text) <= longestEssence {
			essence.WriteString(s.text)
		}
	}
	m.Text, m.Essence = strings.TrimSuffix(text.String(), "\n"), essence.String()
	if m.Essence == "" && len(w.sentences) > 0 {
		m.Essence = shorten(w.sentences[0].text, longestEssence)
	}
	return m
}

// widen makes a quote reach over another span of its passage.
func (c *Citation) widen(s span) {
	c.Start, c.End = min(c.Start, s.Start), max(c.End, s.End)
	c.Quote = string([]rune(c.Text)[c.Start:c.End])
}

// again is a cached answer on the passages as they are found now; ok is false where
// it does not stand on them any more.
func (a Answer) again(now Answer) (Answer, bool) {
	cites := slices.Clone(a.Citations)
	for i, c := range cites {
		at := slices.IndexFunc(now.Hits, func(h Hit) bool { return h.ID == c.ID && h.Hash == c.Hash })
		if at < 0 {
			return a, false
		}
		cites[i].Hit = now.Hits[at]
	}
	now.Citations, now.Text, now.Essence, now.Model, now.Reason = cites, a.Text, a.Essence, true, ""
	var passages []Hit
	for _, c := range cites {
		passages = append(passages, c.Hit)
	}
	w := check(now.Text, passages)
	return now, verify(now) == nil && len(w.sentences) == len(lines(now.Text))
}

func lines(s string) []string { return strings.Split(s, "\n") }

// key names exactly what a model's answer depends on.
func (b *Base) key(q Question, u understood, passages []Hit) string {
	audiences := slices.Clone(q.Reader.Audiences)
	slices.Sort(audiences)
	return digest(promptVersion, b.Model.Name(), Plain(u.text), u.day.Format(time.DateOnly), strings.Join(slices.Compact(audiences), "\x00"), identities(passages))
}
