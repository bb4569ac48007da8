package pg_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// linked is an open survey in a database of its own.
func linked(t *testing.T) (night, *pg.Surveys, survey.LinkSurvey) {
	t.Helper()
	r, _ := imported(t)
	n := newNight(t, r)
	s := &pg.Surveys{Ballots: n.c.Ballots, Now: r.Now}
	x, _, err := survey.TemplateByCode("prevention")
	ok(t, err)
	v := survey.LinkSurvey{Template: x.Code, Sheet: x.Sheet("办事群众问卷"), Until: date(10, 20), By: person(t, r, "wu").ID}
	ok(t, s.NewLinkSurvey(t.Context(), &v))
	return n, s, v
}

func (n night) vote(code, words string) {
	n.t.Helper()
	v, err := n.c.OpenSurvey(n.t.Context(), code)
	ok(n.t, err)
	raw, err := json.Marshal((&poll{}).ballot(words))
	ok(n.t, err)
	body, err := v.Close(raw)
	ok(n.t, err)
	n.hold("k", opinion.Arrival{What: opinion.NewBallot, Day: "2026-10-12", Survey: code, Body: body})
}

func TestAnOpenSurveyTakesBallotsByTheNightAndShowsOnlyItsResult(t *testing.T) {
	n, s, v := linked(t)
	ctx := t.Context()
	for i := range 7 {
		n.vote(v.Code, fmt.Sprintf("话%d", i))
	}
	same(t, "the night", n.release("k"), pg.HoldCounts{Ballots: 7})
	same(t, "sealed, all of one size", n.numbers(`SELECT count(DISTINCT length(body))::int FROM open_ballot WHERE get_byte(body, 0) = 1 AND position('overall'::bytea IN body) = 0`), []int{1})
	if _, err := s.LinkResult(ctx, v.ID); !errors.Is(err, risk.ErrNone) {
		t.Errorf("counted before the close: %v", err)
	}
	if _, closed, err := (&pg.Surveys{Ballots: pg.Ballots{DB: n.r.DB}, Now: n.r.Now}).CloseLinkSurvey(ctx, v.ID); closed || !errors.Is(err, survey.ErrLocked) {
		t.Errorf("closed without the key: %v", err)
	}
	same(t, "nothing was lost by it", n.count(`open_ballot`), 7)
	_, err := n.r.DB.Pool().Exec(ctx, `INSERT INTO open_ballot (id, survey, body) VALUES (1, $1, 'rubbish')`, v.ID)
	ok(t, err)
	state, closed, err := s.CloseLinkSurvey(ctx, v.ID)
	same(t, "closed", fmt.Sprint(state, closed, err), "closedtrue <nil>")
	state, closed, err = s.CloseLinkSurvey(ctx, v.ID)
	same(t, "again", fmt.Sprint(state, closed, err), "false <nil>")
	same(t, "ballots are gone", n.count(`open_ballot`), 0)
	got := must(t, s.LinkResult)(ctx, v.ID)
	same(t, "result", fmt.Sprint(got.Enough, got.Ballots, len(got.Comments), len(got.Tallies)), fmt.Sprint(true, 7, 7, len(v.Sheet.Questions)))
	if _, err := n.c.OpenSurvey(ctx, v.Code); !errors.Is(err, survey.ErrSpent) {
		t.Errorf("still asked: %v", err)
	}
	n.hold("k", opinion.Arrival{What: opinion.NewBallot, Day: "2026-10-12", Survey: v.Code, Body: []byte("x")})
	same(t, "after the close", n.release("k"), pg.HoldCounts{Late: 1})
}

func TestAnOpenSurveyOfFewIsVoidAndOneThatIsOverIsNotAsked(t *testing.T) {
	n, s, v := linked(t)
	ctx := t.Context()
	for range survey.Floor - 1 {
		n.vote(v.Code, "")
	}
	n.release("k")
	state, closed, err := s.CloseLinkSurvey(ctx, v.ID)
	same(t, "void", fmt.Sprint(state, closed, err, n.count(`open_ballot`)), "voidtrue <nil> 0")
	if _, err := s.LinkResult(ctx, v.ID); !errors.Is(err, risk.ErrNone) {
		t.Errorf("a void one has a result: %v", err)
	}
	over := survey.LinkSurvey{Template: v.Template, Sheet: v.Sheet, Until: date(10, 9)}
	ok(t, s.NewLinkSurvey(ctx, &over))
	same(t, "read", must(t, s.LinkSurvey)(ctx, over.ID), over)
	if _, err := n.c.OpenSurvey(ctx, over.Code); err != nil {
		t.Fatal(err)
	}
	n.c.Today = func() time.Time { return date(10, 10) }
	if _, err := n.c.OpenSurvey(ctx, over.Code); !errors.Is(err, survey.ErrSpent) {
		t.Errorf("a day late: %v", err)
	}
	list, err := s.LinkSurveys(ctx, false, 9)
	ok(t, err)
	running, err := s.LinkSurveys(ctx, true, 9)
	ok(t, err)
	same(t, "all, running", fmt.Sprint(len(list), len(running), running[0].ID == over.ID), "2 1 true")
	if _, _, err := s.CloseLinkSurvey(ctx, 99); !errors.Is(err, risk.ErrNone) {
		t.Errorf("no such survey: %v", err)
	}
}

// A ballot of an open survey never opens as one of a survey among members with its number.
func TestBallotsOfTheTwoKindsOfSurveyDoNotMix(t *testing.T) {
	n, _, v := linked(t)
	n.vote(v.Code, "")
	n.release("k")
	var body []byte
	ok(t, n.r.DB.Pool().QueryRow(t.Context(), `SELECT body FROM open_ballot`).Scan(&body))
	if _, err := n.c.Box.Open(v.ID, body[1:]); err == nil {
		t.Error("it opens under the other's number")
	}
}
