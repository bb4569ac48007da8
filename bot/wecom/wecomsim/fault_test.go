package wecomsim

import (
	"strings"
	"testing"
	"time"
)

func TestErrcodeFaultHitsTheNextCallsOnly(t *testing.T) {
	r := newRig(t, nil).login()
	f := r.sim.Inject(Fault{Kind: FaultErrCode, Path: sendPath, ErrCode: 45009, Times: 2, Skip: 1})
	codes := []int{}
	for range 4 {
		codes = append(codes, r.post(sendPath, textTo("lisi", "x")).ErrCode)
	}
	if codes[0] != 0 || codes[1] != 45009 || codes[2] != 45009 || codes[3] != 0 || f.Fired() != 2 {
		t.Errorf("%v, fired %d", codes, f.Fired())
	}
}

func TestTransportFaultsBeforeAndAfterTheEffect(t *testing.T) {
	for _, c := range []struct {
		kind  string
		shown int
	}{
		{FaultHTTP, 0}, {FaultHTTPAfter, 1}, {FaultReset, 0}, {FaultResetAfter, 1}, {FaultHang, 0}, {FaultHangAfter, 1},
	} {
		t.Run(c.kind, func(t *testing.T) {
			r := newRig(t, nil).login()
			f := r.sim.Inject(Fault{Kind: c.kind, Path: sendPath, Delay: 20 * time.Millisecond})
			a, err := r.do("POST", sendPath, nil, strings.NewReader(mustJSON(t, textTo("lisi", "x"))), "application/json")
			if wantsHTTP := c.kind == FaultHTTP || c.kind == FaultHTTPAfter; wantsHTTP && a.ErrCode != 500 || !wantsHTTP && err == nil {
				t.Errorf("answer %+v, %v", a, err)
			}
			if n := len(r.sim.Phone("lisi").Messages()); n != c.shown || f.Fired() != 1 {
				t.Errorf("%d messages shown, fired %d", n, f.Fired())
			}
		})
	}
}

func TestUnreachableFaultIsAnsweredLikeTheRealThing(t *testing.T) {
	r := newRig(t, nil).login()
	f := r.sim.Inject(Fault{Kind: FaultInvalid, Path: sendPath, UserID: "LISI|nobody", Times: 2})
	if a := r.post(sendPath, textTo("lisi|zhangsan", "x")); a.ErrCode != 0 || !strings.Contains(a.raw, `"invaliduser":"lisi"`) {
		t.Errorf("%s", a.raw)
	}
	if a := r.post(sendPath, textTo("lisi", "y")); a.ErrCode != 81013 || f.Fired() != 2 {
		t.Errorf("%s", a.raw)
	}
	if a := r.post(sendPath, textTo("lisi", "z")); a.ErrCode != 0 || len(r.sim.Phone("lisi").Messages()) != 1 {
		t.Errorf("%s", a.raw)
	}
}

func TestRevokedTokenFaultNeedsANewToken(t *testing.T) {
	r := newRig(t, nil).login()
	old := r.token
	f := r.sim.Inject(Fault{Kind: FaultTokenRevoked, Path: sendPath})
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 40014 || f.Fired() != 1 {
		t.Errorf("%s", a.raw)
	}
	if r.login(); r.token == old {
		t.Error("revoked token given out again")
	}
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != 0 {
		t.Error(a.raw)
	}
}

func TestCallbackFaultsDuplicateReorderAndDelay(t *testing.T) {
	r := newRig(t, nil)
	p := r.sim.Phone("lisi")
	say := func(text string) {
		t.Helper()
		if err := p.Type(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	dup := r.sim.Inject(Fault{Kind: FaultCallbackDup, Copies: 2})
	say("a")
	if list := r.received(); len(list) != 3 || list[0].MsgID != list[2].MsgID || dup.Fired() != 1 {
		t.Errorf("%d deliveries, fired %d", len(list), dup.Fired())
	}
	order := r.sim.Inject(Fault{Kind: FaultCallbackOrder, UserID: "LISI"})
	say("first")
	say("second")
	if err := r.sim.Idle(within(t, 3*time.Second)); err != nil {
		t.Fatal(err)
	}
	list := r.received()[3:]
	if len(list) != 2 || list[0].Content != "second" || list[1].Content != "first" || order.Fired() != 1 {
		t.Errorf("%+v", list)
	}
	r.sim.Inject(Fault{Kind: FaultCallbackOrder, Delay: 30 * time.Millisecond})
	say("alone")
	if err := r.sim.Idle(within(t, 3*time.Second)); err != nil || r.last().Content != "alone" {
		t.Errorf("a held callback without a follower was lost: %v", err)
	}
	late := r.sim.Inject(Fault{Kind: FaultCallbackLate, Delay: 60 * time.Millisecond})
	start := time.Now()
	say("late")
	if took := time.Since(start); took < 60*time.Millisecond || late.Fired() != 1 {
		t.Errorf("took %v", took)
	}
}

func TestFaultsCanBePutInOverHTTP(t *testing.T) {
	r := newRig(t, nil).login()
	if a := r.post("/sim/fault", obj{"kind": "nonsense"}); a.ErrCode == 0 && !strings.Contains(a.raw, "error") {
		t.Errorf("unknown kind: %s", a.raw)
	}
	r.post("/sim/fault", obj{"kind": FaultErrCode, "path": sendPath, "errcode": -1})
	if a := r.post(sendPath, textTo("lisi", "x")); a.ErrCode != -1 {
		t.Errorf("%s", a.raw)
	}
	if a := r.get("/sim/fault", nil); !strings.Contains(a.raw, `"fired":1`) {
		t.Errorf("%s", a.raw)
	}
	r.post("/sim/fault", obj{"kind": FaultErrCode, "errcode": -1, "times": 9})
	if _, err := r.do("DELETE", "/sim/fault", nil, nil, ""); err != nil {
		t.Fatal(err)
	}
	if a := r.post(sendPath, textTo("lisi", "y")); a.ErrCode != 0 {
		t.Errorf("after clearing: %s", a.raw)
	}
}

func TestLatencyDelaysTheAPI(t *testing.T) {
	r := newRig(t, nil).login()
	r.sim.SetLatency(40 * time.Millisecond)
	start := time.Now()
	r.post(sendPath, textTo("lisi", "x"))
	if took := time.Since(start); took < 40*time.Millisecond {
		t.Errorf("took %v", took)
	}
}
