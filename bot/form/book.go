package form

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

const (
	maxRows = 20_000 // of a sheet
	maxCols = 64
	maxFill = 2_000_000
)

// cell is what a sheet or table shows at a place; r and c are where its merged
// range begins (its own place when it is not merged).
type cell struct {
	text string
	r, c int
}

type grid [][]cell

func (g grid) at(r, c int) cell {
	if r < 0 || r >= len(g) || c < 0 || c >= len(g[r]) {
		return cell{r: r, c: c}
	}
	return g[r][c]
}

// book reads the visible sheets of a workbook, merged ranges spread out; over says
// that a sheet had more than maxRows rows.
//
// excelize only ever streams here: its calls that load a worksheet give every row all
// columns up to its last cell, so that a file of 100 KB could take gigabytes.
func book(z *zip.Reader, data []byte, partLimit int64) (sheets []grid, over bool, err error) {
	// excelize trusts the shape of a workbook; a file made to break it must not
	// take the process along.
	defer func() {
		if p := recover(); p != nil {
			sheets, err = nil, broken(fmt.Errorf("panic while reading a workbook: %v", p))
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: partLimit,
		ShortDatePattern: "yyyy-mm-dd", // else dates show without their century
	})
	if err != nil {
		return nil, false, broken(err)
	}
	defer f.Close()
	parts := sheetParts(z)
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err != nil || !visible {
			continue
		}
		g, more, err := readSheet(f, name)
		if err != nil {
			return nil, false, err
		}
		if p := parts[name]; p != "" {
			if err := spread(g, z, p); err != nil {
				return nil, false, err
			}
		}
		over = over || more
		sheets = append(sheets, g)
	}
	return sheets, over, nil
}

func readSheet(f *excelize.File, name string) (grid, bool, error) {
	g, over, shortened, err := readRows(f, name, false)
	if err != nil || !shortened {
		return g, over, err
	}
	// Long numbers show as 1.23E+11; a second reading brings their digits.
	raw, _, _, err := readRows(f, name, true)
	for r := range g {
		for c := range g[r] {
			if isShortened(g[r][c].text) {
				g[r][c].text = raw.at(r, c).text
			}
		}
	}
	return g, over, err
}

func isShortened(s string) bool {
	return len(s) > 4 && s[0] >= '0' && s[0] <= '9' && strings.Contains(s, "E+")
}

func readRows(f *excelize.File, name string, raw bool) (g grid, over, shortened bool, err error) {
	rows, err := f.Rows(name)
	if err != nil {
		return nil, false, false, broken(err)
	}
	defer rows.Close()
	for rows.Next() {
		if len(g) == maxRows {
			return g, true, shortened, nil
		}
		values, err := rows.Columns(excelize.Options{RawCellValue: raw})
		if err != nil {
			return nil, false, false, broken(err)
		}
		row := make([]cell, min(len(values), maxCols))
		for c := range row {
			row[c] = cell{text: clean(values[c]), r: len(g), c: c}
			shortened = shortened || isShortened(row[c].text)
		}
		g = append(g, row)
	}
	return g, false, shortened, nil
}

// sheetParts says which part of the package holds each sheet.
func sheetParts(z *zip.Reader) map[string]string {
	var wb struct {
		Sheets struct {
			Sheet []struct {
				Name string `xml:"name,attr"`
				ID   string `xml:"id,attr"`
			} `xml:"sheet"`
		} `xml:"sheets"`
	}
	var rels struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	for name, into := range map[string]any{"xl/workbook.xml": &wb, "xl/_rels/workbook.xml.rels": &rels} {
		data, err := part(z, name, 1<<20)
		if err != nil || xml.Unmarshal(data, into) != nil {
			return nil // merged cells are then read as blank ones
		}
	}
	target := map[string]string{}
	for _, r := range rels.Relationship {
		if strings.HasPrefix(r.Target, "/") {
			target[r.ID] = strings.TrimPrefix(path.Clean(r.Target), "/")
		} else {
			target[r.ID] = path.Join("xl", r.Target)
		}
	}
	out := map[string]string{}
	for _, s := range wb.Sheets.Sheet {
		out[s.Name] = target[s.ID]
	}
	return out
}

// spread gives every cell of a merged range the text of its first one.
func spread(g grid, z *zip.Reader, name string) error {
	f, err := z.Open(name)
	if err != nil {
		return broken(err)
	}
	defer f.Close()
	d := xml.NewDecoder(f) // open has bounded the part's size
	for budget := maxFill; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "mergeCell" {
			continue
		}
		if budget -= g.merge(attr(e, "ref")); budget < 0 {
			return bot.Refuse(text.FormRefuseBomb, "form: too many merged cells")
		}
	}
}

// merge spreads one range (A1:B3) as far as the grid goes, and returns the work done.
func (g grid) merge(ref string) int {
	a, b, _ := strings.Cut(ref, ":")
	c0, r0, err := excelize.CellNameToCoordinates(a)
	c1, r1, err2 := excelize.CellNameToCoordinates(b)
	if err != nil || err2 != nil || r0 > len(g) || c0 > maxCols {
		return 1
	}
	r0, c0, r1, c1 = r0-1, c0-1, min(r1, len(g)), min(c1, maxCols)
	from := g.at(r0, c0)
	from.r, from.c = r0, c0
	for r := r0; r < r1; r++ {
		for len(g[r]) < c1 {
			g[r] = append(g[r], cell{r: r, c: len(g[r])})
		}
		for c := c0; c < c1; c++ {
			g[r][c] = from
		}
	}
	return 1 + max(0, r1-r0)*max(0, c1-c0)
}
