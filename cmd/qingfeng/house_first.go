package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom"
	"qingfeng/handlers"
	"qingfeng/jobs"
)

// sayingFirst is what the bot says before it is asked: reminders, planned, put into
// words, frozen and sent; the coordinators' morning; pictures; surveys.
func (a *app) sayingFirst() []jobs.Job {
	render := wecom.NewRenderer(a.cfg.AgentID, a.now).RenderPush
	freeze := func(ctx context.Context) (int, error) {
		n, err := a.register.Freeze(ctx, render)
		if n > 0 {
			a.wakeJobs()
		}
		return n, err
	}
	pusher := jobs.NewPusher(jobs.PushConfig{Store: a.register, Transport: addressed{a.client, a.cfg.AgentID}, Now: a.now, Log: a.log})
	soon := func(ctx context.Context) error {
		defer a.wakeJobs()
		return a.db.PlanRun(ctx, jobs.FanName, "planned", nil, a.now())
	}
	return append(jobs.Push(pusher),
		jobs.Plan(jobs.Planner{Store: a.register, Soon: soon, Now: a.now, Log: a.log}, bot.Zone()),
		jobs.Fan(jobs.Fanout{Store: a.register, Say: a.desk.Remind, Freeze: freeze, Now: a.now, Log: a.log}),
		jobs.Freeze(freeze, a.register.ReviveBatches),
		jobs.Morning(a.morning, func(day time.Time) time.Time { return plan.DigestMoment(day, uint64(day.Unix())) }, bot.Zone()),
		jobs.Picture(a.sendPicture),
		jobs.Surveys(a.desk.SurveyTick, a.now),
		jobs.OpenSurveys(a.desk.OpenSurveyTick, a.now),
		jobs.Notices(a.desk.PublicDue, a.noticeTime, a.now),
		jobs.Opinions(a.opinionsMorning, func(day time.Time) time.Time {
			return plan.DigestMoment(day, uint64(day.Unix())).Add(opinionsAfter)
		}, bot.Zone()),
	)
}

// opinionsAfter is how long after the morning digest the desk of opinions speaks.
const opinionsAfter = 10 * time.Minute

// noticeTime does what time asks of one public notice, in a turn of its own.
func (a *app) noticeTime(ctx context.Context, id int64) error {
	return a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error { return a.desk.PublicTime(ctx, t, id) })
}

// morning tells each coordinator what the day holds, in their own lane.
func (a *app) morning(ctx context.Context) error {
	return a.tellEach(ctx, "morning", a.desk.MorningDigest, bot.RoleOfficeDirector, bot.RoleOfficeMember)
}

// opinionsMorning tells the office, and the discipline office, that something waits.
func (a *app) opinionsMorning(ctx context.Context) error {
	return a.tellEach(ctx, "opinions", a.desk.OpinionsMorning, bot.RoleOfficeDirector, bot.RoleOfficeMember, bot.RoleDiscipline)
}

// tellEach runs say in the lane of everybody who holds one of the roles, once each.
func (a *app) tellEach(ctx context.Context, what string, say convo.Handler, roles ...bot.Role) (failed error) {
	told := map[int64]bool{}
	for _, role := range roles {
		people, err := a.register.RoleHolders(ctx, role, 0)
		if err != nil {
			return err
		}
		for _, p := range people {
			if told[p.ID] || p.UserID == "" {
				continue
			}
			told[p.ID] = true
			if err := a.runner.Do(ctx, p.UserID, say); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s of person %d: %w", what, p.ID, err))
			}
		}
	}
	return failed
}

// pictures plans pictures as jobs, in the turn that asks for them.
type pictures struct{ *app }

func (p pictures) Picture(ctx context.Context, to bot.UserID, what string, id int64) error {
	args, err := json.Marshal(jobs.PictureArgs{To: string(to), What: what, ID: id})
	if err != nil {
		return err
	}
	return p.db.PlanRun(ctx, jobs.PictureName, to.Key()+" "+what+" "+strconv.FormatInt(id, 10), args, p.now())
}

// sendPicture draws, uploads and sends one picture. A machine without a Chinese font
// sends none: what it shows was said in words.
func (a *app) sendPicture(ctx context.Context, p jobs.PictureArgs, run int64) error {
	draw := map[string]func(context.Context, int64) ([]byte, error){
		handlers.PicturePlan: func(ctx context.Context, id int64) ([]byte, error) {
			return a.desk.PlanPicture(ctx, id, a.now(), a.fonts)
		},
		handlers.PictureProgress: func(ctx context.Context, id int64) ([]byte, error) {
			sections, err := a.desk.ProgressData(ctx, id, bot.Civil(a.now()))
			if err != nil {
				return nil, err
			}
			return form.ProgressPNG(text.ProgressPictureTitle, sections, a.fonts)
		},
	}[p.What]
	if draw == nil {
		return jobs.Never("no such picture")
	}
	png, err := draw(ctx, p.ID)
	switch {
	case errors.Is(err, form.ErrNoFont):
		return jobs.Never("no font")
	case err != nil:
		return err
	}
	media, err := a.client.Upload(ctx, "image", p.What+".png", png)
	if err != nil {
		return err
	}
	to := bot.UserID(p.To)
	return a.runner.Do(ctx, operator, func(_ context.Context, t *convo.Turn) error {
		t.Send(bot.Reply{To: to, Lane: bot.LaneNotice, Picture: media, Once: fmt.Sprintf("picture:%d", run)})
		return nil
	})
}
