package read

import (
	"encoding/xml"
	"strings"
)

// docx reads WordprocessingML as a stream: a paragraph is written when it ends, so a
// document of any length costs the memory of its text.
type docx struct {
	s     *sink
	st    *styles
	notes map[string]string // "footnote 2" → its text
	carry string            // of a paragraph whose mark was deleted: the next begins with it
	page  int               // from 1
	pages bool              // the document says where its pages break
	shade int               // backgrounds around the current text
}

// block is a paragraph or a table row on its way out.
type block struct {
	text  string
	level int
	page  int
	row   bool // of a table
	bare  bool // an automatic number and no text: of use in a table only
}

func readDOCX(s *sink, a *archive, main string) error {
	s.out.Format = "docx"
	readCore(s, a)
	rels, err := relations(s, a, main)
	if err != nil {
		return err
	}
	st, err := readStyles(s, a, rels["styles"], rels["numbering"])
	if err != nil {
		return err
	}
	d := &docx{s: s, st: st, page: 1, notes: map[string]string{}}
	for _, kind := range []string{"footnote", "endnote"} {
		if err := d.readNotes(a, rels[kind+"s"], kind); err != nil {
			return err
		}
	}
	d.pages, d.page = false, 1
	write := func(b block) error {
		if b.bare {
			return nil
		}
		s.page = b.page
		return s.line(b.text, b.level)
	}
	err = parse(s, a, main, func(t *tokens, root xml.StartElement) error {
		if root.Name.Local != "document" {
			return fail(Broken, "docx without a document")
		}
		return t.each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "body":
				return d.blocks(t, write)
			case "background":
				if c := attr(e, "color"); c != "" && c != "auto" && !nearlyWhite(c) {
					d.shade++
				}
			}
			return t.skip()
		})
	})
	if err != nil {
		return err
	}
	if d.carry != "" {
		if err := write(block{text: d.carry, page: d.page}); err != nil {
			return err
		}
	}
	if d.pages {
		s.out.Pages = d.page
		return nil
	}
	for i := range s.out.Lines {
		s.out.Lines[i].Page = 0
	}
	return nil
}

// readNotes reads the foot- or endnotes, which stand in a part of their own.
func (d *docx) readNotes(a *archive, part, kind string) error {
	if !a.has(part) {
		return nil
	}
	return parse(d.s, a, part, func(t *tokens, _ xml.StartElement) error {
		return t.each(func(e xml.StartElement) error {
			if e.Name.Local != kind || attr(e, "type") != "" && attr(e, "type") != "normal" {
				return t.skip()
			}
			var parts []string
			err := d.blocks(t, func(b block) error { parts = append(parts, b.text); return nil })
			d.notes[kind+" "+attr(e, "id")] = strings.TrimSpace(strings.Join(parts, " "))
			return err
		})
	})
}

// blocks reads what holds paragraphs and tables.
func (d *docx) blocks(t *tokens, out func(block) error) error {
	return d.blocksOr(t, func(xml.StartElement) (bool, error) { return false, nil }, out)
}

// blocksOr is blocks, where other has the first look at each element and may read it.
func (d *docx) blocksOr(t *tokens, other func(xml.StartElement) (bool, error), out func(block) error) error {
	chosen := false
	var read func(e xml.StartElement) error
	read = func(e xml.StartElement) error {
		if done, err := other(e); done || err != nil {
			return err
		}
		switch e.Name.Local {
		case "p":
			return d.paragraph(t, out)
		case "tbl":
			return d.table(t, out)
		case "AlternateContent":
			chosen = false
			return t.each(read)
		case "Choice":
			chosen = true
			return t.each(read)
		case "Fallback":
			if chosen {
				return t.skip()
			}
			return t.each(read)
		case "sdt":
			return d.control(t, read)
		case "ins", "moveTo", "customXml", "smartTag", "sdtContent":
			return t.each(read)
		}
		return t.skip() // w:del, w:moveFrom and what is no text
	}
	return t.each(read)
}

// control reads a content control; one that holds a table of contents is left out.
func (d *docx) control(t *tokens, read func(xml.StartElement) error) error {
	contents := false
	return t.each(func(e xml.StartElement) error {
		switch {
		case e.Name.Local == "sdtContent" && !contents:
			return t.each(read)
		case e.Name.Local == "sdtPr":
			return t.each(func(e xml.StartElement) error {
				if e.Name.Local != "docPartObj" {
					return t.skip()
				}
				return t.each(func(e xml.StartElement) error {
					contents = contents || e.Name.Local == "docPartGallery" && attr(e, "val") == "Table of Contents"
					return t.skip()
				})
			})
		}
		return t.skip()
	})
}

// runs is the text of one paragraph as it is read.
type runs struct {
	d        *docx
	p        props
	text     strings.Builder
	hidden   strings.Builder
	after    []block // text boxes and notes
	page     int     // where the first text stands
	contents bool    // a line of a table of contents
	codes    []bool  // open fields: still in the instruction?
	chosen   bool
}

func (d *docx) paragraph(t *tokens, out func(block) error) error {
	r := &runs{d: d, p: d.st.resolve(noProps())}
	if err := t.each(func(e xml.StartElement) error { return r.inline(t, e) }); err != nil {
		return err
	}
	d.s.hide(r.hidden.String())
	text := d.carry + r.text.String()
	d.carry = ""
	if r.page == 0 {
		r.page = d.page
	}
	blank := strings.TrimSpace(text) == ""
	switch {
	case r.contents || d.st.contents(r.p.style):
		text = ""
	case r.p.deleted:
		d.carry, text = text, ""
	case blank && (r.p.unseen || r.hidden.Len() > 0):
	default:
		if n := d.st.lists[r.p.num]; n != nil {
			text = n.next(r.p.level) + strings.TrimLeft(text, " \t　")
		}
	}
	b := block{text: text, page: r.page, bare: blank}
	if r.p.outline >= 0 && r.p.outline < 9 && !blank {
		b.level = r.p.outline + 1
		b.text = strings.ReplaceAll(text, "\n", " ")
	}
	if err := out(b); err != nil {
		return err
	}
	for _, b := range r.after {
		if err := out(b); err != nil {
			return err
		}
	}
	return nil
}
