package web

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"qingfeng/bot/text"
	"qingfeng/knowledge"
)

// mainLibrary is the store's name for the library of documents that name none.
const mainLibrary = "main"

func libraryName(name string) string {
	if name == mainLibrary {
		return text.LibraryMain
	}
	return name
}

func levelName(a knowledge.Authority) string {
	if names := text.IngestLevels(); a > 0 && int(a) < len(names) {
		return names[a]
	}
	return ""
}

// whoReads names audiences.
func whoReads(audiences []string) string {
	var out []string
	for _, a := range audiences {
		out = append(out, audienceName(a))
	}
	return strings.Join(out, text.ListComma)
}

func audienceName(a string) string {
	kind, of, _ := strings.Cut(a, ":")
	switch {
	case a == knowledge.Public:
		return text.LibraryForPublic
	case a == knowledge.Internal:
		return text.LibraryForUnit
	case kind == "role":
		for _, r := range text.RoleNames() {
			if r[0] == of {
				return r[1]
			}
		}
	}
	return of
}

// standing is where a version stands in its life. revised: another version of its
// document holds instead.
func standing(v knowledge.Version, today time.Time, revised bool) (stand, string) {
	switch {
	case !v.Withdrawn.IsZero():
		return stand{"withdrawn", text.LibraryGone}, "back"
	case v.Review:
		return stand{"review", text.LibraryWaiting}, "todo"
	case !v.Effective.IsZero() && v.Effective.After(today):
		return stand{"future", text.LibraryFuture}, "plain"
	case v.InForce(today):
		return stand{"in_force", text.LibraryInForce}, "done"
	case revised:
		return stand{"revised", text.LibraryRevised}, "plain"
	}
	return stand{"repealed", text.LibraryRepealed}, "plain"
}

// lifetime says since when and until when a version holds.
func lifetime(v knowledge.Version) string {
	since := text.LibrarySince
	if !v.Effective.IsZero() {
		since = fmt.Sprintf(text.LibraryFrom, civilDay(v.Effective))
	}
	if v.Repealed.IsZero() {
		return since
	}
	return since + text.Comma + fmt.Sprintf(text.LibraryUntil, civilDay(v.Repealed))
}

// civilDay writes a civil date out.
func civilDay(t time.Time) string { return t.Format(text.TalkDay) }

// flagLabel names what was noticed in a document; empty for a code that is not shown.
func flagLabel(f knowledge.Flag) string {
	if f.Code == "damaged" {
		return fmt.Sprintf(text.LibraryRepairs, cmp.Or(f.Text, "1"))
	}
	return text.LibraryFlag(f.Code)
}

// piece is a stretch of a text; Mark shows it up.
type piece struct {
	Text string
	Mark bool
	ID   string // an anchor
}

// marked is a text with one stretch shown up, in characters; a stretch that is not in
// the text is none.
func marked(s string, from, to int) []piece {
	r := []rune(s)
	if from < 0 || to <= from || to > len(r) {
		return []piece{{Text: s}}
	}
	return []piece{{Text: string(r[:from])}, {Text: string(r[from:to]), Mark: true}, {Text: string(r[to:])}}
}

// clipped is marked with what is farther than around characters from the stretch left
// out.
func clipped(s string, from, to, around int) []piece {
	out := marked(s, from, to)
	if len(out) < 3 {
		return out
	}
	if r := []rune(out[0].Text); len(r) > around {
		out[0].Text = text.Ellipsis + string(r[len(r)-around:])
	}
	if r := []rune(out[2].Text); len(r) > around {
		out[2].Text = string(r[:around]) + text.Ellipsis
	}
	return out
}
