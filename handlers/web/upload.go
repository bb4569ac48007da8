package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// uploadPage takes last year's 附表1.
type uploadPage struct {
	Check risk.SelfCheck
	Error string
}

func (s *site) upload(ctx context.Context, v *visit) error {
	c, err := s.mine(ctx, v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "upload", text.WebUpload, uploadPage{Check: c})
}

// uploaded reads the file and lets the chat ask about each row: 1沿用 2改 3不要.
// The file itself is not kept.
func (s *site) uploaded(ctx context.Context, v *visit) error {
	c, err := s.mine(ctx, v)
	if err != nil {
		return err
	}
	kept, err := s.adopt(ctx, v, c)
	if say := bot.Says(err); say != "" {
		return s.show(v, http.StatusUnprocessableEntity, "upload", text.WebUpload, uploadPage{Check: c, Error: say})
	}
	if err != nil {
		return err
	}
	return s.to(v, myURL(c.ID), flash{Say: []string{fmt.Sprintf(text.WebUploadRead, kept)}})
}

func (s *site) adopt(ctx context.Context, v *visit, c risk.SelfCheck) (kept int, err error) {
	name, data, err := uploadedFile(v)
	if err != nil {
		return 0, err
	}
	if c.Person.ID != v.actor.Person {
		return 0, bot.Refuse(text.WebUploadOwner, "web: upload for somebody else")
	}
	points, err := form.ReadOldForm(name, data)
	if err != nil {
		return 0, err
	}
	rows := make([]handlers.OldRow, 0, len(points))
	for _, p := range points {
		rows = append(rows, oldRow(p))
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		kept, err = s.Desk.AdoptOld(ctx, t, c.ID, rows)
		if err == nil && kept == 0 {
			return bot.Refuse(text.WebUploadNothing, "web: nothing usable in the old form")
		}
		return err
	})
	return kept, err
}

func oldRow(p form.OldPoint) handlers.OldRow {
	r := handlers.OldRow{Node: p.Node, Manifestation: strings.Join(p.Manifestations, text.Semicolon), Category: p.Category}
	if r.Manifestation == "" {
		r.Manifestation = p.Title
	}
	for _, m := range p.Measures {
		line := m.Text
		if slots := measureLine(m); slots != "" {
			line = fmt.Sprintf(text.WebBrackets, line, slots)
		}
		r.Measures = append(r.Measures, line)
	}
	return r
}

// uploadedFile is the one file of a form, read into memory; the body's limit bounds it.
func uploadedFile(v *visit) (name string, data []byte, err error) {
	file, head, err := v.r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", nil, bot.Refuse(text.WebNoFile, "web: no file")
	}
	if err != nil {
		return "", nil, errBadForm
	}
	defer file.Close()
	if data, err = io.ReadAll(file); err != nil {
		return "", nil, errBadForm
	}
	return head.Filename, data, nil
}
