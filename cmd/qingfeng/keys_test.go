package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
)

const (
	passOne   = "山高水长-清风自来 CANARY1"
	passTwo   = "correct horse CANARY2 staple"
	passThree = "第三位保管人的口令 CANARY3"
	passFour  = "换过以后的新口令-CANARY4"
)

// said runs a command with lines on its standard input. No output shows a passphrase.
func (s *shell) said(lines []string, args ...string) answer {
	s.t.Helper()
	var out, err bytes.Buffer
	in := strings.NewReader(strings.Join(lines, "\n"))
	e := env{getenv: func(k string) string { return s.vars[k] }, in: in, out: &out, err: &err, doc: &document{}, work: 4}
	code := e.run(s.t.Context(), args)
	if strings.Contains(out.String()+err.String(), "CANARY") {
		s.t.Errorf("qingfeng %s shows a passphrase:\n%s%s", strings.Join(args, " "), out.String(), err.String())
	}
	return answer{out.String(), err.String(), code}
}

// did is said for what must do.
func (s *shell) did(lines []string, args ...string) answer {
	s.t.Helper()
	a := s.said(lines, args...)
	if a.code != 0 {
		s.t.Fatalf("qingfeng %s: exit %d\n%s%s", strings.Join(args, " "), a.code, a.out, a.err)
	}
	return a
}

// not is said for what must be refused with these words, in one line.
func (s *shell) not(words string, lines []string, args ...string) {
	s.t.Helper()
	a := s.said(lines, args...)
	if a.code != 1 || !strings.Contains(a.err, words) || strings.Count(a.err, "\n") != 1 || a.out != "" {
		s.t.Errorf("qingfeng %s: exit %d, want one line that says %q\n%s%s", strings.Join(args, " "), a.code, words, a.out, a.err)
	}
}

