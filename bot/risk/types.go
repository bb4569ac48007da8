package risk

import (
	"time"

	"qingfeng/bot"
)

// Category is one of the five canonical codes (DOMAIN.md §1.2); packs map their
// own names onto them and statistics are always kept in these.
type Category string

const (
	Duty        Category = "duty"        // 岗位职责
	Institution Category = "institution" // 制度机制
	Ethics      Category = "ethics"      // 思想道德
	Process     Category = "process"     // 工作流程
	External    Category = "external"    // 外部环境
)

// Level is a risk level; L1 is the highest (一级 ≡ 高).
type Level string

const (
	L1 Level = "L1"
	L2 Level = "L2"
	L3 Level = "L3"
)

// Layer is who a risk point belongs to.
type Layer string

const (
	LayerPost    Layer = "post"
	LayerSection Layer = "section"
	LayerUnit    Layer = "unit"
)

// Method is how a point was found, the union of the sources' search methods (provenance).
type Method string

const (
	MethodSelf    Method = "self"    // 自己找
	MethodMass    Method = "mass"    // 群众提
	MethodPeer    Method = "peer"    // 互相查
	MethodLeader  Method = "leader"  // 领导点
	MethodOrg     Method = "org"     // 组织评
	MethodExpert  Method = "expert"  // 专家评
	MethodMeeting Method = "meeting" // 集体定
)

// Misuse is what a weak spot could be used for (可能被用来); Careless means only carelessness is imaginable.
type Misuse string

const (
	Benefit  Misuse = "benefit"  // 给好处
	Stall    Misuse = "stall"    // 卡拖
	Shield   Misuse = "shield"   // 放水袒护
	Leak     Misuse = "leak"     // 泄露
	Careless Misuse = "careless" // 只会是疏忽
)

// Unit, Section, Post, Person: the roster.
type Unit struct {
	ID   int64
	Name string
	Pack string // rule pack code
}

type Section struct {
	ID         int64
	UnitID     int64
	Name       string
	Leadership bool // 领导班子
	Office     bool // the coordinating office sits here: its own points are reviewed elsewhere
}

// Stratum is the post's layer in the hierarchy (层次).
type Stratum string

const (
	StratumLeader  Stratum = "leader"    // 领导岗位
	StratumMiddle  Stratum = "middle"    // 中层岗位
	StratumKey     Stratum = "key_other" // 其他重要岗位
	StratumGeneral Stratum = "general"   // 一般岗位
)

// PowerTag is one of 人 财 物 执法 审批许可.
type PowerTag string

const (
	TagPeople  PowerTag = "人"
	TagMoney   PowerTag = "财"
	TagGoods   PowerTag = "物"
	TagEnforce PowerTag = "执法"
	TagPermit  PowerTag = "审批许可"
	TagSecret  PowerTag = "涉密" // 机要、涉密: only in a roster; an import turns it into Post.Offline
)

type Post struct {
	ID        int64
	SectionID int64
	Section   string
	Name      string
	Stratum   Stratum
	Tags      []PowerTag
	Offline   bool // 机要、涉密: 线下填报, never asked to type
}

type Person struct {
	ID     int64
	UserID bot.UserID
	Name   string
	Active bool
}

// PowerClass is the class of a power item (职权类别).
type PowerClass string

const (
	Administrative PowerClass = "administrative" // 行政职权
	Internal       PowerClass = "internal"       // 内部职权
	KeyBusiness    PowerClass = "key_business"   // 重要业务事项
)

// PowerItem is a 职权事项 with its steps (环节).
type PowerItem struct {
	ID          int64
	SectionID   int64
	Name        string
	Class       PowerClass
	Content     string
	LegalBasis  string
	TimeLimit   string
	Supervision string
	Nodes       []Node
	Gap         bool // written down by a cadre as a catalogue gap, for the section head to complete
}

// Node is a ProcessNode (环节). PostName is who acts there, as the catalogue says.
type Node struct {
	ID       int64
	ItemID   int64
	Item     string // the power item's name
	Class    PowerClass
	Seq      int
	Name     string
	PostName string
}

