package knowledge

import (
	"slices"
	"strings"
	"time"
)

// decide chooses one of the three outcomes from what was found and quotes for it.
func decide(u understood, hits []Hit, seen []int64) Answer {
	a := Answer{Outcome: None, Reason: NotFound, Understood: u.text, Day: u.day}
	hits = slices.Clone(hits)
	var proofs map[int64]proof
	if u.named.article == "" {
		for i, h := range hits {
			hits[i] = weigh(u.search, h)
		}
		slices.SortStableFunc(hits, better)
		proofs = prove(u.search, hits)
	}
	slices.SortStableFunc(hits, better)
	if u.named.document() {
		hits, a.Reason = u.named.among(hits)
		if a.Reason != "" && len(hits) == 0 {
			return a
		}
	}
	hits = u.ofItsTime(hits)
	if hits = alike(hits); len(hits) == 0 {
		a.Reason = NotFound
		return a
	}
	fresh := slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool { return slices.Contains(seen, h.ID) })
	if u.more && (len(fresh) == 0 || fresh[0].Sure < relatedAt) {
		a.Reason = NothingElse
		return a
	}
	if u.more {
		hits = fresh
	}
	valid, lapsed := u.split(hits)
	valid = successor(valid, lapsed)
	a.Hits = append(slices.Clip(valid), lapsed...)
	a.Hits = a.Hits[:min(len(a.Hits), shownHits)]
	switch {
	case a.Reason == NoDocument || a.Reason == NoClause:
		a.relate(u, hits)
	case len(valid) > 0 && valid[0].Sure >= relatedAt && a.list(u, valid):
	case len(valid) > 0 && (valid[0].Sure >= answerAt || valid[0].known() || u.named.article != ""):
		a.quote(u, valid, lapsed, proofs)
	case len(lapsed) > 0 && lapsed[0].Sure >= answerAt:
		a.Reason = OnlyLapsed
		a.relate(u, append(lapsed[:1:1], valid...))
	default:
		a.Reason = Weak
		a.relate(u, append(slices.Clip(valid), lapsed...))
	}
	return a
}

// better orders hits: what a person confirmed goes first, then the searcher's order
// stands, except that of two that are as sure and as good the higher authority goes
// first, then the newer.
func better(a, b Hit) int {
	switch {
	case a.known() != b.known():
		if a.known() {
			return -1
		}
		return 1
	case a.Score != b.Score:
		return floatOrder(a.Score, b.Score)
	case a.Sure != b.Sure:
		return floatOrder(a.Sure, b.Sure)
	}
	return higher(a.Passage, b.Passage)
}

// higher orders passages that say the same: the higher authority first, then the newer.
func higher(a, b Passage) int {
	if a.Document.Authority != b.Document.Authority {
		return int(b.Document.Authority) - int(a.Document.Authority)
	}
	return b.Version.Effective.Compare(a.Version.Effective)
}

// known reports whether a person confirmed that this passage answers this question.
func (h Hit) known() bool { return h.Remembered }

func floatOrder(a, b float64) int {
	if a > b {
		return -1
	}
	return 1
}

// among keeps the hits of the document that is named, the nearest title only, and of
// its clause. What is kept beside a reason is related at most.
func (n named) among(hits []Hit) ([]Hit, Reason) {
	var of []Hit
	for _, h := range hits {
		if n.of(h.Document) {
			of = append(of, h)
		}
	}
	if len(of) == 0 {
		if n.article != "" {
			return nil, NoDocument // another document's clause of that number is no help
		}
		return hits, NoDocument
	}
	if n.number == "" {
		nearest := slices.MinFunc(of, func(a, b Hit) int { return n.closest(a.Document, b.Document) })
		of = slices.DeleteFunc(of, func(h Hit) bool { return n.closest(h.Document, nearest.Document) > 0 })
	}
	if n.article == "" {
		return of, ""
	}
	clause := slices.DeleteFunc(slices.Clone(of), func(h Hit) bool { return !n.clause(h.Passage) })
	if len(clause) == 0 {
		return nil, NoClause
	}
	slices.SortStableFunc(clause, func(a, b Hit) int { return a.Pos - b.Pos })
	return clause, ""
}

// ofItsTime keeps the versions of the revision that is named, if there are any, and
// for 修订前 what came before the present text.
func (u understood) ofItsTime(hits []Hit) []Hit {
	if u.label != "" {
		named := slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool {
			return !strings.Contains(h.Version.Label, u.label) && h.Version.Effective.Format("2006") != u.label
		})
		if len(named) > 0 {
			return named
		}
	}
	return hits
}

// split parts the hits into those whose law was asked for and those that do not hold.
func (u understood) split(hits []Hit) (valid, lapsed []Hit) {
	for _, h := range hits {
		in := h.Version.InForce(u.day)
		if u.before {
			in = !in
		}
		if u.label != "" {
			in = true // it was named
		}
		if in {
			valid = append(valid, h)
		} else {
			lapsed = append(lapsed, h)
		}
	}
	if u.before { // the one just before the present first
		slices.SortStableFunc(valid, func(a, b Hit) int {
			if a.Document.ID != b.Document.ID {
				return 0
			}
			return b.Version.Repealed.Compare(a.Version.Repealed)
		})
	}
	return valid, lapsed
}

