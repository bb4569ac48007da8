package text

// Reminders, and what people answer to them. Nothing here names anybody but the reader's
// own matters: a lock screen shows the first lines.
const (
	RemindTitleOne   = "%s：%s" // 还有3个工作日：个人岗位风险点自查
	RemindTitleMany  = "%d件事要办，最急的%s"
	RemindTitleAbove = "有%d件事请您过问"
	RemindToday      = "今天截止"
	RemindLeft       = "还有%d个工作日"
	RemindLastDay    = "只剩今天一个工作日" // the day itself is a day off
	RemindNoDays     = "截止前没有工作日了"
	RemindLate       = "已逾期%d个工作日"
	RemindBy         = "%s截止"
	RemindTodayBy    = "今天（%s）截止"
	DayOfYear        = "%d年"
	RemindMinutes    = "约8分钟"
	RemindLine       = "· %s：%s"
	RemindMore       = "还有%d件，点“%s”看全部。"
	RemindMoreAbove  = "还有%d个股室，点“看名单”。"
	RemindHard       = "办不完可以回“申请延期”。"
	RemindAbove      = "还没办完的："
	RemindAboveLine  = "· %s：%d件，%s"
	RemindAboveNext  = "请问一声有没有困难；确实办不完的可以申请延期。"
	RemindUnit       = "单位"
	RemindFill       = "去填写"
	RemindGo         = "去办理"
	RemindList       = "看名单"
	RemindTomorrow   = "明天再提醒"
	RemindDone       = "已完成"
	RemindPage       = "在页面上看：%s"
	RemindSayCheck   = "回“自查”接着填。"
	RemindSayReview  = "要审的回“待办”。"
	RemindSayDone    = "办好了回“已完成”。"
	RemindSayLater   = "今天没空回“明天再提醒”。"
	RemindSayList    = "是哪些人，回“看名单”。"

	DayWeek   = "%s（周%s）"
	WeekDays  = "日一二三四五六"
	Morning   = "上午"
	Afternoon = "下午"
)

// 明天再提醒.
const (
	WordsSnooze    = "明天再提醒|明天再提醒我|明天提醒我|晚点提醒|晚点提醒我|晚点再提醒|晚点再提醒我|过会儿提醒|改天提醒|改天再提醒|稍后提醒|稍后提醒我|稍后再提醒|稍后再提醒我|明天再提醒吧"
	WordsLater     = "稍后|稍后再填|改天再填|明天再填|明天再说|等会儿|等会儿再填|一会儿再填|待会儿再填|回头再填|改天|先放着|我先忙"
	SnoozeSet      = "好的，%s%s再提醒您。"
	SnoozeToday    = "其中有今天截止的，能抽空先办一下更好；办不完可以回“申请延期”。"
	SnoozeAllDone  = "今天提醒的事都办完了，不用再提醒。"
	SnoozeNothing  = "今天没有提醒过您。%s"
	RemindOldCard  = "这是%s的提醒，已经过了，这次没有生效。%s"
	OwedNoDay      = "日子还没定"
	OwedNone       = "您名下现在没有要办的事。"
	OwedSome       = "您现在要办%d件，回“我要办的”看是哪些；到时候我会再提醒。"
	OwedHead       = "您要办的（%d件）："
	OwedReceipts   = "另有%d件等您签收。"
	WordsOwed      = "我要办的|我要办的事|我的任务|我的事项|要办什么|有什么要办|还有什么要办|还有什么没办|我还差什么|我欠什么"
	RemindBadPress = "这张卡片我没认出来。要看您现在的事，请回“我要办的”。"
)

// 已完成 and 签收.
const (
	WordsDone        = "已完成|已经完成|完成了|已经完成了|做完了|办完了|办好了|已办|已办完|已办结|已交|已经交了|交了|报送了|已报送|已经报了|开完了|开过了|会开了"
	DoneSet          = "好，“%s”记为已完成，不再提醒。"
	DoneAsked        = "已请接收人签收。"
	DoneFiled        = "上级那边不用在这里签收。"
	DoneNoCheck      = "系统里还没有收到您的自查表，交上来就不再提醒了。回“开始”继续。"
	DoneNoReview     = "系统里还有等您处理的事（%s），办完就不再提醒了。回“待办”看看。"
	DoneNothing      = "您名下没有还没办的事，不用再报。"
	DoneWhichTitle   = "哪几件办好了？"
	DoneWhichBody    = "勾上再点“已完成”；文字版回编号，例如：1、2。"
	DoneWhichSubmit  = "已完成"
	DoneNotYours     = "这件不在您名下，不能由您报完成。有疑问请找防控办。"
	DoneAlready      = "“%s”已经记为完成了，不用再报。"
	DoneWaived       = "“%s”已经免办，不用再报。"
	DoneByRegister   = "“%s”要等系统里办完才算完成，不能只报一声。"
	ReceiptTitle     = "请签收：%s"
	ReceiptBody      = "%s已报完成。收到了请点“签收”；没收到请点“没收到”。"
	ReceiptYes       = "签收"
	ReceiptNo        = "没收到"
	ReceiptDone      = "已签收：%s。"
	ReceiptBecame    = "已由%s签收。"
	ReceiptMissed    = "%s说没收到。"
	ReceiptTold      = "“%s”已签收，这件办结了。"
	ReceiptMissing   = "好的，已请对方再报送一次。"
	ReceiptAgain     = "“%s”接收人还没有收到。请再报送一次，送到后回“已完成”。"
	ReceiptNotYours  = "这件不用您签收。有疑问请找防控办。"
	ReceiptNotSent   = "“%s”还没有人报完成，暂时不用签收。"
	ReceiptAlready   = "“%s”已经签收过了，不用再点。"
	ReceiptOwnThings = "自己报的不能自己签收，请接收人或防控办其他同事来点。"
)

