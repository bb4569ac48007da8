package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// noticeRoutes are the pages of public notices, of the five openings and of revisions.
func (s *site) noticeRoutes() map[string]page {
	return map[string]page{
		"GET /notices":                   s.notices,
		"POST /notices":                  s.noticesDo,
		"GET /notice/new":                s.noticeNew,
		"POST /notice/new":               s.noticeCreate,
		"GET /notice/{id}":               s.notice,
		"POST /notice/{id}":              s.noticeDo,
		"POST /notice/{id}/upload":       s.noticePlace,
		"GET /notice/{id}/photo/{photo}": s.noticePhoto,
		"GET /notice/{id}/poster":        s.noticeFile(handlers.FilePoster),
		"GET /notice/{id}/plaques":       s.noticeFile(handlers.FilePlaques),
		"GET /notice/{id}/report":        s.noticeFile(handlers.FileReport),
		"GET /openness":                  s.openness,
		"POST /openness":                 s.opennessDo,
		"GET /points":                    s.revisable,
		"GET /point/{id}/revise":         s.revise,
		"POST /point/{id}/revise":        s.reviseDo,
	}
}

// noticesPage lists notices.
type noticesPage struct {
	Office, Checks bool
	Revises        bool
	Ready          bool // keys
	List           []noticeLine
	Images         bool // citizens may add a photo
}

// noticeLine is one notice in the list.
type noticeLine struct {
	handlers.PublicNotice
	State, Tone, Audience string
}

// noticesHere is the answer where there are no notices at all.
func (s *site) noticesHere() error {
	if s.Desk.Publications == nil {
		return fmt.Errorf("web: no public notices: %w", risk.ErrNone)
	}
	return nil
}

func noticeTone(x notice.State) string {
	switch x {
	case notice.Open, notice.Approved:
		return "done"
	case notice.Checking:
		return "todo"
	case notice.Returned, notice.Withdrawn:
		return "back"
	default:
		return "plain"
	}
}

func (s *site) notices(ctx context.Context, v *visit) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	p := noticesPage{Office: v.actor.Coordinator(), Checks: handlers.MayCheckPublic(v.actor)}
	list, err := s.Desk.Publications.PublicNotices(ctx, handlers.NoticeFilter{})
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b handlers.PublicNotice) int { return int(b.ID - a.ID) })
	for _, n := range list {
		shown := n.State == notice.Open || n.State == notice.Ended || n.State == notice.Corrected
		if !shown && !p.Office && !p.Checks {
			continue
		}
		p.List = append(p.List, noticeLine{PublicNotice: n, State: text.PubState(string(n.State)), Tone: noticeTone(n.State), Audience: text.PubAudience(string(n.Audience))})
	}
	if p.Office {
		if p.Ready, err = s.Desk.SealReady(ctx); err != nil {
			return err
		}
		if p.Images, err = s.Desk.Publications.Images(ctx); err != nil {
			return err
		}
	}
	rows, err := s.Desk.RevisionList(ctx, v.actor)
	if err != nil {
		return err
	}
	p.Revises = len(rows) > 0
	return s.show(v, http.StatusOK, "notices", text.WebPublicNotices, p)
}

// noticesDo switches citizens' photos on or off.
func (s *site) noticesDo(ctx context.Context, v *visit) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	do := v.value("do")
	if do != "images" && do != "no images" {
		return errBadForm
	}
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error { return s.Desk.AllowImages(ctx, t, do == "images") })
	if err != nil {
		return err
	}
	return s.to(v, "/notices", flash{Say: said, Bad: !v.actor.Coordinator()})
}

// noticePage is one notice: a form while it is a draft, else what is published.
type noticePage struct {
	handlers.PubSheet
	New      bool
	Said     handlers.PubDraft
	Error    []string
	Today    string
	Where    string // its state in words
	Tone     string
	Address  string // for everybody
	Sections []risk.Section
	Fields   []noticeField
	Matrix   []noticeRow
	Kinds    []codeName
	Editable bool
	Warn     []handlers.PubProblem // problems that do not block
	Block    []handlers.PubProblem
}

