package handlers

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// PlacementKinds are the kinds of places where a notice can be seen.
func PlacementKinds() []string { return []string{"board", "window", "desk", "web", "other"} }

const (
	placeMost       = 60 // characters
	placementsMost  = 40 // of one notice
	openingsPerUnit = 200
)

// PlacePublic notes where a notice is to be seen: with a photo that form.Photo made anew,
// or on the web with its address.
func (d *Desk) PlacePublic(ctx context.Context, t *convo.Turn, id int64, p Placement) (bool, error) {
	const action = "notice.place"
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, action, aboutPublic, id, code, say)
	}
	n, err := d.onePublic(ctx, id)
	if err != nil {
		return false, err
	}
	p.Place = strings.TrimSpace(p.Place)
	p.On = bot.Civil(p.On)
	switch {
	case !t.Actor.Coordinator():
		return no("role", text.PubOfficeOnly)
	case n.State != notice.Open && n.State != notice.Ended:
		return no("in "+string(n.State), fmt.Sprintf(text.PubStands, text.PubState(string(n.State))))
	case !slices.Contains(PlacementKinds(), p.Kind), p.Place == "", utf8.RuneCountInString(p.Place) > placeMost && p.Kind != "web", len(p.Place) > 400:
		return no("place", fmt.Sprintf(text.PubPlaceAgain, placeMost))
	case p.Kind == "web" && !webAddress(p.Place):
		return no("address", text.PubAddressAgain)
	case p.On.IsZero() || p.On.After(bot.Civil(t.Now)) || p.On.Before(n.Start.AddDate(0, 0, -7)):
		return no("day", text.PubPlaceDay)
	case p.Kind != "web" && len(p.Photo) == 0:
		return no("no photo", text.PubPlacePhoto)
	}
	have, err := d.Publications.Placements(ctx, id)
	if err != nil {
		return false, err
	}
	if len(have) >= placementsMost {
		return no("many", text.PubPlaceMany)
	}
	p.Notice, p.By, p.HasPhoto = id, t.Actor.Person, len(p.Photo) > 0
	if err := d.Publications.AddPlacement(ctx, &p); err != nil {
		return false, err
	}
	t.Say(text.PubPlaced)
	return true, d.record(ctx, t, action, aboutPublic, id, n.Version)
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// AddOpening notes where one of the five openings stands by other means.
func (d *Desk) AddOpening(ctx context.Context, t *convo.Turn, o Opening) (bool, error) {
	const action = "opening.add"
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, action, "opening", 0, code, say)
	}
	o.Place = strings.TrimSpace(o.Place)
	o.From, o.Until = bot.Civil(o.From), bot.Civil(o.Until)
	switch {
	case !t.Actor.Coordinator():
		return no("role", text.PubOfficeOnly)
	case !slices.Contains(notice.Whats(), notice.What(o.What)), !slices.Contains(notice.Audiences(), o.Audience):
		return no("choice", text.OpenWhatAgain)
	case o.Place == "" || utf8.RuneCountInString(o.Place) > 2*placeMost:
		return no("place", fmt.Sprintf(text.PubPlaceAgain, 2*placeMost))
	case o.From.IsZero() || !o.Until.IsZero() && o.Until.Before(o.From):
		return no("day", text.OpenDaysAgain)
	}
	have, err := d.Publications.Openings(ctx)
	if err != nil {
		return false, err
	}
	if len(have) >= openingsPerUnit {
		return no("many", text.PubPlaceMany)
	}
	o.By = t.Actor.Person
	if err := d.Publications.AddOpening(ctx, &o); err != nil {
		return false, err
	}
	t.Say(text.OpenAdded)
	return true, d.record(ctx, t, action, "opening", o.ID, 0)
}

// PublicFile is what is made of a notice.
type PublicFile string

// The files.
const (
	FilePoster  PublicFile = "poster"  // A3, PDF
	FilePlaques PublicFile = "plaques" // A5, PDF
	FileReport  PublicFile = "report"  // 《公示情况说明》, docx
)

