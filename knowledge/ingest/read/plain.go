package read

import (
	"io"
	"regexp"
	"strings"
)

var declaredCharset = regexp.MustCompile(`(?i)<meta[^>]+charset\s*=\s*["']?([\w-]{2,20})`)

// readPlain reads what is no archive: html, md or txt. The name decides between md and
// txt only, and between html and txt where the text does not begin as html does.
func readPlain(s *sink, ext string, r io.ReaderAt, size int64) error {
	// A character takes four bytes at most, and html is mostly markup.
	if size > 4*s.lim.TextBytes {
		return fail(TooBig, "%d bytes of text", size)
	}
	b := make([]byte, size)
	if _, err := r.ReadAt(b, 0); err != nil && err != io.EOF {
		return err
	}
	declared := ""
	if m := declaredCharset.FindSubmatch(b[:min(len(b), 4096)]); m != nil {
		declared = string(m[1])
	}
	text, err := decode(b, declared)
	if err != nil {
		return err
	}
	start := strings.ToLower(first(strings.TrimLeft(text, "\ufeff \t\r\n"), 400))
	for strings.HasPrefix(start, "<!--") { // a comment may stand before the rest
		_, rest, ok := strings.Cut(start, "-->")
		if !ok {
			break
		}
		start = strings.TrimSpace(rest)
	}
	starts := func(with ...string) bool {
		for _, w := range with {
			if strings.HasPrefix(start, w) {
				return true
			}
		}
		return false
	}
	markup := starts("<html", "<!doctype html", "<head", "<body", "<meta", "<div", "<table", "<p>", "<title")
	switch {
	case markup, starts("<?xml") && strings.Contains(start, "<html"),
		(ext == ".html" || ext == ".htm" || ext == ".xhtml" || ext == ".shtml") && strings.Contains(text, "</"):
		return readHTML(s, text)
	case starts("<?xml"):
		return fail(UnknownFormat, "xml")
	case starts("mime-version:", "from: <saved by"):
		return fail(UnknownFormat, "mhtml")
	case ext == ".md" || ext == ".markdown":
		return readMD(s, text)
	}
	return readTXT(s, text)
}

// readTXT takes every line for a paragraph. Form feeds count pages.
func readTXT(s *sink, text string) error {
	s.out.Format = "txt"
	pages := strings.Split(strings.TrimRight(text, "\f\n\r "), "\f")
	for i, page := range pages {
		if len(pages) > 1 {
			s.page, s.out.Pages = i+1, len(pages)
		}
		if err := s.line(page, 0); err != nil {
			return err
		}
	}
	return nil
}

var (
	mdHeading = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+|$)`)
	mdClose   = regexp.MustCompile(`[ \t]+#+[ \t]*$`)
	mdRule    = regexp.MustCompile(`^\s*([-*_=])(?:\s*([-*_=])){2,}\s*$`)
	mdTable   = regexp.MustCompile(`^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$`)
	mdImage   = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
	mdLink    = regexp.MustCompile(`\[([^\]]+)\]\((?:[^()]|\([^)]*\))*\)`)
	mdBold    = regexp.MustCompile(`\*\*([^*]+)\*\*|__([^_]+)__`)
	mdItem    = regexp.MustCompile(`^\s*(?:[-*+]|>)[ \t]+`)
	mdComment = regexp.MustCompile(`(?s)<!--(.*?)-->`)
	mdTag     = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)
	mdSetext  = regexp.MustCompile(`^ {0,3}(=+|-{3,})\s*$`)
)

// readMD reads Markdown: headings give the level, emphasis and links keep their words,
// table rows become cells joined by " | ", front matter stays as it is, a line each.
// Lines of one paragraph stay apart: what a writer of rules puts on a line of its own
// is one.
func readMD(s *sink, text string) error {
	s.out.Format = "md"
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	for _, m := range mdComment.FindAllStringSubmatch(text, -1) {
		s.hide(m[1])
	}
	lines := strings.Split(mdComment.ReplaceAllString(text, ""), "\n")
	at := 0
	if strings.TrimSpace(lines[0]) == "---" {
		for i := 1; i < len(lines); i++ {
			if end := strings.TrimSpace(lines[i]); end == "---" || end == "..." {
				for _, l := range lines[1:i] {
					if key, value, ok := strings.Cut(l, ":"); ok && strings.EqualFold(strings.TrimSpace(key), "title") {
						s.title(strings.Trim(strings.TrimSpace(value), `"'`))
					}
					if err := s.line(l, 0); err != nil {
						return err
					}
				}
				at = i + 1
				break
			}
		}
	}
	fence := ""
	for ; at < len(lines); at++ {
		l, level := lines[at], 0
		mark := strings.TrimSpace(l)
		if fence != "" || strings.HasPrefix(mark, "```") || strings.HasPrefix(mark, "~~~") {
			switch {
			case fence == "":
				fence = mark[:3]
			case strings.HasPrefix(mark, fence):
				fence = ""
			default:
				if err := s.line(l, 0); err != nil {
					return err
				}
			}
			continue
		}
		if m := mdHeading.FindStringSubmatch(l); m != nil {
			level = len(m[1])
			l = mdClose.ReplaceAllString(l[len(m[0]):], "")
		} else if mdRule.MatchString(l) || mdTable.MatchString(l) && strings.Contains(l, "|") {
			continue
		} else if at+1 < len(lines) && mark != "" && mdSetext.MatchString(lines[at+1]) && (at == 0 || strings.TrimSpace(lines[at-1]) == "") {
			level = 2
			if strings.Contains(lines[at+1], "=") {
				level = 1
			}
		}
		if err := s.line(inlineMD(l), level); err != nil {
			return err
		}
		if level > 0 && at+1 < len(lines) && mdSetext.MatchString(lines[at+1]) {
			at++
		}
	}
	return nil
}

// inlineMD takes the marks of Markdown out of a line.
func inlineMD(l string) string {
	if row := strings.TrimSpace(l); strings.HasPrefix(row, "|") && strings.HasSuffix(row, "|") && len(row) > 1 {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		l = strings.Join(cells, " | ")
	}
	l = mdItem.ReplaceAllString(l, "")
	l = mdImage.ReplaceAllString(l, "$1")
	l = mdLink.ReplaceAllString(l, "$1")
	l = mdBold.ReplaceAllString(l, "$1$2")
	return mdTag.ReplaceAllString(l, "")
}
