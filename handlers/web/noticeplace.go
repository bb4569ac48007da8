package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// noticePlace takes a photo of a notice where it hangs, or an address. The photo is made
// anew before the turn begins, one at a time: that takes a second and much memory.
func (s *site) noticePlace(ctx context.Context, v *visit) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	if !v.actor.Coordinator() {
		return deny(text.PubOfficeOnly)
	}
	in := handlers.Placement{Kind: v.value("kind"), Place: v.value("place"), On: civilDate(v.value("on"))}
	if err := s.stopped(ctx, v, in.Place); err != nil {
		return err
	}
	if _, data, err := uploadedFile(v); err == nil && len(data) > 0 {
		s.photos.Lock()
		in.Photo, err = form.Photo(data)
		s.photos.Unlock()
		if say := bot.Says(err); say != "" {
			return s.noticeAgain(ctx, v, http.StatusUnprocessableEntity, nil, say)
		}
		if err != nil {
			return err
		}
	} else if errors.Is(err, errBadForm) {
		return err
	}
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = s.Desk.PlacePublic(ctx, t, id, in)
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok:
		return s.noticeAgain(ctx, v, http.StatusUnprocessableEntity, nil, said...)
	}
	return s.to(v, noticePath(id), flash{Say: said})
}

// noticePhoto shows a photo to whoever may read its notice.
func (s *site) noticePhoto(ctx context.Context, v *visit) error {
	sheet, err := s.noticeSheet(ctx, v)
	if err != nil {
		return err
	}
	id, err := v.number("photo")
	if err != nil || !slices.ContainsFunc(sheet.Places, func(p handlers.Placement) bool { return p.ID == id && p.HasPhoto }) {
		return errNotFound
	}
	data, err := s.Desk.Publications.Photo(ctx, id)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/jpeg")
	_, _ = v.w.Write(data)
	return nil
}

// opennessPage is the matrix of the five openings.
type opennessPage struct {
	Office    bool
	Audiences []string
	Rows      []opennessRow
	Whats     []codeName
	Reached   []codeName
	Today     string
	Error     []string
}

type opennessRow struct {
	Name  string
	Cells []notice.Cell
}

// AudienceName names who a cell is for.
func (p opennessPage) AudienceName(a notice.Audience) string { return text.PubAudience(string(a)) }

func (s *site) openness(ctx context.Context, v *visit) error {
	return s.showOpenness(ctx, v, http.StatusOK)
}

func (s *site) showOpenness(ctx context.Context, v *visit, status int, why ...string) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	p := opennessPage{Office: v.actor.Coordinator(), Today: date(s.Now()), Error: why}
	all, err := s.Desk.Publications.PublicNotices(ctx, handlers.NoticeFilter{})
	if err != nil {
		return err
	}
	others, err := s.Desk.Publications.Openings(ctx)
	if err != nil {
		return err
	}
	for _, a := range notice.Audiences() {
		p.Audiences = append(p.Audiences, text.PubAudience(string(a)))
		p.Reached = append(p.Reached, codeName{string(a), text.PubAudience(string(a))})
	}
	cells := notice.Openness(bot.Civil(s.Now()), all, others)
	for _, what := range notice.Whats() {
		row := opennessRow{Name: text.PubWhat(string(what))}
		for _, c := range cells {
			if c.What == what {
				row.Cells = append(row.Cells, c)
			}
		}
		p.Rows = append(p.Rows, row)
		p.Whats = append(p.Whats, codeName{string(what), row.Name})
	}
	return s.show(v, status, "openness", text.WebOpenness, p)
}

func (s *site) opennessDo(ctx context.Context, v *visit) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	in := handlers.Opening{What: v.value("what"), Audience: notice.Audience(v.value("audience")), Place: v.value("place"), From: civilDate(v.value("from")), Until: civilDate(v.value("until"))}
	if err := s.stopped(ctx, v, in.Place); err != nil {
		return err
	}
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = s.Desk.AddOpening(ctx, t, in)
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok && !v.actor.Coordinator():
		return deny(text.PubOfficeOnly)
	case !ok:
		return s.showOpenness(ctx, v, http.StatusUnprocessableEntity, said...)
	}
	return s.to(v, "/openness", flash{Say: said})
}

// revisablePage lists the confirmed points that somebody may revise.
type revisablePage struct{ Sections []revisableSection }

type revisableSection struct {
	Name string
	Rows []handlers.NoticeRow
}

