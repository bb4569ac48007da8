package risk

import (
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
)

func TestEachFormWalksItsChain(t *testing.T) {
	for _, c := range []struct {
		pack      string
		post      Post
		section   Section
		principal bool
		want      string
	}{
		{"county", Post{Stratum: StratumGeneral}, Section{}, false, "mutual section leader group"},
		{"county", Post{Stratum: StratumMiddle}, Section{}, false, "mutual section group"},
		{"county", Post{Stratum: StratumLeader}, Section{Leadership: true}, false, "mutual principal group"},
		{"county", Post{Stratum: StratumLeader}, Section{Leadership: true}, true, "team discipline group"},
		{"county", Post{Stratum: StratumKey}, Section{Office: true}, false, "mutual section discipline group"},
		{"county", Post{Stratum: StratumMiddle}, Section{Office: true}, false, "mutual section group"},
		{"bureau", Post{Stratum: StratumGeneral}, Section{}, false, "mutual section leader filing group"},
		{"college", Post{Stratum: StratumGeneral}, Section{}, false, "mutual section leader group"},
	} {
		chain := pack(t, c.pack).ChainFor(c.post, c.section, c.principal)
		var got []string
		for _, s := range chain.Steps {
			got = append(got, s.Code)
			if s.Label == "" {
				t.Errorf("%s %s: step %s has no label", c.pack, chain.Code, s.Code)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %+v: %v, want %s", c.pack, c.post, got, c.want)
		}
	}
}

func day(s string) time.Time {
	d, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestReviewersAreAssigned(t *testing.T) {
	chain, _ := pack(t, "county").Chain("post")
	step := func(code string) Step { s, _ := chain.At(chain.Index(code)); return s }
	const owner, other, third, head, leader, principal, delegate = 1, 2, 3, 10, 20, 30, 11
	org := func(edit func(*Org)) Org {
		o := Org{
			Owner: owner, Section: []int64{owner, other, head}, On: day("2026-10-21"),
			Holders: map[bot.Role][]int64{bot.RoleSectionHead: {head}, bot.RoleLeaderInCharge: {leader}, bot.RolePrincipal: {principal}},
		}
		if edit != nil {
			edit(&o)
		}
		return o
	}
	leave := Delegation{Person: head, To: delegate, From: day("2026-10-19"), Until: day("2026-10-21")}
	for _, c := range []struct {
		name string
		step string
		org  Org
		want int64
		why  string
		for_ int64
	}{
		{"the head reviews", "section", org(nil), head, "办理", 0},
		{"the delegate on the last day of leave", "section", org(func(o *Org) { o.Delegations = []Delegation{leave} }), delegate, "代办", head},
		{"the head is back the day after", "section", org(func(o *Org) { o.Delegations = []Delegation{leave}; o.On = day("2026-10-22") }), head, "办理", 0},
		{"a recused head: next level", "section", org(func(o *Org) { o.Recused = []int64{head} }), leader, "回避", 0},
		{"a recused head's delegate does not stand in", "section", org(func(o *Org) { o.Recused = []int64{head}; o.Delegations = []Delegation{leave} }), leader, "回避", 0},
		{"no head: next level", "section", org(func(o *Org) { o.Holders[bot.RoleSectionHead] = nil }), leader, "暂缺", 0},
		{"nobody reviews their own form", "section", org(func(o *Org) { o.Owner = head }), leader, "不审自己", 0},
		{"the owner as delegate", "section", org(func(o *Org) { o.Delegations = []Delegation{{Person: head, To: owner, From: day("2026-10-01")}} }), leader, "暂缺", 0},
		{"delegations in a circle", "section", org(func(o *Org) {
			o.Delegations = []Delegation{{Person: head, To: delegate, From: day("2026-10-01")}, {Person: delegate, To: head, From: day("2026-10-01")}}
		}), leader, "暂缺", 0},
		{"two heads, one on leave", "section", org(func(o *Org) { o.Holders[bot.RoleSectionHead] = []int64{head, 12}; o.Delegations = []Delegation{leave} }), 12, "办理", 0},
		{"leader and principal both out", "leader", org(func(o *Org) { o.Recused = []int64{leader, principal}; o.Holders[bot.RoleDiscipline] = []int64{40} }), 40, "回避", 0},
		{"a section of two: the other one", "mutual", org(func(o *Org) { o.Section = []int64{owner, other} }), other, "另一位", 0},
		{"a section of one: the head", "mutual", org(func(o *Org) { o.Section = []int64{owner} }), head, "办理", 0},
		{"the head alone: next level", "mutual", org(func(o *Org) { o.Owner = head; o.Section = []int64{head} }), leader, "不审自己", 0},
		{"the head convenes, own form included", "mutual", org(func(o *Org) { o.Owner = head; o.Section = []int64{head, other, third} }), head, "召集", 0},
	} {
		got, why, err := Assign(step(c.step), c.org)
		if err != nil || got.Person != c.want || got.For != c.for_ || !strings.Contains(why, c.why) {
			t.Errorf("%s: %+v %q %v", c.name, got, why, err)
		}
	}
	_, _, err := Assign(step("section"), Org{Owner: owner, Holders: map[bot.Role][]int64{bot.RoleSectionHead: {owner}}})
	if !strings.Contains(bot.Says(err), "防控办指定代办") {
		t.Errorf("nobody left: %v %q", err, bot.Says(err))
	}
}

func TestStatesAllowOnlyWhatIsDrawn(t *testing.T) {
	chain, _ := pack(t, "county").Chain("post")
	at := map[CheckState]int{CheckMutual: 0, CheckSection: 1, CheckLeader: 2, CheckGrading: 3, CheckReturned: 1}
	legal := map[CheckState]map[Move]CheckState{
		CheckDraft:     {MoveSubmit: CheckSubmitted},
		CheckSubmitted: {MoveWithdraw: CheckDraft, MoveWindowClosed: CheckMutual},
		CheckMutual:    {MoveMutualDone: CheckSection},
		CheckSection:   {MovePass: CheckLeader, MoveReturn: CheckReturned},
		CheckLeader:    {MovePass: CheckGrading, MoveReturn: CheckReturned},
		CheckGrading:   {MoveGraded: CheckConfirmed, MoveReturn: CheckReturned},
		CheckReturned:  {MoveResubmit: CheckSubmitted},
		CheckConfirmed: {},
	}
	for state, moves := range legal {
		for _, m := range Moves() {
			got, no, err := NextState(chain, state, at[state], m)
			want, ok := moves[m]
			switch {
			case ok && (err != nil || got != want):
				t.Errorf("%s in %s: %s %v, want %s", m, state, got, err, want)
			case !ok && err == nil:
				t.Errorf("%s in %s is allowed and leads to %s", m, state, got)
			case !ok && (got != state || no != at[state]):
				t.Errorf("refused %s in %s still moves to %s/%d", m, state, got, no)
			case !ok && bot.Says(err) == "":
				t.Errorf("refused %s in %s says nothing to the person", m, state)
			}
		}
	}
}

func TestEveryChainOfEveryPackReachesConfirmed(t *testing.T) {
	for _, code := range PackCodes() {
		for _, chain := range pack(t, code).Chains {
			state, no := CheckDraft, 0
			var seen []CheckState
			do := func(m Move) {
				t.Helper()
				var err error
				if state, no, err = NextState(chain, state, no, m); err != nil {
					t.Fatalf("%s %s: %s: %v", code, chain.Code, m, err)
				}
				seen = append(seen, state)
			}
			walk := func() {
				for range 10 {
					switch state {
					case CheckMutual:
						do(MoveMutualDone)
					case CheckSection, CheckLeader:
						do(MovePass)
					default: // not under a reviewer
					}
				}
			}
			do(MoveSubmit)
			do(MoveWindowClosed)
			walk()
			do(MoveReturn)
			do(MoveResubmit)
			do(MoveWindowClosed)
			if state == CheckMutual {
				t.Errorf("%s %s: a returned form is mutually checked again", code, chain.Code)
			}
			walk()
			do(MoveGraded)
			if state != CheckConfirmed {
				t.Errorf("%s %s ends in %s: %v", code, chain.Code, state, seen)
			}
		}
	}
}

func TestABrokenPositionIsRefused(t *testing.T) {
	chain, _ := pack(t, "county").Chain("post")
	for _, no := range []int{-1, 0, 9} {
		if _, _, err := NextState(chain, CheckSection, no, MovePass); bot.Says(err) == "" {
			t.Errorf("section review at step %d: %v", no, err)
		}
	}
	if _, _, err := NextState(Chain{}, CheckDraft, 0, MoveSubmit); bot.Says(err) == "" {
		t.Error("an empty chain is walked")
	}
}
