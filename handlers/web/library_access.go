package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/knowledge/index"
)

// sealed are the audiences whose documents the discipline office keeps by itself: a
// document that is for nobody else is not the coordinating office's to read.
func sealed() []string {
	return []string{"role:" + string(bot.RoleDiscipline), "role:" + string(bot.RoleDiscAuthority)}
}

func isSealed(audiences []string) bool {
	for _, a := range audiences {
		if !slices.Contains(sealed(), a) {
			return false
		}
	}
	return len(audiences) > 0
}

func discipline(a bot.Actor) bool { return a.Has(bot.RoleDiscipline, bot.RoleDiscAuthority) }

// keepsDocument reports whether somebody keeps documents for these audiences.
func keepsDocument(a bot.Actor, audiences []string) bool {
	if isSealed(audiences) {
		return discipline(a)
	}
	return a.Coordinator()
}

// keeperRole is the role in which somebody keeps documents.
func keeperRole(a bot.Actor) bot.Role {
	for _, r := range []bot.Role{bot.RoleOfficeDirector, bot.RoleOfficeMember, bot.RoleDiscipline, bot.RoleDiscAuthority} {
		if a.Has(r) {
			return r
		}
	}
	return bot.RolePostHolder
}

// keeper lets those in who keep documents.
func (s *site) keeper(ctx context.Context, v *visit) error {
	if v.actor.Coordinator() || discipline(v.actor) {
		return nil
	}
	return s.turnedAway(ctx, v, text.LibraryKeepers)
}

// coordinator lets the coordinating office in.
func (s *site) coordinator(ctx context.Context, v *visit) error {
	if v.actor.Coordinator() {
		return nil
	}
	return s.turnedAway(ctx, v, text.WebOfficeOnly)
}

// turnedAway says why not; an attempt to change something leaves an audit event.
func (s *site) turnedAway(ctx context.Context, v *visit, say string) error {
	if v.r.Method == http.MethodPost {
		err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Role: keeperRole(v.actor), Action: "library.page", Object: "library", Result: "refused", Note: "role"})
		if err != nil {
			return err
		}
	}
	return deny(say)
}

// sender lets a keeper in and gives them the time that files need. The deadlines are of
// the connection, so they are by the machine's clock.
func (s *site) sender(ctx context.Context, v *visit) error {
	if err := s.keeper(ctx, v); err != nil {
		return err
	}
	c := http.NewResponseController(v.w)
	end := time.Now().Add(uploadTime)
	return errors.Join(c.SetReadDeadline(end), c.SetWriteDeadline(end))
}

// libraryProblem gives an error of the store the words it has for a person.
func libraryProblem(err error) error {
	switch {
	case errors.Is(err, index.ErrNoVersion):
		return errNotFound
	case errors.Is(err, index.ErrNoLibrary):
		return bot.Refuse(text.LibraryNoSuch, "web: no such library")
	case errors.Is(err, index.ErrEmpty):
		return bot.Refuse(text.LibraryNoTitle, "web: no title")
	}
	return err
}
