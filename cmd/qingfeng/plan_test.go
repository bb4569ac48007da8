package main

import (
	"strings"
	"testing"
	"time"

	"qingfeng/bot/text"
)

func TestACampaignIsOpenedByATemplateAndSaysWhatIsToBeNoted(t *testing.T) {
	s := newShell(t)
	s.ok("import", "roster", s.sheet("staff.xlsx", rosterHeader, "试验县交通运输局|财务股|工程款支付岗|其他重要岗位|林小雅|linxiaoya|干部||财"))
	due := time.Now().AddDate(0, 2, 0).Format(time.DateOnly)
	s.fails(text.PlanNoTemplate, "campaign", "open", "--pack", "county", "--template", "bureau", "--due", due)
	var c campaignJSON
	opened := s.ok("campaign", "open", "--pack", "county", "--template", "county-ten", "--due", due, "--json")
	opened.json(t, &c)
	if c.ID == 0 || c.Due != due {
		t.Errorf("%+v", c)
	}
	if want := "没有人担任财务股的科室负责人"; !strings.Contains(opened.err, want) {
		t.Errorf("stderr says nothing of %s: %s", want, opened.err)
	}
}