// codeName is one option of a select.
type codeName struct{ Code, Name string }

// noticeField is one field that a notice may tell.
type noticeField struct {
	Code   notice.Field
	Name   string
	Ticked bool
	Why    string // closed by the mask
}

// noticeRow is one field in the table of who may read what.
type noticeRow struct {
	Name  string
	Cells []noticeCell
}

type noticeCell struct {
	Open bool
	Mine bool
	Why  string
}

// Audiences are all of them, for a select.
func (p noticePage) Audiences() []codeName {
	var out []codeName
	for _, a := range notice.Audiences() {
		out = append(out, codeName{string(a), text.PubAudience(string(a))})
	}
	return out
}

// AudienceName names one.
func (p noticePage) AudienceName(a notice.Audience) string { return text.PubAudience(string(a)) }

// FieldName names a field.
func (p noticePage) FieldName(f notice.Field) string { return notice.FieldName(f) }

// StateName names where a version stands.
func (p noticePage) StateName(x notice.State) string { return text.PubState(string(x)) }

// KindName names a placement.
func (p noticePage) KindName(k string) string { return text.PubPlaceKind(k) }

// HasSection reports whether a section was chosen.
func (p noticePage) HasSection(id int64) bool { return slices.Contains(p.Said.Sections, id) }

// HasPoint reports whether a point was chosen by itself.
func (p noticePage) HasPoint(id int64) bool { return slices.Contains(p.Said.Points, id) }

// PublishedPoint is the register's id of a number of the notice.
func (p noticePage) PublishedPoint(no int) int64 {
	for _, x := range p.Points {
		if x.No == no {
			return x.Point
		}
	}
	return 0
}

// Is reports whether the notice stands in one of the states.
func (p noticePage) Is(states ...string) bool { return slices.Contains(states, string(p.State)) }

// fill puts what the page's forms need around the sheet.
func (s *site) fillNotice(ctx context.Context, v *visit, p *noticePage) (err error) {
	p.Today, p.Where, p.Tone = date(s.Now()), text.PubState(string(p.State)), noticeTone(p.State)
	p.Address = s.Desk.Pages.Noticed(p.Code)
	p.Editable = p.Office && (p.New || p.State == notice.Drafting || p.State == notice.Returned)
	for _, k := range handlers.PlacementKinds() {
		p.Kinds = append(p.Kinds, codeName{k, text.PubPlaceKind(k)})
	}
	if !p.Editable {
		return nil
	}
	if p.Sections, err = s.Register.Sections(ctx); err != nil {
		return err
	}
	mask := notice.NewMask(p.Said.Audience)
	for _, f := range notice.Fields() {
		if f == notice.FieldHolder {
			continue // its own question
		}
		p.Fields = append(p.Fields, noticeField{Code: f, Name: notice.FieldName(f), Why: mask.Why(f), Ticked: mask.Allows(f) && (len(p.Said.Fields) == 0 || slices.Contains(p.Said.Fields, f))})
		row := noticeRow{Name: notice.FieldName(f)}
		for _, x := range p.Previews {
			row.Cells = append(row.Cells, cellOf(x, f))
		}
		p.Matrix = append(p.Matrix, row)
	}
	holder := noticeRow{Name: notice.FieldName(notice.FieldHolder)}
	for _, x := range p.Previews {
		holder.Cells = append(holder.Cells, cellOf(x, notice.FieldHolder))
	}
	p.Matrix = append(p.Matrix, holder)
	for _, x := range p.Problems {
		if x.Blocks {
			p.Block = append(p.Block, x)
		} else {
			p.Warn = append(p.Warn, x)
		}
	}
	return nil
}

