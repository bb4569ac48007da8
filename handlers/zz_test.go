package handlers

import (
	"testing"

	"qingfeng/knowledge"
)

func TestZZ(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "礼品.txt", giftRules, nil)
	b.adds(store, "档案.txt", "廉政档案管理办法\n\n第一条 廉政档案由办公室统一保管，保管期限为十年。"+long("各科室应当按季度移交材料，移交时双方清点签字，缺少的材料在五个工作日内补齐。", 900), nil)
	ids, _ := store.PassageIDs(t.Context(), 1)
	t.Log(ids)
	if _, err := store.Remember(t.Context(), ids[1], "人家硬塞的购物卡交到哪里", "alias", 0); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"廉政档案保管期限是多少年", "人家硬塞的购物卡交到哪里", "人家硬塞的购物卡要交到哪里去", "收到礼品要在几日内登记上交", "收到不便退还的礼品要在几日内登记上交？"} {
		hits, err := store.Search(t.Context(), knowledge.Query{Text: q, Reader: knowledge.Member(), Limit: 5})
		a, _ := b.desk.Answers.Ask(t.Context(), knowledge.Question{Text: q, Reader: knowledge.Member(), Now: b.Clock.Now()})
		t.Log(q, err, a.Outcome, a.Reason)
		for _, h := range hits {
			t.Log("   ", h.ID, h.Score, h.Sure, h.Remembered, h.Path, len([]rune(h.Text)))
		}
	}
}
