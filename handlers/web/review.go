package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// reviewPage is one form under review.
type reviewPage struct {
	handlers.ReviewSheet
	Said    map[int64]rowSaid // what stands in the fields, by point
	Labels  map[string]string // step code → label
	Peer    bool              // a colleague's look: 无补充 / 补充一条
	Whole   bool              // agreed to or returned as a whole; single rows can be named
	Notice  []string
	Decided []risk.Review // what was decided so far
	Waiting int           // how many more wait
}

// rowSaid is what a reviewer has filled in for one row.
type rowSaid struct {
	Verdict          string
	Quick, Why       string
	Likelihood, Harm int
	Override         string
}

// sheet reads a review in the reader's own lane: opening it notes that it was seen.
func (s *site) sheet(ctx context.Context, v *visit, id int64) (handlers.ReviewSheet, error) {
	var sheet handlers.ReviewSheet
	_, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		sheet, err = s.Desk.ReviewSheet(ctx, t, id)
		return err
	})
	switch {
	case err != nil:
		return sheet, err
	case sheet.Denied != "":
		return sheet, deny(sheet.Denied)
	}
	return sheet, nil
}

func (s *site) review(ctx context.Context, v *visit) error {
	id, err := v.number("review")
	if err != nil {
		return err
	}
	return s.showReview(ctx, v, http.StatusOK, id, reviewPage{})
}

func (s *site) showReview(ctx context.Context, v *visit, status int, id int64, p reviewPage) error {
	var err error
	if p.ReviewSheet, err = s.sheet(ctx, v, id); err != nil {
		return err
	}
	p.Peer = p.Review.Step == risk.StepMutual
	p.Whole = !p.Factors && !p.Peer
	p.Labels = map[string]string{}
	chain, _ := p.Pack.Chain(p.Check.Chain)
	for _, step := range chain.Steps {
		p.Labels[step.Code] = step.Label
	}
	if p.Said == nil {
		p.Said = map[int64]rowSaid{}
		for _, row := range p.Rows {
			said := rowSaid{Likelihood: row.Point.Factors.Likelihood, Harm: row.Point.Factors.Harm}
			if row.Verdict == risk.Returned {
				said.Verdict, said.Why = string(risk.Returned), row.VerdictWhy
			}
			p.Said[row.ID] = said
		}
	}
	for _, r := range p.Past {
		if r.Decision == risk.Pass || r.Decision == risk.Return {
			p.Decided = append(p.Decided, r)
		}
	}
	open, err := s.Register.Reviews(ctx, risk.ReviewFilter{Assignee: v.actor.Person, Open: true})
	if err != nil {
		return err
	}
	p.Waiting = len(slices.DeleteFunc(open, func(r risk.Review) bool { return r.ID == id }))
	return s.show(v, status, "review", fmt.Sprintf(text.WebReviewTitle, p.Check.Post.Name), p)
}

// decide takes what a reviewer says: row by row, or of the whole form.
func (s *site) decide(ctx context.Context, v *visit) error {
	id, err := v.number("review")
	if err != nil {
		return err
	}
	sheet, err := s.sheet(ctx, v, id)
	if err != nil {
		return err
	}
	switch do := v.value("do"); do {
	case "none", "add":
		return s.peer(ctx, v, sheet, do)
	case "rows", "pass", "return":
		return s.decideRows(ctx, v, sheet, do)
	}
	return errBadForm
}

// peer is a colleague's 无补充 or 补充一条; the latter goes on in chat.
func (s *site) peer(ctx context.Context, v *visit, sheet handlers.ReviewSheet, do string) error {
	said, err := s.press(ctx, v, "mutual."+do, sheet.Review.ID, int64(sheet.Review.Round))
	if err != nil {
		return err
	}
	if len(said) == 0 {
		said = []string{text.WebGoOnInChat}
	}
	return s.to(v, "/", flash{Say: said})
}

