package handlers

import "testing"

func TestPeopleWhoNeverReadTheHelpGetThere(t *testing.T) {
	for said, want := range map[string]bool{
		"哎 这个自查咋弄啊": true, "自查怎么弄": true, "我想填表": true, "来填报了": true, "在哪填自查": true, "开始": true,
		"自查表怎么填": false, "什么是自查": false, "自查有哪六种查找方式": false, "今天开会": false,
		"去年的自查材料我放在办公室柜子里了，麻烦帮我看看": false,
	} {
		if _, got := wantsCheck(said); got != want {
			t.Errorf("%s: %v", said, got)
		}
	}
}

func TestSomebodyWhoTellsWhatIsDifferentIsAskedForTheNewWords(t *testing.T) {
	b := newOffice(t)
	b.lastYear("可能拆分标段绕开公开招标，直接给熟人")
	p := b.begun("wang").Expect("去年第1条")
	p.Send("随便").Expect("请回复选项前的数字").Expect("去年第1条")
	p.Send("看着办").Expect("请回复选项前的数字")
	p.Send("哈哈哈").Expect("还是没看明白").Expect("去年第1条")
	p.Send("现在都是系统自动抽取评标专家，跟以前不一样了").Expect("第1条现在写的是")
	p.Send("抽取记录可能提前导出给投标人看，换取好处").Expect("第1条")
}
