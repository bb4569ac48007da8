package risk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qingfeng/bot"
)

// The whole table, written out: state → move → state. Letters: r only kinds that want a
// reply, t only talks, a only once it was acknowledged, u only before that.
const noticeTable = `
drafted      edit=drafted approve=approved decline=drafted cancel=cancelled
approved     issue=issued move=approved cancel=cancelled
issued       acknowledge=acknowledged held=reviewing,t overdue=overdue move=issued extend=issued cancel=cancelled
acknowledged reply=replied,ra held=reviewing,t overdue=overdue move=issued extend=acknowledged cancel=cancelled
replied      review=reviewing
reviewing    return=returned,r close=closed
returned     reply=replied,r overdue=overdue extend=returned review=reviewing
overdue      acknowledge=overdue,u reply=replied,ra held=reviewing,t review=reviewing escalate=escalated extend=acknowledged,a extend=issued,u move=issued cancel=cancelled
escalated    acknowledge=escalated,u reply=replied,ra held=reviewing,t review=reviewing extend=acknowledged,a extend=issued,u move=issued cancel=cancelled
closed       follow_up=follow_up archive=archived
follow_up    archive=archived
archived
cancelled
`

func TestEveryPairOfStateAndMoveIsAsTheTableSays(t *testing.T) {
	table := map[NoticeState]map[NoticeMove][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(noticeTable), "\n") {
		f := strings.Fields(line)
		table[NoticeState(f[0])] = map[NoticeMove][]string{}
		for _, x := range f[1:] {
			m, to, _ := strings.Cut(x, "=")
			table[NoticeState(f[0])][NoticeMove(m)] = append(table[NoticeState(f[0])][NoticeMove(m)], to)
		}
	}
	if len(table) != len(NoticeStates()) {
		t.Fatalf("the table has %d states of %d", len(table), len(NoticeStates()))
	}
	legal := 0
	for _, k := range Notices().Kinds {
		for _, acked := range []bool{false, true} {
			for _, s := range NoticeStates() {
				for _, m := range NoticeMoves() {
					want := ""
					for _, x := range table[s][m] {
						to, when, _ := strings.Cut(x, ",")
						if strings.Contains(when, "r") && !k.NeedsReply || strings.Contains(when, "t") && k.NeedsReply ||
							strings.Contains(when, "a") && !acked || strings.Contains(when, "u") && acked {
							continue
						}
						want = to
					}
					if k.RecordOnly {
						want = map[NoticeMove]string{NoticeEdit: "drafted", NoticeRecord: "archived", NoticeCancel: "cancelled"}[m]
						if s != NoticeDrafted {
							want = ""
						}
					}
					got, err := k.Next(s, m, acked)
					switch {
					case want == "" && (err == nil || got != s):
						t.Errorf("%s: %s in %s (acked %v) is allowed", k.Code, m, s, acked)
					case want == "" && !strings.Contains(bot.Says(err), Notices().Stands[s]):
						t.Errorf("%s: %s in %s: the refusal does not say where it stands: %q", k.Code, m, s, bot.Says(err))
					case want != "" && (err != nil || string(got) != want):
						t.Errorf("%s: %s in %s (acked %v) leads to %s (%v), want %s", k.Code, m, s, acked, got, err, want)
					case want != "":
						legal++
					}
				}
			}
		}
	}
	if legal < 300 {
		t.Errorf("only %d legal moves were looked at", legal)
	}
}

func TestWhoMayIssueWhat(t *testing.T) {
	const office, works, money, lead = 1, 2, 3, 9
	people := map[string]NoticeParty{
		"principal":  {ID: 1, Active: true, Roles: []bot.Role{bot.RolePrincipal}, Sections: []int64{lead}},
		"leader":     {ID: 2, Active: true, Roles: []bot.Role{bot.RoleLeaderInCharge}, Sections: []int64{lead}, Leads: []int64{works, money}},
		"leader2":    {ID: 3, Active: true, Roles: []bot.Role{bot.RoleLeaderInCharge}, Sections: []int64{lead}, Leads: []int64{office}},
		"head":       {ID: 4, Active: true, Roles: []bot.Role{bot.RoleSectionHead}, Sections: []int64{works}, Heads: []int64{works}},
		"otherhead":  {ID: 5, Active: true, Roles: []bot.Role{bot.RoleSectionHead}, Sections: []int64{office}, Heads: []int64{office}},
		"cadre":      {ID: 6, Active: true, Sections: []int64{works}},
		"other":      {ID: 7, Active: true, Sections: []int64{office}},
		"gone":       {ID: 8, Sections: []int64{works}},
		"discipline": {ID: 9, Active: true, Roles: []bot.Role{bot.RoleDiscipline}},
		"officer":    {ID: 10, Active: true, Roles: []bot.Role{bot.RoleOfficeMember}, Sections: []int64{office}},
	}
	all := "heart preappoint regular keypost remind petition inquiry letter hanxun admonish criticize rectify circulate probation retrain"
	principal := strings.Replace(all, " petition", "", 1)
	leader := "heart regular keypost remind letter"
	for _, row := range []struct{ issuer, target, kinds, refusal string }{
		{"principal", "leader", principal, NoticeNotTheirs},
		{"principal", "head", principal, NoticeNotTheirs},
		{"principal", "cadre", principal, NoticeNotTheirs},
		{"principal", "discipline", principal, NoticeNotTheirs},
		{"principal", "principal", "", NoticeSelf},
		{"principal", "gone", "", NoticeGone},
		{"leader", "head", leader, NoticeNotTheirs},
		{"leader", "cadre", leader, NoticeNotTheirs},
		{"leader", "otherhead", "", NoticeOutside},
		{"leader", "other", "", NoticeOutside},
		{"leader", "leader2", "", NoticeOutside},
		{"leader", "principal", "", NoticeAbove},
		{"leader", "leader", "", NoticeSelf},
		{"head", "cadre", "heart", NoticeNotTheirs},
		{"head", "other", "", NoticeOutside},
		{"head", "otherhead", "", NoticeOutside},
		{"head", "leader", "", NoticeAbove},
		{"head", "leader2", "", NoticeAbove},
		{"head", "principal", "", NoticeAbove},
		{"head", "gone", "", NoticeGone},
		{"discipline", "cadre", all, ""},
		{"discipline", "leader", all, ""},
		{"discipline", "principal", "", NoticeAbove},
		{"discipline", "discipline", "", NoticeSelf},
		{"cadre", "head", "", NoticeNoRole},
		{"cadre", "cadre", "", NoticeNoRole},
		{"officer", "cadre", "", NoticeNoRole},
	} {
		for _, k := range Notices().Kinds {
			basis, refusal := MayIssue(k, people[row.issuer], people[row.target])
			want := row.refusal
			if slices.Contains(strings.Fields(row.kinds), k.Code) {
				want = ""
			}
			if refusal != want || (refusal == "") != (basis != "") {
				t.Errorf("%s → %s %s: %q in role %q, want %q", row.issuer, row.target, k.Code, refusal, basis, want)
			}
		}
	}
}

