package handlers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/text"
)

// pubCommands work at any step: nobody's opinion and nobody's report is to end in a form.
func (d *Desk) pubCommands() []convo.Command {
	return []convo.Command{
		{Name: "door.report", Match: matchReport, Run: d.sayReport, Resume: true},
		{Name: "door.opinion", Match: matchOpinionDoor(true), Run: d.sayOpinionDoor, Resume: true},
	}
}

// pubOpeners are words that a step may want for itself.
func (d *Desk) pubOpeners() []convo.Command {
	return []convo.Command{
		{Name: "door.opinion.free", Match: matchOpinionDoor(false), Run: d.sayOpinionDoor, Resume: true},
		{Name: "notice.new", Match: words(text.WordsPublicNew), Run: d.sayPublicNew, Resume: true},
		{Name: "notice.stand", Match: words(text.WordsPublicStand), Run: d.sayPublicStand, Resume: true},
		{Name: "notice.open", Match: words(text.WordsPublic), Run: d.sayPublic, Resume: true},
	}
}

// matchReport hears that somebody wants to report a person or a matter, before or while
// they do it. How reports are handled (举报人怎么保护) is a question like any other.
func matchReport(said string) ([]string, bool) {
	if text.Says(text.WordsComplain, said) || text.Says(text.WordsReportDoor, said) {
		return nil, true
	}
	return nil, text.Starts(text.WordsReportLead, said) && text.Accusing(said)
}

// matchOpinionDoor hears that somebody wants to say what they think of a notice. sure: the
// exact words, or words that name the notice; they count in the middle of a sentence's
// step too.
func matchOpinionDoor(sure bool) func(said string) ([]string, bool) {
	wants, about := regexp.MustCompile(text.OpinionWants), regexp.MustCompile(text.OpinionAbout)
	return func(said string) ([]string, bool) {
		if text.Says(text.WordsOpinionDoor, said) {
			return nil, true
		}
		if text.Has(text.WordsOnlyAsks, said) || utf8.RuneCountInString(said) > 400 {
			return nil, false
		}
		named := text.Has(text.WordsNoticeNamed, said)
		switch {
		case wants.MatchString(said):
			return nil, !sure || named
		case about.MatchString(said): // 对公示第三条有意见
			return nil, !asks(said, false)
		}
		return nil, false
	}
}

// saidMore reports whether somebody has already begun to say what belongs elsewhere.
func saidMore(t *convo.Turn) bool { return utf8.RuneCountInString(t.Answer.Text) > 8 }

// forgetSaid takes the words of this message out of the store.
func (d *Desk) forgetSaid(ctx context.Context, t *convo.Turn) error {
	if d.Talks == nil || t.Message.Dedupe == "" {
		return nil
	}
	return d.Talks.ForgetSaid(ctx, t.Message.Dedupe)
}

// sayReport refuses a report in chat and names the lawful ways. Nothing of it stays.
func (d *Desk) sayReport(ctx context.Context, t *convo.Turn) error {
	if err := d.forgetSaid(ctx, t); err != nil {
		return err
	}
	lines := []string{text.Complain}
	contact, err := d.pubContact(ctx)
	if err != nil {
		return err
	}
	if contact.Discipline != "" {
		lines = append(lines, fmt.Sprintf(text.DoorDiscipline, contact.Discipline))
	}
	if saidMore(t) {
		lines = append(lines, text.DoorStillThere)
	}
	return d.refuse(ctx, t, "door.report", "message", 0, "report", strings.Join(lines, "\n"))
}

// sayOpinionDoor refuses an opinion in chat, since WeCom knows who writes, and points to
// the page that does not. Nothing of it stays.
func (d *Desk) sayOpinionDoor(ctx context.Context, t *convo.Turn) error {
	if err := d.forgetSaid(ctx, t); err != nil {
		return err
	}
	lines := []string{text.DoorOpinion}
	if saidMore(t) {
		lines = append(lines, text.DoorStillThere)
	}
	open, err := d.pubOpen(ctx)
	if err != nil {
		return err
	}
	for _, n := range open {
		lines = append(lines, fmt.Sprintf(text.DoorPage, n.Title, d.Pages.Noticed(n.Code)))
	}
	contact, err := d.pubContact(ctx)
	if err != nil {
		return err
	}
	switch ways := contactWays(contact); {
	case len(ways) > 0:
		lines = append(lines, fmt.Sprintf(text.DoorOther, strings.Join(ways, text.ListComma)))
	case len(open) == 0:
		lines = append(lines, fmt.Sprintf(text.DoorNoNotice, d.officeNames(ctx)))
	}
	lines = append(lines, text.DoorPerson)
	return d.refuse(ctx, t, "door.opinion", "message", 0, "opinion", strings.Join(lines, "\n"))
}

