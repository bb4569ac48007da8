package public

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// nobody brings an image.
func nobody(url.Values) bool { return false }

// surveyPage is a survey open to whoever has the link.
type surveyPage struct {
	ballotPage
	OpenSurvey
	Form draft // its proof, and what stopped it
}

func (s *site) survey(w http.ResponseWriter, r *http.Request) {
	open, ok := s.opensurvey(w, r, r.PathValue("code"))
	if !ok {
		return
	}
	p := surveyPage{ballotPage: ballotPage{Sheet: open.Sheet}, OpenSurvey: open, Form: draft{Secure: s.Secure}}
	var err error
	if p.Form.Proof, err = s.newProof(r); err != nil {
		s.fault(err)
	}
	s.show(w, http.StatusOK, "survey", open.Sheet.Title, p)
}

func (s *site) opensurvey(w http.ResponseWriter, r *http.Request, code string) (OpenSurvey, bool) {
	open, err := s.Store.OpenSurvey(r.Context(), code)
	switch {
	case errors.Is(err, survey.ErrSpent):
		s.say(w, http.StatusNotFound, text.PublicNoSurvey, text.PublicNoSurveyHow)
	case err != nil:
		s.fault(err)
		s.say(w, http.StatusServiceUnavailable, text.BallotBroken, text.PublicBrokenHow)
	}
	return open, err == nil
}

// takeBallot takes a ballot of an open survey.
func (s *site) takeBallot(w http.ResponseWriter, r *http.Request, f fields, code string, formErr error) {
	open, ok := s.opensurvey(w, r, code)
	if !ok {
		return
	}
	p := surveyPage{ballotPage: ballotPage{Sheet: open.Sheet, Typed: f.Values}, OpenSurvey: open, Form: draft{Secure: s.Secure}}
	f.Set(survey.CommentField, echo(f.Get(survey.CommentField)))
	again := func(left int, why ...wrong) {
		p.Form.Wrong = why
		if p.Form.Proof.Paid = s.paid(left); p.Form.Proof.Paid == "" {
			fresh, err := s.newProof(r)
			if err != nil {
				s.fault(err)
			}
			p.Form.Proof = fresh
		}
		s.show(w, http.StatusOK, "survey", fmt.Sprintf(text.PublicTitleNot, why[0].Say), p)
	}
	if formErr != nil {
		again(0, wrong{"", text.PublicTooMuch})
		return
	}
	left, why, err := s.prove(r, f)
	switch {
	case err != nil:
		s.fault(err)
		again(0, wrong{"", text.PublicBusy})
		return
	case why != "":
		again(0, wrong{"answer", why})
		return
	}
	b, missing := open.Sheet.Read(f.Values)
	if p.Missing = missing; len(missing) > 0 {
		again(left, gaps(open.Sheet, missing)...)
		return
	}
	if b.Comment != "" && s.Stop(b.Comment) {
		p.Missing = []string{survey.CommentField}
		again(left, wrong{survey.CommentField, text.BallotStopped})
		return
	}
	if err := s.castOpen(r, open, b); err != nil {
		s.fault(err)
		again(max(left, 1), wrong{"", text.PublicBusy})
		return
	}
	s.say(w, http.StatusOK, text.PublicThanks, text.PublicThanksHow)
}

// gaps says which fields of a ballot are to be filled in.
func gaps(sheet survey.Sheet, missing []string) (out []wrong) {
	for _, field := range missing {
		say := text.PublicMissLong
		if field == survey.SectionField {
			say = text.PublicMissSect
		}
		for i, q := range sheet.Questions {
			if survey.QuestionField(q.ID) == field {
				say = fmt.Sprintf(text.PublicMissing, i+1)
			}
		}
		out = append(out, wrong{field, say})
	}
	return out
}

func (s *site) castOpen(r *http.Request, open OpenSurvey, b survey.Ballot) error {
	raw, err := json.Marshal(b)
	if err != nil {
		return err
	}
	defer clear(raw)
	body, err := open.Close(raw)
	if err != nil {
		return err
	}
	return s.hold(r.Context(), opinion.Arrival{What: opinion.NewBallot, Survey: open.Code, Day: s.today(), Body: body}, letter.HoldSize)
}
