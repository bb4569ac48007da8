package risk

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The same sentences must stop, or must pass, whatever is done to the word lists.
func TestGuardStops(t *testing.T) {
	for rule, lines := range map[string][]string{
		RuleSecrecy: {
			"机密★10年", "绝密★长期", "秘密★", "秘密 ★ 1年", "机 密 ★", "请看附件 机密★启用前", "秘密＊5年", "★绝密", "机密☆",
			"内部资料注意保存", "内部资料，注意保存", "内部资料 注意保存", "内部文件，注意保管", "内部资料\n注意保存",
			"密电〔2026〕3号", "密电（2026）3号", "密电[2026]3号", "密电2026 3号", "省委密电〔２０２６〕１２号已收到",
			"机要〔2026〕5号", "机要字第12号", "机要字〔2026〕7号", "机要（2026）5号", "密级：机密", "密传〔2026〕9号",
		},
		RulePII: {
			"身份证11010519491231002X", "110105 1949 1231 002x", "１１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002X",
			"我的电话13812345678", "打138 1234 5678找我", "138-1234-5678", "+86 13812345678", "１３８１２３４５６７８", "手机:15900001111，谢谢", "tel13812345678",
			"卡号6222020200112233446打过来", "6222 0202 0011 2233 446", "4111 1111 1111 1111",
			"甘A12345", "车牌甘M·12345来接", "京AD12345", "甘a12345", "粤B·D12345",
		},
		RulePerson: {
			"王某某去年收了某施工队两条烟", "王某某去年收了某施工队两条烟。", "听说张股长去年收了施工队一张购物卡", "李建国去年收了老板两万元现金", "张三去年收了两条烟",
			"王科长收了企业的红包", "欧阳主任春节收过人家的礼金", "老张去年拿了施工方两条烟", "施工队去年给王股长送了两条烟", "老板塞给李主任一个红包，他收下了",
			"陈某在验收时收了3000元好处费", "我们股长去年收了施工队两条烟", "刘局长已经挪用了专项资金", "赵会计去年虚报了差旅费", "孙某某多次向企业索要购物卡",
			"他去年收了我们两条烟", "张××上个月收了两瓶茅台", "李XX收受了红包", "高明去年收了老板一箱酒", "周国强私下收了驾校的钱", "反映：马主任中秋收了三张购物卡",
			"王某某在负责验收期间，去年收了某施工队两条烟", "小李上周吃了企业一顿饭还拿了两条烟",
		},
		RuleOwn: {
			"去年收了两条烟怎么上交", "我收的卡怎么退", "我去年收了施工队两条烟，怎么上交？", "朋友送我的酒怎么退", "老板塞给我一个红包，怎么办", "我收了人家两条烟，要不要上交",
			"收了红包怎么上交", "去年春节收了一张购物卡，现在怎么退", "我去年收了两条烟", "去年收了两条烟。怎么上交？", "施工队去年给我送了两条烟，该怎么处理", "本人收过企业的礼金，如何说明",
			"我拿了供应商的茶叶怎么退回去",
		},
	} {
		for _, line := range lines {
			got := Guard(line)
			if got == nil {
				t.Errorf("%q passed, want %s", line, rule)
				continue
			}
			if got.Rule != rule {
				t.Errorf("%q stopped as %s, want %s", line, got.Rule, rule)
			}
			if got.Length != utf8.RuneCountInString(line) {
				t.Errorf("%q length %d, want characters", line, got.Length)
			}
		}
	}
}

