package form_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/form"
)

func civil(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, bot.Zone())
	if err != nil {
		panic(err)
	}
	return t
}

// fourMonths is a campaign of ten stages over four months, with long names.
func fourMonths() form.Gantt {
	g := form.Gantt{
		Title: "2026年度岗位廉政风险排查", Today: civil("2026-10-14"),
		Worked: func(d time.Time) bool { return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday },
		Events: []form.GanttEvent{{"动员会", civil("2026-09-03")}, {"班子会审定", civil("2026-09-29")}, {"定级会", civil("2026-11-04")}, {"总结大会", civil("2026-12-28")}, {"专题民主生活会", time.Time{}}},
	}
	for i, s := range []struct {
		name, from, until string
		days              int
		state             form.GanttState
	}{
		{"动员部署", "2026-09-01", "2026-09-11", 9, form.Done},
		{"清权确权", "2026-09-14", "2026-09-30", 13, form.Done},
		{"个人自查", "2026-10-08", "2026-10-16", 8, form.Running},
		{"互查与股室初审", "2026-10-19", "2026-10-23", 5, form.Planned},
		{"分管领导审核", "2026-10-26", "2026-10-30", 5, form.Planned},
		{"领导小组定级", "2026-11-02", "2026-11-04", 3, form.Planned},
		{"公示", "2026-11-05", "2026-11-11", 5, form.Planned},
		{"反馈处理与修订并报上级机关审核确认后再次公开征求意见", "2026-11-12", "2026-11-18", 5, form.Planned},
		{"措施落实与制度修订", "2026-11-19", "2026-12-18", 22, form.Planned},
		{"检查考核与总结", "2026-12-21", "2026-12-31", 9, form.Planned},
	} {
		stage := form.GanttStage{Name: s.name, From: civil(s.from), Until: civil(s.until), Days: s.days, State: s.state, Dues: []form.GanttDue{{On: civil(s.until), State: s.state}}}
		if i == 0 {
			stage.Dues = append(stage.Dues, form.GanttDue{On: civil("2026-09-07"), State: form.Late}, form.GanttDue{On: civil("2026-09-10")})
		}
		g.Stages = append(g.Stages, stage)
	}
	return g
}

func twelve() (out []form.SectionProgress) {
	for i, name := range []string{"局领导班子", "办公室", "财务审计股", "建设管理股", "公路养护股", "运输管理股", "法规与执法监督股", "安全监督与应急指挥协调中心", "信息中心", "工会", "退休干部服务股", "质量监督站"} {
		all := 3 + i%5
		done := (i * 3) % (all + 1)
		out = append(out, form.SectionProgress{Name: name, All: all, Done: done, Late: min(i%3, all-done)})
	}
	return out
}

// element is a piece of an SVG.
type element struct {
	name, words                string
	x, y, w, h, size, from, to float64
}

// elements reads an SVG; where a text begins and ends is estimated generously.
func elements(t *testing.T, svg string) (out []element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local}
			anchor := ""
			for _, a := range token.Attr {
				v, _ := strconv.ParseFloat(a.Value, 64)
				switch a.Name.Local {
				case "x", "cx":
					e.x = v
				case "y", "cy":
					e.y = v
				case "width":
					e.w = v
				case "height":
					e.h = v
				case "font-size":
					e.size = v
				case "text-anchor":
					anchor = a.Value
				case "style":
					t.Errorf("a style of its own: %s", a.Value)
				}
			}
			e.words = anchor
			out = append(out, e)
		case xml.CharData:
			last := &out[len(out)-1]
			anchor := last.words
			last.words = string(token)
			var w float64
			for _, r := range last.words {
				if r < 0x2000 {
					w += 0.5 * last.size
				} else if r != '–' {
					w += last.size
				}
			}
			switch last.from, last.to = last.x, last.x+w; anchor {
			case "middle":
				last.from, last.to = last.x-w/2, last.x+w/2
			case "end":
				last.from, last.to = last.x-w, last.x
			}
		}
	}
}

// legible: every text is inside, large, and touches no other.
func legible(t *testing.T, svg string) (texts []string) {
	t.Helper()
	var seen []element
	all := elements(t, svg)
	for _, e := range all {
		if e.name != "text" {
			continue
		}
		texts = append(texts, e.words)
		if e.from < 0 || e.to > all[0].w || e.y < 0 || e.y > all[0].h {
			t.Errorf("%q stands outside: %.0f–%.0f of %.0f", e.words, e.from, e.to, all[0].w)
		}
		if e.size < 11 && strings.ContainsFunc(e.words, func(r rune) bool { return r > 0x2e80 }) {
			t.Errorf("%q is small: %.1f", e.words, e.size)
		}
		for _, o := range seen {
			if min(e.y, o.y) > max(e.y-e.size*.8, o.y-o.size*.8) && min(e.to, o.to) > max(e.from, o.from)+1 {
				t.Errorf("%q and %q touch", e.words, o.words)
			}
		}
		seen = append(seen, e)
	}
	return texts
}

