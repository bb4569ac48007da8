package read

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML reads the whole body in its order. Nothing is scored and thrown away as
// "not the article": rules are full of short lines and tables, which is what such
// scores mistake for decoration. Left out are scripts, navigation by its own name and
// blocks that are lists of links; what a style hides goes to Hidden.
func readHTML(s *sink, text string) error {
	s.out.Format = "html"
	doc, err := html.ParseWithOptions(strings.NewReader(text), html.ParseOptionEnableScripting(false))
	if err != nil {
		return fail(Broken, "html: %v", err)
	}
	h := &page{s: s, hidden: map[string]bool{}, counts: map[*html.Node]int{}}
	h.head(doc, 0)
	if err := h.block(doc, 0, 0); err != nil {
		return err
	}
	return h.flush(0)
}

// page is an html document on its way out.
type page struct {
	s      *sink
	line   strings.Builder
	label  string             // the number of a list's item, for its first line
	counts map[*html.Node]int // of ordered lists, where they stand
	hidden map[string]bool    // selectors of one tag, class or id that the page's styles hide
}

var (
	cssRule   = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	cssSimple = regexp.MustCompile(`^[a-zA-Z]*[.#][\w-]+$|^[a-zA-Z]+$`)
	// unseen are declarations under which nobody reads a text.
	unseen = regexp.MustCompile(`(?i)(?:^|;|\s)(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*(?:0|0?\.\d+|1(?:\.0+)?)(?:px|pt|em|rem|%)?\s*(?:;|!|$)|opacity\s*:\s*0?(?:\.0\d*)?\s*(?:;|!|$)|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,})`)
	white  = regexp.MustCompile(`(?i)(?:^|;|\s)color\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))`)
	ground = regexp.MustCompile(`(?i)background(?:-color|-image)?\s*:\s*(?:[^#w]|#[0-9a-e]|w[^h])`)
)

// head collects the title and the hiding styles, wherever they stand.
func (h *page) head(n *html.Node, depth int) {
	if depth > h.s.lim.Depth*4 {
		return
	}
	switch {
	case n.DataAtom == atom.Style:
		for _, rule := range cssRule.FindAllStringSubmatch(textOf(n), 2000) {
			// A colour in a sheet says little: the ground may come from another rule.
			if !unseen.MatchString(rule[2]) {
				continue
			}
			for _, sel := range strings.Split(rule[1], ",") {
				if sel = strings.TrimSpace(sel); cssSimple.MatchString(sel) {
					h.hidden[strings.ToLower(sel)] = true
				}
			}
		}
	case n.DataAtom == atom.Title:
		if h.s.out.Title == "" {
			h.s.title(textOf(n))
		}
	case n.DataAtom == atom.Meta && strings.EqualFold(value(n, "name"), "ArticleTitle"):
		h.s.title(value(n, "content"))
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		h.head(c, depth+1)
	}
}

// block reads the children of n; what is no block of its own is added to the line.
func (h *page) block(n *html.Node, level, depth int) error {
	if depth > h.s.lim.Depth*4 {
		return fail(Bomb, "html nested deeper than %d", h.s.lim.Depth*4)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := h.node(c, level, depth); err != nil {
			return err
		}
	}
	return nil
}