// Measure is a ControlMeasure (防控措施): who, how often, what evidence, and what
// counts as not done (未落实情形).
type Measure struct {
	Text      string `json:"text"`
	Who       string `json:"who"`
	Frequency string `json:"frequency"`
	Evidence  string `json:"evidence"`
	NotDone   string `json:"not_done,omitempty"`
}

// Factors feed the level suggestion (DOMAIN.md §7.4). Zero likelihood or harm means
// not yet given: the pack's defaults apply and the result is 系统初评.
type Factors struct {
	Power      int  `json:"power"`                 // 0–3, from tags
	Discretion int  `json:"discretion"`            // 0–2
	Money      int  `json:"money"`                 // 0–2
	Likelihood int  `json:"likelihood"`            // 1–3, from section review
	Harm       int  `json:"harm"`                  // 1–3, from section review
	ThreeYears bool `json:"three_years,omitempty"` // 近三年发生或反映强烈: entered by 防控办/纪检 only, never shown to the public
}

// Suggestion is a level with the rule that fired and the pack's sentence.
type Suggestion struct {
	Level  Level  `json:"level"`
	Rule   string `json:"rule"`   // id of the row that fired
	Reason string `json:"reason"` // in the pack's words
}

// Verdict is what the current reviewer said of one row.
type Verdict string

const (
	Unseen   Verdict = ""
	Passed   Verdict = "passed"
	Returned Verdict = "returned"
)

// Point is a RiskPoint (廉政风险点).
type Point struct {
	ID             int64
	CheckID        int64
	No             int // 1-based on its form, stable
	Layer          Layer
	Post           Post
	Node           Node // ID 0: not yet on the catalogue (a gap)
	Title          string
	Manifestations []string
	Category       Category
	CategoryWhy    string
	Misuse         Misuse
	Suggested      Suggestion
	Objection      string // the owner's one line against the 初评
	Confirmed      Level  // by the leading group
	Factors        Factors
	Measures       []Measure
	Methods        []Method
	Hints          []Hint // what the coach still sees
	KeepReason     string // why a flagged point stays (L4, overridden tests)
	Verdict        Verdict
	VerdictWhy     string
	Monitor        string // who watches, by level
	State          PointState
	Version        int
	CarriedFrom    int64 // last year's point
	VerifiedOn     time.Time
}

// PointState is where a point stands (DOMAIN.md §2.3).
type PointState string

const (
	PointDraft     PointState = "draft"
	PointSubmitted PointState = "submitted" // on a submitted form, not yet confirmed
	PointConfirmed PointState = "confirmed"
	PointRemoved   PointState = "removed" // taken out by its owner, or merged
)

// CheckState is where a SelfCheck (个人岗位风险点自查表) stands.
type CheckState string

const (
	CheckDraft     CheckState = "draft"          // 填报中 (also: not begun)
	CheckSubmitted CheckState = "submitted"      // within the ten minutes
	CheckMutual    CheckState = "mutual_check"   // 股室集中互查
	CheckSection   CheckState = "section_review" // 科室初审
	CheckReturned  CheckState = "returned"
	CheckLeader    CheckState = "leader_review" // 分管领导审核 (and what the pack puts there)
	CheckGrading   CheckState = "grading"       // 领导小组定级
	CheckConfirmed CheckState = "confirmed"
)

// SelfCheck is one person's form in one campaign.
type SelfCheck struct {
	ID          int64
	CampaignID  int64
	Post        Post
	Person      Person
	State       CheckState
	Version     int    // grows with every submission; decisions are bound to it
	Rev         int    // grows with every save; two people at once are told
	Chain       string // which review chain of the pack it walks
	StepNo      int    // index into the chain while under review
	Duties      string // 岗位职责
	ZeroReason  string // 无风险点说明
	Paper       bool   // 代填: entered by the office from paper
	Offline     bool   // 线下填报
	Begun       bool
	SubmittedAt time.Time
	Points      []Point
}

// Campaign is a 排查工作.
type Campaign struct {
	ID    int64
	Name  string
	Year  int
	Pack  string
	Due   time.Time // civil date, Asia/Shanghai; the whole day counts
	State string    // open, closed
}
