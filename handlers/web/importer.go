package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// importMost is how many lines of a report are shown; the rest is counted.
const (
	importMost = 200
	sheetMax   = 3 << 20 // bytes of a sheet: it travels back in the confirmation
)

// importView is an import: choose a sheet, read what it would do, then do it. The sheet
// travels in the confirming form, so that nothing is kept in between.
type importView struct {
	Kinds  []importKind
	Kind   string
	Name   string
	Sheet  string // base64
	Report *ImportReport
	Fatal  int
	Counts []boardCount
	Lines  []importLine
	More   int
	Error  string
}

type importKind struct{ Code, Label, What string }

type importLine struct {
	risk.ImportLine
	Label string
}

func importKinds() []importKind {
	return []importKind{
		{string(form.ImportRoster), text.WebImportRoster, text.WebImportRosterWhat},
		{string(form.ImportCatalogue), text.WebImportCatalogue, text.WebImportCatalogueWhat},
		{string(form.ImportPoints), text.WebImportPoints, text.WebImportPointsWhat},
		{string(form.ImportCalendar), text.WebImportCalendar, text.WebImportCalendarWhat},
	}
}

func knownKind(kind string) bool {
	for _, k := range importKinds() {
		if k.Code == kind {
			return true
		}
	}
	return false
}

func (s *site) importPage(_ context.Context, v *visit) error {
	if err := office(v); err != nil {
		return err
	}
	return s.showImport(v, http.StatusOK, importView{Kind: string(form.ImportRoster)})
}

func (s *site) showImport(v *visit, status int, p importView) error {
	p.Kinds = importKinds()
	return s.show(v, status, "import", text.WebNavImport, p)
}

func (s *site) importTemplate(_ context.Context, v *visit) error {
	if err := office(v); err != nil {
		return err
	}
	kind := v.r.PathValue("kind")
	if !knownKind(kind) {
		return errNotFound
	}
	data, err := form.Template(form.Import(kind))
	if err != nil {
		return err
	}
	return send(v, kind+".xlsx", data)
}

func (s *site) importDo(ctx context.Context, v *visit) error {
	if err := office(v); err != nil {
		return err
	}
	p := importView{Kind: v.value("kind"), Name: v.value("name"), Sheet: v.r.PostFormValue("sheet")}
	if !knownKind(p.Kind) {
		return errBadForm
	}
	apply := v.value("do") == "apply"
	data, err := base64.StdEncoding.DecodeString(p.Sheet)
	if err != nil {
		return errBadForm
	}
	if !apply {
		if p.Name, data, err = uploadedFile(v); err == nil && len(data) > sheetMax {
			err = bot.Refuse(text.WebSheetTooLarge, "web: sheet too large")
		}
	}
	if err == nil {
		err = s.runImport(ctx, v, &p, data, !apply)
	}
	switch {
	case bot.Says(err) != "":
		p.Error = bot.Says(err)
		return s.showImport(v, http.StatusUnprocessableEntity, p)
	case err != nil:
		return err
	}
	if !p.Report.Done {
		p.Sheet = base64.StdEncoding.EncodeToString(data)
	}
	return s.showImport(v, http.StatusOK, p)
}

func (s *site) runImport(ctx context.Context, v *visit, p *importView, data []byte, dry bool) error {
	report, err := s.Importer.Import(ctx, form.Import(p.Kind), data, dry)
	if err != nil {
		return err
	}
	p.Report = &report
	for _, i := range report.Issues {
		if i.Fatal {
			p.Fatal++
		}
	}
	labels := []struct {
		change risk.Change
		label  string
	}{
		{risk.ChangeAdded, text.WebAdded},
		{risk.ChangeAltered, text.WebAltered},
		{risk.ChangeMoved, text.WebMoved},
		{risk.ChangeGone, text.WebGone},
		{risk.ChangeKept, text.WebKept},
	}
	plan := risk.ImportPlan{Lines: report.Lines}
	byChange := map[risk.Change]string{}
	for _, l := range labels {
		byChange[l.change] = l.label
		if n := plan.Count(l.change); n > 0 {
			p.Counts = append(p.Counts, boardCount{Code: string(l.change), Label: l.label, N: n})
		}
	}
	for _, l := range report.Lines {
		switch {
		case l.Change == risk.ChangeKept:
		case len(p.Lines) == importMost:
			p.More++
		default:
			p.Lines = append(p.Lines, importLine{l, byChange[l.Change]})
		}
	}
	result := "refused"
	if dry || report.Done {
		result = "ok"
	}
	return s.Register.Record(ctx, risk.Event{
		Actor: v.actor.Person, Action: "import.page", Object: "unit", Result: result,
		Note: fmt.Sprintf("%s dry=%t issues=%d", p.Kind, dry, len(report.Issues)),
	})
}
