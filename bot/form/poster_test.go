package form_test

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"qingfeng/bot/form"
	"qingfeng/bot/notice"
)

const posterURL = "https://gs.qiyun.example/n/K7M2Q9XD"

// publicity is a notice of n points.
func publicity(n int) notice.Snapshot {
	s := notice.Snapshot{
		Unit: "栖云县交通运输局", Title: "2026年度岗位廉政风险点公示", Audience: notice.Window, Code: "K7M2Q9XD", Version: 1,
		Start: "2026-11-05", End: "2026-11-11", Days: 5, Promise: 10,
		Contact: notice.Contact{Phone: "0999-1234567", Address: "栖云县交通运输局三楼305室（防控办）", Box: "一楼服务大厅东侧", Discipline: "县纪委监委驻局纪检监察组 0999-7654321"},
	}
	sections := []string{"财务审计股", "建设管理股", "公路养护股", "运输管理股"}
	for i := range n {
		s.Points = append(s.Points, notice.Point{
			No: i + 1, Section: sections[i*len(sections)/max(n, 1)], Post: fmt.Sprintf("工程款支付岗%d", i/2+1), Item: "工程进度款支付审核", Node: "计量支付复核",
			Category: "工作流程风险", Title: fmt.Sprintf("复核走过场，多计工程量也能付款（其%d）", i+1),
			Shapes: []string{"不逐项核对监理计量单和现场影像就在支付单上签字，给施工单位多计、早付留下空间"},
			Level:  []string{"一级（高）", "二级（中）", "三级（低）"}[i%3], Monitor: "分管领导、内部审计岗",
			Measures: []notice.Measure{
				{Text: "付款前把计量单、影像、三方签认传齐，缺一项单据不流转", Who: "支付岗", Frequency: "每笔"},
				{Text: "经办与复核由不同人担任，标段每季度互换", Who: "股长", Frequency: "每季度"},
			},
		})
	}
	return s
}

func TestPosterTellsHowToSpeakAndEveryPoint(t *testing.T) {
	open := reader(t)
	s := publicity(12)
	raw, err := form.Poster(form.PosterData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := open("poster", raw)
	p.sized(297, 420)
	p.inside(10)
	if got := scanned(t, p.look(0, 100)); got != posterURL {
		t.Errorf("the code says %q", got)
	}
	has(t, p.words(0), "廉政风险点公示", s.Unit, s.Title, "2026年11月5日至2026年11月11日（5个工作日）", s.Contact.Phone, s.Contact.Address, s.Contact.Box,
		posterURL, "不用登录", "不留账号", "12388", s.Contact.Discipline, "请不要写在这里", "收到后10个工作日内")
	hasNot(t, p.words(0), "更正公示")
	all := p.all()
	for _, q := range s.Points {
		has(t, all, q.Title, q.Post, q.Section)
	}
	has(t, all, "付款前把计量单、影像、三方签认传齐", "一级（高）", "分管领导、内部审计岗")
	for i := range p.n {
		has(t, p.words(i), "公示编号K7M2Q9XD第1版", fmt.Sprintf("第%d页共%d页", i+1, p.n))
		p.apart(i)
	}
}

func TestPosterOfManyPointsGoesOnOverPages(t *testing.T) {
	open := reader(t)
	s := publicity(112)
	raw, err := form.Poster(form.PosterData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := open("poster112", raw)
	p.sized(297, 420)
	if p.n < 5 || p.n > 40 {
		t.Errorf("%d pages", p.n)
	}
	all := p.all()
	for _, q := range s.Points {
		has(t, all, q.Title)
	}
	for i := 1; i < p.n; i++ {
		has(t, p.words(i), "防控措施", "监控责任", fmt.Sprintf("第%d页共%d页", i+1, p.n))
	}
	if again, err := form.Poster(form.PosterData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)}); err != nil || string(again) != string(raw) {
		t.Errorf("another file of the same notice: %v", err)
	}
}

