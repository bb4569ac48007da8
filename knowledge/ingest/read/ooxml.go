package read

import (
	"encoding/xml"
	"path"
	"strings"
)

// mainPart finds the main part of an Office package by its relationships.
func mainPart(s *sink, a *archive) (string, error) {
	rels, err := relations(s, a, "")
	if err != nil {
		return "", err
	}
	if main := rels["officedocument"]; a.has(main) {
		return main, nil
	}
	for _, main := range []string{"word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"} {
		if a.has(main) {
			return main, nil
		}
	}
	return "", nil
}

// relations are the parts that a part (or the package, "") refers to, by the last word
// of the relationship's type and, for the caller who has one, by its id.
func relations(s *sink, a *archive, part string) (map[string]string, error) {
	dir, base := path.Split(part)
	name := dir + "_rels/" + base + ".rels"
	rels := map[string]string{}
	if !a.has(name) {
		return rels, nil
	}
	err := parse(s, a, name, func(t *tokens, _ xml.StartElement) error {
		return t.each(func(e xml.StartElement) error {
			if e.Name.Local == "Relationship" && attr(e, "TargetMode") != "External" {
				target := entry(attr(e, "Target"))
				if !strings.HasPrefix(attr(e, "Target"), "/") {
					target = entry(path.Join(dir, target))
				}
				kind := strings.ToLower(path.Base(attr(e, "Type")))
				if _, known := rels[kind]; !known {
					rels[kind] = target
				}
				rels["#"+attr(e, "Id")] = target
			}
			return t.skip()
		})
	})
	return rels, err
}

// readCore takes the title from docProps/core.xml, if it is there and sound.
func readCore(s *sink, a *archive) {
	if !a.has("docprops/core.xml") {
		return
	}
	// A title is a courtesy: no file is refused for want of one.
	_ = parse(s, a, "docprops/core.xml", func(t *tokens, _ xml.StartElement) error {
		return t.each(func(e xml.StartElement) error {
			if e.Name.Local != "title" {
				return t.skip()
			}
			text, err := t.text()
			if err == nil {
				s.title(text)
			}
			return err
		})
	})
}
