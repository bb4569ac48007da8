package survey

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
)

//go:embed templates/*.json
var shipped embed.FS

// Template is a questionnaire as data.
type Template struct {
	Code      string
	Name      string
	Rule      string // the rule of DOMAIN.md it follows
	Named     bool   // it is about somebody or something that its title must name
	Intro     string
	Comment   string
	Questions []Question
}

// Templates are the questionnaires that this version ships, the appraisal first.
func Templates() ([]Template, error) {
	entries, err := shipped.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	var out []Template
	for _, e := range entries {
		raw, err := shipped.ReadFile(path.Join("templates", e.Name()))
		if err != nil {
			return nil, err
		}
		t, err := parse(raw)
		if err != nil {
			return nil, fmt.Errorf("survey template %s: %w", e.Name(), err)
		}
		out = append(out, t)
	}
	return out, nil
}

// TemplateByCode finds one of Templates.
func TemplateByCode(code string) (Template, bool, error) {
	all, err := Templates()
	if err != nil {
		return Template{}, false, err
	}
	i := slices.IndexFunc(all, func(t Template) bool { return t.Code == code })
	if i < 0 {
		return Template{}, false, nil
	}
	return all[i], true, nil
}

// parse reads a template file: questions name a list of options that several share.
func parse(raw []byte) (Template, error) {
	var f struct {
		Code, Name, Rule, Intro, Comment string
		Named                            bool
		Questions                        []struct {
			ID, Text, Options string
			Kind              Kind
		}
		Scales map[string][]Option
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return Template{}, err
	}
	t := Template{Code: f.Code, Name: f.Name, Rule: f.Rule, Named: f.Named, Intro: f.Intro, Comment: f.Comment}
	seen := map[string]bool{}
	for _, q := range f.Questions {
		options := f.Scales[q.Options]
		if q.ID == "" || q.Text == "" || seen[q.ID] || len(options) < 2 || q.Kind != Single && q.Kind != Scale && q.Kind != Multi {
			return Template{}, fmt.Errorf("question %q is not sound", q.ID)
		}
		keys := map[string]bool{}
		for _, o := range options {
			if o.Key == "" || o.Text == "" || keys[o.Key] {
				return Template{}, fmt.Errorf("question %q: option %q is not sound", q.ID, o.Key)
			}
			keys[o.Key] = true
		}
		seen[q.ID] = true
		t.Questions = append(t.Questions, Question{ID: q.ID, Text: q.Text, Kind: q.Kind, Options: options})
	}
	if t.Code == "" || t.Name == "" || len(t.Questions) == 0 {
		return Template{}, fmt.Errorf("template %q is empty", t.Code)
	}
	return t, nil
}

// Sheet makes the sheet of a survey.
func (t Template) Sheet(title string) Sheet {
	return Sheet{Title: title, Intro: t.Intro, Questions: t.Questions, Comment: t.Comment}
}
