package form

import (
	"fmt"
	"strconv"
	"strings"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

const (
	pSection = iota
	pPost
	pItem
	pNode
	pManifest
	pCategory
	pLevel
	pMeasures
	pWho
	pFrequency
	pEvidence
	pYear
)

func pointColumns() []column {
	return []column{
		pSection:   {names: text.FormColSection, required: true, max: 40, help: text.FormHelpSection, width: 18},
		pPost:      {names: text.FormColPost, required: true, max: 40, help: text.FormHelpPost, width: 18},
		pItem:      {names: text.FormColItem, max: 80, help: text.FormHelpItem, width: 22},
		pNode:      {names: text.FormColNode, required: true, max: 40, help: text.FormHelpNode, width: 18},
		pManifest:  {names: text.FormColManifest, required: true, max: 2000, help: text.FormHelpManifest, width: 42},
		pCategory:  {names: text.FormColCategory, required: true, help: fmt.Sprintf(text.FormHelpCategory, strings.Join(offered(categories()), list)), width: 12, list: offered(categories())},
		pLevel:     {names: text.FormColLevel, required: true, help: fmt.Sprintf(text.FormHelpLevel, strings.Join(offered(levels()), list)), width: 8, list: offered(levels())},
		pMeasures:  {names: text.FormColMeasures, max: 3000, help: text.FormHelpMeasures, width: 42},
		pWho:       {names: text.FormColWho, max: 500, help: text.FormHelpWho, width: 14},
		pFrequency: {names: text.FormColFrequency, max: 500, help: text.FormHelpFrequency, width: 10},
		pEvidence:  {names: text.FormColEvidence, max: 1000, help: text.FormHelpEvidence, width: 20},
		pYear:      {names: text.FormColYear, required: true, help: text.FormHelpYear, width: 8},
	}
}

// ParsePoints reads last year's points.
func ParsePoints(data []byte) ([]risk.PointRow, []risk.ImportIssue) {
	t, issues := readTable(data, pointColumns())
	if t == nil {
		return nil, issues
	}
	var rows []risk.PointRow
	t.each(func(r *rowReader) {
		who, frequency, evidence := r.text(pWho), r.text(pFrequency), r.text(pEvidence)
		row := risk.PointRow{
			Section: r.word(pSection), Post: r.word(pPost), Item: r.word(pItem), Node: r.word(pNode),
			Manifestations: numbered(r.text(pManifest)),
			Measures:       measures(numbered(r.text(pMeasures)), who, frequency, evidence),
			Row:            r.row(),
		}
		if s := r.text(pCategory); s != "" {
			v, ok := categoryOf(s)
			if row.Category = v; !ok {
				r.refuse(pCategory, fmt.Sprintf(text.FormUnknownValue, s, strings.Join(offered(categories()), list)))
			}
		}
		if s := r.text(pLevel); s != "" {
			v, ok := levelOf(s)
			if row.Level = v; !ok {
				r.refuse(pLevel, fmt.Sprintf(text.FormUnknownValue, s, strings.Join(offered(levels()), list)))
			}
		}
		if s := r.word(pYear); s != "" {
			year, err := strconv.Atoi(withoutTail(fold(s), text.FormYearTail))
			if row.Year = year; err != nil || year < 2000 || year > 2100 {
				r.refuse(pYear, fmt.Sprintf(text.FormBadYear, s))
			}
		}
		if n := len(row.Measures); n > 1 {
			for _, s := range []string{who, frequency, evidence} {
				if k := len(numbered(s)); k > 1 && k != n {
					r.note(pMeasures, text.FormMeasuresDiffer)
					break
				}
			}
		}
		if !r.bad {
			rows = append(rows, row)
		}
	})
	return rows, t.done(len(rows))
}

// measures pairs each measure with its own who, frequency and evidence where the cells
// list as many of them, else with the whole cell.
func measures(texts []string, who, frequency, evidence string) []risk.Measure {
	of := func(s string, i int) string {
		if each := numbered(s); len(each) == len(texts) {
			return each[i]
		}
		return s
	}
	out := make([]risk.Measure, len(texts))
	for i, m := range texts {
		out[i] = risk.Measure{Text: m, Who: of(who, i), Frequency: of(frequency, i), Evidence: of(evidence, i)}
	}
	return out
}
