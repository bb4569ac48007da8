package wecomsim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// Card types of the app flavour.
const (
	TextNotice          = "text_notice"
	NewsNotice          = "news_notice"
	ButtonInteraction   = "button_interaction"
	VoteInteraction     = "vote_interaction"
	MultipleInteraction = "multiple_interaction"
)

// Card is a template card; the JSON names are those of message/send, the XML
// names those of a passive update_template_card.
type Card struct {
	CardType   string      `json:"card_type" xml:"CardType"`
	Source     *CardSource `json:"source,omitempty" xml:"Source"`
	ActionMenu *ActionMenu `json:"action_menu,omitempty" xml:"ActionMenu"`
	TaskID     string      `json:"task_id,omitempty" xml:"TaskId"`
	MainTitle  *TitleDesc  `json:"main_title,omitempty" xml:"MainTitle"`
	QuoteArea  *QuoteArea  `json:"quote_area,omitempty" xml:"QuoteArea"`
	Emphasis   *TitleDesc  `json:"emphasis_content,omitempty" xml:"EmphasisContent"`
	SubTitle   string      `json:"sub_title_text,omitempty" xml:"SubTitleText"`
	Facts      []CardFact  `json:"horizontal_content_list,omitempty" xml:"HorizontalContentList"`
	Jumps      []CardJump  `json:"jump_list,omitempty" xml:"JumpList"`
	Action     *CardAction `json:"card_action,omitempty" xml:"CardAction"`

	Image     *CardImage     `json:"card_image,omitempty" xml:"CardImage"`
	ImageText *ImageTextArea `json:"image_text_area,omitempty" xml:"ImageTextArea"`
	Vertical  []TitleDesc    `json:"vertical_content_list,omitempty" xml:"VerticalContentList"`

	ButtonSelection *CardSelect   `json:"button_selection,omitempty" xml:"ButtonSelection"`
	Buttons         []CardButton  `json:"button_list,omitempty" xml:"ButtonList"`
	CheckBox        *CheckBox     `json:"checkbox,omitempty" xml:"CheckBox"`
	Selects         []CardSelect  `json:"select_list,omitempty" xml:"SelectList"`
	Submit          *SubmitButton `json:"submit_button,omitempty" xml:"SubmitButton"`

	// ReplaceText, in updates only, turns the buttons into one grey label.
	ReplaceText string `json:"replace_text,omitempty" xml:"ReplaceText"`
}

type CardSource struct {
	IconURL   string `json:"icon_url,omitempty" xml:"IconUrl"`
	Desc      string `json:"desc,omitempty" xml:"Desc"`
	DescColor int    `json:"desc_color,omitempty" xml:"DescColor"` // 0 grey, 1 black, 2 red, 3 green
}

type TitleDesc struct {
	Title string `json:"title,omitempty" xml:"Title"`
	Desc  string `json:"desc,omitempty" xml:"Desc"`
}

type ActionMenu struct {
	Desc    string       `json:"desc,omitempty" xml:"Desc"`
	Actions []MenuAction `json:"action_list" xml:"ActionList"`
}

type MenuAction struct {
	Text string `json:"text" xml:"Text"`
	Key  string `json:"key" xml:"Key"`
}

type QuoteArea struct {
	Type     int    `json:"type,omitempty" xml:"Type"` // 0 none, 1 url, 2 mini programme
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
	Title    string `json:"title,omitempty" xml:"Title"`
	Text     string `json:"quote_text,omitempty" xml:"QuoteText"`
}

// CardFact is one line of key and value; type 0 text, 1 url, 2 file, 3 member.
type CardFact struct {
	Type    int    `json:"type,omitempty" xml:"Type"`
	KeyName string `json:"keyname" xml:"KeyName"`
	Value   string `json:"value,omitempty" xml:"Value"`
	URL     string `json:"url,omitempty" xml:"Url"`
	MediaID string `json:"media_id,omitempty" xml:"MediaId"`
	UserID  string `json:"userid,omitempty" xml:"UserId"`
}

type CardJump struct {
	Type     int    `json:"type,omitempty" xml:"Type"`
	Title    string `json:"title" xml:"Title"`
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
}

type CardAction struct {
	Type     int    `json:"type" xml:"Type"` // 1 url, 2 mini programme
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
}

type CardImage struct {
	URL         string  `json:"url" xml:"Url"`
	AspectRatio float64 `json:"aspect_ratio,omitempty" xml:"AspectRatio"` // 1.3 to 2.25
}