func TestLongestTextsOfAPosterStandWhole(t *testing.T) {
	open := reader(t)
	s := publicity(3)
	s.Unit = "栖云彝族苗族自治县交通运输综合行政执法与公路建设养护管理服务中心（筹备组）"
	s.Title = long(60, "标题")
	s.Version, s.Change = 3, long(220, "更正")
	s.Contact = notice.Contact{Phone: "0999-1234567 转 8001、8002，或 0999-7654321（工作日8:30—12:00）", Address: long(80, "地点"), Box: long(60, "意见箱"), Discipline: long(60, "纪检")}
	s.Points[0].Section, s.Points[0].Post, s.Points[0].Monitor = long(40, "科室"), long(40, "岗位"), long(60, "监控")
	s.Points[0].Title = long(200, "风险")
	s.Points[0].Shapes = []string{long(800, "表现甲"), long(800, "表现乙")}
	s.Points[0].Basis = long(300, "依据")
	s.Points[0].Measures = []notice.Measure{{Text: long(1500, "措施甲"), Evidence: long(100, "佐证")}, {Text: long(1500, "措施乙"), NotDone: long(100, "判定")}}
	s.Points[1].Measures = append(s.Points[1].Measures, notice.Measure{Text: strings.Repeat("http://very-long-latin-word.example/", 20) + "止"})
	raw, err := form.Poster(form.PosterData{Snapshot: s, URL: posterURL + strings.Repeat("abcdefgh", 9), Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := open("posterlong", raw)
	p.inside(10)
	all := p.all()
	has(t, all, "更正公示（第3版）")
	for _, mark := range []string{"标题", "更正", "地点", "意见箱", "纪检", "依据"} {
		has(t, all, "（"+mark+"止）")
	}
	for i := range p.n {
		p.apart(i)
	}
	if got := scanned(t, p.look(0, 130)); got != posterURL+strings.Repeat("abcdefgh", 9) {
		t.Errorf("the code says %q", got)
	}
	// Columns stand beside each other, so a mark may be broken by a line: its last
	// characters are counted instead.
	if n := strings.Count(all, "止"); n < 17 {
		t.Errorf("%d ends of long texts", n)
	}
}

func TestWhatIsClosedIsOnNoPaper(t *testing.T) {
	open := reader(t)
	s := publicity(4)
	for i := range s.Points {
		q := &s.Points[i]
		*q = notice.Point{No: q.No, Section: q.Section, Post: q.Post, Title: q.Title, Level: q.Level}
	}
	s.Contact.Discipline, s.Contact.Box = "", ""
	raw, err := form.Poster(form.PosterData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := open("posterbare", raw)
	all := p.all()
	has(t, all, s.Points[3].Title, "等级")
	hasNot(t, all, "防控措施", "监控责任", "表现形式", "职权事项", "类别", "依据", "意见箱东侧", "纪检监察：", "责任：")
	raw, err = form.Plaques(form.PlaqueData{Snapshot: s, URL: posterURL, Fonts: systemFonts(t)})
	if err != nil {
		t.Fatal(err)
	}
	hasNot(t, open("plaquebare", raw).all(), "措施：", "在岗人员")
}

func TestSheetOfAnOpenSurveyCanBeScanned(t *testing.T) {
	open := reader(t)
	d := form.SurveySheet{Unit: "栖云县交通运输局", Title: "2026年服务对象问卷", Intro: "请按办事时的真实感受选择，两分钟填完。", Until: civil("2026-11-30"), URL: "https://gs.qiyun.example/s/k7m2q9xdabcd", Fonts: systemFonts(t)}
	for name, long := range map[string]bool{"survey": false, "surveylong": true} {
		if long {
			d.Unit = "栖云彝族苗族自治县交通运输综合行政执法与公路建设养护管理服务中心（筹备组）"
			d.Title = "2026年道路运输从业资格与车辆技术管理综合受理服务对象满意度调查问卷（第四季度）甲"
		}
		raw, err := d.Poster()
		if err != nil {
			t.Fatal(err)
		}
		p := open(name, raw)
		p.sized(210, 297)
		p.inside(10)
		p.apart(0)
		if got := scanned(t, p.look(0, 100)); got != d.URL {
			t.Errorf("the code says %q", got)
		}
		has(t, p.words(0), d.Unit, d.Title, d.URL, "2026年11月30日截止", "不用登录", "12388")
	}
}

func TestACodeAloneCanBeScanned(t *testing.T) {
	raw, err := form.QRPNG(posterURL, 400)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := scanned(t, img); got != posterURL || img.Bounds().Dx() < 400 {
		t.Errorf("%d pixels say %q", img.Bounds().Dx(), got)
	}
	if r, _, _, _ := img.At(10, 10).RGBA(); r != 0xffff {
		t.Error("it has no margin")
	}
	if _, err := form.QRPNG(strings.Repeat("x", 4000), 400); err == nil {
		t.Error("an address of 4,000 characters went into a code")
	}
}
