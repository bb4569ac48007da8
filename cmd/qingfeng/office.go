package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

func grantCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdGrantUsage)
	section := fs.String("section", "", text.CmdGrantSection)
	revoke := fs.Bool("revoke", false, text.CmdGrantRevoke)
	e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return usage(fs)
	}
	user, named := bot.UserID(rest[0]), rest[1]
	role, ok := form.RoleNamed(named)
	if !ok {
		return fmt.Errorf(text.CmdGrantNoRole, named)
	}
	return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error {
		change, line := r.Grant, text.CmdGranted
		if *revoke {
			change, line = r.Revoke, text.CmdRevoked
		}
		if err := change(ctx, user, role, *section, 0); err != nil {
			return err
		}
		doc := map[string]any{"userid": user, "role": named, "section": *section, "revoked": *revoke}
		return e.done(doc, line, user, named)
	})
}

// campaignJSON is a campaign as --json prints it.
type campaignJSON struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Pack  string `json:"pack"`
	Due   string `json:"due"`
	State string `json:"state"`
}

func asCampaignJSON(c risk.Campaign) campaignJSON {
	return campaignJSON{c.ID, c.Name, c.Pack, c.Due.Format(time.DateOnly), c.State}
}

func campaignCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdCampaignUsage)
	pack := fs.String("pack", "county", text.CmdCampaignPack)
	name := fs.String("name", "", text.CmdCampaignName)
	due := fs.String("due", "", text.CmdCampaignDue)
	template := fs.String("template", "", text.CmdCampaignTemplate)
	asJSON := e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "open":
		day, err := time.ParseInLocation(time.DateOnly, *due, bot.Zone())
		if err != nil {
			return fmt.Errorf(text.CmdCampaignBadDue, *due)
		}
		if day.Before(e.now().AddDate(0, 0, -1)) {
			return fmt.Errorf(text.CmdCampaignPast, *due)
		}
		title := *name
		if title == "" {
			title = fmt.Sprintf(text.CampaignDefaultName, day.Year())
		}
		return e.withApp(ctx, func(ctx context.Context, a *app) error {
			c, notes, err := a.openPlanned(ctx, *pack, *template, title, day)
			for _, line := range notes {
				fmt.Fprintln(e.err, line)
			}
			if err != nil {
				return err
			}
			return e.done(asCampaignJSON(c), text.CmdCampaignOpened, c.ID, c.Name, *due)
		})
	case len(rest) == 1 && rest[0] == "list":
		return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error { return e.listCampaigns(ctx, r, *asJSON) })
	case len(rest) == 2 && rest[0] == "close":
		id, err := strconv.ParseInt(rest[1], 10, 64)
		if err != nil {
			return usage(fs)
		}
		return e.withApp(ctx, func(ctx context.Context, a *app) error {
			if err := a.closeCampaign(ctx, id); err != nil {
				return err
			}
			c, err := a.register.CampaignByID(ctx, id)
			if err != nil {
				return err
			}
			return e.done(asCampaignJSON(c), text.CmdCampaignClosed, c.ID, c.Name)
		})
	}
	return usage(fs)
}

// openPlanned opens a campaign by a template of its pack ("" : the first). The notes say
// what is noteworthy about its days and which roles nobody holds, also when it is refused.
func (a *app) openPlanned(ctx context.Context, pack, template, name string, due time.Time) (c risk.Campaign, notes []string, err error) {
	if open, running, err := a.register.Campaign(ctx); err != nil {
		return c, nil, err
	} else if running {
		return c, nil, fmt.Errorf(text.CampaignOpenAlready, open.Name, open.Due.Format(time.DateOnly))
	}
	cal, err := a.register.Calendar(ctx)
	if err != nil {
		return c, nil, err
	}
	err = a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error {
		p, issues, err := a.desk.PlanCampaign(ctx, pack, template, name, due, t.Now)
		if err != nil {
			return err
		}
		_, notes = handlers.PlanIssues(p, issues, cal, t.Now)
		opened, err := a.desk.OpenPlan(ctx, t, 0, p)
		c, notes = opened.Campaign, append(notes, opened.Unowned...)
		return err
	})
	return c, notes, err
}

func (e env) listCampaigns(ctx context.Context, r *pg.Register, asJSON bool) error {
	all, err := r.Campaigns(ctx)
	if err != nil {
		return err
	}
	out := make([]campaignJSON, len(all))
	for i, c := range all {
		out[i] = asCampaignJSON(c)
	}
	if asJSON {
		return e.json(out)
	}
	for _, c := range out {
		state := map[string]string{"open": text.CmdCampaignIsOpen, "closed": text.CmdCampaignIsClosed}[c.State]
		fmt.Fprintf(e.out, "%d\t%s\t%s\t%s\t%s\n", c.ID, state, c.Pack, c.Due, c.Name)
	}
	if len(out) == 0 {
		fmt.Fprintln(e.err, text.CmdCampaignNone)
	}
	return nil
}

func exportCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdExportUsage)
	campaign := fs.Int64("campaign", 0, text.CmdExportCampaign)
	section := fs.String("section", "", text.CmdExportSection)
	person := fs.String("person", "", text.CmdExportPerson)
	format := fs.String("format", "xlsx", text.CmdExportFormat)
	out := fs.String("o", "", text.CmdOut)
	e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || (*format != "xlsx" && *format != "docx") {
		return usage(fs)
	}
	chosen := false
	fs.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "format" })
	named := strings.TrimPrefix(filepath.Ext(*out), ".")
	if !chosen && (named == "xlsx" || named == "docx") {
		*format, chosen = named, true // the file's name says it
	}
	return e.withApp(ctx, func(ctx context.Context, a *app) error {
		scope, err := a.scope(ctx, *campaign, *section, *person)
		if err != nil {
			return err
		}
		scope.Submitted = true
		name, data, err := a.desk.Export(ctx, rest[0], scope, form.Format(*format))
		if err != nil {
			return err
		}
		if made := strings.TrimPrefix(filepath.Ext(name), "."); chosen && made != *format {
			return fmt.Errorf(text.CmdExportOnly, made)
		}
		if *out != "" {
			name = *out
		}
		if err := e.writeFile(name, data); err != nil {
			return err
		}
		if name == "-" {
			return nil // stdout is the file
		}
		return e.done(map[string]any{"file": name, "bytes": len(data)}, text.CmdExported, name)
	})
}

// scope finds the campaign (the newest if none is named), section and person of an export.
func (a *app) scope(ctx context.Context, campaign int64, section, person string) (handlers.Scope, error) {
	s := handlers.Scope{Campaign: campaign}
	if campaign == 0 {
		all, err := a.register.Campaigns(ctx)
		if err != nil {
			return s, err
		}
		if len(all) == 0 {
			return s, errors.New(text.CmdCampaignNone)
		}
		s.Campaign = all[0].ID // newest first
	}
	if section != "" {
		all, err := a.register.Sections(ctx)
		if err != nil {
			return s, err
		}
		for _, sec := range all {
			if sec.Name == section {
				s.Section = sec.ID
			}
		}
		if s.Section == 0 {
			return s, fmt.Errorf(text.CmdNoSection, section)
		}
	}
	if person != "" {
		p, ok, err := a.register.PersonByUserID(ctx, bot.UserID(person))
		if err != nil {
			return s, err
		}
		if !ok {
			return s, fmt.Errorf(text.CmdNoPerson, person)
		}
		s.Person = p.ID
	}
	return s, nil
}