type ImageTextArea struct {
	Type     int    `json:"type,omitempty" xml:"Type"`
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
	Title    string `json:"title,omitempty" xml:"Title"`
	Desc     string `json:"desc,omitempty" xml:"Desc"`
	ImageURL string `json:"image_url" xml:"ImageUrl"`
}

// CardButton calls back (type 0) or opens a page (type 1).
type CardButton struct {
	Type  int    `json:"type,omitempty" xml:"Type"`
	Text  string `json:"text" xml:"Text"`
	Style int    `json:"style,omitempty" xml:"Style"` // 1 to 4
	Key   string `json:"key,omitempty" xml:"Key"`
	URL   string `json:"url,omitempty" xml:"Url"`
}

type CardSelect struct {
	QuestionKey string       `json:"question_key" xml:"QuestionKey"`
	Title       string       `json:"title,omitempty" xml:"Title"`
	Disable     bool         `json:"disable,omitempty" xml:"Disable"` // updates only
	SelectedID  string       `json:"selected_id,omitempty" xml:"SelectedId"`
	Options     []CardOption `json:"option_list" xml:"OptionList"`
}

type CheckBox struct {
	QuestionKey string       `json:"question_key" xml:"QuestionKey"`
	Mode        int          `json:"mode,omitempty" xml:"Mode"`       // 0 one, 1 several
	Disable     bool         `json:"disable,omitempty" xml:"Disable"` // updates only
	Options     []CardOption `json:"option_list" xml:"OptionList"`
}

type CardOption struct {
	ID        string `json:"id" xml:"Id"`
	Text      string `json:"text" xml:"Text"`
	IsChecked bool   `json:"is_checked,omitempty" xml:"IsChecked"`
}

type SubmitButton struct {
	Text string `json:"text" xml:"Text"`
	Key  string `json:"key" xml:"Key"`
}

// interactive says whether the card brings a response_code: buttons, votes,
// selectors, or a top-right menu.
func (c *Card) interactive() bool {
	return c.CardType != TextNotice && c.CardType != NewsNotice || c.ActionMenu != nil
}

// cardUse is where a card arrives; the rules differ a little.
type cardUse int

const (
	cardSend    cardUse = iota
	cardUpdate          // update_template_card
	cardPassive         // passive reply: no task_id in its XML, the card keeps the old one
)

// fieldsOf lists the fields each card type has.
func fieldsOf(cardType string) []string {
	shared := []string{"card_type", "source", "main_title", "task_id"}
	wide := append(shared, "action_menu", "quote_area", "sub_title_text", "horizontal_content_list", "card_action")
	switch cardType {
	case TextNotice:
		return append(wide, "emphasis_content", "jump_list")
	case NewsNotice:
		return append(wide, "card_image", "image_text_area", "vertical_content_list", "jump_list")
	case ButtonInteraction:
		return append(wide, "button_selection", "button_list", "replace_text")
	case VoteInteraction:
		return append(shared, "checkbox", "submit_button", "replace_text")
	case MultipleInteraction:
		return append(shared, "select_list", "submit_button", "replace_text")
	}
	return nil
}

// cardCheck collects what is wrong with one card: the first hard error, all warnings.
type cardCheck struct {
	err      *apiError
	warnings []string
}

func (k *cardCheck) fail(code int, format string, args ...any) {
	if k.err == nil {
		k.err = fail(code, "template_card."+format, args...)
	}
}

func (k *cardCheck) need(ok bool, format string, args ...any) {
	if !ok {
		k.fail(40058, format, args...)
	}
}

// advise notes a text longer than the recommended number of characters (字).
func (k *cardCheck) advise(field, text string, max int) {
	if n := utf8.RuneCountInString(text); n > max {
		k.warnings = append(k.warnings, fmt.Sprintf("template_card.%s: %d字, at most %d are advised", field, n, max))
	}
}

func (k *cardCheck) url(field, raw string) {
	if e := checkURL(field, raw); e != nil {
		k.fail(e.code, "%s", e.msg)
	}
}

// link checks the type/url/appid triple that several parts share; types is how many it knows.
func (k *cardCheck) link(field string, kind, types int, url, appID string) {
	k.need(kind >= 0 && kind < types, "%s.type %d unknown", field, kind)
	if kind == 1 {
		k.url(field+".url", url)
	}
	if kind == 2 && types == 3 {
		k.need(appID != "", "%s.appid missing", field)
	}
}