func cellOf(p handlers.PubPreview, f notice.Field) noticeCell {
	c := noticeCell{Open: slices.Contains(p.Snapshot.Open, f), Mine: p.Mine}
	for _, x := range p.Closed {
		if x.Field == f {
			c.Why = x.Why
		}
	}
	return c
}

func (s *site) showNotice(ctx context.Context, v *visit, status int, p noticePage) error {
	if err := s.fillNotice(ctx, v, &p); err != nil {
		return err
	}
	return s.show(v, status, "notice", text.WebPublicNotice, p)
}

func (s *site) noticeNew(ctx context.Context, v *visit) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	if !v.actor.Coordinator() {
		return deny(text.PubOfficeOnly)
	}
	said, err := s.Desk.PubStart(ctx, s.Now())
	if err != nil {
		return err
	}
	p := noticePage{New: true, Said: said}
	p.Office = true
	return s.showNotice(ctx, v, http.StatusOK, p)
}

// readNotice reads the form of a draft.
func readNotice(v *visit) (in handlers.PubDraft) {
	in.Title, in.Audience, in.Change = v.value("title"), notice.Audience(v.value("audience")), v.value("change")
	in.Sections, in.Points = numbersOf(v.values("section")), numbersOf(v.values("point"))
	in.Days, _ = strconv.Atoi(v.value("days"))
	in.Promise, _ = strconv.Atoi(v.value("promise"))
	in.Start = civilDate(v.value("start"))
	in.Contact = notice.Contact{Phone: v.value("phone"), Address: v.value("address"), Box: v.value("box"), Discipline: v.value("discipline")}
	in.Holders = v.value("holders") != ""
	in.Fields = readFields(v, in)
	return in
}

// readFields are the fields that were ticked; none when that is all the mask allows, or
// when the readers changed, since the ticks were for the former ones.
func readFields(v *visit, in handlers.PubDraft) []notice.Field {
	if v.value("fields_of") != string(in.Audience) {
		return nil
	}
	mask := notice.NewMask(in.Audience)
	var out []notice.Field
	all := true
	for _, f := range notice.Fields() {
		switch {
		case !mask.Allows(f):
		case f == notice.FieldHolder:
			if in.Holders {
				out = append(out, f)
			}
		case slices.Contains(v.values("field"), string(f)):
			out = append(out, f)
		default:
			all = false
		}
	}
	if all || len(out) == 0 {
		return nil
	}
	return out
}

func numbersOf(values []string) (out []int64) {
	for _, x := range values {
		if id, err := strconv.ParseInt(x, 10, 64); err == nil && id > 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// noticeWords stops red lines before a draft is stored. An office's telephone is its own
// to publish; of the rest only secrecy marks are stopped here, for the notice itself is
// checked line by line (notice.Build).
func (s *site) noticeWords(ctx context.Context, v *visit, in handlers.PubDraft) error {
	return s.sealable(ctx, v, []string{in.Title, in.Change, in.Contact.Address, in.Contact.Box}, in.Contact.Phone, in.Contact.Discipline)
}

func (s *site) noticeCreate(ctx context.Context, v *visit) error {
	if err := s.noticesHere(); err != nil {
		return err
	}
	in := readNotice(v)
	if err := s.noticeWords(ctx, v, in); err != nil {
		return err
	}
	var n handlers.PublicNotice
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		n, ok, err = s.Desk.DraftPublic(ctx, t, 0, 0, in)
		return err
	})
	switch {
	case err != nil:
		return err
	case ok:
		return s.to(v, noticePath(n.ID), flash{Say: append(said, text.PubSaved)})
	case !v.actor.Coordinator():
		return deny(text.PubOfficeOnly)
	}
	p := noticePage{New: true, Said: in, Error: said}
	p.Office = true
	return s.showNotice(ctx, v, http.StatusUnprocessableEntity, p)
}

