package bot

// Mode is how a person sees us. Cards and markdown do not show in the WeChat
// plug-in and on old clients, and the server cannot see which client it talks
// to, so each person has a mode, asked once and switched any time.
type Mode string

const (
	ModeCard Mode = "card" // 卡片版
	ModeText Mode = "text" // 文字版
)

// Lane orders what goes out to one person: a reply overtakes a notice, a
// notice overtakes bulk. Inside a lane order is the order of commit.
type Lane int16

const (
	LaneReply  Lane = 0
	LaneNotice Lane = 1
	LaneBulk   Lane = 2
)

// Reply is one thing to say to one person: a text, or a card, with a picture before it
// or alone. A text of any length is split at sentence ends by the transport; it is never
// cut.
type Reply struct {
	To   UserID
	Lane Lane
	// Picture is the media id of an uploaded image, which WeCom keeps for three days:
	// what is sent later than that fails. 文字版 shows it too.
	Picture string `json:",omitempty"`
	Text    string
	Card    *Card
	// Once, when set, is a unique key: the same effect is never queued twice.
	Once string
	// Nth tells equal words to one person apart, whichever instance says them; the
	// engine sets it. A reply that becomes several messages takes as many numbers.
	Nth int64
}

// Card is a question or a notice with structure. It is rendered as a WeCom
// template card, or in 文字版 as text with numbered options; both show the same
// words. Limits are WeCom's advisory ones, in Chinese characters (字).
// At most one of Buttons, Pick, Selects is used; with none it is a notice.
type Card struct {
	Title   string   // ≤ 36
	Desc    string   // ≤ 44, under the title
	Body    string   // ≤ 160 on the card; a longer body is sent as a text before the card
	Facts   []Fact   // ≤ 6
	Buttons []Option // ≤ 6
	Pick    *Pick
	Selects []Select // ≤ 3
	Link    *Link    // opens a page; shown as the card's link and, in text, as a line

	// About names what a decision on this card is bound to; empty for questions of a flow.
	About About
}

// About is an object and the version of it that the card showed. A decision on
// version n never applies to n+1.
type About struct {
	Kind    string // selfcheck, batch, grading, …
	ID      int64
	Version int
}

// Fact is one key/value row: key ≤ 5, value ≤ 30.
type Fact struct{ Key, Value string }

// Option is one button or choice. Text ≤ 10 on a button, ≤ 17 in a Pick, ≤ 16 in a
// Select. Key is what comes back; Say are other words a person may type for it.
type Option struct {
	Text  string   `json:"text"`
	Key   string   `json:"key"`
	Say   []string `json:"say,omitempty"`
	Minor bool     `json:"minor,omitempty"` // drawn less prominent
	URL   string   `json:"url,omitempty"`   // opens a page instead of coming back
}

// Pick is a list to tick: 1…20 options.
type Pick struct {
	Options []Option
	Multi   bool
	Submit  string // ≤ 10, the submit button
}

// Select is one drop-down of 1…10 options. WeCom preselects the first option, so
// the renderer puts 请选择 in front: an unanswered question never looks answered.
type Select struct {
	Key     string
	Title   string
	Options []Option
}

// Link opens a page. In chat it must be an absolute URL.
type Link struct{ Text, URL string }
