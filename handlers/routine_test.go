package handlers

import (
	"log/slog"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/jobs"
)

// period runs the planner as its job does.
func (b *bureau) period() []plan.Obligation {
	b.t.Helper()
	p := jobs.Planner{Store: b.reg, Now: b.reg.Now, Log: slog.New(slog.DiscardHandler)}
	if err := p.Do(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	all, err := b.reg.Obligations(b.t.Context(), plan.ObligationFilter{Kind: plan.KindMeeting, Open: true})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func TestARoutineIsTurnedOnOwedEachPeriodAndTurnedOff(t *testing.T) {
	b := newPlanned(t)
	sun := b.phone("sun")
	sees(t, sun.Send("常规任务"), "廉政教育：每月", "未开启", "开启廉政教育")
	if owed := b.period(); len(owed) != 0 {
		t.Fatalf("%d things are owed of what nobody turned on", len(owed))
	}
	sees(t, sun.Send("开启廉政教育"), "已开启“廉政教育”", "每月")
	owed := b.period()
	if len(owed) == 0 {
		t.Fatal("nobody owes what was turned on")
	}
	if again := b.period(); len(again) != len(owed) {
		t.Errorf("%d things are owed after a second look, %d before", len(again), len(owed))
	}
	b.Advance(31 * 24 * time.Hour)
	if next := b.period(); len(next) != 2*len(owed) || next[len(next)-1].Period == owed[0].Period {
		t.Errorf("%d things are owed in the next month, wanted %d of each", len(next), len(owed))
	}
	sun.Send("停用廉政教育").Expect("已停用")
	if left := b.period(); len(left) != 0 {
		t.Errorf("%d things are still owed", len(left))
	}
}

func TestRoutinesAreTheOfficesAlone(t *testing.T) {
	b := newPlanned(t)
	for _, words := range []string{"常规任务", "开启廉政教育"} {
		b.phone("li").Send(words).Expect("防控办设置")
	}
	routines, err := b.desk.Routines(t.Context(), bot.Civil(b.reg.Now()))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routines {
		if r.Active || r.Rhythm() == "" || r.Party() == "" {
			t.Errorf("%s: %+v", r.Code, r)
		}
	}
}
