package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// send KIND [WORDS N]: the current person sends a voice or image, or pastes words N times
func (s *stage) send(ctx context.Context, where string, args []string) error {
	p := s.who
	_, p.since, _ = p.phone.Since(p.since)
	var (
		err   error
		shown string
	)
	switch args[0] {
	case "voice":
		err, shown = p.phone.SendVoice(ctx), text.StoryVoice
	case "image":
		err, shown = p.phone.SendImage(ctx), text.StoryImage
	case "paste":
		if err := need(args, 3); err != nil {
			return err
		}
		n, bad := strconv.Atoi(args[2])
		if bad != nil {
			return bad
		}
		err, shown = p.phone.Type(ctx, strings.Repeat(args[1], n)), fmt.Sprintf(text.StoryPaste, n*len([]rune(args[1])))
	default:
		return fmt.Errorf("cannot send %s", args[0])
	}
	s.hold(err == nil, where, "%v", err)
	s.printf("\n  %s\n", fmt.Sprintf(text.StorySays, p.who, shown))
	if err := s.settle(ctx, p.id); err != nil {
		return err
	}
	s.show(p, true)
	return nil
}

// visitor USERID WORDS: somebody joins the corp who is not on the roster, and types; they
// become the current person
func (s *stage) visitor(ctx context.Context, where string, args []string) error {
	p := newPerson(s.world, args[0], text.StoryVisitor)
	s.mu.Lock()
	s.people[p.id] = p
	s.mu.Unlock()
	s.who = p
	if err := s.sim.Join(ctx, wecomsim.Member{UserID: p.id, Name: p.who}); err != nil {
		return err
	}
	if err := s.settle(ctx, p.id); err != nil {
		return err
	}
	s.show(p, false)
	if err := s.says(ctx, p, words(args[1:])); err != nil {
		s.hold(false, where, "%v", err)
	}
	return nil
}

// until WORDS | REPLY | REPLY…: the current person goes on replying until the phone shows the words
func (s *stage) until(ctx context.Context, where string, args []string) error {
	parts := strings.Split(words(args), "|")
	want := strings.TrimSpace(parts[0])
	for _, reply := range parts[1:] {
		if strings.Contains(s.news(s.who), want) {
			break
		}
		if err := s.says(ctx, s.who, strings.TrimSpace(reply)); err != nil {
			s.hold(false, where, "%s: %v", reply, err)
			return nil
		}
	}
	all := s.news(s.who)
	s.hold(strings.Contains(all, want), where, text.StoryMissing, s.who.who, want, all)
	return nil
}
