package form_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qingfeng/bot/form"
	"qingfeng/bot/plan"
)

func dayLines(days []plan.DayException) (out []string) {
	for _, d := range days {
		out = append(out, fmt.Sprintf("%d %s %v %s", d.Row, d.Day.Format(time.DateOnly), d.Worked, d.Name))
	}
	return out
}

func TestADayOfTheCalendarIsReadHoweverItIsWritten(t *testing.T) {
	for _, said := range []string{
		"2026-10-01", "2026年10月1日", "2026/10/1", "2026.10.1", "2026-10-1 00:00:00", "２０２６年１０月１日", "20261001", "46296",
		"2026年10月1日（星期四）", "2026-10-01 (周四)", "2026年10月1号",
	} {
		got, issues := form.ParseCalendar(sheet(t, [][]string{{"日期", "安排", "名称"}, {said, "休", "国庆节"}}))
		if d := cmp.Diff([]string{"2 2026-10-01 false 国庆节"}, dayLines(got)); d != "" || issues != nil {
			t.Errorf("%s: %v %v", said, dayLines(got), issues)
		}
	}
	for _, said := range []string{"2026-10-01至2026-10-03", "2026年10月1日至3日", "2026年10月1日（周四）至10月3日（周六）", "2026/10/1～2026/10/3", "2026-10-01 到 10-03"} {
		got, issues := form.ParseCalendar(sheet(t, [][]string{{"名称", "类型", "日期"}, {"国庆节", "放假", said}}))
		if d := cmp.Diff([]string{"2 2026-10-01 false 国庆节", "2 2026-10-02 false 国庆节", "2 2026-10-03 false 国庆节"}, dayLines(got)); d != "" || issues != nil {
			t.Errorf("%s: %v %v", said, dayLines(got), issues)
		}
	}
}

func TestRealDatesOfASheetAreRead(t *testing.T) {
	data := sheet(t, [][]string{{"日期", "安排", "名称"}, {"", "休", "甲"}, {"", "班", "乙"}, {"", "休", "丙"}}, func(f *excelize.File) {
		for cell, numFmt := range map[string]int{"A2": 14, "A3": 31, "A4": 22} { // short, Chinese, with time
			style, err := f.NewStyle(&excelize.Style{NumFmt: numFmt})
			ok(t, err)
			ok(t, f.SetCellValue("Sheet1", cell, time.Date(2026, 10, int(cell[1]-'0')+7, 0, 0, 0, 0, time.UTC)))
			ok(t, f.SetCellStyle("Sheet1", cell, cell, style))
		}
	})
	got, issues := form.ParseCalendar(data)
	want := []string{"2 2026-10-09 false 甲", "3 2026-10-10 true 乙", "4 2026-10-11 false 丙"}
	if d := cmp.Diff(want, dayLines(got)); d != "" {
		t.Errorf("%s\n%v", d, issues)
	}
}

func TestBadRowsOfACalendarAreNamedOneByOne(t *testing.T) {
	data := sheet(t, [][]string{
		{"日期", "安排", "名称"},
		{"国庆节", "休", ""},
		{"10月1日", "休", "国庆节"},
		{"2026-02-30", "休", ""},
		{"2026-10-07至2026-10-01", "休", ""},
		{"2026-10-01至2026-12-01", "休", ""},
		{"2026-10-09", "调休", ""},
		{"", "休", "中秋"},
		{"2027-01-01", "休", "元旦"},
		{"2027-01-01", "休", "元旦"},
		{"2027-01-01", "班", ""},
		{"2027-01-02", "休", ""},
		{"2027-01-04", "班", ""},
		{"2027-01-05至", "休", ""},
	})
	days, issues := form.ParseCalendar(data)
	want := []string{
		"第2行「日期」：「国庆节」不是日期，请写成2026-10-01、2026年10月1日或2026-10-01至2026-10-07。",
		"第3行「日期」：「10月1日」没有写年份，请写成2026-10-01这样。",
		"第4行「日期」：「2026-02-30」不是日期，请写成2026-10-01、2026年10月1日或2026-10-01至2026-10-07。",
		"第5行「日期」：「2026-10-07至2026-10-01」的后一天比前一天早，请核对。",
		"第6行「日期」：「2026-10-01至2026-12-01」超过31天，请核对。",
		"第7行「安排」：没有「调休」这个值，可以填：休、班。",
		"第8行「日期」：不能为空。",
		"第11行「安排」：2027年1月1日在第9行写的是“休”，请核对。",
		"第14行「日期」：「2027-01-05至」不是日期，请写成2026-10-01、2026年10月1日或2026-10-01至2026-10-07。",
	}
	if d := cmp.Diff(want, fatal(issues)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, note := range []string{"第10行「日期」：2027年1月1日与第9行重复，已略过。", "第12行「日期」：2027年1月2日本来就是周末", "第13行「日期」：2027年1月4日本来就是工作日"} {
		if !says(issues, note) {
			t.Errorf("%q goes unmentioned: %v", note, issues)
		}
	}
	if !slices.Equal(dayLines(days), []string{"9 2027-01-01 false 元旦", "12 2027-01-02 false ", "13 2027-01-04 true "}) {
		t.Errorf("days %q", dayLines(days))
	}
}

func TestTheCalendarTemplateSkipsItsExample(t *testing.T) {
	data, err := form.Template(form.ImportCalendar)
	ok(t, err)
	days, issues := form.ParseCalendar(data)
	if len(days) != 0 || !says(issues, "示例") {
		t.Errorf("%v %v", days, issues)
	}
}
