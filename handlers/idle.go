package handlers

import (
	"context"
	"fmt"
	"time"

	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// appEvents are what WeCom says about the app itself. It warns an app that is little
// used and then stops it; a yearly self-check is exactly that most of the year, so the
// coordinators hear of it in time (WECOM.md §A.4, §C).
func (d *Desk) appEvents() map[string]convo.Handler {
	return map[string]convo.Handler{
		"inactive_alert":        d.aboutApp("warned", text.IdleWarned),
		"low_active_alert":      d.aboutApp("warned", text.IdleWarned),
		"close_inactive_agent":  d.aboutApp("stopped", text.IdleStopped),
		"low_active":            d.aboutApp("stopped", text.IdleStopped),
		"reopen_inactive_agent": d.aboutApp("restored", text.IdleRestored),
		"active_restored":       d.aboutApp("restored", text.IdleRestored),
	}
}

// aboutApp tells the coordinating office, once a day for the same thing.
func (d *Desk) aboutApp(what, say string) convo.Handler {
	return func(ctx context.Context, t *convo.Turn) error {
		due, err := d.Reg.Allow(ctx, "app:"+what, 24*time.Hour)
		if err != nil || !due {
			return err
		}
		if err := d.tellOffice(ctx, t, say, fmt.Sprintf("app:%s:%d", what, t.Now.Unix())); err != nil {
			return err
		}
		return d.record(ctx, t, "app."+what, "app", 0, 0)
	}
}
