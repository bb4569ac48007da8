package form_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
)

func civilDay(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }

// photo is a picture of a wall.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// report is what a notice with seven opinions came to.
func report(t *testing.T) form.ReportData {
	s := publicity(12)
	s.Open = []notice.Field{notice.FieldSection, notice.FieldPost, notice.FieldTitle, notice.FieldLevel, notice.FieldMeasure}
	s.Hidden = 2
	return form.ReportData{
		Snapshot: s, URL: posterURL, Signed: civilDay(11, 25),
		Placements: []form.ReportPlacement{
			{Kind: "board", Place: "办公楼一楼公示栏", On: civilDay(11, 5), Photo: photo(t, 800, 600)},
			{Kind: "window", Place: "县政务服务中心交通窗口", On: civilDay(11, 5), Photo: photo(t, 600, 800)},
			{Kind: "web", Place: "县政府网站公示公告栏目", On: civilDay(11, 6)},
		},
		Channels: []form.ReportChannel{{Channel: opinion.Web, N: 8}, {Channel: opinion.Phone, N: 1}, {Channel: opinion.Box, N: 1}},
		Opinions: []form.ReportOpinion{
			{Point: 3, Kind: opinion.Suggestion, State: opinion.Closed, Outcome: opinion.Adopted, Reason: "建议可行，已写入防控措施"},
			{Point: 1, Kind: opinion.Correction, State: opinion.Answered, Outcome: opinion.Partly, Reason: "环节名称已更正，等级经复核不变"},
			{Point: 2, Kind: opinion.Suggestion, State: opinion.Closed, Outcome: opinion.Not, Reason: "与现行计量规程不一致"},
			{Kind: opinion.Other, State: opinion.Closed, Outcome: opinion.Not, Reason: "所述事项不属于本单位职责"},
			{Point: 9, Kind: opinion.Correction, State: opinion.Moved},
			{Kind: opinion.Praise, State: opinion.NotInScope},
			{Point: 4, Kind: opinion.Suggestion, State: opinion.Answering},
			{Point: 5, Kind: opinion.Suggestion, State: opinion.Accepted, Outcome: opinion.Not, Reason: "追问前的理由"},
			{Point: 3, Kind: opinion.Suggestion, State: opinion.Closed, Outcome: opinion.Adopted, Reason: "建议可行，已写入防控措施", Merged: true},
			{Point: 8, Kind: opinion.Correction, State: opinion.Closed}, // moved or not in scope before
		},
		Changes: []form.ReportChange{{
			Point: 3, Post: "工程款支付岗2", Before: "等级：三级（低）\n措施：每季度抽查", After: "等级：二级（中）\n措施：每月抽查，结果张榜",
			Why: "采纳服务对象建议", On: civilDay(11, 20),
		}},
		Enclosed: []string{"公示照片2张", "意见办理登记表"},
	}
}

// parts are the files of a docx; the words of its document without marks.
func parts(t *testing.T, name string, raw []byte) (files map[string][]byte, words string) {
	t.Helper()
	if dir := os.Getenv("QINGFENG_KEEP_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".docx"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Name, ".xml") && !strings.HasSuffix(f.Name, ".rels") {
			continue
		}
		for d := xml.NewDecoder(bytes.NewReader(files[f.Name])); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	return files, squeeze(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(files["word/document.xml"]), ""))
}

func TestReportTellsWhatCameOfANotice(t *testing.T) {
	d := report(t)
	raw, err := form.NoticeReport(d)
	if err != nil {
		t.Fatal(err)
	}
	files, words := parts(t, "report", raw)
	has(t, words, "栖云县交通运输局廉政风险点公示情况说明", "一、公示范围与对象", "共公示风险点12个，涉及科室4个、岗位8个", "服务窗口（服务对象）", "科室、岗位、风险点、风险等级、防控措施", "另有2条措施",
		"公示自2026年11月5日起，至2026年11月11日止，共5个工作日", "公示地点3处", "办公楼一楼公示栏", "窗口摆放", "图2　县政务服务中心交通窗口（2026年11月5日）",
		"公示网页（"+posterURL+"）、电话（0999-1234567）、意见箱（一楼服务大厅东侧）", "共收到意见10条", "合计10", "采纳2条，部分采纳1条，不采纳2条，转有关机构办理或不属公示范围3条，正在办理2条",
		"第2项风险点建议不采纳与现行计量规程不一致", "公示整体其他不采纳", "5——不属公示范围或已转有权机构办理", "6公示整体表扬不属公示范围", "9第3项风险点建议采纳（并案办理）建议可行", "措施：每月抽查，结果张榜", "采纳服务对象建议（2026年11月20日确定）", "八、结论", "已答复或转办8条", "正在办理的2条意见",
		"附件：1．《2026年度岗位廉政风险点公示》（公示编号K7M2Q9XD，第1版）", "2．公示照片2张", "栖云县交通运输局2026年11月25日（印章）")
	hasNot(t, words, "第9项风险点", "第8项风险点", "追问前的理由", "公示期间未收到意见")
	for i, p := range d.Placements[:2] {
		if got := files[fmt.Sprintf("word/media/photo%d.jpeg", i+1)]; !bytes.Equal(got, p.Photo) {
			t.Errorf("photo %d is another one (%d bytes)", i+1, len(got))
		}
	}
}

func TestReportOfASilentNotice(t *testing.T) {
	d := report(t)
	d.Placements, d.Opinions, d.Changes, d.Enclosed, d.Signed = nil, nil, nil, nil, time.Time{}
	d.Channels = []form.ReportChannel{{Channel: opinion.Web}, {Channel: opinion.Phone}}
	d.Snapshot.Version, d.Snapshot.Change = 2, "第3项等级改为二级"
	raw, err := form.NoticeReport(d)
	if err != nil {
		t.Fatal(err)
	}
	_, words := parts(t, "reportsilent", raw)
	has(t, words, "公示期间未收到意见", "公示后没有修改风险点", "系统中未登记公示地点和照片", "本版为更正公示，更正内容：第3项等级改为二级。", "年月日（印章）")
	hasNot(t, words, "合计", "正在办理")
}

func TestReportWhoseNumbersDoNotMatchIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(d *form.ReportData){
		"channels": func(d *form.ReportData) { d.Channels[0].N++ },
		"rows":     func(d *form.ReportData) { d.Opinions = d.Opinions[1:] },
	} {
		d := report(t)
		spoil(&d)
		if raw, err := form.NoticeReport(d); raw != nil || bot.Says(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := report(t)
	d.Placements[0].Photo = []byte("not a photo")
	if raw, err := form.NoticeReport(d); raw != nil || err == nil {
		t.Error("a photo that is none was taken")
	}
}
