package notice

import (
	"cmp"
	"slices"
	"time"
)

// What is one of the five openings (五个公开).
type What string

const (
	Power       What = "power"       // 权力公开
	Duty        What = "duty"        // 责任公开
	Process     What = "process"     // 流程公开
	Institution What = "institution" // 制度公开
	RiskOpen    What = "risk"        // 风险公开
)

// Whats lists them as the document names them.
func Whats() []What { return []What{Power, Duty, Process, Institution, RiskOpen} }

// CellState is where one opening stands for one audience.
type CellState string

const (
	IsOpen  CellState = "open"
	WasOpen CellState = "was" // open once, not today
	NotOpen CellState = "not"
)

// Way is one notice or place that opened something.
type Way struct {
	Notice int64  // id of our notice, 0: by other means
	Code   string // of our notice
	Title  string // of our notice, or the place
	Since  string // 2006-01-02
	Until  string // last day, "" without end
	Open   bool   // today
}

// Cell of the matrix. Ways are the open ones first, then by day.
type Cell struct {
	What     What
	Audience Audience
	State    CellState
	Since    string // the first day of what is open today, else of what was
	Ways     []Way
}

// Openness is the matrix of the five openings: a row of four cells (narrow to wide) for
// each of Whats. A notice opens what its points really say behind the mask; one that was
// withdrawn never counted. What is open to the world is not counted for the office's
// board as well: the matrix says where something stands.
func Openness(today time.Time, notices []Record, others []Opening) []Cell {
	now := today.Format(Day)
	var out []Cell
	for _, what := range Whats() {
		for _, a := range Audiences() {
			c := Cell{What: what, Audience: a, State: NotOpen}
			for _, n := range notices {
				if w, ok := n.opens(what, a); ok {
					c.Ways = append(c.Ways, w)
				}
			}
			for _, o := range others {
				if o.What != string(what) || o.Audience != a || o.From.Format(Day) > now {
					continue
				}
				w := Way{Title: o.Place, Since: o.From.Format(Day), Open: true}
				if !o.Until.IsZero() {
					w.Until = o.Until.Format(Day)
					w.Open = w.Until >= now
				}
				c.Ways = append(c.Ways, w)
			}
			c.settle()
			out = append(out, c)
		}
	}
	return out
}

func (n Record) opens(what What, a Audience) (Way, bool) {
	if n.Snapshot == nil || n.Snapshot.Audience != a {
		return Way{}, false
	}
	switch n.State {
	case Open, Ended, Corrected:
	default:
		return Way{}, false
	}
	for _, f := range ruled().Opens[what] {
		if slices.Contains(n.Snapshot.Open, f) && n.Snapshot.tells(f) {
			return Way{
				Notice: n.ID, Code: n.Snapshot.Code, Title: n.Snapshot.Title,
				Since: n.Snapshot.Start, Until: n.Snapshot.End, Open: n.State == Open,
			}, true
		}
	}
	return Way{}, false
}

// tells: at least one point says something in the field.
func (s Snapshot) tells(f Field) bool {
	return slices.ContainsFunc(s.Points, func(p Point) bool {
		switch f {
		case FieldItem:
			return p.Item != ""
		case FieldNode:
			return p.Node != ""
		case FieldBasis:
			return p.Basis != ""
		case FieldSupervision:
			return p.Supervision != ""
		case FieldMonitor:
			return p.Monitor != ""
		case FieldTitle:
			return p.Title != ""
		case FieldShape:
			return len(p.Shapes) > 0
		case FieldWho:
			return slices.ContainsFunc(p.Measures, func(m Measure) bool { return m.Who != "" })
		default:
			return false
		}
	})
}

func (c *Cell) settle() {
	slices.SortStableFunc(c.Ways, func(x, y Way) int {
		if x.Open != y.Open {
			if x.Open {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.Since, y.Since), cmp.Compare(x.Title, y.Title))
	})
	if len(c.Ways) == 0 {
		return
	}
	c.State, c.Since = WasOpen, c.Ways[0].Since
	if c.Ways[0].Open {
		c.State = IsOpen
	}
}
