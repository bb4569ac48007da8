package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/text"
	"qingfeng/knowledge/ingest"
)

const (
	vehiclesPDF  = "../../knowledge/ingest/read/testdata/vehicles.pdf"
	encryptedPDF = "../../knowledge/ingest/testdata/encrypted.pdf"
	scannedPDF   = "../../knowledge/ingest/testdata/scanned.pdf"
	hiddenPDF    = "../../knowledge/ingest/testdata/hidden.pdf"
)

func (s *shell) text(name, body string) string {
	s.t.Helper()
	if err := os.WriteFile(s.file(name), []byte(body), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.file(name)
}

func TestIngestSaysWhatBecameOfEachFileAndAskFindsIt(t *testing.T) {
	s := newShell(t)
	a := s.ok("ingest", vehiclesPDF, s.text("接待.txt", "试验县公务接待规定\n第一条　没有公函的一律不予接待。\n"))
	for _, want := range []string{"[1/2] 已入库", "《栖云县交通运输局公务用车管理办法》", "4页", "[2/2] 已入库", "《试验县公务接待规定》1条"} {
		if !strings.Contains(a.out, want) {
			t.Errorf("no %q in\n%s", want, a.out)
		}
	}
	if !strings.Contains(a.err, "2/2") || !strings.Contains(a.err, "共2份：新入库2") {
		t.Errorf("%s", a.err)
	}
	if a := s.ok("ask", "没有公函可以接待吗"); !strings.Contains(a.out, "没有公函的一律不予接待") {
		t.Errorf("%s", a.out)
	}
	if a := s.ok("ingest", vehiclesPDF, "--visibility", "public"); !strings.Contains(a.out, "可见范围没有改") {
		t.Errorf("%s", a.out)
	}
}

func TestIngestKeepsWhatIsGoodAndFailsForWhatIsNot(t *testing.T) {
	s := newShell(t)
	a := s.run("ingest", "--json", scannedPDF, encryptedPDF, hiddenPDF, vehiclesPDF)
	if a.code != 1 {
		t.Errorf("exit %d", a.code)
	}
	var doc ingestJSON
	a.json(t, &doc)
	if doc.Total != 4 || doc.Refused != 2 || doc.Review != 1 || doc.Saved != 1 || doc.Stopped {
		t.Fatalf("%+v", doc)
	}
	for i, want := range []string{"需要先做文字识别", "密码", "核对以前谁也查不到", "《栖云县交通运输局公务用车管理办法》"} {
		if !strings.Contains(doc.Files[i].Message, want) {
			t.Errorf("%s: %s", doc.Files[i].File, doc.Files[i].Message)
		}
	}
	if !strings.Contains(a.err, "没收下") {
		t.Errorf("%s", a.err)
	}
}

func TestIngestRefusesWhatItCannotMeanBeforeAnythingStarts(t *testing.T) {
	s := &shell{t: t, vars: map[string]string{"QINGFENG_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, dir: t.TempDir()}
	file, other := s.text("a.txt", "x"), s.text("b.txt", "y")
	if a := s.run("ingest"); a.code != 2 {
		t.Errorf("exit %d", a.code)
	}
	for words, args := range map[string][]string{
		"找不到 /nowhere/x。请检查路径": {"/nowhere/x"},
		"没有可以读的文件":             {t.TempDir()},
		"不认识的可见范围“secret”":     {file, "--visibility", "secret"},
		"不认识的效力级别“圣旨”":         {file, "--authority", "圣旨"},
		"日期“明天”不对":             {file, "--effective", "明天"},
		"失效日期应在施行日期之后":         {file, "--effective", "2025-01-01", "--repealed", "2024-01-01"},
		"只能用于单个文件，这次有 2 个":     {file, other, "--title", "同一个"},
	} {
		s.fails(words, append([]string{"ingest"}, args...)...)
	}
}

func TestEveryCodeOfARefusalHasASentence(t *testing.T) {
	unknown := text.IngestRefusal("no such code")
	for _, code := range []string{
		"unknown_format", "archive", "encrypted", "scanned", "too_big", "bomb", "broken", "empty", "charset", "old_xls", "old_doc", "no_pdf",
		ingest.Crashed, ingest.TooSlow, ingest.TooHeavy, ingest.Changed, ingest.Unreadable,
	} {
		if say := text.IngestRefusal(code); say == "" || strings.Contains(say, "（"+code+"）") || !strings.Contains(say, "请") && !strings.Contains(say, "需要") {
			t.Errorf("%s: %s", code, say)
		}
	}
	if !strings.Contains(unknown, "no such code") {
		t.Error(unknown)
	}
}

func TestIngestThatIsKilledIsTakenUpAgain(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	for i := range 400 {
		name := filepath.Join(dir, time.Duration(i).String()+".txt")
		body := strings.Repeat("第一条　试验用的第"+time.Duration(i).String()+"份文件，内容各不相同。\n", 3)
		if err := os.WriteFile(name, []byte("试验办法"+time.Duration(i).String()+"\n"+body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	url := pgtest.URL(t)
	start := func(ctx context.Context) *exec.Cmd {
		c := exec.CommandContext(ctx, self, "ingest", dir)
		c.Env = append(os.Environ(), asProgram+"=1", "QINGFENG_DATA_DIR="+data, "QINGFENG_DATABASE_URL="+url)
		return c
	}
	first := start(t.Context())
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	if _, err := out.Read(line); err != nil { // it is at work
		t.Fatal(err)
	}
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	said, err := start(t.Context()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if known := strings.Count(string(said), "] 已有"); known == 0 || known+strings.Count(string(said), "] 已入库")+strings.Count(string(said), "] 已换新") != 400 {
		t.Errorf("%d known\n%s", known, said)
	}
}
