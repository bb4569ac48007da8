package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// wall is one of DESIGN.md's rules: what a package may not depend on, directly or not.
type wall struct {
	pkg string
	not []string
	why string
}

func TestTheWallsOfTheHouseStand(t *testing.T) {
	deps := dependencies(t)
	for _, w := range []wall{
		{"qingfeng/bot/text", []string{"qingfeng/bot"}, "the catalogue knows nothing"},
		{"qingfeng/jobs", []string{"qingfeng/handlers", "qingfeng/bot/wecom", "qingfeng/bot/pg"}, "jobs get what they need handed in"},
		{"qingfeng/handlers", []string{"qingfeng/bot/pg", "qingfeng/bot/wecom", "qingfeng/jobs"}, "handlers declare what they need"},
		{"qingfeng/handlers/web", []string{"qingfeng/bot/pg", "qingfeng/bot/wecom"}, "so do the pages"},
		{"qingfeng/handlers/public", []string{"qingfeng/bot", "qingfeng/bot/pg", "qingfeng/bot/wecom", "qingfeng/bot/convo", "qingfeng/handlers", "qingfeng/handlers/web"}, "citizens' pages know no user"},
		{"qingfeng/knowledge", []string{"qingfeng/bot", "qingfeng/handlers"}, "knowledge never imports bot"},
		{"qingfeng/bot/convo", []string{"qingfeng/handlers", "qingfeng/bot/pg", "qingfeng/bot/wecom"}, "the engine knows no technology"},
		{"qingfeng/bot/pg", []string{"qingfeng/handlers", "qingfeng/bot/wecom"}, "stores know no use cases"},
		{"qingfeng/bot/wecom", []string{"qingfeng/handlers", "qingfeng/bot/pg", "qingfeng/bot/wecom/wecomsim"}, "transport only"},
		{"qingfeng/bot/wecom/wecomsim", []string{"qingfeng/bot", "qingfeng/bot/wecom"}, "a peer shares no code, or it would share our mistakes"},
	} {
		have, ok := deps[w.pkg]
		if !ok {
			t.Errorf("%s is not there", w.pkg)
		}
		for _, not := range w.not {
			if slices.Contains(have, not) {
				t.Errorf("%s depends on %s: %s", w.pkg, not, w.why)
			}
		}
	}
	for pkg, have := range deps {
		if strings.HasPrefix(pkg, "qingfeng/knowledge") && (slices.Contains(have, "qingfeng/bot") || slices.Contains(have, "qingfeng/bot/text")) {
			t.Errorf("%s depends on bot: the knowledge base serves any asker", pkg)
		}
	}
	// Domain types import the standard library and each other downwards, no more.
	for _, pkg := range []string{"qingfeng/bot", "qingfeng/bot/risk", "qingfeng/bot/plan", "qingfeng/bot/survey", "qingfeng/knowledge"} {
		for _, d := range deps[pkg] {
			first, _, _ := strings.Cut(d, "/")
			if strings.Contains(first, ".") || strings.HasPrefix(d, "qingfeng/") && d != "qingfeng/bot" {
				t.Errorf("%s depends on %s: domain types know nothing of the outside", pkg, d)
			}
		}
	}
}

// dependencies are every package of ours with all it depends on.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Deps", "qingfeng/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string][]string{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p struct {
			ImportPath string
			Deps       []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p.Deps
	}
	return all
}
