package risk

import (
	"errors"

	"qingfeng/bot"
)

// RosterRow is one person on one post as a roster says it. A person who only
// supervises may have no post.
type RosterRow struct {
	Unit, Section, Post string
	Stratum             Stratum
	Name                string
	UserID              bot.UserID
	Roles               []bot.Role
	LeaderOf            []string // 分管科室
	Tags                []PowerTag
	Row                 int // in the sheet
}

// CatalogueRow is one power item with its steps in order.
type CatalogueRow struct {
	Section, Item                      string
	Class                              PowerClass
	Content, Basis, Limit, Supervision string
	Nodes                              []NodeName
	Row                                int
}

// NodeName is one step and who acts there.
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
	Row     int // 0: not in the sheet
	Change  Change
	Subject string // who or what, for the report
	Detail  string // what becomes of it; empty when nothing does
}

// ImportIssue is one row that cannot be imported. Row 0 is the whole sheet.
type ImportIssue struct {
	Row    int
	Column string
	Say    string
	Fatal  bool
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