// PublicFile makes a file of a notice whose snapshot has been approved.
func (d *Desk) PublicFile(ctx context.Context, t *convo.Turn, id int64, which PublicFile) (name string, data []byte, err error) {
	n, err := d.onePublic(ctx, id)
	if err != nil {
		return "", nil, err
	}
	action := "notice." + string(which)
	no := func(code, say string) (string, []byte, error) {
		return "", nil, bot.Refuse(say, action+": "+code)
	}
	if !t.Actor.Coordinator() && !MayCheckPublic(t.Actor) {
		return no("role", text.PubOfficeOnly)
	}
	from := []notice.State{notice.Approved, notice.Open, notice.Ended, notice.Corrected}
	if which == FileReport {
		from = []notice.State{notice.Open, notice.Ended, notice.Corrected}
	}
	if n.Snapshot == nil || !slices.Contains(from, n.State) {
		return no("in "+string(n.State), fmt.Sprintf(text.PubStands, text.PubState(string(n.State))))
	}
	address := d.Pages.Noticed(n.Code)
	on := bot.Local(t.Now).Format(time.DateOnly)
	switch which {
	case FilePoster:
		if d.Fonts == nil {
			return no("no font", text.PubNoFont)
		}
		name = fmt.Sprintf(text.PosterFile, n.Code)
		data, err = form.Poster(form.PosterData{Snapshot: *n.Snapshot, URL: address, Fonts: d.Fonts})
	case FilePlaques:
		if d.Fonts == nil {
			return no("no font", text.PubNoFont)
		}
		name = fmt.Sprintf(text.PlaqueFile, n.Code)
		var named notice.Snapshot
		if named, err = d.pubNamed(ctx, n); err == nil {
			data, err = form.Plaques(form.PlaqueData{Snapshot: named, URL: address, Fonts: d.Fonts})
		}
	case FileReport:
		name = fmt.Sprintf(text.ReportFile, on)
		var report form.ReportData
		if report, err = d.publicReport(ctx, n, t.Now); err == nil {
			data, err = form.NoticeReport(report)
		}
	default:
		return "", nil, fmt.Errorf("public notice: no file %q", which)
	}
	if err != nil {
		return "", nil, err
	}
	return name, data, d.record(ctx, t, action, aboutPublic, id, n.Version)
}

// pubNamed is a snapshot as it is printed on desk plaques: with the holder's name beside a
// post where the unit decided so. Paper alone bears it.
func (d *Desk) pubNamed(ctx context.Context, n PublicNotice) (notice.Snapshot, error) {
	s := *n.Snapshot
	s.Points = slices.Clone(s.Points)
	if !n.Draft.Holders {
		return s, nil
	}
	rows, err := d.Publications.NoticeRows(ctx, n.Campaign)
	if err != nil {
		return s, err
	}
	posts := map[[2]string][]notice.Point{}
	for _, p := range s.Points {
		at := [2]string{p.Section, p.Post}
		posts[at] = append(posts[at], p)
	}
	for i, p := range s.Points {
		s.Points[i].Holder = ""
		for _, x := range n.Points {
			if r := rowOf(rows, x.Point); x.No == p.No && r != nil && len(r.Holders) == 1 {
				s.Points[i].Holder = notice.PlaqueName(posts[[2]string{p.Section, p.Post}], r.Holders[0], true)
			}
		}
	}
	return s, nil
}

