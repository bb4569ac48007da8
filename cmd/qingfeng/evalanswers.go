package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// keptRate is the share of answerable questions that are still answered where refusals
// are compared.
const keptRate = 0.95

func evalAnswers(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.EvalUsage)
	corpus := fs.String("corpus", "", text.EvalCorpus)
	queries := fs.String("queries", "", text.EvalQueriesAnswer)
	qrels := fs.String("qrels", "", text.EvalQrels)
	foreign := fs.String("foreign", "", text.EvalForeignFile)
	answers := fs.String("answers", "", text.EvalAnswersFile)
	asJSON := e.jsonFlag(fs)
	if err := noArguments(fs, args); err != nil {
		return err
	}
	if *corpus == "" || *queries == "" || *qrels == "" {
		return usage(fs)
	}
	set, err := readLabelled(*corpus, *queries, *qrels)
	if err != nil {
		return err
	}
	spans, err := readSpans(*queries)
	if err != nil {
		return err
	}
	strange, err := readForeign(*foreign)
	if err != nil {
		return err
	}
	cfg, log, err := e.toolConfig()
	if err != nil {
		return err
	}
	return throwAway(ctx, cfg, log, e.err, func(ctx context.Context, db *pg.DB) error {
		base, store, _, err := newKnowledge(cfg, db, e.now, log)
		if err != nil {
			return err
		}
		t := &answerTrial{trial: trial{env: e, set: set, store: store}, base: *base, spans: spans, foreign: strange}
		if err := t.load(ctx); err != nil {
			return err
		}
		if *answers != "" {
			f, err := os.Create(*answers)
			if err != nil {
				return err
			}
			defer f.Close()
			t.out = json.NewEncoder(f)
			t.out.SetEscapeHTML(false)
		}
		m, err := t.measure(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.json(m)
		}
		m.print(e.out)
		return nil
	})
}

// answerTrial measures answers through the product's own pipeline.
type answerTrial struct {
	trial
	base    knowledge.Base
	spans   map[string][]string // query → texts that answer it
	foreign []string
	out     *json.Encoder
}

// answerMetrics is what `eval answers` prints. Shares are of the questions in question;
// one that has no denominator is 0.
type answerMetrics struct {
	Queries           int     `json:"queries"`
	Answered          float64 `json:"answered"`
	Related           float64 `json:"related"`
	None              float64 `json:"none"`
	Quotes            int     `json:"quotes"`
	QuoteIntegrity    float64 `json:"quote_integrity"`    // quotes that are the stored passage's text at their offsets
	CitationPrecision float64 `json:"citation_precision"` // of citations in answers, those of a relevant row
	CitationRecall    float64 `json:"citation_recall"`    // of relevant rows, those cited; over all questions
	CitedCorrectly    float64 `json:"cited_correctly"`    // answers with at least one relevant citation
	Labelled          int     `json:"labelled"`           // questions with answer spans
	Containment       float64 `json:"containment"`        // spans contained in what is cited
	EssenceHas        float64 `json:"containment_essence"`
	Removed           int     `json:"removed"` // questions asked again without their relevant rows
	RemovedRefused    float64 `json:"removed_refused"`
	RemovedNone       float64 `json:"removed_none"`
	Foreign           int     `json:"foreign"`
	ForeignRefused    float64 `json:"foreign_refused"`
	ForeignNone       float64 `json:"foreign_none"`
	// At the threshold that keeps 95 % of the questions whose relevant row is among the
	// first five.
	KeptAt           float64 `json:"kept_threshold"`
	RemovedRefused95 float64 `json:"removed_refused_at_95"`
	ForeignRefused95 float64 `json:"foreign_refused_at_95"`
	P50              float64 `json:"ms_p50"`
}

// without is a Searcher that does not find the rows of one question.
type without struct {
	knowledge.Searcher
	drop func(passage int64) bool
}

func (w without) Search(ctx context.Context, q knowledge.Query) ([]knowledge.Hit, error) {
	hits, err := w.Searcher.Search(ctx, q)
	return slices.DeleteFunc(hits, func(h knowledge.Hit) bool { return w.drop(h.ID) }), err
}

