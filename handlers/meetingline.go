package handlers

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// minutes is what one line says of a meeting: 11月4日，王局长主持，出席：张三、李四.
type minutes struct {
	HeldOn    time.Time `json:"held_on"`
	Chair     string    `json:"chair,omitempty"`
	Attendees []string  `json:"attendees,omitempty"`
}

var (
	minutesDay  = regexp.MustCompile(text.MinutesDay)
	minutesWho  = regexp.MustCompile(text.MinutesChair)
	minutesCame = regexp.MustCompile(text.MinutesCame)
)

// readMinutes reads a meeting's line. What it does not say stays empty; ok only if it
// says a date, a chair or who came.
func readMinutes(said string, now time.Time) (m minutes, ok bool) {
	if at := minutesDay.FindStringSubmatch(said); at != nil {
		month, _ := strconv.Atoi(at[1])
		day, _ := strconv.Atoi(at[2])
		if d, valid := nearestDay(now, month, day, false); valid {
			m.HeldOn, ok = d, true
		}
	} else {
		for i, word := range strings.Split(text.MinutesNear, "|") {
			if strings.Contains(said, word) {
				m.HeldOn, ok = bot.Civil(now).AddDate(0, 0, -i), true
				break
			}
		}
	}
	if who := minutesWho.FindStringSubmatch(said); who != nil {
		m.Chair, ok = who[1], true
	}
	if came := minutesCame.FindStringSubmatch(said); came != nil {
		for _, name := range strings.FieldsFunc(came[1], func(r rune) bool { return strings.ContainsRune(text.MinutesSeparators, r) }) {
			m.Attendees, ok = append(m.Attendees, name), true
		}
	}
	return m, ok
}

// nearestDay is the month and day without a year nearest to now: a future day when
// ahead, else one that is not more than half a year away on either side.
func nearestDay(now time.Time, month, day int, ahead bool) (time.Time, bool) {
	today := bot.Civil(now)
	at := time.Date(today.Year(), time.Month(month), day, 0, 0, 0, 0, bot.Zone())
	if month < 1 || month > 12 || at.Day() != day {
		return at, false
	}
	switch {
	case ahead && today.Sub(at) > 180*24*time.Hour, !ahead && today.Sub(at) > 300*24*time.Hour:
		at = at.AddDate(1, 0, 0)
	case at.Sub(today) > 180*24*time.Hour && !ahead:
		at = at.AddDate(-1, 0, 0)
	}
	return at, true
}

const flowTeam = "review.meeting"

// teamState is the state of a decision that needs a meeting record.
type teamState struct {
	Review  int64   `json:"review"`
	Version int     `json:"version"`
	Minutes minutes `json:"minutes"`
}

// teamFlow asks for the meeting behind a decision that a meeting takes (领导班子会,
// 科室集体审定).
func (d *Desk) teamFlow() convo.Flow[teamState] {
	return convo.Flow[teamState]{Name: flowTeam, Version: 1, Start: "minutes", Steps: []convo.Step[teamState]{
		{Name: "minutes", Ask: d.askTeam, Answer: d.readTeam, Free: true},
	}}
}

func (d *Desk) askTeam(ctx context.Context, t *convo.Turn, s *teamState) error {
	k, _, err := d.docketUnder(ctx, s.Review)
	if err != nil {
		return err
	}
	t.Ask(bot.Card{
		Title: text.Clip(fmt.Sprintf(text.TeamAsk, k.step().Label, k.Post.Name), 36), Body: text.MinutesHow,
		Buttons: []bot.Option{{Text: text.ReturnCancel0, Key: "cancel", Minor: true}},
	})
	return nil
}

func (d *Desk) readTeam(ctx context.Context, t *convo.Turn, s *teamState) (convo.Next, error) {
	if t.Answer.Key() == "cancel" {
		t.Say(text.TeamCancelled)
		return convo.Done(), nil
	}
	k, r, ok, err := d.mayDecide(ctx, t, "review.pass", s.Review)
	if err != nil || !ok {
		return convo.Done(), err
	}
	m, understood := readMinutes(t.Answer.Text, t.Now)
	if !understood {
		return convo.NotUnderstood(), nil
	}
	if m.HeldOn.IsZero() || m.HeldOn.After(bot.Civil(t.Now)) || m.Chair == "" {
		t.Say(text.MinutesMissing)
		return convo.Again(), nil
	}
	meeting := risk.Meeting{
		Campaign: k.CampaignID, Section: k.Post.SectionID, Kind: meetingLeaders, HeldOn: m.HeldOn, Chair: m.Chair,
		Recorder: t.Actor.Name, Attendees: m.Attendees, By: t.Actor.Person,
		Decisions: []string{fmt.Sprintf(text.TeamDecision, k.step().Label, k.Post.Name, len(k.rows()))},
	}
	if err := d.Reg.SaveMeeting(ctx, &meeting); err != nil {
		return convo.Next{}, err
	}
	r.Comment = fmt.Sprintf("meeting:%d", meeting.ID)
	return convo.Done(), d.pass(ctx, t, k, r, ByMeeting)
}
