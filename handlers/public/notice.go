package public

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
)

// noticePage is a notice in plain words, with the form at its end.
type noticePage struct {
	Published
	Secure bool
	Groups []group
	Form   *draft // nil: nothing is taken any more
	Shown  bool   // false: withdrawn
	Over   bool
}

// group is the points of one post.
type group struct {
	Section, Post, Holder string
	Points                []notice.Point
}

// draft is a form as it stands: what was typed, and what stopped it.
type draft struct {
	Code    string // of the notice
	Title   string
	Unit    string
	Contact notice.Contact
	Promise int
	Secure  bool
	Door    opinion.Door
	Tips    bool
	Images  bool
	Options []option
	Point   int
	Kind    opinion.Kind
	Text    string
	Wrong   []wrong
	Proof   proof
	Found   string // what reads like a report
}

// option is a point to choose.
type option struct {
	No   int
	Text string
}

// wrong is why a form was not taken, and where.
type wrong struct{ Field, Say string }

// Tip reports whether the form goes to the discipline office.
func (d draft) Tip() bool { return d.Door == opinion.Discipline }

// Bad is what is wrong with a field.
func (d draft) Bad(field string) string {
	for _, w := range d.Wrong {
		if w.Field == field {
			return w.Say
		}
	}
	return ""
}

// Kinds are offered in their order.
func (d draft) Kinds() []option {
	var out []option
	for i, k := range opinion.Kinds() {
		out = append(out, option{i, string(k)})
	}
	return out
}

// KindName is what people call a kind.
func (d draft) KindName(kind string) string { return text.PublicKindName(kind) }

func (s *site) notice(w http.ResponseWriter, r *http.Request) {
	n, err := s.Store.Published(r.Context(), r.PathValue("code"))
	if errors.Is(err, ErrNoNotice) {
		s.say(w, http.StatusNotFound, text.PublicNoNotice, text.PublicNoNoticeHow)
		return
	}
	if err != nil {
		s.fault(err)
		s.say(w, http.StatusServiceUnavailable, text.BallotBroken, text.PublicBrokenHow)
		return
	}
	p := noticePage{Published: n, Secure: s.Secure, Shown: n.State != notice.Withdrawn, Over: n.State != notice.Open}
	if p.Shown {
		p.Groups = grouped(n.Snapshot.Points)
	}
	if n.Taking && p.Shown {
		d := s.draft(n, opinion.Office)
		if d.Proof, err = s.newProof(r); err != nil {
			s.fault(err) // the notice is there to be read all the same; the form asks again
		}
		p.Form = &d
	}
	s.show(w, http.StatusOK, "notice", fmt.Sprintf(text.PublicTitleNotice, n.Snapshot.Unit, n.Snapshot.Title), p)
}

// grouped puts points of one post together, in their order.
func grouped(points []notice.Point) (out []group) {
	for _, p := range points {
		last := len(out) - 1
		if last < 0 || out[last].Section != p.Section || out[last].Post != p.Post || out[last].Holder != p.Holder {
			out = append(out, group{Section: p.Section, Post: p.Post, Holder: p.Holder})
			last++
		}
		out[last].Points = append(out[last].Points, p)
	}
	return out
}

// draft is an empty form.
func (s *site) draft(n Published, door opinion.Door) draft {
	return draft{
		Code: n.Snapshot.Code, Title: n.Snapshot.Title, Unit: n.Snapshot.Unit, Contact: n.Snapshot.Contact, Promise: n.Snapshot.Promise, Secure: s.Secure,
		Door: door, Tips: n.Tips, Images: n.Images, Options: options(n.Snapshot.Points), Kind: opinion.Suggestion,
	}
}

// optionsMax is what the list of points may take of a page, in bytes.
const optionsMax = 12 << 10

// options is the list of points to choose from: with their titles while a page has room
// for that, with their numbers else.
func options(points []notice.Point) []option {
	out := make([]option, 0, len(points))
	size := 0
	for _, p := range points {
		title := p.Title
		if title == "" {
			title = p.Post
		}
		if runes := []rune(title); len(runes) > 16 {
			title = string(runes[:16]) + "…"
		}
		o := option{p.No, fmt.Sprintf(text.PublicNthOf, p.No, title)}
		size += len(o.Text) + 40
		out = append(out, o)
	}
	if size <= optionsMax {
		return out
	}
	for i := range out {
		out[i].Text = fmt.Sprintf(text.PublicNth, out[i].No)
	}
	return out
}

// narrowed leaves of a list that is still too long only what was chosen.
func (d *draft) narrowed() {
	size := 0
	for _, o := range d.Options {
		size += len(o.Text) + 40
	}
	if size <= optionsMax {
		return
	}
	var kept []option
	for _, o := range d.Options {
		if o.No == d.Point {
			kept = append(kept, o)
		}
	}
	d.Options = kept
}

// has reports whether a notice has a point.
func has(n Published, no int) bool {
	for _, p := range n.Snapshot.Points {
		if p.No == no {
			return true
		}
	}
	return false
}

func length(s string) int { return utf8.RuneCountInString(s) }