func (t *answerTrial) measure(ctx context.Context) (m answerMetrics, err error) {
	bar := t.bar(text.EvalAnswering, 2*len(t.set.queries)+len(t.foreign))
	var (
		n                                            = len(t.set.queries)
		answered, related, whole, correct, contained int
		essence                                      int
		precision, recall                            float64
		kept, removed, strange                       []float64
		took                                         []time.Duration
	)
	for i, q := range t.set.queries {
		relevant := t.set.relevant[q.id]
		began := time.Now()
		a, err := t.answer(ctx, t.base, q.text)
		if err != nil {
			return m, err
		}
		took = append(took, time.Since(began))
		if t.out != nil {
			if err := t.out.Encode(map[string]any{"id": q.id, "question": q.text, "rows": t.cited(a), "answer": asAskJSON(a)}); err != nil {
				return m, err
			}
		}
		good, err := t.standing(ctx, a)
		if err != nil {
			return m, err
		}
		m.Quotes, whole = m.Quotes+len(a.Citations), whole+good
		cited := t.cited(a)
		hit := 0
		for _, row := range cited {
			if relevant[row] > 0 {
				hit++
			}
		}
		recall += float64(hit) / float64(len(relevant))
		switch a.Outcome {
		case knowledge.Answered:
			answered++
			precision += float64(hit) / float64(max(1, len(cited)))
			if hit > 0 {
				correct++
			}
		case knowledge.Related:
			related++
		default: // nothing was found
		}
		if spans := t.spans[q.id]; len(spans) > 0 {
			m.Labelled++
			contained += containing(spans, citedTexts(a))
			essence += containing(spans, a.Essence)
		}
		if slices.ContainsFunc(a.Hits[:min(5, len(a.Hits))], func(h knowledge.Hit) bool { return t.has(h.ID, relevant) }) {
			kept = append(kept, sureness(a))
		}
		rest := t.base
		rest.Search, rest.Find = without{t.store, func(p int64) bool { return t.has(p, relevant) }}, nil
		a, err = t.answer(ctx, rest, q.text)
		if err != nil {
			return m, err
		}
		removed = append(removed, sureness(a))
		m.RemovedRefused, m.RemovedNone = m.RemovedRefused+share(a.Outcome != knowledge.Answered), m.RemovedNone+share(a.Outcome == knowledge.None)
		bar.at(2 * (i + 1))
	}
	for i, q := range t.foreign {
		a, err := t.answer(ctx, t.base, q)
		if err != nil {
			return m, err
		}
		strange = append(strange, sureness(a))
		m.ForeignRefused, m.ForeignNone = m.ForeignRefused+share(a.Outcome != knowledge.Answered), m.ForeignNone+share(a.Outcome == knowledge.None)
		if t.out != nil && a.Outcome != knowledge.None {
			if err := t.out.Encode(map[string]any{"foreign": q, "rows": t.cited(a), "answer": asAskJSON(a)}); err != nil {
				return m, err
			}
		}
		bar.at(2*n + i + 1)
	}
	bar.end()
	m.Queries, m.Removed, m.Foreign = n, n, len(t.foreign)
	m.Answered, m.Related = ratio(answered, n), ratio(related, n)
	m.None = ratio(n-answered-related, n)
	m.QuoteIntegrity = ratio(whole, m.Quotes)
	m.CitationPrecision, m.CitedCorrectly = precision/float64(max(1, answered)), ratio(correct, answered)
	m.CitationRecall = recall / float64(n)
	m.Containment, m.EssenceHas = ratio(contained, m.Labelled), ratio(essence, m.Labelled)
	m.RemovedRefused, m.RemovedNone = m.RemovedRefused/float64(n), m.RemovedNone/float64(n)
	m.ForeignRefused, m.ForeignNone = m.ForeignRefused/float64(max(1, m.Foreign)), m.ForeignNone/float64(max(1, m.Foreign))
	m.KeptAt = answerQuantile(kept, 1-keptRate)
	m.RemovedRefused95, m.ForeignRefused95 = below(removed, m.KeptAt), below(strange, m.KeptAt)
	slices.Sort(took)
	m.P50 = float64(took[len(took)/2].Microseconds()) / 1000
	return m, nil
}

func (t *answerTrial) answer(ctx context.Context, base knowledge.Base, q string) (knowledge.Answer, error) {
	return base.Ask(ctx, knowledge.Question{Text: q, Reader: knowledge.Member(), Now: bot.Local(t.now())})
}