// checkCard applies every rule of the card's type. The caller holds mu.
func (s *Sim) checkCard(c *Card, use cardUse) ([]string, *apiError) {
	k := &cardCheck{}
	fields := fieldsOf(c.CardType)
	if fields == nil {
		return nil, fail(40058, "template_card.card_type %q unknown", c.CardType)
	}
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if !v.Field(i).IsZero() && !slices.Contains(fields, name) {
			k.warnings = append(k.warnings, fmt.Sprintf("template_card.%s is not part of %s", name, c.CardType))
		}
	}
	if use == cardSend {
		if c.interactive() && (s.env == nil || s.callbackURL == "") {
			k.fail(40058, "an app without callback URL cannot send %s", c.CardType)
		}
		if c.ReplaceText != "" || c.CheckBox != nil && c.CheckBox.Disable {
			k.warnings = append(k.warnings, "template_card: replace_text and disable belong to updates")
		}
	}
	k.taskID(c, use)
	k.head(c)
	s.checkFacts(k, c)
	switch c.CardType {
	case TextNotice:
		k.textNotice(c)
	case NewsNotice:
		k.newsNotice(c)
	case ButtonInteraction:
		k.buttons(c)
	case VoteInteraction:
		k.vote(c)
	case MultipleInteraction:
		k.multiple(c)
	}
	return k.warnings, k.err
}

func (k *cardCheck) taskID(c *Card, use cardUse) {
	if c.TaskID == "" {
		k.need(!c.interactive() || use == cardPassive, "task_id missing")
		return
	}
	bad := strings.IndexFunc(c.TaskID, func(r rune) bool {
		return !alnum(string(r)) && !strings.ContainsRune("_-@", r)
	})
	if len(c.TaskID) > 128 || bad >= 0 {
		k.fail(42014, "task_id must be at most 128 of 0-9A-Za-z_-@")
	}
}

// head checks what most types share.
func (k *cardCheck) head(c *Card) {
	if c.Source != nil {
		k.advise("source.desc", c.Source.Desc, 20)
		k.need(c.Source.DescColor >= 0 && c.Source.DescColor <= 3, "source.desc_color out of range")
	}
	if c.MainTitle != nil {
		k.advise("main_title.title", c.MainTitle.Title, 36)
		k.advise("main_title.desc", c.MainTitle.Desc, 44)
	}
	k.advise("sub_title_text", c.SubTitle, 160)
	if m := c.ActionMenu; m != nil {
		k.need(len(m.Actions) >= 1 && len(m.Actions) <= 3, "action_menu.action_list needs 1 to 3 entries")
		keys := map[string]bool{}
		for _, a := range m.Actions {
			k.need(a.Text != "", "action_menu text missing")
			k.key("action_menu.key", a.Key, keys)
		}
	}
	if q := c.QuoteArea; q != nil {
		k.link("quote_area", q.Type, 3, q.URL, q.AppID)
	}
	if c.Action != nil {
		k.link("card_action", c.Action.Type, 3, c.Action.URL, c.Action.AppID)
	}
	k.need(len(c.Jumps) <= 3, "jump_list has more than 3 entries")
	for _, j := range c.Jumps {
		k.need(j.Title != "", "jump_list.title missing")
		k.advise("jump_list.title", j.Title, 18)
		k.link("jump_list", j.Type, 3, j.URL, j.AppID)
	}
}

func (s *Sim) checkFacts(k *cardCheck, c *Card) {
	k.need(len(c.Facts) <= 6, "horizontal_content_list has more than 6 entries")
	for _, f := range c.Facts {
		k.need(f.KeyName != "", "horizontal_content_list.keyname missing")
		k.advise("horizontal_content_list.keyname", f.KeyName, 5)
		k.advise("horizontal_content_list.value", f.Value, 30)
		k.link("horizontal_content_list", f.Type, 4, f.URL, "")
		switch f.Type {
		case 2:
			m := s.media[f.MediaID]
			if m == nil || m.expired(s.cfg.Now()) {
				k.fail(40007, "horizontal_content_list.media_id invalid")
			}
		case 3:
			k.need(f.UserID != "", "horizontal_content_list.userid missing")
		}
	}
}

func (k *cardCheck) textNotice(c *Card) {
	k.need(c.Action != nil && c.Action.Type != 0, "card_action missing")
	k.need(c.MainTitle != nil && c.MainTitle.Title != "" || c.SubTitle != "", "main_title.title or sub_title_text missing")
	if c.Emphasis != nil {
		k.advise("emphasis_content.title", c.Emphasis.Title, 14)
		k.advise("emphasis_content.desc", c.Emphasis.Desc, 22)
	}
}

