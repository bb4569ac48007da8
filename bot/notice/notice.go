package notice

import "errors"

// Audience is who reads a notice, from narrow to wide.
type Audience string

const (
	Internal Audience = "internal" // 单位内部公示栏
	OfficeIn Audience = "office"   // 办公场所: also visitors
	Window   Audience = "window"   // 服务窗口: 服务对象
	Website  Audience = "website"  // 网站: everybody
)

// Audiences lists them from narrow to wide.
func Audiences() []Audience { return []Audience{Internal, OfficeIn, Window, Website} }

// State is where a notice stands.
type State string

const (
	Drafting  State = "draft"
	Checking  State = "checking"  // sent to a second person
	Returned  State = "returned"  // by the second person, with a reason
	Approved  State = "approved"  // waits for its first day
	Open      State = "open"      // 公示中
	Ended     State = "ended"     // 公示期满
	Corrected State = "corrected" // a later version is open; stays readable
	Withdrawn State = "withdrawn" // 撤回: says so, shows nothing
)

// Field is one thing a notice could tell.
type Field string

const (
	FieldSection     Field = "section"
	FieldPost        Field = "post"
	FieldHolder      Field = "holder" // the name of who holds the post
	FieldItem        Field = "item"
	FieldNode        Field = "node"
	FieldBasis       Field = "basis" // 法规依据
	FieldCategory    Field = "category"
	FieldTitle       Field = "title"
	FieldShape       Field = "manifestation"
	FieldLevel       Field = "level"
	FieldMonitor     Field = "monitor" // the role that watches, never a person
	FieldMeasure     Field = "measure"
	FieldWho         Field = "who"
	FieldFrequency   Field = "frequency"
	FieldEvidence    Field = "evidence"
	FieldNotDone     Field = "not_done"
	FieldSupervision Field = "supervision" // 监督方式 of the item
)

// Row is one confirmed risk point as the register has it, before the mask.
type Row struct {
	PointID     int64
	Version     int
	Section     string
	Post        string
	Holder      string // "" where the post has none or several
	Item        string
	Node        string
	Basis       string
	Supervision string
	Category    string // in the pack's words
	Ethics      bool
	Title       string
	Shapes      []string // 表现形式
	Level       string   // in the pack's words
	Monitor     string
	Measures    []Measure
	LintFree    bool // no hint of the coach is open
}

// Measure is one control measure (防控措施).
type Measure struct {
	Text      string `json:"text"`
	Who       string `json:"who,omitempty"`
	Frequency string `json:"frequency,omitempty"`
	Evidence  string `json:"evidence,omitempty"`
	NotDone   string `json:"not_done,omitempty"`
}

// Contact is how people reach the office without the page.
type Contact struct {
	Phone      string `json:"phone"`      // 受理电话
	Address    string `json:"address"`    // 受理地点
	Box        string `json:"box"`        // 意见箱
	Discipline string `json:"discipline"` // 纪检监察 contact for reports about a person
}

// Snapshot is what is published. It never changes.
type Snapshot struct {
	Unit     string   `json:"unit"`
	Title    string   `json:"title"`
	Audience Audience `json:"audience"`
	Code     string   `json:"code"`
	Version  int      `json:"version"`
	Change   string   `json:"change,omitempty"` // what this version corrects
	Start    string   `json:"start"`            // 2006-01-02, first day
	End      string   `json:"end"`              // last day, inclusive
	Days     int      `json:"days"`             // working days
	Promise  int      `json:"promise"`          // an opinion is answered within so many working days
	Contact  Contact  `json:"contact"`
	Points   []Point  `json:"points"`
	Open     []Field  `json:"open"`   // what the mask let through
	Hidden   int      `json:"hidden"` // measures kept back because they tell how checks are drawn
}

// Point is one risk point as it is published; what the mask closed is empty.
type Point struct {
	No          int       `json:"no"`
	Section     string    `json:"section,omitempty"`
	Post        string    `json:"post,omitempty"`
	Holder      string    `json:"holder,omitempty"`
	Item        string    `json:"item,omitempty"`
	Node        string    `json:"node,omitempty"`
	Basis       string    `json:"basis,omitempty"`
	Supervision string    `json:"supervision,omitempty"`
	Category    string    `json:"category,omitempty"`
	Title       string    `json:"title,omitempty"`
	Shapes      []string  `json:"shapes,omitempty"`
	Level       string    `json:"level,omitempty"`
	Monitor     string    `json:"monitor,omitempty"`
	Measures    []Measure `json:"measures,omitempty"`
	Nameless    bool      `json:"nameless,omitempty"` // by post alone: no name beside it, whatever the unit decided
	// PointID and PointVersion are the register's; not part of what is shown.
	PointID      int64 `json:"-"`
	PointVersion int   `json:"-"`
}

// ErrMove: this cannot be done where the notice stands.
var ErrMove = errors.New("notice: not possible in this state")
