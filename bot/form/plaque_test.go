package form_test

import (
	"strings"
	"testing"

	"qingfeng/bot/form"
	"qingfeng/bot/notice"
)

func TestEveryPostHasAPlaque(t *testing.T) {
	open := reader(t)
	s := publicity(12)
	s.Points[0].Holder, s.Points[1].Holder = "李明", "李明"
	raw, err := form.Plaques(form.PlaqueData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := open("plaques", raw)
	p.sized(210, 148)
	p.inside(5)
	if p.n != 8 {
		t.Errorf("%d pages of 8 posts", p.n)
	}
	has(t, p.words(0), "工程款支付岗1", "李明", "财务审计股", "复核走过场，多计工程量也能付款（其1）", "（其2）", "措施：付款前把计量单", s.Contact.Phone, posterURL, "12388", "K7M2Q9XD第1版")
	hasNot(t, p.words(1), "李明", "在岗人员")
	for i := range p.n {
		p.apart(i)
		if got := scanned(t, p.look(i, 150)); got != posterURL {
			t.Errorf("the code of page %d says %q", i+1, got)
		}
	}
}

func TestAPlaqueCutsNothing(t *testing.T) {
	open := reader(t)
	s := publicity(2)
	s.Unit = "栖云彝族苗族自治县交通运输综合行政执法与公路建设养护管理服务中心（筹备组）"
	s.Contact.Phone = "0999-1234567 转 8001，或 0999-7654321"
	s.Points = s.Points[:1]
	s.Points[0].Post, s.Points[0].Section, s.Points[0].Holder = "道路运输从业资格与车辆技术管理综合受理审核岗（含出租车、网约车）", "行政审批服务股（驻县政务服务中心交通窗口）", "阿卜杜拉·艾合买提江"
	for range 8 {
		q := s.Points[0]
		q.Title, q.Measures = long(60, "风险"), []notice.Measure{{Text: long(120, "措施")}, {Text: long(200, "措施")}}
		s.Points = append(s.Points, q)
	}
	raw, err := form.Plaques(form.PlaqueData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := open("plaquelong", raw)
	p.sized(210, 148)
	p.inside(5)
	if p.n < 2 {
		t.Errorf("%d pages", p.n)
	}
	if n := strings.Count(p.all(), "止"); n != 24 {
		t.Errorf("%d of 24 long texts stand whole", n)
	}
	has(t, p.words(p.n-1), "阿卜杜拉·艾合买提江")
	for i := range p.n {
		p.apart(i)
	}
}
