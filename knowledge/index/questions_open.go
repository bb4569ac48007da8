package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

const (
	// likelyOne is how much two unanswered questions must share to be shown as one.
	likelyOne = 0.55
	// mostOpen questions are grouped at once, the newest.
	mostOpen   = 5000
	otherWords = 4 // wordings shown besides the first
	guesses    = 3 // passages proposed for a group
)

// Group is a set of unanswered questions that are much the same. It does not hold who
// asked.
type Group struct {
	IDs      []int64
	Question string   // the wording asked most often
	Others   []string // other wordings, at most 4
	Count    int
	Disliked int      // how many were answered, and not well
	Reasons  []string // why not, in the askers' words, each once
	Near     []int64  // passages that were shown for it, the most frequent first, at most 3
	Newest   time.Time
}

// opened is one unanswered question.
type opened struct {
	ID         int64
	Understood string
	Disliked   bool
	Reason     string
	At         time.Time
	Near       []int64
	grams      []int32
	marks      string
}

// Unanswered groups what was asked since a moment and not answered (nothing found, no
// conclusion, or 👎) and what the office has not dealt with, the most frequent first.
// What holds no question (one emoji, 为什么 alone) is left out.
func (s *Store) Unanswered(ctx context.Context, since time.Time) ([]Group, error) {
	empty := []string{
		string(knowledge.NoWords), string(knowledge.OnlySymbols), string(knowledge.NoSubject), string(knowledge.NoDate),
		string(knowledge.WhichOne), string(knowledge.NothingElse),
	}
	rows, err := s.q(ctx).Query(ctx, `SELECT id, coalesce(nullif(understood, ''), body), liked IS FALSE, reason, asked_at, answer FROM question
		WHERE settled_at IS NULL AND state = 'answered' AND body <> '' AND asked_at >= $1
			AND (outcome <> 'answer' AND liked IS NOT TRUE OR liked IS FALSE) AND NOT coalesce(answer->>'reason', '') = ANY($2)
		ORDER BY asked_at DESC, id DESC LIMIT $3`, since, empty, mostOpen)
	if err != nil {
		return nil, fmt.Errorf("unanswered: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (o opened, err error) {
		var raw []byte
		if err := r.Scan(&o.ID, &o.Understood, &o.Disliked, &o.Reason, &o.At, &raw); err != nil {
			return o, err
		}
		if raw != nil {
			a, err := decodeAnswer(raw)
			if err != nil {
				return o, err
			}
			for _, c := range a.Citations {
				o.Near = append(o.Near, c.ID)
			}
		}
		t := tracesOf(o.Understood)
		o.grams, o.marks = t.grams, t.marks
		return o, nil
	})
	if err != nil {
		return nil, fmt.Errorf("unanswered: %w", err)
	}
	var out []Group
	for _, g := range grouped(all) {
		out = append(out, group(g))
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Count, a.Count), b.Newest.Compare(a.Newest)) })
	return out, nil
}

// grouped puts each question to the group whose first one it is most like, or begins a
// new one. A question without words is a group of its own wording.
func grouped(all []opened) [][]opened {
	var groups [][]opened
	holding := map[int32][]int{} // groups whose first question has a term
	wordless := map[string]int{}
	for _, o := range all {
		if len(o.grams) == 0 {
			g, ok := wordless[o.Understood]
			if !ok {
				g, groups = len(groups), append(groups, nil)
				wordless[o.Understood] = g
			}
			groups[g] = append(groups[g], o)
			continue
		}
		both := map[int]int{}
		for _, t := range o.grams {
			for _, g := range holding[t] {
				both[g]++
			}
		}
		best, like := -1, 0.0
		for g, n := range both {
			first := groups[g][0]
			l := 2 * float64(n) / float64(len(o.grams)+len(first.grams))
			if first.marks == o.marks && l >= likelyOne && (l > like || l == like && g < best) {
				best, like = g, l
			}
		}
		if best < 0 {
			best, groups = len(groups), append(groups, nil)
			for _, t := range o.grams {
				holding[t] = append(holding[t], best)
			}
		}
		groups[best] = append(groups[best], o)
	}
	return groups
}

func group(all []opened) (g Group) {
	words, near := map[string]int{}, map[int64]int{}
	for _, o := range all {
		g.IDs = append(g.IDs, o.ID)
		words[o.Understood]++
		for _, p := range o.Near {
			near[p]++
		}
		if o.Disliked {
			g.Disliked++
		}
		if o.Reason != "" && !slices.Contains(g.Reasons, o.Reason) {
			g.Reasons = append(g.Reasons, o.Reason)
		}
		if o.At.After(g.Newest) {
			g.Newest = o.At
		}
	}
	g.Count = len(all)
	wordings := byCount(words)
	g.Question, g.Others = wordings[0], wordings[1:min(len(wordings), 1+otherWords)]
	g.Near = byCount(near)
	g.Near = g.Near[:min(len(g.Near), guesses)]
	return g
}

func byCount[K cmp.Ordered](counts map[K]int) []K {
	out := make([]K, 0, len(counts))
	for k := range counts {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b K) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return out
}

// Settle marks unanswered questions as dealt with, and returns the people who asked
// them, each once, to be told and not to be shown.
func (s *Store) Settle(ctx context.Context, ids []int64) (askers []int64, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		settled, err := collect[int64](ctx, s, "UPDATE question SET settled_at = $2 WHERE id = ANY($1) AND settled_at IS NULL RETURNING coalesce(asker, 0)", ids, s.cfg.Now())
		if err != nil {
			return fmt.Errorf("settle questions: %w", err)
		}
		for _, a := range settled {
			if a != 0 {
				askers = append(askers, a)
			}
		}
		slices.Sort(askers)
		askers = slices.Compact(askers)
		return nil
	})
	return askers, err
}

// Confirm settles unanswered questions by a passage that answers them: their wordings,
// at most 20, are remembered there as confirmed by a person. Errors as Remember's.
func (s *Store) Confirm(ctx context.Context, ids []int64, passage, by int64) (askers []int64, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		wordings, err := collect[string](ctx, s, `SELECT coalesce(nullif(understood, ''), body) AS wording FROM question WHERE id = ANY($1) AND body <> ''
			GROUP BY wording ORDER BY count(*) DESC, wording LIMIT 20`, ids)
		if err != nil {
			return fmt.Errorf("confirm: %w", err)
		}
		learned := 0
		for _, w := range wordings {
			_, err := s.remember(ctx, passage, w, Confirmed, by)
			if errors.Is(err, ErrNoQuestion) {
				continue // a story among them
			}
			if err != nil {
				return err
			}
			learned++
		}
		if learned == 0 {
			return ErrNoQuestion
		}
		if err := s.taught(ctx, passage); err != nil {
			return err
		}
		askers, err = s.Settle(ctx, ids)
		return err
	})
	return askers, err
}
