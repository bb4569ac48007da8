package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
	"qingfeng/handlers/web"
)

// importReport is what --json prints.
type importReport struct {
	Kind   form.Import        `json:"kind"`
	DryRun bool               `json:"dry_run"`
	Done   bool               `json:"done"`
	Issues []risk.ImportIssue `json:"issues"`
	Lines  []risk.ImportLine  `json:"lines"`
}

// biggestSheet is the largest xlsx that is read.
const biggestSheet = 20 << 20

func importCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdImportUsage)
	dry := fs.Bool("dry-run", false, text.CmdImportDry)
	template := fs.Bool("template", false, text.CmdImportTemplate)
	asJSON := e.jsonFlag(fs)
	out := fs.String("o", "", text.CmdOut)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usage(fs)
	}
	kind := form.Import(rest[0])
	if *template {
		return e.writeTemplate(fs, kind, *out, rest[1:])
	}
	if len(rest) != 2 {
		return usage(fs)
	}
	if !slices.Contains([]form.Import{form.ImportRoster, form.ImportCatalogue, form.ImportPoints, form.ImportCalendar}, kind) {
		return fmt.Errorf(text.CmdImportKind, kind)
	}
	data, err := readLimited(rest[1], biggestSheet)
	if err != nil {
		return err
	}
	return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error {
		report, err := importSheet(ctx, r, kind, data, *dry)
		if err != nil {
			return err
		}
		if *asJSON {
			if err := e.json(report); err != nil {
				return err
			}
		} else {
			e.printReport(report)
		}
		if form.Blocked(report.Issues) {
			fmt.Fprintln(e.err, text.CmdImportBlocked)
			return exitCode(1)
		}
		return nil
	})
}

// writeTemplate writes an empty sheet: to -o, to the file named, or to KIND.xlsx.
func (e env) writeTemplate(fs *flag.FlagSet, kind form.Import, out string, rest []string) error {
	data, err := form.Template(kind)
	if err != nil {
		return fmt.Errorf(text.CmdImportKind, kind)
	}
	if len(rest) > 1 || len(rest) == 1 && out != "" {
		return usage(fs)
	}
	path := string(kind) + ".xlsx"
	if out != "" {
		path = out
	} else if len(rest) == 1 {
		path = rest[0]
	}
	if err := e.writeFile(path, data); err != nil {
		return err
	}
	if path == "-" {
		return nil // stdout is the sheet
	}
	return e.done(map[string]any{"kind": kind, "file": path, "bytes": len(data)}, text.CmdTemplateWritten, path)
}

// importSheet parses a sheet and plans or applies it. With a fatal issue nothing is
// imported and the report says which rows to mend.
func importSheet(ctx context.Context, r *pg.Register, kind form.Import, data []byte, dry bool) (report importReport, err error) {
	switch kind {
	case form.ImportRoster:
		report, err = put(ctx, data, form.ParseRoster, choose(dry, r.PlanRoster, r.ApplyRoster))
	case form.ImportCatalogue:
		report, err = put(ctx, data, form.ParseCatalogue, choose(dry, r.PlanCatalogue, r.ApplyCatalogue))
	case form.ImportPoints:
		report, err = put(ctx, data, form.ParsePoints, choose(dry, r.PlanPoints, r.ApplyPoints))
	case form.ImportCalendar:
		report, err = put(ctx, data, form.ParseCalendar, func(ctx context.Context, days []plan.DayException) (risk.ImportPlan, error) {
			return r.ImportCalendar(ctx, days, dry)
		})
	default:
		err = fmt.Errorf(text.CmdImportKind, kind)
	}
	if err != nil {
		return report, err
	}
	report.Kind, report.DryRun = kind, dry
	report.Done = !dry && !form.Blocked(report.Issues)
	if report.Done && kind == form.ImportRoster {
		return report, newcomers(ctx, r)
	}
	return report, nil
}

// put reads a sheet and hands its rows on, unless an issue forbids it.
func put[Row any](
	ctx context.Context, data []byte,
	parse func([]byte) ([]Row, []risk.ImportIssue), do func(context.Context, []Row) (risk.ImportPlan, error),
) (report importReport, err error) {
	rows, issues := parse(data)
	report = importReport{Issues: append([]risk.ImportIssue{}, issues...), Lines: []risk.ImportLine{}}
	if form.Blocked(issues) {
		return report, nil
	}
	changes, err := do(ctx, rows)
	if err != nil && !errors.Is(err, risk.ErrBlocked) {
		return report, err
	}
	report.Issues = append(report.Issues, changes.Issues...)
	report.Lines = append(report.Lines, changes.Lines...)
	return report, nil
}

// newcomers gives people on new posts their form in the campaign that is open, and what
// its plan asks of everybody.
func newcomers(ctx context.Context, r *pg.Register) error {
	c, open, err := r.Campaign(ctx)
	if err != nil || !open {
		return err
	}
	return r.DB.InTx(ctx, func(ctx context.Context) error {
		checks, err := r.AddChecks(ctx, c.ID)
		if err != nil {
			return err
		}
		_, err = (&handlers.Desk{Reg: r, Plans: r}).OweChecks(ctx, c.ID, checks, r.Now())
		return err
	})
}

func choose[F any](dry bool, try, apply F) F {
	if dry {
		return try
	}
	return apply
}

// printReport writes what a person needs: every problem, then what changed.
func (e env) printReport(r importReport) {
	for _, i := range r.Issues {
		fmt.Fprintln(e.err, i.String())
	}
	if form.Blocked(r.Issues) {
		return
	}
	counts := map[risk.Change]int{}
	for _, l := range r.Lines {
		counts[l.Change]++
		if l.Change == risk.ChangeKept {
			continue
		}
		line := fmt.Sprintf(text.CmdImportLine, l.Row, changeLabel(l.Change), l.Subject, l.Detail)
		if l.Row == 0 {
			line = fmt.Sprintf(text.CmdImportGone, changeLabel(l.Change), l.Subject, l.Detail)
		}
		fmt.Fprintln(e.out, strings.TrimSpace(line))
	}
	verb := text.CmdImportDone
	if r.DryRun {
		verb = text.CmdImportWould
	}
	fmt.Fprintf(e.out, verb+"\n", counts[risk.ChangeAdded], counts[risk.ChangeAltered]+counts[risk.ChangeMoved], counts[risk.ChangeGone], counts[risk.ChangeKept])
}

func changeLabel(c risk.Change) string {
	switch c {
	case risk.ChangeAdded:
		return text.CmdAdded
	case risk.ChangeAltered:
		return text.CmdAltered
	case risk.ChangeMoved:
		return text.CmdMoved
	case risk.ChangeGone:
		return text.CmdGone
	case risk.ChangeKept:
		return text.CmdKept
	}
	return string(c)
}

// readLimited reads a file that may not be larger than limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf(text.CmdTooLarge, path, limit>>20)
	}
	return data, nil
}

// sheets imports for the coordinator's page what `import` imports for IT.
type sheets struct{ register *pg.Register }

func (s sheets) Import(ctx context.Context, kind form.Import, data []byte, dry bool) (web.ImportReport, error) {
	r, err := importSheet(ctx, s.register, kind, data, dry)
	return web.ImportReport{Issues: r.Issues, Lines: r.Lines, Done: r.Done}, err
}
