package risk

import (
	"encoding/json"
	"regexp"
	"sync"
)

// pattern is a regular expression that lives in a data file.
type pattern struct{ *regexp.Regexp }

func (p *pattern) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	re, err := regexp.Compile(s)
	p.Regexp = re
	return err
}

// wordLists is library/words.json: how people say things.
type wordLists struct {
	SimilarDrop string `json:"similar_drop"` // characters that do not count when texts are compared

	MeasureHead  pattern `json:"measure_head"`  // 措施： at the start of a part
	MeasureSplit pattern `json:"measure_split"` // 措施： inside a typed text
	MeasureTail  pattern `json:"measure_tail"`  // text（slots）
	MeasureItem  pattern `json:"measure_item"`

	Freq                pattern             `json:"freq"`
	FreqMap             map[string]string   `json:"freq_map"`
	WhoLabel            pattern             `json:"who_label"`
	FreqLabel           pattern             `json:"freq_label"`
	EvidenceLabel       pattern             `json:"evidence_label"`
	NotDoneLabel        pattern             `json:"notdone_label"`
	DueLabel            pattern             `json:"due_label"`
	Institution         pattern             `json:"institution"`
	InstitutionEvidence string              `json:"institution_evidence"`
	WhoTail             pattern             `json:"who_tail"`
	WhoFree             pattern             `json:"who_free"`
	EvidenceFree        pattern             `json:"evidence_free"`
	Slots               map[string][]string `json:"slots"`
	ChangeVerbs         []string            `json:"change_verbs"`
	Lack                map[string]string   `json:"lack"`

	HeadlineCut   []string `json:"headline_cut"`
	HeadlineLead  []string `json:"headline_lead"`
	HeadlineSoft  []string `json:"headline_soft"`
	HeadlineWords []string `json:"headline_words"` // words that hold one of the soft ones

	RewriteLead []string `json:"rewrite_lead"` // what a clause no longer begins with when the one before it went
	RewriteEnds []string `json:"rewrite_ends"` // what no clause can end with
	NodeAfter   []string `json:"node_after"`   // what follows the name of a step: 环节, 时, …
	In          string   `json:"in"`           // what stands before it

	SplitMarks   []string       `json:"split_marks"`
	StockPhrases []string       `json:"stock_phrases"`
	Digits       map[string]int `json:"digits"`

	Grading gradingWords `json:"grading"`
}

// gradingWords is how a secretary dictates the meeting's decisions.
type gradingWords struct {
	Drop      []string         `json:"drop"`
	Number    pattern          `json:"number"`
	Bare      pattern          `json:"bare"` // numbers without 第 or 条
	Between   pattern          `json:"between"`
	Range     pattern          `json:"range"`
	Ordinal   pattern          `json:"ordinal"`
	Levels    map[string]Level `json:"levels"`
	Set       pattern          `json:"set"`
	SetBare   pattern          `json:"set_bare"`
	Raise     pattern          `json:"raise"`
	Lower     pattern          `json:"lower"`
	Return    pattern          `json:"return"`
	Keep      pattern          `json:"keep"`
	Except    pattern          `json:"except"`
	ExceptEnd pattern          `json:"except_end"`
	Rest      pattern          `json:"rest"`
	All       pattern          `json:"all"`
}

// basePack is what all packs share, for the few functions that take no pack.
var basePack = sync.OnceValue(func() Pack {
	raw, err := data.ReadFile("packs/base.json")
	if err != nil {
		panic("risk base pack: " + err.Error())
	}
	var p Pack
	if err := json.Unmarshal(raw, &p); err != nil {
		panic("risk base pack: " + err.Error())
	}
	return p
})