// publicReport gathers 《公示情况说明》 from all versions of a notice: no citizen's words,
// only what came of them.
func (d *Desk) publicReport(ctx context.Context, n PublicNotice, now time.Time) (r form.ReportData, err error) {
	r = form.ReportData{Snapshot: *n.Snapshot, URL: d.Pages.Noticed(n.Code)}
	if n.State != notice.Open {
		r.Signed = bot.Civil(now)
	}
	places, err := d.pubPlacements(ctx, n)
	if err != nil {
		return r, err
	}
	for _, p := range places {
		x := form.ReportPlacement{Kind: p.Kind, Place: p.Place, On: p.On}
		if p.HasPhoto {
			if x.Photo, err = d.Publications.Photo(ctx, p.ID); err != nil {
				return r, err
			}
		}
		r.Placements = append(r.Placements, x)
	}
	totals, err := d.pubTotals(ctx, n)
	if err != nil {
		return r, err
	}
	for _, c := range pubChannels(n.Snapshot.Contact, totals) {
		r.Channels = append(r.Channels, form.ReportChannel{Channel: c, N: totals.ByChannel[c]})
	}
	if d.Opinions != nil {
		list, err := d.Opinions.Feedbacks(ctx, FeedbackFilter{Series: n.Series})
		if err != nil {
			return r, err
		}
		by := map[int64]Feedback{}
		for _, f := range list {
			by[f.ID] = f
		}
		for _, f := range list {
			x := form.ReportOpinion{Point: f.Point, Kind: f.Kind, State: f.State, Outcome: f.Outcome, Reason: f.Reason}
			if with, ok := by[f.MergedInto]; ok {
				x.State, x.Outcome, x.Reason, x.Merged = with.State, with.Outcome, with.Reason, true
			}
			r.Opinions = append(r.Opinions, x)
		}
	}
	r.Changes, err = d.pubChanges(ctx, n)
	return r, err
}

// pubChannels are the ways that were open for opinions: what the notice names, and what
// somebody used.
func pubChannels(c notice.Contact, totals FeedbackTotals) (out []opinion.Channel) {
	open := map[opinion.Channel]bool{opinion.Web: true, opinion.Phone: c.Phone != "", opinion.Visit: c.Address != "", opinion.Box: c.Box != ""}
	for _, ch := range []opinion.Channel{opinion.Web, opinion.Phone, opinion.Visit, opinion.Box, opinion.Meeting} {
		if open[ch] || totals.ByChannel[ch] > 0 {
			out = append(out, ch)
		}
	}
	return out
}

// pubChanges are the revisions of a notice's points that were approved since it began.
func (d *Desk) pubChanges(ctx context.Context, n PublicNotice) (out []form.ReportChange, err error) {
	p, _, err := d.pack(ctx, n.Campaign)
	if err != nil {
		return nil, err
	}
	all, err := d.Publications.Revisions(ctx, n.Campaign)
	if err != nil {
		return nil, err
	}
	no := map[int64]int{}
	for _, x := range n.Points {
		no[x.Point] = x.No
	}
	for _, r := range slices.Backward(all) { // oldest first
		if _, on := no[r.Point]; !on || r.State != RevisionApproved || bot.Civil(r.DecidedOn).Before(bot.Civil(n.Start)) {
			continue
		}
		out = append(out, form.ReportChange{
			Point: no[r.Point], Post: r.Post, Before: strings.Join(PointLines(p, r.Before), "\n"), After: strings.Join(PointLines(p, r.After), "\n"), Why: r.Why, On: r.DecidedOn,
		})
	}
	return out, nil
}

// PointLines are a point's text as it is read.
func PointLines(p *risk.Pack, x PointText) []string {
	out := []string{fmt.Sprintf(text.RevTitle, x.Title)}
	for _, m := range x.Manifestations {
		out = append(out, fmt.Sprintf(text.RevShape, m))
	}
	out = append(out, fmt.Sprintf(text.RevKind, p.CategoryLabel(x.Category), p.LevelLabel(x.Level)))
	for _, m := range x.Measures {
		line := []string{m.Text}
		for _, part := range []struct{ form, said string }{{text.RevWho, m.Who}, {text.RevOften, m.Frequency}, {text.RevProof, m.Evidence}, {text.RevNotDone, m.NotDone}} {
			if part.said != "" {
				line = append(line, fmt.Sprintf(part.form, part.said))
			}
		}
		out = append(out, fmt.Sprintf(text.RevMeasure, strings.Join(line, text.RevPart)))
	}
	return out
}

// PubProgress is how many working days of a notice have begun, counting today.
func PubProgress(cal plan.Calendar, n PublicNotice, now time.Time) int {
	return max(0, min(cal.Between(n.Start, bot.Civil(now)), n.Draft.Days))
}