func (s *site) revisable(ctx context.Context, v *visit) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	rows, err := s.Desk.RevisionList(ctx, v.actor)
	if err != nil {
		return err
	}
	if len(rows) == 0 && !v.actor.Coordinator() {
		return deny(text.RevNotYours)
	}
	var p revisablePage
	for _, r := range rows {
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Name != r.Section.Name {
			p.Sections = append(p.Sections, revisableSection{Name: r.Section.Name})
		}
		last := &p.Sections[len(p.Sections)-1]
		last.Rows = append(last.Rows, r)
	}
	return s.show(v, http.StatusOK, "revisable", text.WebRevisions, p)
}

// revisePage is one confirmed point with the form of its next version.
type revisePage struct {
	handlers.RevisionSheet
	Said       handlers.PointText
	Why        string
	Meeting    string
	Held       string
	Error      []string
	Today      string
	Before     []string
	After      []string // of the open proposal
	Categories []codeName
	Levels     []codeName
}

// Shapes are the manifestations as the form has them.
func (p revisePage) Shapes() string { return strings.Join(p.Said.Manifestations, "\n") }

// Lines are a text as it is read.
func (p revisePage) Lines(x handlers.PointText) []string { return handlers.PointLines(p.Pack, x) }

func (s *site) revise(ctx context.Context, v *visit) error {
	return s.showRevise(ctx, v, http.StatusOK, nil)
}

func (s *site) showRevise(ctx context.Context, v *visit, status int, change func(*revisePage)) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	p := revisePage{Today: date(s.Now())}
	denied := ""
	if _, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		p.RevisionSheet, denied, err = s.Desk.RevisionSheet(ctx, t, id)
		return err
	}); err != nil {
		return err
	}
	if denied != "" {
		return deny(denied)
	}
	p.Said = p.Now
	p.Before = handlers.PointLines(p.Pack, p.Now)
	if p.Open != nil {
		p.After = handlers.PointLines(p.Pack, p.Open.After)
	}
	for _, c := range p.Pack.Categories {
		p.Categories = append(p.Categories, codeName{string(c.Code), c.Label})
	}
	for _, l := range p.Pack.Levels {
		p.Levels = append(p.Levels, codeName{string(l.Code), l.Label})
	}
	if change != nil {
		change(&p)
	}
	p.Said.Measures = append(slices.Clone(p.Said.Measures), risk.Measure{}) // one more to fill in
	return s.show(v, status, "revise", text.WebRevise, p)
}

func (s *site) reviseDo(ctx context.Context, v *visit) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	if err := s.noticesHere(); err != nil {
		return err
	}
	do := v.value("do")
	ok := false
	var said []string
	var in handlers.RevisionDraft
	switch do {
	case "propose":
		if in, err = s.readRevision(ctx, v); err != nil {
			return err
		}
		said, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
			ok, err = s.Desk.ProposeRevision(ctx, t, id, in)
			return err
		})
	case "approve", "reject":
		revision, bad := strconv.ParseInt(v.value("revision"), 10, 64)
		if bad != nil {
			return errBadForm
		}
		said, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
			ok, err = s.Desk.DecideRevision(ctx, t, revision, do == "approve")
			return err
		})
	default:
		return errBadForm
	}
	switch {
	case err != nil:
		return err
	case !ok:
		return s.showRevise(ctx, v, http.StatusUnprocessableEntity, func(p *revisePage) {
			p.Error = said
			if do == "propose" {
				p.Said, p.Why, p.Meeting, p.Held = in.After, in.Why, in.Meeting, v.value("held")
			}
		})
	}
	return s.to(v, v.r.URL.Path, flash{Say: said})
}

// readRevision reads the form of a proposal and stops red lines.
func (s *site) readRevision(ctx context.Context, v *visit) (in handlers.RevisionDraft, err error) {
	if in.Version, err = strconv.Atoi(v.value("version")); err != nil {
		return in, errBadForm
	}
	in.Why, in.Meeting, in.Held = v.value("why"), v.value("meeting"), civilDate(v.value("held"))
	in.After.Title, in.After.Category, in.After.Level = v.value("title"), risk.Category(v.value("category")), risk.Level(v.value("level"))
	in.After.Manifestations = strings.Split(v.value("shapes"), "\n")
	said := append([]string{in.Why, in.Meeting, in.After.Title}, in.After.Manifestations...)
	columns := [][]string{v.values("m_text"), v.values("m_who"), v.values("m_often"), v.values("m_proof"), v.values("m_notdone")}
	for i := range columns[0] {
		m := risk.Measure{}
		for j, to := range []*string{&m.Text, &m.Who, &m.Frequency, &m.Evidence, &m.NotDone} {
			if i < len(columns[j]) {
				*to = columns[j][i]
				said = append(said, columns[j][i])
			}
		}
		in.After.Measures = append(in.After.Measures, m)
	}
	return in, s.stopped(ctx, v, said...)
}
