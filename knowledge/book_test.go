package knowledge_test

import (
	"strings"
	"testing"

	"qingfeng/knowledge"
	"qingfeng/knowledge/handbook"
)

func TestTheHandbookAnswersWhatPeopleAsk(t *testing.T) {
	book, err := knowledge.Read(handbook.Files)
	if err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]string{
		"什么是三重一大":      "三重一大",
		"三重一大是啥？":      "三重一大",
		"风险点和风险面有什么区别": "风险面",
		"一级风险谁来监控":     "监控",
		"佐证材料是指什么":     "佐证材料",
		"我收了礼金怎么上交":    "上交",
		"提交之后谁审核":      "审核",
		"五类风险有哪些":      "五类",
		"看不到卡片":        "看不到卡片",
		"思想道德类的风险怎么写":  "思想道德",
		"审核人请假了怎么办":    "请假",
		"三项检验指哪三项":     "三项检验",
	} {
		a, found := book.Ask(q)
		if !found || !strings.Contains(strings.Join(a.Path, " "), want) {
			t.Errorf("%s: got %v %.2f, want a clause on %s", q, a.Path, a.Score, want)
		}
	}
}

func TestForeignQuestionsAreNotAnswered(t *testing.T) {
	book, err := knowledge.Read(handbook.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"今天天气怎么样", "食堂中午吃什么", "公积金提取比例是多少", "周末去哪里爬山", "探亲假有几天", "😀", "驾驶证到期换证要带什么", "差旅费住宿标准"} {
		if a, found := book.Ask(q); found {
			t.Errorf("%s: answered with %v (%.2f)", q, a.Path, a.Score)
		}
	}
}