// successor puts the clause first that took a lapsed one's place: who asks in the words
// of the old text is answered by the new one.
func successor(valid, lapsed []Hit) []Hit {
	if len(valid) == 0 || len(lapsed) == 0 || valid[0].Sure >= answerAt || lapsed[0].Sure < answerAt || lapsed[0].Article == "" {
		return valid
	}
	for i, h := range valid {
		if h.Document.ID == lapsed[0].Document.ID && h.Article == lapsed[0].Article && h.Sure >= relatedAt {
			h.Sure = lapsed[0].Sure
			return append([]Hit{h}, slices.Delete(slices.Clone(valid), i, i+1)...)
		}
	}
	return valid
}

// alike drops hits whose text stands in a better place among them already: of copies
// that hold alike the highest and newest stays.
func alike(hits []Hit) []Hit {
	var out []Hit
	place := map[string]int{}
	for _, h := range hits {
		key := Plain(h.Text) + "|" + h.Version.Repealed.Format(time.DateOnly)
		at, again := place[key]
		if !again {
			place[key] = len(out)
			out = append(out, h)
			continue
		}
		if higher(h.Passage, out[at].Passage) < 0 {
			h.Score, h.Sure, h.Remembered = max(h.Score, out[at].Score), max(h.Sure, out[at].Sure), h.Remembered || out[at].Remembered
			out[at] = h
		}
	}
	return out
}

// relate shows at most three clauses on the subject, without a conclusion.
func (a *Answer) relate(u understood, hits []Hit) {
	for _, h := range hits {
		if len(a.Citations) == mostSources || h.Sure < relatedAt {
			break
		}
		a.cite(u, h)
	}
	a.Outcome = Related
	if len(a.Citations) == 0 {
		a.Outcome = None
		if a.Reason == Weak {
			a.Reason = NotFound
		}
	}
}

// quote answers with whole clauses.
func (a *Answer) quote(u understood, valid, lapsed []Hit, proofs map[int64]proof) {
	top := valid[0]
	a.Outcome, a.Reason = Answered, ""
	for _, h := range valid {
		if len(a.Citations) == mostSources {
			break
		}
		if h.ID == top.ID || u.adds(a.Citations, top, h, proofs[h.ID]) {
			a.cite(u, h)
		}
	}
	inOrder(a.Citations)
	for _, c := range a.Citations[1:] {
		if c.Document.ID != top.Document.ID && conflict(a.Citations[0].Quote, c.Quote) {
			a.Differ = true
		}
	}
	a.Text, a.Essence = clauses(a.Citations), shorten(a.Citations[0].Quote, longestEssence)
	// What it said before is mentioned, as such.
	for _, h := range lapsed {
		if len(a.Citations) == mostSources {
			break
		}
		sameClause := h.Document.ID == top.Document.ID && h.Article == top.Article
		if h.Sure >= answerAt && sameClause && Plain(h.Text) != Plain(top.Text) {
			a.cite(u, h)
			break
		}
	}
}

// adds reports whether a clause belongs beside the first one: the pieces of a named
// clause; else what is sure, says what is asked and is no scrap. Of the document that
// answers already, and of those that only explain, it must be about as good.
func (u understood) adds(cited []Citation, top, h Hit, p proof) bool {
	if u.named.article != "" {
		return h.Version.ID == top.Version.ID
	}
	if h.Sure < answerAt || len([]rune(h.Text)) < shortestBeside || undefined(u.search, h.Text) {
		return false
	}
	for _, c := range cited {
		if c.Document.ID == h.Document.ID && (h.Score < besideAt*top.Score || h.Document.Authority <= Guidance) {
			return false
		}
	}
	if h.Document.ID != top.Document.ID && h.Document.Authority > Guidance && p.form && p.says >= saysItOfUnit {
		return true
	}
	return h.Score >= besideAt*top.Score && p.form
}

// inOrder puts the further sources of one document in the order of its text.
func inOrder(cs []Citation) {
	if len(cs) < 3 {
		return
	}
	slices.SortStableFunc(cs[1:], func(x, y Citation) int {
		if x.Version.ID != y.Version.ID {
			return 0
		}
		return x.Pos - y.Pos
	})
}

// cite adds a passage with the sentences that answer.
func (a *Answer) cite(u understood, h Hit) {
	rs := []rune(h.Text)
	at := answering(u.search, h.Passage)
	if at.End <= at.Start {
		return
	}
	if !slices.ContainsFunc(a.Hits, func(o Hit) bool { return o.ID == h.ID }) {
		a.Hits = append(a.Hits, h)
	}
	a.Citations = append(a.Citations, Citation{Hit: h, Quote: at.of(rs), Start: at.Start, End: at.End, Lapsed: u.lapsed(h)})
}

// lapsed reports whether a text that is cited no longer holds.
func (u understood) lapsed(h Hit) bool {
	return !h.Version.InForce(u.today) && !h.Version.Repealed.IsZero()
}

// clauses is the text of a quoted answer: the passages cited that hold, whole.
func clauses(cs []Citation) string {
	var parts []string
	for _, c := range cs {
		if !slices.Contains(parts, c.Text) {
			parts = append(parts, c.Text)
		}
	}
	return strings.Join(parts, "\n\n")
}
