package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
)

func TestEveryCommandHelps(t *testing.T) {
	s := &shell{t: t, vars: map[string]string{"QINGFENG_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}}
	for _, c := range commands() {
		a := s.ok(c.name, "--help")
		if len(strings.TrimSpace(a.out)) == 0 || a.err != "" {
			t.Errorf("%s --help: stdout %q, stderr %q", c.name, a.out, a.err)
		}
	}
	list := s.ok("help").out
	for _, c := range commands() {
		if !strings.Contains(list, c.name) {
			t.Errorf("help does not list %s", c.name)
		}
	}
}

func TestWhatDoesNotFitIsRefusedBeforeAnythingStarts(t *testing.T) {
	s := &shell{t: t, vars: map[string]string{"QINGFENG_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}}
	for _, line := range []string{
		"", "nonsense", "import", "import roster", "import roster a b", "import roster --nonsense x", "grant zhangsan", "campaign", "campaign shut 1",
		"campaign close", "campaign close one", "campaign list 3", "export", "export fubiao1 --format pdf", "ask", "ask a b", "backup", "restore", "jobs retry", "jobs retry x",
		"jobs nonsense 1", "version 1", "doctor all", "migrate up", "serve now", "chat", "demo now",
	} {
		a := s.run(strings.Fields(line)...)
		if a.code != 2 || a.err == "" || a.out != "" {
			t.Errorf("qingfeng %s: exit %d, stdout %q, stderr %q", line, a.code, a.out, a.err)
		}
	}
	for words, line := range map[string]string{
		"没有“首长”这个角色":     "grant zhangsan 首长",
		"截止日期“明天”不对":     "campaign open --due 明天",
		"已经过去":           "campaign open --due 2020-01-01",
		"不认识“people”":    "import people x.xlsx",
		"no such file":   "import roster /nowhere.xlsx",
		"请先在另一个窗口运行":     "chat --as linxiaoya",
		"缺少企业微信配置，无法启动：": "serve",
	} {
		s.fails(words, strings.Fields(line)...)
	}
}

func TestJSONIsOneDocumentAlsoOfAFailure(t *testing.T) {
	s := &shell{t: t, vars: map[string]string{"QINGFENG_DATABASE_URL": "postgres://nobody:CANARY@127.0.0.1:1/none"}}
	for _, line := range []string{
		"campaign open --json --due 明天", "campaign list --json", "grant --json a 首长", "import roster --json /nowhere.xlsx", "jobs --json", "jobs --json retry x",
		"migrate --json", "backup --json /nowhere/x", "restore --json /nowhere/x", "export --json nonsense", "doctor --json",
	} {
		a := s.run(strings.Fields(line)...)
		if strings.Contains(a.out+a.err, "CANARY") {
			t.Errorf("qingfeng %s shows a password:\n%s%s", line, a.out, a.err)
		}
		var doc any
		a.json(t, &doc)
		if m, ok := doc.(map[string]any); a.code == 0 || ok && m["error"] == "" {
			t.Errorf("qingfeng %s: exit %d\n%s", line, a.code, a.out)
		}
	}
	var v struct{ Version, Go string }
	s.ok("version", "--json").json(t, &v)
	if v.Version != version || v.Go == "" {
		t.Errorf("%+v", v)
	}
}

// filled is the template of a kind with its example row filled in as a real one.
func (s *shell) filled(kind string) string {
	s.t.Helper()
	path := s.file(kind + "-filled.xlsx")
	var doc struct{ Kind, File string }
	s.ok("import", kind, "--template", "-o", path, "--json").json(s.t, &doc)
	if doc.Kind != kind || doc.File != path {
		s.t.Fatalf("%+v", doc)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	name := f.GetSheetName(0)
	rows, err := f.GetRows(name)
	if err != nil || len(rows) < 2 {
		s.t.Fatal(err, rows)
	}
	real := make([]any, len(rows[1]))
	for i, v := range rows[1] {
		real[i] = strings.TrimPrefix(v, text.FormExampleMark)
	}
	if err := f.SetSheetRow(name, "A3", &real); err != nil {
		s.t.Fatal(err)
	}
	if err := f.Save(); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// importDoc is what import --json prints.
type importDoc struct {
	Kind   string `json:"kind"`
	DryRun bool   `json:"dry_run"`
	Done   bool   `json:"done"`
	Issues []struct {
		Row    int    `json:"row"`
		Column string `json:"column"`
		Say    string `json:"say"`
		Fatal  bool   `json:"fatal"`
	} `json:"issues"`
	Lines []struct {
		Row     int    `json:"row"`
		Change  string `json:"change"`
		Subject string `json:"subject"`
	} `json:"lines"`
}

func TestATemplateWithItsExampleFilledInImports(t *testing.T) {
	s := newShell(t)
	// The catalogue's and the points' examples name sections and posts of a roster.
	s.ok("import", "roster", s.sheet("first.xlsx", rosterHeader,
		"栖云县交通运输局|运输管理股|窗口受理岗|一般岗位|赵一|zhaoyi|科室负责人||",
		"栖云县交通运输局|财务审计股|工程款支付岗|其他重要岗位|陈示例|chenshili|干部||"))
	for _, kind := range []string{"catalogue", "points", "roster", "calendar"} {
		path := s.filled(kind)
		var dry, real, again importDoc
		s.ok("import", kind, path, "--dry-run", "--json").json(t, &dry)
		if !dry.DryRun || dry.Done || len(dry.Lines) == 0 {
			t.Errorf("%s, dry: %+v", kind, dry)
		}
		s.ok("import", kind, path, "--json").json(t, &real)
		if !real.Done || real.DryRun || len(real.Lines) != len(dry.Lines) {
			t.Errorf("%s: %+v\ndry: %+v", kind, real, dry)
		}
		s.ok("import", kind, path, "--json").json(t, &again)
		if slices.ContainsFunc(again.Lines, func(l struct {
			Row     int    `json:"row"`
			Change  string `json:"change"`
			Subject string `json:"subject"`
		},
		) bool {
			return l.Change != "kept"
		}) {
			t.Errorf("%s: the same sheet again changes something: %+v", kind, again.Lines)
		}
	}
}

func TestASheetWithABadRowIsReportedAndNothingOfItImported(t *testing.T) {
	s := newShell(t)
	bad := s.sheet("bad.xlsx", rosterHeader,
		"试验局|办公室|文秘岗|一般岗位|李静|lijing|干部||",
		"试验局|办公室|后勤岗|很重要|王强|wangqiang|干部||")
	var doc importDoc
	a := s.run("import", "roster", bad, "--json")
	a.json(t, &doc)
	if a.code != 1 || doc.Done || len(doc.Issues) != 1 || doc.Issues[0].Row != 3 || doc.Issues[0].Column != "层次" || !doc.Issues[0].Fatal {
		t.Errorf("exit %d, %+v", a.code, doc)
	}
	s.fails("第3行「层次」", "import", "roster", bad)
	s.fails(text.CmdImportBlocked, "import", "roster", bad)
	s.fails("", "import", "roster", bad, "--dry-run")
	// Nobody is there, so that a campaign has nobody to begin with.
	s.fails("", "campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	s.fails("花名册里没有科室", "import", "catalogue", s.sheet("c.xlsx", "科室|职权事项名称|职权类别|职权内容|法规依据|环节|期限|监督方式", "办公室|用印|内部职权|用印|制度|登记→盖章||"))
	noise := s.file("noise.xlsx")
	if err := os.WriteFile(noise, []byte("not a workbook"), 0o600); err != nil {
		t.Fatal(err)
	}
	a = s.run("import", "roster", noise, "--json")
	a.json(t, &doc)
	if a.code != 1 || len(doc.Issues) == 0 {
		t.Errorf("noise: exit %d %+v", a.code, doc)
	}
}

func TestTheOfficeWorksFromTheCommandLine(t *testing.T) {
	s := newShell(t)
	s.staff()
	due := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)

	s.fails("nosuchperson", "grant", "nosuchperson", "防控办成员")
	var granted struct {
		UserID  string `json:"userid"`
		Revoked bool   `json:"revoked"`
	}
	s.ok("grant", "linxiaoya", "防控办成员", "--json").json(t, &granted)
	if granted.UserID != "linxiaoya" || granted.Revoked {
		t.Errorf("%+v", granted)
	}
	s.ok("grant", "linxiaoya", "防控办成员", "--revoke")
	s.fails("", "grant", "linxiaoya", "防控办成员", "--revoke")

	s.fails(text.CmdCampaignNone, "export", "fubiao1")
	s.fails("", "campaign", "open", "--pack", "nonsense", "--due", due)
	var c campaignJSON
	s.ok("campaign", "open", "--pack", "county", "--due", due, "--json").json(t, &c)
	if c.ID == 0 || c.State != "open" || c.Due != due {
		t.Errorf("%+v", c)
	}
	s.fails("", "campaign", "open", "--due", due)
	var all []campaignJSON
	s.ok("campaign", "list", "--json").json(t, &all)
	if len(all) != 1 || all[0] != c {
		t.Errorf("%+v", all)
	}

	for _, args := range [][]string{
		{"fubiao1"},
		{"fubiao1", "--format", "docx"},
		{"fubiao1", "--section", "财务股"},
		{"fubiao1", "--person", "linxiaoya", "--format", "docx"},
		{"fubiao4"},
		{"fubiao4", "--format", "docx"},
	} {
		path := s.file("export")
		var doc struct {
			File  string
			Bytes int
		}
		s.ok(append([]string{"export", "-o", path, "--json"}, args...)...).json(t, &doc)
		data, err := os.ReadFile(path)
		if err != nil || len(data) != doc.Bytes || !strings.HasPrefix(string(data), "PK") {
			t.Errorf("export %v: %v, %d bytes, said %d", args, err, len(data), doc.Bytes)
		}
	}
	if a := s.ok("export", "fubiao1", "-o", "-"); !strings.HasPrefix(a.out, "PK") {
		t.Error("export to stdout is not a file")
	}
	s.fails("没有“后勤股”这个科室", "export", "fubiao1", "--section", "后勤股")
	s.fails("花名册里没有 nobody", "export", "fubiao1", "--person", "nobody")
	s.fails("", "export", "fubiao9")
	for _, form := range []string{"grading", "minutes"} {
		s.fails("还没有定级会议的记录", "export", form)
	}
	s.fails("", "export", "fubiao1", "--campaign", "99")

	s.ok("campaign", "close", "1")
	s.ok("campaign", "list", "--json").json(t, &all)
	if all[0].State != "closed" {
		t.Errorf("%+v", all)
	}
	s.fails("", "campaign", "close", "99")
}

func TestJobsAreShownRetriedAndDropped(t *testing.T) {
	s := newShell(t)
	db, err := pg.Open(t.Context(), s.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var failed, running int64
	if err := db.Pool().QueryRow(t.Context(), `INSERT INTO job_run (job, due_at, state, attempts, error) VALUES ('reconcile', now(), 'failed', 5, 'errcode 60020') RETURNING id`).Scan(&failed); err != nil {
		t.Fatal(err)
	}
	if err := db.Pool().QueryRow(t.Context(), `INSERT INTO job_run (job, due_at, state, attempts, lease_until) VALUES ('prune', now(), 'running', 1, now() + interval '1 hour') RETURNING id`).Scan(&running); err != nil {
		t.Fatal(err)
	}
	if a := s.ok("jobs"); !strings.Contains(a.out, "errcode 60020") || !strings.Contains(a.out, text.JobsFailed) || !strings.Contains(a.out, text.JobsRunning) {
		t.Errorf("%s", a.out)
	}
	var doc struct {
		Inbox, Outbox map[string]int
		Runs          []struct {
			ID    int64
			State string
		}
	}
	s.ok("jobs", "--json").json(t, &doc)
	if len(doc.Runs) != 2 || doc.Outbox["pending"] != 0 {
		t.Errorf("%+v", doc)
	}
	number := func(id int64) string { raw, _ := json.Marshal(id); return string(raw) }
	s.ok("jobs", "retry", number(failed))
	s.ok("jobs", "--json").json(t, &doc)
	if !slices.ContainsFunc(doc.Runs, func(r struct {
		ID    int64
		State string
	},
	) bool {
		return r.ID == failed && r.State == "planned"
	}) {
		t.Errorf("%+v", doc.Runs)
	}
	s.ok("jobs", "drop", number(failed))
	s.fails("没有编号为", "jobs", "retry", number(failed))
	s.fails("没有编号为", "jobs", "drop", number(running))
}
