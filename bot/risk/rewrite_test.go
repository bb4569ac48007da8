package risk

import (
	"strings"
	"testing"
)

func TestARewriteIsAWholeSentenceOrAFrameWithAGap(t *testing.T) {
	const gap = "在【计量支付复核】这一步，可能……（补上做了什么、谁会得到好处）"
	p := pack(t, "county")
	for said, want := range map[string]string{
		// What is whole stays in the person's own words.
		"意识淡薄，不核对就签字":          "在【计量支付复核】这一步，不核对就签字",
		"责任心不强，导致少算的不退回":       "在【计量支付复核】这一步，少算的不退回",
		"工程建设领域把业绩门槛抬高":        "在【计量支付复核】这一步，把业绩门槛抬高",
		"付款各环节的审核走过场":          "在【计量支付复核】这一步，审核走过场",
		"存在签字不核对等问题":           "在【计量支付复核】这一步，签字不核对",
		"各类项目都由一人签字":           "在【计量支付复核】这一步，项目都由一人签字",
		"只凭一张发票就付款，存在廉政风险":     "在【计量支付复核】这一步，只凭一张发票就付款",
		"管理不到位，计量支付复核时不看影像就签字": "在【计量支付复核】这一步，不看影像就签字",
		"由于重视不够，影像没看就签字。":      "在【计量支付复核】这一步，影像没看就签字",
		// What would be a scrap is not offered as a sentence.
		"组织评标时廉洁意识不强，监督不到位": gap,
		"在付款时意识淡薄":          gap,
		"因监督不力而签字走过场":       gap,
		"审核人员责任心不强":         gap,
		"在支付工作中把关不严，存在一定风险": gap,
		"加强对付款的审核，进一步强化监督":  gap,
		"在工程建设领域容易出现腐败问题":   "工程建设中，" + gap,
		"项目管理、资金拨付等方面意识淡薄":  "项目管理、资金拨付中，" + gap,
		"理想信念不够坚定，存在一定廉政风险": gap,
	} {
		found := false
		for _, h := range Lint(p, Point{Node: payNode, Manifestations: []string{said}}, Context{}) {
			if h.Rewrite == "" {
				continue
			}
			found = true
			if h.Rewrite != want && (h.Rule != "L2" || h.Rewrite != gap) || h.Gap != strings.Contains(h.Rewrite, "……") {
				t.Errorf("%s: %q → %q, want %q", h.Rule, said, h.Rewrite, want)
			}
		}
		if !found && want != gap {
			t.Errorf("%q gets no rewrite", said)
		}
	}
}
