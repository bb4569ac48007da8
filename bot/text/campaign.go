package text

// Opening and closing a campaign (排查工作).
const (
	CampaignNotYours     = "只有防控办可以新建排查工作。需要的话请联系防控办，回“找人”看联系人。"
	CampaignOpenAlready  = "“%s”还在进行（%s截止），结束后才能再开。"
	CampaignPackTitle    = "新建排查工作：用哪套规则？"
	CampaignPackBody     = "规则决定类别、等级、审核顺序，以及措施什么时候填。"
	CampaignNameAsk      = "这次叫什么？直接说名称；回“好”就叫“%d年度岗位廉政风险排查”。"
	CampaignNameShort    = "请把名称说完整些，例如：2026年度岗位廉政风险排查；回“好”用默认的。"
	CampaignDefaultName  = "%d年度岗位廉政风险排查"
	CampaignDueAsk       = "哪天截止？例如：10月16日、两周后、下周五、月底。"
	CampaignDueAgain     = "日期我没看明白。请像这样写：10月16日、两周后、下周五；先不开了回“退出”。"
	CampaignDuePast      = "这一天已经过了，请换一个以后的日期。"
	CampaignConfirmTitle = "开始“%s”？"
	CampaignConfirmBody  = "花名册里现有%d个岗位有人，其中%d个线下填报。开始后会给每个人发一张卡片。"
	CampaignGo           = "开始"
	CampaignDrop         = "先不开"
	CampaignOpened       = "已开始，通知了%d人。回“进度”随时看填报情况；都办完了回“结束排查工作”。"
	CampaignDropped      = "好的，没有开始。"
	CampaignNoPack       = "没有这套规则。可选：county（县级部门）、bureau（执法局）、college（院校）。"
	CampaignClosedCard   = "本次工作已结束"
	CampaignNoneOpen     = "现在没有进行中的排查工作。要开始请回“新建排查工作”。"
	CampaignEndTitle     = "结束“%s”？"
	CampaignEndBody      = "共%d份表：已审定%d份，审核中%d份，没有交%d份。结束后不能再填、再改，已写的内容都保留。"
	CampaignEndYes       = "确认结束"
	CampaignEndNo        = "先不结束"
	CampaignEnded        = "“%s”已结束，卡片都已失效。表格和记录都在。"
	CampaignEndNot       = "好的，继续进行。"
	DayForm              = `^(?:(\d{4})[-/年.])?(\d{1,2})[-/月.](\d{1,2})[日号]?(?:前|之前|截止)?$`
	DaysLater            = "天后"
	WeeksLater           = "周后"
	WeeksLaterLong       = "个星期后"
	DayToday             = "今天|今日"
	DayTomorrow          = "明天|明日"
	DayAfter             = "后天"
	MonthEnd             = "月底|本月底|这个月底"
	WeekdayForm          = `^(下下|下|本|这)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天])(?:前|之前|截止)?$`
	NextWeek             = "下"
	Weekdays             = "一二三四五六日"
	TwoSpoken            = "两"
	TwoWritten           = "二"
)

// People on paper (代填).
const (
	PaperTitle     = "请核对代填的自查表"
	PaperBody      = "防控办已按您的纸质表录入，共%d条。请点“看全表”核对。"
	PaperYes       = "没问题"
	PaperNo        = "有出入"
	PaperChanged   = "录入的内容刚改过，这次没有提交。请核对新的一张卡片。"
	PaperWrongSaid = "好的，已告诉防控办（%s）。请跟他们说哪里要改，改好会再请您核对。"
	PaperWrongTask = "%s说代填的自查表有出入，请当面核对后修改。"
	PaperSubmitted = "已按签字的纸质表提交，先送%s，%s前看完。"
	PaperZero      = "防控办已按您的纸质表录入“无风险点说明”。请点“看全表”核对。"
	PaperNewer     = "录入的内容有更新，请看新的一张"
	PaperEmpty     = "这张代填的表还是空的，请先录入再请本人核对。"
	PaperNotDraft  = "这张表已经提交或在审核，不能改成代填。"
	PaperNotMarked = "这张表不是代填的，不能用扫描件提交。"
)

// What WeCom says of the app itself: an app that is little used is warned and then
// stopped, and a yearly self-check is little used most of the time.
const (
	IdleWarned   = "企业微信提醒：本应用近期使用太少，可能会被停用。请让几位同事打开应用说句话（例如“进度”），并请管理员在企业微信后台确认继续使用。"
	IdleStopped  = "企业微信已因使用太少停用本应用，消息发不出去。请管理员登录企业微信后台，在应用详情里恢复使用；恢复后我会告诉您。"
	IdleRestored = "本应用已恢复正常使用，不用再处理。"
)
