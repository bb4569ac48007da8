package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

const todoURL = "/todo"

// todoPage is what somebody owes, has to receipt and to decide, and, for those who watch
// over others, who is late. Its address is the same for everybody.
type todoPage struct {
	handlers.Ledger
	Today string
}

func (s *site) todo(ctx context.Context, v *visit) error {
	if s.Desk.Plans == nil {
		return errNotFound
	}
	p := todoPage{Today: date(s.Now())}
	if _, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		p.Ledger, err = s.Desk.Ledger(ctx, t)
		return err
	}); err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "todo", text.TodoPageTitle, p)
}

// todoDo does what the chat's words and buttons do: the same methods, the same refusals.
func (s *site) todoDo(ctx context.Context, v *visit) error {
	if s.Desk.Plans == nil {
		return errNotFound
	}
	id, err := strconv.ParseInt(v.value("id"), 10, 64)
	if err != nil && v.value("do") != "chase" {
		return errBadForm
	}
	var act func(context.Context, *convo.Turn) (bool, error)
	switch v.value("do") {
	case "done":
		act = func(ctx context.Context, t *convo.Turn) (bool, error) { return s.Desk.Deliver(ctx, t, id) }
	case "receipt", "missing":
		got := v.value("do") == "receipt"
		act = func(ctx context.Context, t *convo.Turn) (bool, error) { return s.Desk.Receipt(ctx, t, id, got) }
	case "extend":
		until, err := time.ParseInLocation(time.DateOnly, v.value("until"), bot.Zone())
		if err != nil {
			return s.to(v, todoURL, flash{Say: []string{text.TodoBadDay}, Bad: true})
		}
		reason := v.value("reason")
		if err := s.stopped(ctx, v, reason); err != nil {
			return err
		}
		act = func(ctx context.Context, t *convo.Turn) (bool, error) {
			return s.Desk.AskExtension(ctx, t, id, until, reason)
		}
	case "grant", "refuse":
		version, err := strconv.Atoi(v.value("version"))
		if err != nil {
			return errBadForm
		}
		granted := v.value("do") == "grant"
		act = func(ctx context.Context, t *convo.Turn) (bool, error) {
			return s.Desk.DecideExtension(ctx, t, id, version, granted)
		}
	case "chase":
		act = func(ctx context.Context, t *convo.Turn) (bool, error) {
			n, err := s.Desk.Chase(ctx, t, 0)
			return n > 0, err
		}
	default:
		return errBadForm
	}
	done := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		done, err = act(ctx, t)
		return err
	})
	if err != nil {
		return err
	}
	return s.to(v, todoURL, flash{Say: said, Bad: !done})
}
