package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// exports writes every form, reads it again, and holds that it says what the register says.
func (s *stage) exports(ctx context.Context, where string, _ []string) error {
	dir, err := os.MkdirTemp("", "qingfeng-story-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all, err := s.register.Campaigns(ctx)
	if err != nil {
		return err
	}
	var campaign int64
	for _, c := range all {
		campaign = max(campaign, c.ID)
	}
	checks, err := s.register.Checks(ctx, risk.CheckFilter{Campaign: campaign})
	if err != nil {
		return err
	}
	points := 0
	for _, c := range checks {
		points += len(rowsOf(c))
	}
	for _, which := range []string{handlers.FormFubiao1, handlers.FormFubiao4, handlers.FormGrading, handlers.FormMinutes} {
		for _, as := range []form.Format{form.Xlsx, form.Docx} {
			name, data, err := s.desk.Export(ctx, which, handlers.Scope{Campaign: campaign}, as)
			if err != nil {
				s.hold(false, where, "%s.%s: %v", which, as, err)
				continue
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				return err
			}
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
			switch {
			case which == handlers.FormFubiao4 && as == form.Xlsx:
				n, err := numberedRows(data)
				s.hold(err == nil && n == points, where, "%s: %d rows, %d points, %v", name, n, points, err)
				s.printf("  %s\n", fmt.Sprintf(text.StoryForm4, name, n))
				continue
			case which != handlers.FormFubiao1:
				s.hold(len(data) > 2000, where, "%s: %d bytes", name, len(data))
				continue
			}
			read, err := form.ReadOldForm(name, data)
			s.hold(err == nil && len(read) == points, where, "%s: %d rows, %d points, %v", name, len(read), points, err)
			s.printf("  %s\n", fmt.Sprintf(text.StoryExports, name, len(read)))
		}
	}
	// The export itself refuses a form whose header differs from its rows.
	bySection := 0
	sections, err := s.register.Sections(ctx)
	if err != nil {
		return err
	}
	for _, sec := range sections {
		part, err := s.register.Checks(ctx, risk.CheckFilter{Campaign: campaign, Section: sec.ID})
		if err != nil {
			return err
		}
		for _, c := range part {
			bySection += len(rowsOf(c))
		}
	}
	s.hold(bySection == points, where, "%d rows by section, %d in the unit", bySection, points)
	return nil
}

// numberedRows counts the rows of a workbook that begin with a number.
func numberedRows(data []byte) (n int, err error) {
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			if len(row) > 1 {
				if _, err := strconv.Atoi(row[0]); err == nil {
					n++
				}
			}
		}
	}
	return n, nil
}

// invariants holds what must be true of every story when it is over.
func (s *stage) invariants(ctx context.Context) error {
	where := text.StoryInv
	for _, n := range s.sim.Violations() {
		s.hold(false, where, "violation: %s %s", n.Path, n.Detail)
	}
	for _, n := range s.sim.Warnings() {
		s.hold(false, where, "warning: %s %s", n.Path, n.Detail)
	}
	for _, n := range s.sim.Dropped() {
		s.hold(false, where, "dropped: %s %s", n.UserID, n.Reason)
	}
	if len(s.sim.Violations())+len(s.sim.Warnings())+len(s.sim.Dropped()) == 0 {
		s.hold(true, where, "")
		s.printf("  %s\n", text.StoryClean)
	}
	err := s.register.VerifyAudit(ctx)
	s.hold(err == nil, where, "audit: %v", err)
	length, _, err := s.register.AuditHead(ctx)
	if err != nil {
		return err
	}
	s.printf("  %s\n", fmt.Sprintf(text.StoryAudit, length))
	var parked, held int
	if err := s.db.Pool().QueryRow(ctx, `SELECT (SELECT count(*) FROM inbox WHERE state = 'parked'),
		(SELECT count(*) FROM outbox WHERE state IN ('held', 'failed'))`).Scan(&parked, &held); err != nil {
		return err
	}
	s.hold(parked == 0 && held == 0, where, "%d messages parked, %d not sent", parked, held)
	if err := s.noTextLeaks(ctx, where); err != nil || len(s.planted) == 0 {
		return err
	}
	return s.noCitizenLeaks(ctx, where, nil)
}