func contactWays(c notice.Contact) (out []string) {
	for _, w := range []struct{ form, said string }{{text.DoorPhone, c.Phone}, {text.DoorBox, c.Box}, {text.DoorAddress, c.Address}} {
		if w.said != "" {
			out = append(out, fmt.Sprintf(w.form, w.said))
		}
	}
	return out
}

// pubOpen are the notices that are open, the oldest first.
func (d *Desk) pubOpen(ctx context.Context) ([]PublicNotice, error) {
	if d.Publications == nil {
		return nil, nil
	}
	list, err := d.Publications.PublicNotices(ctx, NoticeFilter{States: []notice.State{notice.Open}})
	slices.SortFunc(list, func(a, b PublicNotice) int { return int(a.ID - b.ID) })
	return list, err
}

// pubContact is how the office and the discipline office are reached, as the newest notice
// that went out says.
func (d *Desk) pubContact(ctx context.Context) (notice.Contact, error) {
	if d.Publications == nil {
		return notice.Contact{}, nil
	}
	list, err := d.Publications.PublicNotices(ctx, NoticeFilter{States: []notice.State{notice.Approved, notice.Open, notice.Ended, notice.Corrected}})
	if err != nil {
		return notice.Contact{}, err
	}
	if n, ok := newestPublic(list); ok && n.Snapshot != nil {
		return n.Snapshot.Contact, nil
	}
	return notice.Contact{}, nil
}

// sayPublic tells anybody what is on display now.
func (d *Desk) sayPublic(ctx context.Context, t *convo.Turn) error {
	if d.Publications == nil {
		return d.fallback(ctx, t)
	}
	open, err := d.pubOpen(ctx)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		t.Say(text.PubNoneOpen)
		return nil
	}
	lines := []string{text.PubOpenNow}
	for _, n := range open {
		lines = append(lines, fmt.Sprintf(text.PubOpenLine, n.Title, text.PubAudience(string(n.Audience)), day(n.Start), day(n.End), d.Pages.Noticed(n.Code)))
	}
	t.Say(strings.Join(append(lines, text.PubOpenHow), "\n"))
	return nil
}

// sayPublicNew leads a coordinator to the page of a new notice, with what is under way.
func (d *Desk) sayPublicNew(ctx context.Context, t *convo.Turn) error {
	if d.Publications == nil {
		return d.fallback(ctx, t)
	}
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "notice.draft", aboutPublic, 0, "role", text.PubOfficeOnly)
	}
	lines := []string{fmt.Sprintf(text.PubNewPage, d.Pages.PublicNotices())}
	ready, err := d.SealReady(ctx)
	if err != nil {
		return err
	}
	if !ready {
		lines = append(lines, text.PubKeys)
	}
	under, err := d.pubUnderWay(ctx, t)
	if err != nil {
		return err
	}
	t.Say(strings.Join(append(lines, under...), "\n"))
	return nil
}

// sayPublicStand is 公示情况: for the office where every notice stands, for the others what
// is open.
func (d *Desk) sayPublicStand(ctx context.Context, t *convo.Turn) error {
	if d.Publications == nil || !t.Actor.Coordinator() && !MayCheckPublic(t.Actor) {
		return d.sayPublic(ctx, t)
	}
	lines, err := d.pubUnderWay(ctx, t)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		lines = []string{text.PubNothing}
	}
	t.Say(strings.Join(append(lines, fmt.Sprintf(text.PubAll, d.Pages.PublicNotices())), "\n"))
	return nil
}

// pubUnderWay are the notices that are not over, a line each, and the one that ended last.
func (d *Desk) pubUnderWay(ctx context.Context, t *convo.Turn) (lines []string, err error) {
	list, err := d.Publications.PublicNotices(ctx, NoticeFilter{})
	if err != nil {
		return nil, err
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b PublicNotice) int { return int(b.ID - a.ID) })
	ended := false
	for _, n := range list {
		state := text.PubState(string(n.State))
		switch n.State {
		case notice.Drafting, notice.Checking, notice.Returned:
			lines = append(lines, fmt.Sprintf(text.PubLine, n.Title, state))
		case notice.Approved:
			lines = append(lines, fmt.Sprintf(text.PubLineSoon, n.Title, day(n.Start)))
		case notice.Open, notice.Ended:
			if n.State == notice.Ended && ended {
				continue
			}
			totals, err := d.pubTotals(ctx, n)
			if err != nil {
				return nil, err
			}
			if n.State == notice.Ended {
				ended = true
				lines = append(lines, fmt.Sprintf(text.PubLineOver, n.Title, day(n.End), totals.Received, totals.Open))
				continue
			}
			lines = append(lines, fmt.Sprintf(text.PubLineOpen, n.Title, PubProgress(cal, n, t.Now), n.Draft.Days, totals.Received, totals.Open))
		default: // over
		}
	}
	return lines[:min(len(lines), 8)], nil
}
