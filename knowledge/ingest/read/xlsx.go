package read

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// sheet is a worksheet as its workbook and the head of its part describe it.
type sheet struct {
	name   string
	hidden bool
	cols   [][2]int // hidden columns, from and to, from 1
}

// dullSheet is a name that a program gave.
var dullSheet = regexp.MustCompile(`(?i)^(?:sheet|工作表|表)\s*\d*$`)

// readXLSX reads the visible sheets of a workbook: the sheet's name is a heading, a row
// below a header row is "header：value" pairs, any other row its cells joined by " | ".
// Values are as the workbook shows them. Hidden sheets, rows and columns go to Hidden.
func readXLSX(s *sink, a *archive, r io.ReaderAt, size int64) error {
	s.out.Format = "xlsx"
	readCore(s, a)
	sheets, err := readSheets(s, a)
	if err != nil {
		return err
	}
	if err := a.fitsWorkbook(size); err != nil {
		return err
	}
	return shielded(func() error {
		f, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
			UnzipSizeLimit: s.lim.Unpacked, UnzipXMLSizeLimit: min(16<<20, s.lim.Unpacked),
		})
		if err != nil {
			if errors.Is(err, excelize.ErrWorkbookFileFormat) || errors.Is(err, excelize.ErrWorkbookPassword) {
				return fail(Encrypted, "xlsx")
			}
			if strings.Contains(err.Error(), "unzip size exceeds") {
				return fail(Bomb, "xlsx: %v", err)
			}
			return fail(Broken, "xlsx: %v", err)
		}
		defer f.Close()
		cells := 0
		for _, one := range sheets {
			if err := readSheet(s, f, one, &cells); err != nil {
				return err
			}
		}
		return nil
	})
}

// fitsWorkbook checks the sizes that a workbook's entries state (the zip reader holds
// them to it): the library keeps every part but sheets and strings in memory, as a tree.
func (a *archive) fitsWorkbook(size int64) error {
	const kept = 32 << 20
	var all, tree int64
	for name, f := range a.files {
		n := int64(min(f.UncompressedSize64, 1<<40))
		all += n
		if strings.HasSuffix(name, ".xml") && !strings.HasPrefix(name, "xl/worksheets/") && name != "xl/sharedstrings.xml" {
			tree += n
		}
	}
	switch {
	case all > a.lim.Unpacked:
		return fail(Bomb, "xlsx of %d bytes", all)
	case all > freeUnpack && all/max(size, 1) > a.lim.Ratio:
		return fail(Bomb, "xlsx unpacks more than %d times", a.lim.Ratio)
	case tree > kept:
		return fail(Bomb, "xlsx with %d bytes beside its sheets", tree)
	}
	return nil
}

// readSheets finds the sheets, their order and what is hidden in them.
func readSheets(s *sink, a *archive) ([]sheet, error) {
	main, err := mainPart(s, a)
	if err != nil {
		return nil, err
	}
	rels, err := relations(s, a, main)
	if err != nil {
		return nil, err
	}
	var sheets []sheet
	var parts []string
	err = parse(s, a, main, func(t *tokens, _ xml.StartElement) error {
		return t.each(func(e xml.StartElement) error {
			if e.Name.Local != "sheets" {
				return t.skip()
			}
			return t.each(func(e xml.StartElement) error {
				state := attr(e, "state")
				sheets = append(sheets, sheet{name: attr(e, "name"), hidden: state == "hidden" || state == "veryHidden"})
				parts = append(parts, rels["#"+attr(e, "id")])
				if len(sheets) > 1000 {
					return fail(TooBig, "more than 1000 sheets")
				}
				return t.skip()
			})
		})
	})
	if err != nil {
		return nil, err
	}
	stop := errors.New("the columns have been read")
	for i, part := range parts {
		if !a.has(part) {
			continue
		}
		err := parse(s, a, part, func(t *tokens, _ xml.StartElement) error {
			return t.each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "sheetData":
					return stop
				case "cols":
					return t.each(func(e xml.StartElement) error {
						if h := attr(e, "hidden"); h != "" && on(h) && len(sheets[i].cols) < 1000 {
							sheets[i].cols = append(sheets[i].cols, [2]int{number(attr(e, "min"), 0), number(attr(e, "max"), 0)})
						}
						return t.skip()
					})
				}
				return t.skip()
			})
		})
		if err != nil && !errors.Is(err, stop) {
			return nil, err
		}
	}
	return sheets, nil
}