// sealed, noCitizenLeaks: what citizens wrote, their receipts and addresses are in no table, no
// message, no document and no line of the log; and nothing tells at what time they came.
func (s *stage) noCitizenLeaks(ctx context.Context, where string, _ []string) error {
	before := len(s.failed)
	for _, said := range s.planted {
		if err := s.secret(ctx, where, []string{said}); err != nil {
			return err
		}
		s.hold(!strings.Contains(s.papers, said), where, "a document quotes a citizen: %s", said)
		s.hold(!strings.Contains(s.lines.String(), said), where, "the log quotes a citizen: %s", said)
	}
	if len(s.failed) == before {
		s.printf("  %s\n", fmt.Sprintf(text.StorySecret, len(s.planted)))
	}
	var events, timed int
	err := s.db.Pool().QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE (at AT TIME ZONE 'Asia/Shanghai')::time <> '00:00')
		FROM audit_event WHERE object IN ('opinion', 'tip', 'ring')`).Scan(&events, &timed)
	s.hold(err == nil && events > 0 && timed == 0, where, "%d of %d events on opinions tell a time (%v)", timed, events, err)
	s.printf("  %s\n", fmt.Sprintf(text.StoryDays, events))
	return err
}

// noTextLeaks: no payload to anyone but its author carries a risk sentence.
func (s *stage) noTextLeaks(ctx context.Context, where string) error {
	owners := map[string][]string{} // sentence → userids that may read it in chat
	add := func(sentence, userid string) {
		if utf8.RuneCountInString(sentence) >= 8 {
			owners[sentence] = append(owners[sentence], userid)
		}
	}
	all, err := s.register.Checks(ctx, risk.CheckFilter{})
	if err != nil {
		return err
	}
	for _, c := range all {
		add(c.ZeroReason, string(c.Person.UserID))
		for _, p := range c.Points {
			for _, m := range append(slices.Clone(p.Manifestations), p.Title) {
				add(m, string(c.Person.UserID))
			}
		}
		proposals, err := s.register.Proposals(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, p := range proposals {
			add(p.Text, string(c.Person.UserID))
		}
	}
	sent := 0
	for _, call := range s.sim.Calls() {
		if call.Path != "/cgi-bin/message/send" && call.Path != "/cgi-bin/message/update_template_card" {
			continue
		}
		var body struct {
			ToUser  string   `json:"touser"`
			UserIDs []string `json:"userids"`
		}
		var tree any
		if err := json.Unmarshal([]byte(call.Body), &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(call.Body), &tree); err != nil {
			return err
		}
		sent++
		to := append(strings.Split(body.ToUser, "|"), body.UserIDs...)
		said := strings.Join(stringsIn(tree), "\n")
		for sentence, may := range owners {
			if !strings.Contains(said, sentence) {
				continue
			}
			for _, user := range to {
				if user != "" && !slices.ContainsFunc(may, func(m string) bool { return strings.EqualFold(m, user) }) {
					s.hold(false, where, "%s got a sentence of %v: %s", user, may, sentence)
				}
			}
		}
	}
	s.hold(sent > 0 && len(owners) > 0, where, "nothing was sent")
	s.printf("  %s\n", fmt.Sprintf(text.StoryPrivate, sent))
	return nil
}

// stringsIn collects every string of a JSON document.
func stringsIn(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			out = append(out, stringsIn(x)...)
		}
	case map[string]any:
		for _, x := range v {
			out = append(out, stringsIn(x)...)
		}
	}
	return out
}

// stepsOfAPoint are the steps whose answers make one point.
func stepsOfAPoint() []string {
	return []string{"node", "nodes", "ownnode", "weak", "card", "category", "misuse", "objection", "measures", "evidence"}
}

// numbers prints what a coordinator would want to know afterwards.
func (s *stage) numbers(ctx context.Context) error {
	all, err := s.register.Campaigns(ctx)
	if err != nil {
		return err
	}
	var newest int64
	for _, c := range all {
		newest = max(newest, c.ID)
	}
	checks, err := s.register.Checks(ctx, risk.CheckFilter{Campaign: newest})
	if err != nil {
		return err
	}
	confirmed, zero, offline, points := 0, 0, 0, 0
	levels := map[risk.Level]int{}
	var turns []float64
	var minutes, perPoint []time.Duration
	for _, c := range checks {
		n := len(rowsOf(c))
		points += n
		switch {
		case c.Offline:
			offline++
		case c.State == risk.CheckConfirmed:
			confirmed++
		}
		if c.ZeroReason != "" && n == 0 {
			zero++
		}
		for _, p := range rowsOf(c) {
			levels[p.Confirmed]++
		}
		p := s.people[strings.ToLower(string(c.Person.UserID))]
		if p == nil || n == 0 || p.fillTurns() == 0 || c.Paper {
			continue
		}
		turns = append(turns, float64(p.fillTurns())/float64(n))
		minutes = append(minutes, p.filling)
		perPoint = append(perPoint, p.filling/time.Duration(n))
	}
	messages := 0
	for _, p := range s.people {
		messages += len(p.phone.Messages())
	}
	s.printf(text.StoryNumbers, len(checks), confirmed, zero, offline, points,
		fmt.Sprintf(text.StoryLevels, levels[risk.L1], levels[risk.L2], levels[risk.L3]),
		median(turns), median(minutes).Round(time.Second), median(perPoint).Round(time.Second),
		messages, len(s.sim.Deliveries("")))
	s.hold(median(turns) <= 4.5, text.StoryInv, "%.1f turns a point", median(turns))
	s.hold(median(minutes) <= 10*time.Minute, text.StoryInv, "%s a form", median(minutes))
	return nil
}

// fillTurns counts the messages and presses that went into points.
func (p *person) fillTurns() int {
	n := 0
	for _, step := range stepsOfAPoint() {
		n += p.turns[step]
	}
	return n
}

func median[T float64 | time.Duration](list []T) T {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
