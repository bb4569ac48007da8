package text

import (
	"strings"
)

// The citizens' listener: notices, opinions and receipts. The pages themselves are
// templates and hold their own words.
const (
	PublicDay        = "%d年%d月%d日"
	PublicNothingHow = "请重新扫一次公示上的码。要查答复，请打开公示页，点“查答复”。"
	PublicBrokenHow  = "系统忙，这次没有收到。请返回上一页，过几分钟再试；也可以打电话或投意见箱。"

	PublicNoNotice    = "没有这份公示"
	PublicNoNoticeHow = "网址可能抄错了，或者还没有开始公示。请重新扫一次公示上的码。"
	PublicNoSurvey    = "没有这份问卷"
	PublicNoSurveyHow = "网址可能抄错了，或者问卷已经结束。"
	PublicThanks      = "收到了，谢谢"
	PublicThanksHow   = "没有记您是谁，也没有记几点几分。可以关掉这一页了。"

	PublicTitleForm    = "写意见"
	PublicTitleTip     = "写封存信"
	PublicTitleNot     = "还没有交：%s"
	PublicTitleReport  = "先别急，这里收的不是举报"
	PublicTitleReceipt = "收到了，请记下回执码"
	PublicTitleLookup  = "查答复"
	PublicTitleAnswer  = "您的意见办到哪一步了"
	PublicTitleNotice  = "%s：%s"

	// What stopped a form; everything typed is still in it.
	PublicProve    = "请先回答这道防刷屏小题，再交一次。"
	PublicStale    = "这一页开得太久了，已经换了一道新题，请回答后再交一次。"
	PublicTwice    = "这一份刚才可能已经收到了（网络断过，或者点了两次）。没看到回执码的话，请回答新题再交一次，会给您新的回执码，重复的会并在一起办。"
	PublicWrong    = "刚才那道小题答得不对，已经换了一道，请再答一次。"
	PublicDearer   = "现在交的人特别多，手机要多算一会儿。请等下面显示“准备好了”，再点一次。"
	PublicFlood    = "现在有人在刷屏，小题暂时不管用。您写的都还在：请过十几分钟再交；或者允许浏览器运行脚本后再交；也可以打电话、投意见箱。"
	PublicEmpty    = "还没有写字。请写一两句再交。"
	PublicTooLong  = "写得太长了：现在%d个字，最多1500个。请删短一些。"
	PublicCut      = "写得太长了，这一页放不下，后面的没有留住。最多1500个字，请删短一些，必要时分两次交。"
	PublicStopped  = "里面像有证件号、电话、车牌、银行卡号，或者涉密标记%s。为了保护您和别人，这里不收这些。请去掉以后再交。"
	PublicFound    = "（“%s”）"
	PublicKind     = "请选一个：建议、更正、表扬还是其他。"
	PublicPoint    = "公示里没有这一条，请重新选。"
	PublicImage    = "图片没有收：只收12MB以内的JPEG、PNG照片。请换一张；或者不带图片，只交文字。"
	PublicNoImage  = "图片没有收：现在传图的人多，或者这里不收图片。请不带图片，只交文字，或者过一会儿再传。"
	PublicBusy     = "系统忙，这次没有收到。您写的都还在，请过几分钟再点一次。"
	PublicTooMuch  = "交上来的内容太大，没有收到。请写短一些再交。"
	PublicNotForm  = "没有收全，可能是网络断了。请返回上一页再交一次。"
	PublicNoDoor   = "这里现在还不能收：能打开它的钥匙还没有备好。请先打电话、投意见箱或走上面的渠道。"
	PublicNoTips   = "这里没有开封存信箱。请走12388等渠道。"
	PublicOver     = "这份公示已经不再收意见。还想说，请打公示上的电话或投意见箱。"
	PublicMissing  = "第%d题还没选。"
	PublicMissSect = "还没选科室。"
	PublicMissLong = "最后那段写得太长，最多300字。"
	PublicNoAnswer = "没有查到。可能是：抄错了一位；刚交的，要到下一个工作日才查得到；或者已过保存期，内容已经删除。"
	PublicSlip     = "这个回执码不对，多半是抄错了一位。回执码是24个字母和数字，请对照着再输一次。"
	PublicLineDone = "补的这句收到了，下一个工作日送到。"
	PublicNoLine   = "这一件现在不能再补话了。"

	// A line that reads like a report; the form has a button to insist, as an opinion has.
	PublicLineReport = "这句像在说某个人做过什么（“%s”），防控办的人会看到。举报请走12388等渠道；不是这个意思的话，点“我说的不是某个人”再交。"

	PublicPlus  = "%s加%s等于几？"
	PublicMinus = "%s减%s等于几？"

	PublicNth   = "第%d条"
	PublicNthOf = "第%d条 %s"
)

