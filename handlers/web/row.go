package web

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// rowPage is the editor of one row.
type rowPage struct {
	Check    risk.SelfCheck
	Campaign risk.Campaign
	Pack     *risk.Pack
	Row      myRow
	Edit     rowEdit
	Ready    []risk.Measure // to pick from
	Due      bool           // measures are asked for now
	Editable bool
	Error    string
	Blank    risk.Measure
	Theirs   *risk.Point // what the row holds now, when somebody saved in between
}

// rowEdit is what stands in the fields.
type rowEdit struct {
	Manifestations []string
	Category       risk.Category
	Misuse         risk.Misuse
	Measures       []risk.Measure
	Ready          map[int]bool
	Objection      string
	Keep           string
	Was            string
}

// rowOf loads a form and one of its rows for whoever fills it in.
func (s *site) rowOf(ctx context.Context, v *visit) (risk.SelfCheck, risk.Point, error) {
	c, err := s.mine(ctx, v)
	if err != nil {
		return c, risk.Point{}, err
	}
	no, err := v.number("no")
	if err != nil {
		return c, risk.Point{}, err
	}
	p, err := rowNo(c, int(no))
	return c, p, err
}

func rowNo(c risk.SelfCheck, no int) (risk.Point, error) {
	for _, p := range live(c.Points) {
		if p.No == no {
			return p, nil
		}
	}
	return risk.Point{}, errors.Join(errNoRow, errNotFound)
}

func (s *site) row(ctx context.Context, v *visit) error {
	c, p, err := s.rowOf(ctx, v)
	if err != nil {
		return err
	}
	edit := rowEdit{
		Manifestations: p.Manifestations, Category: p.Category, Misuse: p.Misuse, Measures: p.Measures,
		Objection: p.Objection, Keep: p.KeepReason, Was: wasRow(p),
	}
	// A rewrite with gaps is put into the field to be completed.
	if n, err := strconv.Atoi(v.r.URL.Query().Get("hint")); err == nil && n >= 0 && n < len(p.Hints) && p.Hints[n].Rewrite != "" && p.Hints[n].Rule != "L8" {
		edit.Manifestations = rewritten(p, p.Hints[n].Rewrite)
	}
	return s.showRow(ctx, v, 200, c, p, rowPage{Edit: edit})
}

func (s *site) showRow(ctx context.Context, v *visit, status int, c risk.SelfCheck, p risk.Point, page rowPage) error {
	var err error
	page.Check, page.Row = c, asRow(c, p)
	if page.Campaign, err = s.Register.CampaignByID(ctx, c.CampaignID); err != nil {
		return err
	}
	if page.Pack, err = s.Desk.Packs(page.Campaign.Pack); err != nil {
		return err
	}
	page.Due = page.Pack.MeasuresWithPoints() || len(p.Measures) > 0
	page.Editable = page.Campaign.State != "closed" && !c.Offline && !page.Row.Locked && (c.State == risk.CheckDraft || c.State == risk.CheckReturned)
	for _, m := range risk.Measures(page.Pack, p.Node, p.Category, strings.Join(p.Manifestations, text.Semicolon)) {
		if !hasMeasure(p.Measures, m) {
			page.Ready = append(page.Ready, m)
		}
	}
	return s.show(v, status, "row", fmt.Sprintf(text.WebRowTitle, p.No), page)
}

func hasMeasure(have []risk.Measure, m risk.Measure) bool {
	for _, h := range have {
		if h.Text == m.Text {
			return true
		}
	}
	return false
}

