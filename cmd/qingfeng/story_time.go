package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// jobs: from here on, whenever the clock moves, what runs by itself is done at its time
func (s *stage) startJobs(ctx context.Context, _ string, _ []string) (err error) {
	if s.chores, err = s.jobsService(nil, nil); err != nil {
		return err
	}
	return s.doChores(ctx)
}

// nextMoment is when something happens next, until at the latest.
func (w *world) nextMoment(ctx context.Context, until time.Time) (time.Time, error) {
	next, ok, err := w.db.NextTimer(ctx)
	if err != nil {
		return until, err
	}
	if !ok || next.After(until) {
		next = until
	}
	if w.chores == nil {
		return next, nil
	}
	now := w.clock.Now()
	if at, ok := w.choreAfter(now, until); ok && at.Before(next) {
		next = at
	}
	// A reminder is fanned out by the minute after its moment.
	var at *time.Time
	if err := w.db.Pool().QueryRow(ctx, `SELECT min(at) FROM reminder WHERE state = 'planned' AND at > $1`, now).Scan(&at); err != nil {
		return next, err
	}
	if at != nil {
		if minute := at.Truncate(time.Minute).Add(time.Minute); minute.After(now) && minute.Before(next) {
			next = minute
		}
	}
	return next, nil
}

// choreAfter is the next moment of a working day at which jobs have something to do:
// they look every minute, but a story has no time for that.
func (w *world) choreAfter(now, until time.Time) (time.Time, bool) {
	for day := bot.Civil(now); !day.After(until); day = day.AddDate(0, 0, 1) {
		if !w.desk.Days.Worked(day) {
			continue
		}
		clock := func(hour, minute int) time.Time {
			return day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
		}
		digest := plan.DigestMoment(day, uint64(day.Unix())) //nolint:gosec // days are positive
		for _, at := range []time.Time{clock(8, 6), clock(8, 57), digest, digest.Add(opinionsAfter), clock(14, 11)} {
			if at.After(now) {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// doChores does what is due by now, and what that sets off.
func (w *world) doChores(ctx context.Context) error {
	if w.chores == nil {
		return nil
	}
	if err := w.chores.Drain(ctx); err != nil {
		return err
	}
	return w.settle(ctx, "")
}

// seen USER…: these people have read what came so far; it is not printed
func (s *stage) seen(ctx context.Context, where string, args []string) error {
	for _, user := range args {
		p, err := s.person(ctx, user)
		if err != nil {
			return err
		}
		_, p.since, _ = p.phone.Since(p.since)
	}
	return s.quiet(ctx, where, args)
}

// came FROM UNTIL WORDS: what came to the current person today between these times says so
func (s *stage) came(ctx context.Context, where string, args []string) error {
	day := bot.Civil(s.clock.Now()).Format("01-02 ")
	from, err := s.when(day + args[0])
	if err != nil {
		return err
	}
	until, err := s.when(day + args[1])
	if err != nil {
		return err
	}
	s.show(s.who, false)
	var news []string
	for _, m := range s.who.phone.Messages() {
		if m.From == wecomsim.FromApp && !m.At.Before(from) && m.At.Before(until) {
			news = append(news, m.Render())
		}
	}
	all := strings.Join(news, "\n")
	s.hold(strings.Contains(all, words(args[2:])), where, text.StoryMissing, s.who.who, words(args[2:]), all)
	return nil
}

// picture: the current person gets a picture; a machine without a Chinese font draws none
func (s *stage) picture(_ context.Context, where string, _ []string) error {
	s.show(s.who, false)
	if _, err := form.ProgressPNG("", nil, s.fonts); errors.Is(err, form.ErrNoFont) {
		return nil
	}
	list, _, _ := s.who.phone.Since(s.who.since)
	n := 0
	for _, m := range list {
		if m.From == wecomsim.FromApp && m.Kind == "image" {
			n++
		}
	}
	s.hold(n > 0, where, "%s got no picture", s.who.id)
	return nil
}

// secret WORDS: they were in no message to anybody and stand nowhere in the database in clear
func (s *stage) secret(ctx context.Context, where string, args []string) error {
	said := words(args)
	for _, call := range s.sim.Calls() {
		if strings.Contains(call.Body, said) {
			s.hold(false, where, "%s carries a sealed text", call.Path)
		}
	}
	rows, err := s.db.Pool().Query(ctx, `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var union []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return err
		}
		union = append(union, fmt.Sprintf(`SELECT '%s' WHERE EXISTS (SELECT FROM %s x WHERE strpos(x::text, $1) > 0 OR strpos(x::text, $2) > 0)`, table, table))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var found string
	err = s.db.Pool().QueryRow(ctx, `SELECT coalesce(string_agg(t, ' '), '') FROM (`+strings.Join(union, " UNION ALL ")+`) AS found(t)`,
		said, fmt.Sprintf("%x", said)).Scan(&found)
	s.hold(err == nil && found == "", where, "a sealed text stands in %s (%v)", found, err)
	return err
}