// PublicState is where an opinion stands, as its writer reads it; tip: it lies with the
// discipline office.
func PublicState(state string, tip bool) (is, means string) {
	if tip && state == "received" {
		return "已收到", "纪检监察机构还没有打开。"
	}
	switch state {
	case "received":
		return "已收到", "防控办还没有登记。"
	case "triaged":
		return "已登记", "已经有人看过，正在决定怎么办。"
	case "accepted":
		return "已受理", "会按时答复您。"
	case "answering":
		return "承办中", "正在请有关科室说明情况；科室看不到您的原话。"
	case "answered":
		return "已答复", "答复在下面。"
	case "closed":
		return "已办结", "办完了。"
	case "not_in_scope":
		return "不属于这份公示", "这件事不归这份公示管，下面说了该找谁。"
	case "moved":
		return "已转纪检监察机构", "说的是防控办自己，或者是某个人的事，已转给纪检监察机构，防控办不再办，也不再留原文。"
	case "merged":
		return "已并案", "和别人说的是同一件事，一起答复。"
	case "purged":
		return "内容已删除", "保存期到了，原话和答复都已删除。"
	case "seen":
		return "已看到", "纪检监察机构已经打开看过。"
	}
	return "办理中", ""
}

// PublicOutcome is what came of an opinion.
func PublicOutcome(outcome string) string {
	switch outcome {
	case "adopted":
		return "采纳"
	case "partly":
		return "部分采纳"
	case "not":
		return "不采纳"
	}
	return ""
}

// PublicKindName is what a citizen calls an opinion.
func PublicKindName(kind string) string {
	switch kind {
	case "suggestion":
		return "建议"
	case "correction":
		return "更正"
	case "praise":
		return "表扬"
	}
	return "其他"
}

const publicDigits = "零一二三四五六七八九"

// PublicNumber is a number from 0 to 19 in words.
func PublicNumber(n int) string {
	digit := func(i int) string { return string([]rune(publicDigits)[i]) }
	switch {
	case n >= 11:
		return "十" + digit(n-10)
	case n == 10:
		return "十"
	}
	return digit(n)
}

// PublicParse reads an answer to a question: digits of any width, or words. ok is false
// when there is no number in it, or more than one.
func PublicParse(s string) (n int, ok bool) {
	s = strings.NewReplacer("两", "二", "〇", "零", "壹", "一", "贰", "二", "叁", "三", "肆", "四", "伍", "五", "陆", "六", "柒", "七", "捌", "八", "玖", "九", "拾", "十").Replace(s)
	ten := false
	for _, r := range s {
		digit := -1
		switch {
		case r >= '0' && r <= '9':
			digit = int(r - '0')
		case r >= '０' && r <= '９':
			digit = int(r - '０')
		case r == '十':
			if n > 1 || ten {
				return 0, false
			}
			n, ten, ok = 10, true, true
			continue
		default:
			if i := strings.IndexRune(publicDigits, r); i >= 0 {
				digit = i / len("零")
			}
		}
		if digit < 0 {
			continue
		}
		if ten {
			n, ten = n+digit, false
		} else {
			n = n*10 + digit
		}
		if ok = true; n > 99 {
			return 0, false
		}
	}
	return n, ok
}
