package index

import (
	"encoding/json"
	"time"

	"qingfeng/knowledge"
)

// answerJSON is an answer as it is stored. Citation embeds two things that have a Start;
// written as it is, one would be lost.
type answerJSON struct {
	Outcome    knowledge.Outcome `json:"outcome"`
	Reason     knowledge.Reason  `json:"reason,omitempty"`
	Understood string            `json:"understood"`
	Day        time.Time         `json:"day"`
	Text       string            `json:"text"`
	Essence    string            `json:"essence"`
	Citations  []citationJSON    `json:"citations"`
	Hits       []knowledge.Hit   `json:"hits"`
	Differ     bool              `json:"differ"`
	Model      bool              `json:"model"`
}

type citationJSON struct {
	Hit    knowledge.Hit `json:"hit"`
	Quote  string        `json:"quote"`
	Start  int           `json:"start"`
	End    int           `json:"end"`
	Lapsed bool          `json:"lapsed"`
}

// encodeAnswer writes an answer; without texts its hits only say which passages they
// are, which is all that a follow-up needs.
func encodeAnswer(a knowledge.Answer, texts bool) ([]byte, error) {
	out := answerJSON{
		Outcome: a.Outcome, Reason: a.Reason, Understood: storable(a.Understood), Day: a.Day, Text: storable(a.Text), Essence: storable(a.Essence),
		Differ: a.Differ, Model: a.Model,
	}
	for _, c := range a.Citations {
		out.Citations = append(out.Citations, citationJSON{c.Hit, c.Quote, c.Start, c.End, c.Lapsed})
	}
	for _, h := range a.Hits {
		if !texts {
			h.Text = ""
		}
		out.Hits = append(out.Hits, h)
	}
	return json.Marshal(out)
}

func decodeAnswer(raw []byte) (knowledge.Answer, error) {
	var in answerJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return knowledge.Answer{}, err
	}
	a := knowledge.Answer{
		Outcome: in.Outcome, Reason: in.Reason, Understood: in.Understood, Day: in.Day, Text: in.Text, Essence: in.Essence,
		Hits: in.Hits, Differ: in.Differ, Model: in.Model,
	}
	for _, c := range in.Citations {
		a.Citations = append(a.Citations, knowledge.Citation{Hit: c.Hit, Quote: c.Quote, Start: c.Start, End: c.End, Lapsed: c.Lapsed})
	}
	return a, nil
}
