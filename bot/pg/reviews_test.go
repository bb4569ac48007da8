package pg_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"qingfeng/bot/risk"
)

func TestReviewKeepsWhatItWasTold(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	check := openedCheck(t, r, "sun")
	qian, lin := person(t, r, "qian"), person(t, r, "lin")
	v := risk.Review{
		CheckID: check.ID, Version: 2, StepNo: 1, Step: "section", Assignee: qian, For: lin.ID, Why: "delegate",
		OpenedAt: morning(9), DecideBy: morning(12),
	}
	ok(t, r.OpenReview(ctx, &v))
	got := must(t, r.Review)(ctx, v.ID)
	same(t, "opened", got, v)
	same(t, "the first round", got.Round, 1)

	ok(t, r.Seen(ctx, v.ID, morning(10)))
	ok(t, r.Seen(ctx, v.ID, morning(11)))
	ok(t, r.Reissue(ctx, v.ID, morning(13), morning(15)))
	got = must(t, r.Review)(ctx, v.ID)
	if !got.SeenAt.Equal(morning(10)) || got.Round != 2 || !got.OpenedAt.Equal(morning(13)) || !got.DecideBy.Equal(morning(15)) {
		t.Errorf("first sight, second round: %+v", got)
	}
	v = got
	v.Decision, v.DecidedAt, v.DecidedBy, v.Unseen, v.Channel, v.Comment = risk.Return, morning(14), lin.ID, true, "card", "太宽"
	won, err := r.Decide(ctx, v)
	same(t, "decided", fmt.Sprint(won, err), "true <nil>")
	same(t, "read again", must(t, r.Review)(ctx, v.ID), v)

	for _, err := range []error{errorOf(r.Review(ctx, 999)), r.Seen(ctx, 999, morning(9)), r.Reissue(ctx, 999, morning(9), morning(10))} {
		if !errors.Is(err, risk.ErrNone) {
			t.Error(err)
		}
	}
}

func TestTwoDecidersAtOnceOneWins(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	check := openedCheck(t, r, "sun")
	v := risk.Review{CheckID: check.ID, Version: 1, Step: "leader", Assignee: person(t, r, "lin")}
	ok(t, r.OpenReview(ctx, &v))
	wins := make([]bool, 8)
	var wg sync.WaitGroup
	for i := range wins {
		wg.Go(func() {
			mine := v
			mine.Decision, mine.Comment = risk.Pass, fmt.Sprint(i)
			won, err := r.Decide(ctx, mine)
			if err != nil {
				t.Error(err)
			}
			wins[i] = won
		})
	}
	wg.Wait()
	winner := -1
	for i, won := range wins {
		if won && winner >= 0 {
			t.Error("two winners")
		}
		if won {
			winner = i
		}
	}
	same(t, "the winner's words stand", must(t, r.Review)(ctx, v.ID).Comment, fmt.Sprint(winner))
}

func TestDecisionOnOneVersionNeverMeetsAnother(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	v := risk.Review{CheckID: openedCheck(t, r, "sun").ID, Version: 2, Step: "leader", Assignee: person(t, r, "lin")}
	ok(t, r.OpenReview(ctx, &v))
	old := v
	old.Version, old.Decision = 1, risk.Pass
	won, err := r.Decide(ctx, old)
	same(t, "an old card", fmt.Sprint(won, err), "false <nil>")
	same(t, "still open", must(t, r.Review)(ctx, v.ID).Decision, risk.Pending)
}

func TestReviewsFilters(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	campaign, checks := openCampaign(t, r, 2026)
	sun, li := checkOf(t, checks, "sun"), checkOf(t, checks, "li")
	qian, lin := person(t, r, "qian"), person(t, r, "lin")
	for _, v := range []risk.Review{
		{CheckID: sun.ID, Step: "section", Assignee: qian}, {CheckID: li.ID, Step: "section", Assignee: qian}, {CheckID: li.ID, Step: "leader", Assignee: lin},
	} {
		ok(t, r.OpenReview(ctx, &v))
		if v.CheckID == sun.ID {
			v.Decision = risk.Void
			won, err := r.Decide(ctx, v)
			same(t, "closed", fmt.Sprint(won, err), "true <nil>")
		}
	}
	for name, f := range map[string]struct {
		filter risk.ReviewFilter
		want   int
	}{
		"all":           {risk.ReviewFilter{}, 3},
		"check":         {risk.ReviewFilter{Check: li.ID}, 2},
		"assignee":      {risk.ReviewFilter{Assignee: qian.ID}, 2},
		"open":          {risk.ReviewFilter{Assignee: qian.ID, Open: true}, 1},
		"step":          {risk.ReviewFilter{Step: "leader"}, 1},
		"campaign":      {risk.ReviewFilter{Campaign: campaign.ID}, 3},
		"other":         {risk.ReviewFilter{Campaign: campaign.ID + 1}, 0},
		"open of check": {risk.ReviewFilter{Check: sun.ID, Open: true}, 0},
	} {
		same(t, name, len(must(t, r.Reviews)(ctx, f.filter)), f.want)
	}
}

func TestMeetingsAndProposals(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	campaign, checks := openCampaign(t, r, 2026)
	wu := person(t, r, "wu")
	m := risk.Meeting{
		Campaign: campaign.ID, Section: section(t, r, "办公室").ID, Kind: "mutual", HeldOn: morning(20), Place: "三楼", Chair: "吴主任",
		Recorder: "郑印", Attendees: []string{"吴主任", "郑印"}, Decisions: []string{"第1条补充"}, By: wu.ID,
	}
	unit := risk.Meeting{Campaign: campaign.ID, Kind: "grading"}
	ok(t, r.SaveMeeting(ctx, &m))
	ok(t, r.SaveMeeting(ctx, &unit))
	m.Place = "二楼"
	ok(t, r.SaveMeeting(ctx, &m))
	list, err := r.Meetings(ctx, campaign.ID, "mutual")
	ok(t, err)
	m.HeldOn = date(10, 20) // a civil date, whatever the hour
	same(t, "meeting", list, []risk.Meeting{m})
	list, err = r.Meetings(ctx, campaign.ID, "")
	ok(t, err)
	same(t, "of any kind", len(list), 2)
	if err := r.SaveMeeting(ctx, &risk.Meeting{ID: 999, Campaign: campaign.ID}); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}

	p := risk.Proposal{CheckID: checks[0].ID, By: wu.ID, Method: risk.MethodPeer, Text: "还有一条"}
	ok(t, r.SaveProposal(ctx, &p))
	same(t, "state", p.State, "open")
	p.State = "taken"
	ok(t, r.SaveProposal(ctx, &p))
	same(t, "one", must(t, r.Proposal)(ctx, p.ID), p)
	same(t, "all", must(t, r.Proposals)(ctx, checks[0].ID), []risk.Proposal{p})
	same(t, "of another", len(must(t, r.Proposals)(ctx, checks[1].ID)), 0)
	if _, err := r.Proposal(ctx, 999); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
}