// store is the shell's register.
func (s *shell) store() *pg.Register {
	s.t.Helper()
	db, err := pg.Open(s.t.Context(), s.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(db.Close)
	return pg.NewRegister(db, time.Now)
}

// ringOf is a door's keys.
func ringOf(t *testing.T, r *pg.Register, door opinion.Door) opinion.SealRing {
	t.Helper()
	ring, _, err := r.Ring(t.Context(), door)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// posted is a letter to a ring.
func posted(t *testing.T, ring opinion.SealRing, words string) []byte {
	t.Helper()
	l, err := letter.Seal([]byte(words), ring.Recipients)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unlocked is a ring opened as the desk does it.
func unlocked(ring opinion.SealRing, passphrases ...string) (*letter.Keyring, error) {
	var locks [][]byte
	for _, l := range ring.Locks {
		locks = append(locks, l.Locked)
	}
	return letter.UnlockAny(locks, passphrases...)
}

// reads checks that passphrases open letters.
func reads(t *testing.T, ring opinion.SealRing, letters map[string][]byte, passphrases ...string) {
	t.Helper()
	k, err := unlocked(ring, passphrases...)
	if err != nil {
		t.Fatal(err)
	}
	if !k.Agrees(ring.Recipients) {
		t.Error("the ring's public keys are others")
	}
	for want, l := range letters {
		if got, err := k.Open(l); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

// printedOf is the printed key that a command showed.
func printedOf(t *testing.T, a answer) string {
	t.Helper()
	m := regexp.MustCompile(`AGE-SECRET-KEY-1( [0-9A-Z]{4,6}){10}`).FindString(a.out)
	if m == "" {
		t.Fatalf("no printed key in\n%s", a.out)
	}
	return m
}

// audited are the events about keys, oldest first.
func audited(t *testing.T, r *pg.Register) (out []string) {
	t.Helper()
	rows, err := r.DB.Pool().Query(t.Context(), `SELECT action, result, note, actor, object FROM audit_event WHERE action LIKE 'keys.%' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var action, result, note, object string
		var actor int64
		if err := rows.Scan(&action, &result, &note, &actor, &object); err != nil {
			t.Fatal(err)
		}
		if actor != 0 || object != "seal_ring" {
			t.Errorf("%d %s", actor, object)
		}
		out = append(out, strings.TrimPrefix(action, "keys.")+" "+result+" "+note)
	}
	return out
}

func TestADoorIsReadyOnceItsPrintedKeyWasTypedBack(t *testing.T) {
	s := newShell(t)
	r := s.store()
	if a := s.ok("keys", "show"); a.out != "防控办：没有密钥\n纪检监察机构：没有密钥\n" {
		t.Errorf("%s", a.out)
	}
	made := s.did([]string{passOne}, "keys", "init", "--for", "office")
	printed := printedOf(t, made)
	ring := ringOf(t, r, opinion.Office)
	if ring.Ready() || ring.Needs() != 1 || len(ring.Recipients) != 2 || !strings.Contains(made.out, envelope(ring.Recovery)) {
		t.Errorf("%+v\n%s", ring, made.out)
	}
	s.not("已经有密钥了", []string{passTwo}, "keys", "init", "--for", "office")

	// A slip, the key of somebody else, nothing.
	slip := strings.Replace(printed, printed[20:21], map[bool]string{true: "P", false: "Q"}[printed[20] == 'Q'], 1)
	s.not("抄写有误", []string{slip}, "keys", "recover", "--for", "office", "--check")
	other, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	s.not("不是防控办现在用的那一把（现在的信封编号 "+envelope(ring.Recovery)+"）", []string{other.Printed()}, "keys", "recover", "--for", "office", "--check")
	s.not("没有读到打印密钥", nil, "keys", "recover", "--for", "office", "--check")
	if ringOf(t, r, opinion.Office).Ready() {
		t.Fatal("it is ready")
	}
	s.did([]string{strings.ToLower(strings.ReplaceAll(printed, " ", ""))}, "keys", "recover", "--for", "office", "--check")
	ring = ringOf(t, r, opinion.Office)
	if !ring.Ready() || ring.Tips {
		t.Errorf("%+v", ring)
	}
	reads(t, ring, map[string][]byte{"路灯坏了": posted(t, ring, "路灯坏了")}, passOne)
	if _, err := unlocked(ring, passTwo); err == nil {
		t.Error("another passphrase opens it")
	}
	if got, want := fmt.Sprint(audited(t, r)), "[init ok office init refused office exists check refused office slip check refused office other_key check ok office]"; got != want {
		t.Errorf("%s", got)
	}
	var docs []doorJSON
	s.ok("keys", "show", "--json").json(t, &docs)
	if len(docs) != 2 || docs[0].State != "ready" || docs[0].Needs != 1 || docs[0].Envelope != envelope(ring.Recovery) || docs[1].State != "none" || docs[0].RecoveryKey != "" {
		t.Errorf("%+v", docs)
	}
}

func TestALostPassphraseIsOvercomeByThePrintedKeyTwice(t *testing.T) {
	s := newShell(t)
	r := s.store()
	letters := map[string][]byte{}
	post := func(words string) { letters[words] = posted(t, ringOf(t, r, opinion.Office), words) }
	first := printedOf(t, s.did([]string{passOne}, "keys", "init", "--for", "office"))
	s.did([]string{first}, "keys", "recover", "--for", "office", "--check")
	post("第一封")

	slip := []byte(first)
	slip[30], slip[31] = slip[31], slip[30]
	if slip[30] != slip[31] && slip[30] != ' ' && slip[31] != ' ' {
		s.not("抄写有误", []string{string(slip), passTwo}, "keys", "recover", "--for", "office")
	}
	s.not("防控办的新口令太容易被猜到", []string{first, "123456"}, "keys", "recover", "--for", "office")
	second := printedOf(t, s.did([]string{first, passTwo}, "keys", "recover", "--for", "office"))
	ring := ringOf(t, r, opinion.Office)
	if ring.Ready() || first == second {
		t.Error("the spent key counts as checked")
	}
	if _, err := unlocked(ring, passOne); err == nil {
		t.Error("the lost passphrase still opens it")
	}
	s.not("不是防控办现在用的那一把", []string{first}, "keys", "recover", "--for", "office", "--check")
	s.not("不是防控办现在用的那一把", []string{first, passThree}, "keys", "recover", "--for", "office")
	s.did([]string{second}, "keys", "recover", "--for", "office", "--check")
	post("第二封")
	reads(t, ring, letters, passTwo)

	// Once more: what was sealed before the second printed key was made opens too.
	third := printedOf(t, s.did([]string{second, passThree}, "keys", "recover", "--for", "office"))
	s.did([]string{third}, "keys", "recover", "--for", "office", "--check")
	post("第三封")
	reads(t, ringOf(t, r, opinion.Office), letters, passThree)
	if got := audited(t, r); got[len(got)-1] != "check ok office" {
		t.Errorf("%v", got)
	}
}

func TestRotatingKeepsOldLettersOpenAndShutsTheOldPassphraseOut(t *testing.T) {
	s := newShell(t)
	r := s.store()
	printed := printedOf(t, s.did([]string{passOne}, "keys", "init", "--for", "office"))
	s.did([]string{printed}, "keys", "recover", "--for", "office", "--check")
	before := ringOf(t, r, opinion.Office)
	letters := map[string][]byte{"旧": posted(t, before, "旧")}
	s.not("口令不对", []string{passTwo, passFour}, "keys", "rotate", "--for", "office")
	s.not("多给了内容", []string{passOne, passFour, passTwo}, "keys", "rotate", "--for", "office")
	s.not("没有读到防控办的新口令", []string{passOne}, "keys", "rotate", "--for", "office")
	if got := ringOf(t, r, opinion.Office); got.Recipients[0] != before.Recipients[0] {
		t.Fatal("a refused change changed something")
	}
	s.did([]string{passOne, passFour}, "keys", "rotate", "--for", "office")
	after := ringOf(t, r, opinion.Office)
	if after.Recipients[0] == before.Recipients[0] || after.Recovery != before.Recovery || !after.Ready() {
		t.Errorf("%+v", after)
	}
	letters["新"] = posted(t, after, "新")
	reads(t, after, letters, passFour)
	if _, err := unlocked(after, passOne); err == nil {
		t.Error("the old passphrase opens it")
	}
	// Whoever kept the old passphrase and an old backup reads nothing that came since.
	old, err := unlocked(before, passOne)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Open(letters["新"]); err == nil {
		t.Error("the old key opens a new letter")
	}

	// The envelope was lost: a new printed key, which has to be checked.
	again := printedOf(t, s.did([]string{passFour, passFour}, "keys", "rotate", "--for", "office", "--reprint"))
	if ring := ringOf(t, r, opinion.Office); ring.Ready() || ring.Recovery == after.Recovery {
		t.Errorf("%+v", ring)
	}
	s.did([]string{again}, "keys", "recover", "--for", "office", "--check")
	s.did([]string{again, passTwo}, "keys", "recover", "--for", "office")
	reads(t, ringOf(t, r, opinion.Office), letters, passTwo)
}

func TestAnyTwoOfThreeHoldersOpenAndNobodyAlone(t *testing.T) {
	s := newShell(t)
	r := s.store()
	printed := printedOf(t, s.did([]string{passFour}, "keys", "init", "--for", "discipline"))
	s.not("两人以上共同保管", nil, "keys", "tips", "on")
	letters := map[string][]byte{"旧": posted(t, ringOf(t, r, opinion.Discipline), "旧")}
	holders := []string{"王一", "李二", "张三"}
	split := append([]string{"keys", "split", "--for", "discipline"}, holders...)
	s.not("两位保管人的口令不能相同", []string{passFour, passOne, passTwo, " " + passOne}, split...)
	s.not("李二的新口令太容易被猜到", []string{passFour, passOne, "13800000000 12", passThree}, split...)
	s.not("口令不对", []string{passOne, passOne, passTwo, passThree}, split...)
	s.did([]string{passFour, passOne, passTwo, passThree}, split...)
	s.not("把封存的打印密钥输回来", nil, "keys", "tips", "on")
	s.did([]string{printed}, "keys", "recover", "--for", "discipline", "--check")
	s.did(nil, "keys", "tips", "on")

	ring := ringOf(t, r, opinion.Discipline)
	if !ring.Ready() || !ring.Tips || ring.Needs() != 2 || len(ring.Locks) != 3 || fmt.Sprint(ring.Holders()) != fmt.Sprint(holders) {
		t.Errorf("%+v", ring)
	}
	letters["新"] = posted(t, ring, "新")
	all := []string{passOne, passTwo, passThree}
	for i, a := range all {
		for _, b := range all[:i] {
			reads(t, ring, letters, a, b)
		}
		for _, alone := range [][]string{{a}, {a, a}, {a, passFour}} {
			if _, err := unlocked(ring, alone...); err == nil {
				t.Errorf("holder %d opens it alone", i)
			}
		}
	}
	if _, err := unlocked(ring, passFour); err == nil {
		t.Error("the single passphrase still opens it")
	}
	if a := s.ok("keys", "show"); !strings.Contains(a.out, "两人一起打开（王一、李二、张三中任意两位）") || !strings.Contains(a.out, "封存信箱已打开") {
		t.Errorf("%s", a.out)
	}

	// 张三 forgot: the others rotate, and everybody has a passphrase again.
	s.not("这两个口令合起来打不开", []string{passOne, passFour, passOne, passTwo, passThree}, "keys", "rotate", "--for", "discipline")
	s.did([]string{passTwo, passOne, passTwo, passOne, passFour}, "keys", "rotate", "--for", "discipline")
	ring = ringOf(t, r, opinion.Discipline)
	if !ring.Ready() || !ring.Tips || len(ring.Locks) != 3 {
		t.Errorf("%+v", ring)
	}
	letters["更新"] = posted(t, ring, "更新")
	reads(t, ring, letters, passFour, passTwo)
	if _, err := unlocked(ring, passThree, passOne); err == nil {
		t.Error("the forgotten passphrase still opens it with another")
	}

	// The envelope opens it all; then nobody's box is open before two hold it again.
	a := s.did([]string{printed, passThree}, "keys", "recover", "--for", "discipline")
	if !strings.Contains(a.err, "封存信箱已经关上") {
		t.Errorf("%s", a.err)
	}
	ring = ringOf(t, r, opinion.Discipline)
	if ring.Ready() || ring.Tips || ring.Needs() != 1 {
		t.Errorf("%+v", ring)
	}
	reads(t, ring, letters, passThree)
	s.did(nil, "keys", "tips", "off")
	if err := r.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(audited(t, r)); !strings.Contains(got, "tips_on refused discipline single") || !strings.Contains(got, "tips_on refused discipline unprinted") ||
		!strings.Contains(got, "rotate refused discipline passphrase") || !strings.Contains(got, "split ok discipline") {
		t.Errorf("%s", got)
	}
}

func TestPublicKeysThatSomebodyChangedAreNoticedAndPutRight(t *testing.T) {
	s := newShell(t)
	r := s.store()
	printed := printedOf(t, s.did([]string{passOne}, "keys", "init", "--for", "office"))
	s.did([]string{printed}, "keys", "recover", "--for", "office", "--check")
	honest := ringOf(t, r, opinion.Office)
	thief, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	for what, tampered := range map[string]func(*opinion.SealRing){
		"his key instead of ours":  func(k *opinion.SealRing) { k.Recipients = []string{thief.Recipient(), k.Recovery} },
		"his key instead of paper": func(k *opinion.SealRing) { k.Recipients[1], k.Recovery = thief.Recipient(), thief.Recipient() },
		"his key besides":          func(k *opinion.SealRing) { k.Recipients = append(k.Recipients, thief.Recipient()) },
	} {
		bad := ringOf(t, r, opinion.Office)
		tampered(&bad)
		if err := r.SaveRing(t.Context(), bad); err != nil {
			t.Fatal(err)
		}
		a := s.did([]string{passOne, passOne}, "keys", "rotate", "--for", "office")
		if !strings.Contains(a.err, "可能有人在数据库里换过") {
			t.Errorf("%s: %s", what, a.err)
		}
		ring := ringOf(t, r, opinion.Office)
		if ring.Recovery != honest.Recovery || len(ring.Recipients) != 2 {
			t.Errorf("%s: %+v", what, ring)
		}
		if _, err := thief.Open(posted(t, ring, "词")); err == nil {
			t.Errorf("%s: he still reads", what)
		}
	}
	bad := ringOf(t, r, opinion.Office)
	bad.Recipients = append(bad.Recipients, thief.Recipient())
	bad.Printed = false
	if err := r.SaveRing(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	s.not("打印密钥是对的", []string{printed}, "keys", "recover", "--for", "office", "--check")
	if f, code := s.examined(); f["防控办密钥"].State != "fail" || code != 1 {
		t.Errorf("%+v", f["防控办密钥"])
	}
	if got := strings.Join(audited(t, r), ","); strings.Count(got, "rotate refused office tampered") != 3 {
		t.Errorf("%s", got)
	}
}

func TestTheSheetOfAPrintedKeyHoldsItAndNothingElseDoes(t *testing.T) {
	s := newShell(t)
	s.staff()
	r := s.store()
	path := s.file("recovery.html")
	a := s.did([]string{passOne}, "keys", "init", "--for", "office", "--print", path, "--holder", "王芳", "--json")
	var doc doorJSON
	a.json(t, &doc)
	if doc.File != path || doc.RecoveryKey != "" || strings.Contains(a.out+a.err, "SECRET-KEY") || doc.State != "unprinted" || fmt.Sprint(doc.Holders) != "[王芳]" {
		t.Errorf("%s%s", a.out, a.err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	groups := regexp.MustCompile(`<span>([0-9A-Z]+)</span>`).FindAllStringSubmatch(page, -1)
	var key []string
	for _, g := range groups {
		key = append(key, g[1])
	}
	for _, want := range []string{"试验县交通运输局", "防控办", doc.Envelope, "监封人签名", "A4", "--for office --check"} {
		if !strings.Contains(page, want) {
			t.Errorf("the sheet lacks %q", want)
		}
	}
	if strings.Contains(page, "http") || strings.Contains(page, "<script") {
		t.Error("the sheet asks for something")
	}
	m := regexp.MustCompile(`src="data:image/png;base64,([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no code")
	}
	encoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[1], "&#43;", "+"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(encoded))
	if err != nil || img.Bounds().Dx() < qrPixels {
		t.Fatalf("%v", err)
	}
	dots, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	scanned, err := qrcode.NewQRCodeReader().Decode(dots, nil)
	if err != nil || scanned.GetText() != "AGE-SECRET-KEY-1"+strings.Join(key, "") {
		t.Errorf("the code says something else than the sheet: %v", err)
	}
	// The file is there already: nothing is overwritten, and nothing changes.
	s.not("打不开或写不了", []string{passOne, passTwo}, "keys", "rotate", "--for", "office", "--reprint", "--print", path)
	again, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(raw, again) {
		t.Error("the sheet was overwritten")
	}
	s.did([]string{scanned.GetText()}, "keys", "recover", "--for", "office", "--check")

	// No sheet is left of a change that did not happen.
	lost := s.file("lost.html")
	s.not("口令不对", []string{passTwo, passTwo}, "keys", "rotate", "--for", "office", "--reprint", "--print", lost)
	if _, err := r.DB.Pool().Exec(t.Context(), `ALTER TABLE seal_ring ADD CONSTRAINT shut CHECK (printed)`); err != nil {
		t.Fatal(err)
	}
	if a := s.said([]string{passOne, passTwo}, "keys", "rotate", "--for", "office", "--reprint", "--print", lost); a.code != 1 {
		t.Errorf("exit %d", a.code)
	}
	if _, err := os.Stat(lost); err == nil {
		t.Error("the sheet of a key that is none stays")
	}
}

func TestPassphrasesAreMadeOnRequestOrReadFromAFile(t *testing.T) {
	s := newShell(t)
	r := s.store()
	var doc doorJSON
	s.did(nil, "keys", "init", "--for", "office", "--generate", "--json").json(t, &doc)
	reads(t, ringOf(t, r, opinion.Office), nil, doc.Passphrases["防控办"])
	if doc.RecoveryKey == "" {
		t.Errorf("%+v", doc)
	}
	file := s.file("lines")
	if err := os.WriteFile(file, []byte(doc.Passphrases["防控办"]+"\r\n"+passOne+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.did([]string{"not read"}, "keys", "rotate", "--for", "office", "--passphrase-file", file)
	reads(t, ringOf(t, r, opinion.Office), nil, passOne)
	a := s.did([]string{passOne}, "keys", "split", "--for", "office", "--generate", "甲", "乙")
	m := regexp.MustCompile(`[甲乙]的口令（只显示这一次）：(\S+)\n`).FindAllStringSubmatch(a.out, -1)
	if len(m) != 2 {
		t.Fatalf("%s", a.out)
	}
	reads(t, ringOf(t, r, opinion.Office), nil, m[0][1], m[1][1])
	s.not("打不开或写不了", nil, "keys", "rotate", "--for", "office", "--passphrase-file", s.file("none"))
	s.not("太长", []string{strings.Repeat("x", 5000)}, "keys", "rotate", "--for", "office")
}

func TestKeysThatDoNotFitAreRefusedInOneLine(t *testing.T) {
	s := newShell(t)
	for _, line := range []string{
		"keys", "keys nonsense", "keys init x", "keys show x", "keys show --for office", "keys tips", "keys tips maybe", "keys rotate --check", "keys init --for office --check",
		"keys init --for office --reprint", "keys rotate --for office --print x.html", "keys split --for office --print x 甲 乙", "keys recover --for office --check --generate",
		"keys rotate --for office 甲", "keys tips on --generate", "keys rotate --for office --holder x",
	} {
		if a := s.run(strings.Fields(line)...); a.code != 2 || a.err == "" || a.out != "" {
			t.Errorf("qingfeng %s: exit %d, %q, %q", line, a.code, a.out, a.err)
		}
	}
	for line, words := range map[string]string{
		"keys init":                              "--for office",
		"keys init --for police":                 "--for office",
		"keys rotate --for office":               "防控办还没有密钥。请先运行 qingfeng keys init --for office",
		"keys split --for discipline 甲 乙":        "纪检监察机构还没有密钥",
		"keys recover --for office":              "还没有密钥",
		"keys recover --for office --check":      "还没有密钥",
		"keys tips on":                           "还没有密钥",
		"keys tips on --for office":              "封存信箱只属于纪检监察机构",
		"keys split --for office 甲":              "2到5位保管人",
		"keys split --for office":                "2到5位保管人",
		"keys split --for office 甲 乙 甲":          "2到5位保管人",
		"keys split --for office 甲 乙 丙 丁 戊 己":    "2到5位保管人",
		"keys init --for office":                 "没有读到防控办的新口令",
		"keys init --for office --holder \u0007": "2到5位保管人",
	} {
		s.not(words, nil, strings.Split(line, " ")...)
	}
	s.not("太容易被猜到", []string{"aaaaaaaaaaaaaaaaaa"}, "keys", "init", "--for", "office")
	s.not("太容易被猜到", []string{"11 字不够的口令"}, "keys", "init", "--for", "office")
	var doc struct{ Error string }
	s.run("keys", "rotate", "--for", "office", "--json").json(t, &doc)
	if !strings.Contains(doc.Error, "还没有密钥") {
		t.Errorf("%+v", doc)
	}
}

func TestDoctorTellsWhetherWordsMayBeTakenAndByHowManyTheyAreRead(t *testing.T) {
	s := newShell(t)
	office := func() finding { f, _ := s.examined(); return f["防控办密钥"] }
	if f := office(); f.State != "warn" || !strings.Contains(f.Say, "keys init --for office") {
		t.Errorf("%+v", f)
	}
	printed := printedOf(t, s.did([]string{passOne}, "keys", "init", "--for", "office"))
	if f := office(); f.State != "warn" || !strings.Contains(f.Say, "--check") {
		t.Errorf("%+v", f)
	}
	s.did([]string{printed}, "keys", "recover", "--for", "office", "--check")
	if f := office(); f.State != "ok" || !strings.Contains(f.Say, "1人") {
		t.Errorf("%+v", f)
	}
	s.did([]string{passOne, passOne, passTwo}, "keys", "split", "--for", "office", "甲", "乙")
	if f := office(); f.State != "ok" || !strings.Contains(f.Say, "2人") {
		t.Errorf("%+v", f)
	}

	hold := filepath.Join(s.vars["QINGFENG_DATA_DIR"], "hold")
	if err := os.MkdirAll(hold, 0o700); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(hold, "0011223344556677.key")
	if err := os.WriteFile(key, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, _ := s.examined(); f[text.DoctorHold].State != "ok" || f["纪检监察机构密钥"].State != "ok" {
		t.Errorf("%+v", f)
	}
	old := time.Now().Add(-holdStale - time.Hour)
	if err := os.Chtimes(key, old, old); err != nil {
		t.Fatal(err)
	}
	if f, code := s.examined(); f[text.DoctorHold].State != "warn" || !strings.Contains(f[text.DoctorHold].Say, "有1个") || code != 0 {
		t.Errorf("exit %d %+v", code, f[text.DoctorHold])
	}
}

func TestDoctorTellsOfArrivalsThatNobodyHereCanOpen(t *testing.T) {
	s := newShell(t)
	r := s.store()
	hold := func(key string) {
		t.Helper()
		if _, err := r.DB.Pool().Exec(t.Context(), `INSERT INTO letter_hold (key, body) VALUES ($1, 'x')`, key); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := openOuterKeys(s.vars["QINGFENG_DATA_DIR"], makeOuter)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.End()
	hold(keys.Public().Name)
	if f, _ := s.examined(); f[text.DoctorHold].State != "ok" {
		t.Errorf("%+v", f[text.DoctorHold])
	}
	hold("0011223344556677") // of an instance that is gone, or from before a restore
	hold("0011223344556677")
	hold("bad:2026-11-20:8899aabbccddeeff")
	f, code := s.examined()
	if got := f[text.DoctorHold]; got.State != "warn" || !strings.Contains(got.Say, "有2条来件在等") || !strings.Contains(got.Say, "有1条来件夜里没能打开") || code != 0 {
		t.Errorf("exit %d %+v", code, got)
	}
}

func TestADemoHasKeysThatItsGreetingTells(t *testing.T) {
	s := newShell(t)
	r := s.store()
	dir := filepath.Join(s.dir, "demo")
	for range 2 {
		if err := rehearsedRings(context.WithoutCancel(t.Context()), r, dir); err != nil {
			t.Fatal(err)
		}
	}
	office, tips := ringOf(t, r, opinion.Office), ringOf(t, r, opinion.Discipline)
	if !office.Ready() || !tips.Ready() || !tips.Tips || office.Needs() != 1 || tips.Needs() != 2 {
		t.Errorf("%+v %+v", office, tips)
	}
	reads(t, office, nil, text.DemoKeysOffice)
	reads(t, tips, nil, text.DemoKeysFirst, text.DemoKeysSecond)
	if got := audited(t, r); len(got) != 2 {
		t.Errorf("%v", got)
	}
	for _, door := range []string{"office", "discipline"} {
		if info, err := os.Stat(filepath.Join(dir, demoKeys, door+".html")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
	}
}