// standing counts the citations whose quote is the stored passage's text at its place.
func (t *answerTrial) standing(ctx context.Context, a knowledge.Answer) (n int, err error) {
	for _, c := range a.Citations {
		p, ok, err := t.store.Passage(ctx, knowledge.Member(), c.ID, time.Time{})
		if err != nil {
			return n, err
		}
		rs := []rune(p.Text)
		if ok && c.Start >= 0 && c.Start < c.End && c.End <= len(rs) && string(rs[c.Start:c.End]) == c.Quote {
			n++
		}
	}
	return n, nil
}

// cited are the rows of the corpus that an answer cites, each once.
func (t *answerTrial) cited(a knowledge.Answer) []string {
	var rows []string
	for _, c := range a.Citations {
		for _, row := range t.rows[c.ID] {
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// has reports whether a passage is of a relevant row.
func (t *answerTrial) has(passage int64, relevant map[string]float64) bool {
	return slices.ContainsFunc(t.rows[passage], func(row string) bool { return relevant[row] > 0 })
}

func citedTexts(a knowledge.Answer) string {
	var s strings.Builder
	for _, c := range a.Citations {
		s.WriteString(c.Text + "\n")
	}
	return s.String()
}

// containing is 1 if a text contains one of the spans, punctuation and blanks aside.
func containing(spans []string, in string) int {
	in = knowledge.Plain(in)
	for _, s := range spans {
		if s = knowledge.Plain(s); s != "" && strings.Contains(in, s) {
			return 1
		}
	}
	return 0
}

// sureness is how sure the product was of its best hit.
func sureness(a knowledge.Answer) float64 {
	if len(a.Hits) == 0 {
		return 0
	}
	return a.Hits[0].Sure
}

func share(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func ratio(part, of int) float64 { return float64(part) / float64(max(1, of)) }

// answerQuantile is the value that a share q of the list is below.
func answerQuantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)-1, int(q*float64(len(list))))]
}

func below(list []float64, at float64) float64 {
	n := 0
	for _, v := range list {
		if v < at {
			n++
		}
	}
	return ratio(n, len(list))
}

// spansOf is an answer label: one text or several.
type spansOf []string

func (s *spansOf) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*s = spansOf{one}
		return nil
	}
	var several []string
	if json.Unmarshal(raw, &several) != nil {
		return errors.New(text.EvalBadSpan)
	}
	*s = several
	return nil
}

func readSpans(path string) (map[string][]string, error) {
	out := map[string][]string{}
	err := eachLine(path, func(line []byte) error {
		var q struct {
			ID     label   `json:"id"`
			Answer spansOf `json:"answer"`
		}
		if err := json.Unmarshal(line, &q); err != nil {
			return fmt.Errorf(text.EvalNotJSON, err)
		}
		if len(q.Answer) > 0 {
			out[string(q.ID)] = q.Answer
		}
		return nil
	})
	return out, err
}

// readForeign reads questions of something else: a line each, plain or as queries are.
func readForeign(path string) (out []string, err error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\uFEFF"))
		var q struct {
			Text string `json:"text"`
		}
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &q) == nil {
			line = q.Text
		}
		if line != "" {
			out = append(out, line)
		}
	}
	return out, lines.Err()
}

func (m answerMetrics) print(w io.Writer) {
	printFigures(w, text.EvalAnswerMetric, []named{
		{"answered", m.Answered},
		{"related", m.Related},
		{"none", m.None},
		{"quote_integrity", m.QuoteIntegrity},
		{"citation_precision", m.CitationPrecision},
		{"citation_recall", m.CitationRecall},
		{"cited_correctly", m.CitedCorrectly},
		{"containment", m.Containment},
		{"containment_essence", m.EssenceHas},
		{"removed_refused", m.RemovedRefused},
		{"removed_none", m.RemovedNone},
		{"foreign_refused", m.ForeignRefused},
		{"foreign_none", m.ForeignNone},
		{"kept_threshold", m.KeptAt},
		{"removed_refused_at_95", m.RemovedRefused95},
		{"foreign_refused_at_95", m.ForeignRefused95},
	})
	fmt.Fprintf(w, text.EvalAnswerCount+"\n", "queries", m.Queries, m.Labelled, m.Foreign, m.Quotes)
	fmt.Fprintf(w, text.EvalMilliseconds+"\n", "ms_p50", m.P50)
}

var _ knowledge.Searcher = (*index.Store)(nil)
