package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// Titles and addresses of these pages are the same for every talk: they stand in a
// browser's history.

// talkRoutes are the pages of talks.
func (s *site) talkRoutes() map[string]page {
	return map[string]page{
		"GET /talks":           s.talks,
		"GET /talk/new":        s.talkNew,
		"POST /talk/new":       s.talkCreate,
		"GET /talk/{id}":       s.talk,
		"POST /talk/{id}":      s.talkDo,
		"GET /talk/{id}/edit":  s.talkEdit,
		"POST /talk/{id}/edit": s.talkEdited,
	}
}

// talks is 我的约谈.
func (s *site) talks(ctx context.Context, v *visit) error {
	var list handlers.TalkList
	if _, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		list, err = s.Desk.TalkList(ctx, t)
		return err
	}); err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "talklist", text.WebTalks, list)
}

// talkForm is a talk being written: new, or a draft.
type talkForm struct {
	ID      int64
	Version int
	handlers.TalkChoices
	Said     handlers.TalkDraft
	Triggers []risk.Named
	Bears    []risk.Named
	Sealing  bool
	Limit    int
	Error    []string
	Sort     risk.NoticeKind // of a draft: its kind and target stay
	Name     string
}

// When is the time as a browser's field has it.
func (f talkForm) When() string {
	if f.Said.At.IsZero() {
		return ""
	}
	return bot.Local(f.Said.At).Format(fieldTime)
}

// On is the day of a document as a browser's field has it.
func (f talkForm) On() string {
	if f.Said.DocumentOn.IsZero() {
		return ""
	}
	return date(f.Said.DocumentOn)
}

const fieldTime = "2006-01-02T15:04"

func (s *site) talkNew(ctx context.Context, v *visit) error {
	return s.showTalkForm(ctx, v, http.StatusOK, talkForm{Said: handlers.TalkDraft{Contact: v.actor.Name}})
}

func (s *site) showTalkForm(ctx context.Context, v *visit, status int, f talkForm) error {
	var err error
	if f.TalkChoices, err = s.Desk.TalkChoices(ctx, v.actor); err != nil {
		return err
	}
	if len(f.People) == 0 && f.ID == 0 {
		s.problem(v, http.StatusForbidden, problem{Title: text.WebTalkNone, Say: text.WebTalkNoneHow, Link: "/talks", LinkText: text.WebTalks})
		return nil
	}
	rules := risk.Notices()
	f.Triggers, f.Bears, f.Sealing, f.Limit = rules.Triggers, rules.Bears, s.Desk.Seal != nil, handlers.ContentLongest
	if f.ID != 0 {
		f.Triggers = rules.TriggersOf(f.Sort.Code)
	}
	return s.show(v, status, "talknew", text.WebTalkNew, f)
}

// readTalk reads what was written; say tells which field cannot be read.
func readTalk(v *visit) (in handlers.TalkDraft, say string) {
	in = handlers.TalkDraft{
		Kind: v.value("kind"), Place: v.value("place"), Contact: v.value("contact"), Delivery: v.value("delivery"), Bears: v.value("bears"),
		Trigger: v.value("trigger"), Subject: v.value("subject"), Body: v.value("body"), DocumentNo: v.value("document_no"),
	}
	in.Target, _ = strconv.ParseInt(v.value("target"), 10, 64)
	in.ReplyDays, _ = strconv.Atoi(v.value("reply_days"))
	if on := v.value("document_on"); on != "" {
		if in.DocumentOn = civilDate(on); in.DocumentOn.IsZero() {
			say = text.WebTalkBadDate
		}
	}
	if at := v.value("at"); at != "" {
		var err error
		if in.At, err = time.ParseInLocation(fieldTime, at, bot.Zone()); err != nil {
			say = text.WebTalkBadTime
		}
	}
	return in, say
}

// sealable stops secrecy marks before anything is sealed: a sealed text may name people
// and what they did, for that is what it is for, but no state secret belongs here. What
// goes on a card passes the whole guard.
func (s *site) sealable(ctx context.Context, v *visit, card []string, sealed ...string) error {
	if err := s.stopped(ctx, v, card...); err != nil {
		return err
	}
	for _, said := range sealed {
		if stop := risk.Guard(said); stop != nil && stop.Rule == risk.RuleSecrecy {
			return s.stopped(ctx, v, said)
		}
	}
	return nil
}

// talkCreate drafts a new talk, or writes a draft anew, and sends it when asked to.
func (s *site) talkCreate(ctx context.Context, v *visit) error { return s.saveTalk(ctx, v, 0, 0) }

func (s *site) talkEdit(ctx context.Context, v *visit) error {
	sheet, err := s.talkSheet(ctx, v)
	if err != nil {
		return err
	}
	if !sheet.May["edit"] {
		return s.to(v, talkPath(sheet.ID), flash{Say: []string{text.TalkChanged}, Bad: true})
	}
	said := handlers.TalkDraft{
		Kind: sheet.Kind, Target: sheet.Target.ID, At: sheet.At, Place: sheet.Place, Contact: sheet.Contact, Delivery: sheet.Delivery, ReplyDays: sheet.ReplyDays, Bears: sheet.Bears,
		Subject: sheet.Text(risk.PartSubject), Body: sheet.Text(risk.PartBody), Trigger: sheet.Text(risk.PartTrigger),
	}
	for _, c := range risk.Notices().Triggers {
		if c.Name == said.Trigger {
			said.Trigger = c.Code
		}
	}
	return s.showTalkForm(ctx, v, http.StatusOK, talkForm{ID: sheet.ID, Version: sheet.Version, Said: said, Sort: sheet.Sort, Name: sheet.Target.Name})
}

