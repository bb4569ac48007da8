package form

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot/text"
)

// Import is a kind of sheet that can be imported.
type Import string

const (
	ImportRoster    Import = "roster"
	ImportCatalogue Import = "catalogue"
	ImportPoints    Import = "points"
	ImportCalendar  Import = "calendar"
)

// Template returns an empty xlsx for an import: the columns, an example row that a
// parser skips, drop-downs for fixed values and a sheet that explains the columns.
func Template(kind Import) ([]byte, error) {
	var cols []column
	var title, example string
	switch kind {
	case ImportRoster:
		cols, title, example = rosterColumns(), text.FormSheetRoster, text.FormExampleRoster
	case ImportCatalogue:
		cols, title, example = catalogueColumns(), text.FormSheetCatalogue, text.FormExampleCatalog
	case ImportPoints:
		cols, title, example = pointColumns(), text.FormSheetPoints, text.FormExamplePoint
	case ImportCalendar:
		cols, title, example = calendarColumns(), text.FormSheetCalendar, text.FormExampleCalendar
	default:
		return nil, fmt.Errorf("form: no template of kind %q", kind)
	}
	w := newWorkbook()
	defer w.f.Close()
	w.sheet(title)
	headStyle := face{font: text.FormFontHei, size: 11, align: alignCenter, fill: true, border: true, wrap: true}
	example0 := face{font: text.FormFontSong, size: 11, border: true, wrap: true, grey: true}
	values := strings.Split(example, "|")
	longest := 1
	for i, c := range cols {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		w.width(name, c.width+2)
		w.put(title, i+1, 1, c.name(), headStyle)
		w.put(title, i+1, 2, values[i], example0)
		longest = max(longest, lines(values[i], (c.width+2)*5.25, 11))
		if c.list != nil {
			w.dropDown(title, fmt.Sprintf("%s2:%s%d", name, name, 5001), c.list)
		}
	}
	w.height(title, 1, 24)
	w.height(title, 2, float64(longest)*15+4)
	w.freeze(title, 1)
	w.print(title, true, "", 0, 0)

	help := text.FormSheetHelp
	w.sheet(help)
	w.width("A", 18)
	w.width("B", 90)
	plain := face{font: text.FormFontSong, size: 11, wrap: true}
	row := 1
	for s := range strings.SplitSeq(text.FormHelpGeneral, "\n") {
		w.put(help, 1, row, s, plain)
		w.merge(help, 1, row, 2, row)
		w.height(help, row, 18)
		row++
	}
	row++
	a, b, _ := strings.Cut(text.FormHelpHead, "|")
	w.put(help, 1, row, a, headStyle)
	w.put(help, 2, row, b, headStyle)
	for _, c := range cols {
		row++
		cellStyle := face{font: text.FormFontSong, size: 11, border: true, wrap: true}
		w.put(help, 1, row, c.name(), cellStyle)
		w.put(help, 2, row, c.help, cellStyle)
		w.height(help, row, float64(lines(c.help, 90*5.25, 11))*15+4)
	}
	w.print(help, false, "", 0, 0)
	w.first()
	if w.err != nil {
		return nil, fmt.Errorf("form: template: %w", w.err)
	}
	var out bytes.Buffer
	if err := w.f.Write(&out); err != nil {
		return nil, fmt.Errorf("form: template: %w", err)
	}
	return out.Bytes(), nil
}