func (s *site) decideRows(ctx context.Context, v *visit, sheet handlers.ReviewSheet, do string) error {
	said := readVerdicts(v, sheet)
	var texts []string
	var rows []handlers.RowVerdict
	for _, row := range openRows(sheet) {
		x := said[row.id]
		texts = append(texts, x.Why, x.Override)
		verdict := x.Verdict
		switch {
		case do == "pass":
			verdict = string(risk.Passed)
		case do == "return" && verdict == "":
			verdict = string(risk.Passed)
		}
		if verdict == "" {
			continue // not yet looked at
		}
		why := x.Why
		if why == "" {
			why = x.Quick
		}
		rows = append(rows, handlers.RowVerdict{
			PointID: row.id, Verdict: risk.Verdict(verdict), Why: why, Likelihood: x.Likelihood, Harm: x.Harm, Override: x.Override,
		})
	}
	version, err := strconv.Atoi(v.value("version"))
	if err != nil {
		return errBadForm
	}
	var notice []string
	done := false
	switch err := s.stopped(ctx, v, texts...); {
	case bot.Says(err) != "":
		notice = []string{bot.Says(err)}
	case err != nil:
		return err
	case do == "pass" && slices.ContainsFunc(openRows(sheet), func(r openRow) bool { return said[r.id].Verdict == string(risk.Returned) }):
		notice = []string{text.WebPassOrReturn}
	case len(rows) == 0, do == "return" && !slices.ContainsFunc(rows, func(r handlers.RowVerdict) bool { return r.Verdict == risk.Returned }):
		notice = []string{text.WebNothingChosen}
	default:
		notice, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
			done, err = s.Desk.ReviewRows(ctx, t, sheet.Review.ID, version, rows, handlers.ByPage)
			return err
		})
		if bot.Says(err) != "" {
			notice = []string{bot.Says(err)}
		} else if err != nil {
			return err
		}
	}
	if done {
		return s.to(v, "/reviews", flash{Say: notice})
	}
	if len(notice) == 0 { // a decision that needs its meeting: the chat asks for it
		return s.to(v, "/reviews", flash{Say: []string{text.WebMeetingInChat}})
	}
	return s.showReview(ctx, v, http.StatusUnprocessableEntity, sheet.Review.ID, reviewPage{Said: said, Notice: notice})
}

type openRow struct{ id int64 }

// openRows are the rows to be decided; a form without rows is decided as a whole, as id 0.
func openRows(sheet handlers.ReviewSheet) []openRow {
	if len(sheet.Rows) == 0 {
		return []openRow{{0}}
	}
	var out []openRow
	for _, r := range sheet.Rows {
		if r.Open {
			out = append(out, openRow{r.ID})
		}
	}
	return out
}

func readVerdicts(v *visit, sheet handlers.ReviewSheet) map[int64]rowSaid {
	out := map[int64]rowSaid{}
	for _, row := range openRows(sheet) {
		n := strconv.FormatInt(row.id, 10)
		x := rowSaid{Verdict: v.value("v" + n), Why: v.value("w" + n), Override: v.value("o" + n)}
		x.Likelihood, _ = strconv.Atoi(v.value("l" + n))
		x.Harm, _ = strconv.Atoi(v.value("h" + n))
		// Quick reasons come as their place in the pack's list.
		if i, err := strconv.Atoi(v.value("q" + n)); err == nil && i >= 0 && i < len(sheet.Reasons) {
			x.Quick = sheet.Reasons[i]
		}
		if x.Verdict != string(risk.Passed) && x.Verdict != string(risk.Returned) {
			x.Verdict = ""
		}
		out[row.id] = x
	}
	return out
}

// recuse is 回避: the reviewer's own, or arranged by the office.
func (s *site) recuse(ctx context.Context, v *visit) error {
	id, err := v.number("review")
	if err != nil {
		return err
	}
	why := v.value("why")
	if why != "kin" && why != "ties" {
		return errBadForm
	}
	done := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		done, err = s.Desk.Recuse(ctx, t, id, why)
		return err
	})
	if err != nil {
		return err
	}
	back := "/reviews"
	if v.value("from") == "delegate" {
		back = "/delegate"
	}
	return s.to(v, back, flash{Say: said, Bad: !done})
}

// degree is one radio button of a scale of three.
type degree struct {
	Name    string
	Value   int
	Label   string
	Checked bool
}

func scale(letter string, id int64, now int, labels ...string) []degree {
	out := make([]degree, len(labels))
	for i, l := range labels {
		out[i] = degree{Name: letter + strconv.FormatInt(id, 10), Value: i + 1, Label: l, Checked: i+1 == now}
	}
	return out
}
