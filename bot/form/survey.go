package form

import (
	"fmt"
	"time"

	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// SurveyForm is the result of a survey that is over, as it is shown.
type SurveyForm struct {
	Unit         string
	Title        string
	Began, Ended time.Time // civil days
	Result       survey.Result
}

// Survey exports a result as a workbook: the whole, by section where anything of a section
// is shown, and the words.
func Survey(f SurveyForm) ([]byte, error) {
	head := []block{
		textLine(roleLine, alignLeft, fmt.Sprintf(text.SurveyLine, f.Result.Ballots, chinaDate(f.Began), chinaDate(f.Ended))),
		textLine(roleSmall, alignLeft, text.SurveyNoteHidden),
	}
	whole := page{name: text.SurveySheetAll, tag: f.Unit, title: oneLine(f.Title), blocks: append(head, surveyTables(f.Result)...)}
	d := document{pages: []page{whole}}
	if blocks := sectionTables(f.Result); len(blocks) > 0 {
		d.pages = append(d.pages, page{name: text.SurveySheetSect, tag: f.Unit, title: oneLine(f.Title), blocks: append(head[1:2:2], blocks...)})
	}
	words := page{name: text.SurveySheetWords, tag: f.Unit, title: oneLine(f.Title), blocks: []block{textLine(roleSmall, alignLeft, text.SurveyWordsTitle)}}
	if len(f.Result.Comments) == 0 {
		words.blocks = append(words.blocks, textLine(roleBody, alignLeft, text.SurveyNoWords))
	} else {
		t := tableBox{}
		for _, s := range f.Result.Comments {
			t.rows = append(t.rows, rowBox{cells: []cellBox{bodyCell(portraitWidth, oneLine(s))}})
		}
		words.blocks = append(words.blocks, block{table: &t})
	}
	d.pages = append(d.pages, words)
	return d.render(Xlsx)
}

func surveyTables(r survey.Result) (out []block) {
	w := []int{106, 30, 30}
	for i, tally := range r.Tallies {
		out = append(out, surveyQuestion(i, tally))
		t := tableBox{head: 1, rows: []rowBox{{cells: []cellBox{headCell(w[0], text.SurveyHeadOption), headCell(w[1], text.SurveyHeadCount), headCell(w[2], text.SurveyHeadShare)}}}}
		for j, o := range tally.Question.Options {
			count, share := SurveyCell(tally.Cells[j], r.Ballots)
			t.rows = append(t.rows, rowBox{cells: []cellBox{bodyCell(w[0], o.Text), centerCell(w[1], count), centerCell(w[2], share)}})
		}
		out = append(out, block{table: &t})
	}
	return out
}

func surveyQuestion(i int, t survey.Tally) block {
	s := fmt.Sprintf(text.SurveyRegion, i+1, t.Question.Text)
	if t.Question.Kind == survey.Multi {
		s += "\n" + text.SurveyNoteMulti
	}
	return textLine(roleBody, alignLeft, s)
}

// SurveyCell is a number as it is shown, and its share; both the same words when it is not.
func SurveyCell(c survey.Cell, of int) (count, share string) {
	if !c.Shown {
		return text.SurveyHidden, text.SurveyHidden
	}
	return fmt.Sprint(c.N), fmt.Sprintf(text.SurveyShare, SurveyShare(c, of))
}

// SurveyShare is a shown number in whole percent of the ballots.
func SurveyShare(c survey.Cell, of int) int {
	if !c.Shown || of == 0 {
		return 0
	}
	return (c.N*200 + of) / (2 * of)
}

// sectionTables are the questions of which at least one section is shown.
func sectionTables(r survey.Result) (out []block) {
	for i, tally := range r.Tallies {
		n := len(tally.Question.Options)
		first := portraitWidth - n*(110/n)
		t := tableBox{head: 1, rows: []rowBox{{cells: []cellBox{headCell(first, text.SurveyHeadSect)}}}}
		for _, o := range tally.Question.Options {
			t.rows[0].cells = append(t.rows[0].cells, headCell(110/n, o.Text))
		}
		some := false
		for _, row := range tally.Rows {
			cells := []cellBox{bodyCell(first, row.Section)}
			for _, c := range row.Cells {
				count, _ := SurveyCell(c, 0)
				cells = append(cells, centerCell(110/n, count))
			}
			some = some || row.Shown
			t.rows = append(t.rows, rowBox{cells: cells})
		}
		if some {
			out = append(out, surveyQuestion(i, tally), block{table: &t})
		}
	}
	return out
}