func TestOnlyAKindThatAsksForItAndAnIssuerBelowTheAuthorityNeedApproval(t *testing.T) {
	for _, k := range Notices().Kinds {
		for role, below := range map[bot.Role]bool{bot.RolePrincipal: false, bot.RoleDiscipline: false, bot.RoleLeaderInCharge: true, bot.RoleSectionHead: true} {
			if got := NeedsApproval(k, role); got != (below && (k.Code == "remind" || k.Code == "letter")) {
				t.Errorf("%s by %s: %v", k.Code, role, got)
			}
		}
	}
}

func TestTheKindsAreWholeAndTellThemselvesApart(t *testing.T) {
	r := Notices()
	seen := map[string]string{}
	for _, k := range r.Kinds {
		if k.Name == "" || k.Tier < 1 || k.Tier > 4 || len(k.Issuers) == 0 || len(k.Words) == 0 || k.Delivery != "card" && k.Delivery != "offline" {
			t.Errorf("%+v", k)
		}
		if k.NeedsReply != (k.ReplyDays > 0) || k.RecordOnly && (k.NeedsReply || k.Approve || k.FollowMonths > 0) {
			t.Errorf("%s: its reply or record does not fit", k.Code)
		}
		for _, w := range k.Words {
			if got, _, ok := r.Called("约王舟" + w); !ok || got.Code != k.Code {
				t.Errorf("%s is heard as %s", w, got.Code)
			}
			if r.FitsCard("三楼" + w) {
				t.Errorf("%s may stand on a card", w)
			}
			if seen[w] != "" {
				t.Errorf("%s names both %s and %s", w, seen[w], k.Code)
			}
			seen[w] = k.Code
		}
		if !k.RecordOnly && len(r.TriggersOf(k.Code)) == 0 {
			t.Errorf("%s has no trigger", k.Code)
		}
	}
	inquiry, _ := r.Kind("inquiry")
	petition, _ := r.Kind("petition")
	if inquiry.ReplyDays != 15 || petition.Delivery != "offline" || fmt.Sprint(petition.Issuers) != "[discipline_group]" {
		t.Errorf("%+v\n%+v", inquiry, petition)
	}
	for _, s := range NoticeStates() {
		if r.Stands[s] == "" {
			t.Errorf("%s has no words", s)
		}
	}
	for _, good := range []string{"302会议室", "李四8012", "局机关三楼东侧小会议室"} {
		if !r.FitsCard(good) {
			t.Errorf("%s is refused", good)
		}
	}
	for _, bad := range []string{"小会议室，谈工程款的问题", "关于付款", "三楼\n二号", "这是一个长得无论如何也写不进一张卡片里去的地点名称"} {
		if r.FitsCard(bad) {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// Whoever a talk is about is told where it stands in words to them, and never that it was
// reported upwards or that somebody else is late.
func TestATargetReadsWhereItStandsInWordsToThem(t *testing.T) {
	r := Notices()
	for _, k := range r.Kinds {
		for _, s := range NoticeStates() {
			if s == NoticeDrafted || s == NoticeApproved { // nothing of it is shown yet
				continue
			}
			said := r.Where(k, s, true)
			if said == "" || strings.Contains(said, "对方") || strings.Contains(said, "上报") || strings.Contains(said, "过期") {
				t.Errorf("%s, %s: %q", k.Code, s, said)
			}
			if r.Where(k, s, false) == "" {
				t.Errorf("%s, %s: nothing", k.Code, s)
			}
		}
	}
}
