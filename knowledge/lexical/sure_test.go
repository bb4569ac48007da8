package lexical

import "testing"

// handful is a library of a few clauses, in our own words.
func handful() []Entry {
	texts := []struct{ title, text string }{
		{"什么是廉政风险", "廉政风险是指在行使权力、履行职责时可能给谋取私利留下机会的薄弱之处。"},
		{"什么是三重一大", "三重一大是指重大决策、重要人事任免、重大项目安排和大额度资金使用，应当由领导班子集体讨论决定。"},
		{"礼品礼金怎么处理", "收到无法退还的礼品礼金，应当在一个月内登记上交，由单位统一处理。"},
		{"宴请的边界", "不得接受可能影响公正执行公务的宴请，也不得用公款吃喝。"},
		{"亲属回避", "办理事项涉及近亲属利益的，应当主动申请回避。"},
		{"公务用车", "公务用车只能用于公务，不得私用，用车要登记里程和事由。"},
		{"公示多久", "风险点和防控措施在公示栏公示，公示期不少于五个工作日，期间受理群众意见。"},
		{"风险等级怎么划分", "风险分为一级、二级、三级，看权力大小、自由裁量和离钱物远近，由领导小组集体审定。"},
		{"谈话提醒", "对苗头性问题由分管领导谈话提醒，谈话要有记录，不是处分。"},
		{"采购程序", "达到限额标准的货物服务应当进行政府采购，不得化整为零规避公开招标。"},
		{"差旅费报销", "差旅费凭真实票据按标准报销，虚列支出要退回并追究责任。"},
		{"自查怎么填", "每人对照岗位职责和工作流程填写风险点，写事不写人，由科室负责人审核。"},
	}
	var out []Entry
	for i, c := range texts {
		out = append(out, Entry{ID: int64(i + 1), Group: 1, Title: "廉政手册", Path: []string{"第一章 问答", c.title}, Text: c.text})
	}
	return out
}

func clauses() *Index {
	x := New()
	x.Put(handful()...)
	return x
}

func TestASmallLibraryAnswersItsQuestionsAndNoOthers(t *testing.T) {
	x := clauses()
	for q, id := range map[string]int64{
		"三重一大":          2,
		"啥是三重一大":        2,
		"公示多长时间":        7,
		"收了红包咋办":        3,
		"老板请吃饭能去吗":      4,
		"办事的是我亲戚":       5,
		"风险等级分几级":       8,
		"招標可以拆成小單嗎":     10,
		"谈话提醒算不算处分":     9,
		"请问自查的风险点应该怎么填": 12,
	} {
		found := x.Search(q, nil, 3)
		if len(found) == 0 || found[0].ID != id {
			t.Errorf("%s finds %v, want %d", q, found, id)
		} else if found[0].Sure < Enough {
			t.Errorf("%s is answered with %.2f only", q, found[0].Sure)
		}
	}
	for _, q := range []string{
		"今天天气怎么样", "红烧肉怎么做", "讲个笑话", "昨晚球赛谁赢了", "你几岁了", "python怎么读取文件", "吉他和弦怎么按",
		"感冒吃什么药", "推荐一部电影", "月亮离地球多远", "hello", "123456",
	} {
		for _, f := range x.Search(q, nil, 3) {
			if f.Sure >= Enough {
				t.Errorf("%s is answered with %d, sure %.2f", q, f.ID, f.Sure)
			}
		}
	}
}