// 申请延期.
const (
	WordsExtend       = "申请延期|我要延期|我想延期|想延期|能延期吗|可以延期吗|能不能延期|延期|延期申请|延几天|宽限几天"
	ExtendStrict      = `^(?:我想|我要|想)?申请延期(?:(?:[到至] *)?(?:\d{4}[-/年])?\d{1,2}[-/月]\d{1,2}[日号]?|\d{1,2}天)?(?: *[,;.] *.{2,100})?$`
	ExtendLoose       = `^(?:我想|我要|想|请|麻烦)?(?:申请|请求)?(?:延期|宽限)[到至]? *([^,;.]{0,16})(?:[,;.] *(.*))?$`
	ExtendLead        = "延到至期"
	ExtendDays        = "天"
	ExtendNone        = "您名下没有可以延期的事。"
	ExtendWhichTitle  = "哪件要延期？"
	ExtendWhichOption = "%s %s" // name, day
	ExtendUntilAsk    = "“%s”现在是%s截止。想延到哪天？例如：3天、下周五，或直接写几月几日。"
	ExtendUntilAgain  = "日期我没看明白。请像这样写：3天、下周五，或几月几日；不延了回“算了”。"
	ExtendWhyAsk      = "为什么要延期？一句话就行，例如：出差。请不要写他人的情况。"
	ExtendWhyShort    = "请再说具体一点，例如：出差到18日。"
	ExtendWhyLong     = "理由太长了，请用100字以内说一说。"
	ExtendEarly       = "要延到%s以后的日子才行，现在就是这天截止。"
	ExtendPast        = "这一天已经过了，请换一个以后的日子。"
	ExtendLong        = "最多延%d天，最晚%s。时间还不够，请当面找防控办（%s）。"
	ExtendRolled      = "%s不上班，顺延到%s。"
	ExtendAsked       = "申请已交防控办：“%s”延到%s。批下来之前，还按%s算。"
	ExtendNobody      = "现在没有能批的人，请当面找防控办（%s）。"
	ExtendNotYours    = "这件不在您名下，不能由您申请延期。"
	ExtendNoDay       = "“%s”还没有定下截止日，不用延期。"
	ExtendDoneAlready = "“%s”已经办完了，不用延期。"
	ExtendTitle       = "有一件延期申请，请定"
	ExtendBody        = "%s申请把“%s”延到%s，原定%s截止。理由：%s"
	ExtendBodyAgain   = "%s申请把“%s”再延到%s，原定%s截止，已延到%s。理由：%s"
	ExtendYes         = "准予延期"
	ExtendNo          = "不同意"
	ExtendReplaced    = "申请人改了申请，请看新的一张。"
	ExtendGranted     = "已准予延期：“%s”延到%s，原定%s。已告诉%s。"
	ExtendRefused     = "没有同意延期：“%s”仍是%s截止。已告诉%s。"
	ExtendGrantedYou  = "您申请的延期批了：“%s”延到%s（原定%s）。"
	ExtendRefusedYou  = "您申请的延期这次没有批：“%s”仍是%s截止。有困难请找防控办（%s）商量。"
	ExtendBecameYes   = "已由%s准予延期。"
	ExtendBecameNo    = "%s没有同意延期。"
	ExtendOver        = "这件延期申请已经有人定过了，不用再点。"
	ExtendOwn         = "自己的延期不能自己批，请防控办其他同事来定。"
	ExtendNotOffice   = "延期由防控办来定。您要申请延期，请回“申请延期”。"
	ExtendOverdone    = "“%s”已经办完了，这件延期申请不用再定。"
	ExtendMoved       = "“%s”的日子刚变过，这次没有生效。请看新的一张。"
	ExtendTooSoon     = "“%s”现在就是%s截止，不用再延；这件申请已了结。"
)

// The page 我要办的.
const (
	TodoPageTitle = "我要办的"
	TodoNobody    = "没有负责人"
	TodoLeft      = "负责人已离开"
	TodoBadDay    = "请选一个日子。"
)

// WordOfWeek is the last character of 周一 … 周日; n is 0 for Sunday.
func WordOfWeek(n int) string { return string([]rune(WeekDays)[n]) }