func (s *site) talkEdited(ctx context.Context, v *visit) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(v.value("version"))
	if err != nil || version < 1 {
		return errBadForm
	}
	return s.saveTalk(ctx, v, id, version)
}

func (s *site) saveTalk(ctx context.Context, v *visit, id int64, version int) error {
	in, say := readTalk(v)
	if err := s.sealable(ctx, v, []string{in.Place, in.Contact, in.DocumentNo}, in.Subject, in.Body); err != nil {
		return err
	}
	again := func(lines []string) error {
		f := talkForm{ID: id, Version: version, Said: in, Error: lines}
		if id != 0 {
			sheet, err := s.talkSheet(ctx, v)
			if err != nil {
				return err
			}
			f.Sort, f.Name = sheet.Sort, sheet.Target.Name
		}
		return s.showTalkForm(ctx, v, http.StatusUnprocessableEntity, f)
	}
	if say != "" {
		return again([]string{say})
	}
	var n risk.Notice
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		if n, ok, err = s.Desk.DraftTalk(ctx, t, id, version, in); err != nil || !ok {
			return err
		}
		switch {
		case n.State != risk.NoticeDrafted: // recorded
		case v.value("do") == "send":
			_, err = s.Desk.SendTalk(ctx, t, n.ID, n.Version)
		default:
			t.Say(text.WebTalkSaved)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok:
		return again(said)
	}
	return s.to(v, talkPath(n.ID), flash{Say: said})
}

func talkPath(id int64) string { return fmt.Sprintf("/talk/%d", id) }

// talkSheet reads the talk of the address for its visitor.
func (s *site) talkSheet(ctx context.Context, v *visit) (handlers.TalkSheet, error) {
	var sheet handlers.TalkSheet
	id, err := v.number("id")
	if err != nil {
		return sheet, err
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		sheet, err = s.Desk.TalkSheet(ctx, t, id)
		return err
	})
	if err == nil && sheet.Denied != "" {
		return sheet, deny(sheet.Denied)
	}
	return sheet, err
}

// talkPage is one talk with what its reader may do.
type talkPage struct {
	handlers.TalkSheet
	Error []string
	Said  string // what was being written
	Limit int
}

// When is the time of the talk as a browser's field has it.
func (p talkPage) When() string { return bot.Local(p.At).Format(fieldTime) }

// Label names a field of content.
func (p talkPage) Label(x handlers.TalkText) string {
	return map[string]string{
		risk.PartSubject: text.WebTalkSubject, risk.PartBody: text.WebTalkBody, risk.PartTrigger: text.WebTalkTrigger,
		risk.PartReply: text.WebTalkReply, risk.PartAsk: text.WebTalkAsk, risk.PartRemark: text.WebTalkRemark,
	}[x.Field]
}

func (s *site) talk(ctx context.Context, v *visit) error {
	sheet, err := s.talkSheet(ctx, v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "talk", text.TalkTitle, talkPage{TalkSheet: sheet, Limit: handlers.ContentLongest})
}

// talkDo is one button of a talk's page.
func (s *site) talkDo(ctx context.Context, v *visit) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(v.value("version"))
	if err != nil || version < 1 {
		return errBadForm
	}
	said := v.value("text")
	place, contact := v.value("place"), v.value("contact")
	if err := s.sealable(ctx, v, []string{place, contact}, said); err != nil {
		return err
	}
	d := s.Desk
	plain := map[string]func(context.Context, *convo.Turn, int64, int) (bool, error){
		"send": d.SendTalk, "approve": d.ApproveTalk, "decline": d.DeclineTalk, "ack": d.AckTalk, "held": d.HeldTalk, "review": d.ReviewTalk,
		"remind": d.RemindTalk, "extend": d.ExtendTalk, "escalate": d.EscalateTalk, "cancel": d.CancelTalk, "archive": d.ArchiveTalk,
	}
	var run func(ctx context.Context, t *convo.Turn) (bool, error)
	switch do := v.value("do"); do {
	case "reply":
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return d.ReplyTalk(ctx, t, id, version, said) }
	case "return":
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return d.ReturnTalk(ctx, t, id, version, said) }
	case "close":
		end := handlers.TalkEnd{Point: v.value("point") == "yes", Remark: said, Follow: civilDate(v.value("follow"))}
		if p := v.value("point"); p != "yes" && p != "no" {
			return s.talkAgain(ctx, v, said, text.WebTalkNoAnswer)
		}
		if f := v.value("follow"); f != "" && end.Follow.IsZero() {
			return s.talkAgain(ctx, v, said, text.WebTalkBadDate)
		}
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return d.CloseTalk(ctx, t, id, version, end) }
	case "move":
		at, err := time.ParseInLocation(fieldTime, v.value("at"), bot.Zone())
		if err != nil {
			return s.talkAgain(ctx, v, said, text.WebTalkBadTime)
		}
		run = func(ctx context.Context, t *convo.Turn) (bool, error) {
			return d.MoveTalk(ctx, t, id, version, at, place, contact)
		}
	default:
		f, known := plain[do]
		if !known {
			return errBadForm
		}
		run = func(ctx context.Context, t *convo.Turn) (bool, error) { return f(ctx, t, id, version) }
	}
	ok := false
	lines, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) { ok, err = run(ctx, t); return err })
	switch {
	case err != nil:
		return err
	case !ok:
		return s.talkAgain(ctx, v, said, lines...)
	}
	return s.to(v, talkPath(id), flash{Say: lines})
}

// talkAgain shows the page once more with why not, and what was being written.
func (s *site) talkAgain(ctx context.Context, v *visit, said string, why ...string) error {
	sheet, err := s.talkSheet(ctx, v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusUnprocessableEntity, "talk", text.TalkTitle, talkPage{TalkSheet: sheet, Error: why, Said: strings.TrimSpace(said), Limit: handlers.ContentLongest})
}