func (h *page) node(n *html.Node, level, depth int) error {
	switch n.Type {
	case html.TextNode:
		h.words(n.Data)
		return nil
	case html.CommentNode:
		return nil
	case html.DocumentNode:
		return h.block(n, level, depth+1)
	case html.ElementNode:
	default:
		return nil
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Object, atom.Embed, atom.Svg, atom.Math,
		atom.Head, atom.Title, atom.Nav, atom.Footer, atom.Button, atom.Select, atom.Textarea, atom.Input, atom.Rt, atom.Rp, atom.Del:
		return nil
	}
	if h.unseen(n) {
		h.s.hide(textOf(n))
		return nil
	}
	switch n.DataAtom {
	case atom.Br:
		return h.flush(level)
	case atom.Hr:
		return h.flush(level)
	case atom.Img:
		return nil
	case atom.Table:
		if err := h.flush(level); err != nil {
			return err
		}
		return h.table(n, depth+1)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		level = int(n.Data[1] - '0')
		if err := h.flush(0); err != nil {
			return err
		}
		if err := h.block(n, level, depth+1); err != nil {
			return err
		}
		return h.flush(level)
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Aside, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd,
		atom.Blockquote, atom.Pre, atom.Form, atom.Fieldset, atom.Legend, atom.Address, atom.Figure, atom.Figcaption, atom.Caption, atom.Center,
		atom.Body, atom.Html, atom.Details, atom.Summary, atom.Tr, atom.Td, atom.Th, atom.Tbody:
		if err := h.flush(level); err != nil {
			return err
		}
		if linkList(n) {
			return nil
		}
		if n.DataAtom == atom.Pre {
			for _, l := range strings.Split(textOf(n), "\n") {
				h.words(l)
				if err := h.flush(level); err != nil {
					return err
				}
			}
			return nil
		}
		if n.DataAtom == atom.Li {
			h.number(n)
		}
		if err := h.block(n, level, depth+1); err != nil {
			return err
		}
		return h.flush(level)
	}
	return h.block(n, level, depth+1)
}

// number writes the number of an item of an ordered list, as a browser does.
func (h *page) number(li *html.Node) {
	if li.Parent == nil || li.Parent.DataAtom != atom.Ol || strings.Contains(strings.ToLower(value(li.Parent, "style")+value(li, "style")), "none") {
		return
	}
	n, begun := h.counts[li.Parent]
	if !begun {
		n = number(value(li.Parent, "start"), 1) - 1
	}
	n = number(value(li, "value"), n+1)
	h.counts[li.Parent] = n
	format := map[string]string{"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}[value(li.Parent, "type")]
	h.label = numeral(n, format) + ". "
}

// words adds text to the line, white space as one space.
func (h *page) words(text string) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' })
	if len(fields) == 0 {
		if text != "" && h.line.Len() > 0 && !strings.Contains(text, "\n") {
			h.line.WriteByte(' ')
		}
		return
	}
	if h.line.Len() > 0 && (text[0] == ' ' || text[0] == '\t') {
		h.line.WriteByte(' ')
	}
	// A line break in the source between two Han characters is no space.
	for i, f := range fields {
		if i > 0 && (f[0] < 0x80 || fields[i-1][len(fields[i-1])-1] < 0x80 || !strings.Contains(text, "\n")) {
			h.line.WriteByte(' ')
		}
		h.line.WriteString(f)
	}
	if last := text[len(text)-1]; last == ' ' || last == '\t' {
		h.line.WriteByte(' ')
	}
}

func (h *page) flush(level int) error {
	text := h.line.String()
	h.line.Reset()
	if strings.TrimSpace(text) == "" {
		return nil
	}
	text, h.label = h.label+strings.TrimLeft(text, " "), ""
	return h.s.line(text, level)
}