func TestAGanttChartOfTenStagesOverFourMonthsIsLegible(t *testing.T) {
	svg := form.GanttSVG(fourMonths())
	texts := strings.Join(legible(t, svg), "|")
	for _, want := range []string{"2026年9月", "10月", "11月", "12月", "1 动员部署", "9月1日–9月11日 · 9个工作日", "反馈处理", "…", "定级会 11/4", "今天", "日期未定：专题民主生活会", "进行中", "逾期", "休息日"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q in %s", want, texts)
		}
	}
	if n := strings.Count(svg, "<polygon"); n < 20 {
		t.Errorf("%d diamonds and edges: every due day should have one", n)
	}
}

func TestWhatIsDueOnTheSameDayIsOneDiamondWithANumber(t *testing.T) {
	g := form.Gantt{Stages: []form.GanttStage{{Name: "动员", From: civil("2026-09-01"), Until: civil("2026-12-31")}}}
	for range 3 {
		g.Stages[0].Dues = append(g.Stages[0].Dues, form.GanttDue{On: civil("2026-10-10")})
	}
	svg := form.GanttSVG(g)
	if !strings.Contains(svg, ">3</text>") {
		t.Error("three duties of one day are not counted")
	}
	legible(t, svg)
}

func TestAChartWithoutDaysOrWithStrangeOnesIsStillAPicture(t *testing.T) {
	for name, g := range map[string]form.Gantt{
		"nothing":    {},
		"no days":    {Stages: []form.GanttStage{{Name: "动员 & <部署>"}}},
		"one day":    {Stages: []form.GanttStage{{Name: "公示", From: civil("2026-09-01"), Until: civil("2026-09-01")}}},
		"backwards":  {Stages: []form.GanttStage{{Name: "公示", From: civil("2026-09-11"), Until: civil("2026-09-01")}}},
		"years":      {Stages: []form.GanttStage{{Name: "科技防控", From: civil("2026-06-01"), Until: civil("2030-12-31")}}, Worked: func(time.Time) bool { return true }},
		"month ends": {Stages: []form.GanttStage{{Name: "公示", From: civil("2026-09-30"), Until: civil("2026-11-01")}}},
	} {
		t.Run(name, func(t *testing.T) {
			svg := form.GanttSVG(g)
			legible(t, svg)
			if e := elements(t, svg)[0]; e.h < 30 || e.w < 300 {
				t.Errorf("the picture is %.0f × %.0f", e.w, e.h)
			}
		})
	}
}

func TestProgressOfTwelveSectionsNamesEveryOneAndTheTotal(t *testing.T) {
	svg := form.ProgressSVG("自查表提交进度", twelve())
	texts := strings.Join(legible(t, svg), "|")
	for _, want := range []string{"局领导班子", "安全监督与应急…", "合计", "已提交", "逾期未交"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q in %s", want, texts)
		}
	}
	all, done := 0, 0
	for _, s := range twelve() {
		all, done = all+s.All, done+s.Done
	}
	if !strings.Contains(texts, fmt.Sprintf("%d/%d", done, all)) {
		t.Errorf("no total in %s", texts)
	}
}

// systemFonts are this machine's; the image it is built in has one.
func systemFonts(t *testing.T) *form.Fonts {
	t.Helper()
	return form.SystemFonts("/usr/share/fonts")
}

func TestPicturesForChatsShowTheSameAsPages(t *testing.T) {
	fonts := systemFonts(t)
	for name, draw := range map[string]func() ([]byte, error){
		"gantt":    func() ([]byte, error) { return form.GanttPNG(fourMonths(), fonts) },
		"progress": func() ([]byte, error) { return form.ProgressPNG("自查表提交进度", twelve(), fonts) },
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := draw()
			if errors.Is(err, form.ErrNoFont) {
				t.Fatal("this machine has no Chinese font: install fonts-noto-cjk")
			}
			if err != nil {
				t.Fatal(err)
			}
			if dir := os.Getenv("QINGFENG_KEEP_PICTURES"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if len(raw) > 1<<20 {
				t.Errorf("%d bytes are much for a chat", len(raw))
			}
			img, err := png.Decode(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds().Dx() != 1080 {
				t.Errorf("%d pixels wide", img.Bounds().Dx())
			}
			if dark := darkShare(img); dark < 0.005 || dark > 0.2 {
				t.Errorf("%.3f of it is ink: the words are missing or it is a blot", dark)
			}
		})
	}
}

// darkShare is how much of a picture is as dark as its words.
func darkShare(img image.Image) float64 {
	n, all := 0, 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			all++
			if r>>8 < 110 && g>>8 < 120 && b>>8 < 125 {
				n++
			}
		}
	}
	return float64(n) / float64(all)
}

func TestWithoutAFontTheCallerIsTold(t *testing.T) {
	for name, fonts := range map[string]*form.Fonts{
		"none at all":   nil,
		"an empty room": form.SystemFonts(t.TempDir(), "/nowhere"),
		"not a font":    form.NewFonts(func() (io.ReaderAt, error) { return strings.NewReader("no font"), nil }),
	} {
		for range 2 {
			if raw, err := form.GanttPNG(fourMonths(), fonts); err == nil || raw != nil {
				t.Errorf("%s: a picture without words", name)
			} else if name != "not a font" && !errors.Is(err, form.ErrNoFont) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