func TestGuardLetsPass(t *testing.T) {
	for _, line := range []string{
		// ordinary document numbers and the mere words
		"交发〔2026〕12号", "按照县政发〔2026〕3号文件办理", "甘办发电〔2026〕8号", "内部明电〔2026〕5号", "秘密", "机要", "保守国家秘密", "我在机要岗", "机密文件怎么管", "泄露工作秘密", "商业秘密不能外传",
		"机要室2026年12月搬家", "印章与机要岗", "内部资料要保存好", "文件分绝密、机密、秘密三级", "密码电话坏了", "密电码是什么意思",
		// long numbers that are nobody's
		"合同编号13812345678", "项目代码620822198001010011", "金额13800000000元", "工程款1234567890123456元", "交运许可620822001234号", "发票号码12345678901234567", "K12+300至K15+800", "2026年10月8日至16日", "统一社会信用代码91620800MA71ABCD1X", "123456789012345678", "G312线K1800", "6222020200112233445", "电话0933-8612345", "12388", "110105194912310021",
		"新A标段", "川A1", "甘交发2026", "第13812345页", "20261008153000",
		// what could happen
		"不逐项核对监理计量单就签字，给施工单位多计", "可能收受施工方的好处", "计量员可能收了红包就多计", "企业在考核期内安排宴请、赠送购物卡，影响评级", "容易收受礼品", "假如王某某收了两条烟，怎么处理", "如果我去年收了两条烟怎么上交",
		"有人可能收了老板的烟就放宽标准", "收了好处就放行", "验收人员收了红包就签字", "一旦收了礼金，就很难坚持原则", "施工方可能送股长购物卡", "张三可能会收红包", "防止王科长收受红包", "要是股长收了红包怎么办",
		"万一张股长收了红包怎么办", "有没有可能王主任收了钱", "干部收了礼品怎么处分", "收到礼品怎么处理有规定吗", "收受礼金会受什么处分", "公务员去年收了多少红包有统计吗",
		// harmless past deeds
		"张主任去年收了三份材料", "王局长已经同意了", "李会计已经送审", "我昨天收了两张表", "去年收了罚款5万元", "我去年收了三个徒弟", "王科长去年拿了先进", "刘股长已经签字", "赵主任昨天给我打了电话", "我收到通知了，怎么填", "我收到的卡片打不开", "我的卡怎么没了",
		"去年收费站收了过路费", "股长上周去了烟台", "主任昨天住在酒店", "李工去年送检了两组试件", "我上个月交了党费100元", "给我看看去年的表", "去年王局长给了我们两台电脑",
		// unusual surnames, and words that look like names
		"我是高峰", "于是我去年写了一条", "时任局长已经签字", "任务已经完成了", "成本已经算过了", "方案去年送了两次", "和企业去年谈过两次", "从去年开始收了三次", "高明的办法", "从容", "方便的话改第2条", "何时提交", "我叫时光", "于洋", "任何人收了钱都不行", "施工队去年收了工程款",
		"路面去年收了水", "钱在去年已经付了", "金额去年给过了", "安排去年过了", "常在路上", "易某", "程序已经走过了", "全局去年收了三次作业", "强调过多次了", "包工头送了材料",
		// chat
		"第2条", "对", "改第3条", "好的，谢谢", "", "   ", "👍", "没变", "1,3", "选 1、3，频次改每月", "？？？",
		"措施：付款前把计量单、影像、三方签认传齐（责任人：支付岗；每笔；佐证材料：附件清单）",
	} {
		if got := Guard(line); got != nil {
			t.Errorf("%q stopped as %s", line, got.Rule)
		}
	}
}

func TestGuardPointWantsPossibilities(t *testing.T) {
	for line, rule := range map[string]string{
		"王某某去年收了某施工队两条烟。":   "L5",
		"张局长打招呼，把熟人排在前面":    "L5",
		"有人去年收了老板的红包":       "L6",
		"他们去年收了两条烟":         "L6",
		"机密★的文件可能外传":        "L7",
		"打13812345678可以找人办": "L5",
	} {
		got := GuardPoint(line)
		if got == nil {
			t.Errorf("%q passed, want %s", line, rule)
			continue
		}
		if got.Rule != rule || got.Say == "" {
			t.Errorf("%q → %s %q, want %s", line, got.Rule, got.Say, rule)
		}
	}
	for _, line := range []string{
		"经办人可能收受施工方的购物卡，多计工程量", "股长可能打招呼，要求照顾某一家", "企业在考核期内安排宴请、赠送购物卡", "把业绩门槛抬得很高，只有少数企业能报名",
		"某施工队可能送礼", "对“小额礼品、车辆接送”等边界不清，遇到施工方示好时不知如何拒绝", "有人可能收了好处就放行", "副局长可能会前授意股室调整排序", "高风险路段可能不检查", "任意抬高门槛", "于验收前可能打听名单",
	} {
		if got := GuardPoint(line); got != nil {
			t.Errorf("%q → %s", line, got.Rule)
		}
	}
	if got := GuardPoint("张局长打招呼，把熟人排在前面"); got == nil || strings.Contains(got.Rewrite, "张") || got.Rewrite == "" {
		t.Errorf("rewrite %+v should name the role instead of the person", got)
	}
}

// One rewording undoes a block: without the name, or with 可能, the same thought passes.
func TestEveryBlockIsUndoneByRewording(t *testing.T) {
	for _, line := range []string{"经办人可能收某施工队两条烟", "可能有人收受施工队的烟酒", "交发〔2026〕12号", "请打办公室电话"} {
		if got := Guard(line); got != nil {
			t.Errorf("%q stopped as %s", line, got.Rule)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"王某某去年收了某施工队两条烟", "110105 1949 1231 002X", "机密★", "甘A12345", "我收的卡怎么退", "老", "小", "张", "\xff\xfe", "欧阳"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Guard(s)
		if got != nil && got.Length != utf8.RuneCountInString(s) {
			t.Fatalf("length %d of %q", got.Length, s)
		}
		again := Guard(s)
		if (got == nil) != (again == nil) {
			t.Fatalf("two answers for %q", s)
		}
		if g := GuardPoint(s); g != nil && g.Say == "" {
			t.Fatalf("finding without a sentence for %q", s)
		}
		// A mark stops the text wherever it stands.
		if Guard(s+"机密★") == nil {
			t.Fatalf("mark after %q passed", s)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	line := "不逐项核对监理计量单和现场影像就在支付单上签字，给施工单位多计、早付留下空间，可能换取好处"
	for b.Loop() {
		Guard(line)
	}
}

func BenchmarkGuardLongPaste(b *testing.B) {
	line := strings.Repeat("去年张股长把两条意见给了我们，已经改好。", 500)
	for b.Loop() {
		Guard(line)
	}
}
