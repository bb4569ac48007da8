package form

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

const (
	maxDepth     = 12 // tables inside tables
	maxTableRows = 3000
	maxCells     = 200_000
)

// readDocx returns the tables of a docx, nested ones too, and the paragraphs outside
// tables. Deleted text of tracked changes is left out.
func readDocx(z *zip.Reader) ([]grid, []string, error) {
	data, err := part(z, mainPart(z), maxOldPart)
	if err != nil {
		return nil, nil, err
	}
	r := &docxReader{d: xml.NewDecoder(bytes.NewReader(data))}
	all, err := r.content("")
	var user *bot.Error
	if err != nil && !errors.As(err, &user) {
		err = broken(err)
	}
	return r.tables, all.paras, err
}

type docxReader struct {
	d      *xml.Decoder
	tables []grid
	depth  int
	cells  int
}

// content is what stands in a body or a table cell.
type content struct {
	paras []string
	span  int  // of a cell, in columns
	joins bool // a cell that continues the one above
}

// content reads up to the end of an element, or of the file.
func (r *docxReader) content(end string) (content, error) {
	var c content
	number := 0
	for {
		t, err := r.d.Token()
		if errors.Is(err, io.EOF) && end == "" {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == end {
				return c, nil
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "p":
				s, listed, err := r.para()
				if err != nil {
					return c, err
				}
				if s = clean(s); s != "" && listed { // numbers that Word counts itself
					number++
					s = fmt.Sprintf("%d. %s", number, s)
				}
				c.paras = append(c.paras, s)
			case "tbl":
				if err := r.table(); err != nil {
					return c, err
				}
			case "tcPr":
				if c.span, c.joins, err = r.cellProps(); err != nil {
					return c, err
				}
			case "Fallback", "del", "moveFrom", "sdtPr", "sectPr", "tblPr":
				if err := r.d.Skip(); err != nil {
					return c, err
				}
			}
		}
	}
}

// para reads a paragraph and whether Word numbers it.
func (r *docxReader) para() (string, bool, error) {
	if r.depth++; r.depth > maxDepth {
		return "", false, tooLarge()
	}
	defer func() { r.depth-- }()
	var b strings.Builder
	listed, inText := false, false
	for {
		t, err := r.d.Token()
		if err != nil {
			return "", false, err
		}
		switch e := t.(type) {
		case xml.CharData:
			if inText {
				b.Write(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "p":
				return b.String(), listed, nil
			case "t":
				inText = false
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "t":
				inText = true
			case "tab":
				b.WriteByte(' ')
			case "br", "cr":
				b.WriteByte('\n')
			case "noBreakHyphen":
				b.WriteByte('-')
			case "p": // a text box
				s, _, err := r.para()
				if err != nil {
					return "", false, err
				}
				b.WriteString("\n" + s)
			case "tbl":
				if err := r.table(); err != nil {
					return "", false, err
				}
			case "pPr":
				if listed, err = r.numbered(); err != nil {
					return "", false, err
				}
			case "Fallback", "del", "moveFrom", "instrText", "rPr", "delText":
				if err := r.d.Skip(); err != nil {
					return "", false, err
				}
			}
		}
	}
}

// numbered reads paragraph properties for a list number.
func (r *docxReader) numbered() (bool, error) {
	listed := false
	for depth := 1; depth > 0; {
		t, err := r.d.Token()
		if err != nil {
			return false, err
		}
		switch e := t.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			if e.Name.Local == "numId" && attr(e, "val") != "0" {
				listed = true
			}
		}
	}
	return listed, nil
}

func (r *docxReader) table() error {
	if r.depth++; r.depth > maxDepth {
		return tooLarge()
	}
	defer func() { r.depth-- }()
	var g grid
	for {
		t, err := r.d.Token()
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == "tbl" {
				r.tables = append(r.tables, g)
				return nil
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "tr":
				if g, err = r.row(g); err != nil {
					return err
				}
			case "tblPr", "tblGrid", "sdtPr", "del":
				if err := r.d.Skip(); err != nil {
					return err
				}
			}
		}
	}
}

// row reads a table row and appends it, spans spread out.
func (r *docxReader) row(g grid) (grid, error) {
	at := len(g)
	if at >= maxTableRows {
		return nil, tooLarge()
	}
	var row []cell
	add := func(c cell, span int) error {
		for range max(1, span) {
			if len(row) >= maxCols {
				return nil
			}
			if r.cells++; r.cells > maxCells {
				return tooLarge()
			}
			row = append(row, c)
		}
		return nil
	}
	for {
		t, err := r.d.Token()
		if err != nil {
			return nil, err
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == "tr" {
				return append(g, row), nil
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "gridBefore":
				n, _ := strconv.Atoi(attr(e, "val")) // a bad number is no offset
				for range min(n, maxCols) {
					if err := add(cell{r: at, c: len(row)}, 1); err != nil {
						return nil, err
					}
				}
			case "tc":
				in, err := r.content("tc")
				if err != nil {
					return nil, err
				}
				c := cell{text: clean(strings.Join(in.paras, "\n")), r: at, c: len(row)}
				if above := g.at(at-1, len(row)); in.joins && at > 0 && above.c == len(row) {
					c = above
				}
				if err := add(c, in.span); err != nil {
					return nil, err
				}
			case "sdtPr", "tblPrEx":
				if err := r.d.Skip(); err != nil {
					return nil, err
				}
			}
		}
	}
}

// cellProps reads how many columns a cell takes, and whether it continues the cell
// above.
func (r *docxReader) cellProps() (span int, joins bool, err error) {
	for depth := 1; depth > 0; {
		t, err := r.d.Token()
		if err != nil {
			return 0, false, err
		}
		switch e := t.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			switch e.Name.Local {
			case "gridSpan":
				if n, err := strconv.Atoi(attr(e, "val")); err == nil && n > 0 {
					span = min(n, maxCols)
				}
			case "vMerge":
				joins = attr(e, "val") != "restart"
			}
		}
	}
	return span, joins, nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func tooLarge() error { return bot.Refuse(text.FormRefuseBomb, "form: table too large") }