func noticePath(id int64) string { return fmt.Sprintf("/notice/%d", id) }

// noticeSheet reads the notice of the address for its visitor.
func (s *site) noticeSheet(ctx context.Context, v *visit) (sheet handlers.PubSheet, err error) {
	id, err := v.number("id")
	if err != nil {
		return sheet, err
	}
	denied := ""
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		sheet, denied, err = s.Desk.PublicSheet(ctx, t, id)
		return err
	})
	if err == nil && denied != "" {
		return sheet, deny(denied)
	}
	return sheet, err
}

func (s *site) notice(ctx context.Context, v *visit) error {
	return s.noticeAgain(ctx, v, http.StatusOK, nil)
}

// noticeAgain shows the notice's page, with why something was not done.
func (s *site) noticeAgain(ctx context.Context, v *visit, status int, said *handlers.PubDraft, why ...string) error {
	sheet, err := s.noticeSheet(ctx, v)
	if err != nil {
		return err
	}
	p := noticePage{PubSheet: sheet, Error: why}
	p.Said = handlers.PubDraft{Title: sheet.Title, Audience: sheet.Audience, Change: sheet.Change, NoticeDraft: sheet.Draft}
	if said != nil {
		p.Said = *said
	}
	return s.showNotice(ctx, v, status, p)
}

// noticeDo is one button of a notice's page.
func (s *site) noticeDo(ctx context.Context, v *visit) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	rev, err := strconv.Atoi(v.value("rev"))
	if err != nil || rev < 0 {
		return errBadForm
	}
	d, why := s.Desk, v.value("why")
	if err := s.stopped(ctx, v, why); err != nil {
		return err
	}
	var run func(ctx context.Context, t *convo.Turn) (bool, error)
	var in *handlers.PubDraft
	here := noticePath(id)
	plain := map[string]func(context.Context, *convo.Turn, int64, int) (bool, error){"take_back": d.TakeBackPublic, "approve": d.ApprovePublic}
	switch do := v.value("do"); do {
	case "save", "send":
		x := readNotice(v)
		if err := s.noticeWords(ctx, v, x); err != nil {
			return err
		}
		in = &x
		checker, _ := strconv.ParseInt(v.value("checker"), 10, 64)
		run = func(ctx context.Context, t *convo.Turn) (bool, error) {
			n, ok, err := d.DraftPublic(ctx, t, id, rev, x)
			if err != nil || !ok || do == "save" {
				if ok {
					t.Say(text.PubSaved)
				}
				return ok, err
			}
			return d.SendPublic(ctx, t, id, n.Rev, checker)
		}
	case "return":
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return d.ReturnPublic(ctx, t, id, rev, why) }
	case "withdraw":
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return d.WithdrawPublic(ctx, t, id, rev, why) }
	case "correct":
		run = func(ctx context.Context, t *convo.Turn) (bool, error) {
			next, err := d.CorrectPublic(ctx, t, id, rev)
			if next != 0 {
				here = noticePath(next)
			}
			return next != 0, err
		}
	default:
		f, known := plain[do]
		if !known {
			return errBadForm
		}
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return f(ctx, t, id, rev) }
	}
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) { ok, err = run(ctx, t); return err })
	switch {
	case err != nil:
		return err
	case !ok:
		return s.noticeAgain(ctx, v, http.StatusUnprocessableEntity, in, strings.Split(strings.Join(said, "\n"), "\n")...)
	}
	return s.to(v, here, flash{Say: said})
}

// noticeFile sends what is made of a notice.
func (s *site) noticeFile(which handlers.PublicFile) page {
	return func(ctx context.Context, v *visit) error {
		id, err := v.number("id")
		if err != nil {
			return err
		}
		var name string
		var data []byte
		if _, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
			name, data, err = s.Desk.PublicFile(ctx, t, id, which)
			return err
		}); err != nil {
			return err
		}
		return send(v, name, data)
	}
}