func readSheet(s *sink, f *excelize.File, one sheet, cells *int) error {
	in, err := f.Rows(one.name)
	if err != nil {
		var missing excelize.ErrSheetNotExist
		if errors.As(err, &missing) || strings.Contains(err.Error(), "not a worksheet") {
			return nil // a chart sheet
		}
		return fail(Broken, "xlsx: %v", err)
	}
	defer in.Close()
	var rows [][]string
	var bytes int64
	for in.Next() {
		opts := in.GetRowOpts()
		row, err := in.Columns()
		if err != nil {
			return fail(Broken, "xlsx: %v", err)
		}
		if *cells += len(row) + 1; *cells > s.lim.Cells {
			return fail(TooBig, "more than %d cells", s.lim.Cells)
		}
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		filled := 0
		for i, cell := range row {
			row[i] = s.clean(strings.Join(strings.Fields(cell), " "))
			if row[i] == "" {
				continue
			}
			for _, c := range one.cols {
				if i+1 >= c[0] && i+1 <= c[1] {
					s.hide(row[i])
					row[i] = ""
				}
			}
			if bytes += int64(len(row[i])); row[i] != "" {
				filled++
			}
		}
		switch {
		case filled == 0:
			continue
		case one.hidden || opts.Hidden:
			s.hide(joinCells(row))
			continue
		case bytes > 2*s.lim.TextBytes:
			return fail(TooBig, "more than %d bytes of text", s.lim.TextBytes)
		}
		rows = append(rows, row)
	}
	if err := in.Error(); err != nil {
		return fail(Broken, "xlsx: %v", err)
	}
	if len(rows) == 0 {
		return nil
	}
	if !dullSheet.MatchString(one.name) {
		if err := s.line(one.name, 1); err != nil {
			return err
		}
	}
	at := header(rows)
	for i, row := range rows {
		text := joinCells(row)
		if at >= 0 && i > at {
			text = pairs(rows[at], row)
		}
		if err := s.line(text, 0); err != nil {
			return err
		}
	}
	return nil
}

// header finds the row that names the columns: among the first six, the first with at
// least two cells, all of them short and different, and rows of two cells or more
// below it. -1: there is none.
func header(rows [][]string) int {
	const label = 20 // characters
next:
	for i, row := range rows[:min(len(rows), 6)] {
		seen := map[string]bool{}
		for _, cell := range row {
			if cell == "" {
				continue
			}
			if seen[cell] || utf8.RuneCountInString(cell) > label || strings.Trim(cell, "0123456789.,-/%: ") == "" {
				continue next
			}
			seen[cell] = true
		}
		if len(seen) < 2 || i+1 >= len(rows) {
			continue
		}
		wide := 0
		for _, cell := range rows[i+1] {
			if cell != "" {
				wide++
			}
		}
		if wide >= 2 {
			return i
		}
	}
	return -1
}

// pairs writes a row under its header.
func pairs(header, row []string) string {
	var parts []string
	filled := 0
	for i, cell := range row {
		switch {
		case cell == "":
			continue
		case i < len(header) && header[i] != "":
			parts = append(parts, header[i]+"："+cell)
		default:
			parts = append(parts, cell)
		}
		filled++
	}
	if filled == 1 { // a caption or a remark
		return joinCells(row)
	}
	return strings.Join(parts, "，") // one sentence: a row is quoted whole or not at all
}

func joinCells(row []string) string {
	var parts []string
	for _, cell := range row {
		if cell != "" {
			parts = append(parts, cell)
		}
	}
	return strings.Join(parts, " | ")
}

// shielded runs a parser of others that may panic on a file made to hurt it.
func shielded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fail(Broken, "the parser gave up: %.100v", p)
		}
	}()
	return f()
}