func (k *cardCheck) newsNotice(c *Card) {
	k.need(c.Action != nil && c.Action.Type != 0, "card_action missing")
	k.need(c.MainTitle != nil && c.MainTitle.Title != "", "main_title.title missing")
	k.need(c.Image != nil || c.ImageText != nil, "card_image or image_text_area missing")
	if c.Image != nil {
		k.url("card_image.url", c.Image.URL)
		r := c.Image.AspectRatio
		k.need(r == 0 || r >= 1.3 && r <= 2.25, "card_image.aspect_ratio must be 1.3 to 2.25")
	}
	if c.ImageText != nil {
		k.url("image_text_area.image_url", c.ImageText.ImageURL)
		k.link("image_text_area", c.ImageText.Type, 3, c.ImageText.URL, c.ImageText.AppID)
	}
	k.need(len(c.Vertical) <= 4, "vertical_content_list has more than 4 entries")
	for _, v := range c.Vertical {
		k.need(v.Title != "", "vertical_content_list.title missing")
		k.advise("vertical_content_list.title", v.Title, 38)
		k.advise("vertical_content_list.desc", v.Desc, 160)
	}
}

func (k *cardCheck) buttons(c *Card) {
	k.need(c.MainTitle != nil && c.MainTitle.Title != "", "main_title.title missing")
	k.need(len(c.Buttons) >= 1 && len(c.Buttons) <= 6, "button_list needs 1 to 6 entries")
	keys := map[string]bool{}
	for _, b := range c.Buttons {
		k.need(b.Text != "", "button_list.text missing")
		k.advise("button_list.text", b.Text, 10)
		k.need(b.Style >= 0 && b.Style <= 4, "button_list.style out of range")
		k.link("button_list", b.Type, 2, b.URL, "")
		if b.Type == 0 {
			k.key("button_list.key", b.Key, keys)
		}
	}
	if c.ButtonSelection != nil {
		k.selector("button_selection", c.ButtonSelection, map[string]bool{})
	}
}

func (k *cardCheck) vote(c *Card) {
	if c.CheckBox == nil {
		k.fail(40058, "checkbox missing")
		return
	}
	k.need(c.CheckBox.QuestionKey != "" && len(c.CheckBox.QuestionKey) <= 1024, "checkbox.question_key missing or too long")
	k.need(c.CheckBox.Mode == 0 || c.CheckBox.Mode == 1, "checkbox.mode out of range")
	k.options("checkbox", c.CheckBox.Options, 20, 17)
	checked := 0
	for _, o := range c.CheckBox.Options {
		if o.IsChecked {
			checked++
		}
	}
	k.need(c.CheckBox.Mode == 1 || checked <= 1, "checkbox: several options checked in single mode")
	k.submit(c.Submit)
}

func (k *cardCheck) multiple(c *Card) {
	k.need(len(c.Selects) >= 1 && len(c.Selects) <= 3, "select_list needs 1 to 3 entries")
	keys := map[string]bool{}
	for i := range c.Selects {
		k.selector("select_list", &c.Selects[i], keys)
	}
	k.submit(c.Submit)
}

func (k *cardCheck) selector(field string, sel *CardSelect, keys map[string]bool) {
	k.key(field+".question_key", sel.QuestionKey, keys)
	k.options(field, sel.Options, 10, 16)
	known := slices.ContainsFunc(sel.Options, func(o CardOption) bool { return o.ID == sel.SelectedID })
	k.need(sel.SelectedID == "" || known, "%s.selected_id is no option", field)
}

func (k *cardCheck) options(field string, list []CardOption, max, advised int) {
	k.need(len(list) >= 1 && len(list) <= max, "%s.option_list needs 1 to %d entries", field, max)
	ids := map[string]bool{}
	for _, o := range list {
		k.need(o.ID != "" && len(o.ID) <= 128, "%s.option id missing or over 128 bytes", field)
		k.need(!ids[o.ID], "%s.option id repeated", field)
		ids[o.ID] = true
		k.need(o.Text != "", "%s.option text missing", field)
		k.advise(field+".option text", o.Text, advised)
	}
}

func (k *cardCheck) submit(b *SubmitButton) {
	if b == nil {
		k.fail(40058, "submit_button missing")
		return
	}
	k.need(b.Text != "", "submit_button.text missing")
	k.advise("submit_button.text", b.Text, 10)
	k.key("submit_button.key", b.Key, map[string]bool{})
}

func (k *cardCheck) key(field, key string, seen map[string]bool) {
	k.need(key != "" && len(key) <= 1024, "%s missing or over 1024 bytes", field)
	k.need(!seen[key], "%s repeated", field)
	seen[key] = true
}
