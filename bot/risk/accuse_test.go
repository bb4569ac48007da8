package risk

import "testing"

func TestAQuestionAboutAPersonIsToldFromOneAboutARule(t *testing.T) {
	for _, s := range []string{
		"王强收没收钱", "李局长有没有收红包", "张建国主任是不是贪污了", "王某某是不是受贿了？", "我们股长收了红包没有", "王强这个人干不干净",
		"李衡有没有问题", "老王是不是拿回扣", "赵主任被查了吗",
	} {
		if !Accuses(s) {
			t.Errorf("%s: not heard as about a person", s)
		}
	}
	for _, s := range []string{
		"什么是三重一大", "收了礼金怎么上交", "局长能不能收红包", "党员干部收红包怎么处理", "副科级干部受贿怎么量刑", "如果王强收了礼金怎么办",
		"科长收礼会受什么处分", "任免干部要公示吗", "管理员贪污怎么防", "张贴公示要几天", "举报人会不会被泄露", "贪污和受贿有什么区别", "公车私用怎么处理",
		"作风建设的要求有哪些", "违纪和违法的区别", "领导插手工程怎么记录", "高风险岗位有哪些",
	} {
		if Accuses(s) {
			t.Errorf("%s: heard as about a person", s)
		}
	}
}
