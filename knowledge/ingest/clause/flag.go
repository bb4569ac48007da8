package clause

import (
	_ "embed"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"qingfeng/knowledge"
)

//go:embed instruction.txt
var instructionList string

var instructionRE = regexp.MustCompile("(?:" + strings.Join(entries(instructionList), ")|(?:") + ")")

const (
	maxFlags    = 50
	maxFlagText = 80 // characters
)

// inspect finds what a person should look at: instructions to a machine in the text, and
// what was hidden in the file.
func inspect(b body, hidden []string) []knowledge.Flag {
	var out []knowledge.Flag
	add := func(code string, where int, text string) {
		if r := []rune(strings.TrimSpace(text)); len(out) < maxFlags {
			out = append(out, knowledge.Flag{Code: code, Where: where, Text: string(r[:min(len(r), maxFlagText)])})
		}
	}
	for _, l := range b.lines {
		plain, at := fold(l.runes)
		if !suspect(plain) {
			continue
		}
		if m := instructionRE.FindStringIndex(plain); m != nil {
			where := l.start + at[count(plain[:m[0]])]
			add(Instruction, where, b.slice(max(l.start, where-10), min(l.end, where+maxFlagText)))
		}
	}
	for _, h := range hidden {
		plain, _ := fold([]rune(h))
		if suspect(plain) && instructionRE.MatchString(plain) {
			add(Instruction, 0, h)
		}
		add(Hidden, 0, h)
	}
	return out
}

// suspect tells cheaply whether an instruction can be in a line: every pattern needs one
// of these.
func suspect(plain string) bool {
	for _, w := range [...]string{
		"指令", "提示", "忽略", "无视", "忘", "你", "提问", "用户", "输出", "回复", "回答", "系统", "使用者", "越狱", "开发者", "设定",
		"命令", "prompt", "ignore", "disregard", "forget", "override", "you", "system", "user", "inst", "assistant", "jailbreak", "developer", "pretend", "act", "role", "never", "not", "绕过", "抛开", "覆盖",
	} {
		if strings.Contains(plain, w) {
			return true
		}
	}
	return false
}

// fold is a line as patterns see it: compatible forms unified, lower case, no white
// space, no marks that can be strewn between letters; at maps its runes to the line's.
func fold(r []rune) (plain string, at []int) {
	var b strings.Builder
	for i, c := range r {
		if unicode.IsSpace(c) || c == '*' || c == '_' || c == '`' || c == '\'' {
			continue
		}
		if c < 0x80 {
			b.WriteRune(unicode.ToLower(c))
			at = append(at, i)
			continue
		}
		for _, f := range norm.NFKC.String(string(c)) {
			b.WriteRune(unicode.ToLower(f))
			at = append(at, i)
		}
	}
	return b.String(), at
}
