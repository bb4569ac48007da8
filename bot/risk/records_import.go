package risk

import (
	"errors"
	"strconv"

	"qingfeng/bot"
)

// RosterRow is one person on one post as a roster says it. A person who only
// supervises may have no post.
type RosterRow struct {
	Unit, Section, Post string
	Stratum             Stratum
	Name                string
	UserID              bot.UserID
	Roles               []bot.Role // never empty: a row without roles is a post holder
	LeaderOf            []string   // 分管科室
	Tags                []PowerTag
	Row                 int // in the sheet
}

// CatalogueRow is one power item with its steps in order.
type CatalogueRow struct {
	Section, Item                      string
	Class                              PowerClass
	Content, Basis, Limit, Supervision string
	Nodes                              []NodeName
	Row                                int // in the sheet; the first one where an item takes several
}

// NodeName is one step and who acts there; Post is empty when the sheet does not say.
type NodeName struct{ Name, Post string }

// PointRow is one risk point of an earlier year.
type PointRow struct {
	Section, Post, Item, Node string
	Manifestations            []string
	Category                  Category
	Level                     Level
	Measures                  []Measure
	Year                      int
	Row                       int
}

// Change is what an import does with a row.
type Change string

const (
	ChangeAdded   Change = "added"   // 新增
	ChangeAltered Change = "altered" // 修改
	ChangeMoved   Change = "moved"   // 调整: a post or a person to another place
	ChangeKept    Change = "kept"    // 不变
	ChangeGone    Change = "gone"    // 离开: in the register, not in the sheet
)

// ImportLine is what an import does with one row.
type ImportLine struct {
	Row     int    `json:"row"` // 0: not in the sheet
	Change  Change `json:"change"`
	Subject string `json:"subject"`          // who or what, for the report
	Detail  string `json:"detail,omitempty"` // what becomes of it; empty when nothing does
}

// ImportIssue is one remark on an imported sheet.
type ImportIssue struct {
	Row    int    `json:"row"`              // as the sheet numbers its rows; 0: the whole sheet
	Column string `json:"column,omitempty"` // as the header names it; empty: the whole row
	Say    string `json:"say"`              // one plain sentence
	Fatal  bool   `json:"fatal"`            // nothing may be imported while one of these stands
}

// String is the remark as a line of a report.
func (i ImportIssue) String() string {
	switch {
	case i.Row > 0 && i.Column != "":
		return say("issue.at", "row", strconv.Itoa(i.Row), "column", i.Column, "say", i.Say)
	case i.Row > 0:
		return say("issue.row", "row", strconv.Itoa(i.Row), "say", i.Say)
	case i.Column != "":
		return say("issue.column", "column", i.Column, "say", i.Say)
	}
	return i.Say
}

// ImportPlan is what an import does, or would do.
type ImportPlan struct {
	Lines  []ImportLine
	Issues []ImportIssue
}

// Blocked reports whether an issue forbids the import.
func (p ImportPlan) Blocked() bool {
	for _, i := range p.Issues {
		if i.Fatal {
			return true
		}
	}
	return false
}

// Count is how many lines have one of the changes.
func (p ImportPlan) Count(of Change) int {
	n := 0
	for _, l := range p.Lines {
		if l.Change == of {
			n++
		}
	}
	return n
}

// ErrBlocked says that a sheet has issues and nothing of it was imported.
var ErrBlocked = errors.New("risk: the sheet has issues, nothing was imported")