// readRow reads the fields; ready measures that are ticked join the list.
func readRow(v *visit, ready []risk.Measure) rowEdit {
	e := rowEdit{
		Category: risk.Category(v.value("category")), Misuse: risk.Misuse(v.value("misuse")),
		Objection: v.value("objection"), Keep: v.value("keep"), Was: v.value("was"), Ready: map[int]bool{},
	}
	for _, m := range v.values("m") {
		if m != "" {
			e.Manifestations = append(e.Manifestations, m)
		}
	}
	what, who, often, proof, not := v.values("mt"), v.values("mw"), v.values("mf"), v.values("me"), v.values("mn")
	at := func(list []string, i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	for i := range what {
		if what[i] != "" {
			e.Measures = append(e.Measures, risk.Measure{Text: what[i], Who: at(who, i), Frequency: at(often, i), Evidence: at(proof, i), NotDone: at(not, i)})
		}
	}
	for _, tick := range v.values("ready") {
		for i, m := range ready {
			if tick == fingerprint(m.Text) {
				e.Ready[i] = true
				e.Measures = append(e.Measures, m)
			}
		}
	}
	return e
}

// texts is everything typed into a row.
func (e rowEdit) texts() []string {
	out := append([]string{e.Objection, e.Keep}, e.Manifestations...)
	for _, m := range e.Measures {
		out = append(out, m.Text, m.Who, m.Frequency, m.Evidence, m.NotDone)
	}
	return out
}

func (s *site) saveRow(ctx context.Context, v *visit) error {
	c, p, err := s.rowOf(ctx, v)
	if err != nil {
		return err
	}
	campaign, err := s.Register.CampaignByID(ctx, c.CampaignID)
	if err != nil {
		return err
	}
	pack, err := s.Desk.Packs(campaign.Pack)
	if err != nil {
		return err
	}
	e := readRow(v, risk.Measures(pack, p.Node, p.Category, strings.Join(p.Manifestations, text.Semicolon)))
	err = s.checkRow(ctx, v, pack, e)
	if err == nil {
		_, err = s.do(ctx, v, s.editRow(c.ID, p.No, e))
	}
	if err == nil {
		return s.to(v, fmt.Sprintf("%s#r%d", myURL(c.ID), p.No), flash{Say: []string{fmt.Sprintf(text.WebRowSaved, p.No)}})
	}
	return s.refusedRow(ctx, v, c.ID, p.No, e, err)
}

// checkRow is what a page must look at before the Desk does: values out of its own
// lists, and the red lines in every field.
func (s *site) checkRow(ctx context.Context, v *visit, pack *risk.Pack, e rowEdit) error {
	if len(e.Manifestations) == 0 {
		return bot.Refuse(text.WebRowEmpty, "web: empty row")
	}
	if len(e.Manifestations) > 8 || len(e.Measures) > 12 {
		return bot.Refuse(text.WebRowTooMany, "web: too many parts in a row")
	}
	if _, ok := pack.Category(e.Category); e.Category != "" && !ok || e.Misuse != "" && pack.MisuseLabel(e.Misuse) == "" {
		return errBadForm
	}
	for _, said := range e.texts() {
		if len([]rune(said)) > 500 {
			return bot.Refuse(fmt.Sprintf(text.SelfTooLongPage, len([]rune(said))), "web: field too long")
		}
	}
	return s.stopped(ctx, v, e.texts()...)
}

// editRow saves a row if it still holds what the page showed.
func (s *site) editRow(check int64, no int, e rowEdit) convo.Handler {
	return func(ctx context.Context, t *convo.Turn) error {
		now, err := s.Register.Check(ctx, check)
		if err != nil {
			return err
		}
		p, err := rowNo(now, no)
		if err != nil {
			return err
		}
		if e.Was != wasRow(p) {
			return bot.Refuse(text.WebChangedRow, "web: row changed meanwhile")
		}
		if e.Measures == nil {
			e.Measures = []risk.Measure{}
		}
		return s.Desk.EditRow(ctx, t, check, no, handlers.RowEdit{
			Manifestations: e.Manifestations, Category: e.Category, Misuse: e.Misuse, Measures: e.Measures, Objection: &e.Objection, KeepReason: &e.Keep,
		})
	}
}

// refusedRow shows the editor again with what was typed, why it was not taken, and
// what the row holds now if somebody else saved in between.
func (s *site) refusedRow(ctx context.Context, v *visit, check int64, no int, e rowEdit, err error) error {
	page := rowPage{Edit: e, Error: bot.Says(err)}
	if page.Error == "" {
		return err
	}
	c, err := s.Register.Check(ctx, check)
	if err != nil {
		return err
	}
	p, err := rowNo(c, no)
	if err != nil {
		return err
	}
	if e.Was != wasRow(p) {
		page.Theirs = &p
		page.Edit.Was = wasRow(p) // saving again is then a decision, not an accident
	}
	return s.showRow(ctx, v, 422, c, p, page)
}

// useRewrite puts a hint's rewrite in place of the sentence it is about.
func (s *site) useRewrite(ctx context.Context, v *visit) error {
	c, p, err := s.rowOf(ctx, v)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.value("hint"))
	if err != nil || n < 0 {
		return errBadForm
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		now, err := s.Register.Check(ctx, c.ID)
		if err != nil {
			return err
		}
		row, err := rowNo(now, p.No)
		if err != nil {
			return err
		}
		if v.value("was") != wasRow(row) || n >= len(row.Hints) || !usable(row.Hints[n]) {
			return bot.Refuse(text.WebChangedRow, "web: row changed meanwhile")
		}
		return s.Desk.EditRow(ctx, t, c.ID, p.No, handlers.RowEdit{Manifestations: rewritten(row, row.Hints[n].Rewrite)})
	})
	if err == nil {
		return s.to(v, fmt.Sprintf("%s#r%d", myURL(c.ID), p.No), flash{Say: []string{text.SelfCardUsed}})
	}
	return s.after(ctx, v, c, nil, err)
}

// rewritten is a row's words with the rewrite in place of the one it is closest to.
func rewritten(p risk.Point, rewrite string) []string {
	out := append([]string(nil), p.Manifestations...)
	best, at := -1.0, 0
	for i, m := range out {
		if like := risk.Similar(m, rewrite); like > best {
			best, at = like, i
		}
	}
	if len(out) == 0 {
		return []string{rewrite}
	}
	out[at] = rewrite
	return out
}

func (s *site) dropRow(ctx context.Context, v *visit) error {
	c, p, err := s.rowOf(ctx, v)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error { return s.Desk.RemoveRow(ctx, t, c.ID, p.No) })
	return s.after(ctx, v, c, []string{fmt.Sprintf(text.SelfEditRemoved, p.No)}, err)
}