// table writes a row as its cells joined by " | ". A row of one cell is a frame around
// text: its blocks are lines of their own.
func (h *page) table(table *html.Node, depth int) error {
	if depth > h.s.lim.Depth*4 {
		return fail(Bomb, "html nested deeper than %d", h.s.lim.Depth*4)
	}
	var walk func(n *html.Node) error
	walk = func(n *html.Node) error {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			var err error
			switch {
			case c.Type == html.ElementNode && h.unseen(c):
				h.s.hide(textOf(c))
			case c.DataAtom == atom.Tr:
				err = h.row(c, depth+1)
			case c.DataAtom == atom.Thead || c.DataAtom == atom.Tbody || c.DataAtom == atom.Tfoot:
				err = walk(c)
			case c.DataAtom == atom.Caption:
				if err = h.block(c, 0, depth+1); err == nil {
					err = h.flush(0)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(table)
}

func (h *page) row(tr *html.Node, depth int) error {
	var cells []*html.Node
	frame := false
	for c := tr.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		if h.unseen(c) {
			h.s.hide(textOf(c))
			continue
		}
		cells = append(cells, c)
		frame = frame || holds(c, atom.Table, 64)
	}
	filled := 0
	for _, c := range cells {
		if strings.TrimSpace(textOf(c)) != "" {
			filled++
		}
	}
	if filled <= 1 || frame { // cells that hold tables lay out a page
		for _, c := range cells {
			if err := h.block(c, 0, depth+1); err != nil {
				return err
			}
			if err := h.flush(0); err != nil {
				return err
			}
		}
		return nil
	}
	var texts []string
	for _, c := range cells {
		inner := &page{s: newSink(h.s.ctx, h.s.lim), hidden: h.hidden, counts: h.counts}
		if err := inner.block(c, 0, depth+1); err != nil {
			return err
		}
		if err := inner.flush(0); err != nil {
			return err
		}
		var parts []string
		for _, l := range inner.s.out.Lines {
			parts = append(parts, l.Text)
		}
		for r, n := range inner.s.marks {
			h.s.marks[r] += n
		}
		for _, t := range inner.s.out.Hidden {
			h.s.hide(t)
		}
		texts = append(texts, strings.Join(parts, " "))
	}
	return h.s.line(strings.TrimRight(strings.Join(texts, " | "), " |"), 0)
}

// unseen reports an element that shows nothing of its text.
func (h *page) unseen(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if unseen.MatchString(a.Val) || white.MatchString(a.Val) && !groundAbove(n) && !groundBelow(n, 16) {
				return true
			}
		case "color":
			if strings.EqualFold(a.Val, "#ffffff") || strings.EqualFold(a.Val, "white") {
				return n.DataAtom == atom.Font && !groundAbove(n) && !groundBelow(n, 16)
			}
		case "class":
			for _, class := range strings.Fields(strings.ToLower(a.Val)) {
				if h.hidden["."+class] || h.hidden[n.Data+"."+class] {
					return true
				}
			}
		case "id":
			if id := strings.ToLower(a.Val); h.hidden["#"+id] || h.hidden[n.Data+"#"+id] {
				return true
			}
		}
	}
	return h.hidden[n.Data] && n.DataAtom != atom.Body && n.DataAtom != atom.Html
}

// groundAbove reports a background around n, groundBelow one in it.
func groundAbove(n *html.Node) bool {
	for range 16 {
		if n = n.Parent; n == nil {
			return false
		}
		if grounded(n) {
			return true
		}
	}
	return false
}

func groundBelow(n *html.Node, depth int) bool {
	if grounded(n) {
		return true
	}
	for c, most := n.FirstChild, 32; c != nil && depth > 0 && most > 0; c, most = c.NextSibling, most-1 {
		if c.Type == html.ElementNode && (c.NextSibling == nil && c.PrevSibling == nil && groundBelow(c, depth-1) || grounded(c)) {
			return true
		}
	}
	return false
}

func grounded(n *html.Node) bool {
	return value(n, "bgcolor") != "" || value(n, "background") != "" || ground.MatchString(value(n, "style"))
}

// linkList reports a menu: at least three links, and next to nothing between them.
func linkList(n *html.Node) bool {
	links, linked, all, left := 0, 0, 0, 2000
	var walk func(n *html.Node, in bool, depth int)
	walk = func(n *html.Node, in bool, depth int) {
		left--
		if n.Type == html.TextNode {
			size := len(strings.TrimSpace(n.Data))
			if all += size; in {
				linked += size
			}
		}
		if n.DataAtom == atom.A && value(n, "href") != "" {
			links, in = links+1, true
		}
		for c := n.FirstChild; c != nil && depth < 64 && all < 4000 && left > 0; c = c.NextSibling {
			walk(c, in, depth+1)
		}
	}
	walk(n, false, 0)
	return links >= 3 && all < 4000 && left > 0 && linked*10 >= all*9 && linked < 30*3*links
}

func holds(n *html.Node, a atom.Atom, depth int) bool {
	for c := n.FirstChild; c != nil && depth > 0; c = c.NextSibling {
		if c.DataAtom == a || holds(c, a, depth-1) {
			return true
		}
	}
	return false
}

func value(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf is all the text below n.
func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil && depth < 600; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(n, 0)
	return b.String()
}
