package wecom

import (
	"strings"

	"qingfeng/bot/text"
)

// Limits of template cards, in characters (字) unless bytes are named (WECOM.md §B.3).
const (
	maxFacts     = 6
	maxButtons   = 6
	maxJumps     = 3
	maxPick      = 20
	maxSelects   = 3
	maxSelect    = 9    // of 10: the first is 请选择
	maxKeyBytes  = 1024 // a button's key, a question's key, a URL in a menu
	maxIDBytes   = 128  // an option's id, a task id
	maxURLBytes  = 2048
	maxTextBytes = 2048
)

// unsetID is the option 请选择 of a selector; it never comes back as an answer.
const unsetID = "-"

// pickKey and submitKey name the one question of a vote and every submit button.
const (
	pickKey   = "pick"
	submitKey = "submit"
)

// Texts of a card. Each type is made by its own function only and so never exceeds
// its limit.
type (
	title36  string // main title
	desc44   string // under it
	body160  string // sub_title_text
	key5     string // a fact's key
	value30  string // a fact's value
	button10 string // a button, the submit button, a replaced button
	pick17   string // an option of a vote
	select16 string // an option or the title of a selector
	jump18   string // a jump's title
)

func newTitle36(s string) title36   { return title36(text.Clip(oneLine(s), 36)) }
func newDesc44(s string) desc44     { return desc44(text.Clip(oneLine(s), 44)) }
func newBody160(s string) body160   { return body160(text.Clip(s, 160)) }
func newKey5(s string) key5         { return key5(text.Clip(oneLine(s), 5)) }
func newValue30(s string) value30   { return value30(text.Clip(oneLine(s), 30)) }
func newButton10(s string) button10 { return button10(text.Clip(oneLine(s), 10)) }
func newPick17(s string) pick17     { return pick17(text.Clip(oneLine(s), 17)) }
func newSelect16(s string) select16 { return select16(text.Clip(oneLine(s), 16)) }
func newJump18(s string) jump18     { return jump18(text.Clip(oneLine(s), 18)) }

// oneLine makes a label of what may have been typed over several lines.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n\t") {
		return strings.TrimSpace(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// messageBody is a message/send body. Field order is part of the bytes
// that the duplicate check compares.
type messageBody struct {
	ToUser   string     `json:"touser"`
	MsgType  string     `json:"msgtype"`
	AgentID  int64      `json:"agentid"`
	Text     *textJSON  `json:"text,omitempty"`
	Image    *imageJSON `json:"image,omitempty"`
	Card     *cardJSON  `json:"template_card,omitempty"`
	Safe     int        `json:"safe"`
	Check    int        `json:"enable_duplicate_check"`
	Interval int        `json:"duplicate_check_interval"` // seconds, 1,800 … 14,400
}

// updateBody is an update_template_card body.
type updateBody struct {
	UserIDs []string  `json:"userids"`
	AgentID int64     `json:"agentid"`
	Code    string    `json:"response_code,omitempty"`
	Card    *cardJSON `json:"template_card"`
}

type textJSON struct {
	Content string `json:"content"`
}

type imageJSON struct {
	Media string `json:"media_id"`
}

type cardJSON struct {
	Type     string        `json:"card_type"`
	Title    *titleJSON    `json:"main_title,omitempty"`
	Body     body160       `json:"sub_title_text,omitempty"`
	Facts    []factJSON    `json:"horizontal_content_list,omitempty"`
	Jumps    []jumpJSON    `json:"jump_list,omitempty"`
	Action   *actionJSON   `json:"card_action,omitempty"`
	TaskID   string        `json:"task_id,omitempty"`
	Buttons  []buttonJSON  `json:"button_list,omitempty"`
	CheckBox *checkboxJSON `json:"checkbox,omitempty"`
	Selects  []selectJSON  `json:"select_list,omitempty"`
	Submit   *submitJSON   `json:"submit_button,omitempty"`
	Replace  button10      `json:"replace_text,omitempty"` // updates only
}

type titleJSON struct {
	Title title36 `json:"title,omitempty"`
	Desc  desc44  `json:"desc,omitempty"`
}

type factJSON struct {
	Key   key5    `json:"keyname"`
	Value value30 `json:"value,omitempty"`
}

// jumpJSON and actionJSON open a page: type 1.
type jumpJSON struct {
	Type  int    `json:"type"`
	Title jump18 `json:"title"`
	URL   string `json:"url"`
}

type actionJSON struct {
	Type int    `json:"type"`
	URL  string `json:"url"`
}

// buttonJSON comes back (type 0, Key) or opens a page (type 1, URL).
type buttonJSON struct {
	Type  int      `json:"type,omitempty"`
	Text  button10 `json:"text"`
	Style int      `json:"style"` // 1 filled, 4 plain
	Key   string   `json:"key,omitempty"`
	URL   string   `json:"url,omitempty"`
}

type checkboxJSON struct {
	Key     string           `json:"question_key"`
	Mode    int              `json:"mode"` // 0 one, 1 several
	Options []pickOptionJSON `json:"option_list"`
}

type pickOptionJSON struct {
	ID   string `json:"id"`
	Text pick17 `json:"text"`
}

type selectJSON struct {
	Key      string             `json:"question_key"`
	Title    select16           `json:"title,omitempty"`
	Selected string             `json:"selected_id"`
	Options  []selectOptionJSON `json:"option_list"`
}

type selectOptionJSON struct {
	ID   string   `json:"id"`
	Text select16 `json:"text"`
}

type submitJSON struct {
	Text button10 `json:"text"`
	Key  string   `json:"key"`
}
