package web

import (
	"context"
	"fmt"
	"mime"
	"net/http"

	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// formPage shows a form as 附表1, ready to be printed.
type fubiaoPage struct {
	Unit    string
	Name    string // the form's official name
	Check   risk.SelfCheck
	Pack    *risk.Pack
	Rows    []risk.Point
	Reviews []formReview
	Mine    bool
}

// formReview is one decision made in the system: a record, never a signature.
type formReview struct {
	Step string
	risk.Review
}

func (s *site) formPage(ctx context.Context, v *visit) error {
	id, err := v.number("check")
	if err != nil {
		return err
	}
	c, err := s.Register.Check(ctx, id)
	if err != nil {
		return err
	}
	if err := s.mayRead(ctx, v.actor, c); err != nil {
		return err
	}
	campaign, err := s.Register.CampaignByID(ctx, c.CampaignID)
	if err != nil {
		return err
	}
	p := fubiaoPage{Check: c, Rows: live(c.Points), Mine: owns(v.actor, c)}
	if p.Pack, err = s.Desk.Packs(campaign.Pack); err != nil {
		return err
	}
	unit, err := s.Register.Unit(ctx)
	if err != nil {
		return err
	}
	p.Unit, p.Name = unit.Name, p.Pack.FormName(handlers.FormFubiao1)
	if p.Name == "" {
		p.Name = text.WebFubiao1
	}
	past, err := s.Register.Reviews(ctx, risk.ReviewFilter{Check: c.ID})
	if err != nil {
		return err
	}
	chain, _ := p.Pack.Chain(c.Chain)
	for _, r := range past {
		if r.Decision != risk.Pass && r.Decision != risk.Return {
			continue
		}
		f := formReview{Review: r, Step: r.Step}
		if i := chain.Index(r.Step); i >= 0 {
			f.Step = chain.Steps[i].Label
		}
		p.Reviews = append(p.Reviews, f)
	}
	return s.show(v, http.StatusOK, "fubiao1", p.Name, p)
}

// download sends an official form as a file. Every download is audited with why it was
// needed (DOMAIN.md §2.4: an export of personal lists needs a reason and is logged).
func (s *site) download(ctx context.Context, v *visit, which string, scope handlers.Scope, format, why string, about int64) error {
	as := form.Format(format)
	if as != form.Docx && as != form.Xlsx {
		return errBadForm
	}
	var name string
	var data []byte
	_, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		var err error
		if name, data, err = s.Desk.Export(ctx, which, scope, as); err != nil {
			return err
		}
		return s.Register.Record(ctx, risk.Event{
			Actor: v.actor.Person, Action: "export." + which, Object: "selfcheck", ID: about, Result: "ok",
			Note: fmt.Sprintf("%s campaign=%d section=%d person=%d", why, scope.Campaign, scope.Section, scope.Person),
		})
	})
	if err != nil {
		return err
	}
	return send(v, name, data)
}

// send answers with a file.
func send(v *visit, name string, data []byte) error {
	kind := map[string]string{
		"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".pdf": "application/pdf",
	}[name[max(0, len(name)-4):]]
	if kind == "" {
		kind = "application/octet-stream"
	}
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, _ = v.w.Write(data)
	return nil
}
