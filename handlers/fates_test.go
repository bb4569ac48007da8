package handlers

import (
	"fmt"
	"strings"
	"testing"

	"qingfeng/bot/convo"
)

func TestWhatBecomesOfOldRowsIsHeardInManyPhrasings(t *testing.T) {
	letters := map[fate]string{fateUnsaid: "?", fateKeep: "留", fateEdit: "改", fateDrop: "删"}
	for _, c := range []struct {
		said string
		rows int
		want string
	}{
		{"1沿用 2改 3不要", 3, "留改删"},
		{"1沿用2改3不要", 3, "留改删"},
		{"一三沿用 二改", 3, "留改留"},
		{"1要2不要3改一下", 3, "留删改"},
		{"都要，第2条改", 3, "留改留"},
		{"第一条要，第二条删掉，第三条改一改", 3, "留删改"},
		{"全部沿用", 3, "留留留"},
		{"都要", 2, "留留"},
		{"都不要了", 2, "删删"},
		{"没变化", 2, "留留"},
		{"沿用", 2, "留留"},
		{"1、3沿用，2不要", 3, "留删留"},
		{"1和2都要3不要", 3, "留留删"},
		{"１－３要，４改", 4, "留留留改"},
		{"改2，其他要", 3, "留改留"},
		{"2改 其余的沿用", 3, "留改留"},
		{"不要第3条，其他都留着", 3, "留留删"},
		{"除了第2条都要", 3, "留?留"},
		{"1沿用", 3, "留??"},
		{"第2条把它改一下吧", 3, "?改?"},
		{"沿用1,3 改2", 3, "留改留"},
		{"1改", 1, "改"},
		{"①沿用②不要", 2, "留删"},
	} {
		rows := make([]OldRow, c.rows)
		missing, ok := hearFates(convo.Fold(c.said), rows)
		got, unsaid := "", 0
		for _, r := range rows {
			got += letters[r.Fate]
			if r.Fate == fateUnsaid {
				unsaid++
			}
		}
		if !ok || got != c.want || len(missing) != unsaid {
			t.Errorf("%s of %d: %s %v %t, want %s", c.said, c.rows, got, missing, ok, c.want)
		}
	}
	for _, strange := range []string{"", "1 2 3", "随便", "今天天气不错", "第一条是我写的吗", "1沿用 2我再想想行不行", "我不知道要不要"} {
		if _, ok := hearFates(strange, make([]OldRow, 3)); ok {
			t.Errorf("%q was taken for an answer", strange)
		}
	}
	if missing, ok := hearFates("1沿用 5改", make([]OldRow, 3)); !ok || fmt.Sprint(missing) != "[5]" {
		t.Errorf("a row that is not there: %v %t", missing, ok)
	}
}

func TestPastedListsAreReadAsRowsAndSentencesAreNot(t *testing.T) {
	for _, c := range []struct {
		said string
		want []string
	}{
		{"1. 可能抬高门槛\n2、可能泄露名单给人", []string{"可能抬高门槛", "可能泄露名单给人"}},
		{"附表1 个人岗位风险点\n一、可能抬高门槛让少数企业\n报名\n二、可能泄露名单给人", []string{"可能抬高门槛让少数企业报名", "可能泄露名单给人"}},
		{"（1）可能抬高门槛\n（2）可能泄露名单给人", []string{"可能抬高门槛", "可能泄露名单给人"}},
		{"第一条：可能抬高门槛\n第二条：可能泄露名单给人", []string{"可能抬高门槛", "可能泄露名单给人"}},
		{"1\t岗位职责\t可能抬高门槛让少数企业报名\t一级\n2\t工作流程\t可能泄露名单给人\t二级", []string{"可能抬高门槛让少数企业报名", "可能泄露名单给人"}},
		{"１．可能抬高门槛\r\n２．可能泄露名单给人", []string{"可能抬高门槛", "可能泄露名单给人"}},
		{"1. 可能抬高门槛让少数企业才能报名", nil},
		{"可能抬高门槛\n让少数企业才能报名", nil},
		{"1沿用\n2改", nil},
	} {
		var got []string
		for _, r := range pastedRows(c.said) {
			got = append(got, r.Manifestation)
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q gives %q", c.said, got)
		}
	}
}
