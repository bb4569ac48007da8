package read

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// tokens reads XML of unknown origin: no document type (and so no entities), no more
// than so many nested elements, names without namespaces.
type tokens struct {
	s     *sink
	d     *xml.Decoder
	depth int
	count int
}

func newTokens(s *sink, r io.Reader) *tokens {
	d := xml.NewDecoder(r)
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "gb18030", "gbk", "gb2312":
			return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
		}
		return nil, fail(Charset, "xml in %.20q", label)
	}
	return &tokens{s: s, d: d}
}

// next is the next start, end or text; nil at the end.
func (t *tokens) next() (xml.Token, error) {
	for {
		tok, err := t.d.Token()
		if errors.Is(err, io.EOF) && tok == nil {
			return nil, nil
		}
		if err != nil {
			var ours *Error
			if errors.As(err, &ours) {
				return nil, ours
			}
			return nil, fail(Broken, "xml: %v", err)
		}
		if t.count++; t.count%4096 == 0 && t.s.ctx.Err() != nil {
			return nil, t.s.ctx.Err()
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if t.depth++; t.depth > t.s.lim.Depth {
				return nil, fail(Bomb, "xml nested deeper than %d", t.s.lim.Depth)
			}
			return tok, nil
		case xml.EndElement:
			t.depth--
			return tok, nil
		case xml.CharData:
			return tok, nil
		case xml.Directive:
			return nil, fail(Broken, "xml with a document type")
		}
	}
}

// each calls f for every child element of the element just started, to its end. f
// must read its element to the end (by each, text or skip).
func (t *tokens) each(f func(e xml.StartElement) error) error {
	return t.mixed(f, nil)
}

// mixed is each with the text between.
func (t *tokens) mixed(f func(e xml.StartElement) error, text func(string)) error {
	for {
		tok, err := t.next()
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case nil, xml.EndElement:
			return nil
		case xml.StartElement:
			if err := f(tok); err != nil {
				return err
			}
		case xml.CharData:
			if text != nil {
				text(string(tok))
			}
		}
	}
}

func (t *tokens) skip() error {
	for depth := 1; depth > 0; {
		tok, err := t.next()
		if err != nil {
			return err
		}
		switch tok.(type) {
		case nil:
			return nil
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// text is all the text of the element just started.
func (t *tokens) text() (string, error) {
	var b strings.Builder
	for depth := 1; depth > 0; {
		tok, err := t.next()
		if err != nil {
			return "", err
		}
		switch tok := tok.(type) {
		case nil:
			return b.String(), nil
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			b.Write(tok)
		}
	}
	return b.String(), nil
}

// parse reads an entry of a zip as XML: f is called for its root element.
func parse(s *sink, a *archive, name string, f func(t *tokens, root xml.StartElement) error) error {
	rc, err := a.open(name)
	if err != nil {
		return err
	}
	defer rc.Close()
	t := newTokens(s, rc)
	for {
		tok, err := t.next()
		if root, ok := tok.(xml.StartElement); err == nil && ok {
			err = f(t, root)
		} else if err == nil && tok != nil {
			continue
		} else if err == nil {
			err = fail(Broken, "xml without an element")
		}
		if err != nil && rc.err != nil {
			return rc.err
		}
		return err
	}
}

// attr is an attribute by its local name.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number reads a small integer; other is what stands for none.
func number(text string, other int) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < -1<<30 || n > 1<<30 {
		return other
	}
	return n
}
